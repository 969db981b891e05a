//! Where a run stands: who it is, what it may still do, and the two commits around every write.
//!
//! It must not know what a write means. The order of things is sync-rules 8.1: the intent is on disk
//! before the request leaves, the result is on disk before the next write of that contract.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    mem::{Discriminant, discriminant},
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        Code, ConnectionId, ContractId, LineId, ReadError, RunId, Side,
        line::{ServiceLine, WrittenLine},
        operation::Operation,
        outcome::Finding,
        read_error::why_put_off,
        target::PresentContract,
    },
    engine::{
        crash_point::crash_point,
        protocol::{
            Happening, Phase,
            live_run::{LiveChange, LiveOutcome},
        },
        sync::{
            equipment::Equipment,
            writing::{
                backoff::Backoff,
                journal::{Entry, WriteResult},
                totals::RunTotals,
            },
        },
        tables::{
            JOURNAL, OPEN, SHIFTED, WRITES, WRITTEN_LINES, of_contract_line, of_entry, of_run,
            of_run_write,
        },
    },
    psa::{Psa, Written},
    store::{Batch, Key, StoreError},
};

/// Why a run stops writing. Everything done so far is recorded all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Halt {
    /// The operator wants it so.
    Cancelled,
    /// 401: nothing more may be written with these credentials.
    Unauthorized {
        /// Whose they are.
        side: Side,
        /// What was said.
        finding: Finding,
    },
    /// The store cannot keep intents any more: nothing may be sent that could not be remembered.
    Store(Finding),
    /// A read that the run cannot do without failed.
    Read(Finding),
    /// For a long time the target took no write of a kind at all, only put them off.
    PutOff(Finding),
}

impl Halt {
    /// What to say about it.
    #[must_use]
    pub fn finding(&self) -> Finding {
        match self {
            Self::Cancelled => cancelled(None),
            Self::Unauthorized { finding, .. }
            | Self::Store(finding)
            | Self::Read(finding)
            | Self::PutOff(finding) => finding.clone(),
        }
    }

    /// Whose credentials were refused, if that is why.
    #[must_use]
    pub fn refused_by(&self) -> Option<Side> {
        match self {
            Self::Unauthorized { side, .. } => Some(*side),
            Self::Cancelled | Self::Store(_) | Self::Read(_) | Self::PutOff(_) => None,
        }
    }
}

/// That a run was stopped, and by whom.
pub(crate) fn cancelled(by: Option<&str>) -> Finding {
    let by = by.map(|by| format!(" by {by}")).unwrap_or_default();
    Finding::new(
        Code::Cancelled,
        format!("The run was stopped{by} between two changes."),
        "Sync again: nothing is written twice.",
    )
}

/// The same of a run that left customers behind who are due: what writes them and nobody else. A new sync takes in whoever
/// was left out of this one on purpose.
pub(crate) fn cancelled_amid(by: Option<&str>) -> Finding {
    let advice = "`prism-connect sync --retry-failed` writes exactly the rest, and what failed. A new sync also takes in \
                  whatever else is due.";
    Finding { advice: advice.to_owned(), ..cancelled(by) }
}

impl From<ReadError> for Halt {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Cancelled => Self::Cancelled,
            ReadError::Unauthorized { side, finding } => Self::Unauthorized { side, finding },
            other => Self::Read(other.finding()),
        }
    }
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Store(error.into())
    }
}

/// In the place of a run, where nothing is written.
pub(crate) const ONLY_PLANNED: RunId = RunId(0);

/// A run at work.
pub(crate) struct Writer<'a> {
    /// What it works with.
    pub equipment: &'a Equipment,
    /// Where it writes.
    pub target: Arc<dyn Psa>,
    /// The connection it writes through.
    pub connection: ConnectionId,
    /// Which run.
    pub run: RunId,
    /// Which attempt of it.
    pub attempt: u32,
    /// Stops it between two writes.
    pub cancel: CancellationToken,
    /// How far it is.
    pub totals: RunTotals,
    halt: OnceLock<Halt>,
    /// Ends the waits of all writers once the run is stopped, by whom ever.
    stopped: CancellationToken,
    numbers: AtomicU64,
    /// Writes of each kind that got an answer other than “not now”: each kind has an endpoint of its own, which puts off what
    /// another takes.
    answered: Mutex<HashMap<Discriminant<Operation>, u64>>,
    unkept: Mutex<BTreeSet<Key>>,
}

impl<'a> Writer<'a> {
    /// One attempt of a run.
    pub(crate) fn new(
        equipment: &'a Equipment,
        run: RunId,
        attempt: u32,
        cancel: CancellationToken,
    ) -> Self {
        Self {
            equipment,
            target: equipment.target.clone(),
            connection: equipment.connection.clone(),
            run,
            attempt,
            stopped: cancel.child_token(),
            totals: RunTotals::new(equipment),
            cancel,
            halt: OnceLock::new(),
            numbers: AtomicU64::new(u64::from(attempt) << 32),
            answered: Mutex::default(),
            unkept: Mutex::default(),
        }
    }

    /// The number of the next write; numbers of later attempts are greater.
    pub(crate) fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Why nothing more is written, if so.
    pub(crate) fn halted(&self) -> Option<Halt> {
        match self.halt.get() {
            Some(halt) => Some(halt.clone()),
            None if self.cancel.is_cancelled() => Some(Halt::Cancelled),
            None => None,
        }
    }

    /// Ends all writing of this run; the first reason counts.
    pub(crate) fn stop(&self, halt: Halt) -> Halt {
        let first = self.halt.get_or_init(|| halt).clone();
        self.stopped.cancel();
        first
    }

    /// Goes on only while nothing speaks against it.
    pub(crate) fn check(&self) -> Result<(), Halt> {
        self.halted().map_or(Ok(()), Err)
    }

    /// Tells what goes on. What is only planned is of no run.
    pub(crate) fn tell(&self, phase: Phase, text: String) {
        let run = Some(self.run).filter(|run| *run != ONLY_PLANNED);
        self.equipment.emit(Happening::Phase { run, phase, text });
    }

    /// Tells of changes and subscriptions that moved on, and how far the run is by that.
    pub(crate) fn tell_changes(
        &self,
        replanned: Option<ContractId>,
        changes: Vec<LiveChange>,
        outcomes: Vec<LiveOutcome>,
    ) {
        let (run, totals) = (self.run, self.totals.now(self.equipment));
        let replanned = replanned.into_iter().collect();
        self.equipment.emit(Happening::Changes { run, totals, replanned, changes, outcomes });
    }

    /// Makes a batch durable.
    pub(crate) async fn commit(&self, batch: Batch) -> Result<(), Halt> {
        let done = self.equipment.store.commit(batch).await;
        done.map_err(|error| self.stop(Halt::Store(error.into())))
    }

    /// Writes the intent, and `beside` with it. From then on the write may have left (sync-rules 8.7).
    ///
    /// # Errors
    /// Where the run must stop; then it has not left, and never will under this entry.
    pub(crate) async fn intend(&self, entry: &Entry, mut beside: Batch) -> Result<(), Halt> {
        self.check()?;
        crash_point("before-intent");
        let key = of_entry(entry);
        beside.put(JOURNAL, &key, entry);
        beside.put(OPEN, &key, &());
        if !entry.shifts.is_empty() {
            beside.put(SHIFTED, &key, &());
        }
        self.commit(beside).await?;
        crash_point("intent-written");
        Ok(())
    }

    /// Sends what is intended and writes the result, and what `follow` makes of it with it. An entry without a result got no
    /// answer: read back before anything else.
    ///
    /// # Errors
    /// Where the run must stop; the entry then says what is known of it.
    pub(crate) async fn send(&self, entry: &mut Entry, follow: Follow<'_>) -> Result<(), Halt> {
        let answer = self.until_answered(&entry.operation).await;
        crash_point("sent");
        let (result, stopped) = match answer {
            Ok(Answer { result, remarks }) => {
                entry.remarks = remarks;
                (result, Ok(()))
            }
            Err(halt) => (Some(WriteResult::NotSent { finding: halt.finding() }), Err(halt)),
        };
        if let Some(result) = result {
            self.conclude(entry, result, follow).await?;
        }
        crash_point("result-written");
        stopped.map_err(|halt| self.stop(halt))
    }

    /// Makes the result of a write durable, and what follows from it; it is open no more.
    pub(crate) async fn conclude(
        &self,
        entry: &mut Entry,
        result: WriteResult,
        follow: Follow<'_>,
    ) -> Result<(), Halt> {
        let mut batch = follow(&result);
        entry.result = Some(result);
        let key = of_entry(entry);
        self.keep_line(&mut batch, entry).await?;
        batch.put(JOURNAL, &key, entry);
        if entry.stands() {
            batch.put(WRITES, &of_run_write(entry.run, entry.number), &entry.contract);
        }
        if entry.refused_day(self.target.rules()).is_some() {
            batch.put(SHIFTED, &key, &());
        }
        batch.remove(OPEN, &key);
        if entry.run == self.run && entry.stands() {
            self.totals.confirmed(entry.attempt == self.attempt);
        }
        let kept = self.commit(batch).await;
        if kept.is_err() && entry.stands() && entry.run == self.run {
            let mut unkept = self.unkept.lock().unwrap_or_else(PoisonError::into_inner);
            unkept.insert(of_run_write(entry.run, entry.number));
        }
        kept
    }

    /// What a write left of its line becomes durable with its result.
    async fn keep_line(&self, batch: &mut Batch, entry: &Entry) -> Result<(), Halt> {
        let (Some(contract), Some(line)) = (entry.contract, entry.written_to()) else {
            return Ok(());
        };
        let key = of_contract_line(&entry.connection, contract, line);
        let known = self.equipment.store.get(WRITTEN_LINES, key.clone()).await?;
        if let Some(line) = entry.written_line(known.as_ref()) {
            batch.put(WRITTEN_LINES, &key, &line);
        }
        Ok(())
    }

    /// Takes note that lines read as they were written while so much was invoiced: an edit of one was made later
    /// (sync-rules 10.17d).
    pub(crate) async fn see_lines(
        &self,
        present: &PresentContract,
        written: &mut [WrittenLine],
    ) -> Result<(), Halt> {
        let open = present.contract.first_open();
        let lines: BTreeMap<LineId, &ServiceLine> = present
            .services
            .iter()
            .flat_map(|service| &service.lines)
            .map(|line| (line.id, line))
            .collect();
        let mut batch = Batch::new();
        for known in written.iter_mut().filter(|known| known.open_when_seen != open) {
            if lines.get(&known.id).is_some_and(|line| known.reads(line)) {
                known.open_when_seen = open;
                let key = of_contract_line(&self.connection, present.contract.id, known.id);
                batch.put(WRITTEN_LINES, &key, known);
            }
        }
        if batch.is_empty() {
            return Ok(());
        }
        self.commit(batch).await
    }

    /// Writes of this run that stand and of which the store did not say that it keeps that they do: they are counted all
    /// the same. It may know of them: a commit that failed where it was made durable shows until the process ends.
    fn unkept(&self) -> BTreeSet<Key> {
        self.unkept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many writes of this run stand in the target, also of those that the store could not keep.
    pub(crate) async fn standing_writes(&self) -> Result<u64, StoreError> {
        let (store, mut unkept) = (&self.equipment.store, self.unkept());
        if unkept.is_empty() {
            return store.count(WRITES, of_run(self.run)).await;
        }
        let mut kept = 0;
        let note = |key, _| {
            unkept.remove(&key);
            kept += 1;
        };
        store.for_each(WRITES, of_run(self.run), note).await?;
        Ok(kept + unkept.len() as u64)
    }

    /// Sends until there is an answer other than “not now” (sync-rules 8.3: then it was not carried out). None where no
    /// answer came.
    async fn until_answered(&self, operation: &Operation) -> Result<Answer, Halt> {
        let (mut patience, before) = (Backoff::default(), self.answered(operation));
        loop {
            let (finding, asked) = match self.target.execute(operation).await {
                Written::NotExecuted { finding, retry_after_seconds } => {
                    (finding, retry_after_seconds)
                }
                answered => {
                    self.note_answered(operation);
                    return answer(answered);
                }
            };
            self.check()?;
            let Some(pause) = patience.pause(&finding, asked) else {
                let others = self.answered(operation) - before;
                return out_of_patience(others, patience.given_up(finding)).map(Answer::of);
            };
            let for_what = format!("{} ({})", self.target.kind(), why_put_off(&finding.code));
            self.wait(pause, &for_what).await?;
        }
    }

    fn answered(&self, operation: &Operation) -> u64 {
        let answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        answered.get(&discriminant(operation)).copied().unwrap_or_default()
    }

    fn note_answered(&self, operation: &Operation) {
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        *answered.entry(discriminant(operation)).or_default() += 1;
    }

    /// Waits visibly.
    ///
    /// # Errors
    /// Where the run is stopped meanwhile.
    pub(crate) async fn wait(&self, pause: Duration, for_what: &str) -> Result<(), Halt> {
        self.check()?;
        let clock = self.equipment.clock;
        self.equipment.emit(Happening::Waiting {
            run: Some(self.run),
            for_what: for_what.to_owned(),
            until: chrono::TimeDelta::from_std(pause).ok().map(|pause| clock.now() + pause),
        });
        tokio::select! {
            () = clock.sleep(pause) => {}
            () = self.stopped.cancelled() => {}
        }
        self.equipment.emit(Happening::WaitOver { run: Some(self.run) });
        self.check()
    }
}

/// One write that is put off for ever is left to the retry list. Where no other of its kind was answered meanwhile, the others
/// would only wait as long, one after the other: then the run ends.
fn out_of_patience(others: u64, finding: Finding) -> Result<Option<WriteResult>, Halt> {
    match others {
        0 => Err(Halt::PutOff(finding)),
        _ => Ok(Some(WriteResult::NotSent { finding })),
    }
}

/// What becomes durable with a result.
pub(crate) type Follow<'a> = &'a (dyn Fn(&WriteResult) -> Batch + Sync);

/// Nothing does.
pub(crate) fn nothing(_result: &WriteResult) -> Batch {
    Batch::new()
}

/// How a write ended: nothing yet of what must be read back.
struct Answer {
    result: Option<WriteResult>,
    /// What the answer showed otherwise than it was sent.
    remarks: Vec<Finding>,
}

impl Answer {
    fn of(result: Option<WriteResult>) -> Self {
        Self { result, remarks: Vec::new() }
    }
}

/// What is put down of how a write ended.
fn answer(written: Written) -> Result<Answer, Halt> {
    let known = |result| Ok(Answer::of(Some(result)));
    match written {
        Written::Done { id, remarks } => {
            Ok(Answer { result: Some(WriteResult::Written { id }), remarks })
        }
        Written::Otherwise { id, finding } => known(WriteResult::Otherwise { id, finding }),
        Written::Unknown { .. } => Ok(Answer::of(None)),
        Written::Refused { finding } => known(WriteResult::Refused { finding }),
        Written::NotExecuted { finding, .. } => known(WriteResult::NotSent { finding }),
        Written::Unauthorized { finding } => {
            Err(Halt::Unauthorized { side: Side::Target, finding })
        }
    }
}
