//! Autotask as a target.
//!
//! The adapter between billing words and Autotask's REST API: what it sends and reads, and the pure
//! arithmetic that turns wanted quantities into dated adjustments. It must not decide what is wanted.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        Code, CompanyId, ContractId, Day, ReadError, Thing,
        choice::{ChoiceOption, ServiceChoice},
        operation::Operation,
        outcome::Finding,
        product::Service,
        target::{Company, Contract, OddRow, PresentContract, TargetKind},
    },
    http::{Http, Notices},
    psa::{BillingRules, BudgetLeft, Probe, Psa, ServiceLimits, Slots, Written},
};

pub mod advice;
mod answers;
pub mod assumed;
mod billing_rules;
mod metadata;
mod odd;
pub mod operations;
mod posted_periods;
mod present;
mod price_readings;
mod probe;
mod query;
mod reads;
mod row_ends;
#[cfg(test)]
pub mod sample;
mod session;
mod settings;
mod verdict;
mod wire;
mod writes;
mod zone;

use metadata::Metadata;
use odd::OddRows;
use query::Filter;
use session::Session;

pub use billing_rules::Rules;
pub use settings::AutotaskSettings;

/// How many rows of units a page of a query holds, once they are decoded.
///
/// # Errors
/// What is wrong with the page, or with one of them.
pub fn units_of_page(page: &[u8]) -> Result<usize, String> {
    let page: wire::Page<wire::Unit> = crate::http::decoded(page)?;
    Ok(page.items.len())
}

/// One Autotask tenant. Clones share connections, zone, metadata, budget and the count of requests.
#[derive(Clone)]
pub struct Autotask {
    session: Session,
    metadata: Metadata,
    rules: Rules,
    odd: OddRows,
}

impl Autotask {
    /// Sends nothing yet. Give it a client of its own ([`Http::for_system`]): budget and count are this tenant's.
    #[must_use]
    pub fn new(http: Http, settings: AutotaskSettings) -> Self {
        let metadata = Metadata::default();
        Self {
            session: Session::new(http, settings),
            rules: Rules::of(metadata.clone()),
            metadata,
            odd: OddRows::default(),
        }
    }

    /// The same tenant over another clone of the client: for a run with its own cancel and notices.
    #[must_use]
    pub fn over(&self, http: Http) -> Self {
        Self { session: self.session.with_http(http), ..self.clone() }
    }

    /// A clone whose waits and reads end once the token is cancelled.
    #[must_use]
    pub fn with_cancel(&self, token: CancellationToken) -> Self {
        self.over(self.session.http().with_cancel(token))
    }

    /// A clone that tells of its waits.
    #[must_use]
    pub fn with_notices(&self, notices: Notices) -> Self {
        self.over(self.session.http().with_notices(notices))
    }

    /// Sends it once and says how it ended.
    async fn write(&self, operation: &Operation) -> Written {
        let Some((method, path)) = writes::address(operation) else {
            return Written::NotExecuted { finding: has_no_lines(), retry_after_seconds: None };
        };
        let body = writes::body(operation, self.metadata.services.so_far());
        match self.session.write(method.clone(), &path, body).await {
            Ok((url, reply)) => {
                let now = self.session.http().clock().now();
                answers::written(method.as_str(), &url, reply, now)
            }
            // The zone could not be found: nothing was sent.
            Err(ReadError::Unauthorized { finding, .. }) => Written::Unauthorized { finding },
            Err(error) => {
                Written::NotExecuted { finding: error.finding(), retry_after_seconds: None }
            }
        }
    }

    /// The same as a target.
    #[must_use]
    pub fn target(self) -> Arc<dyn Psa> {
        Arc::new(self)
    }
}

/// A plan of another target was given to this one.
fn has_no_lines() -> Finding {
    Finding::new(
        Code::PlanStale,
        "Autotask keeps no lines on a contract: the change was planned for another system. Nothing was written.",
        "Make a new plan, look at it, and apply that.",
    )
}

impl fmt::Debug for Autotask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Autotask").field("session", &self.session).finish_non_exhaustive()
    }
}

/// What services are made with (R22, R23).
pub const CHOICES: [ServiceChoice; 2] =
    [ServiceChoice::required(Thing::BillingCode), ServiceChoice::optional(Thing::Vendor)];

#[async_trait]
impl Psa for Autotask {
    fn kind(&self) -> TargetKind {
        TargetKind::Autotask
    }

    async fn probe(&self) -> Result<Probe, ReadError> {
        Self { session: self.session.impatient(), ..self.clone() }.look().await
    }

    async fn choices(&self, of: Thing) -> Result<Vec<ChoiceOption>, ReadError> {
        match of {
            Thing::BillingCode => self.read_billing_codes().await,
            Thing::Vendor => self.read_vendors().await,
            _ => Ok(Vec::new()),
        }
    }

    async fn companies(&self) -> Result<Vec<Company>, ReadError> {
        let own = Some(Filter::equals("id", 0));
        self.read_companies("Customer", assumed::COMPANY_TYPE_CUSTOMER, own).await
    }

    async fn contracts(&self, company: Option<CompanyId>) -> Result<Vec<Contract>, ReadError> {
        let of_company = |company: CompanyId| Filter::equals("companyID", company.0);
        self.read_contracts(company.map_or_else(Filter::everything, of_company)).await
    }

    async fn contracts_by_id(&self, contracts: &[ContractId]) -> Result<Vec<Contract>, ReadError> {
        self.read_contracts_by_id(contracts).await
    }

    async fn services(&self) -> Result<Vec<Service>, ReadError> {
        self.read_services().await
    }

    async fn service_limits(&self) -> Result<ServiceLimits, ReadError> {
        Ok(self.metadata.services.read(&self.session, "Services").await?.service_limits())
    }

    async fn present(
        &self,
        contracts: &[ContractId],
        from: Day,
    ) -> Result<Vec<PresentContract>, ReadError> {
        self.read_present(contracts, from).await
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

    fn about_to_work(&self) {
        self.session.about_to_work();
    }

    async fn get_ready(&self) -> Result<(), ReadError> {
        self.read_contract_metadata().await
    }

    fn budget(&self) -> Option<BudgetLeft> {
        let http = self.session.http();
        let (left, of) = http.budget().share(http.clock().now())?;
        Some(BudgetLeft { left, of })
    }

    fn slots(&self) -> Option<Slots> {
        let (busy, of) = self.session.http().busiest();
        Some(Slots { busy, of })
    }

    fn requests(&self) -> u64 {
        self.session.http().requests()
    }
}
