//! The words of what is told outside: plain text, 72 columns wide, with the link alone on its line.
//!
//! Pure. It must not know who reads it, nor by which way.

use chrono::{DateTime, NaiveDate, Utc};
use unicode_width::UnicodeWidthStr as _;

use crate::{
    domain::{
        RunId,
        outcome::Outcome,
        run::{Ledger, RunHeader, RunKind, Tally},
        text::{thousands, visible},
    },
    engine::outbox::occasion::{BillChange, BreakGlass, PlanWaits},
};

/// As wide as a letter is.
const WIDTH: usize = 72;

/// So many customers are named; the rest is counted.
pub(crate) const NAMED: usize = 20;

/// So many invoices stand in a subject.
const INVOICES: usize = 3;

/// What every letter says beside what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Such as `PROD`.
    pub environment: String,
    pub installation: String,
    /// The host that one comes to the program through.
    pub ssh: Option<String>,
    /// The provider's page of a run.
    pub web: Option<String>,
    /// Number and hash of the newest entry of the audit trail.
    pub anchor: Option<(u64, String)>,
}

/// What is told, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Words {
    pub subject: String,
    pub text: String,
}

/// A customer or product of a run, with the first thing to say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub who: String,
    pub text: String,
}

/// What there is to say about a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RunFacts {
    pub header: RunHeader,
    /// What the target is called.
    pub target: String,
    /// The first of each.
    pub failed: Vec<Named>,
    pub warned: Vec<Named>,
    pub ledgers: Vec<Ledger>,
    /// What to do first.
    pub advice: Option<String>,
}

/// What there is to say about a week.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct WeekFacts {
    /// Runs that ended, by outcome.
    pub runs: Vec<(Outcome, u64)>,
    /// Changes that were written.
    pub writes: u64,
    pub last_success: Option<DateTime<Utc>>,
    pub next_look: Option<String>,
    /// What stays as it is, however often it is tried.
    pub again: Vec<String>,
    pub more_again: usize,
    /// Messages that nobody took.
    pub unsent: u64,
}

pub(crate) fn of_run(frame: &Frame, facts: &RunFacts) -> Words {
    let header = &facts.header;
    let mut page = Page::new();
    let attempt = match header.attempt {
        1 => String::new(),
        more => format!(", attempt {more}"),
    };
    let tally = tally(header);
    let things = things(header.kind);
    let mut outcome =
        format!("Run {}{attempt} on {} ended with {}.", header.id, facts.target, header.status);
    if tally.all() > 0 {
        let all = thousands(tally.all());
        outcome.push_str(&format!(" Of {all} {things}: {}.", tally.words()));
    }
    let writes = header.counts.writes;
    outcome.push_str(&match writes {
        0 => " Nothing was written.".to_owned(),
        1 => " 1 change was written.".to_owned(),
        more => format!(" {} changes were written.", thousands(more)),
    });
    if header.counts.writes_earlier > 0 {
        outcome.push_str(&format!(" By this attempt: {}.", header.counts.sent_words()));
    }
    page.paragraph(&outcome);
    if let Some(message) = &header.message {
        page.paragraph(&message.text);
    }
    let advice = facts.advice.as_deref().unwrap_or("Look at the run: the command below opens it.");
    page.paragraph(&format!("What to do first: {advice}"));
    let failed = list("Failed", &facts.failed, tally.failed, NAMED, &mut page);
    list("To be looked at", &facts.warned, tally.warned, NAMED - failed, &mut page);
    for ledger in &facts.ledgers {
        page.paragraph(&ledger_line(ledger));
    }
    page.link(frame, &format!("open run {}", header.id), Some(header.id));
    let number = match header.status {
        Outcome::Failure if tally.failed > 0 => Some(tally.failed),
        Outcome::Warning if tally.warned > 0 => Some(tally.warned),
        _ => None,
    };
    let of = number
        .map(|number| format!("{} of {} {things}", thousands(number), thousands(tally.all())));
    let about = [Some(header.status.to_string()), of, invoices(&header.invoices)];
    let about: Vec<String> = about.into_iter().flatten().collect();
    let about = if about.len() == 1 {
        format!("{}, run {}", about[0], header.id)
    } else {
        about.join(", ")
    };
    page.end(frame, &about)
}

pub(crate) fn of_plan(frame: &Frame, plan: &PlanWaits, target: &str) -> Words {
    let mut page = Page::new();
    let contracts = match plan.contracts {
        1 => "1 contract".to_owned(),
        more => format!("{} contracts", thousands(more)),
    };
    page.paragraph(&format!(
        "Plan {} on {target} waits to be approved: it writes to {contracts}, and nothing of it is written before. {} made it.",
        plan.number, plan.author
    ));
    if !plan.money.is_empty() {
        let one = |change: &BillChange| change.change.in_currency(change.currency.as_ref());
        let all: Vec<String> = plan.money.iter().map(one).collect();
        page.paragraph(&format!("The monthly bills change by {}.", all.join(", ")));
    }
    let reasons: Vec<Named> =
        plan.reasons.iter().map(|text| Named { who: String::new(), text: text.clone() }).collect();
    list("Why it waits", &reasons, reasons.len() as u64, NAMED, &mut page);
    page.paragraph(&format!("It expires at {} UTC.", plan.expires.format("%Y-%m-%d %H:%M")));
    page.link(frame, &format!("open approval {}", plan.number), None);
    let about =
        [Some(format!("Plan {} waits for approval", plan.number)), invoices(&plan.invoices)];
    page.end(frame, &about.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

pub(crate) fn of_break_glass(frame: &Frame, plan: &BreakGlass, target: &str) -> Words {
    let mut page = Page::new();
    page.paragraph(&format!(
        "{} approved plan {} on {target} at {} UTC without being an approver. {} had made it.",
        plan.approver,
        plan.number,
        plan.at.format("%Y-%m-%d %H:%M"),
        plan.author
    ));
    page.paragraph(&format!("Their reason: {}", plan.reason));
    page.paragraph(
        "What to do first: look at the plan, and ask them. It stays marked for 90 days.",
    );
    page.link(frame, &format!("open approval {}", plan.number), None);
    page.end(frame, &format!("Plan {} was approved by break-glass", plan.number))
}

pub(crate) fn of_no_success(frame: &Frame, since: DateTime<Utc>, last: Option<&str>) -> Words {
    let mut page = Page::new();
    let since = since.format("%Y-%m-%d %H:%M");
    page.paragraph(&format!("No look of the schedule has succeeded since {since} UTC."));
    if let Some(last) = last {
        page.paragraph(&format!("The last one came to: {last}"));
    }
    page.paragraph(
        "What to do first: mend what it names, then look again: `prism-connect schedule run-now`.",
    );
    page.link(frame, "schedule show", None);
    page.end(frame, &format!("Failure, no look succeeded since {since} UTC"))
}

pub(crate) fn of_week(frame: &Frame, week: NaiveDate, facts: &WeekFacts) -> Words {
    let mut page = Page::new();
    let first = week - chrono::Days::new(6);
    let all: u64 = facts.runs.iter().map(|(_, number)| number).sum();
    let by: Vec<String> = facts
        .runs
        .iter()
        .map(|(outcome, number)| format!("{} {outcome}", thousands(*number)))
        .collect();
    let runs = match (all, by.is_empty()) {
        (0, _) | (_, true) => "There was no run.".to_owned(),
        (1, false) => format!("There was 1 run: {}.", by.join(", ")),
        (more, false) => format!("There were {} runs: {}.", thousands(more), by.join(", ")),
    };
    let writes = match facts.writes {
        0 => "Nothing was written.".to_owned(),
        1 => "1 change was written.".to_owned(),
        more => format!("{} changes were written.", thousands(more)),
    };
    page.paragraph(&format!("From {first} to {week}. {runs} {writes}"));
    let last = facts.last_success.map(|at| at.format("%Y-%m-%d %H:%M UTC").to_string());
    page.paragraph(&format!(
        "The last success: {}.",
        last.unwrap_or_else(|| "none yet".to_owned())
    ));
    if let Some(next) = &facts.next_look {
        page.paragraph(&format!("The next look: {next}."));
    }
    let again: Vec<Named> =
        facts.again.iter().map(|text| Named { who: String::new(), text: text.clone() }).collect();
    let number = again.len() + facts.more_again;
    list("Still the same", &again, number as u64, NAMED, &mut page);
    match facts.unsent {
        0 => {}
        1 => page.paragraph("1 message was taken by nobody: `prism-connect mail show`."),
        more => page.paragraph(&format!(
            "{} messages were taken by nobody: `prism-connect mail show`.",
            thousands(more)
        )),
    }
    page.link(frame, "status", None);
    page.end(
        frame,
        &format!(
            "Week to {week}, {}",
            by.first().map_or("no run".to_owned(), |_| format!("{all} runs"))
        ),
    )
}

/// So much of a text is remembered.
const ONE_LINE: usize = 200;

/// A text on one line, and not too long.
pub(crate) fn one_line(text: &str) -> String {
    let text = visible(text);
    match text.char_indices().nth(ONE_LINE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// A letter that only tries whether letters arrive.
pub(crate) fn of_test(frame: &Frame, actor: &str) -> Words {
    let mut page = Page::new();
    page.paragraph(&format!("{actor} tries whether mail of this installation arrives. It does."));
    page.link(frame, "mail show", None);
    page.end(frame, "Test")
}

fn tally(header: &RunHeader) -> Tally {
    match header.kind {
        RunKind::Customers => header.counts.customers,
        RunKind::Products => header.counts.products,
    }
}

fn things(kind: RunKind) -> &'static str {
    match kind {
        RunKind::Customers => "customers",
        RunKind::Products => "products",
    }
}

fn invoices(all: &[String]) -> Option<String> {
    let first: Vec<&str> = all.iter().take(INVOICES).map(String::as_str).collect();
    match all.len().saturating_sub(INVOICES) {
        _ if first.is_empty() => None,
        0 => Some(first.join(", ")),
        more => Some(format!("{} and {more} more", first.join(", "))),
    }
}

/// Some by name, and how many there are; how many were named.
fn list(head: &str, some: &[Named], all: u64, room: usize, page: &mut Page) -> usize {
    if all == 0 || some.is_empty() {
        return 0;
    }
    page.line(&format!("{head} ({}):", thousands(all)), "");
    let named = some.len().min(room);
    for Named { who, text } in some.iter().take(named) {
        let text = if who.is_empty() { text.clone() } else { format!("{who}: {text}") };
        page.item(&text);
    }
    let more = all - (named as u64).min(all);
    if more > 0 {
        page.item(&format!("and {} more", thousands(more)));
    }
    page.blank();
    named
}

/// `Ledger of INV0104233: 12,345.00 AUD billed; synced 12,000.00, failed 345.00`
fn ledger_line(ledger: &Ledger) -> String {
    let currency = ledger.currency.as_ref();
    let parts = ledger.parts();
    let parts: Vec<String> = parts
        .iter()
        .map(|part| format!("{} {}", part.place.word(), part.amount.separated()))
        .collect();
    let billed = ledger.subtotal.in_currency(currency);
    let balance = if ledger.balance.is_zero() {
        String::new()
    } else {
        format!(", unbalanced {}", ledger.balance.separated())
    };
    format!("Ledger of {}: {billed} billed; {}{balance}.", ledger.invoice, parts.join(", "))
}

/// A text in the making.
struct Page {
    text: String,
}

impl Page {
    fn new() -> Self {
        Self { text: String::new() }
    }

    fn blank(&mut self) {
        self.text.push('\n');
    }

    /// Broken where it is too wide; what goes on stands below its beginning.
    fn line(&mut self, text: &str, indent: &str) {
        let text = visible(text);
        let mut line = String::new();
        for word in text.split_whitespace() {
            let mut word = word.to_owned();
            let wide =
                |line: &str, word: &str| indent.width() + line.width() + 1 + word.width() > WIDTH;
            if !line.is_empty() && wide(&line, &word) {
                self.put(indent, &std::mem::take(&mut line));
            }
            // One that fits on no line is broken: a letter's lines have an end.
            while line.is_empty() && indent.width() + word.width() > WIDTH {
                let mut cut = String::new();
                let mut letters = word.chars();
                while indent.width() + cut.width() < WIDTH - 1 {
                    let Some(letter) = letters.next() else { break };
                    cut.push(letter);
                }
                let rest: String = letters.collect();
                self.put(indent, &cut);
                word = rest;
            }
            if !line.is_empty() && !word.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
        }
        if !line.is_empty() {
            self.put(indent, &line);
        }
    }

    fn put(&mut self, indent: &str, line: &str) {
        self.text.push_str(indent);
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn paragraph(&mut self, text: &str) {
        self.line(text, "");
        self.blank();
    }

    fn item(&mut self, text: &str) {
        let before = self.text.len();
        self.line(text, "    ");
        // The first line of an item stands out.
        if self.text[before..].starts_with("    ") {
            self.text.replace_range(before..before + 4, "  - ");
        }
    }

    /// What opens it, alone on its line however wide: it is copied whole.
    fn link(&mut self, frame: &Frame, command: &str, run: Option<RunId>) {
        let command = format!("prism-connect {command}");
        let command = match &frame.ssh {
            Some(host) => format!("ssh {host} -t {command}"),
            None => command,
        };
        self.text.push_str(&format!("{command}\n\n"));
        if let (Some(web), Some(run)) = (&frame.web, run) {
            self.text
                .push_str(&format!("{}\n\n", visible(&web.replace("{run}", &run.to_string()))));
        }
    }

    fn end(mut self, frame: &Frame, about: &str) -> Words {
        self.text.push_str("-- \n");
        self.line(
            &format!(
                "prism-connect {}, installation {}",
                env!("CARGO_PKG_VERSION"),
                frame.installation
            ),
            "",
        );
        if let Some((number, seal)) = &frame.anchor {
            let seal: String = seal.chars().take(16).collect();
            self.line(&format!("audit {number} {seal}"), "");
        }
        let subject = format!("[{}] prism-connect: {about}", frame.environment);
        Words { subject: visible(&subject), text: self.text }
    }
}

#[cfg(test)]
mod tests;
