//! A sync that is on: how far it is, where each customer stands, what happens at this moment. Once it ended, the same
//! rows under its outcome.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet, HashMap},
};

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect, Size},
    style::Style,
    text::{Line, Span},
};

use super::{
    live_feed::{Feed, feed_lines, subscription_rows},
    run::{row_key, run_facts},
    runs,
};
use crate::{
    console::{
        action::Action,
        dialog::{Confirm, Overlay, confirm::Then},
        keymap::Section,
        list_tools,
        listing::{AnyList, Listing, Row, Sort},
        pane::{Jump, Pane},
        query::State,
        shell::Shell,
        theme::Theme,
        widgets::{
            frame,
            table::{Cell, Column, Columns, Table, told},
            text::{cut, stretch, thousands},
        },
    },
    domain::{
        RunId,
        namesakes::{ShownName, tell_apart},
        outcome::Outcome,
        run::{RunHeader, RunKind, RunReport},
    },
    engine::{
        protocol::{
            Happening, ItemState, Wait, Waits, command,
            live_run::{Gauge, LiveItem, LiveRun, Totals},
        },
        views::connection_title,
    },
};

/// From so many columns inside the border on, which is a screen of 110, the two parts stand side by side.
const WIDE: u16 = 106;
/// Lines above the parts.
const FACTS: u16 = 4;

/// Failed first, then what warns, what is at work, what waits, and what is done.
fn rank(state: &ItemState) -> u8 {
    match state {
        ItemState::Done { outcome: Outcome::Failure, .. } => 0,
        ItemState::Done { outcome: Outcome::Warning, .. } => 1,
        ItemState::Writing { .. } | ItemState::Verifying => 2,
        ItemState::Planning => 3,
        ItemState::Planned { of: 1.. } => 4,
        ItemState::Queued => 5,
        ItemState::Planned { of: 0 } => 6,
        ItemState::Done { .. } => 7,
    }
}

fn writes(state: &ItemState) -> Option<u32> {
    match state {
        ItemState::Done { writes, .. } => Some(*writes),
        ItemState::Writing { done, .. } => Some(*done),
        ItemState::Planned { of } => Some(*of),
        ItemState::Queued | ItemState::Planning | ItemState::Verifying => None,
    }
}

impl Row for LiveItem {
    const STATES: &'static [State] = State::OF_OUTCOMES;

    fn key(&self) -> String {
        row_key(&self.key, &self.invoice)
    }

    fn text(&self) -> String {
        self.name.clone()
    }

    fn cells(&self) -> Vec<(&'static str, String)> {
        told(COLUMNS, self)
    }

    fn repeated(&self) -> Vec<(&'static str, String)> {
        vec![("Invoice", self.invoice.clone())]
    }

    fn is(&self, state: State) -> bool {
        matches!(&self.state, ItemState::Done { outcome, .. } if state.holds_of(*outcome))
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        match column {
            0 => rank(&self.state).cmp(&rank(&other.state)),
            2 => writes(&self.state).cmp(&writes(&other.state)),
            3 => self.invoice.cmp(&other.invoice),
            _ => self.name.to_lowercase().cmp(&other.name.to_lowercase()),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// None was begun, or it ended.
    #[default]
    Over,
    /// One was asked for and has not begun yet.
    Expected,
    On,
}

/// The part that the keys move in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Side {
    #[default]
    Customers,
    Feed,
}

/// The run that is on, or was last.
#[derive(Debug, Default)]
pub(crate) struct Live {
    run: Option<RunHeader>,
    stage: Stage,
    /// All that was told of it.
    told: LiveRun,
    /// Its customers or products.
    list: Listing<LiveItem>,
    /// Where those of a name stand among them.
    by_name: HashMap<String, Vec<usize>>,
    /// How many of them ended how.
    ended: BTreeMap<Outcome, u64>,
    /// Whether the operator chose a row: until then the top of the list stays in sight.
    chosen: bool,
    side: Side,
    feed: Feed,
    /// The customer whose changes alone are shown.
    opened: Option<LiveItem>,
    /// What it came to, once it ended: its record without the rows.
    record: Option<RunReport>,
    /// When the first change was sent.
    writing_since: Option<DateTime<Utc>>,
    done: u64,
    total: Option<u64>,
    text: String,
    settling: Option<String>,
    /// Whether the screen has room for two parts side by side.
    wide: bool,
}

impl Live {
    pub(crate) fn is_on(&self) -> bool {
        self.stage != Stage::Over
    }

    pub(crate) fn is(&self, id: RunId) -> bool {
        self.stage == Stage::On && self.run.as_ref().is_some_and(|run| run.id == id)
    }

    /// Whether the rows of this run were watched: its record is shown in their place.
    pub(crate) fn watched(&self, id: RunId) -> bool {
        !self.list.is_empty() && self.knows(id)
    }

    /// Whether this run is the one that is shown, on or over.
    pub(crate) fn knows(&self, id: RunId) -> bool {
        self.run.as_ref().is_some_and(|run| run.id == id)
    }

    fn anew(&mut self, run: Option<RunHeader>, stage: Stage) {
        *self = Self { run, stage, wide: self.wide, ..Self::default() };
        self.list.set_sort(Some(Sort::up(0)));
    }

    /// One was asked for and has not begun yet.
    pub(crate) fn expect(&mut self) {
        self.anew(None, Stage::Expected);
    }

    /// What was asked for did not come.
    pub(crate) fn stopped(&mut self) {
        if self.stage == Stage::Expected {
            self.stage = Stage::Over;
        }
    }

    pub(crate) fn started(&mut self, run: RunHeader) {
        self.anew(Some(run), Stage::On);
    }

    pub(crate) fn finished(&mut self, run: RunHeader) {
        self.told.take(&Happening::RunFinished { run: run.clone() });
        self.over();
        self.run = Some(run);
    }

    /// Its record is there: rows and selection stay where they are. What was not heard of, or done by an earlier attempt,
    /// has its row now.
    pub(crate) fn recorded(&mut self, report: &RunReport) {
        let RunHeader { id, kind, .. } = report.header;
        let products = report.products.iter().map(LiveItem::of_product);
        for item in LiveItem::of_customers(&report.customers).into_iter().chain(products) {
            self.happened(&item.told(id, kind));
        }
        let (customers, products) = (Vec::new(), Vec::new());
        let (header, ledgers) = (report.header.clone(), report.ledgers.clone());
        self.run = Some(header.clone());
        self.side = Side::Customers;
        self.record = Some(RunReport { header, customers, products, ledgers });
        self.list.rearrange();
    }

    /// It ended, and nobody told how.
    pub(crate) fn over(&mut self) {
        self.stage = Stage::Over;
        self.told.waits = Waits::default();
        self.settling = None;
    }

    /// It told something that was not heard: the end of a wait may be among it.
    pub(crate) fn missed(&mut self) {
        self.told.waits = Waits::default();
    }

    /// How it stands by the engine's own account: after something was missed, or where it began before this console.
    pub(crate) fn catch_up(&mut self, run: &RunHeader, live: LiveRun) {
        if !self.is(run.id) {
            self.started(run.clone());
        }
        self.list.set(live.items.clone());
        self.ended.clear();
        for item in &live.items {
            self.count(None, &item.state);
        }
        self.writing_since = (live.totals.sent > 0).then_some(run.started_at);
        (self.told, self.feed) = (live, Feed::default());
        self.by_name.clear();
        (0..self.told.items.len()).for_each(|at| self.tell_apart(at));
        self.list.rearrange();
    }

    pub(crate) fn happened(&mut self, happening: &Happening) {
        match happening {
            Happening::Phase { text, .. } => {
                text.clone_into(&mut self.text);
                self.settling = None;
            }
            Happening::Progress { done, total, .. } => {
                self.done = *done;
                self.total = total.or(self.total);
            }
            Happening::Changes { totals, changes, .. } => {
                let sent = changes.first().filter(|_| totals.sent > 0);
                self.writing_since = self.writing_since.or(sent.map(|change| change.at));
            }
            Happening::Settling { text, .. } => self.settling = Some(text.clone()),
            Happening::RunStarted { .. }
            | Happening::Item { .. }
            | Happening::Waiting { .. }
            | Happening::WaitOver { .. }
            | Happening::RunFinished { .. }
            | Happening::Changed { .. } => {}
        }
        let before = self.feed.len(&self.told);
        if let Some(at) = self.told.take(happening) {
            self.item(at);
        }
        self.feed.moved(before, &self.told);
    }

    fn item(&mut self, at: usize) {
        let item = &self.told.items[at];
        let state = item.state.clone();
        let before = self.list.all().get(at).map(|known| known.state.clone());
        if before.is_none() {
            self.list.push(item.clone());
            self.tell_apart(at);
        } else {
            self.list.change(at, |known| known.state = state.clone());
        }
        self.count(before.as_ref(), &state);
    }

    /// A customer turned up: those of its name are told apart.
    fn tell_apart(&mut self, at: usize) {
        let name = self.told.items[at].name.clone();
        let places = self.by_name.entry(name).or_default();
        places.push(at);
        if places.len() < 2 {
            return;
        }
        let mut items: Vec<LiveItem> =
            places.iter().map(|at| self.told.items[*at].clone()).collect();
        let names = items.iter_mut();
        tell_apart(names.map(|item| ShownName { name: &mut item.name, domain: &item.domain }));
        for (at, LiveItem { key, name, .. }) in places.iter().zip(items) {
            self.list.change(*at, |known| known.name.clone_from(&name));
            self.feed.names.insert(key, name);
        }
    }

    fn count(&mut self, before: Option<&ItemState>, now: &ItemState) {
        if let Some(ItemState::Done { outcome, .. }) = before
            && let Some(count) = self.ended.get_mut(outcome)
        {
            *count = count.saturating_sub(1);
        }
        if let ItemState::Done { outcome, .. } = now {
            *self.ended.entry(*outcome).or_default() += 1;
        }
    }

    /// What it does or waits for, for the header, where there is no room for more.
    pub(crate) fn doing(&self) -> String {
        let waits = self.told.waits.longest().map(|wait| format!("waits for {}", wait.for_what));
        waits.unwrap_or_else(|| self.text.clone())
    }

    /// How many changes are sent of how many, once any is planned.
    pub(crate) fn sent_of(&self) -> Option<(u64, u64)> {
        let Totals { sent, planned, .. } = self.told.totals;
        (planned > 0).then_some((sent, planned))
    }

    /// Time went on: what changed in place is arranged anew.
    pub(crate) fn rearrange(&mut self) {
        self.list.rearrange();
    }

    /// Done of all, and in words.
    fn measure(&self) -> (u64, u64, String) {
        let Totals { customers_due, customers_planned, confirmed, .. } = self.told.totals;
        let percent = |done: u64, of: u64| done.saturating_mul(100).checked_div(of).unwrap_or(0);
        if let Some(Gauge::Changes { sent, planned }) = self.told.totals.gauge() {
            let more = if self.told.totals.is_planning() {
                format!(
                    "planned so far, for {} of {} customers",
                    thousands(customers_planned),
                    thousands(customers_due)
                )
            } else {
                format!("{} confirmed, {} %", thousands(confirmed), percent(sent, planned))
            };
            let counted = format!("{} of {}", thousands(sent), thousands(planned));
            return (sent, planned, format!("{counted} changes sent, {more}"));
        }
        if let Some(Gauge::Customers { planned, due }) = self.told.totals.gauge() {
            let text = format!("{} of {} customers planned", thousands(planned), thousands(due));
            return (planned, due, text);
        }
        match self.total.filter(|total| *total > 0) {
            Some(total) => {
                let text = format!("{} of {} done", thousands(self.done), thousands(total));
                (self.done, total, text)
            }
            None => (0, 0, self.text.clone()),
        }
    }

    fn draw_gauge(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let (done, of, text) = self.measure();
        if of == 0 {
            let frames = theme.glyphs.throbber;
            let spin = frames[shell.frame % frames.len()];
            return frame
                .render_widget(Line::styled(format!("{spin} {text}"), theme.accent()), area);
        }
        let text = cut(&text, usize::from(area.width * 2 / 3), theme);
        let words = u16::try_from(Line::raw(&*text).width()).unwrap_or(area.width);
        let room = u64::from(area.width.saturating_sub(words + 2));
        let filled = usize::try_from(room * done.min(of) / of).unwrap_or(0);
        let empty = usize::try_from(room).unwrap_or(0).saturating_sub(filled);
        let line = Line::from(vec![
            Span::styled(theme.glyphs.bar.repeat(filled), theme.accent()),
            Span::styled(theme.glyphs.bar_empty.repeat(empty), theme.muted()),
            Span::raw(format!("  {text}")),
        ]);
        frame.render_widget(line, area);
    }

    fn facts(&self, shell: &Shell) -> Line<'static> {
        let theme = &shell.theme;
        let count = |outcome: Outcome| self.ended.get(&outcome).copied().unwrap_or_default();
        let done: u64 = self.ended.values().sum();
        let of = (self.list.len() as u64).max(self.told.totals.customers_due);
        let mut spans = vec![Span::raw(format!("{} of {} done", thousands(done), thousands(of)))];
        let ok = count(Outcome::NoChange) + count(Outcome::Success);
        for (number, word, outcome) in [
            (ok, "ok", Outcome::Success),
            (count(Outcome::Warning), "warned", Outcome::Warning),
            (count(Outcome::Failure).max(self.failing()), "failed", Outcome::Failure),
            (count(Outcome::NotAttempted), "not attempted", Outcome::NotAttempted),
        ] {
            if number > 0 || outcome != Outcome::NotAttempted {
                let style = if number == 0 { theme.muted() } else { theme.outcome(outcome) };
                let glyph = theme.glyphs.outcome(outcome);
                spans.push(Span::styled(format!("   {glyph} {} {word}", thousands(number)), style));
            }
        }
        Line::from(spans)
    }

    /// Customers of which something has failed already, whether or not they are at their end.
    fn failing(&self) -> u64 {
        let failed = self.told.outcomes.iter().filter(|told| told.outcome == Outcome::Failure);
        let of_each = failed.flat_map(|told| {
            told.of.tenants.iter().map(|tenant| (tenant, told.of.invoice.as_str()))
        });
        of_each.collect::<BTreeSet<_>>().len() as u64
    }

    /// What it waits for and until when; else how fast it is, and how long still.
    fn pace(&self, room: usize, shell: &Shell) -> Line<'static> {
        let theme = &shell.theme;
        let Some(run) = &self.run else { return Line::raw("Starting…") };
        let until = run.finished_at.unwrap_or(shell.now);
        let so_far = stretch((until - run.started_at).num_seconds());
        if let Some(wait) = self.told.waits.longest() {
            let left = self.left(shell).map(|left| format!("{}{left}", theme.glyphs.separator));
            let text = format!("{}{}", wait_text(wait, shell.now), left.unwrap_or_default());
            return Line::styled(cut(&text, room, theme), theme.warn());
        }
        if let Some(text) = &self.settling {
            let text = format!("Checking whether the last change reached Autotask: {text}");
            return Line::styled(cut(&text, room, theme), theme.warn());
        }
        let mut parts = vec![format!("{so_far} so far")];
        parts.extend(self.rate(shell).map(|(tenths, _)| {
            let (whole, part) = (tenths / 10, tenths % 10);
            format!("{whole}.{part} changes a second")
        }));
        parts.extend(self.left(shell));
        if self.told.totals.planned > 0 {
            parts.push(self.text.clone());
        }
        Line::raw(cut(&parts.join(theme.glyphs.separator), room, theme))
    }

    /// Tenths of a change a second, and milliseconds since the first was sent.
    fn rate(&self, shell: &Shell) -> Option<(u64, u64)> {
        let since = (shell.now - self.writing_since?).num_milliseconds();
        let since = u64::try_from(since).ok().filter(|since| *since > 0)?;
        let sent = self.told.totals.sent;
        (sent > 0 && self.stage == Stage::On).then(|| (sent * 10_000 / since, since))
    }

    /// How long still: never less than what is waited for. Not known while more is being planned.
    fn left(&self, shell: &Shell) -> Option<String> {
        let Totals { planned, sent, .. } = self.told.totals;
        if self.told.totals.is_planning() {
            return None;
        }
        let (_, since) = self.rate(shell)?;
        let rest = since.saturating_mul(planned.saturating_sub(sent)) / sent;
        let rest = TimeDelta::milliseconds(i64::try_from(rest).unwrap_or(i64::MAX / 2));
        let wait = match self.told.waits.longest() {
            Some(wait) => (wait.until? - shell.now).max(TimeDelta::zero()),
            None => TimeDelta::zero(),
        };
        Some(format!("about {} left", stretch((rest + wait).num_seconds())))
    }

    /// What the target may still be asked, and what all systems were asked so far: as much of it as there is room for.
    fn budget(&self, room: usize, theme: &Theme) -> String {
        let Totals { requests, budget, slots, .. } = self.told.totals;
        let slots = slots.map(|slots| format!("{} of {} slots busy", slots.busy, slots.of));
        let name = self.run.as_ref().map(|run| connection_title(&run.target)).unwrap_or_default();
        let of_target = |words: &str| {
            let left = budget.map(|budget| {
                let (left, of) = (thousands(budget.left), thousands(budget.of));
                format!("{left} of {of} requests {words}")
            });
            let parts: Vec<String> = slots.clone().into_iter().chain(left).collect();
            (!parts.is_empty()).then(|| format!("{name}: {}", parts.join(theme.glyphs.separator)))
        };
        let noun = if requests == 1 { "request" } else { "requests" };
        let asked = format!("{} {noun} so far", thousands(requests));
        let Some(whole) = of_target("of this hour's share left") else { return asked };
        let all = format!("{whole}{}{asked}", theme.glyphs.separator);
        let fits = |text: &String| Line::raw(text.as_str()).width() <= room;
        let texts = [all, whole].into_iter().chain(of_target("left this hour"));
        let short = texts.clone().last().unwrap_or_default();
        texts.into_iter().find(fits).unwrap_or_else(|| cut(&short, room, theme))
    }

    /// How far it is, or what it came to.
    fn draw_facts(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        if let Some(record) = &self.record {
            return frame::draw_lines(frame, area, run_facts(record, area.width, theme));
        }
        let mut rows = area.rows();
        if let Some(row) = rows.next() {
            self.draw_gauge(frame, row, shell);
        }
        let budget = Line::styled(self.budget(usize::from(area.width), theme), theme.muted());
        for (line, row) in [self.facts(shell), self.pace(usize::from(area.width), shell), budget]
            .into_iter()
            .zip(rows)
        {
            frame.render_widget(line, row);
        }
    }

    /// The parts below the facts: customers, and what happens.
    fn parts(&self, area: Rect) -> [Rect; 2] {
        if self.is_of_products() {
            return [area, Rect { height: 0, ..area }];
        }
        if self.wide {
            let parts = [Constraint::Percentage(45), Constraint::Min(1)];
            return Layout::horizontal(parts).spacing(2).areas(area);
        }
        let customers = stacked(area.height);
        Layout::vertical([Constraint::Length(customers), Constraint::Min(1)]).areas(area)
    }

    /// Products have no subscriptions: their list takes all the room.
    fn is_of_products(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.kind == RunKind::Products)
    }

    fn draw_feed(&self, frame: &mut Frame, area: Rect, theme: &Theme) {
        let at_work = self.side == Side::Feed;
        let style = if at_work { theme.heading() } else { theme.muted() };
        let mut rows = area.rows();
        if let Some(row) = rows.next() {
            frame.render_widget(Line::styled("Subscriptions as they happen", style), row);
        }
        let cursor = at_work.then_some(self.feed.at);
        let room = Size { width: area.width, height: area.height.saturating_sub(1) };
        let lines = feed_lines(&self.told, &self.feed, cursor, room, theme);
        for (line, row) in lines.into_iter().zip(rows) {
            frame.render_widget(line, row);
        }
    }

    /// One customer's subscriptions, where the record will have them; below them what was said of them, and its changes, those
    /// to come first.
    fn draw_opened(&self, frame: &mut Frame, area: Rect, item: &LiveItem, theme: &Theme) {
        let outcomes = self.told.outcomes.iter().filter(|told| item.is_of(&told.of));
        let told = outcomes.map(|told| {
            let glyph = theme.glyphs.outcome(told.outcome);
            let named = told.of.name.as_str();
            let separator = if named.is_empty() { "" } else { theme.glyphs.separator };
            let text = format!("{glyph} {named}{separator}{}", told.text);
            (text, theme.outcome(told.outcome))
        });
        let changes = self.told.of(item).map(|change| self.feed.change_cell(change, true, theme));
        let subscriptions = subscription_rows(&self.told, item, theme);
        let apart = (!subscriptions.is_empty()).then(|| (String::new(), theme.text()));
        let mut rows = subscriptions.into_iter().chain(apart).chain(told).chain(changes).peekable();
        let none = rows.peek().is_none().then(|| {
            let text = match item.state {
                ItemState::Queued | ItemState::Planning => "Nothing is planned yet.",
                ItemState::Planned { .. } | ItemState::Done { .. } => "Nothing to change.",
                ItemState::Writing { .. } | ItemState::Verifying => "The run's record has it.",
            };
            (text.to_owned(), theme.muted())
        });
        let head = (format!(" {:<15} Subscription", "Status"), theme.muted());
        let lines =
            std::iter::once(head).chain(rows).chain(none).skip(self.feed.opened_top).map(
                |(text, style)| Line::styled(cut(&text, usize::from(area.width), theme), style),
            );
        frame::draw_lines(frame, area, lines);
    }

    fn open(&mut self, shell: &mut Shell) {
        match self.side {
            Side::Customers => {
                self.opened = self.list.selected().cloned();
                self.feed.opened_top = 0;
            }
            Side::Feed => {
                if let Some((title, text)) = self.feed.look(&self.told, &shell.theme) {
                    shell.open(Overlay::text(title, &text));
                }
            }
        }
    }

    fn act_in_feed(&mut self, action: Action) {
        let all = self.feed.len(&self.told).all();
        let at = &mut self.feed.at;
        match action {
            Action::Up => *at = at.saturating_sub(1),
            Action::Down => *at += 1,
            Action::PageUp | Action::HalfUp => *at = at.saturating_sub(10),
            Action::PageDown | Action::HalfDown => *at += 10,
            Action::Top => *at = 0,
            Action::Bottom => *at = all,
            _ => {}
        }
        *at = (*at).min(all.saturating_sub(1));
    }

    fn act_in_opened(&mut self, action: Action) {
        let top = &mut self.feed.opened_top;
        match action {
            Action::Up => *top = top.saturating_sub(1),
            Action::Down => *top += 1,
            Action::Top => *top = 0,
            _ => {}
        }
    }

    /// Whether it ended and its record is shown.
    pub(crate) fn is_recorded(&self) -> bool {
        self.record.is_some()
    }

    pub(crate) fn close_opened(&mut self) {
        self.opened = None;
    }

    /// Which row of the record a customer will be whose changes alone are shown.
    pub(crate) fn opened_key(&self) -> Option<String> {
        self.opened.as_ref().map(Row::key)
    }

    /// Whether the keys move in what happens, beside the rows.
    pub(crate) fn is_in_feed(&self) -> bool {
        self.side == Side::Feed && self.opened.is_none()
    }

    /// Which row of the run's record the operator stands on.
    pub(crate) fn selected_key(&self) -> Option<String> {
        self.opened.as_ref().or_else(|| self.list.selected()).map(Row::key)
    }

    /// Whether any row needs review.
    fn needs_review(&self) -> bool {
        let count = |outcome| self.ended.get(&outcome).copied().unwrap_or_default();
        count(Outcome::Failure) + count(Outcome::Warning) > 0
    }

    /// What there is to do with its rows: nothing before there are any.
    fn offers_of_rows(&self, action: Action) -> bool {
        match action {
            Action::Open if self.side == Side::Feed => self.feed.len(&self.told).all() > 0,
            Action::Open => self.list.selected().is_some(),
            Action::NextState | Action::Sort | Action::Left | Action::Reverse
                if self.side == Side::Feed =>
            {
                false
            }
            Action::NextMatch => self.list.has_other(|item| rank(&item.state) < 2),
            Action::PreviousMatch | Action::NextState => self.needs_review(),
            Action::OtherSide => !self.is_of_products(),
            Action::Filter | Action::Sort | Action::Left | Action::Reverse => {
                self.list.all().len() > 1
            }
            _ => true,
        }
    }

    /// Customers that failed or warn, for the keys that go from one to the next.
    fn next_to_look_at(&mut self, back: bool) {
        self.chosen = true;
        self.list.select_next(back, |item| rank(&item.state) < 2);
    }
}

impl Pane for Live {
    fn section(&self) -> Section {
        Section::Live
    }

    fn list(&self) -> Option<&dyn AnyList> {
        Some(&self.list)
    }

    fn list_mut(&mut self) -> Option<&mut dyn AnyList> {
        Some(&mut self.list)
    }

    fn fit(&mut self, room: Size) {
        self.wide = room.width >= WIDE;
        let rows = room.height.saturating_sub(FACTS);
        let whole = self.wide || self.is_of_products();
        let rows = if whole { rows } else { stacked(rows) };
        self.list.fit(usize::from(rows.saturating_sub(1)));
        if !self.chosen {
            self.list.select(0);
        }
    }

    fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
        match action {
            Action::CancelRun if self.stage == Stage::On => {
                let then = Then::change(command::Cancel);
                let body = "It stops between two changes; what is written stays and is recorded.";
                let question = Confirm::new("Stop the sync?", "Stop", then);
                shell.open(question.with_body([body.to_owned()]));
            }
            Action::CancelRun => shell.decline("Nothing is running"),
            Action::OtherSide => {
                self.side = match self.side {
                    Side::Customers if !self.is_of_products() => Side::Feed,
                    Side::Customers | Side::Feed => Side::Customers,
                };
            }
            Action::Open => self.open(shell),
            Action::Copy => {
                if let Some(item) = self.list.selected() {
                    list_tools::copy(shell, format!("{}: {}", item.name, words(&item.state)));
                }
            }
            Action::NextMatch => self.next_to_look_at(false),
            Action::PreviousMatch => self.next_to_look_at(true),
            action if self.opened.is_some() => self.act_in_opened(action),
            action if self.side == Side::Feed => self.act_in_feed(action),
            action => self.chosen |= self.list.act(action, COLUMNS.len()),
        }
        None
    }

    fn offers(&self, action: Action) -> bool {
        match action {
            Action::CancelRun => self.stage == Stage::On,
            Action::Export | Action::OpenInvoice | Action::RetryFailed if !self.is_recorded() => {
                false
            }
            Action::OpenInvoice => !self.is_of_products(),
            Action::RetryFailed => self.needs_review(),
            Action::Open if self.opened.is_some() => self.is_recorded(),
            Action::Filter
            | Action::NextState
            | Action::Sort
            | Action::Left
            | Action::Reverse
            | Action::NextMatch
            | Action::PreviousMatch
            | Action::OtherSide => self.opened.is_none() && self.offers_of_rows(action),
            action => self.offers_of_rows(action),
        }
    }

    fn back(&mut self, _: &mut Shell) -> Option<Jump> {
        if self.opened.take().is_some() || self.clear_filter() {
            return None;
        }
        Some(Jump::Back)
    }

    fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let crumb = theme.glyphs.crumb;
        let name = self.run.as_ref().map_or_else(
            || "starting".to_owned(),
            |run| format!("{} run #{}", runs::kind(run), run.id),
        );
        let mut title = list_tools::title(&format!("Sync{crumb}{name}"), &self.list);
        let opened = self.opened.as_ref();
        if let Some(item) = opened {
            title = format!("Sync{crumb}{name}{crumb}{}", item.name);
            if !self.list.says_once("Invoice") && !item.invoice.is_empty() {
                title.push_str(&format!(", {}", item.invoice));
            }
        }
        let state = match (self.stage, &self.run) {
            (Stage::On, _) => "running, x stops it".to_owned(),
            (Stage::Over | Stage::Expected, Some(run)) if run.finished_at.is_some() => {
                format!("ended: {}", frame::outcome(run.status, theme))
            }
            _ => String::new(),
        };
        let inside = frame::body(frame, area, &title, &state, theme);
        let above = [Constraint::Length(FACTS), Constraint::Min(1)];
        let [facts, below] = Layout::vertical(above).areas(inside);
        self.draw_facts(frame, facts, shell);
        if let Some(item) = opened {
            // As it stands now, and not as it stood when it was opened.
            let now = self.list.all().iter().find(|known| known.key() == item.key());
            return self.draw_opened(frame, below, now.unwrap_or(item), theme);
        }
        let [customers, feed] = self.parts(below);
        Table::new(&self.list, COLUMNS).draw(frame, customers, theme);
        if feed.height > 0 {
            self.draw_feed(frame, feed, theme);
        }
    }
}

/// What is waited for, until when, and how long that is.
pub(super) fn wait_text(Wait { for_what, until }: &Wait, now: DateTime<Utc>) -> String {
    let until = until.map_or_else(String::new, |at| {
        let rest = stretch((at - now).num_seconds());
        format!(" until {} UTC (in {rest})", at.format("%H:%M"))
    });
    format!("Waits for {for_what}{until}")
}

/// Rows of the customers' part where it stands above the other.
fn stacked(rows: u16) -> u16 {
    rows.div_ceil(2)
}

fn words(state: &ItemState) -> String {
    match state {
        ItemState::Queued | ItemState::Planned { of: 1.. } => "queued".to_owned(),
        ItemState::Planning => "planning".to_owned(),
        ItemState::Planned { of: 0 } => "already correct".to_owned(),
        ItemState::Writing { done, of: of @ 1.. } if done >= of => "sent".to_owned(),
        ItemState::Writing { .. } => "writing".to_owned(),
        ItemState::Verifying => "checking".to_owned(),
        ItemState::Done { outcome, .. } => outcome.to_string(),
    }
}

fn look(state: &ItemState, theme: &Theme) -> (&'static str, Style) {
    match state {
        ItemState::Queued | ItemState::Planned { of: 1.. } => (theme.glyphs.queued, theme.muted()),
        ItemState::Planned { of: 0 } => (theme.glyphs.no_change, theme.muted()),
        ItemState::Done { outcome, .. } => {
            (theme.glyphs.outcome(*outcome), theme.outcome(*outcome))
        }
        ItemState::Planning | ItemState::Writing { .. } | ItemState::Verifying => {
            (theme.glyphs.throbber[0], theme.accent())
        }
    }
}

const COLUMNS: &Columns<LiveItem> = &[
    Column::new("State", 17).steady().cell(|item, theme| {
        let (glyph, style) = look(&item.state, theme);
        Cell::styled(format!("{glyph} {}", words(&item.state)), style)
    }),
    Column::new("Customer or product", 20)
        .grows(2)
        .searched()
        .keeps_end()
        .text(|item| item.name.clone()),
    Column::new("Changes", 8).right().steady().text(|item| match &item.state {
        ItemState::Writing { done, of: of @ 1.. } => format!("{done} of {of}"),
        state => writes(state).filter(|of| *of > 0).map_or_else(String::new, |of| of.to_string()),
    }),
    Column::new("Invoice", 10).drops(1).muted(|item| item.invoice.clone()),
];
