//! Mapping a tenant to a contract (R42).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    domain::{
        TenantId,
        mapping::{Mapping, Start},
        target::{Company, Contract},
    },
    engine::{
        Reply,
        context::{Caller, Context},
        protocol::{Answer, Changed, MapDraft, Refusal},
        records::target,
        run::{
            leaving::{come_back, leave},
            records::{MAPPINGS, of_tenant},
        },
    },
    store::Batch,
};

use super::{
    cursor::Cursor,
    find::{self, Found},
    groups, rows, targets,
};

/// Maps a tenant, or changes its mapping.
pub async fn map(context: &Arc<Context>, caller: &Caller, draft: MapDraft) -> Reply {
    let typed = [draft.tenant.clone()];
    let (_, found) = find::tenants(context, caller, &typed).await?;
    let (_, client) = context.target(caller).await?;
    let company = targets::company(context, &*client, &draft.company).await?;
    let contract = targets::contract(context, &*client, (&company, &draft.contract)).await?;
    let _pen = context.pen.lock().await;
    let book = super::Book::load(context).await?;
    let mut desk = Desk::new((context, caller), book.mappings);
    let mut changed = BTreeSet::new();
    for found in found {
        let wish = Wish::of(&draft);
        changed.insert(found.tenant.clone());
        desk.map(found, (&company, &contract), wish).await?;
    }
    desk.store(changed).await
}

/// What is wished for a mapping beside where it goes; what is not given stays, or is as with its neighbours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// Sync switch.
    pub sync: Option<bool>,
    /// First invoice.
    pub from: Option<Start>,
    /// Pricing strategy.
    pub pricing: Option<crate::domain::mapping::PricingStrategy>,
    /// Remark.
    pub note: Option<String>,
}

impl Wish {
    fn of(draft: &MapDraft) -> Self {
        Self { sync: draft.sync, from: draft.from, pricing: draft.pricing, note: None }
    }
}

/// Mappings while a command changes them; nothing is stored until all is well.
pub struct Desk<'a> {
    /// What the engine works with.
    pub context: &'a Arc<Context>,
    /// Who asked.
    pub caller: &'a Caller,
    /// All mappings, as they will be.
    pub mappings: BTreeMap<TenantId, Mapping>,
    /// The invoice list, once something was switched on.
    pub cursor: Option<Cursor<'a>>,
    /// Mappings as they were of those that were moved to another contract.
    moved: Vec<Mapping>,
}

impl<'a> Desk<'a> {
    /// With these mappings.
    pub fn new(
        (context, caller): (&'a Arc<Context>, &'a Caller),
        mappings: BTreeMap<TenantId, Mapping>,
    ) -> Self {
        Self { context, caller, mappings, cursor: None, moved: Vec::new() }
    }

    /// Puts a tenant on a contract.
    pub async fn map(
        &mut self,
        found: Found,
        (company, contract): (&Company, &Contract),
        wish: Wish,
    ) -> Result<(), Refusal> {
        let old = self.mappings.get(&found.tenant).cloned();
        let moved = old.as_ref().is_some_and(|old| old.contract != contract.id);
        let mut new = Mapping {
            tenant: found.tenant.clone(),
            domain: found.domain,
            customer: found.customer,
            customer_name: found.customer_name,
            company: company.id,
            company_name: company.name.clone(),
            contract: contract.id,
            contract_name: contract.name.clone(),
            sync: old.as_ref().is_some_and(|old| old.sync),
            start: Start::default(),
            first_month: old.as_ref().and_then(|old| old.first_month),
            pricing: old.as_ref().map(|old| old.pricing).unwrap_or_default(),
            note: old.as_ref().map(|old| old.note.clone()).unwrap_or_default(),
            changed_at: self.context.clock.now(),
        };
        new.start = match &old {
            Some(old) if !moved => old.start,
            // A remapped tenant begins with the next invoice (sync-rules 1.8).
            Some(_) => Start::Next,
            None => Start::default(),
        };
        if old.is_none() || moved {
            let neighbour = groups::neighbours(&new, &self.mappings).next();
            if let Some((start, pricing)) = neighbour.map(|one| (one.start, one.pricing)) {
                (new.start, new.pricing) = (start, pricing);
            }
        }
        new.sync = wish.sync.unwrap_or(new.sync);
        new.start = wish.from.unwrap_or(new.start);
        new.pricing = wish.pricing.unwrap_or(new.pricing);
        new.note = wish.note.unwrap_or(new.note);
        self.begin(&mut new, (old.as_ref(), found.agreement.as_ref())).await?;
        self.moved.extend(old.filter(|_| moved));
        self.mappings.insert(found.tenant, new);
        Ok(())
    }

    /// Resolves the first month where sync is switched on, or begins anew. What was applied stays applied.
    pub async fn begin(
        &mut self,
        new: &mut Mapping,
        (old, agreement): (Option<&Mapping>, Option<&crate::domain::AgreementId>),
    ) -> Result<(), Refusal> {
        let goes_on = old
            .is_some_and(|old| old.sync && old.contract == new.contract && old.start == new.start);
        if !new.sync || goes_on {
            return Ok(());
        }
        if self.cursor.is_none() {
            self.cursor = Some(Cursor::read(self.context, self.caller).await?);
        }
        if let Some(cursor) = &mut self.cursor {
            new.first_month = cursor.first(new.start, agreement).await?;
        }
        Ok(())
    }

    /// Stores the changed ones if every contract's mappings agree; none of them otherwise.
    pub async fn store(self, changed: BTreeSet<TenantId>) -> Reply {
        groups::agree(&changed, &self.mappings)?;
        let mut batch = Batch::new();
        let mut told = Vec::new();
        for old in &self.moved {
            leave(&self.context.store, &target(), &mut batch, old).await?;
        }
        for tenant in &changed {
            if let Some(mapping) = self.mappings.get(tenant) {
                batch.put(MAPPINGS, &of_tenant(&target(), tenant), mapping);
                come_back(&target(), &mut batch, mapping);
                told.push(in_words(mapping));
            }
        }
        let what = format!("mapped {}", told.join("; "));
        self.context.change(self.caller, batch, what, Changed::Customers).await?;
        Ok(Answer::Customers(rows(self.context, changed).await?))
    }
}

fn in_words(mapping: &Mapping) -> String {
    let first = mapping.first_month.map(|month| format!(" ({month})")).unwrap_or_default();
    format!(
        "{} to “{}” {} of “{}” {}, sync {}, from {}{first}, {}",
        mapping.domain,
        mapping.contract_name,
        mapping.contract,
        mapping.company_name,
        mapping.company,
        if mapping.sync { "on" } else { "off" },
        groups::start(mapping.start),
        groups::pricing(mapping.pricing),
    )
}
