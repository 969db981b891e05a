//! One look: every target in turn, as the settings say.
//!
//! It must not decide when: the schedule does, or whoever asks.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    domain::{
        Code, ConnectionId, RunId,
        approval::ApprovalMode,
        outcome::{Finding, Outcome},
        policy::GuardMode,
        run::{CustomerRow, RunReport},
        schedule::{
            Apply, LookKind,
            course::{Attempt, Ended, Why},
        },
        terms::Terms,
        text::thousands,
    },
    engine::{
        approvals::{due, to_wait},
        context::{Caller, Context},
        launch::{self, Order},
        metrics,
        protocol::{Changed, Happening, Refusal, RefusalKind, SyncRequest},
        refusals::busy,
        schedule::{
            memory,
            record::{Became, LookRecord},
            shown,
            targets::targets,
        },
        sync::due::new_invoices,
        tables::{HELD, of_connection},
        views::{LookView, PlanView, WaitsBecause, connection_title},
    },
};

/// Takes a look, and keeps what came of it.
pub(super) async fn take(
    context: &Arc<Context>,
    caller: &Caller,
    attempt: Attempt,
) -> Result<Box<LookView>, Refusal> {
    if context.flight.is_taken() {
        return Err(busy(context.flight.run()));
    }
    context.schedule.waits(false);
    let (schedule, began_at) = (context.config.schedule(), context.clock.now());
    if attempt.why != Why::Asked {
        memory::change(context, |record| {
            let passed = record.course.begin(&schedule, attempt, began_at);
            record.pass_over(passed);
        })
        .await?;
    }
    let all = everywhere(context, caller, attempt.kind).await?;
    if context.schedule.is_stopping() {
        // It is not over: the next start makes it up.
        return Err(cut_off());
    }
    let found = Found::of(&all);
    let last = LookRecord {
        attempt,
        began_at,
        ended_at: context.clock.now(),
        outcome: found.outcome,
        text: told(&all),
        runs: found.runs,
        held: found.held,
        waiting: found.waiting,
    };
    let kept = last.clone();
    memory::change(context, move |record| {
        match attempt.why {
            Why::Asked => record.course.settled_by_hand(found.ended),
            Why::Due | Why::MadeUp | Why::Retry { .. } => {
                record.course.end(attempt, found.ended, last.ended_at);
            }
        }
        if let Some(due) = attempt.due {
            record.note(due, attempt.kind, Became::Looked { outcome: last.outcome });
        }
        for one in &all {
            record.notice(&one.target, one.came.invoices());
        }
        if found.ended == Ended::Well {
            record.succeeded_at = Some(last.ended_at);
        }
        record.last = Some(last);
    })
    .await?;
    metrics::write_file(context, caller).await;
    context.emit(Happening::Changed { what: Changed::Schedule });
    context.schedule.changed();
    Ok(Box::new(shown::look(&schedule, &kept)))
}

fn cut_off() -> Refusal {
    let finding = Finding::new(
        Code::Cancelled,
        "The look was cut off by the end of the program.",
        "The next start makes it up; a run that was cut off is finished first.",
    );
    Refusal::new(RefusalKind::Cancelled, finding)
}

/// What a look at one target came to.
struct AtTarget {
    target: ConnectionId,
    /// What its users call things.
    terms: Terms,
    came: Came,
}

enum Came {
    /// There is no new invoice.
    NothingNew,
    /// The program is switched off.
    Off,
    Synced {
        reports: Vec<RunReport>,
        /// Contracts that guards hold since: they wait as a plan.
        held: u64,
    },
    /// Nothing was written: it waits as a plan.
    Planned(Box<PlanView>, Option<u64>),
    Refused(Refusal),
}

/// Each target in turn: what stops one does not stop the others, but somebody's word does.
async fn everywhere(
    context: &Arc<Context>,
    caller: &Caller,
    kind: LookKind,
) -> Result<Vec<AtTarget>, Refusal> {
    let schedule = context.config.schedule();
    let mut all = Vec::new();
    for target in targets(context).await {
        let here = if target == context.sides.target {
            context.clone()
        } else {
            context.of_target(target.clone()).await
        };
        let apply = schedule.apply_on(&target);
        let came = at_target(&here, caller, kind, apply).await.unwrap_or_else(Came::Refused);
        let stopped = came.ended() == Ended::Stopped && !matches!(came, Came::Off);
        all.push(AtTarget { target, terms: here.sides.terms(), came });
        if stopped {
            break;
        }
    }
    Ok(all)
}

async fn at_target(
    here: &Arc<Context>,
    caller: &Caller,
    kind: LookKind,
    apply: Apply,
) -> Result<Came, Refusal> {
    if !here.options().await?.sync {
        return Ok(Came::Off);
    }
    // What somebody approved comes before what is new.
    due::carry_out(here, caller).await?;
    if kind == LookKind::NewInvoice && !is_anything_new(here, caller).await? {
        return Ok(Came::NothingNew);
    }
    let request = SyncRequest { note: Some(note(kind).to_owned()), ..SyncRequest::default() };
    let because = match (apply, here.approval()) {
        (_, ApprovalMode::EveryRun) => Some(WaitsBecause::EveryRun),
        (Apply::PlanOnly, _) => Some(WaitsBecause::PlanOnly),
        (Apply::WithinGuards | Apply::All, _) => None,
    };
    if let Some(because) = because {
        let plan = launch::plan(here, caller, request).await?;
        let number = to_wait::keep(here, caller, &plan, because).await?;
        return Ok(Came::Planned(plan, number));
    }
    let guards = (apply == Apply::All).then_some(GuardMode::Warn);
    let Some(place) = here.flight.take() else { return Err(busy(here.flight.run())) };
    let caller = Caller { cancel: place.cancel.clone(), in_run: true, ..caller.clone() };
    let order = Order { request, guards, holds: true, approved: None };
    let reports = launch::sync(here, place, &caller, order).await?;
    let held = here.store.count(HELD, of_connection(&here.sides.target)).await? as u64;
    Ok(Came::Synced { reports, held })
}

fn note(kind: LookKind) -> &'static str {
    match kind {
        LookKind::Sync => "by the schedule",
        LookKind::NewInvoice => "by the schedule, for a new invoice",
    }
}

/// The cheap look (sync-rules 2.6): whether there is an invoice to apply that no look has come to.
async fn is_anything_new(here: &Arc<Context>, caller: &Caller) -> Result<bool, Refusal> {
    let equipment = launch::equipment(here, caller).await?;
    let due = launch::apart(move |runtime| runtime.block_on(new_invoices(&equipment))).await?;
    let due = due.map_err(|halt| crate::engine::sync::refusal(&halt))?;
    let record = memory::read(here).await?;
    Ok(record.has_new(&here.sides.target, &due))
}

impl Came {
    fn ended(&self) -> Ended {
        match self {
            Self::Off => Ended::Stopped,
            Self::Refused(refusal) if refusal.kind == RefusalKind::Cancelled => Ended::Stopped,
            Self::Refused(_) => Ended::Failed,
            Self::Synced { reports, .. } if reports.iter().any(is_cancelled) => Ended::Stopped,
            Self::Synced { reports, .. } if reports.iter().any(has_failed) => Ended::Failed,
            Self::NothingNew | Self::Planned(..) | Self::Synced { .. } => Ended::Well,
        }
    }

    fn outcome(&self) -> Outcome {
        match self {
            Self::NothingNew | Self::Off => Outcome::NoChange,
            Self::Planned(plan, _) if plan.operations.is_empty() => Outcome::NoChange,
            Self::Planned(..) => Outcome::Warning,
            Self::Refused(_) => Outcome::Failure,
            Self::Synced { reports, .. } => {
                reports.iter().map(|report| report.header.status).max().unwrap_or_default()
            }
        }
    }

    fn reports(&self) -> &[RunReport] {
        match self {
            Self::Synced { reports, .. } => reports,
            Self::Refused(refusal) => &refusal.finished,
            Self::NothingNew | Self::Off | Self::Planned(..) => &[],
        }
    }

    /// Numbers of the invoices that it came to.
    fn invoices(&self) -> BTreeSet<String> {
        let planned = match self {
            Self::Planned(plan, _) => plan.ledgers.as_slice(),
            _ => &[],
        };
        let planned = planned.iter().map(|ledger| ledger.invoice.clone());
        let synced = self.reports().iter().flat_map(|report| report.header.invoices.clone());
        planned.chain(synced).collect()
    }
}

fn is_cancelled(report: &RunReport) -> bool {
    report.header.message.as_ref().is_some_and(|message| message.code == Code::Cancelled)
}

/// Whether it is worth another attempt. What guards hold waits for somebody, however often it is tried.
fn has_failed(report: &RunReport) -> bool {
    let header = &report.header;
    if header.status != Outcome::Failure {
        return false;
    }
    let failed = report.customers.iter().filter(|row| row.status == Outcome::Failure);
    let whole = header.message.iter().map(|message| &message.code);
    let mut codes = whole.chain(failed.flat_map(failures)).peekable();
    codes.peek().is_none() || codes.any(|code| *code != Code::Guard)
}

fn failures(row: &CustomerRow) -> impl Iterator<Item = &Code> {
    let bought = row.subscriptions.iter().filter(|bought| bought.status == Outcome::Failure);
    row.error
        .iter()
        .chain(bought.filter_map(|bought| bought.error.as_ref()))
        .map(|found| &found.code)
}

/// What all targets came to together.
struct Found {
    outcome: Outcome,
    ended: Ended,
    runs: Vec<RunId>,
    held: u64,
    waiting: u64,
}

impl Found {
    fn of(all: &[AtTarget]) -> Self {
        let came = || all.iter().map(|one| &one.came);
        let any = |ended| came().any(|came| came.ended() == ended);
        let ended = match () {
            () if any(Ended::Failed) => Ended::Failed,
            () if any(Ended::Well) => Ended::Well,
            () => Ended::Stopped,
        };
        let held = came().map(|came| match came {
            Came::Synced { held, .. } => *held,
            _ => 0,
        });
        let waiting = came().map(|came| match came {
            Came::Planned(plan, _) => plan.operations.len() as u64,
            _ => 0,
        });
        Self {
            outcome: came().map(Came::outcome).max().unwrap_or_default(),
            ended,
            runs: came().flat_map(Came::reports).map(|report| report.header.id).collect(),
            held: held.sum(),
            waiting: waiting.sum(),
        }
    }
}

/// What came of it, target by target where there are several.
fn told(all: &[AtTarget]) -> String {
    let several = all.len() > 1;
    let one = |one: &AtTarget| {
        let text = words(&one.came, one.terms);
        if several { format!("{}: {text}", connection_title(&one.target)) } else { text }
    };
    all.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn words(came: &Came, terms: Terms) -> String {
    match came {
        Came::NothingNew => "no new invoice".to_owned(),
        Came::Off => "sync is switched off for the whole program".to_owned(),
        Came::Refused(refusal) => terms.retell(&refusal.finding.text, &[]).into_owned(),
        Came::Planned(plan, _) if plan.operations.is_empty() => "nothing to change".to_owned(),
        Came::Planned(plan, number) => {
            let planned = format!("{} planned", changes(plan.operations.len() as u64));
            match number {
                Some(number) => format!("{planned}, plan {number} waits for approval"),
                None => format!("{planned}, and not applied"),
            }
        }
        Came::Synced { reports, held } => {
            let runs = reports.iter().map(ran);
            let holds = (*held > 0).then(|| match held {
                1 => terms.say("guards hold 1 contract").into_owned(),
                more => terms.fill("guards hold {} contracts", &[&thousands(*more)]),
            });
            runs.chain(holds).collect::<Vec<_>>().join(", ")
        }
    }
}

fn ran(report: &RunReport) -> String {
    let header = &report.header;
    let wrote = match header.counts.writes {
        0 => String::new(),
        _ if header.counts.writes_earlier > 0 => format!(" ({})", header.counts.sent_words()),
        writes => format!(" ({})", changes(writes)),
    };
    format!("run {} {}{wrote}", header.id, header.status)
}

fn changes(count: u64) -> String {
    if count == 1 { "1 change".to_owned() } else { format!("{} changes", thousands(count)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::target::TargetKind;

    #[test]
    fn what_a_look_came_to_is_told_in_the_words_of_its_target_r10_1() {
        let came = Came::Synced { reports: Vec::new(), held: 2 };
        let told = |kind| words(&came, Terms::of(kind));
        assert_eq!(told(TargetKind::Connectwise), "guards hold 2 agreements");
        assert_eq!(told(TargetKind::Autotask), "guards hold 2 contracts");
    }
}
