//! Who is in PRISM: the partner, its agreements, end customers and their tenants.

use uuid::Uuid;

use super::calendar::Month;

/// The partner's relation with the distributor for one program.
#[derive(Clone, Debug)]
pub struct Agreement {
    pub id: Uuid,
    pub program: Uuid,
    pub program_name: String,
    /// 7 digits.
    pub number: String,
}

impl Agreement {
    /// Whether it is a Microsoft CSP one.
    pub fn is_csp(&self) -> bool {
        self.program_name.starts_with("Microsoft CSP")
    }
}

/// A company in PRISM; the first is the partner.
#[derive(Clone, Debug)]
pub struct Customer {
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
pub struct Tenant {
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
pub struct Era {
    /// The first with an issued invoice.
    pub first: Month,
    /// The newest with an issued invoice; the month before the first while there is none.
    pub newest: Month,
}
