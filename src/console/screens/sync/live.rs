//! A sync that is on: how far it is, where each customer stands, what happens at this moment. Once it ended, the same
//! rows under its outcome.

use std::collections::{HashMap, HashSet, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Position, Rect, Size},
    style::Style,
    text::{Line, Span},
};

use super::{
    live_feed::{Feed, feed_lines, subscription_rows},
    live_rows::{CHECKING, LiveRow, columns, look, words},
    live_standing::Standing,
    run::{
        Left, WATCHED_OF_CUSTOMERS, WATCHED_OF_PRODUCTS, Whom, of_customers, part_told, run_facts,
    },
    runs,
};
use crate::{
    console::{
        action::Action,
        advice::as_shown,
        colour::Depth,
        dialog::{Confirm, Overlay, confirm::Then},
        keymap::Section,
        list_tools,
        listing::{AnyList, Listing, Row, Sort},
        namesakes::Namesakes,
        pane::{Jump, Pane, keys_move_in},
        shell::Shell,
        theme::Theme,
        widgets::{
            detail::{below_lines, rows},
            frame,
            table::{Order, Table},
            text::{counted, cut, cut_line, wrapped},
        },
    },
    domain::{
        RunId,
        namesakes::ShownName,
        outcome::Outcome,
        run::{Counts, CustomerRow, RunHeader, RunKind, RunReport, Tally},
        text::thousands,
    },
    engine::{
        protocol::{
            Happening, ItemState, Wait, Waits, command,
            live_run::{ChangeState, Gauge, LiveChange, LiveItem, LiveRun, Totals},
            live_words::stretch,
        },
        views::{causes::row_key, connection_title},
    },
};

/// From so many columns inside the border on, which is a screen of 110, the two parts stand side by side.
const WIDE: u16 = 106;
/// Side by side, customers have at least this part of the columns.
const CUSTOMERS_LEAST: (u16, u16) = (2, 5);
/// Lines above the parts.
const FACTS: u16 = 4;
/// The same of one customer, with a blank line where nothing is waited for.
const OWN_FACTS: u16 = 2;
/// Columns that the bar has at least.
const LEAST_BAR: u16 = 6;
/// With fewer columns than this, outcomes are counted by their glyphs alone.
const ROOM_FOR_WORDS: usize = 90;

/// How the counts of a running sync are told, the longest way first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FactsTold {
    InWords,
    ByGlyphs,
    /// Without what is known beside them: how many of them are not done, or wait for something.
    CountsAlone,
}

/// Milliseconds after the first change before it is told how many go in a second, and how long the rest takes.
const STEADY: u64 = 2_000;
/// Of the room for rows, what wants a look has one part in so many on top while the run is on.
const PART_ON_TOP: usize = 3;
/// So many waits of a run are remembered.
const WAITS_KEPT: usize = 100;

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

/// Changes of one customer, by how far they have come.
#[derive(Default)]
struct Counted {
    all: u64,
    sent: u64,
    confirmed: u64,
    failed: u64,
}

impl Counted {
    fn of<'a>(changes: impl Iterator<Item = &'a LiveChange>) -> Self {
        changes.fold(Self::default(), |mut counted, change| {
            let sent = !matches!(change.state, ChangeState::Planned | ChangeState::NotSent);
            counted.all += 1;
            counted.sent += u64::from(sent);
            counted.confirmed += u64::from(change.state == ChangeState::Confirmed);
            counted.failed += u64::from(matches!(change.state, ChangeState::Failed { .. }));
            counted
        })
    }

    fn words(self) -> impl Iterator<Item = String> {
        let Self { all, sent, confirmed, failed } = self;
        let sent = format!("{sent} of {} sent", counted(all, "change", "changes"));
        let told = [(all, sent), (confirmed, format!("{confirmed} confirmed"))];
        let failed = (failed, format!("{failed} failed"));
        let told = told.into_iter().chain([failed]).filter(|(count, _)| *count > 0);
        told.map(|(_, text)| text)
    }
}

/// The run that is on, or was last.
#[derive(Debug, Default)]
pub(crate) struct Live {
    run: Option<RunHeader>,
    stage: Stage,
    /// All that was told of it.
    told: LiveRun,
    /// Its customers or products.
    list: Listing<LiveRow>,
    /// How many of them stand where.
    standing: Standing,
    /// Where those of a name stand among them.
    by_name: HashMap<String, Vec<usize>>,
    /// Names that others have too, who may be no part of it.
    pub(crate) namesakes: Namesakes,
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
    /// What was waited for, and when that began; the oldest are dropped.
    waited: VecDeque<(DateTime<Utc>, String)>,
    /// The room for its parts, below the facts.
    room: Rect,
    /// Of how many rows that failed, and that want a look, how many stand on top, since it was last worked out.
    on_top: Option<(u64, u64, usize)>,
    /// Whether it was put together from its record: in which order its changes came is not in there.
    read_again: bool,
    /// How many of them stand behind what is at work.
    behind: u64,
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

    /// Whether this run ended, and what is shown of it is its record; of products that tells more in another place.
    pub(crate) fn is_own_record(&self, id: RunId) -> bool {
        self.is_recorded() && self.watched(id) && !self.is_of_products()
    }

    /// What it comes to so far, while it is on.
    pub(crate) fn counts(&self) -> Option<(RunId, Counts)> {
        let run = self.run.as_ref().filter(|_| self.stage == Stage::On)?;
        let Totals { sent, earlier, requests, .. } = self.told.totals;
        let mut counts = Counts { writes: sent, writes_earlier: earlier, requests, ..run.counts };
        match run.kind {
            RunKind::Customers => counts.customers = self.standing.tally(),
            RunKind::Products => counts.products = self.standing.tally(),
        }
        Some((run.id, counts))
    }

    /// The run that is shown, once it has begun.
    pub(crate) fn id(&self) -> Option<RunId> {
        self.run.as_ref().map(|run| run.id)
    }

    /// How its rows are left, for its record, which has more columns.
    pub(crate) fn standing(&self) -> Left {
        let same = match self.kind() {
            RunKind::Customers => WATCHED_OF_CUSTOMERS,
            RunKind::Products => WATCHED_OF_PRODUCTS,
        };
        Left {
            sort: self.list.sort().filter(|sort| sort.column < same),
            row: self.selected_key(),
            cause: None,
            filter: self.list.filter().to_owned(),
            only: self.list.only(),
        }
    }

    /// Whether this run is the one that is shown, on or over.
    pub(crate) fn knows(&self, id: RunId) -> bool {
        self.run.as_ref().is_some_and(|run| run.id == id)
    }

    fn anew(&mut self, run: Option<RunHeader>, stage: Stage) {
        let namesakes = std::mem::take(&mut self.namesakes);
        *self = Self { run, stage, namesakes, room: self.room, ..Self::default() };
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
            self.take(&item.told(id, kind));
        }
        let (customers, products) = (Vec::new(), Vec::new());
        let (header, ledgers) = (report.header.clone(), report.ledgers.clone());
        self.run = Some(header.clone());
        self.side = Side::Customers;
        let left_out = report.left_out;
        self.record = Some(RunReport { header, customers, left_out, products, ledgers });
        self.list.rearrange();
    }

    /// A run that ended, as its record tells it: the rows of its customers, each with so many changes.
    pub(crate) fn of_record<'a>(
        record: &RunReport,
        rows: impl Iterator<Item = (&'a CustomerRow, u64)>,
    ) -> Self {
        let RunHeader { started_at, finished_at, kind, .. } = record.header;
        let mut live = Self::default();
        live.anew(Some(record.header.clone()), Stage::Over);
        live.told = LiveRun::of_record(rows, finished_at.unwrap_or(started_at));
        live.standing = Standing::of(&live.told.items);
        live.list
            .set(live.told.items.iter().map(|item| LiveRow::new(item.clone(), kind)).collect());
        (live.record, live.read_again) = (Some(record.clone()), true);
        live
    }

    /// Its rows as those of its record were left.
    pub(crate) fn stand_as(&mut self, Left { sort, row, cause: _, filter, only }: Left) {
        self.chosen = true;
        self.list.set_sort(sort.filter(|sort| sort.column < columns(self.kind()).len()));
        self.list.show_only(only);
        self.list.set_filter(&filter);
        self.list.select_key(row.as_deref());
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
        let of = run.kind;
        self.list.set(live.items.iter().map(|item| LiveRow::new(item.clone(), of)).collect());
        (self.standing, self.on_top) = (Standing::of(&live.items), None);
        self.writing_since = live.sending_since(run.started_at);
        (self.told, self.feed) = (live, Feed::default());
        self.by_name.clear();
        (0..self.told.items.len()).for_each(|at| self.tell_apart(at));
        self.list.rearrange();
    }

    pub(crate) fn happened(&mut self, happening: &Happening, now: DateTime<Utc>) {
        match happening {
            Happening::Phase { run: Some(_), text, .. } => {
                text.clone_into(&mut self.text);
                self.settling = None;
            }
            Happening::Progress { done, total, .. } => {
                self.done = *done;
                self.total = total.or(self.total);
            }
            Happening::Changes { totals, changes, .. } => {
                let sent = changes.first().filter(|_| totals.sent_now() > 0);
                self.writing_since = self.writing_since.or(sent.map(|change| change.at));
            }
            Happening::Settling { text, .. } => self.settling = Some(text.clone()),
            Happening::Waiting { for_what, until, .. } => {
                self.waited.truncate(WAITS_KEPT - 1);
                let wait = Wait { for_what: for_what.clone(), until: *until };
                self.waited.push_front((now, wait.words()));
            }
            Happening::RunStarted { .. }
            | Happening::Phase { run: None, .. }
            | Happening::Item { .. }
            | Happening::WaitOver { .. }
            | Happening::RunFinished { .. }
            | Happening::Missed
            | Happening::DaemonLost
            | Happening::DaemonBack { .. }
            | Happening::Changed { .. } => {}
        }
        self.take(happening);
    }

    fn take(&mut self, happening: &Happening) {
        let before = self.feed.len(&self.told);
        for at in self.told.take(happening) {
            self.item(at);
        }
        self.feed.moved(before, &self.told);
    }

    fn item(&mut self, at: usize) {
        let item = &self.told.items[at];
        self.standing.count(item);
        if let Some(known) = self.list.all().get(at) {
            self.standing.uncount(&known.item);
            let (state, found) = (item.state.clone(), item.found);
            self.list.change(at, |row| (row.item.state, row.item.found) = (state, found));
        } else {
            self.list.push(LiveRow::new(item.clone(), self.kind()));
            self.tell_apart(at);
        }
    }

    /// A customer turned up: those of its name are told apart.
    fn tell_apart(&mut self, at: usize) {
        let name = self.told.items[at].name.clone();
        let is_shared = self.namesakes.has(&name);
        let places = self.by_name.entry(name).or_default();
        places.push(at);
        if places.len() < 2 && !is_shared {
            return;
        }
        let mut items: Vec<LiveItem> =
            places.iter().map(|at| self.told.items[*at].clone()).collect();
        let names = items.iter_mut();
        self.namesakes
            .tell_apart(names.map(|item| ShownName { name: &mut item.name, domain: &item.domain }));
        for (at, LiveItem { key, name, .. }) in places.iter().zip(items) {
            self.list.change(*at, |row| row.item.name.clone_from(&name));
            self.feed.names.insert(key, name);
        }
    }

    /// What it does or waits for, for the header, where there is no room for more.
    pub(crate) fn doing(&self) -> String {
        let waits = self.told.waits.longest().map(|wait| format!("waits for {}", wait.for_what));
        waits.unwrap_or_else(|| self.text.clone())
    }

    /// How many changes are sent of how many, once any is planned: of as many as its own gauge says.
    pub(crate) fn sent_of(&self) -> Option<(u64, u64)> {
        let gauge = self.told.totals.gauge()?;
        matches!(gauge, Gauge::Changes { .. }).then(|| gauge.parts())
    }

    /// While it is on, so many rows that want a look stand on top; what is at work comes before the rest of them.
    fn give_way(&mut self, most: usize) {
        let most = if self.is_on() { most.max(1) } else { usize::MAX };
        let failed = self.standing.ended(Outcome::Failure);
        let on_top = Some((failed, self.standing.to_review(), most));
        if self.on_top == on_top {
            return;
        }
        self.on_top = on_top;
        let rows = self.list.all();
        let mut looks: Vec<usize> = (0..rows.len()).filter(|at| rows[*at].wants_a_look()).collect();
        if looks.len() > most {
            looks.select_nth_unstable_by(most, |one, other| rows[*one].by_urgency(&rows[*other]));
        }
        let behind: HashSet<usize> = looks.into_iter().skip(most).collect();
        self.behind = behind.len() as u64;
        let gives_way = |at: &usize| behind.contains(at);
        let moved: Vec<usize> =
            (0..rows.len()).filter(|at| rows[*at].gives_way != gives_way(at)).collect();
        for at in &moved {
            self.list.change(*at, |row| row.gives_way = gives_way(at));
        }
        if !moved.is_empty() {
            self.list.rearrange();
        }
    }

    /// How its rows are ordered, where that is not by how bad each is: what is at work stands before some that failed.
    fn order(&self) -> Option<Order> {
        let by_state = self.list.sort() == Some(Sort::up(0)) && !self.list.is_narrowed();
        (by_state && self.is_on() && self.behind > 0).then(|| Order {
            name: "Live order",
            below: format!("{} to look at below", thousands(self.behind)),
        })
    }

    /// Time went on: what changed in place is arranged anew.
    pub(crate) fn rearrange(&mut self) {
        self.list.rearrange();
    }

    /// Done of all, and in words.
    fn measure(&self, shell: &Shell) -> (u64, u64, String) {
        let totals = &self.told.totals;
        if let Some(((done, of), text)) = totals.gauge().map(Gauge::parts).zip(totals.words()) {
            return (done, of, text);
        }
        match self.total.filter(|total| *total > 0) {
            Some(total) => {
                let text = format!("{} of {} done", thousands(self.done), thousands(total));
                (self.done, total, text)
            }
            // Before it begins, what is to be written is worked out anew.
            None if self.run.is_none() && shell.doing.is_empty() => (0, 0, "Starting…".to_owned()),
            None if self.run.is_none() => (0, 0, format!("Starting: {}…", shell.doing)),
            None => (0, 0, self.text.clone()),
        }
    }

    fn draw_gauge(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let (done, of, text) = self.measure(shell);
        if of == 0 {
            let frames = theme.glyphs.throbber;
            let spin = frames[shell.frame % frames.len()];
            return frame
                .render_widget(Line::styled(format!("{spin} {text}"), theme.accent()), area);
        }
        // How far it is counts before the bar that draws it.
        let text = cut(&text, usize::from(area.width.saturating_sub(LEAST_BAR + 2)), theme);
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

    /// How many are done and how they ended; of those that are not done what is known already, said so; and how many stand
    /// between their last change and their record: something of it always moves. A customer that was read back is done,
    /// whenever the group that it is in is recorded.
    fn facts(&self, whom: &Whom, room: usize, shell: &Shell) -> Line<'static> {
        let with_words = room >= ROOM_FOR_WORDS;
        let ways = [FactsTold::InWords, FactsTold::ByGlyphs, FactsTold::CountsAlone].into_iter();
        let ways = ways.filter(|way| with_words || *way != FactsTold::InWords);
        let told: Vec<Line<'_>> =
            ways.map(|way| self.facts_told(whom, way, &shell.theme)).collect();
        let whole = told.iter().find(|line| line.width() <= room).or(told.last());
        cut_line(whole.cloned().unwrap_or_default(), room)
    }

    fn facts_told(&self, whom: &Whom, way: FactsTold, theme: &Theme) -> Line<'static> {
        let standing = &self.standing;
        let beside = way != FactsTold::CountsAlone;
        // As long as nothing is known to stand, none done reads as none written.
        let only_written = standing.known_to_stand() == 0 && standing.checking > 0;
        let done = standing.checked + standing.recorded;
        let lead = if only_written {
            self.written_of(standing.checking + done, whom)
        } else {
            self.done_of(done, whom)
        };
        let mut spans = vec![Span::raw(lead)];
        if standing.checked > 0 && !only_written && beside {
            let text = format!(" ({} to be recorded)", thousands(standing.checked));
            spans.push(Span::styled(text, theme.accent()));
        }
        let Tally { ok, warned, failed, not_attempted, .. } = whom.ended;
        for (number, whom, word, outcome) in [
            (
                standing.ended(Outcome::NoChange) + standing.ended(Outcome::Success),
                ok,
                "ok",
                Outcome::Success,
            ),
            (standing.ended(Outcome::Warning), warned, "warned", Outcome::Warning),
            (standing.ended(Outcome::Failure), failed, "failed", Outcome::Failure),
            (
                standing.ended(Outcome::NotAttempted),
                not_attempted,
                "not attempted",
                Outcome::NotAttempted,
            ),
        ] {
            if number == 0 && outcome == Outcome::NotAttempted {
                continue;
            }
            let style = if number == 0 { theme.muted() } else { theme.outcome(outcome) };
            let glyph = theme.glyphs.outcome(outcome);
            let whom = of_customers(number, whom);
            let part = part_told(outcome, standing.part_written);
            let word = match way {
                FactsTold::InWords => format!(" {word}{whom}{part}"),
                FactsTold::ByGlyphs | FactsTold::CountsAlone => String::new(),
            };
            let not_done = match standing.not_done(outcome) {
                some if some > 0 && beside => format!(" ({} not done)", thousands(some)),
                _ => String::new(),
            };
            spans.push(Span::styled(
                format!("   {glyph} {}{word}{not_done}", thousands(number)),
                style,
            ));
        }
        if standing.checking > 0 && !only_written && beside {
            let text = format!("   {} {CHECKING}", thousands(standing.checking));
            spans.push(Span::styled(text, theme.accent()));
        }
        Line::from(spans)
    }

    /// So many are done, of how many. Products turn up one by one: as long as it was not told how many are due, what there
    /// is of them is not all.
    fn done_of(&self, done: u64, whom: &Whom) -> String {
        let listed = self.list.len() as u64;
        let due = match (self.is_of_products(), self.total) {
            (true, None) if self.stage == Stage::On => {
                return format!("{} done so far", thousands(done));
            }
            (true, total) => total.unwrap_or_default(),
            (false, _) => self.told.totals.customers_due,
        };
        format!(
            "{} of {}{} done",
            thousands(done),
            thousands(listed.max(due)),
            self.rows_word(whom)
        )
    }

    /// So many are written, of how many, and not one of them is read back yet.
    fn written_of(&self, written: u64, whom: &Whom) -> String {
        let listed = self.list.len() as u64;
        let due = if self.is_of_products() { self.total } else { None };
        let due = due.unwrap_or(self.told.totals.customers_due);
        let (written, all) = (thousands(written), thousands(listed.max(due)));
        format!("{written} of {all}{} written, being checked", self.rows_word(whom))
    }

    /// What is counted, where a customer has several rows.
    fn rows_word(&self, whom: &Whom) -> &'static str {
        if whom.all == 0 || whom.all == self.list.len() { "" } else { " rows" }
    }

    /// Whose its rows are, where one has several: with one invoice nobody has.
    fn whom(&self) -> Whom {
        if self.list.says_once("Invoice") || self.is_of_products() {
            return Whom::default();
        }
        self.standing.whom()
    }

    /// How many rows are shown of how many, and whose, for the title.
    fn rows_told(&self, whom: &Whom) -> Option<String> {
        let (due, listed) = (self.total.unwrap_or_default(), self.list.len() as u64);
        if self.is_of_products() && listed < due && !self.list.is_narrowed() {
            return Some(format!("{listed} of {due}"));
        }
        if whom.all == 0 {
            return self.list.rows_told();
        }
        let shown = || Whom::count(self.list.shown().map(|row| row.item.key.as_str()));
        whom.rows_told(&self.list, self.list.len(), shown)
    }

    /// What it waits for and until when; else how fast it is, and how long still.
    fn pace(&self, room: usize, shell: &Shell) -> Line<'static> {
        let theme = &shell.theme;
        let Some(run) = &self.run else { return Line::default() };
        let until = run.finished_at.unwrap_or(shell.now);
        let so_far = stretch((until - run.started_at).num_seconds());
        if let Some(wait) = self.told.waits.longest() {
            let left = self.left(shell).map(|left| format!("{}{left}", theme.glyphs.separator));
            let text = format!("{}{}", wait.sentence(shell.now), left.unwrap_or_default());
            return Line::styled(cut(&text, room, theme), theme.warn());
        }
        if let Some(text) = &self.settling {
            return Line::styled(cut(text, room, theme), theme.warn());
        }
        let mut parts = vec![format!("{so_far} so far")];
        parts.extend(self.rate(shell).map(|(tenths, since)| {
            let (tenths, unit) = match tenths {
                0 => (self.told.totals.sent_now() * 600_000 / since, "minute"),
                tenths => (tenths, "second"),
            };
            format!("{}.{} changes a {unit}", tenths / 10, tenths % 10)
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
        let since = u64::try_from(since).ok().filter(|since| *since >= STEADY)?;
        let sent = self.told.totals.sent_now();
        (sent > 0 && self.stage == Stage::On).then(|| (sent * 10_000 / since, since))
    }

    /// How long still, and of what where that is not all of it: never less than what is waited for.
    fn left(&self, shell: &Shell) -> Option<String> {
        let totals = &self.told.totals;
        let (_, since) = self.rate(shell)?;
        let (to_send, of) = totals.to_send();
        let rest = since.saturating_mul(to_send) / totals.sent_now();
        let rest = TimeDelta::milliseconds(i64::try_from(rest).unwrap_or(i64::MAX / 2));
        let wait = match self.told.waits.longest() {
            Some(wait) => (wait.until? - shell.now).max(TimeDelta::zero()),
            None => TimeDelta::zero(),
        };
        let left = match (rest + wait).num_seconds() {
            // Who is still to be planned may have more.
            ..1 if totals.is_planning() => return None,
            ..1 => "a moment".to_owned(),
            seconds => format!("about {}", stretch(seconds)),
        };
        Some(format!("{left} left{of}"))
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
        // Before any is counted, none is known.
        let asked = (requests > 0).then(|| format!("{} {noun} so far", thousands(requests)));
        let Some(whole) = of_target("of this hour's share left") else {
            return asked.unwrap_or_default();
        };
        let asked = asked.map(|asked| format!("{}{asked}", theme.glyphs.separator));
        let all = format!("{whole}{}", asked.unwrap_or_default());
        let fits = |text: &String| Line::raw(text.as_str()).width() <= room;
        let texts = [all, whole].into_iter().chain(of_target("left this hour"));
        let short = texts.clone().last().unwrap_or_default();
        texts.into_iter().find(fits).unwrap_or_else(|| cut(&short, room, theme))
    }

    /// How far it is, or what it came to.
    fn draw_facts(&self, frame: &mut Frame, area: Rect, whom: &Whom, shell: &Shell) {
        let theme = &shell.theme;
        if let Some(record) = &self.record {
            let lines = run_facts(record, whom, area.as_size(), theme);
            return frame::draw_lines(frame, area, lines);
        }
        let mut rows = area.rows();
        if let Some(row) = rows.next() {
            self.draw_gauge(frame, row, shell);
        }
        // Before it begins there is nothing to count.
        if self.run.is_none() {
            return;
        }
        let room = usize::from(area.width);
        let budget = Line::styled(self.budget(room, theme), theme.muted());
        // While both sides are read it is not known whom it is about.
        let nobody = self.list.is_empty() && self.told.totals.customers_due == 0;
        let facts = if nobody { Line::default() } else { self.facts(whom, room, shell) };
        for (line, row) in [facts, self.pace(room, shell), budget].into_iter().zip(rows) {
            frame.render_widget(line, row);
        }
    }

    /// How far one customer is. What its run waits for, it waits for too.
    fn draw_own_facts(&self, frame: &mut Frame, area: Rect, item: &LiveItem, shell: &Shell) {
        let theme = &shell.theme;
        let (glyph, style) = look(item, theme);
        let mut own: Vec<Span<'_>> = vec![Span::styled(format!("{glyph} {}", words(item)), style)];
        let counts = Counted::of(self.told.of(item)).words();
        own.extend(counts.map(|told| Span::raw(format!("{}{told}", theme.glyphs.separator))));
        let wait = self.told.waits.longest().filter(|_| self.is_on());
        let wait = wait.map(|wait| Line::styled(wait.sentence(shell.now), theme.warn()));
        frame::draw_lines(frame, area, std::iter::once(Line::from(own)).chain(wait));
    }

    /// The parts below the facts: customers, who take what their names need, and what happens.
    fn parts(&self, area: Rect, theme: &Theme) -> [Rect; 2] {
        if self.is_of_products() {
            return [area, Rect { height: 0, ..area }];
        }
        if is_wide(area) {
            let least = least_width(area);
            let need = Table::new(&self.list, columns(self.kind())).need(theme);
            let customers = need.clamp(least, area.width / 2);
            let parts = [Constraint::Length(customers), Constraint::Min(1)];
            return Layout::horizontal(parts).spacing(2).areas(area);
        }
        let customers = stacked(area.height);
        Layout::vertical([Constraint::Length(customers), Constraint::Min(1)]).areas(area)
    }

    /// Products have no subscriptions: their list takes all the room.
    fn is_of_products(&self) -> bool {
        self.kind() == RunKind::Products
    }

    /// What its rows are; customers, until it is known.
    fn kind(&self) -> RunKind {
        self.run.as_ref().map_or(RunKind::Customers, |run| run.kind)
    }

    fn draw_feed(&self, frame: &mut Frame, area: Rect, theme: &Theme) {
        let at_work = self.side == Side::Feed;
        let style = if at_work { theme.heading() } else { theme.muted() };
        let mut rows = area.rows();
        if let Some(row) = rows.next() {
            let heading = match (self.is_on(), self.read_again) {
                (true, _) => "Subscriptions as they happen",
                (false, false) => "Subscriptions as they happened",
                (false, true) => "What happened, by customer",
            };
            // What narrows the rows beside it narrows nothing here.
            let all = if self.list.is_narrowed() { ", of all customers" } else { "" };
            let heading = format!("{heading}{all}");
            // Colour alone does not tell where the keys move.
            let lead = if at_work { theme.glyphs.pointer } else { "" };
            frame.render_widget(Line::styled(format!("{lead}{heading}"), style), row);
        }
        let cursor = at_work.then_some(self.feed.at);
        let room = Size { width: area.width, height: area.height.saturating_sub(1) };
        let lines = feed_lines(&self.told, &self.feed, cursor, room, theme);
        for (line, row) in lines.into_iter().zip(rows) {
            frame.render_widget(line, row);
        }
    }

    /// What was said of a customer, and its changes, those to come first.
    fn told_of<'a>(
        &'a self,
        item: &'a LiveItem,
        theme: &'a Theme,
    ) -> impl Iterator<Item = (String, Style)> + 'a {
        let outcomes = self.told.outcomes.iter().filter(|told| item.is_of(&told.of));
        let told = outcomes.map(|told| {
            let glyph = theme.glyphs.outcome(told.outcome);
            let named = told.of.name.as_str();
            let separator = if named.is_empty() { "" } else { theme.glyphs.separator };
            let text = format!("{glyph} {named}{separator}{}", as_shown(&told.text));
            (text, theme.outcome(told.outcome))
        });
        let changes = self.told.of(item).map(|change| self.feed.own_change(change, theme));
        told.chain(changes)
    }

    /// What was told of a customer while the run was on, and what the run waited for meanwhile; none where nothing was.
    pub(crate) fn log_of(&self, key: &str, theme: &Theme) -> Option<String> {
        let item = &self.list.all().iter().find(|row| row.key() == key)?.item;
        let mut lines: Vec<String> = self.told_of(item, theme).map(|(text, _)| text).collect();
        let waited = self.waited.iter().map(|(at, told)| {
            format!(
                "{} {}{}{told}",
                theme.glyphs.queued,
                at.format("%H:%M:%S"),
                theme.glyphs.separator
            )
        });
        if !lines.is_empty() && !self.waited.is_empty() {
            lines.push(String::new());
        }
        lines.extend(waited);
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// One customer's subscriptions, where the record will have them; below them what was said of them, and its changes, those
    /// to come first.
    fn draw_opened(&self, frame: &mut Frame, area: Rect, item: &LiveItem, theme: &Theme) {
        let subscriptions = subscription_rows(&self.told, item, theme);
        let apart = (!subscriptions.is_empty()).then(|| (String::new(), theme.text()));
        let head = format!(" {:<15} Subscription", "Status");
        let head = (!self.is_of_products()).then(|| (head, theme.muted()));
        let ended = self.is_of_products().then(|| of_product(item, theme)).into_iter().flatten();
        let mut rows = subscriptions
            .into_iter()
            .chain(apart)
            .chain(self.told_of(item, theme))
            .chain(ended)
            .peekable();
        let none = rows.peek().is_none().then(|| {
            let text = match item.state {
                ItemState::Queued | ItemState::Planning => "Nothing is planned yet.",
                ItemState::Planned { of: 0 } | ItemState::Done { writes: 0, .. } => {
                    "Nothing to change."
                }
                ItemState::Planned { .. }
                | ItemState::Done { .. }
                | ItemState::PartWritten { .. }
                | ItemState::Writing { .. }
                | ItemState::Verifying { .. }
                | ItemState::Verified { .. } => IN_THE_RECORD,
            };
            (text.to_owned(), theme.muted())
        });
        let width = usize::from(area.width);
        let lines = head.into_iter().chain(rows).chain(none).skip(self.feed.opened_top);
        let lines = lines.flat_map(|(text, style)| {
            let whole = wrapped(&text, width).into_iter();
            whole.map(move |line| Line::styled(line, style)).collect::<Vec<_>>()
        });
        frame::draw_lines(frame, area, lines);
    }

    fn open(&mut self, shell: &mut Shell) {
        match self.side {
            Side::Customers => {
                self.opened = self.list.selected().map(|row| row.item.clone());
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
        self.opened.as_ref().map(|item| row_key(&item.key, &item.invoice))
    }

    /// Whether the keys move in what happens, beside the rows.
    pub(crate) fn is_in_feed(&self) -> bool {
        self.side == Side::Feed && self.opened.is_none()
    }

    /// Which row of the run's record the operator stands on.
    pub(crate) fn selected_key(&self) -> Option<String> {
        self.opened_key().or_else(|| self.list.selected().map(Row::key))
    }

    /// Whether any row needs review.
    fn needs_review(&self) -> bool {
        self.standing.needs_review()
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
            Action::NextMatch => self.needs_review() && self.list.has_other(LiveRow::wants_a_look),
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
        // They are rows of this side: the keys go on there.
        (self.chosen, self.side) = (true, Side::Customers);
        self.list.select_next(back, LiveRow::wants_a_look);
    }
}

impl Pane for Live {
    fn section(&self) -> Section {
        Section::Live
    }

    keys_move_in!(self.list);

    fn fit(&mut self, room: Rect) {
        let below = below_lines(room, FACTS);
        self.room = below;
        let height = if is_wide(below) { below.height } else { stacked(below.height) };
        // As far as they go at least: what happens stands beside them.
        let width = if is_wide(below) { least_width(below) } else { below.width };
        let customers = Rect { width, height, ..below };
        let rows = rows(if self.is_of_products() { below } else { customers });
        self.give_way(usize::from(rows.height) / PART_ON_TOP);
        self.list.fit(rows);
        if !self.chosen {
            self.list.select(0);
        }
    }

    fn go_to_part(&mut self, at: Position) {
        if self.opened.is_some() {
            return;
        }
        let [customers, feed] = self.parts(self.room, &Theme::new(Depth::None, true));
        if customers.contains(at) {
            self.side = Side::Customers;
        } else if feed.contains(at) {
            self.side = Side::Feed;
        }
    }

    fn click(&mut self, at: Position) {
        if self.opened.is_none() && self.list.is_at(at) {
            (self.chosen, self.side) = (true, Side::Customers);
            self.list.select_at(at);
        }
    }

    fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
        match action {
            Action::CancelRun if self.stage != Stage::Over => ask_to_stop(shell, false),
            Action::CancelRun => shell.decline("Nothing is running"),
            Action::OtherSide => {
                self.side = match self.side {
                    Side::Customers if !self.is_of_products() => Side::Feed,
                    Side::Customers | Side::Feed => Side::Customers,
                };
            }
            Action::Open => self.open(shell),
            Action::Copy if self.is_in_feed() => {
                if let Some((_, title, text)) = self.feed.under_cursor(&self.told, &shell.theme) {
                    list_tools::copy(shell, format!("{title}: {text}"));
                }
            }
            Action::Copy => {
                if let Some(LiveRow { item, .. }) = self.list.selected() {
                    list_tools::copy(shell, format!("{}: {}", item.name, words(item)));
                }
            }
            Action::NextMatch => self.next_to_look_at(false),
            Action::PreviousMatch => self.next_to_look_at(true),
            action if self.opened.is_some() => self.act_in_opened(action),
            action if self.side == Side::Feed => self.act_in_feed(action),
            action => self.chosen |= self.list.act(action, columns(self.kind()).len()),
        }
        None
    }

    fn offers(&self, action: Action) -> bool {
        match action {
            Action::CancelRun => self.stage != Stage::Over,
            Action::Export | Action::OpenInvoice | Action::RetryFailed if !self.is_recorded() => {
                false
            }
            Action::OpenInvoice => !self.is_of_products(),
            // What the run did not come to is tried again like what failed.
            Action::RetryFailed => {
                self.needs_review() || self.standing.ended(Outcome::NotAttempted) > 0
            }
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
        let place = format!("Sync{crumb}{name}");
        let whom = self.whom();
        let mut title = list_tools::title_telling(&place, &self.list, self.rows_told(&whom));
        let opened = self.opened.as_ref();
        if let Some(item) = opened {
            title = format!("Sync{crumb}{name}{crumb}{}", item.name);
            if !self.list.says_once("Invoice") && !item.invoice.is_empty() {
                title.push_str(&format!(", {}", item.invoice));
            }
        }
        let state = match (self.stage, &self.run) {
            (Stage::On, _) => theme.keys.hint("running, x stops it", "running").to_owned(),
            (Stage::Over | Stage::Expected, Some(run)) if run.finished_at.is_some() => {
                format!("ended: {}", frame::outcome(run.status, theme))
            }
            _ => String::new(),
        };
        let inside = frame::body(frame, area, &title, &state, theme);
        let facts = if opened.is_some() { OWN_FACTS } else { FACTS };
        let above = [Constraint::Length(facts), Constraint::Min(1)];
        let [facts, below] = Layout::vertical(above).areas(inside);
        if let Some(item) = opened {
            // As it stands now, and not as it stood when it was opened.
            let now = self.list.all().iter().map(|row| &row.item).find(|now| now.is_row_of(item));
            let now = now.unwrap_or(item);
            self.draw_own_facts(frame, facts, now, shell);
            return self.draw_opened(frame, below, now, theme);
        }
        self.draw_facts(frame, facts, &whom, shell);
        let [customers, feed] = self.parts(below, theme);
        Table::new(&self.list, columns(self.kind()))
            .lit(self.side == Side::Customers)
            .ordered(self.order())
            .draw(frame, customers, theme);
        if feed.height > 0 {
            self.draw_feed(frame, feed, theme);
        }
    }
}

/// Asks whether the run that is on is to be stopped; `interrupted` where Ctrl-C asked, which leaves when it comes again.
pub(crate) fn ask_to_stop(shell: &mut Shell, interrupted: bool) {
    let then = Then::change(command::Cancel);
    let body = "It stops between two changes; what is written stays and is recorded.";
    let again = match shell.attached {
        None => "Ctrl-C again stops it and leaves.",
        // What a daemon runs goes on without us.
        Some(_) => "Ctrl-C again leaves, and the sync goes on.",
    };
    let lines = [Some(body), Some(again).filter(|_| interrupted)];
    let question = Confirm::new("Stop the sync?", "Stop", then);
    shell.open(question.with_body(lines.into_iter().flatten().map(str::to_owned)));
}

/// Whether two parts have the room to stand side by side.
const fn is_wide(room: Rect) -> bool {
    room.width >= WIDE
}

/// Columns that customers have at least where the parts stand side by side.
const fn least_width(area: Rect) -> u16 {
    area.width * CUSTOMERS_LEAST.0 / CUSTOMERS_LEAST.1
}

/// Rows of the customers' part where it stands above the other.
fn stacked(rows: u16) -> u16 {
    rows.div_ceil(2)
}

/// Of what no more is told while the run is on.
const IN_THE_RECORD: &str = "The run's record has it, as soon as the run ends.";

/// What became of a product: it has no subscriptions, and its changes are told with its row.
fn of_product(item: &LiveItem, theme: &Theme) -> Vec<(String, Style)> {
    let ItemState::Done { outcome, writes, text } = &item.state else { return Vec::new() };
    let sent = match writes {
        0 if outcome.wants_a_look() => "Nothing stands of it.".to_owned(),
        0 => "Already correct: nothing was sent.".to_owned(),
        writes => {
            format!("{}, and confirmed.", counted((*writes).into(), "change sent", "changes sent"))
        }
    };
    let why = text.iter().map(|text| (as_shown(text).into_owned(), theme.outcome(*outcome)));
    let prices = "Prices before and after stand in the run's record, as soon as the run ends.";
    let prices = (*writes > 0).then(|| (prices.to_owned(), theme.muted()));
    why.chain([(sent, theme.text())]).chain(prices).collect()
}
