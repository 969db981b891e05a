//! Plans that wait until somebody else has looked at them (unattended operation, *Two persons*).
//!
//! ```text
//!   a run ends, guards hold ──┐                       approve: another person, the same seal
//!   every sync waits ─────────┼─→ waiting ──→ approved, due ──→ worked out anew ──→ applied in run N
//!   the schedule only plans ──┘      │             ↑ a crash here: the next start    └─→ stale: a side moved
//!                                    └─→ rejected, expired, superseded
//! ```
//! Who may is said by `domain::approval`. It must not plan or write: `launch` does.

pub(crate) mod book;
pub(crate) mod changes;
pub(crate) mod due;
mod moved;
pub(crate) mod to_wait;
mod told_outside;
pub(crate) mod waiting;

use std::sync::Arc;

use crate::{
    domain::{
        Code, ConnectionId, Right,
        approval::{Author, Bar, Change, Person, may_approve},
        outcome::Finding,
        run::RunReport,
    },
    engine::{
        audit::trail::Deed,
        context::{Caller, Context},
        crash_point::crash_point,
        family::Family,
        flight::Place,
        protocol::{
            Ask, Changed, Refusal, RefusalKind, Reply,
            command::{Approval, ApprovalCommand, Approvals, Approve, CarryOutApproved, Reject},
        },
        refusals::{busy, failed, malformed},
        remarks,
        views::{ApprovalsView, ApprovedBy, Standing, WaitingPlan, WaitingPlanDetail},
    },
    store::Batch,
};

impl Family for ApprovalCommand {
    async fn carry_out(self, context: &Arc<Context>, caller: &Caller) -> Reply {
        match self {
            Self::Approvals(Approvals { all }) => list(context, all).await.map(Approvals::put),
            Self::Approval(Approval { number }) => {
                show(context, caller, number).await.map(Approval::put)
            }
            Self::Approve(command) => match context.flight.take() {
                Some(place) => approve(context, place, caller, command).await,
                None => Err(busy(context.flight.run())),
            },
            Self::Reject(command) => reject(context, caller, command).await.map(Reject::put),
            Self::CarryOutApproved(CarryOutApproved) => {
                due::carry_out_everywhere(context, caller).await?;
                Ok(CarryOutApproved::put(
                    "All that was approved is applied, or stays due.".to_owned(),
                ))
            }
        }
    }
}

/// A context of this target.
async fn at(context: &Arc<Context>, target: &ConnectionId) -> Arc<Context> {
    if *target == context.sides.target {
        context.clone()
    } else {
        context.of_target(target.clone()).await
    }
}

/// The newest first.
async fn list(context: &Context, all: bool) -> Result<Vec<WaitingPlan>, Refusal> {
    let mut plans = book::all(&context.store, context.clock.now()).await?;
    plans.retain(|plan| all || plan.standing.is_open());
    plans.reverse();
    Ok(plans)
}

/// What the dashboard says of them.
pub(super) async fn summary(context: &Context) -> Result<ApprovalsView, Refusal> {
    let now = context.clock.now();
    Ok(waiting::summary(&book::all(&context.store, now).await?, now))
}

/// Those that wait or are due, oldest first.
pub(super) async fn open(context: &Context) -> Result<Vec<WaitingPlan>, Refusal> {
    let mut plans = book::all(&context.store, context.clock.now()).await?;
    plans.retain(|plan| plan.standing.is_open());
    Ok(plans)
}

async fn find(context: &Context, number: u64) -> Result<WaitingPlan, Refusal> {
    let plans = book::all(&context.store, context.clock.now()).await?;
    plans.into_iter().find(|plan| plan.number == number).ok_or_else(|| {
        let text = format!("There is no plan {number} that waits, or did.");
        failed(Code::PlanUnknown, text, "`prism-connect approvals list` shows which there are.")
    })
}

async fn show(
    context: &Context,
    caller: &Caller,
    number: u64,
) -> Result<Box<WaitingPlanDetail>, Refusal> {
    detail(context, caller, find(context, number).await?).await
}

async fn detail(
    context: &Context,
    caller: &Caller,
    waiting: WaitingPlan,
) -> Result<Box<WaitingPlanDetail>, Refusal> {
    let changes = changes_of(context, &waiting).await?;
    let plan = book::rows(&context.store, waiting.number).await?;
    let who = changes::person(caller);
    let may = |right| {
        waiting.standing == Standing::Waiting
            && caller.actor.role.may(right)
            && !caller.actor.read_only
    };
    let may_approve = may(Right::Approve) && barred(context, &who, &waiting, &changes).is_none();
    let may_break_glass = may(Right::Administer);
    let mut all = Vec::new();
    if context.approval().takes_two() {
        if let Author::Person(author) = &waiting.author {
            all.push(Change { who: author.clone(), what: Bar::Author.words() });
        }
        for change in changes {
            if !all.iter().any(|known: &Change| known.who.is(&change.who)) {
                all.push(change);
            }
        }
    }
    let plan = plan.map(Box::new);
    Ok(Box::new(WaitingPlanDetail { waiting, plan, barred: all, may_approve, may_break_glass }))
}

/// Whoever changed last what it goes by.
async fn changes_of(context: &Context, plan: &WaitingPlan) -> Result<Vec<Change>, Refusal> {
    let Some(rows) = book::rows(&context.store, plan.number).await? else { return Ok(Vec::new()) };
    Ok(changes::of(&context.store, &plan.target, &rows).await?)
}

/// Why somebody may not let it pass though their role may; nobody is asked where one is enough.
fn barred(context: &Context, who: &Person, plan: &WaitingPlan, changes: &[Change]) -> Option<Bar> {
    let two = context.approval().takes_two();
    may_approve(who, &plan.author, changes).err().filter(|_| two)
}

/// Lets one pass in the one place for a run, and applies it there.
pub(super) async fn approve(
    context: &Arc<Context>,
    place: Place,
    caller: &Caller,
    command: Approve,
) -> Reply {
    let done = approved(context, place, caller, command).await;
    if let Err(refusal) = &done
        && is_refusal_of_the_right(refusal)
    {
        context.note_refused(caller, refusal).await;
    }
    done.map(Approve::put)
}

fn is_refusal_of_the_right(refusal: &Refusal) -> bool {
    matches!(
        refusal.finding.code,
        Code::PlanOwn | Code::PlanDecided | Code::PlanUnknown | Code::PlanOther | Code::Reason
    )
}

async fn approved(
    context: &Arc<Context>,
    place: Place,
    caller: &Caller,
    command: Approve,
) -> Result<Vec<RunReport>, Refusal> {
    let (plan, approved) = let_pass(context, caller, command).await?;
    crash_point("plan-approved");
    let here = at(context, &plan.target).await;
    due::apply(&here, place, caller, &plan, &approved).await
}

/// Puts down that it was let pass, unless it was already and is due.
async fn let_pass(
    context: &Arc<Context>,
    caller: &Caller,
    command: Approve,
) -> Result<(WaitingPlan, ApprovedBy), Refusal> {
    let Approve { number, seal, reason, break_glass } = command;
    let reason = match (reason, break_glass) {
        (Some(reason), _) => Some(remarks::given(&reason)?),
        (None, true) => return Err(without_reason()),
        (None, false) => None,
    };
    let _pen = context.approvals.lock().await;
    let plan = find(context, number).await?;
    if seal.is_some_and(|seal| seal != plan.seal) {
        return Err(other_seal(number));
    }
    let changes = changes_of(context, &plan).await?;
    let who = changes::person(caller);
    let barred = barred(context, &who, &plan, &changes).filter(|_| !break_glass);
    match &plan.standing {
        Standing::Waiting => {}
        Standing::Approved { approved } => {
            let approved = approved.clone();
            return Ok((plan, approved));
        }
        decided => return Err(not_waiting(number, decided)),
    }
    if let Some(bar) = barred {
        return Err(own(number, &bar));
    }
    let approved = ApprovedBy { who, at: context.clock.now(), reason, break_glass };
    let mut batch = Batch::new();
    book::decide(&mut batch, &plan, Standing::Approved { approved: approved.clone() });
    let how = if break_glass { "approved (break-glass)" } else { "approved" };
    if break_glass {
        told_outside::broken_glass(&mut batch, &plan, &approved);
    }
    let why = approved.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let deed = Deed::from(format!("{how} plan {number} of {}{why}", plan.author));
    let after = format!("approved, seal {}", short(&plan.seal));
    let deed = deed.about(format!("plan {number}")).moved(Some("waiting".to_owned()), Some(after));
    context.change(caller, batch, deed, Changed::Approvals).await?;
    Ok((plan, approved))
}

async fn reject(
    context: &Arc<Context>,
    caller: &Caller,
    command: Reject,
) -> Result<Box<WaitingPlanDetail>, Refusal> {
    let number = command.number;
    let done = rejected(context, caller, command).await;
    match done {
        Ok(()) => show(context, caller, number).await,
        Err(refusal) => {
            if is_refusal_of_the_right(&refusal) {
                context.note_refused(caller, &refusal).await;
            }
            Err(refusal)
        }
    }
}

async fn rejected(
    context: &Arc<Context>,
    caller: &Caller,
    Reject { number, reason }: Reject,
) -> Result<(), Refusal> {
    let reason = remarks::given(&reason)?;
    let _pen = context.approvals.lock().await;
    let plan = find(context, number).await?;
    match &plan.standing {
        Standing::Waiting => {}
        // What is being applied is ended by a cancel; what is due and not begun may be turned down.
        Standing::Approved { .. } if !context.flight.is_taken() => {}
        Standing::Approved { .. } => return Err(busy(context.flight.run())),
        decided => return Err(not_waiting(number, decided)),
    }
    let (who, at) = (changes::person(caller), context.clock.now());
    let mut batch = Batch::new();
    let before = plan.standing.word().to_owned();
    book::decide(&mut batch, &plan, Standing::Rejected { who, at, reason: reason.clone() });
    let deed = Deed::from(format!("rejected plan {number} of {}: {reason}", plan.author));
    let deed = deed.about(format!("plan {number}"));
    let deed = deed.moved(Some(before), Some("rejected".to_owned()));
    context.change(caller, batch, deed, Changed::Approvals).await
}

/// So much of a seal tells it from others.
fn short(seal: &str) -> &str {
    seal.get(..16).unwrap_or(seal)
}

fn without_reason() -> Refusal {
    let text = "Without the right to approve, a reason is needed.";
    malformed(Code::Reason, text, "Say why: `--reason TEXT`. Everybody is told.")
}

fn other_seal(number: u64) -> Refusal {
    let text = format!("The seal is not that of plan {number}: another plan was looked at.");
    failed(Code::PlanOther, text, "Nothing was changed. Look at it again.")
}

fn not_waiting(number: u64, standing: &Standing) -> Refusal {
    let text = format!("Plan {number} does not wait any more: {}.", standing.told());
    failed(
        Code::PlanDecided,
        text,
        "Nothing was changed. `prism-connect approvals list` shows what waits.",
    )
}

fn own(number: u64, bar: &Bar) -> Refusal {
    let text = match bar {
        Bar::Author => format!("Plan {number} is your own."),
        Bar::Changed { what } => format!("Plan {number} goes by what you did: {what}."),
    };
    let advice = "Nothing was written. Somebody else with the role “approve” looks at it.";
    Refusal::new(RefusalKind::NoRight, Finding::new(Code::PlanOwn, text, advice))
}
