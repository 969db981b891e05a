//! Mapping customers: look-ups, shared contracts, where syncing begins.

use prism_connect::{
    domain::{
        Money,
        mapping::{PricingStrategy, Start},
        target::ContractKind,
    },
    engine::{
        protocol::{About, Answer, Command, RefusalKind, command},
        views::AcceptedView,
    },
};
use rstest::rstest;

use crate::{
    desk::{Desk, draft, map, map_with, switch},
    world::{company, contract, day, invoice, money, tenant},
};

const ALPHA: &str = "alpha.onmicrosoft.com";
const BETA: &str = "beta.onmicrosoft.com";

fn on(tenant: &str, company: &str) -> Command {
    let (from, pricing) = (Start::MostRecent, PricingStrategy::CostAndRetail);
    map_with(draft(tenant, company, "Cloud"), true, from, pricing)
}

#[tokio::test]
async fn a_tenant_is_mapped_by_domain_or_id_and_company_and_contract_by_name_or_id() {
    let desk = Desk::ready().await;
    desk.done(map("ALPHA.onmicrosoft.com", "alpha pty ltd", "cloud")).await;
    desk.done(map("id-beta", "2", "2")).await;
    for (name, id) in [("alpha", 1), ("beta", 2)] {
        let mapping = desk.customer(name).await.mapping.expect("mapped");
        assert_eq!((mapping.contract_id.0, mapping.sync), (id, false));
    }
}

#[rstest]
#[case::tenant(map("alpa.onmicrosoft.com", "1", "1"), "unknown_tenant", ALPHA)]
#[case::company(map(ALPHA, "alpha Pty Lt", "1"), "unknown_company", "alpha Pty Ltd")]
#[case::contract(map(ALPHA, "1", "Clowd"), "unknown_contract", "Cloud")]
#[tokio::test]
async fn an_unknown_name_is_refused_with_the_closest(
    #[case] command: Command,
    #[case] code: &str,
    #[case] closest: &str,
) {
    let desk = Desk::ready().await;
    let refusal = desk.refused_as(command, RefusalKind::Failed, code).await;
    assert_eq!(refusal.suggestions.first().map(String::as_str), Some(closest));
    assert!(desk.customers().await.iter().all(|one| one.mapping.is_none()));
}

#[rstest]
#[case("", "1", "1")]
#[case(ALPHA, " ", "1")]
#[case(ALPHA, "1", "")]
#[tokio::test]
async fn an_empty_name_is_malformed(
    #[case] tenant: &str,
    #[case] company: &str,
    #[case] contract: &str,
) {
    let desk = Desk::ready().await;
    let refusal = desk.refused(map(tenant, company, contract)).await;
    assert_eq!(refusal.kind, RefusalKind::Malformed);
}

#[tokio::test]
async fn two_companies_of_one_name_are_told_apart_by_id() {
    let desk = Desk::ready().await;
    desk.world().companies.push(company(8, "alpha Pty Ltd"));
    let command = map(ALPHA, "alpha Pty Ltd", "1");
    let refusal = desk.refused_as(command, RefusalKind::Failed, "ambiguous_company").await;
    assert_eq!(refusal.suggestions, ["1", "8"]);
    desk.done(map(ALPHA, "1", "1")).await;
}

#[tokio::test]
async fn a_company_made_since_the_last_reading_is_found_by_a_link_and_by_a_file() {
    let desk = Desk::ready().await;
    desk.done(map(ALPHA, "1", "1")).await;
    desk.world().companies.push(company(8, "Delta"));
    desk.world().contracts.push(contract(8, 8, "2024"));
    desk.done(map(BETA, "delta", "2024")).await;
    desk.world().companies.push(company(9, "Epsilon"));
    desk.world().contracts.push(contract(9, 9, "Cloud"));
    desk.done(import("tenant,company,contract\ngamma.onmicrosoft.com,Epsilon,9\n")).await;
    desk.done(import("tenant,company,contract\ngamma.onmicrosoft.com,Delta,2024\n")).await;
    let mapping = desk.customer("gamma").await.mapping.expect("mapped");
    assert_eq!((mapping.company_id.0, mapping.contract_id.0), (8, 8), "by a name of digits");
}

#[tokio::test]
async fn a_contract_of_another_company_is_refused_with_its_owner() {
    let desk = Desk::ready().await;
    let refusal = desk.refused_as(map(ALPHA, "1", "2"), RefusalKind::Failed, "other_company").await;
    assert!(refusal.finding.text.contains("belongs to company 2"), "{refusal:?}");
}

#[rstest]
#[case::wrong_kind("is a Time and Materials contract")]
#[case::inactive("is not active")]
#[case::ended("ended on 2026-09-30")]
#[tokio::test]
async fn a_contract_that_cannot_carry_services_is_refused_with_the_reason(#[case] says: &str) {
    let desk = Desk::ready().await;
    {
        let contract = &mut desk.world().contracts[0];
        match says {
            "is not active" => contract.active = false,
            "ended on 2026-09-30" => contract.end = Some(day("2026-09-30")),
            _ => contract.kind = ContractKind::Other("Time and Materials".to_owned()),
        }
    }
    let refusal =
        desk.refused_as(map(ALPHA, "1", "Cloud"), RefusalKind::Failed, "unfit_contract").await;
    assert!(refusal.finding.text.contains(says), "{refusal:?}");
    let Answer::Contracts(About { found: choices, .. }) =
        desk.done(command::Contracts { company: 1.into_id() }).await
    else {
        panic!()
    };
    assert!(choices[0].unfit.as_ref().is_some_and(|reason| reason.contains(says)));
}

trait IntoId {
    fn into_id(self) -> prism_connect::domain::CompanyId;
}

impl IntoId for i64 {
    fn into_id(self) -> prism_connect::domain::CompanyId {
        prism_connect::domain::CompanyId(self)
    }
}

#[tokio::test]
async fn sync_is_not_switched_on_before_a_tenant_is_mapped() {
    let desk = Desk::ready().await;
    desk.refused_as(switch(&[ALPHA], true), RefusalKind::Failed, "not_mapped").await;
}

#[tokio::test]
async fn switching_several_changes_all_or_none() {
    let desk = Desk::ready().await;
    desk.done(map(ALPHA, "1", "1")).await;
    desk.refused_as(switch(&[ALPHA, BETA], true), RefusalKind::Failed, "not_mapped").await;
    assert!(!desk.customer("alpha").await.mapping.expect("mapped").sync);
    desk.done(map(BETA, "2", "2")).await;
    desk.done(switch(&[ALPHA, BETA], true)).await;
    assert!(desk.customer("alpha").await.mapping.expect("mapped").sync);
}

#[tokio::test]
async fn most_recent_begins_with_the_newest_invoice_and_next_with_the_month_after() {
    let desk = Desk::ready().await;
    desk.done(on(ALPHA, "1")).await;
    let next = map_with(draft(BETA, "2", "2"), true, Start::Next, PricingStrategy::CostOnly);
    desk.done(next).await;
    let month = |mapping: &str| mapping.parse().expect("a month");
    let alpha = desk.customer("alpha").await.mapping.expect("mapped");
    let beta = desk.customer("beta").await.mapping.expect("mapped");
    assert_eq!(alpha.first_month, Some(month("2026-09")));
    assert_eq!(beta.first_month, Some(month("2026-10")));
}

#[tokio::test]
async fn an_invoice_that_is_no_standard_one_is_no_beginning() {
    let desk = Desk::ready().await;
    desk.world().invoices.push(invoice("2026-10", "Credit"));
    desk.done(on(ALPHA, "1")).await;
    let mapping = desk.customer("alpha").await.mapping.expect("mapped");
    assert_eq!(mapping.first_month, "2026-09".parse().ok());
}

#[tokio::test]
async fn an_invoice_whose_header_does_not_tell_is_examined() {
    let desk = Desk::ready().await;
    desk.world().invoices.push(invoice("2026-10", ""));
    desk.done(on(ALPHA, "1")).await;
    let mapping = desk.customer("alpha").await.mapping.expect("mapped");
    assert_eq!(mapping.first_month, "2026-10".parse().ok());
}

#[tokio::test]
async fn switching_on_again_goes_on_where_it_began_and_tells_what_became_due() {
    let desk = Desk::ready().await;
    desk.done(on(ALPHA, "1")).await;
    desk.done(switch(&[ALPHA], false)).await;
    desk.world().invoices.push(invoice("2026-10", "Standard"));
    desk.done(switch(&[ALPHA], true)).await;
    let mapping = desk.customer("alpha").await.mapping.expect("mapped");
    assert_eq!(mapping.first_month, "2026-09".parse().ok());
    let told: Vec<_> =
        mapping.missed.iter().map(|one| (one.invoice_number.as_str(), one.amount)).collect();
    let amount = Some(money("34.50"));
    assert_eq!(told, [("INV-2026-09", amount), ("INV-2026-10", amount)]);
}

#[tokio::test]
async fn another_start_chosen_while_it_is_off_begins_anew() {
    let desk = Desk::ready().await;
    desk.done(on(ALPHA, "1")).await;
    desk.done(switch(&[ALPHA], false)).await;
    let next = map_with(draft(ALPHA, "1", "1"), false, Start::Next, PricingStrategy::CostOnly);
    desk.done(next).await;
    desk.world().invoices.push(invoice("2026-10", "Standard"));
    desk.done(switch(&[ALPHA], true)).await;
    let mapping = desk.customer("alpha").await.mapping.expect("mapped");
    assert_eq!((mapping.first_month, mapping.missed), ("2026-11".parse().ok(), Vec::new()));
}

#[tokio::test]
async fn one_switched_on_before_there_was_any_invoice_misses_none_of_those_that_come() {
    let desk = Desk::ready().await;
    desk.world().invoices.clear();
    desk.done(on(ALPHA, "1")).await;
    desk.done(switch(&[ALPHA], false)).await;
    desk.world().invoices.push(invoice("2026-09", "Standard"));
    desk.world().invoices.push(invoice("2026-10", ""));
    desk.done(switch(&[ALPHA], true)).await;
    let mapping = desk.customer("alpha").await.mapping.expect("mapped");
    assert_eq!((mapping.first_month, mapping.missed.len()), (None, 2));
    desk.done(switch(&[ALPHA], false)).await;
    let mapping = desk.customer("alpha").await.mapping.expect("mapped");
    assert_eq!(mapping.missed, [], "nothing is told of who is off");
}

#[tokio::test]
async fn mapping_again_without_a_change_keeps_where_it_began() {
    let desk = Desk::ready().await;
    desk.done(on(ALPHA, "1")).await;
    desk.world().invoices.push(invoice("2026-10", "Standard"));
    let pricing = PricingStrategy::QuantitiesOnly;
    desk.done(map_with(draft(ALPHA, "1", "1"), true, Start::MostRecent, pricing)).await;
    let mapping = desk.customer("alpha").await.mapping.expect("mapped");
    assert_eq!(mapping.first_month, "2026-09".parse().ok());
    assert_eq!(mapping.pricing, pricing);
}

#[tokio::test]
async fn a_tenant_that_moves_to_another_contract_begins_with_the_next_invoice() {
    let desk = Desk::ready().await;
    desk.world().contracts.push(contract(11, 1, "Cloud 2027"));
    desk.done(on(ALPHA, "1")).await;
    desk.done(map(ALPHA, "1", "Cloud 2027")).await;
    let mapping = desk.customer("alpha").await.mapping.expect("mapped");
    assert_eq!((mapping.start, mapping.first_month), (Start::Next, "2026-10".parse().ok()));
}

#[rstest]
#[case::switch(false, Start::MostRecent, PricingStrategy::CostAndRetail, "sync on, not off")]
#[case::start(true, Start::Next, PricingStrategy::CostAndRetail, "from most-recent, not next")]
#[case::pricing(
    true,
    Start::MostRecent,
    PricingStrategy::CostOnly,
    "cost-and-retail, not cost-only"
)]
#[tokio::test]
async fn a_mapping_that_differs_from_another_on_its_contract_is_refused_naming_it(
    #[case] sync: bool,
    #[case] from: Start,
    #[case] pricing: PricingStrategy,
    #[case] says: &str,
) {
    let desk = Desk::ready().await;
    desk.done(on(ALPHA, "1")).await;
    let command = map_with(draft(BETA, "1", "1"), sync, from, pricing);
    let refusal = desk.refused_as(command, RefusalKind::Failed, "shared_contract").await;
    assert!(refusal.finding.text.contains(ALPHA), "{refusal:?}");
    assert!(refusal.finding.text.contains(says), "{refusal:?}");
    assert!(desk.customer("beta").await.mapping.is_none());
}

#[tokio::test]
async fn tenants_of_one_contract_are_switched_together() {
    let desk = Desk::ready().await;
    desk.done(map(ALPHA, "1", "1")).await;
    desk.done(map(BETA, "1", "1")).await;
    let refusal =
        desk.refused_as(switch(&[ALPHA], true), RefusalKind::Failed, "shared_contract").await;
    assert!(refusal.finding.text.contains(BETA), "{refusal:?}");
    desk.done(switch(&[ALPHA, BETA], true)).await;
    assert!(desk.customer("beta").await.mapping.expect("mapped").sync);
}

#[tokio::test]
async fn unmapping_leaves_the_tenant_listed_without_a_contract() {
    let desk = Desk::ready().await;
    desk.done(map(ALPHA, "1", "1")).await;
    desk.done(command::Unmap { tenant: ALPHA.to_owned() }).await;
    assert!(desk.customer("alpha").await.mapping.is_none());
    let again = Command::from(command::Unmap { tenant: ALPHA.to_owned() });
    desk.refused_as(again, RefusalKind::Failed, "not_mapped").await;
}

#[tokio::test]
async fn a_note_is_kept_with_the_mapping() {
    let desk = Desk::ready().await;
    desk.done(map(ALPHA, "1", "1")).await;
    let note = |text: &str| {
        Command::from(command::Note { tenant: ALPHA.to_owned(), text: text.to_owned() })
    };
    desk.done(note(" pays late ")).await;
    assert_eq!(desk.customer("alpha").await.mapping.expect("mapped").note, "pays late");
    desk.refused_as(note("a\u{1b}[2J"), RefusalKind::Malformed, "text").await;
}

#[tokio::test]
async fn unmapped_tenants_come_first_with_what_the_newest_invoice_bills_them() {
    let desk = Desk::ready().await;
    desk.done(map(BETA, "2", "2")).await;
    desk.done(command::Customers { refresh: true }).await;
    let customers = desk.customers().await;
    let names: Vec<_> = customers.iter().map(|one| one.customer_name.as_str()).collect();
    assert_eq!(names, ["alpha", "gamma", "beta"]);
    assert_eq!(customers[0].latest_amount, Some(money("34.50")));
    assert_eq!(customers[1].latest_amount, None::<Money>);
}

#[tokio::test]
async fn a_tenant_that_prism_no_longer_lists_is_shown_so() {
    let desk = Desk::ready().await;
    desk.done(command::Customers { refresh: true }).await;
    desk.world().tenants.remove(0);
    desk.done(command::Customers { refresh: true }).await;
    assert!(!desk.customer("alpha").await.listed && desk.customer("beta").await.listed);
}

async fn accepted(desk: &Desk, min_score: u8, sync: Option<bool>) -> AcceptedView {
    match desk.done(command::AutoMap { min_score, sync }).await {
        Answer::Accepted(accepted) => accepted,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_suggestion_whose_contract_is_taken_is_skipped_and_told() {
    let desk = Desk::ready().await;
    desk.done(command::Customers { refresh: true }).await;
    desk.done(on(ALPHA, "2")).await;
    let accepted = accepted(&desk, 0, None).await;
    assert_eq!(accepted.linked.len(), 1, "{accepted:#?}");
    let skipped: Vec<_> =
        accepted.skipped.iter().map(|one| (one.domain.as_str(), one.why.as_str())).collect();
    assert_eq!(skipped, [(BETA, "“Cloud” is taken by alpha, sync on")]);
}

#[tokio::test]
async fn a_contract_that_nothing_speaks_for_keeps_a_pair_from_being_certain() {
    let desk = Desk::ready().await;
    {
        let mut world = desk.world();
        for (id, name) in [(1, "Support"), (2, "Cloud")] {
            let found = world.contracts.iter_mut().find(|one| one.id.0 == id);
            name.clone_into(&mut found.expect("a contract").name);
        }
        world.contracts.extend([contract(31, 3, "Cloud 2027"), contract(32, 3, "Hardware")]);
    }
    let Answer::Suggestions(all) = desk.done(command::Suggest).await else { panic!() };
    let of = |name: &str| all.iter().find(|one| one.customer_name == name).expect("suggested");
    let told = |name: &str| of(name).reasons.last().cloned().unwrap_or_default();
    assert_eq!((of("alpha").score, of("beta").score), (96, 96));
    assert!(of("gamma").score < 85 && of("gamma").caveat.is_some(), "{:#?}", of("gamma"));
    assert_eq!(told("alpha"), "“Support”: the only one, nothing else speaks for it");
    assert_eq!(told("beta"), "“Cloud”: the only one, its name says “Cloud”");
}

#[tokio::test]
async fn suggestions_are_accepted_from_a_score_on() {
    let desk = Desk::ready().await;
    let Answer::Suggestions(all) = desk.done(command::Suggest).await else { panic!() };
    assert_eq!(all.len(), 3, "{all:#?}");
    desk.refused_as(
        command::AutoMap { min_score: 101, sync: None },
        RefusalKind::Malformed,
        "score",
    )
    .await;
    let mapped = accepted(&desk, 80, Some(true)).await.linked;
    assert_eq!(mapped.len(), 3);
    let mapping = mapped[0].mapping.as_ref().expect("mapped");
    assert!(mapping.sync && mapping.first_month == "2026-09".parse().ok());
}

#[tokio::test]
async fn a_company_with_two_contracts_is_suggested_but_not_accepted() {
    let desk = Desk::ready().await;
    desk.world().contracts.push(contract(11, 1, "Cloud 2027"));
    let mapped = accepted(&desk, 0, None).await.linked;
    assert!(mapped.iter().all(|one| one.customer_name != "alpha"), "{mapped:#?}");
}

fn import(csv: &str) -> Command {
    Command::from(command::ImportCustomers { csv: csv.to_owned() })
}

const HEAD: &str =
    "tenant_id,tenant,company_id,company,contract_id,contract,sync,from,pricing,note";

#[tokio::test]
async fn a_file_is_stored_whole_and_says_nothing_new_the_second_time() {
    let desk = Desk::ready().await;
    let csv = format!(
        "{HEAD}\n,{ALPHA},1,,,Cloud,on,next,,\n,{BETA},,beta Pty Ltd,2,,off,,cost-only,'=1\n"
    );
    let Answer::Imported(report) = desk.done(import(&csv)).await else { panic!() };
    assert_eq!((report.stored, report.unchanged), (2, 0));
    let beta = desk.customer("beta").await.mapping.expect("mapped");
    assert_eq!((beta.pricing, beta.note.as_str()), (PricingStrategy::CostOnly, "=1"));
    let Answer::Imported(report) = desk.done(import(&csv)).await else { panic!() };
    assert_eq!((report.stored, report.unchanged), (0, 2));
}

#[rstest]
#[case::company("9", "1", "line 3 (beta.onmicrosoft.com): There is no company “9”")]
#[case::contract("2", "1", "line 3 (beta.onmicrosoft.com): Contract “Cloud” (1) belongs")]
#[tokio::test]
async fn a_file_with_one_fault_is_refused_with_the_line_and_stores_nothing(
    #[case] company: &str,
    #[case] contract: &str,
    #[case] says: &str,
) {
    let desk = Desk::ready().await;
    let csv = format!("{HEAD}\n,{ALPHA},1,,1,,,,,\n,{BETA},{company},,{contract},,,,,\n");
    let refusal = desk.refused_as(import(&csv), RefusalKind::Failed, "csv").await;
    assert!(refusal.finding.text.contains(says), "{refusal:?}");
    assert!(desk.customer("alpha").await.mapping.is_none());
}

#[tokio::test]
async fn rows_of_a_file_that_share_a_contract_must_agree() {
    let desk = Desk::ready().await;
    let csv = format!("{HEAD}\n,{ALPHA},1,,1,,on,,,\n,{BETA},1,,1,,off,,,\n");
    let refusal = desk.refused_as(import(&csv), RefusalKind::Failed, "csv").await;
    assert!(refusal.finding.text.contains("is linked to “"), "{refusal:?}");
    assert!(desk.customer("alpha").await.mapping.is_none());
}

#[tokio::test]
async fn a_new_tenant_is_found_without_listing_first() {
    let desk = Desk::ready().await;
    desk.done(command::Customers { refresh: true }).await;
    desk.world().tenants.push(tenant("delta"));
    desk.done(map("delta.onmicrosoft.com", "3", "3")).await;
}

/// The newest invoice is for September 2026.
#[rstest]
#[case::begins_after(("2026-10-15", None), "its contract starts 2026-10-15, after the month to be synced, 2026-09")]
#[case::ended_before(("2026-01-01", Some("2026-08-31")), "it has no contract that can carry services")]
#[tokio::test]
async fn a_contract_outside_the_month_to_be_synced_is_suggested_but_not_accepted(
    #[case] (start, end): (&str, Option<&str>),
    #[case] caveat: &str,
) {
    let desk = Desk::ready().await;
    span(&desk, (start, end));
    let Answer::Suggestions(all) = desk.done(command::Suggest).await else { panic!() };
    let alpha = all.iter().find(|one| one.domain == ALPHA).expect("a suggestion");
    assert_eq!(alpha.caveat.as_deref(), Some(caveat));
    let mapped = accepted(&desk, 0, Some(true)).await.linked;
    assert!(mapped.len() == 2 && mapped.iter().all(|one| one.domain != ALPHA), "{mapped:#?}");
}

fn span(desk: &Desk, (start, end): (&str, Option<&str>)) {
    let mut world = desk.world();
    let cloud = world.contracts.iter_mut().find(|one| one.id.0 == 1).expect("alpha's");
    (cloud.start, cloud.end) = (day(start), end.map(day));
}

#[tokio::test]
async fn the_one_contract_that_runs_in_the_month_to_be_synced_is_chosen() {
    let desk = Desk::ready().await;
    let mut later = contract(11, 1, "Cloud 2027");
    later.start = day("2026-10-01");
    let mut amid = contract(12, 1, "Hardware");
    amid.start = day("2026-09-15");
    desk.world().contracts.extend([later, amid]);
    let mapped = accepted(&desk, 0, Some(true)).await.linked;
    let alpha = mapped.iter().find(|one| one.domain == ALPHA).expect("mapped");
    let mapping = alpha.mapping.as_ref().expect("mapped");
    assert_eq!((mapping.contract_id.0, mapping.remark.as_deref()), (1, None));
}

/// W13: it is stored, and said.
#[tokio::test]
async fn a_contract_outside_the_month_is_mapped_by_hand_with_a_remark() {
    let desk = Desk::ready().await;
    span(&desk, ("2026-10-15", None));
    desk.done(command::Customers { refresh: true }).await;
    let Answer::Contracts(About { found: choices, .. }) =
        desk.done(command::Contracts { company: prism_connect::domain::CompanyId(1) }).await
    else {
        panic!()
    };
    let why = "starts 2026-10-15, after the month to be synced, 2026-09";
    assert_eq!((choices[0].unfit.as_deref(), choices[0].remark.as_deref()), (None, Some(why)));
    desk.done(on(ALPHA, "1")).await;
    let remark = desk.customer("alpha").await.mapping.expect("mapped").remark;
    assert_eq!(remark, Some(format!("its contract {why}")));
    let next =
        map_with(draft(ALPHA, "1", "Cloud"), true, Start::Next, PricingStrategy::CostAndRetail);
    desk.done(next).await;
    assert_eq!(desk.customer("alpha").await.mapping.expect("mapped").remark, None);
}
