//! A run that was cut off is finished at the start, before anything else, without a key pressed.

use chrono::TimeDelta;
use prism_connect::{
    console::{colour::Depth, effect::Effect, message::Message, theme::Theme},
    domain::{
        outcome::{Finding, Outcome},
        run::{RunHeader, RunReport, Tally},
        secret::Secret,
    },
    engine::{
        protocol::{Answer, Changed, Command, Happening, Refusal, RefusalKind, command},
        views::{CardView, Place, RunningView, SetupStep, StatusView, VaultView},
    },
};
use rstest::rstest;

use crate::{fixtures, harness::Harness};

/// A console that was just started, at 80×24.
fn started(read_only: bool) -> Harness {
    Harness::at_start(Theme::new(Depth::Full, true), (80, 24), read_only)
}

/// Run 12 as a kill left it.
fn cut_off() -> RunHeader {
    RunHeader { finished_at: None, ..fixtures::header(12, Outcome::NoChange, 60) }
}

fn left_unfinished() -> StatusView {
    StatusView { unfinished: Some(cut_off()), ..fixtures::status() }
}

fn tell(console: &mut Harness, status: StatusView) {
    console.answer_to(&Command::from(command::Status), Ok(Answer::Status(Box::new(status))));
}

fn refuse(console: &mut Harness, kind: RefusalKind, (code, text): (&str, &str)) {
    let advice = "Switch it on with `prism-connect program set --sync on`.";
    let refusal = Refusal::new(kind, Finding::new(code.into(), text, advice));
    console.answer_to(&Command::from(command::Resume), Err(refusal));
}

fn finished() -> RunReport {
    let mut report = fixtures::report();
    report.header = RunHeader { attempt: 2, ..fixtures::header(12, Outcome::Success, 1) };
    report
}

/// A vault that was locked when the run was to be finished.
fn locked() -> Harness {
    let mut console = started(false);
    tell(&mut console, left_unfinished());
    refuse(&mut console, RefusalKind::Locked, ("vault_locked", "The saved secrets are locked."));
    console
}

fn unlock(console: &mut Harness) {
    console.write("hunter2").press("Enter");
    let command = Command::from(command::Unlock { passphrase: Secret::new("hunter2") });
    console.answer_to(&command, Ok(Answer::Vault(fixtures::vault())));
}

#[test]
fn a_run_that_was_cut_off_is_finished_at_the_start_without_a_key() {
    let mut console = started(false);
    tell(&mut console, left_unfinished());
    let text = console.text();
    assert!(text.contains("Run 12 was cut off: finishing it now."), "{text}");
    assert_eq!(console.take_questions(), [Command::from(command::Resume)]);
}

#[test]
fn the_dashboard_says_that_a_run_is_being_finished_and_not_that_there_was_none() {
    let mut console = Harness::at_start(Theme::new(Depth::Full, true), (120, 36), false);
    let card = |card: CardView| CardView {
        last_run: None,
        last_success: None,
        progress: None,
        synced: Tally::default(),
        ..card
    };
    let (text, place) = ("Run the first sync".to_owned(), Place::Plan);
    let first = SetupStep { text, done: false, place };
    let cards = fixtures::status().cards.into_iter().map(card).collect();
    tell(&mut console, StatusView { cards, setup: vec![first], ..left_unfinished() });
    let text = console.text();
    assert!(text.contains("Run 12 was cut off and is being finished"), "{text}");
    assert!(text.contains("the first run is being finished"), "{text}");
    assert!(!text.contains("First steps: 0"), "{text}");
}

#[test]
fn what_was_asked_for_together_with_a_run_that_ended_is_begun_at_the_start() {
    let mut console = started(false);
    let products = fixtures::header(11, Outcome::Success, 60);
    tell(&mut console, StatusView { unfinished: Some(products), ..fixtures::status() });
    let text = console.text();
    assert!(text.contains("Run 11 is done: beginning the rest now."), "{text}");
    assert_eq!(console.take_questions(), [Command::from(command::Resume)]);
}

#[test]
fn where_nothing_was_cut_off_nothing_is_asked_for_at_the_start() {
    let mut console = started(false);
    tell(&mut console, fixtures::status());
    assert_eq!(console.take_questions(), []);
    assert_eq!(console.press("q"), [Effect::Quit]);
}

#[test]
fn a_read_only_console_leaves_it_on_the_attention_list() {
    let mut console = started(true);
    tell(&mut console, left_unfinished());
    assert_eq!(console.take_questions(), []);
    assert!(console.app.shell.notice().is_none());
}

#[test]
fn the_dashboard_and_the_history_call_it_unfinished_and_not_unchanged() {
    let mut console = started(true);
    tell(&mut console, StatusView { recent: vec![cut_off()], ..left_unfinished() });
    let text = console.text();
    assert!(text.contains("unfinished") && !text.contains("No Change"), "{text}");
    console.press("5");
    console
        .answer_to(&Command::from(command::Runs { limit: 500 }), Ok(Answer::Runs(vec![cut_off()])));
    let text = console.text();
    assert!(text.contains("unfinished") && !text.contains("No Change"), "{text}");
}

#[test]
fn it_is_not_asked_for_while_a_run_is_on() {
    let mut console = started(false);
    let text = "starting".to_owned();
    let running = RunningView { run: cut_off(), done: 0, total: None, text };
    tell(&mut console, StatusView { running: Some(running), ..left_unfinished() });
    assert_eq!(console.take_questions(), [Command::from(command::RunSoFar)]);
}

#[test]
fn a_run_that_is_cut_off_after_the_start_waits_for_the_operator() {
    let mut console = started(false);
    tell(&mut console, fixtures::status());
    console.happened(Happening::Changed { what: Changed::Runs });
    tell(&mut console, left_unfinished());
    assert_eq!(console.take_questions(), []);
}

#[rstest]
#[case::the_program_is_off("program_off", "Sync is switched off for the whole program.")]
#[case::something_else("not_connected", "PRISM is not connected yet.")]
fn refused_it_says_why_and_is_not_asked_for_again(#[case] code: &str, #[case] text: &str) {
    let mut console = started(false);
    tell(&mut console, left_unfinished());
    refuse(&mut console, RefusalKind::Failed, (code, text));
    let shown = console.app.shell.notice().expect("an error").finding.clone();
    assert_eq!(shown.text, format!("Did not finish run 12: {text}"));
    assert_eq!(shown.advice, "Switch it on with m on Connections.");
    for _ in 0..3 {
        console.happened(Happening::Changed { what: Changed::Runs });
        tell(&mut console, left_unfinished());
    }
    assert_eq!(console.take_questions(), []);
    assert_eq!(console.press("q"), [Effect::Quit], "nothing is waited for");
}

#[test]
fn a_locked_vault_is_asked_to_be_opened_and_then_the_run_is_finished() {
    let mut console = locked();
    let text = console.text();
    assert!(text.contains("Passphrase of the vault, to finish run 12"), "{text}");
    unlock(&mut console);
    let text = console.text();
    assert!(text.contains("Run 12 was cut off: finishing it now."), "{text}");
    assert!(console.asks(&Command::from(command::Resume)));
}

#[test]
fn a_vault_that_is_opened_later_is_soon_enough() {
    let mut console = locked();
    console.press("Esc");
    assert_eq!(console.take_questions(), []);
    console.press("6");
    let vault = VaultView { unlocked: false, ..fixtures::vault() };
    console.answer_to(&Command::from(command::Vault), Ok(Answer::Vault(vault)));
    console.press("L");
    unlock(&mut console);
    assert!(console.asks(&Command::from(command::Resume)));
}

#[test]
fn refused_again_after_the_vault_was_opened_it_waits_for_the_operator() {
    let mut console = locked();
    unlock(&mut console);
    refuse(&mut console, RefusalKind::Locked, ("vault_locked", "The saved secrets are locked."));
    assert!(console.app.dialog().is_none(), "{}", console.text());
    tell(&mut console, left_unfinished());
    prism_connect::console::screens::support::Support::ask_passphrase(&mut console.app.shell);
    console.app.shell.drawn();
    console.later(TimeDelta::seconds(1));
    unlock(&mut console);
    assert!(!console.asks(&Command::from(command::Resume)));
}

#[test]
fn the_run_is_followed_and_stopped_like_any_other() {
    let mut console = started(false);
    tell(&mut console, left_unfinished());
    assert_eq!(console.press("q"), [], "it asks first");
    assert!(console.text().contains("A sync is running. Leave?"), "{}", console.text());
    console.press("Esc");
    console.happened(Happening::RunStarted { run: RunHeader { attempt: 2, ..cut_off() } });
    assert!(console.text().contains("⠋ sync "), "{}", console.text());
    console.press("5 x");
    assert!(console.text().contains("Stop the sync?"), "{}", console.text());
    console.press("y");
    assert!(console.take_questions().contains(&Command::from(command::Cancel)));
}

#[test]
fn how_it_ended_is_told_like_the_end_of_any_sync() {
    let mut console = started(false);
    tell(&mut console, left_unfinished());
    console.answer_to(&Command::from(command::Resume), Ok(Answer::Synced(vec![finished()])));
    let text = console.text();
    assert!(text.contains("Sync ended: Success"), "{text}");
    console.serve();
    assert_eq!(console.press("q"), [Effect::Quit]);
}

/// A run is one, however often it was begun: what was sent before it was cut off is told apart from what was sent since.
#[test]
fn what_was_sent_before_it_was_cut_off_is_told_apart() {
    let apart = "18 changes sent, 20 more before it was cut off";
    let mut report = finished();
    (report.header.counts.writes, report.header.counts.writes_earlier) = (38, 20);
    let mut console = Harness::at_start(Theme::new(Depth::Full, true), (120, 36), false);
    tell(&mut console, left_unfinished());
    console.answer_to(&Command::from(command::Resume), Ok(Answer::Synced(vec![report.clone()])));
    assert!(
        console.text().contains(&format!("Sync ended: Success, {apart}")),
        "{}",
        console.text()
    );
    console.serve();
    console.press("5");
    let runs = Command::from(command::Runs { limit: 500 });
    console.answer_to(&runs, Ok(Answer::Runs(vec![report.header.clone()])));
    assert!(console.text().contains(apart), "{}", console.text());
    console.press("Enter");
    let run = Command::from(command::Run { id: Some(report.header.id) });
    console.answer_to(&run, Ok(Answer::Run(Box::new(report))));
    let text = console.text();
    assert!(text.contains("run #12") && text.contains(apart), "{text}");
}

#[test]
fn where_nothing_is_left_to_finish_any_more_nothing_is_told_of_a_sync() {
    let mut console = started(false);
    tell(&mut console, left_unfinished());
    console.answer_to(&Command::from(command::Resume), Ok(Answer::Synced(Vec::new())));
    assert!(console.app.shell.notice().is_none());
    console.serve();
    assert_eq!(console.press("q"), [Effect::Quit]);
}

#[test]
fn it_is_asked_for_once_though_events_were_missed_meanwhile() {
    let mut console = started(false);
    tell(&mut console, left_unfinished());
    console.send(Message::Missed);
    tell(&mut console, left_unfinished());
    let asked = console.take_questions();
    assert_eq!(
        asked.iter().filter(|one| **one == Command::from(command::Resume)).count(),
        1,
        "{asked:?}"
    );
}
