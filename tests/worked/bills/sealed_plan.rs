//! A saved plan binds every attempt of the run that carries it out (sync-rules 8.6).

use prism_connect::{
    domain::outcome::Outcome,
    engine::{
        protocol::{Answer, Command, Refusal, Reply, SyncRequest, command},
        views::PlanView,
    },
};

use crate::{
    checks::{
        BASIC, OTHER, SEPTEMBER, customers, domain, ended, ledger, plan_of, ready, settled, steps,
        tenant, units, world,
    },
    rig::{Rig, Units, pretty},
    scenario::Scenario,
};

const TENANTS: u32 = 6;

/// Thirty writes for September, and for October one more for each of six tenants.
fn thirty_writes_and_six_more() -> Scenario {
    (0..TENANTS).fold(world("2026-09"), |scenario, number| {
        scenario.tenant(&tenant(number), |tenant| {
            tenant
                .subscription(BASIC, |bought| {
                    bought
                        .span("2026-09-01", "2026-09-18", 5)
                        .span("2026-09-19", "2026-09-30", 6)
                        .from("2026-10-01", 9)
                })
                .subscription(OTHER, |bought| bought.from("2026-09-01", 2))
        })
    })
}

/// The command that carries a plan out, as the operator types it again and again.
fn carry_out(plan: &PlanView) -> SyncRequest {
    SyncRequest { plan: Some(plan.saved.clone()), ..SyncRequest::default() }
}

async fn again(rig: &Rig, plan: &PlanView) -> Reply {
    rig.try_ask(command::Sync { request: carry_out(plan) }).await
}

fn refused(reply: Reply) -> Refusal {
    match reply {
        Err(refusal) => refusal,
        answer => panic!("{answer:?}"),
    }
}

fn september() -> Units {
    steps(&[("2026-09-01", 5), ("2026-09-19", 6)])
}

#[tokio::test]
async fn a05_a_resumed_run_leaves_an_invoice_that_is_not_in_its_plan_to_the_next() {
    let mut rig = ready(thirty_writes_and_six_more(), SEPTEMBER).await;
    let plan = plan_of(&rig, customers()).await;
    assert_eq!(plan.operations.len(), 30);
    assert!(rig.killed_as(carry_out(&plan), 11).await, "killed before it ended");
    rig.control("month/advance", &serde_json::json!({})).await;
    rig.go_to((2026, 10)).await;
    let reply = again(&rig, &plan).await;
    let Ok(Answer::Synced(reports)) = reply else { panic!("{reply:?}") };
    let [report] = &reports[..] else { panic!("one run: {reports:?}") };
    ended(report, Outcome::Success);
    assert_eq!((report.header.attempt, report.header.counts.writes), (2, 30), "{}", pretty(report));
    assert_eq!(rig.changes().len(), 30, "what the plan lists, and no more");
    for number in 0..TENANTS {
        assert_eq!(units(&rig, &tenant(number), BASIC).await, september());
    }
    let told = report.header.message.as_ref().expect("what is left");
    assert_eq!(told.code.as_str(), "left_for_next", "{told:?}");
    assert_eq!(report.ledgers.len(), 1, "{}", pretty(report));

    // Given once more, it is known to be carried out.
    let refusal = refused(again(&rig, &plan).await);
    let (text, advice) = (&refusal.finding.text, &refusal.finding.advice);
    assert!(text.starts_with("Run 2 has carried out this plan: 30 changes."), "{text}");
    assert!(advice.starts_with("Nothing was written this time."), "{advice}");
    assert_eq!(rig.changes().len(), 30);

    let october = rig.sync().await;
    ended(&october, Outcome::Success);
    assert_eq!(rig.changes().len(), 36);
    let wanted = steps(&[("2026-09-01", 5), ("2026-09-19", 6), ("2026-10-01", 9)]);
    for number in 0..TENANTS {
        assert_eq!(units(&rig, &tenant(number), BASIC).await, wanted);
    }
    settled(&rig).await;
}

#[tokio::test]
async fn a05_a_resumed_run_leaves_a_contract_that_is_not_in_its_plan_to_the_next() {
    let mut rig = ready(thirty_writes_and_six_more(), SEPTEMBER).await;
    let switch =
        |on| Command::from(command::SetSync { tenants: vec![domain(5)], on, skip_missed: None });
    rig.ask(switch(false)).await;
    let plan = plan_of(&rig, customers()).await;
    assert_eq!(plan.operations.len(), 25);
    let [off] = &plan.switched_off[..] else { panic!("one is off: {:?}", plan.switched_off) };
    // 5 x 18 and 6 x 12 of 30 days at 6.90, and 2 x 12.50.
    assert_eq!((off.amount.to_string(), off.amount), ("62.26".to_owned(), plan.ledgers[0].off));
    let seats = |on: &str| {
        let on = on.parse().expect("a day");
        let all = plan.quantities.iter().map(|one| (one.present.on(on), one.invoiced.on(on)));
        all.filter(|(_, invoiced)| *invoiced > 2).collect::<Vec<_>>()
    };
    assert_eq!(
        plan.quantities.iter().count(),
        10,
        "two services of each contract that is written to"
    );
    assert_eq!((seats("2026-09-18"), seats("2026-09-19")), (vec![(0, 5); 5], vec![(0, 6); 5]));
    assert!(rig.killed_as(carry_out(&plan), 11).await, "killed before it ended");
    rig.ask(switch(true)).await;
    let reply = again(&rig, &plan).await;
    let Ok(Answer::Synced(reports)) = reply else { panic!("{reply:?}") };
    let [report] = &reports[..] else { panic!("one run: {reports:?}") };
    ended(report, Outcome::Success);
    assert_eq!(rig.changes().len(), 25, "what the plan lists, and no more");
    assert_eq!(units(&rig, &tenant(5), BASIC).await, Units::new());
    // 5 x 18 and 6 x 12 of 30 days at 6.90, and 2 x 12.50.
    assert_eq!(ledger(report).not_in_scope.to_string(), "62.26", "{}", pretty(report));
    assert!(report.customers.iter().all(|row| row.tenant != domain(5)), "{}", pretty(report));
    ended(&rig.sync().await, Outcome::Success);
    assert_eq!(rig.changes().len(), 30);
    assert_eq!(units(&rig, &tenant(5), BASIC).await, september());
    settled(&rig).await;
}

#[tokio::test]
async fn a05_what_a_resume_wrote_is_told_with_the_refusal_that_follows_it() {
    let mut rig = ready(thirty_writes_and_six_more(), SEPTEMBER).await;
    let other = plan_of(&rig, customers()).await;
    let mine = plan_of(&rig, SyncRequest { tenants: vec![domain(0)], ..customers() }).await;
    assert_eq!(mine.operations.len(), 5);
    assert!(rig.killed_as(carry_out(&mine), 2).await, "killed before it ended");
    let refusal = refused(again(&rig, &other).await);
    assert_eq!(refusal.finding.code.as_str(), "plan_stale");
    let [finished] = &*refusal.finished else { panic!("the run that was finished: {refusal:?}") };
    ended(finished, Outcome::Success);
    assert_eq!((finished.header.counts.writes, rig.changes().len()), (5, 5), "{refusal:?}");
    let (text, advice) = (&refusal.finding.text, &refusal.finding.advice);
    // Killed at its second write: what it had sent by then is told apart.
    let counts = finished.header.counts;
    assert!((1..=2).contains(&counts.writes_earlier), "{counts:?}");
    let told = format!(
        "Run 2, which was cut off, was finished first: {} changes sent, {} more before it was cut off.",
        counts.writes - counts.writes_earlier,
        counts.writes_earlier
    );
    assert!(text.starts_with(&told), "{text}");
    assert!(advice.starts_with("Nothing else was written."), "{advice}");
}

/// Killed again and again: no attempt writes anything else.
#[tokio::test]
async fn a05_no_attempt_of_several_writes_what_the_plan_does_not_list() {
    let mut rig = ready(thirty_writes_and_six_more(), SEPTEMBER).await;
    let plan = plan_of(&rig, customers()).await;
    assert!(rig.killed_as(carry_out(&plan), 3).await);
    rig.control("month/advance", &serde_json::json!({})).await;
    rig.go_to((2026, 10)).await;
    for write in [4, 1, 7] {
        assert!(rig.killed_as(carry_out(&plan), write).await, "killed before it ended");
    }
    let reply = again(&rig, &plan).await;
    let Ok(Answer::Synced(reports)) = reply else { panic!("{reply:?}") };
    ended(&reports[0], Outcome::Success);
    assert_eq!(
        (reports[0].header.attempt, rig.changes().len()),
        (5, 30),
        "{}",
        pretty(&reports[0])
    );
    for number in 0..TENANTS {
        assert_eq!(units(&rig, &tenant(number), BASIC).await, september());
    }
}
