//! What is set up for a target that keeps lines, before anything is synced.

use prism_connect::{
    domain::{Thing, choice::Picked, outcome::Outcome, policy::ProductMode},
    engine::{
        protocol::{Answer, Scope, command},
        views::{DoctorCheck, ProgramView},
    },
    sim::{
        SimSettings,
        world::{World, WorldSettings},
    },
};
use serde_json::{Value, json};

use crate::rig::{Rig, Setup, Target, pretty};

const MONTH: (i32, u32) = (2026, 9);

async fn connected() -> Rig {
    let settings = WorldSettings { customers: 3, usage_month: MONTH, ..WorldSettings::default() };
    let (config, target) = ("[guards]\nmode = \"off\"\n", Target::Connectwise);
    let setup = Setup { month: MONTH, config, target, ..Setup::default() };
    Rig::connected(World::generate(&settings), setup, SimSettings::default()).await
}

fn set(choices: &[(&str, &str)]) -> command::SetProgram {
    let choices = choices.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    command::SetProgram {
        sync: Some(true),
        mode: Some(ProductMode::All),
        azure: None,
        choices: choices.collect(),
        notify: None,
    }
}

async fn chosen(rig: &Rig, choices: &[(&str, &str)]) -> Box<ProgramView> {
    let answer = rig.ask(set(choices)).await;
    let Answer::Program(view) = answer else { panic!("{answer:?}") };
    view
}

fn named(view: &ProgramView, what: Thing) -> Option<&str> {
    view.options.chosen.of(what).map(|picked| picked.name.as_str())
}

/// *Miscellaneous* is what new products go under where nothing else was chosen (wire/connectwise 12.1).
#[tokio::test(flavor = "multi_thread")]
async fn what_is_usual_is_taken_where_sync_is_switched_on_and_nothing_was_chosen() {
    let rig = connected().await;
    let answer = rig.ask(command::Program { choices: true }).await;
    let Answer::Program(view) = answer else { panic!("{answer:?}") };
    for what in [Thing::Category, Thing::Subcategory, Thing::ProductType] {
        assert_eq!(named(&view, what), Some("Miscellaneous"), "{view:?}");
    }
    assert_eq!((named(&view, Thing::Unit), named(&view, Thing::Taxable)), (None, None));
    let offered: Vec<_> = view.choices.iter().map(|choice| choice.label.as_str()).collect();
    let labels = ["Category", "Subcategory", "Product type", "Unit of measure", "Taxable"];
    assert_eq!(offered, labels);
    assert!(
        view.choices.iter().all(|choice| choice.options.as_ref().is_some_and(|all| all.len() > 1))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_brings_its_whole_and_another_whole_has_other_parts() {
    let rig = connected().await;
    let view = chosen(&rig, &[("subcategory", "Workstations")]).await;
    assert_eq!(named(&view, Thing::Category), Some("Hardware"));
    let view = chosen(&rig, &[("category", "cloud")]).await;
    assert_eq!(named(&view, Thing::Subcategory), Some("Subscriptions"));
    let view = chosen(&rig, &[("subcategory", "Miscellaneous: Miscellaneous")]).await;
    assert_eq!(named(&view, Thing::Category), Some("Miscellaneous"));
    let both = set(&[("category", "Cloud"), ("subcategory", "Workstations")]);
    let refusal = rig.try_ask(both).await.expect_err("no part of it");
    assert_eq!(refusal.finding.code.as_str(), "unknown_subcategory");
    let inactive = rig.try_ask(set(&[("subcategory", "Fax Lines")])).await.expect_err("inactive");
    assert_eq!(inactive.finding.code.as_str(), "unknown_subcategory");
    let other = rig.try_ask(set(&[("billing_code", "Cloud")])).await.expect_err("of another");
    assert_eq!(other.finding.code.as_str(), "unknown_choice");
}

#[tokio::test(flavor = "multi_thread")]
async fn new_items_are_made_with_what_was_chosen() {
    let rig = connected().await;
    let choices = [
        ("subcategory", "Subscriptions"),
        ("product_type", "Agreement"),
        ("unit", "Hour"),
        ("taxable", "no"),
    ];
    let view = chosen(&rig, &choices).await;
    assert_eq!(view.options.chosen.of(Thing::Taxable), Some(&Picked::new(0, "No")));
    let made = rig.sync_scope(Scope::Products).await;
    assert_eq!(made.header.status, Outcome::Success, "{}", pretty(&made));
    let posted = rig.simulation.journal().entries();
    let posted: Vec<Value> = posted
        .iter()
        .filter(|entry| entry.method == "POST" && entry.path.ends_with("procurement/catalog"))
        .map(|entry| serde_json::from_str(&entry.body).expect("a body"))
        .collect();
    assert!(!posted.is_empty());
    for body in posted {
        assert_eq!(body["subcategory"]["id"], 2, "{body}");
        assert_eq!((&body["type"]["id"], &body["unitOfMeasure"]["id"]), (&2.into(), &2.into()));
        assert_eq!(body["taxableFlag"], false);
    }
    let view = chosen(&rig, &[("unit", ""), ("taxable", "")]).await;
    assert_eq!((named(&view, Thing::Unit), named(&view, Thing::Taxable)), (None, None));
}

async fn checked(rig: &Rig) -> Vec<DoctorCheck> {
    let answer = rig.ask(command::Doctor).await;
    let Answer::Doctor(doctor) = answer else { panic!("{answer:?}") };
    doctor.checks
}

fn wrong(checks: &[DoctorCheck]) -> Vec<String> {
    // A directory of a test stands open to others.
    let ours = checks.iter().filter(|check| check.name != "data directory");
    let wrong = ours.filter(|check| check.outcome > Outcome::Success);
    wrong.map(|check| format!("{:?} {}: {}", check.outcome, check.name, check.text)).collect()
}

/// What only a write could tell is a note; what is wrong in ConnectWise is named before it fails a sync.
#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_names_what_a_sync_will_meet_and_notes_once_what_no_reading_tells() {
    let rig = connected().await;
    rig.sync_scope(Scope::Products).await;
    rig.map_all(|_| {}).await;
    let checks = checked(&rig).await;
    assert_eq!(wrong(&checks), Vec::<String>::new());
    let note = |check: &&DoctorCheck| {
        check.advice.as_ref().is_some_and(|advice| advice.starts_with("Only a write can tell"))
    };
    assert_eq!(checks.iter().filter(note).count(), 1);

    let agreements: Vec<i64> = rig
        .simulation
        .connectwise_mappings()
        .iter()
        .filter(|mapping| mapping.usable)
        .map(|mapping| mapping.contract_id)
        .collect();
    let [first, second, ..] = agreements[..] else { panic!("{agreements:?}") };
    let changes = json!({"prorateFlag": false, "nextInvoiceDate": null});
    rig.control(&format!("connectwise/agreements/{first}"), &changes).await;
    let behind = json!({"nextInvoiceDate": "2026-07-01"});
    rig.control(&format!("connectwise/agreements/{second}"), &behind).await;
    let answer = rig.ask(command::Products).await;
    let Answer::Products(products) = answer else { panic!("{answer:?}") };
    let item = products.iter().find_map(|product| product.service).expect("a linked item");
    rig.control(&format!("connectwise/catalog/{item}"), &json!({"productClass": "Bundle"})).await;
    rig.control("connectwise/productTypes/1", &json!({"inactiveFlag": true})).await;
    let wrong = wrong(&checked(&rig).await);
    for said in [
        "does not prorate",
        "has no next invoice date",
        "was invoiced up to 2026-06-30 only",
        "it is inactive or a bundle",
        "Failure product type: Product type “Miscellaneous” is inactive or gone in the PSA",
    ] {
        let told = wrong.iter().filter(|one| one.contains(said)).count();
        assert_eq!(told, 1, "{said}: {wrong:#?}");
    }
    assert_eq!(wrong.len(), 5, "{wrong:#?}");
}
