//! `sync`: run it.

use std::path::PathBuf;

use super::{desk::Desk, exit::Exit, failure::Failure, files, plan::PlanScope, runs};
use crate::{
    domain::{packed_text::PackedText, run::RunReport},
    engine::protocol::{SyncRequest, command},
};

/// A plan of a million writes is smaller.
const LARGEST_PLAN_MIB: u64 = 256;

/// What to sync.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    about: PlanScope,
    /// Write exactly what this plan lists, or nothing
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Of that plan, only what it writes for these tenants; the rest stays due. A contract goes whole: whoever shares one
    /// is named with it. What the plan does to services of the price list comes first, all of it
    #[arg(long, value_name = "TENANT", requires = "plan", num_args = 1..)]
    only: Vec<String>,
    /// Only what failed before
    #[arg(long, conflicts_with = "left_behind")]
    retry_failed: bool,
    /// A remark kept with the run
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

impl Arguments {
    pub(super) fn check(&self) -> Result<(), Failure> {
        self.about.check()
    }
}

pub(super) async fn run(arguments: Arguments, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let saved = arguments.plan.as_ref().map(|path| files::text(path, LARGEST_PLAN_MIB));
    let request = SyncRequest {
        retry_failed: arguments.retry_failed,
        note: arguments.note,
        plan: saved.transpose()?.map(PackedText::from),
        only: arguments.only,
        ..arguments.about.into()
    };
    let asked = desk.ask_showing(command::Sync { request }).await;
    told(asked, desk).await
}

/// What a run came to, or why there was none.
pub(super) async fn told(
    asked: Result<Vec<RunReport>, Failure>,
    desk: &mut Desk<'_>,
) -> Result<Exit, Failure> {
    let reports = match asked {
        // What was finished before it is told before it.
        Err(Failure::Refused(refusal)) if !refusal.finished.is_empty() => {
            tell(refusal.finished.to_vec(), desk).await?;
            return Err(refusal.into());
        }
        asked => asked?,
    };
    let worst = reports.iter().map(|report| report.header.status).max().unwrap_or_default();
    tell(reports, desk).await?;
    Ok(if desk.out.interrupted { Exit::Failure } else { worst.into() })
}

async fn tell(reports: Vec<RunReport>, desk: &mut Desk<'_>) -> Result<(), Failure> {
    if desk.out.is_json() {
        let whole = runs::whole(reports, desk).await?;
        return desk.out.json(&serde_json::json!({ "runs": whole }));
    }
    reports.iter().try_for_each(|report| runs::summary(report, desk.out))
}
