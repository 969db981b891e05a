//! What needs attention, by its cause: the key that mends it works where it stands.

use prism_connect::{
    domain::outcome::{Finding, Outcome},
    engine::{
        protocol::{Answer, Command, Refusal, RefusalKind, Scope, SyncRequest, command},
        views::ConnectionState,
    },
};
use rstest::rstest;

use crate::{fixtures, harness::Harness};

fn plan(request: SyncRequest) -> Command {
    Command::from(command::Plan { request })
}

fn of_customers() -> SyncRequest {
    SyncRequest { scope: Scope::Customers, ..SyncRequest::default() }
}

/// A plan that tries only these again.
fn only_of(tenants: Vec<String>, note: &str) -> SyncRequest {
    SyncRequest { tenants, note: Some(note.to_owned()), retry_failed: true, ..of_customers() }
}

#[test]
fn r_is_offered_only_where_trying_again_can_mend_the_selected_cause() {
    let offered = |way: &str| {
        let mut console = Harness::new(120, 36);
        console.go(way);
        console.app.offered().iter().any(|one| one.label == "retry failed")
    };
    assert!(offered("1") && offered("1 j") && offered("1 Enter j"), "retried");
    assert!(!offered("1 j j") && !offered("1 j j j") && !offered("1 G k"), "mended in another way");
    let mut console = Harness::new(120, 36);
    console.go("1 G k r");
    assert_eq!(console.take_questions(), [], "nothing else is planned in its place");
    assert!(console.text().contains("mended in another way"), "{}", console.text());
}

#[rstest]
#[case::a_service_is_chosen("1", "P", command::Services.into())]
#[case::what_failed_is_planned_again(
    "1 j",
    "r",
    plan(only_of(
        vec!["northwindfreight.onmicrosoft.com".to_owned()],
        "Only the 1 customer of: 1 Sep is before “Cloud” begins",
    ))
)]
#[case::who_waited_for_a_service_is_planned_again(
    "1",
    "r",
    plan(only_of(
        (1..=fixtures::WAITING).map(|at| format!("waitingroom{at:02}.onmicrosoft.com")).collect(),
        "Only the 14 customers of: “Exchange Online (Plan 2)” has no service",
    ))
)]
#[case::what_is_held_is_planned(
    "1 j j",
    "p",
    plan(SyncRequest { tenants: vec!["tenant-0005".to_owned()], ..of_customers() })
)]
#[case::seats_left_behind_are_planned(
    "1 G k",
    "p",
    plan(SyncRequest { tenants: vec!["tenant-0004".to_owned()], left_behind: true, ..of_customers() })
)]
fn the_key_that_mends_a_cause_works_where_it_stands(
    #[case] way: &str,
    #[case] key: &str,
    #[case] asked: Command,
) {
    let mut console = Harness::new(120, 36);
    console.go(way);
    console.press(key);
    let questions = console.take_questions();
    assert!(questions.contains(&asked), "{questions:?}");
}

#[test]
fn who_is_not_linked_gets_suggestions_from_the_cause() {
    let mut console = Harness::new(120, 36);
    console.go("1 j j j u");
    let first = fixtures::suggestions().remove(0);
    assert!(console.text().contains(&first.company.name), "{}", console.text());
}

#[test]
fn a_customer_is_linked_from_its_line() {
    let mut console = Harness::new(120, 36);
    console.go("1 j j j Enter j c");
    let said = console.text();
    assert!(said.contains("Riverside Vets") && said.contains("Company"), "{said}");
}

#[test]
fn all_failing_customers_of_three_hundred_are_found_with_two_keys() {
    let mut console = Harness::new(120, 36);
    console.go("1 Enter");
    let said = console.text();
    for at in 1..=fixtures::WAITING {
        assert!(said.contains(&format!("Waiting Room {at:02}")), "{at}:\n{said}");
    }
    console.go("Enter");
    assert!(!console.text().contains("Waiting Room"), "folded again: {}", console.text());
}

#[test]
fn from_a_failed_run_to_the_mended_cause_to_a_green_retry() {
    let mut console = Harness::new(120, 36);
    console.go("1 P Down Enter");
    console.press("y");
    let pinned = console.take_questions();
    assert!(format!("{pinned:?}").contains("CFQ7TTC0LH1P:0001"), "{pinned:?}");
    console.go("1 r A");
    console.press("y");
    let mut report = fixtures::report();
    report.header.status = Outcome::Success;
    console.answer(Ok(Answer::Synced(vec![report])));
    let said = console.text();
    assert!(said.contains("✓ Sync ended: Success"), "{said}");
}

#[test]
fn marking_as_seen_asks_first_and_can_be_undone() {
    let mut console = Harness::new(120, 36);
    console.go("1");
    console.press("d");
    assert_eq!(console.take_questions(), [], "it asks");
    console.press("Enter");
    assert_eq!(console.take_questions(), [], "Cancel has the focus");
    console.press("d y");
    let id = "no-service".to_owned();
    assert_eq!(console.take_questions(), [command::Acknowledge { id: id.clone() }.into()]);
    console.press("z");
    assert_eq!(console.take_questions(), [command::ShowAgain { id }.into()]);
}

#[test]
fn one_of_a_cause_is_marked_for_itself_and_a_cause_of_several_whole() {
    let mut console = Harness::new(120, 36);
    console.go("1 j j j");
    console.press("d y");
    let whole = command::Acknowledge { id: "all-unlinked".to_owned() };
    assert_eq!(console.take_questions(), [whole.into()]);
    console.go("Enter j j");
    console.press("d y");
    let one = command::Acknowledge { id: "a7".to_owned() };
    assert_eq!(console.take_questions(), [one.into()]);
}

#[test]
fn the_footer_offers_what_mends_the_selected_line_and_nothing_that_is_refused() {
    let mut console = Harness::new(120, 36);
    console.go("1");
    let footer = |console: &Harness| console.text().lines().last().unwrap_or_default().to_owned();
    assert!(footer(&console).contains("mark as seen"), "{}", footer(&console));
    assert!(!footer(&console).contains("suggest"), "{}", footer(&console));
    console.go("j j j");
    assert!(footer(&console).contains("suggest"), "{}", footer(&console));
    console.app.shell.refuse_changes();
    assert!(!footer(&console).contains("mark as seen"), "{}", footer(&console));
}

#[test]
fn a_failed_run_carries_no_tick() {
    let mut console = Harness::new(120, 36);
    console.go("5 p A y");
    let said = console.text();
    assert!(said.contains("✗ Sync ended: Failure") && !said.contains("✓ Sync ended"), "{said}");
}

#[test]
fn an_unlinked_customer_gets_one_advice_whatever_is_tried() {
    for key in ["p", "s", "U"] {
        let mut console = Harness::new(120, 36);
        console.go("3 / r i v e r Enter");
        console.press(key);
        let said = console.text();
        assert!(said.contains("Not linked to a contract yet: press c"), "{key}: {said}");
    }
}

#[rstest]
#[case("3")]
#[case("4")]
fn a_tab_that_needs_a_connection_says_which_and_where_it_is_made(#[case] tab: &str) {
    let mut console = Harness::new(120, 36);
    let mut status = fixtures::status();
    for connection in &mut status.connections {
        connection.state = ConnectionState::NotConfigured;
    }
    console.press("1");
    console.answer(Ok(Answer::Status(Box::new(status))));
    console.press(tab);
    console.answer(Err(Refusal::new(
        RefusalKind::Failed,
        Finding::new("not_connected".into(), "PRISM is not connected.", ""),
    )));
    let said = console.text();
    assert!(said.contains("PRISM is not connected: press 2, then c"), "{said}");
    assert!(!said.contains("F5 tries again"), "{said}");
}

#[test]
fn how_old_the_last_success_is_is_whole_beside_the_counts_on_a_small_screen() {
    let mut console = Harness::new(80, 24);
    console.go("1");
    let text = console.text();
    assert!(text.contains("✗ 15  ! 1 ") && text.contains("last success 1 day ago"), "{text}");
    let mut console = Harness::new(120, 36);
    console.go("1");
    assert!(console.text().contains("✗ 15 failed  ! 1 to look at "), "{}", console.text());
}

/// Which run failed and when, beside which one went well last: both are true, and neither is taken for the other.
#[test]
fn a_card_and_the_header_say_which_run_failed_beside_the_last_success() {
    let mut console = Harness::new(200, 60);
    console.go("1");
    let text = console.text();
    assert!(text.contains("last run #42 failed 2 hours ago"), "{text}");
    assert!(text.contains("last success #40, 1 day ago"), "{text}");
    assert!(text.contains("last run 2 hours ago: Failure"), "{text}");
    // The products' last run went well: nothing beside it is explained.
    assert!(text.contains("no errors") && text.contains("  last success 2 hours ago"), "{text}");
    let mut console = Harness::new(120, 36);
    console.go("1");
    let text = console.text();
    assert!(
        text.contains("#42 failed 2 hours ago") && text.contains("last success 1 day"),
        "{text}"
    );
}

/// An invoice of another agreement is counted in, and the card says that there is one, where there is little room shorter.
#[test]
fn a_card_of_two_agreements_names_one_invoice_and_counts_the_other() {
    for (columns, told) in [(120, "synced for INV0104233 and 1 more"), (80, "for INV0104233 +1 ")] {
        let mut status = fixtures::status();
        for card in &mut status.cards {
            let progress = card.progress.iter_mut();
            progress.for_each(|progress| progress.others = vec!["INV0104240".to_owned()]);
        }
        let mut console = Harness::new(columns, 24);
        console.press("F5");
        console.answer_to(&command::Status.into(), Ok(Answer::Status(Box::new(status))));
        assert!(console.text().contains(told), "{}", console.text());
    }
}

/// Products that went well since do not hide that customers failed.
#[test]
fn the_header_tells_of_the_last_failure_of_either_kind() {
    let mut console = Harness::new(120, 36);
    let mut status = fixtures::status();
    let good = fixtures::header(43, Outcome::Success, 10);
    status.cards[1].last_success = good.finished_at;
    (status.cards[1].last_good, status.cards[1].last_run) = (Some(good.id), Some(good));
    console.press("F5");
    console.answer_to(&command::Status.into(), Ok(Answer::Status(Box::new(status))));
    assert!(console.text().contains("run #42, 2 hours ago: Failure"), "{}", console.text());
}

#[test]
fn what_needs_attention_comes_first_on_a_small_screen() {
    let mut console = Harness::new(63, 18);
    console.go("1");
    insta::assert_snapshot!("dashboard-63x18", console.picture());
}

#[test]
fn a_small_screen_has_count_amount_and_key_of_each_cause_and_one_currency_is_said_once() {
    let mut console = Harness::new(80, 24);
    console.go("1");
    let text = console.text();
    let line = text.lines().find(|line| line.contains("choose a service"));
    let line = line.unwrap_or_else(|| panic!("{text}"));
    assert!(line.contains(" 14 ") && line.contains(" 3,885.00 P choose a service"), "{text}");
    assert!(text.contains("(7 causes, 9,454.15 AUD)"), "{text}");
    let mut status = fixtures::status();
    status.causes[1].amounts[0].currency = Some("NZD".to_owned().into());
    console.press("F5");
    console.answer_to(&command::Status.into(), Ok(Answer::Status(Box::new(status))));
    let text = console.text();
    assert!(text.contains("3,885.00 AUD") && text.contains("531.21 NZD"), "{text}");
}

#[test]
fn advice_names_the_key_that_works_where_it_stands() {
    let mut console = Harness::new(120, 36);
    let mut status = fixtures::status();
    status.causes[0].advice = "`prism-connect sync --retry-failed` tries it again.".to_owned();
    status.causes[2].advice = "`prism-connect sync --retry-failed` tries it again.".to_owned();
    console.press("F5");
    console.answer_to(&command::Status.into(), Ok(Answer::Status(Box::new(status))));
    console.app.fit();
    assert!(console.text().contains("r tries it again."), "{}", console.text());
    console.go("j j");
    // Here r mends nothing of it.
    assert!(console.text().contains("r on Sync tries it again."), "{}", console.text());
}

/// Where there is no room for cards, what they tell first is told all the same; and how the last run ended is never cut.
#[test]
fn a_small_screen_counts_who_failed_and_says_how_the_last_run_ended() {
    let mut console = Harness::new(63, 18);
    console.go("1");
    let text = console.text();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].contains("Failure") && !lines[0].contains('…'), "{text}");
    assert!(!text.contains("synced for"), "cards have no room: {text}");
    let failed = format!("✗ {} failed", fixtures::WAITING + 1);
    let heading = lines.iter().find(|line| line.contains("causes")).expect("a heading");
    assert!(heading.contains(&failed), "{text}");
    let console = Harness::new(80, 24);
    assert!(
        !console.text().contains(&format!(") · {failed}")),
        "a card says it: {}",
        console.text()
    );
}
