//! What the source says twice must agree: a line that names two customers, or a day with an hour, is nobody's to guess.

use prism_connect::{domain::outcome::Outcome, engine::protocol::Scope};
use rstest::rstest;
use serde_json::{Value, json};

use crate::{
    checks::{
        AUGUST, BASIC, OTHER, SEPTEMBER, Writes, contract, ended, errors, ledger, ready, says,
        settled, steps, units, world, writes,
    },
    rig::{Rig, pretty},
    scenario::Scenario,
};

const OFFER: &str = "Microsoft 365 Business Basic (NCE Product)";
const WHOLE: (&str, &str) = ("2026-09-01", "2026-09-30");
const UNKNOWN: &str = "7d7f2f0a-4c9c-4f0c-9a52-0b7f7f1f2b11";

/// Two customers with 5 and 4 seats, each with 2 of another service; in September 7 more are billed to an unknown subscription with
/// the domain of the second and the customer name of the first.
fn contradicting() -> Scenario {
    let tenant = |seats: i64| {
        move |tenant: crate::scenario::tenants::TenantPlan| {
            tenant
                .subscription(BASIC, move |bought| bought.from("2026-08-01", seats))
                .subscription(OTHER, |bought| bought.from("2026-09-01", 2))
        }
    };
    world("2026-08").tenant("harbour", tenant(5)).tenant("marina", tenant(4)).invoice(
        "2026-09",
        |invoice| {
            invoice.line(OFFER, WHOLE, |line| {
                line.of("marina", UNKNOWN)
                    .quantity(7)
                    .price("6.90", "8.00")
                    .cell("CustomerName", "harbour Pty Ltd")
            })
        },
    )
}

#[tokio::test]
async fn a15_an_unknown_subscription_that_names_two_customers_fails_for_both_and_no_other_service()
{
    let mut rig = ready(contradicting(), AUGUST).await;
    ended(&rig.sync().await, Outcome::Success);
    rig.month_passes().await;
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    for (tenant, seats) in [("harbour", 5), ("marina", 4)] {
        assert_eq!(units(&rig, tenant, BASIC).await, steps(&[("2026-08-01", seats)]));
        assert_eq!(units(&rig, tenant, OTHER).await, steps(&[("2026-09-01", 2)]));
    }
    assert_eq!(writes(&rig), Writes { rows: 2, adjustments: 2 });
    let found = errors(&report);
    let readings: Vec<_> =
        found.iter().filter(|found| found.code.as_str() == "two_readings").collect();
    assert_eq!(readings.len(), 2, "{}", pretty(&report));
    let text = "its domain marina.onmicrosoft.com is marina Pty Ltd’s, its customer name is “harbour Pty Ltd”";
    assert!(readings.iter().all(|found| found.text.contains(text)), "{}", pretty(&report));
    // 7, 5 and 4 seats at 6.90: each line in one place.
    assert_eq!(ledger(&report).failed.to_string(), "110.40");
    assert_eq!(ledger(&report).synced.to_string(), "50.00");
}

#[tokio::test]
async fn a15_a_name_that_nobody_else_has_contradicts_nothing() {
    let scenario =
        world("2026-09").tenant("harbour", |tenant| tenant).invoice("2026-09", |invoice| {
            invoice.line(OFFER, WHOLE, |line| {
                line.of("harbour", UNKNOWN)
                    .quantity(7)
                    .price("6.90", "8.00")
                    .cell("CustomerName", "Harbour Holdings")
            })
        });
    let rig = ready(scenario, SEPTEMBER).await;
    ended(&rig.sync().await, Outcome::Success);
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-09-01", 7)]));
}

/// Harbour with 5 and 2 seats since August, of which September is due, and marina beside it with 4.
pub async fn two_customers() -> Rig {
    let scenario = world("2026-08")
        .tenant("harbour", |tenant| {
            tenant
                .subscription(BASIC, |bought| {
                    bought.named("basic").span("2026-08-01", "2026-08-31", 5).from("2026-09-01", 6)
                })
                .subscription(OTHER, |bought| bought.from("2026-09-01", 2))
        })
        .tenant("marina", |tenant| {
            tenant.subscription(BASIC, |bought| bought.from("2026-09-01", 4))
        });
    let mut rig = ready(scenario, AUGUST).await;
    ended(&rig.sync().await, Outcome::Success);
    rig.month_passes().await;
    rig
}

pub async fn odd(rig: &Rig, kind: &str, chosen: Value, set: Value) {
    let row = json!({"system": "prism", "kind": kind, "where": chosen, "set": set});
    rig.control("odd", &json!({ "rows": [row] })).await;
}

/// One row of the invoice is odd: its service keeps what it has, everything else is synced, and the next sync mends it.
#[rstest]
#[case::a_time_of_day("ChargeStartDate", "2026-09-01T10:30:00.0000000+00:00", "has a time of day")]
#[case::the_end_of_a_day("ChargeEndDate", "2026-09-30T23:59:59.0000000+00:00", "has a time of day")]
#[case::an_impossible_day("ChargeEndDate", "2026-09-31T00:00:00.0000000+00:00", "is no day")]
#[case::no_number("Quantity", "six", "Quantity: “six” is no number")]
#[case::nothing("UnitPrice", "", "UnitPrice: “” is no number")]
#[case::an_unreadable_sum("SubTotal", "41,40", "SubTotal: “41,40” is no number")]
#[tokio::test]
async fn a15_an_odd_line_fails_its_own_service_and_no_other(
    #[case] column: &str,
    #[case] cell: &str,
    #[case] text: &str,
) {
    let rig = two_customers().await;
    odd(&rig, "lines", json!({"Quantity": 6}), json!({ column: cell })).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-08-01", 5)]));
    assert_eq!(units(&rig, "harbour", OTHER).await, steps(&[("2026-09-01", 2)]));
    assert_eq!(units(&rig, "marina", BASIC).await, steps(&[("2026-09-01", 4)]));
    assert!(says(&errors(&report), text), "{}", pretty(&report));
    assert_eq!(ledger(&report).failed.to_string(), "41.40");
    mended(&rig).await;
}

/// PRISM serves nothing odd any more.
pub async fn nothing_odd(rig: &Rig) {
    let client = crate::loopback::client();
    let gone = client.delete(rig.url("odd")).send().await.expect("an answer");
    assert!(gone.status().is_success());
    rig.no_faults().await;
}

/// Once the source is right again, the next sync finishes what failed.
pub async fn mended(rig: &Rig) {
    nothing_odd(rig).await;
    ended(&rig.sync().await, Outcome::Success);
    let stands = [("2026-08-01", 5), ("2026-09-01", 6)];
    assert_eq!(units(rig, "harbour", BASIC).await, steps(&stands));
    settled(rig).await;
}

#[tokio::test]
async fn a15_a_tenant_without_an_id_fails_what_it_bought_and_no_other_customer() {
    let rig = two_customers().await;
    let domain = json!({"TenantDomain": "harbour.onmicrosoft.com"});
    odd(&rig, "tenants", domain, json!({"TenantId": null})).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-08-01", 5)]));
    assert_eq!(units(&rig, "harbour", OTHER).await, []);
    assert_eq!(units(&rig, "marina", BASIC).await, steps(&[("2026-09-01", 4)]));
    assert!(says(&errors(&report), "has no TenantId"), "{}", pretty(&report));
    mended(&rig).await;
    assert_eq!(units(&rig, "harbour", OTHER).await, steps(&[("2026-09-01", 2)]));
}

#[tokio::test]
async fn a15_a_product_whose_price_cannot_be_read_is_told_and_the_rest_of_the_list_goes_on() {
    let rig = two_customers().await;
    let sku = json!({ "ProductSku": OTHER });
    odd(&rig, "products", sku, json!({"UnitPrice": "twelve", "RetailUnitPrice": "fifteen"})).await;
    let report = rig.sync_scope(Scope::Products).await;
    assert_eq!(report.header.status, Outcome::Failure, "{}", pretty(&report));
    let of = |sku: &str| {
        let row = report.products.iter().find(|row| row.product.eq_ignore_ascii_case(sku));
        row.unwrap_or_else(|| panic!("{sku}: {}", pretty(&report)))
    };
    let (odd, sound) = (of(OTHER), of(BASIC));
    assert_eq!((odd.status, sound.status), (Outcome::Failure, Outcome::NoChange));
    assert_eq!(odd.error.as_ref().map(|found| found.code.as_str()), Some("odd_product"));
    ended(&rig.sync().await, Outcome::Success);
    let told =
        rig.look(&format!("autotask/contracts/{}/timeline", contract(&rig, "harbour"))).await;
    assert_eq!(told.as_array().map(Vec::len), Some(2), "lines need no price list");
}
