//! Guards at work on one invoice: which of its contracts are held until somebody has looked (sync-rules 2.8).
//!
//! It must not read the target: what an invoice as a whole comes to is told by its lines and by what is remembered of the
//! month applied last, before the first contract is written. What is odd is said by [`crate::planning::guards`].

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{
        Code, ContractId, Money, ServiceId, TenantId, UsageMonth, invoice::Lines, outcome::Finding,
        policy::GuardMode,
    },
    engine::{
        sync::{
            due::Stored,
            equipment::Equipment,
            records::Retry,
            snapshot::{Snapshot, standing::TOGETHER},
            work_list::WorkItem,
            writing::{journal::Entry, progress::Progress},
        },
        tables::{CLOSINGS, of_contract, of_contract_month},
    },
    planning::{
        Closing, ContractGroup, ContractMemory, ContractPlan,
        guards::{
            ContractOddity, ContractSeats, CustomerSeats, InvoiceSeats, Suspicion, customers_of,
            finding, odd_contract, odd_invoice,
        },
        triage::{Catalogue, MappedTenant, SortedLines, Standing, TriageRequest},
    },
    store::StoreError,
};

/// The last month that was applied to each customer on each contract, as far as this run or plan has come.
pub type LastApplied = BTreeMap<(ContractId, TenantId), UsageMonth>;

/// What was applied before this month, of each mapping.
#[must_use]
pub fn last_applied(stored: &Stored, since: &LastApplied, month: UsageMonth) -> LastApplied {
    let mut last = LastApplied::new();
    for (tenant, all) in &stored.applied {
        for applied in all.iter().filter(|applied| applied.month < month) {
            let known = last.entry((applied.contract, tenant.clone())).or_insert(applied.month);
            *known = applied.month.max(*known);
        }
    }
    for (key, at) in since.iter().filter(|(_, at)| **at < month) {
        let known = last.entry(key.clone()).or_insert(*at);
        *known = (*at).max(*known);
    }
    last
}

/// What guards need to know of an invoice.
#[derive(Clone, Copy)]
pub struct GuardFacts<'a> {
    /// Policies, and where closings are.
    pub equipment: &'a Equipment,
    /// What the store knew when the run began.
    pub stored: &'a Stored,
    /// What was read for the whole run.
    pub observed: &'a Snapshot,
    /// The invoice.
    pub item: &'a WorkItem,
    /// Its lines.
    pub lines: &'a Lines,
    /// Where they are planned now.
    pub sorted: &'a SortedLines<'a>,
    /// What this run or plan has applied so far.
    pub since: &'a LastApplied,
}

/// The guards of one invoice.
pub struct Watch {
    /// What becomes of what is odd.
    pub mode: GuardMode,
    /// What is odd about the invoice as a whole.
    pub invoice: Vec<Suspicion>,
    /// Whether what is held waits as a plan.
    waits: bool,
    /// Customers past their first month on a contract.
    past: BTreeSet<(ContractId, TenantId)>,
}

/// What a guard has found on a contract.
pub struct Suspect {
    /// What to say.
    pub finding: Finding,
    /// The services that it is about.
    pub services: BTreeSet<ServiceId>,
    /// By how much the monthly price would change, or what the lines amount to.
    pub amount: Money,
}

/// The guards of an invoice, unless there are none. `closings` gives those of a contract that are not stored yet.
///
/// # Errors
/// Where the store cannot be read.
pub async fn watch(
    facts: &GuardFacts<'_>,
    closings: impl Fn(ContractId) -> Option<Vec<Closing>>,
) -> Result<Option<Watch>, StoreError> {
    let (item, mode) = (facts.item, facts.equipment.policies.guards.mode);
    if mode == GuardMode::Off || item.left.is_some() || item.recheck {
        return Ok(None);
    }
    let last = last_applied(facts.stored, facts.since, item.month);
    let invoice = if item.due.is_empty() {
        Vec::new()
    } else {
        let seats = facts.seats(&last, closings).await?;
        odd_invoice(facts.equipment.policies.guards, &seats)
    };
    let waits = facts.equipment.approvals.mode.takes_two();
    Ok(Some(Watch { mode, invoice, waits, past: last.into_keys().collect() }))
}

impl GuardFacts<'_> {
    /// The whole invoice: also customers whose contracts are not planned now, so that it does not matter how many of them
    /// are.
    async fn seats(
        &self,
        last: &LastApplied,
        closings: impl Fn(ContractId) -> Option<Vec<Closing>>,
    ) -> Result<InvoiceSeats, StoreError> {
        let mapped = self.item.standings(self.stored);
        let billed = mapped.iter().filter(|mapped| {
            mapped.mapping.sync && matches!(mapped.standing, Standing::Due | Standing::Applied)
        });
        let past = |mapped: &&MappedTenant<'_>| {
            last.contains_key(&(mapped.mapping.contract, mapped.mapping.tenant.clone()))
        };
        let contracts: BTreeSet<ContractId> =
            billed.filter(past).map(|mapped| mapped.mapping.contract).collect();
        let planned: BTreeSet<ContractId> = self.sorted.contracts().collect();
        let (whole, catalogue) = (contracts.is_subset(&planned), self.observed.catalogue());
        let others;
        let sorted = if whole {
            self.sorted
        } else {
            others = self.of_contracts(&mapped, &contracts, &catalogue);
            &others
        };
        let elsewhere: BTreeSet<TenantId> =
            sorted.placed().filter_map(|line| line.tenant).collect();
        let mut customers = Vec::new();
        let past: Vec<ContractId> = contracts.iter().copied().collect();
        for group in past.chunks(TOGETHER).flat_map(|some| sorted.groups(some)) {
            let known = match closings(group.contract) {
                Some(closings) => closings,
                None => self.closings(&group, last).await?,
            };
            let before = |closing: &Closing| {
                let at = last.get(&(group.contract, closing.tenant.clone()));
                at == Some(&closing.month)
            };
            let known: Vec<Closing> = known.into_iter().filter(before).collect();
            let policies = &self.equipment.policies;
            for (tenant, seats) in customers_of(&group, &known, self.item.month, policies.drops) {
                if last.contains_key(&(group.contract, tenant.clone())) {
                    let listed = seats.listed || elsewhere.contains(&tenant);
                    customers.push(CustomerSeats { listed, ..seats });
                }
            }
        }
        let subtotal = self.item.invoice.subtotal.is_some();
        Ok(InvoiceSeats { lines: !self.lines.is_empty(), subtotal, customers })
    }

    /// The lines of all these contracts.
    fn of_contracts<'b>(
        &'b self,
        mapped: &'b [MappedTenant<'b>],
        contracts: &'b BTreeSet<ContractId>,
        catalogue: &'b Catalogue<'b>,
    ) -> SortedLines<'b> {
        const NONE: &BTreeSet<u32> = &BTreeSet::new();
        SortedLines::new(&TriageRequest {
            month: self.item.month,
            lines: self.lines,
            tenants: &self.observed.tenants,
            catalogue,
            mappings: mapped,
            contracts,
            failed: NONE,
            azure: self.equipment.options.azure,
            policies: &self.equipment.policies,
        })
    }

    /// Stored closings of a contract since the oldest of its customers' last months: a row for each subscription and month,
    /// and there is mostly one such month.
    async fn closings(
        &self,
        group: &ContractGroup,
        last: &LastApplied,
    ) -> Result<Vec<Closing>, StoreError> {
        let months = group.tenants.iter();
        let months = months.filter_map(|one| last.get(&(group.contract, one.tenant.clone())));
        let Some(oldest) = months.min() else { return Ok(Vec::new()) };
        let prefix = of_contract(&self.equipment.connection, group.contract);
        let from = of_contract_month(&self.equipment.connection, group.contract, *oldest);
        let found = self.equipment.store.scan_from(CLOSINGS, prefix, from, usize::MAX).await?;
        Ok(found.into_iter().map(|(_, closing)| closing).collect())
    }
}

impl Watch {
    /// What is odd about a contract's plan, if something is that nobody has looked at. What an earlier attempt has begun to
    /// write is not left halfway: it was let through then.
    #[must_use]
    pub fn suspect(
        &self,
        equipment: &Equipment,
        group: &ContractGroup,
        item: &WorkItem,
        plan: &ContractPlan,
        memory: &ContractMemory,
        progress: &Progress,
    ) -> Option<Suspect> {
        let begun = progress.entries.iter().any(Entry::stands);
        if plan.refused.is_some() || begun {
            return None;
        }
        let any_due = group.tenants.iter().any(|tenant| tenant.due);
        let unseen = |retry: &Retry| !retry.looked_at;
        let retried = item.retries.get(&group.contract).is_some_and(|all| all.iter().any(unseen));
        if !any_due && !retried {
            return None;
        }
        let past = |tenant: &TenantId| self.past.contains(&(group.contract, tenant.clone()));
        let counts = group.tenants.iter().filter(|tenant| tenant.due || !any_due);
        let customers: BTreeSet<TenantId> =
            counts.map(|tenant| tenant.tenant.clone()).filter(past).collect();
        let last = memory.closings_before(item.month);
        let seats = ContractSeats { plan, group, last: &last, customers: &customers };
        let ContractOddity { odd, mut services } = odd_contract(&equipment.policies, &seats);
        let mut all = if any_due { self.invoice.clone() } else { Vec::new() };
        if !all.is_empty() {
            services.extend(plan.services.iter().map(|service| service.service));
        }
        all.extend(odd);
        if all.is_empty() {
            return None;
        }
        let (money, domain) = (plan.money(), group.tenants.first().map(|first| &first.domain));
        let change = (money.price_after - money.price_before).abs();
        let lines = plan.subscriptions.iter().flat_map(|bought| &bought.lines);
        let lines: Money = lines.map(|line| line.line.subtotal).sum();
        let found = finding(self.mode, &all, domain.map_or("", String::as_str), money);
        Some(Suspect {
            finding: self.with_advice(found),
            services,
            amount: if change.is_zero() { lines } else { change },
        })
    }

    /// What is said of the invoice as a whole, where that is odd.
    #[must_use]
    pub fn whole(&self, item: &WorkItem) -> Option<Finding> {
        let odd: Vec<String> = self.invoice.iter().map(Suspicion::words).collect();
        if odd.is_empty() {
            return None;
        }
        let (number, odd) = (&item.invoice.number, odd.join("; "));
        let code = Code::Guard;
        let whole = match self.mode {
            GuardMode::Hold => Finding::new(
                code,
                format!("Invoice {number} is held, nothing of it is written: {odd}."),
                "Look at the plan: `prism-connect plan customers --out FILE`. If the invoice is right, \
                 `prism-connect sync --plan FILE` writes it; if not, ask your distributor.",
            ),
            GuardMode::Warn | GuardMode::Off => Finding::new(
                code,
                format!("Invoice {number} looks wrong and was written: {odd}."),
                "Lay it beside last month's; ask your distributor if it is wrong.",
            ),
        };
        Some(self.with_advice(whole))
    }

    /// What is held waits as a plan where two look at it: nobody writes it by themselves then.
    fn with_advice(&self, found: Finding) -> Finding {
        if !self.waits || self.mode != GuardMode::Hold {
            return found;
        }
        let advice = "It waits as a plan for whoever may approve it: `prism-connect approvals list`. If the bill is \
                      wrong, ask your distributor. Every sync tries again.";
        Finding { advice: advice.to_owned(), ..found }
    }
}
