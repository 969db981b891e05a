//! ConnectWise's answers to [`BillingRules`]. Pure: they need no server, and take of its tables what was read so far.
//!
//! It must not send anything, or decide what is wanted.

use super::{operations, reads::ProductType, told_prices, verdict, writes};
use crate::{
    domain::{
        Money,
        operation::{Operation, PriceStep, ServiceOperations, Wanted},
        outcome::Finding,
        policy::Policies,
        product::Service,
        target::{Contract, PresentContract, PresentService},
    },
    psa::{AskedPrice, BillingRules, OwnWrite, RowState, SentWrite, Shown, Surroundings},
};

/// What ConnectWise makes of what it is sent. Clones share what was read of its tables.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    product_type: ProductType,
}

impl Rules {
    pub(super) fn of(product_type: ProductType) -> Self {
        Self { product_type }
    }
}

impl BillingRules for Rules {
    fn operations(
        &self,
        contract: &PresentContract,
        wanted: &Wanted,
        surroundings: &Surroundings,
        policies: &Policies,
    ) -> ServiceOperations {
        operations::operations(contract, wanted, surroundings, policies)
    }

    fn keeps(&self, price: Money) -> Money {
        operations::keeps(price)
    }

    fn body(&self, operation: &Operation) -> serde_json::Value {
        let request = writes::request(operation, self.product_type.so_far());
        request.map_or(serde_json::Value::Null, |request| request.body)
    }

    fn after(&self, before: &RowState, operation: &Operation) -> RowState {
        verdict::after(before, operation)
    }

    fn found_on_contract(&self, write: &SentWrite<'_>, reading: &PresentContract) -> Option<i64> {
        verdict::on_contract(write, reading)
    }

    fn all_found_on_contract(&self, write: &SentWrite<'_>, reading: &PresentContract) -> Vec<i64> {
        verdict::all_on_contract(write, reading)
    }

    fn found_in_catalogue(&self, write: &SentWrite<'_>, services: &[Service]) -> Option<i64> {
        verdict::in_catalogue(write, services)
    }

    fn is_foreign(&self, write: &SentWrite<'_>, reading: &PresentContract) -> bool {
        verdict::is_foreign(write, reading)
    }

    /// Any number of lines may begin on one day.
    fn says_day_taken(&self, _refused: &Finding) -> bool {
        false
    }

    /// The server's own words say what is the matter, and the advice what to do.
    fn explained(
        &self,
        _write: &SentWrite<'_>,
        _present: &PresentContract,
        refused: Finding,
    ) -> Finding {
        refused
    }

    fn shows(&self, _contract: &Contract, row: &PresentService, asked: AskedPrice) -> Shown {
        told_prices::shows(row, asked)
    }

    fn told_prices(&self, row: &PresentService) -> Option<Vec<PriceStep>> {
        Some(told_prices::steps(row))
    }

    /// By key, or by the line's own id.
    fn tells_own_writes(&self) -> bool {
        true
    }

    fn written(
        &self,
        contract: &PresentContract,
        operation: &Operation,
        id: Option<i64>,
    ) -> Option<PresentContract> {
        verdict::written(contract, operation, id)
    }

    /// Lines name their last day themselves.
    fn has_unclear_ends(&self, _present: &PresentContract) -> bool {
        false
    }

    fn with_ends(&self, present: PresentContract, _writes: &[OwnWrite]) -> PresentContract {
        present
    }
}
