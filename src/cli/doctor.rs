//! `doctor`: everything that can make the next sync fail.

use super::{desk::Desk, exit::Exit, failure::Failure, table::Table};
use crate::engine::protocol::command;

pub(super) async fn run(desk: &mut Desk<'_>) -> Result<Exit, Failure> {
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
            check.text.as_str().into(),
            check.advice.clone().unwrap_or_default().into(),
        ]);
    }
    desk.out.table(&table)?;
    Ok(worst.into())
}
