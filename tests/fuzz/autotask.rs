//! Whatever Autotask answers: pages of every entity, metadata, zones, replies to writes.

use prism_connect::{
    domain::{
        ContractId, ContractServiceId, ServiceId, Thing, operation::Operation, secret::Secret,
    },
    psa::{
        Psa, Written,
        autotask::{Autotask, AutotaskSettings},
    },
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    mutation::{Bytes, config, corpus, hostile},
    server::{Server, assert_decent, assert_shown, panics},
};

/// One value that every answer could be: each decoder takes what is its own.
fn answer() -> Value {
    json!({"items": [
        {"id": 1, "companyID": 174, "contractName": "Cloud", "contractType": 7, "status": 1,
         "contractPeriodType": 2, "startDate": "2026-01-01T00:00:00Z", "endDate": "2028-12-31T00:00:00Z",
         "contractID": 1, "serviceID": 412, "contractServiceID": 1, "units": 5, "price": 8.0000,
         "cost": 6.9000, "unitPrice": 8.00, "unitCost": 6.90, "internalCurrencyUnitPrice": 8.0,
         "internalCurrencyAdjustedPrice": 8.4, "approveAndPostDate": null, "name": "PC_A",
         "sku": "CFQ7TTC0LH18:0001", "externalID": "x", "isActive": true, "billingCodeID": 5,
         "companyName": "Harbour", "webAddress": "www.harbour.example", "useType": 5}],
      "pageDetails": {"count": 1, "requestCount": 500, "prevPageUrl": null, "nextPageUrl": null},
      "fields": [{"name": "contractType", "length": 0, "picklistValues": [{"value": "7",
         "label": "Recurring Service"}]}, {"name": "name", "length": 100, "picklistValues": null}],
      "info": {"canCreate": true, "canQuery": true, "canUpdate": true, "userAccessForCreate": 1,
         "userAccessForQuery": 1, "userAccessForUpdate": 2},
      "itemId": 903, "queryCount": 3, "errors": ["no"], "Message": "no",
      "externalRequestThreshold": 10000, "currentTimeframeRequestCount": 12,
      "majorVersion": "2026", "minorVersion": "1", "build": "7",
      "url": "https://webservices2.autotask.net/ATServicesRest/"})
}

fn client(server: &Server, discovered: bool) -> Autotask {
    let base: url::Url = format!("{}/ATServicesRest/", server.origin).parse().unwrap();
    Autotask::new(
        server.http.for_system(),
        AutotaskSettings {
            base_url: (!discovered).then(|| base.clone()),
            discovery_url: Some(base),
            username: "api@example.com".to_owned(),
            integration_code: Secret::new("TRACKING-IDENTIFIER"),
            secret: Secret::new("s3cret-Of-The-Api-User"),
        },
    )
}

fn adjustment() -> Operation {
    Operation::AdjustUnits {
        contract: ContractId(1),
        service: ServiceId(412),
        contract_service: Some(ContractServiceId(903)),
        effective: "2026-09-19".parse().unwrap(),
        units: 1,
        unit_price: None,
        unit_cost: None,
    }
}

/// Every read of the target and a write, by a client that keeps nothing from the case before.
fn use_all(server: &Server) {
    let before = panics();
    let target = client(server, false);
    server.runtime.block_on(async {
        let from = "2026-09-01".parse().unwrap();
        assert_decent(target.present(&[ContractId(1)], from).await);
        assert_decent(target.services().await);
        assert_decent(target.companies().await);
        assert_decent(target.choices(Thing::Vendor).await);
        assert_decent(target.choices(Thing::BillingCode).await);
        assert_decent(target.contracts(None).await);
        assert_decent(target.service_limits().await);
        assert_decent(target.probe().await);
        match target.execute(&adjustment()).await {
            Written::Done { .. } => {}
            Written::NotExecuted { finding, .. }
            | Written::Otherwise { finding, .. }
            | Written::Refused { finding }
            | Written::Unknown { finding }
            | Written::Unauthorized { finding } => assert_shown(&finding),
        }
    });
    assert_eq!(panics(), before);
}

#[test]
fn no_answer_makes_the_target_panic() {
    let server = Server::start(|_| None);
    let status = prop_oneof![
        8 => Just(200_u16), 1 => Just(404), 1 => Just(500), 1 => Just(401), 1 => Just(405)
    ];
    proptest!(config(120), |((status, Bytes(body)) in (status, hostile(answer())))| {
        server.say(status, body);
        use_all(&server);
    });
}

#[test]
fn no_zone_makes_the_target_panic_or_leads_it_astray() {
    let server = Server::start(|_| None);
    let zone = json!({"zoneName": "z", "url": format!("{}/ATServicesRest/", server.origin),
        "webUrl": "https://ww2.autotask.net/", "ci": 1, "items": []});
    proptest!(config(80), |(Bytes(body) in hostile(zone))| {
        let before = panics();
        server.say(200, body);
        assert_decent(server.runtime.block_on(client(&server, true).services()));
        prop_assert_eq!(panics(), before);
    });
}

#[test]
fn the_corpus_is_read_or_refused_by_the_target() {
    let server = Server::start(|_| None);
    for (name, body) in corpus("json") {
        println!("{name}");
        server.say(200, body.clone());
        use_all(&server);
        server.say(500, body);
        use_all(&server);
    }
}
