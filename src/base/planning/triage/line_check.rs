//! Whether a line agrees with itself, with the price list and with its neighbours (sync-rules 3.8).
//!
//! It must not decide what becomes of a line that does not: that is a policy, and [`super`]'s.

use rust_decimal::Decimal;

use crate::domain::{Code, Day, Money, UsageMonth, invoice::Line, outcome::Finding};

/// How far a ratio may be from the share of days that the line's dates come to.
const RATIO_TOLERANCE: Decimal = Decimal::from_parts(2, 0, 0, false, 2);

/// A price that is further from the price list's than this factor is no price of that product.
const FACTOR: Decimal = Decimal::TEN;

const ADVICE: &str = "Ask your distributor about the line. Until it is right the service is left as it is; with the setting \
                      policies.line_check = \"warn\" it is synced as it stands.";

/// What a line contradicts: its own subtotals, good sense, or the price list. `listed` is its product's recommended price
/// there, where one is known; usage has none, and its refunds have negative prices (sync-rules 6).
pub(super) fn disagreement(
    line: &Line,
    listed: Option<Money>,
    usage_billed: bool,
) -> Option<Finding> {
    let what = own(line, usage_billed).or_else(|| {
        let listed = listed.filter(|_| !usage_billed)?;
        far_from_list(line, listed)
    })?;
    let text = format!("Line {} (“{}”) cannot be right: {what}.", line.number, line.offer());
    Some(Finding::new(Code::LineDisagrees, text, ADVICE))
}

fn own(line: &Line, usage_billed: bool) -> Option<String> {
    let sides = [
        ("cost", line.cost_price, line.subtotal),
        ("retail", line.retail_price, line.subtotal_retail),
    ];
    sides.into_iter().find_map(|(side, price, subtotal)| {
        if price < Money::ZERO && !usage_billed {
            return Some(format!("its {side} unit price is {}", price.separated()));
        }
        let product = product(line, price);
        let off = product.and_then(|product| product.checked_sub(subtotal.0));
        let close = off.is_some_and(|off| off.abs() <= tolerance(line));
        (!close).then(|| {
            let comes_to = product.map_or("something absurd".to_owned(), |product| {
                Money(product).rounded(2).separated()
            });
            let (price, subtotal) = (price.separated(), subtotal.separated());
            format!(
                "at {side} {} × {price} × {} comes to {comes_to}, and its subtotal says {subtotal}",
                line.quantity.normalize(),
                line.ratio.normalize()
            )
        })
    })
}

fn product(line: &Line, price: Money) -> Option<Decimal> {
    price.0.checked_mul(line.quantity)?.checked_mul(line.ratio)
}

/// A cent for the line's own rounding, and half a cent a seat where the seat's amount was rounded first.
fn tolerance(line: &Line) -> Decimal {
    let half_cents = line.quantity.abs().checked_mul(Decimal::new(5, 3));
    Decimal::new(1, 2) + half_cents.unwrap_or_default()
}

/// A product that is free, on the list or on the line, has no price to compare (sync-rules 3.7).
fn far_from_list(line: &Line, listed: Money) -> Option<String> {
    let (price, list) = (line.retail_price.0, listed.0);
    if price <= Decimal::ZERO || list <= Decimal::ZERO {
        return None;
    }
    let far = price > list.checked_mul(FACTOR)? || list > price.checked_mul(FACTOR)?;
    far.then(|| {
        format!("its retail unit price is {}, the price list's is {listed}", line.retail_price)
    })
}

/// That a line bills another share of its month than its days are, which is what the contract bills.
///
/// ```text
///        1 Sep          19 Sep       30 Sep      days 12 of 30 = 0.4
///          |--------------|============|         ratio 0.4: agrees; 1: the invoice bills the whole month
/// ```
pub(super) fn odd_ratio(line: &Line) -> Option<Finding> {
    let share = share(line.start, line.end);
    let close = |share: Decimal| (line.ratio - share).abs() <= RATIO_TOLERANCE;
    if close(share) || in_days_of_one_month(line).into_iter().any(close) {
        return None;
    }
    let money =
        |price: Money| Some(Money(product_for(line, price, share - line.ratio)?).rounded(2));
    let (retail, cost) = (money(line.retail_price)?, money(line.cost_price)?);
    if retail.is_zero() && cost.is_zero() {
        return None;
    }
    Some(Finding::new(
        Code::RatioDiffers,
        format!(
            "Line {} bills {} from {} to {} for {} of the month, and these days are {}: the contract bills {} {} than \
             the invoice at RRP ({} at cost).",
            line.number,
            line.quantity.normalize(),
            line.start,
            line.end,
            line.ratio.normalize(),
            share.round_dp(4).normalize(),
            retail.abs(),
            if retail < Money::ZERO { "less" } else { "more" },
            cost.abs()
        ),
        "Synced by its dates. Compare the bill with the invoice before you send it.",
    ))
}

fn product_for(line: &Line, price: Money, share: Decimal) -> Option<Decimal> {
    price.0.checked_mul(line.quantity)?.checked_mul(share)
}

/// Days over the days of their own month, month by month.
fn share(start: Day, end: Day) -> Decimal {
    let mut sum = Decimal::ZERO;
    let mut month = start.month();
    while month <= end.month() {
        let (from, to) = (start.max(month.first_day()), end.min(month.last_day()));
        sum += Decimal::from(to.since(from) + 1) / days(month);
        month = month.next();
    }
    sum
}

/// A line over several months may count all its days by one of them.
fn in_days_of_one_month(line: &Line) -> Vec<Decimal> {
    let (first, last) = (line.start.month(), line.end.month());
    if first == last {
        return Vec::new();
    }
    let all = Decimal::from(line.end.since(line.start) + 1);
    vec![all / days(first), all / days(last)]
}

fn days(month: UsageMonth) -> Decimal {
    Decimal::from(month.days())
}

/// That two lines of one subscription bill the same days: their seats are added up.
pub(super) fn same_days(mut lines: Vec<&Line>) -> Vec<Finding> {
    lines.sort_by_key(|line| (line.start, line.number));
    let mut longest: Option<&Line> = None;
    let mut found = Vec::new();
    for line in lines.into_iter().filter(|line| !line.quantity.is_zero()) {
        if let Some(before) = longest.filter(|before| before.end >= line.start) {
            found.push(doubled(before, line));
        }
        if longest.is_none_or(|before| before.end < line.end) {
            longest = Some(line);
        }
    }
    found
}

fn doubled(before: &Line, line: &Line) -> Finding {
    let until = before.end.min(line.end);
    let money = product_for(line, line.retail_price, share(line.start, until));
    let money =
        money.map_or("an absurd amount".to_owned(), |money| Money(money).rounded(2).separated());
    Finding::new(
        Code::DaysDoubled,
        format!(
            "Lines {} and {} both bill this subscription from {} to {until}, {} and {} seats: they are added up, the \
             second one comes to {money} at RRP for these days.",
            before.number,
            line.number,
            line.start,
            before.quantity.normalize(),
            line.quantity.normalize()
        ),
        "Ask your distributor whether both are meant; if one is not, correct the contract by hand.",
    )
}
