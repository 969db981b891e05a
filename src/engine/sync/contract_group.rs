//! A group of contracts with one invoice: read together, written side by side, read back together, recorded.
//!
//! It must not hold more than one group at a time (design 5).

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};

use crate::{
    domain::{
        Code, ContractId, Day, Money, outcome::Finding, policy::GuardMode, run::CustomerRow,
        target::PresentContract,
    },
    engine::{
        protocol::{Happening, ItemState, Phase},
        sync::{
            contract::{Errand, Planner, Work},
            guards::{Suspect, Watch},
            outcome::account::Account,
            plan_rows::contract_row,
            saved_plan::Saved,
            snapshot::{Observed, contract_memory},
            work_list::Item,
            writing::{
                price_readings::settle_shown,
                progress::Progress,
                writer::{Desk, Halt},
            },
        },
    },
    planning::{
        ContractGroup, ContractMemory, ContractPlan, ContractRequest,
        contract::{Retry as RetryOnly, read_from},
        plan_contract, refuse_contract, unplanned_contract,
    },
    psa::Surroundings,
};

/// So many contracts are read in one list (sync-rules 8.5).
pub const TOGETHER: usize = 200;

/// An invoice at work.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The run.
    pub desk: &'a Desk<'a>,
    /// What was read for the whole run.
    pub observed: &'a Observed,
    /// The invoice.
    pub item: &'a Item,
    /// The saved plan that is carried out: what is planned otherwise is not written.
    pub guard: Option<&'a Saved>,
    /// What keeps a bill that looks wrong from being written unseen; none where somebody has looked.
    pub watch: Option<&'a Watch>,
    /// Whether somebody has looked at what is to be written.
    pub looked_at: bool,
}

/// One contract of a group, ready to be worked on.
pub struct Prepared<'a> {
    /// What the invoice bills on it.
    pub group: &'a ContractGroup,
    /// What is remembered of it.
    pub memory: ContractMemory,
    /// What it comes to.
    pub kind: Kind<'a>,
    /// Why a guard holds it, and what it is about in money.
    pub held: Option<(Finding, Money)>,
}

/// Whether a contract can be worked on.
pub enum Kind<'a> {
    /// It can.
    Open(Box<Work<'a>>),
    /// It is refused as a whole.
    Closed(Box<ContractPlan>, Box<Progress>),
    /// The run was stopped before it came to it; an earlier attempt may have.
    Unreached(Box<ContractPlan>, Box<Progress>),
}

impl Prepared<'_> {
    /// What became of it.
    #[must_use]
    pub fn account<'b>(&'b self, scene: &'b Scene<'_>, stopped: bool) -> Account<'b> {
        let (plan, progress, unsent) = match &self.kind {
            Kind::Open(work) => (&work.plan, &work.progress, work.unsent()),
            Kind::Closed(plan, progress) | Kind::Unreached(plan, progress) => {
                (&**plan, &**progress, BTreeMap::new())
            }
        };
        let (run, invoice) = (scene.desk.run, &scene.item.invoice);
        let reached = !matches!(self.kind, Kind::Unreached(..));
        Account { run, invoice, plan, progress, unsent, reached, stopped }
    }
}

impl<'a> Scene<'a> {
    /// Reads and plans the contracts of a group.
    pub async fn prepare(&self, groups: &'a [ContractGroup]) -> Result<Vec<Prepared<'a>>, Halt> {
        let scene = *self;
        self.phase(Phase::Observing, "reading contracts");
        let from = groups.iter().map(|group| read_from(group, self.item.month)).min();
        let from = from.unwrap_or(self.item.month.first_day());
        let present = self.read(groups.iter().map(|group| group.contract), from).await?;
        let mut present: BTreeMap<ContractId, PresentContract> =
            present.into_iter().map(|present| (present.contract.id, present)).collect();
        self.phase(Phase::Planning, "planning");
        let mut prepared = Vec::with_capacity(groups.len());
        for group in groups {
            let read = present.remove(&group.contract);
            prepared.push(scene.prepare_one(group, read, from).await?);
        }
        Ok(prepared)
    }

    async fn read(
        &self,
        contracts: impl Iterator<Item = ContractId>,
        from: Day,
    ) -> Result<Vec<PresentContract>, Halt> {
        let contracts: Vec<ContractId> = contracts.collect();
        let read = self.desk.present(&contracts, from).await;
        read.map_err(|halt| self.desk.stop(halt))
    }

    async fn prepare_one(
        &self,
        group: &'a ContractGroup,
        present: Option<PresentContract>,
        from: Day,
    ) -> Result<Prepared<'a>, Halt> {
        let (equipment, month) = (self.desk.equipment, self.item.month);
        let errand = self.errand(group, from);
        let memory = contract_memory::of(equipment, group.contract, month).await?;
        let mut memory = self.item.remembered(memory);
        let mut progress = contract_memory::progress(equipment, &errand).await?;
        let Some(present) = present else {
            let plan = refuse_contract(group, month, &missing(self.desk, &errand));
            let kind = Kind::Closed(Box::new(plan), Box::new(progress));
            return Ok(Prepared { group, memory, kind, held: None });
        };
        if present.odd.is_none() {
            settle_shown(&mut memory, &present, self.desk.target.rules());
            self.desk.recognise_late(group.contract, &mut progress, (&present, from)).await?;
        }
        let planner = self.planner(group, memory.clone());
        let mut work = Work::new(self.desk, planner, errand, (present, progress));
        if let Some(watch) = self.watch
            && let Some(suspect) = self.suspect(watch, group, (&memory, &work))
        {
            if watch.mode == GuardMode::Hold {
                let plan = work.plan.hold(&suspect.finding);
                let kind = Kind::Closed(Box::new(plan), Box::new(work.progress));
                let held = Some((suspect.finding, suspect.amount));
                return Ok(Prepared { group, memory, kind, held });
            }
            for service in suspect.services {
                work.progress.warn(service, std::slice::from_ref(&suspect.finding));
            }
        }
        let mut closed = work.plan.refused.is_some().then(|| work.plan.clone());
        if let Some(stale) = self.stale(&work) {
            closed = Some(refuse_contract(group, month, &stale));
        }
        if let Some(plan) = closed {
            let kind = Kind::Closed(Box::new(plan), Box::new(work.progress));
            return Ok(Prepared { group, memory, kind, held: None });
        }
        Ok(Prepared { group, memory, kind: Kind::Open(Box::new(work)), held: None })
    }

    fn suspect(
        &self,
        watch: &Watch,
        group: &ContractGroup,
        (memory, work): (&ContractMemory, &Work<'_>),
    ) -> Option<Suspect> {
        let planned = (&work.plan, memory, &work.progress);
        watch.suspect(self.desk.equipment, (group, self.item), planned)
    }

    /// Why a contract is not what the saved plan says, if so (design invariant 1).
    /// One to which this run has written already was compared before it did; what is left of it follows from that.
    fn stale(&self, work: &Work<'_>) -> Option<Finding> {
        let mut entries = work.progress.entries.iter();
        if entries.any(|entry| entry.run == self.desk.run && entry.stands()) {
            return None;
        }
        let now = contract_row(self.observed, self.item, &work.errand, &work.plan);
        let same = match self.guard?.row(&now.key) {
            Some(saved) => saved.same_as(&now),
            None => now.writes.is_empty() && now.refused.is_empty(),
        };
        (!same).then(|| {
            Finding::new(
                Code::PlanStale,
                format!("{} moved after the plan was compared: nothing was written.", now.name),
                "Make a new plan, look at it, and apply that.",
            )
        })
    }

    /// Contracts to which this invoice could not be applied as a whole.
    #[must_use]
    pub fn blocked(&self, prepared: &[Prepared<'_>], stopped: bool) -> Vec<ContractId> {
        let failed = prepared.iter().filter(|prepared| {
            // What a guard holds of a retry list stands in nobody's way.
            let only_listed =
                prepared.held.is_some() && prepared.group.tenants.iter().all(|one| !one.due);
            !only_listed && !prepared.account(self, stopped).is_applied()
        });
        failed.map(|prepared| prepared.group.contract).collect()
    }

    /// Which invoice goes to which contract.
    #[must_use]
    pub fn errand(&self, group: &ContractGroup, from: Day) -> Errand {
        let first = group.tenants.first();
        Errand {
            contract: group.contract,
            name: first.map_or_else(
                || format!("contract {}", group.contract),
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
    #[must_use]
    pub fn planner(&self, group: &'a ContractGroup, memory: ContractMemory) -> Planner<'a> {
        let (target, month) = (self.desk.target.clone(), self.item.month);
        let policies = self.desk.equipment.policies;
        let (surroundings, retry) = (&self.observed.surroundings, self.only_listed(group));
        let recheck = self.item.recheck;
        Box::new(move |present, progress| {
            if let Some(odd) = &present.odd {
                return refuse_contract(group, month, odd);
            }
            let memory = begun(&memory, progress);
            let own;
            let shifts: Vec<_> = memory.shifts.iter().copied().chain(progress.shifts()).collect();
            let surroundings = if progress.taken.is_empty() && shifts.is_empty() {
                surroundings
            } else {
                let taken = progress.taken.iter().copied().collect();
                own = Surroundings { services: surroundings.services.clone(), taken, shifts };
                &own
            };
            let request = ContractRequest {
                group,
                month,
                present,
                memory: &memory,
                surroundings,
                policies: &policies,
                retry: retry.as_ref(),
                recheck,
            };
            plan_contract(&request, target.rules())
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

    /// Contracts that the run did not come to: every one of them is accounted for, with what an earlier attempt wrote
    /// there.
    pub async fn unreached(&self, groups: &'a [ContractGroup]) -> Vec<Prepared<'a>> {
        let mut unreached = Vec::with_capacity(groups.len());
        for group in groups {
            let errand = self.errand(group, read_from(group, self.item.month));
            let progress = contract_memory::progress(self.desk.equipment, &errand).await;
            let plan = unplanned_contract(group, self.item.month);
            // A store that cannot be read any more is why the run breaks off, and said as such.
            let kind = Kind::Unreached(Box::new(plan), Box::new(progress.unwrap_or_default()));
            let memory = ContractMemory::default();
            unreached.push(Prepared { group, memory, kind, held: None });
        }
        unreached
    }

    /// Writes what is planned, and reads it back.
    ///
    /// # Errors
    /// Where the run stops: what was done by then is in the contracts all the same.
    pub async fn carry_out(&self, prepared: &mut [Prepared<'_>]) -> Result<(), Halt> {
        self.phase(Phase::Applying, "writing");
        self.write(prepared).await?;
        let wrote: Vec<ContractId> =
            works(prepared).filter(|work| work.wrote()).map(|work| work.errand.contract).collect();
        if !wrote.is_empty() {
            self.read_back(prepared, wrote).await?;
        }
        for prepared in prepared {
            let contract = prepared.group.contract;
            let due = prepared.group.tenants.iter().any(|tenant| tenant.due);
            if let Kind::Open(work) = &mut prepared.kind {
                work.verify_prices(due || self.item.retries.contains_key(&contract));
            }
        }
        Ok(())
    }

    async fn read_back(
        &self,
        prepared: &mut [Prepared<'_>],
        wrote: Vec<ContractId>,
    ) -> Result<(), Halt> {
        self.phase(Phase::Verifying, "reading back");
        let from = works(prepared).map(|work| work.errand.from).next();
        let Some(from) = from else { return Ok(()) };
        let mut now: BTreeMap<ContractId, PresentContract> = self
            .read(wrote.into_iter(), from)
            .await?
            .into_iter()
            .map(|present| (present.contract.id, present))
            .collect();
        for work in works(prepared) {
            let Some(now) = now.remove(&work.errand.contract) else { continue };
            if work.verify(now).await? {
                work.write().await?;
                work.reread().await?;
                let reading = work.present.clone();
                if work.verify(reading).await? {
                    work.give_up();
                }
            }
        }
        Ok(())
    }

    async fn write(&self, prepared: &mut [Prepared<'_>]) -> Result<(), Halt> {
        let side_by_side = self.desk.equipment.writers.max(1);
        let due = works(prepared).filter(|work| work.is_due());
        let written: Vec<Result<(), Halt>> =
            stream::iter(due).map(Work::write).buffer_unordered(side_by_side).collect().await;
        written.into_iter().collect()
    }

    /// Tells what goes on.
    pub fn phase(&self, phase: Phase, what: &str) {
        let text = format!("{what} for invoice {}", self.item.invoice.number);
        self.desk.equipment.emit(Happening::Phase { run: Some(self.desk.run), phase, text });
    }

    /// Tells where customers stand.
    pub fn tell(&self, rows: &[CustomerRow]) {
        for row in rows {
            let written = row.subscriptions.iter().flat_map(|bought| &bought.writes);
            let written = written.filter(|write| write.stands()).count();
            let error = || row.subscriptions.iter().find_map(|bought| bought.error.as_ref());
            let warning = || row.subscriptions.iter().flat_map(|bought| &bought.warnings).next();
            let first = row.error.as_ref().or_else(error).or_else(warning);
            self.desk.equipment.emit(Happening::Item {
                run: self.desk.run,
                kind: crate::domain::run::RunKind::Customers,
                key: row.tenant_id.to_string(),
                name: row.customer.clone(),
                state: ItemState::Done {
                    outcome: row.status,
                    writes: u32::try_from(written).unwrap_or(u32::MAX),
                    text: first.map(|finding| finding.text.clone()),
                },
            });
        }
    }
}

/// The contracts of a group that can be worked on.
fn works<'b, 'a>(prepared: &'b mut [Prepared<'a>]) -> impl Iterator<Item = &'b mut Work<'a>>
where
    'a: 'b,
{
    prepared.iter_mut().filter_map(|prepared| match &mut prepared.kind {
        Kind::Open(work) => Some(&mut **work),
        Kind::Closed(..) | Kind::Unreached(..) => None,
    })
}

/// What is remembered, with what this application has begun: where it started, and what it has written.
fn begun(memory: &ContractMemory, progress: &Progress) -> ContractMemory {
    let mut memory = ContractMemory { baselines: progress.baselines(), ..memory.clone() };
    memory.chosen.extend(progress.chosen.iter().map(|(service, row)| (*service, *row)));
    memory
}

/// Why a contract is not among those that were read: its row cannot be understood, or it is gone.
#[must_use]
pub fn missing(desk: &Desk<'_>, errand: &Errand) -> Finding {
    let odd = desk.target.odd();
    let own =
        odd.into_iter().find(|row| row.entity == "Contracts" && row.id == Some(errand.contract.0));
    own.map_or_else(|| gone(&errand.name), |row| row.finding)
}

/// The contract is not there any more.
fn gone(name: &str) -> Finding {
    Finding::new(
        Code::ContractGone,
        format!("The contract of {name} is no longer in the PSA."),
        "Map the customer to another contract.",
    )
}
