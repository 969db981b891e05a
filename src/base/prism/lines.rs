//! The lines of an invoice: a CSV read row by row and by column name (wire/prism 9, E14).

use std::{
    borrow::Cow,
    cell::Cell,
    collections::BTreeMap,
    io::{self, Read},
};

use chrono::NaiveDate;
use csv::{ByteRecord, StringRecord};
use rust_decimal::Decimal;

use super::{
    assumed::{self, Term},
    loose::{NoMidnight, decimal, midnight, tidied, tidy},
};
use crate::domain::{
    Currency, Day, Money, SubscriptionId,
    invoice::{Line, LineFault, LineMotion, Lines, LinesGathered},
    shared_text::TextPool,
};

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
struct CsvColumns {
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

/// All rows in file order, or what is wrong with the file as a whole. A header alone is an invoice without lines.
pub(super) fn read(file: impl Read) -> Result<Lines, String> {
    let left = Cell::new(0);
    let file = Rationed { file, left: &left };
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(file);
    let mut row = ByteRecord::new();
    let mut next = |row: &mut ByteRecord, number: u32| {
        left.set(LONGEST_ROW);
        let read = reader.read_byte_record(row);
        read.map_err(|error| format!("row {number}: {}", described(&error)))
    };
    if !next(&mut row, 0)? {
        return Err("the invoice file is empty".to_owned());
    }
    let Cells { text: header, sound: true } = Cells::of(row) else {
        return Err("row 0: it is not UTF-8".to_owned());
    };
    let (columns, width) = (CsvColumns::find(&header)?, header.len());
    let mut pool = TextPool::default();
    let mut row = ByteRecord::new();
    let mut rows = Rows::default();
    let (mut number, mut cut_off) = (1, None);
    while next(&mut row, number)? {
        if let Some((row, _)) = cut_off.take() {
            rows.push(row);
        }
        let Cells { text: cells, sound } = Cells::of(row);
        let read = match (sound, cells.len() == width) {
            (true, true) => columns.line(&cells, number, &mut pool),
            (true, false) => columns.misfit(&cells, width, number, &mut pool)?,
            (false, true) => columns.line(&cells, number, &mut pool).not_utf_8(),
            (false, false) => return Err(format!("row {number}: it is not UTF-8")),
        };
        // Where the last one is too short, the file ends in the middle: nobody knows what else is missing.
        if cells.len() < width {
            cut_off = Some((read, cells.len()));
        } else {
            rows.push(read);
        }
        row = cells.into_byte_record();
        number += 1;
        if number > MOST_ROWS {
            return Err(format!("the invoice file has more than {MOST_ROWS} rows"));
        }
    }
    if let Some((last, found)) = cut_off {
        let at = last.line.number;
        return Err(format!(
            "row {at} has {found} fields, the header has {width}, and the file ends with it"
        ));
    }
    Ok(rows.dated())
}

/// The cells of a row as text.
struct Cells {
    /// What is no UTF-8 in them is replaced.
    text: StringRecord,
    /// Whether nothing was.
    sound: bool,
}

impl Cells {
    fn of(row: ByteRecord) -> Self {
        match StringRecord::from_byte_record(row) {
            Ok(text) => Self { text, sound: true },
            Err(error) => {
                let text = StringRecord::from_byte_record_lossy(error.into_byte_record());
                Self { text, sound: false }
            }
        }
    }
}

/// What was read so far.
#[derive(Default)]
struct Rows {
    lines: LinesGathered,
    /// The places of those of which no day can be read.
    undated: Vec<usize>,
    /// How many of the others bill which days.
    spans: BTreeMap<(Day, Day), usize>,
}

impl Rows {
    fn push(&mut self, row: ReadLine) {
        if row.dated {
            *self.spans.entry((row.line.start, row.line.end)).or_default() += 1;
        } else {
            self.undated.push(self.lines.len());
        }
        self.lines.push(row.line);
    }

    /// A row of which no day can be read stands where most others of the file do, so that it is in no month of its own.
    fn dated(mut self) -> Lines {
        let most = self.spans.into_iter().max_by_key(|&(span, count)| (count, span));
        if let Some((span, _)) = most {
            self.undated.into_iter().for_each(|at| self.lines.date(at, span));
        }
        self.lines.all()
    }
}

/// A line, and whether a day of it could be read.
struct ReadLine {
    line: Line,
    dated: bool,
}

impl ReadLine {
    fn not_utf_8(mut self) -> Self {
        let text = "it is not UTF-8".to_owned();
        self.line.fault.get_or_insert(LineFault { text, amount_is_sure: true });
        self
    }

    /// Whether what it bills is what its own figures come to.
    fn adds_up(&self) -> bool {
        let Line { cost_price, quantity, ratio, subtotal, fault, .. } = &self.line;
        let read = fault.as_ref().is_none_or(|fault| fault.amount_is_sure);
        let product = product(*cost_price, *quantity, *ratio);
        read && product.is_some_and(|product| product == *subtotal)
    }
}

/// What the figures of a row come to (wire/prism 9.2).
fn product(price: Money, quantity: Decimal, ratio: Decimal) -> Option<Money> {
    let product = price.0.checked_mul(quantity)?.checked_mul(ratio)?;
    Some(Money(product).rounded(2))
}

/// What is wrong with a row: the first thing is told.
#[derive(Default)]
struct RowFaults {
    first: Option<String>,
    amount_is_missing: bool,
}

impl RowFaults {
    fn note<T>(&mut self, read: Result<T, String>) -> Option<T> {
        read.map_err(|why| self.first.get_or_insert(why)).ok()
    }

    fn told(self) -> Option<LineFault> {
        let amount_is_sure = !self.amount_is_missing;
        self.first.map(|text| LineFault { text, amount_is_sure })
    }
}

fn described(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8".to_owned(),
        csv::ErrorKind::Io(error) => error.to_string(),
        _ => "it cannot be read as CSV".to_owned(),
    }
}

impl CsvColumns {
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

    /// A row with something in it that cannot be read is odd, and no other: whose it is stays to be seen (sync-rules 4.2).
    fn line(&self, row: &StringRecord, number: u32, pool: &mut TextPool) -> ReadLine {
        let subscription = text(row, Some(self.subscription)).map(SubscriptionId::new);
        let mut faults = RowFaults::default();
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
        faults.amount_is_missing = subtotal.is_none();
        // What the others come to: the sum of all lines shows whether it is right.
        let product = || Some(product(Money(cost_price?), quantity?, ratio?)?.0);
        let money = |figure: Option<Decimal>| Money(figure.unwrap_or_default());
        let lower = text(row, self.domain).map(|domain| pool.share(&domain.to_lowercase()));
        let mut shared = |column| text(row, column).map(|text| pool.share(&text));
        let line = Line {
            number,
            offer_name: shared(Some(self.offer)).unwrap_or_default(),
            start,
            end,
            description: shared(self.description).unwrap_or_default(),
            cost_price: money(cost_price),
            retail_price: money(retail_price),
            quantity: quantity.unwrap_or_default(),
            ratio: ratio.unwrap_or_default(),
            subtotal: money(subtotal.or_else(product)),
            subtotal_retail: money(subtotal_retail),
            domain: lower,
            customer_name: shared(self.customer_name),
            agreement_number: shared(self.agreement_number),
            motion: assumed::line_motion(&self.term(row), start, end),
            currency: text(row, self.currency).map(|text| Currency::from(text.into_owned())),
            subscription,
            fault: faults.told(),
        };
        ReadLine { line, dated: span.is_some() }
    }

    /// A row with too many or too few cells, by a comma that nobody quoted: those before the place stand where they should, those
    /// behind it where they would counted from the end. That is enough to say whose it is and what it bills, and for no more.
    ///
    /// # Errors
    /// Where not even that can be told: then the file is not understood.
    fn misfit(
        &self,
        row: &StringRecord,
        width: usize,
        number: u32,
        pool: &mut TextPool,
    ) -> Result<ReadLine, String> {
        let text = format!("it has {} fields where the header has {width}", row.len());
        let unread = || format!("row {number} has {} fields, the header has {width}", row.len());
        // Rows that a quote without an end has swallowed.
        if row.iter().any(|cell| cell.contains('\n')) {
            return Err(unread());
        }
        let from_start: StringRecord =
            (0..width).map(|at| row.get(at).unwrap_or_default()).collect();
        let from_end: StringRecord = (0..width)
            .map(|at| (at + row.len()).checked_sub(width).and_then(|at| row.get(at)))
            .map(Option::unwrap_or_default)
            .collect();
        let ends = [self.line(&from_start, number, pool), self.line(&from_end, number, pool)];
        let figures = ends.iter().find(|end| end.adds_up());
        let named =
            |end: &&ReadLine| end.line.subscription.as_ref().is_some_and(SubscriptionId::is_guid);
        let found = ends.iter().find(named).zip(figures);
        let (named, ReadLine { line: figures, .. }) = found.ok_or_else(unread)?;
        let line = Line {
            cost_price: figures.cost_price,
            retail_price: figures.retail_price,
            quantity: figures.quantity,
            ratio: figures.ratio,
            subtotal: figures.subtotal,
            subtotal_retail: figures.subtotal_retail,
            // What it says of its term may be another column's: it must not be taken for an annual bill by that.
            motion: LineMotion::Untold,
            fault: Some(LineFault { text, amount_is_sure: false }),
            ..named.line.clone()
        };
        Ok(ReadLine { line, dated: named.dated })
    }

    /// First and last day; where only one can be read that day, where none can nothing.
    fn span(&self, row: &StringRecord, faults: &mut RowFaults) -> Option<(Day, Day)> {
        let mut day = |column, name| match midnight(row.get(column).unwrap_or_default()) {
            Ok(day) => Some(day),
            Err(NoMidnight { why, day }) => {
                faults.first.get_or_insert(format!("{name}: {why}"));
                day
            }
        };
        let start = day(self.start, "ChargeStartDate");
        let end = day(self.end, "ChargeEndDate");
        let (start, end) = (start.or(end)?, end.or(start)?);
        if end < start {
            let why = format!("ChargeEndDate {end} lies before ChargeStartDate {start}");
            faults.first.get_or_insert(why);
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

fn text(row: &StringRecord, column: Option<usize>) -> Option<Cow<'_, str>> {
    column.and_then(|at| row.get(at)).map(tidied).filter(|text| !text.is_empty())
}

fn number_in(row: &StringRecord, column: usize, name: &str) -> Result<Decimal, String> {
    decimal(row.get(column).unwrap_or_default()).map_err(|why| format!("{name}: {why}"))
}
