//! Connections: showing, storing and trying them, and choosing agreements.

use std::sync::Arc;

use crate::{
    domain::{AgreementId, ConnectionId, outcome::Finding},
    psa::{Probe, ReadError},
    store::Batch,
};

use super::{
    Reply,
    context::{Caller, Context},
    protocol::{Answer, Changed, ConnectionDraft, Happening, Refusal},
    records::{
        CONNECTIONS, ConnectionRecord, ConnectionSettings, KnownAgreement, PROGRAM, SOURCE, TARGET,
        of_connection, source, target,
    },
    refusals::{failed, unknown},
    views::{ConnectionState, ConnectionView, TestView},
};

pub mod credentials;
pub mod settings;

/// All connections, also those not configured yet.
pub async fn list(context: &Context) -> Reply {
    Ok(Answer::Connections(views(context).await?))
}

/// What is shown of them.
pub async fn views(context: &Context) -> Result<Vec<ConnectionView>, Refusal> {
    let mut views = Vec::new();
    for name in [source(), target()] {
        let record = context.connection(&name).await?;
        views.push(match record {
            Some(record) => view(name, record),
            None => blank(name, word(context)),
        });
    }
    Ok(views)
}

fn word(context: &Context) -> String {
    context.config.environment().unwrap_or("PROD").to_owned()
}

fn blank(name: ConnectionId, environment: String) -> ConnectionView {
    ConnectionView {
        system: name.to_string(),
        name,
        environment,
        url: None,
        identity_url: None,
        user: None,
        integration_code: None,
        has_secret: false,
        state: ConnectionState::NotConfigured,
        checked_at: None,
        agreements: Vec::new(),
        probe: None,
    }
}

fn view(name: ConnectionId, record: ConnectionRecord) -> ConnectionView {
    let agreements = record.agreements.into_iter().map(|one| (one.id, one.name, one.chosen));
    let probed = record.probe.as_ref().map(|probe| probe.url.clone());
    let view = ConnectionView {
        state: record.state,
        checked_at: record.checked_at,
        agreements: agreements.collect(),
        probe: record.probe,
        has_secret: true,
        ..blank(name, String::new())
    };
    match record.settings {
        ConnectionSettings::Prism { environment, api_url, identity_url, client_id, .. } => {
            ConnectionView {
                environment,
                url: Some(api_url.to_string()),
                identity_url: Some(identity_url.to_string()),
                user: Some(client_id),
                ..view
            }
        }
        ConnectionSettings::Autotask {
            environment, base_url, username, integration_code, ..
        } => ConnectionView {
            environment,
            url: base_url.map(|url| url.to_string()).or(probed),
            user: Some(username),
            integration_code: Some(integration_code),
            ..view
        },
    }
}

/// Stores a connection, without asking it anything.
pub async fn save(context: &Context, caller: &Caller, draft: ConnectionDraft) -> Reply {
    let _wiring = context.wiring.lock().await;
    let name = settings::name(&draft);
    let old = context.connection(&name).await?;
    let checked = settings::check(draft, old.as_ref().map(|old| &old.settings), &word(context))?;
    store(context, caller, (name, old), checked).await
}

/// Puts checked settings in the place of what is stored.
async fn store(
    context: &Context,
    caller: &Caller,
    (name, old): (ConnectionId, Option<ConnectionRecord>),
    checked: settings::Checked,
) -> Reply {
    let settings = context.with_vault(move |vault| checked.seal(vault)).await?;
    let unchanged = old.as_ref().is_some_and(|old| old.settings == settings);
    if unchanged {
        return Ok(Answer::Done(format!("{} is stored like this already.", system(&name))));
    }
    let record = ConnectionRecord {
        settings,
        state: ConnectionState::Untested,
        checked_at: None,
        probe: None,
        agreements: old.map(|old| old.agreements).unwrap_or_default(),
    };
    let mut batch = Batch::new();
    batch.put(CONNECTIONS, &of_connection(&name), &record);
    let what = format!("stored connection {name}");
    context.change(caller, batch, what, Changed::Connections).await?;
    let text = format!("{} is stored. Try it with `prism-connect connect test`.", system(&name));
    Ok(Answer::Done(text))
}

/// The product's name.
#[must_use]
pub fn system(name: &ConnectionId) -> &'static str {
    if name.as_str() == SOURCE { "PRISM" } else { "Autotask" }
}

/// Tries stored connections, or one as typed, which is not stored by this.
pub async fn test(
    context: &Arc<Context>,
    caller: &Caller,
    name: Option<ConnectionId>,
    draft: Option<ConnectionDraft>,
) -> Reply {
    if let Some(draft) = draft {
        return Ok(Answer::Tested(vec![test_draft(context, caller, draft).await?]));
    }
    let mut names = vec![source(), target()];
    if let Some(name) = name {
        if !names.contains(&name) {
            let advice = "`prism-connect connect list` shows all.";
            return Err(unknown("connection", name.as_str(), [SOURCE, TARGET], advice));
        }
        names = vec![name];
    }
    let mut tested = Vec::new();
    for name in names {
        tested.push(test_stored(context, caller, name).await?);
    }
    Ok(Answer::Tested(tested))
}

/// What a try of a connection found.
struct Tried {
    text: String,
    probe: Option<Probe>,
    agreements: Option<Vec<KnownAgreement>>,
}

async fn test_stored(
    context: &Arc<Context>,
    caller: &Caller,
    name: ConnectionId,
) -> Result<TestView, Refusal> {
    let Some(record) = context.connection(&name).await? else {
        let finding = Finding::new(
            "not_connected",
            format!("{} is not connected yet.", system(&name)),
            format!("Store it first: `prism-connect connect {name} …`."),
        );
        return Ok(outcome(name, Err(finding)).0);
    };
    let tried = attempt(context, caller, &record.settings).await?;
    let (view, tried) = outcome(name.clone(), tried);
    let _wiring = context.wiring.lock().await;
    // What was stored anew in the meantime was not tried by this.
    let Some(now) = context.connection(&name).await? else { return Ok(view) };
    if now.settings == record.settings {
        keep(context, &name, now, (&view, tried)).await?;
    }
    Ok(view)
}

async fn keep(
    context: &Context,
    name: &ConnectionId,
    mut record: ConnectionRecord,
    (view, tried): (&TestView, Option<Tried>),
) -> Result<(), Refusal> {
    record.checked_at = Some(context.clock.now());
    record.state = match &view.finding {
        None => ConnectionState::Connected,
        Some(finding) => ConnectionState::Failing { finding: finding.clone() },
    };
    if let Some(tried) = tried {
        record.probe = tried.probe.or(record.probe);
        if let Some(found) = tried.agreements {
            record.agreements = merged(&record.agreements, found);
        }
    }
    let mut batch = Batch::new();
    batch.put(CONNECTIONS, &of_connection(name), &record);
    context.store.commit(batch).await?;
    context.emit(Happening::Changed { what: Changed::Connections });
    Ok(())
}

/// What was chosen stays chosen; the only one there is needs no choice (sync-rules 2.5).
fn merged(old: &[KnownAgreement], mut found: Vec<KnownAgreement>) -> Vec<KnownAgreement> {
    for agreement in &mut found {
        agreement.chosen = old.iter().any(|old| old.chosen && old.id == agreement.id);
    }
    if let [only] = found.as_mut_slice() {
        only.chosen = true;
    }
    found
}

async fn test_draft(
    context: &Arc<Context>,
    caller: &Caller,
    draft: ConnectionDraft,
) -> Result<TestView, Refusal> {
    let name = settings::name(&draft);
    let old = context.connection(&name).await?;
    let checked = settings::check(draft, old.as_ref().map(|old| &old.settings), &word(context))?;
    let typed = context.with_vault(move |vault| checked.seal(vault)).await?;
    Ok(outcome(name, attempt(context, caller, &typed).await?).0)
}

fn outcome(name: ConnectionId, tried: Result<Tried, Finding>) -> (TestView, Option<Tried>) {
    match tried {
        Ok(tried) => {
            let lacking = tried.probe.as_ref().and_then(lacking);
            let (ok, text) = (lacking.is_none(), tried.text.clone());
            let probe = tried.probe.clone();
            (TestView { name, ok, text, finding: lacking, probe }, Some(tried))
        }
        Err(finding) => {
            let text = finding.text.clone();
            (TestView { name, ok: false, text, finding: Some(finding), probe: None }, None)
        }
    }
}

/// Which rights a sync needs and does not have.
fn lacking(probe: &Probe) -> Option<Finding> {
    let missing: Vec<_> =
        probe.rights.iter().filter(|right| right.granted == Some(false)).collect();
    let first = missing.first()?;
    let names: Vec<&str> = missing.iter().map(|right| right.name.as_str()).collect();
    let text = format!("Rights are missing: {}.", names.join("; "));
    Some(Finding::new("missing_right", text, first.advice.clone()))
}

/// Tries settings. A refusal of ours (a locked vault, a cancel) is no finding about the connection.
async fn attempt(
    context: &Arc<Context>,
    caller: &Caller,
    stored: &ConnectionSettings,
) -> Result<Result<Tried, Finding>, Refusal> {
    let tried = match stored {
        ConnectionSettings::Prism { .. } => attempt_source(context, caller, stored).await?,
        ConnectionSettings::Autotask { .. } => attempt_target(context, caller, stored).await?,
    };
    match tried {
        Ok(tried) => Ok(Ok(tried)),
        Err(ReadError::Cancelled) => Err(ReadError::Cancelled.into()),
        Err(error) => Ok(Err(error.finding())),
    }
}

async fn attempt_source(
    context: &Arc<Context>,
    caller: &Caller,
    stored: &ConnectionSettings,
) -> Result<Result<Tried, ReadError>, Refusal> {
    let stored = stored.clone();
    let clear = context.with_vault(move |vault| settings::prism(&stored, vault)).await?;
    let made = context.factory().source(clear, context.wires(caller));
    let client = match made {
        Ok(client) => client,
        Err(finding) => return Ok(Err(ReadError::Unreachable(finding))),
    };
    let tried = async {
        let who = client.probe().await?;
        let found = client.agreements().await?;
        let ours = found.into_iter().filter(|agreement| agreement.csp);
        let ours = ours.map(|one| KnownAgreement { id: one.id, name: one.program, chosen: false });
        let agreements: Vec<_> = ours.collect();
        let who = if who.is_empty() { String::new() } else { format!(" as {who}") };
        let text = format!("PRISM answers{who}; agreements for {PROGRAM}: {}.", agreements.len());
        Ok(Tried { text, probe: None, agreements: Some(agreements) })
    };
    Ok(tried.await)
}

async fn attempt_target(
    context: &Arc<Context>,
    caller: &Caller,
    stored: &ConnectionSettings,
) -> Result<Result<Tried, ReadError>, Refusal> {
    let stored = stored.clone();
    let clear = context.with_vault(move |vault| settings::autotask(&stored, vault)).await?;
    let made = context.factory().target(clear, context.wires(caller));
    let client = match made {
        Ok(client) => client,
        Err(finding) => return Ok(Err(ReadError::Unreachable(finding))),
    };
    Ok(client.probe().await.map(|probe| {
        let version = probe.version.as_ref().map(|version| format!(", version {version}"));
        let text = format!("Autotask answers at {}{}.", probe.url, version.unwrap_or_default());
        Tried { text, probe: Some(probe), agreements: None }
    }))
}

/// Notes whether a stored connection just worked, and passes the result on.
pub async fn heard<T>(
    context: &Context,
    name: &ConnectionId,
    result: Result<T, ReadError>,
) -> Result<T, Refusal> {
    let state = match &result {
        Ok(_) => Some(ConnectionState::Connected),
        Err(ReadError::Unauthorized(finding) | ReadError::Unreachable(finding)) => {
            Some(ConnectionState::Failing { finding: finding.clone() })
        }
        Err(_) => None,
    };
    if let Some(state) = state {
        note(context, name, state).await?;
    }
    Ok(result?)
}

/// Notes that a stored connection just failed.
pub async fn noted(
    context: &Context,
    name: &ConnectionId,
    finding: Finding,
) -> Result<(), Refusal> {
    note(context, name, ConnectionState::Failing { finding }).await
}

async fn note(
    context: &Context,
    name: &ConnectionId,
    state: ConnectionState,
) -> Result<(), Refusal> {
    let _wiring = context.wiring.lock().await;
    let Some(mut record) = context.connection(name).await? else { return Ok(()) };
    // A right that was found missing stays missing until the next test.
    let kept = matches!(&record.state, ConnectionState::Failing { finding } if finding.code == "missing_right");
    if record.state == state || (kept && state == ConnectionState::Connected) {
        return Ok(());
    }
    record.state = state;
    record.checked_at = Some(context.clock.now());
    let mut batch = Batch::new();
    batch.put(CONNECTIONS, &of_connection(name), &record);
    context.store.commit(batch).await?;
    context.emit(Happening::Changed { what: Changed::Connections });
    Ok(())
}

/// Chooses the agreements whose invoices are synced (sync-rules 2.5).
pub async fn choose(context: &Arc<Context>, caller: &Caller, wanted: Vec<AgreementId>) -> Reply {
    if wanted.is_empty() {
        let advice = "Name at least one: `prism-connect connect agreement ID`.";
        return Err(super::refusals::malformed("no_agreement", "No agreement is named.", advice));
    }
    let client = context.source(caller).await?;
    let found = heard(context, &source(), client.agreements().await).await?;
    let ours = found.into_iter().filter(|agreement| agreement.csp);
    let found: Vec<KnownAgreement> = ours
        .map(|one| KnownAgreement {
            chosen: wanted.contains(&one.id),
            id: one.id,
            name: one.program,
        })
        .collect();
    let strange = wanted.iter().find(|id| found.iter().all(|known| known.id != **id));
    if let Some(strange) = strange {
        let names = found.iter().map(|known| known.id.as_str());
        let advice = "`prism-connect connect list` shows them.";
        return Err(unknown("agreement", strange.as_str(), names, advice));
    }
    let _wiring = context.wiring.lock().await;
    let Some(record) = context.connection(&source()).await? else {
        return Err(failed("not_connected", "PRISM is not connected yet.", "Connect it first."));
    };
    let mut batch = Batch::new();
    let record = ConnectionRecord { agreements: found, ..record };
    batch.put(CONNECTIONS, &of_connection(&source()), &record);
    let ids: Vec<&str> = wanted.iter().map(AgreementId::as_str).collect();
    let what = format!("chose agreement {}", ids.join(", "));
    context.change(caller, batch, what, Changed::Connections).await?;
    Ok(Answer::Done(format!("Invoices of agreement {} are synced.", ids.join(", "))))
}

/// The agreements to sync; several without a choice are refused.
pub async fn chosen(context: &Context) -> Result<Vec<AgreementId>, Refusal> {
    let record = context.connection(&source()).await?;
    let known = record.map(|record| record.agreements).unwrap_or_default();
    let chosen: Vec<_> = known.iter().filter(|one| one.chosen).map(|one| one.id.clone()).collect();
    if chosen.is_empty() && known.len() > 1 {
        let text =
            format!("There are {} agreements for {PROGRAM}, and none is chosen.", known.len());
        let advice = "Choose with `prism-connect connect agreement ID`; `connect list` shows them.";
        return Err(failed("choose_agreement", text, advice));
    }
    Ok(chosen)
}
