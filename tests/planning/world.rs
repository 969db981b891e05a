//! One contract, its tenants and an invoice in a few words, planned with Autotask's own arithmetic.

use std::collections::{BTreeMap, BTreeSet};

use prism_connect::{
    domain::{
        AgreementId, CompanyId, ContractId, ContractServiceId, CustomerId, Day, LineId, Money,
        ProductId, ServiceId, Sku, SubscriptionId, TenantId, UsageMonth,
        invoice::{Line, LineMotion, Subscription, Tenant},
        line::{Invoicing, LineSpan, LineTerms, ServiceLine},
        mapping::{Mapping, PricingStrategy, Start},
        operation::Operation,
        outcome::{Disposition, Outcome},
        policy::Policies,
        product::{Link, LinkKey, LinkOrigin, Motion, Product, ProductKey},
        target::{Contract, ContractKind, PresentContract, PresentService, UnitRow},
        timeline::Timeline,
    },
    planning::{
        ContractMemory, ContractPlan, ContractRequest, Stands,
        contract::Retry,
        outcomes, plan_contract,
        triage::{Catalogue, MappedTenant, Standing, Triage, TriageRequest, triage},
    },
    psa::{BillingRules, Surroundings, autotask::Rules},
};

/// `09-18` is of 2026.
pub fn day(text: &str) -> Day {
    let full = if text.len() == 5 { format!("2026-{text}") } else { text.to_owned() };
    full.parse().expect("a day")
}

pub fn month(text: &str) -> UsageMonth {
    text.parse().expect("a month")
}

pub fn money(text: &str) -> Money {
    text.parse().expect("money")
}

/// The service of the product `letter`: `a` has 1, `b` has 2, and so on.
pub fn service(letter: char) -> ServiceId {
    ServiceId(i64::from(u32::from(letter) - u32::from('a') + 1))
}

/// The row that a service has where it is on the contract already.
pub fn row(letter: char) -> ContractServiceId {
    ContractServiceId(900 + service(letter).0)
}

/// Everything a plan is made from. `a1` is subscription 1 of product `a`.
#[derive(Clone, Debug)]
pub struct World {
    pub month: UsageMonth,
    pub present: PresentContract,
    pub lines: Vec<Line>,
    /// Tenant and its subscriptions.
    pub tenants: BTreeMap<&'static str, (Standing, Vec<Subscription>)>,
    pub pricing: PricingStrategy,
    pub memory: ContractMemory,
    pub surroundings: Surroundings,
    pub policies: Policies,
    pub links: Vec<Link>,
    pub products: Vec<Product>,
    pub azure: bool,
    pub retry: Option<Retry>,
    pub recheck: bool,
}

pub const CONTRACT: ContractId = ContractId(29_684_001);

impl World {
    /// September 2026, a contract from 1 January without services, products `a` to `d` linked, `e` on no list.
    pub fn september() -> Self {
        let contract = Contract {
            id: CONTRACT,
            company: CompanyId(174),
            name: "Cloud 2026".to_owned(),
            kind: ContractKind::Recurring,
            active: true,
            start: day("01-01"),
            end: Some(day("2028-12-31")),
            period_months: 1,
            invoicing: None,
            currency: None,
        };
        Self {
            month: month("2026-09"),
            present: PresentContract { contract, services: Vec::new(), odd: None },
            lines: Vec::new(),
            tenants: BTreeMap::new(),
            pricing: PricingStrategy::CostAndRetail,
            memory: ContractMemory::default(),
            surroundings: Surroundings::default(),
            policies: Policies::default(),
            links: ('a'..='d').map(link).collect(),
            products: ('a'..='d').map(product).collect(),
            azure: false,
            retry: None,
            recheck: false,
        }
    }

    /// A row of the product's service, at 8.00 and 6.90, with quantities from days on.
    pub fn has(mut self, letter: char, rows: &[(&str, i64)]) -> Self {
        self.present.services.push(PresentService {
            contract_service: row(letter),
            service: service(letter),
            price: Some(money("8.00")),
            cost: Some(money("6.90")),
            rows: unit_rows(rows),
            lines: Vec::new(),
        });
        self
    }

    /// The contract is on a target that keeps lines, invoiced up to August: of the product these of ours, from days on.
    pub fn has_lines(mut self, letter: char, lines: &[(&str, i64)]) -> Self {
        self.present.contract.invoicing = Some(Invoicing {
            billing_start: day("01-01"),
            first_open: Some(day("09-01")),
            prorated: true,
            at_once: false,
        });
        let mut level = 0;
        let sums: Vec<(&str, i64)> = lines
            .iter()
            .map(|(from, quantity)| {
                level += quantity;
                (*from, level)
            })
            .collect();
        self = self.has(letter, &sums);
        let row = self.present.services.last_mut().expect("it was added just now");
        row.lines =
            (1..).zip(lines).map(|(id, (from, quantity))| own_line(id, from, *quantity)).collect();
        self
    }

    /// A line of the default tenant at 6.90 and 8.00.
    pub fn bills(self, subscription: &str, units: &str, from: &str, to: &str) -> Self {
        self.bills_at(subscription, units, (from, to), ("6.90", "8.00"))
    }

    pub fn bills_at(
        self,
        subscription: &str,
        units: &str,
        span: (&str, &str),
        prices: (&str, &str),
    ) -> Self {
        self.bills_for("harbour", subscription, units, span, prices)
    }

    pub fn bills_for(
        mut self,
        tenant: &'static str,
        subscription: &str,
        units: &str,
        span: (&str, &str),
        prices: (&str, &str),
    ) -> Self {
        let number = u32::try_from(self.lines.len() + 1).expect("few lines");
        self.lines.push(line(number, subscription, units, span, prices));
        let bought = &mut self.tenants.entry(tenant).or_insert((Standing::Due, Vec::new())).1;
        if bought.iter().all(|known| known.id.text() != subscription) {
            bought.push(bought_product(subscription));
        }
        self
    }

    /// A tenant that is mapped to the contract, whatever is billed to it.
    pub fn maps(mut self, tenant: &'static str) -> Self {
        self.tenants.entry(tenant).or_insert((Standing::Due, Vec::new()));
        self
    }

    /// Azure is on, and the subscription is one.
    pub fn usage_billed(mut self, subscription: &str) -> Self {
        self.azure = true;
        for (_, bought) in self.tenants.values_mut() {
            bought
                .iter_mut()
                .filter(|bought| bought.id.text() == subscription)
                .for_each(|bought| bought.usage_billed = true);
        }
        self
    }

    /// An earlier month closed with so many seats of the subscription.
    pub fn closed(mut self, month_text: &str, subscription: &str, units: i64) -> Self {
        let letter = subscription.chars().next().expect("a letter");
        self.memory.applied.entry(month(month_text)).or_default();
        self.memory.closings.push(prism_connect::planning::Closing {
            month: month(month_text),
            subscription: SubscriptionId::new(subscription),
            name: format!("Licence {subscription}"),
            tenant: TenantId::new("harbour"),
            service: service(letter),
            units,
        });
        self
    }

    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub fn mappings(&self) -> Vec<Mapping> {
        self.tenants.keys().map(|tenant| mapping(tenant, self.pricing)).collect()
    }

    pub fn triage(&self) -> Triage {
        let mappings = self.mappings();
        let standings = self.tenants.values().map(|(standing, _)| *standing);
        let mapped: Vec<MappedTenant<'_>> = mappings
            .iter()
            .zip(standings)
            .map(|(mapping, standing)| MappedTenant { mapping, standing })
            .collect();
        let tenants: Vec<Tenant> =
            self.tenants.iter().map(|(name, (_, bought))| tenant(name, bought)).collect();
        let catalogue = Catalogue::new(&self.products, &self.links);
        triage(&TriageRequest {
            month: self.month,
            lines: &self.lines.clone().into(),
            tenants: &tenants,
            catalogue: &catalogue,
            mappings: &mapped,
            contracts: &BTreeSet::from([CONTRACT]),
            failed: &BTreeSet::new(),
            azure: self.azure,
            policies: &self.policies,
        })
    }

    pub fn plan(&self) -> ContractPlan {
        self.plan_by(&Rules::default())
    }

    /// By the arithmetic of another target.
    pub fn plan_by(&self, rules: &dyn BillingRules) -> ContractPlan {
        let triage = self.triage();
        let group = triage.groups.first().expect("a group for the contract");
        let request = ContractRequest {
            group,
            month: self.month,
            today: self.month.next().first_day().plus(4),
            present: &self.present,
            memory: &self.memory,
            surroundings: &self.surroundings,
            policies: &self.policies,
            retry: self.retry.as_ref(),
            recheck: self.recheck,
        };
        plan_contract(&request, rules)
    }

    /// The world once the plan is carried out and remembered.
    pub fn after(mut self, plan: &ContractPlan) -> Self {
        let stands = Stands { present: self.present, written: Vec::new() };
        self.present = plan.leaves(stands, &Rules::default()).present;
        self.memory = self.memory.after(plan);
        self
    }

    /// The next invoice: nothing billed on it yet.
    pub fn next_month(mut self) -> Self {
        self.month = self.month.next();
        self.lines.clear();
        self
    }
}

fn own_line(id: i64, from: &str, quantity: i64) -> ServiceLine {
    ServiceLine {
        id: LineId(id),
        key: Some(format!("PC-{id:016}")),
        span: LineSpan { first: day(from), last: None, quantity },
        price: money("8.00"),
        cost: Some(money("6.90")),
        terms: LineTerms::default(),
        changed: None,
        odd: None,
    }
}

fn unit_rows(rows: &[(&str, i64)]) -> Vec<UnitRow> {
    let row = |&(start, units): &(&str, i64)| UnitRow {
        start: day(start),
        end: day(start).month().last_day(),
        units,
        price: money("8.00").times(units),
        cost: None,
        posted: false,
    };
    rows.iter().map(row).collect()
}

pub fn line(
    number: u32,
    subscription: &str,
    units: &str,
    (from, to): (&str, &str),
    (cost, retail): (&str, &str),
) -> Line {
    let (start, end) = (day(from), day(to));
    let quantity: rust_decimal::Decimal = units.parse().expect("a quantity");
    let days = rust_decimal::Decimal::from(end.since(start) + 1);
    let ratio = (days / rust_decimal::Decimal::from(end.month().days())).trunc_with_scale(9);
    let amount = |price: &str| (money(price) * quantity * ratio).rounded(2);
    Line {
        number,
        subscription: (!subscription.is_empty()).then(|| SubscriptionId::new(subscription)),
        offer_name: format!("Product {} (NCE Product)", subscription.chars().next().unwrap_or('-'))
            .into(),
        start,
        end,
        description: "Actual usage for period".into(),
        cost_price: money(cost),
        retail_price: money(retail),
        quantity,
        ratio,
        subtotal: amount(cost),
        subtotal_retail: amount(retail),
        domain: None,
        customer_name: None,
        agreement_number: Some("1040217".into()),
        motion: LineMotion::Monthly,
        currency: None,
        fault: None,
    }
}

fn product(letter: char) -> Product {
    Product {
        id: ProductId::new(format!("product-{letter}")),
        key: ProductKey { sku: Sku::new(format!("SKU-{letter}")), motion: Motion::Monthly },
        sku_text: format!("SKU-{}", letter.to_ascii_uppercase()),
        name: format!("Product {letter}"),
        description: String::new(),
        cost: money("6.90"),
        retail: money("8.00"),
        usage_billed: false,
        fault: None,
    }
}

fn link(letter: char) -> Link {
    Link {
        key: LinkKey::Product(product(letter).key),
        service: service(letter),
        origin: LinkOrigin::Created,
        previous: Vec::new(),
    }
}

fn bought_product(subscription: &str) -> Subscription {
    let letter = subscription.chars().next().expect("a letter");
    Subscription {
        id: SubscriptionId::new(subscription),
        name: format!("Licence {subscription}").into(),
        product: product(letter).id,
        term: None,
        usage_billed: false,
        status: "Active".into(),
        quantity: 1,
    }
}

fn tenant(name: &str, bought: &[Subscription]) -> Tenant {
    Tenant {
        id: TenantId::new(name),
        domain: format!("{name}.onmicrosoft.com"),
        status: "Active".to_owned(),
        customer: CustomerId::new(format!("customer-{name}")),
        customer_name: format!("Customer {name}"),
        fault: None,
        agreement: AgreementId::new("agreement"),
        subscriptions: bought.to_vec(),
    }
}

pub fn mapping(name: &str, pricing: PricingStrategy) -> Mapping {
    Mapping {
        tenant: TenantId::new(name),
        domain: format!("{name}.onmicrosoft.com"),
        customer: CustomerId::new(format!("customer-{name}")),
        customer_name: format!("Customer {name}"),
        company: CompanyId(174),
        company_name: "Harbour Dental Pty Ltd".to_owned(),
        contract: CONTRACT,
        contract_name: "Cloud 2026".to_owned(),
        sync: true,
        start: Start::MostRecent,
        first_month: None,
        begun: false,
        pricing,
        note: String::new(),
        changed_at: chrono::DateTime::UNIX_EPOCH,
    }
}

/// All writes in words: `1: create 8.00/6.90`, `1: +3@09-12`, `1: +0@09-01 8.40/-`.
pub fn told(plan: &ContractPlan) -> Vec<String> {
    plan.operations().map(|planned| tell(&planned.operation)).collect()
}

fn tell(operation: &Operation) -> String {
    let money = |money: Option<Money>| money.map_or("-".to_owned(), |money| money.to_string());
    match operation {
        Operation::CreateContractService { service, unit_price, unit_cost, .. } => {
            format!("{service}: create {}/{}", money(*unit_price), money(*unit_cost))
        }
        Operation::AdjustUnits { service, effective, units, unit_price, unit_cost, .. } => {
            let at = effective.to_string()[5..].to_owned();
            if unit_price.or(*unit_cost).is_none() {
                return format!("{service}: {units:+}@{at}");
            }
            let (price, cost) = (money(*unit_price), money(*unit_cost));
            format!("{service}: {units:+}@{at} {price}/{cost}")
        }
        Operation::AddLine { service, line, .. } => {
            let at = line.span.first.to_string()[5..].to_owned();
            let (price, cost) = (money(line.price), money(line.cost));
            format!("{service}: add {}@{at} {price}/{cost}", line.span.quantity)
        }
        Operation::EndLine { service, line, last, .. } => {
            format!("{service}: end {line}@{}", &last.to_string()[5..])
        }
        Operation::AmendLine { service, line, quantity, unit_price, unit_cost, .. } => {
            let (price, cost) = (money(*unit_price), money(*unit_cost));
            format!("{service}: amend {line} to {quantity} {price}/{cost}")
        }
        other => format!("{other:?}"),
    }
}

pub fn outcome(plan: &ContractPlan) -> Outcome {
    outcomes::foreseen(plan)
}

/// Codes of everything the operator is told, refusals first.
pub fn codes(plan: &ContractPlan) -> Vec<&str> {
    let refused = plan.services.iter().filter_map(|service| service.refused.as_ref());
    let problems = plan.subscriptions.iter().filter_map(|bought| bought.problem.as_ref());
    let warned = plan.services.iter().flat_map(|service| &service.warnings);
    let own = plan.subscriptions.iter().flat_map(|bought| &bought.warnings);
    let mut codes: Vec<&str> =
        refused.chain(problems).chain(warned).chain(own).map(|found| found.code.as_str()).collect();
    codes.dedup();
    codes
}

/// Why lines that are in no group are left out.
pub fn reasons(triage: &Triage) -> Vec<&str> {
    let excluded = triage.placed.iter().filter_map(|placed| match &placed.disposition {
        Disposition::Excluded { reason } => Some(reason.as_str()),
        _ => None,
    });
    excluded.collect()
}

pub fn steps(timeline: &Timeline) -> Vec<(String, i64)> {
    let short = |day: Day| day.to_string()[5..].to_owned();
    timeline.steps().iter().map(|step| (short(step.from), step.units)).collect()
}
