//! Invoices as the operator sees them: what each is, what became of it over all runs, and what can be done about it
//! (sync-rules 2.3–2.5, 2.7).
//!
//! It must not apply anything: what is decided here, the next run goes by.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    domain::{
        Code, InvoiceId, Money, TenantId,
        invoice::{Invoice, Line},
        outcome::{Disposition, Finding},
        run::Ledger,
    },
    engine::{
        connections::heard::heard,
        context::{Caller, Context},
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
        views::{InvoiceAct, InvoiceDecision, InvoiceDetail, InvoiceStanding, InvoiceView},
    },
    planning::{
        invoices::{InvoiceKind, Known, Treatment, difference, examine, is_void},
        ledger::{accepting, ledger},
    },
};

pub(crate) mod decisions;
pub(crate) mod overview;
pub(crate) mod progress;
pub(crate) mod unsynced;

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

/// Every invoice of the program, newest month first.
pub(super) async fn list(
    context: &Arc<Context>,
    caller: &Caller,
) -> Result<Vec<InvoiceView>, Refusal> {
    let shelf = Shelf::read(context, caller).await?;
    let known = shelf.stored.known();
    let mut views: Vec<InvoiceView> =
        shelf.all().map(|invoice| view(&shelf, invoice, &known)).collect();
    views.sort_by(|a, b| (b.month, &a.number, &a.id).cmp(&(a.month, &b.number, &b.id)));
    Ok(views)
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
    let mut known = shelf.stored.known();
    if let Some(lines) = &lines {
        let examined = examine(&invoice, lines);
        known.insert(invoice.id.clone(), examined.clone());
        shelf.look_again(&invoice, examined);
    }
    let mut invoice_view = view(&shelf, &invoice, &known);
    if let Some(lines) = &lines {
        invoice_view.difference = Some(difference(&invoice, lines).unwrap_or_default());
    }
    let ledger = over_all_runs(context, &shelf, &invoice, &invoice_view, lines.as_deref());
    let ledger = ledger.await?;
    let mine = retries::views(context).await?.into_iter();
    let mine = mine.filter(|retry| retry.invoice == invoice.number && !retry.service.is_empty());
    let can = acts(&shelf, &invoice, &invoice_view, lines.as_deref());
    Ok(Box::new(InvoiceDetail {
        lines: lines.as_ref().map(|lines| lines.len() as u64),
        sum: lines.as_ref().map(|lines| lines.iter().map(|line| line.subtotal).sum()),
        ledger,
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
) -> Result<Option<Vec<Line>>, Refusal> {
    if !shelf.is_listed(&invoice.id) {
        return Ok(None);
    }
    let read = invoice_file(&*shelf.client, invoice).await;
    Ok(match heard(context, &context.sides.source, read).await? {
        InvoiceFile::Lines(lines) => Some(lines),
        InvoiceFile::Unreadable(finding) => {
            shelf.cannot_read(invoice, finding);
            None
        }
    })
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
        finding,
    }
}

/// Customers of whom something of an invoice is on the retry list.
fn failed(shelf: &Shelf, invoice: &InvoiceId) -> BTreeSet<TenantId> {
    let retries = shelf.stored.retries.iter().filter(|retry| retry.invoice == *invoice);
    retries.flat_map(|retry| retry.tenants.iter().cloned()).collect()
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

/// Where every line stands now: what runs made of it, or for want of one why none did.
async fn over_all_runs(
    context: &Context,
    shelf: &Shelf,
    invoice: &Invoice,
    view: &InvoiceView,
    lines: Option<&[Line]>,
) -> Result<Ledger, Refusal> {
    let stored = context.store.scan(LINES, of_invoice(&context.sides.target, &invoice.id)).await?;
    let stored: Vec<LineState> = stored.into_iter().map(|(_, state)| state).collect();
    // Whoever was linked, unlinked or switched since a run came to the line is counted where it stands now.
    let by_todays_link = |known: Option<&LineState>| {
        let Some(tenant) = known.and_then(|state| state.tenant.as_ref()) else {
            return known.map_or_else(|| otherwise(view), |state| state.disposition.clone());
        };
        let place = by_link(shelf.stored.mappings.get(tenant));
        if place == Disposition::NotInScope { otherwise(view) } else { place }
    };
    let place = |line: &Line| {
        let known = stored.iter().find(|state| state.line.number == line.number);
        match known.map(|state| &state.disposition) {
            Some(Disposition::SyncedEarlier) => Disposition::Synced,
            Some(Disposition::Unmapped | Disposition::Off | Disposition::NotInScope) => {
                by_todays_link(known)
            }
            None => otherwise(view),
            Some(place) => place.clone(),
        }
    };
    let places: Vec<(Money, Disposition)> = match lines {
        Some(lines) => lines.iter().map(|line| (line.subtotal, place(line))).collect(),
        None => stored.iter().map(|state| (state.line.subtotal, place(&state.line))).collect(),
    };
    let told = ledger(invoice, places.iter().map(|(amount, place)| (*amount, place)));
    let state = shelf.stored.invoices.get(&invoice.id);
    let accepted =
        state.and_then(InvoiceState::accepted).filter(|one| Some(*one) == view.difference);
    Ok(accepting(told, accepted.unwrap_or_default()))
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
    lines: Option<&[Line]>,
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
            "makes it the month's invoice: each of its lines is sorted by itself",
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
