//! What the stories found, each as small as it can be told.

use std::sync::Arc;

use chrono::NaiveDate;
use prism_connect::{
    domain::{outcome::Outcome, run::RunReport},
    engine::protocol::{About, Answer, Happening, Scope, SyncRequest, command},
};
use rstest::rstest;
use serde_json::json;

use crate::{
    faults::LATEST_MILLIS,
    hands::{HandEdit, Hands},
    hook::{Hook, What, When},
    rig::{Rig, Setup, Target, Units, pretty},
    scenario::Scenario,
    worlds::{PRODUCTS, own_service, tenth_more},
};

const BASIC: &str = PRODUCTS[0].0;

/// One tenant with 5 seats, 6 from 19 September, so many from 10 October.
pub fn until_october(october: i64, change: impl FnOnce(Scenario) -> Scenario) -> Scenario {
    let (sku, cost, rrp) = PRODUCTS[0];
    let scenario = change(Scenario::month("2026-09").product(sku, "Basic", cost, rrp));
    scenario.tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| {
            let bought = bought.span("2026-09-01", "2026-09-18", 5);
            bought.span("2026-09-19", "2026-10-09", 6).from("2026-10-10", october)
        })
    })
}

/// An engine that something may happen to, in front of one tenant with 5 seats, 6 from the 19th.
pub struct Case {
    pub rig: Rig,
    hook: Hook,
    pub hands: Arc<Hands>,
}

impl Case {
    pub async fn w1() -> Self {
        Self::w1_on(Target::Autotask).await
    }

    /// The same on this target.
    pub async fn w1_on(target: Target) -> Self {
        let setup = Setup { month: (2026, 9), target, ..Setup::default() };
        Self::set_up(setup, until_october(6, |scenario| scenario)).await
    }

    /// Requests are given up after a second.
    async fn impatient() -> Self {
        Self::impatient_until(6).await
    }

    /// The same, with so many seats from 10 October.
    async fn impatient_until(october: i64) -> Self {
        Self::of("[limits]\ntimeout_seconds = 1\n", october).await
    }

    /// The same, with six seats all along and dearer ones from October.
    async fn impatient_and_dearer() -> Self {
        let (sku, cost, rrp) = PRODUCTS[0];
        let dearer = |scenario: Scenario| {
            scenario.price_from(sku, "2026-10-01", &tenth_more(cost), &tenth_more(rrp))
        };
        Self::in_world("[limits]\ntimeout_seconds = 1\n", 6, dearer).await
    }

    async fn of(config: &'static str, october: i64) -> Self {
        Self::in_world(config, october, |scenario| scenario).await
    }

    async fn in_world(
        config: &'static str,
        october: i64,
        change: impl FnOnce(Scenario) -> Scenario,
    ) -> Self {
        Self::ready(config, until_october(october, change)).await
    }

    async fn ready(config: &'static str, scenario: Scenario) -> Self {
        Self::set_up(Setup { config, month: (2026, 9), ..Setup::default() }, scenario).await
    }

    pub async fn set_up(setup: Setup, scenario: Scenario) -> Self {
        let mut rig = Rig::ready(scenario.world(), setup).await;
        rig.map_all(|_| {}).await;
        let hands = Arc::new(Hands::new(rig.simulation.addresses()));
        let hook = Hook::new(hands.clone());
        let over = hook.clone();
        rig.between = Some(Arc::new(move |network| over.over(network)));
        rig.leave().await;
        rig.revive().await;
        Self { rig, hook, hands }
    }

    /// Syncs customers, and this happens at it; gives what came of it where the process lived.
    pub async fn sync(&mut self, triggers: Vec<(When, What)>) -> Vec<RunReport> {
        let request = SyncRequest { scope: Scope::Customers, ..SyncRequest::default() };
        self.sync_as(request, triggers).await
    }

    /// The same as asked.
    pub async fn sync_as(
        &mut self,
        request: SyncRequest,
        triggers: Vec<(When, What)>,
    ) -> Vec<RunReport> {
        self.hook.arm(self.rig.handle(), triggers);
        let reply = self.rig.try_ask(command::Sync { request }).await;
        if self.hook.disarm() {
            self.rig.kill().await;
            self.rig.revive().await;
            return Vec::new();
        }
        let Ok(Answer::Synced(runs)) = reply else { panic!("{reply:?}") };
        runs
    }

    async fn run(&self, id: u64) -> RunReport {
        let id = Some(prism_connect::domain::RunId(id));
        let Answer::Run(report) = self.rig.ask(command::Run { id }).await else { panic!("a run") };
        *report
    }

    /// Waits until nothing that was sent is under way any more.
    pub async fn all_arrived(&self) {
        let path = self.hands.cheap_path();
        self.rig.fault(json!({"path": path, "fault": {"delay_ms": LATEST_MILLIS}})).await;
        self.hands.ask(path).await;
        self.rig.no_faults().await;
    }

    /// The only contract.
    pub fn contract(&self) -> i64 {
        let simulation = &self.rig.simulation;
        let mappings = match self.rig.target() {
            Target::Autotask => simulation.true_mappings(),
            Target::Connectwise => simulation.connectwise_mappings(),
        };
        mappings[0].contract_id
    }

    pub async fn units(&self) -> Units {
        let contract = self.contract();
        self.rig.timelines(contract).await.remove(&own_service(BASIC)).unwrap_or_default()
    }

    pub async fn results(&self) -> Vec<String> {
        let tenant = "harbour.onmicrosoft.com".to_owned();
        let answer = self.rig.ask(command::History { tenant, service: None }).await;
        let Answer::History(About { found: changes, .. }) = answer else { panic!("{answer:?}") };
        changes.into_iter().map(|change| change.result.to_string()).collect()
    }
}

pub fn w1_stands() -> Units {
    vec![("2026-09-01".to_owned(), 5), ("2026-09-19".to_owned(), 6)]
}

fn results(run: &RunReport) -> Vec<(u32, &str)> {
    let bought = run.customers.iter().flat_map(|row| &row.subscriptions);
    let writes = bought.flat_map(|bought| &bought.writes);
    writes.map(|write| (write.attempt, write.result.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resumed_run_that_is_cancelled_at_once_still_tells_what_was_written() {
    let mut case = Case::w1().await;
    case.sync(vec![(When::BeforeWrite(3), What::Die)]).await;
    // The open write is read back first: it is cancelled there.
    let runs = case.sync(vec![(When::BeforeRead(1), What::Cancel)]).await;
    assert_eq!(runs.len(), 1, "{runs:?}");
    let run = case.run(2).await;
    assert_eq!(run.header.status, Outcome::Failure, "{}", pretty(&run));
    assert_eq!(run.header.counts.writes, 2, "{}", pretty(&run));
    let told = results(&run);
    let written: Vec<_> = told.iter().filter(|(_, result)| *result == "written").collect();
    assert_eq!(written, [&(1, "written"), &(1, "written")], "{}", pretty(&run));
    has_its_ledger(&run);
    let runs = case.sync(Vec::new()).await;
    assert_eq!(runs.last().expect("a run").header.status, Outcome::Success, "{runs:?}");
    assert_eq!((case.units().await, case.rig.changes().len()), (w1_stands(), 3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_made_while_a_write_is_open_is_what_the_sync_does_once_that_is_settled() {
    let mut case = Case::w1().await;
    let cut = json!({"system": "autotask", "path": "Contracts/\\d+/Services$", "times": 1,
        "fault": "cut_after"});
    case.rig.fault(cut).await;
    // Cancelled while the row that was made without an answer is read back.
    let runs = case.sync(vec![(When::BeforeRead(2), What::Cancel)]).await;
    assert_eq!((runs.len(), case.rig.changes().len()), (1, 1), "{runs:?}");
    assert_eq!(case.results().await, ["unconfirmed"]);
    let request = SyncRequest { scope: Scope::Customers, ..SyncRequest::default() };
    let answer = case.rig.ask(command::Plan { request }).await;
    let Answer::Plan(About { found: plan, .. }) = answer else { panic!("{answer:?}") };
    let request = SyncRequest { plan: Some(plan.saved.clone()), ..SyncRequest::default() };
    let runs = case.sync_as(request, Vec::new()).await;
    let last = runs.last().expect("a run");
    assert_eq!(last.header.status, Outcome::Success, "{}\n{}", plan.saved, pretty(last));
    assert_eq!((case.units().await, case.rig.changes().len()), (w1_stands(), 3));
}

/// A panic in the middle of a run, and the process goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_of_this_program_ends_the_run_for_all_who_watch_and_the_next_sync_finishes_it() {
    let mut case = Case::w1().await;
    let mut watched = case.rig.handle().events();
    case.hook.arm(case.rig.handle(), vec![(When::BeforeWrite(3), What::Die)]);
    let request = SyncRequest { scope: Scope::Customers, ..SyncRequest::default() };
    let reply = case.rig.try_ask(command::Sync { request }).await;
    assert!(case.hook.disarm(), "it did panic");
    let Ok(Answer::Synced(runs)) = reply else { panic!("{reply:?}") };
    let [run] = &runs[..] else { panic!("one run: {runs:?}") };
    let told = run.header.message.as_ref().expect("what happened");
    assert_eq!(
        (run.header.status, told.code.as_str()),
        (Outcome::Failure, "fault"),
        "{}",
        pretty(run)
    );
    assert_eq!((run.header.counts.writes, case.rig.changes().len()), (2, 2), "{}", pretty(run));
    let mut ended = Vec::new();
    while let Ok(event) = watched.try_recv() {
        if let Happening::RunFinished { run } = event.happening {
            ended.push((run.id, run.status));
        }
    }
    assert_eq!(ended, [(run.header.id, Outcome::Failure)]);
    let runs = case.sync(Vec::new()).await;
    assert_eq!(runs[0].header.id, run.header.id, "it is finished first: {runs:?}");
    assert_eq!(runs[0].header.status, Outcome::Success, "{runs:?}");
    assert_eq!((case.units().await, case.rig.changes().len()), (w1_stands(), 3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resumed_run_that_cannot_read_any_more_still_tells_what_was_written() {
    let mut case = Case::w1().await;
    case.sync(vec![(When::BeforeWrite(3), What::Die)]).await;
    let silent = json!({"system": "prism", "path": "invoices", "fault": {"status": 503}});
    case.rig.fault(silent).await;
    let runs = case.sync(Vec::new()).await;
    let told = results(&runs[0]);
    let written = told.iter().filter(|told| **told == (1, "written")).count();
    assert_eq!((written, runs[0].header.counts.writes), (2, 2), "{}", pretty(&runs[0]));
    has_its_ledger(&runs[0]);
    case.rig.no_faults().await;
    case.sync(Vec::new()).await;
    assert_eq!((case.units().await, case.rig.changes().len()), (w1_stands(), 3));
}

/// The invoice was begun before the run broke off for good: its ledger tells that nothing of it is done.
fn has_its_ledger(run: &RunReport) {
    let [ledger] = &run.ledgers[..] else { panic!("one ledger: {}", pretty(run)) };
    assert!(ledger.balance.is_zero() && !ledger.subtotal.is_zero(), "{}", pretty(run));
    assert_eq!(ledger.not_attempted, ledger.subtotal, "{}", pretty(run));
    assert_eq!(run.header.invoices, std::slice::from_ref(&ledger.invoice), "{}", pretty(run));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_write_that_cannot_be_read_back_stays_open_until_it_can() {
    let mut case = Case::w1().await;
    case.sync(vec![(When::AfterWrite(2), What::Die)]).await;
    let silent = json!({"system": "autotask", "path": "ContractServiceUnits/query",
        "fault": {"status": 503}});
    case.rig.fault(silent).await;
    let runs = case.sync(Vec::new()).await;
    let last = runs.last().expect("a run");
    assert_eq!(last.header.status, Outcome::Failure, "{}", pretty(last));
    assert_eq!(case.rig.changes().len(), 2, "nothing is sent before it is known");
    case.rig.no_faults().await;
    case.sync(Vec::new()).await;
    assert_eq!((case.units().await, case.rig.changes().len()), (w1_stands(), 3));
    let mut told = case.results().await;
    told.sort();
    assert_eq!(told, ["settled as written", "written", "written"]);
}

/// A day that starts a period takes any number of adjustments: there, and only there, a late one stands doubled.
fn late_first_adjustment(millis: u64) -> serde_json::Value {
    json!({"system": "autotask", "path": "ServiceAdjustments$", "times": 1,
        "fault": {"delay_ms": millis}})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_is_carried_out_after_its_run_is_put_right_by_the_next_one() {
    let mut case = Case::impatient().await;
    case.rig.fault(late_first_adjustment(LATEST_MILLIS)).await;
    let runs = case.sync(Vec::new()).await;
    assert!(results(&runs[0]).contains(&(1, "settled as not written")), "{runs:?}");
    case.rig.no_faults().await;
    case.all_arrived().await;
    let doubled: Vec<i64> = case.units().await.into_iter().map(|(_, units)| units).collect();
    assert_eq!(doubled, [10, 11], "it did come late");
    let runs = case.sync(Vec::new()).await;
    let last = runs.last().expect("a run");
    assert_eq!(last.header.status, Outcome::Warning, "{}", pretty(last));
    let warnings = last.customers.iter().flat_map(|row| &row.subscriptions);
    let codes: Vec<_> =
        warnings.flat_map(|bought| &bought.warnings).map(|told| told.code.as_str()).collect();
    assert!(codes.contains(&"late_write"), "{}", pretty(last));
    assert_eq!(case.units().await, w1_stands());
    let standing = case.results().await.iter().filter(|r| !r.contains("not")).count();
    assert_eq!(standing, case.rig.changes().len(), "{:?}", case.results().await);
    // The rows of its own run tell it too.
    assert_eq!(results(&case.run(2).await).iter().filter(|(_, r)| r.contains("not")).count(), 0);
    // A while later nothing can come late any more: it is looked at for the last time.
    case.rig.go_to((2026, 10)).await;
    case.sync(Vec::new()).await;
    let runs = case.sync(Vec::new()).await;
    assert_eq!(runs[0].header.status, Outcome::NoChange, "{runs:?}");
    let requests = runs[0].header.counts.requests;
    assert!(requests <= 3, "nothing is watched any more, the look is cheap: {requests} requests");
}

/// What later months read begins later: that is no change of what was there before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_never_came_is_not_taken_for_a_late_one_after_a_catch_up_of_three_months() {
    let mut case = Case::w1().await;
    for _ in 0..2 {
        case.rig.control("month/advance", &json!({})).await;
    }
    case.rig.go_to((2026, 11)).await;
    let lost = json!({"system": "autotask", "path": "ServiceAdjustments$", "times": 1,
        "fault": "cut_before"});
    case.rig.fault(lost).await;
    let runs = case.sync(Vec::new()).await;
    assert_eq!(runs[0].header.invoices.len(), 3, "{}", pretty(&runs[0]));
    assert!(results(&runs[0]).contains(&(1, "settled as not written")), "{}", pretty(&runs[0]));
    let runs = case.sync(Vec::new()).await;
    assert_eq!(runs[0].header.status, Outcome::NoChange, "{}", pretty(&runs[0]));
    let standing = case.results().await.iter().filter(|r| !r.contains("not")).count();
    assert_eq!((case.units().await, standing), (w1_stands(), case.rig.changes().len()));
}

/// A re-price changes no quantity: only the price tells that it came.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_re_price_that_is_carried_out_after_its_run_is_recognised_and_not_written_again() {
    let mut case = Case::impatient_and_dearer().await;
    case.sync(Vec::new()).await;
    case.rig.control("month/advance", &json!({})).await;
    case.rig.go_to((2026, 10)).await;
    let written = case.rig.changes().len();
    case.rig.fault(late_first_adjustment(LATEST_MILLIS)).await;
    // Read for the plan, then twice for the write without an answer: cancelled before it is sent again.
    let runs = case.sync(vec![(When::AfterRead(3), What::Cancel)]).await;
    assert!(results(&runs[0]).contains(&(1, "settled as not written")), "{}", pretty(&runs[0]));
    case.rig.no_faults().await;
    case.all_arrived().await;
    assert_eq!(case.rig.changes().len(), written + 1, "it did come late");
    let runs = case.sync(Vec::new()).await;
    let told: String = runs.iter().map(pretty).collect();
    assert!(told.contains("late_write"), "{told}");
    assert_eq!(case.rig.changes().len(), written + 1, "{told}");
    let standing = case.results().await.iter().filter(|r| !r.contains("not")).count();
    assert_eq!(standing, written + 1, "{:?}", case.results().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_comes_after_the_next_month_was_synced_too_is_put_right_in_both() {
    let mut case = Case::impatient_until(4).await;
    case.rig.control("month/advance", &json!({})).await;
    case.rig.go_to((2026, 10)).await;
    case.rig.fault(late_first_adjustment(LATEST_MILLIS)).await;
    let runs = case.sync(Vec::new()).await;
    assert_eq!(runs[0].header.invoices.len(), 2, "{}", pretty(&runs[0]));
    case.rig.no_faults().await;
    case.all_arrived().await;
    let runs = case.sync(Vec::new()).await;
    let told: String = runs.iter().map(pretty).collect();
    let october = ("2026-10-10".to_owned(), 4);
    assert_eq!(case.units().await, [w1_stands(), vec![october]].concat(), "{told}");
    let standing = case.results().await.iter().filter(|r| !r.contains("not")).count();
    assert_eq!(standing, case.rig.changes().len(), "{:?}", case.results().await);
    assert!(told.contains("late_write"), "{told}");
}

/// Of the days of September October sees only their sum.
#[rstest]
#[case::before_the_next_month_is_read(4)]
#[case::while_the_next_month_writes_to_another_service(5)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_comes_once_its_month_is_recorded_is_put_right_in_both(#[case] read: u64) {
    let scenario = PRODUCTS[..2].iter().fold(Scenario::month("2026-09"), |scenario, product| {
        scenario.product(product.0, product.0, product.1, product.2)
    });
    let scenario = scenario.tenant("harbour", |tenant| {
        let tenant = tenant.subscription(BASIC, |bought| {
            bought.span("2026-09-01", "2026-09-18", 5).from("2026-09-19", 6)
        });
        tenant.subscription(PRODUCTS[1].0, |bought| bought.from("2026-10-10", 2))
    });
    let mut case = Case::ready("", scenario).await;
    case.rig.control("month/advance", &json!({})).await;
    case.rig.go_to((2026, 10)).await;
    let lost = json!({"system": "autotask", "path": "ServiceAdjustments$", "times": 1,
        "fault": "cut_before"});
    case.rig.fault(lost).await;
    // What was lost comes once October was planned, as far as anybody can see.
    let came = HandEdit {
        contract: case.rig.simulation.true_mappings()[0].contract_id,
        service: own_service(BASIC),
        date: NaiveDate::from_ymd_opt(2026, 9, 1).expect("a day"),
        units: 10,
    };
    // September is read, twice for the write without an answer, and back; then October.
    let runs = case.sync(vec![(When::AfterRead(read), What::Edit(came))]).await;
    let told: String = runs.iter().map(pretty).collect();
    let written =
        results(&runs[0]).iter().filter(|(_, told)| *told == "settled as written").count();
    assert_eq!(written, 1, "it is known to have come: {told}");
    let doubled = [("2026-09-01", 10), ("2026-09-19", 11), ("2026-10-01", 6)];
    let doubled: Units = doubled.map(|(day, units)| (day.to_owned(), units)).into();
    assert_eq!(case.units().await, doubled, "October has what its invoice says: {told}");
    let runs = case.sync(Vec::new()).await;
    let told: String = runs.iter().map(pretty).collect();
    assert!(told.contains("late_write"), "{told}");
    assert_eq!(case.units().await, w1_stands(), "{told}");
    assert_eq!(case.sync(Vec::new()).await[0].header.status, Outcome::NoChange);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_is_made_twice_because_the_first_came_late_is_used_once() {
    let mut case = Case::impatient().await;
    let late = json!({"system": "autotask", "path": "Contracts/\\d+/Services$", "times": 1,
        "fault": {"delay_ms": LATEST_MILLIS}});
    case.rig.fault(late).await;
    case.sync(Vec::new()).await;
    case.rig.no_faults().await;
    case.all_arrived().await;
    let contract = case.rig.simulation.true_mappings()[0].contract_id;
    let rows = case.hands.contract(contract).await;
    assert_eq!(rows.len(), 2, "it did come late");
    let runs = case.sync(Vec::new()).await;
    assert_eq!(runs[0].header.status, Outcome::Warning, "{}", pretty(&runs[0]));
    case.rig.control("month/advance", &json!({})).await;
    case.rig.go_to((2026, 10)).await;
    let runs = case.sync(Vec::new()).await;
    assert_eq!(runs[0].header.status, Outcome::NoChange, "{}", pretty(&runs[0]));
    let rows = case.hands.contract(contract).await;
    let with_seats = rows.iter().filter(|row| !row.steps.is_empty()).count();
    assert_eq!(with_seats, 1, "{rows:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_is_confirmed_and_not_carried_out_is_found_by_reading_back() {
    let mut case = Case::w1().await;
    let lie = json!({"system": "autotask", "path": "ServiceAdjustments$", "after": 1, "times": 1,
        "fault": {"status": 200, "body": "{\"itemId\":null}"}});
    case.rig.fault(lie).await;
    let runs = case.sync(Vec::new()).await;
    assert_eq!(runs[0].header.status, Outcome::Warning, "{}", pretty(&runs[0]));
    assert_eq!((case.units().await, case.rig.changes().len()), (w1_stands(), 3));
}
