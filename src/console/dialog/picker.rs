//! A list to choose from by typing: for a field of the form below, or for a change of its own.

use std::{cmp::Ordering, collections::BTreeMap};

use ratatui::layout::Position;
use tui_input::Input;

use crate::{
    console::{
        action::Action,
        fold::by_letters,
        listing::{AnyList as _, Listing, Row},
    },
    domain::{ServiceId, TenantId},
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) key: String,
    pub(crate) name: String,
    /// Shown beside it, muted.
    pub(crate) detail: String,
    /// Why it cannot be chosen, if so.
    pub(crate) unfit: Option<String>,
    /// What speaks against it, although it can be chosen.
    pub(crate) doubt: Option<String>,
}

impl Choice {
    pub(crate) fn new(key: &impl ToString, name: impl Into<String>) -> Self {
        let (key, name) = (key.to_string(), name.into());
        Self { key, name, detail: String::new(), unfit: None, doubt: None }
    }

    pub(crate) fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }
}

impl Row for Choice {
    fn key(&self) -> String {
        self.key.clone()
    }

    fn text(&self) -> String {
        self.name.clone()
    }

    fn cells(&self) -> Vec<(&'static str, String)> {
        vec![("", self.detail.clone())]
    }

    fn compare(&self, other: &Self, _: usize) -> Ordering {
        by_letters(&self.name, &other.name)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Choosing {
    /// A field of the form below.
    Field(&'static str),
    /// The service that a product is to be pinned to.
    Service { product: String, name: String },
    /// The row of a contract that is to bill a service which several rows bill.
    ContractService {
        tenant: TenantId,
        service: ServiceId,
        /// What the invoice calls what it bills.
        name: String,
    },
    /// The agreement to sync, or to leave out.
    Agreement,
}

/// Those that would read the same say their ids as well.
fn told_apart(mut choices: Vec<Choice>) -> Vec<Choice> {
    let mut counts = BTreeMap::<(String, String), usize>::new();
    for choice in &choices {
        *counts.entry((choice.name.clone(), choice.detail.clone())).or_default() += 1;
    }
    for choice in &mut choices {
        if counts[&(choice.name.clone(), choice.detail.clone())] > 1 {
            let gap = if choice.detail.is_empty() { "" } else { ", " };
            choice.detail = format!("{}{gap}{}", choice.detail, choice.key);
        }
    }
    choices
}

#[derive(Clone, Debug)]
pub struct Picker {
    pub(crate) choosing: Choosing,
    pub(crate) title: String,
    pub(crate) input: Input,
    pub(crate) choices: Listing<Choice>,
    pub(crate) loading: bool,
    /// Whether none of them is so certain that it is selected before anybody went to one.
    undecided: bool,
}

impl Picker {
    /// Choices arrived, if it waits for them.
    pub(crate) fn fill(&mut self, choices: Vec<Choice>) {
        if std::mem::take(&mut self.loading) {
            self.choices.set(told_apart(choices));
        }
    }

    /// The same choices, told better, or others. Until a row is looked for the first one is selected where it is certain, and
    /// none where it only comes near.
    pub(crate) fn offer(&mut self, choices: Vec<Choice>, certain: bool) {
        let untouched = self.input.value().is_empty() && self.choices.position() == 0;
        self.loading = false;
        self.choices.set(told_apart(choices));
        if untouched {
            self.choices.select(0);
            self.undecided = !certain;
        }
    }

    /// The one that is selected.
    pub(crate) fn selected(&self) -> Option<&Choice> {
        self.choices.selected().filter(|_| !self.undecided)
    }

    pub(crate) fn is_undecided(&self) -> bool {
        self.undecided && self.choices.count_shown() > 0
    }

    /// Another row; the first one where none was selected.
    pub(crate) fn act(&mut self, action: Action) {
        let at_first = std::mem::take(&mut self.undecided);
        if !(at_first && matches!(action, Action::Up | Action::Down)) {
            self.choices.act(action, 0);
        }
    }

    /// The one at this place of the screen, where there is one.
    pub(crate) fn click(&mut self, at: Position) {
        self.undecided &= !self.choices.is_at(at);
        self.choices.select_at(at);
    }

    /// Only what has these letters, the nearest selected.
    pub(crate) fn narrow(&mut self) {
        self.undecided = false;
        self.choices.set_filter(self.input.value());
    }

    pub(crate) fn loading(mut self) -> Self {
        self.loading = true;
        self
    }

    /// Over these choices, with one selected.
    pub(crate) fn new(
        choosing: Choosing,
        title: &str,
        choices: Vec<Choice>,
        at: Option<&str>,
    ) -> Self {
        let mut list = Listing::default().nearest_first();
        list.set(told_apart(choices));
        list.select_key(at);
        Self {
            choosing,
            title: title.to_owned(),
            input: Input::default(),
            choices: list,
            loading: false,
            undecided: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_that_would_read_the_same_say_their_ids() {
        let of = |id: u32, name: &str, detail: &str| Choice::new(&id, name).with_detail(detail);
        let all =
            vec![of(1, "Acme", "90"), of(2, "Acme", "90"), of(3, "Acme", "80"), of(4, "B", "")];
        let told: Vec<String> = told_apart(all).into_iter().map(|one| one.detail).collect();
        assert_eq!(told, ["90, 1", "90, 2", "80", ""]);
    }
}
