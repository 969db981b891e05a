//! A bill is evidence, not proof: what looks wrong waits until somebody has looked (sync-rules 2.8).

use prism_connect::{
    domain::{Money, outcome::Outcome, run::RunReport},
    engine::{
        protocol::{Answer, PlanSeen, SyncRequest, command},
        views::{AttentionView, PlanView},
    },
};

use crate::{
    checks::{
        BASIC, OTHER, Writes, bill, customers, ended, errors, ledger, plan_of, ready_with, says,
        september_after_august, settled, steps, units, warnings, world, writes,
    },
    rig::{Rig, Setup, pretty},
    scenario::Scenario,
};

/// Two customers with 40 and 30 seats in August, of whom September's invoice has nothing but its header.
fn header_only() -> Scenario {
    seats().invoice("2026-09", |header| header.sub_total("0.00"))
}

fn seats() -> Scenario {
    world("2026-08")
        .tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| bought.span("2026-08-01", "2026-08-31", 40))
        })
        .tenant("quarry", |tenant| {
            tenant.subscription(OTHER, |bought| bought.span("2026-08-01", "2026-08-31", 30))
        })
}

/// A customer of 40 seats that go to 5, beside one of 200 that stay.
fn falling() -> Scenario {
    world("2026-08")
        .tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| {
                bought.span("2026-08-01", "2026-08-31", 40).from("2026-09-01", 5)
            })
        })
        .tenant("quarry", |tenant| {
            tenant.subscription(BASIC, |bought| {
                bought.span("2026-08-01", "2026-08-31", 200).from("2026-09-01", 201)
            })
        })
}

fn money(text: &str) -> Money {
    text.parse().expect("an amount")
}

async fn apply(rig: &Rig, plan: &PlanView) -> RunReport {
    rig.sync_as(SyncRequest { plan: Some(plan.saved.clone()), ..customers() }).await
}

async fn held(rig: &Rig) -> Vec<AttentionView> {
    let Answer::Status(status) = rig.ask(command::Status).await else { panic!() };
    let held = status.attention.into_iter().filter(|one| one.id.starts_with("held-"));
    held.collect()
}

const NOTHING: Writes = Writes { rows: 0, adjustments: 0 };

#[tokio::test]
async fn a13_an_invoice_of_a_header_alone_takes_nobodys_seats_until_a_plan_of_it_is_applied() {
    let rig = september_after_august(header_only(), Setup::default()).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    assert_eq!(writes(&rig), NOTHING);
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-08-01", 40)]));
    assert_eq!(bill(&rig, "harbour", "2026-09").await, "320.00");
    assert_eq!(bill(&rig, "quarry", "2026-09").await, "450.00");
    let found = errors(&report);
    assert!(found.iter().all(|finding| finding.code.as_str() == "guard"), "{}", pretty(&report));
    assert!(says(&found, "the invoice has no line"), "{}", pretty(&report));
    assert!(says(&found, "all 40 seats of"), "{}", pretty(&report));
    let told = report.header.message.as_ref().expect("the run says so");
    assert_eq!(told.code.as_str(), "guard");

    let waits = held(&rig).await;
    let amounts: Vec<_> = waits.iter().map(|one| one.amount).collect();
    assert_eq!(amounts, [Some(money("450.00")), Some(money("320.00"))]);
    assert!(waits.iter().all(|one| one.advice.contains("sync --plan FILE")), "{waits:?}");

    // It is tried again, and waits again.
    ended(&rig.sync().await, Outcome::Failure);
    assert_eq!((writes(&rig), held(&rig).await.len()), (NOTHING, 2));

    let plan = plan_of(&rig, customers()).await;
    assert_eq!(plan.operations.len(), 2);
    assert!(plan.operations.iter().all(|one| one.guard.is_some()), "{:?}", plan.operations);
    assert!(plan.findings.iter().any(|one| one.text.contains("Check these")), "{plan:?}");
    ended(&apply(&rig, &plan).await, Outcome::Warning);
    assert_eq!(bill(&rig, "harbour", "2026-09").await, "0.00");
    assert_eq!(bill(&rig, "quarry", "2026-09").await, "0.00");
    assert_eq!(held(&rig).await, []);
    settled(&rig).await;
}

#[tokio::test]
async fn a13_one_held_contract_holds_no_other() {
    let rig = september_after_august(falling(), Setup::default()).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 1 });
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-08-01", 40)]));
    let quarry = steps(&[("2026-08-01", 200), ("2026-09-01", 201)]);
    assert_eq!(units(&rig, "quarry", BASIC).await, quarry);
    assert!(says(&errors(&report), "goes from 40 to 5 seats"), "{}", pretty(&report));
    assert!(says(&errors(&report), "320.00 → 40.00"), "{}", pretty(&report));
    // 5 × 6.90 waits, 201 × 6.90 is synced.
    assert_eq!((ledger(&report).held, ledger(&report).failed), (money("34.50"), Money::ZERO));
    assert_eq!(ledger(&report).synced, money("1386.90"));
    let [waits] = &held(&rig).await[..] else { panic!("{:?}", held(&rig).await) };
    assert_eq!(waits.amount, Some(money("280.00")));

    let plan = plan_of(&rig, customers()).await;
    ended(&apply(&rig, &plan).await, Outcome::Success);
    assert_eq!(bill(&rig, "harbour", "2026-09").await, "40.00");
    settled(&rig).await;
}

#[tokio::test]
async fn a13_later_months_of_a_held_contract_wait_behind_it_and_are_applied_in_order() {
    let mut rig = september_after_august(falling(), Setup::default()).await;
    ended(&rig.sync().await, Outcome::Failure);
    rig.month_passes().await;
    ended(&rig.sync().await, Outcome::Failure);
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-08-01", 40)]));
    let plan = plan_of(&rig, customers()).await;
    ended(&apply(&rig, &plan).await, Outcome::Success);
    let stands = steps(&[("2026-08-01", 40), ("2026-09-01", 5)]);
    assert_eq!(units(&rig, "harbour", BASIC).await, stands);
    settled(&rig).await;
}

#[tokio::test]
async fn a13_a_plan_that_was_applied_and_killed_is_looked_at_when_it_is_resumed() {
    let mut rig = september_after_august(header_only(), Setup::default()).await;
    let saved = plan_of(&rig, customers()).await.saved;
    let request = SyncRequest { plan: Some(saved), ..customers() };
    assert!(rig.killed_as(request, 1).await);
    let Answer::Synced(reports) = rig.ask(command::Resume).await else { panic!() };
    ended(&reports[0], Outcome::Warning);
    assert_eq!(bill(&rig, "harbour", "2026-09").await, "0.00");
    assert_eq!(bill(&rig, "quarry", "2026-09").await, "0.00");
    settled(&rig).await;
}

#[tokio::test]
async fn a13_a_plan_that_nobody_went_through_leaves_what_a_guard_holds() {
    let rig = september_after_august(falling(), Setup::default()).await;
    let saved = plan_of(&rig, customers()).await.saved;
    let request = SyncRequest { plan: Some(saved), seen: PlanSeen::Unseen, ..customers() };
    ended(&rig.sync_as(request).await, Outcome::Failure);
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-08-01", 40)]));
    let quarry = steps(&[("2026-08-01", 200), ("2026-09-01", 201)]);
    assert_eq!(units(&rig, "quarry", BASIC).await, quarry);
}

#[tokio::test]
async fn a13_with_guards_off_it_is_written_as_the_invoice_says() {
    let setup = Setup { config: "[guards]\nmode = \"off\"\n", ..Setup::default() };
    let rig = september_after_august(header_only(), setup).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    assert!(
        warnings(&report).iter().all(|one| one.code.as_str() != "guard"),
        "{}",
        pretty(&report)
    );
    assert_eq!(bill(&rig, "harbour", "2026-09").await, "0.00");
    assert!(plan_of(&rig, customers()).await.operations.is_empty());
}

#[tokio::test]
async fn a13_with_guards_that_warn_it_is_written_with_a_warning() {
    let setup = Setup { config: "[guards]\nmode = \"warn\"\n", ..Setup::default() };
    let rig = september_after_august(falling(), setup).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    let found = warnings(&report);
    assert!(found.iter().any(|one| one.code.as_str() == "guard"), "{}", pretty(&report));
    assert!(says(&found, "Written, and looks wrong"), "{}", pretty(&report));
    assert_eq!(bill(&rig, "harbour", "2026-09").await, "40.00");
}

#[tokio::test]
async fn a13_other_thresholds_let_more_through_or_less() {
    let config = "[guards]\nseats = 34\n";
    let rig = september_after_august(falling(), Setup { config, ..Setup::default() }).await;
    ended(&rig.sync().await, Outcome::Failure);
    let config = "[guards]\nseats = 35\n";
    let rig = september_after_august(falling(), Setup { config, ..Setup::default() }).await;
    ended(&rig.sync().await, Outcome::Success);
    let config = "[guards]\nservice_percent = 90\n";
    let rig = september_after_august(falling(), Setup { config, ..Setup::default() }).await;
    ended(&rig.sync().await, Outcome::Success);
}

#[tokio::test]
async fn a13_nothing_is_held_in_the_first_month_of_a_mapping() {
    let scenario = world("2026-08").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| bought.from("2026-08-01", 400))
    });
    let setup = Setup { month: (2026, 8), ..Setup::default() };
    let rig = ready_with(scenario, setup).await;
    ended(&rig.sync().await, Outcome::Success);
    assert_eq!(bill(&rig, "harbour", "2026-08").await, "3200.00");
    settled(&rig).await;
}

#[tokio::test]
async fn a13_an_invoice_on_which_more_than_a_fifth_of_all_seats_is_missing_is_held_as_a_whole() {
    let scenario = world("2026-08")
        .tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| bought.span("2026-08-01", "2026-08-31", 21))
        })
        .tenant("quarry", |tenant| {
            tenant.subscription(BASIC, |bought| {
                bought.span("2026-08-01", "2026-08-31", 60).from("2026-09-01", 61)
            })
        });
    let rig = september_after_august(scenario, Setup::default()).await;
    // Whoever syncs one customer alone holds the invoice in hand, too.
    let tenants = vec!["quarry.onmicrosoft.com".to_owned()];
    ended(&rig.sync_as(SyncRequest { tenants, ..customers() }).await, Outcome::Failure);
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    assert_eq!(writes(&rig), NOTHING);
    assert!(says(&errors(&report), "21 of the 81 seats"), "{}", pretty(&report));
    assert_eq!(held(&rig).await.len(), 2);
    let plan = plan_of(&rig, customers()).await;
    ended(&apply(&rig, &plan).await, Outcome::Warning);
    assert_eq!(bill(&rig, "quarry", "2026-09").await, "488.00");
    settled(&rig).await;
}
