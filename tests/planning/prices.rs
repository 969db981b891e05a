//! Sync-rules 5, rule by rule.

use prism_connect::{
    domain::{mapping::PricingStrategy, operation::PriceStep, outcome::Outcome},
    planning::Baseline,
};
use rstest::rstest;

use super::world::*;

#[test]
fn a_service_that_returns_from_zero_takes_its_price_with_the_step() {
    let world = World::september().has('a', &[("07-01", 2), ("08-01", 0)]).bills_at(
        "a1",
        "3",
        ("09-12", "09-30"),
        ("7.10", "8.20"),
    );
    let plan = world.plan();
    assert_eq!(
        (told(&plan), outcome(&plan)),
        (vec!["1: +3@09-12 8.20/7.10".to_owned()], Outcome::Success)
    );
}

#[test]
fn two_prices_at_once_take_that_of_the_most_seats_and_tell_the_difference() {
    let full = ("09-01", "09-30");
    let world = World::september()
        .bills_for("harbour", "a1", "2", full, ("6.00", "7.00"))
        .bills_for("marina", "a2", "5", full, ("6.90", "8.00"));
    let plan = world.plan();
    assert_eq!(told(&plan), ["1: create 8.00/6.90", "1: +7@09-01 8.00/6.90"]);
    assert_eq!((codes(&plan), outcome(&plan)), (vec!["two_prices"], Outcome::Warning));
    let text = &plan.services[0].warnings[0].text;
    assert!(text.ends_with("in price by 2.00, cost by 1.80."), "{text}");
}

#[test]
fn a_reprice_of_an_older_month_is_set_back_where_the_next_applied_one_begins() {
    let step = |from: &str, price: &str| PriceStep {
        from: day(from),
        price: Some(money(price)),
        cost: Some(money("6.90")),
    };
    let world = World::september()
        .has('a', &[("08-01", 6)])
        .bills_at("a1", "6", ("09-01", "09-30"), ("6.90", "8.40"))
        .with(|world| {
            world.memory.prices.insert(service('a'), vec![step("08-01", "8.00")]);
            world.memory.applied.insert(month("2026-09"), [service('a')].into());
            world.memory.applied.insert(month("2026-10"), [].into());
        });
    let plan = world.plan();
    assert_eq!(told(&plan), ["1: +0@09-01 8.40/-", "1: +0@10-01 8.00/-"]);
}

/// Killed after the first of the two: the second still follows, also where the part is remembered as written already.
#[rstest]
#[case::killed(false)]
#[case::failed_and_retried(true)]
fn a_reprice_of_an_older_month_that_was_cut_off_is_still_set_back(#[case] remembered: bool) {
    let step = |from: &str, price: &str| PriceStep {
        from: day(from),
        price: Some(money(price)),
        cost: None,
    };
    let world = World::september()
        .has('a', &[("08-01", 6)])
        .bills_at("a1", "6", ("09-01", "09-30"), ("6.90", "8.40"))
        .with(|world| {
            let ours = step("09-01", "8.40");
            world.present.services[0].price = Some(money("8.40"));
            let mut known = vec![step("08-01", "8.00")];
            known.extend(Some(ours).filter(|_| remembered));
            world.memory.prices.insert(service('a'), known);
            world.memory.applied.insert(month("2026-09"), [service('a')].into());
            world.memory.applied.insert(month("2026-10"), [].into());
            let baseline = Baseline {
                steps: world.present.services[0].timeline(),
                ours: vec![(day("09-01"), 0)],
                price: Some(money("8.00")),
                cost: Some(money("6.90")),
                prices: vec![ours],
                ..Baseline::default()
            };
            world.memory.baselines.insert(service('a'), baseline);
        });
    assert_eq!(told(&world.plan()), ["1: +0@10-01 8.00/-"]);
}

#[test]
fn the_price_we_wrote_last_counts_more_than_what_the_row_shows() {
    let world = World::september()
        .has('a', &[("08-01", 6)])
        .bills("a1", "6", "09-01", "09-30")
        .with(|world| {
            world.present.services[0].price = Some(money("9.99"));
            let written = PriceStep {
                from: day("08-01"),
                price: Some(money("8.00")),
                cost: Some(money("6.90")),
            };
            world.memory.prices.insert(service('a'), vec![written]);
        });
    assert_eq!(told(&world.plan()), Vec::<String>::new());
    let lost = world.with(|world| world.memory.prices.clear());
    assert_eq!(told(&lost.plan()), ["1: +0@09-01 8.00/-"]);
}

/// September issued anew at another price: where one of our lines begins inside the month, it does not end with the ones before
/// it, and is told the price on its own day (10.7).
#[rstest]
#[case::lines_of_the_month("09-01", &["1: amend 1 to 5 8.40/7.25", "1: amend 2 to 1 8.40/7.25"])]
#[case::beside_an_older_one(
    "08-01", &["1: end 1@08-31", "1: add 5@09-01 8.40/7.25", "1: amend 2 to 1 8.40/7.25"])]
fn a_price_from_the_first_reaches_a_line_that_begins_inside_the_month(
    #[case] since: &str,
    #[case] wanted: &[&str],
) {
    let world = World::september()
        .has_lines('a', &[(since, 5), ("09-19", 1)])
        .bills_at("a1", "5", ("09-01", "09-18"), ("7.25", "8.40"))
        .bills_at("a1", "6", ("09-19", "09-30"), ("7.25", "8.40"));
    assert_eq!(told(&world.plan_by(&prism_connect::psa::connectwise::Rules::default())), wanted);
}

#[test]
fn a_difference_below_what_the_target_keeps_is_none() {
    let world = World::september().has('a', &[("08-01", 6)]).bills_at(
        "a1",
        "6",
        ("09-01", "09-30"),
        ("6.90004", "7.99996"),
    );
    assert_eq!((told(&world.plan()), outcome(&world.plan())), (vec![], Outcome::NoChange));
}

#[test]
fn price_and_quantity_of_one_day_are_one_adjustment() {
    let world = World::september().has('a', &[("08-01", 6)]).bills_at(
        "a1",
        "8",
        ("09-01", "09-30"),
        ("6.90", "8.40"),
    );
    assert_eq!(told(&world.plan()), ["1: +2@09-01 8.40/-"]);
}

/// 5.1 names no exception for a pricing strategy: until the row is there, no sell price on it is the operator's.
#[test]
fn a_new_row_opens_at_the_lines_prices_whatever_the_strategy() {
    let only = |pricing| World { pricing, ..World::september().bills("a1", "5", "09-01", "09-30") };
    for pricing in
        [PricingStrategy::CostAndRetail, PricingStrategy::CostOnly, PricingStrategy::QuantitiesOnly]
    {
        assert_eq!(told(&only(pricing).plan()), ["1: create 8.00/6.90", "1: +5@09-01 8.00/6.90"]);
    }
}

/// What stands at 0 is on the contract: a strategy that leaves its price leaves it when seats return (5.3, 5.5).
#[test]
fn a_row_that_returns_takes_only_what_the_strategy_lets_through() {
    let returning = |pricing| World {
        pricing,
        ..World::september().has('a', &[("07-01", 6), ("08-01", 0)]).bills_at(
            "a1",
            "5",
            ("09-12", "09-30"),
            ("7.40", "9.00"),
        )
    };
    let one = |pricing| told(&returning(pricing).plan());
    assert_eq!(one(PricingStrategy::CostAndRetail), ["1: +5@09-12 9.00/7.40"]);
    assert_eq!(one(PricingStrategy::CostOnly), ["1: +5@09-12 -/7.40"]);
    assert_eq!(one(PricingStrategy::QuantitiesOnly), ["1: +5@09-12"]);
}

#[test]
fn two_prices_at_once_are_told_where_a_new_row_opens_at_one_of_them() {
    let world = World { pricing: PricingStrategy::QuantitiesOnly, ..World::september() }
        .bills_at("a1", "5", ("09-01", "09-30"), ("6.90", "8.00"))
        .bills_at("a2", "2", ("09-01", "09-30"), ("6.90", "9.00"));
    let plan = world.plan();
    assert_eq!(told(&plan), ["1: create 8.00/6.90", "1: +7@09-01 8.00/6.90"]);
    assert_eq!(outcome(&plan), Outcome::Warning);
    assert!(plan.services[0].warnings[0].text.contains("price by -2.00"), "{plan:?}");
}

#[test]
fn azure_is_priced_by_the_invoice_whatever_the_strategy() {
    let world = World::september()
        .bills_at("d1", "1", ("09-01", "09-30"), ("312.44", "359.31"))
        .bills_at("d2", "1", ("09-01", "09-30"), ("10.00", "11.00"))
        .with(|world| world.pricing = PricingStrategy::QuantitiesOnly)
        .usage_billed("d1")
        .usage_billed("d2");
    assert_eq!(
        told(&world.plan()),
        ["4: create 370.31/322.44", "4: +1@09-01 370.31/322.44", "4: -1@10-01"]
    );
}

#[test]
fn any_earlier_azure_quantity_is_corrected() {
    let world = World::september()
        .has('d', &[("07-01", 3)])
        .bills_at("d1", "1", ("09-01", "09-30"), ("6.90", "8.00"))
        .usage_billed("d1");
    assert_eq!(told(&world.plan()), ["4: -2@09-01", "4: -1@10-01"]);
}

#[test]
fn azure_and_licences_on_one_service_are_refused() {
    let world = World::september()
        .bills("a1", "5", "09-01", "09-30")
        .bills("d1", "1", "09-01", "09-30")
        .usage_billed("d1")
        .with(|world| world.links[3].service = service('a'));
    assert_eq!(codes(&world.plan()), ["azure_mixed"]);
}

const FIRST: (&str, &str) = ("09-01", "09-14");
const REST: (&str, &str) = ("09-15", "09-30");
const WHOLE: (&str, &str) = ("09-01", "09-30");

/// Compared per contract service, whatever ids the lines carry (sync-rules 5.3); what joins a price that stays is 5.4's.
#[rstest]
#[case::renewed_under_a_new_id(
    &[("a1", "6", FIRST, "8.00"), ("a2", "6", REST, "12.00")],
    &["cost_price_changed", "retail_price_changed"]
)]
#[case::renewed_at_the_same_price(&[("a1", "6", FIRST, "8.00"), ("a2", "6", REST, "8.00")], &[])]
#[case::renewed_in_part(
    &[("a1", "6", FIRST, "8.00"), ("a3", "9", WHOLE, "8.00"), ("a2", "6", REST, "12.00")],
    &["two_prices"]
)]
#[case::one_id_alone(
    &[("a1", "6", FIRST, "8.00"), ("a1", "6", REST, "12.00")],
    &["cost_price_changed", "retail_price_changed"]
)]
#[case::a_later_subscription_at_the_price_in_force(
    &[("a1", "6", WHOLE, "8.00"), ("a2", "6", REST, "8.00")],
    &[]
)]
fn a_price_that_replaces_another_inside_the_month_is_told_once(
    #[case] lines: &[(&str, &str, (&str, &str), &str)],
    #[case] expected: &[&str],
) {
    let world = lines.iter().fold(
        World::september().has('a', &[("08-01", 6)]),
        |world, (bought, seats, span, retail)| {
            let cost = if *retail == "8.00" { "6.90" } else { "9.90" };
            world.bills_at(bought, seats, *span, (cost, retail))
        },
    );
    let plan = world.plan();
    assert_eq!(codes(&plan), expected);
    assert!(told(&plan).iter().all(|write| !write.contains("12.00")), "{:?}", told(&plan));
}
