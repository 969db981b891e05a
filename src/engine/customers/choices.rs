//! Companies and contracts to choose from.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    domain::{
        Code, CompanyId, ContractId, Thing,
        target::{Company, Contract},
    },
    engine::{
        connections::heard::heard,
        context::{Caller, Context},
        customers::latest_bills::newest_invoices,
        program::{alike, pick_company},
        protocol::Refusal,
        refusals::{ambiguous, failed, malformed, unknown},
        tables::{CONTRACTS, of_contract},
        views::{CompanyChoice, ContractChoice},
    },
    planning::matching::{self, Match, PastLink, Unmapped},
    psa::Psa,
    store::Batch,
};

/// So many contracts are told by name.
const FEW: usize = 6;

/// Companies, active ones first, by name.
pub(crate) async fn companies(
    context: &Arc<Context>,
    caller: &Caller,
) -> Result<Vec<Company>, Refusal> {
    let read = super::companies::read(context, caller).await?;
    Ok(by_name(&read.all))
}

fn by_name(companies: &[Company]) -> Vec<Company> {
    let mut companies = companies.to_vec();
    companies.sort_by_cached_key(|one| (!one.active, one.name.to_lowercase(), one.id));
    companies
}

/// Companies for a tenant: those that anything speaks for, the likeliest first, then the others by name.
pub(crate) async fn ranked(
    context: &Arc<Context>,
    caller: &Caller,
    tenant: &str,
) -> Result<Vec<CompanyChoice>, Refusal> {
    let companies = by_name(&super::companies::seen(context, caller).await?.all);
    let book = context.load_book().await?;
    let found = book.find(tenant)?;
    let others = book.mappings.values().filter(|one| one.tenant != found.tenant);
    let past: Vec<PastLink> = others
        .map(|one| PastLink { customer: one.customer.clone(), company: one.company })
        .collect();
    let unmapped = Unmapped {
        tenant: &found.tenant,
        domain: &found.domain,
        customer: &found.customer,
        customer_name: &found.customer_name,
    };
    let ranks: BTreeMap<CompanyId, (usize, Match)> = matching::ranked(&unmapped, &companies, &past)
        .into_iter()
        .enumerate()
        .map(|(place, one)| (one.company, (place, one)))
        .collect();
    let choice = |company: &Company| {
        let rank = ranks.get(&company.id).map(|(_, found)| found);
        CompanyChoice {
            company: company.clone(),
            score: rank.map(|found| found.score),
            reasons: rank.map_or_else(Vec::new, |found| {
                found.reasons.iter().chain(&found.caveat).cloned().collect()
            }),
            doubt: matching::doubt(&found.customer_name, &found.domain, &company.name),
        }
    };
    let mut choices: Vec<CompanyChoice> = companies.iter().map(choice).collect();
    choices.sort_by_key(|one| ranks.get(&one.company.id).map_or(usize::MAX, |(place, _)| *place));
    Ok(choices)
}

/// Contracts of a company, those that can be chosen first, and of those the ones that nothing speaks against; each with the
/// reason why not.
pub(crate) async fn contracts(
    context: &Arc<Context>,
    caller: &Caller,
    company: CompanyId,
) -> Result<Vec<ContractChoice>, Refusal> {
    let (name, client) = context.target(caller).await?;
    let contracts = heard(context, &name, client.contracts(Some(company)).await).await?;
    keep(context, &contracts).await?;
    let book = context.load_book().await?;
    let mut mapped: BTreeMap<ContractId, Vec<String>> = BTreeMap::new();
    for mapping in book.mappings.values() {
        mapped.entry(mapping.contract).or_default().push(mapping.domain.clone());
    }
    let today = context.clock.today();
    let month = newest_invoices(context).await?.last().and_then(|newest| newest.month);
    let terms = context.sides.terms();
    let choice = |contract: Contract| ContractChoice {
        remark: month
            .and_then(|month| contract.misses(month))
            .or_else(|| Some(contract.doubts(today).first()?.to_string())),
        advice: contract.unfit(today).map(|why| terms.say(why.advice()).into_owned()),
        unfit: contract.unfit(today).map(|why| why.to_string()),
        mapped: mapped.get(&contract.id).cloned().unwrap_or_default(),
        contract,
    };
    let mut choices: Vec<_> = contracts.into_iter().map(choice).collect();
    choices.sort_by_cached_key(|one| {
        let doubtful = (one.unfit.is_some(), one.remark.is_some());
        (doubtful, one.contract.name.to_lowercase(), one.contract.id)
    });
    Ok(choices)
}

/// Remembers contracts as read, for what is shown before the network answers.
pub(crate) async fn keep(context: &Context, contracts: &[Contract]) -> Result<(), Refusal> {
    let mut batch = Batch::new();
    put(context, &mut batch, contracts);
    context.store.commit(batch).await?;
    context.contracts.forget();
    Ok(())
}

/// The same as part of a batch.
pub(super) fn put(context: &Context, batch: &mut Batch, contracts: &[Contract]) {
    for contract in contracts {
        batch.put(CONTRACTS, &of_contract(&context.sides.target, contract.id), contract);
    }
}

/// The company that is meant.
pub(crate) async fn company(
    context: &Arc<Context>,
    caller: &Caller,
    typed: &str,
) -> Result<Company, Refusal> {
    let pick = |companies: &[Company]| pick_company(Thing::Company, typed, companies).cloned();
    let knows = |companies: &[Company]| pick(companies).is_ok();
    pick(&super::companies::seen_with(context, caller, knows).await?.all)
}

/// The contract that is meant, among the company's; one that cannot carry services is refused with the reason.
pub(crate) async fn contract(
    context: &Context,
    client: &dyn Psa,
    company: &Company,
    typed: &str,
) -> Result<Contract, Refusal> {
    if typed.trim().is_empty() {
        let text = "No contract is named.";
        return Err(malformed(Code::Unusable(Thing::Contract), text, "Give its name or id."));
    }
    let contracts =
        heard(context, &context.sides.target, client.contracts(Some(company.id)).await).await?;
    keep(context, &contracts).await?;
    if let Some(found) = pick_contract(typed, &contracts)? {
        return fit(context, found.clone(), company);
    }
    if let Ok(id) = typed.trim().parse::<ContractId>() {
        let elsewhere =
            heard(context, &context.sides.target, client.contracts_by_id(&[id]).await).await?;
        if let Some(contract) = elsewhere.first() {
            return Err(other_company(contract, company));
        }
    }
    Err(unknown_contract(typed, company, &contracts))
}

/// Where a company has few contracts, all of them are told.
fn unknown_contract(typed: &str, company: &Company, contracts: &[Contract]) -> Refusal {
    let names = contracts.iter().map(|contract| contract.name.as_str());
    let theirs = match contracts {
        [] => "it has none".to_owned(),
        few if few.len() <= FEW => {
            let all: Vec<_> =
                few.iter().map(|one| format!("“{}” ({})", one.name, one.id)).collect();
            format!("it has {}", all.join(", "))
        }
        many => format!("it has {}", many.len()),
    };
    let advice = format!("It must be a contract of “{}”; {theirs}.", company.name);
    unknown(Thing::Contract, typed, names, &advice)
}

/// A contract by id or name; where several carry the name, the id must be given.
pub(crate) fn pick_contract<'a>(
    typed: &str,
    contracts: &'a [Contract],
) -> Result<Option<&'a Contract>, Refusal> {
    if let Ok(id) = typed.trim().parse::<ContractId>()
        && let Some(contract) = contracts.iter().find(|contract| contract.id == id)
    {
        return Ok(Some(contract));
    }
    let same: Vec<_> = contracts.iter().filter(|one| alike(&one.name, typed)).collect();
    match same.as_slice() {
        [] => Ok(None),
        [contract] => Ok(Some(contract)),
        several => {
            let ids: Vec<_> = several.iter().map(|contract| contract.id.to_string()).collect();
            Err(ambiguous(Thing::Contract, typed, &ids))
        }
    }
}

/// Whether it can be chosen today.
pub(crate) fn fit(
    context: &Context,
    contract: Contract,
    company: &Company,
) -> Result<Contract, Refusal> {
    if contract.company != company.id {
        return Err(other_company(&contract, company));
    }
    match contract.unfit(context.clock.today()) {
        None => Ok(contract),
        Some(reason) => Err(failed(
            Code::UnfitContract,
            format!("Contract “{}” ({}) {reason}.", contract.name, contract.id),
            reason.advice(),
        )),
    }
}

fn other_company(contract: &Contract, company: &Company) -> Refusal {
    failed(
        Code::OtherCompany,
        format!(
            "Contract “{}” ({}) belongs to company {}, not to “{}” ({}).",
            contract.name, contract.id, contract.company, company.name, company.id
        ),
        "Choose a contract of this company, or the company of this contract.",
    )
}
