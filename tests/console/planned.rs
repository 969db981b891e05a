//! What a plan knows is on its screen: prices old and new, and nothing where no money moves.

use prism_connect::{
    domain::{
        Code, Day, Money, ServiceId,
        operation::Operation,
        outcome::Finding,
        product::ProductKey,
        shared_text::SharedTexts,
        timeline::{Step, Timeline},
    },
    engine::{
        protocol::{About, Answer, Command, Refusal, RefusalKind, SyncRequest, command},
        views::{
            PlanContract, PlanMoney, PlanView, PlannedQuantity, PlannedRows, PlannedView,
            SwitchedOff,
        },
    },
};

use rstest::rstest;

use crate::{
    fixtures::{self, with_rows},
    harness::Harness,
};

fn money(text: &str) -> Money {
    text.parse().expect("an amount")
}

fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

/// A price that the invoice changes on a contract.
fn contract_price() -> PlannedView {
    let last = fixtures::plan().operations.iter().last().expect("four of them");
    PlannedView {
        effective: Some(day("2026-09-01")),
        units: 0,
        quantity: Some((7, 7)),
        unit_price: Some(money("5.50")),
        price_before: Some(money("5.40")),
        reason: "another price from 2026-09-01".into(),
        monthly_effect: money("0.70"),
        ..last
    }
}

/// A price and a cost that the price list changes, or only the cost.
fn listed_price(price: Option<&str>) -> PlannedView {
    let product: ProductKey = "CFQ7TTC0LH18:0001".parse().unwrap_or_else(|never| match never {});
    let (price, cost) = (price.map(money), Some(money("6.95")));
    PlannedView {
        kind: "update_service".into(),
        target: "PC_CFQ7TTC0LH18:0001".into(),
        customer: None,
        tenants: SharedTexts::default(),
        effective: None,
        quantity: None,
        unit_price: price,
        unit_cost: cost,
        price_before: price.map(|_| money("8.00")),
        cost_before: Some(money("6.90")),
        monthly_effect: Money::ZERO,
        operation: Operation::UpdateService { product, service: ServiceId(412), price, cost },
        ..contract_price()
    }
}

fn plan(more: Vec<PlannedView>) -> PlanView {
    with_rows(fixtures::plan(), |rows| rows.extend(more))
}

fn line<'a>(said: &'a str, part: &str) -> &'a str {
    said.lines().find(|line| line.contains(part)).unwrap_or_else(|| panic!("{part} in {said}"))
}

#[test]
fn a_price_change_shows_what_stands_today_and_what_will() {
    let mut console = Harness::new(120, 36);
    console.go("5");
    console.press("p");
    console.answer_plan(plan(vec![contract_price(), listed_price(Some("8.40"))]));
    console.go("/");
    console.write("price change");
    console.go("Enter Enter");
    let said = console.text();
    assert!(line(&said, "8.40").contains("Price change 8.00 → 8.40"), "{said}");
}

/// Where there is no room for a column that says why.
#[test]
fn a_small_plan_says_in_its_rows_what_is_blocked_and_why_and_what_is_to_be_checked() {
    let mut console = Harness::new(80, 24);
    console.go("5");
    console.press("p");
    console.answer_plan(fixtures::plan());
    let said = console.text();
    assert!(!said.contains(" Why"), "{said}");
    assert!(line(&said, "Northwind Freight").contains("effectiveDate"), "{said}");
    assert!(line(&said, "Harbour Dental").contains("! 1 to check"), "{said}");
    assert!(line(&said, "Harbour Dental").contains("−362.40"), "{said}");
    assert!(!line(&said, "Blue Gum").contains('!'), "{said}");
}

/// Beside a list there is room for what a folded contract has in it.
#[test]
fn a_wide_plan_tells_the_changes_of_the_selected_contract_beside_it() {
    let mut console = Harness::new(200, 60);
    console.go("5");
    console.press("p");
    console.answer_plan(fixtures::plan());
    console.press("G");
    let said = console.text();
    assert!(line(&said, "[ ] Kauri Legal").contains('▌'), "{said}");
    assert!(said.contains("Power BI Pro: 7 → 8 from 24 Sep 2026 · +13.70"), "{said}");
}

#[test]
fn a_plan_made_beside_a_run_says_so_in_its_title_above_its_rows_and_in_the_question() {
    let mut console = Harness::new(80, 24);
    console.go("5");
    console.press("p");
    let mut plan = fixtures::plan();
    let text = "Made while run 44 was writing: it may be out of date.";
    let during = Finding::new(Code::PlanDuringRun, text, "Plan again when that run has ended.");
    plan.findings.insert(0, during);
    console.answer_plan(plan);
    let said = console.text();
    assert!(said.contains("during a run, nothing is sent yet"), "{said}");
    assert!(line(&said, "Made while run 44").contains("it may be out of date"), "{said}");
    console.press("A");
    assert!(console.text().contains("║ Made while run 44 was writing"), "{}", console.text());
}

#[test]
fn a_cost_alone_is_no_price_change() {
    let mut console = Harness::new(120, 36);
    console.go("5");
    console.press("p");
    console.answer_plan(plan(vec![listed_price(None)]));
    console.go("j Enter");
    let said = console.text();
    assert!(line(&said, "6.95").contains("Cost change 6.90 → 6.95"), "{said}");
    assert!(line(&said, "Price list").contains("1 price change"), "{said}");
}

#[test]
fn a_price_of_a_contract_is_told_with_its_day_and_its_money() {
    let of_prices = |rows: &mut Vec<PlannedView>| rows.retain(|one| one.units == 0);
    let mut plan = with_rows(plan(vec![contract_price()]), of_prices);
    plan.refused.clear();
    let mut console = Harness::new(160, 36);
    console.go("5");
    console.press("p");
    console.answer_plan(plan);
    console.go("/");
    console.write("power bi");
    console.go("Enter Enter j");
    let said = console.text();
    let row = line(&said, "Price 5.40");
    assert!(row.contains("Price 5.40 → 5.50 from 1 Sep ") && row.contains("+0.70"), "{said}");
    assert!(said.contains("Price change 5.40 → 5.50 from 1 Sep 2026"), "{said}");
    let told = said.matches("5.40 → 5.50").count();
    assert_eq!(told, 2, "in its row, and once in its detail: {said}");
    insta::assert_snapshot!("plan-price-160x36", console.picture());
}

/// The fixture's plan with three customers who are switched off, one of them on two invoices.
fn switched_off() -> PlanView {
    let off = |customer: &str, invoice: &str, amount: &str| SwitchedOff {
        customer: customer.to_owned(),
        tenant: String::new(),
        invoice: invoice.to_owned(),
        amount: money(amount),
        currency: Some(fixtures::aud()),
    };
    let switched_off = vec![
        off("Peak Physio Group", "INV0104233", "1216.56"),
        off("Old Mill Brewing", "INV0104233", "20.00"),
        off("Ōtāhuhu Motors", "INV0104233", "7.04"),
        off("Old Mill Brewing", "INV0103977", "21.00"),
    ];
    PlanView { switched_off, ..fixtures::plan() }
}

fn on(plan: PlanView, columns: u16, rows: u16) -> Harness {
    let mut console = Harness::new(columns, rows);
    console.go("5");
    console.press("p");
    console.answer_plan(plan);
    console
}

#[rstest]
#[case(80, 24)]
#[case(120, 36)]
#[case(200, 60)]
fn customers_who_are_switched_off_are_one_line_at_the_end(#[case] columns: u16, #[case] rows: u16) {
    let mut console = on(switched_off(), columns, rows);
    console.go("G");
    let said = console.text();
    let row = line(&said, "3 customers are switched off");
    assert!(row.contains("1,264.60 not synced"), "{said}");
    assert!(!said.contains("Peak Physio Group"), "{said}");
    console.go("Enter");
    let said = console.text();
    assert!(line(&said, "Peak Physio Group").contains("1,216.56 not synced"), "{said}");
    insta::assert_snapshot!(format!("plan-switched-off-{columns}x{rows}"), console.picture());
}

/// Of so many rows not every one is measured.
#[test]
fn whoever_is_switched_off_is_told_whole_under_four_hundred_contracts() {
    let contract = |at: usize| PlanContract {
        contract: "Cloud".to_owned(),
        customers: vec![format!("Customer {at}")],
        tenants: vec![format!("customer{at}.example")],
        money: PlanMoney { currency: Some(fixtures::aud()), ..PlanMoney::default() },
    };
    let contracts = (0..400).map(contract).collect();
    let mut console = on(PlanView { contracts, ..switched_off() }, 80, 24);
    console.go("G");
    let said = console.text();
    let row = line(&said, "▌");
    assert!(row.contains("3 customers are switched off: 1,264.60 not synced"), "{said}");
}

#[test]
fn whoever_is_switched_off_is_not_applied() {
    let mut console = on(switched_off(), 120, 36);
    console.go("G Space");
    assert!(!console.text().contains("marked:"), "{}", console.text());
    console.go("A");
    assert!(console.text().contains("Apply 4 changes to 4 customers?"), "{}", console.text());
}

/// The fixture's plan, and what it knows of the quantities of its last change.
fn with_quantities() -> PlanView {
    let plan = fixtures::plan();
    let changed = plan.operations.iter().last().expect("four of them");
    let steps = |steps: &[(&str, i64)]| {
        Timeline::new(steps.iter().map(|(from, units)| Step { from: day(from), units: *units }))
    };
    let quantity = PlannedQuantity {
        target: changed.target,
        tenants: changed.tenants,
        invoice: changed.invoice.expect("an invoice"),
        month: "2026-09".parse().expect("a month"),
        invoiced: steps(&[("2026-09-01", 7), ("2026-09-24", 8)]),
        present: steps(&[("2026-08-01", 7)]),
    };
    PlanView { quantities: [quantity].into_iter().collect(), ..plan }
}

#[rstest]
#[case(80, 24)]
#[case(120, 36)]
fn a_change_of_seats_leads_to_its_chart_and_back(#[case] columns: u16, #[case] rows: u16) {
    let mut console = on(with_quantities(), columns, rows);
    console.go("G");
    assert!(!console.text().contains("c chart"), "{}", console.text());
    console.go("Enter j c");
    assert_eq!(console.take_questions(), [], "all of it is known");
    let said = console.text();
    assert!(line(&said, "24 Sep").contains("7 → 8"), "{said}");
    assert!(said.contains("planned 7 → 8") && said.contains("7 days differ"), "{said}");
    insta::assert_snapshot!(format!("plan-chart-{columns}x{rows}"), console.picture());
    let said = console.text();
    assert!(said.contains("Planned: 7 → 8, +13.70 a month; nothing is sent yet"), "{said}");
    console.go("Esc");
    assert!(console.text().contains("Sync › Plan"), "{}", console.text());
}

/// A chart whose invoice goes down to 1 and up again while the contract has none: in which rows its levels stand.
#[test]
fn a_chart_begins_at_0_and_what_is_there_at_all_has_a_bar_above_it() {
    let mut plan = with_quantities();
    let steps = |steps: &[(&str, i64)]| {
        Timeline::new(steps.iter().map(|(from, units)| Step { from: day(from), units: *units }))
    };
    let quantity = plan.quantities.iter().next().expect("one");
    let invoiced = steps(&[("2026-09-01", 45), ("2026-09-10", 1), ("2026-09-20", 45)]);
    let quantity = PlannedQuantity { invoiced, present: steps(&[]), ..quantity };
    plan.quantities = [quantity].into_iter().collect();
    let mut console = on(plan, 120, 36);
    console.go("G Enter j c");
    let said = console.text();
    let level = |units: &str| {
        let is_level = |line: &str| {
            let mut words = line.split_whitespace().filter(|word| *word != "│");
            words.next() == Some(units) && line.contains(['█', '━'])
        };
        said.lines().position(is_level).unwrap_or_else(|| panic!("no level {units}: {said}"))
    };
    assert!(level("45") < level("1") && level("1") < level("0"), "{said}");
    let of = |at: usize| said.lines().nth(at).unwrap_or_default();
    assert!(of(level("0")).contains('━') && !of(level("1")).contains('━'), "{said}");
    assert!(of(level("1")).matches('█').count() >= 30, "each day has a bar: {said}");
}

#[test]
fn a_row_of_the_contract_that_is_made_for_seats_counts_as_what_is_sent_of_it() {
    let plan = with_rows(fixtures::plan(), |rows| {
        let seats = rows.iter_mut().find(|one| one.quantity == Some((0, 3)));
        let seats = seats.expect("seats on a new row");
        seats.kind = "adjust_units".into();
        let made = PlannedView {
            kind: "create_contract_service".into(),
            units: 0,
            quantity: None,
            monthly_effect: Money::ZERO,
            ..seats.clone()
        };
        rows.push(made);
    });
    let mut console = on(plan, 120, 36);
    let said = console.text();
    assert!(said.contains("5 changes for 4 of 5 customers"), "{said}");
    assert!(line(&said, "Blue Gum").contains("2 changes"), "{said}");
    console.go("A");
    assert!(console.text().contains("Apply 5 changes to 4 customers?"), "{}", console.text());
    // The row that they share says so.
    console.go("Esc /");
    console.write("blue gum").go("Enter Enter");
    assert!(console.text().contains("new on the contract, 2 changes"), "{}", console.text());
}

#[test]
fn a_price_and_a_cost_are_each_told_once() {
    let mut console = on(plan(vec![listed_price(Some("8.40"))]), 120, 36);
    console.go("/");
    console.write("price change");
    console.go("Enter Enter j");
    let said = console.text();
    let told = |pair: &str| said.matches(pair).count();
    assert_eq!(told("8.00 → 8.40"), 2, "in its row, and once in its detail: {said}");
    assert_eq!(told("6.90 → 6.95"), 1, "{said}");
}

#[test]
fn what_is_to_check_says_what() {
    let mut console = on(fixtures::plan(), 160, 36);
    let said = console.text();
    assert!(line(&said, "Harbour Dental").contains("! 1 to check"), "{said}");
    assert!(line(&said, "Harbour Dental").contains("−362.40 to 0"), "{said}");
    console.go("n");
    let said = console.text();
    assert!(said.contains("to 0; "), "{said}");
    assert!(said.contains("Check this: to 0."), "{said}");
}

/// Whether these texts stand in one of the lines.
fn has_line(said: &str, parts: &[&str]) -> bool {
    said.lines().any(|line| parts.iter().all(|part| line.contains(part)))
}

#[test]
fn what_was_done_to_a_plan_holds_for_the_same_plan_made_anew() {
    let mut console = on(fixtures::plan(), 120, 36);
    console.go("j Enter Space j j Space");
    let before = console.text();
    assert!(has_line(&before, &["[x]", "Harbour Dental"]), "{before}");
    // Out of it by Esc, and in again.
    console.go("Esc");
    console.press("p");
    console.answer_to(
        &Command::from(command::Plan { request: SyncRequest::default() }),
        Ok(Answer::Plan(About {
            asked: command::Plan { request: SyncRequest::default() },
            found: Box::new(fixtures::plan()),
        })),
    );
    console.serve();
    let said = console.text();
    assert!(said.contains("[x] marked: 2 customers"), "{said}");
    assert!(has_line(&said, &["12 → 0", "−362.40"]), "unfolded: {said}");
    assert!(line(&said, "▌").contains("Kauri"), "{said}");
    // The same by F5, with what narrows the list.
    console.go("/");
    console.write("harbour");
    console.press("Enter F5");
    console.serve();
    let said = console.text();
    assert!(has_line(&said, &["Sync › Plan / harbour (1 of 5 customers)"]), "{said}");
    assert!(said.contains("[x] marked: 2 customers"), "{said}");
}

#[test]
fn a_mark_is_gone_where_its_contract_has_other_changes_now() {
    let mut console = on(fixtures::plan(), 120, 36);
    console.go("j Space Space");
    console.press("F5");
    let moved = |rows: &mut Vec<PlannedView>| rows[0].quantity = Some((12, 1));
    console.answer_plan(with_rows(fixtures::plan(), moved));
    let said = console.text();
    assert!(said.contains("[x] marked: 1 customer, 1 change"), "{said}");
    assert!(has_line(&said, &["[ ]", "Harbour Dental"]), "{said}");
    assert!(said.contains("1 mark is gone: other changes than before"), "{said}");
}

#[test]
fn a_plan_that_was_applied_leaves_no_marks() {
    let mut console = on(fixtures::plan(), 120, 36);
    console.go("j Space A y");
    console.go("Esc p");
    let said = console.text();
    assert!(said.contains("Sync › Plan") && !said.contains("marked:"), "{said}");
}

#[test]
fn counts_of_a_plan_are_of_customers_and_of_the_price_list_by_name() {
    let mut plan = plan(vec![listed_price(Some("8.40"))]);
    plan.contracts[0].customers.push("Harbour Orthodontics".to_owned());
    plan.contracts[0].tenants.push("harbourortho.onmicrosoft.com".to_owned());
    let both = plan.contracts[0].tenants.clone();
    let plan = with_rows(plan, |rows| rows[0].tenants = both.into());
    let mut console = on(plan, 120, 36);
    let said = console.text();
    assert!(said.contains("5 changes for 5 of 6 customers and the price list"), "{said}");
    assert!(has_line(&said, &["Sync › Plan ─"]), "no count of rows: {said}");
    console.go("/");
    console.write("harbour");
    console.go("Enter");
    let said = console.text();
    assert!(said.contains("Sync › Plan / harbour (2 of 6 customers)"), "{said}");
    console.go("Space");
    let said = console.text();
    assert!(said.contains("[x] marked: 2 customers and the price list, 2 changes"), "{said}");
    console.go("A");
    let said = console.text();
    assert!(said.contains("Apply 2 changes to 2 customers and the price list?"), "{said}");
}

#[test]
fn a_plan_that_is_being_made_is_not_asked_for_again_and_so_not_lost() {
    let mut console = Harness::new(120, 36);
    console.go("5");
    console.press("p");
    let asked = console.asked();
    console.press("F5");
    assert_eq!(console.asked(), asked);
    console.answer_plan(fixtures::plan());
    assert!(console.text().contains("nothing is sent yet"), "{}", console.text());
}

#[test]
fn what_is_blocked_is_counted_of_what_is_gone_over() {
    let mut plan = fixtures::blocked_plan();
    let mut listed = plan.refused[0].clone();
    (listed.customer, listed.contract, listed.tenants) = (None, None, Vec::new());
    plan.refused.push(listed);
    let mut console = on(plan, 120, 36);
    console.go("/");
    console.write("muller");
    console.go("Enter Space A");
    let said = console.text();
    assert!(said.contains(" 1 blocked: the list says why"), "the price list's: {said}");
    console.go("Esc Esc /");
    console.write("harbour");
    console.go("Enter Space A");
    let said = console.text();
    assert!(said.contains(" 2 blocked: the list says why"), "{said}");
}

#[test]
fn the_whole_plan_marked_has_as_many_blocked_as_its_head_says() {
    let mut plan = fixtures::blocked_plan();
    let mut listed = plan.refused[0].clone();
    (listed.customer, listed.contract, listed.tenants) = (None, None, Vec::new());
    plan.refused.push(listed);
    let blocked = plan.refused.len();
    let mut console = on(plan, 120, 36);
    let head = console.text();
    assert!(head.contains(&format!(" {blocked} blocked")), "{head}");
    console.go("a A");
    let said = console.text();
    assert!(said.contains(&format!(" {blocked} blocked: the list says why")), "{said}");
}

#[test]
fn changes_of_a_customer_stand_in_the_order_of_their_days() {
    let harbour = fixtures::plan().operations.get(0).expect("four of them");
    let on = |day_: &str, effect: &str| PlannedView {
        effective: Some(day(day_)),
        quantity: Some((3, 4)),
        units: 1,
        mark: None,
        monthly_effect: money(effect),
        ..harbour.clone()
    };
    // As the engine has them: the largest effect first.
    let plan = with_rows(fixtures::plan(), |rows| {
        rows.insert(1, on("2026-09-24", "99.00"));
        rows.insert(2, on("2026-09-02", "1.00"));
    });
    let mut console = self::on(plan, 120, 36);
    console.go("j Enter");
    let said = console.text();
    let at = |part: &str| said.find(part).unwrap_or_else(|| panic!("{part} in {said}"));
    assert!(at("from 2 Sep") < at("from 12 Sep") && at("from 12 Sep") < at("from 24 Sep"));
}

#[test]
fn the_money_of_a_plan_says_what_it_is_of() {
    let mut console = on(fixtures::plan(), 80, 24);
    let told = "Monthly, services planned: 14,210.40 → 13,918.20 AUD (−292.20)";
    assert!(console.text().contains(told), "{}", console.text());
    console.go("A");
    assert_eq!(console.text().matches(told).count(), 2, "{}", console.text());
}

#[test]
fn a_plan_that_moves_no_money_tells_none() {
    let mut plan = fixtures::plan();
    plan.operations = PlannedRows::default();
    for contract in &mut plan.contracts {
        contract.money = PlanMoney { currency: Some(fixtures::aud()), ..PlanMoney::default() };
    }
    plan.money = PlanMoney { currency: Some(fixtures::aud()), ..PlanMoney::default() };
    let console = on(plan, 120, 36);
    assert!(!console.text().contains("0.00 → 0.00"), "{}", console.text());
}

#[test]
fn where_there_is_little_room_a_plan_has_rows_first() {
    let console = on(fixtures::blocked_plan(), 60, 16);
    let said = console.text();
    let head = said.lines().position(|line| line.contains("Customer  ")).expect("a table");
    let rows = said.lines().skip(head + 1).filter(|line| line.contains(['[', '✗'])).count();
    assert!(said.contains("1 shared cause") && rows >= 4, "{said}");
}

#[test]
fn a_plan_that_is_refused_is_there_again_with_its_marks() {
    let mut console = on(fixtures::plan(), 120, 36);
    console.go("j Space");
    console.press("A y");
    assert!(console.text().contains("Starting…"), "{}", console.text());
    let text = "Source or target moved since the plan was made: INV0104233.";
    console.answer(Err(Refusal {
        kind: RefusalKind::Failed,
        finding: Finding::new(Code::PlanStale, text, "Plan again."),
        suggestions: Vec::new(),
        refused_by: None,
        finished: Box::default(),
    }));
    let said = console.text();
    assert!(said.contains("moved since the plan was made"), "{said}");
    assert!(said.contains("Sync › Plan") && said.contains("[x] marked: 1 customer"), "{said}");
    console.take_questions();
    console.press("p");
    let asked = console.take_questions();
    assert_eq!(asked, [command::Plan { request: SyncRequest::default() }.into()], "made anew");
}

/// On a small screen nothing that counts is cut: what matters least goes first, and whole.
#[test]
fn what_a_plan_comes_to_is_shortened_by_whole_parts() {
    let mut plan = fixtures::plan();
    plan.money.monthly_before = money("0.00");
    plan.money.monthly_after = money("1057116.34");
    plan.money.cost_after = money("947116.34");
    let console = on(plan, 63, 18);
    let said = console.text();
    assert!(said.contains("Monthly 0.00 → 1,057,116.34"), "{said}");
    assert!(said.contains("(+1,057,116.34)"), "{said}");
    let head: Vec<&str> = said.lines().skip(3).take(4).collect();
    assert!(head.iter().all(|line| !line.contains('…')), "{said}");
    let changes = head[0].find("changes for").expect("how many");
    let blocked = head.concat().find("blocked").expect("and what is blocked");
    assert!(changes < blocked, "{said}");
}

#[test]
fn a_row_of_a_plan_tells_how_many_changes_before_what_is_blocked_and_no_company_as_a_reason() {
    let console = on(fixtures::blocked_plan(), 120, 36);
    let said = console.text();
    let row = line(&said, "Harbour Dental");
    let places = ["change", "blocked"].map(|what| row.find(what));
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{said}");
    assert!(!line(&said, "Blue Gum Nursery").contains("Cloud"), "{said}");
}
