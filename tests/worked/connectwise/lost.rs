//! Replies that are lost, requests that are turned away, and a database that is gone: nothing is written twice (sync-rules 8,
//! 10.10, 10.11).

use prism_connect::{
    domain::{outcome::Outcome, run::RunReport, timeline::Timeline},
    engine::protocol::{About, Answer, Command, Happening, command},
};
use rstest::rstest;
use serde_json::json;

use super::agreement::{
    Billing, change, invoice, lines, new, september, september_with, synced_again,
};
use crate::{
    checks::{
        BASIC, Lines, SEPTEMBER, contract, customers, ended, item, lines_written, says, settled,
        warnings, world, wrote_nothing,
    },
    quantities::w1,
    rig::{Rig, pretty},
    scenario::Scenario,
};

const WANTED: [&str; 2] = ["5 @2026-09-01 8.00/6.90", "1 @2026-09-19 8.00/6.90"];

/// Syncs customers; as soon as it settles what became of a write and has read the list once, the time of the lag passes.
async fn synced_past_the_lag(rig: &Rig) -> RunReport {
    let (handle, mut events) = (rig.handle(), rig.handle().events());
    let mut asked = tokio::spawn(async move {
        handle.ask(Command::from(command::Sync { request: customers() })).await
    });
    loop {
        let event = tokio::select! {
            event = events.recv() => event.expect("an event"),
            answer = &mut asked => panic!("it ended without settling: {answer:#?}"),
        };
        if matches!(event.happening, Happening::Settling { .. }) {
            break;
        }
    }
    let reads = || {
        let entries = rig.simulation.journal().entries();
        let list = |path: &str| path.ends_with("/additions");
        let of = entries.iter().rev().take_while(|entry| entry.method != "POST");
        of.filter(|entry| entry.method == "GET" && entry.status == 200 && list(&entry.path)).count()
    };
    while reads() == 0 {
        assert!(!asked.is_finished(), "it reads at least once");
        tokio::task::yield_now().await;
    }
    rig.control("connectwise/clock", &json!({"forward_seconds": 20})).await;
    let answer = asked.await.expect("it ends").expect("an answer");
    let Answer::Synced(mut runs) = answer else { panic!("{answer:?}") };
    runs.remove(0)
}

#[tokio::test]
async fn cw16_a_line_whose_reply_was_lost_is_found_by_its_key_once_the_lists_have_it() {
    let rig = new(w1(), SEPTEMBER, "").await;
    rig.control("connectwise/clock", &json!({"forward_seconds": 60})).await;
    rig.control("assumptions", &json!({"cw_list_lag": 20})).await;
    let lost = json!({"system": "connectwise", "method": "POST", "path": "/additions$", "after": 1,
        "times": 1, "fault": "cut_after"});
    // What is read is read late enough for the lag to have passed in between.
    let slow = json!({"system": "connectwise", "method": "GET", "path": "/additions$",
        "fault": {"delay_ms": 250}});
    rig.fault(lost).await;
    rig.fault(slow).await;
    let report = synced_past_the_lag(&rig).await;
    rig.no_faults().await;
    ended(&report, Outcome::Success);
    assert_eq!(warnings(&report), Vec::<&_>::new(), "{}", pretty(&report));
    assert_eq!(lines_written(&rig), Lines { added: 2, ..Lines::default() });
    assert_eq!(lines(&rig, "harbour", BASIC).await, WANTED);
    settled(&rig).await;
    assert_eq!(invoice(&rig, "harbour", "2026-09").await.money(), ("43.20", "37.26"));
}

#[rstest]
#[case::the_first(0)]
#[case::the_second(1)]
#[tokio::test]
async fn a_request_that_is_turned_away_is_sent_again_and_carried_out_once(#[case] after: u64) {
    let rig = new(w1(), SEPTEMBER, "").await;
    let away = json!({"system": "connectwise", "method": "POST", "path": "/additions$", "after": after,
        "times": 1, "fault": {"status": 429, "retry_after": "30",
            "body": "{\"error\":\"ConnectWiseAPI\",\"message\":\"Too many requests. Please try again in 30 seconds.\"}"}});
    rig.fault(away).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Success);
    assert_eq!(lines_written(&rig), Lines { added: 2, ..Lines::default() });
    assert_eq!(lines(&rig, "harbour", BASIC).await, WANTED);
    settled(&rig).await;
    assert_eq!(invoice(&rig, "harbour", "2026-09").await.money(), ("43.20", "37.26"));
}

fn four_from_the_15th() -> Scenario {
    world("2026-08").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| {
            bought.span("2026-08-01", "2026-09-14", 6).from("2026-09-15", 4)
        })
    })
}

/// An installation that knows nothing finds what another one wrote by the beginning of its keys: it is counted, priced and cut
/// like its own (sync-rules 10.10).
#[tokio::test]
async fn after_the_database_is_lost_additions_are_known_by_their_keys() {
    let mut rig = september(four_from_the_15th(), Billing::Arrears).await;
    rig.lose_state().await;
    rig.map_all(|_| {}).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Success);
    assert_eq!(lines_written(&rig), Lines { added: 1, ended: 1, ..Lines::default() });
    let wanted = ["6 @2026-08-01..2026-09-14 8.00/6.90", "4 @2026-09-15 8.00/6.90"];
    assert_eq!(lines(&rig, "harbour", BASIC).await, wanted);
    settled(&rig).await;
    rig.lose_state().await;
    rig.map_all(|_| {}).await;
    let again = rig.sync().await;
    assert!(again.header.status <= Outcome::Success, "{}", pretty(&again));
    wrote_nothing(&rig);
    assert_eq!(lines(&rig, "harbour", BASIC).await, wanted);
    assert_eq!(invoice(&rig, "harbour", "2026-09").await.money(), ("39.46", "34.04"));
}

/// Sent once more under its key, and both carried out after all: the one too many is emptied and told (sync-rules 10.11).
#[tokio::test]
async fn a_line_that_comes_late_beside_the_one_sent_again_is_emptied_and_told() {
    let rig = new(w1(), SEPTEMBER, "").await;
    let lost = json!({"system": "connectwise", "method": "POST", "path": "/additions$", "after": 1,
        "times": 1, "fault": "cut_before"});
    rig.fault(lost).await;
    ended(&rig.sync().await, Outcome::Success);
    rig.no_faults().await;
    assert_eq!(lines(&rig, "harbour", BASIC).await, WANTED);
    comes_late(&rig).await;
    rig.simulation.journal().reset();
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    assert!(says(&warnings(&report), "was carried out late"), "{}", pretty(&report));
    assert_eq!(lines_written(&rig), Lines { amended: 1, ..Lines::default() });
    let emptied = [WANTED[0], WANTED[1], "0 @2026-09-19 8.00/6.90"];
    assert_eq!(lines(&rig, "harbour", BASIC).await, emptied);
    settled(&rig).await;
    assert_eq!(invoice(&rig, "harbour", "2026-09").await.money(), ("43.20", "37.26"));
}

/// The request that was lost is carried out now, as it was sent.
async fn comes_late(rig: &Rig) {
    let key = serial_number(rig, 1).await;
    let line = json!({"product": {"id": item(rig, BASIC).await}, "quantity": 1, "unitPrice": 8.00,
        "unitCost": 6.90, "effectiveDate": "2026-09-19", "serialNumber": key, "member": "PrismSync"});
    rig.control(&format!("connectwise/agreements/{}/additions", contract(rig, "harbour")), &line)
        .await;
}

/// The key of an addition, by its place.
async fn serial_number(rig: &Rig, at: usize) -> String {
    let path = format!("connectwise/agreements/{}/lines", contract(rig, "harbour"));
    rig.look(&path).await[at]["serial_number"].as_str().expect("a key").to_owned()
}

/// Where serial numbers print, the key stands in a custom field (sync-rules 10.10): what is written carries it there, what was
/// lost is found by it, and so is what another installation wrote.
#[tokio::test]
async fn with_the_key_in_a_custom_field_a_lost_addition_is_found_and_a_lost_database_knows_its_own()
{
    let config = "[connectwise]\nkey_field = 12\n";
    let mut rig = september_with(four_from_the_15th(), Billing::Arrears, config).await;
    assert_eq!(lines(&rig, "harbour", BASIC).await, ["6 @2026-08-01 8.00/6.90 of PrismSync"]);
    let lost = json!({"system": "connectwise", "method": "POST", "path": "/additions$",
        "times": 1, "fault": "cut_after"});
    rig.fault(lost).await;
    let report = rig.sync().await;
    rig.no_faults().await;
    ended(&report, Outcome::Success);
    assert_eq!(warnings(&report), Vec::<&_>::new(), "{}", pretty(&report));
    assert_eq!(lines_written(&rig), Lines { added: 1, ended: 1, ..Lines::default() });
    let bodies: Vec<String> = rig.changes().into_iter().map(|entry| entry.body).collect();
    let added = bodies.iter().find(|body| body.contains("effectiveDate")).expect("one was added");
    assert!(added.contains(r#""customFields":[{"id":12,"value":"PC-"#), "{added}");
    assert!(!added.contains("serialNumber"), "{added}");
    let wanted = [
        "6 @2026-08-01..2026-09-14 8.00/6.90 of PrismSync",
        "4 @2026-09-15 8.00/6.90 of PrismSync",
    ];
    assert_eq!(lines(&rig, "harbour", BASIC).await, wanted);
    settled(&rig).await;
    // Typed over where it stands: it is known as ours, and set back (10.6).
    change(&rig, "harbour", 1, &json!({"quantity": 9})).await;
    let report = synced_again(&rig).await;
    ended(&report, Outcome::Success);
    assert_eq!(lines(&rig, "harbour", BASIC).await, wanted, "{}", pretty(&report));
    rig.lose_state().await;
    rig.map_all(|_| {}).await;
    let again = rig.sync().await;
    assert!(again.header.status <= Outcome::Success, "{}", pretty(&again));
    wrote_nothing(&rig);
    assert_eq!(invoice(&rig, "harbour", "2026-09").await.money(), ("39.46", "34.04"));
}

/// What was just added is in no list yet: whoever looks at the contract, or chooses among its rows, sees it all the same.
#[tokio::test]
async fn chart_page_and_choice_of_rows_show_what_no_list_shows_yet() {
    let rig = new(w1(), SEPTEMBER, "").await;
    rig.control("assumptions", &json!({"cw_list_lag": 600})).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Success);
    let path = format!("connectwise/agreements/{}/lines", contract(&rig, "harbour"));
    assert_eq!(rig.look(&path).await.as_array().map(Vec::len), Some(2), "both stand");
    let tenant = "harbour.onmicrosoft.com".to_owned();
    let service = prism_connect::domain::ServiceId(item(&rig, BASIC).await);
    let run = report.header.id;
    let wanted = [("2026-09-01", 5), ("2026-09-19", 6)];
    let shows = |units: Option<Timeline>| {
        let units = units.expect("it was read");
        let found: Vec<_> =
            units.steps().iter().map(|step| (step.from.to_string(), step.units)).collect();
        assert_eq!(found, wanted.map(|(day, units)| (day.to_owned(), units)));
    };
    let chart = command::Chart { run, tenant: tenant.clone(), service };
    let Answer::Chart(About { found, .. }) = rig.ask(chart).await else { panic!("a chart") };
    shows(found.contract_units);
    let page = command::CustomerPage { tenant: tenant.clone(), contract: true };
    let Answer::CustomerPage(About { found, .. }) = rig.ask(page).await else { panic!("a page") };
    shows(found.charts[0].chart.contract_units.clone());
    let rows = command::ContractServices { tenant, service };
    let Answer::ContractServices(About { found, .. }) = rig.ask(rows).await else { panic!("rows") };
    assert_eq!(found.iter().map(|row| row.units).collect::<Vec<_>>(), [6]);
}
