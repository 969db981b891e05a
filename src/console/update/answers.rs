//! Answers go to what asked for them; one that is no longer wanted is dropped.

use crate::{
    console::{
        action::Tab,
        app::App,
        dialog::{Dialog, overlay::OverlayKind},
        effect::Ticket,
        list_tools,
        purpose::Purpose,
        screens::{connections, customers::missed, support::Support, sync::contract_row},
        widgets::text::counted,
    },
    domain::{Code, TenantId, outcome::Outcome, terms::Terms},
    engine::{
        protocol::{About, Answer, Refusal, RefusalKind, Reply},
        views::{AcceptedView, CustomerView, PlanView, SkippedView, StatusView, VaultView},
    },
};

pub(crate) fn answered(app: &mut App, ticket: Ticket, reply: Reply) {
    let Some(purpose) = app.shell.take(ticket) else { return };
    match reply {
        Ok(answer) => accepted(app, &purpose, answer),
        Err(refusal) => refused(app, &purpose, refusal),
    }
}

fn accepted(app: &mut App, purpose: &Purpose, answer: Answer) {
    if let Purpose::Names(_) = purpose {
        return super::palette::named(app, answer);
    }
    if *purpose == Purpose::AwaitSignIn {
        signed_in(app);
    }
    match answer {
        Answer::Status(status) => {
            shown_target(app, &status);
            super::events::caught_up(app, &status);
            app.dashboard.set_status(*status, &mut app.shell);
            app.sync.live.namesakes = app.shell.namesakes.clone();
            super::events::told_by_run(app);
            super::resume::begin(app);
        }
        Answer::Connections(rows) => app.connections.set_rows(rows),
        Answer::Tested(tests) => connections::show_tests(&tests, &mut app.shell),
        Answer::DeviceSignIn(sign_in) => connections::show_sign_in(sign_in, &mut app.shell),
        Answer::Program(view) => app.connections.set_program(*view, purpose, &mut app.shell),
        Answer::Customers(rows) => customers(app, purpose, rows),
        Answer::Accepted(accepted) => suggestions_accepted(app, accepted),
        Answer::Suggestions(rows) => app.customers.set_suggestions(rows, &app.shell.namesakes),
        Answer::RankedCompanies(About { asked, found }) => {
            // Another customer's form may be open by now.
            app.customers.set_companies(asked.tenant, found, &mut app.shell);
        }
        Answer::Contracts(About { asked, found }) => {
            // Another company may be chosen by now.
            app.customers.set_contracts(asked.company, found, &mut app.shell);
        }
        Answer::Products(rows) if *purpose == Purpose::Products => {
            app.products.set_rows(rows, &mut app.shell);
        }
        Answer::Products(_) => mended(app, purpose, "Saved"),
        Answer::Services(rows) => app.products.fill_services(rows, &mut app.shell),
        Answer::InvoicedPrices(found) => app.products.set_invoiced(found),
        Answer::ContractServices(About { asked, found }) => {
            contract_row::fill(&asked, &found, &mut app.shell);
        }
        Answer::Plan(About { found, .. }) => planned(app, *found),
        Answer::Synced(reports) if *purpose == Purpose::Resume => {
            super::resume::ended(app, reports);
        }
        Answer::Synced(reports) => app.sync.synced(reports, &mut app.shell),
        Answer::Runs(rows) => app.sync.set_runs(rows),
        Answer::Run(report) if *purpose == Purpose::Record => {
            app.sync.set_record(*report, &mut app.shell);
        }
        Answer::Run(report) => app.sync.set_run(*report, &app.shell.namesakes),
        Answer::History(About { asked, found }) => {
            // Another customer's may be open by now.
            app.customers.set_history(&TenantId::new(asked.tenant), found);
        }
        Answer::Chart(About { found, .. }) => {
            app.shell.clear_info();
            if app.tab == Tab::Customers {
                app.customers.show_chart(*found);
            } else {
                app.sync.show_chart(*found);
            }
        }
        Answer::CustomerPage(About { asked, found }) => {
            app.customers.set_page(&TenantId::new(asked.tenant), *found, &mut app.shell);
        }
        Answer::RunSoFar(found) => super::events::so_far(app, found),
        Answer::Retries(rows) => app.sync.set_retries(rows, &app.shell.namesakes),
        Answer::Invoices(rows) => app.sync.set_invoices(rows),
        Answer::Invoice(detail) => app.sync.set_invoice(*detail, &app.shell.namesakes),
        Answer::WaitingPlans(rows) => app.sync.set_waiting_plans(rows),
        Answer::WaitingPlan(detail) => {
            if *purpose == Purpose::Change {
                let text =
                    format!("Plan {} is {}", detail.waiting.number, detail.waiting.standing.word());
                changed(app, &text);
            }
            app.sync.set_waiting(*detail, &app.shell.namesakes);
        }
        Answer::Vault(state) => vault(app, purpose, state),
        Answer::Bundle(files) => bundle(app, &files),
        // What became of the sign-in is told by its own answer.
        Answer::Done(_) if *purpose == Purpose::GiveUpSignIn => {}
        Answer::Done(text) => mended(app, purpose, &text),
        // Only the command line asks for these.
        Answer::Companies(_)
        | Answer::Imported(_)
        | Answer::Doctor(_)
        | Answer::Settings(_)
        | Answer::ExportedRuns(_)
        | Answer::ExportedCustomers(_)
        | Answer::ExportedLedger(_)
        | Answer::Audit(_)
        | Answer::AuditVerified(_)
        | Answer::Mail(_)
        | Answer::Schedule(_)
        | Answer::Looked(_) => {}
    }
}

/// Where the target is another one than before, nothing that is shown is of it.
fn shown_target(app: &mut App, status: &StatusView) {
    let before = app.shell.status.as_ref().map(|status| status.target.clone());
    app.shell.theme.terms = Terms::of(status.kind());
    if before.is_some_and(|before| before != status.target) {
        app.show_another_target();
        let (pane, shell) = app.pane_mut();
        pane.enter(shell);
    }
}

/// Approved on the other machine, or over: the code is no longer needed.
fn signed_in(app: &mut App) {
    if let Some(Dialog::Overlay(overlay)) = app.shell.dialogs.last()
        && overlay.kind == OverlayKind::SignIn
    {
        app.shell.dialogs.pop();
    }
}

/// A plan that was asked for with *save and sync now* goes on to its question at once.
fn planned(app: &mut App, plan: PlanView) {
    let gone = app.sync.show_plan(plan, &app.shell.namesakes);
    if gone > 0 {
        let marks = counted(gone as u64, "mark is", "marks are");
        app.shell.inform(format!("{marks} gone: other changes than before"));
    }
    if app.tab != Tab::Sync {
        return app.shell.inform("The plan is on the Sync tab");
    }
    app.sync.ask_to_apply(&mut app.shell);
}

fn vault(app: &mut App, purpose: &Purpose, state: VaultView) {
    if *purpose == Purpose::Unlock {
        app.shell.inform("The vault is open");
        super::events::refresh(app);
        super::resume::unlocked(app);
    }
    app.support.set_vault(state);
}

fn customers(app: &mut App, purpose: &Purpose, rows: Vec<CustomerView>) {
    match purpose {
        Purpose::Customers => {
            app.customers.table.set_rows(rows);
            super::follow_up(app);
        }
        Purpose::StoreAndPlan(tenant) => {
            app.customers.table.renew_rows(rows);
            changed(app, "Linked");
            let tenants = vec![tenant.clone()];
            app.tab = Tab::Sync;
            app.sync.sync_tenants(tenants, &mut app.shell);
        }
        _ => {
            app.customers.mapped(&rows);
            let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
            let what = counted(count, "customer", "customers");
            let missed = missed(&rows);
            app.customers.table.switched(&rows);
            app.customers.table.renew_rows(rows);
            // A link that was made anew can be what something failed for.
            let again = app.pane().tried_again().filter(|_| *purpose == Purpose::Store);
            let again = again.map_or_else(String::new, |again| format!(": {again}"));
            changed(app, &format!("Saved for {what}{again}"));
            if let Some(question) = missed {
                app.shell.open(question);
            }
        }
    }
}

/// Which were left out is told by name, in a notice as far as that has room.
fn suggestions_accepted(app: &mut App, AcceptedView { linked, skipped }: AcceptedView) {
    app.customers.mapped(&linked);
    let count = linked.len();
    app.customers.table.renew_rows(linked);
    if skipped.is_empty() {
        return changed(app, &format!("Accepted {count}"));
    }
    let told = |one: &SkippedView| format!("{} ({})", one.customer_name, one.why);
    let all: Vec<String> = skipped.iter().map(told).collect();
    let what = format!("Accepted {count}, skipped {}", all.len());
    let more = all.len().saturating_sub(SKIPPED_TOLD);
    let mut text = format!("{what}: {}", all[..all.len() - more].join(", "));
    if more > 0 {
        app.shell.note(format!("{what}: {}", all.join(", ")));
        text.push_str(&format!(" +{more}; see !"));
    }
    app.shell.ended(Outcome::Warning, text);
    super::events::refresh(app);
}

/// A notice names so many of those that were left out.
const SKIPPED_TOLD: usize = 2;

/// The same, and what the key that tries again is of now, where it stands on what this can have mended.
fn mended(app: &mut App, purpose: &Purpose, text: &str) {
    let again = app.pane().tried_again().filter(|_| *purpose == Purpose::Mend);
    let again = again.map(|again| format!("{}: {again}", text.trim_end_matches('.')));
    changed(app, again.as_deref().unwrap_or(text));
}

/// Something was stored: forms close, and what is shown is asked for again.
fn changed(app: &mut App, text: &str) {
    let form_done =
        matches!(app.shell.dialogs.last(), Some(Dialog::Form(form)) if form.busy.is_some());
    app.shell.done(text);
    if form_done && let Some(Dialog::Form(form)) = app.shell.dialogs.pop() {
        app.connections.stored(&form.about, &mut app.shell);
    }
    super::events::refresh(app);
}

fn bundle(app: &mut App, files: &[(String, String)]) {
    let parts: Vec<String> = files
        .iter()
        .map(|(name, text)| {
            format!(
                "===== {name}
{text}
"
            )
        })
        .collect();
    list_tools::save(&mut app.shell, "support", "txt", parts.concat());
}

fn refused(app: &mut App, purpose: &Purpose, refusal: Refusal) {
    // What only adds to something is done without.
    if matches!(purpose, Purpose::Names(_) | Purpose::InvoicedPrices | Purpose::RunSoFar) {
        return;
    }
    let Refusal { kind, mut finding, suggestions, .. } = refusal;
    if !suggestions.is_empty() {
        finding.advice = format!("Did you mean {}? {}", suggestions.join(", "), finding.advice);
    }
    if kind == RefusalKind::Cancelled && *purpose == Purpose::AwaitSignIn {
        signed_in(app);
        return app.shell.inform("Sign-in given up: nothing made or saved");
    }
    if kind == RefusalKind::Cancelled {
        app.sync.stopped();
        return app.shell.inform("Cancelled");
    }
    match purpose {
        Purpose::CustomerPage { tenant, contract } => {
            app.customers.no_page(tenant, *contract, &finding);
            if *contract {
                return;
            }
        }
        Purpose::Resume => return super::resume::refused(app, kind, finding),
        Purpose::Plan | Purpose::Sync => {
            app.sync.stopped();
            app.sync.look_again(&mut app.shell);
        }
        Purpose::Customers => app.customers.table.failed(),
        Purpose::Products => app.products.failed(),
        Purpose::Suggestions => app.customers.not_suggested(),
        Purpose::AwaitSignIn => signed_in(app),
        Purpose::ContractServices
        | Purpose::Services
        | Purpose::Companies
        | Purpose::Contracts(_) => {
            // A picker without choices would wait for ever.
            if matches!(app.shell.dialogs.last(), Some(Dialog::Picker(picker)) if picker.loading) {
                app.shell.dialogs.pop();
            }
        }
        _ => {}
    }
    if kind == RefusalKind::Locked {
        Support::ask_passphrase(&mut app.shell);
    }
    if let Some(Dialog::Form(form)) = app.shell.dialogs.last_mut()
        && form.busy.take().is_some()
    {
        if finding.code == Code::SecretAgain {
            form.ask_secrets_again();
        }
        form.result = Some(Err(finding));
        return;
    }
    if app.shell.demo.is_some() && finding.code == Code::NotConnected {
        return app.shell.inform("The demo world is not that far yet: it comes by itself");
    }
    if app.shell.demo.is_some() && finding.code == Code::PlanStale {
        let text = "The demo world has linked more since this plan: F5 plans anew";
        return app.shell.inform(text);
    }
    app.shell.fail(finding);
}
