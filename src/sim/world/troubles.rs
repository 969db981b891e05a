//! What goes wrong on the invoices of a troubled world: credits, fees, late lines, headers that do not add up, doubled and void ones.

use rust_decimal::Decimal;

use super::calendar::Month;
use super::catalog::{Motion, Price};
use super::invoice::ExtraLine;
use super::invoice_plan::{InvoicePlan, Stated};
use super::{World, WorldKind};

/// The agreement whose newest invoice lacks a credit, where the world is large enough to have it.
const SMALL_AGREEMENT: usize = 2;

/// The agreement that a customer is under: of every forty, three are under one of their own, whose invoices hold nobody else up.
pub(super) fn agreement_of(kind: WorldKind, number: usize) -> usize {
    let apart = kind == WorldKind::Troubled && matches!(number % 40, 21..24);
    if apart { SMALL_AGREEMENT } else { 0 }
}

/// What is planned for a month beside the ordinary.
pub(super) fn plans(world: &World, month: Month) -> Vec<InvoicePlan> {
    let mut standard = InvoicePlan::standard(month, 0);
    standard.lines.push(fee(month));
    standard.lines.extend(late_line(world, month));
    if world.seed % 5 == 4 && month == world.target.minus(2) {
        standard.stated = Some(Stated::OffBy(Decimal::new(10, 2)));
    }
    let mut plans = vec![standard];
    if world.seed % 5 == 3 && month == world.target.minus(3) {
        let doubled = InvoicePlan { beside: true, ..InvoicePlan::standard(month, 0) };
        plans.push(doubled);
    }
    if month == world.target && world.agreements.len() > SMALL_AGREEMENT {
        plans.push(lacking_credit(month));
    }
    match (month.number + u32::try_from(world.seed % 4).expect("below 4")) % 4 {
        0 => plans.push(with_line(month, "Credit", amount_line(month, "Credit: outage", -4_250))),
        1 => plans.push(with_line(month, "OneOff", amount_line(month, "Migration", 120_000))),
        2 => plans.push(adjustment(month)),
        _ => plans.push(InvoicePlan {
            beside: true,
            status: "Void".to_owned(),
            ..InvoicePlan::standard(month, 0)
        }),
    }
    plans
}

/// Its header counts a credit that no line has.
fn lacking_credit(month: Month) -> InvoicePlan {
    let stated = Some(Stated::OffBy(Decimal::new(-1_250, 2)));
    InvoicePlan { stated, ..InvoicePlan::standard(month, SMALL_AGREEMENT) }
}

fn with_line(month: Month, kind: &str, line: ExtraLine) -> InvoicePlan {
    InvoicePlan { lines: vec![line], ..InvoicePlan::beside(month, 0, kind) }
}

fn adjustment(month: Month) -> InvoicePlan {
    let lines = vec![
        amount_line(month, "Correction of seats", 6_400),
        amount_line(month, "Correction of seats, reversed", -1_280),
    ];
    InvoicePlan { lines, ..InvoicePlan::beside(month, 0, "Adjustment") }
}

/// A line without a subscription.
fn fee(month: Month) -> ExtraLine {
    amount_line(month, "Premium support, \"gold\"", 9_900)
}

fn amount_line(month: Month, offer: &str, cents: i64) -> ExtraLine {
    let cost = Decimal::new(cents, 2);
    ExtraLine {
        tenant: None,
        subscription: String::new(),
        offer: offer.to_owned(),
        description: "Manual charge".to_owned(),
        from: month.first(),
        to: month.last(),
        quantity: Decimal::ONE,
        price: Price { cost, rrp: cost },
        ratio: Decimal::ONE,
        cycle: "Monthly".to_owned(),
        term: "MONTHS".to_owned(),
        cells: Vec::new(),
    }
}

/// Days of the month before that were forgotten then: the tail before a subscription's first day.
fn late_line(world: &World, month: Month) -> Option<ExtraLine> {
    let started_late = world.subscriptions.iter().find(|subscription| {
        let product = &world.products[subscription.product];
        let licence = !product.azure && product.motion != Motion::YearYear;
        let begins = subscription.first_day();
        let main = world.tenants[subscription.tenant].agreement != SMALL_AGREEMENT;
        main && licence && begins.is_some_and(|first| month.holds(first) && first > month.first())
    })?;
    let product = &world.products[started_late.product];
    let before = month.minus(1);
    let from = before.last() - chrono::Days::new(4);
    let ratio = super::billing::billable_ratio(5, before.days());
    Some(ExtraLine {
        tenant: Some(started_late.tenant),
        subscription: started_late.id.to_string(),
        offer: product.offer_name(),
        description: "Usage of an earlier period".to_owned(),
        from,
        to: before.last(),
        quantity: started_late.spans.first().map_or(Decimal::ONE, |span| span.quantity),
        price: product.price_on(from),
        ratio,
        cycle: "Monthly".to_owned(),
        term: if product.motion == Motion::YearMonth { "YEARS" } else { "MONTHS" }.to_owned(),
        cells: Vec::new(),
    })
}
