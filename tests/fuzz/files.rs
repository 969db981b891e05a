//! Files and commands from outside: plans, mappings, and commands as a socket would bring them.

use prism_connect::{
    domain::outcome::Outcome,
    engine::protocol::{About, Answer, Command, Scope, SyncRequest, command},
    sim::world::{World, WorldSettings},
};
use proptest::prelude::*;
use serde_json::Value;

use crate::{
    mutation::{Bytes, config, corpus, hostile, torn},
    rig::{Rig, Setup},
    server::panics,
};

/// A small world with one product still to be made, and the plan for it.
async fn planned() -> (Rig, String) {
    let settings = WorldSettings { customers: 2, subscriptions: 2, ..WorldSettings::default() };
    let setup = Setup { month: settings.usage_month, ..Setup::default() };
    let rig = Rig::ready_at_worst(World::generate(&settings), setup, Outcome::Success).await;
    rig.map_all(|_| {}).await;
    let request = SyncRequest { scope: Scope::Customers, ..SyncRequest::default() };
    let Answer::Plan(About { found: plan, .. }) = rig.ask(command::Plan { request }).await else {
        panic!("no plan")
    };
    assert!(!plan.operations.is_empty());
    rig.simulation.journal().reset();
    (rig, plan.saved.text())
}

/// A plan that differs in any way is refused, and nothing is written. The one for all customers says everything that it
/// is made of: nothing can be left out of it unnoticed.
async fn refused(rig: &Rig, genuine: &str, text: String) {
    let same = serde_json::from_str::<Value>(&text).ok() == serde_json::from_str(genuine).ok();
    if same {
        return;
    }
    let request = SyncRequest {
        scope: Scope::Customers,
        plan: Some(text.as_str().into()),
        ..SyncRequest::default()
    };
    let before = panics();
    let reply = rig.try_ask(command::Sync { request }).await;
    assert_eq!(panics(), before);
    assert!(reply.is_err(), "{text}: {reply:?}");
    assert_eq!(rig.changes(), []);
}

#[test]
fn a_plan_that_somebody_touched_writes_nothing() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (rig, genuine) = runtime.block_on(planned());
    for (_, bytes) in corpus("plan") {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        runtime.block_on(refused(&rig, &genuine, text));
    }
    let value: Value = serde_json::from_str(&genuine).unwrap();
    let spoiled = prop_oneof![hostile(value), torn(genuine.clone().into_bytes())];
    proptest!(config(100), |(Bytes(bytes) in spoiled)| {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        runtime.block_on(refused(&rig, &genuine, text));
    });
    for (_, bytes) in corpus("mappings") {
        let csv = String::from_utf8_lossy(&bytes).into_owned();
        let before = panics();
        let reply = runtime.block_on(rig.try_ask(command::ImportCustomers { csv }));
        assert!(panics() == before && reply.is_err(), "{reply:?}");
    }
    let csv = "tenant_id,tenant,company_id,company,contract_id,contract,sync,from,pricing,note\n\
        ,harbour.onmicrosoft.com,,\"Harbour, Ltd\",29800000,,on,next,cost-only,note\n";
    proptest!(config(60), |(Bytes(bytes) in torn(csv.as_bytes().to_vec()))| {
        let csv = String::from_utf8_lossy(&bytes).into_owned();
        let before = panics();
        // Whatever it says, it says it.
        let _ = runtime.block_on(rig.try_ask(command::ImportCustomers { csv }));
        prop_assert_eq!(panics(), before);
    });
    drop(rig);
    runtime.shutdown_background();
}

#[test]
fn no_text_makes_the_reader_of_commands_panic() {
    let command = Command::from(command::Sync {
        request: SyncRequest {
            tenants: vec!["harbour.onmicrosoft.com".into()],
            note: Some("a".to_owned()),
            plan: Some("{}".into()),
            ..SyncRequest::default()
        },
    });
    let good = serde_json::to_value(&command).unwrap();
    assert_eq!(serde_json::from_value::<Command>(good.clone()).unwrap(), command);
    proptest!(config(500), |(Bytes(bytes) in hostile(good))| {
        if let Ok(read) = serde_json::from_slice::<Command>(&bytes) {
            let again = serde_json::to_vec(&read).unwrap();
            prop_assert_eq!(serde_json::from_slice::<Command>(&again).unwrap(), read);
        }
    });
}
