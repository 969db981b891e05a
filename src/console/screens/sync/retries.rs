//! The retry list (sync-rules 2.7), and invoices that hold later ones up.

use std::cmp::Ordering;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Position, Rect},
    text::Line,
};

use crate::{
    console::{
        action::{Action, Tab},
        advice::details,
        dialog::{Confirm, Overlay, Prompt, confirm::Then, prompt::Asking},
        keymap::Section,
        list_tools,
        listing::{Apart, Listing, Row},
        namesakes::Namesakes,
        pane::{Jump, Pane, keys_move_in},
        purpose::Purpose,
        screens::causes::{Acted, Causes},
        shell::Shell,
        widgets::{
            detail::{below_lines, rows_with_detail, with_detail},
            frame,
            table::{Column, Columns, Table, told},
            text::{amounts_in, finding_lines, in_currency, separated},
        },
    },
    domain::{Currency, currency, namesakes::ShownName},
    engine::{
        protocol::command,
        views::{RetryView, causes::of_retries, history::tell_services_apart},
    },
};

impl Row for RetryView {
    fn key(&self) -> String {
        self.id.clone()
    }

    fn text(&self) -> String {
        format!("{} {} {} {}", self.customer, self.service, self.invoice, self.finding.text)
    }

    fn cells(&self) -> Vec<(&'static str, String)> {
        told(COLUMNS, self)
    }

    /// The same of a customer can wait with two invoices of a month.
    fn apart(&self) -> Option<Apart> {
        let name = format!("{}\u{1f}{}\u{1f}{}", self.customer, self.service, self.month);
        Some(Apart { name, by: vec![("Invoice", self.invoice.clone())] })
    }

    fn repeated(&self) -> Vec<(&'static str, String)> {
        vec![("Month", self.month.to_string()), ("Invoice", self.invoice.clone())]
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        match column {
            1 => self.service.cmp(&other.service),
            2 => self.month.cmp(&other.month),
            3 => self.amount.cmp(&other.amount),
            4 => self.invoice.cmp(&other.invoice),
            _ => self.customer.cmp(&other.customer),
        }
    }
}

/// Lines below the table: what the selected entry failed with.
const DETAIL: u16 = 4;

#[derive(Debug, Default)]
pub(crate) struct Retries {
    /// Every entry; below the causes those of the one that was chosen.
    all: Vec<RetryView>,
    list: Listing<RetryView>,
    causes: Causes,
    /// The currency of all its amounts, which its frame names.
    amounts: Option<Currency>,
    /// What was dismissed last.
    dismissed: Option<String>,
}

impl Retries {
    /// New entries. A currency that all of them share stands above them instead of with each.
    pub(crate) fn set(&mut self, mut rows: Vec<RetryView>, namesakes: &Namesakes) {
        namesakes.tell_apart(rows.iter_mut().map(shown_name));
        self.causes.set(of_retries(&rows));
        tell_services_apart(&mut rows);
        self.amounts = Currency::one_of(rows.iter().map(|row| row.currency.as_ref())).cloned();
        if self.amounts.is_some() {
            for row in &mut rows {
                row.currency = None;
            }
        }
        self.all = rows;
        self.arrange();
    }

    pub(crate) fn causes(&self) -> &Causes {
        &self.causes
    }

    fn arrange(&mut self) {
        let members = self.causes.members();
        let is_of = |row: &&RetryView| members.as_ref().is_none_or(|all| all.contains(&*row.id));
        self.list.set(self.all.iter().filter(is_of).cloned().collect());
    }

    /// What was dismissed last, if it left the list.
    fn gone(&self) -> Option<&String> {
        self.dismissed.as_ref().filter(|id| !self.all.iter().any(|row| row.id == **id))
    }

    fn undo(&self, shell: &mut Shell) {
        match self.gone() {
            Some(id) => {
                shell.ask(Purpose::Change, command::RestoreRetry { id: id.clone() });
            }
            None => shell.decline("Nothing was dismissed"),
        }
    }

    fn act_in_causes(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
        match self.causes.act(action, shell) {
            Acted::Chose => {
                self.arrange();
                None
            }
            Acted::Led(jump) => jump,
        }
    }

    fn export(&self, shell: &mut Shell) {
        let rows = self.list.shown().map(|row| {
            let currency = row.currency.as_ref().or(self.amounts.as_ref());
            [
                row.customer.clone(),
                row.service.clone(),
                row.invoice.clone(),
                row.month.to_string(),
                row.amount.to_string(),
                row.finding.text.clone(),
                currency.map_or_else(String::new, ToString::to_string),
            ]
        });
        let head = ["customer", "service", "invoice", "month", "amount", "error", "currency"];
        list_tools::save_csv(shell, "retries", &head, rows);
    }
}

impl Pane for Retries {
    fn section(&self) -> Section {
        if self.causes.is_in_front() { Section::Causes } else { Section::Retries }
    }

    keys_move_in!(self, self.causes.is_in_front(), {
        true => causes.list,
        false => list,
    });

    fn reload(&mut self, shell: &mut Shell) {
        shell.ask(Purpose::Retries, command::Retries);
    }

    fn fit(&mut self, room: Rect) {
        let head = self.causes.fit(room, room.height);
        self.list.fit(rows_with_detail(below_lines(room, head), DETAIL));
    }

    fn go_to_part(&mut self, at: Position) {
        self.causes.go_to_part(at, &self.list);
    }

    fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
        if self.causes.is_in_front() {
            return self.act_in_causes(action, shell);
        }
        match (action, self.list.selected()) {
            (Action::OtherSide, _) if self.causes.is_empty() => {
                return Some(Jump::Tab(Tab::Sync.moved(1)));
            }
            (Action::OtherSide, _) => self.causes.turn(),
            (Action::Dismiss, Some(row)) => {
                ask_to_dismiss(row, self.amounts.as_ref(), shell);
                self.dismissed = Some(row.id.clone());
            }
            (Action::Undo, _) => self.undo(shell),
            (Action::Open, Some(row)) => {
                shell.open(Overlay::text("Details", &details(&row.finding, shell.theme.keys)));
            }
            (Action::Copy, Some(row)) => {
                list_tools::copy(shell, format!("{}: {}", row.customer, row.finding.text));
            }
            (Action::Export, _) => self.export(shell),
            (action, _) => _ = self.list.act(action, COLUMNS.len()),
        }
        None
    }

    fn offers(&self, action: Action) -> bool {
        if self.causes.is_in_front() {
            return self.causes.offers(action);
        }
        match action {
            Action::Undo => self.gone().is_some(),
            Action::OtherSide => !self.causes.is_empty(),
            Action::RetryFailed => !self.list.is_empty(),
            Action::Dismiss | Action::Open | Action::Copy => self.list.selected().is_some(),
            _ => true,
        }
    }

    fn back(&mut self, _: &mut Shell) -> Option<Jump> {
        if self.causes.leave() || self.clear_filter() {
            return None;
        }
        if self.causes.clear() {
            self.arrange();
            return None;
        }
        Some(Jump::Back)
    }

    fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let title = list_tools::title(&format!("Sync{}Retry list", theme.glyphs.crumb), &self.list);
        let amounts = amounts_in([self.amounts.as_ref()]).unwrap_or_default();
        let inside = frame::body(frame, area, &title, &amounts, theme);
        if self.list.is_empty() {
            let line =
                Line::styled("Nothing waits to be tried again. Esc goes back.", theme.good());
            return frame.render_widget(line, inside);
        }
        let head = self.causes.height(inside.height);
        let [causes, below] =
            Layout::vertical([Constraint::Length(head), Constraint::Min(0)]).areas(inside);
        self.causes.draw(frame, causes, theme);
        let rows = Table::new(&self.list, COLUMNS);
        let (table, detail) = with_detail(below, DETAIL, &self.list, rows.need(theme));
        let lit = !self.causes.is_in_front();
        rows.lit(lit).draw(frame, table, theme);
        let selected = self.list.selected().map(|row| row.finding.clone());
        if let Some(finding) = self.causes.finding(theme).or(selected) {
            detail.draw(frame, finding_lines(&finding, theme), theme);
        }
    }
}

/// What a list shows an entry's customer by.
pub(super) fn shown_name(row: &mut RetryView) -> ShownName<'_> {
    ShownName { name: &mut row.customer, domain: &row.tenant }
}

/// Asks whether an entry leaves the list; the reason is typed after that.
fn ask_to_dismiss(row: &RetryView, amounts: Option<&Currency>, shell: &mut Shell) {
    let whole = row.service.is_empty();
    let what = if whole {
        format!("invoice {}", row.invoice)
    } else {
        format!("{} of {}", row.service, row.customer)
    };
    let effect = if whole {
        "Nothing of it is written, and later invoices do not wait for it.".into()
    } else {
        shell.theme.terms.say("It is not tried again: what stands on the contract stays as it is.")
    };
    let amount = in_currency(row.amount, row.currency.as_ref().or(amounts));
    let reason = Prompt::new(Asking::Dismissal(row.id.clone()), "Reason to dismiss it", "");
    let then = Then::Prompt(Box::new(reason));
    let question = Confirm::new(format!("Dismiss {what}?"), "Give the reason", then);
    shell.open(question.with_body([
        format!("Invoice {} of {}, {amount}", row.invoice, row.month),
        effect.into_owned(),
        "z puts it back until the next run.".to_owned(),
    ]));
}

const COLUMNS: &Columns<RetryView> = &[
    Column::new("Customer", 16).grows(2).searched().keeps_end().text(|row| row.customer.clone()),
    Column::new("Service or subscription", 18)
        .grows(3)
        .searched()
        .runs_on()
        .text(|row| row.service.clone()),
    Column::new("Month", 7).text(|row| row.month.to_string()),
    Column::new("Amount", 10)
        .right()
        .drops(1)
        .text(|row| currency::told(separated(row.amount), row.currency.as_ref())),
    Column::new("Invoice", 10).drops(2).searched().muted(|row| row.invoice.clone()),
];
