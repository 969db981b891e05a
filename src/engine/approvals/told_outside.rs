//! What people outside are told of plans that wait: the one place that does.
//!
//! It must not decide who is told, or how.

use chrono::{DateTime, Utc};

use crate::{
    engine::{
        outbox::{
            occasion::{BillChange, BreakGlass, Occasion, PlanWaits},
            spool,
        },
        views::{ApprovedBy, HeldView, WaitingPlan},
    },
    store::Batch,
};

/// That a plan waits for approval.
pub(super) fn waits(batch: &mut Batch, plan: &WaitingPlan, now: DateTime<Utc>) {
    let money = plan
        .money
        .iter()
        .map(|money| BillChange { currency: money.currency.clone(), change: money.change() });
    let reason = |held: &HeldView| format!("{}: {}", held.contract, held.text);
    let reasons = match plan.held.as_slice() {
        [] => vec![plan.because.words().to_owned()],
        held => held.iter().map(reason).collect(),
    };
    let told = PlanWaits {
        number: plan.number,
        target: plan.target.clone(),
        invoices: plan.invoices.clone(),
        author: plan.author.to_string(),
        contracts: plan.contracts,
        money: money.collect(),
        reasons,
        expires: plan.expires_at,
    };
    spool::tell(batch, now, Occasion::PlanWaits(told));
}

/// That somebody approved one without the right to: everybody is told.
pub(super) fn broken_glass(batch: &mut Batch, plan: &WaitingPlan, approved: &ApprovedBy) {
    let told = BreakGlass {
        number: plan.number,
        target: plan.target.clone(),
        invoices: plan.invoices.clone(),
        author: plan.author.to_string(),
        approver: approved.who.to_string(),
        reason: approved.reason.clone().unwrap_or_default(),
        at: approved.at,
    };
    spool::tell(batch, approved.at, Occasion::BreakGlass(told));
}
