//! ConnectWise's answers to [`BillingRules`]. Pure: they need no server.
//!
//! It must not send anything, or decide what is wanted.

use super::{keys::KeyPlace, operations, told_prices, verdict, writes};
use crate::{
    domain::{
        Code, Money, Thing,
        choice::ServiceChoice,
        operation::{Operation, PriceStep, ServiceOperations, Wanted},
        outcome::Finding,
        policy::Policies,
        product::Service,
        target::{Contract, PresentContract, PresentService},
    },
    psa::{AskedPrice, BillingRules, OwnWrite, RowState, SentWrite, Shown, Surroundings},
};

/// What is chosen for new items. The category follows from the subcategory, and narrows the choice of it.
pub const CHOICES: [ServiceChoice; 5] = [
    ServiceChoice::optional(Thing::Category).with_usual(),
    ServiceChoice::required(Thing::Subcategory).with_usual().within(Thing::Category),
    ServiceChoice::required(Thing::ProductType).with_usual(),
    ServiceChoice::optional(Thing::Unit),
    ServiceChoice::optional(Thing::Taxable),
];

/// What ConnectWise makes of what it is sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules {
    keys: KeyPlace,
}

impl Rules {
    pub(super) fn of(keys: KeyPlace) -> Self {
        Self { keys }
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

    fn service_choices(&self) -> &'static [ServiceChoice] {
        &CHOICES
    }

    fn finding(&self, code: Code, text: String) -> Finding {
        super::advice::finding(code, text)
    }

    fn keeps(&self, price: Money) -> Money {
        operations::keeps(price)
    }

    fn body(&self, operation: &Operation) -> serde_json::Value {
        let request = writes::request(operation, self.keys);
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
