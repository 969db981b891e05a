//! Reading and changing what waits.
//!
//! It must not decide who may.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::{
    domain::packed_text::PackedText,
    engine::{
        approvals::{
            told_outside,
            waiting::{self, NewPlan},
        },
        sync::saved_plan::Saved,
        tables::{WAITING_PLANS, WAITING_ROWS, of_waiting},
        views::{PlanView, Standing, WaitingPlan},
    },
    store::{Batch, Key, Store, StoreError},
};

/// All of them as they stand, oldest first.
pub(super) async fn all(store: &Store, now: DateTime<Utc>) -> Result<Vec<WaitingPlan>, StoreError> {
    let found = store.scan(WAITING_PLANS, Key::new()).await?;
    let mut plans: Vec<WaitingPlan> = found.into_iter().map(|(_, plan)| plan).collect();
    waiting::standing(&mut plans, now);
    Ok(plans)
}

/// A plan as it was made.
pub(super) async fn rows(store: &Store, number: u64) -> Result<Option<PlanView>, StoreError> {
    store.get(WAITING_ROWS, of_waiting(number)).await
}

/// Puts a plan into a commit; its number, or that of the same one that waits already. Whoever calls holds the pen of what
/// waits until that is durable.
pub(crate) async fn add(
    store: &Store,
    batch: &mut Batch,
    new: &NewPlan,
    now: DateTime<Utc>,
) -> Result<(u64, bool), StoreError> {
    let plans = all(store, now).await?;
    if let Some(known) = waiting::known(new, &plans) {
        return Ok((known.number, false));
    }
    let number = plans.last().map_or(1, |newest| newest.number + 1);
    let mut open = Vec::new();
    for plan in plans {
        match plan.standing {
            Standing::Waiting => {
                let rows = rows(store, plan.number).await?;
                let speaks_of = rows.as_ref().map(|rows| keys(&rows.saved)).unwrap_or_default();
                open.push((plan, speaks_of));
            }
            // Nobody decided about them, and nobody will.
            Standing::Superseded { .. } | Standing::Expired { approved: None } => {
                batch.remove(WAITING_ROWS, &of_waiting(plan.number));
            }
            _ => {}
        }
    }
    let supersedes = waiting::superseded(new, &open);
    let kept = new.kept(number, supersedes, now);
    told_outside::waits(batch, &kept, now);
    batch.put(WAITING_PLANS, &of_waiting(number), &kept);
    batch.put(WAITING_ROWS, &of_waiting(number), &new.plan);
    Ok((number, true))
}

/// What a saved plan speaks of; nothing where it cannot be read.
pub(crate) fn keys(saved: &PackedText) -> BTreeSet<String> {
    Saved::read(saved).map(|saved| saved.speaks_of()).unwrap_or_default()
}

/// Puts into a commit what became of one, whatever was known of it last.
pub(super) fn decide(batch: &mut Batch, plan: &WaitingPlan, standing: Standing) {
    let decided = WaitingPlan { standing, ..plan.clone() };
    batch.put(WAITING_PLANS, &of_waiting(plan.number), &decided);
}

/// Puts into the commit of a run's end that it applied what was approved.
pub(crate) async fn applied(
    store: &Store,
    batch: &mut Batch,
    number: u64,
    run: crate::domain::RunId,
) -> Result<(), StoreError> {
    let Some(plan) = store.get(WAITING_PLANS, of_waiting(number)).await? else { return Ok(()) };
    if let Standing::Approved { approved } = plan.standing.clone() {
        decide(batch, &plan, Standing::Applied { approved, run });
    }
    Ok(())
}
