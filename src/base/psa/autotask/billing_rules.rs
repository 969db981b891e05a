//! Autotask's answers to [`BillingRules`]. Pure: they need no tenant, and take of a tenant's own metadata what was read
//! so far.
//!
//! It must not send anything, or decide what is wanted.

use super::{
    CHOICES, metadata::Metadata, operations, posted_periods, price_readings, row_ends, verdict,
    writes,
};
use crate::{
    domain::{
        Code, Money,
        choice::ServiceChoice,
        operation::{Operation, ServiceOperations, Wanted},
        outcome::Finding,
        policy::Policies,
        product::Service,
        target::{Contract, PresentContract, PresentService},
    },
    psa::{AskedPrice, BillingRules, OwnWrite, RowState, SentWrite, Shown, Surroundings},
};

/// What Autotask makes of what it is sent. Clones share what was read of the tenant's metadata.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    metadata: Metadata,
}

impl Rules {
    pub(super) fn of(metadata: Metadata) -> Self {
        Self { metadata }
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
        let rows = self.metadata.contract_services.so_far();
        let mut made = operations::operations(contract, wanted, surroundings, policies);
        made.operations
            .iter_mut()
            .for_each(|operation| writes::only_what_it_takes(operation, rows));
        made
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
        writes::body(operation, self.metadata.services.so_far())
    }

    fn after(&self, before: &RowState, operation: &Operation) -> RowState {
        verdict::after(before, operation)
    }

    fn found_on_contract(&self, write: &SentWrite<'_>, reading: &PresentContract) -> Option<i64> {
        verdict::on_contract(write, reading)
    }

    fn found_in_catalogue(&self, write: &SentWrite<'_>, services: &[Service]) -> Option<i64> {
        verdict::in_catalogue(write, services)
    }

    fn is_foreign(&self, write: &SentWrite<'_>, reading: &PresentContract) -> bool {
        verdict::is_foreign(write, reading)
    }

    fn says_day_taken(&self, refused: &Finding) -> bool {
        refused.code == Code::SameDay
    }

    fn explained(
        &self,
        write: &SentWrite<'_>,
        present: &PresentContract,
        refused: Finding,
    ) -> Finding {
        posted_periods::named(write, present, refused)
    }

    fn shows(&self, contract: &Contract, row: &PresentService, asked: AskedPrice) -> Shown {
        price_readings::shows(contract, row, asked)
    }

    fn has_unclear_ends(&self, present: &PresentContract) -> bool {
        row_ends::any(present)
    }

    fn with_ends(&self, present: PresentContract, writes: &[OwnWrite]) -> PresentContract {
        row_ends::filled(present, writes)
    }
}
