//! A price step (sync-rules 10.7, 10.17c, e): every line of ours in force ends, and one of the whole quantity follows. A step
//! into an invoiced period holds from the first day that is not, with what is not billed.
//!
//! Lines without our key keep their prices.

use crate::domain::{Day, line::LineTerms, operation::PriceStep, policy::PriceInInvoiced};

use super::{
    draft::{DatedStep, Draft},
    pieces::{Piece, Prices},
    rises::{Layer, layers},
    words,
};

/// Lines that go together into one.
struct Group {
    quantity: i64,
    prices: Prices,
    terms: Option<LineTerms>,
}

impl Draft<'_> {
    /// The steps by the day that they are written on; of two that come to one day the later asked counts.
    pub(super) fn price_steps(&self) -> Vec<DatedStep> {
        let mut steps: Vec<DatedStep> =
            self.situation.wanted.prices.iter().map(|step| self.dated(step)).collect();
        steps.sort_by_key(|step| (step.on, step.asked));
        steps
    }

    fn dated(&self, step: &PriceStep) -> DatedStep {
        let back = self.situation.policies.lines.price_in_invoiced == PriceInInvoiced::Back;
        let open = self.situation.open().filter(|_| !back);
        let kept = |price: Option<_>| price.map(super::draft::keeps);
        DatedStep {
            asked: step.from,
            on: open.map_or(step.from, |open| step.from.max(open)).max(self.target.from),
            prices: Prices { price: kept(step.price), cost: kept(step.cost), by_hand: false },
        }
    }

    /// Sets the prices of what is in force on the step's day.
    pub(super) fn reprice(&mut self, step: &DatedStep) {
        self.warnings.extend(words::not_billed(self.situation, &self.pieces, step));
        if !self.target.owns(step.on) {
            return;
        }
        let in_force = self.pieces.youngest_first(step.on);
        let other = |at: &usize| {
            let piece = self.pieces.get(*at);
            piece.priced_by_us() && !piece.prices.reads(step.prices)
        };
        let affected: Vec<usize> = in_force.into_iter().filter(other).collect();
        if !affected.is_empty() {
            self.replace(step.on, &affected, step.prices);
        }
    }

    /// One line of the whole quantity from a day on, in the place of these.
    ///
    /// ```text
    ///           before the day   from the day on
    /// L1 5      stays            ended
    /// L2 1      stays            ended
    /// new 6                      at the new prices; or L3, amended, where a free one begins on the day
    /// ```
    pub(super) fn replace(&mut self, day: Day, affected: &[usize], asked: Prices) {
        let mut groups: Vec<Group> = Vec::new();
        // Youngest first came in; the oldest is to be served first.
        for at in affected.iter().rev() {
            self.take_out(*at, day, asked, &mut groups);
        }
        self.pieces.drop_empty();
        let short = self.short();
        let mut layers = layers(&short, day);
        self.fill(day, &mut groups, &mut layers);
    }

    /// Takes a line out from the day on. One that begins on the day cannot end before it: it is emptied, to be filled again.
    fn take_out(&mut self, at: usize, day: Day, asked: Prices, groups: &mut Vec<Group>) {
        let own = self.pieces.get(at);
        if own.span.first == day {
            let prices = asked.or(own.prices);
            self.warnings.extend(words::repriced_in_place(self.situation, own, prices));
        }
        let piece = self.pieces.get_mut(at);
        let quantity = piece.span.quantity;
        let prices = asked.or(piece.prices);
        let terms = piece.terms.clone();
        if piece.span.first == day {
            piece.span.quantity = 0;
            piece.prices = prices;
        } else {
            piece.end_before(day);
        }
        let merges = !self.pieces.get(at).gives_free_units();
        let same = groups
            .iter_mut()
            .find(|group| merges && group.prices == prices && group.terms == terms);
        match same {
            Some(group) => group.quantity += quantity,
            None => groups.push(Group { quantity, prices, terms }),
        }
    }

    /// Serves the groups out of what is missing, the oldest and the longest first; what is more goes to the oldest.
    fn fill(&mut self, day: Day, groups: &mut [Group], layers: &mut Vec<Layer>) {
        let missing: i64 = layers.iter().map(|layer| layer.quantity).sum();
        let held: i64 = groups.iter().map(|group| group.quantity).sum();
        if let Some(oldest) = groups.first_mut() {
            oldest.quantity += (missing - held).max(0);
        }
        let mut rest = std::mem::take(layers).into_iter();
        let mut layer = rest.next();
        for group in groups {
            let mut wanted = group.quantity;
            while wanted > 0
                && let Some(open) = layer.as_mut()
            {
                let quantity = open.quantity.min(wanted);
                let part = Layer { quantity, last: open.last };
                self.place(day, part, group);
                wanted -= quantity;
                open.quantity -= quantity;
                if open.quantity == 0 {
                    layer = rest.next();
                }
            }
        }
    }

    /// Into the line that was emptied for it, else into another one that begins on the day, else as a line of its own.
    fn place(&mut self, day: Day, part: Layer, group: &Group) {
        let emptied = |piece: &Piece| {
            let same = piece.terms == group.terms && piece.prices.reads(group.prices);
            let begins = piece.span.first == day && piece.span.last == part.last;
            piece.ours && same && begins && piece.span.quantity == 0
        };
        let found = self.pieces.iter().position(emptied);
        match found {
            Some(at) => self.pieces.get_mut(at).span.quantity += part.quantity,
            None => self.put(day, part, group.prices, group.terms.as_ref()),
        }
    }
}
