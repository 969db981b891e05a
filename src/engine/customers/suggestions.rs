//! Suggested mappings, and accepting those that are sure enough.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    domain::{
        AgreementId, Code, CompanyId, ContractId, UsageMonth,
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
        views::{CustomerView, SuggestionView},
    },
    planning::matching::{Match, PastLink, Unmapped, doubt, suggest},
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
    let by_id: BTreeMap<_, _> = companies.iter().map(|company| (company.id, company)).collect();
    let mut views: Vec<_> = matches
        .into_iter()
        .filter_map(|found| {
            let company = *by_id.get(&found.company)?;
            let known = book.known.get(&found.tenant)?;
            let month = months.of(known);
            let (contract, caveat) = choose(&fit(company.id), month);
            Some(view(known, found, company, contract, caveat))
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

/// The contract that can be meant, of those that can work today, or why none can be told.
fn choose(fit: &[&Contract], month: Option<UsageMonth>) -> (Option<Contract>, Option<String>) {
    let misses = |contract: &Contract| month.and_then(|month| contract.misses(month));
    let reach: Vec<_> = fit.iter().filter(|one| misses(one).is_none()).collect();
    let whole: Vec<_> =
        reach.iter().filter(|one| month.is_none_or(|month| one.covers(month))).collect();
    match (whole.as_slice(), reach.as_slice(), fit) {
        ([only], ..) => (Some((***only).clone()), None),
        ([], [only], _) => (Some((**only).clone()), None),
        (_, [], []) => (None, Some("it has no contract that can carry services".to_owned())),
        (_, [], [only]) => {
            (Some((*only).clone()), misses(only).map(|why| format!("its contract {why}")))
        }
        (_, [], several) => {
            let first = several.iter().find_map(|one| misses(one)).unwrap_or_default();
            (None, Some(format!("none of its {} contracts fits: one {first}", several.len())))
        }
        (_, several, _) => {
            (None, Some(format!("it has {} contracts to choose from", several.len())))
        }
    }
}

fn view(
    known: &KnownTenant,
    found: Match,
    company: &Company,
    contract: Option<Contract>,
    caveat: Option<String>,
) -> SuggestionView {
    SuggestionView {
        tenant: found.tenant,
        domain: known.domain.clone(),
        customer_name: known.customer_name.clone(),
        company: company.clone(),
        contract,
        score: found.score,
        reasons: found.reasons,
        caveat: found.caveat.or(caveat),
        doubt: doubt(&known.customer_name, &known.domain, &company.name),
    }
}

/// Accepts every suggestion of at least this score that leaves nothing to choose.
pub(crate) async fn accept(
    context: &Arc<Context>,
    caller: &Caller,
    AutoMap { min_score, sync }: AutoMap,
) -> Result<Vec<CustomerView>, Refusal> {
    if min_score > 100 {
        let text = format!("A score of {min_score} does not exist.");
        return Err(malformed(Code::Score, text, "Give one from 0 to 100."));
    }
    let mut sure = list(context, caller).await?;
    sure.retain(|one| one.score >= min_score && one.caveat.is_none());
    let _pen = context.pen.lock().await;
    let book = context.load_book().await?;
    let mut edit = MappingEdit::new(context, caller, book.mappings.clone());
    let mut changed = BTreeSet::new();
    for one in sure {
        let (Some(found), Some(contract)) = (book.of(&one.tenant), one.contract) else { continue };
        let taken = book.mappings.contains_key(&one.tenant);
        if taken || !joins(&edit, contract.id, sync.unwrap_or_default()) {
            continue;
        }
        let wish = MappingWish { sync, ..MappingWish::default() };
        edit.map(found, &one.company, &contract, wish).await?;
        changed.insert(one.tenant);
    }
    if changed.is_empty() {
        return Ok(Vec::new());
    }
    edit.store(changed).await
}

/// Whether a contract's mappings would agree with one more whose switch is this: one that would not is left alone.
fn joins(edit: &MappingEdit<'_>, contract: ContractId, sync: bool) -> bool {
    edit.mappings.on(contract).all(|one| one.sync == sync)
}
