//! Customers with their program agreements (wire/prism 6, E2).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    Agreement, assumed,
    loose::{Loose, LooseRows},
};
use crate::domain::{AgreementId, CustomerId};

/// One customer, as far as it is needed.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WireCustomer {
    #[serde(default)]
    customer_id: Loose,
    #[serde(default)]
    customer_name: Loose,
    #[serde(default)]
    is_active: Loose,
    #[serde(default)]
    customer_acting_role: Loose,
    #[serde(default)]
    is_rhipe_end_customer: Loose,
    #[serde(default)]
    is_rhipe_partner_customer: Loose,
    #[serde(default)]
    customer_program_agreements: LooseRows<WireProgramAgreement>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireProgramAgreement {
    #[serde(default)]
    contract_agreement_id: Loose,
    #[serde(default)]
    program_name: Loose,
}

impl WireCustomer {
    fn is_end_customer(&self) -> bool {
        assumed::is_end_customer(
            self.customer_acting_role.text().as_deref(),
            self.is_rhipe_end_customer.truth(),
            self.is_rhipe_partner_customer.truth(),
        )
    }

    fn listed(&self) -> Option<(CustomerId, String)> {
        let listed = self.is_end_customer() && self.is_active.truth() != Some(false);
        let id = self.customer_id.text().filter(|_| listed)?;
        Some((CustomerId::new(id), self.customer_name.text().unwrap_or_default()))
    }
}

/// The agreements that customers name, each with its end customers, by id.
pub(super) fn agreements(customers: LooseRows<WireCustomer>) -> Result<Vec<Agreement>, String> {
    if let Some(why) = customers.fault {
        return Err(why);
    }
    let mut found: BTreeMap<AgreementId, Agreement> = BTreeMap::new();
    // Who cannot be read names no agreement; the others do.
    for customer in customers.all.iter().flatten() {
        for wire in customer.customer_program_agreements.all.iter().flatten() {
            let Some(id) = wire.contract_agreement_id.text().map(AgreementId::new) else {
                continue;
            };
            let agreement = found.entry(id.clone()).or_insert_with(|| agreement(id, wire));
            agreement.customers.extend(customer.listed());
        }
    }
    for agreement in found.values_mut() {
        agreement.customers.sort();
        agreement.customers.dedup();
    }
    Ok(found.into_values().collect())
}

fn agreement(id: AgreementId, wire: &WireProgramAgreement) -> Agreement {
    let program = wire.program_name.text().unwrap_or_default();
    let csp = assumed::is_csp(&program);
    Agreement { id, program, csp, customers: Vec::new() }
}
