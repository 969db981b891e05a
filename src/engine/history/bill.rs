//! What a customer is billed in a month beside the month before, subscription by subscription, and why the two differ.
//!
//! Pure arithmetic over the rows of runs: it must not read or ask anything.
//!
//! ```text
//! August      4 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━  31 days of 4
//! September   4 ━━━━━━━━━━━━━┓
//!             6              ┗━━━━━━━━━━━━━━  from the 16th: the reason is this quantity, not the price
//! ```

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use rust_decimal::Decimal;

use crate::{
    domain::{
        Currency, Day, Money, RunId, UsageMonth,
        run::{CustomerRow, SubscriptionRow, UsageRow},
    },
    engine::views::{BillReason, MonthBill, Quantity, SubscriptionBill},
};

/// A customer's row in a run.
#[derive(Clone, Debug)]
pub(crate) struct RunRow {
    pub run: RunId,
    pub row: CustomerRow,
}

/// A subscription as the newest run that came to it left it.
#[derive(Clone, Debug)]
struct Billed {
    run: RunId,
    invoice: String,
    row: SubscriptionRow,
}

/// A month of a customer.
#[derive(Clone, Debug)]
pub(crate) struct BilledMonth {
    month: UsageMonth,
    currency: Option<Currency>,
    invoices: BTreeSet<String>,
    billed: Vec<Billed>,
}

impl BilledMonth {
    /// Of the rows that runs have of it, in whatever order: of each invoice a subscription counts as the newest run has it.
    pub(crate) fn of(month: UsageMonth, mut rows: Vec<RunRow>) -> Option<Self> {
        rows.sort_by_key(|one| Reverse(one.run));
        let currency = Currency::one_of(rows.iter().map(|one| one.row.currency.as_ref())).cloned();
        let invoices: BTreeSet<String> = rows.iter().map(|one| one.row.invoice.clone()).collect();
        let mut seen = BTreeSet::new();
        let mut billed = Vec::new();
        for RunRow { run, row } in rows {
            let own: Vec<_> =
                row.subscriptions.into_iter().filter(|one| !one.usage.is_empty()).collect();
            let keys: BTreeSet<_> =
                own.iter().map(|one| (row.invoice.clone(), identity(one))).collect();
            let fresh =
                own.into_iter().filter(|one| !seen.contains(&(row.invoice.clone(), identity(one))));
            billed.extend(fresh.map(|one| Billed { run, invoice: row.invoice.clone(), row: one }));
            seen.extend(keys);
        }
        (!invoices.is_empty()).then_some(Self { month, currency, invoices, billed })
    }

    pub(crate) fn view(&self) -> MonthBill {
        MonthBill {
            month: self.month,
            invoices: self.invoices.iter().cloned().collect(),
            currency: self.currency.clone(),
            amount: self.billed.iter().flat_map(|one| &one.row.usage).map(|one| one.subtotal).sum(),
        }
    }

    /// Its subscriptions, each with all that is billed for it.
    fn by_subscription(&self) -> BTreeMap<String, Vec<&Billed>> {
        let mut all: BTreeMap<String, Vec<&Billed>> = BTreeMap::new();
        for one in &self.billed {
            all.entry(identity(&one.row)).or_default().push(one);
        }
        all
    }
}

/// What stays the same of a subscription from month to month.
fn identity(row: &SubscriptionRow) -> String {
    row.subscription_id.as_ref().map_or_else(|| row.name.clone(), ToString::to_string)
}

/// The subscriptions of a month beside those of the last: what must be looked at first, then what differs most. One that is
/// billed no more stands with what it was.
pub(crate) fn subscriptions(
    this: &BilledMonth,
    last: Option<&BilledMonth>,
) -> Vec<SubscriptionBill> {
    let (now, then) = (this.by_subscription(), last.map(BilledMonth::by_subscription));
    let earlier = then.iter().flat_map(BTreeMap::keys);
    let keys: BTreeSet<&String> = now.keys().chain(earlier).collect();
    let none = Vec::new();
    let mut all: Vec<SubscriptionBill> = keys
        .into_iter()
        .filter_map(|key| {
            let before = then.as_ref().map(|then| then.get(key).unwrap_or(&none));
            let after = now.get(key).unwrap_or(&none);
            let span = Span { this: this.month, last: last.map(|last| last.month) };
            span.compare(after, before.map(Vec::as_slice))
        })
        .collect();
    all.sort_by(|one, other| {
        let order = |one: &SubscriptionBill| {
            let moved = one.difference().unwrap_or(one.amount).abs();
            (Reverse(one.status.wants_a_look().then_some(one.status)), Reverse(moved))
        };
        order(one).cmp(&order(other)).then_with(|| one.name.cmp(&other.name))
    });
    all
}

/// The two months.
#[derive(Clone, Copy)]
struct Span {
    this: UsageMonth,
    last: Option<UsageMonth>,
}

impl Span {
    fn compare(self, after: &[&Billed], before: Option<&[&Billed]>) -> Option<SubscriptionBill> {
        let newest = |all: &[&Billed]| -> Option<Billed> {
            let last_day = |one: &&&Billed| one.row.usage.iter().map(|usage| usage.end).max();
            all.iter().max_by_key(last_day).map(|one| (*one).clone())
        };
        let told = newest(after).or_else(|| newest(before?))?;
        let usage = lines(after);
        let earlier = before.map(lines);
        let amount = sum(&usage);
        let amount_before = earlier.as_deref().map(sum);
        let gone = after.is_empty();
        let why = earlier.as_deref().filter(|earlier| sum(earlier) != amount);
        let row = told.row;
        Some(SubscriptionBill {
            before: earlier
                .as_deref()
                .zip(self.last)
                .map(|(usage, last)| units(usage, last.last_day())),
            after: units(&usage, self.this.last_day()),
            why: why.and_then(|earlier| self.reason(&usage, earlier)),
            amount,
            amount_before,
            product: row.product.or(row.sku),
            service: row.service_id,
            finding: row.error.or_else(|| row.warnings.into_iter().next()).filter(|_| !gone),
            status: if gone { crate::domain::outcome::Outcome::NoChange } else { row.status },
            name: row.name,
            subscription: row.subscription_id,
            run: told.run,
            invoice: told.invoice,
            usage,
        })
    }

    fn reason(self, usage: &[UsageRow], earlier: &[UsageRow]) -> Option<BillReason> {
        let last = self.last?;
        let before = units(earlier, last.last_day());
        let moved = days(self.this).find(|day| units(usage, *day) != before);
        if let Some(day) = moved {
            return Some(BillReason::Quantity { from: Some(day) });
        }
        let (old, new) = (unit_cost(earlier), unit_cost(usage));
        if let (Some(before), Some(after)) = (old, new)
            && before != after
        {
            return Some(BillReason::Price { before, after });
        }
        let part = days(last).any(|day| units(earlier, day) != before);
        Some(if part { BillReason::PartOfMonth } else { BillReason::Other })
    }
}

fn lines(billed: &[&Billed]) -> Vec<UsageRow> {
    let mut all: Vec<UsageRow> =
        billed.iter().flat_map(|one| one.row.usage.iter().cloned()).collect();
    all.sort_by_key(|one| (one.start, one.end));
    all
}

fn sum(usage: &[UsageRow]) -> Money {
    usage.iter().map(|one| one.subtotal).sum()
}

fn days(month: UsageMonth) -> impl Iterator<Item = Day> {
    (0..month.days()).map(move |at| month.first_day().plus(at))
}

/// What the lines charge on a day.
fn units(usage: &[UsageRow], day: Day) -> Quantity {
    let on = usage.iter().filter(|one| one.start <= day && day <= one.end);
    Quantity(on.map(|one| one.quantity).sum::<Decimal>())
}

/// The unit cost of the line that begins last.
fn unit_cost(usage: &[UsageRow]) -> Option<Money> {
    let charged = usage.iter().filter(|one| one.quantity > Decimal::ZERO);
    charged.max_by_key(|one| one.start).map(|one| one.cost_price)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::domain::{
        SubscriptionId, TenantId,
        outcome::{Disposition, Outcome},
    };

    fn month(text: &str) -> UsageMonth {
        text.parse().expect("a month")
    }

    fn money(text: &str) -> Money {
        text.parse().expect("an amount")
    }

    /// First day, last day, quantity, unit cost, amount.
    type Charge = (&'static str, &'static str, i64, &'static str, &'static str);

    fn usage((start, end, quantity, cost, amount): Charge) -> UsageRow {
        UsageRow {
            line: 1,
            start: start.parse().expect("a day"),
            end: end.parse().expect("a day"),
            quantity: quantity.into(),
            cost_price: money(cost),
            retail_price: money(cost),
            subtotal: money(amount),
            outcome: Outcome::Success,
            disposition: Disposition::Synced,
        }
    }

    fn subscription(name: &str, charges: &[Charge]) -> SubscriptionRow {
        SubscriptionRow {
            subscription_id: Some(SubscriptionId::new(name)),
            name: name.to_owned(),
            sku: None,
            product: None,
            service_id: None,
            contract_service_id: None,
            status: Outcome::Success,
            error: None,
            warnings: Vec::new(),
            notes: Vec::new(),
            writes: Vec::new(),
            usage: charges.iter().copied().map(usage).collect(),
        }
    }

    fn row(run: u64, invoice: &str, subscriptions: Vec<SubscriptionRow>) -> RunRow {
        let row = CustomerRow {
            customer: "Kauri Legal".to_owned(),
            tenant: "kauri.example".to_owned(),
            tenant_id: TenantId::new("t"),
            source_agreement: String::new(),
            target_company: String::new(),
            target_contract: String::new(),
            invoice: invoice.to_owned(),
            month: None,
            currency: Some(Currency::new("AUD")),
            status: Outcome::Success,
            error: None,
            warnings: Vec::new(),
            subscriptions,
        };
        RunRow { run: RunId(run), row }
    }

    fn one(at: &str, charges: &[Charge]) -> BilledMonth {
        let rows = vec![row(1, "I", vec![subscription("Teams", charges)])];
        BilledMonth::of(month(at), rows).expect("rows")
    }

    const AUGUST: Charge = ("2026-08-01", "2026-08-31", 3, "10.00", "30.00");

    #[rstest]
    #[case::the_same(&[("2026-09-01", "2026-09-30", 3, "10.00", "30.00")], 3, None)]
    #[case::more_from_a_day_on(
        &[("2026-09-01", "2026-09-15", 3, "10.00", "15.00"), ("2026-09-16", "2026-09-30", 4, "10.00", "20.00")],
        4,
        Some(BillReason::Quantity { from: "2026-09-16".parse().ok() })
    )]
    #[case::more_and_back_again(
        &[("2026-09-01", "2026-09-30", 3, "10.00", "30.00"), ("2026-09-10", "2026-09-12", 2, "10.00", "2.00")],
        3,
        Some(BillReason::Quantity { from: "2026-09-10".parse().ok() })
    )]
    #[case::another_price(
        &[("2026-09-01", "2026-09-30", 3, "11.00", "33.00")],
        3,
        Some(BillReason::Price { before: Money(10.into()), after: Money(11.into()) })
    )]
    #[case::a_credit(
        &[("2026-09-01", "2026-09-30", 3, "10.00", "30.00"), ("2026-07-01", "2026-07-31", -1, "10.00", "-10.00")],
        3,
        Some(BillReason::Other)
    )]
    #[case::no_more(&[], 0, Some(BillReason::Quantity { from: "2026-09-01".parse().ok() }))]
    fn two_months_differ_for_a_reason(
        #[case] september: &[Charge],
        #[case] after: i64,
        #[case] why: Option<BillReason>,
    ) {
        let (this, last) = (one("2026-09", september), one("2026-08", &[AUGUST]));
        let all = subscriptions(&this, Some(&last));
        let [bill] = &all[..] else { panic!("{all:#?}") };
        assert_eq!(bill.before, Some(Quantity(3.into())));
        assert_eq!((bill.after, bill.why), (Quantity(after.into()), why));
        let total = this.view().amount - last.view().amount;
        assert_eq!(bill.difference(), Some(total), "what differs adds up");
    }

    #[test]
    fn what_began_within_the_last_month_is_a_whole_month_now() {
        let last = one("2026-08", &[("2026-08-17", "2026-08-31", 3, "10.00", "14.52")]);
        let this = one("2026-09", &[("2026-09-01", "2026-09-30", 3, "10.00", "30.00")]);
        let all = subscriptions(&this, Some(&last));
        assert_eq!(all[0].why, Some(BillReason::PartOfMonth));
    }

    #[test]
    fn the_first_month_has_nothing_before_it() {
        let this = one("2026-09", &[("2026-09-01", "2026-09-30", 3, "10.00", "30.00")]);
        let all = subscriptions(&this, None);
        assert_eq!((all[0].before, all[0].difference(), all[0].why), (None, None, None));
    }

    #[test]
    fn a_subscription_counts_once_as_the_newest_run_has_it_and_adds_up_over_invoices() {
        let charge = [("2026-09-01", "2026-09-30", 3, "10.00", "30.00")];
        let more = [("2026-09-01", "2026-09-30", 1, "10.00", "10.00")];
        let failed = SubscriptionRow { status: Outcome::Failure, ..subscription("Visio", &charge) };
        let rows = vec![
            row(1, "I", vec![failed, subscription("Teams", &charge)]),
            row(2, "I", vec![subscription("Visio", &charge)]),
            row(2, "J", vec![subscription("Teams", &more)]),
        ];
        let this = BilledMonth::of(month("2026-09"), rows).expect("rows");
        assert_eq!(this.view().amount, money("70.00"));
        let all = subscriptions(&this, None);
        let told: Vec<_> =
            all.iter().map(|one| (one.name.as_str(), one.amount, one.status)).collect();
        let ok = Outcome::Success;
        assert_eq!(told, [("Teams", money("40.00"), ok), ("Visio", money("30.00"), ok)]);
    }

    #[test]
    fn what_must_be_looked_at_stands_first_then_what_differs_most() {
        let bill = |at: &str, amounts: [&'static str; 3]| {
            let charge = |amount| [(AUGUST.0, AUGUST.1, 3, "10.00", amount)];
            let [a, b, c] = amounts.map(charge);
            let failed = SubscriptionRow { status: Outcome::Failure, ..subscription("C", &c) };
            let rows =
                vec![row(1, "I", vec![subscription("A", &a), subscription("B", &b), failed])];
            BilledMonth::of(month(at), rows).expect("rows")
        };
        let (last, this) =
            (bill("2026-08", ["1.00", "1.00", "1.00"]), bill("2026-09", ["2.00", "9.00", "1.00"]));
        let all = subscriptions(&this, Some(&last));
        let names: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["C", "B", "A"]);
    }
}
