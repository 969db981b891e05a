//! A part of a plan is applied: some of its customers, each contract whole; the rest stays due.

use prism_connect::{
    domain::{outcome::Outcome, run::RunKind},
    engine::{
        protocol::{Answer, Refusal, Scope, SyncRequest, command},
        views::{CauseView, Mend, PlanView},
    },
    sim::SimSettings,
};

use crate::{
    checks::{
        BASIC, OTHER, SEPTEMBER, customers, domain, ended, ledger, plan_of, ready, settled, steps,
        tenant, units, world,
    },
    rig::{Rig, Setup, Units, pretty},
    scenario::Scenario,
};

const TENANTS: u32 = 4;

/// Five writes for each of four tenants.
fn twenty_writes() -> Scenario {
    (0..TENANTS).fold(world("2026-09"), |scenario, number| {
        scenario.tenant(&tenant(number), |tenant| {
            tenant
                .subscription(BASIC, |bought| {
                    bought.span("2026-09-01", "2026-09-18", 5).from("2026-09-19", 6)
                })
                .subscription(OTHER, |bought| bought.from("2026-09-01", 2))
        })
    })
}

fn part(plan: &PlanView, only: &[String]) -> SyncRequest {
    let (plan, only) = (Some(plan.saved.clone()), only.to_vec());
    SyncRequest { plan, only, ..SyncRequest::default() }
}

async fn refused(rig: &Rig, request: SyncRequest) -> Refusal {
    match rig.try_ask(command::Sync { request }).await {
        Err(refusal) => refusal,
        answer => panic!("{answer:?}"),
    }
}

/// Whether each tenant has what the invoice says, or nothing yet.
async fn written(rig: &Rig) -> Vec<bool> {
    let mut written = Vec::new();
    for number in 0..TENANTS {
        let stands = units(rig, &tenant(number), BASIC).await;
        let whole = steps(&[("2026-09-01", 5), ("2026-09-19", 6)]);
        assert!(stands == whole || stands == Units::new(), "{number}: {stands:?}");
        written.push(stands == whole);
    }
    written
}

/// Whom no run was asked for, as the dashboard has it.
async fn not_asked(rig: &Rig) -> Option<CauseView> {
    let Answer::Status(status) = rig.ask(command::Status).await else { panic!("no status") };
    status
        .causes
        .into_iter()
        .find(|cause| cause.members.iter().any(|member| member.id.starts_with("not-asked-")))
}

#[tokio::test]
async fn half_of_a_plan_is_applied_and_the_rest_by_a_later_plan() {
    let rig = ready(twenty_writes(), SEPTEMBER).await;
    let whole = plan_of(&rig, customers()).await;
    assert_eq!((whole.operations.len(), whole.contracts.len()), (20, 4));
    let half = rig.sync_as(part(&whole, &[domain(0), domain(2)])).await;
    ended(&half, Outcome::Success);
    assert_eq!((half.header.counts.writes, rig.changes().len()), (10, 10), "{}", pretty(&half));
    assert_eq!(written(&rig).await, [true, false, true, false]);
    // 5 x 18 and 6 x 12 of 30 days at 6.90, and 2 x 12.50, of two tenants each.
    let told = ledger(&half);
    let (synced, left) = (told.synced.to_string(), told.not_in_scope.to_string());
    assert_eq!((&*synced, &*left), ("124.52", "124.52"), "{}", pretty(&half));

    let left = not_asked(&rig).await;
    let left = left.expect("what is due and was left out wants attention");
    assert_eq!((left.customers, left.amounts.len()), (2, 1), "{left:?}");
    assert_eq!(left.amounts[0].amount.to_string(), "124.52");
    let Mend::Plan { tenants } = &left.mend else { panic!("{left:?}") };
    let those = SyncRequest { tenants: tenants.clone(), ..customers() };
    let rest = plan_of(&rig, those).await;
    assert_eq!((rest.operations.len(), rest.contracts.len()), (10, 2));

    let rest = plan_of(&rig, customers()).await;
    assert_eq!((rest.operations.len(), rest.contracts.len()), (10, 2));
    ended(&rig.sync_as(part(&rest, &[])).await, Outcome::Success);
    assert_eq!(rig.changes().len(), 20);
    assert_eq!(not_asked(&rig).await, None);
    assert_eq!(written(&rig).await, [true; 4]);
    settled(&rig).await;
}

#[tokio::test]
async fn the_other_half_of_the_same_plan_still_stands_and_the_whole_does_not() {
    let rig = ready(twenty_writes(), SEPTEMBER).await;
    let whole = plan_of(&rig, customers()).await;
    ended(&rig.sync_as(part(&whole, &[domain(0), domain(2)])).await, Outcome::Success);
    let refusal = refused(&rig, part(&whole, &[])).await;
    let text = &refusal.finding.text;
    assert_eq!(refusal.finding.code.as_str(), "plan_stale", "{text}");
    assert!(text.contains("has carried out a part of this plan: 10 of 20 changes."), "{text}");
    ended(&rig.sync_as(part(&whole, &[domain(1), domain(3)])).await, Outcome::Success);
    assert_eq!(rig.changes().len(), 20);
    settled(&rig).await;
}

#[tokio::test]
async fn a_part_that_is_killed_is_finished_as_that_part() {
    let mut rig = ready(twenty_writes(), SEPTEMBER).await;
    let whole = plan_of(&rig, customers()).await;
    let half = || part(&whole, &[domain(1), domain(3)]);
    for write in [3, 4] {
        assert!(rig.killed_as(half(), write).await, "killed before it ended");
    }
    let report = rig.sync_as(half()).await;
    ended(&report, Outcome::Success);
    let figures = (report.header.attempt, report.header.counts.writes, rig.changes().len());
    assert_eq!(figures, (3, 10, 10), "{}", pretty(&report));
    assert_eq!(written(&rig).await, [false, true, false, true]);
    ended(&rig.sync().await, Outcome::Success);
    assert_eq!(rig.changes().len(), 20);
    settled(&rig).await;
}

#[tokio::test]
async fn tenants_that_share_a_contract_go_together_or_not_at_all() {
    let scenario = twenty_writes().tenant("branch", |branch| {
        branch.on_contract_of("tenant0").subscription(BASIC, |bought| bought.from("2026-09-01", 3))
    });
    let rig = ready(scenario, SEPTEMBER).await;
    let whole = plan_of(&rig, customers()).await;
    assert_eq!(whole.contracts.len(), 4);
    let refusal = refused(&rig, part(&whole, &[domain(0), domain(1)])).await;
    let text = &refusal.finding.text;
    assert_eq!(refusal.finding.code.as_str(), "shared_contract", "{text}");
    assert!(text.contains("with “branch.onmicrosoft.com”, which is written whole"), "{text}");
    assert_eq!(rig.changes().len(), 0);
    let both = [domain(0), "branch.onmicrosoft.com".to_owned()];
    ended(&rig.sync_as(part(&whole, &both)).await, Outcome::Success);
    let wanted = steps(&[("2026-09-01", 8), ("2026-09-19", 9)]);
    assert_eq!(units(&rig, "tenant0", BASIC).await, wanted);
    assert_eq!(units(&rig, "tenant1", BASIC).await, Units::new());
}

#[tokio::test]
async fn what_a_plan_says_nothing_of_is_no_part_of_it() {
    let rig = ready(twenty_writes(), SEPTEMBER).await;
    let one = plan_of(&rig, SyncRequest { tenants: vec![domain(0)], ..customers() }).await;
    let refusal = refused(&rig, part(&one, &[domain(1)])).await;
    let text = &refusal.finding.text;
    assert_eq!(refusal.finding.code.as_str(), "plan_other", "{text}");
    assert_eq!(text, "The plan has nothing of “tenant1.onmicrosoft.com”.");
    let nobody = refused(&rig, part(&one, &["nobody.example".to_owned()])).await;
    assert_eq!(nobody.finding.code.as_str(), "unknown_tenant", "{nobody:?}");
    let no_plan = SyncRequest { only: vec![domain(0)], ..customers() };
    assert_eq!(refused(&rig, no_plan).await.finding.code.as_str(), "plan_other");
    assert_eq!(rig.changes().len(), 0);
}

/// Services come first, as a contract cannot be given one that is not there.
#[tokio::test]
async fn a_part_brings_the_services_of_the_whole() {
    let setup = Setup { month: SEPTEMBER, ..Setup::default() };
    let rig = Rig::connected(twenty_writes().world(), setup, SimSettings::default()).await;
    rig.map_all(|_| {}).await;
    let whole = plan_of(&rig, SyncRequest::default()).await;
    assert_eq!(whole.operations.len(), 22, "two services, and what stands on four contracts");
    let report = rig.sync_as(part(&whole, &[domain(3)])).await;
    assert_eq!(report.header.kind, RunKind::Customers);
    ended(&report, Outcome::Success);
    assert_eq!(written(&rig).await, [false, false, false, true]);
    assert_eq!(rig.changes().len(), 7);
    let rest = plan_of(&rig, SyncRequest { scope: Scope::All, ..SyncRequest::default() }).await;
    assert_eq!(rest.operations.len(), 15);
}
