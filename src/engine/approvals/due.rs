//! Applying what somebody let pass: the plan binds the run by its seal, and is worked out anew before anything is written.
//!
//! It must not decide who may let it pass.

use std::sync::Arc;

use crate::{
    domain::{
        Code,
        run::{RunApproval, RunReport, Trigger},
    },
    engine::{
        approvals::{self, book, moved, to_wait},
        audit::trail::Deed,
        context::{Caller, Context},
        flight::Place,
        launch::{self, Order},
        protocol::{Changed, Happening, Refusal, SyncRequest},
        refusals::{busy, failed},
        sync::saved_plan::Saved,
        views::{ApprovedBy, MovedView, PlanView, Standing, WaitingPlan},
    },
    store::Batch,
};

/// Applies all at this target that was let pass and is due. What cannot be applied now stays due.
pub(crate) async fn carry_out(context: &Arc<Context>, caller: &Caller) -> Result<(), Refusal> {
    for plan in book::all(&context.store, context.clock.now()).await? {
        let is_due = |plan: &WaitingPlan| matches!(plan.standing, Standing::Approved { .. });
        if plan.target != context.sides.target || !is_due(&plan) {
            continue;
        }
        let Some(place) = context.flight.take() else { return Err(busy(context.flight.run())) };
        // Nobody turns it down any more from now on; somebody may just have.
        let now = book::all(&context.store, context.clock.now()).await?;
        let Some(plan) = now.into_iter().find(|one| one.number == plan.number) else { continue };
        let Standing::Approved { approved } = plan.standing.clone() else { continue };
        if let Err(refusal) = apply(context, place, caller, &plan, &approved).await {
            tracing::warn!("plan {} is not applied: {refusal}", plan.number);
        }
    }
    Ok(())
}

/// The same at every target.
pub(super) async fn carry_out_everywhere(
    context: &Arc<Context>,
    caller: &Caller,
) -> Result<(), Refusal> {
    let plans = book::all(&context.store, context.clock.now()).await?;
    let due = plans.iter().filter(|plan| matches!(plan.standing, Standing::Approved { .. }));
    let mut targets: Vec<_> = due.map(|plan| plan.target.clone()).collect();
    targets.sort();
    targets.dedup();
    for target in targets {
        let here = approvals::at(context, &target).await;
        carry_out(&here, caller).await?;
    }
    Ok(())
}

/// Applies one that was let pass, in the one place for a run. Where a side moved it is stale from then on, and nothing is
/// written.
pub(super) async fn apply(
    context: &Arc<Context>,
    place: Place,
    caller: &Caller,
    plan: &WaitingPlan,
    approved: &ApprovedBy,
) -> Result<Vec<RunReport>, Refusal> {
    let Some(rows) = book::rows(&context.store, plan.number).await? else {
        return Err(gone(plan.number));
    };
    let (cancel, trigger) = (place.cancel.clone(), Trigger::Approved);
    let caller = Caller { cancel, trigger, in_run: true, ..caller.clone() };
    let request = SyncRequest {
        note: Some(format!("plan {} of {}", plan.number, plan.author)),
        plan: Some(rows.saved.clone()),
        ..SyncRequest::default()
    };
    let of_run = RunApproval {
        plan: plan.number,
        author: plan.author.clone(),
        approver: approved.who.clone(),
        break_glass: approved.break_glass,
    };
    let order = Order { request, approved: Some(of_run), ..Order::default() };
    let ran = launch::sync(context, place, &caller, order).await;
    context.emit(Happening::Changed { what: Changed::Approvals });
    match ran {
        Err(refusal) if is_stale(&refusal.finding.code) => {
            Err(stale(context, &caller, plan, approved, &rows, refusal).await?)
        }
        Err(refusal) => Err(still_due(plan.number, refusal)),
        Ok(reports) => Ok(reports),
    }
}

fn is_stale(code: &Code) -> bool {
    matches!(code, Code::PlanStale | Code::PlanForeign | Code::PlanDamaged | Code::PlanOther)
}

fn gone(number: u64) -> Refusal {
    let text = format!("What plan {number} would write is not kept any more.");
    failed(Code::PlanDecided, text, "Nothing was written. Plan again for what is due now.")
}

fn still_due(number: u64, mut refusal: Refusal) -> Refusal {
    refusal.finding.text =
        format!("Plan {number} is approved and not applied yet. {}", refusal.finding.text);
    refusal.finding.advice = format!(
        "{} The next look applies it, or `prism-connect approvals approve {number}`.",
        refusal.finding.advice
    );
    refusal
}

/// That it is not what would be written any more, and what moved.
async fn stale(
    context: &Arc<Context>,
    caller: &Caller,
    plan: &WaitingPlan,
    approved: &ApprovedBy,
    rows: &PlanView,
    refusal: Refusal,
) -> Result<Refusal, Refusal> {
    let moved = match Saved::read(&rows.saved) {
        Ok(saved) => {
            let request = to_wait::made_for(&saved);
            // Where it cannot be planned anew, that it moved is known all the same.
            let now = launch::plan(context, caller, request).await.ok();
            now.map(|now| moved::between(rows, &now)).unwrap_or_default()
        }
        Err(_) => Vec::new(),
    };
    let mut told = refusal;
    if !moved.is_empty() {
        let all: Vec<String> = moved.iter().map(MovedView::told).collect();
        told.finding.text = format!(
            "Plan {} is stale, and nothing of it was written. {}.",
            plan.number,
            all.join("; ")
        );
    }
    let standing = Standing::Stale {
        approved: approved.clone(),
        at: context.clock.now(),
        text: told.finding.text.clone(),
        moved,
    };
    let _pen = context.approvals.lock().await;
    let mut batch = Batch::new();
    book::decide(&mut batch, plan, standing);
    let deed = Deed::from(format!("found plan {} stale", plan.number));
    let deed = deed
        .about(format!("plan {}", plan.number))
        .moved(Some("approved".to_owned()), Some("stale".to_owned()));
    context.change(caller, batch, deed, Changed::Approvals).await?;
    Ok(told)
}
