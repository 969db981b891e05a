//! `invoices`: what was invoiced, what became of it, and what the operator decides about it.

use super::{
    connect::done,
    desk::Desk,
    exit::Exit,
    failure::Failure,
    output::Output,
    runs,
    table::{Table, number, whole},
};
use crate::{
    domain::{Currency, Money, thousands::without_thousands},
    engine::{protocol::command, views::InvoiceDetail},
    planning::invoices::Treatment,
};

/// What to do with invoices.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// List every invoice: what it is, where it stands, what it amounts to
    List,
    /// Show one invoice with where its lines went, and what can be done about it
    Show {
        /// Its number or id
        #[arg(value_name = "INV", value_parser = clap::builder::NonEmptyStringValueParser::new())]
        invoice: String,
    },
    /// Sync an invoice although its header says another sum than its lines, or another currency than its agreement's
    #[command(group = clap::ArgGroup::new("what").required(true))]
    Accept {
        /// Its number or id
        #[arg(value_name = "INV", value_parser = clap::builder::NonEmptyStringValueParser::new())]
        invoice: String,
        /// The difference, as `invoices show` states it: another one is asked for anew
        #[arg(long, value_name = "AMOUNT", value_parser = amount, allow_negative_numbers = true, group = "what")]
        difference: Option<Money>,
        /// The currency that it is in: its agreement is billed in it from then on
        #[arg(long, value_name = "CODE", value_parser = currency, group = "what")]
        currency: Option<Currency>,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Say what an invoice is that is left out
    Treat {
        /// Its number or id
        #[arg(value_name = "INV", value_parser = clap::builder::NonEmptyStringValueParser::new())]
        invoice: String,
        /// What it is
        #[arg(long = "as", value_name = "standard|excluded")]
        treatment: As,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Drop an invoice: nothing of it is written, and later months do not wait for it
    Dismiss {
        /// Its number or id
        #[arg(value_name = "INV", value_parser = clap::builder::NonEmptyStringValueParser::new())]
        invoice: String,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

/// What an invoice is to be.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum As {
    /// The month's invoice: each of its lines is sorted by itself
    Standard,
    /// Left out, and seen
    Excluded,
}

impl From<As> for Treatment {
    fn from(typed: As) -> Self {
        match typed {
            As::Standard => Self::Standard,
            As::Excluded => Self::Excluded,
        }
    }
}

fn amount(text: &str) -> Result<Money, String> {
    without_thousands(text).parse().map_err(|_| "an amount is written like 0.01".to_owned())
}

fn currency(text: &str) -> Result<Currency, String> {
    let is_code = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_code.then(|| Currency::new(text)).ok_or_else(|| "a currency is written like AUD".to_owned())
}

pub(super) async fn run(action: Action, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    match action {
        Action::List => list(desk).await,
        Action::Show { invoice } => show(invoice, desk).await,
        Action::Accept { invoice, difference: Some(difference), reason, .. } => {
            done(desk, command::AcceptDifference { invoice, difference, reason }).await
        }
        Action::Accept { invoice, currency: Some(currency), reason, .. } => {
            done(desk, command::AcceptCurrency { invoice, currency, reason }).await
        }
        Action::Accept { .. } => {
            Err(Failure::typed("Say what to accept: --difference or --currency."))
        }
        Action::Treat { invoice, treatment, reason } => {
            let treatment = treatment.into();
            done(desk, command::TreatInvoice { invoice, treatment, reason }).await
        }
        Action::Dismiss { invoice, reason } => {
            done(desk, command::DismissInvoice { invoice, reason }).await
        }
    }
}

async fn list(desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let invoices = desk.ask(command::Invoices).await?;
    if desk.out.is_json() {
        desk.out.json(&invoices)?;
        return Ok(Exit::Done);
    }
    let head = ["INVOICE", "MONTH", "CLASS", "STATE", "SUBTOTAL", "DIFFERENCE", "CURRENCY"];
    let mut table = Table::new(&head, "PRISM lists no invoice of the program.");
    for one in &invoices {
        table.row([
            whole(one.number.as_str()),
            one.month.map(|month| month.to_string()).unwrap_or_default().into(),
            one.class.as_str().into(),
            one.state_told().into(),
            number(money(one.subtotal)),
            number(money(one.difference)),
            one.currency.as_ref().map(ToString::to_string).unwrap_or_default().into(),
        ]);
    }
    desk.out.table(&table)?;
    Ok(Exit::Done)
}

fn money(amount: Option<Money>) -> String {
    amount.map(Money::separated).unwrap_or_default()
}

async fn show(invoice: String, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let detail = desk.ask(command::Invoice { invoice }).await?;
    if desk.out.is_json() {
        desk.out.json(&detail)?;
    } else {
        print(&detail, desk.out)?;
    }
    Ok(Exit::Done)
}

fn print(detail: &InvoiceDetail, out: &mut Output) -> Result<(), Failure> {
    let one = &detail.invoice;
    let month = one.month.map(|month| format!(" of {month}")).unwrap_or_default();
    out.line(format!("Invoice {}{month}: {}, {}", one.number, one.class, one.state_told()))?;
    let currency = one.currency.as_ref().map(|currency| format!(" {currency}")).unwrap_or_default();
    let subtotal = one
        .subtotal
        .map_or_else(|| "no sum".to_owned(), |sum| format!("{}{currency}", sum.separated()));
    let lines = detail.lines.zip(detail.sum);
    let lines = lines.map(|(lines, sum)| format!("; {lines} lines sum to {}", sum.separated()));
    let difference = one.difference.filter(|difference| !difference.is_zero());
    let difference = difference.map(|one| format!(", a difference of {}", one.separated()));
    out.line(format!(
        "  header: {subtotal}{}{}",
        lines.unwrap_or_default(),
        difference.unwrap_or_default()
    ))?;
    let part = match detail.part_written {
        0 => String::new(),
        part => format!(", part written for {part}"),
    };
    out.line(format!(
        "  customers: applied to {}{part}, due for {}, {} with something to try again",
        one.applied, one.due, one.failed
    ))?;
    runs::ledgers(std::slice::from_ref(&detail.ledger), out)?;
    for decision in &one.decisions {
        out.line(format!("  {decision}"))?;
    }
    if let Some(finding) = &one.finding {
        out.line(format!("  {}", finding.text))?;
    }
    for retry in &detail.retries {
        out.line(format!(
            "  to be tried again: {}, {}, {}: {} ({})",
            retry.customer,
            retry.service,
            retry.amount.in_currency(retry.currency.as_ref()),
            retry.finding.text,
            retry.id
        ))?;
    }
    if !detail.can.is_empty() {
        out.line("What can be done:")?;
    }
    for act in &detail.can {
        out.line(format!("  {}", act.command))?;
        out.line(format!("      {}", act.effect))?;
    }
    Ok(())
}
