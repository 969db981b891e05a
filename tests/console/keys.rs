//! Key sequences with their effects, and the key table itself.

use std::collections::BTreeSet;

use prism_connect::{
    console::{
        action::{Action, Tab},
        effect::Effect,
        keymap::{BINDINGS, Press, Section, action, working},
    },
    domain::{
        ContractServiceId, InvoiceId, Right, Role, ServiceId,
        mapping::Missed,
        outcome::{Finding, Outcome},
    },
    engine::{
        protocol::{
            Answer, Command, ConnectionDraft, Happening, MapDraft, Refusal, RefusalKind, Scope,
            SyncRequest,
            command::{
                self, ConnectionCommand, CustomerCommand, DashboardCommand, HistoryCommand,
                MaintenanceCommand, PlanCommand, ProductCommand, ProgramCommand, RunCommand,
            },
        },
        views::{
            ConnectionState, CustomerView, EnvironmentsView, Place, PlanView, PlannedView,
            RefusedView, RunningView, SetupStep, StatusView, SystemKind, VaultView,
        },
    },
};

use rstest::rstest;

use crate::{
    fixtures,
    harness::{self, Harness},
    states::{STATES, reach},
};

#[test]
fn enter_never_writes() {
    for tab in ["1", "2", "3", "4", "5", "6"] {
        let mut console = Harness::new(120, 36);
        console.go(tab);
        console.press("Enter Enter");
        for question in console.take_questions() {
            assert!(!writes(&question), "{tab}: {question:?}");
        }
    }
}

fn writes(command: &Command) -> bool {
    !matches!(
        command,
        Command::Dashboard(DashboardCommand::Status(_))
            | Command::Connection(ConnectionCommand::Connections(_))
            | Command::Program(ProgramCommand::Program(_))
            | Command::Customer(
                CustomerCommand::Customers(_)
                    | CustomerCommand::Companies(_)
                    | CustomerCommand::RankCompanies(_)
                    | CustomerCommand::Contracts(_)
            )
            | Command::Product(ProductCommand::Products(_))
            | Command::Plan(PlanCommand::Plan(_))
            | Command::History(
                HistoryCommand::Runs(_)
                    | HistoryCommand::Run(_)
                    | HistoryCommand::Retries(_)
                    | HistoryCommand::CustomerPage(_)
            )
            | Command::Maintenance(MaintenanceCommand::Vault(_))
    )
}

#[test]
fn applying_a_plan_asks_first_counts_and_has_cancel_in_focus() {
    let mut console = Harness::new(120, 36);
    console.go("5 p A");
    assert!(console.text().contains("Apply 4 changes to 4 customers?"), "{}", console.text());
    console.press("Enter");
    assert!(console.take_questions().is_empty(), "Enter presses Cancel");
    console.press("A y");
    let saved = Some(fixtures::plan().saved);
    let request = SyncRequest { plan: saved, ..SyncRequest::default() };
    assert_eq!(console.take_questions(), [Command::from(command::Sync { request })]);
}

#[test]
fn a_plan_that_is_left_is_no_longer_wanted() {
    let mut console = Harness::new(120, 36);
    console.go("5");
    console.press("p Esc");
    console.answer_plan(fixtures::plan());
    assert!(!console.text().contains("Harbour Dental"), "{}", console.text());
}

#[test]
fn switching_sync_for_marked_customers_is_one_confirmed_command() {
    let mut console = Harness::new(120, 36);
    console.go("3 Space Space");
    console.press("s y");
    let tenants = vec!["tenant-0000".to_owned(), "tenant-0001".to_owned()];
    assert_eq!(
        console.take_questions(),
        [Command::from(command::SetSync { tenants, on: false, skip_missed: None })]
    );
}

/// `Customers (12)` with so many marks, wherever they stand.
fn marked(console: &Harness, told: &str) -> bool {
    console.text().lines().take(4).any(|line| line.contains(told))
}

#[test]
fn marks_end_with_what_they_were_made_for_and_with_nothing_else() {
    let mut console = Harness::new(120, 36);
    console.go("3 Space Space");
    assert!(marked(&console, "2 marked"), "{}", console.text());
    console.go("s Esc");
    assert!(marked(&console, "2 marked"), "{}", console.text());
    console.press("s y");
    let rows = fixtures::customers()[..2].iter().map(off).collect();
    console.answer(Ok(Answer::Customers(rows)));
    assert!(!marked(&console, "marked"), "{}", console.text());
}

#[test]
fn what_is_marked_and_hidden_is_said_before_it_is_switched_or_planned() {
    let mut console = Harness::new(120, 36);
    console.go("3 Space Space").press("/");
    console.write("mul").go("Enter");
    assert!(marked(&console, "2 marked, 1 of them hidden"), "{}", console.text());
    console.go("s");
    let said = console.text();
    assert!(said.contains("The filter “mul” hides 1 of these: switched all the same"), "{said}");
    console.go("Esc");
    console.press("p");
    let said = console.text();
    assert!(said.contains("hides 1 of these: planned all the same"), "{said}");
}

#[test]
fn marking_all_of_a_plan_under_a_filter_leaves_hidden_marks_alone() {
    let mut console = Harness::new(120, 36);
    console.go("5 p a");
    let all = console.text();
    let told = |text: &str| text.lines().find(|line| line.contains("marked:")).map(str::to_owned);
    let whole = told(&all).expect("marks");
    console.go("f a");
    let some = told(&console.text());
    assert!(some.is_some_and(|some| some != whole), "{}", console.text());
    console.go("a");
    assert_eq!(told(&console.text()), Some(whole), "{}", console.text());
}

#[test]
fn switching_many_says_how_many_are_left_out_because_they_are_on_no_contract() {
    let mut console = Harness::new(120, 36);
    console.go("3 a s");
    let unmapped = fixtures::customers().iter().filter(|row| row.mapping.is_none()).count();
    let said = console.text();
    assert!(unmapped > 1, "the world has some");
    let told =
        format!("{unmapped} marked customers are not linked to a contract yet and left out.");
    assert!(said.contains(&told), "{said}");
}

#[test]
fn a_customer_can_be_switched_on_as_soon_as_its_link_is_stored() {
    let mut console = Harness::new(120, 36);
    console.go("3 / z e p h Enter u");
    console.press("a y");
    let customers = fixtures::customers();
    let zephyr = customers.iter().find(|row| row.customer_name.starts_with("Zephyr"));
    let mut row = zephyr.expect("it").clone();
    row.mapping = customers[0].mapping.clone();
    row.mapping.as_mut().expect("a mapping").sync = false;
    let tenant = row.tenant.to_string();
    console.answer(Ok(Answer::Customers(vec![row])));
    console.take_questions();
    console.press("Esc s y");
    let switched =
        Command::from(command::SetSync { tenants: vec![tenant], on: true, skip_missed: None });
    assert!(console.take_questions().contains(&switched), "{}", console.text());
}

#[test]
fn switching_on_tells_what_became_due_meanwhile_and_skips_it_with_a_reason() {
    let mut console = Harness::new(120, 36);
    console.go("3 Space");
    console.press("s y");
    console.answer(Ok(Answer::Customers(vec![off(&fixtures::customers()[0])])));
    console.take_questions();
    console.press("s y");
    let mut row = fixtures::customers()[0].clone();
    row.mapping.as_mut().expect("a mapping").missed = vec![Missed {
        month: "2026-08".parse().expect("a month"),
        invoice: InvoiceId::new("invoice-08"),
        invoice_number: "INV0103877".to_owned(),
        amount: "48.99".parse().ok(),
        currency: None,
    }];
    console.answer(Ok(Answer::Customers(vec![row.clone()])));
    let said = console.text();
    assert!(said.contains("1 invoice became due while sync was off"), "{said}");
    assert!(said.contains("INV0103877 of 2026-08, 48.99"), "{said}");
    console.take_questions();
    console.press("y Enter");
    assert!(console.take_questions().is_empty(), "it wants a reason");
    console.write("By hand").press("Enter");
    let (tenants, skip_missed) = (vec![row.tenant.to_string()], Some("By hand".to_owned()));
    let skipped = Command::from(command::SetSync { tenants, on: true, skip_missed });
    assert!(console.take_questions().contains(&skipped), "{}", console.text());
}

fn off(row: &CustomerView) -> CustomerView {
    let mut row = row.clone();
    row.mapping.as_mut().expect("a mapping").sync = false;
    row
}

#[test]
fn an_unmapped_customer_cannot_be_switched_on() {
    let mut console = Harness::new(120, 36);
    console.go("3 / z e p h Enter");
    console.press("s");
    assert!(console.take_questions().is_empty());
    assert!(console.text().contains("Not linked to a contract yet: press c"));
}

#[test]
fn a_customer_is_linked_by_typing_and_choosing() {
    let mut console = Harness::new(120, 36);
    console.go("3 / r i v e r Enter c Enter");
    console.write("veter").go("Enter Enter");
    console.write("services").go("Enter");
    console.press("Ctrl-s");
    let draft = MapDraft {
        tenant: "tenant-0009".to_owned(),
        company: "106".to_owned(),
        contract: "712".to_owned(),
        sync: Some(false),
        from: Some(prism_connect::domain::mapping::Start::MostRecent),
        pricing: Some(prism_connect::domain::mapping::PricingStrategy::CostAndRetail),
    };
    assert_eq!(console.take_questions(), [Command::from(command::Map { draft })]);
}

#[test]
fn a_contract_that_cannot_work_is_shown_with_its_reason_and_not_taken() {
    let mut console = Harness::new(120, 36);
    console.go("3 / r i v e r Enter c Enter");
    console.write("veter").go("Enter Enter");
    assert!(console.text().contains("ended on 31 Dec 2025"), "{}", console.text());
    console.press("Down Down Enter");
    assert!(console.text().contains("Contract (3)"), "the picker stays open");
}

#[test]
fn a_refused_form_keeps_what_was_typed_and_says_why() {
    let mut console = Harness::new(120, 36);
    console.go("2 c");
    console.press("Ctrl-t");
    let finding =
        Finding::new("invalid_client".into(), "PRISM refused the client id.", "Check it.");
    console.answer(Err(Refusal::new(RefusalKind::Failed, finding)));
    let text = console.text();
    assert!(
        text.contains("PRISM refused the client id.") && text.contains("api.prismportal.online")
    );
}

/// A step of first use leads to the card that it is about.
#[rstest]
#[case::prism(SystemKind::Prism, "Identity URL")]
#[case::a_target(SystemKind::Autotask, "API username")]
fn connecting_begins_with_what_is_not_connected(#[case] next: SystemKind, #[case] field: &str) {
    let mut console = Harness::new(120, 36);
    let step =
        |text: &str| SetupStep { text: text.to_owned(), done: false, place: Place::Connections };
    let setup = vec![step("Connect Autotask or ConnectWise")];
    let status = StatusView { setup, ..fixtures::status() };
    console.press("1");
    console.answer(Ok(Answer::Status(Box::new(status))));
    console.press("g");
    console.press("Enter");
    let mut rows = fixtures::connections();
    for row in rows.iter_mut().filter(|row| row.system == next) {
        row.state = ConnectionState::NotConfigured;
    }
    console.answer(Ok(Answer::Connections(rows)));
    console.press("c");
    let said = console.text();
    assert!(said.contains(field), "{said}");
}

#[test]
fn what_was_written_for_several_subscriptions_of_one_service_says_so() {
    let mut report = fixtures::report();
    for customer in &mut report.customers {
        customer.subscriptions[2].service_id = Some(ServiceId(500));
    }
    let mut console = Harness::new(120, 36);
    console.go("5");
    console.press("Enter");
    console.answer(Ok(Answer::Run(Box::new(report))));
    console.go("Enter Enter");
    let said = console.text();
    assert!(said.contains("Written to the contract, together with 1 other subscription"), "{said}");
}

#[test]
fn escape_goes_back_one_level_and_stops_at_the_top() {
    let mut console = Harness::new(120, 36);
    console.go("5 Enter Enter Enter");
    assert!(console.text().contains("Written to the contract"));
    for _ in 0..5 {
        console.go("Esc");
    }
    assert_eq!(console.app.tab, Tab::Sync);
    assert!(console.text().contains("Sync (6)"), "{}", console.text());
}

#[test]
fn quitting_asks_only_while_a_sync_runs() {
    let mut console = Harness::new(120, 36);
    assert_eq!(console.press("q"), [Effect::Quit]);
    let mut console = Harness::new(120, 36);
    console.happened(Happening::RunStarted { run: fixtures::header(44, Outcome::NoChange, 1) });
    assert!(console.press("q").is_empty());
    assert_eq!(console.press("y"), [Effect::Quit]);
}

#[test]
fn control_c_asks_before_it_stops_a_run_and_leaves_at_the_second_press() {
    let mut console = Harness::new(120, 36);
    console.happened(Happening::RunStarted { run: fixtures::header(44, Outcome::NoChange, 1) });
    assert!(console.press("Ctrl-c").is_empty());
    assert!(console.take_questions().is_empty(), "one press stops nothing");
    let said = console.text();
    assert!(said.contains("Stop the sync?") && said.contains("Ctrl-C again"), "{said}");
    console.press("Esc");
    console.press("Ctrl-c y");
    assert_eq!(console.take_questions(), [Command::from(command::Cancel)]);
    console.press("Ctrl-c");
    assert_eq!(console.press("Ctrl-c"), [Effect::Quit]);
}

/// The press that closes what is open is no first half of leaving a run.
#[test]
fn control_c_that_closes_a_dialog_ends_no_run_with_the_next_press() {
    let mut console = Harness::new(120, 36);
    console.happened(Happening::RunStarted { run: fixtures::header(44, Outcome::NoChange, 1) });
    console.press("?");
    console.press("Ctrl-c");
    assert!(console.press("Ctrl-c").is_empty());
    assert!(console.text().contains("Stop the sync?"), "{}", console.text());
}

#[rstest::rstest]
#[case::a_viewer(Role::View)]
#[case::an_operator_beside_the_run_of_another(Role::Operate)]
fn control_c_gives_up_a_plan_of_ones_own_and_no_run(#[case] role: Role) {
    let mut console = Harness::new(120, 36);
    console.app.attach(role);
    console.press("p");
    console.happened(Happening::RunStarted { run: fixtures::header(44, Outcome::NoChange, 1) });
    console.press("Ctrl-c");
    assert!(console.asks(&Command::from(command::GiveUp)));
    assert!(!console.asks(&Command::from(command::Cancel)));
}

#[test]
fn control_c_of_a_viewer_leaves_a_run_alone() {
    let mut console = Harness::new(120, 36);
    console.app.attach(Role::View);
    console.happened(Happening::RunStarted { run: fixtures::header(44, Outcome::NoChange, 1) });
    console.press("Ctrl-c");
    assert!(!console.asks(&Command::from(command::Cancel)));
}

#[test]
fn a_filter_shows_what_is_left_and_escape_clears_it() {
    let mut console = Harness::new(120, 36);
    console.go("3 /").write("mul");
    assert!(console.text().contains("Customers / mul (1 of 12)"), "{}", console.text());
    console.go("Enter");
    assert!(console.text().contains("Müller"));
    console.go("Esc");
    assert!(console.text().contains("Customers (12)"));
}

#[test]
fn read_only_refuses_what_writes_and_says_so() {
    let mut console = Harness::new(120, 36);
    console.app.shell.refuse_changes();
    console.go("5 p");
    console.press("A");
    assert!(console.app.shell.dialogs.is_empty());
    assert!(console.text().contains("--read-only"));
}

/// What the daemon would refuse is not offered: neither what changes the installation to an operator, nor a test to a viewer.
#[rstest::rstest]
#[case::a_viewer(Role::View, &["open", "checklist"], &["configure", "test", "agreement", "generate"])]
#[case::an_operator(Role::Operate, &["test"], &["configure", "agreement", "generate"])]
#[case::an_admin(Role::Admin, &["test", "configure", "agreement"], &[])]
fn the_footer_offers_a_role_what_it_may(
    #[case] role: Role,
    #[case] offered: &[&str],
    #[case] refused: &[&str],
) {
    let mut console = Harness::new(120, 36);
    if !role.may(Right::Operate) {
        console.app.shell.refuse_changes();
    }
    console.app.attach(role);
    console.go("2");
    let labels: Vec<&str> = console.app.offered().iter().map(|binding| binding.label).collect();
    assert!(offered.iter().all(|label| labels.contains(label)), "{labels:?}");
    assert!(!refused.iter().any(|label| labels.contains(label)), "{labels:?}");
    let named = console.text().contains("Press c to connect");
    assert_eq!(named, role.may(Right::Administer), "{}", console.text());
}

#[test]
fn an_operator_looks_at_the_options_and_does_not_save_them() {
    let mut console = Harness::new(120, 36);
    console.app.attach(Role::Operate);
    console.go("2 m");
    console.take_questions();
    let said = console.text();
    assert!(!said.contains("Ctrl-s") && said.contains("Cancel"), "{said}");
    console.press("Ctrl-s");
    assert_eq!(console.take_questions(), []);
    let said = console.text();
    assert!(said.contains("is not for the role “operate”"), "{said}");
}

/// What would be refused is neither listed by the help nor asked by a question.
#[test]
fn read_only_lists_no_key_and_asks_nothing_that_it_refuses() {
    let mut console = Harness::new(200, 60);
    console.app.shell.refuse_changes();
    console.go("3 ?");
    let help = console.text();
    assert!(help.contains("Every change on this customer's contract"), "{help}");
    for refused in ["Link the tenant", "Unlink the customer", "A remark of your own"] {
        assert!(!help.contains(refused), "{help}");
    }
    console.go("Esc u");
    console.press("Enter");
    assert!(console.app.shell.dialogs.is_empty(), "{}", console.text());
}

#[test]
fn the_footer_of_suggestions_says_what_enter_does() {
    let mut console = Harness::new(120, 36);
    console.go("3 u");
    let footer = console.text().lines().last().unwrap_or_default().to_owned();
    assert!(footer.contains("Enter accept") && !footer.contains("Enter open"), "{footer}");
    console.press("Enter");
    assert!(console.text().contains("Link (y)"), "{}", console.text());
}

#[test]
fn the_retry_list_is_found_by_what_the_command_line_calls_it() {
    let mut console = Harness::new(120, 36);
    console.go("1 :").write("retries");
    assert!(console.text().contains("retry list: "), "{}", console.text());
}

/// As long as something is still to be typed no key of the footer takes it: the prompt says which one will.
#[test]
fn a_prompt_that_lacks_its_text_says_what_takes_it() {
    let mut console = Harness::new(120, 36);
    console.go("5 R");
    console.press("d y");
    let text = console.text();
    assert!(text.contains("Enter takes it: a reason is needed"), "{text}");
    console.write("booked");
    let text = console.text();
    assert!(!text.contains("Enter takes it") && text.contains("Enter choose"), "{text}");
}

/// What is refused is found by no name either.
#[rstest]
#[case::read_only(None)]
#[case::a_viewer(Some(Role::View))]
fn the_palette_lists_nothing_that_is_refused(#[case] role: Option<Role>) {
    let mut console = Harness::new(200, 60);
    console.app.shell.refuse_changes();
    if let Some(role) = role {
        console.app.attach(role);
    }
    console.go("3");
    let refused = [
        ("unlink:", "Unlink the customer"),
        ("link:", "Link the tenant"),
        ("apply:", "Send the changes"),
        ("accept:", "Take this suggestion"),
    ];
    for (typed, listed) in refused {
        console.go(":").write(typed);
        assert!(!console.text().contains(listed), "{}", console.text());
        console.go("Esc");
    }
    console.go(":").write("history:");
    assert!(console.text().contains("history: Every change"), "{}", console.text());
}

#[test]
fn options_that_cannot_be_saved_cannot_be_changed() {
    let mut console = Harness::new(120, 36);
    console.app.shell.refuse_changes();
    console.go("2 m");
    let before = console.text();
    assert!(before.contains("Only to look at"), "{before}");
    console.go("Enter Space Right Enter Enter Enter x Enter x");
    let said = console.text();
    let values = |said: &str| {
        let lines = said.lines().filter(|line| line.contains("Sync Microsoft CSP"));
        lines.map(|line| line.contains("] on")).collect::<Vec<_>>()
    };
    assert_eq!(values(&before), values(&said), "{said}");
    assert_eq!(console.app.shell.dialogs.len(), 1, "no picker opens: {said}");
    console.go("Esc");
    assert!(console.app.shell.dialogs.is_empty(), "nothing was changed: {}", console.text());
}

/// Letting a plan pass takes the right to approve, and doing so alone that of whoever sets things up.
#[test]
fn an_operator_is_not_offered_to_let_a_plan_pass() {
    let needed = |action: Action| {
        let found = BINDINGS.iter().find(|binding| binding.action == action);
        found.expect("a key").right
    };
    assert_eq!(needed(Action::Approve), Right::Approve);
    assert_eq!(needed(Action::Reject), Right::Approve);
    assert_eq!(needed(Action::BreakGlass), Right::Administer);
}

#[test]
fn help_lists_the_keys_of_the_place_and_runs_them() {
    let mut console = Harness::new(120, 36);
    console.go("3 ?");
    assert!(console.text().contains("Suggested companies and contracts"));
    console.write("suggested").go("Enter");
    assert!(console.text().contains("Suggestions"), "{}", console.text());
}

#[test]
fn copying_goes_to_the_terminals_clipboard_and_says_so() {
    let mut console = Harness::new(120, 36);
    console.go("3");
    let effects = console.press("y");
    assert!(matches!(&effects[..], [Effect::Copy(text)] if text.contains("Harbour Dental")));
    assert!(console.text().contains("terminal's clipboard"));
}

#[test]
fn retrying_plans_only_what_failed() {
    let mut console = Harness::new(120, 36);
    console.go("5");
    console.press("r");
    let request =
        SyncRequest { scope: Scope::Customers, retry_failed: true, ..SyncRequest::default() };
    assert_eq!(console.take_questions(), [Command::from(command::Plan { request })]);
}

#[test]
fn every_binding_is_labelled() {
    for binding in BINDINGS {
        assert!(!binding.label.is_empty() && !binding.help.is_empty(), "{binding:?}");
        assert!(!binding.keys.is_empty() && !binding.sections.is_empty(), "{binding:?}");
    }
}

#[test]
fn every_key_means_one_thing_in_its_place() {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for binding in BINDINGS {
        for section in binding.sections {
            for key in binding.keys {
                assert!(seen.insert(format!("{section:?} {key:?}")), "twice: {section:?} {key:?}");
            }
        }
    }
}

#[test]
fn every_binding_is_reached_where_it_stands() {
    for binding in BINDINGS {
        for section in binding.sections {
            let chain = chain(*section);
            let found = binding.keys.iter().any(|key: &Press| {
                action(&chain, *key).is_some_and(|found| found.action == binding.action)
            });
            assert!(found, "{binding:?} is shadowed in {section:?}");
            assert!(working(&chain).iter().any(|found| found.action == binding.action));
        }
    }
}

fn chain(section: Section) -> Vec<Section> {
    match section {
        Section::Everywhere
        | Section::Form
        | Section::Picker
        | Section::Confirm
        | Section::Prompt
        | Section::Overlay => vec![section],
        Section::LinkForm => vec![section, Section::Form],
        Section::List => vec![section, Section::Everywhere],
        _ => vec![section, Section::List, Section::Everywhere],
    }
}

#[test]
fn the_guide_to_keys_has_the_key_table() {
    let guide = include_str!("../../docs/keys.md");
    let table = prism_connect::console::screens::help::markdown();
    assert!(guide.contains(&table), "docs/keys.md wants this table of keys:\n{table}");
}

#[test]
fn what_was_decided_about_an_invoice_is_planned_where_it_stands() {
    let mut console = Harness::new(120, 36);
    console.go("5 i Enter");
    assert!(console.text().contains("Sync › Invoices › INV"), "{}", console.text());
    console.take_questions();
    console.press("p");
    let plan = command::Plan { request: SyncRequest::default() };
    assert_eq!(console.take_questions(), [Command::from(plan)]);
}

#[test]
fn a_pin_is_chosen_by_typing_and_confirmed_before_it_is_stored() {
    let mut console = Harness::new(120, 36);
    console.go("4");
    console.press("P");
    let product = "CFQ7TTC0LH18:0001".to_owned();
    let name = "Microsoft 365 Business Basic".to_owned();
    let invoiced = command::InvoicedPrices { product, name };
    assert_eq!(console.take_questions(), [Command::from(command::Services), invoiced.into()]);
    console.go("Esc P");
    console.write("visio");
    assert!(console.text().contains("(1 of 5)"), "{}", console.text());
    console.press("Enter");
    assert!(console.take_questions().is_empty(), "choosing is not storing");
    assert!(console.text().contains("Bill Microsoft 365 Business Basic as this service?"));
    console.press("y");
    let product = "CFQ7TTC0LH18:0001".to_owned();
    let service = prism_connect::domain::ServiceId(398);
    assert_eq!(console.take_questions(), [Command::from(command::Pin { product, service })]);
}

#[test]
fn a_subscription_without_a_product_is_pinned_from_its_run() {
    let mut console = Harness::new(120, 36);
    console.go("5 Enter Enter P");
    console.press("Enter y");
    let product = "cfq7ttc0lh18:0001".to_owned();
    let service = prism_connect::domain::ServiceId(412);
    assert_eq!(console.take_questions(), [Command::from(command::Pin { product, service })]);
}

#[test]
fn a_picker_whose_choices_cannot_be_had_closes_and_says_why() {
    let mut console = Harness::new(120, 36);
    console.go("4");
    console.press("P");
    let finding = Finding::new("unreachable".into(), "Autotask does not answer.", "Try again.");
    console.answer(Err(Refusal::new(RefusalKind::Failed, finding)));
    assert!(console.app.shell.dialogs.is_empty());
    assert!(console.text().contains("Autotask does not answer."));
}

#[test]
fn save_and_sync_now_goes_over_the_plan_to_its_question_and_the_live_run() {
    let mut console = Harness::new(120, 36);
    console.go("3 / r i v e r Enter c Enter v e t e r Enter Enter s e r v i c e s Enter");
    console.go("Ctrl-n");
    let text = console.text();
    assert!(text.contains("Apply 4 changes to 4 customers?"), "{text}");
    assert!(text.contains("Sync › Plan"), "the plan stands behind the question: {text}");
    console.press("y");
    assert!(matches!(&console.take_questions()[..], [Command::Run(RunCommand::Sync(_))]));
    console.happened(Happening::RunStarted { run: fixtures::header(44, Outcome::NoChange, 1) });
    assert!(console.text().contains("customers run #44"), "{}", console.text());
}

#[test]
fn leaving_a_plan_leads_back_to_where_it_was_asked_for() {
    for (from, tab) in [("1 p", Tab::Dashboard), ("3 p", Tab::Customers), ("4 p", Tab::Products)] {
        let mut console = Harness::new(120, 36);
        console.go(from);
        assert_eq!(console.app.tab, Tab::Sync);
        console.go("Esc");
        assert_eq!(console.app.tab, tab, "{from}");
    }
}

#[test]
fn what_is_blocked_stands_first_and_then_the_largest_effect() {
    let mut console = Harness::new(120, 36);
    console.go("5 p");
    let text = console.text();
    let places: Vec<usize> = ["1 blocked ", "−362.40 ", "+40.00", "+13.70"]
        .iter()
        .map(|cell| text.find(cell).unwrap_or_else(|| panic!("{cell}: {text}")))
        .collect();
    assert!(places.is_sorted(), "{text}");
}

#[test]
fn n_goes_through_what_wants_a_second_look() {
    let mut console = Harness::new(120, 36);
    console.go("5 p n");
    let text = console.text();
    assert!(text.contains("12 → 0 from 12 Sep 2026: Microsoft 365 Business Premium"), "{text}");
    console.go("n");
    let text = console.text();
    assert!(text.contains("4 → 9 from 19 Sep 2026: Microsoft 365 Business Basic"), "{text}");
    console.go("n");
    assert!(console.text().contains("Northwind Freight: Visio Plan 2 (PC_CFQ7TTC0HD32:0002) on"));
    console.go("N");
    assert!(console.text().contains("4 → 9 from 19 Sep 2026: Microsoft 365 Business Basic"));
}

#[test]
fn half_of_a_plan_is_chosen_and_applied() {
    let mut console = Harness::new(120, 36);
    console.go("5 p j Space");
    let text = console.text();
    assert!(text.contains("[x] marked: 1 customer, 1 change"), "{text}");
    assert!(
        text.contains("Monthly, services planned: 4,210.40 → 3,848.00 AUD (−362.40)"),
        "{text}"
    );
    console.go("Space A");
    let text = console.text();
    assert!(text.contains("Apply 2 changes to 2 customers?"), "{text}");
    assert!(text.contains("2 changes are not marked and stay due"), "{text}");
    console.press("y");
    let only = ["harbourdentalptyltd.onmicrosoft.com", "mllershnegmbh.onmicrosoft.com"];
    let (plan, only) = (Some(fixtures::plan().saved), only.map(str::to_owned).to_vec());
    let request = SyncRequest { plan, only, ..SyncRequest::default() };
    assert_eq!(console.take_questions(), [Command::from(command::Sync { request })]);
}

#[test]
fn what_is_blocked_cannot_be_marked_and_all_marked_is_the_whole_plan() {
    let mut console = Harness::new(120, 36);
    console.go("5 p Space");
    assert!(!console.text().contains("marked:"), "{}", console.text());
    console.go("a");
    assert!(console.text().contains("[x] marked: 4 customers, 4 changes"), "{}", console.text());
    console.press("A y");
    let request = SyncRequest { plan: Some(fixtures::plan().saved), ..SyncRequest::default() };
    assert_eq!(console.take_questions(), [Command::from(command::Sync { request })]);
}

#[test]
fn a_customer_unfolds_to_its_changes_in_words() {
    let mut console = Harness::new(120, 36);
    console.go("5 p G k Enter");
    let text = console.text();
    assert!(text.contains("Add 3 seats from 1 Sep 2026"), "{text}");
    console.go("Enter");
    assert!(!console.text().contains("Add 3 seats"), "{}", console.text());
}

#[test]
fn what_a_filter_hides_of_a_plan_is_said_in_the_question() {
    let mut console = Harness::new(120, 36);
    console.go("5 p / h a r b Enter A");
    let text = console.text();
    assert!(text.contains("Apply 4 changes to 4 customers?"), "{text}");
    assert!(text.contains("The filter “harb” hides 3 of these: written all the same"), "{text}");
    console.press("Esc a A");
    let text = console.text();
    assert!(text.contains("Apply 1 change to 1 customer?"), "{text}");
    assert!(!text.contains("hides"), "{text}");
}

#[test]
fn the_word_typed_whole_makes_enter_apply() {
    let mut console = Harness::new(120, 36);
    console.go("5");
    console.press("p");
    let many = |rows: &mut Vec<PlannedView>| *rows = vec![rows[0].clone(); 501];
    console.answer_plan(fixtures::with_rows(fixtures::plan(), many));
    console.press("A a p p l Backspace l y Enter");
    assert!(matches!(&console.take_questions()[..], [Command::Run(RunCommand::Sync(_))]));
}

#[test]
fn a_plan_that_takes_hours_says_so_before_it_is_applied() {
    let mut console = Harness::new(120, 36);
    console.go("5");
    console.press("p");
    let plan = PlanView { requests: 184_847, ..fixtures::plan() };
    console.answer_plan(plan);
    let text = console.text();
    assert!(text.contains("about 184,847 requests, about 37 hours at 5,000 an hour"), "{text}");
    console.press("A");
    let text = console.text();
    assert!(text.contains("about 184,847 requests, about 37 hours at 5,000 an hour"), "{text}");
}

/// Wherever rows are what a run is told in.
#[rstest]
#[case::of_a_plan("5 p", "Kauri Legal")]
#[case::of_the_runs("5", "#40")]
#[case::of_a_run("5 Enter", "Kauri Legal")]
#[case::of_a_run_below_its_causes("5 Enter Tab", "Kauri Legal")]
#[case::of_a_customer_of_a_run("5 Enter j Enter", "Exchange Online")]
#[case::of_the_invoices("5 i", "INV0103977")]
#[case::of_an_invoice("5 i Enter", "balance")]
#[case::of_the_dashboard("1", "Tide & Co")]
#[case::of_the_customers("3", "Kauri Legal")]
#[case::of_a_customers_page("3 Enter", "Exchange Online")]
#[case::of_the_products("4", "Exchange Online")]
#[case::of_the_waiting_plans("5 W", "stale")]
fn a_click_on_a_row_selects_it(#[case] keys: &str, #[case] text: &str) {
    let mut console = Harness::new(120, 36);
    console.go(keys);
    click(&mut console, text);
    let lit = console.text().lines().find(|line| line.contains('▌')).map(str::to_owned);
    assert!(lit.is_some_and(|lit| lit.contains(text)), "{}", console.text());
}

/// The keys go to the rows then, and not to the causes above them any more.
#[test]
fn a_click_on_a_row_of_a_plan_takes_the_keys_from_its_causes() {
    let mut console = Harness::new(120, 36);
    console.go("5");
    console.press("p");
    let mut plan = fixtures::plan();
    let other = RefusedView {
        customer: Some("Kauri Legal".to_owned()),
        tenants: plan.contracts.last().expect("a contract").tenants.clone(),
        ..plan.refused[0].clone()
    };
    plan.refused.push(other);
    console.answer_plan(plan);
    console.press("Tab");
    click(&mut console, "Müller & Söhne GmbH");
    console.press("Space");
    assert!(console.text().contains("[x] marked: 1 customer"), "{}", console.text());
}

/// Beside them stands what happens, and a click there moves no row.
#[test]
fn a_click_on_a_customer_of_a_run_that_is_on_selects_it() {
    let mut console = Harness::new(120, 36);
    crate::harness::live_writing(&mut console);
    click(&mut console, "Harbour Dental Pty Ltd");
    let lit = |console: &Harness| {
        console.text().lines().find(|line| line.contains('▌')).map(str::to_owned).expect("a row")
    };
    assert!(lit(&console).contains("Harbour Dental Pty Ltd"), "{}", console.text());
    let text = console.text();
    let (row, line) =
        text.lines().enumerate().find(|(_, line)| line.contains("Teams Phone")).expect("it");
    let at = line.find("Teams Phone").map(|at| line[..at].chars().count()).expect("it");
    click_at(&mut console, at, row);
    assert!(lit(&console).contains("Harbour Dental Pty Ltd"), "{}", console.text());
}

/// Wherever the next row is a key away, a click on it goes there too: no list can be without it.
#[test]
fn a_click_goes_wherever_a_key_goes() {
    let pointer = |console: &Harness| {
        let text = console.text();
        let place = |(row, line): (usize, &str)| {
            Some((line.chars().position(|letter| letter == '▌')?, row))
        };
        text.lines().enumerate().find_map(place)
    };
    let (mut clicked, mut missed) = (0, Vec::new());
    for (name, way) in STATES {
        for (columns, rows) in [(80, 24), (120, 36), (200, 60)] {
            let mut console = Harness::new(columns, rows);
            reach(&mut console, way);
            let first = pointer(&console);
            console.press("Down");
            let (Some(first), Some(next)) = (first, pointer(&console)) else { continue };
            console.press("Up");
            // Fields of a form are no rows.
            let in_form = console.app.sections().contains(&Section::Form);
            if in_form || next == first || pointer(&console) != Some(first) {
                continue;
            }
            click_at(&mut console, next.0 + 3, next.1);
            clicked += 1;
            if pointer(&console) != Some(next) {
                missed.push(format!("{name}, {columns}x{rows}: {}", console.text()));
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    assert!(clicked > 100, "{clicked}");
}

#[test]
fn a_click_on_a_choice_selects_it() {
    let mut console = Harness::new(120, 36);
    console.go("4 P");
    let row = console.text().lines().position(|line| line.contains("Managed firewall"));
    click_at(&mut console, 30, row.expect("a choice"));
    console.press("Enter");
    let text = console.text();
    assert!(text.contains("Managed firewall") && text.contains("Cancel"), "{text}");
}

#[test]
fn a_click_on_causes_takes_the_keys_there_and_one_on_the_rows_gives_them_back() {
    let mut console = Harness::new(120, 36);
    console.go("5 Enter");
    let footer = |console: &Harness| console.text().lines().last().map(str::to_owned);
    let of_rows = footer(&console);
    let causes = console.text().lines().position(|line| line.contains("Tab goes there"));
    click_at(&mut console, 20, causes.expect("causes") + 1);
    assert!(console.text().contains("Tab goes back"), "{}", console.text());
    click(&mut console, "Kauri Legal");
    assert_eq!(footer(&console), of_rows, "{}", console.text());
}

#[test]
fn a_click_on_a_command_of_the_palette_selects_it() {
    let mut console = Harness::new(120, 36);
    console.go("3 :");
    click(&mut console, "Go to Products");
    console.press("Enter");
    assert!(console.text().contains("Products"), "{}", console.text());
    assert!(console.app.dialog().is_none(), "{}", console.text());
    let title = console.text().lines().nth(2).map(str::to_owned).unwrap_or_default();
    assert!(title.contains("Products"), "{title}");
}

fn click(console: &mut Harness, text: &str) {
    let row = console.text().lines().position(|line| line.contains(text));
    let row = row.unwrap_or_else(|| panic!("{text} in {}", console.text()));
    click_at(console, 20, row);
}

fn click_at(console: &mut Harness, column: usize, row: usize) {
    use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
    use prism_connect::console::message::Message;
    let kind = MouseEventKind::Down(MouseButton::Left);
    let [column, row] = [column, row].map(|at| u16::try_from(at).expect("on the screen"));
    let modifiers = KeyModifiers::NONE;
    console.send(Message::Pointed(MouseEvent { kind, column, row, modifiers }));
    console.app.fit();
}

#[test]
fn any_column_sorts_both_ways_and_the_one_that_sorts_is_shown() {
    let mut console = Harness::new(80, 24);
    console.go("3");
    assert!(!console.text().contains("Invoice"), "it drops at this width");
    console.go("Left Left Left Left");
    assert!(console.text().contains("Invoice↑"), "{}", console.text());
    console.go("O");
    assert!(console.text().contains("Invoice↓"));
}

#[test]
fn every_table_sorts_by_each_of_its_columns() {
    let places = ["3", "3 u", "3 H", "4", "5", "5 Enter", "5 j Enter", "5 Enter Enter"];
    let inner = ["5 Enter Enter Enter", "5 R", "5 i"];
    for keys in places.into_iter().chain(inner) {
        let mut console = Harness::new(200, 60);
        console.go(keys);
        let mut seen = BTreeSet::new();
        for _ in 0..12 {
            console.go("o");
            let text = console.text();
            let heading = text.lines().find(|line| line.contains('↑')).unwrap_or_default();
            let before = heading.split('↑').next().unwrap_or_default().trim_end();
            seen.insert(before.rsplit("  ").next().unwrap_or_default().trim().to_owned());
        }
        seen.remove("");
        assert!(seen.len() >= 4, "{keys}: sorted by {seen:?}");
    }
}

#[test]
fn an_error_is_copied_whole_and_stays_until_it_is_dismissed() {
    let mut console = Harness::new(80, 24);
    console.go("3");
    console.press("F5");
    let finding =
        Finding::new("unreachable".into(), "PRISM does not answer.", "Look at the proxy.");
    console.answer(Err(Refusal::new(RefusalKind::Failed, finding)));
    let effects = console.press("y");
    let [Effect::Copy(text)] = &effects[..] else { panic!("{effects:?}") };
    assert!(
        text.contains("does not answer")
            && text.contains("Look at the proxy.")
            && text.contains("Code: unreachable"),
        "{text}"
    );
    assert!(console.text().contains("Esc dismiss"));
    console.press("Esc");
    assert!(!console.text().contains("Esc dismiss"));
    console.press("!");
    console.press("Enter");
    assert!(console.text().contains("What to do: Look at the proxy."), "{}", console.text());
}

#[test]
fn a_locked_vault_asks_for_its_passphrase_which_is_never_shown() {
    let mut console = Harness::new(80, 24);
    console.go("3");
    console.press("F5");
    let finding =
        Finding::new("vault_locked".into(), "The vault is locked.", "Give the passphrase.");
    console.answer(Err(Refusal::new(RefusalKind::Locked, finding)));
    console.write("hunter2");
    assert!(!console.text().contains("hunter2") && console.text().contains("•••••••"));
    console.press("Enter");
    let passphrase = prism_connect::domain::secret::Secret::new("hunter2".to_owned());
    assert_eq!(console.take_questions(), [Command::from(command::Unlock { passphrase })]);
}

#[test]
fn the_sign_in_closes_by_itself_once_it_is_approved() {
    let mut console = Harness::new(80, 24);
    console.go("2 n y");
    console.write("d@e.au");
    console.press("Enter");
    console.answer(Ok(Answer::DeviceSignIn(fixtures::sign_in())));
    assert!(console.text().contains("WDJB-MJHT"));
    console.answer(Ok(Answer::Connections(fixtures::connections())));
    assert!(console.app.shell.dialogs.is_empty());
}

#[test]
fn an_agreement_is_chosen_after_a_question() {
    let mut console = Harness::new(120, 36);
    console.go("2 a");
    assert!(console.text().contains("✓ 1040217 Microsoft CSP Indirect"), "{}", console.text());
    assert!(console.text().contains("○ 1040399 Microsoft CSP Indirect NZ"), "{}", console.text());
    console.go("Down Enter");
    let question = "Sync 1040399 Microsoft CSP Indirect NZ too?";
    assert!(console.text().contains(question), "{}", console.text());
    console.press("y");
    let agreements = vec!["a-1040217".into(), "a-1040399".into()];
    assert_eq!(console.take_questions(), [Command::from(command::ChooseAgreements { agreements })]);
}

#[test]
fn new_credentials_in_the_place_of_stored_ones_are_asked_about_first() {
    let mut console = Harness::new(80, 24);
    console.go("2 n");
    let text = console.text();
    assert!(text.contains("Replace the saved credentials of PRISM?"), "{text}");
    assert!(text.contains("as client apiuser@northwind.example"), "{text}");
    console.press("Enter");
    assert!(console.app.shell.dialogs.is_empty(), "the safe button has the focus");
    assert!(console.take_questions().is_empty());
    let mut rows = fixtures::connections();
    rows[0].has_secret = false;
    rows[0].state = ConnectionState::NotConfigured;
    console.press("2");
    console.answer(Ok(Answer::Connections(rows)));
    console.press("n");
    assert!(console.text().contains("E-mail address"), "{}", console.text());
}

#[test]
fn esc_on_a_sign_in_gives_up_that_alone_and_tells_what_became_of_it() {
    let mut console = Harness::new(80, 24);
    console.go("2 n y");
    console.write("d@e.au");
    console.press("Enter");
    console.answer(Ok(Answer::DeviceSignIn(fixtures::sign_in())));
    console.press("Esc");
    assert!(
        console.app.shell.dialogs.is_empty() && console.asks(&Command::from(command::GiveUpSignIn))
    );
    assert!(!console.asks(&Command::from(command::Cancel)), "a sync that runs beside it goes on");
    console
        .answer_to(&Command::from(command::GiveUpSignIn), Ok(Answer::Done("Given up.".to_owned())));
    let text = "The sign-in to PRISM was given up: no credentials were made.";
    let refusal = Refusal::new(RefusalKind::Cancelled, Finding::new("cancelled".into(), text, ""));
    console.answer_to(
        &Command::from(command::AwaitCredentials { sign_in: fixtures::sign_in() }),
        Err(refusal),
    );
    let told = "Sign-in given up: nothing made or saved";
    assert!(console.text().contains(told), "{}", console.text());
}

/// It was approved in the very moment.
#[test]
fn a_sign_in_that_went_through_although_it_was_given_up_says_that_it_is_stored() {
    let mut console = Harness::new(80, 24);
    console.go("2 n y");
    console.write("d@e.au");
    console.press("Enter");
    console.answer(Ok(Answer::DeviceSignIn(fixtures::sign_in())));
    console.press("Esc");
    let waited = Command::from(command::AwaitCredentials { sign_in: fixtures::sign_in() });
    console.answer_to(&waited, Ok(Answer::Done("PRISM is stored.".to_owned())));
    assert!(console.text().contains("PRISM is stored."), "{}", console.text());
}

#[test]
fn the_palette_finds_every_command_that_works_here_and_runs_it() {
    let mut console = Harness::new(120, 36);
    console.go("3");
    let sections = console.app.sections();
    for binding in working(&sections).into_iter().filter(|binding| binding.rank > 0) {
        console.go(":");
        console.write(binding.help);
        assert!(console.text().contains(binding.help), "{}", binding.help);
        console.go("Esc");
    }
    console.go(":");
    console.write("remark of your own").go("Enter");
    assert!(console.text().contains("Note"), "{}", console.text());
}

#[test]
fn every_footer_key_does_what_it_says_it_does() {
    for tab in ["1", "2", "3", "4", "5", "6"] {
        let start = {
            let mut console = Harness::new(120, 36);
            console.go(tab);
            console
        };
        for binding in start.app.offered().into_iter().filter(|binding| binding.rank > 0) {
            let mut console = Harness::new(120, 36);
            console.go(tab);
            let before = console.text();
            let key = binding.keys[0];
            let event = crossterm::event::KeyEvent::new(key.0, key.1);
            let effects = console.send(prism_connect::console::message::Message::Pressed(event));
            let asked = !console.take_questions().is_empty();
            let changed = console.text() != before;
            assert!(changed || asked || !effects.is_empty(), "{tab}: {binding:?} does nothing");
        }
    }
}

#[test]
fn a_chart_goes_from_change_to_change_and_explains_the_day() {
    let mut console = Harness::new(120, 36);
    console.go("5 Enter j Enter Enter c");
    assert!(console.text().contains("0 → 5, +40.00 a month: INV0104233"));
    console.go("n");
    assert!(console.text().contains("19 Sep 2026: invoice 6, contract 6 (as invoiced)"));
    console.go("Left");
    assert!(console.text().contains("18 Sep 2026: invoice 5"), "{}", console.text());
}

#[test]
fn suggestions_are_asked_for_again_after_one_was_taken() {
    let mut console = Harness::new(120, 36);
    console.go("3 u");
    console.press("a y");
    console.answer(Ok(Answer::Customers(fixtures::customers())));
    assert!(console.take_questions().contains(&Command::from(command::Suggest)));
}

#[test]
fn first_steps_show_what_is_done_and_begin_at_what_is_not() {
    let mut console = Harness::new(80, 24);
    let (_, way) =
        crate::states::STATES.iter().find(|(name, _)| *name == "first-start").expect("it");
    crate::states::reach(&mut console, way);
    let text = console.text();
    assert!(
        text.contains("1 of 9 done") && text.contains("▌○ to do 2. Connect Autotask"),
        "{text}"
    );
    assert!(
        console.go("G").text().contains("Plan and apply the first sync "),
        "{}",
        console.text()
    );
    console.go("g j Enter");
    assert_eq!(console.app.tab, Tab::Connections);
}

#[test]
fn a_step_that_is_being_done_says_so_and_leads_to_the_run() {
    let mut console = Harness::new(80, 24);
    let mut status = fixtures::status();
    let step = |text: &str, done, place| SetupStep { text: text.to_owned(), done, place };
    status.setup = vec![
        step("Sync products", true, Place::Products),
        step("Plan and apply the first sync", false, Place::Plan),
    ];
    let run = fixtures::header(44, Outcome::NoChange, 1);
    status.running = Some(RunningView { run, done: 0, total: None, text: "planning".to_owned() });
    console.press("F5");
    console.answer_to(&command::Status.into(), Ok(Answer::Status(Box::new(status))));
    let text = console.text();
    assert!(text.contains("It is being done: Enter shows how far it is."), "{text}");
    assert!(!text.contains("works the plan out"), "{text}");
    console.go("Enter");
    assert_eq!(console.app.tab, Tab::Sync);
}

#[test]
fn what_merely_informs_does_not_hide_an_error() {
    let mut console = Harness::new(120, 36);
    console.go("3");
    console.press("F5");
    let finding = Finding::new("unreachable".into(), "PRISM does not answer.", "");
    console.answer(Err(Refusal::new(RefusalKind::Failed, finding)));
    console.go("4");
    console.press("j j A Esc");
    console.app.shell.inform("Sent to the terminal's clipboard");
    assert!(console.text().contains("PRISM does not answer."), "{}", console.text());
}

#[test]
fn a_click_on_a_tab_goes_there_and_the_wheel_moves_the_selection() {
    use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
    use prism_connect::console::message::Message;
    let pointed = |kind, column, row| {
        Message::Pointed(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })
    };
    let mut console = Harness::new(80, 24);
    console.send(pointed(MouseEventKind::Down(MouseButton::Left), 34, 1));
    console.serve();
    assert_eq!(console.app.tab, Tab::Customers);
    console.send(pointed(MouseEventKind::ScrollDown, 10, 10));
    assert!(console.text().contains("▌  Müller"), "{}", console.text());
}

fn turn_wheel_at(console: &mut Harness, column: usize, row: usize) {
    use crossterm::event::{KeyModifiers, MouseEvent, MouseEventKind};
    use prism_connect::console::message::Message;
    let kind = MouseEventKind::ScrollDown;
    let [column, row] = [column, row].map(|at| u16::try_from(at).expect("on the screen"));
    let modifiers = KeyModifiers::NONE;
    console.send(Message::Pointed(MouseEvent { kind, column, row, modifiers }));
    console.app.fit();
}

/// Whichever part the keys go to, before a click or after.
#[test]
fn the_wheel_moves_the_list_that_is_under_it() {
    let lit = |console: &Harness| {
        let text = console.text();
        text.lines().find(|line| line.contains('▌')).unwrap_or_default().to_owned()
    };
    let mut console = Harness::new(120, 36);
    console.go("5 Enter");
    let rows = console.text().lines().position(|line| line.contains("Source customer"));
    let rows = rows.expect("a heading");
    let before = lit(&console);
    console.press("Tab");
    let cause = lit(&console);
    turn_wheel_at(&mut console, 20, rows + 2);
    assert!(![&before, &cause].contains(&&lit(&console)), "{}", console.text());
    console.press("Up");
    assert_eq!(lit(&console), before, "{}", console.text());
    let causes = console.text().lines().position(|line| line.contains("causes")).expect("some");
    turn_wheel_at(&mut console, 20, causes + 1);
    assert!(console.app.sections().contains(&Section::Causes), "{}", console.text());
    // The parts of a running sync, and what happens in it, which is no list.
    let mut console = Harness::new(120, 36);
    harness::live_writing(&mut console);
    turn_wheel_at(&mut console, 100, 20);
    assert!(console.text().contains("▌Subscriptions as they happen"), "{}", console.text());
    let before = lit(&console);
    turn_wheel_at(&mut console, 10, 20);
    assert!(!console.text().contains("▌Subscriptions"), "{}", console.text());
    assert_ne!(lit(&console), before);
}

#[test]
fn a_row_of_the_contract_is_chosen_from_a_run_by_its_service() {
    let mut console = Harness::new(120, 36);
    console.go("5 Enter Enter");
    console.press("w");
    let asked = console.take_questions();
    assert!(
        matches!(
            &asked[..],
            [Command::Customer(CustomerCommand::ContractServices(command::ContractServices {
                service: ServiceId(412),
                ..
            }))]
        ),
        "{asked:?}"
    );
    console.press("Esc");
    console.go("w");
    console.press("Down Enter y");
    let asked = console.take_questions();
    let [
        Command::Customer(CustomerCommand::ChooseRow(command::ChooseRow {
            service: ServiceId(412),
            contract_service,
            ..
        })),
    ] = &asked[..]
    else {
        panic!("{asked:?}");
    };
    assert_eq!(*contract_service, ContractServiceId(917));
}

#[test]
fn seats_left_behind_are_planned_from_the_dashboard() {
    let mut console = Harness::new(120, 36);
    console.go("1 G k");
    console.press("Enter");
    let request = SyncRequest {
        scope: Scope::Customers,
        tenants: vec!["tenant-0004".to_owned()],
        left_behind: true,
        ..SyncRequest::default()
    };
    assert_eq!(console.take_questions(), [Command::from(command::Plan { request })]);
}

#[test]
fn an_accepted_suggestion_leaves_the_list_before_it_is_asked_for_again() {
    let mut console = Harness::new(120, 36);
    console.go("3 u");
    let first = fixtures::suggestions().remove(0);
    assert!(console.text().contains(&first.company.name));
    console.press("a y");
    let mut rows = fixtures::customers();
    rows.retain(|row| row.mapping.is_some());
    rows.truncate(1);
    rows[0].tenant = first.tenant;
    console.answer(Ok(Answer::Customers(rows)));
    assert!(!console.text().contains(&first.company.name), "{}", console.text());
}

#[test]
fn without_a_passphrase_nothing_is_locked() {
    let mut console = Harness::new(120, 36);
    console.press("6");
    let vault = VaultView { has_passphrase: false, ..fixtures::vault() };
    console.answer(Ok(Answer::Vault(vault)));
    console.press("L Enter");
    assert_eq!(console.take_questions(), []);
}

#[test]
fn a_history_that_arrives_late_is_not_shown_under_another_customer() {
    let mut console = Harness::new(120, 36);
    console.go("3");
    console.press("H");
    console.press("Esc Down H");
    let asked = console.take_questions();
    let [
        Command::History(HistoryCommand::History(command::History { tenant: first, .. })),
        Command::History(HistoryCommand::History(command::History { tenant: second, .. })),
    ] = asked.as_slice()
    else {
        panic!("{asked:?}");
    };
    assert_ne!(first, second);
    let mut console = Harness::new(120, 36);
    console.go("3");
    console.press("H");
    console.press("Esc Down H");
    console.answer_history(fixtures::history());
    let shown = console.text();
    assert!(shown.contains("Looking through the runs"), "{shown}");
    console.answer_history(fixtures::history());
    assert!(!console.text().contains("Looking through the runs"));
}

#[test]
fn contracts_that_arrive_late_are_not_offered_for_another_company() {
    let mut console = Harness::new(120, 36);
    console.go("3 / r i v e r Enter c Enter");
    console.write("veter");
    console.press("Enter");
    console.press("BackTab Enter");
    console.press("d e n t a l Enter");
    console.answer_contracts(fixtures::contracts());
    console.press("Enter");
    let shown = console.text();
    assert!(shown.contains("Loading…") && !shown.contains("Cloud services"), "{shown}");
    // Choosing the company asked, and opening the picker asked again: the last answer counts.
    console.answer_contracts(fixtures::contracts());
    console.answer_contracts(fixtures::contracts());
    assert!(console.text().contains("Cloud services"), "{}", console.text());
}

fn mixed(confirmed: bool) -> EnvironmentsView {
    let (source, target) = ("PRISM UAT".to_owned(), "Autotask PROD".to_owned());
    EnvironmentsView { source, target, mixed: true, confirmed }
}

/// Only whoever sets the installation up confirms a pair of environments.
#[test]
fn an_operator_is_not_asked_for_a_pair_of_environments_that_the_daemon_would_not_take_from_them() {
    let mut console = Harness::new(120, 36);
    console.app.attach(Role::Operate);
    console.go("1");
    console.press("Ctrl-r");
    tell(&mut console, mixed(false));
    console.go("5 p A");
    let text = console.text();
    assert!(text.contains("is for an administrator to confirm first"), "{text}");
    assert!(console.app.shell.dialogs.is_empty(), "{text}");
}

fn tell(console: &mut Harness, environments: EnvironmentsView) {
    let status = StatusView { environments: Some(environments), ..fixtures::status() };
    console.answer(Ok(Answer::Status(Box::new(status))));
}

#[test]
fn a20_the_header_names_both_environments_and_a_mixed_pair_is_confirmed_before_anything_is_applied()
{
    for size in [(80, 24), (120, 36)] {
        let mut console = Harness::new(size.0, size.1);
        console.go("1");
        console.press("Ctrl-r");
        tell(&mut console, mixed(false));
        let header = console.text().lines().next().map(str::to_owned).expect("a header");
        assert!(header.contains("PRISM UAT → Autotask PROD"), "{header}");
        console.go("5 p A");
        let text = console.text();
        assert!(text.contains("Write what PRISM UAT invoices into Autotask PROD?"), "{text}");
        console.press("y");
        assert!(console.take_questions().is_empty(), "a word is to be typed first");
        console.press("Backspace c o n f i r m Enter");
        let seen = mixed(false);
        assert_eq!(
            console.take_questions(),
            [Command::from(command::ConfirmEnvironments { seen })]
        );
    }
}

#[test]
fn a20_the_question_before_a_write_names_both_systems_and_their_environments() {
    let mut console = Harness::new(120, 36);
    console.go("5 p A");
    assert!(console.text().contains("From PRISM PROD to Autotask PROD"), "{}", console.text());
    let mut console = Harness::new(120, 36);
    console.press("Ctrl-r");
    tell(&mut console, mixed(true));
    console.go("5 p A");
    assert!(console.text().contains("From PRISM UAT to Autotask PROD"), "{}", console.text());
}

#[test]
fn a_refused_move_of_a_connection_asks_for_its_secrets_again_in_the_form() {
    let mut console = Harness::new(120, 36);
    console.go("2 Down c");
    console.press("Ctrl-t");
    let finding = Finding::new("secret_again".into(), "It is not sent there.", "Type it again.");
    console.answer(Err(Refusal::new(RefusalKind::Malformed, finding)));
    let text = console.text();
    assert!(text.contains("It is not sent there.") && text.contains("is needed"), "{text}");
    assert!(!text.contains("leave empty to keep it"), "{text}");
    console.press("Ctrl-t");
    assert!(console.take_questions().is_empty(), "nothing is asked without them");
}

#[test]
fn the_environment_that_was_typed_into_a_form_is_stored() {
    let mut console = Harness::new(120, 36);
    console.go("2 c");
    console.press("Backspace Backspace Backspace Backspace U A T Ctrl-s");
    let asked = console.take_questions();
    let [
        Command::Connection(ConnectionCommand::SaveConnection(command::SaveConnection {
            draft: ConnectionDraft::Prism { environment, .. },
        })),
    ] = &asked[..]
    else {
        panic!("{asked:?}");
    };
    assert_eq!(environment.as_deref(), Some("UAT"));
}

/// A plan may have so many changes that its first letter would wait for all of them.
#[test]
fn a_plan_is_made_ready_for_a_filter_before_one_is_opened() {
    for keys in ["5 p", "5 W Enter"] {
        let mut console = Harness::new(120, 36);
        console.go(keys);
        assert!(console.app.fold_ahead(), "{keys}");
        while console.app.fold_ahead() {}
        console.press("/ n");
        assert!(!console.app.fold_ahead(), "{keys}: a letter leaves nothing to do");
    }
}

#[test]
fn rows_are_made_ready_for_a_filter_once_it_is_opened() {
    let mut console = Harness::new(120, 36);
    console.go("3");
    assert!(!console.app.fold_ahead(), "nobody filters");
    console.press("/");
    assert!(console.app.fold_ahead(), "before its first letter");
    while console.app.fold_ahead() {}
    console.press("n");
    assert!(!console.app.fold_ahead(), "a letter leaves nothing to do");
}
