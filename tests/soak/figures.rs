//! What is measured after each month, and what must not grow.

use std::{fmt, fs, path::Path};

use prism_connect::domain::run::RunReport;

/// Months until everything is warm: caches are full, every kind of request was made.
const WARM: usize = 6;

/// After one month.
#[derive(Clone, Debug)]
pub struct Month {
    name: String,
    seconds: f64,
    writes: u64,
    rows: u64,
    memory_kib: u64,
    handles: u64,
    store_kib: u64,
}

impl Month {
    /// Measures this process and its store.
    pub fn measured(name: String, (report, seconds): (&RunReport, f64), store: &Path) -> Self {
        let subscriptions = report.customers.iter().map(|customer| customer.subscriptions.len());
        Self {
            name,
            seconds,
            writes: report.header.counts.writes,
            rows: subscriptions.sum::<usize>() as u64,
            memory_kib: status("VmRSS:"),
            handles: fs::read_dir("/proc/self/fd").map_or(0, Iterator::count) as u64,
            store_kib: size(store) / 1024,
        }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}  {:7.1}  {:6}  {:5}  {:10}  {:7}  {:9}",
            self.name,
            self.seconds,
            self.writes,
            self.rows,
            self.memory_kib,
            self.handles,
            self.store_kib
        )
    }
}

fn status(name: &str) -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn size(path: &Path) -> u64 {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(data) if data.is_dir() => size(&entry.path()),
            Ok(data) => data.len(),
            Err(_) => 0,
        })
        .sum()
}

/// All months.
#[derive(Debug, Default)]
pub struct Figures {
    months: Vec<Month>,
    faults: Vec<String>,
}

impl Figures {
    pub const HEADING: &str = "month    seconds  writes   rows  memory KiB  handles  store KiB";

    pub fn add(&mut self, month: Month) {
        self.months.push(month);
    }

    pub fn fault(&mut self, fault: String) {
        self.faults.push(fault);
    }

    /// The two halves of what came after the warm months.
    fn halves(&self) -> Option<(&[Month], &[Month])> {
        let warm = self.months.get(WARM..).filter(|warm| warm.len() >= 4)?;
        Some(warm.split_at(warm.len() / 2))
    }

    /// KiB of store for each outcome row of these months.
    fn store_per_row(&self, months: &[Month]) -> f64 {
        let first = self.months.iter().position(|one| one.name == months[0].name).unwrap_or(0);
        let before = self.months[first.saturating_sub(1)].store_kib;
        let rows: u64 = months.iter().map(|month| month.rows).sum();
        let last = months.last().map_or(before, |month| month.store_kib);
        float(last.saturating_sub(before)) / float(rows.max(1))
    }

    /// What is not flat, with what went wrong on the way.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = self.faults.clone();
        let Some((early, late)) = self.halves() else { return faults };
        let most =
            |months: &[Month], of: fn(&Month) -> u64| months.iter().map(of).max().unwrap_or(0);
        let (before, after) = (most(early, |one| one.memory_kib), most(late, |one| one.memory_kib));
        if float(after) > float(before) * 1.1 + 4096.0 {
            faults.push(format!("memory grew from {before} to {after} KiB"));
        }
        let (before, after) = (most(early, |one| one.handles), most(late, |one| one.handles));
        if after > before + 2 {
            faults.push(format!("file handles grew from {before} to {after}"));
        }
        let (before, after) = (self.store_per_row(early), self.store_per_row(late));
        if after > before * 1.5 + 0.25 {
            faults.push(format!("the store grew by {before:.2}, later by {after:.2} KiB a row"));
        }
        faults
    }

    /// In one line.
    pub fn summary(&self) -> String {
        let Some((early, late)) = self.halves() else {
            return "too few months to judge".to_owned();
        };
        let (first, last) = (&early[0], &late[late.len() - 1]);
        format!(
            "from {} to {}: memory {} → {} KiB, handles {} → {}, store {:.2} → {:.2} KiB a row",
            first.name,
            last.name,
            first.memory_kib,
            last.memory_kib,
            first.handles,
            last.handles,
            self.store_per_row(early),
            self.store_per_row(late),
        )
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures to look at")]
fn float(number: u64) -> f64 {
    number as f64
}
