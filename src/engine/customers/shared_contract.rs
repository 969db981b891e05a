//! Mappings on one contract share strategy, start and switch (sync-rules 4). Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{
        Code, ContractId, TenantId,
        mapping::{Mapping, PricingStrategy, Start},
    },
    engine::{customers::mapped::Mapped, protocol::Refusal, refusals::failed},
};

/// Refuses where one of the changed mappings would differ from another one on its contract, naming the other.
pub(crate) fn agree(changed: &BTreeSet<TenantId>, mapped: &Mapped) -> Result<(), Refusal> {
    differing(changed, mapped).next().map_or(Ok(()), |(_, refusal)| Err(refusal))
}

/// The changed mappings that would differ from another one on their contract, each with what is to be said of it. A
/// contract is looked through once, however many of its mappings changed.
pub(crate) fn differing<'a>(
    changed: &'a BTreeSet<TenantId>,
    mapped: &'a Mapped,
) -> impl Iterator<Item = (&'a TenantId, Refusal)> {
    let mut contracts: BTreeMap<ContractId, Neighbours<'a>> = BTreeMap::new();
    changed.iter().filter_map(move |tenant| {
        let mapping = mapped.get(tenant)?;
        let on_it = || Neighbours::of(mapped.on(mapping.contract));
        let neighbours = contracts.entry(mapping.contract).or_insert_with(on_it);
        let (other, how) = neighbours.unlike(mapping)?;
        Some((tenant, refusal(mapping, other, &how)))
    })
}

/// What mappings on one contract must be held against: the first of them, and the first one that is not like it.
struct Neighbours<'a> {
    first: Option<&'a Mapping>,
    unlike: Option<&'a Mapping>,
}

impl<'a> Neighbours<'a> {
    fn of(mut on_it: impl Iterator<Item = &'a Mapping>) -> Self {
        let first = on_it.next();
        let unlike = first.and_then(|first| on_it.find(|other| difference(first, other).is_some()));
        Self { first, unlike }
    }

    /// The first mapping that differs from this one, and how.
    fn unlike(&self, mapping: &Mapping) -> Option<(&'a Mapping, String)> {
        [self.first, self.unlike]
            .into_iter()
            .flatten()
            .find_map(|other| Some((other, difference(mapping, other)?)))
    }
}

/// Another mapping on a mapping's contract.
pub(crate) fn neighbour<'a>(mapping: &Mapping, mapped: &'a Mapped) -> Option<&'a Mapping> {
    mapped.on(mapping.contract).find(|other| other.tenant != mapping.tenant)
}

fn difference(one: &Mapping, other: &Mapping) -> Option<String> {
    #[cfg(test)]
    tests::COMPARED.with(|count| count.set(count.get() + 1));
    if one.sync != other.sync {
        return Some(format!("sync {}, not {}", switch(other.sync), switch(one.sync)));
    }
    if one.pricing != other.pricing {
        let (theirs, ours) = (pricing(other.pricing), pricing(one.pricing));
        return Some(format!("pricing {theirs}, not {ours}"));
    }
    if one.start != other.start {
        return Some(format!("invoices from {}, not {}", start(other.start), start(one.start)));
    }
    None
}

fn refusal(one: &Mapping, other: &Mapping, how: &str) -> Refusal {
    failed(
        Code::SharedContract,
        format!(
            "“{}” is linked to “{}”, which “{}” would share, and has {how}.",
            other.domain, one.contract_name, one.domain
        ),
        "Nothing was changed. Tenants on one contract share switch, start and pricing: \
         give both the same, or change them together.",
    )
}

/// The word for a switch, as commands and files write it.
pub(crate) fn switch(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// The word for a strategy, as commands and files write it.
pub(crate) fn pricing(strategy: PricingStrategy) -> &'static str {
    match strategy {
        PricingStrategy::CostAndRetail => "cost-and-retail",
        PricingStrategy::CostOnly => "cost-only",
        PricingStrategy::QuantitiesOnly => "quantities-only",
    }
}

/// The word for a start, as commands and files write it.
pub(crate) fn start(start: Start) -> &'static str {
    match start {
        Start::MostRecent => "most-recent",
        Start::Next => "next",
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::domain::CompanyId;

    thread_local! {
        /// How often two mappings were held against each other.
        pub(super) static COMPARED: Cell<usize> = const { Cell::new(0) };
    }

    fn mapping(number: usize, contract: i64, sync: bool) -> Mapping {
        Mapping {
            tenant: TenantId::new(format!("tenant-{number:05}")),
            domain: format!("{number}.example"),
            customer: "1".into(),
            customer_name: "One".to_owned(),
            company: CompanyId(1),
            company_name: "One".to_owned(),
            contract: ContractId(contract),
            contract_name: "Cloud".to_owned(),
            sync,
            start: Start::default(),
            first_month: None,
            begun: false,
            pricing: PricingStrategy::default(),
            note: String::new(),
            changed_at: chrono::DateTime::UNIX_EPOCH,
        }
    }

    fn tenants(mappings: &[Mapping]) -> BTreeSet<TenantId> {
        mappings.iter().map(|mapping| mapping.tenant.clone()).collect()
    }

    #[test]
    fn a_file_is_judged_in_a_few_comparisons_a_row_however_its_rows_share_contracts() {
        for contracts in [1, 40, 4000] {
            let ids = (0..contracts).cycle();
            let all: Vec<_> =
                (0..4000).zip(ids).map(|(number, id)| mapping(number, id, true)).collect();
            let mapped: Mapped = all.iter().cloned().collect();
            COMPARED.set(0);
            assert_eq!(differing(&tenants(&all), &mapped).count(), 0);
            assert!(COMPARED.get() <= 3 * all.len(), "{} on {contracts}", COMPARED.get());
        }
    }

    #[test]
    fn each_is_told_the_first_that_differs_from_it() {
        let switches = [true, true, false, true, false];
        let all: Vec<_> =
            switches.iter().zip(0..).map(|(on, number)| mapping(number, 7, *on)).collect();
        let mapped: Mapped = all.iter().cloned().chain([mapping(9, 8, false)]).collect();
        let changed = tenants(&all);
        let told: Vec<_> = differing(&changed, &mapped).collect();
        let pairwise = all.iter().map(|one| {
            let other = all.iter().find(|other| other.sync != one.sync).expect("another");
            (&one.tenant, format!("“{}” is linked", other.domain))
        });
        assert_eq!(told.len(), all.len());
        for ((tenant, refusal), (of, begins)) in told.iter().zip(pairwise) {
            assert_eq!(*tenant, of);
            assert!(refusal.finding.text.starts_with(&begins), "{refusal} for {of}");
        }
    }

    #[test]
    fn who_moves_to_another_contract_is_no_neighbour_on_the_former_one() {
        let mut mapped: Mapped = [mapping(1, 7, true), mapping(2, 7, true)].into_iter().collect();
        mapped.insert(mapping(2, 8, false));
        assert_eq!(neighbour(&mapping(1, 7, true), &mapped), None);
        assert_eq!(mapped.on(ContractId(8)).count(), 1);
    }
}
