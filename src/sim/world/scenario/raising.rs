//! Makes the world that a scenario describes.

use std::collections::HashMap;

use super::headers::{HeaderPlan, LinePlan};
use super::plans::{ContractPlan, SubscriptionPlan, TenantPlan};
use super::{Scenario, same};
use crate::sim::seed::{CompanySeed, ContractSeed, ContractServiceSeed};
use crate::sim::world::billing::billable_ratio;
use crate::sim::world::calendar::{Month, inclusive_days};
use crate::sim::world::catalog::Motion;
use crate::sim::world::chance::{Purpose, guid};
use crate::sim::world::invoice::ExtraLine;
use crate::sim::world::issuing::InvoicePlan;
use crate::sim::world::party::{Agreement, Counterpart};
use crate::sim::world::population;
use crate::sim::world::subscription::Subscription;
use crate::sim::world::{World, WorldKind};

const FIRST_COMPANY: i64 = 29_683_001;
const FIRST_CONTRACT: i64 = 29_800_001;

struct Raising {
    world: World,
    customers: HashMap<String, usize>,
    /// Company and contract by the tenant's name.
    contracts: HashMap<String, (i64, i64, bool)>,
}

impl Scenario {
    /// The world it describes.
    pub(in crate::sim::world) fn into_world(self) -> World {
        let mut world = World::empty(WorldKind::Clean, self.seed, self.first);
        world.living = false;
        world.target = self.newest;
        world.products = self.products;
        world.autotask.services.extend(self.services);
        world.autotask.companies.extend(self.companies);
        if self.second_agreement {
            world.agreements.push(second_agreement(self.seed));
        }
        let mut raising = Raising { world, customers: HashMap::new(), contracts: HashMap::new() };
        for tenant in self.tenants {
            raising.tenant(tenant);
        }
        let mut world = raising.world;
        let planned = self.headers.into_iter().map(|(header, plan)| invoice(&world, header, plan));
        world.plans = planned.collect();
        while world.era.newest < self.newest {
            world.advance_month();
        }
        world
    }
}

fn second_agreement(seed: u64) -> Agreement {
    Agreement {
        id: guid(seed, Purpose::Agreement, 7),
        program: guid(seed, Purpose::Program, 0),
        program_name: "Microsoft CSP Indirect".to_owned(),
        number: "1048800".to_owned(),
    }
}

impl Raising {
    fn tenant(&mut self, plan: TenantPlan) {
        let customer = self.customer(&plan.customer);
        let tenant = self.world.add_tenant(customer, plan.agreement, &plan.domain);
        if let Some(counterpart) = self.counterpart(&plan) {
            let (company, contract, usable) = counterpart;
            self.contracts.insert(plan.name.clone(), counterpart);
            self.world.truths.push(Counterpart { tenant, company, contract, usable });
        }
        for subscription in plan.subscriptions {
            self.subscription(tenant, subscription);
        }
    }

    fn customer(&mut self, name: &str) -> usize {
        let next = self.world.customers.len();
        let index = *self.customers.entry(name.to_owned()).or_insert(next);
        if index == next {
            let id = guid(self.world.seed, Purpose::Customer, next);
            self.world.customers.push(population::customer(id, name));
        }
        index
    }

    fn counterpart(&mut self, plan: &TenantPlan) -> Option<(i64, i64, bool)> {
        if let Some(shared) = &plan.shares {
            return self.contracts.get(shared).copied();
        }
        let name = plan.company.as_deref()?;
        let place = i64::try_from(self.contracts.len()).expect("scenarios are small");
        let company = self.company(name, FIRST_COMPANY + place);
        let contract = plan.contract.id.unwrap_or(FIRST_CONTRACT + place);
        self.contract(contract, company, &plan.contract);
        Some((company, contract, plan.contract.usable()))
    }

    fn company(&mut self, name: &str, id: i64) -> i64 {
        let rows = &mut self.world.autotask.companies;
        if let Some(row) = rows.iter().find(|row| row.name == name) {
            return row.id;
        }
        let name = name.to_owned();
        rows.push(CompanySeed { id, name, company_type: 1, active: true, web: String::new() });
        id
    }

    fn contract(&mut self, id: i64, company: i64, plan: &ContractPlan) {
        let first = Month { year: self.world.era.first.year, number: 1 };
        let far = Month { year: self.world.target.year + 2, number: 12 };
        let seed = &mut self.world.autotask;
        seed.contracts.push(ContractSeed {
            id,
            company,
            name: plan.name.clone().unwrap_or_else(|| "Cloud services".to_owned()),
            contract_type: plan.contract_type.unwrap_or(7),
            status: i64::from(!plan.inactive),
            start: plan.starts.unwrap_or(first.first()),
            end: plan.ends.unwrap_or(far.last()),
            period_type: plan.period_type.unwrap_or(2),
        });
        let held = plan.held.iter().map(|held| ContractServiceSeed {
            contract: id,
            service: held.service,
            price: held.unit.rrp,
            cost: held.unit.cost,
            steps: held.steps.clone(),
        });
        seed.contract_services.extend(held);
    }

    fn subscription(&mut self, tenant: usize, plan: SubscriptionPlan) {
        let world = &mut self.world;
        let fits = |index: &usize| {
            let product = &world.products[*index];
            let motion = plan
                .motion
                .map_or(product.motion != Motion::YearYear, |wanted| wanted == product.motion);
            motion && same(&product.sku, &plan.sku)
        };
        let product = (0..world.products.len()).find(fits).expect(
            "the scenario has a product with this SKU and motion, given before its tenants",
        );
        let place = world.subscriptions.len();
        let given = plan.id.map(|id| id.parse().expect("subscription ids are GUIDs"));
        let id = given.unwrap_or_else(|| guid(world.seed, Purpose::Subscription, place));
        let parent = plan.addon_of.and_then(|name| named(world, tenant, &name));
        let mut spans = plan.spans;
        spans.sort_by_key(|span| span.from);
        world.add_subscription(Subscription {
            parent,
            name: plan.name.map(String::into_boxed_str),
            spans,
            azure: plan.azure,
            product_text: plan.product_text.map(String::into_boxed_str),
            listed: plan.listed,
            ..Subscription::new(id, tenant, product)
        });
    }
}

impl ContractPlan {
    fn usable(&self) -> bool {
        !self.inactive && !self.unusable && self.contract_type.unwrap_or(7) == 7
    }
}

fn named(world: &World, tenant: usize, name: &str) -> Option<usize> {
    let mut held = world.tenants[tenant].subscriptions.iter().copied();
    held.find(|index| world.subscriptions[*index].name.as_deref() == Some(name))
}

fn invoice(world: &World, header: HeaderPlan, plan: InvoicePlan) -> InvoicePlan {
    InvoicePlan {
        agreement: header.agreement,
        status: header.status.unwrap_or(plan.status),
        kind: header.kind.unwrap_or(plan.kind),
        derived: plan.derived || header.all_lines,
        stated: header.stated,
        currency: header.currency,
        usage: header.usage,
        typed: !header.untyped,
        lines: header.lines.into_iter().map(|line| extra_line(world, line)).collect(),
        month: plan.month,
        beside: plan.beside,
    }
}

fn extra_line(world: &World, plan: LinePlan) -> ExtraLine {
    let tenant = plan.tenant.as_deref().and_then(|name| world.tenant_named(name));
    let found = tenant.and_then(|index| named(world, index, &plan.subscription));
    let known = found.map(|index| world.subscriptions[index].id.to_string());
    let month = Month::of(plan.from);
    let whole = inclusive_days(plan.from, plan.to);
    ExtraLine {
        tenant,
        subscription: known.unwrap_or(plan.subscription),
        offer: plan.offer,
        description: plan.description,
        from: plan.from,
        to: plan.to,
        quantity: plan.quantity,
        price: plan.price,
        ratio: plan.ratio.unwrap_or_else(|| billable_ratio(whole, month.days().max(whole))),
        cycle: plan.cycle,
        term: plan.term,
        cells: plan.cells,
    }
}
