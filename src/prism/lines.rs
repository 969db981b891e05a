//! The lines of an invoice: a CSV read row by row and by column name (wire/prism 9, E14).

use std::{
    cell::Cell,
    collections::BTreeMap,
    io::{self, Read},
};

use chrono::NaiveDate;
use csv::StringRecord;
use rust_decimal::Decimal;

use super::{
    assumed::{self, Term},
    loose::{decimal, midnight, tidy},
};
use crate::domain::{Day, Money, SubscriptionId, invoice::Line};

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
        lines.push(columns.line(&row, number));
        number += 1;
        if number > MOST_ROWS {
            return Err(format!("the invoice file has more than {MOST_ROWS} rows"));
        }
    }
    Ok(dated(lines).collect())
}

/// A row of which no day can be read stands where most others of the file do, so that it is in no month of its own.
fn dated(rows: Vec<Row>) -> impl Iterator<Item = Line> {
    let mut spans = BTreeMap::<(Day, Day), usize>::new();
    for row in rows.iter().filter(|row| row.dated) {
        *spans.entry((row.line.start, row.line.end)).or_default() += 1;
    }
    let most = spans.into_iter().max_by_key(|&(span, count)| (count, span));
    rows.into_iter().map(move |row| match most {
        Some(((start, end), _)) if !row.dated => Line { start, end, ..row.line },
        _ => row.line,
    })
}

/// A line, and whether a day of it could be read.
struct Row {
    line: Line,
    dated: bool,
}

/// What is wrong with a row: the first thing is told.
#[derive(Default)]
struct Faults(Option<String>);

impl Faults {
    fn note<T>(&mut self, read: Result<T, String>) -> Option<T> {
        read.map_err(|why| self.0.get_or_insert(why)).ok()
    }
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
            cycle: optional("BillingCycle")?,
            term_number: optional("TermDurationNumber")?,
            term_unit: optional("TermDurationUnit")?,
        })
    }

    /// A row with something in it that cannot be read is odd, and no other: whose it is stays to be seen (sync-rules 4.2).
    fn line(&self, row: &StringRecord, number: u32) -> Row {
        let subscription = text(row, Some(self.subscription)).map(SubscriptionId::new);
        let mut faults = Faults::default();
        let span = self.span(row, &mut faults);
        let nowhere = Day(NaiveDate::default());
        let (start, end) = span.unwrap_or((nowhere, nowhere));
        // Lines without a subscription may leave figures out, but never what is billed.
        let mut figure = |column, name| match &subscription {
            None if text(row, Some(column)).is_none() => Some(Decimal::ZERO),
            _ => faults.note(number_in(row, column, name)),
        };
        let cost_price = figure(self.cost_price, "UnitPrice");
        let retail_price = figure(self.retail_price, "UnitPriceRrp");
        let quantity = figure(self.quantity, "Quantity");
        let ratio = figure(self.ratio, "BillableRatio");
        let subtotal_retail = figure(self.subtotal_retail, "SubTotalRrp");
        let subtotal = faults.note(number_in(row, self.subtotal, "SubTotal"));
        // What the others come to: the sum of all lines shows whether it is right.
        let product = || {
            let product = cost_price?.checked_mul(quantity?)?.checked_mul(ratio?)?;
            Some(Money(product).rounded(2).0)
        };
        let money = |figure: Option<Decimal>| Money(figure.unwrap_or_default());
        let line = Line {
            number,
            offer_name: text(row, Some(self.offer)).unwrap_or_default(),
            start,
            end,
            description: text(row, self.description).unwrap_or_default(),
            cost_price: money(cost_price),
            retail_price: money(retail_price),
            quantity: quantity.unwrap_or_default(),
            ratio: ratio.unwrap_or_default(),
            subtotal: money(subtotal.or_else(product)),
            subtotal_retail: money(subtotal_retail),
            domain: text(row, self.domain).map(|domain| domain.to_lowercase()),
            customer_name: text(row, self.customer_name),
            agreement_number: text(row, self.agreement_number),
            motion: assumed::line_motion(&self.term(row), start, end),
            subscription,
            fault: faults.0,
        };
        Row { line, dated: span.is_some() }
    }

    /// First and last day; where only one can be read that day, where none can nothing.
    fn span(&self, row: &StringRecord, faults: &mut Faults) -> Option<(Day, Day)> {
        let mut day = |column, name| {
            let read = midnight(row.get(column).unwrap_or_default());
            read.map(Some).unwrap_or_else(|(why, day)| {
                faults.0.get_or_insert(format!("{name}: {why}"));
                day
            })
        };
        let start = day(self.start, "ChargeStartDate");
        let end = day(self.end, "ChargeEndDate");
        let (start, end) = (start.or(end)?, end.or(start)?);
        if end < start {
            let why = format!("ChargeEndDate {end} lies before ChargeStartDate {start}");
            faults.0.get_or_insert(why);
            return Some((end, start));
        }
        Some((start, end))
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

fn number_in(row: &StringRecord, column: usize, name: &str) -> Result<Decimal, String> {
    decimal(row.get(column).unwrap_or_default()).map_err(|why| format!("{name}: {why}"))
}
