//! What it costs to read an invoice of twenty thousand lines, a page of units and a price list, each beside the library alone
//! into the same kinds of values: `cargo bench --bench decode`.

use std::hint::black_box;

use chrono::{DateTime, NaiveDateTime, Utc};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use prism_connect::{
    prism::{lines_of_file, products_of_list},
    psa::autotask::units_of_page,
};
use rust_decimal::Decimal;
use serde::Deserialize;

const ROWS: usize = 20_000;

const HEADER: &str = "SubscriptionId,OfferName,ChargeStartDate,ChargeEndDate,UnitPrice,UnitPriceRrp,Quantity,BillableRatio,\
                      SubTotal,SubTotalRrp,LineDescription,PrimaryDomainName,CustomerName,AgreementNumber,CurrencyCode,\
                      BillingCycle,TermDurationNumber,TermDurationUnit";

/// A row without any doubt: what is in it, and nothing else.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(dead_code, reason = "it is only read into")]
struct Row {
    subscription_id: String,
    offer_name: String,
    charge_start_date: NaiveDateTime,
    charge_end_date: NaiveDateTime,
    unit_price: Decimal,
    unit_price_rrp: Decimal,
    quantity: Decimal,
    billable_ratio: Decimal,
    sub_total: Decimal,
    sub_total_rrp: Decimal,
    line_description: String,
    primary_domain_name: String,
    customer_name: String,
    agreement_number: String,
    currency_code: String,
    billing_cycle: String,
    term_duration_number: u32,
    term_duration_unit: String,
}

fn file() -> String {
    let mut text = HEADER.to_owned();
    for row in 0..ROWS {
        let (customer, product) = (row / 20, row % 20);
        text.push_str(&format!(
            "\n{row:08x}-2b63-4c02-9a45-0a5f2a1c4d10,Microsoft 365 Product {product},2026-09-01T00:00:00,\
             2026-09-30T00:00:00,{}.45,{}.90,{},1,{}.15,{}.30,Monthly charge,customer{customer}.onmicrosoft.com,\
             Customer {customer} Pty Ltd,1040217,AUD,Monthly,1,Month",
            product + 3,
            product + 4,
            row % 40 + 1,
            row % 900,
            row % 950,
        ));
    }
    text
}

fn by_library(file: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(file.as_bytes());
    reader.deserialize().collect::<Result<_, _>>().expect("rows")
}

fn invoice(bench: &mut Criterion) {
    let file = file();
    assert_eq!(lines_of_file(file.as_bytes()).expect("lines").len(), by_library(&file).len());
    let mut group = bench.benchmark_group("an invoice of 20,000 lines");
    group.throughput(Throughput::Bytes(file.len() as u64)).sample_size(20);
    group.bench_function("as lines", |bench| {
        bench.iter(|| lines_of_file(black_box(file.as_bytes())).expect("lines"));
    });
    group.bench_function("by the library alone", |bench| {
        bench.iter(|| by_library(black_box(&file)));
    });
    group.finish();
}

/// Rows of a page of units, and products of a price list.
const UNITS: usize = 500;
const PRODUCTS: usize = 5_000;

/// A page of a query.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "it is only read into")]
struct Page {
    items: Vec<Unit>,
    page_details: PageDetails,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "it is only read into")]
struct PageDetails {
    next_page_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "it is only read into")]
struct Unit {
    id: i64,
    #[serde(rename = "contractID")]
    contract_id: i64,
    #[serde(rename = "serviceID")]
    service_id: i64,
    #[serde(rename = "contractServiceID")]
    contract_service_id: Option<i64>,
    start_date: DateTime<Utc>,
    end_date: Option<DateTime<Utc>>,
    units: i64,
    #[serde(with = "rust_decimal::serde::arbitrary_precision_option")]
    price: Option<Decimal>,
    #[serde(with = "rust_decimal::serde::arbitrary_precision_option")]
    cost: Option<Decimal>,
    approve_and_post_date: Option<DateTime<Utc>>,
}

fn page() -> String {
    let row = |row: usize| {
        format!(
            "{{\"approveAndPostDate\":null,\"contractID\":{},\"contractServiceID\":{},\"cost\":{}.3200,\
             \"endDate\":\"2026-05-31T00:00:00Z\",\"id\":{},\"price\":{}.5600,\"serviceID\":{},\
             \"startDate\":\"2026-05-01T00:00:00Z\",\"units\":{}}}",
            29_800_010 + row / 50,
            row / 14,
            row % 300,
            10_739_737 + row,
            row % 400,
            29_682_701 + row % 20,
            row % 40,
        )
    };
    let rows: Vec<String> = (0..UNITS).map(row).collect();
    format!("{{\"items\":[{}],\"pageDetails\":{{\"nextPageUrl\":null}}}}", rows.join(","))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(dead_code, reason = "it is only read into")]
struct PriceList {
    product_groups: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(dead_code, reason = "it is only read into")]
struct Group {
    product_group: String,
    products: Vec<Listed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(dead_code, reason = "it is only read into")]
struct Listed {
    product_id: String,
    product_sku: String,
    product_name: String,
    product_description: Option<String>,
    product_short_description: Option<String>,
    #[serde(with = "rust_decimal::serde::arbitrary_precision_option")]
    price: Option<Decimal>,
    #[serde(with = "rust_decimal::serde::arbitrary_precision_option")]
    unit_price: Option<Decimal>,
    #[serde(with = "rust_decimal::serde::arbitrary_precision_option")]
    retail_price: Option<Decimal>,
    #[serde(with = "rust_decimal::serde::arbitrary_precision_option")]
    retail_unit_price: Option<Decimal>,
    qty: u32,
    product_group: String,
    product_unit: String,
    product_frequencies: Vec<String>,
    billing_cycle_options: u32,
}

fn price_list() -> String {
    let product = |product: usize| {
        format!(
            "{{\"ProductId\":\"{product:08x}-2b63-4c02-9a45-0a5f2a1c4d10\",\"ProductSku\":\"CFQ7TTC0{product:04X}:0001\",\
             \"ProductName\":\"Microsoft 365 Product {product}\",\
             \"ProductDescription\":\"Microsoft 365: Microsoft 365 Product {product}\",\
             \"ProductShortDescription\":null,\"ProductGroup\":\"Microsoft 365\",\
             \"ProductGroupId\":\"0a5f2a1c-2b63-4c02-9a45-0a5f2a1c4d10\",\"Price\":{cost}.90,\"UnitPrice\":{cost}.90,\
             \"RetailPrice\":{cost}.95,\"RetailUnitPrice\":{cost}.95,\"Qty\":1,\"MinQty\":1,\"MaxQty\":10000000,\
             \"ProductUnit\":\"Licenses\",\"ProductType\":\"NON-SPECIFIC\",\"IsTrialProduct\":false,\
             \"ProductFrequencies\":[\"Monthly\"],\"BillingCycleOptions\":1,\"BillingCycleDuration\":1,\
             \"CommitmentValue\":null,\"TieredProductSku\":null,\"ProductRestrictions\":null}}",
            cost = product % 90 + 1,
        )
    };
    let group = |group: usize| {
        let products: Vec<String> =
            (0..PRODUCTS / 10).map(|at| product(group * 1_000 + at)).collect();
        format!(
            "{{\"ProductGroupId\":\"{group}\",\"ProductGroup\":\"Group {group}\",\"Products\":[{}]}}",
            products.join(",")
        )
    };
    let groups: Vec<String> = (0..10).map(group).collect();
    format!("{{\"ProductGroups\":[{}]}}", groups.join(","))
}

fn units(bench: &mut Criterion) {
    let page = page();
    assert_eq!(units_of_page(page.as_bytes()), Ok(UNITS));
    let mut group = bench.benchmark_group("a page of 500 rows of units");
    group.throughput(Throughput::Bytes(page.len() as u64)).sample_size(20);
    group.bench_function("as rows", |bench| {
        bench.iter(|| units_of_page(black_box(page.as_bytes())).expect("rows"));
    });
    group.bench_function("by the library alone", |bench| {
        bench.iter(|| serde_json::from_slice::<Page>(black_box(page.as_bytes())).expect("rows"));
    });
    group.finish();
}

fn prices(bench: &mut Criterion) {
    let list = price_list();
    assert_eq!(products_of_list(list.as_bytes()).expect("products").len(), PRODUCTS);
    let mut group = bench.benchmark_group("a price list of 5,000 products");
    group.throughput(Throughput::Bytes(list.len() as u64)).sample_size(20);
    group.bench_function("as products", |bench| {
        bench.iter(|| products_of_list(black_box(list.as_bytes())).expect("products"));
    });
    group.bench_function("by the library alone", |bench| {
        bench.iter(|| {
            serde_json::from_slice::<PriceList>(black_box(list.as_bytes())).expect("products")
        });
    });
    group.finish();
}

criterion_group!(benches, invoice, units, prices);
criterion_main!(benches);
