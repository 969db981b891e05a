use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::domain::{
    Code, ProductId, Sku, Thing, choice::Chosen, choice::ServiceChoice, product::ServiceDraft,
};

fn money(text: &str) -> Money {
    text.parse().expect("money")
}

fn product(sku: &str, motion: Motion) -> Product {
    Product {
        id: ProductId::new(format!("id-{sku}")),
        key: ProductKey { sku: Sku::new(sku), motion },
        sku_text: sku.to_owned(),
        name: format!("Product {sku}"),
        description: "Long text.".to_owned(),
        cost: money("6.904449"),
        retail: money("8.00"),
        usage_billed: false,
        fault: None,
    }
}

fn service(id: i64, name: &str) -> Service {
    Service {
        id: ServiceId(id),
        name: name.to_owned(),
        sku: None,
        external_id: None,
        price: money("8.00"),
        cost: Some(money("6.9044")),
        active: true,
        billing_code_active: Some(true),
    }
}

fn link(product: &Product, service: i64) -> Link {
    Link {
        key: LinkKey::Product(product.key.clone()),
        service: ServiceId(service),
        origin: LinkOrigin::Created,
        previous: Vec::new(),
    }
}

const LIMITS: ServiceLimits = ServiceLimits {
    name: 100,
    description: 400,
    invoice_description: 1000,
    sku: Some(50),
    external_id: Some(50),
    price_decimals: 4,
    by_sku: false,
};

/// What new services are made with.
fn chosen() -> Chosen<i64> {
    Chosen::default().with(Thing::BillingCode, 7).with(Thing::Vendor, 9)
}

fn plan(products: &[Product], services: &[Service], links: &[Link]) -> Vec<ProductPlan> {
    plan_products(&ProductRequest {
        products,
        services,
        links,
        in_use: None,
        azure: true,
        made_with: Ok(&chosen()),
        limits: &LIMITS,
        written: &BTreeMap::new(),
    })
}

fn one(product: &Product, services: &[Service], links: &[Link]) -> ProductPlan {
    plan(std::slice::from_ref(product), services, links).remove(0)
}

fn drafted(plan: &ProductPlan) -> &ServiceDraft {
    match &plan.operation {
        Some(Operation::CreateService { draft, .. }) => draft,
        other => panic!("no draft in {other:?}"),
    }
}

#[rstest]
#[case::monthly(Motion::Monthly, "PC_CFQ7:0001")]
#[case::annual_term(Motion::AnnualTermMonthlyBill, "PC_P1Y:M_CFQ7:0001")]
fn an_unlinked_product_becomes_a_service(#[case] motion: Motion, #[case] name: &str) {
    let plan = one(&product("CFQ7:0001", motion), &[], &[]);
    let draft = drafted(&plan);
    assert_eq!((plan.action, draft.name.as_str()), (Action::Create, name));
    assert_eq!((draft.price, draft.cost), (money("8.00"), money("6.9044")));
    assert_eq!(draft.chosen, chosen());
    assert_eq!(draft.sku, "CFQ7:0001");
    assert_eq!(draft.external_id, external_id(&product("cfq7:0001", motion).key, &LIMITS));
}

#[test]
fn annually_billed_products_get_no_service() {
    let plan = one(&product("A", Motion::AnnualBill), &[], &[]);
    assert_eq!((plan.action, plan.operation), (Action::Excluded, None));
}

#[test]
fn texts_are_cut_at_a_character() {
    let long = Product {
        sku_text: "é".repeat(300),
        description: "👩‍🚀".repeat(200),
        ..product("A", Motion::Monthly)
    };
    let draft_of = one(&long, &[], &[]);
    let draft = drafted(&draft_of);
    assert_eq!(draft.name, format!("PC_{}", "é".repeat(97)));
    assert_eq!(draft.description, "👩‍🚀".repeat(80));
    assert_eq!(draft.invoice_description, "👩‍🚀".repeat(200));
    assert_eq!(draft.sku.chars().count(), 50);
}

#[test]
fn our_key_is_stable_short_and_of_one_product() {
    let long =
        |last: &str| ProductKey { sku: Sku::new("x".repeat(80) + last), motion: Motion::Monthly };
    let one = external_id(&long("1"), &LIMITS);
    assert_eq!((one.chars().count(), one.clone()), (50, external_id(&long("1"), &LIMITS)));
    assert_ne!(one, external_id(&long("2"), &LIMITS));
    let narrow = ServiceLimits { external_id: Some(20), ..LIMITS };
    assert_eq!(external_id(&long("1"), &narrow).len(), 20);
}

#[rstest]
#[case::right("8.00", Some("6.9044"), None, None)]
#[case::below_what_is_kept("8.00", Some("6.90441"), None, None)]
#[case::price("7.00", Some("6.9044"), Some("8.00"), None)]
#[case::cost("8.00", Some("5.00"), None, Some("6.9044"))]
#[case::no_cost("8.00", None, None, Some("6.9044"))]
fn a_linked_service_gets_price_and_cost_only_where_they_differ(
    #[case] is_price: &str,
    #[case] is_cost: Option<&str>,
    #[case] price: Option<&str>,
    #[case] cost: Option<&str>,
) {
    let product = product("A", Motion::Monthly);
    let present = Service {
        price: money(is_price),
        cost: is_cost.map(money),
        active: false,
        ..service(1, "Renamed by the operator")
    };
    let plan = one(&product, &[present], &[link(&product, 1)]);
    let wanted = (price.is_some() || cost.is_some()).then(|| Operation::UpdateService {
        product: product.key.clone(),
        service: ServiceId(1),
        price: price.map(money),
        cost: cost.map(money),
    });
    assert_eq!(plan.operation, wanted);
}

#[rstest]
#[case::ours("pc_cfq7")]
#[case::our_predecessors("CP_CFQ7")]
fn a_name_that_is_taken_is_a_collision_and_can_be_adopted(#[case] name: &str) {
    let product = product("CFQ7", Motion::Monthly);
    let plan = one(&product, &[service(5, name)], &[]);
    assert_eq!((plan.action, plan.operation.as_ref()), (Action::Collision, None));
    let text = plan.finding.as_ref().map(|finding| finding.text.clone()).unwrap_or_default();
    assert!(text.starts_with(&format!("Service “{name}” has this product's name")), "{text}");
    let adopted = plan.adopted().expect("a link");
    assert_eq!((adopted.service, adopted.origin), (ServiceId(5), LinkOrigin::Adopted));
}

#[test]
fn two_products_never_get_one_name() {
    let (one, other) = (product("A", Motion::Monthly), product("A ", Motion::Monthly));
    let other = Product { key: ProductKey { sku: Sku::new("b"), ..other.key }, ..other };
    let plans = plan(&[one, other], &[], &[]);
    assert_eq!(
        plans.iter().map(|plan| plan.action).collect::<Vec<_>>(),
        [Action::Create, Action::Collision]
    );
}

#[test]
fn one_product_listed_twice_is_planned_once() {
    let twice = [product("A", Motion::Monthly), product("a", Motion::Monthly)];
    assert_eq!(plan(&twice, &[], &[]).len(), 1);
}

#[test]
fn a_service_with_our_key_is_recognised_after_the_state_was_lost() {
    let product = product("A", Motion::Monthly);
    let ours = Service {
        external_id: Some(external_id(&product.key, &LIMITS)),
        price: money("7.00"),
        ..service(3, "Renamed")
    };
    let plan = one(&product, &[ours], &[]);
    let recognised = plan.recognised.expect("a link");
    assert_eq!((recognised.service, recognised.origin), (ServiceId(3), LinkOrigin::Recognised));
    assert_eq!(plan.action, Action::Reprice);
}

#[test]
fn a_linked_service_that_is_gone_is_made_anew_and_remembered() {
    let product = product("A", Motion::Monthly);
    let plan = one(&product, &[service(2, "Another")], &[link(&product, 1)]);
    assert_eq!(plan.action, Action::Create);
    let link = plan.created(ServiceId(8));
    assert_eq!((link.service, link.previous), (ServiceId(8), vec![ServiceId(1)]));
}

#[test]
fn a_product_off_the_list_leaves_its_service_alone() {
    let product = product("A", Motion::Monthly);
    let plans = plan(&[], &[service(1, "PC_A")], &[link(&product, 1)]);
    assert_eq!((plans.len(), plans[0].action), (1, Action::Retired));
    assert_eq!(
        (&plans[0].operation, plans[0].service.as_ref().map(|s| s.id)),
        (&None, Some(ServiceId(1)))
    );
}

#[test]
fn in_use_only_touches_what_is_in_use() {
    let (one, other) = (product("A", Motion::Monthly), product("B", Motion::Monthly));
    let used = BTreeSet::from([one.key.clone()]);
    let plans = plan_products(&ProductRequest {
        products: &[one, other],
        services: &[],
        links: &[],
        in_use: Some(&used),
        azure: true,
        made_with: Ok(&chosen()),
        limits: &LIMITS,
        written: &BTreeMap::new(),
    });
    assert_eq!(
        plans.iter().map(|plan| plan.action).collect::<Vec<_>>(),
        [Action::Create, Action::NotInUse]
    );
}

fn usage_billed(product: Product) -> Product {
    Product { usage_billed: true, cost: Money::ZERO, retail: Money::ZERO, ..product }
}

fn with_azure(azure: bool, products: &[Product], links: &[Link]) -> Vec<ProductPlan> {
    plan_products(&ProductRequest {
        products,
        services: &[service(1, "PC_A")],
        links,
        in_use: None,
        azure,
        made_with: Ok(&chosen()),
        limits: &LIMITS,
        written: &BTreeMap::new(),
    })
}

#[rstest]
#[case::off(false, false, Action::Excluded)]
#[case::off_and_linked(false, true, Action::Excluded)]
#[case::on(true, false, Action::Create)]
#[case::on_and_linked(true, true, Action::Reprice)]
fn while_azure_is_off_its_products_are_left_alone(
    #[case] azure: bool,
    #[case] linked: bool,
    #[case] action: Action,
) {
    let product = usage_billed(product("AZURE", Motion::Monthly));
    let links: Vec<Link> = linked.then(|| link(&product, 1)).into_iter().collect();
    let plan = with_azure(azure, &[product], &links).remove(0);
    assert_eq!((plan.action, plan.operation.is_some()), (action, azure));
    assert_eq!(plan.service.map(|service| service.id), linked.then_some(ServiceId(1)));
    assert!(azure || plan.reason == "Azure is not synced", "{}", plan.reason);
}

proptest! {
    #[test]
    fn the_azure_switch_touches_nothing_but_azure(kinds in prop::collection::vec(any::<(bool, bool)>(), 0..8)) {
        let products: Vec<Product> = kinds.iter().enumerate().map(|(at, (usage, _))| {
            let product = product(&format!("P{at}"), Motion::Monthly);
            if *usage { usage_billed(product) } else { product }
        }).collect();
        let linked = products.iter().zip(&kinds).find(|(_, (_, linked))| *linked);
        let links: Vec<Link> = linked.map(|(product, _)| link(product, 1)).into_iter().collect();
        let (off, on) = (with_azure(false, &products, &links), with_azure(true, &products, &links));
        for ((product, off), on) in products.iter().zip(off).zip(on) {
            if product.usage_billed {
                prop_assert_eq!((off.action, off.operation), (Action::Excluded, None));
            } else {
                prop_assert_eq!(off, on);
            }
        }
    }
}

#[test]
fn without_billing_code_nothing_can_be_made() {
    let products = [product("A", Motion::Monthly)];
    let offered = [ServiceChoice::required(Thing::BillingCode)];
    let finding = Chosen::default().missing(&offered).expect("a required choice").missing();
    let plans = plan_products(&ProductRequest {
        products: &products,
        services: &[],
        links: &[],
        in_use: None,
        azure: true,
        made_with: Err(&finding),
        limits: &LIMITS,
        written: &BTreeMap::new(),
    });
    assert_eq!(plans[0].operation, None);
    assert_eq!(plans[0].finding.as_ref().map(|f| f.code.as_str()), Some("no_billing_code"));
}

#[test]
fn products_of_different_prices_on_one_service_leave_its_price_alone() {
    let one = product("A", Motion::Monthly);
    let other = Product { retail: money("9.00"), ..product("B", Motion::Monthly) };
    let links = [link(&one, 1), link(&other, 1)];
    let plans = plan(&[one, other], &[service(1, "Shared")], &links);
    assert!(plans.iter().all(|plan| plan.operation.is_none() && plan.finding.is_some()));
}

#[test]
fn planning_again_on_what_was_written_is_empty() {
    let products = [product("A", Motion::Monthly), product("B", Motion::AnnualTermMonthlyBill)];
    let (mut services, mut links) = (Vec::new(), Vec::new());
    for (id, plan) in (1..).zip(plan(&products, &[], &[])) {
        let draft = drafted(&plan);
        services.push(Service {
            name: draft.name.clone(),
            external_id: Some(draft.external_id.clone()),
            price: draft.price,
            cost: Some(draft.cost),
            ..service(id, "")
        });
        links.push(plan.created(ServiceId(id)));
    }
    let again = plan(&products, &services, &links);
    assert!(again.iter().all(|plan| plan.action == Action::Unchanged));
    let lost = plan(&products, &services, &[]);
    assert!(lost.iter().all(|plan| plan.operation.is_none() && plan.recognised.is_some()));
}

fn again(product: &Product, service: &Service, written: ServicePrices) -> ProductPlan {
    let links = [link(product, service.id.0)];
    let plans = plan_products(&ProductRequest {
        products: std::slice::from_ref(product),
        services: std::slice::from_ref(service),
        links: &links,
        in_use: None,
        azure: true,
        made_with: Ok(&chosen()),
        limits: &LIMITS,
        written: &BTreeMap::from([(service.id, written)]),
    });
    plans.into_iter().next().expect("a plan")
}

fn update(plan: &ProductPlan) -> Option<(Option<Money>, Option<Money>)> {
    match plan.operation {
        Some(Operation::UpdateService { price, cost, .. }) => Some((price, cost)),
        _ => None,
    }
}

#[test]
fn a_price_that_was_written_and_reads_back_rounded_is_not_written_again() {
    let product = product("CFQ7:0001", Motion::Monthly);
    let rounded = Service { cost: Some(money("6.90")), ..service(1, "PC_CFQ7:0001") };
    let cost = Some(money("6.9044"));
    let written = ServicePrices { cost, ..ServicePrices::default() };
    assert_eq!(update(&again(&product, &rounded, written)), None);
    // Never written, it may be another price: it is written once.
    let unknown = ServicePrices::default();
    assert_eq!(update(&again(&product, &rounded, unknown)), Some((None, cost)));
    let earlier = ServicePrices { cost: Some(money("6.8999")), ..written };
    assert_eq!(update(&again(&product, &rounded, earlier)), Some((None, cost)));
}

#[test]
fn a_service_without_a_cost_gets_one_once() {
    let product = product("CFQ7:0001", Motion::Monthly);
    let bare = Service { cost: None, ..service(1, "PC_CFQ7:0001") };
    let cost = Some(money("6.9044"));
    let first = again(&product, &bare, ServicePrices::default());
    assert_eq!(update(&first), Some((None, cost)));
    let operation = first.operation.expect("a write");
    let written = ServicePrices::default().after(&operation, None);
    let second = again(&product, &bare, written);
    assert_eq!(update(&second), None);
    assert_eq!(second.finding.expect("it is told").code, Code::CostHidden);
    let third = again(&product, &bare, ServicePrices { told: true, ..written });
    assert_eq!((update(&third), third.finding), (None, None));
    // Another cost on the price list is tried anew.
    let dearer = Product { cost: money("7.10"), ..product.clone() };
    assert_eq!(update(&again(&dearer, &bare, written)), Some((None, Some(money("7.10")))));
    let free = Product { cost: Money::ZERO, ..product };
    assert_eq!(update(&again(&free, &bare, ServicePrices::default())), None);
}

#[test]
fn where_no_service_of_many_shows_a_cost_none_is_written() {
    let products: Vec<Product> =
        (0..10).map(|n| product(&format!("CFQ7:{n:04}"), Motion::Monthly)).collect();
    let bare = |n: i64| Service { cost: None, ..service(n + 1, &format!("PC_CFQ7:{n:04}")) };
    let services: Vec<Service> = (0..10).map(bare).collect();
    let links: Vec<Link> = products.iter().zip(1..).map(|(one, n)| link(one, n)).collect();
    assert!(plan(&products, &services, &links).iter().all(|plan| plan.operation.is_none()));
    let mut one_shows = services;
    one_shows[3].cost = Some(money("6.9044"));
    let plans = plan(&products, &one_shows, &links);
    assert_eq!(plans.iter().filter(|plan| plan.operation.is_some()).count(), 9);
}

const BY_SKU: ServiceLimits = ServiceLimits { by_sku: true, ..LIMITS };

fn plan_by_sku(products: &[Product], services: &[Service], links: &[Link]) -> Vec<ProductPlan> {
    plan_products(&ProductRequest {
        products,
        services,
        links,
        in_use: None,
        azure: false,
        made_with: Ok(&chosen()),
        limits: &BY_SKU,
        written: &BTreeMap::new(),
    })
}

fn with_sku(id: i64, sku: &str) -> Service {
    Service { sku: Some(sku.to_owned()), ..service(id, "Business Basic") }
}

#[rstest]
#[case::as_it_is("CFQ7TTC0LH18:0001", Motion::Monthly)]
#[case::in_small_letters("cfq7ttc0lh18:0001", Motion::Monthly)]
#[case::annual("P1Y:M_CFQ7TTC0LH18:0001", Motion::AnnualTermMonthlyBill)]
#[case::annual_with_a_blank("p1y:m CFQ7TTC0LH18:0001", Motion::AnnualTermMonthlyBill)]
#[case::annual_with_a_colon("P1Y:M:CFQ7TTC0LH18:0001", Motion::AnnualTermMonthlyBill)]
#[case::annual_with_a_dash("P1Y:M-CFQ7TTC0LH18:0001", Motion::AnnualTermMonthlyBill)]
#[case::annual_with_nothing("P1Y:MCFQ7TTC0LH18:0001", Motion::AnnualTermMonthlyBill)]
fn the_item_with_its_vendor_sku_is_a_products_r10_16(#[case] sku: &str, #[case] motion: Motion) {
    let plans = plan_by_sku(&[product("CFQ7TTC0LH18:0001", motion)], &[with_sku(5, sku)], &[]);
    let linked = plans[0].recognised.as_ref().map(|link| link.service);
    assert_eq!((plans[0].action, linked), (Action::Unchanged, Some(ServiceId(5))));
}

#[test]
fn an_item_of_another_motion_is_not_r10_16() {
    let sold = product("CFQ7TTC0LH18:0001", Motion::Monthly);
    let plans = plan_by_sku(&[sold], &[with_sku(5, "P1Y:M_CFQ7TTC0LH18:0001")], &[]);
    assert_eq!((plans[0].action, &plans[0].recognised), (Action::Create, &None));
}

#[test]
fn cw20_two_active_items_with_one_vendor_sku_are_neither_and_a_pin_settles_it() {
    let sold = product("CFQ7TTC0LH18:0001", Motion::Monthly);
    let twice = [with_sku(5, "CFQ7TTC0LH18:0001"), with_sku(6, "cfq7ttc0lh18:0001")];
    let plans = plan_by_sku(std::slice::from_ref(&sold), &twice, &[]);
    let says = plans[0].finding.as_ref().expect("a finding");
    assert!(says.text.starts_with("Could not find source product or multiple matches"), "{says:?}");
    assert!(plans[0].is_stuck() && plans[0].operation.is_none());
    let pinned = Link { origin: LinkOrigin::Pinned, ..link(&sold, 6) };
    let plans = plan_by_sku(&[sold], &twice, &[pinned]);
    assert_eq!(plans[0].service.as_ref().map(|service| service.id), Some(ServiceId(6)));
}

#[test]
fn an_inactive_item_with_the_sku_is_none_r10_16() {
    let old = Service { active: false, ..with_sku(5, "CFQ7TTC0LH18:0001") };
    let current = with_sku(6, "CFQ7TTC0LH18:0001");
    let plans = plan_by_sku(&[product("CFQ7TTC0LH18:0001", Motion::Monthly)], &[old, current], &[]);
    assert_eq!(plans[0].recognised.as_ref().map(|link| link.service), Some(ServiceId(6)));
}
