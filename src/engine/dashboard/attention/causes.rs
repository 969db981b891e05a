//! What failed first is named first (sync-rules 7): a product that got no service, or a billing code, with the products and
//! customers that wait for it under it.
//!
//! It must not read anything.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{Currency, Money, RunId, outcome::Outcome, run::ProductOutcome},
    engine::{
        history::retries::Listed,
        sync::saved_plan::hash,
        views::{AttentionView, Place},
    },
    planning::{
        products::{CODE_INACTIVE, NO_BILLING_CODE},
        triage::NOT_SYNCED,
    },
};

/// Findings of the retry list that are about what others wait for, and not about the customer.
const CAUSES: [&str; 4] = [NOT_SYNCED, CODE_INACTIVE, "service_gone", "service_inactive"];

/// Findings of products that are listed though no customer waits for them: no product at all can be made.
const OF_ALL_PRODUCTS: [&str; 2] = [CODE_INACTIVE, NO_BILLING_CODE];

/// So many customers are named; the rest is counted.
const NAMED: usize = 3;

/// What waits for one thing to be mended.
#[derive(Default)]
struct Waiting {
    advice: String,
    products: usize,
    customers: BTreeSet<String>,
    /// By currency: amounts of two are not added.
    amounts: BTreeMap<Option<Currency>, Money>,
    run: Option<RunId>,
}

/// Whether an entry of the retry list waits for something that is not its own.
pub(super) fn waits(listed: &Listed) -> bool {
    !listed.whole && CAUSES.contains(&listed.view.finding.code.as_str())
}

/// One entry for each cause.
pub(super) fn views(waiting: Vec<Listed>, products: &[ProductOutcome]) -> Vec<AttentionView> {
    let mut causes = BTreeMap::<String, Waiting>::new();
    for Listed { view, .. } in waiting {
        let cause = causes.entry(view.finding.text).or_default();
        cause.advice = view.finding.advice;
        cause.customers.insert(view.customer);
        let amount = cause.amounts.entry(view.currency).or_default();
        *amount = [*amount, view.amount].into_iter().sum();
        cause.run = cause.run.max(Some(view.run));
    }
    for row in products.iter().filter(|row| row.status == Outcome::Failure) {
        let Some(error) = &row.error else { continue };
        if OF_ALL_PRODUCTS.contains(&error.code.as_str()) || causes.contains_key(&error.text) {
            let cause = causes.entry(error.text.clone()).or_default();
            cause.advice.clone_from(&error.advice);
            cause.products += 1;
        }
    }
    causes.into_iter().map(|(cause, waiting)| waiting.view(&cause)).collect()
}

impl Waiting {
    fn view(self, cause: &str) -> AttentionView {
        let text = format!("{cause} Waiting for it: {}.", self.told());
        let (currency, amount) = match self.amounts.iter().collect::<Vec<_>>()[..] {
            [(currency, amount)] => {
                (currency.clone(), Some(*amount).filter(|amount| !amount.is_zero()))
            }
            _ => (None, None),
        };
        AttentionView {
            // What was looked at is another thing once it says something else.
            id: format!("cause-{}", hash(&text).chars().take(8).collect::<String>()),
            outcome: Outcome::Failure,
            text,
            advice: self.advice,
            amount,
            currency,
            place: self.run.map_or(Place::Products, |run| Place::Run { run, tenant: None }),
        }
    }

    /// `3 products, 14 customers (Harbour Dental, Kiama Surf and 12 more)`.
    fn told(&self) -> String {
        let count = |number: usize, what: &str| {
            let plural = if number == 1 { "" } else { "s" };
            format!("{number} {what}{plural}")
        };
        let products = (self.products > 0).then(|| count(self.products, "product"));
        let customers = (!self.customers.is_empty()).then(|| {
            let named: Vec<&str> = self.customers.iter().take(NAMED).map(String::as_str).collect();
            let more = self.customers.len() - named.len();
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            format!("{} ({}{more})", count(self.customers.len(), "customer"), named.join(", "))
        });
        let of = |(currency, amount): (&Option<Currency>, &Money)| match currency {
            Some(currency) => format!("{amount} {currency}"),
            None => amount.to_string(),
        };
        let amounts = (self.amounts.len() > 1)
            .then(|| self.amounts.iter().map(of).collect::<Vec<_>>().join(" and "));
        let told = products.into_iter().chain(customers).chain(amounts);
        told.collect::<Vec<_>>().join(", ")
    }
}
