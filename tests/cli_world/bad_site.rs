//! ConnectWise set up or kept wrongly, end to end: what, where and what to do is said, nothing is lost, and whatever does not
//! depend on it goes on.

use rstest::rstest;
use serde_json::{Value, json};

use super::world::{World, said};

/// Few customers, on ConnectWise.
fn site() -> World {
    World::start(&["--target", "connectwise", "--customers", "6", "--subscriptions", "3"])
}

/// The same, set up, with its products made.
fn ready() -> World {
    let world = site();
    world.set_up_connectwise();
    world.ok(&["sync", "products"]);
    world
}

#[rstest]
#[case::a_site_that_nobody_serves(("base_url", "http://127.0.0.1:1"), "cannot be reached")]
#[case::another_company(("company_id", "southwind"), "does not know the company “southwind”")]
#[case::another_public_key(("public_key", "nobody"), "Incorrect public/private key")]
#[case::another_private_key(("private_key", "wr0ng-marker"), "Incorrect public/private key")]
#[case::another_client_id(("client_id", "00000000-0000-0000-0000-000000000000"), "client id")]
fn what_is_wrong_with_the_connection_is_said_by_its_test(
    #[case] wrong: (&str, &str),
    #[case] says: &str,
) {
    let world = site();
    let stored = world.connect_connectwise(&[wrong]);
    assert!(stored.status.success(), "{}", said(&stored));
    let told = world.refused(&["connect", "test", "connectwise"], 1, says);
    assert!(told.contains("does not work"), "{told}");
    assert!(!told.contains("wr0ng-marker"), "{told}");
    assert!(world.connect_connectwise(&[]).status.success());
    world.ok(&["connect", "test", "connectwise"]);
}

#[test]
fn plain_http_to_another_machine_is_refused() {
    let world = site();
    let refused = world.connect_connectwise(&[("base_url", "http://psa.example")]);
    assert_eq!(refused.status.code(), Some(64), "{}", said(&refused));
    assert!(said(&refused).contains("is not encrypted"), "{}", said(&refused));
}

fn fault(world: &World, path: &str, fault: &Value) {
    let rule = json!({"rules": [{"system": "connectwise", "path": path, "fault": fault}]});
    world.control("POST", "/faults", &rule.to_string());
}

#[rstest]
#[case::a_cloud_site_without_api(
    json!({"status": 403, "body": "{\"code\":\"Security\",\"message\":\"SSL is required.\",\"errors\":null}"}),
    "reached under api-na.myconnectwise.net"
)]
#[case::the_gateways_text(
    json!({"status": 400, "body": "Cannot route. Codebase/company is invalid"}),
    "The client id is wrong, or the company id"
)]
#[case::a_web_page(
    json!({"status": 200, "body": "<html><h1>Sign in</h1></html>"}),
    "does not work"
)]
fn an_answer_that_is_none_is_said_with_where_it_came_from(
    #[case] answer: Value,
    #[case] says: &str,
) {
    let world = ready();
    fault(&world, "apis/3.0", &answer);
    world.refused(&["connect", "test", "connectwise"], 1, says);
    let changes = world.changes();
    let failed = world.run(&["sync", "customers"]);
    assert_eq!(failed.status.code(), Some(4), "{}", said(&failed));
    assert_eq!(world.changes(), changes, "{}", said(&failed));
    world.control("DELETE", "/faults", "");
    all_is_made_up_for(&world);
}

/// The next sync brings in whatever was left, and then there is nothing to do.
fn all_is_made_up_for(world: &World) {
    let synced = world.json(&["sync", "customers"]);
    let last = synced["runs"].as_array().unwrap().last().unwrap();
    assert_ne!(last["status"], "failure", "{last:#}");
    let plan = world.json(&["plan", "customers", "--recheck"]);
    assert_eq!(plan["operations"], json!([]), "{plan:#}");
    assert_eq!(world.json(&["retries", "list"]), json!([]));
}

/// The run that was asked for, though it failed.
fn failed(world: &World, words: &[&str]) -> Value {
    let done = world.run(&[words, &["--json"]].concat());
    assert_eq!(done.status.code(), Some(4), "{}", said(&done));
    let shown: Value = serde_json::from_slice(&done.stdout).unwrap();
    shown["runs"].as_array().unwrap().last().unwrap().clone()
}

/// One that is mapped with sync on.
struct Mapped {
    tenant: String,
    company: i64,
    agreement: i64,
}

fn mapped(world: &World) -> Mapped {
    let customers = world.json(&["customers", "list", "--offline"]);
    let on = |one: &&Value| one["mapping"]["sync"] == true;
    let one = customers.as_array().unwrap().iter().find(on).unwrap().clone();
    let id = |name: &str| one["mapping"][name].as_str().unwrap().parse().unwrap();
    let tenant = one["domain"].as_str().unwrap().to_owned();
    Mapped { tenant, company: id("company_id"), agreement: id("contract_id") }
}

/// Only this customer failed, with these words somewhere in what is said; the others were written.
fn only_one_failed(run: &Value, tenant: &str, says: &str) {
    let customers = run["customers"].as_array().unwrap();
    let failed: Vec<_> = customers
        .iter()
        .filter(|row| row["status"] == "failure")
        .map(|row| &row["tenant"])
        .collect();
    assert_eq!(failed, [tenant], "{run:#}");
    let own = customers.iter().find(|row| row["tenant"] == tenant).unwrap().to_string();
    assert!(own.contains(says), "“{says}” in {own}");
    assert!(run["counts"]["writes"].as_u64().unwrap() > 0, "its siblings sync on: {run:#}");
    for ledger in run["ledgers"].as_array().unwrap() {
        assert_eq!(ledger["balance"], "0.00", "{ledger:#}");
    }
}

#[test]
fn an_agreement_that_is_deleted_between_plan_and_apply_fails_its_customer_alone() {
    let world = ready();
    let Mapped { tenant, agreement, .. } = mapped(&world);
    let plan = world.path("plan").to_str().unwrap().to_owned();
    world.ok(&["plan", "customers", "--out", &plan]);
    world.control("DELETE", &format!("/connectwise/agreements/{agreement}"), "");
    let done = world.run(&["sync", "--plan", &plan]);
    assert_eq!(done.status.code(), Some(1), "{}", said(&done));
    assert!(said(&done).contains("moved since the plan was made"), "{}", said(&done));
    let run = failed(&world, &["sync", "customers"]);
    only_one_failed(&run, &tenant, "is no longer in the PSA");
}

#[test]
fn an_agreement_in_another_currency_fails_its_customer_alone_r2_9() {
    let world = ready();
    let Mapped { tenant, agreement, .. } = mapped(&world);
    let odd = json!({"rows": [{"system": "connectwise", "kind": "agreements",
        "where": {"id": agreement},
        "set": {"currency": {"id": 7, "currencyCode": "USD", "name": "US Dollar"}}}]});
    world.control("POST", "/odd", &odd.to_string());
    let run = failed(&world, &["sync", "customers"]);
    only_one_failed(&run, &tenant, "bills in USD, the invoice is in AUD");
    world.control("DELETE", "/odd", "");
    all_is_made_up_for(&world);
}

#[test]
fn an_agreement_that_cannot_be_understood_is_named_and_not_told_as_gone_r4_2() {
    let world = ready();
    let Mapped { tenant, agreement, .. } = mapped(&world);
    let odd = json!({"rows": [{"system": "connectwise", "kind": "agreements",
        "where": {"id": agreement}, "set": {"billStartDate": "soon"}}]});
    world.control("POST", "/odd", &odd.to_string());
    let run = failed(&world, &["sync", "customers"]);
    let says = format!("Agreement {agreement} cannot be understood");
    only_one_failed(&run, &tenant, &says);
    let doctor = said(&world.run(&["doctor"]));
    assert!(doctor.contains(&says) && !doctor.contains("is gone from the PSA"), "{doctor}");
    world.control("DELETE", "/odd", "");
    all_is_made_up_for(&world);
}

#[test]
fn a_fraction_of_a_unit_on_an_agreement_fails_what_it_stands_for_and_nothing_else_r4_2() {
    let world = ready();
    world.ok(&["sync", "customers"]);
    world.control("POST", "/month/advance", "{}");
    let Mapped { agreement, .. } = mapped(&world);
    let lines = world.control("GET", &format!("/connectwise/agreements/{agreement}/lines"), "");
    let ours = lines.as_array().unwrap().iter().find(|line| line["to"].is_null()).unwrap().clone();
    let half = json!({"product": {"id": ours["product_id"]}, "quantity": 1.5,
        "effectiveDate": "2026-10-01T00:00:00Z"});
    let made = world.control(
        "POST",
        &format!("/connectwise/agreements/{agreement}/additions"),
        &half.to_string(),
    );
    let run = failed(&world, &["sync", "customers", "--recheck"]);
    let told = run.to_string();
    assert!(told.contains("quantity is 1.5"), "{run:#}");
    let id = made["id"].as_i64().unwrap();
    assert!(told.contains(&format!("{id}")), "the row is named: {run:#}");
    assert_eq!(run["counts"]["customers"]["failed"], 1, "{run:#}");
    world.control("DELETE", &format!("/connectwise/additions/{id}"), "");
    all_is_made_up_for(&world);
}

#[test]
fn two_items_with_one_sku_fail_that_product_alone_cw20() {
    let world = site();
    world.set_up_connectwise();
    let planned = world.json(&["plan"]);
    let adds = |one: &&Value| one["kind"] == "add_line";
    let planned: Vec<_> = planned["operations"].as_array().unwrap().iter().filter(adds).collect();
    let planned = format!("{planned:?}");
    let products = world.json(&["products", "list"]);
    let target = |sku: &str| format!("\"{sku} on ");
    let billed = |one: &&Value| planned.contains(&target(one["sku"].as_str().unwrap()));
    let product = products.as_array().unwrap().iter().find(billed).unwrap();
    let sku = product["sku"].as_str().unwrap().to_owned();
    // Two that the partner made by hand.
    for item in [100, 101] {
        let same = json!({"vendorSku": sku}).to_string();
        world.control("PATCH", &format!("/connectwise/catalog/{item}"), &same);
    }
    let run = failed(&world, &["sync", "products"]);
    let named = run["products"].as_array().unwrap().iter().filter(|one| one["status"] == "failure");
    let named: Vec<_> = named.collect();
    assert_eq!(named.len(), 1, "{run:#}");
    assert!(named[0].to_string().contains(&sku), "{}", named[0]);
    assert!(named[0].to_string().contains("multiple matches"), "{}", named[0]);
    assert!(run["counts"]["writes"].as_u64().unwrap() > 10, "its siblings are made: {run:#}");
    let done = world.run(&["sync", "customers", "--json"]);
    let shown: Value = serde_json::from_slice(&done.stdout).unwrap();
    let run = &shown["runs"][0];
    assert!(run["counts"]["writes"].as_u64().unwrap() > 0, "siblings sync on: {run:#}");
    assert!(run.to_string().contains("multiple matches"), "{run:#}");
    world.control("PATCH", "/connectwise/catalog/101", &json!({"vendorSku": null}).to_string());
    world.ok(&["sync", "products"]);
    all_is_made_up_for(&world);
}

/// Its agreement is billed still, so the sync goes on; whoever looks at its outcome, at the list of what wants attention or at
/// the doctor is told.
#[rstest]
#[case::in_the_recycle_bin(
    json!({"deletedFlag": true}), "deleted, or lies in the recycle bin", json!({"deletedFlag": false})
)]
#[case::inactive(
    json!({"status": {"id": 2}}), "is inactive in the PSA", json!({"status": {"id": 1}})
)]
fn a_mapped_company_that_is_in_the_bin_or_inactive_is_synced_by_its_agreement_and_told(
    #[case] change: Value,
    #[case] says: &str,
    #[case] back: Value,
) {
    let world = ready();
    let Mapped { tenant, company, .. } = mapped(&world);
    let path = format!("/connectwise/companies/{company}");
    world.control("PATCH", &path, &change.to_string());
    let plan = world.json(&["plan", "customers"]);
    let findings = plan["findings"].to_string();
    assert!(findings.contains(says) && findings.contains(&tenant), "{findings}");
    let done = world.run(&["sync", "customers", "--json"]);
    assert_eq!(done.status.code(), Some(3), "the operator is warned: {}", said(&done));
    let shown: Value = serde_json::from_slice(&done.stdout).unwrap();
    let run = &shown["runs"][0];
    let own = run["customers"].as_array().unwrap().iter().find(|row| row["tenant"] == *tenant);
    let own = own.unwrap();
    assert_eq!(own["status"], "warning", "{own:#}");
    assert!(own["warnings"][0]["text"].as_str().unwrap().contains(says), "{own:#}");
    let others = run["customers"].as_array().unwrap().iter().filter(|row| row["tenant"] != *tenant);
    assert!(others.clone().all(|row| row["status"] == "success"), "{run:#}");
    let text = world.ok(&["runs", "show", "last"]);
    assert!(text.contains(says), "{text}");
    let doctor = world.run(&["doctor"]);
    assert!(said(&doctor).contains(says), "{}", said(&doctor));
    let status = world.ok(&["status"]);
    assert!(status.contains("Company") && status.contains(says), "{status}");
    all_is_made_up_for(&world);
    // Restored, it is not told any more.
    world.control("PATCH", &path, &back.to_string());
    let doctor = world.run(&["doctor"]);
    assert!(!said(&doctor).contains(says), "{}", said(&doctor));
}

#[test]
fn a_company_in_the_recycle_bin_is_no_choice() {
    let world = ready();
    let Mapped { tenant, company, .. } = mapped(&world);
    let bin = json!({"deletedFlag": true}).to_string();
    world.control("PATCH", &format!("/connectwise/companies/{company}"), &bin);
    let id = company.to_string();
    let again = ["customers", "map", &tenant, "--company", &id, "--contract", "Cloud"];
    world.refused(&again, 1, &format!("There is no company “{id}”"));
}
