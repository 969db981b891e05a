//! Runs from the first read to the last record, between a distributor and a target in memory.

#[path = "runs/corners.rs"]
mod corners;
#[path = "runs/desk.rs"]
mod desk;
#[expect(dead_code, reason = "the tests of the engine look at other sides of it")]
#[path = "support/in_memory.rs"]
mod in_memory;
#[path = "support/loopback.rs"]
mod loopback;
#[path = "runs/resume.rs"]
mod resume;
#[path = "support/scratch.rs"]
mod scratch;
#[path = "runs/watched.rs"]
mod watched;
#[path = "runs/world.rs"]
mod world;

use prism_connect::{
    domain::Money,
    domain::outcome::Outcome,
    domain::policy::ProductMode,
    domain::run::RunReport,
    domain::run::SubscriptionRow,
    domain::run::WriteRow,
    domain::timeline::Step,
    domain::timeline::Timeline,
    engine::protocol::Happening,
    engine::protocol::ItemState,
    engine::protocol::RefusalKind,
    engine::protocol::Scope,
    engine::protocol::SyncRequest,
    engine::protocol::live_run::{ChangeState, LiveChange, LiveRun},
    engine::sync,
    engine::sync::Asker,
};

use desk::Desk;
use in_memory::{day, money, target::Fault};

fn steps(list: &[(&str, i64)]) -> Timeline {
    Timeline::new(list.iter().map(|&(from, units)| Step { from: day(from), units }))
}

fn only_subscription(report: &RunReport) -> &SubscriptionRow {
    let [customer] = report.customers.as_slice() else { panic!("one customer: {report:#?}") };
    let [subscription] = customer.subscriptions.as_slice() else { panic!("{customer:#?}") };
    subscription
}

fn results(writes: &[WriteRow]) -> Vec<(&str, i64, &str)> {
    writes.iter().map(|write| (write.kind.as_str(), write.units, write.result.as_str())).collect()
}

fn w1_steps() -> Timeline {
    steps(&[("2026-09-01", 5), ("2026-09-19", 6)])
}

#[tokio::test]
async fn w1_is_written_read_back_and_recorded() {
    let desk = Desk::with_w1().await;
    let report = desk.customers().await;
    assert_eq!(report.header.status, Outcome::Success, "{report:#?}");
    assert_eq!(desk.target.units(1, desk.w1_service()), w1_steps());
    let subscription = only_subscription(&report);
    let written = results(&subscription.writes);
    let made = ("create_contract_service", 0, "written");
    assert_eq!(written, [made, ("adjust_units", 5, "written"), ("adjust_units", 1, "written")]);
    assert_eq!(report.header.counts.writes, 3);
    let [ledger] = report.ledgers.as_slice() else { panic!("one ledger") };
    assert_eq!((ledger.synced, ledger.balance), (money("37.26"), Money::ZERO));
}

#[tokio::test]
async fn the_same_sync_again_is_no_change_after_one_look() {
    let desk = Desk::with_w1().await;
    desk.customers().await;
    let report = desk.customers().await;
    assert_eq!(report.header.status, Outcome::NoChange);
    assert_eq!(report.header.counts.requests, 1, "the invoice list, and nothing else");
    assert_eq!(report.customers, []);
}

#[tokio::test]
async fn a_lost_reply_is_settled_as_written_and_not_sent_again() {
    for lost in 1..=3 {
        let desk = Desk::with_w1().await;
        desk.target.fault(lost, Fault::CutAfter);
        let report = desk.customers().await;
        assert_eq!(report.header.status, Outcome::Success, "{report:#?}");
        assert_eq!(desk.target.units(1, desk.w1_service()), w1_steps());
        assert_eq!((desk.target.sent().len(), desk.target.carried_out()), (3, 3));
    }
}

#[tokio::test]
async fn a_request_that_never_arrived_is_sent_again_after_reading_back() {
    for lost in 1..=3 {
        let desk = Desk::with_w1().await;
        desk.target.fault(lost, Fault::CutBefore);
        let report = desk.customers().await;
        assert_eq!(report.header.status, Outcome::Success, "{report:#?}");
        assert_eq!(desk.target.units(1, desk.w1_service()), w1_steps());
        assert_eq!((desk.target.sent().len(), desk.target.carried_out()), (4, 3));
        let results = results(&only_subscription(&report).writes);
        let again = results.iter().filter(|(_, _, result)| *result == "settled as not written");
        assert_eq!(again.count(), 1);
    }
}

#[tokio::test]
async fn too_many_requests_is_waited_for_and_no_failure() {
    let desk = Desk::with_w1().await;
    desk.target.fault(2, Fault::TooMany);
    let report = desk.customers().await;
    assert_eq!(report.header.status, Outcome::Success, "{report:#?}");
    assert_eq!(desk.target.carried_out(), 3);
}

#[tokio::test]
async fn w14_a_locked_user_breaks_the_run_off_and_the_next_writes_exactly_the_rest() {
    let desk = Desk::with_w1().await;
    desk.target.fault(3, Fault::Lock);
    let report = desk.customers().await;
    assert_eq!(report.header.status, Outcome::Failure);
    let message = report.header.message.as_ref().expect("why it broke off");
    assert_eq!(message.code.as_str(), "unauthorized");
    let writes = results(&only_subscription(&report).writes);
    assert_eq!(writes.last(), Some(&("adjust_units", 1, "not sent")), "{writes:?}");
    desk.target.unlock();
    let report = desk.customers().await;
    assert_eq!(report.header.status, Outcome::Success, "{report:#?}");
    assert_eq!(report.header.counts.writes, 1);
    assert_eq!(desk.target.units(1, desk.w1_service()), w1_steps());
}

#[tokio::test]
async fn x9_an_edit_beside_a_lost_reply_is_put_right_and_warned_of() {
    let desk = Desk::with_w1().await;
    desk.target.fault(3, Fault::CutAfterBesideEdit(day("2026-09-25"), 4));
    let report = desk.customers().await;
    assert_eq!(report.header.status, Outcome::Warning, "{report:#?}");
    let units = desk.target.units(1, desk.w1_service());
    assert_eq!((units.on(day("2026-09-24")), units.on(day("2026-09-30"))), (6, 6));
    let warnings = &only_subscription(&report).warnings;
    assert!(
        warnings.iter().any(|warning| warning.code.as_str() == "changed_meanwhile"),
        "{warnings:?}"
    );
}

#[tokio::test]
async fn an_unpredicted_refusal_fails_its_service_and_not_the_sibling() {
    let desk = Desk::with_siblings().await;
    desk.target.fault(2, Fault::Refuse("no such luck"));
    let report = desk.customers().await;
    assert_eq!(report.header.status, Outcome::Failure);
    let [customer] = report.customers.as_slice() else { panic!("{report:#?}") };
    let ended: Vec<_> = customer.subscriptions.iter().map(|row| row.status).collect();
    assert_eq!(ended, [Outcome::Failure, Outcome::Success]);
    let failed = &customer.subscriptions[0];
    let written = results(&failed.writes);
    assert_eq!(written[0].2, "written");
    assert_eq!(written[1].2, "refused");
    assert_eq!(written.get(2), None, "there was nothing more to send");
    assert_eq!(failed.error.as_ref().expect("why").text, "no such luck");
    assert_eq!(report.ledgers[0].balance, Money::ZERO);
    assert_eq!(report.ledgers[0].failed, money("34.50"));
}

#[tokio::test]
async fn the_retry_list_is_tried_first_and_writes_only_what_failed() {
    let desk = Desk::with_siblings().await;
    desk.target.fault(2, Fault::Refuse("no such luck"));
    desk.customers().await;
    let before = desk.target.sent().len();
    let report = desk.one(retry_failed()).await;
    assert_eq!(report.header.status, Outcome::Success, "{report:#?}");
    assert_eq!(desk.target.sent().len(), before + 1, "the row is there, the seats were missing");
    assert_eq!(report.ledgers[0].balance, Money::ZERO);
    assert_eq!(report.ledgers[0].earlier_runs, money("30.00"));
    let report = desk.one(retry_failed()).await;
    assert_eq!((report.header.status, report.customers.len()), (Outcome::NoChange, 0));
}

fn retry_failed() -> SyncRequest {
    SyncRequest { scope: Scope::Customers, retry_failed: true, ..SyncRequest::default() }
}

#[tokio::test]
async fn x10_missed_months_are_caught_up_in_order() {
    let desk = Desk::with_w1().await;
    desk.source.invoice("2026-10", &[("a", "2026-10-01", "2026-10-31", 9)]);
    let report = desk.customers().await;
    assert_eq!(report.header.status, Outcome::Success, "{report:#?}");
    assert_eq!(report.customers.len(), 2);
    assert_eq!(report.ledgers.len(), 2);
    let wanted = steps(&[("2026-09-01", 5), ("2026-09-19", 6), ("2026-10-01", 9)]);
    assert_eq!(desk.target.units(1, desk.w1_service()), wanted);
}

#[tokio::test]
async fn x12_a_retried_month_keeps_what_later_months_say() {
    let desk = Desk::with_w1().await;
    desk.customers().await;
    desk.source.invoice(
        "2026-10",
        &[("a", "2026-10-01", "2026-10-19", 6), ("a", "2026-10-20", "2026-10-31", 8)],
    );
    desk.target.fault(1, Fault::Refuse("no such luck"));
    assert_eq!(desk.customers().await.header.status, Outcome::Failure);
    desk.source.invoice("2026-11", &[("a", "2026-11-01", "2026-11-30", 6)]);
    let report = desk.customers().await;
    assert_eq!(report.header.status, Outcome::Success, "{report:#?}");
    let units = desk.target.units(1, desk.w1_service());
    let on = |text: &str| units.on(day(text));
    assert_eq!([on("2026-10-19"), on("2026-10-20"), on("2026-11-01")], [6, 8, 6]);
}

#[tokio::test]
async fn a_recheck_of_what_was_just_applied_is_empty_and_drift_is_set_back() {
    let desk = Desk::with_w1().await;
    desk.customers().await;
    let recheck = SyncRequest { scope: Scope::Customers, recheck: true, ..SyncRequest::default() };
    let plan = sync::plan(&desk.equipment, &recheck, &desk.cancel).await.expect("a plan");
    assert_eq!((plan.operations.len(), plan.refused.len()), (0, 0), "{plan:#?}");
    desk.target.edit(1, desk.w1_service(), day("2026-09-10"), 3);
    let plan = sync::plan(&desk.equipment, &recheck, &desk.cancel).await.expect("a plan");
    assert_eq!(plan.operations.len(), 1, "{plan:#?}");
    let report = desk.one(recheck).await;
    assert_eq!(desk.target.units(1, desk.w1_service()).on(day("2026-09-30")), 6, "{report:#?}");
}

#[tokio::test]
async fn x3_two_tenants_on_one_contract_are_planned_together() {
    let desk = Desk::new();
    desk.source.product("BASIC", "6.90", "8.00");
    desk.source.tenant("one", &[("a", "BASIC")]);
    desk.source.tenant("two", &[("b", "BASIC")]);
    desk.target.contract(1);
    let service = desk.target.add_service("PC_BASIC", "8.00", "6.90");
    desk.link("BASIC", service).await;
    desk.map("one", 1, "2026-09").await;
    desk.map("two", 1, "2026-09").await;
    let lines = [("a", "2026-09-01", "2026-09-30", 4), ("b", "2026-09-01", "2026-09-30", 4)];
    desk.source.invoice("2026-09", &lines);
    let alone = SyncRequest {
        scope: Scope::Customers,
        tenants: vec!["one.onmicrosoft.com".to_owned()],
        ..SyncRequest::default()
    };
    let report = desk.one(alone).await;
    assert_eq!(report.header.status, Outcome::Success, "{report:#?}");
    assert_eq!(desk.target.units(1, service), steps(&[("2026-09-01", 8)]));
}

#[tokio::test]
async fn a_tenant_that_nobody_has_syncs_nobody() {
    let desk = Desk::with_w1().await;
    let nobody = SyncRequest {
        scope: Scope::Customers,
        tenants: vec!["nobody.example".to_owned()],
        ..SyncRequest::default()
    };
    let report = desk.one(nobody).await;
    assert_eq!((report.header.status, desk.target.sent().len()), (Outcome::NoChange, 0));
}

#[tokio::test]
async fn an_invoice_that_does_not_add_up_is_not_written_and_later_ones_wait() {
    let desk = Desk::with_w1().await;
    desk.source.change_last(|invoice, _| invoice.subtotal = Some(money("1.00")));
    desk.source.invoice("2026-10", &[("a", "2026-10-01", "2026-10-31", 9)]);
    let report = desk.customers().await;
    assert_eq!(report.header.status, Outcome::Failure);
    assert_eq!(desk.target.sent(), []);
    let message = report.header.message.expect("which invoice");
    assert!(message.text.contains("INV-2026-09"), "{message}");
}

#[tokio::test]
async fn a_cancelled_run_stops_between_two_writes_and_the_next_writes_the_rest() {
    let desk = Desk::with_w1().await;
    desk.cancel_after_writes(2);
    let report = desk.customers().await;
    assert_eq!(report.header.status, Outcome::Failure);
    assert_eq!(report.header.message.expect("why").code.as_str(), "cancelled");
    assert_eq!(desk.target.sent().len(), 2);
    let again = Desk { cancel: tokio_util::sync::CancellationToken::new(), ..desk };
    let report = again.customers().await;
    assert_eq!((report.header.status, report.header.counts.writes), (Outcome::Success, 1));
    assert_eq!(again.target.units(1, again.w1_service()), w1_steps());
}

#[tokio::test]
async fn a_locked_user_leaves_the_customers_that_were_not_reached_for_the_retry() {
    let desk = Desk::with_w1().await;
    desk.target.fault(1, Fault::Lock);
    desk.customers().await;
    desk.target.unlock();
    let report = desk.one(retry_failed()).await;
    assert_eq!(report.header.status, Outcome::Success, "{report:#?}");
    assert_eq!(desk.target.units(1, desk.w1_service()), w1_steps());
}

#[tokio::test]
async fn a_saved_plan_is_applied_once_and_then_stale() {
    let desk = Desk::with_w1().await;
    let request = SyncRequest { scope: Scope::Customers, ..SyncRequest::default() };
    let plan = sync::plan(&desk.equipment, &request, &desk.cancel).await.expect("a plan");
    assert_eq!(plan.operations.len(), 3);
    assert_eq!(desk.target.sent(), []);
    let saved = SyncRequest { plan: Some(plan.saved), ..SyncRequest::default() };
    let report = desk.one(saved.clone()).await;
    assert_eq!(report.header.status, Outcome::Success, "{report:#?}");
    let asker = Asker {
        actor: "tester".to_owned(),
        uid: None,
        trigger: prism_connect::domain::run::Trigger::Operator,
        approved: None,
    };
    let refused = sync::sync(&desk.equipment, &saved, &asker, &desk.cancel).await;
    let refusal = refused.expect_err("stale");
    assert_eq!((refusal.kind, refusal.finding.code.as_str()), (RefusalKind::Failed, "plan_stale"));
    assert!(refusal.finding.text.contains("Contract 1"), "{refusal}");
    assert_eq!(desk.target.sent().len(), 3);
}

#[tokio::test]
async fn a_plan_is_stale_once_the_contract_moved() {
    let desk = Desk::with_w1().await;
    desk.customers().await;
    desk.source.invoice("2026-10", &[("a", "2026-10-01", "2026-10-31", 9)]);
    let request = SyncRequest { scope: Scope::Customers, ..SyncRequest::default() };
    let plan = sync::plan(&desk.equipment, &request, &desk.cancel).await.expect("a plan");
    desk.target.edit(1, desk.w1_service(), day("2026-10-05"), 2);
    let saved = SyncRequest { plan: Some(plan.saved), ..SyncRequest::default() };
    let asker = Asker {
        actor: "tester".to_owned(),
        uid: None,
        trigger: prism_connect::domain::run::Trigger::Operator,
        approved: None,
    };
    let refused = sync::sync(&desk.equipment, &saved, &asker, &desk.cancel).await;
    assert_eq!(refused.expect_err("stale").finding.code.as_str(), "plan_stale");
}

#[tokio::test]
async fn a_plan_of_several_months_starts_each_from_what_the_one_before_leaves() {
    let desk = Desk::with_w1().await;
    desk.source.invoice("2026-10", &[("a", "2026-10-01", "2026-10-31", 9)]);
    let request = SyncRequest { scope: Scope::Customers, ..SyncRequest::default() };
    let plan = sync::plan(&desk.equipment, &request, &desk.cancel).await.expect("a plan");
    let mut units: Vec<_> = plan.operations.iter().map(|view| view.units).collect();
    units.sort_unstable();
    assert_eq!(units, [0, 1, 3, 5]);
    let saved = SyncRequest { plan: Some(plan.saved), ..SyncRequest::default() };
    assert_eq!(desk.one(saved).await.header.status, Outcome::Success);
}

#[tokio::test]
async fn products_become_services_once_and_are_repriced_after() {
    let desk = Desk::new();
    desk.source.product("BASIC", "6.90", "8.00");
    desk.source.product("PREMIUM", "18.00", "22.00");
    let products = || SyncRequest { scope: Scope::Products, ..SyncRequest::default() };
    let report = desk.one(products()).await;
    assert_eq!(report.header.status, Outcome::Success, "{report:#?}");
    assert_eq!(report.header.counts.products.attempted, 2);
    let report = desk.one(products()).await;
    assert_eq!(report.header.status, Outcome::NoChange, "{report:#?}");
    desk.source.reprice("BASIC", "7.00", "8.50");
    let report = desk.one(products()).await;
    assert_eq!(report.header.status, Outcome::Success);
    let service = desk.target.service("PC_basic");
    assert_eq!((service.price, service.cost), (money("8.50"), Some(money("7.00"))));
    let row =
        report.products.iter().find(|row| row.action.as_str() == "reprice").expect("a reprice");
    assert_eq!(row.price, Some((money("8.00"), money("8.50"))));
}

#[tokio::test]
async fn a_lost_reply_to_a_create_makes_one_service_and_its_link() {
    for fault in [Fault::CutAfter, Fault::CutBefore] {
        let desk = Desk::new();
        desk.source.product("BASIC", "6.90", "8.00");
        desk.target.fault(1, fault);
        let products = || SyncRequest { scope: Scope::Products, ..SyncRequest::default() };
        let report = desk.one(products()).await;
        assert_eq!(report.header.status, Outcome::Success, "{report:#?}");
        assert_eq!(desk.target.services_now(), 1);
        let again = desk.one(products()).await;
        assert_eq!(again.header.status, Outcome::NoChange, "{again:#?}");
        assert_eq!(again.products[0].action.as_str(), "unchanged");
    }
}

#[tokio::test]
async fn in_mode_in_use_only_products_on_invoices_become_services() {
    let mut desk = Desk::with_w1().await;
    desk.equipment.options.mode = ProductMode::InUse;
    desk.source.product("PREMIUM", "18.00", "22.00");
    desk.source.product("SPARE", "1.00", "2.00");
    let products = SyncRequest { scope: Scope::Products, ..SyncRequest::default() };
    let report = desk.one(products).await;
    assert_eq!(desk.target.services_now(), 1, "{report:#?}");
}

#[tokio::test]
async fn products_then_customers_in_one_sync_from_nothing() {
    let desk = Desk::new();
    desk.source.product("BASIC", "6.90", "8.00");
    desk.source.tenant("harbour", &[("a", "BASIC")]);
    desk.target.contract(1);
    desk.map("harbour", 1, "2026-09").await;
    desk.source.invoice("2026-09", &[("a", "2026-09-01", "2026-09-30", 5)]);
    let plan = sync::plan(&desk.equipment, &SyncRequest::default(), &desk.cancel).await;
    let plan = plan.expect("a plan");
    assert_eq!((plan.operations.len(), plan.refused.len()), (3, 0), "{plan:#?}");
    let saved = SyncRequest { plan: Some(plan.saved), ..SyncRequest::default() };
    let reports = desk.sync(saved).await;
    let ended: Vec<_> = reports.iter().map(|report| report.header.status).collect();
    assert_eq!(ended, [Outcome::Success, Outcome::Success], "{reports:#?}");
}

#[tokio::test]
async fn listeners_hear_the_beginning_and_the_end_of_a_run() {
    let desk = Desk::with_w1().await;
    desk.customers().await;
    let happened = desk.happened.lock().expect("lock");
    assert!(matches!(happened.first(), Some(Happening::RunStarted { .. })));
    assert!(matches!(happened.last(), Some(Happening::RunFinished { .. })));
}

fn changes(happened: &[Happening]) -> Vec<LiveChange> {
    let told = happened.iter().filter_map(|happening| match happening {
        Happening::Changes { changes, .. } => Some(changes.clone()),
        _ => None,
    });
    told.flatten().collect()
}

fn watched(happened: &[Happening]) -> LiveRun {
    let mut live = LiveRun::default();
    for happening in happened {
        live.take(happening);
    }
    live
}

#[tokio::test]
async fn every_change_is_told_planned_then_sent_then_confirmed_and_the_totals_are_the_runs_counts()
{
    let desk = Desk::with_w1().await;
    let report = desk.customers().await;
    let happened = desk.happened.lock().expect("lock");
    let told = changes(&happened);
    let sent: Vec<&LiveChange> = told.iter().filter(|c| c.state == ChangeState::Sent).collect();
    assert!(sent.len() > 1, "{told:#?}");
    for change in &sent {
        let states = told.iter().filter(|other| other.id == change.id).map(|other| &other.state);
        let states: Vec<&ChangeState> = states.collect();
        let last = states.len() - 2;
        assert!(states[..last].iter().all(|state| **state == ChangeState::Planned) && last > 0);
        assert_eq!(states[last..], [&ChangeState::Sent, &ChangeState::Confirmed]);
    }
    let counts = report.header.counts;
    // As it was before the end of the run told its counts.
    let live = watched(&happened[..happened.len() - 1]);
    assert_eq!((live.totals.sent, live.totals.confirmed), (sent.len() as u64, counts.writes));
    assert_eq!((live.totals.planned, live.totals.requests), (counts.writes, counts.requests));
    assert_eq!((live.totals.customers_due, live.totals.customers_planned), (1, 1));
    assert!(live.planned.values().all(Vec::is_empty) && live.outcomes.is_empty(), "{live:#?}");
    assert_eq!(live.sent.len(), sent.len());
}

#[tokio::test]
async fn a_refused_change_is_told_at_once_and_what_is_left_of_its_service_is_not_waited_for() {
    let desk = Desk::with_w1().await;
    desk.target.fault(2, Fault::Refuse("effectiveDate is outside the contract."));
    let report = desk.customers().await;
    let happened = desk.happened.lock().expect("lock");
    let refused = happened.iter().position(|happening| match happening {
        Happening::Changes { outcomes, .. } => !outcomes.is_empty(),
        _ => false,
    });
    let recorded = happened.iter().position(|happening| {
        matches!(happening, Happening::Item { state: ItemState::Done { .. }, .. })
    });
    let fails = happened.iter().position(|happening| {
        let told = changes(std::slice::from_ref(happening));
        told.iter().any(|change| matches!(change.state, ChangeState::Failed { .. }))
    });
    assert_eq!(fails, refused, "no frame shows the one without the other: {happened:#?}");
    assert!(refused.expect("told") < recorded.expect("recorded"), "{happened:#?}");
    let live = watched(&happened);
    let text = only_subscription(&report).error.as_ref().map(|error| error.text.clone());
    assert_eq!(live.outcomes.first().map(|told| told.text.clone()), text);
    assert_eq!(live.totals.planned, live.totals.sent, "{:?}", live.totals);
    assert_eq!(live.totals.confirmed, report.header.counts.writes);
}

#[tokio::test]
async fn the_changes_told_of_each_customer_add_up_to_the_runs() {
    let desk = Desk::new();
    desk.source.product("BASIC", "6.90", "8.00");
    desk.source.tenant("harbour", &[("a", "BASIC"), ("b", "BASIC")]);
    desk.source.tenant("dental", &[("c", "BASIC")]);
    desk.target.contract(1);
    desk.map("harbour", 1, "2026-09").await;
    desk.map("dental", 1, "2026-09").await;
    let month = ("2026-09-01", "2026-09-30");
    let lines = ["a", "b", "c"].map(|bought| (bought, month.0, month.1, 5));
    desk.source.invoice("2026-09", &lines);
    let reports = desk.sync(SyncRequest::default()).await;
    let run = &reports.last().expect("a run").header;
    let happened = desk.happened.lock().expect("lock");
    let told: u64 = happened
        .iter()
        .filter_map(|happening| match happening {
            Happening::Item { run: of, state: ItemState::Done { writes, .. }, .. } => {
                (*of == run.id).then_some(u64::from(*writes))
            }
            _ => None,
        })
        .sum();
    assert_eq!((told, run.counts.customers.ok), (run.counts.writes, 2), "{reports:#?}");
}
