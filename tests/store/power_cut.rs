//! Replays the log of a writing process up to random points, as if the power had failed there.
//!
//! The model: a sync of a file makes its content and size durable, and with them all earlier changes of names
//! (as a journal does). `sync_file_range` makes bytes durable only inside the size that is durable already. Of
//! everything else, nothing is kept (*worst*), or each write by chance (*random*). Run by `tests/power_cut/run`.

#![expect(clippy::print_stdout, reason = "the command prints its figures")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use super::{
    Store, folder,
    torture::{Model, last_step},
    wait,
};

enum Event {
    Wrote(u64, Vec<u8>),
    Resized(u64),
    Synced,
    RangeSynced(u64, u64),
    Created,
    Made,
    Moved(String),
    Removed,
    Confirmed(u64),
}

/// A record of the log, and where the next one begins.
fn event(log: &[u8]) -> Option<(String, Event, &[u8])> {
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0, |n, byte| n << 8 | u64::from(*byte));
    let size = |bytes: &[u8]| usize::try_from(number(bytes)).unwrap();
    let (head, rest) = log.split_at_checked(21)?;
    let (path, rest) = rest.split_at_checked(size(&head[1..5]))?;
    let (data, rest) = rest.split_at_checked(size(&head[13..21]))?;
    let offset = number(&head[5..13]);
    let event = match head[0] {
        b'W' => Event::Wrote(offset, data.to_vec()),
        b'T' => Event::Resized(offset),
        b'S' => Event::Synced,
        b'R' => Event::RangeSynced(offset, number(data)),
        b'C' => Event::Created,
        b'D' => Event::Made,
        b'M' => Event::Moved(String::from_utf8_lossy(data).into_owned()),
        b'U' => Event::Removed,
        b'A' => Event::Confirmed(offset),
        other => panic!("the log has an unknown record {other}"),
    };
    Some((String::from_utf8_lossy(path).into_owned(), event, rest))
}

struct Pending {
    at: usize,
    data: Vec<u8>,
    range_synced: bool,
}

#[derive(Default)]
struct File {
    durable: Vec<u8>,
    now: Vec<u8>,
    pending: Vec<Pending>,
    resized: Option<usize>,
}

/// Names of files by number, and of directories.
type Names = (BTreeMap<String, usize>, Vec<String>);

#[derive(Default)]
struct Machine {
    files: Vec<File>,
    names: Names,
    durable_names: Names,
    confirmed: u64,
}

fn lay(content: &mut Vec<u8>, at: usize, data: &[u8]) {
    content.resize(content.len().max(at + data.len()), 0);
    content[at..at + data.len()].copy_from_slice(data);
}

impl Machine {
    fn file(&mut self, path: &str) -> Option<&mut File> {
        let number = *self.names.0.get(path)?;
        self.files.get_mut(number)
    }

    fn take(&mut self, path: &str, event: Event) {
        match event {
            Event::Created => {
                self.names.0.insert(path.to_owned(), self.files.len());
                self.files.push(File::default());
            }
            Event::Made => self.names.1.push(path.to_owned()),
            Event::Removed => drop(self.names.0.remove(path)),
            Event::Moved(to) => self.rename(path, &to),
            Event::Confirmed(step) => self.confirmed = step,
            Event::Synced => {
                if let Some(file) = self.file(path) {
                    file.durable.clone_from(&file.now);
                    file.pending.clear();
                    file.resized = None;
                }
                self.durable_names = self.names.clone();
            }
            changed => {
                if let Some(file) = self.file(path) {
                    file.take(changed);
                }
            }
        }
    }

    /// A file, or a directory with all that is in it.
    fn rename(&mut self, from: &str, to: &str) {
        let moved = |name: &str| match name.strip_prefix(from) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{to}{rest}"),
            _ => name.to_owned(),
        };
        let (files, dirs) = &self.names;
        let files = files.iter().map(|(name, number)| (moved(name), *number)).collect();
        self.names = (files, dirs.iter().map(|name| moved(name)).collect());
    }

    /// What a machine finds that is switched on again: under `to` instead of under `from`.
    fn after_a_cut(&self, chance: Option<&mut fastrand::Rng>, from: &str, to: &Path) {
        let place = |path: &str| -> PathBuf {
            let rest = path.strip_prefix(from).unwrap_or_default();
            to.join(rest.trim_start_matches('/'))
        };
        let mut chance = chance;
        let names_kept = chance.as_mut().is_some_and(|chance| chance.bool());
        let names = if names_kept { &self.names } else { &self.durable_names };
        fs::create_dir_all(to).unwrap();
        for dir in &names.1 {
            fs::create_dir_all(place(dir)).unwrap();
        }
        for (path, number) in &names.0 {
            let content = self.files[*number].after_a_cut(chance.as_deref_mut());
            fs::create_dir_all(place(path).parent().unwrap()).unwrap();
            fs::write(place(path), content).unwrap();
        }
    }
}

impl File {
    fn take(&mut self, event: Event) {
        match event {
            Event::Wrote(at, data) => {
                let at = usize::try_from(at).unwrap();
                lay(&mut self.now, at, &data);
                self.pending.push(Pending { at, data, range_synced: false });
            }
            Event::Resized(length) => {
                let length = usize::try_from(length).unwrap();
                self.now.resize(length, 0);
                self.resized = Some(length);
            }
            Event::RangeSynced(at, length) => {
                let (from, to) =
                    (usize::try_from(at).unwrap(), usize::try_from(at + length).unwrap());
                for write in &mut self.pending {
                    write.range_synced |= write.at >= from && write.at + write.data.len() <= to;
                }
            }
            _ => {}
        }
    }

    fn after_a_cut(&self, mut chance: Option<&mut fastrand::Rng>) -> Vec<u8> {
        let mut kept = || chance.as_mut().is_some_and(|chance| chance.bool());
        let mut content = self.durable.clone();
        if let Some(length) = self.resized.filter(|_| kept()) {
            content.resize(length, 0);
        }
        for Pending { at, data, range_synced } in &self.pending {
            let inside = content.len().saturating_sub(*at).min(data.len());
            if kept() {
                lay(&mut content, *at, data);
            } else if *range_synced {
                lay(&mut content, *at, &data[..inside]);
            }
        }
        content
    }
}

/// What opening after a cut comes to.
fn verdict(dir: &Path, confirmed: u64, slots: u64) -> &'static str {
    let store = match Store::open(dir) {
        Ok(store) => store,
        Err(error) => {
            println!("power cuts: {error}");
            return "does not open";
        }
    };
    let sound = wait(store.verify()).is_ok_and(|report| report.problems.is_empty());
    let step = last_step(&store);
    match () {
        () if step < confirmed => "lost confirmed work",
        () if !sound || !Model::at(step, slots).is_in(&store) => "wrong content",
        () => "right",
    }
}

/// Cuts the power so many times in each model of loss, and prints what was found.
pub fn replay(kind: &str, slots: u64, cuts: usize) {
    super::torture::keep_quiet_about_the_database();
    let log = fs::read(std::env::var("POWER_CUT_LOG").unwrap()).unwrap();
    let root = std::env::var("POWER_CUT_ROOT").unwrap();
    let records = std::iter::successors(event(&log), |(_, _, rest)| event(rest)).count();
    for model in ["worst", "random"] {
        let mut random = fastrand::Rng::with_seed(5);
        let mut points: Vec<usize> = (0..cuts).map(|_| random.usize(1..=records)).collect();
        points.sort_unstable();
        let mut machine = Machine::default();
        let (mut rest, mut done) = (log.as_slice(), 0);
        let mut verdicts: BTreeMap<&str, u32> = BTreeMap::new();
        for point in points {
            while done < point {
                let (path, event, after) = event(rest).unwrap();
                machine.take(&path, event);
                (rest, done) = (after, done + 1);
            }
            let dir = folder();
            let found = dir.path().join("data");
            machine.after_a_cut((model == "random").then_some(&mut random), &root, &found);
            *verdicts.entry(verdict(&found, machine.confirmed, slots)).or_default() += 1;
        }
        println!(
            "power cuts, {kind}, {model}: {verdicts:?} of {cuts}; {records} records logged, {} steps confirmed",
            machine.confirmed
        );
    }
}
