//! What is shown of a plan.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::{
    Currency, Day, Money, UsageMonth,
    operation::{Operation, OperationKind},
    outcome::Finding,
    packed_text::PackedText,
    policy::{Policies, ProgramOptions},
    shared_text::{SharedText, SharedTexts},
    target::TargetKind,
    terms::Terms,
    timeline::Timeline,
};
use crate::engine::views::{
    connections::SystemKind,
    packed::{quantities::PlannedQuantities, rows::PlannedRows},
};

/// A plan (console.md 3, `plan --json`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanView {
    pub target: String,
    /// When it was made.
    pub planned_at: DateTime<Utc>,
    /// Largest effect first.
    pub operations: PlannedRows,
    /// What the target would refuse, or what cannot be planned.
    pub refused: Vec<RefusedView>,
    /// Services, or products, that are right already.
    pub unchanged: u64,
    /// The currency of all its amounts; none where they are of several, or one is not known.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// Monthly price before and after, of the contracts of one currency.
    pub money: PlanMoney,
    /// The same of contracts of each other currency: amounts of two are never added.
    #[serde(default)]
    pub other_money: Vec<PlanMoney>,
    /// Contracts that it writes to or is refused on, each of which is applied whole or not at all.
    #[serde(default)]
    pub contracts: Vec<PlanContract>,
    /// Requests that applying it needs, estimated from above.
    pub requests: u64,
    /// How many of them the target takes from a sync in an hour, where it limits them.
    #[serde(default)]
    pub hourly_requests: Option<u64>,
    /// How many there are of a service today and as planned, for each to which it writes seats.
    #[serde(default)]
    pub quantities: PlannedQuantities,
    /// Customers on its invoices whose sync is switched off, each with what is not synced of theirs.
    #[serde(default)]
    pub switched_off: Vec<SwitchedOff>,
    /// Ledgers of the invoices it applies.
    pub ledgers: Vec<crate::domain::run::Ledger>,
    /// What else to say: unsettled invoices, invoices that wait.
    pub findings: Vec<Finding>,
    /// The whole plan as text, to be saved and given back in [`crate::engine::protocol::SyncRequest::plan`].
    pub saved: PackedText,
}

impl PlanView {
    /// What the users of its target call things.
    pub(crate) fn terms(&self) -> Terms {
        let is_connectwise = self.target == SystemKind::Connectwise.word();
        Terms::of(if is_connectwise { TargetKind::Connectwise } else { TargetKind::Autotask })
    }

    /// How long so many requests take at the least, in words, where it is more than the hour's.
    #[must_use]
    pub fn takes(&self, requests: u64) -> Option<String> {
        let hourly = self.hourly_requests.filter(|hourly| (1..requests).contains(hourly))?;
        Some(match requests.div_ceil(hourly) {
            hours @ ..48 => format!("about {hours} hours"),
            hours => format!("about {} days", hours.div_ceil(24)),
        })
    }
}

/// A contract of a plan, with what it comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanContract {
    /// Company and contract, in words.
    pub contract: String,
    /// Its customers, and the domains of their tenants: what tells contracts apart.
    pub customers: Vec<String>,
    pub tenants: Vec<String>,
    pub money: PlanMoney,
}

/// One service of a contract over the month of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedQuantity {
    /// As in [`PlannedView`], with which it is found by these three.
    pub target: SharedText,
    pub tenants: SharedTexts,
    pub invoice: SharedText,
    pub month: UsageMonth,
    pub invoiced: Timeline,
    /// What the contract says now.
    pub present: Timeline,
}

/// A customer on an invoice who is linked and not synced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchedOff {
    pub customer: String,
    /// The domain of its tenant, as the invoice names it.
    #[serde(default)]
    pub tenant: String,
    pub invoice: String,
    pub amount: Money,
    #[serde(default)]
    pub currency: Option<Currency>,
}

/// Sum of monthly prices and costs on the contracts concerned, at the end of the usage month.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanMoney {
    #[serde(default)]
    pub currency: Option<Currency>,
    /// Sell price a month before.
    pub monthly_before: Money,
    /// Sell price a month after.
    pub monthly_after: Money,
    pub cost_before: Money,
    pub cost_after: Money,
}

/// Why a row wants a second look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// The quantity falls to 0.
    DropToZero,
    /// The quantity at least doubles.
    Doubling,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedView {
    pub kind: OperationKind,
    /// Service and contract it goes to, in words.
    pub target: SharedText,
    /// What it is called at the source: a new service is named after its SKU.
    #[serde(default)]
    pub product: Option<SharedText>,
    /// Customer, of contract writes.
    pub customer: Option<SharedText>,
    /// Tenant domains concerned.
    pub tenants: SharedTexts,
    pub invoice: Option<SharedText>,
    /// First day of the change.
    pub effective: Option<Day>,
    /// Signed change.
    pub units: i64,
    /// Quantity before and after, on that day.
    pub quantity: Option<(i64, i64)>,
    pub unit_price: Option<Money>,
    pub unit_cost: Option<Money>,
    /// What the unit price is today, where this sets another and it is known.
    #[serde(default)]
    pub price_before: Option<Money>,
    /// The unit cost likewise.
    #[serde(default)]
    pub cost_before: Option<Money>,
    #[serde(default)]
    pub currency: Option<Currency>,
    /// Why, in words.
    pub reason: SharedText,
    /// Change of the monthly sell price: of what ends by itself what remains at the end of the usage month, so that all of a
    /// contract add up.
    pub monthly_effect: Money,
    /// Change of the monthly sell price while it lasts, where it ends by itself and another one remains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect_while: Option<Money>,
    /// Second look.
    pub mark: Option<Mark>,
    /// Why a guard holds it back from a sync that nobody has looked at; applying this plan writes it.
    #[serde(default)]
    pub guard: Option<Box<Finding>>,
    pub warnings: Vec<Finding>,
    /// The write itself.
    pub operation: Operation,
}

impl PlannedView {
    /// The last day of what it changes, where that ends by itself.
    #[must_use]
    pub fn until(&self) -> Option<Day> {
        self.operation.until()
    }

    /// Whether it adds seats, or sets a price, on the row of the contract that `other` only makes.
    #[must_use]
    pub fn fills(&self, other: &Self) -> bool {
        other.kind == OperationKind::CreateContractService
            && self.kind == OperationKind::AdjustUnits
            && self.target == other.target
            && self.tenants == other.tenants
    }
}

/// Something that will not be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedView {
    /// Service, product or subscription, in words.
    pub target: String,
    /// The product that it is about, as links name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// Customer, if it is one's; the first of a contract that several share.
    pub customer: Option<String>,
    /// Contract with its company, in words, if it is on one.
    #[serde(default)]
    pub contract: Option<String>,
    /// Tenant domains of that contract.
    #[serde(default)]
    pub tenants: Vec<String>,
    /// The invoice that bills it, by number, if it is on one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<String>,
    /// Why: the text that the server would give.
    pub finding: Finding,
}

/// What a plan was made under; stored with the run (design 4).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanBasis {
    pub policies: Policies,
    pub options: ProgramOptions,
    pub target: TargetKind,
}
