//! The lines of an invoice: a CSV read row by row and by column name (wire/prism 9, E14).

use std::{
    cell::Cell,
    io::{self, Read},
};

use csv::StringRecord;
use rust_decimal::Decimal;

use super::{
    assumed::{self, Term},
    loose::{day, decimal, tidy},
};
use crate::domain::{Currency, Day, Money, SubscriptionId, invoice::Line};

/// Rows after which a file is taken for damaged.
const MOST_ROWS: u32 = 1_000_000;

/// Bytes of one row after which a file is taken for damaged: a quote that is never closed would swallow all that follows.
const LONGEST_ROW: usize = 1 << 20;

/// A file that gives so many bytes and no more until it is told to go on.
struct Rationed<'ration, R> {
    file: R,
    left: &'ration Cell<usize>,
}

impl<R: Read> Read for Rationed<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let room = into.len().min(self.left.get());
        if room == 0 && !into.is_empty() {
            return Err(io::Error::other(format!("it is longer than {LONGEST_ROW} bytes")));
        }
        let count = self.file.read(&mut into[..room])?;
        self.left.set(self.left.get() - count);
        Ok(count)
    }
}

/// Where each column stands in this file. The first ten are certain, the others may be missing (A17).
struct Columns {
    subscription: usize,
    offer: usize,
    start: usize,
    end: usize,
    cost_price: usize,
    retail_price: usize,
    quantity: usize,
    ratio: usize,
    subtotal: usize,
    subtotal_retail: usize,
    description: Option<usize>,
    domain: Option<usize>,
    customer_name: Option<usize>,
    agreement_number: Option<usize>,
    currency: Option<usize>,
    cycle: Option<usize>,
    term_number: Option<usize>,
    term_unit: Option<usize>,
}

/// All rows in file order, or what is wrong and in which row. A header alone is an invoice without lines.
pub(super) fn read(file: impl Read) -> Result<Vec<Line>, String> {
    let left = Cell::new(0);
    let file = Rationed { file, left: &left };
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(file);
    let mut row = StringRecord::new();
    let mut next = |row: &mut StringRecord, number: u32| {
        left.set(LONGEST_ROW);
        reader.read_record(row).map_err(|error| format!("row {number}: {}", described(&error)))
    };
    if !next(&mut row, 0)? {
        return Err("the invoice file is empty".to_owned());
    }
    let (columns, width) = (Columns::find(&row)?, row.len());
    let mut lines = Vec::new();
    let mut number = 1;
    while next(&mut row, number)? {
        if row.len() != width {
            let found = row.len();
            return Err(format!("row {number} has {found} fields, the header has {width}"));
        }
        let line = columns.line(&row, number).map_err(|why| format!("row {number}, {why}"))?;
        lines.push(line);
        number += 1;
        if number > MOST_ROWS {
            return Err(format!("the invoice file has more than {MOST_ROWS} rows"));
        }
    }
    Ok(lines)
}

fn described(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8".to_owned(),
        csv::ErrorKind::Io(error) => error.to_string(),
        _ => "it cannot be read as CSV".to_owned(),
    }
}

impl Columns {
    fn find(header: &StringRecord) -> Result<Self, String> {
        let optional = |name: &str| {
            let is_it = |text: &str| tidy(text).eq_ignore_ascii_case(name);
            let mut places = header.iter().enumerate().filter(|(_, text)| is_it(text));
            match (places.next(), places.next()) {
                (found, None) => Ok(found.map(|(place, _)| place)),
                _ => Err(format!("the header has the column {name} twice")),
            }
        };
        let certain =
            |name: &str| optional(name)?.ok_or_else(|| format!("the header has no column {name}"));
        Ok(Self {
            subscription: certain("SubscriptionId")?,
            offer: certain("OfferName")?,
            start: certain("ChargeStartDate")?,
            end: certain("ChargeEndDate")?,
            cost_price: certain("UnitPrice")?,
            retail_price: certain("UnitPriceRrp")?,
            quantity: certain("Quantity")?,
            ratio: certain("BillableRatio")?,
            subtotal: certain("SubTotal")?,
            subtotal_retail: certain("SubTotalRrp")?,
            description: optional("LineDescription")?,
            domain: optional("PrimaryDomainName")?,
            customer_name: optional("CustomerName")?,
            agreement_number: optional("AgreementNumber")?,
            currency: optional("CurrencyCode")?.or(optional("Currency")?),
            cycle: optional("BillingCycle")?,
            term_number: optional("TermDurationNumber")?,
            term_unit: optional("TermDurationUnit")?,
        })
    }

    fn line(&self, row: &StringRecord, number: u32) -> Result<Line, String> {
        let subscription = text(row, Some(self.subscription)).map(SubscriptionId::new);
        let start = date(row, self.start, "ChargeStartDate")?;
        let end = date(row, self.end, "ChargeEndDate")?;
        if end < start {
            return Err(format!("ChargeEndDate {end} lies before ChargeStartDate {start}"));
        }
        // Lines without a subscription may leave figures out, but never what is billed.
        let figure = |column, name| match &subscription {
            None if text(row, Some(column)).is_none() => Ok(Decimal::ZERO),
            _ => number_in(row, column, name),
        };
        Ok(Line {
            number,
            offer_name: text(row, Some(self.offer)).unwrap_or_default(),
            start,
            end,
            description: text(row, self.description).unwrap_or_default(),
            cost_price: Money(figure(self.cost_price, "UnitPrice")?),
            retail_price: Money(figure(self.retail_price, "UnitPriceRrp")?),
            quantity: figure(self.quantity, "Quantity")?,
            ratio: figure(self.ratio, "BillableRatio")?,
            subtotal: Money(number_in(row, self.subtotal, "SubTotal")?),
            subtotal_retail: Money(figure(self.subtotal_retail, "SubTotalRrp")?),
            domain: text(row, self.domain).map(|domain| domain.to_lowercase()),
            customer_name: text(row, self.customer_name),
            agreement_number: text(row, self.agreement_number),
            motion: assumed::line_motion(&self.term(row), start, end),
            currency: text(row, self.currency).map(Currency::from),
            fault: None,
            subscription,
        })
    }

    fn term<'row>(&self, row: &'row StringRecord) -> Term<'row> {
        let field = |column: Option<usize>| {
            column.and_then(|at| row.get(at)).map(str::trim).filter(|text| !text.is_empty())
        };
        Term {
            cycle: field(self.cycle),
            number: field(self.term_number),
            unit: field(self.term_unit),
        }
    }
}

fn text(row: &StringRecord, column: Option<usize>) -> Option<String> {
    column.and_then(|at| row.get(at)).map(tidy).filter(|text| !text.is_empty())
}

fn date(row: &StringRecord, column: usize, name: &str) -> Result<Day, String> {
    let field = row.get(column).unwrap_or_default();
    day(field).ok_or_else(|| format!("{name}: “{}” is no day", short(field)))
}

fn number_in(row: &StringRecord, column: usize, name: &str) -> Result<Decimal, String> {
    decimal(row.get(column).unwrap_or_default()).map_err(|why| format!("{name}: {why}"))
}

fn short(text: &str) -> String {
    crate::http::first_characters(&tidy(text), 40)
}
