//! One run at a time, cancelling, stopping, and who may do what.

use prism_connect::{
    domain::{
        Role,
        mapping::{PricingStrategy, Start},
    },
    engine::protocol::{
        Actor, Answer, Command, Event, Happening, RefusalKind, SyncRequest, command,
    },
};

use crate::desk::{Desk, draft, map, map_with, set_program, switch};

const ALPHA: &str = "alpha.onmicrosoft.com";

fn sync() -> Command {
    let scope = prism_connect::engine::protocol::Scope::Customers;
    Command::from(command::Sync { request: SyncRequest { scope, ..SyncRequest::default() } })
}

/// Begins a sync that hangs on the invoice list, and waits until it is under way.
async fn hanging(desk: &Desk) -> tokio::task::JoinHandle<prism_connect::engine::protocol::Reply> {
    desk.world().hangs = true;
    let mut events = desk.handle.events();
    let handle = desk.handle.clone();
    let sync = tokio::spawn(async move { handle.ask(sync()).await });
    loop {
        let Event { happening, .. } = events.recv().await.expect("an event");
        if matches!(happening, Happening::RunStarted { .. }) {
            return sync;
        }
    }
}

#[tokio::test]
async fn a_second_sync_is_refused_and_looking_goes_on_beside_the_first() {
    let desk = Desk::ready().await;
    let first = hanging(&desk).await;
    desk.refused_as(sync(), RefusalKind::Busy, "busy").await;
    desk.refused_as(command::Resume, RefusalKind::Busy, "busy").await;
    let Answer::Status(status) = desk.done(command::Status).await else { panic!() };
    assert!(status.running.is_some());
    desk.done(command::Companies).await;
    desk.done(command::Cancel).await;
    first.await.expect("ended").expect("a report");
    desk.world().hangs = false;
    desk.done(sync()).await;
}

/// What it is made of is what a run is changing.
#[tokio::test]
async fn a_plan_that_is_made_beside_a_run_says_so_first() {
    let desk = Desk::ready().await;
    let run = hanging(&desk).await;
    let scope = prism_connect::engine::protocol::Scope::Products;
    let plan = || command::Plan { request: SyncRequest { scope, ..SyncRequest::default() } };
    let Answer::Plan(beside) = desk.done(plan()).await else { panic!() };
    let first = &beside.found.findings[0];
    assert_eq!(first.code.as_str(), "plan_during_run");
    assert!(first.text.contains("Made while run 1 was writing"), "{}", first.text);
    desk.done(command::Cancel).await;
    run.await.expect("ended").expect("a report");
    let Answer::Plan(after) = desk.done(plan()).await else { panic!() };
    let says = after.found.findings.iter().any(|one| one.code.as_str() == "plan_during_run");
    assert!(!says, "{:?}", after.found.findings);
}

#[tokio::test]
async fn a_cancelled_run_is_recorded() {
    let desk = Desk::ready().await;
    let run = hanging(&desk).await;
    desk.done(command::Cancel).await;
    let Answer::Synced(reports) = run.await.expect("ended").expect("a report") else { panic!() };
    let message = reports[0].header.message.as_ref().expect("says why");
    assert_eq!(message.code.as_str(), "cancelled");
    let Answer::Runs(runs) = desk.done(command::Runs { limit: 10 }).await else { panic!() };
    assert!(runs[0].finished_at.is_some());
}

/// One cancel is enough, however soon it comes: it never overtakes what it is meant for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancel_ends_what_was_asked_for_before_it() {
    let desk = Desk::ready().await;
    desk.world().hangs = true;
    for _ in 0..50 {
        let load = desk.handle.ask(Command::from(command::Customers { refresh: true }));
        desk.done(command::Cancel).await;
        let refusal = load.await.expect_err("cancelled");
        assert_eq!(refusal.kind, RefusalKind::Cancelled);
        let run = desk.handle.ask(sync());
        desk.done(command::Cancel).await;
        let told = format!("{:?}", run.await);
        assert!(told.contains("ancelled"), "{told}");
    }
}

#[tokio::test]
async fn stopping_the_engine_ends_the_run_and_gives_the_directory_back() {
    let desk = Desk::ready().await;
    let run = hanging(&desk).await;
    let desk = desk.restarted(false).await;
    let Answer::Synced(reports) = run.await.expect("ended").expect("a report") else { panic!() };
    assert!(reports[0].header.finished_at.is_some());
    desk.done(command::Status).await;
}

#[tokio::test]
async fn every_event_has_the_next_number() {
    let desk = Desk::ready().await;
    let mut events = desk.handle.events();
    desk.done(map(ALPHA, "1", "1")).await;
    desk.done(command::Unmap { tenant: ALPHA.to_owned() }).await;
    let mut numbers = Vec::new();
    while let Ok(event) = events.try_recv() {
        numbers.push(event.number);
    }
    assert!(numbers.len() >= 2);
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
    let Answer::Status(status) = desk.done(command::Status).await else { panic!() };
    assert_eq!(Some(&status.event), numbers.last());
}

#[tokio::test]
async fn read_only_looks_at_everything_and_changes_nothing() {
    let desk = Desk::ready().await;
    desk.done(map(ALPHA, "1", "1")).await;
    let desk = desk.restarted(true).await;
    for command in [
        Command::from(command::Customers { refresh: true }),
        Command::from(command::Status),
        Command::from(command::Doctor),
        Command::from(command::Plan { request: SyncRequest::default() }),
    ] {
        desk.done(command).await;
    }
    for command in [
        sync(),
        Command::from(command::Resume),
        map(ALPHA, "1", "1"),
        Command::from(command::Unmap { tenant: ALPHA.to_owned() }),
        switch(&[ALPHA], true),
        set_program(Some(false), None),
        Command::from(command::ImportCustomers { csv: String::new() }),
        Command::from(command::SetPassphrase { passphrase: None }),
        Command::from(command::Acknowledge { id: "x".to_owned() }),
    ] {
        desk.refused_as(command, RefusalKind::ReadOnly, "read_only").await;
    }
    assert!(desk.customer("alpha").await.mapping.is_some());
}

#[tokio::test]
async fn where_nothing_was_cut_off_there_is_nothing_to_finish_and_nothing_is_told() {
    let desk = Desk::empty().await;
    let mut events = desk.handle.events();
    assert_eq!(desk.done(command::Resume).await, Answer::Synced(Vec::new()));
    assert!(events.try_recv().is_err(), "nothing happened");
    desk.done(command::Resume).await;
}

#[tokio::test]
async fn nothing_is_synced_while_the_program_is_off() {
    let desk = Desk::ready().await;
    desk.done(set_program(Some(false), None)).await;
    desk.refused_as(sync(), RefusalKind::Failed, "program_off").await;
}

fn only(tenant: &str) -> Command {
    let tenants = vec![tenant.to_owned()];
    Command::from(command::Sync { request: SyncRequest { tenants, ..SyncRequest::default() } })
}

#[tokio::test]
async fn a_tenant_that_cannot_be_synced_is_refused_instead_of_syncing_everybody() {
    let desk = Desk::ready().await;
    desk.refused_as(only("nobody.example"), RefusalKind::Failed, "unknown_tenant").await;
    desk.refused_as(only(ALPHA), RefusalKind::Failed, "not_mapped").await;
    desk.done(map(ALPHA, "1", "1")).await;
    desk.refused_as(only(ALPHA), RefusalKind::Failed, "sync_off").await;
}

#[tokio::test]
async fn a_saved_plan_that_is_damaged_writes_nothing() {
    let desk = Desk::ready().await;
    let (from, pricing) = (Start::MostRecent, PricingStrategy::CostAndRetail);
    desk.done(map_with(draft(ALPHA, "1", "1"), true, from, pricing)).await;
    let plan = Some("{\"format\":1".into());
    let request = SyncRequest { plan, ..SyncRequest::default() };
    desk.refused_as(command::Sync { request }, RefusalKind::Failed, "plan_damaged").await;
    assert!(desk.world().sent.is_empty());
}

/// A viewer may: what is given up is its own, whatever runs beside it.
#[tokio::test]
async fn what_a_client_waits_for_is_given_up_beside_a_run() {
    let desk = Desk::ready().await;
    let run = hanging(&desk).await;
    let viewer = desk.handle.clone().of(Actor { role: Role::View, ..Actor::owner("viewer") });
    let load = viewer.ask(Command::from(command::Customers { refresh: true }));
    viewer.ask(command::GiveUp).await.expect("it may");
    assert_eq!(load.await.expect_err("given up").kind, RefusalKind::Cancelled);
    let Answer::Status(status) = desk.done(command::Status).await else { panic!() };
    assert!(status.running.is_some(), "the run goes on");
    desk.done(command::Cancel).await;
    run.await.expect("ended").expect("a report");
}
