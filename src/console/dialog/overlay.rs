//! Lists over everything: the keys of a place, all commands, past errors, a long text.

use std::cmp::Ordering;

use tui_input::Input;

use crate::console::{
    action::Action,
    listing::{Listing, Row},
};

/// What an overlay lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Keys that work in the place below.
    Help,
    /// All enabled commands.
    Palette,
    /// Past errors and notices.
    Errors,
    /// One text, line by line.
    Text,
}

/// One line of an overlay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Keys, or the hour.
    pub left: String,
    /// What it does or says.
    pub text: String,
    /// What `Enter` runs.
    pub action: Option<Action>,
    /// Cannot be run now (`--read-only`).
    pub dimmed: bool,
}

impl Row for Entry {
    fn key(&self) -> String {
        format!("{}\u{1f}{}", self.left, self.text)
    }

    fn text(&self) -> String {
        format!("{} {}", self.text, self.left)
    }

    fn compare(&self, other: &Self, _: usize) -> Ordering {
        self.text.cmp(&other.text)
    }
}

/// The overlay.
#[derive(Clone, Debug)]
pub struct Overlay {
    /// What it lists.
    pub kind: Kind,
    /// What stands in its border.
    pub title: String,
    /// What was typed to narrow it.
    pub input: Input,
    /// Its lines.
    pub entries: Listing<Entry>,
}

impl Overlay {
    /// With these lines.
    pub fn new(kind: Kind, title: impl Into<String>, entries: Vec<Entry>) -> Self {
        let mut list = Listing::default();
        list.set(entries);
        list.fit(10);
        Self { kind, title: title.into(), input: Input::default(), entries: list }
    }

    /// A text, line by line.
    pub fn text(title: impl Into<String>, text: &str) -> Self {
        let line = |text: &str| Entry {
            left: String::new(),
            text: text.to_owned(),
            action: None,
            dimmed: false,
        };
        Self::new(Kind::Text, title, text.lines().map(line).collect())
    }
}
