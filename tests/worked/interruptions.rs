//! Runs that are cut off: a locked user, lost replies, kills, refusals, and what the next run makes of it.

use prism_connect::{
    domain::{outcome::Outcome, run::RunReport},
    engine::protocol::{Answer, Command, Happening, Scope, SyncRequest, command},
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::{
    checks::{
        BASIC, Lines, OTHER, SEPTEMBER, Writes, bill, customers, edit, either, ended, errors, on,
        ready, ready_on, ready_with, says, september_after_august, settled, steps, units, world,
        wrote,
    },
    quantities::{w1, x1},
    rig::{Rig, Setup, Target, Units, pretty},
    scenario::Scenario,
};

/// Nineteen tenants of five writes each.
pub fn ninety_five_writes() -> Scenario {
    (0..19).fold(world("2026-09"), |scenario, number| {
        scenario.tenant(&format!("tenant{number:02}"), |tenant| {
            tenant
                .subscription(BASIC, |bought| {
                    bought.span("2026-09-01", "2026-09-18", 5).from("2026-09-19", 6)
                })
                .subscription(OTHER, |bought| bought.from("2026-09-01", 2))
        })
    })
}

#[rstest]
#[case::autotask(Target::Autotask, 40, 55)]
#[case::connectwise(Target::Connectwise, 40, 17)]
#[tokio::test]
async fn w14_a_user_locked_after_40_of_95_writes_leaves_55_for_the_retry(
    #[case] target: Target,
    #[case] written: usize,
    #[case] left: usize,
) {
    let rig = ready_on(target, ninety_five_writes(), SEPTEMBER).await;
    let lock = json!({"system": rig.system_word(), "writes": true, "after": written,
        "fault": {"lock_user": true}});
    rig.fault(lock).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    assert_eq!(rig.changes().len(), written);
    let refused = rig.simulation.journal().entries();
    let refused = refused.iter().filter(|entry| entry.status == 401).count();
    assert!((1..=8).contains(&refused), "it stops at the first 401s, not after {refused}");
    // In the words of each target's 401.
    let text = either(&rig, "Unauthorized", "public/private key");
    let told = report.header.message.as_ref().is_some_and(|told| told.text.contains(text));
    assert!(told || says(&errors(&report), text), "{}", pretty(&report));
    rig.no_faults().await;
    let unlock = either(&rig, "autotask/user", "connectwise/keys");
    rig.control(unlock, &json!({ "locked": false })).await;
    rig.simulation.journal().reset();
    let report = rig.sync_as(SyncRequest { retry_failed: true, ..customers() }).await;
    ended(&report, Outcome::Success);
    assert_eq!(rig.changes().len(), left);
    for number in 0..19 {
        let tenant = format!("tenant{number:02}");
        let stands = units(&rig, &tenant, BASIC).await;
        assert_eq!(stands, steps(&[("2026-09-01", 5), ("2026-09-19", 6)]), "{tenant}");
        assert_eq!(units(&rig, &tenant, OTHER).await, steps(&[("2026-09-01", 2)]), "{tenant}");
    }
    settled(&rig).await;
}

/// Nobody is on the retry list then, and nobody was planned: all the same they failed (sync-rules 7).
#[rstest]
#[case::the_list_of_invoices(json!({"system": "prism", "path": "invoices", "fault": {"status": 503}}))]
#[case::the_lines(json!({"system": "prism", "path": "csv", "fault": {"status": 503}}))]
#[case::the_contracts(json!({"system": "autotask", "path": "ContractServices/query",
    "fault": {"status": 503}}))]
#[case::the_products_before_them(json!({"system": "autotask", "path": "Services",
    "fault": {"lock_user": true}}))]
#[tokio::test]
async fn customers_that_a_run_never_came_to_are_planned_by_the_retry(#[case] broken: Value) {
    let rig = ready(w1(), SEPTEMBER).await;
    rig.fault(broken).await;
    let all = SyncRequest { scope: Scope::All, ..SyncRequest::default() };
    ended(&rig.sync_as(all.clone()).await, Outcome::Failure);
    assert_eq!(rig.changes().len(), 0);
    rig.no_faults().await;
    rig.control("autotask/user", &json!({ "locked": false })).await;
    let retry = SyncRequest { retry_failed: true, ..all };
    ended(&rig.sync_as(retry.clone()).await, Outcome::Success);
    let wanted = steps(&[("2026-09-01", 5), ("2026-09-19", 6)]);
    assert_eq!((units(&rig, "harbour", BASIC).await, rig.changes().len()), (wanted, 3));
    settled(&rig).await;
    // Once a run came to its end, the next invoice is none that failed.
    let mut rig = rig;
    rig.month_passes().await;
    ended(&rig.sync_as(retry).await, Outcome::NoChange);
    assert_eq!(rig.sync().await.header.invoices.len(), 1, "it is due all the same");
}

/// The writes of W1.
const W1: (Writes, Lines) =
    (Writes { rows: 1, adjustments: 2 }, Lines { added: 2, ended: 0, amended: 0 });

const ADDITIONS: &str = "/additions$";

#[rstest]
#[case::the_first_adjustment(Target::Autotask, "ServiceAdjustments", 0, "cut_after")]
#[case::the_second_adjustment(Target::Autotask, "ServiceAdjustments", 1, "cut_after")]
#[case::the_new_row(Target::Autotask, "Contracts/\\d+/Services$", 0, "cut_after")]
#[case::an_unreadable_reply(Target::Autotask, "ServiceAdjustments", 0, "garble")]
#[case::half_a_reply(Target::Autotask, "ServiceAdjustments", 1, "truncate")]
#[case::the_first_addition(Target::Connectwise, ADDITIONS, 0, "cut_after")]
#[case::the_second_addition(Target::Connectwise, ADDITIONS, 1, "cut_after")]
#[case::an_unreadable_reply_to_one(Target::Connectwise, ADDITIONS, 0, "garble")]
#[case::half_a_reply_to_one(Target::Connectwise, ADDITIONS, 1, "truncate")]
#[tokio::test]
async fn w15_a_reply_lost_after_the_commit_is_settled_by_reading(
    #[case] target: Target,
    #[case] path: &str,
    #[case] after: u64,
    #[case] how: &str,
) {
    let rig = ready_on(target, w1(), SEPTEMBER).await;
    let lost = json!({"system": rig.system_word(), "method": "POST", "path": path, "after": after,
        "times": 1, "fault": how});
    rig.fault(lost).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Success);
    wrote(&rig, W1.0, W1.1);
    let stands = units(&rig, "harbour", BASIC).await;
    assert_eq!(stands, steps(&[("2026-09-01", 5), ("2026-09-19", 6)]));
    settled(&rig).await;
}

#[rstest]
#[case::the_first_adjustment(Target::Autotask, "ServiceAdjustments", 0)]
#[case::the_second_adjustment(Target::Autotask, "ServiceAdjustments", 1)]
#[case::the_new_row(Target::Autotask, "Contracts/\\d+/Services$", 0)]
#[case::the_first_addition(Target::Connectwise, ADDITIONS, 0)]
#[case::the_second_addition(Target::Connectwise, ADDITIONS, 1)]
#[tokio::test]
async fn w15_a_write_cut_off_before_its_commit_is_made_once(
    #[case] target: Target,
    #[case] path: &str,
    #[case] after: u64,
) {
    let rig = ready_on(target, w1(), SEPTEMBER).await;
    let lost = json!({"system": rig.system_word(), "method": "POST", "path": path, "after": after,
        "times": 1, "fault": "cut_before"});
    rig.fault(lost).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Success);
    wrote(&rig, W1.0, W1.1);
    let stands = units(&rig, "harbour", BASIC).await;
    assert_eq!(stands, steps(&[("2026-09-01", 5), ("2026-09-19", 6)]));
    settled(&rig).await;
}

/// The sync after a kill: the run that was cut off is finished, and the new one finds nothing left to do.
async fn resumed(rig: &Rig) -> RunReport {
    let answer = rig.ask(command::Sync { request: customers() }).await;
    let Answer::Synced(mut runs) = answer else { panic!("{answer:?}") };
    assert_eq!(runs.len(), 2, "{runs:?}");
    ended(&runs[1], Outcome::NoChange);
    let report = runs.remove(0);
    assert_eq!(report.header.attempt, 2, "{}", pretty(&report));
    assert!(report.header.status < Outcome::Failure, "{}", pretty(&report));
    report
}

#[rstest]
#[case::in_the_new_row(Target::Autotask, 1)]
#[case::in_the_first_adjustment(Target::Autotask, 2)]
#[case::in_the_second_adjustment(Target::Autotask, 3)]
#[case::in_the_first_addition(Target::Connectwise, 1)]
#[case::in_the_second_addition(Target::Connectwise, 2)]
#[tokio::test]
async fn x8_killed_in_any_write_of_w1_the_resumed_run_writes_the_rest(
    #[case] target: Target,
    #[case] write: u64,
) {
    let mut rig = ready_on(target, w1(), SEPTEMBER).await;
    assert!(rig.killed_in(write).await);
    resumed(&rig).await;
    wrote(&rig, W1.0, W1.1);
    let stands = units(&rig, "harbour", BASIC).await;
    assert_eq!(stands, steps(&[("2026-09-01", 5), ("2026-09-19", 6)]));
    settled(&rig).await;
}

#[rstest]
#[tokio::test]
async fn x9_an_edit_by_hand_beside_a_lost_reply_is_read_and_the_rest_written(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let rig = ready_on(target, w1(), SEPTEMBER).await;
    let (path, read, how) = match target {
        Target::Autotask => ("ServiceAdjustments", "ContractServiceUnits", None),
        Target::Connectwise => (ADDITIONS, ADDITIONS, Some("GET")),
    };
    let lost = json!({"system": rig.system_word(), "method": "POST", "path": path, "after": 1,
        "times": 1, "fault": "cut_after"});
    rig.fault(lost).await;
    // What is read after the cut is read late enough for the edit to lie before it.
    let slow = json!({"system": rig.system_word(), "path": read, "method": how,
        "fault": {"delay_ms": 250}});
    rig.fault(slow).await;
    let (handle, mut events) = (rig.handle(), rig.handle().events());
    let asked = tokio::spawn(async move {
        handle.ask(Command::from(command::Sync { request: customers() })).await
    });
    loop {
        let event = events.recv().await.expect("the run settles before it ends");
        if matches!(event.happening, Happening::Settling { .. }) {
            break;
        }
    }
    edit(&rig, "harbour", BASIC, ("2026-09-25", 9)).await;
    let answer = asked.await.expect("it ends").expect("an answer");
    let Answer::Synced(runs) = answer else {
        panic!("{answer:?}");
    };
    // An addition by hand is emptied where it begins; Autotask's day is taken.
    ended(&runs[0], either(&rig, Outcome::Warning, Outcome::Success));
    let lines = Lines { added: 2, amended: 1, ..Lines::default() };
    wrote(&rig, Writes { rows: 1, adjustments: 3 }, lines);
    let shifted = [("2026-09-01", 5), ("2026-09-19", 6), ("2026-09-25", 9), ("2026-09-26", 6)];
    let wanted = steps(either(&rig, &shifted[..], &shifted[..2]));
    assert_eq!(units(&rig, "harbour", BASIC).await, wanted);
    rig.no_faults().await;
    settled(&rig).await;
}

#[rstest]
#[case::x1_in_the_first(Target::Autotask, "2026-10-10", 9, 1)]
#[case::x1_in_the_second(Target::Autotask, "2026-10-10", 9, 2)]
#[case::x2_in_the_first(Target::Autotask, "2026-10-01", 8, 1)]
#[case::x2_in_the_second(Target::Autotask, "2026-10-01", 8, 2)]
#[case::x1_in_its_addition(Target::Connectwise, "2026-10-10", 9, 1)]
#[case::x2_in_its_addition(Target::Connectwise, "2026-10-01", 8, 1)]
#[tokio::test]
async fn x11_killed_beside_a_later_manual_change_the_end_is_the_same(
    #[case] target: Target,
    #[case] date: &str,
    #[case] by_hand: i64,
    #[case] write: u64,
) {
    let calm = september_after_august(x1(), on(target)).await;
    edit(&calm, "harbour", BASIC, (date, by_hand)).await;
    let as_without = calm.sync().await;
    let wanted: Units = units(&calm, "harbour", BASIC).await;

    let mut rig = september_after_august(x1(), on(target)).await;
    edit(&rig, "harbour", BASIC, (date, by_hand)).await;
    assert!(rig.killed_in(write).await);
    let report = resumed(&rig).await;
    assert_eq!(units(&rig, "harbour", BASIC).await, wanted);
    assert_eq!(rig.changes().len(), calm.changes().len());
    ended(&report, as_without.header.status);
    settled(&rig).await;
}

fn azure() -> Scenario {
    let sku = "DZH318Z0BPS6:0001";
    Scenario::month("2026-09").azure_product(sku, "Azure plan").tenant("harbour", |tenant| {
        tenant.subscription(sku, |bought| bought.used("2026-09", "312.44", "359.31"))
    })
}

#[rstest]
#[case::in_the_new_row(Target::Autotask, 1)]
#[case::in_the_first_adjustment(Target::Autotask, 2)]
#[case::in_the_second_adjustment(Target::Autotask, 3)]
#[case::in_the_addition(Target::Connectwise, 1)]
#[tokio::test]
async fn x11_killed_in_any_write_of_azure_the_end_is_the_same(
    #[case] target: Target,
    #[case] write: u64,
) {
    let setup = Setup { azure: true, month: SEPTEMBER, ..on(target) };
    let mut rig = ready_with(azure(), setup).await;
    assert!(rig.killed_in(write).await);
    resumed(&rig).await;
    let lines = Lines { added: 1, ..Lines::default() };
    wrote(&rig, Writes { rows: 1, adjustments: 2 }, lines);
    let stands = units(&rig, "harbour", "DZH318Z0BPS6:0001").await;
    assert_eq!(stands, steps(&[("2026-09-01", 1), ("2026-10-01", 0)]));
    assert_eq!(bill(&rig, "harbour", "2026-09").await, "359.31");
    settled(&rig).await;
}

#[rstest]
#[tokio::test]
async fn x12_a_retried_month_keeps_what_the_later_month_says(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let scenario = world("2026-08").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| {
            bought
                .span("2026-08-01", "2026-09-19", 5)
                .span("2026-09-20", "2026-09-30", 8)
                .from("2026-10-01", 5)
        })
    });
    let mut rig = september_after_august(scenario, on(target)).await;
    let refuse = match target {
        Target::Autotask => json!({"system": "autotask", "path": "ServiceAdjustments", "fault":
            {"status": 500, "body": "{\"errors\":[\"It is being edited.\"]}"}}),
        Target::Connectwise => json!({"system": "connectwise", "method": "POST", "path": ADDITIONS,
            "fault": {"status": 400, "body": json!({"code": "InvalidObject",
                "message": "addition object is invalid", "errors": [{"code": "Locked",
                "message": "It is being edited.", "resource": "addition", "field": "id"}]})
                .to_string()}}),
    };
    rig.fault(refuse).await;
    let september = rig.sync().await;
    ended(&september, Outcome::Failure);
    assert!(says(&errors(&september), "It is being edited."), "{}", pretty(&september));
    rig.month_passes().await;
    ended(&rig.sync().await, Outcome::Failure);
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-08-01", 5)]));
    rig.no_faults().await;
    rig.simulation.journal().reset();
    let report = rig.sync_as(SyncRequest { retry_failed: true, ..customers() }).await;
    ended(&report, Outcome::Success);
    let lines = Lines { added: 1, ..Lines::default() };
    wrote(&rig, Writes { rows: 0, adjustments: 2 }, lines);
    let wanted = [("2026-08-01", 5), ("2026-09-20", 8), ("2026-10-01", 5)];
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&wanted));
    settled(&rig).await;
}
