//! `status`: what a card shows.

use super::{
    connect,
    desk::Desk,
    exit::Exit,
    failure::Failure,
    runs, schedule,
    words::{count, time},
};
use crate::engine::{
    protocol::command,
    views::{ApprovalsView, CardView, ScheduleView, StatusView, connection_title},
};

pub(super) async fn run(desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let status = desk.ask(command::Status).await?;
    if desk.out.is_json() {
        desk.out.json(&status)?;
        return Ok(Exit::Done);
    }
    connections(&status, desk)?;
    if let Some(view) = &status.environments {
        desk.out.line(connect::told(view))?;
    }
    for step in status.setup.iter().filter(|step| !step.done) {
        desk.out.line(format!("to do: {}", step.text))?;
    }
    status.cards.iter().try_for_each(|card| self::card(card, desk))?;
    let (all, mapped, on) = status.customers;
    desk.out.line(format!("{all} tenants, {mapped} linked, {on} with sync on"))?;
    if let Some(running) = &status.running {
        let total = running.total.map(|total| format!(" of {total}")).unwrap_or_default();
        desk.out.line(format!(
            "run {} is on: {}{total}, {}",
            running.run.id, running.done, running.text
        ))?;
    }
    if let Some(run) = &status.unfinished {
        desk.out.line(format!(
            "run {} was cut off: the next start of the console, or the next sync, finishes it first",
            run.id
        ))?;
    }
    if let Some(view) = &status.schedule {
        scheduled(view, desk)?;
    }
    if let Some(view) = &status.approvals {
        approvals(view, desk)?;
    }
    attention(&status, desk)?;
    desk.out.line("")?;
    desk.out.table(&runs::table(&status.recent))?;
    Ok(Exit::Done)
}

fn connections(status: &StatusView, desk: &mut Desk<'_>) -> Result<(), Failure> {
    for one in &status.connections {
        let state = connect::state(&one.state);
        let plain = if one.plain_http { ", by plain http" } else { "" };
        desk.out.line(format!("{} ({}{plain}): {state}", one.name, one.environment))?;
    }
    Ok(())
}

fn card(card: &CardView, desk: &mut Desk<'_>) -> Result<(), Failure> {
    let (done, of) = card.done();
    let invoice = card.invoices_told().map(|[told, _]| format!(" for {told}")).unwrap_or_default();
    let left = match card.synced.not_attempted {
        0 => String::new(),
        number => format!(", {number} not attempted"),
    };
    let good = card.last_good.map_or_else(String::new, |run| format!(" (run {run})"));
    let run = card.last_run.as_ref().map_or_else(String::new, |run| format!(" {}:", run.id));
    let last = card.last_success.map_or_else(
        || card.without_success().to_owned(),
        |at| format!("last success {}{good}", time(at)),
    );
    desk.out.line(format!(
        "{} {} on {}: {done} of {of} synced{invoice}; last run{run} {} warned, {} failed{left}; {last}",
        card.program,
        runs::kind(card.kind),
        connection_title(&card.target),
        card.synced.warned,
        card.synced.failed,
    ))
}

/// What is done while nobody looks.
fn scheduled(view: &ScheduleView, desk: &mut Desk<'_>) -> Result<(), Failure> {
    desk.out.line(format!("next look: {}", view.next_told()))?;
    if let Some(last) = &view.last {
        let told = schedule::last_told(last, desk);
        desk.out.line(format!("last look: {told}"))?;
    }
    view.passed_over_told().map_or(Ok(()), |told| desk.out.line(format!("no look: {told}")))
}

/// What waits until somebody else has looked at it.
fn approvals(view: &ApprovalsView, desk: &mut Desk<'_>) -> Result<(), Failure> {
    if let Some(first) = view.first_expires {
        let verb = if view.waiting == 1 { "waits" } else { "wait" };
        desk.out.line(format!(
            "{} {verb} for approval, the first until {}: `prism-connect approvals list`",
            count(view.waiting, "plan"),
            time(first)
        ))?;
    }
    if view.due > 0 {
        desk.out.line(format!("{} approved and still to be applied", count(view.due, "plan")))?;
    }
    for one in &view.broken_glass {
        let (number, who, at) = (one.number, &one.who, time(one.at));
        desk.out
            .line(format!("break-glass: {who} approved plan {number} at {at}: {}", one.reason))?;
    }
    Ok(())
}

/// A text with its amount as a sentence of its own, whether the text ends as one or is a server's.
fn with_amount(text: &str, amount: Option<&str>) -> String {
    match amount {
        Some(amount) => format!("{}. Amount: {amount}.", text.trim_end_matches('.')),
        None => text.to_owned(),
    }
}

/// Three lines an entry: its text and advice are too long for a table, and its id is copied into `ack`.
fn attention(status: &StatusView, desk: &mut Desk<'_>) -> Result<(), Failure> {
    if status.attention.is_empty() {
        return Ok(());
    }
    desk.out.line("")?;
    desk.out.line("Needs attention (`prism-connect ack ID` marks a warning as seen):")?;
    for one in &status.attention {
        let word = desk.out.word(one.outcome);
        let indent = " ".repeat(one.outcome.word().len() + 4);
        let amount = one.amount.map(|amount| amount.in_currency(one.currency.as_ref()));
        desk.out.line(format!("  {word}  {}", with_amount(&one.text, amount.as_deref())))?;
        desk.out.line(format!("{indent}{}", one.advice))?;
        desk.out.line(format!("{indent}{}", one.id))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("It failed.", Some("1.00 AUD"), "It failed. Amount: 1.00 AUD.")]
    #[case("multiple matches", Some("1.00 AUD"), "multiple matches. Amount: 1.00 AUD.")]
    #[case("multiple matches", None, "multiple matches")]
    fn an_amount_is_a_sentence_of_its_own(
        #[case] text: &str,
        #[case] amount: Option<&str>,
        #[case] told: &str,
    ) {
        assert_eq!(with_amount(text, amount), told);
    }
}
