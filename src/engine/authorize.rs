//! The one place that says who may do what (design invariant 10).

use crate::engine::protocol::{Command, Refusal, Request};

/// Lets a request pass, or refuses it.
pub(super) fn admit(request: &Request) -> Result<(), Refusal> {
    if !request.actor.read_only || !changes(&request.command) {
        return Ok(());
    }
    Err(Refusal::read_only())
}

/// Whether a command changes anything here or in another system. What was read and is only remembered for
/// the screen is no change.
pub(super) fn changes(command: &Command) -> bool {
    match command {
        Command::SaveConnection { .. }
        | Command::GenerateCredentials { .. }
        | Command::AwaitCredentials { .. }
        | Command::ChooseAgreements { .. }
        | Command::ConfirmEnvironments { .. }
        | Command::SetProgram { .. }
        | Command::Map { .. }
        | Command::AutoMap { .. }
        | Command::Unmap { .. }
        | Command::SetSync { .. }
        | Command::Note { .. }
        | Command::ChooseService { .. }
        | Command::ChooseRow { .. }
        | Command::ImportCustomers { .. }
        | Command::Pin { .. }
        | Command::Unpin { .. }
        | Command::Adopt { .. }
        | Command::Sync { .. }
        | Command::Resume
        | Command::AcceptDifference { .. }
        | Command::AcceptCurrency { .. }
        | Command::TreatInvoice { .. }
        | Command::DismissInvoice { .. }
        | Command::DismissRetry { .. }
        | Command::Acknowledge { .. }
        | Command::SetPassphrase { .. }
        | Command::Lock => true,
        Command::Status
        | Command::Connections
        | Command::TestConnection { .. }
        | Command::Program { .. }
        | Command::Customers { .. }
        | Command::Suggest
        | Command::Companies
        | Command::Contracts { .. }
        | Command::ContractServices { .. }
        | Command::Products
        | Command::Services
        | Command::Plan { .. }
        | Command::Cancel
        | Command::GiveUpSignIn
        | Command::Runs { .. }
        | Command::Run { .. }
        | Command::History { .. }
        | Command::Chart { .. }
        | Command::Invoices
        | Command::Invoice { .. }
        | Command::Retries
        | Command::Doctor
        | Command::Settings
        | Command::Export { .. }
        | Command::SupportBundle
        | Command::Vault
        | Command::Unlock { .. }
        | Command::Backup { .. } => false,
    }
}
