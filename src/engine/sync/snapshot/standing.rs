//! Contracts as they stand: what the target shows, and where it shows nothing, what the journal knows (sync-rules 4.2).
//! Every reading that a plan, a verdict or a screen is made from comes through here.
//!
//! It must not send anything, or decide what a row that ends means: [`BillingRules::with_ends`] does.

use std::{collections::BTreeSet, time::Duration};

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        ConnectionId, ContractId, Day, LineId, ReadError, operation::Operation,
        target::PresentContract,
    },
    engine::{
        sync::writing::{
            journal::Entry,
            writer::{Halt, Writer},
        },
        tables::{JOURNAL, of_contract},
    },
    psa::{BillingRules, OwnWrite, Psa},
    store::{Store, StoreError},
};

/// So many contracts are read in one list (sync-rules 8.5).
pub(crate) const TOGETHER: usize = 200;

/// No request is under way for so long, beyond the pause after a lost answer.
const LONG_AGO: Duration = Duration::from_secs(300);

/// The moment before which nothing was sent that may still be under way.
pub(crate) fn long_before(now: DateTime<Utc>, quiet: Duration) -> DateTime<Utc> {
    now - (quiet + LONG_AGO)
}

/// Why it could not be read.
#[derive(Clone, Debug)]
pub(crate) enum Unread {
    Target(ReadError),
    Store(StoreError),
}

impl From<ReadError> for Unread {
    fn from(error: ReadError) -> Self {
        Self::Target(error)
    }
}

impl From<StoreError> for Unread {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Unread> for Halt {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::Target(error) => error.into(),
            Unread::Store(error) => error.into(),
        }
    }
}

/// A target with the journal beside it.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub target: &'a dyn Psa,
    pub store: &'a Store,
    pub connection: &'a ConnectionId,
    /// What was sent before is not under way any more.
    pub long_ago: DateTime<Utc>,
}

impl Reading<'_> {
    /// What stands on contracts from a day on.
    pub(crate) async fn present(
        &self,
        contracts: &[ContractId],
        from: Day,
    ) -> Result<Vec<PresentContract>, Unread> {
        let read = self.target.present(contracts, from).await?;
        let read = self.with_new_lines(read).await?;
        Ok(filled(self.store, self.connection, self.target.rules(), read).await?)
    }

    /// The same with the lines that we added a short while ago, where lists may be behind: one that was answered is there,
    /// whatever a list says, and must not be added again (sync-rules 10.11).
    async fn with_new_lines(
        &self,
        mut read: Vec<PresentContract>,
    ) -> Result<Vec<PresentContract>, Unread> {
        if self.target.lag().is_zero() {
            return Ok(read);
        }
        for present in read.iter_mut().filter(|present| present.odd.is_none()) {
            let missing = self.new_lines(present).await?;
            if !missing.is_empty() {
                *present = self.target.with_lines(present.clone(), &missing).await?;
            }
        }
        Ok(read)
    }

    /// The lines of ours that were added to a contract lately and that a reading of it lacks.
    async fn new_lines(&self, present: &PresentContract) -> Result<Vec<LineId>, StoreError> {
        let shown: BTreeSet<LineId> =
            present.services.iter().flat_map(|row| &row.lines).map(|line| line.id).collect();
        let since = self.long_ago - self.target.lag();
        let prefix = of_contract(self.connection, present.contract.id);
        let journal = self.store.scan(JOURNAL, prefix).await?;
        let entries = journal.into_iter().map(|(_, entry)| entry);
        let added = entries.filter(|entry| entry.at > since && entry.stands());
        let lines = added.filter_map(|entry| entry.added_line());
        Ok(lines.filter(|line| !shown.contains(line)).collect())
    }
}

impl Writer<'_> {
    /// What stands on contracts from a day on.
    ///
    /// # Errors
    /// Where the target or the journal cannot be read.
    pub(crate) async fn present(
        &self,
        contracts: &[ContractId],
        from: Day,
    ) -> Result<Vec<PresentContract>, Halt> {
        let reading = Reading {
            target: &*self.target,
            store: &self.equipment.store,
            connection: &self.connection,
            long_ago: self.long_ago(),
        };
        Ok(reading.present(contracts, from).await?)
    }
}

/// What was read, with a row of 0 units wherever one is missing.
async fn filled(
    store: &Store,
    connection: &ConnectionId,
    rules: &dyn BillingRules,
    read: Vec<PresentContract>,
) -> Result<Vec<PresentContract>, StoreError> {
    let mut all = Vec::with_capacity(read.len());
    for present in read {
        if !rules.has_unclear_ends(&present) {
            all.push(present);
            continue;
        }
        let journal = store.scan(JOURNAL, of_contract(connection, present.contract.id)).await?;
        let mut entries: Vec<Entry> = journal.into_iter().map(|(_, entry)| entry).collect();
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.order()));
        let writes: Vec<OwnWrite> =
            entries.iter().filter_map(|entry| own_write(entry, rules)).collect();
        all.push(rules.with_ends(present, &writes));
    }
    Ok(all)
}

/// What a write says of its row, unless it certainly does not stand there.
fn own_write(entry: &Entry, rules: &dyn BillingRules) -> Option<OwnWrite> {
    let Operation::AdjustUnits { effective, .. } = entry.operation else { return None };
    let accepted = entry.stands();
    let lost = entry.result.is_none() || entry.is_doubtful();
    (accepted || lost).then_some(())?;
    Some(OwnWrite {
        row: entry.contract_service?,
        day: effective,
        leaves: rules.after(&entry.before, &entry.operation).units,
        row_starts: entry.before.row_starts.clone(),
        accepted,
    })
}
