//! What is shown of all customers is kept ready beside the store, and shows whatever changed since.

use prism_connect::{
    domain::{
        CompanyId, ServiceId,
        invoice::LineMotion,
        mapping::{PricingStrategy, Start},
    },
    engine::{
        protocol::{Answer, Command, Scope, SyncRequest, command},
        views::CustomerView,
    },
};
use rstest::rstest;

use crate::{
    desk::{Desk, draft, map, map_with, switch},
    world::{World, contract, day, invoice, service, tenant},
};

const ALPHA: &str = "alpha.onmicrosoft.com";

fn read_again() -> Command {
    Command::from(command::Customers { refresh: true })
}

/// Nothing changes but what the command changes.
fn nothing(_: &mut World) {}

fn on() -> Command {
    let (from, pricing) = (Start::MostRecent, PricingStrategy::CostAndRetail);
    map_with(draft(ALPHA, "1", "1"), true, from, pricing)
}

fn sync() -> Command {
    let request = SyncRequest { scope: Scope::Customers, ..SyncRequest::default() };
    Command::from(command::Sync { request })
}

fn synced() -> Vec<Command> {
    let pin = command::Pin { product: "SKU1".to_owned(), service: ServiceId(5) };
    vec![pin.into(), on(), sync()]
}

/// Whether a list is left for the next process.
fn is_left(desk: &Desk) -> bool {
    let left = std::fs::read_dir(desk.dir.path().join("store/derived")).into_iter().flatten();
    left.flatten().any(|file| file.file_name().to_string_lossy().starts_with("customer_list-"))
}

/// Begins anew with a list that was kept, after all of these.
async fn with_a_kept_list(prepared: Vec<Command>) -> (Desk, Vec<CustomerView>) {
    let desk = Desk::ready().await;
    desk.world().services.push(service(5, "By hand"));
    desk.done(read_again()).await;
    for command in prepared {
        desk.done(command).await;
    }
    let shown = desk.customers().await;
    let desk = desk.restarted(false).await;
    assert!(is_left(&desk));
    assert_eq!(desk.customers().await, shown);
    (desk, shown)
}

/// The list now, which is that of the next process, and the one of a process that finds nothing kept.
async fn list_anew(desk: Desk) -> Vec<CustomerView> {
    let here = desk.customers().await;
    let desk = desk.restarted(false).await;
    let next = desk.customers().await;
    let desk = desk.restarted(false).await;
    std::fs::remove_dir_all(desk.dir.path().join("store/derived")).expect("something was kept");
    let anew = desk.customers().await;
    assert_eq!((&here, &next), (&anew, &anew));
    anew
}

#[rstest]
#[case::a_link(vec![], nothing, map(ALPHA, "1", "1"))]
#[case::suggestions(vec![], nothing, command::AutoMap { min_score: 0, sync: None }.into())]
#[case::another_contract(
    vec![on()],
    |world: &mut World| world.contracts.push(contract(4, 1, "New")),
    map(ALPHA, "1", "New")
)]
#[case::a_link_that_goes(
    vec![on()],
    nothing,
    command::Unmap { tenant: ALPHA.to_owned() }.into()
)]
#[case::a_switch(vec![map(ALPHA, "1", "1")], nothing, switch(&[ALPHA], true))]
#[case::what_became_due_while_it_was_off(
    vec![on(), switch(&[ALPHA], false)],
    |world: &mut World| world.invoices.push(invoice("2026-10", "Standard")),
    switch(&[ALPHA], true)
)]
#[case::what_is_not_caught_up(
    vec![on(), switch(&[ALPHA], false), switch(&[ALPHA], true)],
    nothing,
    command::SetSync {
        tenants: vec![ALPHA.to_owned()],
        on: true,
        skip_missed: Some("billed by hand".to_owned()),
    }
    .into()
)]
#[case::a_remark(
    vec![on()],
    nothing,
    command::Note { tenant: ALPHA.to_owned(), text: "by phone".to_owned() }.into()
)]
#[case::a_file(
    vec![],
    nothing,
    command::ImportCustomers { csv: format!("tenant,company_id,contract_id\n{ALPHA},1,1\n") }
        .into()
)]
#[case::a_new_customer(vec![], |world: &mut World| world.tenants.push(tenant("delta")), read_again())]
#[case::a_customer_that_is_gone(vec![], |world: &mut World| world.tenants.truncate(2), read_again())]
#[case::another_name(
    vec![on()],
    |world: &mut World| world.tenants[1].customer_name = "Beta Two".to_owned(),
    read_again()
)]
#[case::a_new_invoice(
    vec![],
    |world: &mut World| world.invoices.push(invoice("2026-10", "Standard")),
    read_again()
)]
#[case::a_contract_as_it_is_now(
    vec![on()],
    |world: &mut World| world.contracts[0].start = day("2026-11-01"),
    command::Contracts { company: CompanyId(1) }.into()
)]
#[case::a_sync(vec![on()], nothing, sync())]
#[case::a_sync_that_found_new_customers(
    vec![on()],
    |world: &mut World| world.tenants.push(tenant("delta")),
    sync()
)]
#[tokio::test]
async fn what_changed_is_in_the_next_list(
    #[case] prepared: Vec<Command>,
    #[case] outside: fn(&mut World),
    #[case] change: Command,
) {
    let (desk, before) = with_a_kept_list(prepared).await;
    outside(&mut desk.world());
    desk.done(change).await;
    assert_ne!(list_anew(desk).await, before);
}

#[tokio::test]
async fn a_retry_that_is_dismissed_and_comes_back_is_in_the_next_list() {
    let (desk, before) = with_a_kept_list(synced()).await;
    let Answer::Retries(retries) = desk.done(command::Retries).await else { panic!() };
    let (id, reason) = (retries[0].id.clone(), "billed by hand".to_owned());
    desk.done(command::DismissRetry { id: id.clone(), reason }).await;
    assert_ne!(desk.customers().await, before);
    desk.done(command::RestoreRetry { id }).await;
    assert_eq!(list_anew(desk).await, before);
}

#[tokio::test]
async fn what_the_program_lets_in_is_in_the_next_list() {
    let desk = Desk::ready().await;
    desk.world().tenants[0].subscriptions[0].usage_billed = true;
    desk.done(read_again()).await;
    let before = desk.customers().await;
    let desk = desk.restarted(false).await;
    assert!(is_left(&desk));
    let azure = command::SetProgram {
        sync: None,
        mode: None,
        azure: Some(true),
        choices: std::collections::BTreeMap::new(),
        notify: None,
    };
    desk.done(azure).await;
    assert_ne!(list_anew(desk).await, before);
}

#[tokio::test]
async fn what_the_settings_let_in_is_in_the_next_list() {
    let desk = Desk::ready().await;
    desk.world().invoices[0].1[0].motion = LineMotion::AnnualTermMonthlyBill;
    desk.done(read_again()).await;
    let before = desk.customers().await;
    let without = "policies.annual_term_monthly_bill = false";
    let desk = desk.restarted_with(without).await;
    assert!(is_left(&desk));
    let after = desk.customers().await;
    assert_ne!(after, before);
    // Those of one are nothing to the other, also where nothing is written in between.
    let desk = desk.restarted(false).await;
    assert_eq!(desk.customers().await, before);
    let desk = desk.restarted_with(without).await;
    assert_eq!(desk.customers().await, after);
}

/// Somebody wants to see what it came to.
#[tokio::test]
async fn it_is_made_anew_where_a_run_or_a_link_has_ended() {
    for last in [sync(), map(ALPHA, "2", "2")] {
        let (desk, _) = with_a_kept_list(vec![on()]).await;
        std::fs::remove_dir_all(desk.dir.path().join("store/derived")).expect("it was kept");
        desk.done(last).await;
        let desk = desk.restarted(true).await;
        assert!(is_left(&desk));
    }
}
