//! An invoice whose header says another sum than its lines: synced in spite of that, or dropped (sync-rules 2.3).

use prism_connect::{
    domain::{Money, outcome::Outcome},
    engine::{
        protocol::{Answer, Command, RefusalKind, SyncRequest, command},
        views::{InvoiceDetail, InvoiceStanding, InvoiceView, RetryView, StatusView},
    },
};
use serde_json::json;

use crate::{
    checks::{
        BASIC, SEPTEMBER, Writes, bill, customers, domain, ended, ledger, ready, settled, steps,
        tenant, units, world, writes,
    },
    rig::{Rig, pretty},
    scenario::Scenario,
};

/// Lines of 20.70 and 16.56, and a header of 37.27.
fn a_cent_more() -> Scenario {
    world("2026-09")
        .tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| {
                bought.span("2026-09-01", "2026-09-18", 5).from("2026-09-19", 6)
            })
        })
        .invoice("2026-09", |invoice| invoice.off_by("0.01"))
}

fn money(text: &str) -> Money {
    text.parse().expect("an amount")
}

fn accept(invoice: &str, difference: &str, reason: &str) -> Command {
    let (invoice, reason) = (invoice.to_owned(), reason.to_owned());
    Command::from(command::AcceptDifference { invoice, difference: money(difference), reason })
}

async fn retries(rig: &Rig) -> Vec<RetryView> {
    match rig.ask(command::Retries).await {
        Answer::Retries(retries) => retries,
        other => panic!("{other:?}"),
    }
}

async fn status(rig: &Rig) -> StatusView {
    match rig.ask(command::Status).await {
        Answer::Status(status) => *status,
        other => panic!("{other:?}"),
    }
}

async fn invoices(rig: &Rig) -> Vec<InvoiceView> {
    match rig.ask(command::Invoices).await {
        Answer::Invoices(invoices) => invoices,
        other => panic!("{other:?}"),
    }
}

async fn shown(rig: &Rig, invoice: &str) -> InvoiceDetail {
    match rig.ask(command::Invoice { invoice: invoice.to_owned() }).await {
        Answer::Invoice(detail) => *detail,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a12_an_accepted_difference_is_synced_and_has_its_own_place_in_the_ledger() {
    let rig = ready(a_cent_more(), SEPTEMBER).await;
    let report = rig.sync().await;
    assert_eq!(report.header.status, Outcome::Failure, "{}", pretty(&report));
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 0 });

    let [held] = &invoices(&rig).await[..] else { panic!("one invoice") };
    assert_eq!((held.state, held.class.as_str()), (InvoiceStanding::Held, "standard"));
    assert_eq!((held.subtotal, held.difference), (Some(money("37.27")), Some(money("0.01"))));
    let number = held.number.clone();
    let told = shown(&rig, &number.to_lowercase()).await;
    let way = format!("prism-connect invoices accept {number} --difference 0.01 --reason TEXT");
    assert!(told.can.iter().any(|act| act.command == way), "{:?}", told.can);
    assert!(report.header.message.expect("why").advice.contains(&way));

    rig.ask(accept(&number, "0.01", "Rounding, says the distributor")).await;
    assert_eq!(retries(&rig).await, []);
    let report = rig.sync().await;
    ended(&report, Outcome::Success);
    let told = ledger(&report);
    assert_eq!((told.subtotal, told.synced), (money("37.27"), money("37.26")));
    assert_eq!((told.accepted_difference, told.balance), (money("0.01"), Money::ZERO));
    let stands = units(&rig, "harbour", BASIC).await;
    assert_eq!(stands, steps(&[("2026-09-01", 5), ("2026-09-19", 6)]));
    assert_eq!(bill(&rig, "harbour", "2026-09").await, "43.20");

    let told = shown(&rig, &number).await;
    assert_eq!(told.invoice.state, InvoiceStanding::Applied);
    assert_eq!(
        (told.ledger.synced, told.ledger.accepted_difference),
        (money("37.26"), money("0.01"))
    );
    assert_eq!(told.ledger.balance, Money::ZERO);
    let [decision] = &told.invoice.decisions[..] else { panic!("{:?}", told.invoice.decisions) };
    assert!(decision.contains("by tester: Rounding, says the distributor"), "{decision}");
    assert_eq!(told.can, []);
    settled(&rig).await;
}

/// Its header is another one after a sync of one of two customers.
#[tokio::test]
async fn a12_what_was_left_out_of_an_invoice_that_is_held_since_is_not_told_as_failed() {
    let scenario = (0..2).fold(world("2026-09"), |scenario, number| {
        scenario.tenant(&tenant(number), |tenant| {
            tenant.subscription(BASIC, |bought| bought.from("2026-09-01", 5))
        })
    });
    let rig = ready(scenario, SEPTEMBER).await;
    let one = SyncRequest { tenants: vec![domain(0)], ..customers() };
    ended(&rig.sync_as(one).await, Outcome::Success);
    let row = json!({"system": "prism", "kind": "invoices", "set": {"SubTotal": 99.99}});
    rig.control("odd", &json!({ "rows": [row] })).await;
    assert_eq!(rig.sync().await.header.status, Outcome::Failure);
    let [held] = &invoices(&rig).await[..] else { panic!("one invoice") };
    let told = shown(&rig, &held.number).await;
    assert_eq!((told.invoice.state, told.invoice.applied), (InvoiceStanding::Held, 1));
    let ledger = (told.ledger.synced, told.ledger.not_in_scope, told.ledger.failed);
    assert_eq!(ledger, (money("34.50"), money("34.50"), Money::ZERO));
    let advice = told.invoice.finding.expect("why it is held").advice;
    assert!(!advice.contains("Nothing was written"), "{advice}");
}

#[tokio::test]
async fn a12_what_is_held_up_is_listed_once_with_its_amount_its_run_and_its_customer() {
    let rig = ready(a_cent_more(), SEPTEMBER).await;
    let first = rig.sync().await;
    rig.sync().await;
    let [held] = &retries(&rig).await[..] else { panic!("one entry") };
    assert_eq!((held.amount, held.run), (money("37.27"), first.header.id));
    assert_eq!(held.tenant, "harbour.onmicrosoft.com");
    assert!(!held.customer.is_empty());
    let waits = status(&rig).await.attention;
    let about = waits.iter().filter(|one| one.text.contains(&held.invoice));
    let [one] = &about.collect::<Vec<_>>()[..] else { panic!("{waits:#?}") };
    assert_eq!((one.outcome, one.amount), (Outcome::Failure, Some(money("37.27"))));
}

#[tokio::test]
async fn a12_only_the_stated_difference_is_accepted_and_only_with_a_reason() {
    let rig = ready(a_cent_more(), SEPTEMBER).await;
    rig.sync().await;
    let number = invoices(&rig).await[0].number.clone();
    for (command, kind, code) in [
        (accept(&number, "0.02", "why"), RefusalKind::Failed, "other_difference"),
        (accept(&number, "-0.01", "why"), RefusalKind::Failed, "other_difference"),
        (accept(&number, "0.01", "  "), RefusalKind::Malformed, "reason"),
        (accept("INV0", "0.01", "why"), RefusalKind::Failed, "unknown_invoice"),
    ] {
        let refusal = rig.try_ask(command).await.expect_err(code);
        assert_eq!((refusal.kind, refusal.finding.code.as_str()), (kind, code));
    }
    assert_eq!(rig.sync().await.header.status, Outcome::Failure);
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 0 });
}

#[tokio::test]
async fn a12_a_dropped_month_is_not_written_and_holds_nothing_up() {
    let mut rig = ready(a_cent_more(), SEPTEMBER).await;
    rig.sync().await;
    rig.month_passes().await;
    let report = rig.sync().await;
    assert_eq!(report.header.status, Outcome::Failure, "{}", pretty(&report));
    let message = report.header.message.expect("why");
    assert_eq!(
        message.code.as_str(),
        "unsettled",
        "what is to be settled comes before what waits: {message:?}"
    );
    let list = invoices(&rig).await;
    let states: Vec<_> = list.iter().map(|one| one.state).collect();
    assert_eq!(states, [InvoiceStanding::Waiting, InvoiceStanding::Held]);
    let (invoice, reason) = (list[1].number.clone(), "Billed by hand".to_owned());
    rig.ask(command::DismissInvoice { invoice: invoice.clone(), reason }).await;
    ended(&rig.sync().await, Outcome::Success);
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-10-01", 6)]));
    assert_eq!(shown(&rig, &invoice).await.invoice.state, InvoiceStanding::Dismissed);
    settled(&rig).await;
}

#[tokio::test]
async fn d_a_card_tells_how_an_invoice_stands_and_not_what_the_last_run_came_to() {
    let two = world("2026-09")
        .tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| bought.from("2026-09-01", 5))
        })
        .tenant("quarry", |tenant| {
            tenant.subscription(BASIC, |bought| bought.from("2026-09-01", 3))
        });
    let rig = ready(two, SEPTEMBER).await;
    let refuse = serde_json::json!({"system": "autotask", "path": "ServiceAdjustments", "times": 1,
        "fault": {"status": 500, "body": "{\"errors\":[\"It is being edited.\"]}"}});
    rig.fault(refuse).await;
    assert_eq!(rig.sync().await.header.status, Outcome::Failure);
    let done = async |rig: &Rig| {
        let card = status(rig).await.cards[0].clone();
        (card.done(), card.invoice.is_some())
    };
    assert_eq!(done(&rig).await, ((1, 2), true));
    rig.no_faults().await;
    ended(&rig.sync().await, Outcome::Success);
    assert_eq!(done(&rig).await, ((2, 2), true), "the retry of one customer");
    ended(&rig.sync().await, Outcome::NoChange);
    assert_eq!(done(&rig).await, ((2, 2), true), "a run that found nothing to do");
}
