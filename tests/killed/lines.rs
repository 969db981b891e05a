//! Worked cases of lines with a process that is killed in them: what stands in the end is what would stand without the kill.

use rstest::rstest;
use serde_json::{Value, json};

use crate::{
    program::{
        AZURE, BASIC, End, Stage, azure_of_september, harbour, in_september, killed_and_again,
        killed_and_resumed, w1, was_killed,
    },
    rig::{Rig, Setup, Target},
    scenario::Scenario,
};

fn agreement(rig: &Rig) -> i64 {
    rig.simulation.connectwise_mappings()[0].contract_id
}

async fn lines(rig: &Rig) -> Vec<Value> {
    let told = rig.look(&format!("connectwise/agreements/{}/lines", agreement(rig))).await;
    told.as_array().expect("a list").clone()
}

/// Killed there and started again: what stands then took so many writes, no key twice, and nothing is left to do.
async fn resumed(rig: Rig, place: &str, (units, writes): (&[(&str, i64)], usize)) -> Stage {
    let stage = killed_and_resumed(rig, place, End { sku: BASIC, units, writes }).await;
    keys_are_unique(&stage.rig).await;
    stage
}

async fn keys_are_unique(rig: &Rig) {
    let mut keys: Vec<String> = lines(rig)
        .await
        .iter()
        .filter_map(|line| line["serial_number"].as_str().map(str::to_owned))
        .collect();
    let all = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), all, "{keys:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cw17_killed_between_end_and_add_and_around_them_the_end_is_cw6(
    #[values(
        "before-intent:1",
        "intent-written:1",
        "sent:1",
        "result-written:1",
        "before-intent:2",
        "intent-written:2",
        "sent:2",
        "result-written:2",
        "before-record"
    )]
    place: &str,
) {
    let falls = harbour(|bought| bought.span("2026-08-01", "2026-09-14", 6).from("2026-09-15", 4));
    let rig = in_september(Target::Connectwise, falls).await;
    let wanted = [("2026-08-01", 6), ("2026-09-15", 4)];
    resumed(rig, place, (&wanted, 2)).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cw11_killed_beside_a_later_line_by_hand_the_end_is_the_same(
    #[values("intent-written:1", "sent:1", "result-written:1", "before-record")] place: &str,
) {
    let rises = harbour(|bought| bought.span("2026-08-01", "2026-09-19", 5).from("2026-09-20", 8));
    let rig = in_september(Target::Connectwise, rises).await;
    let product = lines(&rig).await[0]["product_id"].clone();
    let by_hand = json!({"product": {"id": product}, "quantity": 4,
        "effectiveDate": "2026-10-10T00:00:00Z"});
    rig.control(&format!("connectwise/agreements/{}/additions", agreement(&rig)), &by_hand).await;
    let wanted = [("2026-08-01", 5), ("2026-09-20", 8), ("2026-10-10", 9)];
    resumed(rig, place, (&wanted, 1)).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cw10_killed_while_a_line_that_was_typed_over_is_set_back_the_end_is_the_same(
    #[values("intent-written:1", "sent:1", "result-written:1")] place: &str,
) {
    let six = harbour(|bought| bought.from("2026-08-01", 6));
    let rig = in_september(Target::Connectwise, six).await;
    let line = lines(&rig).await[0]["id"].clone();
    rig.control(&format!("connectwise/additions/{line}"), &json!({"quantity": 9})).await;
    resumed(rig, place, (&[("2026-08-01", 6)], 1)).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cw12_killed_in_a_price_step_the_end_is_the_same(
    #[values(
        "intent-written:1",
        "sent:1",
        "result-written:1",
        "intent-written:2",
        "sent:2",
        "result-written:2"
    )]
    place: &str,
) {
    let dearer = Scenario::month("2026-08").product(BASIC, "Basic", "6.90", "8.00");
    let dearer = dearer.price_from(BASIC, "2026-09-01", "7.25", "8.40");
    let dearer = dearer.tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| bought.from("2026-08-01", 6))
    });
    let rig = in_september(Target::Connectwise, dearer).await;
    let stage = resumed(rig, place, (&[("2026-08-01", 6)], 2)).await;
    let prices: Vec<String> =
        lines(&stage.rig).await.iter().map(|line| line["unit_price"].to_string()).collect();
    assert_eq!(prices, ["8.0", "8.4"], "{place}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cw13_killed_in_the_line_of_azure_there_is_one(
    #[values("before-intent:1", "intent-written:1", "sent:1", "result-written:1")] place: &str,
) {
    let rig = azure_of_september(Target::Connectwise).await;
    let units = &[("2026-09-01", 1), ("2026-10-01", 0)];
    killed_and_resumed(rig, place, End { sku: AZURE, units, writes: 1 }).await;
}

/// The line is there, and no list shows it yet: the next start waits for that before it adds one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cw16_killed_after_a_line_that_no_list_shows_yet_it_is_waited_for_and_not_added_again() {
    let mut stage = Stage::set_on(Target::Connectwise, w1()).await;
    stage.rig.control("assumptions", &json!({"cw_list_lag": "1"})).await;
    // Half a minute in a second and a half.
    stage.pace = "0.05";
    let killed = stage.sync(Some("sent:1")).await;
    assert!(was_killed(killed.status), "{killed:?}");
    let resumed = stage.sync(None).await;
    assert_eq!(resumed.status.code(), Some(0), "{resumed:?}");
    assert_eq!(stage.written(), 2);
    stage.stands_exactly("behind").await;
    keys_are_unique(&stage.rig).await;
    stage.rig.control("assumptions", &json!({"cw_list_lag": "0"})).await;
    stage.is_settled("behind").await;
}

/// An item that was deleted is made anew once, however often the process dies over it (X7).
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_the_items_are_made_there_is_one_of_each(
    #[values(
        "intent-written:1",
        "sent:1",
        "result-written:1",
        "product-recorded:1",
        "before-finish:1",
        "sent:2"
    )]
    place: &str,
) {
    let setup = Setup { month: (2026, 9), target: Target::Connectwise, ..Setup::default() };
    let rig = Rig::connected(w1().world(), setup, prism_connect::sim::SimSettings::default()).await;
    let mut stage = Stage::over(rig).await;
    killed_and_again(&mut stage, &["sync", "products", "--json"], place).await;
    assert_eq!(stage.written(), 2, "{place}: {:?}", stage.rig.changes());
}
