//! Who is in PRISM: the partner, its agreements, end customers and their tenants.

use uuid::Uuid;

use super::calendar::Month;
use super::chance::{Purpose, guid};

/// The partner's relation with the distributor for one program.
#[derive(Clone, Debug)]
pub(crate) struct Agreement {
    pub id: Uuid,
    pub program: Uuid,
    pub program_name: String,
    /// 7 digits.
    pub number: String,
}

impl Agreement {
    /// Whether it is a Microsoft CSP one.
    pub(crate) fn is_csp(&self) -> bool {
        self.program_name.starts_with("Microsoft CSP")
    }
}

/// A company in PRISM; the first is the partner.
#[derive(Clone, Debug)]
pub(crate) struct Customer {
    pub id: Uuid,
    pub name: String,
    pub partner: bool,
    pub active: bool,
    pub city: String,
    pub country: &'static str,
    /// Its tenant under the other program, where it has one.
    pub other_program: Option<Uuid>,
    /// Indexes of its tenants.
    pub tenants: Vec<usize>,
}

/// An end customer's account under a CSP agreement.
#[derive(Clone, Debug)]
pub(crate) struct Tenant {
    pub id: Uuid,
    pub domain: String,
    /// `Active` or `Inactive`.
    pub status: &'static str,
    /// Index of the customer.
    pub customer: usize,
    /// Index of the agreement.
    pub agreement: usize,
    /// Indexes of its subscriptions, add-ons among them.
    pub subscriptions: Vec<usize>,
}

/// Which Autotask contract a tenant belongs to, and whether that can work.
#[derive(Clone, Debug)]
pub struct Counterpart {
    /// Index of the tenant.
    pub tenant: usize,
    /// The company in Autotask.
    pub company: i64,
    /// The contract in Autotask.
    pub contract: i64,
    /// False where the contract cannot work.
    pub usable: bool,
}

/// The months that a world has seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Era {
    /// The first with an issued invoice.
    pub first: Month,
    /// The newest with an issued invoice; the month before the first while there is none.
    pub newest: Month,
}

/// The partner's agreements: Microsoft CSP first, another program after it.
pub(crate) fn agreements(seed: u64) -> Vec<Agreement> {
    let programs = ["Microsoft CSP Indirect", "Microsoft SPLA"];
    let made = programs.iter().enumerate().map(|(index, name)| Agreement {
        id: guid(seed, Purpose::Agreement, index),
        program: guid(seed, Purpose::Program, index),
        program_name: (*name).to_owned(),
        number: format!("{}", 1_040_217 + index * 331),
    });
    made.collect()
}

/// A customer without tenants.
pub(crate) fn customer(id: Uuid, name: &str) -> Customer {
    Customer {
        id,
        name: name.to_owned(),
        partner: false,
        active: true,
        city: "Sydney".to_owned(),
        country: "AU",
        other_program: None,
        tenants: Vec::new(),
    }
}

pub(crate) fn partner(seed: u64) -> Customer {
    Customer {
        partner: true,
        other_program: Some(guid(seed, Purpose::Tenant, 9_000_000)),
        ..customer(guid(seed, Purpose::Customer, 9_000_000), "Northwind IT")
    }
}
