//! The client and its arithmetic against the simulated Autotask, which another hand built from the same contract:
//! what is announced is what stands there afterwards.

use std::time::Duration;

use prism_connect::{
    clock::Clock,
    domain::{
        ContractId, ContractServiceId, Day, Money, ReadError, ServiceId, Side, Thing,
        choice::Chosen,
        operation::{Operation, ServiceOperations, Wanted},
        policy::Policies,
        target::{Contract, ContractKind, PresentContract, PresentService},
        timeline::{Step, Timeline},
    },
    http::{Http, HttpSettings},
    psa::{
        Psa, Surroundings, Written,
        autotask::{Autotask, AutotaskSettings},
    },
    sim::{
        Limits, SimSettings, Simulation,
        journal::Entry,
        world::{WorldKind, WorldSettings},
    },
};
use rstest::rstest;
use serde_json::{Value, json};

use super::stub::day;

struct Scene {
    simulation: Simulation,
    client: Autotask,
}

async fn scene(kind: WorldKind, limits: Limits) -> Scene {
    let world = WorldSettings {
        kind,
        seed: 11,
        customers: 12,
        subscriptions: 4,
        ..WorldSettings::default()
    };
    let settings = SimSettings { world, limits, ..SimSettings::default() };
    let simulation = Simulation::start(settings).await.expect("a simulation");
    let place = simulation.addresses().autotask;
    let http =
        Http::new(&HttpSettings::default(), Clock::system().scaled(0.001), 3).expect("a client");
    let settings = AutotaskSettings {
        base_url: Some(place.base_url.parse().expect("a URL")),
        discovery_url: None,
        username: place.username,
        integration_code: place.integration_code.into(),
        secret: place.secret.into(),
    };
    Scene { simulation, client: Autotask::new(http, settings) }
}

async fn control(scene: &Scene, path: &str, body: Value) -> Value {
    prism_connect::http::install_tls();
    let url = format!("{}/{path}", scene.simulation.addresses().control_url.trim_end_matches('/'));
    let reply = crate::loopback::client().post(url).json(&body).send().await.expect("an answer");
    assert!(reply.status().is_success(), "{path}: {}", reply.status());
    reply.json().await.unwrap_or(Value::Null)
}

impl Scene {
    async fn recurring(&self) -> Vec<Contract> {
        let contracts = self.client.contracts(None).await.expect("contracts");
        let mut contracts: Vec<Contract> = contracts
            .into_iter()
            .filter(|contract| contract.kind == ContractKind::Recurring && contract.active)
            .collect();
        contracts.retain(|contract| {
            contract.start < day("2026-09-01")
                && contract.end.is_none_or(|end| end > day("2027-03-31"))
        });
        contracts
    }

    async fn present(&self, contract: ContractId) -> PresentContract {
        let present = self.client.present(&[contract], day("2026-09-01")).await.expect("present");
        present.into_iter().next().expect("the contract")
    }

    fn plan(&self, present: &PresentContract, wanted: &Wanted) -> ServiceOperations {
        let (surroundings, policies) = (Surroundings::default(), Policies::default());
        self.client.rules().operations(present, wanted, &surroundings, &policies)
    }

    /// Writes all of it, as the engine would: the new row's id goes into the adjustments after it.
    async fn write(&self, plan: &ServiceOperations) {
        let mut made = None;
        for operation in &plan.operations {
            let mut operation = operation.clone();
            if let Operation::AdjustUnits { contract_service: row @ None, .. } = &mut operation {
                *row = made.map(ContractServiceId);
            }
            match self.client.execute(&operation).await {
                Written::Done { id, .. } => made = made.or(id),
                other => panic!("{operation:?} ended as {other:?}"),
            }
        }
    }
}

fn timeline(steps: &[(Day, i64)]) -> Timeline {
    Timeline::new(steps.iter().map(|&(from, units)| Step { from, units }))
}

fn wanted(present: &PresentContract, service: ServiceId, units: Timeline) -> Wanted {
    let row = present.services.iter().find(|row| row.service == service);
    Wanted {
        service,
        contract_service: row.map(|row| row.contract_service),
        units,
        month_end: day("2026-09-30"),
        prices: Vec::new(),
        opening_price: Some("8.00".parse::<Money>().expect("money")),
        opening_cost: Some("6.90".parse::<Money>().expect("money")),
    }
}

/// A service that the contract does not carry.
async fn fresh_service(scene: &Scene, present: &PresentContract) -> ServiceId {
    let services = scene.client.services().await.expect("services");
    let carried = |id| present.services.iter().any(|row| row.service == id);
    let usable = services.iter().find(|service| {
        service.active && service.billing_code_active == Some(true) && !carried(service.id)
    });
    match usable {
        Some(service) => service.id,
        None => create_service(scene, "PC_NEW").await,
    }
}

async fn create_service(scene: &Scene, name: &str) -> ServiceId {
    let codes = scene.client.choices(Thing::BillingCode).await.expect("codes");
    let operation = Operation::CreateService {
        product: "NEW".parse().expect("a key"),
        draft: Box::new(prism_connect::domain::product::ServiceDraft {
            name: name.to_owned(),
            description: "A product".to_owned(),
            invoice_description: "A product".to_owned(),
            sku: "NEW".to_owned(),
            external_id: format!("prism-connect:{name}"),
            price: "8.00".parse().expect("money"),
            cost: "6.90".parse().expect("money"),
            chosen: Chosen::default()
                .with(Thing::BillingCode, codes.first().expect("a billing code").id),
        }),
    };
    match scene.client.execute(&operation).await {
        Written::Done { id: Some(id), .. } => ServiceId(id),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn everything_a_connection_needs_is_found() {
    let scene = scene(WorldKind::Clean, Limits::Off).await;
    let probe = scene.client.probe().await.expect("a probe");
    assert!(probe.rights.iter().all(|right| right.granted == Some(true)), "{:?}", probe.rights);
    assert!(probe.budget.is_some_and(|(left, whole)| left <= whole && whole == 10_000));
    assert!(!scene.client.choices(Thing::BillingCode).await.expect("codes").is_empty());
    assert!(!scene.client.choices(Thing::Vendor).await.expect("vendors").is_empty());
    let companies = scene.client.companies().await.expect("companies");
    assert!(companies.iter().any(|company| company.id.0 == 0), "the provider itself");
    let limits = scene.client.service_limits().await.expect("limits");
    assert!(limits.name >= 100 && limits.price_decimals == 4, "{limits:?}");
}

#[tokio::test]
async fn w1_stands_as_announced_and_planning_again_gives_nothing() {
    let scene = scene(WorldKind::Clean, Limits::Off).await;
    let contract = scene.recurring().await[0].id;
    let present = scene.present(contract).await;
    let service = fresh_service(&scene, &present).await;
    let units = timeline(&[(day("2026-09-01"), 5), (day("2026-09-19"), 6)]);
    let plan = scene.plan(&present, &wanted(&present, service, units.clone()));
    assert_eq!(plan.operations.len(), 3, "{plan:?}");
    scene.write(&plan).await;
    let present = scene.present(contract).await;
    let row = present.services.iter().find(|row| row.service == service).expect("the row");
    assert_eq!(row.timeline(), plan.after);
    let uncut = row.rows.iter().find(|row| row.start == day("2026-10-01")).expect("October");
    assert_eq!(uncut.price, "48.00".parse().expect("money"), "6 at 8.00");
    assert_eq!(scene.plan(&present, &wanted(&present, service, units)).operations, []);
}

/// Quantities of September, drawn by lot, on what stood before it.
fn drawn(random: &mut fastrand::Rng, before: &Timeline) -> Timeline {
    let from = day("2026-09-01");
    let mut steps = vec![(from, random.i64(0..9))];
    for _ in 0..3 {
        steps.push((from.plus(random.i64(1..30)), random.i64(0..9)));
    }
    before.until(from, &timeline(&steps))
}

/// One wish on one contract: written, read back, and nothing left to write.
async fn wish_comes_true(scene: &Scene, contract: ContractId, random: &mut fastrand::Rng) -> usize {
    let present = scene.present(contract).await;
    let known = present.services.iter().filter(|row| {
        present.services.iter().filter(|other| other.service == row.service).count() == 1
    });
    let known: Vec<ServiceId> = known.map(|row| row.service).collect();
    let service = match random.choice(&known) {
        Some(&service) if random.bool() => service,
        _ => fresh_service(scene, &present).await,
    };
    let row = present.services.iter().find(|row| row.service == service);
    let before = row.map(PresentService::timeline).unwrap_or_default();
    let wish = wanted(&present, service, drawn(random, &before));
    let plan = scene.plan(&present, &wish);
    scene.write(&plan).await;
    let present = scene.present(contract).await;
    let row = present.services.iter().find(|row| row.service == service);
    let after = row.map(PresentService::timeline).unwrap_or_default();
    for at in (0..120).map(|days| day("2026-09-01").plus(days)) {
        assert_eq!(after.on(at), plan.after.on(at), "{contract} on {at}: {plan:#?}");
    }
    let again = Wanted { contract_service: row.map(|row| row.contract_service), ..wish };
    let again = scene.plan(&present, &again);
    assert_eq!(again.operations, [], "after {plan:#?}");
    plan.operations.len()
}

#[rstest]
#[case::clean(WorldKind::Clean, Limits::Off)]
#[case::troubled_with_real_limits(WorldKind::Troubled, Limits::Real)]
#[tokio::test]
async fn random_wishes_on_every_usable_contract_stand_as_announced(
    #[case] kind: WorldKind,
    #[case] limits: Limits,
) {
    let scene = scene(kind, limits).await;
    let mut random = fastrand::Rng::with_seed(5);
    let mut writes = 0;
    for _ in 0..3 {
        for contract in scene.recurring().await {
            writes += wish_comes_true(&scene, contract.id, &mut random).await;
        }
    }
    assert!(writes > 30, "{writes}");
}

#[tokio::test]
async fn what_is_foretold_as_refused_the_server_does_refuse() {
    let scene = scene(WorldKind::Clean, Limits::Off).await;
    let contract = scene.recurring().await[0].clone();
    let present = scene.present(contract.id).await;
    let service = fresh_service(&scene, &present).await;
    let units = timeline(&[(day("2026-09-01"), 5), (day("2026-09-19"), 6)]);
    scene.write(&scene.plan(&present, &wanted(&present, service, units))).await;
    let present = scene.present(contract.id).await;
    let row = present.services.iter().find(|row| row.service == service).expect("the row");
    let adjust = |effective, units| Operation::AdjustUnits {
        contract: contract.id,
        service,
        contract_service: Some(row.contract_service),
        effective,
        units,
        unit_price: None,
        unit_cost: None,
    };
    let refusals = [
        (adjust(contract.start.previous(), 1), "effective_date"),
        (adjust(day("2026-09-19"), 1), "same_day"),
        (adjust(day("2026-09-10"), -6), "negative"),
    ];
    for (operation, code) in refusals {
        match scene.client.execute(&operation).await {
            Written::Refused { finding } => {
                assert_eq!(finding.code.as_str(), code, "{}", finding.text);
            }
            other => panic!("{operation:?} ended as {other:?}"),
        }
    }
    let name = "PC_TWICE";
    create_service(&scene, name).await;
    let services = scene.client.services().await.expect("services");
    assert!(services.iter().any(|service| service.name == name));
    assert_eq!(scene.present(contract.id).await, present, "a refusal leaves no trace");
}

#[tokio::test]
async fn a_dated_reprice_shows_in_the_price_read_back() {
    let scene = scene(WorldKind::Clean, Limits::Off).await;
    let contract = scene.recurring().await[0].id;
    let present = scene.present(contract).await;
    let service = fresh_service(&scene, &present).await;
    let units = timeline(&[(day("2026-08-01"), 6)]);
    scene.write(&scene.plan(&present, &wanted(&present, service, units.clone()))).await;
    let present = scene.present(contract).await;
    let mut wish = wanted(&present, service, units);
    let money = |text: &str| Some(text.parse::<Money>().expect("money"));
    wish.prices = vec![prism_connect::domain::operation::PriceStep {
        from: day("2026-09-01"),
        price: money("8.4"),
        cost: money("7.2"),
    }];
    let plan = scene.plan(&present, &wish);
    assert_eq!(plan.operations.len(), 1, "X4: one adjustment");
    scene.write(&plan).await;
    let present = scene.present(contract).await;
    let row = present.services.iter().find(|row| row.service == service).expect("the row");
    assert_eq!((row.price, row.cost), (money("8.4"), money("7.2")));
}

#[tokio::test]
async fn a_locked_user_stops_reads_and_writes() {
    let scene = scene(WorldKind::Clean, Limits::Off).await;
    let contract = scene.recurring().await[0].id;
    let service = fresh_service(&scene, &scene.present(contract).await).await;
    control(&scene, "autotask/user", json!({"locked": true})).await;
    let operation =
        Operation::CreateContractService { contract, service, unit_price: None, unit_cost: None };
    let written = scene.client.execute(&operation).await;
    assert!(matches!(written, Written::Unauthorized { .. }), "{written:?}");
    let read = scene.client.services().await;
    assert!(matches!(read, Err(ReadError::Unauthorized { side: Side::Target, .. })), "{read:?}");
}

#[tokio::test]
async fn a_lost_reply_is_unknown_and_the_write_is_there() {
    let scene = scene(WorldKind::Clean, Limits::Off).await;
    let contract = scene.recurring().await[0].id;
    let service = fresh_service(&scene, &scene.present(contract).await).await;
    let rules = json!({"rules": [{"system": "autotask", "method": "POST",
        "path": "(?i)contracts/[0-9]+/services$", "after": 0, "times": 1, "fault": "cut_after"}]});
    control(&scene, "faults", rules).await;
    let operation =
        Operation::CreateContractService { contract, service, unit_price: None, unit_cost: None };
    let written = scene.client.execute(&operation).await;
    assert!(matches!(written, Written::Unknown { .. }), "{written:?}");
    let present = scene.present(contract).await;
    let rows = present.services.iter().filter(|row| row.service == service).count();
    assert_eq!(rows, 1);
}

impl Scene {
    /// Waits until the simulation has seen so many requests like these.
    async fn until(&self, many: usize, wanted: impl Fn(&Entry) -> bool) {
        let there = async {
            while self.simulation.journal().entries().iter().filter(|one| wanted(one)).count()
                < many
            {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), there).await.expect("it asks");
    }
}

#[tokio::test]
async fn a_used_up_hour_is_looked_at_and_ends_when_others_leave_room() {
    let scene = scene(WorldKind::Clean, Limits::Off).await;
    control(&scene, "autotask/threshold", json!({"others": 10_000})).await;
    let client = scene.client.clone();
    let reading = tokio::spawn(async move { client.services().await });
    scene.until(3, |entry| entry.path.ends_with("ThresholdInformation")).await;
    assert!(!reading.is_finished());
    let entries = scene.simulation.journal().entries();
    let asked = entries.iter().filter(|entry| entry.path.ends_with("/query")).count();
    assert!(asked <= 1, "only what was on its way at the first look: {asked}");
    control(&scene, "autotask/threshold", json!({"others": 0})).await;
    assert!(reading.await.expect("no panic").is_ok());
}

#[tokio::test]
async fn a_read_that_is_turned_away_for_the_hour_goes_on_when_there_is_room() {
    let scene = scene(WorldKind::Clean, Limits::Real).await;
    scene.client.services().await.expect("services");
    control(&scene, "autotask/threshold", json!({"others": 10_000})).await;
    let client = scene.client.clone();
    let reading = tokio::spawn(async move { client.services().await });
    scene.until(12, |entry| entry.status == 429).await;
    assert!(!reading.is_finished(), "twelve are more than the tries of a read");
    control(&scene, "autotask/threshold", json!({"others": 0})).await;
    assert!(reading.await.expect("no panic").is_ok());
}

#[tokio::test]
async fn a_test_of_the_connection_says_soon_that_it_is_turned_away() {
    let scene = scene(WorldKind::Clean, Limits::Real).await;
    control(&scene, "autotask/threshold", json!({"others": 10_000})).await;
    let error = scene.client.probe().await.expect_err("turned away");
    assert!(matches!(error, ReadError::Unreachable(_)), "{error:?}");
}

#[tokio::test]
async fn root_and_child_requests_of_an_entity_never_are_more_than_it_takes() {
    let scene = scene(WorldKind::Clean, Limits::Real).await;
    let slow = json!({"system": "autotask", "path": "Services", "fault": {"delay_ms": 5}});
    control(&scene, "faults", json!({"rules": [slow]})).await;
    let contracts: Vec<_> = scene.recurring().await.iter().map(|contract| contract.id).collect();
    let service = create_service(&scene, "PC_SHARED").await;
    let (from, client) = (day("2026-09-01"), &scene.client);
    let reads = contracts.iter().map(|id| async move {
        client.present(&[*id], from).await.map(drop).expect("read");
    });
    let writes = contracts.iter().map(|contract| async move {
        let operation = Operation::CreateContractService {
            contract: *contract,
            service,
            unit_price: None,
            unit_cost: None,
        };
        let written = client.execute(&operation).await;
        assert!(matches!(written, Written::Done { .. }), "{written:?}");
    });
    futures_util::future::join(
        futures_util::future::join_all(reads),
        futures_util::future::join_all(writes),
    )
    .await;
    let turned_away = scene.simulation.journal().entries().into_iter();
    assert_eq!(turned_away.filter(|entry| entry.status == 429).count(), 0);
}
