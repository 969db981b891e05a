//! Settings of connections: as typed, as stored with sealed secrets, and in clear for a client.
//!
//! A secret leaves this file only inside a client's settings.

use url::Url;

use crate::{
    domain::{ConnectionId, secret::Secret},
    engine::{
        protocol::{ConnectionDraft, Refusal},
        records::{ConnectionSettings, SOURCE, TARGET},
        refusals::{malformed, shortened},
    },
    prism::PrismSettings,
    psa::autotask::AutotaskSettings,
    vault::{Sealed, Vault, VaultError},
};

/// The longest text that a field takes, in characters.
const LONGEST_FIELD: usize = 500;

/// A secret: typed just now, or stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// As typed.
    Typed(Secret),
    /// As stored.
    Stored(Sealed),
}

/// A draft laid over what is stored, checked, with everything that is required.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// The source.
    Prism {
        /// Its environment.
        environment: String,
        /// API base URL.
        api_url: Url,
        /// Identity base URL.
        identity_url: Url,
        /// Client id.
        client_id: String,
        /// Client secret.
        secret: Given,
    },
    /// A target.
    Autotask {
        /// Its environment.
        environment: String,
        /// Zone URL; none where it is discovered.
        base_url: Option<Url>,
        /// API user name.
        username: String,
        /// Tracking identifier.
        integration_code: String,
        /// Its secret.
        secret: Given,
    },
}

/// Which connection a draft is of.
#[must_use]
pub fn name(draft: &ConnectionDraft) -> ConnectionId {
    ConnectionId::new(match draft {
        ConnectionDraft::Prism { .. } => SOURCE,
        ConnectionDraft::Autotask { .. } => TARGET,
    })
}

/// Lays a draft over what is stored; what is missing or malformed is refused, one thing at a time.
pub fn check(
    draft: ConnectionDraft,
    stored: Option<&ConnectionSettings>,
    environment_word: &str,
) -> Result<Checked, Refusal> {
    match draft {
        ConnectionDraft::Prism { environment, api_url, identity_url, client_id, client_secret } => {
            let old = Old::of(stored);
            Ok(Checked::Prism {
                environment: optional("environment", environment)?
                    .or(old.environment)
                    .unwrap_or_else(|| environment_word.to_owned()),
                api_url: url("API URL", api_url, old.api_url)?,
                identity_url: url("identity URL", identity_url, old.identity_url)?,
                client_id: required("client id", client_id, old.user)?,
                secret: secret("client secret", client_secret, old.secret)?,
            })
        }
        ConnectionDraft::Autotask {
            environment,
            base_url,
            username,
            integration_code,
            secret: given,
        } => {
            let old = Old::of(stored);
            Ok(Checked::Autotask {
                environment: optional("environment", environment)?
                    .or(old.environment)
                    .unwrap_or_else(|| environment_word.to_owned()),
                base_url: match base_url {
                    Some(text) if text.trim().is_empty() => None,
                    Some(text) => Some(web_address("base URL", &text)?),
                    None => old.api_url,
                },
                username: required("user name", username, old.user)?,
                integration_code: required("integration code", integration_code, old.code)?,
                secret: secret("secret", given, old.secret)?,
            })
        }
    }
}

/// The parts of stored settings that a draft may leave as they are.
#[derive(Default)]
struct Old {
    environment: Option<String>,
    api_url: Option<Url>,
    identity_url: Option<Url>,
    user: Option<String>,
    code: Option<String>,
    secret: Option<Sealed>,
}

impl Old {
    fn of(stored: Option<&ConnectionSettings>) -> Self {
        match stored.cloned() {
            None => Self::default(),
            Some(ConnectionSettings::Prism {
                environment,
                api_url,
                identity_url,
                client_id,
                secret,
            }) => Self {
                environment: Some(environment),
                api_url: Some(api_url),
                identity_url: Some(identity_url),
                user: Some(client_id),
                code: None,
                secret: Some(secret),
            },
            Some(ConnectionSettings::Autotask {
                environment,
                base_url,
                username,
                integration_code,
                secret,
            }) => Self {
                environment: Some(environment),
                api_url: base_url,
                identity_url: None,
                user: Some(username),
                code: Some(integration_code),
                secret: Some(secret),
            },
        }
    }
}

fn clean(field: &str, text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if text.chars().any(char::is_control) || text.chars().count() > LONGEST_FIELD {
        return Err(malformed(
            "field",
            format!("The {field} has control characters in it, or is longer than {LONGEST_FIELD}."),
            "Type it again; what was pasted may hold a line break.",
        ));
    }
    Ok(text.to_owned())
}

fn optional(field: &str, typed: Option<String>) -> Result<Option<String>, Refusal> {
    let text = typed.map(|text| clean(field, &text)).transpose()?;
    Ok(text.filter(|text| !text.is_empty()))
}

fn required(field: &str, typed: Option<String>, stored: Option<String>) -> Result<String, Refusal> {
    match typed {
        Some(text) => {
            Some(clean(field, &text)?).filter(|text| !text.is_empty()).ok_or_else(|| missing(field))
        }
        None => stored.ok_or_else(|| missing(field)),
    }
}

fn secret(field: &str, typed: Option<Secret>, stored: Option<Sealed>) -> Result<Given, Refusal> {
    match (typed, stored) {
        (Some(secret), _) if secret.is_empty() => Err(missing(field)),
        (Some(secret), _) => Ok(Given::Typed(secret)),
        (None, Some(sealed)) => Ok(Given::Stored(sealed)),
        (None, None) => Err(missing(field)),
    }
}

fn missing(field: &str) -> Refusal {
    malformed(
        "missing_field",
        format!("The {field} is missing."),
        "Nothing was stored. Give it as well.",
    )
}

fn url(field: &str, typed: Option<String>, stored: Option<Url>) -> Result<Url, Refusal> {
    match typed {
        Some(text) => web_address(field, &text),
        None => stored.ok_or_else(|| missing(field)),
    }
}

/// An address as an operator types it.
pub fn web_address(field: &str, text: &str) -> Result<Url, Refusal> {
    let text = clean(field, text)?;
    let wrong = |why: &str| {
        malformed(
            "url",
            format!("The {field} “{}” {why}.", shortened(&text)),
            "Write it in full, such as https://api.example.com.",
        )
    };
    if text.is_empty() {
        return Err(missing(field));
    }
    let web = ["http://", "https://"].iter().any(|scheme| {
        text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    if !web {
        return Err(wrong("does not begin with https:// or http://"));
    }
    let url = Url::parse(&text).map_err(|error| wrong(&format!("is no web address: {error}")))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(malformed(
            "url",
            format!("The {field} holds a user name or password."),
            "Leave it out of the address; there are fields for it.",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("goes on after its path, with ? or #"));
    }
    Ok(url)
}

impl Checked {
    /// As it is stored.
    pub fn seal(self, vault: &Vault) -> Result<ConnectionSettings, VaultError> {
        Ok(match self {
            Self::Prism { environment, api_url, identity_url, client_id, secret } => {
                let secret = sealed(vault, SOURCE, secret)?;
                ConnectionSettings::Prism { environment, api_url, identity_url, client_id, secret }
            }
            Self::Autotask { environment, base_url, username, integration_code, secret } => {
                let secret = sealed(vault, TARGET, secret)?;
                ConnectionSettings::Autotask {
                    environment,
                    base_url,
                    username,
                    integration_code,
                    secret,
                }
            }
        })
    }
}

fn context(name: &str) -> String {
    format!("connection {name}")
}

fn sealed(vault: &Vault, name: &str, secret: Given) -> Result<Sealed, VaultError> {
    match secret {
        Given::Typed(secret) => vault.seal(&context(name), &secret),
        Given::Stored(sealed) => Ok(sealed),
    }
}

/// In clear, for a client of the source.
pub fn prism(stored: &ConnectionSettings, vault: &Vault) -> Result<PrismSettings, VaultError> {
    match stored {
        ConnectionSettings::Prism { api_url, identity_url, client_id, secret, .. } => {
            Ok(PrismSettings {
                api_url: api_url.clone(),
                identity_url: identity_url.clone(),
                client_id: client_id.clone(),
                client_secret: vault.unseal(&context(SOURCE), secret)?,
            })
        }
        ConnectionSettings::Autotask { .. } => {
            Err(VaultError::Foreign { context: context(SOURCE) })
        }
    }
}

/// In clear, for a client of the target.
pub fn autotask(
    stored: &ConnectionSettings,
    vault: &Vault,
) -> Result<AutotaskSettings, VaultError> {
    match stored {
        ConnectionSettings::Autotask { base_url, username, integration_code, secret, .. } => {
            Ok(AutotaskSettings {
                base_url: base_url.clone(),
                discovery_url: None,
                username: username.clone(),
                integration_code: integration_code.clone(),
                secret: vault.unseal(&context(TARGET), secret)?,
            })
        }
        ConnectionSettings::Prism { .. } => Err(VaultError::Foreign { context: context(TARGET) }),
    }
}

/// The secret alone, so that it can be looked for where it must not be.
pub fn secret_of(stored: &ConnectionSettings, vault: &Vault) -> Result<Secret, VaultError> {
    match stored {
        ConnectionSettings::Prism { secret, .. } => vault.unseal(&context(SOURCE), secret),
        ConnectionSettings::Autotask { secret, .. } => vault.unseal(&context(TARGET), secret),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::no_scheme("api.prism.example", "does not begin with")]
    #[case::other_scheme("ftp://api.prism.example", "does not begin with")]
    #[case::nothing_behind("https://", "is no web address")]
    #[case::with_password("https://me:secret@api.prism.example", "holds a user name or password")]
    #[case::empty("  ", "is missing")]
    #[case::with_query("https://api.prism.example/?tenant=1", "goes on after its path")]
    fn a_malformed_address_is_refused(#[case] typed: &str, #[case] says: &str) {
        let refusal = web_address("API URL", typed).expect_err("refused");
        assert!(refusal.finding.text.contains(says), "{refusal}");
        assert!(!refusal.finding.text.contains("secret"));
    }

    #[test]
    fn what_is_missing_is_asked_for_one_thing_at_a_time() {
        let draft = |api_url: Option<&str>, client_id: Option<&str>| ConnectionDraft::Prism {
            environment: None,
            api_url: api_url.map(str::to_owned),
            identity_url: Some("https://identity.example".to_owned()),
            client_id: client_id.map(str::to_owned),
            client_secret: None,
        };
        let missing = |draft| check(draft, None, "PROD").expect_err("refused").finding.text;
        assert_eq!(missing(draft(None, None)), "The API URL is missing.");
        assert_eq!(missing(draft(Some("https://api.example"), None)), "The client id is missing.");
        let last = draft(Some("https://api.example"), Some("me"));
        assert_eq!(missing(last), "The client secret is missing.");
    }
}
