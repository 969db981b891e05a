//! Whoever takes a message to one recipient: by mail or to a web address, with the secrets of that way.
//!
//! It must not know what a message says, nor when it is tried again.

use std::{path::Path, time::Duration};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use super::message::{Delivery, Message, Recipient};
use crate::{
    config::Config,
    domain::{
        Code, ConnectionId,
        notify::{Hook, HookSecret, HookStyle, NotifySettings},
        outcome::Finding,
        secret::Secret,
        text::hex,
    },
    engine::{
        connections::settings::secrets_of,
        context::Context,
        protocol::Refusal,
        tables::{CONNECTIONS, SECRETS, of_secret},
    },
    files,
    http::{HookCall, Redactor, tell},
    mail::{self, Equipment, Letter, message_id},
    store::Key,
    vault::Sealed,
};

/// A secret in a file is a line.
const LONGEST_SECRET: u64 = 16 << 10;

/// Under which the password of the mail server's user is sealed.
pub(super) const MAIL_PASSWORD: &str = "mail password";

/// Under which the secret of a web address is sealed.
pub(super) fn secret_of(hook: &Hook) -> String {
    format!("webhook {}", key(hook))
}

/// What tells a web address from others, without telling it.
fn key(hook: &Hook) -> String {
    hex(&Sha256::digest(hook.url.as_str().as_bytes()))[..16].to_owned()
}

pub(super) fn recipient(hook: &Hook) -> Recipient {
    Recipient::Hook { key: key(hook), origin: hook.origin() }
}

/// What tells a message to somebody from every other.
pub(super) fn id(installation: &str, name: &str, to: &Recipient) -> String {
    match to {
        Recipient::Mail { address } => message_id(installation, name, address),
        Recipient::Hook { key, .. } => message_id(installation, name, key),
    }
}

/// Why a message was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Untaken {
    pub(super) finding: Finding,
    pub(super) for_good: bool,
}

/// One round of deliveries.
pub(super) struct Courier<'a> {
    context: &'a Context,
    settings: NotifySettings,
    equipment: Result<Equipment, Finding>,
    timeout: Duration,
    ca_file: Option<std::path::PathBuf>,
    /// What stood in the way of every letter of this round.
    in_the_way: Option<Finding>,
}

impl<'a> Courier<'a> {
    pub(super) async fn new(context: &'a Context, config: &Config) -> Self {
        let timeout = config.limits().timeout;
        let ca_file = config.ca_file();
        let certificates = match &ca_file {
            None => Ok(None),
            Some(path) => certificates(path).map(Some),
        };
        // A vault that is locked says so where the password is needed.
        let password = sealed(context, MAIL_PASSWORD).await.ok().flatten();
        let equipment =
            certificates.map(|certificates| Equipment { password, certificates, timeout });
        let settings = config.notify();
        Self { context, settings, equipment, timeout, ca_file, in_the_way: None }
    }

    pub(super) async fn take(&mut self, message: &Message, to: &Delivery) -> Result<(), Untaken> {
        match &to.to {
            Recipient::Mail { address } => {
                let letter = Letter {
                    from: self.settings.from.clone(),
                    to: address.clone(),
                    subject: message.subject.clone(),
                    text: message.text.clone(),
                    id: to.id.clone(),
                    at: message.made_at,
                };
                self.post(&letter).await
            }
            Recipient::Hook { key: wanted, .. } => {
                let hook = self.settings.hooks.iter().find(|hook| key(hook) == *wanted);
                let hook = hook.ok_or_else(|| gone(&to.to))?;
                self.call(hook, message, &to.id).await
            }
        }
    }

    /// Sends a letter.
    pub(super) async fn post(&mut self, letter: &Letter) -> Result<(), Untaken> {
        let later = |finding: &Finding| Untaken { finding: finding.clone(), for_good: false };
        if let Some(finding) = &self.in_the_way {
            return Err(later(finding));
        }
        let way = self.settings.way.as_ref().ok_or_else(|| later(&no_way()))?;
        let equipment = self.equipment.as_ref().map_err(later)?;
        mail::send(way, letter, equipment).await.map_err(|unsent| {
            let finding = self.safe(unsent.finding);
            if unsent.of_all {
                self.in_the_way = Some(finding.clone());
            }
            Untaken { finding, for_good: unsent.for_good }
        })
    }

    /// A server may say again what it was sent.
    fn safe(&self, finding: Finding) -> Finding {
        let redactor = Redactor::default();
        if let Ok(Equipment { password: Some(password), .. }) = &self.equipment {
            redactor.remember(password.expose());
        }
        Finding { text: redactor.safe(&finding.text), ..finding }
    }

    async fn call(&self, hook: &Hook, message: &Message, id: &str) -> Result<(), Untaken> {
        let body = body(hook.style, message, id);
        let secret = self.secret(hook).await;
        let secret = secret.map_err(|finding| Untaken { finding, for_good: false })?;
        let signature = secret.map(|secret| signature(&secret, &body));
        let call = HookCall {
            url: &hook.url,
            allow_private: hook.allow_private,
            body,
            signature,
            id,
            timeout: self.timeout,
            ca_file: self.ca_file.as_deref(),
        };
        tell(call)
            .await
            .map_err(|untold| Untaken { finding: untold.finding, for_good: untold.for_good })
    }

    async fn secret(&self, hook: &Hook) -> Result<Option<Secret>, Finding> {
        match &hook.secret {
            None => Ok(None),
            Some(HookSecret::File(path)) => in_file(path).map(Some),
            Some(HookSecret::Vault) => {
                let found = sealed(self.context, &secret_of(hook)).await?;
                found.map(Some).ok_or_else(|| {
                    let text = format!("The secret of {} is not in the vault.", hook.origin());
                    let advice = "Store it: `prism-connect mail set --webhook URL`.";
                    Finding::new(Code::HookSecret, text, advice)
                })
            }
        }
    }
}

fn certificates(path: &Path) -> Result<Vec<u8>, Finding> {
    const LARGEST: u64 = 8 << 20;
    files::read(path, LARGEST).map_err(|error| {
        let text = format!("The certificates in {} cannot be used: {error}", path.display());
        Finding::new(Code::CaFile, text, "Give a readable file of certificates in PEM form.")
    })
}

fn in_file(path: &Path) -> Result<Secret, Finding> {
    let failed = |why: String| {
        let text = format!("The secret in {} cannot be used: {why}", path.display());
        Finding::new(
            Code::HookSecret,
            text,
            "Give a readable file with the secret on its first line.",
        )
    };
    let bytes = files::read(path, LONGEST_SECRET).map_err(|error| failed(error.to_string()))?;
    let text =
        String::from_utf8(bytes).map_err(|_| failed("it is not text in UTF-8".to_owned()))?;
    match text.lines().next().unwrap_or_default().trim() {
        "" => Err(failed("its first line is empty".to_owned())),
        line => Ok(Secret::new(line)),
    }
}

/// A secret of the vault; none where it was never stored.
pub(super) async fn sealed(context: &Context, name: &str) -> Result<Option<Secret>, Finding> {
    let found = context.store.get(SECRETS, of_secret(name)).await.map_err(Finding::from)?;
    let Some(sealed) = found else { return Ok(None) };
    let name = name.to_owned();
    let opened = context.with_vault(move |vault| vault.unseal(&name, &sealed)).await;
    opened.map(Some).map_err(|refusal| refusal.finding)
}

/// What takes every secret that there is out of a text, so that none is told. Of a locked vault none can be known, and
/// nothing was sent with one.
pub(super) async fn secrets(context: &Context) -> Result<Redactor, Refusal> {
    let redactor = Redactor::default();
    for secret in in_clear(context).await? {
        redactor.remember(secret.expose());
    }
    Ok(redactor)
}

/// Every stored secret that can be unsealed now: of connections, of mail, of web addresses.
pub(crate) async fn in_clear(context: &Context) -> Result<Vec<Secret>, Refusal> {
    let connections = context.store.scan(CONNECTIONS, Key::new()).await?;
    let connections: Vec<_> = connections
        .into_iter()
        .filter_map(|(key, record)| Some((ConnectionId::new(key.parts().text()?), record.settings)))
        .collect();
    let others = context.store.scan(SECRETS, Key::new()).await?;
    let others: Vec<(String, Sealed)> = others
        .into_iter()
        .filter_map(|(key, sealed)| Some((key.parts().text()?, sealed)))
        .collect();
    context
        .with_vault(move |vault| {
            let of = connections.iter().flat_map(|(name, one)| secrets_of(name, one, vault));
            // What cannot be unsealed now was not in clear in this process either.
            let others = others.iter().filter_map(|(name, one)| vault.unseal(name, one).ok());
            Ok(of.chain(others).collect())
        })
        .await
}

fn no_way() -> Finding {
    let text = "Mail is not set up any more.";
    Finding::new(
        Code::MailNotSetUp,
        text,
        "Say in the settings how it leaves: `server` or `sendmail` below [mail].",
    )
}

fn gone(to: &Recipient) -> Untaken {
    let text = format!("{to} is not among the settings any more.");
    let finding = Finding::new(Code::HookGone, text, "Nothing more is told there.");
    Untaken { finding, for_good: true }
}

/// `sha256=` and the keyed hash of the body, as those who are told can work it out.
fn signature(secret: &Secret, body: &str) -> String {
    // Any length is a key's length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) else {
        return String::new();
    };
    mac.update(body.as_bytes());
    format!("sha256={}", hex(&mac.finalize().into_bytes()))
}

fn body(style: HookStyle, message: &Message, id: &str) -> String {
    let value = match style {
        HookStyle::Json => serde_json::json!({
            "id": id,
            "about": message.name,
            "topic": message.topic,
            "outcome": message.outcome,
            "made_at": message.made_at,
            "subject": message.subject,
            "text": message.text,
            "facts": message.facts,
        }),
        HookStyle::Slack => {
            // What stands between these is a link or a mention there.
            let plain =
                |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let text = format!(
                "*{}*\n```{}```",
                plain(&message.subject),
                plain(&message.text).replace("```", "'''")
            );
            serde_json::json!({ "text": text })
        }
        HookStyle::Teams => serde_json::json!({
            "type": "message",
            "attachments": [{
                "contentType": "application/vnd.microsoft.card.adaptive",
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "body": [
                        { "type": "TextBlock", "weight": "Bolder", "wrap": true, "text": message.subject },
                        { "type": "RichTextBlock", "inlines": [
                            { "type": "TextRun", "fontType": "Monospace", "text": message.text },
                        ]},
                    ],
                },
            }],
        }),
    };
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2.
    #[test]
    fn the_signature_is_the_keyed_hash_of_the_body() {
        let made = signature(&Secret::new("Jefe"), "what do ya want for nothing?");
        let known = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(made, format!("sha256={known}"));
    }
}
