//! All state of the console. It changes only in `update`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{
    action::{Action, Tab},
    dialog::{Dialog, overlay::OverlayEntry},
    keymap::{Binding, Section, working},
    pane::Pane,
    purpose::{Named, Purpose},
    query::State,
    screens::{
        connections::Connections, customers::Customers, dashboard::Dashboard, products::Products,
        support::Support, sync::Sync,
    },
    shell::Shell,
    theme::Theme,
    widgets::{
        dialogs,
        frame::{self, Offered},
    },
};
use crate::{domain::Role, engine::protocol::command};

/// So many letters of rows are made ready for a filter at once: a millisecond's work.
const SLICE: usize = 32 * 1024;

/// What the key does that goes from state to state, where it takes the last away.
const ALL: &str = "all";

/// How far finishing is what an earlier process left unfinished.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Resumption {
    /// Whether anything was left is not known yet.
    #[default]
    Undecided,
    Asked,
    /// It waits for the vault to be opened.
    Locked,
    /// Nothing was left, or it ended, or it is the operator's now.
    Over,
}

/// The console.
#[derive(Debug)]
pub struct App {
    /// What all screens share.
    pub shell: Shell,
    /// The tab in front.
    pub tab: Tab,
    pub(crate) dashboard: Dashboard,
    pub(crate) connections: Connections,
    pub(crate) customers: Customers,
    pub(crate) products: Products,
    pub(crate) sync: Sync,
    /// Tab 6.
    pub support: Support,
    /// What the palette finds by name, as far as it was told.
    pub(crate) names: BTreeMap<Named, Vec<OverlayEntry>>,
    /// Whether Ctrl-C was the last key.
    pub(crate) interrupted: bool,
    /// What an earlier process left unfinished.
    pub(crate) resumption: Resumption,
}

impl App {
    /// The console before anything is known.
    pub fn new(theme: Theme, read_only: bool, now: DateTime<Utc>) -> Self {
        Self {
            shell: Shell::new(theme, read_only, now),
            tab: Tab::default(),
            dashboard: Dashboard::default(),
            connections: Connections::default(),
            customers: Customers::default(),
            products: Products::default(),
            sync: Sync::default(),
            support: Support::default(),
            names: BTreeMap::new(),
            interrupted: false,
            resumption: Resumption::default(),
        }
    }

    /// The engine is a daemon's, and this is what one may do there.
    pub fn attach(&mut self, role: Role) {
        self.shell.attach(role);
    }

    /// What the first screen asks for.
    pub fn start(&mut self) {
        self.shell.ask(Purpose::Status, command::Status);
    }

    /// Where the operator is, innermost first.
    pub fn sections(&self) -> Vec<Section> {
        if let Some(dialog) = self.shell.dialogs.last() {
            return dialog.sections().to_vec();
        }
        vec![self.pane().section(), Section::List, Section::Everywhere]
    }

    /// The keys that work now, innermost first: neither what is refused nor what has nothing to act on.
    pub fn offered(&self) -> Vec<&'static Binding> {
        let mut bindings = working(&self.sections());
        bindings.retain(|binding| self.shell.may(binding));
        bindings.retain(|binding| self.shell.has(binding));
        let (pane, list) = (self.pane(), self.pane().list());
        bindings.retain(|binding| match self.dialog() {
            Some(dialog) => dialog.offers(binding.action),
            None => {
                pane.offers(binding.action) && list.is_none_or(|list| list.offers(binding.action))
            }
        });
        bindings
    }

    /// The same, each with what it does next: of a key that goes round, where it goes from here.
    pub(crate) fn labelled(&self) -> Vec<Offered> {
        let list = self.pane().list();
        let label = |binding: &'static Binding| match (binding.action, list) {
            (Action::NextState, Some(list)) => list.next_state().map_or(ALL, State::name),
            _ => binding.label,
        };
        let offered = self.offered().into_iter();
        offered.map(|binding| Offered { binding, label: label(binding) }).collect()
    }

    /// The tab in front.
    pub(crate) fn pane(&self) -> &dyn Pane {
        match self.tab {
            Tab::Dashboard => &self.dashboard,
            Tab::Connections => &self.connections,
            Tab::Customers => &self.customers,
            Tab::Products => &self.products,
            Tab::Sync => &self.sync,
            Tab::Support => &self.support,
        }
    }

    /// The same, and the shell that it acts on.
    pub(crate) fn pane_mut(&mut self) -> (&mut dyn Pane, &mut Shell) {
        let pane: &mut dyn Pane = match self.tab {
            Tab::Dashboard => &mut self.dashboard,
            Tab::Connections => &mut self.connections,
            Tab::Customers => &mut self.customers,
            Tab::Products => &mut self.products,
            Tab::Sync => &mut self.sync,
            Tab::Support => &mut self.support,
        };
        (pane, &mut self.shell)
    }

    /// All that is shown is of another target now: what was of the one before is forgotten, but for a run that is watched.
    pub(crate) fn show_another_target(&mut self) {
        self.shell.forget_what_was_read();
        self.dashboard = Dashboard::default();
        self.customers = Customers::default();
        self.products = Products::default();
        self.sync = self.sync.of_another_target();
        self.names.clear();
    }

    /// The dialog on top.
    pub fn dialog(&self) -> Option<&Dialog> {
        self.shell.dialogs.last()
    }

    /// Whether a filter is being typed: what it looks at is made ready while no key comes.
    fn is_filtering(&self) -> bool {
        matches!(self.dialog(), Some(Dialog::Prompt(prompt)) if prompt.is_filter())
    }

    /// Makes a part of what a filter looks at ready, short enough for a key to come between; tells whether there was any. Of a
    /// list that does not change by itself that is done before a filter is opened: its first letter waits for nothing.
    pub fn fold_ahead(&mut self) -> bool {
        let is_filtering = self.is_filtering();
        let (pane, _) = self.pane_mut();
        let is_ahead = is_filtering || pane.stands_still();
        pane.list_mut().filter(|_| is_ahead).is_some_and(|list| list.fold_ahead(SLICE))
    }

    /// Tells every list how many of its rows fit.
    pub fn fit(&mut self) {
        let room = frame::room_inside(self.shell.size);
        self.dashboard.fit_width(self.shell.status.as_ref(), room.width);
        let tabs: [&mut dyn Pane; 6] = [
            &mut self.dashboard,
            &mut self.connections,
            &mut self.customers,
            &mut self.products,
            &mut self.sync,
            &mut self.support,
        ];
        for tab in tabs {
            tab.fit(room);
        }
        if let Some(dialog) = self.shell.dialogs.last_mut() {
            dialogs::fit(dialog, self.shell.size);
        }
    }
}
