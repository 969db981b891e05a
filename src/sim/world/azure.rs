//! Azure usage by day: a month's cost, spread over its days and resources so that the days add up to the month.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::World;
use super::calendar::{Month, after};

/// One resource on one day.
#[derive(Clone, Debug)]
pub struct DailyUsage {
    pub date: NaiveDate,
    pub resource: &'static str,
    pub category: &'static str,
    pub cost: Decimal,
    pub rrp: Decimal,
}

const RESOURCES: &[(&str, &str)] =
    &[("vm-app-01", "Virtual Machines"), ("stbackup", "Storage"), ("gw-vpn", "VPN Gateway")];

impl World {
    /// The usage of a subscription from a day, before another.
    pub fn azure_usage(&self, index: usize, from: NaiveDate, before: NaiveDate) -> Vec<DailyUsage> {
        let months = self.subscriptions[index].azure.iter().map(|(month, _)| *month);
        let touched = months.filter(|month| month.first() < before && month.last() >= from);
        let days = touched.flat_map(|month| self.azure_month(index, month));
        days.filter(|usage| usage.date >= from && usage.date < before).collect()
    }

    fn azure_month(&self, index: usize, month: Month) -> Vec<DailyUsage> {
        let subscription = &self.subscriptions[index];
        let Some(total) = subscription.azure_cost(month) else { return Vec::new() };
        let clipped = subscription.spans.iter().find_map(|span| span.clipped(month));
        let Some((from, to)) = clipped else { return Vec::new() };
        let dates: Vec<NaiveDate> = from.iter_days().take_while(|date| *date < after(to)).collect();
        let parts = dates.len() * RESOURCES.len();
        let (costs, retails) = (shares(total.cost, parts), shares(total.rrp, parts));
        let places =
            dates.iter().flat_map(|date| RESOURCES.iter().map(move |named| (*date, named)));
        let amounts = costs.into_iter().zip(retails);
        let made = places.zip(amounts).map(|((date, (resource, category)), (cost, rrp))| {
            DailyUsage { date, resource, category, cost, rrp }
        });
        made.collect()
    }
}

/// An amount in so many parts of 4 decimals; the last takes what is left.
fn shares(total: Decimal, parts: usize) -> Vec<Decimal> {
    let count = Decimal::from(parts.max(1));
    let share = (total / count).round_dp(4);
    let mut made = vec![share; parts];
    if let Some(last) = made.last_mut() {
        *last = total - share * (count - Decimal::ONE);
    }
    made
}
