//! The beginning and the end of a run, as the store and the listeners see them.

use std::{collections::BTreeSet, sync::Arc};

use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        ConnectionId, InvoiceId, UsageMonth,
        approval::{Author, Person},
        outcome::{Finding, Outcome},
        run::{
            Counts, CustomerRow, Ledger, ProductOutcome, RunApproval, RunHeader, RunKind,
            RunReport, Trigger,
        },
    },
    engine::{
        approvals::{book, waiting::NewPlan},
        crash_point::crash_point,
        outbox::{occasion::Occasion, spool},
        protocol::{Happening, Scope, SyncRequest},
        sync::{
            equipment::Equipment,
            outcome::rows::{in_order, next_run, standing},
            records::Unfinished,
            saved_plan::Saved,
            writing::writer::{Halt, Writer, cancelled, cancelled_amid},
        },
        tables::{CUSTOMER_ROWS, PLANS, RUNS, TARGET, UNFINISHED, of_connection, of_plan, of_run},
    },
    prism::InvoiceList,
    store::{Batch, Key, StoreError},
};

/// Who asked, and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asker {
    /// The login name.
    pub actor: String,
    /// The number that the kernel knows them by.
    pub uid: Option<u32>,
    /// By what.
    pub trigger: Trigger,
    /// Who let pass what is carried out, where that waited for somebody.
    pub approved: Option<RunApproval>,
}

impl Asker {
    /// Whose a plan is of what guards hold back.
    fn author(&self) -> Author {
        match (&self.approved, &self.trigger) {
            (Some(approved), _) => approved.author.clone(),
            (None, Trigger::Schedule) => Author::Schedule,
            (None, _) => Author::Person(Person { name: self.actor.clone(), uid: self.uid }),
        }
    }
}

/// A run from its first record to its last.
pub(crate) struct Course<'a> {
    /// Where it works.
    pub desk: Arc<Writer<'a>>,
    /// Its line of history.
    pub header: RunHeader,
    /// What was asked for, and how far it is.
    pub unfinished: Unfinished,
    /// What it came to and the store could not keep.
    pub unkept: Unkept,
    /// What guards held back, to be kept together with its end.
    pub waits: Option<NewPlan>,
    /// The invoice list, where it was read a moment ago: by the products run of the same request, which found nothing new.
    pub listed: Option<InvoiceList>,
}

/// Rows of a run that the store could not keep, because the disk is full, say: whoever watches is told them all the
/// same. The next start, which finishes the run, finds them again in the journal.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unkept {
    /// Of customers.
    pub customers: Vec<CustomerRow>,
    /// Of products.
    pub products: Vec<ProductOutcome>,
    /// Of invoices.
    pub ledgers: Vec<Ledger>,
}

impl Unkept {
    /// What is stored, with these in the place of what is stored of the same.
    pub(crate) fn lay_over(&self, report: &mut RunReport) {
        lay_over(&mut report.customers, &self.customers, |row| {
            (row.invoice.clone(), row.tenant_id.clone())
        });
        in_order(&mut report.customers);
        self.lay_over_products(&mut report.products);
        lay_over(&mut report.ledgers, &self.ledgers, |ledger| ledger.invoice.clone());
    }

    /// The same of products alone.
    pub(crate) fn lay_over_products(&self, rows: &mut Vec<ProductOutcome>) {
        lay_over(rows, &self.products, |row| row.product.clone());
    }
}

fn lay_over<T: Clone, K: Ord>(rows: &mut Vec<T>, unkept: &[T], place: impl Fn(&T) -> K) {
    let told: BTreeSet<K> = unkept.iter().map(&place).collect();
    rows.retain(|row| !told.contains(&place(row)));
    rows.extend(unkept.iter().cloned());
}

/// The streams of a request that come after this one.
pub(crate) fn rest(kind: RunKind, request: &SyncRequest) -> Vec<RunKind> {
    match (request.scope, kind) {
        (Scope::All, RunKind::Products) => vec![RunKind::Customers],
        _ => Vec::new(),
    }
}

/// What is still to come of a request is not wanted any more.
pub(crate) async fn give_up_the_rest(equipment: &Equipment) -> Result<(), Halt> {
    let mut batch = Batch::new();
    is_finished(&mut batch, &equipment.connection);
    Ok(equipment.store.commit(batch).await?)
}

/// Nothing is to be resumed at this target. Older versions, which knew of one target, kept what was under no name.
fn is_finished(batch: &mut Batch, target: &ConnectionId) {
    batch.remove(UNFINISHED, &of_connection(target));
    if target.as_str() == TARGET {
        batch.remove(UNFINISHED, &Key::new());
    }
}

impl<'a> Course<'a> {
    /// Begins a run: from now on it is finished or resumed, whatever happens.
    pub(crate) async fn begin(
        equipment: &'a Equipment,
        kind: RunKind,
        request: &SyncRequest,
        asker: &Asker,
        cancel: &CancellationToken,
    ) -> Result<Self, Halt> {
        let header = RunHeader {
            id: next_run(&equipment.store).await?,
            kind,
            target: equipment.connection.clone(),
            started_at: equipment.clock.now(),
            finished_at: None,
            status: Outcome::NoChange,
            message: None,
            refused_by: None,
            counts: Counts::default(),
            invoices: Vec::new(),
            currency: None,
            actor: asker.actor.clone(),
            trigger: asker.trigger.clone(),
            note: request.note.clone(),
            approved: asker.approved.clone().map(Box::new),
            attempt: 1,
        };
        let unfinished = Unfinished {
            run: header.id,
            request: request.clone(),
            invoices: Vec::new(),
            author: Some(asker.author()),
        };
        Self::start(equipment, header, unfinished, cancel).await
    }

    /// Goes on with a run that was cut off.
    pub(crate) async fn resume(
        equipment: &'a Equipment,
        header: RunHeader,
        unfinished: Unfinished,
        cancel: &CancellationToken,
    ) -> Result<Self, Halt> {
        let (attempt, status, message) = (header.attempt + 1, Outcome::NoChange, None);
        let writes_earlier = standing(&equipment.store, header.id).await?;
        let counts = Counts { writes_earlier, ..header.counts };
        let header = RunHeader { status, message, refused_by: None, counts, attempt, ..header };
        Self::start(equipment, header, unfinished, cancel).await
    }

    async fn start(
        equipment: &'a Equipment,
        header: RunHeader,
        unfinished: Unfinished,
        cancel: &CancellationToken,
    ) -> Result<Self, Halt> {
        let mut batch = Batch::new();
        batch.put(RUNS, &of_run(header.id), &header);
        batch.put(UNFINISHED, &of_connection(&equipment.connection), &unfinished);
        let plan = unfinished.request.plan.as_ref().and_then(|plan| Saved::read(plan).ok());
        if let Some(plan) = &plan {
            for checksum in std::iter::once(&plan.checksum).chain(&plan.part_of) {
                batch.put(PLANS, &of_plan(checksum), &header.id);
            }
        }
        equipment.store.commit(batch).await?;
        crash_point("run-begun");
        equipment.emit(Happening::RunStarted { run: header.clone() });
        let desk = Arc::new(Writer::new(equipment, header.id, header.attempt, cancel.clone()));
        desk.totals.go_on_from(header.counts.writes_earlier, header.counts.requests);
        if rest(header.kind, &unfinished.request).contains(&RunKind::Customers) {
            desk.totals.customers_come_after();
        }
        if let Some(plan) = &plan {
            desk.totals.plan_lists(plan.writes_to_contracts());
        }
        let unkept = Unkept::default();
        Ok(Self { desk, header, unfinished, unkept, waits: None, listed: None })
    }

    /// From now on this invoice gets a ledger, whatever happens.
    pub(crate) async fn begin_invoice(
        &mut self,
        invoice: &InvoiceId,
        month: UsageMonth,
    ) -> Result<(), Halt> {
        if self.unfinished.invoices.iter().any(|(known, _)| known == invoice) {
            return Ok(());
        }
        self.unfinished.invoices.push((invoice.clone(), month));
        let mut batch = Batch::new();
        batch.put(UNFINISHED, &of_connection(&self.desk.connection), &self.unfinished);
        self.desk.commit(batch).await
    }

    /// Ends it. Why it broke off, if it did, is its message. Where another stream of the same request is to come, the
    /// request stays until that one begins.
    pub(crate) async fn finish(&mut self, ended: Result<(), Halt>) {
        let equipment = self.desk.equipment;
        let last = ended.is_err() || rest(self.header.kind, &self.unfinished.request).is_empty();
        if let Err(halt) = ended {
            self.header.status = Outcome::Failure;
            self.header.refused_by = halt.refused_by();
            self.header.message = Some(match &halt {
                Halt::Cancelled => {
                    let by = equipment.stopped_by.get().map(String::as_str);
                    let due = self.unfinished.request.is_of_what_is_due();
                    let left = due && self.header.kind == RunKind::Customers;
                    if left { cancelled_amid(by) } else { cancelled(by) }
                }
                _ => halt.finding(),
            });
        }
        self.header.finished_at = Some(equipment.clock.now());
        self.header.counts.requests += self.desk.totals.requests(equipment);
        let mut batch = Batch::new();
        batch.put(RUNS, &of_run(self.header.id), &self.header);
        if last {
            is_finished(&mut batch, &equipment.connection);
        }
        let _pen = equipment.approvals.pen.lock().await;
        let approvals = self.put_approvals(&mut batch, last).await;
        self.tell_of_its_end(&mut batch);
        crash_point("before-finish");
        let kept = match approvals {
            Ok(()) => equipment.store.commit(batch).await,
            Err(error) => Err(error),
        };
        if let Err(error) = kept {
            // It is finished at the next start: then everything that was confirmed is found in the journal.
            self.header.status = Outcome::Failure;
            self.header.message = Some(error.into());
        }
        crash_point("finished");
        equipment.emit(Happening::RunFinished { run: self.header.clone() });
    }

    /// What guards held back waits from its end on, and what was approved is applied by then.
    async fn put_approvals(&self, batch: &mut Batch, last: bool) -> Result<(), StoreError> {
        let equipment = self.desk.equipment;
        if let Some(approved) = self.header.approved.as_ref().filter(|_| last) {
            book::applied(&equipment.store, batch, approved.plan, self.header.id).await?;
        }
        if let Some(new) = &self.waits {
            book::add(&equipment.store, batch, new, equipment.clock.now()).await?;
        }
        Ok(())
    }

    /// It broke off without an end of its own. Whoever watches it is told that it ended, as failed; it stays to be finished
    /// by another attempt, and its record says both.
    pub(crate) async fn break_off(&mut self, why: Finding) {
        let equipment = self.desk.equipment;
        (self.header.status, self.header.message) = (Outcome::Failure, Some(why));
        self.header.counts.requests += self.desk.totals.requests(equipment);
        let mut batch = Batch::new();
        batch.put(RUNS, &of_run(self.header.id), &self.header);
        self.tell_of_its_end(&mut batch);
        if let Err(error) = equipment.store.commit(batch).await {
            tracing::error!(%error, run = %self.header.id, "that it broke off is not kept");
        }
        self.header.finished_at = Some(equipment.clock.now());
        equipment.emit(Happening::RunFinished { run: self.header.clone() });
    }

    /// Who is told outside is decided later; that it ended is known as long as the end itself.
    fn tell_of_its_end(&self, batch: &mut Batch) {
        let request = &self.unfinished.request;
        let whole = request.tenants.is_empty() && request.only.is_empty() && !request.retry_failed;
        let RunHeader { id: run, attempt, .. } = self.header;
        let ended = Occasion::RunEnded { run, attempt, whole };
        spool::tell(batch, self.desk.equipment.clock.now(), ended);
    }

    /// Gives away its rows of customers one by one, kept or not: there may be more than there is room for.
    pub(crate) async fn for_each_customer(
        &self,
        mut each: impl FnMut(CustomerRow),
    ) -> Result<(), Halt> {
        let place = |row: &CustomerRow| (row.invoice.clone(), row.tenant_id.clone());
        let unkept: BTreeSet<_> = self.unkept.customers.iter().map(place).collect();
        let stored = |_, row| {
            if !unkept.contains(&place(&row)) {
                each(row);
            }
        };
        let desk = &self.desk;
        desk.equipment.store.for_each(CUSTOMER_ROWS, of_run(desk.run), stored).await?;
        self.unkept.customers.iter().cloned().for_each(each);
        Ok(())
    }

    /// Where the store can be read no more than written: so many writes were answered, or settled, while it could.
    pub(crate) fn count_from_memory(&mut self) {
        self.header.counts.writes = self.desk.totals.stand();
        self.header.counts.writes_earlier = self.desk.totals.earlier();
    }

    /// Tells how far it is.
    pub(crate) fn progress(&self, done: u64, total: Option<u64>) {
        let counts = self.header.counts;
        let run = Some(self.header.id);
        self.desk.equipment.emit(Happening::Progress { run, done, total, counts });
    }
}
