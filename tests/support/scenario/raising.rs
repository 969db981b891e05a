//! Makes the world that a scenario describes.

use std::collections::HashMap;

use prism_connect::sim::{
    seed::{CompanySeed, ContractSeed, ContractServiceSeed},
    world::{
        Counterpart, ExtraLine, InvoicePlan, Month, Motion, Product, Subscription, World,
        billable_ratio,
    },
};

use super::{
    Scenario,
    invoices::{HeaderPlan, LinePlan},
    same,
    tenants::{ContractPlan, SubscriptionPlan, TenantPlan},
};

const FIRST_COMPANY: i64 = 29_683_001;
const FIRST_CONTRACT: i64 = 29_800_001;

struct Raising {
    world: World,
    first: Month,
    newest: Month,
    products: Vec<Product>,
    customers: HashMap<String, usize>,
    /// By the tenant's name.
    counterparts: HashMap<String, Counterpart>,
}

impl Scenario {
    /// The world it describes.
    pub fn world(self) -> World {
        let mut world = World::by_hand(self.first, self.newest);
        for product in &self.products {
            world.add_product(product.clone());
        }
        world.autotask_rows().services.extend(self.services);
        world.autotask_rows().companies.extend(self.companies);
        if self.second_agreement {
            world.add_agreement();
        }
        let mut raising = Raising {
            world,
            first: self.first,
            newest: self.newest,
            products: self.products,
            customers: HashMap::new(),
            counterparts: HashMap::new(),
        };
        for tenant in self.tenants {
            raising.tenant(tenant);
        }
        let mut world = raising.world;
        for (header, plan) in self.headers {
            let planned = invoice(&world, header, plan);
            world.plan_invoice(planned);
        }
        world.issue_all();
        world
    }
}

impl Raising {
    fn tenant(&mut self, plan: TenantPlan) {
        let customer = self.customer(&plan.customer);
        let tenant = self.world.add_tenant(customer, plan.agreement, &plan.domain);
        if let Some(counterpart) = self.counterpart(tenant, &plan) {
            self.counterparts.insert(plan.name.clone(), counterpart.clone());
            self.world.add_counterpart(counterpart);
        }
        for subscription in plan.subscriptions {
            self.subscription(tenant, subscription);
        }
    }

    fn customer(&mut self, name: &str) -> usize {
        let world = &mut self.world;
        *self.customers.entry(name.to_owned()).or_insert_with(|| world.add_customer(name))
    }

    fn counterpart(&mut self, tenant: usize, plan: &TenantPlan) -> Option<Counterpart> {
        if let Some(shared) = &plan.shares {
            let shared = self.counterparts.get(shared)?;
            return Some(Counterpart { tenant, ..shared.clone() });
        }
        let place = i64::try_from(self.counterparts.len()).expect("scenarios are small");
        let company = self.company(&plan.company, FIRST_COMPANY + place);
        let contract = plan.contract.id.unwrap_or(FIRST_CONTRACT + place);
        self.contract(contract, company, &plan.contract);
        Some(Counterpart { tenant, company, contract, usable: plan.contract.usable() })
    }

    fn company(&mut self, name: &str, id: i64) -> i64 {
        let rows = &mut self.world.autotask_rows().companies;
        if let Some(row) = rows.iter().find(|row| row.name == name) {
            return row.id;
        }
        let name = name.to_owned();
        rows.push(CompanySeed { id, name, company_type: 1, active: true, web: String::new() });
        id
    }

    fn contract(&mut self, id: i64, company: i64, plan: &ContractPlan) {
        let first = Month { year: self.first.year, number: 1 };
        let far = Month { year: self.newest.year + 2, number: 12 };
        let rows = self.world.autotask_rows();
        rows.contracts.push(ContractSeed {
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
        rows.contract_services.extend(held);
    }

    fn subscription(&mut self, tenant: usize, plan: SubscriptionPlan) {
        let fits = |product: &Product| {
            let motion = plan
                .motion
                .map_or(product.motion != Motion::YearYear, |wanted| wanted == product.motion);
            motion && same(&product.sku, &plan.sku)
        };
        let product = self.products.iter().position(fits).expect(
            "the scenario has a product with this SKU and motion, given before its tenants",
        );
        let given = plan.id.map(|id| id.parse().expect("subscription ids are GUIDs"));
        let id = given.unwrap_or_else(|| self.world.next_subscription());
        let parent = plan.addon_of.and_then(|name| self.world.subscription_named(tenant, &name));
        let mut spans = plan.spans;
        spans.sort_by_key(|span| span.from);
        self.world.add_subscription(Subscription {
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
    let known =
        plan.tenant.as_deref().and_then(|name| world.subscription_of(name, &plan.subscription));
    let month = Month::of(plan.from);
    let whole = (plan.to - plan.from).num_days() + 1;
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
