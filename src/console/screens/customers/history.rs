//! Every change on one customer's contract, across runs: what changed on this bill, and why.

use std::{cmp::Ordering, collections::BTreeSet};

use ratatui::{Frame, layout::Rect, text::Line};

use super::page::tables::CHANGES;
use crate::{
    console::{
        action::Action,
        dialog::Overlay,
        fold::by_letters,
        keymap::Section,
        list_tools,
        listing::{Listing, Need, Row},
        pane::{Jump, Pane, keys_move_in},
        purpose::Purpose,
        shell::Shell,
        theme::Theme,
        widgets::{
            detail::rows_with_detail,
            frame,
            table::{Cell, Column, Columns, Table, told},
            text::{
                amounts_in, counted, date, from_to, in_currency, moment, moved, price, replaced,
                short_date, signed, signed_units,
            },
        },
    },
    domain::{Day, Money, TenantId, currency, run::WriteState, terms::Terms, text::thousands},
    engine::{protocol::command, views::HistoryView},
};

/// Lines below the table: the selected change whole.
const DETAIL: u16 = 3;

#[derive(Debug)]
pub(crate) struct History {
    tenant: TenantId,
    customer: String,
    list: Listing<HistoryView>,
}

impl History {
    /// Of this customer, whose changes are still to arrive.
    pub(crate) fn of(tenant: TenantId, customer: String) -> Self {
        Self { tenant, customer, list: Listing::default() }
    }

    /// Changes arrived, maybe of another customer.
    pub(crate) fn set(&mut self, of: &TenantId, rows: Vec<HistoryView>) {
        if self.tenant == *of {
            self.list.set(rows);
        }
    }

    /// From when the selected change holds.
    pub(crate) fn selected_day(&self) -> Option<Day> {
        self.list.selected()?.effective
    }

    fn export(&self, shell: &mut Shell) {
        let rows = self.list.shown().map(|row| {
            [
                self.customer.clone(),
                row.effective.map_or_else(String::new, |day| day.to_string()),
                row.until.map_or_else(String::new, |day| day.to_string()),
                row.product.clone().unwrap_or_default(),
                row.service.clone(),
                row.units.0.to_string(),
                row.units.1.to_string(),
                row.monthly_effect.to_string(),
                row.invoice.clone(),
                row.run.to_string(),
                row.actor.clone(),
                row.result.to_string(),
                row.currency.as_ref().map_or_else(String::new, ToString::to_string),
                row.others.join(", "),
            ]
        });
        let head = [
            "customer",
            "effective",
            "until",
            "product",
            "service",
            "before",
            "after",
            "monthly",
            "invoice",
            "run",
            "by",
            "result",
            "currency",
            "others",
        ];
        list_tools::save_csv(shell, "history", &head, rows);
    }
}

impl Pane for History {
    fn section(&self) -> Section {
        Section::ContractHistory
    }

    keys_move_in!(self.list);

    fn reload(&mut self, shell: &mut Shell) {
        let command = command::History { tenant: self.tenant.to_string(), service: None };
        shell.ask(Purpose::History(self.tenant.clone()), command);
    }

    fn fit(&mut self, room: Rect) {
        self.list.fit(rows_with_detail(room, DETAIL));
    }

    fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
        match (action, self.list.selected()) {
            (Action::Export, _) => self.export(shell),
            (Action::Open, Some(row)) => {
                shell.open(Overlay::text(product(row), &details(row, &shell.theme)));
            }
            (Action::Copy, Some(row)) => list_tools::copy(shell, details(row, &shell.theme)),
            (Action::Chart, Some(row)) => {
                let (tenant, run, service) = (self.tenant.to_string(), row.run, row.service_id);
                shell.ask(Purpose::Chart, command::Chart { run, tenant, service });
                shell.inform(shell.theme.terms.say("Reading the contract"));
            }
            (action, _) => _ = self.list.act(action, COLUMNS.len()),
        }
        None
    }

    fn offers(&self, action: Action) -> bool {
        match action {
            Action::Chart => self.list.selected().is_some(),
            _ => true,
        }
    }

    fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let runs = counted(runs_of(self.list.all().iter()), "run", "runs");
        let crumb = format!("Customers{0}{1}{0}History", theme.glyphs.crumb, self.customer);
        let mut title = list_tools::title(&crumb, &self.list);
        if !self.list.is_empty() {
            title.push_str(&format!(", of {runs}"));
        }
        let own = || self.list.all().iter().filter(|row| row.is_own());
        let added = services_added(own(), theme.terms);
        let theirs = (self.list.all().len() - own().count()) as u64;
        let theirs = (theirs > 0).then(|| format!("{} for others", thousands(theirs)));
        let parts: Vec<String> = added.into_iter().chain(theirs).collect();
        if !parts.is_empty() {
            let changes = own().filter(|row| !only_adds(row)).count();
            let changes = counted(changes as u64, "change", "changes");
            title.push_str(&format!(": {changes}, {}", parts.join(", ")));
        }
        let amounts = amounts_in(self.list.all().iter().map(|row| row.currency.as_ref()));
        let inside = frame::body(frame, area, &title, &amounts.unwrap_or_default(), theme);
        if self.list.is_empty() {
            let waits = |purpose: &Purpose| matches!(purpose, Purpose::History(_));
            let text = if shell.awaits_any(waits) {
                "Looking through the runs…"
            } else {
                "Nothing was written for this customer so far. Esc goes back; p there plans its sync."
            };
            return frame::draw_notice(frame, inside, text, theme);
        }
        let rows = Table::new(&self.list, COLUMNS);
        let Some((row, detail)) = rows.draw_with_detail(frame, inside, DETAIL, theme) else {
            return;
        };
        if detail.is_beside() {
            let whole = details(row, theme);
            return detail.draw(frame, whole.lines(), theme);
        }
        let separator = theme.glyphs.separator;
        let written = format!("{}{separator}{}", written(row), row.result.words());
        let lines = [
            Line::raw(format!("{}{separator}{}", named(row), row.contract)),
            Line::styled(written, theme.muted()),
        ];
        detail.draw(frame, lines, theme);
    }
}

/// Whether it only put a service on the contract: that says nothing of the bill, its first quantity does.
pub(crate) fn only_adds(row: &HistoryView) -> bool {
    row.effective.is_none()
        && matches!(row.result, WriteState::Written | WriteState::SettledAsWritten)
}

/// How many of those there are, in words.
pub(crate) fn services_added<'a>(
    rows: impl Iterator<Item = &'a HistoryView>,
    terms: Terms,
) -> Option<String> {
    let added = rows.filter(|row| only_adds(row)).count() as u64;
    let [one, many] = ["service added", "services added"].map(|words| terms.say(words));
    (added > 0).then(|| counted(added, &one, &many))
}

/// How many runs they are of.
pub(crate) fn runs_of<'a>(rows: impl Iterator<Item = &'a HistoryView>) -> u64 {
    rows.map(|row| row.run).collect::<BTreeSet<_>>().len() as u64
}

/// How many are for others who share the contract, and for whom, in words.
pub(crate) fn of_others(rows: &[HistoryView], theme: &Theme) -> Option<String> {
    let theirs = rows.iter().filter(|row| !row.is_own());
    let whom: BTreeSet<&str> =
        theirs.clone().flat_map(|row| &row.others).map(String::as_str).collect();
    let whom: Vec<&str> = whom.into_iter().collect();
    let count = theirs.count() as u64;
    (count > 0).then(|| {
        let contract = theme.terms.say("contract");
        let share = if whom.len() == 1 { "shares" } else { "share" };
        format!("{} of {}, who {share} the {contract}", thousands(count), whom.join(", "))
    })
}

/// The product with the service that bills it, where the two have different names.
pub(crate) fn named(row: &HistoryView) -> String {
    match &row.product {
        Some(product) if *product != row.service => format!("{product} ({})", row.service),
        _ => row.service.clone(),
    }
}

/// A change whole, as text.
pub(crate) fn details(row: &HistoryView, theme: &Theme) -> String {
    let (before, after) = row.units;
    let what = match row.effective {
        None => theme.terms.say("Put on the contract").into_owned(),
        Some(day) if before == after => format!("From {}, its {after} seats stay", date(day)),
        Some(day) => {
            let days = row.until.map_or_else(|| date(day), |last| from_to(day, last));
            format!("Seats {before} {} {after} from {days}", theme.glyphs.arrow)
        }
    };
    let mut text = format!("{}\n\n{what}\n", named(row));
    if !row.monthly_effect.rounded(2).is_zero() {
        let effect = currency::told(signed(row.monthly_effect), row.currency.as_ref());
        text.push_str(&format!("Price a month changes by {effect}\n"));
    }
    let prices =
        [("price", row.price_before, row.unit_price), ("cost", row.cost_before, row.unit_cost)];
    for (what, was, is) in prices {
        let Some(is) = is.filter(|is| was != Some(*is)) else { continue };
        let is = in_currency(is, row.currency.as_ref());
        text.push_str(&match was {
            Some(was) => format!("Unit {what} {was} {} {is}\n", theme.glyphs.arrow),
            None => format!("New unit {what} {is}\n"),
        });
    }
    let contract = theme.terms.say("Contract");
    text.push_str(&format!(
        "\n{}, for invoice {}\n{contract}: {}\nResult: {}",
        written(row),
        row.invoice,
        row.contract,
        row.result.words()
    ));
    if !row.is_own() {
        let shared = contract.to_lowercase();
        text.push_str(&format!("\nFor {}, on the same {shared}", row.others.join(", ")));
    }
    text
}

/// When and by whom it was written; one that does not stand, or whose fate is not known, was only to be.
fn written(row: &HistoryView) -> String {
    let at = moment(row.at);
    let what = match row.result {
        WriteState::Written | WriteState::SettledAsWritten => "Written",
        WriteState::NotSent => "To be written",
        _ => "Sent",
    };
    format!("{what} {at} by {}, run #{}", row.actor, row.run)
}

/// What a change did: its quantities, or its price where only that moved.
pub(crate) fn change(row: &HistoryView, theme: &Theme) -> Cell {
    let (before, after) = row.units;
    let arrow = theme.glyphs.arrow;
    let pair = |name: &str, was: Option<Money>, is: Money| match was {
        Some(was) => format!("{name} {}", replaced(Some(was), is, theme)),
        None => format!("{name} {}", price(is)),
    };
    match (row.effective, row.unit_price, row.unit_cost) {
        (None, ..) => Cell::styled("added", theme.muted()),
        (Some(_), Some(price), _) if before == after => {
            Cell::plain(pair("price", row.price_before, price))
        }
        (Some(_), None, Some(cost)) if before == after => {
            Cell::plain(pair("cost", row.cost_before, cost))
        }
        (Some(_), ..) => Cell::plain(match row.until {
            Some(last) => format!("{} to {}", signed_units(after - before), short_date(last)),
            None => format!("{before} {arrow} {after}"),
        }),
    }
}

/// What a change is about: as the invoices call it, else by its service's name.
pub(crate) fn product(row: &HistoryView) -> &str {
    row.product.as_deref().unwrap_or(&row.service)
}

impl Row for HistoryView {
    fn key(&self) -> String {
        format!("{}-{}-{}-{:?}", self.run, self.at, self.service_id, self.effective)
    }

    fn text(&self) -> String {
        let product = self.product.as_deref().unwrap_or_default();
        let others = self.others.join(" ");
        format!("{product} {} {} {} {others}", self.service, self.invoice, self.contract)
    }

    fn cells(&self) -> Vec<(&'static str, String)> {
        told(COLUMNS, self)
    }

    /// In either table that tells it.
    fn needs(&self) -> Vec<(&'static str, Need)> {
        let cells = self.cells().into_iter().chain(told(CHANGES, self));
        cells.map(|(heading, text)| (heading, Need::of(&text))).collect()
    }

    fn repeated(&self) -> Vec<(&'static str, String)> {
        vec![("By", format!("by {}", self.actor))]
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        match column {
            0 => self.effective.cmp(&other.effective),
            1 => by_letters(product(self), product(other)),
            2 => (self.units.1 - self.units.0).cmp(&(other.units.1 - other.units.0)),
            3 => self.monthly_effect.cmp(&other.monthly_effect),
            4 => self.invoice.cmp(&other.invoice),
            5 => self.run.cmp(&other.run),
            6 => self.actor.cmp(&other.actor),
            7 => self.others.cmp(&other.others),
            _ => self.result.cmp(&other.result),
        }
    }
}

const COLUMNS: &Columns<HistoryView> = &[
    Column::new("Effective", 11).text(|row| row.effective.map_or_else(String::new, date)),
    Column::new("Product", 18).grows(3).searched().text(|row| product(row).to_owned()),
    Column::new("Change", 17).cell(change),
    Column::new("Price a month", 13).right().drops(1).text(|row| moved(row.monthly_effect)),
    Column::new("Invoice", 10).drops(2).searched().muted(|row| row.invoice.clone()),
    Column::new("Run", 5).right().drops(3).muted(|row| format!("#{}", row.run)),
    Column::new("By", 8).drops(5).muted(|row| row.actor.clone()),
    Column::new("For", 14)
        .grows(2)
        .keeps_end()
        .searched()
        .cell(|row, theme| Cell::styled(row.others.join(", "), theme.warn())),
    Column::new("Result", 10).grows(1).drops(4).text(|row| row.result.words().to_owned()),
];
