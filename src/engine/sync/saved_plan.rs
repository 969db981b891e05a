//! A plan as text: to be looked at, kept, and given back, when it must equal what would be planned then.
//!
//! It must not plan: it compares row by row what was planned with what is planned now.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        Code, ConnectionId, ContractId, Day, InvoiceId,
        outcome::Finding,
        packed_text::PackedText,
        shared_text::{SharedText, TextPool},
        text::thousands,
        thousands::without_thousands,
    },
    engine::{
        digest::hash,
        protocol::{Refusal, RefusalKind, Scope, SyncRequest},
    },
};

/// Of the rows that moved so many are named; the others are counted.
const MOVED_NAMED: usize = 10;

/// The saved form. What it was made under comes first, then a row per contract and invoice, or product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Saved {
    /// Of this form.
    pub format: u32,
    /// Which installation made it.
    pub installation: String,
    /// For which target.
    pub connection: ConnectionId,
    /// Hash of policies and options (design 4: they change bills).
    pub basis: String,
    /// What was asked for.
    pub request: SavedRequest,
    /// What it would write.
    pub rows: Vec<SavedRow>,
    /// Contracts with invoices that were planned as well and have nothing to write, by key. In plans of earlier versions
    /// there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quiet: Vec<String>,
    /// The checksum of the plan that it is a part of, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of: Option<String>,
    /// Hash over all of the above.
    pub checksum: String,
}

/// What the plan is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SavedRequest {
    /// Which streams.
    pub scope: Scope,
    /// Only these tenants.
    pub tenants: Vec<String>,
    /// The last applied invoices again.
    pub recheck: bool,
    /// Only the retry lists.
    pub retry_failed: bool,
    /// Only what customers left behind. Left out where it does not apply, so that a plan made before there was such a
    /// request is sealed over the same text.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub left_behind: bool,
}

/// One contract with one invoice, or one product.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SavedRow {
    /// Contract id and invoice id, or the product.
    pub key: String,
    /// In words.
    pub name: String,
    /// The writes in canonical words, in order: services by name, as ids of those to be made are not known yet.
    pub writes: Vec<SharedText>,
    /// Why a service of it would be refused.
    pub refused: Vec<SharedText>,
    /// The prices that its writes replace, in canonical words: for whoever reads it, and no part of what two plans are
    /// compared by. In plans of earlier versions there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<SharedText>,
    /// The first day that was not invoiced, of a contract whose target tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_open: Option<Day>,
}

impl SavedRequest {
    /// Whether a command that names the plan says nothing else than the plan.
    ///
    /// # Errors
    /// Where it asks for other streams or tenants, or for another kind of planning.
    pub(crate) fn must_answer(&self, asked: &SyncRequest) -> Result<(), Refusal> {
        let sorted = |tenants: &[String]| {
            let mut tenants = tenants.to_vec();
            tenants.sort();
            tenants
        };
        let others = !asked.tenants.is_empty() && sorted(&asked.tenants) != sorted(&self.tenants);
        let same = [Scope::All, self.scope].contains(&asked.scope)
            && !others
            && (self.recheck || !asked.recheck)
            && (self.retry_failed || !asked.retry_failed);
        if same {
            return Ok(());
        }
        let text = "The plan is about something else than what this asks for.";
        let advice = "Nothing was written. Give --plan alone, or make the plan for what you want.";
        Err(Refusal::new(RefusalKind::Malformed, Finding::new(Code::PlanOther, text, advice)))
    }
}

const FORMAT: u32 = 1;

impl Saved {
    /// A plan of this installation.
    pub(crate) fn new(
        installation: &str,
        connection: &ConnectionId,
        basis: &impl Serialize,
        request: SavedRequest,
    ) -> Self {
        Self {
            format: FORMAT,
            installation: installation.to_owned(),
            connection: connection.clone(),
            basis: hash(basis),
            request,
            rows: Vec::new(),
            quiet: Vec::new(),
            part_of: None,
            checksum: String::new(),
        }
    }

    /// With its rows in the order in which they are looked for.
    pub(crate) fn in_order(mut self) -> Self {
        self.rows.sort();
        self.quiet.sort();
        self
    }

    /// As text, one row a line, with its checksum.
    pub(crate) fn seal(&mut self) -> PackedText {
        self.checksum = self.sum();
        let sealed = PackedText::written(|text| {
            serde_json::to_writer_pretty(&mut *text, self)?;
            text.write_all(b"\n")
        });
        sealed.unwrap_or_default()
    }

    /// The checksum that it ought to have.
    fn sum(&mut self) -> String {
        let stated = std::mem::take(&mut self.checksum);
        let sum = hash(self);
        self.checksum = stated;
        sum
    }

    /// Reads the text back.
    ///
    /// # Errors
    /// Where it is not a plan, or was changed since it was made.
    pub(crate) fn read(text: &PackedText) -> Result<Self, Refusal> {
        let mut plan: Self = serde_json::from_str(&text.text())
            .map_err(|error| damaged(&format!("it breaks off: {error}")))?;
        if plan.format != FORMAT {
            return Err(damaged(&format!("its form {} is not known here", plan.format)));
        }
        if plan.sum() != plan.checksum {
            return Err(damaged("it was changed after it was made"));
        }
        Ok(plan)
    }

    /// Whether what was saved is what is planned now.
    ///
    /// # Errors
    /// Where it is another installation's or target's, was made under other options, or any row moved.
    pub(crate) fn must_equal(&self, now: &Self) -> Result<(), Refusal> {
        if self.installation != now.installation {
            return Err(refusal(
                Code::PlanForeign,
                "The plan was made by another installation.".into(),
            ));
        }
        if self.connection != now.connection {
            let text = format!("The plan is for the target “{}”.", self.connection);
            return Err(refusal(Code::PlanForeign, text));
        }
        if self.basis != now.basis {
            let text = "Options or policies were changed since the plan was made.";
            return Err(refusal(Code::PlanStale, text.into()));
        }
        let mut moved = self.moved(now);
        if moved.is_empty() {
            return Ok(());
        }
        let more = moved.len().saturating_sub(MOVED_NAMED);
        if more > 0 {
            moved.truncate(MOVED_NAMED);
            moved.push(format!("and {} more", thousands(more as u64)));
        }
        let text = format!("Source or target moved since the plan was made: {}.", moved.join("; "));
        Err(refusal(Code::PlanStale, text))
    }

    fn moved(&self, now: &Self) -> Vec<String> {
        let mut moved = Vec::new();
        for row in &self.rows {
            match now.row(&row.key) {
                Some(same) if same.same_as(row) => {}
                Some(other) => moved.push(format!(
                    "“{}”: {} then, {} now",
                    row.name,
                    writes(row.writes.len()),
                    writes(other.writes.len())
                )),
                None => moved.push(format!("“{}”: nothing to write any more", row.name)),
            }
        }
        let new = now.rows.iter().filter(|row| self.row(&row.key).is_none());
        moved.extend(new.map(|row| format!("“{}”: new", row.name)));
        moved
    }

    /// Whether it speaks of this invoice on this contract. Whatever it does not speak of is none of the business of a run
    /// that carries it out (sync-rules 8.6).
    pub(crate) fn covers(&self, contract: ContractId, invoice: &InvoiceId) -> bool {
        let key = contract_key(contract, invoice);
        self.row(&key).is_some() || self.quiet.binary_search(&key).is_ok()
    }

    /// Whether it speaks of this invoice at all.
    pub(crate) fn covers_invoice(&self, invoice: &InvoiceId) -> bool {
        let of_rows = self.rows.iter().map(|row| row.key.as_str());
        let mut keys = of_rows.chain(self.quiet.iter().map(String::as_str));
        keys.any(|key| {
            let of = key.split_once(' ').map(|(_, of)| of);
            contract_of(key).is_some() && of == Some(invoice.as_str())
        })
    }

    /// Everything that it speaks of, with or without something to write.
    pub(crate) fn speaks_of(&self) -> BTreeSet<String> {
        let of_rows = self.rows.iter().map(|row| row.key.clone());
        of_rows.chain(self.quiet.iter().cloned()).collect()
    }

    /// Whether it speaks of this contract at all.
    pub(crate) fn covers_contract(&self, contract: ContractId) -> bool {
        let of_rows = self.rows.iter().map(|row| row.key.as_str());
        let mut keys = of_rows.chain(self.quiet.iter().map(String::as_str));
        keys.any(|key| contract_of(key) == Some(contract))
    }

    /// Of its contracts only these, as if it had been made for these tenants alone: a plan of its own. Services and their
    /// prices belong to no contract, and to every part.
    pub(crate) fn part(&self, contracts: &BTreeSet<ContractId>, tenants: Vec<String>) -> Self {
        let mine =
            |key: &str| contract_of(key).is_none_or(|contract| contracts.contains(&contract));
        let rows = self.rows.iter().filter(|row| mine(&row.key)).cloned();
        let quiet = self.quiet.iter().filter(|key| mine(key)).cloned();
        Self {
            request: SavedRequest { tenants, ..self.request.clone() },
            rows: rows.collect(),
            quiet: quiet.collect(),
            part_of: Some(self.checksum.clone()),
            checksum: String::new(),
            ..self.clone()
        }
    }

    /// How many writes it lists.
    pub(crate) fn writes(&self) -> usize {
        self.rows.iter().map(|row| row.writes.len()).sum()
    }

    /// How many of them go to customers' contracts.
    pub(crate) fn writes_to_contracts(&self) -> usize {
        let of_contracts = self.rows.iter().filter(|row| contract_of(&row.key).is_some());
        of_contracts.map(|row| row.writes.len()).sum()
    }

    /// The row of this key: rows are in the order of their keys, as a plan of ten thousand contracts is asked for each.
    pub(crate) fn row(&self, key: &str) -> Option<&SavedRow> {
        let found = self.rows.binary_search_by(|row| row.key.as_str().cmp(key));
        found.ok().and_then(|at| self.rows.get(at))
    }
}

impl SavedRow {
    /// With what rows of this plan said before shared, and no room for more: there are thousands, and most of them add as
    /// many seats of the same service on the same day.
    pub(crate) fn sharing(mut self, said: &mut TextPool) -> Self {
        for texts in [&mut self.writes, &mut self.refused, &mut self.before] {
            for text in texts.iter_mut() {
                *text = said.share(text);
            }
            texts.shrink_to_fit();
        }
        self
    }

    /// Whether the two write the same and refuse the same. In which order services come does not count: those
    /// that the product stream makes first have other ids in the plan than later. Neither does it whether the thousands of
    /// amounts stand apart: in plans of earlier versions they do not.
    pub(crate) fn same_as(&self, other: &Self) -> bool {
        let sorted = |texts: &[SharedText]| {
            let mut texts: Vec<String> =
                texts.iter().map(|text| without_thousands(text).into_owned()).collect();
            texts.sort();
            texts
        };
        let is_written = |row: &Self| {
            let mut writes = row.writes.clone();
            writes.sort();
            writes
        };
        // An invoice that was made since changes what a write bills, though the write is the same.
        let same_open = self.writes.is_empty() || self.first_open == other.first_open;
        is_written(self) == is_written(other)
            && sorted(&self.refused) == sorted(&other.refused)
            && same_open
    }
}

/// What a row of a contract with an invoice is found by.
pub(crate) fn contract_key(contract: ContractId, invoice: &InvoiceId) -> String {
    format!("{contract} {invoice}")
}

/// The contract of such a key; none of a product's.
fn contract_of(key: &str) -> Option<ContractId> {
    let (contract, _) = key.split_once(' ')?;
    contract.parse().ok().map(ContractId)
}

/// So many writes, in words.
pub(crate) fn writes(count: usize) -> String {
    if count == 1 { "1 change".to_owned() } else { format!("{count} changes") }
}

fn damaged(how: &str) -> Refusal {
    refusal(Code::PlanDamaged, format!("The plan cannot be used: {how}."))
}

fn refusal(code: Code, text: String) -> Refusal {
    let advice = "Nothing was written. Make a new plan, look at it, and apply that.";
    Refusal::new(RefusalKind::Failed, Finding::new(code, text, advice))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{target::TargetKind, terms::Terms};

    fn plan(writes: &[&str]) -> Saved {
        let request = SavedRequest::default();
        let mut plan = Saved::new("here", &ConnectionId::new("autotask"), &1, request);
        plan.rows.push(SavedRow {
            key: "7 invoice".to_owned(),
            name: "Contoso, Cloud 2026".to_owned(),
            writes: writes.iter().map(|&text| text.into()).collect(),
            refused: Vec::new(),
            before: Vec::new(),
            first_open: None,
        });
        plan
    }

    fn code(result: Result<impl std::fmt::Debug, Refusal>) -> String {
        result.expect_err("a refusal").finding.code.to_string()
    }

    #[test]
    fn changes_to_contracts_are_counted_apart_from_those_to_services() {
        let mut plan = plan(&["+5 PC_A on 2026-09-01", "-1 PC_B on 2026-09-02"]);
        let of_product =
            SavedRow { key: "product CFQ7TTC0LH18:0001".to_owned(), ..plan.rows[0].clone() };
        plan.rows.push(of_product);
        assert_eq!((plan.writes(), plan.writes_to_contracts()), (4, 2));
    }

    #[test]
    fn a_plan_reads_back_as_it_was_saved() {
        let mut plan = plan(&["+5 PC_A on 2026-09-01"]);
        let read = Saved::read(&plan.seal()).expect("reads back");
        assert!(read.must_equal(&plan).is_ok());
        assert_eq!(read.rows, plan.rows);
    }

    #[test]
    fn a_plan_is_not_carried_out_for_another_request() {
        let saved = SavedRequest { scope: Scope::Customers, ..SavedRequest::default() };
        let asked = |scope, recheck| SyncRequest { scope, recheck, ..SyncRequest::default() };
        assert!(saved.must_answer(&SyncRequest::default()).is_ok());
        assert!(saved.must_answer(&asked(Scope::Customers, false)).is_ok());
        assert_eq!(code(saved.must_answer(&asked(Scope::Products, false))), "plan_other");
        assert_eq!(code(saved.must_answer(&asked(Scope::Customers, true))), "plan_other");
        let tenants = vec!["a".to_owned()];
        let one = SyncRequest { tenants, ..SyncRequest::default() };
        assert_eq!(code(saved.must_answer(&one)), "plan_other");
    }

    #[test]
    fn a_plan_that_was_edited_is_damaged() {
        let text = plan(&["+5 PC_A on 2026-09-01"]).seal().text().replace("+5", "+6");
        assert_eq!(code(Saved::read(&text.into())), "plan_damaged");
    }

    #[test]
    fn a_plan_cut_off_is_damaged() {
        let text = plan(&["+5"]).seal().text();
        assert_eq!(code(Saved::read(&text[..text.len() / 2].into())), "plan_damaged");
    }

    #[test]
    fn a_plan_of_another_installation_is_refused() {
        let mut other = plan(&["+5"]);
        other.installation = "there".to_owned();
        assert_eq!(code(plan(&["+5"]).must_equal(&other)), "plan_foreign");
    }

    #[test]
    fn a_stale_plan_says_which_rows_moved() {
        let refusal = plan(&["+5"]).must_equal(&plan(&["+5", "+1"])).expect_err("stale");
        let text = refusal.finding.text;
        assert!(text.contains("“Contoso, Cloud 2026”: 1 change then, 2 changes now"), "{text}");
    }

    #[test]
    fn names_of_what_moved_stay_in_the_words_of_any_target() {
        let mut now = plan(&["+5", "+1"]);
        now.rows[0].name = "Fire service Ltd, contract 7".to_owned();
        let refusal = now.must_equal(&plan(&["+5"])).expect_err("stale");
        let told = refusal.in_terms(Terms::of(TargetKind::Connectwise)).finding.text;
        assert!(told.contains("“Fire service Ltd, contract 7”: 2 changes then"), "{told}");
    }

    #[test]
    fn of_a_thousand_rows_that_moved_the_first_are_named_and_the_others_counted() {
        let then = plan(&["+5"]);
        let mut now = then.clone();
        let row = |at| SavedRow { key: format!("{at} invoice"), ..then.rows[0].clone() };
        now.rows.extend((100..1110).map(row));
        let text = then.must_equal(&now.in_order()).expect_err("stale").finding.text;
        assert!(text.ends_with("; and 1,000 more."), "{text}");
        assert_eq!(text.matches(": new").count(), 10);
    }

    #[test]
    fn a_plan_whose_services_got_other_ids_is_the_same_plan() {
        assert!(plan(&["+5 PC_A", "+1 PC_B"]).must_equal(&plan(&["+1 PC_B", "+5 PC_A"])).is_ok());
    }

    #[test]
    fn a_plan_covers_what_it_was_made_of_and_nothing_else() {
        let mut plan = plan(&["+5"]);
        plan.quiet.push(contract_key(ContractId(8), &InvoiceId::new("invoice")));
        let covers =
            |contract, invoice| plan.covers(ContractId(contract), &InvoiceId::new(invoice));
        assert!(covers(7, "invoice") && covers(8, "invoice"));
        assert!(!covers(9, "invoice") && !covers(7, "another"));
        assert!(plan.covers_invoice(&InvoiceId::new("invoice")));
        assert!(!plan.covers_invoice(&InvoiceId::new("another")));
        assert_eq!(Saved::read(&plan.seal()).expect("reads back").quiet, plan.quiet);
    }

    #[test]
    fn a_part_of_a_plan_is_a_plan_of_its_own_with_the_services_of_the_whole() {
        let mut whole = plan(&["+5"]);
        let row = |key: &str| SavedRow { key: key.to_owned(), ..whole.rows[0].clone() };
        let rows = [row("8 invoice"), row("product A:monthly")];
        whole.rows.extend(rows);
        whole.quiet.extend(["7 another", "9 invoice"].map(str::to_owned));
        let whole = Saved::read(&whole.seal()).expect("reads back");
        let mut part = whole.part(&BTreeSet::from([ContractId(7)]), vec!["contoso".to_owned()]);
        let part = Saved::read(&part.seal()).expect("reads back");
        let keys: Vec<&str> = part.rows.iter().map(|row| row.key.as_str()).collect();
        assert_eq!(keys, ["7 invoice", "product A:monthly"]);
        assert_eq!(
            (&part.quiet[..], part.request.tenants.len()),
            (&["7 another".to_owned()][..], 1)
        );
        assert!(whole.covers_contract(ContractId(9)) && !part.covers_contract(ContractId(9)));
        assert_eq!(part.part_of, Some(whole.checksum));
    }

    #[test]
    fn a_plan_of_an_earlier_version_is_read_as_it_was_sealed() {
        let text = plan(&["+5 PC_A on 2026-09-01"]).seal().text();
        for newer in ["quiet", "left_behind", "before"] {
            assert!(!text.contains(newer), "{text}");
        }
        assert!(Saved::read(&text.as_str().into()).is_ok(), "{text}");
    }

    #[test]
    fn what_a_write_replaces_is_sealed_and_not_compared() {
        let mut told = plan(&["reprice PC_A price 5.50"]);
        told.rows[0].before.push("PC_A price 5.40".into());
        assert!(told.must_equal(&plan(&["reprice PC_A price 5.50"])).is_ok());
        assert_eq!(Saved::read(&told.seal()).expect("reads back").rows, told.rows);
        let edited = told.seal().text().replace("5.40", "5.30");
        assert_eq!(code(Saved::read(&edited.into())), "plan_damaged");
    }

    /// As an earlier version wrote it.
    const PLAN_OF_OLD: &str = include_str!("saved_plan/before_thousands.json");

    #[test]
    fn a_plan_that_was_saved_before_thousands_stood_apart_is_still_accepted() {
        let saved = Saved::read(&PLAN_OF_OLD.into()).expect("reads back");
        let mut now = saved.clone();
        now.rows[0].refused = vec![
            "PC_B: Held, nothing of it is written: “E5” goes from 0 to 60 seats. Monthly price 1,234.50 → 12,345.60."
                .into(),
        ];
        assert!(saved.rows[0].refused[0].contains("1234.50 → 12345.60"));
        assert!(saved.must_equal(&now).is_ok());
        now.rows[0].refused[0] = now.rows[0].refused[0].replace("1,234.50", "1,234.51").into();
        assert_eq!(code(saved.must_equal(&now)), "plan_stale");
    }

    #[test]
    fn a_row_that_is_new_makes_a_plan_stale() {
        let mut old = plan(&["+5"]);
        old.rows.clear();
        assert_eq!(code(old.must_equal(&plan(&["+5"]))), "plan_stale");
    }
}
