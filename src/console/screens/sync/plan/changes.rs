//! The changes of one contract, of all that a plan has: where they stand, and what they come to. Pure.

use std::sync::Arc;

use crate::{
    domain::{Money, operation::OperationKind},
    engine::views::{Glance, Mark, PlannedRows, PlannedView},
};

/// Some of a plan's changes, by day.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    plan: Arc<PlannedRows>,
    places: Vec<u32>,
    /// Of those that stand as rows: a row of the contract that is only made for seats is part of adding them.
    shown: Vec<u32>,
    sums: Sums,
}

/// What a screen says of a contract in each frame.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    checks: usize,
    drops: usize,
    doublings: usize,
    guarded: bool,
    new_services: usize,
    effect: Money,
}

impl Sums {
    fn of<'a>(changes: impl Iterator<Item = &'a Glance>) -> Self {
        changes.fold(Self::default(), |sum, change| Self {
            checks: sum.checks + usize::from(change.mark.is_some() || change.is_guarded),
            drops: sum.drops + usize::from(change.mark == Some(Mark::DropToZero)),
            doublings: sum.doublings + usize::from(change.mark == Some(Mark::Doubling)),
            guarded: sum.guarded || change.is_guarded,
            new_services: sum.new_services
                + usize::from(change.kind == OperationKind::CreateService),
            effect: sum.effect + change.monthly_effect,
        })
    }
}

impl Changes {
    /// Those that stand in these places.
    pub(super) fn of(plan: &Arc<PlannedRows>, places: Vec<u32>) -> Self {
        let glance = |at: u32| Some((at, plan.glance(usize::try_from(at).ok()?)?));
        let mut all: Vec<(u32, Glance)> = places.into_iter().filter_map(glance).collect();
        all.sort_by_key(|(_, change)| change.effective);
        let sums = Sums::of(all.iter().map(|(_, change)| change));
        let places: Vec<u32> = all.into_iter().map(|(at, _)| at).collect();
        let made = plan.made_for_seats(&places.iter().filter_map(|at| usize::try_from(*at).ok()));
        let stands = |at: &u32| usize::try_from(*at).is_ok_and(|at| !made.contains(&at));
        let shown = places.iter().copied().filter(stands).collect();
        Self { plan: plan.clone(), places, shown, sums }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// All of them, each put together for whoever looks at it.
    pub(crate) fn iter(&self) -> impl Iterator<Item = PlannedView> + Clone + '_ {
        self.put_together(&self.places)
    }

    /// Those that stand as rows.
    pub(crate) fn shown(&self) -> impl Iterator<Item = PlannedView> + Clone + '_ {
        self.put_together(&self.shown)
    }

    fn put_together<'a>(
        &'a self,
        places: &'a [u32],
    ) -> impl Iterator<Item = PlannedView> + Clone + 'a {
        let places = places.iter().filter_map(|at| usize::try_from(*at).ok());
        places.filter_map(|at| self.plan.get(at))
    }

    /// How many stand as rows.
    pub(crate) fn rows(&self) -> usize {
        self.shown.len()
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

/// Whether a change wants a second look: to 0, doubled, or held by a guard.
pub(crate) fn is_to_check(change: &PlannedView) -> bool {
    change.mark.is_some() || change.guard.is_some()
}
