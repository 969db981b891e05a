//! What failed first is named first (sync-rules 7): a product that got no service, or a billing code, with the products and
//! customers that wait for it under it.
//!
//! It must not read anything.

use std::collections::{BTreeMap, BTreeSet};

use super::{Wanting, stakes};
use crate::{
    domain::{
        Code, Currency, Money, RunId,
        cause::{Cause, Trouble, Whom, by_cause},
        outcome::Outcome,
        run::ProductOutcome,
        thousands::without_thousands,
    },
    engine::{
        digest::hash,
        history::retries::Listed,
        views::{AttentionView, CauseMember, Mend, Place, causes::mend_of},
    },
};

/// So many customers are named; the rest is counted.
const NAMED: usize = 3;

/// What waits for one thing to be mended.
struct Waiting<'a> {
    cause: Cause<Listed>,
    products: Vec<&'a ProductOutcome>,
}

/// Whether an entry of the retry list waits for something that is not its own.
pub(super) fn waits(listed: &Listed) -> bool {
    !listed.whole && is_of_others(&listed.view.finding.code)
}

/// Whether a finding of the retry list is about what others wait for too, and not about the customer.
fn is_of_others(code: &Code) -> bool {
    matches!(
        code,
        Code::ProductNotSynced
            | Code::NameTaken
            | Code::NameGiven
            | Code::DuplicateService
            | Code::BillingCodeInactive
            | Code::ChoiceInactive
            | Code::ServiceGone
            | Code::ServiceInactive
    )
}

/// Whether no product at all can be made: it is listed though no customer waits for it.
fn is_of_all_products(code: &Code) -> bool {
    matches!(
        code,
        Code::BillingCodeInactive | Code::NoBillingCode | Code::ChoiceInactive | Code::NotChosen
    )
}

/// One entry for each cause.
pub(super) fn views(waiting: Vec<Listed>, products: &[ProductOutcome]) -> Vec<Wanting> {
    let causes = by_cause(waiting, |Listed { view, outcome, .. }| Trouble {
        outcome: *outcome,
        cause: view.finding.text.clone(),
        customer: Some(Whom {
            name: view.customer.clone(),
            tenant: view.first_tenant().map(str::to_owned),
        }),
        amount: Some(view.amount),
        currency: view.currency.clone(),
    });
    let none = |text: &str| Cause::none(text.to_owned());
    let waiting = |cause| Waiting { cause, products: Vec::new() };
    let mut causes: BTreeMap<String, Waiting<'_>> =
        causes.into_iter().map(|cause| (cause.text.clone(), waiting(cause))).collect();
    for row in products.iter().filter(|row| row.status == Outcome::Failure) {
        let Some(error) = &row.error else { continue };
        if is_of_all_products(&error.code) || causes.contains_key(&error.text) {
            let cause = causes.entry(error.text.clone());
            cause.or_insert_with(|| waiting(none(&error.text))).products.push(row);
        }
    }
    causes.into_values().map(Waiting::wanting).collect()
}

impl Waiting<'_> {
    fn wanting(self) -> Wanting {
        let text = format!("{} Waiting for it: {}.", self.cause.text, self.told());
        let (currency, amount) = match self.cause.amounts.iter().collect::<Vec<_>>()[..] {
            [(currency, amount)] => (currency.clone(), Some(*amount)),
            _ => (None, None),
        };
        let place = self.run().map_or(Place::Products, |run| Place::Run { run, tenant: None });
        let view = AttentionView {
            // What was looked at is another thing once it says something else.
            id: format!(
                "cause-{}",
                hash(&without_thousands(&text)).chars().take(8).collect::<String>()
            ),
            outcome: Outcome::Failure,
            text,
            advice: self.advice(),
            amount,
            currency,
            place,
        };
        let mend = self.mend();
        let stakes = self.cause.members.iter().filter_map(stakes::of_listed).collect();
        let waiting =
            self.cause.members.into_iter().map(|Listed { view: retry, .. }| CauseMember {
                id: view.id.clone(),
                text: format!(
                    "{}, {}, invoice {}: {}",
                    retry.customer, retry.service, retry.invoice, retry.finding.text
                ),
                tenant: retry.first_tenant().map(str::to_owned),
                domain: retry.first_tenant().map(str::to_owned),
                invoice: Some(retry.invoice),
                subscription: retry.subscriptions.into_iter().next(),
                service: Some(retry.service),
                customer: Some(retry.customer),
                amount: Some(retry.amount).filter(|amount| !amount.is_zero()),
                currency: retry.currency,
                place: Place::Run { run: retry.run, tenant: None },
            });
        let (members, cause) = (waiting.collect(), self.cause.text);
        Wanting { view, cause, mend, members, stakes, tells_credit: false }
    }

    fn run(&self) -> Option<RunId> {
        self.cause.members.iter().map(|listed| listed.view.run).max()
    }

    fn advice(&self) -> String {
        let of_products = self.products.last().and_then(|row| row.error.as_ref());
        let of_customers = self.cause.members.last().map(|listed| &listed.view.finding);
        of_products.or(of_customers).map(|finding| finding.advice.clone()).unwrap_or_default()
    }

    fn mend(&self) -> Mend {
        let product = self.products.first().and_then(|row| Some((row, row.error.as_ref()?)));
        let of_customers = self.cause.members.first().map(|listed| &listed.view);
        match (product, of_customers) {
            (Some((row, error)), _) => {
                let (product, name) = (row.product.clone(), row.name.clone());
                match mend_of(error, product.clone(), name.clone()) {
                    // Whatever is in the way of its own service: who waits can be billed by another.
                    Mend::Retry | Mend::Look => Mend::ChooseService { product, name },
                    mend => mend,
                }
            }
            (None, Some(retry)) => {
                mend_of(&retry.finding, retry.service.clone(), retry.service.clone())
            }
            (None, None) => Mend::Look,
        }
    }

    /// `3 products, 14 customers (Harbour Dental, Kiama Surf and 12 more)`.
    fn told(&self) -> String {
        let count = |number: usize, what: &str| {
            let plural = if number == 1 { "" } else { "s" };
            format!("{number} {what}{plural}")
        };
        let products = self.products.len();
        let products = (products > 0).then(|| count(products, "product"));
        let customers: &BTreeSet<Whom> = &self.cause.customers;
        let customers = (!customers.is_empty()).then(|| {
            let named = customers.iter().take(NAMED).map(|whom| whom.name.as_str());
            let named: Vec<&str> = named.collect();
            let more = customers.len() - named.len();
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            format!("{} ({}{more})", count(customers.len(), "customer"), named.join(", "))
        });
        let of =
            |(currency, amount): (&Option<Currency>, &Money)| amount.in_currency(currency.as_ref());
        let amounts = &self.cause.amounts;
        let amounts =
            (amounts.len() > 1).then(|| amounts.iter().map(of).collect::<Vec<_>>().join(" and "));
        let told = products.into_iter().chain(customers).chain(amounts);
        told.collect::<Vec<_>>().join(", ")
    }
}
