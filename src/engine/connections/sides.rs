//! Which connections an engine works with: the one place that says which is “the” source and “the” target.
//!
//! Everything else is given the id of what it works on: by a command's context, a run's equipment, a key.

use std::collections::BTreeMap;

use crate::{
    domain::{ConnectionId, Side, target::TargetKind, terms::Terms},
    engine::{
        tables::{CONNECTIONS, CONNECTWISE, SOURCE, TARGET},
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
    /// What stored connections lead to.
    systems: BTreeMap<ConnectionId, SystemKind>,
}

/// What stored connections lead to. Records that cannot be read are told by whoever works with them.
async fn systems(store: &Store) -> BTreeMap<ConnectionId, SystemKind> {
    let records = store.scan(CONNECTIONS, Key::new()).await.unwrap_or_default();
    let named = records.into_iter().filter_map(|(key, record)| {
        Some((key.parts().text().map(ConnectionId::new)?, record.settings.system()))
    });
    named.collect()
}

/// On which side a system is.
fn side_of(system: SystemKind) -> Side {
    match system {
        SystemKind::Prism => Side::Source,
        SystemKind::Autotask | SystemKind::Connectwise => Side::Target,
    }
}

impl Sides {
    /// Those that are stored, the first of several; `target`, where one of several is meant. Where none is stored yet, the
    /// name that it will be stored by.
    pub(crate) async fn stored(store: &Store, target: Option<ConnectionId>) -> Self {
        let systems = systems(store).await;
        let first = |side: Side| {
            let mut found = systems.iter().filter(|(_, system)| side_of(**system) == side);
            found.next().map(|(name, _)| name.clone())
        };
        Self {
            source: first(Side::Source).unwrap_or_else(|| ConnectionId::new(SOURCE)),
            target: target
                .or_else(|| first(Side::Target))
                .unwrap_or_else(|| ConnectionId::new(TARGET)),
            systems,
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

    /// Every connection that is stored, beside those that are worked with; the source first, then the target in use.
    pub(crate) async fn stored_or_used(&self, store: &Store) -> Vec<ConnectionId> {
        let mut all = self.both().to_vec();
        all.extend(systems(store).await.into_keys().filter(|name| !self.both().contains(name)));
        all
    }

    /// Those of them that are targets.
    pub(crate) async fn targets(&self, store: &Store) -> Vec<ConnectionId> {
        let mut all = self.stored_or_used(store).await;
        all.retain(|name| side_of(self.system(name)) == Side::Target);
        all
    }

    /// The same by name, with one of every kind of target: those that are not stored yet can be.
    pub(crate) async fn all(&self, store: &Store) -> Vec<ConnectionId> {
        let mut all = self.stored_or_used(store).await;
        for name in [TARGET, CONNECTWISE].map(ConnectionId::new) {
            let system = self.system(&name);
            if all.iter().all(|known| self.system(known) != system) {
                all.push(name);
            }
        }
        // Each has its place, whichever is in use.
        all.sort_by_key(|name| (self.system(name) != SystemKind::Prism, name.clone()));
        all
    }

    /// The connection to a kind of system: the one in use, the first that is stored, or the name it will be stored by.
    pub(crate) fn of_system(&self, system: SystemKind) -> ConnectionId {
        let side = self.on(side_of(system));
        if self.system(side) == system {
            return side.clone();
        }
        let mut stored = self.systems.iter().filter(|(_, stored)| **stored == system);
        let stored = stored.next().map(|(name, _)| name.clone());
        stored.unwrap_or_else(|| ConnectionId::new(system.word()))
    }

    /// What the users of the target in use call things.
    pub(crate) fn terms(&self) -> Terms {
        Terms::of(match self.system(&self.target) {
            SystemKind::Connectwise => TargetKind::Connectwise,
            SystemKind::Prism | SystemKind::Autotask => TargetKind::Autotask,
        })
    }

    /// What a connection leads to; also one that is not stored yet.
    pub(crate) fn system(&self, name: &ConnectionId) -> SystemKind {
        match self.systems.get(name) {
            Some(system) => *system,
            None if *name == self.source => SystemKind::Prism,
            None if name.as_str() == CONNECTWISE => SystemKind::Connectwise,
            None => SystemKind::Autotask,
        }
    }
}
