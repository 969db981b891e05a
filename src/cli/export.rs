//! `export`: data out, for spreadsheets and programs.

use clap::ValueEnum;

use super::{
    desk::Desk,
    exit::Exit,
    failure::Failure,
    output::Output,
    spreadsheet::{Spreadsheet, text, value},
    words,
};
use crate::{
    domain::outcome::Disposition, domain::run::CustomerRow, domain::run::RunReport,
    domain::run::SubscriptionRow, engine::customers::mapping_file, engine::protocol::command,
    engine::views::AuditView, engine::views::CustomerView, engine::views::LineView,
};

/// What to export.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// What
    #[arg(value_enum)]
    what: What,
    /// In which form
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
}

/// What there is.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum What {
    /// Runs with their rows
    Runs,
    /// Links; `customers import` reads them back
    Customers,
    /// Every invoice line with where it went
    Ledger,
    /// Every change that was made, with the chain of the trail
    Audit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For spreadsheets
    Csv,
    /// For programs
    Json,
}

pub(super) async fn run(arguments: &Arguments, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let json = arguments.format == Format::Json || desk.out.is_json();
    match arguments.what {
        What::Runs => {
            let runs = desk.ask(command::ExportRuns).await?;
            if json { desk.out.json(&runs)? } else { self::runs(&runs, desk.out)? }
        }
        What::Customers => {
            let customers = desk.ask(command::ExportCustomers).await?;
            if json { desk.out.json(&customers)? } else { self::customers(&customers, desk.out)? }
        }
        What::Ledger => {
            let lines = desk.ask(command::ExportLedger).await?;
            if json { desk.out.json(&lines)? } else { ledger(&lines, desk.out)? }
        }
        What::Audit => {
            let entries = desk.ask(command::Audit { subject: None, limit: None }).await?;
            if json { desk.out.json(&entries)? } else { audit(&entries, desk.out)? }
        }
    }
    Ok(Exit::Done)
}

const RUN_COLUMNS: [&str; 24] = [
    "run",
    "kind",
    "target",
    "started_at",
    "customer",
    "tenant",
    "source_agreement",
    "company",
    "contract",
    "invoice",
    "subscription_id",
    "name",
    "sku",
    "service_id",
    "status",
    "error_code",
    "error",
    "start",
    "end",
    "quantity",
    "cost_price",
    "retail_price",
    "subtotal",
    "currency",
];

fn runs(runs: &[RunReport], out: &mut Output) -> Result<(), Failure> {
    let mut sheet = Spreadsheet::new(&RUN_COLUMNS)?;
    for run in runs {
        for customer in &run.customers {
            for subscription in &customer.subscriptions {
                usage(run, customer, subscription, &mut sheet)?;
            }
        }
    }
    sheet.print(out)
}

fn usage(
    run: &RunReport,
    customer: &CustomerRow,
    row: &SubscriptionRow,
    sheet: &mut Spreadsheet,
) -> Result<(), Failure> {
    let header = &run.header;
    let error = row.error.as_ref();
    let before = [
        header.id.to_string(),
        super::runs::kind(header.kind).to_owned(),
        text(header.target.as_str()),
        words::time(header.started_at),
        text(&customer.customer),
        text(&customer.tenant),
        text(&customer.source_agreement),
        text(&customer.target_company),
        text(&customer.target_contract),
        text(&customer.invoice),
        value(row.subscription_id.as_ref()),
        text(&row.name),
        text(row.sku.as_deref().unwrap_or_default()),
        value(row.service_id),
        row.status.word().to_owned(),
        error.map(|error| error.code.to_string()).unwrap_or_default(),
        text(error.map(|error| error.text.as_str()).unwrap_or_default()),
    ];
    for line in &row.usage {
        let figures = [
            line.start.to_string(),
            line.end.to_string(),
            line.quantity.to_string(),
            line.cost_price.to_string(),
            line.retail_price.to_string(),
            line.subtotal.to_string(),
            value(customer.currency.as_ref()),
        ];
        sheet.row(&[&before[..], &figures[..]].concat())?;
    }
    Ok(())
}

fn customers(customers: &[CustomerView], out: &mut Output) -> Result<(), Failure> {
    let mut sheet = Spreadsheet::new(&mapping_file::COLUMNS)?;
    for customer in customers {
        sheet.row(&mapping_file::cells(customer).map(text))?;
    }
    sheet.print(out)
}

const LEDGER_COLUMNS: [&str; 16] = [
    "invoice",
    "month",
    "line",
    "customer",
    "tenant",
    "subscription_id",
    "offer",
    "start",
    "end",
    "quantity",
    "subtotal",
    "subtotal_retail",
    "went_to",
    "reason",
    "run",
    "currency",
];

fn ledger(lines: &[LineView], out: &mut Output) -> Result<(), Failure> {
    let mut sheet = Spreadsheet::new(&LEDGER_COLUMNS)?;
    for line in lines {
        let (went_to, reason) = disposition(&line.disposition);
        sheet.row(&[
            text(&line.invoice),
            value(line.month),
            line.line.to_string(),
            text(&line.customer),
            text(&line.tenant),
            value(line.subscription.as_ref()),
            text(&line.offer),
            line.start.to_string(),
            line.end.to_string(),
            line.quantity.to_string(),
            line.subtotal.to_string(),
            line.subtotal_retail.to_string(),
            went_to.to_owned(),
            text(reason),
            value(line.run),
            value(line.currency.as_ref()),
        ])?;
    }
    sheet.print(out)
}

const AUDIT_COLUMNS: [&str; 14] = [
    "number", "at", "actor", "uid", "role", "origin", "trigger", "command", "subject", "what",
    "before", "after", "refused", "prev",
];

fn audit(entries: &[AuditView], out: &mut Output) -> Result<(), Failure> {
    let mut sheet = Spreadsheet::new(&AUDIT_COLUMNS)?;
    let told = |told: &Option<String>| told.as_deref().map(text).unwrap_or_default();
    for one in entries {
        sheet.row(&[
            one.number.to_string(),
            one.at.to_rfc3339(),
            text(&one.actor),
            value(one.uid),
            value(one.role),
            told(&one.origin),
            text(one.trigger.as_str()),
            told(&one.command),
            told(&one.subject),
            text(&one.what),
            told(&one.before),
            told(&one.after),
            one.refused.to_string(),
            told(&one.prev),
        ])?;
    }
    sheet.print(out)
}

fn disposition(disposition: &Disposition) -> (&'static str, &str) {
    match disposition {
        Disposition::Synced => ("synced", ""),
        Disposition::SyncedEarlier => ("synced earlier", ""),
        Disposition::Excluded { reason } => ("excluded", reason),
        Disposition::Failed => ("failed", ""),
        Disposition::NotAttempted => ("not attempted", ""),
        Disposition::Held => ("held", ""),
        Disposition::Unmapped => ("unmapped", ""),
        Disposition::Off => ("off", ""),
        Disposition::NotInScope => ("not in scope", ""),
    }
}
