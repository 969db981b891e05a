//! What moved between two plans of the same: service and contract, from what to what.
//!
//! It must not read anything.

use std::collections::BTreeMap;

use crate::{
    domain::{
        shared_text::{SharedText, SharedTexts},
        timeline::Timeline,
    },
    engine::views::{MovedView, PlanView, PlannedQuantity, PlannedView},
};

/// So many are named.
const NAMED: usize = 50;

/// What is otherwise in the second one: seats on the contract, seats on the invoice, and where neither tells, what would be
/// written.
pub(super) fn between(then: &PlanView, now: &PlanView) -> Vec<MovedView> {
    let mut moved = quantities(then, now);
    if moved.is_empty() {
        moved = writes(then, now);
    }
    moved.truncate(NAMED);
    moved
}

fn place(one: &PlannedQuantity) -> (SharedText, SharedTexts, SharedText) {
    (one.target.clone(), one.tenants.clone(), one.invoice.clone())
}

fn quantities(then: &PlanView, now: &PlanView) -> Vec<MovedView> {
    let by_place = |plan: &PlanView| -> BTreeMap<_, PlannedQuantity> {
        plan.quantities.iter().map(|one| (place(&one), one)).collect()
    };
    let (before, after) = (by_place(then), by_place(now));
    let mut moved = Vec::new();
    for (key, was) in &before {
        let Some(is) = after.get(key) else { continue };
        let target = &was.target;
        moved.extend(steps(format!("{target}, on the contract"), &was.present, &is.present));
        moved.extend(steps(format!("{target}, invoiced"), &was.invoiced, &is.invoiced));
    }
    moved
}

/// The first day on which the two differ.
fn steps(what: String, then: &Timeline, now: &Timeline) -> Option<MovedView> {
    let (day, _) = then.changes_to(now).into_iter().next()?;
    let told = |of: &Timeline| format!("{} on {day}", of.on(day));
    Some(MovedView { what, from: told(then), to: told(now) })
}

fn writes(then: &PlanView, now: &PlanView) -> Vec<MovedView> {
    let by = |plan: &PlanView| -> BTreeMap<String, Vec<String>> {
        let mut all = BTreeMap::<String, Vec<String>>::new();
        for operation in plan.operations.iter() {
            all.entry(operation.target.to_string()).or_default().push(write(&operation));
        }
        all
    };
    let (before, after) = (by(then), by(now));
    let nothing = || vec!["nothing to write".to_owned()];
    let mut moved = Vec::new();
    for target in before.keys().chain(after.keys().filter(|one| !before.contains_key(*one))) {
        let from = before.get(target).cloned().unwrap_or_else(nothing);
        let to = after.get(target).cloned().unwrap_or_else(nothing);
        if from != to {
            let (from, to) = (from.join(", "), to.join(", "));
            moved.push(MovedView { what: target.clone(), from, to });
        }
    }
    moved
}

/// `+5 from 2026-09-01 at 12.50`
fn write(operation: &PlannedView) -> String {
    let units = (operation.units != 0).then(|| format!("{:+}", operation.units));
    let day = operation.effective.map(|day| format!("from {day}"));
    let price = operation.unit_price.map(|price| format!("at {}", price.rounded(2).separated()));
    let parts: Vec<String> = units.into_iter().chain(day).chain(price).collect();
    if parts.is_empty() { operation.kind.to_string() } else { parts.join(" ") }
}
