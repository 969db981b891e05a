//! The rows of a run: what identifies them, what filters look at, how columns sort.

use std::cmp::Ordering;

use crate::{
    console::listing::Row,
    domain::{
        Money,
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

    /// Whether it failed, or warns of something.
    pub(crate) fn wants_a_look(&self) -> bool {
        self.outcome().wants_a_look()
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
        let by_name = || self.name().to_lowercase().cmp(&other.name().to_lowercase());
        match (column, self, other) {
            (0, _, _) => other.outcome().urgency().cmp(&self.outcome().urgency()),
            (2, Self::Customer(a), Self::Customer(b)) => {
                a.source_agreement.cmp(&b.source_agreement)
            }
            (3, Self::Customer(a), Self::Customer(b)) => a.target_company.cmp(&b.target_company),
            (4, Self::Customer(a), Self::Customer(b)) => a.target_contract.cmp(&b.target_contract),
            (5, Self::Customer(a), Self::Customer(b)) => a.invoice.cmp(&b.invoice),
            (2, Self::Product(a), Self::Product(b)) => a.product.cmp(&b.product),
            (3, Self::Product(a), Self::Product(b)) => a.action.cmp(&b.action),
            (4, Self::Product(a), Self::Product(b)) => a.price.cmp(&b.price),
            (5, Self::Product(a), Self::Product(b)) => a.cost.cmp(&b.cost),
            _ => by_name(),
        }
    }
}

/// What the invoice bills for a subscription.
pub fn billed(row: &SubscriptionRow) -> Money {
    row.usage.iter().map(|usage| usage.subtotal).sum()
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

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        let (ours, theirs) = (&self.1, &other.1);
        match column {
            0 => theirs.status.urgency().cmp(&ours.status.urgency()),
            2 => ours.sku.cmp(&theirs.sku),
            3 => ours.usage.len().cmp(&theirs.usage.len()),
            4 => billed(ours).cmp(&billed(theirs)),
            _ => ours.name.to_lowercase().cmp(&theirs.name.to_lowercase()),
        }
    }
}

impl Row for Inner<UsageRow> {
    fn key(&self) -> String {
        self.0.to_string()
    }

    fn text(&self) -> String {
        format!("{} {}", self.1.start, self.1.end)
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        let (ours, theirs) = (&self.1, &other.1);
        match column {
            1 => ours.end.cmp(&theirs.end),
            2 => ours.quantity.cmp(&theirs.quantity),
            3 => ours.cost_price.cmp(&theirs.cost_price),
            4 => ours.retail_price.cmp(&theirs.retail_price),
            5 => ours.subtotal.cmp(&theirs.subtotal),
            6 => theirs.outcome.cmp(&ours.outcome),
            _ => ours.start.cmp(&theirs.start),
        }
    }
}
