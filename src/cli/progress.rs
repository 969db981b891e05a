//! How far it is: a bar on a terminal, plain lines otherwise. Always on stderr.

use std::{collections::BTreeMap, io::Write};

use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::output::Output;
use crate::{
    domain::{outcome::Outcome, run::RunKind},
    engine::protocol::{Event, Happening, ItemState, Phase},
};

/// Follows the engine's events.
pub(super) struct ProgressLine {
    events: Receiver<Event>,
    bar: Option<ProgressBar>,
    silent: bool,
    phase: Option<Phase>,
    /// Customers by key, and whether all is written for them.
    customers: BTreeMap<String, bool>,
    written: u64,
    over: bool,
}

impl ProgressLine {
    pub(super) fn new(out: &Output, events: Receiver<Event>) -> Self {
        let bar = out.is_live().then(|| {
            let bar = ProgressBar::new_spinner();
            bar.enable_steady_tick(std::time::Duration::from_millis(250));
            bar
        });
        let (silent, customers) = (out.is_json(), BTreeMap::new());
        Self { events, bar, silent, phase: None, customers, written: 0, over: false }
    }

    /// Takes one event; never ends where there is no progress to show.
    pub(super) async fn follow(progress: Option<&mut Self>) {
        let Some(progress) = progress.filter(|progress| !progress.over) else {
            return std::future::pending().await;
        };
        match progress.events.recv().await {
            Ok(event) => progress.show(&event.happening),
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => progress.over = true,
        }
    }

    pub(super) fn finish(mut self) {
        while let Ok(event) = self.events.try_recv() {
            self.show(&event.happening);
        }
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn show(&mut self, happening: &Happening) {
        match happening {
            Happening::RunStarted { run } => {
                self.phase = None;
                (self.customers, self.written) = (BTreeMap::new(), 0);
                self.say(&format!("run {} ({:?}) started", run.id, run.kind).to_lowercase());
            }
            Happening::Phase { phase, text, .. } => self.enter(*phase, text),
            Happening::Progress { done, total, .. } => self.advance(*done, *total),
            Happening::Item { kind, key, name, state, .. } => {
                if *kind == RunKind::Customers {
                    self.count(key, state);
                }
                if let ItemState::Done { outcome, text, .. } = state {
                    self.item(name, *outcome, text.as_deref());
                }
            }
            Happening::Waiting { for_what, until, .. } => {
                let until = until.map(|until| format!(" until {}", until.format("%H:%M:%SZ")));
                self.say(&format!("waiting for {for_what}{}", until.unwrap_or_default()));
            }
            Happening::Settling { text, .. } => {
                self.say(text);
            }
            _ => {}
        }
    }

    fn enter(&mut self, phase: Phase, text: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(text.to_owned());
        } else if self.phase != Some(phase) {
            self.say(text);
        }
        self.phase = Some(phase);
    }

    fn advance(&self, done: u64, total: Option<u64>) {
        let (Some(bar), Some(total)) = (&self.bar, total) else { return };
        if bar.length() != Some(total) {
            // The template is constant; where it were wrong the plain style stays.
            if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {eta} {wide_msg}")
            {
                bar.set_style(style);
            }
            bar.set_length(total);
        }
        bar.set_position(done);
    }

    /// Many customers are recorded together: how far the writing is shows in each of them.
    fn count(&mut self, key: &str, state: &ItemState) {
        let written = match state {
            ItemState::Writing { done, of } => done >= of,
            ItemState::Verifying | ItemState::Done { .. } => true,
            ItemState::Planned { of } => *of == 0,
            ItemState::Queued | ItemState::Planning => false,
        };
        let before = self.customers.insert(key.to_owned(), written).unwrap_or(false);
        self.written = self.written + u64::from(written) - u64::from(before);
        self.advance(self.written, Some(self.customers.len() as u64));
    }

    /// Only what did not go well is worth a line.
    fn item(&self, name: &str, outcome: Outcome, text: Option<&str>) {
        if outcome.wants_a_look() {
            let text = text.map(|text| format!(": {text}")).unwrap_or_default();
            self.say(&format!("{}  {name}{text}", outcome.word()));
        }
    }

    fn say(&self, text: &str) {
        if self.silent || text.is_empty() {
            return;
        }
        match &self.bar {
            Some(bar) => bar.println(text),
            // A closed stderr takes nothing away from the run.
            None => drop(writeln!(std::io::stderr(), "{text}")),
        }
    }
}
