//! What an operator sees of a run while it is on, and of the same run afterwards: nothing that was told is gone, and what is
//! shown fits.

use prism_connect::{
    console::{keymap::Section, message::Message},
    domain::{
        outcome::Outcome,
        run::{RunKind, RunReport},
    },
    engine::{
        protocol::{
            Answer, Happening, ItemState,
            live_run::{ChangeState, LiveItem, Totals},
        },
        views::HistoryView,
    },
};
use rstest::rstest;

use crate::{
    fixtures,
    harness::{Harness, change, changes, item, live_planning, outcome, run_begins},
};

fn line(console: &Harness, with: &str) -> String {
    let text = console.text();
    let found = text.lines().find(|line| line.contains(with)).map(str::to_owned);
    found.unwrap_or_else(|| panic!("{with} in\n{text}"))
}

/// The row of a customer, without what stands beside the list.
fn customer(console: &Harness, at: usize) -> String {
    let name: String = fixtures::customers()[at].customer_name.chars().take(10).collect();
    let text = console.text();
    let mut rows = text.lines().map(|line| line.chars().take(56).collect::<String>());
    let found = rows.find(|row| row.contains(&name));
    found.unwrap_or_else(|| panic!("{name} in\n{text}"))
}

#[test]
fn a_customer_fails_on_the_list_as_soon_as_anything_of_it_failed() {
    let mut console = Harness::new(120, 36);
    live_planning(&mut console);
    console.happened(item(4, ItemState::Writing { done: 1, of: 3 }));
    assert!(customer(&console, 4).contains("writing"), "{}", console.text());
    let told = outcome(4, "Copilot", Outcome::Failure, "The contract ended.");
    console.happened(changes(Totals::default(), Vec::new(), vec![told]));
    assert!(customer(&console, 4).contains("✗ Failure"), "{}", console.text());
    assert!(line(&console, " of 6 done").contains("✗ 1 failed"), "{}", console.text());
    // What is left of it goes on, and it stays what it is.
    console.happened(item(4, ItemState::Writing { done: 2, of: 3 }));
    let row = customer(&console, 4);
    assert!(row.contains("✗ Failure") && row.contains("2 of 3"), "{row}");
    assert!(line(&console, " of 6 done").starts_with("│ 0 of 6"), "{}", console.text());
    // The record has the last word.
    let done = ItemState::Done { outcome: Outcome::Success, writes: 3, text: None };
    console.happened(item(4, done));
    assert!(customer(&console, 4).contains("✓ Success"), "{}", console.text());
    assert!(line(&console, " of 6 done").contains("✗ 0 failed"), "{}", console.text());
}

#[test]
fn between_its_last_change_and_its_record_a_customer_moves_with_its_counters() {
    let mut console = Harness::new(120, 36);
    live_planning(&mut console);
    let of = 2;
    let mut seen = Vec::new();
    let counters = |console: &Harness| line(console, " of 6 done");
    for at in 0..6 {
        console.happened(item(at, ItemState::Verifying { done: 1, of }));
        seen.push(line(&console, " of 6 written"));
    }
    assert!(seen[5].contains("6 of 6 written, being checked"), "{seen:?}");
    assert!(customer(&console, 5).contains(" checking "), "{}", console.text());
    for at in 0..6 {
        console.happened(item(at, ItemState::Verified { done: 2, of }));
        seen.push(counters(&console));
    }
    assert!(seen[6].contains("1 of 6 done"), "a customer that was read back is done: {seen:?}");
    assert!(seen[11].contains("6 of 6 done") && seen[11].contains("6 to be recorded"), "{seen:?}");
    let row = customer(&console, 5);
    assert!(row.contains("✓ Success") && row.contains("2 of 2"), "{row}");
    assert!(seen[6].contains("✓ 1 ok") && seen[11].contains("✓ 6 ok"), "{seen:?}");
    for at in 0..6 {
        console.happened(item(
            at,
            ItemState::Done { outcome: Outcome::Success, writes: of, text: None },
        ));
        seen.push(counters(&console));
    }
    assert!(seen[17].contains("6 of 6 done") && !seen[17].contains("check"), "{seen:?}");
    seen.dedup();
    assert_eq!(seen.len(), 18, "{seen:?}");
}

#[test]
fn a_small_screen_counts_by_glyphs_and_has_all_of_the_counters() {
    let mut console = Harness::new(60, 16);
    live_planning(&mut console);
    (0..6).for_each(|at| console.happened(item(at, ItemState::Verifying { done: 1, of: 1 })));
    let written = line(&console, " of 6 written, being checked");
    assert!(written.contains("✗ 0") && !written.contains('…'), "{written}");
    let stands = ItemState::Done { outcome: Outcome::Success, writes: 1, text: None };
    console.happened(item(0, stands));
    let counters = line(&console, " of 6 done");
    assert!(counters.contains("5 sent, checking") && !counters.contains('…'), "{counters}");
}

#[test]
fn names_have_the_room_that_states_do_not_need() {
    let mut console = Harness::new(120, 36);
    live_planning(&mut console);
    for at in 0..6 {
        let whole = &fixtures::customers()[at].customer_name;
        assert!(console.text().contains(whole.as_str()), "{whole} in\n{}", console.text());
    }
}

/// A run that is watched by its failing customer alone, to its end: its first subscription is right, its second failed.
fn watched_to_its_end(console: &mut Harness) -> RunReport {
    console.go("5 p");
    console.press("A y");
    let mut report = fixtures::report();
    let customer = report
        .customers
        .iter_mut()
        .find(|row| row.subscriptions.len() > 1)
        .expect("several subscriptions");
    customer.subscriptions.sort_by_key(|bought| bought.status);
    if let Some(last) = customer.subscriptions.last_mut() {
        (customer.status, last.status) = (Outcome::Failure, Outcome::Failure);
    }
    let (key, invoice) = (customer.tenant_id.to_string(), customer.invoice.clone());
    let run = run_begins(console, &report, |row| LiveItem { state: ItemState::Queued, ..row });
    let until = Some("2026-10-05T09:20:00Z".parse().expect("a time"));
    let for_what = "Autotask's hourly budget".to_owned();
    console.happened(Happening::Waiting { run: Some(run.id), for_what, until });
    console.happened(Happening::WaitOver { run: Some(run.id) });
    let of = |mut told: prism_connect::engine::protocol::live_run::LiveSubscription| {
        told.tenants = vec![prism_connect::domain::TenantId::new(key.clone())];
        told.invoice.clone_from(&invoice);
        told
    };
    let mut sent = change(0, "Teams Phone", 3, ChangeState::Confirmed);
    sent.of = of(sent.of);
    let mut failed = outcome(0, "Visio Plan 2", Outcome::Failure, "The contract ended.");
    failed.of = of(failed.of);
    let told = |changes_told, outcomes| Happening::Changes {
        run: run.id,
        totals: Totals::default(),
        replanned: Vec::new(),
        changes: changes_told,
        outcomes,
    };
    console.happened(told(vec![sent], vec![failed]));
    console.send(Message::Ticked(fixtures::now()));
    // What failed is on top.
    console.press("g Enter");
    assert!(console.text().contains("The contract ended."), "{}", console.text());
    console.answer(Ok(Answer::Synced(vec![report.clone()])));
    console.happened(Happening::RunFinished { run: report.header.clone() });
    console.serve();
    report
}

#[test]
fn the_record_of_a_watched_customer_stands_on_what_failed_and_keeps_what_was_told() {
    let mut console = Harness::new(120, 36);
    watched_to_its_end(&mut console);
    assert!(console.app.sections().contains(&Section::RunCustomer), "{}", console.text());
    let text = console.text();
    let rows = text.lines().skip_while(|line| !line.contains("Subscription ")).skip(1);
    let first = rows.map(str::to_owned).next().unwrap_or_default();
    assert!(first.contains("▌") && first.contains("✗ Failure"), "{text}");
    assert!(text.lines().last().unwrap_or_default().contains("what was told"), "{text}");
    console.press("Tab");
    let text = console.text();
    for told in ["The contract ended.", "Teams Phone", "Autotask's hourly budget until 09:20 UTC"] {
        assert!(text.contains(told), "{told} in\n{text}");
    }
    console.press("Esc");
    assert!(console.app.sections().contains(&Section::RunCustomer), "{}", console.text());
}

#[test]
fn esc_from_the_record_of_a_watched_customer_leads_to_its_row_in_the_run() {
    let mut console = Harness::new(120, 36);
    let report = watched_to_its_end(&mut console);
    let customer = report.customers.iter().find(|row| row.subscriptions.len() > 1).expect("one");
    console.go("Esc");
    assert!(console.app.sections().contains(&Section::Live), "{}", console.text());
    let row = line(&console, "▌");
    let name: String = customer.customer.chars().take(10).collect();
    assert!(row.contains(&name), "{row}");
    // A record that nobody watched has nothing to tell besides.
    console.go("Esc");
    assert!(console.app.sections().contains(&Section::Runs), "{}", console.text());
}

#[test]
fn a_worse_run_of_products_does_not_take_the_place_of_the_customer_who_is_watched() {
    let mut console = Harness::new(120, 36);
    console.go("5 p");
    console.press("A y");
    let report = fixtures::report();
    run_begins(&mut console, &report, |row| row);
    console.press("Enter");
    let mut products = fixtures::product_report();
    products.header.status = Outcome::Failure;
    products.header.kind = RunKind::Products;
    let mut customers = report;
    customers.header.status = Outcome::Success;
    console.answer(Ok(Answer::Synced(vec![products, customers])));
    console.serve();
    assert!(console.app.sections().contains(&Section::RunCustomer), "{}", console.text());
}

#[test]
fn what_the_customers_page_and_its_history_count_is_said() {
    let mut console = Harness::new(120, 36);
    console.go("3 / h a Enter Enter");
    let page = line(&console, "Changes (");
    assert!(page.contains("Changes (4), by dana, of 2 runs"), "{page}");
    console.press("H");
    let mut rows = fixtures::history();
    let added = HistoryView { effective: None, units: (0, 0), ..rows[0].clone() };
    rows.push(added);
    console.answer_history(rows);
    let history = line(&console, "History (");
    assert!(history.contains(", of 2 runs: 3 changes, 1 service added"), "{history}");
}

#[rstest]
#[case(60, 16)]
#[case(80, 24)]
fn usage_lines_are_a_table_at_every_size(#[case] width: u16, #[case] height: u16) {
    let mut console = Harness::new(width, height);
    console.go("3 / h a Enter Enter");
    console.press("Enter");
    let heading = line(&console, "Charged");
    assert!(heading.contains("Cost"), "{}", console.text());
    let rows = console.text();
    let rows: Vec<&str> = rows.lines().filter(|line| line.contains(" Sep 2026")).collect();
    assert!(!rows.is_empty(), "{}", console.text());
    for row in rows {
        assert_eq!(row.matches("2026").count(), 2, "{}", console.text());
        assert!(row.contains('.'), "{}", console.text());
    }
}

#[test]
fn a_heading_has_something_below_it() {
    for size in [(60, 16), (80, 24), (120, 36)] {
        let mut console = Harness::new(size.0, size.1);
        console.go("3 / h a Enter Enter");
        let text = console.text();
        let lines: Vec<&str> = text.lines().collect();
        for (at, _) in lines.iter().enumerate().filter(|(_, line)| line.contains(" ───")) {
            let below = lines[at + 1].trim_matches(|c: char| "│ ".contains(c));
            let is_frame = lines[at].starts_with(['┌', '└']);
            assert!(is_frame || !below.is_empty() && !below.starts_with('└'), "{text}");
        }
    }
}

#[test]
fn licences_lead_to_what_is_about_them() {
    let mut console = Harness::new(120, 36);
    console.go("1");
    console.go(": l i c e n s e");
    let text = console.text();
    assert!(!text.contains("similar spelling") && text.contains("Go to Products"), "{text}");
    assert!(text.contains("Work out what a sync would write"), "{text}");
}

#[test]
fn a_filter_by_a_column_that_there_is_not_says_which_there_are() {
    let mut console = Harness::new(120, 36);
    console.go("3 / f o o : b a r");
    let text = console.text();
    assert!(text.contains("no column foo") && text.contains("columns: prism customer"), "{text}");
    console.go("Esc / c o m p a n y : h a r");
    assert!(!console.text().contains("no column"), "{}", console.text());
}

#[test]
fn a_list_has_what_it_needs_and_its_detail_the_rest() {
    let mut console = Harness::new(200, 60);
    console.go("5 Enter");
    let text = console.text();
    for row in fixtures::report().customers {
        assert!(text.contains(&row.target_contract) && text.contains(&row.customer), "{text}");
    }
    console.go("Enter");
    let text = console.text();
    for bought in fixtures::report().customers.iter().flat_map(|row| &row.subscriptions).take(1) {
        assert!(text.contains(bought.sku.as_deref().unwrap_or_default()), "{text}");
    }
}
