//! Status, attention, runs, doctor.

use prism_connect::{
    domain::{
        Money, Role, RunId, Side,
        mapping::{PricingStrategy, Start},
        outcome::Outcome,
    },
    engine::{
        protocol::{About, Actor, Answer, Command, RefusalKind, Scope, SyncRequest, command},
        views::{AuditView, CustomerPageView, DoctorCheck, Mend, Place, RetryView, StatusView},
    },
};

use crate::{
    desk::{Desk, draft, map_with, set_program, switch},
    in_memory::{lock, money},
    schedule::with_september,
    world::{day, refused, service},
};

const ALPHA: &str = "alpha.onmicrosoft.com";

async fn status(desk: &Desk) -> StatusView {
    match desk.done(command::Status).await {
        Answer::Status(status) => *status,
        other => panic!("{other:?}"),
    }
}

/// `alpha` is on, its product is linked, and the target refuses every write.
async fn failing() -> Desk {
    let desk = Desk::ready().await;
    desk.world().services.push(service(5, "By hand"));
    let pin = Command::from(command::Pin {
        product: "SKU1".to_owned(),
        service: prism_connect::domain::ServiceId(5),
    });
    desk.done(pin).await;
    let (from, pricing) = (Start::MostRecent, PricingStrategy::CostAndRetail);
    desk.done(map_with(draft(ALPHA, "1", "1"), true, from, pricing)).await;
    let request = SyncRequest { scope: Scope::Customers, ..SyncRequest::default() };
    desk.done(command::Sync { request }).await;
    desk
}

#[tokio::test]
async fn first_use_is_told_what_it_still_needs_in_order() {
    let desk = Desk::empty().await;
    let told = status(&desk).await.setup;
    assert_eq!((told[0].text.as_str(), told[0].done), ("Connect PRISM", false));
    let last = told.last().map(|step| (step.text.as_str(), &step.place));
    assert_eq!(last, Some(("Plan and apply the first sync", &Place::Plan)));
    let desk = Desk::ready().await;
    let told = status(&desk).await.setup;
    assert!(told[0].done && told.iter().any(|step| step.text == "Link customers" && !step.done));
}

#[tokio::test]
async fn unmapped_customers_want_attention_until_they_are_acknowledged() {
    let desk = Desk::ready().await;
    desk.done(command::Customers { refresh: true }).await;
    let before = status(&desk).await.attention;
    assert_eq!(before.len(), 3, "{before:#?}");
    assert!(before[0].amount.is_some(), "the largest amount first: {before:#?}");
    desk.done(command::Acknowledge { id: before[0].id.clone() }).await;
    assert_eq!(status(&desk).await.attention.len(), 2);
    let unknown = Command::from(command::Acknowledge { id: "nothing".to_owned() });
    desk.refused_as(unknown, RefusalKind::Failed, "unknown_entry").await;
}

#[tokio::test]
async fn what_comes_from_one_thing_is_one_cause_that_is_marked_as_seen_whole_and_comes_back_whole()
{
    let desk = Desk::ready().await;
    desk.done(command::Customers { refresh: true }).await;
    let before = status(&desk).await;
    let [cause] = &before.causes[..] else { panic!("{:#?}", before.causes) };
    assert_eq!((cause.text.as_str(), cause.customers), ("Not linked to a contract", 3));
    assert_eq!(cause.mend, Mend::Link);
    let ungrouped: Money = before.attention.iter().filter_map(|one| one.amount).sum();
    let amounts: Vec<Money> = cause.amounts.iter().map(|one| one.amount).collect();
    assert_eq!(amounts, [ungrouped]);
    let id = cause.id.clone();
    desk.done(command::Acknowledge { id: id.clone() }).await;
    let after = status(&desk).await;
    assert!(after.attention.is_empty() && after.causes.is_empty(), "{after:#?}");
    desk.done(command::ShowAgain { id: id.clone() }).await;
    assert_eq!(status(&desk).await.causes, before.causes);
    // One of them for itself, and back.
    let one = before.attention[0].id.clone();
    desk.done(command::Acknowledge { id: one.clone() }).await;
    assert_eq!(status(&desk).await.causes[0].customers, 2);
    desk.done(command::ShowAgain { id: one }).await;
    assert_eq!(status(&desk).await.causes, before.causes);
    let unknown = Command::from(command::ShowAgain { id: "nothing".to_owned() });
    desk.refused_as(unknown, RefusalKind::Failed, "unknown_entry").await;
}

/// Whether what cards and the attention list are made from is left beside the store for the next process.
fn is_left(desk: &Desk) -> bool {
    let left = std::fs::read_dir(desk.dir.path().join("store/derived")).into_iter().flatten();
    left.flatten().any(|file| file.file_name().to_string_lossy().starts_with("groundwork-"))
}

#[tokio::test]
async fn what_was_shown_is_shown_by_the_next_process_for_as_long_as_nothing_changes() {
    let desk = Desk::ready().await;
    desk.done(command::Customers { refresh: true }).await;
    let shown = status(&desk).await;
    let desk = desk.restarted(false).await;
    assert!(!is_left(&desk), "it may be about what was there before the last change");
    assert_eq!(status(&desk).await.causes, shown.causes);
    let desk = desk.restarted(false).await;
    assert!(is_left(&desk));
    let again = status(&desk).await;
    assert_eq!((&again.causes, again.customers), (&shown.causes, shown.customers));
    let (from, pricing) = (Start::MostRecent, PricingStrategy::CostAndRetail);
    desk.done(map_with(draft(ALPHA, "1", "1"), true, from, pricing)).await;
    let linked = status(&desk).await;
    assert_eq!((linked.customers.1, linked.causes[0].customers), (1, 2));
    // Nothing of the older one is shown, in this process or the next.
    let desk = desk.restarted(false).await;
    assert_eq!(status(&desk).await.causes, linked.causes);
}

#[tokio::test]
async fn what_a_run_came_to_is_ready_for_the_next_process() {
    let desk = failing().await;
    let shown = status(&desk).await;
    let desk = desk.restarted(true).await;
    assert!(is_left(&desk));
    let again = status(&desk).await;
    assert_eq!((&again.causes, again.cards), (&shown.causes, shown.cards));
    let billed = &shown.causes.iter().find(|cause| !cause.amounts.is_empty()).expect("one").amounts;
    assert_eq!((&again.concerned, &shown.concerned), (billed, billed));
}

#[tokio::test]
async fn a_contract_that_ends_soon_wants_attention() {
    let desk = Desk::ready().await;
    desk.world().contracts[0].end = Some(day("2026-10-10"));
    let (from, pricing) = (Start::MostRecent, PricingStrategy::CostAndRetail);
    desk.done(map_with(draft(ALPHA, "1", "1"), true, from, pricing)).await;
    let told = status(&desk).await;
    assert_eq!(told.ending, 1);
    assert!(told.attention.iter().any(|one| one.text.contains("ends on 2026-10-10")));
}

#[tokio::test]
async fn a_card_keeps_the_date_of_the_last_good_run_and_the_counts_of_the_last() {
    let desk = Desk::ready().await;
    let request = SyncRequest { scope: Scope::Customers, ..SyncRequest::default() };
    desk.done(command::Sync { request: request.clone() }).await;
    let good = status(&desk).await.cards[0].last_success.expect("No Change is good");
    desk.world().source_fault = Some(refused(Side::Source, "PRISM refused."));
    desk.done(command::Sync { request }).await;
    let told = status(&desk).await;
    let card = &told.cards[0];
    assert_eq!(card.last_success, Some(good));
    assert_eq!(card.last_run.as_ref().map(|run| run.status), Some(Outcome::Failure));
    assert!(told.attention.iter().any(|one| one.id.starts_with("connection-prism")));
}

#[tokio::test]
async fn a_failed_service_is_on_the_retry_list_until_it_is_dismissed_with_a_reason() {
    let desk = failing().await;
    let Answer::Retries(retries) = desk.done(command::Retries).await else { panic!() };
    let [retry] = retries.as_slice() else { panic!("one: {retries:#?}") };
    assert_eq!((retry.customer.as_str(), retry.invoice.as_str()), ("alpha", "INV-2026-09"));
    assert_eq!(desk.customer("alpha").await.retries, 1);
    let dismiss = |id: &str, reason: &str| {
        Command::from(command::DismissRetry { id: id.to_owned(), reason: reason.to_owned() })
    };
    desk.refused_as(dismiss(&retry.id, " "), RefusalKind::Malformed, "reason").await;
    desk.refused_as(dismiss("r0", "why"), RefusalKind::Failed, "unknown_retry").await;
    desk.done(dismiss(&retry.id, "billed by hand")).await;
    let Answer::Retries(retries) = desk.done(command::Retries).await else { panic!() };
    assert_eq!(retries, []);
}

async fn on_the_list(desk: &Desk) -> Vec<RetryView> {
    match desk.done(command::Retries).await {
        Answer::Retries(retries) => retries,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_was_dismissed_comes_back_as_it_was_until_a_run_has_gone_by() {
    let desk = failing().await;
    let before = on_the_list(&desk).await;
    let id = before[0].id.clone();
    let dismiss = || command::DismissRetry { id: id.clone(), reason: "by mistake".to_owned() };
    let undo = || Command::from(command::RestoreRetry { id: id.clone() });
    desk.refused_as(undo(), RefusalKind::Failed, "unknown_retry").await;
    desk.done(dismiss()).await;
    assert_eq!(on_the_list(&desk).await, []);
    desk.done(undo()).await;
    assert_eq!(on_the_list(&desk).await, before);
    desk.refused_as(undo(), RefusalKind::Failed, "unknown_retry").await;
    desk.done(dismiss()).await;
    let request = SyncRequest { scope: Scope::Customers, ..SyncRequest::default() };
    desk.done(command::Sync { request }).await;
    desk.refused_as(undo(), RefusalKind::Failed, "dismissed").await;
    assert_eq!(on_the_list(&desk).await, []);
}

/// A sync has come upon an invoice whose header is not the sum of its lines.
async fn with_a_held_invoice() -> Desk {
    let desk = Desk::ready().await;
    desk.world().invoices[0].0.subtotal = Some(crate::world::money("99.00"));
    let (from, pricing) = (Start::MostRecent, PricingStrategy::CostAndRetail);
    desk.done(map_with(draft(ALPHA, "1", "1"), true, from, pricing)).await;
    let request = SyncRequest { scope: Scope::Customers, ..SyncRequest::default() };
    desk.done(command::Sync { request }).await;
    desk
}

#[tokio::test]
async fn a_held_invoice_that_was_dismissed_holds_again_once_that_is_undone() {
    let desk = with_a_held_invoice().await;
    let held = on_the_list(&desk).await;
    let (id, reason) = (held[0].id.clone(), "by mistake".to_owned());
    desk.done(command::DismissRetry { id: id.clone(), reason }).await;
    desk.done(command::RestoreRetry { id }).await;
    assert_eq!(on_the_list(&desk).await, held);
}

#[tokio::test]
async fn an_invoice_that_does_not_add_up_holds_later_ones_until_it_is_dismissed() {
    let desk = with_a_held_invoice().await;
    assert!(desk.world().sent.is_empty());
    let Answer::Retries(held) = desk.done(command::Retries).await else { panic!() };
    assert_eq!(held.len(), 1, "{held:#?}");
    let (id, reason) = ("INV-2026-09".to_owned(), "billed by hand".to_owned());
    desk.done(command::DismissRetry { id, reason }).await;
    let Answer::Retries(held) = desk.done(command::Retries).await else { panic!() };
    assert_eq!(held, []);
}

#[tokio::test]
async fn a_run_is_shown_by_number_and_the_newest_without() {
    let desk = failing().await;
    let Answer::Run(newest) = desk.done(command::Run { id: None }).await else { panic!() };
    assert_eq!(newest.customers.len(), 1);
    let unknown = Command::from(command::Run { id: Some(RunId(99)) });
    desk.refused_as(unknown, RefusalKind::Failed, "unknown_run").await;
}

#[tokio::test]
async fn history_tells_every_change_on_a_tenants_contract() {
    let desk = failing().await;
    let history = |tenant: &str, service: Option<&str>| {
        Command::from(command::History {
            tenant: tenant.to_owned(),
            service: service.map(str::to_owned),
        })
    };
    let Answer::History(About { found: changes, .. }) = desk.done(history(ALPHA, None)).await
    else {
        panic!()
    };
    let [change] = changes.as_slice() else { panic!("one write was sent: {changes:#?}") };
    assert_eq!((change.service.as_str(), change.result.as_str()), ("By hand", "refused"));
    assert_eq!(change.actor, "tester");
    let Answer::History(About { found: same, .. }) = desk.done(history(ALPHA, Some("sku1"))).await
    else {
        panic!()
    };
    assert_eq!(same, changes, "also by the SKU of its product");
    let Answer::History(About { found: none, .. }) = desk.done(history(ALPHA, Some("other"))).await
    else {
        panic!()
    };
    assert_eq!(none, []);
    let unknown = history("nobody.example", None);
    desk.refused_as(unknown, RefusalKind::Failed, "unknown_tenant").await;
}

async fn checks(desk: &Desk) -> Vec<DoctorCheck> {
    match desk.done(command::Doctor).await {
        Answer::Doctor(view) => view.checks,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_doctor_names_everything_that_can_make_the_next_sync_fail() {
    let desk = Desk::ready().await;
    let (from, pricing) = (Start::MostRecent, PricingStrategy::CostAndRetail);
    desk.done(map_with(draft(ALPHA, "1", "1"), true, from, pricing)).await;
    let failures = |checks: Vec<DoctorCheck>| -> Vec<String> {
        let bad = checks.into_iter().filter(|check| check.outcome == Outcome::Failure);
        bad.map(|check| format!("{}: {}", check.name, check.text)).collect()
    };
    assert_eq!(failures(checks(&desk).await), Vec::<String>::new());
    desk.world().contracts[0].active = false;
    desk.world().codes.clear();
    let told = failures(checks(&desk).await).join("\n");
    assert!(told.contains("billing code:"), "{told}");
    assert!(told.contains("is not active"), "{told}");
}

#[tokio::test]
async fn a_chart_lays_the_invoice_beside_the_contract() {
    let desk = failing().await;
    desk.world().put_row(31, 1, 5, 3);
    let chart = |service| {
        Command::from(command::Chart {
            run: RunId(1),
            tenant: ALPHA.to_owned(),
            service: prism_connect::domain::ServiceId(service),
        })
    };
    let Answer::Chart(About { found: view, .. }) = desk.done(chart(5)).await else { panic!() };
    assert_eq!(view.invoice.on(day("2026-09-15")), 5);
    assert_eq!(view.invoice.on(day("2026-10-01")), 0);
    let units = view.contract_units.as_ref().map(|units| units.on(day("2026-09-15")));
    assert_eq!(units, Some(3));
    desk.refused_as(chart(6), RefusalKind::Failed, "unknown_service").await;
}

async fn page(desk: &Desk, tenant: &str, contract: bool) -> CustomerPageView {
    let command = command::CustomerPage { tenant: tenant.to_owned(), contract };
    let Answer::CustomerPage(About { found, .. }) = desk.done(command).await else { panic!() };
    *found
}

#[tokio::test]
async fn a_customers_page_has_what_is_wrong_its_bill_and_its_changes() {
    let desk = failing().await;
    desk.world().target_fault = Some(refused(Side::Target, "Autotask refused."));
    let view = page(&desk, ALPHA, false).await;
    desk.world().target_fault = None;
    assert_eq!(view.customer.outcome, Some(Outcome::Failure));
    let [open] = &view.open[..] else { panic!("{:#?}", view.open) };
    assert_eq!((open.what.as_str(), open.outcome), ("Basic (By hand)", Outcome::Failure));
    let this = view.this.as_ref().expect("a month");
    assert_eq!(
        (this.invoices.as_slice(), &view.last),
        (["INV-2026-09".to_owned()].as_slice(), &None)
    );
    let [billed] = &view.subscriptions[..] else { panic!("{:#?}", view.subscriptions) };
    assert_eq!((billed.amount, billed.status), (this.amount, Outcome::Failure));
    assert_eq!((billed.before, billed.after.to_string()), (None, "5".to_owned()));
    assert_eq!(view.changes.len(), 1);
    let [chart] = &view.charts[..] else { panic!("{:#?}", view.charts) };
    assert_eq!(chart.chart.contract_units, None);
    desk.world().put_row(31, 1, 5, 3);
    let chart = page(&desk, ALPHA, true).await.charts.remove(0).chart;
    let units = chart.contract_units.map(|units| units.on(day("2026-09-15")));
    assert_eq!((chart.invoice.on(day("2026-09-15")), units), (5, Some(3)));
}

#[tokio::test]
async fn the_page_of_a_customer_that_is_not_linked_says_so() {
    let desk = Desk::ready().await;
    desk.done(command::Customers { refresh: true }).await;
    let view = page(&desk, ALPHA, true).await;
    assert_eq!((view.customer.mapping, view.this, view.charts.len()), (None, None, 0));
    assert_eq!((view.open, view.subscriptions.len(), view.changes.len()), (Vec::new(), 0, 0));
    let command = command::CustomerPage { tenant: "nobody.example".to_owned(), contract: false };
    desk.refused_as(command, RefusalKind::Failed, "unknown_tenant").await;
}

#[tokio::test]
async fn a_backup_is_written_to_a_new_file() {
    let desk = Desk::ready().await;
    let file = desk.dir.path().join("backup.jsonl");
    desk.done(command::Backup { file: file.clone(), force: false }).await;
    assert!(file.exists());
    desk.refused_as(command::Backup { file, force: false }, RefusalKind::Failed, "file_exists")
        .await;
}

#[tokio::test]
async fn every_change_is_in_the_audit_trail_with_who_made_it() {
    let desk = failing().await;
    let note =
        Command::from(command::Note { tenant: ALPHA.to_owned(), text: "pays late".to_owned() });
    desk.done(note).await;
    let Answer::Bundle(files) = desk.done(command::SupportBundle).await else { panic!() };
    let (_, trail) = files.iter().find(|(name, _)| name == "changes.json").expect("the trail");
    let told = ["saved connection prism", "set options: sync on", "billed sku1 as", "linked alpha"];
    for what in told.into_iter().chain(["started a sync", "remarked on alpha"]) {
        assert!(trail.contains(what), "{what} in {trail}");
    }
    assert!(trail.contains("\"actor\": \"tester\""));
}

async fn trail(desk: &Desk, subject: Option<&str>) -> Vec<AuditView> {
    let asked = command::Audit { subject: subject.map(str::to_owned), limit: None };
    let Answer::Audit(found) = desk.done(asked).await else { panic!("not the trail") };
    found
}

#[tokio::test]
async fn the_trail_says_what_stood_before_and_its_chain_is_whole() {
    let desk = failing().await;
    for text in ["pays late", "pays well"] {
        let note = command::Note { tenant: ALPHA.to_owned(), text: text.to_owned() };
        desk.done(note).await;
    }
    let of_alpha = trail(&desk, Some("alpha")).await;
    let newest = &of_alpha[0];
    assert_eq!(newest.command.as_deref(), Some("Note"));
    assert_eq!(newest.before.as_deref(), Some("pays late"));
    assert_eq!(newest.after.as_deref(), Some("pays well"));
    assert_eq!((newest.role, newest.refused), (Some(Role::Owner), false));
    let all = trail(&desk, None).await;
    assert!(all.windows(2).all(|pair| pair[0].number == pair[1].number + 1));
    let Answer::AuditVerified(found) = desk.done(command::VerifyAudit).await else { panic!() };
    assert_eq!((found.entries, found.unchained, found.broken_at), (all.len() as u64, 0, None));
}

#[tokio::test]
async fn a_switched_sync_is_in_the_trail_with_what_it_was() {
    let desk = failing().await;
    desk.done(switch(&[ALPHA], false)).await;
    let newest = trail(&desk, Some(ALPHA)).await.remove(0);
    let told =
        |text: &Option<String>, word: &str| text.as_ref().is_some_and(|it| it.contains(word));
    assert!(told(&newest.before, "sync on") && told(&newest.after, "sync off"), "{newest:?}");
}

#[tokio::test]
async fn the_chain_goes_on_over_a_restart() {
    let desk = Desk::connected().await;
    let before = trail(&desk, None).await.len();
    let desk = desk.restarted(false).await;
    desk.done(set_program(Some(true), Some("7"))).await;
    let Answer::AuditVerified(found) = desk.done(command::VerifyAudit).await else { panic!() };
    assert_eq!((found.entries, found.broken_at), (before as u64 + 1, None));
}

#[tokio::test]
async fn a_right_that_is_refused_is_in_the_trail_and_changes_nothing() {
    let desk = failing().await;
    let before = trail(&desk, None).await.len();
    let note = command::Note { tenant: ALPHA.to_owned(), text: "pays late".to_owned() };
    let viewer = Actor { role: Role::View, ..Actor::owner("viewer") };
    let refusal = desk.handle.clone().of(viewer).ask(note).await.expect_err("a viewer only looks");
    assert_eq!(refusal.kind, RefusalKind::NoRight);
    let all = trail(&desk, None).await;
    assert_eq!(all.len(), before + 1);
    let newest = &all[0];
    assert!(newest.refused && newest.command.as_deref() == Some("Note"), "{newest:?}");
    assert_eq!((newest.actor.as_str(), newest.role), ("viewer", Some(Role::View)));
}

#[tokio::test]
async fn the_support_bundle_holds_what_the_doctor_says() {
    let desk = failing().await;
    let Answer::Bundle(files) = desk.done(command::SupportBundle).await else { panic!() };
    let (_, doctor) = files.iter().find(|(name, _)| name == "doctor.json").expect("the doctor");
    for check in ["\"store\"", "connection prism", "connection autotask"] {
        assert!(doctor.contains(check), "{check} in {doctor}");
    }
}

/// Applying a plan that leaves out an invoice with a difference does not make that forgotten (sync-rules 2.3).
#[tokio::test]
async fn an_invoice_that_does_not_add_up_is_on_the_attention_list_though_the_plan_leaves_it_out() {
    let scene = with_september("", 6).await;
    {
        let mut world = lock(&scene.world);
        let october = world.invoice("2026-10", &[("sub-alpha", "2026-10-01", "2026-10-31", 6)]);
        world.invoices.push(october);
        let (header, _) = world.invoices.last_mut().expect("October");
        header.subtotal = header.subtotal.map(|subtotal| subtotal + money("0.01"));
    }
    let request = SyncRequest { scope: Scope::Customers, ..SyncRequest::default() };
    let plan = scene.handle.ask(command::Plan { request: request.clone() }).await.expect("a plan");
    let request = SyncRequest { plan: Some(plan.found.saved.clone()), ..request };
    let reports = scene.handle.ask(command::Sync { request }).await.expect("a run");
    let header = &reports.last().expect("a run").header;
    assert_eq!((header.status, header.counts.writes), (Outcome::Failure, 1), "{header:#?}");
    let status = scene.status().await;
    let named = |text: &str| text.contains("INV-2026-10") && text.contains("does not add up");
    assert!(status.attention.iter().any(|one| named(&one.text)), "{:#?}", status.attention);
    scene.stopped().await;
}

/// Who shares a contract is not told another's changes as their own.
#[tokio::test]
async fn a_change_on_a_shared_contract_says_whom_else_it_is_for() {
    let desk = failing().await;
    let (from, pricing) = (Start::MostRecent, PricingStrategy::CostAndRetail);
    desk.done(map_with(draft("beta.onmicrosoft.com", "1", "1"), true, from, pricing)).await;
    let others = |view: CustomerPageView| -> Vec<Vec<String>> {
        view.changes.into_iter().map(|change| change.others).collect()
    };
    assert_eq!(others(page(&desk, ALPHA, false).await), [Vec::<String>::new()]);
    let of_beta = page(&desk, "beta.onmicrosoft.com", false).await;
    assert_eq!(others(of_beta), [["alpha".to_owned()]]);
}
