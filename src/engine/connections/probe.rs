//! Trying connections: whether they answer, with which rights, and for which agreements.

use std::sync::Arc;

use crate::{
    domain::{Code, ConnectionId, ReadError, Side, Thing, invoice::Invoice, outcome::Finding},
    engine::{
        connections::{agreements::merged, settings, word},
        context::{Caller, Context},
        protocol::{Changed, ConnectionDraft, Happening, Refusal},
        refusals::unknown,
        tables::{
            CONNECTIONS, ConnectionRecord, ConnectionSettings, KnownAgreement, PROGRAM,
            of_connection,
        },
        views::{ConnectionState, TestView},
    },
    psa::Probe,
    store::Batch,
};

/// Tries stored connections, or one as typed, which is not stored by this.
pub(crate) async fn test(
    context: &Arc<Context>,
    caller: &Caller,
    name: Option<ConnectionId>,
    draft: Option<ConnectionDraft>,
) -> Result<Vec<TestView>, Refusal> {
    if let Some(draft) = draft {
        return Ok(vec![test_draft(context, caller, draft).await?]);
    }
    let mut names = context.sides.stored_or_used(&context.store).await;
    if let Some(name) = name {
        if !names.contains(&name) {
            let advice = "`prism-connect connect list` shows all.";
            return Err(unknown(
                Thing::Connection,
                name.as_str(),
                names.iter().map(ConnectionId::as_str),
                advice,
            ));
        }
        names = vec![name];
    }
    let mut tested = Vec::new();
    for name in names {
        tested.push(test_stored(context, caller, name).await?);
    }
    Ok(tested)
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
            Code::NotConnected,
            format!("{} is not connected yet.", context.sides.system(&name)),
            format!(
                "Save it first: `prism-connect connect {} …`.",
                context.sides.system(&name).word()
            ),
        );
        return Ok(outcome(name, Err(finding)).0);
    };
    let tried = attempt(context, caller, &name, &record.settings).await?;
    let (view, tried) = outcome(name.clone(), tried);
    let _wiring = context.wiring.lock().await;
    // What was stored anew in the meantime was not tried by this; and whoever only looks leaves nothing behind.
    let Some(now) = context.connection(&name).await? else { return Ok(view) };
    if now.settings == record.settings && !caller.actor.read_only {
        keep(context, &name, now, &view, tried).await?;
    }
    Ok(view)
}

async fn keep(
    context: &Context,
    name: &ConnectionId,
    mut record: ConnectionRecord,
    view: &TestView,
    tried: Option<Tried>,
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

async fn test_draft(
    context: &Arc<Context>,
    caller: &Caller,
    draft: ConnectionDraft,
) -> Result<TestView, Refusal> {
    let name = settings::name(&draft, &context.sides);
    let old = context.connection(&name).await?;
    let checked = settings::check(draft, old.as_ref(), &word(context))?;
    let sealed_for = name.clone();
    let typed = context.with_vault(move |vault| checked.seal(&sealed_for, vault)).await?;
    let tried = attempt(context, caller, &name, &typed).await?;
    Ok(outcome(name, tried).0)
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
    Some(Finding::new(Code::MissingRight, text, first.advice.clone()))
}

/// Tries settings. A refusal of ours (a locked vault, a cancel) is no finding about the connection.
async fn attempt(
    context: &Arc<Context>,
    caller: &Caller,
    name: &ConnectionId,
    stored: &ConnectionSettings,
) -> Result<Result<Tried, Finding>, Refusal> {
    if let Err(finding) = settings::admit(stored) {
        return Ok(Err(finding));
    }
    let tried = match stored.side() {
        Side::Source => attempt_source(context, caller, name, stored).await,
        Side::Target => attempt_target(context, caller, name, stored).await,
    };
    match tried {
        Ok(Ok(tried)) => Ok(Ok(tried)),
        Ok(Err(ReadError::Cancelled)) => Err(ReadError::Cancelled.into()),
        Ok(Err(error)) => Ok(Err(error.finding())),
        // The secret came with a backup of another installation: that is this connection's trouble alone.
        Err(refusal) if refusal.finding.code == Code::VaultForeign => Ok(Err(refusal.finding)),
        Err(refusal) => Err(refusal),
    }
}

async fn attempt_source(
    context: &Arc<Context>,
    caller: &Caller,
    name: &ConnectionId,
    stored: &ConnectionSettings,
) -> Result<Result<Tried, ReadError>, Refusal> {
    let (name, stored) = (name.clone(), stored.clone());
    let clear = context.with_vault(move |vault| settings::prism(&name, &stored, vault)).await?;
    let made = context.factory().source(clear, context.wires(caller));
    let client = match made {
        Ok(client) => client,
        Err(finding) => return Ok(Err(ReadError::Unreachable(finding))),
    };
    let tried = async {
        let who = client.probe().await?;
        let found = client.agreements().await?;
        let ours = found.into_iter().filter(|agreement| agreement.csp);
        let ours = ours.map(|one| KnownAgreement {
            id: one.id,
            number: None,
            name: one.program,
            chosen: false,
        });
        let mut agreements: Vec<_> = ours.collect();
        numbered(&mut agreements, client.invoices().await.map(|list| list.invoices))?;
        let who = if who.is_empty() { String::new() } else { format!(" as {who}") };
        let text = format!("PRISM answers{who}; agreements for {PROGRAM}: {}.", agreements.len());
        Ok(Tried { text, probe: None, agreements: Some(agreements) })
    };
    Ok(tried.await)
}

/// Agreements have their number from their invoices. Where those cannot be read now, the number of an earlier look
/// must do, or the id.
fn numbered(
    agreements: &mut [KnownAgreement],
    invoices: Result<Vec<Invoice>, ReadError>,
) -> Result<(), ReadError> {
    let invoices = match invoices {
        Ok(invoices) => invoices,
        Err(error @ (ReadError::Unauthorized { .. } | ReadError::Cancelled)) => return Err(error),
        Err(error) => {
            tracing::warn!("the numbers of agreements are not told: {error}");
            return Ok(());
        }
    };
    for agreement in agreements {
        let mut theirs =
            invoices.iter().filter(|one| one.agreement.as_ref() == Some(&agreement.id));
        agreement.number = theirs.find_map(|one| one.agreement_number.clone());
    }
    Ok(())
}

async fn attempt_target(
    context: &Arc<Context>,
    caller: &Caller,
    name: &ConnectionId,
    stored: &ConnectionSettings,
) -> Result<Result<Tried, ReadError>, Refusal> {
    let (name, stored) = (name.clone(), stored.clone());
    let of = name.clone();
    let clear = context.with_vault(move |vault| settings::target(&of, &stored, vault)).await?;
    let made = context.factory().target(&name, clear, context.wires(caller));
    let client = match made {
        Ok(client) => client,
        Err(finding) => return Ok(Err(ReadError::Unreachable(finding))),
    };
    Ok(client.probe().await.map(|probe| {
        let version = probe.version.as_ref().map(|version| format!(", version {version}"));
        let (kind, url) = (client.kind(), &probe.url);
        let text = format!("{kind} answers at {url}{}.", version.unwrap_or_default());
        Tried { text, probe: Some(probe), agreements: None }
    }))
}
