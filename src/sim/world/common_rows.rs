//! What every tenant of Autotask here has, whatever the world: itself, vendors, strangers, billing codes, services made by hand.

use rust_decimal::Decimal;

use crate::seed::{AutotaskSeed, BillingCodeSeed, CompanySeed, ServiceSeed};

/// The billing code that services made by hand carry.
const MANAGED_CODE: i64 = 29_682_805;

pub(super) fn common_rows() -> AutotaskSeed {
    AutotaskSeed {
        companies: vec![
            company(0, "Northwind IT", 1),
            company(29_682_901, "Microsoft", 7),
            company(29_682_902, "Crayon Australia", 7),
            company(29_682_903, "Dicker Data", 7),
            CompanySeed { active: false, ..company(29_682_904, "rhipe (old)", 7) },
            company(29_682_905, "Prospect Hill Bakery", 3),
            company(29_682_906, "Tannery Lane Partners", 1),
            CompanySeed { active: false, ..company(29_682_907, "Harbor Dentists", 1) },
        ],
        billing_codes: vec![
            code(29_682_801, "Remote Support", 1, true),
            code(29_682_802, "Travel", 2, true),
            code(29_682_803, "Hardware", 4, true),
            code(29_682_804, "Cloud Services", 5, true),
            code(MANAGED_CODE, "Managed Services", 5, true),
            code(29_682_806, "Cloud Services (old)", 5, false),
            code(29_682_807, "Project Milestone", 6, true),
            code(29_682_808, "Internal Meeting", 3, true),
        ],
        services: vec![
            service(29_682_701, "Managed Endpoint", 2_500),
            service(29_682_702, "Backup as a Service", 4_950),
            service(29_682_703, "Firewall, managed", 9_900),
            ServiceSeed { active: false, ..service(29_682_704, "Fax Gateway", 1_000) },
        ],
        ..AutotaskSeed::default()
    }
}

pub(super) fn company(id: i64, name: &str, company_type: i64) -> CompanySeed {
    CompanySeed { id, name: name.to_owned(), company_type, active: true, web: String::new() }
}

fn code(id: i64, name: &str, use_type: i64, active: bool) -> BillingCodeSeed {
    BillingCodeSeed { id, name: name.to_owned(), use_type, active }
}

pub(super) fn service(id: i64, name: &str, cents: i64) -> ServiceSeed {
    ServiceSeed {
        id,
        name: name.to_owned(),
        billing_code: MANAGED_CODE,
        price: Decimal::new(cents, 2),
        cost: Decimal::new(cents / 2, 2),
        active: true,
    }
}
