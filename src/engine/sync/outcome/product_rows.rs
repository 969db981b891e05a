//! What became of a product, as a row. Pure.

use crate::{
    domain::{
        Code, Money,
        operation::Operation,
        outcome::{Finding, Outcome},
        run::{ProductOutcome, ProductTreatment},
    },
    engine::sync::{
        outcome::customer_rows::unanswered,
        writing::journal::{Entry, WriteResult},
    },
    planning::products::{Action, ProductPlan},
};

/// What became of one product.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProductDone {
    /// Its write, if one was sent.
    pub entry: Option<Entry>,
    /// Why it failed, if it did.
    pub failed: Option<Finding>,
    /// Whether the run was stopped before it was written.
    pub cut_short: bool,
}

/// The row of a product.
pub(crate) fn row(plan: &ProductPlan, done: &ProductDone) -> ProductOutcome {
    let written = done.entry.as_ref().filter(|entry| entry.stands());
    let service = written.and_then(|entry| entry.result.as_ref()).and_then(WriteResult::row);
    let found = plan.service.as_ref().map(|service| service.id);
    let open = done.entry.as_ref().is_some_and(|entry| entry.result.is_none());
    let failed = done.failed.clone().or_else(|| open.then(unanswered));
    let error = failed.or_else(|| plan.finding.clone());
    let (price, cost) = written.map_or((None, None), prices);
    ProductOutcome {
        product: plan.key.to_string(),
        sku: plan.shown_key(),
        name: plan.product.as_ref().map(|product| product.name.clone()).unwrap_or_default(),
        action: treatment(plan, done),
        service_id: service.map(crate::domain::ServiceId).or(found),
        status: status(plan, done, error.as_ref()),
        error,
        price,
        cost,
    }
}

/// The row of a product of which only the journal is known: the run broke off before it planned it again.
pub(crate) fn leftover(product: String, entry: &Entry, stopped: bool) -> ProductOutcome {
    let open = entry.result.is_none();
    let (price, cost) = if entry.stands() { prices(entry) } else { (None, None) };
    let (name, action) = match &entry.operation {
        Operation::CreateService { draft, .. } => (draft.name.clone(), ProductTreatment::Create),
        _ => (String::new(), ProductTreatment::Reprice),
    };
    let sku = String::new();
    let made = entry.result.as_ref().and_then(WriteResult::row).map(crate::domain::ServiceId);
    ProductOutcome {
        product,
        sku,
        name,
        action,
        service_id: entry.service.or(made),
        status: match () {
            () if entry.stands() => Outcome::Success,
            () if stopped && !open => Outcome::NotAttempted,
            () => Outcome::Failure,
        },
        error: open.then(unanswered),
        price,
        cost,
    }
}

/// A collision that is met only at write time ends as a predicted one (sync-rules 1.6).
fn treatment(plan: &ProductPlan, done: &ProductDone) -> ProductTreatment {
    let collided = done.failed.as_ref().is_some_and(|failed| failed.code == Code::DuplicateService);
    if collided {
        return ProductTreatment::Collision;
    }
    let written = done.entry.as_ref().filter(|entry| entry.stands());
    match written.map(|entry| &entry.operation) {
        Some(Operation::CreateService { .. }) => return ProductTreatment::Create,
        Some(Operation::UpdateService { .. }) => return ProductTreatment::Reprice,
        _ => {}
    }
    match plan.action {
        Action::Create => ProductTreatment::Create,
        Action::Reprice => ProductTreatment::Reprice,
        Action::Collision => ProductTreatment::Collision,
        _ if plan.recognised.is_some() => ProductTreatment::Recognise,
        _ => ProductTreatment::Unchanged,
    }
}

fn status(plan: &ProductPlan, done: &ProductDone, error: Option<&Finding>) -> Outcome {
    let failed = done.failed.is_some() || matches!(plan.action, Action::Collision | Action::Odd);
    let stuck = matches!(plan.action, Action::Create) && done.entry.is_none();
    let written = done.entry.as_ref().is_some_and(Entry::stands);
    if done.cut_short && !written {
        let open = done.entry.as_ref().is_some_and(|entry| entry.result.is_none());
        return if open { Outcome::Failure } else { Outcome::NotAttempted };
    }
    match (failed || stuck, error.is_some()) {
        (true, _) => Outcome::Failure,
        (false, true) => Outcome::Warning,
        (false, false) if written || plan.recognised.is_some() => Outcome::Success,
        (false, false) => Outcome::NoChange,
    }
}

type PriceChange = Option<(Money, Money)>;

fn prices(entry: &Entry) -> (PriceChange, PriceChange) {
    let Operation::UpdateService { price, cost, .. } = entry.operation else { return (None, None) };
    (entry.before.price.zip(price), entry.before.cost.zip(cost))
}
