//! Between the engine and its clients: at chosen requests something happens, exactly then. The process "dies" by
//! unwinding the thread of the run, of which nothing goes on; the operator cancels; somebody edits by hand.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use chrono::NaiveDate;
use prism_connect::{
    domain::{
        CompanyId, ConnectionId, ContractId, Day, LineId, ReadError, ServiceId, Thing,
        choice::ChoiceOption,
        operation::Operation,
        outcome::Finding,
        product::Service,
        target::{Company, Contract, OddRow, PresentContract, TargetKind},
    },
    engine::{
        Handle,
        factory::{Credentials, Factory, Network, SignIn, SignInPlace, TargetSettings, Wires},
        protocol::{Command, command},
    },
    prism::{PrismSettings, Source},
    psa::{BillingRules, Probe, Psa, ServiceLimits, Written},
};

use crate::hands::{HandEdit, Hands};

/// When something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// The intent of this write is on disk, nothing was sent.
    BeforeWrite(u64),
    /// It was handed to the network, no answer was waited for.
    DuringWrite(u64),
    /// It was answered, the result is not on disk.
    AfterWrite(u64),
    /// Contracts are about to be read for this time.
    BeforeRead(u64),
    /// They were read, nothing was planned from it yet.
    AfterRead(u64),
}

/// What happens.
#[derive(Clone, Debug)]
pub enum What {
    /// The process is gone.
    Die,
    /// The operator cancels.
    Cancel,
    /// Somebody sets a quantity.
    Edit(HandEdit),
    /// Somebody closes a contract.
    Close(i64),
    /// Somebody approves and posts what a contract bills up to a day.
    Approve(i64, NaiveDate),
    /// Somebody lets a contract end on a day.
    End(i64, NaiveDate),
    /// Somebody deactivates the service of a product.
    Deactivate(String),
    /// Somebody deletes it.
    Delete(String),
    /// The API user is locked.
    Lock,
    /// Somebody types so many more over the quantity of a line of ours.
    TypeOver(HandEdit),
}

/// The death of the process; never printed.
struct Died;

#[derive(Default)]
struct State {
    writes: u64,
    reads: u64,
    triggers: Vec<(When, What)>,
    handle: Option<Handle>,
    dead: bool,
}

/// What is to happen, shared by all clients of one engine.
#[derive(Clone)]
pub struct Hook {
    state: Arc<Mutex<State>>,
    hands: Arc<Hands>,
}

impl Hook {
    /// Nothing is to happen yet.
    pub fn new(hands: Arc<Hands>) -> Self {
        Self { state: Arc::default(), hands }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on requests count from 1 again, and this happens at them.
    pub fn arm(&self, handle: Handle, triggers: Vec<(When, What)>) {
        *self.state() = State { triggers, handle: Some(handle), ..State::default() };
    }

    /// Nothing more happens. Whether the process died.
    pub fn disarm(&self) -> bool {
        let dead = self.state().dead;
        *self.state() = State::default();
        dead
    }

    /// The same as a factory of clients.
    pub fn over(&self, network: Network) -> Arc<dyn Factory> {
        Arc::new(Hooked { network, hook: self.clone() })
    }

    fn next_write(&self) -> u64 {
        let mut state = self.state();
        state.writes += 1;
        state.writes
    }

    fn next_read(&self) -> u64 {
        let mut state = self.state();
        state.reads += 1;
        state.reads
    }

    /// Whether the process dies in the middle of this write.
    fn dies_during(&self, write: u64) -> bool {
        let during = When::DuringWrite(write);
        self.state().triggers.iter().any(|(when, _)| *when == during)
    }

    fn die(&self) -> ! {
        self.state().dead = true;
        std::panic::resume_unwind(Box::new(Died))
    }

    async fn at(&self, now: When) {
        let due: Vec<What> = {
            let state = self.state();
            let due = state.triggers.iter().filter(|(when, _)| *when == now);
            due.map(|(_, what)| what.clone()).collect()
        };
        for what in due {
            match what {
                What::Die => self.die(),
                What::Cancel => {
                    let handle = self.state().handle.clone();
                    if let Some(handle) = handle {
                        let _ = handle.ask(Command::from(command::Cancel)).await;
                    }
                }
                What::Edit(edit) => self.hands.edit(&edit).await,
                What::Close(contract) => self.hands.close(contract).await,
                What::Approve(contract, day) => self.hands.approve(contract, day).await,
                What::End(contract, day) => self.hands.end(contract, day).await,
                What::Delete(name) => self.hands.delete(&name).await,
                What::Deactivate(name) => self.hands.deactivate(&name).await,
                What::Lock => self.hands.lock(true).await,
                What::TypeOver(edit) => {
                    let HandEdit { contract, service, date, units } = &edit;
                    self.hands.put_down(edit.clone());
                    self.hands.type_over(*contract, service, *date, *units).await;
                }
            }
        }
    }
}

struct Hooked {
    network: Network,
    hook: Hook,
}

#[async_trait]
impl Factory for Hooked {
    fn source(&self, settings: PrismSettings, wires: Wires) -> Result<Arc<dyn Source>, Finding> {
        self.network.source(settings, wires)
    }

    fn target(
        &self,
        connection: &ConnectionId,
        settings: TargetSettings,
        wires: Wires,
    ) -> Result<Arc<dyn Psa>, Finding> {
        let inner = self.network.target(connection, settings, wires)?;
        Ok(Arc::new(Watched { inner, hook: self.hook.clone() }))
    }

    async fn sign_in(&self, place: &SignInPlace, wires: Wires) -> Result<SignIn, ReadError> {
        self.network.sign_in(place, wires).await
    }

    async fn credentials(
        &self,
        place: &SignInPlace,
        sign_in: &SignIn,
        email: &str,
        wires: Wires,
    ) -> Result<Credentials, ReadError> {
        self.network.credentials(place, sign_in, email, wires).await
    }
}

struct Watched {
    inner: Arc<dyn Psa>,
    hook: Hook,
}

#[async_trait]
impl Psa for Watched {
    fn kind(&self) -> TargetKind {
        self.inner.kind()
    }

    async fn probe(&self) -> Result<Probe, ReadError> {
        self.inner.probe().await
    }

    async fn choices(&self, of: Thing) -> Result<Vec<ChoiceOption>, ReadError> {
        self.inner.choices(of).await
    }

    async fn companies(&self) -> Result<Vec<Company>, ReadError> {
        self.inner.companies().await
    }

    async fn contracts(&self, company: Option<CompanyId>) -> Result<Vec<Contract>, ReadError> {
        self.inner.contracts(company).await
    }

    async fn contracts_by_id(&self, contracts: &[ContractId]) -> Result<Vec<Contract>, ReadError> {
        self.inner.contracts_by_id(contracts).await
    }

    async fn services(&self) -> Result<Vec<Service>, ReadError> {
        self.inner.services().await
    }

    async fn service_limits(&self) -> Result<ServiceLimits, ReadError> {
        self.inner.service_limits().await
    }

    async fn present(
        &self,
        contracts: &[ContractId],
        from: Day,
    ) -> Result<Vec<PresentContract>, ReadError> {
        let read = self.hook.next_read();
        self.hook.at(When::BeforeRead(read)).await;
        self.hook.hands.keep_pace().await;
        let found = self.inner.present(contracts, from).await;
        self.hook.hands.hold_pace();
        self.hook.at(When::AfterRead(read)).await;
        found
    }

    async fn unlisted_services(&self, ids: &[ServiceId]) -> Result<Vec<Service>, ReadError> {
        self.inner.unlisted_services(ids).await
    }

    async fn with_lines(
        &self,
        contract: PresentContract,
        lines: &[LineId],
    ) -> Result<PresentContract, ReadError> {
        self.inner.with_lines(contract, lines).await
    }

    fn rules(&self) -> &dyn BillingRules {
        self.inner.rules()
    }

    async fn execute(&self, operation: &Operation) -> Written {
        let write = self.hook.next_write();
        self.hook.at(When::BeforeWrite(write)).await;
        if self.hook.dies_during(write) {
            let sent = self.inner.execute(operation);
            tokio::select! {
                biased;
                _ = sent => {}
                () = soon() => {}
            }
            self.hook.die();
        }
        let written = self.inner.execute(operation).await;
        self.hook.hands.hold_pace();
        self.hook.at(When::AfterWrite(write)).await;
        written
    }

    fn lag(&self) -> Duration {
        self.inner.lag()
    }

    fn odd(&self) -> Vec<OddRow> {
        self.inner.odd()
    }

    fn requests(&self) -> u64 {
        self.inner.requests()
    }
}

/// A few turns of the runtime: time for a request to leave, not for much more.
async fn soon() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}
