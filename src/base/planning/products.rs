//! Price list to services (sync-rules 1): what to create, reprice, recognise, and what to leave alone.
//!
//! It must not touch a service that is not linked, or anything but price and cost of one that is.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        Code, Money, ServiceId,
        choice::Chosen,
        operation::Operation,
        outcome::Finding,
        product::{Link, LinkKey, LinkOrigin, Motion, Product, ProductKey, Service},
    },
    psa::ServiceLimits,
};

mod draft;

pub(crate) use draft::{external_id, service_name};

/// Everything that decides what a product sync writes.
#[derive(Clone, Copy, Debug)]
pub struct ProductRequest<'a> {
    /// The agreement's price list of today, in its order.
    pub products: &'a [Product],
    /// Every service of the target.
    pub services: &'a [Service],
    /// Every stored link.
    pub links: &'a [Link],
    /// The products on invoices of customers whose sync is on; none in mode *All Products*.
    pub in_use: Option<&'a BTreeSet<ProductKey>>,
    /// Whether Azure is synced.
    pub azure: bool,
    /// What new services are made with, or why none can be made.
    pub made_with: Result<&'a Chosen<i64>, &'a Finding>,
    /// Lengths and decimals of the target.
    pub limits: &'a ServiceLimits,
    /// What was last written to each service.
    pub written: &'a BTreeMap<ServiceId, ServicePrices>,
}

/// What was last written to a service: by that it is told whether a price that reads otherwise is ours as the target keeps
/// it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServicePrices {
    /// Unit price.
    pub price: Option<Money>,
    /// Unit cost.
    pub cost: Option<Money>,
    /// The cost that was written while none could be read.
    pub given: Option<Money>,
    /// Whether it was told that such a cost cannot be read either.
    pub told: bool,
}

impl ServicePrices {
    /// With what this write sets; `cost_before` is what the service read as its cost.
    #[must_use]
    pub fn after(self, operation: &Operation, cost_before: Option<Money>) -> Self {
        match operation {
            Operation::CreateService { draft, .. } => {
                Self { price: Some(draft.price), cost: Some(draft.cost), ..Self::default() }
            }
            Operation::UpdateService { price, cost, .. } => {
                let given = cost.filter(|_| cost_before.is_none());
                let (price, told) = (price.or(self.price), self.told && cost.is_none());
                Self { price, cost: cost.or(self.cost), given: given.or(self.given), told }
            }
            Operation::CreateContractService { .. }
            | Operation::AdjustUnits { .. }
            | Operation::AddLine { .. }
            | Operation::EndLine { .. }
            | Operation::AmendLine { .. } => self,
        }
    }
}

/// Where no service shows a cost, though so many were made with one, the user has no right to costs: they are not written
/// one by one to find that out.
const HIDDEN_FROM: usize = 10;

/// What is to be done with one product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Make a service, and link to it.
    Create,
    /// Bring price or cost of the linked service up to date.
    Reprice,
    /// Nothing.
    Unchanged,
    /// A service that is not ours carries the name: adopt it, or leave it (sync-rules 1.6).
    Collision,
    /// Linked, but off the price list: left alone.
    Retired,
    /// Annual billing, or Azure while that is not synced: gets no service.
    Excluded,
    /// Mode *In use*, and on no invoice.
    NotInUse,
    /// Its price cannot be read: left alone, and told.
    Odd,
}

/// One product, planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductPlan {
    /// What it is linked by: SKU and motion, or of retired ones the id or offer name.
    pub key: LinkKey,
    /// The product; none where it is off the price list.
    pub product: Option<Product>,
    /// What is to be done.
    pub action: Action,
    /// The stored link.
    pub link: Option<Link>,
    /// The link to store, where one is found again without a write: with origin *recognised*, earlier services kept.
    pub recognised: Option<Link>,
    /// The linked or recognised service as read; none where it is gone or still to be made.
    pub service: Option<Service>,
    /// The service whose name is in the way.
    pub collides_with: Option<Service>,
    /// The write, if there is one.
    pub operation: Option<Operation>,
    /// Why it is left alone, or why nothing can be written.
    pub finding: Option<Finding>,
    /// Why, in words.
    pub reason: String,
}

impl ProductPlan {
    /// SKU with motion prefix, as PRISM writes the SKU; what links name it by where the price list does not have it.
    pub fn shown_key(&self) -> String {
        match (&self.key, &self.product) {
            (LinkKey::Product(key), Some(product)) => {
                format!("{}{}", key.motion.prefix(), product.sku_text)
            }
            _ => self.key.to_string(),
        }
    }

    /// Whether the product needs a service and gets none.
    pub fn is_stuck(&self) -> bool {
        match self.action {
            Action::Collision => true,
            Action::Create => self.operation.is_none(),
            Action::Reprice
            | Action::Unchanged
            | Action::Retired
            | Action::Excluded
            | Action::NotInUse
            | Action::Odd => false,
        }
    }

    /// The link to store once the service is made: earlier services are kept, so that their seats can be moved.
    pub fn created(&self, service: ServiceId) -> Link {
        relink(self.key.clone(), self.link.as_ref(), service, LinkOrigin::Created)
    }

    /// The link to store when the operator adopts the colliding service.
    pub fn adopted(&self) -> Option<Link> {
        let service = self.collides_with.as_ref()?.id;
        Some(relink(self.key.clone(), self.link.as_ref(), service, LinkOrigin::Adopted))
    }
}

/// A link to another service, which remembers those it pointed to before (sync-rules 1.8).
pub fn relink(key: LinkKey, old: Option<&Link>, service: ServiceId, origin: LinkOrigin) -> Link {
    let mut previous = old.map(|link| link.previous.clone()).unwrap_or_default();
    previous.extend(old.map(|link| link.service));
    previous.retain(|earlier| *earlier != service);
    previous.sort_unstable();
    previous.dedup();
    Link { key, service, origin, previous }
}

/// Plans every product of the price list in its order, then what is linked and no longer on it.
pub fn plan_products(request: &ProductRequest<'_>) -> Vec<ProductPlan> {
    let mut planner = ProductPlanner::new(request);
    let mut seen = BTreeSet::new();
    let mut plans = Vec::new();
    for product in request.products {
        if seen.insert(&product.key) {
            plans.push(planner.plan(product));
        }
    }
    let listed = |key: &LinkKey| matches!(key, LinkKey::Product(key) if seen.contains(key));
    let mut retired: Vec<_> = request.links.iter().filter(|link| !listed(&link.key)).collect();
    retired.sort_by(|one, other| one.key.cmp(&other.key));
    plans.extend(retired.into_iter().map(|link| planner.retired(link)));
    plans
}

struct ProductPlanner<'a> {
    request: &'a ProductRequest<'a>,
    by_id: HashMap<ServiceId, &'a Service>,
    by_name: HashMap<String, &'a Service>,
    by_external_id: HashMap<String, &'a Service>,
    /// Active services by the SKU that they name, where that tells whose they are.
    by_sku: HashMap<String, Vec<&'a Service>>,
    links: HashMap<&'a LinkKey, &'a Link>,
    /// Prices asked of each linked service by all products that point to it.
    asked: BTreeMap<ServiceId, BTreeSet<(Money, Money)>>,
    /// Names that this plan gives away.
    named: BTreeSet<String>,
    /// Whether costs cannot be read with this user's rights.
    costs_hidden: bool,
}

impl<'a> ProductPlanner<'a> {
    fn new(request: &'a ProductRequest<'a>) -> Self {
        let links: HashMap<_, _> = request.links.iter().map(|link| (&link.key, link)).collect();
        let mut asked = BTreeMap::<_, BTreeSet<_>>::new();
        for product in request.products.iter().filter(|product| product.fault.is_none()) {
            if let Some(link) = links.get(&LinkKey::Product(product.key.clone())) {
                asked.entry(link.service).or_default().insert(prices(product, request.limits));
            }
        }
        let mut services: Vec<&Service> = request.services.iter().collect();
        services.sort_by_key(|service| (!service.active, service.id));
        let mut planner = Self {
            request,
            by_id: HashMap::new(),
            by_name: HashMap::new(),
            by_external_id: HashMap::new(),
            by_sku: HashMap::new(),
            links,
            asked,
            named: BTreeSet::new(),
            costs_hidden: false,
        };
        let without = request.services.iter().all(|service| service.cost.is_none());
        for service in services {
            planner.by_id.insert(service.id, service);
            planner.by_name.entry(folded(&service.name)).or_insert(service);
            let key = service.external_id.as_deref().map(folded).filter(|key| !key.is_empty());
            if let Some(key) = key {
                planner.by_external_id.entry(key).or_insert(service);
            }
            let sku = service.sku.as_deref().map(compared_sku).filter(|sku| !sku.is_empty());
            if let Some(sku) = sku.filter(|_| request.limits.by_sku && service.active) {
                planner.by_sku.entry(sku).or_default().push(service);
            }
        }
        let ours = request.links.iter().filter(|link| {
            link.origin == LinkOrigin::Created && planner.by_id.contains_key(&link.service)
        });
        planner.costs_hidden = without && ours.count() >= HIDDEN_FROM;
        planner
    }

    fn blank(&self, product: &Product, action: Action) -> ProductPlan {
        let key = LinkKey::Product(product.key.clone());
        ProductPlan {
            product: Some(product.clone()),
            action,
            link: self.links.get(&key).map(|link| (*link).clone()),
            key,
            recognised: None,
            service: None,
            collides_with: None,
            operation: None,
            finding: None,
            reason: String::new(),
        }
    }

    fn plan(&mut self, product: &Product) -> ProductPlan {
        let unused = self.request.in_use.is_some_and(|used| !used.contains(&product.key));
        let plan = self.blank(product, Action::Unchanged);
        let linked = plan.link.as_ref().and_then(|link| self.by_id.get(&link.service).copied());
        let passed = |action, reason: &str| ProductPlan {
            action,
            service: linked.cloned(),
            reason: reason.to_owned(),
            ..plan.clone()
        };
        if product.key.motion == Motion::AnnualBill {
            return passed(Action::Excluded, "billed annually: gets no service");
        }
        if product.usage_billed && !self.request.azure {
            return passed(Action::Excluded, "Azure is not synced");
        }
        if unused {
            return passed(Action::NotInUse, "on no invoice of a synced customer");
        }
        if let Some(fault) = &product.fault {
            let finding = Some(odd(product, fault));
            return ProductPlan { finding, ..passed(Action::Odd, "its price cannot be read") };
        }
        match linked {
            Some(service) => self.reprice(plan, product, service),
            None => self.unlinked(plan, product),
        }
    }

    /// Brings price and cost up to date, and nothing else (sync-rules 1.4).
    fn reprice(&self, plan: ProductPlan, product: &Product, service: &Service) -> ProductPlan {
        let plan = ProductPlan { service: Some(service.clone()), ..plan };
        if self.asked.get(&service.id).is_some_and(|asked| asked.len() > 1) {
            let finding = Finding::new(
                Code::SharedService,
                format!(
                    "Several products of different prices are linked to service “{}”.",
                    service.name
                ),
                "Its price is left alone; bill each as a service of its own if it is to follow the price list.",
            );
            let reason = "shares its service with a product of another price".to_owned();
            return ProductPlan { finding: Some(finding), reason, ..plan };
        }
        let (asked, asked_cost) = prices(product, self.request.limits);
        let written = self.request.written.get(&service.id).copied().unwrap_or_default();
        let price = self.differs(asked, written.price, service.price).then_some(asked);
        let cost = if let Some(is) = service.cost {
            self.differs(asked_cost, written.cost, is).then_some(asked_cost)
        } else {
            // One that has none gets one, once: a target that shows none afterwards hides them from this user.
            let in_vain = self.costs_hidden || written.given == Some(asked_cost);
            Some(asked_cost).filter(|cost| !in_vain && !cost.is_zero())
        };
        if price.is_none() && cost.is_none() {
            let in_vain = service.cost.is_none() && written.given == Some(asked_cost);
            let finding = (in_vain && !written.told).then(|| cost_hidden(asked_cost));
            let reason = match service.cost {
                None if !asked_cost.is_zero() => "price is right; no cost can be read",
                _ => "price and cost are right",
            };
            return ProductPlan { reason: reason.to_owned(), finding, ..plan };
        }
        // Which price is told beside the reason.
        let what = match (price, cost) {
            (Some(_), Some(_)) => "price and cost",
            (Some(_), None) => "price",
            (None, _) => "cost",
        };
        let reason = format!("another {what} on the price list");
        let (product, service) = (product.key.clone(), service.id);
        let operation = Some(Operation::UpdateService { product, service, price, cost });
        ProductPlan { action: Action::Reprice, operation, reason, ..plan }
    }

    /// Whether a price is to be written: not where it is what was written last, as the target keeps it (wire/autotask 14, row
    /// 30).
    fn differs(&self, asked: Money, written: Option<Money>, is: Money) -> bool {
        let kept_so = written == Some(asked) && asked.reads(is);
        is.rounded(self.request.limits.price_decimals) != asked && !kept_so
    }

    fn unlinked(&mut self, plan: ProductPlan, product: &Product) -> ProductPlan {
        let ours = external_id(&product.key, self.request.limits);
        if let Some(service) = self.by_external_id.get(&folded(&ours)).copied() {
            let origin = LinkOrigin::Recognised;
            let link = relink(plan.key.clone(), plan.link.as_ref(), service.id, origin);
            let found = self.reprice(plan, product, service);
            let reason = format!("found again by its key; {}", found.reason);
            return ProductPlan { recognised: Some(link), reason, ..found };
        }
        let sku = format!("{}{}", product.key.motion.prefix(), product.sku_text);
        match self.by_sku.get(&compared_sku(&sku)).map_or(&[][..], Vec::as_slice) {
            [] => {}
            [service] => {
                let origin = LinkOrigin::Recognised;
                let link = relink(plan.key.clone(), plan.link.as_ref(), service.id, origin);
                let found = self.reprice(plan, product, service);
                let reason = format!("found by its vendor SKU; {}", found.reason);
                return ProductPlan { recognised: Some(link), reason, ..found };
            }
            several => return several_of_one_sku(plan, &sku, several),
        }
        if let Some(service) = self.collision(product) {
            return collided(plan, service);
        }
        self.create(plan, product)
    }

    /// A service that carries our name, or the one our predecessor gave, and is not ours.
    fn collision(&self, product: &Product) -> Option<&'a Service> {
        ["PC_", "CP_"].into_iter().find_map(|prefix| {
            let name = service_name(prefix, product, self.request.limits);
            self.by_name.get(&folded(&name)).copied()
        })
    }

    fn create(&mut self, plan: ProductPlan, product: &Product) -> ProductPlan {
        let plan = ProductPlan { action: Action::Create, ..plan };
        let chosen = match self.request.made_with {
            Ok(chosen) => chosen,
            Err(finding) => return ProductPlan { finding: Some(finding.clone()), ..plan },
        };
        let draft = draft::draft(product, chosen, self.request.limits);
        if !self.named.insert(folded(&draft.name)) {
            let finding = Finding::new(
                Code::NameGiven,
                format!(
                    "Another product of this price list gets the name “{}” already.",
                    draft.name
                ),
                "Choose the service it is billed as: `prism-connect products pin SKU --service ID`.",
            );
            return ProductPlan { action: Action::Collision, finding: Some(finding), ..plan };
        }
        let reason = match &plan.link {
            Some(link) => format!("{} is gone from the PSA: made anew", link.service),
            None => "is not in the PSA yet".to_owned(),
        };
        let operation =
            Operation::CreateService { product: product.key.clone(), draft: Box::new(draft) };
        ProductPlan { operation: Some(operation), reason, ..plan }
    }

    fn retired(&self, link: &Link) -> ProductPlan {
        let pinned = link.origin == LinkOrigin::Pinned;
        ProductPlan {
            key: link.key.clone(),
            product: None,
            action: Action::Retired,
            link: Some(link.clone()),
            recognised: None,
            service: self.by_id.get(&link.service).map(|service| (*service).clone()),
            collides_with: None,
            operation: None,
            finding: None,
            reason: if pinned {
                "service chosen by hand; not on the price list".to_owned()
            } else {
                "no longer on the price list: left alone".to_owned()
            },
        }
    }
}

fn cost_hidden(cost: Money) -> Finding {
    Finding::new(
        Code::CostHidden,
        format!(
            "The cost {} was written, and no cost can be read of this service: it is not written again.",
            cost.separated()
        ),
        "Give the API user the right to see costs in the PSA, or leave costs to the operator. This is told once.",
    )
}

fn odd(product: &Product, fault: &str) -> Finding {
    Finding::new(
        Code::OddProduct,
        format!("The price list's prices of “{}” cannot be read: {fault}.", product.name),
        "Its service is left as it is. Ask your distributor about the price list; the next sync tries again.",
    )
}

/// Nothing tells which of them the product is billed as (sync-rules 10.16).
fn several_of_one_sku(plan: ProductPlan, sku: &str, several: &[&Service]) -> ProductPlan {
    let named = |service: &&Service| format!("{} (“{}”)", service.id, service.name);
    let named: Vec<String> = several.iter().map(named).collect();
    let finding = Finding::new(
        Code::SourceProduct,
        format!("Could not find source product or multiple matches: {}.", named.join(", ")),
        format!(
            "Choose the one that it is billed as with `prism-connect products pin {sku} --service ID`, or take the SKU off \
             the others in the PSA and sync products again."
        ),
    );
    let reason = "more than one item has its vendor SKU".to_owned();
    ProductPlan { action: Action::Collision, finding: Some(finding), reason, ..plan }
}

fn collided(plan: ProductPlan, service: &Service) -> ProductPlan {
    let written =
        |product: &Product| format!("{}{}", product.key.motion.prefix(), product.sku_text);
    let name = plan.product.as_ref().map_or_else(|| plan.key.to_string(), written);
    let finding = Finding::new(
        Code::NameTaken,
        // No two services have one name: its id tells nothing more.
        format!(
            "Service “{}” has this product's name and was not created by prism-connect.",
            service.name
        ),
        format!(
            "Take it over with `prism-connect products adopt {name}`, or rename it in the PSA and sync products again."
        ),
    );
    ProductPlan {
        action: Action::Collision,
        collides_with: Some(service.clone()),
        reason: "name already used".to_owned(),
        finding: Some(finding),
        ..plan
    }
}

fn prices(product: &Product, limits: &ServiceLimits) -> (Money, Money) {
    let keeps = |money: Money| money.rounded(limits.price_decimals);
    (keeps(product.retail), keeps(product.cost))
}

/// A vendor SKU as it is compared: without case, and whatever parts it from the prefix of its motion (sync-rules 10.17g).
fn compared_sku(sku: &str) -> String {
    let sku = folded(sku);
    let bare = Motion::AnnualTermMonthlyBill.prefix().trim_end_matches('_').to_lowercase();
    match sku.strip_prefix(&bare) {
        Some(rest) => format!("{bare}_{}", rest.trim_start_matches([' ', ':', '-', '_'])),
        None => sku,
    }
}

/// Names are unique in the target without regard to case.
fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

#[cfg(test)]
mod tests;
