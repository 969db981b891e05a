//! What the engine answers: what was asked for, or why not.

use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        Code, Right, Role, Side,
        outcome::Finding,
        run::{RunHeader, RunReport},
        terms::Terms,
    },
    engine::protocol::{
        about::About,
        command::{
            customer::{ContractServices, Contracts, RankCompanies},
            history::{Chart, CustomerPage, History},
            product::InvoicedPrices,
            sync::Plan,
        },
    },
    engine::views::{
        AcceptedView, AuditVerdict, AuditView, ChartView, CompanyChoice, ConnectionView,
        ContractChoice, CustomerPageView, CustomerView, DeviceSignIn, DoctorView, HistoryView,
        ImportReport, InvoiceDetail, InvoiceView, Invoiced, LineView, LookView, MailView, PlanView,
        ProductView, ProgramView, RetryView, RowChoice, RunSoFar, ScheduleView, SettingView,
        StatusView, SuggestionView, TestView, VaultView, WaitingPlan, WaitingPlanDetail,
    },
};

/// What a command comes back as.
pub type Reply = Result<Answer, Refusal>;

/// What a command gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It is done; what to tell the operator.
    Done(String),
    /// For `command::Status`.
    Status(Box<StatusView>),
    /// For `command::Connections`.
    Connections(Vec<ConnectionView>),
    /// For `command::TestConnection`.
    Tested(Vec<TestView>),
    /// For `command::GenerateCredentials`.
    DeviceSignIn(DeviceSignIn),
    /// For `command::Program` and `command::SetProgram`.
    Program(Box<ProgramView>),
    /// For `command::Customers` and everything that changes mappings: the rows concerned.
    Customers(Vec<CustomerView>),
    /// For `command::AutoMap`.
    Accepted(AcceptedView),
    /// For `command::Suggest`.
    Suggestions(Vec<SuggestionView>),
    /// For `command::Companies`.
    Companies(Vec<crate::domain::target::Company>),
    /// For `command::RankCompanies`.
    RankedCompanies(About<RankCompanies, Vec<CompanyChoice>>),
    /// For `command::Contracts`.
    Contracts(About<Contracts, Vec<ContractChoice>>),
    /// For `command::ContractServices`.
    ContractServices(About<ContractServices, Vec<RowChoice>>),
    /// For `command::ImportCustomers`.
    Imported(ImportReport),
    /// For `command::Products` and links.
    Products(Vec<ProductView>),
    /// For `command::Services`.
    Services(Vec<crate::domain::product::Service>),
    /// For `command::InvoicedPrices`.
    InvoicedPrices(About<InvoicedPrices, Option<Invoiced>>),
    /// For `command::Plan`.
    Plan(About<Plan, Box<PlanView>>),
    /// For `command::Sync`, `command::Resume` and `command::Approve`: the runs made or finished (products, customers), each with its rows.
    Synced(Vec<RunReport>),
    /// For `command::Runs`.
    Runs(Vec<RunHeader>),
    /// For `command::Run`.
    Run(Box<RunReport>),
    /// For `command::History`.
    History(About<History, Vec<HistoryView>>),
    /// For `command::Chart`.
    Chart(About<Chart, Box<ChartView>>),
    /// For `command::CustomerPage`.
    CustomerPage(About<CustomerPage, Box<CustomerPageView>>),
    /// For `command::Invoices`.
    Invoices(Vec<InvoiceView>),
    /// For `command::Invoice`.
    Invoice(Box<InvoiceDetail>),
    /// For `command::RunSoFar`.
    RunSoFar(Option<Box<RunSoFar>>),
    /// For `command::Retries`.
    Retries(Vec<RetryView>),
    /// For `command::Mail`.
    Mail(Box<MailView>),
    /// For `command::Doctor`.
    Doctor(DoctorView),
    /// For `command::Settings`.
    Settings(Vec<SettingView>),
    /// For `command::ExportRuns`.
    ExportedRuns(Vec<RunReport>),
    /// For `command::ExportCustomers`.
    ExportedCustomers(Vec<CustomerView>),
    /// For `command::ExportLedger`.
    ExportedLedger(Vec<LineView>),
    /// For `command::SupportBundle`: file names and contents.
    Bundle(Vec<(String, String)>),
    /// For `command::Vault`.
    Vault(VaultView),
    /// For `command::Audit`.
    Audit(Vec<AuditView>),
    /// For `command::VerifyAudit`.
    AuditVerified(AuditVerdict),
    /// For `command::Schedule` and what changes it.
    Schedule(Box<ScheduleView>),
    /// For `command::Approvals`.
    WaitingPlans(Vec<WaitingPlan>),
    /// For `command::Approval` and `command::Reject`.
    WaitingPlan(Box<WaitingPlanDetail>),
    /// For `command::RunNow`.
    Looked(Box<LookView>),
}

/// Why a command was not carried out. Nothing was changed, but for the run that was finished first, if one was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{finding}")]
pub struct Refusal {
    /// What kind, so that the command line knows its exit code.
    pub kind: RefusalKind,
    /// What, where, what to do.
    pub finding: Finding,
    /// Closest names, when a name was not found.
    #[serde(default)]
    pub suggestions: Vec<String>,
    /// Whose credentials were refused, where that is why.
    #[serde(default)]
    pub refused_by: Option<Side>,
    /// Runs that were finished before, and ended whatever this is a refusal of (sync-rules 8.6).
    #[serde(default, skip_serializing_if = "<[RunReport]>::is_empty")]
    pub finished: Box<[RunReport]>,
}

/// Kinds of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalKind {
    /// Wrong as typed (exit 64).
    Malformed,
    /// A look-up failed, or it could not be done (exit 1).
    Failed,
    /// Another run is on, or another process works on this data (exit 75).
    Busy,
    /// Not with `--read-only` (exit 1).
    ReadOnly,
    /// The role has no right to it (exit 1).
    NoRight,
    /// The vault is locked: ask for the passphrase, unlock, try again (exit 1).
    Locked,
    /// Nothing was written: it waits until somebody else has looked at it (exit 3).
    Waits,
    /// The operator cancelled (exit 4).
    Cancelled,
}

impl Refusal {
    /// The same, told in these terms. Names that it tells are quoted.
    pub(crate) fn in_terms(mut self, terms: Terms) -> Self {
        terms.retell_finding(&mut self.finding, &[]);
        self
    }

    /// Puts one together.
    #[must_use]
    pub fn new(kind: RefusalKind, finding: Finding) -> Self {
        Self { kind, finding, suggestions: Vec::new(), refused_by: None, finished: Box::default() }
    }

    /// For an answer that belongs to another command.
    pub(crate) fn unexpected() -> Self {
        let text = "The engine gave an unexpected answer.";
        let finding = Finding::new(Code::UnexpectedAnswer, text, "Report this.");
        Self::new(RefusalKind::Failed, finding)
    }

    /// The same after these runs, which it speaks of: what they wrote is written.
    #[must_use]
    pub fn after(mut self, finished: Vec<RunReport>) -> Self {
        let wrote = finished.iter().filter(|report| report.header.counts.writes > 0);
        let told = wrote.map(|report| {
            let RunHeader { id, counts, .. } = &report.header;
            let sent = counts.sent_words();
            format!("Run {id}, which was cut off, was finished first: {sent}. ")
        });
        let told: String = told.collect();
        if !told.is_empty() {
            self.finding.text.insert_str(0, &told);
            let advice = self.finding.advice.replacen(
                "Nothing was written.",
                "Nothing else was written.",
                1,
            );
            self.finding.advice = advice;
        }
        self.finished = finished.into();
        self
    }

    /// Where the role has no right to it.
    #[must_use]
    pub fn no_right(role: Role, right: Right) -> Self {
        let text = format!("The role “{role}” may not do this: it needs “{}”.", right.held_by());
        let advice = "Whoever administers this host decides who is in which group.";
        Self::new(RefusalKind::NoRight, Finding::new(Code::NoRight, text, advice))
    }

    /// Where only looking is allowed.
    #[must_use]
    pub fn read_only() -> Self {
        let finding = Finding::new(
            Code::ReadOnly,
            "This was started with --read-only, or its data directory can only be read: nothing is changed.",
            "Start without --read-only, as a user who can write there, to change something.",
        );
        Self::new(RefusalKind::ReadOnly, finding)
    }
}
