//! The schedule kept by an engine whose hours go by in fractions of a second (unattended operation, *Schedule*).

use std::sync::Arc;

use chrono::{DateTime, Utc};
use prism_connect::{
    clock::Clock,
    config::{Config, Homes, Overrides},
    domain::{
        Side,
        mapping::{PricingStrategy, Start},
        outcome::Outcome,
        run::Trigger,
        schedule::{
            LookKind,
            course::{Attempt, PassedOver, Why},
        },
        secret::Secret,
    },
    engine::{
        Engine, EngineSettings, Handle,
        protocol::{
            Actor, Changed, Command, Event, Happening, RefusalKind, Scope, SyncRequest, command,
        },
        start,
        views::{AuditView, LookView, ScheduleView, StatusView},
    },
};

use crate::{
    desk::{Desk, draft, map_with, set_program},
    in_memory::lock,
    world::{Fakes, Shared, World, invoice, ordinary, refused},
};

pub(crate) const ALPHA: &str = "alpha.onmicrosoft.com";

/// A second of this clock takes so many: an hour in 108 ms.
const PACE: f64 = 0.000_03;

/// Every day at 06:30, with nothing left to chance.
pub(crate) const DAILY: &str = "look = [\"06:30\"]";

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

/// An engine over a world that takes writes.
pub(crate) struct Scene {
    pub(crate) world: Shared,
    dir: tempfile::TempDir,
    engine: Engine,
    pub(crate) handle: Handle,
}

/// Connected, and `alpha` linked; the schedule is known since this hour, so that what is due after it is looked at, however
/// long the engine takes to start.
pub(crate) async fn set_up(world: World, since: &str) -> (tempfile::TempDir, Shared) {
    let world = World { refuses: None, ..world };
    let desk = Desk::connected_over(world).await;
    desk.done(set_program(Some(true), Some("7"))).await;
    let draft = draft(ALPHA, "1", "1");
    desk.done(map_with(draft, true, Start::MostRecent, PricingStrategy::CostAndRetail)).await;
    let Desk { world, dir, engine, .. } = desk;
    engine.shutdown().await;
    let scene = Scene::idle((dir, world), DAILY, since).await;
    scene.handle.ask(command::ResumeSchedule).await.expect("known");
    scene.stopped().await
}

async fn engine(dir: &tempfile::TempDir, world: &Shared, schedule: &str, clock: Clock) -> Engine {
    engine_set(dir, world, "", schedule, clock).await
}

/// With settings before those of the schedule.
async fn engine_set(
    dir: &tempfile::TempDir,
    world: &Shared,
    settings: &str,
    schedule: &str,
    clock: Clock,
) -> Engine {
    let text = format!("{settings}\n[schedule]\nzone = \"UTC\"\njitter_minutes = 0\n{schedule}\n");
    let (homes, path) = (Homes::below(dir.path()), dir.path().join("config.toml"));
    let config = Config::resolve(
        &Overrides::default(),
        &std::collections::BTreeMap::new(),
        &path,
        &text,
        &homes,
    );
    let settings = EngineSettings {
        data_dir: dir.path().to_owned(),
        config: config.expect("settings"),
        clock,
        actor: Actor::owner("tester"),
        target: None,
        factory: Some(Arc::new(Fakes::over(world))),
    };
    start(settings).await.expect("an engine")
}

impl Scene {
    /// Days go by in seconds from this hour on, and the schedule is kept.
    async fn hastened(world: World, schedule: &str, hour: &str) -> Self {
        let (dir, world) = set_up(world, hour).await;
        Self::hastened_over((dir, world), schedule, hour).await
    }

    pub(crate) async fn hastened_over(
        (dir, world): (tempfile::TempDir, Shared),
        schedule: &str,
        hour: &str,
    ) -> Self {
        let clock = Clock::starting_at(at(hour)).hastened(PACE);
        let engine = engine(&dir, &world, schedule, clock).await;
        Self { handle: engine.handle(), world, dir, engine }.keep().await
    }

    /// Nobody keeps the schedule, and it stays this hour; only pauses are short.
    pub(crate) async fn idle(
        (dir, world): (tempfile::TempDir, Shared),
        schedule: &str,
        hour: &str,
    ) -> Self {
        let clock = Clock::starting_at(at(hour)).scaled(0.001);
        let engine = engine(&dir, &world, schedule, clock).await;
        Self { handle: engine.handle(), world, dir, engine }
    }

    /// The same hour under other settings; nobody keeps the schedule.
    pub(crate) async fn set(self, settings: &str) -> Self {
        let (dir, world) = self.stopped().await;
        let clock = Clock::starting_at(at("2026-10-05T06:31:00Z")).scaled(0.001);
        let engine = engine_set(&dir, &world, settings, "", clock).await;
        Self { handle: engine.handle(), world, dir, engine }
    }

    pub(crate) async fn keep(mut self) -> Self {
        self.engine.keep_schedule().await.expect("kept");
        self
    }

    /// Nobody keeps it any more; what is left of it.
    pub(crate) async fn stopped(self) -> (tempfile::TempDir, Shared) {
        self.engine.shutdown().await;
        (self.dir, self.world)
    }

    pub(crate) async fn view(&self) -> ScheduleView {
        *self.handle.ask(command::Schedule).await.expect("a view")
    }

    pub(crate) async fn status(&self) -> StatusView {
        *self.handle.ask(command::Status).await.expect("a status")
    }

    /// The schedule as soon as it is like this.
    async fn once(&self, like: impl Fn(&ScheduleView) -> bool) -> ScheduleView {
        let mut events = self.handle.events();
        loop {
            let view = self.view().await;
            if like(&view) {
                return view;
            }
            loop {
                use tokio::sync::broadcast::error::RecvError;
                match events.recv().await {
                    Ok(event) if event.happening == changed() => break,
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => break,
                    Err(RecvError::Closed) => panic!("the engine has stopped"),
                }
            }
        }
    }

    /// The look for this due time, once it has ended.
    pub(crate) async fn looked(&self, due: &str) -> LookView {
        let due = at(due);
        let is_it = |last: &LookView| last.due.as_ref().is_some_and(|of| of.at == due);
        let view = self.once(|view| view.last.as_ref().is_some_and(is_it)).await;
        view.last.expect("a look")
    }

    /// Runs that the schedule began, oldest first.
    async fn begun(&self) -> Vec<AuditView> {
        let asked = command::Audit { subject: None, limit: None };
        let mut all = self.handle.ask(asked).await.expect("the trail");
        all.retain(|entry| entry.trigger == Trigger::Schedule);
        all.reverse();
        all
    }
}

fn changed() -> Happening {
    Happening::Changed { what: Changed::Schedule }
}

#[tokio::test]
async fn a_day_has_its_look_and_everybody_sees_what_it_did() {
    let scene = Scene::hastened(ordinary(), DAILY, "2026-10-05T05:00:00Z").await;
    let look = scene.looked("2026-10-05T06:30:00Z").await;
    assert_eq!((look.outcome, look.kind, look.runs.len()), (Outcome::Success, LookKind::Sync, 2));
    let status = scene.status().await;
    let run = status.recent.iter().find(|run| look.runs.contains(&run.id)).expect("a run");
    assert_eq!((run.actor.as_str(), &run.trigger), ("schedule", &Trigger::Schedule));
    assert!(status.schedule.is_some_and(|view| view.kept && view.last.is_some()));
    scene.looked("2026-10-06T06:30:00Z").await;
    let begun = scene.begun().await;
    assert!(begun.iter().all(|entry| entry.actor == "schedule"));
    assert_eq!(begun.len(), 2, "one a day");
    scene.stopped().await;
}

#[tokio::test]
async fn a_new_invoice_is_noticed_by_the_next_look_for_one() {
    let (dir, world) = set_up(ordinary(), "2026-10-05T05:00:00Z").await;
    let september = lock(&world).invoices.pop().expect("an invoice");
    let schedule = "on_new_invoice = true";
    let scene = Scene::hastened_over((dir, world), schedule, "2026-10-05T05:00:00Z").await;
    let look = scene.once(|view| view.last.is_some()).await.last.expect("a look");
    assert_eq!((look.kind, look.runs.len()), (LookKind::NewInvoice, 0), "{look:?}");
    assert_eq!(look.text, "no new invoice");
    lock(&scene.world).invoices.push(september);
    let view =
        scene.once(|view| view.last.as_ref().is_some_and(|last| !last.runs.is_empty())).await;
    let look = view.last.expect("a look");
    assert_eq!((look.outcome, look.kind), (Outcome::Success, LookKind::NewInvoice));
    let due = look.due.expect("a due time").at;
    let later = |last: &LookView| last.due.as_ref().is_some_and(|of| of.at > due);
    let view = scene.once(|view| view.last.as_ref().is_some_and(later)).await;
    assert_eq!(view.last.expect("a look").text, "no new invoice");
    assert_eq!(scene.begun().await.len(), 1, "it was synced once");
    scene.stopped().await;
}

#[tokio::test]
async fn a_failure_is_tried_again_after_1_3_and_9_hours_and_then_when_it_is_due() {
    let (dir, world) = set_up(ordinary(), "2026-10-05T06:00:00Z").await;
    lock(&world).source_fault = Some(refused(Side::Source, "No."));
    let scene = Scene::hastened_over((dir, world), DAILY, "2026-10-05T06:00:00Z").await;
    let look = scene.looked("2026-10-06T06:30:00Z").await;
    assert_eq!(look.outcome, Outcome::Failure);
    let begun: Vec<DateTime<Utc>> = scene.begun().await.iter().map(|entry| entry.at).collect();
    let hours = |pair: &[DateTime<Utc>]| (pair[1] - pair[0]).num_hours();
    let waits: Vec<i64> = begun.windows(2).take(3).map(hours).collect();
    assert!(waits.iter().zip([1, 3, 9]).all(|(wait, least)| *wait >= least), "{begun:?}");
    assert!(begun[3] < at("2026-10-06T06:30:00Z"), "{begun:?}");
    assert!(begun[4] >= at("2026-10-06T06:30:00Z"), "{begun:?}");
    scene.stopped().await;
}

#[tokio::test]
async fn what_was_missed_while_nothing_ran_is_made_up_once() {
    let set_up = set_up(ordinary(), "2026-10-05T06:31:00Z").await;
    let scene = Scene::idle(set_up, DAILY, "2026-10-08T09:00:00Z").await.keep().await;
    let look = scene.looked("2026-10-08T06:30:00Z").await;
    assert_eq!((look.why, look.outcome), (Why::MadeUp, Outcome::Success));
    let view = scene.view().await;
    let missed: Vec<&str> = view
        .due_times
        .iter()
        .filter(|one| one.passed_over == Some(PassedOver::Missed))
        .map(|one| one.due.local.as_str())
        .collect();
    assert_eq!(missed, ["2026-10-07 06:30", "2026-10-06 06:30"]);
    let next = view.next.expect("a next look");
    assert_eq!((next.when.local.as_str(), next.why), ("2026-10-09 06:30", Why::Due));
    assert_eq!(scene.begun().await.len(), 1);
    scene.stopped().await;
}

#[tokio::test]
async fn a_look_that_the_end_of_the_program_cut_off_is_made_up_at_the_next_start() {
    let (dir, world) = set_up(ordinary(), "2026-10-05T06:00:00Z").await;
    lock(&world).hangs = true;
    let scene = Scene::idle((dir, world), DAILY, "2026-10-05T06:31:00Z").await;
    let mut events = scene.handle.events();
    let scene = scene.keep().await;
    run_begins(&mut events).await;
    let (dir, world) = scene.stopped().await;
    lock(&world).hangs = false;
    let scene = Scene::idle((dir, world), DAILY, "2026-10-05T06:40:00Z").await.keep().await;
    let look = scene.looked("2026-10-05T06:30:00Z").await;
    assert_eq!((look.why, look.outcome), (Why::MadeUp, Outcome::Success), "{look:?}");
    scene.stopped().await;
}

pub(crate) async fn run_begins(events: &mut tokio::sync::broadcast::Receiver<Event>) {
    loop {
        let Event { happening, .. } = events.recv().await.expect("an event");
        if matches!(happening, Happening::RunStarted { .. }) {
            return;
        }
    }
}

#[tokio::test]
async fn nothing_is_looked_at_in_a_pause() {
    let set_up = set_up(ordinary(), "2026-10-05T05:00:00Z").await;
    let scene = Scene::idle(set_up, DAILY, "2026-10-05T05:00:00Z").await;
    let until = Some(at("2026-10-06T00:00:00Z"));
    let view = scene.handle.ask(command::PauseSchedule { until }).await.expect("paused");
    assert!(view.paused.is_some_and(|pause| pause.by == "tester"));
    let paused = scene.stopped().await;
    let scene = Scene::hastened_over(paused, DAILY, "2026-10-05T05:00:00Z").await;
    let look = scene.looked("2026-10-06T06:30:00Z").await;
    assert_eq!(look.outcome, Outcome::Success);
    let view = scene.view().await;
    assert_eq!(view.paused, None);
    let passed = view.passed_over.expect("one that did not take place");
    assert_eq!((passed.due.at, passed.why), (at("2026-10-05T06:30:00Z"), PassedOver::Paused));
    assert_eq!(scene.begun().await.len(), 1);
    scene.stopped().await;
}

#[tokio::test]
async fn a_pause_holds_until_it_is_resumed_and_both_are_in_the_trail() {
    let set_up = set_up(ordinary(), "2026-10-05T05:00:00Z").await;
    let scene = Scene::idle(set_up, DAILY, "2026-10-05T05:00:00Z").await;
    let past = command::PauseSchedule { until: Some(at("2026-10-04T00:00:00Z")) };
    let refusal = scene.handle.ask(past).await.expect_err("over");
    assert_eq!(refusal.kind, RefusalKind::Malformed);
    let scene = scene.keep().await;
    assert_eq!(scene.view().await.next.expect("a look").when.local, "2026-10-05 06:30");
    scene.handle.ask(command::PauseSchedule { until: None }).await.expect("paused");
    assert_eq!(scene.view().await.next, None);
    let view = scene.handle.ask(command::ResumeSchedule).await.expect("resumed");
    assert_eq!(view.paused, None);
    assert_eq!(view.next.expect("a look").when.local, "2026-10-05 06:30");
    let asked = command::Audit { subject: None, limit: Some(2) };
    let trail = scene.handle.ask(asked).await.expect("the trail");
    let told: Vec<(&str, Option<&str>, Option<&str>)> = trail
        .iter()
        .map(|entry| (entry.what.as_str(), entry.before.as_deref(), entry.after.as_deref()))
        .collect();
    let resumed = ("resumed the schedule", Some("paused"), None);
    assert_eq!(told, [resumed, ("paused the schedule", None, Some("paused"))]);
    scene.stopped().await;
}

#[tokio::test]
async fn a_quiet_window_is_passed_over_and_told() {
    let schedule = "look = [\"06:30\", \"12:30\"]\nnot = [\"05 00:00-12:00\"]";
    let scene = Scene::hastened(ordinary(), schedule, "2026-10-05T05:00:00Z").await;
    scene.looked("2026-10-05T12:30:00Z").await;
    let view = scene.view().await;
    let passed: Vec<(&str, Option<PassedOver>)> = view
        .due_times
        .iter()
        .map(|one| (one.due.local.as_str(), one.passed_over))
        .filter(|(local, _)| local.starts_with("2026-10-05"))
        .collect();
    let quiet = ("2026-10-05 06:30", Some(PassedOver::Quiet));
    assert_eq!(passed, [("2026-10-05 12:30", None), quiet]);
    scene.stopped().await;
}

#[tokio::test]
async fn a_look_waits_for_the_run_of_somebody_else() {
    let (dir, world) = set_up(ordinary(), "2026-10-05T06:00:00Z").await;
    lock(&world).hangs = true;
    let scene = Scene::idle((dir, world), DAILY, "2026-10-05T06:31:00Z").await;
    let mut events = scene.handle.events();
    let request = SyncRequest { scope: Scope::Customers, ..SyncRequest::default() };
    let run = scene.handle.ask(command::Sync { request });
    run_begins(&mut events).await;
    let scene = scene.keep().await;
    let view = scene.once(|view| view.waiting).await;
    assert_eq!((view.last.is_none(), scene.begun().await.len()), (true, 0));
    lock(&scene.world).hangs = false;
    scene.handle.ask(command::Cancel).await.expect("cancelled");
    run.await.expect("a report");
    let look = scene.looked("2026-10-05T06:30:00Z").await;
    assert_eq!(look.outcome, Outcome::Success);
    assert!(!scene.view().await.waiting);
    scene.stopped().await;
}

/// September for `alpha`; what was sent before is forgotten.
pub(crate) fn issue_september(world: &mut World, seats: i64) {
    let spans = [("sub-alpha", "2026-09-01", "2026-09-30", seats)];
    let september = world.invoice("2026-09", &spans);
    world.invoices.push(september);
    world.sent.clear();
}

/// August with five seats is applied, September has so many.
pub(crate) async fn with_september(schedule: &str, seats: i64) -> Scene {
    let mut world = ordinary();
    world.invoices = vec![invoice("2026-08", "Standard")];
    let set_up = set_up(world, "2026-10-05T06:00:00Z").await;
    let scene = Scene::idle(set_up, "", "2026-10-05T06:00:00Z").await;
    let look = scene.handle.ask(command::RunNow { attempt: None }).await.expect("a look");
    assert_eq!(look.outcome, Outcome::Success, "{look:?}");
    let (dir, world) = scene.stopped().await;
    issue_september(&mut lock(&world), seats);
    Scene::idle((dir, world), schedule, "2026-10-05T06:31:00Z").await
}

#[tokio::test]
async fn within_guards_what_they_hold_is_told_and_not_tried_again() {
    let scene = with_september(DAILY, 100).await.keep().await;
    let look = scene.looked("2026-10-05T06:30:00Z").await;
    assert_eq!((look.outcome, look.held), (Outcome::Failure, 1), "{look:?}");
    assert!(look.text.ends_with("guards hold 1 contract"), "{}", look.text);
    assert!(lock(&scene.world).sent.is_empty());
    // It waits for somebody, however often it is tried.
    let next = scene.view().await.next.expect("a next look");
    assert_eq!((next.when.at, next.why), (at("2026-10-06T06:30:00Z"), Why::Due));
    scene.stopped().await;
}

#[tokio::test]
async fn all_is_written_with_a_warning_where_that_is_asked_for() {
    let scene = with_september("apply = \"all\"", 100).await;
    let look = scene.handle.ask(command::RunNow { attempt: None }).await.expect("a look");
    assert_eq!((look.outcome, look.held), (Outcome::Warning, 0), "{look:?}");
    assert!(!lock(&scene.world).sent.is_empty());
    scene.stopped().await;
}

#[tokio::test]
async fn where_it_only_plans_nothing_is_written_and_what_waits_is_counted() {
    let schedule = "apply = \"all\"\napply_to = [\"autotask plan-only\"]";
    let scene = with_september(schedule, 6).await;
    let look = scene.handle.ask(command::RunNow { attempt: None }).await.expect("a look");
    assert_eq!((look.outcome, look.runs.len()), (Outcome::Warning, 0), "{look:?}");
    assert!(look.waiting > 0, "{look:?}");
    assert!(lock(&scene.world).sent.is_empty());
    scene.stopped().await;
}

#[tokio::test]
async fn without_a_daemon_nothing_keeps_it_and_a_look_is_taken_all_the_same() {
    let set_up = set_up(ordinary(), "2026-10-05T06:00:00Z").await;
    let scene = Scene::idle(set_up, "", "2026-10-05T06:00:00Z").await;
    assert_eq!(scene.status().await.schedule, None, "no schedule is set");
    let look = scene.handle.ask(command::RunNow { attempt: None }).await.expect("a look");
    assert_eq!((look.outcome, look.why), (Outcome::Success, Why::Asked));
    let scene = Scene::idle(scene.stopped().await, DAILY, "2026-10-05T07:00:00Z").await;
    let view = scene.status().await.schedule.expect("one is set");
    assert_eq!((view.kept, view.next.is_none()), (false, true));
    assert!(view.next_told().contains("nothing keeps the schedule"), "{}", view.next_told());
    assert_eq!(view.last.expect("a look").runs.len(), 2);
    scene.stopped().await;
}

#[tokio::test]
async fn a_target_that_is_not_there_is_refused_before_it_is_kept() {
    let set_up = set_up(ordinary(), "2026-10-05T06:00:00Z").await;
    let schedule = format!("{DAILY}\napply_to = [\"autotsk plan-only\"]");
    let mut scene = Scene::idle(set_up, &schedule, "2026-10-05T06:00:00Z").await;
    let refusal = scene.engine.keep_schedule().await.expect_err("a stray name");
    assert!(refusal.finding.text.contains("autotsk"), "{refusal}");
    assert!(refusal.finding.advice.contains("autotask"), "{refusal:?}");
    scene.stopped().await;
}

/// Nobody can have a look settle a due time but the schedule itself.
#[tokio::test]
async fn what_a_look_is_for_cannot_be_sent() {
    let due = Some(at("2026-10-05T06:30:00Z"));
    let attempt = Some(Attempt { due, kind: LookKind::Sync, why: Why::Due });
    let asked = command::RunNow { attempt };
    let sent = serde_json::to_value(Command::from(asked.clone())).expect("JSON");
    assert_eq!(sent, serde_json::json!({"schedule": {"run_now": {}}}));
    let set_up = set_up(ordinary(), "2026-10-05T06:00:00Z").await;
    let scene = Scene::idle(set_up, DAILY, "2026-10-05T06:00:00Z").await;
    let look = scene.handle.ask(asked).await.expect("a look");
    assert_eq!((look.due, look.why), (None, Why::Asked));
    scene.stopped().await;
}

#[tokio::test]
async fn whoever_keeps_it_ends_with_the_engine() {
    let (dir, world) = set_up(ordinary(), "2026-10-05T06:00:00Z").await;
    // Nothing is due for half an hour, and half an hour it takes.
    let clock = Clock::starting_at(at("2026-10-05T06:00:00Z"));
    let mut engine = engine(&dir, &world, DAILY, clock).await;
    engine.keep_schedule().await.expect("kept");
    let handle = engine.handle();
    let view = handle.ask(command::Schedule).await.expect("a view");
    assert!(view.kept && view.last.is_none());
    assert_eq!(view.next.expect("a look").when.at, at("2026-10-05T06:30:00Z"));
    engine.shutdown().await;
    let gone = handle.ask(command::Schedule).await.expect_err("stopped");
    assert_eq!(gone.finding.code.as_str(), "engine_gone");
}

#[tokio::test]
async fn a_look_that_could_not_begin_is_tried_again_and_wants_attention() {
    let set_up = set_up(ordinary(), "2026-10-05T06:00:00Z").await;
    let scene = Scene::idle(set_up, DAILY, "2026-10-05T06:31:00Z").await;
    let passphrase = Some(Secret::new("a long passphrase"));
    scene.handle.ask(command::SetPassphrase { passphrase }).await.expect("set");
    scene.handle.ask(command::Lock).await.expect("locked");
    let scene = scene.keep().await;
    let look = scene.looked("2026-10-05T06:30:00Z").await;
    assert_eq!((look.outcome, look.runs.len()), (Outcome::Failure, 0), "{look:?}");
    let status = scene.status().await;
    let next = status.schedule.expect("a schedule").next.expect("a next look");
    assert_eq!(next.why, Why::Retry { failed: 1 });
    let told = status.attention.iter().find(|one| one.id.starts_with("schedule-"));
    let told = told.expect("an entry");
    assert!(told.text.contains("could not begin"), "{}", told.text);
    scene.stopped().await;
}
