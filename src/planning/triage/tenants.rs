//! Whose a line is: by subscription, else by domain and customer name (wire/prism 9).

use std::collections::HashMap;

use crate::domain::{
    Code, SubscriptionId, TenantId,
    invoice::{Line, Subscription, Tenant},
    outcome::Finding,
};

use super::MappedTenant;

/// Looked up by key only, never walked, so that its order does not matter.
pub(super) struct TenantIndex<'a> {
    by_subscription: HashMap<&'a SubscriptionId, (&'a Tenant, &'a Subscription)>,
    by_domain: HashMap<String, Vec<Named<'a>>>,
    by_customer: HashMap<String, Vec<Named<'a>>>,
    mappings: HashMap<&'a TenantId, &'a MappedTenant<'a>>,
    /// Those that are none to go by.
    odd: Vec<&'a Tenant>,
}

/// A tenant behind a name, with its customer's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Named<'a> {
    tenant: &'a TenantId,
    customer: &'a str,
}

/// Who a line belongs to, as far as E4 and the mappings tell.
#[derive(Clone, Debug, Default)]
pub(super) struct Owner<'a> {
    pub tenant: Option<&'a TenantId>,
    pub subscription: Option<&'a Subscription>,
    pub customer: Option<&'a str>,
    /// Whose it is by its customer name, where its domain says that it is somebody else's (sync-rules 2.9).
    others: Vec<Named<'a>>,
    /// Why the list's own tenant of the subscription is none to go by.
    fault: Option<&'a str>,
}

impl<'a> Owner<'a> {
    fn of(named: Named<'a>) -> Self {
        let (tenant, customer) = (Some(named.tenant), Some(named.customer));
        Self { tenant, customer, ..Self::default() }
    }

    /// Everybody whose it may be, each for itself: by domain first.
    pub(super) fn readings(&self) -> Vec<Self> {
        let by_domain = Self { others: Vec::new(), ..self.clone() };
        [by_domain].into_iter().chain(self.others.iter().map(|named| Self::of(*named))).collect()
    }

    /// Why nobody can say whose the line is: domain and customer name speak of different customers, or the list of tenants
    /// is odd where its subscription stands.
    pub(super) fn doubt(&self, line: &Line) -> Option<Finding> {
        if let Some(fault) = self.fault {
            let text =
                format!("Line {} (“{}”) cannot be placed: {fault}.", line.number, line.offer());
            let advice =
                "Ask your distributor about the tenant; until then the service is left as it is.";
            return Some(Finding::new(Code::OddTenant, text, advice));
        }
        if self.others.is_empty() {
            return None;
        }
        let text = format!(
            "Line {} (“{}”) names two customers, and PRISM does not list its subscription: its domain {} is {}’s, its \
             customer name is “{}”.",
            line.number,
            line.offer(),
            line.domain.as_deref().unwrap_or_default(),
            self.customer.unwrap_or_default(),
            line.customer_name.as_deref().unwrap_or_default()
        );
        let advice = "Ask your distributor whose it is. Until the line is right the service is left as it is for both.";
        Some(Finding::new(Code::TwoReadings, text, advice))
    }
}

impl<'a> TenantIndex<'a> {
    pub(super) fn new(tenants: &'a [Tenant], mappings: &'a [MappedTenant<'a>]) -> Self {
        let bought = tenants.iter().map(|tenant| tenant.subscriptions.len()).sum();
        let mut index = Self {
            // There are many: it shall not be moved while it grows.
            by_subscription: HashMap::with_capacity(bought),
            by_domain: HashMap::new(),
            by_customer: HashMap::new(),
            mappings: mappings.iter().map(|mapped| (&mapped.mapping.tenant, mapped)).collect(),
            odd: tenants.iter().filter(|tenant| tenant.fault.is_some()).collect(),
        };
        for tenant in tenants {
            let bought = tenant.subscriptions.iter();
            index.by_subscription.extend(bought.map(|bought| (&bought.id, (tenant, bought))));
            if tenant.fault.is_none() {
                index.name(&tenant.id, &tenant.domain, &tenant.customer_name);
            }
        }
        for mapped in mappings {
            let mapping = mapped.mapping;
            index.name(&mapping.tenant, &mapping.domain, &mapping.customer_name);
        }
        index
    }

    fn name(&mut self, tenant: &'a TenantId, domain: &str, customer: &'a str) {
        for (names, name) in [(&mut self.by_domain, domain), (&mut self.by_customer, customer)] {
            let key = folded(name);
            if key.is_empty() {
                continue;
            }
            let known = names.entry(key).or_default();
            if known.iter().all(|named| named.tenant != tenant) {
                known.push(Named { tenant, customer });
            }
        }
    }

    pub(super) fn mapping(&self, tenant: &TenantId) -> Option<&'a MappedTenant<'a>> {
        self.mappings.get(tenant).copied()
    }

    pub(super) fn owner(&self, line: &Line) -> Owner<'a> {
        let bought = line.subscription.as_ref().and_then(|id| self.by_subscription.get(id));
        match bought {
            Some(&(tenant, subscription)) => match &tenant.fault {
                None => Owner {
                    tenant: Some(&tenant.id),
                    subscription: Some(subscription),
                    customer: Some(&tenant.customer_name),
                    ..Owner::default()
                },
                Some(fault) => {
                    let (domain, customer) = (&tenant.domain, &tenant.customer_name);
                    let own = self.named(Some(domain), Some(customer));
                    let found = own.tenant.is_some().then_some(own);
                    let found = found.unwrap_or_else(|| self.by_name(line));
                    Owner { subscription: Some(subscription), fault: Some(fault), ..found }
                }
            },
            None => self.by_name(line),
        }
    }

    /// What is known of an odd tenant may be no more than its names: its lines fail all the same.
    fn by_name(&self, line: &Line) -> Owner<'a> {
        let owner = self.named(line.domain.as_deref(), line.customer_name.as_deref());
        let domain = line.domain.as_deref().map(folded).unwrap_or_default();
        let is_it = |odd: &&&Tenant| {
            Some(&odd.id) == owner.tenant || !domain.is_empty() && folded(&odd.domain) == domain
        };
        let fault = self.odd.iter().find(is_it).and_then(|odd| odd.fault.as_deref());
        Owner { fault, ..owner }
    }

    fn named(&self, domain: Option<&str>, customer: Option<&str>) -> Owner<'a> {
        let named = |names: &HashMap<String, Vec<Named<'a>>>, name: Option<&str>| {
            let known = name.and_then(|name| names.get(&folded(name)).cloned());
            known.unwrap_or_default()
        };
        let by_domain = named(&self.by_domain, domain);
        let by_customer = named(&self.by_customer, customer);
        let agreed =
            by_domain.iter().any(|one| by_customer.iter().any(|two| one.tenant == two.tenant));
        match (by_domain.as_slice(), by_customer.as_slice()) {
            ([one], others) => {
                let others = if agreed { Vec::new() } else { others.to_vec() };
                Owner { others, ..Owner::of(*one) }
            }
            ([], [one]) => Owner::of(*one),
            // Several share the domain: the customer name decides among them.
            (_, [one]) if agreed => Owner::of(*one),
            ([first, ..], [one]) => Owner { others: vec![*one], ..Owner::of(*first) },
            _ => Owner::default(),
        }
    }
}

fn folded(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
