//! What PRISM lists: tenants, and what the newest invoice bills them, sorted like the lines of a run.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    domain::{
        AgreementId, Code, Currency, InvoiceId, ReadError, TenantId, UsageMonth,
        invoice::{Invoice, LineMotion, Lines, Tenant},
        product::Product,
    },
    engine::{
        connections::{agreements::chosen, heard::heard},
        context::{Caller, Context},
        protocol::{Changed, Happening, Refusal},
        tables::{
            KnownTenant, NEWEST, NewestInvoice, TENANTS, of_agreement, of_connection, of_tenant,
        },
    },
    planning::{
        invoices::{InvoiceKind, classify, is_csp},
        triage::{Bill, Billing, Catalogue, MappedTenant, Standing, offer_key},
    },
    prism::Source,
    store::{Batch, Table},
};

/// Asks PRISM for its tenants, and for the newest invoice if that is new.
pub(crate) async fn refresh(context: &Arc<Context>, caller: &Caller) -> Result<(), Refusal> {
    let client = context.source(caller).await?;
    let agreements = agreements(context, &*client).await?;
    let new = new_invoices(context, &*client, &agreements).await?;
    let mut tenants = Vec::new();
    for agreement in &agreements {
        // What they bought tells the lines of an invoice apart; it is most of the list.
        let read = match new[..] {
            [] => client.tenants_alone(agreement).await,
            _ => client.tenants(agreement).await,
        };
        let listed = heard(context, &context.sides.source, read).await?;
        // One without an id cannot be mapped; a sync tells of lines that speak of it.
        tenants.extend(listed.into_iter().filter(|tenant| tenant.fault.is_none()));
    }
    let _pen = context.seen.lock().await;
    let mut batch = tenants_seen(context, &tenants).await?;
    let who = Whom { agreements: &agreements, tenants: &tenants };
    for new in new {
        batch.extend(amounts(context, &*client, &new, who).await?);
    }
    if !batch.is_empty() {
        context.store.commit(batch).await?;
        context.emit(Happening::Changed { what: Changed::Customers });
    }
    Ok(())
}

/// The chosen agreements; where none is stored yet, the only one there is.
pub(crate) async fn agreements(
    context: &Context,
    client: &dyn Source,
) -> Result<Vec<AgreementId>, Refusal> {
    let chosen = chosen(context).await?;
    if !chosen.is_empty() {
        return Ok(chosen);
    }
    let found = heard(context, &context.sides.source, client.agreements().await).await?;
    let ours: Vec<_> = found.into_iter().filter(|agreement| agreement.csp).collect();
    if ours.len() > 1 {
        let ids: Vec<_> = ours.iter().map(|agreement| agreement.id.to_string()).collect();
        let text =
            format!("PRISM has {} agreements for Microsoft CSP, and none is chosen.", ids.len());
        let advice =
            format!("Choose with `prism-connect connect agreement ID`: {}.", ids.join(", "));
        return Err(crate::engine::refusals::failed(Code::ChooseAgreement, text, advice));
    }
    Ok(ours.into_iter().map(|agreement| agreement.id).collect())
}

async fn tenants_seen(context: &Context, tenants: &[Tenant]) -> Result<Batch, Refusal> {
    let stored = context.store.scan(TENANTS, of_connection(&context.sides.source)).await?;
    let mut gone: BTreeMap<TenantId, KnownTenant> =
        stored.into_iter().map(|(_, tenant)| (tenant.id.clone(), tenant)).collect();
    let mut batch = Batch::new();
    let mut listed = BTreeSet::new();
    for tenant in tenants.iter().filter(|tenant| listed.insert(&tenant.id)) {
        let old = gone.remove(&tenant.id);
        let seen = known(tenant, old.as_ref(), context);
        if old.as_ref() != Some(&seen) {
            batch.put(TENANTS, &of_tenant(&context.sides.source, &tenant.id), &seen);
        }
    }
    for (id, tenant) in gone.into_iter().filter(|(_, tenant)| tenant.listed) {
        let tenant = KnownTenant { listed: false, ..tenant };
        batch.put(TENANTS, &of_tenant(&context.sides.source, &id), &tenant);
    }
    Ok(batch)
}

fn known(tenant: &Tenant, old: Option<&KnownTenant>, context: &Context) -> KnownTenant {
    KnownTenant {
        id: tenant.id.clone(),
        domain: tenant.domain.clone(),
        customer: tenant.customer.clone(),
        customer_name: tenant.customer_name.clone(),
        agreement: tenant.agreement.clone(),
        listed: true,
        first_seen: old.map_or_else(|| context.clock.now(), |old| old.first_seen),
    }
}

/// The newest invoice of each agreement, without those of which it is known what they bill whom.
async fn new_invoices(
    context: &Context,
    client: &dyn Source,
    agreements: &[AgreementId],
) -> Result<Vec<Invoice>, Refusal> {
    let headers = heard(context, &context.sides.source, client.invoices().await).await?.invoices;
    let this_month = context.clock.today().month();
    let possible = |header: &Invoice| header.usage_month.is_none_or(|month| month <= this_month);
    let headers: Vec<Invoice> = headers.into_iter().filter(possible).collect();
    let table: Table<KnownInvoice> = Table::new(NEWEST.name());
    let mut new = Vec::new();
    for newest in newest(&headers, agreements) {
        let place = of_agreement(&context.sides.source, newest.agreement.as_ref());
        let known = context.store.get(table, place).await?;
        let is_it = |known: KnownInvoice| {
            known.bills.is_some() && known.invoice == newest.id && known.currency == newest.currency
        };
        if !known.is_some_and(is_it) {
            new.push(newest.clone());
        }
    }
    Ok(new)
}

/// What tells whether the newest invoice is known: the bills of ten thousand customers need not be understood for that.
#[derive(serde::Deserialize)]
struct KnownInvoice {
    invoice: InvoiceId,
    #[serde(default)]
    currency: Option<Currency>,
    #[serde(default)]
    bills: Option<serde::de::IgnoredAny>,
}

/// Reads a new invoice once, so that customers on no contract show what they are billed.
async fn amounts(
    context: &Context,
    client: &dyn Source,
    newest: &Invoice,
    who: Whom<'_>,
) -> Result<Batch, Refusal> {
    let lines = match client.lines(&newest.id).await {
        Ok(lines) => lines,
        Err(ReadError::Cancelled) => return Err(ReadError::Cancelled.into()),
        // The list is worth having without amounts; a sync says what is wrong with the invoice.
        Err(error) => {
            tracing::warn!(invoice = %newest.number, "cannot be read for amounts: {error}");
            return Ok(Batch::new());
        }
    };
    if lines.is_empty() {
        return Ok(Batch::new());
    }
    let month = newest.usage_month.unwrap_or_else(|| context.clock.today().month());
    let Some(bills) = who.bills(context, client, month, &lines).await? else {
        return Ok(Batch::new());
    };
    let seen = NewestInvoice {
        invoice: newest.id.clone(),
        number: newest.number.clone(),
        month: newest.usage_month,
        currency: newest.currency.clone(),
        bills: Some(bills),
        offers: offers(&lines),
    };
    let mut batch = Batch::new();
    batch.put(NEWEST, &of_agreement(&context.sides.source, newest.agreement.as_ref()), &seen);
    Ok(batch)
}

/// Of each of these agreements the newest invoice that may be a standard one.
fn newest<'a>(
    headers: &'a [Invoice],
    agreements: &[AgreementId],
) -> impl Iterator<Item = &'a Invoice> {
    let ours = |header: &&Invoice| {
        is_csp(&header.program)
            && !matches!(classify(header), InvoiceKind::Excluded { .. })
            && header.agreement.as_ref().is_none_or(|one| agreements.contains(one))
    };
    let age = |header: &&Invoice| (header.usage_month, header.issued, header.number.clone());
    let mut newest: BTreeMap<Option<&AgreementId>, &Invoice> = BTreeMap::new();
    for header in headers.iter().filter(ours) {
        let there = newest.entry(header.agreement.as_ref()).or_insert(header);
        if age(&header) > age(there) {
            *there = header;
        }
    }
    newest.into_values()
}

/// Whom lines are to be told apart among.
#[derive(Clone, Copy)]
pub(crate) struct Whom<'a> {
    pub agreements: &'a [AgreementId],
    pub tenants: &'a [Tenant],
}

impl Whom<'_> {
    /// What lines bill each tenant, cost; none where what tells their motion cannot be read now: sorted without it they would
    /// stand under another reason than a run puts them, and stay there.
    pub(crate) async fn bills(
        self,
        context: &Context,
        client: &dyn Source,
        month: UsageMonth,
        lines: &Lines,
    ) -> Result<Option<BTreeMap<TenantId, Bill>>, Refusal> {
        let untold = lines.iter().any(|line| line.motion == LineMotion::Untold);
        let products =
            if untold { self.products(context, client).await? } else { Some(Vec::new()) };
        let Some(products) = products else { return Ok(None) };
        let book = context.load_book().await?;
        let mapped = |mapping| MappedTenant { mapping, standing: Standing::OutOfScope };
        let mappings: Vec<_> = book.mappings.values().map(mapped).collect();
        let catalogue = &Catalogue::new(&products, &[]);
        let billing = Billing { tenants: self.tenants, mappings: &mappings, catalogue };
        Ok(Some(billing.bills(month, lines)))
    }

    /// The price lists of today, which tell the motion of lines that do not; none where one cannot be read.
    async fn products(
        self,
        context: &Context,
        client: &dyn Source,
    ) -> Result<Option<Vec<Product>>, Refusal> {
        let mut products = Vec::new();
        for agreement in self.agreements {
            match client.price_list(agreement, context.clock.today()).await {
                Ok(listed) => products.extend(listed),
                Err(ReadError::Cancelled) => return Err(ReadError::Cancelled.into()),
                Err(error) => {
                    tracing::warn!("no price list for amounts: {error}");
                    return Ok(None);
                }
            }
        }
        Ok(Some(products))
    }
}

fn offers(lines: &Lines) -> Vec<String> {
    let names: BTreeSet<String> = lines.iter().map(|line| offer_key(&line.offer_name)).collect();
    names.into_iter().filter(|name| !name.is_empty()).collect()
}
