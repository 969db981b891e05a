//! The words that operators read are those of one list: words that were replaced occur nowhere on a screen, in a help
//! text, in the README or in a guide.

use clap::CommandFactory;
use prism_connect::{
    cli::Cli,
    console::keymap::BINDINGS,
    domain::{
        operation::OperationKind,
        outcome::Outcome,
        run::{ProductOutcome, ProductTreatment, RunKind, WriteState},
    },
    engine::protocol::Answer,
};

use crate::{
    fixtures,
    harness::Harness,
    states::{STATES, reach},
};

/// A word that was replaced, the beginning of words where it ends in `-`, and what is said instead. Numbers are 0.
const REPLACED: &[(&str, &str)] = &[
    ("mapped", "linked"),
    ("mapping", "link"),
    ("mappings", "links"),
    ("unmapped", "not linked to a contract"),
    ("unmap", "unlink"),
    ("on no contract", "not linked to a contract"),
    ("acknowledge-", "mark as seen"),
    ("looked at", "mark as seen, needs review"),
    ("right already", "already correct"),
    ("not written", "blocked"),
    ("check this one", "check these"),
    ("look twice", "check these"),
    ("0 writes", "changes sent"),
    ("0 write", "change sent"),
    ("repric-", "price change"),
    ("collision", "name already used"),
    ("collide-", "name already used"),
    ("name is taken", "name already used"),
    ("adopt-", "take over this service"),
    ("not ours", "was not created by prism-connect"),
    ("pin", "bill as"),
    ("pinned", "bill as, chosen"),
    ("pins", "bill as"),
    ("unpin", "own service"),
    ("unpinned", "own service"),
    ("drift-", "compare with Autotask again"),
    ("begin with", "first invoice to sync"),
    ("program options", "Microsoft CSP options"),
    ("settling", "checking whether the last change reached Autotask"),
    ("unanswered write", "checking whether the last change reached Autotask"),
    ("prolong-", "extend the contract"),
    ("ask again", "refresh"),
    ("turn the order", "reverse order"),
    ("wants a look", "needs review"),
    ("never synced", "no result yet"),
    ("stored", "saved"),
    ("storing", "saving"),
    ("but for spelling", "similar spelling"),
    ("tracking id", "tracking identifier (API integration code)"),
    ("uid", "root, or the user"),
    ("to autotask", "to Autotask, with its capitals"),
];

/// Commands and settings keep their names; quoted as such they may stand in a text.
const NAMES: &[&str] = &[
    "customers unmap",
    "|unmap|",
    "products pin",
    "products unpin",
    "products adopt",
    "|pin|unpin|adopt",
    "mapping.automap_score",
    "mappings.json",
];

/// The words of a text in one line, each number as 0, without the names that stay.
fn plain(text: &str) -> String {
    let mut text = text.replace("\\|", "|");
    for name in NAMES {
        text = text.replace(name, " … ");
    }
    let words = text.split(|c: char| !(c.is_alphanumeric() || "…’'-".contains(c)));
    let words = words.filter(|word| !word.is_empty());
    let words = words.map(|word| if word.bytes().all(|b| b.is_ascii_digit()) { "0" } else { word });
    format!(" {} ", words.collect::<Vec<_>>().join(" "))
}

fn faults(place: &str, text: &str) -> Vec<String> {
    let (plain, small) = (plain(text), plain(text).to_lowercase());
    let stands = |word: &str| {
        let text = if word.ends_with("autotask") { &plain } else { &small };
        match word.strip_suffix('-') {
            Some(stem) => text.contains(&format!(" {stem}")),
            None => text.contains(&format!(" {word} ")),
        }
    };
    let found = REPLACED.iter().filter(|(word, _)| stands(word));
    found.map(|(word, better)| format!("{place}: “{word}” is now “{better}”")).collect()
}

fn check(faults: &[String]) {
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_replaced_word_stands_on_any_screen() {
    let mut found = Vec::new();
    for (name, way) in STATES {
        for size in [(80, 24), (200, 60)] {
            let mut console = Harness::new(size.0, size.1);
            reach(&mut console, way);
            found.extend(faults(name, &console.text()));
        }
    }
    check(&found);
}

/// What is stored as a code is a word of that list where people read it.
#[test]
fn no_code_stands_for_a_word() {
    use OperationKind as Kind;
    use ProductTreatment as Treatment;
    let treatments = [
        Treatment::Create,
        Treatment::Reprice,
        Treatment::Unchanged,
        Treatment::Collision,
        Treatment::Adopt,
        Treatment::Recognise,
    ];
    let kinds = [
        Kind::CreateService,
        Kind::UpdateService,
        Kind::CreateContractService,
        Kind::AdjustUnits,
        Kind::AddLine,
        Kind::EndLine,
        Kind::AmendLine,
    ];
    let states = [
        WriteState::Written,
        WriteState::SettledAsWritten,
        WriteState::SettledAsNotWritten,
        WriteState::Refused,
        WriteState::NotSent,
        WriteState::Unconfirmed,
    ];
    let words = treatments.iter().map(Treatment::words).chain(kinds.iter().map(Kind::words));
    let words: Vec<&str> = words.chain(states.iter().map(WriteState::words)).collect();
    let mut found: Vec<String> = words.iter().flat_map(|word| faults(word, word)).collect();
    found.extend(words.iter().filter(|word| word.contains('_')).map(|word| (*word).to_owned()));
    check(&found);
    let mut console = Harness::new(120, 36);
    let mut report = fixtures::report();
    report.header.kind = RunKind::Products;
    report.customers.clear();
    report.products = vec![ProductOutcome {
        product: "M_CFQ7TTC0LHSF:0001".to_owned(),
        sku: "CFQ7TTC0LHSF:0001".to_owned(),
        name: "Microsoft Defender for Business".to_owned(),
        action: Treatment::Collision,
        service_id: None,
        status: Outcome::Failure,
        error: None,
        price: None,
        cost: None,
    }];
    console.go("5");
    console.press("Enter");
    console.answer(Ok(Answer::Run(Box::new(report))));
    let text = console.text();
    assert!(text.contains("name already used"), "{text}");
    check(&faults("a run of products", &text));
}

#[test]
fn no_replaced_word_stands_in_a_topic_of_the_support_tab() {
    let mut found = Vec::new();
    let mut console = Harness::new(120, 60);
    console.go("6 g");
    for at in 0..80 {
        console.go("Enter");
        found.extend(faults(&format!("topic {at}"), &console.text()));
        console.go("Esc j");
    }
    check(&found);
}

#[test]
fn no_replaced_word_stands_in_the_table_of_keys() {
    let texts = BINDINGS.iter().map(|one| format!("{}. {}", one.label, one.help));
    let found: Vec<String> = texts.flat_map(|text| faults(&text, &text)).collect();
    check(&found);
}

/// Every command's `--help`, with those below it.
fn helps(command: &mut clap::Command, found: &mut Vec<String>) {
    let text = command.render_long_help().to_string();
    let name = command.get_name().to_owned();
    // A line that lists a command begins with its name, which stays.
    let own: Vec<String> = command.get_subcommands().map(|one| one.get_name().to_owned()).collect();
    let without_names = |line: &str| {
        let line = line.trim_start();
        let named = own.iter().find(|own| line.starts_with(&format!("{own} ")));
        named.map_or(line, |own| &line[own.len()..]).to_owned()
    };
    let lines = text.lines().filter(|line| !line.starts_with("Usage:"));
    let text = lines.map(without_names).collect::<Vec<_>>().join("\n");
    found.extend(faults(&format!("{name} --help"), &text));
    for below in command.get_subcommands_mut() {
        helps(below, found);
    }
}

#[test]
fn no_replaced_word_stands_in_a_help_text_of_the_command_line() {
    let mut found = Vec::new();
    helps(&mut Cli::command(), &mut found);
    check(&found);
}

#[test]
fn no_replaced_word_stands_in_what_is_read_beside_the_program() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let guides = std::fs::read_dir(root.join("docs")).expect("docs").flatten();
    let pages: Vec<_> = guides.map(|guide| guide.path()).chain([root.join("README.md")]).collect();
    assert!(pages.len() >= 5, "{pages:?}");
    let mut found = Vec::new();
    for page in pages {
        let text = std::fs::read_to_string(&page).expect("a page");
        found.extend(faults(&page.display().to_string(), &text));
    }
    check(&found);
}

#[test]
fn no_replaced_word_stands_in_a_snapshot() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/console/snapshots");
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let body = text.splitn(3, "---").last().unwrap_or_default();
        found.extend(faults(&path.file_name().unwrap().to_string_lossy(), body));
    }
    check(&found);
}
