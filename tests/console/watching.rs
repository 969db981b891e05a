//! A sync that is watched: what its events make of the screen, at all sizes.

use insta::assert_snapshot;
use prism_connect::{
    console::{effect::Effect, message::Message},
    domain::{
        Day, Money, RunId,
        outcome::Outcome,
        run::{RunKind, Tally},
        timeline::Timeline,
    },
    engine::protocol::{
        Answer, Command, Happening, ItemState, Phase,
        command::{self, PlanCommand},
        live_run::{Ahead, ChangeState, SetPrice, Totals},
    },
};

use crate::{
    fixtures,
    harness::{
        Harness, change, changes, item, live, live_ended, live_ended_as, live_planning,
        live_writing, outcome,
    },
};

type Way = fn(&mut Harness);

#[test]
fn a_large_screen_shows_every_stage_of_a_sync() {
    let stages: [(&str, Way); 4] = [
        ("planning", live_planning),
        ("writing", live_writing),
        ("waiting", live),
        ("ended", live_ended),
    ];
    for (name, way) in stages {
        let mut console = Harness::new(200, 60);
        way(&mut console);
        assert_snapshot!(format!("live-{name}-200x60"), console.picture());
    }
}

fn row(console: &Harness, text: &str) -> usize {
    let screen = console.text();
    let found = screen.lines().position(|line| line.contains(text));
    found.unwrap_or_else(|| panic!("{text} in {screen}"))
}

#[test]
fn a_change_moves_counter_gauge_and_row_with_its_event() {
    let mut console = Harness::new(120, 36);
    live_writing(&mut console);
    let before = console.text();
    assert!(before.contains("9 of 20 changes sent, 8 confirmed, 45 %"), "{before}");
    let totals = Totals {
        customers_due: 6,
        customers_planned: 6,
        planned: 20,
        sent: 10,
        confirmed: 9,
        ..Totals::default()
    };
    let sent = change(4, "Project Plan 3", 9, ChangeState::Sent);
    console.happened(changes(totals, vec![sent], Vec::new()));
    let after = console.text();
    assert!(after.contains("10 of 20 changes sent, 9 confirmed, 50 %"), "{after}");
    let bars = |text: &str| text.matches('█').count();
    assert!(bars(&after) > bars(&before), "{after}");
    assert!(row(&console, "Project Plan 3") < row(&console, "Teams Phone"), "{after}");
}

#[test]
fn what_fails_is_on_top_of_both_parts_with_its_event_and_stays_until_it_was_looked_at() {
    let mut console = Harness::new(120, 36);
    live_writing(&mut console);
    let told = outcome(5, "Copilot", Outcome::Failure, "The contract ended.");
    console.happened(changes(Totals::default(), Vec::new(), vec![told]));
    for at in 6..40 {
        let next = change(4, "Teams Phone", at, ChangeState::Confirmed);
        console.happened(changes(Totals::default(), vec![next], Vec::new()));
    }
    assert!(row(&console, "The contract ended.") < row(&console, "Teams Phone"));
    console.press("Tab Enter Esc");
    assert!(!console.text().contains("The contract ended."), "{}", console.text());
}

#[test]
fn many_failures_leave_most_of_their_part_to_what_happens() {
    let ways: [Way; 2] = [live_writing, live_ended];
    let sizes = [(80, 24), (120, 36), (200, 60)];
    for (size, way) in sizes.into_iter().flat_map(|size| ways.map(|way| (size, way))) {
        let mut console = Harness::new(size.0, size.1);
        way(&mut console);
        let told = |at| outcome(at, "Copilot", Outcome::Failure, "The contract ended.");
        console.happened(changes(Totals::default(), Vec::new(), (0..12).map(told).collect()));
        let next = change(4, "Teams Phone", 30, ChangeState::Confirmed);
        console.happened(changes(Totals::default(), vec![next], Vec::new()));
        let pinned = console.text().matches("The contract ended.").count();
        assert!(pinned > 0 && console.text().contains("more to look at"), "{}", console.text());
        assert!(row(&console, "more to look at") < row(&console, "Teams Phone"));
        let told = "more to look at: Tab, then Down, shows them";
        assert!(size.0 < 100 || console.text().contains(told), "{}", console.text());
        // Down past all twelve, and the two that were there before them, to the newest change.
        console.press("Tab");
        for _ in 0..14 {
            console.press("Down");
        }
        assert!(console.text().contains("Teams Phone"), "{}", console.text());
    }
}

/// Where one of many companies of a run stands.
fn told(at: usize, state: ItemState) -> Happening {
    Happening::Item {
        run: RunId(44),
        kind: RunKind::Customers,
        key: format!("company-{at}"),
        name: format!("Company {at:02}"),
        domain: format!("company{at}.example"),
        invoice: "INV0104233".to_owned(),
        state,
    }
}

/// As many want a look as before, and yet another one stands on top.
#[test]
fn who_warned_behind_those_at_work_and_fails_now_stands_on_top() {
    let mut console = Harness::new(120, 36);
    live_planning(&mut console);
    let ended = |outcome: Outcome| ItemState::Done { outcome, writes: 0, text: None };
    for at in 0..60 {
        console.happened(told(at, ended(Outcome::Warning)));
    }
    console.happened(told(60, ItemState::Writing { done: 1, of: 3 }));
    console.send(Message::Ticked(fixtures::now()));
    console.app.fit();
    let at_work = |console: &Harness| row(console, "Company 60");
    assert!(!console.text().contains("Company 59"), "{}", console.text());
    console.happened(told(59, ended(Outcome::Failure)));
    console.send(Message::Ticked(fixtures::now()));
    console.app.fit();
    assert!(row(&console, "Company 59") < at_work(&console), "{}", console.text());
}

/// However many fail, what is at work stays on the screen, and the rest of them comes behind it.
#[test]
fn failed_customers_have_a_part_of_the_room_as_long_as_others_are_at_work() {
    for (size, most) in [((80, 24), 2), ((120, 36), 9), ((200, 60), 17)] {
        let mut console = Harness::new(size.0, size.1);
        live_planning(&mut console);
        let failed = ItemState::Done { outcome: Outcome::Failure, writes: 0, text: None };
        for at in 0..60 {
            console.happened(told(at, failed.clone()));
        }
        console.happened(told(60, ItemState::Writing { done: 1, of: 3 }));
        console.send(Message::Ticked(fixtures::now()));
        console.app.fit();
        let text = console.text();
        let shown = text.lines().skip_while(|line| !line.contains("Live order")).skip(1);
        let above = shown.take_while(|line| !line.contains("writing"));
        // What the order is, and that there are more of them, stands above.
        let more = format!("{} to look at below", 60 - above.clone().count());
        assert!(text.contains(&more) && !text.contains("Status↑"), "{more}: {text}");
        assert!(above.clone().all(|line| line.contains("✗ Failure")), "{text}");
        assert!((1..=most).contains(&above.count()) && text.contains("Company 60"), "{text}");
        // The rest comes right behind it; what ended stands as its record has it.
        console.press("f");
        assert_eq!(console.text().matches("writing").count(), 0, "{}", console.text());
        console.press("f f f f");
        console.happened(Happening::RunFinished { run: fixtures::header(44, Outcome::Failure, 3) });
        console.app.fit();
        assert!(
            row(&console, "Company 00") + 1 == row(&console, "Company 01"),
            "{}",
            console.text()
        );
        assert!(console.text().contains("Status↑"), "{}", console.text());
    }
}

#[test]
fn a_rate_of_less_than_one_in_ten_seconds_is_told_by_the_minute() {
    let mut console = Harness::new(120, 36);
    live_writing(&mut console);
    let text = console.text();
    assert!(text.contains(" changes a minute") && !text.contains("0.0 changes"), "{text}");
}

#[test]
fn what_is_pinned_is_told_whole_where_rows_would_stay_blank() {
    let mut console = Harness::new(120, 36);
    live_writing(&mut console);
    assert!(console.text().contains(" Sep 2026] "), "{}", console.text());
    for at in 6..40 {
        let next = change(4, "Teams Phone", at, ChangeState::Confirmed);
        console.happened(changes(Totals::default(), vec![next], Vec::new()));
    }
    let text = console.text();
    assert!(text.contains("[7.40] on [1…") && !text.contains(" Sep 2026] "), "{text}");
}

#[test]
fn finished_customers_do_not_push_those_at_work_off_the_screen() {
    let mut console = Harness::new(80, 24);
    live_planning(&mut console);
    for at in 0..5 {
        let (outcome, writes, text) = (Outcome::Success, 1, None);
        console.happened(item(at, ItemState::Done { outcome, writes, text }));
    }
    console.happened(item(5, ItemState::Writing { done: 1, of: 3 }));
    console.send(prism_connect::console::message::Message::Ticked(crate::fixtures::now()));
    console.app.fit();
    assert!(row(&console, "writing") < row(&console, "Success"), "{}", console.text());
}

#[test]
fn the_ended_run_keeps_its_rows_and_enter_leads_into_the_record() {
    let mut console = Harness::new(120, 36);
    live_writing(&mut console);
    let rows = |console: &Harness| -> Vec<String> {
        // State and name; what it counts is the engine's, and has its test there.
        let left = |line: &str| line.chars().take(46).collect::<String>();
        let text = console.text();
        text.lines().skip(7).take(9).map(left).collect()
    };
    let watched = rows(&console);
    let mut ended = Harness::new(120, 36);
    live_ended(&mut ended);
    assert!(ended.text().contains("ended: ✗ Failure"), "{}", ended.text());
    assert_eq!(rows(&ended)[..3], watched[..3], "{}", ended.text());
    assert!(!ended.text().contains("writing"), "{}", ended.text());
    ended.go("Enter");
    assert!(ended.text().contains("run #44 ›"), "{}", ended.text());
}

/// What a stopped run did not come to is tried again like what failed; where nothing is left, there is nothing to try.
#[test]
fn on_the_ended_run_what_it_did_not_come_to_can_be_tried_again() {
    use Outcome::{NoChange, NotAttempted, Success};
    let offers =
        |console: &Harness| console.app.offered().iter().any(|one| one.label == "retry failed");
    let mut console = Harness::new(120, 36);
    live_ended_as(&mut console, [Success, NoChange, Success, NotAttempted, NotAttempted, Success]);
    assert!(offers(&console), "{}", console.text());
    console.take_questions();
    console.press("r");
    let asked = console.take_questions();
    let tried = |asked: &Command| matches!(asked, Command::Plan(PlanCommand::Plan(command::Plan { request })) if request.retry_failed);
    assert!(asked.iter().any(tried), "{asked:?}");
    let mut whole = Harness::new(120, 36);
    live_ended_as(&mut whole, [Success, NoChange, Success, Success, Success, Success]);
    assert!(!offers(&whole), "{}", whole.text());
}

#[test]
fn the_time_left_is_never_less_than_the_wait() {
    let mut console = Harness::new(120, 36);
    live(&mut console);
    let text = console.text();
    let line = text.lines().find(|line| line.contains("Waits for")).expect("a wait");
    assert!(line.contains("(in 20 min 00 s)") && line.contains("about 2"), "{line}");
}

/// Of what comes after nothing is planned yet: the time left is of what is on, and says so.
#[test]
fn the_time_left_says_what_it_is_of_where_more_comes_after() {
    for (ahead, of, comes) in [
        (Ahead::Nothing, "", ""),
        (Ahead::Invoices(1), " of this invoice", ", 1 invoice to come"),
        (Ahead::Invoices(2), " of this invoice", ", 2 invoices to come"),
        (Ahead::Customers, " of the products", ", then customers"),
    ] {
        let mut console = Harness::new(120, 36);
        live_writing(&mut console);
        let totals = Totals { planned: 20, sent: 10, confirmed: 9, ahead, ..Totals::default() };
        console.happened(changes(totals, Vec::new(), Vec::new()));
        let text = console.text();
        let left =
            text.lines().find(|line| line.contains(" left")).unwrap_or_else(|| panic!("{text}"));
        assert!(left.contains(&format!(" s left{of} ·")), "{ahead:?}: {left}");
        assert!(text.contains(&format!("9 confirmed, 50 %{comes} ")), "{ahead:?}: {text}");
    }
}

/// A second after the other a change was sent, for ten of them.
fn after_ten_seconds(totals: Totals) -> String {
    let mut console = Harness::new(120, 36);
    live_planning(&mut console);
    let first = change(4, "Power BI Pro", 1, ChangeState::Sent);
    let begun = first.at;
    console.happened(changes(totals, vec![first], Vec::new()));
    console.send(Message::Ticked(begun + chrono::TimeDelta::seconds(10)));
    console.text()
}

/// Hundreds of contracts are planned at a time: as long as more are to come, a time left is told as well, and no gauge is full.
#[test]
fn the_time_left_is_of_customers_too_who_are_still_to_be_planned() {
    let planning = |changes_ahead| {
        let totals = Totals { customers_due: 6, customers_planned: 4, ..Totals::default() };
        after_ten_seconds(Totals { planned: 20, sent: 10, changes_ahead, ..totals })
    };
    // As many as of the others: 10 of each 2 customers.
    let text = planning(None);
    assert!(text.contains("about 20 s left ·"), "{text}");
    assert!(text.contains("10 of 20 changes sent, planned so far, for 4 of 6 customers"), "{text}");
    // Where a plan that is carried out lists them, those.
    let text = planning(Some(5));
    assert!(text.contains("about 15 s left ·"), "{text}");
    assert!(text.contains("10 of 25 changes sent, 40 %, 4 of 6 customers planned"), "{text}");
}

/// What a plan lists is sent, and others are still to be planned: they may have more.
#[test]
fn no_moment_is_left_while_customers_are_still_to_be_planned() {
    let totals = Totals { customers_due: 19, customers_planned: 4, ..Totals::default() };
    let all = Totals { planned: 28, sent: 28, changes_ahead: Some(0), ..totals };
    let text = after_ten_seconds(all);
    assert!(text.contains("28 of 28 changes sent, 4 of 19 customers planned"), "{text}");
    assert!(!text.contains("left"), "{text}");
}

/// The header, which other tabs show too, has the whole that the run's own screen has.
#[test]
fn the_header_counts_changes_of_as_many_as_the_gauge_does() {
    let totals = Totals { customers_due: 6, customers_planned: 4, ..Totals::default() };
    let totals = Totals { planned: 1_660, sent: 1_660, changes_ahead: Some(183), ..totals };
    let text = after_ten_seconds(totals);
    assert!(text.contains("1,660 of 1,843 changes sent, 90 %"), "{text}");
    assert!(text.contains("sync 1,660/1,843 "), "{text}");
}

fn facts(console: &Harness) -> String {
    let text = console.text();
    text.lines().find(|line| line.contains(" done")).unwrap_or_else(|| panic!("{text}")).to_owned()
}

/// What is known of who is not done is counted and said to be that: the rest of each count makes up those who are done.
#[test]
fn of_those_that_failed_or_warn_it_is_told_how_many_are_not_done() {
    let line = facts(&amid_its_customers(120, 36));
    assert!(line.contains("3 of 6 done (1 to be recorded)"), "{line}");
    let counts = "✓ 2 ok   ! 1 warned (1 not done)   ✗ 2 failed (1 not done)";
    assert!(line.contains(counts), "{line}");
}

/// How many failed is never what there is no room for.
#[test]
fn where_there_is_no_room_the_counts_are_told_without_what_is_known_beside_them() {
    let line = facts(&amid_its_customers(63, 18));
    assert!(line.contains("3 of 6 done   ✓ 2   ! 1   ✗ 2"), "{line}");
    assert!(!line.contains('…'), "{line}");
}

/// Of six customers three are done, and of two more it is known that something failed or warns.
fn amid_its_customers(columns: u16, rows: u16) -> Harness {
    let mut console = Harness::new(columns, rows);
    live_planning(&mut console);
    let done = |outcome| ItemState::Done { outcome, writes: 1, text: None };
    console.happened(item(0, done(Outcome::Success)));
    console.happened(item(1, ItemState::Verified { done: 2, of: 2 }));
    console.happened(item(3, done(Outcome::Failure)));
    let told = vec![
        outcome(4, "Visio Plan 2", Outcome::Failure, "The contract ended."),
        outcome(5, "Visio Plan 2", Outcome::Warning, "The price changed."),
    ];
    console.happened(changes(Totals { customers_due: 6, ..Totals::default() }, Vec::new(), told));
    console
}

/// One of its services failed, and others are being written: its row says both.
#[test]
fn who_failed_and_is_being_written_all_the_same_says_so() {
    for size in [(80, 24), (120, 36)] {
        let mut console = Harness::new(size.0, size.1);
        live_planning(&mut console);
        let failed = |at| outcome(at, "Visio Plan 2", Outcome::Failure, "The contract ended.");
        console.happened(changes(Totals::default(), Vec::new(), vec![failed(3), failed(4)]));
        console.happened(item(4, ItemState::Writing { done: 2, of: 5 }));
        console.send(Message::Ticked(fixtures::now()));
        console.app.fit();
        let text = console.text();
        let at = row(&console, "writing 2 of 5");
        assert!(text.lines().nth(at).is_some_and(|line| line.contains("✗ Failure")), "{text}");
        let other = fixtures::customers()[3].customer_name.clone();
        assert!(at < row(&console, &other), "it is at work, and stands before: {text}");
    }
}

/// How far a run is counts before the bar that draws it.
#[test]
fn on_a_small_screen_the_bar_gives_way_and_not_the_percentage() {
    let mut console = Harness::new(63, 18);
    live_planning(&mut console);
    let totals = Totals { planned: 227, sent: 11, confirmed: 3, ..Totals::default() };
    console.happened(changes(totals, Vec::new(), Vec::new()));
    let text = console.text();
    assert!(text.contains("11 of 227 changes sent, 3 confirmed, 4 %"), "{text}");
    assert!(text.contains('░'), "{text}");
}

/// A plan that is carried out lists what comes after: with two invoices the time left is of all of it.
#[test]
fn the_time_left_is_of_all_invoices_where_a_plan_lists_their_changes() {
    let left = |ahead, changes_ahead| {
        after_ten_seconds(Totals {
            planned: 20,
            sent: 10,
            ahead,
            changes_ahead,
            ..Totals::default()
        })
    };
    let text = left(Ahead::Invoices(1), Some(30));
    assert!(text.contains("about 40 s left ·"), "{text}");
    assert!(text.contains("1 invoice with 30 changes to come"), "{text}");
    // Services are written at another pace than contracts: a time for both would be a guess.
    let text = left(Ahead::Customers, Some(30));
    assert!(text.contains("about 10 s left of the products ·"), "{text}");
    assert!(text.contains("then customers, 30 changes"), "{text}");
}

/// What an attempt that was cut off had sent says nothing of how fast this one is.
#[test]
fn a_run_that_goes_on_is_as_fast_as_it_is_now_and_tells_what_was_sent_before() {
    let mut console = Harness::new(120, 36);
    live_planning(&mut console);
    let totals =
        Totals { planned: 1000, sent: 908, confirmed: 900, earlier: 900, ..Totals::default() };
    let first = change(4, "Power BI Pro", 1, ChangeState::Sent);
    let begun = first.at;
    console.happened(changes(totals, vec![first], Vec::new()));
    console.send(Message::Ticked(begun + chrono::TimeDelta::seconds(4)));
    let text = console.text();
    assert!(text.contains("2.0 changes a second"), "{text}");
    assert!(text.contains("about 46 s left"), "92 are to come: {text}");
    assert!(text.contains("908 of 1,000 changes sent, 900 confirmed, 90 %"), "{text}");
    assert!(text.contains("90 %, 900 of them earlier"), "{text}");
}

/// While it is watched as in its record.
#[test]
fn who_is_part_written_when_a_run_is_stopped_is_told_so_before_it_is_read_again() {
    let mut console = Harness::new(120, 36);
    live_writing(&mut console);
    let text = Some("2 of its 5 changes are written; the run was stopped before the rest.".into());
    console.happened(item(4, ItemState::PartWritten { writes: 2, text }));
    let (outcome, writes) = (Outcome::NotAttempted, 0);
    console.happened(item(5, ItemState::Done { outcome, writes, text: None }));
    console.happened(Happening::RunFinished { run: fixtures::header(44, Outcome::Failure, 3) });
    console.send(Message::Ticked(fixtures::now()));
    console.app.fit();
    let text = console.text();
    assert!(text.contains("! Part written"), "{text}");
    assert!(text.contains("2 not attempted (1 of them part written)"), "{text}");
    assert!(row(&console, "Part written") < row(&console, "! Warning "), "{text}");
    console.press("g n");
    let lit = console.text().lines().find(|line| line.contains('▌')).expect("a row").to_owned();
    assert!(lit.contains("Part written"), "n comes to it: {lit}");
}

/// Where there is little room for it, what was sent comes before how many of those who wait are part written.
#[test]
fn what_a_stopped_run_sent_is_told_at_every_size() {
    for (size, part) in [((80, 24), false), ((120, 36), true)] {
        let mut console = Harness::new(size.0, size.1);
        let mut report = fixtures::report();
        let tally = &mut report.header.counts.customers;
        (tally.ok, tally.not_attempted, tally.partly_written) = (9, 12, 6);
        console.go("5");
        console.press("Enter");
        let run = command::Run { id: Some(report.header.id) };
        console.answer_to(&run.into(), Ok(Answer::Run(Box::new(report))));
        let text = console.text();
        assert!(text.contains(" changes sent "), "{text}");
        assert_eq!(text.contains("12 not attempted (6 of them part written)"), part, "{text}");
    }
}

#[test]
fn a_price_change_is_told_with_both_prices_as_it_happens() {
    let price = |text: &str| text.parse::<Money>().expect("an amount");
    let set = |before: &str, after: &str| {
        Some(SetPrice { before: Some(price(before)), after: price(after) })
    };
    let mut of_price = change(0, "Microsoft 365 E3", 1, ChangeState::Sent);
    (of_price.quantity, of_price.effective) = (Some((7, 7)), Day::new(2026, 9, 1));
    of_price.price = set("5.40", "5.50");
    let mut of_cost = change(1, "Visio Plan 2", 2, ChangeState::Sent);
    (of_cost.quantity, of_cost.cost) = (Some((7, 7)), set("4.10", "4.20"));
    let mut console = Harness::new(80, 24);
    live_planning(&mut console);
    let totals = Totals { planned: 2, sent: 2, ..Totals::default() };
    console.happened(changes(totals, vec![of_price, of_cost], Vec::new()));
    let text = console.text();
    assert!(text.contains("Microsoft 365 E3 · price 5.40 → 5.50 from 1 Sep"), "{text}");
    assert!(text.contains("Visio Plan 2 · cost 4.10 → 4.20 from 18 Sep"), "{text}");
}

#[test]
fn names_are_cut_before_what_happens_to_them() {
    let mut sent =
        change(0, "Microsoft 365 Business Premium (Nonprofit Staff Pricing)", 1, ChangeState::Sent);
    sent.of.tenants.clear();
    sent.of.customer = "Dubbo Kitchens and Bathrooms (Australia) Pty Ltd".to_owned();
    let mut console = Harness::new(80, 24);
    live_planning(&mut console);
    let totals = Totals { planned: 1, sent: 1, ..Totals::default() };
    console.happened(changes(totals, vec![sent], Vec::new()));
    let text = console.text();
    let line = text.lines().find(|line| line.contains("1 → 3 from 18 Sep")).expect("what happens");
    assert!(line.contains("Dubbo Kitchens an") && line.contains("Microsof"), "{line}");
    assert!(line.contains("Staff Pricing)"), "what tells it from others: {line}");
}

#[test]
fn a_chart_tells_of_a_line_that_it_cannot_draw() {
    let mut console = Harness::new(120, 36);
    console.go("5 Enter j Enter Enter");
    console.press("c");
    let mut chart = fixtures::chart();
    chart.fractions = vec!["30.5".parse().expect("a quantity")];
    console.answer_chart(chart);
    let text = console.text();
    assert_eq!(text.matches("30.5 not drawn").count(), 2, "above and in the legend: {text}");
    assert!(!text.contains("as invoiced ─"), "{text}");
}

/// Two seats that a line adds from the 1st to the 18th, and ends by itself.
#[test]
fn what_ends_by_itself_says_so_wherever_it_is_told_r10_3() {
    let mut console = Harness::new(120, 36);
    console.go("5 Enter j Enter Enter");
    console.press("c");
    let mut chart = fixtures::chart();
    chart.writes.truncate(1);
    let write = &mut chart.writes[0];
    (write.effective, write.until) = (Day::new(2026, 9, 1), Day::new(2026, 9, 18));
    (write.units, write.monthly_effect) = ((6, 8), "16.00".parse().expect("an amount"));
    let seats = [(Day::new(2026, 9, 1), 8), (Day::new(2026, 9, 19), -2)];
    let seats = seats.map(|(day, units)| (day.expect("a day"), units));
    chart.invoice = Timeline::from_changes(seats);
    chart.contract_units = Some(chart.invoice.clone());
    console.answer_chart(chart);
    let text = console.text();
    let line =
        |day: &str| text.lines().find(|line| line.contains(day)).expect("its day").to_owned();
    assert!(line("19 Sep").contains("−16.00") && line("19 Sep").contains("run #"), "{text}");
    assert!(!text.contains("not as invoiced"), "{text}");
    let mut sent = change(0, "Microsoft 365 E3", 1, ChangeState::Sent);
    (sent.quantity, sent.effective) = (Some((18, 20)), Day::new(2026, 9, 1));
    sent.until = Day::new(2026, 9, 11);
    let mut console = Harness::new(80, 24);
    live_planning(&mut console);
    let totals = Totals { planned: 1, sent: 1, ..Totals::default() };
    console.happened(changes(totals, vec![sent], Vec::new()));
    assert!(console.text().contains("18 → 20 from 1 to 11 Sep"), "{}", console.text());
}

#[test]
fn what_a_stop_kept_from_being_sent_has_not_failed() {
    let mut console = Harness::new(80, 24);
    live_planning(&mut console);
    let totals = Totals { planned: 1, sent: 1, ..Totals::default() };
    let kept = change(0, "Microsoft 365 E3", 1, ChangeState::NotSent);
    console.happened(changes(totals, vec![kept], Vec::new()));
    let text = console.text();
    let line = text.lines().find(|line| line.contains("1 → 3")).expect("the change");
    assert!(line.contains("not sent") && !line.contains("failed"), "{line}");
}

/// Drawn to one scale, the days that differ by a seat would all be as high.
#[test]
fn a_value_that_is_far_from_all_others_breaks_the_scale_and_says_so() {
    let mut console = Harness::new(120, 36);
    console.go("5 Enter j Enter Enter");
    console.press("c");
    let mut chart = fixtures::chart();
    let seats = [(1, 3), (8, 2), (15, 895), (16, -896)];
    let seats = seats.map(|(day, units)| (Day::new(2026, 9, day).expect("a day"), units));
    chart.invoice = Timeline::from_changes(seats);
    chart.contract_units = Some(chart.invoice.clone());
    console.answer_chart(chart);
    let text = console.text();
    assert!(text.contains("≈ 5 to 900"), "{text}");
    let margins: Vec<String> = text.lines().map(|line| line.chars().take(9).collect()).collect();
    for level in [" 900 ", "   5 ", "   4 ", "   3 "] {
        assert!(margins.iter().any(|margin| margin.ends_with(level)), "{level}: {text}");
    }
    assert!(text.contains('≈'), "{text}");
}

/// A line of a whole year is one row: what it bills up to the end of its agreement is nobody's question.
#[test]
fn a_row_of_lines_tells_what_it_bills_a_month() {
    let mut console = Harness::new(120, 36);
    console.go("5 Enter j Enter Enter");
    console.press("c");
    let chart =
        prism_connect::engine::views::ChartView { amounts_a_month: true, ..fixtures::chart() };
    console.answer_chart(chart);
    let text = console.text();
    assert!(text.contains("units, 24.00 a month"), "{text}");
}

#[test]
fn a_question_whether_to_stop_goes_with_the_run_that_it_is_about() {
    let mut console = Harness::new(120, 36);
    live(&mut console);
    console.press("x");
    assert!(console.text().contains("Stop the sync?"), "{}", console.text());
    let run = fixtures::runs().into_iter().find(|run| run.ended().is_some()).expect("one");
    console.happened(Happening::RunFinished { run });
    assert!(!console.text().contains("Stop the sync?"), "{}", console.text());
}

#[test]
fn a_customer_that_is_watched_by_itself_has_its_own_counters() {
    let mut console = Harness::new(120, 36);
    live_writing(&mut console);
    let whole = ["9 of 20 changes sent", "so far", "requests", "1 warned"];
    let text = console.text();
    assert!(whole.iter().all(|told| text.contains(told)), "{text}");
    // Its two changes stand, one of them without an answer yet.
    console.press("/");
    console.write("kauri").press("Enter Enter");
    let text = console.text();
    assert!(text.contains("2 of 2 changes sent") && text.contains("1 confirmed"), "{text}");
    assert!(!whole.iter().any(|told| text.contains(told)), "{text}");
}

#[test]
fn while_both_sides_are_read_nothing_is_counted_that_is_not_known() {
    let mut console = Harness::new(120, 36);
    console.go("5 p");
    console.press("A y");
    console.take_questions();
    let text = "reading contracts for invoice INV0104233".to_owned();
    console.happened(Happening::Phase { run: None, phase: Phase::Observing, text: text.clone() });
    assert!(console.text().contains(&format!("Starting: {text}")), "{}", console.text());
    let mut run = fixtures::header(44, Outcome::NoChange, 3);
    run.finished_at = None;
    console.happened(Happening::RunStarted { run });
    let text = "reading customers and price list for invoice INV0104233".to_owned();
    let run = Some(RunId(44));
    console.happened(Happening::Phase { run, phase: Phase::Observing, text: text.clone() });
    let shown = console.text();
    assert!(shown.contains(&text), "{shown}");
    let counted = ["0 requests", "0 of 0", "0 ok"];
    assert!(!counted.iter().any(|told| shown.contains(told)), "{shown}");
}

#[test]
fn a_plan_that_is_being_made_says_what_is_read() {
    let mut console = Harness::new(120, 36);
    console.go("5");
    console.press("p");
    let text = "reading invoice INV0104233".to_owned();
    console.happened(Happening::Phase { run: None, phase: Phase::Observing, text: text.clone() });
    let shown = console.text();
    assert!(shown.contains(&format!("Working out what a sync would write: {text}")), "{shown}");
}

#[test]
fn what_is_written_and_not_read_back_is_not_told_as_none_done() {
    let mut console = Harness::new(120, 36);
    live_planning(&mut console);
    for at in 0..6 {
        console.happened(item(at, ItemState::Verifying { done: 2, of: 2 }));
    }
    console.app.fit();
    let said = console.text();
    assert!(said.contains("6 of 6 written, being checked"), "{said}");
    assert!(!said.contains("0 of 6 done"), "{said}");
    // What failed meanwhile stands no more than what is being checked.
    let failed = ItemState::Done { outcome: Outcome::Failure, writes: 0, text: None };
    console.happened(item(0, failed));
    console.app.fit();
    assert!(console.text().contains("6 of 6 written, being checked"), "{}", console.text());
    console.happened(item(1, ItemState::Verified { done: 2, of: 2 }));
    console.app.fit();
    let said = console.text();
    assert!(said.contains("2 of 6 done") && said.contains("4 sent, checking"), "{said}");
}

#[test]
fn by_state_those_that_ended_stand_in_the_order_that_the_arrow_says() {
    let mut console = Harness::new(120, 36);
    live_planning(&mut console);
    let ends = [
        Outcome::Success,
        Outcome::NotAttempted,
        Outcome::NoChange,
        Outcome::Success,
        Outcome::NoChange,
        Outcome::NotAttempted,
    ];
    for (at, outcome) in ends.into_iter().enumerate() {
        console.happened(item(at, ItemState::Done { outcome, writes: 1, text: None }));
    }
    console.send(prism_connect::console::message::Message::Ticked(fixtures::now()));
    console.app.fit();
    let said = console.text();
    let words = ["Success", "Not attempted", "No Change"];
    let states = said.lines().filter(|line| !line.contains("done"));
    let mut states: Vec<&str> = states
        .filter_map(|line| words.into_iter().find(|word| line.contains(&format!(" {word} "))))
        .collect();
    assert_eq!(states.len(), 6, "{said}");
    states.dedup();
    assert_eq!(states.len(), 3, "each state stands together: {said}");
}

#[test]
fn the_name_of_what_is_bought_has_more_room_than_its_customer() {
    let mut console = Harness::new(120, 36);
    live_planning(&mut console);
    let totals = Totals { planned: 2, sent: 2, ..Totals::default() };
    let sent = [("Microsoft 365 Business Premium", 1), ("Microsoft 365 Business Standard", 2)];
    let sent = sent.map(|(name, seconds)| change(3, name, seconds, ChangeState::Sent));
    console.happened(changes(totals, sent.to_vec(), Vec::new()));
    let said = console.text();
    assert!(said.contains("Premium · ") && said.contains("Standard · "), "{said}");
}

#[test]
fn enter_beside_the_rows_opens_what_the_cursor_stands_on() {
    for size in [(80, 24), (120, 36), (200, 60)] {
        let mut console = Harness::new(size.0, size.1);
        live_writing(&mut console);
        console.press("Tab");
        let told = |console: &Harness| console.text().contains("▌Subscriptions as they happen");
        assert!(told(&console), "colour is not all that tells: {}", console.text());
        for _ in 0..7 {
            let offers = console.app.offered().iter().any(|one| one.label == "open");
            console.press("Enter");
            assert_eq!(console.app.dialog().is_some(), offers, "{}", console.text());
            console.press("Esc");
            console.press("j");
        }
    }
}

/// What a key does beside the rows is done to what stands there, or shows where it was done.
#[test]
fn beside_the_rows_no_key_acts_on_a_row_that_is_not_lit() {
    let mut console = Harness::new(120, 36);
    live_writing(&mut console);
    console.press("Tab");
    let copied = console.press("Ctrl-y");
    let told = |effect: &Effect| matches!(effect, Effect::Copy(text) if text.contains("Visio"));
    assert!(copied.iter().any(told), "the failure that is pinned on top: {copied:?}");
    console.press("n");
    let said = console.text();
    assert!(!said.contains("▌Subscriptions") && said.contains("▌"), "{said}");
}

#[test]
fn a_number_alone_is_of_what_was_sent() {
    let mut console = Harness::new(120, 36);
    live_writing(&mut console);
    console.happened(item(5, ItemState::Planned { of: 6 }));
    console.app.fit();
    assert!(console.text().contains(" 0 of 6 "), "{}", console.text());
}

/// In its place by time.
#[test]
fn a_failure_that_was_looked_at_is_found_among_what_was_sent() {
    let mut console = Harness::new(120, 36);
    live_writing(&mut console);
    console.press("Tab");
    console.go("Enter Esc");
    let totals = Totals { planned: 20, sent: 10, confirmed: 9, ..Totals::default() };
    let sent = change(4, "Project Plan 3", 9, ChangeState::Sent);
    console.happened(changes(totals, vec![sent], Vec::new()));
    let text = console.text();
    let places =
        ["Project Plan 3 · ", "Visio Plan 2: ", "Teams Phone · "].map(|one| row(&console, one));
    assert!(places.is_sorted(), "{places:?} {text}");
    console.go("j j Enter");
    assert!(console.text().contains("effectiveDate is outside the contract"), "{}", console.text());
}

#[test]
fn what_happened_is_not_scrolled_past_its_end() {
    for (width, height) in [(80, 24), (120, 36), (200, 60)] {
        let mut console = Harness::new(width, height);
        live_writing(&mut console);
        let totals = Totals { planned: 90, sent: 80, confirmed: 70, ..Totals::default() };
        let sent = (10..80).map(|at| change(4, &format!("Plan {at}"), at, ChangeState::Sent));
        console.happened(changes(totals, sent.collect(), Vec::new()));
        console.press("Tab");
        let shown = |console: &Harness| console.text().matches(" · Plan ").count();
        let before = shown(&console);
        console.press("End");
        let (text, others) = (console.text(), 5);
        assert!(text.contains("Microsoft 365 E3 · "), "the oldest: {text}");
        assert!(shown(&console) + others >= before, "{before} before: {text}");
    }
}

#[test]
fn who_leaves_a_run_stands_on_it_in_the_list() {
    let mut console = Harness::new(120, 36);
    console.go("5");
    live_ended(&mut console);
    console.press("Esc");
    let runs = [fixtures::header(44, Outcome::Failure, 3)].into_iter().chain(fixtures::runs());
    let asked = command::Runs { limit: 500 };
    console.answer_to(&asked.into(), Ok(Answer::Runs(runs.collect())));
    console.app.fit();
    assert!(console.text().contains("▌#44"), "{}", console.text());
}

#[test]
fn the_list_of_runs_tells_what_a_stopped_one_did_not_come_to() {
    let mut console = Harness::new(120, 36);
    console.go("5");
    assert!(!console.text().contains("Not attempted"), "{}", console.text());
    let mut runs = fixtures::runs();
    runs[0].counts.customers.not_attempted = 32;
    console.press("F5");
    console.answer_to(&command::Runs { limit: 500 }.into(), Ok(Answer::Runs(runs)));
    console.app.fit();
    let text = console.text();
    let line = text.lines().find(|line| line.contains("#42")).unwrap_or_else(|| panic!("{text}"));
    assert!(text.contains("Not attempted") && line.contains(" 32 "), "{text}");
}

/// However little room there is: what failed leaves a row to what is written now.
#[test]
fn on_a_small_screen_the_newest_change_is_seen_below_what_failed() {
    for size in [(60, 17), (63, 18), (80, 24)] {
        let mut console = Harness::new(size.0, size.1);
        live_writing(&mut console);
        let text = console.text();
        assert!(text.contains("Teams Phone · 5 → 7"), "the newest: {text}");
        assert!(text.contains("✗ Northwind"), "what failed: {text}");
    }
}

#[test]
fn a_filter_of_the_customers_says_that_it_narrows_nothing_beside_them() {
    let mut console = Harness::new(120, 36);
    live_writing(&mut console);
    assert!(!console.text().contains("of all customers"), "{}", console.text());
    console.go("/").write("kauri").go("Enter");
    let text = console.text();
    assert!(text.contains("Subscriptions as they happen, of all customers"), "{text}");
}

#[test]
fn with_changes_to_go_the_time_left_is_never_told_as_none() {
    let left = |planned| after_ten_seconds(Totals { planned, sent: 100, ..Totals::default() });
    assert!(left(101).contains("a moment left"), "{}", left(101));
    assert!(left(150).contains("about 5 s left"), "{}", left(150));
}

/// While the first run is on its card has nothing else to count.
#[test]
fn the_card_of_the_first_run_counts_what_failed_so_far() {
    for size in [(80, 24), (120, 36)] {
        let mut console = Harness::new(size.0, size.1);
        let status = console.app.shell.status.as_mut().expect("known");
        let card = &mut status.cards[0];
        (card.last_run, card.last_success, card.progress) = (None, None, None);
        (card.synced, card.last_good) = (Tally::default(), None);
        live_writing(&mut console);
        let target = console.app.shell.status.as_ref().expect("known").cards[0].target.clone();
        let status = console.app.shell.status.as_mut().expect("known");
        status.running.as_mut().expect("it is on").run.target = target;
        console.press("1");
        let text = console.text();
        let told =
            if size.0 < 120 { "✗ 1  ! 1 so far" } else { "✗ 1 failed  ! 1 warned so far" };
        assert!(text.contains(told), "{text}");
    }
}

/// Also where no card has room, and while a later run is on, whose card tells of all runs.
#[test]
fn the_dashboard_says_at_every_size_how_far_the_sync_is() {
    for size in [(63, 18), (80, 24), (120, 36)] {
        let mut console = Harness::new(size.0, size.1);
        live_writing(&mut console);
        console.press("1");
        let text = console.text();
        let told = "#44 running: 9 of 20 changes sent, ✗ 1 failed so far";
        assert!(text.contains(told), "{text}");
    }
}
