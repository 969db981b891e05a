//! What is kept of a plan that waits: made of the plan, and what stands of it by now.
//!
//! It must not read or write anything.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        ConnectionId, RunId,
        approval::{Author, MARKED, WAITS},
        outcome::Finding,
        shared_text::SharedTexts,
    },
    engine::{
        tables::PROGRAM,
        views::{
            ApprovalsView, BillChangeView, BrokenGlassView, HeldView, PlanMoney, PlanView,
            Standing, WaitingPlan, WaitsBecause,
        },
    },
};

/// A plan that is to wait, before it has its number.
#[derive(Clone, Debug)]
pub(crate) struct NewPlan {
    pub target: ConnectionId,
    pub author: Author,
    pub because: WaitsBecause,
    /// The run that held it.
    pub run: Option<RunId>,
    /// Whether it has all that is due at the target, and not only what somebody named.
    pub whole: bool,
    /// The checksum.
    pub seal: String,
    /// What it speaks of: contracts with invoices, and products.
    pub speaks_of: BTreeSet<String>,
    pub plan: PlanView,
}

impl NewPlan {
    /// What is kept of it.
    pub(super) fn kept(
        &self,
        number: u64,
        supersedes: Vec<u64>,
        now: DateTime<Utc>,
    ) -> WaitingPlan {
        let plan = &self.plan;
        let invoices: BTreeSet<String> =
            plan.ledgers.iter().map(|ledger| ledger.invoice.clone()).collect();
        let sums = std::iter::once(&plan.money).chain(&plan.other_money);
        let moves = |money: &&PlanMoney| **money != PlanMoney::default();
        WaitingPlan {
            number,
            program: PROGRAM.to_owned(),
            target: self.target.clone(),
            invoices: invoices.into_iter().collect(),
            author: self.author.clone(),
            made_at: now,
            expires_at: now + WAITS,
            seal: self.seal.clone(),
            because: self.because,
            run: self.run,
            changes: plan.operations.len() as u64,
            contracts: plan.contracts.len() as u64,
            money: sums.filter(moves).map(bill_change).collect(),
            held: held(plan),
            supersedes,
            standing: Standing::Waiting,
        }
    }
}

fn bill_change(money: &PlanMoney) -> BillChangeView {
    BillChangeView {
        currency: money.currency.clone(),
        before: money.monthly_before,
        after: money.monthly_after,
    }
}

/// What guards say of it, contract by contract.
fn held(plan: &PlanView) -> Vec<HeldView> {
    let mut said: BTreeMap<SharedTexts, Box<Finding>> = BTreeMap::new();
    for operation in plan.operations.iter() {
        if let Some(guard) = operation.guard {
            said.entry(operation.tenants).or_insert(guard);
        }
    }
    let of = |finding: &Finding, tenants: &[String]| {
        let contract = plan
            .contracts
            .iter()
            .find(|one| tenants.iter().any(|tenant| one.tenants.contains(tenant)))?;
        Some(HeldView {
            contract: contract.contract.clone(),
            customers: contract.customers.clone(),
            text: figures(&finding.text),
            money: bill_change(&contract.money),
        })
    };
    let mut all: Vec<HeldView> =
        said.into_iter().filter_map(|(tenants, finding)| of(&finding, &tenants)).collect();
    all.dedup();
    all.sort_by(|a, b| a.contract.cmp(&b.contract));
    all
}

/// What is odd, without what becomes of it.
fn figures(text: &str) -> String {
    let said = text.split_once(": ").map_or(text, |(_, said)| said);
    let mut letters = said.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}", letters.as_str())
}

/// What stands of each, all being in the order of their numbers.
pub(super) fn standing(all: &mut [WaitingPlan], now: DateTime<Utc>) {
    let mut newer: BTreeMap<u64, u64> = BTreeMap::new();
    for plan in all.iter() {
        newer.extend(plan.supersedes.iter().map(|older| (*older, plan.number)));
    }
    for plan in all {
        let over = match &plan.standing {
            Standing::Waiting => now >= plan.expires_at,
            Standing::Approved { approved } => now >= approved.at + WAITS,
            _ => false,
        };
        if over {
            plan.standing = Standing::Expired { approved: plan.standing.approved().cloned() };
        } else if let (Standing::Waiting, Some(by)) = (&plan.standing, newer.get(&plan.number)) {
            plan.standing = Standing::Superseded { by: *by };
        }
    }
}

/// Whether a new plan is one that is known: it waits already, or was turned down and nothing moved since. What somebody asks
/// for again after that waits again; the schedule does not insist.
pub(super) fn known<'a>(new: &NewPlan, all: &'a [WaitingPlan]) -> Option<&'a WaitingPlan> {
    let same = |plan: &&WaitingPlan| plan.target == new.target && plan.seal == new.seal;
    all.iter().rev().filter(same).find(|plan| match plan.standing {
        Standing::Waiting | Standing::Approved { .. } => true,
        Standing::Rejected { .. } => new.author == Author::Schedule,
        _ => false,
    })
}

/// Those that need not wait any more beside a new one: a plan of the whole target takes the place of all that wait there for
/// one of its invoices, any other of those of which it has everything.
pub(super) fn superseded(new: &NewPlan, waiting: &[(WaitingPlan, BTreeSet<String>)]) -> Vec<u64> {
    let invoices: BTreeSet<&String> =
        new.plan.ledgers.iter().map(|ledger| &ledger.invoice).collect();
    let replaces = |(plan, speaks_of): &&(WaitingPlan, BTreeSet<String>)| {
        let shares = plan.invoices.iter().any(|invoice| invoices.contains(invoice));
        plan.target == new.target
            && plan.standing == Standing::Waiting
            && (new.whole && shares || !speaks_of.is_empty() && speaks_of.is_subset(&new.speaks_of))
    };
    waiting.iter().filter(replaces).map(|(plan, _)| plan.number).collect()
}

/// What the dashboard says.
pub(super) fn summary(all: &[WaitingPlan], now: DateTime<Utc>) -> ApprovalsView {
    let waiting = || all.iter().filter(|plan| plan.standing == Standing::Waiting);
    let due = all.iter().filter(|plan| matches!(plan.standing, Standing::Approved { .. }));
    let broken = all.iter().filter_map(|plan| {
        let approved = plan.standing.approved()?;
        (approved.break_glass && now < approved.at + MARKED).then(|| BrokenGlassView {
            number: plan.number,
            who: approved.who.clone(),
            at: approved.at,
            reason: approved.reason.clone().unwrap_or_default(),
        })
    });
    ApprovalsView {
        waiting: waiting().count() as u64,
        due: due.count() as u64,
        first_expires: waiting().map(|plan| plan.expires_at).min(),
        broken_glass: broken.collect(),
    }
}
