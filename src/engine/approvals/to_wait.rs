//! Having a plan wait instead of writing it.
//!
//! It must not decide what is planned.

use std::sync::Arc;

use crate::{
    domain::{Code, approval::Author, outcome::Finding, run::Trigger},
    engine::{
        approvals::{book, changes::person, waiting::NewPlan},
        audit::trail::Deed,
        context::{Caller, Context},
        launch,
        protocol::{Changed, PlanSeen, Refusal, RefusalKind, SyncRequest},
        sync::saved_plan::Saved,
        views::{PlanView, WaitsBecause},
    },
    store::Batch,
};

/// Where every sync waits: keeps what one would write, and refuses to write it. Where it would write nothing, it is carried
/// out by that very plan.
pub(crate) async fn instead(
    context: &Arc<Context>,
    caller: &Caller,
    request: SyncRequest,
) -> Result<SyncRequest, Refusal> {
    let asked = match &request.plan {
        Some(saved) => of_plan(&Saved::read(saved)?, &request)?,
        None => request.clone(),
    };
    let plan = launch::plan(context, caller, asked).await?;
    if let Some(saved) = request.plan.as_ref().filter(|_| request.only.is_empty()) {
        Saved::read(saved)?.must_equal(&Saved::read(&plan.saved)?)?;
    }
    if let Some(number) = keep(context, caller, &plan, WaitsBecause::EveryRun).await? {
        return Err(waits(number, &plan));
    }
    let (tenants, only, plan) = (Vec::new(), Vec::new(), Some(plan.saved.clone()));
    Ok(SyncRequest { tenants, only, plan, seen: PlanSeen::Unseen, ..request })
}

/// What a saved plan, or a part of it, is planned anew for.
fn of_plan(saved: &Saved, request: &SyncRequest) -> Result<SyncRequest, Refusal> {
    saved.request.must_answer(request)?;
    let whole = made_for(saved);
    let tenants = if request.only.is_empty() { whole.tenants } else { request.only.clone() };
    Ok(SyncRequest { tenants, ..whole })
}

/// What a saved plan was made for.
pub(super) fn made_for(saved: &Saved) -> SyncRequest {
    let of = saved.request.clone();
    SyncRequest {
        scope: of.scope,
        tenants: of.tenants,
        recheck: of.recheck,
        retry_failed: of.retry_failed,
        left_behind: of.left_behind,
        ..SyncRequest::default()
    }
}

fn waits(number: u64, plan: &PlanView) -> Refusal {
    let changes = plan.operations.len();
    let noun = if changes == 1 { "change" } else { "changes" };
    let text = format!("Plan {number} waits for approval: {changes} {noun}. Nothing was written.");
    let advice = format!(
        "Whoever may approve it looks at it with `prism-connect approvals show {number}`, or in the console."
    );
    Refusal::new(RefusalKind::Waits, Finding::new(Code::PlanWaits, text, advice))
}

/// Has a plan wait, and gives its number, or that of the same one that waits already; none where it would write nothing.
pub(crate) async fn keep(
    context: &Arc<Context>,
    caller: &Caller,
    plan: &PlanView,
    because: WaitsBecause,
) -> Result<Option<u64>, Refusal> {
    if plan.operations.is_empty() {
        return Ok(None);
    }
    let saved = Saved::read(&plan.saved)?;
    let author = match caller.trigger {
        Trigger::Schedule => Author::Schedule,
        _ => Author::Person(person(caller)),
    };
    let new = NewPlan {
        target: context.sides.target.clone(),
        author,
        because,
        run: None,
        whole: saved.request.tenants.is_empty() && !saved.request.retry_failed,
        seal: saved.checksum.clone(),
        speaks_of: saved.speaks_of(),
        plan: plan.clone(),
    };
    let _pen = context.approvals.lock().await;
    let mut batch = Batch::new();
    let (number, is_new) = book::add(&context.store, &mut batch, &new, context.clock.now()).await?;
    if is_new {
        let deed = Deed::from(format!("had plan {number} wait for approval"));
        let deed = deed.about(format!("plan {number}")).to("waiting");
        context.change(caller, batch, deed, Changed::Approvals).await?;
    }
    Ok(Some(number))
}
