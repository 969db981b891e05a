//! Less of a product: the youngest additions end first, and of the last one what is left is added again (sync-rules 10.4).

use prism_connect::{domain::outcome::Outcome, engine::protocol::command};
use rstest::rstest;
use serde_json::json;

use super::agreement::{
    Billing, agreement_with, change, invoice, lines, new, september, synced_again,
};
use crate::{
    checks::{
        AUGUST, BASIC, Lines, OTHER, attention, ended, invoiced_through, lines_written, notes,
        says, settled, warnings, world,
    },
    quantities::cancelled_on_the_14th,
    rig::{Rig, pretty},
    scenario::Scenario,
};

#[tokio::test]
async fn cw5_a_cancelled_one_ends_on_its_last_day() {
    let rig = september(cancelled_on_the_14th(), Billing::Arrears).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Success);
    assert_eq!(lines_written(&rig), Lines { ended: 1, ..Lines::default() });
    assert_eq!(lines(&rig, "harbour", BASIC).await, ["6 @2026-08-01..2026-09-14 8.00/6.90"]);
    // 22.40 at RRP on the distributor's invoice.
    assert_eq!(invoice(&rig, "harbour", "2026-09").await.money(), ("22.38", "19.32"));
    settled(&rig).await;
}

#[tokio::test]
async fn cw5_of_invoiced_days_the_next_invoice_must_bring_a_credit() {
    let rig = september(cancelled_on_the_14th(), Billing::Advance).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    assert_eq!(lines_written(&rig), Lines { ended: 1, ..Lines::default() });
    assert_eq!(lines(&rig, "harbour", BASIC).await, ["6 @2026-08-01..2026-09-14 8.00/6.90"]);
    let text = "the next agreement invoice must credit 73.62.";
    assert!(says(&warnings(&report), text), "{}", pretty(&report));
    settled(&rig).await;
    let november = invoice(&rig, "harbour", "2026-11").await;
    assert_eq!(november.charges, ["2026-09 6 -25.62", "2026-10 6 -48.00"]);
    assert_eq!(november.money(), ("-73.62", "-63.48"));
}

fn four_from_the_15th() -> Scenario {
    world("2026-08").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| {
            bought.span("2026-08-01", "2026-09-14", 6).from("2026-09-15", 4)
        })
    })
}

const FOUR_LEFT: [&str; 2] = ["6 @2026-08-01..2026-09-14 8.00/6.90", "4 @2026-09-15 8.00/6.90"];

#[tokio::test]
async fn cw6_what_is_left_is_added_again_once_the_addition_is_ended() {
    let rig = september(four_from_the_15th(), Billing::Arrears).await;
    ended(&rig.sync().await, Outcome::Success);
    let methods: Vec<String> = rig.changes().into_iter().map(|entry| entry.method).collect();
    assert_eq!(methods, ["PATCH", "POST"], "end before add");
    assert_eq!(lines(&rig, "harbour", BASIC).await, FOUR_LEFT);
    // 39.47 at RRP on the distributor's invoice.
    let september = invoice(&rig, "harbour", "2026-09").await;
    assert_eq!(september.charges, ["2026-09 6 22.38", "2026-09 4 17.08"]);
    assert_eq!(september.money(), ("39.46", "34.04"));
    settled(&rig).await;
}

#[tokio::test]
async fn cw17_killed_between_end_and_add_the_rest_is_added() {
    let mut rig = september(four_from_the_15th(), Billing::Arrears).await;
    assert!(rig.killed_in(1).await);
    assert_eq!(lines(&rig, "harbour", BASIC).await, FOUR_LEFT[..1]);
    let finished = rig.ask(command::Resume).await;
    let prism_connect::engine::protocol::Answer::Synced(runs) = finished else { panic!("a run") };
    ended(&runs[0], Outcome::Success);
    assert_eq!(lines_written(&rig), Lines { added: 1, ended: 1, ..Lines::default() });
    assert_eq!(lines(&rig, "harbour", BASIC).await, FOUR_LEFT);
    assert_eq!(invoice(&rig, "harbour", "2026-09").await.money(), ("39.46", "34.04"));
    settled(&rig).await;
}

/// Five since August, six from 19 September, and so many from 1 October.
async fn october(units: i64) -> Rig {
    let scenario = world("2026-08").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| {
            bought
                .span("2026-08-01", "2026-09-18", 5)
                .span("2026-09-19", "2026-09-30", 6)
                .from("2026-10-01", units)
        })
    });
    let mut rig = september(scenario, Billing::Arrears).await;
    ended(&rig.sync().await, Outcome::Success);
    assert_eq!(invoice(&rig, "harbour", "2026-09").await.money(), ("43.20", "37.26"));
    rig.month_passes().await;
    rig
}

#[tokio::test]
async fn cw7_the_youngest_addition_ends_whole_in_one_call() {
    let rig = october(5).await;
    ended(&rig.sync().await, Outcome::Success);
    assert_eq!(lines_written(&rig), Lines { ended: 1, ..Lines::default() });
    let wanted = ["5 @2026-08-01 8.00/6.90", "1 @2026-09-19..2026-09-30 8.00/6.90"];
    assert_eq!(lines(&rig, "harbour", BASIC).await, wanted);
    assert_eq!(invoice(&rig, "harbour", "2026-10").await.money(), ("40.00", "34.50"));
    settled(&rig).await;
}

#[tokio::test]
async fn cw8_more_than_the_youngest_takes_the_next_one_too() {
    let rig = october(4).await;
    ended(&rig.sync().await, Outcome::Success);
    assert_eq!(lines_written(&rig), Lines { ended: 2, added: 1, ..Lines::default() });
    let wanted = [
        "5 @2026-08-01..2026-09-30 8.00/6.90",
        "1 @2026-09-19..2026-09-30 8.00/6.90",
        "4 @2026-10-01 8.00/6.90",
    ];
    assert_eq!(lines(&rig, "harbour", BASIC).await, wanted);
    assert_eq!(invoice(&rig, "harbour", "2026-10").await.money(), ("32.00", "27.60"));
    settled(&rig).await;
}

/// Absent from September's invoice, beside another product that is not.
fn absent() -> Scenario {
    world("2026-08").tenant("harbour", |tenant| {
        tenant
            .subscription(BASIC, |bought| bought.span("2026-08-01", "2026-08-31", 6))
            .subscription(OTHER, |bought| bought.from("2026-08-01", 2))
    })
}

#[rstest]
#[case::arrears(Billing::Arrears, "2026-09", ("30.00", "25.00"))]
#[case::advance(Billing::Advance, "2026-11", ("-66.00", "-57.80"))]
#[tokio::test]
async fn cw18_absent_from_the_invoice_it_ends_before_the_month(
    #[case] billing: Billing,
    #[case] month: &str,
    #[case] money: (&str, &str),
) {
    let rig = september(absent(), billing).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    assert_eq!(lines_written(&rig), Lines { ended: 1, ..Lines::default() });
    assert_eq!(lines(&rig, "harbour", BASIC).await, ["6 @2026-08-01..2026-08-31 8.00/6.90"]);
    let told = warnings(&report);
    assert!(says(&told, "missing from this invoice"), "{}", pretty(&report));
    let credit = says(&told, "the next agreement invoice must credit 96.00.");
    assert_eq!(credit, billing == Billing::Advance, "{}", pretty(&report));
    settled(&rig).await;
    // The other product's 30.00, and in advance two months' credit of 48.00.
    assert_eq!(invoice(&rig, "harbour", month).await.money(), money);
}

/// Once somebody has seen a credit come, the next one is told no more (sync-rules 10.15).
#[tokio::test]
async fn the_first_credit_is_warned_about_until_it_is_acknowledged() {
    let scenario = world("2026-08").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| {
            bought
                .span("2026-08-01", "2026-09-14", 6)
                .span("2026-09-15", "2026-10-14", 5)
                .from("2026-10-15", 4)
        })
    });
    let mut rig = september(scenario, Billing::Advance).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    // Of six: 8.00 − 3.73 for September each, 8.00 for October. Five are added again.
    assert!(says(&warnings(&report), "must credit 73.62."), "{}", pretty(&report));
    let told = attention(&rig).await;
    let about = told.iter().find(|one| one.text.contains("must credit")).expect("it waits");
    rig.ask(command::Acknowledge { id: about.id.clone() }).await;
    invoice(&rig, "harbour", "2026-11").await;
    rig.month_passes().await;
    let report = rig.sync().await;
    ended(&report, Outcome::Success);
    assert!(!says(&warnings(&report), "must credit"), "{}", pretty(&report));
    settled(&rig).await;
}

/// Six since August and all through September.
fn six() -> Scenario {
    crate::rules::six_since_august()
}

/// On 10 September jdoe makes nine of it where it stands.
async fn made_nine(rig: &Rig) {
    rig.control("connectwise/clock", &json!({"date": "2026-09-10"})).await;
    change(rig, "harbour", 0, &json!({"member": "jdoe", "quantity": 9})).await;
    rig.control("connectwise/clock", &json!({"date": "2026-10-05"})).await;
}

/// August is applied at six; then it is invoiced up to a day, and looked at once more before September's invoice comes.
async fn looked_at_when_invoiced_through(day: &str) -> Rig {
    let mut rig = new(six(), AUGUST, "").await;
    ended(&rig.sync().await, Outcome::Success);
    invoiced_through(&rig, day).await;
    ended(&synced_again(&rig).await, Outcome::NoChange);
    rig.month_passes().await;
    rig
}

#[tokio::test]
async fn cw10_an_addition_of_ours_changed_in_place_is_amended_back() {
    let rig = looked_at_when_invoiced_through("2026-08-31").await;
    made_nine(&rig).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Success);
    assert_eq!(lines_written(&rig), Lines { amended: 1, ..Lines::default() });
    assert_eq!(lines(&rig, "harbour", BASIC).await, ["6 @2026-08-01 8.00/6.90"]);
    let told = notes(&report);
    assert!(says(&told, "from 6 to 9 by jdoe on 2026-09-10"), "{}", pretty(&report));
    assert!(says(&told, "nothing is lost"), "{}", pretty(&report));
    assert_eq!(invoice(&rig, "harbour", "2026-09").await.money(), ("48.00", "41.40"));
    settled(&rig).await;
}

#[tokio::test]
async fn cw10_and_what_was_invoiced_since_is_told_with_its_money() {
    let rig = looked_at_when_invoiced_through("2026-09-30").await;
    made_nine(&rig).await;
    assert_eq!(invoice(&rig, "harbour", "2026-10").await.money(), ("72.00", "62.10"));
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    assert_eq!(lines_written(&rig), Lines { amended: 1, ..Lines::default() });
    assert_eq!(lines(&rig, "harbour", BASIC).await, ["6 @2026-08-01 8.00/6.90"]);
    assert!(says(&notes(&report), "from 6 to 9 by jdoe on 2026-09-10"), "{}", pretty(&report));
    let told = "was invoiced at 9 in the place of 6 from 2026-10-01 to 2026-10-31: up to 24.00 has to be credited by hand.";
    assert!(says(&warnings(&report), told), "{}", pretty(&report));
    settled(&rig).await;
    assert_eq!(invoice(&rig, "harbour", "2026-11").await.money(), ("48.00", "41.40"));
}

/// Written when September was invoiced, its August and September are billed with October, at the quantity of that day
/// (sync-rules 10.17d).
#[tokio::test]
async fn cw10_what_was_still_to_be_caught_up_is_told_with_it() {
    let mut rig = new(six(), AUGUST, "").await;
    invoiced_through(&rig, "2026-09-30").await;
    ended(&rig.sync().await, Outcome::Success);
    rig.month_passes().await;
    made_nine(&rig).await;
    let october = invoice(&rig, "harbour", "2026-10").await;
    assert_eq!(october.charges, ["2026-08 9 72.00", "2026-09 9 72.00", "2026-10 9 72.00"]);
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    let told = "from 2026-08-01 to 2026-10-31: up to 72.00 has to be credited by hand.";
    assert!(says(&warnings(&report), told), "{}", pretty(&report));
    settled(&rig).await;
}

/// A line in the place of another gives as many units free (sync-rules 10.13).
#[tokio::test]
async fn two_units_that_are_included_stay_included_after_a_fall() {
    let rig = september(four_from_the_15th(), Billing::Arrears).await;
    change(&rig, "harbour", 0, &json!({"lessIncluded": 2})).await;
    let report = rig.sync().await;
    assert_eq!(lines_written(&rig), Lines { added: 1, ended: 1, ..Lines::default() });
    assert_eq!(lines(&rig, "harbour", BASIC).await, FOUR_LEFT);
    // 4 × 3.73 and 2 × 4.27.
    let september = invoice(&rig, "harbour", "2026-09").await;
    assert_eq!(september.charges, ["2026-09 4 14.92", "2026-09 2 8.54"], "{}", pretty(&report));
    settled(&rig).await;
}

#[tokio::test]
async fn on_an_unprorated_agreement_an_end_bills_the_whole_month() {
    let rig = september(cancelled_on_the_14th(), Billing::Arrears).await;
    agreement_with(&rig, "harbour", &json!({"prorateFlag": false})).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    assert_eq!(lines_written(&rig), Lines { ended: 1, ..Lines::default() });
    let told = "it bills 48.00 for 22.38, which is 25.62 more than the invoice.";
    assert!(says(&warnings(&report), told), "{}", pretty(&report));
    assert_eq!(invoice(&rig, "harbour", "2026-09").await.amount, "48.00");
    settled(&rig).await;
}
