//! The actor: takes requests, answers each once, and runs one sync at a time while looking goes on beside it.
//!
//! It must not know how a command is carried out.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    domain::Code,
    engine::{
        authorize,
        connections::{self, credentials, environments},
        context::{Caller, Context},
        customers::{self, choices, import, mapping, suggestions, switch},
        dashboard::{attention, cards},
        flight::{Place, Wait},
        handle::Asked,
        history::{self, chart, retries},
        invoices::{
            self,
            decisions::{self, Acceptance, OfCurrency, Wish},
        },
        launch,
        maintenance::{doctor, export, support_bundle, vault},
        products::{self, links},
        program::{self, OptionsDraft},
        protocol::{Answer, Command, Refusal, Reply, Request, Trigger},
        views::SettingView,
    },
    files::Existing,
};

/// Serves requests until it is told to stop or nobody can ask any more; then cancels what is under way and waits
/// for its end.
pub(super) async fn serve(
    context: Arc<Context>,
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
        let held = Held::by(&context, &request);
        let context = context.clone();
        tasks.spawn(async move {
            let answer = match held {
                Ok(held) => answer(&context, request, held).await,
                Err(refusal) => Err(refusal),
            };
            // Whoever asked may have gone away.
            let _ = reply.send(answer);
        });
    }
    context.flight.close();
    tasks.close();
    tasks.wait().await;
}

/// What a cancel that comes after a request finds of it. Taken in the order in which requests arrive, and not when
/// their tasks come to run: a cancel that overtook what it is meant for would be lost.
enum Held {
    /// A run, which has its own way of being cancelled.
    Run(Place),
    Wait(Wait),
    /// The cancel itself.
    Nothing,
}

impl Held {
    fn by(context: &Context, request: &Request) -> Result<Self, Refusal> {
        authorize::admit(request)?;
        match request.command {
            Command::Cancel => Ok(Self::Nothing),
            Command::Sync { .. } | Command::Resume => {
                context.flight.take().map(Self::Run).ok_or_else(|| launch::busy(context))
            }
            Command::AwaitCredentials { .. } => {
                let wait = context.flight.wait();
                context.flight.is_sign_in(&wait);
                Ok(Self::Wait(wait))
            }
            _ => Ok(Self::Wait(context.flight.wait())),
        }
    }

    fn cancel(&self) -> CancellationToken {
        match self {
            Self::Run(place) => place.cancel.clone(),
            Self::Wait(wait) => wait.cancel.clone(),
            Self::Nothing => CancellationToken::new(),
        }
    }
}

/// Carries out one request.
async fn answer(context: &Arc<Context>, request: Request, held: Held) -> Reply {
    let caller = &Caller {
        actor: request.actor,
        trigger: request.trigger,
        cancel: held.cancel(),
        in_run: matches!(held, Held::Run(_)),
    };
    match (request.command, held) {
        (Command::Cancel, _) => {
            let anything = context.flight.cancel(&stopped_by(caller));
            Ok(Answer::Done(cancelled(anything)))
        }
        (Command::Sync { request }, Held::Run(place)) => {
            launch::sync(context, (place, caller), request).await
        }
        (Command::Resume, Held::Run(place)) => launch::resume(context, (place, caller)).await,
        (Command::Plan { request }, _wait) => launch::plan(context, caller, request).await,
        (command, _wait) => settle(context, caller, command).await,
    }
}

/// Who stops what runs, and by what where that is no key or command.
fn stopped_by(caller: &Caller) -> String {
    match caller.trigger {
        Trigger::Signal => format!("{} (by a signal)", caller.actor.name),
        _ => caller.actor.name.clone(),
    }
}

fn cancelled(anything: bool) -> String {
    let text = if anything {
        "Cancelled; a run stops between two writes."
    } else {
        "Nothing is under way."
    };
    text.to_owned()
}

fn given_up(anything: bool) -> String {
    let text = if anything { "The sign-in is given up." } else { "No sign-in is under way." };
    text.to_owned()
}

/// Connections, options and care.
async fn settle(context: &Arc<Context>, caller: &Caller, command: Command) -> Reply {
    match command {
        Command::Status => cards::show(context).await,
        Command::Connections => connections::list(context).await,
        Command::SaveConnection { draft } => connections::save(context, caller, draft).await,
        Command::TestConnection { name, draft } => {
            connections::test(context, caller, name, draft).await
        }
        Command::GiveUpSignIn => Ok(Answer::Done(given_up(context.flight.give_up_sign_in()))),
        Command::GenerateCredentials { email, draft } => {
            credentials::generate(context, caller, email, draft).await
        }
        Command::AwaitCredentials { sign_in } => credentials::wait(context, caller, sign_in).await,
        Command::ConfirmEnvironments { seen } => {
            environments::confirm(context, caller, &seen).await
        }
        Command::ChooseAgreements { agreements } => {
            connections::choose(context, caller, agreements).await
        }
        Command::Program { choices } => program::show(context, caller, choices).await,
        Command::SetProgram { sync, mode, azure, billing_code, vendor, notify } => {
            let draft = OptionsDraft { sync, mode, azure, billing_code, vendor, notify };
            program::set(context, caller, draft).await
        }
        Command::Doctor => doctor::look(context, caller).await,
        Command::Settings => {
            let settings = context.config.settings().into_iter();
            Ok(Answer::Settings(settings.map(SettingView::from).collect()))
        }
        Command::Export { what } => export::export(context, what).await,
        Command::SupportBundle => support_bundle::bundle(context, caller).await,
        Command::Vault => vault::show(context).await,
        Command::SetPassphrase { passphrase } => {
            vault::set_passphrase(context, caller, passphrase).await
        }
        Command::Lock => vault::lock(context).await,
        Command::Unlock { passphrase } => vault::unlock(context, passphrase).await,
        Command::Backup { file, force } => {
            let existing = if force { Existing::Replaced } else { Existing::Kept };
            vault::backup(context, file, existing).await
        }
        command => link(context, caller, command).await,
    }
}

/// Customers and products.
async fn link(context: &Arc<Context>, caller: &Caller, command: Command) -> Reply {
    match command {
        Command::Customers { refresh } => customers::list(context, caller, refresh).await,
        Command::Suggest => suggestions::list(context, caller).await,
        Command::Companies => choices::companies(context, caller).await,
        Command::Contracts { company } => choices::contracts(context, caller, company).await,
        Command::Map { draft } => mapping::map(context, caller, draft).await,
        Command::AutoMap { min_score, sync } => {
            suggestions::accept(context, caller, (min_score, sync)).await
        }
        Command::Unmap { tenant } => switch::unmap(context, caller, &tenant).await,
        Command::SetSync { tenants, on, skip_missed: skip } => {
            let wish = switch::Switching { on, skip };
            switch::set_sync(context, caller, (tenants, wish)).await
        }
        Command::Note { tenant, text } => switch::note(context, caller, (&tenant, &text)).await,
        Command::ContractServices { tenant, service } => {
            switch::contract_services(context, caller, (&tenant, service)).await
        }
        Command::ChooseRow { tenant, service, contract_service } => {
            let choice = (tenant.as_str(), service, contract_service);
            switch::choose_row(context, caller, choice).await
        }
        Command::ChooseService { tenant, product, contract_service } => {
            let choice = (tenant.as_str(), product.as_str(), contract_service);
            switch::choose_service(context, caller, choice).await
        }
        Command::ImportCustomers { csv } => import::import(context, caller, &csv).await,
        Command::Products => products::list(context, caller).await,
        Command::Services => links::services(context, caller).await,
        Command::Pin { product, service } => links::pin(context, caller, (&product, service)).await,
        Command::Unpin { product } => links::unpin(context, caller, &product).await,
        Command::Adopt { product } => links::adopt(context, caller, &product).await,
        command => look_back(context, caller, command).await,
    }
}

/// Runs and what they left.
async fn look_back(context: &Arc<Context>, caller: &Caller, command: Command) -> Reply {
    match command {
        Command::Runs { limit } => history::runs(context, limit).await,
        Command::Run { id } => history::run(context, id).await,
        Command::History { tenant, service } => history::history(context, &tenant, service).await,
        Command::Chart { run, tenant, service } => {
            let wanted = chart::Wanted { run, tenant: &tenant, service };
            chart::chart(context, caller, wanted).await
        }
        Command::Invoices => invoices::list(context, caller).await,
        Command::Invoice { invoice } => invoices::show(context, caller, &invoice).await,
        Command::AcceptDifference { invoice, difference, reason } => {
            let acceptance = Acceptance { invoice: &invoice, difference, reason: &reason };
            decisions::accept(context, caller, acceptance).await
        }
        Command::AcceptCurrency { invoice, currency, reason } => {
            let acceptance = OfCurrency { invoice: &invoice, currency: &currency, reason: &reason };
            decisions::accept_currency(context, caller, acceptance).await
        }
        Command::TreatInvoice { invoice, treatment, reason } => {
            let wish = Wish { invoice: &invoice, treatment, reason: &reason };
            decisions::treat(context, caller, wish).await
        }
        Command::DismissInvoice { invoice, reason } => {
            decisions::dismiss(context, caller, (&invoice, &reason)).await
        }
        Command::Retries => retries::list(context).await,
        Command::DismissRetry { id, reason } => {
            retries::dismiss(context, caller, (&id, &reason)).await
        }
        Command::Acknowledge { id } => attention::acknowledge(context, caller, &id).await,
        _ => Err(super::refusals::failed(Code::NoCommand, "There is no such command.", "")),
    }
}
