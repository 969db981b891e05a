//! X7, X9 and X11 with a process that is killed: what stands in the end is what would stand without the kill.

use prism_connect::engine::protocol::{Answer, command};
use rstest::rstest;
use serde_json::json;

use crate::{
    program::{
        AZURE, BASIC, End, Stage, azure_of_september, harbour, in_september, killed_and_again,
        killed_and_resumed, steps, w1, was_killed,
    },
    rig::{Rig, Setup, Target},
};

/// 5 seats until 19 September, 8 from the 20th; August is applied, and an operator set a later quantity.
async fn later_edit(later: (&str, i64)) -> Rig {
    let rises = harbour(|bought| bought.span("2026-08-01", "2026-09-19", 5).from("2026-09-20", 8));
    let rig = in_september(Target::Autotask, rises).await;
    edit(&rig, later).await;
    rig
}

async fn edit(rig: &Rig, (date, units): (&str, i64)) {
    let contract = rig.simulation.true_mappings()[0].contract_id;
    let told = rig.look(&format!("autotask/contracts/{contract}/timeline")).await;
    let path = format!("autotask/contract-services/{}/units", told[0]["contract_service_id"]);
    rig.control(&path, &json!({ "date": date, "units": units })).await;
}

#[rstest]
#[case::x1(("2026-10-10", 9), &[("2026-08-01", 5), ("2026-09-20", 8), ("2026-10-10", 12), ("2026-10-11", 9)])]
#[case::x2(("2026-10-01", 8), &[("2026-08-01", 5), ("2026-09-20", 8)])]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x11_killed_in_a_write_beside_a_later_edit_the_end_is_the_same(
    #[case] later: (&str, i64),
    #[case] wanted: &[(&str, i64)],
    #[values(
        "intent-written:1",
        "sent:1",
        "result-written:1",
        "intent-written:2",
        "sent:2",
        "before-record"
    )]
    place: &str,
) {
    let rig = later_edit(later).await;
    killed_and_resumed(rig, place, End { sku: BASIC, units: wanted, writes: 2 }).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x11_killed_in_a_write_of_azure_the_end_is_the_same(
    #[values("sent:1", "intent-written:2", "sent:2", "result-written:2", "sent:3")] place: &str,
) {
    let rig = azure_of_september(Target::Autotask).await;
    let units = &[("2026-09-01", 1), ("2026-10-01", 0)];
    killed_and_resumed(rig, place, End { sku: AZURE, units, writes: 3 }).await;
}

/// The reply is lost with the process, and before it is started again somebody edits the same row.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x9_killed_in_a_write_and_edited_by_hand_the_rest_is_written() {
    let mut stage = Stage::set(w1()).await;
    let killed = stage.sync(Some("sent:3")).await;
    assert!(was_killed(killed.status), "{killed:?}");
    edit(&stage.rig, ("2026-09-25", 9)).await;
    let resumed = stage.sync(None).await;
    assert_eq!(resumed.status.code(), Some(3), "the operator is warned: {resumed:?}");
    let wanted = [("2026-09-01", 5), ("2026-09-19", 6), ("2026-09-25", 9), ("2026-09-26", 6)];
    assert_eq!(stage.stands(BASIC).await, steps(&wanted));
    assert_eq!(stage.written(), 4);
    stage.is_settled("x9").await;
}

/// The service is gone: it is made anew once, however often the process dies over it.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x7_killed_while_a_deleted_service_is_made_again_there_is_one(
    #[values(
        "intent-written:1",
        "sent:1",
        "result-written:1",
        "product-recorded:1",
        "before-finish:1",
        "sent:2",
        "sent:3"
    )]
    place: &str,
) {
    let setup = Setup { month: (2026, 9), ..Setup::default() };
    let rig = Rig::ready(w1().world(), setup).await;
    rig.map_all(|_| {}).await;
    let answer = rig.ask(command::Products).await;
    let Answer::Products(products) = answer else { panic!("{answer:?}") };
    let basic = products.iter().find(|product| product.sku == BASIC).expect("the product");
    let service = basic.service.expect("it has a service");
    rig.control(&format!("autotask/services/{service}"), &json!({ "deleted": true })).await;
    let mut stage = Stage::over(rig).await;
    killed_and_again(&mut stage, &["sync", "all", "--json"], place).await;
    let made = stage.rig.changes().iter().filter(|e| e.path.ends_with("V1.0/Services")).count();
    assert_eq!((made, stage.written()), (1, 4), "{place}: {:?}", stage.rig.changes());
    stage.stands_exactly(place).await;
    stage.is_settled(place).await;
}
