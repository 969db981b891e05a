//! The sink of a customers run: what is planned is written, read back and recorded.
//!
//! It must not decide what is due or wanted: the walk does.

use std::collections::BTreeMap;

use crate::{
    domain::{
        Code, ContractId, Day, Money, RunId,
        invoice::{Invoice, Lines},
        line::WrittenLine,
        outcome::{Disposition, Finding, Outcome},
        policy::GuardMode,
        run::RunKind,
        target::PresentContract,
    },
    engine::{
        crash_point::crash_point,
        protocol::{Happening, ItemState, Phase},
        sync::{
            closing::close,
            due::{
                Stored,
                held::{Unsettled, keep_headers, remember_held},
                left_out::list_left_out,
                remarks::{Remark, unbalanced},
            },
            guards::Watch,
            lifecycle::Course,
            outcome::begun_ledgers::begin_ledger,
            pipeline::{
                Walk,
                contract_writes::{ContractWork, told_so_far},
                invoice::{ContractState, InvoiceWork, Prepared},
                record::GroupRecord,
                sink::{Sink, Taken},
            },
            plan_rows::contract_row,
            records::{LineState, Unsynced},
            saved_plan::Saved,
            snapshot::contract_memory,
            unreached,
            work_list::WorkItem,
            writing::{
                progress::Progress,
                writer::{Halt, Writer},
            },
        },
        tables::{INVOICES, LEDGERS, LINES, PENDING, UNSYNCED, of_invoice, of_ledger},
    },
    planning::{
        ContractGroup, ContractMemory, GroupTenant,
        contract::read_from,
        invoices::{Due, difference, evidence},
        ledger::{Places, accepting},
        outcomes::count,
        refuse_contract,
        triage::{PlacedLine, SortedLines},
        unplanned_contract,
    },
    store::Batch,
};

/// Carries out a customers run, if what was left open is settled; its rows are stored, its header is ready to be finished.
pub(crate) async fn run(course: &mut Course<'_>, settled: Result<(), Halt>) -> Result<(), Halt> {
    let mut said = Vec::new();
    let ended = match settled {
        Ok(()) => walk(course, &mut said).await,
        halted => halted,
    };
    let closed = close(course, said, ended.as_ref().err()).await;
    let ended = ended.and(closed);
    let (equipment, request) = (course.desk.equipment, &course.unfinished.request);
    if ended.is_ok() {
        unreached::forget(equipment, request).await?;
    } else if let Err(halt) = unreached::remember(equipment, request, course.header.id).await {
        // Why the run broke off is what matters; a plain sync comes to everybody.
        tracing::warn!("who was not reached is not remembered: {}", halt.finding().text);
    }
    ended
}

/// The saved plan that this run carries out guards every attempt (sync-rules 8.6).
async fn walk(course: &mut Course<'_>, said: &mut Vec<Remark>) -> Result<(), Halt> {
    let (desk, request) = (course.desk.clone(), course.unfinished.request.clone());
    let guard = request.plan.as_ref().and_then(|plan| Saved::read(plan).ok());
    let (begun, looked_at) = (course.unfinished.invoices.clone(), request.is_looked_at());
    let listed = course.listed.take();
    let mut sink = Apply { course, said, done: 0, total: 0, later: 0 };
    let walk = Walk::new(&desk, &request, &mut sink);
    // On the heap: it is the largest part of what a sync keeps while it waits.
    Box::pin(Walk { guard, looked_at, begun, listed, ..walk }.run()).await
}

/// A customers run at work.
struct Apply<'a, 'c> {
    course: &'c mut Course<'a>,
    /// What there is to say of the run as a whole.
    said: &'c mut Vec<Remark>,
    /// Customers that have their rows, of so many that are known so far.
    done: u64,
    total: u64,
    /// Invoices that come after the one that is on.
    later: usize,
}

impl Sink for Apply<'_, '_> {
    fn phase(&self, phase: Phase, text: String) {
        self.course.desk.tell(phase, text);
        // With how much was asked by then: while both sides are read nothing else tells it.
        self.course.desk.tell_changes(None, Vec::new(), Vec::new());
    }

    async fn listed(
        &mut self,
        stored: &mut Stored,
        headers: &[Invoice],
        due: &Due,
    ) -> Result<(), Halt> {
        let equipment = self.course.desk.equipment;
        keep_headers(equipment, headers).await?;
        remember_held(equipment, stored, due, self.course.header.id).await?;
        list_left_out(self.course, stored, due).await
    }

    fn remark(&mut self, of_due: Vec<Remark>, besides: Vec<Remark>) {
        self.said.extend(of_due.into_iter().chain(besides));
    }

    fn held_behind(&mut self, of_due: Vec<Remark>) {
        self.said.extend(of_due);
        self.said.sort();
        self.said.dedup();
    }

    fn say(&mut self, remarks: Vec<Remark>) {
        self.said.extend(remarks);
        self.said.dedup();
    }

    /// It is remembered that it holds up what comes after it (sync-rules 2.3).
    async fn hold(
        &mut self,
        stored: &mut Stored,
        item: &WorkItem,
        lines: &Lines,
        finding: Finding,
    ) -> Result<(), Halt> {
        self.course.desk.totals.invoices_ahead(self.later);
        let state = stored.invoices.entry(item.invoice.id.clone()).or_default();
        let invoice = &item.invoice;
        let unsettled = Unsettled {
            invoice,
            month: item.month,
            sum: evidence(invoice, lines).sum,
            difference: difference(invoice, lines).filter(|_| !lines.is_empty()),
            tenants: item.tenants(),
            finding: finding.clone(),
        };
        unsettled.put(state, self.course.header.id);
        let mut batch = Batch::new();
        let key = of_invoice(&self.course.desk.connection, &item.invoice.id);
        batch.put(INVOICES, &key, state);
        self.said.push((Outcome::Failure, finding));
        self.course.desk.commit(batch).await
    }

    /// It holds nothing up any more.
    async fn let_go(&mut self, stored: &mut Stored, item: &WorkItem) -> Result<(), Halt> {
        let held = stored.invoices.get_mut(&item.invoice.id);
        let Some(state) = held.filter(|state| state.held.is_some()) else { return Ok(()) };
        (state.held, state.hold) = (None, None);
        let mut batch = Batch::new();
        batch.put(INVOICES, &of_invoice(&self.course.desk.connection, &item.invoice.id), state);
        self.course.desk.commit(batch).await
    }

    /// As long as it is read it is to come itself: nothing of it is planned.
    fn comes_before(&mut self, later: usize) {
        self.later = later;
        self.course.desk.totals.invoices_ahead(later + 1);
    }

    async fn begin_invoice(
        &mut self,
        item: &WorkItem,
        accepted: Money,
        sorted: &SortedLines<'_>,
    ) -> Result<(), Halt> {
        begin_ledger(&self.course.desk, &item.invoice, accepted, sorted).await?;
        self.course.begin_invoice(&item.invoice.id, item.month).await
    }

    /// What guards find odd about it as a whole is said of the run.
    fn guarded(&mut self, item: &WorkItem, watch: &Watch) {
        if let Some(finding) = watch.whole(item) {
            let outcome = match watch.mode {
                GuardMode::Hold => Outcome::Failure,
                GuardMode::Warn | GuardMode::Off => Outcome::Warning,
            };
            self.said.push((outcome, finding));
        }
    }

    fn announce(&mut self, item: &WorkItem, tenants: &[&GroupTenant]) {
        let desk = &self.course.desk;
        for tenant in tenants {
            desk.equipment.emit(told(desk.run, item, tenant, ItemState::Queued));
        }
        self.total = tenants.len() as u64 + self.done;
        desk.totals.customers_due(tenants.len());
        desk.totals.invoices_ahead(self.later);
        desk.tell_changes(None, Vec::new(), Vec::new());
    }

    fn begin_group(&mut self, item: &WorkItem, groups: &[ContractGroup]) {
        let desk = &self.course.desk;
        for tenant in groups.iter().flat_map(|group| &group.tenants) {
            desk.equipment.emit(told(desk.run, item, tenant, ItemState::Planning));
        }
    }

    async fn recognise(
        &self,
        desk: &Writer<'_>,
        contract: ContractId,
        progress: &mut Progress,
        present: &PresentContract,
        from: Day,
    ) -> Result<(), Halt> {
        desk.recognise_late(contract, progress, present, from).await.map(drop)
    }

    async fn seen(
        &self,
        desk: &Writer<'_>,
        present: &PresentContract,
        written: &mut [WrittenLine],
    ) -> Result<(), Halt> {
        desk.see_lines(present, written).await
    }

    async fn take<'g>(
        &mut self,
        invoice: &InvoiceWork<'g>,
        groups: &'g [ContractGroup],
        planned: Option<Vec<Prepared<'g>>>,
    ) -> Taken {
        let mut stopped = planned.is_none();
        let mut ended = Ok(());
        let prepared = match planned {
            Some(mut prepared) => {
                prepared = prepared.into_iter().map(|one| invoice.admitted(one)).collect();
                for one in &mut prepared {
                    tell_planned(invoice, one);
                }
                ended = invoice.write(&mut prepared).await;
                stopped = ended.is_err();
                prepared
            }
            None => invoice.unreached(groups).await,
        };
        let GroupRecord { rows, places, kept } = invoice.record(&prepared, stopped).await;
        count(&rows, &mut self.course.header.counts);
        self.done += rows.len() as u64;
        if kept.is_err() {
            self.course.unkept.customers.extend(rows);
        }
        self.course.progress(self.done, Some(self.total));
        let blocked = invoice.blocked(&prepared, stopped);
        Taken { blocked, places, ended: ended.and(kept) }
    }

    /// The lines of no contract, and the ledger.
    async fn close_invoice(
        &mut self,
        invoice: &InvoiceWork<'_>,
        sorted: &SortedLines<'_>,
        mut places: Places,
        accepted: Money,
    ) -> Result<(), Halt> {
        let (desk, item) = (&self.course.desk, invoice.item);
        let ours = by_this_run(desk, item).await?;
        let rest = || {
            sorted.placed().map(|spot| match ours.get(&spot.line.number) {
                Some(place) => PlacedLine { disposition: place.clone(), ..spot },
                None => spot,
            })
        };
        rest().for_each(|spot| places.count(spot.line.subtotal, &spot.disposition));
        let ledger = accepting(places.ledger(&item.invoice), accepted);
        self.said.extend(unbalanced(&ledger));
        let mut batch = Batch::new();
        let key = of_ledger(desk.run, &item.invoice.id);
        batch.put(LEDGERS, &key, &ledger);
        let of_invoice = of_invoice(&desk.connection, &item.invoice.id);
        batch.put(UNSYNCED, &of_invoice, &Unsynced::of(rest()));
        batch.remove(PENDING, &key);
        crash_point("before-ledger");
        let mut kept = invoice.place(rest()).await;
        if kept.is_ok() {
            kept = desk.commit(batch).await;
        }
        crash_point("ledger-recorded");
        let Invoice { number, currency, .. } = &item.invoice;
        self.course.header.looked_at(number, currency.as_ref());
        if kept.is_err() {
            self.course.unkept.ledgers.push(ledger);
        }
        kept
    }
}

/// Where a customer stands with an invoice.
fn told(run: RunId, item: &WorkItem, tenant: &GroupTenant, state: ItemState) -> Happening {
    let GroupTenant { tenant, domain, customer_name, .. } = tenant;
    let (key, name, domain) = (tenant.to_string(), customer_name.clone(), domain.clone());
    let (kind, invoice) = (RunKind::Customers, item.invoice.number.clone());
    Happening::Item { run, kind, key, name, domain, invoice, state }
}

/// Tells what is to be written to a contract, or why nothing is.
fn tell_planned(invoice: &InvoiceWork<'_>, prepared: &mut Prepared<'_>) {
    let desk = invoice.desk;
    desk.totals.customers_planned(prepared.group.tenants.len());
    match &mut prepared.state {
        ContractState::Open(work) => work.tell_planned(),
        ContractState::Closed(plan, progress) | ContractState::Unreached(plan, progress) => {
            let told = told_so_far(plan, progress, &invoice.item.invoice.number);
            desk.tell_changes(None, Vec::new(), told);
        }
    }
}

/// Where an earlier attempt of this run put lines: what it synced was not synced by an earlier run.
async fn by_this_run(
    desk: &Writer<'_>,
    item: &WorkItem,
) -> Result<BTreeMap<u32, Disposition>, Halt> {
    let mut ours = BTreeMap::new();
    if desk.attempt == 1 {
        return Ok(ours);
    }
    let prefix = of_invoice(&desk.connection, &item.invoice.id);
    let note = |_, state: LineState| {
        if state.run == desk.run {
            ours.insert(state.line.number, state.disposition);
        }
    };
    desk.equipment.store.for_each(LINES, prefix, note).await?;
    Ok(ours)
}

impl<'g> InvoiceWork<'g> {
    /// What a guard holds, and what is not as the saved plan says, is closed: nothing of it is written.
    fn admitted(&self, prepared: Prepared<'g>) -> Prepared<'g> {
        let Prepared { group, memory, state, suspect, held } = prepared;
        let ContractState::Open(work) = state else {
            return Prepared { group, memory, state, suspect, held };
        };
        let mut work = *work;
        if let Some((watch, suspect)) = self.watch.zip(suspect) {
            if watch.mode == GuardMode::Hold {
                let plan = work.plan.hold(&suspect.finding);
                let state = ContractState::closed(plan, work.progress);
                let held = Some((suspect.finding, suspect.amount));
                return Prepared { group, memory, state, suspect: None, held };
            }
            for service in suspect.services {
                work.progress.warn(service, std::slice::from_ref(&suspect.finding));
            }
        }
        let mut closed = work.plan.refused.is_some().then(|| work.plan.clone());
        if let Some(stale) = self.stale(&work) {
            closed = Some(refuse_contract(group, self.item.month, &stale));
        }
        let state = match closed {
            Some(plan) => ContractState::closed(plan, work.progress),
            None => ContractState::Open(Box::new(work)),
        };
        Prepared { group, memory, state, suspect: None, held }
    }

    /// Why a contract is not what the saved plan says, if so (design invariant 1).
    /// One to which this run has written already was compared before it did; what is left of it follows from that.
    fn stale(&self, work: &ContractWork<'_>) -> Option<Finding> {
        let mut entries = work.progress.entries.iter();
        if entries.any(|entry| entry.run == self.desk.run && entry.stands()) {
            return None;
        }
        let now = contract_row(self.observed, self.item, &work.application, &work.plan);
        let same = match self.guard?.row(&now.key) {
            Some(saved) => saved.same_as(&now),
            None => now.writes.is_empty() && now.refused.is_empty(),
        };
        (!same).then(|| {
            Finding::new(
                Code::PlanStale,
                format!("“{}” moved after the plan was compared: nothing was written.", now.name),
                "Make a new plan, look at it, and apply that.",
            )
        })
    }

    /// Contracts to which this invoice could not be applied as a whole.
    fn blocked(&self, prepared: &[Prepared<'_>], stopped: bool) -> Vec<ContractId> {
        let failed = prepared.iter().filter(|prepared| {
            // What a guard holds of a retry list stands in nobody's way.
            let only_listed =
                prepared.held.is_some() && prepared.group.tenants.iter().all(|one| !one.due);
            !only_listed && !prepared.account(self, stopped).is_applied()
        });
        failed.map(|prepared| prepared.group.contract).collect()
    }

    /// Contracts that the run did not come to: every one of them is accounted for, with what an earlier attempt wrote
    /// there.
    async fn unreached(&self, groups: &'g [ContractGroup]) -> Vec<Prepared<'g>> {
        let mut unreached = Vec::with_capacity(groups.len());
        for group in groups {
            let application = self.application(group, read_from(group, self.item.month));
            let progress = contract_memory::progress(self.desk.equipment, &application).await;
            let plan = unplanned_contract(group, self.item.month);
            // A store that cannot be read any more is why the run breaks off, and said as such.
            let state =
                ContractState::Unreached(Box::new(plan), Box::new(progress.unwrap_or_default()));
            let memory = ContractMemory::default();
            unreached.push(Prepared { group, memory, state, suspect: None, held: None });
        }
        unreached
    }
}
