//! Tenants with their subscriptions, add-ons flattened among them (wire/prism 7, E4).

use std::io;

use serde::Deserialize;

use super::{
    assumed,
    loose::{Loose, LooseRows, for_each_row},
};
use crate::{
    domain::{
        AgreementId, CustomerId, ProductId, SubscriptionId, TenantId,
        invoice::{Subscription, Tenant},
        shared_text::TextPool,
    },
    http::RowParts,
};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireTenant {
    #[serde(default)]
    tenant_id: Loose,
    #[serde(default)]
    tenant_domain: Loose,
    #[serde(default)]
    tenant_status: Loose,
    #[serde(default)]
    customer_id: Loose,
    #[serde(default)]
    customer_name: Loose,
    #[serde(default)]
    subscriptions: LooseRows<WireSubscription>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireSubscription {
    #[serde(default)]
    subscription_id: Loose,
    #[serde(default)]
    status: Loose,
    #[serde(default)]
    friendly_name: Loose,
    #[serde(default)]
    product_id: Loose,
    #[serde(default)]
    product_name: Loose,
    #[serde(default)]
    quantity: Loose,
    #[serde(default)]
    unit: Loose,
    #[serde(default)]
    display_template: Loose,
    #[serde(default)]
    billing_cycle: Loose,
    #[serde(default)]
    billing_cycle_duration: Loose,
    #[serde(default)]
    addon_subscriptions: LooseRows<WireSubscription>,
}

/// The tenants as they stand in the answer, each taken over as it arrives: an agreement has many, with many subscriptions.
/// Shallow rows leave these out.
///
/// # Errors
/// Why the answer cannot be read.
pub(super) fn read(
    list: impl io::Read,
    parts: RowParts,
    agreement: &AgreementId,
) -> Result<Vec<Tenant>, String> {
    let (mut tenants, mut pool) = (Vec::<Tenant>::new(), TextPool::default());
    for_each_row(list, parts, |row: Result<WireTenant, String>| {
        let tenant = match row {
            Ok(row) => row.into_domain(agreement, &mut pool),
            Err(why) => Tenant {
                fault: Some(why),
                ..WireTenant::default().into_domain(agreement, &mut pool)
            },
        };
        let at = tenants.len() + 1;
        let fault = tenant.fault.map(|why| format!("tenant {at} of PRISM's list: {why}"));
        if let Some(fault) = &fault {
            tracing::warn!(domain = tenant.domain, "{fault}; it is left out");
        }
        tenants.push(Tenant { fault, ..tenant });
    })?;
    Ok(tenants)
}

impl WireTenant {
    /// One without an id is odd: what it bought is known, so that lines which speak of it are not taken for somebody else's.
    fn into_domain(self, agreement: &AgreementId, pool: &mut TextPool) -> Tenant {
        let id = self.tenant_id.text();
        let nameless = id.is_none().then(|| "it has no TenantId".to_owned());
        let unlisted = || Some(format!("Subscriptions: {}", self.subscriptions.fault.as_ref()?));
        let fault = nameless.or_else(unlisted);
        let mut subscriptions = Vec::new();
        flatten(self.subscriptions, pool, &mut subscriptions);
        let mut seen = std::collections::BTreeSet::new();
        subscriptions.retain(|one: &Subscription| seen.insert(one.id.clone()));
        subscriptions.shrink_to_fit();
        Tenant {
            id: TenantId::new(id.unwrap_or_default()),
            domain: self.tenant_domain.text().unwrap_or_default().to_lowercase(),
            status: self.tenant_status.text().unwrap_or_default(),
            customer: CustomerId::new(self.customer_id.text().unwrap_or_default()),
            customer_name: self.customer_name.text().unwrap_or_default(),
            agreement: agreement.clone(),
            subscriptions,
            fault,
        }
    }
}

/// Add-ons have ids of their own and stand on invoices like any other, however deep they hang. No line can speak of a row that
/// is none.
fn flatten(wire: LooseRows<WireSubscription>, pool: &mut TextPool, into: &mut Vec<Subscription>) {
    for mut subscription in wire.all.into_iter().flatten() {
        let addons = std::mem::take(&mut subscription.addon_subscriptions);
        into.extend(subscription.into_domain(pool));
        flatten(addons, pool, into);
    }
}

impl WireSubscription {
    /// None without an id: no line can speak of it.
    fn into_domain(self, pool: &mut TextPool) -> Option<Subscription> {
        let id = SubscriptionId::new(self.subscription_id.text()?);
        let says = |member: &Loose, word: &str| {
            member.text().is_some_and(|text| text.eq_ignore_ascii_case(word))
        };
        let name = self.friendly_name.text().or_else(|| self.product_name.text());
        Some(Subscription {
            id,
            name: pool.share(&name.unwrap_or_default()),
            product: ProductId::shared(&self.product_id.text().unwrap_or_default(), pool),
            term: assumed::subscription_term(
                self.billing_cycle.text().as_deref(),
                self.billing_cycle_duration.whole(),
            ),
            usage_billed: says(&self.unit, "Usage-based") || says(&self.display_template, "Azure"),
            status: pool.share(&self.status.text().unwrap_or_default()),
            quantity: self.quantity.whole().unwrap_or_default(),
        })
    }
}
