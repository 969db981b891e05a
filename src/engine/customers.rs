//! Customers: tenants as PRISM lists them, with their mappings and what became of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        ContractId, Currency, TenantId,
        mapping::{Applied, Mapping, Missed},
        outcome::Outcome,
        run::RunKind,
        target::Contract,
        terms::Terms,
    },
    engine::{
        context::{Caller, Context},
        customers::{
            book::Book,
            latest_bills::{LatestBill, bills, newest_invoices, one_currency},
            listed::{Conditions, CustomerList},
        },
        derived::Derivable,
        family::Family,
        protocol::{
            About, Ask, Refusal, Reply,
            command::{
                AutoMap, ChooseRow, ChooseService, Companies, ContractServices, Contracts,
                CustomerCommand, Customers, ImportCustomers, Map, Note, RankCompanies, SetSync,
                Suggest, Unmap,
            },
        },
        sync::outcome::{
            rows::newest_of,
            statuses::{RowStatus, statuses},
        },
        tables::{
            CURSORS, CUSTOMER_LIST, KnownTenant, MISSED, RETRIES, of_connection,
            text_below_connection,
        },
        views::{CustomerView, LeftOutView, MappingView},
    },
    store::Table,
};

pub(crate) mod book;
pub(crate) mod choices;
pub(crate) mod companies;
pub(crate) mod import;
pub(crate) mod latest_bills;
pub(crate) mod listed;
pub(crate) mod lookup;
pub(crate) mod mapped;
pub(crate) mod mapping;
pub(crate) mod mapping_file;
pub(crate) mod shared_contract;
pub(crate) mod suggestions;
pub(crate) mod switch;
pub(crate) mod sync_start;
pub(crate) mod tenants;

impl Family for CustomerCommand {
    async fn carry_out(self, context: &Arc<Context>, caller: &Caller) -> Reply {
        match self {
            Self::Customers(Customers { refresh }) => {
                list(context, caller, refresh).await.map(Customers::put)
            }
            Self::Suggest(_) => suggestions::list(context, caller).await.map(Suggest::put),
            Self::Companies(_) => choices::companies(context, caller).await.map(Companies::put),
            Self::RankCompanies(asked) => choices::ranked(context, caller, &asked.tenant)
                .await
                .map(|found| RankCompanies::put(About { asked, found })),
            Self::Contracts(asked) => choices::contracts(context, caller, asked.company)
                .await
                .map(|found| Contracts::put(About { asked, found })),
            Self::Map(Map { draft }) => mapping::map(context, caller, draft).await.map(Map::put),
            Self::AutoMap(asked) => {
                suggestions::accept(context, caller, asked).await.map(AutoMap::put)
            }
            Self::Unmap(Unmap { tenant }) => {
                switch::unmap(context, caller, &tenant).await.map(Unmap::put)
            }
            Self::SetSync(asked) => {
                switch::set_sync(context, caller, asked).await.map(SetSync::put)
            }
            Self::Note(asked) => switch::note(context, caller, asked).await.map(Note::put),
            Self::ContractServices(asked) => switch::contract_services(context, caller, &asked)
                .await
                .map(|found| ContractServices::put(About { asked, found })),
            Self::ChooseService(asked) => {
                switch::choose_service(context, caller, asked).await.map(ChooseService::put)
            }
            Self::ChooseRow(asked) => {
                switch::choose_row(context, caller, asked).await.map(ChooseRow::put)
            }
            Self::ImportCustomers(ImportCustomers { csv }) => {
                import::import(context, caller, &csv).await.map(ImportCustomers::put)
            }
        }
    }
}

/// So many runs with customers are looked through for a customer's last outcome.
const RUNS_LOOKED_AT: usize = 20;

/// And they are looked for among so many.
const HEADERS_LOOKED_AT: usize = 2000;

/// All customers, unmapped and new ones first.
pub(crate) async fn list(
    context: &Arc<Context>,
    caller: &Caller,
    refresh: bool,
) -> Result<Vec<CustomerView>, Refusal> {
    if !refresh {
        return views(context).await;
    }
    context.companies.forget();
    let before = context.changes();
    // What is stored is read while PRISM is asked: mostly it lists whom it listed before.
    let (known, ()) = tokio::try_join!(listed(context), tenants::refresh(context, caller))?;
    if context.changes() == before { Ok(known.rows.clone()) } else { views(context).await }
}

/// What is shown of all customers.
pub(crate) async fn views(context: &Context) -> Result<Vec<CustomerView>, Refusal> {
    Ok(listed(context).await?.rows.clone())
}

impl Derivable for CustomerList {
    type Conditions = Conditions;

    const TABLE: Table<Self> = CUSTOMER_LIST;

    fn made_for(&self) -> &Conditions {
        &self.made_for
    }
}

/// All customers, as things stand.
async fn listed(context: &Context) -> Result<Arc<CustomerList>, Refusal> {
    let key = of_connection(&context.sides.target);
    let now = Conditions {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        policies: context.config.policies(),
    };
    let work = |now| made(context, now);
    context.customers.or_work(&context.store, key, context.changes(), now, work).await
}

/// From the store alone: what is kept for screens may be from before its last commit.
async fn made(context: &Context, made_for: Conditions) -> Result<CustomerList, Refusal> {
    let book = async { context.load_book().await.map(Arc::new) };
    let contracts = async { companies::seen_contracts(context).await.map(Arc::new) };
    let facts = CustomerFacts::load(context, book, contracts).await?;
    let tenants: BTreeSet<&TenantId> =
        facts.book.known.keys().chain(facts.book.mappings.keys()).collect();
    let mut rows: Vec<_> = tenants.into_iter().map(|tenant| facts.view(tenant)).collect();
    rows.sort_by_cached_key(|view| {
        let name = view.customer_name.to_lowercase();
        (view.mapping.is_some(), !view.new, name, view.domain.clone())
    });
    Ok(CustomerList { made_for, rows })
}

/// Leaves the list for the next process, which shows it first. Where a run has ended it is worked out for that.
pub(crate) async fn leave(context: &Context) -> Result<(), Refusal> {
    if context.flight.has_ended_one() {
        listed(context).await?;
    }
    let key = of_connection(&context.sides.target);
    Ok(context.customers.leave(&context.store, key).await?)
}

/// What is shown of these customers, in this order.
pub(crate) async fn rows(
    context: &Context,
    tenants: impl IntoIterator<Item = TenantId>,
) -> Result<Vec<CustomerView>, Refusal> {
    let all = listed(context).await?;
    let by_tenant: BTreeMap<&TenantId, &CustomerView> =
        all.rows.iter().map(|view| (&view.tenant, view)).collect();
    let mut rows = Vec::new();
    for tenant in tenants {
        rows.push(match by_tenant.get(&tenant) {
            Some(view) => (*view).clone(),
            // Neither listed nor linked any more.
            None => one(context, &tenant).await?,
        });
    }
    Ok(rows)
}

/// What is shown of one customer.
pub(crate) async fn one(context: &Context, tenant: &TenantId) -> Result<CustomerView, Refusal> {
    let contracts = context.contracts.or_read(companies::seen_contracts(context));
    Ok(CustomerFacts::load(context, context.kept_book(), contracts).await?.view(tenant))
}

struct CustomerFacts {
    book: Arc<Book>,
    applied: BTreeMap<TenantId, Applied>,
    outcomes: BTreeMap<TenantId, (Outcome, DateTime<Utc>)>,
    retries: BTreeMap<TenantId, u32>,
    missed: BTreeMap<TenantId, Vec<Missed>>,
    /// What the newest invoices bill whom, by the settings of now.
    bills: BTreeMap<TenantId, LatestBill>,
    /// The currency of all of them, where it is one.
    currency: Option<Currency>,
    last_sync: Option<DateTime<Utc>>,
    terms: Terms,
    contracts: Arc<BTreeMap<ContractId, Contract>>,
}

impl CustomerFacts {
    async fn load(
        context: &Context,
        book: impl Future<Output = Result<Arc<Book>, Refusal>>,
        contracts: impl Future<Output = Result<Arc<BTreeMap<ContractId, Contract>>, Refusal>>,
    ) -> Result<Self, Refusal> {
        // The store reads for one of them while another is understood.
        let (book, applied, retries, missed, contracts, newest) = tokio::try_join!(
            book,
            applied(context),
            retries(context),
            missed(context),
            contracts,
            newest_invoices(context),
        )?;
        let (outcomes, last_sync) = outcomes(context, &book).await?;
        Ok(Self {
            book,
            applied,
            outcomes,
            retries,
            missed,
            currency: one_currency(&newest),
            bills: bills(context, newest).await?,
            last_sync,
            terms: context.sides.terms(),
            contracts,
        })
    }

    fn view(&self, tenant: &TenantId) -> CustomerView {
        let (known, mapping) = (self.book.known.get(tenant), self.book.mappings.get(tenant));
        let (domain, customer, customer_name) = match (known, mapping) {
            (Some(known), _) => (&known.domain, known.customer.as_str(), &known.customer_name),
            (None, Some(one)) => (&one.domain, one.customer.as_str(), &one.customer_name),
            (None, None) => (&String::new(), "", &String::new()),
        };
        let applied = self.applied.get(tenant);
        let outcome = self.outcomes.get(tenant);
        let billed = self.bills.get(tenant);
        let left_out = billed.into_iter().flat_map(|billed| &billed.bill.left_out);
        let left_out = left_out
            .map(|(reason, amount)| LeftOutView { reason: reason.clone(), amount: *amount });
        CustomerView {
            tenant: tenant.clone(),
            domain: domain.clone(),
            customer: customer.into(),
            customer_name: customer_name.clone(),
            listed: known.is_some_and(|known| known.listed),
            new: known.is_some_and(|known| self.is_new(known)),
            mapping: mapping.map(|mapping| self.mapping(mapping, applied)),
            latest_amount: billed.map(|billed| billed.bill.to_sync),
            left_out: left_out.collect(),
            latest_invoice: billed.map(|billed| billed.invoice.to_string()),
            currency: billed.map_or_else(|| self.currency.clone(), |one| one.currency.clone()),
            invoice: applied.map(|applied| applied.invoice_number.clone()),
            invoice_month: applied.map(|applied| applied.month),
            outcome: outcome.map(|outcome| outcome.0),
            outcome_at: outcome.map(|outcome| outcome.1),
            retries: self.retries.get(tenant).copied().unwrap_or_default(),
        }
    }

    fn mapping(&self, mapping: &Mapping, applied: Option<&Applied>) -> MappingView {
        let contract = self.contracts.get(&mapping.contract);
        // Once something was applied, its first month is behind it.
        let first = mapping.first_month.filter(|_| mapping.sync && applied.is_none());
        let remark = first.and_then(|month| contract?.misses(month));
        MappingView {
            remark: remark.map(|why| self.terms.fill("its contract {}", &[&why])),
            missed: self.missed.get(&mapping.tenant).cloned().unwrap_or_default(),
            ..mapping_view(mapping)
        }
    }

    fn is_new(&self, known: &KnownTenant) -> bool {
        self.last_sync.is_some_and(|last| known.first_seen > last)
    }
}

fn mapping_view(mapping: &Mapping) -> MappingView {
    MappingView {
        company: mapping.company_name.clone(),
        company_id: mapping.company,
        contract: mapping.contract_name.clone(),
        contract_id: mapping.contract,
        sync: mapping.sync,
        start: mapping.start,
        first_month: mapping.first_month,
        pricing: mapping.pricing,
        note: mapping.note.clone(),
        remark: None,
        missed: Vec::new(),
    }
}

/// What became due for each tenant while its sync was off and is still to be applied, oldest first.
pub(crate) async fn missed(context: &Context) -> Result<BTreeMap<TenantId, Vec<Missed>>, Refusal> {
    let mut all: BTreeMap<TenantId, Vec<Missed>> = BTreeMap::new();
    for (key, missed) in context.store.scan(MISSED, of_connection(&context.sides.target)).await? {
        if let Some(tenant) = text_below_connection(&key) {
            all.entry(TenantId::new(tenant)).or_default().push(missed);
        }
    }
    Ok(all)
}

/// The newest month applied for each tenant.
async fn applied(context: &Context) -> Result<BTreeMap<TenantId, Applied>, Refusal> {
    let mut newest = BTreeMap::new();
    for (key, applied) in context.store.scan(CURSORS, of_connection(&context.sides.target)).await? {
        if let Some(tenant) = text_below_connection(&key) {
            // Keys ascend by month: the last one of a tenant stays.
            newest.insert(TenantId::new(tenant), applied);
        }
    }
    Ok(newest)
}

async fn retries(context: &Context) -> Result<BTreeMap<TenantId, u32>, Refusal> {
    let mut counts = BTreeMap::new();
    for (_, retry) in context.store.scan(RETRIES, of_connection(&context.sides.target)).await? {
        for tenant in retry.tenants {
            *counts.entry(tenant).or_default() += 1;
        }
    }
    Ok(counts)
}

type Outcomes = BTreeMap<TenantId, (Outcome, DateTime<Utc>)>;

/// How each tenant's last sync ended, and when the last customer sync began.
async fn outcomes(
    context: &Context,
    book: &Book,
) -> Result<(Outcomes, Option<DateTime<Utc>>), Refusal> {
    let runs = newest_of(&context.store, &context.sides.target, HEADERS_LOOKED_AT).await?;
    let runs: Vec<_> = runs.into_iter().filter(|run| run.kind == RunKind::Customers).collect();
    let last_sync = runs.first().map(|run| run.started_at);
    let mut outcomes = Outcomes::new();
    // A run that found nothing new has no row of anybody, and there may be many between two invoices.
    let busy = runs.into_iter().filter(|run| run.counts.customers.all() > 0);
    for run in busy.take(RUNS_LOOKED_AT) {
        // Rows are many: once everybody has an outcome, older runs tell nothing new.
        if book.mappings.keys().all(|tenant| outcomes.contains_key(tenant)) {
            break;
        }
        let at = run.finished_at.unwrap_or(run.started_at);
        let mut of_run = Outcomes::new();
        for RowStatus { tenant, status, .. } in statuses(&context.store, &run).await? {
            let worst = of_run.entry(tenant).or_insert((status, at));
            worst.0 = worst.0.max(status);
        }
        // What a newer run told stays.
        of_run.append(&mut outcomes);
        outcomes = of_run;
    }
    Ok((outcomes, last_sync))
}
