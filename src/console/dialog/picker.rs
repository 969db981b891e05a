//! A list to choose from by typing.

use std::cmp::Ordering;

use tui_input::Input;

use crate::console::listing::{Listing, Row};

/// One choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What is stored.
    pub key: String,
    /// What is shown.
    pub name: String,
    /// Shown beside it, muted.
    pub detail: String,
    /// Why it cannot be chosen, if so.
    pub unfit: Option<String>,
}

impl Row for Choice {
    fn key(&self) -> String {
        self.key.clone()
    }

    fn text(&self) -> String {
        format!("{} {}", self.name, self.detail)
    }

    fn compare(&self, other: &Self, _: usize) -> Ordering {
        self.name.to_lowercase().cmp(&other.name.to_lowercase())
    }
}

/// The picker of one field of the form below it.
#[derive(Clone, Debug)]
pub struct Picker {
    /// Which field.
    pub field: &'static str,
    /// What stands in its border.
    pub title: String,
    /// What was typed.
    pub input: Input,
    /// The choices, filtered by it.
    pub choices: Listing<Choice>,
    /// Whether the choices are still being loaded.
    pub loading: bool,
}

impl Picker {
    /// Over these choices, with one selected.
    pub fn new(field: &'static str, title: &str, choices: Vec<Choice>, at: Option<&str>) -> Self {
        let mut list = Listing::default();
        list.set(choices);
        list.fit(10);
        list.select_key(at);
        Self {
            field,
            title: title.to_owned(),
            input: Input::default(),
            choices: list,
            loading: false,
        }
    }
}
