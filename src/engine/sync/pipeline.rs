//! The walk through what is due, written once for sync and plan: invoice after invoice, oldest first, up to two hundred
//! contracts at a time.
//!
//! ```text
//! the walk                     Apply                               Preview
//! list read, due known         headers and holds remembered        –
//! invoice read, adds up        its ledger begun                    –
//! observe   contracts read     late writes put down                late writes foreseen; a contract that an earlier
//!                                                                  month of the plan changes is as that leaves it
//! plan      by guards, memory  –                                   –
//! take      a group's plans    guards hold, saved plan compared,   on the sheet, and chained for the next month
//!                              then write → verify → record
//! invoice's end                ledger stored                       ledger on the sheet
//! ```
//! A plan cannot differ from the sync that follows it (sync-rules 8.9): what the two do otherwise stands in [`sink`], but
//! for what a sync is given and a plan is not: the saved plan it carries out, whether that was looked at, and what it has
//! begun. Products have a way of their own ([`super::product_run`]). It must not write anything itself.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

use crate::{
    domain::{
        ContractId, InvoiceId, Money, TenantId, UsageMonth,
        invoice::{Invoice, Lines},
        outcome::{Disposition, Finding, Outcome},
        run::CustomerRow,
        terms::Terms,
    },
    engine::{
        protocol::{Phase, SyncRequest},
        sync::{
            due::{
                Stored,
                asked_for::AskedFor,
                invoice_file::{InvoiceFile, invoice_file},
                look,
                remarks::{NotInPlan, said_of},
                stored,
                unlisted::unlisted,
            },
            equipment::Equipment,
            guards::{GuardFacts, LastApplied, Watch, watch},
            records::InvoiceState,
            saved_plan::Saved,
            snapshot::{Snapshot, standing::TOGETHER},
            work_list::{
                WorkItem, agenda,
                leavings::{Leaving, leavings},
            },
            writing::writer::{Halt, Writer},
        },
        tables::{CUSTOMER_ROWS, of_run},
    },
    planning::{
        ContractGroup,
        invoices::{Due, settled},
        ledger::Places,
        triage::{MappedTenant, SortedLines, TriageRequest},
    },
    prism::InvoiceList,
};

pub(crate) mod apply;
pub(crate) mod contract_writes;
pub(crate) mod invoice;
pub(crate) mod observe;
pub(crate) mod preview;
pub(crate) mod record;
pub(crate) mod sink;
pub(crate) mod write;

use invoice::InvoiceWork;
use observe::observe;
use sink::Sink;

/// All that is due, or is asked for otherwise, on its way to a sink.
pub(crate) struct Walk<'w, S> {
    pub(crate) desk: &'w Writer<'w>,
    pub(crate) request: &'w SyncRequest,
    pub(crate) sink: &'w mut S,
    /// The saved plan that is carried out: nothing else is (sync-rules 8.6).
    pub(crate) guard: Option<Saved>,
    /// Whether somebody has looked at what is to be written: no guard is set then.
    pub(crate) looked_at: bool,
    /// Invoices that an earlier attempt has begun: each is gone through, for its ledger.
    pub(crate) begun: Vec<(InvoiceId, UsageMonth)>,
    /// The invoice list, where it was read just before.
    pub(crate) listed: Option<InvoiceList>,
    /// The file of the first invoice, read while the target was.
    ahead: Option<(InvoiceId, InvoiceFile)>,
    /// Shared with the invoice at work.
    stored: Arc<Stored>,
    observed: Arc<Snapshot>,
    asked: AskedFor,
    /// Contracts of which an invoice could not be applied: their later ones wait.
    blocked: BTreeSet<ContractId>,
    /// What this walk has applied so far.
    applied: LastApplied,
    /// What is due, and not in the saved plan.
    left: NotInPlan,
}

impl<'w, S: Sink> Walk<'w, S> {
    /// From the beginning, under no saved plan.
    pub(crate) fn new(desk: &'w Writer<'w>, request: &'w SyncRequest, sink: &'w mut S) -> Self {
        Self {
            desk,
            request,
            sink,
            guard: None,
            looked_at: false,
            begun: Vec::new(),
            listed: None,
            ahead: None,
            stored: Arc::default(),
            observed: Arc::default(),
            asked: AskedFor::default(),
            blocked: BTreeSet::new(),
            applied: LastApplied::new(),
            left: NotInPlan::default(),
        }
    }

    /// Goes through all of it.
    pub(crate) async fn run(mut self) -> Result<(), Halt> {
        let equipment = self.desk.equipment;
        self.stored = Arc::new(stored(equipment).await?);
        if self.request.left_behind {
            return self.leavings().await;
        }
        let InvoiceList { invoices: headers, left_out } = if let Some(listed) = self.listed.take() {
            listed
        } else {
            self.sink.phase(Phase::Observing, "reading the invoice list".to_owned());
            equipment.source.invoices().await?
        };
        let stored = Arc::make_mut(&mut self.stored);
        let due = look(equipment, stored, &headers).await?;
        self.sink.listed(stored, &headers, &due).await?;
        self.asked = AskedFor::new(self.request, &self.stored);
        let mut items = agenda(&self.stored, &headers, &due, self.request, &self.asked);
        again_for_ledgers(&mut items, &headers, &self.begun);
        let mut besides = unlisted(&self.stored, &headers, &self.asked, self.request.recheck);
        besides.extend(left_out.into_iter().map(|finding| (Outcome::Warning, finding)));
        self.sink.remark(said_of(&due), besides);
        if items.is_empty() {
            return Ok(());
        }
        let terms = Terms::of(self.desk.target.kind());
        self.sink.phase(Phase::Observing, terms.say("reading services").into_owned());
        let get_ready = async { Ok(self.desk.target.get_ready().await?) };
        let first = items.iter().find(|item| !item.is_held(&due));
        // None of them waits for another.
        let (mut observed, (), ahead) = tokio::try_join!(
            Snapshot::new(equipment),
            get_ready,
            read_ahead(equipment, first.map(|item| &item.invoice))
        )?;
        self.ahead = ahead;
        self.sink.observed(&mut observed);
        self.observed = Arc::new(observed);
        self.invoices(due, items).await
    }

    /// What customers left behind, each in the place of an invoice.
    async fn leavings(&mut self) -> Result<(), Halt> {
        let equipment = self.desk.equipment;
        let leavings = leavings(equipment, &self.stored, &self.request.tenants).await?;
        if leavings.is_empty() {
            return Ok(());
        }
        self.observed = Arc::new(Snapshot::new(equipment).await?);
        for Leaving { item, group } in leavings {
            let plan = self.guard.as_ref();
            if plan.is_none_or(|plan| plan.covers(group.contract, &item.invoice.id)) {
                self.sink.announce(&item, &group.tenants.iter().collect::<Vec<_>>());
                let groups = std::slice::from_ref(&group);
                self.take(&item, None, groups, Ok(()), &mut Places::default()).await?;
            }
        }
        Ok(())
    }

    async fn invoices(&mut self, mut due: Due, items: Vec<WorkItem>) -> Result<(), Halt> {
        let mut items = VecDeque::from(items);
        while let Some(item) = items.pop_front() {
            if item.is_held(&due) {
                continue;
            }
            if !self.is_left(&item) {
                let comes = |later: &&WorkItem| !later.is_held(&due) && !self.is_left(later);
                let later = items.iter().filter(comes).count();
                self.sink.comes_before(later);
            }
            if let Some(unsettled) = self.invoice(&item).await? {
                due.hold_behind(&unsettled);
                self.sink.held_behind(said_of(&due));
            }
        }
        let left = self.left.finding(Terms::of(self.desk.target.kind()));
        let left = left.map(|finding| (Outcome::NoChange, finding));
        self.sink.say(left.into_iter().collect());
        Ok(())
    }

    /// Whether an invoice is left for the next run: the saved plan that is carried out does not speak of it.
    fn is_left(&self, item: &WorkItem) -> bool {
        self.guard.as_ref().is_some_and(|plan| !plan.covers_invoice(&item.invoice.id))
    }

    /// Works through one invoice. Gives its id where it does not add up, and nothing of it is planned: that is found out of
    /// one too that is left, since somebody has to see to it.
    async fn invoice(&mut self, item: &WorkItem) -> Result<Option<InvoiceId>, Halt> {
        let equipment = self.desk.equipment;
        let text = format!("reading invoice {}", item.invoice.number);
        self.sink.phase(Phase::Observing, text);
        let ahead = self.ahead.take().filter(|(invoice, _)| *invoice == item.invoice.id);
        let file = match ahead {
            Some((_, file)) => file,
            None => invoice_file(&*equipment.source, &item.invoice).await?,
        };
        let lines = match file {
            InvoiceFile::Lines(lines) => lines,
            InvoiceFile::Unreadable(finding) => {
                return self.hold(item, &Lines::default(), finding).await;
            }
        };
        let state = self.stored.invoices.get(&item.invoice.id);
        let accepted = state.and_then(InvoiceState::accepted);
        let accepted = match settled(&item.invoice, &lines, accepted) {
            Ok(settled) => settled.accepted,
            Err(finding) => return self.hold(item, &lines, finding).await,
        };
        if self.is_left(item) {
            self.left.invoices.push(item.invoice.number.clone());
            return Ok(None);
        }
        let stored = Arc::make_mut(&mut self.stored);
        self.sink.let_go(stored, item).await?;
        let month_end = item.month.last_day();
        let text = format!("reading customers and price list for invoice {}", item.invoice.number);
        self.sink.phase(Phase::Observing, text);
        let observed = Arc::make_mut(&mut self.observed);
        observed.add(equipment, stored, &item.invoice, month_end).await?;
        let odd = observed.odd_tenants().into_iter();
        self.sink.say(odd.map(|finding| (Outcome::Warning, finding)).collect());
        self.lines(item, &lines, accepted).await.map(|()| None)
    }

    /// Sorts the lines of an invoice that adds up, and works through its contracts.
    async fn lines(&mut self, item: &WorkItem, lines: &Lines, accepted: Money) -> Result<(), Halt> {
        let equipment = self.desk.equipment;
        let (stored, observed) = (self.stored.clone(), self.observed.clone());
        let (mapped, failed) = (item.standings(&stored), item.failed_lines(&stored));
        let (catalogue, contracts) = (observed.catalogue(), self.contracts(item, &mapped).await?);
        let mut sorted = SortedLines::new(&TriageRequest {
            month: item.month,
            lines,
            tenants: &observed.tenants,
            catalogue: &catalogue,
            mappings: &mapped,
            contracts: &contracts,
            failed: &failed,
            azure: equipment.options.azure,
            policies: &equipment.policies,
        });
        self.bind(item, &mut sorted);
        self.sink.begin_invoice(item, accepted, &sorted).await?;
        let watch = self.watch(item, &sorted, lines).await?;
        let mut places = Places::default();
        let ended = self.groups(item, watch.as_ref(), &sorted, &mut places).await;
        let at_work = InvoiceWork::new(self.desk, &observed, item);
        let closed = self.sink.close_invoice(&at_work, &sorted, places, accepted).await;
        ended.and(closed)
    }

    async fn hold(
        &mut self,
        item: &WorkItem,
        lines: &Lines,
        finding: Finding,
    ) -> Result<Option<InvoiceId>, Halt> {
        self.sink.hold(Arc::make_mut(&mut self.stored), item, lines, finding).await?;
        Ok(Some(item.invoice.id.clone()))
    }

    /// The contracts of an invoice that are to be planned.
    async fn contracts(
        &self,
        item: &WorkItem,
        mapped: &[MappedTenant<'_>],
    ) -> Result<BTreeSet<ContractId>, Halt> {
        let mut contracts = item.contracts(mapped, &self.asked);
        contracts.retain(|contract| !self.blocked.contains(contract));
        if self.desk.attempt > 1 {
            let recorded = self.recorded(item).await?;
            contracts.retain(|contract| !recorded.contains(contract));
        }
        Ok(contracts)
    }

    /// Contracts that an earlier attempt of this run recorded with this invoice, and that are not due any more.
    async fn recorded(&self, item: &WorkItem) -> Result<BTreeSet<ContractId>, Halt> {
        let (desk, number) = (self.desk, &item.invoice.number);
        let mut tenants = BTreeSet::<TenantId>::new();
        let store = &desk.equipment.store;
        let note = |_, row: CustomerRow| {
            if row.invoice == *number && !item.due.contains(&row.tenant_id) {
                tenants.insert(row.tenant_id);
            }
        };
        store.for_each(CUSTOMER_ROWS, of_run(desk.run), note).await?;
        let mappings = tenants.iter().filter_map(|tenant| self.stored.mappings.get(tenant));
        Ok(mappings.map(|mapping| mapping.contract).collect())
    }

    /// Contracts of this invoice that the saved plan does not speak of are left for the next run.
    fn bind(&mut self, item: &WorkItem, sorted: &mut SortedLines<'_>) {
        let Some(plan) = &self.guard else { return };
        let others: Vec<ContractId> = sorted
            .contracts()
            .filter(|contract| !plan.covers(*contract, &item.invoice.id))
            .collect();
        for some in others.chunks(TOGETHER) {
            for group in sorted.groups(some) {
                self.left
                    .contracts
                    .extend(group.tenants.first().map(|tenant| tenant.contract_name.clone()));
                sorted.set_aside(&group, out_of_scope);
            }
        }
    }

    /// The guards of an invoice, unless somebody has looked at what is written.
    async fn watch(
        &mut self,
        item: &WorkItem,
        sorted: &SortedLines<'_>,
        lines: &Lines,
    ) -> Result<Option<Watch>, Halt> {
        if self.looked_at || sorted.contracts().next().is_none() {
            return Ok(None);
        }
        let (equipment, since) = (self.desk.equipment, &self.applied);
        let (stored, observed) = (&self.stored, &self.observed);
        let facts = GuardFacts { equipment, stored, observed, item, lines, sorted, since };
        let sink = &*self.sink;
        let watch = watch(&facts, |contract| sink.closings(contract)).await?;
        if let Some(watch) = &watch {
            self.sink.guarded(item, watch);
        }
        Ok(watch)
    }

    /// Works through the contracts of an invoice, so many at a time.
    async fn groups(
        &mut self,
        item: &WorkItem,
        watch: Option<&Watch>,
        sorted: &SortedLines<'_>,
        places: &mut Places,
    ) -> Result<(), Halt> {
        self.sink.announce(item, &sorted.tenants().collect::<Vec<_>>());
        let mut ended = Ok(());
        let contracts: Vec<ContractId> = sorted.contracts().collect();
        for contracts in contracts.chunks(TOGETHER) {
            ended = self.take(item, watch, &sorted.groups(contracts), ended, places).await;
        }
        ended
    }

    /// Observes and plans contracts, and hands them to the sink; unplanned where the walk has come to an end before them.
    async fn take(
        &mut self,
        item: &WorkItem,
        watch: Option<&Watch>,
        groups: &[ContractGroup],
        mut ended: Result<(), Halt>,
        places: &mut Places,
    ) -> Result<(), Halt> {
        let (guard, looked_at) = (self.guard.as_ref(), self.looked_at);
        let at_work = InvoiceWork::new(self.desk, &self.observed, item);
        let at_work = InvoiceWork { guard, watch, looked_at, ..at_work };
        let mut planned = None;
        if ended.is_ok() {
            self.sink.begin_group(item, groups);
            match observe(&at_work, self.sink, groups).await {
                Ok(observed) => planned = Some(at_work.plan(groups, observed)),
                Err(halt) => ended = Err(halt),
            }
        }
        let taken = self.sink.take(&at_work, groups, planned).await;
        note_applied(&mut self.applied, item, groups, &taken.blocked);
        self.blocked.extend(taken.blocked);
        places.take_in(taken.places);
        ended.and(taken.ended)
    }
}

async fn read_ahead(
    equipment: &Equipment,
    invoice: Option<&Invoice>,
) -> Result<Option<(InvoiceId, InvoiceFile)>, Halt> {
    let Some(invoice) = invoice else { return Ok(None) };
    let file = invoice_file(&*equipment.source, invoice).await?;
    Ok(Some((invoice.id.clone(), file)))
}

/// A resumed run gives every invoice it had begun its ledger, also one whose contracts are all recorded.
fn again_for_ledgers(
    items: &mut Vec<WorkItem>,
    headers: &[Invoice],
    begun: &[(InvoiceId, UsageMonth)],
) {
    for (id, month) in begun {
        let listed = items.iter().any(|item| item.invoice.id == *id);
        if let Some(invoice) = headers.iter().find(|known| known.id == *id && !listed) {
            items.push(WorkItem::new(invoice.clone(), *month, invoice.kind_text.is_some()));
        }
    }
    items.sort_by_key(|item| item.month);
}

/// What was applied to the contracts of a group that are not among those.
fn note_applied(
    applied: &mut LastApplied,
    item: &WorkItem,
    groups: &[ContractGroup],
    blocked: &[ContractId],
) {
    for group in groups.iter().filter(|group| !blocked.contains(&group.contract)) {
        for tenant in group.tenants.iter().filter(|tenant| tenant.due) {
            applied.insert((group.contract, tenant.tenant.clone()), item.month);
        }
    }
}

/// Where a line of a contract is counted that this run leaves alone.
fn out_of_scope(place: &Disposition) -> Disposition {
    match place {
        Disposition::Synced | Disposition::Failed => Disposition::NotInScope,
        place => place.clone(),
    }
}
