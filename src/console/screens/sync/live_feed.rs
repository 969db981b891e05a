//! Subscriptions of a running sync as they happen: what failed or warns stays on top until it was looked at, below it
//! the changes, the newest first.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use ratatui::{
    layout::Size,
    style::Style,
    text::{Line, Span},
};
use unicode_width::UnicodeWidthStr;

use crate::{
    console::{
        advice::as_shown,
        theme::Theme,
        widgets::text::{
            cut, cut_before_brackets, cut_in_the_middle, replaced, short_date, short_span,
            signed_units, wrapped,
        },
    },
    domain::{operation::OperationKind, outcome::Outcome},
    engine::protocol::live_run::{
        ChangeState, LiveChange, LiveItem, LiveOutcome, LiveRun, LiveSubscription, SetPrice,
    },
};

/// Where the operator is in it, and what was looked at.
#[derive(Debug, Default)]
pub(crate) struct Feed {
    /// The row with the cursor, from the top.
    pub(crate) at: usize,
    /// Outcomes that were looked at, by their place.
    seen: BTreeSet<usize>,
    /// When the newest change was sent as each outcome came; none where none was sent yet.
    came: Vec<Option<DateTime<Utc>>>,
    /// Names of customers who are told apart from others of the same name, by tenant.
    pub(crate) names: HashMap<String, String>,
    /// The first line shown of a customer's own changes.
    pub(crate) opened_top: usize,
}

/// How many rows there are above and below the rule.
#[derive(Clone, Copy)]
pub(crate) struct FeedLength {
    /// Of those that are pinned.
    failures: usize,
    pinned: usize,
    below: usize,
}

/// What stands below the rule.
#[derive(Clone, Copy)]
enum Below<'a> {
    Change(&'a LiveChange),
    /// It was pinned until it was looked at.
    Seen(&'a LiveOutcome),
}

impl FeedLength {
    pub(crate) fn all(self) -> usize {
        self.pinned + self.below
    }
}

impl Feed {
    pub(crate) fn len(&self, live: &LiveRun) -> FeedLength {
        let failures = self.pinned(live).filter(|(_, told)| is_failure(told)).count();
        let pinned = live.outcomes.len() - self.seen.len();
        FeedLength { failures, pinned, below: live.sent.len() + self.seen.len() }
    }

    /// Rows came on top: the cursor stays on its row, unless it stands on the first.
    pub(crate) fn moved(&mut self, before: FeedLength, live: &LiveRun) {
        self.note(live);
        let now = self.len(live);
        let failures = now.failures.saturating_sub(before.failures);
        let pinned = now.pinned.saturating_sub(before.pinned);
        let below = now.below.saturating_sub(before.below);
        match self.at {
            0 => {}
            at if at >= before.pinned => self.at += pinned + below,
            at if at >= before.failures => self.at += pinned,
            _ => self.at += failures,
        }
    }

    /// What is pinned: what failed, then what warns, of each the newest first.
    fn pinned<'a>(&'a self, live: &'a LiveRun) -> impl Iterator<Item = (usize, &'a LiveOutcome)> {
        let all = || live.outcomes.iter().enumerate().rev();
        let failed = all().filter(|(_, told)| is_failure(told));
        let others = all().filter(|(_, told)| !is_failure(told));
        failed.chain(others).filter(|(at, _)| !self.seen.contains(at))
    }

    /// When outcomes came that are new.
    fn note(&mut self, live: &LiveRun) {
        self.came.resize(live.outcomes.len(), live.sent.front().map(|newest| newest.at));
    }

    /// What is below the rule, the newest first: what was sent, and what was looked at in its place by time.
    fn below<'a>(&'a self, live: &'a LiveRun) -> impl Iterator<Item = Below<'a>> {
        let came = |at: usize| self.came.get(at).copied().flatten();
        let sent_since = move |at: usize| live.sent.partition_point(|one| Some(one.at) > came(at));
        let seen = self.seen.iter().rev();
        let mut seen = seen.filter_map(move |at| Some((sent_since(*at), live.outcomes.get(*at)?)));
        let mut next = seen.next();
        let mut sent = live.sent.iter().enumerate().peekable();
        std::iter::from_fn(move || {
            let newer = sent.peek().map(|(at, _)| *at);
            match next {
                Some((place, told)) if newer.is_none_or(|at| place <= at) => {
                    next = seen.next();
                    Some(Below::Seen(told))
                }
                _ => sent.next().map(|(_, change)| Below::Change(change)),
            }
        })
    }

    /// Title and text of the row with the cursor; what was pinned is looked at by that.
    pub(crate) fn look(&mut self, live: &LiveRun, theme: &Theme) -> Option<(String, String)> {
        self.note(live);
        let (pinned, title, text) = self.under_cursor(live, theme)?;
        self.seen.extend(pinned);
        Some((title, text))
    }

    /// The same, with its place among the outcomes where it is pinned.
    pub(crate) fn under_cursor(
        &self,
        live: &LiveRun,
        theme: &Theme,
    ) -> Option<(Option<usize>, String, String)> {
        if let Some((at, told)) = self.pinned(live).nth(self.at) {
            return Some((Some(at), self.whose(&told.of, theme), whole(told)));
        }
        let at = self.at.checked_sub(self.len(live).pinned)?;
        Some(match self.below(live).nth(at)? {
            Below::Change(change) => {
                let title = self.whose(&change.of, theme);
                (None, title, self.change_cell(change, true, theme).0)
            }
            Below::Seen(told) => (None, self.whose(&told.of, theme), whole(told)),
        })
    }

    /// The customer, told from others of the same name.
    fn customer<'a>(&'a self, of: &'a LiveSubscription) -> &'a str {
        let told = of.tenants.first().and_then(|tenant| self.names.get(tenant.as_str()));
        told.unwrap_or(&of.customer)
    }

    fn whose(&self, of: &LiveSubscription, theme: &Theme) -> String {
        match (self.customer(of), of.name.as_str()) {
            (customer, "") => customer.to_owned(),
            ("", name) => name.to_owned(),
            (customer, name) => format!("{customer}{}{name}", theme.glyphs.separator),
        }
    }

    /// The same in so many columns, where that is less than both names need. What is bought has most of it, or what the
    /// customer leaves: what several customers bought begins alike, and often ends alike too.
    fn whose_within(&self, of: &LiveSubscription, room: usize, theme: &Theme) -> String {
        let (customer, name) = (self.customer(of), &of.name);
        let separator = theme.glyphs.separator;
        let room = room.saturating_sub(separator.width());
        let most = room * 3 / 5;
        let for_name = name.width().min(most.max(room.saturating_sub(customer.width())));
        let customer = cut_before_brackets(customer, room - for_name, theme);
        format!("{customer}{separator}{}", cut_in_the_middle(name, for_name, theme))
    }

    /// What became of a subscription, whose it is, and why.
    fn in_one_line(&self, told: &LiveOutcome, theme: &Theme) -> String {
        let why = as_shown(&told.text);
        // What begins with the name that stands before it says it once.
        let why = why.strip_prefix(&format!("{}: ", told.of.name)).unwrap_or(&why);
        let glyph = theme.glyphs.outcome(told.outcome);
        format!("{glyph} {}: {why}", self.whose(&told.of, theme))
    }

    /// `✓ Kiama Swim School · Microsoft 365 E5 · 0 → 30 from 1 Sep · 09:41:07`, and how it looks.
    pub(crate) fn change_cell(
        &self,
        change: &LiveChange,
        with_time: bool,
        theme: &Theme,
    ) -> (String, Style) {
        let (text, style) = change_told(&self.whose(&change.of, theme), change, with_time, theme);
        (format!("{text}{}", why(change, theme)), style)
    }

    /// The same below its customer's name.
    pub(crate) fn own_change(&self, change: &LiveChange, theme: &Theme) -> (String, Style) {
        if change.of.name.is_empty() {
            return self.change_cell(change, true, theme);
        }
        let (text, style) = change_told(&change.of.name, change, true, theme);
        (format!("{text}{}", why(change, theme)), style)
    }

    /// The same in so many columns: the time goes first, then names are shortened, and only then what happens to them.
    fn change_line(&self, change: &LiveChange, width: usize, theme: &Theme) -> (String, Style) {
        let whose = self.whose(&change.of, theme);
        let timed = change_told(&whose, change, true, theme);
        if timed.0.width() <= width {
            return (format!("{}{}", timed.0, why(change, theme)), timed.1);
        }
        let (text, style) = change_told(&whose, change, false, theme);
        let over = text.width().saturating_sub(width);
        if over == 0 || change.of.name.is_empty() || change.of.customer.is_empty() {
            return (format!("{text}{}", why(change, theme)), style);
        }
        let room = whose.width().saturating_sub(over).max(LEAST_NAMES);
        let whose = self.whose_within(&change.of, room, theme);
        change_told(&whose, change, false, theme)
    }
}

/// What became of a subscription, whole.
fn whole(told: &LiveOutcome) -> String {
    format!("{}\n\n{}", told.outcome, as_shown(&told.text))
}

fn is_failure(told: &LiveOutcome) -> bool {
    told.outcome == Outcome::Failure
}

/// Columns in which the names of a customer and of what it bought can still be told from others.
const LEAST_NAMES: usize = 20;

/// A change of that, up to why it failed; and how it looks.
fn change_told(
    whose: &str,
    change: &LiveChange,
    with_time: bool,
    theme: &Theme,
) -> (String, Style) {
    let (glyph, style, word) = match &change.state {
        ChangeState::Planned => (theme.glyphs.queued, theme.muted(), "planned"),
        ChangeState::Sent => (theme.glyphs.throbber[0], theme.accent(), "sent"),
        ChangeState::Checking => (theme.glyphs.throbber[0], theme.warn(), "checking"),
        ChangeState::Confirmed => (theme.glyphs.success, theme.good(), ""),
        ChangeState::NotSent => (theme.glyphs.queued, theme.muted(), "not sent"),
        ChangeState::Failed { .. } => (theme.glyphs.failure, theme.bad(), "failed"),
    };
    let separator = theme.glyphs.separator;
    let mut text = format!("{glyph} {whose}{separator}{}", what(change, theme));
    if !word.is_empty() {
        text.push_str(&format!("{separator}{word}"));
    }
    if with_time && change.recorded.is_none() {
        text.push_str(&format!("{separator}{}", change.at.format("%H:%M:%S")));
    }
    (text, style)
}

/// Why a change failed, behind all else.
fn why(change: &LiveChange, theme: &Theme) -> String {
    match &change.state {
        ChangeState::Failed { text: Some(why) } => format!("{}{why}", theme.glyphs.separator),
        _ => String::new(),
    }
}

/// How far a subscription is, what is worst of its changes: in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    Confirmed,
    Planned,
    Sent,
    Checking,
    Warning,
    Failure,
}

impl Mark {
    fn of_change(state: &ChangeState) -> Self {
        match state {
            ChangeState::Planned | ChangeState::NotSent => Self::Planned,
            ChangeState::Sent => Self::Sent,
            ChangeState::Checking => Self::Checking,
            ChangeState::Confirmed => Self::Confirmed,
            ChangeState::Failed { .. } => Self::Failure,
        }
    }

    fn of_outcome(outcome: Outcome) -> Option<Self> {
        match outcome {
            Outcome::Failure => Some(Self::Failure),
            Outcome::Warning => Some(Self::Warning),
            Outcome::NoChange | Outcome::Success | Outcome::NotAttempted => None,
        }
    }

    fn look(self, theme: &Theme) -> (&'static str, Style, &'static str) {
        let glyphs = &theme.glyphs;
        match self {
            Self::Confirmed => (glyphs.success, theme.good(), "confirmed"),
            Self::Planned => (glyphs.queued, theme.muted(), "planned"),
            Self::Sent => (glyphs.throbber[0], theme.accent(), "sent"),
            Self::Checking => (glyphs.throbber[0], theme.warn(), "checking"),
            Self::Warning => (glyphs.warning, theme.warn(), "Warning"),
            Self::Failure => (glyphs.failure, theme.bad(), "Failure"),
        }
    }
}

/// The subscriptions of a customer of which anything is known, by name: where the run's record will have them, each with how
/// many of its changes stand.
pub(crate) fn subscription_rows(
    live: &LiveRun,
    item: &LiveItem,
    theme: &Theme,
) -> Vec<(String, Style)> {
    let mut marks: BTreeMap<&str, Vec<Mark>> = BTreeMap::new();
    for change in live.of(item) {
        marks.entry(&change.of.name).or_default().push(Mark::of_change(&change.state));
    }
    let changes: BTreeMap<&str, usize> =
        marks.iter().map(|(name, marks)| (*name, marks.len())).collect();
    let told = live.outcomes.iter().filter(|told| item.is_of(&told.of) && !told.of.name.is_empty());
    for told in told {
        marks.entry(&told.of.name).or_default().extend(Mark::of_outcome(told.outcome));
    }
    let row = |(name, marks): (&str, Vec<Mark>)| {
        let (glyph, style, word) = marks.iter().max()?.look(theme);
        let confirmed = marks.iter().filter(|mark| **mark == Mark::Confirmed).count();
        let counted = match changes.get(name) {
            Some(all) => format!("  {confirmed} of {all}"),
            None => String::new(),
        };
        Some((format!(" {:<15} {name}{counted}", format!("{glyph} {word}")), style))
    };
    marks.into_iter().filter_map(row).collect()
}

/// The lines for so many columns and rows; the one with the cursor is among them. What is pinned leaves the most of the rows
/// to the changes.
pub(crate) fn feed_lines(
    live: &LiveRun,
    feed: &Feed,
    cursor: Option<usize>,
    room: Size,
    theme: &Theme,
) -> Vec<Line<'static>> {
    let (width, rows) = (usize::from(room.width), usize::from(room.height));
    let mut lines = Vec::with_capacity(rows + 2);
    let lit = |at: usize| cursor == Some(at);
    let FeedLength { pinned, below, .. } = feed.len(live);
    // Under what is pinned, and its rule, there is always room for the newest change.
    let room = if below == 0 {
        rows
    } else {
        (rows / PART_PINNED).max(2).min(rows.saturating_sub(2)).max(1)
    };
    // Where there is little room each has one line, so that more of them are seen; whole it is told by Enter.
    let each = if rows < FEW { 1 } else { 2 };
    // No row stays blank below the last one while there are others above.
    let last_first = match rows.checked_sub(1 + below) {
        Some(left) => pinned.saturating_sub(left.min(room) / each),
        None => (pinned + below).saturating_sub(rows).max(pinned + 1),
    };
    let first = cursor.unwrap_or(0).saturating_sub(rows / 8).min(last_first);
    let shown = pinned.saturating_sub(first).min(room / each);
    // Rows that would stay blank tell whole what is pinned.
    let mut spare = rows.saturating_sub(shown * each + 1 + below);
    for (at, (_, told)) in feed.pinned(live).enumerate().skip(first).take(shown) {
        let style = theme.outcome(told.outcome);
        let glyph = theme.glyphs.outcome(told.outcome);
        let (whose, why) = (feed.whose(&told.of, theme), as_shown(&told.text));
        if each == 1 {
            lines.push(row(&feed.in_one_line(told, theme), width, style, lit(at), theme));
            continue;
        }
        lines.push(row(&format!("{glyph} {whose}"), width, style, lit(at), theme));
        let mut whole = wrapped(&why, width.saturating_sub(2));
        if whole.len() > 1 + spare {
            whole = vec![why.into_owned()];
        }
        spare -= whole.len().saturating_sub(1);
        let told = whole.iter().map(|part| format!("  {part}"));
        lines.extend(told.map(|part| row(&part, width, theme.text(), lit(at), theme)));
    }
    if pinned > 0 && first <= pinned {
        let rule = if theme.glyphs.unicode { "─" } else { "-" };
        let more = match pinned.saturating_sub(first + shown) {
            0 => String::new(),
            more => {
                let key = if cursor.is_some() { "Down" } else { "Tab, then Down," };
                format!("{rule} {more} more to look at: {key} shows them ")
            }
        };
        let rest = rule.repeat(width.saturating_sub(more.width()));
        lines.push(Line::styled(format!("{more}{rest}"), theme.muted()));
    }
    for (at, one) in feed.below(live).enumerate().skip(first.saturating_sub(pinned)) {
        if lines.len() >= rows {
            break;
        }
        let (text, style) = match one {
            Below::Change(change) => feed.change_line(change, width, theme),
            Below::Seen(told) => (feed.in_one_line(told, theme), theme.outcome(told.outcome)),
        };
        lines.push(row(&text, width, style, lit(pinned + at), theme));
    }
    lines
}

/// Of the rows, what is pinned has one part in so many.
const PART_PINNED: usize = 3;

/// With fewer rows than this, which is a screen of 24 with two parts above each other, what is pinned has a line each.
const FEW: usize = 10;

/// One line, lit whole where the cursor stands on it.
fn row(text: &str, width: usize, style: Style, lit: bool, theme: &Theme) -> Line<'static> {
    let text = cut(text, width, theme);
    if !lit {
        return Line::styled(text, style);
    }
    let rest = " ".repeat(width.saturating_sub(text.width()));
    Line::from(vec![Span::raw(text), Span::raw(rest)]).style(theme.selected())
}

/// What a change does: `0 → 30 from 1 Sep`, `price 5.40 → 5.50 from 1 Sep`.
fn what(change: &LiveChange, theme: &Theme) -> String {
    match (change.quantity, change.effective, &change.kind) {
        (Some((before, after)), Some(day), _) if before != after => {
            let days = change.until.map_or_else(|| short_date(day), |last| short_span(day, last));
            format!("{before} {} {after} from {days}", theme.glyphs.arrow)
        }
        (None, Some(day), _) if change.recorded.is_some_and(|units| units != 0) => {
            let days = change.until.map_or_else(|| short_date(day), |last| short_span(day, last));
            format!("{} from {days}", signed_units(change.recorded.unwrap_or_default()))
        }
        (_, Some(day), _) => {
            let price = change.price.map(|price| ("price", price));
            let set = price.or_else(|| change.cost.map(|cost| ("cost", cost)));
            let told = set.map_or_else(
                || "price".to_owned(),
                |(word, SetPrice { before, after })| {
                    format!("{word} {}", replaced(before, after, theme))
                },
            );
            format!("{told} from {}", short_date(day))
        }
        (_, None, OperationKind::CreateContractService) => {
            theme.terms.say("put on the contract").into_owned()
        }
        (_, None, kind) => kind.words().to_owned(),
    }
}
