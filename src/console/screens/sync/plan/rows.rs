//! The rows of a plan: contracts, and below those that are unfolded their changes and what is blocked.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{changes::is_to_check, question, tree::Group};
use crate::{
    console::{
        advice::{as_shown, in_keys},
        listing::{Need, Row},
        query::State,
        theme::Theme,
        widgets::{
            table::{self, Cell, Column, Columns},
            text::{
                amounts, counted, date, from_to, in_currency, replaced, separated, short_date,
                signed, signed_units,
            },
        },
    },
    domain::{
        Currency, Day, Money,
        cause::sums,
        currency::told,
        line::{LineBilling, LineSpan},
        operation::{Operation, OperationKind},
        timeline::Timeline,
    },
    engine::views::{AmountView, Mark, PlannedStep, PlannedView, RefusedView, SwitchedOff},
};

/// Of so many rows of a folded contract the columns are measured.
const MEASURED: usize = 9;

/// One line of a plan; each knows the place of its group.
#[derive(Clone, Debug)]
pub(crate) enum PlanRow {
    Group {
        group: Arc<Group>,
        at: usize,
        marked: bool,
        open: bool,
    },
    Change {
        group: Arc<Group>,
        at: usize,
        change: Arc<PlannedView>,
        place: usize,
    },
    Blocked {
        group: Arc<Group>,
        at: usize,
        blocked: Arc<RefusedView>,
        place: usize,
    },
    /// A customer of whom nothing is written, because their sync is switched off.
    Off {
        at: usize,
        off: Arc<SwitchedOff>,
        place: usize,
    },
}

/// A group, and what stands below it where it is unfolded.
pub(crate) fn rows(group: &Arc<Group>, at: usize, marked: bool, open: bool) -> Vec<PlanRow> {
    let mut rows = vec![PlanRow::Group { group: group.clone(), at, marked, open }];
    if open {
        let blocked = group.blocked.iter().enumerate().map(|(place, blocked)| PlanRow::Blocked {
            group: group.clone(),
            at,
            blocked: blocked.clone(),
            place,
        });
        let changes = group.changes.shown().enumerate();
        let changes = changes.map(|(place, change)| PlanRow::Change {
            group: group.clone(),
            at,
            change: Arc::new(change),
            place,
        });
        let off = group.off.iter().enumerate();
        let off = off.map(|(place, off)| PlanRow::Off { at, off: off.clone(), place });
        rows.extend(blocked.chain(changes).chain(off));
    }
    rows
}

impl PlanRow {
    /// The place of its group.
    pub(crate) fn at(&self) -> usize {
        match self {
            Self::Group { at, .. }
            | Self::Change { at, .. }
            | Self::Blocked { at, .. }
            | Self::Off { at, .. } => *at,
        }
    }

    /// Whether it says nothing but why something cannot be written.
    fn is_only_blocked(&self) -> bool {
        match self {
            Self::Group { group, .. } => group.has_only_blocked(),
            Self::Blocked { .. } => true,
            Self::Change { .. } | Self::Off { .. } => false,
        }
    }

    /// It is marked, or not, as these places say.
    pub(crate) fn show_mark(&mut self, places: &BTreeSet<usize>) {
        if let Self::Group { at, marked, .. } = self {
            *marked = places.contains(at);
        }
    }

    /// Whether there is more to see of it.
    pub(crate) fn opens(&self) -> bool {
        match self {
            Self::Group { group, .. } => {
                !group.blocked.is_empty() || !group.changes.is_empty() || !group.off.is_empty()
            }
            Self::Change { .. } | Self::Blocked { .. } | Self::Off { .. } => true,
        }
    }

    /// Whether it wants a second look, a folded group for what is in it.
    pub(crate) fn wants_look(&self) -> bool {
        match self {
            Self::Group { group, open, .. } => {
                !open && (group.changes.checks() > 0 || !group.blocked.is_empty())
            }
            Self::Change { change, .. } => is_to_check(change),
            Self::Blocked { .. } => true,
            Self::Off { .. } => false,
        }
    }
}

/// What a change is called at the source, or else in the target.
pub(super) fn subject(change: &PlannedView) -> &str {
    match (&change.product, &change.operation) {
        (Some(product), _) => product,
        (None, Operation::CreateService { draft, .. }) => &draft.description,
        (None, _) => &change.target,
    }
}

impl Row for PlanRow {
    const STATES: &'static [State] = &[State::NeedsReview];

    fn key(&self) -> String {
        match self {
            Self::Group { group, .. } => group.key(),
            Self::Change { group, place, .. } => format!("{}\u{1f}w{place}", group.key()),
            Self::Blocked { group, place, .. } => format!("{}\u{1f}r{place}", group.key()),
            Self::Off { place, .. } => format!("off\u{1f}o{place}"),
        }
    }

    /// A contract is found by what is in it as well.
    fn text(&self) -> String {
        match self {
            Self::Group { group, .. } => {
                let mut text = group.name();
                for part in group.contract.iter().chain(&group.tenants) {
                    text.push(' ');
                    text.push_str(part);
                }
                for change in group.changes.shown() {
                    text.push(' ');
                    text.push_str(subject(&change));
                }
                for blocked in &group.blocked {
                    text.push_str(&format!(" {} blocked {}", blocked.target, blocked.finding.text));
                }
                for off in &group.off {
                    text.push_str(&format!(" {} off {}", off.customer, off.invoice));
                }
                if group.changes.checks() > 0 {
                    text.push_str(" check");
                }
                text
            }
            Self::Change { group, change, .. } => {
                let check = if is_to_check(change) { " check" } else { "" };
                format!("{} {} {}{check}", group.name(), subject(change), change.target)
            }
            Self::Blocked { group, blocked, .. } => {
                format!("{} {} blocked {}", group.name(), blocked.target, blocked.finding.text)
            }
            Self::Off { off, .. } => format!("{} switched off {}", off.customer, off.invoice),
        }
    }

    /// Whether it is marked is nothing that a filter looks at: a mark comes and goes without it.
    fn cells(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Group { group, at, marked: true, open } => {
                let group = group.clone();
                table::told(COLUMNS, &Self::Group { group, at: *at, marked: false, open: *open })
            }
            row => table::told(COLUMNS, row),
        }
    }

    /// A folded contract has room for what is in it: unfolding moves no column.
    fn needs(&self) -> Vec<(&'static str, Need)> {
        let needs = |row: &Self| match row {
            // It has all columns for itself.
            Self::Group { group, .. } if !group.off.is_empty() => Vec::new(),
            row => {
                let mut cells = row.cells();
                if row.is_only_blocked() {
                    // Its reason spills into what stands behind it.
                    cells.retain(|(heading, _)| *heading != CHANGE);
                }
                let cells = cells.into_iter();
                cells.map(|(heading, text)| (heading, Need::of(&text))).collect::<Vec<_>>()
            }
        };
        match self {
            Self::Group { group, at, open: false, .. } => {
                rows(group, *at, false, true).iter().take(MEASURED).flat_map(needs).collect()
            }
            row => needs(row),
        }
    }

    /// What is blocked or to check, and the contract that it is on.
    fn is(&self, state: State) -> bool {
        let of_group = |group: &Group| group.changes.checks() > 0 || !group.blocked.is_empty();
        state == State::NeedsReview
            && match self {
                Self::Group { group, .. } => of_group(group),
                Self::Change { .. } | Self::Blocked { .. } => self.wants_look(),
                Self::Off { .. } => false,
            }
    }

    /// A tree keeps its order.
    fn compare(&self, _: &Self, _: usize) -> Ordering {
        Ordering::Equal
    }
}

const OFF_ADVICE: [&str; 2] = [
    "Nothing of theirs is written. Customers (3) switches their sync on.",
    "Nothing of theirs is written.",
];

/// What is invoiced to customers whose sync is switched off.
fn off_told(group: &Group) -> String {
    let each = group.off.iter().map(|off| (&off.currency, &off.amount));
    amounts(&AmountView::list(sums(each)))
}

/// A row whole: what, where, why, with which prices and warnings.
pub(crate) fn details(row: &PlanRow, amounts: Option<&Currency>, theme: &Theme) -> String {
    match row {
        PlanRow::Group { group, .. } => group_details(group, theme),
        PlanRow::Blocked { group, blocked, .. } => {
            let contract = group.contract.as_ref().filter(|name| **name != blocked.target);
            let on = contract.map_or_else(String::new, |contract| format!(" on {contract}"));
            let (text, advice) =
                (as_shown(&blocked.finding.text), in_keys(&blocked.finding.advice, theme.keys));
            format!("{}: {}{on}, blocked\n{text}\n{advice}", group.name(), blocked.target)
        }
        PlanRow::Change { group, change, .. } => change_details(group, change, amounts, theme),
        PlanRow::Off { off, .. } => {
            let amount = told(separated(off.amount), off.currency.as_ref().or(amounts));
            let (customer, invoice) = (&off.customer, &off.invoice);
            format!("{customer}: sync is switched off\n{amount} of {invoice} not synced")
        }
    }
}

/// So many changes of a folded contract are told beside the list.
const TOLD: usize = 40;

/// What is done to a contract, change by change, where its row alone is in the list.
pub(super) fn changes_told(row: &PlanRow, theme: &Theme) -> String {
    let PlanRow::Group { group, open: false, .. } = row else { return String::new() };
    let mut told = String::new();
    // What is to be checked is told already.
    for change in group.changes.shown().take(TOLD).filter(|change| !is_to_check(change)) {
        told.push_str(&format!("\n{}: {}", subject(&change), in_short(&change, theme)));
        let effect = effect(change.monthly_effect, change.currency.as_ref(), theme).text;
        if !effect.is_empty() {
            told.push_str(&format!("{}{effect}", theme.glyphs.separator));
        }
    }
    let more = group.changes.rows().saturating_sub(TOLD);
    if more > 0 {
        told.push_str(&format!("\nand {more} more"));
    }
    // A blank line stands between them and what is said of the contract.
    if told.is_empty() { told } else { format!("\n{told}") }
}

fn group_details(group: &Group, theme: &Theme) -> String {
    let separator = theme.glyphs.separator;
    let mut text = group.name();
    if !group.off.is_empty() {
        let [all, reading] = OFF_ADVICE;
        return format!(
            "{text}: {} not synced\n{}",
            off_told(group),
            theme.keys.hint(all, reading)
        );
    }
    match &group.contract {
        Some(contract) => text.push_str(&format!("{separator}{contract}")),
        None => {
            text.push_str(&theme.terms.say(": services and their prices, always applied first"));
        }
    }
    // What several are blocked by is told once, with all of them.
    let mut blocked: Vec<(String, BTreeSet<&str>)> = Vec::new();
    for one in &group.blocked {
        // Not every text that comes from elsewhere ends as a sentence does.
        let why = as_shown(one.finding.text.trim_end_matches('.'));
        let why = format!("{why}. {}", in_keys(&one.finding.advice, theme.keys));
        match blocked.iter_mut().find(|(known, _)| *known == why) {
            Some((_, targets)) => _ = targets.insert(&one.target),
            None => blocked.push((why, BTreeSet::from([&*one.target]))),
        }
    }
    for (why, targets) in blocked {
        let targets = targets.into_iter().collect::<Vec<_>>().join(", ");
        text.push_str(&format!("\n{} {targets}: {why}", theme.glyphs.failure));
    }
    let mut checks: Vec<String> = Vec::new();
    for change in group.changes.iter().filter(is_to_check) {
        let (what, words) = (subject(&change), in_words(&change, theme));
        let check = check_told(&change).unwrap_or_default();
        let told = format!("\n{} {what}: {words} ({check})", theme.glyphs.warning);
        if !checks.contains(&told) {
            checks.push(told);
        }
    }
    text.extend(checks);
    text
}

fn change_details(
    group: &Group,
    change: &PlannedView,
    amounts: Option<&Currency>,
    theme: &Theme,
) -> String {
    let what = subject(change);
    let mut text = format!("{}: {what}", in_words(change, theme));
    if *what != *change.target {
        text.push_str(&format!("\n{}", change.target));
    }
    text.push_str(&format!("\n{}", why(group, change, theme)));
    let prices = [
        ("price", change.price_before, change.unit_price),
        ("cost", change.cost_before, change.unit_cost),
    ];
    // Of a price change the first line tells the price, or the cost where that is all.
    let is_told = match (tells_price(change), change.unit_price) {
        (false, _) => None,
        (true, Some(_)) => Some("price"),
        (true, None) => Some("cost"),
    };
    for (name, was, by) in prices {
        let Some(by) = by.filter(|_| is_told != Some(name)) else { continue };
        let was = was.map_or_else(String::new, |was| format!("{was} {} ", theme.glyphs.arrow));
        let by = in_currency(by, change.currency.as_ref().or(amounts));
        text.push_str(&format!("{}{name} {was}{by}", theme.glyphs.separator));
    }
    if let Some(told) = terms_told(&change.operation) {
        text.push_str(&format!("\n{told}"));
    }
    if let (Some(effect), Some(last)) = (change.effect_while, change.until()) {
        let effect = told(signed(effect), change.currency.as_ref().or(amounts));
        text.push_str(&format!("\nPrice a month {effect} up to {}, when it ends.", date(last)));
    }
    if let Some(held) = &change.guard {
        text.push_str(&format!("\n{} Check this. {}", theme.glyphs.warning, as_shown(&held.text)));
    }
    if let (None, Some(check)) = (&change.guard, check_told(change)) {
        text.push_str(&format!("\n{} Check this: {check}.", theme.glyphs.warning));
    }
    for warning in &change.warnings {
        text.push_str(&format!("\n{} {}", theme.glyphs.warning, as_shown(&warning.text)));
    }
    text
}

fn why(group: &Group, change: &PlannedView, theme: &Theme) -> String {
    let reason = as_shown(&change.reason);
    if group.makes_row_of(change) {
        return format!("{}, 2 changes; {reason}", theme.terms.say("new on the contract"));
    }
    reason.into_owned()
}

/// What is to be checked of a change, in words.
fn check_told(change: &PlannedView) -> Option<&'static str> {
    match change.mark {
        Some(Mark::DropToZero) => Some("to 0"),
        Some(Mark::Doubling) => Some("at least doubled"),
        None => change.guard.as_ref().map(|_| "held by a guard"),
    }
}

/// Whether a change is of a price, or comes with one, and no seats.
fn tells_price(change: &PlannedView) -> bool {
    match change.kind {
        OperationKind::CreateService | OperationKind::UpdateService => true,
        OperationKind::CreateContractService => false,
        OperationKind::AddLine => change.price_before.is_some(),
        OperationKind::AdjustUnits
        | OperationKind::EndLine
        | OperationKind::AmendLine
        | OperationKind::Other(_) => change.units == 0,
    }
}

/// What is done to one of the lines that a service stands as: `End 6 seats on 14 Sep 2026`, `Add 4 seats from 15 Sep 2026`.
fn line_in_words(change: &PlannedView, theme: &Theme) -> Option<String> {
    let seats = |many: i64| counted(many.unsigned_abs(), "seat", "seats");
    match &change.operation {
        Operation::AddLine { line, .. } => {
            let LineSpan { first, last, quantity } = line.span;
            let days = last.map_or_else(|| date(first), |last| from_to(first, last));
            // Of a price that takes another's place: the rest is told with the row.
            let at = line.price.filter(|_| change.price_before.is_some());
            let at = at.map_or_else(String::new, |price| format!(" at {price}"));
            Some(format!("Add {} from {days}{at}", seats(quantity)))
        }
        Operation::EndLine { was, last, .. } => {
            Some(format!("End {} on {}", seats(was.quantity), date(*last)))
        }
        Operation::AmendLine { was, quantity, .. } if was.quantity != *quantity => {
            let (before, arrow) = (was.quantity, theme.glyphs.arrow);
            let of = date(was.first);
            Some(format!("Amend {before} {arrow} {} from {of}", seats(*quantity)))
        }
        _ => None,
    }
}

/// What a line that comes in another's place keeps of what the operator set on it, where it bears on the bill
/// (sync-rules 10.13).
fn terms_told(operation: &Operation) -> Option<String> {
    let Operation::AddLine { line, .. } = operation else { return None };
    let terms = line.terms.as_ref()?;
    let free = Some(terms.less_included).filter(|free| !free.is_zero());
    let free = free.map(|free| format!("{} of it are given free", free.normalize()));
    let billed = match terms.billing {
        LineBilling::Billable => None,
        LineBilling::DoNotBill => Some("it is not billed to the customer".to_owned()),
        LineBilling::NoCharge => Some("it is shown to the customer without a charge".to_owned()),
    };
    let told: Vec<String> = free.into_iter().chain(billed).collect();
    (!told.is_empty()).then(|| format!("As on the one before, {}.", told.join(", ")))
}

/// What a chart of a service shows of its planned changes, by day: each from its day on, and its end where it ends by itself.
pub(super) fn planned_steps(present: &Timeline, changes: &[PlannedView]) -> Vec<PlannedStep> {
    let made = changes.iter().flat_map(|one| one.operation.changes());
    let after = Timeline::from_changes(present.changes().chain(made));
    let begins = changes.iter().filter_map(|one| {
        let effect = one.effect_while.unwrap_or(one.monthly_effect);
        Some(PlannedStep { day: one.effective?, quantity: one.quantity?, monthly_effect: effect })
    });
    let mut fallen = BTreeMap::<Day, i64>::new();
    let ends = changes.iter().filter_map(|one| {
        let (day, (before, then)) = (one.until()?.next(), one.quantity?);
        let level = fallen.entry(day).or_insert_with(|| after.on(day.previous()));
        let quantity = (*level, *level - (then - before));
        *level = quantity.1;
        let effect = one.effect_while.unwrap_or(one.monthly_effect);
        Some(PlannedStep { day, quantity, monthly_effect: -effect })
    });
    // What ends goes before what begins on its day.
    let mut steps: Vec<PlannedStep> = ends.chain(begins).collect();
    steps.sort_by_key(|step| step.day);
    steps
}

/// What a change does, as one says it: `Add 30 seats from 1 Sep 2026`, `12 → 0 from 12 Sep 2026`.
fn in_words(change: &PlannedView, theme: &Theme) -> String {
    if let Some(told) = line_in_words(change, theme) {
        return told;
    }
    let price = |word: &str| match (change.unit_price, change.unit_cost) {
        (Some(price), _) => format!("{word} {}", replaced(change.price_before, price, theme)),
        (None, Some(cost)) => format!("Cost change {}", replaced(change.cost_before, cost, theme)),
        (None, None) => word.to_owned(),
    };
    let what = match (&change.kind, change.quantity) {
        (OperationKind::CreateService, _) => price(&theme.terms.say("New service")),
        (OperationKind::UpdateService, _) => price("Price change"),
        (OperationKind::CreateContractService, _) => {
            theme.terms.say("Add to the contract").into_owned()
        }
        (
            OperationKind::AdjustUnits
            | OperationKind::AddLine
            | OperationKind::EndLine
            | OperationKind::AmendLine
            | OperationKind::Other(_),
            quantity,
        ) => match quantity {
            _ if change.units == 0 => price("Price change"),
            Some((0, after)) => {
                let seats = if after == 1 { "seat" } else { "seats" };
                format!("Add {after} {seats}")
            }
            Some((before, after)) => format!("{before} {} {after}", theme.glyphs.arrow),
            None => signed_units(change.units),
        },
    };
    let from = change.effective.map_or_else(String::new, |day| format!(" from {}", date(day)));
    format!("{what}{from}")
}

/// The same in a row, where a price change is told with its day and without the year, so that both prices have room.
fn in_short(change: &PlannedView, theme: &Theme) -> String {
    let by = |word: &str, was: Option<Money>, by: Option<Money>| {
        Some(format!("{word} {}", replaced(was, by?, theme)))
    };
    let price = by("Price", change.price_before, change.unit_price);
    let told = price.or_else(|| by("Cost", change.cost_before, change.unit_cost));
    match (change.effective, told) {
        (Some(day), Some(told)) if change.units == 0 => {
            format!("{told} from {}", short_date(day))
        }
        _ => in_words(change, theme),
    }
}

/// A change of money with its sign, in its colour.
fn effect(amount: Money, currency: Option<&Currency>, theme: &Theme) -> Cell {
    let rounded = amount.rounded(2);
    if rounded.is_zero() {
        return Cell::plain("");
    }
    let style = if rounded < Money::ZERO { theme.bad() } else { theme.good() };
    Cell::styled(told(signed(amount), currency), style)
}

fn name_cell(row: &PlanRow, theme: &Theme) -> Cell {
    match row {
        PlanRow::Group { group, marked, .. } => {
            if !group.off.is_empty() {
                let text = format!("    {}: {} not synced", group.name(), off_told(group));
                return Cell::styled(text, theme.muted());
            }
            let lead = match (group.can_be_marked(), marked) {
                (true, true) => "[x]",
                (true, false) => "[ ]",
                (false, _) if group.blocked.is_empty() => "   ",
                (false, _) => return blocked_name(&group.short_name(), theme),
            };
            Cell::styled(format!("{lead} {}", group.short_name()), theme.strong())
        }
        PlanRow::Change { change, .. } if is_to_check(change) => {
            Cell::styled(format!("    {} {}", theme.glyphs.warning, subject(change)), theme.warn())
        }
        PlanRow::Change { change, .. } => Cell::plain(format!("      {}", subject(change))),
        PlanRow::Blocked { blocked, .. } => {
            Cell::styled(format!("    {} {}", theme.glyphs.failure, blocked.target), theme.bad())
        }
        PlanRow::Off { off, .. } => Cell::styled(format!("      {}", off.customer), theme.muted()),
    }
}

fn blocked_name(name: &str, theme: &Theme) -> Cell {
    Cell::styled(format!(" {}  {name}", theme.glyphs.failure), theme.bad())
}

fn change_cell(row: &PlanRow, theme: &Theme) -> Cell {
    match row {
        PlanRow::Group { group, .. } if !group.off.is_empty() => Cell::plain(""),
        PlanRow::Group { group, .. } if group.is_price_list() => {
            Cell::plain(services_told(group, theme))
        }
        PlanRow::Group { group, .. } if group.has_only_blocked() => {
            Cell::styled(blocked_told(group), theme.bad())
        }
        PlanRow::Group { group, .. } => {
            let changes = question::changes(std::iter::once(&**group));
            let (blocked, checks) = (group.blocked.len(), group.changes.checks());
            let blocked =
                (blocked > 0).then(|| format!("{} {blocked} blocked", theme.glyphs.failure));
            let checks =
                (checks > 0).then(|| format!("{} {checks} to check", theme.glyphs.warning));
            let style = match (&blocked, &checks) {
                (Some(_), _) => theme.bad(),
                (None, Some(_)) => theme.warn(),
                (None, None) => return Cell::plain(changes),
            };
            // What wants a look has its colour: where there is little room, how many there are is not what is cut.
            let told: Vec<String> = [changes].into_iter().chain(blocked).chain(checks).collect();
            Cell::styled(told.join(", "), style)
        }
        PlanRow::Change { change, .. } => {
            let style = match change.mark {
                Some(Mark::DropToZero) => theme.bad(),
                Some(Mark::Doubling) => theme.warn(),
                None if change.guard.is_some() => theme.warn(),
                None => theme.text(),
            };
            Cell::styled(in_short(change, theme), style)
        }
        PlanRow::Blocked { blocked, .. } => {
            Cell::styled(as_shown(&blocked.finding.text), theme.bad())
        }
        PlanRow::Off { off, .. } => {
            let amount = told(separated(off.amount), off.currency.as_ref());
            Cell::styled(format!("{amount} not synced"), theme.muted())
        }
    }
}

/// Why nothing of a contract can be written. It has no money, and so the room of all columns behind it.
fn blocked_told(group: &Group) -> String {
    let reasons = reasons(group);
    match group.blocked.len() {
        0 | 1 => reasons,
        many => format!("{many} blocked: {reasons}"),
    }
}

/// What its changes are blocked by, each once.
fn reasons(group: &Group) -> String {
    let reasons: BTreeSet<_> =
        group.blocked.iter().map(|blocked| as_shown(&blocked.finding.text)).collect();
    reasons.into_iter().collect::<Vec<_>>().join(" ")
}

/// What is to be done with the services of the price list, none of which moves any money by itself.
fn services_told(group: &Group, theme: &Theme) -> String {
    let made = group.changes.new_services();
    let repriced = group.changes.len() - made;
    let told = [(made, "new service", "new services"), (repriced, "price change", "price changes")];
    let told = told.into_iter().filter(|(count, ..)| *count > 0);
    let told = told.map(|(count, one, many)| {
        counted(count as u64, &theme.terms.say(one), &theme.terms.say(many))
    });
    told.collect::<Vec<_>>().join(", ")
}

fn why_cell(row: &PlanRow, theme: &Theme) -> Cell {
    match row {
        PlanRow::Group { group, .. } if group.has_only_blocked() => Cell::plain(""),
        PlanRow::Group { group, .. } if !group.blocked.is_empty() => {
            Cell::styled(reasons(group), theme.bad())
        }
        PlanRow::Group { group, .. } if group.changes.checks() > 0 => {
            let reasons: BTreeSet<&str> =
                group.changes.iter().filter_map(|change| check_told(&change)).collect();
            Cell::styled(reasons.into_iter().collect::<Vec<_>>().join(", "), theme.warn())
        }
        PlanRow::Group { group, .. } => {
            // On which contract they are is no reason: that stands with the rest of the selected row.
            let first = if group.is_price_list() { "always applied first" } else { "" };
            Cell::styled(first, theme.muted())
        }
        PlanRow::Change { group, change, .. } => {
            let why = || match check_told(change) {
                Some(check) => format!("{check}; {}", why(group, change, theme)),
                None => why(group, change, theme),
            };
            Cell::plain(
                change.guard.as_ref().map_or_else(why, |held| as_shown(&held.text).into_owned()),
            )
        }
        PlanRow::Blocked { .. } => Cell::plain(""),
        PlanRow::Off { off, .. } => Cell::styled(off.invoice.clone(), theme.muted()),
    }
}

/// What is done, or why it cannot be.
const CHANGE: &str = "Change";

/// Blocked contracts first, then the largest effect.
pub(crate) const COLUMNS: &Columns<PlanRow> = &[
    Column::new("Customer", 26).grows(3).searched().runs_on().cell(name_cell),
    Column::new(CHANGE, 33).searched().spills().cell(change_cell),
    Column::new("Price a month", 13).right().cell(|row, theme| match row {
        PlanRow::Group { group, .. } => effect(group.effect(), group.currency.as_ref(), theme),
        PlanRow::Change { change, .. } => {
            effect(change.monthly_effect, change.currency.as_ref(), theme)
        }
        PlanRow::Blocked { .. } | PlanRow::Off { .. } => Cell::plain(""),
    }),
    Column::new("Why", 18).grows(4).drops(1).yields().cell(why_cell),
];
