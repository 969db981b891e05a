//! A line must agree with itself and with the price list: one edited figure is not written to a contract.

use prism_connect::domain::outcome::Outcome;
use rstest::rstest;

use crate::{
    checks::{
        AUGUST, BASIC, OTHER, SEPTEMBER, Writes, bill, ended, errors, ledger, ready, ready_with,
        says, settled, steps, subscriptions, units, warnings, world, writes,
    },
    rig::{Rig, Setup, pretty},
    scenario::{Scenario, invoices::LinePlan},
};

const OFFER: &str = "Microsoft 365 Business Basic (NCE Product)";
const WHOLE: (&str, &str) = ("2026-09-01", "2026-09-30");

/// 9 seats at 7.41 and 9.06 that one line bills as `edit` says, beside 2 seats of another service.
fn edited(edit: impl FnOnce(LinePlan) -> LinePlan) -> Scenario {
    world("2026-09")
        .price_from(BASIC, "2026-01-01", "7.41", "9.06")
        .tenant("harbour", |tenant| {
            tenant
                .subscription(BASIC, |bought| bought.named("basic"))
                .subscription(OTHER, |bought| bought.from("2026-09-01", 2))
        })
        .invoice("2026-09", |invoice| {
            invoice.line(OFFER, WHOLE, |line| {
                edit(line.of("harbour", "basic").quantity(9).price("7.41", "9.06"))
            })
        })
}

async fn fails_alone(scenario: Scenario, text: &str) {
    let rig = ready(scenario, SEPTEMBER).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    assert_eq!(units(&rig, "harbour", BASIC).await, []);
    assert_eq!(units(&rig, "harbour", OTHER).await, steps(&[("2026-09-01", 2)]));
    assert_eq!(writes(&rig), Writes { rows: 1, adjustments: 1 });
    assert_eq!(bill(&rig, "harbour", "2026-09").await, "30.00");
    let errors = errors(&report);
    let [error] = &errors[..] else { panic!("{}", pretty(&report)) };
    assert_eq!(error.code.as_str(), "line_disagrees");
    assert!(error.text.contains(text), "{}", error.text);
    assert_eq!(
        (ledger(&report).failed.to_string(), ledger(&report).synced.to_string()),
        ("66.69".to_owned(), "25.00".to_owned())
    );
}

#[rstest]
#[case::a_quantity_ten_times_too_large("Quantity", "90", "comes to 666.90")]
#[case::an_rrp_a_thousand_times_too_large("UnitPriceRrp", "9060", "comes to 81,540.00")]
#[case::a_negative_rrp("UnitPriceRrp", "-8", "retail unit price is -8.00")]
#[case::an_rrp_of_next_to_nothing("UnitPriceRrp", "0.00001", "its subtotal says 81.54")]
#[case::a_cost_price("UnitPrice", "74.1", "comes to 666.90")]
#[case::a_negative_cost_price("UnitPrice", "-7.41", "cost unit price is -7.41")]
#[case::a_ratio("BillableRatio", "0.5", "comes to 33.35")]
#[case::a_retail_subtotal("SubTotalRrp", "815.4", "its subtotal says 815.40")]
#[tokio::test]
async fn a14_a_line_of_which_one_figure_was_edited_fails_its_service_alone(
    #[case] column: &str,
    #[case] edit: &str,
    #[case] text: &str,
) {
    let kept = |line: LinePlan| {
        let line = line.cell("SubTotal", "66.69");
        let line = if column == "SubTotalRrp" { line } else { line.cell("SubTotalRrp", "81.54") };
        line.cell(column, edit)
    };
    fails_alone(edited(kept), text).await;
}

#[rstest]
#[case::far_above("90.7", "its retail unit price is 90.70, the price list's is 9.06")]
#[case::far_below("0.9", "its retail unit price is 0.90, the price list's is 9.06")]
#[tokio::test]
async fn a14_an_rrp_that_is_no_price_of_the_product_fails_though_its_line_agrees(
    #[case] retail: &str,
    #[case] text: &str,
) {
    fails_alone(edited(|line| line.price("7.41", retail)), text).await;
}

#[tokio::test]
async fn a14_a_line_that_rounds_by_the_seat_and_a_free_one_agree() {
    let scenario = world("2026-08")
        .tenant("harbour", |tenant| {
            tenant
                .subscription(BASIC, |bought| bought.named("basic"))
                .subscription(OTHER, |bought| bought.from("2026-08-01", 2).at("0", "0"))
        })
        .invoice("2026-08", |invoice| {
            invoice.line(OFFER, ("2026-08-21", "2026-08-31"), |line| {
                line.of("harbour", "basic")
                    .quantity(7)
                    .price("5.00", "9.99")
                    .cell("SubTotalRrp", "24.78")
            })
        });
    let rig = ready(scenario, AUGUST).await;
    ended(&rig.sync().await, Outcome::Success);
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-08-21", 7)]));
    assert_eq!(units(&rig, "harbour", OTHER).await, steps(&[("2026-08-01", 2)]));
    settled(&rig).await;
}

/// 9 seats for 9.06 instead of 90.
fn ninety() -> Scenario {
    edited(|line| {
        line.cell("SubTotal", "66.69").cell("SubTotalRrp", "81.54").cell("Quantity", "90")
    })
}

async fn checked(scenario: Scenario, config: &'static str) -> Rig {
    ready_with(scenario, Setup { month: SEPTEMBER, config, ..Setup::default() }).await
}

#[tokio::test]
async fn a14_by_the_setting_such_a_line_is_synced_with_a_warning_or_without() {
    for (config, outcome, told) in [
        ("[policies]\nline_check = \"warn\"\n", Outcome::Warning, vec!["line_disagrees"]),
        ("[policies]\nline_check = \"off\"\n", Outcome::Success, vec![]),
    ] {
        let rig = checked(ninety(), config).await;
        let report = rig.sync().await;
        ended(&report, outcome);
        assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-09-01", 90)]));
        let codes: Vec<&str> = warnings(&report).iter().map(|found| found.code.as_str()).collect();
        assert_eq!(codes, told);
    }
}

#[tokio::test]
async fn a14_a_disagreeing_line_of_a_standing_service_takes_no_seats_away_and_its_siblings_wait() {
    let scenario = world("2026-08")
        .tenant("harbour", |tenant| {
            tenant
                .subscription(BASIC, |bought| bought.from("2026-08-01", 5))
                .subscription(BASIC, |bought| {
                    bought.named("edited").span("2026-08-01", "2026-08-31", 3)
                })
        })
        .invoice("2026-09", |invoice| {
            invoice.line(OFFER, WHOLE, |line| {
                line.of("harbour", "edited")
                    .quantity(30)
                    .price("6.90", "8.00")
                    .cell("SubTotal", "20.70")
                    .cell("SubTotalRrp", "24")
            })
        });
    let mut rig = ready(scenario, AUGUST).await;
    ended(&rig.sync().await, Outcome::Success);
    rig.month_passes().await;
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    assert_eq!(subscriptions(&report).filter(|row| row.status == Outcome::Failure).count(), 2);
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 0 });
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-08-01", 8)]));
}

/// Billed for the whole month, 4 of it on 11 days: 4 × 8.00 × (1 − 12/30) = 19.20 less than the invoice.
#[tokio::test]
async fn a14_a_ratio_that_is_not_the_share_of_days_is_told_with_its_money() {
    let scenario = world("2026-09")
        .tenant("harbour", |tenant| tenant.subscription(BASIC, |bought| bought.named("basic")))
        .invoice("2026-09", |invoice| {
            invoice.line(OFFER, ("2026-09-19", "2026-09-30"), |line| {
                line.of("harbour", "basic").quantity(4).price("6.90", "8.00").ratio("1")
            })
        });
    let rig = ready(scenario, SEPTEMBER).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-09-19", 4)]));
    let text = "bills 4 from 2026-09-19 to 2026-09-30 for 1 of the month, and these days are 0.4: the contract bills \
                19.20 less than the invoice at RRP (16.56 at cost)";
    assert!(says(&warnings(&report), text), "{}", pretty(&report));
    settled(&rig).await;
}

#[tokio::test]
async fn a14_two_lines_of_one_subscription_on_one_day_are_told_with_their_seats_and_money() {
    let scenario = world("2026-09")
        .tenant("harbour", |tenant| tenant.subscription(BASIC, |bought| bought.named("basic")))
        .invoice("2026-09", |invoice| {
            let line = |quantity: i64| {
                move |line: LinePlan| {
                    line.of("harbour", "basic").quantity(quantity).price("6.90", "8.00")
                }
            };
            invoice.line(OFFER, ("2026-09-01", "2026-09-18"), line(5)).line(
                OFFER,
                ("2026-09-16", "2026-09-30"),
                line(6),
            )
        });
    let rig = ready(scenario, SEPTEMBER).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    let stands = [("2026-09-01", 5), ("2026-09-16", 11), ("2026-09-19", 6)];
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&stands));
    let text = "from 2026-09-16 to 2026-09-18, 5 and 6 seats: they are added up, the second one comes to 4.80";
    assert!(says(&warnings(&report), text), "{}", pretty(&report));
    settled(&rig).await;
}
