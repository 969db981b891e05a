//! The simulated world: what a partner sold to whom, day by day, and the Autotask rows it starts with. Invoices and the timelines
//! that ought to stand are derived from the same histories, in two independent ways. It knows no HTTP.

use serde::{Deserialize, Deserializer, Serialize};

use super::seed::AutotaskSeed;

/// How well the world behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorldKind {
    /// Every usable true mapping syncs with *Success*.
    Clean,
    /// Price changes, gaps, retired products, doubled invoices and the rest of what happens.
    Troubled,
}

/// What to generate.
#[derive(Clone, Debug)]
pub struct WorldSettings {
    /// How well the world behaves.
    pub kind: WorldKind,
    /// The same seed gives the same world.
    pub seed: u64,
    /// End customers.
    pub customers: usize,
    /// Subscriptions per customer.
    pub subscriptions: usize,
    /// The newest month with an issued invoice: year and month.
    pub usage_month: (i32, u32),
}

impl Default for WorldSettings {
    fn default() -> Self {
        Self {
            kind: WorldKind::Clean,
            seed: 1,
            customers: 100,
            subscriptions: 8,
            usage_month: (2026, 9),
        }
    }
}

/// The counterpart that an operator who knows would choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
    settings: WorldSettings,
}

impl World {
    /// A world of the given size and kind; the same settings give the same world.
    pub fn generate(settings: &WorldSettings) -> Self {
        Self { settings: settings.clone() }
    }

    /// The rows an Autotask tenant of this world starts with.
    pub fn autotask_seed(&self) -> AutotaskSeed {
        AutotaskSeed::default()
    }

    /// The counterparts that an operator who knows would choose; customers without one are absent.
    pub fn true_mappings(&self) -> Vec<TrueMapping> {
        Vec::new()
    }

    /// The client credentials that exist from the start.
    pub fn credentials(&self) -> PrismCredentials {
        PrismCredentials { client_id: String::new(), client_secret: String::new() }
    }

    /// The newest month with an issued standard invoice: year and month.
    pub fn usage_month(&self) -> (i32, u32) {
        self.settings.usage_month
    }

    /// Lets the histories go on a month and issues the next invoice; gives the new usage month.
    pub fn advance_month(&mut self) -> (i32, u32) {
        self.settings.usage_month
    }

    /// The timelines that ought to stand after the given months were synced in order for these mappings.
    pub fn expected(&self, _request: &ExpectedRequest) -> Vec<ExpectedTimeline> {
        Vec::new()
    }
}
