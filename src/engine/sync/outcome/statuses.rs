//! How each customer of a run ended, without its row: rows tell of every subscription and its writes, and lists that show all
//! customers need none of that.
//!
//! It must not decide how somebody ended: the rows say so.

use serde::Deserialize;

use crate::{
    domain::{
        RunId, TenantId,
        outcome::Outcome,
        run::{CustomerRow, RunHeader},
    },
    engine::tables::{CUSTOMER_ROWS, ROW_STATUSES, customer_in_run, of_customer_row, of_run},
    store::{Batch, Key, Store, StoreError, Table},
};

/// How a row ended, and what tells it from the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RowStatus {
    /// Where the row lies.
    pub place: Key,
    pub invoice: String,
    pub tenant: TenantId,
    pub status: Outcome,
}

/// Puts a row into a commit, with its entry here.
pub(crate) fn put_row(batch: &mut Batch, run: RunId, row: &CustomerRow) {
    let place = of_customer_row(run, row);
    batch.put(ROW_STATUSES, &place, &row.status);
    batch.put(CUSTOMER_ROWS, &place, row);
}

/// How the rows of a run ended, in their order.
pub(crate) async fn statuses(store: &Store, run: &RunHeader) -> Result<Vec<RowStatus>, StoreError> {
    let mut found = Vec::new();
    let noted = |place: Key, status| {
        if let Some((invoice, tenant)) = customer_in_run(&place) {
            found.push(RowStatus { place, invoice, tenant, status });
        }
    };
    store.for_each(ROW_STATUSES, of_run(run.id), noted).await?;
    // Of what older versions recorded there is no entry, or not of all.
    if found.len() as u64 >= run.counts.customers.all() {
        return Ok(found);
    }
    of_rows(store, run.id).await
}

/// The members of a row that are needed here.
#[derive(Deserialize)]
struct RowHead {
    tenant_id: TenantId,
    invoice: String,
    status: Outcome,
}

async fn of_rows(store: &Store, run: RunId) -> Result<Vec<RowStatus>, StoreError> {
    let table: Table<RowHead> = Table::new(CUSTOMER_ROWS.name());
    let mut found = Vec::new();
    let note = |place, row: RowHead| {
        let RowHead { tenant_id: tenant, invoice, status } = row;
        found.push(RowStatus { place, invoice, tenant, status });
    };
    store.for_each(table, of_run(run), note).await?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            UsageMonth,
            run::{Counts, Tally},
        },
        engine::samples::begun_run,
    };

    fn row(tenant: &str, status: Outcome) -> CustomerRow {
        CustomerRow {
            customer: tenant.to_owned(),
            tenant: format!("{tenant}.example"),
            tenant_id: TenantId::new(tenant),
            source_agreement: String::new(),
            target_company: String::new(),
            target_contract: String::new(),
            invoice: "INV7".to_owned(),
            month: UsageMonth::new(2026, 9).ok(),
            currency: None,
            status,
            error: None,
            warnings: Vec::new(),
            subscriptions: Vec::new(),
        }
    }

    fn run(customers: u64) -> RunHeader {
        let customers = Tally { attempted: customers, ..Tally::default() };
        RunHeader { counts: Counts { customers, ..Counts::default() }, ..begun_run(3) }
    }

    /// An older version recorded the first of them, and its run was taken up by this one.
    #[tokio::test]
    async fn a_run_that_an_older_version_began_is_told_by_its_rows() {
        let directory = tempfile::tempdir().expect("a directory");
        let store = Store::open(directory.path()).expect("a store");
        let (older, newer) = (row("a", Outcome::Warning), row("b", Outcome::Failure));
        let mut batch = Batch::new();
        batch.put(CUSTOMER_ROWS, &of_customer_row(RunId(3), &older), &older);
        put_row(&mut batch, RunId(3), &newer);
        store.commit(batch).await.expect("stored");
        let told = |all: Vec<RowStatus>| -> Vec<_> {
            all.into_iter().map(|one| (one.tenant.to_string(), one.invoice, one.status)).collect()
        };
        let both = told(statuses(&store, &run(2)).await.expect("read"));
        let of = |tenant: &str, status| (tenant.to_owned(), "INV7".to_owned(), status);
        assert_eq!(both, [of("a", Outcome::Warning), of("b", Outcome::Failure)]);
        let newer_alone = told(statuses(&store, &run(1)).await.expect("read"));
        assert_eq!(newer_alone, [of("b", Outcome::Failure)]);
        store.close().await;
    }
}
