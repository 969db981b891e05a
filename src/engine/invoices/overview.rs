//! All invoices at one moment: as the source lists them, and as the runs left them.
//!
//! It must not write anything.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    domain::{
        AgreementId, Code, InvoiceId, TenantId, Thing, UsageMonth, code::InvoiceTrouble,
        invoice::Invoice, mapping::Mapping, outcome::Finding,
    },
    engine::{
        connections::{agreements::chosen, heard::heard},
        context::{Caller, Context},
        invoices::due_lines::Weighed,
        protocol::Refusal,
        refusals::{ambiguous, unknown},
        sync::{
            due::{Stored, invoice_file::InvoiceFile, stored_of, unlisted},
            records::InvoiceState,
        },
        tables::{HEADERS, of_connection},
        views::InvoiceStanding,
    },
    planning::invoices::{Due, Examined, InvoiceKind, classify, examine, is_csp, kind_of, settled},
    prism::Source,
};

pub(crate) struct Shelf {
    /// The way to their lines.
    pub client: Arc<dyn Source>,
    /// What the source lists.
    pub headers: Vec<Invoice>,
    /// What it listed once.
    pub gone: Vec<Invoice>,
    /// What the runs left.
    pub stored: Stored,
    pub due: Due,
    agreements: BTreeSet<AgreementId>,
    this_month: UsageMonth,
}

impl Shelf {
    /// Asks the source for its list.
    pub(crate) async fn read(context: &Arc<Context>, caller: &Caller) -> Result<Self, Refusal> {
        let client = context.source(caller).await?;
        let headers =
            heard(context, &context.sides.source, client.invoices().await).await?.invoices;
        let kept = context.store.scan(HEADERS, of_connection(&context.sides.target)).await?;
        let kept = kept.into_iter().map(|(_, known)| known.header);
        let gone = kept.filter(|old| !headers.iter().any(|header| header.id == old.id)).collect();
        let stored = stored_of(&context.store, &context.sides.target).await?;
        let agreements = chosen(context).await?.into_iter().collect();
        let due = Due::default();
        let this_month = context.clock.today().month();
        let mut shelf = Self { client, headers, gone, stored, due, agreements, this_month };
        shelf.work_out();
        Ok(shelf)
    }

    /// What is due, as far as the last run could tell: what it found not to add up is taken to be so still.
    fn work_out(&mut self) {
        let unsettled: Vec<InvoiceId> = self
            .stored
            .invoices
            .iter()
            .filter(|(_, state)| is_unsettled(state))
            .map(|(id, _)| id.clone())
            .collect();
        for id in &unsettled {
            let known = self.stored.known().contains_key(id);
            let untyped = |header: &&Invoice| classify(header) == InvoiceKind::Unclear;
            if !known && self.headers.iter().filter(untyped).any(|header| header.id == *id) {
                self.stored.take_as_empty(id);
            }
        }
        self.due = self.stored.due(&self.headers, &self.agreements, self.this_month);
        for id in &unsettled {
            self.due.hold_behind(id);
        }
    }

    /// Goes by what the lines of an invoice told just now, where its header does not tell.
    pub(crate) fn look_again(&mut self, invoice: &Invoice, examined: Examined) {
        let state = self.stored.invoices.entry(invoice.id.clone()).or_default();
        state.examined = Some(examined);
        self.work_out();
    }

    /// What a file tells: of one that is due as well that a sync would write nothing of it.
    pub(crate) fn weighed(&self, invoice: &Invoice, file: &InvoiceFile) -> Weighed {
        match file {
            InvoiceFile::Lines(lines) => {
                let state = self.stored.invoices.get(&invoice.id);
                let settled = settled(invoice, lines, state.and_then(InvoiceState::accepted));
                Weighed { examined: Some(examine(invoice, lines)), unsettled: settled.err() }
            }
            InvoiceFile::Unreadable(finding) => {
                Weighed { examined: None, unsettled: Some(finding.clone()) }
            }
        }
    }

    /// Goes by that.
    pub(crate) fn take(&mut self, invoice: &Invoice, Weighed { examined, unsettled }: Weighed) {
        let is_read = examined.is_some();
        if let Some(examined) = examined {
            self.look_again(invoice, examined);
        }
        let is_due = self.due.invoices.iter().any(|due| due.invoice.id == invoice.id);
        if let Some(finding) = unsettled.filter(|_| is_due || !is_read) {
            self.cannot_read(invoice, finding);
        }
    }

    /// Goes by it that an invoice could not be read just now.
    pub(crate) fn cannot_read(&mut self, invoice: &Invoice, finding: Finding) {
        self.stored.take_as_unreadable(&invoice.id, finding);
        self.work_out();
    }

    /// The same, as if this were stored of it.
    pub(crate) fn suppose(&mut self, invoice: &Invoice, state: InvoiceState) {
        self.stored.invoices.insert(invoice.id.clone(), state);
        self.work_out();
    }

    /// Every invoice of the program, also those that are listed no more.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Invoice> {
        let all = self.headers.iter().chain(&self.gone);
        all.filter(|invoice| is_csp(&invoice.program))
    }

    /// Whether the source lists it.
    pub(crate) fn is_listed(&self, id: &InvoiceId) -> bool {
        self.headers.iter().any(|header| header.id == *id)
    }

    /// Which invoice is meant.
    pub(crate) fn find(&self, typed: &str) -> Result<&Invoice, Refusal> {
        let typed = typed.trim();
        let id = InvoiceId::new(typed);
        let named: Vec<&Invoice> = self
            .all()
            .filter(|invoice| invoice.id == id || invoice.number.eq_ignore_ascii_case(typed))
            .collect();
        match named.as_slice() {
            [one] => Ok(one),
            [] => {
                let numbers = self.all().map(|invoice| invoice.number.as_str());
                let advice = "`prism-connect invoices list` shows all.";
                Err(unknown(Thing::Invoice, typed, numbers, advice))
            }
            several => {
                let ids: Vec<String> = several.iter().map(|one| one.id.to_string()).collect();
                Err(ambiguous(Thing::Invoice, typed, &ids))
            }
        }
    }

    /// Customers with sync on to whom it was applied.
    pub(crate) fn applied_to(&self, id: &InvoiceId) -> impl Iterator<Item = &Mapping> {
        let is_applied = |mapping: &&Mapping| {
            let applied = self.stored.applied.get(&mapping.tenant).into_iter().flatten();
            applied.into_iter().any(|applied| applied.invoice == *id)
        };
        self.stored.on().filter(is_applied)
    }

    /// Customers that it is still to be applied to.
    pub(crate) fn due_for(&self, id: &InvoiceId) -> Vec<&TenantId> {
        let due = self.due.invoices.iter().filter(|due| due.invoice.id == *id);
        let held = self.due.held.iter().filter(|held| held.invoice.id == *id);
        let undecided = self.due.undecided.iter().filter(|one| one.invoice.id == *id);
        let due = due.flat_map(|due| &due.tenants).chain(held.flat_map(|held| &held.tenants));
        let mut all: Vec<_> = due.chain(undecided.flat_map(|one| &one.tenants)).collect();
        if all.is_empty()
            && let Some(state) = self.stored.invoices.get(id)
            && is_unsettled(state)
        {
            all.extend(state.hold.iter().flat_map(|hold| &hold.tenants));
        }
        all
    }

    /// Whether it is to be synced, as far as what it is decides that.
    pub(crate) fn is_standard(&self, invoice: &Invoice) -> bool {
        let treated = self.stored.treated();
        let kind = kind_of(invoice, &self.stored.known(), treated.get(&invoice.id));
        matches!(kind, InvoiceKind::Standard { .. })
    }

    pub(crate) fn standing(&self, invoice: &Invoice) -> (InvoiceStanding, Option<Finding>) {
        let id = &invoice.id;
        let state = self.stored.invoices.get(id);
        let applied = self.applied_to(id).next().is_some();
        if !self.is_listed(id) {
            return self.unlisted(invoice, applied);
        }
        if state.is_some_and(|state| state.dismissed.is_some()) {
            return (InvoiceStanding::Dismissed, None);
        }
        let stored = state.filter(|state| is_unsettled(state)).and_then(|state| state.held.clone());
        if let Some((_, _, finding)) = stored {
            return (InvoiceStanding::Held, Some(finding));
        }
        if let Some(held) = self.due.held.iter().find(|held| held.invoice.id == *id) {
            let waits = held.finding.code == Code::Waits;
            let standing = if waits { InvoiceStanding::Waiting } else { InvoiceStanding::Held };
            return (standing, Some(held.finding.clone()));
        }
        if let Some(one) = self.due.undecided.iter().find(|one| one.invoice.id == *id) {
            return (InvoiceStanding::Excluded, Some(one.finding.clone()));
        }
        if self.due.excluded.iter().any(|(excluded, _)| excluded.id == *id) {
            return (InvoiceStanding::Excluded, None);
        }
        let late = self.due.refused.iter().find(|late| late.invoice.id == *id);
        let standing = if self.due.invoices.iter().any(|due| due.invoice.id == *id) {
            InvoiceStanding::Due
        } else if self.due.unclear.iter().any(|unclear| unclear.id == *id) {
            InvoiceStanding::Unread
        } else if applied {
            InvoiceStanding::Applied
        } else if late.is_some() {
            InvoiceStanding::TooLate
        } else {
            InvoiceStanding::NotDue
        };
        let finding = late.filter(|_| standing == InvoiceStanding::TooLate);
        (standing, finding.map(|late| late.finding.clone()))
    }

    fn unlisted(&self, invoice: &Invoice, applied: bool) -> (InvoiceStanding, Option<Finding>) {
        if !self.is_waited_for(&invoice.id) {
            let standing =
                if applied { InvoiceStanding::Applied } else { InvoiceStanding::Unlisted };
            return (standing, None);
        }
        let month = self.stored.month_of(invoice);
        let finding = month.map(|month| unlisted::finding(&invoice.number, month));
        (InvoiceStanding::Unlisted, finding)
    }

    /// Whether something is to be tried again, or looked at, for which it is needed.
    pub(crate) fn is_waited_for(&self, id: &InvoiceId) -> bool {
        self.stored.retries.iter().any(|retry| retry.invoice == *id)
            || self.stored.watched.iter().any(|watched| watched.invoice == *id)
    }
}

/// Whether a run found that it does not add up, cannot be read or has no row, and nobody said more.
fn is_unsettled(state: &InvoiceState) -> bool {
    let trouble = state.held.as_ref().and_then(|(_, _, finding)| finding.code.invoice_trouble());
    state.dismissed.is_none()
        && matches!(trouble, Some(InvoiceTrouble::Lines | InvoiceTrouble::NoLines))
}
