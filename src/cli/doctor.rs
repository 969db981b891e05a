//! `doctor`: everything that can make the next sync fail.

use super::{desk::Desk, exit::Exit, failure::Failure, table::Table};
use crate::engine::{protocol::command, views::DoctorCheck};

/// How much is told.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Name everything that a check found, not only the first few
    #[arg(long)]
    verbose: bool,
}

pub(super) async fn run(arguments: Arguments, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let doctor = desk.ask(command::Doctor).await?;
    let worst = doctor.checks.iter().map(|check| check.outcome).max().unwrap_or_default();
    if desk.out.is_json() {
        desk.out.json(&doctor)?;
        return Ok(worst.into());
    }
    let mut table = Table::new(&["RESULT", "CHECK", "FOUND", "DO"], "Nothing to check yet.");
    for check in &doctor.checks {
        table.row([
            check.outcome.into(),
            check.name.as_str().into(),
            text(check, arguments.verbose).into(),
            check.advice.clone().unwrap_or_default().into(),
        ]);
    }
    desk.out.table(&table)?;
    Ok(worst.into())
}

fn text(check: &DoctorCheck, verbose: bool) -> String {
    if check.each.is_empty() {
        return check.text.clone();
    }
    if verbose {
        return check.each.join("; ");
    }
    format!("{} `--verbose` names all.", check.text)
}
