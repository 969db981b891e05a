//! What invoices ask for a product: what a choice of its service is to be laid beside.
//!
//! It must not ask anybody: runs remember the lines that they came to.

use crate::{
    domain::run::{CustomerRow, SubscriptionRow},
    engine::{
        context::Context,
        protocol::{Refusal, command::InvoicedPrices},
        sync::outcome::rows::newest_of,
        tables::{CUSTOMER_ROWS, of_run},
        views::Invoiced,
    },
    planning::triage::offer_key,
};

/// Lines are looked for in so many of the newest runs that came to any customer.
const RUNS_LOOKED_AT: usize = 10;

/// And those among so many.
const HEADERS_LOOKED_AT: usize = 500;

/// The newest line that bills the product.
pub(crate) async fn find(
    context: &Context,
    asked: &InvoicedPrices,
) -> Result<Option<Invoiced>, Refusal> {
    let runs = newest_of(&context.store, &context.sides.target, HEADERS_LOOKED_AT).await?;
    let busy = runs.into_iter().filter(|run| run.counts.customers.all() > 0);
    for run in busy.take(RUNS_LOOKED_AT) {
        let rows = context.store.scan(CUSTOMER_ROWS, of_run(run.id)).await?;
        let billed = rows.iter().filter_map(|(_, row)| told(row, asked));
        let newest = billed.max_by_key(|one| one.until);
        if newest.is_some() {
            return Ok(newest);
        }
    }
    Ok(None)
}

fn told(row: &CustomerRow, asked: &InvoicedPrices) -> Option<Invoiced> {
    let meant = row.subscriptions.iter().filter(|bought| is_meant(bought, asked));
    let lines = meant.flat_map(|bought| bought.usage.iter().map(move |usage| (bought, usage)));
    let (bought, usage) = lines.max_by_key(|(_, usage)| usage.end)?;
    Some(Invoiced {
        name: bought.name.clone(),
        retail: usage.retail_price,
        cost: usage.cost_price,
        currency: row.currency.clone(),
        invoice: row.invoice.clone(),
        until: usage.end,
    })
}

/// By its product, its SKU, or what invoices call it.
fn is_meant(bought: &SubscriptionRow, asked: &InvoicedPrices) -> bool {
    let is_product = |known: &Option<String>| {
        known.as_ref().is_some_and(|known| known.eq_ignore_ascii_case(asked.product.trim()))
    };
    let name = offer_key(&bought.name);
    is_product(&bought.product)
        || is_product(&bought.sku)
        || [&asked.product, &asked.name].into_iter().any(|typed| offer_key(typed) == name)
}
