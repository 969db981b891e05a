//! What unit tests begin from and change where their rule needs it. It must not reach the program.

use super::{
    CompanyId, ContractId,
    target::{Contract, ContractKind},
};

/// Active, monthly from 1 January 2026, without an end; invoicing and currency are not told.
pub(crate) fn contract() -> Contract {
    Contract {
        id: ContractId(1),
        company: CompanyId(1),
        name: "Cloud".to_owned(),
        kind: ContractKind::Recurring,
        active: true,
        start: "2026-01-01".parse().expect("a day"),
        end: None,
        period_months: 1,
        invoicing: None,
        currency: None,
    }
}
