//! What is to be written to one contract for one invoice, with reasons, money and warnings.
//!
//! It must not know how it is shown or sent.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        ContractId, ContractServiceId, Day, LineId, Money, ServiceId, SubscriptionId, TenantId,
        UsageMonth,
        line::WrittenLine,
        operation::{Operation, PriceStep, Shift, Wanted, prices_asked},
        outcome::{Disposition, Finding},
        target::{PresentContract, PresentService, UnitRow},
        timeline::Timeline,
    },
    psa::BillingRules,
};

use super::{
    group::{GroupLine, GroupSubscription, GroupTenant},
    memory::Closing,
};

/// One invoice on one contract, planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractPlan {
    pub contract: ContractId,
    /// The first day that was not invoiced when it was made, where the target tells: another one makes it another plan
    /// (sync-rules 10.14).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_open: Option<Day>,
    /// The invoice's usage month.
    pub month: UsageMonth,
    pub tenants: Vec<GroupTenant>,
    /// Every service concerned, in the order in which they are to be written: one that seats move to before the one
    /// that they leave, so that a refusal leaves them where they are billed now (sync-rules 1.8); else by id.
    pub services: Vec<ServicePlan>,
    /// Every subscription of the group, and those that are missing from the invoice, with the problems and warnings
    /// that planning found, and where each line's amount is counted.
    pub subscriptions: Vec<GroupSubscription>,
    /// What to remember of its subscriptions once their services are applied: of refused services nothing.
    pub closings: Vec<Closing>,
    /// Why the contract as a whole is refused; every subscription then fails with it.
    pub refused: Option<Finding>,
    /// What must be looked at and concerns the contract as a whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Finding>,
}

/// One service on one contract, planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServicePlan {
    pub service: ServiceId,
    /// Its row on the contract; none where there is none, or which one is not known.
    pub contract_service: Option<ContractServiceId>,
    /// What the invoice asks for over its own month and after it (the upper line of a chart).
    pub invoice: Timeline,
    /// What ought to stand; none where that could not be told.
    pub wanted: Option<Wanted>,
    /// Quantity over time as read.
    pub before: Timeline,
    /// Quantity over time that reading back must show: of a refused service, what stands there.
    pub after: Timeline,
    /// The writes, in the order in which they must go; none for a refused service.
    pub operations: Vec<PlannedOperation>,
    /// What the operator must look at, of the service as a whole: a Warning for each of its subscriptions.
    pub warnings: Vec<Finding>,
    /// What is worth telling and no Warning: drift that was set back (sync-rules 4.9), an old service emptied (1.8).
    pub notes: Vec<Finding>,
    /// Why nothing is written.
    pub refused: Option<Finding>,
    /// Whether it only takes back what came late of our own writes: everything else of the month is the operator's.
    #[serde(default)]
    pub takes_back: bool,
    /// Services that its seats move to: where one of them fails, nothing of this one is sent either.
    pub moves_to: BTreeSet<ServiceId>,
    /// The subscriptions that it bills, by id.
    pub subscriptions: Vec<SubscriptionId>,
    /// Money a month.
    pub money: MonthlyMoney,
}

/// One write with what is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedOperation {
    /// The write.
    pub operation: Operation,
    /// First day of the change; none for making a row.
    pub effective: Option<Day>,
    /// Quantity on that day before and after the write, given the writes before it; none for making a row.
    pub quantity: Option<(i64, i64)>,
    /// Why, in words.
    pub reason: String,
    /// The unit price in force until that day, where it is known and the write sets another.
    #[serde(default)]
    pub price_before: Option<Money>,
    /// The unit cost likewise.
    #[serde(default)]
    pub cost_before: Option<Money>,
    /// Change of the monthly sell price: of a write to a line what remains of it at the end of the usage month, so that all
    /// of them add up.
    pub monthly_effect: Money,
    /// Change of the monthly sell price while it lasts, where it ends by itself and another one remains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect_while: Option<Money>,
    /// Of the last write of a day: quantity before and after all writes to the service on it. A line that is ended and added
    /// again in part is no fall to 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub net: Option<(i64, i64)>,
    /// The parts of it that were asked for another day, which is taken.
    #[serde(default)]
    pub shifts: Vec<Shift>,
}

impl PlannedOperation {
    /// Whether its day takes the last seats away.
    #[must_use]
    pub fn drops_to_zero(&self) -> bool {
        self.net.is_some_and(|(from, to)| from > 0 && to == 0)
    }

    /// Whether its day at least doubles the seats.
    #[must_use]
    pub fn doubles(&self) -> bool {
        self.net.is_some_and(|(from, to)| from > 0 && to >= from.saturating_mul(2))
    }
}

/// Unit price × quantity and unit cost × quantity on the usage month's last day, before and after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthlyMoney {
    /// Sell price before.
    pub price_before: Money,
    /// Sell price after.
    pub price_after: Money,
    pub cost_before: Money,
    pub cost_after: Money,
}

impl MonthlyMoney {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            price_before: self.price_before + other.price_before,
            price_after: self.price_after + other.price_after,
            cost_before: self.cost_before + other.cost_before,
            cost_after: self.cost_after + other.cost_after,
        }
    }
}

/// No target has given an id so high yet.
const UNMADE: i64 = i64::MAX / 2;

impl ServicePlan {
    /// The unit prices and costs that its writes set, by the day they were asked for: what [`super::ContractMemory::prices`] wants to know of
    /// them. Opening prices count from the first seats on.
    #[must_use]
    pub fn prices_written(&self) -> Vec<PriceStep> {
        let first = self.operations.iter().find_map(|operation| operation.effective);
        let steps = self.operations.iter().filter_map(|planned| {
            Some(prices_asked(planned.operation.price_step(first)?, &planned.shifts))
        });
        let mut steps: Vec<PriceStep> = steps.flatten().collect();
        // The first units repeat what the row opened at.
        steps.dedup();
        steps
    }

    /// The contract once its writes are carried out, where the target's own rules tell. A line that is still to be made gets
    /// an id beyond all others, as the target will give it one.
    fn lines_after(&self, stands: &Stands, rules: &dyn BillingRules) -> Option<Stands> {
        let mut after = stands.clone();
        for planned in &self.operations {
            let present = &after.present;
            let lines = present.services.iter().map(|service| service.lines.len()).sum::<usize>();
            let id = UNMADE.saturating_add(i64::try_from(lines).unwrap_or(i64::MAX));
            let open = present.contract.first_open();
            after.present = rules.written(present, &planned.operation, Some(id))?;
            WrittenLine::remember(&mut after.written, &planned.operation, LineId(id), open);
        }
        Some(after)
    }

    /// Whether nothing is to be written, and nothing is wrong.
    pub fn is_unchanged(&self) -> bool {
        self.operations.is_empty() && self.refused.is_none()
    }
}

impl ContractPlan {
    /// All its writes in order, service by service.
    pub fn operations(&self) -> impl Iterator<Item = &PlannedOperation> {
        self.services.iter().flat_map(|service| &service.operations)
    }

    /// The plan of a service.
    #[must_use]
    pub fn service(&self, service: ServiceId) -> Option<&ServicePlan> {
        self.services.iter().find(|planned| planned.service == service)
    }

    /// The names of a customer's subscriptions that a service bills, or of what it billed before it was emptied.
    pub fn names_billed(&self, tenant: &TenantId, service: ServiceId) -> Vec<String> {
        let mut billed =
            self.subscriptions.iter().filter(|one| one.service == Some(service)).peekable();
        if billed.peek().is_none() {
            return self.former(tenant, service).map(|former| former.name).into_iter().collect();
        }
        billed.filter(|one| one.tenant == *tenant).map(|one| one.name.clone()).collect()
    }

    /// What a service that bills nobody any more billed of this customer; of nobody known, the first one's.
    pub fn former(&self, tenant: &TenantId, service: ServiceId) -> Option<GroupSubscription> {
        let to = self.service(service).map(|plan| &plan.moves_to);
        let came = |bought: &&GroupSubscription| {
            bought.previous.contains(&service)
                || bought.service.zip(to).is_some_and(|(now, to)| to.contains(&now))
        };
        let mut moved = self.subscriptions.iter().filter(came);
        let unknown = moved.clone().next().is_none();
        let first = self.tenants.first().map(|first| &first.tenant);
        match moved.find(|bought| bought.tenant == *tenant) {
            Some(moved) => Some(GroupSubscription {
                name: format!("Old service {service}: {}", moved.name),
                service: Some(service),
                lines: Vec::new(),
                warnings: Vec::new(),
                problem: None,
                ..moved.clone()
            }),
            None if unknown && first == Some(tenant) => {
                let (id, name) = (SubscriptionId::new(""), format!("Service {service}"));
                Some(GroupSubscription::without_lines(id, name, tenant.clone(), service))
            }
            None => None,
        }
    }

    /// The same, held: nothing of it is written, and its lines wait. What an earlier run applied of it stays as it is.
    #[must_use]
    pub fn hold(mut self, finding: &Finding) -> Self {
        let any_due = self.tenants.iter().any(|tenant| tenant.due);
        let tenants = self.tenants.iter().filter(|tenant| tenant.due || !any_due);
        let waiting: BTreeSet<TenantId> = tenants.map(|tenant| tenant.tenant.clone()).collect();
        for bought in &mut self.subscriptions {
            let applied =
                bought.lines.iter().any(|line| line.disposition == Disposition::SyncedEarlier);
            bought.warnings.clear();
            if applied || bought.problem.is_some() || !waiting.contains(&bought.tenant) {
                continue;
            }
            bought.problem = Some(finding.clone());
            let synced = |line: &&mut GroupLine| line.disposition == Disposition::Synced;
            for line in bought.lines.iter_mut().filter(synced) {
                line.disposition = Disposition::Held;
            }
        }
        let (services, closings) = (Vec::new(), Vec::new());
        Self { services, closings, refused: Some(finding.clone()), ..self }
    }

    /// The sum over its services.
    #[must_use]
    pub fn money(&self) -> MonthlyMoney {
        self.services.iter().fold(MonthlyMoney::default(), |sum, service| sum.plus(service.money))
    }

    /// The contract as it will stand once the plan is carried out, so that the next month of a catch-up can be planned before
    /// anything is written. Amounts of rows are not told; a row that is still to be made has the negative of its service's
    /// id.
    #[must_use]
    pub fn leaves(&self, stands: Stands, rules: &dyn BillingRules) -> Stands {
        let mut after = stands;
        for service in self.services.iter().filter(|service| !service.operations.is_empty()) {
            if let Some(lined) = service.lines_after(&after, rules) {
                after = lined;
                continue;
            }
            let rows = &mut after.present.services;
            let found =
                rows.iter_mut().find(|row| Some(row.contract_service) == service.contract_service);
            match found {
                Some(row) => carry_out(row, service),
                None => rows.push(made(service)),
            }
        }
        after.present.services.sort_by_key(|row| row.contract_service);
        after
    }
}

/// A contract as it stands, with what we have written to its lines last, where its target keeps lines: the one tells what of
/// the other is an edit by hand (sync-rules 10.6), and what no invoice has yet (10.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stands {
    pub present: PresentContract,
    pub written: Vec<WrittenLine>,
}

fn made(service: &ServicePlan) -> PresentService {
    let opening = service.operations.iter().find_map(|planned| match planned.operation {
        Operation::CreateContractService { unit_price, unit_cost, .. } => {
            Some((unit_price, unit_cost))
        }
        _ => None,
    });
    let (price, cost) = opening.unwrap_or_default();
    let mut row = PresentService {
        contract_service: ContractServiceId(service.service.0.saturating_neg()),
        service: service.service,
        price,
        cost,
        rows: Vec::new(),
        lines: Vec::new(),
    };
    carry_out(&mut row, service);
    row
}

/// Rows start where they did and where an adjustment was dated; each holds what stands there afterwards.
fn carry_out(row: &mut PresentService, service: &ServicePlan) {
    let days = service.operations.iter().filter_map(|operation| operation.effective);
    for day in days {
        if row.rows.iter().all(|known| known.start != day) {
            let (units, price) = (0, Money::ZERO);
            row.rows.push(UnitRow {
                start: day,
                end: day,
                units,
                price,
                cost: None,
                posted: false,
            });
        }
    }
    row.rows.sort_by_key(|row| row.start);
    for known in &mut row.rows {
        known.units = service.after.on(known.start);
    }
    let mut steps = service.prices_written();
    steps.sort_by_key(|step| step.from);
    row.price = steps.iter().rev().find_map(|step| step.price).or(row.price);
    row.cost = steps.iter().rev().find_map(|step| step.cost).or(row.cost);
}
