//! Data out: runs, mappings, and where every invoice line went.

use std::collections::BTreeMap;

use crate::{
    domain::{InvoiceId, outcome::Disposition, run::RunReport, shared_text::SharedText},
    engine::{
        context::Context,
        protocol::Refusal,
        sync::{outcome::rows, records::LineState, snapshot::currencies::Currencies},
        tables::{LINES, RUNS, of_connection, text_below_connection},
        views::LineView,
    },
    store::Key,
};

pub(crate) async fn runs(context: &Context) -> Result<Vec<RunReport>, Refusal> {
    let headers = context.store.scan(RUNS, Key::new()).await?;
    let mut reports = Vec::with_capacity(headers.len());
    for (_, header) in headers {
        reports.extend(rows::report(&context.store, header.id).await?);
    }
    Ok(reports)
}

pub(crate) async fn lines(context: &Context) -> Result<Vec<LineView>, Refusal> {
    let book = context.load_book().await?;
    let stored = context.store.scan(LINES, of_connection(&context.sides.target)).await?;
    let currencies = Currencies::read(&context.store, &context.sides.target).await?;
    let mut names: BTreeMap<_, _> = BTreeMap::new();
    let mut views: Vec<LineView> = stored
        .into_iter()
        .filter_map(|(key, state)| Some((InvoiceId::new(text_below_connection(&key)?), state)))
        .map(|(invoice, state)| {
            let found = state.tenant.as_ref().and_then(|tenant| {
                let found = names.entry(tenant.clone()).or_insert_with(|| book.of(tenant));
                found.as_ref().map(|one| (one.customer_name.clone(), one.domain.clone()))
            });
            let currency = currencies.of(&invoice);
            LineView { currency, ..view(invoice, state, found) }
        })
        .collect();
    views.sort_by(|a, b| (a.month, &a.invoice, a.line).cmp(&(b.month, &b.invoice, b.line)));
    Ok(views)
}

fn view(invoice_id: InvoiceId, state: LineState, found: Option<(String, String)>) -> LineView {
    let LineState { line, .. } = state;
    let told = || {
        let told = |text: &Option<SharedText>| text.as_deref().unwrap_or_default().to_owned();
        (told(&line.customer_name), told(&line.domain))
    };
    let (customer, tenant) = found.unwrap_or_else(told);
    // Lines that no run put anywhere belong to none.
    let placed = !matches!(state.disposition, Disposition::NotInScope);
    LineView {
        invoice: state.invoice_number,
        invoice_id,
        month: state.month,
        line: line.number,
        customer,
        tenant,
        offer: line.offer().to_owned(),
        subscription: line.subscription,
        start: line.start,
        end: line.end,
        quantity: line.quantity,
        subtotal: line.subtotal,
        subtotal_retail: line.subtotal_retail,
        currency: None,
        disposition: state.disposition,
        run: placed.then_some(state.run),
    }
}
