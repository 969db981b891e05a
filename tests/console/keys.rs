//! Key sequences with their effects, and the key table itself.

use std::collections::BTreeSet;

use prism_connect::{
    console::{
        action::Tab,
        effect::Effect,
        keymap::{BINDINGS, Place, Press, action, working},
    },
    domain::outcome::{Finding, Outcome},
    engine::protocol::{
        Answer, Command, Happening, MapDraft, Refusal, RefusalKind, Scope, SyncRequest,
    },
};

use crate::{fixtures, harness::Harness};

#[test]
fn enter_never_writes() {
    for tab in ["1", "2", "3", "4", "5", "6"] {
        let mut console = Harness::new(120, 36);
        console.go(tab);
        console.press("Enter Enter");
        for question in console.take_questions() {
            assert!(!writes(&question), "{tab}: {question:?}");
        }
    }
}

fn writes(command: &Command) -> bool {
    !matches!(
        command,
        Command::Status
            | Command::Connections
            | Command::Program { .. }
            | Command::Customers { .. }
            | Command::Companies
            | Command::Contracts { .. }
            | Command::Products
            | Command::Plan { .. }
            | Command::Runs { .. }
            | Command::Run { .. }
            | Command::Retries
            | Command::Vault
    )
}

#[test]
fn applying_a_plan_asks_first_counts_and_has_cancel_in_focus() {
    let mut console = Harness::new(120, 36);
    console.go("5 p A");
    assert!(console.text().contains("Apply 4 changes to 4 customers?"), "{}", console.text());
    console.press("Enter");
    assert!(console.take_questions().is_empty(), "Enter presses Cancel");
    console.press("A y");
    let saved = Some(fixtures::plan().saved);
    let request = SyncRequest { plan: saved, ..SyncRequest::default() };
    assert_eq!(console.take_questions(), [Command::Sync { request }]);
}

#[test]
fn a_plan_that_is_left_is_no_longer_wanted() {
    let mut console = Harness::new(120, 36);
    console.go("5");
    console.press("p Esc");
    console.answer(Ok(Answer::Plan(Box::new(fixtures::plan()))));
    assert!(!console.text().contains("Harbour Dental"), "{}", console.text());
}

#[test]
fn switching_sync_for_marked_customers_is_one_confirmed_command() {
    let mut console = Harness::new(120, 36);
    console.go("3 Space Space");
    console.press("s y");
    let tenants = vec!["tenant-0000".to_owned(), "tenant-0001".to_owned()];
    assert_eq!(console.take_questions(), [Command::SetSync { tenants, on: false }]);
}

#[test]
fn an_unmapped_customer_cannot_be_switched_on() {
    let mut console = Harness::new(120, 36);
    console.go("3 / z e p h Enter");
    console.press("s");
    assert!(console.take_questions().is_empty());
    assert!(console.text().contains("Map the customer before switching sync on"));
}

#[test]
fn a_customer_is_linked_by_typing_and_choosing() {
    let mut console = Harness::new(120, 36);
    console.go("3 / r i v e r Enter c Enter");
    console.write("veter").go("Enter Enter");
    console.write("services").go("Enter");
    console.press("Ctrl-s");
    let draft = MapDraft {
        tenant: "tenant-0009".to_owned(),
        company: "106".to_owned(),
        contract: "712".to_owned(),
        sync: Some(false),
        from: Some(prism_connect::domain::mapping::Start::MostRecent),
        pricing: Some(prism_connect::domain::mapping::PricingStrategy::CostAndRetail),
    };
    assert_eq!(console.take_questions(), [Command::Map { draft }]);
}

#[test]
fn a_contract_that_cannot_work_is_shown_with_its_reason_and_not_taken() {
    let mut console = Harness::new(120, 36);
    console.go("3 / r i v e r Enter c Enter");
    console.write("veter").go("Enter Enter");
    assert!(console.text().contains("ended on 2025-12-31"), "{}", console.text());
    console.press("Enter");
    assert!(console.text().contains("Contract (3 of 3)"), "the picker stays open");
}

#[test]
fn a_refused_form_keeps_what_was_typed_and_says_why() {
    let mut console = Harness::new(120, 36);
    console.go("2 c");
    console.press("Ctrl-t");
    let finding = Finding::new("invalid_client", "PRISM refused the client id.", "Check it.");
    console.answer(Err(Refusal::new(RefusalKind::Failed, finding)));
    let text = console.text();
    assert!(
        text.contains("PRISM refused the client id.") && text.contains("api.prismportal.online")
    );
}

#[test]
fn escape_goes_back_one_level_and_stops_at_the_top() {
    let mut console = Harness::new(120, 36);
    console.go("5 Enter Enter Enter");
    assert!(console.text().contains("Written to the contract"));
    for _ in 0..5 {
        console.go("Esc");
    }
    assert_eq!(console.app.tab, Tab::Sync);
    assert!(console.text().contains("Sync (6)"), "{}", console.text());
}

#[test]
fn quitting_asks_only_while_a_sync_runs() {
    let mut console = Harness::new(120, 36);
    assert_eq!(console.press("q"), [Effect::Quit]);
    let mut console = Harness::new(120, 36);
    console.happened(Happening::RunStarted { run: fixtures::header(44, Outcome::NoChange, 1) });
    assert!(console.press("q").is_empty());
    assert_eq!(console.press("y"), [Effect::Quit]);
}

#[test]
fn control_c_cancels_and_leaves_at_the_second_press() {
    let mut console = Harness::new(120, 36);
    console.happened(Happening::RunStarted { run: fixtures::header(44, Outcome::NoChange, 1) });
    assert!(console.press("Ctrl-c").is_empty());
    assert_eq!(console.take_questions(), [Command::Cancel]);
    assert_eq!(console.press("Ctrl-c"), [Effect::Quit]);
}

#[test]
fn a_filter_shows_what_is_left_and_escape_clears_it() {
    let mut console = Harness::new(120, 36);
    console.go("3 /").write("mul");
    assert!(console.text().contains("Customers / mul (1 of 12)"), "{}", console.text());
    console.go("Enter");
    assert!(console.text().contains("Müller"));
    console.go("Esc");
    assert!(console.text().contains("Customers (12)"));
}

#[test]
fn read_only_refuses_what_writes_and_says_so() {
    let mut console = Harness::new(120, 36);
    console.app.shell.read_only = true;
    console.go("5 p");
    console.press("A");
    assert!(console.app.shell.dialogs.is_empty());
    assert!(console.text().contains("--read-only"));
}

#[test]
fn help_lists_the_keys_of_the_place_and_runs_them() {
    let mut console = Harness::new(120, 36);
    console.go("3 ?");
    assert!(console.text().contains("Suggested companies and contracts"));
    console.write("suggested").go("Enter");
    assert!(console.text().contains("Suggestions"), "{}", console.text());
}

#[test]
fn copying_goes_to_the_terminals_clipboard_and_says_so() {
    let mut console = Harness::new(120, 36);
    console.go("3");
    let effects = console.press("y");
    assert!(matches!(&effects[..], [Effect::Copy(text)] if text.contains("Harbour Dental")));
    assert!(console.text().contains("terminal's clipboard"));
}

#[test]
fn retrying_plans_only_what_failed() {
    let mut console = Harness::new(120, 36);
    console.go("5");
    console.press("r");
    let request =
        SyncRequest { scope: Scope::Customers, retry_failed: true, ..SyncRequest::default() };
    assert_eq!(console.take_questions(), [Command::Plan { request }]);
}

#[test]
fn every_binding_is_labelled() {
    for binding in BINDINGS {
        assert!(!binding.label.is_empty() && !binding.help.is_empty(), "{binding:?}");
        assert!(!binding.keys.is_empty() && !binding.places.is_empty(), "{binding:?}");
    }
}

#[test]
fn every_key_means_one_thing_in_its_place() {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for binding in BINDINGS {
        for place in binding.places {
            for key in binding.keys {
                assert!(seen.insert(format!("{place:?} {key:?}")), "twice: {place:?} {key:?}");
            }
        }
    }
}

#[test]
fn every_binding_is_reached_where_it_stands() {
    for binding in BINDINGS {
        for place in binding.places {
            let chain = chain(*place);
            let found = binding.keys.iter().any(|key: &Press| {
                action(&chain, *key).is_some_and(|found| found.action == binding.action)
            });
            assert!(found, "{binding:?} is shadowed in {place:?}");
            assert!(working(&chain).iter().any(|found| found.action == binding.action));
        }
    }
}

fn chain(place: Place) -> Vec<Place> {
    match place {
        Place::Everywhere
        | Place::Form
        | Place::Picker
        | Place::Confirm
        | Place::Prompt
        | Place::Overlay => vec![place],
        Place::LinkForm => vec![place, Place::Form],
        Place::List => vec![place, Place::Everywhere],
        _ => vec![place, Place::List, Place::Everywhere],
    }
}

#[test]
fn the_readme_has_the_key_table() {
    let readme = include_str!("../../README.md");
    let table = prism_connect::console::screens::help::markdown();
    assert!(readme.contains(&table), "README.md wants this table of keys:\n{table}");
}
