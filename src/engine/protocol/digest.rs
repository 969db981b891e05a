//! What happened within a moment, told once: of a customer or a change that moved several times, where it stands at the end.
//! Whoever takes in a digest knows what all of it would have told them.
//!
//! It must not lose what began or ended, nor move anything past that.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{
    event::{Event, Happening, Phase},
    live_run::{ChangeId, ChangeState, LiveChange, LiveOutcome, Totals},
};
use crate::domain::{ContractId, RunId};

/// What happened from one event to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Happened {
    /// The number of the first event that is in here.
    pub first: u64,
    /// That of the last.
    pub last: u64,
    /// What they tell, in order.
    pub all: Vec<Happening>,
}

/// Events as they come, until they are told.
#[derive(Debug, Default)]
pub struct Digest {
    numbers: Option<(u64, u64)>,
    /// What is in its place for good.
    told: Vec<Happening>,
    moving: Moving,
    weight: usize,
}

/// What may still be told by something later.
#[derive(Debug, Default)]
struct Moving {
    of: Option<RunId>,
    phase: Option<(Phase, Happening)>,
    progress: Option<Happening>,
    items: Vec<Happening>,
    /// Where an item stands among them, by key and invoice.
    places: HashMap<(String, String), usize>,
    changes: Option<Changes>,
}

/// Changes of one run that moved. One that moved on from being planned leaves a hole: changes stand in the order in which
/// they were sent.
#[derive(Debug)]
struct Changes {
    run: RunId,
    totals: Totals,
    replanned: Vec<ContractId>,
    moved: Vec<Option<LiveChange>>,
    places: HashMap<ChangeId, usize>,
    outcomes: Vec<LiveOutcome>,
}

impl Digest {
    /// Takes in the next event.
    pub fn push(&mut self, Event { number, happening }: Event) {
        self.numbers = Some((self.numbers.map_or(number, |(first, _)| first), number));
        self.weight += 1;
        match happening {
            Happening::Item { run, kind, key, name, domain, invoice, state } => {
                let place = (key.clone(), invoice.clone());
                let item = Happening::Item { run, kind, key, name, domain, invoice, state };
                self.moving(Some(run)).item(place, item);
            }
            Happening::Changes { run, totals, replanned, changes, outcomes } => {
                self.weight += changes.len() + outcomes.len();
                let moving = self.moving(Some(run));
                let known = moving.changes.get_or_insert_with(|| Changes::of(run));
                known.take(totals, replanned, changes, outcomes);
            }
            Happening::Progress { run, .. } => self.moving(run).progress = Some(happening),
            Happening::Phase { run, phase, .. } => {
                if self.moving(run).is_past(phase) {
                    self.settle();
                }
                self.moving(run).phase = Some((phase, happening));
            }
            other => {
                self.settle();
                self.told.push(other);
            }
        }
    }

    /// About how much there is to tell.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.weight
    }

    /// All of it, if there is anything; the next event begins anew.
    pub fn take(&mut self) -> Option<Happened> {
        self.settle();
        let (first, last) = self.numbers.take()?;
        self.weight = 0;
        Some(Happened { first, last, all: std::mem::take(&mut self.told) })
    }

    /// What moves of this run; what moved of another one is told before it.
    fn moving(&mut self, of: Option<RunId>) -> &mut Moving {
        if self.moving.of != of {
            self.settle();
            self.moving.of = of;
        }
        &mut self.moving
    }

    /// What moved so far has its place before all that comes.
    fn settle(&mut self) {
        let Moving { phase, progress, items, changes, .. } = std::mem::take(&mut self.moving);
        self.told.extend(phase.map(|(_, phase)| phase));
        // Changes after the customers whose they are: what is found of one marks its customer.
        self.told.extend(items);
        self.told.extend(changes.map(Changes::told));
        self.told.extend(progress);
    }
}

impl Moving {
    /// Whether it did something else than this, or is told to have done anything by now.
    fn is_past(&self, phase: Phase) -> bool {
        let differs = self.phase.as_ref().is_some_and(|(known, _)| *known != phase);
        differs || !self.items.is_empty() || self.changes.is_some()
    }

    fn item(&mut self, place: (String, String), item: Happening) {
        let next = self.items.len();
        match *self.places.entry(place).or_insert(next) {
            at if at < next => self.items[at] = item,
            _ => self.items.push(item),
        }
    }
}

impl Changes {
    fn of(run: RunId) -> Self {
        Self {
            run,
            totals: Totals::default(),
            replanned: Vec::new(),
            moved: Vec::new(),
            places: HashMap::new(),
            outcomes: Vec::new(),
        }
    }

    fn take(
        &mut self,
        totals: Totals,
        replanned: Vec<ContractId>,
        changes: Vec<LiveChange>,
        outcomes: Vec<LiveOutcome>,
    ) {
        self.totals = totals;
        for contract in replanned {
            for change in &mut self.moved {
                change.take_if(|known| known.id.contract == contract && is_planned(known));
            }
            if !self.replanned.contains(&contract) {
                self.replanned.push(contract);
            }
        }
        for change in changes {
            self.change(change);
        }
        self.outcomes.extend(outcomes);
    }

    fn change(&mut self, change: LiveChange) {
        let place = self.places.get(&change.id).copied();
        let known = place.and_then(|at| self.moved[at].as_mut());
        if let Some(sent) = known.filter(|known| !is_planned(known)) {
            return sent.state = change.state;
        }
        if let Some(at) = place {
            self.moved[at] = None;
        }
        self.places.insert(change.id.clone(), self.moved.len());
        self.moved.push(Some(change));
    }

    fn told(self) -> Happening {
        let Self { run, totals, replanned, moved, places: _, outcomes } = self;
        let changes = moved.into_iter().flatten().collect();
        Happening::Changes { run, totals, replanned, changes, outcomes }
    }
}

fn is_planned(change: &LiveChange) -> bool {
    change.state == ChangeState::Planned
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::{
        domain::{
            InvoiceId, ServiceId, TenantId,
            outcome::Outcome,
            run::{Counts, RunKind},
        },
        engine::{
            protocol::{ItemState, LiveRun, LiveSubscription},
            samples::begun_run,
        },
    };

    const RUN: RunId = RunId(7);

    fn happening(what: u8, contract: i64, nth: usize) -> Happening {
        let customer = format!("customer {contract}");
        let tenants = vec![TenantId::new(customer.clone())];
        let of = LiveSubscription {
            tenants,
            customer: customer.clone(),
            name: format!("{nth}"),
            invoice: "INV".to_owned(),
        };
        let change = |nth, state| {
            let (contract, invoice) = (ContractId(contract), InvoiceId::new("INV"));
            let id = ChangeId { contract, invoice, service: ServiceId(1), nth };
            LiveChange::so_far(id, of.clone(), state)
        };
        let item = |state| Happening::Item {
            run: RUN,
            kind: RunKind::Customers,
            key: customer.clone(),
            name: customer.clone(),
            domain: String::new(),
            invoice: "INV".to_owned(),
            state,
        };
        let changes = |sent, replanned, changes, outcomes| {
            let totals = Totals { sent, ..Totals::default() };
            Happening::Changes { run: RUN, totals, replanned, changes, outcomes }
        };
        let found =
            |outcome| vec![LiveOutcome { of: of.clone(), outcome, text: format!("{what}.") }];
        match what {
            0 => changes(
                1,
                vec![ContractId(contract)],
                (nth..4).map(|nth| change(nth, ChangeState::Planned)).collect(),
                Vec::new(),
            ),
            1 => changes(2, Vec::new(), vec![change(nth, ChangeState::Sent)], Vec::new()),
            2 => changes(3, Vec::new(), vec![change(nth, ChangeState::Confirmed)], Vec::new()),
            3 => changes(
                4,
                Vec::new(),
                vec![change(nth, ChangeState::Failed { text: None })],
                found(Outcome::Failure),
            ),
            4 => changes(5, Vec::new(), Vec::new(), found(Outcome::Warning)),
            5 => item(ItemState::Writing { done: 1, of: 4 }),
            6 => item(ItemState::Done { outcome: Outcome::Success, writes: 4, text: None }),
            7 => Happening::Waiting { run: Some(RUN), for_what: "a list".to_owned(), until: None },
            8 => Happening::WaitOver { run: Some(RUN) },
            9 => Happening::Phase { run: Some(RUN), phase: Phase::Applying, text: customer },
            10 => Happening::Progress {
                run: Some(RUN),
                done: 1,
                total: None,
                counts: Counts::default(),
            },
            _ => Happening::RunFinished { run: begun_run(7) },
        }
    }

    /// As a screen shows it: a contract of which nothing is planned is as good as none.
    fn shown(mut live: LiveRun) -> LiveRun {
        live.planned.retain(|_, changes| !changes.is_empty());
        live
    }

    fn taken<'a>(all: impl IntoIterator<Item = &'a Happening>) -> LiveRun {
        let mut live = LiveRun::default();
        all.into_iter().for_each(|one| _ = live.take(one));
        shown(live)
    }

    proptest! {
        #[test]
        fn whoever_takes_in_digests_knows_what_all_events_told(
            moves in proptest::collection::vec((0_u8..12, 0_i64..3, 0_usize..4), 0..60),
            ends in proptest::collection::vec(any::<bool>(), 60),
        ) {
            // All customers turn up before anything is told of them, who is done stays so, and what was sent is not planned.
            let began = (0..3).map(|contract| (5, contract, 0));
            let (mut done, mut sent) = (BTreeSet::new(), BTreeSet::new());
            let all = began.chain(moves).filter_map(|(what, contract, nth)| {
                match what {
                    1..=3 => _ = sent.insert((contract, nth)),
                    5 if done.contains(&contract) => return None,
                    6 => _ = done.insert(contract),
                    _ => {}
                }
                let mut happening = happening(what, contract, nth);
                if let (0, Happening::Changes { changes, .. }) = (what, &mut happening) {
                    changes.retain(|change| !sent.contains(&(contract, change.id.nth)));
                }
                Some(happening)
            });
            let all: Vec<Happening> = all.collect();
            let (mut digest, mut told, mut heard) = (Digest::default(), Vec::new(), 0);
            for (at, happening) in all.iter().enumerate() {
                digest.push(Event { number: at as u64 + 1, happening: happening.clone() });
                if ends.get(at).is_none_or(|ends| *ends) {
                    let happened = digest.take().expect("one at least");
                    prop_assert_eq!((happened.first, happened.last), (heard + 1, at as u64 + 1));
                    heard = happened.last;
                    told.extend(happened.all);
                }
            }
            told.extend(digest.take().into_iter().flat_map(|happened| happened.all));
            prop_assert!(told.len() <= all.len());
            prop_assert_eq!(taken(&told), taken(&all));
        }
    }

    #[test]
    fn a_change_and_its_customer_that_moved_on_and_on_are_told_once() {
        let mut digest = Digest::default();
        let moves = [(0, 0), (5, 0), (1, 0), (2, 0), (5, 0), (1, 1), (2, 1), (6, 0)];
        for (number, (what, nth)) in (1..).zip(moves) {
            digest.push(Event { number, happening: happening(what, 0, nth) });
        }
        let Happened { all, .. } = digest.take().expect("something");
        let [Happening::Item { state, .. }, Happening::Changes { totals, changes, .. }] = &all[..]
        else {
            panic!("{all:#?}")
        };
        assert!(matches!(state, ItemState::Done { .. }));
        assert_eq!(totals.sent, 3);
        let planned = |nth| (nth, ChangeState::Planned);
        let stands = |nth| (nth, ChangeState::Confirmed);
        let told: Vec<_> = changes.iter().map(|one| (one.id.nth, one.state.clone())).collect();
        assert_eq!(told, [planned(2), planned(3), stands(0), stands(1)]);
        assert_eq!(digest.take(), None);
    }

    #[test]
    fn what_begins_or_ends_keeps_its_place() {
        let mut digest = Digest::default();
        let moves = [5, 9, 9, 7, 5, 8, 11, 5];
        for (number, what) in (1..).zip(moves) {
            digest.push(Event { number, happening: happening(what, 0, 0) });
        }
        let told = digest.take().expect("something").all;
        let wanted = [5, 9, 7, 5, 8, 11, 5].map(|what| happening(what, 0, 0));
        assert_eq!(told, wanted);
    }
}
