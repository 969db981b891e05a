//! Customers of one name are told apart wherever two rows would read the same, at the smallest size.

use prism_connect::{
    domain::{
        SubscriptionId, TenantId,
        outcome::Outcome,
        run::{CustomerRow, RunReport},
    },
    engine::{
        protocol::{
            Answer, Happening, ItemState, command,
            live_run::{ChangeState, Totals},
        },
        views::{CauseMember, CustomerView},
    },
};

use crate::{
    fixtures,
    harness::{Harness, change, changes, item, live_planning},
};

const NAME: &str = "Kauri Legal";

/// Both are on the screen with their domains, or ends of those that tell them apart, whatever of the name had to be cut.
#[track_caller]
fn tells_apart(console: &Harness, one: &str, other: &str) {
    let text = console.text();
    for domain in [one, other] {
        let (whole, end) = (format!(" ({domain})"), format!("{})", &domain[domain.len() - 5..]));
        let cut = |line: &str| {
            let (front, _) = line.split_once(&*end)?;
            front.rsplit_once(" (…").map(|(front, _)| front.to_owned())
        };
        let found = text.lines().find_map(|line| {
            line.split_once(&*whole).map(|(front, _)| front.to_owned()).or_else(|| cut(line))
        });
        let front = found.unwrap_or_else(|| panic!("{domain}: {text}"));
        let name = front.trim_end_matches(['…', ' ']);
        assert!(
            NAME.match_indices("").any(|(at, _)| at > 1 && name.ends_with(&NAME[..at])),
            "{text}"
        );
    }
}

/// The customers of the fixtures, two of which have one name.
fn customers() -> Vec<CustomerView> {
    let mut rows = fixtures::customers();
    NAME.clone_into(&mut rows[5].customer_name);
    rows
}

fn on_customers(console: &mut Harness, rows: Vec<CustomerView>) {
    console.go("3");
    console.press("F5");
    console.answer(Ok(Answer::Customers(rows)));
    console.app.fit();
}

#[test]
fn on_the_list_of_customers() {
    let mut console = Harness::new(80, 24);
    on_customers(&mut console, customers());
    tells_apart(&console, "kaurilegal", "bluegum");
    console.go("/");
    console.write("legal");
    tells_apart(&console, "kaurilegal", "bluegum");
    assert!(console.text().contains("2 of 12"), "{}", console.text());
}

#[test]
fn among_suggestions() {
    let mut rows = fixtures::suggestions();
    for row in &mut rows {
        NAME.clone_into(&mut row.customer_name);
    }
    let mut console = Harness::new(80, 24);
    console.go("3");
    console.press("u");
    console.answer(Ok(Answer::Suggestions(rows)));
    console.app.fit();
    tells_apart(&console, "riversidevets", "zephyrarch");
}

/// A dashboard whose first cause befell these: domain, invoice, and what of it.
fn on_dashboard(members: &[(&str, &str, &str)]) -> Harness {
    let mut status = fixtures::status();
    let cause = &mut status.causes[0];
    let one = cause.members[0].clone();
    let member = |(at, (domain, invoice, service)): (usize, &(&str, &str, &str))| CauseMember {
        id: format!("m{at}"),
        customer: Some(NAME.to_owned()),
        domain: Some((*domain).to_owned()),
        invoice: Some((*invoice).to_owned()),
        service: Some((*service).to_owned()),
        ..one.clone()
    };
    cause.members = members.iter().enumerate().map(member).collect();
    cause.count = members.len() as u64;
    let mut console = Harness::new(80, 24);
    console.go("1");
    console.press("F5");
    console.answer_to(&command::Status.into(), Ok(Answer::Status(Box::new(status))));
    console.go("g Enter");
    console
}

#[test]
fn below_a_cause_of_the_dashboard() {
    let one = ("kaurilegal.onmicrosoft.com", "INV1", "E3");
    let console = on_dashboard(&[one, ("kauri.co.nz", "INV1", "E3")]);
    tells_apart(&console, "kaurilegal", "kauri");
    assert!(!console.text().contains("INV1"), "the domain tells: {}", console.text());
}

#[test]
fn one_customer_twice_below_a_cause_says_its_invoices_and_else_what_of_them() {
    let domain = "kaurilegal.onmicrosoft.com";
    let lines = |members: &[(&str, &str, &str)]| {
        let text = on_dashboard(members).text();
        let named = text.lines().filter(|line| line.contains(NAME));
        named
            .map(|line| line.split("  ").map(str::trim).collect::<Vec<_>>().join(" "))
            .collect::<Vec<_>>()
    };
    let by_invoice = lines(&[(domain, "INV1", "E3"), (domain, "INV2", "E3")]);
    assert!(by_invoice[0].contains("Kauri Legal, INV1 "), "{by_invoice:?}");
    assert!(by_invoice[1].contains("Kauri Legal, INV2 "), "{by_invoice:?}");
    let by_service = lines(&[(domain, "INV1", "E3"), (domain, "INV1", "Visio")]);
    assert!(by_service[0].contains("Kauri Legal, E3 "), "{by_service:?}");
    assert!(by_service[1].contains("Kauri Legal, Visio "), "{by_service:?}");
}

/// Two subscriptions of one product, with one invoice: which is which is told as the retry list tells it.
#[test]
fn one_customer_twice_below_a_cause_of_one_service_says_its_subscriptions() {
    let mut status = fixtures::status();
    let cause = &mut status.causes[0];
    let one = cause.members[0].clone();
    let member = |id: &str| CauseMember {
        customer: Some(NAME.to_owned()),
        service: Some("E3".to_owned()),
        subscription: Some(SubscriptionId::new(id)),
        ..one.clone()
    };
    cause.members =
        ["8f3a0001-0000-4000-8000-000000000000", "17bc0002-0000-4000-8000-000000000000"]
            .map(member)
            .into();
    cause.count = 2;
    let mut console = Harness::new(80, 24);
    console.go("1");
    console.press("F5");
    console.answer_to(&command::Status.into(), Ok(Answer::Status(Box::new(status))));
    console.go("g Enter");
    let text = console.text();
    assert!(
        text.contains("Kauri Legal, 8f3a0001") && text.contains("Kauri Legal, 17bc0002"),
        "{text}"
    );
}

#[test]
fn in_a_plan() {
    let mut plan = fixtures::plan();
    for contract in &mut plan.contracts {
        if contract.customers == ["Blue Gum Nursery"] {
            contract.customers = vec![NAME.to_owned()];
        }
    }
    let mut console = Harness::new(80, 24);
    console.go("5");
    console.press("p");
    console.answer_plan(plan);
    tells_apart(&console, "kaurilegal", "bluegumnursery");
}

#[test]
fn while_a_sync_runs() {
    let mut console = Harness::new(80, 24);
    live_planning(&mut console);
    assert!(!console.text().contains(&format!("{NAME} (")), "{}", console.text());
    let Happening::Item { run, kind, key, domain, invoice, state, .. } = item(9, ItemState::Queued)
    else {
        return;
    };
    let name = NAME.to_owned();
    console.happened(Happening::Item { run, kind, key, name, domain, invoice, state });
    console.app.fit();
    tells_apart(&console, "kaurilegal", "riversidevets");
    let mut sent = change(9, "Power BI Pro", 1, ChangeState::Sent);
    NAME.clone_into(&mut sent.of.customer);
    let totals = Totals { planned: 1, sent: 1, ..Totals::default() };
    console.happened(changes(totals, vec![sent], Vec::new()));
    let text = console.text();
    assert!(text.contains("Kauri Legal (riversidevets) · Power BI Pro · 1 → 3"), "{text}");
}

/// One tenant that has two invoices is one customer.
#[test]
fn in_a_run() {
    let mut report: RunReport = fixtures::report();
    let at = |rows: &[CustomerRow], id: &str| {
        rows.iter().position(|row| row.tenant_id == TenantId::new(id)).expect("in the run")
    };
    let blue_gum = at(&report.customers, "tenant-0005");
    NAME.clone_into(&mut report.customers[blue_gum].customer);
    let harbour = at(&report.customers, "tenant-0000");
    let again = CustomerRow {
        invoice: "INV0105001".to_owned(),
        status: Outcome::NoChange,
        ..report.customers[harbour].clone()
    };
    report.customers.push(again);
    let mut console = Harness::new(80, 24);
    console.go("5 Enter");
    console.press("F5");
    console.answer_by(|_| Answer::Runs(fixtures::runs()));
    console.answer_by(|_| Answer::Run(Box::new(report)));
    console.app.fit();
    tells_apart(&console, "kaurilegal", "bluegum");
    assert!(!console.text().contains("Harbour Dental Pty Ltd ("), "{}", console.text());
}

#[test]
fn the_question_before_a_service_is_taken_over_names_who_else_is_billed_as_it() {
    let mut products = fixtures::products();
    let taken = products.iter().find_map(|row| row.taken_by.as_ref()).expect("one").id;
    let other = products.iter_mut().find(|row| row.name == "Power BI Pro").expect("one");
    other.service = Some(taken);
    let mut console = Harness::new(120, 36);
    console.press("4");
    console.answer(Ok(Answer::Products(products)));
    console.go("j j A");
    let said = console.text();
    assert!(said.contains("Take over this service"), "{said}");
    assert!(said.contains("“Power BI Pro” is billed as it too"), "{said}");
}

/// What waits of a customer with two invoices of one month.
#[test]
fn on_the_retry_list_by_their_invoices() {
    let mut rows = fixtures::many_retries();
    rows.truncate(2);
    for (row, invoice) in rows.iter_mut().zip(["INV0104233", "INV0104299"]) {
        "Microsoft Defender for Office 365 (Plan 1) for Government".clone_into(&mut row.service);
        "Kauri Legal and Conveyancing Partners of the North".clone_into(&mut row.customer);
        invoice.clone_into(&mut row.invoice);
    }
    let mut console = Harness::new(80, 24);
    console.go("5");
    console.press("R");
    console.answer(Ok(Answer::Retries(rows)));
    console.app.fit();
    let text = console.text();
    let rows: Vec<&str> = text.lines().filter(|line| line.contains("Kauri")).collect();
    let told = |invoice: &str| rows.iter().any(|row| row.contains(invoice));
    assert!(told("INV0104233") && told("INV0104299"), "{text}");
}

/// Two of one name with the same invoice: that is in the title, and tells neither from the other.
#[test]
fn on_the_retry_list_nothing_is_said_that_tells_none_apart() {
    let mut rows = fixtures::many_retries();
    rows.truncate(2);
    for row in &mut rows {
        "Visio Plan 2".clone_into(&mut row.service);
        "Kauri Legal".clone_into(&mut row.customer);
    }
    let invoice = rows[0].invoice.clone();
    let mut console = Harness::new(80, 24);
    console.go("5");
    console.press("R");
    console.answer(Ok(Answer::Retries(rows)));
    console.app.fit();
    assert_eq!(console.text().matches(&*invoice).count(), 1, "{}", console.text());
}

/// Whether one name is another's too is a matter of all customers, and not of the list that is shown.
#[test]
fn who_has_a_namesake_who_is_not_on_the_list_is_told_with_the_domain_all_the_same() {
    let knowing = || {
        let mut console = Harness::new(200, 60);
        let mut status = fixtures::status();
        for row in fixtures::customers() {
            let domains = [row.domain, "elsewhere.example".to_owned()];
            status.namesakes.insert(row.customer_name, domains.into());
        }
        let domain = "waitingroom01.onmicrosoft.com".to_owned();
        status.causes[0].members[0].domain = Some(domain.clone());
        let domains = [domain, "elsewhere.example".to_owned()];
        status.namesakes.insert("Waiting Room 01".to_owned(), domains.into());
        console.go("1");
        console.press("F5");
        console.answer_to(&command::Status.into(), Ok(Answer::Status(Box::new(status))));
        console
    };
    let told = "Northwind Freight (northwindfreight)";
    for way in ["5 Enter", "5 R", "5 p"] {
        let mut console = knowing();
        console.go(way);
        assert!(console.text().contains(told), "{way}: {}", console.text());
    }
    let mut console = knowing();
    console.press("Enter");
    assert!(console.text().contains("Waiting Room 01 (waitingroom01)"), "{}", console.text());
    let mut console = knowing();
    live_planning(&mut console);
    console.happened(item(3, ItemState::Writing { done: 1, of: 3 }));
    console.app.fit();
    assert!(console.text().contains(told), "{}", console.text());
}
