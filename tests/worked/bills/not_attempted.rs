//! What a stopped run did not come to is *not attempted*: never *Failure* (sync-rules 7).

use prism_connect::{
    domain::{
        outcome::{Disposition, Outcome},
        run::{CustomerRow, RunKind, RunReport, Tally},
    },
    engine::{
        protocol::{Answer, SyncRequest, command},
        views::Mend,
    },
};
use serde_json::json;

use super::not_sent::{results, stopped_while_it_waits};
use crate::{
    checks::{
        AUGUST, BASIC, SEPTEMBER, customers, domain, ended, errors, ledger, ready, ready_with,
        september_after_august, settled, steps, subscriptions, units, world,
    },
    interruptions::ninety_five_writes,
    rig::{Rig, Setup, pretty},
    scenario::Scenario,
};

/// In August all have 5. In September five rise to 6 on the 19th, and one stays as it is.
fn five_rise_and_one_stays() -> Scenario {
    let rising = (0..5).fold(world("2026-08"), |scenario, number| {
        scenario.tenant(&format!("tenant{number}"), |tenant| {
            tenant.subscription(BASIC, |bought| {
                bought.span("2026-08-01", "2026-09-18", 5).from("2026-09-19", 6)
            })
        })
    });
    rising
        .tenant("quiet", |tenant| tenant.subscription(BASIC, |bought| bought.from("2026-08-01", 5)))
}

/// The first two of five writes are carried out; the others are put off until the operator stops the run.
async fn stopped_after_two(rig: &Rig, request: SyncRequest) -> RunReport {
    let put_off = json!({"system": "autotask", "writes": true, "after": 2,
        "fault": {"status": 429, "retry_after": "3000"}});
    rig.fault(put_off).await;
    let report = stopped_while_it_waits(rig, request).await;
    rig.no_faults().await;
    report
}

#[tokio::test]
async fn a18_what_a_stopped_run_did_not_come_to_is_not_attempted_and_the_rest_has_its_own_outcome()
{
    let setup = Setup { month: AUGUST, ..Setup::default() };
    let rig = september_after_august(five_rise_and_one_stays(), setup).await;
    let report = stopped_after_two(&rig, customers()).await;
    ended(&report, Outcome::Failure);
    let told = report.header.message.as_ref().expect("why");
    assert!(told.text.contains("stopped by tester"), "{}", told.text);
    let outcomes = |outcome| report.customers.iter().filter(|row| row.status == outcome).count();
    let all = [Outcome::NoChange, Outcome::Success, Outcome::NotAttempted];
    assert_eq!(all.map(outcomes), [1, 2, 3], "{}", pretty(&report));
    let tally = Tally { attempted: 3, ok: 3, not_attempted: 3, ..Tally::default() };
    assert_eq!(report.header.counts.customers, tally);
    assert_eq!(report.header.counts.subscriptions, tally);
    assert_eq!(errors(&report), Vec::<&prism_connect::domain::outcome::Finding>::new());
    let quiet = report.customers.iter().find(|row| row.tenant.starts_with("quiet")).expect("a row");
    assert_eq!(quiet.status, Outcome::NoChange);
    // Five of September's lines: 5 x 18 of 30 days and 6 x 12 of 30 days at 6.90 each, and the quiet one's 34.50.
    let told = ledger(&report);
    assert_eq!((told.synced.to_string(), told.not_attempted.to_string()), money(2, 3), "{told:?}");
    assert!(told.failed.is_zero() && told.earlier_runs.is_zero(), "{told:?}");
    for row in subscriptions(&report).filter(|row| row.status == Outcome::NotAttempted) {
        let places = row.usage.iter().map(|line| &line.disposition);
        assert!(places.clone().all(|place| *place == Disposition::NotAttempted), "{row:?}");
        assert_eq!(
            row.writes.iter().map(|write| write.result.as_str()).collect::<Vec<_>>(),
            ["not sent"]
        );
    }
    // The card says what the rows say: what is written and not read back is not told as not come to.
    let Answer::Status(status) = rig.ask(command::Status).await else { panic!() };
    let card = status.cards.iter().find(|card| card.kind == RunKind::Customers).expect("a card");
    let unreached = card.progress.as_ref().expect("an invoice").unreached;
    assert_eq!((card.done(), unreached), ((3, 6), 3));
    let rest = rig.sync().await;
    ended(&rest, Outcome::Success);
    assert_eq!(results(&rest).get("written"), Some(&3), "{}", pretty(&rest));
    let wanted = steps(&[("2026-08-01", 5), ("2026-09-19", 6)]);
    for number in 0..5 {
        assert_eq!(units(&rig, &format!("tenant{number}"), BASIC).await, wanted);
    }
    assert_eq!(units(&rig, "quiet", BASIC).await, steps(&[("2026-08-01", 5)]));
    settled(&rig).await;
}

/// What the quiet one and so many of the others cost, and so many more of the others.
fn money(done: i64, left: i64) -> (String, String) {
    let cents = |rising: i64| rust_decimal::Decimal::new(rising * 3726, 2);
    let quiet = rust_decimal::Decimal::new(3450, 2);
    (format!("{:.2}", cents(done) + quiet), format!("{:.2}", cents(left)))
}

/// It is not put on the retry list: the run was stopped before its group was done.
#[tokio::test]
async fn what_failed_in_a_stopped_run_is_told_as_failed_with_its_cause() {
    let setup = Setup { month: AUGUST, ..Setup::default() };
    let rig = september_after_august(five_rise_and_one_stays(), setup).await;
    let no = json!({"system": "autotask", "writes": true, "times": 1,
        "fault": {"status": 500, "body": "{\"errors\":[\"It cannot be done today.\"]}"}});
    rig.fault(no).await;
    let report = stopped_after_two(&rig, customers()).await;
    let tally = report.header.counts.customers;
    assert_eq!(tally.failed, 1, "{}", pretty(&report));
    let Answer::Status(status) = rig.ask(command::Status).await else { panic!() };
    let card = status.cards.iter().find(|card| card.kind == RunKind::Customers).expect("a card");
    let progress = card.progress.as_ref().expect("an invoice");
    let told = (progress.failed.len() as u64, progress.unreached);
    assert_eq!(told, (tally.failed, tally.not_attempted), "{progress:?}");
    assert_eq!(progress.synced + told.0 + told.1, progress.of, "{progress:?}");
    let causes = || status.causes.iter().filter(|one| one.outcome == Outcome::Failure);
    let cause =
        causes().find(|one| one.members.iter().any(|one| one.text.contains("be done today")));
    let cause = cause.unwrap_or_else(|| panic!("{:?}", status.causes));
    assert_eq!((cause.members.len(), &cause.mend), (1, &Mend::Retry), "{cause:?}");
    let rest = SyncRequest { retry_failed: true, ..customers() };
    ended(&rig.sync_as(rest).await, Outcome::Success);
    let Answer::Status(status) = rig.ask(command::Status).await else { panic!() };
    assert!(status.causes.iter().all(|one| one.outcome != Outcome::Failure), "{status:?}");
    settled(&rig).await;
}

/// Each has five changes, and two of all are carried out.
#[tokio::test]
async fn whom_a_stopped_run_was_amid_is_part_written_and_the_advice_names_what_writes_the_rest() {
    let rig = ready(ninety_five_writes(), SEPTEMBER).await;
    let report = stopped_after_two(&rig, customers()).await;
    ended(&report, Outcome::Failure);
    let stands = |row: &CustomerRow| {
        row.subscriptions
            .iter()
            .flat_map(|one| &one.writes)
            .any(|write| write.result.as_str() == "written")
    };
    let (amid, others): (Vec<_>, Vec<_>) = report.customers.iter().partition(|row| stands(row));
    assert!(!amid.is_empty(), "{}", pretty(&report));
    for row in &amid {
        assert_eq!(row.status, Outcome::NotAttempted, "as it is stored");
        assert!(row.is_partly_written() && row.wants_a_look(), "{row:?}");
        assert_eq!(row.word(), "Part written");
        assert!(row.warnings[0].text.contains("of its 5 changes"), "{row:?}");
    }
    assert!(others.iter().all(|row| !row.is_partly_written() && row.word() == "Not attempted"));
    let tally = report.header.counts.customers;
    assert_eq!((tally.not_attempted, tally.partly_written), (19, amid.len() as u64));
    // The way that writes exactly the rest is named, and the dashboard has its key.
    let told = report.header.message.as_ref().expect("why");
    assert!(told.advice.contains("`prism-connect sync --retry-failed`"), "{}", told.advice);
    let Answer::Status(status) = rig.ask(command::Status).await else { panic!() };
    let id = format!("run-{}", report.header.id);
    let cause = status.causes.iter().find(|cause| cause.id == id).expect("the run");
    assert_eq!(cause.mend, Mend::Retry);
    let rest = SyncRequest { retry_failed: true, ..customers() };
    ended(&rig.sync_as(rest).await, Outcome::Success);
    settled(&rig).await;
}

/// August is applied to two of six; a later sync is stopped in August while September is due as well.
#[tokio::test]
async fn who_has_an_invoice_is_not_counted_as_not_come_to_for_the_next_one() {
    let setup = Setup { month: AUGUST, ..Setup::default() };
    let mut rig = ready_with(five_rise_and_one_stays(), setup).await;
    let two = vec![domain(0), domain(1)];
    ended(&rig.sync_as(SyncRequest { tenants: two, ..customers() }).await, Outcome::Success);
    rig.month_passes().await;
    let report = stopped_after_two(&rig, customers()).await;
    ended(&report, Outcome::Failure);
    let Answer::Status(status) = rig.ask(command::Status).await else { panic!() };
    let card = status.cards.iter().find(|card| card.kind == RunKind::Customers).expect("a card");
    let progress = card.progress.as_ref().expect("an invoice");
    assert_eq!(
        (progress.month.to_string(), progress.of),
        ("2026-08".to_owned(), 6),
        "{progress:?}"
    );
    assert!(progress.synced >= 2, "{progress:?}");
    assert_eq!(progress.synced + progress.unreached, progress.of, "{progress:?}");
}

/// Nobody was planned yet when the run stopped.
#[tokio::test]
async fn a18_who_was_not_even_read_is_not_attempted_and_the_retry_plans_him() {
    let rig = ready(ninety_five_writes(), SEPTEMBER).await;
    let lock = json!({"system": "autotask", "path": "ContractServices/query",
        "fault": {"lock_user": true}});
    rig.fault(lock).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    let left = |number| Tally { not_attempted: number, ..Tally::default() };
    let counts = report.header.counts;
    assert_eq!((counts.customers, counts.subscriptions), (left(19), left(38)));
    let told = ledger(&report);
    assert!(told.not_attempted == told.subtotal && !told.subtotal.is_zero(), "{told:?}");
    rig.no_faults().await;
    rig.control("autotask/user", &json!({ "locked": false })).await;
    let retry = SyncRequest { retry_failed: true, ..customers() };
    let rest = rig.sync_as(retry).await;
    ended(&rest, Outcome::Success);
    assert_eq!((rig.changes().len(), rest.header.counts.customers.ok), (95, 19));
    settled(&rig).await;
}
