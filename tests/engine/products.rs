//! Products and their links.

use prism_connect::{
    domain::{ContractServiceId, ServiceId, product::LinkOrigin},
    engine::{
        protocol::{About, Answer, Command, RefusalKind, command},
        views::{ProductAction, ProductView},
    },
};
use rstest::rstest;

use crate::{
    desk::{Desk, map},
    world::{product, service},
};

async fn products(desk: &Desk) -> Vec<ProductView> {
    match desk.done(command::Products).await {
        Answer::Products(products) => products,
        other => panic!("{other:?}"),
    }
}

fn pin(product: &str, service: i64) -> Command {
    Command::from(command::Pin { product: product.to_owned(), service: ServiceId(service) })
}

#[tokio::test]
async fn the_preview_says_what_a_sync_would_do() {
    let desk = Desk::ready().await;
    desk.world().products.push(product("SKU2"));
    desk.world().services.push(service(5, "PC_SKU2"));
    let views = products(&desk).await;
    let actions: Vec<_> = views.iter().map(|one| (one.key.as_str(), one.action)).collect();
    assert_eq!(actions, [("SKU1", ProductAction::Create), ("SKU2", ProductAction::Collision)]);
    assert_eq!(views[1].collides_with, Some(ServiceId(5)));
}

#[rstest]
#[case::sku("sku1")]
#[case::product_id("product-SKU1")]
#[case::name("Product SKU1")]
#[tokio::test]
async fn a_product_is_pinned_however_it_is_named(#[case] typed: &str) {
    let desk = Desk::ready().await;
    desk.world().services.push(service(5, "By hand"));
    desk.done(pin(typed, 5)).await;
    let view = &products(&desk).await[0];
    assert_eq!((view.service, view.origin), (Some(ServiceId(5)), Some(LinkOrigin::Pinned)));
    assert_eq!(view.service_name.as_deref(), Some("By hand"));
}

#[tokio::test]
async fn services_to_pin_to_are_told_by_name_the_inactive_ones_last() {
    let desk = Desk::ready().await;
    let mut old = service(4, "A old one");
    old.active = false;
    desk.world().services.extend([service(6, "zebra"), old, service(5, "By hand")]);
    let Answer::Services(told) = desk.done(command::Services).await else { panic!("services") };
    let names: Vec<&str> = told.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["By hand", "zebra", "A old one"]);
}

#[tokio::test]
async fn an_unknown_product_or_service_is_refused_with_the_closest() {
    let desk = Desk::ready().await;
    desk.world().services.push(service(5, "By hand"));
    let refusal = desk.refused_as(pin("SKU9", 5), RefusalKind::Failed, "unknown_product").await;
    assert_eq!(refusal.suggestions.first().map(String::as_str), Some("SKU1"));
    desk.refused_as(pin("SKU1", 6), RefusalKind::Failed, "unknown_service").await;
}

#[tokio::test]
async fn an_unpinned_product_gets_a_service_of_its_own() {
    let desk = Desk::ready().await;
    desk.world().services.push(service(5, "By hand"));
    let unpin = Command::from(command::Unpin { product: "SKU1".to_owned() });
    desk.refused_as(unpin.clone(), RefusalKind::Failed, "unknown_pinned_product").await;
    desk.done(pin("SKU1", 5)).await;
    desk.done(unpin).await;
    assert_eq!(products(&desk).await[0].action, ProductAction::Create);
}

#[tokio::test]
async fn only_a_colliding_service_is_adopted() {
    let desk = Desk::ready().await;
    let adopt = Command::from(command::Adopt { product: "SKU1".to_owned() });
    desk.refused_as(adopt.clone(), RefusalKind::Failed, "no_collision").await;
    desk.world().services.push(service(5, "PC_SKU1"));
    desk.done(adopt).await;
    let view = &products(&desk).await[0];
    assert_eq!((view.service, view.origin), (Some(ServiceId(5)), Some(LinkOrigin::Adopted)));
}

#[tokio::test]
async fn one_of_several_rows_of_a_service_is_chosen() {
    let desk = Desk::ready().await;
    let alpha = "alpha.onmicrosoft.com";
    desk.world().services.push(service(5, "By hand"));
    desk.world().put_row(31, 1, 5, 1);
    desk.world().put_row(32, 1, 5, 2);
    desk.done(map(alpha, "1", "1")).await;
    desk.done(pin("SKU1", 5)).await;
    let choose = |row| {
        Command::from(command::ChooseService {
            tenant: alpha.to_owned(),
            product: "SKU1".to_owned(),
            contract_service: ContractServiceId(row),
        })
    };
    let refusal =
        desk.refused_as(choose(33), RefusalKind::Failed, "unknown_contract_service").await;
    assert!(refusal.finding.advice.contains("31, 32"), "{refusal:?}");
    desk.done(choose(32)).await;
    let tenant = alpha.to_owned();
    let service = prism_connect::domain::ServiceId(5);
    let look = Command::from(command::ContractServices { tenant: tenant.clone(), service });
    assert_eq!(rows_told(desk.done(look.clone()).await), [(31, 1, false), (32, 2, true)]);
    let contract_service = ContractServiceId(31);
    desk.done(command::ChooseRow { tenant, service, contract_service }).await;
    assert_eq!(rows_told(desk.done(look).await), [(31, 1, true), (32, 2, false)]);
}

fn rows_told(answer: Answer) -> Vec<(i64, i64, bool)> {
    let Answer::ContractServices(About { found: rows, .. }) = answer else { panic!("rows") };
    rows.iter().map(|row| (row.contract_service.0, row.units, row.chosen)).collect()
}
