//! The history of runs, row by row (R47–R49).

use std::cmp::Ordering;

use ratatui::text::{Line, Span};

use crate::{
    console::{
        list_tools,
        listing::{Listing, Row},
        shell::Shell,
        widgets::{
            frame,
            table::{Cell, Column},
            text::{ago, counted},
        },
    },
    domain::run::{RunHeader, RunKind},
};

impl Row for RunHeader {
    fn key(&self) -> String {
        self.id.to_string()
    }

    fn text(&self) -> String {
        format!("#{} {} {} {}", self.id, kind(self), self.status, self.invoices.join(" "))
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        let (ours, theirs) = (&self.counts, &other.counts);
        match column {
            1 => self.started_at.cmp(&other.started_at),
            2 => kind(self).cmp(kind(other)),
            3 => self.status.cmp(&other.status),
            4 => customers(self).cmp(&customers(other)),
            5 => failed(self).cmp(&failed(other)),
            6 => ours.writes.cmp(&theirs.writes),
            7 => ours.requests.cmp(&theirs.requests),
            8 => self.actor.cmp(&other.actor),
            9 => self.invoices.cmp(&other.invoices),
            _ => self.id.cmp(&other.id),
        }
    }
}

/// The word for what a run was about.
pub fn kind(run: &RunHeader) -> &'static str {
    match run.kind {
        RunKind::Products => "products",
        RunKind::Customers => "customers",
    }
}

/// A run in one line of text.
pub fn told(run: &RunHeader) -> String {
    let message = run.message.as_ref().map_or_else(String::new, |m| format!(": {}", m.text));
    format!("Run #{} ({}) {}{message}", run.id, kind(run), run.status)
}

fn customers(run: &RunHeader) -> u64 {
    match run.kind {
        RunKind::Customers => run.counts.customers.all(),
        RunKind::Products => run.counts.products.all(),
    }
}

fn failed(run: &RunHeader) -> u64 {
    match run.kind {
        RunKind::Customers => run.counts.customers.failed,
        RunKind::Products => run.counts.products.failed,
    }
}

/// The selected run in words: what it did, what it said, what to press.
pub fn detail(run: &RunHeader, shell: &Shell) -> [Line<'static>; 3] {
    let theme = &shell.theme;
    let separator = theme.glyphs.separator;
    let tally = match run.kind {
        RunKind::Customers => run.counts.customers,
        RunKind::Products => run.counts.products,
    };
    let when = ago(run.finished_at.unwrap_or(run.started_at), shell.now);
    let (word, style) = frame::ended(run, theme);
    let first = Line::from(vec![
        Span::styled(word, style),
        Span::raw(format!(
            " {when}{separator}{}{separator}{}",
            tally.words(),
            counted(run.counts.writes, "write", "writes")
        )),
    ]);
    let note = run.note.as_ref().map_or_else(String::new, |note| format!("{separator}“{note}”"));
    let second =
        format!("by {} ({}){separator}{}{note}", run.actor, run.trigger, run.invoices.join(" "));
    let message = run.message.as_ref().map(|message| message.text.clone()).unwrap_or_default();
    [first, Line::styled(second, theme.muted()), Line::styled(message, theme.warn())]
}

/// The columns.
pub const RUNS: &[Column<RunHeader>] = &[
    Column {
        title: "Run",
        least: 6,
        share: 0,
        priority: 0,
        right: true,
        searched: true,
        cell: |run, _| Cell::plain(format!("#{}", run.id)),
    },
    Column {
        title: "When (UTC)",
        least: 16,
        share: 1,
        priority: 0,
        right: false,
        searched: false,
        cell: |run, _| Cell::plain(run.started_at.format("%Y-%m-%d %H:%M").to_string()),
    },
    Column {
        title: "Kind",
        least: 9,
        share: 0,
        priority: 2,
        right: false,
        searched: false,
        cell: |run, _| Cell::plain(kind(run)),
    },
    Column {
        title: "Status",
        least: 15,
        share: 0,
        priority: 0,
        right: false,
        searched: false,
        cell: |run, theme| {
            let (word, style) = frame::ended(run, theme);
            Cell::styled(word, style)
        },
    },
    Column {
        title: "Synced",
        least: 7,
        share: 0,
        priority: 0,
        right: true,
        searched: false,
        cell: |run, _| Cell::plain(customers(run).to_string()),
    },
    Column {
        title: "Failed",
        least: 7,
        share: 0,
        priority: 0,
        right: true,
        searched: false,
        cell: |run, theme| match failed(run) {
            0 => Cell::styled("0", theme.muted()),
            count => Cell::styled(count.to_string(), theme.bad()),
        },
    },
    Column {
        title: "Writes",
        least: 7,
        share: 0,
        priority: 1,
        right: true,
        searched: false,
        cell: |run, _| Cell::plain(run.counts.writes.to_string()),
    },
    Column {
        title: "Requests",
        least: 8,
        share: 0,
        priority: 4,
        right: true,
        searched: false,
        cell: |run, theme| Cell::styled(run.counts.requests.to_string(), theme.muted()),
    },
    Column {
        title: "By",
        least: 10,
        share: 1,
        priority: 5,
        right: false,
        searched: false,
        cell: |run, theme| Cell::styled(run.actor.clone(), theme.muted()),
    },
    Column {
        title: "Invoices",
        least: 12,
        share: 1,
        priority: 3,
        right: false,
        searched: true,
        cell: |run, theme| Cell::styled(run.invoices.join(" "), theme.muted()),
    },
];

/// Saves the rows shown.
pub fn export(list: &Listing<RunHeader>, shell: &mut Shell) {
    let rows = list.shown().map(|run| {
        [
            run.id.to_string(),
            run.started_at.to_rfc3339(),
            kind(run).to_owned(),
            run.status.to_string(),
            customers(run).to_string(),
            failed(run).to_string(),
            run.counts.writes.to_string(),
            run.invoices.join(" "),
        ]
    });
    let head = ["run", "started", "kind", "status", "synced", "failed", "writes", "invoices"];
    list_tools::save_csv(shell, "runs", &head, rows);
}
