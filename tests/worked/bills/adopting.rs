//! Taking over a service that carries a product's name: its prices are named before, and it can be given back.

use prism_connect::{
    domain::{outcome::Outcome, product::LinkOrigin},
    engine::{
        protocol::{Answer, Command, Scope, command},
        views::{ProductAction, ProductView},
    },
    sim::SimSettings,
};

use crate::{
    checks::{BASIC, SEPTEMBER, world},
    rig::{Rig, Setup, pretty},
};

/// As the product sync would name the service of the product.
const NAME: &str = "PC_CFQ7TTC0LH18:0001";

async fn basic(rig: &Rig, command: impl Into<Command>) -> ProductView {
    let Answer::Products(rows) = rig.ask(command).await else { panic!("products") };
    let row = rows.into_iter().find(|row| row.sku == BASIC);
    row.expect("the product")
}

#[tokio::test]
async fn a21_a_service_is_taken_over_knowing_its_prices_and_can_be_given_back() {
    let scenario =
        world("2026-09").service(900, NAME, "11.00", "5.50").tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| bought.span("2026-09-01", "2026-09-30", 5))
        });
    let setup = Setup { month: SEPTEMBER, ..Setup::default() };
    let rig = Rig::connected(scenario.world(), setup, SimSettings::default()).await;
    let made = rig.sync_scope(Scope::Products).await;
    assert_eq!(made.header.status, Outcome::Failure, "{}", pretty(&made));

    let before = basic(&rig, Command::from(command::Products)).await;
    let service = before.taken_by.clone().expect("the service in the way");
    assert_eq!(
        (service.price.to_string(), service.cost.map(|cost| cost.to_string())),
        ("11.00".into(), Some("5.50".into()))
    );
    let told = before.would_become(&service).expect("what becomes of it");
    assert!(told.contains("8.00") && told.contains("6.90"), "{told}");

    let adopted = basic(&rig, Command::from(command::Adopt { product: BASIC.to_owned() })).await;
    assert_eq!(adopted.action, ProductAction::Reprice, "the next sync changes its prices");
    assert_eq!(adopted.origin, Some(LinkOrigin::Adopted));

    let unpin = Command::from(command::Unpin { product: BASIC.to_owned() });
    let Answer::Done(text) = rig.ask(unpin).await else { panic!("done") };
    assert!(text.contains("900"), "{text}");
    let after = basic(&rig, Command::from(command::Products)).await;
    assert_eq!((after.action, after.service), (ProductAction::Collision, None));
    let left = rig.sync_scope(Scope::Products).await;
    assert_eq!(left.header.status, Outcome::Failure, "{}", pretty(&left));
    let still = basic(&rig, Command::from(command::Products))
        .await
        .taken_by
        .expect("the service in the way");
    assert_eq!((still.id, still.name.as_str(), still.price), (service.id, NAME, service.price));
}
