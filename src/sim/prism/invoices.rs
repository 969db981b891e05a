//! E13 and E14: invoice headers and the lines of one, as CSV.

use std::sync::PoisonError;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::caller::{Caller, Parameters, known};
use super::replies::{Refusal, long_midnight, midnight, number, portions, served};
use super::settings::PrismSettings;
use super::state::Prism;
use crate::assumptions::{Assumptions, AzureLines, CsvColumns, Headers, Paging, Presence};
use crate::behaviour::Behaviour;
use crate::journal::System;
use crate::world::World;
use crate::world::billing::cents;
use crate::world::calendar::{Month, later};
use crate::world::invoice::{Invoice, Line};

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

/// The columns that a client may be certain of (A17).
const CERTAIN: [&str; 10] = [
    "SubscriptionId",
    "OfferName",
    "ChargeStartDate",
    "ChargeEndDate",
    "UnitPrice",
    "UnitPriceRrp",
    "Quantity",
    "BillableRatio",
    "SubTotal",
    "SubTotalRrp",
];

/// How many columns come last and may be missing.
const LAST_COLUMNS: usize = 6;

/// E13, newest first.
pub(super) async fn list(
    State(prism): State<Prism>,
    _: Caller,
    parameters: Parameters,
) -> Result<Json<Value>, Refusal> {
    let page = parameters.count("page")?.unwrap_or(1);
    let limit = prism.settings.page_size_limit.max(1);
    let size = parameters.count("pagesize")?.unwrap_or(limit).min(limit);
    let assumed = prism.assumed();
    let world = prism.read();
    let mut order: Vec<&Invoice> = world.invoices.iter().rev().collect();
    order.sort_by_key(|invoice| std::cmp::Reverse(invoice.issued));
    let shown: Vec<&Invoice> = match assumed.invoice_paging {
        Paging::Honoured => {
            order.into_iter().skip((page - 1).saturating_mul(size)).take(size).collect()
        }
        Paging::Ignored => order,
    };
    let row = |invoice: &&Invoice| header_row(&world, invoice, assumed);
    let served = |row| served(&prism.behaviour, "invoices", row);
    let records: Vec<Value> = shown.iter().map(row).flat_map(served).collect();
    let mut reply = json!({ "Records": records });
    if assumed.page_totals == Presence::Given {
        reply["Page"] = page.into();
        reply["PageSize"] = size.into();
        reply["TotalRecords"] = world.invoices.len().into();
    }
    Ok(Json(reply))
}

/// The members that public code reads (A12).
const SEEN: [&str; 5] =
    ["InvoiceId", "ProgramName", "BillingPeriodStart", "UsageYear", "UsageMonth"];

fn header_row(world: &World, invoice: &Invoice, assumed: Assumptions) -> Value {
    let agreement = &world.agreements[invoice.agreement];
    let partner = &world.customers[0];
    let period = Month::of(invoice.issued);
    let sub_total = invoice.sub_total(assumed.azure_lines == AzureLines::OnInvoice);
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
        "CurrencyCode": invoice.currency,
        "SubTotal": number(sub_total),
        "TaxAmount": number(tax),
        "Total": number(sub_total + tax),
        "PurchaseOrderNumber": null,
    });
    if assumed.invoice_type == Presence::Given && invoice.typed {
        made["InvoiceType"] = Value::String(invoice.kind.clone());
    }
    if let Some(members) = made.as_object_mut() {
        let kept = |name: &str| match name {
            "Status" => assumed.invoice_status == Presence::Given,
            "CurrencyCode" => assumed.invoice_currency == Presence::Given,
            _ => true,
        };
        let seen = assumed.invoice_headers == Headers::Seen;
        members.retain(|name, _| kept(name) && (!seen || SEEN.contains(&name.as_str())));
    }
    made
}

/// E14: made tenant by tenant while it is sent.
pub(super) async fn csv(
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
    let (settings, behaviour) = (prism.settings.clone(), prism.behaviour.clone());
    let table = Table { agreement, settings, assumed: prism.assumed(), behaviour };
    let tail = table.extra_rows(&prism, index);
    let head = table.head();
    let body = portions(prism.world, tenants, head, tail, move |world, tenant, bytes| {
        let lines =
            world.tenant_lines(tenant, usage, table.assumed.azure_lines == AzureLines::OnInvoice);
        bytes.extend(table.rows(world, &lines));
    });
    Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], body).into_response())
}

struct Table {
    agreement: usize,
    settings: std::sync::Arc<PrismSettings>,
    assumed: Assumptions,
    behaviour: Behaviour,
}

impl Table {
    fn has(&self, at: usize) -> bool {
        match self.assumed.csv_columns {
            CsvColumns::All => true,
            CsvColumns::WithoutLastSix => at + LAST_COLUMNS < COLUMNS.len(),
            CsvColumns::CertainTen => CERTAIN.contains(&COLUMNS[at]),
        }
    }

    /// The rows that are served in the place of this one.
    fn served(&self, row: [String; 19]) -> Vec<[String; 19]> {
        if !self.behaviour.odd_rows.concern(System::Prism, "lines") {
            return vec![row];
        }
        let members = COLUMNS.iter().map(|name| (*name).to_owned());
        let line = Value::Object(members.zip(row.into_iter().map(Value::String)).collect());
        let cell = |line: &Value, name: &str| match &line[name] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let rows = self.behaviour.odd_rows.serve(System::Prism, "lines", line);
        rows.iter().map(|line| COLUMNS.map(|name| cell(line, name))).collect()
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
            lines.iter().flat_map(|line| self.served(cells(line, reseller, number))).collect();
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
            let cells = row.iter().enumerate().filter(|(at, _)| self.has(*at));
            writer
                .write_record(cells.map(|(_, cell)| cell))
                .expect("every row has as many cells, and memory takes them");
        }
        writer.into_inner().expect("memory takes what is left")
    }
}

fn cells(line: &Line<'_>, reseller: &str, agreement: &str) -> [String; 19] {
    let plain = |amount: Decimal| amount.normalize().to_string();
    let mut cells = [
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
    ];
    for (column, text) in line.cells {
        let place = COLUMNS.iter().position(|name| name == column);
        text.clone_into(&mut cells[place.expect("a scenario names columns of the file")]);
    }
    cells
}
