//! Customers of one name on one list, told apart by the domains of their tenants. Pure.

use std::collections::{BTreeSet, HashMap};

/// A customer's name as a list shows it, and its tenant's domain; empty of what is no customer.
pub struct ShownName<'a> {
    /// The name, which gets what tells it apart.
    pub name: &'a mut String,
    /// The tenant's domain.
    pub domain: &'a str,
}

/// Names that tenants of different domains have on this list get the first label of the domain, `Kauri Legal (kaurilegal)`;
/// the whole domain where that does not tell them apart either. A tenant may be on the list more than once.
pub fn tell_apart<'a>(list: impl IntoIterator<Item = ShownName<'a>>) {
    let list: Vec<ShownName<'a>> = list.into_iter().filter(|one| !one.domain.is_empty()).collect();
    let mut domains: HashMap<String, BTreeSet<&str>> = HashMap::new();
    for one in &list {
        match domains.get_mut(one.name.as_str()) {
            Some(known) => _ = known.insert(one.domain),
            None => _ = domains.insert(one.name.clone(), BTreeSet::from([one.domain])),
        }
    }
    for one in list {
        let Some(all) = domains.get(one.name.as_str()).filter(|all| all.len() > 1) else {
            continue;
        };
        let short = label(one.domain);
        let alone = all.iter().filter(|other| label(other) == short).count() == 1;
        one.name.push_str(&format!(" ({})", if alone { short } else { one.domain }));
    }
}

fn label(domain: &str) -> &str {
    domain.split('.').next().unwrap_or(domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(list: &[(&str, &str)]) -> Vec<String> {
        let mut names: Vec<String> = list.iter().map(|(name, _)| (*name).to_owned()).collect();
        let domains = list.iter().map(|(_, domain)| *domain);
        tell_apart(names.iter_mut().zip(domains).map(|(name, domain)| ShownName { name, domain }));
        names
    }

    #[test]
    fn only_names_that_another_tenant_has_get_their_domain() {
        let names = told(&[
            ("Kauri Legal", "kaurilegal.onmicrosoft.com"),
            ("Peak Physio", "peakphysio.onmicrosoft.com"),
            ("Kauri Legal", "kauri.co.nz"),
            ("Peak Physio", "peakphysio.onmicrosoft.com"),
        ]);
        assert_eq!(
            names,
            ["Kauri Legal (kaurilegal)", "Peak Physio", "Kauri Legal (kauri)", "Peak Physio"]
        );
    }

    #[test]
    fn domains_of_one_first_label_are_told_whole() {
        let names = told(&[("A", "a.co.nz"), ("A", "a.com.au"), ("A", "b.com")]);
        assert_eq!(names, ["A (a.co.nz)", "A (a.com.au)", "A (b)"]);
    }

    #[test]
    fn what_has_no_domain_keeps_its_name() {
        assert_eq!(told(&[("E3", ""), ("E3", ""), ("E3", "e3.com")]), ["E3", "E3", "E3"]);
    }
}
