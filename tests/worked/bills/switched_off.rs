//! A mapping keeps its place while its sync is off (sync-rules 2.2).

use prism_connect::{
    domain::{Money, mapping::Missed, outcome::Outcome},
    engine::{
        protocol::{Answer, Command, RefusalKind, command},
        views::{CustomerView, StatusView},
    },
};

use crate::{
    checks::{
        BASIC, Writes, bill, contract, ended, ledger, ready, september_after_august, settled,
        steps, units, world, writes,
    },
    rig::{Rig, Setup},
    scenario::Scenario,
};

const HARBOUR: &str = "harbour.onmicrosoft.com";

/// 5 seats in August, 8 from 10 September on, and a neighbour of 3.
fn rising() -> Scenario {
    world("2026-08")
        .tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| {
                bought.span("2026-08-01", "2026-09-09", 5).from("2026-09-10", 8)
            })
        })
        .tenant("quarry", |tenant| {
            tenant.subscription(BASIC, |bought| bought.from("2026-08-01", 3))
        })
}

fn switch(on: bool, skip: Option<&str>) -> Command {
    let skip_missed = skip.map(str::to_owned);
    Command::from(command::SetSync { tenants: vec![HARBOUR.to_owned()], on, skip_missed })
}

async fn switched(rig: &Rig, command: impl Into<Command>) -> CustomerView {
    match rig.ask(command).await {
        Answer::Customers(mut rows) => rows.pop().expect("the customer"),
        other => panic!("{other:?}"),
    }
}

fn missed(row: &CustomerView) -> &[Missed] {
    &row.mapping.as_ref().expect("mapped").missed
}

async fn status(rig: &Rig) -> StatusView {
    match rig.ask(command::Status).await {
        Answer::Status(status) => *status,
        other => panic!("{other:?}"),
    }
}

/// August applied, off in September, October issued.
async fn off_in_september() -> Rig {
    let mut rig = september_after_august(rising(), Setup::default()).await;
    switched(&rig, switch(false, None)).await;
    ended(&rig.sync().await, Outcome::NoChange);
    rig.month_passes().await;
    rig
}

#[tokio::test]
async fn a04_the_month_while_sync_was_off_is_told_with_its_amount_and_caught_up_in_order() {
    let rig = off_in_september().await;
    let row = switched(&rig, switch(true, None)).await;
    let told: Vec<_> = missed(&row).iter().map(|one| (one.month.to_string(), one.amount)).collect();
    // 5 × 6.90 × 9/30 + 8 × 6.90 × 21/30, and 8 × 6.90.
    let [september, october] = [Some(money("48.99")), Some(money("55.20"))];
    assert_eq!(told, [("2026-09".to_owned(), september), ("2026-10".to_owned(), october)]);
    let waits = status(&rig).await.attention;
    assert_eq!(waits.iter().filter(|one| one.id.starts_with("missed-")).count(), 2, "{waits:?}");

    ended(&rig.sync().await, Outcome::Success);
    let stands = units(&rig, "harbour", BASIC).await;
    assert_eq!(stands, steps(&[("2026-08-01", 5), ("2026-09-10", 8)]));
    // 5 × 8.00 × 9/30 + 8 × 8.00 × 21/30, and 8 × 8.00.
    assert_eq!(bill(&rig, "harbour", "2026-09").await, "56.80");
    assert_eq!(bill(&rig, "harbour", "2026-10").await, "64.00");
    let waits = status(&rig).await.attention;
    assert!(waits.iter().all(|one| !one.id.starts_with("missed-")), "{waits:?}");
    settled(&rig).await;
}

fn money(text: &str) -> Money {
    text.parse().expect("an amount")
}

#[tokio::test]
async fn a04_what_was_missed_can_be_skipped_with_a_reason_and_is_never_applied() {
    let mut rig = off_in_september().await;
    switched(&rig, switch(true, Some("Billed by hand"))).await;
    let report = rig.sync().await;
    ended(&report, Outcome::NoChange);
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-08-01", 5)]));
    assert_eq!(ledger(&report).excluded[0].reason, "skipped by the operator");
    assert_eq!(ledger(&report).excluded[0].amount, money("55.20"));
    settled(&rig).await;

    rig.month_passes().await;
    ended(&rig.sync().await, Outcome::Success);
    let stands = units(&rig, "harbour", BASIC).await;
    assert_eq!(stands, steps(&[("2026-08-01", 5), ("2026-11-01", 8)]));
    settled(&rig).await;
}

#[tokio::test]
async fn a04_whoever_was_told_may_still_skip_it_until_the_next_sync() {
    let rig = off_in_september().await;
    assert_eq!(missed(&switched(&rig, switch(true, None)).await).len(), 2);
    assert_eq!(missed(&switched(&rig, switch(true, Some("Billed by hand"))).await), []);
    ended(&rig.sync().await, Outcome::NoChange);
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-08-01", 5)]));
    let refusal = rig.try_ask(switch(true, Some("Once more"))).await.expect_err("nothing is left");
    assert_eq!(refusal.finding.code.as_str(), "nothing_missed");
}

#[tokio::test]
async fn a04_off_and_on_at_once_changes_nothing() {
    let rig = september_after_august(rising(), Setup::default()).await;
    ended(&rig.sync().await, Outcome::Success);
    let stood = units(&rig, "harbour", BASIC).await;
    rig.simulation.journal().reset();
    switched(&rig, switch(false, None)).await;
    assert_eq!(missed(&switched(&rig, switch(true, None)).await), []);
    ended(&rig.sync().await, Outcome::NoChange);
    assert_eq!(units(&rig, "harbour", BASIC).await, stood);
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 0 });
}

#[tokio::test]
async fn a04_a_skip_wants_a_reason_and_somebody_to_switch_on() {
    let rig = off_in_september().await;
    for command in [switch(true, Some("  ")), switch(false, Some("Billed by hand"))] {
        let refusal = rig.try_ask(command).await.expect_err("it says too little");
        assert_eq!(refusal.kind, RefusalKind::Malformed);
    }
    assert_eq!(missed(&switched(&rig, switch(true, None)).await).len(), 2);
}

#[tokio::test]
async fn a04_a_customer_first_switched_on_begins_with_the_newest_invoice_and_missed_nothing() {
    let rig = ready(rising(), (2026, 8)).await;
    let draft = |sync| {
        Command::from(command::Map {
            draft: prism_connect::engine::protocol::MapDraft {
                tenant: HARBOUR.to_owned(),
                company: company(&rig),
                contract: contract(&rig, "harbour").to_string(),
                sync: Some(sync),
                from: None,
                pricing: None,
            },
        })
    };
    rig.ask(command::Unmap { tenant: HARBOUR.to_owned() }).await;
    rig.ask(draft(false)).await;
    let row = switched(&rig, switch(true, None)).await;
    assert_eq!(missed(&row), []);
    assert_eq!(row.mapping.expect("mapped").first_month, "2026-08".parse().ok());
}

fn company(rig: &Rig) -> String {
    let mappings = rig.simulation.true_mappings();
    let found = mappings.iter().find(|mapping| mapping.domain == HARBOUR);
    found.expect("it has one").company_id.to_string()
}
