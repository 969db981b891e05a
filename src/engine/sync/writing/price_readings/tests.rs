use crate::{
    domain::{
        CompanyId, ContractId, ContractServiceId,
        target::{Contract, ContractKind},
    },
    engine::sync::writing::price_readings::*,
    psa::autotask::Rules,
};

fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

fn money(text: &str) -> Money {
    text.parse().expect("an amount")
}

/// Monthly from 1 January 2026, without an end.
fn contract() -> Contract {
    Contract {
        id: ContractId(1),
        company: CompanyId(1),
        name: "Cloud".to_owned(),
        kind: ContractKind::Recurring,
        active: true,
        start: day("2026-01-01"),
        end: None,
        period_months: 1,
        invoicing: None,
        currency: None,
    }
}

/// At a price of 8.00 and a cost of 6.90.
fn row() -> PresentService {
    PresentService {
        contract_service: ContractServiceId(2),
        service: ServiceId(3),
        price: Some(money("8.00")),
        cost: Some(money("6.90")),
        rows: Vec::new(),
        lines: Vec::new(),
    }
}

fn step(from: &str, price: Option<&str>, cost: Option<&str>) -> PriceStep {
    PriceStep { from: day(from), price: price.map(money), cost: cost.map(money) }
}

#[test]
fn of_what_was_written_the_last_price_is_owed_until_it_shows() {
    let (contract, row) = (contract(), row());
    let rules = Rules::default();
    let reading = Reading { rules: &rules, contract: &contract, row: &row };
    let month = UsageMonth::new(2026, 9).expect("a month");
    let written = [step("2026-09-01", Some("8.40"), Some("6.90"))];
    let owed = reading.owes(month, &written, None);
    let unshown =
        Unshown { from: day("2026-09-01"), asked: money("8.40"), reads: Some(money("8.00")) };
    assert_eq!(owed, Owed { month, price: Some(unshown), cost: None });
    // Nothing new of it was written: it stays as it was.
    let cost_only = [step("2026-08-10", None, Some("6.90"))];
    assert_eq!(reading.owes(month, &cost_only, Some(&owed)).price, Some(unshown));
    // What is there now is what a later write asked for.
    let again = [step("2026-10-01", Some("8.00"), None)];
    assert_eq!(reading.owes(month, &again, Some(&owed)).price, None);
}

/// What is owed has an entry on the attention list until it shows; of anything else the run's warning is all there is.
#[test]
fn of_two_prices_that_do_not_show_only_the_last_is_told_as_one_that_may_still_show() {
    let (contract, row) = (contract(), row());
    let rules = Rules::default();
    let reading = Reading { rules: &rules, contract: &contract, row: &row };
    let month = UsageMonth::new(2026, 9).expect("a month");
    let written = [step("2026-09-01", Some("8.40"), None), step("2026-09-17", Some("8.60"), None)];
    let codes: Vec<Code> =
        reading.findings(&written, month).into_iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::PriceWasNotShown, Code::PriceNotShown]);
    let owed = reading.owes(month, &written, None).price.expect("the last");
    assert_eq!(owed.from, day("2026-09-17"));
}
