//! What the writes of one service mean: quantity before and after each, reason, money.

use std::collections::BTreeMap;

use crate::{
    domain::{
        Day, LineId, Money,
        line::{self, ServiceLine},
        operation::{Operation, ServiceOperations},
        timeline::Timeline,
    },
    psa::BillingRules,
};

use super::super::{
    plan::{MonthlyMoney, PlannedOperation},
    prices::{KnownPrices, Pair},
    quantities::Span,
};

/// One service's writes and what they are judged by.
pub(super) struct Story<'a> {
    pub before: &'a Timeline,
    /// The lines that the service stands as, on a target of lines: each bills its own price.
    pub lines: &'a [ServiceLine],
    pub made: &'a ServiceOperations,
    pub known: &'a KnownPrices,
    pub span: Span,
    pub why: Why,
}

/// What a service is planned for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// The invoice bills it by seats.
    Invoice,
    /// The invoice bills it by usage.
    Azure,
    /// Its customer left the contract.
    Leaving,
    /// A write of ours came late.
    Late,
}

impl Story<'_> {
    /// The writes, told one after the other.
    pub(super) fn told(&self) -> Vec<PlannedOperation> {
        let (mut level, mut known) = (self.before.clone(), self.known.clone());
        let mut lines = self.lines.to_vec();
        let mut told = Vec::with_capacity(self.made.operations.len());
        for operation in &self.made.operations {
            let mut planned = self.tell(operation, &mut level, &mut known);
            if let (true, Some(day)) = (is_of_line(operation), planned.effective) {
                let days = [day, day.max(self.span.month.last_day())];
                let before = days.map(|day| line::monthly(&lines, day).0);
                line::carry_out(&mut lines, operation, LineId(0));
                let [begins, remains] = days.map(|day| line::monthly(&lines, day).0);
                let (begins, remains) = (begins - before[0], remains - before[1]);
                planned.monthly_effect = remains;
                let passes = operation.until().is_some() && begins != remains;
                planned.effect_while = passes.then_some(begins);
            }
            told.push(planned);
        }
        add_up_days(&mut told);
        told
    }

    fn tell(
        &self,
        operation: &Operation,
        level: &mut Timeline,
        known: &mut KnownPrices,
    ) -> PlannedOperation {
        let planned = |reason: String| PlannedOperation {
            operation: operation.clone(),
            effective: None,
            quantity: None,
            reason,
            price_before: None,
            cost_before: None,
            monthly_effect: Money::ZERO,
            effect_while: None,
            net: None,
            shifts: Vec::new(),
        };
        let (unit_price, unit_cost) = operation.prices();
        match (operation, operation.effective()) {
            (Operation::CreateContractService { .. }, _) => {
                let opening = Pair { price: unit_price, cost: unit_cost };
                *known = known.with(&[opening.at(Day(chrono::NaiveDate::MIN))]);
                planned("first time on this contract".to_owned())
            }
            (_, Some(effective)) => {
                let before = level.on(effective);
                let was = known.on(effective);
                let changes = operation.changes();
                *level = Timeline::from_changes(level.changes().chain(changes));
                *known = known.with(&[Pair { price: unit_price, cost: unit_cost }.at(effective)]);
                let is = known.on(effective);
                let after = level.on(effective);
                let by_line = is_of_line(operation);
                let reason = self.reason(effective, after - before, by_line, [was, is]);
                let shifts = self.made.shifts.iter().filter(|shift| shift.written == effective);
                PlannedOperation {
                    shifts: shifts.copied().collect(),
                    effective: Some(effective),
                    quantity: Some((before, after)),
                    price_before: replaced(was.price, unit_price),
                    cost_before: replaced(was.cost, unit_cost),
                    monthly_effect: amount(is.price, after) - amount(was.price, before),
                    ..planned(reason)
                }
            }
            (_, None) => planned(String::new()),
        }
    }

    fn reason(&self, day: Day, units: i64, by_line: bool, [was, is]: [Pair; 2]) -> String {
        let stands = self.made.after.on(day);
        let mut reasons = Vec::new();
        if units != 0 {
            reasons.push(match (day <= self.span.last, self.why, stands) {
                (_, Why::Late, _) => "a change that arrived late is taken back".to_owned(),
                (true, Why::Azure, _) => "Azure usage of the month".to_owned(),
                (false, Why::Azure, 0) => {
                    "Azure: the next month comes with its own invoice".to_owned()
                }
                (true, Why::Leaving, 0) => {
                    "its customer is not linked to this contract any more".to_owned()
                }
                (true, _, 0) => format!("the invoice has none from {day}"),
                (true, ..) => format!("the invoice has {stands} from {day}"),
                (false, _, 0) => format!("none from {day}, after the usage month"),
                (false, ..) => format!("keeps the {stands} that stand from {day}"),
            });
        }
        // Which price is told beside the reason. That of a first line takes no other's place.
        let is_first = by_line && was.is_none();
        let moved = |was: Option<Money>, is: Option<Money>| is.is_some() && was != is && !is_first;
        let what = match (moved(was.price, is.price), moved(was.cost, is.cost)) {
            (true, true) => Some("price and cost"),
            (true, false) => Some("price"),
            (false, true) => Some("cost"),
            (false, false) => None,
        };
        reasons.extend(what.map(|what| format!("another {what} from {day}")));
        reasons.join("; ")
    }

    /// Monthly money on the usage month's last day.
    pub(super) fn money(
        &self,
        told: &[PlannedOperation],
        rules: &dyn BillingRules,
    ) -> MonthlyMoney {
        let day = self.span.month.last_day();
        if !self.lines.is_empty() || told.iter().any(|one| is_of_line(&one.operation)) {
            return self.money_of_lines(told, day);
        }
        let opening = Some(Day(chrono::NaiveDate::MIN));
        let steps: Vec<_> =
            told.iter().filter_map(|planned| planned.operation.price_step(opening)).collect();
        let (was, is) = (self.known.on(day), self.known.with(&steps).on(day));
        let kept =
            |price: Option<Money>, units| amount(price.map(|price| rules.keeps(price)), units);
        let (before, after) = (self.before.on(day), self.made.after.on(day));
        MonthlyMoney {
            price_before: kept(was.price, before),
            price_after: kept(is.price, after),
            cost_before: kept(was.cost, before),
            cost_after: kept(is.cost, after),
        }
    }
}

impl Story<'_> {
    fn money_of_lines(&self, told: &[PlannedOperation], day: Day) -> MonthlyMoney {
        let mut lines = self.lines.to_vec();
        let (price_before, cost_before) = line::monthly(&lines, day);
        for planned in told {
            line::carry_out(&mut lines, &planned.operation, LineId(0));
        }
        let (price_after, cost_after) = line::monthly(&lines, day);
        MonthlyMoney { price_before, price_after, cost_before, cost_after }
    }
}

/// What all writes of each day come to, with the last of them.
fn add_up_days(told: &mut [PlannedOperation]) {
    let mut days = BTreeMap::<Day, (usize, (i64, i64))>::new();
    for (at, planned) in told.iter().enumerate() {
        let (Some(day), Some((before, after))) = (planned.effective, planned.quantity) else {
            continue;
        };
        let (last, net) = days.entry(day).or_insert((at, (before, after)));
        (*last, net.1) = (at, after);
    }
    for (at, net) in days.into_values() {
        told[at].net = Some(net);
    }
}

/// Whether it is a write to one of the lines that a service stands as.
fn is_of_line(operation: &Operation) -> bool {
    matches!(operation, Operation::AddLine { .. }) || line::changed_by(operation).is_some()
}

/// What stood, where something else is set in its place.
fn replaced(was: Option<Money>, set: Option<Money>) -> Option<Money> {
    was.filter(|was| set.is_some_and(|set| set != *was))
}

/// Nothing, where the price is not known or the product is absurd.
fn amount(price: Option<Money>, units: i64) -> Money {
    let amount = price.and_then(|price| price.0.checked_mul(units.into()));
    amount.map_or(Money::ZERO, Money)
}
