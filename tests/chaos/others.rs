//! What others may do in Autotask between our reading and each of our writes: the outcome is right, or it says what is
//! wrong and the next sync makes it right once that is mended. Never silently wrong (sync-rules 8).

use std::collections::BTreeSet;

use chrono::NaiveDate;
use prism_connect::{
    domain::{outcome::Outcome, run::RunReport},
    engine::protocol::{Answer, Scope, SyncRequest, command},
};
use rstest::rstest;

use crate::{
    cases::Case,
    hands::OnContract,
    hook::{What, When},
    rig::{Target, pretty},
    worlds::{PRODUCTS, own_service},
};

/// What somebody does.
#[derive(Clone, Copy, Debug)]
enum Act {
    ClosesTheContract,
    EndsItOnThe(u32),
    DeactivatesTheService,
    DeletesTheService,
}

fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).expect("a day")
}

fn what(act: Act, contract: i64) -> What {
    let service = own_service(PRODUCTS[0].0);
    match act {
        Act::ClosesTheContract => What::Close(contract),
        Act::EndsItOnThe(last) => What::End(contract, day(9, last)),
        Act::DeactivatesTheService => What::Deactivate(service),
        Act::DeletesTheService => What::Delete(service),
    }
}

/// Units that the customer is billed for on a day, whatever row they stand on.
fn billed(rows: &[OnContract], on: NaiveDate) -> i64 {
    rows.iter().map(|row| row.units(on)).sum()
}

/// Days on which it is not five until the 18th and six from the 19th.
fn wrong_days(rows: &[OnContract]) -> Vec<NaiveDate> {
    let ought = |on: NaiveDate| if on < day(9, 19) { 5 } else { 6 };
    let days = day(9, 1).iter_days().take(60);
    days.filter(|on| billed(rows, *on) != ought(*on)).collect()
}

/// That a day takes one change only, and what stays off on it therefore (4.6).
fn warns_of_the_day(runs: &[RunReport]) -> bool {
    let bought = runs.iter().flat_map(|run| &run.customers).flat_map(|row| &row.subscriptions);
    bought.flat_map(|bought| &bought.warnings).any(|warning| warning.code.as_str() == "same_day")
}

fn codes(run: &RunReport) -> BTreeSet<&str> {
    let bought = run.customers.iter().flat_map(|row| &row.subscriptions);
    bought.filter_map(|bought| bought.error.as_ref()).map(|error| error.code.as_str()).collect()
}

/// The same moment where W1 takes two writes, not three: no row is made first.
fn moment(when: When, target: Target) -> When {
    match (target, when) {
        (Target::Connectwise, When::BeforeWrite(3)) => When::AfterWrite(1),
        (Target::Connectwise, When::AfterWrite(3)) => When::AfterWrite(2),
        _ => when,
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_do_between_our_writes_is_reported_or_right_and_never_silently_wrong(
    #[values(
        Act::ClosesTheContract,
        Act::EndsItOnThe(10),
        Act::EndsItOnThe(19),
        Act::DeactivatesTheService,
        Act::DeletesTheService
    )]
    act: Act,
    #[values(
        When::BeforeWrite(1),
        When::BeforeWrite(2),
        When::BeforeWrite(3),
        When::AfterWrite(3)
    )]
    when: When,
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let mut case = Case::w1_on(target).await;
    let contract = case.contract();
    let runs = case.sync(vec![(moment(when, target), what(act, contract))]).await;
    let run = runs.last().expect("a run");
    let right = wrong_days(&case.hands.contract(contract).await).is_empty();
    let failed = run.header.status == Outcome::Failure && !codes(run).is_empty();
    assert!(right || failed, "silently wrong: {}", pretty(run));
    told(run, case.rig.changes().len());

    case.hands.take_back().await;
    case.hands.end(contract, day(12, 31)).await;
    let mut runs = Vec::new();
    for retry_failed in [false, true] {
        let recheck = !retry_failed;
        let request =
            SyncRequest { scope: Scope::All, retry_failed, recheck, ..SyncRequest::default() };
        runs.extend(case.sync_as(request, Vec::new()).await);
    }
    let wrong = wrong_days(&case.hands.contract(contract).await);
    let taken = wrong == [day(9, 19)] && warns_of_the_day(&runs);
    assert!(wrong.is_empty() || taken, "{wrong:?} {}", runs.iter().map(pretty).collect::<String>());
    assert_eq!(case.rig.ask(command::Retries).await, Answer::Retries(Vec::new()));
    let before = case.rig.changes().len();
    let runs = case.sync(Vec::new()).await;
    assert_eq!(runs[0].header.status, Outcome::NoChange, "{}", pretty(&runs[0]));
    assert_eq!(case.rig.changes().len(), before);
}

/// Every write that the target carried out stands in the rows, and in the count.
fn told(run: &RunReport, carried_out: usize) {
    let bought = run.customers.iter().flat_map(|row| &row.subscriptions);
    let standing = bought.flat_map(|bought| &bought.writes).filter(|write| write.stands()).count();
    assert_eq!(
        (standing, run.header.counts.writes),
        (carried_out, carried_out as u64),
        "{}",
        pretty(run)
    );
}
