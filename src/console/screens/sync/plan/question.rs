//! The question before a plan, or what is marked of it, is applied: it counts what will be written and what will not.

use std::collections::BTreeSet;

use super::{
    MONEY, PlanScreen,
    rows::PlanRow,
    tree::{self, Group},
};
use crate::{
    console::{
        dialog::{Confirm, confirm::Then},
        listing::AnyList as _,
        purpose::Purpose,
        query::State,
        shell::Shell,
        theme::Theme,
        widgets::text::counted,
    },
    domain::{Code, Right, outcome::Finding, text::thousands},
    engine::{
        protocol::{PlanSeen, SyncRequest, command},
        views::{EnvironmentsView, PlanView},
    },
};

/// More writes than this want the word typed.
const MANY: usize = 500;

/// How many changes there are, in words: as many as are sent, which is what a run counts. A row of the contract that is made
/// for seats is one of them, though it stands in their row.
pub(super) fn changes<'a>(groups: impl Iterator<Item = &'a Group>) -> String {
    counted(writes(groups) as u64, "change", "changes")
}

fn writes<'a>(groups: impl Iterator<Item = &'a Group>) -> usize {
    groups.map(|group| group.changes.len()).sum()
}

/// How many customers have changes.
pub(super) fn customers<'a>(groups: impl Iterator<Item = &'a Group>) -> usize {
    concerned(groups.filter(|group| !group.changes.is_empty()))
}

/// How many customers these are of, each once.
pub(super) fn concerned<'a>(groups: impl Iterator<Item = &'a Group>) -> usize {
    groups.flat_map(Group::members).collect::<BTreeSet<_>>().len()
}

/// Whom the changes are for, after a word: customers, of how many where the plan has others too, and the price list, whose
/// changes are nobody's.
pub(super) fn to<'a>(
    word: &str,
    groups: impl Iterator<Item = &'a Group>,
    of: Option<usize>,
) -> String {
    let written: Vec<_> = groups.filter(|group| !group.changes.is_empty()).collect();
    let listed = written.iter().any(|group| group.tenants.is_empty());
    let count = customers(written.into_iter());
    let told = match of.filter(|all| *all > count && count > 0) {
        Some(all) => format!("{} of {all} customers", thousands(count as u64)),
        None => counted(count as u64, "customer", "customers"),
    };
    match (count, listed) {
        (0, false) => String::new(),
        (0, true) => format!("{word}the price list"),
        (_, false) => format!("{word}{told}"),
        (_, true) => format!("{word}{told} and the price list"),
    }
}

/// That so many requests take longer than an hour, if they do.
pub(super) fn time(plan: &PlanView, requests: u64) -> Option<String> {
    let (time, hourly) = plan.takes(requests).zip(plan.hourly_requests)?;
    Some(format!("{time} at {} an hour", thousands(hourly)))
}

/// How many requests, in words.
pub(super) fn requests(count: u64) -> String {
    let word = if count == 1 { "request" } else { "requests" };
    format!("about {} {word}", thousands(count))
}

impl PlanScreen {
    /// Whether anything of it can be sent.
    pub(super) fn has_changes(&self) -> bool {
        writes(self.chosen()) > 0
    }

    pub(super) fn apply(&self, shell: &mut Shell) {
        let Some(plan) = &self.plan else { return };
        let count = writes(self.chosen());
        if count == 0 {
            return shell.decline(self.nothing_to_send());
        }
        let environments = shell.status.as_ref().and_then(|status| status.environments.clone());
        if let Some(pair) = environments.as_ref().filter(|pair| pair.mixed && !pair.confirmed) {
            if !shell.has_right(Right::Administer) {
                return shell.decline(format!(
                    "That {} is synced into {} is for an administrator to confirm first",
                    pair.source, pair.target
                ));
            }
            return ask_to_mix(pair, shell);
        }
        let whom = to(" to ", self.chosen(), None);
        let title = format!("Apply {}{whom}?", changes(self.chosen()));
        let request = SyncRequest {
            plan: Some(plan.saved.clone()),
            only: self.only(),
            seen: self.seen,
            ..self.request.clone().unwrap_or_default()
        };
        let then = Then::Ask(Purpose::Sync, Box::new(command::Sync { request }.into()));
        let body = self.told(plan, environments.as_ref(), &shell.theme);
        let mut confirm = Confirm::new(title, "Apply", then).with_body(body);
        if count > MANY {
            confirm = confirm.with_word("apply");
        }
        shell.open(confirm);
    }

    /// The tenants of what is marked; nobody where that is all that can be.
    fn only(&self) -> Vec<String> {
        let left = self.left();
        let marked = self.marked.iter().filter_map(|at| self.groups.get(*at));
        let marked = marked.filter(|_| left > 0);
        marked.flat_map(|group| group.tenants.iter().cloned()).collect()
    }

    /// How many writes stay due because they are not marked.
    fn left(&self) -> usize {
        writes(self.all()) - writes(self.chosen())
    }

    fn told(
        &self,
        plan: &PlanView,
        environments: Option<&EnvironmentsView>,
        theme: &Theme,
    ) -> Vec<String> {
        let mut lines: Vec<String> = self.note(theme.terms).into_iter().collect();
        let left_out = |one: &&Finding| {
            matches!(one.code, Code::PlanDuringRun | Code::SyncOff | Code::NotMapped)
        };
        lines.extend(plan.findings.iter().filter(left_out).map(|one| one.text.clone()));
        if let Some([price, margin]) = self.money(theme) {
            lines.extend([
                format!("{} {price}", theme.terms.say(MONEY)),
                format!("Margin {margin}"),
            ]);
        }
        lines.push(self.way(plan, environments));
        let [drops, doublings] = tree::marks(self.chosen());
        let told = [
            (drops, "drops to 0", "drop to 0"),
            (doublings, "at least doubles", "at least double"),
        ];
        let told = told.into_iter().filter(|(count, ..)| *count > 0);
        let told: Vec<_> =
            told.map(|(count, one, many)| counted(count as u64, one, many)).collect();
        if !told.is_empty() {
            lines.push(format!("Check these: {}", told.join(", ")));
        }
        lines.extend(self.guarded());
        lines.extend(self.not_written());
        lines.extend(self.hidden());
        lines
    }

    /// From where to where, with how many requests and, where it is long, in which time.
    fn way(&self, plan: &PlanView, environments: Option<&EnvironmentsView>) -> String {
        let requests = plan.requests.saturating_sub(self.left() as u64);
        let way = match environments {
            Some(pair) => format!("From {} to {}", pair.source, pair.target),
            None => format!("To {}", plan.target),
        };
        let time = time(plan, requests).map_or_else(String::new, |time| format!(", {time}"));
        format!("{way}, {}{time}", self::requests(requests))
    }

    /// How many a guard holds, and whether this writes them: it does where the plan was looked at.
    fn guarded(&self) -> Option<String> {
        let guarded = self.chosen().filter(|group| group.changes.are_guarded());
        let count = customers(guarded);
        let what = counted(count as u64, "customer", "customers");
        (count > 0).then(|| {
            if self.seen == PlanSeen::Unseen {
                format!("{what} held, not sent: Esc, check these (n), then A")
            } else {
                format!("Check these: {what} held until now")
            }
        })
    }

    /// Why there is nothing to send.
    fn nothing_to_send(&self) -> String {
        match self.blocked() {
            0 => self.nothing_due(),
            1 => "Nothing to send: 1 change is blocked, the list says why".to_owned(),
            blocked => format!("Nothing to send: {blocked} changes are blocked, the list says why"),
        }
    }

    /// How many are blocked of what is gone over: of all, as the plan's head tells them, where nothing stays due; else of
    /// what is marked and of the price list.
    fn blocked(&self) -> usize {
        let of = |group: &Group| group.blocked.len();
        if self.left() == 0 { self.all().map(of).sum() } else { self.chosen().map(of).sum() }
    }

    /// What is blocked, and what is not marked.
    fn not_written(&self) -> Vec<String> {
        let blocked = self.blocked();
        let blocked = (blocked > 0).then(|| format!("{blocked} blocked: the list says why"));
        let left = self.left();
        let left = (left > 0).then(|| {
            let changes = counted(left as u64, "change", "changes");
            let stay =
                if left == 1 { "is not marked and stays" } else { "are not marked and stay" };
            format!("{changes} {stay} due")
        });
        blocked.into_iter().chain(left).collect()
    }

    /// That a filter hides some of what is written, if one does.
    fn hidden(&self) -> Option<String> {
        let shown: BTreeSet<usize> = self.list.shown().map(PlanRow::at).collect();
        let all = self.groups.iter().enumerate().filter(|(at, _)| !shown.contains(at));
        let written = all.filter(|(at, group)| {
            self.marked.is_empty() || self.marked.contains(at) || group.tenants.is_empty()
        });
        let hidden = writes(written.map(|(_, group)| &**group));
        let state = self.list.only().map(State::name);
        let filter = Some(self.list.filter()).filter(|filter| !filter.is_empty());
        let by = state.into_iter().chain(filter).collect::<Vec<_>>().join(" / ");
        let what = match self.causes.chosen() {
            Some(_) if by.is_empty() => "chosen cause".to_owned(),
            _ => format!("filter “{by}”"),
        };
        let text = format!("The {what} hides {hidden} of these: written all the same");
        (hidden > 0).then_some(text)
    }
}

/// Asks once whether two environments belong together; what was to be applied is asked for again after that.
fn ask_to_mix(pair: &EnvironmentsView, shell: &mut Shell) {
    let title = format!("Write what {} invoices into {}?", pair.source, pair.target);
    let seen = pair.clone();
    let then = Then::change(command::ConfirmEnvironments { seen });
    let body = [
        "These are two environments. If one of them is wrong, correct it: c on Connections."
            .to_owned(),
        "If this pair is meant, it is remembered; apply the plan again after that.".to_owned(),
    ];
    shell.open(Confirm::new(title, "Confirm", then).with_body(body).with_word("confirm"));
}
