//! What the source says twice must agree: a line that names two customers, or a day with an hour, is nobody's to guess.

use prism_connect::{domain::outcome::Outcome, sim::world::Scenario};

use crate::{
    checks::{
        AUGUST, BASIC, OTHER, SEPTEMBER, Writes, ended, errors, ledger, ready, steps, units, world,
        writes,
    },
    rig::pretty,
};

const OFFER: &str = "Microsoft 365 Business Basic (NCE Product)";
const WHOLE: (&str, &str) = ("2026-09-01", "2026-09-30");
const UNKNOWN: &str = "7d7f2f0a-4c9c-4f0c-9a52-0b7f7f1f2b11";

/// Two customers with 5 and 4 seats, each with 2 of another service; in September 7 more are billed to an unknown subscription with
/// the domain of the second and the customer name of the first.
fn contradicting() -> Scenario {
    let tenant = |seats: i64| {
        move |tenant: prism_connect::sim::world::TenantPlan| {
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
    let readings: Vec<_> = found.iter().filter(|found| found.code == "two_readings").collect();
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
