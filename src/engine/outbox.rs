//! The outbox: what is to be told outside, and how far that has come.
//!
//! ```text
//!   run ends ── one commit: its header, and the occasion ──→ OCCASIONS
//!                                                             │  post: whom it concerns, in which words
//!                                                             ↓
//!                                        MESSAGES: one each, with a delivery for every recipient and its tries
//! ```
//! Whoever has something to tell puts an [`Occasion`](occasion::Occasion) into the commit of what it is about
//! ([`spool`]); nothing is told that did not happen, and nothing that happened is left untold by a crash. It must not speak
//! SMTP or HTTP.

mod courier;
mod gather;
pub(crate) mod keeping;
mod letter;
pub mod message;
pub mod occasion;
pub(crate) mod post;
mod shown;
pub(crate) mod spool;

use std::sync::Arc;

use crate::{
    domain::{Code, notify::is_mail_address, secret::Secret},
    engine::{
        audit::trail::Deed,
        context::{Caller, Context},
        family::Family,
        protocol::{
            Ask, Changed, Refusal, Reply,
            command::{Mail, MailCommand, SetMailSecret, TestMail},
        },
        refusals::{failed, malformed, shortened},
        tables::{SECRETS, of_secret},
    },
    mail::{Letter, message_id},
    store::Batch,
};

pub(crate) use courier::in_clear as secrets_in_clear;
pub(crate) use shown::unsent;

impl Family for MailCommand {
    async fn carry_out(self, context: &Arc<Context>, caller: &Caller) -> Reply {
        match self {
            Self::Mail(_) => shown::show(context).await.map(Mail::put),
            Self::SetMailSecret(SetMailSecret { hook, secret }) => {
                store(context, caller, hook, secret).await.map(SetMailSecret::put)
            }
            Self::TestMail(TestMail { to }) => test(context, caller, &to).await.map(TestMail::put),
        }
    }
}

/// Seals the password of the mail server's user, or the secret of a web address.
async fn store(
    context: &Context,
    caller: &Caller,
    hook: Option<String>,
    secret: Secret,
) -> Result<String, Refusal> {
    let settings = context.config.notify();
    let (name, what, subject) = match hook {
        None => {
            let way = settings.way.as_ref().ok_or_else(not_set_up)?;
            let what = "stored the password of the mail server's user";
            (courier::MAIL_PASSWORD.to_owned(), what, way.to_string())
        }
        Some(url) => {
            let known = settings.hooks.iter().find(|hook| hook.url.as_str() == url.trim());
            let by_origin = || {
                let mut of_it = settings.hooks.iter().filter(|hook| hook.origin() == url.trim());
                of_it.next().filter(|_| of_it.next().is_none())
            };
            let hook = known.or_else(by_origin).ok_or_else(|| {
                let text =
                    format!("There is no [[webhook]] “{}” in the settings.", shortened(&url));
                let advice = "Give its url as the settings have it.";
                failed(Code::HookGone, text, advice)
            })?;
            (courier::secret_of(hook), "stored the secret of a web address", hook.origin())
        }
    };
    let sealing = name.clone();
    let sealed = context.with_vault(move |vault| vault.seal(&sealing, &secret)).await?;
    let mut batch = Batch::new();
    batch.put(SECRETS, &of_secret(&name), &sealed);
    context.change(caller, batch, Deed::from(what).about(subject), Changed::Outbox).await?;
    // What waited for it is tried at its next turn.
    Ok("Stored in the vault.".to_owned())
}

fn not_set_up() -> Refusal {
    let text = "Mail is not set up.";
    let advice =
        "Say in the settings how it leaves: `server` or `sendmail`, and `from`, below [mail].";
    failed(Code::MailNotSetUp, text, advice)
}

/// Sends a letter at once, and says what the server said.
async fn test(context: &Context, caller: &Caller, to: &str) -> Result<String, Refusal> {
    let to = to.trim();
    if !is_mail_address(to) {
        let text = format!("“{}” is no mail address.", shortened(to));
        return Err(malformed(Code::MailAddress, text, "Give one, such as ops@example.com."));
    }
    let settings = context.config.notify();
    let way = settings.way.as_ref().ok_or_else(not_set_up)?;
    let frame = post::frame(context, &settings).await?;
    let words = letter::of_test(&frame, &caller.actor.name);
    let at = context.clock.now();
    let name = format!("test-{}", at.timestamp_millis());
    let letter = Letter {
        from: settings.from.clone(),
        to: to.to_owned(),
        subject: words.subject,
        text: words.text,
        id: message_id(&context.store.installation().to_string(), &name, to),
        at,
    };
    let mut courier = courier::Courier::new(context, &context.config).await;
    let sent = courier.post(&letter).await;
    let deed = Deed::from("tried the mail").about(to);
    let deed = match &sent {
        Ok(()) => deed.to("taken"),
        Err(untaken) => deed.to(untaken.finding.code.as_str()),
    };
    context.change(caller, Batch::new(), deed, Changed::Outbox).await?;
    match sent {
        Ok(()) => Ok(format!("{way} took the letter to {to}.")),
        Err(untaken) => {
            Err(failed(untaken.finding.code, untaken.finding.text, untaken.finding.advice))
        }
    }
}
