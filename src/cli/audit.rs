//! `audit`: who changed what, and whether the trail of it is whole.

use super::{
    desk::Desk,
    exit::Exit,
    failure::Failure,
    table::{Table, number},
    words::time,
};
use crate::engine::{
    protocol::command,
    views::{AuditVerdict, AuditView},
};

/// What to do with it.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// Show changes and refused rights, newest first
    List {
        /// Only those about what has this in its name
        #[arg(long, value_name = "TEXT")]
        subject: Option<String>,
        /// At most so many
        #[arg(long, default_value_t = 50, value_name = "N")]
        limit: usize,
    },
    /// Check that no entry was changed, left out or put in; exit 4 where one was
    Verify,
}

pub(super) async fn run(action: Action, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    match action {
        Action::List { subject, limit } => {
            let found = desk.ask(command::Audit { subject, limit: Some(limit) }).await?;
            if desk.out.is_json() {
                desk.out.json(&found)?;
            } else {
                desk.out.table(&table(&found))?;
            }
            Ok(Exit::Done)
        }
        Action::Verify => verify(desk).await,
    }
}

async fn verify(desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let found = desk.ask(command::VerifyAudit).await?;
    if desk.out.is_json() {
        desk.out.json(&found)?;
    } else {
        for line in told(&found) {
            desk.out.line(line)?;
        }
    }
    Ok(if found.broken_at.is_some() { Exit::Failure } else { Exit::Done })
}

fn told(found: &AuditVerdict) -> Vec<String> {
    let mut lines = vec![match found.broken_at {
        None => format!("{} entries, each follows the one before it.", found.entries),
        Some(number) => format!(
            "Entry {number} does not follow the one before it: something was changed, left out or put in there."
        ),
    }];
    if found.unchained > 0 {
        let old = found.unchained;
        lines.push(format!("The first {old} are of an older version, which kept no chain."));
    }
    lines.extend(
        found
            .head
            .as_ref()
            .map(|(number, seal)| format!("Head: {number} {}", seal.get(..16).unwrap_or(seal))),
    );
    lines
}

fn table(entries: &[AuditView]) -> Table {
    let head = ["NUMBER", "WHEN", "WHO", "ROLE", "FROM", "COMMAND", "SUBJECT", "WHAT"];
    let mut table = Table::new(&head, "Nothing was changed yet.");
    for one in entries {
        let who = match one.uid {
            Some(uid) => format!("{} ({uid})", one.actor),
            None => one.actor.clone(),
        };
        let what = if one.refused { format!("REFUSED: {}", one.what) } else { one.what.clone() };
        table.row([
            number(one.number),
            time(one.at).into(),
            who.into(),
            one.role.map(|role| role.to_string()).into(),
            one.origin.clone().into(),
            one.command.clone().into(),
            one.subject.clone().into(),
            what.into(),
        ]);
    }
    table
}
