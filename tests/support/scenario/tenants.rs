//! The parts of a scenario: tenants, subscriptions, contracts.

use chrono::NaiveDate;
use prism_connect::sim::world::{Month, Motion, Price, Span};
use rust_decimal::Decimal;

use super::{day, money, month, price};

/// A tenant with its customer, contract and subscriptions.
#[derive(Clone, Debug)]
pub struct TenantPlan {
    pub(super) name: String,
    pub(super) domain: String,
    pub(super) customer: String,
    pub(super) company: String,
    pub(super) shares: Option<String>,
    pub(super) agreement: usize,
    pub(super) contract: ContractPlan,
    pub(super) subscriptions: Vec<SubscriptionPlan>,
}

impl TenantPlan {
    pub(super) fn new(name: &str) -> Self {
        let domain =
            if name.contains('.') { name.into() } else { format!("{name}.onmicrosoft.com") };
        Self {
            name: name.to_owned(),
            domain,
            customer: format!("{name} Pty Ltd"),
            company: name.to_owned(),
            shares: None,
            agreement: 0,
            contract: ContractPlan::default(),
            subscriptions: Vec::new(),
        }
    }

    /// The customer's name in PRISM; tenants that give the same one belong to one customer.
    #[must_use]
    pub fn customer(mut self, name: &str) -> Self {
        name.clone_into(&mut self.customer);
        self
    }

    /// The company's name in Autotask.
    #[must_use]
    pub fn company(mut self, name: &str) -> Self {
        name.clone_into(&mut self.company);
        self
    }

    /// The tenant belongs to the company and contract of one given earlier.
    #[must_use]
    pub fn on_contract_of(mut self, tenant: &str) -> Self {
        self.shares = Some(tenant.to_owned());
        self
    }

    /// The index of its agreement; 0 unless said.
    #[must_use]
    pub fn agreement(mut self, index: usize) -> Self {
        self.agreement = index;
        self
    }

    /// Its contract.
    #[must_use]
    pub fn contract(mut self, plan: impl FnOnce(ContractPlan) -> ContractPlan) -> Self {
        self.contract = plan(self.contract);
        self
    }

    /// A subscription of a product with monthly bill; the first product with this SKU that is.
    #[must_use]
    pub fn subscription(
        mut self,
        sku: &str,
        plan: impl FnOnce(SubscriptionPlan) -> SubscriptionPlan,
    ) -> Self {
        self.subscriptions.push(plan(SubscriptionPlan::new(sku)));
        self
    }
}

/// A subscription and its history.
#[derive(Clone, Debug)]
pub struct SubscriptionPlan {
    pub(super) sku: String,
    pub(super) motion: Option<Motion>,
    pub(super) name: Option<String>,
    pub(super) id: Option<String>,
    pub(super) product_text: Option<String>,
    pub(super) addon_of: Option<String>,
    pub(super) listed: bool,
    pub(super) spans: Vec<Span>,
    pub(super) azure: Vec<(Month, Price)>,
}

impl SubscriptionPlan {
    fn new(sku: &str) -> Self {
        Self {
            sku: sku.to_owned(),
            motion: None,
            name: None,
            id: None,
            product_text: None,
            addon_of: None,
            listed: true,
            spans: Vec::new(),
            azure: Vec::new(),
        }
    }

    /// A name to find it by; its friendly name in PRISM.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// Its GUID.
    #[must_use]
    pub fn id(mut self, id: &str) -> Self {
        self.id = Some(id.to_owned());
        self
    }

    /// It is of the product with annual term billed monthly.
    #[must_use]
    pub fn annual_monthly(mut self) -> Self {
        self.motion = Some(Motion::YearMonth);
        self
    }

    /// It is of the product with annual term billed for the year.
    #[must_use]
    pub fn annual(mut self) -> Self {
        self.motion = Some(Motion::YearYear);
        self
    }

    /// From a day to a day, both counted, this quantity.
    #[must_use]
    pub fn span(mut self, from: &str, to: &str, quantity: impl Into<Decimal>) -> Self {
        self.spans.push(Span { to: Some(day(to)), ..Span::open(day(from), quantity.into()) });
        self
    }

    /// From a day on, this quantity.
    #[must_use]
    pub fn from(mut self, from: &str, quantity: impl Into<Decimal>) -> Self {
        self.spans.push(Span::open(day(from), quantity.into()));
        self
    }

    /// The span given last has prices of its own: partner price and RRP.
    #[must_use]
    pub fn at(mut self, cost: &str, rrp: &str) -> Self {
        if let Some(span) = self.spans.last_mut() {
            span.price = Some(price(cost, rrp));
        }
        self
    }

    /// What Azure cost in a month, partner price and RRP; it is used on every day of it.
    #[must_use]
    pub fn used(mut self, text: &str, cost: &str, rrp: &str) -> Self {
        let used = month(text);
        self.azure.push((used, price(cost, rrp)));
        let span = Span::open(used.first(), Decimal::ONE);
        self.spans.push(Span { to: Some(used.last()), ..span });
        self
    }

    /// It is an add-on of the tenant's subscription with this name.
    #[must_use]
    pub fn addon_of(mut self, name: &str) -> Self {
        self.addon_of = Some(name.to_owned());
        self
    }

    /// The tenant list does not know it.
    #[must_use]
    pub fn unlisted(mut self) -> Self {
        self.listed = false;
        self
    }

    /// What `ProductId` says instead of the product's GUID: a SKU, or an unknown id.
    #[must_use]
    pub fn product_text(mut self, text: &str) -> Self {
        self.product_text = Some(text.to_owned());
        self
    }
}

/// A service that stands on a contract from the start.
#[derive(Clone, Debug)]
pub(super) struct HeldService {
    pub(super) service: i64,
    pub(super) unit: Price,
    pub(super) steps: Vec<(NaiveDate, i64)>,
}

/// An Autotask contract; recurring, active, monthly from a 1st and long unless said.
#[derive(Clone, Debug, Default)]
pub struct ContractPlan {
    pub(super) id: Option<i64>,
    pub(super) name: Option<String>,
    pub(super) starts: Option<NaiveDate>,
    pub(super) ends: Option<NaiveDate>,
    pub(super) contract_type: Option<i64>,
    pub(super) period_type: Option<i64>,
    pub(super) inactive: bool,
    pub(super) unusable: bool,
    pub(super) held: Vec<HeldService>,
}

impl ContractPlan {
    /// Its id.
    #[must_use]
    pub fn id(mut self, id: i64) -> Self {
        self.id = Some(id);
        self
    }

    /// Its name.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// Its first day.
    #[must_use]
    pub fn starts(mut self, date: &str) -> Self {
        self.starts = Some(day(date));
        self
    }

    /// Its last day.
    #[must_use]
    pub fn ends(mut self, date: &str) -> Self {
        self.ends = Some(day(date));
        self
    }

    /// Its type: 7 recurring service, 1 time and materials.
    #[must_use]
    pub fn contract_type(mut self, number: i64) -> Self {
        self.contract_type = Some(number);
        self
    }

    /// Its billing period: 2 monthly, 3 quarterly, 4 semi-annual, 5 yearly.
    #[must_use]
    pub fn period_type(mut self, number: i64) -> Self {
        self.period_type = Some(number);
        self
    }

    /// It is inactive.
    #[must_use]
    pub fn inactive(mut self) -> Self {
        self.inactive = true;
        self
    }

    /// The true mapping says that it cannot work.
    #[must_use]
    pub fn unusable(mut self) -> Self {
        self.unusable = true;
        self
    }

    /// A service (made with [`super::Scenario::service`]) stands on it: unit price, unit cost, and units from days on.
    #[must_use]
    pub fn holds(mut self, service: i64, unit: (&str, &str), steps: &[(&str, i64)]) -> Self {
        let steps = steps.iter().map(|(date, units)| (day(date), *units)).collect();
        let unit = Price { rrp: money(unit.0), cost: money(unit.1) };
        self.held.push(HeldService { service, unit, steps });
        self
    }
}
