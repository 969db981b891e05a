//! The one place that says who may do what (design invariant 10).

use crate::domain::Right;
use crate::engine::protocol::{
    Command, Refusal, Request,
    command::{
        ApprovalCommand, Approve, AuditCommand, ConnectionCommand, CustomerCommand,
        DashboardCommand, HistoryCommand, InvoiceCommand, MailCommand, MaintenanceCommand,
        PlanCommand, ProductCommand, ProgramCommand, RunCommand, ScheduleCommand, SignInCommand,
        StopCommand, TestConnection,
    },
};

/// Lets a request pass, or refuses it.
pub(super) fn admit(request: &Request) -> Result<(), Refusal> {
    let Rule { right, changes } = rule(&request.command);
    if changes && request.actor.read_only {
        return Err(Refusal::read_only());
    }
    if !request.actor.role.may(right) {
        return Err(Refusal::no_right(request.actor.role, right));
    }
    Ok(())
}

/// What a command needs.
struct Rule {
    right: Right,
    /// Whether it changes anything here or in another system. What was read and is only remembered for the screen is no
    /// change.
    changes: bool,
}

const fn looks(right: Right) -> Rule {
    Rule { right, changes: false }
}

const fn changes(right: Right) -> Rule {
    Rule { right, changes: true }
}

/// The table: command by command, with the right that it needs.
#[expect(clippy::too_many_lines, reason = "one table for all commands")]
fn rule(command: &Command) -> Rule {
    use Right::{Administer, Operate, View};
    match command {
        Command::Connection(command) => match command {
            ConnectionCommand::SaveConnection(_)
            | ConnectionCommand::GenerateCredentials(_)
            | ConnectionCommand::ConfirmEnvironments(_)
            | ConnectionCommand::ChooseAgreements(_) => changes(Administer),
            // What is typed leads anywhere; what is saved has been looked at by whoever may save.
            ConnectionCommand::TestConnection(TestConnection { draft: Some(_), .. }) => {
                looks(Administer)
            }
            ConnectionCommand::TestConnection(TestConnection { draft: None, .. }) => looks(Operate),
            ConnectionCommand::Connections(_) | ConnectionCommand::UseTarget(_) => looks(View),
        },
        Command::SignIn(command) => match command {
            SignInCommand::AwaitCredentials(_) => changes(Administer),
        },
        Command::Program(command) => match command {
            ProgramCommand::SetProgram(_) => changes(Administer),
            ProgramCommand::Program(_) => looks(View),
        },
        Command::Customer(command) => match command {
            CustomerCommand::Map(_)
            | CustomerCommand::AutoMap(_)
            | CustomerCommand::Unmap(_)
            | CustomerCommand::SetSync(_)
            | CustomerCommand::Note(_)
            | CustomerCommand::ChooseService(_)
            | CustomerCommand::ChooseRow(_)
            | CustomerCommand::ImportCustomers(_) => changes(Operate),
            CustomerCommand::Customers(_)
            | CustomerCommand::Suggest(_)
            | CustomerCommand::Companies(_)
            | CustomerCommand::RankCompanies(_)
            | CustomerCommand::Contracts(_)
            | CustomerCommand::ContractServices(_) => looks(View),
        },
        Command::Product(command) => match command {
            ProductCommand::Pin(_) | ProductCommand::Unpin(_) | ProductCommand::Adopt(_) => {
                changes(Operate)
            }
            ProductCommand::Products(_)
            | ProductCommand::Services(_)
            | ProductCommand::InvoicedPrices(_) => looks(View),
        },
        Command::Plan(command) => match command {
            PlanCommand::Plan(_) => looks(View),
        },
        Command::Run(command) => match command {
            RunCommand::Sync(_) | RunCommand::Resume(_) => changes(Operate),
        },
        Command::Stop(command) => match command {
            StopCommand::Cancel(_) => looks(Operate),
            StopCommand::GiveUpSignIn(_) => looks(Administer),
            StopCommand::GiveUp(_) | StopCommand::Leave(_) => looks(View),
        },
        Command::History(command) => match command {
            HistoryCommand::DismissRetry(_) | HistoryCommand::RestoreRetry(_) => changes(Operate),
            HistoryCommand::Runs(_)
            | HistoryCommand::Run(_)
            | HistoryCommand::RunSoFar(_)
            | HistoryCommand::History(_)
            | HistoryCommand::Chart(_)
            | HistoryCommand::CustomerPage(_)
            | HistoryCommand::Retries(_) => looks(View),
        },
        Command::Invoice(command) => match command {
            InvoiceCommand::AcceptDifference(_)
            | InvoiceCommand::AcceptCurrency(_)
            | InvoiceCommand::TreatInvoice(_)
            | InvoiceCommand::DismissInvoice(_) => changes(Operate),
            InvoiceCommand::Invoices(_) | InvoiceCommand::Invoice(_) => looks(View),
        },
        Command::Dashboard(command) => match command {
            DashboardCommand::Acknowledge(_) | DashboardCommand::ShowAgain(_) => changes(Operate),
            DashboardCommand::Status(_) => looks(View),
        },
        Command::Maintenance(command) => match command {
            MaintenanceCommand::SetPassphrase(_) | MaintenanceCommand::Lock(_) => {
                changes(Administer)
            }
            MaintenanceCommand::Unlock(_)
            | MaintenanceCommand::Backup(_)
            | MaintenanceCommand::Beat(_) => looks(Administer),
            // It has the log and the settings of whoever set the installation up.
            MaintenanceCommand::SupportBundle(_) => looks(Operate),
            MaintenanceCommand::Doctor(_)
            | MaintenanceCommand::Metrics(_)
            | MaintenanceCommand::Settings(_)
            | MaintenanceCommand::ExportRuns(_)
            | MaintenanceCommand::ExportCustomers(_)
            | MaintenanceCommand::ExportLedger(_)
            | MaintenanceCommand::Vault(_) => looks(View),
        },
        Command::Audit(command) => match command {
            AuditCommand::Audit(_) | AuditCommand::VerifyAudit(_) => looks(View),
        },
        Command::Mail(command) => match command {
            MailCommand::SetMailSecret(_) | MailCommand::TestMail(_) => changes(Administer),
            MailCommand::Mail(_) => looks(View),
        },
        Command::Schedule(command) => match command {
            ScheduleCommand::PauseSchedule(_)
            | ScheduleCommand::ResumeSchedule(_)
            | ScheduleCommand::RunNow(_) => changes(Administer),
            ScheduleCommand::Schedule(_) => looks(View),
        },
        Command::Approval(command) => of_waiting(command),
    }
}

/// The same of plans that wait.
fn of_waiting(command: &ApprovalCommand) -> Rule {
    use Right::{Administer, View};
    match command {
        // Whoever sets things up may let a plan pass alone, where that cannot wait; everybody is told.
        ApprovalCommand::Approve(Approve { break_glass: true, .. })
        | ApprovalCommand::CarryOutApproved(_) => changes(Administer),
        ApprovalCommand::Approve(_) | ApprovalCommand::Reject(_) => changes(Right::Approve),
        ApprovalCommand::Approvals(_) | ApprovalCommand::Approval(_) => looks(View),
    }
}

#[cfg(test)]
mod tests;
