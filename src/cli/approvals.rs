//! `approvals`: plans that wait until somebody else has looked at them.

use super::{
    desk::Desk,
    exit::Exit,
    failure::Failure,
    plan, sync,
    table::{Table, number},
    words::{signed, time},
};
use crate::{
    domain::currency::told,
    engine::{
        protocol::command,
        views::{BillChangeView, Standing, WaitingPlan, WaitingPlanDetail},
    },
};

/// What to do with them.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// List what waits
    List {
        /// Also what was decided, expired or superseded
        #[arg(long)]
        all: bool,
    },
    /// Show one with all that it would write, and who may approve it
    Show {
        /// Its number
        number: u64,
    },
    /// Approve one and apply it, if nothing moved since it was made; never one's own
    Approve {
        /// Its number
        number: u64,
        /// Only if this is its seal, as `show` prints it
        #[arg(long, value_name = "SEAL")]
        seal: Option<String>,
        /// Why; kept with it
        #[arg(long, value_name = "TEXT", required_if_eq("break_glass", "true"))]
        reason: Option<String>,
        /// As an administrator, alone: everybody is told, and it stays marked for 90 days
        #[arg(long)]
        break_glass: bool,
    },
    /// Turn one down
    Reject {
        /// Its number
        number: u64,
        /// Why; kept with it
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

pub(super) async fn run(action: Action, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    match action {
        Action::List { all } => {
            let plans = desk.ask(command::Approvals { all }).await?;
            if desk.out.is_json() {
                desk.out.json(&plans)?;
            } else {
                desk.out.table(&table(&plans))?;
            }
        }
        Action::Show { number } => {
            let found = desk.ask(command::Approval { number }).await?;
            show(&found, desk)?;
        }
        Action::Approve { number, seal, reason, break_glass } => {
            let asked = command::Approve { number, seal, reason, break_glass };
            return sync::told(desk.ask_showing(asked).await, desk).await;
        }
        Action::Reject { number, reason } => {
            let found = desk.ask(command::Reject { number, reason }).await?;
            if desk.out.is_json() {
                desk.out.json(&found.waiting)?;
            } else {
                desk.out.line(format!("Plan {number} is rejected."))?;
            }
        }
    }
    Ok(Exit::Done)
}

fn table(plans: &[WaitingPlan]) -> Table {
    let head =
        ["PLAN", "STATE", "MADE BY", "MADE", "EXPIRES", "INVOICES", "CHANGES", "MONTHLY", "WHY"];
    let mut table = Table::new(&head, "No plan waits for approval.");
    for plan in plans {
        table.row([
            number(plan.number),
            plan.standing.told().into(),
            plan.author.to_string().into(),
            time(plan.made_at).into(),
            time(plan.expires_at).into(),
            plan.invoices.join(", ").into(),
            number(plan.changes),
            plan.money.iter().map(change).collect::<Vec<_>>().join(", ").into(),
            plan.reason().into(),
        ]);
    }
    table
}

fn change(money: &BillChangeView) -> String {
    told(signed(money.change()), money.currency.as_ref())
}

fn show(found: &WaitingPlanDetail, desk: &mut Desk<'_>) -> Result<(), Failure> {
    if desk.out.is_json() {
        let mut value = serde_json::to_value(found).map_err(std::io::Error::from)?;
        if let Some(members) = value["plan"].as_object_mut() {
            // The plan as a file is for `plan --out`.
            members.remove("saved");
        }
        return desk.out.json(&value);
    }
    for (name, text) in lines(found) {
        desk.out.line(format!("{name:<10} {text}"))?;
    }
    desk.out.line("")?;
    match &found.plan {
        Some(plan) => plan::print(plan, desk.out),
        None => desk.out.line("What it would write is not kept any more."),
    }
}

fn lines(found: &WaitingPlanDetail) -> Vec<(&'static str, String)> {
    let plan = &found.waiting;
    let mut lines = vec![
        ("plan", format!("{} of {}, {}", plan.number, plan.author, plan.target)),
        ("state", plan.standing.told()),
        ("made", format!("{}, expires {}", time(plan.made_at), time(plan.expires_at))),
        ("invoices", plan.invoices.join(", ")),
        ("writes", plan.size()),
    ];
    lines.extend(plan.run.map(|run| ("held in", format!("run {run}"))));
    let money = plan.money.iter();
    lines.extend(money.map(|one| {
        let (before, after) = (one.before.separated(), one.after.separated());
        ("monthly", format!("{before} → {after} ({})", change(one)))
    }));
    if plan.held.is_empty() {
        lines.push(("why", plan.because.words().to_owned()));
    }
    lines.extend(plan.held.iter().map(|held| ("why", format!("{}: {}", held.contract, held.text))));
    match &plan.standing {
        Standing::Waiting => lines.push(("who may", found.who_may())),
        Standing::Stale { text, moved, .. } => {
            lines.push(("stale", text.clone()));
            lines.extend(moved.iter().map(|one| ("moved", one.told())));
        }
        _ => {}
    }
    let reason = plan.standing.approved().and_then(|approved| approved.reason.clone());
    lines.extend(reason.map(|reason| ("remark", reason)));
    lines.push(("seal", plan.seal.clone()));
    lines
}
