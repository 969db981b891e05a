//! Whose a line is: by subscription, else by domain, else by customer name (wire/prism 9).

use std::collections::HashMap;

use crate::domain::{
    SubscriptionId, TenantId,
    invoice::{Line, Subscription, Tenant},
};

use super::{MappedTenant, Owner};

/// Looked up by key only, never walked, so that its order does not matter.
pub(super) struct TenantIndex<'a> {
    by_subscription: HashMap<&'a SubscriptionId, (&'a Tenant, &'a Subscription)>,
    by_domain: HashMap<String, Named<'a>>,
    by_customer: HashMap<String, Named<'a>>,
    mappings: HashMap<&'a TenantId, &'a MappedTenant<'a>>,
}

/// The tenant behind a name, with its customer's name; none where several share it.
type Named<'a> = Option<(&'a TenantId, &'a str)>;

impl<'a> TenantIndex<'a> {
    pub fn new(tenants: &'a [Tenant], mappings: &'a [MappedTenant<'a>]) -> Self {
        let mut index = Self {
            by_subscription: HashMap::new(),
            by_domain: HashMap::new(),
            by_customer: HashMap::new(),
            mappings: mappings.iter().map(|mapped| (&mapped.mapping.tenant, mapped)).collect(),
        };
        for tenant in tenants {
            let bought = tenant.subscriptions.iter();
            index.by_subscription.extend(bought.map(|bought| (&bought.id, (tenant, bought))));
            index.name(&tenant.id, &tenant.domain, &tenant.customer_name);
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
            let known = names.entry(key).or_insert(Some((tenant, customer)));
            if known.is_some_and(|(other, _)| other != tenant) {
                *known = None;
            }
        }
    }

    pub fn mapping(&self, tenant: &TenantId) -> Option<&'a MappedTenant<'a>> {
        self.mappings.get(tenant).copied()
    }

    pub fn owner(&self, line: &Line) -> Owner<'a> {
        let bought = line.subscription.as_ref().and_then(|id| self.by_subscription.get(id));
        if let Some(&(tenant, subscription)) = bought {
            let customer = Some(tenant.customer_name.as_str());
            return Owner { tenant: Some(&tenant.id), subscription: Some(subscription), customer };
        }
        let named = |names: &HashMap<String, Named<'a>>, name: &Option<String>| {
            name.as_deref().and_then(|name| names.get(&folded(name)).copied().flatten())
        };
        let found = named(&self.by_domain, &line.domain)
            .or_else(|| named(&self.by_customer, &line.customer_name));
        match found {
            Some((tenant, customer)) => {
                Owner { tenant: Some(tenant), subscription: None, customer: Some(customer) }
            }
            None => Owner::default(),
        }
    }
}

fn folded(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
