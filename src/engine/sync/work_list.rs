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
            due::{
                Stored,
                asked_for::{AskedFor, last_applied},
                listed,
            },
            records::{Left, Retry},
        },
    },
    planning::{
        invoices::{Due, DueInvoice},
        triage::{MappedTenant, Standing},
    },
};

pub(crate) mod leavings;

/// One invoice to work through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkItem {
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

impl WorkItem {
    /// With nothing to do yet.
    #[must_use]
    pub fn new(invoice: Invoice, month: UsageMonth, typed: bool) -> Self {
        let (due, retries, again) = (BTreeSet::new(), BTreeMap::new(), BTreeSet::new());
        Self { invoice, month, typed, due, retries, again, recheck: false, left: None }
    }

    /// Whether it waits behind another invoice, and there is nothing else to do with it.
    pub(crate) fn is_held(&self, due: &Due) -> bool {
        let held = due.held.iter().any(|held| held.invoice.id == self.invoice.id);
        held && self.retries.is_empty() && self.again.is_empty()
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
    pub fn contracts(&self, mapped: &[MappedTenant<'_>], asked: &AskedFor) -> BTreeSet<ContractId> {
        let due = mapped.iter().filter(|mapped| {
            mapped.mapping.sync && mapped.standing == Standing::Due && asked.due(mapped.mapping)
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

/// All invoices to work through, oldest first.
pub(crate) fn agenda(
    stored: &Stored,
    headers: &[Invoice],
    due: &Due,
    request: &SyncRequest,
    asked: &AskedFor,
) -> Vec<WorkItem> {
    let mut items: BTreeMap<(UsageMonth, InvoiceId), WorkItem> = BTreeMap::new();
    let mut item = |id: &InvoiceId, month: UsageMonth, change: &mut dyn FnMut(&mut WorkItem)| {
        if let Some(invoice) = listed(headers, id) {
            let typed = invoice.kind_text.is_some();
            let known = items.entry((month, id.clone()));
            change(known.or_insert_with(|| WorkItem::new(invoice.clone(), month, typed)));
        }
    };
    if request.recheck {
        for (month, id, contract) in last_applied(stored, asked) {
            item(&id, month, &mut |item| {
                item.again.insert(contract);
                item.recheck = true;
            });
        }
        return items.into_values().collect();
    }
    // What is on a contract that nobody is mapped to any more waits until somebody is, or it is dismissed.
    let on: BTreeSet<ContractId> = stored.on().map(|mapping| mapping.contract).collect();
    let retries = stored.retries.iter().filter(|retry| on.contains(&retry.contract));
    for retry in retries.filter(|retry| asked.contract(retry.contract)) {
        item(&retry.invoice, retry.month, &mut |item| {
            item.retries.entry(retry.contract).or_default().push(retry.clone());
        });
    }
    let on = |contract| stored.on().any(|mapping| mapping.contract == contract);
    let watched = stored.watched.iter().filter(|watched| asked.contract(watched.contract));
    for watched in watched.filter(|watched| on(watched.contract)) {
        item(&watched.invoice, watched.month, &mut |item| {
            item.again.insert(watched.contract);
        });
    }
    for invoice in &due.invoices {
        let tenants = asked_tenants(invoice, stored, asked);
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

fn asked_tenants<'a>(due: &'a DueInvoice, stored: &Stored, asked: &AskedFor) -> Vec<&'a TenantId> {
    let is_asked =
        |tenant: &&TenantId| stored.mappings.get(*tenant).is_some_and(|known| asked.due(known));
    due.tenants.iter().filter(is_asked).collect()
}
