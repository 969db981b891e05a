//! The history of runs, row by row (R47–R49).

use std::cmp::Ordering;

use crate::{
    console::{
        listing::{Listing, Row},
        screens::forms,
        shell::Shell,
        widgets::{
            frame,
            table::{Cell, Column},
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
            2 => kind(self).cmp(kind(other)),
            3 => self.status.cmp(&other.status),
            4 => ours.customers.attempted.cmp(&theirs.customers.attempted),
            5 => ours.customers.failed.cmp(&theirs.customers.failed),
            6 => ours.writes.cmp(&theirs.writes),
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
        RunKind::Customers => run.counts.customers.attempted,
        RunKind::Products => run.counts.products.attempted,
    }
}

fn failed(run: &RunHeader) -> u64 {
    match run.kind {
        RunKind::Customers => run.counts.customers.failed,
        RunKind::Products => run.counts.products.failed,
    }
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
        title: "When",
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
        least: 12,
        share: 0,
        priority: 0,
        right: false,
        searched: false,
        cell: |run, theme| match run.finished_at {
            Some(_) => Cell::styled(frame::outcome(run.status, theme), theme.outcome(run.status)),
            None => Cell::styled("unfinished", theme.warn()),
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
    forms::save_csv(shell, "runs", &head, rows);
}
