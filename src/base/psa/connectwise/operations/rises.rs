//! A rise (sync-rules 10.3): one more line of the difference, or one of the whole quantity in the place of all.

use crate::domain::{Day, line::LineSpan, policy::Lines, timeline::Timeline};

use super::{
    draft::Draft,
    pieces::{Piece, Prices},
};

/// So many units from one day on, up to a day or open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layer {
    pub(super) quantity: i64,
    pub(super) last: Option<Day>,
}

/// What is missing from a day on, in layers by their ends, the longest first: each ends the day before what is missing falls
/// below it.
///
/// ```text
/// missing    5 from the 1st, 3 from the 19th
/// layers     3, open
///            2, until the 18th
/// ```
///
/// What rises again later is another rise.
pub(super) fn layers(missing: &Timeline, day: Day) -> Vec<Layer> {
    let (mut level, mut layers) = (missing.on(day).max(0), Vec::new());
    for step in missing.steps().iter().filter(|step| step.from > day) {
        let left = step.units.max(0);
        if left < level {
            layers.push(Layer { quantity: level - left, last: Some(step.from.previous()) });
            level = left;
        }
    }
    if level > 0 {
        layers.push(Layer { quantity: level, last: None });
    }
    layers.reverse();
    layers
}

impl Draft<'_> {
    /// More is wanted from a day on.
    pub(super) fn rise(&mut self, day: Day) {
        match self.situation.policies.lines.lines {
            Lines::Stack => self.stack(day),
            Lines::Replace => {
                let opening = self.opening();
                let in_force = self.pieces.youngest_first(day);
                let alike = |at: &usize| {
                    let piece = self.pieces.get(*at);
                    // One that was invoiced from this very day cannot end before it.
                    let ends = piece.free || piece.span.first < day;
                    piece.priced_by_us() && ends && piece.prices.reads(opening)
                };
                let replaced: Vec<usize> = in_force.into_iter().filter(alike).collect();
                if replaced.is_empty() {
                    self.stack(day);
                } else {
                    self.replace(day, &replaced, opening);
                }
            }
        }
    }

    fn stack(&mut self, day: Day) {
        let opening = self.opening();
        for layer in layers(&self.short(), day) {
            self.put(day, layer, opening, None);
        }
    }

    /// What a new line of the invoice opens at, whatever the strategy (10.17e).
    pub(super) fn opening(&self) -> Prices {
        let wanted = self.situation.wanted;
        let kept = |price: Option<_>| price.map(super::draft::keeps);
        Prices {
            price: kept(wanted.opening_price),
            cost: kept(wanted.opening_cost),
            by_hand: false,
        }
    }

    /// So many more units from a day on: into a free line of ours that begins on that day and ends with them, else as a line
    /// of its own.
    pub(super) fn put(
        &mut self,
        day: Day,
        layer: Layer,
        prices: Prices,
        terms: Option<&crate::domain::line::LineTerms>,
    ) {
        let takes = |piece: &Piece| {
            let alike = terms.is_none_or(|terms| piece.terms.as_ref() == Some(terms));
            let merges = !piece.gives_free_units();
            merges && piece.span.last == layer.last && piece.prices.takes(prices) && alike
        };
        if let Some(at) = self.pieces.free_on(day, takes) {
            self.pieces.get_mut(at).span.quantity += layer.quantity;
            return;
        }
        let Layer { quantity, last } = layer;
        let span = LineSpan { first: day, last, quantity };
        self.pieces.add(Piece::new(span, prices, terms.cloned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::timeline::Step, psa::connectwise::sample::day};

    fn missing(steps: &[(&str, i64)]) -> Timeline {
        Timeline::new(steps.iter().map(|&(from, units)| Step { from: day(from), units }))
    }

    #[test]
    fn each_layer_ends_where_what_is_missing_falls_below_it_r10_3() {
        let missing = missing(&[("2026-09-01", 5), ("2026-09-19", 3), ("2026-10-10", -1)]);
        let expected = [(3, Some("2026-10-09")), (2, Some("2026-09-18"))];
        let expected = expected.map(|(quantity, last)| Layer { quantity, last: last.map(day) });
        assert_eq!(layers(&missing, day("2026-09-01")), expected);
    }

    #[test]
    fn what_rises_again_is_another_rise() {
        let missing = missing(&[("2026-09-01", 5), ("2026-09-19", 3), ("2026-09-25", 5)]);
        let expected = [
            Layer { quantity: 3, last: None },
            Layer { quantity: 2, last: Some(day("2026-09-18")) },
        ];
        assert_eq!(layers(&missing, day("2026-09-01")), expected);
    }
}
