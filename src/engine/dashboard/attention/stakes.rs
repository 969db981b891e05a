//! Which invoice lines entries of the attention list speak of: what several of them say of one line counts once.
//!
//! It must not read anything.

use super::Stake;
use crate::{
    domain::run::{CustomerRow, SubscriptionRow},
    engine::{history::retries::Listed, views::causes::Said},
};

/// Those of what waits on the retry list, if it waits with any.
pub(super) fn of_listed(listed: &Listed) -> Option<Stake> {
    let (view, lines) = (&listed.view, listed.lines.clone());
    let (invoice, currency) = (view.invoice.to_lowercase(), view.currency.clone());
    let stake = Stake { invoice, lines, currency, amount: view.amount };
    Some(stake).filter(|stake| !stake.lines.is_empty())
}

/// Those of what was said of a customer's row, each subscription for itself. None where a line has no number, as in rows of
/// earlier versions.
pub(super) fn of_said(row: &CustomerRow, said: &Said<'_>) -> Vec<Stake> {
    let of = |bought: &SubscriptionRow| Stake {
        invoice: row.invoice.to_lowercase(),
        lines: bought.usage.iter().map(|usage| usage.line).collect(),
        currency: row.currency.clone(),
        amount: bought.billed(),
    };
    let stakes: Vec<Stake> = said.bought(row).iter().map(of).collect();
    let is_numbered = stakes.iter().all(|one| !one.lines.contains(&0));
    if is_numbered { stakes } else { Vec::new() }
}
