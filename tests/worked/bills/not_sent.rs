//! A write is *unconfirmed* only if it may have left; one that was never sent is *not sent*, once, whatever stopped the
//! run (sync-rules 8.7).

use std::collections::BTreeMap;

use prism_connect::{
    domain::{outcome::Outcome, run::RunReport},
    engine::protocol::{Answer, Command, Event, Happening, SyncRequest, command},
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::{
    checks::{
        BASIC, OTHER, SEPTEMBER, customers, ended, ready, settled, steps, subscriptions, units,
    },
    interruptions::ninety_five_writes,
    rig::{Rig, pretty},
};

/// Syncs until it waits for Autotask; then the operator stops it.
pub async fn stopped_while_it_waits(rig: &Rig, request: SyncRequest) -> RunReport {
    let (handle, mut events) = (rig.handle(), rig.handle().events());
    let asked =
        tokio::spawn(async move { handle.ask(Command::from(command::Sync { request })).await });
    loop {
        let Event { happening, .. } = events.recv().await.expect("an event");
        if matches!(happening, Happening::Waiting { .. }) {
            break;
        }
    }
    rig.ask(command::Cancel).await;
    let reply = asked.await.expect("no panic").expect("a report");
    let Answer::Synced(mut runs) = reply else { panic!("{reply:?}") };
    runs.pop().expect("a run")
}

/// How often a run tells each result of a write.
pub fn results(report: &RunReport) -> BTreeMap<&str, usize> {
    let mut told = BTreeMap::new();
    for write in subscriptions(report).flat_map(|row| &row.writes) {
        *told.entry(write.result.as_str()).or_default() += 1;
    }
    told
}

/// 40 of 95 writes stand, and every one of the others is told as not sent, once.
async fn forty_written_the_others_not_sent(rig: &Rig, report: &RunReport) {
    ended(report, Outcome::Failure);
    assert_eq!(rig.changes().len(), 40);
    let told = BTreeMap::from([("written", 40), ("not sent", 55)]);
    assert_eq!(results(report), told, "{}", pretty(report));
    assert_eq!(report.header.counts.writes, 40, "{}", pretty(report));
    let shown = rig.ask(command::Run { id: Some(report.header.id) }).await;
    let Answer::Run(kept) = shown else { panic!("{shown:?}") };
    assert_eq!(&*kept, report, "it is kept as it was told");
}

async fn the_rest_is_written(rig: &Rig) {
    rig.no_faults().await;
    rig.control("autotask/user", &json!({ "locked": false })).await;
    ended(&rig.sync().await, Outcome::Success);
    assert_eq!(rig.changes().len(), 95);
    for number in 0..19 {
        let tenant = format!("tenant{number:02}");
        let stands = units(rig, &tenant, BASIC).await;
        assert_eq!(stands, steps(&[("2026-09-01", 5), ("2026-09-19", 6)]), "{tenant}");
        assert_eq!(units(rig, &tenant, OTHER).await, steps(&[("2026-09-01", 2)]), "{tenant}");
    }
    settled(rig).await;
}

#[rstest]
#[case::one_writer("[limits]\nwriters = 1\n")]
#[case::as_many_as_keep_the_endpoints_busy("")]
#[tokio::test]
async fn a06_what_was_not_sent_when_the_operator_stopped_the_run_is_not_sent(
    #[case] config: &'static str,
) {
    let setup = crate::rig::Setup { month: SEPTEMBER, config, ..Default::default() };
    let rig = crate::checks::ready_with(ninety_five_writes(), setup).await;
    let put_off = json!({"system": "autotask", "writes": true, "after": 40,
        "fault": {"status": 429, "retry_after": "3000"}});
    rig.fault(put_off).await;
    let report = stopped_while_it_waits(&rig, customers()).await;
    let told = report.header.message.as_ref().expect("why");
    assert_eq!(told.code.as_str(), "cancelled");
    assert!(told.text.contains("stopped by tester"), "{}", told.text);
    forty_written_the_others_not_sent(&rig, &report).await;
    the_rest_is_written(&rig).await;
}

#[tokio::test]
async fn a06_what_was_not_sent_when_the_user_was_locked_is_not_sent() {
    let rig = ready(ninety_five_writes(), SEPTEMBER).await;
    let lock: Value = json!({"system": "autotask", "writes": true, "after": 40,
        "fault": {"lock_user": true}});
    rig.fault(lock).await;
    let report = rig.sync().await;
    forty_written_the_others_not_sent(&rig, &report).await;
    the_rest_is_written(&rig).await;
}

/// The tenth write leaves, is carried out, and gets no answer; the operator stops the run while it is waited before
/// looking. That one may stand, and no other.
#[tokio::test]
async fn a06_only_a_write_that_left_is_unconfirmed() {
    let setup = crate::rig::Setup {
        month: SEPTEMBER,
        config: "[limits]\nwriters = 1\n",
        ..Default::default()
    };
    let rig = crate::checks::ready_with(ninety_five_writes(), setup).await;
    let lost = json!({"system": "autotask", "writes": true, "after": 9, "times": 1,
        "fault": "cut_after"});
    rig.fault(lost).await;
    let blind = json!({"system": "autotask", "path": "ContractServiceUnits/query", "after": 1,
        "fault": {"status": 429, "retry_after": "3000"}});
    rig.fault(blind).await;
    let report = stopped_while_it_waits(&rig, customers()).await;
    ended(&report, Outcome::Failure);
    let told = BTreeMap::from([("written", 9), ("unconfirmed", 1), ("not sent", 85)]);
    assert_eq!(results(&report), told, "{}", pretty(&report));
    let failed: Vec<_> =
        subscriptions(&report).filter(|row| row.status == Outcome::Failure).collect();
    assert_eq!(failed.len(), 1, "{}", pretty(&report));
    assert_eq!(failed[0].error.as_ref().expect("why").code.as_str(), "unconfirmed");
    the_rest_is_written(&rig).await;
}
