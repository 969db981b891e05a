//! A2: a price that was accepted and is not there is owed, and is not the same as one set by hand.

use prism_connect::{
    domain::outcome::Outcome,
    engine::{
        protocol::{SyncRequest, command},
        views::AttentionView,
    },
};
use serde_json::json;

use crate::{
    checks::{
        BASIC, Writes, attention, bill, by_another, contract, customers, ended, notes, priced, row,
        says, september_after_august, settled, warnings, world, writes,
    },
    rig::{Rig, Setup, pretty},
    scenario::Scenario,
};

/// Six seats from August on, at 8.40 from September on.
fn dearer() -> Scenario {
    world("2026-08").price_from(BASIC, "2026-09-01", "6.90", "8.40").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| bought.from("2026-08-01", 6))
    })
}

async fn recheck(rig: &Rig) -> prism_connect::domain::run::RunReport {
    rig.sync_as(SyncRequest { recheck: true, ..customers() }).await
}

async fn owed(rig: &Rig) -> Vec<AttentionView> {
    let mut all = attention(rig).await;
    all.retain(|one| one.text.contains("not applied"));
    all
}

const TEXT: &str = "The unit price 8.40 from 2026-09-01 was accepted and not applied: it reads 8.00, 2.40 a month too little.";

/// September's re-price was accepted and not applied.
async fn ignored() -> Rig {
    let rig = september_after_august(dearer(), Setup::default()).await;
    rig.control("assumptions", &json!({"reprice": "ignore"})).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    assert!(says(&warnings(&report), TEXT), "{}", pretty(&report));
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 1 });
    rig
}

#[tokio::test]
async fn a02_a_price_that_is_not_applied_stays_on_the_list_until_a_reading_shows_it() {
    let rig = ignored().await;
    let [one] = &owed(&rig).await[..] else { panic!("{:?}", attention(&rig).await) };
    assert!(one.text.contains(TEXT), "{}", one.text);
    assert_eq!(attention(&rig).await.len(), 1, "and it is told once");
    // A plain sync of the same invoice neither writes it again nor takes the warning away.
    rig.simulation.journal().reset();
    ended(&rig.sync().await, Outcome::NoChange);
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 0 });
    assert_eq!(owed(&rig).await.len(), 1);
    // A recheck plans it again, and counts money by the price that bills.
    let plan = rig.recheck().await;
    assert_eq!(plan.operations.len(), 1, "{plan:?}");
    let money = plan.money;
    assert_eq!(money.monthly_before.to_string(), "48.00");
    assert_eq!(money.monthly_after.to_string(), "50.40");
    // Carried out in vain, it is a warning again.
    ended(&recheck(&rig).await, Outcome::Warning);
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 1 });
    assert_eq!(owed(&rig).await.len(), 1);
    // The server comes to its senses.
    rig.control("assumptions", &json!({"reprice": "apply"})).await;
    ended(&recheck(&rig).await, Outcome::Success);
    assert_eq!(owed(&rig).await, []);
    assert_eq!(bill(&rig, "harbour", "2026-09").await, "50.40");
    settled(&rig).await;
    assert_eq!(attention(&rig).await, []);
}

#[tokio::test]
async fn a02_the_next_invoice_plans_it_again() {
    let mut rig = ignored().await;
    rig.control("assumptions", &json!({"reprice": "apply"})).await;
    rig.month_passes().await;
    ended(&rig.sync().await, Outcome::Success);
    assert_eq!(bill(&rig, "harbour", "2026-10").await, "50.40");
    assert_eq!(owed(&rig).await, []);
    settled(&rig).await;
}

#[tokio::test]
async fn a02_the_operator_may_take_it_off_or_set_the_price_by_hand() {
    let rig = ignored().await;
    let id = owed(&rig).await.remove(0).id;
    rig.ask(command::Acknowledge { id }).await;
    assert_eq!(attention(&rig).await, []);
    // Set by hand as the invoice has it: the recheck reads it, and has nothing to write.
    rig.control("assumptions", &json!({"reprice": "apply"})).await;
    by_hand(&rig, "2026-09-01", "8.40").await;
    rig.simulation.journal().reset();
    ended(&recheck(&rig).await, Outcome::NoChange);
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 0 });
    settled(&rig).await;
}

/// Somebody sets the price of the one service on harbour's contract.
async fn by_hand(rig: &Rig, date: &str, price: &str) {
    let contract = contract(rig, "harbour");
    let row = row(rig, "harbour", BASIC).await;
    let price: serde_json::Value = serde_json::from_str(price).expect("a number");
    let body = json!({"contractServiceID": row, "effectiveDate": date, "unitChange": 0,
        "adjustedUnitPrice": price});
    by_another(rig, "POST", &format!("Contracts/{contract}/ServiceAdjustments"), &body).await;
}

#[tokio::test]
async fn a02_a_price_set_by_hand_is_the_operators_until_the_invoices_own_changes() {
    let mut rig = september_after_august(dearer_in_november(), Setup::default()).await;
    by_hand(&rig, "2026-09-01", "8.80").await;
    rig.simulation.journal().reset();
    let report = rig.sync().await;
    ended(&report, Outcome::NoChange);
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 0 });
    let text = "Its unit price reads 8.80 where 8.00 was written: set by hand, and left until the invoice's own changes.";
    assert!(says(&notes(&report), text), "{}", pretty(&report));
    settled(&rig).await;
    // A plan counts what bills.
    let plan = rig.recheck().await;
    let money = plan.money;
    assert_eq!(money.monthly_after.to_string(), "52.80");
    rig.month_passes().await;
    ended(&rig.sync().await, Outcome::NoChange);
    rig.month_passes().await;
    ended(&rig.sync().await, Outcome::Success);
    assert_eq!(bill(&rig, "harbour", "2026-10").await, "52.80");
    assert_eq!(bill(&rig, "harbour", "2026-11").await, "50.40");
    settled(&rig).await;
}

#[tokio::test]
async fn a02_a_price_set_by_hand_is_set_back_where_the_invoice_wins() {
    let config = "[policies]\nhand_prices = \"invoice-wins\"\n";
    let setup = Setup { config, ..Setup::default() };
    let rig = september_after_august(dearer_in_november(), setup).await;
    by_hand(&rig, "2026-09-01", "8.80").await;
    rig.simulation.journal().reset();
    let report = rig.sync().await;
    ended(&report, Outcome::Success);
    assert!(notes(&report).is_empty(), "{}", pretty(&report));
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 1 });
    assert_eq!(bill(&rig, "harbour", "2026-09").await, "48.00");
    let stands = ["2026-08-01 6 8.0000 6.9000", "2026-09-01 6 8.0000 6.9000"];
    let priced = priced(&rig, "harbour").await;
    assert!(priced == stands || priced == stands[..1], "{priced:?}");
    settled(&rig).await;
}

/// Six seats from August on, at 8.40 from November on.
fn dearer_in_november() -> Scenario {
    world("2026-08").price_from(BASIC, "2026-11-01", "6.90", "8.40").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| bought.from("2026-08-01", 6))
    })
}
