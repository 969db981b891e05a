//! The lines of an invoice, kept small: there may be hundreds of thousands, and most of what they say many of them say.
//!
//! What comes out is what was put in, to the number of decimals of each figure. It must not know what a line means.

use rust_decimal::Decimal;

use super::{Line, LineFault, LineMotion};
use crate::domain::{
    Currency, Day, Money, SubscriptionId,
    pool::{Filling, Place, Pool, Segments},
    shared_text::SharedText,
};

/// All lines of an invoice, in file order. A line is put together when somebody looks at it.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    rows: Segments<Row>,
    texts: Pool<SharedText>,
    figures: Pool<Decimal>,
    currencies: Pool<Currency>,
    faults: Pool<LineFault>,
}

/// A line by places.
#[derive(Clone, Debug)]
struct Row {
    number: u32,
    subscription: Option<SubscriptionId>,
    start: Day,
    end: Day,
    offer_name: Place<SharedText>,
    description: Place<SharedText>,
    domain: Option<Place<SharedText>>,
    customer_name: Option<Place<SharedText>>,
    agreement_number: Option<Place<SharedText>>,
    cost_price: Place<Decimal>,
    retail_price: Place<Decimal>,
    quantity: Place<Decimal>,
    ratio: Place<Decimal>,
    subtotal: Place<Decimal>,
    subtotal_retail: Place<Decimal>,
    currency: Option<Place<Currency>>,
    fault: Option<Place<LineFault>>,
    motion: LineMotion,
}

impl Lines {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The line in that place, from 0.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<Line> {
        self.rows.get(at).map(|row| self.line(row))
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
        self.rows.get(at).map(|row| row.number)
    }

    /// All of them, one by one.
    pub fn iter(&self) -> impl Iterator<Item = Line> + Clone + '_ {
        self.rows.iter().map(|row| self.line(row))
    }

    /// What the partner pays for each of them, as billed.
    pub fn amounts(&self) -> impl Iterator<Item = Money> + Clone + '_ {
        self.rows.iter().map(|row| Money(self.figures.of(row.subtotal)))
    }

    fn line(&self, row: &Row) -> Line {
        let text = |place| self.texts.of(place);
        let figure = |place| self.figures.of(place);
        Line {
            number: row.number,
            subscription: row.subscription.clone(),
            offer_name: text(row.offer_name),
            start: row.start,
            end: row.end,
            description: text(row.description),
            cost_price: Money(figure(row.cost_price)),
            retail_price: Money(figure(row.retail_price)),
            quantity: figure(row.quantity),
            ratio: figure(row.ratio),
            subtotal: Money(figure(row.subtotal)),
            subtotal_retail: Money(figure(row.subtotal_retail)),
            domain: row.domain.map(text),
            customer_name: row.customer_name.map(text),
            agreement_number: row.agreement_number.map(text),
            currency: row.currency.and_then(|place| self.currencies.get(place)).cloned(),
            motion: row.motion,
            fault: row.fault.and_then(|place| self.faults.get(place)).cloned(),
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
    rows: Segments<Row>,
    texts: Filling<SharedText>,
    figures: Filling<Decimal>,
    currencies: Filling<Currency>,
    faults: Pool<LineFault>,
}

impl LinesGathered {
    /// Puts one more behind those that are there.
    pub(crate) fn push(&mut self, line: Line) {
        let Self { rows, texts, figures, currencies, faults } = self;
        let mut text = |text| texts.put(text);
        let mut figure = |figure| figures.put(figure);
        rows.push(Row {
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
            currency: line.currency.map(|currency| currencies.put(currency)),
            fault: line.fault.map(|fault| faults.put(fault)),
            motion: line.motion,
        });
    }

    /// So many were put in.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Gives the line in that place, from 0, its first and last day.
    pub(crate) fn date(&mut self, at: usize, (start, end): (Day, Day)) {
        if let Some(row) = self.rows.get_mut(at) {
            (row.start, row.end) = (start, end);
        }
    }

    /// All that were put in.
    pub(crate) fn all(self) -> Lines {
        Lines {
            rows: self.rows.closed(),
            texts: self.texts.filled(),
            figures: self.figures.filled(),
            currencies: self.currencies.filled(),
            faults: self.faults,
        }
    }
}

#[cfg(test)]
mod tests;
