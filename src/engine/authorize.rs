//! The one place that says who may do what (design invariant 10).

use crate::engine::protocol::{
    Command, Refusal, Request,
    command::{
        ConnectionCommand, CustomerCommand, DashboardCommand, HistoryCommand, InvoiceCommand,
        MaintenanceCommand, PlanCommand, ProductCommand, ProgramCommand, RunCommand, SignInCommand,
        StopCommand,
    },
};

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
        Command::Connection(command) => match command {
            ConnectionCommand::SaveConnection(_)
            | ConnectionCommand::GenerateCredentials(_)
            | ConnectionCommand::ConfirmEnvironments(_)
            | ConnectionCommand::ChooseAgreements(_) => true,
            ConnectionCommand::Connections(_)
            | ConnectionCommand::TestConnection(_)
            | ConnectionCommand::UseTarget(_) => false,
        },
        Command::SignIn(command) => match command {
            SignInCommand::AwaitCredentials(_) => true,
        },
        Command::Program(command) => match command {
            ProgramCommand::SetProgram(_) => true,
            ProgramCommand::Program(_) => false,
        },
        Command::Customer(command) => match command {
            CustomerCommand::Map(_)
            | CustomerCommand::AutoMap(_)
            | CustomerCommand::Unmap(_)
            | CustomerCommand::SetSync(_)
            | CustomerCommand::Note(_)
            | CustomerCommand::ChooseService(_)
            | CustomerCommand::ChooseRow(_)
            | CustomerCommand::ImportCustomers(_) => true,
            CustomerCommand::Customers(_)
            | CustomerCommand::Suggest(_)
            | CustomerCommand::Companies(_)
            | CustomerCommand::RankCompanies(_)
            | CustomerCommand::Contracts(_)
            | CustomerCommand::ContractServices(_) => false,
        },
        Command::Product(command) => match command {
            ProductCommand::Pin(_) | ProductCommand::Unpin(_) | ProductCommand::Adopt(_) => true,
            ProductCommand::Products(_)
            | ProductCommand::Services(_)
            | ProductCommand::InvoicedPrices(_) => false,
        },
        Command::Plan(command) => match command {
            PlanCommand::Plan(_) => false,
        },
        Command::Run(command) => match command {
            RunCommand::Sync(_) | RunCommand::Resume(_) => true,
        },
        Command::Stop(command) => match command {
            StopCommand::Cancel(_) | StopCommand::GiveUpSignIn(_) => false,
        },
        Command::History(command) => match command {
            HistoryCommand::DismissRetry(_) | HistoryCommand::RestoreRetry(_) => true,
            HistoryCommand::Runs(_)
            | HistoryCommand::Run(_)
            | HistoryCommand::History(_)
            | HistoryCommand::Chart(_)
            | HistoryCommand::CustomerPage(_)
            | HistoryCommand::Retries(_) => false,
        },
        Command::Invoice(command) => match command {
            InvoiceCommand::AcceptDifference(_)
            | InvoiceCommand::AcceptCurrency(_)
            | InvoiceCommand::TreatInvoice(_)
            | InvoiceCommand::DismissInvoice(_) => true,
            InvoiceCommand::Invoices(_) | InvoiceCommand::Invoice(_) => false,
        },
        Command::Dashboard(command) => match command {
            DashboardCommand::Acknowledge(_) | DashboardCommand::ShowAgain(_) => true,
            DashboardCommand::Status(_) => false,
        },
        Command::Maintenance(command) => match command {
            MaintenanceCommand::SetPassphrase(_) | MaintenanceCommand::Lock(_) => true,
            MaintenanceCommand::Doctor(_)
            | MaintenanceCommand::Settings(_)
            | MaintenanceCommand::ExportRuns(_)
            | MaintenanceCommand::ExportCustomers(_)
            | MaintenanceCommand::ExportLedger(_)
            | MaintenanceCommand::SupportBundle(_)
            | MaintenanceCommand::Vault(_)
            | MaintenanceCommand::Unlock(_)
            | MaintenanceCommand::Backup(_) => false,
        },
    }
}
