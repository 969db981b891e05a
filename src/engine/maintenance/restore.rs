//! A backup in the place of what is stored: without an engine, since nobody may have the store open.

use std::path::{Path, PathBuf};

use crate::{
    engine::{protocol::Refusal, views::RestoredView},
    store::{Store, StoreError},
};

/// Whether a data directory holds a store, which a restore would replace.
#[must_use]
pub fn is_installed(dir: &Path) -> bool {
    Store::is_in(dir)
}

/// Puts what a backup holds in the place of the store in a data directory, or changes nothing.
///
/// # Errors
/// Where another process has the directory open, or the backup is not whole.
pub async fn restore(file: PathBuf, dir: PathBuf) -> Result<RestoredView, Refusal> {
    let restored = tokio::task::spawn_blocking(move || Store::restore(&file, &dir)).await;
    let stopped = |_| StoreError::Other("the restore stopped halfway".to_owned());
    let report = restored.unwrap_or_else(|error| Err(stopped(error)))?;
    Ok(RestoredView {
        values: report.values,
        installation: report.installation.to_string(),
        replaced: report.replaced.map(|path| path.display().to_string()),
    })
}
