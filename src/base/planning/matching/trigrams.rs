//! Names by the runs of three letters in them, so that a misspelt one is found without comparing all.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Runs of letters that more names than this share tell nothing.
const COMMON: usize = 400;
/// How many of a name's rarest runs are looked up.
const LOOKED_UP: usize = 10;
/// How many names are compared letter by letter.
const COMPARED: usize = 24;

pub(super) struct Trigrams(HashMap<String, Vec<usize>>);

impl Trigrams {
    pub(super) fn new<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let mut index = HashMap::<String, Vec<usize>>::new();
        for (at, name) in names.enumerate() {
            for run in runs(name) {
                index.entry(run).or_default().push(at);
            }
        }
        Self(index)
    }

    /// The names that share most of this one's rare runs.
    pub(super) fn like(&self, name: &str) -> Vec<usize> {
        let mut lists: Vec<(usize, String)> = runs(name)
            .into_iter()
            .filter_map(|run| self.0.get(&run).map(|list| (list.len(), run)))
            .filter(|(shared, _)| *shared <= COMMON)
            .collect();
        lists.sort();
        let mut counts = BTreeMap::<usize, usize>::new();
        for (_, run) in lists.iter().take(LOOKED_UP) {
            for &at in &self.0[run] {
                *counts.entry(at).or_default() += 1;
            }
        }
        let mut ranked: Vec<_> = counts.into_iter().collect();
        ranked.sort_by_key(|&(at, count)| (std::cmp::Reverse(count), at));
        ranked.into_iter().take(COMPARED).map(|(at, _)| at).collect()
    }
}

fn runs(name: &str) -> BTreeSet<String> {
    let letters: Vec<char> =
        std::iter::once('^').chain(name.chars()).chain(std::iter::once('$')).collect();
    letters.windows(3).map(|run| run.iter().collect()).collect()
}
