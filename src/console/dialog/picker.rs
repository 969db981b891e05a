//! A list to choose from by typing: for a field of the form below, or for a change of its own.

use std::cmp::Ordering;

use tui_input::Input;

use crate::{
    console::{
        fold::by_letters,
        listing::{Listing, Row},
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

#[derive(Clone, Debug)]
pub struct Picker {
    pub(crate) choosing: Choosing,
    pub(crate) title: String,
    pub(crate) input: Input,
    pub(crate) choices: Listing<Choice>,
    pub(crate) loading: bool,
}

impl Picker {
    /// Choices arrived, if it waits for them.
    pub(crate) fn fill(&mut self, choices: Vec<Choice>) {
        if std::mem::take(&mut self.loading) {
            self.choices.set(choices);
        }
    }

    /// The same choices, told better, or others. Until a row is looked for the likeliest one is selected.
    pub(crate) fn offer(&mut self, choices: Vec<Choice>) {
        let untouched = self.input.value().is_empty() && self.choices.position() == 0;
        self.loading = false;
        self.choices.set(choices);
        if untouched {
            self.choices.select(0);
        }
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
        list.set(choices);
        list.fit(10);
        list.select_key(at);
        Self {
            choosing,
            title: title.to_owned(),
            input: Input::default(),
            choices: list,
            loading: false,
        }
    }
}
