//! What others do to an agreement meanwhile: invoices that are made or deleted, rules that change what was written, rights that
//! are taken away, more additions than a page holds.

use prism_connect::{
    domain::{
        outcome::Outcome,
        run::{RunKind, RunReport, WriteState},
    },
    engine::protocol::{Answer, Command, SyncRequest, command},
};
use rstest::rstest;
use serde_json::json;

use super::agreement::{Billing, invoice, lines, new, september};
use crate::{
    checks::{
        BASIC, Lines, OTHER, SEPTEMBER, bill, contract, customers, ended, errors, invoiced_through,
        item, ledger, lines_written, plan_of, says, settled, steps, subscriptions, units, warnings,
        world, wrote_nothing,
    },
    quantities::x1,
    rig::{Rig, pretty},
    scenario::{Scenario, tenants::TenantPlan},
};

fn dearer() -> Scenario {
    world("2026-08").price_from(BASIC, "2026-09-01", "7.25", "8.40").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| bought.from("2026-08-01", 6))
    })
}

/// Deleting an invoice opens its month again (wire/connectwise 17.2): a plan that was made before it is stale, and the next one
/// writes the price where it can be billed now.
#[tokio::test]
async fn an_invoice_deleted_between_plan_and_apply_makes_the_plan_stale() {
    let rig = september(dearer(), Billing::Advance).await;
    let plan = plan_of(&rig, customers()).await;
    assert!(!plan.operations.is_empty());
    let harbour = json!({"agreement": contract(&rig, "harbour")});
    let undone = rig.control("connectwise/invoice/undo", &harbour).await;
    assert_eq!(undone["invoices"], 1);
    rig.simulation.journal().reset();
    let request = SyncRequest { plan: Some(plan.saved), ..customers() };
    let refusal = rig.try_ask(command::Sync { request }).await.expect_err("stale");
    assert_eq!(refusal.finding.code.as_str(), "plan_stale", "{refusal:?}");
    wrote_nothing(&rig);
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    let wanted = ["6 @2026-08-01..2026-09-30 8.00/6.90", "6 @2026-10-01 8.40/7.25"];
    assert_eq!(lines(&rig, "harbour", BASIC).await, wanted);
    assert!(says(&warnings(&report), "2.40 of it is not billed"), "{}", pretty(&report));
    settled(&rig).await;
    let october = invoice(&rig, "harbour", "2026-10").await;
    assert_eq!(october.charges, ["2026-08 6 48.00", "2026-09 6 48.00", "2026-10 6 50.40"]);
}

#[tokio::test]
async fn an_invoice_made_between_plan_and_apply_makes_the_plan_stale() {
    let rig = september(dearer(), Billing::Arrears).await;
    let plan = plan_of(&rig, customers()).await;
    invoiced_through(&rig, "2026-09-30").await;
    rig.simulation.journal().reset();
    let request = SyncRequest { plan: Some(plan.saved), ..customers() };
    let refusal = rig.try_ask(command::Sync { request }).await.expect_err("stale");
    assert_eq!(refusal.finding.code.as_str(), "plan_stale", "{refusal:?}");
    wrote_nothing(&rig);
    assert_eq!(lines(&rig, "harbour", BASIC).await, ["6 @2026-08-01 8.00/6.90"]);
}

/// After an invoice went back between two runs, what was written since the newer one is still free.
#[tokio::test]
async fn an_invoice_deleted_between_two_runs_is_made_again_with_everything() {
    let rig = september(x1(), Billing::Advance).await;
    ended(&rig.sync().await, Outcome::Success);
    let harbour = json!({"agreement": contract(&rig, "harbour")});
    rig.control("connectwise/invoice/undo", &harbour).await;
    settled(&rig).await;
    // It caught up August and September, and does so again, with the three from 20 September on.
    let october = invoice(&rig, "harbour", "2026-10").await;
    let five = ["2026-08 5 40.00", "2026-09 5 40.00", "2026-10 5 40.00"];
    assert_eq!(october.charges, [&five[..], &["2026-09 3 8.79", "2026-10 3 24.00"]].concat());
    settled(&rig).await;
}

/// A rule of the partner's makes seven of whatever is written: what bills otherwise than sent is no success (sync-rules 10.12).
#[tokio::test]
async fn a_quantity_that_comes_back_otherwise_is_not_confirmed() {
    let rig = september(x1(), Billing::Arrears).await;
    rig.control("connectwise/workflow", &json!({"quantity": 7})).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    assert!(says(&errors(&report), "quantity is 7 in the place of 3"), "{}", pretty(&report));
    let results = subscriptions(&report).flat_map(|row| &row.writes).map(|write| &write.result);
    assert_eq!(results.collect::<Vec<_>>(), [&WriteState::Unconfirmed], "{}", pretty(&report));
    assert_eq!(lines_written(&rig).added, 1, "{}", pretty(&report));
    let written = ["5 @2026-08-01 8.00/6.90", "7 @2026-09-20 8.00/6.90"];
    assert_eq!(lines(&rig, "harbour", BASIC).await, written);
    rig.control("connectwise/workflow", &json!({})).await;
    let report = rig.sync_as(SyncRequest { retry_failed: true, ..customers() }).await;
    assert!(report.header.status < Outcome::Failure, "{}", pretty(&report));
    let stands = steps(&[("2026-08-01", 5), ("2026-09-20", 8)]);
    assert_eq!(units(&rig, "harbour", BASIC).await, stands, "{}", pretty(&report));
    settled(&rig).await;
    assert_eq!(invoice(&rig, "harbour", "2026-09").await.amount, "48.79");
}

/// Another member that differs is told, and bills what was sent.
#[tokio::test]
async fn another_member_that_comes_back_otherwise_is_a_warning_that_names_it() {
    let rig = september(x1(), Billing::Arrears).await;
    rig.control("connectwise/workflow", &json!({"unitCost": 7.00})).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    assert!(says(&warnings(&report), "unitCost"), "{}", pretty(&report));
    let written = ["5 @2026-08-01 8.00/6.90", "3 @2026-09-20 8.00/7.00"];
    assert_eq!(lines(&rig, "harbour", BASIC).await, written);
}

#[tokio::test]
async fn without_the_right_to_agreements_nothing_is_written_and_the_right_is_named() {
    let rig = september(x1(), Billing::Arrears).await;
    rig.control("connectwise/role", &json!({"lacks": ["agreements"]})).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    wrote_nothing(&rig);
    let mut told = errors(&report);
    told.extend(report.header.message.as_ref());
    let missing = "403, the API member lacks Inquire on Finance > Agreements.";
    assert!(says(&told, missing), "{}", pretty(&report));
    assert!(told.iter().any(|one| one.advice.contains("Security Roles")), "{}", pretty(&report));
    rig.control("connectwise/role", &json!({})).await;
    let report = rig.sync_as(SyncRequest { retry_failed: true, ..customers() }).await;
    ended(&report, Outcome::Success);
    let stands = steps(&[("2026-08-01", 5), ("2026-09-20", 8)]);
    assert_eq!(units(&rig, "harbour", BASIC).await, stands);
    settled(&rig).await;
}

/// Only the right to change agreements is missing: it is met at the first write, and nothing is half done.
#[tokio::test]
async fn without_the_right_to_add_nothing_is_written() {
    let rig = september(x1(), Billing::Arrears).await;
    rig.control("connectwise/role", &json!({"lacks": ["agreements.add"]})).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    wrote_nothing(&rig);
    let missing = "403, the API member lacks Add on Finance > Agreements.";
    assert!(says(&errors(&report), missing), "{}", pretty(&report));
    rig.control("connectwise/role", &json!({})).await;
    let report = rig.sync_as(SyncRequest { retry_failed: true, ..customers() }).await;
    ended(&report, Outcome::Success);
    assert_eq!(lines_written(&rig), Lines { added: 1, ..Lines::default() });
    settled(&rig).await;
}

/// Three agreements: one falls, which takes two writes, one rises, one keeps what it has.
fn falls_and_rises() -> Scenario {
    world("2026-08")
        .tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| {
                bought.span("2026-08-01", "2026-09-14", 6).from("2026-09-15", 4)
            })
        })
        .tenant("kiama", |tenant| {
            tenant.subscription(BASIC, |bought| {
                bought.span("2026-08-01", "2026-09-19", 5).from("2026-09-20", 8)
            })
        })
        .tenant("lismore", |tenant| {
            tenant.subscription(BASIC, |bought| bought.from("2026-08-01", 2))
        })
}

/// Syncs, and once so much is written the role lacks a right: what comes after that is slow enough to meet it.
async fn synced_while_a_right_goes(rig: &Rig, right: &str, after: usize) -> RunReport {
    let slow = json!({"system": "connectwise", "path": "finance/agreements", "writes": true,
        "after": after, "fault": {"delay_ms": 8_000}});
    rig.fault(slow).await;
    let handle = rig.handle();
    let asked = tokio::spawn(async move {
        handle.ask(Command::from(command::Sync { request: customers() })).await
    });
    while rig.changes().len() < after {
        assert!(!asked.is_finished(), "it writes so much at least");
        tokio::task::yield_now().await;
    }
    rig.control("connectwise/role", &json!({ "lacks": [right] })).await;
    let answer = asked.await.expect("it ends").expect("an answer");
    rig.no_faults().await;
    let Answer::Synced(mut runs) = answer else { panic!("{answer:?}") };
    runs.remove(0)
}

/// Every agreement that was not written whole says so and which right it wanted; what was written stays, nothing is written
/// twice, and once the right is back what is left is written.
#[rstest]
#[case::to_add("agreements.add", "This needs Add on Finance > Agreements.")]
#[case::to_all("agreements", " on Finance > Agreements.")]
#[tokio::test]
async fn a_right_lost_in_mid_run_is_named_by_whom_it_befell_and_the_rest_is_made_up_for(
    #[case] right: &str,
    #[case] needs: &str,
) {
    let rig = september(falls_and_rises(), Billing::Arrears).await;
    let report = synced_while_a_right_goes(&rig, right, 1).await;
    ended(&report, Outcome::Failure);
    // Both begin at once: where the one that rises came first, the other one may still end its line, for which no right to
    // add is needed.
    let most = if right == "agreements" { 1 } else { 2 };
    assert!((1..=most).contains(&rig.changes().len()), "{}", pretty(&report));
    let failed: Vec<_> =
        report.customers.iter().filter(|row| row.status == Outcome::Failure).collect();
    assert!(!failed.is_empty(), "{}", pretty(&report));
    for row in &failed {
        let told = row.first_finding().expect("why it failed");
        assert!(told.text.contains("403"), "{}", pretty(&report));
        assert!(told.advice.contains(needs), "{}", pretty(&report));
    }
    let started = report.customers.iter().filter(|row| row.status != Outcome::NoChange);
    assert_eq!(started.count(), 2, "who keeps what it has is not touched: {}", pretty(&report));
    rig.control("connectwise/role", &json!({})).await;
    let report = rig.sync_as(SyncRequest { retry_failed: true, ..customers() }).await;
    ended(&report, Outcome::Success);
    assert_eq!(rig.changes().len(), 3, "{}", pretty(&report));
    let fallen = ["6 @2026-08-01..2026-09-14 8.00/6.90", "4 @2026-09-15 8.00/6.90"];
    assert_eq!(lines(&rig, "harbour", BASIC).await, fallen);
    let risen = ["5 @2026-08-01 8.00/6.90", "3 @2026-09-20 8.00/6.90"];
    assert_eq!(lines(&rig, "kiama", BASIC).await, risen);
    settled(&rig).await;
    for (tenant, amount) in [("harbour", "39.46"), ("kiama", "48.79"), ("lismore", "16.00")] {
        assert_eq!(bill(&rig, tenant, "2026-09").await, amount, "{tenant}");
    }
}

/// The end of what falls is written, and the right to add what is left is gone: the outcome lists what stands.
#[tokio::test]
async fn a_right_lost_between_end_and_add_is_told_with_what_was_written() {
    let falls = world("2026-08").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| {
            bought.span("2026-08-01", "2026-09-14", 6).from("2026-09-15", 4)
        })
    });
    let rig = september(falls, Billing::Arrears).await;
    rig.control("connectwise/role", &json!({"lacks": ["agreements.add"]})).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    assert_eq!(lines(&rig, "harbour", BASIC).await, ["6 @2026-08-01..2026-09-14 8.00/6.90"]);
    let results: Vec<_> =
        subscriptions(&report).flat_map(|row| &row.writes).map(|write| &write.result).collect();
    assert_eq!(results, [&WriteState::Written, &WriteState::Refused], "{}", pretty(&report));
    rig.control("connectwise/role", &json!({})).await;
    let report = rig.sync_as(SyncRequest { retry_failed: true, ..customers() }).await;
    ended(&report, Outcome::Success);
    let wanted = ["6 @2026-08-01..2026-09-14 8.00/6.90", "4 @2026-09-15 8.00/6.90"];
    assert_eq!(lines(&rig, "harbour", BASIC).await, wanted);
    settled(&rig).await;
}

/// More than a page holds: ours are on the second one.
#[tokio::test]
async fn additions_on_the_second_page_count() {
    let scenario = world("2026-09").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| {
            bought.span("2026-09-01", "2026-09-18", 5).from("2026-09-19", 6)
        })
    });
    let rig = super::agreement::new(scenario, (2026, 9), "").await;
    let path = format!("connectwise/agreements/{}/additions", contract(&rig, "harbour"));
    let product = json!({"id": item(&rig, OTHER).await});
    let line = json!({"product": product, "quantity": 1, "effectiveDate": "2026-09-01"});
    for _ in 0..1001 {
        rig.control(&path, &line).await;
    }
    ended(&rig.sync().await, Outcome::Success);
    let wanted = ["5 @2026-09-01 8.00/6.90", "1 @2026-09-19 8.00/6.90"];
    assert_eq!(lines(&rig, "harbour", BASIC).await, wanted);
    settled(&rig).await;
    assert_eq!(lines(&rig, "harbour", BASIC).await, wanted);
}

/// What stops a run at one agreement leaves those of which all is written as they are: synced, on every screen.
#[tokio::test]
async fn agreements_that_are_done_count_as_synced_although_the_run_was_stopped_r7() {
    let rises =
        |tenant: TenantPlan| tenant.subscription(BASIC, |bought| bought.from("2026-09-01", 5));
    let scenario = world("2026-09").tenant("harbour", rises).tenant("labs", rises);
    let rig = new(scenario, SEPTEMBER, "").await;
    let locked = json!({"system": "connectwise", "method": "POST", "path": "/additions$", "after": 1,
        "fault": {"status": 401}});
    rig.fault(locked).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    let counts = report.header.counts.customers;
    assert_eq!((counts.ok, counts.not_attempted), (1, 1), "{}", pretty(&report));
    let Answer::Status(status) = rig.ask(command::Status).await else { panic!() };
    let card = status.cards.iter().find(|card| card.kind == RunKind::Customers).expect("a card");
    let progress = card.progress.as_ref().expect("an invoice");
    assert_eq!((card.done(), progress.unreached), ((1, 2), 1));
    assert_eq!(ledger(&report).synced, ledger(&report).not_attempted, "{}", pretty(&report));
    rig.no_faults().await;
    let report = rig.sync().await;
    assert_eq!(report.customers.len(), 1, "only what is left: {}", pretty(&report));
    assert_eq!(lines_written(&rig), Lines { added: 2, ..Lines::default() });
    settled(&rig).await;
}
