//! One invoice on one contract: every service that it bills, billed last month, or billed under another link.
//!
//! It must not send or read anything; what a target makes of a wanted state is [`BillingRules::operations`].

use std::collections::BTreeSet;

use crate::{
    domain::{
        Day, ServiceId, SubscriptionId, UsageMonth,
        outcome::{Disposition, Finding},
        policy::Policies,
        target::PresentContract,
    },
    psa::{BillingRules, Surroundings},
};

use super::{
    group::{ContractGroup, GroupSubscription},
    memory::{Closing, ContractMemory},
    plan::{ContractPlan, ServicePlan},
};

mod collect;
mod findings;
mod money;
mod service;

pub(super) use collect::live;
use collect::{Collected, Move};
pub use findings::partner;

/// Everything that decides what is written to one contract.
#[derive(Clone, Copy, Debug)]
pub struct ContractRequest<'a> {
    /// What the invoice bills on it.
    pub group: &'a ContractGroup,
    /// The invoice's usage month.
    pub month: UsageMonth,
    /// The day of the planning.
    pub today: Day,
    /// The contract as read: rows at least from [`read_from`] on.
    pub present: &'a PresentContract,
    /// What is remembered of it.
    pub memory: &'a ContractMemory,
    /// What else the target's arithmetic needs; an empty list of services means that they were not read.
    pub surroundings: &'a Surroundings,
    /// Policies.
    pub policies: &'a Policies,
    /// Only what is on the retry list (sync-rules 2.7); everything where there is none.
    pub retry: Option<&'a Retry>,
    /// Whether the operator asked for an applied month to be planned once more, by what links say now.
    pub recheck: bool,
}

/// What a retry is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retry {
    /// Services that failed.
    pub services: BTreeSet<ServiceId>,
    /// Subscriptions that failed without a service being known.
    pub subscriptions: BTreeSet<SubscriptionId>,
    /// Whether what came late of this invoice's writes is taken back besides, from services that it is not about: that
    /// alone, for the month is applied and its other steps are the operator's (sync-rules 4.9, 8.2).
    pub late: bool,
}

/// The first day that a plan of this group may touch: the present must be read from the day before it on.
#[must_use]
pub fn read_from(group: &ContractGroup, month: UsageMonth) -> Day {
    let lines = group.subscriptions.iter().flat_map(|bought| &bought.lines);
    let sound = lines.filter(|line| line.line.fault.is_none());
    let earliest = sound.map(|line| line.line.start).min();
    earliest.map_or(month.first_day(), |day| day.min(month.first_day())).previous()
}

/// Plans one contract. A retry plans only the services it is about; subscriptions of others stay in the plan as the
/// group had them, so that every line is still counted.
#[must_use]
pub fn plan_contract(request: &ContractRequest<'_>, rules: &dyn BillingRules) -> ContractPlan {
    if let Some(refused) = &request.group.refused {
        return refuse_contract(request.group, request.month, refused);
    }
    let mut collected = Collected::new(request);
    let mut asked = collected.services();
    asked.retain(|service| collected.is_asked(*service));
    tie(&mut collected, &asked, rules);
    let mut services = in_order(plan_all(&mut collected, &asked, rules), &collected.moves());
    let closings = closings(&collected, &services);
    if request.retry.is_some_and(|retry| retry.late) {
        collected.hush(&asked);
        services.extend(late_writes(&collected, &asked, rules));
    }
    let mut subscriptions = collected.subscriptions;
    for failed in subscriptions.iter_mut().filter(|bought| bought.problem.is_some()) {
        fail_lines(failed);
    }
    ContractPlan {
        first_open: request.present.contract.first_open(),
        contract: request.group.contract,
        month: request.month,
        tenants: request.group.tenants.clone(),
        services,
        subscriptions,
        closings,
        refused: None,
        warnings: Vec::new(),
    }
}

fn plan_all(
    collected: &mut Collected<'_>,
    asked: &BTreeSet<ServiceId>,
    rules: &dyn BillingRules,
) -> Vec<ServicePlan> {
    asked.iter().map(|service| service::plan(collected, *service, rules)).collect()
}

/// What takes back the writes that came late, of services that are not planned otherwise.
fn late_writes(
    collected: &Collected<'_>,
    asked: &BTreeSet<ServiceId>,
    rules: &dyn BillingRules,
) -> Vec<ServicePlan> {
    let begun = collected.request.memory.baselines.keys();
    let others = begun.filter(|service| !asked.contains(service));
    others.filter_map(|service| service::take_back(collected, *service, rules)).collect()
}

/// A service that seats move to comes before the one that they leave; those that swap seats stay in order of ids.
fn in_order(mut plans: Vec<ServicePlan>, moves: &BTreeSet<Move>) -> Vec<ServicePlan> {
    for plan in &mut plans {
        let mine = moves.iter().filter(|one| one.from == plan.service);
        plan.moves_to = mine.map(|one| one.to).collect();
    }
    let mut ordered: Vec<ServicePlan> = Vec::with_capacity(plans.len());
    while !plans.is_empty() {
        let waits = |plan: &ServicePlan| plans.iter().any(|to| plan.moves_to.contains(&to.service));
        let next = plans.iter().position(|plan| !waits(plan)).unwrap_or_default();
        ordered.push(plans.remove(next));
    }
    ordered
}

/// Seats that move from one service to another are neither lost nor counted twice where one of the two is refused
/// (sync-rules 1.8): both are, which may show only once both were planned.
fn tie(collected: &mut Collected<'_>, asked: &BTreeSet<ServiceId>, rules: &dyn BillingRules) {
    let moves = collected.moves();
    while !moves.is_empty() {
        let plans = plan_all(&mut collected.clone(), asked, rules);
        let refused = plans.into_iter().filter_map(|plan| Some((plan.service, plan.refused?)));
        if !collected.taint_partners(&moves, &refused.collect()) {
            return;
        }
    }
}

/// The plan of a contract to which nothing may be written: it is gone, cannot be read, or its mappings differ.
#[must_use]
pub fn refuse_contract(
    group: &ContractGroup,
    month: UsageMonth,
    refused: &Finding,
) -> ContractPlan {
    let mut subscriptions = group.subscriptions.clone();
    for bought in &mut subscriptions {
        bought.problem.get_or_insert_with(|| refused.clone());
        fail_lines(bought);
    }
    ContractPlan {
        first_open: None,
        contract: group.contract,
        month,
        tenants: group.tenants.clone(),
        services: Vec::new(),
        subscriptions,
        closings: Vec::new(),
        refused: Some(refused.clone()),
        warnings: Vec::new(),
    }
}

/// The plan of a contract that was not come to: nothing of it is known.
#[must_use]
pub fn unplanned_contract(group: &ContractGroup, month: UsageMonth) -> ContractPlan {
    ContractPlan {
        first_open: None,
        contract: group.contract,
        month,
        tenants: group.tenants.clone(),
        services: Vec::new(),
        subscriptions: group.subscriptions.clone(),
        closings: Vec::new(),
        refused: None,
        warnings: Vec::new(),
    }
}

fn fail_lines(bought: &mut GroupSubscription) {
    for line in &mut bought.lines {
        if !matches!(line.disposition, Disposition::Excluded { .. }) {
            line.disposition = Disposition::Failed;
        }
    }
}

/// What each licence subscription goes into the next month with, of services that are not refused.
fn closings(collected: &Collected<'_>, services: &[ServicePlan]) -> Vec<Closing> {
    let month = collected.request.month;
    let applied = |service: ServiceId| {
        services.iter().any(|plan| plan.service == service && plan.refused.is_none())
    };
    let mut closings = Vec::new();
    for bought in collected.subscriptions.iter().filter(|bought| !bought.azure) {
        let Some(service) = bought.service.filter(|service| applied(*service)) else { continue };
        closings.push(Closing {
            month,
            subscription: bought.subscription.clone(),
            name: bought.name.clone(),
            tenant: bought.tenant.clone(),
            service,
            units: collected.timeline(bought).on(month.next().first_day()),
        });
    }
    let moved = collected.moved.iter().filter(|closing| applied(closing.service));
    closings.extend(moved.map(|closing| Closing { month, units: 0, ..closing.clone() }));
    closings
}
