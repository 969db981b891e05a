//! The writes there are. A sync writes only what a plan listed (design invariant 1).

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use serde::{Deserialize, Serialize};

use super::{
    ContractId, ContractServiceId, Day, LineId, Money, ServiceId,
    line::{LineSpan, NewLine},
    outcome::Finding,
    product::{ProductKey, ServiceDraft},
    stored_word::stored_words,
    timeline::Timeline,
};

/// One write to the target. `execute` sends exactly one request for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Operation {
    /// Makes a service for a product (sync-rules 1.3).
    CreateService {
        product: ProductKey,
        /// Everything it starts with: on the heap, as most operations are of another kind.
        draft: Box<ServiceDraft>,
    },
    /// Brings a linked service's price and cost up to the price list; nothing else of it (sync-rules 1.4).
    UpdateService {
        product: ProductKey,
        service: ServiceId,
        /// New unit price, where it differs.
        price: Option<Money>,
        /// New unit cost, where it differs.
        cost: Option<Money>,
    },
    /// Puts a service on a contract, without any units yet.
    CreateContractService {
        contract: ContractId,
        service: ServiceId,
        /// Unit price; none leaves the service's own.
        unit_price: Option<Money>,
        /// Unit cost; none leaves the service's own.
        unit_cost: Option<Money>,
    },
    /// One dated change of quantity, price and cost (sync-rules 4.4).
    AdjustUnits {
        contract: ContractId,
        service: ServiceId,
        /// The row; none where the operation before it creates the row.
        contract_service: Option<ContractServiceId>,
        /// First day of the change.
        effective: Day,
        /// Signed change; 0 is a dated re-price.
        units: i64,
        /// New unit price from that day, if it changes.
        unit_price: Option<Money>,
        /// New unit cost from that day, if it changes.
        unit_cost: Option<Money>,
    },
    /// Puts one more line of a service on a contract (sync-rules 10.2).
    AddLine { contract: ContractId, service: ServiceId, line: Box<NewLine> },
    /// Ends a line; nothing else of it changes (sync-rules 10.2).
    EndLine {
        contract: ContractId,
        service: ServiceId,
        line: LineId,
        /// What it was when this was planned.
        was: LineSpan,
        /// Its new last day.
        last: Day,
    },
    /// Sets quantity, price and cost of a line where it stands, over all its days (sync-rules 10.2).
    AmendLine {
        contract: ContractId,
        service: ServiceId,
        line: LineId,
        /// What it was when this was planned.
        was: LineSpan,
        /// The whole new quantity; the old one where only prices change.
        quantity: i64,
        /// New unit price, if it changes.
        unit_price: Option<Money>,
        /// New unit cost, if it changes.
        unit_cost: Option<Money>,
    },
}

stored_words! {
    /// What an operation does, without what it does it to.
    OperationKind {
        CreateService = "create_service",
        UpdateService = "update_service",
        CreateContractService = "create_contract_service",
        AdjustUnits = "adjust_units",
        AddLine = "add_line",
        EndLine = "end_line",
        AmendLine = "amend_line",
    }
}

impl OperationKind {
    /// For people: what it is stored as is a code.
    #[must_use]
    pub fn words(&self) -> &str {
        match self {
            Self::CreateService => "new service",
            Self::UpdateService => "price change",
            Self::CreateContractService => "put on the contract",
            Self::AdjustUnits => "seats",
            Self::AddLine => "add seats",
            Self::EndLine => "end seats",
            Self::AmendLine => "amend seats",
            Self::Other(text) => text,
        }
    }
}

impl Operation {
    /// The same on the row that an earlier operation made.
    #[must_use]
    pub fn on_row(mut self, row: Option<ContractServiceId>) -> Self {
        if let Self::AdjustUnits { contract_service, .. } = &mut self {
            *contract_service = contract_service.or(row);
        }
        self
    }

    /// The service that it is about, where that is there already.
    pub fn service(&self) -> Option<ServiceId> {
        match self {
            Self::CreateService { .. } => None,
            Self::UpdateService { service, .. }
            | Self::CreateContractService { service, .. }
            | Self::AdjustUnits { service, .. }
            | Self::AddLine { service, .. }
            | Self::EndLine { service, .. }
            | Self::AmendLine { service, .. } => Some(*service),
        }
    }

    /// Its name in JSON (console.md 3, `plan --json`).
    #[must_use]
    pub fn kind(&self) -> OperationKind {
        match self {
            Self::CreateService { .. } => OperationKind::CreateService,
            Self::UpdateService { .. } => OperationKind::UpdateService,
            Self::CreateContractService { .. } => OperationKind::CreateContractService,
            Self::AdjustUnits { .. } => OperationKind::AdjustUnits,
            Self::AddLine { .. } => OperationKind::AddLine,
            Self::EndLine { .. } => OperationKind::EndLine,
            Self::AmendLine { .. } => OperationKind::AmendLine,
        }
    }

    /// By how much the quantity differs once it is carried out, by day: in the order of days, and of a change that is 0
    /// its day alone where it has prices.
    #[must_use]
    pub fn changes(&self) -> Vec<(Day, i64)> {
        match self {
            Self::CreateService { .. }
            | Self::UpdateService { .. }
            | Self::CreateContractService { .. } => Vec::new(),
            Self::AdjustUnits { effective, units, .. } => vec![(*effective, *units)],
            Self::AddLine { line, .. } => line.span.changes().collect(),
            Self::EndLine { was, last, .. } => {
                was.changes_to(&LineSpan { last: Some(*last), ..*was })
            }
            Self::AmendLine { was, quantity, .. } => {
                was.changes_to(&LineSpan { quantity: *quantity, ..*was })
            }
        }
    }

    /// The first day from which something differs.
    #[must_use]
    pub fn effective(&self) -> Option<Day> {
        match self {
            Self::CreateService { .. }
            | Self::UpdateService { .. }
            | Self::CreateContractService { .. } => None,
            Self::AdjustUnits { effective, .. } => Some(*effective),
            Self::AddLine { line, .. } => Some(line.span.first),
            Self::EndLine { last, .. } => Some(last.next()),
            Self::AmendLine { was, .. } => Some(was.first),
        }
    }

    /// The last day of what it changes, where that ends by itself: of a line that is ended from the start, say.
    #[must_use]
    pub fn until(&self) -> Option<Day> {
        match self.changes().as_slice() {
            [(_, begins), (end, ends)] if begins + ends == 0 => Some(end.previous()),
            _ => None,
        }
    }

    /// The unit prices that it sets on a contract, from their day on; those of a new row count from `first` on, the day of
    /// its first units.
    #[must_use]
    pub fn price_step(&self, first: Option<Day>) -> Option<PriceStep> {
        let from = match self {
            Self::CreateService { .. } | Self::UpdateService { .. } | Self::EndLine { .. } => None,
            Self::CreateContractService { .. } => first,
            Self::AdjustUnits { .. } | Self::AddLine { .. } | Self::AmendLine { .. } => {
                self.effective()
            }
        };
        let (price, cost) = self.prices();
        Some(PriceStep { from: from?, price, cost })
    }

    /// The unit price and cost that it sets, where it sets any.
    #[must_use]
    pub fn prices(&self) -> (Option<Money>, Option<Money>) {
        match self {
            Self::CreateService { draft, .. } => (Some(draft.price), Some(draft.cost)),
            Self::UpdateService { price, cost, .. } => (*price, *cost),
            Self::CreateContractService { unit_price, unit_cost, .. }
            | Self::AdjustUnits { unit_price, unit_cost, .. }
            | Self::AmendLine { unit_price, unit_cost, .. } => (*unit_price, *unit_cost),
            Self::AddLine { line, .. } => (line.price, line.cost),
            Self::EndLine { .. } => (None, None),
        }
    }
}

/// A unit price and cost to hold from a day on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceStep {
    /// First day.
    pub from: Day,
    /// Unit price, if it is to be written.
    pub price: Option<Money>,
    /// Unit cost, if it is to be written.
    pub cost: Option<Money>,
}

/// A part of a change that could not be dated as it was asked for, because its day was taken (sync-rules 4.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shift {
    pub asked: Day,
    /// The day that it was dated instead.
    pub written: Day,
    /// Signed change; 0 where only prices were.
    pub units: i64,
    /// New unit price, if it was to change.
    pub price: Option<Money>,
    /// New unit cost, if it was to change.
    pub cost: Option<Money>,
}

impl Shift {
    /// What was asked for of its day's price.
    fn price_step(&self) -> PriceStep {
        PriceStep { from: self.asked, price: self.price, cost: self.cost }
    }
}

impl Timeline {
    /// This timeline as it was asked for: every change that lies on another day because its own was taken is put back on
    /// that day (sync-rules 4.6).
    ///
    /// ```text
    ///           9th  10th  11th  12th
    /// stands     6    9     6     6      somebody added 3 on the 10th; our −3 for that day lies on the 11th
    /// asked      6    6     6     6      what is wanted is compared with this: nothing is left to do
    /// ```
    ///
    /// A quantity on a day between the two was never billed so; only differences are told from it.
    #[must_use]
    pub fn as_asked<'a>(&self, shifts: impl IntoIterator<Item = &'a Shift>) -> Self {
        let back = |shift: &Shift| [(shift.written, -shift.units), (shift.asked, shift.units)];
        Self::from_changes(self.changes().chain(shifts.into_iter().flat_map(back)))
    }
}

/// The prices that an adjustment sets, each by the day that it was asked for: what was shifted there, and what was meant
/// for the adjustment's own day. Of a merged day the last one is what was sent.
///
/// ```text
/// asked    8.40 from the 1st (taken), 8.80 from the 2nd
/// sent     8.80 on the 2nd
/// told     8.40 from the 1st, 8.80 from the 2nd: neither is asked for again
/// ```
pub fn prices_asked(sent: PriceStep, shifts: &[Shift]) -> Vec<PriceStep> {
    let mut steps: Vec<PriceStep> = shifts.iter().map(Shift::price_step).collect();
    let last = |of: fn(&PriceStep) -> Option<Money>| steps.iter().rev().find_map(of);
    let own = PriceStep {
        from: sent.from,
        price: sent.price.filter(|price| last(|step| step.price) != Some(*price)),
        cost: sent.cost.filter(|cost| last(|step| step.cost) != Some(*cost)),
    };
    steps.push(own);
    steps.retain(|step| step.price.is_some() || step.cost.is_some());
    steps
}

/// What ought to stand on one contract for one service: wanted state, never a counter (design invariant 3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    pub service: ServiceId,
    /// Its row on the contract; none where there is none yet.
    pub contract_service: Option<ContractServiceId>,
    /// The whole quantity over all time: what was before the owned span, the invoice's quantity in it, and what is kept after it (sync-rules 4.3).
    pub units: Timeline,
    /// Last day of the usage month: a refused step after it that is not needed does not fail the service (sync-rules 4.5).
    pub month_end: Day,
    /// Dated re-prices, by day (sync-rules 5).
    pub prices: Vec<PriceStep>,
    /// What a newly made row carries (sync-rules 5.1).
    pub opening_price: Option<Money>,
    /// Likewise its cost.
    pub opening_cost: Option<Money>,
}

/// What the target's own arithmetic makes of a [`Wanted`] (sync-rules 4.4–4.6).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceOperations {
    /// The writes, in the order in which they must go.
    pub operations: Vec<Operation>,
    /// Same-day shifts and the like: written, but the operator must look.
    pub warnings: Vec<Finding>,
    /// What stays off because its days are taken, and that no free day can remove (sync-rules 4.6): no write, and worth a
    /// word the first time only.
    #[serde(default)]
    pub residues: Vec<Finding>,
    /// The parts of the operations that are dated otherwise than they were asked for.
    #[serde(default)]
    pub shifts: Vec<Shift>,
    /// A predicted refusal: none of the operations may be sent.
    pub refused: Option<Finding>,
    /// The quantity that reading back must show once all are written.
    pub after: Timeline,
}
