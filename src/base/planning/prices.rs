//! Unit prices and costs of one service on one contract (sync-rules 5).
//!
//! It must not look at quantities beyond whether a service stands at 0, or choose a pricing strategy.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use crate::{
    domain::{
        Code, Day, Money, invoice::Line, mapping::PricingStrategy, operation::PriceStep,
        outcome::Finding, target::PresentService, timeline::Timeline,
    },
    psa::BillingRules,
};

use super::{
    memory::{Baseline, Owed, Unshown},
    quantities::Span,
};

/// What is known of a service's prices: dated steps of ours, what the row shows where there is none, and where it shows
/// another price than the last one written.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownPrices {
    /// Of earlier applications, by day.
    steps: Vec<PriceStep>,
    /// Of the application that is planned, written already or planned, by day.
    ours: Vec<PriceStep>,
    shown: Pair,
    /// What the row showed before this application.
    shown_before: Pair,
    price: RowReading,
    cost: RowReading,
    /// What of that counts when it is decided what to write.
    counts: TrustedReadings,
    /// What the service's own rows tell, by day, where they tell: then they alone count, each step whole.
    told: Option<Vec<PriceStep>>,
}

/// What the row reads beside the last price that was written to it (sync-rules 5.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum RowReading {
    /// The same, or it cannot be told.
    #[default]
    AsWritten,
    /// The target did not apply ours: the readings after the write showed this one.
    Owed(Money),
    /// Ours was there, or was not looked for; this one was set since.
    ByHand(Money),
}

/// Which readings stand for the last price written when it is decided what to write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct TrustedReadings {
    /// A price that is owed is planned again: at a recheck, and with another month's invoice. Not whenever the same invoice
    /// is looked at, or a target that never applies it would get a row a day.
    pub owed: bool,
    /// A price set by hand is set back (policy *invoice wins*).
    pub by_hand: bool,
}

/// Where what is known of prices comes from.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sources<'a> {
    /// What earlier applications wrote.
    pub steps: Option<&'a Vec<PriceStep>>,
    /// What this one has written so far.
    pub begun: Option<&'a Baseline>,
    /// What was written and shown by no reading.
    pub owed: Option<&'a Owed>,
    /// The row; none where its prices do not count, because they are those it opened at.
    pub row: Option<&'a PresentService>,
}

/// A unit price with its unit cost; none where it is not known, or not to be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pair {
    pub price: Option<Money>,
    pub cost: Option<Money>,
}

impl Pair {
    pub(super) fn is_none(self) -> bool {
        self.price.is_none() && self.cost.is_none()
    }

    /// Only what differs from `other`.
    pub(super) fn less(self, other: Self) -> Self {
        Self {
            price: self.price.filter(|price| other.price != Some(*price)),
            cost: self.cost.filter(|cost| other.cost != Some(*cost)),
        }
    }

    pub(super) fn at(self, from: Day) -> PriceStep {
        PriceStep { from, price: self.price, cost: self.cost }
    }
}

impl KnownPrices {
    pub(super) fn new(sources: Sources<'_>, counts: TrustedReadings) -> Self {
        let mut steps = sources.steps.cloned().unwrap_or_default();
        steps.sort_by_key(|step| step.from);
        let shown =
            sources.row.map_or(Pair::default(), |row| Pair { price: row.price, cost: row.cost });
        let mut known = Self { steps, shown, shown_before: shown, counts, ..Self::default() };
        if let Some(begun) = sources.begun {
            // A part that failed is remembered like any other.
            known.steps.retain(|step| !begun.prices.contains(step));
            known.shown_before = Pair { price: begun.price, cost: begun.cost };
            known = known.with(&begun.prices);
        }
        let owed = sources.owed;
        known.price =
            known.reading(|step| step.price, shown.price, owed.and_then(|owed| owed.price));
        known.cost = known.reading(|step| step.cost, shown.cost, owed.and_then(|owed| owed.cost));
        known
    }

    /// What the target itself tells of every day. A step without a price is a day on which there is none, or more than one.
    pub(super) fn told(mut steps: Vec<PriceStep>) -> Self {
        steps.sort_by_key(|step| step.from);
        Self { told: Some(steps), ..Self::default() }
    }

    /// Whether the target itself tells them.
    pub(super) fn is_told(&self) -> bool {
        self.told.is_some()
    }

    /// The days inside a span on which the target tells of prices anew: what begins there is not reached by a step before it.
    fn begins(&self, after: Day, last: Day) -> impl Iterator<Item = Day> {
        let told = self.told.iter().flatten().map(|step| step.from);
        told.filter(move |day| *day > after && *day <= last)
    }

    /// What a member of the row reads beside the last one written to it. What this application has written is looked at when
    /// it is verified.
    fn reading(
        &self,
        member: impl Fn(&PriceStep) -> Option<Money>,
        reads: Option<Money>,
        owed: Option<Unshown>,
    ) -> RowReading {
        let written = self.steps.iter().rev().find_map(&member);
        let (Some(written), None) = (written, self.ours.iter().find_map(&member)) else {
            return RowReading::AsWritten;
        };
        let owed = owed.filter(|owed| owed.asked == written);
        let same = reads.is_none_or(|reads| written.reads(reads));
        match (owed.and_then(|owed| owed.reads), reads) {
            (Some(showed), _) if same => RowReading::Owed(showed),
            (Some(showed), Some(reads)) if showed.reads(reads) => RowReading::Owed(reads),
            (_, Some(reads)) if !same => RowReading::ByHand(reads),
            _ => RowReading::AsWritten,
        }
    }

    /// With further steps of this application; of two on one day the later given counts.
    pub(super) fn with(&self, steps: &[PriceStep]) -> Self {
        let mut all = self.clone();
        all.ours.extend_from_slice(steps);
        all.ours.sort_by_key(|step| step.from);
        all
    }

    /// The same by what the target bills: money is counted by that (sync-rules 5.6).
    pub(super) fn as_billed(&self) -> Self {
        Self { counts: TrustedReadings { owed: true, by_hand: true }, ..self.clone() }
    }

    /// In force on a day, as far as it decides what to write.
    pub(super) fn on(&self, day: Day) -> Pair {
        if let Some(told) = &self.told {
            return told_with(told, &self.ours, day);
        }
        let steps = self.steps_by(self.counts);
        let mut all: Vec<&PriceStep> = steps.iter().chain(&self.ours).collect();
        all.sort_by_key(|step| step.from);
        in_force(all.into_iter(), day, self.shown)
    }

    /// What was written, the last of each member as the row reads it where that counts.
    fn steps_by(&self, counts: TrustedReadings) -> Vec<PriceStep> {
        let mut steps = self.steps.clone();
        let stands = |reading| match reading {
            RowReading::Owed(reads) if counts.owed => Some(reads),
            RowReading::ByHand(reads) if counts.by_hand => Some(reads),
            _ => None,
        };
        if let Some(reads) = stands(self.price)
            && let Some(last) = steps.iter_mut().rev().find(|step| step.price.is_some())
        {
            last.price = Some(reads);
        }
        if let Some(reads) = stands(self.cost)
            && let Some(last) = steps.iter_mut().rev().find(|step| step.cost.is_some())
        {
            last.cost = Some(reads);
        }
        steps
    }

    /// The price that was to stand from the first day of the next applied month on, where this application's steps carry
    /// into it (sync-rules 5.2): one that is owed, and the operator's own where that is kept.
    pub(super) fn back(&self, next: Option<Day>) -> Option<PriceStep> {
        let next = next.filter(|_| !self.ours.is_empty())?;
        let before = if let Some(told) = &self.told {
            told_on(told, next)
        } else {
            let by_hand = !self.counts.by_hand;
            let steps = self.steps_by(TrustedReadings { owed: false, by_hand });
            in_force(steps.iter(), next, self.shown_before)
        };
        let back = before.less(self.on(next));
        (!back.is_none()).then(|| back.at(next))
    }

    /// What was set by hand and is left, of what the invoice asks for and the plan does not write.
    pub(super) fn left_by_hand(&self, asked: Pair, planned: &[PriceStep]) -> Option<Finding> {
        let written = self.on(Day(chrono::NaiveDate::MAX));
        let left =
            |what: &str, asked: Option<Money>, reading, written: Option<Money>, writes: bool| {
                let (Some(_), RowReading::ByHand(reads), false) = (asked, reading, writes) else {
                    return None;
                };
                let (reads, written) = (reads.separated(), written?.separated());
                Some(format!("unit {what} reads {reads} where {written} was written"))
            };
        if self.counts.by_hand {
            return None;
        }
        let price = planned.iter().any(|step| step.price.is_some());
        let cost = planned.iter().any(|step| step.cost.is_some());
        let left = [
            left("price", asked.price, self.price, written.price, price),
            left("cost", asked.cost, self.cost, written.cost, cost),
        ];
        let left: Vec<String> = left.into_iter().flatten().collect();
        (!left.is_empty()).then(|| {
            Finding::new(
                Code::PriceByHand,
                format!(
                    "Its {}: set by hand, and left until the invoice's own changes.",
                    left.join(", its ")
                ),
                "The setting `policies.hand_prices = \"invoice-wins\"` has such prices set back.",
            )
        })
    }
}

/// The prices that take back those of writes that came late: each on its day again what was to stand there without them.
pub(super) fn taken_back(steps: Option<&Vec<PriceStep>>, begun: &Baseline) -> Vec<PriceStep> {
    let mut steps = steps.cloned().unwrap_or_default();
    steps.sort_by_key(|step| step.from);
    let shown = Pair { price: begun.price, cost: begun.cost };
    let known = KnownPrices { steps, shown, shown_before: shown, ..KnownPrices::default() };
    let with_late = known.with(&begun.prices);
    let back = begun.prices.iter().map(|late| {
        let was = known.on(late.from);
        let touched = Pair { price: late.price.and(was.price), cost: late.cost.and(was.cost) };
        touched.less(with_late.on(late.from)).at(late.from)
    });
    back.filter(|step| step.price.is_some() || step.cost.is_some()).collect()
}

/// What is told of a day.
fn told_on(told: &[PriceStep], day: Day) -> Pair {
    let last = told.iter().rev().find(|step| step.from <= day);
    last.map_or_else(Pair::default, |step| Pair { price: step.price, cost: step.cost })
}

/// What is told of a day once these are written. A step reaches the lines in force on its day, not those that begin later:
/// what is told from a later day on stands beside it.
///
/// ```text
/// told    8.00 ───┤     ├─── 8.00      (two lines)
/// ours      8.01 from here
/// known     └─ 8.01 ────┴─── 8.00
/// ```
fn told_with(told: &[PriceStep], ours: &[PriceStep], day: Day) -> Pair {
    let since = told.iter().rev().find(|step| step.from <= day).map(|step| step.from);
    let reaching = ours.iter().filter(|step| since.is_none_or(|since| step.from >= since));
    in_force(reaching, day, told_on(told, day))
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

/// A price that gave way to another one inside the month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PriceChange {
    pub day: Day,
    before: Pair,
    after: Pair,
}

impl PriceChange {
    /// What is said of it (sync-rules 5.3).
    pub(super) fn told(&self) -> Vec<Finding> {
        changed(self.before, self.after, self.day)
    }
}

/// The prices to be written.
#[derive(Clone, Debug, Default)]
pub(super) struct PricesToWrite {
    pub opening: Pair,
    pub steps: Vec<PriceStep>,
}

/// The prices that the lines of one service ask for, as a pricing strategy lets them through.
pub(super) struct AskedPrices<'a> {
    pub lines: Vec<&'a Line>,
    pub pricing: PricingStrategy,
    pub rules: &'a dyn BillingRules,
}

impl AskedPrices<'_> {
    /// The same for a row that is new to the contract: it opens with price and cost whatever the strategy is
    /// (sync-rules 5.1). There is no sell price of the operator's on it yet; left out, it would open at the service's own,
    /// which the product sync keeps at the price list of today and not of this month. From then on it is the operator's.
    pub(super) fn opening(&self) -> Self {
        let (lines, pricing) = (self.lines.clone(), PricingStrategy::CostAndRetail);
        Self { lines, pricing, rules: self.rules }
    }

    /// At what one more line of a service that stands already opens: the prices that the invoice has when it begins to
    /// bill it (sync-rules 10.17e).
    pub(super) fn of_one_more(&self, invoice: &Timeline, span: &Span) -> Pair {
        let first = risings(invoice, span).into_iter().next();
        first.map_or_else(Pair::default, |day| self.opening().on(day))
    }

    fn pair(&self, line: &Line) -> Pair {
        masked(self.pricing, self.rules.keeps(line.retail_price), self.rules.keeps(line.cost_price))
    }

    fn covering(&self, day: Day) -> impl Iterator<Item = &Line> {
        self.lines.iter().copied().filter(move |line| line.start <= day && day <= line.end)
    }

    /// What is asked for on a day; nothing where no line covers it.
    pub(super) fn on(&self, day: Day) -> Pair {
        self.largest_on(day).unwrap_or_default()
    }

    /// The price of the largest quantity on a day (sync-rules 5.4).
    fn largest_on(&self, day: Day) -> Option<Pair> {
        let largest = self
            .seats_on(day)
            .into_iter()
            .max_by(|(one, many), (other, few)| many.cmp(few).then_with(|| other.cmp(one)));
        largest.map(|(pair, _)| pair)
    }

    fn seats_on(&self, day: Day) -> BTreeMap<Pair, Decimal> {
        let mut sums = BTreeMap::new();
        for line in self.covering(day) {
            *sums.entry(self.pair(line)).or_default() += line.quantity;
        }
        sums
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
    pub(super) fn plan(
        &self,
        invoice: &Timeline,
        span: &Span,
        known: &KnownPrices,
        is_new: bool,
    ) -> PricesToWrite {
        let mut planned = PricesToWrite::default();
        let mut opened = false;
        let risings = risings(invoice, span);
        for &day in &risings {
            if is_new && !opened {
                let Some(pair) = self.opening().largest_on(day) else { continue };
                planned.opening = pair;
                planned.steps.push(pair.at(day));
                opened = true;
                continue;
            }
            let Some(pair) = self.largest_on(day) else { continue };
            let until = risings.iter().copied().find(|next| *next > day);
            let begins = known.begins(day, until.map_or(span.last, Day::previous));
            for from in [day].into_iter().chain(begins) {
                let differing = pair.less(known.with(&planned.steps).on(from));
                if !differing.is_none() {
                    planned.steps.push(differing.at(from));
                }
            }
        }
        let back = known.with(&planned.steps).back(span.next_applied);
        planned.steps.extend(back);
        planned
    }

    /// What each subscription's lines say of prices that change inside the month; one warning list per subscription.
    pub(super) fn changes_inside<'b>(
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

    /// Prices that give way to another one inside the month, whatever subscriptions the lines carry: a renewal under a new
    /// id is one. A price that joins one which stays is no change, but two at once (sync-rules 5.3, 5.4).
    ///
    /// ```text
    ///          1 Sep             15 Sep            30 Sep
    /// old id     |==== 8.00 ======|
    /// new id                      |==== 12.00 ======|     8.00 goes, 12.00 comes: changed on 15 Sep
    /// ```
    pub(super) fn replaced(&self, invoice: &Timeline, span: &Span) -> Vec<PriceChange> {
        let days: BTreeSet<Day> = self.lines.iter().map(|line| line.start).collect();
        let inside = days.into_iter().filter(|day| *day > span.from && *day <= span.last);
        let standing = inside.filter(|day| invoice.on(day.previous()) > 0);
        standing.flat_map(|day| self.replaced_on(day)).collect()
    }

    fn replaced_on(&self, day: Day) -> Vec<PriceChange> {
        let (before, after) = (self.seats_on(day.previous()), self.seats_on(day));
        let gone = before.iter().filter(|(pair, _)| !after.contains_key(*pair));
        let Some((gone, _)) = gone.max_by_key(|(_, seats)| **seats) else { return Vec::new() };
        let come = after.keys().filter(|pair| !before.contains_key(*pair));
        come.map(|pair| PriceChange { day, before: *gone, after: *pair }).collect()
    }

    /// Whether these lines begin to bill a price on the day on which it replaced another one.
    pub(super) fn bills<'b>(
        &self,
        mut lines: impl Iterator<Item = &'b Line>,
        change: &PriceChange,
    ) -> bool {
        lines.any(|line| line.start == change.day && self.pair(line) == change.after)
    }

    /// Two prices at once, with the month's difference (sync-rules 5.4).
    pub(super) fn two_prices(&self, in_force: &KnownPrices) -> Option<Finding> {
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
            Code::TwoPrices,
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
            let each = self.rules.keeps(billed).0.checked_sub(asked.0)?;
            each.checked_mul(line.quantity)?.checked_mul(line.ratio)
        };
        let sum =
            self.lines.iter().try_fold(Decimal::ZERO, |sum, line| sum.checked_add(one(line)?));
        sum.map_or("an amount that cannot be told".to_owned(), |sum| {
            Money(sum).rounded(2).separated()
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
    let one = |code: Code, what: &str, before: Option<Money>, after: Option<Money>| {
        let (before, after) = (before?, after?);
        (before != after).then(|| {
            let date = day.0.format("%d %b %Y");
            let (before, after) = (before.separated(), after.separated());
            Finding::new(
                code,
                format!("Subscription {what} unit price changed from [{before}] to [{after}] on [{date}]"),
                "Quantities were synced, the price was left; it follows with the next invoice. Review this \
                 month's bill before you send it.",
            )
        })
    };
    let cost = one(Code::CostPriceChanged, "cost", before.cost, after.cost);
    let retail = one(Code::RetailPriceChanged, "retail", before.price, after.price);
    cost.into_iter().chain(retail).collect()
}
