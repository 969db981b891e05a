//! Makes a world up from its settings: products, people, contracts, and the invoices of the months that are over.

use super::calendar::Month;
use super::settings::WorldSettings;
use super::{World, catalog, contracts, population};

/// Months with invoices before the newest one, in generated worlds.
const EARLIER_MONTHS: u32 = 3;

impl World {
    /// A world of the given size and kind; the same settings give the same world.
    pub fn generate(settings: &WorldSettings) -> Self {
        let (year, number) = settings.usage_month;
        let target = Month { year, number: number.clamp(1, 12) };
        let mut world = Self::empty(settings.kind, settings.seed, target.minus(EARLIER_MONTHS));
        world.target = target;
        world.products = catalog::catalogue(settings.seed);
        catalog::unsettle(&mut world.products, settings.kind, settings.seed, target);
        population::populate(&mut world, settings);
        contracts::settle(&mut world);
        world.issue_all();
        world
    }
}
