//! The vault, and the backup.

use std::path::PathBuf;

use crate::{
    domain::{Code, secret::Secret},
    engine::{
        connections,
        context::{Caller, Context},
        protocol::{Changed, Refusal},
        refusals::{failed, malformed},
        views::VaultView,
    },
    files::{Existing, is_taken},
    store::Batch,
    vault::Vault,
};

/// The state of the vault.
pub(crate) async fn show(context: &Context) -> Result<VaultView, Refusal> {
    context.with_vault(|vault| Ok(vault.view())).await
}

pub(crate) async fn set_passphrase(
    context: &Context,
    caller: &Caller,
    passphrase: Option<Secret>,
) -> Result<VaultView, Refusal> {
    let what = if passphrase.is_some() { "set the passphrase" } else { "removed the passphrase" };
    context.with_vault(move |vault| vault.set_passphrase(passphrase.as_ref())).await?;
    context.change(caller, Batch::new(), what, Changed::Connections).await?;
    show(context).await
}

/// Forgets the key until the passphrase is given again. Without a passphrase there is nothing to ask for, and the
/// key file opens the vault again at the next start.
pub(crate) async fn lock(context: &Context) -> Result<VaultView, Refusal> {
    context.with_vault(Vault::lock).await?;
    show(context).await
}

/// Opens the vault.
pub(crate) async fn unlock(context: &Context, passphrase: Secret) -> Result<VaultView, Refusal> {
    context.with_vault(move |vault| vault.unlock(&passphrase)).await?;
    connections::seal_codes(context).await?;
    show(context).await
}

/// Writes everything to a new file.
pub(crate) async fn backup(
    context: &Context,
    file: PathBuf,
    existing: Existing,
) -> Result<String, Refusal> {
    if file.as_os_str().is_empty() {
        return Err(malformed(Code::File, "No file is named.", "Give the name of a new file."));
    }
    if existing == Existing::Kept && is_taken(&file) {
        let text = format!("{} is there already.", file.display());
        let advice = "Name a new file, or replace this one with --force.";
        return Err(failed(Code::FileExists, text, advice));
    }
    let report = context.store.backup(file, existing).await?;
    Ok(format!(
        "{} holds {} values in {} bytes. Secrets in it open only with this installation's vault.",
        report.file.display(),
        report.values,
        report.bytes
    ))
}
