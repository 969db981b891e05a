//! What holds for every wish and every present: writing the operations to a model of Autotask gives what was
//! announced, and nothing is left to write.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::domain::{
    ContractServiceId, Day, ServiceId, sample,
    target::{Contract, UnitRow},
    timeline::Step,
};

const ROW: ContractServiceId = ContractServiceId(903);
const SERVICE: ServiceId = ServiceId(412);

/// A contract with one service as the wire contract's reference model keeps it: a step function, and the days
/// that adjustments have used.
#[derive(Clone, Debug)]
struct Model {
    contract: Contract,
    exists: bool,
    changes: BTreeMap<Day, i64>,
}

impl Model {
    fn first(&self) -> Day {
        self.contract.start
    }

    fn timeline(&self) -> Timeline {
        Timeline::from_changes(self.changes.iter().map(|(&day, &change)| (day, change)))
    }

    /// Rows are the step function cut at period starts and effective dates.
    fn read(&self) -> PresentContract {
        let (mut starts, timeline) =
            (self.changes.keys().copied().collect::<Vec<_>>(), self.timeline());
        if let Some(&first) = self.changes.keys().next() {
            let mut period = self.contract.next_period_start(first);
            while self.contract.end.is_some_and(|end| period <= end) {
                starts.push(period);
                period = self.contract.next_period_start(period);
            }
        }
        starts.sort();
        starts.dedup();
        let row = |start: Day| UnitRow {
            start,
            end: start,
            units: timeline.on(start),
            price: Money::ZERO,
            cost: None,
            posted: false,
        };
        let rows = starts.into_iter().map(row).collect();
        let service = PresentService {
            contract_service: ROW,
            service: SERVICE,
            price: None,
            cost: None,
            rows,
            lines: Vec::new(),
        };
        let services = if self.exists { vec![service] } else { Vec::new() };
        PresentContract { contract: self.contract.clone(), services, odd: None }
    }

    /// The server: one adjustment a day except on period starts, within the dates, and no row ever negative.
    fn write(&mut self, operation: &Operation) -> Result<(), String> {
        match operation {
            Operation::CreateContractService { .. } if self.exists => {
                Err("a second row".to_owned())
            }
            Operation::CreateContractService { .. } => {
                self.exists = true;
                Ok(())
            }
            Operation::AdjustUnits { effective, units, .. } => self.adjust(*effective, *units),
            other => Err(format!("{other:?} is no write to a contract")),
        }
    }

    fn adjust(&mut self, day: Day, units: i64) -> Result<(), String> {
        let used = self.changes.contains_key(&day) && !self.contract.period_starts_on(day);
        if !self.exists || used || !assumed::takes_adjustments_on(&self.contract, day) {
            return Err(format!("{units:+} on {day} is not taken"));
        }
        *self.changes.entry(day).or_default() += units;
        let least = self.timeline().least_from(self.first());
        if least < 0 { Err(format!("{units:+} on {day} is negative")) } else { Ok(()) }
    }
}

fn day_of(offset: i64) -> Day {
    Day::new(2026, 1, 1).expect("a day").plus(offset)
}

fn levels(span: i64) -> impl Strategy<Value = Timeline> {
    proptest::collection::vec((0..span, 0..12_i64), 0..7).prop_map(|steps| {
        Timeline::new(steps.into_iter().map(|(at, units)| Step { from: day_of(at), units }))
    })
}

fn models() -> impl Strategy<Value = Model> {
    let period = prop::sample::select(vec![1_u32, 3, 6, 12]);
    (0..25_i64, 60..200_i64, period, levels(120), any::<bool>()).prop_map(
        |(start, length, period_months, units, exists)| {
            let start = day_of(start);
            let changes = units.changes().filter(|(day, _)| *day >= start).collect::<Vec<_>>();
            let kept = Timeline::from_changes(changes);
            let whole = kept.least_from(start) >= 0;
            let end = Some(start.plus(length));
            let contract = Contract { start, end, period_months, ..sample::contract() };
            let changes = if exists && whole { kept.changes().collect() } else { BTreeMap::new() };
            Model { contract, exists, changes }
        },
    )
}

fn wish(model: &Model, units: Timeline) -> Wanted {
    Wanted {
        service: SERVICE,
        contract_service: model.exists.then_some(ROW),
        units,
        month_end: day_of(150),
        prices: Vec::new(),
        opening_price: None,
        opening_cost: None,
    }
}

fn plan(model: &Model, wanted: &Wanted) -> ServiceOperations {
    operations(&model.read(), wanted, &Surroundings::default(), &Policies::default())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(768))]

    #[test]
    fn the_server_takes_every_write_and_ends_where_it_was_announced(
        model in models(), units in levels(150),
    ) {
        let wanted = wish(&model, units);
        let plan = plan(&model, &wanted);
        let mut written = model;
        for operation in &plan.operations {
            prop_assert_eq!(written.write(operation), Ok(()));
        }
        prop_assert_eq!(&written.timeline(), &plan.after);
        prop_assert!(plan.refused.is_none() || plan.operations.is_empty());
    }

    #[test]
    fn planning_again_on_what_was_written_gives_nothing(
        model in models(), units in levels(150),
    ) {
        let wanted = wish(&model, units.clone());
        let first = plan(&model, &wanted);
        prop_assume!(first.refused.is_none());
        let mut written = model;
        for operation in &first.operations {
            prop_assert_eq!(written.write(operation), Ok(()));
        }
        let second = plan(&written, &wish(&written, units));
        prop_assert_eq!(second.operations, vec![]);
        prop_assert_eq!(second.refused, None);
    }

    #[test]
    fn what_was_shifted_is_remembered_and_planned_again_it_is_nothing_through_every_later_wish(
        model in models(), wishes in proptest::collection::vec(levels(150), 1..4),
    ) {
        let (mut written, mut surroundings) = (model, Surroundings::default());
        for units in wishes {
            let planned = |model: &Model, known: &Surroundings| {
                operations(&model.read(), &wish(model, units.clone()), known, &Policies::default())
            };
            let first = planned(&written, &surroundings);
            if first.refused.is_some() {
                continue;
            }
            for operation in &first.operations {
                prop_assert_eq!(written.write(operation), Ok(()));
            }
            surroundings.shifts.extend(first.shifts.iter().map(|shift| (ROW, *shift)));
            let second = planned(&written, &surroundings);
            prop_assert_eq!(second.operations, vec![]);
            prop_assert_eq!(second.refused, None);
        }
    }

    #[test]
    fn no_day_gets_two_adjustments(model in models(), units in levels(150)) {
        let wanted = wish(&model, units);
        let mut days = BTreeMap::<Day, u32>::new();
        for operation in plan(&model, &wanted).operations {
            if let Operation::AdjustUnits { effective, .. } = operation {
                *days.entry(effective).or_default() += 1;
            }
        }
        prop_assert!(days.values().all(|count| *count == 1), "{:?}", days);
    }

    #[test]
    fn without_taken_days_the_wish_comes_true(units in levels(59), start in 0..1_i64) {
        let model = Model {
            contract: Contract { start: day_of(start), ..sample::contract() },
            exists: false,
            changes: BTreeMap::new(),
        };
        let plan = plan(&model, &wish(&model, units.clone()));
        prop_assert_eq!(plan.after, units);
        prop_assert_eq!(plan.warnings, vec![]);
    }
}
