//! What holds for whatever stands and whatever is wanted.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::{
    domain::{
        LineId, Money,
        line::{LineSpan, ServiceLine, WrittenLine},
        operation::PriceStep,
        policy::{LinePolicies, Lines, PriceInInvoiced},
        timeline::{Step, Timeline},
    },
    psa::connectwise::{
        sample::{ITEM, agreement, day, key_of, line, money, ours, present},
        told_prices, verdict,
    },
};

const MONTH_END: &str = "2026-09-30";

/// Days from 1 August 2026 on.
fn at(offset: i64) -> Day {
    day("2026-08-01").plus(offset)
}

#[derive(Clone, Debug)]
struct Drawn {
    lines: Vec<ServiceLine>,
    units: Timeline,
    price: Option<(i64, i64)>,
    open: i64,
    policies: LinePolicies,
    written: Vec<WrittenLine>,
}

prop_compose! {
    fn a_line(id: i64)(
        first in 0..90_i64,
        length in prop::option::of(0..60_i64),
        quantity in 0..8_i64,
        own: bool,
        cents in 800..803_i64,
    ) -> ServiceLine {
        let known = if own { ours(id, "2026-08-01", None, 1) } else { line(id, "2026-08-01", None, 1) };
        let span = LineSpan { first: at(first), last: length.map(|length| at(first + length)), quantity };
        ServiceLine { span, price: Money(rust_decimal::Decimal::new(cents, 2)), ..known }
    }
}

fn lines() -> impl Strategy<Value = Vec<ServiceLine>> {
    (0..5_i64).prop_flat_map(|count| (0..count).map(|at| a_line(at + 1)).collect::<Vec<_>>())
}

prop_compose! {
    fn drawn()(
        lines in lines(),
        steps in prop::collection::vec((31..95_i64, 0..9_i64), 0..5),
        price in prop::option::of((31..62_i64, 800..803_i64)),
        open in 0..95_i64,
        replace: bool,
        back: bool,
        edits in prop::collection::vec(prop::option::of((0..4_i64, 0..95_i64)), 5),
    ) -> Drawn {
        let stands = crate::psa::connectwise::lines::sum(lines.iter().map(|line| &line.span));
        let wanted = Timeline::new(steps.iter().map(|&(from, units)| Step { from: at(from), units }));
        let first = steps.iter().map(|(from, _)| *from).min();
        let units = first.map_or(stands.clone(), |first| stands.until(at(first), &wanted));
        let written = lines.iter().zip(&edits).filter_map(|(line, edit)| {
            let (off, seen) = (*edit)?;
            let span = LineSpan { quantity: line.span.quantity + off, ..line.span };
            let (price, cost) = (Some(line.price), line.cost);
            let seen = Some(at(seen));
            // One that was emptied by hand tells no price, and the step that it needs comes with the next plan.
            line.key.as_ref().filter(|_| line.span.quantity > 0)?;
            Some(WrittenLine { id: line.id, span, price, cost, open_when_written: seen, open_when_seen: seen })
        });
        Drawn {
            units,
            price,
            open,
            policies: LinePolicies {
                lines: if replace { Lines::Replace } else { Lines::Stack },
                price_in_invoiced: if back { PriceInInvoiced::Back } else { PriceInInvoiced::Next },
                ..LinePolicies::default()
            },
            written: written.collect(),
            lines,
        }
    }
}

impl Drawn {
    fn all_ours(mut self) -> Self {
        for line in &mut self.lines {
            line.key = Some(key_of(line.id.0));
        }
        self
    }

    fn open(&self) -> String {
        at(self.open).to_string()
    }

    fn present(&self) -> PresentContract {
        present(agreement(&self.open()), self.lines.clone())
    }

    fn surroundings(written: &[WrittenLine]) -> Surroundings {
        Surroundings {
            intent: "drawn".to_owned(),
            written: written.to_vec(),
            credits_trusted: true,
            ..Surroundings::default()
        }
    }

    fn wanted(&self, stands: &PresentContract, units: Timeline) -> Wanted {
        let price = self.price.map_or(800, |(_, cents)| cents);
        let price = Money(rust_decimal::Decimal::new(price, 2));
        let steps = self.price.map_or(vec![], |(on, _)| asked_steps(stands, &units, at(on), price));
        Wanted {
            service: ITEM,
            contract_service: None,
            units,
            month_end: day(MONTH_END),
            prices: steps,
            opening_price: Some(price),
            opening_cost: Some(money("6.90")),
        }
    }

    /// Before the first day that is the sync's, what is wanted is what stands.
    fn plan(&self, stands: &PresentContract, written: &[WrittenLine]) -> ServiceOperations {
        let policies = Policies { lines: self.policies, ..Policies::default() };
        let units = sum(stands).until(self.first_owned(), &self.units);
        let wanted = self.wanted(stands, units);
        operations(stands, &wanted, &Self::surroundings(written), &policies)
    }

    fn first_owned(&self) -> Day {
        let stands = crate::psa::connectwise::lines::sum(self.lines.iter().map(|line| &line.span));
        let differs = stands.changes_to(&self.units).first().map(|(day, _)| *day);
        differs.map_or(day("2026-09-01"), |first| first.min(day("2026-09-01")))
    }
}

/// The steps by which the planner asks for a price: on its day, where units return from 0, and where a line of ours begins,
/// as long as another one is told there.
fn asked_steps(
    stands: &PresentContract,
    units: &Timeline,
    first: Day,
    price: Money,
) -> Vec<PriceStep> {
    let told = stands.services.first().map(told_prices::steps).unwrap_or_default();
    let rises = units.steps().iter().map(|step| step.from);
    let returns = rises.filter(|day| units.on(day.previous()) == 0);
    let later = returns.chain(told.iter().map(|step| step.from));
    let later = later.filter(|on| *on > first && *on <= day(MONTH_END));
    let days: BTreeSet<Day> = later.chain([first]).filter(|day| units.on(*day) > 0).collect();
    let mut steps: Vec<PriceStep> = Vec::new();
    for from in days {
        let told = told.iter().rev().find(|told| told.from <= from);
        let asked = steps.last().map(|step| step.from);
        let holds = asked.is_some_and(|asked| told.is_none_or(|told| told.from <= asked));
        if !holds && told.and_then(|told| told.price) != Some(price) {
            steps.push(PriceStep { from, price: Some(price), cost: None });
        }
    }
    steps
}

/// The agreement once all of it was carried out and answered.
fn carried_out(present: &PresentContract, made: &ServiceOperations) -> PresentContract {
    let mut ids = 100..;
    made.operations.iter().fold(present.clone(), |present, operation| {
        verdict::written(&present, operation, ids.next()).expect("a write of ours")
    })
}

fn sum(present: &PresentContract) -> Timeline {
    present.services.first().map(PresentService::timeline).unwrap_or_default()
}

/// What was written to lines is remembered.
fn remembered(drawn: &Drawn, stands: &PresentContract) -> Vec<WrittenLine> {
    let known = drawn.written.iter().map(|written| written.id).collect::<BTreeSet<LineId>>();
    let lines = stands.services.iter().flat_map(|row| &row.lines);
    let ours = lines.filter(|line| known.contains(&line.id) || line.id.0 >= 100);
    ours.map(|line| WrittenLine {
        id: line.id,
        span: line.span,
        price: Some(line.price),
        cost: line.cost,
        open_when_written: Some(at(drawn.open)),
        open_when_seen: Some(at(drawn.open)),
    })
    .collect()
}

proptest! {
    #[test]
    fn what_is_carried_out_comes_to_what_is_wanted(drawn in drawn()) {
        let present = drawn.present();
        let made = drawn.plan(&present, &drawn.written);
        prop_assert_eq!(&made.refused, &None);
        let stands = sum(&carried_out(&present, &made));
        prop_assert_eq!(&stands, &made.after);
        let from = drawn.first_owned();
        for offset in 0..160 {
            let day = at(offset);
            if day >= from {
                prop_assert_eq!(stands.on(day), drawn.units.on(day), "on {}", day);
            }
        }
    }

    /// What is left of a line that somebody made is a line of ours at that line's price, which the next price step reaches: so
    /// where there is one, all lines are ours.
    #[test]
    fn planned_again_there_is_nothing_left(drawn in drawn()) {
        let drawn = if drawn.price.is_some() { drawn.all_ours() } else { drawn };
        let present = drawn.present();
        let made = drawn.plan(&present, &drawn.written);
        let stands = carried_out(&present, &made);
        let again = drawn.plan(&stands, &remembered(&drawn, &stands));
        prop_assert_eq!(again.operations, vec![]);
    }

    #[test]
    fn the_writes_go_by_day_and_on_one_day_ends_before_adds(drawn in drawn()) {
        let made = drawn.plan(&drawn.present(), &drawn.written);
        let order: Vec<_> = made.operations.iter().map(|one| (one.effective(), rank(one))).collect();
        let mut sorted = order.clone();
        sorted.sort();
        prop_assert_eq!(order, sorted);
        let mut level = sum(&drawn.present());
        for operation in &made.operations {
            level = Timeline::from_changes(level.changes().chain(operation.changes()));
            prop_assert!(level.steps().iter().all(|step| step.units >= 0), "{:?}", level);
        }
        prop_assert_eq!(level, made.after);
    }

    #[test]
    fn keys_are_unique_and_no_line_ends_before_it_begins(drawn in drawn()) {
        let present = drawn.present();
        let stands = carried_out(&present, &drawn.plan(&present, &drawn.written));
        let lines: Vec<&ServiceLine> = stands.services.iter().flat_map(|row| &row.lines).collect();
        let keys: Vec<&String> = lines.iter().filter_map(|line| line.key.as_ref()).collect();
        prop_assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
        for line in lines.iter().filter(|line| line.id.0 >= 100) {
            prop_assert!(line.span.quantity > 0);
            prop_assert!(line.span.last.is_none_or(|last| last >= line.span.first));
        }
    }

    /// A rise alone, stacked, touches no line that stands but a free one of ours on its day; and where nothing changes nothing
    /// is touched.
    #[test]
    fn a_rise_touches_no_invoiced_line(lines in lines(), from in 31..90_i64, by in 0..5_i64, open in 0..95_i64) {
        let stands = crate::psa::connectwise::lines::sum(lines.iter().map(|line| &line.span));
        let units = stands.adjusted(at(from), by);
        let policies = LinePolicies::default();
        let drawn = Drawn { lines, units, price: None, open, policies, written: vec![] };
        let made = drawn.plan(&drawn.present(), &[]);
        for operation in &made.operations {
            match operation {
                Operation::AddLine { line, .. } => prop_assert!(line.span.first >= at(from)),
                Operation::AmendLine { was, .. } => {
                    prop_assert!(was.first == at(from) && was.first >= at(open));
                }
                other => prop_assert!(false, "{other:?}"),
            }
        }
        prop_assert_eq!(by == 0, made.operations.is_empty());
    }

    /// A fall alone touches only lines in force on its day or after it, and no more of them than it takes.
    #[test]
    fn a_fall_ends_no_line_that_it_need_not(lines in lines(), from in 31..90_i64, open in 0..95_i64) {
        let stands = crate::psa::connectwise::lines::sum(lines.iter().map(|line| &line.span));
        let taken = i64::from(stands.on(at(from)) > 0);
        let fallen = stands.adjusted(at(from), -taken);
        let fallen = fallen.steps().iter().map(|step| Step { units: step.units.max(0), ..*step });
        let units = stands.until(at(from), &Timeline::new(fallen));
        let policies = LinePolicies::default();
        let drawn = Drawn { lines, units, price: None, open, policies, written: vec![] };
        let made = drawn.plan(&drawn.present(), &[]);
        for operation in &made.operations {
            if let Operation::EndLine { was, last, .. } = operation {
                prop_assert!(was.first <= *last && *last >= at(from).previous());
            }
        }
        let ends = |day: Day| made.operations.iter().filter(|operation| {
            matches!(operation, Operation::EndLine { .. }) && operation.effective() == Some(day)
        }).count();
        prop_assert!(ends(at(from)) <= 1);
    }
}
