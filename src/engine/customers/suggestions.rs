//! Suggested mappings, and accepting those that are sure enough.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    domain::{
        AgreementId, Code, CompanyId, UsageMonth,
        mapping::Start,
        target::{Company, Contract},
    },
    engine::{
        connections::heard::heard,
        context::{Caller, Context},
        customers::{
            book::Book,
            choices,
            mapping::{MappingEdit, MappingWish},
            sync_start::Cursor,
            tenants,
        },
        protocol::{Refusal, command::AutoMap},
        refusals::malformed,
        tables::KnownTenant,
        views::{AcceptedView, SkippedView, SuggestionView},
    },
    planning::matching::{
        ContractMatch, ContractRequest, Match, PastLink, Unmapped, doubt, suggest,
    },
    psa::Psa,
};

/// Suggestions for unmapped tenants, the surest first.
pub(crate) async fn list(
    context: &Arc<Context>,
    caller: &Caller,
) -> Result<Vec<SuggestionView>, Refusal> {
    let mut book = context.load_book().await?;
    if book.known.is_empty() {
        tenants::refresh(context, caller).await?;
        book = context.load_book().await?;
    }
    let companies = super::companies::read(context, caller).await?;
    let companies = &companies.all;
    let matches = matches(&book, companies);
    if matches.is_empty() {
        return Ok(Vec::new());
    }
    let (_, client) = context.target(caller).await?;
    let contracts = contracts(context, &*client, &matches).await?;
    let months = Months::read(context, caller, &book, &matches).await?;
    let today = context.clock.today();
    let fit = |company: CompanyId| -> Vec<&Contract> {
        let of = contracts.iter().filter(|contract| contract.company == company);
        of.filter(|contract| contract.unfit(today).is_none()).collect()
    };
    let terms = context.sides.terms();
    let linked = book.mappings.values().map(|one| (&one.customer, one.contract)).collect();
    let by_id: BTreeMap<_, _> = companies.iter().map(|company| (company.id, company)).collect();
    let mut views: Vec<_> = matches
        .into_iter()
        .filter_map(|found| {
            let company = *by_id.get(&found.company)?;
            let known = book.known.get(&found.tenant)?;
            let (customer, month) = (&known.customer, months.of(known));
            let on = ContractRequest { customer, linked: &linked, month };
            let on = on.choose(&fit(company.id));
            let mut view = view(known, found, company, on);
            let told = view.reasons.iter_mut().chain(&mut view.caveat);
            told.for_each(|text| *text = terms.retell(text, &[&known.customer_name]).into_owned());
            Some(view)
        })
        .collect();
    views.sort_by_cached_key(|view| {
        (100 - view.score.min(100), view.customer_name.to_lowercase(), view.domain.clone())
    });
    Ok(views)
}

fn matches(book: &Book, companies: &[Company]) -> Vec<Match> {
    let unmapped: Vec<Unmapped<'_>> = book
        .known
        .values()
        .filter(|known| known.listed && !book.mappings.contains_key(&known.id))
        .map(|known| Unmapped {
            tenant: &known.id,
            domain: &known.domain,
            customer: &known.customer,
            customer_name: &known.customer_name,
        })
        .collect();
    let past = book.mappings.values();
    let past = past.map(|one| PastLink { customer: one.customer.clone(), company: one.company });
    suggest(&unmapped, companies, &past.collect::<Vec<_>>())
}

/// Contracts of the suggested companies; all there are, where that is one reading instead of many.
async fn contracts(
    context: &Context,
    client: &dyn Psa,
    matches: &[Match],
) -> Result<Vec<Contract>, Refusal> {
    let companies: BTreeSet<CompanyId> = matches.iter().map(|one| one.company).collect();
    let only = Some(companies.len()).filter(|count| *count == 1).and(companies.first().copied());
    let read = client.contracts(only).await;
    let mut contracts = heard(context, &context.sides.target, read).await?;
    contracts.retain(|contract| companies.contains(&contract.company));
    choices::keep(context, &contracts).await?;
    Ok(contracts)
}

/// The month that a mapping made now would begin with, by agreement.
struct Months(BTreeMap<AgreementId, UsageMonth>);

impl Months {
    async fn read(
        context: &Arc<Context>,
        caller: &Caller,
        book: &Book,
        matches: &[Match],
    ) -> Result<Self, Refusal> {
        let mut months = BTreeMap::new();
        // A suggestion is worth having without PRISM; mapping asks it again.
        let Ok(mut cursor) = Cursor::read(context, caller).await else { return Ok(Self(months)) };
        let known = matches.iter().filter_map(|found| book.known.get(&found.tenant));
        let agreements: BTreeSet<_> = known.map(|known| known.agreement.clone()).collect();
        for agreement in agreements {
            if let Some(month) = cursor.first(Start::default(), Some(&agreement)).await? {
                months.insert(agreement, month);
            }
        }
        Ok(Self(months))
    }

    fn of(&self, known: &KnownTenant) -> Option<UsageMonth> {
        self.0.get(&known.agreement).copied()
    }
}

fn view(known: &KnownTenant, found: Match, company: &Company, on: ContractMatch) -> SuggestionView {
    SuggestionView {
        tenant: found.tenant,
        domain: known.domain.clone(),
        customer_name: known.customer_name.clone(),
        company: company.clone(),
        contract: on.contract,
        contracts: on.choices as u64,
        score: found.score.min(on.most),
        reasons: found.reasons.into_iter().chain(on.reason).collect(),
        caveat: found.caveat.or(on.caveat),
        doubt: doubt(&known.customer_name, &known.domain, &company.name).or(on.doubt),
    }
}

/// Accepts every suggestion of at least this score that leaves nothing to choose, and tells which of them it cannot.
pub(crate) async fn accept(
    context: &Arc<Context>,
    caller: &Caller,
    AutoMap { min_score, sync }: AutoMap,
) -> Result<AcceptedView, Refusal> {
    if min_score > 100 {
        let text = format!("A score of {min_score} does not exist.");
        return Err(malformed(Code::Score, text, "Give one from 0 to 100."));
    }
    let mut sure = list(context, caller).await?;
    sure.retain(|one| one.score >= min_score && one.caveat.is_none());
    let _pen = context.pen.lock().await;
    let book = context.load_book().await?;
    let mut edit = MappingEdit::new(context, caller, book.mappings.clone());
    let (mut changed, mut skipped) = (BTreeSet::new(), Vec::new());
    for one in sure {
        let Some(contract) = one.contract.clone() else { continue };
        let (Some(found), None) = (book.of(&one.tenant), book.mappings.get(&one.tenant)) else {
            skipped
                .push(skip(one, "it was linked meanwhile, or is not listed any more".to_owned()));
            continue;
        };
        if let Some(why) = taken(&edit, &contract, sync.unwrap_or_default()) {
            skipped.push(skip(one, why));
            continue;
        }
        let wish = MappingWish { sync, ..MappingWish::default() };
        edit.map(found, &one.company, &contract, wish).await?;
        changed.insert(one.tenant);
    }
    let linked = if changed.is_empty() { Vec::new() } else { edit.store(changed).await? };
    Ok(AcceptedView { linked, skipped })
}

fn skip(one: SuggestionView, why: String) -> SkippedView {
    let SuggestionView { tenant, domain, customer_name, .. } = one;
    SkippedView { tenant, domain, customer_name, why }
}

/// Why a contract's mappings would not agree with one more whose switch is this, if so: it is left alone.
fn taken(edit: &MappingEdit<'_>, contract: &Contract, sync: bool) -> Option<String> {
    let other = edit.mappings.on(contract.id).find(|one| one.sync != sync)?;
    let switch = if other.sync { "on" } else { "off" };
    let (contract, by) = (&contract.name, &other.customer_name);
    Some(format!("“{contract}” is taken by {by}, sync {switch}"))
}
