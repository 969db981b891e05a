//! What ConnectWise would refuse is foretold in its own words, and nothing of that product is sent (sync-rules 4.5, 10.9).

use prism_connect::domain::outcome::Outcome;
use rstest::rstest;
use serde_json::{Value, json};

use super::agreement::{Billing, agreement_with, invoice, lines, new, september, september_with};
use crate::{
    checks::{
        BASIC, Lines, OTHER, SEPTEMBER, customers, ended, errors, ledger, lines_written, plan_of,
        says, settled, subscriptions, warnings, world, wrote_nothing,
    },
    rig::{Rig, pretty},
    scenario::Scenario,
};

/// One product rises on 19 September; the other one stands as it is, or ends on the 14th.
fn one_rises(ends: bool) -> Scenario {
    world("2026-08").tenant("harbour", |tenant| {
        tenant
            .subscription(BASIC, |bought| {
                bought.span("2026-08-01", "2026-09-18", 5).from("2026-09-19", 6)
            })
            .subscription(OTHER, |bought| {
                if ends {
                    bought.span("2026-08-01", "2026-09-14", 2)
                } else {
                    bought.from("2026-08-01", 2)
                }
            })
    })
}

async fn unprorated(billing: Billing, ends: bool, config: &'static str) -> Rig {
    let rig = september_with(one_rises(ends), billing, config).await;
    agreement_with(&rig, "harbour", &json!({"prorateFlag": false})).await;
    rig
}

const INVOICED: &str = "Since this period has already been invoiced, please prorate the agreement or start on or after the \
                        Next Invoice Date";

#[tokio::test]
async fn cw14_an_invoiced_day_of_an_unprorated_agreement_fails_in_the_servers_words() {
    let rig = unprorated(Billing::Advance, true, "").await;
    let plan = plan_of(&rig, customers()).await;
    let refused: Vec<_> = plan.refused.iter().map(|one| &one.finding).collect();
    assert!(says(&refused, INVOICED), "{plan:#?}");
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    assert!(says(&errors(&report), INVOICED), "{}", pretty(&report));
    assert_eq!(lines_written(&rig), Lines { ended: 1, ..Lines::default() }, "its sibling's");
    assert_eq!(lines(&rig, "harbour", BASIC).await, ["5 @2026-08-01 8.00/6.90"]);
    assert_eq!(lines(&rig, "harbour", OTHER).await, ["2 @2026-08-01..2026-09-14 15.00/12.50"]);
    let failed = subscriptions(&report).filter(|row| row.status == Outcome::Failure);
    assert_eq!(failed.count(), 1, "{}", pretty(&report));
    assert_eq!(ledger(&report).failed.to_string(), "37.26");
}

#[tokio::test]
async fn cw14_or_it_is_written_on_the_first_day_that_is_not_if_so_set() {
    let next = "[connectwise]\nunprorated = \"next\"\n";
    let rig = unprorated(Billing::Advance, false, next).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    assert_eq!(lines_written(&rig), Lines { added: 1, ..Lines::default() });
    let wanted = ["5 @2026-08-01 8.00/6.90", "1 @2026-11-01 8.00/6.90"];
    assert_eq!(lines(&rig, "harbour", BASIC).await, wanted);
    assert!(says(&warnings(&report), "11.20 of it is not billed."), "{}", pretty(&report));
    settled(&rig).await;
    assert_eq!(invoice(&rig, "harbour", "2026-11").await.amount, "78.00");
}

#[tokio::test]
async fn cw14_a_free_day_of_it_bills_the_whole_month() {
    let rig = unprorated(Billing::Arrears, false, "").await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    assert_eq!(lines_written(&rig), Lines { added: 1, ..Lines::default() });
    let wanted = ["5 @2026-08-01 8.00/6.90", "1 @2026-09-19 8.00/6.90"];
    assert_eq!(lines(&rig, "harbour", BASIC).await, wanted);
    let told = "it bills 8.00 for 3.20, which is 4.80 more than the invoice.";
    assert!(says(&warnings(&report), told), "{}", pretty(&report));
    settled(&rig).await;
    assert_eq!(invoice(&rig, "harbour", "2026-09").await.amount, "78.00");
}

#[tokio::test]
async fn cw15_a_day_before_the_billing_start_fails_in_the_servers_words() {
    let scenario = world("2026-09").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| bought.from("2026-09-01", 5))
    });
    let rig = new(scenario, SEPTEMBER, "").await;
    agreement_with(&rig, "harbour", &json!({"billStartDate": "2026-09-10"})).await;
    let text = "effectiveDate cannot be less than the agreement billing start date";
    let plan = plan_of(&rig, customers()).await;
    let refused: Vec<_> = plan.refused.iter().map(|one| &one.finding).collect();
    assert!(says(&refused, text), "{plan:#?}");
    assert!(plan.operations.is_empty());
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    assert!(says(&errors(&report), text), "{}", pretty(&report));
    wrote_nothing(&rig);
    assert_eq!(lines(&rig, "harbour", BASIC).await, Vec::<String>::new());
    assert_eq!(ledger(&report).failed.to_string(), "34.50");
    assert_eq!(invoice(&rig, "harbour", "2026-09").await.amount, "0.00");
}

#[rstest]
#[case::cancelled(json!({"cancelledFlag": true, "dateCancelled": "2026-08-31"}), "ended on 2026-08-31")]
#[case::expired(json!({"noEndingDateFlag": false, "endDate": "2026-09-10"}), "ended on 2026-09-10")]
#[case::expired_since(json!({"noEndingDateFlag": false, "endDate": "2026-09-30"}), "is not active")]
#[case::quarterly(json!({"billingCycle": {"id": 3}}), "only monthly agreements can be synced")]
#[case::one_time(json!({"billingCycle": {"id": 5}}), "only monthly agreements can be synced")]
#[tokio::test]
async fn an_agreement_that_takes_no_addition_fails_before_anything_is_sent(
    #[case] members: Value,
    #[case] text: &str,
) {
    let rig = september(one_rises(true), Billing::Arrears).await;
    agreement_with(&rig, "harbour", &members).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    assert!(says(&errors(&report), text), "{}", pretty(&report));
    wrote_nothing(&rig);
    assert_eq!(lines(&rig, "harbour", BASIC).await, ["5 @2026-08-01 8.00/6.90"]);
}

#[rstest]
#[case::ended(json!({"noEndingDateFlag": false, "endDate": "2026-08-31"}))]
#[case::cancelled(json!({"cancelledFlag": true, "dateCancelled": "2026-08-31"}))]
#[tokio::test]
async fn seats_that_stand_on_an_agreement_that_has_ended_are_not_synced_r10_9(
    #[case] members: Value,
) {
    let rig = september(one_rises(true), Billing::Arrears).await;
    agreement_with(&rig, "harbour", &members).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    wrote_nothing(&rig);
    assert_eq!(errors(&report).len(), 2, "what ends inside the month is not billed either");
    assert_eq!(ledger(&report).synced.to_string(), "0.00", "{}", pretty(&report));
}
