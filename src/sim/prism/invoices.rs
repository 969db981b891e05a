//! E13 and E14: invoice headers and the lines of one, as CSV.

use std::sync::PoisonError;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::caller::{Caller, Parameters, known};
use super::replies::{Refusal, long_midnight, midnight, number, portions};
use super::{Prism, PrismSettings};
use crate::sim::world::World;
use crate::sim::world::billing::cents;
use crate::sim::world::calendar::{Month, later};
use crate::sim::world::invoice::{Invoice, Line};

const COLUMNS: [&str; 19] = [
    "ResellerName",
    "PrimaryDomainName",
    "SubscriptionId",
    "OfferName",
    "ChargeStartDate",
    "ChargeEndDate",
    "LineDescription",
    "UnitPrice",
    "UnitPriceRrp",
    "Quantity",
    "BillableRatio",
    "SubTotal",
    "SubTotalRrp",
    "AgreementNumber",
    "PurchaseOrderNumber",
    "CustomerName",
    "BillingCycle",
    "TermDurationNumber",
    "TermDurationUnit",
];

/// How many columns come last and may be missing.
const LAST_COLUMNS: usize = 6;

/// E13, newest first.
pub async fn list(
    State(prism): State<Prism>,
    _: Caller,
    parameters: Parameters,
) -> Result<Json<Value>, Refusal> {
    let page = parameters.count("page")?.unwrap_or(1);
    let limit = prism.settings.page_size_limit.max(1);
    let size = parameters.count("pagesize")?.unwrap_or(limit).min(limit);
    let world = prism.read();
    let mut order: Vec<&Invoice> = world.invoices.iter().rev().collect();
    order.sort_by_key(|invoice| std::cmp::Reverse(invoice.issued));
    let shown = order.into_iter().skip((page - 1).saturating_mul(size)).take(size);
    let records: Vec<Value> =
        shown.map(|invoice| header_row(&world, invoice, &prism.settings)).collect();
    Ok(Json(json!({
        "Records": records,
        "Page": page,
        "PageSize": size,
        "TotalRecords": world.invoices.len(),
    })))
}

fn header_row(world: &World, invoice: &Invoice, settings: &PrismSettings) -> Value {
    let agreement = &world.agreements[invoice.agreement];
    let partner = &world.customers[0];
    let period = Month::of(invoice.issued);
    let sub_total = invoice.sub_total(settings.azure_lines);
    let tax = cents(sub_total * Decimal::new(10, 2));
    let mut made = json!({
        "InvoiceId": invoice.id.to_string(),
        "InvoiceNumber": invoice.number,
        "ProgramName": agreement.program_name,
        "ContractAgreementId": agreement.id.to_string(),
        "AgreementNumber": agreement.number,
        "CustomerId": partner.id.to_string(),
        "CustomerName": partner.name,
        "UsageYear": invoice.usage.year,
        "UsageMonth": invoice.usage.number,
        "BillingPeriodStart": midnight(period.first()),
        "BillingPeriodEnd": midnight(period.last()),
        "InvoiceDate": midnight(invoice.issued),
        "DueDate": midnight(later(invoice.issued, 14)),
        "Status": invoice.status,
        "CurrencyCode": "AUD",
        "SubTotal": number(sub_total),
        "TaxAmount": number(tax),
        "Total": number(sub_total + tax),
        "PurchaseOrderNumber": null,
    });
    if settings.invoice_type && invoice.typed {
        made["InvoiceType"] = Value::String(invoice.kind.clone());
    }
    made
}

/// E14: made tenant by tenant while it is sent.
pub async fn csv(
    State(prism): State<Prism>,
    _: Caller,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let world = prism.read();
    let index = known(&world, &id, |id| world.by_invoice.get(id).copied())?;
    let invoice = &world.invoices[index];
    let (agreement, usage) = (invoice.agreement, invoice.usage);
    let mine = |tenant: &usize| invoice.derived && world.tenants[*tenant].agreement == agreement;
    let tenants: Vec<usize> = (0..world.tenants.len()).filter(mine).collect();
    drop(world);
    let table = Table { agreement, settings: prism.settings.clone() };
    let tail = table.extra_rows(&prism, index);
    let frame = (table.head(), tail);
    let body = portions(prism.world, tenants, frame, move |world, tenant, bytes| {
        let lines = world.tenant_lines(tenant, usage, table.settings.azure_lines);
        bytes.extend(table.rows(world, &lines));
    });
    Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], body).into_response())
}

struct Table {
    agreement: usize,
    settings: std::sync::Arc<PrismSettings>,
}

impl Table {
    fn width(&self) -> usize {
        COLUMNS.len() - if self.settings.csv_last_columns { 0 } else { LAST_COLUMNS }
    }

    fn head(&self) -> Vec<u8> {
        let mut bytes = if self.settings.csv_bom { "\u{feff}".into() } else { Vec::new() };
        bytes.extend(self.written(&[COLUMNS.map(str::to_owned)]));
        bytes
    }

    fn rows(&self, world: &World, lines: &[Line<'_>]) -> Vec<u8> {
        let number = &world.agreements[self.agreement].number;
        let reseller = &world.customers[0].name;
        let rows: Vec<[String; 19]> =
            lines.iter().map(|line| cells(line, reseller, number)).collect();
        self.written(&rows)
    }

    fn extra_rows(&self, prism: &Prism, index: usize) -> Vec<u8> {
        let world = prism.world.read().unwrap_or_else(PoisonError::into_inner);
        let extra = &world.invoices[index].extra;
        let lines: Vec<Line<'_>> = extra.iter().map(|line| world.extra_line(line)).collect();
        self.rows(&world, &lines)
    }

    fn written(&self, rows: &[[String; 19]]) -> Vec<u8> {
        let end = if self.settings.csv_crlf {
            csv::Terminator::CRLF
        } else {
            csv::Terminator::Any(b'\n')
        };
        let mut writer = csv::WriterBuilder::new().terminator(end).from_writer(Vec::new());
        for row in rows {
            let cells = &row[..self.width()];
            writer.write_record(cells).expect("every row has as many cells, and memory takes them");
        }
        writer.into_inner().expect("memory takes what is left")
    }
}

fn cells(line: &Line<'_>, reseller: &str, agreement: &str) -> [String; 19] {
    let plain = |amount: Decimal| amount.normalize().to_string();
    [
        reseller.to_owned(),
        line.domain.to_owned(),
        line.subscription.to_string(),
        line.offer.to_string(),
        long_midnight(line.from),
        long_midnight(line.to),
        line.description.to_owned(),
        plain(line.price.cost),
        plain(line.price.rrp),
        plain(line.quantity),
        plain(line.ratio),
        plain(line.amount()),
        plain(line.retail_amount()),
        agreement.to_owned(),
        String::new(),
        line.customer.to_owned(),
        line.cycle.to_owned(),
        "1".to_owned(),
        line.term.to_owned(),
    ]
}
