//! Plans that wait until somebody else has looked at them (unattended operation, *Two persons*).

use prism_connect::{
    domain::{
        Role, RunId, ServiceId,
        operation::Operation,
        outcome::Outcome,
        run::{RunReport, Trigger},
    },
    engine::{
        Handle,
        protocol::{Actor, PlanSeen, Refusal, RefusalKind, Scope, SyncRequest, command},
        views::{AuditView, Standing, WaitingPlan, WaitingPlanDetail, WaitsBecause},
    },
};

use crate::{
    in_memory::{day, lock, target::FakeTarget},
    schedule::{ALPHA, DAILY, Scene, at, issue_september, run_begins, with_september},
};

/// Whoever may let plans pass: neither who linked the customer nor who syncs.
const BOB: (&str, u32) = ("bob", 1002);
const ALICE: (&str, u32) = ("alice", 1001);
const CAROL: (&str, u32) = ("carol", 1003);

impl Scene {
    fn as_(&self, (name, uid): (&str, u32), role: Role) -> Handle {
        self.handle.clone().of(Actor { role, uid: Some(uid), ..Actor::owner(name) })
    }

    fn bob(&self) -> Handle {
        self.as_(BOB, Role::Approve)
    }

    fn alice(&self) -> Handle {
        self.as_(ALICE, Role::Operate)
    }

    async fn plans(&self) -> Vec<WaitingPlan> {
        self.handle.ask(command::Approvals { all: true }).await.expect("plans")
    }

    async fn plan(&self, number: u64) -> WaitingPlanDetail {
        *self.handle.ask(command::Approval { number }).await.expect("a plan")
    }

    async fn standing(&self, number: u64) -> Standing {
        self.plan(number).await.waiting.standing
    }

    /// The one that alpha's product is billed as.
    fn service(&self) -> ServiceId {
        lock(&self.world).services.first().expect("a service").id
    }

    /// Seats that were written, all services together.
    fn seats_sent(&self) -> i64 {
        let seats = |operation: &Operation| match operation {
            Operation::AdjustUnits { units, .. } => *units,
            _ => 0,
        };
        lock(&self.world).sent.iter().map(seats).sum()
    }

    async fn trail(&self) -> Vec<AuditView> {
        let asked = command::Audit { subject: Some("plan 1".to_owned()), limit: None };
        self.handle.ask(asked).await.expect("the trail")
    }

    /// One scheduled look, of which guards hold all.
    async fn held(&self) -> WaitingPlan {
        let look = self.looked("2026-10-05T06:30:00Z").await;
        assert_eq!(look.held, 1, "{look:?}");
        self.plans().await.into_iter().next().expect("a plan that waits")
    }
}

fn approval(number: u64) -> command::Approve {
    command::Approve { number, seal: None, reason: None, break_glass: false }
}

async fn approved(handle: &Handle, number: u64) -> Result<Vec<RunReport>, Refusal> {
    handle.ask(approval(number)).await
}

fn customers() -> command::Sync {
    let request = SyncRequest { scope: Scope::Customers, ..SyncRequest::default() };
    command::Sync { request }
}

/// The whole way: what guards hold of a look waits, another lets it pass, and it is what is written.
#[tokio::test]
async fn what_guards_hold_waits_and_is_written_once_another_approved_it() {
    let scene = with_september(DAILY, 100).await.keep().await;
    let plan = scene.held().await;
    assert_eq!((plan.number, plan.because), (1, WaitsBecause::Guards));
    assert_eq!(plan.author.to_string(), "schedule");
    assert_eq!((plan.invoices.len(), plan.contracts, plan.held.len()), (1, 1, 1), "{plan:?}");
    assert!(plan.held[0].text.contains("goes from 5 to 100 seats"), "{}", plan.held[0].text);
    assert_eq!(plan.expires_at - plan.made_at, chrono::TimeDelta::hours(72));
    let money = &plan.money[0];
    assert!(money.after > money.before, "{money:?}");
    assert_eq!(scene.seats_sent(), 0, "nothing was written");
    let detail = scene.plan(1).await;
    let rows = detail.plan.expect("its rows");
    assert_eq!(rows.operations.len() as u64, plan.changes);
    assert_eq!(rows.money.monthly_after, money.after);

    let reports = approved(&scene.bob(), 1).await.expect("applied");
    let run = &reports[0].header;
    assert_eq!(
        (run.status, &run.trigger, run.actor.as_str()),
        (Outcome::Success, &Trigger::Approved, "bob")
    );
    let of_run = run.approved.as_ref().expect("by whom");
    assert_eq!(of_run.told(), "plan 1 of schedule, approved by bob");
    assert_eq!(scene.seats_sent(), 95);
    let Standing::Applied { approved, run: applied } = scene.standing(1).await else { panic!() };
    assert_eq!((applied, approved.who.uid), (run.id, Some(1002)));
    let told: Vec<String> = scene.trail().await.into_iter().map(|one| one.what).collect();
    assert!(told.contains(&"approved plan 1 of schedule".to_owned()), "{told:?}");
    // Nothing is left to do, and nobody does it twice.
    let again = scene.alice().ask(customers()).await.expect("a run");
    assert_eq!(again[0].header.status, Outcome::NoChange);
    scene.stopped().await;
}

#[tokio::test]
async fn the_same_held_plan_is_not_a_second_one() {
    let scene = with_september(DAILY, 100).await.keep().await;
    scene.held().await;
    let look = command::RunNow { attempt: None };
    let look = scene.as_(CAROL, Role::Admin).ask(look).await.expect("a look");
    assert_eq!(look.held, 1);
    scene.alice().ask(customers()).await.expect("a run");
    let plans = scene.plans().await;
    assert_eq!(plans.len(), 1, "{plans:?}");
    scene.stopped().await;
}

/// The bill that was held is corrected: what waits for it is superseded by what is held of the other one.
#[tokio::test]
async fn a_plan_that_moved_is_superseded_by_the_next_look() {
    let scene = with_september(DAILY, 100).await.keep().await;
    scene.held().await;
    lock(&scene.world).invoices.pop();
    issue_september(&mut lock(&scene.world), 90);
    let look = command::RunNow { attempt: None };
    scene.as_(CAROL, Role::Admin).ask(look).await.expect("a look");
    assert_eq!(scene.standing(1).await, Standing::Superseded { by: 2 });
    assert_eq!(scene.standing(2).await, Standing::Waiting);
    assert_eq!(scene.status().await.approvals.expect("some").waiting, 1);
    let refusal = approved(&scene.bob(), 1).await.expect_err("superseded");
    assert_eq!(refusal.finding.code.as_str(), "plan_decided");
    scene.stopped().await;
}

#[tokio::test]
async fn whoever_made_it_may_not_approve_it_and_the_refusal_is_in_the_trail() {
    let scene = with_september("", 100).await.keep().await;
    let reports = scene.alice().ask(customers()).await.expect("a run");
    assert_eq!(reports[0].header.status, Outcome::Failure, "it is held");
    let plan = scene.plan(1).await;
    assert_eq!(plan.waiting.author.to_string(), "alice");
    assert!(plan.who_may().contains("alice (made this plan)"), "{}", plan.who_may());
    // Also under another name: the kernel's number tells.
    let alice = scene.as_(("al", ALICE.1), Role::Approve);
    let refusal = approved(&alice, 1).await.expect_err("her own");
    assert_eq!((refusal.kind, refusal.finding.code.as_str()), (RefusalKind::NoRight, "plan_own"));
    let told = scene.trail().await;
    let asked = command::Audit { subject: None, limit: Some(1) };
    let last = scene.handle.ask(asked).await.expect("the trail").remove(0);
    assert!(last.refused && last.actor == "al", "{last:?}; {told:?}");
    assert_eq!((scene.standing(1).await, scene.seats_sent()), (Standing::Waiting, 0));
    assert!(approved(&scene.bob(), 1).await.is_ok());
    scene.stopped().await;
}

/// A look of one's own is none: neither a saved plan nor one that was gone through is.
#[tokio::test]
async fn a_plan_that_its_author_looked_at_waits_all_the_same() {
    let scene = with_september("", 100).await.keep().await;
    let request = SyncRequest { scope: Scope::Customers, ..SyncRequest::default() };
    let plan = scene.alice().ask(command::Plan { request: request.clone() }).await.expect("a plan");
    let request =
        SyncRequest { plan: Some(plan.found.saved.clone()), seen: PlanSeen::Seen, ..request };
    let reports = scene.alice().ask(command::Sync { request }).await.expect("a run");
    let row = &reports[0].customers[0];
    let held = row.subscriptions[0].error.as_ref().or(row.error.as_ref()).expect("it is held");
    assert_eq!(held.code.as_str(), "guard");
    assert!(held.advice.contains("approvals list"), "{}", held.advice);
    assert_eq!((scene.seats_sent(), scene.plans().await.len()), (0, 1));
    scene.stopped().await;
}

#[tokio::test]
async fn whoever_changed_a_link_or_a_pin_in_it_may_not_approve_it() {
    let scene = with_september("", 100).await.keep().await;
    let bob = scene.as_(BOB, Role::Operate);
    let off = |on| command::SetSync { tenants: vec![ALPHA.to_owned()], on, skip_missed: None };
    bob.ask(off(false)).await.expect("off");
    bob.ask(off(true)).await.expect("on");
    scene.alice().ask(customers()).await.expect("a run");
    let refusal = approved(&scene.bob(), 1).await.expect_err("he changed it");
    assert_eq!(refusal.finding.code.as_str(), "plan_own");
    assert!(refusal.finding.text.contains("linked alpha"), "{refusal}");
    // Somebody else pins the product of it: then it is theirs too.
    let pin = command::Pin { product: "SKU1".into(), service: scene.service() };
    let carol = scene.as_(CAROL, Role::Admin);
    carol.ask(pin).await.expect("pinned");
    let barred = scene.plan(1).await.who_may();
    assert!(barred.contains("carol") && barred.contains("bob"), "{barred}");
    let refusal = approved(&scene.as_(CAROL, Role::Approve), 1).await.expect_err("she pinned");
    assert!(refusal.finding.text.contains("chose the service"), "{refusal}");
    scene.stopped().await;
}

#[tokio::test]
async fn a_role_that_does_not_approve_is_refused_and_the_seal_binds() {
    let scene = with_september(DAILY, 100).await.keep().await;
    scene.held().await;
    for role in [Role::View, Role::Operate, Role::Admin] {
        let refusal = approved(&scene.as_(CAROL, role), 1).await.expect_err("no right");
        assert_eq!(refusal.finding.code.as_str(), "no_right", "{role}");
    }
    let other = command::Approve { seal: Some("other".to_owned()), ..approval(1) };
    let refusal = scene.bob().ask(other).await.expect_err("another plan");
    assert_eq!(refusal.finding.code.as_str(), "plan_other");
    let refusal = approved(&scene.bob(), 7).await.expect_err("there is none");
    assert_eq!(refusal.finding.code.as_str(), "plan_unknown");
    assert_eq!((scene.standing(1).await, scene.seats_sent()), (Standing::Waiting, 0));
    scene.stopped().await;
}

/// Somebody sets seats by hand between plan and approval: it is stale, and says from what to what.
#[tokio::test]
async fn a_plan_is_stale_after_an_edit_by_hand_and_says_what_moved() {
    let scene = with_september(DAILY, 100).await.keep().await;
    scene.held().await;
    FakeTarget::of(scene.world.clone()).edit(1, scene.service(), day("2026-09-10"), 2);
    let refusal = approved(&scene.bob(), 1).await.expect_err("stale");
    assert_eq!(refusal.finding.code.as_str(), "plan_stale");
    let Standing::Stale { moved, .. } = scene.standing(1).await else { panic!() };
    let told = moved[0].told();
    assert!(told.contains("on the contract: 5 on 2026-09-10 → 7 on 2026-09-10"), "{told}");
    assert!(refusal.finding.text.contains(&told), "{refusal}");
    assert_eq!(scene.seats_sent(), 0);
    // What is held now waits as another one.
    let look = command::RunNow { attempt: None };
    scene.as_(CAROL, Role::Admin).ask(look).await.expect("a look");
    assert!(approved(&scene.bob(), 2).await.is_ok());
    assert_eq!(scene.seats_sent(), 93);
    scene.stopped().await;
}

#[tokio::test]
async fn a_plan_that_nobody_decided_about_expires() {
    let scene = with_september(DAILY, 100).await.keep().await;
    let made = scene.held().await.made_at;
    let left = scene.stopped().await;
    let scene = Scene::idle(left, DAILY, "2026-10-08T06:40:00Z").await;
    assert!(at("2026-10-08T06:40:00Z") - made > chrono::TimeDelta::hours(72));
    assert_eq!(scene.standing(1).await, Standing::Expired { approved: None });
    let refusal = approved(&scene.bob(), 1).await.expect_err("expired");
    assert_eq!(refusal.finding.code.as_str(), "plan_decided");
    assert!(scene.status().await.approvals.is_none());
    // Still held, it waits anew.
    scene.handle.ask(command::RunNow { attempt: None }).await.expect("a look");
    assert_eq!(scene.standing(2).await, Standing::Waiting);
    scene.stopped().await;
}

#[tokio::test]
async fn what_was_rejected_is_not_offered_again_by_the_schedule_until_it_moves() {
    let scene = with_september(DAILY, 100).await.keep().await;
    scene.held().await;
    let reject = |reason: &str| command::Reject { number: 1, reason: reason.to_owned() };
    let refusal = scene.bob().ask(reject(" ")).await.expect_err("no reason");
    assert_eq!(refusal.finding.code.as_str(), "reason");
    let plan = scene.bob().ask(reject("Ask the distributor.")).await.expect("rejected");
    let Standing::Rejected { who, reason, .. } = plan.waiting.standing else { panic!() };
    assert_eq!((who.name.as_str(), reason.as_str()), ("bob", "Ask the distributor."));
    let refusal = scene.bob().ask(reject("Again.")).await.expect_err("it is over");
    assert_eq!(refusal.finding.code.as_str(), "plan_decided");
    let (dir, world) = scene.stopped().await;
    let scene = Scene::idle((dir, world), DAILY, "2026-10-06T06:31:00Z").await.keep().await;
    scene.looked("2026-10-06T06:30:00Z").await;
    assert_eq!(scene.plans().await.len(), 1, "the schedule does not insist");
    scene.alice().ask(customers()).await.expect("a run");
    assert_eq!(scene.plans().await[0].author.to_string(), "alice", "somebody may");
    scene.stopped().await;
}

#[tokio::test]
async fn an_administrator_alone_breaks_the_glass_with_a_reason_and_it_stays_marked() {
    let scene = with_september("", 100).await.keep().await;
    let carol = scene.as_(CAROL, Role::Admin);
    carol.ask(customers()).await.expect("a run");
    let alone = |reason: Option<&str>| command::Approve {
        reason: reason.map(str::to_owned),
        break_glass: true,
        ..approval(1)
    };
    let refusal = carol.ask(alone(None)).await.expect_err("no reason");
    assert_eq!(refusal.finding.code.as_str(), "reason");
    let refusal = scene.bob().ask(alone(Some("Now."))).await.expect_err("no administrator");
    assert_eq!(refusal.finding.code.as_str(), "no_right");
    let reports = carol.ask(alone(Some("Nobody else is here."))).await.expect("applied");
    assert!(reports[0].header.approved.as_ref().is_some_and(|one| one.break_glass));
    assert_eq!(scene.seats_sent(), 95);
    let marked = |status: prism_connect::engine::views::StatusView| {
        let broken = status.approvals.map(|all| all.broken_glass).unwrap_or_default();
        let listed = status.attention.iter().any(|one| one.id == "break-glass-1");
        (broken.len(), listed)
    };
    assert_eq!(marked(scene.status().await), (1, true));
    let seen = command::Acknowledge { id: "break-glass-1".to_owned() };
    assert!(scene.handle.ask(seen).await.is_err(), "nobody takes it off");
    let left = scene.stopped().await;
    let scene = Scene::idle(left, "", "2027-01-02T00:00:00Z").await;
    assert_eq!(marked(scene.status().await), (1, true), "for 90 days");
    let scene = Scene::idle(scene.stopped().await, "", "2027-01-04T00:00:00Z").await;
    assert_eq!(marked(scene.status().await), (0, false));
    scene.stopped().await;
}

/// The program ends between approval and run: the next start applies it, once.
#[tokio::test]
async fn what_was_approved_and_not_begun_is_applied_at_the_next_start() {
    let scene = with_september(DAILY, 100).await.keep().await;
    scene.held().await;
    lock(&scene.world).hangs = true;
    let (bob, mut events) = (scene.bob(), scene.handle.events());
    let asked = bob.ask(approval(1));
    let changed = |event: &prism_connect::engine::protocol::Event| {
        use prism_connect::engine::protocol::{Changed, Happening};
        matches!(event.happening, Happening::Changed { what: Changed::Approvals })
    };
    while !changed(&events.recv().await.expect("an event")) {}
    let left = scene.stopped().await;
    assert!(asked.await.is_err(), "it was cut off");
    lock(&left.1).hangs = false;
    let scene = Scene::idle(left, "", "2026-10-05T07:00:00Z").await;
    assert!(matches!(scene.standing(1).await, Standing::Approved { .. }), "approved, and due");
    assert_eq!(scene.status().await.approvals.expect("some").due, 1);
    let mut events = scene.handle.events();
    let scene = scene.keep().await;
    run_begins(&mut events).await;
    loop {
        if let Standing::Applied { approved, .. } = scene.standing(1).await {
            assert_eq!(approved.who.name, "bob");
            break;
        }
        events.recv().await.expect("an event");
    }
    assert_eq!(scene.seats_sent(), 95);
    let runs = scene.handle.ask(command::Runs { limit: 9 }).await.expect("runs");
    let of_plan = runs.iter().filter(|run| run.approved.is_some()).count();
    assert_eq!(of_plan, 1, "once");
    scene.stopped().await;
}

#[tokio::test]
async fn where_every_run_waits_nothing_is_written_before_it_is_approved() {
    // The setting stands before the schedule's table.
    let scene = with_september("", 6).await;
    let scene = scene.set("approval = \"every-run\"").await.keep().await;
    let refusal = scene.alice().ask(customers()).await.expect_err("it waits");
    assert_eq!((refusal.kind, refusal.finding.code.as_str()), (RefusalKind::Waits, "plan_waits"));
    assert!(refusal.finding.text.starts_with("Plan 1 waits for approval"), "{refusal}");
    let plan = scene.plan(1).await.waiting;
    assert_eq!((plan.because, plan.held.len()), (WaitsBecause::EveryRun, 0));
    assert_eq!(scene.seats_sent(), 0);
    let look = command::RunNow { attempt: None };
    let look = scene.as_(CAROL, Role::Admin).ask(look).await.expect("a look");
    assert!(look.text.contains("waits for approval"), "{}", look.text);
    let number = scene.plans().await[0].number;
    let reports = approved(&scene.bob(), number).await.expect("applied");
    assert!(reports.iter().any(|report| report.header.id > RunId(0)));
    assert_eq!(scene.seats_sent(), 1);
    // Where nothing would be written nobody is asked.
    let reports = scene.alice().ask(customers()).await.expect("a run");
    assert_eq!(reports[0].header.status, Outcome::NoChange);
    scene.stopped().await;
}

#[tokio::test]
async fn without_a_daemon_whoever_has_looked_writes() {
    let scene = with_september("", 100).await;
    let request = SyncRequest { scope: Scope::Customers, ..SyncRequest::default() };
    let plan = scene.handle.ask(command::Plan { request: request.clone() }).await.expect("a plan");
    let request = SyncRequest { plan: Some(plan.found.saved.clone()), ..request };
    let reports = scene.handle.ask(command::Sync { request }).await.expect("a run");
    assert_eq!(reports[0].header.status, Outcome::Success);
    assert_eq!((scene.seats_sent(), scene.plans().await.len()), (95, 0));
    scene.stopped().await;
}
