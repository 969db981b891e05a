//! The stored rows of runs, and reading them back as reports.

use crate::{
    domain::{
        Code, ConnectionId, RunId,
        run::{CustomerRow, ProductOutcome, RunHeader, RunKind, RunReport},
    },
    engine::tables::{CUSTOMER_ROWS, LEDGERS, PRODUCT_ROWS, RUNS, WRITES, of_run},
    store::{Key, Store, StoreError},
};

/// The number of the next run.
pub(crate) async fn next_run(store: &Store) -> Result<RunId, StoreError> {
    let newest = store.scan_back(RUNS, Key::new(), 1).await?;
    Ok(RunId(newest.first().map_or(1, |(_, header)| header.id.0 + 1)))
}

/// The newest runs of all targets, newest first.
pub(crate) async fn newest(store: &Store, limit: usize) -> Result<Vec<RunHeader>, StoreError> {
    let found = store.scan_back(RUNS, Key::new(), limit).await?;
    let mut runs: Vec<RunHeader> = found.into_iter().map(|(_, header)| header).collect();
    for run in &mut runs {
        count_standing(store, run).await?;
    }
    Ok(runs)
}

/// A run that goes on, or was cut off, is not counted up yet: how many of its writes stand is known all the same.
async fn count_standing(store: &Store, run: &mut RunHeader) -> Result<(), StoreError> {
    if run.finished_at.is_none() {
        run.counts.writes = standing(store, run.id).await?;
    }
    Ok(())
}

/// Those of one target among so many of the newest runs, newest first.
pub(crate) async fn newest_of(
    store: &Store,
    target: &ConnectionId,
    among: usize,
) -> Result<Vec<RunHeader>, StoreError> {
    let mut runs = newest(store, among).await?;
    runs.retain(|run| run.target == *target);
    Ok(runs)
}

/// So many of the newest runs of one target, newest first.
pub(crate) async fn last_of(
    store: &Store,
    target: &ConnectionId,
    limit: usize,
) -> Result<Vec<RunHeader>, StoreError> {
    let mut among = limit;
    loop {
        let all = newest(store, among).await?;
        let read = all.len();
        let own: Vec<RunHeader> =
            all.into_iter().filter(|run| run.target == *target).take(limit).collect();
        if own.len() == limit || read < among {
            return Ok(own);
        }
        // Those of another one lie between.
        among = among.saturating_mul(4);
    }
}

/// Among so many runs the last product sync is looked for.
const LOOKED_AT: usize = 500;

/// What became of the products in the last product sync of a target that has ended, and that looked at them.
pub(crate) async fn last_products(
    store: &Store,
    target: &ConnectionId,
) -> Result<Vec<ProductOutcome>, StoreError> {
    let runs = newest_of(store, target, LOOKED_AT).await?;
    let looked = |run: &&RunHeader| {
        let nothing_new = run.message.as_ref().is_some_and(|told| told.code == Code::NothingNew);
        run.kind == RunKind::Products && run.finished_at.is_some() && !nothing_new
    };
    let Some(last) = runs.iter().find(looked) else { return Ok(Vec::new()) };
    let rows = store.scan(PRODUCT_ROWS, of_run(last.id)).await?;
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// One run with all its rows.
pub(crate) async fn report(store: &Store, run: RunId) -> Result<Option<RunReport>, StoreError> {
    let Some(mut header) = store.get(RUNS, of_run(run)).await? else { return Ok(None) };
    count_standing(store, &mut header).await?;
    let customers = store.scan(CUSTOMER_ROWS, of_run(run)).await?;
    let mut customers: Vec<CustomerRow> = customers.into_iter().map(|(_, row)| row).collect();
    in_order(&mut customers);
    let products = store.scan(PRODUCT_ROWS, of_run(run)).await?;
    let ledgers = store.scan(LEDGERS, of_run(run)).await?;
    Ok(Some(RunReport {
        header,
        customers,
        left_out: 0,
        products: products.into_iter().map(|(_, row)| row).collect(),
        ledgers: ledgers.into_iter().map(|(_, row)| row).collect(),
    }))
}

/// With more customers a run is told to whoever asked for it by those that want a look.
const TOLD_WHOLE: u64 = 1_000;

/// What a run that has just ended is told by: all its rows, or of many customers those that want a look.
pub(crate) async fn told(store: &Store, header: &RunHeader) -> Result<RunReport, StoreError> {
    let (of, whole) = (of_run(header.id), header.counts.customers.all() <= TOLD_WHOLE);
    let (mut customers, mut left_out) = (Vec::new(), 0);
    let keep = |_, row: CustomerRow| {
        if whole || row.status.wants_a_look() {
            customers.push(row);
        } else {
            left_out += 1;
        }
    };
    store.for_each(CUSTOMER_ROWS, of.clone(), keep).await?;
    in_order(&mut customers);
    let products = store.scan(PRODUCT_ROWS, of.clone()).await?;
    let ledgers = store.scan(LEDGERS, of).await?;
    Ok(RunReport {
        header: header.clone(),
        customers,
        left_out,
        products: products.into_iter().map(|(_, row)| row).collect(),
        ledgers: ledgers.into_iter().map(|(_, row)| row).collect(),
    })
}

/// As a report lists customers: by name, then by month.
pub(crate) fn in_order(customers: &mut [CustomerRow]) {
    customers
        .sort_by(|a, b| (&a.customer, &a.tenant, a.month).cmp(&(&b.customer, &b.tenant, b.month)));
}

/// How many writes of a run stand in the target.
pub(crate) async fn standing(store: &Store, run: RunId) -> Result<u64, StoreError> {
    store.count(WRITES, of_run(run)).await
}
