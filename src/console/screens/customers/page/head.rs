//! What is said at the top of a customer's page, and about its selected subscription.

use ratatui::{
    layout::Size,
    style::Style,
    text::{Line, Span},
};

use crate::{
    console::{
        advice::{as_shown, in_keys},
        screens::customers::table::{left_out_told, not_linked, on_newest},
        theme::Theme,
        widgets::text::{counted, cut_line, price, replaced, separated, signed, wrapped},
    },
    domain::{
        Currency, Day, Money, UsageMonth,
        currency::told,
        mapping::{PricingStrategy, Start},
        outcome::Finding,
        run::WriteState,
    },
    engine::views::{
        BillReason, CustomerPageView, CustomerView, HistoryView, MappingView, MonthBill, OpenView,
        SubscriptionBill,
    },
};

/// So many causes of a difference are named.
const REASONS: usize = 3;

/// Below so many rows inside the border only the first thing that is wrong is told, and only the amounts of a bill.
const TALL: u16 = 16;

/// From so many on the reasons for a difference have a line more.
const ROOMY: u16 = 26;

/// What is wrong, what the page is about, and what this month's bill is and why.
pub(super) fn head(view: &CustomerPageView, room: Size, theme: &Theme) -> Vec<Line<'static>> {
    let width = usize::from(room.width);
    let most = if room.height < TALL { 1 } else { 3 };
    let mut lines = wrong(&view.open, most, theme);
    lines.extend(about(&view.customer, width, theme));
    lines.extend(remarks(&view.customer, theme));
    let mut lines: Vec<Line<'static>> =
        lines.into_iter().map(|line| cut_line(line, width)).collect();
    let most = match room.height {
        ..TALL => 1,
        TALL..ROOMY => 2,
        ROOMY.. => 3,
    };
    lines.extend(money(view, width, most, theme));
    lines.extend(besides(view).map(|told| cut_line(Line::styled(told, theme.muted()), width)));
    lines
}

fn wrong(open: &[OpenView], most: usize, theme: &Theme) -> Vec<Line<'static>> {
    let named = if open.len() > most { most.saturating_sub(1).max(1) } else { most };
    let lines = open.iter().take(named).map(|one| {
        let style = theme.outcome(one.outcome);
        let amount = told(price(one.amount), one.currency.as_ref());
        let separator = theme.glyphs.separator;
        Line::from(vec![
            Span::styled(format!("{} {}: ", theme.glyphs.outcome(one.outcome), one.what), style),
            Span::raw(format!("{}{separator}{amount}", as_shown(&one.finding.text))),
        ])
    });
    let mut lines: Vec<Line<'static>> = lines.collect();
    let more = u64::try_from(open.len() - lines.len()).unwrap_or(u64::MAX);
    if more > 0 && most > 1 {
        let text = format!("  and {} to look at", counted(more, "more thing", "more things"));
        lines.push(Line::styled(text, theme.warn()));
    }
    if let Some(first) = open.first().filter(|one| most > 1 && !one.finding.advice.is_empty()) {
        lines.insert(
            1,
            Line::styled(
                format!("  {}", in_keys(&first.finding.advice, theme.keys)),
                theme.accent(),
            ),
        );
    }
    lines
}

/// From which tenant to which contract, and how it is synced: on a line each where one is too short for both.
fn about(customer: &CustomerView, width: usize, theme: &Theme) -> Vec<Line<'static>> {
    let domain = customer.domain.clone();
    let Some(mapping) = &customer.mapping else {
        let text = theme.terms.say(not_linked(theme.keys));
        return vec![Line::styled(text, theme.warn()), Line::styled(domain, theme.muted())];
    };
    let separator = theme.glyphs.separator;
    let (word, style) =
        if mapping.sync { ("sync on", theme.good()) } else { ("sync off", theme.warn()) };
    let pricing = match mapping.pricing {
        PricingStrategy::CostAndRetail => "cost and price",
        PricingStrategy::CostOnly => "only cost",
        PricingStrategy::QuantitiesOnly => "only quantities",
    };
    let arrow = theme.glyphs.arrow;
    let (company, contract) = (&mapping.company, &mapping.contract);
    let mut first = vec![
        Span::styled(domain, theme.muted()),
        Span::raw(format!(" {arrow} {company}, “{contract}”")),
    ];
    let second = vec![
        Span::styled(word, style),
        Span::raw(format!("{separator}{pricing}{separator}{}", since(mapping))),
    ];
    let both = Line::from(first.clone()).width() + Line::from(second.clone()).width();
    if both + Line::raw(separator).width() > width {
        return vec![Line::from(first), Line::from(second)];
    }
    first.push(Span::raw(separator));
    first.extend(second);
    vec![Line::from(first)]
}

fn since(mapping: &MappingView) -> String {
    match (mapping.start, mapping.first_month) {
        (_, Some(month)) => format!("since {}", month.first_day().0.format("%b %Y")),
        (Start::Next, None) => "from the next invoice".to_owned(),
        (Start::MostRecent, None) => "from the most recent invoice".to_owned(),
    }
}

/// What else stands against it, in words.
fn remarks(customer: &CustomerView, theme: &Theme) -> Vec<Line<'static>> {
    let mut parts = Vec::new();
    if let Some(mapping) = &customer.mapping {
        parts.extend(mapping.remark.clone());
        parts.extend(
            mapping
                .missed
                .iter()
                .map(|missed| format!("became due while sync was off: {}", missed.words())),
        );
        parts.extend(Some(format!("“{}”", mapping.note)).filter(|_| !mapping.note.is_empty()));
    }
    if !customer.listed {
        parts.push("PRISM lists it no longer".to_owned());
    }
    let text = parts.join(theme.glyphs.separator);
    Some(text)
        .filter(|text| !text.is_empty())
        .map(|text| Line::styled(text, theme.warn()))
        .into_iter()
        .collect()
}

/// This month against the last, with the largest changes; over so many lines at most.
fn money(view: &CustomerPageView, width: usize, most: usize, theme: &Theme) -> Vec<Line<'static>> {
    let Some(this) = &view.this else { return vec![unfinished(view, theme)] };
    let told = in_currency(this.amount, this.currency.as_ref());
    let mut line = vec![
        Span::styled(format!("{}  ", month_name(this.month)), theme.heading()),
        Span::raw("cost "),
        Span::styled(told, theme.strong()),
    ];
    let why = match (&view.last, view.difference()) {
        (None, _) => "  the first month that was synced".to_owned(),
        (Some(last), None) => {
            format!("  {} was {}", short(last), in_currency(last.amount, last.currency.as_ref()))
        }
        (Some(last), Some(difference)) => {
            line.push(Span::raw(format!("  ({} {}, ", short(last), separated(last.amount))));
            line.push(Span::styled(signed(difference), difference_style(difference, theme)));
            line.push(Span::raw(")"));
            why(view, theme)
        }
    };
    let used = Line::from(line.clone()).width();
    if used + Line::raw(&*why).width() <= width || most == 1 {
        line.push(Span::raw(why));
        return vec![cut_line(Line::from(line), width)];
    }
    let why = wrapped(why.trim_start(), width);
    let mut lines = vec![Line::from(line)];
    let rest = why.len();
    lines.extend(why.into_iter().take(most - 1).enumerate().map(|(at, text)| {
        let text = if at + 2 == most && rest > most - 1 {
            format!("{}{}", text.trim_end(), theme.glyphs.ellipsis)
        } else {
            text
        };
        cut_line(Line::raw(text), width)
    }));
    lines
}

/// What the newest invoice has for it besides, where that is told by none of the amounts above.
fn besides(view: &CustomerPageView) -> Option<String> {
    let told = left_out_told(&view.customer, &on_newest(&view.customer))?;
    let invoice = view.customer.latest_invoice.as_ref();
    let is_this =
        view.this.as_ref().zip(invoice).is_some_and(|(this, one)| this.invoices.contains(one));
    Some(match view.customer.invoiced().filter(|_| is_this) {
        Some(all) => format!("Besides that {told}, {} on it in all.", separated(all)),
        None => format!("Besides that {told}."),
    })
}

/// A customer of whom no month is synced yet, although something may have been written.
fn unfinished(view: &CustomerPageView, theme: &Theme) -> Line<'static> {
    let stands = |one: &HistoryView| {
        matches!(one.result, WriteState::Written | WriteState::SettledAsWritten)
    };
    if !view.changes.iter().filter(|one| one.is_own()).any(stands) {
        return never(&view.customer, theme);
    }
    let text =
        "Not finished: a sync stopped before all of it was written. p works out what is left.";
    Line::styled(text, theme.warn())
}

/// A customer that no run has come to yet.
fn never(customer: &CustomerView, theme: &Theme) -> Line<'static> {
    let billed = customer.latest_amount.map_or_else(String::new, |amount| {
        let amount = in_currency(amount, customer.currency.as_ref());
        let invoice = customer.latest_invoice.as_deref().unwrap_or("The newest invoice");
        format!(" {invoice} has {amount} (cost) to sync for it.")
    });
    let next = match &customer.mapping {
        None => "",
        Some(mapping) if mapping.sync => " p works out what its first sync would write.",
        Some(_) => theme.keys.hint(" s switches sync on.", ""),
    };
    Line::styled(format!("No result yet: no sync has come to it.{billed}{next}"), theme.text())
}

fn why(view: &CustomerPageView, theme: &Theme) -> String {
    let moved = |one: &&SubscriptionBill| one.difference().is_some_and(|by| !by.is_zero());
    let mut moved: Vec<&SubscriptionBill> = view.subscriptions.iter().filter(moved).collect();
    if moved.is_empty() {
        return "  nothing changed".to_owned();
    }
    moved.sort_by_key(|one| std::cmp::Reverse(one.difference().unwrap_or_default().abs()));
    let named = moved.iter().take(REASONS).map(|one| {
        let by = signed(one.difference().unwrap_or_default());
        format!("{}: {}, {by}", one.name, reason(one, view, theme))
    });
    let named: Vec<String> = named.collect();
    let more = u64::try_from(moved.len() - named.len()).unwrap_or(u64::MAX);
    let more = if more > 0 { format!("; {more} more") } else { String::new() };
    format!("  why: {}{more}", named.join("; "))
}

/// Why a subscription is billed another amount, in words.
fn reason(row: &SubscriptionBill, view: &CustomerPageView, theme: &Theme) -> String {
    let arrow = theme.glyphs.arrow;
    let before = row.before.unwrap_or_default();
    let last = view.last.as_ref().map_or_else(String::new, short);
    match row.why {
        Some(BillReason::Quantity { from }) if before != row.after => {
            format!("{before} {arrow} {}{}", row.after, from.map_or_else(String::new, from_day))
        }
        Some(BillReason::Quantity { from }) => {
            format!("for a time another quantity{}", from.map_or_else(String::new, from_day))
        }
        Some(BillReason::Price { before, after }) => {
            format!("cost {}", replaced(Some(before), after, theme))
        }
        Some(BillReason::PartOfMonth) => {
            format!("{} for the whole month, not in {last}", row.after)
        }
        Some(BillReason::Other) => "credit or correction".to_owned(),
        None => "unchanged".to_owned(),
    }
}

fn from_day(day: Day) -> String {
    format!(" from {}", day.0.format("%-d %b"))
}

/// What a subscription is told from beside its own row.
#[derive(Clone, Copy)]
pub(super) struct Said<'a> {
    pub(super) view: Option<&'a CustomerPageView>,
    /// Why the contract could not be read.
    pub(super) unread: Option<&'a Finding>,
}

/// What there is to say about a subscription beside its chart, in lines of so many columns.
pub(super) fn subscription_lines(
    row: &SubscriptionBill,
    said: Said<'_>,
    width: usize,
    theme: &Theme,
) -> Vec<Line<'static>> {
    let mut told: Vec<(String, Style)> = Vec::new();
    if let Some(finding) = &row.finding {
        told.push((as_shown(&finding.text).into_owned(), theme.outcome(row.status)));
        told.push((in_keys(&finding.advice, theme.keys), theme.accent()));
    }
    if let Some(view) = said.view.filter(|_| row.why.is_some()) {
        let by = row.difference().unwrap_or_default();
        let text = format!("{}, {} against the last month", reason(row, view, theme), signed(by));
        told.push((text, theme.text()));
    }
    match said.unread {
        Some(why) => {
            let unread = theme.terms.say("The contract could not be read");
            let text = format!("{unread}: {} F5 tries again.", why.text);
            told.push((text, theme.warn()));
        }
        None if row.service.is_none()
            && row.finding.as_ref().is_none_or(|one| !one.code.is_of_taken_name()) =>
        {
            let (all, reading) =
                ("No service is known for it: P chooses one.", "No service is known for it.");
            told.push((theme.terms.say(theme.keys.hint(all, reading)).into_owned(), theme.warn()));
        }
        None => {}
    }
    let lines = told.into_iter().flat_map(|(text, style)| {
        wrapped(&text, width).into_iter().map(move |line| Line::styled(line, style))
    });
    lines.collect()
}

/// More is billed, or less.
pub(super) fn difference_style(amount: Money, theme: &Theme) -> Style {
    match amount.rounded(2) {
        none if none.is_zero() => theme.muted(),
        less if less < Money::ZERO => theme.bad(),
        _ => theme.good(),
    }
}

pub(super) fn month_name(month: UsageMonth) -> String {
    month.first_day().0.format("%B %Y").to_string()
}

fn short(bill: &MonthBill) -> String {
    bill.month.first_day().0.format("%B").to_string()
}

fn in_currency(amount: Money, currency: Option<&Currency>) -> String {
    let currency = currency.map_or_else(String::new, |one| format!("{one} "));
    format!("{currency}{}", separated(amount))
}
