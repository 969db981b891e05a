//! Works out the groundwork of cards and attention list, or takes what was worked out before and holds still.
//!
//! It must not change anything: what it leaves for the next process is beside the store.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use super::{
    attention,
    groundwork::{Conditions, Groundwork, RUNS_LOOKED_AT},
};
use crate::{
    engine::{
        context::Context,
        customers::{book::Book, companies::seen_contracts},
        derived::Derivable,
        invoices::progress,
        protocol::Refusal,
        sync::outcome::rows::newest_of,
        tables::{GROUNDWORK, of_connection},
    },
    store::Table,
};

/// What it follows from now, beside the store.
fn conditions(context: &Context) -> Conditions {
    Conditions {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        today: context.clock.today(),
        contract_end_days: context.config.contract_end_days(),
        policies: context.config.policies(),
    }
}

impl Derivable for Groundwork {
    type Conditions = Conditions;

    const TABLE: Table<Self> = GROUNDWORK;

    fn made_for(&self) -> &Conditions {
        &self.made_for
    }
}

/// As things stand.
///
/// # Errors
/// Where the store fails.
pub(crate) async fn groundwork(context: &Context) -> Result<Arc<Groundwork>, Refusal> {
    let (key, now) = (of_connection(&context.sides.target), conditions(context));
    let work = |now| made(context, now);
    context.groundwork.or_work(&context.store, key, context.changes(), now, work).await
}

async fn made(context: &Context, made_for: Conditions) -> Result<Groundwork, Refusal> {
    let target = &context.sides.target;
    let runs = newest_of(&context.store, target, RUNS_LOOKED_AT).await?;
    let contracts = context.contracts.or_read(seen_contracts(context));
    // The store reads for one of them while the other is understood.
    let (book, _) = tokio::try_join!(context.kept_book(), contracts)?;
    let listed = |tenant| book.known.get(tenant).is_some_and(|known| known.listed);
    let all = book.known.values().filter(|known| known.listed).count();
    let unlisted = book.mappings.keys().filter(|tenant| !listed(*tenant)).count();
    let on = book.mappings.values().filter(|mapping| mapping.sync).count();
    let progress = context.progress.or_read(progress::newest(context, &book, &runs)).await?;
    Ok(Groundwork {
        made_for,
        customers: (all + unlisted) as u64,
        linked: book.mappings.len() as u64,
        on: on as u64,
        namesakes: namesakes(&book),
        ending: attention::ending(context, &book).await?.len() as u64,
        progress: progress.as_ref().clone(),
        retries: attention::retries(context, &book, &runs).await?,
        others: attention::of_store(context, &book, &runs).await?,
    })
}

/// Names that customers of several domains have, be they listed or linked.
fn namesakes(book: &Book) -> BTreeMap<String, BTreeSet<String>> {
    let listed = book.known.values().filter(|known| known.listed);
    let listed = listed.map(|known| (&known.customer_name, &known.domain));
    let unlisted = book.mappings.values().filter(|one| !book.known.contains_key(&one.tenant));
    let unlisted = unlisted.map(|one| (&one.customer_name, &one.domain));
    let mut domains: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    for (name, domain) in listed.chain(unlisted) {
        domains.entry(name).or_default().insert(domain);
    }
    let several = domains.into_iter().filter(|(_, domains)| domains.len() > 1);
    let owned = |domains: BTreeSet<&str>| domains.into_iter().map(str::to_owned).collect();
    several.map(|(name, domains)| (name.to_owned(), owned(domains))).collect()
}

/// Leaves it for the next process, which shows it first. Where a run has ended it is worked out for that: somebody will want
/// to see what it came to. What was worked out while something changed may be about what was there before.
pub(crate) async fn leave(context: &Context) -> Result<(), Refusal> {
    if context.flight.has_ended_one() {
        context.forget_all();
        groundwork(context).await?;
    } else if context.changes() > 0 {
        return Ok(());
    }
    let key = of_connection(&context.sides.target);
    Ok(context.groundwork.leave(&context.store, key).await?)
}
