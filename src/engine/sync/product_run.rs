//! A products run: the price list of today becomes services, and links to them.
//!
//! It must not touch a service that is not linked, or is not about to be: `planning::products` says which.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, stream};

use crate::{
    domain::{
        Code, ReadError,
        choice::ServiceChoice,
        operation::Operation,
        outcome::{Finding, Outcome},
        product::Product,
        run::{Counts, ProductOutcome, RunKind},
        terms::Terms,
    },
    engine::{
        crash_point::crash_point,
        protocol::{
            ItemState, Phase,
            live_run::{LiveItem, LiveOutcome, LiveSubscription},
        },
        sync::{
            equipment::Equipment,
            lifecycle::Course,
            outcome::{
                in_terms,
                product_rows::{ProductDone, leftover, row},
            },
            plan_rows::product_row,
            saved_plan::{Saved, SavedRow},
            snapshot::{
                chosen_agreements,
                currencies::Currencies,
                former_products::{remember, remembered},
                links,
                products_in_step::{forget, keep, nothing_new},
                products_in_use::in_use,
                services,
            },
            writing::{
                journal::{CATALOGUE, Entry, WriteResult},
                product_links::{KeptBefore, linked},
                service_prices,
                settle::{ReadBack, unconfirmed},
                writer::{Halt, Writer},
            },
        },
        tables::{
            JOURNAL, LINKS, PRODUCT_ROWS, of_contract_run, of_link, of_product_row,
            of_run as rows_of,
        },
    },
    planning::{
        outcomes::of_run,
        products::{Action, ProductPlan, ProductRequest, plan_products},
    },
    psa::RowState,
    store::Batch,
};

/// Services are one endpoint, which takes three requests at once (sync-rules 8.5).
const SIDE_BY_SIDE: usize = 3;

/// A create that got no answer and did not arrive is sent so many times in all.
const TRIES: u32 = 3;

/// Carries out a products run, if what was left open is settled, and closes it.
pub(crate) async fn run(course: &mut Course<'_>, settled: Result<(), Halt>) -> Result<(), Halt> {
    let ended = match settled {
        Ok(()) => bring_in_step(course).await,
        halted => halted,
    };
    let closed = close(course, ended.as_ref().err()).await;
    ended.and(closed)
}

async fn bring_in_step(course: &mut Course<'_>) -> Result<(), Halt> {
    let equipment = course.desk.equipment;
    let terms = Terms::of(equipment.target.kind());
    let text = terms.say("reading price list and services").into_owned();
    course.desk.tell(Phase::Observing, text);
    let products = price_lists(equipment).await?;
    if course.desk.attempt == 1
        && let Some(nothing) = nothing_new(equipment, &course.unfinished.request, &products).await?
    {
        let mut remark = nothing.remark;
        terms.retell_finding(&mut remark, &[]);
        course.header.message = Some(remark);
        course.listed = Some(nothing.listed);
        return Ok(());
    }
    forget(equipment).await?;
    let mut plans = plan_of(&course.desk, &products).await?;
    guard(course, &mut plans)?;
    let before = earlier(&course.desk).await?;
    apply(course, &plans, before).await?;
    if course.unfinished.request.plan.is_none() && nothing_left(course).await? {
        keep(equipment, course.desk.run, &products).await?;
    }
    Ok(())
}

/// Whether every product is in step now, and there is nothing to tell of any.
async fn nothing_left(course: &Course<'_>) -> Result<bool, Halt> {
    let rows = rows(course).await?;
    let is_in_step = |row: &ProductOutcome| {
        matches!(row.status, Outcome::Success | Outcome::NoChange) && row.error.is_none()
    };
    Ok(rows.iter().all(is_in_step))
}

/// A saved plan is carried out as it is, or not at all. Another attempt has begun to: it goes on with what the plan lists,
/// and leaves whatever is new or moved since.
fn guard(course: &Course<'_>, plans: &mut Vec<ProductPlan>) -> Result<(), Halt> {
    let plan = course.unfinished.request.plan.as_ref();
    let Some(saved) = plan.and_then(|plan| Saved::read(plan).ok()) else { return Ok(()) };
    let is_as_saved = |row: &SavedRow| match saved.row(&row.key) {
        Some(known) => known.same_as(row),
        None => row.writes.is_empty() && row.refused.is_empty(),
    };
    if course.desk.attempt > 1 {
        plans.retain(|plan| plan.operation.is_none() || is_as_saved(&product_row(plan)));
        return Ok(());
    }
    match plans.iter().map(product_row).find(|row| !is_as_saved(row)) {
        None => Ok(()),
        Some(row) => {
            let text = format!("“{}” moved after the plan was compared.", row.name);
            let advice = "Nothing was written. Make a new plan, look at it, and apply that.";
            Err(Halt::Read(Finding::new(Code::PlanStale, text, advice)))
        }
    }
}

/// Reads both sides and plans every product. Writes nothing.
pub(crate) async fn plan(desk: &Writer<'_>) -> Result<Vec<ProductPlan>, Halt> {
    let terms = Terms::of(desk.equipment.target.kind());
    desk.tell(Phase::Observing, terms.say("reading price list and services").into_owned());
    let products = price_lists(desk.equipment).await?;
    plan_of(desk, &products).await
}

/// Today's price lists of the chosen agreements.
async fn price_lists(equipment: &Equipment) -> Result<Vec<Product>, Halt> {
    let mut products: Vec<Product> = Vec::new();
    for agreement in chosen_agreements(equipment).await? {
        let list = equipment.source.price_list(&agreement, equipment.clock.today()).await?;
        products.extend(list);
    }
    let mut known = remembered(equipment).await?;
    remember(equipment, &mut known, &products).await?;
    Ok(products)
}

/// Plans the products of these lists.
async fn plan_of(desk: &Writer<'_>, products: &[Product]) -> Result<Vec<ProductPlan>, Halt> {
    let equipment = desk.equipment;
    let links = links(equipment).await?;
    let services = services(equipment, &links).await?;
    let limits = equipment.target.service_limits().await?;
    let in_use = in_use(equipment, products, &links).await?;
    let written = service_prices::all(equipment).await?;
    let chosen = equipment.options.chosen.ids();
    let choices = equipment.target.rules().service_choices();
    let unmade = equipment.options.chosen.missing(choices);
    let unmade = unmade.map(ServiceChoice::missing);
    let request = ProductRequest {
        products,
        services: &services,
        links: &links,
        in_use: in_use.as_ref(),
        azure: equipment.options.azure,
        made_with: unmade.as_ref().map_or(Ok(&chosen), Err),
        limits: &limits,
        written: &written,
    };
    let terms = Terms::of(equipment.target.kind());
    let told = |plans: Vec<ProductPlan>| {
        plans.into_iter().map(|plan| plan.in_terms(terms)).collect::<Vec<_>>()
    };
    let plans = told(plan_products(&request));
    let makes =
        |plan: &ProductPlan| matches!(plan.operation, Some(Operation::CreateService { .. }));
    if !plans.iter().any(makes) {
        return Ok(plans);
    }
    match no_more_offered(equipment).await? {
        Some(finding) => {
            Ok(told(plan_products(&ProductRequest { made_with: Err(&finding), ..request })))
        }
        None => Ok(plans),
    }
}

/// Why nothing can be made with what was chosen: the target does not offer it any more. Where that may not be asked, the
/// target says so when something is made.
async fn no_more_offered(equipment: &Equipment) -> Result<Option<Finding>, Halt> {
    let offered = equipment.target.rules().service_choices();
    for choice in offered.iter().filter(|choice| choice.required) {
        let Some(picked) = equipment.options.chosen.of(choice.what) else { continue };
        match equipment.target.choices(choice.what).await {
            Err(ReadError::Refused(_)) => {}
            read if read.as_ref().is_ok_and(|all| all.iter().any(|one| one.id == picked.id)) => {}
            read => {
                read?;
                return Ok(Some(choice.gone(picked)));
            }
        }
    }
    Ok(None)
}

/// Writes of earlier attempts of this run, by product.
async fn earlier(desk: &Writer<'_>) -> Result<BTreeMap<String, Entry>, Halt> {
    let prefix = of_contract_run(&desk.connection, CATALOGUE, desk.run);
    let entries = desk.equipment.store.scan(JOURNAL, prefix).await?;
    let by_product = entries.into_iter().filter_map(|(_, entry)| {
        let product = match &entry.operation {
            Operation::CreateService { product, .. } | Operation::UpdateService { product, .. } => {
                product.to_string()
            }
            _ => return None,
        };
        Some((product, entry))
    });
    Ok(by_product.collect())
}

async fn apply(
    course: &mut Course<'_>,
    plans: &[ProductPlan],
    before: BTreeMap<String, Entry>,
) -> Result<(), Halt> {
    let desk = &course.desk;
    let terms = Terms::of(desk.equipment.target.kind());
    desk.tell(Phase::Applying, terms.say("writing services").into_owned());
    let counted = || plans.iter().filter(|plan| counts(plan));
    let total = Some(counted().count() as u64);
    let changes = counted().filter(|plan| plan.operation.is_some()).count();
    desk.totals.left(0, changes);
    desk.tell_changes(None, Vec::new(), Vec::new());
    course.progress(0, total);
    let all = counted().map(|plan| {
        let earlier = before.get(&plan.key.to_string()).cloned();
        async move {
            let mut done = ProductDone::default();
            let ended = carry_out(desk, plan, &mut done).await;
            done.entry = done.entry.or(earlier);
            (plan, done, ended)
        }
    });
    let mut results = stream::iter(all).buffer_unordered(SIDE_BY_SIDE);
    let (mut ended, mut count, mut unkept) = (Ok(()), 0, Vec::new());
    let terms = Terms::of(desk.target.kind());
    while let Some((plan, done, one)) = results.next().await {
        let row = in_terms::product(row(plan, &done), terms);
        let kept = put(desk, &row).await;
        if kept.is_err() {
            unkept.push(row);
        }
        ended = ended.and(one).and(kept);
        count += 1;
        course.progress(count, total);
    }
    drop(results);
    course.unkept.products.extend(unkept);
    ended
}

/// Products that a run counts: what it has to bring in step.
fn counts(plan: &ProductPlan) -> bool {
    !matches!(plan.action, Action::Retired | Action::Excluded | Action::NotInUse)
}

async fn put(desk: &Writer<'_>, row: &ProductOutcome) -> Result<(), Halt> {
    let mut batch = Batch::new();
    batch.put(PRODUCT_ROWS, &of_product_row(desk.run, row), row);
    let kept = desk.commit(batch).await;
    crash_point("product-recorded");
    // Its row never counts more than the run does.
    desk.tell_changes(None, Vec::new(), outcome_of(row).into_iter().collect());
    desk.equipment.emit(LiveItem::of_product(row).told(desk.run, RunKind::Products));
    kept
}

/// What of a product wants a look.
fn outcome_of(row: &ProductOutcome) -> Option<LiveOutcome> {
    let finding = row.error.as_ref()?;
    let (tenants, customer) = (Vec::new(), String::new());
    let of = LiveSubscription { tenants, customer, name: row.name.clone(), invoice: String::new() };
    Some(LiveOutcome { of, outcome: row.status, text: finding.text.clone() })
}

/// Writes a product, if there is anything to write; where the run stops, `done` says how far it came.
async fn carry_out(
    desk: &Writer<'_>,
    plan: &ProductPlan,
    done: &mut ProductDone,
) -> Result<(), Halt> {
    done.cut_short = plan.operation.is_some();
    if let Some(link) = &plan.recognised {
        let mut batch = Batch::new();
        batch.put(LINKS, &of_link(&desk.connection, &plan.key), link);
        desk.commit(batch).await?;
    }
    if let Some(noticed) = service_prices::noticed(desk, plan).await? {
        desk.commit(noticed).await?;
    }
    let Some(operation) = &plan.operation else { return Ok(()) };
    desk.totals.left(1, 0);
    let state = ItemState::Writing { done: 0, of: 1 };
    let item = LiveItem { state, ..LiveItem::of_product(&row(plan, done)) };
    desk.equipment.emit(item.told(desk.run, RunKind::Products));
    done.failed = write(desk, plan, operation, &mut done.entry).await?;
    done.cut_short = false;
    Ok(())
}

/// Writes it as often as it takes. Gives why it failed, if it did.
async fn write(
    desk: &Writer<'_>,
    plan: &ProductPlan,
    operation: &Operation,
    last: &mut Option<Entry>,
) -> Result<Option<Finding>, Halt> {
    for _ in 0..TRIES {
        let mut entry = entry(desk, plan, operation);
        let before =
            KeptBefore { link: plan.link.clone(), prices: service_prices::of(desk, &entry).await? };
        let linked = linked(&entry, before);
        desk.intend(&entry, Batch::new()).await?;
        desk.totals.sent();
        desk.tell_changes(None, Vec::new(), Vec::new());
        let sent = desk.send(&mut entry, &linked).await;
        let entry = last.insert(entry);
        sent?;
        match &entry.result {
            Some(WriteResult::Written { .. } | WriteResult::SettledAsWritten { .. }) => {
                return Ok(None);
            }
            Some(
                WriteResult::Refused { finding }
                | WriteResult::NotSent { finding }
                | WriteResult::Otherwise { finding, .. },
            ) => return Ok(Some(finding.clone())),
            None | Some(WriteResult::SettledAsNotWritten | WriteResult::Unconfirmed { .. }) => {}
        }
        match desk.settle_catalogue(std::slice::from_mut(entry)).await? {
            ReadBack::Unknown(finding) | ReadBack::Unread(finding) => return Ok(Some(finding)),
            ReadBack::Known(_) if entry.stands() => return Ok(None),
            ReadBack::Known(_) => {}
        }
    }
    *last = None;
    Ok(Some(unconfirmed("It was sent several times and never arrived.")))
}

fn entry(desk: &Writer<'_>, plan: &ProductPlan, operation: &Operation) -> Entry {
    let service = plan.service.as_ref();
    Entry {
        run: desk.run,
        number: desk.next_number(),
        attempt: desk.attempt,
        connection: desk.connection.clone(),
        contract: None,
        contract_service: None,
        service: service.map(|service| service.id),
        invoice: None,
        invoice_number: String::new(),
        month: None,
        before: RowState {
            price: service.map(|service| service.price),
            cost: service.and_then(|service| service.cost),
            ..RowState::default()
        },
        read_from: None,
        operation: operation.clone(),
        shifts: Vec::new(),
        first_open: None,
        body: desk.target.rules().body(operation),
        at: desk.equipment.clock.now(),
        result: None,
        remarks: Vec::new(),
    }
}

async fn close(course: &mut Course<'_>, halted: Option<&Halt>) -> Result<(), Halt> {
    let mut kept = Ok(());
    if course.desk.attempt > 1 {
        kept = tell_leftovers(course, halted.is_some()).await;
    }
    sum_up(course, halted.is_some()).await?;
    kept
}

/// What there is to tell of a run whose work is gone without a trace but for the journal. Nothing of it is kept: the run
/// is finished by another attempt.
pub(crate) async fn close_untold(course: &mut Course<'_>) -> Result<(), Halt> {
    let left = leftovers(course, true).await?;
    course.unkept.products.extend(left);
    sum_up(course, true).await
}

async fn sum_up(course: &mut Course<'_>, stopped: bool) -> Result<(), Halt> {
    let counted = counted(course).await;
    let (counts, rows) = counted.inspect_err(|_| course.count_from_memory())?;
    course.header.status = of_run(rows.iter().map(|row| row.status), stopped);
    course.header.counts = counts;
    Ok(())
}

/// What the rows of the run come to, with them; and the currency of the price lists that it goes by.
async fn counted(course: &mut Course<'_>) -> Result<(Counts, Vec<ProductOutcome>), Halt> {
    let equipment = course.desk.equipment;
    let known = Currencies::read(&equipment.store, &equipment.connection).await?;
    course.header.currency = known.of_price_lists();
    let rows = rows(course).await?;
    let mut counts = Counts { requests: course.header.counts.requests, ..Counts::default() };
    for row in &rows {
        counts.products.count(row.status);
    }
    counts.writes = course.desk.standing_writes().await?;
    counts.writes_earlier = course.desk.totals.earlier();
    Ok((counts, rows))
}

/// The rows of this run, kept or not.
async fn rows(course: &Course<'_>) -> Result<Vec<ProductOutcome>, Halt> {
    let stored = course.desk.equipment.store.scan(PRODUCT_ROWS, rows_of(course.desk.run)).await?;
    let mut rows: Vec<ProductOutcome> = stored.into_iter().map(|(_, row)| row).collect();
    course.unkept.lay_over_products(&mut rows);
    Ok(rows)
}

/// What an earlier attempt wrote has its row, also where this one broke off before it came to the product.
async fn tell_leftovers(course: &mut Course<'_>, stopped: bool) -> Result<(), Halt> {
    let left = leftovers(course, stopped).await?;
    let mut batch = Batch::new();
    for row in &left {
        batch.put(PRODUCT_ROWS, &of_product_row(course.desk.run, row), row);
    }
    let kept = course.desk.commit(batch).await;
    if kept.is_err() {
        course.unkept.products.extend(left);
    }
    kept
}

/// Rows for what this run wrote and has no row of.
async fn leftovers(course: &Course<'_>, stopped: bool) -> Result<Vec<ProductOutcome>, Halt> {
    let rows = rows(course).await?;
    let told: BTreeSet<String> = rows.into_iter().map(|row| row.product).collect();
    let terms = Terms::of(course.desk.target.kind());
    let written = earlier(&course.desk).await?.into_iter();
    let untold = written.filter(|(product, _)| !told.contains(product));
    let row = |(product, entry)| in_terms::product(leftover(product, &entry, stopped), terms);
    Ok(untold.map(row).collect())
}
