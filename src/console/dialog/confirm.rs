//! A question before a write: it counts what will change, and the safe button has the focus.

use super::{prompt::Prompt, seen::Seen};
use crate::{
    console::{action::Action, purpose::Purpose},
    engine::protocol::Command,
};

/// What happens on yes.
#[derive(Clone, Debug)]
pub(crate) enum Then {
    Ask(Purpose, Box<Command>),
    /// Ask for a text first, such as a reason.
    Prompt(Box<Prompt>),
    /// Leave the program; a running sync stops between two changes.
    Quit,
    /// Close the form below, with all that was changed in it.
    CloseForm,
    /// Save the form below as its button says.
    SaveForm(Action),
}

impl Then {
    /// A change that can mend what failed.
    pub(crate) fn mend(command: impl Into<Command>) -> Self {
        Self::Ask(Purpose::Mend, Box::new(command.into()))
    }

    /// A change of which only the text of the answer is shown.
    pub(crate) fn change(command: impl Into<Command>) -> Self {
        Self::Ask(Purpose::Change, Box::new(command.into()))
    }
}

/// A word that must be typed, and what of it was.
#[derive(Clone, Debug)]
pub(crate) struct TypedWord {
    pub(crate) wanted: String,
    pub(crate) typed: String,
}

#[derive(Clone, Debug)]
pub struct Confirm {
    /// What is asked, counted: `Apply 22 changes to 3 customers?`
    pub(crate) title: String,
    /// What will change, line by line.
    pub(crate) body: Vec<String>,
    /// The word on the button that does it.
    pub(crate) yes: String,
    /// Whether that button has the focus; never at first.
    pub(crate) on_yes: bool,
    pub(crate) then: Then,
    /// A word to be typed first, for what cannot be taken back.
    pub(crate) word: Option<TypedWord>,
    /// Since when it is to be seen: no key answers what nobody has read.
    pub(crate) seen: Seen,
}

impl Confirm {
    pub(crate) fn new(title: impl Into<String>, yes: &str, then: Then) -> Self {
        Self {
            title: title.into(),
            body: Vec::new(),
            yes: yes.to_owned(),
            on_yes: false,
            then,
            word: None,
            seen: Seen::default(),
        }
    }

    pub(crate) fn with_body(mut self, body: impl IntoIterator<Item = String>) -> Self {
        self.body = body.into_iter().collect();
        self
    }

    pub(crate) fn with_word(mut self, word: &str) -> Self {
        self.word = Some(TypedWord { wanted: word.to_owned(), typed: String::new() });
        self
    }

    /// Whether it decides about a plan that waits.
    pub(crate) fn decides(&self) -> bool {
        matches!(&self.then, Then::Prompt(prompt) if prompt.decides())
    }

    /// Whether its word was begun and is not whole.
    pub(crate) fn is_half_typed(&self) -> bool {
        !self.ready() && self.word.as_ref().is_some_and(|word| !word.typed.is_empty())
    }

    /// Whether yes can be pressed: the word, if there is one, has been typed.
    pub(crate) fn ready(&self) -> bool {
        self.word.as_ref().is_none_or(|word| word.wanted == word.typed)
    }
}
