//! Invoices that are not synced at all, each listed once with its reason and amount (sync-rules 2.1).

use crate::{
    domain::{
        Money, ReadError, UsageMonth,
        invoice::{Invoice, Lines},
        run::{ExcludedSum, Ledger},
    },
    engine::{
        sync::{due::Stored, lifecycle::Course, writing::writer::Halt},
        tables::{INVOICES, LEDGERS, of_invoice, of_ledger},
    },
    planning::invoices::Due,
    store::Batch,
};

/// Gives each that no earlier run has listed a ledger of its own. Those of months before every mapping are nobody's
/// business.
pub(crate) async fn list_left_out(
    course: &mut Course<'_>,
    stored: &mut Stored,
    due: &Due,
) -> Result<(), Halt> {
    let firsts: Option<Vec<UsageMonth>> = stored.on().map(|mapping| mapping.first_month).collect();
    let first = firsts.and_then(|firsts| firsts.into_iter().min());
    if stored.on().next().is_none() {
        return Ok(());
    }
    for (invoice, reason) in &due.excluded {
        let month = stored.month_of(invoice);
        let early = first.is_some_and(|first| month.is_some_and(|month| month < first));
        let state = stored.invoices.entry(invoice.id.clone()).or_default();
        if state.listed.is_some() || early {
            continue;
        }
        let ledger = ledger(course, invoice, reason).await?;
        state.listed = Some(course.header.id);
        let mut batch = Batch::new();
        let desk = &course.desk;
        batch.put(LEDGERS, &of_ledger(desk.run, &invoice.id), &ledger);
        batch.put(INVOICES, &of_invoice(&desk.connection, &invoice.id), state);
        desk.commit(batch).await?;
    }
    Ok(())
}

/// All of it in one place. Where its lines cannot be read, its header's sum must do.
async fn ledger(course: &Course<'_>, invoice: &Invoice, reason: &str) -> Result<Ledger, Halt> {
    let lines = match course.desk.equipment.source.lines(&invoice.id).await {
        Ok(lines) => lines,
        Err(error @ (ReadError::Unauthorized { .. } | ReadError::Cancelled)) => {
            return Err(error.into());
        }
        Err(error) => {
            tracing::warn!(invoice = %invoice.number, "left out, and cannot be read: {error}");
            Lines::default()
        }
    };
    let sum: Money = lines.amounts().sum();
    let amount = invoice.subtotal.unwrap_or(sum);
    let excluded = ExcludedSum { reason: reason.to_owned(), lines: lines.len() as u64, amount };
    Ok(Ledger {
        invoice: invoice.number.clone(),
        currency: invoice.currency.clone(),
        subtotal: amount,
        excluded: vec![excluded],
        ..Ledger::default()
    })
}
