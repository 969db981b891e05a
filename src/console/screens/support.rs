//! Tab 6: searchable help in own words, log path, support bundle, log out.

use std::cmp::Ordering;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::Line,
    widgets::{Paragraph, Wrap},
};

use crate::{
    console::{
        action::Action,
        dialog::{Confirm, confirm::Then},
        listing::{Listing, Row},
        shell::{Purpose, Shell},
        widgets::{
            frame,
            table::{Cell, Column, TableLook, draw_table},
        },
    },
    engine::{
        protocol::Command,
        views::{Place, VaultView},
    },
};

/// A question or a message with its answer.
#[derive(Clone, Copy, Debug)]
pub struct Topic {
    question: &'static str,
    answer: &'static str,
}

impl Row for Topic {
    fn key(&self) -> String {
        self.question.to_owned()
    }

    fn text(&self) -> String {
        format!("{} {}", self.question, self.answer)
    }

    fn compare(&self, other: &Self, _: usize) -> Ordering {
        self.question.cmp(other.question)
    }
}

/// The screen.
#[derive(Debug)]
pub struct Support {
    /// Its topics.
    pub list: Listing<Topic>,
    vault: Option<VaultView>,
}

impl Support {
    /// With all topics.
    pub fn new() -> Self {
        let mut list = Listing::default();
        list.set(TOPICS.to_vec());
        Self { list, vault: None }
    }

    /// The tab was opened.
    pub fn enter(&mut self, shell: &mut Shell) {
        shell.ask(Purpose::Vault, Command::Vault);
    }

    /// The vault's state.
    pub fn told(&mut self, vault: VaultView) {
        self.vault = Some(vault);
    }

    /// How much room its list has.
    pub fn fit(&mut self, (_, rows): (u16, u16)) {
        self.list.fit(usize::from(rows.saturating_sub(4) / 2).max(3));
    }

    /// Carries an action out.
    pub fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Place> {
        match action {
            Action::Filter => super::forms::open_filter(shell, self.list.filter()),
            Action::Back => self.list.set_filter(""),
            Action::SupportBundle => _ = shell.ask(Purpose::Bundle, Command::SupportBundle),
            Action::LogOut => {
                let then = Then::Ask(Purpose::Change, Box::new(Command::Lock));
                let body = "Syncs need the passphrase again until then.".to_owned();
                shell.open(Confirm::new("Lock the vault?", "Log out", then).with_body([body]));
            }
            Action::Copy => {
                if let Some(topic) = self.list.selected() {
                    super::forms::copy(shell, format!("{}\n{}", topic.question, topic.answer));
                }
            }
            action => _ = self.list.act(action, 0),
        }
        None
    }

    /// Draws it.
    pub fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let title = super::forms::filtered("Support", self.list.filter(), self.list.counts());
        let inside = frame::body(frame, area, (&title, ""), theme);
        let half = inside.height.saturating_sub(4) / 2 + 1;
        let [list, _, answer, _, facts] = Layout::vertical([
            Constraint::Length(half),
            Constraint::Length(1),
            Constraint::Min(2),
            Constraint::Length(1),
            Constraint::Length(2),
        ])
        .areas(inside);
        let look = TableLook { columns: COLUMNS, focused: true, marks: false };
        draw_table(frame, list, (&self.list, &look), theme);
        if let Some(topic) = self.list.selected() {
            let text = Paragraph::new(topic.answer).wrap(Wrap { trim: true });
            frame.render_widget(text, answer);
        }
        let vault = self.vault.as_ref().map_or_else(String::new, |vault| {
            let state = if vault.unlocked { "open" } else { "locked" };
            format!("Vault {state} by {}", vault.unlocked_by)
        });
        let lines = [format!("Log: {}", shell.log_path), vault];
        for (line, row) in lines.into_iter().zip(facts.rows()) {
            frame.render_widget(Line::styled(line, theme.muted()), row);
        }
    }
}

impl Default for Support {
    fn default() -> Self {
        Self::new()
    }
}

const COLUMNS: &[Column<Topic>] = &[Column {
    title: "Question or message",
    least: 20,
    share: 1,
    priority: 0,
    right: false,
    searched: true,
    cell: |topic, _| Cell::plain(topic.question),
}];

const fn topic(question: &'static str, answer: &'static str) -> Topic {
    Topic { question, answer }
}

/// The guide's questions and messages, in our own words (R63–R72).
const TOPICS: &[Topic] = &[
    topic(
        "What is synced?",
        "Two streams. The price list becomes services: created once, then only price and cost follow. The standard \
         monthly invoice becomes dated changes of quantity on the contracts of mapped customers, so that the PSA bills \
         what the distributor billed, prorated to the day.",
    ),
    topic(
        "Which prices are used?",
        "Cost is what you pay the distributor; price is the recommended retail price. Each mapping can keep your own \
         sell price (cost only) or all prices (quantities only).",
    ),
    topic(
        "Are services overwritten that were there before?",
        "No. A service that is not ours is never touched. If one carries the name we would use, the preview shows a \
         collision: rename it, or adopt it with A on tab 4.",
    ),
    topic(
        "Why is the service named after a SKU?",
        "Because the PSA wants unique, short names. Rename it as you like after the first sync: from then on it is \
         known by its id.",
    ),
    topic(
        "A product is off the price list but still invoiced",
        "Pin it to a service of your choice with P on tab 4, by SKU, product id or offer name.",
    ),
    topic(
        "Do I need new contracts?",
        "No. Any active Recurring Service contract of the customer will do. Its start should be the first of a month, \
         or the PSA prorates its periods differently from the invoice.",
    ),
    topic(
        "Can I change quantities by hand?",
        "Yes, but the next invoice sets the usage month back to what was invoiced, and says so. A change dated after \
         the month keeps its quantity.",
    ),
    topic(
        "How are mid-month changes prorated?",
        "Each change is dated on the day it happened; the PSA prorates price and cost by itself.",
    ),
    topic(
        "How do I stop syncing?",
        "For a customer with s on tab 3, for the whole program in its options (m). Switching on again later asks which \
         invoice to begin with: mind the months in between.",
    ),
    topic(
        "Are credits, adjustments and annual invoices synced?",
        "No. They are listed as excluded with reason and amount; book them by hand. Annual terms billed monthly are \
         synced like monthly ones.",
    ),
    topic(
        "Services cannot be deleted",
        "The PSA offers no way to delete them in bulk; deactivate them with its import and export. An inactive service \
         stays inactive and is still repriced.",
    ),
    topic(
        "effectiveDate must be between the start date and end date of the Contract",
        "The change falls outside the contract. Only active Recurring Service contracts that cover the usage month can \
         take it: prolong the contract or map the customer to another one, then retry.",
    ),
    topic(
        "Violation of UNIQUE KEY constraint 'IX_service'",
        "A service that is not ours has the name already. Rename it in the PSA, or adopt it on tab 4, then sync \
         products again.",
    ),
    topic(
        "Status code: Unauthorized",
        "The credentials were refused, perhaps in the middle of a run: changed, locked, or without the right security \
         level. What was written stays. Mend the user (Admin, Resources, the API user, uncheck Locked), test on tab 2, \
         and sync again: exactly the rest is written.",
    ),
    topic(
        "Could not find source product or multiple matches",
        "The subscription's product is not on the price list, or several fit its name. Pin it to a service on tab 4, \
         then retry.",
    ),
    topic(
        "Subscription unit price changed inside the month",
        "Quantities were synced, the price was left. The new price applies from the next invoice; look at this \
         month's bill before it goes out.",
    ),
    topic(
        "An adjustment exists on that day already",
        "The PSA takes one change a day. Ours was dated to the next free day, and the warning says what that costs.",
    ),
];
