//! A distributor in memory.

use std::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use prism_connect::{
    domain::{
        AgreementId, Currency, CustomerId, Day, InvoiceId, ProductId, ReadError, SubscriptionId,
        TenantId, UsageMonth,
        invoice::{Invoice, Line, LineMotion, Subscription, Tenant},
        product::{Motion, Product, ProductKey},
    },
    prism::{Agreement, InvoiceLines, InvoiceList, Source},
};
use rust_decimal::Decimal;

use crate::target::{day, money};

/// The distributor.
#[derive(Default)]
pub struct FakeSource {
    state: Mutex<State>,
    requests: AtomicU64,
}

#[derive(Default)]
struct State {
    tenants: Vec<Tenant>,
    products: Vec<Product>,
    invoices: Vec<(Invoice, Vec<Line>)>,
}

/// Quantity over a span of one subscription: subscription, first day, last day, units.
pub type Span<'a> = (&'a str, &'a str, &'a str, i64);

impl FakeSource {
    pub fn product(&self, sku: &str, cost: &str, retail: &str) {
        self.state.lock().expect("lock").products.push(Product {
            id: ProductId::new(format!("product-{sku}")),
            key: ProductKey { sku: sku.into(), motion: Motion::Monthly },
            sku_text: sku.to_owned(),
            name: format!("Product {sku}"),
            description: String::new(),
            cost: money(cost),
            retail: money(retail),
            fault: None,
        });
    }

    /// A tenant with its subscriptions: id and SKU each.
    pub fn tenant(&self, name: &str, subscriptions: &[(&str, &str)]) {
        let subscription = |(id, sku): &(&str, &str)| Subscription {
            id: SubscriptionId::new(id),
            name: format!("Subscription {id}"),
            product: ProductId::new(format!("product-{sku}")),
            term: None,
            usage_billed: false,
            status: "Active".to_owned(),
            quantity: 1,
        };
        self.state.lock().expect("lock").tenants.push(Tenant {
            id: TenantId::new(name),
            domain: format!("{name}.onmicrosoft.com"),
            status: "Active".to_owned(),
            customer: CustomerId::new(name),
            customer_name: format!("Customer {name}"),
            fault: None,
            agreement: AgreementId::new("agreement"),
            subscriptions: subscriptions.iter().map(subscription).collect(),
        });
    }

    /// An invoice with its lines, at the price list's prices.
    pub fn invoice(&self, month: &str, spans: &[Span<'_>]) {
        let month: UsageMonth = month.parse().expect("a month");
        let mut state = self.state.lock().expect("lock");
        let lines: Vec<Line> =
            spans.iter().zip(1..).map(|(span, number)| state.line(number, *span, month)).collect();
        let issued = month.next().first_day();
        let invoice = Invoice {
            id: InvoiceId::new(format!("invoice-{month}")),
            number: format!("INV-{month}"),
            program: "Microsoft CSP Indirect".to_owned(),
            usage_month: Some(month),
            billing_period_start: Some(issued),
            issued: Some(issued),
            agreement: Some(AgreementId::new("agreement")),
            agreement_number: Some("1040217".to_owned()),
            kind_text: Some("Standard".to_owned()),
            status_text: Some("Issued".to_owned()),
            currency: Some(Currency::new("AUD")),
            fault: None,
            subtotal: Some(lines.iter().map(|line| line.subtotal).sum()),
        };
        state.invoices.push((invoice, lines));
    }

    /// The last invoice has these lines instead, each with the subtotal that it comes to, and a header that adds up.
    pub fn bill_again(&self, spans: &[Span<'_>]) {
        let mut state = self.state.lock().expect("lock");
        let (invoice, _) = state.invoices.last().expect("an invoice");
        let month = invoice.usage_month.expect("a month");
        let lines: Vec<Line> =
            spans.iter().zip(1..).map(|(span, number)| state.line(number, *span, month)).collect();
        let (invoice, before) = state.invoices.last_mut().expect("an invoice");
        invoice.subtotal = Some(lines.iter().map(|line| line.subtotal).sum());
        *before = lines;
    }

    /// New prices on the list.
    pub fn reprice(&self, sku: &str, cost: &str, retail: &str) {
        let mut state = self.state.lock().expect("lock");
        let product = state.products.iter_mut().find(|product| product.sku_text == sku);
        let product = product.expect("a product");
        (product.cost, product.retail) = (money(cost), money(retail));
    }

    /// Takes a product off the list.
    pub fn delist(&self, sku: &str) {
        let mut state = self.state.lock().expect("lock");
        state.products.retain(|product| product.sku_text != sku);
    }

    /// Changes the invoice at this place.
    pub fn change_invoice(&self, at: usize, change: impl FnOnce(&mut Invoice, &mut Vec<Line>)) {
        let mut state = self.state.lock().expect("lock");
        let (invoice, lines) = &mut state.invoices[at];
        change(invoice, lines);
    }

    /// The last invoice is not listed any more.
    pub fn withdraw_last(&self) {
        self.state.lock().expect("lock").invoices.pop();
    }

    /// Changes the last invoice.
    pub fn change_last(&self, change: impl FnOnce(&mut Invoice, &mut Vec<Line>)) {
        let mut state = self.state.lock().expect("lock");
        let (invoice, lines) = state.invoices.last_mut().expect("an invoice");
        change(invoice, lines);
    }
}

impl State {
    fn line(&self, number: u32, span: Span<'_>, month: UsageMonth) -> Line {
        let (subscription, start, end, units) = span;
        let (start, end): (Day, Day) = (day(start), day(end));
        let id = SubscriptionId::new(subscription);
        let tenant = self
            .tenants
            .iter()
            .find(|tenant| tenant.subscriptions.iter().any(|known| known.id == id))
            .expect("a tenant with this subscription");
        let product = tenant
            .subscriptions
            .iter()
            .find(|known| known.id == id)
            .and_then(|known| self.products.iter().find(|p| p.id == known.product));
        let ratio = Decimal::from(end.since(start) + 1) / Decimal::from(month.days());
        let (cost, retail) =
            product.map_or((money("1"), money("2")), |product| (product.cost, product.retail));
        Line {
            number,
            subscription: Some(id),
            offer_name: product.map_or("Unknown".to_owned(), |product| product.name.clone()),
            start,
            end,
            description: "Actual usage for period".to_owned(),
            cost_price: cost,
            retail_price: retail,
            quantity: Decimal::from(units),
            ratio: ratio.trunc_with_scale(9),
            subtotal: (cost.times(units) * ratio).rounded(2),
            subtotal_retail: (retail.times(units) * ratio).rounded(2),
            domain: Some(tenant.domain.clone()),
            customer_name: Some(tenant.customer_name.clone()),
            agreement_number: Some("1040217".to_owned()),
            motion: LineMotion::Monthly,
            currency: None,
            fault: None,
        }
    }
}

#[async_trait]
impl Source for FakeSource {
    async fn probe(&self) -> Result<String, ReadError> {
        Ok("fake".to_owned())
    }

    async fn agreements(&self) -> Result<Vec<Agreement>, ReadError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let state = self.state.lock().expect("lock");
        let customers = state.tenants.iter();
        Ok(vec![Agreement {
            id: AgreementId::new("agreement"),
            program: "Microsoft CSP Indirect".to_owned(),
            csp: true,
            customers: customers.map(|t| (t.customer.clone(), t.customer_name.clone())).collect(),
        }])
    }

    async fn tenants(&self, _agreement: &AgreementId) -> Result<Vec<Tenant>, ReadError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        Ok(self.state.lock().expect("lock").tenants.clone())
    }

    async fn price_list(&self, _: &AgreementId, _: Day) -> Result<Vec<Product>, ReadError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        Ok(self.state.lock().expect("lock").products.clone())
    }

    async fn invoices(&self) -> Result<InvoiceList, ReadError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let state = self.state.lock().expect("lock");
        let invoices = state.invoices.iter().map(|(invoice, _)| invoice.clone()).collect();
        Ok(InvoiceList { invoices, ..InvoiceList::default() })
    }

    async fn lines(&self, invoice: &InvoiceId) -> Result<InvoiceLines, ReadError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let state = self.state.lock().expect("lock");
        let found = state.invoices.iter().find(|(known, _)| known.id == *invoice);
        Ok(InvoiceLines { lines: found.expect("a known invoice").1.clone() })
    }

    fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }
}
