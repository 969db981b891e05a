//! A run that was cut off, finished by asking for that alone: as a start of the console does it.

use prism_connect::{
    domain::{
        outcome::Outcome,
        run::{RunKind, RunReport, WriteRow},
        secret::Secret,
    },
    engine::{
        protocol::{Answer, Command, RefusalKind, Scope, SyncRequest, command},
        views::StatusView,
    },
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::{
    checks::{
        BASIC, OTHER, SEPTEMBER, Writes, ended, ready, ready_with, september_after_august, settled,
        steps, subscriptions, units, world, writes,
    },
    quantities::w1,
    rig::{Rig, Setup, pretty},
    scenario::Scenario,
};

/// Two tenants of five writes each: with one writer it is certain which attempt sent which.
async fn ten_writes() -> Rig {
    let scenario = ["harbour", "mill"].iter().fold(world("2026-09"), |scenario, tenant| {
        scenario.tenant(tenant, |tenant| {
            tenant
                .subscription(BASIC, |bought| {
                    bought.span("2026-09-01", "2026-09-18", 5).from("2026-09-19", 6)
                })
                .subscription(OTHER, |bought| bought.from("2026-09-01", 2))
        })
    });
    let config = "[limits]\nwriters = 1\n";
    ready_with(scenario, Setup { config, month: SEPTEMBER, ..Setup::default() }).await
}

/// W1, killed in the first of its three writes.
async fn killed_in_w1() -> Rig {
    let mut rig = ready(w1(), SEPTEMBER).await;
    assert!(rig.killed_in(1).await);
    rig
}

async fn resumed(rig: &Rig) -> Vec<RunReport> {
    let answer = rig.ask(command::Resume).await;
    let Answer::Synced(reports) = answer else { panic!("{answer:?}") };
    reports
}

async fn status(rig: &Rig) -> StatusView {
    let answer = rig.ask(command::Status).await;
    let Answer::Status(status) = answer else { panic!("{answer:?}") };
    *status
}

/// What stands in Autotask of what the rows of a run list.
fn standing(report: &RunReport) -> Vec<&WriteRow> {
    subscriptions(report).flat_map(|row| &row.writes).filter(|write| write.stands()).collect()
}

/// Asked again it finds nothing, and asks nobody.
async fn finished_for_good(rig: &Rig) {
    let before = rig.simulation.journal().entries().len();
    assert_eq!(resumed(rig).await, []);
    assert_eq!(rig.simulation.journal().entries().len(), before, "nobody is asked anything");
    assert_eq!(status(rig).await.unfinished, None);
}

#[rstest]
#[tokio::test]
async fn killed_in_any_write_the_run_is_finished_and_its_rows_say_which_attempt_wrote_what(
    #[values(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)] write: u64,
) {
    let mut rig = ten_writes().await;
    assert!(rig.killed_in(write).await);
    let reports = resumed(&rig).await;
    let [report] = &reports[..] else { panic!("{reports:#?}") };
    ended(report, Outcome::Success);
    assert_eq!(report.header.attempt, 2);
    assert_eq!(report.header.counts.writes, 10);
    assert_eq!(report.customers.len(), 2, "{}", pretty(report));
    let by = |attempt| standing(report).iter().filter(|one| one.attempt == attempt).count() as u64;
    assert_eq!((by(1), by(2)), (write, 10 - write), "{}", pretty(report));
    assert_eq!(writes(&rig), Writes { rows: 4, adjustments: 6 });
    for tenant in ["harbour", "mill"] {
        let stands = units(&rig, tenant, BASIC).await;
        assert_eq!(stands, steps(&[("2026-09-01", 5), ("2026-09-19", 6)]), "{tenant}");
        assert_eq!(units(&rig, tenant, OTHER).await, steps(&[("2026-09-01", 2)]), "{tenant}");
    }
    finished_for_good(&rig).await;
    settled(&rig).await;
}

#[tokio::test]
async fn killed_again_while_it_is_finished_the_next_time_finishes_it() {
    let mut rig = ten_writes().await;
    assert!(rig.killed_in(3).await);
    assert!(rig.killed_by(command::Resume, 4).await);
    let reports = resumed(&rig).await;
    let [report] = &reports[..] else { panic!("{reports:#?}") };
    ended(report, Outcome::Success);
    let by = |attempt| standing(report).iter().filter(|one| one.attempt == attempt).count();
    assert_eq!((by(1), by(2), by(3)), (3, 4, 3), "{}", pretty(report));
    assert_eq!(writes(&rig), Writes { rows: 4, adjustments: 6 });
    finished_for_good(&rig).await;
    settled(&rig).await;
}

/// Six seats since August, eight from 20 September; the price list of October names another price: one write for the
/// service, one for the contract.
fn dearer() -> Scenario {
    world("2026-08").price_from(BASIC, "2026-10-01", "6.90", "8.40").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| {
            bought.span("2026-08-01", "2026-09-19", 6).from("2026-09-20", 8)
        })
    })
}

#[tokio::test]
async fn killed_in_the_products_half_of_a_request_for_both_the_customers_half_runs_too() {
    let mut rig = september_after_august(dearer(), Setup::default()).await;
    let both = SyncRequest { scope: Scope::All, ..SyncRequest::default() };
    assert!(rig.killed_as(both, 1).await);
    let reports = resumed(&rig).await;
    let [products, customers] = &reports[..] else { panic!("{reports:#?}") };
    assert_eq!((products.header.kind, products.header.attempt), (RunKind::Products, 2));
    assert_eq!((customers.header.kind, customers.header.attempt), (RunKind::Customers, 1));
    assert_eq!(customers.header.trigger.as_str(), "resume");
    ended(products, Outcome::Success);
    ended(customers, Outcome::Success);
    assert_eq!(rig.changes().len(), 2, "the service's price, and the contract's seats");
    let stands = units(&rig, "harbour", BASIC).await;
    assert_eq!(stands, steps(&[("2026-08-01", 6), ("2026-09-20", 8)]));
    finished_for_good(&rig).await;
    settled(&rig).await;
}

#[tokio::test]
async fn looking_leaves_it_unfinished() {
    let rig = killed_in_w1().await;
    let left = status(&rig).await.unfinished.expect("a run that was cut off");
    for command in [
        Command::from(command::Doctor),
        Command::from(command::Runs { limit: 10 }),
        Command::from(command::Run { id: None }),
        Command::from(command::Customers { refresh: true }),
        Command::from(command::Plan { request: SyncRequest::default() }),
    ] {
        rig.ask(command).await;
    }
    assert_eq!(status(&rig).await.unfinished, Some(left));
    assert_eq!(rig.changes().len(), 1);
}

#[tokio::test]
async fn it_stands_before_all_that_needs_attention() {
    let mut rig = ten_writes().await;
    assert!(rig.killed_in(1).await);
    rig.ask(command::Unmap { tenant: "mill.onmicrosoft.com".to_owned() }).await;
    let seen = status(&rig).await.attention;
    assert!(seen.iter().any(|one| one.amount.is_some()), "{seen:#?}");
    assert_eq!(seen[0].text, "Run 2 was cut off.");
}

/// Refused as a sync would be, and as unfinished as before; then what was in the way is mended.
async fn refused_until(rig: &Rig, (kind, code): (RefusalKind, &str), mend: Command) {
    let refusal = rig.try_ask(command::Resume).await.expect_err("refused");
    assert_eq!((refusal.kind, refusal.finding.code.as_str()), (kind, code), "{refusal:?}");
    assert!(!refusal.finding.advice.is_empty(), "{refusal:?}");
    let seen = status(rig).await;
    let left = seen.unfinished.expect("a run that was cut off");
    let id = format!("unfinished-{}", left.id);
    assert!(seen.attention.iter().any(|one| one.id == id), "{:#?}", seen.attention);
    assert_eq!(rig.changes().len(), 1);
    rig.ask(mend).await;
    ended(&resumed(rig).await.remove(0), Outcome::Success);
    finished_for_good(rig).await;
    settled(rig).await;
}

fn switch(on: bool) -> Command {
    Command::from(command::SetProgram {
        sync: Some(on),
        mode: None,
        azure: None,
        choices: std::collections::BTreeMap::new(),
        notify: None,
    })
}

#[tokio::test]
async fn switched_off_since_it_is_not_finished_before_it_is_switched_on_again() {
    let rig = killed_in_w1().await;
    rig.ask(switch(false)).await;
    refused_until(&rig, (RefusalKind::Failed, "program_off"), switch(true)).await;
}

#[tokio::test]
async fn behind_a_locked_vault_it_is_not_finished_before_the_passphrase_is_given() {
    let rig = killed_in_w1().await;
    let passphrase = Secret::new("correct horse");
    rig.ask(command::SetPassphrase { passphrase: Some(passphrase.clone()) }).await;
    rig.ask(command::Lock).await;
    let opened = Command::from(command::Unlock { passphrase });
    refused_until(&rig, (RefusalKind::Locked, "vault_locked"), opened).await;
}

#[rstest]
#[case::autotask_refuses_the_user("autotask", json!({"status": 401}))]
#[case::autotask_is_down("autotask", json!({"status": 503}))]
#[case::autotask_cannot_be_reached("autotask", json!("cut_before"))]
#[case::prism_is_down("prism", json!({"status": 503}))]
#[tokio::test]
async fn where_a_connection_is_down_it_ends_as_failed_and_the_next_sync_writes_the_rest(
    #[case] system: &str,
    #[case] fault: Value,
) {
    let rig = killed_in_w1().await;
    rig.fault(json!({"system": system, "fault": fault})).await;
    let report = resumed(&rig).await.remove(0);
    ended(&report, Outcome::Failure);
    let listed: Vec<_> = subscriptions(&report).flat_map(|row| &row.writes).collect();
    let [write] = listed[..] else { panic!("{}", pretty(&report)) };
    assert_eq!((write.kind.as_str(), write.attempt), ("create_contract_service", 1));
    let seen = status(&rig).await;
    let id = format!("run-{}", report.header.id);
    let told = seen.attention.iter().find(|one| one.id == id).expect("what went wrong");
    assert!(!told.advice.is_empty(), "{told:?}");
    assert_eq!(seen.unfinished, None);
    rig.no_faults().await;
    rig.sync().await;
    assert_eq!(writes(&rig), Writes { rows: 1, adjustments: 2 });
    let stands = units(&rig, "harbour", BASIC).await;
    assert_eq!(stands, steps(&[("2026-09-01", 5), ("2026-09-19", 6)]));
    settled(&rig).await;
}

#[tokio::test]
async fn the_audit_trail_says_that_a_run_was_finished_and_by_what() {
    let rig = killed_in_w1().await;
    let report = resumed(&rig).await.remove(0);
    resumed(&rig).await;
    let Answer::Bundle(files) = rig.ask(command::SupportBundle).await else { panic!() };
    let (_, changes) = files.iter().find(|(name, _)| name == "changes.json").expect("changes");
    let changes: Value = serde_json::from_str(changes).expect("JSON");
    let by_itself = |change: &&Value| change["trigger"] == "resume";
    let found: Vec<_> = changes.as_array().expect("a list").iter().filter(by_itself).collect();
    let [change] = found[..] else { panic!("{found:#?}") };
    let what = format!("started to finish run {} that was cut off", report.header.id);
    assert_eq!((&change["what"], &change["actor"]), (&json!(what), &json!("tester")));
}
