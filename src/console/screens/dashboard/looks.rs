//! What tab 1 says of what is done unattended: the next look in its title, the last one, why there was none and what waits
//! for approval each in a line of its own.

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
        advice::as_shown,
        theme::Theme,
        widgets::{
            frame,
            text::{counted, cut, moment},
        },
    },
    domain::schedule::{LookKind, course::Why},
    engine::views::{ApprovalsView, LookView, NextLook, ScheduleView, StatusView},
};

const TITLE: &str = "Schedule   ";
const APPROVALS: &str = "Approvals  ";

/// `next look 06:30 (in 9 h), by itself`, or why there is none.
pub(crate) fn next_look(view: &ScheduleView, now: DateTime<Utc>) -> String {
    match (&view.next, &view.paused) {
        _ if !view.set => "no schedule is set".to_owned(),
        _ if view.kept && view.waiting => "next look when the run has ended".to_owned(),
        _ if !view.kept => "nothing keeps the schedule".to_owned(),
        (_, Some(pause)) => format!("schedule {}", as_shown(&pause.told())),
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

/// How many lines what is done unattended takes: the last look, why there was none, and what waits.
pub(crate) fn lines(status: &StatusView) -> u16 {
    let of_schedule = status.schedule.as_ref().map_or(0, |view| {
        u16::from(view.last.is_some()) + u16::from(view.passed_over_told().is_some())
    });
    let waits = status.approvals.as_ref().map_or(0, |view| approvals(view).len());
    of_schedule + u16::try_from(waits).unwrap_or(u16::MAX)
}

fn last_told(last: &LookView) -> String {
    let text = format!("last look {}, {}: {}", last.told(), last.outcome, last.text);
    as_shown(&text).into_owned()
}

/// What waits for approval, and who let a plan pass without the right to.
fn approvals(view: &ApprovalsView) -> Vec<String> {
    let waiting = view.first_expires.map(|until| {
        let waits = counted(view.waiting, "plan waits", "plans wait");
        let first = if view.waiting == 1 { "until" } else { "the first until" };
        format!("{waits} for approval, {first} {}: W shows what", moment(until))
    });
    let due = (view.due > 0).then(|| {
        let due = counted(view.due, "approved plan is", "approved plans are");
        format!("{due} still to be applied: W shows what")
    });
    let broken = view.broken_glass.iter().map(|one| {
        format!(
            "break-glass: {} approved plan {} on {}: {}",
            one.who,
            one.number,
            moment(one.at),
            one.reason
        )
    });
    waiting.into_iter().chain(due).chain(broken).collect()
}

pub(crate) fn draw_looks(frame: &mut Frame, area: Rect, status: &StatusView, theme: &Theme) {
    let view = status.schedule.as_ref();
    let last = view.and_then(|view| view.last.as_ref());
    let last = last.map(|last| (last_told(last), theme.outcome(last.outcome)));
    let passed = view.and_then(|view| view.passed_over_told());
    let passed = passed.map(|told| (format!("no look at {}", as_shown(&told)), theme.text()));
    let schedule = titled(TITLE, last.into_iter().chain(passed));
    let waits = status.approvals.as_ref().map(|view| approvals(view)).unwrap_or_default();
    let waits = titled(APPROVALS, waits.into_iter().map(|text| (text, theme.warn())));
    let room = usize::from(area.width).saturating_sub(TITLE.width());
    let line = |(title, (text, style)): (String, (String, Style))| {
        let text = Span::styled(cut(&text, room, theme), style);
        Line::from(vec![Span::styled(title, theme.heading()), text])
    };
    frame::draw_lines(frame, area, schedule.chain(waits).map(line));
}

/// The title before the first line, and as much room before the others.
fn titled<T>(
    title: &'static str,
    lines: impl Iterator<Item = T>,
) -> impl Iterator<Item = (String, T)> {
    lines.enumerate().map(move |(at, line)| {
        (if at == 0 { title.to_owned() } else { " ".repeat(title.width()) }, line)
    })
}
