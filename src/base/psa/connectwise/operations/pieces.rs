//! Lines as they will be: those that stand, with what becomes of them, and those that are to be made.
//!
//! It must not know why anything changes.

use crate::domain::{
    Day, LineId, Money,
    line::{Invoicing, LineSpan, LineTerms, NewLine, ServiceLine, WrittenLine},
    timeline::Timeline,
};

use super::draft::Situation;
use crate::psa::connectwise::keys;

/// Unit price and cost; none where it is not known, or left to the target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Prices {
    pub(super) price: Option<Money>,
    pub(super) cost: Option<Money>,
    /// Whether they are the operator's: those of a line made by hand, and of what is left of one (sync-rules 10.17e).
    pub(super) by_hand: bool,
}

impl Prices {
    pub(super) fn of(line: &ServiceLine) -> Self {
        let by_hand = !keys::prices(line.key.as_deref());
        Self { price: Some(line.price), cost: line.cost, by_hand }
    }

    /// These, where something is asked for.
    pub(super) fn or(self, other: Self) -> Self {
        let (price, cost) = (self.price.or(other.price), self.cost.or(other.cost));
        Self { price, cost, by_hand: other.by_hand }
    }

    /// Whether a line at these prices needs no change to bill as asked. A cost that is hidden cannot be compared.
    pub(super) fn reads(self, asked: Self) -> bool {
        let same = |asked: Option<Money>, own: Option<Money>| match (asked, own) {
            (Some(asked), Some(own)) => asked.reads(own),
            _ => true,
        };
        same(asked.price, self.price) && same(asked.cost, self.cost)
    }

    /// Whether a line at these can take units that are to bill as asked, whosever the prices are.
    pub(super) fn takes(self, asked: Self) -> bool {
        self.by_hand == asked.by_hand && self.reads(asked)
    }
}

/// One line as it will be.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// The line that stands; none where it is to be made.
    pub(super) origin: Option<ServiceLine>,
    pub(super) span: LineSpan,
    pub(super) prices: Prices,
    /// Of the line in whose place it comes, or its own.
    pub(super) terms: Option<LineTerms>,
    /// Whether it carries our key.
    pub(super) ours: bool,
    /// Whether no invoice has it yet (sync-rules 10.1).
    pub(super) free: bool,
}

impl Piece {
    /// One that stands.
    fn standing(line: &ServiceLine, free: bool) -> Self {
        Self {
            origin: Some(line.clone()),
            span: line.span,
            prices: Prices::of(line),
            terms: Some(line.terms.clone()),
            ours: line.key.is_some(),
            free,
        }
    }

    /// One to be made.
    pub(super) fn new(span: LineSpan, prices: Prices, terms: Option<LineTerms>) -> Self {
        Self { origin: None, span, prices, terms, ours: true, free: true }
    }

    pub(super) fn is_new(&self) -> bool {
        self.origin.is_none()
    }

    /// Whether its prices are what we make them.
    pub(super) fn priced_by_us(&self) -> bool {
        self.ours && !self.prices.by_hand
    }

    /// Whether it gives units free: those are counted by line, so that two such lines do not make one.
    pub(super) fn gives_free_units(&self) -> bool {
        self.terms.as_ref().is_some_and(|terms| !terms.less_included.is_zero())
    }

    pub(super) fn in_force(&self, day: Day) -> bool {
        self.span.quantity > 0 && self.span.covers(day)
    }

    /// Takes it off from a day on that is not its first.
    pub(super) fn end_before(&mut self, day: Day) {
        self.span.last = Some(day.previous());
    }

    /// The line to be made.
    pub(super) fn new_line(&self, key: String) -> NewLine {
        let Prices { price, cost, by_hand } = self.prices;
        let key = if by_hand { keys::by_hand(&key) } else { key };
        NewLine { key, span: self.span, price, cost, terms: self.terms.clone() }
    }

    /// What is to be changed of a line that stands; none of one that is to be made.
    pub(super) fn changes(&self) -> Option<Changes> {
        let line = self.origin.as_ref()?;
        let was = line.span;
        let differs = |new: Option<Money>, old: Option<Money>| {
            new.filter(|new| old.is_none_or(|old| !new.reads(old)) && Some(*new) != old)
        };
        let amend = Amend {
            quantity: self.span.quantity,
            price: differs(self.prices.price, Some(line.price)),
            cost: differs(self.prices.cost, line.cost),
        };
        let same = amend.quantity == was.quantity && amend.price.is_none() && amend.cost.is_none();
        let last = self.span.last.filter(|last| Some(*last) != was.last);
        Some(Changes { line: line.id, was, amend: (!same).then_some(amend), last })
    }
}

/// What is to be changed of a line.
pub(super) struct Changes {
    pub(super) line: LineId,
    pub(super) was: LineSpan,
    pub(super) amend: Option<Amend>,
    /// A new last day.
    pub(super) last: Option<Day>,
}

/// The whole quantity, and the prices that change.
pub(super) struct Amend {
    pub(super) quantity: i64,
    pub(super) price: Option<Money>,
    pub(super) cost: Option<Money>,
}

/// All lines of the item.
pub(super) struct Pieces(Vec<Piece>);

impl Pieces {
    pub(super) fn of(situation: Situation<'_>) -> Self {
        let invoicing = situation.contract.contract.invoicing;
        let written = &situation.surroundings.written;
        let lines = situation.present.map_or(&[][..], |present| &present.lines);
        let standing = lines.iter().map(|line| {
            let written = written.iter().find(|written| written.id == line.id);
            Piece::standing(line, is_free(line, written, invoicing))
        });
        Self(standing.collect())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Piece> {
        self.0.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Piece> {
        self.0.iter_mut()
    }

    pub(super) fn get_mut(&mut self, at: usize) -> &mut Piece {
        &mut self.0[at]
    }

    pub(super) fn get(&self, at: usize) -> &Piece {
        &self.0[at]
    }

    pub(super) fn add(&mut self, piece: Piece) {
        self.0.push(piece);
    }

    /// Forgets a line that was to be made.
    pub(super) fn drop_empty(&mut self) {
        self.0.retain(|piece| !piece.is_new() || piece.span.quantity > 0);
    }

    /// The sum over time.
    pub(super) fn sum(&self) -> Timeline {
        Timeline::from_changes(self.0.iter().flat_map(|piece| piece.span.changes()))
    }

    /// Those in force on a day, youngest first: by first day, then by id; one that is to be made is the youngest of its day.
    pub(super) fn youngest_first(&self, day: Day) -> Vec<usize> {
        let mut all: Vec<usize> =
            (0..self.0.len()).filter(|at| self.0[*at].in_force(day)).collect();
        all.sort_by_key(|at| {
            let piece = &self.0[*at];
            let id = piece.origin.as_ref().map_or(LineId(i64::MAX), |line| line.id);
            std::cmp::Reverse((piece.span.first, id, *at))
        });
        all
    }

    /// A line that begins on a day and no invoice has, which can be amended in the place of making another (10.4, 10.17c).
    pub(super) fn free_on(&self, day: Day, fits: impl Fn(&Piece) -> bool) -> Option<usize> {
        let found =
            |piece: &Piece| piece.span.first == day && piece.free && piece.ours && fits(piece);
        self.0.iter().position(found)
    }
}

/// Whether no invoice has a line yet: it begins where none was made, or it is ours and none was made since we wrote it. Where
/// parts of periods are invoiced at once, what begins before that day may be invoiced already (sync-rules 10.1).
fn is_free(
    line: &ServiceLine,
    written: Option<&WrittenLine>,
    invoicing: Option<Invoicing>,
) -> bool {
    let Some(Invoicing { first_open: Some(open), at_once, .. }) = invoicing else { return false };
    let unmoved = written.is_some_and(|written| written.open_when_written == Some(open));
    line.span.first >= open || (line.key.is_some() && unmoved && !at_once)
}
