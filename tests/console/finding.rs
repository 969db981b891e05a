//! Finding: filters with words and states, the palette, pickers.

use prism_connect::{
    console::{
        action::{Action, Tab},
        keymap::{BINDINGS, Section},
    },
    domain::{
        Code, ServiceId, TenantId,
        outcome::{Finding, Outcome},
        product::Service,
    },
    engine::{
        protocol::{
            Answer, Command, Refusal, RefusalKind,
            command::{self, CustomerCommand, ProductCommand},
        },
        views::{ContractChoice, CustomerView, ProductView, SuggestionView},
    },
};
use rstest::rstest;

use crate::{fixtures, harness::Harness};

/// Tab 3 over these customers.
fn over(rows: Vec<CustomerView>) -> Harness {
    let mut console = Harness::new(120, 36);
    console.press("3");
    let asked = Command::Customer(CustomerCommand::Customers(command::Customers { refresh: true }));
    console.answer_to(&asked, Ok(Answer::Customers(rows)));
    console.serve_but_customers();
    console
}

/// 300 customers of whom every hundredth failed and every fiftieth warns.
fn three_hundred() -> Vec<CustomerView> {
    let mut rows = fixtures::many_customers(300);
    for (at, row) in rows.iter_mut().enumerate() {
        row.retries = 0;
        row.outcome = Some(match at {
            70 | 170 | 270 => Outcome::Failure,
            50 | 150 | 250 => Outcome::Warning,
            _ => Outcome::Success,
        });
    }
    rows
}

#[test]
fn before_customers_are_read_none_are_counted() {
    let mut console = Harness::new(120, 36);
    console.press("3");
    let text = console.text();
    assert!(text.contains("Reading customers") && !text.contains("not linked"), "{text}");
}

#[test]
fn all_failing_customers_of_three_hundred_are_found_with_two_keys() {
    let mut console = over(three_hundred());
    // With the 3 that opened the tab these are two.
    console.press("f");
    let text = console.text();
    assert!(text.contains("Customers, needs review (6 of 300)"), "{text}");
    // They stand before those that only warn.
    let rows: Vec<&str> = text.lines().skip(4).take(6).collect();
    assert!(rows[..3].iter().all(|row| row.contains("Failure")), "{text}");
    assert!(rows[3..].iter().all(|row| row.contains("Warning")), "{text}");
    for tenant in ["zephyrarch70", "annasbakery170", "stbrigids270"] {
        assert!(rows[..3].iter().any(|row| row.contains(tenant)), "{text}");
    }
}

#[rstest]
#[case("failed", 3)]
#[case("warning", 3)]
#[case("FAILED 17", 1)]
#[case("outcome:success", 294)]
fn a_word_for_a_state_means_it(#[case] filter: &str, #[case] shown: usize) {
    let mut console = over(three_hundred());
    console.go("/").write(filter);
    let told = format!("Customers / {filter} ({shown} of 300)");
    assert!(console.text().contains(&told), "{}", console.text());
}

#[test]
fn the_key_goes_from_state_to_state_and_esc_back_to_all() {
    let mut console = Harness::new(120, 36);
    console.go("3");
    for title in ["needs review (", "unlinked (", "off ("] {
        console.press("f");
        assert!(console.text().contains(&format!("Customers, {title}")), "{}", console.text());
    }
    console.press("f");
    assert!(console.text().contains("Customers (12)"), "{}", console.text());
    console.press("f f Esc");
    assert!(console.text().contains("Customers (12)"), "{}", console.text());
}

#[test]
fn a_state_and_words_narrow_together_and_stand_in_the_title() {
    let mut console = Harness::new(120, 36);
    console.go("3 f f /").write("river");
    assert!(console.text().contains("Customers, unlinked / river (1 of 12)"), "{}", console.text());
    console.go("Enter Esc");
    assert!(console.text().contains("Customers (12)"), "{}", console.text());
}

#[test]
fn words_are_looked_for_in_every_column_in_any_order_and_without_accents() {
    let mut console = Harness::new(120, 36);
    console.go("3 /").write("managed sohn mull");
    assert!(console.text().contains("(1 of 12)"), "{}", console.text());
    assert!(console.text().contains("Müller"), "{}", console.text());
    console.go("Esc /").write("contract:education");
    assert!(console.text().contains("(1 of 12)"), "{}", console.text());
}

#[test]
fn only_where_no_row_has_the_words_is_similar_spelling_shown_and_called_so() {
    let mut console = Harness::new(120, 36);
    console.go("3 /").write("hrbrdntl");
    let told = "Customers / hrbrdntl (similar spelling: 1 of 12)";
    assert!(console.text().contains(told), "{}", console.text());
    console.go("Esc /").write("harbour");
    assert!(!console.text().contains("similar"), "{}", console.text());
}

#[test]
fn what_a_state_hides_of_a_plan_is_said_in_the_question() {
    let mut console = Harness::new(120, 36);
    console.go("5 p f");
    assert!(console.text().contains("Plan, needs review ("), "{}", console.text());
    console.press("A");
    assert!(console.text().contains("The filter “needs review” hides"), "{}", console.text());
}

#[test]
fn a_run_shows_what_needs_review() {
    let mut console = Harness::new(120, 36);
    console.go("5 f");
    assert!(console.text().contains("Sync, needs review ("), "{}", console.text());
    console.go("Enter f");
    assert!(console.text().contains(", needs review ("), "{}", console.text());
}

#[test]
fn the_palette_finds_every_command_of_every_tab_by_label_and_by_description() {
    let mut console = Harness::new(160, 36);
    console.go("1");
    let dialogs = [
        Section::List,
        Section::Form,
        Section::ConnectionForm,
        Section::LinkForm,
        Section::Picker,
        Section::Confirm,
        Section::Prompt,
        Section::Overlay,
    ];
    for binding in BINDINGS {
        if binding.sections.iter().all(|section| dialogs.contains(section)) {
            continue;
        }
        // There is one target here.
        if binding.action == Action::OtherTarget {
            continue;
        }
        for typed in [binding.label, binding.help] {
            console.go(":").write(typed);
            // Of two that do the same one is enough.
            let begins: String = binding.help.chars().take(50).collect();
            assert!(console.text().contains(&begins), "{typed}:\n{}", console.text());
            assert!(!console.text().contains("similar"), "{typed}");
            console.go("Esc");
        }
    }
}

/// The first entry of what is open.
fn first_found(console: &Harness) -> String {
    let text = console.text();
    let found = text.lines().skip_while(|line| !line.contains("║ > ")).nth(2).unwrap_or_default();
    found.to_owned()
}

#[rstest]
#[case("unmap", "unlink: ")]
#[case("acknowledge", "mark as seen: ")]
#[case("drift", "compare: ")]
#[case("link", "link: ")]
#[case("suggest", "suggest: ")]
#[case("harbour", "Harbour Dental")]
#[case("harbourdental", "Harbour Dental")]
#[case("inv0104233", "INV0104233")]
#[case("run 42", "Run #42")]
fn the_best_match_stands_first(#[case] typed: &str, #[case] first: &str) {
    let mut console = Harness::new(120, 36);
    console.go(":").write(typed);
    assert!(first_found(&console).contains(first), "{}", console.text());
}

#[test]
fn a_customer_is_opened_by_name_from_anywhere() {
    let mut console = Harness::new(120, 36);
    console.go("6 :").write("northwind").go("Enter");
    let text = console.text();
    assert!(text.contains("Northwind Freight") && text.contains("northwind"), "{text}");
    assert_eq!(console.app.tab, Tab::Customers);
}

#[test]
fn products_invoices_and_runs_are_found_by_name_and_shown() {
    let mut console = Harness::new(120, 36);
    console.go("1 :").write("business basic").go("Enter");
    assert_eq!(console.app.tab, Tab::Products);
    assert!(console.text().contains("Products (8)"), "{}", console.text());
    console.go("1 :").write("inv0104233").go("Enter");
    assert_eq!(console.app.tab, Tab::Sync);
    assert!(console.text().contains("Sync › Invoices › INV0104233"), "{}", console.text());
}

#[test]
fn a_command_of_another_tab_is_done_there() {
    let mut console = Harness::new(120, 36);
    console.go("1 :").write("retry list").go("Enter");
    assert!(console.text().contains("Sync › Retry list"), "{}", console.text());
    console.go("1 :").write("sync on/off").go("Enter");
    assert!(console.text().contains("Switch sync"), "{}", console.text());
}

#[test]
fn names_that_cannot_be_had_are_no_error() {
    let mut console = Harness::new(120, 36);
    console.press(":");
    console.answer(Err(Refusal {
        kind: RefusalKind::Locked,
        finding: Finding::new(Code::VaultLocked, "Locked.", ""),
        suggestions: Vec::new(),
        refused_by: None,
        finished: Box::default(),
    }));
    assert!(console.text().contains("Commands and names"), "{}", console.text());
    assert!(!console.text().contains("Locked."), "{}", console.text());
}

/// The picker of the company for Riverside Vets, at a size.
fn company_picker(columns: u16, rows: u16) -> Harness {
    let mut console = Harness::new(columns, rows);
    console.go("3 / r i v e r Enter c Enter");
    console
}

#[test]
fn companies_are_ranked_by_suggestion_with_score_and_reason_beside_them() {
    let mut console = company_picker(120, 36);
    let text = console.text();
    let row = text.lines().position(|line| line.contains("88  domain “riversidevets”"));
    let other = text.lines().position(|line| line.contains("Northwind Traders"));
    assert!(row.is_some() && row < other, "{text}");
    console.press("Enter");
    assert!(!console.text().contains("nothing in common"), "{}", console.text());
}

#[test]
fn a_company_whose_name_has_nothing_of_the_tenants_is_warned_of_in_picker_and_form() {
    let mut console = company_picker(80, 24);
    console.write("zefyr");
    let whole = "“Riverside Vets” and “Zefyr Architects & Partners” have nothing in";
    assert!(console.text().contains(whole), "{}", console.text());
    console.go("Enter");
    assert!(console.text().contains("Link with Autotask"), "{}", console.text());
    assert!(console.text().contains("have nothing in"), "{}", console.text());
}

#[test]
fn why_a_contract_cannot_be_chosen_is_told_whole() {
    let mut console = company_picker(80, 24);
    console.write("veter").press("Enter");
    console.answer_contracts(vec![ContractChoice {
        unfit: Some(
            "is a Time and Materials contract of another kind; only Recurring Service contracts can carry services"
                .to_owned(),
        ),
        advice: Some("Choose an active Recurring Service contract of this company.".to_owned()),
        ..fixtures::contracts().remove(0)
    }]);
    console.press("Enter");
    let text = console.text().replace(['║', '│', '\n'], " ");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("only Recurring Service contracts can carry services"), "{text}");
    assert!(text.contains("Cannot be chosen: “Cloud services” is a Time"), "{text}");
    assert!(text.contains("Choose an active Recurring Service contract"), "{text}");
}

#[test]
fn accepting_all_names_the_least_certain_first_with_their_contracts() {
    let mut console = Harness::new(120, 36);
    console.press("3 u");
    let mut rows: Vec<SuggestionView> = vec![fixtures::suggestions()[0].clone(); 3];
    for (row, (score, name)) in
        rows.iter_mut().zip([(99, "Sure Co"), (91, "Nearly Co"), (95, "Odd Co")])
    {
        row.tenant = TenantId::new(name);
        row.score = score;
        row.customer_name = name.to_owned();
    }
    rows[2].doubt = Some("“Odd Co” and “X” have nothing in common in their names".to_owned());
    let asked = Command::from(command::Suggest);
    console.answer_to(&asked, Ok(Answer::Suggestions(rows)));
    console.press("Down A");
    let text = console.text();
    let place = |name: &str| text.find(&format!("{name} →"));
    assert!(text.contains("Accept 3 suggestions"), "{text}");
    assert!(
        place("Odd Co") < place("Nearly Co") && place("Nearly Co") < place("Sure Co"),
        "{text}"
    );
    assert!(text.contains("Riverside Veterinary Pty Ltd, Cloud services"), "{text}");
}

#[test]
fn unlinking_names_customer_company_and_contract() {
    let mut console = Harness::new(120, 36);
    console.go("3 U");
    let text = console.text();
    assert!(text.contains("Unlink Harbour Dental"), "{text}");
    assert!(text.contains("It is linked to Harbour Dental, contract “Cloud 2026”."), "{text}");
}

#[test]
fn what_all_rows_say_stands_in_the_title_instead_of_in_a_column() {
    let mut rows = fixtures::many_customers(40);
    for row in &mut rows {
        row.invoice = Some("INV0104233".to_owned());
    }
    let console = over(rows);
    let text = console.text();
    assert!(text.contains("Customers (40), all INV0104233"), "{text}");
    assert_eq!(text.matches("INV0104233").count(), 2, "title, and in the detail: {text}");
}

#[test]
fn a_heading_with_its_arrow_is_never_cut() {
    for columns in [60, 80, 100, 120] {
        let mut console = Harness::new(columns, 24);
        console.go("5");
        for _ in 0..12 {
            console.press("o");
            let text = console.text();
            let heading = text.lines().nth(3).unwrap_or_default();
            assert!(!heading.contains('…'), "{columns}: {heading}");
        }
    }
}

#[test]
fn colours_are_found_in_the_help() {
    for typed in ["dark", "colour", "light"] {
        let mut console = Harness::new(120, 36);
        console.go("3 :").write(typed);
        assert!(first_found(&console).contains("How are colours changed"), "{}", console.text());
        console.go("Enter");
        assert_eq!(console.app.tab, Tab::Support);
        assert!(console.text().contains("NO_COLOR=1"), "{}", console.text());
    }
}

#[test]
fn the_palette_writes_days_as_screens_do() {
    let mut console = Harness::new(120, 36);
    console.go(":").write("run 42");
    assert!(first_found(&console).contains("5 Oct 2026"), "{}", console.text());
    assert!(!console.text().contains("2026-10-05"), "{}", console.text());
}

/// All words of the screen, however its lines are broken.
fn in_one_line(console: &Harness) -> String {
    let said = console.text().replace(['│', '║'], " ");
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn an_unknown_column_is_answered_with_all_there_are() {
    let mut console = Harness::new(80, 24);
    console.go("3 /").write("foo:bar").go("Enter");
    let said = in_one_line(&console);
    assert!(said.contains("no column foo"), "{said}");
    let known = "No column is called “foo”; columns: prism customer, tenant,";
    assert!(said.contains(known) && said.contains("Esc shows all"), "{said}");
}

#[test]
fn products_of_one_name_are_told_apart_where_their_column_has_no_room() {
    let mut console = Harness::new(80, 24);
    console.go("4");
    let said = console.text();
    let has = |said: &str, part: &str| said.contains(&format!("Microsoft 365 Business {part}"));
    assert!(has(&said, "Bas… (monthly)") && has(&said, "Basic (annual)"), "{said}");
    assert!(has(&said, "Premium  "), "one of its name: {said}");
    let mut console = Harness::new(200, 60);
    console.go("4");
    let said = console.text();
    assert!(!said.contains("(annual)"), "its column says it: {said}");
}

#[test]
fn a_service_named_by_a_sku_is_chosen_by_its_product() {
    let mut console = Harness::new(120, 36);
    console.go("4");
    console.press("P");
    let mut service = fixtures::services().remove(0);
    service.name = "PC_CFQ7TTC0HD9Z:0001".to_owned();
    let asked = console
        .asked()
        .into_iter()
        .find(|one| matches!(one, Command::Product(ProductCommand::Services(_))));
    console.answer_to(&asked.expect("asked"), Ok(Answer::Services(vec![service])));
    console.serve();
    let said = console.text();
    let row = said.lines().find(|line| line.contains("PC_CFQ7TTC0HD9Z:0001")).expect("a row");
    let (product, code) = (row.find("Visio Plan 2"), row.find("PC_"));
    assert!(product.is_some() && product < code, "{said}");
}

/// A service that only shares words is never one Enter away.
#[test]
fn the_picker_of_a_service_selects_only_the_one_that_fits() {
    let offered = |services: Vec<Service>, rows: Vec<ProductView>| {
        let mut console = Harness::new(120, 36);
        console.go("1").press("P");
        console.answer_to(&command::Services.into(), Ok(Answer::Services(services)));
        console.answer_to(&command::Products.into(), Ok(Answer::Products(rows)));
        console
    };
    let monthly = || vec![exchange("")];
    let near = || service(482, "Exchange Online archive", "2.00");
    let mut console = offered(vec![near(), service(481, "Managed firewall", "95.00")], monthly());
    let said = console.text();
    assert!(said.contains("None of them fits for certain") && !said.contains("▌ Ex"), "{said}");
    console.press("Enter");
    let said = console.text();
    assert!(
        said.contains("Nothing is selected yet") && !said.contains("as this service?"),
        "{said}"
    );
    console.press("Down");
    assert!(console.text().contains("▌ Exchange Online archive"), "{}", console.text());
    console.press("Enter");
    assert!(console.text().contains("as this service?"), "{}", console.text());
    let mut console =
        offered(vec![near(), service(501, "Exchange Online (Plan 2)", "5.50")], monthly());
    console.press("Enter");
    let said = console.text();
    assert!(said.contains("billed as “Exchange Online (Plan 2)”"), "{said}");
    let twice = ["PC_CFQ7TTC0LH1P:0002", "PC_P1Y:M_CFQ7TTC0LH1P:0002"];
    let twice = twice.iter().zip(501..).map(|(name, id)| service(id, name, "5.50"));
    let annual = exchange("annual term, billed monthly");
    let mut console = offered(twice.collect(), vec![exchange(""), annual]);
    console.press("Enter");
    assert!(!console.text().contains("as this service?"), "{}", console.text());
}

/// A service by its name in the PSA.
fn service(id: i64, name: &str, price: &str) -> Service {
    let first = fixtures::services().swap_remove(0);
    let price = price.parse().expect("an amount");
    Service { id: ServiceId(id), name: name.to_owned(), price, ..first }
}

/// The picker of a service, opened from the dashboard before anybody looked at the products.
fn service_picker() -> Harness {
    let mut console = Harness::new(120, 36);
    console.go("1").press("P");
    let services = vec![
        service(480, "Aardvark", "1.00"),
        service(481, "Managed firewall", "95.00"),
        service(482, "Exchange archive", "2.00"),
        service(501, "PC_CFQ7TTC0LH1P:0002", "5.504999"),
        service(502, "PC_P1Y:M_CFQ7TTC0LH1P:0002", "1205.5"),
    ];
    console.answer_to(&command::Services.into(), Ok(Answer::Services(services)));
    assert!(console.asks(&command::Products.into()), "what the codes are called is read beside");
    console
}

fn exchange(motion: &str) -> ProductView {
    let sku = "CFQ7TTC0LH1P:0002";
    let first = fixtures::products().swap_remove(0);
    ProductView {
        key: format!("{}{sku}", if motion.is_empty() { "" } else { "P1Y:M_" }),
        sku: sku.to_owned(),
        name: "Exchange Online (Plan 2)".to_owned(),
        motion: motion.to_owned(),
        service: None,
        service_name: None,
        ..first
    }
}

#[test]
fn a_service_is_found_by_any_word_of_its_name_and_those_that_may_be_meant_stand_first() {
    let mut console = service_picker();
    let rows = vec![exchange(""), exchange("annual term, billed monthly")];
    console.answer_to(&command::Products.into(), Ok(Answer::Products(rows)));
    let text = console.text();
    let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what}: {text}"));
    let likely = ["5.50", "1,205.50"].map(|price| at(&format!("price {price}")));
    assert!(likely.iter().all(|place| *place < at("Exchange archive")), "{text}");
    assert!(at("Exchange archive") < at("Aardvark"), "what shares a word: {text}");
    assert_eq!(text.matches("same SKU").count(), 2, "{text}");
    assert!(!text.contains("5.504999"), "{text}");
    for typed in ["plan exchange", "lh1p:0002", "2 onli"] {
        console.write(typed);
        let text = console.text();
        assert!(text.contains("price 5.50") && !text.contains("Aardvark"), "{typed}: {text}");
        (0..typed.len()).for_each(|_| _ = console.press("Backspace"));
    }
}
