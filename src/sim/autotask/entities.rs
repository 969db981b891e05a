//! The entities this tenant offers: paths, verbs and parents (wire section 6).

use super::billing_fields::{
    BILLING_ITEM, CONTRACT_SERVICE_BUNDLE, CONTRACT_SERVICE_BUNDLE_ADJUSTMENT,
    CONTRACT_SERVICE_BUNDLE_UNIT, INVOICE, PRICE_LIST_SERVICE, SERVICE_BUNDLE,
    SERVICE_BUNDLE_SERVICE,
};
use super::fields::{
    BILLING_CODE, COMPANY, CONTRACT, CONTRACT_SERVICE, CONTRACT_SERVICE_ADJUSTMENT,
    CONTRACT_SERVICE_UNIT, SERVICE,
};
use super::schema::{Child, Entity, Field, Origin, Verbs};

const READ: Verbs = Verbs::READ;
const CREATE: Verbs = Verbs::CREATE;
const EDIT: Verbs = CREATE.and(Verbs::UPDATE);
const ALL: Verbs = READ.and(EDIT);

const fn entity(name: &'static str, singular: &'static str, fields: &'static [Field]) -> Entity {
    Entity {
        name,
        singular,
        fields,
        verbs: READ,
        child: None,
        origin: Origin::Table,
        user_fields: false,
    }
}

const fn closed(name: &'static str, singular: &'static str, fields: &'static [Field]) -> Entity {
    Entity { origin: Origin::Closed, ..entity(name, singular, fields) }
}

const fn below_contract(name: &'static str, verbs: Verbs) -> Child {
    Child { parent: "Contracts", name, link: "contractID", verbs }
}

/// Customers, vendors, and the tenant's own organisation with id 0.
pub(super) static COMPANIES: Entity =
    Entity { verbs: ALL, user_fields: true, ..entity("Companies", "Company", COMPANY) };

/// Contracts of every type.
pub(super) static CONTRACTS: Entity =
    Entity { verbs: ALL, user_fields: true, ..entity("Contracts", "Contract", CONTRACT) };

/// What may be sold on a contract.
pub(super) static SERVICES: Entity =
    Entity { verbs: ALL, ..entity("Services", "Service", SERVICE) };

/// What a service is billed as.
pub(super) static BILLING_CODES: Entity = entity("BillingCodes", "BillingCode", BILLING_CODE);

/// A service at its prices on a contract.
pub(super) static CONTRACT_SERVICES: Entity = Entity {
    child: Some(below_contract("Services", READ.and(EDIT))),
    origin: Origin::ContractServices,
    ..entity("ContractServices", "ContractService", CONTRACT_SERVICE)
};

/// Commands that change quantity or price from a day on.
pub(super) static ADJUSTMENTS: Entity = Entity {
    verbs: CREATE,
    child: Some(below_contract("ServiceAdjustments", CREATE)),
    origin: Origin::Adjustments,
    ..entity("ContractServiceAdjustments", "ContractServiceAdjustment", CONTRACT_SERVICE_ADJUSTMENT)
};

/// Quantity and money per dated span.
pub(super) static UNITS: Entity = Entity {
    child: Some(below_contract("ServiceUnits", READ)),
    origin: Origin::Units,
    ..entity("ContractServiceUnits", "ContractServiceUnit", CONTRACT_SERVICE_UNIT)
};

/// What was approved and posted.
pub(super) static BILLING_ITEMS: Entity = Entity {
    verbs: READ.and(Verbs::UPDATE),
    ..entity("BillingItems", "BillingItem", BILLING_ITEM)
};

static OTHERS: [Entity; 7] = [
    Entity { verbs: READ.and(Verbs::UPDATE), ..closed("Invoices", "Invoice", INVOICE) },
    Entity {
        verbs: READ.and(Verbs::UPDATE),
        ..closed("PriceListServices", "PriceListService", PRICE_LIST_SERVICE)
    },
    Entity {
        child: Some(below_contract("ServiceBundles", ALL)),
        ..closed("ContractServiceBundles", "ContractServiceBundle", CONTRACT_SERVICE_BUNDLE)
    },
    Entity {
        verbs: CREATE,
        child: Some(below_contract("ServiceBundleAdjustments", CREATE)),
        ..closed(
            "ContractServiceBundleAdjustments",
            "ContractServiceBundleAdjustment",
            CONTRACT_SERVICE_BUNDLE_ADJUSTMENT,
        )
    },
    Entity {
        child: Some(below_contract("ServiceBundleUnits", READ)),
        ..closed(
            "ContractServiceBundleUnits",
            "ContractServiceBundleUnit",
            CONTRACT_SERVICE_BUNDLE_UNIT,
        )
    },
    Entity {
        verbs: ALL.and(Verbs::DELETE),
        ..closed("ServiceBundles", "ServiceBundle", SERVICE_BUNDLE)
    },
    Entity {
        child: Some(Child {
            parent: "ServiceBundles",
            name: "Services",
            link: "serviceBundleID",
            verbs: READ.and(CREATE).and(Verbs::DELETE),
        }),
        ..closed("ServiceBundleServices", "ServiceBundleService", SERVICE_BUNDLE_SERVICE)
    },
];

fn all() -> impl Iterator<Item = &'static Entity> {
    let own: [&'static Entity; 8] = [
        &COMPANIES,
        &CONTRACTS,
        &SERVICES,
        &BILLING_CODES,
        &CONTRACT_SERVICES,
        &ADJUSTMENTS,
        &UNITS,
        &BILLING_ITEMS,
    ];
    own.into_iter().chain(&OTHERS)
}

/// The entity with this path segment, whatever its case.
pub(super) fn named(segment: &str) -> Option<&'static Entity> {
    all().find(|entity| entity.name.eq_ignore_ascii_case(segment))
}

/// The entity below a parent, whatever the case of either segment.
pub(super) fn below(parent: &str, segment: &str) -> Option<&'static Entity> {
    all().find(|entity| {
        entity.child.as_ref().is_some_and(|child| {
            child.parent.eq_ignore_ascii_case(parent) && child.name.eq_ignore_ascii_case(segment)
        })
    })
}

/// The entity a reference points to, by its singular name.
pub(super) fn referred(singular: &str) -> Option<&'static Entity> {
    all().find(|entity| entity.singular == singular)
}
