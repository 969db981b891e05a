//! Additions of ours that no invoice has yet are amended where others would end and be added again (sync-rules 10.1, 10.4,
//! 10.17c). September's invoice of the distributor is issued anew before the agreement's own is made.

use prism_connect::domain::outcome::Outcome;
use rstest::rstest;
use serde_json::json;

use super::agreement::{
    Billed, Billing, billed, change, invoice, issued_anew, lines, new, september, synced_again,
};
use crate::{
    checks::{
        BASIC, Lines, SEPTEMBER, ended, invoiced_through, lines_written, notes, says, settled,
        warnings, world,
    },
    quantities::w1,
    rig::{Rig, pretty},
    scenario::Scenario,
};

fn since_august() -> Scenario {
    world("2026-08").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| {
            bought.span("2026-08-01", "2026-09-18", 5).from("2026-09-19", 6)
        })
    })
}

/// Five and, from 19 September, one more; the five stand since August and are invoiced up to then, or all are new.
pub async fn five_and_one(older: bool) -> Rig {
    let rig = if older {
        september(since_august(), Billing::Arrears).await
    } else {
        new(w1(), SEPTEMBER, "").await
    };
    ended(&rig.sync().await, Outcome::Success);
    rig
}

/// September says so many until the 18th, and so many from the 19th on.
async fn again(rig: &Rig, first: i64, second: i64) -> prism_connect::domain::run::RunReport {
    let lines =
        [billed(("2026-09-01", "2026-09-18"), first), billed(("2026-09-19", "2026-09-30"), second)];
    issued_anew(rig, &lines).await;
    synced_again(rig).await
}

const AMENDED: Lines = Lines { added: 0, ended: 0, amended: 1 };

#[rstest]
#[case::a_rise((5, 8), AMENDED, &["5 @2026-09-01 8.00/6.90", "3 @2026-09-19 8.00/6.90"], "49.60")]
#[case::a_fall((5, 5), AMENDED, &["5 @2026-09-01 8.00/6.90", "0 @2026-09-19 8.00/6.90"], "40.00")]
#[case::a_rise_up_to_another((6, 6), Lines { added: 1, ended: 0, amended: 0 },
    &["5 @2026-09-01 8.00/6.90", "1 @2026-09-19 8.00/6.90",
        "1 @2026-09-01..2026-09-18 8.00/6.90"], "48.00")]
#[tokio::test]
async fn new_additions_are_amended(
    #[case] (first, second): (i64, i64),
    #[case] written: Lines,
    #[case] wanted: &[&str],
    #[case] bill: &str,
) {
    let rig = five_and_one(false).await;
    let report = again(&rig, first, second).await;
    ended(&report, Outcome::Success);
    assert_eq!(notes(&report), Vec::<&_>::new(), "our own writes are nobody's edit (4.9)");
    assert_eq!(lines_written(&rig), written, "{}", pretty(&report));
    assert_eq!(lines(&rig, "harbour", BASIC).await, wanted);
    settled(&rig).await;
    assert_eq!(invoice(&rig, "harbour", "2026-09").await.amount, bill);
}

#[rstest]
#[case::a_rise((5, 8), AMENDED, &["5 @2026-08-01 8.00/6.90", "3 @2026-09-19 8.00/6.90"], "49.60")]
#[case::a_fall((5, 5), AMENDED, &["5 @2026-08-01 8.00/6.90", "0 @2026-09-19 8.00/6.90"], "40.00")]
#[case::a_fall_into_the_older((5, 3), Lines { added: 0, ended: 1, amended: 1 },
    &["5 @2026-08-01..2026-09-18 8.00/6.90", "3 @2026-09-19 8.00/6.90"], "33.60")]
#[tokio::test]
async fn beside_an_older_addition_the_new_one_takes_what_changes(
    #[case] (first, second): (i64, i64),
    #[case] written: Lines,
    #[case] wanted: &[&str],
    #[case] bill: &str,
) {
    let rig = five_and_one(true).await;
    let report = again(&rig, first, second).await;
    ended(&report, Outcome::Success);
    assert_eq!(lines_written(&rig), written, "{}", pretty(&report));
    assert_eq!(lines(&rig, "harbour", BASIC).await, wanted);
    settled(&rig).await;
    assert_eq!(invoice(&rig, "harbour", "2026-09").await.amount, bill);
}

#[tokio::test]
async fn a_new_price_amends_additions_that_begin_on_its_day() {
    let scenario = world("2026-09").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| bought.from("2026-09-01", 5))
    });
    let rig = new(scenario, SEPTEMBER, "").await;
    ended(&rig.sync().await, Outcome::Success);
    let days = ("2026-09-01", "2026-09-30");
    issued_anew(&rig, &[Billed { days, units: 5, prices: ("7.25", "8.40") }]).await;
    ended(&synced_again(&rig).await, Outcome::Success);
    assert_eq!(lines_written(&rig), AMENDED);
    assert_eq!(lines(&rig, "harbour", BASIC).await, ["5 @2026-09-01 8.40/7.25"]);
    settled(&rig).await;
    assert_eq!(invoice(&rig, "harbour", "2026-09").await.money(), ("42.00", "36.25"));
}

/// Written into an invoiced month, it is free until the next invoice is made.
#[tokio::test]
async fn an_addition_in_an_invoiced_month_is_amended_before_the_invoice_that_bills_it() {
    let rig = september(since_august(), Billing::Advance).await;
    ended(&rig.sync().await, Outcome::Success);
    let report = again(&rig, 5, 8).await;
    ended(&report, Outcome::Success);
    assert_eq!(lines_written(&rig), AMENDED, "{}", pretty(&report));
    let wanted = ["5 @2026-08-01 8.00/6.90", "3 @2026-09-19 8.00/6.90"];
    assert_eq!(lines(&rig, "harbour", BASIC).await, wanted);
    settled(&rig).await;
    let november = invoice(&rig, "harbour", "2026-11").await;
    let charges = ["2026-11 5 40.00", "2026-09 3 9.60", "2026-10 3 24.00", "2026-11 3 24.00"];
    assert_eq!(november.charges, charges);
}

#[rstest]
#[case::as_it_was_written(false)]
#[case::set_back_since(true)]
#[tokio::test]
async fn an_addition_that_was_invoiced_from_its_first_day_is_amended_without_a_credit(
    #[case] set_back: bool,
) {
    let rig = five_and_one(true).await;
    invoiced_through(&rig, "2026-10-31").await;
    if set_back {
        change(&rig, "harbour", 1, &json!({"quantity": 4})).await;
        ended(&synced_again(&rig).await, Outcome::Warning);
        assert_eq!(lines(&rig, "harbour", BASIC).await[1], "1 @2026-09-19 8.00/6.90");
    }
    let report = again(&rig, 5, 5).await;
    ended(&report, Outcome::Warning);
    assert_eq!(lines_written(&rig), AMENDED, "{}", pretty(&report));
    let wanted = ["5 @2026-08-01 8.00/6.90", "0 @2026-09-19 8.00/6.90"];
    assert_eq!(lines(&rig, "harbour", BASIC).await, wanted);
    // 3.20 for September and 8.00 for October.
    assert!(says(&warnings(&report), "bring no credit of 11.20"), "{}", pretty(&report));
    settled(&rig).await;
    assert_eq!(invoice(&rig, "harbour", "2026-11").await.amount, "40.00");
}
