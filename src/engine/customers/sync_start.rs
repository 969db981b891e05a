//! Where a mapping that is switched on begins, and what became due for one that was on before (sync-rules 2.2).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    domain::{
        AgreementId, Code, InvoiceId, Money, ReadError, TenantId, UsageMonth,
        invoice::{Invoice, Tenant},
        mapping::{Mapping, Missed, Skipped, Start},
        outcome::Finding,
    },
    engine::{
        connections::heard::heard,
        context::{Caller, Context},
        customers::tenants,
        protocol::Refusal,
        sync::{
            due::invoice_file::{InvoiceFile, invoice_file},
            records::{InvoiceState, accepted_currencies, treated},
        },
        tables::{
            CURSORS, HEADERS, INVOICES, SKIPPED, of_connection, of_invoice, of_tenant,
            text_below_connection,
        },
    },
    planning::{
        invoices::{Due, Known, MappingState, Request, due, examine, first_month, settled},
        triage::Bill,
    },
    prism::Source,
    store::Batch,
};

/// The invoice list, read once for all mappings that a command switches on.
pub(crate) struct Cursor<'a> {
    context: &'a Context,
    client: Arc<dyn Source>,
    agreements: Vec<AgreementId>,
    headers: Vec<Invoice>,
    /// As they were listed before, also those that are listed no more.
    remembered: Vec<Invoice>,
    states: BTreeMap<InvoiceId, InvoiceState>,
    /// Invoices that have no row yet.
    empty: BTreeSet<InvoiceId>,
    /// Invoices that cannot be read, with what is said of them.
    unreadable: BTreeMap<InvoiceId, Finding>,
    /// What invoices bill each tenant, as far as it was asked for; none of one that cannot be read.
    bills: BTreeMap<InvoiceId, Option<BTreeMap<TenantId, Bill>>>,
    tenants: Option<Vec<Tenant>>,
    /// First months, as far as they were asked for.
    firsts: BTreeMap<(Start, Option<AgreementId>), Option<UsageMonth>>,
}

impl<'a> Cursor<'a> {
    /// Reads the list.
    pub(crate) async fn read(context: &'a Arc<Context>, caller: &Caller) -> Result<Self, Refusal> {
        let client = context.source(caller).await?;
        let agreements = tenants::agreements(context, &*client).await?;
        let headers =
            heard(context, &context.sides.source, client.invoices().await).await?.invoices;
        let stored = context.store.scan(INVOICES, of_connection(&context.sides.target)).await?;
        let states = stored
            .into_iter()
            .filter_map(|(key, state)| Some((InvoiceId::new(text_below_connection(&key)?), state)));
        let states = states.collect();
        let remembered = context.store.scan(HEADERS, of_connection(&context.sides.target)).await?;
        let remembered = remembered.into_iter().map(|(_, known)| known.header).collect();
        Ok(Self {
            context,
            client,
            agreements,
            headers,
            remembered,
            states,
            empty: BTreeSet::new(),
            unreadable: BTreeMap::new(),
            bills: BTreeMap::new(),
            tenants: None,
            firsts: BTreeMap::new(),
        })
    }

    /// The first month for a tenant of this agreement; none where every invoice to come is meant.
    pub(crate) async fn first(
        &mut self,
        start: Start,
        agreement: Option<&AgreementId>,
    ) -> Result<Option<UsageMonth>, Refusal> {
        let asked = (start, agreement.cloned());
        if let Some(known) = self.firsts.get(&asked) {
            return Ok(*known);
        }
        let month = self.find_first(start, agreement).await?;
        self.firsts.insert(asked, month);
        Ok(month)
    }

    async fn find_first(
        &mut self,
        start: Start,
        agreement: Option<&AgreementId>,
    ) -> Result<Option<UsageMonth>, Refusal> {
        let ours = |header: &&Invoice| match (&header.agreement, agreement) {
            (None, _) => true,
            (Some(of), Some(agreement)) => of == agreement,
            (Some(of), None) => self.agreements.contains(of),
        };
        let this_month = self.context.clock.today().month();
        let mut headers: Vec<Invoice> = self.headers.iter().filter(ours).cloned().collect();
        loop {
            let unclear: Vec<Invoice> =
                match first_month(&headers, &self.known(), start, this_month) {
                    Ok(month) => return Ok(month),
                    Err(unclear) => unclear.into_iter().cloned().collect(),
                };
            for invoice in &unclear {
                // What has no row yet, or cannot be read, is no invoice to begin with.
                if !self.examine(invoice).await? {
                    headers.retain(|header| header.id != invoice.id);
                }
            }
        }
    }

    /// What became due for a mapping that was on before, oldest first, and is neither applied nor skipped: the next sync
    /// applies it.
    pub(crate) async fn missed(
        &mut self,
        mapping: &Mapping,
        agreement: Option<&AgreementId>,
    ) -> Result<Vec<Missed>, Refusal> {
        let due = self.due(mapping, agreement).await?;
        // A month that is still to come is nothing that was missed.
        let waiting = due.held.into_iter().filter(|held| held.finding.code != Code::FutureMonth);
        let waiting = waiting.map(|held| (held.invoice, held.month));
        let all = due.invoices.into_iter().map(|due| (due.invoice, due.month)).chain(waiting);
        let mut missed = Vec::new();
        for (invoice, month) in all {
            let amount = self.amount(&invoice.id, month, &mapping.tenant).await?;
            let Invoice { id: invoice, number: invoice_number, currency, .. } = invoice;
            missed.push(Missed { month, invoice, invoice_number, amount, currency });
        }
        missed.sort_by(|one, other| {
            (one.month, &one.invoice_number).cmp(&(other.month, &other.invoice_number))
        });
        Ok(missed)
    }

    /// What is due for one mapping alone, with unclear invoices examined.
    async fn due(
        &mut self,
        mapping: &Mapping,
        agreement: Option<&AgreementId>,
    ) -> Result<Due, Refusal> {
        let (store, place) =
            (&self.context.store, of_tenant(&self.context.sides.target, &mapping.tenant));
        let applied = store.scan(CURSORS, place.clone()).await?;
        let applied: Vec<_> = applied.into_iter().map(|(_, applied)| applied).collect();
        let skipped = store.scan(SKIPPED, place).await?;
        let skipped = skipped.into_iter().map(|(_, Skipped { missed, .. })| missed.invoice);
        let skipped: Vec<_> = skipped.collect();
        let agreements: BTreeSet<AgreementId> = self.agreements.iter().cloned().collect();
        loop {
            let dismissed = self.states.iter().filter(|(_, state)| state.dismissed.is_some());
            let due = due(&Request {
                headers: &self.headers,
                known: &self.known(),
                empty: &self.empty,
                unreadable: &self.unreadable,
                this_month: self.context.clock.today().month(),
                agreements: &agreements,
                mappings: &[MappingState {
                    tenant: &mapping.tenant,
                    agreement,
                    first_month: mapping.first_month,
                    applied: &applied,
                    skipped: &skipped,
                }],
                dismissed: &dismissed.map(|(id, _)| id.clone()).collect(),
                treated: &treated(&self.states),
                remembered: &self.remembered,
                currencies: &accepted_currencies(&self.states),
            });
            if due.unclear.is_empty() {
                return Ok(due);
            }
            for invoice in &due.unclear {
                if !self.examine(invoice).await? && !self.unreadable.contains_key(&invoice.id) {
                    self.empty.insert(invoice.id.clone());
                }
            }
        }
    }

    /// What an invoice bills a tenant. That it cannot be read is no reason not to switch on: a sync says what is wrong.
    async fn amount(
        &mut self,
        invoice: &InvoiceId,
        month: UsageMonth,
        tenant: &TenantId,
    ) -> Result<Option<Money>, Refusal> {
        if !self.bills.contains_key(invoice) {
            let bills = self.read_bills(invoice, month).await?;
            self.bills.insert(invoice.clone(), bills);
        }
        let Some(bills) = self.bills.get(invoice).and_then(Option::as_ref) else {
            return Ok(None);
        };
        let Some(bill) = bills.get(tenant) else { return Ok(Some(Money::ZERO)) };
        let azure = self.context.options().await?.azure;
        Ok(Some(bill.under(azure, &self.context.config.policies()).to_sync))
    }

    async fn read_bills(
        &mut self,
        invoice: &InvoiceId,
        month: UsageMonth,
    ) -> Result<Option<BTreeMap<TenantId, Bill>>, Refusal> {
        let lines = match self.client.lines(invoice).await {
            Ok(lines) => lines,
            Err(ReadError::Cancelled) => return Err(ReadError::Cancelled.into()),
            Err(error) => {
                tracing::warn!(%invoice, "cannot be read for amounts: {error}");
                return Ok(None);
            }
        };
        if self.tenants.is_none() {
            let mut tenants = Vec::new();
            for agreement in &self.agreements {
                let read = self.client.tenants(agreement).await;
                tenants.extend(heard(self.context, &self.context.sides.source, read).await?);
            }
            self.tenants = Some(tenants);
        }
        let tenants = self.tenants.as_deref().unwrap_or_default();
        let who = tenants::Whom { agreements: &self.agreements, tenants };
        who.bills(self.context, &*self.client, month, &lines).await
    }

    fn known(&self) -> Known {
        let examined = self.states.values().filter_map(|state| state.examined.clone());
        examined.map(|examined| (examined.invoice.clone(), examined)).collect()
    }

    /// What a header does not tell its lines do; they need to be read for this only once. False where there is none yet, or
    /// they cannot be read.
    async fn examine(&mut self, invoice: &Invoice) -> Result<bool, Refusal> {
        let read = invoice_file(&*self.client, invoice).await;
        let lines = match heard(self.context, &self.context.sides.source, read).await? {
            InvoiceFile::Lines(lines) => lines,
            InvoiceFile::Unreadable(finding) => {
                self.unreadable.insert(invoice.id.clone(), finding);
                return Ok(false);
            }
        };
        let accepted = self.states.get(&invoice.id).and_then(InvoiceState::accepted);
        let settled = settled(invoice, &lines, accepted).is_ok();
        if lines.is_empty() && !settled {
            return Ok(false);
        }
        let state = self.states.entry(invoice.id.clone()).or_default();
        state.examined = Some(examine(invoice, &lines));
        // Lines that do not add up yet may tell otherwise when they do.
        if settled {
            let mut batch = Batch::new();
            batch.put(INVOICES, &of_invoice(&self.context.sides.target, &invoice.id), state);
            self.context.store.commit(batch).await?;
        }
        Ok(true)
    }
}
