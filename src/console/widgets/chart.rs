//! The quantity of a service over a month in one plot: what the invoice charges as a fill, what the contract has as a
//! line over it; beside it the days on which either changes, with the write that made it.
//!
//! It must not know a screen: whoever has a [`ChartView`] draws it so.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::Style,
    text::{Line, Span},
};

use super::text::{counted, cut_line, signed};
use crate::{
    console::theme::Theme,
    domain::{Day, Money, text::thousands, timeline::Timeline},
    engine::views::{ChartView, HistoryView, PlannedStep},
};

/// It is at most so many rows high, however much room there is.
pub(crate) const MOST_ROWS: u16 = 16;

/// With fewer rows than this there is no plot, only the table.
const LEAST_PLOT: u16 = 5;

/// From so many columns on the table stands beside the plot.
const WIDE: u16 = 96;

/// Columns between the plot and its table.
const BETWEEN: u16 = 3;

pub(crate) struct QuantityChart<'a> {
    view: &'a ChartView,
    /// The day that the cursor is on, from 0.
    day: Option<usize>,
}

impl<'a> QuantityChart<'a> {
    pub(crate) const fn new(view: &'a ChartView) -> Self {
        Self { view, day: None }
    }

    pub(crate) const fn at(mut self, day: usize) -> Self {
        self.day = Some(day);
        self
    }

    /// Draws it at the top of the area; answers how many rows it took.
    pub(crate) fn draw(&self, frame: &mut Frame, area: Rect, theme: &Theme) -> u16 {
        let steps = steps(self.view);
        let table = u16::try_from(steps.len()).unwrap_or(u16::MAX).saturating_add(1);
        if area.width >= WIDE && area.height >= LEAST_PLOT {
            let area = Rect { height: area.height.min(MOST_ROWS), ..area };
            let days = u16::try_from(self.view.month.days()).unwrap_or(31);
            let table = StepTable::new(&steps, self.view, theme);
            let beside = table.width() + MARGIN + BETWEEN;
            let width = (area.width.saturating_sub(beside) / days).clamp(1, 3) * days + MARGIN;
            let parts = [Constraint::Length(width), Constraint::Min(1)];
            let [plot, side] = Layout::horizontal(parts).spacing(BETWEEN).areas(area);
            self.draw_plot(frame, plot, theme);
            table.draw(frame, side, theme);
            return area.height;
        }
        let below = table.min(area.height.saturating_sub(LEAST_PLOT)).min(area.height / 2);
        let plot = area.height.saturating_sub(below).min(MOST_ROWS);
        let plot = if plot < LEAST_PLOT { 0 } else { plot };
        let below = table.min(area.height - plot);
        let parts = [Constraint::Length(plot), Constraint::Length(below)];
        let [upper, lower] = Layout::vertical(parts).areas(Rect { height: plot + below, ..area });
        self.draw_plot(frame, upper, theme);
        StepTable::new(&steps, self.view, theme).draw(frame, lower, theme);
        plot + below
    }

    /// Only the days on which something changes, as many as there is room for.
    pub(crate) fn draw_table(&self, frame: &mut Frame, area: Rect, theme: &Theme) {
        if area.height >= 2 {
            StepTable::new(&steps(self.view), self.view, theme).draw(frame, area, theme);
        }
    }

    fn draw_plot(&self, frame: &mut Frame, area: Rect, theme: &Theme) {
        if area.height < LEAST_PLOT {
            return;
        }
        let [legend, plot, axis] =
            Layout::vertical([Constraint::Length(1), Constraint::Min(1), Constraint::Length(1)])
                .areas(area);
        let scale = Scale::of(&quantities(self.view), i64::from(plot.height));
        frame.render_widget(cut_line(self.legend(scale, theme), legend.width.into()), legend);
        self.draw_levels(frame, plot, scale, theme);
        for (place, day) in days(self.view).enumerate() {
            let (x, width) = columns(plot, self.view, place);
            if x + width > plot.right() {
                break;
            }
            self.draw_day(frame, Rect { x, width, ..plot }, day, scale, theme);
        }
        self.draw_break(frame, plot, scale, theme);
        self.draw_axis(frame, axis, theme);
    }

    /// Across what is higher, and at the left, where a part of the scale is left out.
    fn draw_break(&self, frame: &mut Frame, area: Rect, scale: Scale, theme: &Theme) {
        let Some((above, from)) =
            scale.break_row().zip(scale.broken).map(|(row, of)| (row, of.from))
        else {
            return;
        };
        let above = u16::try_from(above).unwrap_or(0).min(area.height - 1);
        let y = area.bottom() - 1 - above;
        let glyph = break_glyph(theme);
        let margin = Line::styled(glyph, theme.warn()).right_aligned();
        frame.render_widget(margin, Rect { y, height: 1, width: MARGIN - 1, ..area });
        for (place, day) in days(self.view).enumerate() {
            let (x, width) = columns(area, self.view, place);
            if x + width <= area.right() && self.view.invoice.on(day) > from {
                let line = Line::styled(glyph.repeat(usize::from(width)), theme.warn());
                frame.render_widget(line, Rect { x, y, width, height: 1 });
            }
        }
    }

    fn legend(&self, scale: Scale, theme: &Theme) -> Line<'static> {
        let mut spans = vec![
            Span::styled(fill(theme, 8), theme.accent()),
            Span::raw(" invoice  "),
            Span::styled(line_glyph(theme), theme.good()),
        ];
        match &self.view.contract_units {
            Some(_) => spans.push(Span::raw(theme.terms.say(" contract"))),
            None => {
                spans.push(Span::styled(theme.terms.say(" contract not read yet"), theme.muted()));
            }
        }
        // What is not drawn comes first: without it the rest is read wrongly.
        if let Some(fractions) = fractions_told(self.view) {
            spans.push(Span::styled(format!("  {fractions}"), theme.bad()));
        }
        if let Some(Break { from, to }) = scale.broken {
            let (glyph, from, to) = (break_glyph(theme), thousands_of(from), thousands_of(to));
            spans.push(Span::styled(format!("  {glyph} {from} to {to}"), theme.warn()));
        }
        let apart = days_apart(self.view);
        if apart > 0 {
            let apart = u64::try_from(apart).unwrap_or(u64::MAX);
            let text = format!("  {}", counted(apart, "day differs", "days differ"));
            spans.push(Span::styled(text, theme.warn()));
        }
        Line::from(spans)
    }

    fn draw_day(&self, frame: &mut Frame, area: Rect, day: Day, scale: Scale, theme: &Theme) {
        let billed = self.view.invoice.on(day);
        let contract = self.view.contract_units.as_ref().map(|units| units.on(day));
        let apart = contract.is_some_and(|units| units != billed);
        let style = |own: Style| if apart { theme.warn() } else { own };
        let eighths = scale.eighths(billed);
        for (row, place) in area.rows().rev().enumerate() {
            let row = i64::try_from(row).unwrap_or(0);
            let filled = usize::try_from((eighths - row * 8).clamp(0, 8)).unwrap_or(0);
            let text = fill(theme, filled).repeat(usize::from(place.width));
            frame.render_widget(Line::styled(text, style(theme.accent())), place);
        }
        let Some(units) = contract else { return };
        let above = u16::try_from(scale.row(units)).unwrap_or(0).min(area.height - 1);
        let place = Rect { y: area.bottom() - 1 - above, height: 1, ..area };
        let text = line_glyph(theme).repeat(usize::from(place.width));
        frame.render_widget(Line::styled(text, style(theme.good())), place);
    }

    /// At the left: the quantities there are, each at its height.
    fn draw_levels(&self, frame: &mut Frame, area: Rect, scale: Scale, theme: &Theme) {
        let mut levels = quantities(self.view);
        levels.push(0);
        levels.sort_unstable_by_key(|units| std::cmp::Reverse(*units));
        let mut free = area.top();
        for units in levels {
            let above = u16::try_from(scale.row(units)).unwrap_or(0).min(area.height - 1);
            let y = area.bottom() - 1 - above;
            if y < free {
                continue;
            }
            let text = Line::styled(units.to_string(), theme.muted()).right_aligned();
            frame.render_widget(text, Rect { y, height: 1, width: MARGIN - 1, ..area });
            free = y + 1;
        }
    }

    fn draw_axis(&self, frame: &mut Frame, area: Rect, theme: &Theme) {
        let days = usize::try_from(self.view.month.days()).unwrap_or(31);
        for place in (0..days).step_by(5) {
            let (x, _) = columns(area, self.view, place);
            if x + 2 <= area.right() {
                let line = Line::styled((place + 1).to_string(), theme.muted());
                frame.render_widget(line, Rect { x, width: 2, ..area });
            }
        }
        let Some(day) = self.day else { return };
        let (x, width) = columns(area, self.view, day);
        if x + width <= area.right() {
            let line = Line::styled("^".repeat(usize::from(width)), theme.accent());
            frame.render_widget(line, Rect { x, width, ..area });
        }
    }
}

/// How quantities become heights.
#[derive(Clone, Copy, Debug)]
struct Scale {
    most: i64,
    rows: i64,
    broken: Option<Break>,
}

/// A part of the scale in which no quantity lies, and that is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Break {
    /// The last quantity below it, and the first above.
    from: i64,
    to: i64,
}

/// A part that is so much larger than all others together flattens them.
const FAR: i64 = 5;

impl Scale {
    /// For these quantities. Where one part of the scale that none of them lies in makes some of them equally high, it is
    /// left out, as long as there is room to show that.
    fn of(quantities: &[i64], rows: i64) -> Self {
        let mut levels: Vec<i64> = quantities.iter().map(|units| (*units).max(0)).collect();
        levels.sort_unstable();
        levels.dedup();
        let most = levels.last().copied().unwrap_or(0).max(1);
        let whole = Self { most, rows, broken: None };
        let pairs = || levels.windows(2).map(|pair| (pair[0], pair[1]));
        let Some((from, to)) = pairs().max_by_key(|(from, to)| to - from) else { return whole };
        let rest = from + (most - to);
        let is_far = rest > 0 && (to - from) / FAR >= rest;
        let is_flat = pairs()
            .any(|(one, other)| (one, other) != (from, to) && whole.row(one) == whole.row(other));
        let broken = Self { broken: Some(Break { from, to }), ..whole };
        if is_far && is_flat && broken.break_row().is_some() { broken } else { whole }
    }

    /// Where a quantity lies on the scale, without what is left out of it; and where its end lies.
    fn placed(self, units: i64) -> (i64, i64) {
        let Some(Break { from, to }) = self.broken else { return (units, self.most) };
        // Three parts for each unit, so that what stands for the rest has a third of the whole.
        let rest = from + (self.most - to);
        let above = |units: i64| units - to + from;
        let placed = match units {
            units if units >= to => above(units) * 2 + rest,
            units => units.min(from) * 2,
        };
        (placed, above(self.most) * 2 + rest)
    }

    /// The row, from the bottom up, that shows where a part is left out; none where there is too little room.
    fn break_row(self) -> Option<i64> {
        let Break { from, to } = self.broken?;
        let (below, above) = (self.row(from), self.row(to));
        (above - below >= 2).then(|| (below + above + 1) / 2)
    }

    /// Eighths of a row from the bottom up. The lowest row is that of 0: what is there at all has a row above it.
    fn eighths(self, units: i64) -> i64 {
        let units = units.max(0);
        let (placed, most) = self.placed(units);
        let height = placed.saturating_mul((self.rows - 1).max(1) * 8) / most;
        if units > 0 { 8 + height.max(8) } else { 0 }
    }

    /// The row of a line at this quantity, from the bottom up.
    fn row(self, units: i64) -> i64 {
        (self.eighths(units) + 7) / 8 - i64::from(units > 0)
    }
}

fn fill(theme: &Theme, eighths: usize) -> &'static str {
    match (theme.glyphs.unicode, eighths) {
        (true, eighths) => EIGHTHS[eighths.min(8)],
        (false, 0) => " ",
        (false, 1..=4) => ".",
        (false, _) => "#",
    }
}

const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

fn break_glyph(theme: &Theme) -> &'static str {
    if theme.glyphs.unicode { "≈" } else { "~" }
}

/// A quantity with its thousands separated.
fn thousands_of(units: i64) -> String {
    thousands(u64::try_from(units).unwrap_or(0))
}

fn line_glyph(theme: &Theme) -> &'static str {
    if theme.glyphs.unicode { "━" } else { "=" }
}

/// Columns for the quantities at the left.
const MARGIN: u16 = 7;

/// Where a day's columns begin, and how many it has.
fn columns(area: Rect, view: &ChartView, day: usize) -> (u16, u16) {
    let days = u16::try_from(view.month.days()).unwrap_or(31);
    let width = (area.width.saturating_sub(MARGIN) / days).clamp(1, 3);
    let day = u16::try_from(day).unwrap_or(0);
    (area.x + MARGIN + day * width, width)
}

/// The days of its month.
pub(crate) fn days(view: &ChartView) -> impl Iterator<Item = Day> + '_ {
    (0..view.month.days()).map(|day| view.month.first_day().plus(day))
}

/// Every quantity that a day of its month has.
fn quantities(view: &ChartView) -> Vec<i64> {
    let of_day = |day| {
        let contract = view.contract_units.as_ref().map(|units| units.on(day));
        std::iter::once(view.invoice.on(day)).chain(contract)
    };
    days(view).flat_map(of_day).collect()
}

/// On how many days invoice and contract differ.
pub(crate) fn days_apart(view: &ChartView) -> usize {
    let Some(units) = &view.contract_units else { return 0 };
    days(view).filter(|day| view.invoice.on(*day) != units.on(*day)).count()
}

/// A day on which something changes, or something was written.
struct ChartStep<'a> {
    day: Day,
    invoice: (i64, i64),
    contract: Option<(i64, i64)>,
    /// With what each changes the monthly price by on this day: what ends by itself takes its own back.
    writes: Vec<(&'a HistoryView, Money)>,
    planned: Vec<&'a PlannedStep>,
}

/// What stood before a month is not told: its first day stands with what it begins with.
fn steps(view: &ChartView) -> Vec<ChartStep<'_>> {
    let first = view.month.first_day();
    let change = |line: &Timeline, day: Day| {
        let after = line.on(day);
        (if day == first { after } else { line.on(day.previous()) }, after)
    };
    let all = days(view).map(|day| ChartStep {
        day,
        invoice: change(&view.invoice, day),
        contract: view.contract_units.as_ref().map(|units| change(units, day)),
        writes: writes_on(view, day).collect(),
        planned: view.planned.iter().filter(|one| one.day == day).collect(),
    });
    let moves = |(before, after): (i64, i64)| before != after;
    all.filter(|step| {
        let moved = moves(step.invoice) || step.contract.is_some_and(moves);
        let written = !step.writes.is_empty() || !step.planned.is_empty();
        step.day == first || moved || written
    })
    .collect()
}

/// The writes that changed something on a day, each with what it changes the monthly price by then: what ends by itself on
/// the day before takes its own back.
pub(crate) fn writes_on(view: &ChartView, day: Day) -> impl Iterator<Item = (&HistoryView, Money)> {
    let ended = view.writes.iter().filter(move |one| one.over_from() == Some(day));
    let begun = view.writes.iter().filter(move |one| one.effective == Some(day));
    let ended = ended.map(|one| (one, -one.monthly_effect));
    ended.chain(begun.map(|one| (one, one.monthly_effect)))
}

/// That lines which are no whole number of seats are not drawn, if there are any: `30.5 not drawn`.
pub(crate) fn fractions_told(view: &ChartView) -> Option<String> {
    let quantities: Vec<String> = view.fractions.iter().map(ToString::to_string).collect();
    (!quantities.is_empty()).then(|| format!("{} not drawn", quantities.join(", ")))
}

/// The days on which something changes, a line each. Columns are as wide as what stands in them; one that is empty is left out.
struct StepTable {
    rows: Vec<StepRow>,
    widths: [usize; 4],
}

/// Day, invoice, contract, money; and who made it, which takes what is left.
struct StepRow {
    cells: [String; 4],
    made_by: String,
    apart: bool,
}

impl StepTable {
    const HEADINGS: [&'static str; 4] = ["Day", "Invoice", "Contract", "Price a month"];
    const MADE_BY: &'static str = "Made by";
    const BETWEEN: &'static str = "  ";

    fn new(steps: &[ChartStep<'_>], view: &ChartView, theme: &Theme) -> Self {
        let rows: Vec<StepRow> = steps.iter().map(|step| StepRow::new(step, view, theme)).collect();
        let widths = std::array::from_fn(|at| {
            let cells = rows.iter().map(|row| row.cells[at].chars().count());
            match cells.max().unwrap_or(0) {
                0 => 0,
                widest => widest.max(theme.terms.say(Self::HEADINGS[at]).len()),
            }
        });
        Self { rows, widths }
    }

    /// The room it needs.
    fn width(&self) -> u16 {
        let columns: usize =
            self.widths.iter().filter(|width| **width > 0).map(|width| width + 2).sum();
        let made_by = self.rows.iter().map(|row| row.made_by.chars().count()).max();
        let last = made_by.unwrap_or(0).max(Self::MADE_BY.len());
        u16::try_from(columns + last).unwrap_or(u16::MAX)
    }

    fn draw(&self, frame: &mut Frame, area: Rect, theme: &Theme) {
        let width = usize::from(area.width);
        let headings = Self::HEADINGS.map(|heading| theme.terms.say(heading));
        let heading = self.columns(&headings.each_ref().map(|heading| &**heading)) + Self::MADE_BY;
        let heading = Line::styled(heading, theme.heading());
        let lines = self.rows.iter().map(|row| {
            let style = if row.apart { theme.warn() } else { theme.text() };
            let by = if row.apart { style } else { theme.muted() };
            let cells = row.cells.each_ref().map(String::as_str);
            Line::from(vec![
                Span::styled(self.columns(&cells), style),
                Span::styled(row.made_by.clone(), by),
            ])
        });
        for (line, row) in std::iter::once(heading).chain(lines).zip(area.rows()) {
            frame.render_widget(cut_line(line, width), row);
        }
    }

    /// All but the last, the day to the left and figures to the right.
    fn columns(&self, cells: &[&str; 4]) -> String {
        let shown = self.widths.iter().zip(cells).enumerate().filter(|(_, (width, _))| **width > 0);
        let mut text = String::new();
        for (at, (&width, cell)) in shown {
            let cell = if at == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") };
            text.push_str(&cell);
            text.push_str(Self::BETWEEN);
        }
        text
    }
}

impl StepRow {
    fn new(step: &ChartStep<'_>, view: &ChartView, theme: &Theme) -> Self {
        let arrow = theme.glyphs.arrow;
        let told = |(before, after): (i64, i64)| {
            if before == after { after.to_string() } else { format!("{before} {arrow} {after}") }
        };
        let apart = step.contract.is_some_and(|(_, after)| after != step.invoice.1);
        let contract = step.contract.map_or_else(String::new, told);
        let written = step.writes.iter().map(|(_, effect)| *effect);
        let money = written.chain(step.planned.iter().map(|one| one.monthly_effect)).sum();
        let none = step.writes.is_empty() && step.planned.is_empty();
        let money = if none { String::new() } else { signed(money) };
        let planned = step.planned.first().zip(step.planned.last());
        let made_by = match (step.writes.first(), planned) {
            (_, Some((first, last))) => {
                format!("planned {}", told((first.quantity.0, last.quantity.1)))
            }
            (Some((write, _)), None) => {
                let separator = theme.glyphs.separator;
                format!("{}{separator}run #{}{separator}{}", write.invoice, write.run, write.actor)
            }
            (None, None) if apart => "not as invoiced".to_owned(),
            (None, None) if step.day == view.month.first_day() => "as the month begins".to_owned(),
            (None, None) => String::new(),
        };
        let day = step.day.0.format("%-d %b").to_string();
        Self { cells: [day, told(step.invoice), contract, money], made_by, apart }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0, 0)]
    #[case(1, 2)]
    #[case(3, 5)]
    #[case(6, 9)]
    fn a_line_stands_in_the_topmost_row_of_a_fill_of_its_quantity(
        #[case] units: i64,
        #[case] row: i64,
    ) {
        assert_eq!(Scale { most: 6, rows: 10, broken: None }.row(units), row);
    }

    #[test]
    fn one_of_many_still_shows() {
        let scale = Scale { most: 100_000, rows: 8, broken: None };
        assert_eq!((scale.eighths(1), scale.row(1)), (16, 1));
        assert_eq!(scale.row(0), 0, "a line at 0 hides nothing of it");
        assert_eq!(scale.row(100_000), 7);
    }

    /// The others share the rows below, one that is far has its own above, and a row between them shows the break.
    #[rstest]
    #[case::one_far_above(&[3, 5, 4, 900], Some((5, 900)))]
    #[case::two_far_above(&[5, 900, 901], Some((5, 900)))]
    #[case::from_nothing(&[0, 30, 31], Some((0, 30)))]
    #[case::nothing_is_flattened(&[5, 900], None)]
    #[case::none_is_far(&[10, 20, 60], None)]
    #[case::one_alone(&[7], None)]
    fn a_part_of_the_scale_that_flattens_the_rest_is_left_out(
        #[case] quantities: &[i64],
        #[case] broken: Option<(i64, i64)>,
    ) {
        let scale = Scale::of(quantities, 14);
        assert_eq!(scale.broken, broken.map(|(from, to)| Break { from, to }));
        let mut levels = quantities.to_vec();
        levels.sort_unstable();
        let rows: Vec<i64> = levels.iter().map(|units| scale.row(*units)).collect();
        assert!(rows.is_sorted_by(|one, other| one < other), "{rows:?}");
        assert_eq!(rows.last(), Some(&13));
        if let Some(row) = scale.break_row() {
            assert!(!rows.contains(&row), "{row} in {rows:?}");
        }
    }

    #[test]
    fn where_there_is_no_room_to_show_a_break_there_is_none() {
        assert_eq!(Scale::of(&[3, 5, 4, 900], 4).broken, None);
    }
}
