//! A target in memory: steps per row as Autotask keeps them (wire/autotask 13.3), and faults on chosen writes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use prism_connect::{
    domain::{
        BillingCodeId, CompanyId, ContractId, ContractServiceId, Day, Money, ReadError, ServiceId,
        Side,
        operation::{Operation, ServiceOperations, Wanted},
        outcome::Finding,
        policy::Policies,
        product::Service,
        target::{
            BillingCode, Company, Contract, ContractKind, PresentContract, PresentService,
            TargetKind, UnitRow,
        },
        timeline::Timeline,
    },
    psa::{Probe, Psa, ServiceLimits, Surroundings, Written, autotask},
};

/// What happens to one write.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Carried out, reply lost.
    CutAfter,
    /// Not carried out, reply lost.
    CutBefore,
    /// From this write on the user is locked, until [`FakeTarget::unlock`].
    Lock,
    /// 429.
    TooMany,
    /// Refused, with this text.
    Refuse(&'static str),
    /// Carried out, and no answer for ever: the process is killed meanwhile.
    HangAfter,
    /// Not carried out, and no answer for ever.
    HangBefore,
    /// Carried out, reply lost, and at the same moment somebody adds units to the same row on a day.
    CutAfterBesideEdit(Day, i64),
}

#[derive(Clone, Debug)]
struct Row {
    contract: ContractId,
    service: ServiceId,
    changes: BTreeMap<Day, i64>,
    taken: BTreeSet<Day>,
    prices: BTreeMap<Day, (Money, Money)>,
    opening: (Money, Money),
}

#[derive(Default)]
struct State {
    contracts: BTreeMap<ContractId, Contract>,
    services: Vec<Service>,
    rows: BTreeMap<ContractServiceId, Row>,
    faults: BTreeMap<u64, Fault>,
    sent: Vec<Operation>,
    carried_out: u64,
    locked: bool,
    hang_on_read: Option<u64>,
    cancel: Option<(u64, tokio_util::sync::CancellationToken)>,
    next: i64,
}

/// The target.
#[derive(Default)]
pub struct FakeTarget {
    state: Mutex<State>,
    requests: AtomicU64,
    /// Told when something hangs.
    pub hung: tokio::sync::Notify,
}

pub fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

pub fn money(text: &str) -> Money {
    text.parse().expect("an amount")
}

impl FakeTarget {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panics while it holds this")
    }

    fn read(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// A monthly contract from the 1st of January 2026 on.
    pub fn contract(&self, id: i64) {
        let contract = Contract {
            id: ContractId(id),
            company: CompanyId(id),
            name: format!("Contract {id}"),
            kind: ContractKind::Recurring,
            active: true,
            start: day("2026-01-01"),
            end: Some(day("2027-12-31")),
            period_months: 1,
        };
        self.state().contracts.insert(contract.id, contract);
    }

    /// A service that is there already.
    pub fn add_service(&self, name: &str, price: &str, cost: &str) -> ServiceId {
        let mut state = self.state();
        state.next += 1;
        let id = ServiceId(state.next);
        state.services.push(Service {
            id,
            name: name.to_owned(),
            sku: None,
            external_id: None,
            price: money(price),
            cost: Some(money(cost)),
            active: true,
            billing_code_active: Some(true),
        });
        id
    }

    /// What happens to the n-th write from now on, from 1.
    pub fn fault(&self, nth: u64, fault: Fault) {
        let mut state = self.state();
        let at = state.sent.len() as u64 + nth;
        state.faults.insert(at, fault);
    }

    pub fn unlock(&self) {
        self.state().locked = false;
    }

    /// Units of the one row of a service on a contract, by day.
    pub fn units(&self, contract: i64, service: ServiceId) -> Timeline {
        let state = self.state();
        let mut rows = state
            .rows
            .values()
            .filter(|row| row.contract == ContractId(contract) && row.service == service);
        let found = rows.next().map(|row| row.changes.clone()).unwrap_or_default();
        assert!(rows.next().is_none(), "the service stands twice on the contract");
        Timeline::from_changes(found)
    }

    /// A row that was there before the first sync.
    pub fn put_on_contract(&self, contract: i64, service: ServiceId, from: Day, units: i64) {
        let mut state = self.state();
        let id = state.row(ContractId(contract), service, (None, None));
        let row = state.rows.get_mut(&id).expect("just made");
        row.changes.insert(from, units);
        row.taken.insert(from);
    }

    /// A change made by hand.
    pub fn edit(&self, contract: i64, service: ServiceId, from: Day, units: i64) {
        let mut state = self.state();
        let row = state
            .rows
            .values_mut()
            .find(|row| row.contract == ContractId(contract) && row.service == service)
            .expect("a row to edit");
        *row.changes.entry(from).or_default() += units;
        row.taken.insert(from);
    }

    /// Every write that arrived, carried out or not.
    pub fn sent(&self) -> Vec<Operation> {
        self.state().sent.clone()
    }

    /// How many writes changed something.
    pub fn carried_out(&self) -> u64 {
        self.state().carried_out
    }

    /// The n-th reading of contracts from now on hangs.
    pub fn hang_on_read(&self, nth: u64) {
        self.state().hang_on_read = Some(nth);
    }

    fn read_hangs(&self) -> bool {
        let mut state = self.state();
        state.hang_on_read = state.hang_on_read.map(|left| left - 1);
        let hangs = state.hang_on_read == Some(0);
        if hangs {
            state.hang_on_read = None;
        }
        hangs
    }

    async fn hang(&self) -> ! {
        self.hung.notify_one();
        std::future::pending().await
    }

    /// Has a token cancelled as soon as so many writes arrived.
    pub fn cancel_after(&self, writes: u64, cancel: tokio_util::sync::CancellationToken) {
        self.state().cancel = Some((writes, cancel));
    }

    pub fn service(&self, name: &str) -> Service {
        let state = self.state();
        let mut found =
            state.services.iter().filter(|service| service.name.eq_ignore_ascii_case(name));
        let service = found.next().unwrap_or_else(|| panic!("no service {name}")).clone();
        assert!(found.next().is_none(), "two services {name}");
        service
    }

    pub fn services_now(&self) -> usize {
        self.state().services.len()
    }
}

impl State {
    fn carry_out(&mut self, operation: &Operation) -> Result<Option<i64>, Finding> {
        let id = match operation {
            Operation::CreateService { draft, .. } => {
                if self.services.iter().any(|known| known.name.eq_ignore_ascii_case(&draft.name)) {
                    return Err(refused("Violation of UNIQUE KEY constraint 'IX_service'."));
                }
                self.next += 1;
                self.services.push(Service {
                    id: ServiceId(self.next),
                    name: draft.name.clone(),
                    sku: Some(draft.sku.clone()),
                    external_id: Some(draft.external_id.clone()),
                    price: draft.price,
                    cost: Some(draft.cost),
                    active: true,
                    billing_code_active: Some(true),
                });
                Some(self.next)
            }
            Operation::UpdateService { service, price, cost, .. } => {
                let known = self.services.iter_mut().find(|known| known.id == *service);
                let known = known.ok_or_else(|| refused("no such service"))?;
                known.price = price.unwrap_or(known.price);
                known.cost = cost.or(known.cost);
                Some(service.0)
            }
            Operation::CreateContractService { contract, service, unit_price, unit_cost } => {
                Some(self.row(*contract, *service, (*unit_price, *unit_cost)).0)
            }
            Operation::AdjustUnits { .. } => {
                self.adjust(operation)?;
                None
            }
        };
        self.carried_out += 1;
        Ok(id)
    }

    fn row(
        &mut self,
        contract: ContractId,
        service: ServiceId,
        opening: (Option<Money>, Option<Money>),
    ) -> ContractServiceId {
        self.next += 1;
        let id = ContractServiceId(self.next);
        let known = self.services.iter().find(|known| known.id == service);
        let own = known.map(|known| (known.price, known.cost.unwrap_or_default()));
        let (price, cost) = own.unwrap_or_default();
        let row = Row {
            contract,
            service,
            changes: BTreeMap::new(),
            taken: BTreeSet::new(),
            prices: BTreeMap::new(),
            opening: (opening.0.unwrap_or(price), opening.1.unwrap_or(cost)),
        };
        self.rows.insert(id, row);
        id
    }

    fn adjust(&mut self, operation: &Operation) -> Result<(), Finding> {
        let Operation::AdjustUnits {
            contract,
            service,
            contract_service,
            effective,
            units,
            unit_price,
            unit_cost,
        } = operation
        else {
            return Ok(());
        };
        let terms = self.contracts.get(contract).ok_or_else(|| refused("no such contract"))?;
        if *effective < terms.start || terms.end.is_some_and(|end| *effective > end) {
            return Err(refused("ContractServiceAdjustment effectiveDate must be between …"));
        }
        let starts = terms.period_starts_on(*effective);
        let found = contract_service.or_else(|| {
            let mut rows = self.rows.iter();
            rows.find(|(_, row)| row.contract == *contract && row.service == *service)
                .map(|(id, _)| *id)
        });
        let id = found.unwrap_or_else(|| self.row(*contract, *service, (None, None)));
        let row = self.rows.get_mut(&id).ok_or_else(|| refused("no such contract service"))?;
        if row.taken.contains(effective) && !starts {
            return Err(Finding::new("same_day", "duplicate contract_service_period", ""));
        }
        let after = Timeline::from_changes(row.changes.clone()).adjusted(*effective, *units);
        if after.steps().iter().any(|step| step.units < 0) {
            return Err(refused("negative"));
        }
        *row.changes.entry(*effective).or_default() += units;
        row.taken.insert(*effective);
        if unit_price.is_some() || unit_cost.is_some() {
            let (price, cost) = row.price_on(*effective);
            row.prices.insert(*effective, (unit_price.unwrap_or(price), unit_cost.unwrap_or(cost)));
        }
        Ok(())
    }
}

fn refused(text: &str) -> Finding {
    Finding::new("refused", text, "")
}

impl Row {
    fn price_on(&self, on: Day) -> (Money, Money) {
        self.prices.range(..=on).next_back().map_or(self.opening, |(_, price)| *price)
    }

    fn shown(&self, contract: &Contract, id: ContractServiceId) -> PresentService {
        let units = Timeline::from_changes(self.changes.clone());
        let last = contract.end.unwrap_or(day("2028-12-31"));
        let mut starts: BTreeSet<Day> = self.taken.clone();
        if let Some(first) = self.taken.first().copied() {
            let mut period = contract.next_period_start(first);
            while period <= last {
                starts.insert(period);
                period = contract.next_period_start(period);
            }
        }
        let starts: Vec<Day> = starts.into_iter().collect();
        let rows = starts.iter().enumerate().map(|(at, start)| {
            let end = starts.get(at + 1).map_or(last, |next| next.previous());
            self.unit_row(contract, *start, end, units.on(*start))
        });
        let latest = self.price_on(last);
        PresentService {
            contract_service: id,
            service: self.service,
            price: Some(latest.0),
            cost: Some(latest.1),
            rows: rows.collect(),
        }
    }

    fn unit_row(&self, contract: &Contract, start: Day, end: Day, units: i64) -> UnitRow {
        let from = contract.period_start_at(start);
        let period = contract.next_period_start(from).since(from);
        let share = rust_decimal::Decimal::from(end.since(start) + 1)
            / rust_decimal::Decimal::from(period.max(1));
        let (price, cost) = self.price_on(start);
        UnitRow {
            start,
            end,
            units,
            price: (price.times(units) * share).rounded(2),
            cost: Some((cost.times(units) * share).rounded(2)),
            posted: false,
        }
    }
}

#[async_trait]
impl Psa for FakeTarget {
    fn kind(&self) -> TargetKind {
        TargetKind::Autotask
    }

    async fn probe(&self) -> Result<Probe, ReadError> {
        Ok(Probe::default())
    }

    async fn billing_codes(&self) -> Result<Vec<BillingCode>, ReadError> {
        self.read();
        Ok(vec![BillingCode { id: BillingCodeId(1), name: "Cloud".to_owned() }])
    }

    async fn vendors(&self) -> Result<Vec<Company>, ReadError> {
        Ok(Vec::new())
    }

    async fn companies(&self) -> Result<Vec<Company>, ReadError> {
        Ok(Vec::new())
    }

    async fn contracts(&self, _company: Option<CompanyId>) -> Result<Vec<Contract>, ReadError> {
        self.read();
        Ok(self.state().contracts.values().cloned().collect())
    }

    async fn contracts_by_id(&self, contracts: &[ContractId]) -> Result<Vec<Contract>, ReadError> {
        self.read();
        let state = self.state();
        Ok(contracts.iter().filter_map(|id| state.contracts.get(id).cloned()).collect())
    }

    async fn services(&self) -> Result<Vec<Service>, ReadError> {
        self.read();
        Ok(self.state().services.clone())
    }

    async fn service_limits(&self) -> Result<ServiceLimits, ReadError> {
        self.read();
        Ok(ServiceLimits {
            name: 100,
            description: 400,
            invoice_description: 1000,
            sku: Some(50),
            external_id: Some(50),
            price_decimals: 4,
        })
    }

    async fn present(
        &self,
        contracts: &[ContractId],
        _from: Day,
    ) -> Result<Vec<PresentContract>, ReadError> {
        self.read();
        if self.read_hangs() {
            self.hang().await;
        }
        let state = self.state();
        if state.locked {
            return Err(ReadError::Unauthorized { side: Side::Target, finding: locked() });
        }
        Ok(contracts
            .iter()
            .filter_map(|id| state.contracts.get(id))
            .map(|contract| PresentContract {
                odd: None,
                contract: contract.clone(),
                services: state
                    .rows
                    .iter()
                    .filter(|(_, row)| row.contract == contract.id)
                    .map(|(id, row)| row.shown(contract, *id))
                    .collect(),
            })
            .collect())
    }

    fn operations(
        &self,
        contract: &PresentContract,
        wanted: &Wanted,
        surroundings: &Surroundings,
        policies: &Policies,
    ) -> ServiceOperations {
        autotask::operations::operations(contract, wanted, surroundings, policies)
    }

    fn keeps(&self, price: Money) -> Money {
        price.rounded(4)
    }

    fn body(&self, operation: &Operation) -> serde_json::Value {
        serde_json::to_value(operation).expect("an operation is JSON")
    }

    async fn execute(&self, operation: &Operation) -> Written {
        self.read();
        match self.receive(operation) {
            Some(written) => written,
            None => self.hang().await,
        }
    }

    fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }
}

impl FakeTarget {
    /// What becomes of a write; none where no answer ever comes.
    fn receive(&self, operation: &Operation) -> Option<Written> {
        let mut state = self.state();
        state.sent.push(operation.clone());
        let number = state.sent.len() as u64;
        if let Some((_, cancel)) = state.cancel.as_ref().filter(|(writes, _)| *writes == number) {
            cancel.cancel();
        }
        let fault = state.faults.remove(&number);
        if matches!(fault, Some(Fault::Lock)) {
            state.locked = true;
        }
        if state.locked {
            return Some(Written::Unauthorized { finding: locked() });
        }
        let unknown = || Some(Written::Unknown { finding: lost() });
        match fault {
            Some(Fault::CutBefore) => return unknown(),
            Some(Fault::HangBefore) => return None,
            Some(Fault::TooMany) => {
                let finding = Finding::new("too_many", "429", "");
                return Some(Written::NotExecuted { finding, retry_after_seconds: Some(30) });
            }
            Some(Fault::Refuse(text)) => return Some(Written::Refused { finding: refused(text) }),
            _ => {}
        }
        let done = state.carry_out(operation);
        drop(state);
        match (fault, done) {
            (Some(Fault::HangAfter), _) => None,
            (Some(Fault::CutAfter), _) => unknown(),
            (Some(Fault::CutAfterBesideEdit(from, units)), _) => {
                if let Operation::AdjustUnits { contract, service, .. } = operation {
                    self.edit(contract.0, *service, from, units);
                }
                unknown()
            }
            (_, Ok(id)) => Some(Written::Done { id }),
            (_, Err(finding)) => Some(Written::Refused { finding }),
        }
    }
}

fn lost() -> Finding {
    Finding::new("unanswered", "The connection was cut.", "")
}

fn locked() -> Finding {
    Finding::new("unauthorized", "Status code: Unauthorized.", "Unlock the user.")
}
