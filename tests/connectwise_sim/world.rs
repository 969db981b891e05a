//! ConnectWise in generated worlds: what it starts with, where it is told, and that Autotask's side is not touched by it.

use std::collections::{BTreeMap, BTreeSet};

use prism_connect::sim::world::{World, WorldKind, WorldSettings};
use prism_connect::sim::{SimSettings, Simulation, Targets};
use rstest::rstest;
use serde_json::Value;

fn settings(kind: WorldKind, customers: usize) -> WorldSettings {
    WorldSettings { kind, customers, subscriptions: 3, ..WorldSettings::default() }
}

#[rstest]
#[case(WorldKind::Clean)]
#[case(WorldKind::Troubled)]
fn every_usable_counterpart_is_a_monthly_agreement_of_the_same_company(#[case] kind: WorldKind) {
    let world = World::generate(&settings(kind, 60));
    let seed = world.connectwise_seed();
    let autotask = world.autotask_seed();
    let names: BTreeMap<i64, &str> =
        autotask.companies.iter().map(|one| (one.id, one.name.as_str())).collect();
    let theirs = world.true_mappings();
    let ours = world.connectwise_mappings();
    assert_eq!(theirs.len(), ours.len());
    for (there, here) in theirs.iter().zip(&ours) {
        assert_eq!((&there.domain, there.usable), (&here.domain, here.usable));
        let company = seed.companies.iter().find(|one| one.id == here.company_id).unwrap();
        assert_eq!(company.name, names[&there.company_id]);
        let agreement = seed.agreements.iter().find(|one| one.id == here.contract_id).unwrap();
        assert_eq!(agreement.company, company.id);
        assert_eq!(world.agreement_of(&here.domain), Some(agreement.id));
        if here.usable {
            assert_eq!(agreement.cycle, "Monthly");
            assert!(agreement.bill_start.to_string().ends_with("-01"));
            assert!(agreement.cancelled.is_none());
            let clean = kind == WorldKind::Clean;
            assert!(
                !clean || agreement.prorated && agreement.next_invoice.to_string() == "2026-09-01"
            );
        }
    }
}

#[test]
fn ids_and_short_ids_are_unique_and_some_agreements_would_not_do() {
    let seed = World::generate(&settings(WorldKind::Troubled, 60)).connectwise_seed();
    let short: BTreeSet<_> =
        seed.companies.iter().map(|one| one.identifier.to_lowercase()).collect();
    assert_eq!(short.len(), seed.companies.len());
    let ids: BTreeSet<_> = seed.agreements.iter().map(|one| one.id).collect();
    assert_eq!(ids.len(), seed.agreements.len());
    let items: BTreeSet<_> = seed.items.iter().map(|one| one.id).collect();
    assert_eq!(items.len(), seed.items.len());
    for cycle in ["Monthly", "Quarterly", "NotRecurring"] {
        assert!(seed.agreements.iter().any(|one| one.cycle == cycle), "{cycle}");
    }
    assert!(seed.agreements.iter().any(|one| !one.prorated && one.cycle == "Monthly"));
    assert!(seed.agreements.iter().any(|one| one.cancelled.is_some()));
    assert!(seed.agreements.iter().any(|one| one.next_invoice.to_string() == "2026-11-01"));
    assert!(!seed.additions.is_empty());
    let skus: Vec<_> = seed.items.iter().filter(|one| !one.vendor_sku.is_empty()).collect();
    assert_eq!(skus.len(), 3, "one SKU twice and another once");
}

#[rstest]
#[case(Targets::Autotask, true, false)]
#[case(Targets::Connectwise, false, true)]
#[case(Targets::Both, true, true)]
#[tokio::test]
async fn the_targets_that_are_served_are_told(
    #[case] targets: Targets,
    #[case] autotask: bool,
    #[case] connectwise: bool,
) {
    let world = settings(WorldKind::Clean, 4);
    let simulation =
        Simulation::start(SimSettings { world, targets, ..SimSettings::default() }).await.unwrap();
    let line = serde_json::to_value(simulation.addresses()).unwrap();
    assert_eq!(line.get("autotask").is_some(), autotask, "{line}");
    assert_eq!(line.get("connectwise").is_some(), connectwise, "{line}");
    assert_eq!(!simulation.connectwise_mappings().is_empty(), connectwise);
    if connectwise {
        let members: Vec<_> = line["connectwise"].as_object().unwrap().keys().collect();
        assert_eq!(members, ["base_url", "client_id", "company_id", "private_key", "public_key"]);
    }
}

#[tokio::test]
async fn a_generated_site_serves_its_companies_and_tells_its_counterparts() {
    let world = settings(WorldKind::Troubled, 20);
    let targets = Targets::Both;
    let simulation =
        Simulation::start(SimSettings { world, targets, ..SimSettings::default() }).await.unwrap();
    let site = simulation.addresses().connectwise.unwrap();
    let client = crate::loopback::client();
    let get = async |path: &str| -> Value {
        let url = format!("{}/v4_6_release/apis/3.0/{path}", site.site);
        let user = format!("{}+{}", site.company, site.public_key);
        let request = client.get(url).basic_auth(user, Some(&site.private_key));
        let reply = request.header("clientId", &site.client_id).send().await.unwrap();
        serde_json::from_str(&reply.text().await.unwrap()).unwrap()
    };
    for truth in simulation.connectwise_mappings() {
        let agreement = get(&format!("finance/agreements/{}", truth.contract_id)).await;
        assert_eq!(agreement["company"]["id"], truth.company_id, "{agreement}");
        let active = agreement["agreementStatus"] == "Active";
        let monthly = agreement["billingCycle"]["name"] == "Monthly";
        assert!(!truth.usable || active && monthly || agreement["agreementStatus"] == "Expired");
        assert!(truth.usable || !active || !monthly, "{agreement}");
    }
    let control = format!("{}/connectwise/mappings", simulation.addresses().control_url);
    let told = client.get(control).send().await.unwrap().text().await.unwrap();
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told, serde_json::to_value(simulation.connectwise_mappings()).unwrap());
}

#[tokio::test]
async fn what_ought_to_stand_on_agreements_is_told_as_for_contracts() {
    let world = settings(WorldKind::Clean, 6);
    let targets = Targets::Both;
    let simulation =
        Simulation::start(SimSettings { world, targets, ..SimSettings::default() }).await.unwrap();
    let client = crate::loopback::client();
    let url = format!("{}/expected", simulation.addresses().control_url);
    let expected = async |truths: Vec<prism_connect::sim::world::TrueMapping>| -> Vec<Value> {
        let mappings: Vec<Value> = truths
            .iter()
            .map(|truth| {
                serde_json::json!({"tenant": truth.domain, "contract_id": truth.contract_id,
                                   "first_month": "2026-06"})
            })
            .collect();
        let body = serde_json::json!({"mappings": mappings, "azure": true, "months": ["2026-09"]});
        let reply = client.post(&url).body(body.to_string()).send().await.unwrap();
        serde_json::from_str(&reply.text().await.unwrap()).unwrap()
    };
    let there = expected(simulation.true_mappings()).await;
    let here = expected(simulation.connectwise_mappings()).await;
    let steps = |all: &[Value]| -> Vec<String> {
        let mut steps: Vec<_> =
            all.iter().map(|one| format!("{} {}", one["sku"], one["steps"])).collect();
        steps.sort();
        steps
    };
    assert!(!here.is_empty());
    assert_eq!(steps(&there), steps(&here));
}
