//! Answers go to what asked for them; one that is no longer wanted is dropped.

use crate::{
    console::{
        app::App,
        dialog::{Dialog, overlay::Overlay},
        effect::{Effect, Ticket},
        shell::Purpose,
    },
    domain::outcome::Finding,
    engine::{
        Reply,
        protocol::{Answer, Refusal, RefusalKind},
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
    match answer {
        Answer::Status(status) => {
            super::events::caught_up(app, &status);
            app.dashboard.told(*status, &mut app.shell);
        }
        Answer::Connections(rows) => app.connections.told(rows),
        Answer::Tested(tests) => app.connections.tested(&tests, &mut app.shell),
        Answer::DeviceSignIn(sign_in) => app.connections.signing_in(sign_in, &mut app.shell),
        Answer::Program(view) => app.connections.program_told(*view, purpose, &mut app.shell),
        Answer::Customers(rows) => customers(app, purpose, rows),
        Answer::Suggestions(rows) => app.customers.suggested(rows),
        Answer::Companies(rows) => app.customers.companies_told(rows, &mut app.shell),
        Answer::Contracts(rows) => app.customers.contracts_told(rows, &mut app.shell),
        Answer::Products(rows) if *purpose == Purpose::Products => app.products.told(rows),
        Answer::Products(_) => changed(app, "Stored"),
        Answer::Plan(plan) => app.sync.planned(*plan, &mut app.shell),
        Answer::Synced(reports) => app.sync.synced(&reports, &mut app.shell),
        Answer::Runs(rows) => app.sync.told(rows),
        Answer::Run(report) => app.sync.run_told(*report),
        Answer::History(rows) => app.customers.history_told(rows),
        Answer::Chart(chart) => app.sync.chart_told(*chart),
        Answer::Retries(rows) => app.sync.retries_told(rows),
        Answer::Vault(vault) => app.support.told(vault),
        Answer::Bundle(files) => bundle(app, &files),
        Answer::Done(text) => changed(app, &text),
        _ => {}
    }
}

fn customers(app: &mut App, purpose: &Purpose, rows: Vec<crate::engine::views::CustomerView>) {
    match purpose {
        Purpose::Customers => app.customers.told(rows),
        Purpose::StoreAndPlan(tenant) => {
            changed(app, "Linked");
            let tenants = vec![tenant.clone()];
            app.tab = crate::console::action::Tab::Sync;
            app.sync.plan_tenants(tenants, &mut app.shell);
        }
        _ => {
            let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
            let what = crate::console::widgets::text::counted(count, "customer", "customers");
            changed(app, &format!("Stored for {what}"));
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
    let text = parts.concat();
    let stamp = app.shell.now.format("%Y%m%d-%H%M%S");
    let name = format!("prism-connect-support-{stamp}.txt");
    app.shell.effect(Effect::Save { name, text });
}

fn refused(app: &mut App, purpose: &Purpose, refusal: Refusal) {
    let Refusal { kind, mut finding, suggestions } = refusal;
    if !suggestions.is_empty() {
        finding.advice = format!("Did you mean {}? {}", suggestions.join(", "), finding.advice);
    }
    if kind == RefusalKind::Cancelled {
        app.sync.stopped();
        return app.shell.inform("Cancelled");
    }
    match purpose {
        Purpose::Plan | Purpose::Sync => app.sync.stopped(),
        Purpose::Customers => app.customers.failed(),
        Purpose::Products => app.products.failed(),
        Purpose::Suggestions => app.customers.close_inner(),
        Purpose::AwaitSignIn => _ = app.shell.dialogs.pop(),
        _ => {}
    }
    if let Some(Dialog::Form(form)) = app.shell.dialogs.last_mut()
        && form.busy.take().is_some()
    {
        form.said = Some((false, finding));
        return;
    }
    app.shell.fail(finding);
}

/// Shows a finding whole: text, code, and what to do.
pub fn explain(finding: &Finding) -> Overlay {
    let text = format!("{}\n\n{}\n\nCode: {}", finding.text, finding.advice, finding.code);
    Overlay::text("Details", &text)
}
