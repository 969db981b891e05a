//! What became of one invoice on one contract, as rows: customers, their subscriptions, writes and lines.
//!
//! Pure: it reads the last plan and the journal's entries, and decides nothing about the target.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{
        Code, Money, RunId, ServiceId,
        invoice::Invoice,
        operation::Operation,
        outcome::{Disposition, Finding, Outcome},
        run::{CustomerRow, SubscriptionRow, UsageRow, WriteRow, WriteState},
    },
    engine::sync::writing::{
        journal::{Entry, WriteResult, planned_row},
        progress::Progress,
    },
    planning::{
        ContractPlan, GroupSubscription, GroupTenant,
        outcomes::{Carried, of_customer, of_subscription, partly_written},
    },
};

/// One invoice on one contract, done.
#[derive(Clone, Debug)]
pub(crate) struct Account<'a> {
    /// The run.
    pub run: RunId,
    /// The invoice.
    pub invoice: &'a Invoice,
    /// The last plan.
    pub plan: &'a ContractPlan,
    /// What was done.
    pub progress: &'a Progress,
    /// What was planned and not sent, by service.
    pub unsent: BTreeMap<ServiceId, Vec<Operation>>,
    /// Whether the run came to it: it was read and planned.
    pub reached: bool,
    /// Whether the run was stopped before all of it was written and read back.
    pub stopped: bool,
}

impl Account<'_> {
    /// Whether the invoice counts as applied to the contract: services may have failed, the whole did not.
    pub(crate) fn is_applied(&self) -> bool {
        !self.stopped && self.plan.refused.is_none()
    }

    /// Whether all that was planned was sent and answered, or failed for a reason of its own, although the run was stopped.
    pub(crate) fn is_complete(&self) -> bool {
        let own = self.progress.entries.iter().filter(|entry| entry.run == self.run);
        self.reached
            && own.clone().all(|entry| entry.result.is_some())
            && self.plan.services.iter().all(|plan| {
                let mine: Vec<_> =
                    own.clone().filter(|entry| entry.service == Some(plan.service)).collect();
                let answered = mine.last().is_none_or(|last| last.stands());
                let failed = self.progress.failed.contains_key(&plan.service);
                (answered || failed) && !self.is_cut_short(plan.service, &mine)
            })
    }

    /// What became of a service.
    pub(crate) fn carried(&self, service: ServiceId) -> Carried {
        let mine: Vec<_> =
            self.progress.of(service).filter(|entry| entry.run == self.run).collect();
        let open = mine.iter().any(|entry| entry.result.is_none());
        let known = self.progress.failed.get(&service).cloned();
        Carried {
            written: mine.iter().filter(|entry| entry.stands()).count() as u64,
            failed: known.or_else(|| open.then(unanswered)),
            warnings: self.warnings_of(service),
            cut_short: self.is_cut_short(service, &mine),
        }
    }

    /// Whether writes of a service are left because the run was stopped: none of them was sent, or the last of them was
    /// turned away for the reason that stopped it.
    fn is_cut_short(&self, service: ServiceId, mine: &[&Entry]) -> bool {
        let last = mine.last().and_then(|entry| entry.result.as_ref());
        let turned_away = matches!(last, Some(WriteResult::NotSent { .. }));
        self.stopped && (!self.reached || turned_away || self.unsent.contains_key(&service))
    }

    fn warnings_of(&self, service: ServiceId) -> Vec<Finding> {
        let known = self.progress.warnings.get(&service).into_iter().flatten().cloned();
        known.chain(self.stand_twice(service)).collect()
    }

    /// That seats which moved to this service could not be taken from the one that billed them before.
    fn stand_twice(&self, service: ServiceId) -> Option<Finding> {
        let failed = &self.progress.failed;
        let arrived =
            !failed.contains_key(&service) && self.progress.of(service).any(Entry::stands);
        let mut from = self.plan.services.iter().filter(|plan| plan.moves_to.contains(&service));
        let (from, problem) = from.find_map(|from| failed.get_key_value(&from.service))?;
        arrived.then(|| stand_twice(*from, problem))
    }

    /// Why a service failed, if it did.
    pub(crate) fn failure(&self, service: ServiceId) -> Option<Finding> {
        let refused = self.plan.service(service).and_then(|plan| plan.refused.clone());
        self.carried(service).failed.or(refused)
    }

    /// A row for each customer on the contract.
    pub(crate) fn rows(&self) -> Vec<CustomerRow> {
        self.plan.tenants.iter().map(|tenant| self.customer(tenant)).collect()
    }

    fn customer(&self, tenant: &GroupTenant) -> CustomerRow {
        let bought = self.plan.subscriptions.iter();
        let bought = bought.filter(|bought| bought.tenant == tenant.tenant);
        let mut subscriptions: Vec<_> = bought.map(|bought| self.subscription(bought)).collect();
        subscriptions.extend(self.emptied(tenant));
        subscriptions.sort_by(|one, other| {
            (&one.name, &one.subscription_id).cmp(&(&other.name, &other.subscription_id))
        });
        let invoice = self.invoice;
        let agreement = invoice.agreement_number.clone();
        let id = || invoice.agreement.as_ref().map(ToString::to_string);
        let mut row = CustomerRow {
            customer: tenant.customer_name.clone(),
            tenant: tenant.domain.clone(),
            tenant_id: tenant.tenant.clone(),
            source_agreement: agreement.or_else(id).unwrap_or_default(),
            target_company: tenant.company_name.clone(),
            target_contract: tenant.contract_name.clone(),
            invoice: invoice.number.clone(),
            month: Some(self.plan.month),
            currency: invoice.currency.clone(),
            status: Outcome::NoChange,
            error: self.plan.refused.clone(),
            warnings: self.plan.warnings.clone(),
            subscriptions,
        };
        row.status = of_customer(&row);
        if !self.reached {
            row.status = row.status.max(Outcome::NotAttempted);
        }
        if row.status == Outcome::NotAttempted {
            row.warnings.extend(self.partly_written(tenant));
        }
        row
    }

    /// That some of what was planned for a customer is written and some is not, because the run was stopped.
    fn partly_written(&self, tenant: &GroupTenant) -> Option<Finding> {
        let bought = self.plan.subscriptions.iter();
        let bought = bought.filter(|bought| bought.tenant == tenant.tenant);
        let services: BTreeSet<ServiceId> = bought.filter_map(|bought| bought.service).collect();
        let written = services.iter().map(|service| self.carried(*service).written).sum();
        let all = services.into_iter().flat_map(|service| self.writes(service));
        let left = all.filter(|write| write.result == WriteState::NotSent).count() as u64;
        partly_written(written, left)
    }

    /// Services that bill nobody any more, because seats moved to another one (sync-rules 1.8), or as far as the plan got:
    /// what was written to them, or could not be, has no subscription to stand with.
    fn emptied<'b>(
        &'b self,
        tenant: &'b GroupTenant,
    ) -> impl Iterator<Item = SubscriptionRow> + 'b {
        let billed: BTreeSet<ServiceId> =
            self.plan.subscriptions.iter().filter_map(|bought| bought.service).collect();
        let planned = self.plan.services.iter().map(|plan| plan.service);
        let written = self.progress.entries.iter().filter(|entry| entry.run == self.run);
        let all: BTreeSet<ServiceId> =
            planned.chain(written.filter_map(|entry| entry.service)).collect();
        all.into_iter().filter(move |service| !billed.contains(service)).filter_map(
            move |service| {
                let former = self.plan.former(&tenant.tenant, service)?;
                let row = SubscriptionRow { subscription_id: None, ..self.subscription(&former) };
                let quiet = row.writes.is_empty() && row.error.is_none() && row.warnings.is_empty();
                (!quiet).then_some(row)
            },
        )
    }

    fn subscription(&self, bought: &GroupSubscription) -> SubscriptionRow {
        let planned = bought.service.and_then(|service| self.plan.service(service));
        let carried = bought.service.map(|service| self.carried(service)).unwrap_or_default();
        let status = match &carried.failed {
            None if !self.reached => Outcome::NotAttempted,
            _ => of_subscription(bought, planned, &carried),
        };
        let refused = planned.and_then(|planned| planned.refused.clone());
        let failed = carried.failed.clone();
        let error = failed.or_else(|| bought.problem.clone()).or(refused);
        SubscriptionRow {
            subscription_id: Some(bought.subscription.clone()),
            name: bought.name.clone(),
            sku: bought.sku.clone(),
            product: bought.product.as_ref().map(ToString::to_string),
            service_id: bought.service,
            contract_service_id: bought.service.and_then(|service| self.row_of(service)),
            status,
            error: error.filter(|_| status == Outcome::Failure),
            warnings: told(self.warnings(bought), status),
            notes: told(self.notes(bought), status),
            writes: bought.service.map(|service| self.writes(service)).unwrap_or_default(),
            usage: usage(bought, status),
        }
    }

    fn row_of(&self, service: ServiceId) -> Option<crate::domain::ContractServiceId> {
        let made = || self.progress.of(service).find_map(|entry| entry.result.as_ref()?.row());
        let planned = self.plan.service(service)?.contract_service;
        planned.or_else(|| made().map(crate::domain::ContractServiceId))
    }

    fn warnings(&self, bought: &GroupSubscription) -> Vec<Finding> {
        let of_service = bought.service.map(|service| self.warnings_of(service));
        let mut all = bought.warnings.clone();
        let together = bought.service.map_or(1, |service| self.billed_by(service));
        for finding in of_service.into_iter().flatten().map(|one| said_of(one, together)) {
            if !all.contains(&finding) {
                all.push(finding);
            }
        }
        all
    }

    /// How many subscriptions a service bills.
    fn billed_by(&self, service: ServiceId) -> usize {
        let all = self.plan.subscriptions.iter();
        all.filter(|bought| bought.service == Some(service)).count()
    }

    fn notes(&self, bought: &GroupSubscription) -> Vec<Finding> {
        let of_service = bought.service.and_then(|service| self.progress.notes.get(&service));
        of_service.into_iter().flatten().cloned().collect()
    }

    fn writes(&self, service: ServiceId) -> Vec<WriteRow> {
        let sent = self.progress.of(service).filter(|entry| entry.run == self.run);
        let unsent = self.unsent.get(&service).into_iter().flatten();
        sent.map(Entry::row).chain(unsent.map(planned_row)).collect()
    }

    /// What the lines of these subscriptions amount to.
    pub(crate) fn amount<'b>(bought: impl Iterator<Item = &'b GroupSubscription>) -> Money {
        bought.flat_map(|bought| &bought.lines).map(|line| line.line.subtotal).sum()
    }
}

/// What is said of a service stands with each subscription that it bills: where there are several, that it is said of all of
/// them and not of each, so that nobody adds its amounts up.
fn said_of(finding: Finding, subscriptions: usize) -> Finding {
    if subscriptions < 2 {
        return finding;
    }
    let text = finding.text.trim_end_matches('.');
    let text = format!("{text} (for its {subscriptions} subscriptions together).");
    Finding { text, ..finding }
}

fn usage(bought: &GroupSubscription, outcome: Outcome) -> Vec<UsageRow> {
    let row = |line: &crate::planning::GroupLine| UsageRow {
        line: line.line.number,
        start: line.line.start,
        end: line.line.end,
        quantity: line.line.quantity,
        cost_price: line.line.cost_price,
        retail_price: line.line.retail_price,
        subtotal: line.line.subtotal,
        outcome,
        disposition: place_of(&line.disposition, outcome),
    };
    bought.lines.iter().map(row).collect()
}

/// Where a line is counted, once it is known what became of its service.
fn place_of(planned: &Disposition, outcome: Outcome) -> Disposition {
    match planned {
        Disposition::Excluded { .. } | Disposition::Held => planned.clone(),
        _ if outcome == Outcome::Failure => Disposition::Failed,
        // What an earlier run put there stands.
        Disposition::SyncedEarlier => planned.clone(),
        _ if outcome == Outcome::NotAttempted => Disposition::NotAttempted,
        _ => planned.clone(),
    }
}

/// What a plan had to say of writes that were not sent says itself again when they are.
fn told(findings: Vec<Finding>, status: Outcome) -> Vec<Finding> {
    if status == Outcome::NotAttempted { Vec::new() } else { findings }
}

/// It may have left, and the run was stopped before it could be read back.
pub(crate) fn unanswered() -> Finding {
    Finding::new(
        Code::Unconfirmed,
        "A change was sent and its answer not kept before the run was stopped: it may stand or not.",
        "Sync again: it is read back before anything else is sent.",
    )
}

fn stand_twice(from: ServiceId, problem: &Finding) -> Finding {
    Finding::new(
        Code::SeatsTwice,
        format!(
            "Its seats came from service {from}, which still has them too: it failed ({}).",
            problem.text.trim_end_matches('.')
        ),
        "Retry what failed before the contract is billed, or set that service to 0 by hand.",
    )
}
