//! What the operator decides about an invoice, each with a reason that is kept (sync-rules 2.3–2.5, 2.7).
//!
//! It must not write to the target: the next run goes by what is decided.

use std::sync::Arc;

use crate::{
    domain::{
        Code, UsageMonth,
        code::InvoiceTrouble,
        invoice::{Invoice, Lines},
        outcome::Finding,
    },
    engine::{
        audit::trail::Deed,
        connections::heard::heard,
        context::{Caller, Context},
        history::retries::drop_all,
        invoices::overview::Shelf,
        protocol::{
            Changed, Refusal,
            command::{AcceptCurrency, AcceptDifference, DismissInvoice, TreatInvoice},
        },
        refusals::busy,
        refusals::failed,
        remarks::given,
        sync::records::{Accepted, AcceptedCurrency, Decided, InvoiceState, Word},
        tables::{INVOICES, of_invoice},
        views::InvoiceStanding,
    },
    planning::invoices::{Examined, InvoiceKind, Treated, Treatment, difference, examine, is_void},
    store::Batch,
};

/// An invoice with its lines as they are now.
struct Subject {
    invoice: Invoice,
    lines: Lines,
    examined: Examined,
    state: InvoiceState,
    standing: InvoiceStanding,
}

/// Syncs an invoice in spite of its difference, as long as that stays what it is.
pub(crate) async fn accept(
    context: &Arc<Context>,
    caller: &Caller,
    AcceptDifference { invoice, difference: typed, reason }: AcceptDifference,
) -> Result<String, Refusal> {
    let reason = given(&reason)?;
    let mut shelf = Shelf::read(context, caller).await?;
    let subject = subject(context, &mut shelf, &invoice).await?;
    let number = subject.invoice.number.clone();
    must_be_open(&subject)?;
    if !shelf.is_standard(&subject.invoice) {
        return Err(refused(
            Code::NotStandard,
            format!("Invoice {number} is left out: there is nothing of it to sync."),
            format!(
                "If it is the month's bill, say so first: `prism-connect invoices treat {number} --as standard \
                 --reason TEXT`."
            ),
        ));
    }
    if let Some(finding) = impossible(&shelf, &subject.invoice) {
        return Err(refused(finding.code, finding.text, finding.advice));
    }
    let Some(stated) = difference(&subject.invoice, &subject.lines) else {
        let advice = "`prism-connect sync` applies it.";
        return Err(refused(Code::AddsUp, format!("Invoice {number} adds up."), advice));
    };
    if subject.lines.is_empty() {
        return Err(refused(
            Code::NoLines,
            format!(
                "Invoice {number} has no lines: synced like that, it would take every seat away."
            ),
            format!(
                "Wait for its lines, or leave the month out: `prism-connect invoices dismiss {number} --reason TEXT`."
            ),
        ));
    }
    // The sign says which of the two is more, which nobody needs to know to accept it.
    if typed != stated && typed != stated.abs() {
        return Err(refused(
            Code::OtherDifference,
            format!(
                "The difference of invoice {number} is {}, not {}.",
                stated.separated(),
                typed.separated()
            ),
            format!(
                "Accept it as it is: `prism-connect invoices accept {number} --difference {stated} --reason TEXT`."
            ),
        ));
    }
    let word = word(context, caller, &reason);
    let accepted = Some(Accepted { difference: stated, word });
    let told = stated.separated();
    let what = format!("accepted the difference of {told} of invoice {number}: {reason}");
    let state = InvoiceState { accepted, ..settled(&subject) };
    put(context, caller, &subject.invoice, state, what).await?;
    Ok(format!(
        "The difference of {told} is accepted: the next sync applies invoice {number}. If it becomes another, you are \
         asked again."
    ))
}

/// Syncs an invoice in the currency that it is in, which its agreement is billed in from then on.
pub(crate) async fn accept_currency(
    context: &Arc<Context>,
    caller: &Caller,
    AcceptCurrency { invoice, currency: typed, reason }: AcceptCurrency,
) -> Result<String, Refusal> {
    let reason = given(&reason)?;
    let mut shelf = Shelf::read(context, caller).await?;
    let subject = subject(context, &mut shelf, &invoice).await?;
    let (number, stated) = (subject.invoice.number.clone(), subject.invoice.currency.clone());
    must_be_open(&subject)?;
    let held = shelf.due.held.iter().find(|held| held.invoice.id == subject.invoice.id);
    let contradicts = held.is_some_and(|held| held.finding.code == Code::OtherCurrency);
    let Some(stated) = stated.filter(|_| contradicts) else {
        return Err(refused(
            Code::SameCurrency,
            format!("Invoice {number} is not held back for its currency."),
            format!("`prism-connect invoices show {number}` says what can be done about it."),
        ));
    };
    if typed != stated {
        return Err(refused(
            Code::OtherCurrency,
            format!("Invoice {number} is in {stated}, not in {typed}."),
            format!(
                "Accept it as it is: `prism-connect invoices accept {number} --currency {stated} --reason TEXT`."
            ),
        ));
    }
    let what = format!("accepted that invoice {number} is in {stated}: {reason}");
    let word = word(context, caller, &reason);
    let currency = Some(AcceptedCurrency { currency: stated.clone(), word });
    let state = InvoiceState { currency, held: None, hold: None, ..settled(&subject) };
    put(context, caller, &subject.invoice, state, what).await?;
    Ok(format!(
        "The next sync applies invoice {number} in {stated}, and later ones of its agreement are held against it."
    ))
}

/// Says what an invoice is that is left out.
pub(crate) async fn treat(
    context: &Arc<Context>,
    caller: &Caller,
    TreatInvoice { invoice, treatment, reason }: TreatInvoice,
) -> Result<String, Refusal> {
    let reason = given(&reason)?;
    let mut shelf = Shelf::read(context, caller).await?;
    let subject = subject(context, &mut shelf, &invoice).await?;
    let word = word(context, caller, &reason);
    match treatment {
        Treatment::Standard => as_standard(context, caller, &mut shelf, &subject, word).await,
        Treatment::Excluded => as_excluded(context, caller, &shelf, &subject, word).await,
    }
}

async fn as_standard(
    context: &Arc<Context>,
    caller: &Caller,
    shelf: &mut Shelf,
    subject: &Subject,
    word: Word,
) -> Result<String, Refusal> {
    let (invoice, number) = (&subject.invoice, subject.invoice.number.clone());
    must_be_unapplied(subject)?;
    if is_void(invoice) {
        let advice = "Ask your distributor for the one in its place.";
        return Err(refused(Code::Void, format!("Invoice {number} is void."), advice));
    }
    let dismissed = subject.state.dismissed.is_some();
    if shelf.is_standard(invoice) && !dismissed {
        return Err(refused(
            Code::StandardAlready,
            format!("Invoice {number} is a standard one already."),
            format!("`prism-connect invoices show {number}` says what can be done about it."),
        ));
    }
    if subject.lines.is_empty() {
        let text = format!("Invoice {number} has no lines: there is nothing of it to sync.");
        return Err(refused(Code::NoLines, text, "Wait for its lines."));
    }
    let reason = word.reason.clone();
    // One that was dismissed, and is standard by itself, only comes back.
    let by_itself = matches!(subject.examined.kind, InvoiceKind::Standard { .. });
    let treated = (!by_itself).then(|| decided(subject, Treatment::Standard, word));
    let state =
        InvoiceState { treated, dismissed: None, held: None, hold: None, ..settled(subject) };
    shelf.suppose(invoice, state.clone());
    let due = &shelf.due;
    let late = due.refused.iter().find(|late| late.invoice.id == invoice.id);
    let is_due = due.invoices.iter().any(|due| due.invoice.id == invoice.id);
    let held = due.held.iter().find(|held| held.invoice.id == invoice.id);
    if let Some(late) = late.filter(|_| !is_due && held.is_none()) {
        return Err(refused(
            Code::OlderThanApplied,
            late.finding.text.clone(),
            late.finding.advice.clone(),
        ));
    }
    let told = match held {
        Some(held) => format!("Invoice {number} is treated as standard. {}", held.finding.text),
        None if is_due => {
            let month = month_of(subject).map(|month| format!(" of {month}")).unwrap_or_default();
            format!(
                "Invoice {number} is treated as the standard invoice{month}: the next sync applies it."
            )
        }
        None => format!("Invoice {number} is treated as standard; it is due for nobody."),
    };
    let what = format!("treats invoice {number} as standard: {reason}");
    put(context, caller, invoice, state, what).await?;
    Ok(told)
}

async fn as_excluded(
    context: &Arc<Context>,
    caller: &Caller,
    shelf: &Shelf,
    subject: &Subject,
    word: Word,
) -> Result<String, Refusal> {
    let number = &subject.invoice.number;
    must_be_open(subject)?;
    let treated = subject.state.treated.as_ref();
    let by_word = treated.is_some_and(|one| one.treated.treatment == Treatment::Standard);
    if shelf.is_standard(&subject.invoice) && !by_word {
        return Err(refused(
            Code::Standard,
            format!("Invoice {number} is a standard one: it is not left out by itself."),
            format!("To drop it: `prism-connect invoices dismiss {number} --reason TEXT`."),
        ));
    }
    let what = format!("has seen that invoice {number} is left out: {}", word.reason);
    let treated = Some(decided(subject, Treatment::Excluded, word));
    let state = InvoiceState { treated, held: None, hold: None, ..settled(subject) };
    put(context, caller, &subject.invoice, state, what).await?;
    Ok(format!(
        "Invoice {number} stays left out. If its lines or its class change, you are asked again."
    ))
}

/// Drops an invoice; of one that is not listed any more, what waits for it.
pub(crate) async fn dismiss(
    context: &Arc<Context>,
    caller: &Caller,
    DismissInvoice { invoice: typed, reason }: DismissInvoice,
) -> Result<String, Refusal> {
    let reason = given(&reason)?;
    let shelf = Shelf::read(context, caller).await?;
    let invoice = shelf.find(&typed)?.clone();
    let number = &invoice.number;
    let what = format!("dismissed invoice {number}: {reason}");
    if !shelf.is_listed(&invoice.id) || is_void(&invoice) && shelf.is_waited_for(&invoice.id) {
        let _pen = context.pen.lock().await;
        let mut batch = Batch::new();
        let dropped = drop_all(context, &mut batch, &invoice.id).await?;
        if dropped == 0 {
            let text = format!("Nothing waits for invoice {number}, which is not listed any more.");
            return Err(refused(Code::NothingWaits, text, "There is nothing to dismiss."));
        }
        let deed = Deed::from(what).about(number);
        context.change(caller, batch, deed, Changed::Runs).await?;
        return Ok(format!("What waited for invoice {number} is not tried again."));
    }
    let (standing, _) = shelf.standing(&invoice);
    if standing == InvoiceStanding::Applied {
        return Err(applied(number));
    }
    let given = shelf.applied_to(&invoice.id).count();
    if standing == InvoiceStanding::Due && given > 0 {
        return Err(applied_in_part(number, given));
    }
    let state = shelf.stored.invoices.get(&invoice.id).cloned().unwrap_or_default();
    if state.dismissed.is_some() {
        let text = format!("Invoice {number} was dismissed already.");
        return Err(refused(Code::Dismissed, text, "`prism-connect invoices list` shows all."));
    }
    let dismissed = Some((reason, context.clock.now()));
    put(context, caller, &invoice, InvoiceState { dismissed, ..state }, what).await?;
    Ok(format!("Invoice {number} is not synced, and no later one waits for it."))
}

/// The invoice that is meant, with its lines as they are now.
async fn subject(
    context: &Arc<Context>,
    shelf: &mut Shelf,
    typed: &str,
) -> Result<Subject, Refusal> {
    let invoice = shelf.find(typed)?.clone();
    if !shelf.is_listed(&invoice.id) {
        let number = &invoice.number;
        return Err(refused(
            Code::Unlisted,
            format!("PRISM does not list invoice {number} any more."),
            format!(
                "To take off what waits for it: `prism-connect invoices dismiss {number} --reason TEXT`."
            ),
        ));
    }
    let (standing, _) = shelf.standing(&invoice);
    let state = shelf.stored.invoices.get(&invoice.id).cloned().unwrap_or_default();
    let read = shelf.client.lines(&invoice.id).await;
    let lines = heard(context, &context.sides.source, read).await?;
    let examined = examine(&invoice, &lines);
    shelf.look_again(&invoice, examined.clone());
    Ok(Subject { invoice, lines, examined, state, standing })
}

fn month_of(subject: &Subject) -> Option<UsageMonth> {
    subject.invoice.usage_month.or(subject.examined.month)
}

/// What is stored of it, with what its lines told, and without what a run held against its sum.
fn settled(subject: &Subject) -> InvoiceState {
    let mut state = subject.state.clone();
    state.examined = Some(subject.examined.clone());
    let trouble = state.held.as_ref().and_then(|(_, _, finding)| finding.code.invoice_trouble());
    if trouble == Some(InvoiceTrouble::Lines) {
        (state.held, state.hold) = (None, None);
    }
    state
}

fn decided(subject: &Subject, treatment: Treatment, word: Word) -> Decided {
    let evidence = subject.examined.evidence.as_ref();
    let digest = evidence.map(|evidence| evidence.digest.clone()).unwrap_or_default();
    Decided { treated: Treated { treatment, digest }, word }
}

/// What no accepted difference makes right: a header that cannot be read, a month that is still to come.
fn impossible(shelf: &Shelf, invoice: &Invoice) -> Option<Finding> {
    let held = shelf.due.held.iter().find(|held| held.invoice.id == invoice.id)?;
    let in_header = held.finding.code.invoice_trouble() == Some(InvoiceTrouble::Header);
    in_header.then(|| held.finding.clone())
}

fn must_be_open(subject: &Subject) -> Result<(), Refusal> {
    must_be_unapplied(subject)?;
    if subject.state.dismissed.is_some() {
        let number = &subject.invoice.number;
        return Err(refused(
            Code::Dismissed,
            format!("Invoice {number} was dismissed."),
            format!(
                "To take it back: `prism-connect invoices treat {number} --as standard --reason TEXT`."
            ),
        ));
    }
    Ok(())
}

fn must_be_unapplied(subject: &Subject) -> Result<(), Refusal> {
    match subject.standing {
        InvoiceStanding::Applied => Err(applied(&subject.invoice.number)),
        _ => Ok(()),
    }
}

fn applied(number: &str) -> Refusal {
    refused(
        Code::Applied,
        format!("Invoice {number} was applied: there is nothing to decide about it."),
        "What of it failed is on the retry list: `prism-connect retries list`.",
    )
}

fn applied_in_part(number: &str, given: usize) -> Refusal {
    let customers = if given == 1 { "customer" } else { "customers" };
    refused(
        Code::Applied,
        format!(
            "Invoice {number} was applied to {given} {customers}: it cannot be dropped any more."
        ),
        "To leave it out for a customer that it is still due for, let that one begin with the next invoice: \
         `prism-connect customers map TENANT --from next`.",
    )
}

fn refused(code: Code, text: impl Into<String>, advice: impl Into<String>) -> Refusal {
    failed(code, text, advice)
}

fn word(context: &Context, caller: &Caller, reason: &str) -> Word {
    let by = caller.actor.name.clone();
    Word { reason: reason.to_owned(), by, at: context.clock.now() }
}

/// Puts it down, with its line in the audit trail.
async fn put(
    context: &Arc<Context>,
    caller: &Caller,
    invoice: &Invoice,
    state: InvoiceState,
    what: String,
) -> Result<(), Refusal> {
    let _pen = context.pen.lock().await;
    if context.flight.is_taken() {
        // A run holds what it knows of invoices, and would put it down over this.
        return Err(busy(context.flight.run()));
    }
    let mut batch = Batch::new();
    batch.put(INVOICES, &of_invoice(&context.sides.target, &invoice.id), &state);
    let deed = Deed::from(what).about(&invoice.number);
    context.change(caller, batch, deed, Changed::Runs).await
}
