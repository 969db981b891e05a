//! The same screens where invoices go to ConnectWise, and where two targets are connected.

use prism_connect::{
    domain::{
        ConnectionId,
        outcome::{Finding, Outcome},
    },
    engine::protocol::{
        Answer, Changed, Command, Happening,
        command::{self, ConnectionCommand},
    },
};
use rstest::rstest;

use crate::{fixtures, harness::Harness, on_connectwise::status_of};

#[rstest]
#[case(80, 24)]
#[case(120, 36)]
#[case(200, 60)]
fn what_goes_to_connectwise_is_told_in_its_terms_r10_1(#[case] columns: u16, #[case] rows: u16) {
    for (name, keys) in [
        ("connections", "2"),
        ("customers", "3"),
        ("link", "3 c"),
        ("customer-page", "3 Enter"),
        ("plan", "5 p Enter j j j j j j"),
        ("used-by-hand", "5 p Enter j j j j Enter j Enter"),
        ("products", "4"),
    ] {
        let mut console = Harness::on_connectwise((columns, rows));
        console.go(keys);
        let picture = console.picture();
        insta::assert_snapshot!(format!("connectwise-{name}-{columns}x{rows}"), picture);
    }
}

#[test]
fn a_plan_ends_adds_and_amends_lines_in_words_r10_2() {
    let mut console = Harness::on_connectwise((200, 60));
    console.go("5 p");
    for _ in 0..4 {
        console.go("Enter n j");
    }
    console.go("g");
    for _ in 0..12 {
        console.go("Enter j");
    }
    let text = console.text();
    for words in [
        "End 6 seats on 14 Sep 2026",
        "Add 4 seats from 15 Sep 2026",
        "End 6 seats on 31 Aug 2026",
        "Add 6 seats from 1 Sep 2026 at 8.40",
        "Add 3 seats from 20 Sep to 9 Oct 2026",
        "Amend 9 → 6 seats from 1 Jan 2026",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
}

#[test]
fn a_line_that_is_not_billed_says_so_r10_13() {
    let mut console = Harness::on_connectwise((120, 36));
    console.go("5 p Enter j j Enter");
    let text = console.text();
    assert!(text.contains("it is shown to the customer without a charge"), "{text}");
}

#[test]
fn with_two_targets_the_header_and_the_tabs_show_which_and_a_key_switches() {
    let mut console = Harness::on_connectwise((120, 36));
    let text = console.text();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].contains("● Autotask  ● [ConnectWise]"), "{text}");
    assert!(lines[1].contains("of ConnectWise"), "{text}");
    console.press("T");
    let name = ConnectionId::new("autotask");
    assert_eq!(console.take_questions(), [Command::from(command::UseTarget { name })]);
}

#[test]
fn another_target_has_its_own_customers_and_a_run_that_is_watched_goes_on() {
    let mut console = Harness::on_connectwise((120, 36));
    console.go("3");
    console.press("T");
    console.answer(Ok(Answer::Done("Autotask is what the screens show now.".to_owned())));
    console.happened(Happening::Changed { what: Changed::Connections });
    let status = Command::from(command::Status);
    assert!(console.asks(&status));
    let of_autotask = status_of("autotask", fixtures::status());
    while console.asks(&status) {
        let answer = Answer::Status(Box::new(of_autotask.clone()));
        console.answer_to(&status, Ok(answer));
    }
    let text = console.text();
    assert!(text.contains("● [Autotask]  ● ConnectWise"), "{text}");
    assert!(!text.contains("Harbour Dental"), "it is another target's:\n{text}");
    let asked = console.take_questions();
    assert!(
        asked.iter().any(|one| matches!(one, Command::Customer(_))),
        "its own are asked for: {asked:?}"
    );
}

#[test]
fn with_one_target_nothing_is_said_of_it_and_no_key_is_offered() {
    let mut console = Harness::new(200, 60);
    let text = console.text();
    assert!(!text.contains("other target") && !text.contains("[Autotask]"), "{text}");
    console.press("T");
    let asked = console.take_questions();
    let switches =
        |one: &Command| matches!(one, Command::Connection(ConnectionCommand::UseTarget(_)));
    assert!(!asked.iter().any(switches), "{asked:?}");
    assert!(console.text().contains("There is no other target"));
}

/// The company is in the recycle bin: what warns of the customer as a whole is on its row and on its page of the run.
#[test]
fn a_run_tells_what_warns_of_a_customer_as_a_whole() {
    let text = "Company “Harbour Dental Pty Ltd” of harbour.example lies in the recycle bin.";
    let mut report = fixtures::report();
    let row = &mut report.customers[0];
    row.error = None;
    row.status = Outcome::Warning;
    row.warnings = vec![Finding::new("company_gone".into(), text, "Restore it.")];
    for bought in &mut row.subscriptions {
        (bought.error, bought.status) = (None, Outcome::Success);
        bought.warnings.clear();
    }
    let customer = row.customer.to_lowercase();
    let mut console = Harness::on_connectwise((120, 36));
    console.go("5");
    console.press("Enter");
    console.answer(Ok(Answer::Run(Box::new(report))));
    console.go("/");
    console.write(&customer);
    console.press("Enter");
    assert!(console.text().contains("lies in the recycle bin"), "{}", console.text());
    console.press("Enter");
    assert!(console.text().contains("lies in the recycle bin"), "{}", console.text());
}

/// Texts of the console's are in the target's words, on whatever screen; what the engine tells is the engine's, and the
/// dashboard is full of it.
#[test]
fn no_contract_and_no_billing_code_is_named_on_connectwise_r10_1() {
    for keys in ["3 G", "3 G Space s", "3 u", "5 p", "5 p Enter j", "3 Enter H Enter", "2 j j", "6"]
    {
        let mut console = Harness::on_connectwise((200, 60));
        console.go(keys);
        let text = console.text();
        for word in ["contract", "Contract", "billing code"] {
            let line = text.lines().find(|line| line.contains(word));
            assert!(line.is_none(), "{keys}: {line:?}");
        }
    }
}

#[test]
fn what_is_prisms_is_not_offered_on_the_card_of_the_target() {
    let mut console = Harness::on_connectwise((200, 60));
    console.go("2");
    let footer = |console: &Harness| console.text().lines().last().unwrap_or_default().to_owned();
    assert!(footer(&console).contains("n generate"), "{}", console.text());
    console.go("j j");
    let said = footer(&console);
    assert!(said.contains("c configure") && said.contains("t test"), "{said}");
    assert!(!said.contains("generate") && !said.contains("agreement"), "{said}");
}

/// A plan is for one target: the other one is not shown over it without a question. Of one that is applied, or was, nothing is
/// lost, and that nothing of it was sent would be false.
#[rstest]
#[case::a_plan("5 p", true)]
#[case::no_plan("5", false)]
#[case::one_that_was_applied("5 p A y", false)]
fn a_plan_is_not_given_up_for_another_target_without_a_word(
    #[case] keys: &str,
    #[case] asks: bool,
) {
    let mut console = Harness::on_connectwise((120, 36));
    console.go(keys);
    console.take_questions();
    console.press("T");
    let name = ConnectionId::new("autotask");
    let shows = [Command::from(command::UseTarget { name })];
    if asks {
        assert!(console.text().contains("The plan that was worked out is given up"));
        assert_eq!(console.take_questions(), []);
        console.press("y");
    }
    assert_eq!(console.take_questions(), shows);
}

#[test]
fn while_a_plan_is_applied_nothing_is_said_to_be_given_up_for_another_target() {
    let mut console = Harness::on_connectwise((120, 36));
    console.go("5 p A");
    console.press("y");
    console.take_questions();
    console.press("T");
    let name = ConnectionId::new("autotask");
    assert_eq!(console.take_questions(), [Command::from(command::UseTarget { name })]);
}

/// What is used of others' additions is read before the plan is applied: it is told whole, also where it is narrow.
#[test]
fn what_is_said_of_the_plan_as_a_whole_takes_the_lines_that_it_needs_r10_1() {
    let mut console = Harness::on_connectwise((80, 24));
    console.go("5 p");
    let text = console.text();
    let told = text.lines().skip_while(|line| !line.contains("Made by hand")).take(3);
    let told: String = told.map(|line| line.trim_matches(['│', ' ']).to_owned() + " ").collect();
    assert!(told.contains("and used:") && !told.contains('…'), "{text}");
}

/// What is asked of Autotask alone is no help here.
#[test]
fn help_is_of_the_target_that_is_looked_at() {
    let questions = |mut console: Harness| {
        console.go("6");
        console.text()
    };
    let here = questions(Harness::on_connectwise((200, 100)));
    let there = questions(Harness::new(200, 100));
    for (question, of_connectwise) in [
        ("Do I need new agreements?", true),
        ("Since this period has already been invoiced", true),
        ("Do I need new contracts?", false),
        ("ContractServiceAdjustment effectiveDate", false),
    ] {
        assert_eq!(here.contains(question), of_connectwise, "{question}\n{here}");
        assert_eq!(there.contains(question), !of_connectwise, "{question}\n{there}");
    }
}
