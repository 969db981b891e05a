//! Unit prices and costs of one service on one contract (sync-rules 5).
//!
//! It must not look at quantities beyond whether a service stands at 0, or choose a pricing strategy.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use crate::{
    domain::{
        Day, Money, invoice::Line, mapping::PricingStrategy, operation::PriceStep,
        outcome::Finding, target::PresentService, timeline::Timeline,
    },
    psa::Psa,
};

use super::{memory::Baseline, quantities::Span};

/// What is known of a service's prices: dated steps of ours, and what the row shows where there is none.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// Of earlier applications, by day.
    steps: Vec<PriceStep>,
    /// Of the application that is planned, written already or planned, by day.
    ours: Vec<PriceStep>,
    shown: Pair,
    /// What the row showed before this application.
    shown_before: Pair,
}

/// A unit price with its unit cost; none where it is not known, or not to be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pair {
    pub price: Option<Money>,
    pub cost: Option<Money>,
}

impl Pair {
    pub fn is_none(self) -> bool {
        self.price.is_none() && self.cost.is_none()
    }

    /// Only what differs from `other`.
    pub fn less(self, other: Self) -> Self {
        Self {
            price: self.price.filter(|price| other.price != Some(*price)),
            cost: self.cost.filter(|cost| other.cost != Some(*cost)),
        }
    }

    pub fn at(self, from: Day) -> PriceStep {
        PriceStep { from, price: self.price, cost: self.cost }
    }
}

impl Known {
    /// From what earlier applications wrote, what this one wrote so far, and what the row shows.
    pub fn new(
        steps: Option<&Vec<PriceStep>>,
        begun: Option<&Baseline>,
        row: Option<&PresentService>,
    ) -> Self {
        let mut steps = steps.cloned().unwrap_or_default();
        steps.sort_by_key(|step| step.from);
        let shown = row.map_or(Pair::default(), |row| Pair { price: row.price, cost: row.cost });
        let mut known = Self { steps, ours: Vec::new(), shown, shown_before: shown };
        let Some(begun) = begun else { return known };
        // A part that failed is remembered like any other.
        known.steps.retain(|step| !begun.prices.contains(step));
        let shown_before = Pair { price: begun.price, cost: begun.cost };
        Self { shown_before, ..known }.with(&begun.prices)
    }

    /// With further steps of this application; of two on one day the later given counts.
    pub fn with(&self, steps: &[PriceStep]) -> Self {
        let mut all = self.clone();
        all.ours.extend_from_slice(steps);
        all.ours.sort_by_key(|step| step.from);
        all
    }

    /// In force on a day.
    pub fn on(&self, day: Day) -> Pair {
        let mut all: Vec<&PriceStep> = self.steps.iter().chain(&self.ours).collect();
        all.sort_by_key(|step| step.from);
        in_force(all.into_iter(), day, self.shown)
    }

    /// The price that was to stand from the first day of the next applied month on, where this application's steps carry
    /// into it (sync-rules 5.2).
    pub fn back(&self, next: Option<Day>) -> Option<PriceStep> {
        let next = next.filter(|_| !self.ours.is_empty())?;
        let before = in_force(self.steps.iter(), next, self.shown_before);
        let back = before.less(self.on(next));
        (!back.is_none()).then(|| back.at(next))
    }
}

/// Of steps by day the last one of each until a day; where there is none, what the row shows.
fn in_force<'a>(steps: impl Iterator<Item = &'a PriceStep>, day: Day, shown: Pair) -> Pair {
    let mut until: Vec<&PriceStep> = steps.filter(|step| step.from <= day).collect();
    until.reverse();
    let until = || until.iter();
    Pair {
        price: until().find_map(|step| step.price).or(shown.price),
        cost: until().find_map(|step| step.cost).or(shown.cost),
    }
}

/// The prices to be written.
#[derive(Clone, Debug, Default)]
pub(super) struct Planned {
    pub opening: Pair,
    pub steps: Vec<PriceStep>,
}

/// The prices that the lines of one service ask for, as a pricing strategy lets them through.
pub(super) struct Asked<'a> {
    pub lines: Vec<&'a Line>,
    pub pricing: PricingStrategy,
    pub psa: &'a dyn Psa,
}

impl Asked<'_> {
    /// The same for a row that is new to the contract: it opens with price and cost whatever the strategy is
    /// (sync-rules 5.1). There is no sell price of the operator's on it yet; left out, it would open at the service's own,
    /// which the product sync keeps at the price list of today and not of this month. From then on it is the operator's.
    pub fn opening(&self) -> Self {
        let (lines, pricing) = (self.lines.clone(), PricingStrategy::CostAndRetail);
        Self { lines, pricing, psa: self.psa }
    }

    fn pair(&self, line: &Line) -> Pair {
        masked(self.pricing, self.psa.keeps(line.retail_price), self.psa.keeps(line.cost_price))
    }

    fn covering(&self, day: Day) -> impl Iterator<Item = &Line> {
        self.lines.iter().copied().filter(move |line| line.start <= day && day <= line.end)
    }

    /// The price of the largest quantity on a day (sync-rules 5.4).
    fn on(&self, day: Day) -> Option<Pair> {
        let mut sums = std::collections::BTreeMap::<Pair, Decimal>::new();
        for line in self.covering(day) {
            *sums.entry(self.pair(line)).or_default() += line.quantity;
        }
        let largest = sums
            .into_iter()
            .max_by(|(one, many), (other, few)| many.cmp(few).then_with(|| other.cmp(one)));
        largest.map(|(pair, _)| pair)
    }

    /// Whether lines of two prices cover one day.
    fn differ_at_once(&self) -> bool {
        let days: BTreeSet<Day> = self.lines.iter().map(|line| line.start).collect();
        days.into_iter().any(|day| {
            let pairs: BTreeSet<Pair> = self.covering(day).map(|line| self.pair(line)).collect();
            pairs.len() > 1
        })
    }

    /// Re-prices on the first day and where the service returns from 0, and one back on the first day of the next applied
    /// month (sync-rules 5.1–5.3).
    pub fn plan(&self, invoice: &Timeline, span: &Span, known: &Known, is_new: bool) -> Planned {
        let mut planned = Planned::default();
        let mut opened = false;
        for day in risings(invoice, span) {
            if is_new && !opened {
                let Some(pair) = self.opening().on(day) else { continue };
                planned.opening = pair;
                planned.steps.push(pair.at(day));
                opened = true;
                continue;
            }
            let Some(pair) = self.on(day) else { continue };
            let differing = pair.less(known.with(&planned.steps).on(day));
            if !differing.is_none() {
                planned.steps.push(differing.at(day));
            }
        }
        let back = known.with(&planned.steps).back(span.next_applied);
        planned.steps.extend(back);
        planned
    }

    /// What each subscription's lines say of prices that change inside the month; one warning list per subscription.
    pub fn changes_inside<'b>(
        &self,
        lines: impl Iterator<Item = &'b Line>,
        invoice: &Timeline,
        span: &Span,
    ) -> Vec<Finding> {
        let mut lines: Vec<&Line> = lines.collect();
        lines.sort_by_key(|line| (line.start, line.number));
        let pairs = lines.windows(2).filter_map(|pair| match pair {
            [before, after] => Some((*before, *after)),
            _ => None,
        });
        let standing = |day: Day| invoice.on(day.previous()) > 0;
        pairs
            .filter(|(before, after)| {
                after.start > before.start && after.start > span.from && standing(after.start)
            })
            .flat_map(|(before, after)| changed(self.pair(before), self.pair(after), after.start))
            .collect()
    }

    /// Two prices at once, with the month's difference (sync-rules 5.4).
    pub fn two_prices(&self, in_force: &Known) -> Option<Finding> {
        if !self.differ_at_once() {
            return None;
        }
        let retail = |line: &Line| Some((line.retail_price, in_force.on(line.start).price?));
        let cost = |line: &Line| Some((line.cost_price, in_force.on(line.start).cost?));
        let money = match self.pricing {
            PricingStrategy::QuantitiesOnly => return None,
            PricingStrategy::CostOnly => format!("cost by {}", self.difference(&cost)),
            PricingStrategy::CostAndRetail => {
                format!("price by {}, cost by {}", self.difference(&retail), self.difference(&cost))
            }
        };
        Some(Finding::new(
            "two_prices",
            format!(
                "The invoice has more than one price for this service at once; the one of the most seats is used. \
                 Over the month the contract differs from the invoice in {money}."
            ),
            "Bill the difference by hand, or give one of the tenants a contract of its own.",
        ))
    }

    /// What the contract bills more than the invoice, in money with its sign.
    fn difference(&self, pair: &dyn Fn(&Line) -> Option<(Money, Money)>) -> String {
        let one = |line: &Line| {
            let (asked, billed) = pair(line)?;
            let each = self.psa.keeps(billed).0.checked_sub(asked.0)?;
            each.checked_mul(line.quantity)?.checked_mul(line.ratio)
        };
        let sum =
            self.lines.iter().try_fold(Decimal::ZERO, |sum, line| sum.checked_add(one(line)?));
        sum.map_or("an amount that cannot be told".to_owned(), |sum| {
            Money(sum).rounded(2).to_string()
        })
    }
}

fn masked(pricing: PricingStrategy, price: Money, cost: Money) -> Pair {
    match pricing {
        PricingStrategy::CostAndRetail => Pair { price: Some(price), cost: Some(cost) },
        PricingStrategy::CostOnly => Pair { price: None, cost: Some(cost) },
        PricingStrategy::QuantitiesOnly => Pair::default(),
    }
}

/// The first day of the span, if seats stand on it, and the days inside it on which they return from 0.
fn risings(invoice: &Timeline, span: &Span) -> Vec<Day> {
    let first = Some(span.from).filter(|day| invoice.on(*day) > 0);
    let returns = invoice.steps().iter().filter(|step| {
        let inside = step.from > span.from && step.from <= span.last;
        inside && step.units > 0 && invoice.on(step.from.previous()) == 0
    });
    first.into_iter().chain(returns.map(|step| step.from)).collect()
}

fn changed(before: Pair, after: Pair, day: Day) -> Vec<Finding> {
    let one = |what: &str, before: Option<Money>, after: Option<Money>| {
        let (before, after) = (before?, after?);
        (before != after).then(|| {
            let date = day.0.format("%d %b %Y");
            Finding::new(
                &format!("{what}_price_changed"),
                format!("Subscription {what} unit price changed from [{before}] to [{after}] on [{date}]"),
                "Quantities were synced, the price was left; it follows with the next invoice. Review this \
                 month's bill before you send it.",
            )
        })
    };
    let cost = one("cost", before.cost, after.cost);
    let retail = one("retail", before.price, after.price);
    cost.into_iter().chain(retail).collect()
}
