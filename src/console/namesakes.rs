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
        let list: Vec<ShownName<'_>> =
            list.into_iter().map(|ShownName { name, domain }| ShownName { name, domain }).collect();
        // Of those on the list alone: a running sync asks for each customer that turns up.
        let shown: BTreeSet<&str> = list.iter().map(|one| one.name.as_str()).collect();
        let mut others: Vec<(String, &str)> = Vec::new();
        for name in shown {
            let domains = self.0.get(name).into_iter().flatten();
            others.extend(domains.map(|domain| (name.to_owned(), domain.as_str())));
        }
        let others = others.iter_mut().map(|(name, domain)| ShownName { name, domain });
        tell_apart(list.into_iter().chain(others));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_told_apart_from_those_who_are_not_on_the_list() {
        let domains = |all: &[&str]| all.iter().map(|&one| one.to_owned()).collect();
        let namesakes = Namesakes::new(BTreeMap::from([
            ("Kauri Legal".to_owned(), domains(&["kauri.example", "kaurilegal.example"])),
            ("Peak Physio".to_owned(), domains(&["peak.example", "physio.example"])),
        ]));
        let mut list = ["Kauri Legal", "Harbour Dental"].map(str::to_owned);
        let own = ["kauri.example", "harbour.example"];
        let shown = list.iter_mut().zip(own);
        namesakes.tell_apart(shown.map(|(name, domain)| ShownName { name, domain }));
        assert_eq!(list, ["Kauri Legal (kauri)", "Harbour Dental"]);
    }
}
