//! Whether everything is right in the calm: timelines, prices, nothing twice, records that tell of every write.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};
use prism_connect::{
    domain::{
        outcome::Outcome,
        run::{RunKind, RunReport, SubscriptionRow},
    },
    engine::{
        protocol::{About, Answer, Command, command},
        views::HistoryView,
    },
};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::{
    hands::{HandEdit, OnContract, by_name, contract_of},
    oracle::Judged,
    rig::{Target, pretty},
    story::{Story, first_of, is_azure, last_of},
    worlds::{FIRST, PRODUCTS, other_service, own_service, tenth_more},
};

/// A contract and the name of a service on it.
pub type Place = (i64, String);

/// Steps by place.
pub type Expected = BTreeMap<Place, Vec<(NaiveDate, i64)>>;

/// What is known of a story in its calm.
pub struct Verdict<'a> {
    story: &'a Story,
    edits: Vec<HandEdit>,
    contracts: BTreeMap<i64, Vec<OnContract>>,
    runs: Vec<RunReport>,
}

impl<'a> Verdict<'a> {
    /// Judges it.
    pub async fn of(story: &'a Story) {
        let mut contracts = BTreeMap::new();
        for mapping in &story.mapped {
            let rows = story.hands.contract(mapping.contract_id).await;
            contracts.insert(mapping.contract_id, rows);
        }
        let (edits, runs) = (story.hands.edits(), runs(story).await);
        let verdict = Self { story, edits, contracts, runs };
        verdict.nothing_is_there_twice().await;
        verdict.timelines_are_right().await;
        verdict.prices_are_right().await;
        verdict.bills_are_right().await;
        verdict.every_write_is_recorded().await;
        verdict.runs_are_complete();
    }

    /// What is known of a story, for people.
    pub async fn tell(story: &'a Story, last: &RunReport) -> String {
        let mut text = pretty(last);
        for mapping in &story.mapped {
            for row in story.hands.contract(mapping.contract_id).await {
                text.push_str(&format!("\n{} {} {:?}", mapping.contract_id, row.name, row.steps));
            }
        }
        for run in runs(story).await {
            text.push_str(&format!("\n{}", short(&run)));
        }
        format!("{text}\n{:#?}\n{:#?}", story.hands.edits(), expected(story).await)
    }

    fn seed(&self) -> u64 {
        self.story.seed
    }

    async fn nothing_is_there_twice(&self) {
        for (contract, rows) in &self.contracts {
            for (name, rows) in by_name(rows) {
                assert_eq!(rows.len(), 1, "seed {}: {name} on {contract}: {rows:?}", self.seed());
            }
        }
        if self.target() == Target::Connectwise {
            self.keys_are_unique().await;
        }
        let services = self.story.hands.services().await;
        let names: BTreeSet<&str> = services.iter().map(|(_, name)| name.as_str()).collect();
        assert!(!services.is_empty());
        assert_eq!(names.len(), services.len(), "seed {}: {services:?}", self.seed());
    }

    fn target(&self) -> Target {
        self.story.hands.target()
    }

    /// No two lines with units have one key (sync-rules 10.10, 10.11).
    async fn keys_are_unique(&self) {
        for contract in self.contracts.keys() {
            let mut keys = BTreeSet::new();
            let lines = self.story.hands.lines(*contract).await;
            for line in &lines {
                let Some(key) = line.key.clone().filter(|_| line.units != 0) else { continue };
                let told = || format!("seed {}: {line:?} on {contract}: {lines:#?}", self.seed());
                assert!(line.is_ours(), "{}", told());
                assert!(keys.insert(key), "a second one: {}: {}", told(), self.told(None));
            }
        }
    }

    async fn timelines_are_right(&self) {
        let expected = self.expected().await;
        let synced = last_of(self.story.month);
        let (none, nowhere) = (Vec::new(), BTreeSet::new());
        for (contract, rows) in &self.contracts {
            let rows = by_name(rows);
            let ought = expected.keys().filter(|(on, _)| on == contract).map(|(_, name)| &**name);
            let names: BTreeSet<&str> = rows.keys().copied().chain(ought).collect();
            let adjusted = self.adjusted(*contract).await;
            for service in names {
                let place = (*contract, service.to_owned());
                let judged = Judged {
                    contract: *contract,
                    service,
                    ought: expected.get(&place).unwrap_or(&none),
                    stands: rows.get(service).and_then(|rows| rows.first().copied()),
                    synced,
                    edits: &self.edits,
                    adjusted: adjusted.get(service).unwrap_or(&nowhere),
                    kept: &self.story.kept,
                    days_are_taken: self.target() == Target::Autotask,
                };
                let wrong = judged.wrong();
                assert!(wrong.is_none(), "seed {}: {}", self.seed(), self.told(wrong.as_ref()));
            }
        }
    }

    /// What is wrong, and the runs that led to it.
    fn told(&self, wrong: Option<&String>) -> String {
        let runs: Vec<String> = self.runs.iter().map(short).collect();
        format!("{}\n{}", wrong.map(String::as_str).unwrap_or_default(), runs.join("\n"))
    }

    async fn expected(&self) -> Expected {
        expected(self.story).await
    }

    /// The days on which adjustments of ours lie, by service.
    async fn adjusted(&self, contract: i64) -> BTreeMap<String, BTreeSet<NaiveDate>> {
        let mut days: BTreeMap<String, BTreeSet<NaiveDate>> = BTreeMap::new();
        for change in self.history(contract).await {
            let day = change.effective.filter(|_| stands(change.result.as_str()));
            days.entry(change.service).or_default().extend(day.map(|day| day.0));
        }
        days
    }

    async fn history(&self, contract: i64) -> Vec<HistoryView> {
        let on =
            |mapping: &&prism_connect::sim::world::TrueMapping| mapping.contract_id == contract;
        let mapping = self.story.mapped.iter().find(on).expect("a mapped contract");
        let command =
            Command::from(command::History { tenant: mapping.domain.clone(), service: None });
        let answer = self.story.rig.ask(command).await;
        let Answer::History(About { found: changes, .. }) = answer else { panic!("{answer:?}") };
        changes
    }

    /// Where seats stand, they have the price of their newest invoice.
    async fn prices_are_right(&self) {
        for (contract, rows) in &self.contracts {
            let last = self.priced(*contract).await;
            for row in rows.iter().filter(|row| row.units(last) > 0 && !is_azure(&row.name)) {
                let product = PRODUCTS.iter().position(|(sku, ..)| {
                    row.name == own_service(sku) || row.name == other_service(sku, self.target())
                });
                let product = product.expect("one of ours");
                let rrp = PRODUCTS[product].2;
                let dearer = self.story.small.dearer.filter(|(which, _)| *which == product);
                let risen = dearer.is_some_and(|(_, month)| self.story.month.1 >= month);
                let ought = if risen { tenth_more(rrp) } else { rrp.to_owned() };
                let stands = row.price(last).expect("a price");
                // Lines that were made by hand keep their own price (sync-rules 10.17e).
                if stands.is_empty() {
                    continue;
                }
                // Two prices of lines that are in force at once are no number.
                let number = |text: &str| text.parse::<Decimal>().ok();
                assert_eq!(
                    number(stands),
                    number(&ought),
                    "seed {}: the price of {} on {contract}: {:?}: {}",
                    self.seed(),
                    row.name,
                    row.steps,
                    self.told(None)
                );
            }
        }
    }

    /// A day on which the newest invoice's prices stand: what lies in a month that the target has invoiced gets them from the
    /// next one on (sync-rules 10.7).
    async fn priced(&self, contract: i64) -> NaiveDate {
        let last = last_of(self.story.month);
        match self.target() {
            Target::Autotask => last,
            Target::Connectwise => last.max(self.story.hands.first_open(contract).await),
        }
    }

    /// An agreement that is not invoiced yet bills the month as its invoice says, but for what is rounded per unit.
    async fn bills_are_right(&self) {
        if self.target() == Target::Autotask {
            return;
        }
        let month = first_of(self.story.month);
        for (contract, rows) in &self.contracts {
            if self.story.hands.first_open(*contract).await > month {
                continue;
            }
            let bill =
                self.story.hands.bill(*contract, &format!("{}", month.format("%Y-%m"))).await;
            for row in rows.iter().filter(|row| !is_azure(&row.name)) {
                let (billed, units) = bill.get(&row.row).copied().unwrap_or_default();
                let Some(due) = self.due(*contract, row) else { continue };
                let allowed = Decimal::new(1, 2) * (units + Decimal::ONE);
                assert!(
                    (billed - due).abs() <= allowed,
                    "seed {}: {} on {contract} bills {billed}, not {due}: {:?}: {}",
                    self.seed(),
                    row.name,
                    row.steps,
                    self.told(None)
                );
            }
        }
    }

    /// What a service comes to in the month by its quantities, which are known to be right, at the invoice's price; none where
    /// lines by hand may have another one.
    fn due(&self, contract: i64, row: &OnContract) -> Option<Decimal> {
        let (first, last) = (first_of(self.story.month), last_of(self.story.month));
        let by_hand =
            self.edits.iter().any(|edit| edit.contract == contract && edit.service == row.name);
        if by_hand || self.story.month != FIRST {
            return None;
        }
        let product = PRODUCTS.iter().find(|(sku, ..)| {
            row.name == own_service(sku) || row.name == other_service(sku, self.target())
        });
        let price: Decimal = product?.2.parse().expect("a price");
        let days = first.iter_days().take_while(|day| *day <= last);
        let units: i64 = days.map(|day| row.units(day)).sum();
        Some(price * Decimal::from(units) / Decimal::from(last.day()))
    }

    /// The simulator's journal shows no write that the run records do not, nor the other way round.
    async fn every_write_is_recorded(&self) {
        let changes = self.story.rig.changes();
        let mut untold = 0;
        for contract in self.contracts.keys() {
            let here = |path: &str| contract_of(path) == Some(*contract);
            let carried_out = changes.iter().filter(|entry| here(&entry.path)).count();
            let history = self.history(*contract).await;
            let known = history.iter().filter(|change| stands(change.result.as_str())).count();
            let mixed = match self.target() {
                Target::Autotask => self.mixed(*contract, &history) + repeated(&history),
                // A line has a key and an id: every write of ours is told from those by hand. One that was answered otherwise
                // than it was sent stands, and is told as unconfirmed (10.12).
                Target::Connectwise => otherwise(&history),
            };
            assert!(
                (known..=known + mixed).contains(&carried_out),
                "seed {}: on {contract} {carried_out}, not {known}: {}\n{history:#?}",
                self.seed(),
                self.told(None)
            );
            untold += carried_out - known;
        }
        let on_contracts = changes.iter().filter(|e| contract_of(&e.path).is_some()).count();
        let told: usize = self.runs.iter().map(rows_written).sum();
        let told = told + untold;
        assert_eq!(on_contracts, told, "seed {}: by rows: {}", self.seed(), self.told(None));
        let products = self.runs.iter().filter(|run| run.header.kind == RunKind::Products);
        let told: u64 = products.map(|run| run.header.counts.writes).sum();
        let on_services = (changes.len() - on_contracts) as u64;
        assert_eq!(
            on_services + self.story.before,
            told,
            "seed {}: {}",
            self.seed(),
            self.told(None)
        );
    }

    /// How many writes were taken as lost on a day that was edited by hand too. The first of a month takes any number of
    /// changes, any other day one of ours and those by hand, and a reading shows their sum: nobody can tell then whether
    /// the write is part of it. What is left of the difference is written all the same (sync-rules 8.2, X9).
    fn mixed(&self, contract: i64, history: &[HistoryView]) -> usize {
        let lost =
            history.iter().filter(|change| !stands(change.result.as_str())).filter(|change| {
                let edited = |edit: &&HandEdit| {
                    let here = edit.contract == contract && edit.service == change.service;
                    here && change.effective.is_some_and(|day| day.0 == edit.date)
                };
                self.edits.iter().any(|edit| edited(&edit))
            });
        lost.count()
    }

    fn runs_are_complete(&self) {
        for run in &self.runs {
            assert!(run.header.finished_at.is_some(), "seed {}: {}", self.seed(), pretty(run));
            for ledger in &run.ledgers {
                assert!(ledger.balance.is_zero(), "seed {}: {}", self.seed(), pretty(run));
            }
            let writes = run.customers.iter().flat_map(|row| &row.subscriptions);
            for write in writes.flat_map(|bought| &bought.writes) {
                let sent = write.result.as_str() != "not sent";
                let good = !sent || (1..=run.header.attempt).contains(&write.attempt);
                assert!(good, "seed {}: {write:?} in {}", self.seed(), pretty(run));
            }
            if run.header.kind == RunKind::Customers {
                let rows = rows_written(run) as u64;
                let counted = run.header.counts.writes;
                // One that was answered otherwise than it was sent was carried out, and its row says unconfirmed (10.12).
                let otherwise = match self.target() {
                    Target::Autotask => 0,
                    Target::Connectwise => unconfirmed(run),
                };
                let good = (rows..=rows + otherwise).contains(&counted);
                assert!(good, "seed {}: {counted}, not {rows}: {}", self.seed(), pretty(run));
            }
        }
        assert!(first_of(self.story.month) >= first_of(FIRST));
    }
}

/// How many re-prices without units were taken as lost and written again: the two leave what one leaves, so no reading tells
/// whether the first one came after all.
fn repeated(history: &[HistoryView]) -> usize {
    let lost = history.iter().filter(|change| {
        let repriced = change.effective.is_some() && change.units.0 == change.units.1;
        let again = |other: &&HistoryView| {
            stands(other.result.as_str())
                && (&other.service, other.effective) == (&change.service, change.effective)
                && (other.unit_price, other.unit_cost) == (change.unit_price, change.unit_cost)
        };
        repriced && !stands(change.result.as_str()) && history.iter().any(|other| again(&other))
    });
    lost.count()
}

fn unconfirmed(run: &RunReport) -> u64 {
    let bought = run.customers.iter().flat_map(|row| &row.subscriptions);
    let writes = bought.flat_map(|bought| &bought.writes);
    writes.filter(|write| write.result.as_str() == "unconfirmed").count() as u64
}

fn otherwise(history: &[HistoryView]) -> usize {
    history.iter().filter(|change| change.result.as_str() == "unconfirmed").count()
}

/// The steps that ought to stand by the histories, once every month with an invoice was synced.
pub async fn expected(story: &Story) -> Expected {
    let first = format!("{:04}-{:02}", FIRST.0, FIRST.1);
    let mapping = |mapping: &prism_connect::sim::world::TrueMapping| {
        json!({"tenant": mapping.domain, "contract_id": mapping.contract_id,
            "first_month": first})
    };
    let mappings: Vec<Value> = story.mapped.iter().map(mapping).collect();
    let months = (FIRST.1..=story.month.1).map(|month| format!("2026-{month:02}"));
    let months: Vec<String> = months.collect();
    let asked = json!({"mappings": mappings, "azure": story.small.azure, "months": months});
    let told = story.rig.control("expected", &asked).await;
    let step = |step: &Value| {
        let date = step["date"].as_str().expect("a date").parse().expect("a date");
        (date, step["units"].as_i64().expect("units"))
    };
    let row = |row: &Value| {
        let sku = row["sku"].as_str().expect("a SKU");
        let steps: Steps = row["steps"].as_array().expect("steps").iter().map(step).collect();
        let contract = row["contract_id"].as_i64().expect("an id");
        let parts = match story.pinned.get(sku) {
            None => vec![(own_service(sku), steps)],
            Some(month) => moved((sku, story.hands.target()), &steps, first_of(*month)),
        };
        parts.into_iter().map(move |(name, steps)| ((contract, name), steps)).collect::<Vec<_>>()
    };
    told.as_array().expect("a list").iter().flat_map(row).collect()
}

/// Steps by date.
type Steps = Vec<(NaiveDate, i64)>;

/// Steps of a product that was pinned to its other service: they are on its own one before that day, and not after.
fn moved((sku, target): (&str, Target), steps: &Steps, day: NaiveDate) -> Vec<(String, Steps)> {
    let mut before: Steps = steps.iter().filter(|(from, _)| *from < day).copied().collect();
    let mut after: Steps = steps.iter().filter(|(from, _)| *from >= day).copied().collect();
    let goes_on = before.last().map(|(_, units)| *units).filter(|units| *units > 0);
    if let Some(units) = goes_on {
        before.push((day, 0));
        if after.first().is_none_or(|(from, _)| *from > day) {
            after.insert(0, (day, units));
        }
    }
    vec![(own_service(sku), before), (other_service(sku, target), after)]
}

/// Whether a run failed only where no order of writes could do it (sync-rules 4.4, 4.5): the invoice takes seats away before
/// a taken day that has fewer. An operator must see to that.
pub async fn is_impossible(story: &Story, run: &RunReport) -> bool {
    // Lines are cut and added: whatever stands, an order of writes can follow the invoice.
    if story.hands.target() == Target::Connectwise {
        return false;
    }
    let ought = expected(story).await;
    for customer in &run.customers {
        let mapping = story.mapped.iter().find(|known| known.domain == customer.tenant);
        let contract = mapping.expect("a mapped tenant").contract_id;
        let rows = story.hands.contract(contract).await;
        let code = |row: &SubscriptionRow| row.error.as_ref().map(|error| error.code.to_string());
        let is_partner = |row: &&SubscriptionRow| code(row).as_deref() == Some("partner_failed");
        let all = || customer.subscriptions.iter().filter(|row| row.status == Outcome::Failure);
        // Seats that move between two services stay where they are when one of the two fails.
        if all().all(|row| is_partner(&row)) && all().next().is_some() {
            return false;
        }
        for bought in all().filter(|row| !is_partner(row)) {
            let refused = code(bought).as_deref() == Some("negative");
            let name = story.bills(bought.sku.as_deref().unwrap_or_default());
            let stands = rows.iter().find(|row| row.name == name);
            let place = (contract, name);
            let hollow = stands.zip(ought.get(&place)).is_some_and(|(stands, ought)| {
                is_hollow(stands, ought, (first_of(story.month), last_of(story.month)))
            });
            if !refused || !hollow {
                return false;
            }
        }
    }
    run.header.message.is_none()
}

fn is_hollow(
    stands: &OnContract,
    ought: &[(NaiveDate, i64)],
    (first, last): (NaiveDate, NaiveDate),
) -> bool {
    let wanted = |day| ought.iter().rev().find(|(from, _)| *from <= day).map_or(0, |(_, u)| *u);
    let taken = stands.steps.iter().map(|(day, ..)| *day);
    let mut taken = taken.filter(|day| *day > first && *day <= last && day.day() != 1);
    taken.any(|taken| {
        let before = first.iter_days().take_while(|day| *day < taken);
        let most = before.map(|day| stands.units(day) - wanted(day)).max();
        most.is_some_and(|most| most > stands.units(taken))
    })
}

async fn runs(story: &Story) -> Vec<RunReport> {
    let answer = story.rig.ask(command::Runs { limit: 1_000 }).await;
    let Answer::Runs(headers) = answer else { panic!("{answer:?}") };
    let mut runs = Vec::new();
    for header in headers {
        let answer = story.rig.ask(command::Run { id: Some(header.id) }).await;
        let Answer::Run(report) = answer else { panic!("{answer:?}") };
        runs.push(*report);
    }
    runs.sort_by_key(|run| run.header.id);
    runs
}

/// Writes that stand, by the rows: subscriptions of one service tell the same ones.
fn rows_written(run: &RunReport) -> usize {
    let mut seen = BTreeMap::new();
    for customer in &run.customers {
        for bought in &customer.subscriptions {
            let stands = bought.writes.iter().filter(|write| write.stands());
            let place = (&customer.invoice, &customer.target_contract, &customer.target_company);
            seen.insert((place, bought.service_id), stands.count());
        }
    }
    seen.values().sum()
}

/// Whether a result means that the write is in Autotask.
fn stands(result: &str) -> bool {
    matches!(result, "written" | "settled as written")
}

/// A run in a few lines.
fn short(run: &RunReport) -> String {
    let header = &run.header;
    let mut text = format!(
        "run {} {:?} {:?} attempt {} writes {} {}",
        header.id,
        header.kind,
        header.status,
        header.attempt,
        header.counts.writes,
        header.message.as_ref().map(|told| told.text.as_str()).unwrap_or_default()
    );
    for customer in &run.customers {
        for bought in &customer.subscriptions {
            let writes: Vec<String> = bought
                .writes
                .iter()
                .map(|write| {
                    let day = write.effective.map(|day| day.to_string()).unwrap_or_default();
                    format!(
                        "{} {day} {:+} #{} {}",
                        write.kind, write.units, write.attempt, write.result
                    )
                })
                .collect();
            text.push_str(&format!(
                "\n   {} {} {:?} {:?} [{}] {:?} {:?}",
                customer.invoice,
                customer.tenant,
                bought.service_id.map(|id| id.0),
                bought.status,
                writes.join(", "),
                bought.error.as_ref().map(|told| told.text.as_str()),
                bought.warnings.iter().map(|told| told.code.as_str()).collect::<Vec<_>>(),
            ));
        }
    }
    text
}
