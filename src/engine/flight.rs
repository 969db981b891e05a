//! One run at a time (sync-rules 8.4), and what can be cancelled.
//!
//! It must not know what a run does.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{RunId, run::RunHeader},
    engine::{
        protocol::{self, ClientId, Happening, LiveRun, Waits},
        sync::StoppedBy,
        views::RunningView,
    },
};

/// What is under way. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flight {
    state: Arc<Mutex<State>>,
    /// How often the place for a run was given back.
    freed: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    run: Option<Run>,
    waits: BTreeMap<u64, Waiting>,
    /// Which of these is a sign-in that is to be approved elsewhere.
    sign_ins: BTreeSet<u64>,
    next: u64,
    closing: bool,
}

#[derive(Debug)]
struct Waiting {
    client: ClientId,
    cancel: CancellationToken,
    /// Whether it is a plan, of which a client makes one at a time.
    plan: bool,
}

#[derive(Debug)]
struct Run {
    cancel: CancellationToken,
    stopped_by: StoppedBy,
    view: Option<RunningView>,
    live: LiveRun,
    /// What it does, where it waits for nothing.
    doing: String,
    waits: Waits,
}

impl Run {
    fn stop(&self, by: &str) {
        // The first one did it.
        let _ = self.stopped_by.set(by.to_owned());
        self.cancel.cancel();
    }
}

/// The one place for a run; free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    flight: Flight,
    /// Ends the run between two writes.
    pub cancel: CancellationToken,
    pub stopped_by: StoppedBy,
}

/// A load or plan that waits; forgotten when this is dropped.
#[derive(Debug)]
pub(crate) struct Wait {
    flight: Flight,
    number: u64,
    /// Ends the wait.
    pub cancel: CancellationToken,
}

impl Flight {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the place for a run; none while it is taken, or while the engine is stopping.
    pub(crate) fn take(&self) -> Option<Place> {
        let mut state = self.state();
        if state.run.is_some() || state.closing {
            return None;
        }
        let (cancel, stopped_by) = (CancellationToken::new(), StoppedBy::default());
        state.run = Some(Run {
            cancel: cancel.clone(),
            stopped_by: stopped_by.clone(),
            view: None,
            live: LiveRun::default(),
            doing: String::new(),
            waits: Waits::default(),
        });
        Some(Place { flight: self.clone(), cancel, stopped_by })
    }

    /// Changes whenever the place for a run is given back from now on.
    pub(crate) fn freed(&self) -> watch::Receiver<u64> {
        self.freed.subscribe()
    }

    /// Whether a run had the place since this process began, and gave it back.
    pub(crate) fn has_ended_one(&self) -> bool {
        *self.freed.borrow() > 0
    }

    /// Registers something that a client waits for and can cancel.
    pub(crate) fn wait(&self, client: ClientId) -> Wait {
        let mut state = self.state();
        let (cancel, number) = (CancellationToken::new(), state.next);
        state.next += 1;
        if state.closing {
            cancel.cancel();
        }
        let waiting = Waiting { client, cancel: cancel.clone(), plan: false };
        state.waits.insert(number, waiting);
        Wait { flight: self.clone(), number, cancel }
    }

    /// What waits is a sign-in: it can be given up whatever else is under way.
    pub(crate) fn is_sign_in(&self, wait: &Wait) {
        self.state().sign_ins.insert(wait.number);
    }

    /// What waits is a plan.
    pub(crate) fn is_plan(&self, wait: &Wait) {
        if let Some(waiting) = self.state().waits.get_mut(&wait.number) {
            waiting.plan = true;
        }
    }

    /// Whether a plan of this client is being made.
    pub(crate) fn plans(&self, client: ClientId) -> bool {
        let state = self.state();
        state.waits.values().any(|waiting| waiting.plan && waiting.client == client)
    }

    /// Gives up the sign-in that waits for its approval; a run goes on. Whether there was one.
    pub(crate) fn give_up_sign_in(&self) -> bool {
        let state = self.state();
        let waiting = state.sign_ins.iter().filter_map(|number| state.waits.get(number));
        waiting.map(|waiting| waiting.cancel.cancel()).count() > 0
    }

    /// Cancels the run, in the name of whoever does it, or if none is on everything that this client waits for: what others
    /// wait for is theirs. Whether there was anything.
    pub(crate) fn cancel(&self, client: ClientId, by: &str) -> bool {
        let state = self.state();
        if let Some(run) = &state.run {
            run.stop(by);
            return true;
        }
        drop(state);
        self.give_up(client)
    }

    /// Gives up what this client waits for, and a run goes on. Whether there was anything.
    pub(crate) fn give_up(&self, client: ClientId) -> bool {
        let state = self.state();
        let own = state.waits.values().filter(|waiting| waiting.client == client);
        own.map(|waiting| waiting.cancel.cancel()).count() > 0
    }

    /// Cancels all there is and lets nothing begin any more.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.closing = true;
        state.run.iter().for_each(|run| run.stop("the end of the program"));
        state.waits.values().for_each(|waiting| waiting.cancel.cancel());
    }

    /// Whether a run is on.
    pub(crate) fn is_taken(&self) -> bool {
        self.state().run.is_some()
    }

    /// Its number, once it has one.
    pub(crate) fn run(&self) -> Option<RunId> {
        self.state().run.as_ref().and_then(|run| run.view.as_ref()).map(|view| view.run.id)
    }

    /// What it does now.
    pub(crate) fn running(&self) -> Option<RunningView> {
        self.state().run.as_ref().and_then(|run| run.view.clone())
    }

    /// The run that is on, with all that was told of it.
    pub(crate) fn so_far(&self) -> Option<(RunHeader, LiveRun)> {
        let state = self.state();
        let run = state.run.as_ref()?;
        Some((run.view.as_ref()?.run.clone(), run.live.clone()))
    }

    /// Follows what happens, for the header.
    pub(crate) fn note(&self, happening: &Happening) {
        let mut state = self.state();
        let Some(run) = state.run.as_mut() else { return };
        match happening {
            Happening::RunStarted { run: header } => {
                let text = "starting".to_owned();
                (run.doing, run.waits) = (text.clone(), Waits::default());
                run.live = LiveRun::default();
                run.view = Some(RunningView { run: header.clone(), done: 0, total: None, text });
            }
            Happening::RunFinished { run: header } => {
                run.view = run.view.take().filter(|view| view.run.id != header.id);
            }
            _ => follow(run, happening),
        }
    }
}

fn follow(run: &mut Run, happening: &Happening) {
    let Some(view) = &mut run.view else { return };
    if happening.run() == Some(view.run.id) {
        run.live.take(happening);
    }
    match happening {
        Happening::Phase { run: Some(of), text, .. } if *of == view.run.id => {
            run.doing.clone_from(text);
        }
        Happening::Progress { run: Some(of), done, total, counts } if *of == view.run.id => {
            (view.done, view.total, view.run.counts) = (*done, *total, *counts);
        }
        Happening::Settling { run: of, text } if *of == view.run.id => run.doing.clone_from(text),
        Happening::Waiting { run: Some(of), for_what, until } if *of == view.run.id => {
            run.waits.begun(for_what, *until);
        }
        Happening::WaitOver { run: Some(of) } if *of == view.run.id => run.waits.over(),
        _ => {}
    }
    view.text = run.waits.longest().map_or_else(|| run.doing.clone(), protocol::Wait::words);
}

impl Drop for Place {
    fn drop(&mut self) {
        self.flight.state().run = None;
        self.flight.freed.send_modify(|times| *times += 1);
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        let mut state = self.flight.state();
        state.waits.remove(&self.number);
        state.sign_ins.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::samples::begun_run;

    const US: ClientId = ClientId(0);

    #[test]
    fn there_is_one_place_and_it_is_free_again_after_the_run() {
        let flight = Flight::default();
        let place = flight.take().expect("free");
        assert!(flight.take().is_none());
        let freed = flight.freed();
        assert!(!freed.has_changed().expect("it is there"));
        drop(place);
        assert!(freed.has_changed().expect("it is there"));
        assert!(flight.take().is_some());
    }

    #[test]
    fn cancelling_reaches_the_run_and_spares_what_waits_beside_it() {
        let flight = Flight::default();
        let (place, wait) = (flight.take().expect("free"), flight.wait(US));
        assert!(flight.cancel(US, "jdoe") && flight.cancel(US, "another"));
        assert!(place.cancel.is_cancelled() && !wait.cancel.is_cancelled());
        assert_eq!(place.stopped_by.get().map(String::as_str), Some("jdoe"));
        drop(place);
        assert!(flight.cancel(US, "jdoe") && wait.cancel.is_cancelled());
    }

    #[test]
    fn what_another_client_waits_for_is_spared() {
        let flight = Flight::default();
        let (ours, theirs) = (flight.wait(US), flight.wait(ClientId(1)));
        assert!(flight.cancel(US, "jdoe") && ours.cancel.is_cancelled());
        drop(ours);
        assert!(!flight.cancel(US, "jdoe") && !theirs.cancel.is_cancelled());
    }

    #[test]
    fn a_client_makes_one_plan_at_a_time() {
        let flight = Flight::default();
        let plan = flight.wait(US);
        assert!(!flight.plans(US));
        flight.is_plan(&plan);
        assert!(flight.plans(US) && !flight.plans(ClientId(1)));
        drop(plan);
        assert!(!flight.plans(US));
    }

    #[test]
    fn giving_up_a_sign_in_spares_the_run_and_what_else_waits() {
        let flight = Flight::default();
        let (place, load, sign_in) =
            (flight.take().expect("free"), flight.wait(US), flight.wait(US));
        assert!(!flight.give_up_sign_in());
        flight.is_sign_in(&sign_in);
        assert!(flight.give_up_sign_in() && sign_in.cancel.is_cancelled());
        assert!(!place.cancel.is_cancelled() && !load.cancel.is_cancelled());
        drop(sign_in);
        assert!(!flight.give_up_sign_in());
    }

    #[test]
    fn a_wait_of_the_run_is_shown_until_it_is_over() {
        let (flight, run) = (Flight::default(), Some(RunId(7)));
        let _place = flight.take().expect("free");
        flight.note(&Happening::RunStarted { run: begun_run(7) });
        let phase = crate::engine::protocol::Phase::Applying;
        flight.note(&Happening::Phase { run, phase, text: "writing".to_owned() });
        let until = "2026-10-05T09:20:00Z".parse().ok();
        flight.note(&Happening::Waiting { run, for_what: "the budget".to_owned(), until });
        flight.note(&Happening::Waiting { run: None, for_what: "a list".to_owned(), until: None });
        let text = || flight.running().map(|view| view.text);
        assert_eq!(text().as_deref(), Some("waits for the budget until 09:20 UTC"));
        flight.note(&Happening::WaitOver { run: None });
        assert_eq!(text().as_deref(), Some("waits for the budget until 09:20 UTC"));
        flight.note(&Happening::WaitOver { run });
        assert_eq!(text().as_deref(), Some("writing"));
    }

    #[test]
    fn nothing_begins_once_it_is_closing() {
        let flight = Flight::default();
        flight.close();
        assert!(flight.take().is_none() && flight.wait(US).cancel.is_cancelled());
    }
}
