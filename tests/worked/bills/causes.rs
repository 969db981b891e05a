//! What failed first is named first, and no advice sends the operator to what has just failed.

use prism_connect::{
    domain::{Thing, outcome::Outcome, policy::ProgramOptions},
    engine::protocol::{About, Answer, Scope, SyncRequest, command},
    sim::SimSettings,
};
use serde_json::json;

use crate::{
    checks::{
        BASIC, OTHER, SEPTEMBER, attention, by_another, contract, customers, errors, says, settled,
        steps, units, warnings, world,
    },
    rig::{Rig, Setup, pretty},
    scenario::Scenario,
};

fn two_customers() -> Scenario {
    world("2026-09")
        .tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| bought.from("2026-09-01", 6))
        })
        .tenant("kiama", |tenant| tenant.subscription(OTHER, |bought| bought.from("2026-09-01", 4)))
}

/// Connected and mapped; products are not synced yet.
async fn before_products(scenario: Scenario) -> Rig {
    let setup = Setup { month: SEPTEMBER, ..Setup::default() };
    let rig = Rig::connected(scenario.world(), setup, SimSettings::default()).await;
    rig.map_all(|_| {}).await;
    rig
}

async fn options(rig: &Rig) -> ProgramOptions {
    let Answer::Program(program) = rig.ask(command::Program { choices: false }).await else {
        panic!()
    };
    program.options
}

#[tokio::test]
async fn b07_a_billing_code_that_went_inactive_is_foretold_and_named_before_its_customers() {
    let rig = before_products(two_customers()).await;
    let code = options(&rig).await.chosen.of(Thing::BillingCode).cloned().expect("a billing code");
    rig.control(&format!("autotask/billing-codes/{}", code.id), &json!({"isActive": false})).await;
    let request = SyncRequest { scope: Scope::All, ..SyncRequest::default() };
    let Answer::Plan(About { found: plan, .. }) = rig.ask(command::Plan { request }).await else {
        panic!()
    };
    assert!(plan.operations.is_empty());
    assert_eq!(plan.refused.len(), 4, "two products and two customers: {:?}", plan.refused);
    for refused in &plan.refused {
        assert!(refused.finding.text.contains(&code.name), "{refused:?}");
        assert!(refused.finding.advice.contains("--billing-code"), "{refused:?}");
    }
    let made = rig.sync_scope(Scope::Products).await;
    assert_eq!(made.header.status, Outcome::Failure, "{}", pretty(&made));
    let report = rig.sync().await;
    assert_eq!(report.header.status, Outcome::Failure, "{}", pretty(&report));
    assert!(says(&errors(&report), &code.name), "{}", pretty(&report));
    assert!(rig.changes().is_empty(), "nothing was sent");
    let all = attention(&rig).await;
    let first = all.first().expect("an entry");
    assert!(first.text.starts_with(&format!("Billing code “{}”", code.name)), "{all:?}");
    assert!(first.text.contains("2 products, 2 customers"), "{all:?}");
    assert!(!all.iter().any(|one| one.advice.contains("Sync products first")), "{all:?}");
    assert_eq!(all.iter().filter(|one| one.text.contains(&code.name)).count(), 1, "{all:?}");

    rig.control(&format!("autotask/billing-codes/{}", code.id), &json!({"isActive": true})).await;
    assert_eq!(rig.sync_scope(Scope::Products).await.header.status, Outcome::Success);
    assert_eq!(rig.sync().await.header.status, Outcome::Success);
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-09-01", 6)]));
    assert_eq!(attention(&rig).await, []);
    settled(&rig).await;
}

#[tokio::test]
async fn b08_a_name_in_use_is_what_the_customers_are_told_with_the_way_out() {
    let rig = before_products(two_customers()).await;
    let code =
        options(&rig).await.chosen.of(Thing::BillingCode).cloned().expect("a billing code").id;
    let name = format!("PC_{BASIC}");
    let service = json!({"name": name, "billingCodeID": code, "periodType": 2, "unitPrice": 1.0,
        "unitCost": 1.0, "isActive": true});
    by_another(&rig, "POST", "Services", &service).await;
    let made = rig.sync_scope(Scope::Products).await;
    assert_eq!(made.header.status, Outcome::Failure, "{}", pretty(&made));
    let report = rig.sync().await;
    let told = errors(&report);
    assert!(says(&told, &format!("“{name}”")), "{}", pretty(&report));
    let adopt = format!("prism-connect products adopt {BASIC}");
    assert!(told.iter().all(|finding| finding.advice.contains(&adopt)), "{told:?}");
    let all = attention(&rig).await;
    let cause = all.iter().find(|one| one.text.contains(&name)).expect("the cause");
    assert!(cause.text.contains("1 product, 1 customer ("), "{all:?}");
    assert!(cause.advice.contains(&adopt), "{all:?}");
    // The way that is named leads out.
    rig.ask(command::Adopt { product: BASIC.to_owned() }).await;
    let request = SyncRequest { retry_failed: true, ..customers() };
    let retried = rig.sync_as(request).await;
    assert_eq!(retried.header.status, Outcome::Success, "{}", pretty(&retried));
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-09-01", 6)]));
    assert_eq!(attention(&rig).await, []);
}

#[tokio::test]
async fn b09_what_was_posted_and_is_closed_names_the_first_open_day() {
    let scenario = world("2026-08").tenant("kiama", |tenant| {
        tenant
            .subscription(BASIC, |bought| bought.named("a").from("2026-08-01", 10))
            .subscription(BASIC, |bought| bought.named("b").from("2026-09-10", 4))
    });
    let rig = crate::checks::september_after_august(scenario, Setup::default()).await;
    rig.control("assumptions", &json!({ "posted_periods": "refuse" })).await;
    let posting = json!({"contract_id": contract(&rig, "kiama"), "through": "2026-09-30"});
    rig.control("autotask/post", &posting).await;
    let report = rig.sync().await;
    assert_eq!(report.header.status, Outcome::Failure, "{}", pretty(&report));
    let told = errors(&report);
    assert!(says(&told, "2026-10-01 is the first open day"), "{}", pretty(&report));
    assert!(says(&told, "already been approved and posted"), "the server's own text: {told:?}");
    assert!(told.iter().any(|finding| finding.advice.contains("+4")), "{told:?}");
    assert_eq!(units(&rig, "kiama", BASIC).await, steps(&[("2026-08-01", 10)]));
}

/// That one thing of a customer failed hides nothing that was said of the rest: what the run lists, the attention list has.
#[tokio::test]
async fn b10_what_was_warned_of_a_customer_that_failed_stays_beside_it_until_it_is_looked_at() {
    let scenario = world("2026-09").tenant("harbour", |tenant| {
        tenant
            .subscription(BASIC, |bought| {
                let before = bought.span("2026-09-01", "2026-09-15", 6).at("6.90", "8.00");
                before.from("2026-09-16", 6).at("7.40", "8.00")
            })
            .subscription(OTHER, |bought| bought.from("2026-09-01", 4))
    });
    let rig = before_products(scenario).await;
    let code =
        options(&rig).await.chosen.of(Thing::BillingCode).cloned().expect("a billing code").id;
    let name = format!("PC_{OTHER}");
    let service = json!({"name": name, "billingCodeID": code, "periodType": 2, "unitPrice": 1.0,
        "unitCost": 1.0, "isActive": true});
    by_another(&rig, "POST", "Services", &service).await;
    rig.sync_scope(Scope::Products).await;
    let report = rig.sync().await;
    assert_eq!(report.header.status, Outcome::Failure, "{}", pretty(&report));
    let warned = warnings(&report);
    assert_eq!(warned.len(), 1, "{}", pretty(&report));
    let Answer::Status(status) = rig.ask(command::Status).await else { panic!() };
    let listed = status.attention.iter().find(|one| one.text.contains(&warned[0].text));
    let listed = listed.unwrap_or_else(|| panic!("{:?}", status.attention));
    assert_eq!(listed.outcome, Outcome::Warning);
    let progress = status.cards[0].progress.as_ref().expect("an invoice");
    assert_eq!((progress.failed.len(), progress.warned), (1, 0), "counted by its worst");
    // 6 seats by half-months, of which the cost changed, and 4 that failed: each counts once.
    let amounts: Vec<String> = status.concerned.iter().map(|one| one.amount.to_string()).collect();
    let ledger = &report.ledgers[0];
    assert_eq!(amounts, [ledger.subtotal.to_string()], "{:?}", status.causes);
    // Trying again what failed says the rest again.
    rig.ask(command::Adopt { product: OTHER.to_owned() }).await;
    let retried = rig.sync_as(SyncRequest { retry_failed: true, ..customers() }).await;
    assert!(retried.header.status < Outcome::Failure, "{}", pretty(&retried));
    let all = attention(&rig).await;
    assert!(
        all.iter().any(|one| one.text.contains(&warned[0].text)),
        "{}{all:?}",
        pretty(&retried)
    );
}
