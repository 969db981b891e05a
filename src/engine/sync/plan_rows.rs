//! A plan as it is shown and saved. Pure.

use std::collections::BTreeMap;

use crate::{
    domain::{
        Code, ContractId, Currency, Money, ServiceId,
        invoice::Invoice,
        line::LineSpan,
        operation::Operation,
        outcome::{Disposition, Finding},
        run::Ledger,
        shared_text::{SharedText, SharedTexts, TextPool},
    },
    engine::{
        sync::{
            application::Application,
            equipment::Equipment,
            saved_plan::{Saved, SavedRow, contract_key},
            snapshot::Snapshot,
            work_list::WorkItem,
        },
        views::{
            Mark, PlanContract, PlanMoney, PlanView, PlannedQuantity, PlannedView, RefusedView,
            SwitchedOff,
            packed::{quantities::QuantitiesGathered, rows::RowsGathered},
        },
    },
    planning::{
        ContractPlan, GroupSubscription, MonthlyMoney, PlannedOperation, ServicePlan,
        products::{Action, ProductPlan},
        triage::PlacedLine,
        used_lines::{UsedLines, used_on},
    },
};

/// What all invoices of a plan come to on one contract.
struct ContractSum {
    name: String,
    customers: Vec<String>,
    tenants: Vec<String>,
    currency: Option<Currency>,
    /// None where no service of it is planned.
    money: Option<MonthlyMoney>,
    /// Whether anything is to be written or refused.
    concerned: bool,
}

impl ContractSum {
    fn new(application: &Application, plan: &ContractPlan) -> Self {
        Self {
            name: application.name.clone(),
            customers: plan.tenants.iter().map(|one| one.customer_name.clone()).collect(),
            tenants: domains(plan),
            currency: None,
            money: None,
            concerned: false,
        }
    }

    fn told(&self) -> PlanMoney {
        in_currency(self.currency.clone(), self.money.unwrap_or_default())
    }
}

fn domains(plan: &ContractPlan) -> Vec<String> {
    plan.tenants.iter().map(|tenant| tenant.domain.clone()).collect()
}

/// A plan while it is put together.
pub(crate) struct Sheet {
    saved: Saved,
    /// What its rows say.
    said: TextPool,
    operations: RowsGathered,
    refused: Vec<RefusedView>,
    unchanged: u64,
    contracts: BTreeMap<ContractId, ContractSum>,
    /// Contracts, each as often as an invoice goes to it.
    applications: u64,
    /// The currency of the price lists.
    pub price_lists: Option<Currency>,
    /// Contracts that a guard holds, by name, with the invoice.
    suspects: Vec<String>,
    quantities: QuantitiesGathered,
    switched_off: Vec<SwitchedOff>,
    /// Ledgers of the invoices.
    pub ledgers: Vec<Ledger>,
    /// What else there is to say.
    pub findings: Vec<Finding>,
}

impl Sheet {
    /// Nothing planned yet.
    pub(crate) fn new(saved: Saved) -> Self {
        Self {
            saved,
            said: TextPool::default(),
            operations: RowsGathered::default(),
            refused: Vec::new(),
            unchanged: 0,
            contracts: BTreeMap::new(),
            applications: 0,
            price_lists: None,
            suspects: Vec::new(),
            quantities: QuantitiesGathered::default(),
            switched_off: Vec::new(),
            ledgers: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// Adds a product.
    pub(crate) fn product(&mut self, plan: &ProductPlan) {
        let row = product_row(plan);
        if !row.writes.is_empty() || !row.refused.is_empty() {
            self.saved.rows.push(row.sharing(&mut self.said));
        }
        match (&plan.operation, &plan.finding) {
            (Some(operation), _) => {
                let currency = self.price_lists.clone();
                let view = product_view(plan, operation, product_target(plan));
                self.operations.push(PlannedView { currency, ..view });
            }
            (None, Some(finding)) => {
                let (target, finding) = (stuck_product(plan), finding.clone());
                self.refused.push(RefusedView {
                    target,
                    product: Some(plan.key.to_string()),
                    customer: None,
                    contract: None,
                    tenants: Vec::new(),
                    invoice: None,
                    finding,
                });
            }
            (None, None) if plan.action == Action::Unchanged => self.unchanged += 1,
            (None, None) => {}
        }
    }

    /// Adds one invoice on one contract.
    pub(crate) fn contract(
        &mut self,
        observed: &Snapshot,
        item: &WorkItem,
        application: &Application,
        plan: &ContractPlan,
        used: Vec<UsedLines>,
    ) {
        let row = contract_row(observed, item, application, plan);
        let known = self.contracts.entry(plan.contract);
        let sum = known.or_insert_with(|| ContractSum::new(application, plan));
        add_money(sum, item, plan);
        self.applications += 1;
        let refused = self.refused.len();
        self.refuse(observed, item, application, plan);
        let about = RowsOfContract {
            invoice: &item.invoice,
            number: item.invoice.number.as_str().into(),
            customer: plan.tenants.first().map(|tenant| tenant.customer_name.as_str().into()),
            tenants: domains(plan).into(),
        };
        for service in &plan.services {
            if service.is_unchanged() {
                self.unchanged += 1;
            }
            let name = observed.service_name(service.service);
            let of_service = RowsOfService {
                target: target(&name, application).into(),
                product: plan
                    .subscriptions
                    .iter()
                    .find(|bought| bought.service == Some(service.service))
                    .map(|bought| bought.name.as_str().into()),
                service,
            };
            let used = used.iter().find(|used| used.service == service.service);
            let used = used.map(UsedLines::reason);
            for operation in &service.operations {
                let mut view = contract_view(&about, &of_service, operation);
                if let Some(used) = &used {
                    view.reason = format!("{}; {used}", operation.reason).into();
                }
                self.operations.push(view);
            }
            if service.operations.iter().any(|planned| planned.quantity.is_some()) {
                self.quantities.push(PlannedQuantity {
                    target: of_service.target,
                    tenants: about.tenants.clone(),
                    invoice: about.number.clone(),
                    month: item.month,
                    invoiced: service.invoice.clone(),
                    present: service.before.clone(),
                });
            }
        }
        let sold_as = |used: UsedLines| {
            let billed = |bought: &&GroupSubscription| bought.service == Some(used.service);
            let bought = plan.subscriptions.iter().find(billed);
            let name = bought.map(|bought| bought.name.clone());
            (name.unwrap_or_else(|| observed.service_name(used.service)), used)
        };
        let used: Vec<_> = used.into_iter().map(sold_as).collect();
        self.findings.extend(plan.warnings.iter().cloned());
        self.findings.extend(used_on(&application.name, &used));
        let concerned = !row.writes.is_empty() || self.refused.len() > refused;
        if let Some(sum) = self.contracts.get_mut(&plan.contract) {
            sum.concerned |= concerned;
        }
        if row.writes.is_empty() && row.refused.is_empty() {
            self.saved.quiet.push(row.key);
        } else {
            self.saved.rows.push(row.sharing(&mut self.said));
        }
    }

    /// Adds the lines of an invoice that no contract has: whose sync is switched off is told with what they amount to.
    pub(crate) fn rest(&mut self, invoice: &Invoice, lines: impl Iterator<Item = PlacedLine>) {
        let off = lines.filter(|placed| placed.disposition == Disposition::Off);
        let mut sums = BTreeMap::<_, SwitchedOff>::new();
        for placed in off {
            let known = sums.entry(placed.tenant).or_insert_with(|| SwitchedOff {
                customer: placed.customer,
                tenant: placed.line.domain.as_deref().unwrap_or_default().to_owned(),
                invoice: invoice.number.clone(),
                amount: Money::ZERO,
                currency: invoice.currency.clone(),
            });
            known.amount += placed.line.subtotal;
        }
        self.switched_off.extend(sums.into_values());
    }

    /// What was added last is held by a guard in every sync that nobody has looked at.
    pub(crate) fn suspect(
        &mut self,
        application: &Application,
        plan: &ContractPlan,
        finding: &Finding,
    ) {
        let writes = plan.operations().count();
        let first = self.operations.len().saturating_sub(writes);
        self.operations.hold_from(first, finding);
        if writes > 0 {
            self.suspects
                .push(format!("{}, invoice {}", application.name, application.invoice_number));
        }
    }

    /// What of an invoice is not written on a contract. Subscriptions of one name that say the same are told once.
    fn refuse(
        &mut self,
        observed: &Snapshot,
        item: &WorkItem,
        application: &Application,
        plan: &ContractPlan,
    ) {
        let from = self.refused.len();
        let first = plan.tenants.first().map(|tenant| &tenant.tenant);
        let mut refuse = |target, bought: Option<&GroupSubscription>, finding: &Finding| {
            let whose = bought.map(|one| &one.tenant).or(first);
            let tenant = plan.tenants.iter().find(|tenant| Some(&tenant.tenant) == whose);
            let refused = RefusedView {
                target,
                product: bought.and_then(|one| Some(one.product.as_ref()?.to_string())),
                customer: tenant.map(|tenant| tenant.customer_name.clone()),
                contract: Some(application.name.clone()),
                tenants: domains(plan),
                invoice: Some(item.invoice.number.clone()),
                finding: finding.clone(),
            };
            if !self.refused[from..].contains(&refused) {
                self.refused.push(refused);
            }
        };
        if let Some(finding) = &plan.refused {
            refuse(application.name.clone(), None, finding);
        }
        for service in &plan.services {
            if let Some(finding) = &service.refused {
                let billed = |bought: &&GroupSubscription| bought.service == Some(service.service);
                let bought = plan.subscriptions.iter().find(billed);
                let name = observed.service_name(service.service);
                let target =
                    bought.map_or_else(|| name.clone(), |one| format!("{} ({name})", one.name));
                refuse(target, bought, finding);
            }
        }
        for bought in plan.subscriptions.iter().filter(|bought| bought.service.is_none()) {
            if let (Some(finding), None) = (&bought.problem, &plan.refused) {
                refuse(bought.name.clone(), Some(bought), finding);
            }
        }
    }

    /// Its saved form alone.
    pub(crate) fn saved(self) -> Saved {
        self.saved.in_order()
    }

    /// The whole, largest effect first, with its saved form.
    pub(crate) fn view(mut self, equipment: &Equipment) -> (PlanView, Saved) {
        self.findings.extend(check_these(&self.suspects));
        let mut operations = self.operations.all();
        operations.largest_first();
        let stated = self.ledgers.iter().map(|ledger| ledger.currency.as_ref());
        let currency = Currency::one_of(operations.currencies().chain(stated)).cloned();
        let mut money = by_currency(self.contracts.values()).into_iter();
        let contracts = self.contracts.into_values().filter(|sum| sum.concerned);
        let contracts = contracts.map(|sum| PlanContract {
            money: sum.told(),
            contract: sum.name,
            customers: sum.customers,
            tenants: sum.tenants,
        });
        let reads = 6 * self.applications.div_ceil(super::snapshot::standing::TOGETHER as u64) + 12;
        let mut saved = self.saved.in_order();
        let view = PlanView {
            target: equipment.connection.to_string(),
            planned_at: equipment.clock.now(),
            contracts: contracts.collect(),
            requests: operations.len() as u64 + reads,
            hourly_requests: equipment.target.budget().map(|budget| budget.of),
            operations,
            refused: self.refused,
            unchanged: self.unchanged,
            currency,
            money: money.next().unwrap_or_default(),
            other_money: money.collect(),
            quantities: self.quantities.all(),
            switched_off: self.switched_off,
            ledgers: self.ledgers,
            findings: self.findings,
            saved: saved.seal(),
        };
        (view, saved)
    }
}

/// What contracts come to, added up within each currency: that of most contracts first.
fn by_currency<'a>(contracts: impl Iterator<Item = &'a ContractSum>) -> Vec<PlanMoney> {
    let mut sums: BTreeMap<Option<Currency>, (u64, MonthlyMoney)> = BTreeMap::new();
    for contract in contracts {
        let Some(money) = contract.money else { continue };
        let (count, sum) = sums.entry(contract.currency.clone()).or_default();
        (*count, *sum) = (*count + 1, sum.plus(money));
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
    sums.into_iter().map(|(currency, (_, sum))| in_currency(currency, sum)).collect()
}

fn in_currency(currency: Option<Currency>, sum: MonthlyMoney) -> PlanMoney {
    PlanMoney {
        currency,
        monthly_before: sum.price_before,
        monthly_after: sum.price_after,
        cost_before: sum.cost_before,
        cost_after: sum.cost_after,
    }
}

/// Before is what stood before the first invoice, after what stands after the last; an invoice that plans no service of
/// the contract, as that of another agreement, leaves both.
fn add_money(contract: &mut ContractSum, item: &WorkItem, plan: &ContractPlan) {
    if plan.services.is_empty() {
        return;
    }
    let money = plan.money();
    let first = contract.money.unwrap_or(money);
    let (price_before, cost_before) = (first.price_before, first.cost_before);
    contract.money = Some(MonthlyMoney { price_before, cost_before, ..money });
    contract.currency.clone_from(&item.invoice.currency);
}

/// That some of a plan is written by nothing but the plan.
fn check_these(suspects: &[String]) -> Option<Finding> {
    let first = suspects.first()?;
    let more = match suspects.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(Finding::new(
        Code::Guard,
        format!("Check these, a sync without this plan leaves them as they are: {first}{more}."),
        "Their rows say why. Applying this plan writes them.",
    ))
}

/// A contract's row in a saved plan.
pub(crate) fn contract_row(
    observed: &Snapshot,
    item: &WorkItem,
    application: &Application,
    plan: &ContractPlan,
) -> SavedRow {
    let name = |service: ServiceId| observed.service_name(service);
    let writes = plan.services.iter().flat_map(|service| {
        let name = name(service.service);
        service.operations.iter().map(move |planned| words(&name, &planned.operation).into())
    });
    let before = plan.services.iter().flat_map(|service| {
        let name = name(service.service);
        let of = move |planned: &PlannedOperation| {
            let subject = match planned.effective {
                Some(day) => format!("{name} until {day}"),
                None => name.clone(),
            };
            stood(&subject, planned.price_before, planned.cost_before).map(SharedText::from)
        };
        service.operations.iter().filter_map(of)
    });
    let refused = plan.services.iter().filter_map(|service| {
        let finding = service.refused.as_ref()?;
        Some(format!("{}: {}", name(service.service), finding.text).into())
    });
    let whole = plan.refused.iter().map(|finding| finding.text.as_str().into());
    SavedRow {
        key: contract_key(plan.contract, &item.invoice.id),
        name: format!("{}, invoice {}", application.name, item.invoice.number),
        writes: writes.collect(),
        refused: refused.chain(whole).collect(),
        before: before.collect(),
        first_open: plan.first_open,
    }
}

/// A product's row in a saved plan.
pub(crate) fn product_row(plan: &ProductPlan) -> SavedRow {
    let written = plan.operation.iter();
    let writes = written.map(|operation| words(&product_target(plan), operation).into());
    let refused = plan.finding.iter().map(|finding| finding.text.as_str().into());
    let before = plan.operation.iter().filter_map(|operation| {
        let target = product_target(plan);
        let view = product_view(plan, operation, target.clone());
        stood(&target, view.price_before, view.cost_before).map(SharedText::from)
    });
    SavedRow {
        key: format!("product {}", plan.key),
        name: format!("product {}", plan.key),
        writes: writes.collect(),
        refused: refused.collect(),
        before: before.collect(),
        first_open: None,
    }
}

fn told(what: &str, money: Option<Money>) -> String {
    money.map(|money| format!(" {what} {money}")).unwrap_or_default()
}

/// The prices that a write replaces, in canonical words; none where it replaces none.
fn stood(subject: &str, price: Option<Money>, cost: Option<Money>) -> Option<String> {
    price.or(cost)?;
    Some(format!("{subject}{}{}", told("price", price), told("cost", cost)))
}

/// A write in canonical words: without ids of what is still to be made.
fn words(service: &str, operation: &Operation) -> String {
    match operation {
        Operation::AdjustUnits { effective, units, unit_price, unit_cost, .. } => format!(
            "adjust {service} {units:+} on {effective}{}{}",
            told("price", *unit_price),
            told("cost", *unit_cost)
        ),
        Operation::AddLine { line, .. } => {
            let LineSpan { first, last, quantity } = line.span;
            let to = last.map(|last| format!(" to {last}")).unwrap_or_default();
            let (price, cost) = (told("price", line.price), told("cost", line.cost));
            format!("line {service} {quantity} from {first}{to}{price}{cost}")
        }
        Operation::EndLine { was, last, .. } => {
            format!("end line {service} {} from {} on {last}", was.quantity, was.first)
        }
        Operation::AmendLine { was, quantity, unit_price, unit_cost, .. } => format!(
            "amend line {service} {} from {} to {quantity}{}{}",
            was.quantity,
            was.first,
            told("price", *unit_price),
            told("cost", *unit_cost)
        ),
        Operation::CreateContractService { unit_price, unit_cost, .. } => {
            format!("add {service}{}{}", told("price", *unit_price), told("cost", *unit_cost))
        }
        Operation::CreateService { draft, .. } => {
            format!("make {} price {} cost {}", draft.name, draft.price, draft.cost)
        }
        Operation::UpdateService { price, cost, .. } => {
            format!("reprice {service}{}{}", told("price", *price), told("cost", *cost))
        }
    }
}

/// A product of which nothing is written, for people: as it is called, with its SKU as the price list writes it.
fn stuck_product(plan: &ProductPlan) -> String {
    match (&plan.service, &plan.product) {
        (None, Some(product)) => format!("{} ({})", product.name, plan.shown_key()),
        _ => product_target(plan),
    }
}

fn product_target(plan: &ProductPlan) -> String {
    let made = plan.operation.as_ref().and_then(|operation| match operation {
        Operation::CreateService { draft, .. } => Some(draft.name.clone()),
        _ => None,
    });
    let known = plan.service.as_ref().map(|service| service.name.clone());
    made.or(known).unwrap_or_else(|| plan.key.to_string())
}

fn product_view(plan: &ProductPlan, operation: &Operation, target: String) -> PlannedView {
    let (unit_price, unit_cost) = match operation {
        Operation::CreateService { draft, .. } => (Some(draft.price), Some(draft.cost)),
        Operation::UpdateService { price, cost, .. } => (*price, *cost),
        _ => (None, None),
    };
    let stands = plan.service.as_ref();
    PlannedView {
        kind: operation.kind(),
        target: target.into(),
        product: plan.product.as_ref().map(|product| product.name.as_str().into()),
        customer: None,
        tenants: SharedTexts::default(),
        invoice: None,
        effective: None,
        units: 0,
        quantity: None,
        unit_price,
        unit_cost,
        price_before: stands.map(|service| service.price).filter(|_| unit_price.is_some()),
        cost_before: stands.and_then(|service| service.cost).filter(|_| unit_cost.is_some()),
        currency: None,
        reason: plan.reason.as_str().into(),
        monthly_effect: Money::ZERO,
        effect_while: None,
        mark: None,
        guard: None,
        warnings: plan.finding.iter().cloned().collect(),
        operation: operation.clone(),
    }
}

/// A service on a contract, in words.
fn target(service: &str, application: &Application) -> String {
    format!("{service} on {}", application.name)
}

/// What all rows of an invoice on a contract say.
struct RowsOfContract<'a> {
    invoice: &'a Invoice,
    number: SharedText,
    customer: Option<SharedText>,
    tenants: SharedTexts,
}

/// What all of them say that are about one service.
struct RowsOfService<'a> {
    target: SharedText,
    product: Option<SharedText>,
    service: &'a ServicePlan,
}

fn contract_view(
    about: &RowsOfContract<'_>,
    of_service: &RowsOfService<'_>,
    planned: &PlannedOperation,
) -> PlannedView {
    let (unit_price, unit_cost) = planned.operation.prices();
    let units = planned.operation.changes().first().map_or(0, |(_, units)| *units);
    let mark = match () {
        () if planned.drops_to_zero() => Some(Mark::DropToZero),
        () if planned.doubles() => Some(Mark::Doubling),
        () => None,
    };
    PlannedView {
        kind: planned.operation.kind(),
        target: of_service.target.clone(),
        product: of_service.product.clone(),
        customer: about.customer.clone(),
        tenants: about.tenants.clone(),
        invoice: Some(about.number.clone()),
        effective: planned.effective,
        units,
        quantity: planned.quantity,
        unit_price,
        unit_cost,
        price_before: planned.price_before,
        cost_before: planned.cost_before,
        currency: about.invoice.currency.clone(),
        reason: planned.reason.as_str().into(),
        monthly_effect: planned.monthly_effect,
        effect_while: planned.effect_while,
        mark,
        guard: None,
        warnings: of_service.service.warnings.clone(),
        operation: planned.operation.clone(),
    }
}
