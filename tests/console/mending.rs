//! After a mend: the same key mends the same thing everywhere, and it is said which key tries again what waited for it.

use prism_connect::{
    domain::outcome::Finding,
    engine::{
        protocol::{
            Answer, Command, Scope, SyncRequest,
            command::{self, ProductCommand},
        },
        views::{CauseView, Mend, RetryView},
    },
};

use crate::{fixtures, harness::Harness};

/// The product of the fixture whose service name is used already.
const TAKEN: &str = "CFQ7TTC0LHSF:0001";

fn take_over(name: &str) -> Mend {
    Mend::TakeOver { product: TAKEN.to_owned(), name: name.to_owned() }
}

/// A dashboard on which a product's service name is used already, with the cursor on it.
fn name_used() -> Harness {
    let mut status = fixtures::status();
    status.causes[0].mend = take_over("Microsoft Defender for Business");
    let mut console = Harness::new(120, 36);
    console.press("1");
    console.answer(Ok(Answer::Status(Box::new(status))));
    console
}

fn offers(console: &Harness, label: &str) -> bool {
    console.app.offered().iter().any(|one| one.label == label)
}

fn adopted() -> Command {
    command::Adopt { product: TAKEN.to_owned() }.into()
}

#[test]
fn a_name_already_used_is_taken_over_from_the_dashboard_and_r_tries_what_waited_for_it() {
    let mut console = name_used();
    assert!(console.text().contains("A take over"), "{}", console.text());
    assert!(offers(&console, "take over") && !offers(&console, "bill as…"));
    console.go("A");
    let said = console.text();
    assert!(said.contains("Take over this service for Microsoft Defender for Business?"), "{said}");
    assert!(said.contains("11.00") && said.contains("4.10"), "both with their prices: {said}");
    console.press("y");
    console.answer_to(&adopted(), Ok(Answer::Products(Vec::new())));
    let said = console.text();
    assert!(said.contains("Saved: r tries its 14 changes again"), "{said}");
    console.take_questions();
    console.press("r");
    let asked = console.take_questions();
    let request = SyncRequest {
        scope: Scope::Customers,
        retry_failed: true,
        tenants: fixtures::causes().remove(0).tenants,
        note: Some(
            "Only the 14 customers of: “Exchange Online (Plan 2)” has no service".to_owned(),
        ),
        ..SyncRequest::default()
    };
    assert!(asked.contains(&command::Plan { request }.into()), "{asked:?}");
}

#[test]
fn the_same_key_takes_over_from_the_causes_of_the_retry_list() {
    let taken = |at: usize| RetryView {
        finding: Finding::new(
            "name_taken".into(),
            "Service “PC_X” has this product's name and was not created by prism-connect.",
            "Take it over, or rename it.",
        ),
        service: "Microsoft Defender for Business".to_owned(),
        ..fixtures::many_retries().remove(at)
    };
    let mut console = Harness::new(120, 36);
    console.go("5");
    console.press("R");
    console.answer(Ok(Answer::Retries(vec![taken(0), taken(1)])));
    console.go("Tab");
    assert!(console.text().contains("A take over"), "{}", console.text());
    console.go("A");
    let said = console.text();
    assert!(said.contains("Take over this service for Microsoft Defender"), "{said}");
    console.press("y");
    console.answer_to(&adopted(), Ok(Answer::Products(Vec::new())));
    let said = console.text();
    assert!(said.contains("Saved: r tries its 2 changes again"), "{said}");
}

#[test]
fn the_same_key_takes_over_from_the_customer_of_a_run_and_from_the_customers_page() {
    let finding = Finding::new(
        "name_taken".into(),
        "Service “PC_X” has this product's name and was not created by prism-connect.",
        "Take it over with `prism-connect products adopt CFQ7TTC0LHSF:0001`.",
    );
    let mut report = fixtures::report();
    let row = &mut report.customers[0];
    row.subscriptions.truncate(1);
    row.subscriptions[0].error = Some(finding.clone());
    row.subscriptions[0].product = Some(TAKEN.to_owned());
    let mut console = Harness::new(120, 36);
    console.go("5");
    console.press("Enter");
    console.answer(Ok(Answer::Run(Box::new(report.clone()))));
    console.go("/");
    console.write(&report.customers[0].customer.to_lowercase());
    console.press("Enter Enter");
    assert!(offers(&console, "take over"), "{}", console.text());
    console.go("A");
    assert!(console.text().contains("Take over this service for"), "{}", console.text());

    let mut view = fixtures::customer_page("tenant-0000");
    view.subscriptions.truncate(1);
    view.subscriptions[0].finding = Some(finding);
    view.subscriptions[0].service = None;
    view.subscriptions[0].product = Some(TAKEN.to_owned());
    let mut console = Harness::new(120, 36);
    console.go("3");
    console.press("Enter");
    console.answer_page(view);
    let said = console.text();
    assert!(offers(&console, "take over") && said.contains("with A on Products"), "{said}");
    assert!(!said.contains("P chooses one"), "{said}");
    console.go("A");
    assert!(console.text().contains("Take over this service for"), "{}", console.text());
}

#[test]
fn a_service_that_was_chosen_says_that_r_tries_again() {
    let mut console = Harness::new(120, 36);
    console.go("1 P Down Enter");
    console.press("y");
    let is_pin = |one: &Command| matches!(one, Command::Product(ProductCommand::Pin(_)));
    let pin = console.asked().into_iter().find(is_pin).expect("the service is chosen");
    console.answer_to(&pin, Ok(Answer::Products(Vec::new())));
    let said = console.text();
    assert!(said.contains("r tries its 14 changes again"), "{said}");
}

#[test]
fn what_is_still_to_look_at_stays_on_the_card_whatever_the_last_run_came_to() {
    let mut status = fixtures::status();
    let card = &mut status.cards[0];
    card.synced.warned = 0;
    let progress = card.progress.as_mut().expect("an invoice");
    (progress.warned, progress.unreached) = (2, 3);
    progress.failed.clear();
    let mut console = Harness::new(120, 36);
    console.press("1");
    console.answer(Ok(Answer::Status(Box::new(status))));
    let said = console.text();
    assert!(said.contains("! 2 to look at") && said.contains("3 not attempted"), "{said}");
}

/// A retry list of what only the distributor mends.
#[test]
fn a_cause_that_no_key_mends_offers_none() {
    let odd = |at: usize| RetryView {
        finding: Finding::new(
            "fractional_quantity".into(),
            "Invoice line 280 has 19.5 seats, not a whole number, so this service was left unchanged.",
            "Ask your distributor.",
        ),
        ..fixtures::many_retries().remove(at)
    };
    let mut console = Harness::new(120, 36);
    console.go("5");
    console.press("R");
    console.answer(Ok(Answer::Retries(vec![odd(0), odd(1)])));
    console.go("Tab");
    for label in ["retry failed", "bill as…", "take over", "CSP options"] {
        assert!(!offers(&console, label), "{label}: {}", console.text());
    }
    console.press("r");
    assert_eq!(console.take_questions(), [], "nothing is planned");
}

#[test]
fn a_cause_carries_all_whom_it_befell_beyond_those_that_are_listed() {
    let mut status = fixtures::status();
    let cause: &mut CauseView = &mut status.causes[0];
    cause.tenants = (0..250).map(|at| format!("t{at}.example")).collect();
    cause.customers = 250;
    let mut console = Harness::new(120, 36);
    console.press("1");
    console.answer(Ok(Answer::Status(Box::new(status))));
    console.press("r");
    let asked = format!("{:?}", console.take_questions());
    assert!(asked.contains("t249.example") && asked.contains("250 customers"), "{asked}");
}
