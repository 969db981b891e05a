//! Syncs that somebody looked at: guards that hold what nobody has, and saved plans that are carried out, killed and given
//! again (sync-rules 2.8, 8.6). Drawn apart from the rest of a story: seeds that found something before stay what they were.

use std::collections::BTreeSet;

use prism_connect::{
    domain::{outcome::Finding, packed_text::PackedText, run::RunReport},
    engine::protocol::{About, Answer, SyncRequest, command},
};
use serde_json::Value;

use crate::{
    FOUND,
    hands::contract_of,
    rig::{Rig, pretty},
};

/// Whether contracts are held on which a bill looks wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guards {
    Off,
    On,
}

/// What a story does with guards and plans.
pub struct Looks {
    pub guards: Guards,
    /// Whether syncs may be carried out as plans.
    plans: bool,
    rng: fastrand::Rng,
    carried_out: Option<CarriedOut>,
    /// Whether a run may be cut off, and is finished by whatever is asked for next.
    cut_off: bool,
}

/// The saved plan of the last attempt, while it was that of no other.
struct CarriedOut {
    saved: PackedText,
    writes: usize,
    contracts: BTreeSet<i64>,
    /// What was in the journal when it was given first.
    since: usize,
    /// Whether a run that was cut off had to be finished first, which is none of the plan's.
    after_another: bool,
}

/// A story that has come so far has at most so many runs.
const ALL_RUNS: usize = 1_000;

impl Looks {
    /// Of this seed.
    pub fn of(seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed ^ 0x6c6f_6f6b);
        let plain = FOUND.contains(&seed);
        let guards = if !plain && rng.u8(..3) == 0 { Guards::On } else { Guards::Off };
        let plans = !plain && rng.u8(..3) == 0;
        Self { guards, plans, rng, carried_out: None, cut_off: false }
    }

    /// The request, or instead of it a plan of it that is made now, or the one of the attempt before once more.
    pub async fn instead(&mut self, rig: &Rig, request: SyncRequest) -> SyncRequest {
        let before = self.carried_out.take();
        if !self.plans || self.rng.u8(..3) == 0 {
            return request;
        }
        let again = before.filter(|_| self.rng.u8(..4) > 0);
        let plan = match again {
            Some(plan) => Some(plan),
            None => self.plan(rig, &request).await,
        };
        let Some(plan) = plan else { return request };
        let request = SyncRequest { plan: Some(plan.saved.clone()), ..SyncRequest::default() };
        self.carried_out = Some(plan);
        request
    }

    /// Other syncs follow: what they write is none of the plan's.
    pub fn put_away(&mut self) {
        self.carried_out = None;
    }

    /// How an attempt ended.
    pub fn ended(&mut self, answered: bool, died: bool) {
        self.cut_off = died || (self.cut_off && !answered);
    }

    async fn plan(&self, rig: &Rig, request: &SyncRequest) -> Option<CarriedOut> {
        let request = request.clone();
        let Ok(Answer::Plan(About { found: plan, .. })) =
            rig.try_ask(command::Plan { request }).await
        else {
            return None;
        };
        let saved: Value = serde_json::from_str(&plan.saved.text()).expect("a saved plan");
        let rows = saved["rows"].as_array().expect("rows");
        let listed = |row: &Value| row["writes"].as_array().map_or(0, Vec::len);
        let contract = |row: &Value| {
            let (contract, _) = row["key"].as_str()?.split_once(' ')?;
            contract.parse().ok()
        };
        Some(CarriedOut {
            writes: rows.iter().map(listed).sum(),
            contracts: rows.iter().filter_map(contract).collect(),
            since: rig.changes().len(),
            after_another: self.cut_off,
            saved: plan.saved,
        })
    }

    /// However often it was cut off and given again: nothing was written that the plan does not list. What was taken as
    /// lost may have been written twice, and what somebody changed between two of our writes is planned anew.
    pub async fn kept_to_the_plan(&self, seed: u64, rig: &Rig) {
        let Some(plan) = self.carried_out.as_ref().filter(|plan| !plan.after_another) else {
            return;
        };
        let changes = rig.changes();
        let written = &changes[plan.since..];
        let runs = runs(rig).await;
        // A run that was cut off tells what was planned anew once it is finished.
        if runs.iter().any(|run| run.header.finished_at.is_none()) {
            return;
        }
        let told = || runs.iter().map(pretty).collect::<String>();
        for entry in written {
            let contract = contract_of(&entry.path);
            let listed = contract.is_none_or(|id| plan.contracts.contains(&id));
            assert!(
                listed,
                "seed {seed}: not in the plan: {}\n{}\n{}",
                entry.path,
                plan.saved,
                told()
            );
        }
        let bought = runs.iter().flat_map(|run| &run.customers).flat_map(|row| &row.subscriptions);
        let (moved, rest): (Vec<_>, Vec<_>) = bought.partition(|bought| {
            let by_hand =
                |told: &&Finding| matches!(told.code.as_str(), "changed_meanwhile" | "drift");
            bought.warnings.iter().chain(&bought.notes).any(|told| by_hand(&told))
        });
        let moved = moved.iter().map(|bought| bought.writes.len()).sum::<usize>();
        let lost = rest.iter().flat_map(|bought| &bought.writes).filter(|write| !write.stands());
        let lost = lost.count() + moved;
        assert!(
            written.len() <= plan.writes + lost,
            "seed {seed}: {} of {} writes, {lost} lost\n{}\n{}",
            written.len(),
            plan.writes,
            plan.saved,
            told()
        );
    }
}

async fn runs(rig: &Rig) -> Vec<RunReport> {
    let Answer::Runs(headers) = rig.ask(command::Runs { limit: ALL_RUNS }).await else {
        panic!("runs")
    };
    let mut runs = Vec::new();
    for header in headers {
        let answer = rig.ask(command::Run { id: Some(header.id) }).await;
        let Answer::Run(report) = answer else { panic!("{answer:?}") };
        runs.push(*report);
    }
    runs
}

/// Plans it, looks, and carries the plan out: what guards hold is written then. A run that was cut off is finished first,
/// after which there may be something else to look at.
pub async fn look_and_sync(seed: u64, rig: &Rig, request: &SyncRequest) -> Vec<RunReport> {
    for _ in 0..3 {
        let answer = rig.ask(command::Plan { request: request.clone() }).await;
        let Answer::Plan(About { found: plan, .. }) = answer else {
            panic!("seed {seed}: {answer:?}")
        };
        let request = SyncRequest { plan: Some(plan.saved.clone()), ..SyncRequest::default() };
        match rig.try_ask(command::Sync { request }).await {
            Ok(Answer::Synced(runs)) => return runs,
            Err(refusal) if refusal.finding.code.as_str() == "plan_stale" => {}
            answer => panic!("seed {seed}: {answer:?}"),
        }
    }
    panic!("seed {seed}: whatever is planned in the calm moves")
}
