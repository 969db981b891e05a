//! The same money under the same words: lists, pages and questions.

use prism_connect::{
    domain::{
        Money,
        outcome::Outcome,
        run::{LedgerPlace, SubscriptionRow},
    },
    engine::{
        protocol::{Answer, command},
        views::{CauseView, Mend},
    },
};

use crate::{
    fixtures,
    harness::Harness,
    states::{STATES, reach},
};

/// What the frozen world shows must be a world that can be.
#[test]
fn the_causes_of_the_dashboard_come_to_what_the_month_says() {
    let status = fixtures::status();
    let sums = status.cards.iter().filter_map(|card| card.progress.as_ref());
    let sums: Vec<_> = sums.flat_map(|progress| &progress.month_sums).collect();
    let of_month = |place: LedgerPlace| {
        let parts = sums.iter().flat_map(|sum| &sum.parts);
        parts.filter(|part| part.place == place).map(|part| part.amount).sum::<Money>()
    };
    let of_causes = |is: fn(&CauseView) -> bool| {
        let amounts = status.causes.iter().filter(|cause| is(cause)).flat_map(|one| &one.amounts);
        amounts.map(|one| one.amount).sum::<Money>()
    };
    let failed = |cause: &CauseView| {
        cause.outcome == Outcome::Failure && !matches!(cause.mend, Mend::Plan { .. })
    };
    assert_eq!(of_month(LedgerPlace::Failed), of_causes(failed));
    let held = |cause: &CauseView| matches!(cause.mend, Mend::Plan { .. });
    assert_eq!(of_month(LedgerPlace::Held), of_causes(held));
    let unlinked = |cause: &CauseView| cause.text == "Not linked to a contract";
    assert_eq!(of_month(LedgerPlace::Unmapped), of_causes(unlinked));
    let invoiced: Money = sums.iter().map(|sum| sum.invoiced).sum();
    let parts: Money = sums.iter().flat_map(|sum| &sum.parts).map(|part| part.amount).sum();
    assert_eq!(invoiced, parts);
    for cause in &status.causes {
        let members: Money = cause.members.iter().filter_map(|member| member.amount).sum();
        let told: Money = cause.amounts.iter().map(|one| one.amount).sum();
        assert_eq!(told, members, "{}", cause.text);
    }
    let report = fixtures::report();
    let billed = |of: &[SubscriptionRow]| {
        of.iter().flat_map(|one| &one.usage).map(|line| line.subtotal).sum::<Money>()
    };
    let failed = report.customers.iter().filter(|row| row.status == Outcome::Failure);
    let failed: Money = failed.map(|row| billed(&row.subscriptions)).sum();
    assert_eq!(failed, report.ledgers[0].failed);
    let customers = fixtures::customers();
    for row in &report.customers {
        let listed = customers.iter().find(|one| one.tenant == row.tenant_id);
        let amount = listed.and_then(|one| one.latest_amount);
        assert_eq!(Some(billed(&row.subscriptions)), amount, "{}", row.customer);
    }
    for member in status.causes.iter().filter(|cause| unlinked(cause)).flat_map(|one| &one.members)
    {
        let listed =
            customers.iter().find(|row| Some(&row.customer_name) == member.customer.as_ref());
        assert_eq!(listed.and_then(|row| row.latest_amount), member.amount, "{member:?}");
    }
}

#[test]
fn what_is_not_synced_is_told_by_reason_on_the_dashboard_and_enter_opens_its_invoice() {
    let mut console = Harness::new(120, 36);
    console.go("1 G");
    let said = console.text();
    assert!(said.contains("Not synced: annual billing, 3 lines"), "{said}");
    assert!(said.contains("not synced 364.17"), "the month's sum is the same: {said}");
    console.go("Enter");
    assert!(console.text().contains("Sync › Invoices › INV0104233"), "{}", console.text());
}

#[test]
fn enter_on_a_reason_shows_whose_lines_are_not_synced() {
    let mut console = Harness::new(120, 36);
    console.go("5 i Enter");
    assert!(!console.text().contains("Kauri Legal"), "{}", console.text());
    console.go("Enter");
    let said = console.text();
    assert!(said.contains("Kauri Legal, 2 lines") && said.contains("300.00"), "{said}");
    assert!(said.contains("Peak Physio Group, 1 line"), "{said}");
    console.go("Enter");
    assert!(!console.text().contains("Kauri Legal"), "{}", console.text());
}

#[test]
fn an_invoice_of_which_something_failed_needs_review_whatever_else_is_due_and_says_what() {
    let mut invoices = fixtures::invoices();
    let failed = &mut invoices[3];
    failed.state = prism_connect::engine::views::InvoiceStanding::Due;
    failed.due = 1;
    let mut console = Harness::new(120, 36);
    console.go("5");
    console.press("i");
    console.answer(Ok(Answer::Invoices(vec![failed.clone()])));
    console.press("f");
    let said = console.text();
    assert!(said.contains("needs review (1 of 1)"), "{said}");
    assert!(said.contains("1 failed"), "{said}");
    assert!(said.contains("Northwind Freight, Visio Plan 2: effective date"), "{said}");
}

#[test]
fn every_list_says_what_found_nothing_and_which_key_shows_all() {
    for tab in ["3", "4"] {
        let mut console = Harness::new(80, 24);
        console.go(tab);
        console.press("/");
        console.write("qqqqq");
        let said = console.text();
        assert!(said.contains("None of these has “qqqqq”: Esc shows all"), "{said}");
    }
}

#[test]
fn failed_means_a_state_on_the_products_as_well() {
    let mut console = Harness::new(120, 36);
    console.go("4");
    console.press("/");
    console.write("failed");
    let said = console.text();
    assert!(said.contains("(1 of 8)") && said.contains("name already used"), "{said}");
    assert!(!said.contains("similar"), "{said}");
}

#[test]
fn billing_as_a_service_says_which_of_two_prices_is_billed() {
    let mut console = Harness::new(120, 36);
    console.go("4 P Enter");
    let said = console.text();
    assert!(said.contains("the invoice's is billed: RRP"), "{said}");
    assert!(said.contains("the service's"), "{said}");
}

#[test]
fn accepting_at_a_score_says_how_many_it_leaves_out() {
    let mut rows = fixtures::suggestions();
    rows[1].contracts = 0;
    let mut console = Harness::new(120, 36);
    console.go("3");
    console.press("u");
    console.answer(Ok(Answer::Suggestions(rows)));
    assert!(console.text().contains("none that can work"), "{}", console.text());
    console.go("A");
    let said = console.text();
    assert!(said.contains("1 suggestion is left out: 1 below 88."), "{said}");
}

#[test]
fn a_text_offers_nothing_to_choose() {
    let mut console = Harness::new(120, 36);
    console.go("4 Enter");
    assert!(!console.app.offered().iter().any(|one| one.label == "choose"));
}

/// In a sentence as in a column.
#[test]
fn what_is_below_nought_has_one_sign_on_every_screen() {
    let mut console = Harness::new(120, 36);
    let mut status = fixtures::status();
    status.causes[0].advice = "Its lines sum to 7,355.75, a difference of -12.50.".to_owned();
    console.press("F5");
    console.answer_to(&command::Status.into(), Ok(Answer::Status(Box::new(status))));
    console.app.fit();
    assert!(console.text().contains("a difference of −12.50."), "{}", console.text());
    for (name, way) in STATES {
        let mut console = Harness::new(200, 60);
        reach(&mut console, way);
        let text = console.text();
        let amount = |word: &str| {
            let figure = word.strip_prefix('-').unwrap_or_default();
            figure.starts_with(|c: char| c.is_ascii_digit()) && figure.contains('.')
        };
        let found: Vec<&str> = text.split_whitespace().filter(|word| amount(word)).collect();
        assert!(found.is_empty(), "{name}: {found:?}");
    }
}
