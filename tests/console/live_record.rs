//! A sync that is watched and its record: the same rows, and the keys that its footer offers do what they say.

use prism_connect::{
    console::{keymap::Section, message::Message},
    domain::{
        Money, RunId,
        outcome::Outcome,
        run::{Counts, Ledger, RunHeader, RunKind, RunReport},
    },
    engine::protocol::{
        Answer, Command, Happening, ItemState,
        command::{self, HistoryCommand},
        live_run::{ChangeState, LiveItem, Totals},
    },
};

use crate::{
    fixtures,
    harness::{
        Harness, change, changes, item, live_ended, live_planning, live_writing, outcome,
        run_begins,
    },
};

fn footer(console: &Harness) -> String {
    console.text().lines().last().unwrap_or_default().to_owned()
}

/// What stands beside each other in the rows of a list, below this heading.
fn rows(console: &Harness, heading: &str, columns: usize) -> Vec<String> {
    let text = console.text();
    let below = text.lines().skip_while(|line| !line.contains(heading)).skip(1);
    let row = |line: &str| line.chars().take(columns).collect::<String>().trim_end().to_owned();
    below.map(row).take_while(|row| row.chars().count() > 3).collect()
}

#[test]
fn the_gauge_moves_while_customers_are_planned() {
    let mut console = Harness::new(120, 36);
    live_planning(&mut console);
    let bars = |console: &Harness| console.text().matches('█').count();
    let mut before = bars(&console);
    assert!(console.text().contains("2 of 6 customers planned"), "{}", console.text());
    for customers_planned in 3..6 {
        let totals = Totals { customers_due: 6, customers_planned, ..Totals::default() };
        console.happened(changes(totals, Vec::new(), Vec::new()));
        let told = format!("{customers_planned} of 6 customers planned");
        assert!(console.text().contains(&told), "{}", console.text());
        assert!(bars(&console) > before, "{}", console.text());
        before = bars(&console);
    }
}

#[test]
fn the_footer_offers_only_what_there_is_something_to_do_to() {
    let mut console = Harness::new(200, 60);
    live_planning(&mut console);
    let offered = footer(&console);
    for absent in ["n next to check", "f needs review", "i invoice", "e export", "r retry"] {
        assert!(!offered.contains(absent), "{absent}: {offered}");
    }
    assert!(offered.contains("Tab other side") && offered.contains("x stop"), "{offered}");
    live_writing(&mut console);
    let offered = footer(&console);
    assert!(offered.contains("n next to check") && offered.contains("f needs review"), "{offered}");
    console.press("Enter");
    let offered = footer(&console);
    for absent in ["n next to check", "/ filter", "Tab other side", "Enter open"] {
        assert!(!offered.contains(absent), "{absent}: {offered}");
    }
    let mut console = Harness::new(200, 60);
    live_ended(&mut console);
    let offered = footer(&console);
    for present in ["i invoice", "e export", "r retry", "Tab other side", "n next to check"] {
        assert!(offered.contains(present), "{present}: {offered}");
    }
    assert!(!offered.contains("x stop"), "{offered}");
}

#[test]
fn a_run_without_rows_yet_offers_nothing_of_rows() {
    let mut console = Harness::new(200, 60);
    console.go("5 p");
    console.press("A y");
    let offered = footer(&console);
    for absent in ["Enter open", "/ filter", "o sort", "n next to check"] {
        assert!(!offered.contains(absent), "{absent}: {offered}");
    }
}

#[test]
fn i_on_the_ended_run_opens_the_invoice_and_esc_leads_back_to_it() {
    let mut console = Harness::new(120, 36);
    live_ended(&mut console);
    let ended = rows(&console, "Source customer", 54);
    console.go("i");
    assert!(console.text().contains("Sync › Invoices › INV0104233"), "{}", console.text());
    console.go("Esc");
    assert_eq!(rows(&console, "Source customer", 54), ended, "{}", console.text());
}

#[test]
fn tab_on_the_ended_run_goes_to_what_happened_and_back() {
    let mut console = Harness::new(120, 36);
    live_ended(&mut console);
    let tab = console.app.tab;
    console.press("Tab Down");
    assert_eq!(console.app.tab, tab);
    // Enter there shows the row of what happened, and not a customer of the record.
    console.go("Enter");
    assert!(console.app.dialog().is_some(), "{}", console.text());
    console.go("Esc Tab Enter");
    assert!(console.text().contains("run #44 ›"), "{}", console.text());
}

#[test]
fn a_tenant_with_two_invoices_has_two_rows_and_their_invoices_are_told() {
    for size in [(80, 24), (120, 36), (200, 60)] {
        let mut console = Harness::new(size.0, size.1);
        live_planning(&mut console);
        assert!(!console.text().contains(" Invoice "), "of one invoice: {}", console.text());
        let Happening::Item { run, kind, key, name, domain, .. } = item(0, ItemState::Queued)
        else {
            return;
        };
        let state = ItemState::Writing { done: 1, of: 7 };
        let invoice = "INV0105001".to_owned();
        let other =
            LiveItem { key, name: name.clone(), domain, invoice, state, found: Outcome::NoChange };
        console.happened(other.told(run, kind));
        console.send(Message::Ticked(fixtures::now()));
        console.app.fit();
        let text = console.text();
        let rows: Vec<&str> = text.lines().filter(|line| line.contains("Harbour Den")).collect();
        assert!(rows.len() == 2 && text.contains("1 of 7"), "{text}");
        let told = ["INV0105001", "INV0104233"];
        let each = told.map(|invoice| rows.iter().filter(|row| row.contains(invoice)).count());
        assert_eq!(each, [1, 1], "{text}");
    }
}

/// The same in the record, where other columns may have the room.
#[test]
fn the_rows_of_a_tenant_with_two_invoices_are_told_apart_in_the_record() {
    for size in [(80, 24), (120, 36), (200, 60)] {
        let mut console = Harness::new(size.0, size.1);
        let mut report = fixtures::report();
        let mut other = report.customers[0].clone();
        "INV0105001".clone_into(&mut other.invoice);
        let (first, name) = (report.customers[0].invoice.clone(), other.customer.clone());
        report.customers.push(other);
        console.go("5");
        console.press("Enter");
        let run = command::Run { id: Some(RunId(42)) };
        console.answer_to(&run.into(), Ok(Answer::Run(Box::new(report))));
        console.app.fit();
        let text = console.text();
        let start: String = name.chars().take(9).collect();
        let rows: Vec<&str> = text.lines().filter(|line| line.contains(&start)).collect();
        assert_eq!(rows.len(), 2, "{text}");
        let each = [&*first, "INV0105001"]
            .map(|invoice| rows.iter().filter(|row| row.contains(invoice)).count());
        assert_eq!(each, [1, 1], "{text}");
    }
}

/// A run of products, as far as its first row, and to its end.
fn products(console: &mut Harness) -> Vec<LiveItem> {
    console.go("5");
    let report = fixtures::product_report();
    let (kind, finished_at) = (RunKind::Products, None);
    let run = RunHeader { id: RunId(44), kind, finished_at, ..report.header.clone() };
    console.happened(Happening::RunStarted { run });
    console.press("1 5");
    console.take_questions();
    let rows: Vec<LiveItem> = report.products.iter().map(LiveItem::of_product).collect();
    let totals = Totals { planned: 3, sent: 1, ..Totals::default() };
    console.happened(changes(totals, Vec::new(), Vec::new()));
    let first = LiveItem { state: ItemState::Writing { done: 0, of: 1 }, ..rows[0].clone() };
    console.happened(first.told(RunId(44), kind));
    rows
}

#[test]
fn a_run_of_products_shows_its_rows_as_they_come_and_counts_changes() {
    let mut console = Harness::new(120, 36);
    let rows = products(&mut console);
    let text = console.text();
    assert!(text.contains("1 of 3 changes sent") && text.contains("products run #44"), "{text}");
    assert!(text.contains(&rows[0].name) && text.contains("writing"), "{text}");
    assert!(!text.contains("Subscriptions as they happen"), "{text}");
    assert!(!footer(&console).contains("other side"), "{}", footer(&console));
    for row in &rows {
        console.happened(row.clone().told(RunId(44), RunKind::Products));
    }
    console.send(prism_connect::console::message::Message::Ticked(fixtures::now()));
    let text = console.text();
    assert!(text.contains("✗ Failure") && !text.contains("writing"), "{text}");
    let failed = rows
        .iter()
        .filter(|row| matches!(row.state, ItemState::Done { outcome: Outcome::Failure, .. }));
    assert!(text.contains(&format!("✗ {} failed", failed.count())), "{text}");
}

#[test]
fn products_of_one_name_are_told_apart_while_they_are_synced_and_in_the_record() {
    let mut console = Harness::new(120, 36);
    for row in products(&mut console) {
        console.happened(row.told(RunId(44), RunKind::Products));
    }
    console.send(prism_connect::console::message::Message::Ticked(fixtures::now()));
    console.app.fit();
    let text = console.text();
    assert!(text.contains("Microsoft 365 Business Basic (CFQ7TTC0LH18:0001)"), "{text}");
    assert!(text.contains("Microsoft 365 Business Basic (P1Y:A_CFQ7TTC0LH18:0001)"), "{text}");
    let mut console = Harness::new(80, 24);
    console.go("5 Down Enter");
    let text = console.text();
    assert!(text.contains("Business Basic (monthly)") || text.contains("… (monthly)"), "{text}");
    assert!(text.contains("(annual)"), "{text}");
}

#[test]
fn enter_on_a_product_of_a_run_that_is_on_says_what_became_of_it() {
    let mut console = Harness::new(120, 36);
    let rows = products(&mut console);
    for row in &rows {
        console.happened(row.clone().told(RunId(44), RunKind::Products));
    }
    console.send(prism_connect::console::message::Message::Ticked(fixtures::now()));
    console.app.fit();
    console.press("g Enter");
    let text = console.text();
    assert!(
        text.contains("✗ Failure") && text.contains("was not created by prism-connect"),
        "{text}"
    );
    assert!(text.contains("Nothing stands of it.") && !text.contains("Subscription"), "{text}");
    let mut said = Vec::new();
    for _ in &rows {
        console.press("Esc Down Enter");
        said.push(console.text());
    }
    let says = |what: &str| said.iter().any(|text| text.contains(what));
    assert!(says("1 change sent, and confirmed.") && says("stand in the run's record"), "{said:?}");
    assert!(says("Already correct: nothing was sent."), "{said:?}");
    assert!(!says("Nothing to change."), "{said:?}");
}

/// What is watched and what is read again have the same columns in the same places; the record has more behind them.
#[test]
fn a_run_that_is_read_again_has_the_columns_that_were_watched() {
    let headings = |console: &Harness| -> String {
        let text = console.text();
        let line = text.lines().find(|line| line.contains("Status↑")).expect("headings").to_owned();
        let line = line.replace("Subscriptions as they happened", "");
        line.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ")
    };
    let mut console = Harness::new(120, 36);
    live_ended(&mut console);
    let watched = headings(&console);
    assert_eq!(watched, "Status↑ Source customer Changes");
    into_record(&mut console);
    let more = format!("{watched} Target customer Target contract");
    assert_eq!(headings(&console), more, "{}", console.text());
}

/// From the run that was watched to its record, by the list of runs.
fn into_record(console: &mut Harness) {
    reopen(console);
    console.press("C");
}

/// From the run that was watched to the list of runs, and to it again.
fn reopen(console: &mut Harness) {
    console.press("Esc");
    let runs = [fixtures::header(44, Outcome::Failure, 3)].into_iter().chain(fixtures::runs());
    let asked = command::Runs { limit: 500 };
    console.answer_to(&asked.into(), Ok(Answer::Runs(runs.collect())));
    console.press("Enter");
    console.take_questions();
}

/// However one came to it: the run that was watched is shown as it ended, its causes are a key away, and so is the way back.
#[test]
fn a_run_that_was_watched_is_the_same_when_it_is_opened_again() {
    for size in [(80, 24), (120, 36), (200, 60)] {
        let mut console = Harness::new(size.0, size.1);
        live_ended(&mut console);
        console.press("Down");
        let left = console.picture();
        reopen(&mut console);
        assert_eq!(console.picture(), left);
        assert!(footer(&console).contains("C why"), "{}", footer(&console));
        console.press("C");
        let text = console.text();
        assert!(!text.contains("Subscriptions as they") && text.contains("cause"), "{text}");
        assert!(footer(&console).contains("C what happened"), "{}", footer(&console));
        console.press("C");
        assert_eq!(console.picture(), left);
    }
}

/// What is stored tells it too, after a restart: the same rows, with what happened beside them.
#[test]
fn what_happened_in_a_run_that_nobody_watched_is_told_from_its_record() {
    for size in [(80, 24), (120, 36), (200, 60)] {
        let mut console = Harness::new(size.0, size.1);
        console.go("5 Enter");
        let listed = |console: &Harness| -> Vec<String> {
            let rows = rows(console, "Source customer", 36).into_iter().take(2);
            rows.map(|row| row.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
        };
        let record = listed(&console);
        assert!(footer(&console).contains("C what happened"), "{}", footer(&console));
        console.go("C");
        let text = console.text();
        assert!(text.contains("What happened, by customer"), "{text}");
        assert!(text.contains("✗ Northwind Freight"), "{text}");
        assert_eq!(listed(&console), record, "{text}");
        assert!(footer(&console).contains("C why"), "{}", footer(&console));
        console.go("Enter");
        assert!(console.text().contains("run #42 ›"), "{}", console.text());
        console.go("Esc");
        assert_eq!(console.text(), text);
        console.go("C");
        assert_eq!(listed(&console), record);
        console.go("Esc");
        assert!(console.app.sections().contains(&Section::Runs), "{}", console.text());
    }
}

#[test]
fn who_comes_back_from_a_customer_finds_the_ended_run_as_it_was_left() {
    for (width, height) in [(63, 18), (80, 24), (120, 36), (200, 60)] {
        let mut console = Harness::new(width, height);
        live_ended(&mut console);
        console.press("Tab Down Tab Down");
        let left = console.picture();
        assert!(left.contains("Subscriptions as they happened"), "{left}");
        console.go("Enter");
        assert!(console.app.sections().contains(&Section::RunCustomer), "{}", console.text());
        console.go("Enter Esc Esc");
        assert_eq!(console.picture(), left);
    }
    // Narrowed, it leads into the row that is lit.
    let mut console = Harness::new(120, 36);
    live_ended(&mut console);
    console.go("/").write("mull").go("Enter Enter");
    assert!(console.text().contains("› Müller"), "{}", console.text());
    console.go("Esc");
    assert!(console.text().contains("/ mull"), "{}", console.text());
}

#[test]
fn enter_on_a_product_of_an_ended_run_leaves_its_rows_where_they_are() {
    let mut console = Harness::new(120, 36);
    console.go("5 p");
    console.press("A y");
    let report = fixtures::product_report();
    let run = RunHeader { finished_at: None, ..report.header.clone() };
    console.happened(Happening::RunStarted { run: run.clone() });
    for row in report.products.iter().map(LiveItem::of_product) {
        console.happened(row.told(run.id, run.kind));
    }
    console.answer(Ok(Answer::Synced(vec![report.clone()])));
    console.happened(Happening::RunFinished { run: report.header });
    console.serve();
    console.app.fit();
    let left = console.picture();
    console.go("Enter");
    assert!(console.app.dialog().is_some(), "{}", console.text());
    console.go("Esc");
    assert_eq!(console.picture(), left);
}

/// Where the amounts of a run went is told whole where there is room, however many invoices it has.
#[test]
fn where_amounts_went_is_told_whole_in_the_record() {
    let mut console = Harness::new(120, 36);
    let mut report = fixtures::report();
    let weightiest = &mut report.ledgers[0];
    weightiest.failed = "18075.79".parse().expect("money");
    weightiest.unmapped = "30501.63".parse().expect("money");
    weightiest.off = "1400.11".parse().expect("money");
    for number in ["INV0105001", "INV0105002"] {
        let ledger = Ledger {
            invoice: number.to_owned(),
            unmapped: Money::ZERO,
            failed: Money::ZERO,
            off: Money::ZERO,
            ..report.ledgers[0].clone()
        };
        report.ledgers.push(ledger);
    }
    console.go("5");
    console.press("Enter");
    let run = command::Run { id: Some(RunId(42)) };
    console.answer_to(&run.into(), Ok(Answer::Run(Box::new(report))));
    let text = console.text();
    for told in ["failed 18,075.79", "not linked 30,501.63", "sync off 1,400.11", "INV0105001"] {
        assert!(text.contains(told), "{told}: {text}");
    }
}

#[test]
fn the_total_of_a_run_of_products_does_not_grow_while_it_runs() {
    let mut console = Harness::new(120, 36);
    let rows = products(&mut console);
    assert!(console.text().contains("0 done so far"), "{}", console.text());
    let (run, counts) = (Some(RunId(44)), Counts::default());
    console.happened(Happening::Progress { run, done: 0, total: Some(40), counts });
    for (done, row) in rows.iter().enumerate() {
        assert!(console.text().contains(&format!("{done} of 40 done")), "{}", console.text());
        console.happened(row.clone().told(RunId(44), RunKind::Products));
    }
    let listed = format!("products run #44 ({} of 40)", rows.len());
    assert!(console.text().contains(&listed), "as many as are done of: {}", console.text());
}

#[test]
fn a_customer_is_done_when_it_was_read_back_before_its_group_is_recorded() {
    let mut console = Harness::new(120, 36);
    live_planning(&mut console);
    for at in 0..3 {
        assert!(console.text().contains(&format!("{at} of 6 done")), "{}", console.text());
        console.happened(item(at, ItemState::Verified { done: 2, of: 2 }));
    }
}

#[test]
fn skus_of_a_product_run_have_their_capitals() {
    let mut console = Harness::new(200, 60);
    console.go("5");
    let report = fixtures::product_report();
    let row = report.products.iter().find(|row| row.sku != row.product).expect("capitals");
    console.go("Down Enter");
    let text = console.text();
    assert!(text.contains(&row.sku) && !text.contains(&row.product), "{text}");
}

#[test]
fn a_plan_that_waits_for_the_budget_says_so_and_until_when() {
    for size in [(80, 24), (120, 36), (200, 60)] {
        let mut console = Harness::new(size.0, size.1);
        console.go("5");
        console.press("p");
        assert!(console.text().contains("Working out what a sync would write"));
        let until = Some("2026-10-05T09:20:00Z".parse().expect("a time"));
        let for_what = "Autotask's hourly budget".to_owned();
        console.happened(Happening::Waiting { run: None, for_what, until });
        let text = console.text();
        let told = "Waits for Autotask's hourly budget until 09:20 UTC (in 20 min 00 s)";
        assert!(text.contains(told), "{text}");
        console.happened(Happening::WaitOver { run: None });
        assert!(!console.text().contains("Waits for"), "{}", console.text());
        assert!(console.text().contains("Working out what a sync would write"));
        console.answer_plan(fixtures::plan());
        assert!(!console.text().contains("Working out"), "{}", console.text());
    }
}

#[test]
fn what_the_record_has_and_nobody_heard_of_has_its_row_too() {
    let mut console = Harness::new(120, 36);
    console.go("5 p");
    console.press("A y");
    let report = fixtures::report();
    let mut run = RunHeader { finished_at: None, ..report.header.clone() };
    console.happened(Happening::RunStarted { run: run.clone() });
    let heard = LiveItem::of_customers(&report.customers[..1]).remove(0);
    console.happened(LiveItem { state: ItemState::Queued, ..heard }.told(run.id, run.kind));
    console.answer(Ok(Answer::Synced(vec![report.clone()])));
    run.clone_from(&report.header);
    console.happened(Happening::RunFinished { run });
    console.serve();
    let text = console.text();
    assert!(!text.contains("queued"), "{text}");
    for row in &report.customers {
        let name: String = row.customer.chars().take(12).collect();
        assert!(text.contains(&name), "{text}");
    }
}

#[test]
fn a_customer_watched_by_itself_turns_into_its_record_when_the_run_ends() {
    let mut console = Harness::new(120, 36);
    console.go("5 p");
    console.press("A y");
    let report = fixtures::report();
    let state = ItemState::Writing { done: 1, of: 2 };
    run_begins(&mut console, &report, |row| LiveItem { state: state.clone(), ..row });
    console.press("Enter");
    let place = |console: &Harness| {
        let text = console.text();
        let title = text.lines().nth(2).unwrap_or_default().to_owned();
        title
            .rsplit('›')
            .next()
            .unwrap_or_default()
            .split('─')
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let opened = place(&console);
    console.answer(Ok(Answer::Synced(vec![report])));
    console.serve();
    assert_eq!(place(&console).split('(').next().map(str::trim), Some(opened.trim()));
    assert!(console.text().contains("Subscription") && console.text().contains("Cost"));
    assert!(console.app.sections().contains(&Section::RunCustomer));
    console.go("Esc");
    assert!(console.text().contains("Subscriptions as they happened"), "{}", console.text());
}

#[test]
fn the_rows_of_a_customer_watched_by_itself_are_its_subscriptions() {
    let mut console = Harness::new(120, 36);
    live_writing(&mut console);
    console.press("Down Down Enter");
    let text = console.text();
    assert!(text.contains(" ⠋ sent          Teams Phone  0 of 1"), "{text}");
    assert!(text.contains(" ✓ confirmed     Power BI Pro  1 of 1"), "{text}");
    console.happened(changes(
        Totals::default(),
        vec![change(4, "Teams Phone", 5, ChangeState::Confirmed)],
        vec![outcome(4, "Power BI Pro", Outcome::Warning, "It was priced by hand.")],
    ));
    let text = console.text();
    assert!(text.contains(" ✓ confirmed     Teams Phone  1 of 1"), "{text}");
    assert!(text.contains(" ! Warning       Power BI Pro  1 of 1"), "{text}");
    assert!(text.contains("It was priced by hand."), "{text}");
}

/// A run that a schedule, or another console, began: nobody here waits for its answer.
#[test]
fn a_run_begun_elsewhere_turns_into_its_own_record() {
    let mut console = Harness::new(120, 36);
    live_writing(&mut console);
    let before = rows(&console, "Source customer", 54);
    console.take_questions();
    let header = fixtures::header(44, Outcome::Failure, 3);
    console.happened(Happening::RunFinished { run: header.clone() });
    let report = RunReport { header, ..fixtures::report() };
    let record = Command::from(command::Run { id: Some(RunId(44)) });
    assert!(console.asks(&record), "{:?}", console.asked());
    console.answer_to(&record, Ok(Answer::Run(Box::new(report))));
    console.serve();
    let said = console.text();
    assert!(said.contains("ended: ") && said.contains("Failure"), "{said}");
    assert!(footer(&console).contains("r retry"), "{said}");
    assert!(rows(&console, "Source customer", 54).len() >= before.len(), "{said}");
    console.go("Enter");
    assert!(console.text().contains("run #44 ›"), "{}", console.text());
}

#[test]
fn the_record_of_a_run_that_was_watched_keeps_its_order() {
    let mut console = Harness::new(120, 36);
    live_ended(&mut console);
    console.go("o O");
    assert!(console.text().contains("Source customer↓"), "{}", console.text());
    into_record(&mut console);
    assert!(console.text().contains("Source customer↓"), "{}", console.text());
}

#[test]
fn a_run_that_is_opened_again_is_as_it_was_left() {
    let mut console = Harness::new(120, 36);
    console.go("5 Enter o O f Down");
    let left = console.text();
    assert!(left.contains("Source customer↓") && left.contains("needs review"), "{left}");
    let run = |text: &str| text.lines().find(|line| line.contains("▌")).map(str::to_owned);
    // `f` is the first that Esc takes away; the run is left by going to another from the palette.
    console.go(":");
    console.write("run #41");
    console.go("Enter");
    assert!(console.text().contains("run #41"), "{}", console.text());
    console.go("Esc g Enter");
    let said = console.text();
    assert!(said.contains("run #42") && said.contains("Source customer↓"), "{said}");
    assert!(said.contains("needs review"), "{said}");
    assert_eq!(run(&said), run(&left), "{said}");
}

#[test]
fn subscriptions_of_the_next_customer_stand_in_the_same_order() {
    let mut console = Harness::new(120, 36);
    console.go("5 Enter Enter o O Esc Down Enter");
    assert!(console.text().contains("Subscription↓"), "{}", console.text());
}

#[test]
fn before_a_run_begins_nothing_of_it_is_counted() {
    let mut console = Harness::new(120, 36);
    console.go("5 p");
    console.press("A y");
    let said = console.text();
    assert!(said.contains("Starting…"), "{said}");
    assert!(!said.contains("0 of 0") && !said.contains("0 requests"), "{said}");
}

/// What is on has no outcome, wherever it is told: the palette leads to where it is watched.
#[test]
fn the_palette_calls_a_run_that_is_on_running_and_leads_to_it() {
    let mut console = Harness::new(120, 36);
    live_planning(&mut console);
    console.go("1");
    console.press(":");
    let mut on = fixtures::header(44, Outcome::NoChange, 3);
    on.finished_at = None;
    let cut_off = RunHeader { id: RunId(43), ..on.clone() };
    let runs = prism_connect::engine::protocol::command::Runs { limit: 500 };
    console.answer_to(&runs.into(), Ok(Answer::Runs(vec![on, cut_off])));
    console.write("run #4");
    let said = console.text();
    let of = |id: &str| said.lines().find(|line| line.contains(id)).unwrap_or_default();
    assert!(of("Run #44").contains("(customers) running"), "{said}");
    assert!(of("Run #43").contains("(customers) unfinished"), "{said}");
    console.write("4");
    console.press("Enter");
    assert!(console.text().contains("running, x stops it"), "{}", console.text());
}

#[test]
fn the_history_calls_a_run_that_is_on_running() {
    let mut console = Harness::new(120, 36);
    live_planning(&mut console);
    console.press("Esc");
    console.take_questions();
    console.press("F5");
    let mut on = fixtures::header(44, Outcome::NoChange, 3);
    on.finished_at = None;
    let cut_off = RunHeader { id: RunId(43), ..on.clone() };
    console.answer(Ok(Answer::Runs(vec![on, cut_off])));
    let said = console.text();
    let of = |id: &str| said.lines().find(|line| line.contains(id)).unwrap_or_default();
    assert!(of("#44").contains("running") && of("#43").contains("unfinished"), "{said}");
}

#[test]
fn what_is_told_while_it_runs_writes_days_as_screens_do() {
    let mut console = Harness::new(120, 36);
    live_writing(&mut console);
    let text = "Billed from 2026-08-27 to 2026-08-31: the period differs";
    let told = vec![outcome(4, "Teams Phone", Outcome::Warning, text)];
    console.happened(changes(Totals::default(), Vec::new(), told));
    let said = console.text();
    assert!(said.contains("Billed from 27 Aug 2026 to 31 Aug 2026"), "{said}");
}

#[test]
fn a_rate_is_told_once_there_is_one_and_changes_of_a_customer_do_not_repeat_its_name() {
    let mut console = Harness::new(120, 36);
    live_planning(&mut console);
    let totals = Totals {
        planned: 300,
        sent: 8,
        customers_due: 6,
        customers_planned: 6,
        ..Totals::default()
    };
    let first = change(4, "Power BI Pro", 1, ChangeState::Sent);
    let begun = first.at;
    console.happened(changes(totals, vec![first], Vec::new()));
    console.send(Message::Ticked(begun + chrono::TimeDelta::milliseconds(90)));
    assert!(!console.text().contains("a second"), "{}", console.text());
    console.send(Message::Ticked(begun + chrono::TimeDelta::seconds(4)));
    assert!(console.text().contains("2.0 changes a second"), "{}", console.text());
    console.go("/").write("kauri").go("Enter Enter");
    let said = console.text();
    assert!(said.contains("Power BI Pro · 1 → 3"), "{said}");
    assert_eq!(said.matches("Kauri Legal").count(), 1, "in the title: {said}");
}

#[test]
fn who_leaves_a_run_that_is_on_finds_it_in_the_history_and_on_the_dashboard() {
    let mut console = Harness::new(120, 36);
    live_planning(&mut console);
    console.press("Esc");
    let asked = console.asked();
    assert!(
        asked.iter().any(|one| matches!(one, Command::History(HistoryCommand::Runs(_)))),
        "{asked:?}"
    );
    let mut on = fixtures::header(44, Outcome::NoChange, 3);
    on.finished_at = None;
    let status = console.app.shell.status.as_mut().expect("known");
    status.recent.insert(0, on);
    console.press("1");
    let said = console.text();
    assert!(said.contains("44 running"), "{said}");
}

#[test]
fn the_history_counts_a_run_that_is_on_as_its_own_page_does() {
    let mut console = Harness::new(120, 36);
    live_writing(&mut console);
    console.press("Esc");
    let mut on = fixtures::header(44, Outcome::NoChange, 3);
    on.finished_at = None;
    let runs = vec![on];
    console.answer_to(&command::Runs { limit: 500 }.into(), Ok(Answer::Runs(runs)));
    console.app.fit();
    let text = console.text();
    let row = text.lines().find(|line| line.contains("#44")).unwrap_or_else(|| panic!("{text}"));
    let words: Vec<&str> = row.split_whitespace().collect();
    let at = words.iter().position(|word| *word == "running").unwrap_or_else(|| panic!("{row}"));
    assert_eq!(words[at + 1..at + 6], ["1", "1", "1", "9", "17"], "ok, warned, failed: {text}");
    assert!(text.contains("running since "), "{text}");
}
