//! Which services of a contract an invoice concerns, and which subscriptions each of them bills.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{
    Code, Money, ServiceId, SubscriptionId,
    invoice::Line,
    outcome::{Disposition, Finding},
    timeline::{Step, Timeline},
};

use super::super::{
    azure::{self, Charges},
    group::{GroupLine, GroupSubscription, LeftOut},
    memory::Closing,
    quantities,
};
use super::{ContractRequest, findings};

/// The reason under which usage that sums below 0 is counted.
const CREDITED: &str = "usage credited below 0";

/// The reason under which a line of another, applied month is counted.
pub(super) const STALE: &str = "lies in months already applied";

/// Seats go from one service to another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Move {
    pub from: ServiceId,
    pub to: ServiceId,
}

/// A group with what memory adds to it.
#[derive(Clone)]
pub(super) struct Collected<'a> {
    pub request: &'a ContractRequest<'a>,
    pub subscriptions: Vec<GroupSubscription>,
    /// Closings of subscriptions that another service bills now.
    pub moved: Vec<Closing>,
    /// Closings of subscriptions that a setting keeps from being synced: their seats stay as they are.
    pub held: Vec<Closing>,
    /// Services that fail because a subscription that may be theirs could not be resolved, with why.
    pub tainted: BTreeMap<ServiceId, Finding>,
    /// Services that a link pointed to before, and that we have written to.
    pub previous: BTreeSet<ServiceId>,
}

impl<'a> Collected<'a> {
    pub(super) fn new(request: &'a ContractRequest<'a>) -> Self {
        let mut collected = Self {
            request,
            subscriptions: request.group.subscriptions.clone(),
            moved: Vec::new(),
            held: Vec::new(),
            tainted: BTreeMap::new(),
            previous: BTreeSet::new(),
        };
        collected.keep_applied();
        collected.exclude_stale_lines();
        collected.exclude_credited_usage();
        collected.remember();
        collected.taint();
        collected.collect_previous();
        collected
    }

    /// What this month was applied to stays on the service that it went to, unless the operator asks for more: a look for
    /// late writes, or a neighbour's invoice, carries no newer pin into a month that may be billed already.
    fn keep_applied(&mut self) {
        let request = self.request;
        let retry = request.retry;
        if request.recheck || retry.is_some_and(|retry| !retry.late) {
            return;
        }
        let retried =
            |id: &SubscriptionId| retry.is_some_and(|retry| retry.subscriptions.contains(id));
        let due =
            |tenant| request.group.tenants.iter().any(|known| known.due && known.tenant == tenant);
        let closings = || request.memory.closings.iter().filter(|one| one.month == request.month);
        for bought in self.subscriptions.iter_mut().filter(|bought| bought.service.is_some()) {
            let mut here = closings().filter(|one| one.subscription == bought.subscription);
            // More than one: it moved inside this month already.
            if let (Some(only), None) = (here.next(), here.next())
                && !due(bought.tenant.clone())
                && !retried(&bought.subscription)
            {
                bought.service = Some(only.service);
            }
        }
    }

    /// A line wholly where other invoices were applied is no longer billed here (sync-rules 3.2).
    fn exclude_stale_lines(&mut self) {
        let (month, memory) = (self.request.month, self.request.memory);
        for bought in &mut self.subscriptions {
            let Some(service) = bought.service else { continue };
            let mut amount = Money::ZERO;
            let mut lines = 0;
            for line in &mut bought.lines {
                if quantities::is_past_or_taken(&line.line, service, month, memory) {
                    let reason = STALE.to_owned();
                    line.disposition = Disposition::Excluded { reason };
                    amount += line.line.subtotal;
                    lines += 1;
                }
            }
            if lines > 0 {
                bought.warnings.push(stale(lines, amount));
            }
        }
    }

    /// Usage whose refunds are more than its charges is no price of a unit: its lines are left out (sync-rules 6).
    fn exclude_credited_usage(&mut self) {
        let services: BTreeSet<ServiceId> = self.services();
        for service in services {
            let usage = || self.of(service).filter(|bought| bought.azure).flat_map(live);
            let Some(Charges { cost, retail }) = azure::sum(usage()) else { continue };
            if cost >= Money::ZERO && retail >= Money::ZERO {
                continue;
            }
            let mine =
                |bought: &&mut GroupSubscription| bought.azure && bought.service == Some(service);
            for bought in self.subscriptions.iter_mut().filter(mine) {
                bought.warnings.push(findings::usage_credited(cost, retail));
                for line in &mut bought.lines {
                    line.disposition = Disposition::Excluded { reason: CREDITED.to_owned() };
                }
            }
        }
    }

    /// Credits and lines without a subscription that speak of this service, cost and retail: by so much less than what it
    /// bills the invoice asks for it (sync-rules 3.2).
    pub(super) fn left_out(&self, service: ServiceId) -> Vec<&Line> {
        let speaks = |left: &&LeftOut| {
            let named = |bought: &&GroupSubscription| {
                bought.service.is_some()
                    && Some(&bought.subscription) == left.line.subscription.as_ref()
            };
            let mut named = self.subscriptions.iter().filter(named).peekable();
            match named.peek() {
                Some(_) => named.any(|bought| bought.service == Some(service)),
                None => left.service == Some(service),
            }
        };
        self.request.group.left_out.iter().filter(speaks).map(|left| &left.line).collect()
    }

    /// Subscriptions that closed above 0 and are missing, or are billed by another service now (sync-rules 1.8, 4.8).
    fn remember(&mut self) {
        let (month, memory) = (self.request.month, self.request.memory);
        for (_, closing) in memory.closings_before(month) {
            let ours = self.request.group.tenants.iter();
            let ours = ours.clone().any(|tenant| tenant.tenant == closing.tenant);
            if closing.units <= 0 || !ours {
                continue;
            }
            let same = |bought: &&GroupSubscription| bought.subscription == closing.subscription;
            let billed_by: Vec<Option<ServiceId>> =
                self.subscriptions.iter().filter(same).map(|bought| bought.service).collect();
            if billed_by.contains(&Some(closing.service)) {
                continue;
            }
            if billed_by.contains(&None) {
                let same = |bought: &&mut GroupSubscription| {
                    bought.subscription == closing.subscription && bought.service.is_none()
                };
                for bought in self.subscriptions.iter_mut().filter(same) {
                    bought.suspects.push(closing.service);
                }
            } else if billed_by.is_empty() {
                if self.request.group.left_alone.contains(&closing.subscription) {
                    self.held.push(closing.clone());
                } else {
                    self.subscriptions.push(missing(closing));
                }
            } else {
                self.moved.push(closing.clone());
            }
        }
    }

    /// A failed subscription fails every service that it may belong to (sync-rules 3.6).
    fn taint(&mut self) {
        for bought in &self.subscriptions {
            let Some(problem) = &bought.problem else { continue };
            for service in bought.service.iter().chain(&bought.suspects) {
                self.tainted.entry(*service).or_insert_with(|| sibling(bought, problem));
            }
        }
    }

    /// Old services of relinked products, where we put seats on this contract under them (sync-rules 1.8).
    fn collect_previous(&mut self) {
        let memory = self.request.memory;
        let ours = |service: &ServiceId| {
            memory.prices.contains_key(service)
                || memory.closings.iter().any(|closing| closing.service == *service)
        };
        let placed = self.subscriptions.iter().filter(|bought| bought.service.is_some());
        let previous = placed.flat_map(|bought| {
            bought.previous.iter().filter(|service| Some(**service) != bought.service)
        });
        self.previous = previous.filter(|service| ours(service)).copied().collect();
    }

    /// Every service concerned, by id. A suspected one is concerned only where the invoice bills it for somebody.
    pub(super) fn services(&self) -> BTreeSet<ServiceId> {
        let billed = self.subscriptions.iter().filter_map(|bought| bought.service);
        let moved = self.moved.iter().map(|closing| closing.service);
        billed.chain(moved).chain(self.previous.iter().copied()).collect()
    }

    /// Which services seats move between.
    pub(super) fn moves(&self) -> BTreeSet<Move> {
        let placed = || self.subscriptions.iter().filter_map(|one| Some((one, one.service?)));
        let moved = self.moved.iter().flat_map(|closing| {
            let to = placed().filter(|(one, _)| one.subscription == closing.subscription);
            to.map(|(_, to)| Move { from: closing.service, to })
        });
        let relinked = placed().flat_map(|(bought, to)| {
            let from = bought.previous.iter().filter(|from| self.previous.contains(*from));
            from.map(move |from| Move { from: *from, to })
        });
        moved.chain(relinked).filter(|one| one.from != one.to).collect()
    }

    /// Seats that move do so whole: where one of two services is refused, the other one fails with it. Whether any did.
    pub(super) fn taint_partners(
        &mut self,
        moves: &BTreeSet<Move>,
        refused: &BTreeMap<ServiceId, Finding>,
    ) -> bool {
        let mut any = false;
        for Move { from, to } in moves {
            for (one, other) in [(from, to), (to, from)] {
                if let (Some(problem), None) = (refused.get(one), refused.get(other))
                    && !self.tainted.contains_key(other)
                {
                    self.tainted.insert(*other, findings::partner(problem));
                    any = true;
                }
            }
        }
        any
    }

    /// Whether the request is about this service, or about one that seats move to or from.
    pub(super) fn is_asked(&self, service: ServiceId) -> bool {
        self.is_meant(service)
            || self.request.retry.is_some()
                && self.moves().into_iter().any(|Move { from, to }| {
                    from == service && self.is_meant(to) || to == service && self.is_meant(from)
                })
    }

    fn is_meant(&self, service: ServiceId) -> bool {
        let Some(retry) = self.request.retry else { return true };
        let wanted = |id: &SubscriptionId| retry.subscriptions.contains(id);
        retry.services.contains(&service)
            || self.of(service).any(|bought| wanted(&bought.subscription))
            || self
                .moved
                .iter()
                .any(|closing| closing.service == service && wanted(&closing.subscription))
    }

    /// Nothing is said of the subscriptions of other services: it was when the month was applied to them.
    pub(super) fn hush(&mut self, asked: &BTreeSet<ServiceId>) {
        let retry = self.request.retry;
        let retried =
            |id: &SubscriptionId| retry.is_some_and(|retry| retry.subscriptions.contains(id));
        let said = self.subscriptions.iter_mut().filter(|bought| {
            let planned = bought.service.is_some_and(|service| asked.contains(&service));
            !planned && !retried(&bought.subscription)
        });
        for bought in said {
            (bought.warnings, bought.problem) = (Vec::new(), None);
        }
    }

    /// The subscriptions of a service.
    pub(super) fn of(
        &self,
        service: ServiceId,
    ) -> impl Iterator<Item = &GroupSubscription> + Clone {
        self.subscriptions.iter().filter(move |bought| bought.service == Some(service))
    }

    /// Seats of a service that stay whatever this invoice says, beside what it bills.
    pub(super) fn held(&self, service: ServiceId) -> impl Iterator<Item = Timeline> {
        let of = self.held.iter().filter(move |closing| closing.service == service);
        of.map(|closing| {
            Timeline::new([Step { from: closing.month.next().first_day(), units: closing.units }])
        })
    }

    /// Seats that customers left on a service when they were unmapped, in the last month that was applied to it: they are
    /// in no sum any more (sync-rules 1.8, 4).
    pub(super) fn left(&self, service: ServiceId) -> impl Iterator<Item = &Closing> {
        let (month, memory) = (self.request.month, self.request.memory);
        let last = memory.last_applied(service, month);
        let gone = move |closing: &&Closing| {
            let here = &self.request.group.tenants;
            closing.service == service
                && closing.units > 0
                && Some(closing.month) == last
                && here.iter().all(|tenant| tenant.tenant != closing.tenant)
        };
        memory.closings_before(month).into_values().filter(gone)
    }

    /// The quantity that a licence subscription's lines ask for.
    pub(super) fn timeline(&self, bought: &GroupSubscription) -> Timeline {
        let request = self.request;
        quantities::of_subscription(live(bought), request.month, request.policies.drops)
    }
}

/// The lines of a subscription that are applied.
pub(in crate::planning) fn live(bought: &GroupSubscription) -> impl Iterator<Item = &Line> + Clone {
    let live = |line: &&GroupLine| !matches!(line.disposition, Disposition::Excluded { .. });
    bought.lines.iter().filter(live).map(|line| &line.line)
}

fn stale(lines: u32, amount: Money) -> Finding {
    let amount = amount.separated();
    Finding::new(
        Code::MonthsApplied,
        format!(
            "{lines} line(s) of {amount} lie wholly in months that other invoices were applied to, and were left out."
        ),
        "Bill them by hand if they are to be billed.",
    )
}

fn missing(closing: &Closing) -> GroupSubscription {
    let warning = Finding::new(
        Code::MissingSubscription,
        format!(
            "“{}” had {} at the end of {} and is missing from this invoice: set to 0 from the first of the month.",
            closing.name, closing.units, closing.month
        ),
        "Check with your distributor that it was cancelled.",
    );
    GroupSubscription { warnings: vec![warning], ..closing.without_lines() }
}

fn sibling(bought: &GroupSubscription, problem: &Finding) -> Finding {
    Finding::new(
        Code::SiblingFailed,
        format!(
            "{}. So “{}” of the same service failed; without it the sum would take seats away.",
            problem.text.trim_end_matches('.'),
            bought.name
        ),
        problem.advice.clone(),
    )
}
