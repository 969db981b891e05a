//! Every screen and state there is, by the way that leads there: for snapshots and for sizes.

use prism_connect::{
    domain::{
        Code,
        outcome::{Finding, Outcome},
    },
    engine::{
        protocol::{Answer, Command, Happening, Refusal, RefusalKind, command},
        views::{
            ConnectionState, Place, PlanMoney, PlannedRows, ScheduleView, SetupStep, StatusView,
            VaultView,
        },
    },
};

use crate::{
    demo_world::{linking, starting},
    fixtures,
    harness::{Harness, live, live_ended, live_planning, live_writing},
};

/// How to get there.
pub enum Way {
    /// By keys alone, each question answered.
    Keys(&'static str),
    /// By keys, then anything else.
    Then(fn(&mut Harness)),
}

use Way::{Keys, Then};

/// All of them, by name.
pub const STATES: &[(&str, Way)] = &[
    ("dashboard", Keys("1")),
    ("dashboard-unfolded", Keys("1 Enter j")),
    ("mark-as-seen", Keys("1 d")),
    ("dashboard-loading", Then(loading_dashboard)),
    ("dashboard-quiet", Then(quiet)),
    ("dashboard-scheduled", Then(|console| scheduled(console, fixtures::schedule()))),
    ("dashboard-paused", Then(|console| scheduled(console, fixtures::paused_schedule()))),
    ("dashboard-approvals", Then(waiting_on_dashboard)),
    ("demo-starting", Then(starting)),
    ("demo-linking", Then(linking)),
    ("first-start", Then(first_start)),
    ("connections", Keys("2")),
    ("connections-first", Then(unconfigured)),
    ("connections-failing", Then(failing)),
    ("connection-test", Keys("2 j t")),
    ("connection-checklist", Keys("2 i")),
    ("connection-form", Keys("2 j c")),
    ("connection-form-tested", Keys("2 j c Ctrl-t")),
    ("connection-form-refused", Then(refused_form)),
    ("connection-form-plain-http", Then(plain_http)),
    ("agreements", Keys("2 a")),
    ("sign-in-replaces", Keys("2 n")),
    ("sign-in-given-up", Then(given_up)),
    ("sign-in", Then(sign_in)),
    ("program-form", Keys("2 m")),
    ("billing-picker", Keys("2 m Tab Tab Tab Enter")),
    ("customers", Keys("3")),
    ("customers-loading", Then(loading_customers)),
    ("customers-failed", Then(failed_customers)),
    ("customers-empty", Then(no_customers)),
    ("customers-filtering", Keys("3 / m u l")),
    ("customers-filtered", Keys("3 / c l o Enter")),
    ("customers-no-match", Keys("3 / q q q q Enter")),
    ("customers-sorted", Keys("3 o o o o o O")),
    ("customers-marked", Keys("3 Space Space s")),
    ("link-form", Keys("3 / r i v e r Enter c")),
    ("company-picker", Keys("3 / r i v e r Enter c Enter r i v")),
    ("contract-picker", Keys("3 / r i v e r Enter c Enter v e t e r Enter Enter")),
    ("link-unlike", Then(unlike_names)),
    ("link-unlike-refused", Then(unlike_names_refused)),
    ("suggestions", Keys("3 u")),
    ("suggestion-confirm", Keys("3 u a")),
    ("suggestions-confirm-all", Keys("3 u A")),
    ("suggestions-empty", Then(no_suggestions)),
    ("customer-page", Keys("3 Enter")),
    ("customer-page-changes", Keys("3 Enter Tab")),
    ("customer-page-failing", Keys("3 / n o r t h w Enter Enter")),
    ("customer-page-lines", Keys("3 Enter j Enter")),
    ("customer-page-unlinked", Keys("3 / r i v e r Enter Enter")),
    ("customer-page-not-synced", Keys("3 / p e a k Enter Enter")),
    ("customer-page-loading", Then(loading_page)),
    ("customer-page-no-contract", Then(page_without_contract)),
    ("customer-page-read-only", Then(read_only_page)),
    ("customer-chart", Keys("3 Enter H c")),
    ("history", Keys("3 H")),
    ("history-details", Keys("3 H Enter")),
    ("history-empty", Then(no_history)),
    ("unmap-confirm", Keys("3 U")),
    ("products", Keys("4")),
    ("products-loading", Then(loading_products)),
    ("products-filtered", Keys("4 / e x o l Enter")),
    ("product-details", Keys("4 Enter")),
    ("pin-picker", Keys("4 P")),
    ("pin-confirm", Keys("4 P d e f Enter")),
    ("adopt-confirm", Keys("4 j j A")),
    ("runs", Keys("5")),
    ("runs-empty", Then(no_runs)),
    ("run", Keys("5 Enter")),
    ("run-products", Keys("5 j Enter")),
    ("run-customer", Keys("5 Enter Enter")),
    ("run-subscription", Keys("5 Enter Enter Enter")),
    ("run-error", Keys("5 Enter Enter Enter Enter")),
    ("row-picker", Keys("5 Enter Enter w")),
    ("row-confirm", Keys("5 Enter Enter w Down Enter")),
    ("chart", Keys("5 Enter j Enter Enter c n")),
    ("live", Then(live)),
    ("live-planning", Then(live_planning)),
    ("live-writing", Then(live_writing)),
    ("live-customer", Then(live_customer)),
    ("live-looked-at", Then(live_looked_at)),
    ("live-ended", Then(live_ended)),
    ("live-stop", Then(live_stop)),
    ("live-quit", Then(live_quit)),
    ("plan", Keys("5 p")),
    ("plan-loading", Then(planning)),
    ("plan-empty", Then(empty_plan)),
    ("plan-unfolded", Keys("5 p n n")),
    ("plan-marked", Keys("5 p j Space Space")),
    ("plan-details", Keys("5 p n Enter")),
    ("plan-confirm", Keys("5 p A")),
    ("plan-confirm-marked", Keys("5 p j Space A")),
    ("plan-long", Then(long_plan)),
    ("retries", Keys("5 R")),
    ("retries-empty", Then(no_retries)),
    ("retry-dismiss", Keys("5 R d")),
    ("retry-reason", Keys("5 R d y b o o k e d")),
    ("retries-causes", Then(many_retries)),
    ("run-causes", Keys("5 Enter Tab")),
    ("run-cause", Keys("5 Enter Tab Enter")),
    ("plan-causes", Then(blocked_plan)),
    ("invoices", Keys("5 i")),
    ("invoices-failed", Then(failed_invoices)),
    ("invoice", Keys("5 i Enter")),
    ("invoice-applied", Keys("5 i j j j Enter j j j")),
    ("invoice-whole", Keys("5 i Enter Enter")),
    ("invoice-accept", Keys("5 i Enter a")),
    ("invoice-reason", Keys("5 i Enter a y r o u n d i n g")),
    ("invoice-read-only", Then(read_only_invoice)),
    ("approvals", Keys("5 W")),
    ("approvals-empty", Then(no_waiting_plans)),
    ("approval", Keys("5 W Enter")),
    ("approval-stale", Keys("5 W j j Enter")),
    ("approval-confirm", Keys("5 W Enter A")),
    ("approval-remark", Keys("5 W Enter A y a s k e d")),
    ("approval-reject", Keys("5 W Enter X a s k")),
    ("approval-viewer", Then(viewed_plan)),
    ("approval-approver", Then(approver)),
    ("support", Keys("6")),
    ("support-filtered", Keys("6 / l o c k e d Enter")),
    ("support-topic", Keys("6 Enter")),
    ("log-out", Keys("6 L")),
    ("log-out-refused", Then(no_passphrase)),
    ("passphrase", Keys("6 L y L s e c r e t")),
    ("help", Keys("3 ?")),
    ("help-of-a-form", Keys("2 c F1")),
    ("palette", Keys("3 :")),
    ("palette-filtered", Keys("3 : s u g g")),
    ("errors", Then(errors)),
    ("error-notice", Then(error_notice)),
    ("read-only", Then(read_only)),
];

/// Goes there.
pub fn reach(console: &mut Harness, way: &Way) {
    match way {
        Keys(keys) => _ = console.go(keys),
        Then(there) => there(console),
    }
}

fn waiting_on_dashboard(console: &mut Harness) {
    let approvals = Some(Box::new(fixtures::approvals()));
    let schedule = Some(Box::new(fixtures::schedule()));
    let status = StatusView { schedule, approvals, ..fixtures::status() };
    console.press("1");
    console.answer(Ok(Answer::Status(Box::new(status))));
}

fn no_waiting_plans(console: &mut Harness) {
    console.go("5").press("W");
    console.answer(Ok(Answer::WaitingPlans(Vec::new())));
}

/// Whoever only looks: who may approve is told, and no key for it.
fn viewed_plan(console: &mut Harness) {
    console.app.shell.refuse_changes();
    console.app.shell.approves = false;
    let mut plan = fixtures::waiting_plan(8);
    plan.may_approve = false;
    console.go("5 W").press("Enter");
    console.answer(Ok(Answer::WaitingPlan(Box::new(plan))));
}

/// Whoever approves changes nothing else, and has the keys for that.
fn approver(console: &mut Harness) {
    console.app.shell.refuse_changes();
    console.app.shell.approves = true;
    console.go("5 W Enter");
}

fn no_passphrase(console: &mut Harness) {
    console.press("6");
    let vault = VaultView { has_passphrase: false, ..fixtures::vault() };
    console.answer(Ok(Answer::Vault(vault)));
    console.press("L");
}

fn loading_dashboard(console: &mut Harness) {
    quiet(console);
    console.app.shell.status = None;
}

fn quiet(console: &mut Harness) {
    let mut status = fixtures::status();
    status.attention.clear();
    status.causes.clear();
    console.press("1");
    console.answer(Ok(Answer::Status(Box::new(status))));
}

fn scheduled(console: &mut Harness, schedule: ScheduleView) {
    let status = StatusView { schedule: Some(Box::new(schedule)), ..fixtures::status() };
    console.press("1");
    console.answer(Ok(Answer::Status(Box::new(status))));
}

fn first_start(console: &mut Harness) {
    let mut status = fixtures::status();
    status.attention.clear();
    status.causes.clear();
    status.cards.clear();
    status.recent.clear();
    status.connections.clear();
    let step = |text: &str, done, place| SetupStep { text: text.to_owned(), done, place };
    status.setup = vec![
        step("Connect PRISM", true, Place::Connections),
        step("Connect Autotask", false, Place::Connections),
        step("Test both connections", false, Place::Connections),
        step("Choose a billing code", false, Place::Program),
        step("Switch the program on", false, Place::Program),
        step("Sync products", false, Place::Products),
        step("Link customers", false, Place::Customer { tenant: None }),
        step("Switch sync on for customers", false, Place::Customer { tenant: None }),
        step("Plan and apply the first sync", false, Place::Plan),
    ];
    console.press("1");
    console.answer(Ok(Answer::Status(Box::new(status))));
}

fn unconfigured(console: &mut Harness) {
    let mut rows = fixtures::connections();
    for row in &mut rows {
        row.state = ConnectionState::NotConfigured;
        row.url = None;
    }
    console.press("2");
    console.answer(Ok(Answer::Connections(rows)));
}

fn sign_in(console: &mut Harness) {
    console.go("2 n y");
    console.write("d@e.au");
    console.press("Enter");
    console.answer(Ok(Answer::DeviceSignIn(fixtures::sign_in())));
}

fn given_up(console: &mut Harness) {
    sign_in(console);
    console.press("Esc");
    let text = "The sign-in to PRISM was given up: no credentials were made, and what is saved is as it was.";
    let refusal = Refusal::new(RefusalKind::Cancelled, Finding::new("cancelled".into(), text, ""));
    console.answer_to(
        &Command::from(command::AwaitCredentials { sign_in: fixtures::sign_in() }),
        Err(refusal),
    );
    console
        .answer_to(&Command::from(command::GiveUpSignIn), Ok(Answer::Done("Given up.".to_owned())));
}

fn plain_http(console: &mut Harness) {
    console.go("2 c");
    console.press("Ctrl-s");
    let text = "The API URL http://10.0.0.7 is not encrypted.";
    let advice = "Use https://. Where there is only a tunnel, say, give --allow-plain-http on the command line: \
                  prism-connect connect prism --api-url http://10.0.0.7/ --allow-plain-http";
    let finding = Finding::new("plain_http".into(), text, advice);
    console.answer(Err(Refusal::new(RefusalKind::Malformed, finding)));
}

fn failing(console: &mut Harness) {
    let mut rows = fixtures::connections();
    let finding = Finding::new(
        "unauthorized".into(),
        "Autotask refused the credentials of apiuser@northwind.example.",
        "Unlock the user in Autotask (Admin, Resources), or type its new secret with c.",
    );
    rows[1].state = ConnectionState::Failing { finding };
    console.press("2");
    console.answer(Ok(Answer::Connections(rows)));
}

fn refused_form(console: &mut Harness) {
    console.go("2 c");
    console.press("Ctrl-t");
    let text = "PRISM refused the client id or secret: invalid_client.";
    let finding = Finding::new("invalid_client".into(), text, "Copy both again from the portal.");
    console.answer(Err(Refusal::new(RefusalKind::Failed, finding)));
}

fn loading_customers(console: &mut Harness) {
    console.press("3");
}

fn failed_customers(console: &mut Harness) {
    console.press("3");
    let finding =
        Finding::new("unreachable".into(), "PRISM does not answer.", "Try again in a while.");
    console.answer(Err(Refusal::new(RefusalKind::Failed, finding)));
}

fn no_customers(console: &mut Harness) {
    console.press("3");
    console.answer(Ok(Answer::Customers(Vec::new())));
}

/// Saving a link of unlike names is asked about.
fn unlike_names(console: &mut Harness) {
    console.go("3 / r i v e r Enter c Enter").write("zefyr").go("Enter Enter Enter Ctrl-s");
}

/// A refusal and what speaks against the names stand both.
fn unlike_names_refused(console: &mut Harness) {
    unlike_names(console);
    console.press("y");
    let text = "Contract “Cloud services” is linked to Peak Physio, whose sync is off.";
    let finding = Finding::new(Code::SharedContract, text, "Switch both the same way.");
    console.answer(Err(Refusal::new(RefusalKind::Failed, finding)));
}

fn no_suggestions(console: &mut Harness) {
    console.go("3");
    console.press("u");
    console.answer(Ok(Answer::Suggestions(Vec::new())));
}

fn loading_page(console: &mut Harness) {
    console.go("3");
    console.press("Enter");
}

/// The target does not answer: what is stored of the customer stands all the same.
fn page_without_contract(console: &mut Harness) {
    loading_page(console);
    let mut page = fixtures::customer_page("tenant-0000");
    page.charts.iter_mut().for_each(|one| one.chart.contract_units = None);
    console.answer_page(page);
    let finding =
        Finding::new("unreachable".into(), "Autotask does not answer.", "Try again in a while.");
    let tenant = "tenant-0000".to_owned();
    let command = Command::from(command::CustomerPage { tenant, contract: true });
    console.answer_to(&command, Err(Refusal::new(RefusalKind::Failed, finding)));
}

fn read_only_page(console: &mut Harness) {
    console.app.shell.refuse_changes();
    console.go("3 Enter");
}

fn no_history(console: &mut Harness) {
    console.go("3");
    console.press("H");
    console.answer_history(Vec::new());
}

fn loading_products(console: &mut Harness) {
    console.press("4");
}

fn no_runs(console: &mut Harness) {
    console.press("5");
    console.answer(Ok(Answer::Runs(Vec::new())));
}

fn live_customer(console: &mut Harness) {
    live_writing(console);
    console.press("Down Down Enter");
}

fn live_looked_at(console: &mut Harness) {
    live_writing(console);
    console.press("Tab Enter Esc");
}

fn live_stop(console: &mut Harness) {
    live(console);
    console.press("x");
}

fn live_quit(console: &mut Harness) {
    live(console);
    console.press("q");
}

fn planning(console: &mut Harness) {
    console.go("5");
    console.press("p");
}

fn empty_plan(console: &mut Harness) {
    planning(console);
    let mut plan = fixtures::plan();
    plan.operations = PlannedRows::default();
    plan.refused.clear();
    plan.money = PlanMoney::default();
    console.answer_plan(plan);
}

/// Services to make, a contract that is new to one, names that are long, more requests than an hour takes.
fn long_plan(console: &mut Harness) {
    planning(console);
    let mut plan = fixtures::plan();
    plan.requests = 184_847;
    plan.findings = vec![fixtures::effective_date()];
    console.answer_plan(plan);
}

/// Many customers wait for one thing.
fn many_retries(console: &mut Harness) {
    console.go("5");
    console.press("R");
    console.answer(Ok(Answer::Retries(fixtures::many_retries())));
    console.press("Tab");
}

/// One thing blocks several contracts.
fn blocked_plan(console: &mut Harness) {
    planning(console);
    console.answer_plan(fixtures::blocked_plan());
    console.press("Tab");
}

fn failed_invoices(console: &mut Harness) {
    console.go("5");
    console.press("i");
    let finding =
        Finding::new("unreachable".into(), "PRISM does not answer.", "Try again in a while.");
    console.answer(Err(Refusal::new(RefusalKind::Failed, finding)));
}

fn read_only_invoice(console: &mut Harness) {
    console.app.shell.refuse_changes();
    console.go("5 i Enter");
}

fn no_retries(console: &mut Harness) {
    console.go("5");
    console.press("R");
    console.answer(Ok(Answer::Retries(Vec::new())));
}

fn fail(console: &mut Harness) {
    console.go("3");
    console.press("F5");
    let finding = Finding::new(
        "unreachable".into(),
        "PRISM does not answer: connection refused by https://api.prismportal.online.",
        "See whether the proxy lets it through, then press F5.",
    );
    console.answer(Err(Refusal::new(RefusalKind::Failed, finding)));
}

fn error_notice(console: &mut Harness) {
    fail(console);
}

fn errors(console: &mut Harness) {
    console.happened(Happening::RunFinished { run: fixtures::header(42, Outcome::Failure, 1) });
    console.serve();
    fail(console);
    console.go("!");
}

fn read_only(console: &mut Harness) {
    console.app.shell.refuse_changes();
    console.go("3");
    let questions: Vec<Command> = console.take_questions();
    assert!(questions.is_empty(), "all were answered");
    console.press("s");
}
