//! The schedule: what the program does while nobody looks.
//!
//! ```text
//!   keeper ── sleeps until the next turn ──→ RunNow, as the actor `schedule` ──→ look: each target, as `apply` says
//!     ↑                                                                            │
//!     └──────────────── memory: what became of each due time (one record) ←────────┘
//! ```
//! When to look is worked out by `domain::schedule`. It must not plan or write: it starts what everybody starts.

pub(super) mod keeper;
pub(crate) mod keeping;
mod look;
mod memory;
pub(crate) mod record;
pub(super) mod shown;
pub(super) mod targets;

use std::sync::Arc;

use crate::{
    domain::{
        Code,
        run::Trigger,
        schedule::{
            LookKind,
            course::{Attempt, Pause, Why},
        },
    },
    engine::{
        audit::trail::Deed,
        context::{Caller, Context},
        family::Family,
        protocol::{
            Ask, Changed, Refusal, Reply,
            command::{PauseSchedule, ResumeSchedule, RunNow, Schedule, ScheduleCommand},
        },
        refusals::malformed,
        tables::SCHEDULE,
        views::ScheduleView,
    },
    store::{Batch, Key},
};

pub(super) use shown::{if_any, not_looked, standing, succeeded_at};
pub(super) use targets::{names_targets as may_be_kept, targets as targets_of};

/// What somebody asks for.
const ASKED: Attempt = Attempt { due: None, kind: LookKind::Sync, why: Why::Asked };

impl Family for ScheduleCommand {
    async fn carry_out(self, context: &Arc<Context>, caller: &Caller) -> Reply {
        match self {
            Self::Schedule(_) => shown::show(context).await.map(Schedule::put),
            Self::PauseSchedule(PauseSchedule { until }) => {
                let now = context.clock.now();
                if until.is_some_and(|until| until <= now) {
                    return Err(in_the_past());
                }
                let pause = Pause { until, by: caller.actor.name.clone() };
                pause_or_resume(context, caller, Some(pause)).await.map(PauseSchedule::put)
            }
            Self::ResumeSchedule(_) => {
                pause_or_resume(context, caller, None).await.map(ResumeSchedule::put)
            }
            Self::RunNow(RunNow { attempt }) => {
                let of_keeper = attempt.filter(|_| caller.trigger == Trigger::Schedule);
                let looked = look::take(context, caller, of_keeper.unwrap_or(ASKED)).await;
                looked.map(RunNow::put)
            }
        }
    }
}

fn in_the_past() -> Refusal {
    let advice = "Give a time to come, or none: then it is paused until it is resumed.";
    malformed(Code::Field, "The schedule cannot be paused until a time that is over.", advice)
}

/// Also where there is nothing to keep: it holds as soon as there is.
async fn pause_or_resume(
    context: &Arc<Context>,
    caller: &Caller,
    pause: Option<Pause>,
) -> Result<Box<ScheduleView>, Refusal> {
    let pen = context.schedule.pen.lock().await;
    let (schedule, now) = (context.config.schedule(), context.clock.now());
    let mut record = memory::read(context).await?;
    let before = record.course.paused.clone();
    let told = |pause: &Pause| match pause.until {
        Some(until) => format!("paused until {}", until.format("%Y-%m-%d %H:%MZ")),
        None => "paused".to_owned(),
    };
    let deed = match &pause {
        Some(_) => Deed::from("paused the schedule"),
        None => Deed::from("resumed the schedule"),
    };
    let deed = deed.moved(before.as_ref().map(told), pause.as_ref().map(told));
    if pause.is_some() {
        record.course.paused = pause;
    } else {
        let passed = record.course.resume(&schedule, now);
        record.pass_over(passed);
    }
    let mut batch = Batch::new();
    batch.put(SCHEDULE, &Key::new(), &record);
    context.change(caller, batch, deed, Changed::Schedule).await?;
    drop(pen);
    context.schedule.changed();
    shown::show(context).await
}
