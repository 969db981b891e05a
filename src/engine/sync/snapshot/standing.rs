//! Contracts as they stand: what the target shows, and where it shows nothing, what the journal knows (sync-rules 4.2).
//! Every reading that a plan, a verdict or a screen is made from comes through here.
//!
//! It must not send anything, or decide what a row that ends means: [`row_ends`] does.

use crate::{
    domain::{ConnectionId, ContractId, Day, operation::Operation, target::PresentContract},
    engine::sync::{
        records::of_contract,
        writing::{
            journal::{Entry, JOURNAL},
            writer::{Desk, Halt},
        },
    },
    planning::row_ends::{self, OwnWrite},
    store::{Store, StoreError},
};

/// So many contracts are read in one list (sync-rules 8.5).
pub const TOGETHER: usize = 200;

impl Desk<'_> {
    /// What stands on contracts from a day on.
    ///
    /// # Errors
    /// Where the target or the journal cannot be read.
    pub async fn present(
        &self,
        contracts: &[ContractId],
        from: Day,
    ) -> Result<Vec<PresentContract>, Halt> {
        let read = self.target.present(contracts, from).await?;
        Ok(filled((&self.equipment.store, &self.connection), read).await?)
    }
}

/// What was read, with a row of 0 units wherever one is missing.
///
/// # Errors
/// Where the journal cannot be read.
pub async fn filled(
    (store, connection): (&Store, &ConnectionId),
    read: Vec<PresentContract>,
) -> Result<Vec<PresentContract>, StoreError> {
    let mut all = Vec::with_capacity(read.len());
    for present in read {
        if !row_ends::any(&present) {
            all.push(present);
            continue;
        }
        let journal = store.scan(JOURNAL, of_contract(connection, present.contract.id)).await?;
        let mut entries: Vec<Entry> = journal.into_iter().map(|(_, entry)| entry).collect();
        entries.sort_by_key(|entry| std::cmp::Reverse((entry.run, entry.number)));
        let writes: Vec<OwnWrite> = entries.iter().filter_map(own_write).collect();
        all.push(row_ends::filled(present, &writes));
    }
    Ok(all)
}

/// What a write says of its row, unless it certainly does not stand there.
fn own_write(entry: &Entry) -> Option<OwnWrite> {
    let Operation::AdjustUnits { effective, units, .. } = entry.operation else { return None };
    let accepted = entry.stands();
    let lost = entry.result.is_none() || entry.is_doubtful();
    (accepted || lost).then_some(())?;
    Some(OwnWrite {
        row: entry.contract_service?,
        day: effective,
        leaves: entry.before.units.adjusted(effective, units),
        row_starts: entry.before.row_starts.clone(),
        accepted,
    })
}
