//! What invoices bill customers of whom nothing is written, by the links of today: whoever was linked, unlinked or switched
//! since a run came to an invoice is counted where it stands now.
//!
//! It must not tell what became of lines that are on contracts: the runs did.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{
        Currency, InvoiceId, Money, TenantId, UsageMonth, mapping::Mapping, outcome::Disposition,
        run::Ledger,
    },
    engine::{
        context::Context,
        customers::book::Book,
        invoices::progress,
        protocol::Refusal,
        sync::records::{InvoiceState, Unsynced, UnsyncedCustomer},
        tables::{
            CURSORS, HELD, INVOICES, MISSED, SKIPPED, UNREACHED, UNSYNCED, of_connection,
            of_invoice, of_tenant, of_tenant_invoice, of_tenant_month,
        },
    },
};

impl Unsynced {
    /// A ledger of the same run with every one of them where it stands now; what it sums to stays.
    pub(crate) fn lay_over(&self, ledger: &mut Ledger, book: &Book) {
        for one in &self.customers {
            let now = one.stands(book);
            if one.place == now {
                continue;
            }
            if let Some(part) = part(ledger, &one.place) {
                *part = *part - one.amount;
            }
            if let Some(part) = part(ledger, &now) {
                *part += one.amount;
            }
        }
    }
}

impl UnsyncedCustomer {
    /// Where its lines are counted by the links of today.
    pub(crate) fn stands(&self, book: &Book) -> Disposition {
        match &self.tenant {
            Some(tenant) => by_link(book.mappings.get(tenant)),
            None => self.place.clone(),
        }
    }
}

/// Where lines that nothing was written of are counted, by how their customer is linked.
pub(crate) fn by_link(mapping: Option<&Mapping>) -> Disposition {
    match mapping {
        None => Disposition::Unmapped,
        Some(mapping) if mapping.sync => Disposition::NotInScope,
        Some(_) => Disposition::Off,
    }
}

/// The part of a ledger in which a line is counted for how its customer is linked.
fn part<'a>(ledger: &'a mut Ledger, place: &Disposition) -> Option<&'a mut Money> {
    match place {
        Disposition::Unmapped => Some(&mut ledger.unmapped),
        Disposition::Off => Some(&mut ledger.off),
        Disposition::NotInScope => Some(&mut ledger.not_in_scope),
        Disposition::Synced
        | Disposition::SyncedEarlier
        | Disposition::Excluded { .. }
        | Disposition::Failed
        | Disposition::NotAttempted
        | Disposition::Held => None,
    }
}

/// An amount with its currency.
pub(crate) type Billed = (Option<Currency>, Money);

/// What the invoices of a month bill customers that are not linked, or whose sync is off.
#[derive(Debug, Default)]
pub(crate) struct MonthUnsynced {
    /// By tenant, and by name who is no tenant that the source lists.
    pub unmapped: BTreeMap<(Option<TenantId>, String), Vec<Billed>>,
    pub off: BTreeMap<TenantId, Vec<Billed>>,
}

/// Of a month that runs came to; none where no run has told of any of its invoices.
pub(crate) async fn of_month(
    context: &Context,
    book: &Book,
    month: UsageMonth,
) -> Result<Option<MonthUnsynced>, Refusal> {
    let mut sums: Option<MonthUnsynced> = None;
    for invoice in progress::invoices_of(context, month).await? {
        let key = of_invoice(&context.sides.target, &invoice.id);
        let Some(unsynced) = context.store.get(UNSYNCED, key).await? else { continue };
        let sums = sums.get_or_insert_default();
        for one in unsynced.customers {
            let billed = (invoice.currency.clone(), one.amount);
            let place = one.stands(book);
            if place == Disposition::Unmapped {
                let name = if one.tenant.is_some() { String::new() } else { one.customer };
                sums.unmapped.entry((one.tenant, name)).or_default().push(billed);
            } else if let (Disposition::Off, Some(tenant)) = (place, one.tenant) {
                sums.off.entry(tenant).or_default().push(billed);
            }
        }
    }
    Ok(sums)
}

/// What an invoice bills a customer for whom it is due and whom no run was asked for since it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotAsked {
    /// The invoice's number.
    pub number: String,
    pub month: UsageMonth,
    pub billed: Billed,
}

/// So many months are looked through: who is left out of an older one is left out of a newer one too.
const MONTHS_LOOKED_AT: usize = 3;

/// Customers that are to be synced and were left out of every run that came to what is due for them, by the invoices of
/// this month and those before it.
///
/// What has an entry of its own is none of it: a run that broke off before it came to them, a guard, an invoice that is
/// held, a month that became due while sync was off.
pub(crate) async fn not_asked(
    context: &Context,
    book: &Book,
    newest: UsageMonth,
) -> Result<BTreeMap<TenantId, Vec<NotAsked>>, Refusal> {
    let held = context.store.scan(HELD, of_connection(&context.sides.target)).await?;
    let held: BTreeSet<(InvoiceId, TenantId)> = held
        .into_iter()
        .flat_map(|(_, held)| {
            let of = held.invoice;
            held.customers.into_iter().map(move |(tenant, _)| (of.clone(), tenant))
        })
        .collect();
    let months = std::iter::successors(Some(newest), |month| Some(month.previous()));
    let months: Vec<UsageMonth> = months.take(MONTHS_LOOKED_AT).collect();
    let mut all: BTreeMap<TenantId, Vec<NotAsked>> = BTreeMap::new();
    for (at, month) in months.iter().enumerate() {
        for invoice in progress::invoices_of(context, *month).await? {
            let key = of_invoice(&context.sides.target, &invoice.id);
            let state = context.store.get(INVOICES, key.clone()).await?;
            if state.as_ref().is_some_and(is_out_of_the_way) {
                continue;
            }
            let Some(unsynced) = context.store.get(UNSYNCED, key).await? else { continue };
            for one in unsynced.customers {
                let Some(tenant) = &one.tenant else { continue };
                let Some(mapping) = book.mappings.get(tenant).filter(|mapping| mapping.sync) else {
                    continue;
                };
                let is_held = held.contains(&(invoice.id.clone(), tenant.clone()));
                // What is older than what was applied is applied no more (sync-rules 2.2).
                if !is_held
                    && mapping.first_month.is_none_or(|first| first <= *month)
                    && is_open(context, tenant, &invoice.id, &months[..=at]).await?
                {
                    let billed = (invoice.currency.clone(), one.amount);
                    let left = NotAsked { number: invoice.number.clone(), month: *month, billed };
                    all.entry(tenant.clone()).or_default().push(left);
                }
            }
        }
    }
    Ok(all)
}

/// Whether an invoice is due for nobody: held, or dismissed.
fn is_out_of_the_way(state: &InvoiceState) -> bool {
    state.held.is_some() || state.dismissed.is_some()
}

/// Whether an invoice of the last of these months is still to be applied for a tenant, with nothing else said of it.
async fn is_open(
    context: &Context,
    tenant: &TenantId,
    invoice: &InvoiceId,
    months: &[UsageMonth],
) -> Result<bool, Refusal> {
    let (store, target) = (&context.store, &context.sides.target);
    for month in months {
        if store.get(CURSORS, of_tenant_month(target, tenant, *month)).await?.is_some() {
            return Ok(false);
        }
    }
    let Some(month) = months.last() else { return Ok(false) };
    let of_both = of_tenant_invoice(target, tenant, *month, invoice);
    Ok(store.get(UNREACHED, of_tenant(target, tenant)).await?.is_none()
        && store.get(SKIPPED, of_both.clone()).await?.is_none()
        && store.get(MISSED, of_both).await?.is_none())
}
