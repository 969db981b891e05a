//! Answers go to what asked for them; one that is no longer wanted is dropped.

use crate::{
    console::{
        action::Tab,
        app::App,
        dialog::{Dialog, overlay::Kind},
        effect::Ticket,
        list_tools,
        purpose::Purpose,
        screens::{customers::missed, sync},
        widgets::text::counted,
    },
    engine::{
        Reply,
        protocol::{Answer, Refusal, RefusalKind, SECRET_AGAIN},
        views::{ContractChoice, CustomerView, HistoryView, PlanView, VaultView},
    },
};

/// Takes one answer in.
pub fn answered(app: &mut App, ticket: Ticket, reply: Reply) {
    let Some(purpose) = app.shell.take(ticket) else { return };
    match reply {
        Ok(answer) => accepted(app, &purpose, answer),
        Err(refusal) => refused(app, &purpose, refusal),
    }
}

fn accepted(app: &mut App, purpose: &Purpose, answer: Answer) {
    if *purpose == Purpose::AwaitSignIn {
        signed_in(app);
    }
    match answer {
        Answer::Status(status) => {
            super::events::caught_up(app, &status);
            app.dashboard.told(*status, &mut app.shell);
            super::resume::status_told(app);
        }
        Answer::Connections(rows) => app.connections.told(rows),
        Answer::Tested(tests) => app.connections.tested(&tests, &mut app.shell),
        Answer::DeviceSignIn(sign_in) => app.connections.signing_in(sign_in, &mut app.shell),
        Answer::Program(view) => app.connections.program_told(*view, purpose, &mut app.shell),
        Answer::Customers(rows) => customers(app, purpose, rows),
        Answer::Suggestions(rows) => app.customers.suggested(rows),
        Answer::Companies(rows) => app.customers.companies_told(rows, &mut app.shell),
        Answer::Contracts(rows) => contracts(app, purpose, rows),
        Answer::Products(rows) if *purpose == Purpose::Products => app.products.told(rows),
        Answer::Products(_) => changed(app, "Stored"),
        Answer::Services(rows) => app.products.services_told(&rows, &mut app.shell),
        Answer::ContractServices(rows) => sync::choice::told(&rows, &mut app.shell),
        Answer::Plan(plan) => planned(app, *plan),
        Answer::Synced(reports) if *purpose == Purpose::Resume => {
            super::resume::ended(app, reports);
        }
        Answer::Synced(reports) => app.sync.synced(reports, &mut app.shell),
        Answer::Runs(rows) => app.sync.told(rows),
        Answer::Run(report) => app.sync.run_told(*report),
        Answer::History(rows) => history(app, purpose, rows),
        Answer::Chart(chart) => {
            app.shell.clear_info();
            app.sync.chart_told(*chart);
        }
        Answer::Retries(rows) => app.sync.retries_told(rows),
        Answer::Vault(vault) => vault_told(app, purpose, vault),
        Answer::Bundle(files) => bundle(app, &files),
        // What became of the sign-in is told by its own answer.
        Answer::Done(_) if *purpose == Purpose::GiveUpSignIn => {}
        Answer::Done(text) => changed(app, &text),
        _ => {}
    }
}

/// Contracts of the company that was asked about: another one may be chosen by now.
fn contracts(app: &mut App, purpose: &Purpose, rows: Vec<ContractChoice>) {
    if let Purpose::Contracts(company) = purpose {
        app.customers.contracts_told(*company, rows, &mut app.shell);
    }
}

/// The history of the customer that was asked about: another one may be open by now.
fn history(app: &mut App, purpose: &Purpose, rows: Vec<HistoryView>) {
    if let Purpose::History(tenant) = purpose {
        app.customers.history_told(tenant, rows);
    }
}

/// Approved on the other machine, or over: the code is no longer needed.
fn signed_in(app: &mut App) {
    if let Some(Dialog::Overlay(overlay)) = app.shell.dialogs.last()
        && overlay.kind == Kind::SignIn
    {
        app.shell.dialogs.pop();
    }
}

/// A plan that was asked for with *save and sync now* goes on to its question at once.
fn planned(app: &mut App, plan: PlanView) {
    app.sync.planned(plan);
    if app.tab != Tab::Sync {
        return app.shell.inform("The plan is on the Sync tab");
    }
    app.sync.ask_to_apply(&mut app.shell);
}

fn vault_told(app: &mut App, purpose: &Purpose, vault: VaultView) {
    if *purpose == Purpose::Unlock {
        app.shell.inform("The vault is open");
        super::events::refresh(app);
        super::resume::unlocked(app);
    }
    app.support.told(vault);
}

fn customers(app: &mut App, purpose: &Purpose, rows: Vec<CustomerView>) {
    match purpose {
        Purpose::Customers => app.customers.told(rows),
        Purpose::StoreAndPlan(tenant) => {
            app.customers.changed(rows);
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
            app.customers.changed(rows);
            changed(app, &format!("Stored for {what}"));
            if let Some(question) = missed {
                app.shell.open(question);
            }
        }
    }
}

/// Something was stored: forms close, and what is shown is asked for again.
fn changed(app: &mut App, text: &str) {
    let form_done =
        matches!(app.shell.dialogs.last(), Some(Dialog::Form(form)) if form.busy.is_some());
    app.shell.inform(text);
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
    let Refusal { kind, mut finding, suggestions, .. } = refusal;
    if !suggestions.is_empty() {
        finding.advice = format!("Did you mean {}? {}", suggestions.join(", "), finding.advice);
    }
    if kind == RefusalKind::Cancelled && *purpose == Purpose::AwaitSignIn {
        signed_in(app);
        return app.shell.inform("Sign-in given up: nothing made or stored");
    }
    if kind == RefusalKind::Cancelled {
        app.sync.stopped();
        return app.shell.inform("Cancelled");
    }
    match purpose {
        Purpose::Resume => return super::resume::refused(app, kind, finding),
        Purpose::Plan | Purpose::Sync => app.sync.stopped(),
        Purpose::Customers => app.customers.failed(),
        Purpose::Products => app.products.failed(),
        Purpose::Suggestions => app.customers.close_inner(),
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
        app.support.ask_passphrase(&mut app.shell);
    }
    if let Some(Dialog::Form(form)) = app.shell.dialogs.last_mut()
        && form.busy.take().is_some()
    {
        if finding.code == SECRET_AGAIN {
            form.ask_secrets_again();
        }
        form.said = Some((false, finding));
        return;
    }
    app.shell.fail(finding);
}
