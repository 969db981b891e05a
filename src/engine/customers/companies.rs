//! Companies as the target lists them, and which of them were inactive when they were read last: a customer of theirs is
//! billed all the same, and somebody should know.
//!
//! It must not choose one: that is `targets` and `suggest`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        Code, CompanyId, ContractId,
        mapping::Mapping,
        outcome::Finding,
        target::{Company, Contract},
    },
    engine::{
        connections::heard::heard,
        context::{Caller, Context},
        protocol::Refusal,
        tables::CONTRACTS,
        tables::{INACTIVE, id_below_connection, of_company, of_connection},
    },
    store::Batch,
};

/// So long what was read is chosen from without another reading. Whoever refreshes the customers, or names a company that
/// is not among those, has them read anew before that.
const HOLDS: TimeDelta = TimeDelta::minutes(15);

/// Companies as they were read last.
#[derive(Debug)]
pub(crate) struct SeenCompanies {
    pub all: Vec<Company>,
    at: DateTime<Utc>,
}

/// All customer companies as they are now; which of them are inactive is remembered.
///
/// # Errors
/// Where they cannot be read, or that cannot be stored.
pub(crate) async fn read(
    context: &Arc<Context>,
    caller: &Caller,
) -> Result<Arc<SeenCompanies>, Refusal> {
    context.companies.forget();
    seen(context, caller).await
}

/// The same as read last, where that is not long ago: linking many customers reads them once.
///
/// # Errors
/// As for [`read`].
pub(crate) async fn seen(
    context: &Arc<Context>,
    caller: &Caller,
) -> Result<Arc<SeenCompanies>, Refusal> {
    let now = context.clock.now();
    context.companies.forget_unless(|seen| now - seen.at < HOLDS);
    let reading = async {
        let (name, client) = context.target(caller).await?;
        let all = heard(context, &name, client.companies().await).await?;
        remember(context, &all).await?;
        Ok(SeenCompanies { all, at: now })
    };
    context.companies.or_read(reading).await
}

/// The companies in which `knows` finds what it looks for: those read last, or else as they are now.
///
/// # Errors
/// As for [`read`].
pub(crate) async fn seen_with(
    context: &Arc<Context>,
    caller: &Caller,
    knows: impl Fn(&[Company]) -> bool,
) -> Result<Arc<SeenCompanies>, Refusal> {
    let kept = context.companies.is_kept();
    let seen = seen(context, caller).await?;
    if kept && !knows(&seen.all) { read(context, caller).await } else { Ok(seen) }
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
