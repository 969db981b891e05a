//! Which invoices are held up, come too late or are to be decided, and which the source lists no more: remembered, so that
//! the operator can look them up and decide while no run is on (sync-rules 2.3–2.5, 2.7).
//!
//! It must not decide what is due: [`crate::planning::invoices`] does.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{
        Code, InvoiceId, Money, RunId, TenantId, UsageMonth, code::InvoiceTrouble,
        invoice::Invoice, outcome::Finding,
    },
    engine::{
        sync::{
            due::Stored,
            equipment::Equipment,
            records::{Hold, InvoiceState, KnownInvoice},
            writing::writer::Halt,
        },
        tables::{HEADERS, INVOICES, of_connection, of_invoice},
    },
    planning::invoices::Due,
    store::Batch,
};

/// One invoice and what there is to remember of it.
struct HeldInvoice {
    number: String,
    month: UsageMonth,
    finding: Finding,
    amount: Money,
    tenants: Vec<TenantId>,
}

/// Remembers which invoices are held up by themselves, come too late or are to be decided, and forgets it of those that are so
/// no longer.
pub(crate) async fn remember_held(
    equipment: &Equipment,
    stored: &mut Stored,
    due: &Due,
    run: RunId,
) -> Result<(), Halt> {
    let now = told(stored, due);
    // Whether its file can be read now is seen when that is read, if it ever is.
    let is_read = |id: &InvoiceId| due.invoices.iter().any(|due| due.invoice.id == *id);
    let is_by_list = |id: &InvoiceId, state: &InvoiceState| {
        let Some((_, _, finding)) = &state.held else { return false };
        let by_list = finding.code.invoice_trouble().is_some_and(InvoiceTrouble::is_by_list);
        by_list || finding.code == Code::UnreadableInvoice && !is_read(id)
    };
    let before = stored.invoices.iter().filter(|(id, state)| is_by_list(id, state));
    let ids: BTreeSet<InvoiceId> =
        before.map(|(id, _)| id.clone()).chain(now.keys().cloned()).collect();
    let mut batch = Batch::new();
    for id in ids {
        let state = stored.invoices.entry(id.clone()).or_default();
        // What was dismissed keeps its name.
        if state.dismissed.is_some() {
            continue;
        }
        let old = (state.held.clone(), state.hold.clone());
        if let Some(told) = now.get(&id) {
            hold(state, told, run);
        } else {
            (state.held, state.hold) = (None, None);
        }
        if old != (state.held.clone(), state.hold.clone()) {
            batch.put(INVOICES, &of_invoice(&equipment.connection, &id), state);
        }
    }
    Ok(equipment.store.commit(batch).await?)
}

fn told(stored: &Stored, due: &Due) -> BTreeMap<InvoiceId, HeldInvoice> {
    let mut now: BTreeMap<InvoiceId, HeldInvoice> = BTreeMap::new();
    let mut tell = |invoice: &Invoice, month, finding: &Finding, tenants: &[TenantId]| {
        let amount = stored.amount_of(invoice).unwrap_or_default();
        let (number, finding) = (invoice.number.clone(), finding.clone());
        let told = HeldInvoice { number, month, finding, amount, tenants: Vec::new() };
        let known = now.entry(invoice.id.clone()).or_insert(told);
        known.tenants.extend_from_slice(tenants);
    };
    for held in due.held.iter().filter(|held| held.finding.code != Code::Waits) {
        tell(&held.invoice, held.month, &held.finding, &held.tenants);
    }
    for late in &due.refused {
        tell(&late.invoice, late.month, &late.finding, std::slice::from_ref(&late.tenant));
    }
    for one in &due.undecided {
        tell(&one.invoice, one.month, &one.finding, &one.tenants);
    }
    now
}

/// The run in which the same was found first stays.
fn hold(state: &mut InvoiceState, told: &HeldInvoice, run: RunId) {
    let code = |held: &(String, UsageMonth, Finding)| held.2.code == told.finding.code;
    let known = state.hold.as_ref().filter(|_| state.held.as_ref().is_some_and(code));
    let since = known.map_or(run, |hold| hold.since);
    state.held = Some((told.number.clone(), told.month, told.finding.clone()));
    state.hold =
        Some(Hold { since, amount: told.amount, difference: None, tenants: told.tenants.clone() });
}

/// An invoice that does not add up, as it was found when its lines were read.
#[derive(Clone, Debug)]
pub(crate) struct Unsettled<'a> {
    /// The invoice.
    pub invoice: &'a Invoice,
    /// Its usage month.
    pub month: UsageMonth,
    /// What its lines sum to.
    pub sum: Money,
    /// What its header says beyond them.
    pub difference: Option<Money>,
    /// Whom it would be due for.
    pub tenants: Vec<TenantId>,
    /// What is said of it.
    pub finding: Finding,
}

impl Unsettled<'_> {
    /// Puts it down.
    pub(crate) fn put(self, state: &mut InvoiceState, run: RunId) {
        let number = self.invoice.number.clone();
        let amount = self.invoice.subtotal.unwrap_or(self.sum);
        let Self { month, finding, tenants, .. } = self;
        hold(state, &HeldInvoice { number, month, finding, amount, tenants }, run);
        if let Some(hold) = &mut state.hold {
            hold.difference = self.difference;
        }
    }
}

impl Stored {
    /// What an invoice amounts to, as far as its header or its lines told.
    #[must_use]
    pub fn amount_of(&self, invoice: &Invoice) -> Option<Money> {
        let known = self.known();
        let evidence = known.get(&invoice.id).and_then(|examined| examined.evidence.as_ref());
        invoice.subtotal.or_else(|| evidence.map(|seen| seen.sum))
    }
}

/// Remembers the headers, so that what is not listed any more still has a name.
pub(crate) async fn keep_headers(equipment: &Equipment, headers: &[Invoice]) -> Result<(), Halt> {
    let prefix = of_connection(&equipment.connection);
    let before = equipment.store.scan(HEADERS, prefix).await?;
    let before: BTreeMap<InvoiceId, KnownInvoice> =
        before.into_iter().map(|(_, known)| (known.header.id.clone(), known)).collect();
    let mut batch = Batch::new();
    let mut put = |known: &KnownInvoice| {
        let key = of_invoice(&equipment.connection, &known.header.id);
        batch.put(HEADERS, &key, known);
    };
    let mut listed = BTreeSet::new();
    for header in headers {
        listed.insert(&header.id);
        let known = KnownInvoice { header: header.clone(), listed: true };
        if before.get(&header.id) != Some(&known) {
            put(&known);
        }
    }
    let gone = before.values().filter(|known| known.listed && !listed.contains(&known.header.id));
    for known in gone {
        put(&KnownInvoice { listed: false, ..known.clone() });
    }
    Ok(equipment.store.commit(batch).await?)
}
