//! The rows of a run: what identifies them, what filters look at, how columns sort.

use std::cmp::Ordering;

use crate::{
    console::listing::Row,
    domain::{
        outcome::Outcome,
        run::{CustomerRow, ProductOutcome, SubscriptionRow, UsageRow},
    },
};

/// A line of the run's own table.
#[derive(Clone, Debug)]
pub enum RunRow {
    /// A customer with one invoice.
    Customer(Box<CustomerRow>),
    /// A product.
    Product(Box<ProductOutcome>),
}

impl RunRow {
    /// How it ended.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Customer(row) => row.status,
            Self::Product(row) => row.status,
        }
    }

    /// Customer or product name.
    pub fn name(&self) -> &str {
        match self {
            Self::Customer(row) => &row.customer,
            Self::Product(row) => &row.name,
        }
    }
}

impl Row for RunRow {
    fn key(&self) -> String {
        match self {
            Self::Customer(row) => format!("{}\u{1f}{}", row.tenant_id, row.invoice),
            Self::Product(row) => row.product.clone(),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Customer(row) => {
                let (company, contract) = (&row.target_company, &row.target_contract);
                format!("{} {} {company} {contract} {}", row.customer, row.tenant, row.status)
            }
            Self::Product(row) => format!("{} {} {}", row.product, row.name, row.status),
        }
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        match column {
            0 => other.outcome().cmp(&self.outcome()),
            _ => self.name().to_lowercase().cmp(&other.name().to_lowercase()),
        }
    }
}

/// A subscription, or a usage line of one.
#[derive(Clone, Debug)]
pub struct Inner<T>(pub usize, pub T);

impl Row for Inner<SubscriptionRow> {
    fn key(&self) -> String {
        self.0.to_string()
    }

    fn text(&self) -> String {
        format!("{} {} {}", self.1.name, self.1.sku.as_deref().unwrap_or_default(), self.1.status)
    }

    fn compare(&self, other: &Self, _: usize) -> Ordering {
        self.1.name.cmp(&other.1.name)
    }
}

impl Row for Inner<UsageRow> {
    fn key(&self) -> String {
        self.0.to_string()
    }

    fn text(&self) -> String {
        format!("{} {}", self.1.start, self.1.end)
    }

    fn compare(&self, other: &Self, _: usize) -> Ordering {
        self.1.start.cmp(&other.1.start)
    }
}
