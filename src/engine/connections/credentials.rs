//! Credentials made in PRISM by a device sign-in (R12, wire/prism 2.1).

use std::{sync::Arc, time::Duration};

use crate::{
    domain::{Code, ReadError, outcome::Finding, secret::Secret},
    engine::{
        connections::settings::{encrypted, web_address},
        context::{Caller, Context},
        factory::{SignIn, SignInPlace},
        program::mail_address,
        protocol::{ConnectionDraft, Refusal},
        refusals::malformed,
        tables::ConnectionSettings,
        views::{DeviceSignIn, SystemKind},
    },
};

/// Begins the sign-in: the answer says where to approve it.
pub(crate) async fn generate(
    context: &Arc<Context>,
    caller: &Caller,
    email: String,
    draft: Option<ConnectionDraft>,
) -> Result<DeviceSignIn, Refusal> {
    let email = mail_address(&email)?;
    let (place, plain_http) = place(context, draft).await?;
    let sign_in = context.factory().sign_in(&place, context.wires(caller)).await?;
    Ok(DeviceSignIn {
        verification_url: sign_in.verification_url,
        user_code: sign_in.user_code,
        device_code: sign_in.device_code.expose().to_owned(),
        interval_seconds: sign_in.interval.as_secs(),
        expires_at: sign_in.expires_at,
        email,
        api_url: place.api_url.to_string(),
        identity_url: place.identity_url.to_string(),
        plain_http,
    })
}

/// Where to sign in, and whether it is plain `http` because that was allowed.
async fn place(
    context: &Context,
    draft: Option<ConnectionDraft>,
) -> Result<(SignInPlace, bool), Refusal> {
    let (api, identity, said) = match draft {
        None => (None, None, None),
        Some(ConnectionDraft::Prism { api_url, identity_url, plain_http, .. }) => {
            (api_url, identity_url, plain_http)
        }
        Some(ConnectionDraft::Autotask { .. } | ConnectionDraft::Connectwise { .. }) => {
            let text = "Credentials can be generated for PRISM only.";
            return Err(malformed(Code::Generate, text, "Configure the PSA by hand."));
        }
    };
    let stored = context.connection(&context.sides.source).await?.map(|record| record.settings);
    let typed = api.is_some() || identity.is_some();
    let (stored, allowed) = match stored {
        Some(ConnectionSettings::Prism { api_url, identity_url, plain_http, .. }) => {
            (Some((api_url, identity_url)), plain_http && !typed)
        }
        _ => (None, false),
    };
    let one = |field: &str, typed: Option<String>, stored: Option<url::Url>| match typed {
        Some(text) => web_address(field, &text),
        None => stored.ok_or_else(|| {
            let text = format!("The {field} is missing.");
            malformed(Code::MissingField, text, "Give it as well.")
        }),
    };
    let place = SignInPlace {
        api_url: one("API URL", api, stored.clone().map(|urls| urls.0))?,
        identity_url: one("identity URL", identity, stored.map(|urls| urls.1))?,
    };
    let addresses = [("API URL", &place.api_url), ("identity URL", &place.identity_url)];
    let plain_http = encrypted(SystemKind::Prism, &addresses, said.unwrap_or(allowed))?;
    Ok((place, plain_http))
}

/// Waits for the approval, has credentials made, and stores them.
pub(crate) async fn wait(
    context: &Arc<Context>,
    caller: &Caller,
    begun: DeviceSignIn,
) -> Result<String, Refusal> {
    let place = SignInPlace {
        api_url: web_address("API URL", &begun.api_url)?,
        identity_url: web_address("identity URL", &begun.identity_url)?,
    };
    let addresses = [("API URL", &place.api_url), ("identity URL", &place.identity_url)];
    encrypted(SystemKind::Prism, &addresses, begun.plain_http)?;
    let email = mail_address(&begun.email)?;
    let sign_in = SignIn {
        verification_url: begun.verification_url,
        user_code: begun.user_code,
        device_code: Secret::new(begun.device_code),
        interval: Duration::from_secs(begun.interval_seconds.clamp(1, 300)),
        expires_at: begun.expires_at,
    };
    // PRISM shows the secret once: there must be a place for it.
    context.with_vault(|vault| vault.seal("room", &Secret::new("")).map(drop)).await?;
    let wires = context.wires(caller);
    let made = context.factory().credentials(&place, &sign_in, &email, wires).await;
    let made = made.map_err(given_up)?;
    let draft = ConnectionDraft::Prism {
        environment: None,
        api_url: Some(begun.api_url),
        identity_url: Some(begun.identity_url),
        client_id: Some(made.client_id),
        client_secret: Some(made.client_secret),
        plain_http: Some(begun.plain_http),
    };
    super::save(context, caller, draft).await
}

/// What was cancelled is named: before the approval nothing was made, and nothing is stored before it was made.
fn given_up(error: ReadError) -> Refusal {
    let cancelled = error == ReadError::Cancelled;
    let refusal = Refusal::from(error);
    if !cancelled {
        return refusal;
    }
    let finding = Finding::new(
        Code::Cancelled,
        "The sign-in to PRISM was given up: no credentials were made, and what is saved is as it was.",
        "The code shown for it is of no use any more. Start again when you want it.",
    );
    Refusal { finding, ..refusal }
}
