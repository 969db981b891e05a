//! What waits for an invoice that the source does not list any more (sync-rules 2.7).

use prism_connect::{
    domain::{Money, outcome::Outcome},
    engine::{
        protocol::{About, Answer, SyncRequest, command},
        views::{InvoiceStanding, RetryView},
    },
};
use serde_json::json;

use crate::{
    checks::{BASIC, SEPTEMBER, customers, ended, ready, units, world},
    rig::{Rig, pretty},
};

/// Six seats in September of which nothing was written, and an invoice list that is empty since.
async fn forgotten() -> Rig {
    let scenario = world("2026-09").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| bought.from("2026-09-01", 6))
    });
    let rig = ready(scenario, SEPTEMBER).await;
    rig.fault(json!({"system": "autotask", "path": "ServiceAdjustments", "times": 1, "fault":
        {"status": 500, "body": "{\"errors\":[\"It is being edited.\"]}"}}))
        .await;
    let report = rig.sync().await;
    assert_eq!(report.header.status, Outcome::Failure, "{}", pretty(&report));
    rig.no_faults().await;
    rig.fault(json!({"system": "prism", "path": "/invoices$", "fault":
        {"status": 200, "body": "{\"Records\":[],\"TotalRecords\":0}"}}))
        .await;
    rig
}

async fn retries(rig: &Rig) -> Vec<RetryView> {
    match rig.ask(command::Retries).await {
        Answer::Retries(retries) => retries,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a16_a_retry_whose_invoice_is_listed_no_more_is_told_at_every_run_until_it_is_dismissed() {
    let rig = forgotten().await;
    for _ in 0..2 {
        let report = rig.sync().await;
        ended(&report, Outcome::Warning);
        let message = report.header.message.as_ref().expect("why");
        assert_eq!(message.code.as_str(), "unlisted", "{}", pretty(&report));
    }
    let request = SyncRequest { retry_failed: true, ..customers() };
    ended(&rig.sync_as(request).await, Outcome::Warning);
    let [entry] = &retries(&rig).await[..] else { panic!("it is not dropped") };
    assert_eq!(entry.amount, "41.40".parse::<Money>().expect("an amount"));
    assert!(entry.finding.text.contains("does not list invoice"), "{entry:?}");
    let Answer::Plan(About { found: plan, .. }) =
        rig.ask(command::Plan { request: customers() }).await
    else {
        panic!("a plan")
    };
    assert_eq!(plan.findings.iter().filter(|one| one.code.as_str() == "unlisted").count(), 1);

    let (id, reason) = (entry.id.clone(), "Billed by hand".to_owned());
    rig.ask(command::DismissRetry { id, reason }).await;
    ended(&rig.sync().await, Outcome::NoChange);
    assert_eq!(retries(&rig).await, []);
    assert!(units(&rig, "harbour", BASIC).await.is_empty(), "nothing was written");
}

#[tokio::test]
async fn a16_the_invoice_itself_can_be_dismissed_with_all_that_waits_for_it() {
    let rig = forgotten().await;
    ended(&rig.sync().await, Outcome::Warning);
    let Answer::Invoices(invoices) = rig.ask(command::Invoices).await else { panic!("a list") };
    let [gone] = &invoices[..] else { panic!("it has a name still: {invoices:?}") };
    assert_eq!(gone.state, InvoiceStanding::Unlisted);
    let (invoice, reason) = (gone.number.clone(), "Billed by hand".to_owned());
    rig.ask(command::DismissInvoice { invoice, reason }).await;
    assert_eq!(retries(&rig).await, []);
    ended(&rig.sync().await, Outcome::NoChange);
}

#[tokio::test]
async fn a16_an_invoice_that_is_listed_again_is_tried_again() {
    let rig = forgotten().await;
    ended(&rig.sync().await, Outcome::Warning);
    rig.no_faults().await;
    ended(&rig.sync().await, Outcome::Success);
    assert_eq!(units(&rig, "harbour", BASIC).await, crate::checks::steps(&[("2026-09-01", 6)]));
    assert_eq!(retries(&rig).await, []);
}
