//! Tab 6: searchable help in own words, keys of every place, log path, support bundle, log out and in.

mod topics;

use std::cmp::Ordering;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::Line,
};

use self::topics::TopicKind;
use crate::{
    console::{
        action::Action,
        advice::Keys,
        dialog::{Confirm, Overlay, Prompt, confirm::Then, prompt::Asking},
        keymap::{BINDINGS, Section},
        list_tools,
        listing::{AnyList, Listing, Row},
        pane::{Jump, Pane, keys_move_in},
        purpose::Purpose,
        shell::Shell,
        widgets::{
            detail::{rows_with_detail, with_detail},
            frame,
            table::{Column, Columns, Table, told},
        },
    },
    domain::{target::TargetKind, terms::Terms},
    engine::{protocol::command, views::VaultView},
};

/// Why the vault is not locked where its key lies in a file.
const NO_PASSPHRASE: &str = "Nothing would stay locked: no passphrase is set, and the key file \
    opens the vault for whoever starts this program.\n\n\
    “prism-connect passphrase set” sets one; from then on L here locks the vault.";

/// A question, a message or a place, with what is to be said about it.
#[derive(Clone, Debug)]
struct Topic {
    kind: TopicKind,
    /// As it is known by, whatever the target.
    question: String,
    /// As it is shown.
    shown: String,
    answer: String,
}

/// What is asked, and the messages, with the question first.
pub(crate) fn questions(target: TargetKind) -> impl Iterator<Item = (&'static str, &'static str)> {
    topics::of(target).map(|(kind, question, _)| (kind.word(), *question))
}

/// The keys of one place, one a line.
fn keys_of(section: Section, terms: Terms) -> Topic {
    let lines =
        BINDINGS.iter().filter(|binding| binding.sections.contains(&section)).map(|binding| {
            let keys: Vec<String> = binding.keys.iter().map(|key| key.name(true)).collect();
            format!("{:<16} {}", keys.join(" "), terms.say(binding.help))
        });
    let answer = lines.collect::<Vec<_>>().join("\n");
    let question = format!("Keys: {}", section.title());
    let shown = format!("Keys: {}", terms.say(section.title()));
    Topic { kind: TopicKind::Keys, shown, question, answer }
}

fn all_topics(target: TargetKind) -> Vec<Topic> {
    let written = topics::of(target).map(|(kind, question, answer)| Topic {
        kind: *kind,
        question: (*question).to_owned(),
        shown: (*question).to_owned(),
        answer: (*answer).to_owned(),
    });
    let terms = Terms::of(target);
    let keys = Section::ALL.iter().map(|section| keys_of(*section, terms));
    let told = |topic: Topic| Topic {
        shown: terms.retell(&topic.shown, &[]).into_owned(),
        answer: terms.retell(&topic.answer, &[]).into_owned(),
        ..topic
    };
    written.chain(keys).map(told).collect()
}

impl Row for Topic {
    fn key(&self) -> String {
        self.question.clone()
    }

    fn text(&self) -> String {
        format!("{} {} {}", self.kind.word(), self.shown, self.answer)
    }

    fn cells(&self) -> Vec<(&'static str, String)> {
        told(COLUMNS, self)
    }

    fn compare(&self, other: &Self, _: usize) -> Ordering {
        (self.kind, &self.question).cmp(&(other.kind, &other.question))
    }
}

/// The screen.
#[derive(Debug)]
pub struct Support {
    list: Listing<Topic>,
    vault: Option<VaultView>,
}

impl Support {
    /// Selects a question or message.
    pub(crate) fn show(&mut self, question: &str) {
        self.list.show_all();
        self.list.select_key(Some(question));
    }

    pub(crate) fn set_vault(&mut self, vault: VaultView) {
        self.vault = Some(vault);
    }

    /// Locks the vault after a question; opens it again where it is locked.
    fn log_out(&self, shell: &mut Shell) {
        let Some(vault) = &self.vault else {
            return shell.decline("The state of the vault is not known yet: F5 asks again");
        };
        if !vault.unlocked {
            return Self::ask_passphrase(shell);
        }
        if !vault.has_passphrase {
            return shell.open(Overlay::text("Log out", NO_PASSPHRASE));
        }
        let then = Then::Ask(Purpose::Vault, Box::new(command::Lock.into()));
        let body =
            "Whatever needs a secret asks for the passphrase then; L here asks for it at once.";
        let question = Confirm::new("Lock the vault?", "Log out", then);
        shell.open(question.with_body([body.to_owned()]));
    }

    /// Asks for what opens the vault.
    pub fn ask_passphrase(shell: &mut Shell) {
        shell.open(Prompt::new(Asking::Passphrase, "Passphrase of the vault", ""));
    }

    fn vault_words(&self, keys: Keys) -> String {
        self.vault.as_ref().map_or_else(String::new, |vault| {
            if vault.unlocked {
                let out = keys.hint_to_set_up(". L logs out", "");
                let how = if vault.has_passphrase { out } else { ". No passphrase is set" };
                format!("Vault: open, by {}{how}", vault.unlocked_by)
            } else {
                let hint = keys
                    .hint_to_set_up("Vault: locked. L asks for the passphrase", "Vault: locked");
                hint.to_owned()
            }
        })
    }
}

impl Pane for Support {
    fn section(&self) -> Section {
        Section::Support
    }

    keys_move_in!(self.list);

    fn enter(&mut self, shell: &mut Shell) {
        self.list.set(all_topics(shell.theme.terms.target()));
        shell.ask(Purpose::Vault, command::Vault);
    }

    fn fit(&mut self, room: Rect) {
        let room = Rect { height: room.height.saturating_sub(FACTS), ..room };
        let answer = room.height.saturating_sub(half(room.height));
        self.list.fit(rows_with_detail(room, answer));
    }

    fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
        match (action, self.list.selected()) {
            (Action::SupportBundle, _) => _ = shell.ask(Purpose::Bundle, command::SupportBundle),
            (Action::LogOut, _) => self.log_out(shell),
            (Action::Refresh, _) => self.enter(shell),
            (Action::Open, Some(topic)) => {
                shell.open(Overlay::text(&topic.shown, &topic.answer));
            }
            (Action::Copy, Some(topic)) => {
                list_tools::copy(shell, format!("{}\n{}", topic.shown, topic.answer));
            }
            (action, _) => _ = self.list.act(action, 0),
        }
        None
    }

    fn offers(&self, action: Action) -> bool {
        action != Action::LogOut || self.vault.is_some()
    }

    fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let title = list_tools::title("Support", &self.list);
        // Answers name keys wherever they are read.
        let refused = theme.keys.hint("", "read-only: keys that change something are refused");
        let inside = frame::body(frame, area, &title, refused, theme);
        let [rest, facts] =
            Layout::vertical([Constraint::Min(2), Constraint::Length(FACTS)]).areas(inside);
        let facts = Rect { y: facts.y + 1, height: facts.height.saturating_sub(1), ..facts };
        let lines = rest.height.saturating_sub(half(rest.height));
        let rows = Table::new(&self.list, COLUMNS);
        let (list, answer) = with_detail(rest, lines, &self.list, rows.need(theme));
        let area = answer.area();
        let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        rows.draw(frame, list, theme);
        if let Some(topic) = self.list.selected() {
            answer.draw(frame, topic.answer.lines(), theme);
        } else {
            let text = theme.keys.hint("b writes a bundle for support.", "");
            frame::draw_notice(frame, below, text, theme);
        }
        let lines = [format!("Log: {}", shell.log_path), self.vault_words(theme.keys)];
        frame::draw_lines(frame, facts, lines.map(|line| Line::styled(line, theme.muted())));
    }
}

/// Lines at the bottom: where the log is and how the vault stands, under a blank one.
const FACTS: u16 = 3;

/// The part of the rows that the list has over its answer.
fn half(rows: u16) -> u16 {
    rows.saturating_sub(1) / 2 + 1
}

impl Default for Support {
    fn default() -> Self {
        let mut list = Listing::default();
        list.set(all_topics(TargetKind::Autotask));
        Self { list, vault: None }
    }
}

const COLUMNS: &Columns<Topic> = &[
    Column::new("About", 8).drops(1).muted(|topic| topic.kind.word().to_owned()),
    Column::new("Question, message or place", 20)
        .grows(1)
        .searched()
        .text(|topic| topic.shown.clone()),
];
