//! A1: what a new row on a contract bills, whatever the server makes of `unitPrice` and `unitCost` when the row is made.

use prism_connect::domain::outcome::Outcome;
use rstest::rstest;
use serde_json::{Value, json};

use crate::{
    checks::{
        AUGUST, BASIC, SEPTEMBER, Writes, attention, bill, ended, errors, priced, ready,
        ready_with, says, settled, subscriptions, warnings, world, writes,
    },
    rig::{Rig, Setup, pretty},
    scenario::Scenario,
};

/// Two customers of September at 8.00 and 6.90; the price list, and so the service, is 1.50 above that by October.
fn dearer_catalogue() -> Scenario {
    let scenario = world("2026-09").price_from(BASIC, "2026-10-01", "8.40", "9.50");
    let scenario = scenario.tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| bought.from("2026-09-01", 14))
    });
    scenario.tenant("meadow", |tenant| {
        tenant.subscription(BASIC, |bought| {
            bought.span("2026-09-01", "2026-09-18", 5).from("2026-09-19", 6)
        })
    })
}

async fn assuming(assumptions: &Value) -> Rig {
    let rig = ready(dearer_catalogue(), SEPTEMBER).await;
    rig.control("assumptions", assumptions).await;
    rig
}

/// Both rows bill the invoice's prices from their first day on.
async fn bills_the_invoice(rig: &Rig) {
    assert_eq!(priced(rig, "harbour").await, ["2026-09-01 14 8.0000 6.9000"]);
    let meadow = ["2026-09-01 5 8.0000 6.9000", "2026-09-19 6 8.0000 6.9000"];
    assert_eq!(priced(rig, "meadow").await, meadow);
    assert_eq!(bill(rig, "harbour", "2026-09").await, "112.00");
    assert_eq!(bill(rig, "meadow", "2026-09").await, "43.20");
    assert_eq!(bill(rig, "meadow", "2026-10").await, "48.00");
}

#[rstest]
#[case::taken(json!({}))]
#[case::ignored(json!({"opening_price": "ignore"}))]
#[case::read_only_by_metadata(json!({"opening_price_metadata": "read_only"}))]
#[case::ignored_and_read_only(
    json!({"opening_price": "ignore", "opening_price_metadata": "read_only"}))]
#[case::refused_and_read_only(
    json!({"opening_price": "refuse", "opening_price_metadata": "read_only"}))]
#[tokio::test]
async fn a01_a_new_row_bills_the_invoices_price_whatever_the_server_makes_of_it_on_create(
    #[case] assumptions: Value,
) {
    let rig = assuming(&assumptions).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Success);
    assert_eq!(writes(&rig), Writes { rows: 2, adjustments: 3 });
    bills_the_invoice(&rig).await;
    settled(&rig).await;
    bills_the_invoice(&rig).await;
    assert_eq!(attention(&rig).await, []);
}

#[tokio::test]
async fn a01_a_member_that_metadata_calls_read_only_is_not_sent_on_create() {
    for (metadata, given) in [("writable", Some("8.00")), ("read_only", None)] {
        let rig = assuming(&json!({ "opening_price_metadata": metadata })).await;
        let report = rig.sync().await;
        let price = |price: Option<prism_connect::domain::Money>| price.map(|it| it.to_string());
        for row in subscriptions(&report) {
            let [made, first, ..] = &row.writes[..] else { panic!("{}", pretty(&report)) };
            assert_eq!(made.kind.as_str(), "create_contract_service");
            assert_eq!(price(made.unit_price).as_deref(), given, "{metadata}");
            assert_eq!(
                price(first.unit_price).as_deref(),
                Some("8.00"),
                "the first units repeat it"
            );
            assert_eq!(price(first.unit_cost).as_deref(), Some("6.90"));
        }
    }
}

#[tokio::test]
async fn a01_a_row_that_was_made_before_the_process_died_opens_at_the_invoices_price() {
    let mut rig = assuming(&json!({"opening_price": "ignore"})).await;
    assert!(rig.killed_in(1).await, "it dies after the first row was made");
    // The run that was cut off is finished first; this is the one after it.
    ended(&rig.sync().await, Outcome::NoChange);
    bills_the_invoice(&rig).await;
    settled(&rig).await;
}

#[tokio::test]
async fn a01_an_opening_price_that_never_comes_is_a_warning_with_its_money() {
    let rig = assuming(&json!({"opening_price": "ignore", "reprice": "ignore"})).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    assert!(
        subscriptions(&report).all(|row| row.status == Outcome::Warning),
        "{}",
        pretty(&report)
    );
    let warnings = warnings(&report);
    let text = "The unit price 8.00 from 2026-09-01 was accepted and not applied: it reads 9.50, 21.00 a month too much.";
    assert!(says(&warnings, text), "{}", pretty(&report));
    let text = "The unit cost 6.90 from 2026-09-01 was accepted and not applied: it reads 8.40, 9.00 a month too much.";
    assert!(says(&warnings, text), "{}", pretty(&report));
    assert_eq!(bill(&rig, "harbour", "2026-09").await, "133.00", "14 × 9.50: as it was told");
}

/// Nothing foretold it: that is a refusal like any other, told in the server's words, and nothing is written.
#[tokio::test]
async fn a01_a_refusal_that_metadata_did_not_foretell_is_told_and_retried_once_it_does() {
    let mut rig = assuming(&json!({"opening_price": "refuse"})).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    assert!(says(&errors(&report), "unitPrice"), "{}", pretty(&report));
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 0 });
    rig.control("assumptions", &json!({"opening_price_metadata": "read_only"})).await;
    rig.go_to(SEPTEMBER).await;
    ended(&rig.sync().await, Outcome::Success);
    bills_the_invoice(&rig).await;
    settled(&rig).await;
}

#[tokio::test]
async fn a01_azure_opens_at_the_months_own_price() {
    let scenario = Scenario::month("2026-09").azure_product("DZH318Z0BPS6:0001", "Azure plan");
    let scenario = scenario.tenant("harbour", |tenant| {
        tenant
            .subscription("DZH318Z0BPS6:0001", |bought| bought.used("2026-09", "312.44", "359.31"))
    });
    let setup = Setup { azure: true, month: SEPTEMBER, ..Setup::default() };
    let rig = ready_with(scenario, setup).await;
    rig.control("assumptions", &json!({"opening_price": "ignore"})).await;
    ended(&rig.sync().await, Outcome::Success);
    assert_eq!(bill(&rig, "harbour", "2026-09").await, "359.31");
    assert_eq!(bill(&rig, "harbour", "2026-10").await, "0.00");
    settled(&rig).await;
}

/// What the operator sells at is the operator's from the second month on, not from before the row was there.
#[tokio::test]
async fn a01_a_row_opens_at_the_invoices_price_where_only_costs_are_synced_too() {
    use prism_connect::domain::mapping::PricingStrategy;
    let setup = Setup { month: AUGUST, ..Setup::default() };
    let scenario = world("2026-08").price_from(BASIC, "2026-09-01", "8.40", "9.50");
    let scenario = scenario.tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| bought.from("2026-08-01", 6))
    });
    let mut rig = Rig::ready(scenario.world(), setup).await;
    rig.map_all(|draft| draft.pricing = Some(PricingStrategy::CostOnly)).await;
    rig.control("assumptions", &json!({"opening_price": "ignore"})).await;
    ended(&rig.sync().await, Outcome::Success);
    assert_eq!(priced(&rig, "harbour").await, ["2026-08-01 6 8.0000 6.9000"]);
    rig.month_passes().await;
    ended(&rig.sync().await, Outcome::Success);
    let both = ["2026-08-01 6 8.0000 6.9000", "2026-09-01 6 8.0000 8.4000"];
    assert_eq!(priced(&rig, "harbour").await, both);
}
