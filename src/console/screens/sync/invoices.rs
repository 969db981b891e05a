//! Every invoice of the program, newest month first: what it is, where it stands, what it comes to.

use std::{cmp::Ordering, collections::BTreeMap};

use ratatui::{Frame, layout::Rect, style::Style, text::Line};

use crate::{
    console::{
        action::Action,
        advice::{as_shown, in_keys, not_connected},
        keymap::Section,
        list_tools,
        listing::{Listing, Row},
        pane::{Jump, Pane, keys_move_in},
        purpose::Purpose,
        query::State,
        shell::Shell,
        theme::Theme,
        widgets::{
            detail::rows_with_detail,
            frame,
            table::{self, Cell, Column, Columns, Table},
            text::{amounts_in, counted, separated},
        },
    },
    domain::{Currency, Money, Side, currency::told},
    engine::{
        protocol::command,
        views::{InvoiceStanding, InvoiceView, Place, SystemKind},
    },
};

/// Lines below the table: what there is to say of the selected invoice.
const DETAIL: u16 = 4;

#[derive(Debug, Default)]
pub(crate) struct Invoices {
    list: Listing<InvoiceRow>,
    loaded: bool,
    /// The invoice to stand on when the rows arrive, by its number.
    wanted: Option<String>,
    /// Invoices of which only their lines tell what they are, and whose page has read them since, by number: the list says
    /// less.
    read: BTreeMap<String, InvoiceView>,
    /// The currency of all its amounts, which its frame names.
    amounts: Option<Currency>,
}

/// An invoice, with its currency where not all have the same.
#[derive(Clone, Debug)]
struct InvoiceRow {
    invoice: InvoiceView,
    currency: Option<Currency>,
}

impl InvoiceRow {
    fn amount(&self, amount: Option<Money>) -> String {
        let told = |amount| told(separated(amount), self.currency.as_ref());
        amount.map(told).unwrap_or_default()
    }
}

impl Invoices {
    /// The page of one was read: where its lines hold it, its row says so too, until a run has looked at it.
    pub(crate) fn was_read(&mut self, invoice: &InvoiceView) {
        if invoice.state == InvoiceStanding::Held {
            self.read.insert(invoice.number.clone(), invoice.clone());
        } else {
            self.read.remove(&invoice.number);
        }
    }

    /// A run ended: what it found is newer.
    pub(crate) fn forget_read(&mut self) {
        self.read.clear();
    }

    /// New rows. A currency that all of them share stands above them instead of with each.
    pub(crate) fn set(&mut self, mut rows: Vec<InvoiceView>) {
        self.loaded = true;
        for row in &mut rows {
            let is_unread = row.state == InvoiceStanding::Unread;
            if let Some(read) = self.read.get(&row.number).filter(|_| is_unread) {
                row.clone_from(read);
            }
        }
        self.amounts = Currency::one_of(rows.iter().map(|row| row.currency.as_ref())).cloned();
        let several = self.amounts.is_none();
        let row = |invoice: InvoiceView| InvoiceRow {
            currency: invoice.currency.clone().filter(|_| several),
            invoice,
        };
        self.list.set(rows.into_iter().map(row).collect());
        if let Some(number) = self.wanted.take() {
            self.select(&number);
        }
    }

    /// Opened from what is about this invoice: the cursor is on it.
    pub(crate) fn stand_on(&mut self, number: Option<String>) {
        let Some(number) = number else { return };
        self.select(&number);
        self.wanted = Some(number);
    }

    fn select(&mut self, number: &str) {
        let row = self.list.all().iter().find(|row| row.invoice.number == number).map(Row::key);
        if row.is_some() {
            self.list.select_key(row.as_deref());
        }
    }

    fn export(&self, shell: &mut Shell) {
        let money = |amount: Option<Money>| amount.map(|amount| amount.to_string());
        let rows = self.list.shown().map(|InvoiceRow { invoice, .. }| {
            [
                invoice.number.clone(),
                invoice.month.map(|month| month.to_string()).unwrap_or_default(),
                invoice.class.clone(),
                invoice.state_told(),
                money(invoice.subtotal).unwrap_or_default(),
                money(invoice.difference).unwrap_or_default(),
                invoice.currency.as_ref().map(ToString::to_string).unwrap_or_default(),
                invoice.finding.as_ref().map(|one| one.text.clone()).unwrap_or_default(),
            ]
        });
        let head =
            ["invoice", "month", "class", "state", "subtotal", "difference", "currency", "why"];
        list_tools::save_csv(shell, "invoices", &head, rows);
    }

    fn notice(&self, shell: &Shell) -> Option<&'static str> {
        let waits = shell.awaits(&Purpose::Invoices);
        match self.loaded {
            true if !self.list.is_empty() => None,
            _ if !shell.is_configured(SystemKind::Prism) => {
                Some(not_connected(Side::Source, shell.theme.keys))
            }
            _ if waits => Some("Reading invoices from PRISM…"),
            true => Some("PRISM lists no invoice of the program. Esc goes back."),
            false => Some("The invoices could not be read. F5 tries again, ! shows why."),
        }
    }
}

impl Pane for Invoices {
    fn section(&self) -> Section {
        Section::Invoices
    }

    keys_move_in!(self.list);

    fn reload(&mut self, shell: &mut Shell) {
        shell.ask(Purpose::Invoices, command::Invoices);
    }

    fn fit(&mut self, room: Rect) {
        self.list.fit(rows_with_detail(room, DETAIL));
    }

    fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
        match (action, self.list.selected()) {
            (Action::Open, row) => {
                let invoice = row?.invoice.number.clone();
                return Some(Jump::To(Place::Invoice { invoice }));
            }
            (Action::Copy, Some(row)) => list_tools::copy(shell, one_line(row)),
            (Action::Export, _) => self.export(shell),
            (action, _) => _ = self.list.act(action, COLUMNS.len()),
        }
        None
    }

    fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let title = list_tools::title(&format!("Sync{}Invoices", theme.glyphs.crumb), &self.list);
        let amounts = amounts_in([self.amounts.as_ref()]).unwrap_or_default();
        let inside = frame::body(frame, area, &title, &amounts, theme);
        if let Some(text) = self.notice(shell) {
            return frame::draw_notice(frame, inside, text, theme);
        }
        let rows = Table::new(&self.list, COLUMNS);
        if let Some((row, below)) = rows.draw_with_detail(frame, inside, DETAIL, theme) {
            below.draw(frame, detail(&row.invoice, theme), theme);
        }
    }
}

fn one_line(InvoiceRow { invoice, .. }: &InvoiceRow) -> String {
    let why = invoice
        .finding
        .as_ref()
        .map_or_else(String::new, |one| format!(": {}", as_shown(&one.text)));
    format!("{} {}, {}{why}", invoice.number, invoice.class, invoice.state_told())
}

/// What is to be said of it, most urgent first.
fn detail(invoice: &InvoiceView, theme: &Theme) -> Vec<Line<'static>> {
    let line = |text: &str, style: Style| Line::styled(text.to_owned(), style);
    if let Some(finding) = &invoice.finding {
        let advice = line(&in_keys(&finding.advice, theme.keys), theme.text());
        return vec![line(&as_shown(&finding.text), theme.warn()), advice];
    }
    if !invoice.failures.is_empty() {
        let failures = invoice.failures.iter().map(|failure| line(failure, theme.warn()));
        return std::iter::once(Line::styled(customers(invoice), theme.muted()))
            .chain(failures)
            .collect();
    }
    if invoice.decisions.is_empty() {
        return vec![Line::styled(customers(invoice), theme.muted())];
    }
    invoice.decisions.iter().map(|decision| line(&as_shown(decision), theme.muted())).collect()
}

/// How many customers it is for, and how far it is with them.
pub(crate) fn customers(invoice: &InvoiceView) -> String {
    let told = counted_customers([
        ("applied to", invoice.applied),
        ("still to be applied to", invoice.due),
        ("something of it failed for", invoice.failed),
    ]);
    if told.is_empty() { "applied to no customer".to_owned() } else { told.join(", ") }
}

/// What is so of how many customers, where it is of any.
pub(crate) fn counted_customers<'a>(
    parts: impl IntoIterator<Item = (&'a str, u64)>,
) -> Vec<String> {
    let told = parts.into_iter().filter(|(_, count)| *count > 0);
    told.map(|(what, count)| format!("{what} {}", counted(count, "customer", "customers")))
        .collect()
}

/// Glyph and words of where an invoice stands: red for what nothing is written of until somebody says more.
pub(crate) fn standing(invoice: &InvoiceView, theme: &Theme) -> Cell {
    let glyphs = theme.glyphs;
    let (glyph, style) = match invoice.state {
        _ if invoice.failed > 0 => (glyphs.failure, theme.bad()),
        InvoiceStanding::Held => (glyphs.failure, theme.bad()),
        InvoiceStanding::Applied => (glyphs.success, theme.good()),
        InvoiceStanding::Due | InvoiceStanding::Unread => (glyphs.queued, theme.accent()),
        InvoiceStanding::Waiting | InvoiceStanding::TooLate => (glyphs.warning, theme.warn()),
        InvoiceStanding::Excluded if invoice.undecided => (glyphs.warning, theme.warn()),
        InvoiceStanding::Unlisted if invoice.finding.is_some() => (glyphs.warning, theme.warn()),
        InvoiceStanding::Excluded
        | InvoiceStanding::Dismissed
        | InvoiceStanding::NotDue
        | InvoiceStanding::Unlisted => (glyphs.no_change, theme.muted()),
    };
    Cell::styled(format!("{glyph} {}", invoice.state_told()), style)
}

impl Row for InvoiceRow {
    const STATES: &'static [State] = &[State::NeedsReview, State::Failed];

    fn key(&self) -> String {
        self.invoice.id.to_string()
    }

    fn text(&self) -> String {
        let InvoiceView { number, class, .. } = &self.invoice;
        let month = self.invoice.month.map(|month| month.to_string()).unwrap_or_default();
        format!("{number} {month} {class} {}", self.invoice.state_told())
    }

    fn cells(&self) -> Vec<(&'static str, String)> {
        table::told(COLUMNS, self)
    }

    fn is(&self, state: State) -> bool {
        match state {
            State::NeedsReview => self.invoice.needs_review(),
            State::Failed => self.invoice.failed > 0 || self.invoice.state == InvoiceStanding::Held,
            State::Warning | State::Unlinked | State::Off | State::New => false,
        }
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        let (ours, theirs) = (&self.invoice, &other.invoice);
        match column {
            1 => ours.month.cmp(&theirs.month),
            2 => ours.class.cmp(&theirs.class),
            3 => ours.state.cmp(&theirs.state),
            4 => ours.subtotal.cmp(&theirs.subtotal),
            5 => ours.difference.cmp(&theirs.difference),
            _ => ours.number.cmp(&theirs.number),
        }
    }
}

const COLUMNS: &Columns<InvoiceRow> = &[
    Column::new("Invoice", 12).grows(1).searched().text(|row| row.invoice.number.clone()),
    Column::new("Month", 7)
        .text(|row| row.invoice.month.map(|month| month.to_string()).unwrap_or_default()),
    Column::new("What it is", 16)
        .grows(2)
        .drops(2)
        .searched()
        .text(|row| row.invoice.class.clone()),
    Column::new("State", 22).grows(2).searched().cell(|row, theme| standing(&row.invoice, theme)),
    Column::new("Subtotal", 15).right().text(|row| row.amount(row.invoice.subtotal)),
    Column::new("Difference", 11).right().drops(1).cell(|row, theme| {
        let difference = row.invoice.difference.filter(|difference| !difference.is_zero());
        Cell::styled(row.amount(difference), theme.warn())
    }),
];
