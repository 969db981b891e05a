//! W1 to W18 and X1 to X13, as far as they are plans.

use std::sync::Arc;

use prism_connect::{
    domain::{
        mapping::PricingStrategy,
        outcome::{Disposition, Outcome},
        policy::{AzureProration, Drops},
    },
    planning::{Baseline, PlannedOperation, Stands},
    psa::autotask::Rules,
};
use rstest::rstest;

use super::world::*;

#[test]
fn w1_five_then_six_of_a_new_service() {
    let world =
        World::september().bills("a1", "5", "09-01", "09-18").bills("a1", "6", "09-19", "09-30");
    let plan = world.plan();
    assert_eq!(told(&plan), ["1: create 8.00/6.90", "1: +5@09-01 8.00/6.90", "1: +1@09-19"]);
    assert_eq!(outcome(&plan), Outcome::Success);
}

#[test]
fn w2_the_same_invoice_again_writes_nothing() {
    let world =
        World::september().bills("a1", "5", "09-01", "09-18").bills("a1", "6", "09-19", "09-30");
    let plan = world.plan();
    let again = world.after(&plan).plan();
    assert_eq!((told(&again), outcome(&again)), (vec![], Outcome::NoChange));
}

#[test]
fn w3_a_manual_edit_inside_the_month_is_set_back_and_told() {
    let world = World::september()
        .has('a', &[("08-01", 6), ("09-01", 6), ("09-10", 9)])
        .bills("a1", "6", "09-01", "09-30");
    let plan = world.plan();
    assert_eq!(told(&plan), ["1: -3@09-11"]);
    assert_eq!((codes(&plan), outcome(&plan)), (vec!["same_day"], Outcome::Warning));
    let notes = &plan.services[0].notes;
    assert_eq!(notes.len(), 1);
    assert_eq!(
        notes[0].text,
        "Changed by hand from 6 to 9 on 2026-09-10; the invoice has 6, and wins."
    );
    let again = world.after(&plan).plan();
    assert_eq!((told(&again), outcome(&again)), (vec![], Outcome::NoChange));
}

/// The operator put it right himself, a day late: nothing is left to write, and a day is billed otherwise all the same.
#[test]
fn a_day_that_cannot_be_set_back_is_told_the_first_time() {
    let world = World::september()
        .has('a', &[("08-01", 6), ("09-10", 9), ("09-11", 6)])
        .bills("a1", "6", "09-01", "09-30");
    let plan = world.plan();
    assert_eq!(told(&plan), [] as [&str; 0]);
    assert_eq!((codes(&plan), outcome(&plan)), (vec!["same_day"], Outcome::Warning));
    let text = &plan.services[0].warnings[0].text;
    assert!(text.contains("2026-09-10 stays at 9 where the invoice has 6"), "{text}");
    assert!(text.contains("0.80 too much"), "{text}");
    let again = world.after(&plan).plan();
    assert_eq!((told(&again), outcome(&again)), (vec![], Outcome::NoChange));
}

#[test]
fn w4_a_subscription_that_begins_inside_the_month() {
    let plan = World::september().bills("b1", "3", "09-12", "09-30").plan();
    assert_eq!(told(&plan), ["2: create 8.00/6.90", "2: +3@09-12 8.00/6.90"]);
    assert_eq!(outcome(&plan), Outcome::Success);
}

#[rstest]
#[case::at_the_date(Drops::AtTheDate, "1: -6@09-15")]
#[case::next_period(Drops::NextPeriod, "1: -6@10-01")]
fn w5_a_cancelled_subscription(#[case] drops: Drops, #[case] expected: &str) {
    let world = World::september()
        .has('a', &[("08-01", 6)])
        .bills("a1", "6", "09-01", "09-14")
        .with(|world| world.policies.drops = drops);
    let plan = world.plan();
    assert_eq!((told(&plan), outcome(&plan)), (vec![expected.to_owned()], Outcome::Success));
    assert!(plan.operations().all(PlannedOperation::drops_to_zero));
}

#[test]
fn w6_a_subscription_missing_from_the_invoice_goes_to_zero() {
    let world = World::september()
        .has('a', &[("08-01", 6)])
        .has('b', &[("08-01", 2)])
        .closed("2026-08", "a1", 6)
        .bills("b1", "2", "09-01", "09-30");
    let plan = world.plan();
    assert_eq!(told(&plan), ["1: -6@09-01"]);
    assert_eq!((codes(&plan), outcome(&plan)), (vec!["missing_subscription"], Outcome::Warning));
    assert_eq!(
        plan.closings.iter().find(|closing| closing.subscription.text() == "a1").map(|c| c.units),
        Some(0)
    );
    let october = world.after(&plan).next_month().bills("b1", "2", "10-01", "10-31").plan();
    assert_eq!((told(&october), outcome(&october)), (vec![], Outcome::NoChange));
}

#[test]
fn w7_two_subscriptions_of_one_product_are_summed() {
    let world = World::september()
        .has('a', &[("08-01", 10)])
        .bills("a1", "10", "09-01", "09-30")
        .bills("a2", "4", "09-01", "09-30");
    let plan = world.plan();
    assert_eq!((told(&plan), outcome(&plan)), (vec!["1: +4@09-01".to_owned()], Outcome::Success));
    assert_eq!(plan.services[0].subscriptions.len(), 2);
}

#[test]
fn w8_a_cost_that_changes_inside_the_month_is_told_and_left() {
    let world = World::september()
        .has('a', &[("08-01", 6)])
        .bills_at("a1", "6", ("09-01", "09-15"), ("6.90", "8.00"))
        .bills_at("a1", "6", ("09-16", "09-30"), ("7.40", "8.50"));
    let plan = world.plan();
    assert_eq!((told(&plan), outcome(&plan)), (vec![], Outcome::Warning));
    let texts: Vec<&str> =
        plan.subscriptions[0].warnings.iter().map(|warning| warning.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "Subscription cost unit price changed from [6.90] to [7.40] on [16 Sep 2026]",
            "Subscription retail unit price changed from [8.00] to [8.50] on [16 Sep 2026]",
        ]
    );
    let october = world
        .after(&plan)
        .next_month()
        .bills_at("a1", "6", ("10-01", "10-31"), ("7.40", "8.50"))
        .plan();
    assert_eq!(told(&october), ["1: +0@10-01 8.50/7.40"]);
}

#[test]
fn w9_azure_is_one_unit_for_one_month() {
    let september = World::september()
        .bills_at("d1", "1", ("09-01", "09-30"), ("312.44", "359.31"))
        .usage_billed("d1");
    let plan = september.plan();
    assert_eq!(
        told(&plan),
        ["4: create 359.31/312.44", "4: +1@09-01 359.31/312.44", "4: -1@10-01"]
    );
    assert_eq!(outcome(&plan), Outcome::Success);
    let after = september.after(&plan);
    let again = after.plan();
    assert_eq!(told(&again), Vec::<String>::new());
    let october = after
        .next_month()
        .bills_at("d1", "1", ("10-01", "10-31"), ("100.00", "115.00"))
        .usage_billed("d1");
    let plan = october.plan();
    assert_eq!(told(&plan), ["4: +1@10-01 115.00/100.00", "4: -1@11-01"]);
    assert_eq!(outcome(&plan), Outcome::Success);
}

#[test]
fn w10_azure_is_excluded_while_it_is_off() {
    let world = World::september()
        .bills("d1", "1", "09-01", "09-30")
        .usage_billed("d1")
        .with(|world| world.azure = false);
    assert_eq!(reasons(&world.triage()), ["Azure is not synced"]);
    assert_eq!((told(&world.plan()), outcome(&world.plan())), (vec![], Outcome::NoChange));
}

#[test]
fn w11_annual_credit_and_nameless_lines_are_excluded() {
    let world = World::september()
        .bills("a1", "1", "09-01", "09-30")
        .bills("b1", "-1", "09-01", "09-30")
        .bills("c1", "1", "09-01", "09-30")
        .with(|world| {
            world.lines[0].motion = prism_connect::domain::invoice::LineMotion::AnnualBill;
            world.lines[2].subscription = None;
        });
    let reasons = reasons(&world.triage()).join(", ");
    assert_eq!(reasons, "annual billing, credit or negative amount, no subscription");
}

#[test]
fn w12_an_unknown_product_fails_alone() {
    let world =
        World::september().bills("a1", "5", "09-01", "09-30").bills("e1", "2", "09-01", "09-30");
    let plan = world.plan();
    assert_eq!(told(&plan), ["1: create 8.00/6.90", "1: +5@09-01 8.00/6.90"]);
    assert_eq!(outcome(&plan), Outcome::Failure);
    let failed = plan.subscriptions.iter().find(|bought| bought.problem.is_some()).expect("one");
    let problem = failed.problem.as_ref().expect("a problem");
    assert_eq!(problem.text, "Could not find source product or multiple matches");
    assert!(failed.lines.iter().all(|line| line.disposition == Disposition::Failed));
}

#[test]
fn w13_a_contract_that_starts_later_is_refused_with_the_servers_text() {
    let world = World::september()
        .bills("a1", "5", "09-01", "09-30")
        .with(|world| world.present.contract.start = day("10-01"));
    let plan = world.plan();
    assert_eq!((told(&plan), outcome(&plan)), (vec![], Outcome::Failure));
    let refused = plan.services[0].refused.as_ref().expect("a refusal");
    assert!(refused.text.starts_with("ContractServiceAdjustment effectiveDate must be between"));
}

#[test]
fn w16_a_sku_is_found_whatever_its_case() {
    let world = World::september().bills("a1", "5", "09-01", "09-30").with(|world| {
        let bought = &mut world.tenants.get_mut("harbour").expect("it").1;
        bought[0].product = prism_connect::domain::ProductId::new("sKu-A");
    });
    assert_eq!(outcome(&world.plan()), Outcome::Success);
}

#[test]
fn w17_a_period_of_47_days_is_synced_by_its_dates() {
    let world = World::september()
        .with(|world| world.month = month("2026-10"))
        .bills("a1", "5", "09-15", "10-31");
    let plan = world.plan();
    assert_eq!(told(&plan), ["1: create 8.00/6.90", "1: +5@09-15 8.00/6.90"]);
    assert_eq!((codes(&plan), outcome(&plan)), (vec!["outside_month"], Outcome::Warning));
}

#[test]
fn w17_never_reaches_into_an_applied_month() {
    let world = World::september()
        .with(|world| world.month = month("2026-10"))
        .has('a', &[("09-01", 2)])
        .closed("2026-09", "a1", 2)
        .bills("a1", "5", "09-15", "10-31")
        .bills("b1", "7", "08-01", "08-31");
    let plan = world.plan();
    assert_eq!(told(&plan), ["1: +3@10-01"]);
    assert_eq!(codes(&plan), ["outside_month", "months_applied"]);
    let stale = plan.subscriptions.iter().find(|bought| bought.subscription.text() == "b1");
    assert!(matches!(stale.expect("it").lines[0].disposition, Disposition::Excluded { .. }));
}

#[test]
fn w18_dates_are_as_billed_whatever_the_rounding() {
    let world = World::september().with(|world| world.month = month("2026-08")).bills_at(
        "a1",
        "7",
        ("08-21", "08-31"),
        ("5.00", "9.99"),
    );
    assert_eq!(world.lines[0].subtotal_retail, money("24.81"));
    assert_eq!(told(&world.plan()), ["1: create 9.99/5.00", "1: +7@08-21 9.99/5.00"]);
}

fn x1(present: &[(&str, i64)]) -> World {
    World::september()
        .has('a', present)
        .bills("a1", "5", "09-01", "09-19")
        .bills("a1", "8", "09-20", "09-30")
}

#[test]
fn x1_a_later_manual_change_on_a_taken_day_keeps_its_quantity() {
    let plan = x1(&[("08-01", 5), ("10-10", 9)]).plan();
    assert_eq!(told(&plan), ["1: +3@09-20", "1: -3@10-11"]);
    assert_eq!((codes(&plan), outcome(&plan)), (vec!["same_day"], Outcome::Warning));
}

#[test]
fn x2_billing_in_advance_keeps_the_operators_quantity() {
    let plan = x1(&[("08-01", 5), ("10-01", 8)]).plan();
    assert_eq!(told(&plan), ["1: +3@09-20", "1: -3@10-01"]);
    assert_eq!(outcome(&plan), Outcome::Success);
    let stands = [("08-01", 5), ("09-20", 8)].map(|(day, units)| (day.to_owned(), units));
    assert_eq!(steps(&plan.services[0].after), stands);
}

/// X11 for X2: killed after each write in turn, the plan made anew ends in the same state.
#[rstest]
#[case(1)]
#[case(2)]
fn x11_a_half_finished_application_is_not_taken_for_a_later_change(#[case] written: usize) {
    let whole = x1(&[("08-01", 5), ("10-01", 8)]);
    let plan = whole.plan();
    let executed = [(day("09-20"), 3), (day("10-01"), -3)];
    let half = match written {
        1 => x1(&[("08-01", 5), ("09-20", 8), ("10-01", 11)]),
        _ => x1(&[("08-01", 5), ("09-20", 8), ("10-01", 8)]),
    };
    let resumed = half.with(|world| {
        let steps = plan.services[0].before.clone();
        let baseline =
            Baseline { steps, ours: executed[..written].to_vec(), ..Baseline::default() };
        world.memory.baselines.insert(service('a'), baseline);
    });
    let rest = resumed.plan();
    assert_eq!(told(&rest), told(&plan)[written..]);
    assert_eq!(rest.services[0].after, plan.services[0].after);
}

/// The world with the first writes of its plan carried out, and remembered as begun.
fn half_done(world: World, writes: usize) -> World {
    let plan = world.plan();
    let service = &plan.services[0];
    let mut begun = plan.clone();
    begun.services[0].operations.truncate(writes);
    let changes = begun.services[0].operations.iter().filter_map(|planned| {
        let (from, to) = planned.quantity?;
        Some((planned.effective?, to - from))
    });
    let ours: Vec<_> = changes.collect();
    let after = ours
        .iter()
        .fold(service.before.clone(), |level, (day, change)| level.adjusted(*day, *change));
    let made = service.contract_service.is_none();
    let baseline = Baseline { steps: service.before.clone(), ours, made, ..Baseline::default() };
    begun.services[0].after = after;
    let stands = Stands { present: world.present.clone(), written: Vec::new() };
    let present = begun.leaves(stands, &Rules::default()).present;
    world.with(|world| {
        world.present = present;
        world.memory.prices.insert(service.service, begun.services[0].prices_written());
        world.memory.baselines.insert(service.service, baseline);
    })
}

#[rstest]
#[case::x1_first(x1(&[("08-01", 5), ("10-10", 9)]), 1)]
#[case::x1_both(x1(&[("08-01", 5), ("10-10", 9)]), 2)]
#[case::x2_first(x1(&[("08-01", 5), ("10-01", 8)]), 1)]
#[case::w9_row_only(w9(), 1)]
#[case::w9_one_unit(w9(), 2)]
#[case::w9_all(w9(), 3)]
#[case::w1_row_only(w1(), 1)]
#[case::w1_first(w1(), 2)]
fn x11_what_was_begun_ends_as_if_it_had_not_been_cut_off(
    #[case] world: World,
    #[case] writes: usize,
) {
    let whole = world.plan();
    let rest = half_done(world, writes).plan();
    let left: Vec<String> = told(&whole).split_off(writes);
    assert_eq!(told(&rest), left);
    assert_eq!(rest.services[0].after, whole.services[0].after);
}

fn w1() -> World {
    World::september().bills("a1", "5", "09-01", "09-18").bills("a1", "6", "09-19", "09-30")
}

fn w9() -> World {
    World::september()
        .bills_at("d1", "1", ("09-01", "09-30"), ("312.44", "359.31"))
        .usage_billed("d1")
}

#[test]
fn a_drop_at_the_next_period_is_not_missed_the_month_after() {
    let world = World::september()
        .has('a', &[("08-01", 6)])
        .bills("a1", "6", "09-01", "09-14")
        .with(|world| world.policies.drops = Drops::NextPeriod);
    let plan = world.plan();
    let october = world.after(&plan).next_month().plan();
    assert_eq!((told(&october), outcome(&october)), (vec![], Outcome::NoChange));
}

#[test]
fn a_change_by_others_since_the_first_write_is_laid_on_top() {
    // +3 @20 Sep was written; then somebody added 2 from 5 Nov by hand.
    let world = x1(&[("08-01", 5), ("09-20", 8), ("10-01", 11), ("11-05", 13)]).with(|world| {
        let steps = x1(&[("08-01", 5), ("10-01", 8)]).plan().services[0].before.clone();
        let baseline = Baseline { steps, ours: vec![(day("09-20"), 3)], ..Baseline::default() };
        world.memory.baselines.insert(service('a'), baseline);
    });
    let plan = world.plan();
    assert_eq!(told(&plan), ["1: -3@10-01"]);
    let stands =
        [("08-01", 5), ("09-20", 8), ("11-05", 10)].map(|(day, units)| (day.to_owned(), units));
    assert_eq!(steps(&plan.services[0].after), stands);
}

#[test]
fn x3_one_tenant_of_two_is_planned_with_its_neighbour() {
    let full = ("09-01", "09-30");
    let world = World::september()
        .bills_for("harbour", "a1", "4", full, ("6.90", "8.00"))
        .bills_for("marina", "a2", "4", full, ("6.90", "8.00"));
    let plan = world.plan();
    assert_eq!(told(&plan), ["1: create 8.00/6.90", "1: +8@09-01 8.00/6.90"]);
    assert_eq!((plan.tenants.len(), outcome(&plan)), (2, Outcome::Success));
}

#[test]
fn x4_a_new_price_from_the_first_is_one_dated_reprice() {
    let world = World::september().has('a', &[("08-01", 6)]).bills_at(
        "a1",
        "6",
        ("09-01", "09-30"),
        ("6.90", "8.40"),
    );
    let plan = world.plan();
    assert_eq!(
        (told(&plan), outcome(&plan)),
        (vec!["1: +0@09-01 8.40/-".to_owned()], Outcome::Success)
    );
    assert_eq!(plan.money().price_before, money("48.00"));
    assert_eq!(plan.money().price_after, money("50.40"));
    assert_eq!(told(&world.after(&plan).plan()), Vec::<String>::new());
}

#[rstest]
#[case::quantities_only(PricingStrategy::QuantitiesOnly, &[], Outcome::NoChange)]
#[case::cost_only(PricingStrategy::CostOnly, &["1: +0@09-01 -/7.40"], Outcome::Success)]
#[case::both(PricingStrategy::CostAndRetail, &["1: +0@09-01 8.50/7.40"], Outcome::Success)]
fn x5_a_strategy_says_which_prices_are_written(
    #[case] pricing: PricingStrategy,
    #[case] expected: &[&str],
    #[case] ends: Outcome,
) {
    let world = World::september()
        .has('a', &[("08-01", 6)])
        .bills_at("a1", "6", ("09-01", "09-30"), ("7.40", "8.50"))
        .with(|world| world.pricing = pricing);
    let plan = world.plan();
    assert_eq!(
        (told(&plan), outcome(&plan)),
        (expected.iter().map(|&s| s.to_owned()).collect(), ends)
    );
}

#[test]
fn x6_a_rise_after_the_contracts_end_fails_its_service_only() {
    let world = World::september()
        .has('a', &[("08-01", 2)])
        .bills("a1", "2", "09-01", "09-09")
        .bills("a1", "4", "09-10", "09-19")
        .bills("a1", "6", "09-20", "09-30")
        .bills("b1", "3", "09-01", "09-30")
        .with(|world| world.present.contract.end = Some(day("09-15")));
    let plan = world.plan();
    assert_eq!(told(&plan), ["2: create 8.00/6.90", "2: +3@09-01 8.00/6.90"]);
    // What its sibling is not billed after the end is told.
    let told = vec!["effective_date", "contract_inactive"];
    assert_eq!((codes(&plan), outcome(&plan)), (told, Outcome::Failure));
}

#[rstest]
#[case::ended(Some("08-31"), true, "ended on 2026-08-31")]
#[case::cancelled_on_a_day(Some("07-15"), false, "ended on 2026-07-15")]
#[case::cancelled(None, false, "is not active")]
#[case::inactive_although_it_goes_on(Some("12-31"), false, "is not active")]
fn seats_on_a_contract_that_bills_nothing_of_the_month_fail_although_they_are_right_r4_5(
    #[case] end: Option<&str>,
    #[case] active: bool,
    #[case] text: &str,
    #[values(false, true)] lines: bool,
) {
    let world = World::september();
    let world =
        if lines { world.has_lines('a', &[("08-01", 5)]) } else { world.has('a', &[("08-01", 5)]) };
    let world = world.bills("a1", "5", "09-01", "09-30").with(|world| {
        world.present.contract.end = end.map(day);
        world.present.contract.active = active;
    });
    let plan = if lines {
        world.plan_by(&prism_connect::psa::connectwise::Rules::default())
    } else {
        world.plan()
    };
    assert_eq!((told(&plan), codes(&plan)), (vec![], vec!["contract_inactive"]));
    assert_eq!(outcome(&plan), Outcome::Failure);
    let refused = plan.services[0].refused.as_ref().expect("a refusal");
    assert!(refused.text.contains(text), "{}", refused.text);
    let mut failed = plan.subscriptions.iter().flat_map(|bought| &bought.lines);
    assert!(failed.all(|line| line.disposition == Disposition::Failed));
}

#[test]
fn what_a_contract_that_ended_inside_the_month_does_not_bill_is_told_with_its_money_r4_5() {
    let world = World::september()
        .has('a', &[("08-01", 5)])
        .bills("a1", "5", "09-01", "09-30")
        .with(|world| world.present.contract.end = Some(day("09-15")));
    let plan = world.plan();
    assert_eq!((told(&plan), outcome(&plan)), (vec![], Outcome::Warning));
    let text = &plan.services[0].warnings[0].text;
    assert!(text.contains("the 5 units from 2026-09-16") && text.contains("20.00"), "{text}");
    let again = world.after(&plan).plan();
    assert_eq!((codes(&again), outcome(&again)), (vec![], Outcome::NoChange), "told once");
}

#[rstest]
#[case::that_bills_the_month("09-30", true)]
#[case::that_ended_since("10-03", false)]
fn a_contract_that_ended_after_the_month_is_no_trouble_r4_5(
    #[case] end: &str,
    #[case] active: bool,
) {
    let world = World::september().has('a', &[("08-01", 5)]).bills("a1", "5", "09-01", "09-30");
    let world = world.with(|world| {
        world.present.contract.end = Some(day(end));
        world.present.contract.active = active;
    });
    assert_eq!(outcome(&world.plan()), Outcome::NoChange);
}

#[test]
fn x7_a_deleted_service_must_be_made_anew_first() {
    let known = |letter| {
        let id = service(letter);
        prism_connect::domain::product::Service {
            id,
            name: format!("PC_{letter}"),
            sku: None,
            external_id: None,
            price: money("8.00"),
            cost: None,
            active: true,
            billing_code_active: None,
        }
    };
    let world = World::september().bills("a1", "5", "09-01", "09-30").with(|world| {
        Arc::make_mut(&mut world.surroundings.services).insert(service('b'), known('b'));
    });
    assert_eq!(codes(&world.plan()), ["service_gone"]);
    let relinked = world.with(|world| {
        Arc::make_mut(&mut world.surroundings.services).insert(service('c'), known('c'));
        world.links[0].previous = vec![world.links[0].service];
        world.links[0].service = service('c');
    });
    assert_eq!(told(&relinked.plan()), ["3: create 8.00/6.90", "3: +5@09-01 8.00/6.90"]);
}

#[test]
fn x10_three_missed_months_are_planned_one_on_the_other() {
    let mut world = World::september().with(|world| world.month = month("2026-07"));
    let mut all = Vec::new();
    for (units, from, to) in
        [("5", "07-01", "07-31"), ("6", "08-01", "08-31"), ("4", "09-01", "09-30")]
    {
        world = world.bills("a1", units, from, to);
        let plan = world.plan();
        all.extend(told(&plan));
        world = world.after(&plan).next_month();
    }
    assert_eq!(all, ["1: create 8.00/6.90", "1: +5@07-01 8.00/6.90", "1: +1@08-01", "1: -2@09-01"]);
}

#[test]
fn x12_a_failed_month_is_retried_without_touching_the_next() {
    let world = x1(&[("08-01", 5)]).with(|world| {
        world.memory.applied.insert(month("2026-09"), [service('a')].into());
        world.memory.applied.insert(month("2026-10"), [].into());
    });
    let plan = world.plan();
    assert_eq!(told(&plan), ["1: +3@09-20", "1: -3@10-01"]);
    assert_eq!(outcome(&plan), Outcome::Success);
}

/// Killed after its first write: what stands in October by its own doing is not what October asked for.
#[test]
fn x12_a_retry_that_was_cut_off_keeps_the_next_month_as_it_was() {
    let world = x1(&[("08-01", 5), ("09-20", 8)]).with(|world| {
        world.memory.applied.insert(month("2026-09"), [service('a')].into());
        world.memory.applied.insert(month("2026-10"), [].into());
        let steps = World::september().has('a', &[("08-01", 5)]).present.services[0].timeline();
        let ours = vec![(day("09-20"), 3)];
        let baseline = Baseline { steps, ours, ..Baseline::default() };
        world.memory.baselines.insert(service('a'), baseline);
    });
    assert_eq!(told(&world.plan()), ["1: -3@10-01"]);
}

#[test]
fn x13_one_of_two_that_cannot_be_resolved_fails_its_service() {
    let world = World::september()
        .has('a', &[("08-01", 9)])
        .closed("2026-08", "a1", 5)
        .closed("2026-08", "a2", 4)
        .bills("a1", "6", "09-01", "09-30")
        .bills("a2", "4", "09-01", "09-30")
        .bills("b1", "3", "09-01", "09-30")
        .with(|world| {
            let bought = &mut world.tenants.get_mut("harbour").expect("it").1;
            bought[1].product = prism_connect::domain::ProductId::new("gone");
            world.lines[1].offer_name = "Something else".into();
        });
    let plan = world.plan();
    assert_eq!(told(&plan), ["2: create 8.00/6.90", "2: +3@09-01 8.00/6.90"]);
    assert_eq!(codes(&plan), ["sibling_failed", "source_product"]);
    assert_eq!(outcome(&plan), Outcome::Failure);
}

#[test]
fn a_fraction_of_a_licence_fails_its_service() {
    let world = World::september()
        .has('a', &[("08-01", 5)])
        .bills("a1", "5", "09-01", "09-30")
        .bills("a2", "1.5", "09-01", "09-30");
    let plan = world.plan();
    assert_eq!((told(&plan), outcome(&plan)), (vec![], Outcome::Failure));
    assert!(codes(&plan).contains(&"fractional_quantity"));
    assert!(plan.subscriptions.iter().all(|bought| bought.problem.is_some()));
}

#[rstest]
#[case::warn(AzureProration::Warn, Outcome::Warning)]
#[case::refuse(AzureProration::Refuse, Outcome::Failure)]
fn azure_off_calendar_months_bills_something_else(
    #[case] policy: AzureProration,
    #[case] ends: Outcome,
) {
    let world = World::september()
        .bills_at("d1", "1", ("09-01", "09-30"), ("300.00", "310.00"))
        .usage_billed("d1")
        .with(|world| {
            world.present.contract.start = day("01-15");
            world.policies.azure_proration = policy;
        });
    let plan = world.plan();
    assert_eq!((codes(&plan)[0], outcome(&plan)), ("azure_proration", ends));
    let service = &plan.services[0];
    let said = service.refused.as_ref().or(service.warnings.first()).expect("a finding");
    // 1 to 14 September lie in a period of 31 days, 15 to 30 in one of 30: 310 × (14/31 + 16/30) = 305.33.
    assert!(said.text.contains("4.67 too little"), "{}", said.text);
}
