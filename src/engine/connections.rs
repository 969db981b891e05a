//! Connections: showing, storing and trying them, and choosing agreements.

use std::sync::Arc;

use crate::{
    domain::{ConnectionId, Thing},
    engine::{
        audit::trail::Deed,
        context::{Caller, Context},
        family::Family,
        protocol::{
            Ask, Changed, ConnectionDraft, Happening, Refusal, Reply,
            command::{
                AwaitCredentials, ChooseAgreements, ConfirmEnvironments, ConnectionCommand,
                Connections, GenerateCredentials, SaveConnection, SignInCommand, TestConnection,
                UseTarget,
            },
        },
        refusals::unknown,
        tables::{CONNECTIONS, ConnectionRecord, IN_STEP, KnownAgreement, of_connection},
        views::{ConnectionState, ConnectionView, connection_title},
    },
    store::Batch,
};

pub(crate) mod agreements;
pub(crate) mod credentials;
pub(crate) mod environments;
pub(crate) mod heard;
pub(crate) mod probe;
pub(crate) mod settings;
pub(crate) mod sides;

pub(super) use agreements::{choose, chosen_called};
pub(super) use probe::test;

impl Family for ConnectionCommand {
    async fn carry_out(self, context: &Arc<Context>, caller: &Caller) -> Reply {
        match self {
            Self::Connections(_) => list(context).await.map(Connections::put),
            Self::SaveConnection(SaveConnection { draft }) => {
                save(context, caller, draft).await.map(SaveConnection::put)
            }
            Self::TestConnection(TestConnection { name, draft }) => {
                test(context, caller, name, draft).await.map(TestConnection::put)
            }
            Self::GenerateCredentials(GenerateCredentials { email, draft }) => {
                credentials::generate(context, caller, email, draft)
                    .await
                    .map(GenerateCredentials::put)
            }
            Self::ConfirmEnvironments(ConfirmEnvironments { seen }) => {
                environments::confirm(context, caller, &seen).await.map(ConfirmEnvironments::put)
            }
            Self::UseTarget(UseTarget { name }) => {
                use_target(context, caller, &name).await.map(UseTarget::put)
            }
            Self::ChooseAgreements(ChooseAgreements { agreements }) => {
                choose(context, caller, agreements).await.map(ChooseAgreements::put)
            }
        }
    }
}

impl Family for SignInCommand {
    async fn carry_out(self, context: &Arc<Context>, caller: &Caller) -> Reply {
        match self {
            Self::AwaitCredentials(AwaitCredentials { sign_in }) => {
                credentials::wait(context, caller, sign_in).await.map(AwaitCredentials::put)
            }
        }
    }
}

/// Has what is asked from now on be about another target.
async fn use_target(
    context: &Context,
    caller: &Caller,
    name: &ConnectionId,
) -> Result<String, Refusal> {
    let all = context.sides.stored_or_used(&context.store).await;
    let targets: Vec<ConnectionId> =
        all.into_iter().filter(|one| *one != context.sides.source).collect();
    if !targets.contains(name) {
        let names = targets.iter().map(ConnectionId::as_str);
        let advice = "`prism-connect connect list` shows all.";
        return Err(unknown(Thing::Target, name.as_str(), names, advice));
    }
    context.use_target(caller.client, name);
    context.emit(Happening::Changed { what: Changed::Connections });
    Ok(format!("{} is what the screens show now.", connection_title(name)))
}

/// All connections, also those not configured yet.
pub(super) async fn list(context: &Context) -> Result<Vec<ConnectionView>, Refusal> {
    views(context).await
}

/// What is shown of them.
pub(super) async fn views(context: &Context) -> Result<Vec<ConnectionView>, Refusal> {
    let mut views = Vec::new();
    for name in context.sides.all(&context.store).await {
        let record = context.connection(&name).await?;
        views.push(match record {
            Some(record) => view(context, name, record),
            None => blank(context, name, word(context)),
        });
    }
    Ok(views)
}

fn word(context: &Context) -> String {
    context.config.environment().unwrap_or("PROD").to_owned()
}

fn blank(context: &Context, name: ConnectionId, environment: String) -> ConnectionView {
    ConnectionView {
        system: context.sides.system(&name),
        in_use: name == context.sides.target,
        name,
        environment,
        url: None,
        identity_url: None,
        user: None,
        company: None,
        client_id: None,
        has_integration_code: false,
        has_secret: false,
        plain_http: false,
        state: ConnectionState::NotConfigured,
        checked_at: None,
        agreements: Vec::new(),
        probe: None,
    }
}

fn view(context: &Context, name: ConnectionId, record: ConnectionRecord) -> ConnectionView {
    let agreements = record.agreements.into_iter().map(KnownAgreement::view);
    let probed = record.probe.as_ref().map(|probe| probe.url.clone());
    let view = ConnectionView {
        state: record.state,
        checked_at: record.checked_at,
        agreements: agreements.collect(),
        probe: record.probe,
        has_secret: true,
        plain_http: settings::uses_plain_http(&record.settings),
        ..blank(context, name, String::new())
    };
    record.settings.shown(ConnectionView { url: probed, ..view })
}

/// Stores a connection, without asking it anything.
pub(super) async fn save(
    context: &Context,
    caller: &Caller,
    draft: ConnectionDraft,
) -> Result<String, Refusal> {
    let _wiring = context.wiring.lock().await;
    let name = settings::name(&draft, &context.sides);
    let old = context.connection(&name).await?;
    let checked = settings::check(draft, old.as_ref(), &word(context))?;
    store(context, caller, name, old, checked).await
}

/// Puts checked settings in the place of what is stored.
async fn store(
    context: &Context,
    caller: &Caller,
    name: ConnectionId,
    old: Option<ConnectionRecord>,
    checked: settings::Checked,
) -> Result<String, Refusal> {
    let sealed_for = name.clone();
    let settings = context.with_vault(move |vault| checked.seal(&sealed_for, vault)).await?;
    let unchanged = old.as_ref().is_some_and(|old| old.settings == settings);
    if unchanged {
        return Ok(format!("{} is saved like this already.", context.sides.system(&name)));
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
    // It may lead to another database by now: what was in step is to be looked at anew.
    let target = if name == context.sides.source { &context.sides.target } else { &name };
    batch.remove(IN_STEP, &of_connection(target));
    let what = format!("saved connection {name}");
    let first = context.connection(&context.sides.target).await?.is_none();
    let deed = Deed::from(what).about(name.as_str());
    context.change(caller, batch, deed, Changed::Connections).await?;
    // The first target that there is, is the one that is worked with.
    if first && name != context.sides.source {
        context.use_target_first(&name);
    }
    Ok(format!(
        "{} is saved. Try it with `prism-connect connect test`.",
        context.sides.system(&name)
    ))
}

/// Seals tracking identifiers that an older version stored in clear. Does nothing while the vault is locked.
pub(super) async fn seal_codes(context: &Context) -> Result<(), Refusal> {
    let _wiring = context.wiring.lock().await;
    for name in context.sides.both() {
        let Some(record) = context.connection(&name).await? else { continue };
        let (named, stored) = (name.clone(), record.settings.clone());
        let sealed = context.with_vault(move |vault| {
            if vault.is_unlocked() {
                settings::sealed_code(&named, &stored, vault)
            } else {
                Ok(None)
            }
        });
        let Some(settings) = sealed.await? else { continue };
        let mut batch = Batch::new();
        batch.put(CONNECTIONS, &of_connection(&name), &ConnectionRecord { settings, ..record });
        context.store.commit(batch).await?;
    }
    Ok(())
}
