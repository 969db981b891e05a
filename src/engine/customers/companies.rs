//! Companies as the target lists them, and which of them were inactive, or listed no more, when they were read last: a customer
//! of theirs is billed all the same, and somebody should know.
//!
//! It must not choose one: that is `targets` and `suggest`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        CompanyId, ContractId, Thing,
        mapping::Mapping,
        outcome::Finding,
        target::{Company, CompanyTrouble, Contract},
    },
    engine::{
        connections::heard::heard,
        context::{Caller, Context},
        protocol::Refusal,
        tables::CONTRACTS,
        tables::{GONE_COMPANIES, INACTIVE, id_below_connection, of_company, of_connection},
    },
    planning::company_trouble::company_trouble,
    psa::Psa,
    store::{Batch, Table},
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
        remember(context, &*client, &all).await?;
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

/// Remembers what is wrong with companies by this reading of all of them, in the place of what was known.
///
/// # Errors
/// Where the store fails.
pub(crate) async fn remember(
    context: &Context,
    client: &dyn Psa,
    companies: &[Company],
) -> Result<(), Refusal> {
    let known = known_trouble(context).await?;
    let book = context.load_book().await?;
    let now = trouble_among(client, companies, book.mappings.values());
    if known == now {
        return Ok(());
    }
    let mut batch = Batch::new();
    for id in known.keys() {
        batch.remove(INACTIVE, &of_company(&context.sides.target, *id));
        batch.remove(GONE_COMPANIES, &of_company(&context.sides.target, *id));
    }
    for (id, trouble) in &now {
        let table = table_of(*trouble);
        batch.put(table, &of_company(&context.sides.target, *id), &());
    }
    context.store.commit(batch).await?;
    Ok(())
}

/// Which of these are inactive, and which companies of mappings are not among them. One whose row cannot be understood is
/// there all the same.
pub(crate) fn trouble_among<'a>(
    client: &dyn Psa,
    companies: &[Company],
    mappings: impl Iterator<Item = &'a Mapping>,
) -> BTreeMap<CompanyId, CompanyTrouble> {
    let listed: BTreeSet<CompanyId> = companies.iter().map(|company| company.id).collect();
    let odd = client.odd();
    let is_odd = |company: &CompanyId| odd.iter().any(|row| row.is(Thing::Company, company.0));
    let mapped = mappings.map(|mapping| mapping.company);
    let gone = mapped.filter(|company| !listed.contains(company) && !is_odd(company));
    let inactive = companies.iter().filter(|company| !company.active);
    let inactive = inactive.map(|company| (company.id, CompanyTrouble::Inactive));
    inactive.chain(gone.map(|company| (company, CompanyTrouble::Gone))).collect()
}

fn table_of(trouble: CompanyTrouble) -> Table<()> {
    match trouble {
        CompanyTrouble::Inactive => INACTIVE,
        CompanyTrouble::Gone => GONE_COMPANIES,
    }
}

/// What was wrong with companies when they were read last.
///
/// # Errors
/// Where the store fails.
pub(crate) async fn known_trouble(
    context: &Context,
) -> Result<BTreeMap<CompanyId, CompanyTrouble>, Refusal> {
    let mut known = BTreeMap::new();
    for trouble in [CompanyTrouble::Inactive, CompanyTrouble::Gone] {
        let of_target = of_connection(&context.sides.target);
        let rows = context.store.scan(table_of(trouble), of_target).await?;
        let ids = rows.iter().filter_map(|(key, ())| id_below_connection(key));
        known.extend(ids.map(|id| (CompanyId(id), trouble)));
    }
    Ok(known)
}

/// What is said of a mapping on such a company.
pub(crate) fn troubled(mapping: &Mapping, trouble: CompanyTrouble) -> Finding {
    company_trouble(&mapping.company_name, &mapping.domain, trouble)
}

/// Contracts as last read.
pub(crate) async fn seen_contracts(
    context: &Context,
) -> Result<BTreeMap<ContractId, Contract>, Refusal> {
    let seen = context.store.scan(CONTRACTS, of_connection(&context.sides.target)).await?;
    Ok(seen.into_iter().map(|(_, contract)| (contract.id, contract)).collect())
}
