//! What a run reads once and uses for every contract: services, tenants, price lists, links.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures_util::future::try_join_all;

use crate::{
    domain::{
        AgreementId, Code, Day, ServiceId,
        invoice::{Invoice, Tenant},
        outcome::{Finding, Outcome},
        product::{Link, Product, ProductKey, Service},
        terms::Terms,
    },
    engine::{
        sync::{
            due::{Stored, keep_agreements},
            equipment::Equipment,
            outcome::rows::last_products,
            snapshot::former_products::{Remembered, remember, remembered},
            writing::writer::Halt,
        },
        tables::{CREDITS_SEEN, LINKS, of_connection},
    },
    planning::triage::Catalogue,
    psa::Surroundings,
};

pub(crate) mod contract_memory;
pub(crate) mod currencies;
pub(crate) mod former_products;
pub(crate) mod products_in_step;
pub(crate) mod products_in_use;
pub(crate) mod standing;

/// All of it. Tenants and products grow as invoices of further agreements are worked through.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// All services of the target; no days are taken.
    pub surroundings: Surroundings,
    terms: Terms,
    /// All links of the target.
    pub links: Vec<Link>,
    /// Tenants of the agreements read so far.
    pub tenants: Vec<Tenant>,
    /// What is said of tenants that are left out.
    odd: Vec<Finding>,
    /// Products: of today's price lists first, then of earlier months'.
    pub products: Vec<Product>,
    /// Why the last product sync, or the one that is planned before this, cannot bring products in step.
    pub failed: BTreeMap<ProductKey, Finding>,
    /// Products that were on a price list once.
    pub remembered: Vec<Product>,
    known: Remembered,
    read: BTreeSet<AgreementId>,
    lists: BTreeSet<(AgreementId, Day)>,
}

impl Snapshot {
    /// Services and links.
    pub async fn new(equipment: &Equipment) -> Result<Self, Halt> {
        let links = links(equipment).await?;
        let services = services(equipment, &links).await?;
        let services: BTreeMap<_, _> =
            services.into_iter().map(|service| (service.id, service)).collect();
        let services = Arc::new(services);
        let seen = equipment.store.get(CREDITS_SEEN, of_connection(&equipment.connection)).await?;
        let credits_trusted = seen.is_some();
        let surroundings = Surroundings { services, credits_trusted, ..Surroundings::default() };
        let failed = failed(equipment).await?;
        Ok(Self { surroundings, links, failed, ..Self::of_source(equipment).await? })
    }

    /// Nothing of the target.
    pub async fn of_source(equipment: &Equipment) -> Result<Self, Halt> {
        let known = remembered(equipment).await?;
        let remembered = known.values().cloned().collect();
        let terms = Terms::of(equipment.target.kind());
        Ok(Self { terms, remembered, known, ..Self::default() })
    }

    /// Tenants and price list of an invoice's agreement; the price list also as it was at the end of its month, for
    /// products that have gone since.
    pub async fn add(
        &mut self,
        equipment: &Equipment,
        stored: &mut Stored,
        invoice: &Invoice,
        month_end: Day,
    ) -> Result<(), Halt> {
        let source = &equipment.source;
        for agreement in agreements_of(equipment, invoice).await? {
            let first = self.read.insert(agreement.clone());
            let mut days = vec![equipment.clock.today(), month_end];
            days.retain(|day| self.lists.insert((agreement.clone(), *day)));
            // None of them waits for another.
            let tenants =
                async { if first { source.tenants(&agreement).await } else { Ok(Vec::new()) } };
            let lists =
                try_join_all(days.into_iter().map(|day| source.price_list(&agreement, day)));
            let (tenants, lists) = tokio::try_join!(tenants, lists)?;
            // Of several it was asked beforehand, of all of them at once.
            if !equipment.has_several_agreements() {
                let sound = tenants.iter().filter(|tenant| tenant.fault.is_none());
                let seen = sound.map(|tenant| (tenant.id.clone(), agreement.clone()));
                keep_agreements(equipment, seen.collect(), stored).await?;
            }
            self.odd.extend(tenants.iter().filter_map(odd_tenant));
            self.tenants.extend(tenants);
            for products in lists {
                self.add_list(equipment, products).await?;
            }
        }
        Ok(())
    }

    async fn add_list(
        &mut self,
        equipment: &Equipment,
        products: Vec<Product>,
    ) -> Result<(), Halt> {
        remember(equipment, &mut self.known, &products).await?;
        let known: BTreeSet<_> =
            self.products.iter().map(|product| (product.id.clone(), product.key.clone())).collect();
        let new = products
            .into_iter()
            .filter(|product| !known.contains(&(product.id.clone(), product.key.clone())));
        self.products.extend(new);
        Ok(())
    }

    /// What is to be said of tenants read since this was asked last.
    pub fn odd_tenants(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.odd)
    }

    /// Products and links, to look lines up in.
    #[must_use]
    pub fn catalogue(&self) -> Catalogue<'_> {
        Catalogue::new(&self.products, &self.links)
            .remembering(&self.remembered)
            .knowing_failures(&self.failed)
    }

    /// A service's name, for people.
    #[must_use]
    pub fn service_name(&self, service: ServiceId) -> String {
        let known = self.surroundings.services.get(&service);
        let unknown = || self.terms.fill("service {}", &[&service]);
        known.map_or_else(unknown, |known| known.name.clone())
    }
}

/// What the last product sync could not bring in step, and why.
async fn failed(equipment: &Equipment) -> Result<BTreeMap<ProductKey, Finding>, Halt> {
    let rows = last_products(&equipment.store, &equipment.connection).await?;
    let failed = rows.into_iter().filter(|row| row.status == Outcome::Failure);
    Ok(failed
        .filter_map(|row| {
            let key = row.product.parse().unwrap_or_else(|never| match never {});
            Some((key, row.error?))
        })
        .collect())
}

fn odd_tenant(tenant: &Tenant) -> Option<Finding> {
    let fault = tenant.fault.as_ref()?;
    let names = [&tenant.customer_name, &tenant.domain];
    let name = names.into_iter().find(|name| !name.is_empty());
    let name = name.map(|name| format!("“{name}”, ")).unwrap_or_default();
    Some(Finding::new(
        Code::OddTenant,
        format!("{name}{fault}. It is left out."),
        "Ask your distributor about it. What it bought is not synced until then; everybody else is.",
    ))
}

/// All links of the target.
pub(crate) async fn links(equipment: &Equipment) -> Result<Vec<Link>, Halt> {
    let prefix = of_connection(&equipment.connection);
    let links = equipment.store.scan(LINKS, prefix).await?;
    Ok(links.into_iter().map(|(_, link)| link).collect())
}

/// All services of the target, with those that are linked and that its list does not show yet.
pub(crate) async fn services(equipment: &Equipment, links: &[Link]) -> Result<Vec<Service>, Halt> {
    let mut services = equipment.target.services().await?;
    let listed: BTreeSet<ServiceId> = services.iter().map(|service| service.id).collect();
    let linked: BTreeSet<ServiceId> = links.iter().map(|link| link.service).collect();
    let missing: Vec<ServiceId> = linked.difference(&listed).copied().collect();
    if !missing.is_empty() {
        services.extend(equipment.target.unlisted_services(&missing).await?);
    }
    Ok(services)
}

async fn agreements_of(equipment: &Equipment, invoice: &Invoice) -> Result<Vec<AgreementId>, Halt> {
    match &invoice.agreement {
        Some(agreement) => Ok(vec![agreement.clone()]),
        None => chosen_agreements(equipment).await,
    }
}

/// The chosen agreements; where none is, the only one there is (sync-rules 2.5).
pub(crate) async fn chosen_agreements(equipment: &Equipment) -> Result<Vec<AgreementId>, Halt> {
    if !equipment.agreements.is_empty() {
        return Ok(equipment.agreements.clone());
    }
    let all = equipment.source.agreements().await?;
    let csp: Vec<AgreementId> =
        all.into_iter().filter(|agreement| agreement.csp).map(|agreement| agreement.id).collect();
    match csp.as_slice() {
        [_] => Ok(csp),
        [] => Err(Halt::Read(Finding::new(
            Code::NoAgreement,
            "PRISM lists no Microsoft CSP agreement for this partner.",
            "Check which account the PRISM credentials belong to.",
        ))),
        _ => Err(Halt::Read(Finding::new(
            Code::AgreementNotChosen,
            format!("There are {} Microsoft CSP agreements, and none is chosen.", csp.len()),
            "Choose one with `prism-connect connect agreement ID`.",
        ))),
    }
}
