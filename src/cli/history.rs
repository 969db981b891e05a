//! `history`: every change on a customer's contract across runs.

use super::{
    desk::Desk,
    exit::Exit,
    failure::Failure,
    table::{Amounts, Table, number},
    words::time,
};
use crate::engine::{protocol::command, views::HistoryView};

/// Whose.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Domain or id
    tenant: String,
    /// Only services whose name or SKU contains this
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
}

pub(super) async fn run(arguments: Arguments, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let command = command::History { tenant: arguments.tenant, service: arguments.service };
    let changes = desk.ask(command).await?.found;
    if desk.out.is_json() {
        desk.out.json(&changes)?;
    } else {
        desk.table(table(&changes)).await?;
    }
    Ok(Exit::Done)
}

fn table(changes: &[HistoryView]) -> Table {
    let amounts = Amounts::of(changes.iter().map(|one| one.currency.as_ref()));
    let [price, effect] = ["PRICE", "EFFECT"].map(|title| amounts.head(title));
    let head = [
        "FROM", "TO", "SERVICE", "UNITS", &price, &effect, "INVOICE", "RUN", "WHO", "WRITTEN",
        "RESULT", "FOR",
    ];
    let mut table = Table::new(&head, "No change was written for it yet.")
        .without_empty("TO")
        .without_empty("FOR");
    for one in changes {
        let (before, after) = one.units;
        let currency = one.currency.as_ref();
        table.row([
            one.effective.map(|day| day.to_string()).into(),
            one.until.map(|day| day.to_string()).into(),
            one.service.as_str().into(),
            number(format!("{before} → {after}")),
            amounts.replaced(one.price_before, one.unit_price, currency),
            amounts.moved(one.monthly_effect, currency),
            one.invoice.as_str().into(),
            number(one.run),
            one.actor.as_str().into(),
            time(one.at).into(),
            one.result.words().into(),
            Some(one.others.join(", ")).filter(|others| !others.is_empty()).into(),
        ]);
    }
    table
}
