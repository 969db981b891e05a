//! The quantities of the services that a plan writes to.

use super::{Target, as_a_list};
use crate::{
    domain::{
        UsageMonth,
        pool::{Filling, Place, Pool, Segments},
        shared_text::{SharedText, SharedTexts},
        timeline::Timeline,
    },
    engine::views::plan::{PlannedQuantity, PlannedView},
};

/// How many there are of each service today and as planned, in the order in which they were planned.
#[derive(Clone, Default)]
pub struct PlannedQuantities {
    rows: Segments<Row>,
    texts: Pool<SharedText>,
    tenants: Pool<SharedTexts>,
    timelines: Pool<Timeline>,
}

/// A service by places.
#[derive(Clone, Debug)]
struct Row {
    target: Target,
    tenants: Place<SharedTexts>,
    invoice: Place<SharedText>,
    month: UsageMonth,
    invoiced: Place<Timeline>,
    present: Place<Timeline>,
}

impl PlannedQuantities {
    /// All of them, one by one.
    pub fn iter(&self) -> impl Iterator<Item = PlannedQuantity> + '_ {
        self.rows.iter().map(|row| self.quantity(row))
    }

    /// That of the service which a change of the plan is of.
    #[must_use]
    pub fn of(&self, change: &PlannedView) -> Option<PlannedQuantity> {
        let invoice = change.invoice.as_ref()?;
        let is_it = |row: &&Row| {
            self.tenants.get(row.tenants) == Some(&change.tenants)
                && self.texts.get(row.invoice) == Some(invoice)
                && row.target.text(&self.texts) == change.target
        };
        self.rows.iter().find(is_it).map(|row| self.quantity(row))
    }

    fn quantity(&self, row: &Row) -> PlannedQuantity {
        PlannedQuantity {
            target: row.target.text(&self.texts),
            tenants: self.tenants.of(row.tenants),
            invoice: self.texts.of(row.invoice),
            month: row.month,
            invoiced: self.timelines.of(row.invoiced),
            present: self.timelines.of(row.present),
        }
    }
}

/// Quantities while they are planned, or read.
#[derive(Default)]
pub(crate) struct QuantitiesGathered {
    rows: Segments<Row>,
    texts: Filling<SharedText>,
    tenants: Filling<SharedTexts>,
    timelines: Filling<Timeline>,
}

impl QuantitiesGathered {
    /// Puts one more behind those that are there.
    pub(crate) fn push(&mut self, quantity: PlannedQuantity) {
        self.rows.push(Row {
            target: Target::of(quantity.target, &mut self.texts),
            tenants: self.tenants.put(quantity.tenants),
            invoice: self.texts.put(quantity.invoice),
            month: quantity.month,
            invoiced: self.timelines.put(quantity.invoiced),
            present: self.timelines.put(quantity.present),
        });
    }

    /// All that were put in.
    pub(crate) fn all(self) -> PlannedQuantities {
        PlannedQuantities {
            rows: self.rows.closed(),
            texts: self.texts.filled(),
            tenants: self.tenants.filled(),
            timelines: self.timelines.filled(),
        }
    }
}

as_a_list!(PlannedQuantities of PlannedQuantity, QuantitiesGathered);
