//! The daemon killed once somebody has let a plan pass: the next one carries it out, and nothing of it twice.

use rstest::rstest;
use serde_json::Value;

use crate::{
    daemon::serve,
    program::{Stage, w1, waited, was_killed, writes_of_w1},
    rig::Target,
};

const APPROVE: [&str; 6] =
    ["approvals", "approve", "1", "--break-glass", "--reason", "nobody else is here"];

/// The one plan there is, once nothing of it is due any more.
async fn decided(stage: &mut Stage) -> Value {
    loop {
        let plans = stage.json(&["approvals", "list", "--all"]).await;
        assert_eq!(plans.as_array().map(Vec::len), Some(1), "{plans:#}");
        if plans[0]["standing"]["is"] != "approved" {
            return plans[0].clone();
        }
    }
}

/// A run's number, which for people is a text.
fn number(id: &Value) -> String {
    id.as_str().expect("a number").to_owned()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_let_pass_is_written_once_wherever_the_daemon_dies(
    #[values("plan-approved", "run-begun", "sent:1", "before-finish", "finished")] place: &str,
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let mut stage = Stage::set_on(target, w1()).await;
    stage.settings("approval = \"every-run\"\n");
    let serving = serve(&mut stage, Some(place)).await;
    let waits = stage.sync(None).await;
    assert_eq!(waits.status.code(), Some(3), "{waits:?}");
    let cut_off = waited(stage.command(&APPROVE).spawn().expect("the program starts")).await;
    assert_eq!(cut_off.status.code(), Some(1), "{place}: {cut_off:?}");
    assert!(was_killed(serving.ended().await.status), "{place} is passed");
    let serving = serve(&mut stage, None).await;
    let plan = decided(&mut stage).await;
    assert_eq!(plan["standing"]["is"], "applied", "{place}: {plan:#}");
    assert_eq!(stage.written(), writes_of_w1(target), "{place}");
    stage.stands_exactly(place).await;
    let runs = stage.json(&["runs", "list"]).await;
    let approved = runs.as_array().expect("runs").iter();
    let approved: Vec<_> = approved.filter(|run| run["trigger"] == "approved").collect();
    assert_eq!(approved.len(), 1, "{place}: {runs:#}");
    assert_eq!(approved[0]["status"], "success", "{place}: {runs:#}");
    assert_eq!(
        plan["standing"]["run"].to_string(),
        number(&approved[0]["id"]),
        "{place}: {plan:#}"
    );
    let trail = stage.json(&["audit", "list", "--subject", "plan 1"]).await;
    let let_pass = |entry: &&Value| {
        entry["what"].as_str().is_some_and(|what| what.contains("approved (break-glass)"))
    };
    assert_eq!(trail.as_array().expect("a trail").iter().filter(let_pass).count(), 1);
    let trail = stage.json(&["audit", "verify"]).await;
    assert_eq!(trail["broken_at"], Value::Null, "{trail:#}");
    stage.is_settled(place).await;
    serving.stopped().await;
}
