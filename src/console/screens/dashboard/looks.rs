//! What tab 1 says of the schedule: the next look in its title, the last one and why there was none in a line of its own.

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};
use unicode_width::UnicodeWidthStr as _;

use crate::{
    console::{
        theme::Theme,
        widgets::{frame, text::cut},
    },
    domain::schedule::{LookKind, course::Why},
    engine::views::{LookView, NextLook, ScheduleView, StatusView},
};

const TITLE: &str = "Schedule   ";

/// `next look 06:30 (in 9 h), by itself`, or why there is none.
pub(crate) fn next_look(view: &ScheduleView, now: DateTime<Utc>) -> String {
    match (&view.next, &view.paused) {
        _ if !view.set => "no schedule is set".to_owned(),
        _ if view.kept && view.waiting => "next look when the run has ended".to_owned(),
        _ if !view.kept => "nothing keeps the schedule".to_owned(),
        (_, Some(pause)) => format!("schedule {}", pause.told()),
        (Some(next), None) => format!("next look {}", told(next, now)),
        (None, None) => "no next look".to_owned(),
    }
}

fn told(next: &NextLook, now: DateTime<Utc>) -> String {
    let ahead = next.when.at - now;
    let (date, time) = next.when.local.split_once(' ').unwrap_or_default();
    // What is not within a day needs its date.
    let when = if ahead < TimeDelta::days(1) { time.to_owned() } else { format!("{date} {time}") };
    let why = match (next.why, next.kind) {
        (Why::Retry { .. }, _) => "again after a failure",
        (Why::MadeUp, _) => "made up",
        (Why::Due | Why::Asked, LookKind::NewInvoice) => "for a new invoice",
        (Why::Due | Why::Asked, LookKind::Sync) => "by itself",
    };
    format!("{when} ({}), {why}", in_so_long(ahead))
}

fn in_so_long(ahead: TimeDelta) -> String {
    match ahead.num_minutes() {
        ..1 => "now".to_owned(),
        minutes @ 1..60 => format!("in {minutes} min"),
        minutes @ 60..2_880 => format!("in {} h", minutes / 60),
        minutes => format!("in {} days", minutes / 1_440),
    }
}

/// How many lines the last look and why there was none take.
pub(crate) fn lines(view: &ScheduleView) -> u16 {
    u16::from(view.last.is_some()) + u16::from(view.passed_over_told().is_some())
}

fn last_told(last: &LookView) -> String {
    format!("last look {}, {}: {}", last.told(), last.outcome, last.text)
}

pub(crate) fn draw_looks(frame: &mut Frame, area: Rect, status: &StatusView, theme: &Theme) {
    let Some(view) = &status.schedule else { return };
    let last = view.last.as_ref().map(|last| (last_told(last), theme.outcome(last.outcome)));
    let passed = view.passed_over_told().map(|told| (format!("no look at {told}"), theme.text()));
    let told = last.into_iter().chain(passed).enumerate();
    let room = usize::from(area.width).saturating_sub(TITLE.width());
    let line = |(at, (text, style)): (usize, (String, Style))| {
        let title = if at == 0 { TITLE.to_owned() } else { " ".repeat(TITLE.width()) };
        let text = Span::styled(cut(&text, room, theme), style);
        Line::from(vec![Span::styled(title, theme.heading()), text])
    };
    frame::draw_lines(frame, area, told.map(line));
}
