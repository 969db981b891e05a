//! Mappings from a file: checked whole, then stored in one commit.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    domain::{
        CompanyId, ContractId, TenantId, Thing,
        target::{Company, Contract},
    },
    engine::{
        connections::heard::heard,
        context::{Caller, Context},
        customers::{
            book::{self, Book},
            choices,
            companies::SeenCompanies,
            lookup::{Found, TenantNames},
            mapping::{MappingEdit, MappingWish},
            mapping_file::{self, FileFaults, MappingRow},
            shared_contract, tenants,
        },
        program::CompanyNames,
        protocol::{Refusal, RefusalKind},
        refusals::unknown,
        views::ImportReport,
    },
};

/// So many contracts that rows name by their id are read by it: lists can be read side by side, where the pages of all there
/// are come one after the other and may be as many.
const NAMED_BY_ID: usize = 10_000;

/// What is there to be named in a file.
struct Choices {
    companies: Arc<SeenCompanies>,
    contracts: BTreeMap<CompanyId, Vec<Contract>>,
    by_id: BTreeMap<ContractId, Contract>,
}

/// A row of which everything was found.
struct Target {
    line: u64,
    found: Found,
    company: Company,
    contract: Contract,
    wish: MappingWish,
}

/// Stores what a file says, or nothing of it.
pub(crate) async fn import(
    context: &Arc<Context>,
    caller: &Caller,
    csv: &str,
) -> Result<ImportReport, Refusal> {
    let rows = mapping_file::read(csv)?;
    if rows.is_empty() {
        return Ok(ImportReport { stored: 0, unchanged: 0 });
    }
    // What is stored is read while the target is asked.
    let (book, choices) =
        tokio::join!(book_of(context, caller, &rows), choices(context, caller, &rows));
    let (book, choices) = (book?, choices?);
    let targets = resolve(context, &book, &rows, &choices)?;
    let _pen = context.pen.lock().await;
    let mappings = book::mappings(&context.store, &context.sides).await?;
    let edit = MappingEdit::new(context, caller, mappings);
    store(edit, targets).await
}

/// Tenants and mappings; where a row names a tenant that is not known, as PRISM lists them now.
async fn book_of(
    context: &Arc<Context>,
    caller: &Caller,
    rows: &[MappingRow],
) -> Result<Book, Refusal> {
    let book = context.load_book().await?;
    if all_known(&book, rows) {
        return Ok(book);
    }
    tenants::refresh(context, caller).await?;
    context.load_book().await
}

fn all_known(book: &Book, rows: &[MappingRow]) -> bool {
    let names = TenantNames::of(book);
    rows.iter().all(|row| names.find(&row.tenant).is_ok())
}

async fn choices(
    context: &Arc<Context>,
    caller: &Caller,
    rows: &[MappingRow],
) -> Result<Choices, Refusal> {
    let all_of_them = |companies: &[Company]| {
        let names = CompanyNames::of(companies);
        rows.iter().all(|row| names.knows(&row.company))
    };
    let companies = super::companies::seen_with(context, caller, all_of_them);
    let (companies, all) = tokio::try_join!(companies, contracts(context, caller, rows))?;
    let mut contracts: BTreeMap<CompanyId, Vec<Contract>> = BTreeMap::new();
    for contract in &all {
        contracts.entry(contract.company).or_default().push(contract.clone());
    }
    let by_id = all.into_iter().map(|contract| (contract.id, contract)).collect();
    Ok(Choices { companies, contracts, by_id })
}

/// The contracts that rows name by id, where that is fewer lists than all there are; all of them where one is named
/// otherwise.
async fn contracts(
    context: &Arc<Context>,
    caller: &Caller,
    rows: &[MappingRow],
) -> Result<Vec<Contract>, Refusal> {
    let (name, client) = context.target(caller).await?;
    let ids: Option<BTreeSet<ContractId>> =
        rows.iter().map(|row| row.contract.trim().parse().ok()).collect();
    if let Some(ids) = ids.filter(|ids| ids.len() <= NAMED_BY_ID) {
        let named: Vec<ContractId> = ids.iter().copied().collect();
        let found = heard(context, &name, client.contracts_by_id(&named).await).await?;
        // A number that is no id may be a name.
        if found.len() == ids.len() {
            return Ok(found);
        }
    }
    heard(context, &name, client.contracts(None).await).await
}

fn resolve(
    context: &Context,
    book: &Book,
    rows: &[MappingRow],
    choices: &Choices,
) -> Result<Vec<Target>, Refusal> {
    let mut faults = FileFaults::default();
    let mut seen: BTreeMap<TenantId, u64> = BTreeMap::new();
    let mut targets = Vec::new();
    let (tenants, companies) = (TenantNames::of(book), CompanyNames::of(&choices.companies.all));
    for row in rows {
        let named = tenants
            .find(&row.tenant)
            .and_then(|found| Ok((found, companies.pick(Thing::Company, &row.company)?)));
        let target = named
            .and_then(|(found, company)| resolve_row(context, book, row, choices, found, company));
        match target {
            Ok(target) => {
                if let Some(line) = seen.insert(target.found.tenant.clone(), row.line) {
                    faults.add(row.line, &format!("links the tenant of line {line} again"));
                }
                targets.push(target);
            }
            Err(refusal) => {
                let Refusal { finding, .. } = refusal;
                let text = format!("({}): {} {}", row.tenant, finding.text, finding.advice);
                faults.add(row.line, text.trim_end_matches('.'));
            }
        }
    }
    faults.refuse_as(RefusalKind::Failed)?;
    Ok(targets)
}

fn resolve_row(
    context: &Context,
    book: &Book,
    row: &MappingRow,
    choices: &Choices,
    found: Found,
    company: &Company,
) -> Result<Target, Refusal> {
    let own = choices.contracts.get(&company.id).map_or(&[][..], Vec::as_slice);
    let elsewhere = || row.contract.parse().ok().and_then(|id| choices.by_id.get(&id));
    let contract = match choices::pick_contract(&row.contract, own)? {
        Some(contract) => contract,
        None => elsewhere().ok_or_else(|| {
            let names = own.iter().map(|contract| contract.name.as_str());
            unknown(Thing::Contract, &row.contract, names, "")
        })?,
    };
    let unchanged = book.mappings.get(&found.tenant).is_some_and(|one| one.contract == contract.id);
    // A contract that ended after it was mapped does not keep the rest of a file from being taken.
    let contract = if unchanged {
        contract.clone()
    } else {
        choices::fit(context, contract.clone(), company)?
    };
    Ok(Target {
        line: row.line,
        found,
        company: company.clone(),
        contract,
        wish: MappingWish {
            sync: row.sync,
            from: row.from,
            pricing: row.pricing,
            note: row.note.clone(),
        },
    })
}

async fn store(mut edit: MappingEdit<'_>, targets: Vec<Target>) -> Result<ImportReport, Refusal> {
    let mut changed = BTreeSet::new();
    let mut lines = BTreeMap::new();
    let rows = targets.len() as u64;
    for target in targets {
        let tenant = target.found.tenant.clone();
        lines.insert(tenant.clone(), target.line);
        edit.map(target.found, &target.company, &target.contract, target.wish).await?;
        edit.contracts.push(target.contract);
        if !edit.is_as_stored(&tenant) {
            changed.insert(tenant);
        }
    }
    let mut faults = FileFaults::default();
    for (tenant, refusal) in shared_contract::differing(&changed, &edit.mappings) {
        let line = lines.get(tenant).copied().unwrap_or_default();
        faults.add(line, &format!(": {}", refusal.finding.text.trim_end_matches('.')));
    }
    faults.refuse_as(RefusalKind::Failed)?;
    let stored = changed.len() as u64;
    if stored > 0 {
        edit.keep(&changed).await?;
    }
    Ok(ImportReport { stored, unchanged: rows - stored })
}
