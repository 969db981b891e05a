//! How far it is: a bar on a terminal, plain lines otherwise. Always on stderr.

use std::io::Write;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::output::Output;
use crate::{
    domain::outcome::Outcome,
    engine::protocol::{Event, Happening, ItemState, Phase, live_run::Totals},
};

/// Follows the engine's events.
pub(super) struct ProgressLine {
    events: Receiver<Event>,
    bar: Option<ProgressBar>,
    silent: bool,
    phase: Option<Phase>,
    /// Whether changes are planned: then they are counted, and not what is done.
    counts_changes: bool,
    over: bool,
}

impl ProgressLine {
    pub(super) fn new(out: &Output, events: Receiver<Event>) -> Self {
        let bar = out.is_live().then(|| {
            let bar = ProgressBar::new_spinner();
            bar.enable_steady_tick(std::time::Duration::from_millis(250));
            bar
        });
        let silent = out.is_json();
        Self { events, bar, silent, phase: None, counts_changes: false, over: false }
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
                (self.phase, self.counts_changes) = (None, false);
                self.say(&format!("run {} ({:?}) started", run.id, run.kind).to_lowercase());
            }
            Happening::Phase { phase, text, .. } => self.enter(*phase, text),
            Happening::Progress { done, total, .. } if !self.counts_changes => {
                self.advance(*done, *total);
            }
            Happening::Changes { totals, .. } => {
                self.counts_changes |= totals.planned > 0;
                self.count(totals);
            }
            Happening::Item { name, state: ItemState::Done { outcome, text, .. }, .. } => {
                self.item(name, *outcome, text.as_deref());
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

    /// Changes sent of those planned; until any is planned, customers planned of those that are due.
    fn count(&self, totals: &Totals) {
        let Totals { planned, sent, customers_planned, customers_due, .. } = *totals;
        match planned {
            0 if totals.is_planning() => self.advance(customers_planned, Some(customers_due)),
            0 => {}
            planned => self.advance(sent, Some(planned)),
        }
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
