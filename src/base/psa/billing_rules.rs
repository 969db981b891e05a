//! What can be said of a target without asking it: what it makes of a wanted state, what a row is after a write, and what
//! a reading tells of writes and prices.
//!
//! It must not send or read anything, or mention a vendor. Each vendor's answers are in its own folder.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::domain::{
    Code, ContractServiceId, Day, Money, ServiceId,
    choice::ServiceChoice,
    line::{ServiceLine, WrittenLine},
    operation::{Operation, PriceStep, ServiceOperations, Shift, Wanted},
    outcome::Finding,
    policy::Policies,
    product::Service,
    target::{Contract, PresentContract, PresentService, UnitRow},
    timeline::Timeline,
};

/// The pure half of a target: all that planning, and the verdicts on what was written, see of it.
pub trait BillingRules: Send + Sync {
    /// Wanted × present → this vendor's writes, with refusals predicted.
    fn operations(
        &self,
        contract: &PresentContract,
        wanted: &Wanted,
        surroundings: &Surroundings,
        policies: &Policies,
    ) -> ServiceOperations;

    /// What new services are made with, wholes before their parts.
    fn service_choices(&self) -> &'static [ServiceChoice];

    /// What is to be told of a contract of the target, with what can be done about it there.
    fn finding(&self, code: Code, text: String) -> Finding;

    /// A price as the target keeps it (sync-rules 1.9).
    fn keeps(&self, price: Money) -> Money;

    /// The body that is sent for an operation, for the journal (design 4).
    fn body(&self, operation: &Operation) -> serde_json::Value;

    /// What stands on a row after a write that was carried out.
    fn after(&self, before: &RowState, operation: &Operation) -> RowState;

    /// The row in which a write to a contract shows; none where it was not carried out (sync-rules 8.2).
    fn found_on_contract(&self, write: &SentWrite<'_>, reading: &PresentContract) -> Option<i64>;

    /// Every row in which it shows: several where it was sent again, and came late as well.
    fn all_found_on_contract(&self, write: &SentWrite<'_>, reading: &PresentContract) -> Vec<i64> {
        self.found_on_contract(write, reading).into_iter().collect()
    }

    /// The service in which a write to the catalogue shows; none where it was not carried out.
    fn found_in_catalogue(&self, write: &SentWrite<'_>, services: &[Service]) -> Option<i64>;

    /// Whether somebody else changed the same row meanwhile (X9): it shows neither what was there, nor that with our change.
    fn is_foreign(&self, write: &SentWrite<'_>, reading: &PresentContract) -> bool;

    /// Whether a refusal says that the day of a change is taken already (sync-rules 4.6).
    fn says_day_taken(&self, refused: &Finding) -> bool;

    /// A refusal, with what is known of its cause beyond its own words.
    fn explained(
        &self,
        write: &SentWrite<'_>,
        present: &PresentContract,
        refused: Finding,
    ) -> Finding;

    /// What a row of a contract shows of a price that was asked for.
    fn shows(&self, contract: &Contract, row: &PresentService, asked: AskedPrice) -> Shown;

    /// Whether a row of the contract ends where something may follow: only then do our own writes matter.
    fn has_unclear_ends(&self, present: &PresentContract) -> bool;

    /// The prices of a service that its own rows tell, by day; none where they do not tell what is billed on which day,
    /// and what was written is remembered instead (sync-rules 5.2).
    fn told_prices(&self, row: &PresentService) -> Option<Vec<PriceStep>> {
        let _ = row;
        None
    }

    /// Whether each write of ours can be told from every other, so that a late one is found by itself and not by sums.
    fn tells_own_writes(&self) -> bool {
        false
    }

    /// The service once a write to it was carried out and answered; none where only another reading tells (sync-rules
    /// 10.12).
    fn written(
        &self,
        contract: &PresentContract,
        operation: &Operation,
        id: Option<i64>,
    ) -> Option<PresentContract> {
        let _ = (contract, operation, id);
        None
    }

    /// The contract with a row of 0 units wherever the target keeps none. `writes` are those to the contract, newest first
    /// (sync-rules 4.2).
    fn with_ends(&self, present: PresentContract, writes: &[OwnWrite]) -> PresentContract;
}

/// Facts that the pure arithmetic of a target needs beside the contract.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// All services by id: an inactive one, or one with an inactive billing code, cannot be newly put on a contract.
    pub services: Arc<BTreeMap<ServiceId, Service>>,
    /// Days known to be taken although no row shows it: the server said so (sync-rules 4.6).
    pub taken: Vec<(ContractServiceId, Day)>,
    /// Parts of what stands on a row that lie on another day than they were asked for (sync-rules 4.6): what is wanted is
    /// compared with the row as it was asked for.
    pub shifts: Vec<(ContractServiceId, Shift)>,
    /// Whose writes these are: a text of installation, connection and invoice. The same text makes the same keys
    /// (sync-rules 10.10).
    pub intent: String,
    /// What we wrote to lines of the contract last.
    pub written: Vec<WrittenLine>,
    /// Whether the operator was told, and acknowledged, that a first fall has to be credited by the target (sync-rules 10.15).
    pub credits_trusted: bool,
}

impl Surroundings {
    /// What was shifted on a row.
    pub fn shifts_of(&self, row: ContractServiceId) -> impl Iterator<Item = &Shift> + Clone {
        self.shifts.iter().filter(move |(of, _)| *of == row).map(|(_, shift)| shift)
    }
}

/// What stands on a row, as it was read or follows from what was read and written since.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowState {
    /// Quantity over time.
    pub units: Timeline,
    /// Unit price after the last dated step, where the target tells.
    pub price: Option<Money>,
    /// Unit cost likewise.
    pub cost: Option<Money>,
    /// The days on which a row started: one more tells that an adjustment was carried out.
    pub row_starts: Vec<Day>,
    /// The lines, where the target keeps them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<ServiceLine>,
}

impl RowState {
    /// What stands on a row; nothing where there is none.
    #[must_use]
    pub fn of_row(row: Option<&PresentService>) -> Self {
        row.map_or_else(Self::default, |row| Self {
            units: row.timeline(),
            price: row.price,
            cost: row.cost,
            row_starts: row.rows.iter().map(|units| units.start).collect(),
            lines: row.lines.clone(),
        })
    }
}

/// A write that was sent, with what is needed to find it again.
#[derive(Clone, Copy, Debug)]
pub struct SentWrite<'a> {
    /// What was to be done.
    pub operation: &'a Operation,
    /// The row, where it existed before.
    pub contract_service: Option<ContractServiceId>,
    /// What stood there just before.
    pub before: &'a RowState,
    /// The first day from which that was read.
    pub read_from: Option<Day>,
}

/// Unit price or unit cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceMember {
    /// What the customer pays.
    Price,
    /// What the partner pays.
    Cost,
}

impl PriceMember {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Price, Self::Cost];

    /// What a row of units bills of it.
    #[must_use]
    pub fn of_units(self, row: &UnitRow) -> Option<Money> {
        match self {
            Self::Price => Some(row.price),
            Self::Cost => row.cost,
        }
    }

    /// What a row says of itself.
    #[must_use]
    pub fn of_row(self, row: &PresentService) -> Option<Money> {
        match self {
            Self::Price => row.price,
            Self::Cost => row.cost,
        }
    }
}

/// A price that was asked for, from a day on until another one of ours follows.
#[derive(Clone, Copy, Debug)]
pub struct AskedPrice {
    /// Price or cost.
    pub member: PriceMember,
    /// How much.
    pub amount: Money,
    /// First day.
    pub from: Day,
    /// The day of the next price; none where it is the last.
    pub until: Option<Day>,
}

/// What a reading shows of a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// It is there.
    Yes,
    /// Another one is.
    Other(Money),
    /// Nothing can be told.
    Nothing,
}

/// A write of ours to a row, and what it leaves there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnWrite {
    /// The row.
    pub row: ContractServiceId,
    /// The day on which it changes the quantity.
    pub day: Day,
    /// What stands after it.
    pub leaves: Timeline,
    /// The days on which rows started before it.
    pub row_starts: Vec<Day>,
    /// Whether the target accepted it; else its answer was lost, and the rows themselves must show it.
    pub accepted: bool,
}
