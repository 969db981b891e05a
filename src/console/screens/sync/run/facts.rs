//! What is said above and below the tables of a run.

use std::collections::HashSet;

use ratatui::{
    Frame,
    layout::{Rect, Size},
    text::{Line, Span},
};

use unicode_width::UnicodeWidthStr as _;

use crate::{
    console::{
        advice::{as_shown, details},
        listing::AnyList,
        theme::Theme,
        widgets::{
            detail::Detail,
            frame,
            text::{
                counted, cut, cut_line, date, finding_lines, moment, price, replaced, separated,
                signed_units, wrapped_line,
            },
        },
    },
    domain::{
        currency::told,
        outcome::{Finding, Outcome},
        run::{
            CustomerRow, Ledger, LedgerPlace, ProductOutcome, RunKind, RunReport, SubscriptionRow,
            Tally,
        },
        text::thousands,
    },
};

pub(crate) const FACTS: u16 = 3;

pub(crate) fn draw_finding(
    frame: &mut Frame,
    area: Rect,
    finding: Option<&Finding>,
    theme: &Theme,
) {
    if let Some(finding) = finding {
        let lines = finding_lines(finding, theme);
        let width = area.width.into();
        frame::draw_lines(frame, area, lines.iter().flat_map(|line| wrapped_line(line, width)));
    }
}

/// The same below a list; beside one all there is to say of the row.
pub(crate) fn draw_told(
    frame: &mut Frame,
    detail: Detail,
    finding: Option<&Finding>,
    whole: &str,
    theme: &Theme,
) {
    if detail.is_beside() {
        detail.draw(frame, whole.lines(), theme);
    } else if let Some(finding) = finding {
        detail.draw(frame, finding_lines(finding, theme), theme);
    }
}

/// What was written for a subscription's service, by which attempt: the sum over all that it bills, so many other
/// subscriptions as well.
pub(crate) fn write_lines(
    row: &SubscriptionRow,
    others: usize,
    theme: &Theme,
) -> Vec<Line<'static>> {
    let mut heading = theme.terms.say("Written to the contract").into_owned();
    if others > 0 {
        let others = counted(others as u64, "other subscription", "other subscriptions");
        heading.push_str(&format!(", together with {others}"));
    }
    let heading = Line::styled(heading, theme.heading());
    let lines = row.writes.iter().map(|write| {
        let day = write.effective.map_or_else(String::new, date);
        let price = write.unit_price.map_or_else(String::new, |is| format!(" price {}", price(is)));
        let attempt =
            if write.attempt > 1 { format!(" (attempt {})", write.attempt) } else { String::new() };
        let what = match (write.effective, write.units) {
            (None, 0) => "added".to_owned(),
            (Some(_), 0) => "=".to_owned(),
            (_, units) => signed_units(units),
        };
        let until = write.until.map_or_else(String::new, |last| format!(" to {}", date(last)));
        Line::raw(format!("{day:<11}{what:>6}{until}{price}  {}{attempt}", write.result.words()))
    });
    let none = row.writes.is_empty().then(|| Line::styled("nothing", theme.muted()));
    std::iter::once(heading).chain(lines).chain(none).collect()
}

/// Whose the rows of a run are: fewer than there are rows where one has several invoices.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Whom {
    pub(crate) all: usize,
    /// By how they ended, as far as they did.
    pub(crate) ended: Tally,
}

impl Whom {
    pub(crate) fn of<'a>(rows: impl Iterator<Item = (&'a str, Option<Outcome>)> + Clone) -> Self {
        let all = Self::count(rows.clone().map(|(whose, _)| whose));
        let ended = rows.filter_map(|(whose, outcome)| Some((whose, outcome?)));
        Self { all, ended: Tally::of_each(ended) }
    }

    /// How many these are, each once.
    pub(crate) fn count<'a>(whose: impl Iterator<Item = &'a str>) -> usize {
        whose.collect::<HashSet<_>>().len()
    }

    /// How many rows a list shows of so many, and of how many customers those are where that is another number.
    pub(crate) fn rows_told(
        &self,
        list: &dyn AnyList,
        all: usize,
        shown: impl Fn() -> usize,
    ) -> Option<String> {
        let rows = list.rows_told_of(all)?;
        if self.all == all {
            return Some(rows);
        }
        // Who has all rows has all customers.
        let count = list.count_shown();
        Some(match if count < all { shown() } else { self.all } {
            customers if customers == count => format!("{rows} rows"),
            customers => {
                format!("{rows} rows, {}", counted(customers as u64, "customer", "customers"))
            }
        })
    }
}

/// How it went, who and when; the message; a ledger a line.
pub(crate) fn run_facts(
    report: &RunReport,
    whom: &Whom,
    size: Size,
    theme: &Theme,
) -> Vec<Line<'static>> {
    let header = &report.header;
    let separator = theme.glyphs.separator;
    let tally = match header.kind {
        RunKind::Customers => &header.counts.customers,
        RunKind::Products => &header.counts.products,
    };
    let sent = format!("{separator}{}", header.counts.sent_words());
    let when = format!("{separator}{} by {}", moment(header.started_at), header.actor);
    let width = usize::from(size.width);
    // Where there is little room, whom the run was amid is counted among those it did not come to.
    let ways = [tally.partly_written, 0].map(|partly_written| {
        let mut first = tally_told(&Tally { partly_written, ..*tally }, &whom.ended, theme);
        first.push(Span::raw(format!("{sent}{when}")));
        Line::from(first)
    });
    let [told, shorter] = ways;
    let first = if told.width() <= width + when.width() { told } else { shorter };
    let mut lines = vec![cut_line(first, width)];
    if let Some(message) = &header.message {
        lines.push(Line::styled(cut(&as_shown(&message.text), width, theme), theme.warn()));
    }
    let ledgers = ledgers(&report.ledgers);
    let room = usize::from(size.height).saturating_sub(lines.len()).max(1);
    // The weightiest is told whole where there is room for it; how many more there are has a line of its own.
    let one = ledgers.first().map_or(0, |ledger| ledger_lines(ledger, width, room, theme).len());
    let others = if one < room { room - one } else { room - 1 };
    let shown = if ledgers.len() <= 1 + others { ledgers.len() } else { others.max(1) };
    let below = (shown.max(1) - 1) + usize::from(ledgers.len() > shown);
    let rows = room.saturating_sub(below).max(1);
    let rows = std::iter::once(rows).chain(std::iter::repeat(1));
    let told = ledgers.iter().take(shown).zip(rows);
    lines.extend(told.flat_map(|(ledger, rows)| ledger_lines(ledger, width, rows, theme)));
    if let Some(more @ 1..) = ledgers.len().checked_sub(shown) {
        let right = ledgers.iter().skip(shown).all(|ledger| ledger.balance.is_zero());
        let (text, style) =
            if right { ("balance 0.00", theme.muted()) } else { ("not all balance", theme.bad()) };
        let count = counted(more as u64, "more invoice", "more invoices");
        lines.push(Line::styled(format!("{count}: {text}"), style));
    }
    lines
}

/// How rows ended, what failed first; and how many customers' they are, where that is another number.
fn tally_told(tally: &Tally, whom: &Tally, theme: &Theme) -> Vec<Span<'static>> {
    let Tally { ok, warned, failed, not_attempted, .. } = *tally;
    let parts = [
        (failed, whom.failed, "failed", Outcome::Failure),
        (warned, whom.warned, "warned", Outcome::Warning),
        (ok, whom.ok, "ok", Outcome::Success),
        (not_attempted, whom.not_attempted, "not attempted", Outcome::NotAttempted),
    ];
    let told = parts.into_iter();
    let told = told.filter(|(count, _, word, _)| *count > 0 || *word != "not attempted");
    let told = told.enumerate().map(|(at, (count, whom, word, outcome))| {
        let style = if count == 0 { theme.muted() } else { theme.outcome(outcome) };
        let lead = if at == 0 { "" } else { ", " };
        let whom = of_customers(count, whom);
        let part = part_told(outcome, tally.partly_written);
        Span::styled(format!("{lead}{} {word}{whom}{part}", thousands(count)), style)
    });
    told.collect()
}

/// Of how many customers so many rows are, in words, where that is another number: ` (35 customers)`.
pub(crate) fn of_customers(rows: u64, whom: u64) -> String {
    match whom {
        0 => String::new(),
        _ if whom == rows => String::new(),
        whom => format!(" ({})", counted(whom, "customer", "customers")),
    }
}

/// How many of those that were not attempted are written in part.
pub(crate) fn part_told(outcome: Outcome, part: u64) -> String {
    match (outcome, part) {
        (Outcome::NotAttempted, 1..) => format!(" ({} of them part written)", thousands(part)),
        _ => String::new(),
    }
}

/// What does not balance first, then by what concerns contracts: of a run with several invoices there is room for few.
fn ledgers(all: &[Ledger]) -> Vec<&Ledger> {
    let weight = |ledger: &&Ledger| {
        let contracts = ledger.synced + ledger.earlier_runs + ledger.failed + ledger.unmapped;
        std::cmp::Reverse((!ledger.balance.is_zero(), contracts.abs()))
    };
    let mut sorted: Vec<&Ledger> = all.iter().collect();
    sorted.sort_by_key(weight);
    sorted
}

/// Whether an invoice balances, and where its amount went: as many of its places as so many rows have room for, each amount
/// whole, and what failed before all else.
fn ledger_lines(ledger: &Ledger, width: usize, rows: usize, theme: &Theme) -> Vec<Line<'static>> {
    let style = if ledger.balance.is_zero() { theme.good() } else { theme.bad() };
    let amount = told(separated(ledger.subtotal), ledger.currency.as_ref());
    let mut line = Line::from(vec![
        Span::raw(format!("{} {amount}, ", ledger.invoice)),
        Span::styled(format!("balance {}", separated(ledger.balance)), style),
    ]);
    let mut parts = ledger.parts();
    parts.sort_by_key(|part| match part.place {
        LedgerPlace::Failed | LedgerPlace::Held => 0,
        LedgerPlace::Synced | LedgerPlace::Earlier => 1,
        LedgerPlace::Excluded
        | LedgerPlace::Unmapped
        | LedgerPlace::Off
        | LedgerPlace::NotInScope
        | LedgerPlace::AcceptedDifference
        | LedgerPlace::NotAttempted => 2,
    });
    let mut lines = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let lead = if at == 0 { ": " } else { theme.glyphs.separator };
        let told = format!("{} {}", part.place.word(), separated(part.amount));
        let is_last_row = lines.len() + 1 >= rows;
        let goes_on = is_last_row && at + 1 < parts.len();
        let more = if goes_on { theme.glyphs.ellipsis.width() + 1 } else { 0 };
        let text = if line.width() + lead.width() + told.width() + more <= width {
            format!("{lead}{told}")
        } else if is_last_row {
            line.push_span(Span::styled(format!(" {}", theme.glyphs.ellipsis), theme.muted()));
            break;
        } else {
            lines.push(std::mem::take(&mut line));
            format!("  {told}")
        };
        let wrong = matches!(part.place, LedgerPlace::Failed | LedgerPlace::Held);
        let style = if wrong { theme.bad() } else { theme.muted() };
        line.push_span(Span::styled(text, style));
    }
    lines.push(line);
    lines
}

/// From where to where, and what failed.
pub(crate) fn customer_facts(row: &CustomerRow, width: u16, theme: &Theme) -> Vec<Line<'static>> {
    let arrow = theme.glyphs.arrow;
    let failed = row.subscriptions.iter().filter(|s| s.status == Outcome::Failure).count();
    let currency = row.currency.as_ref().map(|currency| format!(" in {currency}"));
    let currency = currency.unwrap_or_default();
    let mut lines = vec![
        Line::raw(format!(
            "{} {arrow} {}, {}",
            row.tenant, row.target_company, row.target_contract
        )),
        Line::styled(
            format!("Invoice {}{currency}, agreement {}", row.invoice, row.source_agreement),
            theme.muted(),
        ),
    ];
    if let Some(error) = &row.error {
        lines.push(Line::styled(as_shown(&error.text).into_owned(), theme.bad()));
    } else if failed > 0 {
        let text =
            format!("{} failed to sync", counted(failed as u64, "subscription", "subscriptions"));
        lines.push(Line::styled(text, theme.bad()));
    } else if let Some(warning) = row.warnings.first() {
        lines.push(Line::styled(as_shown(&warning.text).into_owned(), theme.warn()));
    }
    // Whose contract it is takes the line that would stay blank.
    let whole = wrapped_line(&lines[0], width.into());
    if whole.len() + lines.len() <= usize::from(FACTS) + 1 {
        lines.splice(0..1, whole);
    }
    lines
}

/// A customer of a run with its subscriptions and what was found, as text.
pub(crate) fn customer_text(row: &CustomerRow, theme: &Theme) -> String {
    let arrow = theme.glyphs.arrow;
    let (company, contract) = (&row.target_company, &row.target_contract);
    let mut text = format!("{}\n{} {arrow} {company}, {contract}\n", row.customer, row.tenant);
    for finding in row.of_the_whole() {
        text.push_str(&format!("\n{}\n", details(finding, theme.keys)));
    }
    for one in &row.subscriptions {
        let billed = separated(one.billed());
        text.push_str(&format!(
            "\n{billed:>12}  {} {}",
            theme.glyphs.outcome(one.status),
            one.name
        ));
    }
    let found = row.subscriptions.iter().filter_map(|one| {
        let finding = one.error.as_ref().or(one.warnings.first())?;
        Some(format!("\n\n{}: {}", one.name, details(finding, theme.keys)))
    });
    text.extend(found.take(FOUND));
    text
}

/// So much of what was found is told of a customer; the rest is a level down.
const FOUND: usize = 3;

/// What was done about a product, as text.
pub(crate) fn product_text(row: &ProductOutcome, theme: &Theme) -> String {
    let mut text = format!("{}\n\n{}: {}", row.shown_key(), row.action.words(), row.status);
    for (what, change) in [("Price", row.price), ("Cost", row.cost)] {
        if let Some((before, after)) = change {
            text.push_str(&format!("\n{what} {}", replaced(Some(before), after, theme)));
        }
    }
    if let Some(finding) = &row.error {
        text.push_str(&format!("\n\n{}", details(finding, theme.keys)));
    }
    text
}

/// A subscription with all that was found, as text.
pub(crate) fn subscription_text(row: &SubscriptionRow, theme: &Theme) -> String {
    let id = row.subscription_id.as_ref().map_or("none".into(), |id| id.text());
    let sku = row.sku.as_deref().unwrap_or("not found");
    let mut text = format!("{}: {}\n\nSubscription {id}\nSKU {sku}", row.name, row.status);
    for finding in row.error.iter().chain(&row.warnings).chain(&row.notes) {
        text.push_str(&format!("\n\n{}", details(finding, theme.keys)));
    }
    text
}
