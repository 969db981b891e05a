//! Worlds made by hand: products, tenants, subscriptions with their spans, contracts and invoices, each exactly as said.
//!
//! Dates are `YYYY-MM-DD`, months `YYYY-MM`, money decimal text; anything else is a mistake of the caller and panics.
//!
//! ```text
//! Scenario::month("2026-09")
//!     .product("CFQ7TTC0LH18:0001", "Microsoft 365 Business Basic", "6.90", "8.00")
//!     .tenant("harbour", |tenant| {
//!         tenant.subscription("CFQ7TTC0LH18:0001", |subscription| {
//!             subscription.span("2026-09-01", "2026-09-18", 5).span("2026-09-19", "2026-09-30", 6)
//!         })
//!     })
//!     .world()
//! ```

#[path = "scenario/invoices.rs"]
pub mod invoices;
#[path = "scenario/raising.rs"]
mod raising;
#[path = "scenario/tenants.rs"]
pub mod tenants;

use chrono::NaiveDate;
use prism_connect::sim::{
    seed::{CompanySeed, ServiceSeed},
    world::{InvoicePlan, Month, Motion, Price, Product},
};
use rust_decimal::Decimal;

use self::invoices::HeaderPlan;
use self::tenants::TenantPlan;

/// A world made by hand.
#[derive(Clone, Debug)]
pub struct Scenario {
    first: Month,
    newest: Month,
    products: Vec<Product>,
    tenants: Vec<TenantPlan>,
    headers: Vec<(HeaderPlan, InvoicePlan)>,
    services: Vec<ServiceSeed>,
    companies: Vec<CompanySeed>,
    second_agreement: bool,
}

impl Scenario {
    /// A world whose newest invoice is for this month; none is older unless [`Scenario::since`] says so.
    pub fn month(text: &str) -> Self {
        let newest = month(text);
        Self {
            first: newest,
            newest,
            products: Vec::new(),
            tenants: Vec::new(),
            headers: Vec::new(),
            services: Vec::new(),
            companies: Vec::new(),
            second_agreement: false,
        }
    }

    /// The first month with an invoice.
    #[must_use]
    pub fn since(mut self, text: &str) -> Self {
        self.first = month(text);
        self
    }

    /// A second Microsoft CSP agreement (index 2 for [`TenantPlan::agreement`]; 0 is the first, 1 the other program's).
    #[must_use]
    pub fn second_agreement(mut self) -> Self {
        self.second_agreement = true;
        self
    }

    /// A product with monthly term and monthly bill: SKU, name, partner price, RRP. NCE unless its SKU is a GUID.
    #[must_use]
    pub fn product(self, sku: &str, name: &str, cost: &str, rrp: &str) -> Self {
        self.add_product(sku, name, Motion::MonthMonth, (cost, rrp))
    }

    /// A product with annual term billed monthly.
    #[must_use]
    pub fn annual_monthly(self, sku: &str, name: &str, cost: &str, rrp: &str) -> Self {
        self.add_product(sku, name, Motion::YearMonth, (cost, rrp))
    }

    /// A product with annual term billed for the year; the prices are for a year.
    #[must_use]
    pub fn annual(self, sku: &str, name: &str, cost: &str, rrp: &str) -> Self {
        self.add_product(sku, name, Motion::YearYear, (cost, rrp))
    }

    /// An Azure product; what it costs stands on its subscriptions.
    #[must_use]
    pub fn azure_product(self, sku: &str, name: &str) -> Self {
        let mut made = self.add_product(sku, name, Motion::MonthMonth, ("0", "0"));
        made.last_product().azure = true;
        made
    }

    /// The price of a product (every motion of the SKU) from a day on.
    #[must_use]
    pub fn price_from(mut self, sku: &str, date: &str, cost: &str, rrp: &str) -> Self {
        for product in self.products.iter_mut().filter(|product| same(&product.sku, sku)) {
            product.prices.push((day(date), price(cost, rrp)));
            product.prices.sort_by_key(|(since, _)| *since);
        }
        self
    }

    /// The product is off the price list from a day on, and may go on being invoiced.
    #[must_use]
    pub fn retired_from(mut self, sku: &str, date: &str) -> Self {
        for product in self.products.iter_mut().filter(|product| same(&product.sku, sku)) {
            product.retired = Some(day(date));
        }
        self
    }

    /// A tenant `name`.onmicrosoft.com with a customer, a company and a contract of its own, unless the plan says otherwise.
    #[must_use]
    pub fn tenant(mut self, name: &str, plan: impl FnOnce(TenantPlan) -> TenantPlan) -> Self {
        self.tenants.push(plan(TenantPlan::new(name)));
        self
    }

    /// What is different about the standard invoice of a month.
    #[must_use]
    pub fn invoice(mut self, text: &str, plan: impl FnOnce(HeaderPlan) -> HeaderPlan) -> Self {
        let ordinary = InvoicePlan::standard(month(text), 0);
        self.headers.push((plan(HeaderPlan::default()), ordinary));
        self
    }

    /// Another invoice of a month, of a type (`Standard`, `Credit`, …); it has only the lines the plan gives it, or copies the
    /// standard one's with [`HeaderPlan::with_all_lines`].
    #[must_use]
    pub fn extra_invoice(
        mut self,
        text: &str,
        kind: &str,
        plan: impl FnOnce(HeaderPlan) -> HeaderPlan,
    ) -> Self {
        let blank = InvoicePlan::beside(month(text), 0, kind);
        self.headers.push((plan(HeaderPlan::default()), blank));
        self
    }

    /// A service somebody made by hand in Autotask.
    #[must_use]
    pub fn service(mut self, id: i64, name: &str, price: &str, cost: &str) -> Self {
        self.services.push(ServiceSeed {
            id,
            name: name.to_owned(),
            billing_code: 29_682_805,
            price: money(price),
            cost: money(cost),
            active: true,
        });
        self
    }

    /// A company of Autotask without a counterpart: type 1 customer, 7 vendor.
    #[must_use]
    pub fn company(mut self, id: i64, name: &str, company_type: i64) -> Self {
        let name = name.to_owned();
        self.companies.push(CompanySeed {
            id,
            name,
            company_type,
            active: true,
            web: String::new(),
        });
        self
    }

    fn add_product(mut self, sku: &str, name: &str, motion: Motion, prices: (&str, &str)) -> Self {
        let first = self.first.minus(120).first();
        self.products.push(Product {
            id: uuid::Uuid::nil(),
            sku: sku.to_owned(),
            name: name.to_owned(),
            group: "Microsoft 365",
            motion,
            nce: sku.parse::<uuid::Uuid>().is_err(),
            azure: false,
            prices: vec![(first, price(prices.0, prices.1))],
            retired: None,
        });
        self
    }

    fn last_product(&mut self) -> &mut Product {
        self.products.last_mut().expect("a product was added just now")
    }
}

/// A day as text in code.
fn day(text: &str) -> NaiveDate {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").expect("days are written YYYY-MM-DD")
}

/// A month as text in code.
fn month(text: &str) -> Month {
    Month::parse(text).expect("months are written YYYY-MM")
}

/// Money as text in code.
fn money(text: &str) -> Decimal {
    text.parse().expect("money is written as a decimal number")
}

fn price(cost: &str, rrp: &str) -> Price {
    Price { cost: money(cost), rrp: money(rrp) }
}

fn same(left: &str, right: &str) -> bool {
    left.eq_ignore_ascii_case(right)
}
