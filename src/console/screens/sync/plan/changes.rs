//! The changes of one contract, of all that a plan has: where they stand, and what they come to. Pure.

use std::sync::Arc;

use crate::{
    domain::{Money, operation::OperationKind},
    engine::views::{Mark, PlannedRows, PlannedView},
};

/// Some of a plan's changes, by day.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    plan: Arc<PlannedRows>,
    places: Vec<u32>,
    sums: Sums,
}

/// What a screen says of a contract in each frame.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    rows: usize,
    checks: usize,
    drops: usize,
    doublings: usize,
    guarded: bool,
    new_services: usize,
    effect: Money,
}

impl Changes {
    /// Those that stand in these places.
    pub(super) fn of(plan: &Arc<PlannedRows>, places: Vec<u32>) -> Self {
        let changes = Self { plan: plan.clone(), places, sums: Sums::default() };
        let mut all: Vec<(u32, PlannedView)> =
            changes.places.iter().copied().zip(changes.iter()).collect();
        all.sort_by_key(|(_, change)| change.effective);
        let (places, all): (Vec<u32>, Vec<PlannedView>) = all.into_iter().unzip();
        let mut sums = Sums { rows: shown(&all).count(), ..Sums::default() };
        for change in &all {
            sums.checks += usize::from(is_to_check(change));
            sums.drops += usize::from(change.mark == Some(Mark::DropToZero));
            sums.doublings += usize::from(change.mark == Some(Mark::Doubling));
            sums.guarded |= change.guard.is_some();
            sums.new_services += usize::from(change.kind == OperationKind::CreateService);
            sums.effect += change.monthly_effect;
        }
        Self { places, sums, ..changes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// All of them, each put together for whoever looks at it.
    pub(crate) fn iter(&self) -> impl Iterator<Item = PlannedView> + Clone + '_ {
        let places = self.places.iter().filter_map(|at| usize::try_from(*at).ok());
        places.filter_map(|at| self.plan.get(at))
    }

    /// Those that stand as rows: a row of the contract that is only made for seats is part of adding them.
    pub(crate) fn shown(&self) -> Vec<PlannedView> {
        let all: Vec<PlannedView> = self.iter().collect();
        shown(&all).cloned().collect()
    }

    /// How many stand as rows.
    pub(crate) fn rows(&self) -> usize {
        self.sums.rows
    }

    /// How many want a second look.
    pub(crate) fn checks(&self) -> usize {
        self.sums.checks
    }

    /// How many drop to 0, how many at least double.
    pub(crate) fn marks(&self) -> [usize; 2] {
        [self.sums.drops, self.sums.doublings]
    }

    /// Whether a guard holds any.
    pub(crate) fn are_guarded(&self) -> bool {
        self.sums.guarded
    }

    /// How many make a service.
    pub(crate) fn new_services(&self) -> usize {
        self.sums.new_services
    }

    /// By how much they change the monthly price.
    pub(crate) fn effect(&self) -> Money {
        self.sums.effect
    }
}

/// What they say, wherever they stand.
impl PartialEq for Changes {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

fn shown(all: &[PlannedView]) -> impl Iterator<Item = &PlannedView> {
    let made_for_seats = |change: &PlannedView| {
        change.kind == OperationKind::CreateContractService
            && all.iter().any(|one| one.fills(change))
    };
    all.iter().filter(move |change| !made_for_seats(change))
}

/// Whether a change wants a second look: to 0, doubled, or held by a guard.
pub(crate) fn is_to_check(change: &PlannedView) -> bool {
    change.mark.is_some() || change.guard.is_some()
}
