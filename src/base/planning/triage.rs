//! Every line of an invoice in exactly one place (sync-rules 3), and what is to be synced as one group per contract.
//!
//! It must not know what is present on a contract: quantities are [`super::plan_contract`]'s.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use crate::domain::{
    Code, ContractId, Money, SubscriptionId, TenantId, UsageMonth,
    invoice::{Line, Lines, Subscription, Tenant},
    mapping::Mapping,
    outcome::{Disposition, Finding},
    policy::{LineCheck, Policies},
    product::Motion,
};

use super::{
    group::{ContractGroup, GroupLine, GroupSubscription, GroupTenant, LeftOut},
    quantities,
};

mod bills;
mod catalogue;
mod line_check;
mod tenants;

pub use bills::{Bill, Billing};
pub use catalogue::{Catalogue, Resolved, offer_key};
use tenants::{Owner, TenantIndex};

/// The reason under which lines of annual terms billed monthly are counted while they are not synced (sync-rules 3.1).
const BY_SETTING: &str = "annual term billed monthly";

/// The reason under which lines of usage are counted while *Sync Azure* is off (sync-rules 3.3).
const AZURE: &str = "Azure is not synced";

/// The reason under which lines are counted that were skipped when sync was switched on again.
const SKIPPED: &str = "skipped by the operator";

/// The reasons under which lines are counted that take money off a bill, or belong to no subscription (sync-rules 3.2).
const CREDIT: &str = "credit or negative amount";
const NAMELESS: &str = "no subscription";

/// Where a mapped tenant with sync on stands with this invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// To be applied, whether this run was asked for it or not.
    Due,
    /// An earlier run applied it.
    Applied,
    /// Its mapping starts with a later invoice, or has gone past this one.
    OutOfScope,
    /// Another invoice of this month was applied to it: it is billed by another agreement.
    Elsewhere,
    /// The operator skipped this invoice for it (sync-rules 2.2).
    Skipped,
}

/// A mapping, and where it stands. For one with sync off the standing does not count.
#[derive(Clone, Copy, Debug)]
pub struct MappedTenant<'a> {
    pub mapping: &'a Mapping,
    pub standing: Standing,
}

/// Everything that decides where a line goes.
#[derive(Clone, Copy, Debug)]
pub struct TriageRequest<'a> {
    pub month: UsageMonth,
    /// The invoice's lines.
    pub lines: &'a Lines,
    /// Tenants with their subscriptions (E4), of all chosen agreements.
    pub tenants: &'a [Tenant],
    /// Products and links.
    pub catalogue: &'a Catalogue<'a>,
    /// All mappings of the target.
    pub mappings: &'a [MappedTenant<'a>],
    /// The contracts to plan now: of the tenants that were asked for and are due, of retries, of a recheck.
    pub contracts: &'a BTreeSet<ContractId>,
    /// Lines on the retry list, by number: failed, unless their contract is planned now.
    pub failed: &'a BTreeSet<u32>,
    /// Whether Azure is synced.
    pub azure: bool,
    pub policies: &'a Policies,
}

/// A line that is not planned, and where its amount is counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacedLine {
    pub line: Line,
    /// Whose it is, if that can be told.
    pub tenant: Option<TenantId>,
    /// Customer name, as well as it is known.
    pub customer: String,
    /// Where it is counted.
    pub disposition: Disposition,
}

/// All lines of an invoice: each is in one group, or placed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Triage {
    /// One per contract to plan, by contract.
    pub groups: Vec<ContractGroup>,
    /// All other lines, in file order.
    pub placed: Vec<PlacedLine>,
}

/// The contracts of these tenants: of all mapped ones with sync on for which the invoice is due, where none is named.
#[must_use]
pub fn contracts_of(
    mappings: &[MappedTenant<'_>],
    asked: &BTreeSet<TenantId>,
) -> BTreeSet<ContractId> {
    let due = mappings.iter().filter(|mapped| {
        let wanted = asked.is_empty() || asked.contains(&mapped.mapping.tenant);
        mapped.mapping.sync && mapped.standing == Standing::Due && wanted
    });
    due.map(|mapped| mapped.mapping.contract).collect()
}

/// Puts every line in its place, all at once.
#[must_use]
pub fn triage(request: &TriageRequest<'_>) -> Triage {
    let sorted = SortedLines::new(request);
    let contracts: Vec<ContractId> = sorted.contracts().collect();
    Triage { groups: sorted.groups(&contracts), placed: sorted.placed().collect() }
}

/// All lines of an invoice, sorted: which of them go to which contract, and where the others are counted. Groups are made
/// as they are asked for, some at a time: an invoice may have more lines than there is room for twice.
pub struct SortedLines<'a> {
    request: TriageRequest<'a>,
    index: TenantIndex<'a>,
    /// An empty group for each contract to plan.
    heads: BTreeMap<ContractId, ContractGroup>,
    /// Places of the lines that have to do with each of them, ascending.
    lines: BTreeMap<ContractId, Vec<usize>>,
    /// Contracts that are not planned after all.
    set_aside: BTreeSet<ContractId>,
    placed: Spots,
}

/// Lines that are not planned, by where they stand in the file: there may be as many of them as of others.
#[derive(Default)]
struct Spots {
    all: BTreeMap<usize, Spot>,
    dispositions: Vec<Disposition>,
    /// Whose they are, where that was decided otherwise than by the lines.
    owners: Vec<(TenantId, String)>,
}

/// The places of a line's disposition and of whose it is.
#[derive(Clone, Copy)]
struct Spot {
    disposition: usize,
    owner: Option<usize>,
}

impl Spots {
    fn put(&mut self, at: usize, disposition: Disposition, owner: Option<usize>) {
        let known = self.dispositions.iter().position(|known| *known == disposition);
        let disposition = known.unwrap_or_else(|| {
            self.dispositions.push(disposition);
            self.dispositions.len() - 1
        });
        self.all.insert(at, Spot { disposition, owner });
    }
}

impl<'a> SortedLines<'a> {
    /// Puts every line in its place.
    #[must_use]
    pub fn new(request: &TriageRequest<'a>) -> Self {
        let mut sorted = Self::unsorted(request);
        let mut sorter = Sorter::new(&sorted, &[]);
        let mut placed = Spots::default();
        for (at, line) in request.lines.iter().enumerate() {
            sorter.at = at;
            if let Some(disposition) = sorter.place(&line) {
                placed.put(at, disposition, None);
            }
        }
        let lines = sorter.touched;
        (sorted.lines, sorted.placed) = (lines, placed);
        sorted
    }

    /// Before any line is looked at.
    fn unsorted(request: &TriageRequest<'a>) -> Self {
        let (request, index) = (*request, TenantIndex::new(request.tenants, request.mappings));
        let (heads, set_aside) = (groups(&request), BTreeSet::new());
        let (lines, placed) = (BTreeMap::new(), Spots::default());
        Self { request, index, heads, lines, set_aside, placed }
    }

    /// The contracts to plan, ascending.
    pub fn contracts(&self) -> impl Iterator<Item = ContractId> + '_ {
        self.heads.keys().copied().filter(|contract| !self.set_aside.contains(contract))
    }

    /// The customers of the contracts to plan.
    pub fn tenants(&self) -> impl Iterator<Item = &GroupTenant> {
        let planned = self.heads.values().filter(|head| !self.set_aside.contains(&head.contract));
        planned.flat_map(|head| &head.tenants)
    }

    /// What the invoice bills on these contracts, ascending.
    #[must_use]
    pub fn groups(&self, contracts: &[ContractId]) -> Vec<ContractGroup> {
        let mut sorter = Sorter::new(self, contracts);
        let of = contracts.iter().filter_map(|contract| self.lines.get(contract));
        let mut lines: Vec<usize> = of.flatten().copied().collect();
        lines.sort_unstable();
        lines.dedup();
        for at in lines {
            if let Some(line) = self.request.lines.get(at) {
                // Whether it has a place elsewhere is known already.
                let _ = sorter.place(&line);
            }
        }
        let check = self.request.policies.line_check;
        sorter.groups.into_values().map(|builder| builder.finish(check)).collect()
    }

    /// A contract is not planned after all: where each of its lines is counted instead.
    pub fn set_aside(
        &mut self,
        group: &ContractGroup,
        instead: impl Fn(&Disposition) -> Disposition,
    ) {
        self.set_aside.insert(group.contract);
        for GroupTenant { tenant, customer_name, .. } in &group.tenants {
            self.placed.owners.push((tenant.clone(), customer_name.clone()));
            let owner = Some(self.placed.owners.len() - 1);
            let bought = group.subscriptions.iter().filter(|bought| bought.tenant == *tenant);
            for line in bought.flat_map(|bought| &bought.lines) {
                if let Some(at) = self.request.lines.place_of(line.line.number) {
                    self.placed.put(at, instead(&line.disposition), owner);
                }
            }
        }
    }

    /// All lines of no contract that is planned, in file order.
    pub fn placed(&self) -> impl Iterator<Item = PlacedLine> + '_ {
        let Spots { all, dispositions, owners } = &self.placed;
        all.iter().filter_map(move |(at, spot)| {
            let line = self.request.lines.get(*at)?;
            let decided = spot.owner.and_then(|at| owners.get(at)).cloned();
            let (tenant, customer) = decided.map_or_else(
                || self.owner_of(&line),
                |(tenant, customer)| (Some(tenant), customer),
            );
            let disposition = dispositions.get(spot.disposition)?.clone();
            Some(PlacedLine { line, tenant, customer, disposition })
        })
    }

    /// Whose a line is, with the customer's name as well as it is known.
    fn owner_of(&self, line: &Line) -> (Option<TenantId>, String) {
        let owner = self.index.owner(line);
        let customer = owner.customer.or(line.customer_name.as_deref()).or(line.domain.as_deref());
        (owner.tenant.cloned(), customer.unwrap_or_default().to_owned())
    }
}

type GroupKey = (TenantId, SubscriptionId, String);

/// A group while lines are added to it.
struct Builder {
    group: ContractGroup,
    subscriptions: BTreeMap<GroupKey, GroupSubscription>,
}

impl Builder {
    fn finish(mut self, check: LineCheck) -> ContractGroup {
        if check != LineCheck::Off {
            self.tell_same_days();
        }
        ContractGroup { subscriptions: self.subscriptions.into_values().collect(), ..self.group }
    }

    /// Lines of one subscription that bill one day twice, whatever product each is for.
    fn tell_same_days(&mut self) {
        let mut by_subscription = BTreeMap::<_, Vec<&Line>>::new();
        for ((tenant, id, _), bought) in self.subscriptions.iter().filter(|(_, one)| !one.azure) {
            let lines = by_subscription.entry((tenant.clone(), id.clone())).or_default();
            lines.extend(bought.lines.iter().map(|line| &line.line));
        }
        let found: Vec<_> = by_subscription
            .into_iter()
            .map(|(of, lines)| (of, line_check::same_days(lines)))
            .filter(|(_, found)| !found.is_empty())
            .collect();
        for ((tenant, id), found) in found {
            let mut of = self.subscriptions.iter_mut();
            if let Some((_, bought)) = of.find(|(key, _)| key.0 == tenant && key.1 == id) {
                bought.warnings.extend(found);
            }
        }
    }
}

/// An empty group for each contract to plan: one without any line must still be planned (sync-rules 4.8).
fn groups(request: &TriageRequest<'_>) -> BTreeMap<ContractId, ContractGroup> {
    let mut by_contract = BTreeMap::<_, Vec<_>>::new();
    for mapped in request.mappings {
        by_contract.entry(mapped.mapping.contract).or_default().push(mapped);
    }
    let mut groups = BTreeMap::new();
    for &contract in request.contracts {
        let on_it = by_contract.remove(&contract).unwrap_or_default();
        let joins = |mapped: &&&MappedTenant<'_>| {
            mapped.mapping.sync && matches!(mapped.standing, Standing::Due | Standing::Applied)
        };
        let mut tenants: Vec<_> =
            on_it.iter().filter(joins).map(|mapped| group_tenant(mapped)).collect();
        tenants.sort_by(|one, other| one.tenant.cmp(&other.tenant));
        let Some(first) = on_it.iter().find(|mapped| mapped.mapping.sync) else { continue };
        let group = ContractGroup {
            contract,
            tenants,
            pricing: first.mapping.pricing,
            subscriptions: Vec::new(),
            refused: on_it
                .iter()
                .find_map(|mapped| differs(first.mapping, mapped.mapping))
                .or_else(|| elsewhere(&on_it)),
            leaving: false,
            left_alone: BTreeSet::new(),
            left_out: Vec::new(),
        };
        groups.insert(contract, group);
    }
    groups
}

fn group_tenant(mapped: &MappedTenant<'_>) -> GroupTenant {
    let mapping = mapped.mapping;
    GroupTenant {
        tenant: mapping.tenant.clone(),
        domain: mapping.domain.clone(),
        customer_name: mapping.customer_name.clone(),
        company: mapping.company,
        company_name: mapping.company_name.clone(),
        contract_name: mapping.contract_name.clone(),
        due: mapped.standing == Standing::Due,
    }
}

/// Mappings on one contract share strategy, start and switch (sync-rules 4): seats of one that does not take part would be
/// taken away by the others.
fn differs(one: &Mapping, other: &Mapping) -> Option<Finding> {
    let starts = one.start != other.start && one.first_month != other.first_month;
    let what = if one.sync != other.sync {
        "sync switch"
    } else if one.pricing != other.pricing {
        "pricing strategy"
    } else if starts {
        "first invoice"
    } else {
        return None;
    };
    Some(Finding::new(
        Code::MappingsDiffer,
        format!(
            "{} and {} are linked to “{}” and differ in their {what}.",
            one.domain, other.domain, one.contract_name
        ),
        "Give both the same, or link one of them to a contract of its own.",
    ))
}

/// A neighbour that another invoice bills in this month has seats here of which this one says nothing: summed without
/// them, they would be taken away.
fn elsewhere(on_it: &[&MappedTenant<'_>]) -> Option<Finding> {
    let one = on_it.iter().find(|mapped| mapped.standing == Standing::Elsewhere)?.mapping;
    Some(Finding::new(
        Code::MappingsDiffer,
        format!(
            "{} is linked to “{}” too, and another agreement's invoice bills it in this month.",
            one.domain, one.contract_name
        ),
        "Link customers of different agreements to contracts of their own.",
    ))
}

/// Lines on their way. Whether a line has a place on a contract does not depend on which contracts groups are made of.
struct Sorter<'s, 'a> {
    request: &'s TriageRequest<'a>,
    index: &'s TenantIndex<'a>,
    heads: &'s BTreeMap<ContractId, ContractGroup>,
    /// Of these contracts groups are made.
    groups: BTreeMap<ContractId, Builder>,
    /// The place of the line that is placed now.
    at: usize,
    /// Which lines have to do with each contract.
    touched: BTreeMap<ContractId, Vec<usize>>,
}

impl<'s, 'a> Sorter<'s, 'a> {
    fn new(sorted: &'s SortedLines<'a>, contracts: &[ContractId]) -> Self {
        let SortedLines { request, index, heads, .. } = sorted;
        let groups = contracts.iter().filter_map(|contract| {
            let group = heads.get(contract)?.clone();
            Some((*contract, Builder { group, subscriptions: BTreeMap::new() }))
        });
        Self { request, index, heads, groups: groups.collect(), at: 0, touched: BTreeMap::new() }
    }

    /// Notes that this line has to do with a contract.
    fn touch(&mut self, contract: ContractId) {
        if self.heads.contains_key(&contract) {
            let lines = self.touched.entry(contract).or_default();
            if lines.last() != Some(&self.at) {
                lines.push(self.at);
            }
        }
    }

    /// Where a line is counted that has no place on a contract.
    fn place(&mut self, line: &Line) -> Option<Disposition> {
        let owner = self.index.owner(line);
        let excluded = self.excluded(line, &owner);
        if excluded.is_none() && self.fail_for_all(line, &owner) {
            return None;
        }
        let disposition = match excluded {
            Some(reason) => {
                self.leave_alone(line, &owner, reason);
                self.leave_out(line, &owner, reason);
                Disposition::Excluded { reason: reason.to_owned() }
            }
            None => match self.mapped(&owner) {
                Err(disposition) => disposition,
                Ok((contract, disposition)) => {
                    if self.add(line, &owner, contract, &disposition) {
                        return None;
                    }
                    if self.request.failed.contains(&line.number) {
                        Disposition::Failed
                    } else {
                        disposition
                    }
                }
            },
        };
        Some(disposition)
    }

    /// What a setting excludes goes on as it stands, where it was synced before (sync-rules 3.1).
    fn leave_alone(&mut self, line: &Line, owner: &Owner<'_>, reason: &str) {
        if reason == BY_SETTING
            && let Ok((contract, _)) = self.mapped(owner)
        {
            self.touch(contract);
            if let Some(builder) = self.groups.get_mut(&contract) {
                builder.group.left_alone.extend(line.subscription.clone());
            }
        }
    }

    /// What is not synced and yet speaks of a service makes that service's bill differ from the invoice (sync-rules 3.2).
    fn leave_out(&mut self, line: &Line, owner: &Owner<'_>, reason: &str) {
        let service = self.request.catalogue.resolve(owner.subscription, line).service;
        let names = line.subscription.is_some() || service.is_some();
        if names
            && matches!(reason, CREDIT | NAMELESS)
            && let Ok((contract, _)) = self.mapped(owner)
        {
            self.touch(contract);
            if let Some(builder) = self.groups.get_mut(&contract) {
                builder.group.left_out.push(LeftOut { line: line.clone(), service });
            }
        }
    }

    /// A line of which nobody can say whose it is, such as one that domain and customer name give to different customers,
    /// fails for each that it may belong to: summed without them its seats would be taken away (sync-rules 2.9, 3.6).
    /// Whether one of them is planned now.
    fn fail_for_all(&mut self, line: &Line, owner: &Owner<'_>) -> bool {
        let Some(problem) = owner.doubt(line) else { return false };
        let mut taken = false;
        for reading in owner.readings() {
            let Ok((contract, disposition)) = self.mapped(&reading) else { continue };
            let first = !taken;
            if !self.add(line, &reading, contract, &disposition) {
                continue;
            }
            taken = true;
            let Some(builder) = self.groups.get_mut(&contract) else { continue };
            let of_line = |bought: &&mut GroupSubscription| {
                Some(&bought.subscription) == line.subscription.as_ref()
                    && Some(&bought.tenant) == reading.tenant
            };
            for bought in builder.subscriptions.values_mut().filter(of_line) {
                bought.problem = Some(problem.clone());
                // Its amount is counted once.
                bought.lines.retain(|known| first || known.line.number != line.number);
            }
        }
        taken
    }

    /// Why a line is not for syncing, whoever's it is (sync-rules 3.1–3.3).
    fn excluded(&self, line: &Line, owner: &Owner<'_>) -> Option<&'static str> {
        let negative = line.subtotal < Money::ZERO
            || line.subtotal_retail < Money::ZERO
            || line.quantity.is_sign_negative() && !line.quantity.is_zero();
        let usage_billed = owner.subscription.is_some_and(|bought| bought.usage_billed);
        match self.request.catalogue.motion(owner.subscription, line) {
            Motion::AnnualBill => Some("annual billing"),
            Motion::AnnualTermMonthlyBill if !self.request.policies.annual_term_monthly_bill => {
                Some(BY_SETTING)
            }
            _ if usage_billed && !self.request.azure => Some(AZURE),
            // Refunds of usage count (sync-rules 6).
            _ if negative && !usage_billed => Some(CREDIT),
            _ if line.subscription.is_none() => Some(NAMELESS),
            _ if line.end < line.start => Some("ends before it starts"),
            _ => None,
        }
    }

    /// The contract of a line with what becomes of it there, or where it is counted for want of one (sync-rules 3.4).
    fn mapped(&self, owner: &Owner<'_>) -> Result<(ContractId, Disposition), Disposition> {
        let mapped = owner.tenant.and_then(|tenant| self.index.mapping(tenant));
        let mapped = mapped.ok_or(Disposition::Unmapped)?;
        if !mapped.mapping.sync {
            return Err(Disposition::Off);
        }
        let contract = mapped.mapping.contract;
        let planned = self.request.contracts.contains(&contract);
        match mapped.standing {
            Standing::Due if planned => Ok((contract, Disposition::Synced)),
            Standing::Due | Standing::OutOfScope | Standing::Elsewhere => {
                Err(Disposition::NotInScope)
            }
            Standing::Skipped => Err(Disposition::Excluded { reason: SKIPPED.to_owned() }),
            Standing::Applied => Ok((contract, Disposition::SyncedEarlier)),
        }
    }

    /// Adds a line to its contract's group, where one is made; tells whether the contract is planned.
    fn add(
        &mut self,
        line: &Line,
        owner: &Owner<'_>,
        contract: ContractId,
        disposition: &Disposition,
    ) -> bool {
        let (Some(tenant), Some(id)) = (owner.tenant, &line.subscription) else { return false };
        self.touch(contract);
        let Some(builder) = self.groups.get_mut(&contract) else {
            return self.heads.contains_key(&contract);
        };
        let resolved = self.request.catalogue.resolve(owner.subscription, line);
        let key = (tenant.clone(), id.clone(), resolved.key());
        let entry = builder
            .subscriptions
            .entry(key)
            .or_insert_with(|| subscription(tenant, id, owner.subscription, line, &resolved));
        if let Some(fault) = fault(line, entry.azure) {
            entry.problem.get_or_insert(fault);
        }
        check(entry, line, resolved.listed, self.request.policies.line_check);
        entry.lines.push(GroupLine { line: line.clone(), disposition: disposition.clone() });
        true
    }
}

fn subscription(
    tenant: &TenantId,
    id: &SubscriptionId,
    bought: Option<&Subscription>,
    line: &Line,
    resolved: &Resolved,
) -> GroupSubscription {
    let friendly = bought.map(|bought| bought.name.trim()).filter(|name| !name.is_empty());
    GroupSubscription {
        subscription: id.clone(),
        name: friendly.unwrap_or(line.offer()).to_owned(),
        tenant: tenant.clone(),
        sku: resolved.sku.clone(),
        product: resolved.product.clone(),
        service: resolved.service,
        previous: resolved.previous.clone(),
        suspects: resolved.suspects.clone(),
        not_made: resolved.not_made.clone(),
        azure: bought.is_some_and(|bought| bought.usage_billed),
        lines: Vec::new(),
        warnings: Vec::new(),
        problem: resolved.problem(line),
    }
}

/// Whether a line agrees with itself and with the price list, as far as anybody wants to know (sync-rules 3.8).
fn check(bought: &mut GroupSubscription, line: &Line, listed: Option<Money>, check: LineCheck) {
    if check == LineCheck::Off || line.fault.is_some() {
        return;
    }
    match line_check::disagreement(line, listed, bought.azure) {
        Some(found) if check == LineCheck::Fail => {
            bought.problem.get_or_insert(found);
        }
        Some(found) => bought.warnings.push(found),
        None => bought.warnings.extend(line_check::odd_ratio(line).filter(|_| !bought.azure)),
    }
}

/// What is wrong with a line: a figure that is none, or of a licence its quantity (sync-rules 3.6, 4.2).
fn fault(line: &Line, azure: bool) -> Option<Finding> {
    const ADVICE: &str =
        "Ask your distributor about the line; until then the service is left as it is.";
    if let Some(fault) = &line.fault {
        let text =
            format!("Line {} (“{}”) cannot be read: {}.", line.number, line.offer(), fault.text);
        return Some(Finding::new(Code::OddLine, text, ADVICE));
    }
    if azure {
        return None;
    }
    let units = line.quantity.to_i64().filter(|units| *units <= quantities::MOST);
    if line.quantity.fract().is_zero() && units.is_some() {
        return None;
    }
    let text = format!(
        "Invoice line {} has {} seats of “{}”, not a whole number, so this service was left unchanged.",
        line.number,
        line.quantity.normalize(),
        line.offer()
    );
    Some(Finding::new(Code::FractionalQuantity, text, ADVICE))
}

#[cfg(test)]
mod tests;
