//! Which connections an engine works with: the one place that says which is “the” source and “the” target.
//!
//! Everything else is given the id of what it works on: by a command's context, a run's equipment, a key.

use crate::{
    domain::{ConnectionId, Side},
    engine::{
        tables::{CONNECTIONS, SOURCE, TARGET},
        views::SystemKind,
    },
    store::{Key, Store},
};

/// The two ends of the way that invoices go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sides {
    /// Where they come from.
    pub source: ConnectionId,
    /// Where they go.
    pub target: ConnectionId,
}

impl Sides {
    /// Those that are stored, the first of several; `target`, where one of several is meant. Where none is stored yet, the
    /// name that it will be stored by.
    pub(crate) async fn stored(store: &Store, target: Option<ConnectionId>) -> Self {
        // Records that cannot be read are told by whoever works with them.
        let records = store.scan(CONNECTIONS, Key::new()).await.unwrap_or_default();
        let first = |side: Side| {
            let mut found = records.iter().filter(|(_, record)| record.settings.side() == side);
            found.find_map(|(key, _)| key.parts().text().map(ConnectionId::new))
        };
        Self {
            source: first(Side::Source).unwrap_or_else(|| ConnectionId::new(SOURCE)),
            target: target
                .or_else(|| first(Side::Target))
                .unwrap_or_else(|| ConnectionId::new(TARGET)),
        }
    }

    /// The one on a side.
    pub(crate) fn on(&self, side: Side) -> &ConnectionId {
        match side {
            Side::Source => &self.source,
            Side::Target => &self.target,
        }
    }

    /// Both, source first.
    pub(crate) fn both(&self) -> [ConnectionId; 2] {
        [self.source.clone(), self.target.clone()]
    }

    /// On which side a connection is.
    pub(crate) fn side(&self, name: &ConnectionId) -> Side {
        if *name == self.source { Side::Source } else { Side::Target }
    }
    /// What a connection leads to; also one that is not stored yet.
    pub(crate) fn system(&self, name: &ConnectionId) -> SystemKind {
        match self.side(name) {
            Side::Source => SystemKind::Prism,
            Side::Target => SystemKind::Autotask,
        }
    }
}
