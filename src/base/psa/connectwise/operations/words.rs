//! What the outcome says of writes that go through, but leave the operator something to look at (sync-rules 10.4, 10.6, 10.7,
//! 10.9, 10.15).
//!
//! It must not change a write.

use crate::domain::{
    Code, Day, LineId, Money,
    line::{LineSpan, LineTerms, NewLine, ServiceLine, WrittenLine},
    operation::Operation,
    outcome::Finding,
    target::PresentService,
};

use super::{
    draft::{DatedStep, Situation},
    pieces::{Piece, Pieces, Prices},
};
use crate::psa::connectwise::{
    advice::finding,
    periods::{Period, Periods},
};

impl<'a> Situation<'a> {
    fn periods(self) -> Periods {
        Periods::of(&self.contract.contract)
    }

    fn line(self, id: LineId) -> Option<&'a ServiceLine> {
        self.present?.lines.iter().find(|line| line.id == id)
    }

    /// What the invoices made so far bill of a line; nothing where it is not told how far they go.
    fn invoiced(self, span: LineSpan, terms: Option<&LineTerms>, price: Money) -> Money {
        self.last_invoiced().map_or(Money::ZERO, |last| {
            self.periods().bills_of(span, terms, price, Period { first: span.first, last })
        })
    }
}

/// A line that was added twice (sync-rules 10.11).
pub(super) fn doubled(id: LineId, first: LineId, quantity: i64) -> Finding {
    let text = format!(
        "Addition {id} has the key of addition {first}: it was sent again and came late as well. Its quantity goes from {quantity} to 0."
    );
    Finding::new(Code::MadeTwice, text, "Take the empty addition off the agreement, if you like.")
}

/// What was invoiced of days on which the lines are ended now: the target is to credit it, which nobody has seen it do until
/// the operator has (sync-rules 10.15).
pub(super) fn credit(situation: Situation<'_>, operations: &[Operation]) -> Option<Finding> {
    if situation.surroundings.credits_trusted {
        return None;
    }
    let credited = operations.iter().filter_map(|operation| match operation {
        Operation::EndLine { line, was, last, .. } => {
            let line = situation.line(*line)?;
            let billed = |span| situation.invoiced(span, Some(&line.terms), line.price);
            Some(billed(*was) - billed(LineSpan { last: Some(*last), ..*was }))
        }
        _ => None,
    });
    let credited: Money = credited.sum();
    (credited > Money::ZERO).then(|| {
        let text = format!(
            "Days that were invoiced already are taken off: the next agreement invoice must credit {}.",
            credited.separated()
        );
        finding(Code::CreditExpected, text)
    })
}

/// Without proration a part of a period bills all of it (sync-rules 10.9).
pub(super) fn whole_month(situation: Situation<'_>, operations: &[Operation]) -> Option<Finding> {
    let contract = &situation.contract.contract;
    if contract.invoicing.is_none_or(|invoicing| invoicing.prorated) {
        return None;
    }
    let parts = operations.iter().flat_map(|operation| match operation {
        Operation::AddLine { line, .. } => begun_and_ended(situation, line),
        Operation::EndLine { line, was, last, .. } => {
            let line = situation.line(*line);
            let ended = LineSpan { last: Some(*last), ..*was };
            let of =
                |line: &ServiceLine| part(situation, ended, Some(&line.terms), line.price, *last);
            line.map(of).into_iter().collect()
        }
        _ => Vec::new(),
    });
    let (bills, share) = parts
        .fold((Money::ZERO, Money::ZERO), |sum, (bills, share)| (sum.0 + bills, sum.1 + share));
    (bills != share).then(|| {
        let text = format!(
            "Agreement “{}” does not prorate: it bills {} for {}, which is {} more than the invoice.",
            contract.name,
            bills.separated(),
            share.separated(),
            (bills - share).separated()
        );
        finding(Code::WholePeriod, text)
    })
}

/// The periods in which a new line begins and ends.
fn begun_and_ended(situation: Situation<'_>, line: &NewLine) -> Vec<(Money, Money)> {
    let Some(price) = line.price else { return Vec::new() };
    let of = |day| part(situation, line.span, line.terms.as_ref(), price, day);
    let first = situation.periods().at(line.span.first);
    let last = line.span.last.filter(|last| *last > first.last);
    std::iter::once(line.span.first).chain(last).map(of).collect()
}

/// What a line bills of the period of a day as it is, and what it would with proration.
fn part(
    situation: Situation<'_>,
    span: LineSpan,
    terms: Option<&LineTerms>,
    price: Money,
    day: Day,
) -> (Money, Money) {
    let periods = situation.periods();
    let days = periods.at(day);
    let bills = periods.bills_of(span, terms, price, days);
    (bills, periods.prorated().bills_of(span, terms, price, days))
}

/// A line that begins on the day cannot end before it: what was invoiced of it stays invoiced (sync-rules 10.4).
pub(super) fn no_credit(
    situation: Situation<'_>,
    line: LineId,
    taken: LineSpan,
    piece: &Piece,
) -> Option<Finding> {
    let price = piece.prices.price?;
    let lost = situation.invoiced(taken, piece.terms.as_ref(), price);
    (!lost.is_zero()).then(|| {
        let text = format!(
            "Addition {line} begins on {} and was invoiced: {} fewer of it bring no credit of {} by themselves.",
            taken.first,
            taken.quantity,
            lost.separated()
        );
        finding(Code::NoCredit, text)
    })
}

/// A price that was to hold on days that are invoiced, and what is not billed for it (sync-rules 10.7). Nothing where the price
/// stands ahead already.
pub(super) fn not_billed(
    situation: Situation<'_>,
    pieces: &Pieces,
    step: &DatedStep,
) -> Option<Finding> {
    let price = step.prices.price?;
    let (asked, on) = (step.asked, step.on);
    let concerned = |piece: &&Piece| piece.priced_by_us() && piece.span.quantity > 0;
    let mut stands = pieces.iter().filter(concerned).filter(|piece| piece.in_force(on)).peekable();
    let ahead = stands.peek().is_some() && stands.all(|piece| piece.prices.reads(step.prices));
    if asked >= on || ahead {
        return None;
    }
    let days = Period { first: asked, last: on.previous() };
    let off = pieces.iter().filter(concerned).filter_map(|piece| {
        let terms = piece.terms.as_ref();
        let bills = |price| situation.periods().bills_of(piece.span, terms, price, days);
        Some(bills(price) - bills(piece.prices.price?))
    });
    let off: Money = off.sum();
    let said = match off.cmp(&Money::ZERO) {
        std::cmp::Ordering::Equal => return None,
        std::cmp::Ordering::Greater => format!("{} of it is not billed", off.separated()),
        std::cmp::Ordering::Less => format!("{} too much stays billed", off.abs().separated()),
    };
    let text = format!(
        "The price {} holds from {asked}, but until {} everything is invoiced: it is written from {on}, and {said}.",
        price.separated(),
        on.previous()
    );
    Some(finding(Code::NotBilled, text))
}

/// A line that begins on the day of a price step and was invoiced takes the new price where it stands, and no invoice makes up
/// for those before.
pub(super) fn repriced_in_place(
    situation: Situation<'_>,
    piece: &Piece,
    prices: Prices,
) -> Option<Finding> {
    let line = piece.origin.as_ref().filter(|_| !piece.free)?;
    let billed = |price| situation.invoiced(piece.span, piece.terms.as_ref(), price);
    let off = billed(prices.price?) - billed(piece.prices.price?);
    (!off.is_zero()).then(|| {
        let text = format!(
            "Addition {} was invoiced already: its new price bills from the next invoice, and {} of it is not billed.",
            line.id,
            off.separated()
        );
        finding(Code::NotBilled, text)
    })
}

/// What was to change in a period that is invoiced is written on the first day that is not (sync-rules 10.9).
pub(super) fn moved_to_open(situation: Situation<'_>, open: Day) -> Option<Finding> {
    let sum = situation.present.map(PresentService::timeline).unwrap_or_default();
    let changes = sum.changes_to(&situation.wanted.units);
    let price = situation.wanted.opening_price;
    let last = open.previous();
    let periods = situation.periods().prorated();
    let off = |price: Money| -> Money {
        let missed = changes.iter().filter(|(day, _)| *day < open);
        missed.map(|(day, change)| periods.bills(price, *day, last).times(*change)).sum()
    };
    let first = changes.first().map(|(day, _)| *day).filter(|day| *day < open)?;
    let said = price.map_or_else(String::new, |price| {
        format!(" {} of it is not billed.", off(super::draft::keeps(price)).separated())
    });
    let text = format!(
        "The quantity changes on {first}, in a period that is invoiced, and the agreement does not prorate: it is written from \
         {open}.{said}"
    );
    Some(finding(Code::NotBilled, text))
}

/// A quantity of ours that somebody changed where it stands (sync-rules 10.6).
pub(super) fn quantity_set_back(
    situation: Situation<'_>,
    piece: &Piece,
    written: &WrittenLine,
) -> Vec<Finding> {
    let Some(line) = &piece.origin else { return Vec::new() };
    let (found, ours) = (line.span.quantity, written.span.quantity);
    let billed = invoiced_as_edited(situation, line, written);
    let lost = if billed.is_none() { " No invoice was made since: nothing is lost." } else { "" };
    let drift = format!(
        "Addition {} was changed by hand from {ours} to {found}{}; it is set back to {ours}.{lost}",
        line.id,
        who(line)
    );
    let drift = Finding::new(
        Code::Drift,
        drift,
        "Change the quantity where it is bought; what is changed in ConnectWise lasts until the next sync.",
    );
    let billed = billed.map(|(from, to, money)| {
        let text = format!(
            "Addition {} was invoiced at {found} in the place of {ours} from {from} to {to}: up to {} {} by hand.",
            line.id,
            money.abs().separated(),
            if money > Money::ZERO { "has to be credited" } else { "has to be billed" },
        );
        finding(Code::BilledAsEdited, text)
    });
    std::iter::once(drift).chain(billed).collect()
}

/// What the invoices since the line was last seen as we wrote it bill otherwise; none where none was made. The first of them
/// also has what no invoice had of the line by then, at the quantity of its own day (sync-rules 10.17d).
fn invoiced_as_edited(
    situation: Situation<'_>,
    line: &ServiceLine,
    written: &WrittenLine,
) -> Option<(Day, Day, Money)> {
    let (seen, last) = (written.open_when_seen?, situation.last_invoiced()?);
    if last < seen {
        return None;
    }
    let at_once = situation.contract.contract.invoicing.is_some_and(|invoicing| invoicing.at_once);
    let is_caught_up = !at_once && written.open_when_written == Some(seen);
    let first = line.span.first;
    let from = if is_caught_up { first } else { seen.max(first) };
    let last = line.span.last.map_or(last, |own| own.min(last));
    if from > last {
        return None;
    }
    let bills = |quantity| {
        let span = LineSpan { quantity, ..line.span };
        situation.periods().bills_of(
            span,
            Some(&line.terms),
            line.price,
            Period { first: from, last },
        )
    };
    Some((from, last, bills(line.span.quantity) - bills(written.span.quantity)))
}

/// A price of ours that somebody changed where it stands (sync-rules 10.17e).
pub(super) fn price_set_back(piece: &Piece, ours: Prices) -> Option<Finding> {
    let line = piece.origin.as_ref()?;
    let member = |name: &str, found: Option<Money>, ours: Option<Money>| {
        let (found, ours) = (found?, ours?);
        let (was, is) = (found.separated(), ours.separated());
        (!ours.reads(found)).then(|| format!("{name} {is} to {was}"))
    };
    let price = member("price", piece.prices.price, ours.price);
    let cost = member("cost", piece.prices.cost, ours.cost);
    let changed: Vec<String> = price.into_iter().chain(cost).collect();
    let text = format!(
        "Addition {} was changed by hand: {}{}; it is set back.",
        line.id,
        changed.join(", "),
        who(line)
    );
    let advice = "Change the price in the pricing strategy; what is changed in ConnectWise lasts until the next sync.";
    Some(Finding::new(Code::Drift, text, advice))
}

/// Who did it, and when, as far as ConnectWise tells.
fn who(line: &ServiceLine) -> String {
    let Some(changed) = &line.changed else { return String::new() };
    let at = changed.at.map(|at| format!(" on {}", at.format("%Y-%m-%d %H:%M UTC")));
    format!(" by {}{}", changed.by, at.unwrap_or_default())
}
