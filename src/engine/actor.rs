//! The actor: takes requests, answers each once, and runs one sync at a time while looking goes on beside it.
//!
//! It must not know how a command is carried out.

use std::{future::ready, pin::Pin, sync::Arc};

use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::engine::{
    authorize,
    context::{Caller, Context},
    family::Family,
    flight::Wait,
    handle::Asked,
    launch,
    protocol::{
        Command, Refusal, RefusalKind, Reply, Request,
        command::{RunCommand, StopCommand},
    },
    refusals::busy,
};

/// A request that is under way.
type Work = Pin<Box<dyn Future<Output = Reply> + Send>>;

/// Serves requests until it is told to stop or nobody can ask any more; then cancels what is under way and waits
/// for its end.
pub(super) async fn serve(
    mut context: Arc<Context>,
    mut requests: mpsc::UnboundedReceiver<Asked>,
    stop: CancellationToken,
) {
    let tasks = TaskTracker::new();
    loop {
        let asked = tokio::select! {
            () = stop.cancelled() => break,
            asked = requests.recv() => asked,
        };
        let Some((request, reply)) = asked else { break };
        context = context.of_target_in_use().await;
        let work = begin(context.clone(), request);
        tasks.spawn(async move {
            // Whoever asked may have gone away.
            let _ = reply.send(work.await);
        });
    }
    context.flight.close();
    tasks.close();
    tasks.wait().await;
}

/// Takes what a cancel that comes after a request is to find of it, in the order in which requests arrive and not when
/// their tasks come to run: a cancel that overtook what it is meant for would be lost.
fn begin(context: Arc<Context>, request: Request) -> Work {
    let admitted = authorize::admit(&request);
    let Request { actor, trigger, command } = request;
    let (cancel, name) = (CancellationToken::new(), command.name());
    let caller = Caller { actor, trigger, command: name, cancel, in_run: false };
    if let Err(refusal) = admitted {
        return refused(context, caller, refusal);
    }
    match command {
        Command::Stop(command) => stop(context, caller, command),
        Command::Run(command) => run(context, caller, command),
        Command::SignIn(command) => {
            let wait = context.flight.wait();
            context.flight.is_sign_in(&wait);
            waiting(context, caller, wait, command)
        }
        Command::Connection(command) => look(context, caller, command),
        Command::Program(command) => look(context, caller, command),
        Command::Customer(command) => look(context, caller, command),
        Command::Product(command) => look(context, caller, command),
        Command::Plan(command) => look(context, caller, command),
        Command::History(command) => look(context, caller, command),
        Command::Invoice(command) => look(context, caller, command),
        Command::Dashboard(command) => look(context, caller, command),
        Command::Maintenance(command) => look(context, caller, command),
        Command::Audit(command) => look(context, caller, command),
        Command::Schedule(command) => look(context, caller, command),
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

/// Everything else waits where it must, and is cancelled while no run is on.
fn look(context: Arc<Context>, caller: Caller, command: impl Family) -> Work {
    let wait = context.flight.wait();
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
