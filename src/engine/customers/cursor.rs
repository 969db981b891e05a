//! Where a mapping that is switched on begins (sync-rules 2.2).

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    domain::{AgreementId, InvoiceId, UsageMonth, invoice::Invoice, mapping::Start},
    engine::{
        connections::heard,
        context::{Caller, Context},
        protocol::Refusal,
        records::{of_connection, source, target},
        run::records::{INVOICES, InvoiceState, of_invoice},
    },
    planning::invoices::{Known, examine, first_month, settled},
    prism::Source,
    store::Batch,
};

use super::{known, second_text};

/// The invoice list, read once for all mappings that a command switches on.
pub struct Cursor<'a> {
    context: &'a Context,
    client: Arc<dyn Source>,
    agreements: Vec<AgreementId>,
    headers: Vec<Invoice>,
    states: BTreeMap<InvoiceId, InvoiceState>,
}

impl<'a> Cursor<'a> {
    /// Reads the list.
    pub async fn read(context: &'a Arc<Context>, caller: &Caller) -> Result<Self, Refusal> {
        let client = context.source(caller).await?;
        let agreements = known::agreements(context, &*client).await?;
        let headers = heard(context, &source(), client.invoices().await).await?;
        let stored = context.store.scan(INVOICES, of_connection(&target())).await?;
        let states = stored
            .into_iter()
            .filter_map(|(key, state)| Some((InvoiceId::new(second_text(&key)?), state)));
        let states = states.collect();
        Ok(Self { context, client, agreements, headers, states })
    }

    /// The first month for a tenant of this agreement; none where every invoice to come is meant.
    pub async fn first(
        &mut self,
        start: Start,
        agreement: Option<&AgreementId>,
    ) -> Result<Option<UsageMonth>, Refusal> {
        let ours = |header: &&Invoice| match (&header.agreement, agreement) {
            (None, _) => true,
            (Some(of), Some(agreement)) => of == agreement,
            (Some(of), None) => self.agreements.contains(of),
        };
        let mut headers: Vec<Invoice> = self.headers.iter().filter(ours).cloned().collect();
        loop {
            let unclear: Vec<Invoice> = match first_month(&headers, &self.known(), start) {
                Ok(month) => return Ok(month),
                Err(unclear) => unclear.into_iter().cloned().collect(),
            };
            for invoice in &unclear {
                // What has no row yet is no invoice to begin with.
                if !self.examine(invoice).await? {
                    headers.retain(|header| header.id != invoice.id);
                }
            }
        }
    }

    fn known(&self) -> Known {
        let examined = self.states.values().filter_map(|state| state.examined.clone());
        examined.map(|examined| (examined.invoice.clone(), examined)).collect()
    }

    /// What a header does not tell its lines do; they need to be read for this only once. False where there is none yet.
    async fn examine(&mut self, invoice: &Invoice) -> Result<bool, Refusal> {
        let read = self.client.lines(&invoice.id).await;
        let lines = heard(self.context, &source(), read).await?.lines;
        let settled = settled(invoice, &lines).is_ok();
        if lines.is_empty() && !settled {
            return Ok(false);
        }
        let state = self.states.entry(invoice.id.clone()).or_default();
        state.examined = Some(examine(invoice, &lines));
        // Lines that do not add up yet may tell otherwise when they do.
        if settled {
            let mut batch = Batch::new();
            batch.put(INVOICES, &of_invoice(&target(), &invoice.id), state);
            self.context.store.commit(batch).await?;
        }
        Ok(true)
    }
}
