//! Invoices: what holds one is found, understood and settled from the keyboard, after a question and with a reason.

use prism_connect::{
    domain::{Money, outcome::Outcome},
    engine::{
        protocol::{Answer, Command, command},
        views::{CauseMember, CauseView, InvoiceDecision, InvoiceStanding, Mend, Place},
    },
    planning::invoices::Treatment,
};
use rstest::rstest;

use crate::{fixtures, harness::Harness};

fn footer(console: &Harness) -> String {
    console.text().lines().last().unwrap_or_default().to_owned()
}

/// A dashboard on which an invoice is held for a difference.
fn held(console: &mut Harness) {
    let mut status = fixtures::status();
    let invoice = fixtures::invoice().invoice;
    let finding = invoice.finding.clone().expect("why");
    let place = Place::Invoice { invoice: invoice.number };
    let member = CauseMember {
        subscription: None,
        id: "invoice-r1".to_owned(),
        text: finding.text.clone(),
        customer: None,
        tenant: None,
        domain: None,
        invoice: None,
        service: None,
        amount: None,
        currency: None,
        place,
    };
    status.causes.insert(
        0,
        CauseView {
            id: "invoice-r1".to_owned(),
            outcome: Outcome::Failure,
            text: finding.text,
            told: None,
            advice: finding.advice,
            customers: 0,
            count: 1,
            amounts: Vec::new(),
            mend: Mend::Look,
            tenants: Vec::new(),
            members: vec![member],
        },
    );
    console.press("1");
    console.answer(Ok(Answer::Status(Box::new(status))));
}

/// How much of it stands already is told where it is decided what becomes of it.
#[rstest]
#[case::nothing(
    0,
    0,
    "0",
    "nothing was written before it was held; still to be applied to 9 customers"
)]
#[case::some(
    12,
    0,
    "4000.50",
    "before it was held: applied to 12 customers, 4,000.50 AUD of it synced; still"
)]
#[case::a_stopped_run(
    0,
    1,
    "0",
    "before it was held: part written for 1 customer; still to be applied to"
)]
fn a_held_invoice_says_how_much_of_it_was_written_before(
    #[case] applied: u64,
    #[case] part: u64,
    #[case] synced: &str,
    #[case] told: &str,
) {
    let mut console = Harness::new(120, 36);
    let mut detail = fixtures::invoice();
    (detail.invoice.applied, detail.invoice.due, detail.part_written) = (applied, 9, part);
    detail.ledger.synced = synced.parse().expect("an amount");
    (detail.ledger.failed, detail.ledger.earlier_runs) = (Money::ZERO, Money::ZERO);
    console.go("5 i");
    console.press("Enter");
    let invoice = detail.invoice.number.clone();
    console.answer_to(&command::Invoice { invoice }.into(), Ok(Answer::Invoice(Box::new(detail))));
    let text = console.text();
    assert!(text.contains(told), "{text}");
    let badge = if applied > 0 { "held for 9, applied to 12" } else { "held " };
    assert!(text.lines().nth(2).is_some_and(|line| line.contains(badge)), "{text}");
}

#[test]
fn a_difference_is_accepted_from_the_attention_line_with_a_question_and_a_reason() {
    let mut console = Harness::new(120, 36);
    held(&mut console);
    assert!(console.text().contains("a on the invoice"), "{}", console.text());
    console.go("Enter");
    let said = console.text();
    assert!(said.contains("Invoices › INV0104233") && said.contains("balance"), "{said}");
    console.press("a");
    let said = console.text();
    assert!(said.contains("accept the difference of 0.01") && said.contains("16,406.75"), "{said}");
    assert_eq!(console.take_questions(), [], "it asks");
    console.press("y Enter");
    assert_eq!(console.take_questions(), [], "a reason is needed");
    console.write("rounding");
    console.press("Enter");
    let invoice = "INV0104233".to_owned();
    let difference: Money = "0.01".parse().expect("an amount");
    let reason = "rounding".to_owned();
    let accepted = command::AcceptDifference { invoice: invoice.clone(), difference, reason };
    assert!(console.asks(&accepted.clone().into()), "{:?}", console.take_questions());
    let done = Answer::Done("The difference of 0.01 is accepted".to_owned());
    console.answer_to(&accepted.into(), Ok(done));
    assert!(console.asks(&command::Invoice { invoice }.into()), "the page is read anew");
    console.serve();
    console.go("Esc");
    assert!(console.text().contains("Needs attention"), "{}", console.text());
}

/// The invoice with nothing but this to be said about it.
fn with(decision: InvoiceDecision) -> Harness {
    let mut console = Harness::new(120, 36);
    console.go("5 i");
    console.press("Enter");
    let mut detail = fixtures::invoice();
    detail.can = vec![fixtures::act(decision, "does what it says")];
    console.answer(Ok(Answer::Invoice(Box::new(detail))));
    console
}

fn treat(treatment: Treatment) -> InvoiceDecision {
    InvoiceDecision::Treat { treatment }
}

#[rstest]
#[case::the_currency("a", InvoiceDecision::AcceptCurrency { currency: fixtures::aud() })]
#[case::as_the_months("t", treat(Treatment::Standard))]
#[case::left_out("x", treat(Treatment::Excluded))]
#[case::dropped("d", InvoiceDecision::Dismiss)]
fn each_decision_has_its_key_and_no_other_is_offered(
    #[case] key: &str,
    #[case] decision: InvoiceDecision,
) {
    let mut console = with(decision.clone());
    for other in ["a", "t", "x", "d"].into_iter().filter(|other| *other != key) {
        console.press(other);
        assert!(console.app.dialog().is_none(), "{other} asks nothing");
    }
    console.press(key);
    console.press("y");
    console.write("seen");
    console.press("Enter");
    let said: Command = decision.about("INV0104233".to_owned(), "seen".to_owned());
    assert_eq!(console.take_questions(), [said]);
}

#[test]
fn read_only_shows_the_ledger_and_offers_no_decision() {
    let mut console = Harness::new(120, 36);
    console.app.shell.refuse_changes();
    console.go("5 i Enter");
    let said = console.text();
    assert!(said.contains("not linked") && !said.contains("accept the difference"), "{said}");
    assert!(!footer(&console).contains("accept"), "{}", footer(&console));
    console.press("a");
    assert_eq!(console.take_questions(), []);
}

#[test]
fn a_ledger_adds_up_line_by_line_on_the_screen() {
    for columns in [80, 120] {
        let mut console = Harness::new(columns, 36);
        console.go("5 i j j j Enter");
        let text = console.text();
        let rows = text.lines().skip_while(|line| !line.contains("Where its lines went")).skip(1);
        let amount = |line: &str| -> Option<Money> {
            let last = line.trim_end_matches(['│', ' ']).rsplit("  ").next()?;
            last.trim().replace(',', "").parse().ok()
        };
        let rows: Vec<&str> = rows.take_while(|line| !line.contains("balance")).collect();
        let (sum, parts) = rows.split_last().expect("a sum");
        let parts = parts.iter().filter(|line| !line.contains("Visio"));
        let parts: Money = parts.filter_map(|line| amount(line)).sum();
        assert_eq!(Some(parts), amount(sum), "{text}");
    }
}

#[test]
fn what_failed_of_an_invoice_leads_to_its_run_and_a_run_to_its_invoice() {
    let mut console = Harness::new(120, 36);
    console.go("5 i j j j Enter / v i s i o Enter Enter");
    assert!(console.text().contains("run #42"), "{}", console.text());
    console.go("i");
    assert!(console.text().contains("Invoices › INV0104233"), "{}", console.text());
    console.go("Esc");
    assert!(console.text().contains("run #42"), "{}", console.text());
}

#[test]
fn the_run_of_what_failed_opens_on_its_customer_with_that_invoice() {
    let mut console = Harness::new(120, 36);
    console.go("5 i j j j Enter / v i s i o Enter");
    console.press("Enter");
    let mut report = fixtures::report();
    let failed = report.customers.iter().find(|row| row.status == Outcome::Failure);
    let mut later = failed.expect("one failed").clone();
    "INV0103977".clone_into(&mut later.invoice);
    later.status = Outcome::Success;
    report.customers.push(later);
    console.answer(Ok(Answer::Run(Box::new(report))));
    console.press("i");
    let asked = console.take_questions();
    let wanted = command::Invoice { invoice: "INV0103977".to_owned() };
    assert_eq!(asked, [wanted.into()], "the one it was opened for, and not the run's first");
}

#[test]
fn what_an_invoices_lines_told_its_row_in_the_list_says_too() {
    let mut console = Harness::new(120, 36);
    let mut rows = fixtures::invoices();
    rows[0].state = InvoiceStanding::Unread;
    rows[0].finding = None;
    console.go("5");
    console.press("i");
    console.answer_to(&command::Invoices.into(), Ok(Answer::Invoices(rows.clone())));
    assert!(!console.text().contains("held"), "{}", console.text());
    console.go("Enter");
    assert!(console.text().contains("✗ held"), "{}", console.text());
    console.press("Esc");
    console.answer_to(&command::Invoices.into(), Ok(Answer::Invoices(rows)));
    assert!(console.text().contains("✗ held"), "{}", console.text());
}

#[test]
fn leaving_an_invoice_leads_back_to_the_list() {
    let mut console = Harness::new(120, 36);
    console.go("5 i j Enter Esc");
    assert!(console.text().contains("Sync › Invoices (5)"), "{}", console.text());
    console.go("Esc");
    assert!(console.text().contains("Status"), "{}", console.text());
}
