//! What one invoice bills on one contract: its tenants, their subscriptions, and the lines of each.
//!
//! It must not hold what is present, or decide quantities.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::{
    CompanyId, ContractId, ServiceId, SubscriptionId, TenantId,
    invoice::Line,
    mapping::PricingStrategy,
    outcome::{Disposition, Finding},
    product::ProductKey,
};

/// The unit of planning (sync-rules 4): everything that one invoice bills on one contract, of all its tenants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractGroup {
    pub contract: ContractId,
    /// Its tenants with sync on that start with this invoice or an earlier one, by id; also those without any line.
    pub tenants: Vec<GroupTenant>,
    /// Which prices are written; all tenants of a contract share it.
    pub pricing: PricingStrategy,
    /// Subscriptions with lines to sync, by tenant and id. One that changed its billing motion inside the month
    /// stands here once per product.
    pub subscriptions: Vec<GroupSubscription>,
    /// Why nothing may be written to the contract as a whole: its mappings differ (sync-rules 4).
    pub refused: Option<Finding>,
    /// Whether it stands for a customer that left the contract instead of for an invoice (sync-rules 1.8).
    #[serde(default)]
    pub leaving: bool,
    /// Subscriptions that the invoice bills and a setting keeps from being synced: none of them is missing.
    #[serde(default)]
    pub left_alone: BTreeSet<SubscriptionId>,
    /// Credits and lines without a subscription that speak of one of its services: none of them is synced, so that the
    /// service's bill differs from the invoice by their amount (sync-rules 3.2).
    #[serde(default)]
    pub left_out: Vec<LeftOut>,
}

/// A line that is not synced and yet names a subscription or a product of the contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    pub line: Line,
    /// The service of what it names, as far as the line tells.
    pub service: Option<ServiceId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupTenant {
    pub tenant: TenantId,
    pub domain: String,
    /// PRISM customer's name.
    pub customer_name: String,
    pub company: CompanyId,
    pub company_name: String,
    pub contract_name: String,
    /// Whether the invoice is still to be applied for it; false where an earlier run did, and the
    /// contract is planned for a neighbour, for a retry, or again.
    pub due: bool,
}

/// A subscription of a contract group, with the lines that bill it as one product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupSubscription {
    pub subscription: SubscriptionId,
    /// Friendly name, else the offer name.
    pub name: String,
    pub tenant: TenantId,
    /// SKU as PRISM writes it, if the product was found.
    pub sku: Option<String>,
    pub product: Option<ProductKey>,
    /// The service that bills it, if there is one.
    pub service: Option<ServiceId>,
    /// Services its link pointed to before (sync-rules 1.8).
    pub previous: Vec<ServiceId>,
    /// Where the product could not be told: services it may belong to, which fail with it (sync-rules 3.6).
    pub suspects: Vec<ServiceId>,
    /// Why the product sync could not make a service for the product, if it tried.
    #[serde(default)]
    pub not_made: Option<Finding>,
    /// Billed by usage (sync-rules 6).
    pub azure: bool,
    /// Its lines, in file order. Empty where it is missing from the invoice (sync-rules 4.8).
    pub lines: Vec<GroupLine>,
    /// What the operator must look at, of this subscription alone.
    pub warnings: Vec<Finding>,
    /// Why it fails, if it does.
    pub problem: Option<Finding>,
}

/// An invoice line that is to be synced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupLine {
    pub line: Line,
    /// Where its amount is counted once all is written as planned.
    pub disposition: Disposition,
}

impl GroupSubscription {
    /// A subscription for which an invoice has no line, and which this service bills.
    pub(crate) fn without_lines(
        subscription: SubscriptionId,
        name: String,
        tenant: TenantId,
        service: ServiceId,
    ) -> Self {
        Self {
            subscription,
            name,
            tenant,
            sku: None,
            product: None,
            service: Some(service),
            previous: Vec::new(),
            suspects: Vec::new(),
            not_made: None,
            azure: false,
            lines: Vec::new(),
            warnings: Vec::new(),
            problem: None,
        }
    }
}
