//! `retries`: what will be tried again, and what holds later invoices up.

use super::{
    connect::done,
    desk::Desk,
    exit::Exit,
    failure::Failure,
    table::{Amounts, Table, number, whole},
};
use crate::engine::{protocol::command, views::history::tell_services_apart};

/// What to do with the list.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// List entries
    List,
    /// Take an entry off the list
    Dismiss {
        /// As the list names it
        #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
        id: String,
        /// Why
        #[arg(long, value_name = "TEXT", required_unless_present = "undo")]
        reason: Option<String>,
        /// Put it back instead, which goes until the next run
        #[arg(long, conflicts_with = "reason")]
        undo: bool,
    },
}

pub(super) async fn run(action: Action, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    match action {
        Action::List => list(desk).await,
        Action::Dismiss { id, undo: true, .. } => done(desk, command::RestoreRetry { id }).await,
        Action::Dismiss { id, reason, .. } => {
            let reason = reason.unwrap_or_default();
            done(desk, command::DismissRetry { id, reason }).await
        }
    }
}

async fn list(desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let mut retries = desk.ask(command::Retries).await?;
    if desk.out.is_json() {
        desk.out.json(&retries)?;
        return Ok(Exit::Done);
    }
    tell_services_apart(&mut retries);
    let amounts = Amounts::of(retries.iter().map(|one| one.currency.as_ref()));
    let amount = amounts.head("AMOUNT");
    let head = ["ID", "CUSTOMER", "SERVICE", "INVOICE", "MONTH", &amount, "RUN", "WHY"];
    let mut table = Table::new(&head, "Nothing is waiting to be tried again.");
    for one in &retries {
        table.row([
            whole(one.id.as_str()),
            one.customer.as_str().into(),
            one.service.as_str().into(),
            one.invoice.as_str().into(),
            one.month.to_string().into(),
            amounts.cell(Some(one.amount), one.currency.as_ref()),
            number(one.run),
            one.finding.text.as_str().into(),
        ]);
    }
    desk.table(table).await?;
    Ok(Exit::Done)
}
