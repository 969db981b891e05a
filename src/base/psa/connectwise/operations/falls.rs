//! A fall (sync-rules 10.4): the youngest lines end first; of the last one what is left is added again.

use crate::domain::{Day, line::LineSpan};

use super::{
    draft::Draft,
    pieces::{Piece, Prices},
    words,
};

impl Draft<'_> {
    /// Less is wanted from a day on.
    pub(super) fn fall(&mut self, day: Day, by: i64) {
        let mut left = by;
        for at in self.pieces.youngest_first(day) {
            if left == 0 {
                break;
            }
            let taken = self.pieces.get(at).span.quantity.min(left);
            self.take(at, day, taken);
            left -= taken;
        }
        self.pieces.drop_empty();
    }

    fn take(&mut self, at: usize, day: Day, taken: i64) {
        let piece = self.pieces.get_mut(at);
        let whole = piece.span;
        if whole.first == day {
            // It cannot end before it begins.
            piece.span.quantity -= taken;
            let piece = self.pieces.get(at);
            let span = LineSpan { quantity: taken, ..whole };
            let line = piece.origin.as_ref().filter(|_| !piece.free).map(|line| line.id);
            let lost = line.and_then(|line| words::no_credit(self.situation, line, span, piece));
            self.warnings.extend(lost);
            return;
        }
        let (prices, terms) = (piece.prices, piece.terms.clone());
        piece.end_before(day);
        if taken < whole.quantity {
            let rest = LineSpan { first: day, last: whole.last, quantity: whole.quantity - taken };
            self.add_again(rest, prices, terms);
        }
    }

    /// What is left of a line: into a free one that begins on that day and was emptied just now, else as a line of its own.
    fn add_again(
        &mut self,
        rest: LineSpan,
        prices: Prices,
        terms: Option<crate::domain::line::LineTerms>,
    ) {
        let takes = |piece: &Piece| {
            let alike = piece.terms == terms && piece.prices.takes(prices);
            !piece.is_new() && piece.span.last == rest.last && alike
        };
        match self.pieces.free_on(rest.first, takes) {
            Some(at) => self.pieces.get_mut(at).span.quantity += rest.quantity,
            None => self.pieces.add(Piece::new(rest, prices, terms)),
        }
    }
}
