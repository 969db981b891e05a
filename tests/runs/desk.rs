//! One installation between the two fakes.

use std::sync::{Arc, Mutex};

use prism_connect::{
    clock::Clock,
    domain::{
        CompanyId, ConnectionId, ContractId, ServiceId, TenantId, Thing, UsageMonth,
        choice::{ChoiceOption, Chosen},
        mapping::{Mapping, PricingStrategy, Start},
        policy::{Policies, ProgramOptions},
        product::{Link, LinkKey, LinkOrigin},
        run::RunReport,
    },
    engine::{
        protocol::{Happening, Scope, SyncRequest},
        sync::{self, Asker, Equipment},
        tables::{LINKS, MAPPINGS, of_link, of_tenant},
    },
    store::{Batch, Store},
};
use tokio_util::sync::CancellationToken;

use crate::in_memory::{
    Shared, lock,
    source::{FakeSource, agreement},
    target::FakeTarget,
};

pub struct Desk {
    pub source: Arc<FakeSource>,
    pub target: Arc<FakeTarget>,
    pub equipment: Equipment,
    pub happened: Arc<Mutex<Vec<Happening>>>,
    pub cancel: CancellationToken,
    /// Holds the store until the end of the test.
    pub _dir: tempfile::TempDir,
}

impl Desk {
    /// An empty installation at noon of the 5th of November 2026.
    pub fn new() -> Self {
        let dir = crate::scratch::directory();
        let store = Store::open(dir.path()).expect("a store");
        let world = Shared::default();
        let code = ChoiceOption::new(1, "Cloud");
        lock(&world).agreements.push(agreement("agreement"));
        lock(&world).codes.push(code.clone());
        let cancel = CancellationToken::new();
        let source = Arc::new(FakeSource::of(world.clone(), cancel.clone()));
        let target = Arc::new(FakeTarget::of(world));
        let now = "2026-11-05T12:00:00Z".parse().expect("a time");
        let happened = Arc::new(Mutex::new(Vec::new()));
        let told = happened.clone();
        let equipment = Equipment {
            store,
            clock: Clock::starting_at(now).scaled(0.0),
            source: source.clone(),
            target: target.clone(),
            connection: ConnectionId::new("autotask"),
            agreements: Vec::new(),
            options: ProgramOptions {
                sync: true,
                chosen: Chosen::default().with(Thing::BillingCode, code.picked()),
                ..ProgramOptions::default()
            },
            policies: Policies::default(),
            quiet: std::time::Duration::from_secs(10),
            writers: 4,
            stopped_by: std::sync::Arc::default(),
            approvals: prism_connect::engine::sync::Approvals::default(),
            listener: Arc::new(move |happening| told.lock().expect("lock").push(happening)),
        };
        Self { source, target, equipment, happened, cancel, _dir: dir }
    }

    /// Maps a tenant to a contract, from a month on.
    pub async fn map(&self, tenant: &str, contract: i64, first_month: &str) {
        let month: UsageMonth = first_month.parse().expect("a month");
        let mapping = Mapping {
            tenant: TenantId::new(tenant),
            domain: format!("{tenant}.onmicrosoft.com"),
            customer: tenant.into(),
            customer_name: format!("Customer {tenant}"),
            company: CompanyId(contract),
            company_name: format!("Company {contract}"),
            contract: ContractId(contract),
            contract_name: format!("Contract {contract}"),
            sync: true,
            start: Start::MostRecent,
            first_month: Some(month),
            begun: false,
            pricing: PricingStrategy::CostAndRetail,
            note: String::new(),
            changed_at: self.equipment.clock.now(),
        };
        let mut batch = Batch::new();
        batch.put(MAPPINGS, &of_tenant(&self.equipment.connection, &mapping.tenant), &mapping);
        self.equipment.store.commit(batch).await.expect("a commit");
    }

    /// Links a SKU to a service that is there.
    pub async fn link(&self, sku: &str, service: ServiceId) {
        let key = LinkKey::Product(sku.parse().expect("never fails"));
        let origin = LinkOrigin::Created;
        let link = Link { key: key.clone(), service, origin, previous: Vec::new() };
        let mut batch = Batch::new();
        batch.put(LINKS, &of_link(&self.equipment.connection, &key), &link);
        self.equipment.store.commit(batch).await.expect("a commit");
    }

    pub async fn sync(&self, request: SyncRequest) -> Vec<RunReport> {
        let asker = Asker {
            actor: "tester".to_owned(),
            uid: None,
            trigger: prism_connect::domain::run::Trigger::Operator,
            approved: None,
        };
        sync::sync(&self.equipment, &request, &asker, &self.cancel).await.expect("a run")
    }

    /// A customers sync whose process is killed as soon as the target hangs.
    pub async fn killed(&self) {
        let request = SyncRequest { scope: Scope::Customers, ..SyncRequest::default() };
        tokio::select! {
            reports = self.sync(request) => panic!("it was to be killed: {reports:#?}"),
            () = self.target.hung.notified() => {}
        }
    }

    /// A customers run; no earlier one is unfinished.
    pub async fn customers(&self) -> RunReport {
        self.one(SyncRequest { scope: Scope::Customers, ..SyncRequest::default() }).await
    }

    pub async fn one(&self, request: SyncRequest) -> RunReport {
        let mut reports = self.sync(request).await;
        assert_eq!(reports.len(), 1, "{reports:#?}");
        reports.remove(0)
    }

    /// The product of W1 with its service, a tenant with one subscription of it, mapped from September on.
    pub async fn with_w1() -> Self {
        let desk = Self::new();
        desk.source.product("BASIC", "6.90", "8.00");
        desk.source.tenant("harbour", &[("a", "BASIC")]);
        desk.target.contract(1);
        let service = desk.target.add_service("PC_BASIC", "8.00", "6.90");
        desk.link("BASIC", service).await;
        desk.map("harbour", 1, "2026-09").await;
        desk.source.invoice(
            "2026-09",
            &[("a", "2026-09-01", "2026-09-18", 5), ("a", "2026-09-19", "2026-09-30", 6)],
        );
        desk
    }

    pub fn cancel_after_writes(&self, writes: u64) {
        self.target.cancel_after(writes, self.cancel.clone());
    }

    /// A tenant with two subscriptions of two products, five seats of each for all of September.
    pub async fn with_siblings() -> Self {
        let desk = Self::new();
        desk.source.product("BASIC", "6.90", "8.00");
        desk.source.product("EXTRA", "6.00", "7.00");
        desk.source.tenant("harbour", &[("a", "BASIC"), ("b", "EXTRA")]);
        desk.target.contract(1);
        for sku in ["BASIC", "EXTRA"] {
            let service = desk.target.add_service(&format!("PC_{sku}"), "8.00", "6.90");
            desk.link(sku, service).await;
        }
        desk.map("harbour", 1, "2026-09").await;
        let lines = [("a", "2026-09-01", "2026-09-30", 5), ("b", "2026-09-01", "2026-09-30", 5)];
        desk.source.invoice("2026-09", &lines);
        desk
    }

    pub fn w1_service(&self) -> ServiceId {
        self.target.service("PC_BASIC").id
    }
}
