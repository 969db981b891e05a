//! What holds for any invoice and any contract.

use prism_connect::{
    domain::{
        Day, Money,
        invoice::{Invoice, Line, LineMotion},
        mapping::PricingStrategy,
        outcome::Disposition,
    },
    planning::{
        ContractPlan,
        ledger::{ledger, recount},
        triage::Triage,
    },
};
use proptest::prelude::*;

use super::world::*;

const SUBSCRIPTIONS: [&str; 6] = ["a1", "a2", "b1", "c1", "c2", "e1"];

/// Spans of September: days and quantity. Neighbouring spans of one subscription, maybe with gaps.
fn spans() -> impl Strategy<Value = Vec<(u32, u32, i64)>> {
    prop::collection::vec((1u32..=30, 0i64..=12, any::<bool>()), 1..4).prop_map(|cuts| {
        let mut starts: Vec<_> = cuts;
        starts.sort_by_key(|(day, ..)| *day);
        starts.dedup_by_key(|(day, ..)| *day);
        let ends: Vec<u32> = starts.iter().skip(1).map(|(day, ..)| day - 1).chain([30]).collect();
        let kept = starts.into_iter().zip(ends).filter(|((.., kept), _)| *kept);
        kept.map(|((day, units, _), end)| (day, end, units)).collect()
    })
}

/// Rows of a service from August to November.
fn rows() -> impl Strategy<Value = Vec<(Day, i64)>> {
    prop::collection::vec((0i64..120, 0i64..12), 0..5).prop_map(|rows| {
        let mut rows: Vec<_> =
            rows.into_iter().map(|(days, units)| (day("08-01").plus(days), units)).collect();
        rows.sort();
        rows.dedup_by_key(|(day, _)| *day);
        rows
    })
}

fn on(day_of_month: u32) -> String {
    format!("09-{day_of_month:02}")
}

prop_compose! {
    fn worlds()(
        lines in prop::collection::vec(spans(), 6),
        present in prop::collection::vec(rows(), 3),
        pricing in prop::sample::select(vec![
            PricingStrategy::CostAndRetail, PricingStrategy::CostOnly, PricingStrategy::QuantitiesOnly,
        ]),
        marina in any::<bool>(),
    ) -> World {
        let mut world = World::september().maps("harbour");
        for (subscription, spans) in SUBSCRIPTIONS.into_iter().zip(lines) {
            let tenant = if marina && subscription.ends_with('2') { "marina" } else { "harbour" };
            for (from, to, units) in spans {
                let (from, to, units) = (on(from), on(to), units.to_string());
                world = world.bills_for(tenant, subscription, &units, (&from, &to), ("6.90", "8.00"));
            }
        }
        for (letter, rows) in ['a', 'b', 'c'].into_iter().zip(present) {
            let texts: Vec<(String, i64)> =
                rows.into_iter().map(|(day, units)| (day.to_string(), units)).collect();
            let rows: Vec<(&str, i64)> =
                texts.iter().map(|(day, units)| (day.as_str(), *units)).collect();
            if !rows.is_empty() {
                world = world.has(letter, &rows);
            }
        }
        world.with(|world| world.pricing = pricing)
    }
}

fn all_lines<'a>(triage: &'a Triage, plan: &'a ContractPlan) -> Vec<(&'a Line, &'a Disposition)> {
    let placed = triage.placed.iter().map(|placed| (&placed.line, &placed.disposition));
    let planned = plan.subscriptions.iter().flat_map(|bought| &bought.lines);
    placed.chain(planned.map(|line| (&line.line, &line.disposition))).collect()
}

fn header(lines: &[Line]) -> Invoice {
    Invoice {
        id: "invoice".into(),
        number: "INV0104233".to_owned(),
        program: "Microsoft CSP Indirect".to_owned(),
        usage_month: None,
        billing_period_start: None,
        issued: None,
        agreement: None,
        agreement_number: None,
        kind_text: None,
        status_text: None,
        currency: None,
        fault: None,
        subtotal: Some(lines.iter().map(|line| line.subtotal).sum()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn every_line_is_counted_once_and_the_ledger_balances(world in worlds(), odd in any::<u8>()) {
        let world = world.with(|world| {
            for (at, line) in world.lines.iter_mut().enumerate() {
                match (usize::from(odd) + at) % 7 {
                    0 => line.motion = LineMotion::AnnualBill,
                    1 => line.subscription = None,
                    2 => line.quantity += rust_decimal::Decimal::new(5, 1),
                    3 => line.subtotal = Money::ZERO - line.subtotal,
                    _ => {}
                }
            }
        });
        let (triage, plan) = (world.triage(), world.plan());
        let counted = all_lines(&triage, &plan);
        let mut numbers: Vec<u32> = counted.iter().map(|(line, _)| line.number).collect();
        numbers.sort_unstable();
        prop_assert_eq!(numbers, world.lines.iter().map(|line| line.number).collect::<Vec<_>>());
        let (header, places) = (header(&world.lines), || counted.iter().map(|(line, at)| (line.subtotal, *at)));
        let told = ledger(&header, places());
        prop_assert_eq!(told.balance, Money::ZERO);
        let mut begun = ledger(&header, places().map(|(amount, _)| (amount, &Disposition::NotAttempted)));
        recount(&mut begun, places());
        prop_assert_eq!(begun, told, "counted as not attempted first");
    }

    #[test]
    fn planning_again_on_what_was_written_is_empty(world in worlds()) {
        let plan = world.plan();
        let again = world.after(&plan).plan();
        prop_assert_eq!(told(&again), Vec::<String>::new(), "after {:?}", told(&plan));
    }

    #[test]
    fn the_same_snapshot_gives_the_same_plan(world in worlds()) {
        prop_assert_eq!(world.plan(), world.plan());
    }

    #[test]
    fn nothing_before_the_month_and_nothing_beyond_the_next_step_changes(world in worlds()) {
        for service in world.plan().services {
            let month = world.month;
            for early in 0..31 {
                let day = month.first_day().previous().plus(-early);
                prop_assert_eq!(service.after.on(day), service.before.on(day));
            }
            let next = service.before.steps().iter().find(|step| step.from > month.last_day());
            let shifted = service.warnings.iter().any(|warning| warning.code.as_str() == "same_day");
            let Some(next) = next.filter(|_| !shifted && service.refused.is_none()) else { continue };
            for late in 0..120 {
                let day = next.from.plus(late);
                prop_assert_eq!(service.after.on(day), service.before.on(day));
            }
        }
    }

    #[test]
    fn inside_the_month_the_contract_has_what_the_invoice_has(world in worlds()) {
        let month = world.month;
        let taken = |id| {
            let rows = world.present.services.iter().filter(|row| Some(row.contract_service) == id);
            let mut starts = rows.flat_map(|row| &row.rows).map(|row| row.start);
            starts.any(|start| month.contains(start) && start != month.first_day())
        };
        for service in world.plan().services {
            // A change for a taken day is shifted, or merges away with the next free day's (sync-rules 4.6).
            if service.refused.is_some() || taken(service.contract_service) {
                continue;
            }
            for late in 0..30 {
                let day = month.first_day().plus(late);
                prop_assert_eq!(service.after.on(day), service.invoice.on(day), "{}", day);
            }
        }
    }

    #[test]
    fn two_tenants_together_are_the_sum_of_each_alone(
        ours in spans(),
        theirs in spans(),
    ) {
        let bill = |world: World, tenant, subscription: &str, spans: &[(u32, u32, i64)]| {
            spans.iter().fold(world, |world, (from, to, units)| {
                let (from, to, units) = (on(*from), on(*to), units.to_string());
                world.bills_for(tenant, subscription, &units, (&from, &to), ("6.90", "8.00"))
            })
        };
        let empty = || World::september().maps("harbour");
        let mine = bill(empty(), "harbour", "a1", &ours).plan();
        let other = bill(empty(), "marina", "a2", &theirs).plan();
        let both = bill(bill(empty(), "harbour", "a1", &ours), "marina", "a2", &theirs).plan();
        let stands = |plan: &ContractPlan, day| {
            plan.services.first().map_or(0, |service| service.after.on(day))
        };
        for late in 0..60 {
            let day = day("08-31").plus(late);
            prop_assert_eq!(stands(&both, day), stands(&mine, day) + stands(&other, day));
        }
    }
}
