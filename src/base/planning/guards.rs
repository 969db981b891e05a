//! What of a bill is so unlike last month's that nobody should write it unseen (sync-rules 2.8): a bill is evidence, not
//! proof.
//!
//! It must not decide what becomes of it, or who has looked: it compares the seats that were applied last with those that
//! an invoice asks for, and says what is odd about them.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::domain::{
    Code, Day, Money, ServiceId, SubscriptionId, TenantId, UsageMonth,
    outcome::Finding,
    policy::{Drops, GuardMode, Guards, Policies},
    timeline::Timeline,
};

use super::{
    contract::live,
    group::{ContractGroup, GroupSubscription, GroupTenant},
    memory::Closing,
    plan::{ContractPlan, MonthlyMoney, ServicePlan},
    quantities,
};

/// What is odd about a bill.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Suspicion {
    /// The invoice has no line at all, and customers had seats.
    NoLines { seats: i64 },
    /// Too many of the seats of all its customers would go.
    InvoiceShrinks { gone: i64, of: i64 },
    /// Its header tells no sum, and customers with many seats are not on it.
    CustomersMissing { customers: Vec<String>, seats: i64 },
    /// All seats of a customer go.
    CustomerGone { customer: String, seats: i64 },
    /// A service has far fewer or far more seats than last month.
    ServiceJumps {
        service: String,
        /// Last month's seats.
        from: i64,
        /// The quantity that differs most.
        to: i64,
    },
}

impl Suspicion {
    /// In words, without an end.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::NoLines { seats } => {
                format!("the invoice has no line, and its customers had {seats} seats last month")
            }
            Self::InvoiceShrinks { gone, of } => {
                format!("{gone} of the {of} seats of all its customers would go")
            }
            Self::CustomersMissing { customers, seats } => format!(
                "its header tells no sum, and {} with {seats} seats last month {} not on it",
                first_few(customers),
                if customers.len() == 1 { "is" } else { "are" }
            ),
            Self::CustomerGone { customer, seats } => {
                format!("all {seats} seats of {customer} go")
            }
            Self::ServiceJumps { service, from, to } => {
                format!("“{service}” goes from {from} to {to} seats")
            }
        }
    }
}

fn first_few(names: &[String]) -> String {
    const FEW: usize = 3;
    let more = names.len().saturating_sub(FEW);
    let few = names.get(..FEW.min(names.len())).unwrap_or_default().join(", ");
    if more > 0 { format!("{few} and {more} more") } else { few }
}

/// The seats of one customer on one contract, by what was applied last and by an invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerSeats {
    pub name: String,
    /// What it went into the month with.
    pub last: i64,
    /// What it goes into the next one with.
    pub now: i64,
    /// Whether the invoice has any line of it, synced or not.
    pub listed: bool,
}

/// An invoice as a whole, before anything of it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InvoiceSeats {
    /// Whether it has any line.
    pub lines: bool,
    /// Whether its header tells a sum that they were laid beside.
    pub subtotal: bool,
    /// Customers past their first month whom it bills.
    pub customers: Vec<CustomerSeats>,
}

/// What is odd about an invoice as a whole.
#[must_use]
pub fn odd_invoice(guards: Guards, invoice: &InvoiceSeats) -> Vec<Suspicion> {
    let all: i64 = invoice.customers.iter().map(|one| one.last).sum();
    let gone: i64 = invoice.customers.iter().map(|one| (one.last - one.now).max(0)).sum();
    if all > 0 && !invoice.lines {
        return vec![Suspicion::NoLines { seats: all }];
    }
    let mut odd = Vec::new();
    if is_much(guards, gone) && is_share(guards.invoice_percent, gone, all) {
        odd.push(Suspicion::InvoiceShrinks { gone, of: all });
    }
    let missing = |one: &&CustomerSeats| !one.listed && is_much(guards, one.last);
    if !invoice.subtotal && invoice.customers.iter().any(|one| missing(&one)) {
        let missing = invoice.customers.iter().filter(missing);
        odd.push(Suspicion::CustomersMissing {
            customers: missing.clone().map(|one| one.name.clone()).collect(),
            seats: missing.map(|one| one.last).sum(),
        });
    }
    odd
}

fn is_much(guards: Guards, seats: i64) -> bool {
    seats > i64::from(guards.seats)
}

fn is_share(percent: u8, part: i64, of: i64) -> bool {
    i128::from(part) * 100 > i128::from(percent) * i128::from(of)
}

/// What is odd about an invoice on one contract.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContractOddity {
    pub odd: Vec<Suspicion>,
    pub services: BTreeSet<ServiceId>,
}

/// One invoice on one contract, planned, with what is remembered.
#[derive(Clone, Copy, Debug)]
pub struct ContractSeats<'a> {
    pub plan: &'a ContractPlan,
    /// What the invoice bills there.
    pub group: &'a ContractGroup,
    /// Of each subscription and service the last closing before the month.
    pub last: &'a BTreeMap<(SubscriptionId, ServiceId), &'a Closing>,
    /// The customers that count: those for whom it is applied now, past their first month.
    pub customers: &'a BTreeSet<TenantId>,
}

/// What is odd about a contract's plan, of what it would write: a service that is refused, or stands there already as it
/// should, is in no danger.
#[must_use]
pub fn odd_contract(policies: &Policies, seats: &ContractSeats<'_>) -> ContractOddity {
    let guards = policies.guards;
    let mut found = ContractOddity::default();
    for tenant in &seats.group.tenants {
        let own = seats.customers.contains(&tenant.tenant);
        let Some(customer) = own.then(|| seats.customer(tenant, policies.drops)) else { continue };
        let written = seats.written_of(&tenant.tenant);
        if is_much(guards, customer.last) && customer.now == 0 && !written.is_empty() {
            let (customer, seats) = (customer.name, customer.last);
            found.odd.push(Suspicion::CustomerGone { customer, seats });
            found.services.extend(written);
        }
    }
    for service in seats.plan.services.iter().filter(|service| is_written(service)) {
        let (from, to) = seats.service(service, policies.drops);
        let change = (to - from).abs();
        if is_much(guards, change) && is_share(guards.service_percent, change, from) {
            let service_name = seats.name(service);
            found.odd.push(Suspicion::ServiceJumps { service: service_name, from, to });
            found.services.insert(service.service);
        }
    }
    found
}

fn is_written(service: &ServicePlan) -> bool {
    service.refused.is_none() && !service.before.changes_to(&service.after).is_empty()
}

impl ContractSeats<'_> {
    fn subscriptions(&self) -> impl Iterator<Item = &GroupSubscription> {
        let counts = |bought: &&GroupSubscription| {
            !bought.azure && bought.problem.is_none() && self.customers.contains(&bought.tenant)
        };
        self.plan.subscriptions.iter().filter(counts)
    }

    /// Closings that this plan says something of, each with the service that bills its seats now: where the operator chose
    /// another one for the product, the seats move there by his word and not by the bill's.
    fn closings(&self) -> impl Iterator<Item = (ServiceId, &Closing)> {
        let counts = |closing: &&&Closing| {
            self.customers.contains(&closing.tenant)
                && !self.group.left_alone.contains(&closing.subscription)
        };
        let now = |closing: &Closing| {
            let moved = self.plan.subscriptions.iter().find(|bought| {
                bought.subscription == closing.subscription
                    && bought.previous.contains(&closing.service)
            });
            moved.and_then(|bought| bought.service).unwrap_or(closing.service)
        };
        self.last.values().filter(counts).map(move |closing| (now(closing), *closing))
    }

    fn timeline(&self, bought: &GroupSubscription, drops: Drops) -> Timeline {
        quantities::of_subscription(live(bought), self.plan.month, drops)
    }

    /// A customer's seats: those of services of which nothing is written stay.
    fn customer(&self, tenant: &GroupTenant, drops: Drops) -> CustomerSeats {
        let own = |one: &TenantId| *one == tenant.tenant;
        let is_planned = |service: ServiceId| {
            self.plan.service(service).is_some_and(|plan| plan.refused.is_none())
        };
        let closings = || self.closings().filter(|(_, closing)| own(&closing.tenant));
        let stay = closings().filter(|(service, _)| !is_planned(*service));
        let stay: i64 = stay.map(|(_, closing)| closing.units).sum();
        let next = self.plan.month.next().first_day();
        let bought = self.subscriptions().filter(|bought| own(&bought.tenant));
        let bought = bought.filter(|bought| bought.service.is_some_and(is_planned));
        let now: i64 = bought.map(|bought| self.timeline(bought, drops).on(next)).sum();
        CustomerSeats {
            name: tenant.customer_name.clone(),
            last: closings().map(|(_, closing)| closing.units).sum(),
            now: now + stay,
            listed: true,
        }
    }

    /// Services to which something is written that bill, or billed, this customer.
    fn written_of(&self, tenant: &TenantId) -> BTreeSet<ServiceId> {
        let closings = self.closings().filter(|(_, closing)| closing.tenant == *tenant);
        let all: BTreeSet<ServiceId> = closings.map(|(service, _)| service).collect();
        let written = self.plan.services.iter().filter(|service| is_written(service));
        written.map(|service| service.service).filter(|service| all.contains(service)).collect()
    }

    /// Last month's seats of a service, and the quantity of this month that differs from them most.
    ///
    /// ```text
    ///  last 30 ────┐             ┌──── 30      nothing would be seen at the month's end:
    ///              └── 2 ────────┘             every step counts
    /// ```
    fn service(&self, service: &ServicePlan, drops: Drops) -> (i64, i64) {
        let closings = self.closings().filter(|(now, _)| *now == service.service);
        let last: i64 = closings.map(|(_, closing)| closing.units).sum();
        let bought = self.subscriptions().filter(|bought| bought.service == Some(service.service));
        let timelines: Vec<Timeline> = bought.map(|bought| self.timeline(bought, drops)).collect();
        let wanted = quantities::sum(timelines.iter());
        let steps = days(&wanted, self.plan.month).map(|day| wanted.on(day));
        (last, steps.max_by_key(|units| (units - last).abs()).unwrap_or(last))
    }

    fn name(&self, service: &ServicePlan) -> String {
        let billed = |bought: &&GroupSubscription| bought.service == Some(service.service);
        let bought = self.plan.subscriptions.iter().find(billed).map(|bought| &bought.name);
        let closed = || self.last.values().find(|closing| closing.service == service.service);
        let name = bought.or_else(|| closed().map(|closing| &closing.name));
        name.cloned().unwrap_or_else(|| format!("service {}", service.service))
    }
}

/// The month's first day, every day inside it on which the quantity changes, and the first of the next month.
fn days(wanted: &Timeline, month: UsageMonth) -> impl Iterator<Item = Day> {
    let (first, next) = (month.first_day(), month.next().first_day());
    let inside =
        wanted.steps().iter().map(|step| step.from).filter(move |day| *day > first && *day < next);
    inside.chain([first, next])
}

/// What the lines of a group come to for each of its customers, without knowing what is present.
pub fn customers_of(
    group: &ContractGroup,
    last: &[Closing],
    month: UsageMonth,
    drops: Drops,
) -> Vec<(TenantId, CustomerSeats)> {
    let next = month.next().first_day();
    let seats = |tenant: &GroupTenant| {
        let own = |one: &TenantId| *one == tenant.tenant;
        let bought = group.subscriptions.iter().filter(|bought| own(&bought.tenant));
        let licences = bought.clone().filter(|bought| !bought.azure);
        let now = licences.map(|one| quantities::of_subscription(live(one), month, drops).on(next));
        let closings = last.iter().filter(|closing| {
            own(&closing.tenant) && !group.left_alone.contains(&closing.subscription)
        });
        let seats = CustomerSeats {
            name: tenant.customer_name.clone(),
            last: closings.map(|closing| closing.units).sum(),
            now: now.sum(),
            listed: bought.clone().any(|bought| !bought.lines.is_empty()),
        };
        (tenant.tenant.clone(), seats)
    };
    group.tenants.iter().map(seats).collect()
}

/// What is said of a contract: what is odd, what it is about in money, and what to do.
#[must_use]
pub fn finding(mode: GuardMode, odd: &[Suspicion], domain: &str, money: MonthlyMoney) -> Finding {
    let odd: Vec<String> = odd.iter().map(Suspicion::words).collect();
    let told = |price: Money| price.rounded(2).separated();
    let (before, after) = (told(money.price_before), told(money.price_after));
    let what = format!("{}. Monthly price {before} → {after}.", odd.join("; "));
    match mode {
        GuardMode::Hold => Finding::new(
            Code::Guard,
            format!("Held, nothing of it is written: {what}"),
            format!(
                "Look at it: `prism-connect plan customers --customer {domain} --out FILE`. If the bill is right, \
                 `prism-connect sync --plan FILE` writes it; if not, ask your distributor. Every sync tries again."
            ),
        ),
        GuardMode::Warn | GuardMode::Off => Finding::new(
            Code::Guard,
            format!("Written, and looks wrong: {what}"),
            "Lay the bill beside last month's; ask your distributor if it is wrong.",
        ),
    }
}
