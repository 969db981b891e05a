//! Keeping the schedule: sleeping until something is due, and having it done.
//!
//! It must not work out what is due, nor do it.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        Role,
        run::Trigger,
        schedule::{
            Schedule,
            course::{Attempt, Turn},
        },
    },
    engine::{
        context::Context,
        handle::Handle,
        protocol::{
            Actor, Changed, Happening, Refusal, RefusalKind,
            command::{CarryOutApproved, RunNow},
        },
        schedule::memory,
    },
};

/// The longest sleep: by then a clock that was set, or a machine that slept, is noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(60 * 60);

/// So long it waits at most for a run of somebody else to end.
const WHILE_BUSY: Duration = Duration::from_secs(5 * 60);

/// As it is in history and audit trail.
fn schedule_itself() -> Actor {
    Actor { role: Role::Admin, ..Actor::owner("schedule") }
}

/// Keeps it until the engine stops.
pub(crate) async fn keep(context: Arc<Context>, handle: Handle, stop: CancellationToken) {
    let keeper = Keeper { handle: handle.of(schedule_itself()), context };
    stop.run_until_cancelled(keeper.run()).await;
}

struct Keeper {
    context: Arc<Context>,
    handle: Handle,
}

impl Keeper {
    async fn run(&self) {
        self.carry_out_approved().await;
        loop {
            let wait = match self.step().await {
                Ok(wait) => wait,
                Err(refusal) => {
                    tracing::warn!("the schedule cannot go on for now: {refusal}");
                    Some(LONGEST_SLEEP)
                }
            };
            self.context.clock.sleep_unless(wait, self.context.schedule.change()).await;
        }
    }

    /// What somebody approved before the last end of the program; where it cannot be done now, a look tries again.
    async fn carry_out_approved(&self) {
        loop {
            let (command, freed) = (CarryOutApproved.into(), self.context.flight.freed());
            match self.handle.ask_because(Trigger::Schedule, command).await {
                Ok(_) => return,
                Err(refusal) if refusal.kind == RefusalKind::Busy => {
                    self.while_busy(freed).await;
                }
                Err(refusal) => {
                    return tracing::warn!("what was approved is not applied yet: {refusal}");
                }
            }
        }
    }

    /// As the settings say by now.
    fn schedule(&self) -> Schedule {
        let replaced = self.context.schedule.replaced();
        replaced.unwrap_or_else(|| self.context.config.schedule())
    }

    /// Does what is due, and says how long there is nothing to do; none for until something changes.
    async fn step(&self) -> Result<Option<Duration>, Refusal> {
        loop {
            let now = self.context.clock.now();
            let record = memory::read(&self.context).await?;
            match record.course.turn(&self.schedule(), now) {
                None => return Ok(None),
                Some((at, _)) if at > now => return Ok(Some(until(at, now))),
                Some((_, Turn::Look(attempt))) => {
                    if let Some(wait) = self.look(attempt).await? {
                        return Ok(Some(wait));
                    }
                }
                Some((_, turn)) => self.settle(&turn, now).await?,
            }
        }
    }

    /// Has a look taken, and waits for its end, or for that of another run that is on: the look is due again then.
    async fn look(&self, attempt: Attempt) -> Result<Option<Duration>, Refusal> {
        let freed = self.context.flight.freed();
        let command = RunNow { attempt: Some(attempt) }.into();
        match self.handle.ask_because(Trigger::Schedule, command).await {
            Ok(_) => Ok(None),
            Err(refusal) if refusal.kind == RefusalKind::Busy => {
                if self.context.schedule.waits(true) {
                    self.context.emit(Happening::Changed { what: Changed::Schedule });
                }
                self.while_busy(freed).await;
                Ok(Some(Duration::ZERO))
            }
            Err(refusal) => Err(refusal),
        }
    }

    /// Until the place for a run was given back since it was asked for.
    async fn while_busy(&self, mut freed: watch::Receiver<u64>) {
        let again = async { _ = freed.changed().await };
        self.context.clock.sleep_unless(Some(WHILE_BUSY), again).await;
    }

    /// What needs no look.
    async fn settle(&self, turn: &Turn, now: DateTime<Utc>) -> Result<(), Refusal> {
        let schedule = self.schedule();
        memory::change(&self.context, |record| {
            let passed = match turn {
                Turn::Resume => record.course.resume(&schedule, now),
                Turn::PassOver => record.course.pass_over(&schedule, now),
                Turn::SetBack => {
                    record.course.set_back(now);
                    Vec::new()
                }
                Turn::Look(_) => Vec::new(),
            };
            record.pass_over(passed);
        })
        .await?;
        self.context.emit(Happening::Changed { what: Changed::Schedule });
        Ok(())
    }
}

fn until(at: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (at - now).to_std().unwrap_or_default().min(LONGEST_SLEEP)
}
