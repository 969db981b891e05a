//! The distributor, and what tests put into it.

use std::sync::{
    MutexGuard,
    atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use prism_connect::{
    domain::{
        AgreementId, Currency, CustomerId, Day, InvoiceId, ProductId, ReadError, SubscriptionId,
        TenantId, UsageMonth,
        invoice::{Invoice, Line, LineMotion, Lines, Subscription, Tenant},
        product::{Motion, Product, ProductKey},
    },
    prism::{Agreement, InvoiceList, Source},
};
use rust_decimal::Decimal;
use tokio_util::sync::CancellationToken;

use super::{Shared, World, day, lock, money};

/// A client of the distributor.
#[derive(Default)]
pub struct FakeSource {
    world: Shared,
    cancel: CancellationToken,
    requests: AtomicU64,
}

/// Quantity over a span of one subscription: subscription, first day, last day, units.
pub type Span<'a> = (&'a str, &'a str, &'a str, i64);

pub fn agreement(id: &str) -> Agreement {
    Agreement {
        id: AgreementId::new(id),
        program: "Microsoft CSP Indirect".to_owned(),
        csp: true,
        customers: Vec::new(),
    }
}

impl FakeSource {
    pub fn of(world: Shared, cancel: CancellationToken) -> Self {
        Self { world, cancel, requests: AtomicU64::default() }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    /// One more request, which fails where the distributor does.
    fn read(&self) -> Result<MutexGuard<'_, World>, ReadError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let world = self.world();
        match &world.source_fault {
            Some(fault) => Err(fault.clone()),
            None => Ok(world),
        }
    }

    pub fn product(&self, sku: &str, cost: &str, retail: &str) {
        let product = Product { cost: money(cost), retail: money(retail), ..product(sku) };
        self.world().products.push(product);
    }

    /// A tenant with its subscriptions: id and SKU each.
    pub fn tenant(&self, name: &str, subscriptions: &[(&str, &str)]) {
        let subscription = |(id, sku): &(&str, &str)| Subscription {
            id: SubscriptionId::new(id),
            name: format!("Subscription {id}").into(),
            product: ProductId::new(format!("product-{sku}")),
            term: None,
            usage_billed: false,
            status: "Active".into(),
            quantity: 1,
        };
        let mut world = self.world();
        let customer = (CustomerId::new(name), format!("Customer {name}"));
        world.agreements[0].customers.push(customer);
        let agreement = world.agreements[0].id.clone();
        world.tenants.push(Tenant {
            id: TenantId::new(name),
            domain: format!("{name}.onmicrosoft.com"),
            status: "Active".to_owned(),
            customer: CustomerId::new(name),
            customer_name: format!("Customer {name}"),
            fault: None,
            agreement,
            subscriptions: subscriptions.iter().map(subscription).collect(),
        });
    }

    /// An invoice with its lines, at the price list's prices.
    pub fn invoice(&self, month: &str, spans: &[Span<'_>]) {
        let mut world = self.world();
        let invoice = world.invoice(month, spans);
        world.invoices.push(invoice);
    }

    /// The last invoice has these lines instead, each with the subtotal that it comes to, and a header that adds up.
    pub fn bill_again(&self, spans: &[Span<'_>]) {
        let mut state = self.world();
        let (invoice, _) = state.invoices.last().expect("an invoice");
        let month = invoice.usage_month.expect("a month");
        let lines = state.lines(month, spans);
        let (invoice, before) = state.invoices.last_mut().expect("an invoice");
        invoice.subtotal = Some(lines.iter().map(|line| line.subtotal).sum());
        *before = lines;
    }

    /// New prices on the list.
    pub fn reprice(&self, sku: &str, cost: &str, retail: &str) {
        let mut state = self.world();
        let product = state.products.iter_mut().find(|product| product.sku_text == sku);
        let product = product.expect("a product");
        (product.cost, product.retail) = (money(cost), money(retail));
    }

    /// Takes a product off the list.
    pub fn delist(&self, sku: &str) {
        let mut state = self.world();
        state.products.retain(|product| product.sku_text != sku);
    }

    /// Changes the invoice at this place.
    pub fn change_invoice(&self, at: usize, change: impl FnOnce(&mut Invoice, &mut Vec<Line>)) {
        let mut state = self.world();
        let (invoice, lines) = &mut state.invoices[at];
        change(invoice, lines);
    }

    /// The last invoice is not listed any more.
    pub fn withdraw_last(&self) {
        self.world().invoices.pop();
    }

    /// Changes the last invoice.
    pub fn change_last(&self, change: impl FnOnce(&mut Invoice, &mut Vec<Line>)) {
        let mut state = self.world();
        let (invoice, lines) = state.invoices.last_mut().expect("an invoice");
        change(invoice, lines);
    }
}

pub fn product(sku: &str) -> Product {
    Product {
        id: ProductId::new(format!("product-{sku}")),
        key: ProductKey { sku: sku.into(), motion: Motion::Monthly },
        sku_text: sku.to_owned(),
        name: format!("Product {sku}"),
        description: String::new(),
        cost: money("6.90"),
        retail: money("8.00"),
        usage_billed: false,
        fault: None,
    }
}

impl World {
    /// An invoice with its lines, at the price list's prices.
    pub fn invoice(&self, month: &str, spans: &[Span<'_>]) -> (Invoice, Vec<Line>) {
        let month: UsageMonth = month.parse().expect("a month");
        let lines = self.lines(month, spans);
        let issued = month.next().first_day();
        let invoice = Invoice {
            id: InvoiceId::new(format!("invoice-{month}")),
            number: format!("INV-{month}"),
            program: "Microsoft CSP Indirect".to_owned(),
            usage_month: Some(month),
            billing_period_start: Some(issued),
            issued: Some(issued),
            agreement: self.agreements.first().map(|agreement| agreement.id.clone()),
            agreement_number: Some("1040217".to_owned()),
            kind_text: Some("Standard".to_owned()),
            status_text: Some("Issued".to_owned()),
            currency: Some(Currency::new("AUD")),
            fault: None,
            subtotal: Some(lines.iter().map(|line| line.subtotal).sum()),
        };
        (invoice, lines)
    }

    fn lines(&self, month: UsageMonth, spans: &[Span<'_>]) -> Vec<Line> {
        spans.iter().zip(1..).map(|(span, number)| self.line(number, *span, month)).collect()
    }

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
            offer_name: product.map_or("Unknown", |product| &product.name).into(),
            start,
            end,
            description: "Actual usage for period".into(),
            cost_price: cost,
            retail_price: retail,
            quantity: Decimal::from(units),
            ratio: ratio.trunc_with_scale(9),
            subtotal: (cost.times(units) * ratio).rounded(2),
            subtotal_retail: (retail.times(units) * ratio).rounded(2),
            domain: Some(tenant.domain.clone().into()),
            customer_name: Some(tenant.customer_name.clone().into()),
            agreement_number: Some("1040217".into()),
            motion: LineMotion::Monthly,
            currency: None,
            fault: None,
        }
    }
}

#[async_trait]
impl Source for FakeSource {
    async fn probe(&self) -> Result<String, ReadError> {
        self.read().map(|_| "operator".to_owned())
    }

    async fn agreements(&self) -> Result<Vec<Agreement>, ReadError> {
        Ok(self.read()?.agreements.clone())
    }

    async fn tenants(&self, agreement: &AgreementId) -> Result<Vec<Tenant>, ReadError> {
        let world = self.read()?;
        Ok(world.tenants.iter().filter(|one| one.agreement == *agreement).cloned().collect())
    }

    async fn price_list(&self, _: &AgreementId, _: Day) -> Result<Vec<Product>, ReadError> {
        Ok(self.read()?.products.clone())
    }

    async fn invoices(&self) -> Result<InvoiceList, ReadError> {
        if self.read()?.hangs {
            self.cancel.cancelled().await;
            return Err(ReadError::Cancelled);
        }
        let invoices = self.world().invoices.iter().map(|(invoice, _)| invoice.clone()).collect();
        Ok(InvoiceList { invoices, ..InvoiceList::default() })
    }

    async fn lines(&self, invoice: &InvoiceId) -> Result<Lines, ReadError> {
        let world = self.read()?;
        let found = world.invoices.iter().find(|(known, _)| known.id == *invoice);
        Ok(found.expect("a known invoice").1.clone().into())
    }

    fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }
}
