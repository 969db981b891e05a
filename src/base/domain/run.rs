//! What a run did: the shape that `runs show` prints (console.md 3) and that drill-down walks.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    Code, ConnectionId, ContractServiceId, Currency, Day, Money, RunId, ServiceId, Side,
    SubscriptionId, TenantId, UsageMonth,
    approval::{Author, Person},
    operation::OperationKind,
    outcome::{Disposition, Finding, Outcome},
    stored_word::stored_words,
    text::thousands,
};

stored_words! {
    /// What set a command or a run off.
    Trigger {
        /// A person, at the console or with a command.
        Operator = "operator",
        /// The clock.
        Schedule = "schedule",
        /// A start that found an unfinished run.
        Resume = "resume",
        /// Somebody let a plan pass that waited.
        Approved = "approved",
        /// A signal to the process: Ctrl-C, a polite kill, a lost terminal.
        Signal = "signal",
    }
}

stored_words! {
    /// How a write stands, as its row tells.
    WriteState {
        Written = "written",
        /// No answer came; reading back showed it.
        SettledAsWritten = "settled as written",
        /// No answer came; reading back did not show it.
        SettledAsNotWritten = "settled as not written",
        Refused = "refused",
        NotSent = "not sent",
        /// No answer came, or none yet, and nothing was read back that tells.
        Unconfirmed = "unconfirmed",
    }
}

stored_words! {
    /// What a run meant to do with a product.
    ProductTreatment {
        Create = "create",
        Reprice = "reprice",
        Unchanged = "unchanged",
        /// A service that is not ours carries the name.
        Collision = "collision",
        Adopt = "adopt",
        /// A service that an earlier, forgotten write made is linked again.
        Recognise = "recognise",
    }
}

impl WriteState {
    /// For people: what it is stored as is a code.
    #[must_use]
    pub fn words(&self) -> &str {
        match self {
            Self::SettledAsWritten => "found written",
            Self::SettledAsNotWritten => "never arrived",
            stored => stored.as_str(),
        }
    }
}

impl ProductTreatment {
    /// For people: what it is stored as is a code.
    #[must_use]
    pub fn words(&self) -> &str {
        match self {
            Self::Create => "new service",
            Self::Reprice => "price change",
            Self::Unchanged => "already correct",
            Self::Collision => "name already used",
            Self::Adopt => "taken over",
            Self::Recognise => "linked again",
            Self::Other(text) => text,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    /// Price list to services.
    Products,
    /// Invoices to contracts.
    Customers,
}

/// Attempted, ok, warned, failed, not attempted: each counted on its own (R49). `ok` includes No Change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// All that were come to.
    pub attempted: u64,
    /// No Change or Success.
    pub ok: u64,
    pub warned: u64,
    pub failed: u64,
    /// What a stopped run did not come to, or not to the end of; not among those attempted.
    #[serde(default)]
    pub not_attempted: u64,
    /// Those of them with whom a stopped run was amid their changes: some are written.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub partly_written: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Tally {
    /// All there was to do, come to or not.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.attempted + self.not_attempted
    }

    /// The counts that make it up, in words; what was not attempted only where a run was stopped.
    #[must_use]
    pub fn words(&self) -> String {
        let left = match self.not_attempted {
            0 => String::new(),
            number if self.partly_written > 0 => {
                format!(", {number} not attempted ({} of them part written)", self.partly_written)
            }
            number => format!(", {number} not attempted"),
        };
        format!("{} ok, {} warned, {} failed{left}", self.ok, self.warned, self.failed)
    }

    /// Each of these once, however many of its rows ended alike.
    pub fn of_each<'a>(rows: impl IntoIterator<Item = (&'a str, Outcome)>) -> Self {
        let (mut told, mut tally) = (HashSet::new(), Self::default());
        for (whose, outcome) in rows {
            let outcome = if outcome == Outcome::NoChange { Outcome::Success } else { outcome };
            if told.insert((whose, outcome)) {
                tally.count(outcome);
            }
        }
        tally
    }

    pub fn count(&mut self, outcome: Outcome) {
        self.attempted += u64::from(outcome != Outcome::NotAttempted);
        match outcome {
            Outcome::NoChange | Outcome::Success => self.ok += 1,
            Outcome::Warning => self.warned += 1,
            Outcome::NotAttempted => self.not_attempted += 1,
            Outcome::Failure => self.failed += 1,
        }
    }
}

/// The counters of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Customers: tenants with an invoice each.
    pub customers: Tally,
    pub subscriptions: Tally,
    #[serde(default)]
    pub products: Tally,
    /// Writes that the target confirmed, of every attempt.
    pub writes: u64,
    /// Those of them that earlier attempts sent, before the run was cut off.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub writes_earlier: u64,
    /// Requests of every kind, to every system.
    pub requests: u64,
}

impl Counts {
    /// What was sent, in words: what the last attempt sent, and what stood before it began.
    #[must_use]
    pub fn sent_words(&self) -> String {
        let now = self.writes.saturating_sub(self.writes_earlier);
        let noun = if now == 1 { "change" } else { "changes" };
        let earlier = match self.writes_earlier {
            0 => String::new(),
            more => format!(", {} more {BEFORE_THE_CUT}", thousands(more)),
        };
        format!("{} {noun} sent{earlier}", thousands(now))
    }

    /// What several runs sent together.
    pub fn sent_by<'a>(runs: impl IntoIterator<Item = &'a RunHeader>) -> Self {
        runs.into_iter().fold(Self::default(), |sum, run| Self {
            writes: sum.writes + run.counts.writes,
            writes_earlier: sum.writes_earlier + run.counts.writes_earlier,
            ..sum
        })
    }
}

/// When earlier attempts of a run sent what they did.
const BEFORE_THE_CUT: &str = "before it was cut off";

/// A run without its rows: one line of the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunHeader {
    #[serde(with = "run_id_as_text")]
    pub id: RunId,
    /// Products or customers.
    pub kind: RunKind,
    pub target: ConnectionId,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended; none while it runs, or where it was cut off and not yet resumed.
    pub finished_at: Option<DateTime<Utc>>,
    /// The worst of its customers; No Change while it runs.
    pub status: Outcome,
    /// Why it broke off, or what it has to say as a whole.
    pub message: Option<Finding>,
    /// Whose credentials were refused, where it broke off over that.
    #[serde(default)]
    pub refused_by: Option<Side>,
    pub counts: Counts,
    /// The invoices it looked at, by number.
    #[serde(default)]
    pub invoices: Vec<String>,
    /// The currency of all of them, or of the price list; none where they are of several, or one says none.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// Who asked for it.
    pub actor: String,
    pub trigger: Trigger,
    /// The operator's remark.
    #[serde(default)]
    pub note: Option<String>,
    /// Who let pass what it carries out, where that waited for somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<Box<RunApproval>>,
    /// How often it was started: 1, and one more per resume.
    #[serde(default = "first_attempt")]
    pub attempt: u32,
}

/// That the plan which a run carries out was approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunApproval {
    /// Number of the plan.
    pub plan: u64,
    pub author: Author,
    pub approver: Person,
    /// Without the right to it.
    #[serde(default)]
    pub break_glass: bool,
}

impl RunApproval {
    /// In words: `plan 7 of schedule, approved by bob`.
    #[must_use]
    pub fn told(&self) -> String {
        let broken = if self.break_glass { " (break-glass)" } else { "" };
        format!("plan {} of {}, approved by {}{broken}", self.plan, self.author, self.approver)
    }
}

impl RunHeader {
    /// Counts an invoice among those it looked at.
    pub fn looked_at(&mut self, number: &str, currency: Option<&Currency>) {
        if self.invoices.iter().any(|known| known == number) {
            return;
        }
        self.currency = match self.invoices.as_slice() {
            [] => currency.cloned(),
            _ => self.currency.take().filter(|known| Some(known) == currency),
        };
        self.invoices.push(number.to_owned());
    }

    /// How it ended, if it did. One that broke off by a fault of this program has, though another attempt will finish it.
    #[must_use]
    pub fn ended(&self) -> Option<Outcome> {
        let broke_off = self.status == Outcome::Failure;
        (broke_off || self.finished_at.is_some()).then_some(self.status)
    }
}

fn first_attempt() -> u32 {
    1
}

/// What a customer is amid whose changes a run was stopped.
pub const PART_WRITTEN: &str = "Part written";

/// One tenant with one invoice in a run (R50).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerRow {
    pub customer: String,
    pub tenant: String,
    pub tenant_id: TenantId,
    /// Agreement number, or id where there is none.
    pub source_agreement: String,
    pub target_company: String,
    pub target_contract: String,
    pub invoice: String,
    pub month: Option<UsageMonth>,
    /// The currency of its amounts.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// The worst of its subscriptions.
    pub status: Outcome,
    /// What concerns the customer as a whole.
    pub error: Option<Finding>,
    /// What must be looked at and concerns the customer as a whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Finding>,
    /// Its subscriptions by name.
    pub subscriptions: Vec<SubscriptionRow>,
}

impl CustomerRow {
    /// The first thing to say about it: what failed before what warns.
    #[must_use]
    pub fn first_finding(&self) -> Option<&Finding> {
        let failed = self.subscriptions.iter().find_map(|bought| bought.error.as_ref());
        let warned = self.subscriptions.iter().find_map(|bought| bought.warnings.first());
        self.error.as_ref().or(failed).or(self.warnings.first()).or(warned)
    }

    /// Whether the run was stopped amid its changes: it was come to, and is not done.
    #[must_use]
    pub fn is_partly_written(&self) -> bool {
        self.status == Outcome::NotAttempted
            && self.warnings.iter().any(|finding| finding.code == Code::PartlyWritten)
    }

    /// How it ended, in words.
    #[must_use]
    pub fn word(&self) -> &'static str {
        if self.is_partly_written() { PART_WRITTEN } else { self.status.word() }
    }

    /// Whether somebody must look at it.
    #[must_use]
    pub fn wants_a_look(&self) -> bool {
        self.status.wants_a_look() || self.is_partly_written()
    }

    /// What concerns the customer as a whole, what failed first.
    pub fn of_the_whole(&self) -> impl Iterator<Item = &Finding> + Clone {
        self.error.iter().chain(&self.warnings)
    }
}

/// How many changes each of these rows counts. Subscriptions of one service on one contract tell the same changes, be they
/// of two tenants: each change counts once, at the tenant whose id comes first, so that the rows add up to the run.
#[must_use]
pub fn changes_by_row(rows: &[CustomerRow]) -> Vec<u64> {
    let service = |row: &CustomerRow, bought: &SubscriptionRow| {
        // Two contracts of one company may have one name; what stands on them has not one id.
        let contract = (row.target_company.clone(), row.target_contract.clone());
        (contract, row.invoice.clone(), bought.service_id, bought.contract_service_id)
    };
    let mut owners = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        for (nth, bought) in row.subscriptions.iter().enumerate() {
            let here = (&row.tenant_id, at, nth);
            let owner = owners.entry(service(row, bought)).or_insert(here);
            *owner = here.min(*owner);
        }
    }
    let mut counted = vec![0; rows.len()];
    for (_, at, nth) in owners.into_values() {
        let written = rows[at].subscriptions[nth].writes.iter().filter(|write| write.stands());
        counted[at] += written.count() as u64;
    }
    counted
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionRow {
    /// None for lines that speak of no subscription.
    pub subscription_id: Option<SubscriptionId>,
    /// Friendly name, or the offer name.
    pub name: String,
    /// SKU as PRISM writes it, if it was found.
    pub sku: Option<String>,
    /// The product with its motion, as links name it, if it was found: the same SKU may be sold in several motions.
    #[serde(default)]
    pub product: Option<String>,
    /// The service it is billed by, if it was found.
    pub service_id: Option<ServiceId>,
    #[serde(default)]
    pub contract_service_id: Option<ContractServiceId>,
    pub status: Outcome,
    /// Why it failed.
    pub error: Option<Finding>,
    /// What the operator must look at.
    #[serde(default)]
    pub warnings: Vec<Finding>,
    /// What is worth telling and nothing to look at: a drift that was set back (sync-rules 4.9), an old service emptied.
    #[serde(default)]
    pub notes: Vec<Finding>,
    /// What was written for its service, with the attempt that wrote it.
    #[serde(default)]
    pub writes: Vec<WriteRow>,
    /// Its invoice lines.
    pub usage: Vec<UsageRow>,
}

impl SubscriptionRow {
    /// What its invoice lines sum to.
    #[must_use]
    pub fn billed(&self) -> Money {
        self.usage.iter().map(|usage| usage.subtotal).sum()
    }
}

/// One write as the outcome lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteRow {
    pub kind: OperationKind,
    /// First day of the change.
    pub effective: Option<Day>,
    /// Last day of the change, where it ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
    /// Signed change.
    pub units: i64,
    pub unit_price: Option<Money>,
    pub unit_cost: Option<Money>,
    /// Which attempt of the run sent it.
    pub attempt: u32,
    pub result: WriteState,
}

impl WriteRow {
    /// Whether it stands in the target.
    #[must_use]
    pub fn stands(&self) -> bool {
        matches!(self.result, WriteState::Written | WriteState::SettledAsWritten)
    }
}

/// One invoice line in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageRow {
    /// Line number in the invoice.
    #[serde(default)]
    pub line: u32,
    /// First day charged.
    pub start: Day,
    /// Last day charged.
    pub end: Day,
    /// As on the invoice.
    #[serde(with = "super::quantity")]
    pub quantity: Decimal,
    pub cost_price: Money,
    pub retail_price: Money,
    /// What was billed for it.
    #[serde(default)]
    pub subtotal: Money,
    pub outcome: Outcome,
    /// Where its amount is counted.
    pub disposition: Disposition,
}

/// Where every cent of an invoice went (sync-rules 3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    pub invoice: String,
    /// The currency of all its amounts.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// The header's subtotal, or the sum of lines where the header has none.
    pub subtotal: Money,
    /// Written or confirmed by this run.
    pub synced: Money,
    pub earlier_runs: Money,
    /// Not for syncing, by reason.
    pub excluded: Vec<ExcludedSum>,
    /// Tenants on no contract.
    pub unmapped: Money,
    /// Tenants whose sync is off.
    pub off: Money,
    /// Tenants not asked for this time.
    pub not_in_scope: Money,
    /// Lines that should be on a contract and are not.
    pub failed: Money,
    /// Lines that a stopped run did not come to.
    #[serde(default)]
    pub not_attempted: Money,
    /// What the header says beyond its lines, and the operator accepted (sync-rules 2.3): of no line.
    #[serde(default)]
    pub accepted_difference: Money,
    /// Lines of contracts that a guard holds until somebody has looked (sync-rules 2.8).
    #[serde(default)]
    pub held: Money,
    /// Subtotal less all of the above; anything but 0.00 is an error.
    pub balance: Money,
}

/// A place of a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LedgerPlace {
    Synced,
    Earlier,
    Excluded,
    Unmapped,
    Off,
    NotInScope,
    Failed,
    Held,
    AcceptedDifference,
    NotAttempted,
}

impl LedgerPlace {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Synced => "synced",
            Self::Earlier => "synced earlier",
            Self::Excluded => "not synced",
            Self::Unmapped => "not linked",
            Self::Off => "sync off",
            Self::NotInScope => "not asked for",
            Self::Failed => "failed",
            Self::Held => "held",
            Self::AcceptedDifference => "accepted difference",
            Self::NotAttempted => "not attempted",
        }
    }

    /// Whether it stands on contracts, as it should.
    #[must_use]
    pub fn is_done(self) -> bool {
        matches!(self, Self::Synced | Self::Earlier)
    }
}

/// Some of an invoice's amount, and where that went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerPart {
    pub place: LedgerPlace,
    pub amount: Money,
}

impl Ledger {
    /// Where its amount went, without the places that nothing went to: with the balance they sum to the subtotal.
    #[must_use]
    pub fn parts(&self) -> Vec<LedgerPart> {
        use LedgerPlace as Place;
        let excluded: Money = self.excluded.iter().map(|sum| sum.amount).sum();
        let parts = [
            (Place::Synced, self.synced),
            (Place::Earlier, self.earlier_runs),
            (Place::Excluded, excluded),
            (Place::Unmapped, self.unmapped),
            (Place::Off, self.off),
            (Place::NotInScope, self.not_in_scope),
            (Place::Failed, self.failed),
            (Place::Held, self.held),
            (Place::AcceptedDifference, self.accepted_difference),
            (Place::NotAttempted, self.not_attempted),
        ];
        let parts = parts.into_iter().map(|(place, amount)| LedgerPart { place, amount });
        parts.filter(|part| !part.amount.is_zero()).collect()
    }
}

/// A reason for which lines are not synced, behind the words “not synced”.
pub fn why_not_synced(reason: &str) -> &str {
    reason.strip_suffix(" is not synced").unwrap_or(reason)
}

/// The lines excluded for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExcludedSum {
    /// Such as `annual billing`.
    pub reason: String,
    pub lines: u64,
    pub amount: Money,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductOutcome {
    /// SKU and motion, as links name them.
    pub product: String,
    /// The same as PRISM writes it; empty in rows of older versions, and where the price list no longer has it.
    #[serde(default)]
    pub sku: String,
    pub name: String,
    pub action: ProductTreatment,
    pub service_id: Option<ServiceId>,
    pub status: Outcome,
    /// Why it failed.
    pub error: Option<Finding>,
    /// Price before and after, where one was written.
    #[serde(default)]
    pub price: Option<(Money, Money)>,
    /// Cost before and after.
    #[serde(default)]
    pub cost: Option<(Money, Money)>,
}

impl ProductOutcome {
    /// Whether something was written for it, and stands.
    #[must_use]
    pub fn is_written(&self) -> bool {
        match self.action {
            ProductTreatment::Create => matches!(self.status, Outcome::Success | Outcome::Warning),
            ProductTreatment::Reprice => {
                self.status == Outcome::Success || self.price.is_some() || self.cost.is_some()
            }
            ProductTreatment::Unchanged
            | ProductTreatment::Collision
            | ProductTreatment::Adopt
            | ProductTreatment::Recognise
            | ProductTreatment::Other(_) => false,
        }
    }

    /// SKU and motion for people.
    #[must_use]
    pub fn shown_key(&self) -> &str {
        if self.sku.is_empty() { &self.product } else { &self.sku }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunReport {
    /// The history line.
    #[serde(flatten)]
    pub header: RunHeader,
    pub customers: Vec<CustomerRow>,
    /// Customers of whom nothing wants a look and who are left out, because the run has many.
    #[serde(default, skip_serializing_if = "is_none")]
    pub left_out: u64,
    #[serde(default)]
    pub products: Vec<ProductOutcome>,
    /// One per invoice.
    pub ledgers: Vec<Ledger>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

mod run_id_as_text {
    //! `"id":"42"` in JSON, a number inside.

    use serde::{Deserialize, Deserializer, Serializer};

    use super::RunId;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for this signature")]
    pub(crate) fn serialize<S: Serializer>(id: &RunId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(id)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<RunId, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(RunId).map_err(serde::de::Error::custom)
    }
}
