//! What stands on a row before and after a write, as far as it follows from what was read and sent. Pure.

use crate::{
    domain::{ContractServiceId, operation::Operation, target::PresentService},
    engine::sync::writing::journal::Before,
};

impl Before {
    /// What stands on a row; nothing where there is none.
    #[must_use]
    pub fn of_row(row: Option<&PresentService>) -> Self {
        row.map_or_else(Self::default, |row| Self {
            units: row.timeline(),
            price: row.price,
            cost: row.cost,
            row_starts: row.rows.iter().map(|units| units.start).collect(),
        })
    }

    /// What stands there after a write that was carried out.
    #[must_use]
    pub fn after(&self, operation: &Operation) -> Self {
        let mut after = self.clone();
        match operation {
            Operation::AdjustUnits { effective, units, unit_price, unit_cost, .. } => {
                after.units = after.units.adjusted(*effective, *units);
                after.price = unit_price.or(after.price);
                after.cost = unit_cost.or(after.cost);
                if !after.row_starts.contains(effective) {
                    after.row_starts.push(*effective);
                }
            }
            Operation::CreateContractService { unit_price, unit_cost, .. } => {
                (after.price, after.cost) = (*unit_price, *unit_cost);
            }
            Operation::CreateService { .. } | Operation::UpdateService { .. } => {}
        }
        after
    }
}

/// The row that a write made.
#[must_use]
pub fn made_row(operation: &Operation, id: Option<i64>) -> Option<ContractServiceId> {
    match operation {
        Operation::CreateContractService { .. } => id.map(ContractServiceId),
        _ => None,
    }
}

/// The write, on the row that an earlier one made.
#[must_use]
pub fn on_row(operation: &Operation, row: Option<ContractServiceId>) -> Operation {
    let mut operation = operation.clone();
    if let Operation::AdjustUnits { contract_service, .. } = &mut operation {
        *contract_service = contract_service.or(row);
    }
    operation
}
