//! Mapping a tenant to a contract (R42).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    domain::{
        TenantId,
        mapping::{Mapping, Missed, Skipped, Start},
        target::{Company, Contract},
    },
    engine::{
        approvals::changes,
        audit::trail::Deed,
        context::{Caller, Context},
        customers::{
            choices,
            lookup::{self, Found},
            mapped::Mapped,
            rows, shared_contract,
            sync_start::Cursor,
        },
        protocol::{Changed, MapDraft, Refusal},
        sync::left_behind::{come_back, leave},
        tables::{
            MAPPINGS, MISSED, SKIPPED, of_connection, of_tenant, of_tenant_invoice,
            text_below_connection,
        },
        views::CustomerView,
    },
    store::{Batch, Key},
};

/// Maps a tenant, or changes its mapping.
pub(crate) async fn map(
    context: &Arc<Context>,
    caller: &Caller,
    draft: MapDraft,
) -> Result<Vec<CustomerView>, Refusal> {
    let typed = [draft.tenant.clone()];
    let (_, found) = lookup::tenants(context, caller, &typed).await?;
    let company = choices::company(context, caller, &draft.company).await?;
    let (_, client) = context.target(caller).await?;
    let contract = choices::contract(context, &*client, &company, &draft.contract).await?;
    let _pen = context.pen.lock().await;
    let book = context.load_book().await?;
    let mut edit = MappingEdit::new(context, caller, book.mappings);
    let mut changed = BTreeSet::new();
    for found in found {
        let wish = MappingWish::of(&draft);
        changed.insert(found.tenant.clone());
        edit.map(found, &company, &contract, wish).await?;
    }
    edit.store(changed).await
}

/// What is wished for a mapping beside where it goes; what is not given stays, or is as with its neighbours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MappingWish {
    pub sync: Option<bool>,
    /// First invoice.
    pub from: Option<Start>,
    pub pricing: Option<crate::domain::mapping::PricingStrategy>,
    pub note: Option<String>,
}

impl MappingWish {
    fn of(draft: &MapDraft) -> Self {
        Self { sync: draft.sync, from: draft.from, pricing: draft.pricing, note: None }
    }
}

/// Mappings while a command changes them; nothing is stored until all is well.
pub(crate) struct MappingEdit<'a> {
    /// What the engine works with.
    pub context: &'a Arc<Context>,
    pub caller: &'a Caller,
    /// All mappings, as they are stored.
    stored: BTreeMap<TenantId, Mapping>,
    /// The same, as they will be.
    pub mappings: Mapped,
    /// The invoice list, once something was switched on.
    pub cursor: Option<Cursor<'a>>,
    /// Mappings as they were of those that were moved to another contract.
    moved: Vec<Mapping>,
    /// What became due for those that are switched on again.
    missed: BTreeMap<TenantId, Vec<Missed>>,
    /// Those that begin anew: what they missed or skipped before is over.
    anew: BTreeSet<TenantId>,
    /// Why all of that is skipped, if it is.
    pub skip: Option<String>,
    /// Contracts as they were read on the way, to be remembered with the links.
    pub contracts: Vec<Contract>,
}

impl<'a> MappingEdit<'a> {
    /// With these mappings, which are all that is stored.
    pub(crate) fn new(
        context: &'a Arc<Context>,
        caller: &'a Caller,
        stored: BTreeMap<TenantId, Mapping>,
    ) -> Self {
        let mappings = stored.values().cloned().collect();
        Self {
            context,
            caller,
            stored,
            mappings,
            cursor: None,
            moved: Vec::new(),
            missed: BTreeMap::new(),
            anew: BTreeSet::new(),
            skip: None,
            contracts: Vec::new(),
        }
    }

    /// Whether a mapping says what is stored of it already, whenever that was.
    pub(crate) fn is_as_stored(&self, tenant: &TenantId) -> bool {
        match (self.stored.get(tenant), self.mappings.get(tenant)) {
            (Some(old), Some(new)) => Mapping { changed_at: new.changed_at, ..old.clone() } == *new,
            _ => false,
        }
    }

    /// Puts a tenant on a contract.
    pub(crate) async fn map(
        &mut self,
        found: Found,
        company: &Company,
        contract: &Contract,
        wish: MappingWish,
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
            begun: false,
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
            let neighbour = shared_contract::neighbour(&new, &self.mappings);
            if let Some((start, pricing)) = neighbour.map(|one| (one.start, one.pricing)) {
                (new.start, new.pricing) = (start, pricing);
            }
        }
        new.sync = wish.sync.unwrap_or(new.sync);
        new.start = wish.from.unwrap_or(new.start);
        new.pricing = wish.pricing.unwrap_or(new.pricing);
        new.note = wish.note.unwrap_or(new.note);
        self.begin(&mut new, old.as_ref(), found.agreement.as_ref()).await?;
        self.moved.extend(old.filter(|_| moved));
        self.mappings.insert(new);
        Ok(())
    }

    /// Where sync goes on from. The first month belongs to the mapping, not to its switch (sync-rules 2.2): it is resolved
    /// when sync is switched on for the first time, on another contract, or from another start. One that was on before
    /// goes on where it was, and what became due since is found out.
    ///
    /// ```text
    ///            Aug        Sep        Oct
    ///  switch  on ─┐off                ┌─on
    ///  applied   Aug │     (Sep missed) │ Sep, Oct: caught up, or skipped with a reason
    /// ```
    pub(crate) async fn begin(
        &mut self,
        new: &mut Mapping,
        old: Option<&Mapping>,
        agreement: Option<&crate::domain::AgreementId>,
    ) -> Result<(), Refusal> {
        let same = |old: &&Mapping| old.contract == new.contract && old.start == new.start;
        let old = old.filter(same).filter(|old| old.has_begun());
        new.begun = old.is_some_and(|old| old.begun || !new.sync);
        if old.is_none() {
            new.first_month = None;
            self.anew.insert(new.tenant.clone());
        }
        if !new.sync || old.is_some_and(|old| old.sync) {
            return Ok(());
        }
        new.begun = true;
        if self.cursor.is_none() {
            self.cursor = Some(Cursor::read(self.context, self.caller).await?);
        }
        let Some(cursor) = &mut self.cursor else { return Ok(()) };
        if old.is_some() {
            let missed = cursor.missed(new, agreement).await?;
            self.missed.insert(new.tenant.clone(), missed);
        } else {
            new.first_month = cursor.first(new.start, agreement).await?;
        }
        Ok(())
    }

    /// What is still to be told, or to be skipped, of what these mappings missed; nothing of one that is off.
    fn put_missed(
        &self,
        batch: &mut Batch,
        mapping: &Mapping,
        before: &MissedBefore,
    ) -> Vec<String> {
        let told = before.told.get(&mapping.tenant).map_or(&[][..], Vec::as_slice);
        let anew = self.anew.contains(&mapping.tenant);
        let all = match self.missed.get(&mapping.tenant) {
            Some(missed) => missed.clone(),
            None if mapping.sync && !anew => {
                told.iter().map(|(_, missed)| missed.clone()).collect()
            }
            None => Vec::new(),
        };
        if anew {
            for key in before.skipped.get(&mapping.tenant).into_iter().flatten() {
                batch.remove(SKIPPED, key);
            }
        }
        for (key, _) in told {
            batch.remove(MISSED, key);
        }
        let mut skipped = Vec::new();
        for missed in all {
            let key = of_tenant_invoice(
                &self.context.sides.target,
                &mapping.tenant,
                missed.month,
                &missed.invoice,
            );
            match &self.skip {
                Some(reason) => {
                    skipped.push(format!("{} ({})", missed.invoice_number, missed.month));
                    let (reason, at) = (reason.clone(), self.context.clock.now());
                    let by = self.caller.actor.name.clone();
                    batch.put(SKIPPED, &key, &Skipped { missed, reason, by, at });
                }
                None => batch.put(MISSED, &key, &missed),
            }
        }
        skipped
    }

    /// Stores the changed ones, as [`Self::keep`] does, and gives what is shown of them.
    pub(crate) async fn store(
        self,
        changed: BTreeSet<TenantId>,
    ) -> Result<Vec<CustomerView>, Refusal> {
        let context = self.context;
        self.keep(&changed).await?;
        rows(context, changed).await
    }

    /// Stores the changed ones if every contract's mappings agree; none of them otherwise.
    pub(crate) async fn keep(self, changed: &BTreeSet<TenantId>) -> Result<(), Refusal> {
        shared_contract::agree(changed, &self.mappings)?;
        let mut batch = Batch::new();
        choices::put(self.context, &mut batch, &self.contracts);
        let mut told = Vec::new();
        for old in &self.moved {
            leave(&self.context.store, &self.context.sides.target, &mut batch, old).await?;
        }
        let before = MissedBefore::read(self.context).await?;
        for tenant in changed {
            if let Some(mapping) = self.mappings.get(tenant) {
                batch.put(MAPPINGS, &of_tenant(&self.context.sides.target, tenant), mapping);
                changes::mapping(&mut batch, self.caller, &self.context.sides.target, mapping);
                come_back(&self.context.sides.target, &mut batch, mapping);
                told.push(in_words(mapping));
                let skipped = self.put_missed(&mut batch, mapping, &before);
                if let Some(reason) = self.skip.as_ref().filter(|_| !skipped.is_empty()) {
                    let what = skipped.join(", ");
                    told.push(format!("{} skips {what}: {reason}", mapping.domain));
                }
            }
        }
        let deed = Deed::from(format!("linked {}", told.join("; ")));
        let deed = deed.moved(self.stored_in_words(changed), None);
        let mut concerned = changed.iter().filter_map(|tenant| self.mappings.get(tenant));
        let deed = match (concerned.next(), concerned.next()) {
            (Some(only), None) => deed.about(&only.domain).to(in_words(only)),
            _ => deed,
        };
        self.context.change(self.caller, batch, deed, Changed::Customers).await?;
        if !self.contracts.is_empty() {
            self.context.contracts.forget();
        }
        Ok(())
    }
}

impl MappingEdit<'_> {
    /// As those that are changed stand in the store; none where none of them does.
    fn stored_in_words(&self, changed: &BTreeSet<TenantId>) -> Option<String> {
        let stored = changed.iter().filter_map(|tenant| self.stored.get(tenant));
        let told: Vec<String> = stored.map(in_words).collect();
        (!told.is_empty()).then(|| told.join("; "))
    }
}

/// What was told as missed, or is skipped: read once for all mappings of a command.
struct MissedBefore {
    told: BTreeMap<TenantId, Vec<(Key, Missed)>>,
    skipped: BTreeMap<TenantId, Vec<Key>>,
}

impl MissedBefore {
    async fn read(context: &Context) -> Result<Self, Refusal> {
        let all = of_connection(&context.sides.target);
        let mut told: BTreeMap<TenantId, Vec<(Key, Missed)>> = BTreeMap::new();
        for (key, missed) in context.store.scan(MISSED, all.clone()).await? {
            if let Some(tenant) = text_below_connection(&key) {
                told.entry(TenantId::new(tenant)).or_default().push((key, missed));
            }
        }
        let mut skipped: BTreeMap<TenantId, Vec<Key>> = BTreeMap::new();
        for (key, _) in context.store.scan(SKIPPED, all).await? {
            if let Some(tenant) = text_below_connection(&key) {
                skipped.entry(TenantId::new(tenant)).or_default().push(key);
            }
        }
        Ok(Self { told, skipped })
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
        shared_contract::start(mapping.start),
        shared_contract::pricing(mapping.pricing),
    )
}
