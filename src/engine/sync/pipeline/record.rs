//! Putting down what became of an invoice on a contract: rows, lines, cursors, the retry list, what the next month
//! needs. All of one contract in one commit, so that it is recorded as a whole or is found unfinished.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use crate::{
    domain::{
        ContractId, Money, ServiceId, SubscriptionId, TenantId,
        mapping::Applied as Cursor,
        operation::PriceStep,
        outcome::{Disposition, Finding, Outcome},
        run::{CustomerRow, RunKind, UsageRow},
        terms::Terms,
    },
    engine::{
        crash_point::crash_point,
        protocol::{
            Phase,
            live_run::{LiveItem, LiveOutcome, LiveSubscription},
        },
        sync::{
            left_behind::put_gone,
            outcome::{customer_rows::Account, in_terms, statuses::put_row},
            pipeline::{
                contract_writes::ContractWork,
                invoice::{ContractState, InvoiceWork, Prepared},
            },
            records::{AppliedMonth, HeldContract, Left, LineState, Retry, Watched},
            snapshot::contract_memory::{self, AppliedNow},
            writing::{
                late_writes::Handover,
                price_readings::{OwedPrice, Reading, of_owed},
                writer::Halt,
            },
        },
        tables::{
            CURSORS, HELD, LINES, MISSED, OWED, RETRIES, UNREACHED, WATCHED, of_application,
            of_contract_invoice, of_contract_service, of_line, of_retry, of_tenant,
            of_tenant_invoice, of_tenant_month,
        },
    },
    planning::{ContractMemory, GroupSubscription, Owed, ledger::Places, triage::PlacedLine},
    psa::PriceMember,
    store::{Batch, Key},
};

/// What becomes durable of a contract, with its customers and where its lines went.
struct ContractRecord {
    rows: Vec<CustomerRow>,
    places: Places,
    batch: Batch,
}

/// What became of the contracts of a group, and whether the store keeps it.
pub(crate) struct GroupRecord {
    pub(crate) rows: Vec<CustomerRow>,
    pub(crate) places: Places,
    pub(crate) kept: Result<(), Halt>,
}

impl InvoiceWork<'_> {
    /// Commits what became of each contract of a group, some at once. What the store cannot keep is told all the same.
    pub(crate) async fn record(&self, prepared: &[Prepared<'_>], stopped: bool) -> GroupRecord {
        self.desk.tell(Phase::Recording, self.telling("recording"));
        crash_point("before-record");
        let mut group = GroupRecord { rows: Vec::new(), places: Places::default(), kept: Ok(()) };
        for some in prepared.chunks(RECORDED_TOGETHER) {
            let recorded = some.iter().map(|prepared| self.recorded(prepared, stopped));
            let (mut rows, mut batches) = (Vec::new(), Vec::new());
            for recorded in recorded {
                rows.push(recorded.rows);
                batches.push(recorded.batch);
                group.places.take_in(recorded.places);
            }
            let kept = self.keep(&rows, batches).await;
            group.kept = group.kept.and(kept);
            group.rows.extend(rows.into_iter().flatten());
        }
        crash_point("recorded");
        group
    }

    /// Commits what became of some contracts, each by itself.
    async fn keep(&self, rows: &[Vec<CustomerRow>], batches: Vec<Batch>) -> Result<(), Halt> {
        let each = rows.iter().zip(batches);
        let commits = join_all(each.map(|(rows, batch)| self.keep_contract(rows, batch)));
        commits.await.into_iter().collect()
    }

    /// What became of a contract is told as soon as it is recorded: a group has many of them.
    async fn keep_contract(&self, rows: &[CustomerRow], batch: Batch) -> Result<(), Halt> {
        let kept = self.desk.commit(batch).await;
        crash_point("contract-recorded");
        self.show(rows);
        kept
    }

    /// Tells where customers stand.
    fn show(&self, rows: &[CustomerRow]) {
        for item in LiveItem::of_customers(rows) {
            self.desk.equipment.emit(item.told(self.desk.run, RunKind::Customers));
        }
        let outcomes = rows.iter().flat_map(outcomes_of).collect();
        self.desk.tell_changes(None, Vec::new(), outcomes);
    }

    /// What became of a contract, ready to be committed.
    fn recorded(&self, prepared: &Prepared<'_>, stopped: bool) -> ContractRecord {
        let account = prepared.account(self, stopped);
        let (terms, names) = (Terms::of(self.desk.target.kind()), account.plan.names());
        let rows = account.rows().into_iter().map(|row| in_terms::customer(row, terms, &names));
        let rows: Vec<CustomerRow> = rows.collect();
        let mut batch = Batch::new();
        for row in &rows {
            put_row(&mut batch, self.desk.run, row);
        }
        let places = self.put_lines(&mut batch, &account, &rows);
        if let Some(held) = &prepared.held {
            self.put_held(&mut batch, &account, held);
        } else if !stopped {
            batch.remove(HELD, &self.held_key(account.plan.contract));
        }
        if account.is_applied() {
            self.put_applied(&mut batch, prepared, &account);
        } else {
            let due = account.plan.tenants.iter().filter(|tenant| tenant.due);
            for tenant in due.filter(|_| stopped) {
                let key = of_tenant(&self.desk.connection, &tenant.tenant);
                batch.put(UNREACHED, &key, &self.desk.run);
            }
        }
        ContractRecord { rows, places, batch }
    }

    fn held_key(&self, contract: ContractId) -> Key {
        let (month, invoice) = (self.item.month, &self.item.invoice.id);
        of_contract_invoice(&self.desk.connection, contract, month, invoice)
    }

    fn put_held(
        &self,
        batch: &mut Batch,
        account: &Account<'_>,
        (finding, amount): &(Finding, Money),
    ) {
        let plan = account.plan;
        let customers = plan.tenants.iter();
        let held = HeldContract {
            contract: plan.contract,
            customers: customers
                .map(|tenant| (tenant.tenant.clone(), tenant.customer_name.clone()))
                .collect(),
            invoice: self.item.invoice.id.clone(),
            invoice_number: self.item.invoice.number.clone(),
            month: self.item.month,
            amount: *amount,
            finding: finding.clone(),
            run: self.desk.run,
        };
        batch.put(HELD, &self.held_key(plan.contract), &held);
    }

    fn put_lines(&self, batch: &mut Batch, account: &Account<'_>, rows: &[CustomerRow]) -> Places {
        let mut places = Places::default();
        let subscriptions = rows.iter().flat_map(|row| &row.subscriptions);
        let usage: Vec<&UsageRow> = subscriptions.flat_map(|bought| &bought.usage).collect();
        for bought in &account.plan.subscriptions {
            for line in &bought.lines {
                let Some(row) = usage.iter().find(|row| row.line == line.line.number) else {
                    continue;
                };
                places.count(line.line.subtotal, &row.disposition);
                if row.disposition == Disposition::SyncedEarlier {
                    continue;
                }
                let state = LineState {
                    line: line.line.clone(),
                    invoice_number: self.item.invoice.number.clone(),
                    month: Some(self.item.month),
                    tenant: Some(bought.tenant.clone()),
                    contract: Some(account.plan.contract),
                    service: bought.service,
                    disposition: row.disposition.clone(),
                    outcome: row.outcome,
                    run: self.desk.run,
                };
                self.put_line(batch, &state);
            }
        }
        places
    }

    fn put_line(&self, batch: &mut Batch, state: &LineState) {
        let key = of_line(&self.desk.connection, &self.item.invoice.id, state.line.number);
        batch.put(LINES, &key, state);
    }

    /// Lines that are on no contract of this run, some in a commit. What earlier runs made of a line stays.
    pub(crate) async fn place(&self, rest: impl Iterator<Item = PlacedLine>) -> Result<(), Halt> {
        let mut batch = Batch::new();
        for spot in rest {
            if matches!(spot.disposition, Disposition::SyncedEarlier | Disposition::Failed) {
                continue;
            }
            let state = LineState {
                line: spot.line,
                invoice_number: self.item.invoice.number.clone(),
                month: Some(self.item.month),
                tenant: spot.tenant,
                contract: None,
                service: None,
                disposition: spot.disposition,
                outcome: Outcome::NoChange,
                run: self.desk.run,
            };
            self.put_line(&mut batch, &state);
            if batch.len() >= LINES_A_COMMIT {
                self.desk.commit(std::mem::take(&mut batch)).await?;
            }
        }
        self.desk.commit(batch).await
    }

    /// The seats that a customer left are gone; no month counts as applied by that.
    fn put_left(
        &self,
        batch: &mut Batch,
        prepared: &Prepared<'_>,
        account: &Account<'_>,
        left: &Left,
    ) {
        let failures = self.failures(account);
        let failed = failures.iter().filter_map(|retry| retry.service).collect();
        put_gone(batch, &self.desk.connection, left, &account.plan.closings, &failed);
        if let ContractState::Open(work) = &prepared.state {
            self.finish(batch, work, account, &failures);
        }
    }

    fn put_applied(&self, batch: &mut Batch, prepared: &Prepared<'_>, account: &Account<'_>) {
        if let Some(left) = &self.item.left {
            return self.put_left(batch, prepared, account, left);
        }
        let connection = &self.desk.connection;
        for tenant in account.plan.tenants.iter().filter(|tenant| tenant.due) {
            let cursor = Cursor {
                month: self.item.month,
                invoice: self.item.invoice.id.clone(),
                invoice_number: self.item.invoice.number.clone(),
                contract: account.plan.contract,
                at: self.desk.equipment.clock.now(),
            };
            let (tenant, month) = (&tenant.tenant, self.item.month);
            batch.put(CURSORS, &of_tenant_month(connection, tenant, month), &cursor);
            batch.remove(UNREACHED, &of_tenant(connection, tenant));
            let missed = of_tenant_invoice(connection, tenant, month, &cursor.invoice);
            batch.remove(MISSED, &missed);
        }
        let failures = self.failures(account);
        let month = AppliedMonth {
            invoice: self.item.invoice.id.clone(),
            invoice_number: self.item.invoice.number.clone(),
            failed: self.still_failed(&prepared.memory, account, &failures),
            run: self.desk.run,
        };
        let entries = &account.progress.entries;
        let applied = AppliedNow { month: &month, memory: &prepared.memory, entries };
        contract_memory::remember(batch, self.desk.equipment, account.plan, &applied);
        if let ContractState::Open(work) = &prepared.state {
            self.put_owed(batch, work, &prepared.memory);
            self.finish(batch, work, account, &failures);
        }
        let listed = self.item.retries.get(&account.plan.contract);
        for old in listed.into_iter().flatten() {
            batch.remove(RETRIES, &of_retry(connection, old));
        }
        for retry in failures {
            batch.put(RETRIES, &of_retry(connection, &retry), &retry);
        }
    }

    /// Prices that were written and are not shown, until a reading shows them (sync-rules 5.2, 5.6).
    fn put_owed(&self, batch: &mut Batch, work: &ContractWork<'_>, memory: &ContractMemory) {
        let of = |service| {
            of_contract_service(&self.desk.connection, work.application.contract, service)
        };
        for (service, _) in memory.owed.iter().filter(|(_, owed)| owed.is_settled()) {
            batch.remove(OWED, &of(*service));
        }
        for (service, written) in &work.verified {
            let key = of(*service);
            match self.owed(work, *service, written, memory.owed.get(service)) {
                Some(owed) => batch.put(OWED, &key, &owed),
                None => batch.remove(OWED, &key),
            }
        }
    }

    fn owed(
        &self,
        work: &ContractWork<'_>,
        service: ServiceId,
        written: &[PriceStep],
        before: Option<&Owed>,
    ) -> Option<OwedPrice> {
        let row = work.progress.present_row(service, &work.present)?;
        let rules = self.desk.target.rules();
        let reading = Reading { rules, contract: &work.present.contract, row };
        let owed = reading.owes(work.application.month, written, before);
        let both =
            PriceMember::ALL.iter().filter_map(|member| Some((*member, of_owed(*member, &owed)?)));
        let (member, unshown) = both.min_by_key(|(_, unshown)| unshown.reads.is_none())?;
        let mut finding = reading.finding(member, &unshown, work.application.month);
        Terms::of(self.desk.target.kind()).retell_finding(&mut finding, &[]);
        Some(OwedPrice {
            owed,
            contract: work.application.contract,
            service,
            name: self.observed.service_name(service),
            customers: work.application.customers.clone(),
            invoice: work.application.invoice.clone(),
            invoice_number: work.application.invoice_number.clone(),
            run: self.desk.run,
            finding,
            off: reading.off(&unshown, work.application.month),
        })
    }

    fn finish(
        &self,
        batch: &mut Batch,
        work: &ContractWork<'_>,
        account: &Account<'_>,
        failures: &[Retry],
    ) {
        let (application, long_ago) = (&work.application, self.desk.long_ago());
        let doubtful = account.progress.doubtful(self.desk.run, long_ago);
        let connection = &self.desk.connection;
        let key = of_application(connection, application.contract, &application.invoice);
        if doubtful.is_empty() {
            batch.remove(WATCHED, &key);
        } else {
            let (contract, invoice) = (application.contract, application.invoice.clone());
            batch.put(
                WATCHED,
                &key,
                &Watched { contract, invoice, month: application.month, run: Some(self.desk.run) },
            );
        }
        let failed = failures.iter().filter_map(|retry| retry.service).collect();
        let since = (self.desk.run, self.desk.next_number());
        let (present, from, month) =
            (&work.present, application.from, application.month.first_day());
        let moment = Handover { present, month, from, since, long_ago };
        account.progress.finish(batch, connection, application, &failed, &doubtful, &moment);
        account.progress.hand_on(batch, &failed, &moment);
    }

    /// Services that have failed in this month and are still to be tried again.
    fn still_failed(
        &self,
        memory: &ContractMemory,
        account: &Account<'_>,
        failures: &[Retry],
    ) -> BTreeSet<ServiceId> {
        let planned = |service: &ServiceId| account.plan.service(*service).is_some();
        let before = memory.applied.get(&self.item.month).into_iter().flatten();
        let kept = before.filter(|service| !planned(service)).copied();
        kept.chain(failures.iter().filter_map(|retry| retry.service)).collect()
    }

    /// What is to be tried again of this contract.
    fn failures(&self, account: &Account<'_>) -> Vec<Retry> {
        let plan = account.plan;
        let services = plan.services.iter().filter_map(|planned| {
            let finding = account.failure(planned.service)?;
            let bought = plan
                .subscriptions
                .iter()
                .filter(|bought| bought.service == Some(planned.service))
                .collect();
            Some(self.retry(account, Some(planned.service), finding, bought))
        });
        let unknown = plan.subscriptions.iter().filter(|bought| bought.service.is_none());
        let subscriptions = unknown.filter_map(|bought| {
            let finding = bought.problem.clone()?;
            Some(self.retry(account, None, finding, vec![bought]))
        });
        services.chain(subscriptions).collect()
    }

    fn retry(
        &self,
        account: &Account<'_>,
        service: Option<ServiceId>,
        finding: Finding,
        bought: Vec<&GroupSubscription>,
    ) -> Retry {
        let contract = account.plan.contract;
        // What it is sold as, as invoices have it; what the target calls it stands behind.
        let sold_as = bought.first().map(|bought| bought.name.clone());
        let name = match (service.map(|service| self.observed.service_name(service)), sold_as) {
            (Some(called), Some(sold_as)) if called != sold_as => format!("{sold_as} ({called})"),
            (Some(called), _) => called,
            (None, sold_as) => sold_as.unwrap_or_default(),
        };
        let tenants: BTreeSet<TenantId> =
            bought.iter().map(|bought| bought.tenant.clone()).collect();
        let subscriptions: Vec<SubscriptionId> =
            bought.iter().map(|bought| bought.subscription.clone()).collect();
        let lines = bought.iter().flat_map(|bought| &bought.lines);
        let mut retry = Retry {
            sku: bought.first().and_then(|bought| bought.sku.clone()),
            contract,
            tenants: tenants.into_iter().collect(),
            service,
            subscriptions,
            lines: lines.map(|line| line.line.number).collect(),
            name,
            invoice: self.item.invoice.id.clone(),
            invoice_number: self.item.invoice.number.clone(),
            month: self.item.month,
            amount: Account::amount(bought.into_iter()),
            takes_back: service
                .and_then(|service| account.plan.service(service))
                .is_some_and(|plan| plan.takes_back),
            finding,
            since: self.desk.run,
            looked_at: self.looked_at,
        };
        let listed = self.item.retries.get(&contract).into_iter().flatten();
        let same = |old: &&Retry| {
            (old.service, old.subscriptions.first()) == (retry.service, retry.subscriptions.first())
                || old.service.is_some() && old.service == retry.service
        };
        if let Some(old) = listed.clone().find(same) {
            retry.since = old.since;
            retry.looked_at |= old.looked_at;
        }
        retry
    }
}

/// What of a customer wants a look.
fn outcomes_of(row: &CustomerRow) -> impl Iterator<Item = LiveOutcome> + '_ {
    let outcome = |name: &str, outcome, finding: &Finding| {
        let (tenants, customer) = (vec![row.tenant_id.clone()], row.customer.clone());
        let (name, invoice) = (name.to_owned(), row.invoice.clone());
        let of = LiveSubscription { tenants, customer, name, invoice };
        LiveOutcome { of, outcome, text: finding.text.clone() }
    };
    // Of a customer with whom the run was not done it is told as what it is: it wants a look.
    let whole_as = if row.is_partly_written() { Outcome::Warning } else { row.status };
    let whole = row.of_the_whole().map(move |finding| outcome("", whole_as, finding));
    // What concerns the customer as a whole is said once, not of every subscription.
    let each = row.subscriptions.iter().filter(|_| row.error.is_none());
    let each = each.filter(|bought| bought.status.wants_a_look()).filter_map(move |bought| {
        let finding = bought.error.as_ref().or_else(|| bought.warnings.first())?;
        Some(outcome(&bought.name, bought.status, finding))
    });
    whole.chain(each)
}

/// So many contracts are recorded side by side: what they leave waits in memory, and again in the store's log.
const RECORDED_TOGETHER: usize = 24;

const LINES_A_COMMIT: usize = 256;
