//! What stands around the list of tab 1: the cards (R45, R46), what the month comes to, and the recent runs.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::{Line, Span},
};
use unicode_width::UnicodeWidthStr as _;

use crate::{
    console::{
        purpose::Purpose,
        screens::sync::runs,
        shell::Shell,
        theme::Theme,
        widgets::{
            frame,
            text::{ago, cut, separated, wrapped},
        },
    },
    domain::{
        currency::told,
        outcome::Outcome,
        run::{RunHeader, RunKind, Tally},
        text::thousands,
    },
    engine::views::{CardView, MonthSum, RunningView, StatusView, connection_title},
};

pub(crate) const CARD: u16 = 4;

pub(crate) fn draw_cards(frame: &mut Frame, area: Rect, status: &StatusView, shell: &Shell) {
    let count = status.cards.len().clamp(1, 4);
    let area = Rect { height: area.height.min(CARD), ..area };
    let places = Layout::horizontal(vec![Constraint::Fill(1); count]).spacing(1).split(area);
    for (card, place) in status.cards.iter().zip(places.iter()) {
        draw_card(frame, *place, card, shell);
    }
}

fn draw_card(frame: &mut Frame, area: Rect, card: &CardView, shell: &Shell) {
    let theme = &shell.theme;
    let title = match card.kind {
        RunKind::Customers => "Customers",
        RunKind::Products => "Products",
    };
    let target = connection_title(&card.target);
    let way = format!("{} to {target}", card.program);
    let room = usize::from(area.width).saturating_sub(title.len() + 7);
    // Where both have no room the target counts: there may be another.
    let way = if way.width() > room { format!("to {target}") } else { way };
    let way = format!(" {} ", cut(&way, room, theme));
    let block = frame::bordered(theme)
        .title(Line::styled(format!(" {title} "), theme.heading()))
        .title(Line::styled(way, theme.muted()).right_aligned())
        .padding(ratatui::widgets::Padding::horizontal(1));
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let width = usize::from(inside.width);
    let first = first_line(card, width, shell);
    frame::draw_lines(frame, inside, [first, state(card, width, shell)]);
}

/// How far it is; at the right, where a run failed since the last success, which one and when.
fn first_line(card: &CardView, width: usize, shell: &Shell) -> Line<'static> {
    let theme = &shell.theme;
    let text = synced(card, width, shell);
    let room = width.saturating_sub(text.width() + 2);
    let failed = card.failed_since().filter(|_| card.last_success.is_some());
    let failed = failed.and_then(|(run, at)| {
        let told = format!("#{} failed {}", run.id, ago(at, shell.now));
        let ways = [format!("last run {told}"), format!("run {told}"), told];
        ways.into_iter().find(|told| told.width() <= room)
    });
    let failed = failed.unwrap_or_default();
    let gap = " ".repeat(width.saturating_sub(text.width() + failed.width()));
    let style = theme.outcome(Outcome::Failure);
    Line::from(vec![
        Span::styled(text, theme.strong()),
        Span::raw(gap),
        Span::styled(failed, style),
    ])
}

/// How many of how many, of customers for which invoice, over all runs.
fn synced(card: &CardView, width: usize, shell: &Shell) -> String {
    let (done, of) = match so_far(card, shell) {
        Some(tally) => (tally.ok + tally.warned, card.done().1.max(tally.all())),
        None => card.done(),
    };
    let text = match (card.kind, card.invoices_told()) {
        (RunKind::Customers, Some([told, short])) => {
            let whole = format!("{done} of {of} synced for {told}");
            if whole.width() <= width {
                whole
            } else {
                format!("{done} of {of} synced for {short}")
            }
        }
        (RunKind::Customers, None) => format!("{done} of {of} customers synced"),
        (RunKind::Products, _) => format!("{done} of {of} in step"),
    };
    cut(&text, width, &shell.theme)
}

/// What failed and what warns, and how old the last success is: that stands at the right.
fn state(card: &CardView, width: usize, shell: &Shell) -> Line<'static> {
    let theme = &shell.theme;
    let age = match (&card.last_run, card.last_success) {
        (_, Some(then)) => ago(then, shell.now),
        // Where others got through, how long ago that was tells more than that somebody did not.
        (Some(run), None) if card.done().0 > 0 => {
            format!(
                "last run {}",
                run.finished_at.map_or_else(String::new, |at| ago(at, shell.now))
            )
        }
        (Some(_), None) => "no success yet".to_owned(),
        (None, None) => begun(card, shell).unwrap_or("No run yet").to_owned(),
    };
    // How old it is is never cut: where both have no room, the counts go without their words.
    let all = |spans: &[Span<'_>]| spans.iter().map(Span::width).sum::<usize>();
    let said = [true, false].map(|words| match so_far(card, shell) {
        Some(tally) => told_so_far(tally, words, theme),
        None => tallies(card, words, theme),
    });
    let fits = |spans: &Vec<Span<'_>>| all(spans) + age.width() <= width;
    let [with_words, bare] = said;
    let mut spans = if fits(&with_words) { with_words } else { bare };
    let told = all(&spans);
    let room = width.saturating_sub(told + 1);
    let whole = format!("last success {age}");
    // Which run that was matters where it was not the last.
    let good = card.last_good.filter(|_| card.failed_since().is_some());
    let named = good.map(|run| format!("last success #{run}, {age}"));
    let ways = named.into_iter().chain([whole]).filter(|_| card.last_success.is_some());
    let age =
        ways.into_iter().find(|way| way.width() <= room).unwrap_or_else(|| cut(&age, room, theme));
    let gap = width.saturating_sub(told + age.width());
    spans.push(Span::raw(" ".repeat(gap)));
    spans.push(Span::styled(age, theme.muted()));
    Line::from(spans)
}

fn is_of(run: &RunHeader, card: &CardView) -> bool {
    run.kind == card.kind && run.target == card.target
}

/// The run that is on, where no other of a card's kind has ended yet.
fn first_run<'a>(card: &CardView, shell: &'a Shell) -> Option<&'a RunHeader> {
    let running = shell.status.as_ref()?.running.as_ref()?;
    Some(&running.run).filter(|run| card.last_run.is_none() && is_of(run, card))
}

/// What that came to so far, as its own screen counts it.
fn so_far(card: &CardView, shell: &Shell) -> Option<Tally> {
    first_run(card, shell).map(tally_of)
}

fn tally_of(run: &RunHeader) -> Tally {
    match run.kind {
        RunKind::Customers => run.counts.customers,
        RunKind::Products => run.counts.products,
    }
}

/// What failed so far, and what warns.
fn told_so_far(tally: Tally, words: bool, theme: &Theme) -> Vec<Span<'static>> {
    let parts =
        [(tally.failed, Outcome::Failure, "failed"), (tally.warned, Outcome::Warning, "warned")];
    let mut spans = counts(parts, words, theme);
    if let Some(last) = spans.last_mut() {
        last.content = format!("{} so far  ", last.content.trim_end()).into();
    }
    spans
}

/// Counts of customers or products by how they ended, without those of nobody.
fn counts<const N: usize>(
    parts: [(u64, Outcome, &str); N],
    words: bool,
    theme: &Theme,
) -> Vec<Span<'static>> {
    let told = parts.into_iter().filter(|(count, ..)| *count > 0);
    let told = told.map(|(count, outcome, word)| {
        let word = if words { format!(" {word}") } else { String::new() };
        let text = format!("{} {count}{word}  ", theme.glyphs.outcome(outcome));
        Span::styled(text, theme.outcome(outcome))
    });
    told.collect()
}

/// Of a card that no run of its kind has ended for: that one is on, or was cut off.
fn begun(card: &CardView, shell: &Shell) -> Option<&'static str> {
    let status = shell.status.as_ref()?;
    if first_run(card, shell).is_some() {
        return Some("the first run is on");
    }
    let cut_off = status.unfinished.as_ref().filter(|run| is_of(run, card))?;
    let is_on = cut_off.finished_at.is_none() && shell.awaits(&Purpose::Resume);
    Some(if is_on { "the first run is being finished" } else { "the first run was cut off" })
}

/// How many failed and are not mended yet.
pub(crate) fn failing(card: &CardView) -> u64 {
    card.progress.as_ref().map_or(card.synced.failed, |progress| progress.failed.len() as u64)
}

/// What failed and is not mended yet, what was warned of and nobody has seen yet, and what no run came to since one broke
/// off.
fn tallies(card: &CardView, words: bool, theme: &Theme) -> Vec<Span<'static>> {
    let Tally { warned, not_attempted, .. } = card.synced;
    let (warned, unreached) = match &card.progress {
        Some(progress) => (progress.warned, progress.unreached),
        None => (warned, not_attempted),
    };
    let parts = [
        (failing(card), Outcome::Failure, "failed"),
        (warned, Outcome::Warning, "to look at"),
        (unreached, Outcome::NotAttempted, "not attempted"),
    ];
    let mut spans = counts(parts, words, theme);
    if spans.is_empty() && card.last_run.as_ref().is_some_and(|run| run.status != Outcome::Failure)
    {
        spans.push(Span::styled(format!("{} no errors  ", theme.glyphs.success), theme.good()));
    }
    spans
}

/// How far the run is that is on: the longest way to say it first.
fn how_far(on: &RunningView, shell: &Shell) -> Vec<String> {
    let id = on.run.id;
    let failed = tally_of(&on.run).failed;
    let glyph = shell.theme.glyphs.outcome(Outcome::Failure);
    let failed = |words: &str| match failed {
        0 => String::new(),
        failed => format!(", {glyph} {}{words}", thousands(failed)),
    };
    match shell.sent {
        Some((sent, of)) => {
            let sent = format!("{} of {}", thousands(sent), thousands(of));
            vec![
                format!("  #{id} {}: {sent} changes sent{}", runs::ON, failed(" failed so far")),
                format!("  #{id}: {sent} changes sent{}", failed(" failed so far")),
                format!("  #{id}: {sent} sent{}", failed("")),
            ]
        }
        None => vec![
            format!("  #{id} {}{}", runs::ON, failed(" failed so far")),
            format!("  #{id} {}", runs::ON),
        ],
    }
}

/// The runs in one line, what is on first, then the newest, each in the style of its outcome.
pub(crate) fn draw_recent(frame: &mut Frame, area: Rect, runs: &[RunHeader], shell: &Shell) {
    let theme = &shell.theme;
    let mut line = Line::from(Span::styled("Runs", theme.heading()));
    let on = shell.status.as_ref().and_then(|status| status.running.as_ref());
    if let Some(on) = on {
        let room = usize::from(area.width).saturating_sub(line.width());
        let ways = how_far(on, shell);
        let told = ways.iter().find(|way| way.width() <= room).or(ways.last());
        line.push_span(Span::styled(told.cloned().unwrap_or_default(), theme.accent()));
    }
    for run in runs.iter().filter(|run| on.is_none_or(|on| on.run.id != run.id)) {
        let (word, style) = frame::ended(run, theme);
        let text = match run.ended() {
            Some(status) => format!("  {} #{}", theme.glyphs.outcome(status), run.id),
            None => format!("  #{} {word}", run.id),
        };
        if line.width() + text.width() > usize::from(area.width) {
            break;
        }
        line.push_span(Span::styled(text, style));
    }
    let lead = "   5 opens them";
    if line.width() + lead.len() <= usize::from(area.width) {
        line.push_span(Span::styled(lead, theme.muted()));
    }
    frame.render_widget(line, area);
}

/// What the newest month comes to, each currency for itself, over as many lines as it takes.
pub(crate) fn month_lines(status: &StatusView, width: usize) -> Vec<String> {
    let sums = status.cards.iter().filter_map(|card| card.progress.as_ref());
    let sums = sums.flat_map(|progress| &progress.month_sums);
    sums.flat_map(|sum| wrapped(&month_told(sum), width)).collect()
}

/// `This month   invoiced 316,536.24 AUD = synced 158,214.71 + not linked 43,190.68`
fn month_told(sum: &MonthSum) -> String {
    let invoiced = told(separated(sum.invoiced), sum.currency.as_ref());
    let parts = sum.parts.iter().map(|part| (part.place.word(), part.amount));
    let missing = Some(("not accounted for", sum.balance)).filter(|(_, amount)| !amount.is_zero());
    let parts: Vec<String> = parts
        .chain(missing)
        .map(|(word, amount)| format!("{word} {}", separated(amount)))
        .collect();
    format!("This month   invoiced {invoiced} = {}", parts.join(" + "))
}

pub(crate) fn draw_month(frame: &mut Frame, area: Rect, status: &StatusView, theme: &Theme) {
    let lines = month_lines(status, area.width.into()).into_iter();
    frame::draw_lines(frame, area, lines.map(|line| Line::styled(line, theme.text())));
}
