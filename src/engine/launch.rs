//! Handing a plan or sync to `run`: what it may work with, for whom, and that there is one at a time.
//!
//! It must not plan or write.

use std::sync::Arc;

use crate::{
    domain::{
        Code, RunId,
        approval::ApprovalMode,
        outcome::Finding,
        policy::GuardMode,
        run::{RunApproval, RunHeader, RunReport},
        terms::Terms,
    },
    engine::{
        approvals::{changes::person, to_wait},
        connections::{
            agreements::chosen,
            environments,
            heard::{failing, noted},
        },
        context::{Caller, Context},
        customers::{book::Book, lookup},
        family::Family,
        flight::Place,
        history::unfinished::unfinished_run,
        maintenance::retention,
        metrics,
        program::choices::all_chosen,
        protocol::{
            About, Answer, Ask, Changed, Happening, PlanSeen, Refusal, Reply, Scope, SyncRequest,
            Trigger, command,
            command::{
                Cancel, GiveUp, GiveUpSignIn, Leave, Plan, PlanCommand, Resume, RunCommand,
                StopCommand, customer::TenantText,
            },
        },
        refusals::{failed, malformed},
        sync::{self as runs, Asker, Equipment, StoppedBy, equipment::Approvals},
        views::PlanView,
    },
    store::Batch,
};

impl Family for PlanCommand {
    async fn carry_out(self, context: &Arc<Context>, caller: &Caller) -> Reply {
        match self {
            Self::Plan(asked) => plan(context, caller, asked.request.clone())
                .await
                .map(|found| Plan::put(About { asked, found })),
        }
    }
}

/// Carries out what has the one place for a run.
pub(super) async fn run(
    context: &Arc<Context>,
    place: Place,
    caller: &Caller,
    command: RunCommand,
) -> Reply {
    match command {
        RunCommand::Sync(command::Sync { request }) => {
            let order = Order { request, ..Order::default() };
            sync(context, place, caller, order).await.map(command::Sync::put)
        }
        RunCommand::Resume(Resume) => resume(context, place, caller).await.map(Resume::put),
    }
}

/// Ends what is under way.
pub(super) fn stop(context: &Context, caller: &Caller, command: &StopCommand) -> Answer {
    match command {
        StopCommand::Cancel(Cancel) => {
            let anything = context.flight.cancel(caller.client, &stopped_by(caller));
            Cancel::put(cancelled(anything).to_owned())
        }
        StopCommand::GiveUp(GiveUp) => {
            let anything = context.flight.give_up(caller.client);
            GiveUp::put(if anything { "Given up." } else { "Nothing is waited for." }.to_owned())
        }
        StopCommand::Leave(Leave) => {
            context.flight.give_up(caller.client);
            context.forget_client(caller.client);
            Leave::put("Good-bye.".to_owned())
        }
        StopCommand::GiveUpSignIn(GiveUpSignIn) => {
            GiveUpSignIn::put(given_up(context.flight.give_up_sign_in()).to_owned())
        }
    }
}

/// Who stops what runs, and by what where that is no key or command.
fn stopped_by(caller: &Caller) -> String {
    match caller.trigger {
        Trigger::Signal => format!("{} (by a signal)", caller.actor.name),
        Trigger::Operator
        | Trigger::Schedule
        | Trigger::Approved
        | Trigger::Resume
        | Trigger::Other(_) => caller.actor.name.clone(),
    }
}

fn cancelled(anything: bool) -> &'static str {
    if anything { "Cancelled; a run stops between two changes." } else { "Nothing is under way." }
}

fn given_up(anything: bool) -> &'static str {
    if anything { "The sign-in is given up." } else { "No sign-in is under way." }
}

/// Everything that a run works with.
pub(super) async fn equipment(
    context: &Arc<Context>,
    caller: &Caller,
) -> Result<Equipment, Refusal> {
    let agreements = chosen(context).await?;
    let source = context.source(caller).await?;
    let (connection, target) = context.target(caller).await?;
    let limits = context.config.limits();
    let told = context.clone();
    Ok(Equipment {
        store: context.store.clone(),
        clock: context.clock,
        source,
        target,
        connection,
        agreements,
        options: context.options().await?,
        policies: context.config.policies(),
        quiet: limits.quiet,
        writers: limits.writers,
        stopped_by: StoppedBy::default(),
        approvals: Approvals { mode: context.approval(), pen: context.approvals.clone() },
        listener: Arc::new(move |happening| told.emit(happening)),
    })
}

/// Plans, writes nothing.
pub(super) async fn plan(
    context: &Arc<Context>,
    caller: &Caller,
    request: SyncRequest,
) -> Result<Box<PlanView>, Refusal> {
    let Resolved { request, left_out } = resolved(context, caller, request).await?;
    let equipment = equipment(context, caller).await?;
    let cancel = caller.cancel.clone();
    let begun = context.flight.run();
    let planned = apart(move |here| here.block_on(runs::plan(&equipment, &request, &cancel)));
    let mut view = noted(context, planned.await?).await?;
    let during = begun.or_else(|| context.flight.run()).map(during);
    view.findings.splice(0..0, during.into_iter().chain(told(&left_out, context.sides.terms())));
    view.findings.extend(environments::finding(context).await?);
    view.findings.extend(unfinished_run(context).await?.map(|run| unfinished(&run)));
    Ok(Box::new(view))
}

/// That a plan was made of what a run was changing.
fn during(run: RunId) -> Finding {
    Finding::new(
        Code::PlanDuringRun,
        format!("Made while run {run} was writing: it may be out of date."),
        "Plan again when that run has ended.",
    )
}

/// That a run is to be finished before anything of a plan is written.
fn unfinished(run: &RunHeader) -> Finding {
    Finding::new(
        Code::Unfinished,
        format!("Run {} was cut off; this plan is made from what it left.", run.id),
        "The next start of the console finishes it, or the next sync, first. Plan again after that.",
    )
}

/// What is to be run, and how.
#[derive(Default)]
pub(super) struct Order {
    pub request: SyncRequest,
    /// Other guards than the settings say.
    pub guards: Option<GuardMode>,
    /// Whether what guards hold waits as a plan whatever the settings say.
    pub holds: bool,
    /// Who let pass what is carried out.
    pub approved: Option<RunApproval>,
}

/// Runs, in the one place for a run.
pub(super) async fn sync(
    context: &Arc<Context>,
    place: Place,
    caller: &Caller,
    order: Order,
) -> Result<Vec<RunReport>, Refusal> {
    let Order { request, guards, holds, approved } = order;
    let request = match (&approved, context.approval()) {
        (Some(_), _) | (None, ApprovalMode::None) => request,
        // Whose plan it is has looked; another has not.
        (None, ApprovalMode::Guards) => SyncRequest { seen: PlanSeen::Unseen, ..request },
        (None, ApprovalMode::EveryRun) => to_wait::instead(context, caller, request).await?,
    };
    let Resolved { mut request, left_out } = resolved(context, caller, request).await?;
    if let Some(first) =
        left_out.first().filter(|_| request.plan.is_none() && !request.retry_failed)
    {
        return Err(first.why.clone());
    }
    // Whoever planned it was told; the run keeps it.
    let said = told(&left_out, context.sides.terms()).map(|finding| finding.text);
    let note = request.note.into_iter().chain(said).collect::<Vec<_>>().join("; ");
    request.note = Some(note).filter(|note| !note.is_empty());
    let mut equipment = equipment_to_write(context, &place, caller).await?;
    let by_settings = equipment.policies.guards.mode;
    equipment.policies.guards.mode = guards.unwrap_or(by_settings);
    if holds && !equipment.approvals.mode.takes_two() {
        equipment.approvals.mode = ApprovalMode::Guards;
    }
    let what = match &approved {
        Some(approved) => format!("started to apply {}", approved.told()),
        None => format!("started a sync of {:?}", request.scope).to_lowercase(),
    };
    let who = approved.as_ref().map_or_else(|| person(caller), |one| one.approver.clone());
    let trigger = caller.trigger.clone();
    let asker = Asker { actor: who.name, uid: who.uid, trigger, approved };
    let cancel = caller.cancel.clone();
    let work = move |here: tokio::runtime::Handle| {
        here.block_on(runs::sync(&equipment, &request, &asker, &cancel))
    };
    carried_out(context, place, caller, what, work).await
}

/// Finishes the run that was cut off, and what was asked for together with it. Answers with no
/// report where nothing was left: then nothing is read from the source or the target, and nothing is written.
async fn resume(
    context: &Arc<Context>,
    place: Place,
    caller: &Caller,
) -> Result<Vec<RunReport>, Refusal> {
    let caller = Caller { trigger: Trigger::Resume, ..caller.clone() };
    let left = runs::left_unfinished(&context.store, &context.sides.target).await?;
    let Some((left, _)) = left else {
        return Ok(Vec::new());
    };
    let equipment = equipment_to_write(context, &place, &caller).await?;
    let what = match left.finished_at {
        None => format!("started to finish run {} that was cut off", left.id),
        Some(_) => format!("started what was asked for after run {} and never begun", left.id),
    };
    let cancel = caller.cancel.clone();
    let work = move |here: tokio::runtime::Handle| here.block_on(runs::resume(&equipment, &cancel));
    carried_out(context, place, &caller, what, work).await
}

/// Everything that a run works with, unless the program's options forbid writing.
async fn equipment_to_write(
    context: &Arc<Context>,
    place: &Place,
    caller: &Caller,
) -> Result<Equipment, Refusal> {
    environments::admit(context).await?;
    let stopped_by = place.stopped_by.clone();
    let equipment = Equipment { stopped_by, ..equipment(context, caller).await? };
    if !equipment.options.sync {
        return Err(failed(
            Code::ProgramOff,
            "Sync is switched off for the whole program.",
            "Switch it on with `prism-connect program set --sync on`.",
        ));
    }
    all_chosen(context, &equipment.options)?;
    Ok(equipment)
}

/// Carries a run out, with its line in the audit trail before it and what must follow every run after it.
async fn carried_out<F>(
    context: &Arc<Context>,
    place: Place,
    caller: &Caller,
    what: String,
    work: F,
) -> Result<Vec<RunReport>, Refusal>
where
    F: FnOnce(tokio::runtime::Handle) -> Result<Vec<RunReport>, Refusal> + Send + 'static,
{
    context.change(caller, Batch::new(), what, Changed::Runs).await?;
    let ran = apart(work).await;
    retention::after_run(context).await;
    metrics::write_file(context, caller).await;
    drop(place);
    let ran = noted(context, ran?).await;
    let reports = match &ran {
        Ok(reports) => reports,
        Err(refusal) => &*refusal.finished,
    };
    note_refusals(context, reports).await?;
    context.emit(Happening::Changed { what: Changed::Runs });
    context.emit(Happening::Changed { what: Changed::Customers });
    ran
}

/// Works on a thread of its own: planning thousands of customers must not keep others from being answered.
pub(super) async fn apart<T, F>(work: F) -> Result<T, Refusal>
where
    T: Send + 'static,
    F: FnOnce(tokio::runtime::Handle) -> T + Send + 'static,
{
    let here = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || work(here)).await.map_err(|_| {
        failed(
            Code::BrokeOff,
            "The work broke off because of a fault in this program.",
            "What was confirmed is recorded. Make a support bundle, then sync again: it finishes the rest.",
        )
    })
}

/// A request with its tenants as ids.
struct Resolved {
    request: SyncRequest,
    /// Who was named, beside others, and cannot be synced.
    left_out: Vec<LeftOut>,
}

/// A customer who was named and cannot be synced.
struct LeftOut {
    customer: String,
    why: Refusal,
}

/// Tenants as ids, without those that cannot be synced. Where none of them can, that is refused: asked for nobody, a run
/// would take everybody.
async fn resolved(
    context: &Arc<Context>,
    caller: &Caller,
    request: SyncRequest,
) -> Result<Resolved, Refusal> {
    // What was left behind is no matter of products.
    let scope = if request.left_behind { Scope::Customers } else { request.scope };
    let request = SyncRequest { scope, ..request };
    if request.plan.is_none() && !request.only.is_empty() {
        let text = "What is to be written of a plan was said, and no plan was given.";
        return Err(malformed(Code::PlanOther, text, "Give the plan: --plan FILE --only TENANT."));
    }
    let (book, named) = found(context, caller, &request.tenants).await?;
    let (mut tenants, mut left_out) = (Vec::new(), Vec::new());
    for found in named {
        match mapped_and_on(&book, &found) {
            Err(why) if !request.left_behind => {
                left_out.push(LeftOut { customer: found.customer_name, why });
            }
            Ok(()) | Err(_) => tenants.push(found),
        }
    }
    if let Some(first) = left_out.first().filter(|_| tenants.is_empty()) {
        return Err(first.why.clone());
    }
    let (book, only) = found(context, caller, &request.only).await?;
    for found in &only {
        mapped_and_on(&book, found)?;
    }
    let ids = |found: Vec<lookup::Found>| {
        found.into_iter().map(|found| found.tenant.to_string()).collect()
    };
    let request = SyncRequest { tenants: ids(tenants), only: ids(only), ..request };
    Ok(Resolved { request, left_out })
}

/// So many customers who are left out are named; the rest is counted.
const NAMED: usize = 3;

/// That customers are left out, and why: `1 customer left out: sync is off (Harbour Dental)`.
fn told(left_out: &[LeftOut], terms: Terms) -> Option<Finding> {
    let parts = [(Code::SyncOff, "sync is off"), (Code::NotMapped, "not linked to a contract")];
    let parts = parts.into_iter().filter_map(|(code, why)| {
        let of_it = left_out.iter().filter(|one| one.why.finding.code == code);
        let names: Vec<&str> = of_it.map(|one| one.customer.as_str()).collect();
        let more = match names.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let told = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        (!names.is_empty()).then(|| format!("{why} ({told}{more})"))
    });
    let parts: Vec<String> = parts.collect();
    let first = left_out.first()?;
    let plural = if left_out.len() == 1 { "" } else { "s" };
    let text = format!("{} customer{plural} left out: {}", left_out.len(), parts.join(", "));
    let mut finding = Finding { text, ..first.why.finding.clone() };
    let names: Vec<&str> = left_out.iter().map(|one| one.customer.as_str()).collect();
    terms.retell_finding(&mut finding, &names);
    Some(finding)
}

async fn found(
    context: &Arc<Context>,
    caller: &Caller,
    typed: &[TenantText],
) -> Result<(Book, Vec<lookup::Found>), Refusal> {
    if typed.is_empty() {
        return Ok((Book::default(), Vec::new()));
    }
    lookup::tenants(context, caller, typed).await
}

fn mapped_and_on(book: &Book, found: &lookup::Found) -> Result<(), Refusal> {
    let domain = &found.domain;
    match book.mappings.get(&found.tenant) {
        None => Err(failed(
            Code::NotMapped,
            format!("“{domain}” is not linked to a contract yet."),
            format!(
                "Link it first: `prism-connect customers map {domain} --company X --contract Y`."
            ),
        )),
        Some(mapping) if !mapping.sync => Err(failed(
            Code::SyncOff,
            format!("Sync is off for “{domain}”."),
            format!("Switch it on: `prism-connect customers sync {domain} on`."),
        )),
        Some(_) => Ok(()),
    }
}

/// Credentials that were refused during a run are shown on the card of the connection whose they are.
async fn note_refusals(context: &Context, reports: &[RunReport]) -> Result<(), Refusal> {
    for header in reports.iter().map(|report| &report.header) {
        if let (Some(side), Some(finding)) = (header.refused_by, &header.message) {
            failing(context, context.sides.on(side), finding.clone()).await?;
        }
    }
    Ok(())
}
