//! One invoice at work: the plans of its contracts, made from what was observed of them.
//!
//! It must not hold more than one group at a time (design 5), or write.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{
        Code, CompanyId, ContractId, Currency, Day, LineId, Money, Thing,
        line::WrittenLine,
        outcome::Finding,
        target::{CompanyTrouble, Contract, PresentContract},
        terms::Terms,
    },
    engine::sync::{
        application::Application,
        guards::{Suspect, Watch},
        outcome::customer_rows::Account,
        pipeline::contract_writes::{ContractPlanner, ContractWork},
        saved_plan::Saved,
        snapshot::Snapshot,
        work_list::WorkItem,
        writing::{
            journal::Entry,
            progress::Progress,
            writer::{Halt, Writer},
        },
    },
    planning::{
        ContractGroup, ContractMemory, ContractPlan, ContractRequest,
        company_trouble::company_trouble, contract::Retry as RetryOnly, plan_contract,
        refuse_contract,
    },
    psa::Surroundings,
};

/// An invoice at work.
#[derive(Clone, Copy)]
pub(crate) struct InvoiceWork<'a> {
    pub(crate) desk: &'a Writer<'a>,
    /// What was read for the whole walk.
    pub(crate) observed: &'a Snapshot,
    pub(crate) item: &'a WorkItem,
    /// The saved plan that is carried out: what is planned otherwise is not written.
    pub(crate) guard: Option<&'a Saved>,
    /// What keeps a bill that looks wrong from being written unseen; none where somebody has looked.
    pub(crate) watch: Option<&'a Watch>,
    /// Whether somebody has looked at what is to be written.
    pub(crate) looked_at: bool,
}

/// One contract, as planning needs it.
pub(crate) struct Observation {
    pub(crate) application: Application,
    /// None where it is not there any more, or cannot be understood.
    pub(crate) present: Option<PresentContract>,
    pub(crate) memory: ContractMemory,
    pub(crate) progress: Progress,
    /// What is wrong with its company.
    pub(crate) trouble: Option<CompanyTrouble>,
}

/// One contract of a group, planned.
pub(crate) struct Prepared<'a> {
    /// What the invoice bills on it.
    pub(crate) group: &'a ContractGroup,
    /// What is remembered of it.
    pub(crate) memory: ContractMemory,
    pub(crate) state: ContractState<'a>,
    /// What a guard has found.
    pub(crate) suspect: Option<Suspect>,
    /// Why a guard holds it, and what it is about in money.
    pub(crate) held: Option<(Finding, Money)>,
}

/// Whether a contract can be worked on.
pub(crate) enum ContractState<'a> {
    /// It can, unless its plan is refused as a whole.
    Open(Box<ContractWork<'a>>),
    /// It cannot.
    Closed(Box<ContractPlan>, Box<Progress>),
    /// The run was stopped before it came to it; an earlier attempt may have.
    Unreached(Box<ContractPlan>, Box<Progress>),
}

impl<'a> ContractState<'a> {
    pub(crate) fn closed(plan: ContractPlan, progress: Progress) -> Self {
        Self::Closed(Box::new(plan), Box::new(progress))
    }

    pub(crate) fn plan(&self) -> &ContractPlan {
        match self {
            Self::Open(work) => &work.plan,
            Self::Closed(plan, _) | Self::Unreached(plan, _) => plan,
        }
    }

    pub(crate) fn work(&mut self) -> Option<&mut ContractWork<'a>> {
        match self {
            Self::Open(work) => Some(work),
            Self::Closed(..) | Self::Unreached(..) => None,
        }
    }
}

impl Prepared<'_> {
    /// What became of it.
    pub(crate) fn account<'b>(
        &'b self,
        invoice: &'b InvoiceWork<'_>,
        stopped: bool,
    ) -> Account<'b> {
        let (progress, unsent) = match &self.state {
            ContractState::Open(work) => (&work.progress, work.unsent()),
            ContractState::Closed(_, progress) | ContractState::Unreached(_, progress) => {
                (&**progress, BTreeMap::new())
            }
        };
        let reached = !matches!(self.state, ContractState::Unreached(..));
        let (run, plan) = (invoice.desk.run, self.state.plan());
        let account = Account {
            run,
            invoice: &invoice.item.invoice,
            plan,
            progress,
            unsent,
            reached,
            stopped,
        };
        let read_back = match &self.state {
            ContractState::Open(work) => !work.wrote() || !work.must_be_read(),
            ContractState::Closed(..) | ContractState::Unreached(..) => true,
        };
        // The stop was about others: this one is done with.
        let stopped = stopped && !(read_back && account.is_complete());
        Account { stopped, ..account }
    }
}

impl<'a> InvoiceWork<'a> {
    /// Under no saved plan and no guard.
    pub(crate) fn new(desk: &'a Writer<'a>, observed: &'a Snapshot, item: &'a WorkItem) -> Self {
        Self { desk, observed, item, guard: None, watch: None, looked_at: false }
    }

    /// What goes on, in words.
    pub(crate) fn telling(&self, what: &str) -> String {
        format!("{what} for invoice {}", self.item.invoice.number)
    }

    /// Reads contracts in one list, from that day on.
    pub(crate) async fn read(
        &self,
        contracts: &[ContractId],
        from: Day,
    ) -> Result<BTreeMap<ContractId, PresentContract>, Halt> {
        if contracts.is_empty() {
            return Ok(BTreeMap::new());
        }
        let read = self.desk.present(contracts, from).await;
        let read = read.map_err(|halt| self.desk.stop(halt))?;
        Ok(read.into_iter().map(|present| (present.contract.id, present)).collect())
    }

    /// What is wrong with the companies of those groups that the invoice is to be applied to.
    pub(crate) async fn troubled_companies(
        &self,
        groups: &[ContractGroup],
    ) -> Result<BTreeMap<CompanyId, CompanyTrouble>, Halt> {
        let due = groups.iter().flat_map(|group| &group.tenants).filter(|tenant| tenant.due);
        let companies: BTreeSet<CompanyId> = due.map(|tenant| tenant.company).collect();
        if companies.is_empty() {
            return Ok(BTreeMap::new());
        }
        let read = self.desk.target.troubled_companies(&companies).await;
        read.map_err(|error| self.desk.stop(error.into()))
    }

    /// Plans the contracts of a group, each from what was observed of it.
    pub(crate) fn plan(
        &self,
        groups: &'a [ContractGroup],
        observed: Vec<Observation>,
    ) -> Vec<Prepared<'a>> {
        groups
            .iter()
            .zip(observed)
            .map(|(group, observed)| self.plan_one(group, observed))
            .collect()
    }

    fn plan_one(&self, group: &'a ContractGroup, observed: Observation) -> Prepared<'a> {
        let Observation { application, present, memory, progress, trouble } = observed;
        let Some(present) = present else {
            let plan = refuse_contract(group, self.item.month, &missing(self.desk, &application));
            let plan = plan.in_terms(Terms::of(self.desk.target.kind()));
            let state = ContractState::closed(plan, progress);
            return Prepared { group, memory, state, suspect: None, held: None };
        };
        let planner = self.planner(group, memory.clone(), trouble);
        let work = ContractWork::new(self.desk, planner, application, present, progress);
        let suspect = self.watch.and_then(|watch| {
            let equipment = self.desk.equipment;
            watch.suspect(equipment, group, self.item, &work.plan, &memory, &work.progress)
        });
        let state = ContractState::Open(Box::new(work));
        Prepared { group, memory, state, suspect, held: None }
    }

    /// Which invoice goes to which contract.
    pub(crate) fn application(&self, group: &ContractGroup, from: Day) -> Application {
        let first = group.tenants.first();
        Application {
            contract: group.contract,
            name: first.map_or_else(
                || Terms::of(self.desk.target.kind()).fill("contract {}", &[&group.contract]),
                |tenant| format!("{}, {}", tenant.company_name, tenant.contract_name),
            ),
            customers: group
                .tenants
                .iter()
                .map(|tenant| (tenant.tenant.clone(), tenant.customer_name.clone()))
                .collect(),
            invoice: self.item.invoice.id.clone(),
            invoice_number: self.item.invoice.number.clone(),
            month: self.item.month,
            from,
        }
    }

    /// Plans a contract from what is there and what was begun.
    fn planner(
        &self,
        group: &'a ContractGroup,
        memory: ContractMemory,
        trouble: Option<CompanyTrouble>,
    ) -> ContractPlanner<'a> {
        let warnings: Vec<Finding> =
            trouble.into_iter().map(|trouble| of_company(group, trouble)).collect();
        let (target, month) = (self.desk.target.clone(), self.item.month);
        let policies = self.desk.equipment.policies;
        let (surroundings, retry) = (&self.observed.surroundings, self.only_listed(group));
        let recheck = self.item.recheck;
        let (installation, connection) =
            (self.desk.equipment.store.installation(), &self.desk.connection);
        let intent = format!("{installation}/{connection}/{}", self.item.invoice.id);
        let currency = self.item.invoice.currency.clone();
        let today = self.desk.equipment.clock.today();
        let terms = Terms::of(target.kind());
        Box::new(move |present, progress| {
            if let Some(odd) = &present.odd {
                return refuse_contract(group, month, odd).in_terms(terms);
            }
            if let Some(other) = other_currency(&present.contract, currency.as_ref()) {
                return refuse_contract(group, month, &other).in_terms(terms);
            }
            let memory = begun(&memory, progress);
            let own;
            let shifts: Vec<_> = memory.shifts.iter().copied().chain(progress.shifts()).collect();
            let lined = target.rules().tells_own_writes();
            let surroundings = if progress.taken.is_empty() && shifts.is_empty() && !lined {
                surroundings
            } else {
                let taken = progress.taken.iter().copied().collect();
                let written = written_lines(&memory.written, &progress.entries).into_iter();
                let written = written.map(|line| line.as_priced_by(group.pricing)).collect();
                let intent = intent.clone();
                own = Surroundings { taken, shifts, intent, written, ..surroundings.clone() };
                &own
            };
            let request = ContractRequest {
                group,
                month,
                today,
                present,
                memory: &memory,
                surroundings,
                policies: &policies,
                retry: retry.as_ref(),
                recheck,
            };
            let plan = plan_contract(&request, target.rules());
            ContractPlan { warnings: warnings.clone(), ..plan }.in_terms(terms)
        })
    }

    /// A contract on which nothing is due, and that the operator does not want planned again, is planned only for its retry
    /// list, and for what came late of our own writes.
    fn only_listed(&self, group: &ContractGroup) -> Option<RetryOnly> {
        let again = self.item.again.contains(&group.contract);
        let due = group.tenants.iter().any(|tenant| tenant.due);
        let listed = self.item.retries.get(&group.contract);
        if due || again && self.item.recheck || !again && listed.is_none() {
            return None;
        }
        let all = || listed.into_iter().flatten();
        let whole = || all().filter(|retry| !retry.takes_back);
        Some(RetryOnly {
            services: whole().filter_map(|retry| retry.service).collect(),
            // Those of a known service too: the operator may have pinned their product to another one since.
            subscriptions: whole().flat_map(|retry| retry.subscriptions.iter().cloned()).collect(),
            late: again || all().any(|retry| retry.takes_back),
        })
    }
}

/// What was written to lines before, with what this application has written since.
pub(super) fn written_lines(known: &[WrittenLine], entries: &[Entry]) -> Vec<WrittenLine> {
    let mut all: BTreeMap<LineId, WrittenLine> =
        known.iter().map(|line| (line.id, line.clone())).collect();
    for entry in entries {
        let known = entry.written_to().and_then(|line| all.get(&line));
        if let Some(left) = entry.written_line(known) {
            all.insert(left.id, left);
        }
    }
    all.into_values().collect()
}

/// What is remembered, with what this application has begun: where it started, and what it has written.
fn begun(memory: &ContractMemory, progress: &Progress) -> ContractMemory {
    let mut memory = ContractMemory { baselines: progress.baselines(), ..memory.clone() };
    memory.chosen.extend(progress.chosen.iter().map(|(service, row)| (*service, *row)));
    memory
}

/// What is said of the company of a group.
fn of_company(group: &ContractGroup, trouble: CompanyTrouble) -> Finding {
    let name = group.tenants.first().map_or("", |tenant| tenant.company_name.as_str());
    let customers: Vec<&str> = group.tenants.iter().map(|one| one.domain.as_str()).collect();
    company_trouble(name, &customers.join(" and "), trouble)
}

/// Why a contract is not among those that were read: its row cannot be understood, or it is gone.
fn missing(desk: &Writer<'_>, application: &Application) -> Finding {
    let odd = desk.target.odd();
    let own = odd.into_iter().find(|row| row.is(Thing::Contract, application.contract.0));
    own.map_or_else(|| gone(&application.name), |row| row.finding)
}

/// A contract that bills in another currency than the invoice: its figures would be taken for that money.
fn other_currency(contract: &Contract, invoice: Option<&Currency>) -> Option<Finding> {
    let (bills, invoice) = (contract.currency.as_ref()?, invoice?);
    (bills != invoice).then(|| {
        let name = &contract.name;
        Finding::new(
            Code::ContractKind,
            format!("“{name}” ({}) bills in {bills}, the invoice is in {invoice}.", contract.id),
            "Link the customer to a contract in the invoice's currency.",
        )
    })
}

/// The contract is not there any more.
fn gone(name: &str) -> Finding {
    Finding::new(
        Code::ContractGone,
        format!("The contract of {name} is no longer in the PSA."),
        "Link the customer to another contract.",
    )
}
