//! What a plan knows is on its screen: prices old and new, and nothing where no money moves.

use prism_connect::{
    domain::{Day, Money, ServiceId, operation::Operation, product::ProductKey},
    engine::views::{PlanView, PlannedView},
};

use crate::{fixtures, harness::Harness};

fn money(text: &str) -> Money {
    text.parse().expect("an amount")
}

fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

/// A price that the invoice changes on a contract.
fn contract_price() -> PlannedView {
    let last = fixtures::plan().operations.pop().expect("four of them");
    PlannedView {
        effective: Some(day("2026-09-01")),
        units: 0,
        quantity: Some((7, 7)),
        unit_price: Some(money("5.50")),
        price_before: Some(money("5.40")),
        reason: "unit price from 5.40 to 5.50".to_owned(),
        monthly_effect: money("0.70"),
        ..last
    }
}

/// A price and a cost that the price list changes, or only the cost.
fn listed_price(price: Option<&str>) -> PlannedView {
    let product: ProductKey = "CFQ7TTC0LH18:0001".parse().unwrap_or_else(|never| match never {});
    let (price, cost) = (price.map(money), Some(money("6.95")));
    PlannedView {
        kind: "update_service".into(),
        target: "PC_CFQ7TTC0LH18:0001".to_owned(),
        customer: None,
        tenants: Vec::new(),
        effective: None,
        quantity: None,
        unit_price: price,
        unit_cost: cost,
        price_before: price.map(|_| money("8.00")),
        cost_before: Some(money("6.90")),
        monthly_effect: Money::ZERO,
        operation: Operation::UpdateService { product, service: ServiceId(412), price, cost },
        ..contract_price()
    }
}

fn plan(more: Vec<PlannedView>) -> PlanView {
    let mut plan = fixtures::plan();
    plan.operations.extend(more);
    plan
}

fn line<'a>(said: &'a str, part: &str) -> &'a str {
    said.lines().find(|line| line.contains(part)).unwrap_or_else(|| panic!("{part} in {said}"))
}

#[test]
fn a_price_change_shows_what_stands_today_and_what_will() {
    let mut console = Harness::new(120, 36);
    console.go("5");
    console.press("p");
    console.answer_plan(plan(vec![contract_price(), listed_price(Some("8.40"))]));
    console.go("/");
    console.write("price change");
    console.go("Enter Enter");
    let said = console.text();
    assert!(line(&said, "8.40").contains("Price change 8.00 → 8.40"), "{said}");
}

#[test]
fn a_cost_alone_is_no_price_change() {
    let mut console = Harness::new(120, 36);
    console.go("5");
    console.press("p");
    console.answer_plan(plan(vec![listed_price(None)]));
    console.go("j Enter");
    let said = console.text();
    assert!(line(&said, "6.95").contains("Cost change 6.90 → 6.95"), "{said}");
    assert!(line(&said, "Price list").contains("1 price change"), "{said}");
}

#[test]
fn a_price_of_a_contract_is_told_with_its_day_and_its_money() {
    let mut plan = plan(vec![contract_price()]);
    plan.operations.retain(|one| one.units == 0);
    plan.refused.clear();
    let mut console = Harness::new(160, 36);
    console.go("5");
    console.press("p");
    console.answer_plan(plan);
    console.go("/");
    console.write("power bi");
    console.go("Enter Enter j");
    let said = console.text();
    let row = line(&said, "Price 5.40");
    assert!(row.contains("Price 5.40 → 5.50 from 1 Sep ") && row.contains("+0.70"), "{said}");
    assert!(said.contains("Price change 5.40 → 5.50 from 1 Sep 2026"), "{said}");
    assert!(said.contains("price 5.40 → 5.50 AUD"), "{said}");
    insta::assert_snapshot!("plan-price-160x36", console.picture());
}
