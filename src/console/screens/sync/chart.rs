//! Quantity of a service over a month: invoice above, contract below, the cursor on a day with its explanation.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::Style,
    text::{Line, Span},
};

use crate::{
    console::{
        action::Action,
        dialog::Overlay,
        keymap::Section,
        list_tools,
        pane::{Jump, Pane},
        shell::Shell,
        theme::Theme,
        widgets::{frame, text::wrapped},
    },
    domain::{Day, timeline::Timeline},
    engine::views::ChartView,
};

/// The chart, and the day of the month that the cursor is on, from 0.
#[derive(Debug, Default)]
pub(crate) struct Chart {
    view: Option<ChartView>,
    day: usize,
}

impl Chart {
    pub(crate) fn set(&mut self, view: ChartView) {
        *self = Self { view: Some(view), day: 0 };
    }
}

impl Pane for Chart {
    fn section(&self) -> Section {
        Section::Chart
    }

    fn fit(&mut self, _: usize) {}

    fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
        let view = self.view.as_ref()?;
        let last = usize::try_from(view.month.days()).unwrap_or(31).saturating_sub(1);
        match action {
            Action::Left | Action::Up => self.day = self.day.saturating_sub(1),
            Action::Right | Action::Down => self.day = (self.day + 1).min(last),
            Action::Top => self.day = 0,
            Action::Bottom => self.day = last,
            Action::NextMatch => self.day = next_change(view, self.day),
            Action::PreviousMatch => self.day = change_before(view, self.day),
            Action::Copy => list_tools::copy(shell, explanation(view, self.day).join("\n")),
            Action::Open => {
                let text = explanation(view, self.day).join("\n");
                shell.open(Overlay::text(&view.service, &text));
            }
            _ => {}
        }
        None
    }

    fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let Some(view) = &self.view else { return };
        let theme = &shell.theme;
        let crumb = theme.glyphs.crumb;
        let title =
            format!("Sync{crumb}{}{crumb}{}{crumb}{}", view.month, view.customer, view.service);
        let inside = frame::body(frame, area, &title, &view.contract, theme);
        let [invoice, contract, axis, text] = Layout::vertical([
            Constraint::Fill(1),
            Constraint::Fill(1),
            Constraint::Length(1),
            Constraint::Length(5),
        ])
        .areas(inside);
        let most = most(view);
        let plots = [
            (invoice, Plot { name: "Invoice", steps: &view.invoice, style: theme.accent(), most }),
            (
                contract,
                Plot { name: "Contract", steps: &view.contract_units, style: theme.good(), most },
            ),
        ];
        for (place, plot) in plots {
            plot.draw(frame, place, view, self.day, theme);
        }
        draw_axis(frame, axis, view, self.day, theme);
        let lines = explanation(view, self.day);
        let lines = lines.iter().flat_map(|line| wrapped(line, text.width.into()));
        let lines = lines.enumerate().map(|(at, line)| {
            let style = if at == 0 { theme.strong() } else { theme.text() };
            Line::styled(line, style)
        });
        frame::draw_lines(frame, text, lines);
    }
}

fn days(view: &ChartView) -> impl Iterator<Item = Day> + '_ {
    (0..view.month.days()).map(|day| view.month.first_day().plus(day))
}

fn most(view: &ChartView) -> i64 {
    let both = days(view).map(|day| view.invoice.on(day).max(view.contract_units.on(day)));
    both.max().unwrap_or(0).max(1)
}

/// Columns for the numbers at the left.
const MARGIN: u16 = 10;

/// Where a day's columns begin, and how many it has.
fn columns(area: Rect, view: &ChartView, day: usize) -> (u16, u16) {
    let days = u16::try_from(view.month.days()).unwrap_or(31);
    let width = (area.width.saturating_sub(MARGIN) / days).clamp(1, 4);
    let day = u16::try_from(day).unwrap_or(0);
    (area.x + MARGIN + day * width, width)
}

/// Steps over the month, a bar a day.
struct Plot<'a> {
    name: &'a str,
    steps: &'a Timeline,
    style: Style,
    /// Units at the full height.
    most: i64,
}

impl Plot<'_> {
    fn draw(&self, frame: &mut Frame, area: Rect, view: &ChartView, cursor: usize, theme: &Theme) {
        if area.height < 2 {
            return;
        }
        let plot = Rect { y: area.y + 1, height: area.height - 1, ..area };
        let at = view.month.first_day().plus(i64::try_from(cursor).unwrap_or(0));
        let heading = Line::from(vec![
            Span::styled(format!("{} ", self.name), theme.heading()),
            Span::raw(format!("{} on {at}", self.steps.on(at))),
        ]);
        frame.render_widget(heading, Rect { height: 1, ..area });
        label(frame, Rect { height: 1, ..plot }, &self.most.to_string(), theme);
        label(frame, Rect { y: plot.bottom() - 1, height: 1, ..plot }, "0", theme);
        for (place, day) in days(view).enumerate() {
            let (x, width) = columns(plot, view, place);
            if x + width > plot.right() {
                break;
            }
            let style = if place == cursor { theme.selected() } else { self.style };
            self.draw_bar(frame, Rect { x, width, ..plot }, self.steps.on(day), style, theme);
        }
    }

    fn draw_bar(&self, frame: &mut Frame, area: Rect, units: i64, style: Style, theme: &Theme) {
        let height = i64::from(area.height);
        let eighths = units.max(0).saturating_mul(height * 8) / self.most;
        for (row, place) in area.rows().rev().enumerate() {
            let row = i64::try_from(row).unwrap_or(0);
            let filled = usize::try_from((eighths - row * 8).clamp(0, 8)).unwrap_or(0);
            let symbol = match (theme.glyphs.unicode, filled) {
                (true, filled) => EIGHTHS[filled],
                (false, 0) => " ",
                (false, 1..=4) => ".",
                (false, _) => "#",
            };
            let text = symbol.repeat(usize::from(place.width));
            frame.render_widget(Line::styled(text, style), place);
        }
    }
}

fn label(frame: &mut Frame, area: Rect, text: &str, theme: &Theme) {
    let line = Line::styled(text.to_owned(), theme.muted()).right_aligned();
    frame.render_widget(line, Rect { width: (MARGIN - 1).min(area.width), ..area });
}

const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

fn draw_axis(frame: &mut Frame, area: Rect, view: &ChartView, cursor: usize, theme: &Theme) {
    for place in (0..usize::try_from(view.month.days()).unwrap_or(31)).step_by(5) {
        let (x, _) = columns(area, view, place);
        if x + 2 <= area.right() {
            let line = Line::styled((place + 1).to_string(), theme.muted());
            frame.render_widget(line, Rect { x, width: 2, ..area });
        }
    }
    let (x, width) = columns(area, view, cursor);
    if x + width <= area.right() {
        let line = Line::styled("^".repeat(usize::from(width)), theme.accent());
        frame.render_widget(line, Rect { x, width, ..area });
    }
}

/// The days of the month on which invoice or contract change, and those on which something was written.
fn changes(view: &ChartView) -> Vec<usize> {
    let all: Vec<Day> = days(view).collect();
    let steps = all.windows(2).enumerate().filter(|(_, pair)| {
        let differs = |line: &Timeline| line.on(pair[0]) != line.on(pair[1]);
        differs(&view.invoice) || differs(&view.contract_units)
    });
    let mut places: Vec<usize> = steps.map(|(at, _)| at + 1).collect();
    let written = view.explanations.iter().map(|(day, _)| *day);
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
fn explanation(view: &ChartView, day: usize) -> Vec<String> {
    let at = view.month.first_day().plus(i64::try_from(day).unwrap_or(0));
    let (invoice, contract) = (view.invoice.on(at), view.contract_units.on(at));
    let agree = if invoice == contract { "as invoiced" } else { "differs from the invoice" };
    let mut lines = vec![format!("{at}: invoice {invoice}, contract {contract} ({agree})")];
    if let Some(row) = view.rows.iter().rev().find(|row| row.start <= at) {
        let posted = if row.posted { ", billed already" } else { "" };
        lines.push(format!(
            "Row from {}: {} units, amount {}{posted}",
            row.start, row.units, row.price
        ));
    }
    let written = view.explanations.iter().filter(|(when, _)| *when == at);
    lines.extend(written.map(|(_, text)| text.clone()));
    if lines.len() == 2
        && let Some((when, text)) = view.explanations.iter().rev().find(|(when, _)| *when < at)
    {
        lines.push(format!("Last write before: {when}: {text}"));
    }
    lines
}
