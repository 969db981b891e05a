//! The ledger of an invoice that a run has begun: what it comes to where the run breaks off for good before it can close it.
//!
//! It must not read source or target: that they cannot be read may be why.

use std::collections::BTreeSet;

use crate::{
    domain::{
        ContractId, Money,
        invoice::Invoice,
        outcome::Disposition,
        run::{CustomerRow, Ledger},
    },
    engine::{
        sync::{
            lifecycle::Course,
            records::{Pending, Unsynced},
            snapshot::standing::TOGETHER,
            writing::writer::{Halt, Writer},
        },
        tables::{LEDGERS, PENDING, UNSYNCED, of_invoice, of_ledger, of_run},
    },
    planning::{
        ledger::{Places, accepting, recount},
        triage::SortedLines,
    },
    store::{Batch, Key},
};

impl Pending {
    /// As an invoice begins: lines of contracts, but for those that are excluded, are to be done.
    #[must_use]
    pub fn new(invoice: &Invoice, accepted: Money, sorted: &SortedLines<'_>) -> Self {
        let is_open = |place: &Disposition| !matches!(place, Disposition::Excluded { .. });
        let (mut open, mut places) = (BTreeSet::new(), Places::default());
        let contracts: Vec<ContractId> = sorted.contracts().collect();
        for group in contracts.chunks(TOGETHER).flat_map(|some| sorted.groups(some)) {
            for line in group.subscriptions.into_iter().flat_map(|bought| bought.lines) {
                let to_do = is_open(&line.disposition);
                open.extend(to_do.then_some(line.line.number));
                let place = if to_do { Disposition::NotAttempted } else { line.disposition };
                places.count(line.line.subtotal, &place);
            }
        }
        for spot in sorted.placed() {
            places.count(spot.line.subtotal, &spot.disposition);
        }
        Self { open, ledger: accepting(places.ledger(invoice), accepted) }
    }
}

impl Pending {
    /// Takes over where a customer's lines went.
    fn add(&mut self, row: &CustomerRow) {
        let Self { ledger, open } = self;
        if row.invoice == ledger.invoice {
            let usage = row.subscriptions.iter().flat_map(|bought| &bought.usage);
            let done = usage.filter(|usage| open.remove(&usage.line));
            let done: Vec<_> = done.map(|usage| (usage.subtotal, &usage.disposition)).collect();
            recount(ledger, done);
        }
    }
}

/// From now on it is known what the ledger comes to, should the run not come to its end. What an earlier attempt began, or
/// closed, stays: it knows which lines were this run's to do.
pub(crate) async fn begin_ledger(
    desk: &Writer<'_>,
    invoice: &Invoice,
    accepted: Money,
    sorted: &SortedLines<'_>,
) -> Result<(), Halt> {
    let (store, key) = (&desk.equipment.store, of_ledger(desk.run, &invoice.id));
    let begun = store.get(PENDING, key.clone()).await?.is_some();
    if begun || store.get(LEDGERS, key.clone()).await?.is_some() {
        return Ok(());
    }
    let mut batch = Batch::new();
    batch.put(PENDING, &key, &Pending::new(invoice, accepted, sorted));
    let unsynced = Unsynced::of(sorted.placed());
    batch.put(UNSYNCED, &of_invoice(&desk.connection, &invoice.id), &unsynced);
    desk.commit(batch).await
}

/// Closes the invoices that this run has begun and came to no end with, by what its rows tell.
pub(crate) async fn close_begun(course: &mut Course<'_>) -> Result<(), Halt> {
    let closed = begun(course).await?;
    if closed.is_empty() {
        return Ok(());
    }
    let mut batch = Batch::new();
    for (key, ledger) in &closed {
        course.header.looked_at(&ledger.invoice, ledger.currency.as_ref());
        batch.put(LEDGERS, key, ledger);
        batch.remove(PENDING, key);
    }
    let kept = course.desk.commit(batch).await;
    if kept.is_err() {
        course.unkept.ledgers.extend(closed.into_iter().map(|(_, ledger)| ledger));
    }
    kept
}

/// What their ledgers come to by the rows there are, with their places.
pub(crate) async fn begun(course: &Course<'_>) -> Result<Vec<(Key, Ledger)>, Halt> {
    let desk = &course.desk;
    let mut begun = desk.equipment.store.scan(PENDING, of_run(desk.run)).await?;
    // One that was closed and not kept is told as it was closed.
    let closed = |number: &str| course.unkept.ledgers.iter().any(|known| known.invoice == number);
    begun.retain(|(_, pending)| !closed(&pending.ledger.invoice));
    if begun.is_empty() {
        return Ok(Vec::new());
    }
    course
        .for_each_customer(|row| begun.iter_mut().for_each(|(_, pending)| pending.add(&row)))
        .await?;
    Ok(begun.into_iter().map(|(key, pending)| (key, pending.ledger)).collect())
}
