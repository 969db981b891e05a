//! Looking after an installation.

use crate::{
    domain::{run::RunReport, secret::Secret},
    engine::views::{CustomerView, DoctorView, LineView, SettingView, VaultView},
};

family! {
    /// About the installation.
    MaintenanceCommand in Maintenance {
        /// Checks everything that can make the next sync fail.
        Doctor => Doctor(DoctorView),

        /// Effective settings with their origin.
        Settings => Settings(Vec<SettingView>),

        /// Runs with their rows, for `export`.
        ExportRuns => ExportedRuns(Vec<RunReport>),

        /// Mappings, for `export`.
        ExportCustomers => ExportedCustomers(Vec<CustomerView>),

        /// Ledgers and the lines in them, for `export`.
        ExportLedger => ExportedLedger(Vec<LineView>),

        /// Everything support needs, as named text files without secrets.
        SupportBundle => Bundle(Vec<(String, String)>),

        /// State of the vault.
        Vault => Vault(VaultView),

        /// Sets, changes (or with none removes) the passphrase.
        SetPassphrase {
            /// The new one.
            passphrase: Option<Secret>,
        } => Vault(VaultView),

        /// Forgets the unsealed key until the passphrase is given again.
        Lock => Vault(VaultView),

        /// Opens the vault.
        Unlock {
            /// The passphrase.
            passphrase: Secret,
        } => Vault(VaultView),

        /// Writes down that the engine lives, and answers once that is stored: for whoever watches over it.
        Beat => Done(String),

        /// What monitoring sees, in the text format of Prometheus.
        Metrics => Done(String),

        /// A logical backup of the whole store, as text lines.
        Backup {
            /// The new file.
            file: std::path::PathBuf,
            /// Whether it may take the place of one that is there.
            #[serde(default)]
            force: bool,
        } => Done(String),
    }
}
