//! Credits and refunds: what is not synced and yet changes what a service ought to bill is told with its money.

use prism_connect::domain::outcome::Outcome;

use crate::{
    checks::{
        AUGUST, BASIC, SEPTEMBER, Writes, bill, ended, ledger, notes, ready_with, says, settled,
        steps, subscriptions, units, warnings, world, writes,
    },
    rig::{Rig, Setup, pretty},
    scenario::Scenario,
};

const E1: &str = "CFQ7TTC0LF8Q:0001";
const AZURE: &str = "DZH318Z0BPS6:0001";
const OFFER: &str = "Microsoft 365 Business Basic (NCE Product)";
const REST: (&str, &str) = ("2026-09-25", "2026-09-30");

/// Basic 10 for September with its last six days refunded, E1 10 for these days.
fn replaced() -> Scenario {
    world("2026-09")
        .product(E1, "Office 365 E1", "6.90", "8.00")
        .tenant("harbour", |tenant| {
            tenant
                .subscription(BASIC, |bought| {
                    bought.named("basic").span("2026-09-01", "2026-09-30", 10)
                })
                .subscription(E1, |bought| bought.from("2026-09-25", 10))
        })
        .invoice("2026-09", |invoice| {
            invoice.line(OFFER, REST, |line| {
                line.of("harbour", "basic")
                    .quantity(10)
                    .price("-6.90", "-8.00")
                    .description("Refund")
            })
        })
}

async fn september(scenario: Scenario, azure: bool) -> Rig {
    ready_with(scenario, Setup { month: SEPTEMBER, azure, ..Setup::default() }).await
}

#[tokio::test]
async fn a10_a_refund_of_a_synced_subscription_warns_with_what_is_billed_too_much() {
    let rig = september(replaced(), false).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    assert_eq!(bill(&rig, "harbour", "2026-09").await, "96.00");
    let text = "its bill is 16.00 more than the invoice at RRP (13.80 at cost)";
    let told: Vec<_> = subscriptions(&report)
        .filter(|row| row.warnings.iter().any(|found| found.text.contains(text)))
        .map(|row| row.sku.clone())
        .collect();
    assert_eq!(told, [Some(BASIC.to_owned())], "{}", pretty(&report));
    assert_eq!(warnings(&report).len(), 1);
    let [excluded] = &ledger(&report).excluded[..] else { panic!("{}", pretty(&report)) };
    assert_eq!(
        (excluded.reason.as_str(), excluded.amount.to_string()),
        ("credit or negative amount", "-13.80".to_owned())
    );
    settled(&rig).await;
}

#[tokio::test]
async fn a10_a_line_without_subscription_warns_where_it_names_a_product_that_is_synced() {
    let scenario = world("2026-09")
        .tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| bought.from("2026-09-01", 5))
        })
        .invoice("2026-09", |invoice| {
            invoice
                .line(OFFER, ("2026-09-01", "2026-09-30"), |line| {
                    line.of("harbour", "").quantity(2).price("6.90", "8.00")
                })
                .line("Premium support", ("2026-09-01", "2026-09-30"), |line| {
                    line.of("harbour", "").price("99.00", "120.00")
                })
        });
    let rig = september(scenario, false).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-09-01", 5)]));
    let text = "its bill is 16.00 less than the invoice at RRP (13.80 at cost)";
    assert!(says(&warnings(&report), text), "{}", pretty(&report));
    assert_eq!(ledger(&report).excluded[0].lines, 2);
    settled(&rig).await;
}

fn usage(refund: (&str, &str)) -> Scenario {
    world("2026-08")
        .azure_product(AZURE, "Azure plan")
        .tenant("harbour", |tenant| {
            tenant.subscription(AZURE, |bought| {
                bought
                    .named("azure")
                    .used("2026-08", "80.00", "92.00")
                    .used("2026-09", "50.00", "57.50")
            })
        })
        .invoice("2026-09", |invoice| {
            invoice.line("Azure plan", ("2026-09-01", "2026-09-30"), |line| {
                line.of("harbour", "azure").price(refund.0, refund.1).ratio("1")
            })
        })
}

async fn september_usage(refund: (&str, &str)) -> Rig {
    let setup = Setup { month: AUGUST, azure: true, ..Setup::default() };
    let mut rig = ready_with(usage(refund), setup).await;
    ended(&rig.sync().await, Outcome::Success);
    rig.month_passes().await;
    rig
}

#[tokio::test]
async fn a10_refunds_of_azure_usage_count_net() {
    let rig = september_usage(("-20.00", "-23.00")).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Success);
    assert_eq!(notes(&report), Vec::<&_>::new(), "that August's unit ended is our own write (4.9)");
    assert_eq!(bill(&rig, "harbour", "2026-09").await, "34.50");
    assert_eq!(ledger(&report).synced.to_string(), "30.00");
    settled(&rig).await;
}

#[tokio::test]
async fn a10_azure_usage_that_sums_below_nothing_is_excluded_with_a_warning_and_quantity_nothing() {
    let rig = september_usage(("-60.00", "-69.00")).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 0 });
    let stands = units(&rig, "harbour", AZURE).await;
    assert_eq!(stands, steps(&[("2026-08-01", 1), ("2026-09-01", 0)]));
    assert_eq!(bill(&rig, "harbour", "2026-09").await, "0.00");
    let text = "sum to -11.50 at RRP (-10.00 at cost)";
    assert!(says(&warnings(&report), text), "{}", pretty(&report));
    let [excluded] = &ledger(&report).excluded[..] else { panic!("{}", pretty(&report)) };
    assert_eq!((excluded.lines, excluded.amount.to_string()), (2, "-10.00".to_owned()));
    settled(&rig).await;
}
