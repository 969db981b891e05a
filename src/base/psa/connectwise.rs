//! ConnectWise PSA as a target.
//!
//! The adapter between billing words and ConnectWise's REST API: what it sends and reads, and the pure arithmetic that turns
//! wanted quantities into dated lines. It must not decide what is wanted.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        Code, CompanyId, ContractId, Day, LineId, ReadError, ServiceId, Thing,
        choice::ChoiceOption,
        operation::Operation,
        product::Service,
        target::{Company, CompanyTrouble, Contract, OddRow, PresentContract, TargetKind},
    },
    http::{Http, Notices},
    psa::{BillingRules, Probe, Psa, ServiceLimits, Slots, Written},
};

pub mod advice;
mod agreements;
mod answers;
mod assumed;
mod billing_rules;
mod choices;
mod conditions;
mod keys;
mod lines;
mod odd;
mod operations;
mod paging;
mod periods;
mod present;
mod probe;
mod reads;
mod replies;
mod rights;
#[cfg(test)]
pub mod sample;
mod session;
mod settings;
mod site;
mod told_prices;
mod verdict;
mod wire;
mod writes;

use agreements::Cycles;
use keys::KeyPlace;
use odd::OddRows;
use reads::ProductIds;
use session::Session;

pub use billing_rules::{CHOICES, Rules};
pub use settings::{ConnectwiseFields, ConnectwiseSettings};
pub use site::Site;

/// One ConnectWise company. Clones share connections, code base, tables, pace and the count of requests.
#[derive(Clone)]
pub struct Connectwise {
    session: Session,
    cycles: Cycles,
    product_ids: ProductIds,
    rules: Rules,
    odd: OddRows,
    lag: Duration,
    keys: KeyPlace,
}

impl Connectwise {
    /// Sends nothing yet. Give it a client of its own ([`Http::for_system`]): the count is this company's.
    #[must_use]
    pub fn new(http: &Http, settings: ConnectwiseSettings) -> Self {
        Self {
            lag: settings.lag,
            keys: settings.keys,
            rules: Rules::of(settings.keys),
            session: Session::new(http, settings),
            cycles: Cycles::default(),
            product_ids: ProductIds::default(),
            odd: OddRows::default(),
        }
    }

    /// The same company over another clone of the client: for a run with its own cancel and notices. The pace is shared.
    #[must_use]
    pub fn over(&self, http: &Http) -> Self {
        Self { session: self.session.with_http(http), ..self.clone() }
    }

    /// A clone whose waits and reads end once the token is cancelled.
    #[must_use]
    pub fn with_cancel(&self, token: CancellationToken) -> Self {
        self.over(&self.session.http().with_cancel(token))
    }

    /// A clone that tells of its waits.
    #[must_use]
    pub fn with_notices(&self, notices: Notices) -> Self {
        self.over(&self.session.http().with_notices(notices))
    }

    /// Sends it once and says how it ended, by what the answer itself shows.
    async fn write(&self, operation: &Operation) -> Written {
        if let Err(ended) = self.prepare(operation).await {
            return ended;
        }
        let Some(request) = writes::request(operation, self.keys) else {
            let text = "ConnectWise keeps lines; this operation is for another target.";
            return Written::Refused { finding: advice::finding(Code::Fault, text) };
        };
        let sent = self.session.write(request.method, &request.path, request.body).await;
        let written = replies::verified(operation, sent, self.keys);
        if let (Operation::CreateService { product, draft }, Written::Done { id: Some(id), .. }) =
            (operation, &written)
        {
            let identifier = writes::identifier(product, draft);
            self.product_ids.give(&identifier, ServiceId(*id), &draft.external_id);
        }
        written
    }

    /// Looks whether the product id of a new item is free; where that fails, nothing was sent. One of ours, whose answer was
    /// lost, is the item that was to be made (sync-rules 1.7).
    async fn prepare(&self, operation: &Operation) -> Result<(), Written> {
        let Operation::CreateService { product, draft } = operation else { return Ok(()) };
        let identifier = writes::identifier(product, draft);
        match self.item_with(&identifier).await {
            Ok(None) => Ok(()),
            Ok(Some(known)) if known.is_of(draft) => {
                Err(Written::Done { id: Some(known.item.0), remarks: Vec::new() })
            }
            Ok(Some(known)) => {
                let item = known.item;
                let text =
                    format!("Catalog item {item} has the product ID “{identifier}” already.");
                Err(Written::Refused { finding: advice::finding(Code::DuplicateService, text) })
            }
            Err(ReadError::Unauthorized { finding, .. }) => Err(Written::Unauthorized { finding }),
            Err(error) => {
                let (finding, retry_after_seconds) = (error.finding(), None);
                Err(Written::NotExecuted { finding, retry_after_seconds })
            }
        }
    }

    /// The same as a target.
    #[must_use]
    pub fn target(self) -> Arc<dyn Psa> {
        Arc::new(self)
    }
}

impl fmt::Debug for Connectwise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connectwise").field("session", &self.session).finish_non_exhaustive()
    }
}

#[async_trait]
impl Psa for Connectwise {
    fn kind(&self) -> TargetKind {
        TargetKind::Connectwise
    }

    async fn probe(&self) -> Result<Probe, ReadError> {
        Self { session: self.session.impatient(), ..self.clone() }.look().await
    }

    async fn choices(&self, of: Thing) -> Result<Vec<ChoiceOption>, ReadError> {
        self.read_choices(of).await
    }

    async fn companies(&self) -> Result<Vec<Company>, ReadError> {
        self.read_companies().await
    }

    async fn troubled_companies(
        &self,
        companies: &BTreeSet<CompanyId>,
    ) -> Result<BTreeMap<CompanyId, CompanyTrouble>, ReadError> {
        self.read_troubled_companies(companies).await
    }

    async fn contracts(&self, company: Option<CompanyId>) -> Result<Vec<Contract>, ReadError> {
        self.read_agreements(company).await
    }

    async fn contracts_by_id(&self, contracts: &[ContractId]) -> Result<Vec<Contract>, ReadError> {
        self.read_agreements_by_id(contracts).await
    }

    async fn services(&self) -> Result<Vec<Service>, ReadError> {
        self.read_services().await
    }

    async fn unlisted_services(&self, ids: &[ServiceId]) -> Result<Vec<Service>, ReadError> {
        self.read_unlisted_services(ids).await
    }

    async fn service_limits(&self) -> Result<ServiceLimits, ReadError> {
        Ok(reads::service_limits())
    }

    /// All lines, whatever the first day asked for: each names its days itself.
    async fn present(
        &self,
        contracts: &[ContractId],
        _from: Day,
    ) -> Result<Vec<PresentContract>, ReadError> {
        self.read_present(contracts).await
    }

    async fn with_lines(
        &self,
        contract: PresentContract,
        lines: &[LineId],
    ) -> Result<PresentContract, ReadError> {
        self.read_lines_into(contract, lines).await
    }

    fn rules(&self) -> &dyn BillingRules {
        &self.rules
    }

    async fn execute(&self, operation: &Operation) -> Written {
        self.write(operation).await
    }

    fn odd(&self) -> Vec<OddRow> {
        self.odd.all()
    }

    fn lag(&self) -> Duration {
        self.lag
    }

    fn slots(&self) -> Option<Slots> {
        let (busy, of) = self.session.http().busiest();
        Some(Slots { busy, of })
    }

    fn requests(&self) -> u64 {
        self.session.http().requests()
    }
}
