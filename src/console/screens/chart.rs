//! Quantity of a service over a month, with a cursor on the days: what a day has, and the write that made it.

use ratatui::{Frame, layout::Rect, text::Line};

use crate::{
    console::{
        action::Action,
        dialog::Overlay,
        keymap::Section,
        list_tools,
        pane::{Jump, Pane},
        shell::Shell,
        theme::Theme,
        widgets::{
            chart::{QuantityChart, days, days_apart, fractions_told, writes_on},
            frame,
            text::{counted, date, price, signed, signed_units, wrapped},
        },
    },
    domain::{Day, timeline::Timeline},
    engine::views::{ChartView, HistoryView},
};

/// The chart, and the day of the month that the cursor is on, from 0.
#[derive(Debug)]
pub(crate) struct Chart {
    /// The tab that it stands in.
    root: &'static str,
    view: ChartView,
    day: usize,
}

impl Chart {
    /// With the cursor on that day, where it is one of the month.
    pub(crate) fn new(root: &'static str, view: ChartView, day: Option<Day>) -> Self {
        let place = day.and_then(|day| days(&view).position(|each| each == day));
        Self { root, view, day: place.unwrap_or(0) }
    }

    /// The last day of the month, from 0.
    fn last(&self) -> usize {
        usize::try_from(self.view.month.days()).unwrap_or(31).saturating_sub(1)
    }

    fn status(&self, theme: &Theme) -> String {
        if let Some(fractions) = fractions_told(&self.view) {
            return format!("{} {fractions}", theme.glyphs.failure);
        }
        let apart = u64::try_from(days_apart(&self.view)).unwrap_or(u64::MAX);
        match (&self.view.contract_units, apart) {
            (None, _) => theme.terms.say("contract not read").into_owned(),
            (Some(_), 0) => format!("{} as invoiced", theme.glyphs.success),
            (Some(_), _) => {
                let days = counted(apart, "day differs", "days differ");
                format!("{} {days}", theme.glyphs.warning)
            }
        }
    }
}

impl Pane for Chart {
    fn section(&self) -> Section {
        Section::Chart
    }

    fn fit(&mut self, _: Rect) {}

    fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
        let view = &self.view;
        let last = self.last();
        match action {
            Action::Left | Action::Up => self.day = self.day.saturating_sub(1),
            Action::Right | Action::Down => self.day = (self.day + 1).min(last),
            Action::Top => self.day = 0,
            Action::Bottom => self.day = last,
            Action::NextMatch => self.day = next_change(view, self.day),
            Action::PreviousMatch => self.day = change_before(view, self.day),
            Action::Copy => {
                list_tools::copy(shell, explanation(view, self.day, &shell.theme).join("\n"));
            }
            Action::Open => {
                let text = explanation(view, self.day, &shell.theme).join("\n");
                shell.open(Overlay::text(&view.service, &text));
            }
            _ => {}
        }
        None
    }

    fn offers(&self, action: Action) -> bool {
        match action {
            Action::Left => self.day > 0,
            Action::Right => self.day < self.last(),
            Action::NextMatch => next_change(&self.view, self.day) != self.day,
            _ => true,
        }
    }

    fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let Self { root, view, day } = self;
        let theme = &shell.theme;
        let crumb = theme.glyphs.crumb;
        let title =
            format!("{root}{crumb}{}{crumb}{}{crumb}{}", view.month, view.customer, view.service);
        let inside = frame::body(frame, area, &title, &self.status(theme), theme);
        let most = inside.height.saturating_sub(EXPLAINED);
        let upper = Rect { height: most, ..inside };
        let took = QuantityChart::new(view).at(*day).draw(frame, upper, theme);
        let text = Rect { y: inside.y + took, height: inside.height - took, ..inside };
        let lines = explanation(view, *day, theme);
        let lines = lines.iter().flat_map(|line| wrapped(line, text.width.into()));
        let lines = lines.enumerate().map(|(at, line)| {
            let style = if at == 0 { theme.strong() } else { theme.text() };
            Line::styled(line, style)
        });
        frame::draw_detail(frame, text, lines);
    }
}

/// Rows that the words on a day have at least.
const EXPLAINED: u16 = 5;

/// The days of the month on which invoice or contract change, and those on which something was written.
fn changes(view: &ChartView) -> Vec<usize> {
    let all: Vec<Day> = days(view).collect();
    let lines = || std::iter::once(&view.invoice).chain(&view.contract_units);
    let steps = all.windows(2).enumerate().filter(|(_, pair)| {
        let differs = |line: &Timeline| line.on(pair[0]) != line.on(pair[1]);
        lines().any(differs)
    });
    let mut places: Vec<usize> = steps.map(|(at, _)| at + 1).collect();
    let written = view.writes.iter().flat_map(|one| [one.effective, one.over_from()]).flatten();
    let written = written.chain(view.planned.iter().map(|one| one.day));
    places.extend(written.filter_map(|day| all.iter().position(|each| *each == day)));
    places.push(0);
    places.sort_unstable();
    places.dedup();
    places
}

/// The next day on which something changes, round and round.
fn next_change(view: &ChartView, day: usize) -> usize {
    let places = changes(view);
    places.iter().find(|at| **at > day).or(places.first()).copied().unwrap_or(day)
}

/// The day before on which something changes.
fn change_before(view: &ChartView, day: usize) -> usize {
    let places = changes(view);
    places.iter().rev().find(|at| **at < day).or(places.last()).copied().unwrap_or(day)
}

/// What there is to say about a day: quantities, the row that bills it, what was written and why.
fn explanation(view: &ChartView, day: usize, theme: &Theme) -> Vec<String> {
    let at = view.month.first_day().plus(i64::try_from(day).unwrap_or(0));
    let billed = view.invoice.on(at);
    let mut lines = match &view.contract_units {
        None => vec![format!("{}: invoice {billed}", date(at))],
        Some(units) => {
            let agree =
                if units.on(at) == billed { "as invoiced" } else { "differs from the invoice" };
            let contract = theme.terms.say("contract");
            vec![format!("{}: invoice {billed}, {contract} {} ({agree})", date(at), units.on(at))]
        }
    };
    if let Some(row) = view.rows.iter().rev().find(|row| row.start <= at) {
        let posted = if row.posted { ", billed already" } else { "" };
        let (start, units, price) = (date(row.start), row.units, price(row.price));
        let amount = if view.amounts_a_month {
            format!("{price} a month")
        } else {
            format!("amount {price}")
        };
        let contract = &view.contract;
        lines.push(format!("“{contract}” from {start}: {units} units, {amount}{posted}"));
    }
    let before = |one: &&HistoryView| one.effective.is_some_and(|day| day < at);
    let told: Vec<String> =
        writes_on(view, at).map(|(write, _)| write_words(write, at, theme)).collect();
    if told.is_empty()
        && let Some(write) = view.writes.iter().rfind(before)
        && let Some(day) = write.effective
    {
        lines.push(format!("Last write before: {}: {}", date(day), write_words(write, day, theme)));
    }
    lines.extend(told);
    let planned = view.planned.iter().filter(|one| one.day == at);
    lines.extend(planned.map(|one| {
        let (before, after) = one.quantity;
        let (arrow, effect) = (theme.glyphs.arrow, signed(one.monthly_effect));
        format!("Planned: {before} {arrow} {after}, {effect} a month; nothing is sent yet")
    }));
    lines
}

/// What a write changed on a day: from it on, or by its own end the day before.
fn write_words(write: &HistoryView, at: Day, theme: &Theme) -> String {
    let (before, after) = write.units;
    let arrow = theme.glyphs.arrow;
    let what = match write.until {
        Some(last) if last < at => {
            let (seats, effect) = (signed_units(before - after), signed(-write.monthly_effect));
            format!("{seats} as it ended on {}, {effect}", date(last))
        }
        Some(last) => {
            let (last, effect) = (date(last), signed(write.monthly_effect));
            format!("{before} {arrow} {after} up to {last}, {effect}")
        }
        None => format!("{before} {arrow} {after}, {}", signed(write.monthly_effect)),
    };
    let (invoice, run, actor) = (&write.invoice, write.run, &write.actor);
    format!("{what} a month: {invoice}, run #{run}, by {actor}")
}
