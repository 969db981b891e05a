//! Housekeeping after a run: a backup a day, and old runs let go.
//!
//! It must not touch what later runs or an operator's questions need: cursors, retries, prices, closings, the state of
//! invoice lines, the journal. What fails here is logged and tried again after the next run; it fails no run.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    domain::{Code, RunId, outcome::Finding, run::RunHeader},
    engine::{
        context::Context,
        outbox::spool,
        sync::outcome::rows::newest,
        tables::{
            CUSTOMER_ROWS, LEDGERS, PRODUCT_ROWS, ROW_STATUSES, RUNS, UNFINISHED, WRITES, of_run,
        },
    },
    files::{self, Existing},
    store::{Batch, Key, Store, StoreError, Table},
};

/// Where daily backups are, below the data directory.
const FOLDER: &str = "backups";

/// Runs let go after one run, so that a lowered setting does not make a single run wait long.
const AT_ONCE: usize = 200;

const ROWS_A_COMMIT: usize = 256;

/// Keeps house.
pub(crate) async fn after_run(context: &Context) {
    if let Err(finding) = back_up(context).await {
        tracing::warn!("no daily backup: {finding}");
    }
    if let Err(error) = prune(&context.store, context.config.runs_kept()).await {
        tracing::warn!("old runs are still there: {error}");
    }
    if let Err(error) = spool::let_old_go(&context.store, context.clock.now()).await {
        tracing::warn!("old occasions are still there: {error}");
    }
}

/// Makes today's backup where there is none, and removes the oldest ones.
async fn back_up(context: &Context) -> Result<(), Finding> {
    let kept = context.config.backups_kept();
    if kept == 0 {
        return Ok(());
    }
    let folder = context.config.data_dir().join(FOLDER);
    let file = folder.join(format!("{}.backup", context.clock.today()));
    if file.exists() {
        return Ok(());
    }
    let told = |error: io::Error| Finding::new(Code::Backup, error.to_string(), "");
    files::make_folder(&folder).map_err(told)?;
    context.store.backup(file, Existing::Kept).await.map_err(Finding::from)?;
    for old in oldest(&folder, kept).map_err(told)? {
        fs::remove_file(old).map_err(told)?;
    }
    Ok(())
}

/// Daily backups beyond the newest so many. Other files are nobody's business here.
fn oldest(folder: &Path, kept: usize) -> io::Result<Vec<PathBuf>> {
    let mut dated = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let date = name.and_then(|name| name.strip_suffix(".backup"));
        if date.is_some_and(|date| date.parse::<crate::domain::Day>().is_ok()) {
            dated.push(path);
        }
    }
    dated.sort();
    dated.truncate(dated.len().saturating_sub(kept));
    Ok(dated)
}

/// Lets old runs go. Runs that found nothing to do are counted apart, so that they push nothing else out; a run that wrote
/// keeps its line, which says who asked for it.
async fn prune(store: &Store, kept: usize) -> Result<(), StoreError> {
    let runs = newest(store, usize::MAX).await?;
    let (idle, busy): (Vec<_>, Vec<_>) = runs.into_iter().partition(is_idle);
    let unfinished = store.scan(UNFINISHED, Key::new()).await?;
    let unfinished: BTreeSet<RunId> = unfinished.into_iter().map(|(_, left)| left.run).collect();
    let old = idle.into_iter().skip(kept).chain(busy.into_iter().skip(kept));
    let old = old.filter(|run| run.finished_at.is_some() && !unfinished.contains(&run.id));
    for run in old.filter(|run| !is_pruned(run)).take(AT_ONCE) {
        let_go(store, run).await?;
    }
    Ok(())
}

fn is_idle(run: &RunHeader) -> bool {
    let counts = &run.counts;
    counts.customers.all() + counts.products.all() + counts.writes == 0 && run.message.is_none()
}

fn is_pruned(run: &RunHeader) -> bool {
    run.message.as_ref().is_some_and(|finding| finding.code == Code::RowsPruned)
}

async fn let_go(store: &Store, run: RunHeader) -> Result<(), StoreError> {
    remove(store, ROW_STATUSES, run.id).await?;
    remove(store, CUSTOMER_ROWS, run.id).await?;
    remove(store, PRODUCT_ROWS, run.id).await?;
    remove(store, LEDGERS, run.id).await?;
    remove(store, WRITES, run.id).await?;
    let mut batch = Batch::new();
    if run.counts.writes == 0 {
        batch.remove(RUNS, &of_run(run.id));
    } else {
        let text = "The rows of this run are no longer kept.";
        let message =
            Finding::new(Code::RowsPruned, text, "The setting `retention.runs` says how many are.");
        let id = run.id;
        batch.put(RUNS, &of_run(id), &RunHeader { message: Some(message), ..run });
    }
    store.commit(batch).await
}

/// The rows go first: a run that is let go halfway is taken up again.
async fn remove<T>(store: &Store, table: Table<T>, run: RunId) -> Result<(), StoreError> {
    let any: Table<serde::de::IgnoredAny> = Table::new(table.name());
    let keys = store.scan(any, of_run(run)).await?;
    for some in keys.chunks(ROWS_A_COMMIT) {
        let mut batch = Batch::new();
        for (key, _) in some {
            batch.remove(table, key);
        }
        store.commit(batch).await?;
    }
    Ok(())
}
