//! One service on one contract.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use crate::{
    domain::{
        Code, Day, Money, ServiceId,
        invoice::Line,
        operation::{ServiceOperations, Shift, Wanted},
        outcome::{Disposition, Finding},
        policy::HandPrices,
        target::PresentService,
        timeline::Timeline,
    },
    psa::BillingRules,
};

use super::super::{
    azure,
    memory::Baseline,
    plan::{MonthlyMoney, ServicePlan},
    prices::{
        self, AskedPrices, KnownPrices, PriceChange, PricesToWrite, Sources, TrustedReadings,
    },
    quantities::{self, Span, StandingQuantities},
};
use super::{
    collect::{Collected, live},
    findings,
    money::{Story, Why},
};

/// What one service is to come to.
struct Draft {
    invoice: Timeline,
    wanted: Wanted,
    span: Span,
    azure: bool,
    warnings: Vec<Finding>,
    notes: Vec<Finding>,
    /// Told whether or not there is anything to write.
    left_by_hand: Option<Finding>,
}

/// Whether it fails because one of its subscriptions does.
fn told_by_another(plan: &ServicePlan) -> bool {
    plan.refused.as_ref().is_some_and(|finding| finding.code == Code::SiblingFailed)
}

/// Plans one service, and writes to its subscriptions what planning finds. Where the same was planned before and nothing is to
/// be written, all was said, but for figures that an invoice issued anew has for days that are invoiced (sync-rules 10.8).
pub(super) fn plan(
    collected: &mut Collected<'_>,
    service: ServiceId,
    rules: &dyn BillingRules,
) -> ServicePlan {
    let mut plan = ServicePlanner { collected, service, rules }.plan();
    // The service as a whole is told by what failed by itself, and not by what that does to the others.
    let own = collected.of(service).find_map(|bought| bought.problem.clone());
    let own = own.filter(|_| told_by_another(&plan));
    let of_others = plan.refused.clone();
    plan.refused = own.or(plan.refused);
    let retried = collected.request.retry.is_some();
    for bought in collected.subscriptions.iter_mut().filter(|b| b.service == Some(service)) {
        if let Some(refused) = &of_others {
            bought.problem.get_or_insert_with(|| refused.clone());
        }
        for line in &mut bought.lines {
            if retried && line.disposition == Disposition::SyncedEarlier {
                line.disposition = Disposition::Synced;
            }
        }
    }
    let quiet = !is_fresh(collected, service) && plan.is_unchanged();
    let changes = if quiet { Vec::new() } else { price_changes(collected, service, &plan, rules) };
    for (at, warnings) in changes {
        collected.subscriptions[at].warnings.extend(warnings);
    }
    if quiet {
        let of = collected.subscriptions.iter_mut().filter(|b| b.service == Some(service));
        of.for_each(|bought| bought.warnings.clear());
        let mut warnings = plan.warnings;
        warnings.retain(|warning| warning.code == Code::NotBilled);
        return ServicePlan { warnings, ..plan };
    }
    plan
}

/// The plan that takes back what came late of our own writes to one service, and leaves everything else there as it is
/// (sync-rules 4.9, 8.2); none where nothing came late.
///
/// ```text
/// recorded   5 from the 1st          our +5 had got no answer, was taken as lost and written again
/// read       10 from the 1st, 8 from the 10th        it came late; somebody took 2 away
/// wanted     5 from the 1st, 3 from the 10th
/// ```
///
/// Where somebody's own step comes nearer to what was recorded than it would without the late write, it was made in sight
/// of that write: from there on what stands is left.
pub(super) fn take_back(
    collected: &Collected<'_>,
    service: ServiceId,
    rules: &dyn BillingRules,
) -> Option<ServicePlan> {
    let planner = ServicePlanner { collected, service, rules };
    let request = collected.request;
    let begun = request.memory.baselines.get(&service)?;
    let present = match planner.row() {
        Ok(row) => row?,
        Err(refused) => {
            let plan = planner.refused(refused, None, Timeline::default());
            return Some(ServicePlan { takes_back: true, ..plan });
        }
    };
    let before = present.timeline();
    let asked = before.as_asked(planner.shifts(Some(present)));
    let (recorded, steps) = (begun.as_asked(), request.memory.prices.get(&service));
    let units = StandingQuantities::new(&asked, Some(&recorded)).without_ours(&recorded);
    let prices = prices::taken_back(steps, begun);
    if units == asked && prices.is_empty() {
        return None;
    }
    let wanted = Wanted {
        service,
        contract_service: Some(present.contract_service),
        units,
        month_end: request.month.last_day(),
        prices,
        opening_price: None,
        opening_cost: None,
    };
    let made = rules.operations(request.present, &wanted, request.surroundings, request.policies);
    let known = planner.known(Some(present));
    let span = Span::new(std::iter::empty(), service, request.month, request.memory);
    let (lines, why) = (&present.lines, Why::Late);
    let story = Story { before: &before, lines, made: &made, known: &known, span, why };
    let operations = story.told();
    let money = story.money(&operations, rules);
    Some(ServicePlan {
        service,
        contract_service: wanted.contract_service,
        invoice: planner.invoice(),
        wanted: Some(wanted),
        before,
        after: made.after,
        operations,
        warnings: made.warnings,
        notes: Vec::new(),
        refused: made.refused,
        takes_back: true,
        moves_to: BTreeSet::new(),
        subscriptions: planner.subscriptions(),
        money,
    })
}

/// Whether the invoice is new to one of the service's tenants, or retried: else what it has to say was said.
fn is_fresh(collected: &Collected<'_>, service: ServiceId) -> bool {
    let tenants = &collected.request.group.tenants;
    let due = |tenant| tenants.iter().any(|known| known.due && known.tenant == tenant);
    collected.request.retry.is_some()
        || collected.of(service).any(|bought| due(bought.tenant.clone()))
        || collected
            .moved
            .iter()
            .any(|closing| closing.service == service && due(closing.tenant.clone()))
}

/// Prices that change inside the month, and lines outside it, subscription by subscription.
fn price_changes(
    collected: &Collected<'_>,
    service: ServiceId,
    plan: &ServicePlan,
    rules: &dyn BillingRules,
) -> Vec<(usize, Vec<Finding>)> {
    if plan.refused.is_some() {
        return Vec::new();
    }
    let planner = ServicePlanner { collected, service, rules };
    let (span, asked) = (planner.span(), planner.asked());
    let replaced = asked.replaced(&plan.invoice, &span);
    let mut all = Vec::new();
    for (at, bought) in collected.subscriptions.iter().enumerate() {
        if bought.service != Some(service) {
            continue;
        }
        let outside = outside(live(bought), &span);
        let changes = if bought.azure {
            Vec::new()
        } else {
            let own = asked.changes_inside(live(bought), &plan.invoice, &span);
            let first = live(bought).map(|line| line.start).min();
            let taken_over = replaced.iter().filter(|change| Some(change.day) == first);
            let begun = taken_over.filter(|change| asked.bills(live(bought), change));
            begun.flat_map(PriceChange::told).chain(own).collect()
        };
        all.push((at, outside.into_iter().chain(changes).collect()));
    }
    all
}

/// Lines that reach out of the usage month (W17).
fn outside<'a>(lines: impl Iterator<Item = &'a Line>, span: &Span) -> Option<Finding> {
    let month = span.month;
    let out = |line: &&Line| line.start < month.first_day() || line.end > month.last_day();
    let (start, end) = lines.filter(out).fold(None, |range: Option<(Day, Day)>, line| {
        let (start, end) = range.unwrap_or((line.start, line.end));
        Some((start.min(line.start), end.max(line.end)))
    })?;
    Some(Finding::new(
        Code::OutsideMonth,
        format!(
            "Billed from {start} to {end}: the period differs from the usage month {month}. Synced by its dates."
        ),
        "Compare the bills of the months concerned with the invoice.",
    ))
}

struct ServicePlanner<'a> {
    collected: &'a Collected<'a>,
    service: ServiceId,
    rules: &'a dyn BillingRules,
}

impl<'a> ServicePlanner<'a> {
    fn plan(&self) -> ServicePlan {
        let row = self.row();
        let present = row.as_ref().ok().and_then(|row| *row);
        let before = present.map(PresentService::timeline).unwrap_or_default();
        let drafted = self
            .untainted()
            .and(row)
            .and_then(|row| self.exists(row))
            .and_then(|()| self.draft(present, &before));
        match drafted {
            Ok(draft) => self.finish(draft, before),
            Err(refused) => self.refused(refused, present, before),
        }
    }

    fn refused(
        &self,
        refused: Finding,
        present: Option<&PresentService>,
        before: Timeline,
    ) -> ServicePlan {
        ServicePlan {
            service: self.service,
            contract_service: present.map(|row| row.contract_service),
            invoice: self.invoice(),
            wanted: None,
            after: before.clone(),
            before,
            operations: Vec::new(),
            warnings: Vec::new(),
            notes: Vec::new(),
            refused: Some(refused),
            takes_back: false,
            moves_to: BTreeSet::new(),
            subscriptions: self.subscriptions(),
            money: MonthlyMoney::default(),
        }
    }

    fn subscriptions(&self) -> Vec<crate::domain::SubscriptionId> {
        self.collected.of(self.service).map(|bought| bought.subscription.clone()).collect()
    }

    fn untainted(&self) -> Result<(), Finding> {
        self.collected.tainted.get(&self.service).map_or(Ok(()), |finding| Err(finding.clone()))
    }

    /// Its row on the contract; the operator's choice where there are several (sync-rules 4.7).
    fn row(&self) -> Result<Option<&'a PresentService>, Finding> {
        let present = &self.collected.request.present;
        let rows: Vec<_> =
            present.services.iter().filter(|row| row.service == self.service).collect();
        let chosen = self.collected.request.memory.chosen.get(&self.service);
        match rows.as_slice() {
            [] => Ok(None),
            [row] => Ok(Some(row)),
            several => {
                let found = several.iter().find(|row| chosen == Some(&row.contract_service));
                found.map(|row| Some(*row)).ok_or_else(|| findings::ambiguous(several))
            }
        }
    }

    /// A deleted service cannot be put on a contract; the product sync makes a new one (sync-rules 1.5).
    fn exists(&self, row: Option<&PresentService>) -> Result<(), Finding> {
        let services = &self.collected.request.surroundings.services;
        if row.is_some() || services.is_empty() || services.contains_key(&self.service) {
            return Ok(());
        }
        let gone = format!("Service {} is no longer in the PSA", self.service);
        let cause = self.collected.of(self.service).find_map(|bought| bought.not_made.as_ref());
        Err(match cause {
            Some(cause) => Finding::new(
                Code::ServiceGone,
                format!("{gone}, and none could be made in its place: {}", cause.text),
                cause.advice.clone(),
            ),
            None => Finding::new(
                Code::ServiceGone,
                format!("{gone}."),
                "Sync products first: what is on the price list gets a new one. For what has left it, choose another \
                 service: `prism-connect products pin SKU --service ID`.",
            ),
        })
    }

    fn lines(&self) -> impl Iterator<Item = &'a Line> + Clone {
        self.collected.of(self.service).flat_map(live)
    }

    fn span(&self) -> Span {
        let request = self.collected.request;
        Span::new(self.lines(), self.service, request.month, request.memory)
    }

    fn is_azure(&self) -> bool {
        let mut bought = self.collected.of(self.service).peekable();
        bought.peek().is_some() && bought.all(|bought| bought.azure)
    }

    fn invoice(&self) -> Timeline {
        if self.is_azure() {
            let charged = self.lines().next().is_some();
            let month = self.collected.request.month;
            return if charged { azure::timeline(month) } else { Timeline::default() };
        }
        let billed = self.collected.of(self.service).map(|bought| self.collected.timeline(bought));
        let all: Vec<Timeline> = billed.chain(self.collected.held(self.service)).collect();
        quantities::sum(all.iter())
    }

    fn shifts(&self, row: Option<&PresentService>) -> impl Iterator<Item = &'a Shift> {
        let surroundings = self.collected.request.surroundings;
        let of = row.map(|row| surroundings.shifts_of(row.contract_service));
        of.into_iter().flatten()
    }

    fn known(&self, row: Option<&PresentService>) -> KnownPrices {
        let request = self.collected.request;
        if let Some(told) = row.and_then(|row| self.rules.told_prices(row)) {
            return KnownPrices::told(told);
        }
        let (memory, service) = (request.memory, &self.service);
        let owed = memory.owed.get(service);
        let sources = Sources {
            steps: memory.prices.get(service),
            begun: memory.baselines.get(service),
            owed,
            row: row.filter(|_| !self.opens(row)),
        };
        let counts = TrustedReadings {
            owed: request.recheck || owed.is_some_and(|owed| owed.month != request.month),
            by_hand: request.policies.hand_prices == HandPrices::InvoiceWins,
        };
        KnownPrices::new(sources, counts)
    }

    /// Whether the row's first units are still to come: there is no row, or one that this application made.
    fn opens(&self, row: Option<&PresentService>) -> bool {
        let begun = self.collected.request.memory.baselines.get(&self.service);
        let made = begun.is_some_and(|begun| begun.made);
        row.is_none_or(|row| made && row.rows.iter().all(|units| units.units == 0))
    }

    fn asked(&self) -> AskedPrices<'a> {
        let pricing = self.collected.request.group.pricing;
        AskedPrices { lines: self.lines().collect(), pricing, rules: self.rules }
    }

    fn draft(&self, present: Option<&PresentService>, before: &Timeline) -> Result<Draft, Finding> {
        let azure = self.is_azure();
        if !azure && self.collected.of(self.service).any(|bought| bought.azure) {
            return Err(findings::mixed());
        }
        let (span, invoice) = (self.span(), self.invoice());
        let span = if azure { Span { from: span.month.first_day(), ..span } } else { span };
        let memory = self.collected.request.memory;
        let known = self.known(present);
        let mut warnings = Vec::new();
        let planned = if azure && self.lines().next().is_none() {
            PricesToWrite::default()
        } else if azure {
            self.azure_prices(&span, &known, &mut warnings)?
        } else {
            self.licence_prices(&invoice, &span, &known, &mut warnings, self.opens(present))
        };
        warnings.extend(self.taken_away(before, &invoice));
        warnings.extend(findings::left_out(&self.collected.left_out(self.service)));
        let asked = before.as_asked(self.shifts(present));
        let baseline = memory.baselines.get(&self.service).map(Baseline::as_asked);
        let mut standing = StandingQuantities::new(&asked, baseline.as_ref());
        if let Some(ours) = memory.ours.get(&self.service) {
            standing = standing.with_ours(ours, baseline.as_ref());
        }
        let kept_after = if azure { span.month.next().first_day() } else { span.last };
        let units = standing.spliced(&invoice, &span, kept_after);
        let mut notes = standing.drift(&units, &span);
        notes.extend(self.emptied());
        let asked = if azure { planned.opening } else { self.asked().on(span.from) };
        let left_by_hand = known.left_by_hand(asked, &planned.steps);
        let opened = usize::from(present.is_none());
        let mut opening = planned.opening;
        if opening.is_none() && known.is_told() {
            opening = self.asked().of_one_more(&invoice, &span);
        }
        let wanted = Wanted {
            service: self.service,
            contract_service: present.map(|row| row.contract_service),
            units,
            month_end: span.last,
            prices: planned.steps.into_iter().skip(opened).collect(),
            opening_price: opening.price,
            opening_cost: opening.cost,
        };
        Ok(Draft { invoice, wanted, span, azure, warnings, notes, left_by_hand })
    }

    fn licence_prices(
        &self,
        invoice: &Timeline,
        span: &Span,
        known: &KnownPrices,
        warnings: &mut Vec<Finding>,
        is_new: bool,
    ) -> PricesToWrite {
        let asked = self.asked();
        let planned = asked.plan(invoice, span, known, is_new);
        let written = if is_new { asked.opening() } else { asked };
        warnings.extend(written.two_prices(&known.as_billed().with(&planned.steps)));
        planned
    }

    fn azure_prices(
        &self,
        span: &Span,
        known: &KnownPrices,
        warnings: &mut Vec<Finding>,
    ) -> Result<PricesToWrite, Finding> {
        let contract = &self.collected.request.present.contract;
        let step = azure::price(self.lines(), span.month, |price| self.rules.keeps(price));
        let step = step.ok_or_else(findings::absurd)?;
        let off = step.price.and_then(|price| azure::difference(contract, span.month, price));
        let policy = self.collected.request.policies.azure_proration;
        warnings.extend(azure::proration(contract, off, policy)?);
        let opening = prices::Pair { price: step.price, cost: step.cost };
        let differing = opening.less(known.on(step.from)).at(step.from);
        let mut steps: Vec<_> = [differing]
            .into_iter()
            .filter(|step| step.price.is_some() || step.cost.is_some())
            .collect();
        steps.extend(known.with(&steps).back(span.next_applied));
        Ok(PricesToWrite { opening, steps })
    }

    /// That seats of customers who are not mapped here any more go with this invoice, which bills the service for others.
    fn taken_away(&self, before: &Timeline, invoice: &Timeline) -> Option<Finding> {
        let request = self.collected.request;
        let first = request.month.first_day();
        let seats: i64 = self.collected.left(self.service).map(|closing| closing.units).sum();
        let going = seats > 0 && before.on(first) > invoice.on(first);
        (going && !request.group.leaving && self.is_first_planning())
            .then(|| findings::left_seats_taken(seats, first))
    }

    /// That a service is set to 0 because other ones bill its subscriptions now.
    fn emptied(&self) -> Option<Finding> {
        let moved = self.collected.moved.iter().any(|closing| closing.service == self.service);
        let relinked = self.collected.previous.contains(&self.service);
        (moved || relinked).then(|| {
            Finding::new(
                Code::Relinked,
                "Billed by another service now: its seats here end with the first of the month.",
                "Nothing to do.",
            )
        })
    }

    /// Whether this invoice was neither applied to the service nor begun: what stays off was not told yet.
    fn is_first_planning(&self) -> bool {
        let (memory, month) = (&self.collected.request.memory, self.collected.request.month);
        !memory.baselines.contains_key(&self.service) && !memory.is_applied(self.service, month)
    }

    /// What is written, seeing that a contract bills nothing after its end: where that takes in the whole month, nothing is,
    /// for the seats would count as synced and never be billed; where it takes in a part, what that part comes to is told.
    /// What was applied once is not judged by what became of its contract later.
    fn as_billed(
        &self,
        made: ServiceOperations,
        draft: &Draft,
        before: &Timeline,
        known: &KnownPrices,
    ) -> (ServiceOperations, Option<Finding>) {
        let request = self.collected.request;
        let contract = &request.present.contract;
        let from = contract.bills_nothing_from(request.month, request.today);
        let asked = made.refused.is_none() && is_fresh(self.collected, self.service);
        let Some(from) = from.filter(|_| asked) else { return (made, None) };
        let days = (0..request.month.days()).map(|day| request.month.first_day().plus(day));
        let unbilled = days.filter(|day| *day >= from);
        let seats = unbilled.map(|day| (day, draft.wanted.units.on(day)));
        let seats: Vec<(Day, i64)> = seats.filter(|(_, units)| *units > 0).collect();
        if seats.is_empty() {
            return (made, None);
        }
        let told = |text| self.rules.finding(Code::ContractInactive, text);
        if from == request.month.first_day() {
            let refused = Some(told(findings::not_billed_at_all(contract, request.month)));
            let refused = ServiceOperations {
                refused,
                after: before.clone(),
                ..ServiceOperations::default()
            };
            return (refused, None);
        }
        if request.memory.is_applied(self.service, request.month) {
            return (made, None);
        }
        let price = |day: Day| known.with(&draft.wanted.prices).on(day).price;
        let daily = seats.iter().filter_map(|(day, units)| Some(price(*day)?.times(*units)));
        let lost = Money(daily.sum::<Money>().0 / Decimal::from(request.month.days())).rounded(2);
        let most = seats.iter().map(|(_, units)| *units).max().unwrap_or_default();
        (made, Some(told(findings::not_billed_after_its_end(contract, from, most, lost))))
    }

    fn finish(&self, draft: Draft, before: Timeline) -> ServicePlan {
        let request = self.collected.request;
        let made = self.rules.operations(
            request.present,
            &draft.wanted,
            request.surroundings,
            request.policies,
        );
        let row = self.row().ok().flatten();
        let known = self.known(row).as_billed();
        let (made, unbilled) = self.as_billed(made, &draft, &before, &known);
        let story = Story {
            before: &before,
            lines: row.map_or(&[], |row| &row.lines),
            made: &made,
            known: &known,
            span: draft.span,
            why: match () {
                () if draft.azure => Why::Azure,
                () if request.group.leaving => Why::Leaving,
                () => Why::Invoice,
            },
        };
        let operations = story.told();
        let money = story.money(&operations, self.rules);
        let mut notes = if operations.is_empty() { Vec::new() } else { draft.notes };
        notes.extend(draft.left_by_hand);
        let ServiceOperations { warnings, residues, refused, after, .. } = made;
        // An edit that is set back is told, and no Warning (sync-rules 4.9).
        let (drift, mut warnings): (Vec<_>, Vec<_>) =
            warnings.into_iter().partition(|finding| finding.code == Code::Drift);
        notes.extend(drift);
        warnings.extend(unbilled);
        if self.is_first_planning() {
            warnings.extend(residues);
        }
        ServicePlan {
            service: self.service,
            contract_service: draft.wanted.contract_service,
            invoice: draft.invoice,
            wanted: Some(draft.wanted),
            before,
            after,
            operations,
            warnings: draft.warnings.into_iter().chain(warnings).collect(),
            notes,
            refused,
            takes_back: false,
            moves_to: BTreeSet::new(),
            subscriptions: self.subscriptions(),
            money,
        }
    }
}
