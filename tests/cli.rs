//! The command line over an engine that answers as a test says, and the program itself where no engine is needed.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::{
    io::{self, BufRead, BufReader, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command as Process, Stdio},
    sync::{Arc, Mutex},
};

use chrono::{DateTime, Utc};
use clap::CommandFactory;
use prism_connect::{
    cli::{self, Cli, Desk, Exit, Output},
    domain::{
        Currency, Day, Money, RunId, ServiceId, TenantId,
        mapping::{PricingStrategy, Start},
        operation::Operation,
        outcome::{Disposition, Finding, Outcome},
        policy::ProductMode,
        run::{
            Counts, CustomerRow, ExcludedSum, Ledger, RunHeader, RunKind, RunReport,
            SubscriptionRow, Tally, UsageRow,
        },
        schedule::{
            Apply, LookKind,
            course::{PassedOver, Why},
        },
    },
    engine::{
        Handle,
        protocol::{
            About, Actor, Answer, Command, MapDraft, Refusal, RefusalKind, Reply, Scope,
            SyncRequest, command, command::PlanCommand,
        },
        views::{
            AuditVerdict, DueView, LookView, Mark, Moment, NextLook, PassedOverView, PlanMoney,
            PlanView, PlannedQuantities, PlannedRows, PlannedView, RefusedView, ScheduleView,
            SwitchedOff,
        },
    },
    planning::invoices::Treatment,
};
use rstest::rstest;
use serde_json::{Value, json};
use tokio::sync::{broadcast, mpsc};

/// A stream that a test reads afterwards.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Page {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How a command went.
struct Went {
    exit: Exit,
    out: String,
    err: String,
    asked: Vec<Command>,
}

impl Went {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap()
    }
}

/// Runs a command line against an engine that answers so.
async fn ask(line: &str, reply: impl Fn(&Command) -> Reply + Send + 'static) -> Went {
    let page = Page::default();
    let (out, asked) = (Box::new(page.clone()), Arc::new(Mutex::new(Vec::new())));
    let (exit, err) = ask_on(out, line, reply, Arc::clone(&asked)).await;
    let asked = asked.lock().unwrap().clone();
    Went { exit, out: page.text(), err, asked }
}

async fn ask_on(
    page: Box<dyn Write + Send>,
    line: &str,
    reply: impl Fn(&Command) -> Reply + Send + 'static,
    asked: Arc<Mutex<Vec<Command>>>,
) -> (Exit, String) {
    let words = shell_words(line);
    let parsed = cli::parse(words).unwrap();
    let (requests, mut inbox) = mpsc::unbounded_channel::<prism_connect::engine::Asked>();
    let (events, _) = broadcast::channel(16);
    tokio::spawn(async move {
        while let Some((request, answer)) = inbox.recv().await {
            asked.lock().unwrap().push(request.command.clone());
            let _ = answer.send(reply(&request.command));
        }
    });
    let actor = Actor::owner("test");
    let remarks = Page::default();
    let mut out = Output::to(page, Box::new(remarks.clone()), parsed.globals.json);
    let handle = Handle::new(actor, requests, events);
    let done = cli::perform(parsed.command.unwrap(), &mut Desk::new(handle, &mut out)).await;
    let exit = match done.and_then(|exit| out.finish().map(|()| exit)) {
        Ok(exit) => exit,
        Err(failure) => out.failure(&failure),
    };
    (exit, remarks.text())
}

/// Words, with `'…'` kept together.
fn shell_words(line: &str) -> Vec<std::ffi::OsString> {
    let mut words = vec!["prism-connect".into()];
    for (at, part) in line.split('\'').enumerate() {
        if at % 2 == 1 {
            words.push(part.into());
        } else {
            words.extend(part.split_whitespace().map(Into::into));
        }
    }
    words
}

#[expect(clippy::unnecessary_wraps, reason = "one of several replies of the same type")]
fn done(_: &Command) -> Reply {
    Ok(Answer::Done("Stored.".to_owned()))
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn finding() -> Finding {
    Finding::new(
        "effective_date".into(),
        "ContractServiceAdjustment effectiveDate must be …",
        "Extend the contract.",
    )
}

/// The run of console.md 3.
fn report(status: Outcome) -> RunReport {
    let tally =
        |attempted, ok, warned, failed| Tally { attempted, ok, warned, failed, ..Tally::default() };
    RunReport {
        header: RunHeader {
            id: RunId(42),
            kind: RunKind::Customers,
            target: "autotask".into(),
            started_at: time("2026-10-05T09:00:00Z"),
            finished_at: Some(time("2026-10-05T09:00:07Z")),
            status,
            message: None,
            refused_by: None,
            counts: Counts {
                customers: tally(3, 2, 0, 1),
                subscriptions: tally(31, 30, 0, 1),
                products: Tally::default(),
                writes: 37,
                writes_earlier: 0,
                requests: 44,
            },
            invoices: vec!["INV0104233".to_owned()],
            currency: Some(aud()),
            actor: "test".to_owned(),
            trigger: "operator".into(),
            note: None,
            approved: None,
            attempt: 1,
        },
        customers: vec![customer(status)],
        left_out: 0,
        products: Vec::new(),
        ledgers: vec![ledger()],
    }
}

fn customer(status: Outcome) -> CustomerRow {
    CustomerRow {
        customer: "Harbour Dental".to_owned(),
        tenant: "harbourdental.onmicrosoft.com".to_owned(),
        tenant_id: TenantId::new("0c1a"),
        source_agreement: "1040217".to_owned(),
        target_company: "Harbour Dental Pty Ltd".to_owned(),
        target_contract: "Cloud 2026".to_owned(),
        invoice: "INV0104233".to_owned(),
        month: None,
        currency: Some(aud()),
        status,
        error: None,
        warnings: Vec::new(),
        subscriptions: vec![SubscriptionRow {
            subscription_id: Some("3d0c".into()),
            name: "Microsoft 365 Business Basic".to_owned(),
            sku: Some("CFQ7TTC0LH18:0001".to_owned()),
            product: Some("cfq7ttc0lh18:0001".to_owned()),
            service_id: Some(ServiceId(412)),
            contract_service_id: None,
            status,
            error: Some(finding()),
            warnings: Vec::new(),
            notes: Vec::new(),
            writes: Vec::new(),
            usage: vec![UsageRow {
                line: 1,
                start: day("2026-09-01"),
                end: day("2026-09-18"),
                quantity: 5.into(),
                cost_price: money("6.90"),
                retail_price: money("8.00"),
                subtotal: money("20.70"),
                outcome: status,
                disposition: Disposition::Failed,
            }],
        }],
    }
}

fn aud() -> Currency {
    Currency::new("AUD")
}

fn ledger() -> Ledger {
    Ledger {
        invoice: "INV0104233".to_owned(),
        currency: Some(aud()),
        subtotal: money("142.00"),
        synced: money("104.74"),
        earlier_runs: Money::ZERO,
        excluded: vec![ExcludedSum {
            reason: "annual billing".to_owned(),
            lines: 1,
            amount: money("20.00"),
        }],
        unmapped: Money::ZERO,
        off: Money::ZERO,
        not_in_scope: Money::ZERO,
        not_attempted: Money::ZERO,
        held: Money::ZERO,
        failed: money("17.26"),
        accepted_difference: Money::ZERO,
        balance: Money::ZERO,
    }
}

fn planned(asked: &Command, plan: PlanView) -> Answer {
    let Command::Plan(PlanCommand::Plan(asked)) = asked else { panic!("{asked:?}") };
    Answer::Plan(About { asked: asked.clone(), found: Box::new(plan) })
}

fn plan() -> PlanView {
    PlanView {
        target: "autotask".to_owned(),
        planned_at: time("2026-10-05T09:00:00Z"),
        operations: [PlannedView {
            kind: "adjust_units".into(),
            target: "PC_CFQ7 on Cloud 2026".into(),
            product: None,
            customer: Some("Harbour Dental".into()),
            tenants: vec!["harbourdental.onmicrosoft.com".to_owned()].into(),
            invoice: Some("INV0104233".into()),
            effective: Some(day("2026-09-19")),
            units: 1,
            quantity: Some((5, 6)),
            unit_price: Some(money("8")),
            unit_cost: Some(money("6.9")),
            price_before: Some(money("7.5")),
            cost_before: None,
            currency: Some(aud()),
            reason: "the invoice says 6 from 19 Sep".into(),
            monthly_effect: money("8"),
            effect_while: None,
            mark: Some(Mark::Doubling),
            guard: None,
            warnings: Vec::new(),
            operation: Operation::AdjustUnits {
                contract: prism_connect::domain::ContractId(7),
                service: ServiceId(412),
                contract_service: None,
                effective: day("2026-09-19"),
                units: 1,
                unit_price: None,
                unit_cost: None,
            },
        }]
        .into_iter()
        .collect(),
        refused: vec![RefusedView {
            product: None,
            target: "PC_X".to_owned(),
            customer: None,
            contract: None,
            tenants: Vec::new(),
            invoice: None,
            finding: finding(),
        }],
        contracts: Vec::new(),
        unchanged: 12,
        currency: Some(aud()),
        money: PlanMoney {
            currency: Some(aud()),
            monthly_before: money("100"),
            monthly_after: money("108"),
            ..PlanMoney::default()
        },
        other_money: Vec::new(),
        quantities: PlannedQuantities::default(),
        switched_off: vec![SwitchedOff {
            tenant: String::new(),
            customer: "Kauri Legal".to_owned(),
            invoice: "INV0104233".to_owned(),
            amount: money("20"),
            currency: Some(aud()),
        }],
        requests: 9,
        hourly_requests: None,
        ledgers: vec![ledger()],
        findings: Vec::new(),
        saved: "the plan as a file".into(),
    }
}

/// Whether everything of the first stands in the second.
fn stands_in(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => part
            .iter()
            .all(|(name, value)| whole.get(name).is_some_and(|found| stands_in(value, found))),
        (Value::Array(part), Value::Array(whole)) => {
            part.len() == whole.len() && part.iter().zip(whole).all(|(a, b)| stands_in(a, b))
        }
        _ => part == whole,
    }
}

#[test]
fn the_command_line_is_sound_in_itself() {
    Cli::command().debug_assert();
}

fn syncing(request: SyncRequest) -> Command {
    Command::from(command::Sync { request })
}

#[rstest]
#[case("status", Command::from(command::Status))]
#[case("doctor", Command::from(command::Doctor))]
#[case("connect test prism", Command::from(command::TestConnection { name: Some("prism".into()), draft: None }))]
#[case("connect agreement AG-1 AG-2", Command::from(command::ChooseAgreements { agreements: vec!["ag-1".into(), "ag-2".into()] }))]
#[case("program show", Command::from(command::Program { choices: true }))]
#[case("program show --offline", Command::from(command::Program { choices: false }))]
#[case(
    "program set --sync on --mode in-use --billing-code 'Cloud services' --notify a@x.example,,b@x.example",
    Command::from(command::SetProgram {
        sync: Some(true), mode: Some(ProductMode::InUse), azure: None, choices: [("billing_code".to_owned(), "Cloud services".to_owned())].into(),
        notify: Some(vec!["a@x.example".to_owned(), "b@x.example".to_owned()]),
    })
)]
#[case(
    "program set --choice 'Product Type=Miscellaneous' --choice unit= --vendor 7",
    Command::from(command::SetProgram { sync: None, mode: None, azure: None, notify: None, choices: [
        ("product_type".to_owned(), "Miscellaneous".to_owned()), ("unit".to_owned(), String::new()), ("vendor".to_owned(), "7".to_owned()),
    ].into() })
)]
#[case("program set --notify ''", Command::from(command::SetProgram { sync: None, mode: None, azure: None, choices: std::collections::BTreeMap::new(), notify: Some(vec![]) }))]
#[case("customers list", Command::from(command::Customers { refresh: true }))]
#[case("customers suggest", Command::from(command::Suggest))]
#[case(
    "customers map t.example --company 'Harbour Dental' --contract 7 --sync on --from next --pricing cost-only",
    Command::from(command::Map { draft: MapDraft {
        tenant: "t.example".to_owned(), company: "Harbour Dental".to_owned(), contract: "7".to_owned(),
        sync: Some(true), from: Some(Start::Next), pricing: Some(PricingStrategy::CostOnly),
    } })
)]
#[case("customers automap --min-score 90", Command::from(command::AutoMap { min_score: 90, sync: None }))]
#[case("customers sync a b off", Command::from(command::SetSync { tenants: vec!["a".to_owned(), "b".to_owned()], on: false, skip_missed: None }))]
#[case("customers sync a on --skip-missed --reason 'by hand'", Command::from(command::SetSync { tenants: vec!["a".to_owned()], on: true, skip_missed: Some("by hand".to_owned()) }))]
#[case("products pin P1Y:M_CFQ7 --service 12 --yes", Command::from(command::Pin { product: "P1Y:M_CFQ7".to_owned(), service: ServiceId(12) }))]
#[case("plan customers --customer t --recheck", Command::from(command::Plan { request: SyncRequest { scope: Scope::Customers, tenants: vec!["t".to_owned()], recheck: true, ..SyncRequest::default() } }))]
#[case("plan customers --left-behind", Command::from(command::Plan { request: SyncRequest { scope: Scope::Customers, left_behind: true, ..SyncRequest::default() } }))]
#[case("sync --left-behind --customer t", syncing(SyncRequest { tenants: vec!["t".to_owned()], left_behind: true, ..SyncRequest::default() }))]
#[case("sync", syncing(SyncRequest::default()))]
#[case("sync products --note 'first one'", syncing(SyncRequest { scope: Scope::Products, note: Some("first one".to_owned()), ..SyncRequest::default() }))]
#[case("sync --retry-failed", syncing(SyncRequest { retry_failed: true, ..SyncRequest::default() }))]
#[case("runs list --limit 5", Command::from(command::Runs { limit: 5 }))]
#[case("runs show", Command::from(command::Run { id: None }))]
#[case("runs show 42", Command::from(command::Run { id: Some(RunId(42)) }))]
#[case("history t --service Basic", Command::from(command::History { tenant: "t".to_owned(), service: Some("Basic".to_owned()) }))]
#[case("retries dismiss 7 --undo", Command::from(command::RestoreRetry { id: "7".to_owned() }))]
#[case("retries dismiss 7 --reason 'billed by hand'", Command::from(command::DismissRetry { id: "7".to_owned(), reason: "billed by hand".to_owned() }))]
#[case("invoices list", Command::from(command::Invoices))]
#[case("invoices show INV1", Command::from(command::Invoice { invoice: "INV1".to_owned() }))]
#[case("invoices accept INV1 --difference 0.01 --reason rounding", Command::from(command::AcceptDifference { invoice: "INV1".to_owned(), difference: money("0.01"), reason: "rounding".to_owned() }))]
#[case("invoices accept INV1 --difference -0.01 --reason rounding", Command::from(command::AcceptDifference { invoice: "INV1".to_owned(), difference: money("-0.01"), reason: "rounding".to_owned() }))]
#[case("invoices accept INV1 --currency jpy --reason 'a new agreement'", Command::from(command::AcceptCurrency { invoice: "INV1".to_owned(), currency: Currency::new("JPY"), reason: "a new agreement".to_owned() }))]
#[case("invoices treat INV1 --as standard --reason 'the bill'", Command::from(command::TreatInvoice { invoice: "INV1".to_owned(), treatment: Treatment::Standard, reason: "the bill".to_owned() }))]
#[case("invoices treat INV1 --as excluded --reason 'a credit'", Command::from(command::TreatInvoice { invoice: "INV1".to_owned(), treatment: Treatment::Excluded, reason: "a credit".to_owned() }))]
#[case("invoices dismiss INV1 --reason 'issued twice'", Command::from(command::DismissInvoice { invoice: "INV1".to_owned(), reason: "issued twice".to_owned() }))]
#[case("ack w1", Command::from(command::Acknowledge { id: "w1".to_owned() }))]
#[case("audit list", Command::from(command::Audit { subject: None, limit: Some(50) }))]
#[case("audit list --subject harbour --limit 3", Command::from(command::Audit { subject: Some("harbour".to_owned()), limit: Some(3) }))]
#[case("audit verify", Command::from(command::VerifyAudit))]
#[case("export audit", Command::from(command::Audit { subject: None, limit: None }))]
#[case("schedule show", Command::from(command::Schedule))]
#[case("schedule run-now", Command::from(command::RunNow { attempt: None }))]
#[case("schedule pause", Command::from(command::PauseSchedule { until: None }))]
#[case("schedule pause --until 2026-10-06T06:00:00+11:00", Command::from(command::PauseSchedule { until: Some("2026-10-05T19:00:00Z".parse().unwrap()) }))]
#[case("schedule resume", Command::from(command::ResumeSchedule))]
#[case("passphrase remove", Command::from(command::SetPassphrase { passphrase: None }))]
#[case("logout", Command::from(command::Lock))]
#[tokio::test]
async fn a_command_line_asks_the_engine(#[case] line: &str, #[case] command: Command) {
    assert_eq!(ask(line, done).await.asked, [command]);
}

#[rstest]
#[case(None, 0, "12 entries, each follows the one before it.")]
#[case(Some(7), 4, "Entry 7 does not follow the one before it")]
#[tokio::test]
async fn a_trail_that_was_tampered_with_ends_with_4_and_says_where(
    #[case] broken_at: Option<u64>,
    #[case] code: u8,
    #[case] says: &str,
) {
    let head = Some((12, "a1".repeat(32)));
    let found = AuditVerdict { entries: 12, unchained: 0, broken_at, head };
    let went = ask("audit verify", move |_| Ok(Answer::AuditVerified(found.clone()))).await;
    assert_eq!(went.exit.code(), code);
    assert!(went.out.contains(says), "{}", went.out);
    assert!(went.out.contains("Head: 12 a1a1a1a1a1a1a1a1\n"), "{}", went.out);
}

/// A schedule that is kept in Sydney: what failed in the morning is tried again.
fn schedule() -> ScheduleView {
    let moment =
        |at: &str, local: &str| Moment { at: at.parse().unwrap(), local: local.to_owned() };
    let due = moment("2026-10-04T19:30:00Z", "2026-10-05 06:30");
    let quiet = moment("2026-09-30T20:30:00Z", "2026-10-01 06:30");
    ScheduleView {
        set: true,
        kept: true,
        waiting: false,
        zone: "Australia/Sydney".to_owned(),
        looks: vec!["06:30".to_owned()],
        weekdays: "every day".to_owned(),
        jitter_minutes: 10,
        on_new_invoice: true,
        quiet: vec!["01 00:00-12:00".to_owned()],
        apply: Apply::WithinGuards,
        apply_to: [("connectwise".into(), Apply::PlanOnly)].into(),
        next: Some(NextLook {
            when: moment("2026-10-04T20:34:00Z", "2026-10-05 07:34"),
            kind: LookKind::Sync,
            why: Why::Retry { failed: 1 },
        }),
        last: Some(LookView {
            due: Some(due.clone()),
            kind: LookKind::Sync,
            why: Why::Due,
            began: due.clone(),
            ended_at: due.at,
            outcome: Outcome::Failure,
            text: "run 42 Failure (3 changes)".to_owned(),
            runs: vec![RunId(42)],
            held: 0,
            waiting: 0,
        }),
        passed_over: Some(PassedOverView { due: quiet.clone(), why: PassedOver::Quiet }),
        paused: None,
        due_times: vec![
            DueView {
                due,
                kind: LookKind::Sync,
                outcome: Some(Outcome::Failure),
                passed_over: None,
            },
            DueView {
                due: quiet,
                kind: LookKind::Sync,
                outcome: None,
                passed_over: Some(PassedOver::Quiet),
            },
        ],
    }
}

#[tokio::test]
async fn the_schedule_says_when_it_looks_next_what_it_did_last_and_why_it_did_not_look() {
    let answer = |_: &Command| Ok(Answer::Schedule(Box::new(schedule())));
    let went = ask("schedule show", answer).await;
    let expected = "\
looks        06:30, and for a new invoice every 2 hours from 06:00 to 20:00, every day (Australia/Sydney)
             up to 10 minutes later
never        in a month's 01 00:00-12:00
applies      within-guards, plan-only on connectwise
next look    2026-10-05 07:34, again after a failure
last look    2026-10-05 06:30, Failure: run 42 Failure (3 changes)
no look      2026-10-01 06:30: it lay in a quiet window

DUE               FOR   OUTCOME  WHY NOT
2026-10-05 06:30  sync  Failure
2026-10-01 06:30  sync  no look  it lay in a quiet window
";
    let lines =
        |text: &str| text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    assert_eq!(lines(&went.out), lines(expected), "{}", went.out);
    let json = ask("schedule show --json", answer).await.json();
    assert_eq!(json["next"]["when"]["at"], "2026-10-04T20:34:00Z");
    assert_eq!(
        (&json["apply"], &json["last"]["outcome"]),
        (&json!("within-guards"), &json!("failure"))
    );
    assert_eq!(json["passed_over"]["why"], "quiet");
}

#[tokio::test]
async fn where_nothing_keeps_the_schedule_it_says_so_and_what_does() {
    let view = ScheduleView { kept: false, next: None, ..schedule() };
    let answer = move |_: &Command| Ok(Answer::Schedule(Box::new(view.clone())));
    let out = ask("schedule show", answer).await.out;
    let told = "next look    nothing keeps the schedule: start `prism-connect serve`\n";
    assert!(out.contains(told), "{out}");
}

/// Half past two on a night that has none: the next minute that there is.
#[rstest]
#[case("'2026-10-06 06:00'", "2026-10-05T19:00:00Z")]
#[case("2026-10-06", "2026-10-05T13:00:00Z")]
#[case("2026-10-04T02:30", "2026-10-03T16:00:00Z")]
#[tokio::test]
async fn a_pause_ends_by_the_clocks_of_the_schedule(#[case] typed: &str, #[case] moment: &str) {
    let answer = |_: &Command| Ok(Answer::Schedule(Box::new(schedule())));
    let went = ask(&format!("schedule pause --until {typed}"), answer).await;
    let until = Some(moment.parse().unwrap());
    assert_eq!(went.asked.last(), Some(&Command::from(command::PauseSchedule { until })));
}

#[tokio::test]
async fn a_look_that_failed_ends_with_4() {
    let look = schedule().last.unwrap();
    let went = ask("schedule run-now", move |_| Ok(Answer::Looked(Box::new(look.clone())))).await;
    assert_eq!(went.out, "Failure: run 42 Failure (3 changes)\n");
    assert_eq!(went.exit, Exit::Failure);
}

#[tokio::test]
async fn a_run_as_json_keeps_the_names_of_the_contract() {
    let went =
        ask("runs show last --json", |_| Ok(Answer::Run(Box::new(report(Outcome::Failure))))).await;
    let contract = json!({"id":"42","kind":"customers","target":"autotask","started_at":"2026-10-05T09:00:00Z","finished_at":"2026-10-05T09:00:07Z","status":"failure","message":null,
     "counts":{"customers":{"attempted":3,"ok":2,"warned":0,"failed":1},"subscriptions":{"attempted":31,"ok":30,"warned":0,"failed":1},"writes":37,"requests":44},
     "customers":[{"customer":"Harbour Dental","tenant":"harbourdental.onmicrosoft.com","source_agreement":"1040217","target_company":"Harbour Dental Pty Ltd","target_contract":"Cloud 2026",
       "invoice":"INV0104233","status":"failure","error":null,
       "subscriptions":[{"subscription_id":"3d0c","name":"Microsoft 365 Business Basic","sku":"CFQ7TTC0LH18:0001","service_id":"412","status":"failure",
         "error":{"code":"effective_date","text":"ContractServiceAdjustment effectiveDate must be …","advice":"Extend the contract."},
         "usage":[{"start":"2026-09-01","end":"2026-09-18","cost_price":"6.90","retail_price":"8.00","outcome":"failure"}]}]}],
     "ledgers":[{"invoice":"INV0104233","subtotal":"142.00","synced":"104.74","earlier_runs":"0.00","excluded":[{"reason":"annual billing","lines":1,"amount":"20.00"}],"unmapped":"0.00","off":"0.00","not_in_scope":"0.00","failed":"17.26","balance":"0.00"}]});
    assert!(stands_in(&contract, &went.json()), "{}", went.out);
    assert_eq!(went.exit, Exit::Done);
}

#[tokio::test]
async fn a_plan_as_json_keeps_the_names_of_the_contract() {
    let went = ask("plan --json", |asked| Ok(planned(asked, plan()))).await;
    let contract = json!({"operations":[{"kind":"adjust_units","target":"PC_CFQ7 on Cloud 2026","customer":"Harbour Dental","effective":"2026-09-19","units":1,"unit_price":"8.00","unit_cost":"6.90","reason":"the invoice says 6 from 19 Sep"}],
        "unchanged":12,"money":{"monthly_before":"100.00","monthly_after":"108.00"}});
    assert!(stands_in(&contract, &went.json()), "{}", went.out);
    assert!(went.json().get("saved").is_none());
}

#[tokio::test]
async fn a_plan_for_people_shows_reason_money_and_marks() {
    let went = ask("plan", |asked| Ok(planned(asked, plan()))).await;
    for part in [
        "DOUBLES: the invoice says 6",
        "5 → 6",
        "7.50 → 8.00",
        "off      Kauri Legal: 20.00 AUD of INV0104233 not synced",
        "+8.00",
        "blocked  PC_X",
        "100.00 → 108.00 AUD.",
        "EFFECT AUD",
    ] {
        assert!(went.out.contains(part), "{part} in {}", went.out);
    }
}

#[rstest]
#[case("plan", Exit::Done)]
#[case("plan --detailed-exitcode", Exit::Changes)]
#[tokio::test]
async fn a_plan_with_changes_ends_with_2_only_when_asked(#[case] line: &str, #[case] exit: Exit) {
    assert_eq!(ask(line, |asked| Ok(planned(asked, plan()))).await.exit, exit);
}

#[tokio::test]
async fn an_empty_plan_ends_with_0_even_in_detail() {
    let empty = |asked: &Command| {
        Ok(planned(asked, PlanView { operations: PlannedRows::default(), ..plan() }))
    };
    assert_eq!(ask("plan --detailed-exitcode", empty).await.exit, Exit::Done);
}

#[tokio::test]
async fn a_plan_is_kept_in_a_file_and_given_back() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("plan");
    let line = format!("plan --out {}", file.display());
    ask(&line, |asked| Ok(planned(asked, plan()))).await;
    let line = format!("sync --plan {}", file.display());
    let went = ask(&line, |_| Ok(Answer::Synced(vec![]))).await;
    let plan = Some("the plan as a file".into());
    assert_eq!(went.asked, [syncing(SyncRequest { plan, ..SyncRequest::default() })]);
}

#[tokio::test]
async fn a_plan_that_takes_longer_than_an_hour_says_so() {
    let said = |requests, hourly_requests| async move {
        let long = PlanView { requests, hourly_requests, ..plan() };
        ask("plan", move |asked| Ok(planned(asked, long.clone()))).await.out
    };
    let hours = said(184_847, Some(10_000)).await;
    assert!(hours.contains("about 184,847 requests, about 19 hours at 10,000 an hour."), "{hours}");
    let days = said(184_847, Some(2_000)).await;
    assert!(days.contains("about 184,847 requests, about 4 days at 2,000 an hour."), "{days}");
    for within in [said(9_000, Some(10_000)).await, said(184_847, None).await] {
        assert!(!within.contains("an hour"), "{within}");
    }
}

#[tokio::test]
async fn a_part_of_a_plan_is_asked_for_by_its_tenants() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("plan");
    std::fs::write(&file, "the plan as a file").unwrap();
    let only = ["harbourdental.onmicrosoft.com", "kauri.example"].map(str::to_owned);
    let synced = |_: &Command| Ok(Answer::Synced(vec![]));
    for tenants in [only.join(" "), only.join(" --only ")] {
        let went = ask(&format!("sync --plan {} --only {tenants}", file.display()), synced).await;
        let (plan, only) = (Some("the plan as a file".into()), only.to_vec());
        let request = SyncRequest { plan, only, ..SyncRequest::default() };
        assert_eq!(went.asked, [syncing(request)], "{tenants}");
    }
    assert!(cli::parse(shell_words("sync --only kauri.example")).is_err(), "of which plan");
}

#[tokio::test]
async fn a_missing_plan_file_is_said_before_the_engine_is_asked() {
    let went = ask("sync --plan /nowhere/plan", done).await;
    assert_eq!((went.exit, went.asked.len()), (Exit::Failed, 0));
    assert!(went.err.contains("/nowhere/plan cannot be read"), "{}", went.err);
}

#[rstest]
#[case(Outcome::NoChange, 0)]
#[case(Outcome::Success, 0)]
#[case(Outcome::Warning, 3)]
#[case(Outcome::Failure, 4)]
#[tokio::test]
async fn a_sync_ends_with_the_code_of_its_worst_run(#[case] outcome: Outcome, #[case] code: u8) {
    let runs =
        move |_: &Command| Ok(Answer::Synced(vec![report(Outcome::Success), report(outcome)]));
    assert_eq!(ask("sync", runs).await.exit.code(), code);
}

#[rstest]
#[case(RefusalKind::Malformed, 64)]
#[case(RefusalKind::Failed, 1)]
#[case(RefusalKind::ReadOnly, 1)]
#[case(RefusalKind::Busy, 75)]
#[case(RefusalKind::Cancelled, 4)]
#[tokio::test]
async fn a_refusal_ends_with_its_code_and_says_what_to_do(
    #[case] kind: RefusalKind,
    #[case] code: u8,
) {
    let refused = move |_: &Command| {
        let finding =
            Finding::new("unknown".into(), "There is no company “Harbor”.", "Check the name.");
        Err(Refusal {
            suggestions: vec!["Harbour Dental".to_owned()],
            ..Refusal::new(kind, finding)
        })
    };
    let went = ask("customers suggest", refused).await;
    assert_eq!(went.exit.code(), code);
    assert_eq!(
        went.err,
        "error: There is no company “Harbor”.\nclosest: Harbour Dental\nCheck the name.\n"
    );
    assert_eq!(went.out, "");
}

#[tokio::test]
async fn a_run_for_people_tells_what_did_not_go_well_and_the_ledger() {
    let went = ask("runs show", |_| Ok(Answer::Run(Box::new(report(Outcome::Failure))))).await;
    for part in [
        "Run 42: customers to Autotask, Failure",
        "Failure  Harbour Dental (harbourdental.onmicrosoft.com) → Cloud 2026",
        "ContractServiceAdjustment effectiveDate must be",
        "Cloud 2026, INV0104233 in AUD",
        "INV0104233: 142.00 AUD = synced 104.74 + not synced 20.00 + failed 17.26; balance 0.00",
    ] {
        assert!(went.out.contains(part), "{part} in {}", went.out);
    }
    assert!(!went.out.contains('\u{1b}'), "no colour beside a terminal");
}

/// Prices may have more decimals than what is billed.
#[tokio::test]
async fn totals_of_a_plan_are_told_to_the_cent() {
    let fine = |asked: &Command| {
        let (monthly_before, monthly_after) = (money("100.1949"), money("1108.1995"));
        let money = PlanMoney { monthly_before, monthly_after, ..plan().money };
        Ok(planned(asked, PlanView { money, ..plan() }))
    };
    let went = ask("plan", fine).await;
    assert!(went.out.contains("100.19 → 1,108.20"), "{}", went.out);
}

/// Two agreements in two currencies on one installation: their totals are not added, and each amount names its own.
#[tokio::test]
async fn a_plan_of_two_currencies_names_them_with_each_amount_and_each_total() {
    let two = |asked: &Command| {
        let mut plan = plan();
        let currency = Some(Currency::new("NZD"));
        let one = plan.operations.get(0).expect("one");
        plan.operations = [one.clone(), PlannedView { currency, ..one }].into_iter().collect();
        plan.currency = None;
        plan.other_money = vec![PlanMoney {
            currency: Some(Currency::new("NZD")),
            monthly_before: money("20"),
            monthly_after: money("24"),
            ..PlanMoney::default()
        }];
        Ok(planned(asked, plan))
    };
    let went = ask("plan", two).await;
    for part in ["+8.00 AUD", "+8.00 NZD", "100.00 → 108.00 AUD, 20.00 → 24.00 NZD."] {
        assert!(went.out.contains(part), "{part} in {}", went.out);
    }
    assert!(!went.out.contains("EFFECT AUD"), "{}", went.out);
}

/// What was stored before currencies were read shows as before.
#[tokio::test]
async fn a_run_whose_currency_was_not_kept_names_none() {
    let old = |_: &Command| {
        let mut told = serde_json::to_value(report(Outcome::Failure)).unwrap();
        for part in ["/currency", "/customers/0/currency", "/ledgers/0/currency"] {
            let (parent, name) = part.rsplit_once('/').unwrap();
            let parent = told.pointer_mut(parent).and_then(Value::as_object_mut).unwrap();
            assert_eq!(parent.remove(name), Some("AUD".into()), "{part}");
        }
        Ok(Answer::Run(Box::new(serde_json::from_value(told).unwrap())))
    };
    let went = ask("runs show", old).await;
    assert!(went.out.contains("INV0104233: 142.00 = synced 104.74"), "{}", went.out);
    assert!(went.out.contains("Cloud 2026, INV0104233\n"), "{}", went.out);
}

#[tokio::test]
async fn an_export_cannot_be_run_by_a_spreadsheet() {
    let runs = |_: &Command| {
        let mut report = report(Outcome::Success);
        report.customers[0].customer = "=HYPERLINK(\"http://x\")".to_owned();
        Ok(Answer::ExportedRuns(vec![report]))
    };
    let went = ask("export runs --format csv", runs).await;
    let mut reader = csv::Reader::from_reader(went.out.as_bytes());
    let row = reader.records().next().unwrap().unwrap();
    assert_eq!(&row[4], "'=HYPERLINK(\"http://x\")");
    assert_eq!((&row[22], &row[23]), ("20.70", "AUD"));
}

#[tokio::test]
async fn a_support_bundle_is_private_and_overwrites_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("bundle");
    let parts = |_: &Command| Ok(Answer::Bundle(vec![("log".to_owned(), "line".to_owned())]));
    let line = format!("support-bundle {}", file.display());
    assert_eq!(ask(&line, parts).await.exit, Exit::Done);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "===== log =====\nline\n\n");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(ask(&line, parts).await.exit, Exit::Failed);
}

/// A reader that has gone away.
struct Gone;

impl Write for Gone {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
}

#[tokio::test]
async fn a_reader_that_goes_away_does_not_change_the_outcome() {
    let warned = |_: &Command| Ok(Answer::Synced(vec![report(Outcome::Warning)]));
    let (exit, err) = ask_on(Box::new(Gone), "sync", warned, Arc::default()).await;
    assert_eq!((exit, err.as_str()), (Exit::Warning, ""));
}

#[tokio::test]
async fn an_engine_that_has_gone_is_said() {
    let parsed = cli::parse(shell_words("status")).unwrap();
    let (requests, inbox) = mpsc::unbounded_channel();
    drop(inbox);
    let (events, _) = broadcast::channel(1);
    let actor = Actor::owner("test");
    let remarks = Page::default();
    let mut out = Output::to(Box::new(Page::default()), Box::new(remarks.clone()), false);
    let handle = Handle::new(actor, requests, events);
    let failed = cli::perform(parsed.command.unwrap(), &mut Desk::new(handle, &mut out)).await;
    assert_eq!(out.failure(&failed.unwrap_err()), Exit::Failed);
    assert!(remarks.text().starts_with("error: The engine has stopped."));
}

#[rstest]
#[case::unknown("frobnicate")]
#[case::secret_as_argument("connect prism --client-secret hunter2")]
#[case::password_as_argument("connect autotask --secret hunter2")]
#[case::score("customers automap --min-score 101")]
#[case::score_as_a_share("customers automap --min-score 0.8")]
#[case::products_of_a_customer("plan products --customer harbour.onmicrosoft.com")]
#[case::products_synced_for_a_customer("sync products --customer harbour.onmicrosoft.com")]
#[case::no_such_page("man customers fly")]
#[case::nothing_to_set("program set")]
#[case::month("sim --usage-month 2026-13")]
#[case::month_of_another_age("sim --usage-month 1815-06")]
#[case::world("sim --world weird")]
#[case::port("sim --port-base 0")]
#[case::last_port("sim --port-base 65534")]
#[case::customers("sim --customers 1000000000")]
#[case::faults("sim --faults {")]
#[case::fault("sim --faults {\"rules\":[{\"fault\":\"explode\"}]}")]
#[case::number("runs show yesterday")]
#[case::service("products pin X --service twelve")]
#[case::reason("retries dismiss 7")]
#[case::both("demo --fresh --headless")]
#[case::last_word("customers sync a b maybe")]
#[case::empty_word("ack ''")]
#[case::empty_directory("--data-dir '' status")]
#[case::time("--now 2026-13-05T09:00:00Z status")]
#[case::switch("program set --sync perhaps")]
#[case::negative("runs list --limit -3")]
#[case::no_file("restore")]
#[case::two_ways("connect prism --secret-stdin --new-secret")]
fn what_is_wrong_as_typed_ends_with_64(#[case] line: &str) {
    let done = program(line).output().unwrap();
    assert_eq!(done.status.code(), Some(64), "{done:?}");
    assert!(!done.stderr.is_empty());
}

/// The program itself, away from the user's own files.
fn program(line: &str) -> Process {
    let mut program = Process::new(env!("CARGO_BIN_EXE_prism-connect"));
    let nowhere = std::env::temp_dir().join("prism-connect-test-home-that-is-not-there");
    for variable in ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"] {
        program.env(variable, &nowhere);
    }
    program.args(&shell_words(line)[1..]).stdin(Stdio::null());
    program
}

#[rstest]
#[case("", "Usage: prism-connect")]
#[case("--help", "Exit codes: 0 done")]
#[case("--version", "prism-connect 0.")]
#[case("man", ".TH prism-connect")]
#[case("completions bash", "complete -F")]
#[case("completions zsh", "#compdef prism-connect")]
#[case("config path", "config.toml")]
#[case("config show --json", "policies.drops")]
#[case("config example", "#look = []")]
#[case("version", "store schema ")]
#[case("version --json", "\"schema\": ")]
#[case("man --json", "\"page\": ")]
#[case("completions fish --json", "\"script\": ")]
fn what_needs_no_engine_works_by_itself(#[case] line: &str, #[case] says: &str) {
    let done = program(line).output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    assert!(String::from_utf8_lossy(&done.stdout).contains(says));
}

#[rstest]
#[case("customers automap --min-score 0.8", "from 0 to 100")]
#[case("plan products --customer a", "--customer goes with `customers` or `all`")]
#[case("man customers fly", "there are: list, suggest, map")]
fn what_is_wrong_as_typed_says_what_would_be_right(#[case] line: &str, #[case] says: &str) {
    let done = program(line).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(said.contains(says), "{said}");
}

/// The pages that a page names: `prism-connect-customers(1)`, however its hyphens are escaped.
fn pages_named(page: &str) -> Vec<String> {
    let plain = page.replace("\\-", "-");
    let words = plain.split(|letter: char| letter.is_whitespace() || letter == ',');
    let named = words.filter_map(|word| word.strip_suffix("(1)"));
    let named = named.map(|name| name.trim_start_matches("\\fB"));
    named.filter(|name| name.starts_with("prism-connect")).map(|name| format!("{name}.1")).collect()
}

#[test]
fn the_manual_has_every_page_that_its_pages_name() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("man1");
    let done = program(&format!("man --dir {}", dir.display())).output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&dir), mode(&dir.join("prism-connect.1"))), (0o755, 0o644), "for all to read");
    let first = std::fs::read_to_string(dir.join("prism-connect.1")).unwrap();
    for section in ["EXIT STATUS", "ENVIRONMENT", "FILES"] {
        assert!(first.contains(section), "{first}");
    }
    assert!(first.contains("PRISM_CONNECT_KEY_FILE") && first.contains("config.toml"), "{first}");
    let mut named = 0;
    for file in std::fs::read_dir(&dir).unwrap() {
        let page = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for name in pages_named(&page) {
            assert!(dir.join(&name).is_file(), "{name}");
            named += 1;
        }
    }
    assert!(named > 20, "{named}");
    let printed = program("man customers import").output().unwrap();
    let alone = std::fs::read(dir.join("prism-connect-customers-import.1")).unwrap();
    assert_eq!(printed.stdout, alone);
    let title = alone.split(|&byte| byte == b'\n').find(|line| line.starts_with(b".TH ")).unwrap();
    let title = String::from_utf8_lossy(title).into_owned();
    let version = concat!("\"prism-connect ", env!("CARGO_PKG_VERSION"), "\" prism-connect");
    assert!(title.ends_with(version) && !title.contains("  "), "{title}");
}

#[rstest]
#[case("config show")]
#[case("--help")]
fn a_full_disk_under_stdout_is_an_error(#[case] line: &str) {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let done = program(line).stdout(full).output().unwrap();
    assert_eq!(done.status.code(), Some(1), "{done:?}");
    assert!(String::from_utf8_lossy(&done.stderr).starts_with("error: "), "{done:?}");
}

#[test]
fn an_unknown_setting_stops_the_start() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "[limits]\ntrys = 3\n").unwrap();
    let done = program(&format!("--config {} status", file.path().display())).output().unwrap();
    assert_eq!(done.status.code(), Some(1));
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(said.contains("limits.trys") && said.contains("limits.tries"), "{said}");
}

#[rstest]
#[case::no_toml("[limits", "line 1: ")]
#[case::section("[polices]\ndrops = \"at-the-date\"\n", "Did you mean `policies.drops`")]
#[case::word("[policies]\ndrops = \"later\"\n", "Allowed: at-the-date, next-period")]
#[case::number("[limits]\ntries = 99\n", "a whole number from 1 to 20")]
#[case::twice("[limits]\ntries = 1\ntries = 2\n", "line 3: duplicate key")]
#[case::kind("data_dir = 3\n", "a path, in quotes")]
#[case::certificates("ca_file = \"/nowhere/ca.pem\"\n", "/nowhere/ca.pem cannot be used")]
fn settings_that_are_not_understood_stop_the_start(#[case] text: &str, #[case] says: &str) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let done = program(&format!("--config {} status", file.path().display())).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{said}");
    assert!(said.contains(says), "{said}");
}

#[rstest]
#[case::missing("/nowhere/config.toml")]
#[case::directory("/")]
fn a_settings_file_that_cannot_be_read_is_named(#[case] path: &str) {
    let done = program(&format!("--config {path} status")).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("{path} cannot be read")), "{said}");
}

#[test]
fn a_home_directory_is_written_as_people_write_it() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config.toml");
    std::fs::write(&file, "data_dir = \"~/kept\"\nstate_dir = \"~other/x\"\n").unwrap();
    let mut shown = program(&format!("--config {} config show --json", file.display()));
    let done = shown.env("HOME", home.path()).output().unwrap();
    let shown = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(shown.contains(&format!("{}/kept", home.path().display())), "{shown}");
    // Another user's home is not looked up: it stays a name, beside the file.
    assert!(shown.contains(&format!("{}/~other/x", home.path().display())), "{shown}");
}

#[test]
fn a_variable_that_is_ours_and_unknown_is_named() {
    let done = program("status").env("PRISM_CONNECT_LOGS", "debug").output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{said}");
    assert!(said.contains("PRISM_CONNECT_LOGS") && said.contains("PRISM_CONNECT_LOG`"), "{said}");
}

#[test]
fn a_variable_that_sets_nothing_is_named_with_what_was_meant() {
    let done = program("status").env("PRISM_CONNECT_LIMITS_TRYS", "3").output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{said}");
    assert!(said.contains("PRISM_CONNECT_LIMITS_TRIES"), "{said}");
}

#[test]
fn a_shortage_while_opening_is_no_damage() {
    let dir = tempfile::tempdir().unwrap();
    let store = dir.path().join("data");
    let made = program(&format!("--data-dir {} status", store.display())).output().unwrap();
    assert_eq!(made.status.code(), Some(0), "{made:?}");
    let mut said_so = 0;
    for files in 6..30 {
        let line = format!("ulimit -n {files}; exec \"$0\" --data-dir \"$1\" status");
        let mut short = Process::new("sh");
        short.args(["-c", &line, env!("CARGO_BIN_EXE_prism-connect")]).arg(&store);
        let done = short.env("HOME", dir.path()).stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(!said.contains("damaged") && !said.contains("backup"), "{files}: {said}");
        said_so += usize::from(said.contains("cannot be opened: Too many open files"));
    }
    assert!(said_so > 0, "the limit never met the store");
}

fn first_line(child: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    line
}

#[rstest]
#[case(rustix::process::Signal::INT)]
#[case(rustix::process::Signal::TERM)]
#[case(rustix::process::Signal::HUP)]
fn the_simulators_say_where_they_are_and_end_on_a_signal(#[case] signal: rustix::process::Signal) {
    let mut child =
        program("sim --customers 2 --subscriptions 2").stdout(Stdio::piped()).spawn().unwrap();
    let line: Value = serde_json::from_str(&first_line(&mut child)).unwrap();
    for place in ["/prism/api_url", "/prism/client_secret", "/autotask/base_url", "/control_url"] {
        assert!(line.pointer(place).is_some_and(Value::is_string), "{place} in {line}");
    }
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), signal).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
