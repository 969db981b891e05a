//! Questions before a link: unlike names, what a bulk accept left out, what a product is billed as.

use prism_connect::{
    domain::{Code, CompanyId, TenantId, outcome::Finding},
    engine::{
        protocol::{Answer, Command, Refusal, RefusalKind, command},
        views::{AcceptedView, SkippedView},
    },
};

use crate::{fixtures, harness::Harness};

const UNLIKE: &str = "“Riverside Vets” and “Zefyr Architects & Partners” have nothing in";

/// The link form of Riverside Vets on a company whose name has nothing of theirs, complete.
fn unlike(columns: u16, rows: u16) -> Harness {
    let mut console = Harness::new(columns, rows);
    console.go("3 / r i v e r Enter c Enter").write("zefyr").go("Enter Enter Enter");
    console.take_questions();
    console
}

fn stored(console: &mut Harness) -> usize {
    let asked = console.take_questions();
    let maps = asked
        .iter()
        .filter(|one| matches!(one, Command::Customer(command::CustomerCommand::Map(_))));
    maps.count()
}

#[test]
fn unlike_names_are_asked_about_before_every_save_whatever_became_of_the_last() {
    let mut console = unlike(80, 24);
    console.press("Ctrl-s");
    let text = console.text();
    assert!(text.contains("Link these all the same?") && text.contains(UNLIKE), "{text}");
    assert!(text.contains("“Cloud services”"), "{text}");
    assert_eq!(stored(&mut console), 0, "nothing is saved unasked");
    console.press("y");
    let why =
        Finding::new(Code::SharedContract, "The contract is taken by another.", "Choose one.");
    console.answer(Err(Refusal::new(RefusalKind::Failed, why)));
    let text = console.text();
    assert!(text.contains("The contract is taken by another."), "{text}");
    assert!(text.contains("Choose one.") && text.contains(UNLIKE), "both stand: {text}");
    console.press("Ctrl-s");
    assert!(console.text().contains("Link these all the same?"), "{}", console.text());
    assert_eq!(stored(&mut console), 0, "asked again");
    console.press("Esc");
    assert!(console.text().contains("Link with Autotask"), "{}", console.text());
    console.press("Ctrl-n Enter");
    assert_eq!(stored(&mut console), 0, "the safe button has the focus");
    console.press("Ctrl-n y");
    assert_eq!(stored(&mut console), 1);
}

#[test]
fn names_that_are_alike_are_saved_at_once() {
    let mut console = Harness::new(80, 24);
    console.go("3 / r i v e r Enter c Enter").write("veter").go("Enter Enter Enter");
    console.take_questions();
    console.press("Ctrl-s");
    assert_eq!(stored(&mut console), 1, "{}", console.text());
}

#[test]
fn a_bulk_accept_tells_which_it_skipped_and_why() {
    let skipped = |name: &str| SkippedView {
        tenant: TenantId::new(name),
        domain: format!("{name}.onmicrosoft.com"),
        customer_name: name.to_owned(),
        why: "contract taken".to_owned(),
    };
    let all = ["Foo", "Bar", "Baz"].map(skipped);
    for (count, told) in [
        (0, "Accepted 1"),
        (2, "Accepted 1, skipped 2: Foo (contract taken), Bar (contract taken)"),
        (3, "skipped 3: Foo (contract taken), Bar (contract taken) +1; see !"),
    ] {
        let mut console = Harness::new(120, 36);
        console.go("3 u");
        console.press("A y");
        let linked = vec![fixtures::customers().remove(0)];
        let accepted = AcceptedView { linked, skipped: all[..count].to_vec() };
        console.answer(Ok(Answer::Accepted(accepted)));
        assert!(console.text().contains(told), "{}", console.text());
        if count == 3 {
            console.serve();
            console.press("!");
            assert!(console.text().contains("Baz ("), "{}", console.text());
        }
    }
}

#[test]
fn what_the_invoice_asks_stands_beside_the_service_that_is_chosen() {
    let mut console = Harness::new(120, 36);
    console.go("1 P").write("firew").go("Enter");
    let text = console.text();
    let invoiced = "Invoice INV0104233 has RRP 11.20, cost 9.65 AUD for “Exchange Online (Plan 2)”";
    assert!(text.contains(invoiced), "{text}");
    assert!(
        text.contains("It will be billed as “Managed firewall” (price 95.00, Power BI Pro, 420)"),
        "{text}"
    );
    let unlike =
        "! “Exchange Online (Plan 2)” and “Power BI Pro” have nothing in common in their names";
    assert!(text.contains(unlike), "{text}");
}

#[test]
fn a_service_that_is_named_alike_is_not_warned_of() {
    let mut console = Harness::new(120, 36);
    console.go("1 P").write("exch").go("Enter");
    let text = console.text();
    assert!(text.contains("It will be billed as “Exchange Online 1”"), "{text}");
    assert!(!text.contains("in common"), "{text}");
}

#[test]
fn whoever_accepts_suggestions_is_told_who_would_share_a_contract() {
    let mut console = Harness::new(120, 36);
    console.go("3 u");
    let mut rows = fixtures::suggestions();
    let first = rows.iter().position(|row| row.contract.is_some()).expect("one to accept");
    let mut other = rows[first].clone();
    other.tenant = TenantId::new("tenant-0099");
    other.customer_name = "Riverside Vets Bondi".to_owned();
    other.domain = "riversidevetsbondi.onmicrosoft.com".to_owned();
    rows.insert(first + 1, other);
    console.press("F5");
    console.answer(Ok(Answer::Suggestions(rows)));
    for key in ["a", "A"] {
        console.press(key);
        let said = console.text();
        let told = "2 share one contract: Riverside Vets, Riverside Vets Bondi";
        assert!(said.contains(told), "{key}: {said}");
        console.press("Esc");
    }
}

#[test]
fn whoever_is_linked_to_a_suggested_contract_already_is_named() {
    let mut console = Harness::new(120, 36);
    console.go("3 u");
    let linked = &fixtures::customers()[0];
    let mut rows = fixtures::suggestions();
    let row = rows.iter_mut().find(|row| row.contract.is_some()).expect("one to accept");
    let contract = row.contract.as_mut().expect("it has one");
    contract.id = linked.mapping.as_ref().expect("a mapping").contract_id;
    let told = format!("2 share one contract: {}, {}", linked.customer_name, row.customer_name);
    console.press("F5");
    console.answer(Ok(Answer::Suggestions(rows)));
    console.press("a");
    assert!(console.text().contains(&told), "{told} in {}", console.text());
}

#[test]
fn a_suggestion_with_something_to_choose_leads_to_its_link() {
    let mut console = Harness::new(120, 36);
    console.go("3 u j");
    let said = console.text();
    let footer = said.lines().last().unwrap_or_default();
    assert!(footer.contains("c link") && !footer.contains("a accept"), "{footer}");
    console.press("c");
    let said = console.text();
    assert!(said.contains("Link with Autotask") && said.contains("Zefyr Architects"), "{said}");
    let contracts = command::Contracts { company: CompanyId(310) };
    assert!(console.asks(&contracts.into()));
    console.serve();
    console.go("Esc");
    assert!(console.text().contains("› Suggestions"), "{}", console.text());
}

/// Two customers on one contract are billed as one: rightly so where they are one company's, and a wrong bill where not.
#[test]
fn who_is_on_the_contract_already_is_told_in_the_form_and_before_it_is_saved() {
    let mut console = unlike(80, 24);
    let shared = "Already on this contract: Riverside Pets.";
    assert!(!console.text().contains("Already on"), "{}", console.text());
    console.press("BackTab Enter Down Enter");
    assert!(console.text().contains(shared), "{}", console.text());
    console.press("Ctrl-s");
    let text = console.text();
    assert!(text.contains("Link these all the same?") && text.contains(shared), "{text}");
    console.press("Esc BackTab Enter Up Enter");
    assert!(!console.text().contains("Already on"), "{}", console.text());
}
