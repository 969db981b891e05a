//! What the store knows of one contract, as the planner needs it.
//!
//! It must not know tables or keys. Losing all of it costs history, never a wrong quantity (design invariant 3).

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::domain::{
    ContractServiceId, Day, Money, ServiceId, SubscriptionId, TenantId, UsageMonth,
    line::WrittenLine,
    operation::{PriceStep, Shift},
    timeline::Timeline,
};

use super::{group::GroupSubscription, plan::ContractPlan};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractMemory {
    /// Months applied to this contract, each with the services that failed in it and are still on the retry list.
    /// To every other service, also one that the invoice did not name, the month counts as applied.
    pub applied: BTreeMap<UsageMonth, BTreeSet<ServiceId>>,
    /// Quantities at the end of applied months. Of each subscription the last one before the month to be planned
    /// must be among them.
    pub closings: Vec<Closing>,
    /// Unit prices and costs that were written to each service of this contract, opening ones included, in any order.
    pub prices: BTreeMap<ServiceId, Vec<PriceStep>>,
    /// Prices among them that no reading has shown since (sync-rules 5.2, 5.6).
    #[serde(default)]
    pub owed: BTreeMap<ServiceId, Owed>,
    /// What the operator chose where a service stands on the contract more than once (sync-rules 4.7).
    pub chosen: BTreeMap<ServiceId, ContractServiceId>,
    /// Services to which this invoice's application was begun and not finished (sync-rules 4.3).
    pub baselines: BTreeMap<ServiceId, Baseline>,
    /// What we have written to each service, by day, as it was asked for: a step of ours is nobody's edit (sync-rules 4.9).
    /// Nothing where no step stands in the month.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ours: BTreeMap<ServiceId, Timeline>,
    /// What was written to its lines last, where the target keeps lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub written: Vec<WrittenLine>,
    /// What planned writes shift off taken days, where months are planned one after the other before anything is written.
    #[serde(default)]
    pub shifts: Vec<(ContractServiceId, Shift)>,
}

/// What a licence subscription came to at the end of an applied month (sync-rules 4.8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    pub month: UsageMonth,
    pub subscription: SubscriptionId,
    /// Its name, for a month in which it is missing.
    pub name: String,
    pub tenant: TenantId,
    pub service: ServiceId,
    /// The seats it goes into the next month with; 0 for one that ended, moved to another service, or was missing.
    pub units: i64,
}

/// The present as it was read before the first write of an application, and what that application has written since.
///
/// ```text
/// steps          5
/// ours           +1 on the 1st
/// read now       6 from the 1st, 4 from the 10th
/// the rest       −2 on the 10th: somebody's, and +1 is not asked for a second time
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// Quantity over time before the first write.
    pub steps: Timeline,
    /// Changes that this application of this invoice to this service has made: day and signed change.
    pub ours: Vec<(Day, i64)>,
    /// Those of them that lie on another day than they were asked for.
    #[serde(default)]
    pub shifts: Vec<Shift>,
    /// What stood there before in the same way.
    #[serde(default)]
    pub shifts_before: Vec<Shift>,
    /// Unit price that the row showed before the first write.
    #[serde(default)]
    pub price: Option<Money>,
    /// Unit cost likewise.
    #[serde(default)]
    pub cost: Option<Money>,
    /// Prices that this application has written.
    #[serde(default)]
    pub prices: Vec<PriceStep>,
    /// Whether this application put the service on the contract: as long as the row has no units, its prices are still to be
    /// written (sync-rules 5.1).
    #[serde(default)]
    pub made: bool,
}

/// The last price and cost written to a service, where the readings after the write did not show them (sync-rules 5.2, 5.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed {
    /// The usage month of the invoice that asked for them.
    pub month: UsageMonth,
    /// The unit price, unless that was shown.
    pub price: Option<Unshown>,
    /// The unit cost likewise.
    pub cost: Option<Unshown>,
}

/// A price that was written and not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unshown {
    pub from: Day,
    pub asked: Money,
    /// What was read in its place; none where nothing could show it.
    pub reads: Option<Money>,
}

impl Owed {
    /// Whether all was shown by now.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.price.is_none() && self.cost.is_none()
    }
}

impl Baseline {
    /// The same with every change on the day that it was asked for (sync-rules 4.6).
    pub(crate) fn as_asked(&self) -> Self {
        let ours = Timeline::from_changes(self.ours.iter().copied()).as_asked(&self.shifts);
        Self {
            steps: self.steps.as_asked(&self.shifts_before),
            ours: ours.changes().collect(),
            ..self.clone()
        }
    }
}

impl Closing {
    /// The subscription as one for which an invoice has no line.
    pub fn without_lines(&self) -> GroupSubscription {
        GroupSubscription::without_lines(
            self.subscription.clone(),
            self.name.clone(),
            self.tenant.clone(),
            self.service,
        )
    }
}

impl ContractMemory {
    pub(crate) fn is_applied(&self, service: ServiceId, month: UsageMonth) -> bool {
        self.applied.get(&month).is_some_and(|failed| !failed.contains(&service))
    }

    /// The first month after `month` that is applied to the service.
    pub(crate) fn next_applied(&self, service: ServiceId, month: UsageMonth) -> Option<UsageMonth> {
        let later = self.applied.range(month.next()..);
        later.filter(|(_, failed)| !failed.contains(&service)).map(|(month, _)| *month).next()
    }

    /// The last month before `month` that is applied to the service.
    pub(crate) fn last_applied(&self, service: ServiceId, month: UsageMonth) -> Option<UsageMonth> {
        let earlier = self.applied.range(..month).rev();
        earlier.filter(|(_, failed)| !failed.contains(&service)).map(|(month, _)| *month).next()
    }

    /// Of each subscription and service the last closing before `month`, in stable order.
    #[must_use]
    pub fn closings_before(
        &self,
        month: UsageMonth,
    ) -> BTreeMap<(SubscriptionId, ServiceId), &Closing> {
        let mut last = BTreeMap::<_, &Closing>::new();
        for closing in self.closings.iter().filter(|closing| closing.month < month) {
            let key = (closing.subscription.clone(), closing.service);
            let known = last.entry(key).or_insert(closing);
            if closing.month > known.month {
                *known = closing;
            }
        }
        last
    }

    /// What will be remembered once the plan is carried out: for the next month of a catch-up that is only planned.
    #[must_use]
    pub fn after(&self, plan: &ContractPlan) -> Self {
        let mut after = self.clone();
        if plan.refused.is_some() {
            return after;
        }
        let failed = plan.services.iter().filter(|service| service.refused.is_some());
        let failed = failed.map(|service| service.service);
        let before = self.applied.get(&plan.month).into_iter().flatten().copied();
        let kept = before.filter(|service| plan.service(*service).is_none());
        after.applied.insert(plan.month, failed.chain(kept).collect());
        let again = |closing: &Closing| {
            plan.closings.iter().any(|new| {
                (new.month, &new.subscription, new.service)
                    == (closing.month, &closing.subscription, closing.service)
            })
        };
        after.closings.retain(|closing| !again(closing));
        after.closings.extend(plan.closings.iter().cloned());
        for service in plan.services.iter().filter(|service| service.refused.is_none()) {
            let written = service.prices_written();
            if !written.is_empty() {
                after.owed.remove(&service.service);
            }
            // What an earlier attempt of this month wrote already is part of it, as when it is recorded.
            let begun = after.baselines.remove(&service.service);
            let begun = begun.into_iter().flat_map(|begun| begun.prices);
            after.prices.entry(service.service).or_default().extend(begun.chain(written));
            let row = service.contract_service;
            let shifts = service.operations.iter().flat_map(|planned| &planned.shifts);
            after.shifts.extend(
                row.into_iter().flat_map(|row| shifts.clone().map(move |shift| (row, *shift))),
            );
        }
        after
    }
}
