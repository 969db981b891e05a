//! Whether an invoice is in the currency of its agreement (sync-rules 2.9). One agreement has one currency (wire/prism 9.4),
//! and no header says which: earlier invoices do.
//!
//! It must not look at lines, and it knows no rates: what is in another currency waits for somebody's word.
//!
//! ```text
//!            Jun     Jul     Aug     Sep     Oct
//! applied            AUD     AUD
//! this one                           JPY             is held against August's: the newest applied before it
//! none applied
//! this one                           JPY             is held against June's, the oldest that is listed
//!            AUD     AUD     AUD
//! accepted                           JPY
//! this one                                   JPY     is as September's, which somebody accepted
//! ```

use crate::domain::{Code, UsageMonth, invoice::Invoice, outcome::Finding};

use super::{DueInvoice, Request, Sorted, share_agreement};

/// That an invoice is in another currency than its agreement; nothing where it is in the same, or says none, or where its
/// own was accepted.
pub(super) fn contradiction(
    request: &Request<'_>,
    standard: &[Sorted<'_>],
    due: &DueInvoice,
) -> Option<Finding> {
    let currency = due.invoice.currency.as_ref()?;
    if request.currencies.get(&due.invoice.id) == Some(currency) {
        return None;
    }
    let known = agreed(request, standard, due)?;
    let differs = known.invoice.currency.as_ref() != Some(currency);
    differs.then(|| other_currency(due, known))
}

/// An invoice whose currency is that of its agreement.
#[derive(Clone, Copy)]
struct Agreed<'a> {
    invoice: &'a Invoice,
    month: UsageMonth,
}

/// The invoice that shows in which currency the agreement is billed: the newest before this one that was applied, or whose
/// currency somebody accepted; else the first of those that came later; else the oldest that is listed.
fn agreed<'a>(
    request: &Request<'a>,
    standard: &[Sorted<'a>],
    due: &DueInvoice,
) -> Option<Agreed<'a>> {
    let tells = |one: &Agreed<'_>| {
        one.invoice.currency.is_some() && share_agreement(request.known, one.invoice, &due.invoice)
    };
    let order = |one: &Agreed<'_>| (one.month, one.invoice.id.clone());
    let standing = applied(request).chain(accepted(request, standard)).filter(tells);
    let mut standing: Vec<Agreed<'a>> = standing.collect();
    standing.sort_by_key(order);
    let later = standing.partition_point(|one| one.month <= due.month);
    let nearest = standing[..later].last().or_else(|| standing.get(later)).copied();
    let listed = standard.iter().map(|one| Agreed { invoice: one.invoice, month: one.month });
    nearest.or_else(|| listed.filter(tells).min_by_key(order))
}

fn applied<'a>(request: &Request<'a>) -> impl Iterator<Item = Agreed<'a>> {
    let (headers, remembered) = (request.headers, request.remembered);
    let applied = request.mappings.iter().flat_map(|mapping| mapping.applied);
    applied.filter_map(move |applied| {
        let is_it = |invoice: &&Invoice| invoice.id == applied.invoice;
        let invoice = headers.iter().find(is_it).or_else(|| remembered.iter().find(is_it))?;
        Some(Agreed { invoice, month: applied.month })
    })
}

fn accepted<'a>(
    request: &Request<'a>,
    standard: &[Sorted<'a>],
) -> impl Iterator<Item = Agreed<'a>> {
    let is_accepted = |invoice: &Invoice| {
        let accepted = request.currencies.get(&invoice.id);
        accepted.is_some() && accepted == invoice.currency.as_ref()
    };
    let accepted = standard.iter().filter(move |one| is_accepted(one.invoice));
    accepted.map(|one| Agreed { invoice: one.invoice, month: one.month })
}

fn other_currency(due: &DueInvoice, known: Agreed<'_>) -> Finding {
    let number = &due.invoice.number;
    let code = |invoice: &Invoice| {
        let currency = invoice.currency.as_ref();
        currency.map(ToString::to_string).unwrap_or_default()
    };
    let (billed, agreed) = (code(&due.invoice), code(known.invoice));
    Finding::new(
        Code::OtherCurrency,
        format!(
            "Invoice {number} of {} is in {billed}, and its agreement is billed in {agreed}, as invoice {} of {} shows.",
            due.month, known.invoice.number, known.month
        ),
        format!(
            "Nothing is written for it now, and later months of this agreement wait. Ask your distributor for the invoice \
             in {agreed}. If the agreement is billed in {billed} from now on, and prices on its contracts are meant in \
             {billed} too: `prism-connect invoices accept {number} --currency {billed} --reason TEXT`. To leave the \
             month out: `prism-connect invoices dismiss {number} --reason TEXT`."
        ),
    )
}
