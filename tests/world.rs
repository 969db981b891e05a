//! The simulated world and its PRISM: arithmetic, determinism, the timelines that ought to stand, strictness of the servers.

#![expect(clippy::unwrap_used, reason = "a test that panics has found something")]

#[path = "support/loopback.rs"]
mod loopback;
#[expect(dead_code, reason = "other tests tell other worlds")]
#[path = "support/scenario.rs"]
mod scenario;

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::{Arc, RwLock};

use prism_connect::sim::Behaviour;
use prism_connect::sim::assumptions::{
    ActingRole, Assumptions, AzureLines, CsvColumns, ErrorBody, Headers, NullMembers, Offer,
    Paging, Presence, TokenErrors,
};
use prism_connect::sim::prism::{PrismSettings, SharedWorld, api_router, identity_router};
use prism_connect::sim::world::{
    ExpectedMapping, ExpectedRequest, Month, World, WorldKind, WorldSettings,
};
use rstest::rstest;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::scenario::{Scenario, tenants::SubscriptionPlan};

const BASIC: &str = "CFQ7TTC0LH18:0001";
const SEPTEMBER: Month = Month { year: 2026, number: 9 };

fn decimal(text: &str) -> Decimal {
    Decimal::from_str(text).unwrap()
}

/// One of the two servers, and a client with the token it needs.
struct Served {
    base: String,
    world: SharedWorld,
    client: reqwest::Client,
    token: String,
}

async fn served_with(world: World, settings: PrismSettings) -> Served {
    served_as(world, settings, Behaviour::default()).await
}

async fn served_under(world: World, assumptions: Assumptions) -> Served {
    served_as(world, PrismSettings::default(), Behaviour::assuming(assumptions)).await
}

async fn served_as(world: World, settings: PrismSettings, behaviour: Behaviour) -> Served {
    let (server, mut api) = identity_as(world, settings, behaviour).await;
    let (status, body) = server.token(&good_form(&server)).await;
    assert_eq!(status, 200, "{body}");
    api.token = body["access_token"].as_str().unwrap().into();
    api
}

async fn served(world: World) -> Served {
    served_with(world, PrismSettings::default()).await
}

async fn identity(world: World, settings: PrismSettings) -> (Served, Served) {
    identity_as(world, settings, Behaviour::default()).await
}

async fn identity_as(
    world: World,
    settings: PrismSettings,
    behaviour: Behaviour,
) -> (Served, Served) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let world: SharedWorld = Arc::new(RwLock::new(world));
    let mut both = Vec::new();
    for router in [
        identity_router(world.clone(), settings.clone(), behaviour.clone()),
        api_router(world.clone(), settings, behaviour),
    ] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let client = crate::loopback::client();
        both.push(Served { base, world: world.clone(), client, token: String::new() });
    }
    let api = both.pop().unwrap();
    (both.pop().unwrap(), api)
}

fn good_form(served: &Served) -> Vec<(String, String)> {
    let pair = served.world.read().unwrap().credentials();
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", &pair.client_id),
        ("client_secret", &pair.client_secret),
        ("scope", "rhipeapi"),
    ];
    fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

impl Served {
    async fn token(&self, form: &[(String, String)]) -> (u16, Value) {
        let url = format!("{}/core/connect/token", self.base);
        let answer = self.client.post(url).form(form).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let url = format!("{}{path}", self.base);
        let answer = self.client.get(url).bearer_auth(&self.token).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn json(&self, path: &str) -> Value {
        let (status, text) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = self.client.post(format!("{}{path}", self.base)).bearer_auth(&self.token);
        let answer = request.json(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }

    async fn invoices(&self) -> Vec<Value> {
        self.json("/api/v2/invoices").await["Records"].as_array().unwrap().clone()
    }

    async fn lines(&self, invoice: &Value) -> Vec<BTreeMap<String, String>> {
        let id = invoice["InvoiceId"].as_str().unwrap();
        let (status, text) = self.get(&format!("/api/v1/me/invoice/{id}/csv")).await;
        assert_eq!(status, 200);
        let text = text.trim_start_matches('\u{feff}');
        csv::Reader::from_reader(text.as_bytes()).deserialize().map(Result::unwrap).collect()
    }

    async fn standard(&self, month: u64) -> Value {
        let found = self.invoices().await.into_iter().find(|invoice| {
            invoice["UsageMonth"] == month
                && invoice["InvoiceType"] == "Standard"
                && invoice["ProgramName"] == "Microsoft CSP Indirect"
        });
        found.unwrap()
    }
}

fn exact(value: &Value) -> Decimal {
    decimal(&value.to_string())
}

fn small(kind: WorldKind, seed: u64) -> World {
    let size = WorldSettings { customers: 10, subscriptions: 4, ..WorldSettings::default() };
    World::generate(&WorldSettings { kind, seed, ..size })
}

/// One tenant named harbour with one subscription of a product at the given prices.
fn scenario(
    month: &str,
    prices: (&str, &str),
    plan: impl FnOnce(SubscriptionPlan) -> SubscriptionPlan,
) -> Scenario {
    Scenario::month(month)
        .product(BASIC, "Microsoft 365 Business Basic", prices.0, prices.1)
        .tenant("harbour", |tenant| tenant.subscription(BASIC, |one| plan(one.named("A"))))
}

fn request(world: &World, tenants: &[&str], months: &[&str], azure: bool) -> ExpectedRequest {
    let mapping = |tenant: &&str| ExpectedMapping {
        tenant: (*tenant).to_owned(),
        contract_id: world.contract_of(tenant).unwrap(),
        first_month: months[0].to_owned(),
    };
    ExpectedRequest {
        mappings: tenants.iter().map(mapping).collect(),
        azure,
        months: months.iter().map(|month| (*month).to_owned()).collect(),
    }
}

/// Steps of the only timeline, as text: `2026-09-01=5 2026-09-19=6`.
fn steps(world: &World, months: &[&str], azure: bool) -> String {
    let found = world.expected(&request(world, &["harbour"], months, azure));
    assert!(found.len() <= 1, "{found:?}");
    let steps = found.iter().flat_map(|timeline| &timeline.steps);
    steps.map(|step| format!("{}={}", step.date, step.units)).collect::<Vec<_>>().join(" ")
}

// ---- arithmetic (wire section 9.2) ----

#[rstest]
#[case::quantity_change("2026-09", "10", "10", &[("2026-09-01", "2026-09-18", 5), ("2026-09-19", "2026-09-30", 6)],
    &[("5", "0.6", "30", "30"), ("6", "0.4", "24", "24")])]
#[case::starts_inside("2022-04", "12", "14.5", &[("2022-04-03", "2022-04-15", 10), ("2022-04-16", "2022-04-30", 15)],
    &[("10", "0.433333333", "52", "62.83"), ("15", "0.5", "90", "108.75")])]
#[case::long_month("2026-03", "10", "10", &[("2026-03-01", "2026-03-16", 1), ("2026-03-17", "2026-03-31", 2)],
    &[("1", "0.516129032", "5.16", "5.16"), ("2", "0.483870967", "9.68", "9.68")])]
#[case::three_days("2025-12", "43.64", "53.88", &[("2025-12-01", "2025-12-03", 8)],
    &[("8", "0.096774193", "33.79", "41.71")])]
#[tokio::test]
async fn lines_follow_the_pro_rata_table(
    #[case] month: &str,
    #[case] cost: &str,
    #[case] rrp: &str,
    #[case] spans: &[(&str, &str, i32)],
    #[case] wanted: &[(&str, &str, &str, &str)],
) {
    let made = scenario(month, (cost, rrp), |one| {
        spans.iter().fold(one, |one, (from, to, quantity)| one.span(from, to, *quantity))
    });
    let served = served(made.world()).await;
    let number = month[5..].parse().unwrap();
    let lines = served.lines(&served.standard(number).await).await;
    let found: Vec<_> = lines
        .iter()
        .map(|line| {
            let cell = |name: &str| line[name].as_str();
            (cell("Quantity"), cell("BillableRatio"), cell("SubTotal"), cell("SubTotalRrp"))
        })
        .collect();
    assert_eq!(found, wanted);
}

#[tokio::test]
async fn an_addition_to_an_annual_order_is_prorated_over_its_term() {
    let made = Scenario::month("2022-03")
        .since("2022-02")
        .annual("CFQ7TTC0LDPB:0001", "Microsoft 365 E3", "900.00", "1000.00")
        .tenant("harbour", |tenant| {
            tenant.subscription("CFQ7TTC0LDPB:0001", |one| {
                one.annual().span("2022-02-16", "2022-03-21", 10).from("2022-03-22", 12)
            })
        });
    let served = served(made.world()).await;
    let annual: Vec<_> =
        served.invoices().await.into_iter().filter(|one| one["InvoiceType"] == "Annual").collect();
    assert_eq!(annual.len(), 2);
    let lines = served.lines(&annual[0]).await;
    assert_eq!(lines[0]["Quantity"], "2");
    assert_eq!(lines[0]["ChargeEndDate"], "2023-02-15T00:00:00.0000000+00:00");
    assert_eq!(lines[0]["BillableRatio"], "0.906849315");
    assert_eq!(lines[0]["SubTotal"], "1632.33");
    assert_eq!(lines[0]["BillingCycle"], "Annual");
    assert!(served.lines(&served.standard(3).await).await.is_empty());
}

#[tokio::test]
async fn a_price_change_inside_the_month_gives_two_lines() {
    let made = scenario("2026-09", ("6.90", "8.00"), |one| one.from("2026-01-01", 6)).price_from(
        BASIC,
        "2026-09-16",
        "7.40",
        "8.50",
    );
    let served = served(made.world()).await;
    let lines = served.lines(&served.standard(9).await).await;
    let found: Vec<_> =
        lines.iter().map(|line| (&line["ChargeStartDate"][..10], &*line["UnitPrice"])).collect();
    assert_eq!(found, [("2026-09-01", "6.9"), ("2026-09-16", "7.4")]);
}

// ---- generated worlds ----

#[rstest]
#[tokio::test]
async fn the_lines_of_every_invoice_of_a_clean_world_add_up(#[values(1, 2, 3)] seed: u64) {
    let served = served(small(WorldKind::Clean, seed)).await;
    let invoices = served.invoices().await;
    for invoice in &invoices {
        let lines = served.lines(invoice).await;
        let sum: Decimal = lines.iter().map(|line| decimal(&line["SubTotal"])).sum();
        assert_eq!(sum, exact(&invoice["SubTotal"]), "{invoice}");
    }
    let standard = invoices.iter().filter(|one| one["InvoiceType"] == "Standard");
    assert_eq!(standard.filter(|one| one["ProgramName"] == "Microsoft CSP Indirect").count(), 4);
}

#[tokio::test]
async fn the_same_seed_gives_the_same_world_and_another_a_different_one() {
    let mut texts = Vec::new();
    for seed in [5, 5, 6] {
        let mut world = small(WorldKind::Troubled, seed);
        world.advance_month();
        let autotask = format!("{:?}", world.autotask_seed());
        let served = served(world).await;
        let invoice = served.standard(10).await;
        let id = invoice["InvoiceId"].as_str().unwrap();
        let csv = served.get(&format!("/api/v1/me/invoice/{id}/csv")).await.1;
        let customers = served.get("/api/v1/me/customers").await.1;
        texts.push((autotask, invoice.to_string(), csv, customers));
    }
    assert_eq!(texts[0], texts[1]);
    assert_ne!(texts[0], texts[2]);
}

#[rstest]
fn the_ordinary_world_has_names_that_are_hard_to_quote(#[values(1, 2, 3)] seed: u64) {
    let world = World::generate(&WorldSettings { seed, ..WorldSettings::default() });
    let names: Vec<_> = world.true_mappings().into_iter().map(|one| one.customer_name).collect();
    let some = |hard: fn(&str) -> bool| names.iter().any(|name| hard(name));
    assert!(some(|name| name.contains(',')), "{names:?}");
    assert!(some(|name| name.contains('"')), "{names:?}");
    assert!(some(|name| !name.is_ascii()), "{names:?}");
    assert!(some(|name| name.contains('&')), "{names:?}");
}

#[rstest]
fn every_name_id_and_domain_is_one_of_a_kind(#[values(1, 7)] seed: u64) {
    let size = WorldSettings { customers: 600, seed, ..WorldSettings::default() };
    let world = World::generate(&size);
    let mut names = std::collections::HashSet::new();
    for (id, domain) in world.tenant_names() {
        assert!(names.insert(id));
        assert!(names.insert(domain));
    }
    let mut contracts = std::collections::HashSet::new();
    for contract in world.autotask_seed().contracts {
        assert!(contracts.insert(contract.id), "{}", contract.id);
    }
}

#[rstest]
fn usable_counterparts_have_a_contract_that_works_in_clean_worlds(
    #[values(1, 2, 3, 4, 5, 6, 7, 8)] seed: u64,
) {
    let world = World::generate(&WorldSettings { seed, ..WorldSettings::default() });
    let rows = world.autotask_seed();
    let mut unusable = 0;
    for mapping in world.true_mappings() {
        let contract = rows.contracts.iter().find(|row| row.id == mapping.contract_id).unwrap();
        assert_eq!(contract.company, mapping.company_id);
        assert!(rows.companies.iter().any(|row| row.id == mapping.company_id));
        let covers = contract.start.to_string().as_str() < "2026-08-01"
            && contract.end.to_string().as_str() > "2027-12-01";
        let works = contract.contract_type == 7 && contract.status == 1 && covers;
        assert_eq!(works, mapping.usable, "{contract:?}");
        unusable += usize::from(!mapping.usable);
    }
    assert!(unusable > 0);
}

#[tokio::test]
async fn the_price_list_has_dated_prices_in_three_motions() {
    let served = served(small(WorldKind::Clean, 1)).await;
    let customers = served.json("/api/v1/me/customers").await;
    let agreement = &customers[1]["CustomerProgramAgreements"][0]["ContractAgreementId"];
    let agreement = agreement.as_str().unwrap();
    let mut lists = Vec::new();
    for path in ["2026/6/1/?excludeTieredProducts=True", "2026/12/01"] {
        let path = format!("/api/v2/me/pricing/{agreement}/pricelist/{path}");
        let groups = served.json(&path).await["ProductGroups"].as_array().unwrap().clone();
        let products: Vec<Value> =
            groups.iter().flat_map(|group| group["Products"].as_array().unwrap().clone()).collect();
        lists.push(products);
    }
    assert!(lists[0].len() >= 120, "{}", lists[0].len());
    let price = |product: &Value| product["UnitPrice"].to_string();
    let changed = lists[0].iter().zip(&lists[1]).filter(|(old, new)| price(old) != price(new));
    assert!(changed.count() > 5);
    let long = |product: &&Value| price(product).split('.').nth(1).is_some_and(|d| d.len() > 6);
    assert!(lists[0].iter().filter(long).count() > 5);
    let mut motions: BTreeMap<String, usize> = BTreeMap::new();
    for product in &lists[0] {
        let marks = format!("{}{}", product["BillingCycleOptions"], product["ProductFrequencies"]);
        *motions.entry(marks).or_default() += 1;
    }
    let wanted = ["1[\"1 Year\"]", "1[\"Monthly\"]", "2[\"1 Year\"]"];
    assert_eq!(motions.keys().collect::<Vec<_>>(), wanted);
}

#[tokio::test]
async fn small_troubled_worlds_show_what_goes_wrong() {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 0..8 {
        let mut world = small(WorldKind::Troubled, seed);
        world.advance_month();
        let services = world.autotask_seed().services;
        let served = served(world).await;
        for invoice in served.invoices().await {
            let sum: Decimal = served
                .lines(&invoice)
                .await
                .iter()
                .map(|line| {
                    let empty = line["SubscriptionId"].is_empty();
                    let fraction = !decimal(&line["Quantity"]).fract().is_zero();
                    *seen.entry("no subscription").or_default() += usize::from(empty);
                    *seen.entry("fraction").or_default() += usize::from(fraction);
                    decimal(&line["SubTotal"])
                })
                .sum();
            let off = sum != exact(&invoice["SubTotal"]);
            *seen.entry("off").or_default() += usize::from(off);
            *seen.entry("void").or_default() += usize::from(invoice["Status"] == "Void");
            for kind in ["Credit", "Adjustment", "OneOff", "Annual"] {
                *seen.entry(kind).or_default() += usize::from(invoice["InvoiceType"] == kind);
            }
        }
        let collides = services.iter().any(|service| service.name.starts_with("PC_"));
        *seen.entry("collision").or_default() += usize::from(collides);
    }
    for (what, count) in &seen {
        assert!(*count > 0, "{what} never occurs: {seen:?}");
    }
}

/// A month's standard invoices, by agreement and by how much more they state than their lines sum to.
async fn stated(served: &Served, month: u64) -> BTreeMap<String, Decimal> {
    let mut stated = BTreeMap::new();
    let standard = |one: &&Value| {
        one["InvoiceType"] == "Standard" && one["UsageMonth"] == month && one["Status"] != "Void"
    };
    for invoice in served.invoices().await.iter().filter(standard) {
        let lines = served.lines(invoice).await;
        let sum: Decimal = lines.iter().map(|line| decimal(&line["SubTotal"])).sum();
        let agreement = invoice["AgreementNumber"].as_str().unwrap().to_owned();
        stated.insert(agreement, exact(&invoice["SubTotal"]) - sum);
    }
    stated
}

#[tokio::test]
async fn the_newest_invoice_of_a_few_customers_of_a_troubled_world_lacks_a_credit() {
    let size = WorldSettings { customers: 40, subscriptions: 4, ..WorldSettings::default() };
    let zero = Decimal::ZERO;
    let clean = served(World::generate(&size)).await;
    assert!(stated(&clean, 9).await.into_values().all(|off| off == zero));
    let troubled = World::generate(&WorldSettings { kind: WorldKind::Troubled, ..size });
    let troubled = served(troubled).await;
    let off: Vec<Decimal> = stated(&troubled, 9).await.into_values().collect();
    assert_eq!(off, [zero, zero, decimal("-12.50")], "ours, the other program's, the few's");
    assert!(stated(&troubled, 8).await.into_values().all(|off| off == zero));
    troubled.world.write().unwrap().advance_month();
    assert!(stated(&troubled, 10).await.into_values().all(|off| off == zero));
}

#[test]
fn a_big_world_is_made() {
    let begun = std::time::Instant::now();
    let size = WorldSettings { customers: 10_000, subscriptions: 20, ..WorldSettings::default() };
    let world = World::generate(&size);
    println!("10,000 x 20 took {:?}", begun.elapsed());
    assert!(world.tenant_names().len() >= 10_000);
    assert!(world.true_mappings().iter().filter(|mapping| mapping.usable).count() > 7_000);
}

// ---- the timelines that ought to stand ----

#[test]
fn w1_steps_at_the_start_and_at_the_change() {
    let made = scenario("2026-09", ("6.90", "8.00"), |one| {
        one.span("2026-09-01", "2026-09-18", 5).span("2026-09-19", "2026-09-30", 6)
    });
    let world = made.world();
    assert_eq!(steps(&world, &["2026-09"], false), "2026-09-01=5 2026-09-19=6");
}

#[test]
fn w4_a_new_subscription_begins_on_its_day() {
    let world = scenario("2026-09", ("6.90", "8.00"), |one| one.from("2026-09-12", 3)).world();
    assert_eq!(steps(&world, &["2026-09"], false), "2026-09-12=3");
}

#[test]
fn w5_a_cancelled_subscription_drops_the_day_after() {
    let world =
        scenario("2026-09", ("6.90", "8.00"), |one| one.span("2026-01-01", "2026-09-14", 6))
            .world();
    assert_eq!(steps(&world, &["2026-09"], false), "2026-09-01=6 2026-09-15=0");
}

#[test]
fn w6_a_subscription_missing_from_the_next_month_is_zero_from_its_first() {
    let made = scenario("2026-09", ("6.90", "8.00"), |one| one.span("2026-01-01", "2026-08-31", 6));
    let world = made.since("2026-08").world();
    assert_eq!(steps(&world, &["2026-08"], false), "2026-08-01=6");
    assert_eq!(steps(&world, &["2026-08", "2026-09"], false), "2026-08-01=6 2026-09-01=0");
    assert_eq!(steps(&world, &["2026-09"], false), "");
}

#[test]
fn w7_x3_subscriptions_and_tenants_of_one_contract_are_summed() {
    let made = scenario("2026-09", ("6.90", "8.00"), |one| one.from("2026-01-01", 10)).tenant(
        "bondi",
        |tenant| {
            tenant
                .on_contract_of("harbour")
                .subscription(&BASIC.to_lowercase(), |one| one.from("2026-09-05", 4))
        },
    );
    let world = made.world();
    let both = world.expected(&request(&world, &["harbour", "bondi"], &["2026-09"], false));
    assert_eq!(both.len(), 1);
    assert_eq!(both[0].sku, BASIC);
    assert_eq!(both[0].motion, "P1M:M");
    let found: Vec<_> = both[0].steps.iter().map(|step| (step.date.as_str(), step.units)).collect();
    assert_eq!(found, [("2026-09-01", 10), ("2026-09-05", 14)]);
}

#[test]
fn w9_w10_azure_stands_for_its_month_only_and_only_when_on() {
    let azure = "DZH318Z0BPS6:0001";
    let made = Scenario::month("2026-10").since("2026-09").azure_product(azure, "Azure plan");
    let made = made.tenant("harbour", |tenant| {
        tenant.subscription(azure, |one| {
            one.used("2026-09", "312.44", "359.31").used("2026-10", "298.10", "342.82")
        })
    });
    let world = made.world();
    assert_eq!(steps(&world, &["2026-09"], true), "2026-09-01=1 2026-10-01=0");
    assert_eq!(steps(&world, &["2026-09", "2026-10"], true), "2026-09-01=1 2026-11-01=0");
    assert_eq!(steps(&world, &["2026-09"], false), "");
}

#[test]
fn w11_annual_credit_and_lines_without_a_subscription_do_not_count() {
    let made = scenario("2026-09", ("6.90", "8.00"), |one| one.from("2026-09-01", 5)).invoice(
        "2026-09",
        |invoice| {
            let dates = ("2026-09-01", "2026-09-30");
            invoice
                .line("Basic", dates, |line| line.of("harbour", "A").quantity(9).annual())
                .line("Basic", dates, |line| line.of("harbour", "A").price("-5", "-6"))
                .line("Fee", dates, |line| line.price("99", "99"))
        },
    );
    assert_eq!(steps(&made.world(), &["2026-09"], false), "2026-09-01=5");
}

#[test]
fn w17_a_line_that_began_earlier_reaches_back_but_never_into_a_synced_month() {
    let made = scenario("2026-10", ("6.90", "8.00"), |one| one.span("2026-08-01", "2026-08-31", 2));
    let made = made.since("2026-08").invoice("2026-10", |invoice| {
        let dates = ("2026-09-15", "2026-10-31");
        invoice.line("Basic", dates, |line| line.of("harbour", "A").quantity(7))
    });
    let world = made.world();
    assert_eq!(steps(&world, &["2026-10"], false), "2026-09-15=7");
    assert_eq!(steps(&world, &["2026-09", "2026-10"], false), "2026-10-01=7");
}

#[test]
fn x10_three_months_in_a_row_overwrite_one_another() {
    let made = scenario("2026-09", ("6.90", "8.00"), |one| {
        one.span("2026-07-10", "2026-08-04", 3).span("2026-08-05", "2026-08-20", 8).span(
            "2026-09-02",
            "2026-10-14",
            4,
        )
    });
    let mut world = made.since("2026-07").world();
    let months = ["2026-07", "2026-08", "2026-09", "2026-10"];
    let three = "2026-07-10=3 2026-08-05=8 2026-08-21=0 2026-09-02=4";
    assert_eq!(steps(&world, &months[..3], false), three);
    assert_eq!(steps(&world, &months, false), three, "October has no invoice yet");
    assert_eq!(world.advance_month(), (2026, 10));
    assert_eq!(steps(&world, &months, false), format!("{three} 2026-10-15=0"));
}

#[test]
fn a_contract_is_read_as_a_number_or_as_text() {
    let text = r#"{"mappings":[{"tenant":"a","contract_id":"29800001","first_month":"2026-09"},
        {"tenant":"a","contract_id":29800001,"first_month":"2026-09"}],"azure":false,"months":[]}"#;
    let request: ExpectedRequest = serde_json::from_str(text).unwrap();
    assert_eq!(request.mappings[0].contract_id, request.mappings[1].contract_id);
}

#[rstest]
#[tokio::test]
async fn what_the_lines_say_on_a_day_is_what_ought_to_stand(#[values(1, 2, 3, 4, 5, 6)] seed: u64) {
    let world = small(WorldKind::Clean, seed);
    let mut truths = world.true_mappings();
    truths.retain(|truth| truth.usable);
    let mappings = truths.iter().map(|truth| ExpectedMapping {
        tenant: truth.tenant_id.clone(),
        contract_id: truth.contract_id,
        first_month: "2026-09".to_owned(),
    });
    let months = vec!["2026-09".to_owned()];
    let timelines =
        world.expected(&ExpectedRequest { mappings: mappings.collect(), azure: false, months });
    let served = served(world).await;
    let lines = served.lines(&served.standard(9).await).await;
    let mapped = |domain: &str| truths.iter().any(|truth| truth.domain == domain);
    for day in ["2026-09-01", "2026-09-15", "2026-09-30"] {
        let covered = lines.iter().filter(|line| {
            let azure = ["Azure plan (NCE Product)", "Microsoft Azure"];
            !azure.contains(&line["OfferName"].as_str())
                && mapped(&line["PrimaryDomainName"])
                && line["ChargeStartDate"][..10] <= *day
                && line["ChargeEndDate"][..10] >= *day
        });
        let billed: Decimal = covered.map(|line| decimal(&line["Quantity"])).sum();
        let standing = |steps: &[prism_connect::sim::world::ExpectedStep]| {
            steps.iter().rev().find(|step| step.date.as_str() <= day).map_or(0, |step| step.units)
        };
        let expected: i64 = timelines.iter().map(|timeline| standing(&timeline.steps)).sum();
        assert_eq!(billed, Decimal::from(expected), "{day}");
        assert!(expected > 0);
    }
}

// ---- the servers ----

#[rstest]
#[case::secret("client_secret", "wrong", "invalid_client")]
#[case::client("client_id", "7f3b6c1e-2a40-4c1d-9a55-0c9e4f1d2b10", "invalid_client")]
#[case::scope("scope", "everything", "invalid_scope")]
#[case::no_scope("scope", "", "invalid_scope")]
#[case::grant("grant_type", "password", "unsupported_grant_type")]
#[tokio::test]
async fn a_token_request_with_a_wrong_field_is_refused_with_400(
    #[case] field: &str,
    #[case] value: &str,
    #[case] error: &str,
) {
    let world = Scenario::month("2026-09").world();
    let (server, _) = identity(world, PrismSettings::default()).await;
    let mut form = good_form(&server);
    form.retain(|(name, _)| name != field);
    form.push((field.to_owned(), value.to_owned()));
    let (status, body) = server.token(&form).await;
    assert_eq!((status, &body["error"]), (400, &json!(error)));
}

#[tokio::test]
async fn a_token_request_that_is_no_form_or_no_post_is_refused() {
    let world = Scenario::month("2026-09").world();
    let (server, _) = identity(world, PrismSettings::default()).await;
    let (status, body) = server.post("/core/connect/token", &json!({ "scope": "rhipeapi" })).await;
    assert_eq!((status, &body["error"]), (400, &json!("invalid_request")));
    assert_eq!(server.get("/core/connect/token").await.0, 405);
}

#[tokio::test]
async fn calls_need_a_good_token() {
    let mut served = served(small(WorldKind::Clean, 1)).await;
    assert_eq!(served.get("/api/v1/me").await.0, 200);
    served.world.read().unwrap().forget_tokens();
    assert_eq!(served.get("/api/v1/me").await.0, 401);
    served.token = "made-up".to_owned();
    assert_eq!(served.get("/api/v2/invoices").await.0, 401);
    let bare = served.client.get(format!("{}/api/v2/invoices", served.base)).send().await.unwrap();
    assert_eq!(bare.status(), 401);
    let body: Value = bare.json().await.unwrap();
    assert!(body["Message"].is_string());
}

#[tokio::test]
async fn a_token_without_lifetime_is_never_good() {
    let settings = PrismSettings { token_lifetime_seconds: 0, ..PrismSettings::default() };
    let served = served_with(small(WorldKind::Clean, 1), settings).await;
    assert_eq!(served.get("/api/v1/me").await.0, 401);
}

#[rstest]
#[case::unknown_invoice("/api/v1/me/invoice/7f3b6c1e-2a40-4c1d-9a55-0c9e4f1d2b10/csv", 404)]
#[case::foreign_invoice("/api/v1/me/invoice/FOREIGN/csv", 403)]
#[case::no_guid("/api/v1/me/invoice/17/csv", 400)]
#[case::plural("/api/v1/me/invoices", 404)]
#[case::unknown_tenant("/api/v2/microsoftcsp/tenants/7f3b6c1e-2a40-4c1d-9a55-0c9e4f1d2b10", 404)]
#[case::foreign_agreement("/api/v2/contractagreements/FOREIGN/tenants", 403)]
#[case::no_page("/api/v2/invoices?page=0", 400)]
#[case::no_boolean("/api/v1/me/customers?includeDeactivatedCustomers=perhaps", 400)]
#[case::last_day_of_time(
    "/api/v2/microsoftcsp/azure/usage/summary/FOREIGN?endDate=x&startDate=%2B262142-12-31T01:00:00Z",
    400
)]
#[case::foreign_prices("/api/v2/me/pricing/FOREIGN/pricelist/2026/9/1/", 403)]
#[case::wrong_method("/api/v2/customers", 405)]
#[tokio::test]
async fn wrong_calls_are_refused_as_the_contract_says(#[case] path: &str, #[case] status: u16) {
    let served = served(small(WorldKind::Clean, 1)).await;
    let foreign = served.world.read().unwrap().foreign_id();
    let (found, body) = served.get(&path.replace("FOREIGN", &foreign)).await;
    assert_eq!(found, status, "{body}");
    assert!(serde_json::from_str::<Value>(&body).unwrap()["Message"].is_string());
}

#[tokio::test]
async fn names_and_booleans_are_taken_in_any_case() {
    let size = WorldSettings { customers: 50, ..WorldSettings::default() };
    let served = served(World::generate(&size)).await;
    let active = served.json("/api/v1/me/customers").await.as_array().unwrap().len();
    let path = "/api/v1/me/customers?INCLUDEdeactivatedcustomers=True";
    let all = served.json(path).await.as_array().unwrap().len();
    assert_eq!((active, all), (51, 53));
    let page = served.json("/api/v2/invoices?PAGE=2&pagesize=3").await;
    assert_eq!(page["Records"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn invoices_come_in_pages_until_one_is_empty() {
    let settings = PrismSettings { page_size_limit: 2, ..PrismSettings::default() };
    let served = served_with(small(WorldKind::Clean, 1), settings).await;
    let mut ids = std::collections::HashSet::new();
    let mut page = 1;
    loop {
        let answer = served.json(&format!("/api/v2/invoices?page={page}&pageSize=500")).await;
        let records = answer["Records"].as_array().unwrap().clone();
        assert!(records.len() <= 2);
        for record in &records {
            assert!(ids.insert(record["InvoiceId"].to_string()));
        }
        if records.is_empty() {
            assert_eq!(answer["TotalRecords"], ids.len());
            break;
        }
        page += 1;
    }
    assert!(ids.len() >= 8);
}

#[tokio::test]
async fn names_with_commas_quotes_and_accents_come_back_from_the_csv() {
    let name = "Smith, \"Jones\" & Søn Pty Ltd";
    let made = Scenario::month("2026-09").product(BASIC, "Basic, \"special\"", "6.90", "8.00");
    let made = made.tenant("harbour", |tenant| {
        tenant.customer(name).subscription(BASIC, |one| one.from("2026-09-01", 1))
    });
    let served = served(made.world()).await;
    let lines = served.lines(&served.standard(9).await).await;
    assert_eq!(lines[0]["CustomerName"], name);
    assert_eq!(lines[0]["OfferName"], "Basic, \"special\" (NCE Product)");
    assert_eq!(lines[0]["TermDurationUnit"], "MONTHS");
}

#[rstest]
#[case(CsvColumns::All, true, 19)]
#[case(CsvColumns::WithoutLastSix, true, 13)]
#[case(CsvColumns::CertainTen, true, 10)]
#[case(CsvColumns::All, false, 19)]
#[tokio::test]
async fn the_csv_has_the_columns_and_marks_of_its_settings(
    #[case] csv_columns: CsvColumns,
    #[case] mark: bool,
    #[case] width: usize,
) {
    let settings = PrismSettings { csv_bom: mark, csv_crlf: true, ..PrismSettings::default() };
    let assumptions = Assumptions { csv_columns, ..Assumptions::default() };
    let behaviour = Behaviour::assuming(assumptions);
    let served = served_as(small(WorldKind::Clean, 1), settings, behaviour).await;
    let invoice = served.standard(9).await;
    let id = invoice["InvoiceId"].as_str().unwrap();
    let url = format!("{}/api/v1/me/invoice/{id}/csv", served.base);
    let answer = served.client.get(url).bearer_auth(&served.token).send().await.unwrap();
    let bytes = answer.bytes().await.unwrap();
    assert_eq!(bytes.starts_with(b"\xEF\xBB\xBF"), mark);
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    assert_eq!(text.lines().next().unwrap().split(',').count(), width);
    assert!(text.contains("\r\n"));
}

#[tokio::test]
async fn without_azure_lines_the_header_still_adds_up() {
    let assumptions = Assumptions {
        azure_lines: AzureLines::Absent,
        invoice_type: Presence::Absent,
        ..Assumptions::default()
    };
    let size = WorldSettings { customers: 20, ..WorldSettings::default() };
    let served = served_under(World::generate(&size), assumptions).await;
    for invoice in served.invoices().await {
        assert!(invoice.get("InvoiceType").is_none());
        let lines = served.lines(&invoice).await;
        assert!(lines.iter().all(|line| line["OfferName"] != "Azure plan (NCE Product)"));
        let sum: Decimal = lines.iter().map(|line| decimal(&line["SubTotal"])).sum();
        assert_eq!(sum, exact(&invoice["SubTotal"]));
    }
}

#[tokio::test]
async fn every_line_finds_its_subscription_and_product() {
    let served = served(small(WorldKind::Clean, 2)).await;
    let customers = served.json("/api/v1/me/customers").await;
    let agreement = &customers[1]["CustomerProgramAgreements"][0]["ContractAgreementId"];
    let agreement = agreement.as_str().unwrap();
    let tenants = served.json(&format!("/api/v2/contractagreements/{agreement}/tenants")).await;
    let list = served.json(&format!("/api/v2/me/pricing/{agreement}/pricelist/2026/10/2/")).await;
    let mut keys = std::collections::HashSet::new();
    for group in list["ProductGroups"].as_array().unwrap() {
        for product in group["Products"].as_array().unwrap() {
            keys.insert(product["ProductId"].as_str().unwrap().to_lowercase());
            keys.insert(product["ProductSku"].as_str().unwrap().to_lowercase());
        }
    }
    let mut products: BTreeMap<String, String> = BTreeMap::new();
    for tenant in tenants.as_array().unwrap() {
        for held in tenant["Subscriptions"].as_array().unwrap() {
            let addons = held["AddonSubscriptions"].as_array().cloned().unwrap_or_default();
            for one in addons.iter().chain([held]) {
                let text = |name: &str| one[name].as_str().unwrap().to_owned();
                products.insert(text("SubscriptionId"), text("ProductId").to_lowercase());
            }
        }
    }
    let lines = served.lines(&served.standard(9).await).await;
    assert!(lines.len() > 10);
    for line in lines {
        assert!(keys.contains(&products[&line["SubscriptionId"]]), "{line:?}");
    }
}

#[tokio::test]
async fn the_days_of_azure_usage_add_up_to_the_invoice_line() {
    let azure = "DZH318Z0BPS6:0001";
    let made = Scenario::month("2026-09").azure_product(azure, "Azure plan");
    let made = made.tenant("harbour", |tenant| {
        tenant.subscription(azure, |one| one.named("cloud").used("2026-09", "312.44", "359.31"))
    });
    let world = made.world();
    let id = world.subscription_of("harbour", "cloud").unwrap();
    let served = served(world).await;
    let lines = served.lines(&served.standard(9).await).await;
    assert_eq!((&*lines[0]["UnitPrice"], &*lines[0]["SubTotal"]), ("312.44", "312.44"));
    let range = "startDate=2026-09-01T00:00:00.000Z&endDate=2026-10-01T00:00:00%2B0000";
    let path = format!("/api/v2/microsoftcsp/azure/usage/summary/{id}?{range}");
    assert_eq!(exact(&served.json(&path).await["TotalCost"]), decimal("312.44"));
    let mut sum = Decimal::ZERO;
    for page in 1.. {
        let body = json!({ "subscriptionId": id, "startDate": "2026-09-01T00:00:00+0000",
            "endDate": "2026-09-30T23:59:59+0000", "page": page, "pageSize": 40 });
        let (status, answer) =
            served.post("/api/v2/microsoftcsp/azure/usage/detailed", &body).await;
        assert_eq!(status, 200, "{answer}");
        let records = answer["Records"].as_array().unwrap();
        sum += records.iter().map(|record| exact(&record["Rrp"])).sum::<Decimal>();
        if records.is_empty() {
            break;
        }
    }
    assert_eq!(sum, decimal("359.31"));
}

#[tokio::test]
async fn azure_usage_may_be_late() {
    let azure = "DZH318Z0BPS6:0001";
    let made = Scenario::month("2026-09").azure_product(azure, "Azure plan");
    let made = made.tenant("harbour", |tenant| {
        tenant.subscription(azure, |one| one.named("cloud").used("2026-09", "300.00", "345.00"))
    });
    let world = made.world();
    let id = world.subscription_of("harbour", "cloud").unwrap();
    let settings = PrismSettings { usage_lag_days: 3, ..PrismSettings::default() };
    let served = served_with(world, settings).await;
    let range = "startDate=2026-09-01T00:00:00.000Z&endDate=2026-10-01T00:00:00%2B0000";
    let path = format!("/api/v2/microsoftcsp/azure/usage/summary/{id}?{range}");
    let known = exact(&served.json(&path).await["TotalCost"]);
    let (least, most) = (decimal("269.9"), decimal("270.1"));
    assert!(known > least && known < most, "27 of 30 days: {known}");
}

#[tokio::test]
async fn an_order_and_a_new_quantity_show_on_the_next_invoice() {
    let made = scenario("2026-09", ("6.90", "8.00"), |one| one.from("2026-01-01", 5));
    let world = made.world();
    let id = world.subscription_of("harbour", "A").unwrap();
    let tenant = world.tenant_names()[0].0.clone();
    let served = served(world).await;
    let path = format!("/api/v2/microsoftcsp/subscriptions/{id}/quantity/8");
    assert_eq!(served.post(&path, &json!({})).await.0, 204);
    let available =
        served.json(&format!("/api/v2/microsoftcsp/tenants/{tenant}/products/available")).await;
    let order = json!({ "tenantId": tenant, "orderBillingCycle": "Monthly",
        "products": [{ "productId": available[0]["ProductId"], "qty": 3 }] });
    assert_eq!(served.post("/api/v2/microsoftcsp/orders", &order).await.0, 200);
    served.world.write().unwrap().advance_month();
    let lines = served.lines(&served.standard(10).await).await;
    let found: Vec<_> =
        lines.iter().map(|line| (&line["ChargeStartDate"][..10], &*line["Quantity"])).collect();
    assert_eq!(found, [("2026-10-01", "5"), ("2026-10-02", "8"), ("2026-10-02", "3")]);
}

#[tokio::test]
async fn a_header_can_be_misstated_settled_and_doubled() {
    let made = scenario("2026-09", ("6.90", "8.00"), |one| one.from("2026-01-01", 5));
    let mut world = made.world();
    assert!(world.misstate_invoice(SEPTEMBER, decimal("0.10")));
    let served = served(world).await;
    assert_eq!(exact(&served.standard(9).await["SubTotal"]), decimal("34.60"));
    {
        let mut world = served.world.write().unwrap();
        world.misstate_invoice(SEPTEMBER, Decimal::ZERO);
        world.double_invoice(SEPTEMBER);
    }
    assert_eq!(exact(&served.standard(9).await["SubTotal"]), decimal("34.50"));
    let invoices = served.invoices().await;
    let csp = |one: &&Value| one["ProgramName"] == "Microsoft CSP Indirect";
    assert_eq!(invoices.iter().filter(csp).count(), 2);
    served.world.write().unwrap().void_doubles(SEPTEMBER);
    let invoices = served.invoices().await;
    assert_eq!(invoices.iter().filter(|one| one["Status"] == "Void").count(), 1);
}

#[tokio::test]
async fn a_person_signs_in_elsewhere_and_makes_credentials() {
    let world = Scenario::month("2026-09").world();
    let (server, mut api) = identity(world, PrismSettings::default()).await;
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let ask = [pair("client_id", "prism-connect"), pair("scope", "rhipeapi")];
    let url = format!("{}/core/connect/deviceauthorization", server.base);
    let answer = server.client.post(url).form(&ask).send().await.unwrap();
    let begun: Value = answer.json().await.unwrap();
    let poll = [
        pair("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        pair("client_id", "prism-connect"),
        pair("device_code", begun["device_code"].as_str().unwrap()),
    ];
    assert_eq!(server.token(&poll).await.1["error"], "authorization_pending");
    let page = begun["verification_uri_complete"].as_str().unwrap();
    let html = server.client.get(page).send().await.unwrap().text().await.unwrap();
    assert!(html.contains(begun["user_code"].as_str().unwrap()));
    let approve =
        [pair("user_code", begun["user_code"].as_str().unwrap()), pair("answer", "approve")];
    let url = begun["verification_uri"].as_str().unwrap();
    assert_eq!(server.client.post(url).form(&approve).send().await.unwrap().status(), 200);
    let (status, token) = server.token(&poll).await;
    assert_eq!(status, 200);
    api.token = token["access_token"].as_str().unwrap().to_owned();
    let wish = json!({ "clientName": "PRISM Connect", "email": "billing@northwind.example" });
    let (status, made) = api.post("/api/v2/me/clientcredentials", &wish).await;
    assert_eq!(status, 200, "{made}");
    let form = [
        pair("grant_type", "client_credentials"),
        pair("client_id", made["ClientId"].as_str().unwrap()),
        pair("client_secret", made["ClientSecret"].as_str().unwrap()),
        pair("scope", "rhipeapi"),
    ];
    assert_eq!(server.token(&form).await.0, 200);
    assert_eq!(server.token(&poll).await.1["error"], "expired_token");
}

#[tokio::test]
async fn a_prism_without_device_sign_in_says_so() {
    let assumptions = Assumptions { device_sign_in: Offer::Absent, ..Assumptions::default() };
    let world = Scenario::month("2026-09").world();
    let behaviour = Behaviour::assuming(assumptions);
    let (server, _) = identity_as(world, PrismSettings::default(), behaviour).await;
    let url = format!("{}/core/connect/deviceauthorization", server.base);
    let answer = server.client.post(url).form(&[("scope", "rhipeapi")]).send().await.unwrap();
    assert_eq!(answer.status(), 404);
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    let form = [("grant_type".to_owned(), grant.to_owned())];
    assert_eq!(server.token(&form).await.1["error"], "unauthorized_client");
}

#[tokio::test]
async fn token_errors_may_be_401() {
    let assumptions =
        Assumptions { token_errors: TokenErrors::Unauthorized, ..Assumptions::default() };
    let world = Scenario::month("2026-09").world();
    let behaviour = Behaviour::assuming(assumptions);
    let (server, _) = identity_as(world, PrismSettings::default(), behaviour).await;
    let mut form = good_form(&server);
    form.retain(|(name, _)| name != "client_secret");
    let (status, body) = server.token(&form).await;
    assert_eq!((status, &body["error"]), (401, &json!("invalid_client")));
}

#[tokio::test]
async fn errors_may_be_plain_text() {
    let assumptions = Assumptions { error_body: ErrorBody::Text, ..Assumptions::default() };
    let served = served_under(small(WorldKind::Clean, 1), assumptions).await;
    let (status, text) = served.get("/api/v1/me/invoices").await;
    assert_eq!(status, 404);
    assert!(text.starts_with("No HTTP resource"), "{text}");
    assert_eq!(served.get("/api/v1/me").await.0, 200);
}

#[tokio::test]
async fn members_without_a_value_may_be_absent() {
    let assumptions = Assumptions { null_members: NullMembers::Absent, ..Assumptions::default() };
    let usual = served(small(WorldKind::Clean, 1)).await.json("/api/v1/me/customers").await;
    let served = served_under(small(WorldKind::Clean, 1), assumptions).await;
    let bare = served.json("/api/v1/me/customers").await;
    assert!(usual[1].as_object().unwrap().contains_key("CrmId"));
    assert!(!bare[1].as_object().unwrap().contains_key("CrmId"));
    assert_eq!(usual[1]["CustomerId"], bare[1]["CustomerId"]);
}

#[tokio::test]
async fn a_role_may_be_a_number() {
    let assumptions = Assumptions { acting_role: ActingRole::Number, ..Assumptions::default() };
    let served = served_under(small(WorldKind::Clean, 1), assumptions).await;
    let customers = served.json("/api/v1/me/customers").await;
    let roles = (&customers[0]["CustomerActingRole"], &customers[1]["CustomerActingRole"]);
    assert_eq!(roles, (&json!(0), &json!(1)));
}

#[tokio::test]
async fn page_and_size_of_the_invoice_list_may_be_read_over() {
    let assumptions = Assumptions {
        invoice_paging: Paging::Ignored,
        page_totals: Presence::Absent,
        ..Assumptions::default()
    };
    let served = served_under(small(WorldKind::Clean, 1), assumptions).await;
    let all = served.json("/api/v2/invoices").await;
    assert_eq!(served.json("/api/v2/invoices?page=7&pageSize=1").await, all);
    assert_eq!(all.as_object().unwrap().keys().collect::<Vec<_>>(), ["Records"]);
}

#[rstest]
#[case::kind(
    Assumptions { invoice_type: Presence::Absent, ..Assumptions::default() }, &["InvoiceType"]
)]
#[case::status(
    Assumptions { invoice_status: Presence::Absent, ..Assumptions::default() }, &["Status"]
)]
#[case::currency(
    Assumptions { invoice_currency: Presence::Absent, ..Assumptions::default() }, &["CurrencyCode"]
)]
#[case::five(
    Assumptions { invoice_headers: Headers::Seen, ..Assumptions::default() },
    &["InvoiceType", "Status", "CurrencyCode", "SubTotal", "InvoiceNumber", "ContractAgreementId"]
)]
#[tokio::test]
async fn an_invoice_header_may_lack_what_is_assumed(
    #[case] assumptions: Assumptions,
    #[case] lacking: &[&str],
) {
    let usual = served(small(WorldKind::Clean, 1)).await.invoices().await;
    let served = served_under(small(WorldKind::Clean, 1), assumptions).await.invoices().await;
    for (usual, bare) in usual.iter().zip(&served) {
        assert_eq!(usual["InvoiceId"], bare["InvoiceId"]);
        let (usual, bare) = (usual.as_object().unwrap(), bare.as_object().unwrap());
        assert!(lacking.iter().all(|name| usual.contains_key(*name) && !bare.contains_key(*name)));
        assert!(bare.contains_key("UsageMonth") && bare.contains_key("ProgramName"));
    }
}
