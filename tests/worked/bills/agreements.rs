//! Several agreements on one installation: an invoice is for the customers of its own (sync-rules 2.5).

use prism_connect::{
    domain::{Money, outcome::Outcome},
    engine::{
        protocol::{Answer, command},
        views::StatusView,
    },
};
use serde_json::json;

use crate::{
    checks::{AUGUST, BASIC, SEPTEMBER, ended, ready_with, steps, units, world},
    rig::{Rig, Setup},
};

/// As a scenario and the control endpoint count them.
const SECOND: usize = 2;

/// `harbour` and `quarry` are under the first of two agreements, and grow in September; under the second is `kauri`, who is not
/// linked. August is applied.
async fn both_under_the_first() -> Rig {
    let scenario = world("2026-08")
        .second_agreement()
        .tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| {
                bought.span("2026-08-01", "2026-08-31", 5).from("2026-09-01", 6)
            })
        })
        .tenant("quarry", |tenant| {
            tenant.subscription(BASIC, |bought| {
                bought.span("2026-08-01", "2026-08-31", 3).from("2026-09-01", 4)
            })
        })
        .tenant("kauri", |tenant| {
            tenant.agreement(SECOND).subscription(BASIC, |bought| bought.from("2026-08-01", 7))
        });
    let rig = ready_with(scenario, Setup { month: AUGUST, ..Setup::default() }).await;
    rig.ask(command::Unmap { tenant: domain("kauri") }).await;
    ended(&rig.sync().await, Outcome::Success);
    rig
}

async fn status(rig: &Rig) -> StatusView {
    match rig.ask(command::Status).await {
        Answer::Status(status) => *status,
        other => panic!("{other:?}"),
    }
}

fn domain(tenant: &str) -> String {
    format!("{tenant}.onmicrosoft.com")
}

fn tenant_id(rig: &Rig, tenant: &str) -> String {
    let all = rig.simulation.true_mappings();
    let found = all.into_iter().find(|one| one.domain == domain(tenant));
    found.expect("it has a contract").tenant_id
}

fn money(text: &str) -> Money {
    text.parse().expect("an amount")
}

/// Also in the very first run, when nobody's agreement was seen by one before.
#[tokio::test]
async fn an_invoice_is_applied_to_nobody_of_another_agreement_r2_5() {
    let scenario = world("2026-09")
        .second_agreement()
        .tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| bought.from("2026-09-01", 6))
        })
        .tenant("quarry", |tenant| {
            tenant.agreement(2).subscription(BASIC, |bought| bought.from("2026-09-01", 3))
        })
        .invoice("2026-09", |invoice| invoice.agreement(2).off_by("-1.40"));
    let rig = Rig::ready(scenario.world(), Setup { month: SEPTEMBER, ..Setup::default() }).await;
    rig.map_all(|_| {}).await;
    ended(&rig.sync().await, Outcome::Failure);
    let status = status(&rig).await;
    let progress = status.cards.iter().find_map(|card| card.progress.as_ref()).expect("begun");
    // Both customers are counted, each by the invoice of its own agreement: the second one's is held.
    assert_eq!((progress.synced, progress.of, progress.others.len()), (1, 2, 1), "{progress:?}");
    let Answer::Invoices(all) = rig.ask(command::Invoices).await else { panic!("invoices") };
    let applied = |number: &str| all.iter().find(|one| one.number == number).map(|one| one.applied);
    assert_eq!(applied(&progress.invoice), Some(1), "{all:?}");
    assert_eq!(all.iter().map(|one| one.applied).sum::<u64>(), 1, "{all:?}");
    // Each is shown with what the newest invoice of its own agreement bills: 6 × 6.90, 3 × 6.90.
    let Answer::Customers(rows) = rig.ask(command::Customers { refresh: true }).await else {
        panic!("customers")
    };
    let billed = |tenant: &str| {
        let row = rows.iter().find(|row| row.domain == domain(tenant)).expect("listed");
        (row.latest_amount, row.latest_invoice.as_deref() == Some(progress.invoice.as_str()))
    };
    assert_eq!(billed("harbour"), (Some(money("41.40")), true));
    assert_eq!(billed("quarry"), (Some(money("20.70")), false));
}

#[tokio::test]
async fn the_only_one_who_moved_to_an_agreement_has_its_invoice_r2_5() {
    let mut rig = both_under_the_first().await;
    let path = format!("prism/tenants/{}", tenant_id(&rig, "quarry"));
    rig.control(&path, &json!({ "agreement": SECOND })).await;
    rig.month_passes().await;
    ended(&rig.sync().await, Outcome::Success);
    let stands = units(&rig, "quarry", BASIC).await;
    assert_eq!(stands, steps(&[("2026-08-01", 3), ("2026-09-01", 4)]));
    let stands = units(&rig, "harbour", BASIC).await;
    assert_eq!(stands, steps(&[("2026-08-01", 5), ("2026-09-01", 6)]));
}

/// Nothing that stands is ended by an invoice that does not know of it.
#[tokio::test]
async fn who_is_listed_under_two_agreements_stays_with_the_first_r2_5() {
    let mut rig = both_under_the_first().await;
    // The second lists `harbour` beside `kauri`.
    let row = json!({
        "system": "prism",
        "kind": "tenants",
        "where": {"TenantDomain": domain("kauri")},
        "set": {"TenantId": tenant_id(&rig, "harbour"), "TenantDomain": domain("harbour")},
        "beside": true,
    });
    rig.control("odd", &json!({ "rows": [row] })).await;
    rig.month_passes().await;
    ended(&rig.sync().await, Outcome::Success);
    let stands = units(&rig, "harbour", BASIC).await;
    assert_eq!(stands, steps(&[("2026-08-01", 5), ("2026-09-01", 6)]));
}
