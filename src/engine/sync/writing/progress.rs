//! How far one invoice has come on one contract, across attempts and runs.
//!
//! It must not write by itself: it gives batches that become durable with the next intent.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem::{Discriminant, discriminant},
};

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        Code, ConnectionId, ContractServiceId, Day, RunId, ServiceId,
        operation::{Operation, Shift},
        outcome::Finding,
        target::{PresentContract, PresentService},
        timeline::Timeline,
    },
    engine::{
        sync::{
            application::Application,
            records::Began,
            writing::{
                journal::{Entry, WriteResult},
                late_writes::{Earlier, Handover},
                written_prices::prices_written,
            },
        },
        tables::{BASELINES, of_begun},
    },
    planning::Baseline,
    psa::{BillingRules, RowState},
    store::Batch,
};

/// What was done so far of one invoice on one contract.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// By service: what was there before its first write.
    pub began: BTreeMap<ServiceId, Began>,
    /// What earlier months began and is not over.
    pub earlier: Vec<Earlier>,
    /// All writes of this application, of this run and earlier ones, in order.
    pub entries: Vec<Entry>,
    /// What stands of other invoices' writes to its services: what they did is not a write of this one that came late.
    pub others: Vec<Entry>,
    /// Writes of any invoice to this contract that were dated otherwise than they were asked for.
    pub shifted: Vec<Entry>,
    /// Days that the target said are taken.
    pub taken: BTreeSet<(ContractServiceId, Day)>,
    /// The row to use of a service that was put on the contract twice.
    pub chosen: BTreeMap<ServiceId, ContractServiceId>,
    /// Services of which nothing more is sent now, and why.
    pub failed: BTreeMap<ServiceId, Finding>,
    /// What the operator must look at.
    pub warnings: BTreeMap<ServiceId, BTreeSet<Finding>>,
    /// What is worth telling and no warning.
    pub notes: BTreeMap<ServiceId, BTreeSet<Finding>>,
}

impl Progress {
    /// Adds warnings.
    pub fn warn(&mut self, service: ServiceId, warnings: &[Finding]) {
        if !warnings.is_empty() {
            self.warnings.entry(service).or_default().extend(warnings.iter().cloned());
        }
    }

    /// Adds what is worth telling.
    pub fn note(&mut self, service: ServiceId, notes: &[Finding]) {
        if !notes.is_empty() {
            self.notes.entry(service).or_default().extend(notes.iter().cloned());
        }
    }

    /// Nothing more of this service is sent; the first reason counts.
    pub fn fail(&mut self, service: ServiceId, finding: Finding) {
        self.failed.entry(service).or_insert(finding);
    }

    /// Takes a write as it stands now, in place of what was known of it.
    pub fn remember(&mut self, entry: &Entry) {
        put(&mut self.entries, entry);
        self.remember_shifts(entry);
    }

    /// Takes what a write shifted, whichever invoice it was for.
    pub fn remember_shifts(&mut self, entry: &Entry) {
        if !entry.shifts.is_empty() {
            put(&mut self.shifted, entry);
        }
    }

    /// What of that stands, by row.
    #[must_use]
    pub fn shifts(&self) -> Vec<(ContractServiceId, Shift)> {
        let standing = self.shifted.iter().filter(|entry| entry.stands());
        let of_rows = standing.filter_map(|entry| Some((entry.contract_service?, &entry.shifts)));
        of_rows.flat_map(|(row, shifts)| shifts.iter().map(move |shift| (row, *shift))).collect()
    }

    /// The writes to a service, in order.
    pub fn of(&self, service: ServiceId) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.service == Some(service))
    }

    /// Where each begun service stood before this application, and what this application changed since.
    #[must_use]
    pub fn baselines(&self) -> BTreeMap<ServiceId, Baseline> {
        let baseline = |(service, began): (&ServiceId, &Began)| {
            let is_since = |entry: &&Entry| {
                let write = entry.order();
                began.lost.contains(&write) || began.since.is_none_or(|since| write >= since)
            };
            let entries: Vec<Entry> = self.of(*service).filter(is_since).cloned().collect();
            let others = self.shifted.iter().filter(|entry| entry.service == Some(*service));
            let before = others.filter(|entry| !is_since(entry) && entry.stands());
            let shifts_before = before.flat_map(|entry| entry.shifts.iter().copied()).collect();
            let written = prices_written(&entries);
            let standing = entries.iter().filter(|entry| entry.stands());
            let shifts = standing.clone().flat_map(|entry| entry.shifts.iter().copied()).collect();
            let ours = standing.flat_map(Entry::changes);
            let ours = ours.chain(began.offset.iter().copied()).collect();
            let RowState { units, price, cost, .. } = began.before.clone();
            let prices = written.get(service).cloned().unwrap_or_default();
            let made = entries.iter().any(|entry| entry.stands() && entry.makes_row());
            let steps = units;
            (*service, Baseline { steps, ours, shifts, shifts_before, price, cost, prices, made })
        };
        self.began.iter().map(baseline).collect()
    }

    /// Adjustments that were taken as lost and stand in the target after all: on their day there is exactly the change of
    /// the first of them more than was there before and is known to be ours (sync-rules 8.2, a request that is carried
    /// out even later). What another application wrote meanwhile, `beside` this one, is no such change. Of days before
    /// the first one that was read only their sum is seen, and tells the same of all that was lost there:
    ///
    /// ```text
    /// September stands    5 @1 Sep, 6 @19 Sep      its lost +5 @1 Sep comes once it is recorded
    /// October reads      11 @30 Sep                five more than September left: it came
    /// ```
    #[must_use]
    pub fn late(
        &self,
        present: &PresentContract,
        from: Day,
        beside: &[Entry],
        rules: &dyn BillingRules,
    ) -> Vec<Entry> {
        if rules.tells_own_writes() {
            return self.found_late(present, beside, rules);
        }
        let mut late = Vec::new();
        for (service, mut baseline) in self.baselines() {
            let others = beside.iter().chain(self.others_since(service));
            let others = others.filter(|entry| entry.service == Some(service) && entry.stands());
            baseline.ours.extend(others.flat_map(Entry::changes));
            let row = self.present_row(service, present);
            let now = row.map(PresentService::timeline).unwrap_or_default();
            let mut before = beyond(&baseline, &now);
            let since = before.split_off(&from.next());
            let lost = |on: &dyn Fn(Day) -> bool| -> Vec<&Entry> {
                let dated = |entry: &&Entry| entry.adjustment().is_some_and(|(day, _)| on(day));
                self.of(service).filter(|entry| entry.is_doubtful()).filter(dated).collect()
            };
            let leap: i64 = before.values().sum();
            if leap != 0 {
                late.extend(first_of_sum(lost(&|day| day <= from), leap));
            }
            for (day, change) in since {
                late.extend(first_of_sum(lost(&|on| on == day), change));
            }
            late.extend(self.late_price(service, present, beside, rules));
        }
        late
    }

    /// What other invoices wrote to a service since this one began there.
    fn others_since(&self, service: ServiceId) -> impl Iterator<Item = &Entry> {
        let since = self.began.get(&service).and_then(|began| began.since);
        self.others.iter().filter(move |entry| since.is_none_or(|since| entry.order() >= since))
    }

    /// The same where each write shows by itself, such as by a key of its own: each with the row in which it shows. A row
    /// that shows another one of ours, by this application or `beside` it, shows no second one: what was sent again has the
    /// key of what was lost (sync-rules 10.11). Nor does one that another invoice has made so since: the two leave what one
    /// leaves.
    ///
    /// ```text
    /// November   8 → 5 of line 31      lost
    /// October    8 → 5 of line 31      planned again, written
    /// November   reads 5               what October left
    /// ```
    fn found_late(
        &self,
        present: &PresentContract,
        beside: &[Entry],
        rules: &dyn BillingRules,
    ) -> Vec<Entry> {
        let shows_in = |entry: &Entry| rules.all_found_on_contract(&entry.sent(), present);
        let own = |entry: &Entry| {
            let rows = shows_in(entry);
            let named = entry.result.as_ref().and_then(WriteResult::row);
            let row = named.filter(|row| rows.contains(row)).or(rows.first().copied())?;
            Some((discriminant(&entry.operation), row))
        };
        let standing = self.entries.iter().chain(beside).filter(|entry| entry.stands());
        let mut told: Vec<(Discriminant<Operation>, i64)> = standing.filter_map(own).collect();
        let mut late = Vec::new();
        for entry in self.entries.iter().filter(|entry| entry.is_doubtful()) {
            let kind = discriminant(&entry.operation);
            let since = self.others.iter().filter(|other| {
                other.order() > entry.order() && discriminant(&other.operation) == kind
            });
            let made: Vec<i64> = since.flat_map(&shows_in).collect();
            let of_none = |row: &i64| !told.contains(&(kind, *row)) && !made.contains(row);
            let Some(row) = shows_in(entry).into_iter().find(of_none) else { continue };
            told.push((kind, row));
            late.push(entry.shown_in(row));
        }
        late
    }

    /// Takes note of the writes that were taken as lost and have come after all, by what is there now, read from that day
    /// on: what is planned after this puts them right (sync-rules 8.2). Nothing is durable by it.
    pub fn recognise(
        &mut self,
        present: &PresentContract,
        from: Day,
        rules: &dyn BillingRules,
    ) -> Recognised {
        let mut found = Recognised::default();
        let mut earlier = std::mem::take(&mut self.earlier);
        for known in &mut earlier {
            for entry in known.progress.late(present, from, &self.entries, rules) {
                let entry = entry.came_late();
                known.progress.remember(&entry);
                known.progress.warn(known.service, &[came_late(&entry)]);
                known.late.push(entry.clone());
                self.remember_shifts(&entry);
                found.services.insert(known.service);
                found.entries.push(entry);
            }
        }
        self.earlier = earlier;
        for entry in self.late(present, from, &[], rules) {
            let entry = entry.came_late();
            self.remember(&entry);
            if let Some(service) = entry.service {
                self.warn(service, &[came_late(&entry)]);
                found.services.insert(service);
            }
            found.entries.push(entry);
        }
        found.twice = self.made_twice(present);
        self.chosen.extend(found.twice.iter().copied());
        found
    }

    /// Takes writes of which nothing is known yet as a sync will settle them by this reading, before it plans: a plan says
    /// the same (sync-rules 8.9). Nothing is durable by it.
    pub fn foresee_settled(&mut self, present: &PresentContract, rules: &dyn BillingRules) {
        let mut earlier = std::mem::take(&mut self.earlier);
        for known in &mut earlier {
            known.progress.foresee_settled(present, rules);
        }
        self.earlier = earlier;
        let open = self.entries.iter().filter(|entry| entry.result.is_none());
        let settled: Vec<Entry> = open
            .map(|entry| Entry {
                result: Some(WriteResult::settled(rules.found_on_contract(&entry.sent(), present))),
                ..entry.clone()
            })
            .collect();
        for entry in settled {
            self.remember(&entry);
        }
    }

    /// The first dated re-price that was taken as lost and shows now. Where another write set the same price, by this
    /// application or `beside` it, nothing tells whether the lost one came too: the two leave what one leaves.
    fn late_price(
        &self,
        service: ServiceId,
        present: &PresentContract,
        beside: &[Entry],
        rules: &dyn BillingRules,
    ) -> Option<Entry> {
        let prices = |entry: &Entry| entry.operation.prices();
        let others = || {
            let beside = beside.iter().filter(move |entry| entry.service == Some(service));
            self.of(service).chain(beside).filter(|entry| entry.stands())
        };
        let shows = |entry: &&Entry| {
            entry.is_doubtful()
                && entry.adjustment().is_some_and(|(_, units)| units == 0)
                && rules.found_on_contract(&entry.sent(), present).is_some()
                && others().all(|other| prices(other) != prices(entry))
        };
        self.of(service).find(shows).cloned()
    }

    /// The row that this application made or wrote to.
    fn row_of(&self, service: ServiceId) -> Option<ContractServiceId> {
        let known = |entry: &Entry| entry.contract_service.or_else(|| entry.made_row());
        self.of(service).filter(|entry| entry.stands()).find_map(known)
    }

    /// That row as it was read, or the first of the service where it wrote to none.
    #[must_use]
    pub fn present_row<'p>(
        &self,
        service: ServiceId,
        present: &'p PresentContract,
    ) -> Option<&'p PresentService> {
        let row = self.row_of(service);
        let mut rows = present.services.iter().filter(|known| known.service == service);
        rows.find(|known| row.is_none_or(|row| known.contract_service == row))
    }

    /// The row to go on with where a service is on the contract twice because making it was taken as lost, made again,
    /// and came late: the one that has the seats.
    #[must_use]
    pub fn made_twice(&self, present: &PresentContract) -> Vec<(ServiceId, ContractServiceId)> {
        let twice = |service: &ServiceId| {
            let rows = present.services.iter().filter(|row| row.service == *service);
            let lost = self.of(*service).any(|entry| {
                entry.is_doubtful()
                    && matches!(entry.operation, Operation::CreateContractService { .. })
            });
            lost && rows.count() > 1
        };
        let services = self.began.keys().filter(|service| twice(service));
        services.filter_map(|service| Some((*service, self.row_of(*service)?))).collect()
    }

    /// Services with a write that was taken as lost in this run or since that moment: the next run looks whether it
    /// came after all.
    #[must_use]
    pub fn doubtful(&self, run: RunId, since: DateTime<Utc>) -> BTreeSet<ServiceId> {
        let lost = self.entries.iter().filter(|entry| entry.is_doubtful());
        let young = lost.filter(|entry| entry.run == run || entry.at > since);
        young.filter_map(|entry| entry.service).collect()
    }

    /// What becomes durable with the next intent: where this application began, and its warnings.
    #[must_use]
    pub fn begin(
        &mut self,
        connection: &ConnectionId,
        application: &Application,
        since: (RunId, u64),
        service: ServiceId,
        now: &RowState,
    ) -> Batch {
        let began = self.began.entry(service);
        let (month, since) = (Some(application.month), Some(since));
        let before = now.clone();
        let began = began.or_insert_with(|| Began { month, since, before, ..Began::default() });
        began.warnings.extend(self.warnings.get(&service).into_iter().flatten().cloned());
        began.notes.extend(self.notes.get(&service).into_iter().flatten().cloned());
        let key = of_begun(connection, application.contract, &application.invoice, service);
        let mut batch = Batch::new();
        batch.put(BASELINES, &key, began);
        batch
    }

    /// What becomes durable when this application is recorded: only services that failed, or of which a write may still
    /// come late, need their baseline. Of the latter what stands now is what the operator may change from now on, and what
    /// there was to say is said.
    pub fn finish(
        &self,
        batch: &mut Batch,
        connection: &ConnectionId,
        application: &Application,
        failed: &BTreeSet<ServiceId>,
        doubtful: &BTreeSet<ServiceId>,
        moment: &Handover<'_>,
    ) {
        for service in self.began.keys().filter(|service| !failed.contains(service)) {
            let key = of_begun(connection, application.contract, &application.invoice, *service);
            match self.handed_on(*service, &[], moment).filter(|_| doubtful.contains(service)) {
                Some(began) => batch.put(BASELINES, &key, &began),
                None => batch.remove(BASELINES, &key),
            }
        }
    }

    /// Where an application goes on from at this moment: of its writes only those that may still come late, or just came
    /// (`late`) and are still to be taken back, are no part of what is there.
    ///
    /// ```text
    /// September is recorded with 5; its lost +5 @1 Sep comes while October is applied, which wants 5:
    /// stands      10 @1 Sep, 5 @1 Oct      October took 5 away from its own first day on
    /// before       5 @1 Sep, 5 @1 Oct
    /// ours        +5 @1 Sep, −5 @1 Oct     the late write, and the offset of October
    /// ```
    #[must_use]
    pub fn handed_on(
        &self,
        service: ServiceId,
        late: &[Entry],
        moment: &Handover<'_>,
    ) -> Option<Began> {
        let began = self.began.get(&service)?;
        let lost = self.of(service).filter(|entry| entry.is_doubtful()).chain(late);
        let changes = late.iter().flat_map(Entry::changes);
        let changes: Vec<(Day, i64)> = changes.filter(|(day, _)| *day < moment.month).collect();
        let sum: i64 = changes.iter().map(|(_, units)| units).sum();
        let offset = Some((moment.month, -sum)).filter(|_| sum != 0);
        let before = RowState::of_row(self.present_row(service, moment.present));
        let stands = self.stood(service).until(moment.from, &before.units);
        let ours = changes.into_iter().chain(offset).map(|(day, units)| (day, -units));
        Some(Began {
            month: began.month,
            since: Some(moment.since),
            lost: lost.map(Entry::order).collect(),
            offset: offset.into_iter().collect(),
            before: RowState {
                units: Timeline::from_changes(stands.changes().chain(ours)),
                ..before
            },
            ..Began::default()
        })
    }

    /// What stood there before this application, with what it has written since.
    fn stood(&self, service: ServiceId) -> Timeline {
        let baseline = self.baselines().remove(&service).unwrap_or_default();
        Timeline::from_changes(baseline.steps.changes().chain(baseline.ours))
    }
}

/// What a reading told of writes that had been taken as lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recognised {
    /// Those that have come after all.
    pub entries: Vec<Entry>,
    /// The services that they went to, in this month or an earlier one: what was planned before is planned anew.
    pub services: BTreeSet<ServiceId>,
    /// Services that are on the contract twice because making their row came late too, each with the row to go on with.
    pub twice: Vec<(ServiceId, ContractServiceId)>,
}

fn came_late(entry: &Entry) -> Finding {
    let first = entry.changes().into_iter().next();
    let change = first.map(|(day, units)| format!(" ({units:+} on {day})"));
    let text = format!(
        "A change that got no answer{} was carried out late, after it had been taken as lost.",
        change.unwrap_or_default()
    );
    Finding::new(Code::LateWrite, text, "Check the quantities of this month on the contract.")
}

/// Takes an entry in place of what was known of it.
fn put(entries: &mut Vec<Entry>, entry: &Entry) {
    let same = |known: &&mut Entry| known.run == entry.run && known.number == entry.number;
    match entries.iter_mut().find(same) {
        Some(known) => known.clone_from(entry),
        None => entries.push(entry.clone()),
    }
}

/// The first of the entries, as many as come to this change together; none where no number of them does.
fn first_of_sum(entries: Vec<&Entry>, change: i64) -> Vec<Entry> {
    let (mut sum, mut taken) = (0, Vec::new());
    for entry in entries {
        sum += entry.adjustment().map_or(0, |(_, units)| units);
        taken.push(entry.clone());
        if sum == change {
            return taken;
        }
    }
    Vec::new()
}

/// Changes, by day, that were neither there before nor are known to be ours.
fn beyond(baseline: &Baseline, now: &Timeline) -> BTreeMap<Day, i64> {
    let known = baseline.steps.changes().chain(baseline.ours.iter().copied());
    let mut beyond = BTreeMap::<Day, i64>::new();
    for (day, change) in now.changes().chain(known.map(|(day, change)| (day, -change))) {
        *beyond.entry(day).or_default() += change;
    }
    beyond.retain(|_, change| *change != 0);
    beyond
}
