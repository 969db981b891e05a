//! The page of one customer: what changed on its bill and why, and what can be done about it where it stands.

use prism_connect::{
    console::message::Message,
    domain::{RunId, ServiceId},
    engine::{
        protocol::{Command, Scope, SyncRequest, command},
        views::HistoryView,
    },
};
use rstest::rstest;

use crate::{
    fixtures,
    harness::Harness,
    states::{STATES, reach},
};

fn page(tenant: &str, contract: bool) -> Command {
    command::CustomerPage { tenant: tenant.to_owned(), contract }.into()
}

#[rstest]
#[case::by_its_name("3 / h a Enter Enter", "Harbour Dental Pty Ltd")]
#[case::from_what_needs_attention("1 j Enter", "Northwind Freight")]
fn what_changed_on_a_customers_bill_and_why_is_six_keys_from_the_dashboard(
    #[case] keys: &str,
    #[case] customer: &str,
) {
    assert!(keys.split(' ').count() <= 6, "{keys}");
    let mut console = Harness::new(120, 36);
    console.go(keys);
    let said = console.text();
    for part in [
        customer,
        "September 2026  cost AUD 1,262.37  (August 1,240.10, +22.27)",
        "Visio Plan 2: 3 → 4 from 16 Sep, +13.27",
        "Microsoft 365 Business Basic: 5 → 6 from 19 Sep, +8.70",
        "cost 5.40 → 5.50",
        "price 5.40 → 5.50",
    ] {
        assert!(said.contains(part), "{part} in\n{said}");
    }
}

#[test]
fn what_is_wrong_stands_first() {
    let mut console = Harness::new(80, 24);
    console.go("3 / n o r t h w Enter Enter");
    let said = console.text();
    let first = said.lines().nth(3).unwrap_or_default();
    assert!(first.contains("✗ Visio Plan 2: "), "{said}");
}

#[test]
fn what_the_contract_says_is_read_after_the_page_is_there() {
    let mut console = Harness::new(120, 36);
    console.go("3");
    console.press("Enter");
    assert_eq!(console.take_questions(), [page("tenant-0000", false)]);
    console.go("Esc j");
    console.press("Enter");
    let mut view = fixtures::customer_page("tenant-0001");
    view.charts.iter_mut().for_each(|one| one.chart.contract_units = None);
    console.answer_page(view);
    assert!(console.asks(&page("tenant-0001", true)));
    assert!(console.text().contains("AUD 1,262.37"), "{}", console.text());
}

#[test]
fn a_page_that_arrives_late_is_not_shown_under_another_customer() {
    let mut console = Harness::new(120, 36);
    console.go("3");
    console.press("Enter Esc j Enter");
    let late = fixtures::customer_page("tenant-0000");
    console.answer_page(late.clone());
    assert!(!console.text().contains("1,262.37"), "{}", console.text());
}

#[rstest]
#[case::plan("p", Command::from(command::Plan {
    request: SyncRequest {
        scope: Scope::Customers,
        tenants: vec!["tenant-0003".to_owned()],
        ..SyncRequest::default()
    },
}))]
#[case::retry("r", Command::from(command::Plan {
    request: SyncRequest {
        scope: Scope::Customers,
        tenants: vec!["tenant-0003".to_owned()],
        retry_failed: true,
        ..SyncRequest::default()
    },
}))]
#[case::history("H", Command::from(command::History { tenant: "tenant-0003".to_owned(), service: None }))]
#[case::contract_line("w", Command::from(command::ContractServices {
    tenant: "tenant-0003".to_owned(),
    service: prism_connect::domain::ServiceId(413),
}))]
fn its_keys_act_on_this_customer_alone(#[case] key: &str, #[case] asked: Command) {
    let mut console = Harness::new(120, 36);
    // Two others are marked: they are not meant here.
    console.go("3 Space Space / n o r t h w Enter Enter");
    console.press(key);
    let questions = console.take_questions();
    assert!(questions.contains(&asked), "{questions:?}");
}

#[test]
fn switching_sync_names_this_customer_alone() {
    let mut console = Harness::new(120, 36);
    console.go("3 Space Space / n o r t h w Enter Enter s");
    let said = console.text();
    assert!(said.contains("Switch sync off for 1 customer?"), "{said}");
    console.press("y");
    let tenants = vec!["tenant-0003".to_owned()];
    let switched = command::SetSync { tenants, on: false, skip_missed: None };
    assert_eq!(console.take_questions(), [switched.into()]);
}

#[rstest]
#[case::to_the_list("3 Enter", "Esc", "Customers (12)")]
#[case::to_the_page("3 Enter H", "Esc", "Subscriptions (4)")]
#[case::to_the_dashboard("1 j Enter", "Esc", "Needs attention")]
#[case::from_a_chart_to_the_history("3 Enter H c", "Esc", "› History (")]
fn escape_leads_back_to_where_it_was_opened(
    #[case] way: &str,
    #[case] keys: &str,
    #[case] shown: &str,
) {
    let mut console = Harness::new(120, 36);
    console.go(way);
    assert!(!console.text().contains(shown), "{}", console.text());
    console.go(keys);
    assert!(console.text().contains(shown), "{}", console.text());
}

#[rstest]
#[case((60, 16))]
#[case((80, 24))]
fn every_part_is_one_key_away_where_there_is_little_room(#[case] size: (u16, u16)) {
    let mut console = Harness::new(size.0, size.1);
    console.go("3 Enter");
    let said = console.text();
    assert!(said.contains("Subscriptions (4)") && said.contains("AUD 1,262.37"), "{said}");
    console.go("Tab");
    assert!(console.text().contains("Changes (4)"), "{}", console.text());
}

#[test]
fn read_only_offers_nothing_that_writes() {
    let mut console = Harness::new(200, 60);
    console.app.shell.refuse_changes();
    console.go("3 Enter");
    let said = console.text();
    let footer = said.lines().last().unwrap_or_default();
    assert!(footer.contains("p plan") && footer.contains("H history"), "{footer}");
    for refused in ["c link", "s sync on/off", "w contract line"] {
        assert!(!footer.contains(refused), "{footer}");
    }
}

#[test]
fn a_page_shows_what_it_can_at_the_least_size() {
    for (name, way) in STATES.iter().filter(|(name, _)| name.starts_with("customer-page")) {
        let mut console = Harness::new(60, 16);
        reach(&mut console, way);
        insta::assert_snapshot!(format!("{name}-60x16"), console.picture());
    }
}

#[test]
fn usage_lines_are_laid_out_anew_when_the_screen_changes() {
    let mut console = Harness::new(120, 36);
    console.go("3 Enter j Enter");
    assert!(console.text().contains("Unit RRP"), "{}", console.text());
    let rows = |console: &Harness| {
        console.text().lines().filter(|line| line.contains("Sep 2026 →")).count()
    };
    let wide = rows(&console);
    console.send(Message::Resized(62, 20));
    let said = console.text();
    assert!(!said.contains("Unit RRP") && said.contains("Quantity"), "{said}");
    assert_eq!(rows(&console), wide, "no row is broken: {said}");
    console.send(Message::Resized(120, 36));
    assert!(console.text().contains("Unit RRP"), "{}", console.text());
}

/// Half a seat is not drawn, which its legend says first: what it has no room for then ends as every cut text does.
#[test]
fn a_legend_that_has_no_room_says_so() {
    let mut page = fixtures::customer_page("tenant-0000");
    for one in &mut page.charts {
        one.chart.fractions = vec!["30.5".parse().expect("a number"); 3];
        one.chart.contract_units = Some(one.chart.invoice.adjusted(one.chart.month.first_day(), 1));
    }
    let mut console = Harness::new(120, 36);
    console.go("3");
    console.press("Enter");
    console.answer_page(page);
    let said = console.text();
    let legend = said.lines().find(|line| line.contains("30.5, 30.5"));
    let legend = legend.unwrap_or_else(|| panic!("{said}"));
    assert!(legend.contains('…'), "{said}");
}

/// Who shares a contract has changes of their own on it: they say nothing of this customer's bill.
#[test]
fn changes_of_another_customer_on_the_same_contract_are_told_apart() {
    let mut view = fixtures::customer_page("tenant-0000");
    let theirs = |row: &HistoryView| HistoryView {
        product: Some("Audio Conferencing".to_owned()),
        service_id: ServiceId(499),
        run: RunId(31),
        others: vec!["Harbour Dental Pty Ltd (harbourbondi)".to_owned()],
        ..row.clone()
    };
    let theirs = theirs(&view.changes[0]);
    view.changes.push(theirs.clone());
    let mut console = Harness::new(120, 36);
    console.go("3");
    console.press("Enter");
    console.answer_page(view);
    let said = console.text();
    let whose = "1 of Harbour Dental Pty Ltd (harbourbondi), who shares the contract";
    let title = format!("Changes (4), by dana, of 2 runs; H has {whose} besides");
    assert!(said.contains(&title) && !said.contains("Audio Conferencing"), "{said}");
    console.press("H");
    let mut rows = fixtures::history();
    rows.push(theirs);
    console.answer_history(rows);
    let said = console.text();
    assert!(said.contains(": 3 changes, 1 for others"), "{said}");
    let row = said.lines().find(|line| line.contains("Audio Conferencing")).unwrap_or_default();
    assert!(row.contains("(harbourbondi)"), "{said}");
}

#[test]
fn nothing_that_was_written_for_another_customer_counts_as_begun() {
    let mut view = fixtures::customer_page("tenant-0000");
    (view.this, view.last) = (None, None);
    for change in &mut view.changes {
        change.others = vec!["Harbour Dental Pty Ltd (harbourbondi)".to_owned()];
    }
    let mut console = Harness::new(120, 36);
    console.go("3");
    console.press("Enter");
    console.answer_page(view);
    let said = console.text();
    assert!(!said.contains("Not finished") && said.contains("Nothing was written for"), "{said}");
}
