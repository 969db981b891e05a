//! Which invoices go to which contracts in this run, oldest first: retries, what is due, or what was applied last.
//!
//! Pure: it must not read anything.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{
        ContractId, InvoiceId, TenantId, UsageMonth,
        invoice::Invoice,
        mapping::{Applied, Mapping},
    },
    engine::{
        protocol::SyncRequest,
        sync::{
            due::{Stored, unlisted::header},
            records::{Left, Retry},
        },
    },
    planning::{
        invoices::{Due, DueInvoice},
        triage::{MappedTenant, Standing},
    },
};

/// One invoice to work through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its header.
    pub invoice: Invoice,
    /// Its usage month.
    pub month: UsageMonth,
    /// Whether its header says that it is standard.
    pub typed: bool,
    /// The tenants for which it is due.
    pub due: BTreeSet<TenantId>,
    /// Entries of the retry list, by contract.
    pub retries: BTreeMap<ContractId, Vec<Retry>>,
    /// Contracts on which it is planned once more.
    pub again: BTreeSet<ContractId>,
    /// Whether the operator asked for that.
    pub recheck: bool,
    /// The customer that left its contract, where it stands for that instead of for an invoice.
    pub left: Option<Left>,
}

impl Item {
    /// With nothing to do yet.
    #[must_use]
    pub fn new(invoice: Invoice, month: UsageMonth, typed: bool) -> Self {
        let (due, retries, again) = (BTreeSet::new(), BTreeMap::new(), BTreeSet::new());
        Self { invoice, month, typed, due, retries, again, recheck: false, left: None }
    }

    /// Whom it is due for, or has something to be tried again.
    #[must_use]
    pub fn tenants(&self) -> Vec<TenantId> {
        let retried = self.retries.values().flatten().flat_map(|retry| &retry.tenants);
        let all: BTreeSet<&TenantId> = self.due.iter().chain(retried).collect();
        all.into_iter().cloned().collect()
    }

    /// Where each mapping stands with this invoice.
    #[must_use]
    pub fn standings<'a>(&self, stored: &'a Stored) -> Vec<MappedTenant<'a>> {
        let standing = |mapping: &Mapping| {
            let applied = stored.applied.get(&mapping.tenant);
            let skipped = stored.skipped.get(&mapping.tenant);
            let is_this = |applied: &Applied| applied.invoice == self.invoice.id;
            let is_another = |applied: &Applied| {
                applied.month == self.month && applied.contract == mapping.contract
            };
            if self.due.contains(&mapping.tenant) {
                Standing::Due
            } else if applied.is_some_and(|applied| applied.iter().any(is_this)) {
                Standing::Applied
            } else if applied.is_some_and(|applied| applied.iter().any(&is_another)) {
                Standing::Elsewhere
            } else if skipped.is_some_and(|skipped| skipped.contains(&self.invoice.id)) {
                Standing::Skipped
            } else {
                Standing::OutOfScope
            }
        };
        let mappings = stored.mappings.values();
        mappings.map(|mapping| MappedTenant { mapping, standing: standing(mapping) }).collect()
    }

    /// The contracts to plan now.
    #[must_use]
    pub fn contracts(&self, mapped: &[MappedTenant<'_>], wanted: &Wanted) -> BTreeSet<ContractId> {
        let due = mapped.iter().filter(|mapped| {
            mapped.mapping.sync && mapped.standing == Standing::Due && wanted.due(mapped.mapping)
        });
        let due = due.map(|mapped| mapped.mapping.contract);
        due.chain(self.retries.keys().copied()).chain(self.again.iter().copied()).collect()
    }

    /// Lines that are on the retry list and not planned now.
    #[must_use]
    pub fn failed_lines(&self, stored: &Stored) -> BTreeSet<u32> {
        let of_this = stored.retries.iter().filter(|retry| retry.invoice == self.invoice.id);
        of_this.flat_map(|retry| retry.lines.iter().copied()).collect()
    }
}

/// Which customers were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Only the contracts of the tenants that were named; all where none was.
    pub contracts: Option<BTreeSet<ContractId>>,
    /// Of what is due, only customers that an earlier run did not reach.
    pub only_unreached: Option<BTreeSet<TenantId>>,
}

impl Wanted {
    /// From the request; its tenants are resolved to ids already, or are domains of mapped tenants.
    #[must_use]
    pub fn new(request: &SyncRequest, stored: &Stored) -> Self {
        let named = |mapping: &&Mapping| {
            request.tenants.iter().any(|text| {
                mapping.tenant == TenantId::new(text) || mapping.domain.eq_ignore_ascii_case(text)
            })
        };
        let asked = stored.mappings.values().filter(named).map(|mapping| mapping.contract);
        Self {
            contracts: (!request.tenants.is_empty()).then(|| asked.collect()),
            only_unreached: request.retry_failed.then(|| stored.unreached.clone()),
        }
    }

    /// Whether a contract belongs to it.
    #[must_use]
    pub fn contract(&self, contract: ContractId) -> bool {
        self.contracts.as_ref().is_none_or(|contracts| contracts.contains(&contract))
    }

    /// Whether an invoice that is due for this customer is to be applied.
    #[must_use]
    pub fn due(&self, mapping: &Mapping) -> bool {
        let reached = self.only_unreached.as_ref();
        self.contract(mapping.contract)
            && reached.is_none_or(|unreached| unreached.contains(&mapping.tenant))
    }
}

/// All invoices to work through, oldest first.
#[must_use]
pub fn agenda(
    stored: &Stored,
    headers: &[Invoice],
    due: &Due,
    request: &SyncRequest,
    wanted: &Wanted,
) -> Vec<Item> {
    let mut items: BTreeMap<(UsageMonth, InvoiceId), Item> = BTreeMap::new();
    let mut item = |id: &InvoiceId, month: UsageMonth, change: &mut dyn FnMut(&mut Item)| {
        if let Some(invoice) = header(headers, id) {
            let typed = invoice.kind_text.is_some();
            let known = items.entry((month, id.clone()));
            change(known.or_insert_with(|| Item::new(invoice.clone(), month, typed)));
        }
    };
    if request.recheck {
        for (month, id, contract) in last_applied(stored, wanted) {
            item(&id, month, &mut |item| {
                item.again.insert(contract);
                item.recheck = true;
            });
        }
        return items.into_values().collect();
    }
    // What is on a contract that nobody is mapped to any more waits until somebody is, or it is dismissed.
    let on: BTreeSet<ContractId> = stored.on().map(|mapping| mapping.contract).collect();
    let listed = stored.retries.iter().filter(|retry| on.contains(&retry.contract));
    for retry in listed.filter(|retry| wanted.contract(retry.contract)) {
        item(&retry.invoice, retry.month, &mut |item| {
            item.retries.entry(retry.contract).or_default().push(retry.clone());
        });
    }
    let on = |contract| stored.on().any(|mapping| mapping.contract == contract);
    let watched = stored.watched.iter().filter(|watched| wanted.contract(watched.contract));
    for watched in watched.filter(|watched| on(watched.contract)) {
        item(&watched.invoice, watched.month, &mut |item| {
            item.again.insert(watched.contract);
        });
    }
    for invoice in &due.invoices {
        let tenants = wanted_tenants(invoice, stored, wanted);
        if tenants.is_empty() {
            continue;
        }
        item(&invoice.invoice.id, invoice.month, &mut |item| {
            item.due.extend(invoice.tenants.iter().cloned());
            item.typed = invoice.typed;
        });
    }
    items.into_values().collect()
}

fn wanted_tenants<'a>(due: &'a DueInvoice, stored: &Stored, wanted: &Wanted) -> Vec<&'a TenantId> {
    let is_wanted =
        |tenant: &&TenantId| stored.mappings.get(*tenant).is_some_and(|known| wanted.due(known));
    due.tenants.iter().filter(is_wanted).collect()
}

/// The newest invoice applied to each contract on which sync is on.
#[must_use]
pub fn last_applied(stored: &Stored, wanted: &Wanted) -> Vec<(UsageMonth, InvoiceId, ContractId)> {
    let mut last: BTreeMap<ContractId, (UsageMonth, InvoiceId)> = BTreeMap::new();
    for mapping in stored.on().filter(|mapping| wanted.contract(mapping.contract)) {
        let applied = stored.applied.get(&mapping.tenant).into_iter().flatten();
        let here = applied.filter(|applied| applied.contract == mapping.contract);
        let Some(newest) = here.max_by_key(|applied| applied.month) else { continue };
        let known =
            last.entry(mapping.contract).or_insert_with(|| (newest.month, newest.invoice.clone()));
        if newest.month > known.0 {
            *known = (newest.month, newest.invoice.clone());
        }
    }
    last.into_iter().map(|(contract, (month, invoice))| (month, invoice, contract)).collect()
}
