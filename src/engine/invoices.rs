//! Invoices as the operator sees them: what each is, what became of it over all runs, and what can be done about it
//! (sync-rules 2.3–2.5, 2.7).
//!
//! It must not apply anything: what is decided here, the next run goes by.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use chrono::TimeDelta;

use crate::{
    domain::{
        Code, InvoiceId, Money, TenantId,
        invoice::{Invoice, Line, Lines},
        outcome::{Disposition, Finding},
        run::Ledger,
        shared_text::SharedText,
    },
    engine::{
        connections::heard::heard,
        context::{Caller, Context},
        customers::book::Book,
        family::Family,
        history::retries,
        invoices::unsynced::by_link,
        protocol::{
            Ask, Refusal, Reply,
            command::{
                self, AcceptCurrency, AcceptDifference, DismissInvoice, InvoiceCommand, Invoices,
                TreatInvoice,
            },
        },
        sync::{
            due::invoice_file::{InvoiceFile, invoice_file},
            records::{InvoiceState, LineState, Word},
        },
        tables::{LINES, of_invoice},
        views::{
            InvoiceAct, InvoiceDecision, InvoiceDetail, InvoiceStanding, InvoiceView,
            LeftOutCustomer,
        },
    },
    planning::{
        invoices::{InvoiceKind, Known, Treatment, difference, is_void},
        ledger::{accepting, ledger},
    },
};

pub(crate) mod decisions;
pub(crate) mod due_lines;
pub(crate) mod overview;
pub(crate) mod progress;
pub(crate) mod unsynced;

use due_lines::DueLines;
use overview::Shelf;

impl Family for InvoiceCommand {
    async fn carry_out(self, context: &Arc<Context>, caller: &Caller) -> Reply {
        match self {
            Self::Invoices(_) => list(context, caller).await.map(Invoices::put),
            Self::Invoice(asked) => {
                show(context, caller, &asked.invoice).await.map(command::Invoice::put)
            }
            Self::AcceptDifference(asked) => {
                decisions::accept(context, caller, asked).await.map(AcceptDifference::put)
            }
            Self::AcceptCurrency(asked) => {
                decisions::accept_currency(context, caller, asked).await.map(AcceptCurrency::put)
            }
            Self::TreatInvoice(asked) => {
                decisions::treat(context, caller, asked).await.map(TreatInvoice::put)
            }
            Self::DismissInvoice(asked) => {
                decisions::dismiss(context, caller, asked).await.map(DismissInvoice::put)
            }
        }
    }
}

/// So long what lines told is believed: a list that is looked at again and again is no reason to read megabytes each time.
const BELIEVED: TimeDelta = TimeDelta::minutes(10);

/// Every invoice of the program, newest month first. Whether one that is due adds up only its lines tell: they are read, so
/// that none is called due of which a sync would write nothing.
pub(super) async fn list(
    context: &Arc<Context>,
    caller: &Caller,
) -> Result<Vec<InvoiceView>, Refusal> {
    let mut shelf = Shelf::read(context, caller).await?;
    // Where they cannot be had now the list goes by what runs found: it is there to be looked at all the same.
    if let Ok(lines) = due_lines(context, &shelf).await {
        lines.told.iter().for_each(|(invoice, weighed)| shelf.take(invoice, weighed.clone()));
    }
    let known = shelf.stored.known();
    let mut views: Vec<InvoiceView> =
        shelf.all().map(|invoice| view(&shelf, invoice, &known)).collect();
    views.sort_by(|a, b| (b.month, &a.number, &a.id).cmp(&(a.month, &b.number, &b.id)));
    Ok(views)
}

/// What the lines of all that is due tell, read now unless that was done just before.
async fn due_lines(context: &Arc<Context>, shelf: &Shelf) -> Result<Arc<DueLines>, Refusal> {
    let due: Vec<Invoice> = shelf.due.invoices.iter().map(|due| due.invoice.clone()).collect();
    let now = context.clock.now();
    context.due_lines.forget_unless(|known| known.is_of(&due) && now - known.read_at < BELIEVED);
    let read = async {
        let mut told = Vec::new();
        for invoice in &due {
            let weighed = shelf.weighed(invoice, &file_of(context, shelf, invoice).await?);
            told.push((invoice.clone(), weighed));
        }
        Ok(DueLines { read_at: now, told })
    };
    context.due_lines.or_read(read).await
}

/// One invoice, with its lines read now.
pub(super) async fn show(
    context: &Arc<Context>,
    caller: &Caller,
    typed: &str,
) -> Result<Box<InvoiceDetail>, Refusal> {
    let mut shelf = Shelf::read(context, caller).await?;
    let invoice = shelf.find(typed)?.clone();
    let lines = lines(context, &mut shelf, &invoice).await?;
    let known = shelf.stored.known();
    let mut invoice_view = view(&shelf, &invoice, &known);
    if let Some(lines) = &lines {
        invoice_view.difference = Some(difference(&invoice, lines).unwrap_or_default());
    }
    let known = stored_lines(context, &invoice.id).await?;
    let placed = over_all_runs(&known, &shelf, &invoice_view, lines.as_ref());
    let ledger = placed.ledger(&shelf, &invoice, &invoice_view);
    let left_out = placed.left_out(&*context.kept_book().await?);
    let mine = retries::views(context).await?.into_iter();
    let mine = mine.filter(|retry| retry.invoice == invoice.number && !retry.service.is_empty());
    let can = acts(&shelf, &invoice, &invoice_view, lines.as_ref());
    let part_written = match invoice_view.month {
        Some(month) => progress::stopped(context, month, &invoice.number).await?.part_written,
        None => 0,
    };
    Ok(Box::new(InvoiceDetail {
        part_written,
        lines: lines.as_ref().map(|lines| lines.len() as u64),
        sum: lines.as_ref().map(|lines| lines.amounts().sum()),
        ledger,
        left_out,
        retries: mine.collect(),
        can,
        invoice: invoice_view,
    }))
}

/// Its lines as they are now; none where the source does not list it any more, or they cannot be read.
async fn lines(
    context: &Arc<Context>,
    shelf: &mut Shelf,
    invoice: &Invoice,
) -> Result<Option<Lines>, Refusal> {
    if !shelf.is_listed(&invoice.id) {
        return Ok(None);
    }
    let read = file_of(context, shelf, invoice).await?;
    shelf.take(invoice, shelf.weighed(invoice, &read));
    Ok(match read {
        InvoiceFile::Lines(lines) => Some(lines),
        InvoiceFile::Unreadable(_) => None,
    })
}

async fn file_of(
    context: &Arc<Context>,
    shelf: &Shelf,
    invoice: &Invoice,
) -> Result<InvoiceFile, Refusal> {
    let read = invoice_file(&*shelf.client, invoice).await;
    heard(context, &context.sides.source, read).await
}

fn view(shelf: &Shelf, invoice: &Invoice, known: &Known) -> InvoiceView {
    let state = shelf.stored.invoices.get(&invoice.id);
    let (standing, finding) = shelf.standing(invoice);
    let hold = state.and_then(|state| state.hold.as_ref());
    let evidence = known.get(&invoice.id).and_then(|examined| examined.evidence.as_ref());
    let by_lines = || Some(evidence?.subtotal? - evidence?.sum);
    let accepted = state.and_then(InvoiceState::accepted);
    let applied = shelf.applied_to(&invoice.id).count() as u64;
    // What was applied did add up, or its difference was accepted.
    let settled = || (applied > 0 && invoice.subtotal.is_some()).then_some(Money::ZERO);
    let held = hold.and_then(|hold| hold.difference);
    InvoiceView {
        id: invoice.id.clone(),
        number: invoice.number.clone(),
        month: shelf.stored.month_of(invoice),
        class: class(shelf, invoice, known),
        state: standing,
        undecided: shelf.due.undecided.iter().any(|one| one.invoice.id == invoice.id),
        decisions: decided(shelf, &invoice.id),
        subtotal: invoice.subtotal,
        currency: invoice.currency.clone(),
        difference: held.or_else(by_lines).or(accepted).or_else(settled),
        due: shelf.due_for(&invoice.id).len() as u64,
        applied,
        failed: failed(shelf, &invoice.id).len() as u64,
        failures: failures(shelf, &invoice.id),
        finding,
    }
}

/// Customers of whom something of an invoice is on the retry list.
fn failed(shelf: &Shelf, invoice: &InvoiceId) -> BTreeSet<TenantId> {
    let retries = shelf.stored.retries.iter().filter(|retry| retry.invoice == *invoice);
    retries.flat_map(|retry| retry.tenants.iter().cloned()).collect()
}

/// So many failures are told beside an invoice; its page has all.
const FAILURES_TOLD: usize = 3;

/// What of an invoice is on the retry list and why, of the first few.
fn failures(shelf: &Shelf, invoice: &InvoiceId) -> Vec<String> {
    let retries = shelf.stored.retries.iter().filter(|retry| retry.invoice == *invoice);
    let told = retries.take(FAILURES_TOLD).map(|retry| {
        let name = |tenant: &TenantId| {
            let mapping = shelf.stored.mappings.get(tenant);
            mapping.map_or_else(|| tenant.to_string(), |one| one.customer_name.clone())
        };
        let whose = retry.tenants.iter().map(name).chain([retry.name.clone()]);
        let whose: Vec<String> = whose.filter(|one| !one.is_empty()).collect();
        format!("{}: {}", whose.join(", "), retry.finding.text)
    });
    told.collect()
}

fn class(shelf: &Shelf, invoice: &Invoice, known: &Known) -> String {
    let treated = shelf.stored.treated();
    let treated = treated.get(&invoice.id).filter(|one| one.holds(known.get(&invoice.id)));
    let kind = crate::planning::invoices::kind_of(invoice, known, treated);
    match (kind, treated.map(|treated| treated.treatment)) {
        (InvoiceKind::Standard { .. }, Some(Treatment::Standard)) => {
            "treated as standard".to_owned()
        }
        (InvoiceKind::Standard { typed: true }, _) => "standard".to_owned(),
        (InvoiceKind::Standard { typed: false }, _) => "standard by its lines".to_owned(),
        (InvoiceKind::Excluded { reason }, _) => reason,
        (InvoiceKind::Unclear | InvoiceKind::OtherProgram, _) => "only its lines tell".to_owned(),
    }
}

fn decided(shelf: &Shelf, invoice: &InvoiceId) -> Vec<String> {
    let Some(state) = shelf.stored.invoices.get(invoice) else { return Vec::new() };
    let told = |what: &str, word: &Word| {
        format!("{what} on {} by {}: {}", word.at.format("%Y-%m-%d"), word.by, word.reason)
    };
    let accepted = state.accepted.as_ref().map(|accepted| {
        told(&format!("difference {} accepted", accepted.difference.separated()), &accepted.word)
    });
    let currency = state
        .currency
        .as_ref()
        .map(|accepted| told(&format!("accepted in {}", accepted.currency), &accepted.word));
    let treated = state.treated.as_ref().map(|decided| {
        let what = match decided.treated.treatment {
            Treatment::Standard => "treated as standard",
            Treatment::Excluded => "seen as excluded",
        };
        told(what, &decided.word)
    });
    let dismissed = state.dismissed.as_ref();
    let dismissed =
        dismissed.map(|(reason, at)| format!("dismissed on {}: {reason}", at.format("%Y-%m-%d")));
    [accepted, currency, treated, dismissed].into_iter().flatten().collect()
}

/// The lines of an invoice as runs left them.
async fn stored_lines(context: &Context, invoice: &InvoiceId) -> Result<Vec<LineState>, Refusal> {
    let stored = context.store.scan(LINES, of_invoice(&context.sides.target, invoice)).await?;
    Ok(stored.into_iter().map(|(_, state)| state).collect())
}

/// The lines of an invoice as they stand now.
struct Placed<'a>(Vec<PlacedNow<'a>>);

/// A line with whose it is, as far as a run could tell, and where it is counted now.
struct PlacedNow<'a> {
    amount: Money,
    /// As the line names them.
    customer: Option<SharedText>,
    domain: Option<SharedText>,
    tenant: Option<&'a TenantId>,
    place: Disposition,
}

impl Placed<'_> {
    fn ledger(&self, shelf: &Shelf, invoice: &Invoice, view: &InvoiceView) -> Ledger {
        let told = ledger(invoice, self.0.iter().map(|one| (one.amount, &one.place)));
        let state = shelf.stored.invoices.get(&invoice.id);
        let accepted =
            state.and_then(InvoiceState::accepted).filter(|one| Some(*one) == view.difference);
        accepting(told, accepted.unwrap_or_default())
    }

    /// Whose lines are not for syncing, and why.
    fn left_out(&self, book: &Book) -> Vec<LeftOutCustomer> {
        let mut sums: BTreeMap<_, LeftOutCustomer> = BTreeMap::new();
        for PlacedNow { amount, customer, domain, tenant, place } in &self.0 {
            let Disposition::Excluded { reason } = place else { continue };
            let known = tenant.and_then(|tenant| book.of(tenant));
            let said = |text: &Option<SharedText>| text.as_deref().unwrap_or_default().to_owned();
            let (name, domain) = match known {
                Some(known) => (known.customer_name, known.domain),
                None => (said(customer), said(domain)),
            };
            let customer = if name.is_empty() { domain.clone() } else { name };
            let key = (reason.clone(), *tenant, customer.clone(), domain.clone());
            let sum = sums.entry(key).or_insert_with(|| LeftOutCustomer {
                reason: reason.clone(),
                customer,
                domain,
                tenant: tenant.cloned(),
                lines: 0,
                amount: Money::ZERO,
            });
            sum.lines += 1;
            sum.amount += *amount;
        }
        let mut all: Vec<LeftOutCustomer> = sums.into_values().collect();
        all.sort_by_key(|one| Reverse(one.amount.abs()));
        all
    }
}

/// Where every line stands now: what runs made of it, or for want of one why none did.
fn over_all_runs<'a>(
    stored: &'a [LineState],
    shelf: &Shelf,
    view: &InvoiceView,
    lines: Option<&Lines>,
) -> Placed<'a> {
    // Whoever was linked, unlinked or switched since a run came to the line is counted where it stands now.
    let by_todays_link = |known: Option<&LineState>| {
        let Some(tenant) = known.and_then(|state| state.tenant.as_ref()) else {
            return known.map_or_else(|| otherwise(view), |state| state.disposition.clone());
        };
        let place = by_link(shelf.stored.mappings.get(tenant));
        match view.state {
            // A run came to it and was not asked for it: nothing of it failed, whatever holds the invoice since.
            InvoiceStanding::Held if place == Disposition::NotInScope => place,
            _ if place == Disposition::NotInScope => otherwise(view),
            _ => place,
        }
    };
    let by_number: HashMap<u32, &'a LineState> =
        stored.iter().map(|state| (state.line.number, state)).collect();
    let place = |line: &Line| {
        let known = by_number.get(&line.number).copied();
        let place = match known.map(|state| &state.disposition) {
            Some(Disposition::SyncedEarlier) => Disposition::Synced,
            Some(Disposition::Unmapped | Disposition::Off | Disposition::NotInScope) => {
                by_todays_link(known)
            }
            None => otherwise(view),
            Some(place) => place.clone(),
        };
        let tenant = known.and_then(|state| state.tenant.as_ref());
        let (customer, domain) = (line.customer_name.clone(), line.domain.clone());
        PlacedNow { amount: line.subtotal, customer, domain, tenant, place }
    };
    Placed(match lines {
        Some(lines) => lines.iter().map(|line| place(&line)).collect(),
        None => stored.iter().map(|state| place(&state.line)).collect(),
    })
}

/// Where a line is counted that no run has put anywhere.
fn otherwise(view: &InvoiceView) -> Disposition {
    let excluded = |reason: &str| Disposition::Excluded { reason: reason.to_owned() };
    match view.state {
        InvoiceStanding::Held => Disposition::Failed,
        InvoiceStanding::Excluded => excluded(&view.class),
        InvoiceStanding::Dismissed => excluded("dismissed"),
        InvoiceStanding::TooLate => excluded("older than what was applied"),
        _ => Disposition::NotInScope,
    }
}

/// What can be done about an invoice, as it stands.
fn acts(
    shelf: &Shelf,
    invoice: &Invoice,
    view: &InvoiceView,
    lines: Option<&Lines>,
) -> Vec<InvoiceAct> {
    let number = &invoice.number;
    let act = |decision: InvoiceDecision, effect: &str| InvoiceAct {
        command: format!("prism-connect invoices {} --reason TEXT", decision.words(number)),
        effect: effect.to_owned(),
        decision,
    };
    let stated = lines.filter(|lines| !lines.is_empty());
    let stated = stated.and_then(|lines| difference(invoice, lines));
    let accepted = shelf.stored.invoices.get(&invoice.id).and_then(InvoiceState::accepted);
    let standard = shelf.is_standard(invoice);
    let mut can = Vec::new();
    let open = matches!(view.state, InvoiceStanding::Held | InvoiceStanding::Due);
    if let Some(stated) = stated.filter(|stated| standard && open && accepted != Some(*stated)) {
        can.push(act(
            InvoiceDecision::AcceptDifference { difference: stated },
            "syncs it in spite of the difference, which has its own place in the ledger",
        ));
    }
    let other = |finding: &&Finding| finding.code == Code::OtherCurrency;
    if let (Some(currency), Some(_)) = (&view.currency, view.finding.as_ref().filter(other)) {
        can.push(act(
            InvoiceDecision::AcceptCurrency { currency: currency.clone() },
            "syncs it as it is: its prices are written as they stand, and its agreement is billed in that currency from then on",
        ));
    }
    let out = matches!(view.state, InvoiceStanding::Excluded | InvoiceStanding::Dismissed);
    if out && !is_void(invoice) {
        can.push(act(
            InvoiceDecision::Treat { treatment: Treatment::Standard },
            "sorts each of its lines by itself",
        ));
    }
    if view.undecided {
        can.push(act(
            InvoiceDecision::Treat { treatment: Treatment::Excluded },
            "leaves it out, and takes it off the attention list until its lines are others",
        ));
    }
    let droppable = match view.state {
        InvoiceStanding::Due => view.applied == 0,
        InvoiceStanding::Held
        | InvoiceStanding::Waiting
        | InvoiceStanding::TooLate
        | InvoiceStanding::Unread => true,
        InvoiceStanding::Excluded => view.undecided,
        InvoiceStanding::Unlisted => shelf.is_waited_for(&invoice.id),
        InvoiceStanding::Applied | InvoiceStanding::Dismissed | InvoiceStanding::NotDue => false,
    };
    if droppable {
        can.push(act(
            InvoiceDecision::Dismiss,
            "drops it: nothing of it is written, and later months do not wait for it",
        ));
    }
    can
}
