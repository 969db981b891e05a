//! Whose the changes on a contract are that several customers share.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{
        ContractId, RunId, ServiceId, TenantId, UsageMonth,
        namesakes::{ShownName, tell_apart},
    },
    engine::{
        context::Context,
        customers::book::Book,
        protocol::Refusal,
        sync::writing::journal::Entry,
        tables::{CUSTOMER_ROWS, of_customer_in_run},
    },
};

/// A tenant's row of one run: which run, month and invoice, and whose.
type Place = (RunId, UsageMonth, String, TenantId);

/// Those who share a contract with one customer.
pub(super) struct Sharers<'a> {
    context: &'a Context,
    own: &'a TenantId,
    /// The others with their names, told apart from each other and from the one who is asked for.
    others: Vec<(&'a TenantId, String)>,
    /// Services that each was billed by in a run, once that was read.
    billed: BTreeMap<Place, BTreeSet<ServiceId>>,
}

impl<'a> Sharers<'a> {
    pub(super) fn of(
        context: &'a Context,
        book: &'a Book,
        own: &'a TenantId,
        contract: ContractId,
    ) -> Self {
        let sharing = book.mappings.values();
        let sharing = sharing.filter(|one| one.tenant == *own || one.contract == contract);
        let mut named: Vec<_> = sharing.map(|one| (one, one.customer_name.clone())).collect();
        tell_apart(named.iter_mut().map(|(one, name)| ShownName { name, domain: &one.domain }));
        let others = named.into_iter().filter(|(one, _)| one.tenant != *own);
        let others = others.map(|(one, name)| (&one.tenant, name)).collect();
        Self { context, own, others, billed: BTreeMap::new() }
    }

    /// Who else a change is for, where it is not for the one who is asked for: whoever was billed by its service.
    pub(super) async fn whose(
        &mut self,
        entry: &Entry,
        service: ServiceId,
    ) -> Result<Vec<String>, Refusal> {
        let Some(month) = entry.month else { return Ok(Vec::new()) };
        if self.others.is_empty() || self.bills(entry, month, self.own, service).await? {
            return Ok(Vec::new());
        }
        let mut whose = Vec::new();
        for (tenant, name) in self.others.clone() {
            if self.bills(entry, month, tenant, service).await? {
                whose.push(name);
            }
        }
        Ok(whose)
    }

    /// Whether a tenant was billed by this service in the run of a change.
    async fn bills(
        &mut self,
        entry: &Entry,
        month: UsageMonth,
        tenant: &TenantId,
        service: ServiceId,
    ) -> Result<bool, Refusal> {
        let invoice = &entry.invoice_number;
        let place = (entry.run, month, invoice.clone(), tenant.clone());
        if let Some(services) = self.billed.get(&place) {
            return Ok(services.contains(&service));
        }
        let at = of_customer_in_run(entry.run, Some(month), invoice, tenant);
        let row = self.context.store.get(CUSTOMER_ROWS, at).await?;
        let bought = row.into_iter().flat_map(|row| row.subscriptions);
        let services: BTreeSet<ServiceId> = bought.filter_map(|one| one.service_id).collect();
        let bills = services.contains(&service);
        self.billed.insert(place, services);
        Ok(bills)
    }
}
