//! Which file imports which, read from `use` lines and from the paths in code, and the circles among them. Unit tests do not
//! count, and neither does what `pub(in …)` names: that says who may see, not what is used.

use std::collections::{BTreeMap, BTreeSet};

/// Files by what they import, each by the path of its module: `engine/actor`.
pub struct Imports(BTreeMap<String, BTreeSet<String>>);

impl Imports {
    pub fn of(sources: &BTreeMap<String, String>) -> Self {
        let name = |file: &String| file.trim_end_matches(".rs").to_owned();
        let files: BTreeSet<String> = sources.keys().map(name).collect();
        let of_file = |(file, text): (&String, &String)| {
            let file = name(file);
            let paths = paths(text).into_iter();
            let named = paths.filter_map(|path| resolved(&path, &file, &files));
            (file.clone(), named.filter(|other| *other != file).collect())
        };
        Self(sources.iter().map(of_file).collect())
    }

    /// Files that import each other round about, each circle once.
    pub fn circles(&self) -> BTreeSet<BTreeSet<&str>> {
        let reached: BTreeMap<&str, BTreeSet<&str>> =
            self.0.keys().map(|file| (file.as_str(), self.reached_from(file))).collect();
        let circle = |file: &&str| -> BTreeSet<&str> {
            reached[file].iter().filter(|other| reached[*other].contains(file)).copied().collect()
        };
        reached.keys().map(circle).filter(|circle| circle.len() > 1).collect()
    }

    fn reached_from(&self, file: &str) -> BTreeSet<&str> {
        let (mut found, mut open) = (BTreeSet::new(), vec![file]);
        while let Some(next) = open.pop() {
            for other in self.0.get(next).into_iter().flatten() {
                if found.insert(other.as_str()) {
                    open.push(other);
                }
            }
        }
        found
    }
}

/// Every path that a file names: the leaves of its `use` lines, and every path elsewhere; a root may name its children by
/// their bare names.
fn paths(text: &str) -> Vec<String> {
    let code = without_tests(text);
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code = lines.collect::<Vec<_>>().join("\n").replace("pub(in crate::", "pub(in ");
    let mut found = Vec::new();
    for statement in code.split(';') {
        let lines: Vec<&str> = statement.lines().collect();
        let start = lines.iter().position(|line| {
            let line = line.trim_start();
            line.starts_with("use ") || line.starts_with("pub") && line.contains(" use ")
        });
        let (before, import) = lines.split_at(start.unwrap_or(lines.len()));
        found.extend(full_paths(&before.join("\n")));
        let import = import.join(" ");
        leaves("", import.split_once("use ").map_or("", |(_, tree)| tree), &mut found);
    }
    found
}

/// The text up to the unit tests in it; a module of tests that has a file of its own is left out, and what follows it kept.
fn without_tests(text: &str) -> String {
    let (mut kept, mut rest) = (String::new(), text);
    while let Some((before, item)) = rest.split_once("#[cfg(test)]") {
        kept.push_str(before);
        match item.find([';', '{']) {
            Some(end) if item[end..].starts_with(';') => rest = &item[end + 1..],
            _ => return kept,
        }
    }
    kept + rest
}

fn full_paths(code: &str) -> impl Iterator<Item = String> {
    let in_path = |letter: char| letter.is_alphanumeric() || "_:".contains(letter);
    let words = code.split(move |letter: char| !in_path(letter));
    words
        .map(|word| word.trim_end_matches(':'))
        .filter(|word| word.contains("::"))
        .map(str::to_owned)
}

fn leaves(prefix: &str, tree: &str, found: &mut Vec<String>) {
    let tree = tree.trim();
    match tree.split_once('{') {
        None if tree.is_empty() => {}
        None => found.push(format!("{prefix}{tree}")),
        Some((head, group)) => {
            let group = group.rsplit_once('}').map_or(group, |(group, _)| group);
            for part in parts(group) {
                leaves(&format!("{prefix}{}", head.trim()), part, found);
            }
        }
    }
}

/// What a group holds, split at its own commas.
fn parts(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                found.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&group[start..]);
    found
}

/// The file that a path of this file leads to, if it is one of ours.
fn resolved(path: &str, file: &str, files: &BTreeSet<String>) -> Option<String> {
    let path = path.split(" as ").next().unwrap_or_default();
    let mut segments: Vec<&str> = path.split("::").map(str::trim).collect();
    let mut module: Vec<&str> = file.split('/').collect();
    match *segments.first()? {
        "crate" => module.clear(),
        "self" => {}
        "super" => {
            while segments.first() == Some(&"super") {
                segments.remove(0);
                module.pop();
            }
            segments.insert(0, "");
        }
        child if files.contains(&format!("{file}/{child}")) => segments.insert(0, ""),
        _ => return None,
    }
    module.extend(segments.into_iter().skip(1));
    (1..=module.len())
        .rev()
        .map(|length| module[..length].join("/"))
        .find(|name| files.contains(name))
}
