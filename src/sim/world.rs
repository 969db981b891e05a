//! The simulated world: what a partner sold to whom, day by day, and the Autotask rows it starts with. Invoices and the timelines
//! that ought to stand are derived from the same histories, in two independent ways. It knows no HTTP.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

pub use self::billing::billable_ratio;
pub use self::calendar::Month;
pub use self::catalog::{Motion, Price, Product};
pub use self::invoice::ExtraLine;
pub use self::invoice_plan::{InvoicePlan, Stated};
pub use self::party::Counterpart;
pub use self::settings::{WorldKind, WorldSettings};
pub use self::subscription::{Span, Subscription};

pub(super) mod access;
pub(super) mod azure;
pub(super) mod billing;
mod by_hand;
pub(super) mod calendar;
pub(super) mod catalog;
pub(super) mod chance;
mod common_rows;
mod connectwise_rows;
mod contracts;
mod expected;
mod generation;
mod history;
pub(super) mod invoice;
mod invoice_lines;
mod invoice_plan;
mod issuing;
mod names;
mod ordering;
pub(super) mod party;
mod population;
mod settings;
pub(super) mod subscription;
mod troubles;

use self::access::Access;
use self::chance::Purpose;
use self::invoice::Invoice;
use self::party::{Agreement, Customer, Era, Tenant};
use super::seed::AutotaskSeed;

/// The counterpart that an operator who knows would choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrueMapping {
    /// The tenant's GUID.
    pub tenant_id: String,
    /// The tenant's domain.
    pub domain: String,
    /// The customer's name in PRISM.
    pub customer_name: String,
    /// The company in Autotask.
    pub company_id: i64,
    /// The contract in Autotask.
    pub contract_id: i64,
    /// False where the contract cannot work: expired, inactive, not yet started or of another type.
    pub usable: bool,
}

/// A pair with which a client gets a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PrismCredentials {
    /// A GUID.
    pub client_id: String,
    /// 32 characters.
    pub client_secret: String,
}

/// One mapping of an [`ExpectedRequest`].
#[derive(Clone, Debug, Deserialize)]
pub struct ExpectedMapping {
    /// The tenant's domain or id.
    pub tenant: String,
    /// The contract; a number or its text.
    #[serde(deserialize_with = "number_or_text")]
    pub contract_id: i64,
    /// The first month synced for it, `YYYY-MM`.
    pub first_month: String,
}

/// Which timelines to compute.
#[derive(Clone, Debug, Deserialize)]
pub struct ExpectedRequest {
    /// The mappings that were synced.
    pub mappings: Vec<ExpectedMapping>,
    /// Whether Azure was synced.
    #[serde(default)]
    pub azure: bool,
    /// The months that were synced, `YYYY-MM`.
    pub months: Vec<String>,
}

/// The units of one product that ought to stand on a contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExpectedTimeline {
    /// The contract.
    pub contract_id: i64,
    /// The SKU as the price list spells it.
    pub sku: String,
    /// `P1M:M` or `P1Y:M`.
    pub motion: String,
    /// From each day on, this many units; the first step is never 0.
    pub steps: Vec<ExpectedStep>,
}

/// A step of an [`ExpectedTimeline`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExpectedStep {
    /// `YYYY-MM-DD`.
    pub date: String,
    /// Units from this day on.
    pub units: i64,
}

fn number_or_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Id {
        Number(i64),
        Text(String),
    }
    match Id::deserialize(deserializer)? {
        Id::Number(number) => Ok(number),
        Id::Text(text) => text.trim().parse().map_err(serde::de::Error::custom),
    }
}

/// The world.
#[derive(Debug)]
pub struct World {
    kind: WorldKind,
    pub(super) seed: u64,
    /// Whether histories go on by themselves; hand-made worlds give them up front.
    living: bool,
    /// The newest month when the world was made.
    target: Month,
    pub(super) era: Era,
    pub(super) agreements: Vec<Agreement>,
    pub(super) products: Vec<Product>,
    pub(super) customers: Vec<Customer>,
    pub(super) tenants: Vec<Tenant>,
    pub(super) subscriptions: Vec<Subscription>,
    pub(super) invoices: Vec<Invoice>,
    plans: Vec<InvoicePlan>,
    autotask: AutotaskSeed,
    truths: Vec<Counterpart>,
    pub(super) by_tenant: HashMap<Uuid, usize>,
    by_domain: HashMap<String, usize>,
    pub(super) by_subscription: HashMap<Uuid, usize>,
    pub(super) by_invoice: HashMap<Uuid, usize>,
    access: Mutex<Access>,
}

impl World {
    /// The rows an Autotask tenant of this world starts with.
    pub fn autotask_seed(&self) -> AutotaskSeed {
        self.autotask.clone()
    }

    /// The counterparts that an operator who knows would choose; customers without one are absent.
    pub fn true_mappings(&self) -> Vec<TrueMapping> {
        let made = self.truths.iter().map(|truth| {
            let tenant = &self.tenants[truth.tenant];
            TrueMapping {
                tenant_id: tenant.id.to_string(),
                domain: tenant.domain.clone(),
                customer_name: self.customers[tenant.customer].name.clone(),
                company_id: truth.company,
                contract_id: truth.contract,
                usable: truth.usable,
            }
        });
        made.collect()
    }

    /// The client credentials that exist from the start.
    pub fn credentials(&self) -> PrismCredentials {
        let access = self.access();
        let (id, secret) = access.first_client();
        PrismCredentials { client_id: id.to_owned(), client_secret: secret.to_owned() }
    }

    /// The newest month with an issued standard invoice: year and month.
    pub fn usage_month(&self) -> (i32, u32) {
        self.era.newest.pair()
    }

    /// The day on which the newest standard invoice is out.
    pub(super) fn today(&self) -> NaiveDate {
        calendar::later(self.era.newest.next().first(), 4)
    }

    /// Lets the histories go on a month and issues the next invoice; gives the new usage month.
    pub fn advance_month(&mut self) -> (i32, u32) {
        let month = self.era.newest.next();
        if self.living {
            self.live_through(month);
        }
        self.issue_month(month);
        self.era.newest = month;
        month.pair()
    }

    /// Lets the header of a month's standard invoice differ from the sum of its lines; 0 settles it. False when there is none.
    pub fn misstate_invoice(&mut self, month: Month, off_by: Decimal) -> bool {
        let of_month = |invoice: &&mut Invoice| {
            invoice.usage == month && invoice.derived && invoice.kind == "Standard"
        };
        let Some(invoice) = self.invoices.iter_mut().find(of_month) else { return false };
        invoice.stated = (!off_by.is_zero()).then(|| invoice.lines_total + off_by);
        true
    }

    /// Issues a second standard invoice for a month.
    pub fn double_invoice(&mut self, month: Month) {
        let doubled = InvoicePlan { beside: true, ..InvoicePlan::standard(month, 0) };
        self.carry_out(doubled);
    }

    /// Changes the status of every standard invoice of a month but the first.
    pub fn void_doubles(&mut self, month: Month) {
        let of_month = |invoice: &&mut Invoice| {
            invoice.usage == month && invoice.counts() && invoice.agreement == 0
        };
        for invoice in self.invoices.iter_mut().filter(of_month).skip(1) {
            "Void".clone_into(&mut invoice.status);
        }
    }

    /// The id and domain of every tenant.
    pub fn tenant_names(&self) -> Vec<(String, String)> {
        let named = |tenant: &Tenant| (tenant.id.to_string(), tenant.domain.clone());
        self.tenants.iter().map(named).collect()
    }

    /// The contract that a tenant belongs to, by the tenant's domain, its first label, or id.
    pub fn contract_of(&self, tenant: &str) -> Option<i64> {
        let index = self.tenant_named(tenant)?;
        self.truths.iter().find(|truth| truth.tenant == index).map(|truth| truth.contract)
    }

    /// The id of a tenant's subscription, by the name it was given.
    pub fn subscription_of(&self, tenant: &str, name: &str) -> Option<String> {
        let index = self.subscription_named(self.tenant_named(tenant)?, name)?;
        Some(self.subscriptions[index].id.to_string())
    }

    /// Makes every token bad at once, as a restart of the identity server would.
    pub fn forget_tokens(&self) {
        self.access().forget_tokens();
    }

    /// The id of something that belongs to another partner: known, but not for this caller.
    pub fn foreign_id(&self) -> String {
        chance::guid(self.seed, Purpose::Foreign, 0).to_string()
    }

    pub(super) fn access(&self) -> MutexGuard<'_, Access> {
        self.access.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn empty(kind: WorldKind, seed: u64, first: Month) -> Self {
        Self {
            kind,
            seed,
            living: true,
            target: first,
            era: Era { first, newest: first.minus(1) },
            agreements: party::agreements(seed),
            products: Vec::new(),
            customers: vec![party::partner(seed)],
            tenants: Vec::new(),
            subscriptions: Vec::new(),
            invoices: Vec::new(),
            plans: Vec::new(),
            autotask: common_rows::common_rows(),
            truths: Vec::new(),
            by_tenant: HashMap::new(),
            by_domain: HashMap::new(),
            by_subscription: HashMap::new(),
            by_invoice: HashMap::new(),
            access: Mutex::new(Access::new(seed)),
        }
    }

    /// The index of a tenant, by its domain, the domain's first label, or its id.
    pub fn tenant_named(&self, text: &str) -> Option<usize> {
        let text = text.trim().to_lowercase();
        let by_id = text.parse().ok().and_then(|id: Uuid| self.by_tenant.get(&id));
        let full = || self.by_domain.get(&format!("{text}.onmicrosoft.com"));
        by_id.or_else(|| self.by_domain.get(&text)).or_else(full).copied()
    }
}
