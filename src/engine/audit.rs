//! The audit trail: every change and every right that was refused, each entry with the hash of the one before it.
//!
//! ```text
//!   entry 57             entry 58                entry 59
//!   prev ─ …             prev ─ SHA-256(57)      prev ─ SHA-256(58)     head: 59, SHA-256(59)
//! ```
//!
//! A chain alone does not stop an owner who writes all of it anew; that the head is told outside does. It must not decide
//! what is worth an entry.

pub(super) mod trail;
mod verify;

use std::sync::Arc;

use crate::{
    engine::{
        context::{Caller, Context},
        family::Family,
        protocol::{
            Ask, Refusal, Reply,
            command::{Audit, AuditCommand, VerifyAudit},
        },
        tables::{AUDIT, AuditEntry, change_number},
        views::AuditView,
    },
    store::Key,
};

impl Family for AuditCommand {
    async fn carry_out(self, context: &Arc<Context>, _: &Caller) -> Reply {
        match self {
            Self::Audit(Audit { subject, limit }) => {
                list(context, subject.as_deref(), limit).await.map(Audit::put)
            }
            Self::VerifyAudit(_) => Ok(VerifyAudit::put(verify::whole(&context.store).await?)),
        }
    }
}

/// Newest first.
async fn list(
    context: &Context,
    subject: Option<&str>,
    limit: Option<usize>,
) -> Result<Vec<AuditView>, Refusal> {
    let limit = limit.unwrap_or(usize::MAX);
    // What is left out is not counted.
    let read = if subject.is_some() { usize::MAX } else { limit };
    let entries = context.store.scan_back(AUDIT, Key::new(), read).await?;
    let wanted = subject.map(str::to_lowercase);
    let named = |view: &AuditView| {
        let texts = [view.subject.as_deref(), Some(view.what.as_str())];
        wanted.as_ref().is_none_or(|wanted| {
            texts.iter().flatten().any(|text| text.to_lowercase().contains(wanted))
        })
    };
    let views = entries.into_iter().map(|(key, entry)| view(&key, entry));
    Ok(views.filter(named).take(limit).collect())
}

fn view(key: &Key, entry: AuditEntry) -> AuditView {
    AuditView {
        number: change_number(key).unwrap_or_default(),
        at: entry.at,
        actor: entry.actor,
        uid: entry.uid,
        role: entry.role,
        origin: entry.origin,
        trigger: entry.trigger,
        command: entry.command,
        subject: entry.subject,
        what: entry.what,
        before: entry.before,
        after: entry.after,
        refused: entry.refused,
        prev: entry.prev,
    }
}
