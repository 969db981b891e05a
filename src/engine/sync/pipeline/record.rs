//! Putting down what became of an invoice on a contract: rows, lines, cursors, the retry list, what the next month
//! needs. All of one contract in one commit, so that it is recorded as a whole or is found unfinished.

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};

use crate::{
    domain::{
        ContractId, Money, ServiceId, SubscriptionId, TenantId,
        mapping::Applied as Cursor,
        operation::PriceStep,
        outcome::{Disposition, Finding, Outcome},
        run::{CustomerRow, RunKind, UsageRow},
    },
    engine::{
        protocol::{Happening, ItemState, Phase},
        sync::{
            guards::{HELD, HeldContract},
            left_behind::{Left, put_gone},
            outcome::{
                account::{Account, Places},
                rows::of_customer,
            },
            pipeline::{
                contract::ContractWork,
                invoice::{ContractState, InvoiceWork, Prepared},
            },
            records::{
                AppliedMonth, CURSORS, CUSTOMER_ROWS, LINES, LineState, MISSED, RETRIES, Retry,
                UNREACHED, WATCHED, Watched, month_number, of_contract, of_invoice, of_tenant,
                retry_key,
            },
            snapshot::{
                contract_memory::{self, Applied},
                standing::TOGETHER,
            },
            writing::{
                crash_point::crash_point,
                late_writes::Moment,
                price_readings::{Member, OWED, OwedPrice, Reading},
                progress::of_application,
                writer::Halt,
            },
        },
    },
    planning::{ContractMemory, GroupSubscription, Owed, triage::PlacedLine},
    store::{Batch, Key},
};

/// What becomes durable of a contract, with its customers and where its lines went.
struct Recorded {
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
    /// Commits what became of each contract of a group, all at once as far as the store can. What it cannot keep is told all
    /// the same.
    pub(crate) async fn record(&self, prepared: &[Prepared<'_>], stopped: bool) -> GroupRecord {
        self.desk.tell(Phase::Recording, self.telling("recording"));
        crash_point("before-record");
        let (mut rows, mut places, mut batches) = (Vec::new(), Places::new(), Vec::new());
        for recorded in prepared.iter().map(|prepared| self.recorded(prepared, stopped)) {
            rows.extend(recorded.rows);
            places.extend(recorded.places);
            batches.push(recorded.batch);
        }
        let commits = stream::iter(batches).map(|batch| async {
            let done = self.desk.commit(batch).await;
            crash_point("contract-recorded");
            done
        });
        let done: Vec<Result<(), Halt>> = commits.buffer_unordered(TOGETHER).collect().await;
        let kept = done.into_iter().collect::<Result<(), Halt>>();
        crash_point("recorded");
        self.show(&rows);
        GroupRecord { rows, places, kept }
    }

    /// Tells where customers stand.
    fn show(&self, rows: &[CustomerRow]) {
        for row in rows {
            let written = row.subscriptions.iter().flat_map(|bought| &bought.writes);
            let written = written.filter(|write| write.stands()).count();
            let error = || row.subscriptions.iter().find_map(|bought| bought.error.as_ref());
            let warning = || row.subscriptions.iter().flat_map(|bought| &bought.warnings).next();
            let first = row.error.as_ref().or_else(error).or_else(warning);
            self.desk.equipment.emit(Happening::Item {
                run: self.desk.run,
                kind: RunKind::Customers,
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

    /// What became of a contract, ready to be committed.
    fn recorded(&self, prepared: &Prepared<'_>, stopped: bool) -> Recorded {
        let account = prepared.account(self, stopped);
        let rows = account.rows();
        let mut batch = Batch::new();
        for row in &rows {
            batch.put(CUSTOMER_ROWS, &of_customer(self.desk.run, row), row);
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
        Recorded { rows, places, batch }
    }

    fn held_key(&self, contract: ContractId) -> Key {
        let key = of_contract(&self.desk.connection, contract);
        key.signed(month_number(self.item.month)).text(self.item.invoice.id.as_str())
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
        let mut places = Places::new();
        let subscriptions = rows.iter().flat_map(|row| &row.subscriptions);
        let usage: Vec<&UsageRow> = subscriptions.flat_map(|bought| &bought.usage).collect();
        for bought in &account.plan.subscriptions {
            for line in &bought.lines {
                let Some(row) = usage.iter().find(|row| row.line == line.line.number) else {
                    continue;
                };
                places.push((line.line.subtotal, row.disposition.clone()));
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
        let key = of_invoice(&self.desk.connection, &self.item.invoice.id);
        batch.put(LINES, &key.number(state.line.number.into()), state);
    }

    /// Lines that are on no contract of this run. What earlier runs made of a line stays.
    pub(crate) fn place(&self, rest: &[PlacedLine]) -> (Places, Vec<Batch>) {
        let mut places = Places::new();
        let mut batches = vec![Batch::new()];
        for spot in rest {
            places.push((spot.line.subtotal, spot.disposition.clone()));
            if matches!(spot.disposition, Disposition::SyncedEarlier | Disposition::Failed) {
                continue;
            }
            let state = LineState {
                line: spot.line.clone(),
                invoice_number: self.item.invoice.number.clone(),
                month: Some(self.item.month),
                tenant: spot.tenant.clone(),
                contract: None,
                service: None,
                disposition: spot.disposition.clone(),
                outcome: Outcome::NoChange,
                run: self.desk.run,
            };
            if batches.last().is_some_and(|batch| batch.len() >= LINES_A_COMMIT) {
                batches.push(Batch::new());
            }
            if let Some(batch) = batches.last_mut() {
                self.put_line(batch, &state);
            }
        }
        (places, batches)
    }

    /// The seats that a customer left are gone; no month counts as applied by that.
    fn put_left(
        &self,
        batch: &mut Batch,
        (prepared, account): (&Prepared<'_>, &Account<'_>),
        left: &Left,
    ) {
        let failures = self.failures(account);
        let failed = failures.iter().filter_map(|retry| retry.service).collect();
        put_gone(batch, &self.desk.connection, left, (&account.plan.closings, &failed));
        if let ContractState::Open(work) = &prepared.state {
            self.finish(batch, work, account, &failures);
        }
    }

    fn put_applied(&self, batch: &mut Batch, prepared: &Prepared<'_>, account: &Account<'_>) {
        if let Some(left) = &self.item.left {
            return self.put_left(batch, (prepared, account), left);
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
            let key = of_tenant(connection, &tenant.tenant);
            batch.put(CURSORS, &key.clone().signed(month_number(self.item.month)), &cursor);
            batch.remove(UNREACHED, &key);
            let missed = key.signed(month_number(self.item.month)).text(cursor.invoice.as_str());
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
        let applied = Applied { month: &month, memory: &prepared.memory, entries };
        contract_memory::remember(batch, self.desk.equipment, account.plan, &applied);
        if let ContractState::Open(work) = &prepared.state {
            self.put_owed(batch, work, &prepared.memory);
            self.finish(batch, work, account, &failures);
        }
        let listed = self.item.retries.get(&account.plan.contract);
        for old in listed.into_iter().flatten() {
            batch.remove(RETRIES, &retry_key(connection, old));
        }
        for retry in failures {
            batch.put(RETRIES, &retry_key(connection, &retry), &retry);
        }
    }

    /// Prices that were written and are not shown, until a reading shows them (sync-rules 5.2, 5.6).
    fn put_owed(&self, batch: &mut Batch, work: &ContractWork<'_>, memory: &ContractMemory) {
        let prefix = of_contract(&self.desk.connection, work.errand.contract);
        for (service, _) in memory.owed.iter().filter(|(_, owed)| owed.is_settled()) {
            batch.remove(OWED, &prefix.clone().signed(service.0));
        }
        for (service, written) in &work.verified {
            let key = prefix.clone().signed(service.0);
            match self.owed(work, (*service, written), memory.owed.get(service)) {
                Some(owed) => batch.put(OWED, &key, &owed),
                None => batch.remove(OWED, &key),
            }
        }
    }

    fn owed(
        &self,
        work: &ContractWork<'_>,
        (service, written): (ServiceId, &[PriceStep]),
        before: Option<&Owed>,
    ) -> Option<OwedPrice> {
        let row = work.progress.present_row(service, &work.present)?;
        let reading = Reading { contract: &work.present.contract, row };
        let owed = reading.owes(work.errand.month, written, before);
        let both = Member::ALL.iter().filter_map(|member| Some((*member, member.of_owed(&owed)?)));
        let (member, unshown) = both.min_by_key(|(_, unshown)| unshown.reads.is_none())?;
        Some(OwedPrice {
            owed,
            contract: work.errand.contract,
            service,
            name: self.observed.service_name(service),
            customers: work.errand.customers.clone(),
            invoice: work.errand.invoice.clone(),
            invoice_number: work.errand.invoice_number.clone(),
            run: self.desk.run,
            finding: reading.finding(member, &unshown, work.errand.month),
            off: reading.off(&unshown, work.errand.month),
        })
    }

    fn finish(
        &self,
        batch: &mut Batch,
        work: &ContractWork<'_>,
        account: &Account<'_>,
        failures: &[Retry],
    ) {
        let (errand, long_ago) = (&work.errand, self.desk.long_ago());
        let doubtful = account.progress.doubtful(self.desk.run, long_ago);
        let connection = &self.desk.connection;
        let key = of_application(connection, errand.contract, &errand.invoice);
        if doubtful.is_empty() {
            batch.remove(WATCHED, &key);
        } else {
            let (contract, invoice) = (errand.contract, errand.invoice.clone());
            batch.put(
                WATCHED,
                &key,
                &Watched { contract, invoice, month: errand.month, run: Some(self.desk.run) },
            );
        }
        let failed = failures.iter().filter_map(|retry| retry.service).collect();
        let since = (self.desk.run, self.desk.next_number());
        let (present, from, month) = (&work.present, errand.from, errand.month.first_day());
        let moment = Moment { present, month, from, since, long_ago };
        account.progress.finish(batch, (connection, errand), (&failed, &doubtful), &moment);
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
            Some(self.retry(account, (Some(planned.service), finding), bought))
        });
        let unknown = plan.subscriptions.iter().filter(|bought| bought.service.is_none());
        let subscriptions = unknown.filter_map(|bought| {
            let finding = bought.problem.clone()?;
            Some(self.retry(account, (None, finding), vec![bought]))
        });
        services.chain(subscriptions).collect()
    }

    fn retry(
        &self,
        account: &Account<'_>,
        (service, finding): (Option<ServiceId>, Finding),
        bought: Vec<&GroupSubscription>,
    ) -> Retry {
        let contract = account.plan.contract;
        let name = match service {
            Some(service) => self.observed.service_name(service),
            None => bought.first().map(|bought| bought.name.clone()).unwrap_or_default(),
        };
        let tenants: BTreeSet<TenantId> =
            bought.iter().map(|bought| bought.tenant.clone()).collect();
        let subscriptions: Vec<SubscriptionId> =
            bought.iter().map(|bought| bought.subscription.clone()).collect();
        let lines = bought.iter().flat_map(|bought| &bought.lines);
        let mut retry = Retry {
            contract,
            tenants: tenants.into_iter().collect(),
            service,
            subscriptions,
            lines: lines.map(|line| line.line.number).collect(),
            name,
            invoice: self.item.invoice.id.clone(),
            invoice_number: self.item.invoice.number.clone(),
            month: self.item.month,
            amount: account.amount(bought.into_iter()),
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

const LINES_A_COMMIT: usize = 256;
