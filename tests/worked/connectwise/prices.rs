//! Prices and Azure: an addition keeps its price, so another price is another addition (sync-rules 10.7, 10.8).

use prism_connect::domain::outcome::Outcome;
use rstest::rstest;

use super::agreement::{
    Billed, Billing, invoice, issued_anew, lines, september, september_with, synced_again,
};
use crate::{
    checks::{
        AUGUST, BASIC, Lines, SEPTEMBER, ended, invoiced_through, lines_written, notes, ready_with,
        says, settled, steps, units, warnings, world, wrote_nothing,
    },
    rig::{Rig, Setup, Target, pretty},
    scenario::Scenario,
};

/// Six since August, at other prices from September on, and so many from October on.
fn dearer(october: i64) -> Scenario {
    world("2026-08").price_from(BASIC, "2026-09-01", "7.25", "8.40").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| {
            bought.span("2026-08-01", "2026-09-30", 6).from("2026-10-01", october)
        })
    })
}

#[tokio::test]
async fn cw12_a_price_from_the_first_is_an_addition_of_the_whole_quantity() {
    let rig = september(dearer(6), Billing::Arrears).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Success);
    assert_eq!(lines_written(&rig), Lines { added: 1, ended: 1, ..Lines::default() });
    let wanted = ["6 @2026-08-01..2026-08-31 8.00/6.90", "6 @2026-09-01 8.40/7.25"];
    assert_eq!(lines(&rig, "harbour", BASIC).await, wanted);
    assert_eq!(invoice(&rig, "harbour", "2026-09").await.money(), ("50.40", "43.50"));
    settled(&rig).await;
}

/// Six at 8.40 from November on, as September and October are invoiced.
async fn ahead(october: i64) -> Rig {
    let rig = september(dearer(october), Billing::Advance).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    assert_eq!(lines_written(&rig), Lines { added: 1, ended: 1, ..Lines::default() });
    assert_eq!(lines(&rig, "harbour", BASIC).await, AHEAD);
    let told = "it is written from 2026-11-01, and 4.80 of it is not billed.";
    assert!(says(&warnings(&report), told), "{}", pretty(&report));
    settled(&rig).await;
    rig
}

const AHEAD: [&str; 2] = ["6 @2026-08-01..2026-10-31 8.00/6.90", "6 @2026-11-01 8.40/7.25"];

#[tokio::test]
async fn cw12_in_advance_it_holds_from_the_first_day_that_is_not_invoiced() {
    let rig = ahead(6).await;
    assert_eq!(invoice(&rig, "harbour", "2026-11").await.money(), ("50.40", "43.50"));
}

#[tokio::test]
async fn cw12_or_on_its_day_if_so_set_which_relies_on_a_credit() {
    let back = "[connectwise]\nprice_in_invoiced = \"back\"\n";
    let rig = september_with(dearer(6), Billing::Advance, back).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    let wanted = ["6 @2026-08-01..2026-08-31 8.00/6.90", "6 @2026-09-01 8.40/7.25"];
    assert_eq!(lines(&rig, "harbour", BASIC).await, wanted);
    assert!(says(&warnings(&report), "must credit 96.00."), "{}", pretty(&report));
    settled(&rig).await;
    // 96.00 back, three months at 50.40.
    assert_eq!(invoice(&rig, "harbour", "2026-11").await.amount, "55.20");
}

#[rstest]
#[case::november_is_not_invoiced(false)]
#[case::november_is(true)]
#[tokio::test]
async fn a_price_that_stands_ahead_is_not_written_again_the_month_after(#[case] invoiced: bool) {
    let mut rig = ahead(6).await;
    if invoiced {
        assert_eq!(invoice(&rig, "harbour", "2026-11").await.money(), ("50.40", "43.50"));
    }
    rig.month_passes().await;
    let report = rig.sync().await;
    ended(&report, Outcome::NoChange);
    wrote_nothing(&rig);
    assert_eq!(lines(&rig, "harbour", BASIC).await, AHEAD);
    settled(&rig).await;
}

#[tokio::test]
async fn a_fall_where_a_price_stands_ahead_cuts_both_additions() {
    let mut rig = ahead(4).await;
    rig.month_passes().await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    assert_eq!(lines_written(&rig), Lines { added: 1, ended: 1, amended: 1 });
    let wanted = [
        "6 @2026-08-01..2026-09-30 8.00/6.90",
        "4 @2026-11-01 8.40/7.25",
        "4 @2026-10-01..2026-10-31 8.00/6.90",
    ];
    assert_eq!(lines(&rig, "harbour", BASIC).await, wanted);
    assert!(says(&warnings(&report), "must credit 48.00."), "{}", pretty(&report));
    let november = invoice(&rig, "harbour", "2026-11").await;
    assert_eq!(november.charges, ["2026-10 6 -48.00", "2026-11 4 33.60", "2026-10 4 32.00"]);
    settled(&rig).await;
}

const AZURE: &str = "DZH318Z0BPS6:0001";

fn used() -> Scenario {
    Scenario::month("2026-09").azure_product(AZURE, "Azure plan").tenant("harbour", |tenant| {
        tenant.subscription(AZURE, |bought| bought.used("2026-09", "312.44", "359.31"))
    })
}

async fn azure() -> Rig {
    let target = Target::Connectwise;
    let setup = Setup { azure: true, month: SEPTEMBER, target, ..Setup::default() };
    let rig = ready_with(used(), setup).await;
    ended(&rig.sync().await, Outcome::Success);
    assert_eq!(lines_written(&rig), Lines { added: 1, ..Lines::default() });
    let wanted = ["1 @2026-09-01..2026-09-30 359.31/312.44"];
    assert_eq!(lines(&rig, "harbour", AZURE).await, wanted);
    settled(&rig).await;
    rig
}

/// Other figures for the same month.
async fn other_figures(rig: &Rig) {
    let days = ("2026-09-01", "2026-09-30");
    issued_anew(rig, &[Billed { days, units: 1, prices: ("318.00", "365.70") }]).await;
}

#[tokio::test]
async fn cw13_azure_is_an_addition_of_its_month_and_other_figures_amend_it() {
    let mut rig = azure().await;
    other_figures(&rig).await;
    let report = synced_again(&rig).await;
    ended(&report, Outcome::Success);
    assert_eq!(lines_written(&rig), Lines { amended: 1, ..Lines::default() });
    let wanted = ["1 @2026-09-01..2026-09-30 365.70/318.00"];
    assert_eq!(lines(&rig, "harbour", AZURE).await, wanted);
    settled(&rig).await;
    assert_eq!(invoice(&rig, "harbour", "2026-09").await.money(), ("365.70", "318.00"));
    rig.month_passes().await;
    assert!(rig.sync().await.header.status < Outcome::Failure);
    wrote_nothing(&rig);
    assert_eq!(lines(&rig, "harbour", AZURE).await, wanted);
    assert_eq!(invoice(&rig, "harbour", "2026-10").await.amount, "0.00");
}

#[tokio::test]
async fn cw13_once_its_month_is_invoiced_other_figures_are_told_with_the_difference() {
    let rig = azure().await;
    assert_eq!(invoice(&rig, "harbour", "2026-09").await.money(), ("359.31", "312.44"));
    other_figures(&rig).await;
    let report = synced_again(&rig).await;
    ended(&report, Outcome::Warning);
    wrote_nothing(&rig);
    let stands = ["1 @2026-09-01..2026-09-30 359.31/312.44"];
    assert_eq!(lines(&rig, "harbour", AZURE).await, stands);
    assert!(says(&warnings(&report), "6.39 of it is not billed"), "{}", pretty(&report));
}

/// Where one of our additions begins inside the month, a price from the first reaches that one too (sync-rules 10.7).
#[rstest]
#[case::new_additions(false, &["5 @2026-09-01 8.40/7.25", "1 @2026-09-19 8.40/7.25"])]
#[case::beside_an_older_one(true, &[
    "5 @2026-08-01..2026-08-31 8.00/6.90", "1 @2026-09-19 8.40/7.25", "5 @2026-09-01 8.40/7.25"])]
#[tokio::test]
async fn an_invoice_issued_anew_at_another_price_reaches_what_begins_inside_the_month(
    #[case] older: bool,
    #[case] wanted: &[&str],
) {
    let rig = super::free_lines::five_and_one(older).await;
    let prices = ("7.25", "8.40");
    let first = Billed { days: ("2026-09-01", "2026-09-18"), units: 5, prices };
    let second = Billed { days: ("2026-09-19", "2026-09-30"), units: 6, prices };
    issued_anew(&rig, &[first, second]).await;
    let report = synced_again(&rig).await;
    ended(&report, Outcome::Success);
    assert_eq!(lines(&rig, "harbour", BASIC).await, wanted, "{}", pretty(&report));
    let stands = [(if older { "2026-08-01" } else { "2026-09-01" }, 5), ("2026-09-19", 6)];
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&stands));
    settled(&rig).await;
    // 5 × 8.40 and 3.36; 5 × 7.25 and 2.90.
    assert_eq!(invoice(&rig, "harbour", "2026-09").await.money(), ("45.36", "39.15"));
}

/// In September and October it was invoiced at 8.00; both additions follow from November on.
#[tokio::test]
async fn once_it_is_invoiced_both_take_the_price_from_the_first_day_that_is_not() {
    let rig = super::free_lines::five_and_one(true).await;
    invoiced_through(&rig, "2026-10-31").await;
    let prices = ("7.25", "8.40");
    let first = Billed { days: ("2026-09-01", "2026-09-18"), units: 5, prices };
    let second = Billed { days: ("2026-09-19", "2026-09-30"), units: 6, prices };
    issued_anew(&rig, &[first, second]).await;
    let report = synced_again(&rig).await;
    ended(&report, Outcome::Warning);
    let wanted = [
        "5 @2026-08-01..2026-10-31 8.00/6.90",
        "1 @2026-09-19..2026-10-31 8.00/6.90",
        "6 @2026-11-01 8.40/7.25",
    ];
    assert_eq!(lines(&rig, "harbour", BASIC).await, wanted, "{}", pretty(&report));
    // 5 × 0.40 × 2, and 0.16 and 0.40 of the one from the 19th.
    assert!(says(&warnings(&report), "4.56 of it is not billed"), "{}", pretty(&report));
    settled(&rig).await;
    assert_eq!(invoice(&rig, "harbour", "2026-11").await.money(), ("50.40", "43.50"));
}

/// The month before is billed and stays as it is.
#[tokio::test]
async fn cw13_other_figures_leave_the_month_before_as_it_was_invoiced() {
    let scenario =
        Scenario::month("2026-08").azure_product(AZURE, "Azure plan").tenant("harbour", |tenant| {
            tenant.subscription(AZURE, |bought| {
                bought.used("2026-08", "100.00", "115.00").used("2026-09", "312.44", "359.31")
            })
        });
    let setup =
        Setup { azure: true, month: AUGUST, target: Target::Connectwise, ..Setup::default() };
    let rig = crate::checks::september_after_august(scenario, setup).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Success);
    assert_eq!(notes(&report), Vec::<&_>::new(), "that August's unit ended is our own write (4.9)");
    assert_eq!(lines_written(&rig), Lines { added: 1, ..Lines::default() });
    other_figures(&rig).await;
    ended(&synced_again(&rig).await, Outcome::Success);
    assert_eq!(lines_written(&rig), Lines { amended: 1, ..Lines::default() });
    let wanted =
        ["1 @2026-08-01..2026-08-31 115.00/100.00", "1 @2026-09-01..2026-09-30 365.70/318.00"];
    assert_eq!(lines(&rig, "harbour", AZURE).await, wanted);
    settled(&rig).await;
    assert_eq!(invoice(&rig, "harbour", "2026-09").await.money(), ("365.70", "318.00"));
}
