//! A plan with nothing in it says why, and the keys that lead on; what cannot lead to anything yet is not offered.

use prism_connect::{
    domain::{Code, outcome::Finding},
    engine::{
        protocol::Answer,
        views::{PlanView, PlannedRows},
    },
};
use rstest::rstest;

use crate::{fixtures, harness::Harness};

fn nothing(unchanged: u64) -> PlanView {
    let plan = fixtures::plan();
    PlanView {
        operations: PlannedRows::default(),
        contracts: Vec::new(),
        refused: Vec::new(),
        findings: Vec::new(),
        unchanged,
        ..plan
    }
}

#[rstest]
#[case(
    "r",
    0,
    "Nothing failed that could be tried again. Esc goes back, p there plans what is due."
)]
#[case(
    "v",
    0,
    "Nothing was synced yet that could be compared. Esc goes back, p there plans what is due."
)]
#[case("r", 3, "Nothing to change: all is already correct. Esc goes back.")]
#[case("v", 3, "Nothing to change: all is already correct. Esc goes back.")]
#[case("p", 3, "Nothing to change: all is already correct. Esc goes back.")]
fn a_plan_of_nothing_says_why(#[case] key: &str, #[case] unchanged: u64, #[case] said: &str) {
    let mut console = Harness::new(120, 36);
    console.go("5");
    console.press(key);
    console.answer_plan(nothing(unchanged));
    assert!(console.text().contains(said), "{}", console.text());
    console.go("Esc p");
    assert!(console.text().contains("4 changes"), "p leads on: {}", console.text());
}

#[test]
fn a_plan_of_held_invoices_is_not_called_correct_and_leads_to_them() {
    let mut console = Harness::new(120, 36);
    console.go("5");
    console.press("p");
    let held = |code, text: &str| Finding::new(code, text, "Look at it.");
    let findings = vec![
        held(Code::Unsettled, "Invoice INV0104249 does not add up yet."),
        held(Code::Waits, "Invoice INV0104260 waits behind INV0104249."),
    ];
    console.answer_plan(PlanView { findings, ..nothing(3) });
    let said = console.text();
    assert!(said.contains("Nothing can be written: 2 invoices are held. i shows why"), "{said}");
    assert!(!said.contains("all is already correct"), "{said}");
    console.go("i");
    assert!(console.text().contains("Invoices"), "{}", console.text());
    assert!(!console.text().contains("Nothing can be written"), "{}", console.text());
}

#[test]
fn a_plan_without_those_who_are_left_out_does_not_call_all_correct() {
    let mut console = Harness::new(120, 36);
    console.go("5");
    console.press("p");
    let text = "2 customers left out: sync is off (Harbour Dental, Kauri Legal)";
    let findings = vec![Finding::new(Code::SyncOff, text, "Switch it on.")];
    console.answer_plan(PlanView { findings, ..nothing(3) });
    let said = console.text();
    assert!(said.contains("Nothing to change for those whose sync is on"), "{said}");
    assert!(!said.contains("all is already correct"), "{said}");
}

#[test]
fn before_the_first_run_of_customers_nothing_is_compared_or_tried_again() {
    let offered = |runs| {
        let mut console = Harness::new(200, 60);
        console.press("5");
        console.answer(Ok(Answer::Runs(runs)));
        let labels = console.app.offered().into_iter().map(|one| one.label);
        let wanted = ["compare", "retry failed", "retry list"];
        labels.filter(|label| wanted.contains(label)).count()
    };
    assert_eq!((offered(Vec::new()), offered(fixtures::runs())), (0, 3));
    let mut products = fixtures::runs();
    products.retain(|run| run.kind == prism_connect::domain::run::RunKind::Products);
    assert_eq!(offered(products), 0, "products alone are nothing to compare with");
}

#[test]
fn whoever_shares_a_contract_with_who_is_tried_again_is_told_in_the_note() {
    let mut console = Harness::new(160, 36);
    console.go("1 j");
    console.press("r");
    let mut plan = fixtures::plan();
    plan.refused.clear();
    plan.contracts.drain(..3);
    plan.contracts.truncate(1);
    let contract = plan.contracts.last_mut().expect("a contract");
    contract.tenants.push("northwindfreight.onmicrosoft.com".to_owned());
    contract.customers.push("Northwind Freight".to_owned());
    let tenants = contract.tenants.clone();
    console.answer_plan(fixtures::with_rows(plan, |rows| {
        rows.drain(..3);
        rows[0].tenants = tenants.into();
    }));
    let row = console.text();
    let row = row.lines().find(|line| line.contains("[ ]")).expect("the contract").to_owned();
    assert!(row.contains(" and 1 more"), "of whom it is as well: {row}");
    let said = console.text();
    assert!(said.contains("others on the same contract go with them"), "{said}");
    console.go("A");
    assert!(console.text().contains("others on the same contract"), "{}", console.text());
}
