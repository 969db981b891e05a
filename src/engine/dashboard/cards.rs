//! Cards and header: everything local, immediate.

use std::sync::Arc;

use crate::{
    domain::{
        ConnectionId,
        choice::ServiceChoice,
        outcome::Outcome,
        run::{RunHeader, RunKind},
    },
    engine::{
        approvals,
        connections::{self, sides::Sides},
        context::Context,
        dashboard::{
            attention,
            groundwork::{Groundwork, RUNS_LOOKED_AT},
            survey, wanting,
        },
        history::unfinished::unfinished_run,
        program::choices::offered,
        protocol::Refusal,
        schedule,
        sync::outcome::rows::newest_of,
        tables::{LINKS, PROGRAM, of_connection},
        views::{
            CardView, ConnectionState, ConnectionView, InvoiceProgress, Place, SetupStep,
            StatusView,
        },
    },
};

/// So many runs are listed.
const RECENT: usize = 12;

/// Everything that cards and header show. Where something changes, all consoles ask at once: it is put together for them
/// all.
pub(crate) async fn show(context: &Arc<Context>) -> Result<Box<StatusView>, Refusal> {
    let shown = context.status.or_work(put_together(context)).await?;
    Ok(Box::new(shown.as_ref().clone()))
}

async fn put_together(context: &Arc<Context>) -> Result<StatusView, Refusal> {
    // The number first: what happens while this is put together is told after it.
    let event = context.event_number();
    let runs = newest_of(&context.store, &context.sides.target, RUNS_LOOKED_AT).await?;
    let ground = survey::groundwork(context).await?;
    let connections = connections::views(context).await?;
    let links = context.store.count(LINKS, of_connection(&context.sides.target)).await?;
    let attention = attention::list(context, &ground, &connections, &runs).await?;
    let progress = ground.progress.clone().map(|known| {
        let warned = attention::warned(&attention, &known.failed);
        InvoiceProgress { warned, ..known }
    });
    Ok(StatusView {
        cards: cards(&context.sides, &connections, &runs, ground.on, links, progress),
        attention: attention.iter().map(|one| one.view.clone()).collect(),
        causes: attention::causes(&attention),
        concerned: wanting::concerned(&attention),
        running: context.flight.running(),
        unfinished: unfinished_run(context).await?,
        customers: (ground.customers, ground.linked, ground.on),
        namesakes: ground.namesakes.clone(),
        ending: ground.ending,
        schedule: schedule::if_any(context).await?,
        approvals: Some(Box::new(approvals::summary(context).await?))
            .filter(|approvals| !approvals.is_empty()),
        setup: setup(context, &connections, &ground, &runs).await?,
        recent: runs.into_iter().take(RECENT).collect(),
        environments: connections::environments::view(context).await?,
        target: context.sides.target.clone(),
        connections,
        event,
    })
}

/// Two cards for a configured target (R45).
fn cards(
    sides: &Sides,
    connections: &[ConnectionView],
    runs: &[RunHeader],
    customers: u64,
    products: u64,
    progress: Option<InvoiceProgress>,
) -> Vec<CardView> {
    let configured = connections
        .iter()
        .any(|one| one.name == sides.target && one.state != ConnectionState::NotConfigured);
    if !configured {
        return Vec::new();
    }
    let of_customers = card(&sides.target, RunKind::Customers, runs, customers);
    // What it says of an invoice is how that stands, not what the last run came to.
    let of_customers = CardView {
        invoice: progress.as_ref().map(|progress| progress.invoice.clone()),
        currency: progress.as_ref().and_then(|progress| progress.currency.clone()),
        progress,
        ..of_customers
    };
    vec![of_customers, card(&sides.target, RunKind::Products, runs, products)]
}

/// The date is that of the last run in whose data one may trust; the counts are the last run's (R46).
fn card(target: &ConnectionId, kind: RunKind, runs: &[RunHeader], of: u64) -> CardView {
    let ended = || runs.iter().filter(|run| run.kind == kind && run.finished_at.is_some());
    let last = ended().next().cloned();
    let good = ended().find(|run| run.status != Outcome::Failure);
    let counts = last.as_ref().map(|run| run.counts).unwrap_or_default();
    let synced = match kind {
        RunKind::Customers => counts.customers,
        RunKind::Products => counts.products,
    };
    CardView {
        kind,
        program: PROGRAM.to_owned(),
        target: target.clone(),
        last_success: good.and_then(|run| run.finished_at),
        last_good: good.map(|run| run.id),
        invoice: None,
        currency: None,
        progress: None,
        last_run: last,
        synced,
        of: of.max(synced.all()),
    }
}

/// Which target is to be connected: any, as long as there is none.
fn connect_target(context: &Context, stored: bool) -> String {
    if stored {
        return format!("Connect {}", context.sides.system(&context.sides.target));
    }
    "Connect Autotask or ConnectWise".to_owned()
}

/// What first use still needs, in order; empty once all is set up.
async fn setup(
    context: &Context,
    connections: &[ConnectionView],
    ground: &Groundwork,
    runs: &[RunHeader],
) -> Result<Vec<SetupStep>, Refusal> {
    let Sides { source, target, .. } = &context.sides;
    let of = |name: &ConnectionId| connections.iter().find(|one| one.name == *name);
    let stored = |name| of(name).is_some_and(|one| one.state != ConnectionState::NotConfigured);
    let works = |name| of(name).is_some_and(|one| one.state == ConnectionState::Connected);
    let agreements = of(source).map(|one| one.agreements.as_slice()).unwrap_or_default();
    let (options, choices) = (context.options().await?, offered(context));
    let mut steps = vec![
        step("Connect PRISM", stored(source), Place::Connections),
        step(&connect_target(context, stored(target)), stored(target), Place::Connections),
        step("Test both connections", works(source) && works(target), Place::Connections),
    ];
    if agreements.len() > 1 {
        let chosen = agreements.iter().any(|one| one.chosen);
        steps.push(step("Choose the agreement to sync", chosen, Place::Connections));
    }
    let any = |kind| runs.iter().any(|run| run.kind == kind && run.finished_at.is_some());
    steps.extend([
        step(&choosing(choices), options.chosen.missing(choices).is_none(), Place::Program),
        step("Switch the program on", options.sync, Place::Program),
        step("Sync products", any(RunKind::Products), Place::Products),
        step_of("Link customers", ground.linked, ground.customers),
        step_of("Switch sync on for customers", ground.on, ground.customers),
        step("Plan and apply the first sync", any(RunKind::Customers), Place::Plan),
    ]);
    // A connection that fails later is for the attention list; setting up is over once customers were synced.
    let over = any(RunKind::Customers) || steps.iter().all(|step| step.done);
    Ok(if over { Vec::new() } else { steps })
}

/// What has to be chosen before anything new can be made.
fn choosing(offered: &[ServiceChoice]) -> String {
    let required = offered.iter().filter(|choice| choice.required);
    let nouns: Vec<&str> = required.map(|choice| choice.what.noun()).collect();
    format!("Choose a {}", nouns.join(" and a "))
}

/// A step that is done once one customer has taken it: how many have is told, as long as not all have.
fn step_of(text: &str, done: u64, all: u64) -> SetupStep {
    let place = Place::Customer { tenant: None };
    let of = Some(format!("{text}: {done} of {all}")).filter(|_| (1..all).contains(&done));
    step(of.as_deref().unwrap_or(text), done > 0, place)
}

fn step(text: &str, done: bool, place: Place) -> SetupStep {
    SetupStep { text: text.to_owned(), done, place }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_some_customers_have_taken_is_done_and_says_how_many() {
        let told = |done| {
            let SetupStep { text, done, .. } = step_of("Link customers", done, 343);
            (text, done)
        };
        assert_eq!(told(0), ("Link customers".to_owned(), false));
        assert_eq!(told(14), ("Link customers: 14 of 343".to_owned(), true));
        assert_eq!(told(343), ("Link customers".to_owned(), true));
    }
}
