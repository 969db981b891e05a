//! What lines tell of prices (sync-rules 5.2, 10.17e): those that carry our key bill what we wrote, day by day; the others are
//! the operator's.
//!
//! It must not decide what a price ought to be.

use std::collections::BTreeSet;

use crate::{
    domain::{Day, Money, line::ServiceLine, operation::PriceStep, target::PresentService},
    psa::{AskedPrice, PriceMember, Shown},
};

/// The prices by day, from the lines of ours in force; nothing from a day on which they differ among themselves, or there is
/// none. Each day on which a line begins is told, as a price step before it does not reach that line.
pub(super) fn steps(row: &PresentService) -> Vec<PriceStep> {
    let ours: Vec<&ServiceLine> = live(row).filter(|line| priced_by_us(line)).collect();
    let ends = ours.iter().filter_map(|line| line.span.last).map(Day::next);
    let days: BTreeSet<Day> = ours.iter().map(|line| line.span.first).chain(ends).collect();
    let mut steps: Vec<PriceStep> = Vec::new();
    for from in days {
        let told = |member: PriceMember| agreed(&ours, from, member);
        let step =
            PriceStep { from, price: told(PriceMember::Price), cost: told(PriceMember::Cost) };
        let same = |last: &PriceStep| (last.price, last.cost) == (step.price, step.cost);
        let begins = ours.iter().any(|line| line.span.first == from);
        if begins || !steps.last().is_some_and(same) {
            steps.push(step);
        }
    }
    steps
}

fn priced_by_us(line: &ServiceLine) -> bool {
    super::keys::prices(line.key.as_deref())
}

fn live(row: &PresentService) -> impl Iterator<Item = &ServiceLine> {
    row.lines.iter().filter(|line| line.span.quantity > 0)
}

fn of(line: &ServiceLine, member: PriceMember) -> Option<Money> {
    match member {
        PriceMember::Price => Some(line.price),
        PriceMember::Cost => line.cost,
    }
}

fn agreed(lines: &[&ServiceLine], day: Day, member: PriceMember) -> Option<Money> {
    let mut in_force = lines.iter().filter(|line| line.span.covers(day));
    let first = of(in_force.next()?, member)?;
    in_force.all(|line| of(line, member) == Some(first)).then_some(first)
}

/// What they show of a price that was asked for: that of the first that bills otherwise on its day.
pub(super) fn shows(row: &PresentService, asked: AskedPrice) -> Shown {
    let in_force = live(row).filter(|line| priced_by_us(line) && line.span.covers(asked.from));
    let mut told = in_force.filter_map(|line| of(line, asked.member)).peekable();
    if told.peek().is_none() {
        return Shown::Nothing;
    }
    let amount = super::operations::keeps(asked.amount);
    told.find(|shown| !amount.reads(*shown)).map_or(Shown::Yes, Shown::Other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::psa::connectwise::sample::{agreement, day, line, money, ours, present};

    fn row(lines: Vec<ServiceLine>) -> PresentService {
        present(agreement("2026-11-01"), lines).services.remove(0)
    }

    fn told(row: &PresentService) -> Vec<(String, Option<String>)> {
        let text = |step: PriceStep| (step.from.to_string(), step.price.map(|p| p.to_string()));
        steps(row).into_iter().map(text).collect()
    }

    #[test]
    fn lines_of_ours_tell_their_prices_by_day_and_others_do_not_r10_17e() {
        let dear = ServiceLine { price: money("8.40"), ..ours(2, "2026-11-01", None, 6) };
        let hand = ServiceLine { price: money("1.00"), ..line(3, "2026-10-01", None, 1) };
        let row = row(vec![ours(1, "2026-01-01", Some("2026-10-31"), 6), dear, hand]);
        let expected = [("2026-01-01", "8.00"), ("2026-11-01", "8.40")];
        let expected = expected.map(|(day, price)| (day.to_owned(), Some(price.to_owned())));
        assert_eq!(told(&row), expected);
    }

    #[test]
    fn a_line_that_begins_later_at_the_same_price_is_told_on_its_own_day_r10_7() {
        let row = row(vec![ours(1, "2026-01-01", None, 5), ours(2, "2026-09-19", None, 1)]);
        let expected = [("2026-01-01", "8.00"), ("2026-09-19", "8.00")];
        let expected = expected.map(|(day, price)| (day.to_owned(), Some(price.to_owned())));
        assert_eq!(told(&row), expected);
    }

    #[test]
    fn where_lines_of_ours_differ_nothing_is_told_from_that_day() {
        let dear = ServiceLine { price: money("8.40"), ..ours(2, "2026-09-19", None, 1) };
        let row = row(vec![ours(1, "2026-01-01", None, 5), dear]);
        let expected = [("2026-01-01", Some("8.00")), ("2026-09-19", None)];
        let expected = expected.map(|(day, price)| (day.to_owned(), price.map(str::to_owned)));
        assert_eq!(told(&row), expected);
    }

    #[test]
    fn a_price_that_was_asked_for_shows_on_the_lines_in_force_on_its_day() {
        let row = row(vec![ours(1, "2026-01-01", Some("2026-09-14"), 5)]);
        let asked = |amount, from| AskedPrice {
            member: PriceMember::Price,
            amount: money(amount),
            from: day(from),
            until: None,
        };
        assert_eq!(shows(&row, asked("8.00", "2026-09-01")), Shown::Yes);
        assert_eq!(shows(&row, asked("8.40", "2026-09-01")), Shown::Other(money("8.00")));
        assert_eq!(shows(&row, asked("8.40", "2026-10-01")), Shown::Nothing);
    }
}
