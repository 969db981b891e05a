//! Plans that wait: looked at, approved and rejected from the keyboard, by whoever may.

use prism_connect::engine::{
    protocol::{Answer, Command, command},
    views::StatusView,
};

use crate::{fixtures, harness::Harness};

fn asked(console: &Harness) -> Vec<Command> {
    console.asked()
}

#[test]
fn what_waits_is_on_the_dashboard_and_a_key_leads_to_it() {
    let mut console = Harness::new(120, 36);
    let approvals = Some(Box::new(fixtures::approvals()));
    let status = StatusView { approvals, ..fixtures::status() };
    console.press("1");
    console.answer(Ok(Answer::Status(Box::new(status))));
    let said = console.text();
    assert!(said.contains("2 plans wait for approval, the first until"), "{said}");
    assert!(said.contains("break-glass: ruth approved plan 4"), "{said}");
    console.go("W");
    assert!(console.text().contains("Waiting plans"), "{}", console.text());
}

/// The plan that was looked at is the one that is let pass: by its seal.
#[test]
fn a_plan_is_approved_after_a_question_under_the_seal_that_was_looked_at() {
    let mut console = Harness::new(120, 36);
    console.go("5 W Enter");
    let seal = fixtures::waiting_plan(8).waiting.seal;
    console.go("A");
    assert!(console.text().contains("Approve plan 8?"), "{}", console.text());
    console.press("y");
    console.press("Enter");
    let wanted = command::Approve { number: 8, seal: Some(seal), reason: None, break_glass: false };
    assert!(asked(&console).contains(&wanted.into()), "{:?}", asked(&console));
}

#[test]
fn a_plan_is_rejected_with_a_reason_and_not_without() {
    let mut console = Harness::new(120, 36);
    console.go("5 W Enter X").press("Enter");
    assert!(console.text().contains("a reason is needed"), "{}", console.text());
    console.press("n o Enter");
    let wanted = command::Reject { number: 8, reason: "no".to_owned() };
    assert!(asked(&console).contains(&wanted.into()), "{:?}", asked(&console));
}

/// The role that approves operates nothing, and the keys of its question work all the same.
#[test]
fn whoever_approves_changes_nothing_else() {
    let mut console = Harness::new(120, 36);
    console.app.shell.refuse_changes();
    console.app.shell.approves = true;
    console.go("5 W Enter A");
    console.press("y");
    console.press("Enter");
    let approves = |command: &Command| matches!(command, Command::Approval(_));
    assert!(asked(&console).iter().any(approves), "{:?}", asked(&console));
    let mut console = Harness::new(120, 36);
    console.app.shell.refuse_changes();
    console.app.shell.approves = true;
    console.go("5 p").press("A");
    assert!(console.text().contains("--read-only"), "{}", console.text());
}

#[test]
fn whoever_may_not_is_told_who_may() {
    let mut console = Harness::new(200, 60);
    let mut plan = fixtures::waiting_plan(8);
    plan.may_approve = false;
    console.go("5 W").press("Enter");
    console.answer(Ok(Answer::WaitingPlan(Box::new(plan))));
    console.press("A");
    let said = console.text();
    assert!(said.contains("Not yours to approve"), "{said}");
    assert!(said.contains("hana (made this plan)"), "{said}");
    assert!(
        !asked(&console).iter().any(|command| matches!(
            command,
            Command::Approval(command::ApprovalCommand::Approve(_))
        ))
    );
}

/// Where nobody else is there: after the question's own word, with a reason, and not by whoever may approve anyhow.
#[test]
fn an_administrator_lets_a_plan_pass_alone_with_a_word_and_a_reason() {
    let mut console = Harness::new(120, 36);
    console.go("5 W").press("Enter");
    assert!(!console.text().contains("break glass"), "{}", console.text());
    let mut plan = fixtures::waiting_plan(8);
    (plan.may_approve, plan.may_break_glass) = (false, true);
    let seal = plan.waiting.seal.clone();
    console.answer(Ok(Answer::WaitingPlan(Box::new(plan))));
    assert!(console.text().contains("B break glass"), "{}", console.text());
    console.press("B");
    let said = console.text();
    assert!(said.contains("Everybody is told, and it stays marked for 90 days."), "{said}");
    console.press("a l o n e Enter");
    console.press("Enter");
    assert!(console.text().contains("a reason is needed"), "{}", console.text());
    console.press("f i r e Enter");
    let reason = Some("fire".to_owned());
    let wanted = command::Approve { number: 8, seal: Some(seal), reason, break_glass: true };
    assert!(asked(&console).contains(&wanted.into()), "{:?}", asked(&console));
}
