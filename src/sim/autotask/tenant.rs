//! What an Autotask tenant holds: tables, the steps of services on contracts, who may log in.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{NaiveDate, NaiveDateTime, Utc};
use rust_decimal::Decimal;

use super::cell::Cell;
use super::entities::{CONTRACT_SERVICES, CONTRACTS, SERVICES};
use super::schema::{Entity, Row};
use super::steps::{Making, Span, Steps, Terms, months, spans};
use super::waiting::Waiting;
use crate::assumptions::Assumptions;
use crate::behaviour::Behaviour;

/// How the API user logs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Credentials {
    /// User name.
    pub(crate) username: String,
    pub(crate) secret: String,
    /// Tracking identifier.
    pub(crate) integration_code: String,
}

impl Default for Credentials {
    fn default() -> Self {
        Self {
            username: "prism-connect@partner.example".into(),
            secret: "s1mulated-Secret!42".into(),
            integration_code: "SIMULATEDINTEGRATIONCODE001".into(),
        }
    }
}

/// The rows of one entity.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub(super) rows: BTreeMap<i64, Row>,
    next: i64,
}

impl Table {
    /// An id not given out before.
    pub(super) fn take_id(&mut self) -> i64 {
        let beyond = self.rows.last_key_value().map_or(0, |(id, _)| *id) + 1;
        self.next = self.next.max(beyond) + 1;
        self.next - 1
    }

    pub(super) fn insert(&mut self, row: Row) {
        self.rows.insert(row.id(), row);
    }
}

/// A span that was approved and posted, with the money it was posted at.
#[derive(Clone, Debug)]
pub(super) struct Posted {
    pub(super) end: NaiveDate,
    pub(super) price: Decimal,
    pub(super) cost: Decimal,
    pub(super) at: NaiveDateTime,
}

/// A service on a contract, besides its row.
#[derive(Clone, Debug)]
pub(super) struct OnContract {
    pub(super) contract: i64,
    pub(super) service: i64,
    pub(super) steps: Steps,
    pub(super) posted: BTreeMap<NaiveDate, Posted>,
}

/// Everything a tenant holds.
#[derive(Debug, Default)]
pub(crate) struct Tenant {
    pub(super) credentials: Credentials,
    pub(super) user_locked: bool,
    pub(super) tables: HashMap<&'static str, Table>,
    pub(super) on_contracts: BTreeMap<i64, OnContract>,
    pub(super) by_contract: HashMap<i64, Vec<i64>>,
    /// Names of services without case: the unique key `IX_service`.
    pub(super) service_names: HashMap<String, i64>,
    pub(super) adjustments: i64,
    /// What people do after a read.
    pub(super) waiting: Vec<Waiting>,
    pub(super) behaviour: Behaviour,
    /// The day it is, to which rows written ahead are counted.
    pub(super) today: NaiveDate,
}

/// The tenant as its servers share it.
pub(crate) type SharedTenant = Arc<Mutex<Tenant>>;

pub(crate) fn share(tenant: Tenant) -> SharedTenant {
    Arc::new(Mutex::new(tenant))
}

pub(crate) fn locked(tenant: &SharedTenant) -> MutexGuard<'_, Tenant> {
    tenant.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Tenant {
    /// How the API user logs in.
    pub(crate) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Locks or unlocks the API user.
    pub(crate) fn lock_user(&mut self, locked: bool) {
        self.user_locked = locked;
    }

    /// What it does where the contract only assumes.
    pub(super) fn assumed(&self) -> Assumptions {
        self.behaviour.assumed()
    }

    /// Says what day it is.
    pub(crate) fn set_today(&mut self, today: NaiveDate) {
        self.today = today;
    }

    pub(super) fn table(&mut self, entity: &Entity) -> &mut Table {
        self.tables.entry(entity.name).or_default()
    }

    pub(super) fn row(&self, entity: &Entity, id: i64) -> Option<&Row> {
        self.tables.get(entity.name)?.rows.get(&id)
    }

    pub(super) fn now() -> NaiveDateTime {
        Utc::now().naive_utc()
    }

    /// The dates and period length of a contract; none where it has no sensible dates.
    pub(super) fn terms(&self, contract: i64) -> Option<Terms> {
        let row = self.row(&CONTRACTS, contract)?;
        Some(Terms {
            start: row.get(&CONTRACTS, "startDate").date()?,
            end: row.get(&CONTRACTS, "endDate").date()?,
            months: months(row.get(&CONTRACTS, "contractPeriodType").whole()),
        })
    }

    fn service_months(&self, service: i64) -> u32 {
        let row = self.row(&SERVICES, service);
        months(row.and_then(|row| row.get(&SERVICES, "periodType").whole()))
    }

    /// The unit rows of a contract service, in the order of their dates. Posted money stands: a span
    /// opened later inside a posted one shows only the difference.
    pub(super) fn spans_of(&self, id: i64) -> Vec<Span> {
        let Some(on) = self.on_contracts.get(&id) else { return Vec::new() };
        let Some(terms) = self.terms(on.contract) else { return Vec::new() };
        let assumed = self.assumed();
        let making = Making {
            service_months: self.service_months(on.service),
            rounding: assumed.rounding,
            opening: assumed.opening_rows,
        };
        let mut rows = spans(&terms, &on.steps, making);
        if !on.posted.is_empty() {
            keep_posted(&mut rows, &on.posted);
        }
        rows
    }

    /// Makes the row's current prices those of the latest dated step (reference model 7).
    pub(super) fn refresh_prices(&mut self, id: i64) {
        let Some(latest) = self.on_contracts.get(&id).map(|on| on.steps.latest()) else { return };
        let table = self.table(&CONTRACT_SERVICES);
        if let Some(row) = table.rows.get_mut(&id) {
            let entity = &CONTRACT_SERVICES;
            row.set(entity, "internalCurrencyAdjustedPrice", Cell::Amount(latest.price));
            row.set(entity, "unitCost", Cell::Amount(latest.cost));
        }
    }
}

/// The first row of a posted span shows what it was posted at, the last one what has changed since.
fn keep_posted(rows: &mut [Span], posted: &BTreeMap<NaiveDate, Posted>) {
    for (start, frozen) in posted {
        let from = rows.partition_point(|row| row.start < *start);
        let to = rows.partition_point(|row| row.start <= frozen.end);
        let rows = &mut rows[from..to];
        let price: Decimal = rows.iter().map(|row| row.price).sum();
        let cost: Decimal = rows.iter().map(|row| row.cost).sum();
        for row in rows.iter_mut() {
            (row.price, row.cost) = (Decimal::ZERO, Decimal::ZERO);
        }
        if let [.., last] = rows {
            (last.price, last.cost) = (price - frozen.price, cost - frozen.cost);
        }
        if let [first, ..] = rows {
            (first.price, first.cost) = (frozen.price, frozen.cost);
        }
    }
}
