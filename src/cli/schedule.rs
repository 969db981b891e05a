//! `schedule`: when it looks by itself, what it did last, and keeping it from that for a while.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use super::{desk::Desk, exit::Exit, failure::Failure, table::Table};
use crate::{
    domain::schedule::{course::PassedOver, first_moment},
    engine::{
        protocol::command,
        views::{LookView, ScheduleView},
    },
};

/// So many due times are shown.
const SHOWN: usize = 20;

/// What to do with it.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// Show when it looks next, what it did last, and why it did not look
    Show,
    /// Look at once, one time, as the schedule would
    RunNow,
    /// Have it look no more for a while
    Pause {
        /// Until then, such as "2026-10-06 06:00"; until it is resumed where none is given
        #[arg(long, value_name = "TIME", value_parser = until)]
        until: Option<Until>,
    },
    /// Have it look again when something is due
    Resume,
}

/// A moment as it was typed.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    /// With its offset.
    Moment(DateTime<Utc>),
    /// Of the schedule's zone.
    Local(NaiveDateTime),
}

fn until(text: &str) -> Result<Until, String> {
    let moment = || text.parse().ok().map(Until::Moment);
    let local = || {
        let formats = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"];
        formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
    };
    let day = || text.parse::<NaiveDate>().ok().map(|day| day.and_time(NaiveTime::MIN));
    let found = moment().or_else(|| local().or_else(day).map(Until::Local));
    found.ok_or_else(|| "a time is written as 2026-10-06 06:00 or 2026-10-06T06:00:00Z".to_owned())
}

pub(super) async fn run(action: Action, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    match action {
        Action::Show => {
            let view = desk.ask(command::Schedule).await?;
            show(&view, desk)
        }
        Action::RunNow => {
            let looked = desk.ask_showing(command::RunNow { attempt: None }).await?;
            if desk.out.is_json() {
                desk.out.json(&looked)?;
            } else {
                let word = desk.out.word(looked.outcome);
                desk.out.line(format!("{word}: {}", looked.text))?;
            }
            Ok(if desk.out.interrupted { Exit::Failure } else { looked.outcome.into() })
        }
        Action::Pause { until } => {
            let until = match until {
                None => None,
                Some(Until::Moment(at)) => Some(at),
                Some(Until::Local(local)) => Some(in_zone(local, desk).await?),
            };
            let view = desk.ask(command::PauseSchedule { until }).await?;
            changed(&view, desk)
        }
        Action::Resume => {
            let view = desk.ask(command::ResumeSchedule).await?;
            changed(&view, desk)
        }
    }
}

/// The moment of a local time of the schedule.
async fn in_zone(local: NaiveDateTime, desk: &mut Desk<'_>) -> Result<DateTime<Utc>, Failure> {
    let view = desk.ask(command::Schedule).await?;
    let zone = view.zone.parse().unwrap_or(chrono_tz::UTC);
    Ok(first_moment(zone, local))
}

fn changed(view: &ScheduleView, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    if desk.out.is_json() {
        desk.out.json(view)?;
        return Ok(Exit::Done);
    }
    match &view.paused {
        Some(pause) => desk.out.line(format!("The schedule is {}.", pause.told()))?,
        None => desk.out.line("The schedule is not paused.")?,
    }
    Ok(Exit::Done)
}

fn show(view: &ScheduleView, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    if desk.out.is_json() {
        desk.out.json(view)?;
        return Ok(Exit::Done);
    }
    for (name, text) in lines(view) {
        desk.out.line(format!("{name:<12} {text}"))?;
    }
    if let Some(last) = &view.last {
        desk.out.line(format!("{:<12} {}", "last look", last_told(last, desk)))?;
    }
    if let Some(told) = view.passed_over_told() {
        desk.out.line(format!("{:<12} {told}", "no look"))?;
    }
    if !view.due_times.is_empty() {
        desk.out.line("")?;
        desk.out.table(&due_times(view))?;
    }
    Ok(Exit::Done)
}

fn lines(view: &ScheduleView) -> Vec<(&'static str, String)> {
    let mut lines = vec![("looks", view.times())];
    if view.set {
        if view.jitter_minutes > 0 {
            lines.push(("", format!("up to {} minutes later", view.jitter_minutes)));
        }
        if !view.quiet.is_empty() {
            lines.push(("never", format!("in a month's {}", view.quiet.join(", "))));
        }
        let others =
            view.apply_to.iter().map(|(name, apply)| format!("{} on {name}", apply.word()));
        let apply = std::iter::once(view.apply.word().to_owned()).chain(others);
        lines.push(("applies", apply.collect::<Vec<_>>().join(", ")));
    }
    lines.push(("next look", view.next_told()));
    lines
}

/// `2026-10-05 06:30, Success: run 41 Success (12 changes)`
pub(super) fn last_told(last: &LookView, desk: &Desk<'_>) -> String {
    format!("{}, {}: {}", last.told(), desk.out.word(last.outcome), last.text)
}

fn due_times(view: &ScheduleView) -> Table {
    let mut table = Table::new(&["DUE", "FOR", "OUTCOME", "WHY NOT"], "");
    for one in view.due_times.iter().take(SHOWN) {
        let why = one.passed_over.map(PassedOver::words).unwrap_or_default();
        table.row([
            one.due.local.as_str().into(),
            one.kind.words().into(),
            one.outcome.map_or_else(|| "no look".into(), Into::into),
            why.into(),
        ]);
    }
    table
}
