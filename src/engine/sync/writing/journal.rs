//! What the journal keeps of every write: enough to settle it, to undo it, and to tell its story (design 4).
//!
//! It must not decide anything: what a reading means is `settle`'s, what to write is `planning`'s.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        ConnectionId, ContractId, ContractServiceId, Day, InvoiceId, LineId, RunId, ServiceId,
        UsageMonth,
        line::WrittenLine,
        operation::{Operation, Shift},
        outcome::Finding,
        run::{WriteRow, WriteState},
    },
    psa::{BillingRules, RowState, SentWrite},
};

/// Stands where a contract's id would for writes to services themselves.
pub const CATALOGUE: ContractId = ContractId(i64::MIN);

/// One write, from just before it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The run.
    pub run: RunId,
    /// Its number in the run, from 1; one contract's writes ascend in the order in which they were sent.
    pub number: u64,
    /// Which attempt of the run sent it.
    pub attempt: u32,
    /// The target.
    pub connection: ConnectionId,
    /// Whom it concerns; none for writes to services themselves.
    pub contract: Option<ContractId>,
    /// The row, where it existed before.
    pub contract_service: Option<ContractServiceId>,
    /// The service, where it existed before.
    pub service: Option<ServiceId>,
    /// For which invoice.
    pub invoice: Option<InvoiceId>,
    /// That invoice's number, for people.
    pub invoice_number: String,
    /// Its usage month.
    pub month: Option<UsageMonth>,
    /// What stood there before this write.
    pub before: RowState,
    /// The first day from which that was read.
    pub read_from: Option<Day>,
    /// What was to be done.
    pub operation: Operation,
    /// The parts of it that were asked for another day, which was taken.
    #[serde(default)]
    pub shifts: Vec<Shift>,
    /// The first day that was not invoiced when it was planned, where the target tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_open: Option<Day>,
    /// The body that was sent.
    pub body: serde_json::Value,
    /// When the intent was written.
    pub at: DateTime<Utc>,
    /// What came of it; none while that is not known.
    pub result: Option<WriteResult>,
    /// What its answer showed otherwise than it was sent, and what bills nothing else by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<Finding>,
}

/// How a write ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum WriteResult {
    /// The target confirmed it.
    Written {
        /// The new or changed row, where the target named one.
        id: Option<i64>,
    },
    /// The target carried it out otherwise than it was sent (sync-rules 10.12).
    Otherwise {
        /// The new or changed row, where the target named one.
        id: Option<i64>,
        /// What differs.
        finding: Finding,
    },
    /// No answer came; reading back showed it.
    SettledAsWritten {
        /// The row that was found.
        id: Option<i64>,
    },
    /// No answer came; reading back did not show it.
    SettledAsNotWritten,
    /// The target certainly did not carry it out, and it was not sent again under this entry.
    NotSent {
        /// Why.
        finding: Finding,
    },
    /// The target refused it.
    Refused {
        /// Its text.
        finding: Finding,
    },
    /// No answer came, and reading back did not tell.
    Unconfirmed {
        /// What is known.
        finding: Finding,
    },
}

impl WriteResult {
    /// What reading back told of a write without an answer: the row in which it shows, if it does.
    #[must_use]
    pub fn settled(found: Option<i64>) -> Self {
        match found {
            Some(row) => Self::SettledAsWritten { id: Some(row) },
            None => Self::SettledAsNotWritten,
        }
    }

    /// The same without what is known beyond it, as rows tell it.
    #[must_use]
    pub fn state(&self) -> WriteState {
        match self {
            Self::Written { .. } => WriteState::Written,
            Self::SettledAsWritten { .. } => WriteState::SettledAsWritten,
            Self::SettledAsNotWritten => WriteState::SettledAsNotWritten,
            Self::NotSent { .. } => WriteState::NotSent,
            Self::Refused { .. } => WriteState::Refused,
            Self::Otherwise { .. } | Self::Unconfirmed { .. } => WriteState::Unconfirmed,
        }
    }

    /// Whether the write stands in the target.
    #[must_use]
    pub fn stands(&self) -> bool {
        matches!(
            self,
            Self::Written { .. } | Self::Otherwise { .. } | Self::SettledAsWritten { .. }
        )
    }

    /// The row that it made or changed, where that is known.
    #[must_use]
    pub fn row(&self) -> Option<i64> {
        match self {
            Self::Written { id } | Self::Otherwise { id, .. } | Self::SettledAsWritten { id } => {
                *id
            }
            _ => None,
        }
    }
}

impl Entry {
    /// What is needed to find it again.
    #[must_use]
    pub fn sent(&self) -> SentWrite<'_> {
        SentWrite {
            operation: &self.operation,
            contract_service: self.contract_service,
            before: &self.before,
            read_from: self.read_from,
        }
    }

    /// Whether it stands in the target.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.result.as_ref().is_some_and(WriteResult::stands)
    }

    /// The same, carried out after it had been taken as lost: in the row in which it was seen, else in the one that was there.
    #[must_use]
    pub fn came_late(&self) -> Self {
        let seen = self.result.as_ref().and_then(WriteResult::row);
        let id = seen.or(self.contract_service.map(|row| row.0));
        Self { result: Some(WriteResult::SettledAsWritten { id }), ..self.clone() }
    }

    /// The same, seen in this row.
    #[must_use]
    pub fn shown_in(&self, row: i64) -> Self {
        Self { result: Some(WriteResult::SettledAsWritten { id: Some(row) }), ..self.clone() }
    }

    /// Its place among all writes to its contract.
    #[must_use]
    pub fn order(&self) -> (RunId, u64) {
        (self.run, self.number)
    }

    /// Whether it was taken as lost after an answer failed to come: it may still be carried out.
    #[must_use]
    pub fn is_doubtful(&self) -> bool {
        matches!(
            self.result,
            Some(WriteResult::SettledAsNotWritten | WriteResult::Unconfirmed { .. })
        )
    }

    /// The row and day that the target refused it for, as taken.
    #[must_use]
    pub fn refused_day(&self, rules: &dyn BillingRules) -> Option<(ContractServiceId, Day)> {
        let Some(WriteResult::Refused { finding }) = &self.result else { return None };
        let (day, _) = self.adjustment().filter(|_| rules.says_day_taken(finding))?;
        Some((self.contract_service?, day))
    }

    /// Its line in an outcome.
    #[must_use]
    pub fn row(&self) -> WriteRow {
        let result = self.result.as_ref().map_or(WriteState::Unconfirmed, WriteResult::state);
        WriteRow { attempt: self.attempt, result, ..planned_row(&self.operation) }
    }

    /// Whether it puts a service on a contract.
    #[must_use]
    pub fn makes_row(&self) -> bool {
        matches!(self.operation, Operation::CreateContractService { .. })
    }

    /// The line that it wrote to; none where it wrote to none, or made one that is not known.
    #[must_use]
    pub fn written_to(&self) -> Option<LineId> {
        match &self.operation {
            Operation::EndLine { line, .. } | Operation::AmendLine { line, .. } => Some(*line),
            Operation::AddLine { .. } => self.result.as_ref()?.row().map(LineId),
            Operation::CreateService { .. }
            | Operation::UpdateService { .. }
            | Operation::CreateContractService { .. }
            | Operation::AdjustUnits { .. } => None,
        }
    }

    /// The line that it wrote to, as it left it; none where it did not, or where it was added otherwise than it was asked.
    /// One that was changed by hand before it was ended or amended reads otherwise, too: what we made of it is remembered all
    /// the same, so that the edit is seen for what it is (sync-rules 10.6).
    #[must_use]
    pub fn written_line(&self, known: Option<&WrittenLine>) -> Option<WrittenLine> {
        let result = self.result.as_ref()?;
        let otherwise = matches!(result, WriteResult::Otherwise { .. });
        let adds = matches!(self.operation, Operation::AddLine { .. });
        if !result.stands() || otherwise && adds {
            return None;
        }
        let id = result.row().map(LineId);
        WrittenLine::left_by(&self.operation, known, id, self.first_open)
    }

    /// The line that it added, where that is known.
    #[must_use]
    pub fn added_line(&self) -> Option<LineId> {
        let adds = matches!(self.operation, Operation::AddLine { .. });
        let row = self.result.as_ref().and_then(WriteResult::row)?;
        adds.then_some(LineId(row))
    }

    /// The row that it put on the contract, where that is known.
    #[must_use]
    pub fn made_row(&self) -> Option<ContractServiceId> {
        let made = self.result.as_ref().and_then(WriteResult::row).map(ContractServiceId);
        made.filter(|_| self.makes_row())
    }

    /// By how much it changes the quantity, by day.
    #[must_use]
    pub fn changes(&self) -> Vec<(Day, i64)> {
        self.operation.changes()
    }

    /// The day and signed change, of an adjustment.
    #[must_use]
    pub fn adjustment(&self) -> Option<(Day, i64)> {
        match self.operation {
            Operation::AdjustUnits { effective, units, .. } => Some((effective, units)),
            _ => None,
        }
    }
}

/// The line of a write that was never sent.
#[must_use]
pub fn planned_row(operation: &Operation) -> WriteRow {
    let (unit_price, unit_cost) = operation.prices();
    let units = operation.changes().first().map_or(0, |(_, units)| *units);
    WriteRow {
        kind: operation.kind(),
        effective: operation.effective(),
        until: operation.until(),
        units,
        unit_price,
        unit_cost,
        attempt: 0,
        result: WriteState::NotSent,
    }
}
