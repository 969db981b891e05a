//! Which contract of a suggested company is meant, with what speaks for it. It must not choose where several could be meant.

use std::collections::BTreeSet;

use crate::domain::{ContractId, CustomerId, UsageMonth, target::Contract};

use super::names;

/// The contract of a suggested company, if one can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractMatch {
    /// That contract.
    pub contract: Option<Contract>,
    /// Of how many that can work one is to be chosen.
    pub choices: usize,
    /// What speaks for it, in words.
    pub reason: Option<String>,
    /// The pair of company and contract scores no more than this.
    pub most: u8,
    /// Why it cannot simply be accepted, if so.
    pub caveat: Option<String>,
    /// That nothing speaks for it but that there is no other, in words, if so: it may be one for something else.
    pub doubt: Option<String>,
}

/// From here on a pair is as good as certain: nothing below is to be accepted unseen.
const CERTAIN: u8 = 85;
/// At most this where a contract is only what is left.
const ONLY: u8 = 97;
/// At most this where others fall away by their days alone.
const BY_DAYS: u8 = 90;

/// Words in the name of a contract that is there for what a distributor bills.
const TELLING: [&str; 12] = [
    "azure",
    "cloud",
    "csp",
    "licence",
    "licences",
    "license",
    "licenses",
    "licensing",
    "m365",
    "microsoft",
    "o365",
    "office",
];

/// What is known beside the contracts themselves.
#[derive(Clone, Copy, Debug)]
pub struct ContractRequest<'a> {
    /// The customer of PRISM that is to be linked.
    pub customer: &'a CustomerId,
    /// Whose tenants are linked to which contract.
    pub linked: &'a BTreeSet<(&'a CustomerId, ContractId)>,
    /// The month that a link made now would begin with.
    pub month: Option<UsageMonth>,
}

impl ContractRequest<'_> {
    /// The contract that can be meant, of those that can work today, or why none can be told.
    pub fn choose(&self, fit: &[&Contract]) -> ContractMatch {
        let month = self.month;
        let misses = |contract: &Contract| month.and_then(|month| contract.misses(month));
        let reach: Vec<&Contract> =
            fit.iter().filter(|one| misses(one).is_none()).copied().collect();
        let covers = |one: &&&Contract| month.is_none_or(|month| one.covers(month));
        let whole: Vec<&Contract> = reach.iter().filter(covers).copied().collect();
        let found = match (whole.as_slice(), reach.as_slice(), fit) {
            ([only], ..) | ([], [only], _) => self.chosen(only, fit.len()),
            (_, [], []) => none("it has no contract that can carry services".to_owned()),
            (_, [], [only]) => ContractMatch {
                contract: Some((*only).clone()),
                ..none(format!("its contract {}", misses(only).unwrap_or_default()))
            },
            (_, [], several) => {
                let first = several.iter().find_map(|one| misses(one)).unwrap_or_default();
                none(format!("none of its {} contracts fits: one {first}", several.len()))
            }
            (_, several, _) => none(format!("it has {} contracts to choose from", several.len())),
        };
        ContractMatch { choices: fit.len(), ..found }
    }

    fn chosen(&self, contract: &Contract, of: usize) -> ContractMatch {
        let only = if of == 1 {
            "the only one".to_owned()
        } else {
            let month = self.month.map_or_else(String::new, |month| format!(" in {month}"));
            format!("of {of} the only one that runs{month}")
        };
        let named = telling_word(&contract.name).map(|word| format!("its name says “{word}”"));
        let linked = self.linked.contains(&(self.customer, contract.id));
        let linked = linked.then(|| "another tenant of this customer is linked to it".to_owned());
        let more: Vec<String> = linked.into_iter().chain(named).collect();
        let most = match (more.is_empty(), of) {
            (false, _) => 100,
            (true, 1) => ONLY,
            (true, _) => BY_DAYS,
        };
        let doubt = more
            .is_empty()
            .then(|| format!("nothing but that there is no other speaks for “{}”", contract.name));
        let more =
            if more.is_empty() { "nothing else speaks for it".to_owned() } else { more.join(", ") };
        let reason = Some(format!("“{}”: {only}, {more}", contract.name));
        let contract = Some(contract.clone());
        ContractMatch { contract, choices: of, reason, most, caveat: None, doubt }
    }
}

/// Nothing speaks for any: somebody must look.
fn none(caveat: String) -> ContractMatch {
    let (contract, reason) = (None, None);
    let (most, caveat) = (CERTAIN - 1, Some(caveat));
    ContractMatch { contract, choices: 0, reason, most, caveat, doubt: None }
}

/// The first word of a name that tells, as it is written there.
fn telling_word(name: &str) -> Option<&str> {
    let words = name.split(|letter: char| !letter.is_alphanumeric());
    words.into_iter().find(|word| TELLING.contains(&names::folded(word).as_str()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::domain::{Day, sample};

    fn day(text: &str) -> Day {
        text.parse().expect("a day")
    }

    fn contract(id: i64, name: &str, start: &str) -> Contract {
        let (id, name, start) = (ContractId(id), name.to_owned(), day(start));
        Contract { id, name, start, ..sample::contract() }
    }

    fn chosen(contracts: &[Contract], linked: &[i64]) -> ContractMatch {
        let customer = CustomerId::new("c");
        let linked = linked.iter().map(|id| (&customer, ContractId(*id))).collect();
        let month = "2026-09".parse().ok();
        let request = ContractRequest { customer: &customer, linked: &linked, month };
        request.choose(&contracts.iter().collect::<Vec<_>>())
    }

    #[rstest]
    #[case::its_name("Cloud 2026", &[], 100, "“Cloud 2026”: the only one, its name says “Cloud”")]
    #[case::nothing("Support", &[], 97, "“Support”: the only one, nothing else speaks for it")]
    #[case::a_neighbour("Support", &[1], 100, "“Support”: the only one, another tenant of this customer is linked to it")]
    fn what_speaks_for_the_only_contract_is_told(
        #[case] name: &str,
        #[case] linked: &[i64],
        #[case] most: u8,
        #[case] reason: &str,
    ) {
        let found = chosen(&[contract(1, name, "2026-01-01")], linked);
        assert_eq!((found.most, found.reason.as_deref()), (most, Some(reason)));
        assert_eq!(found.caveat, None);
        assert_eq!(found.doubt.is_some(), reason.contains("nothing else"), "{:?}", found.doubt);
    }

    #[test]
    fn of_several_the_one_that_runs_is_less_certain() {
        let found = chosen(
            &[contract(1, "Support", "2026-01-01"), contract(2, "Later", "2026-10-01")],
            &[],
        );
        assert_eq!((found.most, found.contract.map(|one| one.id)), (90, Some(ContractId(1))));
        let reason =
            "“Support”: of 2 the only one that runs in 2026-09, nothing else speaks for it";
        assert_eq!(found.reason.as_deref(), Some(reason));
    }

    #[test]
    fn of_several_that_could_be_meant_none_is_certain() {
        let found = chosen(
            &[contract(1, "Support", "2026-01-01"), contract(2, "Other", "2026-01-01")],
            &[],
        );
        assert_eq!((found.most, found.contract), (84, None));
        assert_eq!(found.caveat.as_deref(), Some("it has 2 contracts to choose from"));
    }
}
