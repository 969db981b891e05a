//! Contracts as they stand: what the target shows, and where it shows nothing, what the journal knows (sync-rules 4.2).
//! Every reading that a plan, a verdict or a screen is made from comes through here.
//!
//! It must not send anything, or decide what a row that ends means: [`BillingRules::with_ends`] does.

use crate::{
    domain::{ConnectionId, ContractId, Day, operation::Operation, target::PresentContract},
    engine::{
        sync::writing::{
            journal::Entry,
            writer::{Halt, Writer},
        },
        tables::{JOURNAL, of_contract},
    },
    psa::{BillingRules, OwnWrite},
    store::{Store, StoreError},
};

/// So many contracts are read in one list (sync-rules 8.5).
pub(crate) const TOGETHER: usize = 200;

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
        let read = self.target.present(contracts, from).await?;
        let rules = self.target.rules();
        Ok(filled(&self.equipment.store, &self.connection, rules, read).await?)
    }
}

/// What was read, with a row of 0 units wherever one is missing.
pub(crate) async fn filled(
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
        entries.sort_by_key(|entry| std::cmp::Reverse((entry.run, entry.number)));
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
