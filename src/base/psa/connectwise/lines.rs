//! Additions as lines, and lines as the rows of their sum (sync-rules 10.1). Pure.
//!
//! It must not decide what is wanted, or leave out a line because it looks odd.

use std::collections::BTreeMap;

use rust_decimal::{Decimal, prelude::ToPrimitive};

use super::{
    advice::finding,
    keys::KeyPlace,
    odd,
    periods::{Period, Periods, last_invoiced},
    wire::{Addition, BillCustomer, Odd},
};
use crate::domain::{
    Code, ContractServiceId, Day, LineId, Money, ServiceId,
    line::{LineBilling, LineChange, LineSpan, LineTerms, ServiceLine},
    outcome::Finding,
    target::{Contract, PresentContract, PresentService, UnitRow},
    timeline::Timeline,
};

/// The largest quantity that is believed.
const LARGEST: i64 = 1_000_000_000;

/// As the server calls them, in messages.
pub(super) const ADDITION: &str = "Addition";

/// One service for each item that has lines on the agreement; none for an odd row that does not even name its item.
pub(super) fn services(
    contract: &Contract,
    additions: Vec<Addition>,
    odd: &[Odd],
    keys: KeyPlace,
) -> Vec<PresentService> {
    let mut items = BTreeMap::<ServiceId, Vec<ServiceLine>>::new();
    for addition in additions {
        items.entry(ServiceId(addition.product.id)).or_default().push(line(addition, keys));
    }
    for row in odd {
        if let Some(item) = row.product {
            items.entry(ServiceId(item)).or_default().push(unreadable(contract, row));
        }
    }
    items.into_iter().map(|(item, lines)| service(contract, item, lines)).collect()
}

/// One more line on an agreement.
pub(super) fn put(present: &mut PresentContract, addition: Addition, keys: KeyPlace) {
    let item = ServiceId(addition.product.id);
    let at = present.services.iter().position(|row| row.service == item);
    let mut own = at.map_or_else(Vec::new, |at| present.services.remove(at).lines);
    own.push(line(addition, keys));
    present.services.push(service(&present.contract, item, own));
    present.services.sort_by_key(|row| row.service);
}

/// The service whose lines these are.
pub(super) fn service(
    contract: &Contract,
    item: ServiceId,
    mut lines: Vec<ServiceLine>,
) -> PresentService {
    lines.sort_by_key(|line| (line.span.first, line.id));
    let (price, cost) = last_prices(&lines);
    PresentService {
        // All lines of an item stand together: it is itself what they are rows of.
        contract_service: ContractServiceId(item.0),
        service: item,
        price,
        cost,
        rows: rows(contract, &lines),
        lines,
    }
}

/// The sum of lines, by day.
pub(super) fn sum<'a>(spans: impl IntoIterator<Item = &'a LineSpan>) -> Timeline {
    Timeline::from_changes(spans.into_iter().flat_map(LineSpan::changes))
}

fn line(addition: Addition, keys: KeyPlace) -> ServiceLine {
    let (quantity, odd) = match whole(addition.quantity) {
        Ok(quantity) => (quantity, unknown_billing(&addition)),
        Err(why) => {
            let nearest = addition.quantity.trunc().to_i64().unwrap_or_default();
            let fault = format!("quantity is {}: {why}", addition.quantity.normalize());
            (nearest.clamp(0, LARGEST), Some(told(addition.id, &fault)))
        }
    };
    let (first, last) = (addition.effective_date, addition.cancelled_date);
    // One that ends before it begins is in force on no day.
    let never = last.is_some_and(|last| last < first);
    let span = LineSpan { first, last, quantity: if never { 0 } else { quantity } };
    ServiceLine {
        id: LineId(addition.id),
        key: keys.key(&addition),
        span,
        price: addition.unit_price.unwrap_or_default(),
        cost: addition.unit_cost,
        changed: changed(&addition),
        terms: LineTerms {
            billing: billing(&addition.bill_customer).unwrap_or_default(),
            invoice_description: addition.invoice_description,
            taxable: addition.taxable_flag,
            less_included: addition.less_included,
            sequence: addition.sequence_number,
            invoice_grouping: addition.invoice_grouping.map(|group| group.id),
            opportunity: addition.opportunity.map(|opportunity| opportunity.id),
        },
        odd,
    }
}

fn whole(quantity: Decimal) -> Result<i64, &'static str> {
    if !quantity.is_integer() {
        return Err("not a whole number of units");
    }
    let units = quantity.to_i64().filter(|units| (0..=LARGEST).contains(units));
    units.ok_or("no quantity that can be believed")
}

fn billing(word: &BillCustomer) -> Option<LineBilling> {
    match word {
        BillCustomer::Billable => Some(LineBilling::Billable),
        BillCustomer::DoNotBill => Some(LineBilling::DoNotBill),
        BillCustomer::NoCharge => Some(LineBilling::NoCharge),
        BillCustomer::Other(_) => None,
    }
}

/// What such a line bills is not known, and it could not be copied.
fn unknown_billing(addition: &Addition) -> Option<Finding> {
    let unknown = billing(&addition.bill_customer).is_none();
    let fault = format!("billCustomer is “{}”", addition.bill_customer.word());
    unknown.then(|| told(addition.id, &fault))
}

fn changed(addition: &Addition) -> Option<LineChange> {
    let info = &addition.info;
    let by = info.updated_by.clone()?;
    let at = info.last_updated.as_deref().and_then(|at| at.parse().ok());
    Some(LineChange { by, at })
}

fn told(id: i64, fault: &str) -> Finding {
    finding(Code::OddRow, format!("{ADDITION} {id} cannot be understood: {fault}."))
}

/// A line of which no more is known than whose it is.
fn unreadable(contract: &Contract, row: &Odd) -> ServiceLine {
    ServiceLine {
        id: LineId(row.id.unwrap_or_default()),
        key: None,
        span: LineSpan { first: contract.start, last: None, quantity: 0 },
        price: Money::ZERO,
        cost: None,
        terms: LineTerms::default(),
        changed: None,
        odd: Some(odd::told(ADDITION, row)),
    }
}

/// What the lines in force after the last step bill a unit, where they agree.
fn last_prices(lines: &[ServiceLine]) -> (Option<Money>, Option<Money>) {
    let live = || lines.iter().filter(|line| line.span.quantity > 0);
    let step = |line: &ServiceLine| line.span.last.map_or(line.span.first, Day::next);
    let Some(last) = live().map(step).max() else { return (None, None) };
    let in_force: Vec<_> = live().filter(|line| line.span.covers(last)).collect();
    // All have ended: the last ones tell what was billed.
    let told = if in_force.is_empty() {
        live().filter(|line| line.span.covers(last.previous())).collect()
    } else {
        in_force
    };
    let agreed = |member: fn(&ServiceLine) -> Option<Money>| {
        let first = told.first().and_then(|line| member(line))?;
        told.iter().all(|line| member(line) == Some(first)).then_some(first)
    };
    (agreed(|line| Some(line.price)), agreed(|line| line.cost))
}

/// One row for each day on which the sum changes.
fn rows(contract: &Contract, lines: &[ServiceLine]) -> Vec<UnitRow> {
    let steps = sum(lines.iter().map(|line| &line.span));
    let ends = steps.steps().iter().skip(1).map(|step| Some(step.from.previous())).chain([None]);
    let invoiced = last_invoiced(contract.invoicing);
    let row = |(step, end): (&crate::domain::timeline::Step, Option<Day>)| {
        let end = end.unwrap_or_else(|| far_end(contract, step.from));
        let bills = |price: fn(&ServiceLine) -> Option<Money>| {
            extended(contract, lines, Period { first: step.from, last: end }, price)
        };
        UnitRow {
            start: step.from,
            end,
            units: step.units,
            price: bills(|line| Some(line.price)).unwrap_or_default(),
            cost: bills(|line| line.cost),
            posted: invoiced.is_some_and(|invoiced| end <= invoiced),
        }
    };
    steps.steps().iter().zip(ends).map(row).collect()
}

/// The end of a row that nothing follows: the agreement's own, else that of the first period that is not invoiced.
fn far_end(contract: &Contract, start: Day) -> Day {
    let open = contract.invoicing.and_then(|invoicing| invoicing.first_open);
    let period = Periods::of(contract).at(open.map_or(start, |open| open.max(start)));
    contract.end.unwrap_or(period.last).max(start)
}

/// What the lines bill together over a span; none where one of them does not tell.
fn extended(
    contract: &Contract,
    lines: &[ServiceLine],
    days: Period,
    price: fn(&ServiceLine) -> Option<Money>,
) -> Option<Money> {
    let periods = Periods::of(contract);
    let live = lines.iter().filter(|line| line.span.quantity > 0);
    let of = |line: &ServiceLine| {
        Some(periods.bills_of(line.span, Some(&line.terms), price(line)?, days))
    };
    live.map(of).sum()
}
