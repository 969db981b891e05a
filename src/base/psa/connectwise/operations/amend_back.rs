//! A line of ours that was changed where it stands (sync-rules 10.6, 10.17d, e): it is set back to what we wrote, over all its
//! days, as the change itself has no date.
//!
//! A line that was ended or dated otherwise is another matter: that has a date, and the sum shows it. A line that came twice
//! under one key is emptied in the same way (10.11).

use crate::domain::{LineId, line::WrittenLine};

use super::{draft::Draft, pieces::Piece, words};

impl Draft<'_> {
    pub(super) fn amend_back(&mut self) {
        let situation = self.situation;
        let from = self.target.from;
        for piece in self.pieces.iter_mut() {
            let written = written(piece, &situation.surroundings.written);
            let Some(written) = written.filter(|_| reaches(piece, from)) else { continue };
            if piece.span.quantity != written.span.quantity {
                self.warnings.extend(words::quantity_set_back(situation, piece, written));
                piece.span.quantity = written.span.quantity;
            }
            let (price, cost) = (written.price, written.cost);
            let own = super::pieces::Prices { price, cost, ..piece.prices };
            if piece.priced_by_us() && !piece.prices.reads(own) {
                self.warnings.extend(words::price_set_back(piece, own));
                piece.prices = own.or(piece.prices);
            }
        }
    }

    /// Of lines with one key, as one that came late beside its repetition has, the oldest is the one that was meant: the others
    /// are emptied, over all their days (sync-rules 10.11).
    pub(super) fn empty_doubles(&mut self) {
        let (situation, from) = (self.situation, self.target.from);
        let mut known: Vec<(LineId, String)> = self.pieces.iter().filter_map(keyed).collect();
        known.sort();
        for piece in self.pieces.iter_mut().filter(|piece| reaches(piece, from)) {
            let Some((id, key)) = keyed(piece) else { continue };
            let first = known.iter().find(|(_, other)| *other == key).map(|(first, _)| *first);
            let Some(first) = first.filter(|first| *first != id) else { continue };
            self.warnings.push(words::doubled(id, first, piece.span.quantity));
            self.warnings.extend(words::no_credit(situation, id, piece.span, piece));
            piece.span.quantity = 0;
        }
    }
}

/// A line with units that carries our key.
fn keyed(piece: &Piece) -> Option<(LineId, String)> {
    let line = piece.origin.as_ref().filter(|_| piece.span.quantity > 0)?;
    Some((line.id, line.key.clone()?))
}

/// What we wrote to it last, where its dates are still those.
fn written<'a>(piece: &Piece, written: &'a [WrittenLine]) -> Option<&'a WrittenLine> {
    let line = piece.origin.as_ref().filter(|_| piece.ours)?;
    let dated = |written: &&WrittenLine| {
        let WrittenLine { id, span, .. } = written;
        *id == line.id && span.first == line.span.first && span.last == line.span.last
    };
    written.iter().find(dated)
}

/// Whether it is in force on a day that is the sync's: what ended before is the operator's.
fn reaches(piece: &Piece, from: crate::domain::Day) -> bool {
    piece.span.last.is_none_or(|last| last >= from)
}
