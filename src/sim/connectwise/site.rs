//! What a ConnectWise site holds: tables, who may come in with which rights, what day it is.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use chrono::{Duration, NaiveDate, NaiveDateTime, NaiveTime};

use super::ledger::Ledger;
use super::record::{Record, Stamp, Values};
use super::role::Role;
use super::table::Table;
use super::waiting::Waiting;
use crate::assumptions::Assumptions;
use crate::behaviour::Behaviour;

/// How an integration comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Keys {
    /// The company that one logs in to.
    pub(crate) company: String,
    pub(crate) public_key: String,
    pub(crate) private_key: String,
    /// The integration's own.
    pub(crate) client_id: String,
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            company: "northwind".into(),
            public_key: "s1mulatedPublic42".into(),
            private_key: "s1mulatedPrivate42".into(),
            client_id: "5e1f0c3a-9b7d-4c26-8f41-2d6a7b9c0e15".into(),
        }
    }
}

/// The API member that the keys belong to.
pub(super) const API_MEMBER: &str = "PrismSync";

/// The code base that every site answers to, until it is upgraded to another.
pub(super) const CODE_BASE: &str = "v4_6_release";

/// The records of one table.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    pub(super) records: BTreeMap<i64, Record>,
    next: i64,
}

impl Rows {
    /// An id not given out before.
    fn take_id(&mut self) -> i64 {
        let beyond = self.records.last_key_value().map_or(0, |(id, _)| *id) + 1;
        self.next = self.next.max(beyond) + 1;
        self.next - 1
    }
}

/// The time of the site: a day that is set, and what passes after it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    set: NaiveDateTime,
    at: Instant,
}

impl Clock {
    fn on(day: NaiveDate) -> Self {
        let morning = NaiveTime::from_hms_opt(9, 0, 0).unwrap_or_default();
        Self { set: day.and_time(morning), at: Instant::now() }
    }

    pub(super) fn now(&self) -> NaiveDateTime {
        let passed = Duration::from_std(self.at.elapsed()).unwrap_or_default();
        self.set.checked_add_signed(passed).unwrap_or(self.set)
    }

    fn forward(&mut self, seconds: u32) {
        let later = self.set.checked_add_signed(Duration::seconds(seconds.into()));
        self.set = later.unwrap_or(self.set);
    }
}

/// Everything a site holds.
#[derive(Debug)]
pub(crate) struct Site {
    pub(super) keys: Keys,
    /// Whether the keys were taken back.
    pub(super) locked: bool,
    pub(super) code_base: String,
    pub(super) role: Role,
    pub(super) tables: BTreeMap<Table, Rows>,
    pub(super) by_agreement: HashMap<i64, BTreeSet<i64>>,
    pub(super) ledger: Ledger,
    /// Members that a workflow rule of the partner sets on every addition that is written.
    pub(super) workflow: Values,
    /// What people do after a reading.
    pub(super) waiting: Vec<Waiting>,
    pub(super) clock: Clock,
    pub(super) behaviour: Behaviour,
}

/// The site as its servers share it.
pub(crate) type SharedSite = Arc<Mutex<Site>>;

pub(crate) fn share(site: Site) -> SharedSite {
    Arc::new(Mutex::new(site))
}

pub(crate) fn locked(site: &SharedSite) -> MutexGuard<'_, Site> {
    site.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Site {
    pub(super) fn empty(today: NaiveDate, behaviour: Behaviour) -> Self {
        Self {
            keys: Keys::default(),
            locked: false,
            code_base: CODE_BASE.to_owned(),
            role: Role::default(),
            tables: BTreeMap::new(),
            by_agreement: HashMap::new(),
            ledger: Ledger::default(),
            workflow: Values::default(),
            waiting: Vec::new(),
            clock: Clock::on(today),
            behaviour,
        }
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Takes the keys back, or gives them again.
    pub(crate) fn lock_keys(&mut self, locked: bool) {
        self.locked = locked;
    }

    /// Says what day it is.
    pub(crate) fn set_today(&mut self, today: NaiveDate) {
        self.clock = Clock::on(today);
    }

    /// Lets seconds pass.
    pub(crate) fn let_pass(&mut self, seconds: u32) {
        self.clock.forward(seconds);
    }

    pub(super) fn today(&self) -> NaiveDate {
        self.clock.now().date()
    }

    /// What it does where the contract only assumes.
    pub(super) fn assumed(&self) -> Assumptions {
        self.behaviour.assumed()
    }

    pub(super) fn rows(&mut self, table: Table) -> &mut Rows {
        self.tables.entry(table).or_default()
    }

    pub(super) fn records(&self, table: Table) -> impl Iterator<Item = &Record> {
        self.tables.get(&table).into_iter().flat_map(|rows| rows.records.values())
    }

    pub(super) fn record(&self, table: Table, id: i64) -> Option<&Record> {
        self.tables.get(&table)?.records.get(&id)
    }

    /// The additions of an agreement, by id.
    pub(super) fn additions_of(&self, agreement: i64) -> impl Iterator<Item = &Record> {
        let ids = self.by_agreement.get(&agreement).into_iter().flatten();
        ids.filter_map(|id| self.record(Table::Additions, *id))
    }

    /// Keeps a new record under an id of its own.
    pub(super) fn enter(&mut self, table: Table, values: Values, by: &str) -> i64 {
        let id = self.rows(table).take_id();
        let stamp = Stamp { at: self.clock.now(), by: by.into() };
        self.keep(table, Record { id, values, entered: stamp.clone(), updated: stamp });
        id
    }

    /// Keeps a record as it is.
    pub(super) fn keep(&mut self, table: Table, record: Record) {
        if table == Table::Additions
            && let Some(agreement) = agreement_of(&record)
        {
            self.by_agreement.entry(agreement).or_default().insert(record.id);
        }
        self.rows(table).records.insert(record.id, record);
    }

    /// Changes a record's values by somebody's hand.
    pub(super) fn change(&mut self, table: Table, id: i64, values: Values, by: &str) {
        let stamp = Stamp { at: self.clock.now(), by: by.into() };
        if let Some(record) = self.rows(table).records.get_mut(&id) {
            record.values = values;
            record.updated = stamp;
        }
    }

    pub(super) fn drop_record(&mut self, table: Table, id: i64) {
        let gone = self.rows(table).records.remove(&id);
        if table == Table::Additions
            && let Some(agreement) = gone.as_ref().and_then(agreement_of)
            && let Some(held) = self.by_agreement.get_mut(&agreement)
        {
            held.remove(&id);
        }
    }
}

/// The agreement that an addition stands on.
pub(super) fn agreement_of(addition: &Record) -> Option<i64> {
    addition.values.get("agreementId")?.as_i64()
}
