//! Which invoices are due for which tenants, in which order, and what holds the rest up (sync-rules 2.2, 2.4).

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::domain::{
    AgreementId, Code, Currency, InvoiceId, Money, TenantId, UsageMonth,
    invoice::Invoice,
    mapping::{Applied, Start},
    outcome::Finding,
};

use super::{
    Examined, InvoiceKind, Known, Treated, Treatment, classify, may_be_standard, odd_header,
    without_rows,
};

mod currency;

/// How far one mapped tenant with sync on has come.
#[derive(Clone, Copy, Debug)]
pub struct MappingState<'a> {
    pub tenant: &'a TenantId,
    /// The agreement it hangs on, as last seen; none where that is not known: then any.
    pub agreement: Option<&'a AgreementId>,
    /// No invoice of an earlier month is applied; none where there is no such limit.
    pub first_month: Option<UsageMonth>,
    /// What was applied for it, in any order; at least the newest, and all that headers still list.
    pub applied: &'a [Applied],
    /// What the operator skipped for it alone (sync-rules 2.2).
    pub skipped: &'a [InvoiceId],
}

/// Everything that decides what is due.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// All headers there are, in any order.
    pub headers: &'a [Invoice],
    /// Those whose lines were examined.
    pub known: &'a Known,
    /// Those that were to be examined and have no row yet, although their header does not say that there is nothing to
    /// bill (sync-rules 2.3).
    pub empty: &'a BTreeSet<InvoiceId>,
    /// Those that were to be read and cannot be, with what is said of them.
    pub unreadable: &'a BTreeMap<InvoiceId, Finding>,
    /// The month that is now: nothing can have been used in a later one (sync-rules 2.9).
    pub this_month: UsageMonth,
    /// The chosen agreements; empty where every one is meant (sync-rules 2.5).
    pub agreements: &'a BTreeSet<AgreementId>,
    /// Mapped tenants with sync on, by tenant.
    pub mappings: &'a [MappingState<'a>],
    /// Invoices that the operator dismissed.
    pub dismissed: &'a BTreeSet<InvoiceId>,
    /// Invoices of which the operator said what they are.
    pub treated: &'a BTreeMap<InvoiceId, Treated>,
    /// Headers that are listed no more: what was applied once may be among them.
    pub remembered: &'a [Invoice],
    /// Currencies that the operator accepted, by invoice (sync-rules 2.9).
    pub currencies: &'a BTreeMap<InvoiceId, Currency>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueInvoice {
    pub invoice: Invoice,
    pub month: UsageMonth,
    /// Whether its header says that it is standard (W17 depends on it).
    pub typed: bool,
    /// The tenants it is due for, in the order given.
    pub tenants: Vec<TenantId>,
}

/// An invoice that would be due and waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    pub invoice: Invoice,
    pub month: UsageMonth,
    /// The tenants it would be due for.
    pub tenants: Vec<TenantId>,
    /// Why: `doubled`, `other_currency`, something that cannot be read or be true, or `waits` behind another.
    pub finding: Finding,
}

/// An invoice that is left out although its month has no other (sync-rules 2.5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undecided {
    pub invoice: Invoice,
    pub month: UsageMonth,
    /// The tenants that no invoice of the month was applied for.
    pub tenants: Vec<TenantId>,
    /// What it amounts to, as far as header or lines tell.
    pub amount: Option<Money>,
    pub finding: Finding,
}

/// An invoice that is older than what was applied already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    pub invoice: Invoice,
    pub month: UsageMonth,
    /// Whose mapping has gone past it.
    pub tenant: TenantId,
    pub finding: Finding,
}

/// What the headers come to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// To be applied, oldest first.
    pub invoices: Vec<DueInvoice>,
    /// Their lines must be examined before anything else can be told: read them, `examine` them, ask again.
    pub unclear: Vec<Invoice>,
    /// Would be due, and waits.
    pub held: Vec<Held>,
    /// Too old for a mapping.
    pub refused: Vec<Refused>,
    /// Microsoft CSP invoices that are left alone, with the reason.
    pub excluded: Vec<(Invoice, String)>,
    /// Those among them that are all their month has, until the operator says what they are.
    pub undecided: Vec<Undecided>,
}

impl Due {
    /// Whether there is nothing to apply, examine or report: *No Change* after one cheap look (sync-rules 2.6).
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.invoices.is_empty()
            && self.unclear.is_empty()
            && self.held.is_empty()
            && self.refused.is_empty()
            && self.undecided.is_empty()
    }

    /// Takes an unsettled invoice out, and lets later months of its agreement wait behind it (sync-rules 2.4).
    pub fn hold_behind(&mut self, unsettled: &InvoiceId) {
        let Some(at) = self.invoices.iter().position(|due| due.invoice.id == *unsettled) else {
            return;
        };
        let first = self.invoices.remove(at);
        let (waiting, free) = std::mem::take(&mut self.invoices).into_iter().partition(|due| {
            due.month > first.month && same_agreement(&due.invoice, &first.invoice)
        });
        self.invoices = free;
        let waiting: Vec<DueInvoice> = waiting;
        self.held.extend(waiting.into_iter().map(|due| held(due, waits(&first.invoice))));
    }
}

fn same_agreement(one: &Invoice, other: &Invoice) -> bool {
    match (&one.agreement, &other.agreement) {
        (Some(one), Some(other)) => one == other,
        _ => match (&one.agreement_number, &other.agreement_number) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        },
    }
}

fn held(due: DueInvoice, finding: Finding) -> Held {
    Held { invoice: due.invoice, month: due.month, tenants: due.tenants, finding }
}

fn waits(behind: &Invoice) -> Finding {
    let number = &behind.number;
    Finding::new(
        Code::Waits,
        format!("Waits until invoice {number} of an earlier month is settled."),
        format!("`prism-connect invoices show {number}` says what can be done about that one."),
    )
}

/// A header with all that is known of it.
struct Candidate<'a> {
    invoice: &'a Invoice,
    kind: InvoiceKind,
    month: Option<UsageMonth>,
}

fn candidate<'a>(invoice: &'a Invoice, known: &Known, treated: Option<&Treated>) -> Candidate<'a> {
    let examined = known.get(&invoice.id);
    let month = invoice.usage_month.or_else(|| examined.and_then(|known| known.month));
    let mut kind = match (classify(invoice), examined) {
        (InvoiceKind::Unclear, Some(examined)) => examined.kind.clone(),
        (told, _) => told,
    };
    if is_left_out(&kind) && says(treated, examined, Treatment::Standard) {
        kind = InvoiceKind::Standard { typed: true };
    }
    if matches!(kind, InvoiceKind::Standard { .. }) && examined.is_none() && month.is_none() {
        kind = InvoiceKind::Unclear;
    }
    Candidate { invoice, kind, month }
}

/// What an invoice is, by its header, its lines as far as they are known, and the operator's word.
#[must_use]
pub fn kind_of(invoice: &Invoice, known: &Known, treated: Option<&Treated>) -> InvoiceKind {
    candidate(invoice, known, treated).kind
}

/// Whether only its lines tell what it is.
fn by_lines(candidate: &Candidate<'_>) -> bool {
    candidate.kind == InvoiceKind::Unclear || classify(candidate.invoice) == InvoiceKind::Unclear
}

fn is_left_out(kind: &InvoiceKind) -> bool {
    matches!(kind, InvoiceKind::Excluded { .. })
}

/// Whether the operator said this of the invoice as it is now.
fn says(treated: Option<&Treated>, examined: Option<&Examined>, treatment: Treatment) -> bool {
    treated.is_some_and(|treated| treated.treatment == treatment && treated.holds(examined))
}

/// Whether the header says another sum than when its lines were looked at: then they are others too.
fn is_stale(request: &Request<'_>, invoice: &Invoice) -> bool {
    let examined = request.known.get(&invoice.id);
    let evidence = examined.and_then(|examined| examined.evidence.as_ref());
    evidence.is_some_and(|evidence| evidence.subtotal != invoice.subtotal)
}

/// Works out what is due from headers, and from what is remembered of lines that were read. Months are applied in their
/// order, and none is passed over (sync-rules 2.4):
///
/// ```text
/// standard invoices    Jul applied    Aug       Sep cannot be read    Oct
/// found                               due       held, with why        held: it waits for September
/// ```
#[must_use]
pub fn due(request: &Request<'_>) -> Due {
    let mut due = Due::default();
    let (mut standard, mut left_out) = (Vec::new(), Vec::new());
    for invoice in chosen(request) {
        let treated = request.treated.get(&invoice.id);
        let candidate = candidate(invoice, request.known, treated);
        if let Some(trouble) = trouble(request, &candidate) {
            standard.push(trouble);
            continue;
        }
        if is_stale(request, invoice) && matters(request, &candidate) {
            due.unclear.push(invoice.clone());
            continue;
        }
        match candidate.kind {
            InvoiceKind::Excluded { reason } => {
                let seen = says(treated, request.known.get(&invoice.id), Treatment::Excluded);
                let asked = !seen && may_be_standard(invoice);
                let month = candidate.month.filter(|month| asked && *month <= request.this_month);
                left_out.extend(month.map(|month| UnsyncedBill {
                    invoice,
                    month,
                    reason: reason.clone(),
                }));
                due.excluded.push((invoice.clone(), reason));
            }
            InvoiceKind::Unclear if matters(request, &candidate) => {
                due.unclear.push(invoice.clone());
            }
            InvoiceKind::Unclear | InvoiceKind::OtherProgram => {}
            InvoiceKind::Standard { typed } => {
                let month = candidate.month;
                let (typed, trouble) = (Some(typed), None);
                standard.extend(month.map(|month| Sorted { invoice, month, typed, trouble }));
            }
        }
    }
    standard.sort_by_key(|sorted| (sorted.month, &sorted.invoice.number, &sorted.invoice.id));
    due.sort_out(request, &standard);
    due.undecided.extend(left_out.iter().filter_map(|one| undecided(request, &standard, one)));
    due
}

/// An invoice that may be its month's bill, and is not synced.
struct UnsyncedBill<'a> {
    invoice: &'a Invoice,
    month: UsageMonth,
    reason: String,
}

/// Whether an invoice that is left out is all that its month has for somebody (sync-rules 2.5). A later month that was
/// applied since does not make up for it.
fn undecided(
    request: &Request<'_>,
    standard: &[Sorted<'_>],
    left_out: &UnsyncedBill<'_>,
) -> Option<Undecided> {
    let UnsyncedBill { invoice, month, ref reason } = *left_out;
    if !twins(request.known, standard, invoice, month).is_empty() {
        return None;
    }
    let lacks = |mapping: &&MappingState<'_>| {
        let billed = mapping.applied.iter().any(|applied| applied.month == month);
        bills(request, mapping, invoice, Some(month))
            && starts_by(mapping, month)
            && !billed
            && !is_settled(mapping, invoice)
    };
    let tenants: Vec<TenantId> =
        request.mappings.iter().filter(lacks).map(|mapping| mapping.tenant.clone()).collect();
    if tenants.is_empty() {
        return None;
    }
    let examined = request.known.get(&invoice.id);
    let sum = examined.and_then(|examined| examined.evidence.as_ref()).map(|seen| seen.sum);
    let amount = invoice.subtotal.or(sum);
    let finding = only_excluded(invoice, month, reason, amount);
    Some(Undecided { invoice: invoice.clone(), month, tenants, amount, finding })
}

fn only_excluded(
    invoice: &Invoice,
    month: UsageMonth,
    reason: &str,
    amount: Option<Money>,
) -> Finding {
    let number = &invoice.number;
    let amount = amount.map(|amount| amount.in_currency(invoice.currency.as_ref()));
    let amount = amount.map(|amount| format!(" ({amount})")).unwrap_or_default();
    let by = if invoice.kind_text.is_some() { "" } else { " by its lines" };
    Finding::new(
        Code::OnlyExcluded,
        format!(
            "Nothing was synced for {month}: its only invoice, {number}{amount}, is left out as {reason}{by}."
        ),
        format!(
            "Look at it with `prism-connect invoices show {number}`. If it is the month's bill: \
             `prism-connect invoices treat {number} --as standard --reason TEXT`; if it is to stay out: \
             `prism-connect invoices treat {number} --as excluded --reason TEXT`."
        ),
    )
}

/// An invoice with its month; whether its header says that it is standard, or none where nothing can be told of it yet; why it
/// cannot be synced, whatever else there is.
struct Sorted<'a> {
    invoice: &'a Invoice,
    month: UsageMonth,
    typed: Option<bool>,
    trouble: Option<Finding>,
}

/// An invoice that might be its month's bill and cannot be applied as it is: what it says is impossible, or cannot be read.
fn trouble<'a>(request: &Request<'_>, candidate: &Candidate<'a>) -> Option<Sorted<'a>> {
    let invoice = candidate.invoice;
    let typed = match candidate.kind {
        InvoiceKind::Standard { typed } => Some(typed),
        InvoiceKind::Unclear => None,
        InvoiceKind::Excluded { .. } if by_lines(candidate) => None,
        InvoiceKind::Excluded { .. } | InvoiceKind::OtherProgram => return None,
    };
    // What a header does not tell is of no interest where it is nobody's.
    if typed.is_none() && !matters(request, candidate) {
        return None;
    }
    let future = candidate.month.filter(|month| *month > request.this_month);
    let unread = request.unreadable.get(&invoice.id).cloned();
    let empty = request.empty.contains(&invoice.id) && by_lines(candidate);
    let finding = future
        .map(|month| to_come(invoice, month, request.this_month))
        .or_else(|| odd_header(invoice))
        .or(unread)
        .or_else(|| empty.then(|| without_rows(invoice)))?;
    let typed = typed.filter(|_| !empty);
    let month = candidate.month.or_else(|| month_before(invoice));
    let month = month.unwrap_or_else(|| request.this_month.first_day().previous().month());
    Some(Sorted { invoice, month, typed, trouble: Some(finding) })
}

fn to_come(invoice: &Invoice, month: UsageMonth, now: UsageMonth) -> Finding {
    let number = &invoice.number;
    Finding::new(
        Code::FutureMonth,
        format!(
            "Invoice {number} says that it bills {month}, and now it is {now}: nothing of it is synced."
        ),
        format!(
            "Check this computer's clock, and ask your distributor about the month. To leave it out: \
             `prism-connect invoices dismiss {number} --reason TEXT`."
        ),
    )
}

/// The month that an invoice without any row is taken for, so that later ones wait behind it: the one before its issue.
#[must_use]
pub fn month_before(invoice: &Invoice) -> Option<UsageMonth> {
    let day = invoice.billing_period_start.or(invoice.issued)?;
    Some(day.month().first_day().previous().month())
}

/// Headers of chosen agreements, without those the operator dismissed.
fn chosen<'a>(request: &Request<'a>) -> impl Iterator<Item = &'a Invoice> {
    let (agreements, dismissed) = (request.agreements, request.dismissed);
    request.headers.iter().filter(move |invoice| {
        let agreed = match &invoice.agreement {
            Some(agreement) => agreements.is_empty() || agreements.contains(agreement),
            None => true,
        };
        agreed && !dismissed.contains(&invoice.id)
    })
}

/// Whether an unclear invoice can be due for anybody.
fn matters(request: &Request<'_>, candidate: &Candidate<'_>) -> bool {
    request.mappings.iter().any(|mapping| {
        let (invoice, month) = (candidate.invoice, candidate.month);
        bills(request, mapping, invoice, month)
            && !is_settled(mapping, invoice)
            && month.is_none_or(|month| starts_by(mapping, month) && !is_past(mapping, month))
    })
}

/// Whether it can bill them: it is of their agreement, and of a month in which they were on no other one.
fn bills(
    request: &Request<'_>,
    mapping: &MappingState<'_>,
    invoice: &Invoice,
    month: Option<UsageMonth>,
) -> bool {
    let same = match (mapping.agreement, &invoice.agreement) {
        (Some(of_tenant), Some(of_invoice)) => of_tenant == of_invoice,
        _ => true,
    };
    same && !month.is_some_and(|month| was_elsewhere(request, mapping, invoice, month))
}

/// Whether that month or a later one was applied to them from an invoice of another agreement, which they have left since: an
/// older invoice of this one has no line of them, and would end what stands.
///
/// ```text
/// first agreement    Jul ✓   Aug ✓ │
/// second agreement   Jul     Aug   │ Sep due   Oct due
/// ```
fn was_elsewhere(
    request: &Request<'_>,
    mapping: &MappingState<'_>,
    invoice: &Invoice,
    month: UsageMonth,
) -> bool {
    // Of one agreement alone there is no other, and this is asked for each invoice of each customer.
    if request.agreements.len() < 2 {
        return false;
    }
    let agreement_of = |id: &InvoiceId| {
        let known = request.headers.iter().chain(request.remembered).find(|one| one.id == *id);
        known.and_then(|header| header.agreement.as_ref())
    };
    let Some(this) = &invoice.agreement else { return false };
    let mut since = mapping.applied.iter().filter(|applied| applied.month >= month);
    since.any(|applied| agreement_of(&applied.invoice).is_some_and(|other| other != this))
}

/// Applied, or skipped for good.
fn is_settled(mapping: &MappingState<'_>, invoice: &Invoice) -> bool {
    mapping.applied.iter().any(|applied| applied.invoice == invoice.id)
        || mapping.skipped.contains(&invoice.id)
}

fn starts_by(mapping: &MappingState<'_>, month: UsageMonth) -> bool {
    mapping.first_month.is_none_or(|first| month >= first)
}

fn is_past(mapping: &MappingState<'_>, month: UsageMonth) -> bool {
    mapping.applied.iter().any(|applied| applied.month > month)
}

impl Due {
    fn sort_out(&mut self, request: &Request<'_>, standard: &[Sorted<'_>]) {
        let mut blocked: Vec<(&Invoice, UsageMonth)> = Vec::new();
        for Sorted { invoice, month, typed, trouble } in standard {
            let (invoice, month) = (*invoice, *month);
            let tenants = self.tenants_of(request, invoice, month);
            if tenants.is_empty() {
                continue;
            }
            let typed = typed.unwrap_or_default();
            let due = DueInvoice { invoice: invoice.clone(), month, typed, tenants };
            let twins = twins(request.known, standard, invoice, month);
            let before =
                blocked.iter().find(|(first, at)| *at < month && same_agreement(first, invoice));
            if let Some(to_come) = trouble.as_ref().filter(|one| one.code == Code::FutureMonth) {
                // Nothing that was used by now comes after it.
                self.held.push(held(due, to_come.clone()));
            } else if let Some((first, _)) = before {
                self.held.push(held(due, waits(first)));
            } else if let Some(trouble) = trouble {
                self.held.push(held(due, trouble.clone()));
                blocked.push((invoice, month));
            } else if !twins.is_empty() {
                self.held.push(held(due, doubled(invoice, month, &twins)));
                blocked.push((invoice, month));
            } else if let Some(finding) = currency::contradiction(request, standard, &due) {
                self.held.push(held(due, finding));
                blocked.push((invoice, month));
            } else {
                self.invoices.push(due);
            }
        }
    }

    /// The tenants for whom it is due; of those that have gone past it, a refusal each.
    fn tenants_of(
        &mut self,
        request: &Request<'_>,
        invoice: &Invoice,
        month: UsageMonth,
    ) -> Vec<TenantId> {
        let mut tenants = Vec::new();
        for mapping in request.mappings {
            let wanted = bills(request, mapping, invoice, Some(month)) && starts_by(mapping, month);
            if !wanted || is_settled(mapping, invoice) {
                continue;
            }
            if is_past(mapping, month) {
                let (invoice, tenant) = (invoice.clone(), mapping.tenant.clone());
                let finding = too_old(&invoice, month);
                self.refused.push(Refused { invoice, month, tenant, finding });
            } else {
                tenants.push(mapping.tenant.clone());
            }
        }
        tenants
    }
}

/// Other standard invoices of the same agreement and month (sync-rules 2.4).
fn twins<'a>(
    known: &Known,
    standard: &[Sorted<'a>],
    invoice: &Invoice,
    month: UsageMonth,
) -> Vec<&'a Invoice> {
    let standard = standard.iter().filter(|sorted| sorted.typed.is_some());
    let others = standard.filter(|sorted| sorted.month == month && sorted.invoice.id != invoice.id);
    let others = others.map(|sorted| sorted.invoice);
    others.filter(|other| share_agreement(known, other, invoice)).collect()
}

/// Whether two invoices are of one agreement, as far as their headers tell, or for want of that their lines.
fn share_agreement(known: &Known, one: &Invoice, other: &Invoice) -> bool {
    let number = |invoice: &Invoice| {
        let examined =
            known.get(&invoice.id).and_then(|known: &Examined| known.agreement_number.clone());
        invoice.agreement_number.clone().or(examined)
    };
    match (&one.agreement, &other.agreement) {
        (Some(one), Some(other)) => one == other,
        _ => match (number(one), number(other)) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        },
    }
}

fn doubled(invoice: &Invoice, month: UsageMonth, twins: &[&Invoice]) -> Finding {
    let others: Vec<&str> = twins.iter().map(|twin| twin.number.as_str()).collect();
    Finding::new(
        Code::Doubled,
        format!(
            "Invoice {} and {} are both standard invoices of {month} for one agreement: neither is synced unattended.",
            invoice.number,
            others.join(", ")
        ),
        format!(
            "Dismiss the one that does not count: `prism-connect invoices dismiss {} --reason TEXT`, or the \
             same of the other. Until then later months of this agreement wait.",
            invoice.number
        ),
    )
}

fn too_old(invoice: &Invoice, month: UsageMonth) -> Finding {
    Finding::new(
        Code::OlderThanApplied,
        format!(
            "Invoice {} of {month} is older than the newest invoice applied to this customer.",
            invoice.number
        ),
        format!(
            "Enter it by hand if it is to be billed, then dismiss it: \
             `prism-connect invoices dismiss {} --reason TEXT`.",
            invoice.number
        ),
    )
}

/// The first month that the operator's choice comes to when sync is switched on (sync-rules 2.2); none where every
/// invoice to come is meant. What bills a month after this one is no invoice to begin with.
///
/// # Errors
/// Where headers do not tell: the invoices whose lines must be examined first.
pub fn first_month<'a>(
    headers: &'a [Invoice],
    known: &Known,
    start: Start,
    this_month: UsageMonth,
) -> Result<Option<UsageMonth>, Vec<&'a Invoice>> {
    let candidates = headers.iter().map(|invoice| candidate(invoice, known, None));
    let candidates: Vec<_> =
        candidates.filter(|known| known.month.is_none_or(|month| month <= this_month)).collect();
    let is_standard =
        |candidate: &&Candidate<'_>| matches!(candidate.kind, InvoiceKind::Standard { .. });
    let newest = candidates.iter().filter(is_standard).filter_map(|known| known.month).max();
    let unclear: Vec<&Invoice> = candidates
        .iter()
        .filter(|candidate| candidate.kind == InvoiceKind::Unclear)
        .filter(|candidate| candidate.month.is_none() || candidate.month > newest)
        .map(|candidate| candidate.invoice)
        .collect();
    if !unclear.is_empty() {
        return Err(unclear);
    }
    Ok(newest.map(|month| match start {
        Start::MostRecent => month,
        Start::Next => month.next(),
    }))
}
