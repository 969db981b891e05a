//! The target: steps per row as Autotask keeps them (wire/autotask 13.3), and faults on chosen writes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use prism_connect::{
    domain::{
        CompanyId, ContractId, ContractServiceId, Day, Money, ReadError, ServiceId, Side, Thing,
        choice::ChoiceOption,
        operation::Operation,
        outcome::Finding,
        product::Service,
        target::{
            Company, Contract, ContractKind, PresentContract, PresentService, TargetKind, UnitRow,
        },
        timeline::Timeline,
    },
    psa::{BillingRules, Probe, Psa, ServiceLimits, Written, autotask},
};
use tokio_util::sync::CancellationToken;

use super::{Shared, World, day, lock, money};

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

/// A service on a contract.
#[derive(Clone, Debug)]
pub struct Row {
    contract: ContractId,
    service: ServiceId,
    changes: BTreeMap<Day, i64>,
    taken: BTreeSet<Day>,
    prices: BTreeMap<Day, (Money, Money)>,
    opening: (Money, Money),
}

/// A client of the target.
#[derive(Default)]
pub struct FakeTarget {
    world: Shared,
    requests: AtomicU64,
    rules: autotask::Rules,
    /// Told when something hangs.
    pub hung: tokio::sync::Notify,
}

pub fn contract(id: i64, company: i64, name: &str) -> Contract {
    Contract {
        id: ContractId(id),
        company: CompanyId(company),
        name: name.to_owned(),
        kind: ContractKind::Recurring,
        active: true,
        start: day("2026-01-01"),
        end: Some(day("2027-12-31")),
        period_months: 1,
        invoicing: None,
        currency: None,
    }
}

pub fn service(id: i64, name: &str) -> Service {
    Service {
        id: ServiceId(id),
        name: name.to_owned(),
        sku: None,
        external_id: None,
        price: money("8.00"),
        cost: Some(money("6.90")),
        active: true,
        billing_code_active: Some(true),
    }
}

impl FakeTarget {
    pub fn of(world: Shared) -> Self {
        Self { world, ..Self::default() }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    /// One more request, which fails where the target does.
    fn read(&self) -> Result<MutexGuard<'_, World>, ReadError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let world = self.world();
        match &world.target_fault {
            Some(fault) => Err(fault.clone()),
            None => Ok(world),
        }
    }

    /// A monthly contract from the 1st of January 2026 on.
    pub fn contract(&self, id: i64) {
        self.world().contracts.push(contract(id, id, &format!("Contract {id}")));
    }

    /// A service that is there already.
    pub fn add_service(&self, name: &str, price: &str, cost: &str) -> ServiceId {
        let mut world = self.world();
        let id = world.next_id();
        let service = Service { price: money(price), cost: Some(money(cost)), ..service(id, name) };
        world.services.push(service);
        ServiceId(id)
    }

    /// What happens to the n-th write from now on, from 1.
    pub fn fault(&self, nth: u64, fault: Fault) {
        let mut state = self.world();
        let at = state.sent.len() as u64 + nth;
        state.faults.insert(at, fault);
    }

    pub fn unlock(&self) {
        self.world().locked = false;
    }

    /// Units of the one row of a service on a contract, by day.
    pub fn units(&self, contract: i64, service: ServiceId) -> Timeline {
        let state = self.world();
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
        let mut state = self.world();
        let id = state.row(ContractId(contract), service, (None, None));
        let row = state.rows.get_mut(&id).expect("just made");
        row.changes.insert(from, units);
        row.taken.insert(from);
    }

    /// A change made by hand.
    pub fn edit(&self, contract: i64, service: ServiceId, from: Day, units: i64) {
        let mut state = self.world();
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
        self.world().sent.clone()
    }

    /// How many writes changed something.
    pub fn carried_out(&self) -> u64 {
        self.world().carried_out
    }

    /// The n-th reading of contracts from now on hangs.
    pub fn hang_on_read(&self, nth: u64) {
        self.world().hang_on_read = Some(nth);
    }

    fn read_hangs(&self) -> bool {
        let mut state = self.world();
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
    pub fn cancel_after(&self, writes: u64, cancel: CancellationToken) {
        self.world().cancel = Some((writes, cancel));
    }

    pub fn service(&self, name: &str) -> Service {
        let state = self.world();
        let mut found =
            state.services.iter().filter(|service| service.name.eq_ignore_ascii_case(name));
        let service = found.next().unwrap_or_else(|| panic!("no service {name}")).clone();
        assert!(found.next().is_none(), "two services {name}");
        service
    }

    pub fn services_now(&self) -> usize {
        self.world().services.len()
    }
}

impl World {
    fn next_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    /// A row that is there already: units of a service from the 1st of September 2026 on.
    pub fn put_row(&mut self, id: i64, contract: i64, service: i64, units: i64) {
        let from = day("2026-09-01");
        let row = Row {
            contract: ContractId(contract),
            service: ServiceId(service),
            changes: BTreeMap::from([(from, units)]),
            taken: BTreeSet::from([from]),
            prices: BTreeMap::new(),
            opening: (money("8.00"), money("6.90")),
        };
        self.rows.insert(ContractServiceId(id), row);
    }

    fn carry_out(&mut self, operation: &Operation) -> Result<Option<i64>, Finding> {
        let id = match operation {
            Operation::AddLine { .. } | Operation::EndLine { .. } | Operation::AmendLine { .. } => {
                return Err(refused("this target keeps no lines"));
            }
            Operation::CreateService { draft, .. } => {
                if self.services.iter().any(|known| known.name.eq_ignore_ascii_case(&draft.name)) {
                    return Err(refused("Violation of UNIQUE KEY constraint 'IX_service'."));
                }
                let id = self.next_id();
                self.services.push(Service {
                    sku: Some(draft.sku.clone()),
                    external_id: Some(draft.external_id.clone()),
                    price: draft.price,
                    cost: Some(draft.cost),
                    ..service(id, &draft.name)
                });
                Some(id)
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

    fn rows_of(&self, contract: &Contract) -> Vec<PresentService> {
        let rows = self.rows.iter().filter(|(_, row)| row.contract == contract.id);
        rows.map(|(id, row)| row.shown(contract, *id)).collect()
    }

    fn row(
        &mut self,
        contract: ContractId,
        service: ServiceId,
        opening: (Option<Money>, Option<Money>),
    ) -> ContractServiceId {
        let id = ContractServiceId(self.next_id());
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
        let terms = self.contracts.iter().find(|one| one.id == *contract);
        let terms = terms.ok_or_else(|| refused("no such contract"))?;
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
            return Err(Finding::new("same_day".into(), "duplicate contract_service_period", ""));
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
    Finding::new("refused".into(), text, "")
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
            lines: Vec::new(),
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
        let rights = self.read()?.rights.clone();
        let url = "https://zone.example/ATServicesRest/".to_owned();
        Ok(Probe { url, rights, ..Probe::default() })
    }

    async fn choices(&self, of: Thing) -> Result<Vec<ChoiceOption>, ReadError> {
        let world = self.read()?;
        Ok(match of {
            Thing::BillingCode => world.codes.clone(),
            Thing::Vendor => world.vendors.clone(),
            _ => Vec::new(),
        })
    }

    async fn companies(&self) -> Result<Vec<Company>, ReadError> {
        Ok(self.read()?.companies.clone())
    }

    async fn contracts(&self, company: Option<CompanyId>) -> Result<Vec<Contract>, ReadError> {
        let world = self.read()?;
        let of = |one: &&Contract| company.is_none_or(|company| one.company == company);
        Ok(world.contracts.iter().filter(of).cloned().collect())
    }

    async fn contracts_by_id(&self, contracts: &[ContractId]) -> Result<Vec<Contract>, ReadError> {
        let world = self.read()?;
        Ok(world.contracts.iter().filter(|one| contracts.contains(&one.id)).cloned().collect())
    }

    async fn services(&self) -> Result<Vec<Service>, ReadError> {
        Ok(self.read()?.services.clone())
    }

    async fn service_limits(&self) -> Result<ServiceLimits, ReadError> {
        drop(self.read()?);
        Ok(ServiceLimits {
            name: 100,
            description: 400,
            invoice_description: 1000,
            sku: Some(50),
            external_id: Some(50),
            price_decimals: 4,
            by_sku: false,
        })
    }

    async fn present(
        &self,
        contracts: &[ContractId],
        _from: Day,
    ) -> Result<Vec<PresentContract>, ReadError> {
        drop(self.read()?);
        if self.read_hangs() {
            self.hang().await;
        }
        let world = self.world();
        if world.locked {
            return Err(ReadError::Unauthorized { side: Side::Target, finding: locked() });
        }
        let wanted = world.contracts.iter().filter(|one| contracts.contains(&one.id));
        let present = wanted.map(|contract| PresentContract {
            odd: None,
            contract: contract.clone(),
            services: world.rows_of(contract),
        });
        Ok(present.collect())
    }

    fn rules(&self) -> &dyn BillingRules {
        &self.rules
    }

    async fn execute(&self, operation: &Operation) -> Written {
        self.requests.fetch_add(1, Ordering::Relaxed);
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
        let mut state = self.world();
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
        if let Some(text) = state.refuses {
            return Some(Written::Refused { finding: refused(text) });
        }
        let unknown = || Some(Written::Unknown { finding: lost() });
        match fault {
            Some(Fault::CutBefore) => return unknown(),
            Some(Fault::HangBefore) => return None,
            Some(Fault::TooMany) => {
                let finding = Finding::new("too_many".into(), "429", "");
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
            (_, Ok(id)) => Some(Written::Done { id, remarks: Vec::new() }),
            (_, Err(finding)) => Some(Written::Refused { finding }),
        }
    }
}

fn lost() -> Finding {
    Finding::new("unanswered".into(), "The connection was cut.", "")
}

fn locked() -> Finding {
    Finding::new("unauthorized".into(), "Status code: Unauthorized.", "Unlock the user.")
}
