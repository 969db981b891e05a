//! One invoice on one contract: its writes, one at a time, and planning anew from what is there whenever
//! something did not go as planned.
//!
//! It must not read other contracts or decide what is wanted: that is asked of the [`ContractPlanner`].

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{
        Code, ContractServiceId, Day, Money, ServiceId, TenantId,
        operation::{Operation, PriceStep},
        outcome::{Finding, Outcome},
        run::RunKind,
        target::{PresentContract, PresentService},
        terms::Terms,
    },
    engine::{
        protocol::{
            Happening, ItemState,
            live_run::{
                ChangeId, ChangeState, LiveChange, LiveOutcome, LiveSubscription, SetPrice,
            },
        },
        sync::{
            application::Application,
            writing::{
                journal::{Entry, WriteResult},
                price_readings::Reading,
                progress::Progress,
                settle::{ReadBack, unconfirmed},
                writer::{Halt, Writer, nothing},
            },
        },
    },
    planning::{ContractPlan, PlannedOperation, ServicePlan, partner},
    psa::RowState,
    store::Batch,
};

/// Makes the plan of a contract from what is there and what was begun. Pure.
pub(crate) type ContractPlanner<'a> =
    Box<dyn Fn(&PresentContract, &Progress) -> ContractPlan + Send + Sync + 'a>;

/// A contract at work.
pub(crate) struct ContractWork<'a> {
    /// What it does.
    pub application: Application,
    /// What is there, as last read.
    pub present: PresentContract,
    /// What was done so far.
    pub progress: Progress,
    /// What is to be written, by the last planning.
    pub plan: ContractPlan,
    /// The prices of this application that were looked for in what was read last, by service.
    pub verified: BTreeMap<ServiceId, Vec<PriceStep>>,
    desk: &'a Writer<'a>,
    planner: ContractPlanner<'a>,
    sent: BTreeMap<ServiceId, usize>,
    /// Whether anything was written whose answer does not tell what stands now.
    unread: bool,
    /// How many changes were last told to be left.
    told_left: usize,
    /// A change that does not stand, until it is told together with what becomes of its service by that.
    untold: Option<LiveChange>,
}

/// How often a contract is planned anew before the rest is left to the retry list.
const ROUNDS: u32 = 8;

enum Pass {
    Finished,
    Anew,
}

impl<'a> ContractWork<'a> {
    /// Plans it for the first time.
    pub(crate) fn new(
        desk: &'a Writer<'a>,
        planner: ContractPlanner<'a>,
        application: Application,
        present: PresentContract,
        progress: Progress,
    ) -> Self {
        let plan = planner(&present, &progress);
        let (sent, verified) = (BTreeMap::new(), BTreeMap::new());
        let mut work = Self {
            application,
            present,
            progress,
            plan,
            verified,
            desk,
            planner,
            sent,
            unread: false,
            told_left: 0,
            untold: None,
        };
        work.note_warnings();
        work
    }

    fn replan(&mut self) {
        self.plan = (self.planner)(&self.present, &self.progress);
        self.sent.clear();
        self.note_warnings();
        self.tell_planned();
    }

    fn note_warnings(&mut self) {
        for plan in &self.plan.services {
            self.progress.warn(plan.service, &plan.warnings);
            self.progress.note(plan.service, &plan.notes);
        }
    }

    /// Whether there is anything to write.
    pub(crate) fn is_due(&self) -> bool {
        self.plan.services.iter().any(|plan| self.sendable(plan))
    }

    /// How many writes are planned that can be sent.
    pub(crate) fn to_send(&self) -> usize {
        let due = self.plan.services.iter().filter(|plan| self.sendable(plan));
        due.map(|plan| plan.operations.len()).sum()
    }

    /// Whether this application wrote anything that must be read back.
    pub(crate) fn wrote(&self) -> bool {
        self.progress.entries.iter().any(|entry| entry.run == self.desk.run)
    }

    /// Whether what it wrote shows only where it is read again (sync-rules 8.2, 10.12).
    pub(crate) fn must_be_read(&self) -> bool {
        self.unread
    }

    fn sendable(&self, plan: &ServicePlan) -> bool {
        plan.refused.is_none()
            && !plan.operations.is_empty()
            && !self.progress.failed.contains_key(&plan.service)
    }

    /// Writes all that is to be written.
    ///
    /// # Errors
    /// Where the run stops; what was not sent by then is in [`ContractWork::unsent`].
    pub(crate) async fn write(&mut self) -> Result<(), Halt> {
        let written = self.write_rounds().await;
        if self.untold.is_some() {
            self.tell_left(Vec::new());
        }
        written
    }

    async fn write_rounds(&mut self) -> Result<(), Halt> {
        for _ in 0..ROUNDS {
            match self.pass().await? {
                Pass::Finished => return Ok(()),
                Pass::Anew => self.replan(),
            }
        }
        let rest: Vec<ServiceId> = self.rest();
        for service in rest {
            self.fail(service, unconfirmed("It kept changing while it was written."));
        }
        Ok(())
    }

    fn rest(&self) -> Vec<ServiceId> {
        let due = self.plan.services.iter().filter(|plan| self.sendable(plan));
        due.map(|plan| plan.service).collect()
    }

    /// What was planned last and not sent, by service.
    pub(crate) fn unsent(&self) -> BTreeMap<ServiceId, Vec<Operation>> {
        let rest = |plan: &ServicePlan| {
            let sent = self.sent.get(&plan.service).copied().unwrap_or_default();
            let rest = plan.operations.iter().skip(sent);
            rest.map(|planned| planned.operation.clone()).collect::<Vec<_>>()
        };
        let all = self.plan.services.iter().map(|plan| (plan.service, rest(plan)));
        all.filter(|(_, rest)| !rest.is_empty()).collect()
    }

    async fn pass(&mut self) -> Result<Pass, Halt> {
        for plan in self.plan.services.clone() {
            if !self.sendable(&plan) || self.stays(&plan) {
                continue;
            }
            if let Pass::Anew = self.write_service(&plan).await? {
                return Ok(Pass::Anew);
            }
        }
        Ok(Pass::Finished)
    }

    /// Whether a service keeps its seats because one that they move to failed (sync-rules 1.8): they are billed once.
    fn stays(&mut self, plan: &ServicePlan) -> bool {
        let problem = plan.moves_to.iter().find_map(|to| self.progress.failed.get(to));
        let Some(problem) = problem.map(partner) else { return false };
        self.fail(plan.service, problem);
        true
    }

    async fn write_service(&mut self, plan: &ServicePlan) -> Result<Pass, Halt> {
        let mut known = RowState::of_row(self.row(plan.contract_service));
        let mut row = plan.contract_service;
        for planned in &plan.operations {
            let operation = planned.operation.clone().on_row(row);
            let mut change = self.change(plan.service, self.sent_of(plan.service), planned);
            let mut entry = self.entry(plan.service, operation, known.clone(), planned);
            let beside = self.beside(&entry, plan.service, &known);
            self.desk.intend(&entry, beside).await?;
            // Intended, it counts as sent: it stands in the journal, and no more among what was not sent.
            *self.sent.entry(plan.service).or_default() += 1;
            self.tell_sent(&mut change);
            let sent = self.desk.send(&mut entry, &nothing).await;
            self.progress.remember(&entry);
            self.tell_result(&mut change, &entry, sent.is_err());
            sent?;
            match &entry.result {
                Some(WriteResult::Written { id } | WriteResult::SettledAsWritten { id }) => {
                    self.progress.warn(plan.service, &entry.remarks);
                    row = row.or(entry.made_row());
                    known = self.stands_after(&known, &entry, *id);
                }
                Some(WriteResult::Otherwise { finding, .. }) => {
                    self.unread = true;
                    self.fail(plan.service, finding.clone());
                    return Ok(Pass::Finished);
                }
                Some(WriteResult::Refused { finding }) => {
                    return self.refused(plan.service, &entry, finding.clone()).await;
                }
                Some(WriteResult::NotSent { finding }) => {
                    self.fail(plan.service, finding.clone());
                    return Ok(Pass::Finished);
                }
                None | Some(WriteResult::SettledAsNotWritten | WriteResult::Unconfirmed { .. }) => {
                    return self.settle(plan.service, entry, change).await;
                }
            }
        }
        Ok(Pass::Finished)
    }

    /// What stands on a row after a write that was carried out: by its answer, where the target's answers tell, else by
    /// what was asked for, until it is read back.
    fn stands_after(&mut self, known: &RowState, entry: &Entry, id: Option<i64>) -> RowState {
        let rules = self.desk.target.rules();
        let after = rules.after(known, &entry.operation);
        match rules.written(&self.present, &entry.operation, id) {
            None => {
                self.unread = true;
                after
            }
            Some(now) => {
                self.present = now;
                let row = entry.service.and_then(|service| self.row_for(service));
                row.map_or(after, |row| RowState::of_row(Some(row)))
            }
        }
    }

    /// Nothing more of a service is sent. Whoever watches is told why, and what is left by that.
    fn fail(&mut self, service: ServiceId, mut finding: Finding) {
        let names = self.plan.names();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        Terms::of(self.desk.target.kind()).retell_finding(&mut finding, &names);
        let outcome =
            |of| LiveOutcome { of, outcome: Outcome::Failure, text: finding.text.clone() };
        let outcomes = self.subscriptions_of(service).into_iter().map(outcome).collect();
        self.progress.fail(service, finding);
        self.tell_left(outcomes);
    }

    /// Tells what is to be written, by the last planning.
    pub(crate) fn tell_planned(&mut self) {
        self.tell_left(self.told_so_far());
    }

    /// What is known of its subscriptions by now.
    fn told_so_far(&self) -> Vec<LiveOutcome> {
        told_so_far(&self.plan, &self.progress, &self.application.invoice_number)
    }

    fn tell_left(&mut self, outcomes: Vec<LiveOutcome>) {
        let left = self.left();
        self.desk.totals.left(self.told_left, left.len());
        self.told_left = left.len();
        let changes = self.untold.take().into_iter().chain(left).collect();
        self.desk.tell_changes(Some(self.application.contract), changes, outcomes);
        self.tell_customers(None);
    }

    fn tell_sent(&mut self, change: &mut LiveChange) {
        self.desk.totals.sent();
        let left = self.told_left.saturating_sub(1);
        self.desk.totals.left(self.told_left, left);
        self.told_left = left;
        self.tell_change(change, ChangeState::Sent);
        self.tell_customers(Some(change.id.service));
    }

    /// What failed waits for the reason that counts ([`Self::fail`]), so that both are told at once.
    fn tell_result(&mut self, change: &mut LiveChange, entry: &Entry, stopped: bool) {
        let state = match &entry.result {
            Some(WriteResult::NotSent { .. }) if stopped => ChangeState::NotSent,
            Some(WriteResult::Written { .. } | WriteResult::SettledAsWritten { .. }) => {
                ChangeState::Confirmed
            }
            Some(
                WriteResult::Refused { finding }
                | WriteResult::NotSent { finding }
                | WriteResult::Otherwise { finding, .. },
            ) => ChangeState::Failed { text: Some(finding.text.clone()) },
            Some(WriteResult::SettledAsNotWritten | WriteResult::Unconfirmed { .. }) => {
                ChangeState::Failed { text: None }
            }
            None => ChangeState::Checking,
        };
        if let ChangeState::Failed { .. } = state {
            (change.state, change.at) = (state, self.desk.equipment.clock.now());
            self.untold = Some(change.clone());
            return;
        }
        self.tell_change(change, state);
        self.tell_customers(None);
    }

    fn tell_change(&self, change: &mut LiveChange, state: ChangeState) {
        (change.state, change.at) = (state, self.desk.equipment.clock.now());
        self.desk.tell_changes(None, vec![change.clone()], Vec::new());
    }

    /// Changes of a service that this run has sent for this invoice.
    fn sent_of(&self, service: ServiceId) -> usize {
        self.progress.of(service).filter(|entry| entry.run == self.desk.run).count()
    }

    /// What is still to be sent.
    fn left(&self) -> Vec<LiveChange> {
        let due = self.plan.services.iter().filter(|plan| self.sendable(plan));
        due.flat_map(|plan| {
            let sent = self.sent.get(&plan.service).copied().unwrap_or_default();
            let left = plan.operations.iter().skip(sent);
            let first = self.sent_of(plan.service);
            left.zip(first..).map(|(planned, nth)| self.change(plan.service, nth, planned))
        })
        .collect()
    }

    fn change(&self, service: ServiceId, nth: usize, planned: &PlannedOperation) -> LiveChange {
        let Application { contract, invoice, .. } = &self.application;
        let (unit_price, unit_cost) = planned.operation.prices();
        let set = |after: Option<Money>, before| Some(SetPrice { before, after: after? });
        LiveChange {
            id: ChangeId { contract: *contract, invoice: invoice.clone(), service, nth },
            of: self.whose(service),
            kind: planned.operation.kind(),
            effective: planned.effective,
            until: planned.operation.until(),
            quantity: planned.quantity,
            price: set(unit_price, planned.price_before),
            cost: set(unit_cost, planned.cost_before),
            state: ChangeState::Planned,
            at: self.desk.equipment.clock.now(),
            recorded: None,
        }
    }

    /// Whose subscriptions a service bills, all of them as one: the first one's customer and name.
    fn whose(&self, service: ServiceId) -> LiveSubscription {
        let mut all = self.subscriptions_of(service).into_iter();
        let nobody = || LiveSubscription {
            tenants: Vec::new(),
            customer: String::new(),
            name: Terms::of(self.desk.target.kind()).fill("Service {}", &[&service]),
            invoice: self.application.invoice_number.clone(),
        };
        let mut whose = all.next().unwrap_or_else(nobody);
        whose.tenants.extend(all.flat_map(|other| other.tenants));
        whose.tenants.dedup();
        whose
    }

    /// The subscriptions that a service bills, as the run's record has them, customer by customer.
    fn subscriptions_of(&self, service: ServiceId) -> Vec<LiveSubscription> {
        let customers = self.application.customers.iter();
        let of_each = customers.flat_map(|(tenant, customer)| {
            self.plan.names_billed(tenant, service).into_iter().map(|name| LiveSubscription {
                tenants: vec![tenant.clone()],
                customer: customer.clone(),
                name,
                invoice: self.application.invoice_number.clone(),
            })
        });
        of_each.collect()
    }

    /// Tells how far each of its customers is, while a change of that service waits for its answer. A change counts once, at
    /// the first customer of those that its service bills: so does the record.
    fn tell_customers(&self, under_way: Option<ServiceId>) {
        self.tell_counted(under_way, false);
    }

    /// Tells that its customers were read back, and how many changes of each stand.
    pub(crate) fn tell_verified(&self) {
        // Who has warnings is not taken for one of whom all is well until the record says them.
        let told = self.told_so_far();
        if !told.is_empty() {
            self.desk.tell_changes(None, Vec::new(), told);
        }
        self.tell_counted(None, true);
    }

    fn tell_counted(&self, under_way: Option<ServiceId>, verified: bool) {
        let mut counts = vec![Counted::default(); self.application.customers.len()];
        for (service, counted) in self.counted_by_service(under_way) {
            let mut billed = self.billed(service);
            if let Some(first) = billed.next() {
                counts[first].add(counted);
            }
            for other in billed {
                counts[other].shares_sent |= counted.sent > 0;
                counts[other].shares_left |= counted.left > 0;
            }
        }
        for ((tenant, name), counted) in self.application.customers.iter().zip(counts) {
            self.tell_state(tenant, name, counted.state(verified));
        }
    }

    /// Places of the customers that a service bills.
    fn billed(&self, service: ServiceId) -> impl Iterator<Item = usize> {
        let customers = self.application.customers.iter().enumerate();
        let billed = customers
            .filter(move |(_, (tenant, _))| !self.plan.names_billed(tenant, service).is_empty());
        billed.map(|(at, _)| at)
    }

    /// What this run sent of each service, and what it has left to send.
    fn counted_by_service(&self, under_way: Option<ServiceId>) -> BTreeMap<ServiceId, Counted> {
        let mut all = BTreeMap::<ServiceId, Counted>::new();
        for entry in self.progress.entries.iter().filter(|entry| entry.run == self.desk.run) {
            if let Some(service) = entry.service {
                let stands = u32::from(entry.stands());
                all.entry(service).or_default().add(Counted {
                    done: stands,
                    sent: 1,
                    ..Counted::default()
                });
            }
        }
        if let Some(service) = under_way {
            all.entry(service).or_default().sent += 1;
        }
        for plan in self.plan.services.iter().filter(|plan| self.sendable(plan)) {
            let sent = self.sent.get(&plan.service).copied().unwrap_or_default();
            let left = plan.operations.len().saturating_sub(sent);
            all.entry(plan.service).or_default().left += u32::try_from(left).unwrap_or(u32::MAX);
        }
        all
    }

    fn tell_state(&self, tenant: &TenantId, name: &str, state: ItemState) {
        let planned = self.plan.tenants.iter().find(|one| one.tenant == *tenant);
        self.desk.equipment.emit(Happening::Item {
            run: self.desk.run,
            kind: RunKind::Customers,
            key: tenant.to_string(),
            name: name.to_owned(),
            domain: planned.map(|one| one.domain.clone()).unwrap_or_default(),
            invoice: self.application.invoice_number.clone(),
            state,
        });
    }

    fn first_open(&self) -> Option<Day> {
        self.present.contract.first_open()
    }

    /// The lines of a service, where the target keeps lines.
    fn row_for(&self, service: ServiceId) -> Option<&PresentService> {
        self.present.services.iter().find(|known| known.service == service)
    }

    fn row(&self, row: Option<ContractServiceId>) -> Option<&PresentService> {
        self.present.services.iter().find(|known| row == Some(known.contract_service))
    }

    fn entry(
        &self,
        service: ServiceId,
        operation: Operation,
        before: RowState,
        planned: &PlannedOperation,
    ) -> Entry {
        let contract_service = match &operation {
            Operation::AdjustUnits { contract_service, .. } => *contract_service,
            Operation::EndLine { .. } | Operation::AmendLine { .. } => {
                self.row_for(service).map(|row| row.contract_service)
            }
            _ => None,
        };
        Entry {
            run: self.desk.run,
            number: self.desk.next_number(),
            attempt: self.desk.attempt,
            connection: self.desk.connection.clone(),
            contract: Some(self.application.contract),
            contract_service,
            service: Some(service),
            invoice: Some(self.application.invoice.clone()),
            invoice_number: self.application.invoice_number.clone(),
            month: Some(self.application.month),
            before,
            read_from: Some(self.application.from),
            shifts: planned.shifts.clone(),
            first_open: self.first_open(),
            body: self.desk.target.rules().body(&operation),
            operation,
            at: self.desk.equipment.clock.now(),
            result: None,
            remarks: Vec::new(),
        }
    }

    /// The baseline becomes durable with the first intent of this application (sync-rules 4.3).
    fn beside(&mut self, entry: &Entry, service: ServiceId, known: &RowState) -> Batch {
        let desk = self.desk;
        let since = entry.order();
        self.progress.begin(&desk.connection, &self.application, since, service, known)
    }

    async fn settle(
        &mut self,
        service: ServiceId,
        entry: Entry,
        mut change: LiveChange,
    ) -> Result<Pass, Halt> {
        let mut open = [entry];
        let settled = self.desk.settle(&self.application, &mut open).await;
        let [entry] = open;
        self.progress.remember(&entry);
        self.tell_result(&mut change, &entry, false);
        match settled? {
            ReadBack::Known(now) => {
                if self.desk.target.rules().is_foreign(&entry.sent(), &now) {
                    self.progress.warn(service, &[moved()]);
                }
                self.present = now;
                self.recognise_late().await?;
                Ok(Pass::Anew)
            }
            ReadBack::Unknown(finding) | ReadBack::Unread(finding) => {
                self.fail(service, finding);
                Ok(Pass::Finished)
            }
        }
    }

    async fn refused(
        &mut self,
        service: ServiceId,
        entry: &Entry,
        finding: Finding,
    ) -> Result<Pass, Halt> {
        let rules = self.desk.target.rules();
        if entry.refused_day(rules).is_some_and(|taken| self.progress.taken.insert(taken)) {
            self.reread().await?;
            self.recognise_late().await?;
            return Ok(Pass::Anew);
        }
        let finding = rules.explained(&entry.sent(), &self.present, finding);
        self.fail(service, finding);
        Ok(Pass::Finished)
    }

    /// Reads this one contract again.
    pub(crate) async fn reread(&mut self) -> Result<(), Halt> {
        let contracts = [self.application.contract];
        match self.desk.present(&contracts, self.application.from).await {
            Ok(found) => {
                if let Some(now) = found.into_iter().next() {
                    self.present = now;
                }
                Ok(())
            }
            Err(halt) => Err(self.desk.stop(halt)),
        }
    }

    /// Lays what was read back beside what was planned (sync-rules 8.2: a late or foreign write shows here).
    /// Gives whether there is something to put right.
    pub(crate) async fn verify(&mut self, now: PresentContract) -> Result<bool, Halt> {
        (self.present, self.unread) = (now, false);
        let late = self.recognise_late().await?;
        let sent = self.plan.services.iter().filter(|plan| self.sendable(plan));
        let wrong: Vec<_> = sent.filter(|plan| !self.shows(plan)).cloned().collect();
        // A late write may be one of a service on which nothing was left to send.
        if wrong.is_empty() && late.is_empty() {
            return Ok(false);
        }
        self.replan();
        for plan in wrong.iter().filter(|plan| !late.contains(&plan.service)) {
            self.progress.warn(plan.service, &[moved()]);
        }
        Ok(self.is_due())
    }

    /// Puts down which writes that were taken as lost show in what was read last: planning anew undoes what they did, and
    /// where that is not known to have been theirs, it is asked for again once they are found (sync-rules 8.2).
    async fn recognise_late(&mut self) -> Result<BTreeSet<ServiceId>, Halt> {
        if self.present.odd.is_some() {
            return Ok(BTreeSet::new());
        }
        let (contract, from) = (self.application.contract, self.application.from);
        self.desk.recognise_late(contract, &mut self.progress, &self.present, from).await
    }

    /// What could not be put right is unconfirmed.
    pub(crate) fn give_up(&mut self) {
        for service in self.rest() {
            self.fail(service, unconfirmed("It reads otherwise than it was written."));
        }
    }

    fn shows(&self, plan: &ServicePlan) -> bool {
        let now = self.row_of(plan).map(PresentService::timeline).unwrap_or_default();
        let from = self.application.from;
        now.on(from) == plan.after.on(from)
            && now.changes_to(&plan.after).iter().all(|(day, _)| *day <= from)
    }

    /// The row that a service was planned on: of several its own (sync-rules 4.7), of one that was made the only one.
    fn row_of(&self, plan: &ServicePlan) -> Option<&PresentService> {
        let mut rows = self.present.services.iter().filter(|row| row.service == plan.service);
        match plan.contract_service {
            Some(id) => rows.find(|row| row.contract_service == id),
            None => rows.next(),
        }
    }

    /// Looks for the prices that this application has written in what was read last (sync-rules 5.6). One that is taken up
    /// again looks for those of its earlier runs too.
    pub(crate) fn verify_prices(&mut self, taken_up: bool) {
        for (service, baseline) in self.progress.baselines() {
            let by_this_run = |entry: &Entry| entry.run == self.desk.run && entry.stands();
            let looked_for = taken_up || self.progress.of(service).any(by_this_run);
            let row = self.progress.present_row(service, &self.present);
            let Some(row) = row.filter(|_| looked_for && !baseline.prices.is_empty()) else {
                continue;
            };
            let (rules, contract) = (self.desk.target.rules(), &self.present.contract);
            let reading = Reading { rules, contract, row };
            let findings = reading.findings(&baseline.prices, self.application.month);
            self.verified.insert(service, baseline.prices);
            self.progress.warn(service, &findings);
            if !findings.is_empty() {
                self.desk.tell_changes(None, Vec::new(), self.told_so_far());
            }
        }
    }
}

/// Changes of a customer, as its row counts them.
#[derive(Clone, Copy, Default)]
struct Counted {
    done: u32,
    sent: u32,
    left: u32,
    /// Whether of a service that it shares, whose changes count at another customer, any was sent or is left to send.
    shares_sent: bool,
    shares_left: bool,
}

impl Counted {
    fn add(&mut self, other: Self) {
        self.done += other.done;
        self.sent += other.sent;
        self.left += other.left;
    }

    fn state(self, verified: bool) -> ItemState {
        let Self { done, sent, left, shares_sent, shares_left } = self;
        match (sent > 0 || shares_sent, left > 0 || shares_left) {
            (true, true) => ItemState::Writing { done, of: sent + left },
            (true, false) if verified => ItemState::Verified { done, of: sent },
            (true, false) => ItemState::Verifying { done, of: sent },
            (false, true) if left == 0 => ItemState::Queued,
            (false, _) => ItemState::Planned { of: left },
        }
    }
}

/// What is known of an invoice on a contract before its record is made: what failed or, by its plan, will fail, and what must be
/// looked at whatever becomes of the rest. Of the contract as a whole, or subscription by subscription.
pub(crate) fn told_so_far(
    plan: &ContractPlan,
    progress: &Progress,
    invoice: &str,
) -> Vec<LiveOutcome> {
    let told = |tenant: &TenantId, name: &str, outcome: Outcome, finding: &Finding| {
        let customer = plan.tenants.iter().find(|known| known.tenant == *tenant);
        let customer = customer.map(|known| known.customer_name.clone()).unwrap_or_default();
        let (tenants, invoice) = (vec![tenant.clone()], invoice.to_owned());
        let of = LiveSubscription { tenants, customer, name: name.to_owned(), invoice };
        LiveOutcome { of, outcome, text: finding.text.clone() }
    };
    let of_all = |outcome, finding: &Finding| -> Vec<LiveOutcome> {
        plan.tenants.iter().map(|one| told(&one.tenant, "", outcome, finding)).collect()
    };
    if let Some(finding) = &plan.refused {
        return of_all(Outcome::Failure, finding);
    }
    let whole = plan.warnings.iter().flat_map(|finding| of_all(Outcome::Warning, finding));
    let each = plan.subscriptions.iter().filter_map(|bought| {
        let planned = bought.service.and_then(|service| plan.service(service));
        let failed = bought.service.and_then(|service| progress.failed.get(&service));
        let failed = failed.or(bought.problem.as_ref());
        let failed = failed.or_else(|| planned?.refused.as_ref());
        let noted = bought.service.and_then(|service| progress.warnings.get(&service));
        let warned = bought.warnings.first().or_else(|| planned?.warnings.first());
        let warned = warned.or_else(|| noted?.first()).map(|warned| (Outcome::Warning, warned));
        let failed = failed.map(|failed| (Outcome::Failure, failed));
        let (outcome, finding) = failed.or(warned)?;
        Some(told(&bought.tenant, &bought.name, outcome, finding))
    });
    whole.chain(each).collect()
}

fn moved() -> Finding {
    Finding::new(
        Code::ChangedMeanwhile,
        "The service was changed by somebody else while it was written; it was planned anew.",
        "Check the quantities of this month on the contract.",
    )
}
