//! Settings of connections: as typed, as stored with sealed secrets, and in clear for a client.
//!
//! A secret leaves this file only inside a client's settings.

use std::collections::BTreeSet;

use url::Url;

use crate::{
    domain::{Code, ConnectionId, Side, outcome::Finding, secret::Secret},
    engine::{
        connections::sides::Sides,
        factory::TargetSettings,
        protocol::{ConnectionDraft, Refusal},
        refusals::{malformed, shortened},
        tables::{ConnectionRecord, ConnectionSettings},
        views::{ConnectionView, SystemKind},
    },
    http::is_loopback,
    prism::PrismSettings,
    psa::{
        autotask::AutotaskSettings,
        connectwise::{ConnectwiseFields, ConnectwiseSettings, Site},
    },
    vault::{Sealed, Vault, VaultError},
};

/// The longest text that a field takes, in characters.
const LONGEST_FIELD: usize = 500;

/// A secret: typed just now, or stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GivenSecret {
    Typed(Secret),
    Stored(Sealed),
}

/// A draft laid over what is stored, checked, with everything that is required.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Checked {
    Prism {
        environment: String,
        api_url: Url,
        identity_url: Url,
        client_id: String,
        secret: GivenSecret,
        /// Whether plain `http` is allowed.
        plain_http: bool,
    },
    Autotask {
        environment: String,
        /// Zone URL; none where it is discovered.
        base_url: Option<Url>,
        /// API user name.
        username: String,
        /// Tracking identifier.
        integration_code: GivenSecret,
        secret: GivenSecret,
        /// Whether plain `http` is allowed.
        plain_http: bool,
    },
    Connectwise {
        environment: String,
        site: String,
        company: String,
        public_key: String,
        client_id: String,
        secret: GivenSecret,
    },
}

/// Which connection a draft is of.
pub(crate) fn name(draft: &ConnectionDraft, sides: &Sides) -> ConnectionId {
    sides.of_system(match draft {
        ConnectionDraft::Prism { .. } => SystemKind::Prism,
        ConnectionDraft::Autotask { .. } => SystemKind::Autotask,
        ConnectionDraft::Connectwise { .. } => SystemKind::Connectwise,
    })
}

impl ConnectionSettings {
    /// What they lead to.
    #[must_use]
    pub fn system(&self) -> SystemKind {
        match self {
            Self::Prism { .. } => SystemKind::Prism,
            Self::Autotask { .. } => SystemKind::Autotask,
            Self::Connectwise { .. } => SystemKind::Connectwise,
        }
    }

    /// On which side it is.
    #[must_use]
    pub fn side(&self) -> Side {
        match self {
            Self::Prism { .. } => Side::Source,
            Self::Autotask { .. } | Self::Connectwise { .. } => Side::Target,
        }
    }

    /// What its environment is called.
    #[must_use]
    pub fn environment(&self) -> &str {
        match self {
            Self::Prism { environment, .. }
            | Self::Autotask { environment, .. }
            | Self::Connectwise { environment, .. } => environment,
        }
    }

    /// The address of a target, where it was typed and not discovered.
    #[must_use]
    pub fn target_url(&self) -> Option<&Url> {
        match self {
            Self::Prism { .. } | Self::Connectwise { .. } => None,
            Self::Autotask { base_url, .. } => base_url.as_ref(),
        }
    }

    /// Laid over what is shown of its record, whose `url` is that of the last test.
    #[must_use]
    pub fn shown(self, view: ConnectionView) -> ConnectionView {
        match self {
            Self::Prism { environment, api_url, identity_url, client_id, .. } => ConnectionView {
                environment,
                url: Some(api_url.to_string()),
                identity_url: Some(identity_url.to_string()),
                user: Some(client_id),
                ..view
            },
            Self::Autotask { environment, base_url, username, .. } => ConnectionView {
                environment,
                url: base_url.map(|url| url.to_string()).or(view.url),
                user: Some(username),
                has_integration_code: true,
                ..view
            },
            Self::Connectwise { environment, site, company, public_key, client_id, .. } => {
                ConnectionView {
                    environment,
                    url: Some(site),
                    user: Some(public_key),
                    company: Some(company),
                    client_id: Some(client_id),
                    ..view
                }
            }
        }
    }
}

/// Lays a draft over what is stored; what is missing or malformed is refused, one thing at a time.
pub(crate) fn check(
    draft: ConnectionDraft,
    stored: Option<&ConnectionRecord>,
    environment_word: &str,
) -> Result<Checked, Refusal> {
    let old = Old::of(stored);
    match draft {
        ConnectionDraft::Prism {
            environment,
            api_url,
            identity_url,
            client_id,
            client_secret,
            plain_http,
        } => {
            let api_url = url("API URL", api_url, old.api_url.clone())?;
            let identity_url = url("identity URL", identity_url, old.identity_url.clone())?;
            let addresses = [("API URL", &api_url), ("identity URL", &identity_url)];
            let agreed = old.agreed(&[Some(&api_url), Some(&identity_url)]);
            let plain_http =
                encrypted(SystemKind::Prism, &addresses, agreed.plain_http(plain_http))?;
            Ok(Checked::Prism {
                environment: optional("environment", environment)?
                    .or(old.environment.clone())
                    .unwrap_or_else(|| environment_word.to_owned()),
                client_id: required("client id", client_id, old.user.clone())?,
                secret: agreed.secret("client secret", client_secret, old.secret.as_ref())?,
                api_url,
                identity_url,
                plain_http,
            })
        }
        ConnectionDraft::Autotask {
            environment,
            base_url,
            username,
            integration_code,
            secret,
            plain_http,
        } => {
            let base_url = match base_url {
                Some(text) if text.trim().is_empty() => None,
                Some(text) => Some(web_address("base URL", &text)?),
                None => old.api_url.clone(),
            };
            let addresses: Vec<_> = base_url.iter().map(|url| ("base URL", url)).collect();
            let agreed = old.agreed(&[base_url.as_ref()]);
            let plain_http =
                encrypted(SystemKind::Autotask, &addresses, agreed.plain_http(plain_http))?;
            let code = integration_code.as_ref().map(cleaned_code).transpose()?;
            Ok(Checked::Autotask {
                environment: optional("environment", environment)?
                    .or(old.environment.clone())
                    .unwrap_or_else(|| environment_word.to_owned()),
                username: required("user name", username, old.user.clone())?,
                integration_code: agreed.secret("integration code", code, old.code.as_ref())?,
                secret: agreed.secret("secret", secret, old.secret.as_ref())?,
                base_url,
                plain_http,
            })
        }
        ConnectionDraft::Connectwise {
            environment,
            site,
            company,
            public_key,
            client_id,
            private_key,
        } => {
            let (company, client_id) =
                (company.or(old.company.clone()), client_id.or(old.client_id.clone()));
            let fields = ConnectwiseFields {
                site: site.or(old.site.clone()).unwrap_or_default(),
                company: company.unwrap_or_default(),
                public_key: public_key.or(old.user.clone()).unwrap_or_default(),
                private_key: private_key.clone().unwrap_or_else(|| Secret::new("stored")),
                client_id: client_id.unwrap_or_default(),
                code_base: None,
            };
            let place = place_of(&fields)?;
            let agreed = old.agreed(&[Some(&place)]);
            Ok(Checked::Connectwise {
                environment: optional("environment", environment)?
                    .or(old.environment.clone())
                    .unwrap_or_else(|| environment_word.to_owned()),
                site: fields.site.trim().to_owned(),
                company: fields.company.trim().to_owned(),
                public_key: fields.public_key.trim().to_owned(),
                client_id: fields.client_id.trim().to_owned(),
                secret: agreed.secret("private key", private_key, old.secret.as_ref())?,
            })
        }
    }
}

/// Where a ConnectWise connection leads to, once everything about it that can be judged unseen is in order.
fn place_of(fields: &ConnectwiseFields) -> Result<Url, Refusal> {
    let checked = ConnectwiseSettings::typed(fields);
    let checked =
        checked.map_err(|finding| malformed(finding.code, finding.text, finding.advice))?;
    Ok(checked.pages().clone())
}

/// A tracking identifier is often pasted, with blanks around it.
fn cleaned_code(code: &Secret) -> Result<Secret, Refusal> {
    clean("integration code", code.expose()).map(Secret::new)
}

/// The parts of stored settings that a draft may leave as they are.
#[derive(Default)]
struct Old {
    environment: Option<String>,
    api_url: Option<Url>,
    identity_url: Option<Url>,
    /// Where zone discovery led, if the zone is discovered.
    zone: Option<Url>,
    user: Option<String>,
    /// Of ConnectWise.
    site: Option<String>,
    company: Option<String>,
    client_id: Option<String>,
    code: Option<GivenSecret>,
    secret: Option<GivenSecret>,
    plain_http: bool,
}

impl Old {
    fn of(stored: Option<&ConnectionRecord>) -> Self {
        let Some(record) = stored else { return Self::default() };
        match record.settings.clone() {
            ConnectionSettings::Prism {
                environment,
                api_url,
                identity_url,
                client_id,
                secret,
                plain_http,
            } => Self {
                environment: Some(environment),
                api_url: Some(api_url),
                identity_url: Some(identity_url),
                zone: None,
                user: Some(client_id),
                secret: Some(GivenSecret::Stored(secret)),
                plain_http,
                ..Self::default()
            },
            ConnectionSettings::Autotask {
                environment,
                base_url,
                username,
                integration_code,
                sealed_code,
                secret,
                plain_http,
            } => Self {
                environment: Some(environment),
                zone: record.probe.as_ref().and_then(|probe| Url::parse(&probe.url).ok()),
                api_url: base_url,
                identity_url: None,
                user: Some(username),
                code: sealed_code.map(GivenSecret::Stored).or_else(|| in_clear(integration_code)),
                secret: Some(GivenSecret::Stored(secret)),
                plain_http,
                ..Self::default()
            },
            ConnectionSettings::Connectwise {
                environment,
                site,
                company,
                public_key,
                client_id,
                secret,
            } => Self {
                environment: Some(environment),
                api_url: Site::typed(&site).ok().map(|site| site.pages().clone()),
                site: Some(site),
                company: Some(company),
                user: Some(public_key),
                client_id: Some(client_id),
                secret: Some(GivenSecret::Stored(secret)),
                ..Self::default()
            },
        }
    }

    /// What was agreed to, seen from these addresses: the API's (none: the zone is discovered), and the identity's.
    fn agreed(&self, addresses: &[Option<&Url>]) -> AgreedPlaces {
        let old = [self.api_url.as_ref(), self.identity_url.as_ref()];
        let held = |(new, old): (Option<&Url>, Option<&Url>)| match (new, old) {
            (Some(new), Some(old)) => new.origin() == old.origin(),
            // A zone that was discovered may be written down.
            (Some(new), None) => {
                self.zone.as_ref().is_some_and(|zone| zone.origin() == new.origin())
            }
            (None, None) => true,
            (None, Some(_)) => false,
        };
        let moved = self.secret.is_some() && !addresses.iter().copied().zip(old).all(held);
        let shown = |url: &Url| url.origin().ascii_serialization();
        let before: BTreeSet<String> = old.into_iter().flatten().map(shown).collect();
        let now: BTreeSet<String> = addresses.iter().flatten().map(|url| shown(url)).collect();
        AgreedPlaces { moved: moved.then_some((before, now)), plain_http: self.plain_http }
    }
}

fn in_clear(code: Option<String>) -> Option<GivenSecret> {
    code.map(|code| GivenSecret::Typed(Secret::new(code)))
}

/// What the operator agreed to when a secret was given: these places and no others.
struct AgreedPlaces {
    /// From where to where the connection moves, if it does: scheme, host and port of each address.
    moved: Option<(BTreeSet<String>, BTreeSet<String>)>,
    plain_http: bool,
}

impl AgreedPlaces {
    /// Whether plain `http` is allowed: said just now, or before and for the same places.
    fn plain_http(&self, said: Option<bool>) -> bool {
        said.unwrap_or(self.plain_http && self.moved.is_none())
    }

    /// A secret as typed, or the stored one, which goes nowhere that it was not given for.
    fn secret(
        &self,
        field: &str,
        typed: Option<Secret>,
        stored: Option<&GivenSecret>,
    ) -> Result<GivenSecret, Refusal> {
        match (typed, stored, &self.moved) {
            (Some(secret), _, _) if secret.is_empty() => Err(missing(field)),
            (Some(secret), _, _) => Ok(GivenSecret::Typed(secret)),
            (None, Some(_), Some((before, now))) => Err(again(field, before, now)),
            (None, Some(stored), None) => Ok(stored.clone()),
            (None, None, _) => Err(missing(field)),
        }
    }
}

fn again(field: &str, before: &BTreeSet<String>, now: &BTreeSet<String>) -> Refusal {
    let listed = |places: &BTreeSet<String>| {
        if places.is_empty() {
            return "Autotask's own zones".to_owned();
        }
        places.iter().cloned().collect::<Vec<_>>().join(" and ")
    };
    let text = format!(
        "The saved {field} was given for {}. It is not sent to {} unless it is given again.",
        listed(before),
        listed(now)
    );
    let advice = if field == "integration code" {
        "Nothing was saved or sent. Type it again (`--integration-code` on the command line)."
    } else {
        "Nothing was saved or sent. Type it again (`--secret-stdin` where nobody can be asked)."
    };
    malformed(Code::SecretAgain, text, advice)
}

/// Plain `http` is for this machine, or where the operator said so. Tells whether an address is so.
pub(crate) fn encrypted(
    system: SystemKind,
    addresses: &[(&str, &Url)],
    allowed: bool,
) -> Result<bool, Refusal> {
    let plain = addresses.iter().find(|(_, url)| is_plain(url));
    match plain {
        Some((field, url)) if !allowed => {
            let finding = plain_finding(system, field, url);
            Err(malformed(finding.code, finding.text, finding.advice))
        }
        Some(_) => Ok(true),
        None => Ok(false),
    }
}

/// Whether what is sent there can be read on the way.
fn is_plain(url: &Url) -> bool {
    url.scheme() != "https" && !is_loopback(url)
}

fn plain_finding(system: SystemKind, field: &str, url: &Url) -> Finding {
    let place = url.origin().ascii_serialization();
    let text = format!("The {field} {place} is not encrypted.");
    let flag = match field {
        "API URL" => "--api-url",
        "identity URL" => "--identity-url",
        _ => "--base-url",
    };
    // No command in backquotes: the console has no key for it.
    let advice = format!(
        "Use https://. Where there is only a tunnel, say, give --allow-plain-http on the command line: \
         prism-connect connect {} {flag} {url} --allow-plain-http",
        system.word()
    );
    Finding::new(Code::PlainHttp, text, advice)
}

fn addresses(settings: &ConnectionSettings) -> Vec<(&'static str, &Url)> {
    match settings {
        ConnectionSettings::Prism { api_url, identity_url, .. } => {
            vec![("API URL", api_url), ("identity URL", identity_url)]
        }
        ConnectionSettings::Autotask { base_url, .. } => {
            base_url.iter().map(|url| ("base URL", url)).collect()
        }
        // Its keys are never sent in the clear, whatever is said.
        ConnectionSettings::Connectwise { .. } => Vec::new(),
    }
}

/// Whether stored addresses are plain `http` beyond this machine.
pub(crate) fn uses_plain_http(settings: &ConnectionSettings) -> bool {
    addresses(settings).iter().any(|(_, url)| is_plain(url))
}

/// Lets stored settings be used, unless they are plain `http` and nobody allowed that (an older version did not ask).
pub(crate) fn admit(settings: &ConnectionSettings) -> Result<(), Finding> {
    let (ConnectionSettings::Prism { plain_http: allowed, .. }
    | ConnectionSettings::Autotask { plain_http: allowed, .. }) = settings
    else {
        return Ok(());
    };
    let addresses = addresses(settings);
    let plain = addresses.iter().find(|(_, url)| !allowed && is_plain(url));
    plain.map_or(Ok(()), |(field, url)| Err(plain_finding(settings.system(), field, url)))
}

fn clean(field: &str, text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if text.chars().any(char::is_control) || text.chars().count() > LONGEST_FIELD {
        return Err(malformed(
            Code::Field,
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

fn missing(field: &str) -> Refusal {
    malformed(
        Code::MissingField,
        format!("The {field} is missing."),
        "Nothing was saved. Give it as well.",
    )
}

fn url(field: &str, typed: Option<String>, stored: Option<Url>) -> Result<Url, Refusal> {
    match typed {
        Some(text) => web_address(field, &text),
        None => stored.ok_or_else(|| missing(field)),
    }
}

/// An address as an operator types it.
pub(crate) fn web_address(field: &str, text: &str) -> Result<Url, Refusal> {
    let text = clean(field, text)?;
    let wrong = |why: &str| {
        malformed(
            Code::Url,
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
            Code::Url,
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
    pub(crate) fn seal(
        self,
        name: &ConnectionId,
        vault: &Vault,
    ) -> Result<ConnectionSettings, VaultError> {
        Ok(match self {
            Self::Prism { environment, api_url, identity_url, client_id, secret, plain_http } => {
                let secret = sealed(vault, &context(name), secret)?;
                ConnectionSettings::Prism {
                    environment,
                    api_url,
                    identity_url,
                    client_id,
                    secret,
                    plain_http,
                }
            }
            Self::Autotask {
                environment,
                base_url,
                username,
                integration_code,
                secret,
                plain_http,
            } => ConnectionSettings::Autotask {
                environment,
                base_url,
                username,
                integration_code: None,
                sealed_code: Some(sealed(vault, &code_context(name), integration_code)?),
                secret: sealed(vault, &context(name), secret)?,
                plain_http,
            },
            Self::Connectwise { environment, site, company, public_key, client_id, secret } => {
                ConnectionSettings::Connectwise {
                    environment,
                    site,
                    company,
                    public_key,
                    client_id,
                    secret: sealed(vault, &context(name), secret)?,
                }
            }
        })
    }
}

/// With the tracking identifier sealed, where an older version stored it in clear; none where nothing is to be done.
pub(crate) fn sealed_code(
    name: &ConnectionId,
    stored: &ConnectionSettings,
    vault: &Vault,
) -> Result<Option<ConnectionSettings>, VaultError> {
    let mut settings = stored.clone();
    let ConnectionSettings::Autotask { integration_code, sealed_code, .. } = &mut settings else {
        return Ok(None);
    };
    let Some(code) = integration_code.take() else { return Ok(None) };
    *sealed_code = Some(vault.seal(&code_context(name), &Secret::new(code))?);
    Ok(Some(settings))
}

fn context(name: &ConnectionId) -> String {
    format!("connection {name}")
}

fn code_context(name: &ConnectionId) -> String {
    format!("connection {name} integration code")
}

fn sealed(vault: &Vault, context: &str, secret: GivenSecret) -> Result<Sealed, VaultError> {
    match secret {
        GivenSecret::Typed(secret) => vault.seal(context, &secret),
        GivenSecret::Stored(sealed) => Ok(sealed),
    }
}

/// In clear, for a client of the source.
pub(crate) fn prism(
    name: &ConnectionId,
    stored: &ConnectionSettings,
    vault: &Vault,
) -> Result<PrismSettings, VaultError> {
    match stored {
        ConnectionSettings::Prism { api_url, identity_url, client_id, secret, .. } => {
            Ok(PrismSettings {
                api_url: api_url.clone(),
                identity_url: identity_url.clone(),
                client_id: client_id.clone(),
                client_secret: vault.unseal(&context(name), secret)?,
            })
        }
        ConnectionSettings::Autotask { .. } | ConnectionSettings::Connectwise { .. } => {
            Err(VaultError::Foreign { context: context(name) })
        }
    }
}

/// In clear, for a client of the target.
pub(crate) fn target(
    name: &ConnectionId,
    stored: &ConnectionSettings,
    vault: &Vault,
) -> Result<TargetSettings, VaultError> {
    match stored {
        ConnectionSettings::Autotask { base_url, username, secret, .. } => {
            Ok(TargetSettings::Autotask(AutotaskSettings {
                base_url: base_url.clone(),
                discovery_url: None,
                username: username.clone(),
                integration_code: code_of(name, stored, vault)?,
                secret: vault.unseal(&context(name), secret)?,
            }))
        }
        ConnectionSettings::Connectwise {
            site, company, public_key, client_id, secret, ..
        } => Ok(TargetSettings::Connectwise(ConnectwiseFields {
            site: site.clone(),
            company: company.clone(),
            public_key: public_key.clone(),
            private_key: vault.unseal(&context(name), secret)?,
            client_id: client_id.clone(),
            code_base: None,
        })),
        ConnectionSettings::Prism { .. } => Err(VaultError::Foreign { context: context(name) }),
    }
}

fn code_of(
    name: &ConnectionId,
    stored: &ConnectionSettings,
    vault: &Vault,
) -> Result<Secret, VaultError> {
    match stored {
        ConnectionSettings::Autotask { sealed_code: Some(sealed), .. } => {
            vault.unseal(&code_context(name), sealed)
        }
        ConnectionSettings::Autotask { integration_code: Some(code), .. } => Ok(Secret::new(code)),
        _ => Err(VaultError::Foreign { context: code_context(name) }),
    }
}

/// The secrets alone, so that they can be looked for where they must not be.
pub(crate) fn secrets_of(
    name: &ConnectionId,
    stored: &ConnectionSettings,
    vault: &Vault,
) -> Vec<Secret> {
    let sealed = match stored {
        ConnectionSettings::Prism { secret, .. }
        | ConnectionSettings::Connectwise { secret, .. } => {
            vec![vault.unseal(&context(name), secret)]
        }
        ConnectionSettings::Autotask { secret, .. } => {
            vec![vault.unseal(&context(name), secret), code_of(name, stored, vault)]
        }
    };
    // What cannot be unsealed now was not in clear in this process either.
    sealed.into_iter().filter_map(Result::ok).collect()
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
            plain_http: None,
        };
        let missing = |draft| check(draft, None, "PROD").expect_err("refused").finding.text;
        assert_eq!(missing(draft(None, None)), "The API URL is missing.");
        assert_eq!(missing(draft(Some("https://api.example"), None)), "The client id is missing.");
        let last = draft(Some("https://api.example"), Some("me"));
        assert_eq!(missing(last), "The client secret is missing.");
    }
}
