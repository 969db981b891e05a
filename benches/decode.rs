//! What it costs to read an invoice of twenty thousand lines, beside the library alone into the same kinds of values:
//! `cargo bench --bench decode`.

use std::hint::black_box;

use chrono::NaiveDateTime;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use prism_connect::prism::lines_of_file;
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

criterion_group!(benches, invoice);
criterion_main!(benches);
