//! A month whose only invoice is left out: told until somebody says what it is (sync-rules 2.5).

use prism_connect::{
    domain::{Money, outcome::Outcome},
    engine::{
        protocol::{About, Answer, Command, command},
        views::{AttentionView, InvoiceStanding, InvoiceView},
    },
    planning::invoices::Treatment,
};

use crate::{
    checks::{
        BASIC, Writes, bill, ended, ledger, says, september_after_august, settled, steps, units,
        world, writes,
    },
    rig::{Rig, Setup, pretty},
    scenario::Scenario,
};

/// Ten seats in August; in September eight, and a credit of 3.45, on an invoice without a type.
fn untyped_with_a_credit() -> Scenario {
    world("2026-08")
        .tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| {
                bought.named("seats").span("2026-08-01", "2026-08-31", 10).from("2026-09-01", 8)
            })
        })
        .invoice("2026-09", |invoice| {
            let credit = ("2026-09-16", "2026-09-30");
            invoice.untyped().line("Microsoft 365 Business Basic (NCE Product)", credit, |line| {
                line.of("harbour", "").quantity(1).price("-6.90", "-8.00").ratio("0.5")
            })
        })
}

fn money(text: &str) -> Money {
    text.parse().expect("an amount")
}

async fn september(rig: &Rig) -> InvoiceView {
    let Answer::Invoices(invoices) = rig.ask(command::Invoices).await else { panic!("a list") };
    let month = "2026-09".parse().ok();
    invoices.into_iter().find(|one| one.month == month).expect("September's")
}

async fn attention(rig: &Rig) -> Vec<AttentionView> {
    let Answer::Status(status) = rig.ask(command::Status).await else { panic!("a status") };
    status.attention
}

async fn treat(rig: &Rig, treatment: Treatment) {
    let invoice = september(rig).await.number;
    let reason = "The credit is for one seat that left in June".to_owned();
    rig.ask(command::TreatInvoice { invoice, treatment, reason }).await;
}

#[tokio::test]
async fn a11_a_month_whose_only_invoice_is_left_out_is_a_warning_at_every_run() {
    let rig = september_after_august(untyped_with_a_credit(), Setup::default()).await;
    for _ in 0..2 {
        let report = rig.sync().await;
        ended(&report, Outcome::Warning);
        let message = report.header.message.as_ref().expect("why");
        assert_eq!(message.code.as_str(), "only_excluded", "{}", pretty(&report));
        assert!(message.advice.contains("invoices treat"), "{message:?}");
    }
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 0 });
    let invoice = september(&rig).await;
    assert_eq!((invoice.state, invoice.undecided), (InvoiceStanding::Excluded, true));
    // 8 × 6.90 less 6.90 / 2.
    assert_eq!(invoice.subtotal, Some(money("51.75")));
    let waits = attention(&rig).await;
    let about = waits.iter().filter(|one| one.text.contains(&invoice.number));
    let [one] = &about.collect::<Vec<_>>()[..] else { panic!("{waits:#?}") };
    assert_eq!((one.outcome, one.amount), (Outcome::Warning, Some(money("51.75"))));
    let Answer::Plan(About { found: plan, .. }) =
        rig.ask(command::Plan { request: crate::checks::customers() }).await
    else {
        panic!("a plan")
    };
    assert!(says(&plan.findings.iter().collect::<Vec<_>>(), &invoice.number), "{plan:?}");
}

#[tokio::test]
async fn a11_treated_as_standard_its_lines_are_sorted_one_by_one() {
    let rig = september_after_august(untyped_with_a_credit(), Setup::default()).await;
    rig.sync().await;
    treat(&rig, Treatment::Standard).await;
    let report = rig.sync().await;
    assert!(report.header.status <= Outcome::Warning, "{}", pretty(&report));
    let told = ledger(&report);
    assert_eq!((told.synced, told.balance), (money("55.20"), Money::ZERO));
    assert_eq!(told.excluded[0].amount, money("-3.45"));
    assert_eq!(
        units(&rig, "harbour", BASIC).await,
        steps(&[("2026-08-01", 10), ("2026-09-01", 8)])
    );
    assert_eq!(bill(&rig, "harbour", "2026-09").await, "64.00");
    let about = attention(&rig).await;
    assert!(about.iter().all(|one| !one.id.starts_with("invoice-")), "{about:#?}");
    assert_eq!(september(&rig).await.state, InvoiceStanding::Applied);
    settled(&rig).await;
}

#[tokio::test]
async fn a11_seen_as_excluded_it_is_quiet_and_nothing_is_written() {
    let rig = september_after_august(untyped_with_a_credit(), Setup::default()).await;
    rig.sync().await;
    treat(&rig, Treatment::Excluded).await;
    let report = rig.sync().await;
    ended(&report, Outcome::NoChange);
    assert_eq!(report.header.counts.requests, 1, "one cheap look: {}", pretty(&report));
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 0 });
    let about = attention(&rig).await;
    assert!(about.iter().all(|one| !one.id.starts_with("invoice-")), "{about:#?}");
    assert!(!september(&rig).await.undecided);
}

#[tokio::test]
async fn a11_a_later_month_does_not_make_up_for_it() {
    let mut rig = september_after_august(untyped_with_a_credit(), Setup::default()).await;
    rig.sync().await;
    rig.month_passes().await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    assert!(writes(&rig).adjustments > 0, "October is applied: {}", pretty(&report));
    let report = rig.sync().await;
    assert_eq!(report.header.message.as_ref().expect("why").code.as_str(), "only_excluded");
    let (invoice, reason) = (september(&rig).await.number, "Billed by hand".to_owned());
    let treatment = Treatment::Standard;
    let too_late = Command::from(command::TreatInvoice {
        invoice: invoice.clone(),
        treatment,
        reason: reason.clone(),
    });
    let refusal = rig.try_ask(too_late).await.expect_err("October was applied");
    assert_eq!(refusal.finding.code.as_str(), "older_than_applied");
    rig.ask(command::DismissInvoice { invoice, reason }).await;
    ended(&rig.sync().await, Outcome::NoChange);
}
