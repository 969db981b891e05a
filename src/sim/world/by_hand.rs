//! A world that is told what is in it, thing by thing, instead of making it up: its histories are given up front and do
//! not go on by themselves. Ids follow from the order in which things are told.

use uuid::Uuid;

use super::catalog::Product;
use super::chance::{Purpose, guid};
use super::invoice_plan::InvoicePlan;
use super::party::{self, Agreement, Counterpart, Tenant};
use super::subscription::Subscription;
use super::{Month, World, WorldKind};
use crate::seed::AutotaskSeed;

/// The only seed of worlds made by hand: nothing in them is left to chance.
const SEED: u64 = 1;

impl World {
    /// An empty world: the first month it issues invoices for, and the newest once everything is told.
    pub fn by_hand(first: Month, newest: Month) -> Self {
        let mut world = Self::empty(WorldKind::Clean, SEED, first);
        world.living = false;
        world.target = newest;
        world
    }

    /// A second Microsoft CSP agreement, index 2; 0 is the first, 1 the other program's.
    pub fn add_agreement(&mut self) {
        self.agreements.push(Agreement {
            id: guid(self.seed, Purpose::Agreement, 7),
            program: guid(self.seed, Purpose::Program, 0),
            program_name: "Microsoft CSP Indirect".to_owned(),
            number: "1048800".to_owned(),
        });
    }

    /// An offer in one motion; it gets its id here.
    pub fn add_product(&mut self, product: Product) {
        let id = guid(self.seed, Purpose::Product, self.products.len());
        self.products.push(Product { id, ..product });
    }

    /// An end customer; gives its index.
    pub fn add_customer(&mut self, name: &str) -> usize {
        let index = self.customers.len();
        let id = guid(self.seed, Purpose::Customer, index);
        self.customers.push(party::customer(id, name));
        index
    }

    /// A tenant goes under another agreement; tells whether there are both.
    pub(crate) fn move_tenant(&mut self, id: Uuid, agreement: usize) -> bool {
        let tenant = self.by_tenant.get(&id).filter(|_| agreement < self.agreements.len());
        tenant.map(|index| self.tenants[*index].agreement = agreement).is_some()
    }

    /// A tenant of a customer under an agreement; gives its index.
    pub fn add_tenant(&mut self, customer: usize, agreement: usize, domain: &str) -> usize {
        let index = self.tenants.len();
        let id = guid(self.seed, Purpose::Tenant, index);
        self.tenants.push(Tenant {
            id,
            domain: domain.to_owned(),
            status: "Active",
            customer,
            agreement,
            subscriptions: Vec::new(),
        });
        self.customers[customer].tenants.push(index);
        self.by_tenant.insert(id, index);
        self.by_domain.insert(domain.to_lowercase(), index);
        index
    }

    /// Which contract a tenant belongs to.
    pub fn add_counterpart(&mut self, counterpart: Counterpart) {
        self.truths.push(counterpart);
    }

    /// The id of the subscription that is added next, unless it has one of its own.
    pub fn next_subscription(&self) -> Uuid {
        guid(self.seed, Purpose::Subscription, self.subscriptions.len())
    }

    /// Puts a subscription among its tenant's; gives its index.
    pub fn add_subscription(&mut self, subscription: Subscription) -> usize {
        let index = self.subscriptions.len();
        self.tenants[subscription.tenant].subscriptions.push(index);
        self.by_subscription.insert(subscription.id, index);
        self.subscriptions.push(subscription);
        index
    }

    /// The index of a tenant's subscription, by the name it was given.
    pub fn subscription_named(&self, tenant: usize, name: &str) -> Option<usize> {
        let mut held = self.tenants[tenant].subscriptions.iter().copied();
        held.find(|index| self.subscriptions[*index].name.as_deref() == Some(name))
    }

    /// The rows that Autotask starts with, to add to.
    pub fn autotask_rows(&mut self) -> &mut AutotaskSeed {
        &mut self.autotask
    }

    /// What is to be issued for a month beside the ordinary, or in its place.
    pub fn plan_invoice(&mut self, plan: InvoicePlan) {
        self.plans.push(plan);
    }

    /// Issues the invoices of every month up to the newest.
    pub fn issue_all(&mut self) {
        while self.era.newest < self.target {
            self.advance_month();
        }
    }
}
