//! Lines: dated pieces of a service's quantity that a target keeps as rows of their own (sync-rules 10.1).
//!
//! What stands on a day is the sum of the lines in force on it. Nothing here knows which target keeps lines.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Day, LineId, Money, mapping::PricingStrategy, operation::Operation, outcome::Finding};

/// So many units from a day on, to a day or open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineSpan {
    /// First day in force.
    pub first: Day,
    /// Last day in force; none where it is open.
    pub last: Option<Day>,
    /// Units in force on each of its days.
    pub quantity: i64,
}

impl LineSpan {
    /// Whether it is in force on a day.
    #[must_use]
    pub fn covers(&self, day: Day) -> bool {
        self.first <= day && self.last.is_none_or(|last| day <= last)
    }

    /// What it adds to the sum, by day: its units on its first day, and their end on the day after its last.
    pub fn changes(&self) -> impl Iterator<Item = (Day, i64)> + use<> {
        let end = self.last.map(|last| (last.next(), -self.quantity));
        std::iter::once((self.first, self.quantity)).chain(end)
    }

    /// What is different once it has become `other`, by day.
    ///
    /// ```text
    ///          1st ....... 14th 15th .......
    /// this      6           6    6           6, open
    /// other     6           6                ended on the 14th
    /// changes                   -6
    /// ```
    #[must_use]
    pub fn changes_to(&self, other: &Self) -> Vec<(Day, i64)> {
        let mut all = std::collections::BTreeMap::<Day, i64>::new();
        let gone = self.changes().map(|(day, change)| (day, -change));
        for (day, change) in other.changes().chain(gone) {
            *all.entry(day).or_default() += change;
        }
        all.into_iter().filter(|(_, change)| *change != 0).collect()
    }
}

/// Whether a line reaches the customer's bill.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineBilling {
    /// It is billed.
    #[default]
    Billable,
    /// It is not shown to the customer.
    DoNotBill,
    /// It is shown without a charge.
    NoCharge,
}

/// What belongs to the operator once a line is made, and is copied to one that stands in its place (sync-rules 10.13).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineTerms {
    /// Text on the customer's invoice.
    pub invoice_description: Option<String>,
    /// Whether it is taxed; none leaves the product's own.
    pub taxable: Option<bool>,
    /// Whether it reaches the bill.
    pub billing: LineBilling,
    /// Units given free; none of them as a rule.
    pub less_included: Decimal,
    /// Its place on the customer's invoice.
    pub sequence: Option<Decimal>,
    /// The group of lines that it is shown in.
    pub invoice_grouping: Option<i64>,
    /// The opportunity that it came of.
    pub opportunity: Option<i64>,
}

/// Who changed a line last, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineChange {
    /// The member's name.
    pub by: String,
    /// When, where the target tells.
    pub at: Option<DateTime<Utc>>,
}

/// One line, as read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceLine {
    /// Its id.
    pub id: LineId,
    /// Our key, of a line of ours: the same intent has the same key (sync-rules 10.10).
    pub key: Option<String>,
    /// From when to when how many.
    pub span: LineSpan,
    /// Unit price.
    pub price: Money,
    /// Unit cost; none where the member may not see costs.
    pub cost: Option<Money>,
    /// What is the operator's.
    pub terms: LineTerms,
    /// Who changed it last.
    pub changed: Option<LineChange>,
    /// Why nothing may be planned on what it says, such as a fraction of a unit; its span then holds whole units only.
    pub odd: Option<Finding>,
}

impl LineTerms {
    /// Units that reach the bill: those given free do not, nor does a line that is not billed at all (wire/connectwise 17.9).
    #[must_use]
    pub fn billed(&self, quantity: i64) -> Decimal {
        match self.billing {
            LineBilling::Billable => {
                (Decimal::from(quantity) - self.less_included).max(Decimal::ZERO)
            }
            LineBilling::DoNotBill | LineBilling::NoCharge => Decimal::ZERO,
        }
    }
}

/// What the lines in force on a day come to in a whole month: what they bill, and what they cost as far as that is known.
#[must_use]
pub fn monthly(lines: &[ServiceLine], day: Day) -> (Money, Money) {
    let in_force = || lines.iter().filter(move |line| line.span.covers(day));
    let price = in_force().map(|line| line.price * line.terms.billed(line.span.quantity));
    let cost = in_force().filter_map(|line| Some(line.cost? * Decimal::from(line.span.quantity)));
    (price.sum(), cost.sum())
}

/// What stands once a write was carried out; a line that it makes has this id.
pub fn carry_out(lines: &mut Vec<ServiceLine>, operation: &Operation, made: LineId) {
    if let Operation::AddLine { line, .. } = operation {
        let terms = line.terms.clone().unwrap_or_else(|| as_the_target_fills(lines));
        lines.push(ServiceLine {
            id: made,
            key: Some(line.key.clone()),
            span: line.span,
            price: line.price.unwrap_or_default(),
            cost: line.cost,
            terms,
            changed: None,
            odd: None,
        });
        lines.sort_by_key(|line| (line.span.first, line.id));
    } else if let Some(line) = changed_by(operation)
        && let Some(line) = lines.iter_mut().find(|known| known.id == line)
    {
        change(line, operation);
    }
}

/// The terms that the target gives a line for which we ask for none, as far as can be told before it answers: those that it
/// gave our last one of the same item, but for what changes what is billed, which is the operator's doing there.
fn as_the_target_fills(lines: &[ServiceLine]) -> LineTerms {
    let ours = lines.iter().filter(|line| line.key.is_some());
    let last = ours.max_by_key(|line| line.id).map(|line| line.terms.clone());
    let LineTerms { billing, less_included, .. } = LineTerms::default();
    LineTerms { billing, less_included, ..last.unwrap_or_default() }
}

/// The line that an operation changes.
#[must_use]
pub fn changed_by(operation: &Operation) -> Option<LineId> {
    match operation {
        Operation::EndLine { line, .. } | Operation::AmendLine { line, .. } => Some(*line),
        _ => None,
    }
}

/// What an operation makes of the line that it changes.
pub fn change(line: &mut ServiceLine, operation: &Operation) {
    match operation {
        Operation::EndLine { last, .. } => line.span.last = Some(*last),
        Operation::AmendLine { quantity, unit_price, unit_cost, .. } => {
            line.span.quantity = *quantity;
            line.price = unit_price.unwrap_or(line.price);
            line.cost = unit_cost.or(line.cost);
        }
        _ => {}
    }
}

/// A line to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewLine {
    /// Our key.
    pub key: String,
    /// From when to when how many.
    pub span: LineSpan,
    /// Unit price; none leaves the product's own.
    pub price: Option<Money>,
    /// Unit cost; none leaves the product's own.
    pub cost: Option<Money>,
    /// Those of the line in whose place it comes; none where it is the first.
    pub terms: Option<LineTerms>,
}

/// What we wrote to a line last, remembered so that an edit of it can be told from a change of ours (sync-rules 10.1, 10.6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenLine {
    /// Which line.
    pub id: LineId,
    /// From when to when how many, as we wrote it.
    pub span: LineSpan,
    /// Its unit price, where we set one.
    pub price: Option<Money>,
    /// Its unit cost, where we set one.
    pub cost: Option<Money>,
    /// The first day not invoiced when it was made: it is free as long as that does not move.
    pub open_when_written: Option<Day>,
    /// The first day not invoiced when it was last read as it was written.
    pub open_when_seen: Option<Day>,
}

impl WrittenLine {
    /// What a write that was carried out leaves of what was known of its line; none where it wrote to no line. `open` is the
    /// first day that was not invoiced when it was planned, `id` the line that it made.
    #[must_use]
    pub fn left_by(
        operation: &Operation,
        known: Option<&Self>,
        id: Option<LineId>,
        open: Option<Day>,
    ) -> Option<Self> {
        let known = |id: LineId| known.filter(|known| known.id == id);
        let (id, span, prices) = match operation {
            Operation::AddLine { line, .. } => (id?, line.span, (line.price, line.cost)),
            Operation::EndLine { line, was, last, .. } => {
                (*line, LineSpan { last: Some(*last), ..*was }, (None, None))
            }
            Operation::AmendLine { line, was, quantity, unit_price, unit_cost, .. } => {
                (*line, LineSpan { quantity: *quantity, ..*was }, (*unit_price, *unit_cost))
            }
            Operation::CreateService { .. }
            | Operation::UpdateService { .. }
            | Operation::CreateContractService { .. }
            | Operation::AdjustUnits { .. } => return None,
        };
        let before = known(id);
        Some(Self {
            id,
            span,
            price: prices.0.or(before.and_then(|known| known.price)),
            cost: prices.1.or(before.and_then(|known| known.cost)),
            // What was invoiced of a line stays invoiced, whatever is changed of it.
            open_when_written: match operation {
                Operation::AddLine { .. } => open,
                _ => before.and_then(|before| before.open_when_written),
            },
            open_when_seen: open,
        })
    }

    /// Takes down what a write that was carried out leaves, among what is known; `made` is the line that it made, if it made
    /// one.
    pub fn remember(all: &mut Vec<Self>, operation: &Operation, made: LineId, open: Option<Day>) {
        let id = changed_by(operation).unwrap_or(made);
        let at = all.iter().position(|known| known.id == id);
        let known = at.and_then(|at| all.get(at));
        let Some(left) = Self::left_by(operation, known, Some(made), open) else { return };
        match at.and_then(|at| all.get_mut(at)) {
            Some(known) => *known = left,
            None => all.push(left),
        }
    }

    /// What of it is ours where prices are left to the operator: a price that is not was written once, and is no more
    /// compared or set back (sync-rules 5.5, 10.17e).
    #[must_use]
    pub fn as_priced_by(self, pricing: PricingStrategy) -> Self {
        match pricing {
            PricingStrategy::CostAndRetail => self,
            PricingStrategy::CostOnly => Self { price: None, ..self },
            PricingStrategy::QuantitiesOnly => Self { price: None, cost: None, ..self },
        }
    }

    /// Whether the line reads as it was written.
    #[must_use]
    pub fn reads(&self, line: &ServiceLine) -> bool {
        let same = |ours: Option<Money>, reads: Option<Money>| {
            ours.zip(reads).is_none_or(|(ours, reads)| ours.reads(reads))
        };
        self.span == line.span && same(self.price, Some(line.price)) && same(self.cost, line.cost)
    }
}

/// When a contract is invoiced, where the target tells (sync-rules 10.1, wire/connectwise 17).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoicing {
    /// The first day that may be billed at all.
    pub billing_start: Day,
    /// The first day that is not invoiced yet; none where that cannot be told.
    pub first_open: Option<Day>,
    /// Whether part of a period bills a part of its price.
    pub prorated: bool,
    /// Whether part of a period is invoiced at once, before the next invoice.
    pub at_once: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ContractId, ServiceId};

    fn span(first: &str, last: Option<&str>, quantity: i64) -> LineSpan {
        let day = |text: &str| text.parse::<Day>().expect("a day");
        LineSpan { first: day(first), last: last.map(day), quantity }
    }

    #[test]
    fn a_line_counts_on_its_first_and_its_last_day_r10_1() {
        let line = span("2026-09-12", Some("2026-09-30"), 3);
        let days = ["2026-09-11", "2026-09-12", "2026-09-30", "2026-10-01"];
        let in_force = days.map(|day| line.covers(day.parse().expect("a day")));
        assert_eq!(in_force, [false, true, true, false]);
    }

    fn line(id: i64, last: Option<&str>, quantity: i64, price: &str) -> ServiceLine {
        ServiceLine {
            id: LineId(id),
            key: None,
            span: span("2026-01-01", last, quantity),
            price: price.parse().expect("a price"),
            cost: None,
            terms: LineTerms::default(),
            changed: None,
            odd: None,
        }
    }

    #[test]
    fn lines_of_two_prices_bill_each_its_own_r10_7() {
        let free = LineTerms { less_included: Decimal::TWO, ..LineTerms::default() };
        let hidden = LineTerms { billing: LineBilling::DoNotBill, ..LineTerms::default() };
        let lines = [
            line(1, None, 5, "8.00"),
            line(2, None, 1, "8.40"),
            line(3, Some("2026-08-31"), 9, "8.00"),
            ServiceLine { terms: free, ..line(4, None, 3, "1.00") },
            ServiceLine { terms: hidden, ..line(5, None, 3, "1.00") },
        ];
        let (price, _) = monthly(&lines, "2026-09-30".parse().expect("a day"));
        assert_eq!(price.to_string(), "49.40");
    }

    #[test]
    fn what_the_strategy_leaves_to_the_operator_is_not_remembered_as_ours_r10_17e() {
        let eight = Some("8.00".parse::<Money>().expect("an amount"));
        let line = WrittenLine {
            id: LineId(1),
            span: span("2026-01-01", None, 6),
            price: eight,
            cost: eight,
            open_when_written: None,
            open_when_seen: None,
        };
        let left = |pricing| {
            let line = line.clone().as_priced_by(pricing);
            (line.price.is_some(), line.cost.is_some())
        };
        assert_eq!(left(PricingStrategy::CostAndRetail), (true, true));
        assert_eq!(left(PricingStrategy::CostOnly), (false, true));
        assert_eq!(left(PricingStrategy::QuantitiesOnly), (false, false));
    }

    #[test]
    fn a_line_to_be_made_reads_as_our_last_one_of_its_item_but_bills_all_its_units_r10_3() {
        let told = LineTerms {
            taxable: Some(true),
            less_included: Decimal::TWO,
            billing: LineBilling::DoNotBill,
            ..LineTerms::default()
        };
        let key = Some("K".to_owned());
        let mut lines = vec![ServiceLine { key, terms: told, ..line(1, None, 5, "8.00") }];
        let add = Operation::AddLine {
            contract: ContractId(1),
            service: ServiceId(2),
            line: Box::new(NewLine {
                key: "L".to_owned(),
                span: span("2026-09-01", None, 2),
                price: None,
                cost: None,
                terms: None,
            }),
        };
        carry_out(&mut lines, &add, LineId(2));
        let expected = LineTerms { taxable: Some(true), ..LineTerms::default() };
        assert_eq!(lines[1].terms, expected);
    }

    #[test]
    fn what_each_write_leaves_is_remembered_by_its_line_r10_6() {
        let (contract, service) = (ContractId(1), ServiceId(2));
        let line = span("2026-01-01", None, 6);
        let add = Operation::AddLine {
            contract,
            service,
            line: Box::new(NewLine {
                key: "K".to_owned(),
                span: line,
                price: None,
                cost: None,
                terms: None,
            }),
        };
        let (was, quantity) = (line, 4);
        let amend = Operation::AmendLine {
            contract,
            service,
            line: LineId(7),
            was,
            quantity,
            unit_price: None,
            unit_cost: None,
        };
        let four = span("2026-01-01", None, 4);
        let last = "2026-09-14".parse().expect("a day");
        let end = Operation::EndLine { contract, service, line: LineId(7), was: four, last };
        let open = "2026-09-01".parse().ok();
        let mut all = Vec::new();
        let mut spans = Vec::new();
        for operation in [add, amend, end] {
            WrittenLine::remember(&mut all, &operation, LineId(7), open);
            spans.push(all.iter().map(|known: &WrittenLine| known.span).collect::<Vec<_>>());
        }
        let ended = span("2026-01-01", Some("2026-09-14"), 4);
        assert_eq!(spans, [[line], [four], [ended]]);
        assert_eq!(all[0].open_when_written, open);
    }

    #[test]
    fn ending_a_line_takes_its_units_from_the_day_after_r10_4() {
        let changes =
            span("2026-01-01", None, 6).changes_to(&span("2026-01-01", Some("2026-09-14"), 6));
        assert_eq!(changes, [("2026-09-15".parse().expect("a day"), -6)]);
    }
}
