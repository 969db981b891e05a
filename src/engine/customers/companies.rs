//! Companies as the target lists them, and which of them were inactive when they were read last: a customer of theirs is
//! billed all the same, and somebody should know.
//!
//! It must not choose one: that is `targets` and `suggest`.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{
        Code, CompanyId, ContractId,
        mapping::Mapping,
        outcome::Finding,
        target::{Company, Contract},
    },
    engine::{
        connections::heard::heard,
        context::Context,
        protocol::Refusal,
        tables::CONTRACTS,
        tables::{INACTIVE, id_below_connection, of_company, of_connection},
    },
    psa::Psa,
    store::Batch,
};

/// All customer companies; which of them are inactive is remembered.
///
/// # Errors
/// Where they cannot be read, or that cannot be stored.
pub(crate) async fn read(context: &Context, client: &dyn Psa) -> Result<Vec<Company>, Refusal> {
    let companies = heard(context, &context.sides.target, client.companies().await).await?;
    context.companies.forget();
    remember(context, &companies).await?;
    Ok(companies)
}

/// Remembers which of these are inactive, in the place of what was known.
///
/// # Errors
/// Where the store fails.
pub(crate) async fn remember(context: &Context, companies: &[Company]) -> Result<(), Refusal> {
    let known = known_inactive(context).await?;
    let inactive = companies.iter().filter(|company| !company.active);
    let now: BTreeSet<CompanyId> = inactive.map(|company| company.id).collect();
    if known == now {
        return Ok(());
    }
    let mut batch = Batch::new();
    for gone in known.difference(&now) {
        batch.remove(INACTIVE, &of_company(&context.sides.target, *gone));
    }
    for new in now.difference(&known) {
        batch.put(INACTIVE, &of_company(&context.sides.target, *new), &());
    }
    context.store.commit(batch).await?;
    Ok(())
}

/// The companies that were inactive when they were read last.
///
/// # Errors
/// Where the store fails.
pub(crate) async fn known_inactive(context: &Context) -> Result<BTreeSet<CompanyId>, Refusal> {
    let known = context.store.scan(INACTIVE, of_connection(&context.sides.target)).await?;
    let ids = known.iter().filter_map(|(key, ())| id_below_connection(key));
    Ok(ids.map(CompanyId).collect())
}

/// What is said of a mapping on an inactive company: Autotask goes on billing its contracts.
pub(crate) fn inactive(mapping: &Mapping) -> Finding {
    let text = format!(
        "Company “{}” of {} is inactive in the PSA; its contract is billed and synced all the same.",
        mapping.company_name, mapping.domain
    );
    let advice = "Set it active again, or end the contract and switch the customer's sync off.";
    Finding::new(Code::CompanyInactive, text, advice)
}

/// Contracts as last read.
pub(crate) async fn seen_contracts(
    context: &Context,
) -> Result<BTreeMap<ContractId, Contract>, Refusal> {
    let seen = context.store.scan(CONTRACTS, of_connection(&context.sides.target)).await?;
    Ok(seen.into_iter().map(|(_, contract)| (contract.id, contract)).collect())
}
