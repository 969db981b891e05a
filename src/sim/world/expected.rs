//! The timelines that ought to stand on contracts, from the histories, day by day. It must not look at invoice lines that a
//! history gives: two ways that meet are the point.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rust_decimal::{Decimal, prelude::ToPrimitive};

use super::calendar::{Month, after};
use super::catalog::Motion;
use super::invoice::ExtraLine;
use super::{ExpectedRequest, ExpectedStep, ExpectedTimeline, World};

/// Quantity per day, and from the last day on.
type Days = BTreeMap<NaiveDate, Decimal>;

/// The mappings of one contract: tenant and first month.
type Mapped = Vec<(usize, Month)>;

impl World {
    /// The timelines that ought to stand after the given months were synced in order for these mappings.
    pub fn expected(&self, request: &ExpectedRequest) -> Vec<ExpectedTimeline> {
        let issued = |month: &Month| *month >= self.era.first && *month <= self.era.newest;
        let months: BTreeSet<Month> =
            request.months.iter().filter_map(|text| Month::parse(text)).filter(issued).collect();
        let mut contracts: BTreeMap<i64, Mapped> = BTreeMap::new();
        for mapping in &request.mappings {
            let tenant = self.tenant_named(&mapping.tenant);
            if let (Some(tenant), Some(first)) = (tenant, Month::parse(&mapping.first_month)) {
                contracts.entry(mapping.contract_id).or_default().push((tenant, first));
            }
        }
        let per_contract = contracts.iter().flat_map(|(contract, mapped)| {
            self.contract(*contract, mapped, &months, request.azure)
        });
        per_contract.collect()
    }

    /// Whether all that is asked for can be meant: a tenant or month that is mistyped would expect nothing, silently.
    ///
    /// # Errors
    /// What cannot.
    pub fn knows(&self, request: &ExpectedRequest) -> Result<(), String> {
        let known = |tenant: &str| self.tenant_named(tenant).is_some();
        if let Some(strange) = request.mappings.iter().find(|mapping| !known(&mapping.tenant)) {
            return Err(format!("there is no tenant {:?}", strange.tenant));
        }
        let firsts = request.mappings.iter().map(|mapping| &mapping.first_month);
        match firsts.chain(&request.months).find(|text| Month::parse(text).is_none()) {
            Some(strange) => Err(format!("{strange:?} is no month; write it as YYYY-MM")),
            None => Ok(()),
        }
    }

    fn contract(
        &self,
        contract_id: i64,
        mapped: &Mapped,
        months: &BTreeSet<Month>,
        azure: bool,
    ) -> Vec<ExpectedTimeline> {
        let mut products: BTreeMap<usize, Days> = BTreeMap::new();
        for (tenant, _) in mapped {
            for index in &self.tenants[*tenant].subscriptions {
                products.entry(self.subscriptions[*index].product).or_default();
            }
        }
        products.retain(|product, _| self.synced_product(*product, azure));
        let mut done: Option<Month> = None;
        for month in months {
            let tenants: Vec<usize> =
                mapped.iter().filter(|(_, first)| first <= month).map(|(at, _)| *at).collect();
            if tenants.is_empty() {
                continue;
            }
            for (product, days) in &mut products {
                self.live_month(*product, &tenants, *month, days);
                self.late_days(*product, &tenants, *month, done, days);
            }
            done = Some(*month);
        }
        let end =
            self.autotask.contracts.iter().find(|row| row.id == contract_id).map(|row| row.end);
        for days in products.values_mut() {
            days.retain(|date, _| end.is_none_or(|end| *date <= end));
        }
        let timelines = products.iter().filter_map(|(product, days)| {
            let steps = steps(days);
            let known = &self.products[*product];
            (!steps.is_empty()).then(|| ExpectedTimeline {
                contract_id,
                sku: known.sku.clone(),
                motion: known.motion.text().to_owned(),
                steps,
            })
        });
        timelines.collect()
    }

    fn synced_product(&self, index: usize, azure: bool) -> bool {
        let product = &self.products[index];
        product.motion != Motion::YearYear && (azure || !product.azure)
    }

    /// Every day of a month, and what follows from its last one.
    fn live_month(&self, product: usize, tenants: &[usize], month: Month, days: &mut Days) {
        if self.products[product].azure {
            let used = self.held(product, tenants).any(|index| self.azure_in(index, month));
            days.insert(month.first(), if used { Decimal::ONE } else { Decimal::ZERO });
            days.insert(month.next().first(), Decimal::ZERO);
            return;
        }
        let held: Vec<usize> = self.held(product, tenants).collect();
        for date in month.each_day() {
            let on = |index: &usize| self.subscriptions[*index].quantity_on(date);
            let quantity = held.iter().map(on).sum();
            days.insert(date, quantity);
        }
    }

    fn azure_in(&self, index: usize, month: Month) -> bool {
        let subscription = &self.subscriptions[index];
        let active = subscription.spans.iter().any(|span| span.clipped(month).is_some());
        active && subscription.azure_cost(month).is_some()
    }

    fn held<'w>(
        &'w self,
        product: usize,
        tenants: &'w [usize],
    ) -> impl Iterator<Item = usize> + 'w {
        let subscriptions = tenants.iter().flat_map(|tenant| &self.tenants[*tenant].subscriptions);
        subscriptions.copied().filter(move |index| self.subscriptions[*index].product == product)
    }

    /// Lines that stand on the invoice beside the histories: they add to their days, and reach back as far as no synced month.
    fn late_days(
        &self,
        product: usize,
        tenants: &[usize],
        month: Month,
        done: Option<Month>,
        days: &mut Days,
    ) {
        let floor = done.map(|month| after(month.last()));
        let own = |line: &ExtraLine| floor.map_or(line.from, |day| line.from.max(day));
        let mut lines = self.stray_lines(product, tenants, month);
        lines.retain(|line| own(line) <= line.to);
        let Some(earliest) = lines.iter().map(|line| own(line)).min() else { return };
        for date in earliest.iter_days().take_while(|date| *date < month.first()) {
            days.insert(date, Decimal::ZERO);
        }
        for line in lines {
            let last = line.to.min(month.last());
            for date in own(line).iter_days().take_while(|date| *date <= last) {
                *days.entry(date).or_default() += line.quantity;
            }
        }
    }

    fn stray_lines(&self, product: usize, tenants: &[usize], month: Month) -> Vec<&ExtraLine> {
        let counted =
            self.invoices.iter().filter(|invoice| invoice.counts() && invoice.usage == month);
        let lines = counted.flat_map(|invoice| &invoice.extra);
        let synced = lines.filter(|line| {
            let known = line.subscription.parse().ok().and_then(|id| self.by_subscription.get(&id));
            let mine = line.tenant.is_some_and(|tenant| tenants.contains(&tenant));
            let monthly = line.cycle == "Monthly" && line.quantity > Decimal::ZERO;
            mine && monthly
                && line.price.cost >= Decimal::ZERO
                && known.is_some_and(|index| self.subscriptions[*index].product == product)
        });
        synced.collect()
    }
}

/// The days on which the quantity changes.
fn steps(days: &Days) -> Vec<ExpectedStep> {
    let mut units = 0;
    let mut steps = Vec::new();
    for (date, quantity) in days {
        let next = quantity.trunc().to_i64().unwrap_or(i64::MAX);
        if next != units {
            steps.push(ExpectedStep { date: date.to_string(), units: next });
            units = next;
        }
    }
    steps
}
