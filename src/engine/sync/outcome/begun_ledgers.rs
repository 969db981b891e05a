//! The ledger of an invoice that a run has begun: what it comes to where the run breaks off for good before it can close it.
//!
//! It must not read source or target: that they cannot be read may be why.

use crate::{
    domain::{Money, invoice::Invoice, outcome::Disposition, run::Ledger},
    engine::{
        sync::{
            lifecycle::Course,
            records::{Pending, Unsynced},
            writing::writer::{Halt, Writer},
        },
        tables::{LEDGERS, PENDING, UNSYNCED, of_invoice, of_ledger, of_run},
    },
    planning::{
        ledger::{accepting, ledger, recount},
        triage::Triage,
    },
    store::{Batch, Key},
};

impl Pending {
    /// As an invoice begins: lines of contracts, but for those that are excluded, are to be done.
    #[must_use]
    pub fn new(invoice: &Invoice, accepted: Money, triage: &Triage) -> Self {
        let bought = triage.groups.iter().flat_map(|group| &group.subscriptions);
        let grouped = || bought.clone().flat_map(|bought| &bought.lines);
        let is_open = |place: &Disposition| !matches!(place, Disposition::Excluded { .. });
        let open = grouped().filter(|line| is_open(&line.disposition));
        let place = |place| if is_open(place) { &Disposition::NotAttempted } else { place };
        let grouped = grouped().map(|line| (line.line.subtotal, place(&line.disposition)));
        let placed = triage.placed.iter().map(|spot| (spot.line.subtotal, &spot.disposition));
        Self {
            open: open.map(|line| line.line.number).collect(),
            ledger: accepting(ledger(invoice, grouped.chain(placed)), accepted),
        }
    }
}

/// From now on it is known what the ledger comes to, should the run not come to its end. What an earlier attempt began, or
/// closed, stays: it knows which lines were this run's to do.
pub(crate) async fn begin_ledger(
    desk: &Writer<'_>,
    invoice: &Invoice,
    accepted: Money,
    triage: &Triage,
) -> Result<(), Halt> {
    let (store, key) = (&desk.equipment.store, of_ledger(desk.run, &invoice.id));
    let begun = store.get(PENDING, key.clone()).await?.is_some();
    if begun || store.get(LEDGERS, key.clone()).await?.is_some() {
        return Ok(());
    }
    let mut batch = Batch::new();
    batch.put(PENDING, &key, &Pending::new(invoice, accepted, triage));
    let unsynced = Unsynced::of(&triage.placed);
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
    let rows = course.customer_rows().await?;
    let close = |Pending { mut ledger, mut open }| {
        let mine = rows.iter().filter(|row| row.invoice == ledger.invoice);
        let usage = mine.flat_map(|row| &row.subscriptions).flat_map(|bought| &bought.usage);
        let done: Vec<_> = usage.filter(|usage| open.remove(&usage.line)).collect();
        recount(&mut ledger, done.iter().map(|usage| (usage.subtotal, &usage.disposition)));
        ledger
    };
    Ok(begun.into_iter().map(|(key, pending)| (key, close(pending))).collect())
}
