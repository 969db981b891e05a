use rstest::rstest;
use rust_decimal::Decimal;

use super::*;
use crate::domain::{
    AgreementId, CompanyId, CustomerId, ProductId, ServiceId, Sku,
    mapping::{PricingStrategy, Start},
    product::{Link, LinkKey, LinkOrigin, Motion, Product, ProductKey},
};

fn line(subscription: &str, offer: &str) -> Line {
    let money: Money = "8.00".parse().expect("money");
    Line {
        number: 1,
        subscription: (!subscription.is_empty()).then(|| subscription.into()),
        offer_name: offer.to_owned(),
        start: "2026-09-01".parse().expect("a day"),
        end: "2026-09-30".parse().expect("a day"),
        description: String::new(),
        cost_price: money,
        retail_price: money,
        quantity: Decimal::ONE,
        ratio: Decimal::ONE,
        subtotal: money,
        subtotal_retail: money,
        domain: None,
        customer_name: None,
        agreement_number: None,
        motion: LineMotion::Monthly,
    }
}

fn key(sku: &str, motion: Motion) -> ProductKey {
    ProductKey { sku: Sku::new(sku), motion }
}

fn product(id: &str, sku: &str, motion: Motion, name: &str) -> Product {
    Product {
        id: ProductId::new(id),
        key: key(sku, motion),
        sku_text: sku.to_owned(),
        name: name.to_owned(),
        description: String::new(),
        cost: Money::ZERO,
        retail: Money::ZERO,
    }
}

fn link(key: LinkKey, service: i64) -> Link {
    Link { key, service: ServiceId(service), origin: LinkOrigin::Created, previous: Vec::new() }
}

fn bought(product: &str) -> Subscription {
    Subscription {
        id: "s".into(),
        name: "Basic".to_owned(),
        product: ProductId::new(product),
        usage_billed: false,
        status: "Active".to_owned(),
        quantity: 1,
    }
}

/// `basic` in both monthly motions and annually, two products called *Twin*, `old` linked but off the list.
fn lists() -> (Vec<Product>, Vec<Link>) {
    let products = vec![
        product("p1", "BASIC", Motion::Monthly, "Business Basic"),
        product("p2", "BASIC", Motion::AnnualTermMonthlyBill, "Business Basic"),
        product("p3", "BASIC", Motion::AnnualBill, "Business Basic"),
        product("p4", "TWIN1", Motion::Monthly, "Twin"),
        product("p5", "TWIN2", Motion::Monthly, "Twin"),
        product("p6", "YEARLY", Motion::AnnualTermMonthlyBill, "Yearly Term"),
        product("p7", "NEW", Motion::Monthly, "Brand New"),
    ];
    let links = vec![
        link(LinkKey::Product(key("basic", Motion::Monthly)), 1),
        link(LinkKey::Product(key("basic", Motion::AnnualTermMonthlyBill)), 2),
        link(LinkKey::Product(key("twin1", Motion::Monthly)), 4),
        link(LinkKey::Product(key("twin2", Motion::Monthly)), 5),
        link(LinkKey::Product(key("yearly", Motion::AnnualTermMonthlyBill)), 6),
        link(LinkKey::Product(key("old", Motion::Monthly)), 7),
        link(LinkKey::ProductId(ProductId::new("pinned-id")), 8),
        link(LinkKey::OfferName("retired thing".to_owned()), 9),
    ];
    (products, links)
}

#[rstest]
#[case::by_product_id("p1", "whatever", LineMotion::Monthly, Some(1))]
#[case::by_sku_of_any_case("bAsIc", "whatever", LineMotion::Monthly, Some(1))]
#[case::the_line_tells_the_motion("p1", "whatever", LineMotion::AnnualTermMonthlyBill, Some(2))]
#[case::by_offer_less_its_suffix(
    "gone",
    "business BASIC (NCE Product)",
    LineMotion::Monthly,
    Some(1)
)]
#[case::by_offer_and_motion("gone", "Business Basic", LineMotion::AnnualTermMonthlyBill, Some(2))]
#[case::two_of_one_name("gone", "Twin", LineMotion::Monthly, None)]
#[case::unknown("gone", "Nothing like it", LineMotion::Monthly, None)]
#[case::the_only_monthly_one("p6", "whatever", LineMotion::Monthly, Some(6))]
#[case::off_the_list_and_linked("old", "whatever", LineMotion::Monthly, Some(7))]
#[case::pinned_by_product_id("pinned-id", "Business Basic", LineMotion::Monthly, Some(8))]
#[case::pinned_by_offer_name("gone", "Retired  Thing (NCE Product)", LineMotion::Monthly, Some(9))]
fn a_line_finds_its_service(
    #[case] product: &str,
    #[case] offer: &str,
    #[case] motion: LineMotion,
    #[case] expected: Option<i64>,
) {
    let (products, links) = lists();
    let line = Line { motion, ..line("s", offer) };
    let found = Catalogue::new(&products, &links).resolve(Some(&bought(product)), &line);
    assert_eq!(found.service, expected.map(ServiceId));
    let problem = found.problem(&line).map(|finding| finding.text);
    let expected = "Could not find source product or multiple matches".to_owned();
    assert_eq!(problem, found.service.is_none().then_some(expected));
}

/// `gone` has left the list, and so has a monthly motion of `yearly`; another `Twin` and `Business Basic` have long gone.
#[rstest]
#[case::by_its_product_id("p8", "whatever", LineMotion::Monthly, Some(10))]
#[case::by_its_name("never seen", "Long Gone (NCE Product)", LineMotion::Monthly, Some(10))]
#[case::a_listed_product_of_its_name_comes_first(
    "never seen",
    "Brand New",
    LineMotion::Monthly,
    None
)]
#[case::a_motion_that_left("p9", "whatever", LineMotion::Monthly, Some(11))]
#[case::unlinked_it_is_looked_for_by_name("p11", "Business Basic", LineMotion::Monthly, Some(1))]
#[case::the_motion_that_stayed("p6", "whatever", LineMotion::AnnualTermMonthlyBill, Some(6))]
fn a_line_finds_the_service_of_a_product_that_left_the_list(
    #[case] product_id: &str,
    #[case] offer: &str,
    #[case] motion: LineMotion,
    #[case] expected: Option<i64>,
) {
    let (products, mut links) = lists();
    let remembered = [
        product("p8", "GONE", Motion::Monthly, "Long Gone"),
        product("p9", "YEARLY", Motion::Monthly, "Yearly Term"),
        product("p10", "GONE2", Motion::Monthly, "Brand New"),
        product("p1", "BASIC", Motion::Monthly, "Business Basic"),
        product("p11", "UNLINKED", Motion::Monthly, "Business Basic"),
    ];
    links.push(link(LinkKey::Product(key("gone", Motion::Monthly)), 10));
    links.push(link(LinkKey::Product(key("yearly", Motion::Monthly)), 11));
    links.push(link(LinkKey::Product(key("gone2", Motion::Monthly)), 12));
    let line = Line { motion, ..line("s", offer) };
    let catalogue = Catalogue::new(&products, &links).remembering(&remembered);
    let found = catalogue.resolve(Some(&bought(product_id)), &line);
    assert_eq!(found.service, expected.map(ServiceId));
}

#[test]
fn a_product_without_service_asks_for_a_product_sync() {
    let (products, links) = lists();
    let line = line("s", "Brand New");
    let found = Catalogue::new(&products, &links).resolve(Some(&bought("p7")), &line);
    let code = found.problem(&line).map(|finding| finding.code);
    assert_eq!(code.as_deref(), Some("product_not_synced"));
}

#[test]
fn several_matches_suspect_all_their_services() {
    let (products, links) = lists();
    let found = Catalogue::new(&products, &links).resolve(None, &line("s", "Twin"));
    assert_eq!(found.suspects, [ServiceId(4), ServiceId(5)]);
}

fn mapping(tenant: &str, contract: i64, sync: bool) -> Mapping {
    Mapping {
        tenant: tenant.into(),
        domain: format!("{tenant}.onmicrosoft.com"),
        customer: CustomerId::new("c"),
        customer_name: format!("Customer {tenant}"),
        company: CompanyId(1),
        company_name: "Company".to_owned(),
        contract: ContractId(contract),
        contract_name: "Cloud".to_owned(),
        sync,
        start: Start::MostRecent,
        first_month: None,
        begun: false,
        pricing: PricingStrategy::default(),
        note: String::new(),
        changed_at: chrono::DateTime::UNIX_EPOCH,
    }
}

fn tenant(name: &str) -> Tenant {
    Tenant {
        id: name.into(),
        domain: format!("{name}.onmicrosoft.com"),
        status: "Active".to_owned(),
        customer: CustomerId::new("c"),
        customer_name: format!("Customer {name}"),
        agreement: AgreementId::new("a"),
        subscriptions: vec![Subscription {
            id: format!("{name}-s").as_str().into(),
            ..bought("p1")
        }],
    }
}

fn sort(line: Line, standing: Standing, planned: &[i64], failed: &[u32]) -> Triage {
    let (products, links) = lists();
    let catalogue = Catalogue::new(&products, &links);
    let mappings = [mapping("on", 1, true), mapping("off", 2, false)];
    let mapped = mappings.each_ref().map(|mapping| MappedTenant { mapping, standing });
    let policies = Policies::default();
    triage(&TriageRequest {
        month: "2026-09".parse().expect("a month"),
        lines: &[line],
        tenants: &[tenant("on"), tenant("off"), tenant("free")],
        catalogue: &catalogue,
        mappings: &mapped,
        contracts: &planned.iter().map(|id| ContractId(*id)).collect(),
        failed: &failed.iter().copied().collect(),
        azure: false,
        policies: &policies,
    })
}

#[rstest]
#[case::unmapped("free-s", Standing::Due, &[1], &[], Disposition::Unmapped)]
#[case::off("off-s", Standing::Due, &[1], &[], Disposition::Off)]
#[case::not_asked_for("on-s", Standing::Due, &[], &[], Disposition::NotInScope)]
#[case::starts_later("on-s", Standing::OutOfScope, &[1], &[], Disposition::NotInScope)]
#[case::done("on-s", Standing::Applied, &[], &[], Disposition::SyncedEarlier)]
#[case::on_the_retry_list("on-s", Standing::Applied, &[], &[1], Disposition::Failed)]
#[case::nobodys("nobody-s", Standing::Due, &[1], &[], Disposition::Unmapped)]
fn a_line_that_is_not_planned_has_its_place(
    #[case] subscription: &str,
    #[case] standing: Standing,
    #[case] planned: &[i64],
    #[case] failed: &[u32],
    #[case] expected: Disposition,
) {
    let found = sort(line(subscription, "Business Basic"), standing, planned, failed);
    assert_eq!(found.placed.iter().map(|p| &p.disposition).collect::<Vec<_>>(), [&expected]);
    assert!(found.groups.iter().all(|group| group.subscriptions.is_empty()));
}

#[rstest]
#[case::by_domain(Some("ON.onmicrosoft.com"), None)]
#[case::by_customer(None, Some("customer  ON"))]
fn a_tenant_is_found_without_its_subscription(
    #[case] domain: Option<&str>,
    #[case] customer: Option<&str>,
) {
    let line = Line {
        domain: domain.map(str::to_owned),
        customer_name: customer.map(str::to_owned),
        ..line("unknown", "Business Basic")
    };
    let found = sort(line, Standing::Due, &[1], &[]);
    assert_eq!(found.placed, []);
    let bought = &found.groups[0].subscriptions[0];
    assert_eq!((bought.tenant.as_str(), bought.service), ("on", Some(ServiceId(1))));
    assert_eq!(bought.name, "Business Basic");
}

/// Of two agreements on one contract each invoice bills a part: neither may set the sum (sync-rules 4).
#[rstest]
#[case::billed_by_another_invoice(Standing::Elsewhere, true)]
#[case::not_started(Standing::OutOfScope, false)]
fn a_neighbour_that_another_invoice_bills_is_not_summed_away(
    #[case] neighbour: Standing,
    #[case] refused: bool,
) {
    let (products, links) = lists();
    let (on, other) = (mapping("on", 1, true), mapping("other", 1, true));
    let mapped = [
        MappedTenant { mapping: &on, standing: Standing::Due },
        MappedTenant { mapping: &other, standing: neighbour },
    ];
    let found = triage(&TriageRequest {
        month: "2026-09".parse().expect("a month"),
        lines: &[line("on-s", "Business Basic"), line("other-s", "Business Basic")],
        tenants: &[tenant("on"), tenant("other")],
        catalogue: &Catalogue::new(&products, &links),
        mappings: &mapped,
        contracts: &[ContractId(1)].into(),
        failed: &BTreeSet::new(),
        azure: false,
        policies: &Policies::default(),
    });
    let code = found.groups[0].refused.as_ref().map(|finding| finding.code.as_str());
    assert_eq!(code, refused.then_some("mappings_differ"));
    assert_eq!(found.placed[0].disposition, Disposition::NotInScope);
}

#[test]
fn exclusion_comes_before_mapping() {
    let annual = Line { motion: LineMotion::AnnualBill, ..line("free-s", "Business Basic") };
    let found = sort(annual, Standing::Due, &[1], &[]);
    let expected = Disposition::Excluded { reason: "annual billing".to_owned() };
    assert_eq!(found.placed[0].disposition, expected);
}

#[test]
fn the_contracts_of_whoever_is_asked_for_are_planned() {
    let mappings = [mapping("on", 1, true), mapping("off", 2, false), mapping("other", 3, true)];
    let mapped =
        mappings.each_ref().map(|mapping| MappedTenant { mapping, standing: Standing::Due });
    let all = contracts_of(&mapped, &BTreeSet::new());
    assert_eq!(all, [ContractId(1), ContractId(3)].into());
    let one = contracts_of(&mapped, &[TenantId::new("other")].into());
    assert_eq!(one, [ContractId(3)].into());
}
