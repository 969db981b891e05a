//! One invoice: where every cent of it went, what holds it, and what can be said about it.

mod question;
mod rows;

use std::collections::BTreeSet;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect, Size},
    text::Line,
};

use self::{
    question::{SAID, act_lines, ask},
    rows::{COLUMNS, InvoiceLine, as_text, lines},
};
use super::{
    invoices::{counted_customers, customers, standing},
    retries::shown_name,
    run::Meant,
};
use crate::{
    console::{
        action::Action,
        advice::{as_shown, in_keys, in_keys_at},
        dialog::{Overlay, overlay},
        keymap::Section,
        list_tools,
        listing::{AnyList as _, Listing},
        namesakes::Namesakes,
        pane::{Jump, Pane, keys_move_in},
        purpose::Purpose,
        shell::Shell,
        theme::Theme,
        widgets::{
            detail::{below_lines, rows},
            frame,
            table::Table,
            text::{amounts_in, separated, wrapped},
        },
    },
    domain::{currency::told, namesakes::ShownName},
    engine::{
        protocol::command,
        views::{InvoiceDetail, InvoiceStanding, LeftOutCustomer, Place},
    },
};

/// Lines above the table: what it is, whom it is for, what holds it or what was said about it.
const FACTS: u16 = 5;

/// Lines below the table: the keys that say something about it.
const ACTS: u16 = 4;

#[derive(Debug, Default)]
pub(crate) struct InvoiceScreen {
    wanted: Option<String>,
    detail: Option<InvoiceDetail>,
    list: Listing<InvoiceLine>,
    /// Reasons under which it is shown whose lines are not synced.
    unfolded: BTreeSet<String>,
}

/// What may be decided about an invoice, each with a key of its page.
const DECISIONS: &[Action] =
    &[Action::Accept, Action::TreatAsStandard, Action::LeaveOut, Action::Dismiss];

impl InvoiceScreen {
    /// From now on this one is shown, as soon as it is there.
    pub(crate) fn wait_for(&mut self, invoice: String) {
        let known = self.detail.as_ref().is_some_and(|detail| detail.invoice.number == invoice);
        if !known {
            *self = Self::default();
        }
        self.wanted = Some(invoice);
    }

    /// The one that is shown, or waited for.
    pub(crate) fn number(&self) -> Option<&str> {
        self.wanted.as_deref()
    }

    pub(crate) fn set(&mut self, mut detail: InvoiceDetail, namesakes: &Namesakes) {
        namesakes.tell_apart(detail.retries.iter_mut().map(shown_name));
        let left_out = detail.left_out.iter_mut();
        namesakes.tell_apart(
            left_out.map(|one| ShownName { name: &mut one.customer, domain: &one.domain }),
        );
        self.list.set(lines(&detail, &self.unfolded));
        self.detail = Some(detail);
    }

    /// The whole of it, as a text of so many columns.
    fn whole(&self, width: usize, theme: &Theme) -> String {
        let keys = theme.keys;
        let Some(detail) = &self.detail else { return String::new() };
        let invoice = &detail.invoice;
        let mut text = format!("Invoice {}: {}\n", invoice.number, invoice.state_told());
        text.push_str(&format!("{}\n{}\n", what_it_is(detail), how_far(detail)));
        let all = detail.ledger.excluded.iter().map(|sum| sum.reason.clone()).collect();
        for line in as_text(&lines(detail, &all), width, theme) {
            text.push_str(&format!("\n{line}"));
        }
        for decision in &invoice.decisions {
            text.push_str(&format!("\n\n{}", as_shown(decision)));
        }
        if let Some(finding) = &invoice.finding {
            text.push_str(&format!(
                "\n\n{}\n{}",
                as_shown(&finding.text),
                in_keys(&finding.advice, keys)
            ));
        }
        text
    }

    /// Shows whose lines are not synced for a reason, or hides them.
    fn unfold(&mut self, reason: String) {
        if !self.unfolded.remove(&reason) {
            self.unfolded.insert(reason);
        }
        if let Some(detail) = &self.detail {
            self.list.set(lines(detail, &self.unfolded));
        }
    }

    fn open(&mut self, shell: &mut Shell) -> Option<Jump> {
        match self.list.selected() {
            Some(InvoiceLine::Retry(retry)) => {
                return Some(Jump::To(Place::Run { run: retry.run, tenant: None }));
            }
            Some(InvoiceLine::LeftOut(LeftOutCustomer { tenant: Some(tenant), .. })) => {
                return Some(Jump::To(Place::Customer { tenant: Some(tenant.clone()) }));
            }
            Some(InvoiceLine::Excluded { sum, .. }) if self.names(&sum.reason) => {
                self.unfold(sum.reason.clone());
                return None;
            }
            _ => {}
        }
        let number = self.detail.as_ref()?.invoice.number.clone();
        let width = overlay::room(shell.size).width;
        let whole = self.whole(width.into(), &shell.theme);
        shell.open(Overlay::text(format!("Invoice {number}"), &whole));
        None
    }

    /// Whose row of a run the selected line is about.
    pub(crate) fn meant(&self) -> Option<Meant> {
        let Some(InvoiceLine::Retry(retry)) = self.list.selected() else { return None };
        let invoice = self.detail.as_ref()?.invoice.number.clone();
        Some(Meant { invoice, domains: retry.tenant.clone() })
    }

    /// Whether it is known whose lines are not synced for a reason.
    fn names(&self, reason: &str) -> bool {
        let left_out = self.detail.iter().flat_map(|detail| &detail.left_out);
        left_out.into_iter().any(|one| one.reason == reason)
    }

    fn export(&self, shell: &mut Shell) {
        let Some(detail) = &self.detail else { return };
        let currency = detail.ledger.currency.as_ref().map(ToString::to_string).unwrap_or_default();
        let number = &detail.invoice.number;
        let rows = self
            .list
            .shown()
            .map(|line| [number.clone(), line.name(), line.amount().to_string(), currency.clone()]);
        let head = ["invoice", "where", "amount", "currency"];
        list_tools::save_csv(shell, &format!("invoice-{number}"), &head, rows);
    }
}

impl Pane for InvoiceScreen {
    fn section(&self) -> Section {
        Section::Invoice
    }

    keys_move_in!(self.list);

    fn reload(&mut self, shell: &mut Shell) {
        if let Some(invoice) = self.wanted.clone() {
            shell.ask(Purpose::Invoice, command::Invoice { invoice });
        }
    }

    fn fit(&mut self, room: Rect) {
        let table = below_lines(room, FACTS);
        let height = table.height.saturating_sub(ACTS);
        self.list.fit(rows(Rect { height, ..table }));
    }

    fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
        match action {
            Action::Open => return self.open(shell),
            Action::Copy => list_tools::copy(shell, self.whole(usize::MAX, &shell.theme)),
            Action::Export => self.export(shell),
            action if SAID.contains(&action) => {
                ask(self.detail.as_ref(), action, shell);
            }
            action => _ = self.list.act(action, 0),
        }
        None
    }

    fn offers(&self, action: Action) -> bool {
        match action {
            action if SAID.contains(&action) => {
                question::offered(self.detail.as_ref(), action).is_some()
            }
            Action::Export | Action::Copy | Action::Open => self.detail.is_some(),
            _ => true,
        }
    }

    fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let crumb = theme.glyphs.crumb;
        let number = self.detail.as_ref().map(|detail| &detail.invoice.number);
        let number = number.or(self.wanted.as_ref()).map(String::as_str).unwrap_or_default();
        let title = format!("Sync{crumb}Invoices{crumb}{number}");
        let right = self.detail.as_ref().map_or_else(String::new, |detail| {
            let amounts = amounts_in([detail.ledger.currency.as_ref()]);
            let amounts = amounts.map(|amounts| format!("{amounts}{}", theme.glyphs.separator));
            let standing = standing(&detail.invoice, theme).text;
            // A glyph that is also what separates would stand twice.
            let plain = standing.strip_prefix(theme.glyphs.no_change).unwrap_or(&standing);
            format!("{}{}", amounts.unwrap_or_default(), plain.trim_start())
        });
        let inside = frame::body(frame, area, &title, &right, theme);
        let Some(detail) = &self.detail else {
            let text = if shell.awaits(&Purpose::Invoice) {
                "Reading the invoice from PRISM…"
            } else {
                "The invoice could not be read. F5 tries again, ! shows why, Esc goes back."
            };
            return frame::draw_notice(frame, inside, text, theme);
        };
        // What the table leaves is for what can be said of it; it stands at the bottom.
        let rows = u16::try_from(self.list.count_shown() + 1).unwrap_or(u16::MAX);
        let most = inside.height.saturating_sub(FACTS.saturating_add(rows)).max(ACTS);
        // The first of its rows stays blank.
        let room = Size { width: inside.width, height: most.saturating_sub(1) };
        let told = self.told(detail, room, shell);
        let need = u16::try_from(told.len() + 1).unwrap_or(u16::MAX);
        let [facts, table, acts] = Layout::vertical([
            Constraint::Length(FACTS),
            Constraint::Min(2),
            Constraint::Length(need.clamp(ACTS, most)),
        ])
        .areas(inside);
        draw_facts(frame, facts, detail, theme);
        Table::new(&self.list, COLUMNS).draw(frame, table, theme);
        frame::draw_detail(frame, acts, told);
    }
}

impl InvoiceScreen {
    /// What there is to say of the selected line, or of the invoice, in this room.
    fn told(&self, detail: &InvoiceDetail, room: Size, shell: &Shell) -> Vec<Line<'static>> {
        let theme = &shell.theme;
        // The first line is for the key.
        let below = Size { height: room.height.saturating_sub(1), ..room };
        let key = |text: &str| Line::styled(text.to_owned(), theme.accent());
        match self.list.selected() {
            Some(InvoiceLine::Retry(retry)) => {
                let why = wrapped(&as_shown(&retry.finding.text), room.width.into()).into_iter();
                let why = why.map(|line| Line::styled(line, theme.warn()));
                why.take(below.height.into()).chain([key("Enter opens its run")]).collect()
            }
            Some(InvoiceLine::Excluded { sum, unfolded }) if self.names(&sum.reason) => {
                let does = if *unfolded { "hides" } else { "shows" };
                let whose = key(&format!("Enter {does} whose lines these are"));
                let acts = act_lines(detail, below, shell);
                std::iter::once(whose).chain(acts).collect()
            }
            Some(InvoiceLine::LeftOut(LeftOutCustomer { tenant: Some(_), domain, .. })) => {
                let whose = Line::styled(domain.clone(), theme.muted());
                vec![whose, key("Enter opens the customer")]
            }
            _ => act_lines(detail, room, shell),
        }
    }
}

/// Month, class, header, lines and what they differ by.
fn what_it_is(detail: &InvoiceDetail) -> String {
    let invoice = &detail.invoice;
    let month = invoice.month.map(|month| format!("{month}, ")).unwrap_or_default();
    let currency = invoice.currency.as_ref();
    let header = invoice.subtotal.map_or_else(
        || "its header states no sum".to_owned(),
        |subtotal| format!("header {}", told(separated(subtotal), currency)),
    );
    let lines = detail
        .lines
        .zip(detail.sum)
        .map(|(lines, sum)| format!(", {lines} lines sum to {}", separated(sum)));
    format!("{month}{}: {header}{}", invoice.class, lines.unwrap_or_default())
}

/// How many customers it is for, and how far it is with them; of one that is held, what was written before.
fn how_far(detail: &InvoiceDetail) -> String {
    let (invoice, part) = (&detail.invoice, ("part written for", detail.part_written));
    if invoice.state != InvoiceStanding::Held {
        let part = counted_customers([part]);
        return std::iter::once(customers(invoice)).chain(part).collect::<Vec<_>>().join(", ");
    }
    let mut before = counted_customers([("applied to", invoice.applied), part]);
    let synced = detail.synced();
    if !synced.is_zero() {
        let synced = told(separated(synced), detail.ledger.currency.as_ref());
        before.push(format!("{synced} of it synced"));
    }
    let before = match before.as_slice() {
        [] => "nothing was written before it was held".to_owned(),
        before => format!("before it was held: {}", before.join(", ")),
    };
    let left = counted_customers([
        ("still to be applied to", invoice.due),
        ("something of it failed for", invoice.failed),
    ]);
    std::iter::once(before).chain(left).collect::<Vec<_>>().join("; ")
}

fn draw_facts(frame: &mut Frame, area: Rect, detail: &InvoiceDetail, theme: &Theme) {
    let invoice = &detail.invoice;
    let width = usize::from(area.width);
    let first = Line::styled(what_it_is(detail), theme.strong());
    let second = Line::styled(how_far(detail), theme.muted());
    let held = invoice.finding.iter().flat_map(|finding| wrapped(&as_shown(&finding.text), width));
    let held = held.map(|line| Line::styled(line, theme.warn()));
    let here = (Section::Invoice, DECISIONS);
    let advice = invoice
        .finding
        .iter()
        .flat_map(|one| wrapped(&in_keys_at(&one.advice, theme.keys, Some(here)), width));
    let held = held.chain(advice.map(|line| Line::styled(line, theme.text())));
    let decided =
        invoice.decisions.iter().rev().flat_map(|decision| wrapped(&as_shown(decision), width));
    let decided = decided.map(|line| Line::styled(line, theme.text()));
    frame::draw_lines(frame, area, [first, second].into_iter().chain(held).chain(decided));
}
