//! Tab 6: searchable help in own words, keys of every place, log path, support bundle, log out and in.

mod topics;

use std::cmp::Ordering;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::Line,
    widgets::{Paragraph, Wrap},
};

use self::topics::TOPICS;
use crate::{
    console::{
        action::Action,
        dialog::{Confirm, Overlay, Prompt, confirm::Then, prompt::Asking},
        keymap::{BINDINGS, Place},
        list_tools,
        listing::{Listing, Row},
        pane::Jump,
        purpose::Purpose,
        shell::Shell,
        widgets::{
            frame,
            table::{Cell, Column, TableLook, draw_table},
        },
    },
    engine::{protocol::Command, views::VaultView},
};

/// Why the vault is not locked where its key lies in a file.
const NO_PASSPHRASE: &str = "Nothing would stay locked: no passphrase is set, and the key file \
    opens the vault for whoever starts this program.\n\n\
    “prism-connect passphrase set” sets one; from then on L here locks the vault.";

/// A question, a message or a place, with what is to be said about it.
#[derive(Clone, Debug)]
pub struct Topic {
    kind: Kind,
    question: String,
    answer: String,
}

/// What a topic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// How something works.
    Question,
    /// An error or warning as it is shown, with the cure.
    Message,
    /// The keys of a place.
    Keys,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Question => "question",
            Self::Message => "message",
            Self::Keys => "keys",
        }
    }
}

/// The keys of one place, one a line.
fn keys_of(place: Place) -> Topic {
    let lines = BINDINGS.iter().filter(|binding| binding.places.contains(&place)).map(|binding| {
        let keys: Vec<String> = binding.keys.iter().map(|key| key.name(true)).collect();
        format!("{:<16} {}", keys.join(" "), binding.help)
    });
    let answer = lines.collect::<Vec<_>>().join("\n");
    Topic { kind: Kind::Keys, question: format!("Keys: {}", place.title()), answer }
}

fn all() -> Vec<Topic> {
    let written = TOPICS.iter().map(|(kind, question, answer)| Topic {
        kind: *kind,
        question: (*question).to_owned(),
        answer: (*answer).to_owned(),
    });
    written.chain(Place::ALL.iter().map(|place| keys_of(*place))).collect()
}

impl Row for Topic {
    fn key(&self) -> String {
        self.question.clone()
    }

    fn text(&self) -> String {
        format!("{} {} {}", self.kind.word(), self.question, self.answer)
    }

    fn compare(&self, other: &Self, _: usize) -> Ordering {
        (self.kind, &self.question).cmp(&(other.kind, &other.question))
    }
}

/// The screen.
#[derive(Debug)]
pub struct Support {
    /// Its topics.
    pub list: Listing<Topic>,
    vault: Option<VaultView>,
}

impl Support {
    /// With all topics.
    pub fn new() -> Self {
        let mut list = Listing::default();
        list.set(all());
        Self { list, vault: None }
    }

    /// The tab was opened.
    pub fn enter(&mut self, shell: &mut Shell) {
        shell.ask(Purpose::Vault, Command::Vault);
    }

    /// The vault's state.
    pub fn told(&mut self, vault: VaultView) {
        self.vault = Some(vault);
    }

    /// How much room its list has.
    pub fn fit(&mut self, (_, rows): (u16, u16)) {
        self.list.fit(usize::from(rows.saturating_sub(4) / 2).max(3));
    }

    /// Carries an action out.
    pub fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
        match action {
            Action::Filter => list_tools::open_filter(shell, self.list.filter()),
            Action::Back => self.list.set_filter(""),
            Action::SupportBundle => _ = shell.ask(Purpose::Bundle, Command::SupportBundle),
            Action::LogOut => self.log_out(shell),
            Action::Refresh => self.enter(shell),
            Action::Open => {
                if let Some(topic) = self.list.selected() {
                    shell.open(Overlay::text(&topic.question, &topic.answer));
                }
            }
            Action::Copy => {
                if let Some(topic) = self.list.selected() {
                    list_tools::copy(shell, format!("{}\n{}", topic.question, topic.answer));
                }
            }
            action => _ = self.list.act(action, 0),
        }
        None
    }

    /// Locks the vault after a question; opens it again where it is locked.
    fn log_out(&self, shell: &mut Shell) {
        let Some(vault) = &self.vault else {
            return shell.inform("The state of the vault is not known yet: F5 asks again");
        };
        if !vault.unlocked {
            return self.ask_passphrase(shell);
        }
        if !vault.has_passphrase {
            return shell.open(Overlay::text("Log out", NO_PASSPHRASE));
        }
        let then = Then::Ask(Purpose::Vault, Box::new(Command::Lock));
        let body =
            "Whatever needs a secret asks for the passphrase then; L here asks for it at once.";
        let question = Confirm::new("Lock the vault?", "Log out", then);
        shell.open(question.with_body([body.to_owned()]));
    }

    /// Asks for what opens the vault.
    pub fn ask_passphrase(&self, shell: &mut Shell) {
        shell.open(Prompt::new(Asking::Passphrase, "Passphrase of the vault", ""));
    }

    /// Draws it.
    pub fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let title = list_tools::title("Support", &self.list);
        let inside = frame::body(frame, area, (&title, ""), theme);
        let half = inside.height.saturating_sub(4) / 2 + 1;
        let [list, _, answer, _, facts] = Layout::vertical([
            Constraint::Length(half),
            Constraint::Length(1),
            Constraint::Min(2),
            Constraint::Length(1),
            Constraint::Length(2),
        ])
        .areas(inside);
        let look = TableLook { columns: COLUMNS, focused: true, marks: false };
        draw_table(frame, list, (&self.list, &look), theme);
        if let Some(topic) = self.list.selected() {
            let text = Paragraph::new(topic.answer.as_str()).wrap(Wrap { trim: false });
            frame.render_widget(text, answer);
        } else {
            let text = "Nothing matches. Esc clears the filter; b writes a bundle for support.";
            frame.render_widget(Line::styled(text, theme.muted()), answer);
        }
        let lines = [format!("Log: {}", shell.log_path), self.vault_words()];
        for (line, row) in lines.into_iter().zip(facts.rows()) {
            frame.render_widget(Line::styled(line, theme.muted()), row);
        }
    }
}

impl Support {
    fn vault_words(&self) -> String {
        self.vault.as_ref().map_or_else(String::new, |vault| {
            if vault.unlocked {
                let how = if vault.has_passphrase { "L logs out" } else { "No passphrase is set" };
                format!("Vault: open, by {}. {how}", vault.unlocked_by)
            } else {
                "Vault: locked. L asks for the passphrase".to_owned()
            }
        })
    }
}

impl Default for Support {
    fn default() -> Self {
        Self::new()
    }
}

const COLUMNS: &[Column<Topic>] = &[
    Column {
        title: "About",
        least: 8,
        share: 0,
        priority: 1,
        right: false,
        searched: false,
        cell: |topic, theme| Cell::styled(topic.kind.word(), theme.muted()),
    },
    Column {
        title: "Question, message or place",
        least: 20,
        share: 1,
        priority: 0,
        right: false,
        searched: true,
        cell: |topic, _| Cell::plain(topic.question.clone()),
    },
];
