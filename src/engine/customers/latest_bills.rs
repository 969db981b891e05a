//! What the newest invoice of each agreement bills whom, as PRISM's customers were listed last.
//!
//! It must not ask PRISM.

use std::collections::BTreeMap;

use crate::{
    domain::{Currency, TenantId, shared_text::SharedText},
    engine::{
        context::Context,
        protocol::Refusal,
        tables::{NEWEST, NewestInvoice, of_connection},
    },
    planning::triage::Bill,
};

/// What the newest invoice of its agreement bills a tenant.
#[derive(Clone, Debug)]
pub(crate) struct LatestBill {
    pub bill: Bill,
    /// Its number.
    pub invoice: SharedText,
    pub currency: Option<Currency>,
}

/// What the newest invoices bill whom, by the settings of now.
pub(crate) async fn bills(
    context: &Context,
    newest: Vec<NewestInvoice>,
) -> Result<BTreeMap<TenantId, LatestBill>, Refusal> {
    let (azure, policies) = (context.options().await?.azure, context.config.policies());
    let mut all = BTreeMap::new();
    for NewestInvoice { number, currency, bills, .. } in newest {
        let invoice: SharedText = number.into();
        for (tenant, bill) in bills.unwrap_or_default() {
            let (bill, currency) = (bill.under(azure, &policies), currency.clone());
            all.insert(tenant, LatestBill { bill, invoice: invoice.clone(), currency });
        }
    }
    Ok(all)
}

/// The newest invoice of each agreement, the newest of them last.
pub(crate) async fn newest_invoices(context: &Context) -> Result<Vec<NewestInvoice>, Refusal> {
    let stored = context.store.scan(NEWEST, of_connection(&context.sides.source)).await?;
    let mut newest: Vec<NewestInvoice> = stored.into_iter().map(|(_, newest)| newest).collect();
    newest.sort_by_key(|newest| newest.month);
    Ok(newest)
}

/// The currency of all of them, where it is one.
pub(crate) fn one_currency(newest: &[NewestInvoice]) -> Option<Currency> {
    let (first, rest) = newest.split_first()?;
    rest.iter().all(|one| one.currency == first.currency).then(|| first.currency.clone())?
}
