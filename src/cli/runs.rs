//! `runs`: history and drill-down.

use super::{
    desk::Desk,
    exit::Exit,
    failure::Failure,
    output::Output,
    table::{Table, number},
    words::{count, time},
};
use crate::{
    domain::{
        RunId,
        outcome::{Finding, Outcome},
        run::{
            CustomerRow, Ledger, ProductOutcome, RunHeader, RunKind, RunReport, SubscriptionRow,
            Tally,
        },
        text::thousands,
    },
    engine::{protocol::command, views::connection_title},
};

/// What to look at.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// List runs, newest first
    List {
        /// At most so many
        #[arg(long, default_value_t = 20, value_name = "N")]
        limit: usize,
    },
    /// Show one run with everything it did
    Show {
        /// Its number, or last
        #[arg(default_value = "last", value_name = "ID|last", value_parser = run_id)]
        id: Which,
    },
}

/// Which run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Which(pub(super) Option<RunId>);

pub(super) fn run_id(text: &str) -> Result<Which, String> {
    if text == "last" {
        return Ok(Which(None));
    }
    let number = text.parse().map_err(|_| "a run is named by its number, or last".to_owned());
    number.map(|number| Which(Some(RunId(number))))
}

pub(super) async fn run(action: Action, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    match action {
        Action::List { limit } => list(limit, desk).await,
        Action::Show { id: Which(id) } => {
            let report = desk.ask(command::Run { id }).await?;
            if desk.out.is_json() {
                desk.out.json(&report)?;
            } else {
                print(&report, desk.out)?;
            }
            Ok(Exit::Done)
        }
    }
}

/// In the place of an outcome, where a run has none yet.
const UNFINISHED: &str = "unfinished";

async fn list(limit: usize, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let runs = desk.ask(command::Runs { limit }).await?;
    if desk.out.is_json() {
        desk.out.json(&runs)?;
    } else {
        desk.out.table(&table(&runs))?;
    }
    Ok(Exit::Done)
}

/// Runs, one a row.
pub(super) fn table(runs: &[RunHeader]) -> Table {
    let head = ["RUN", "KIND", "STARTED", "STATUS", "OK", "WARNED", "FAILED", "WRITES", "INVOICES"];
    let mut table = Table::new(&head, "No run yet.");
    for run in runs {
        let tally = tally(run);
        table.row([
            number(run.id),
            kind(run.kind).into(),
            time(run.started_at).into(),
            match run.ended() {
                Some(status) => status.into(),
                None => UNFINISHED.into(),
            },
            number(thousands(tally.ok)),
            number(thousands(tally.warned)),
            number(thousands(tally.failed)),
            number(thousands(run.counts.writes)),
            run.invoices.join(", ").into(),
        ]);
    }
    table
}

fn tally(run: &RunHeader) -> Tally {
    match run.kind {
        RunKind::Products => run.counts.products,
        RunKind::Customers => run.counts.customers,
    }
}

pub(super) fn kind(kind: RunKind) -> &'static str {
    match kind {
        RunKind::Products => "products",
        RunKind::Customers => "customers",
    }
}

/// The same with every row: of a run with many customers only those that want a look are told at first.
pub(super) async fn whole(
    reports: Vec<RunReport>,
    desk: &mut Desk<'_>,
) -> Result<Vec<RunReport>, Failure> {
    let mut all = Vec::with_capacity(reports.len());
    for report in reports {
        all.push(match report.left_out {
            0 => report,
            _ => *desk.ask(command::Run { id: Some(report.header.id) }).await?,
        });
    }
    Ok(all)
}

/// One run for people, with every customer.
pub(super) fn print(report: &RunReport, out: &mut Output) -> Result<(), Failure> {
    shown(report, Detail::All, out)
}

/// One run for people who just started it: what did not go well in full, the rest counted.
pub(super) fn summary(report: &RunReport, out: &mut Output) -> Result<(), Failure> {
    shown(report, Detail::WhatWantsALook, out)
}

/// How much of a run is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    All,
    WhatWantsALook,
}

impl Detail {
    fn shows(self, outcome: Outcome) -> bool {
        self == Self::All || outcome.wants_a_look()
    }
}

fn shown(report: &RunReport, detail: Detail, out: &mut Output) -> Result<(), Failure> {
    let run = &report.header;
    let word = run.ended().map_or_else(|| UNFINISHED.to_owned(), |status| out.word(status));
    let took =
        run.finished_at.map(|at| format!(", took {} s", (at - run.started_at).num_seconds()));
    let (id, kind) = (run.id, kind(run.kind));
    let started = time(run.started_at);
    out.line(format!(
        "Run {id}: {kind} to {}, {word} ({started}{})",
        connection_title(&run.target),
        took.unwrap_or_default()
    ))?;
    if let Some(approved) = &run.approved {
        out.line(format!("  {}", approved.told()))?;
    }
    if let Some(message) = &run.message {
        finding(message, "  ", out)?;
    }
    let tally = tally(run);
    out.line(format!(
        "  {} attempted: {}; {}, {}",
        tally.attempted,
        tally.words(),
        run.counts.sent_words(),
        count(run.counts.requests, "request"),
    ))?;
    let worth = |one: &&ProductOutcome| one.status > Outcome::Success && detail.shows(one.status);
    report.products.iter().filter(worth).try_for_each(|product| self::product(product, out))?;
    // What a stopped run did not come to is counted: whoever just saw it needs no list of it.
    let mut customers =
        report.customers.iter().filter(|one| detail == Detail::All || one.wants_a_look());
    customers.try_for_each(|customer| self::customer(customer, run.message.as_ref(), out))?;
    ledgers(&report.ledgers, out)
}

fn product(product: &ProductOutcome, out: &mut Output) -> Result<(), Failure> {
    let word = out.word(product.status);
    out.line(format!(
        "  {word}  {} {} ({})",
        product.shown_key(),
        product.name,
        product.action.words()
    ))?;
    product.error.iter().try_for_each(|error| finding(error, "    ", out))
}

fn customer(
    customer: &CustomerRow,
    told: Option<&Finding>,
    out: &mut Output,
) -> Result<(), Failure> {
    let word = out.word_as(customer.status, customer.word());
    let (who, contract) = (&customer.customer, &customer.target_contract);
    let currency = customer.currency.as_ref().map(|currency| format!(" in {currency}"));
    let invoice = format!("{}{}", customer.invoice, currency.unwrap_or_default());
    out.line(format!("  {word}  {who} ({}) → {contract}, {invoice}", customer.tenant))?;
    let mut new = customer.of_the_whole().filter(|one| Some(*one) != told);
    new.try_for_each(|error| finding(error, "    ", out))?;
    let told = customer.error.as_ref().or(told);
    let worth = |row: &&SubscriptionRow| row.status.wants_a_look() || !row.notes.is_empty();
    customer.subscriptions.iter().filter(worth).try_for_each(|row| subscription(row, told, out))
}

fn subscription(
    row: &SubscriptionRow,
    told: Option<&Finding>,
    out: &mut Output,
) -> Result<(), Failure> {
    let word = out.word(row.status);
    let sku = row.sku.as_deref().unwrap_or("no SKU");
    out.line(format!("    {word}  {} ({sku})", row.name))?;
    let findings = row.error.iter().chain(&row.warnings).chain(&row.notes);
    findings.filter(|one| Some(*one) != told).try_for_each(|one| finding(one, "      ", out))
}

fn finding(finding: &Finding, indent: &str, out: &mut Output) -> Result<(), Failure> {
    out.line(format!("{indent}{}", finding.text))?;
    if finding.advice.is_empty() {
        return Ok(());
    }
    out.line(format!("{indent}{}", finding.advice))
}

/// Where every cent of each invoice went.
pub(super) fn ledgers(ledgers: &[Ledger], out: &mut Output) -> Result<(), Failure> {
    for ledger in ledgers {
        let parts = ledger.parts();
        let parts: Vec<_> = parts
            .iter()
            .map(|part| format!("{} {}", part.place.word(), part.amount.separated()))
            .collect();
        let balance = if ledger.balance.is_zero() { "balance" } else { "DOES NOT BALANCE" };
        let subtotal = ledger.subtotal.in_currency(ledger.currency.as_ref());
        let invoice = &ledger.invoice;
        let parts = parts.join(" + ");
        out.line(format!(
            "  {invoice}: {subtotal} = {parts}; {balance} {}",
            ledger.balance.separated()
        ))?;
    }
    Ok(())
}
