//! The actor: takes requests, answers each once, and runs one sync at a time while looking goes on beside it.
//!
//! It must not know how a command is carried out.

use std::{collections::BTreeMap, future::ready, pin::Pin, sync::Arc};

use tokio::sync::{mpsc, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    config::Config,
    domain::ConnectionId,
    engine::{
        approvals, authorize,
        context::{Caller, Context},
        factory::Factory,
        family::Family,
        flight::Wait,
        handle::Asked,
        launch,
        protocol::{
            ClientId, Command, Refusal, RefusalKind, Reply, Request,
            command::{ApprovalCommand, Approve, PlanCommand, RunCommand, StopCommand},
        },
        refusals::{busy, planning},
    },
};

/// A request that is under way.
type Work = Pin<Box<dyn Future<Output = Reply> + Send>>;

/// Settings that were read again.
#[derive(Clone)]
pub(super) struct NewSettings {
    pub config: Config,
    pub factory: Arc<dyn Factory>,
}

/// Serves requests until it is told to stop or nobody can ask any more; then cancels what is under way and waits
/// for its end.
pub(super) async fn serve(
    context: Arc<Context>,
    mut requests: mpsc::UnboundedReceiver<Asked>,
    mut settings: watch::Receiver<Option<NewSettings>>,
    stop: CancellationToken,
) {
    let tasks = TaskTracker::new();
    let mut targets = Targets::new(context);
    loop {
        let asked = tokio::select! {
            () = stop.cancelled() => break,
            asked = requests.recv() => asked,
            Ok(()) = settings.changed() => {
                if let Some(NewSettings { config, factory }) = settings.borrow_and_update().clone() {
                    targets.reset(targets.first.with_settings(config, factory));
                }
                continue;
            }
        };
        let Some((request, reply)) = asked else { break };
        let context = targets.of(request.client).await;
        let terms = context.sides.terms();
        let work = begin(context, request);
        tasks.spawn(async move {
            let told = work.await.map_err(|refusal| refusal.in_terms(terms));
            // Whoever asked may have gone away.
            let _ = reply.send(told);
        });
    }
    targets.first.flight.close();
    tasks.close();
    tasks.wait().await;
}

/// The contexts of one engine: that of the target it was started with, and one for each other that somebody looks at.
struct Targets {
    first: Arc<Context>,
    others: BTreeMap<ConnectionId, Arc<Context>>,
    /// As of which state of the stored connections.
    wired: u64,
}

impl Targets {
    fn new(first: Arc<Context>) -> Self {
        let wired = first.wired();
        first.shows_beside_others();
        Self { first, others: BTreeMap::new(), wired }
    }

    /// The same installation, otherwise from now on.
    fn reset(&mut self, first: Arc<Context>) {
        self.first = first;
        self.others.clear();
    }

    /// The one of the target that a client looks at.
    async fn of(&mut self, client: ClientId) -> Arc<Context> {
        let wired = self.first.wired();
        if wired != self.wired {
            self.others.clear();
            self.wired = wired;
        }
        let target = self.first.in_use(client);
        if target == self.first.sides.target {
            return self.first.clone();
        }
        if let Some(known) = self.others.get(&target) {
            return known.clone();
        }
        let made = self.first.of_target(target.clone()).await;
        self.others.insert(target, made.clone());
        made
    }
}

/// Takes what a cancel that comes after a request is to find of it, in the order in which requests arrive and not when
/// their tasks come to run: a cancel that overtook what it is meant for would be lost.
fn begin(context: Arc<Context>, request: Request) -> Work {
    let admitted = authorize::admit(&request);
    let Request { actor, client, trigger, command } = request;
    let (cancel, name) = (CancellationToken::new(), command.name());
    let caller = Caller { actor, client, trigger, command: name, cancel, in_run: false };
    if let Err(refusal) = admitted {
        return refused(context, caller, refusal);
    }
    match command {
        Command::Stop(command) => stop(context, caller, command),
        Command::Run(command) => run(context, caller, command),
        Command::Approval(ApprovalCommand::Approve(command)) => approve(context, caller, command),
        Command::Plan(command) => plan(context, caller, command),
        Command::SignIn(command) => {
            let wait = context.flight.wait(client);
            context.flight.is_sign_in(&wait);
            waiting(context, caller, wait, command)
        }
        Command::Connection(command) => look(context, caller, command),
        Command::Program(command) => look(context, caller, command),
        Command::Customer(command) => look(context, caller, command),
        Command::Product(command) => look(context, caller, command),
        Command::History(command) => look(context, caller, command),
        Command::Invoice(command) => look(context, caller, command),
        Command::Dashboard(command) => look(context, caller, command),
        Command::Maintenance(command) => look(context, caller, command),
        Command::Audit(command) => look(context, caller, command),
        Command::Schedule(command) => look(context, caller, command),
        Command::Approval(command) => look(context, caller, command),
        Command::Mail(command) => look(context, caller, command),
    }
}

/// A right that is not there, with its line in the audit trail. `--read-only` is one's own wish and needs none.
fn refused(context: Arc<Context>, caller: Caller, refusal: Refusal) -> Work {
    Box::pin(async move {
        if refusal.kind == RefusalKind::NoRight {
            context.note_refused(&caller, &refusal).await;
        }
        Err(refusal)
    })
}

/// What ends others: nothing that comes after it ends it.
fn stop(context: Arc<Context>, caller: Caller, command: StopCommand) -> Work {
    Box::pin(async move { Ok(launch::stop(&context, &caller, &command)) })
}

/// A run, which has its own way of being cancelled.
fn run(context: Arc<Context>, caller: Caller, command: RunCommand) -> Work {
    let Some(place) = context.flight.take() else {
        return Box::pin(ready(Err(busy(context.flight.run()))));
    };
    let caller = Caller { cancel: place.cancel.clone(), in_run: true, ..caller };
    Box::pin(async move { launch::run(&context, place, &caller, command).await })
}

/// What is let pass is applied at once: a run like any other.
fn approve(context: Arc<Context>, caller: Caller, command: Approve) -> Work {
    let Some(place) = context.flight.take() else {
        return Box::pin(ready(Err(busy(context.flight.run()))));
    };
    let caller = Caller { cancel: place.cancel.clone(), in_run: true, ..caller };
    Box::pin(async move { approvals::approve(&context, place, &caller, command).await })
}

/// A plan, of which each client makes one at a time.
fn plan(context: Arc<Context>, caller: Caller, command: PlanCommand) -> Work {
    if context.flight.plans(caller.client) {
        return Box::pin(ready(Err(planning())));
    }
    let wait = context.flight.wait(caller.client);
    context.flight.is_plan(&wait);
    waiting(context, caller, wait, command)
}

/// Everything else waits where it must, and is cancelled while no run is on.
fn look(context: Arc<Context>, caller: Caller, command: impl Family) -> Work {
    let wait = context.flight.wait(caller.client);
    waiting(context, caller, wait, command)
}

fn waiting(context: Arc<Context>, caller: Caller, wait: Wait, command: impl Family) -> Work {
    let caller = Caller { cancel: wait.cancel.clone(), ..caller };
    Box::pin(async move {
        let reply = command.carry_out(&context, &caller).await;
        drop(wait);
        reply
    })
}
