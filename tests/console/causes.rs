//! Causes at the head of a run, of the retry list and of a plan: what went wrong is told once, and mended from there.

use prism_connect::{
    domain::{Role, SubscriptionId, outcome::Outcome},
    engine::{
        protocol::{
            Answer, Command, Scope, SyncRequest,
            command::{self, PlanCommand, RunCommand},
        },
        views::{RefusedView, RetryView},
    },
};
use rstest::rstest;

use crate::{
    fixtures,
    harness::Harness,
    states::{STATES, reach},
};

fn retry_failed() -> SyncRequest {
    SyncRequest { retry_failed: true, scope: Scope::Customers, ..SyncRequest::default() }
}

fn plan(request: SyncRequest) -> Command {
    command::Plan { request }.into()
}

fn retry_list() -> Harness {
    let mut console = Harness::new(120, 36);
    console.go("5");
    console.press("R");
    console.answer(Ok(Answer::Retries(fixtures::many_retries())));
    console
}

#[test]
fn a_cause_of_many_customers_is_one_line_with_its_amount_and_the_key_that_mends_it() {
    let mut console = retry_list();
    let of_cause = |console: &Harness| {
        let said = console.text();
        let line = said.lines().find(|line| line.contains("is not on the price list"));
        line.unwrap_or_else(|| panic!("{said}")).to_owned()
    };
    let line = of_cause(&console);
    assert!(line.contains("14 customers") && line.contains("3,885.00"), "{line}");
    // A letter means this only where the keys go to the causes.
    assert!(line.contains("choose a service") && !line.contains("P choose"), "{line}");
    console.press("Tab");
    assert!(of_cause(&console).contains("P choose a service"), "{}", console.text());
}

#[test]
fn enter_on_a_cause_shows_whom_it_befell_and_esc_shows_all() {
    let mut console = retry_list();
    assert!(console.text().contains("Northwind Freight"), "{}", console.text());
    console.go("Tab Enter");
    let said = console.text();
    assert!(said.contains("Waiting Room 14") && !said.contains("Northwind Freight"), "{said}");
    console.go("Esc");
    assert!(console.text().contains("Northwind Freight"), "{}", console.text());
    console.go("Esc");
    assert!(console.text().contains("Requests"), "the runs: {}", console.text());
}

#[test]
fn from_a_failed_run_to_its_mended_cause_to_a_green_retry() {
    let mut console = Harness::new(120, 36);
    let mut report = fixtures::report();
    let failed = report.customers.iter_mut().find(|row| row.status == Outcome::Failure);
    let failed = failed.expect("one failed");
    let bought = failed.subscriptions.iter_mut();
    for row in bought.filter(|row| row.error.is_some()) {
        row.error = Some(fixtures::many_retries().remove(0).finding);
    }
    let failed = failed.tenant_id.clone();
    console.go("5");
    console.press("Enter");
    console.answer(Ok(Answer::Run(Box::new(report))));
    console.press("Tab");
    assert!(console.text().contains("is not on the price list"), "{}", console.text());
    console.press("P");
    assert!(console.asks(&command::Services.into()), "{:?}", console.take_questions());
    console.take_questions();
    console.go("Esc");
    console.press("r");
    let tenants = vec![failed.to_string()];
    let cause = "“Microsoft 365 Business Basic” is not on the price list";
    let note = Some(format!("Only the 1 customer of: {cause}"));
    let request = SyncRequest { tenants, note, ..retry_failed() };
    assert!(console.asks(&plan(request)), "{:?}", console.take_questions());
    console.serve();
    console.go("A");
    console.press("y");
    let mut report = fixtures::report();
    report.header.status = Outcome::Success;
    console.answer(Ok(Answer::Synced(vec![report])));
    let said = console.text();
    assert!(said.contains("✓ Sync ended: Success"), "{said}");
}

#[test]
fn one_cause_of_a_plan_shows_all_contracts_that_it_blocks() {
    let mut console = Harness::new(120, 36);
    reach(&mut console, &STATES.iter().find(|(name, _)| *name == "plan-causes").expect("it").1);
    assert!(console.text().contains("3 customers"), "{}", console.text());
    console.go("Enter");
    let said = console.text();
    for name in ["Harbour Dental", "Kauri Legal", "Peak Physio"] {
        assert!(said.contains(name), "{name}: {said}");
    }
    assert!(!said.contains("Blue Gum"), "{said}");
    console.go("A");
    let said = console.text();
    assert!(said.contains("written all the same"), "what is not shown is said: {said}");
}

/// What a plan says is blocked need never have failed: then no retry list has it, and a plan of that would be empty.
#[test]
fn a_cause_of_a_plan_is_tried_again_by_planning_its_customers_again() {
    let mut console = Harness::new(120, 36);
    reach(&mut console, &STATES.iter().find(|(name, _)| *name == "plan-causes").expect("it").1);
    console.press("r");
    let asked = console.take_questions();
    let [Command::Plan(PlanCommand::Plan(command::Plan { request }))] = &asked[..] else {
        panic!("{asked:?}")
    };
    assert!(!request.retry_failed, "{request:?}");
    assert_eq!(request.tenants.len(), 3, "{request:?}");
    let note = request.note.as_deref().unwrap_or_default();
    assert!(note.starts_with("Only the 3 customers of: "), "{note}");
}

#[test]
fn a_part_of_a_plan_says_what_it_is_only_of_and_esc_gives_the_whole_back() {
    let mut console = Harness::new(120, 36);
    reach(&mut console, &STATES.iter().find(|(name, _)| *name == "plan-causes").expect("it").1);
    let (whole, heading) = (console.text(), "Sync › Plan, only 3 customers");
    assert!(whole.contains("r plan only these"), "nothing was tried yet: {whole}");
    assert!(!whole.contains("retry"), "{whole}");
    console.go("r");
    let text = console.text();
    assert!(text.contains(heading), "{text}");
    assert!(text.contains("Only the 3 customers of: "), "{text}");
    assert!(text.contains("Esc shows the whole plan again"), "{text}");
    console.press("F5");
    console.serve();
    assert!(console.text().contains(heading), "made anew it is the same part");
    console.press("Esc");
    let text = console.text();
    assert!(text.contains("Sync › Plan ─") && !text.contains("only 3"), "{text}");
    assert_eq!(console.take_questions(), [], "it was there already");
    console.press("Esc");
    assert!(!console.text().contains("Sync › Plan"), "{}", console.text());
}

#[test]
fn dismissing_a_retry_asks_wants_a_reason_and_can_be_undone() {
    let mut console = Harness::new(120, 36);
    console.go("5 R");
    console.press("z");
    assert_eq!(console.take_questions(), [], "nothing was dismissed");
    console.press("d");
    let said = console.text();
    assert!(said.contains("Dismiss Visio Plan 2 of Northwind Freight?"), "{said}");
    assert!(said.contains("531.21") && said.contains("z puts it back"), "{said}");
    console.press("y Enter");
    assert_eq!(console.take_questions(), [], "a reason is needed");
    console.write("booked");
    console.press("Enter");
    let dismissed = command::DismissRetry { id: "r1".to_owned(), reason: "booked".to_owned() };
    assert_eq!(console.take_questions(), [dismissed.into()]);
    console.press("F5");
    console.answer(Ok(Answer::Runs(fixtures::runs())));
    console.answer(Ok(Answer::Retries(Vec::new())));
    console.press("z");
    let restored = command::RestoreRetry { id: "r1".to_owned() };
    assert_eq!(console.take_questions(), [restored.into()]);
}

#[rstest]
#[case("5 R", "retry list")]
#[case("5 Enter", "run")]
fn what_nothing_went_wrong_in_has_no_causes_and_tab_goes_on(#[case] way: &str, #[case] what: &str) {
    let mut console = Harness::new(120, 36);
    console.press("5");
    console.serve();
    let [tab, key] = way.split(' ').collect::<Vec<_>>()[..] else { panic!("{way}") };
    console.go(tab);
    console.press(key);
    let mut report = fixtures::report();
    report.customers.retain(|row| row.status == Outcome::Success);
    console.answer(Ok(if what == "run" {
        Answer::Run(Box::new(report))
    } else {
        Answer::Retries(Vec::new())
    }));
    assert!(!console.text().contains("Tab goes there"), "{what}: {}", console.text());
    console.go("Tab");
    assert!(console.text().contains("Log:"), "the next tab: {}", console.text());
}

#[test]
fn r_on_a_cause_tries_only_that_again_and_the_question_says_so() {
    let mut console = retry_list();
    console.press("r");
    assert!(console.asks(&plan(retry_failed())), "{:?}", console.take_questions());
    let mut console = retry_list();
    console.go("Tab j");
    console.press("r");
    let asked = console.take_questions();
    let request = asked.iter().find_map(|command| match command {
        Command::Plan(PlanCommand::Plan(command::Plan { request })) => Some(request.clone()),
        _ => None,
    });
    let request = request.unwrap_or_else(|| panic!("{asked:?}"));
    let SyncRequest { tenants, note, .. } = &request;
    assert_eq!(*tenants, ["northwindfreight.onmicrosoft.com"]);
    let mut console = retry_list();
    console.go("Tab j");
    console.press("r");
    console.serve();
    assert!(console.text().contains("Only the 1 customer of: "), "{}", console.text());
    console.go("A");
    let question = console.text();
    assert!(question.contains("Only the 1 customer of: "), "{question}");
    console.press("y");
    let sent = console.take_questions();
    let kept = |command: &Command| {
        matches!(command, Command::Run(RunCommand::Sync(command::Sync { request }))
            if request.note == *note && request.tenants == *tenants)
    };
    assert!(sent.iter().any(kept), "{sent:?}");
}

#[test]
fn while_a_cause_is_chosen_r_tries_what_is_shown() {
    let mut console = retry_list();
    console.go("Tab j Enter");
    console.press("r");
    let asked = console.take_questions();
    let only = |command: &Command| {
        matches!(command, Command::Plan(PlanCommand::Plan(command::Plan { request }))
            if request.tenants == ["northwindfreight.onmicrosoft.com"])
    };
    assert!(asked.iter().any(only), "{asked:?}");
}

/// What a cause offers is what this operator may do: with or without its key, and wherever the keys go.
#[rstest]
#[case::of_a_run("run-products", "take over")]
#[case::of_the_retry_list("retries-causes", "choose a service")]
#[case::of_a_plan("plan-causes", "choose a service")]
fn causes_offer_nothing_that_is_refused(#[case] name: &str, #[case] refused: &str) {
    let way = &STATES.iter().find(|(state, _)| *state == name).expect("it").1;
    for keys in ["", "Tab"] {
        let told = |change: fn(&mut Harness)| {
            let mut console = Harness::new(200, 60);
            reach(&mut console, way);
            change(&mut console);
            if !keys.is_empty() {
                console.press(keys);
            }
            console.text()
        };
        let all = told(|_| {});
        assert!(all.contains(refused), "{name}: {all}");
        let operator = told(|console| console.app.attach(Role::Operate));
        assert!(operator.contains(refused), "{name}: {operator}");
        let read_only = told(|console| console.app.shell.refuse_changes());
        assert!(!read_only.contains(refused), "{name}: {read_only}");
        let viewer = told(|console| console.app.attach(Role::View));
        assert!(!viewer.contains(refused), "{name}: {viewer}");
    }
}

/// What two invoices bill on one contract can be blocked by the same thing.
#[test]
fn what_is_blocked_with_two_invoices_says_which_is_which() {
    let mut plan = fixtures::blocked_plan();
    let again = RefusedView {
        invoice: Some("INV0104299".to_owned()),
        ..plan.refused.last().expect("one").clone()
    };
    plan.refused.push(again);
    let mut console = Harness::new(120, 36);
    console.go("5");
    console.press("p");
    console.answer_plan(plan);
    console.go("/ p e a k Enter Enter");
    let text = console.text();
    for invoice in ["INV0104233", "INV0104299"] {
        assert!(text.contains(&format!("Exchange Online (Plan 2) ({invoice})")), "{text}");
    }
    console.go("Esc Home");
    let of_one = console.text();
    assert!(!of_one.contains("Visio Plan 2 (PC_CFQ7TTC0HD32:0002) (INV"), "{of_one}");
}

/// Two products can be sold under one name, and two subscriptions of one product be bought.
#[rstest]
#[case::by_their_skus(["CFQ7TTC0LH18:0001", "CFQ7TTC0LH18:0002"], ["CFQ7TTC0LH18:0001", "CFQ7TTC0LH18:0002"])]
#[case::by_their_subscriptions(
    ["CFQ7TTC0LH18:0001", "CFQ7TTC0LH18:0001"],
    ["0d0c8a52", "1d0c8a52"]
)]
fn what_waits_under_one_name_is_told_apart(#[case] skus: [&str; 2], #[case] told: [&str; 2]) {
    let waiting = (0..2).zip(skus).map(|(at, sku)| RetryView {
        id: format!("r{at}"),
        sku: Some(sku.to_owned()),
        subscriptions: vec![SubscriptionId::new(format!(
            "{at}d0c8a52-6f1e-4b7c-8c21-5a9be2d4f710"
        ))],
        ..fixtures::retries().remove(0)
    });
    let mut console = Harness::new(120, 36);
    console.go("5");
    console.press("R");
    console.answer(Ok(Answer::Retries(waiting.collect())));
    let text = console.text();
    for told in told {
        assert!(text.contains(&format!("Visio Plan 2 ({told})")), "{told}: {text}");
    }
    let one = fixtures::retries();
    console.press("F5");
    console.answer(Ok(Answer::Runs(fixtures::runs())));
    console.answer(Ok(Answer::Retries(one)));
    assert!(!console.text().contains("Visio Plan 2 ("), "{}", console.text());
}

/// So many causes wait, each of one customer.
fn causes_waiting(size: (u16, u16), count: usize) -> Harness {
    let mut console = Harness::new(size.0, size.1);
    console.go("5");
    console.press("R");
    let one = fixtures::many_retries().remove(0);
    let of = |at: usize| {
        let mut retry = RetryView { id: format!("w{at}"), ..one.clone() };
        retry.service = format!("Product {at:02}");
        retry.amount = format!("{}", 1_000 - at).parse().expect("money");
        retry
    };
    console.answer(Ok(Answer::Retries((0..count).map(of).collect())));
    console
}

/// How many causes are seen, at the head of the page.
fn causes_seen(console: &Harness) -> usize {
    let text = console.text();
    text.lines().filter(|line| line.contains("is not on the price list")).count()
}

#[test]
fn causes_have_a_fifth_of_the_rows_and_say_where_there_are_more() {
    for (size, seen) in [((80, 24), 3), ((120, 36), 6), ((200, 60), 10)] {
        let mut console = causes_waiting(size, 12);
        assert_eq!(causes_seen(&console), seen, "{}", console.text());
        let bar = |console: &Harness| {
            let text = console.text();
            let rows = text.lines().filter(|line| line.contains("is not on the price list"));
            rows.map(|line| line.contains('▐')).collect::<Vec<_>>()
        };
        assert!(bar(&console)[0] && !bar(&console)[seen - 1], "{}", console.text());
        console.press("Tab End");
        assert!(!bar(&console)[0] && bar(&console)[seen - 1], "{}", console.text());
    }
    let console = causes_waiting((120, 36), 6);
    assert!(!console.text().contains('▐'), "all of them: {}", console.text());
    let mut console = causes_waiting((63, 18), 6);
    assert!(console.text().contains("1 of 6 causes"), "{}", console.text());
    console.press("Tab Down");
    assert!(console.text().contains("2 of 6 causes"), "{}", console.text());
}

#[test]
fn causes_that_are_left_show_the_weightiest_again() {
    let mut console = causes_waiting((80, 24), 12);
    let before = console.picture();
    for there_and_back in ["Tab End Tab", "Tab End Esc"] {
        console.press(there_and_back);
        assert_eq!(console.picture(), before, "{there_and_back}");
    }
    // But for the one whose rows stand below.
    console.press("Tab End Enter");
    assert!(console.text().contains("below only: “Product 11”"), "{}", console.text());
    assert!(console.text().matches("Product 11").count() > 2, "{}", console.text());
    console.press("Esc");
    let after = console.text();
    assert!(after.contains("“Product 00”") && !after.contains("“Product 11”"), "{after}");
    assert!(!after.contains("Esc shows all"), "{after}");
}
