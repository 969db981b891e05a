//! What is shown of the schedule.
//!
//! It must not change anything.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        outcome::Outcome,
        schedule::{
            Schedule,
            course::{PassedOver, Why},
        },
    },
    engine::{
        context::Context,
        protocol::Refusal,
        schedule::{
            memory,
            record::{Became, DueRecord, LookRecord},
        },
        views::{
            AttentionView, DueView, LookView, Moment, NextLook, PassedOverView, PauseView, Place,
            ScheduleView,
        },
    },
};

/// The schedule, for those who ask about it.
pub(super) async fn show(context: &Context) -> Result<Box<ScheduleView>, Refusal> {
    let (schedule, now) = (context.config.schedule(), context.clock.now());
    let record = memory::read(context).await?;
    let kept = context.schedule.is_kept();
    let moment = |at| moment(&schedule, at);
    let next = record.course.next_look(&schedule, now).filter(|_| kept && schedule.is_set());
    let passed_over = record.due_times.iter().rev().find_map(|known| match known.became {
        Became::PassedOver { why } if why != PassedOver::Covered => {
            Some(PassedOverView { due: moment(known.due), why })
        }
        Became::PassedOver { .. } | Became::Looked { .. } => None,
    });
    Ok(Box::new(ScheduleView {
        set: schedule.is_set(),
        kept,
        waiting: context.schedule.is_waiting(),
        zone: schedule.zone.name().to_owned(),
        looks: schedule.looks.iter().map(ToString::to_string).collect(),
        weekdays: schedule.weekdays.to_string(),
        jitter_minutes: schedule.jitter.num_minutes(),
        on_new_invoice: schedule.on_new_invoice,
        quiet: schedule.quiet.iter().map(ToString::to_string).collect(),
        apply: schedule.apply,
        apply_to: schedule.apply_to.clone(),
        next: next.map(|(at, attempt)| NextLook {
            when: moment(at),
            kind: attempt.kind,
            why: attempt.why,
        }),
        last: record.last.as_ref().map(|last| look(&schedule, last)),
        passed_over,
        paused: record
            .course
            .paused
            .map(|pause| PauseView { until: pause.until.map(moment), by: pause.by }),
        due_times: record.due_times.iter().rev().map(|known| due(&schedule, known)).collect(),
    }))
}

/// The same where there is anything to say: a schedule is set, or kept.
pub(crate) async fn if_any(context: &Context) -> Result<Option<Box<ScheduleView>>, Refusal> {
    let view = show(context).await?;
    Ok(Some(view).filter(|view| view.set || view.kept))
}

/// A look that has ended.
pub(super) fn look(schedule: &Schedule, last: &LookRecord) -> LookView {
    LookView {
        due: last.attempt.due.map(|due| moment(schedule, due)),
        kind: last.attempt.kind,
        why: last.attempt.why,
        began: moment(schedule, last.began_at),
        ended_at: last.ended_at,
        outcome: last.outcome,
        text: last.text.clone(),
        runs: last.runs.clone(),
        held: last.held,
        waiting: last.waiting,
    }
}

fn due(schedule: &Schedule, known: &DueRecord) -> DueView {
    let (outcome, passed_over) = match known.became {
        Became::Looked { outcome } => (Some(outcome), None),
        Became::PassedOver { why } => (None, Some(why)),
    };
    DueView { due: moment(schedule, known.due), kind: known.kind, outcome, passed_over }
}

fn moment(schedule: &Schedule, at: DateTime<Utc>) -> Moment {
    Moment { at, local: schedule.local(at).format("%Y-%m-%d %H:%M").to_string() }
}

/// A look of the schedule that came to nothing, so that no run tells of it.
pub(crate) async fn not_looked(context: &Context) -> Result<Option<AttentionView>, Refusal> {
    let (schedule, record) = (context.config.schedule(), memory::read(context).await?);
    let last = record.last.filter(|last| {
        let by_itself = last.attempt.why != Why::Asked;
        by_itself && last.outcome == Outcome::Failure && last.runs.is_empty()
    });
    Ok(last.map(|last| AttentionView {
        id: format!("schedule-{}", last.began_at.timestamp()),
        outcome: Outcome::Failure,
        text: format!(
            "The scheduled look at {} could not begin: {}",
            moment(&schedule, last.began_at).local,
            last.text
        ),
        advice:
            "Mend what it names, then `prism-connect schedule run-now`, or wait for the next look."
                .to_owned(),
        amount: None,
        currency: None,
        place: Place::Connections,
    }))
}

/// Since when nothing has succeeded, and why.
pub(crate) struct Standing {
    /// When a look ended well last.
    pub(crate) succeeded_at: Option<DateTime<Utc>>,
    pub(crate) paused: bool,
    /// What the last look came to.
    pub(crate) last: Option<String>,
}

pub(crate) async fn standing(context: &Context) -> Result<Standing, Refusal> {
    let record = memory::read(context).await?;
    Ok(Standing {
        succeeded_at: record.succeeded_at,
        paused: record.course.paused.is_some(),
        last: record.last.map(|last| last.text),
    })
}

/// When a look ended well last.
pub(crate) async fn succeeded_at(context: &Context) -> Result<Option<DateTime<Utc>>, Refusal> {
    Ok(memory::read(context).await?.succeeded_at)
}
