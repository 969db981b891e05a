//! What the world of these tests holds at first, and how the engine gets its clients.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use prism_connect::{
    domain::{
        AgreementId, CompanyId, ConnectionId, CustomerId, ProductId, ReadError, Side,
        SubscriptionId, TenantId, UsageMonth,
        choice::ChoiceOption,
        invoice::{Invoice, Line, Subscription, Tenant},
        outcome::Finding,
        secret::Secret,
        target::Company,
    },
    engine::factory::{Credentials, Factory, SignIn, SignInPlace, TargetSettings, Wires},
    prism::{PrismSettings, Source},
    psa::Psa,
};

pub use crate::in_memory::{
    Shared, World, day, money,
    source::{agreement, product},
    target::{contract, service},
};
use crate::in_memory::{lock, source::FakeSource, target::FakeTarget};

/// Three tenants, three companies with a contract each, a product, an invoice for September 2026; nothing is written.
pub fn ordinary() -> World {
    let mut world = World { refuses: Some("The fake takes no writes."), ..World::default() };
    world.agreements.push(agreement("1"));
    for (number, name) in [(1, "alpha"), (2, "beta"), (3, "gamma")] {
        world.tenants.push(tenant(name));
        world.companies.push(company(number, &format!("{name} Pty Ltd")));
        world.contracts.push(contract(number, number, "Cloud"));
    }
    world.codes.push(ChoiceOption::new(7, "Cloud services"));
    world.products.push(product("SKU1"));
    let september = invoice("2026-09", "Standard");
    world.invoices.push(september);
    world
}

/// Credentials refused on one side, in whatever words.
pub fn refused(side: Side, text: &str) -> ReadError {
    ReadError::Unauthorized { side, finding: Finding::new("unauthorized".into(), text, "Check.") }
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
            name: "Basic".into(),
            product: ProductId::new("product-SKU1"),
            term: None,
            usage_billed: false,
            status: "Active".into(),
            quantity: 5,
        }],
    }
}

pub fn company(id: i64, name: &str) -> Company {
    Company { id: CompanyId(id), name: name.to_owned(), active: true, web: None }
}

/// An invoice with five seats for `alpha`.
pub fn invoice(of: &str, kind: &str) -> (Invoice, Vec<Line>) {
    let month: UsageMonth = of.parse().expect("a month");
    let (first, last) = (month.first_day().to_string(), month.last_day().to_string());
    let world = World {
        agreements: vec![agreement("1")],
        tenants: vec![tenant("alpha")],
        products: vec![product("SKU1")],
        ..World::default()
    };
    let (invoice, lines) = world.invoice(of, &[("sub-alpha", &first, &last, 5)]);
    let kind_text = Some(kind.to_owned()).filter(|text| !text.is_empty());
    (Invoice { kind_text, ..invoice }, lines)
}

/// Makes clients over a world; those of other targets over worlds of their own.
pub struct Fakes {
    pub world: Shared,
    others: BTreeMap<ConnectionId, Shared>,
}

impl Fakes {
    pub fn over(world: &Shared) -> Self {
        Self { world: world.clone(), others: BTreeMap::new() }
    }

    pub fn with_target(mut self, target: &str, world: &Shared) -> Self {
        self.others.insert(ConnectionId::new(target), world.clone());
        self
    }
}

#[async_trait]
impl Factory for Fakes {
    fn source(&self, settings: PrismSettings, wires: Wires) -> Result<Arc<dyn Source>, Finding> {
        lock(&self.world).secrets.push(settings.client_secret.expose().to_owned());
        Ok(Arc::new(FakeSource::of(self.world.clone(), wires.cancel)))
    }

    fn target(
        &self,
        connection: &ConnectionId,
        settings: TargetSettings,
        _: Wires,
    ) -> Result<Arc<dyn Psa>, Finding> {
        let TargetSettings::Autotask(settings) = settings else { panic!("another target") };
        let world = self.others.get(connection).unwrap_or(&self.world);
        let mut held = lock(world);
        held.secrets.push(settings.secret.expose().to_owned());
        held.codes_given.push(settings.integration_code.expose().to_owned());
        Ok(Arc::new(FakeTarget::of(world.clone())))
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
        let hangs = lock(&self.world).hangs;
        if hangs {
            wires.cancel.cancelled().await;
            return Err(ReadError::Cancelled);
        }
        let client_secret = Secret::new("made-for-us");
        Ok(Credentials { client_id: "made".to_owned(), client_secret })
    }
}
