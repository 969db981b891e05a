//! What the engine tells while it works. Cheap: fifty thousand a second must not delay a key.

use crate::{
    console::{
        action::Tab,
        app::App,
        dialog::{Dialog, confirm::Then},
        pane::Pane as _,
        purpose::Purpose,
    },
    engine::{
        protocol::{Changed, Event, Happening, Waits, command},
        views::{RunSoFar, RunningView, StatusView},
    },
};

/// Takes events in, in their order.
pub(crate) fn happened(app: &mut App, events: Vec<Event>) {
    let account_awaited = app.shell.awaits(&Purpose::RunSoFar);
    for event in events {
        if account_awaited && event.happening.run().is_some() {
            app.shell.since_asked.push(event.clone());
        }
        one(app, event.happening);
    }
    tallied(app);
}

/// The header and the dashboard tell of the run that is on what its own screen tells.
pub(crate) fn told_by_run(app: &mut App) {
    counted(app);
    tallied(app);
}

/// What the run came to so far is told on the dashboard too.
fn tallied(app: &mut App) {
    if let Some(((id, counts), running)) = app.sync.live.counts().zip(shown(app))
        && running.run.id == id
    {
        running.run.counts = counts;
    }
}

fn one(app: &mut App, happening: Happening) {
    match happening {
        Happening::RunStarted { run } => {
            if let Some(status) = &mut app.shell.status {
                let text = String::new();
                status.running = Some(RunningView { run: run.clone(), done: 0, total: None, text });
            }
            app.sync.live.started(run);
            app.shell.sent = None;
        }
        Happening::RunFinished { run } => {
            if let Some(status) = &mut app.shell.status {
                status.running = None;
            }
            let id = run.id;
            // There is nothing left to stop.
            app.shell.dialogs.retain(|dialog| !asks_to_stop(dialog));
            app.sync.live.finished(run);
            app.sync.ended(id, &mut app.shell);
            refresh(app);
        }
        Happening::Changed { what } => changed(app, what),
        Happening::Missed => missed(app),
        Happening::DaemonLost => {
            app.shell.daemon_lost = true;
            // Nothing that is asked now is answered; the header says why.
            app.shell.waits = Waits::default();
        }
        Happening::DaemonBack { version } => {
            app.shell.daemon_lost = false;
            app.shell.inform(format!("The daemon is back ({version})."));
            missed(app);
        }
        happening => {
            running(app, &happening);
            let waits =
                matches!(&happening, Happening::Waiting { .. } | Happening::WaitOver { .. });
            if happening.run().is_none() {
                without_run(app, &happening);
            }
            app.sync.live.happened(&happening, app.shell.now);
            if matches!(happening, Happening::Changes { .. }) {
                counted(app);
            }
            if waits {
                waiting(app);
            }
        }
    }
}

/// What is done for a plan or a look, or waited for.
fn without_run(app: &mut App, happening: &Happening) {
    match happening {
        Happening::Phase { text, .. } => text.clone_into(&mut app.shell.doing),
        Happening::Waiting { for_what, until, .. } => app.shell.waits.begun(for_what, *until),
        Happening::WaitOver { .. } => app.shell.waits.over(),
        _ => {}
    }
}

/// The header shows a wait while it lasts, then again what is done.
fn waiting(app: &mut App) {
    let doing = app.sync.live.doing();
    if let Some(running) = shown(app) {
        running.text = doing;
    }
}

/// The header counts changes, as soon as any is planned.
fn counted(app: &mut App) {
    app.shell.sent = app.sync.live.sent_of();
    let Some((sent, planned)) = app.shell.sent else { return };
    if let Some(running) = shown(app) {
        (running.done, running.total) = (sent, Some(planned));
    }
}

/// The header follows the run.
fn running(app: &mut App, happening: &Happening) {
    let counts_changes = app.sync.live.sent_of().is_some();
    let Some(running) = shown(app) else { return };
    match happening {
        Happening::Progress { done, total, .. } if !counts_changes => {
            running.done = *done;
            running.total = *total;
        }
        Happening::Phase { run: Some(_), text, .. } => text.clone_into(&mut running.text),
        _ => {}
    }
}

fn shown(app: &mut App) -> Option<&mut RunningView> {
    app.shell.status.as_mut().and_then(|status| status.running.as_mut())
}

fn changed(app: &mut App, what: Changed) {
    app.shell.ask(Purpose::Status, command::Status);
    match (what, app.tab) {
        (Changed::Connections | Changed::Program, Tab::Connections) => {
            app.connections.reload(&mut app.shell);
        }
        (Changed::Customers, Tab::Customers) => app.customers.reload(&mut app.shell),
        (Changed::Products, Tab::Products) => app.products.reload(&mut app.shell),
        (Changed::Runs | Changed::Approvals, Tab::Sync) => app.sync.reload(&mut app.shell),
        _ => {}
    }
    app.customers.table.stale |= what == Changed::Customers;
    app.products.stale |= matches!(what, Changed::Products | Changed::Program);
}

/// Asks again for what is shown.
pub(crate) fn refresh(app: &mut App) {
    app.shell.ask(Purpose::Status, command::Status);
    let (pane, shell) = app.pane_mut();
    pane.reload(shell);
    app.customers.table.stale = true;
    app.products.stale = true;
}

/// Events were missed: the live run is told anew by the next ones, the rest is asked for.
pub(crate) fn missed(app: &mut App) {
    app.shell.behind = true;
    app.shell.waits = Waits::default();
    app.sync.live.missed();
    refresh(app);
}

/// The status was asked for after events were missed: where no run is on, its end was among them.
pub(crate) fn caught_up(app: &mut App, status: &StatusView) {
    let behind = std::mem::take(&mut app.shell.behind);
    if let Some(running) = &status.running
        && (behind || !app.sync.live.is_on() && !app.sync.live.knows(running.run.id))
    {
        app.shell.since_asked.clear();
        app.shell.ask(Purpose::RunSoFar, command::RunSoFar);
    }
    if behind && status.running.is_none() && app.sync.live.is_on() {
        app.sync.live.over();
        if let Some(id) = app.sync.live.id() {
            app.sync.ended(id, &mut app.shell);
        }
        app.sync.reload(&mut app.shell);
    }
}

/// The engine's own account of the run that is on, and what came about while it was on its way.
pub(crate) fn so_far(app: &mut App, found: Option<Box<RunSoFar>>) {
    let since = std::mem::take(&mut app.shell.since_asked);
    let Some(RunSoFar { run, live, event: included }) = found.map(|found| *found) else { return };
    let later = |event: &&Event| event.number > included;
    // It may have ended on the way, and its record is there or another one has begun.
    let is_over = |event: &Event| match &event.happening {
        Happening::RunFinished { run: ended } => ended.id == run.id,
        Happening::RunStarted { run: begun } => begun.id != run.id,
        _ => false,
    };
    if since.iter().filter(later).any(is_over) {
        return;
    }
    app.sync.live.catch_up(&run, live);
    for Event { number, happening } in since {
        if number > included && happening.run() == Some(run.id) {
            app.sync.live.happened(&happening, app.shell.now);
        }
    }
    told_by_run(app);
}

fn asks_to_stop(dialog: &Dialog) -> bool {
    let stops =
        |then: &Then| matches!(then, Then::Ask(_, asked) if **asked == command::Cancel.into());
    matches!(dialog, Dialog::Confirm(confirm) if stops(&confirm.then))
}
