//! The same things are counted and named the same on every screen; where two counts differ, words say what each is of.

use prism_connect::{
    domain::{
        Code, ServiceId, TenantId,
        outcome::{Finding, Outcome},
        run::{CustomerRow, RunReport, Tally},
    },
    engine::{
        protocol::{Answer, command},
        views::CauseMember,
    },
};

use crate::{
    fixtures,
    harness::{Harness, run_begins},
};

/// A run in which this customer has a second invoice, which ended so; counted as the engine counts it.
fn with_second_invoice(of: Outcome, ended: Outcome) -> RunReport {
    let mut report = fixtures::report();
    let row = report.customers.iter().find(|row| row.status == of).expect("one");
    let mut second = CustomerRow { invoice: "INV0104234".to_owned(), status: ended, ..row.clone() };
    if ended == Outcome::Success {
        second.subscriptions.iter_mut().for_each(|bought| {
            (bought.error, bought.status) = (None, Outcome::Success);
        });
    }
    report.customers.push(second);
    let mut tally = Tally::default();
    report.customers.iter().for_each(|row| tally.count(row.status));
    report.header.counts.customers = tally;
    report
}

fn run_page(report: RunReport) -> Harness {
    let mut console = Harness::new(120, 36);
    console.go("5");
    console.press("Enter");
    console.answer(Ok(Answer::Run(Box::new(report))));
    console
}

#[test]
fn the_run_of_the_pictures_is_counted_as_its_rows_are() {
    let report = fixtures::report();
    let (mut customers, mut subscriptions) = (Tally::default(), Tally::default());
    for row in &report.customers {
        customers.count(row.status);
        row.subscriptions.iter().for_each(|bought| subscriptions.count(bought.status));
    }
    let counts = report.header.counts;
    assert_eq!((counts.customers, counts.subscriptions), (customers, subscriptions));
}

#[test]
fn a_customer_with_two_invoices_is_two_rows_of_one_customer() {
    let console = run_page(with_second_invoice(Outcome::Warning, Outcome::Warning));
    let text = console.text();
    assert!(text.contains("1 failed, 2 warned (1 customer), 7 ok"), "{text}");
    assert!(text.contains("run #42 (10 rows, 9 customers)"), "{text}");
    let console = run_page(fixtures::report());
    let text = console.text();
    assert!(text.contains("1 failed, 1 warned, 7 ok"), "{text}");
    assert!(text.contains("run #42 (9)"), "one each: {text}");
}

#[test]
fn a_run_that_is_on_counts_like_its_record() {
    let report = with_second_invoice(Outcome::Warning, Outcome::Warning);
    let mut console = Harness::new(120, 36);
    console.go("5");
    run_begins(&mut console, &report, |item| item);
    console.press("1 5");
    console.take_questions();
    let text = console.text();
    assert!(text.contains("! 2 warned (1 customer)"), "{text}");
    assert!(text.contains("(10 rows, 9 customers)"), "{text}");
    assert!(text.contains("10 of 10 rows done"), "{text}");
}

#[test]
fn a_cause_leads_to_the_rows_that_it_befell_and_to_no_other_of_their_customers() {
    let mut console = run_page(with_second_invoice(Outcome::Failure, Outcome::Success));
    console.go("Tab Enter");
    let text = console.text();
    assert!(text.contains("1 customer "), "{text}");
    assert!(text.contains("(1 of 10 rows)"), "how many of how many: {text}");
    assert!(!text.contains("INV0104234") || !text.contains("Success"), "{text}");
}

#[test]
fn of_a_row_below_a_cause_is_told_what_comes_from_that_cause() {
    let mut report = fixtures::report();
    let failed = report.customers.iter_mut().find(|row| row.status == Outcome::Failure);
    let bought = &mut failed.expect("one failed").subscriptions[1];
    bought.status = Outcome::Failure;
    bought.error = Some(Finding::new(Code::NameTaken, "The name is another's.", "Rename it."));
    let mut console = run_page(report);
    console.go("Tab");
    let lit = |console: &Harness| console.text().contains("▌✗ The name is another's.");
    if !lit(&console) {
        console.go("j");
    }
    assert!(lit(&console), "{}", console.text());
    console.go("Enter");
    assert!(console.text().contains("Rename it."), "{}", console.text());
}

/// What fails only because another subscription of its service does has that one's cause, as on the dashboard.
#[test]
fn what_failed_with_another_of_its_service_has_that_ones_cause() {
    let mut report = fixtures::report();
    let failed = report.customers.iter_mut().find(|row| row.status == Outcome::Failure);
    let failed = failed.expect("one failed");
    let [first, second, ..] = &mut failed.subscriptions[..] else { panic!("two at least") };
    second.status = Outcome::Failure;
    second.error = Some(Finding::new(
        Code::SiblingFailed,
        format!("“{}” of the same service failed", first.name),
        "",
    ));
    let text = run_page(report).text();
    assert!(text.contains("2 causes"), "one of the failure, one of the warning: {text}");
    assert!(!text.contains("of the same service failed   "), "{text}");
}

/// Who shares the contract has it too: the retry list has both under one cause, with the money of both.
#[test]
fn what_failed_with_anothers_on_a_shared_contract_has_that_ones_cause() {
    let mut report = fixtures::report();
    let failed = report.customers.iter_mut().find(|row| row.status == Outcome::Failure);
    let failed = failed.expect("one failed");
    failed.subscriptions.truncate(1);
    failed.subscriptions[0].service_id = Some(ServiceId(41));
    let mut other = failed.clone();
    other.customer = "Seaside Bakery".to_owned();
    (other.tenant, other.tenant_id) = ("seaside.example".to_owned(), TenantId::new("seaside"));
    let name = &failed.subscriptions[0].name;
    let text = format!("“{name}” of the same service failed");
    other.subscriptions[0].error = Some(Finding::new(Code::SiblingFailed, text, ""));
    report.customers.push(other);
    let text = run_page(report).text();
    assert!(text.contains("2 causes"), "one of the failures, one of the warning: {text}");
    assert!(text.contains("2 customers"), "{text}");
}

#[test]
fn a_cause_that_blocks_the_price_list_too_says_so() {
    let mut plan = fixtures::blocked_plan();
    let blocked = plan.refused.last().expect("one").clone();
    plan.refused.push(prism_connect::engine::views::RefusedView {
        customer: None,
        contract: None,
        tenants: Vec::new(),
        ..blocked
    });
    let mut console = Harness::new(120, 36);
    console.go("5");
    console.press("p");
    console.answer_plan(plan);
    let text = console.text();
    assert!(text.contains("3 customers and the price list"), "{text}");
    assert!(text.contains("1 shared cause"), "what blocks one alone is no line here: {text}");
}

#[test]
fn an_unfolded_cause_says_how_many_of_its_customers_are_listed() {
    let mut console = Harness::new(120, 36);
    let mut status = fixtures::status();
    let cause = &mut status.causes[0];
    let member = cause.members[0].clone();
    let place = |at: usize| CauseMember { id: format!("m{at}"), ..member.clone() };
    cause.members = (0..3).map(place).collect();
    (cause.customers, cause.count) = (250, 250);
    console.press("F5");
    console.answer_to(&command::Status.into(), Ok(Answer::Status(Box::new(status))));
    assert!(!console.text().contains("first 3"), "{}", console.text());
    console.press("g Enter");
    assert!(console.text().contains("(the first 3 of 250)"), "{}", console.text());
}
