//! The beginning and the end of a run, as the store and the listeners see them.

use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        InvoiceId, UsageMonth,
        outcome::Outcome,
        run::{Counts, RunHeader, RunKind},
    },
    engine::protocol::{Happening, Scope, SyncRequest},
    store::{Batch, Key},
};

use super::{
    crash::crash_point,
    desk::{Desk, Halt},
    equipment::Equipment,
    records::{RUNS, UNFINISHED, Unfinished},
    rows::{next_run, of_run},
};

/// Who asked, and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asker {
    /// The login name.
    pub actor: String,
    /// `operator`, `schedule` or `resume`.
    pub trigger: String,
}

/// A run from its first record to its last.
pub struct Course<'a> {
    /// Where it works.
    pub desk: Desk<'a>,
    /// Its line of history.
    pub header: RunHeader,
    /// What was asked for, and how far it is.
    pub unfinished: Unfinished,
    requests_before: u64,
}

/// The streams of a request that come after this one.
#[must_use]
pub fn rest(kind: RunKind, request: &SyncRequest) -> Vec<RunKind> {
    match (request.scope, kind) {
        (Scope::All, RunKind::Products) => vec![RunKind::Customers],
        _ => Vec::new(),
    }
}

/// What is still to come of a request is not wanted any more.
///
/// # Errors
/// Where the store cannot be written.
pub async fn give_up_the_rest(equipment: &Equipment) -> Result<(), Halt> {
    let mut batch = Batch::new();
    batch.remove(UNFINISHED, &Key::new());
    Ok(equipment.store.commit(batch).await?)
}

fn requests(equipment: &Equipment) -> u64 {
    equipment.source.requests() + equipment.target.requests()
}

impl<'a> Course<'a> {
    /// Begins a run: from now on it is finished or resumed, whatever happens.
    pub async fn begin(
        equipment: &'a Equipment,
        kind: RunKind,
        wish: (&SyncRequest, &Asker),
        cancel: &CancellationToken,
    ) -> Result<Self, Halt> {
        let (request, asker) = wish;
        let header = RunHeader {
            id: next_run(&equipment.store).await?,
            kind,
            target: equipment.connection.clone(),
            started_at: equipment.clock.now(),
            finished_at: None,
            status: Outcome::NoChange,
            message: None,
            counts: Counts::default(),
            invoices: Vec::new(),
            actor: asker.actor.clone(),
            trigger: asker.trigger.clone(),
            note: request.note.clone(),
            attempt: 1,
        };
        let unfinished =
            Unfinished { run: header.id, request: request.clone(), invoices: Vec::new() };
        Self::start(equipment, header, unfinished, cancel).await
    }

    /// Goes on with a run that was cut off.
    pub async fn resume(
        equipment: &'a Equipment,
        header: RunHeader,
        unfinished: Unfinished,
        cancel: &CancellationToken,
    ) -> Result<Self, Halt> {
        let attempt = header.attempt + 1;
        Self::start(equipment, RunHeader { attempt, ..header }, unfinished, cancel).await
    }

    async fn start(
        equipment: &'a Equipment,
        header: RunHeader,
        unfinished: Unfinished,
        cancel: &CancellationToken,
    ) -> Result<Self, Halt> {
        let mut batch = Batch::new();
        batch.put(RUNS, &of_run(header.id), &header);
        batch.put(UNFINISHED, &Key::new(), &unfinished);
        equipment.store.commit(batch).await?;
        crash_point("run-begun");
        equipment.emit(Happening::RunStarted { run: header.clone() });
        let desk = Desk::new(equipment, (header.id, header.attempt), cancel.clone());
        let requests_before = requests(equipment);
        Ok(Self { desk, header, unfinished, requests_before })
    }

    /// From now on this invoice gets a ledger, whatever happens.
    pub async fn begin_invoice(
        &mut self,
        invoice: &InvoiceId,
        month: UsageMonth,
    ) -> Result<(), Halt> {
        if self.unfinished.invoices.iter().any(|(known, _)| known == invoice) {
            return Ok(());
        }
        self.unfinished.invoices.push((invoice.clone(), month));
        let mut batch = Batch::new();
        batch.put(UNFINISHED, &Key::new(), &self.unfinished);
        self.desk.commit(batch).await
    }

    /// Ends it. Why it broke off, if it did, is its message. Where another stream of the same request is to come, the
    /// request stays until that one begins.
    pub async fn finish(&mut self, ended: Result<(), Halt>) {
        let equipment = self.desk.equipment;
        let last = ended.is_err() || rest(self.header.kind, &self.unfinished.request).is_empty();
        if let Err(halt) = ended {
            self.header.status = Outcome::Failure;
            self.header.message = Some(halt.finding());
        }
        self.header.finished_at = Some(equipment.clock.now());
        self.header.counts.requests += requests(equipment) - self.requests_before;
        let mut batch = Batch::new();
        batch.put(RUNS, &of_run(self.header.id), &self.header);
        if last {
            batch.remove(UNFINISHED, &Key::new());
        }
        crash_point("before-finish");
        if let Err(error) = equipment.store.commit(batch).await {
            // It is finished at the next start: then everything that was confirmed is found in the journal.
            self.header.status = Outcome::Failure;
            self.header.message = Some(error.into());
        }
        crash_point("finished");
        equipment.emit(Happening::RunFinished { run: self.header.clone() });
    }

    /// Tells how far it is.
    pub fn progress(&self, done: u64, total: Option<u64>) {
        let counts = self.header.counts;
        let run = Some(self.header.id);
        self.desk.equipment.emit(Happening::Progress { run, done, total, counts });
    }
}
