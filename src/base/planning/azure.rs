//! Azure: one unit a month at the month's own price (sync-rules 6).
//!
//! It must not look at the pricing strategy: usage has no other price than the invoice's.

use rust_decimal::Decimal;

use crate::domain::{
    Code, Money, UsageMonth,
    invoice::Line,
    operation::PriceStep,
    outcome::Finding,
    policy::AzureProration,
    target::Contract,
    timeline::{Step, Timeline},
};

/// One unit over the month, none after it.
pub(super) fn timeline(month: UsageMonth) -> Timeline {
    let one = Step { from: month.first_day(), units: 1 };
    Timeline::new([one, Step { from: month.next().first_day(), units: 0 }])
}

/// What usage comes to.
#[derive(Default)]
pub(super) struct Charges {
    pub cost: Money,
    pub retail: Money,
}

/// What the lines sum to, refunds among them; none where that is absurd.
pub(super) fn sum<'a>(mut lines: impl Iterator<Item = &'a Line>) -> Option<Charges> {
    lines.try_fold(Charges::default(), |sum, line| {
        Some(Charges {
            cost: Money(sum.cost.0.checked_add(line.subtotal.0)?),
            retail: Money(sum.retail.0.checked_add(line.subtotal_retail.0)?),
        })
    })
}

/// Unit price and unit cost of that one unit, from the month's first day.
pub(super) fn price<'a>(
    lines: impl Iterator<Item = &'a Line>,
    month: UsageMonth,
    keeps: impl Fn(Money) -> Money,
) -> Option<PriceStep> {
    let Charges { cost, retail } = sum(lines)?;
    let kept = |amount| Some(keeps(amount));
    Some(PriceStep { from: month.first_day(), price: kept(retail), cost: kept(cost) })
}

/// What the target bills for that unit on a contract whose periods are not calendar months, less the invoice's price:
/// each day bills its share of its own period, and a period of several months bills as many prices.
///
/// ```text
/// periods        15 Aug ───── 14 Sep, 31 days │ 15 Sep ───── 14 Oct, 30 days
/// September             14 days of 31         │ 16 days of 30                   14/31 + 16/30 = 0.985 of the price
/// ```
pub(super) fn difference(contract: &Contract, month: UsageMonth, price: Money) -> Option<Money> {
    if contract.bills_calendar_months() {
        return None;
    }
    let (mut day, mut shares) = (month.first_day(), Decimal::ZERO);
    while day <= month.last_day() {
        let days = contract.next_period_start(day).since(contract.period_start_at(day)).max(1);
        shares += Decimal::from(contract.period_months.max(1)) / Decimal::from(days);
        day = day.next();
    }
    let billed = price.0.checked_mul(shares)?;
    let off = Money(billed.checked_sub(price.0)?).rounded(2);
    (!off.is_zero()).then_some(off)
}

/// The warning, or with the policy to refuse the refusal, that goes with a difference.
///
/// # Errors
/// The refusal.
pub(super) fn proration(
    contract: &Contract,
    off: Option<Money>,
    policy: AzureProration,
) -> Result<Option<Finding>, Finding> {
    let Some(off) = off else { return Ok(None) };
    let finding = Finding::new(
        Code::AzureProration,
        format!(
            "The periods of “{}” are not calendar months: Azure is billed {} too {} for the month.",
            contract.name,
            off.abs().separated(),
            if off < Money::ZERO { "little" } else { "much" }
        ),
        "Bill Azure on a monthly contract that starts on the first of a month, or correct the bill by hand.",
    );
    match policy {
        AzureProration::Warn => Ok(Some(finding)),
        AzureProration::Refuse => Err(finding),
    }
}
