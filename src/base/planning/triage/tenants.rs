//! Whose a line is: by subscription, else by domain and customer name (wire/prism 9).

use std::collections::HashMap;

use crate::domain::{
    Code, SubscriptionId, TenantId,
    invoice::{Line, Subscription, Tenant},
    outcome::Finding,
};

use super::MappedTenant;

/// The maps are looked up by key only, never walked, so that their order does not matter.
pub(super) struct TenantIndex<'a> {
    tenants: &'a [Tenant],
    /// Where each subscription stands, in the order of their ids; there are many.
    subscriptions: Box<[Bought]>,
    by_domain: HashMap<String, Vec<Named<'a>>>,
    by_customer: HashMap<String, Vec<Named<'a>>>,
    mappings: HashMap<&'a TenantId, &'a MappedTenant<'a>>,
    /// Those that are none to go by.
    odd: Vec<&'a Tenant>,
}

/// A subscription by the places of its tenant and of itself there.
#[derive(Clone, Copy)]
struct Bought {
    tenant: u32,
    subscription: u32,
}

impl Bought {
    fn among(self, tenants: &[Tenant]) -> Option<(&Tenant, &Subscription)> {
        let tenant = tenants.get(self.tenant as usize)?;
        Some((tenant, tenant.subscriptions.get(self.subscription as usize)?))
    }

    fn id(self, tenants: &[Tenant]) -> Option<&SubscriptionId> {
        self.among(tenants).map(|(_, bought)| &bought.id)
    }
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
        let mut index = Self {
            tenants,
            subscriptions: by_id(tenants),
            by_domain: HashMap::new(),
            by_customer: HashMap::new(),
            mappings: mappings.iter().map(|mapped| (&mapped.mapping.tenant, mapped)).collect(),
            odd: tenants.iter().filter(|tenant| tenant.fault.is_some()).collect(),
        };
        for tenant in tenants {
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
        match line.subscription.as_ref().and_then(|id| self.bought(id)) {
            Some((tenant, subscription)) => match &tenant.fault {
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

    /// Where two tenants have a subscription of one id, the later has it.
    fn bought(&self, id: &SubscriptionId) -> Option<(&'a Tenant, &'a Subscription)> {
        let after = self.subscriptions.partition_point(|one| one.id(self.tenants) <= Some(id));
        let last = self.subscriptions.get(after.checked_sub(1)?)?;
        last.among(self.tenants).filter(|(_, bought)| &bought.id == id)
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

/// All subscriptions in the order of their ids; of one id, as they come.
fn by_id(tenants: &[Tenant]) -> Box<[Bought]> {
    let of = |(tenant, owner): (u32, &Tenant)| {
        let count = u32::try_from(owner.subscriptions.len()).unwrap_or(u32::MAX);
        (0..count).map(move |subscription| Bought { tenant, subscription })
    };
    let mut all: Vec<_> = (0..).zip(tenants).flat_map(of).collect();
    all.sort_by(|one, other| one.id(tenants).cmp(&other.id(tenants)));
    all.into()
}

fn folded(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(id: &str, bought: &[&str]) -> Tenant {
        let of = |id: &&str| Subscription {
            id: (*id).into(),
            name: id.to_uppercase().into(),
            product: "p".into(),
            term: None,
            usage_billed: false,
            status: "Active".into(),
            quantity: 1,
        };
        Tenant {
            id: id.into(),
            domain: format!("{id}.example"),
            status: "Active".to_owned(),
            customer: "c".into(),
            customer_name: id.to_owned(),
            agreement: "a".into(),
            subscriptions: bought.iter().map(of).collect(),
            fault: None,
        }
    }

    #[test]
    fn a_subscription_is_found_with_its_tenant_wherever_it_stands() {
        let tenants = [
            tenant("contoso", &["q", "a"]),
            tenant("fabrikam", &[]),
            tenant("wingtip", &["m", "b"]),
        ];
        let index = TenantIndex::new(&tenants, &[]);
        let owner = |id: &str| {
            let (tenant, bought) = index.bought(&id.into())?;
            Some((tenant.customer_name.as_str(), bought.name.as_str()))
        };
        assert_eq!(owner("a"), Some(("contoso", "A")));
        assert_eq!(owner("q"), Some(("contoso", "Q")));
        assert_eq!(owner("b"), Some(("wingtip", "B")));
        assert_eq!(owner("m"), Some(("wingtip", "M")));
        for none in ["0", "aa", "n", "z"] {
            assert_eq!(owner(none), None, "{none}");
        }
        assert_eq!(TenantIndex::new(&[], &[]).bought(&"a".into()), None);
    }

    #[test]
    fn of_two_tenants_with_one_subscription_the_later_has_it() {
        let tenants = [tenant("contoso", &["b", "a"]), tenant("wingtip", &["c", "a"])];
        let index = TenantIndex::new(&tenants, &[]);
        let (owner, _) = index.bought(&"a".into()).expect("known");
        assert_eq!(owner.customer_name, "wingtip");
    }
}
