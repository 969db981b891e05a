//! A distributor and a target in memory, which a test can change under the engine's feet.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use async_trait::async_trait;
use prism_connect::{
    domain::{
        AgreementId, BillingCodeId, CompanyId, ConnectionId, ContractId, ContractServiceId,
        Currency, CustomerId, Day, InvoiceId, Money, ProductId, ReadError, ServiceId, Side,
        SubscriptionId, TenantId, UsageMonth,
        invoice::{Invoice, Line, LineMotion, Subscription, Tenant},
        operation::Operation,
        outcome::Finding,
        product::{Product, ProductKey, Service},
        secret::Secret,
        target::{
            BillingCode, Company, Contract, ContractKind, PresentContract, PresentService,
            TargetKind, UnitRow,
        },
    },
    engine::factory::{Credentials, Factory, SignIn, SignInPlace, TargetSettings, Wires},
    prism::{Agreement, InvoiceLines, InvoiceList, PrismSettings, Source},
    psa::{BillingRules, Probe, Psa, Right, ServiceLimits, Written, autotask::Rules},
};
use rust_decimal::Decimal;
use tokio_util::sync::CancellationToken;

/// What both systems hold.
#[derive(Default)]
pub struct World {
    pub agreements: Vec<Agreement>,
    pub tenants: Vec<Tenant>,
    pub products: Vec<Product>,
    pub invoices: Vec<(Invoice, Vec<Line>)>,
    pub source_fault: Option<ReadError>,
    pub companies: Vec<Company>,
    pub vendors: Vec<Company>,
    pub contracts: Vec<Contract>,
    pub codes: Vec<BillingCode>,
    pub services: Vec<Service>,
    pub rows: BTreeMap<ContractId, Vec<PresentService>>,
    pub rights: Vec<Right>,
    pub target_fault: Option<ReadError>,
    /// The secrets that clients were made with.
    pub secrets: Vec<String>,
    /// The integration codes that clients were made with.
    pub codes_given: Vec<String>,
    /// Reading the invoice list, and a sign-in, wait until they are cancelled.
    pub hangs: bool,
    /// Writes that arrived.
    pub sent: Vec<Operation>,
}

pub type Shared = Arc<Mutex<World>>;

pub fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

pub fn money(text: &str) -> Money {
    text.parse().expect("an amount")
}

fn month(text: &str) -> UsageMonth {
    text.parse().expect("a month")
}

impl World {
    /// Three tenants, three companies with a contract each, a product, an invoice for September 2026.
    pub fn ordinary() -> Self {
        let mut world = Self::default();
        world.agreements.push(agreement("1"));
        for (number, name) in [(1, "alpha"), (2, "beta"), (3, "gamma")] {
            world.tenants.push(tenant(name));
            world.companies.push(company(number, &format!("{name} Pty Ltd")));
            world.contracts.push(contract(number, number, "Cloud"));
        }
        world.codes.push(BillingCode { id: BillingCodeId(7), name: "Cloud services".to_owned() });
        world.products.push(product("SKU1"));
        world.invoices.push(invoice("2026-09", "Standard"));
        world
    }

    pub fn shared(self) -> Shared {
        Arc::new(Mutex::new(self))
    }
}

/// Credentials refused on one side, in whatever words.
pub fn refused(side: Side, text: &str) -> ReadError {
    ReadError::Unauthorized { side, finding: Finding::new("unauthorized", text, "Check.") }
}

pub fn agreement(id: &str) -> Agreement {
    Agreement {
        id: AgreementId::new(id),
        program: "Microsoft CSP Indirect".to_owned(),
        csp: true,
        customers: Vec::new(),
    }
}

pub fn tenant(name: &str) -> Tenant {
    Tenant {
        id: TenantId::new(format!("id-{name}")),
        domain: format!("{name}.onmicrosoft.com"),
        status: "Active".to_owned(),
        customer: CustomerId::new(name),
        customer_name: name.to_owned(),
        agreement: AgreementId::new("1"),
        fault: None,
        subscriptions: vec![Subscription {
            id: SubscriptionId::new(format!("sub-{name}")),
            name: "Basic".to_owned(),
            product: ProductId::new("product-SKU1"),
            term: None,
            usage_billed: false,
            status: "Active".to_owned(),
            quantity: 5,
        }],
    }
}

pub fn company(id: i64, name: &str) -> Company {
    Company { id: CompanyId(id), name: name.to_owned(), active: true, web: None }
}

pub fn contract(id: i64, company: i64, name: &str) -> Contract {
    Contract {
        id: ContractId(id),
        company: CompanyId(company),
        name: name.to_owned(),
        kind: ContractKind::Recurring,
        active: true,
        start: day("2026-01-01"),
        end: Some(day("2027-12-31")),
        period_months: 1,
    }
}

pub fn product(sku: &str) -> Product {
    let key: ProductKey = sku.parse().unwrap_or_else(|never| match never {});
    Product {
        id: ProductId::new(format!("product-{sku}")),
        sku_text: sku.to_owned(),
        name: format!("Product {sku}"),
        key,
        description: String::new(),
        cost: money("6.90"),
        retail: money("8.00"),
        fault: None,
    }
}

pub fn service(id: i64, name: &str) -> Service {
    Service {
        id: ServiceId(id),
        name: name.to_owned(),
        sku: None,
        external_id: None,
        price: money("8.00"),
        cost: Some(money("6.90")),
        active: true,
        billing_code_active: Some(true),
    }
}

pub fn row(id: i64, service: i64, units: i64) -> PresentService {
    PresentService {
        contract_service: ContractServiceId(id),
        service: ServiceId(service),
        price: Some(money("8.00")),
        cost: Some(money("6.90")),
        rows: vec![UnitRow {
            start: day("2026-09-01"),
            end: day("2026-09-30"),
            units,
            price: money("8.00").times(units),
            cost: None,
            posted: false,
        }],
    }
}

/// An invoice with five seats for `alpha`.
pub fn invoice(of: &str, kind: &str) -> (Invoice, Vec<Line>) {
    let of = month(of);
    let issued = of.next().first_day();
    let line = Line {
        number: 1,
        subscription: Some(SubscriptionId::new("sub-alpha")),
        offer_name: "Product SKU1".to_owned(),
        start: of.first_day(),
        end: of.last_day(),
        description: String::new(),
        cost_price: money("6.90"),
        retail_price: money("8.00"),
        quantity: Decimal::from(5),
        ratio: Decimal::ONE,
        subtotal: money("34.50"),
        subtotal_retail: money("40.00"),
        domain: Some("alpha.onmicrosoft.com".to_owned()),
        customer_name: Some("alpha".to_owned()),
        agreement_number: Some("1040217".to_owned()),
        motion: LineMotion::Monthly,
        currency: None,
        fault: None,
    };
    let invoice = Invoice {
        id: InvoiceId::new(format!("invoice-{of}")),
        number: format!("INV-{of}"),
        program: "Microsoft CSP Indirect".to_owned(),
        usage_month: Some(of),
        billing_period_start: Some(issued),
        issued: Some(issued),
        agreement: Some(AgreementId::new("1")),
        agreement_number: Some("1040217".to_owned()),
        kind_text: Some(kind.to_owned()).filter(|text| !text.is_empty()),
        status_text: Some("Issued".to_owned()),
        currency: Some(Currency::new("AUD")),
        fault: None,
        subtotal: Some(money("34.50")),
    };
    (invoice, vec![line])
}

/// Makes clients over a world; those of other targets over worlds of their own.
pub struct Fakes {
    world: Shared,
    others: BTreeMap<ConnectionId, Shared>,
}

impl Fakes {
    pub fn over(world: &Shared) -> Self {
        Self { world: world.clone(), others: BTreeMap::new() }
    }

    pub fn with_target(mut self, target: &ConnectionId, world: &Shared) -> Self {
        self.others.insert(target.clone(), world.clone());
        self
    }
}

#[async_trait]
impl Factory for Fakes {
    fn source(&self, settings: PrismSettings, wires: Wires) -> Result<Arc<dyn Source>, Finding> {
        lock(&self.world).secrets.push(settings.client_secret.expose().to_owned());
        let world = self.world.clone();
        Ok(Arc::new(Fake { world, cancel: wires.cancel, rules: Rules::default() }))
    }

    fn target(
        &self,
        connection: &ConnectionId,
        settings: TargetSettings,
        wires: Wires,
    ) -> Result<Arc<dyn Psa>, Finding> {
        let TargetSettings::Autotask(settings) = settings;
        let world = self.others.get(connection).unwrap_or(&self.world);
        let mut held = lock(world);
        held.secrets.push(settings.secret.expose().to_owned());
        held.codes_given.push(settings.integration_code.expose().to_owned());
        drop(held);
        let world = world.clone();
        Ok(Arc::new(Fake { world, cancel: wires.cancel, rules: Rules::default() }))
    }

    async fn sign_in(&self, place: &SignInPlace, _: Wires) -> Result<SignIn, ReadError> {
        Ok(SignIn {
            verification_url: place.identity_url.to_string(),
            user_code: "ABCD".to_owned(),
            device_code: Secret::new("device"),
            interval: std::time::Duration::from_secs(5),
            expires_at: "2026-11-05T13:00:00Z".parse().expect("a time"),
        })
    }

    async fn credentials(
        &self,
        _: &SignInPlace,
        _: &SignIn,
        _: &str,
        wires: Wires,
    ) -> Result<Credentials, ReadError> {
        let hangs = lock(&self.0).hangs;
        if hangs {
            wires.cancel.cancelled().await;
            return Err(ReadError::Cancelled);
        }
        let client_secret = Secret::new("made-for-us");
        Ok(Credentials { client_id: "made".to_owned(), client_secret })
    }
}

fn lock(world: &Shared) -> MutexGuard<'_, World> {
    world.lock().expect("no test panics while it holds this")
}

struct Fake {
    world: Shared,
    cancel: CancellationToken,
    rules: Rules,
}

impl Fake {
    fn source(&self) -> Result<MutexGuard<'_, World>, ReadError> {
        let world = lock(&self.world);
        match &world.source_fault {
            Some(fault) => Err(fault.clone()),
            None => Ok(world),
        }
    }

    fn target(&self) -> Result<MutexGuard<'_, World>, ReadError> {
        let world = lock(&self.world);
        match &world.target_fault {
            Some(fault) => Err(fault.clone()),
            None => Ok(world),
        }
    }
}

#[async_trait]
impl Source for Fake {
    async fn probe(&self) -> Result<String, ReadError> {
        self.source().map(|_| "operator".to_owned())
    }

    async fn agreements(&self) -> Result<Vec<Agreement>, ReadError> {
        Ok(self.source()?.agreements.clone())
    }

    async fn tenants(&self, agreement: &AgreementId) -> Result<Vec<Tenant>, ReadError> {
        let world = self.source()?;
        Ok(world.tenants.iter().filter(|one| one.agreement == *agreement).cloned().collect())
    }

    async fn price_list(&self, _: &AgreementId, _: Day) -> Result<Vec<Product>, ReadError> {
        Ok(self.source()?.products.clone())
    }

    async fn invoices(&self) -> Result<InvoiceList, ReadError> {
        if self.source()?.hangs {
            self.cancel.cancelled().await;
            return Err(ReadError::Cancelled);
        }
        let invoices = self.source()?.invoices.iter().map(|(invoice, _)| invoice.clone()).collect();
        Ok(InvoiceList { invoices, ..InvoiceList::default() })
    }

    async fn lines(&self, invoice: &InvoiceId) -> Result<InvoiceLines, ReadError> {
        let world = self.source()?;
        let found = world.invoices.iter().find(|(known, _)| known.id == *invoice);
        Ok(InvoiceLines { lines: found.expect("a known invoice").1.clone() })
    }

    fn requests(&self) -> u64 {
        0
    }
}

#[async_trait]
impl Psa for Fake {
    fn kind(&self) -> TargetKind {
        TargetKind::Autotask
    }

    async fn probe(&self) -> Result<Probe, ReadError> {
        let world = self.target()?;
        let url = "https://zone.example/ATServicesRest/".to_owned();
        Ok(Probe { url, rights: world.rights.clone(), ..Probe::default() })
    }

    async fn billing_codes(&self) -> Result<Vec<BillingCode>, ReadError> {
        Ok(self.target()?.codes.clone())
    }

    async fn vendors(&self) -> Result<Vec<Company>, ReadError> {
        Ok(self.target()?.vendors.clone())
    }

    async fn companies(&self) -> Result<Vec<Company>, ReadError> {
        Ok(self.target()?.companies.clone())
    }

    async fn contracts(&self, company: Option<CompanyId>) -> Result<Vec<Contract>, ReadError> {
        let world = self.target()?;
        let of = |one: &&Contract| company.is_none_or(|company| one.company == company);
        Ok(world.contracts.iter().filter(of).cloned().collect())
    }

    async fn contracts_by_id(&self, contracts: &[ContractId]) -> Result<Vec<Contract>, ReadError> {
        let world = self.target()?;
        Ok(world.contracts.iter().filter(|one| contracts.contains(&one.id)).cloned().collect())
    }

    async fn services(&self) -> Result<Vec<Service>, ReadError> {
        Ok(self.target()?.services.clone())
    }

    async fn service_limits(&self) -> Result<ServiceLimits, ReadError> {
        Ok(ServiceLimits {
            name: 100,
            description: 400,
            invoice_description: 1000,
            sku: Some(50),
            external_id: Some(50),
            price_decimals: 4,
        })
    }

    async fn present(
        &self,
        contracts: &[ContractId],
        _from: Day,
    ) -> Result<Vec<PresentContract>, ReadError> {
        let world = self.target()?;
        let wanted = world.contracts.iter().filter(|one| contracts.contains(&one.id));
        let present = wanted.map(|contract| PresentContract {
            odd: None,
            contract: contract.clone(),
            services: world.rows.get(&contract.id).cloned().unwrap_or_default(),
        });
        Ok(present.collect())
    }

    fn rules(&self) -> &dyn BillingRules {
        &self.rules
    }

    async fn execute(&self, operation: &Operation) -> Written {
        lock(&self.world).sent.push(operation.clone());
        Written::Refused { finding: Finding::new("refused", "The fake takes no writes.", "") }
    }

    fn requests(&self) -> u64 {
        0
    }
}
