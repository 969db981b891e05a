//! One run: customers, then a customer's subscriptions, then a subscription's usage lines, each with its outcome (R50).

mod facts;
mod rows;

pub(crate) use facts::{Whom, of_customers, part_told, run_facts};
pub(crate) use rows::{
    STATUS, WATCHED_OF_CUSTOMERS, WATCHED_OF_PRODUCTS, by_invoice, changes_told,
};

use std::{collections::BTreeMap, sync::Arc};

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Position, Rect, Size},
    text::Line,
};

use self::{
    facts::{
        FACTS, customer_facts, customer_text, draw_finding, draw_told, product_text,
        subscription_text, write_lines,
    },
    rows::{CUSTOMERS, Numbered, PRODUCTS, RunRow, SUBSCRIPTIONS, USAGE, numbered},
};
use super::{contract_row, live::Live, runs};
use crate::{
    console::{
        action::{Action, Tab},
        colour::Depth,
        dialog::Overlay,
        keymap::Section,
        list_tools,
        listing::{AnyList, Listing, Row, Sort},
        named_product::{NamedProduct, take_over},
        namesakes::Namesakes,
        pane::{Jump, Pane, keys_move_in},
        purpose::Purpose,
        query::State,
        screens::causes::{Acted, Causes, SMALL},
        shell::Shell,
        theme::Theme,
        widgets::{
            detail::{below_lines, rows_with_detail, with_detail},
            frame,
            table::{Columns, Table},
            text::amounts_in,
        },
    },
    domain::{
        RunId, TenantId,
        cause::cause_of,
        namesakes::ShownName,
        outcome::{Finding, Outcome},
        run::{CustomerRow, RunReport, SubscriptionRow, UsageRow, changes_by_row},
    },
    engine::{
        protocol::command,
        views::{
            Place,
            causes::{of_run, said_of},
        },
    },
};

/// Lines below the tables: what is to be said about the selected row.
const FINDING: u16 = 4;
/// From so many rows of a page on, which is a screen of 30, the lines above its rows may be so many.
const TALL: u16 = 25;
const FACTS_MOST: u16 = 5;
/// Lines below the usage lines: what was written.
const WRITES: u16 = 6;

/// How deep the operator is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum RunDepth {
    /// The run's customers, or products.
    #[default]
    Customers,
    /// One customer's subscriptions.
    Customer,
    /// One subscription's usage lines.
    Subscription,
}

/// How the rows of a run were left.
#[derive(Debug, Default)]
pub(crate) struct Left {
    pub(crate) sort: Option<Sort>,
    pub(crate) row: Option<String>,
    /// The cause whose rows alone were shown.
    pub(crate) cause: Option<String>,
    pub(crate) filter: String,
    pub(crate) only: Option<State>,
}

/// The row of a run that something else is about: one customer, with one of its invoices.
#[derive(Clone, Debug)]
pub(crate) struct Meant {
    pub(crate) invoice: String,
    /// Domains of its tenants, as a text.
    pub(crate) domains: String,
}

impl Meant {
    fn is(&self, row: &RunRow) -> bool {
        match row {
            RunRow::Customer { row, .. } => {
                let mut domains = self.domains.split(", ");
                row.invoice == self.invoice && domains.any(|domain| domain == row.tenant)
            }
            RunRow::Product(_) => false,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct RunScreen {
    wanted: Option<RunId>,
    wanted_tenant: Option<TenantId>,
    /// The row that it was opened for.
    meant: Option<Meant>,
    report: Option<RunReport>,
    depth: RunDepth,
    /// Every customer, or product; below the causes those of the one that was chosen.
    all: Vec<RunRow>,
    /// Whose these rows are.
    whom: Whom,
    rows: Listing<RunRow>,
    causes: Causes,
    subscriptions: Listing<Numbered<SubscriptionRow>>,
    usage: Listing<Numbered<UsageRow>>,
    /// How runs that were opened before were left.
    left: BTreeMap<RunId, Left>,
}

impl RunScreen {
    pub(crate) fn id(&self) -> Option<RunId> {
        self.report.as_ref().map(|report| report.header.id).or(self.wanted)
    }

    pub(crate) fn wait_for(&mut self, id: RunId, tenant: Option<TenantId>) {
        if self.id() != Some(id) {
            let mut left = std::mem::take(&mut self.left);
            if let Some(report) = &self.report {
                left.insert(report.header.id, self.standing());
            }
            *self = Self { left, ..Self::default() };
        }
        self.depth = RunDepth::Customers;
        self.wanted = Some(id);
        self.wanted_tenant = tenant;
    }

    pub(crate) fn standing(&self) -> Left {
        Left {
            sort: self.rows.sort(),
            row: self.rows.selected().map(Row::key),
            cause: self.causes.chosen().map(|cause| cause.text.clone()),
            filter: self.rows.filter().to_owned(),
            only: self.rows.only(),
        }
    }

    /// Its rows as they were left; what does not find the row that was left narrows them no more.
    pub(crate) fn stand_as(&mut self, left: Left) {
        self.causes.choose(left.cause);
        self.arrange();
        self.rows.set_sort(left.sort);
        self.rows.show_only(left.only);
        self.rows.set_filter(&left.filter);
        let has = |key: &String| self.rows.shown().any(|row| row.key() == *key);
        if self.rows.is_similar() || !left.row.as_ref().is_none_or(has) {
            self.rows.show_all();
        }
        self.rows.select_key(left.row.as_deref());
    }

    /// Another run is shown, from its rows on.
    pub(crate) fn show(&mut self, report: RunReport, namesakes: &Namesakes) {
        self.wait_for(report.header.id, None);
        self.set(report, namesakes);
    }

    pub(crate) fn set(&mut self, mut report: RunReport, namesakes: &Namesakes) {
        let names = report.customers.iter_mut();
        namesakes.tell_apart(
            names.map(|row| ShownName { name: &mut row.customer, domain: &row.tenant }),
        );
        self.causes.set(of_run(&report));
        let customers = std::mem::take(&mut report.customers);
        let products = std::mem::take(&mut report.products);
        let changes = changes_by_row(&customers);
        let customers = customers.into_iter().zip(changes);
        let customers =
            customers.map(|(row, changes)| RunRow::Customer { row: Arc::new(row), changes });
        let products = products.into_iter().map(|row| RunRow::Product(Arc::new(row)));
        self.all = customers.chain(products).collect();
        self.whom = Whom::of(self.all.iter().map(|row| (row.whose(), Some(row.outcome()))));
        self.arrange();
        match self.left.remove(&report.header.id) {
            _ if self.report.is_some() => {}
            Some(left) => self.stand_as(left),
            None => {
                self.rows.set_sort(Some(Sort::up(STATUS)));
                self.rows.select(0);
            }
        }
        self.report = Some(report);
        if let Some(tenant) = self.wanted_tenant.take() {
            let found = self.rows.shown().find_map(|row| match row {
                RunRow::Customer { row: customer, .. } if customer.tenant_id == tenant => {
                    Some(row.key())
                }
                _ => None,
            });
            self.rows.select_key(found.as_deref());
        }
        if let Some(meant) = self.meant.take() {
            let found = self.rows.shown().find(|row| meant.is(row)).map(Row::key);
            self.rows.select_key(found.as_deref());
        }
    }

    /// The cursor goes to this row, now or when the rows arrive.
    pub(crate) fn look_for(&mut self, meant: Option<Meant>) {
        self.meant = meant;
    }

    fn arrange(&mut self) {
        let members = self.causes.members();
        let is_of =
            |row: &&RunRow| members.as_ref().is_none_or(|all| all.contains(row.key().as_str()));
        self.rows.set(self.all.iter().filter(is_of).cloned().collect());
    }

    pub(crate) fn causes(&self) -> &Causes {
        &self.causes
    }

    /// How many rows are shown of how many, and whose, for the title.
    fn rows_told(&self) -> Option<String> {
        let shown = || Whom::count(self.rows.shown().map(RunRow::whose));
        self.whom.rows_told(&self.rows, self.all.len(), shown)
    }

    fn in_causes(&self) -> bool {
        self.depth == RunDepth::Customers && self.causes.is_in_front()
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

    /// What the run was like while it was on, as its record tells it; none of products, which have no subscriptions.
    pub(crate) fn as_it_happened(&self) -> Option<Live> {
        let record = self.report.as_ref().filter(|_| self.can_be_told_again())?;
        let rows = self.all.iter().filter_map(|row| match row {
            RunRow::Customer { row, changes } => Some((&**row, *changes)),
            RunRow::Product(_) => None,
        });
        let mut live = Live::of_record(record, rows);
        live.stand_as(self.standing());
        Some(live)
    }

    fn can_be_told_again(&self) -> bool {
        let ended = self.report.as_ref().is_some_and(|report| report.header.ended().is_some());
        ended && matches!(self.all.first(), Some(RunRow::Customer { .. }))
    }

    /// Onto the row of this key; tells whether there is one.
    pub(crate) fn stand_on(&mut self, key: &str) -> bool {
        let found = self.rows.shown().any(|row| row.key() == key);
        if found {
            self.rows.select_key(Some(key));
            self.causes.leave();
            self.depth = RunDepth::Customers;
        }
        found
    }

    /// Into it; tells whether there is one.
    pub(crate) fn open_at(&mut self, key: &str, shell: &mut Shell) -> bool {
        let found = self.stand_on(key);
        if found {
            self.open(shell);
        }
        found
    }

    /// The row of the customer whose subscriptions are shown.
    pub(crate) fn opened_key(&self) -> Option<String> {
        let row = self.rows.selected().filter(|_| self.depth == RunDepth::Customer);
        row.map(Row::key)
    }

    fn customer(&self) -> Option<&CustomerRow> {
        match self.rows.selected()? {
            RunRow::Customer { row, .. } => Some(row),
            RunRow::Product(_) => None,
        }
    }

    /// How many other subscriptions the service of this one bills: where customers share a contract, theirs too.
    fn billed_with(&self, row: &SubscriptionRow) -> usize {
        let Some(customer) = self.customer().filter(|_| row.service_id.is_some()) else { return 0 };
        let on_contract = |other: &CustomerRow| {
            (&other.target_company, &other.target_contract, &other.invoice)
                == (&customer.target_company, &customer.target_contract, &customer.invoice)
        };
        let rows = self.all.iter().filter_map(|one| match one {
            RunRow::Customer { row, .. } if on_contract(row) => Some(row),
            RunRow::Customer { .. } | RunRow::Product(_) => None,
        });
        let bought = rows.flat_map(|customer| &customer.subscriptions);
        let together = bought.filter(|other| other.service_id == row.service_id).count();
        together.saturating_sub(1)
    }

    /// The invoice of the selected customer, else the first of the run.
    pub(crate) fn invoice(&self) -> Option<&str> {
        let of_run = || self.report.as_ref()?.ledgers.first().map(|ledger| ledger.invoice.as_str());
        self.customer().map(|row| row.invoice.as_str()).or_else(of_run)
    }

    fn is_of_products(&self) -> bool {
        matches!(self.rows.all().first(), Some(RunRow::Product(_)))
    }

    fn columns(&self) -> &'static Columns<RunRow> {
        if self.is_of_products() { PRODUCTS } else { CUSTOMERS }
    }

    /// What the invoice calls the product is pinned: the cure where no product is found for a subscription.
    fn pin(&self, shell: &mut Shell) {
        let Some(Numbered { row, .. }) = self.subscriptions.selected() else { return };
        let known = row.product.clone().or_else(|| row.sku.clone());
        let product = known.unwrap_or_else(|| row.name.clone());
        list_tools::pick_service(shell, product, row.name.clone());
    }

    /// Saves its usage lines.
    pub(crate) fn export(&self, shell: &mut Shell) {
        rows::export(self.id(), &self.rows, shell);
    }

    /// The product of the selected subscription, where that waits for the service that has its name.
    fn wants_a_name(&self) -> Option<NamedProduct> {
        let row =
            self.customer().and_then(|_| self.subscriptions.selected()).map(|one| &one.row)?;
        let waits = row.error.as_ref().is_some_and(|error| error.code.is_of_taken_name());
        waits.then(|| NamedProduct::of(row.product.as_deref(), &row.name))
    }

    /// Asks which of the contract's rows bills the selected subscription.
    fn choose_row(&self, shell: &mut Shell) {
        let (Some(customer), Some(Numbered { row, .. })) =
            (self.customer(), self.subscriptions.selected())
        else {
            return;
        };
        contract_row::open(&customer.tenant_id, row.service_id, &row.name, shell);
    }

    fn open(&mut self, shell: &mut Shell) {
        match self.depth {
            RunDepth::Customers => match self.rows.selected() {
                Some(RunRow::Customer { row, .. }) => {
                    // What failed stands first, and the cursor on it, unless the operator orders them otherwise.
                    let sort = self.subscriptions.sort().unwrap_or(Sort::up(STATUS));
                    self.subscriptions = numbered(&row.subscriptions);
                    self.subscriptions.set_sort(Some(sort));
                    self.subscriptions.select(0);
                    self.depth = RunDepth::Customer;
                }
                Some(RunRow::Product(row)) => {
                    shell.open(Overlay::text(&row.name, &product_text(row, &shell.theme)));
                }
                None => {}
            },
            RunDepth::Customer => {
                let Some(Numbered { row, .. }) = self.subscriptions.selected() else { return };
                let sort = self.usage.sort();
                self.usage = numbered(&row.usage);
                self.usage.set_sort(sort);
                self.usage.select(0);
                self.depth = RunDepth::Subscription;
            }
            RunDepth::Subscription => {
                if let Some(Numbered { row, .. }) = self.subscriptions.selected() {
                    shell.open(Overlay::text(&row.name, &subscription_text(row, &shell.theme)));
                }
            }
        }
    }

    fn selected_text(&self, theme: &Theme) -> Option<String> {
        match (self.depth, self.rows.selected()?) {
            (RunDepth::Customers, row) => {
                let error = match row {
                    RunRow::Customer { row, .. } => row.error.as_ref(),
                    RunRow::Product(row) => row.error.as_ref(),
                };
                let error = error.map_or_else(String::new, |e| format!(": {}", e.text));
                Some(format!("{} {}{error}", row.name(), row.outcome()))
            }
            _ => self
                .subscriptions
                .selected()
                .map(|Numbered { row, .. }| subscription_text(row, theme)),
        }
    }

    fn ask_chart(&self, shell: &mut Shell) {
        let (Some(run), Some(customer)) = (self.id(), self.customer()) else { return };
        let service = self.subscriptions.selected().and_then(|Numbered { row, .. }| row.service_id);
        let Some(service) = service else {
            return shell
                .decline(shell.theme.terms.say("No service is known for this subscription"));
        };
        let tenant = customer.tenant_id.to_string();
        shell.ask(Purpose::Chart, command::Chart { run, tenant, service });
        shell.inform(shell.theme.terms.say("Reading the contract"));
    }

    /// Of the place that the title names: the run, its customer, or the subscription.
    fn outcome(&self, report: &RunReport) -> Outcome {
        let subscription = self.subscriptions.selected().map(|line| line.row.status);
        let own = match self.depth {
            RunDepth::Customers => None,
            RunDepth::Customer => self.customer().map(|row| row.status),
            RunDepth::Subscription => subscription,
        };
        own.unwrap_or(report.header.status)
    }

    fn crumbs(&self, theme: &Theme) -> String {
        let crumb = theme.glyphs.crumb;
        let id = self.id().map_or_else(String::new, |id| format!("run #{id}"));
        let mut text = format!("Sync{crumb}{id}");
        if self.depth != RunDepth::Customers
            && let Some(customer) = self.customer()
        {
            text.push_str(&format!("{crumb}{}", customer.customer));
        }
        if self.depth == RunDepth::Subscription
            && let Some(Numbered { row, .. }) = self.subscriptions.selected()
        {
            text.push_str(&format!("{crumb}{}", row.name));
        }
        text
    }

    /// Lines above causes and rows: where there is room, as many as tell whole where the amounts went. Where there is little
    /// no line of them stays blank.
    fn facts(&self, room: Size) -> u16 {
        let Some(report) = &self.report else { return FACTS };
        let most = if room.height < TALL { FACTS } else { FACTS_MOST };
        let least = if room.height < SMALL { 1 } else { FACTS };
        let size = Size { height: most, ..room };
        let lines = run_facts(report, &self.whom, size, &Theme::new(Depth::None, true)).len();
        u16::try_from(lines).unwrap_or(FACTS).clamp(least, most)
    }

    fn draw_customers(&self, frame: &mut Frame, area: Rect, report: &RunReport, theme: &Theme) {
        let head = self.causes.height(area.height);
        let parts = [part(self.facts(area.as_size())), Constraint::Length(head), part(0)];
        let [facts, causes, rest] = Layout::vertical(parts).areas(area);
        let lit = !self.causes.is_in_front();
        let rows = Table::new(&self.rows, self.columns()).lit(lit);
        let (table, detail) = with_detail(rest, FINDING, &self.rows, rows.need(theme));
        self.causes.draw(frame, causes, theme);
        frame::draw_lines(frame, facts, run_facts(report, &self.whom, facts.as_size(), theme));
        rows.draw(frame, table, theme);
        if let Some(cause) = self.causes.finding(theme) {
            return draw_told(frame, detail, Some(&cause), "", theme);
        }
        let (finding, whole) = match self.rows.selected() {
            Some(RunRow::Customer { row, .. }) => {
                let of_cause = self.causes.chosen().and_then(|cause| found_by(row, &cause.text));
                (of_cause.or(row.first_finding()), customer_text(row, theme))
            }
            Some(RunRow::Product(row)) => (row.error.as_ref(), product_text(row, theme)),
            None => return,
        };
        draw_told(frame, detail, finding, &whole, theme);
    }

    fn draw_customer(&self, frame: &mut Frame, area: Rect, theme: &Theme) {
        let [facts, rest] = Layout::vertical([FACTS, 0].map(part)).areas(area);
        let rows = Table::new(&self.subscriptions, SUBSCRIPTIONS);
        let (table, detail) = with_detail(rest, FINDING, &self.subscriptions, rows.need(theme));
        if let Some(row) = self.customer() {
            frame::draw_lines(frame, facts, customer_facts(row, facts.width, theme));
        }
        rows.draw(frame, table, theme);
        let Some(Numbered { row, .. }) = self.subscriptions.selected() else { return };
        let finding = row.error.as_ref().or(row.warnings.first());
        draw_told(frame, detail, finding, &subscription_text(row, theme), theme);
    }

    fn draw_subscription(&self, frame: &mut Frame, area: Rect, theme: &Theme) {
        let Some(Numbered { row, .. }) = self.subscriptions.selected() else { return };
        let [facts, rest] = Layout::vertical([FACTS, 0].map(part)).areas(area);
        let lines = Table::new(&self.usage, USAGE);
        let (table, writes) = with_detail(rest, WRITES, &self.usage, lines.need(theme));
        let finding = row.error.as_ref().or(row.warnings.first());
        let id = row.subscription_id.as_ref().map(|id| id.text()).unwrap_or_default();
        let sku = row.sku.as_deref().unwrap_or("not found");
        let first = Line::styled(format!("{id}  SKU {sku}"), theme.muted());
        frame.render_widget(first, Rect { height: 1, ..facts });
        let below = Rect { y: facts.y + 1, height: 2.min(facts.height), ..facts };
        draw_finding(frame, below, finding, theme);
        lines.draw(frame, table, theme);
        writes.draw(frame, write_lines(row, self.billed_with(row), theme), theme);
    }
}

impl Pane for RunScreen {
    fn section(&self) -> Section {
        match self.depth {
            RunDepth::Customers if self.causes.is_in_front() => Section::Causes,
            RunDepth::Customers => Section::Run,
            RunDepth::Customer => Section::RunCustomer,
            RunDepth::Subscription => Section::RunSubscription,
        }
    }

    keys_move_in!(self, (self.depth, self.causes.is_in_front()), {
        (RunDepth::Customers, true) => causes.list,
        (RunDepth::Customers, false) => rows,
        (RunDepth::Customer, _) => subscriptions,
        (RunDepth::Subscription, _) => usage,
    });

    fn reload(&mut self, shell: &mut Shell) {
        if let Some(id) = self.id() {
            shell.ask(Purpose::Run, command::Run { id: Some(id) });
        }
    }

    fn fit(&mut self, room: Rect) {
        let below = below_lines(room, self.facts(room.as_size()));
        let head = self.causes.fit(below, room.height);
        self.rows.fit(rows_with_detail(below_lines(below, head), FINDING));
        let below = below_lines(room, FACTS);
        self.subscriptions.fit(rows_with_detail(below, FINDING));
        self.usage.fit(rows_with_detail(below, WRITES));
    }

    fn go_to_part(&mut self, at: Position) {
        if self.depth == RunDepth::Customers {
            self.causes.go_to_part(at, &self.rows);
        }
    }

    fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
        if self.in_causes() {
            return self.act_in_causes(action, shell);
        }
        match action {
            Action::OtherSide if self.causes.is_empty() || self.depth != RunDepth::Customers => {
                return Some(Jump::Tab(Tab::Sync.moved(1)));
            }
            Action::OtherSide => self.causes.turn(),
            Action::Open => self.open(shell),
            Action::Copy => {
                list_tools::copy(shell, self.selected_text(&shell.theme).unwrap_or_default());
            }
            Action::Export => self.export(shell),
            Action::Chart => self.ask_chart(shell),
            Action::NextMatch => self.rows.select_next(false, RunRow::wants_a_look),
            Action::PreviousMatch => self.rows.select_next(true, RunRow::wants_a_look),
            Action::Pin => self.pin(shell),
            Action::Adopt => return take_over(self.wants_a_name(), shell),
            Action::OpenInvoice => {
                let invoice = self.invoice()?.to_owned();
                return Some(Jump::To(Place::Invoice { invoice }));
            }
            Action::ChooseRow => self.choose_row(shell),
            action => {
                _ = match self.depth {
                    RunDepth::Customers => self.rows.act(action, self.columns().len()),
                    RunDepth::Customer => self.subscriptions.act(action, SUBSCRIPTIONS.len()),
                    RunDepth::Subscription => self.usage.act(action, USAGE.len()),
                }
            }
        }
        None
    }

    fn offers(&self, action: Action) -> bool {
        match action {
            _ if self.in_causes() => self.causes.offers(action),
            Action::OpenInvoice => self.invoice().is_some(),
            Action::OtherSide => !self.causes.is_empty(),
            Action::OtherView => self.depth == RunDepth::Customers && self.can_be_told_again(),
            Action::NextMatch => self.rows.has_other(RunRow::wants_a_look),
            Action::Pin => self.subscriptions.selected().is_some(),
            Action::Adopt => self.wants_a_name().is_some(),
            Action::Chart | Action::ChooseRow => {
                let row = self.subscriptions.selected();
                self.customer().is_some() && row.is_some_and(|line| line.row.service_id.is_some())
            }
            _ => true,
        }
    }

    fn back(&mut self, _: &mut Shell) -> Option<Jump> {
        if self.in_causes() && self.causes.leave() || self.clear_filter() {
            return None;
        }
        self.depth = match self.depth {
            RunDepth::Customers if self.causes.clear() => {
                self.arrange();
                RunDepth::Customers
            }
            RunDepth::Customers => return Some(Jump::Back),
            RunDepth::Customer => RunDepth::Customers,
            RunDepth::Subscription => RunDepth::Customer,
        };
        None
    }

    fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let list = self.list().unwrap_or(&self.rows);
        let told = match self.depth {
            RunDepth::Customers => self.rows_told(),
            RunDepth::Customer | RunDepth::Subscription => list.rows_told(),
        };
        let title = list_tools::title_telling(&self.crumbs(theme), list, told);
        let right = self.report.as_ref().map_or_else(String::new, |report| {
            let amounts = amounts_in([report.header.currency.as_ref()]);
            let amounts = amounts.filter(|_| self.is_of_products());
            let amounts = amounts.map(|amounts| format!("{amounts}{}", theme.glyphs.separator));
            let whole = self.depth == RunDepth::Customers;
            let outcome = match report.header.ended() {
                None if whole && shell.is_on(report.header.id) => runs::ON.to_owned(),
                None if whole => frame::UNFINISHED.to_owned(),
                _ => frame::outcome(self.outcome(report), theme),
            };
            format!("{}{outcome}", amounts.unwrap_or_default())
        });
        let inside = frame::body(frame, area, &title, &right, theme);
        let Some(report) = &self.report else {
            return frame::draw_notice(frame, inside, "Loading…", theme);
        };
        match self.depth {
            RunDepth::Customers => self.draw_customers(frame, inside, report, theme),
            RunDepth::Customer => self.draw_customer(frame, inside, theme),
            RunDepth::Subscription => self.draw_subscription(frame, inside, theme),
        }
    }
}

/// What was found of a customer that comes from this cause.
fn found_by<'a>(row: &'a CustomerRow, cause: &str) -> Option<&'a Finding> {
    let mut all = said_of(row);
    let of_it = all.find(|said| cause_of(said.finding, said.name()) == cause);
    of_it.map(|said| said.finding)
}

/// So many lines; none given takes the rest.
fn part(lines: u16) -> Constraint {
    if lines == 0 { Constraint::Min(2) } else { Constraint::Length(lines) }
}
