//! What invoices bill customers of whom nothing is written, by the links of today: whoever was linked, unlinked or switched
//! since a run came to an invoice is counted where it stands now.
//!
//! It must not tell what became of lines that are on contracts: the runs did.

use std::collections::BTreeMap;

use crate::{
    domain::{
        Currency, Money, TenantId, UsageMonth, mapping::Mapping, outcome::Disposition, run::Ledger,
    },
    engine::{
        context::Context,
        customers::book::Book,
        invoices::progress,
        protocol::Refusal,
        sync::records::{Unsynced, UnsyncedCustomer},
        tables::{UNSYNCED, of_invoice},
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
