//! 429 and the thread limit for a while: the sync waits and then does everything, once.

use rstest::rstest;
use serde_json::{Value, json};

use crate::scene::{Scene, thread_limit, too_many};

/// Where requests are turned away.
const READS: &str = "/query$";
const PLACES_OF_WRITES: [&str; 3] = ["/Services$", "Contracts/\\d+/Services$", "Adjustments$"];

async fn is_waited_for(rules: &[Value], what: &str) {
    let scene = Scene::set().await;
    for rule in rules {
        scene.autotask(rule).await;
    }
    let ended = scene.sync().await;
    ended.is_success();
    ended.waited_for(what);
    scene.all_is_written_once().await;
    assert_ne!(scene.turned_away(), 0, "the faults did something");
}

#[rstest]
#[case::without_retry_after(None)]
#[case::seconds(Some("20"))]
#[case::no_seconds_at_all(Some("0"))]
#[case::a_date_gone_by(Some("Sun, 06 Nov 1994 08:49:37 GMT"))]
#[case::a_day(Some("86400"))]
#[case::the_longest_number(Some("18446744073709551615"))]
#[case::beyond_any_number(Some("99999999999999999999999999"))]
#[case::a_date_far_away(Some("Fri, 31 Dec 9999 23:59:59 GMT"))]
#[case::less_than_nothing(Some("-5"))]
#[case::garbage(Some("soon; maybe"))]
#[tokio::test]
async fn a_429_is_waited_for_whatever_it_asks_for(
    #[case] retry_after: Option<&str>,
    #[values(0, 7)] after: u64,
) {
    let fault = too_many(retry_after);
    let reads = json!({"path": READS, "after": after, "times": 3, "fault": fault});
    let writes = PLACES_OF_WRITES
        .map(|path| json!({"path": path, "writes": true, "after": 1, "times": 3, "fault": fault}));
    is_waited_for(&[&[reads], &writes[..]].concat(), "Autotask (too many requests)").await;
}

#[tokio::test]
async fn the_thread_limit_is_waited_for_on_reads_and_on_writes() {
    let fault = thread_limit();
    let reads = json!({"path": READS, "after": 1, "times": 4, "fault": fault});
    let writes = PLACES_OF_WRITES
        .map(|path| json!({"path": path, "writes": true, "times": 4, "fault": fault}));
    is_waited_for(&[&[reads], &writes[..]].concat(), "Autotask (too many requests)").await;
}

#[tokio::test]
async fn many_429s_in_a_row_are_no_failure() {
    let fault = too_many(Some("30"));
    let reads = json!({"path": READS, "after": 2, "times": 40, "fault": fault});
    let writes = json!({"writes": true, "after": 4, "times": 30, "fault": fault});
    is_waited_for(&[reads, writes], "Autotask (too many requests)").await;
}

#[rstest]
#[case::without_retry_after(None, 12)]
#[case::seconds(Some("20"), 12)]
#[case::half_an_hour(Some("1800"), 2)]
#[case::a_day(Some("86400"), 4)]
#[tokio::test]
async fn a_429_of_the_distributor_is_waited_for_too(
    #[case] retry_after: Option<&str>,
    #[case] times: u64,
) {
    let scene = Scene::set().await;
    let rule = json!({"system": "prism", "times": times, "fault": too_many(retry_after)});
    scene.rig.fault(rule).await;
    let ended = scene.sync().await;
    ended.is_success();
    ended.waited_for("PRISM (too many requests)");
    scene.all_is_written_once().await;
}
