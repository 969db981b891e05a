//! Lines that somebody made by hand and that the first invoice counts as part of what it asks for (sync-rules 10.1).
//!
//! Texts and facts only: that they count is arithmetic of the target.

use crate::domain::{
    Code, ServiceId, UsageMonth,
    line::ServiceLine,
    outcome::Finding,
    target::{PresentContract, PresentService},
};

use super::{memory::ContractMemory, plan::ContractPlan};

/// The lines of one service that are used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedLines {
    /// The service on the contract.
    pub service: ServiceId,
    lines: Vec<ServiceLine>,
}

/// Of every service that the plan puts in order for the first time, the lines without our key that are in force in its month.
pub fn used_lines(
    plan: &ContractPlan,
    present: &PresentContract,
    memory: &ContractMemory,
) -> Vec<UsedLines> {
    let is_first = |service: ServiceId| {
        memory.applied.values().all(|failed| failed.contains(&service))
            && !memory.baselines.contains_key(&service)
    };
    let planned = plan.services.iter().filter(|one| one.wanted.is_some() && one.refused.is_none());
    let first = planned.map(|one| one.service).filter(|service| is_first(*service));
    let used = first.map(|service| {
        let rows = present.services.iter().filter(|row| row.service == service);
        UsedLines { service, lines: rows.flat_map(|row| by_hand(row, plan.month)).collect() }
    });
    used.filter(|used| !used.lines.is_empty()).collect()
}

fn by_hand(row: &PresentService, month: UsageMonth) -> impl Iterator<Item = ServiceLine> + '_ {
    let in_force = move |line: &&ServiceLine| {
        line.span.first <= month.last_day()
            && line.span.last.is_none_or(|last| last >= month.first_day())
    };
    let theirs = row.lines.iter().filter(|line| line.key.is_none() && line.span.quantity > 0);
    theirs.filter(in_force).cloned()
}

impl UsedLines {
    /// What a reason says of them.
    pub fn reason(&self) -> String {
        format!("uses what was made by hand: {}", self.told())
    }

    fn told(&self) -> String {
        let lines: Vec<String> = self.lines.iter().map(told).collect();
        lines.join(" and ")
    }
}

/// Such as *5 from 2026-08-01 (531, jdoe)*.
fn told(line: &ServiceLine) -> String {
    let by = line.changed.as_ref().map(|changed| format!(", {}", changed.by)).unwrap_or_default();
    let last = line.span.last.map(|last| format!(" to {last}")).unwrap_or_default();
    let (quantity, first) = (line.span.quantity, line.span.first);
    format!("{quantity} from {first}{last} ({}{by})", line.id)
}

/// What is said of a contract on which something is used, each service by its name.
pub fn used_on(contract: &str, used: &[(String, UsedLines)]) -> Option<Finding> {
    let of = |(name, used): &(String, UsedLines)| format!("{name}: {}", used.told());
    let named: Vec<String> = used.iter().map(of).collect();
    (!named.is_empty()).then(|| {
        let text = format!("Made by hand on {contract} and used: {}.", named.join("; "));
        let advice = "What fits the invoice stays as it is; only the difference is written.";
        Finding::new(Code::LinesUsed, text, advice)
    })
}
