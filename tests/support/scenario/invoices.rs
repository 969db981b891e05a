//! The invoices of a scenario: what is different about their headers, and lines that no history gives.

use chrono::NaiveDate;
use prism_connect::sim::world::{Month, Price, Stated};
use rust_decimal::Decimal;

use super::{day, money, month, price};

/// What is different about an invoice.
#[derive(Clone, Debug, Default)]
pub struct HeaderPlan {
    pub(super) agreement: usize,
    pub(super) status: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) stated: Option<Stated>,
    pub(super) untyped: bool,
    pub(super) all_lines: bool,
    pub(super) lines: Vec<LinePlan>,
    pub(super) currency: Option<String>,
    pub(super) usage: Option<Month>,
}

impl HeaderPlan {
    /// The index of its agreement; 0 unless said.
    #[must_use]
    pub fn agreement(mut self, index: usize) -> Self {
        self.agreement = index;
        self
    }

    /// Its status: `Issued`, `Paid`, `Void`, or anything.
    #[must_use]
    pub fn status(mut self, status: &str) -> Self {
        self.status = Some(status.to_owned());
        self
    }

    /// Its type: `Standard`, `Credit`, or anything.
    #[must_use]
    pub fn kind(mut self, kind: &str) -> Self {
        self.kind = Some(kind.to_owned());
        self
    }

    /// Its header has no type.
    #[must_use]
    pub fn untyped(mut self) -> Self {
        self.untyped = true;
        self
    }

    /// What its header says instead of the sum of its lines.
    #[must_use]
    pub fn sub_total(mut self, amount: &str) -> Self {
        self.stated = Some(Stated::Amount(money(amount)));
        self
    }

    /// Its header says the sum of its lines and so much more.
    #[must_use]
    pub fn off_by(mut self, amount: &str) -> Self {
        self.stated = Some(Stated::OffBy(money(amount)));
        self
    }

    /// The currency that its header says.
    #[must_use]
    pub fn currency(mut self, code: &str) -> Self {
        self.currency = Some(code.to_owned());
        self
    }

    /// The usage month that its header says; issue and lines stay.
    #[must_use]
    pub fn usage_month(mut self, text: &str) -> Self {
        self.usage = Some(month(text));
        self
    }

    /// It has the lines of the histories, as the standard one.
    #[must_use]
    pub fn with_all_lines(mut self) -> Self {
        self.all_lines = true;
        self
    }

    /// A line beside those of the histories: offer name, first and last day.
    #[must_use]
    pub fn line(
        mut self,
        offer: &str,
        dates: (&str, &str),
        plan: impl FnOnce(LinePlan) -> LinePlan,
    ) -> Self {
        self.lines.push(plan(LinePlan::new(offer, dates)));
        self
    }
}

/// A line that no history gives; quantity 1 at price 0, monthly, ratio by its days, unless said.
#[derive(Clone, Debug)]
pub struct LinePlan {
    pub(super) offer: String,
    pub(super) from: NaiveDate,
    pub(super) to: NaiveDate,
    pub(super) tenant: Option<String>,
    pub(super) subscription: String,
    pub(super) quantity: Decimal,
    pub(super) price: Price,
    pub(super) ratio: Option<Decimal>,
    pub(super) description: String,
    pub(super) cycle: String,
    pub(super) term: String,
    pub(super) cells: Vec<(String, String)>,
}

impl LinePlan {
    fn new(offer: &str, dates: (&str, &str)) -> Self {
        Self {
            offer: offer.to_owned(),
            from: day(dates.0),
            to: day(dates.1),
            tenant: None,
            subscription: String::new(),
            quantity: Decimal::ONE,
            price: price("0", "0"),
            ratio: None,
            description: "Actual usage for period".to_owned(),
            cycle: "Monthly".to_owned(),
            term: "MONTHS".to_owned(),
            cells: Vec::new(),
        }
    }

    /// Its tenant, and the name or GUID of the tenant's subscription; empty for none.
    #[must_use]
    pub fn of(mut self, tenant: &str, subscription: &str) -> Self {
        self.tenant = Some(tenant.to_owned());
        subscription.clone_into(&mut self.subscription);
        self
    }

    /// Its quantity.
    #[must_use]
    pub fn quantity(mut self, quantity: impl Into<Decimal>) -> Self {
        self.quantity = quantity.into();
        self
    }

    /// Its unit prices: partner price and RRP; negative for a credit.
    #[must_use]
    pub fn price(mut self, cost: &str, rrp: &str) -> Self {
        self.price = price(cost, rrp);
        self
    }

    /// Its billable ratio.
    #[must_use]
    pub fn ratio(mut self, ratio: &str) -> Self {
        self.ratio = Some(money(ratio));
        self
    }

    /// Its text.
    #[must_use]
    pub fn description(mut self, text: &str) -> Self {
        text.clone_into(&mut self.description);
        self
    }

    /// What a cell of it says instead, by column; a `SubTotal` counts in the header's too where it is a number.
    #[must_use]
    pub fn cell(mut self, column: &str, text: &str) -> Self {
        self.cells.push((column.to_owned(), text.to_owned()));
        self
    }

    /// It is annual: term and bill.
    #[must_use]
    pub fn annual(mut self) -> Self {
        "Annual".clone_into(&mut self.cycle);
        "YEARS".clone_into(&mut self.term);
        self
    }
}
