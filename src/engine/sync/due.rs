//! The cheap look (sync-rules 2.6): the invoice list and what the store knows decide whether there is anything to do.
//!
//! It must not ask the target anything.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{
        AgreementId, ConnectionId, InvoiceId, TenantId, UsageMonth,
        invoice::Invoice,
        mapping::{Applied, Mapping, Skipped},
        outcome::Finding,
    },
    engine::{
        sync::{
            due::invoice_file::{InvoiceFile, invoice_file},
            equipment::Equipment,
            records::{InvoiceState, Retry, Watched, accepted_currencies, treated},
            writing::writer::Halt,
        },
        tables::{
            AGREEMENTS, CURSORS, HEADERS, INVOICES, MAPPINGS, RETRIES, SKIPPED, UNREACHED, WATCHED,
            of_connection, of_invoice, of_tenant, text_below_connection,
        },
    },
    planning::invoices::{
        Due, Known, MappingState, Request, Treated, Treatment, due, examine, is_void, month_before,
        settled,
    },
    store::{Batch, Store, StoreError},
};

pub(crate) mod asked_for;
pub(crate) mod held;
pub(crate) mod invoice_file;
pub(crate) mod left_out;
pub(crate) mod remarks;
pub(crate) mod unlisted;

/// On which agreement a tenant was seen stands for itself; what a commit replaces stays in memory until it is done.
const AGREEMENTS_A_COMMIT: usize = 500;

/// What the store knows before anything is read.
#[derive(Clone, Debug, Default)]
pub struct Stored {
    /// Mappings by tenant, switched on or not.
    pub mappings: BTreeMap<TenantId, Mapping>,
    /// What was applied, by tenant, in order of months.
    pub applied: BTreeMap<TenantId, Vec<Applied>>,
    /// What is never applied to a tenant, although it became due.
    pub skipped: BTreeMap<TenantId, Vec<InvoiceId>>,
    /// The agreement on which each tenant was last seen.
    pub agreements: BTreeMap<TenantId, AgreementId>,
    /// Invoices by id.
    pub invoices: BTreeMap<InvoiceId, InvoiceState>,
    /// Headers as the source listed them last, also those that it does not list any more.
    pub headers: Vec<Invoice>,
    /// The retry list, oldest month first.
    pub retries: Vec<Retry>,
    /// Customers that a run broke off before it reached.
    pub unreached: BTreeSet<TenantId>,
    /// Invoices that had no row when they were read a moment ago: nothing of it is kept.
    empty: BTreeSet<InvoiceId>,
    /// Invoices that could not be read a moment ago, with what is said of them.
    unreadable: BTreeMap<InvoiceId, Finding>,
    /// What the lines of invoices told that do not add up yet: they may tell otherwise when they do.
    passing: Known,
    /// Invoices whose lines were read a moment ago.
    fresh: BTreeSet<InvoiceId>,
    /// Applications of which a write was taken as lost.
    pub watched: Vec<Watched>,
}

/// Reads all of it.
pub(crate) async fn stored(equipment: &Equipment) -> Result<Stored, Halt> {
    Ok(stored_of(&equipment.store, &equipment.connection).await?)
}

/// The same, of a target by its name.
pub(crate) async fn stored_of(
    store: &Store,
    connection: &ConnectionId,
) -> Result<Stored, StoreError> {
    let prefix = || of_connection(connection);
    let mut stored = Stored::default();
    for (_, mapping) in store.scan(MAPPINGS, prefix()).await? {
        stored.mappings.insert(mapping.tenant.clone(), mapping);
    }
    for (key, applied) in store.scan(CURSORS, prefix()).await? {
        if let Some(tenant) = text_below_connection(&key) {
            stored.applied.entry(TenantId::new(tenant)).or_default().push(applied);
        }
    }
    for (key, Skipped { missed, .. }) in store.scan(SKIPPED, prefix()).await? {
        if let Some(tenant) = text_below_connection(&key) {
            stored.skipped.entry(TenantId::new(tenant)).or_default().push(missed.invoice);
        }
    }
    for (key, agreement) in store.scan(AGREEMENTS, prefix()).await? {
        if let Some(tenant) = text_below_connection(&key) {
            stored.agreements.insert(TenantId::new(tenant), agreement);
        }
    }
    for (key, state) in store.scan(INVOICES, prefix()).await? {
        if let Some(invoice) = text_below_connection(&key) {
            stored.invoices.insert(InvoiceId::new(invoice), state);
        }
    }
    let headers = store.scan(HEADERS, prefix()).await?;
    stored.headers = headers.into_iter().map(|(_, known)| known.header).collect();
    for (key, _) in store.scan(UNREACHED, prefix()).await? {
        stored.unreached.extend(text_below_connection(&key).map(TenantId::new));
    }
    let watched = store.scan(WATCHED, prefix()).await?;
    stored.watched = watched.into_iter().map(|(_, watched)| watched).collect();
    let retries = store.scan(RETRIES, prefix()).await?;
    stored.retries = retries.into_iter().map(|(_, retry)| retry).collect();
    stored.retries.sort_by_key(|retry| (retry.month, retry.contract));
    Ok(stored)
}

impl Stored {
    /// Mapped tenants with sync on.
    pub fn on(&self) -> impl Iterator<Item = &Mapping> {
        self.mappings.values().filter(|mapping| mapping.sync)
    }

    /// The usage month of an invoice, as far as its header or its lines told.
    #[must_use]
    pub fn month_of(&self, invoice: &Invoice) -> Option<UsageMonth> {
        let state = self.invoices.get(&invoice.id);
        let examined = state.and_then(|state| state.examined.as_ref());
        let told = examined.and_then(|examined| examined.month);
        invoice.usage_month.or(told).or_else(|| month_before(invoice))
    }

    /// What is known of lines that were read.
    #[must_use]
    pub fn known(&self) -> Known {
        let examined = self.invoices.values().filter_map(|state| state.examined.as_ref());
        let examined = examined.chain(self.passing.values());
        examined.map(|examined| (examined.invoice.clone(), examined.clone())).collect()
    }

    fn dismissed(&self) -> BTreeSet<InvoiceId> {
        let dismissed = self.invoices.iter().filter(|(_, state)| state.dismissed.is_some());
        dismissed.map(|(id, _)| id.clone()).collect()
    }

    /// What the operator said invoices are.
    #[must_use]
    pub fn treated(&self) -> BTreeMap<InvoiceId, Treated> {
        treated(&self.invoices)
    }

    /// What an invoice without a row is taken for: one that is held up.
    pub fn take_as_empty(&mut self, invoice: &InvoiceId) {
        self.empty.insert(invoice.clone());
    }

    /// That an invoice could not be read just now.
    pub fn take_as_unreadable(&mut self, invoice: &InvoiceId, finding: Finding) {
        self.unreadable.insert(invoice.clone(), finding);
    }

    /// What the headers come to in this month, as far as is known.
    #[must_use]
    pub fn due(
        &self,
        headers: &[Invoice],
        agreements: &BTreeSet<AgreementId>,
        this_month: UsageMonth,
    ) -> Due {
        let (none, nothing) = (Vec::new(), Vec::new());
        let state = |mapping: &'_ Mapping| mapping.tenant.clone();
        let tenants: Vec<TenantId> = self.on().map(state).collect();
        let mappings: Vec<MappingState<'_>> = tenants
            .iter()
            .map(|tenant| MappingState {
                tenant,
                agreement: self.agreements.get(tenant),
                first_month: self.mappings.get(tenant).and_then(|mapping| mapping.first_month),
                applied: self.applied.get(tenant).unwrap_or(&none),
                skipped: self.skipped.get(tenant).unwrap_or(&nothing),
            })
            .collect();
        due(&Request {
            headers,
            known: &self.known(),
            empty: &self.empty,
            unreadable: &self.unreadable,
            this_month,
            agreements,
            mappings: &mappings,
            dismissed: &self.dismissed(),
            treated: &self.treated(),
            remembered: &self.headers,
            currencies: &accepted_currencies(&self.invoices),
        })
    }
}

/// Numbers of the invoices that are to be applied to anybody: the cheap look, and nothing else.
pub(crate) async fn new_invoices(equipment: &Equipment) -> Result<BTreeSet<String>, Halt> {
    let mut stored = stored(equipment).await?;
    let listed = equipment.source.invoices().await?;
    let due = look(equipment, &mut stored, &listed.invoices).await?;
    let wanted = due.invoices.into_iter().filter(|due| !due.tenants.is_empty());
    Ok(wanted.map(|due| due.invoice.number).collect())
}

/// What is due, with unclear invoices examined. What depends on the lines of an invoice is looked at anew each time, for as
/// long as it matters: they may be others by now (sync-rules 2.5).
pub(crate) async fn look(
    equipment: &Equipment,
    stored: &mut Stored,
    headers: &[Invoice],
) -> Result<Due, Halt> {
    find_agreements(equipment, stored).await?;
    let agreements: BTreeSet<AgreementId> = equipment.agreements.iter().cloned().collect();
    let this_month = equipment.clock.today().month();
    loop {
        let due = stored.due(headers, &agreements, this_month);
        let unread = unread(stored, &due);
        if unread.is_empty() {
            return Ok(due);
        }
        for invoice in unread {
            read_anew(equipment, stored, &invoice).await?;
        }
    }
}

/// Invoices that are what they are only by their lines, and were not read yet.
fn unread(stored: &Stored, due: &Due) -> Vec<Invoice> {
    let (known, treated) = (stored.known(), stored.treated());
    // What its header says by itself needs no second reading: its lines are read when it is synced.
    let by_lines =
        |invoice: &&Invoice| invoice.kind_text.is_none() || treated.contains_key(&invoice.id);
    let told = due.invoices.iter().map(|due| &due.invoice).filter(by_lines);
    let undecided = due.undecided.iter().map(|one| &one.invoice);
    // A header without a sum does not show that the lines are others than those that were seen.
    let seen = due.excluded.iter().map(|(invoice, _)| invoice).filter(|invoice| {
        let examined = known.get(&invoice.id);
        let is_seen =
            |treated: &Treated| treated.treatment == Treatment::Excluded && treated.holds(examined);
        let told = treated.get(&invoice.id);
        told.is_some() && examined.is_none()
            || invoice.subtotal.is_none() && told.is_some_and(is_seen)
    });
    let all = due.unclear.iter().chain(told).chain(undecided).chain(seen);
    all.filter(|invoice| !stored.fresh.contains(&invoice.id)).cloned().collect()
}

async fn read_anew(
    equipment: &Equipment,
    stored: &mut Stored,
    invoice: &Invoice,
) -> Result<(), Halt> {
    let read = invoice_file(&*equipment.source, invoice).await?;
    stored.fresh.insert(invoice.id.clone());
    let lines = match read {
        InvoiceFile::Lines(lines) => lines,
        InvoiceFile::Unreadable(finding) => {
            stored.unreadable.insert(invoice.id.clone(), finding);
            return Ok(());
        }
    };
    let examined = examine(invoice, &lines);
    let state = stored.invoices.entry(invoice.id.clone()).or_default();
    if settled(invoice, &lines, state.accepted()).is_err() {
        // Not kept: they may tell otherwise once they add up.
        if lines.is_empty() {
            stored.empty.insert(invoice.id.clone());
        } else {
            stored.passing.insert(invoice.id.clone(), examined);
        }
        return Ok(());
    }
    if state.examined.as_ref() == Some(&examined) {
        return Ok(());
    }
    state.examined = Some(examined);
    let mut batch = Batch::new();
    batch.put(INVOICES, &of_invoice(&equipment.connection, &invoice.id), state);
    Ok(equipment.store.commit(batch).await?)
}

/// Of several agreements, on which of them each customer is now. It is asked at every look: an invoice of another agreement has
/// no line of him and would count as applied to him, and who moved would be looked for on those of the agreement that he left.
/// Whoever is on more than one stays where he was seen first: by an invoice of either, what the other bills would end.
async fn find_agreements(equipment: &Equipment, stored: &mut Stored) -> Result<(), Halt> {
    if !equipment.has_several_agreements() {
        return Ok(());
    }
    let mut on: BTreeMap<TenantId, Vec<&AgreementId>> = BTreeMap::new();
    for agreement in &equipment.agreements {
        let tenants = equipment.source.tenants_alone(agreement).await?;
        for tenant in tenants.into_iter().filter(|tenant| tenant.fault.is_none()) {
            on.entry(tenant.id).or_default().push(agreement);
        }
    }
    let stays = |tenant: &TenantId, of: &[&AgreementId]| {
        stored.agreements.get(tenant).is_some_and(|known| of.contains(&known))
    };
    let seen = on.into_iter().filter(|(tenant, of)| !stays(tenant, of));
    let seen = seen.filter_map(|(tenant, of)| Some((tenant, (*of.first()?).clone()))).collect();
    keep_agreements(equipment, seen, stored).await
}

/// Keeps the agreement on which tenants were seen.
pub(crate) async fn keep_agreements(
    equipment: &Equipment,
    seen: BTreeMap<TenantId, AgreementId>,
    stored: &mut Stored,
) -> Result<(), Halt> {
    let is_new = |(tenant, agreement): &(TenantId, AgreementId)| {
        stored.agreements.get(tenant) != Some(agreement)
    };
    let new: Vec<_> = seen.into_iter().filter(is_new).collect();
    for some in new.chunks(AGREEMENTS_A_COMMIT) {
        let mut batch = Batch::new();
        for (tenant, agreement) in some {
            batch.put(AGREEMENTS, &of_tenant(&equipment.connection, tenant), agreement);
        }
        equipment.store.commit(batch).await?;
    }
    stored.agreements.extend(new);
    Ok(())
}

/// The header by which an invoice can be worked on: one that was taken back is as good as gone.
pub(crate) fn listed<'a>(headers: &'a [Invoice], id: &InvoiceId) -> Option<&'a Invoice> {
    headers.iter().find(|header| header.id == *id && !is_void(header))
}
