//! A run as CSV.

use super::rows::RunRow;
use crate::{
    console::{list_tools, listing::Listing, shell::Shell},
    domain::RunId,
};

/// Saves every usage line of a run, one a row.
pub fn lines(id: Option<RunId>, rows: &Listing<RunRow>, shell: &mut Shell) {
    let customers = rows.all().iter().filter_map(|row| match row {
        RunRow::Customer(row) => Some(row),
        RunRow::Product(_) => None,
    });
    let lines = customers.flat_map(|customer| {
        customer.subscriptions.iter().flat_map(move |subscription| {
            subscription.usage.iter().map(move |usage| {
                [
                    customer.customer.clone(),
                    customer.tenant.clone(),
                    customer.invoice.clone(),
                    subscription.name.clone(),
                    usage.start.to_string(),
                    usage.end.to_string(),
                    usage.quantity.to_string(),
                    usage.subtotal.to_string(),
                    usage.outcome.to_string(),
                    subscription.error.as_ref().map_or_else(String::new, |e| e.text.clone()),
                    customer.currency.as_ref().map_or_else(String::new, ToString::to_string),
                ]
            })
        })
    });
    let head = [
        "customer",
        "tenant",
        "invoice",
        "subscription",
        "start",
        "end",
        "quantity",
        "subtotal",
        "outcome",
        "error",
        "currency",
    ];
    let id = id.map_or_else(String::new, |id| id.to_string());
    list_tools::save_csv(shell, &format!("run-{id}"), &head, lines);
}
