//! A question before a write: it counts what will change, and the safe button has the focus.

use super::prompt::Prompt;
use crate::{console::purpose::Purpose, engine::protocol::Command};

/// What happens on yes.
#[derive(Clone, Debug)]
pub enum Then {
    /// Ask the engine.
    Ask(Purpose, Box<Command>),
    /// Ask for a text first, such as a reason.
    Prompt(Box<Prompt>),
    /// Leave the program; a running sync stops between two writes.
    Quit,
}

/// The question.
#[derive(Clone, Debug)]
pub struct Confirm {
    /// What is asked, counted: `Apply 22 changes to 3 customers?`
    pub title: String,
    /// What will change, line by line.
    pub body: Vec<String>,
    /// The word on the button that does it.
    pub yes: String,
    /// Whether that button has the focus; never at first.
    pub on_yes: bool,
    /// What it does.
    pub then: Then,
    /// A word to be typed first, for what cannot be taken back: what must be typed, what was.
    pub word: Option<(String, String)>,
}

impl Confirm {
    /// A question with its button.
    pub fn new(title: impl Into<String>, yes: &str, then: Then) -> Self {
        Self {
            title: title.into(),
            body: Vec::new(),
            yes: yes.to_owned(),
            on_yes: false,
            then,
            word: None,
        }
    }

    /// With lines below the question.
    #[must_use]
    pub fn with_body(mut self, body: impl IntoIterator<Item = String>) -> Self {
        self.body = body.into_iter().collect();
        self
    }

    /// With a word that must be typed.
    #[must_use]
    pub fn with_word(mut self, word: &str) -> Self {
        self.word = Some((word.to_owned(), String::new()));
        self
    }

    /// Whether yes can be pressed: the word, if there is one, has been typed.
    pub fn ready(&self) -> bool {
        self.word.as_ref().is_none_or(|(wanted, typed)| wanted == typed)
    }
}
