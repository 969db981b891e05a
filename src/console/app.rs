//! All state of the console. It changes only in `update`.

use chrono::{DateTime, Utc};

use super::{
    action::Tab,
    dialog::Dialog,
    keymap::Place,
    purpose::Purpose,
    screens::{
        connections::Connections, customers::Customers, dashboard::Dashboard, products::Products,
        support::Support, sync::Sync,
    },
    shell::Shell,
    theme::Theme,
    widgets::frame,
};
use crate::engine::protocol::Command;

/// How far finishing is what an earlier process left unfinished.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Resumption {
    /// Whether anything was left is not known yet.
    #[default]
    Undecided,
    /// It was asked for.
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
    /// Tab 1.
    pub dashboard: Dashboard,
    /// Tab 2.
    pub connections: Connections,
    /// Tab 3.
    pub customers: Customers,
    /// Tab 4.
    pub products: Products,
    /// Tab 5.
    pub sync: Sync,
    /// Tab 6.
    pub support: Support,
    /// Whether Ctrl-C was the last key.
    pub interrupted: bool,
    /// What an earlier process left unfinished.
    pub resumption: Resumption,
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
            support: Support::new(),
            interrupted: false,
            resumption: Resumption::default(),
        }
    }

    /// What the first screen asks for.
    pub fn start(&mut self) {
        self.shell.ask(Purpose::Status, Command::Status);
    }

    /// Where the operator is, innermost first.
    pub fn places(&self) -> Vec<Place> {
        if let Some(dialog) = self.shell.dialogs.last() {
            return dialog.places().to_vec();
        }
        let place = match self.tab {
            Tab::Dashboard => Place::Dashboard,
            Tab::Connections => Place::Connections,
            Tab::Customers => self.customers.place(),
            Tab::Products => Place::Products,
            Tab::Sync => self.sync.place(),
            Tab::Support => Place::Support,
        };
        vec![place, Place::List, Place::Everywhere]
    }

    /// The dialog on top.
    pub fn dialog(&self) -> Option<&Dialog> {
        self.shell.dialogs.last()
    }

    /// Tells every list how many of its rows fit.
    pub fn fit(&mut self) {
        let inside = frame::inside(self.shell.size);
        self.dashboard.fit(inside);
        self.connections.fit(inside);
        self.customers.fit(inside);
        self.products.fit(inside);
        self.sync.fit(inside);
        self.support.fit(inside);
    }
}
