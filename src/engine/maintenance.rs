//! Looking after an installation: doctor, exports, support bundle, vault, backups and what is kept of old runs.

use std::sync::Arc;

use crate::{
    engine::{
        context::{Caller, Context},
        customers,
        family::Family,
        metrics,
        protocol::{
            Ask, Refusal, Reply,
            command::{
                Backup, Beat, Doctor, ExportCustomers, ExportLedger, ExportRuns, Lock,
                MaintenanceCommand, Metrics, SetPassphrase, Settings, SupportBundle, Unlock, Vault,
            },
        },
        tables::BEAT,
        views::SettingView,
    },
    files::Existing,
    store::{Batch, Key},
};

pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod restore;
pub(crate) mod retention;
pub(crate) mod support_bundle;
pub(super) mod vault;

impl Family for MaintenanceCommand {
    async fn carry_out(self, context: &Arc<Context>, caller: &Caller) -> Reply {
        match self {
            Self::Doctor(_) => doctor::look(context, caller).await.map(Doctor::put),
            Self::Settings(_) => {
                let settings = context.config.settings().into_iter();
                Ok(Settings::put(settings.map(SettingView::from).collect()))
            }
            Self::ExportRuns(_) => export::runs(context).await.map(ExportRuns::put),
            Self::ExportCustomers(_) => customers::views(context).await.map(ExportCustomers::put),
            Self::ExportLedger(_) => export::lines(context).await.map(ExportLedger::put),
            Self::SupportBundle(_) => {
                support_bundle::bundle(context, caller).await.map(SupportBundle::put)
            }
            Self::Vault(_) => vault::show(context).await.map(Vault::put),
            Self::SetPassphrase(SetPassphrase { passphrase }) => {
                vault::set_passphrase(context, caller, passphrase).await.map(SetPassphrase::put)
            }
            Self::Lock(_) => vault::lock(context).await.map(Lock::put),
            Self::Unlock(Unlock { passphrase }) => {
                vault::unlock(context, passphrase).await.map(Unlock::put)
            }
            Self::Metrics(_) => metrics::page(context, caller).await.map(Metrics::put),
            Self::Beat(_) => beat(context).await.map(Beat::put),
            Self::Backup(Backup { file, force }) => {
                let existing = if force { Existing::Replaced } else { Existing::Kept };
                vault::backup(context, file, existing).await.map(Backup::put)
            }
        }
    }
}

/// Stored before it is answered: a store that takes nothing any more is no life.
async fn beat(context: &Context) -> Result<String, Refusal> {
    let mut batch = Batch::new();
    batch.put(BEAT, &Key::new(), &context.clock.now());
    context.store.commit(batch).await?;
    Ok("It lives.".to_owned())
}
