//! The rooms of the house: who may name whom, and where the heavy crates may be named (see `src/lib.rs`).

#[path = "architecture/imports.rs"]
mod imports;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use imports::Imports;
use rstest::rstest;

/// More files than this that import each other round about are one file in several pieces.
const LARGEST_CIRCLE: usize = 5;

/// Files by their paths below `src`. The simulated world is a crate of its own; it reads here as if it were a room. So do the
/// rooms of the crate below the engine, each for itself.
fn sources() -> BTreeMap<String, String> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a readable folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    let name = |path: &Path| {
        let path = path.strip_prefix(&root).expect("below the root");
        let below = path.strip_prefix("base").ok().filter(|below| *below != Path::new("lib.rs"));
        below.unwrap_or(path).to_string_lossy().into_owned()
    };
    let source = |path: &PathBuf| {
        let (name, text) = (name(path), fs::read_to_string(path).expect("text"));
        match room(&name) {
            "sim" => (name.replace("/lib.rs", ".rs"), text.replace("crate::", "crate::sim::")),
            _ => (name, text),
        }
    };
    found.iter().map(source).collect()
}

fn room(file: &str) -> &str {
    file.split(['/', '.']).next().unwrap_or_default()
}

/// A file of unit tests beside what it tests.
fn tests_only(file: &str) -> bool {
    let ends = ["/tests.rs", "/properties.rs"];
    ends.iter().any(|end| file.ends_with(end)) || file.contains("/tests/")
}

/// Code alone: comments may speak of anything.
fn code(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The rooms of ours that a file names: `crate::x` and the members of `use crate::{…}`.
fn named(text: &str) -> Vec<String> {
    let code = code(text);
    let mut rooms = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            rooms.extend(members(group));
        } else {
            rooms.push(word(rest));
        }
    }
    rooms.retain(|room| !room.is_empty());
    rooms
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

fn members(group: &str) -> Vec<String> {
    let (mut depth, mut start, mut found) = (0, true, Vec::new());
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => start = true,
            c if start && depth == 0 && !c.is_whitespace() => {
                found.push(word(&group[at..]));
                start = false;
            }
            _ => {}
        }
    }
    found
}

#[rstest]
#[case("domain", &["domain"])]
#[case("clock", &["domain"])]
#[case("sim", &["sim"])]
#[case("planning", &["domain", "planning", "psa"])]
#[case("files", &["files"])]
#[case("http", &["clock", "domain", "files", "http"])]
#[case("mail", &["clock", "domain", "mail"])]
#[case("prism", &["clock", "domain", "http", "prism"])]
#[case("psa", &["clock", "domain", "http", "psa"])]
#[case("store", &["domain", "files", "store"])]
#[case("vault", &["domain", "engine", "files", "vault"])]
#[case("config", &["config", "domain", "files"])]
#[case("console", &["clock", "console", "domain", "engine", "files", "psa"])]
#[case(
    "cli",
    &[
        "cli", "clock", "config", "console", "domain", "engine", "files", "http", "planning",
        "service", "sim", "store",
    ]
)]
#[case("service", &["clock", "domain", "engine", "files", "http", "service"])]
#[case(
    "engine",
    &[
        "clock", "config", "domain", "engine", "files", "http", "mail", "planning", "prism", "psa",
        "store", "vault",
    ]
)]
fn a_room_names_only_the_rooms_it_may(#[case] from: &str, #[case] allowed: &[&str]) {
    let sources = sources();
    let files: Vec<_> = sources.iter().filter(|(file, _)| room(file) == from).collect();
    assert!(!files.is_empty(), "there is a room {from}");
    for (file, text) in files {
        for named in named(text) {
            assert!(allowed.contains(&named.as_str()), "{file} names crate::{named}");
        }
    }
}

#[test]
fn no_import_circle_is_larger_than_five_files() {
    let sources = sources().into_iter().filter(|(file, _)| !tests_only(file)).collect();
    for circle in Imports::of(&sources).circles() {
        let size = circle.len();
        assert!(size <= LARGEST_CIRCLE, "{size} files in a circle: {circle:#?}");
    }
}

/// What a room says to a reader may name a vendor; what steers it may not. The exceptions: which targets there are, what
/// each of them calls things, and the codes of findings, which are as old as what is stored.
#[rstest]
#[case("domain", &["domain/code.rs", "domain/target.rs", "domain/terms.rs"])]
#[case("planning", &[])]
fn a_room_of_billing_words_knows_no_vendor(#[case] of: &str, #[case] but: &[&str]) {
    for (file, text) in sources().into_iter().filter(|(file, _)| room(file) == of) {
        let lines = code(&text).to_lowercase();
        let steers = |line: &&str| {
            let outside = line.split('"').step_by(2).collect::<String>();
            ["autotask", "connectwise"].iter().any(|vendor| outside.contains(vendor))
        };
        let named = lines.lines().find(steers);
        assert!(
            named.is_none() || but.contains(&file.as_str()),
            "{file} names a vendor: {named:?}"
        );
    }
}

#[rstest]
#[case("sled", &["store"])]
#[case("ratatui", &["console"])]
#[case("crossterm", &["console"])]
#[case("tui_input", &["console"])]
#[case("reqwest", &["http"])]
#[case("axum", &["sim"])]
#[case("lettre", &["mail"])]
#[case("tokio_rustls", &["sim"])]
#[case("clap", &["cli", "main"])]
#[case("indicatif", &["cli"])]
#[case("chacha20poly1305", &["vault"])]
fn a_crate_is_named_only_where_it_belongs(#[case] name: &str, #[case] rooms: &[&str]) {
    for (file, text) in sources() {
        let text = code(&text);
        let names = text.contains(&format!("{name}::")) || text.contains(&format!("use {name}"));
        assert!(!names || rooms.contains(&room(&file)), "{file} names {name}");
    }
}

#[test]
fn colours_are_named_only_in_theme_and_depth() {
    for (file, text) in sources() {
        let named = code(&text).contains("Color::");
        let may = ["console/theme.rs", "console/colour.rs"].contains(&file.as_str());
        assert!(!named || may, "{file} names a colour");
    }
}

#[test]
fn every_module_says_what_it_is_for() {
    for (file, text) in sources().into_iter().filter(|(file, _)| !tests_only(file)) {
        assert!(text.starts_with("//!"), "{file} opens without a word about itself");
    }
}
