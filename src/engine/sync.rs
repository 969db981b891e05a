//! Running a sync: observe, plan, apply, verify, record, with a journal that survives any stop (sync-rules 8).
//!
//! It must not decide what is wanted (`planning` does), name a vendor, or show anything.
//!
//! The way of a run: [`lifecycle`] begins and ends it; [`pipeline`] takes its invoices one by one ([`due`], [`work_list`]), observes
//! and plans their contracts two hundred at a time, and hands them to a sink: [`pipeline::preview`] only shows them, [`pipeline::apply`]
//! writes them. [`pipeline::contract_writes`] has the writes of one contract, each of which passes through [`writing::writer`]: intent, request,
//! result. What gets no answer is judged by the target's rules after [`writing::settle`] has read it back, and the contract is planned
//! anew from what is there. [`outcome::customer_rows`] and [`pipeline::record`] put down what became of it, in one commit per contract.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        Code, ConnectionId,
        outcome::Finding,
        packed_text::PackedText,
        run::{RunHeader, RunKind, RunReport, Trigger},
    },
    engine::{
        protocol::{Refusal, RefusalKind, Scope, SyncRequest},
        tables::{PLANS, RUNS, UNFINISHED, of_connection, of_plan, of_run},
        views::PlanView,
    },
    store::{Key, Store, StoreError},
};

pub(crate) mod application;
pub(crate) mod closing;
pub(crate) mod due;
pub(crate) mod equipment;
pub mod guards;
pub(crate) mod held_plan;
pub(crate) mod left_behind;
pub(crate) mod lifecycle;
pub mod outcome;
pub(crate) mod pipeline;
pub(crate) mod plan_part;
pub(crate) mod plan_rows;
pub(crate) mod product_run;
pub mod records;
pub(crate) mod saved_plan;
pub(crate) mod snapshot;
pub(crate) mod unreached;
pub(crate) mod work_list;
pub mod writing;

pub use equipment::{Approvals, Equipment, Listener, StoppedBy};
pub use lifecycle::Asker;

use lifecycle::Course;
use pipeline::{apply, preview};
use records::Unfinished;
use saved_plan::Saved;
use writing::writer::Halt;

/// Runs what is asked for, after finishing what an earlier process left unfinished. Gives a report of each run.
///
/// # Errors
/// Where nothing was begun: the store cannot be read, or a saved plan is not what would be planned now.
pub async fn sync(
    equipment: &Equipment,
    request: &SyncRequest,
    asker: &Asker,
    cancel: &CancellationToken,
) -> Result<Vec<RunReport>, Refusal> {
    let request = &plan_part::narrowed(equipment, request).await?;
    let Resumed { mut reports, plan } = finish_unfinished(equipment, cancel).await?;
    // The plan that is to be carried out is the one that was just carried out to its end.
    let done = request.plan.is_some() && request.plan == plan;
    if !reports.is_empty() && (done || is_over(&reports, cancel)) {
        return Ok(reports);
    }
    let finished = reports.len();
    match anew(equipment, request, asker, cancel, &mut reports).await {
        Ok(()) => Ok(reports),
        // What was begun for this request is in the history; whoever asked is told what was finished before it.
        Err(refusal) => {
            reports.truncate(finished);
            Err(refusal.after(reports))
        }
    }
}

async fn anew(
    equipment: &Equipment,
    request: &SyncRequest,
    asker: &Asker,
    cancel: &CancellationToken,
    reports: &mut Vec<RunReport>,
) -> Result<(), Refusal> {
    let request = &compared(equipment, request, cancel).await?;
    streams(equipment, kinds(request.scope), request, asker, cancel, reports).await
}

/// Runs the streams of a request one after the other, as far as it goes on.
async fn streams(
    equipment: &Equipment,
    kinds: Vec<RunKind>,
    request: &SyncRequest,
    asker: &Asker,
    cancel: &CancellationToken,
    reports: &mut Vec<RunReport>,
) -> Result<(), Refusal> {
    let mut listed = None;
    for kind in kinds {
        if is_over(reports, cancel) && !reports.is_empty() {
            give_up(equipment, kind, request, reports).await;
            break;
        }
        let course = Course::begin(equipment, kind, request, asker, cancel).await;
        let mut course = course.map_err(|halt| refusal(&halt))?;
        course.listed = listed.take();
        reports.push(run(&mut course).await?);
        listed = course.listed;
    }
    Ok(())
}

/// A stream is not begun any more because the one before it broke off. Where that is finished by another attempt, this
/// one follows it then.
async fn give_up(
    equipment: &Equipment,
    kind: RunKind,
    request: &SyncRequest,
    reports: &[RunReport],
) {
    let Some(last) = reports.last().filter(|last| code(last) != Some(&Code::Fault)) else { return };
    let mut given_up = Ok(());
    if kind == RunKind::Customers {
        given_up = unreached::remember(equipment, request, last.header.id).await;
    }
    if let Err(halt) = given_up.and(lifecycle::give_up_the_rest(equipment).await) {
        // Why the one before it broke off is what matters, and stands in its report.
        tracing::warn!("what was not begun is not given up: {}", halt.finding().text);
    }
}

/// Whether nothing more is to be begun.
fn is_over(reports: &[RunReport], cancel: &CancellationToken) -> bool {
    cancel.is_cancelled() || reports.last().is_some_and(broke_off)
}

/// Finishes the run that an earlier process left unfinished, if there is one (sync-rules 8, X8), and what was asked for
/// together with it.
///
/// # Errors
/// Where the store cannot be read.
pub async fn resume(
    equipment: &Equipment,
    cancel: &CancellationToken,
) -> Result<Vec<RunReport>, Refusal> {
    finish_unfinished(equipment, cancel).await.map(|resumed| resumed.reports)
}

/// What finishing a run that was cut off came to.
#[derive(Default)]
struct Resumed {
    reports: Vec<RunReport>,
    /// The saved plan that it carried out.
    plan: Option<PackedText>,
}

async fn finish_unfinished(
    equipment: &Equipment,
    cancel: &CancellationToken,
) -> Result<Resumed, Refusal> {
    let left = left_unfinished(&equipment.store, &equipment.connection).await;
    let left = left.map_err(|error| refusal(&error.into()))?;
    let Some((header, unfinished)) = left else { return Ok(Resumed::default()) };
    let asker = Asker {
        actor: header.actor.clone(),
        uid: None,
        trigger: Trigger::Resume,
        approved: header.approved.as_deref().cloned(),
    };
    let request = unfinished.request.clone();
    let rest = lifecycle::rest(header.kind, &request);
    let mut reports = Vec::new();
    if header.finished_at.is_none() {
        let course = Course::resume(equipment, header, unfinished, cancel).await;
        let mut course = course.map_err(|halt| refusal(&halt))?;
        reports.push(run(&mut course).await?);
    }
    match streams(equipment, rest, &request, &asker, cancel, &mut reports).await {
        Ok(()) => Ok(Resumed { reports, plan: request.plan }),
        Err(refusal) => Err(refusal.after(reports)),
    }
}

/// The run of a target that was cut off, or the first half of a request of which the second was never begun. While a run
/// is on it is that run.
///
/// # Errors
/// Where the store cannot be read.
pub async fn left_unfinished(
    store: &Store,
    target: &ConnectionId,
) -> Result<Option<(RunHeader, Unfinished)>, StoreError> {
    let mut unfinished = store.get(UNFINISHED, of_connection(target)).await?;
    if unfinished.is_none() {
        // Older versions knew of one target, and kept it under no name.
        unfinished = store.get(UNFINISHED, Key::new()).await?;
    }
    let Some(unfinished) = unfinished else { return Ok(None) };
    let header = store.get(RUNS, of_run(unfinished.run)).await?;
    let header = header.filter(|header| header.target == *target);
    Ok(header.map(|header| (header, unfinished)))
}

/// Plans, writes nothing (to the target).
///
/// # Errors
/// Where source or target cannot be read.
pub async fn plan(
    equipment: &Equipment,
    request: &SyncRequest,
    cancel: &CancellationToken,
) -> Result<PlanView, Refusal> {
    equipment.target.about_to_work();
    let planned = preview::plan(equipment, request, cancel).await;
    planned.map(|sheet| sheet.view(equipment).0).map_err(|halt| refusal(&halt))
}

/// What a saved plan is about, once it is known to be what would be planned now.
async fn compared(
    equipment: &Equipment,
    request: &SyncRequest,
    cancel: &CancellationToken,
) -> Result<SyncRequest, Refusal> {
    let Some(plan) = &request.plan else { return Ok(request.clone()) };
    let saved = Saved::read(plan)?;
    let about = saved.request.clone();
    about.must_answer(request)?;
    let request = SyncRequest {
        scope: about.scope,
        tenants: about.tenants,
        recheck: about.recheck,
        retry_failed: about.retry_failed,
        left_behind: about.left_behind,
        ..request.clone()
    };
    let now = preview::plan(equipment, &request, cancel).await.map_err(|halt| refusal(&halt))?;
    match saved.must_equal(&now.saved()) {
        Ok(()) => Ok(request),
        Err(moved) => Err(carried_out(equipment, &saved, moved).await),
    }
}

/// That a plan moved because a run has carried it out, or a part of it, if one has.
async fn carried_out(equipment: &Equipment, saved: &Saved, moved: Refusal) -> Refusal {
    let store = &equipment.store;
    let run = store.get(PLANS, of_plan(&saved.checksum)).await;
    let Ok(Some(run)) = run else { return moved };
    let Ok(Some(header)) = store.get(RUNS, of_run(run)).await else {
        return moved;
    };
    let (writes, all) = (header.counts.writes, saved.writes());
    let text = if header.message.as_ref().is_some_and(|told| told.code.stops_everything()) {
        format!(
            "Run {run} began to carry out this plan and was stopped: {writes} of {all} changes."
        )
    } else if header.counts.writes < all as u64 {
        format!("Run {run} has carried out a part of this plan: {writes} of {all} changes.")
    } else {
        format!("Run {run} has carried out this plan: {}.", saved_plan::writes(all))
    };
    let finding = Finding {
        text: format!("{text} {}", moved.finding.text),
        advice: "Nothing was written this time. Make a new plan for what is due now.".to_owned(),
        ..moved.finding
    };
    Refusal { finding, ..moved }
}

/// A fault of this program ends the run like anything else that stops it: for everybody who watches it (sync-rules 8.8).
async fn run(course: &mut Course<'_>) -> Result<RunReport, Refusal> {
    let carried = AssertUnwindSafe(carry_out(course)).catch_unwind().await;
    match carried {
        Ok(ended) => course.finish(ended).await,
        Err(_) => break_off(course).await,
    }
    report(course).await
}

/// What was at work is forgotten: the journal tells what became of it, and the next sync goes on from there, as after a
/// kill.
async fn break_off(course: &mut Course<'_>) {
    let untold = async {
        match course.header.kind {
            RunKind::Products => product_run::close_untold(course).await,
            RunKind::Customers => closing::close_untold(course).await,
        }
    };
    // Where even that cannot be told, the run ends as failed all the same.
    let _ = AssertUnwindSafe(untold).catch_unwind().await;
    course.break_off(fault()).await;
}

fn fault() -> Finding {
    Finding::new(
        Code::Fault,
        "The run broke off because of a fault in this program.",
        "Make a support bundle, then sync again: it finishes this run first, and writes nothing twice.",
    )
}

/// What was left open is settled before anything is planned; a run that breaks off there is closed like any other.
async fn carry_out(course: &mut Course<'_>) -> Result<(), Halt> {
    course.desk.target.about_to_work();
    let settled = writing::left_open::settle_open(&course.desk).await;
    match course.header.kind {
        RunKind::Products => product_run::run(course, settled).await,
        RunKind::Customers => {
            apply::run(course, settled).await?;
            held_plan::make(course).await;
            Ok(())
        }
    }
}

async fn report(course: &Course<'_>) -> Result<RunReport, Refusal> {
    let store = &course.desk.equipment.store;
    let report = outcome::rows::told(store, &course.header).await;
    let mut report = report.map_err(|error| refusal(&error.into()))?;
    course.unkept.lay_over(&mut report);
    Ok(report)
}

/// Whether the later stream of the same request is better not begun.
fn broke_off(report: &RunReport) -> bool {
    code(report).is_some_and(Code::stops_everything)
}

fn code(report: &RunReport) -> Option<&Code> {
    report.header.message.as_ref().map(|finding| &finding.code)
}

fn kinds(scope: Scope) -> Vec<RunKind> {
    match scope {
        Scope::Products => vec![RunKind::Products],
        Scope::Customers => vec![RunKind::Customers],
        Scope::All => vec![RunKind::Products, RunKind::Customers],
    }
}

/// Why nothing came of what was asked for.
pub(super) fn refusal(halt: &Halt) -> Refusal {
    let kind = match halt {
        Halt::Cancelled => RefusalKind::Cancelled,
        _ => RefusalKind::Failed,
    };
    Refusal { refused_by: halt.refused_by(), ..Refusal::new(kind, halt.finding()) }
}
