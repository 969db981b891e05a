use rstest::rstest;
use rust_decimal::Decimal;

use super::*;
use crate::domain::{
    AgreementId, CompanyId, CustomerId, ProductId, ServiceId, Sku,
    invoice::LineMotion,
    mapping::{PricingStrategy, Start},
    product::{Link, LinkKey, LinkOrigin, Motion, Product, ProductKey},
    shared_text::SharedText,
};

fn line(subscription: &str, offer: &str) -> Line {
    let money: Money = "8.00".parse().expect("money");
    Line {
        number: 1,
        subscription: (!subscription.is_empty()).then(|| subscription.into()),
        offer_name: offer.into(),
        start: "2026-09-01".parse().expect("a day"),
        end: "2026-09-30".parse().expect("a day"),
        description: "".into(),
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
        currency: None,
        fault: None,
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
        usage_billed: false,
        fault: None,
    }
}

fn link(key: LinkKey, service: i64) -> Link {
    Link { key, service: ServiceId(service), origin: LinkOrigin::Created, previous: Vec::new() }
}

fn bought(product: &str) -> Subscription {
    Subscription {
        id: "s".into(),
        name: "Basic".into(),
        product: ProductId::new(product),
        term: None,
        usage_billed: false,
        status: "Active".into(),
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

/// A file without the term columns: the product decides, then the subscription, then nobody (sync-rules 3.5).
#[rstest]
#[case::by_the_product("p2", None, 2)]
#[case::by_the_product_whatever_the_subscription_says("p2", Some(Motion::Monthly), 2)]
#[case::by_the_monthly_product("p1", Some(Motion::AnnualTermMonthlyBill), 1)]
#[case::a_sku_of_several_motions("basic", Some(Motion::AnnualTermMonthlyBill), 2)]
#[case::a_sku_of_one_motion("yearly", Some(Motion::Monthly), 6)]
#[case::neither_tells("basic", None, 1)]
#[case::by_offer_and_the_subscriptions_term("gone", Some(Motion::AnnualTermMonthlyBill), 2)]
#[case::by_offer_alone("gone", None, 1)]
fn a_line_that_tells_no_term_is_billed_as_its_product_is(
    #[case] product: &str,
    #[case] term: Option<Motion>,
    #[case] expected: i64,
) {
    let (products, links) = lists();
    let line = Line { motion: LineMotion::Untold, ..line("s", "Business Basic") };
    let bought = Subscription { term, ..bought(product) };
    let found = Catalogue::new(&products, &links).resolve(Some(&bought), &line);
    assert_eq!(found.service, Some(ServiceId(expected)));
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
    assert_eq!(code.as_ref().map(Code::as_str), Some("product_not_synced"));
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
        fault: None,
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
        lines: &[line].into(),
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
        domain: domain.map(SharedText::from),
        customer_name: customer.map(SharedText::from),
        ..line("unknown", "Business Basic")
    };
    let found = sort(line, Standing::Due, &[1], &[]);
    assert_eq!(found.placed, []);
    let bought = &found.groups[0].subscriptions[0];
    assert_eq!((bought.tenant.as_str(), bought.service), ("on", Some(ServiceId(1))));
    assert_eq!(bought.name, "Business Basic");
}

/// Where the customer name's owner is on no contract, the domain's owner gets nothing all the same: its service fails.
#[rstest]
#[case::unmapped("on", "free")]
#[case::off("on", "off")]
fn a_line_that_names_two_customers_lands_on_neither(#[case] domain: &str, #[case] customer: &str) {
    let line = Line {
        domain: Some(format!("{domain}.onmicrosoft.com").into()),
        customer_name: Some(format!("Customer {customer}").into()),
        ..line("unknown", "Business Basic")
    };
    let found = sort(line, Standing::Due, &[1], &[]);
    assert_eq!(found.placed, []);
    let bought = &found.groups[0].subscriptions[0];
    let problem = bought.problem.as_ref().expect("a problem");
    assert_eq!((problem.code.as_str(), bought.service), ("two_readings", Some(ServiceId(1))));
    assert!(problem.text.contains(&format!("{domain}.onmicrosoft.com")), "{problem:?}");
    assert!(problem.text.contains(&format!("Customer {customer}")), "{problem:?}");
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
        lines: &[line("on-s", "Business Basic"), line("other-s", "Business Basic")].into(),
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

#[rstest]
#[case::by_its_product("p3", None)]
#[case::by_its_own_term("unknown", Some(Motion::AnnualBill))]
fn an_annual_bill_is_excluded_though_its_file_does_not_say_so(
    #[case] product: &str,
    #[case] term: Option<Motion>,
) {
    let (products, links) = lists();
    let on = mapping("on", 1, true);
    let bought = Subscription { id: "on-s".into(), term, ..bought(product) };
    let found = triage(&TriageRequest {
        month: "2026-09".parse().expect("a month"),
        lines: &[Line { motion: LineMotion::Untold, ..line("on-s", "Business Basic") }].into(),
        tenants: &[Tenant { subscriptions: vec![bought], ..tenant("on") }],
        catalogue: &Catalogue::new(&products, &links),
        mappings: &[MappedTenant { mapping: &on, standing: Standing::Due }],
        contracts: &[ContractId(1)].into(),
        failed: &BTreeSet::new(),
        azure: false,
        policies: &Policies::default(),
    });
    let expected = Disposition::Excluded { reason: "annual billing".to_owned() };
    assert_eq!(found.placed[0].disposition, expected);
}

/// 9 seats for all of September at 7.41 and 9.06, as `change` has it.
fn nine(change: impl FnOnce(&mut Line)) -> Line {
    let money = |text: &str| text.parse::<Money>().expect("money");
    let mut line = Line {
        cost_price: money("7.41"),
        retail_price: money("9.06"),
        quantity: Decimal::from(9),
        subtotal: money("66.69"),
        subtotal_retail: money("81.54"),
        ..line("on-s", "Business Basic")
    };
    change(&mut line);
    line
}

fn decimal(text: &str) -> Decimal {
    text.parse().expect("a number")
}

#[rstest]
#[case::as_it_is("", "", false)]
#[case::within_a_cent_and_half_a_cent_a_seat("subtotal", "66.745", false)]
#[case::beyond_that("subtotal", "66.75", true)]
#[case::quantity("quantity", "90", true)]
#[case::ratio("ratio", "0.9", true)]
#[case::absurd("quantity", "1000000000000", true)]
#[case::retail_price("retail", "9060", true)]
#[case::negative_retail_price("retail", "-8", true)]
#[case::hardly_any_retail_price("retail", "0.00001", true)]
#[case::negative_cost("cost", "-7.41", true)]
#[case::retail_subtotal("subtotal_retail", "8.15", true)]
fn a_line_agrees_with_itself_or_not(
    #[case] what: &str,
    #[case] figure: &str,
    #[case] disagrees: bool,
) {
    let line = nine(|line| match what {
        "quantity" => line.quantity = decimal(figure),
        "ratio" => line.ratio = decimal(figure),
        "retail" => line.retail_price = Money(decimal(figure)),
        "cost" => line.cost_price = Money(decimal(figure)),
        "subtotal" => line.subtotal = Money(decimal(figure)),
        "subtotal_retail" => line.subtotal_retail = Money(decimal(figure)),
        _ => {}
    });
    assert_eq!(line_check::disagreement(&line, None, false).is_some(), disagrees);
    let usage = line_check::disagreement(&line, None, true);
    assert_eq!(usage.is_some(), disagrees, "usage adds up like any other");
}

#[rstest]
#[case::ten_times("90.60", false, false)]
#[case::more("90.61", false, true)]
#[case::a_tenth("0.906", false, false)]
#[case::less("0.9", false, true)]
#[case::free("0", false, false)]
#[case::usage_has_no_listed_price("9000", true, false)]
fn an_rrp_is_that_of_the_price_list_within_a_factor(
    #[case] retail: &str,
    #[case] usage_billed: bool,
    #[case] disagrees: bool,
) {
    let line = nine(|line| {
        line.retail_price = Money(decimal(retail));
        line.subtotal_retail = Money(decimal(retail) * line.quantity);
    });
    let listed = Some(Money(decimal("9.06")));
    assert_eq!(line_check::disagreement(&line, listed, usage_billed).is_some(), disagrees);
}

#[rstest]
#[case::whole("2026-09-01", "2026-09-30", "1", false)]
#[case::by_days("2026-09-19", "2026-09-30", "0.4", false)]
#[case::nearly("2026-09-19", "2026-09-30", "0.419", false)]
#[case::another_share("2026-09-19", "2026-09-30", "0.43", true)]
#[case::a_part_for_the_whole("2026-09-01", "2026-09-30", "0.4", true)]
#[case::days_of_an_earlier_month("2026-08-27", "2026-08-31", "0.161290322", false)]
#[case::w17_month_by_month("2026-09-15", "2026-10-31", "1.533333333", false)]
#[case::w17_in_days_of_its_last_month("2026-09-15", "2026-10-31", "1.516129032", false)]
#[case::w17_in_days_of_its_first_month("2026-09-15", "2026-10-31", "1.566666666", false)]
#[case::w17_as_one_month("2026-09-15", "2026-10-31", "1", true)]
fn a_ratio_is_the_share_of_days_or_told(
    #[case] start: &str,
    #[case] end: &str,
    #[case] ratio: &str,
    #[case] told: bool,
) {
    let line = nine(|line| {
        line.start = start.parse().expect("a day");
        line.end = end.parse().expect("a day");
        line.ratio = decimal(ratio);
    });
    assert_eq!(line_check::odd_ratio(&line).is_some(), told);
    let free = Line { cost_price: Money::ZERO, retail_price: Money::ZERO, ..line };
    assert_eq!(line_check::odd_ratio(&free), None, "no money is off");
}

#[rstest]
#[case::one_after_the_other(&[("01", "18"), ("19", "30")], 0)]
#[case::on_one_day(&[("01", "18"), ("18", "30")], 1)]
#[case::one_inside_another(&[("01", "30"), ("05", "06"), ("20", "21")], 2)]
#[case::the_same_days(&[("01", "30"), ("01", "30")], 1)]
fn days_that_two_lines_bill_are_told(#[case] spans: &[(&str, &str)], #[case] told: usize) {
    let of = |(start, end): &(&str, &str)| {
        nine(|line| {
            line.start = format!("2026-09-{start}").parse().expect("a day");
            line.end = format!("2026-09-{end}").parse().expect("a day");
        })
    };
    let lines: Vec<Line> = spans.iter().map(of).collect();
    assert_eq!(line_check::same_days(lines.iter().collect()).len(), told);
}

/// `on` is mapped and planned, `off` is not.
#[rstest]
#[case::agree("on", "on", &["on"], false)]
#[case::a_name_nobody_has("on", "nobody", &["on"], false)]
#[case::a_domain_nobody_has("nobody", "on", &["on"], false)]
#[case::another_customers_name("on", "free", &["on"], true)]
#[case::another_customers_domain("free", "on", &["on"], true)]
#[case::of_two_that_are_not_planned("free", "off", &[], false)]
fn a_line_that_names_two_customers_fails_for_whoever_is_planned(
    #[case] domain: &str,
    #[case] customer: &str,
    #[case] grouped: &[&str],
    #[case] fails: bool,
) {
    let line = Line {
        domain: Some(format!("{domain}.onmicrosoft.com").into()),
        customer_name: Some(format!("Customer {customer}").into()),
        ..line("unknown", "Business Basic")
    };
    let found = sort(line, Standing::Due, &[1], &[]);
    let bought: Vec<_> = found.groups.iter().flat_map(|group| &group.subscriptions).collect();
    let tenants: Vec<&str> = bought.iter().map(|bought| bought.tenant.as_str()).collect();
    assert_eq!(tenants, grouped);
    let lines: usize = bought.iter().map(|bought| bought.lines.len()).sum();
    assert_eq!(lines + found.placed.len(), 1, "the line is in one place");
    let codes: Vec<&str> = bought
        .iter()
        .filter_map(|bought| bought.problem.as_ref())
        .map(|problem| problem.code.as_str())
        .collect();
    assert_eq!(codes, if fails { vec!["two_readings"] } else { vec![] });
}

#[rstest]
#[case::a_credit_of_a_subscription("on-s", "Outage", "-1", &[Some(1)])]
#[case::a_credit_by_its_offer("", "Business Basic", "-1", &[Some(1)])]
#[case::a_line_without_subscription("", "Business Basic", "8", &[Some(1)])]
#[case::a_fee("", "Premium support", "8", &[])]
fn a_line_that_is_left_out_is_told_to_the_service_it_speaks_of(
    #[case] subscription: &str,
    #[case] offer: &str,
    #[case] subtotal: &str,
    #[case] expected: &[Option<i64>],
) {
    let subtotal = Money(decimal(subtotal));
    let domain = Some("on.onmicrosoft.com".into());
    let found =
        sort(Line { subtotal, domain, ..line(subscription, offer) }, Standing::Due, &[1], &[]);
    assert!(matches!(found.placed[0].disposition, Disposition::Excluded { .. }));
    let left: Vec<_> =
        found.groups[0].left_out.iter().map(|left| left.service.map(|id| id.0)).collect();
    assert_eq!(left, expected);
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

/// Groups are the same however many are made at a time, also where a line has to do with two contracts.
#[test]
fn groups_that_are_made_one_by_one_are_those_of_the_whole() {
    let (products, links) = lists();
    let mappings = [mapping("on", 1, true), mapping("other", 3, true), mapping("free", 4, true)];
    let mapped =
        mappings.each_ref().map(|mapping| MappedTenant { mapping, standing: Standing::Due });
    let two_readings = Line {
        number: 3,
        domain: Some("on.onmicrosoft.com".into()),
        customer_name: Some("Customer other".into()),
        ..line("unknown", "Business Basic")
    };
    let credit = Line { number: 4, subtotal: Money(decimal("-1")), ..line("other-s", "Twin") };
    let other = Line { number: 2, ..line("other-s", "Business Basic") };
    let lines = [line("on-s", "Business Basic"), other, two_readings, credit];
    let catalogue = Catalogue::new(&products, &links);
    let request = TriageRequest {
        month: "2026-09".parse().expect("a month"),
        lines: &lines.clone().into(),
        tenants: &[tenant("on"), tenant("other")],
        catalogue: &catalogue,
        mappings: &mapped,
        contracts: &[ContractId(1), ContractId(3), ContractId(4)].into(),
        failed: &BTreeSet::new(),
        azure: false,
        policies: &Policies::default(),
    };
    let whole = triage(&request);
    assert_eq!(whole.groups.len(), 3);
    let sorted = SortedLines::new(&request);
    let contracts: Vec<ContractId> = sorted.contracts().collect();
    let one_by_one: Vec<ContractGroup> =
        contracts.iter().flat_map(|contract| sorted.groups(&[*contract])).collect();
    assert_eq!(one_by_one, whole.groups);
    assert_eq!(sorted.placed().collect::<Vec<_>>(), whole.placed);
}
