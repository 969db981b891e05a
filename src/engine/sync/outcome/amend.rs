//! What becomes known of a write after its run has ended goes into that run's rows: they tell how it ended for good.
//!
//! It must not decide how it ended.

use crate::{
    domain::run::{CustomerRow, WriteRow, WriteState},
    engine::{
        sync::{
            outcome::rows::standing,
            writing::{
                journal::Entry,
                writer::{Halt, Writer},
            },
        },
        tables::{CUSTOMER_ROWS, MAPPINGS, RUNS, of_run, of_tenant},
    },
    store::Batch,
};

impl Writer<'_> {
    /// Amends the rows that were recorded of an entry, and the count of its run if that has ended.
    pub(crate) async fn amend(&self, entry: &Entry) -> Result<(), Halt> {
        let store = &self.equipment.store;
        let mut batch = Batch::new();
        let on_contract = entry.contract.is_some();
        let rows = if on_contract {
            store.scan(CUSTOMER_ROWS, of_run(entry.run)).await?
        } else {
            Vec::new()
        };
        for (key, mut row) in rows {
            let mapping = store.get(MAPPINGS, of_tenant(&self.connection, &row.tenant_id)).await?;
            let here = mapping.map(|mapping| mapping.contract) == entry.contract;
            if here && row.invoice == entry.invoice_number && amended(&mut row, entry) {
                batch.put(CUSTOMER_ROWS, &key, &row);
            }
        }
        // This run counts its writes itself when it ends; rows of an invoice it has recorded already are amended like others.
        let ended = (entry.run != self.run).then(|| of_run(entry.run));
        if let Some(key) = ended
            && let Some(mut header) = store.get(RUNS, key).await?
        {
            let now = standing(store, entry.run).await?;
            if entry.attempt < header.attempt {
                header.counts.writes_earlier += now.saturating_sub(header.counts.writes);
            }
            header.counts.writes = now;
            batch.put(RUNS, &of_run(entry.run), &header);
        }
        self.commit(batch).await
    }
}

/// Subscriptions of one service tell the same writes: each is amended once.
fn amended(row: &mut CustomerRow, entry: &Entry) -> bool {
    let known = entry.row();
    let mut changed = false;
    for bought in row.subscriptions.iter_mut().filter(|b| b.service_id == entry.service) {
        let open = |write: &&mut WriteRow| {
            let told = &write.result;
            write.attempt == known.attempt
                && (&write.kind, write.effective, write.units)
                    == (&known.kind, known.effective, known.units)
                && matches!(told, WriteState::Unconfirmed | WriteState::SettledAsNotWritten)
        };
        if let Some(write) = bought.writes.iter_mut().find(open) {
            write.result.clone_from(&known.result);
            changed = true;
        }
    }
    changed
}
