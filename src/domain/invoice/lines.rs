//! The lines of an invoice, kept small: there may be hundreds of thousands, and most of what they say many of them say.
//!
//! What comes out is what was put in, to the number of decimals of each figure. It must not know what a line means.

use std::{collections::HashMap, hash::Hash, num::NonZeroU32};

use rust_decimal::Decimal;

use super::{Line, LineFault, LineMotion};
use crate::domain::{Currency, Day, Money, SubscriptionId, shared_text::SharedText};

/// All lines of an invoice, in file order. A line is put together when somebody looks at it.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    /// Segments of the same length, but for the last: nothing is moved while it grows.
    rows: Vec<Vec<Row>>,
    texts: Vec<SharedText>,
    figures: Vec<Decimal>,
    currencies: Vec<Currency>,
    faults: Vec<LineFault>,
}

/// So many rows are a segment.
const SEGMENT: usize = 1 << 12;

/// A line by places: of texts, figures, currencies and faults.
#[derive(Clone, Debug)]
struct Row {
    number: u32,
    subscription: Option<SubscriptionId>,
    start: Day,
    end: Day,
    offer_name: Place,
    description: Place,
    domain: Option<Place>,
    customer_name: Option<Place>,
    agreement_number: Option<Place>,
    cost_price: Place,
    retail_price: Place,
    quantity: Place,
    ratio: Place,
    subtotal: Place,
    subtotal_retail: Place,
    currency: Option<Place>,
    fault: Option<Place>,
    motion: LineMotion,
}

/// Where a value stands among others of its kind, from 1. A file that is read has a million rows at most, so that there is a
/// place for each.
#[derive(Clone, Copy, Debug)]
struct Place(NonZeroU32);

impl Place {
    /// The one that was put in last.
    fn last_of<T>(all: &[T]) -> Self {
        let count = u32::try_from(all.len()).ok().and_then(NonZeroU32::new);
        Self(count.unwrap_or(NonZeroU32::MAX))
    }

    fn of<T: Clone + Default>(self, all: &[T]) -> T {
        self.find(all).unwrap_or_default()
    }

    fn find<T: Clone>(self, all: &[T]) -> Option<T> {
        let at = usize::try_from(self.0.get() - 1).ok()?;
        all.get(at).cloned()
    }
}

impl Lines {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        let last = self.rows.last().map_or(0, Vec::len);
        self.rows.len().saturating_sub(1) * SEGMENT + last
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The line in that place, from 0.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<Line> {
        let row = self.rows.get(at / SEGMENT)?.get(at % SEGMENT)?;
        Some(self.line(row))
    }

    /// Where the line of that number stands, from 0.
    #[must_use]
    pub fn place_of(&self, number: u32) -> Option<usize> {
        let is_it = |at: &usize| self.number_at(*at) == Some(number);
        // They are numbered as they come.
        let first = self.number_at(0)?;
        let at = number.checked_sub(first).and_then(|at| usize::try_from(at).ok());
        at.filter(is_it).or_else(|| (0..self.len()).find(is_it))
    }

    fn number_at(&self, at: usize) -> Option<u32> {
        Some(self.rows.get(at / SEGMENT)?.get(at % SEGMENT)?.number)
    }

    /// All of them, one by one.
    pub fn iter(&self) -> impl Iterator<Item = Line> + Clone + '_ {
        self.rows.iter().flatten().map(|row| self.line(row))
    }

    /// What the partner pays for each of them, as billed.
    pub fn amounts(&self) -> impl Iterator<Item = Money> + Clone + '_ {
        self.rows.iter().flatten().map(|row| Money(row.subtotal.of(&self.figures)))
    }

    fn line(&self, row: &Row) -> Line {
        let Self { texts, figures, currencies, faults, .. } = self;
        let text = |place: Option<Place>| place.and_then(|place| place.find(texts));
        let money = |place: Place| Money(place.of(figures));
        Line {
            number: row.number,
            subscription: row.subscription.clone(),
            offer_name: row.offer_name.of(texts),
            start: row.start,
            end: row.end,
            description: row.description.of(texts),
            cost_price: money(row.cost_price),
            retail_price: money(row.retail_price),
            quantity: row.quantity.of(figures),
            ratio: row.ratio.of(figures),
            subtotal: money(row.subtotal),
            subtotal_retail: money(row.subtotal_retail),
            domain: text(row.domain),
            customer_name: text(row.customer_name),
            agreement_number: text(row.agreement_number),
            currency: row.currency.and_then(|place| place.find(currencies)),
            motion: row.motion,
            fault: row.fault.and_then(|place| place.find(faults)),
        }
    }
}

impl FromIterator<Line> for Lines {
    fn from_iter<I: IntoIterator<Item = Line>>(lines: I) -> Self {
        let mut gathered = LinesGathered::default();
        lines.into_iter().for_each(|line| gathered.push(line));
        gathered.all()
    }
}

impl From<Vec<Line>> for Lines {
    fn from(lines: Vec<Line>) -> Self {
        lines.into_iter().collect()
    }
}

impl<const COUNT: usize> From<[Line; COUNT]> for Lines {
    fn from(lines: [Line; COUNT]) -> Self {
        lines.into_iter().collect()
    }
}

impl PartialEq for Lines {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Lines {}

/// Lines while they are read.
#[derive(Debug, Default)]
pub(crate) struct LinesGathered {
    lines: Lines,
    texts: HashMap<SharedText, Place>,
    /// By all of a figure, so that 1.0 is not 1.00.
    figures: HashMap<[u8; 16], Place>,
    currencies: HashMap<Currency, Place>,
}

impl LinesGathered {
    /// Puts one more behind those that are there.
    pub(crate) fn push(&mut self, line: Line) {
        let Self { lines: Lines { rows, texts, figures, currencies, faults }, .. } = self;
        let mut text = |text: SharedText| placed(&mut self.texts, text.clone(), texts, text);
        let mut figure =
            |figure: Decimal| placed(&mut self.figures, figure.serialize(), figures, figure);
        if rows.last().is_none_or(|segment| segment.len() == SEGMENT) {
            rows.push(Vec::with_capacity(SEGMENT));
        }
        let row = Row {
            number: line.number,
            subscription: line.subscription,
            start: line.start,
            end: line.end,
            offer_name: text(line.offer_name),
            description: text(line.description),
            domain: line.domain.map(&mut text),
            customer_name: line.customer_name.map(&mut text),
            agreement_number: line.agreement_number.map(&mut text),
            cost_price: figure(line.cost_price.0),
            retail_price: figure(line.retail_price.0),
            quantity: figure(line.quantity),
            ratio: figure(line.ratio),
            subtotal: figure(line.subtotal.0),
            subtotal_retail: figure(line.subtotal_retail.0),
            currency: line
                .currency
                .map(|code| placed(&mut self.currencies, code.clone(), currencies, code)),
            fault: line.fault.map(|fault| {
                faults.push(fault);
                Place::last_of(faults)
            }),
            motion: line.motion,
        };
        if let Some(segment) = rows.last_mut() {
            segment.push(row);
        }
    }

    /// So many were put in.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Gives the line in that place, from 0, its first and last day.
    pub(crate) fn date(&mut self, at: usize, (start, end): (Day, Day)) {
        let segment = self.lines.rows.get_mut(at / SEGMENT);
        if let Some(row) = segment.and_then(|segment| segment.get_mut(at % SEGMENT)) {
            (row.start, row.end) = (start, end);
        }
    }

    /// All that were put in.
    pub(crate) fn all(mut self) -> Lines {
        self.lines.rows.last_mut().into_iter().for_each(Vec::shrink_to_fit);
        self.lines
    }
}

/// Where a value stands that may stand there already.
fn placed<K: Eq + Hash, T>(
    known: &mut HashMap<K, Place>,
    key: K,
    all: &mut Vec<T>,
    new: T,
) -> Place {
    *known.entry(key).or_insert_with(|| {
        all.push(new);
        Place::last_of(all)
    })
}

#[cfg(test)]
mod tests;
