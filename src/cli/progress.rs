//! How far it is: a bar on a terminal, plain lines otherwise. Always on stderr.

use std::io::Write;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::output::Output;
use crate::{
    domain::{outcome::Outcome, run::PART_WRITTEN},
    engine::protocol::{
        Event, Happening, ItemState, Phase, Wait,
        live_run::{Gauge, Totals},
    },
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
            Happening::Phase { run: Some(_), phase, text } => self.enter(*phase, text),
            // What is only planned is worth no line that stays.
            Happening::Phase { run: None, text, .. } => {
                if let Some(bar) = &self.bar {
                    bar.set_message(text.clone());
                }
            }
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
            Happening::Item { name, state: ItemState::PartWritten { text, .. }, .. } => {
                self.ended(name, PART_WRITTEN, text.as_deref());
            }
            Happening::Waiting { for_what, until, .. } => {
                self.say(&Wait { for_what: for_what.clone(), until: *until }.words());
            }
            Happening::Settling { text, .. } => self.say(text),
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
        bar.set_prefix(format!("{done}/{total}"));
        if bar.length() != Some(total) {
            // The template is constant; where it were wrong the plain style stays.
            if let Ok(style) = ProgressStyle::with_template("{bar:30} {prefix} {eta} {wide_msg}") {
                bar.set_style(style);
            }
            bar.set_length(total);
        }
        bar.set_position(done);
    }

    /// The figures of the console's gauge, in its words.
    fn count(&self, totals: &Totals) {
        if let Some((done, of)) = totals.gauge().map(Gauge::parts) {
            self.advance(done, Some(of));
        }
        if let (Some(bar), Some(words)) = (&self.bar, totals.words()) {
            bar.set_prefix(words);
        }
    }

    /// Only what did not go well is worth a line.
    fn item(&self, name: &str, outcome: Outcome, text: Option<&str>) {
        if outcome.wants_a_look() {
            self.ended(name, outcome.word(), text);
        }
    }

    fn ended(&self, name: &str, word: &str, text: Option<&str>) {
        let text = text.map(|text| format!(": {text}")).unwrap_or_default();
        self.say(&format!("{word}  {name}{text}"));
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

#[cfg(test)]
mod tests {
    use indicatif::ProgressDrawTarget;
    use tokio::sync::broadcast;

    use super::*;
    use crate::domain::{RunId, run::Counts};

    fn line() -> ProgressLine {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let (bar, silent, phase, events) = (Some(bar), false, None, broadcast::channel(1).1);
        ProgressLine { events, bar, silent, phase, counts_changes: false, over: false }
    }

    /// Where the bar stands once this is told.
    fn after(line: &mut ProgressLine, happening: &Happening) -> (u64, Option<u64>) {
        line.show(happening);
        let bar = line.bar.as_ref().expect("a bar");
        (bar.position(), bar.length())
    }

    fn changes(totals: Totals) -> Happening {
        let (run, changes, outcomes) = (RunId(44), Vec::new(), Vec::new());
        Happening::Changes { run, totals, replanned: Vec::new(), changes, outcomes }
    }

    fn progress(done: u64) -> Happening {
        let (run, total, counts) = (Some(RunId(44)), Some(120), Counts::default());
        Happening::Progress { run, done, total, counts }
    }

    #[test]
    fn a_run_of_customers_counts_those_planned_and_then_changes_as_the_consoles_gauge_does() {
        let mut line = line();
        let totals = Totals { customers_due: 88, customers_planned: 12, ..Totals::default() };
        assert_eq!(after(&mut line, &changes(totals)), (12, Some(88)));
        let totals = Totals { customers_planned: 88, planned: 938, sent: 412, ..totals };
        assert_eq!(after(&mut line, &changes(totals)), (412, Some(938)));
        let said = line.bar.as_ref().map(ProgressBar::prefix);
        assert_eq!(said.as_deref(), Some("412 of 938 changes sent, 0 confirmed, 43 %"));
        assert_eq!(after(&mut line, &progress(3)), (412, Some(938)));
    }

    #[test]
    fn a_run_of_products_counts_changes_too_and_products_only_where_none_is_planned() {
        let mut products = line();
        assert_eq!(after(&mut products, &changes(Totals::default())), (0, None));
        assert_eq!(after(&mut products, &progress(3)), (3, Some(120)));
        let totals = Totals { planned: 7, sent: 2, confirmed: 1, ..Totals::default() };
        assert_eq!(after(&mut products, &changes(totals)), (2, Some(7)));
        assert_eq!(after(&mut products, &progress(9)), (2, Some(7)));
    }
}
