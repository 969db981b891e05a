//! At the start of the console the run that was cut off is finished before anything else, without being asked for.
//!
//! It must not ask again by itself: what was refused waits for the operator. Asked for once a start, and once more after
//! the vault was opened.

use crate::{
    console::{
        app::{App, Resumption},
        dialog::prompt::{Asking, Prompt},
        purpose::Purpose,
    },
    domain::{
        outcome::Finding,
        run::{RunHeader, RunReport},
    },
    engine::protocol::{RefusalKind, command},
};

/// The status arrived. The first one decides whether there is anything to finish.
pub(crate) fn begin(app: &mut App) {
    if app.resumption != Resumption::Undecided {
        return;
    }
    app.resumption = Resumption::Over;
    if ask(app) {
        app.resumption = Resumption::Asked;
    }
}

/// The vault is open. What waited for that is asked for again.
pub(crate) fn unlocked(app: &mut App) {
    if app.resumption == Resumption::Locked {
        app.resumption = Resumption::Over;
        ask(app);
    }
}

/// It ended; with no report where nothing was left to finish.
pub(crate) fn ended(app: &mut App, reports: Vec<RunReport>) {
    app.resumption = Resumption::Over;
    if reports.is_empty() {
        app.sync.stopped();
        app.shell.clear_info();
        return super::events::refresh(app);
    }
    app.sync.synced(reports, &mut app.shell);
}

/// It was refused: a locked vault is asked to be opened, anything else waits on the attention list.
pub(crate) fn refused(app: &mut App, kind: RefusalKind, finding: Finding) {
    app.sync.stopped();
    if app.shell.attached.is_some() && kind == RefusalKind::Busy {
        // The daemon finishes it by itself, and was quicker.
        app.resumption = Resumption::Over;
        return;
    }
    let first = std::mem::replace(&mut app.resumption, Resumption::Over) == Resumption::Asked;
    let what = match left(app) {
        Some(run) if run.finished_at.is_none() => format!("run {}", run.id),
        Some(run) => format!("what was asked for after run {}", run.id),
        None => "the run that was cut off".to_owned(),
    };
    if first && kind == RefusalKind::Locked {
        app.resumption = Resumption::Locked;
        app.shell.clear_info();
        let label = format!("Passphrase of the vault, to finish {what}");
        return app.shell.open(Prompt::new(Asking::Passphrase, &label, ""));
    }
    let text = format!("Did not finish {what}: {}", finding.text);
    app.shell.fail(Finding { text, ..finding });
}

/// Asks for it where that is right now; tells whether it did.
fn ask(app: &mut App) -> bool {
    let running = app.shell.status.as_ref().is_some_and(|status| status.running.is_some());
    if app.shell.read_only || running || app.shell.awaits(&Purpose::Sync) {
        return false;
    }
    let Some(run) = left(app) else { return false };
    let text = match run.finished_at {
        None => format!("Run {} was cut off: finishing it now.", run.id),
        Some(_) => format!("Run {} is done: beginning the rest now.", run.id),
    };
    app.shell.inform(text);
    app.sync.live.expect();
    app.shell.ask(Purpose::Resume, command::Resume);
    true
}

/// What an earlier process left unfinished, as the status last told.
fn left(app: &App) -> Option<&RunHeader> {
    app.shell.status.as_ref().and_then(|status| status.unfinished.as_ref())
}
