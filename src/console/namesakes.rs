//! Names that several customers have. Whether a name is told with its domain is a matter of all customers, and not of the list
//! that it stands on.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::domain::namesakes::{ShownName, tell_apart};

/// The domains of each such name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Namesakes(Arc<BTreeMap<String, BTreeSet<String>>>);

impl Namesakes {
    pub(crate) fn new(domains: BTreeMap<String, BTreeSet<String>>) -> Self {
        Self(Arc::new(domains))
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Gives their domains to names on a list that others have, on the list or not.
    pub(crate) fn tell_apart<'a>(&self, list: impl IntoIterator<Item = ShownName<'a>>) {
        let each = |(name, domains): (&String, &'_ BTreeSet<String>)| {
            domains.iter().map(|domain| (name.clone(), domain.clone())).collect::<Vec<_>>()
        };
        let mut others: Vec<(String, String)> = self.0.iter().flat_map(each).collect();
        let others = others.iter_mut().map(|(name, domain)| ShownName { name, domain });
        let list = list.into_iter().map(|ShownName { name, domain }| ShownName { name, domain });
        tell_apart(list.chain(others));
    }
}
