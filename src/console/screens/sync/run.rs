//! One run: customers, then a customer's subscriptions, then a subscription's usage lines, each with its outcome (R50).

pub mod choice;
mod columns;
mod export;
mod facts;
mod rows;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::Line,
    widgets::{Paragraph, Wrap},
};

use self::{
    columns::{CUSTOMERS, PRODUCTS, SUBSCRIPTIONS, USAGE},
    facts::{
        customer_facts, draw_finding, draw_writes, first_finding, product_text, run_facts,
        subscription_text,
    },
    rows::{Inner, RunRow},
};
use crate::{
    console::{
        action::Action,
        dialog::Overlay,
        list_tools,
        listing::{AnyList, Listing, Row},
        purpose::Purpose,
        shell::Shell,
        theme::Theme,
        widgets::{
            frame,
            table::{TableLook, draw_table},
            text::amounts_in,
        },
    },
    domain::{
        RunId, TenantId,
        run::{CustomerRow, RunReport, SubscriptionRow, UsageRow},
    },
    engine::protocol::Command,
};

/// Lines above each table.
const FACTS: u16 = 3;
/// Lines below it: what is to be said about the selected row.
const FINDING: u16 = 4;
/// Lines below the usage lines: what was written.
const WRITES: u16 = 6;

/// How deep the operator is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// The run's customers, or products.
    #[default]
    Customers,
    /// One customer's subscriptions.
    Customer,
    /// One subscription's usage lines.
    Subscription,
}

/// The run.
#[derive(Debug, Default)]
pub struct RunScreen {
    wanted: Option<RunId>,
    wanted_tenant: Option<TenantId>,
    report: Option<RunReport>,
    depth: Depth,
    rows: Listing<RunRow>,
    subscriptions: Listing<Inner<SubscriptionRow>>,
    usage: Listing<Inner<UsageRow>>,
}

impl RunScreen {
    /// How deep the operator is.
    pub fn depth(&self) -> Depth {
        self.depth
    }

    /// Which run is shown.
    pub fn id(&self) -> Option<RunId> {
        self.report.as_ref().map(|report| report.header.id).or(self.wanted)
    }

    /// Another run was asked for.
    pub fn wait_for(&mut self, id: RunId, tenant: Option<TenantId>) {
        if self.id() != Some(id) {
            *self = Self::default();
        }
        self.depth = Depth::Customers;
        self.wanted = Some(id);
        self.wanted_tenant = tenant;
    }

    /// Another run is shown, from its rows on.
    pub fn show(&mut self, report: RunReport) {
        self.wait_for(report.header.id, None);
        self.set(report);
    }

    /// It arrived.
    pub fn set(&mut self, mut report: RunReport) {
        let customers = std::mem::take(&mut report.customers);
        let products = std::mem::take(&mut report.products);
        let customers = customers.into_iter().map(|row| RunRow::Customer(Box::new(row)));
        let products = products.into_iter().map(|row| RunRow::Product(Box::new(row)));
        self.rows.set(customers.chain(products).collect());
        if self.rows.sort().is_none() {
            self.rows.set_sort(Some((0, false)));
            self.rows.select(0);
        }
        self.report = Some(report);
        if let Some(tenant) = self.wanted_tenant.take() {
            let found = self.rows.shown().find_map(|row| match row {
                RunRow::Customer(customer) if customer.tenant_id == tenant => Some(row.key()),
                _ => None,
            });
            self.rows.select_key(found.as_deref());
        }
    }

    /// One level out; tells whether there was one.
    pub fn out(&mut self) -> bool {
        self.depth = match self.depth {
            Depth::Customers => return false,
            Depth::Customer => Depth::Customers,
            Depth::Subscription => Depth::Customer,
        };
        true
    }

    /// The list in front.
    pub(crate) fn list(&self) -> &dyn AnyList {
        match self.depth {
            Depth::Customers => &self.rows,
            Depth::Customer => &self.subscriptions,
            Depth::Subscription => &self.usage,
        }
    }

    /// The same, to narrow it.
    pub(crate) fn list_mut(&mut self) -> &mut dyn AnyList {
        match self.depth {
            Depth::Customers => &mut self.rows,
            Depth::Customer => &mut self.subscriptions,
            Depth::Subscription => &mut self.usage,
        }
    }

    /// How much room its lists have.
    pub fn fit(&mut self, rows: usize) {
        let around = usize::from(FACTS + 1);
        self.rows.fit(rows.saturating_sub(around + usize::from(FINDING)));
        self.subscriptions.fit(rows.saturating_sub(around + usize::from(FINDING)));
        self.usage.fit(rows.saturating_sub(around + usize::from(WRITES)));
    }

    fn customer(&self) -> Option<&CustomerRow> {
        match self.rows.selected()? {
            RunRow::Customer(row) => Some(row),
            RunRow::Product(_) => None,
        }
    }

    /// Carries an action out.
    pub fn act(&mut self, action: Action, shell: &mut Shell) {
        match action {
            Action::Open => self.open(shell),
            Action::Copy => {
                if let Some(text) = self.told() {
                    list_tools::copy(shell, text);
                }
            }
            Action::Export => export::lines(self.id(), &self.rows, shell),
            Action::Chart => self.ask_chart(shell),
            Action::NextMatch => self.rows.select_next(false, RunRow::wants_a_look),
            Action::PreviousMatch => self.rows.select_next(true, RunRow::wants_a_look),
            Action::Pin => self.pin(shell),
            Action::ChooseRow => self.choose_row(shell),
            action => {
                _ = match self.depth {
                    Depth::Customers if self.is_of_products() => {
                        self.rows.act(action, PRODUCTS.len())
                    }
                    Depth::Customers => self.rows.act(action, CUSTOMERS.len()),
                    Depth::Customer => self.subscriptions.act(action, SUBSCRIPTIONS.len()),
                    Depth::Subscription => self.usage.act(action, USAGE.len()),
                }
            }
        }
    }

    fn is_of_products(&self) -> bool {
        matches!(self.rows.all().first(), Some(RunRow::Product(_)))
    }

    /// What the invoice calls the product is pinned: the cure where no product is found for a subscription.
    fn pin(&self, shell: &mut Shell) {
        let Some(Inner(_, row)) = self.subscriptions.selected() else { return };
        let known = row.product.clone().or_else(|| row.sku.clone());
        let product = known.unwrap_or_else(|| row.name.clone());
        list_tools::pick_service(shell, product, row.name.clone());
    }

    /// Asks which of the contract's rows bills the selected subscription.
    fn choose_row(&self, shell: &mut Shell) {
        let (Some(customer), Some(Inner(_, row))) =
            (self.customer(), self.subscriptions.selected())
        else {
            return;
        };
        choice::open(customer, row, shell);
    }

    fn open(&mut self, shell: &mut Shell) {
        match self.depth {
            Depth::Customers => match self.rows.selected() {
                Some(RunRow::Customer(row)) => {
                    let rows = row.subscriptions.iter().cloned().enumerate();
                    self.subscriptions = Listing::default();
                    self.subscriptions.set(rows.map(|(at, row)| Inner(at, row)).collect());
                    self.depth = Depth::Customer;
                }
                Some(RunRow::Product(row)) => {
                    shell.open(Overlay::text(&row.name, &product_text(row, &shell.theme)));
                }
                None => {}
            },
            Depth::Customer => {
                let Some(Inner(_, row)) = self.subscriptions.selected() else { return };
                let rows = row.usage.iter().cloned().enumerate();
                let rows = rows.map(|(at, row)| Inner(at, row)).collect();
                self.usage = Listing::default();
                self.usage.set(rows);
                self.depth = Depth::Subscription;
            }
            Depth::Subscription => {
                if let Some(Inner(_, row)) = self.subscriptions.selected() {
                    shell.open(Overlay::text(&row.name, &subscription_text(row)));
                }
            }
        }
    }

    fn told(&self) -> Option<String> {
        match (self.depth, self.rows.selected()?) {
            (Depth::Customers, row) => {
                let error = match row {
                    RunRow::Customer(row) => row.error.as_ref(),
                    RunRow::Product(row) => row.error.as_ref(),
                };
                let error = error.map_or_else(String::new, |e| format!(": {}", e.text));
                Some(format!("{} {}{error}", row.name(), row.outcome()))
            }
            _ => self.subscriptions.selected().map(|Inner(_, row)| subscription_text(row)),
        }
    }

    fn ask_chart(&self, shell: &mut Shell) {
        let (Some(run), Some(customer)) = (self.id(), self.customer()) else { return };
        let service = self.subscriptions.selected().and_then(|Inner(_, row)| row.service_id);
        let Some(service) = service else {
            return shell.inform("No service is known for this subscription");
        };
        let tenant = customer.tenant_id.to_string();
        shell.ask(Purpose::Chart, Command::Chart { run, tenant, service });
        shell.inform("Reading the contract");
    }

    fn crumbs(&self, theme: &Theme) -> String {
        let crumb = theme.glyphs.crumb;
        let id = self.id().map_or_else(String::new, |id| format!("run #{id}"));
        let mut text = format!("Sync{crumb}{id}");
        if self.depth != Depth::Customers
            && let Some(customer) = self.customer()
        {
            text.push_str(&format!("{crumb}{}", customer.customer));
        }
        if self.depth == Depth::Subscription
            && let Some(Inner(_, row)) = self.subscriptions.selected()
        {
            text.push_str(&format!("{crumb}{}", row.name));
        }
        text
    }

    /// Draws it.
    pub fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let title = list_tools::title(&self.crumbs(theme), self.list());
        let right = self.report.as_ref().map_or_else(String::new, |report| {
            let amounts = amounts_in([report.header.currency.as_ref()]);
            let amounts = amounts.filter(|_| self.is_of_products());
            let amounts = amounts.map(|amounts| format!("{amounts}{}", theme.glyphs.separator));
            let outcome = frame::outcome(report.header.status, theme);
            format!("{}{outcome}", amounts.unwrap_or_default())
        });
        let inside = frame::body(frame, area, (&title, &right), theme);
        let Some(report) = &self.report else {
            return frame.render_widget(Line::styled("Loading…", theme.muted()), inside);
        };
        match self.depth {
            Depth::Customers => self.draw_customers(frame, inside, (report, theme)),
            Depth::Customer => self.draw_customer(frame, inside, theme),
            Depth::Subscription => self.draw_subscription(frame, inside, theme),
        }
    }

    fn draw_customers(&self, frame: &mut Frame, area: Rect, (report, theme): (&RunReport, &Theme)) {
        let [facts, table, detail] = Layout::vertical([FACTS, 0, FINDING].map(part)).areas(area);
        let told = Paragraph::new(run_facts(report, theme)).wrap(Wrap { trim: true });
        frame.render_widget(told, facts);
        let columns = if self.is_of_products() { PRODUCTS } else { CUSTOMERS };
        let look = TableLook { columns, focused: true, marks: false };
        draw_table(frame, table, (&self.rows, &look), theme);
        let finding = match self.rows.selected() {
            Some(RunRow::Customer(row)) => first_finding(row),
            Some(RunRow::Product(row)) => row.error.as_ref(),
            None => None,
        };
        draw_finding(frame, detail, (finding, theme));
    }

    fn draw_customer(&self, frame: &mut Frame, area: Rect, theme: &Theme) {
        let [facts, table, detail] = Layout::vertical([FACTS, 0, FINDING].map(part)).areas(area);
        if let Some(row) = self.customer() {
            for (line, place) in customer_facts(row, theme).into_iter().zip(facts.rows()) {
                frame.render_widget(line, place);
            }
        }
        let look = TableLook { columns: SUBSCRIPTIONS, focused: true, marks: false };
        draw_table(frame, table, (&self.subscriptions, &look), theme);
        let selected = self.subscriptions.selected();
        let finding =
            selected.and_then(|Inner(_, row)| row.error.as_ref().or(row.warnings.first()));
        draw_finding(frame, detail, (finding, theme));
    }

    fn draw_subscription(&self, frame: &mut Frame, area: Rect, theme: &Theme) {
        let Some(Inner(_, row)) = self.subscriptions.selected() else { return };
        let [facts, table, writes] = Layout::vertical([FACTS, 0, WRITES].map(part)).areas(area);
        let finding = row.error.as_ref().or(row.warnings.first());
        let id = row.subscription_id.as_ref().map_or("", |id| id.as_str());
        let sku = row.sku.as_deref().unwrap_or("not found");
        let first = Line::styled(format!("{id}  SKU {sku}"), theme.muted());
        frame.render_widget(first, Rect { height: 1, ..facts });
        let below = Rect { y: facts.y + 1, height: 2.min(facts.height), ..facts };
        draw_finding(frame, below, (finding, theme));
        let look = TableLook { columns: USAGE, focused: true, marks: false };
        draw_table(frame, table, (&self.usage, &look), theme);
        draw_writes(frame, writes, (row, theme));
    }
}

/// So many lines; none given takes the rest.
fn part(lines: u16) -> Constraint {
    if lines == 0 { Constraint::Min(2) } else { Constraint::Length(lines) }
}
