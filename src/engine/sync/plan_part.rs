//! Carrying out a part of a saved plan: some of its customers, and each contract whole.
//!
//! It must not plan: a part of a plan is a plan of its own, which is compared and guarded like any other.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{Code, ContractId, TenantId, mapping::Mapping, outcome::Finding},
    engine::{
        protocol::{Refusal, RefusalKind, SyncRequest},
        sync::{equipment::Equipment, refusal, saved_plan::Saved},
        tables::{MAPPINGS, of_connection},
    },
};

/// A request for a part of a saved plan as one for a plan that is that part; any other as it is.
///
/// # Errors
/// Where the plan has nothing of a tenant that is named, or only half of those who share a contract are.
pub(crate) async fn narrowed(
    equipment: &Equipment,
    request: &SyncRequest,
) -> Result<SyncRequest, Refusal> {
    let Some(plan) = request.plan.as_ref().filter(|_| !request.only.is_empty()) else {
        return Ok(request.clone());
    };
    let saved = Saved::read(plan)?;
    saved.request.must_answer(request)?;
    if saved.request.left_behind {
        let text = "A plan of seats that customers left behind is carried out whole.";
        return Err(refused(Code::PlanOther, text, "Make it for one customer with --customer."));
    }
    let mappings = equipment.store.scan(MAPPINGS, of_connection(&equipment.connection)).await;
    let mappings = mappings.map_err(|error| refusal(&error.into()))?;
    let mappings = mappings.into_iter().map(|(_, mapping)| (mapping.tenant.clone(), mapping));
    let contracts = chosen(&saved, &request.only, &mappings.collect())?;
    let mut part = saved.part(&contracts, request.only.clone());
    let (tenants, plan, only) = (Vec::new(), Some(part.seal()), Vec::new());
    Ok(SyncRequest { tenants, plan, only, ..request.clone() })
}

/// The contracts of these tenants.
fn chosen(
    saved: &Saved,
    only: &[String],
    mappings: &BTreeMap<TenantId, Mapping>,
) -> Result<BTreeSet<ContractId>, Refusal> {
    let only: BTreeSet<TenantId> = only.iter().map(TenantId::new).collect();
    let mut contracts = BTreeSet::new();
    for tenant in &only {
        let mapping = mappings.get(tenant).filter(|one| saved.covers_contract(one.contract));
        let Some(mapping) = mapping else {
            return Err(not_in_plan(mappings.get(tenant), tenant));
        };
        let on_it = mappings.values().filter(|one| one.sync && one.contract == mapping.contract);
        let left: Vec<&Mapping> = on_it.filter(|other| !only.contains(&other.tenant)).collect();
        if !left.is_empty() {
            return Err(half_of_a_contract(mapping, &left));
        }
        contracts.insert(mapping.contract);
    }
    Ok(contracts)
}

fn not_in_plan(mapping: Option<&Mapping>, tenant: &TenantId) -> Refusal {
    let name = mapping.map_or_else(|| tenant.to_string(), |mapping| mapping.domain.clone());
    let text = format!("The plan has nothing of “{name}”.");
    let advice = "Nothing was written. Name tenants that the plan is about, or plan again.";
    refused(Code::PlanOther, text, advice)
}

fn half_of_a_contract(mapping: &Mapping, left: &[&Mapping]) -> Refusal {
    let left: Vec<String> = left.iter().map(|other| format!("“{}”", other.domain)).collect();
    let text = format!(
        "“{}” shares “{}” with {}, which is written whole.",
        mapping.domain,
        mapping.contract_name,
        left.join(", ")
    );
    refused(Code::SharedContract, text, "Nothing was written. Name all of them, or none.")
}

fn refused(code: Code, text: impl Into<String>, advice: &str) -> Refusal {
    Refusal::new(RefusalKind::Malformed, Finding::new(code, text, advice))
}
