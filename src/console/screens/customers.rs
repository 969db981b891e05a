//! Tab 3: tenants and their mappings, suggestions, the link form, a customer's history.

mod columns;
mod history;
mod link;
mod rows;
mod suggestions;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::Line,
};

use self::rows::on;
use crate::{
    console::{
        action::Action,
        dialog::{
            Confirm, Prompt,
            confirm::Then,
            picker::{Choice, Choosing},
            prompt::Asking,
        },
        keymap::Place as Keys,
        list_tools,
        listing::Listing,
        pane::Jump,
        purpose::Purpose,
        shell::Shell,
        widgets::{
            frame,
            table::{TableLook, draw_table},
            text::{amounts_in, counted},
        },
    },
    domain::{CompanyId, TenantId, target::Company},
    engine::{
        protocol::{Command, Scope, SyncRequest},
        views::{ContractChoice, CustomerView, HistoryView, SuggestionView},
    },
};

/// Lines below the table: the selected customer whole.
const DETAIL: usize = 4;

/// What lies within the tab.
#[derive(Debug, Default)]
enum Inner {
    #[default]
    Table,
    Suggestions(Listing<SuggestionView>),
    History(Customer, Listing<HistoryView>),
}

/// Whose history is shown.
#[derive(Debug)]
struct Customer {
    tenant: TenantId,
    name: String,
}

/// The screen.
#[derive(Debug, Default)]
pub struct Customers {
    list: Listing<CustomerView>,
    inner: Inner,
    loaded: bool,
    failed: bool,
    /// Whether the rows must be asked for again.
    pub stale: bool,
    companies: Option<Vec<Company>>,
    contracts: Option<(CompanyId, Vec<ContractChoice>)>,
    wanted: Option<TenantId>,
}

impl Customers {
    /// Its place in the key table.
    pub fn place(&self) -> Keys {
        match self.inner {
            Inner::Table => Keys::Customers,
            Inner::Suggestions(_) => Keys::Suggestions,
            Inner::History(..) => Keys::ContractHistory,
        }
    }

    /// The tab was opened.
    pub fn enter(&mut self, shell: &mut Shell) {
        if !self.loaded || self.stale {
            self.reload(!self.loaded, shell);
        }
    }

    /// Asks again; `refresh` asks PRISM itself.
    pub fn reload(&mut self, refresh: bool, shell: &mut Shell) {
        self.failed = false;
        self.stale = false;
        shell.ask(Purpose::Customers, Command::Customers { refresh });
        if matches!(self.inner, Inner::Suggestions(_)) {
            shell.ask(Purpose::Suggestions, Command::Suggest);
        }
    }

    /// New rows.
    pub fn told(&mut self, rows: Vec<CustomerView>) {
        self.loaded = true;
        self.list.set(rows);
        if let Some(tenant) = self.wanted.take() {
            self.list.select_key(Some(tenant.as_str()));
        }
    }

    /// A change of some of them was stored: keys that come next act on what holds now, not on what was read before.
    pub fn changed(&mut self, rows: Vec<CustomerView>) {
        self.list.renew(rows);
    }

    /// They could not be had.
    pub fn failed(&mut self) {
        self.failed = true;
    }

    /// Suggestions arrived.
    pub fn suggested(&mut self, rows: Vec<SuggestionView>) {
        if let Inner::Suggestions(list) = &mut self.inner {
            list.set(rows);
        }
    }

    /// Mappings were stored: what is mapped now needs no suggestion any more.
    pub fn mapped(&mut self, rows: &[CustomerView]) {
        if let Inner::Suggestions(list) = &mut self.inner {
            let done = |one: &SuggestionView| {
                rows.iter().any(|row| row.tenant == one.tenant && row.mapping.is_some())
            };
            list.set(list.all().iter().filter(|one| !done(one)).cloned().collect());
        }
    }

    /// A customer's history arrived.
    pub fn history_told(&mut self, of: &TenantId, rows: Vec<HistoryView>) {
        if let Inner::History(customer, list) = &mut self.inner
            && customer.tenant == *of
        {
            list.set(rows);
        }
    }

    /// Companies arrived.
    pub fn companies_told(&mut self, rows: Vec<Company>, shell: &mut Shell) {
        self.companies = Some(rows);
        let choices = self.company_choices().unwrap_or_default();
        list_tools::fill_picker(shell, is_field("company"), choices);
    }

    /// Contracts of a company arrived.
    pub fn contracts_told(
        &mut self,
        company: CompanyId,
        rows: Vec<ContractChoice>,
        shell: &mut Shell,
    ) {
        if link::company_in_form(shell).is_some_and(|chosen| chosen != company) {
            return;
        }
        if rows.is_empty() {
            shell.inform("This company has no contract");
        }
        link::choose_only(&rows, shell);
        self.contracts = Some((company, rows));
        let choices = self.contract_choices(Some(company)).unwrap_or_default();
        list_tools::fill_picker(shell, is_field("contract"), choices);
    }

    /// Companies to choose from, once known.
    pub fn company_choices(&self) -> Option<Vec<Choice>> {
        self.companies.as_ref().map(|rows| rows.iter().map(link::company_choice).collect())
    }

    /// Contracts of a company to choose from, once known.
    pub fn contract_choices(&self, company: Option<CompanyId>) -> Option<Vec<Choice>> {
        let (of, rows) = self.contracts.as_ref()?;
        (Some(*of) == company).then(|| rows.iter().map(link::contract_choice).collect())
    }

    /// Selects a tenant, or the first unmapped one.
    pub fn show(&mut self, tenant: Option<&TenantId>) {
        self.inner = Inner::Table;
        self.list.set_filter("");
        self.list.select_key(tenant.map(TenantId::as_str));
        self.wanted = tenant.cloned();
    }

    /// Narrows the list in front.
    pub fn set_filter(&mut self, text: &str) {
        match &mut self.inner {
            Inner::Table => self.list.set_filter(text),
            Inner::Suggestions(list) => list.set_filter(text),
            Inner::History(_, list) => list.set_filter(text),
        }
    }

    /// Back to the table.
    pub fn close_inner(&mut self) {
        self.inner = Inner::Table;
    }

    /// How much room its lists have.
    pub fn fit(&mut self, (_, rows): (u16, u16)) {
        let rows = usize::from(rows);
        self.list.fit(rows.saturating_sub(1 + DETAIL));
        match &mut self.inner {
            Inner::Table => {}
            Inner::Suggestions(list) => list.fit(rows.saturating_sub(1 + suggestions::DETAIL)),
            Inner::History(_, list) => list.fit(rows.saturating_sub(1 + history::DETAIL)),
        }
    }

    /// Carries an action out.
    pub fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
        match &mut self.inner {
            Inner::Table if action == Action::PlanThese => return self.plan(shell),
            Inner::Table => self.act_on_table(action, shell),
            Inner::Suggestions(list) => {
                if suggestions::act(list, action, shell) {
                    self.inner = Inner::Table;
                }
            }
            Inner::History(customer, list) => {
                if history::act((&customer.name, list), action, shell) {
                    self.inner = Inner::Table;
                }
            }
        }
        None
    }

    fn act_on_table(&mut self, action: Action, shell: &mut Shell) {
        match action {
            Action::Refresh => self.reload(true, shell),
            Action::Filter => list_tools::open_filter(shell, self.list.filter()),
            Action::Back if self.list.marks() > 0 => self.list.clear_marks(),
            Action::Back => self.list.set_filter(""),
            Action::Suggest => {
                self.inner = Inner::Suggestions(Listing::default());
                shell.ask(Purpose::Suggestions, Command::Suggest);
            }
            Action::Export => columns::export(&self.list, shell),
            Action::ToggleSync => self.toggle(shell),
            Action::Edit
            | Action::Open
            | Action::History
            | Action::Unmap
            | Action::Note
            | Action::Copy => {
                self.act_on_row(action, shell);
            }
            action => _ = self.list.act(action, columns::CUSTOMERS.len()),
        }
    }

    fn act_on_row(&mut self, action: Action, shell: &mut Shell) {
        let Some(row) = self.list.selected().cloned() else { return };
        let tenant = row.tenant.to_string();
        match action {
            Action::Edit | Action::Open => link::open(&row, shell),
            Action::Copy => {
                list_tools::copy(shell, format!("{}\t{}", row.customer_name, row.domain));
            }
            Action::History => {
                let (tenant_id, name) = (row.tenant.clone(), row.customer_name.clone());
                let customer = Customer { tenant: tenant_id, name };
                self.inner = Inner::History(customer, Listing::default());
                let command = Command::History { tenant, service: None };
                shell.ask(Purpose::History(row.tenant.clone()), command);
            }
            _ if row.mapping.is_none() => shell.inform("This tenant is not mapped yet: press c"),
            Action::Unmap => {
                let then = Then::Ask(Purpose::Change, Box::new(Command::Unmap { tenant }));
                let body = "Nothing changes in the PSA by itself.".to_owned();
                let question = format!("Remove the link of {}?", row.customer_name);
                shell.open(Confirm::new(question, "Unmap", then).with_body([body]));
            }
            _ => {
                let note = row.mapping.as_ref().map_or("", |mapping| mapping.note.as_str());
                shell.open(Prompt::new(Asking::Note(row.tenant.clone()), "Note: ", note));
            }
        }
    }

    fn toggle(&mut self, shell: &mut Shell) {
        let rows = self.list.chosen();
        let mapped: Vec<&&CustomerView> = rows.iter().filter(|row| row.mapping.is_some()).collect();
        if mapped.is_empty() {
            return shell.inform("Map the customer before switching sync on: press c");
        }
        let turn_on = !mapped.iter().all(|row| on(row));
        let tenants: Vec<String> = mapped.iter().map(|row| row.tenant.to_string()).collect();
        let count = u64::try_from(tenants.len()).unwrap_or(u64::MAX);
        let word = if turn_on { "on" } else { "off" };
        let what = counted(count, "customer", "customers");
        let mut body: Vec<String> =
            mapped.iter().take(6).map(|row| row.customer_name.clone()).collect();
        body.extend(left_out(&mapped, rows.len(), body.len()));
        if turn_on {
            body.push(
                "What became due while sync was off is told before it is applied.".to_owned(),
            );
        }
        let command = Command::SetSync { tenants, on: turn_on, skip_missed: None };
        let question = format!("Switch sync {word} for {what}?");
        let then = Then::Ask(Purpose::Change, Box::new(command));
        shell.open(Confirm::new(question, &format!("Switch {word}"), then).with_body(body));
    }

    fn plan(&self, shell: &mut Shell) -> Option<Jump> {
        let chosen = self.list.chosen();
        let synced = chosen.iter().filter(|row| on(row));
        let tenants: Vec<String> = synced.map(|row| row.tenant.to_string()).collect();
        if tenants.is_empty() {
            shell.inform("Sync is off for these customers: press s");
            return None;
        }
        let scope = Scope::Customers;
        Some(Jump::Plan(SyncRequest { scope, tenants, ..SyncRequest::default() }))
    }

    /// Draws it.
    pub fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        match &self.inner {
            Inner::Table => self.draw_table(frame, area, shell),
            Inner::Suggestions(list) => suggestions::draw(frame, area, (list, shell)),
            Inner::History(customer, list) => {
                history::draw(frame, area, (&customer.name, list, shell));
            }
        }
    }

    fn draw_table(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let title = list_tools::title("Customers", &self.list);
        let inside = frame::body(frame, area, (&title, &self.summary(shell)), theme);
        if !self.loaded {
            let text = if self.failed {
                "The customers could not be read. F5 tries again, ! shows why."
            } else {
                "Reading customers from PRISM…"
            };
            return frame.render_widget(Line::styled(text, theme.muted()), inside);
        }
        if self.list.counts().1 == 0 {
            let text = "No customers. Connect PRISM on tab 2, then press F5.";
            return frame.render_widget(Line::styled(text, theme.muted()), inside);
        }
        let below = u16::try_from(DETAIL).unwrap_or(0);
        let [table, detail] =
            Layout::vertical([Constraint::Min(2), Constraint::Length(below)]).areas(inside);
        let look = TableLook { columns: columns::CUSTOMERS, focused: true, marks: true };
        draw_table(frame, table, (&self.list, &look), theme);
        let Some(row) = self.list.selected() else {
            let text = "No customer matches. Esc clears the filter.";
            return frame.render_widget(Line::styled(text, theme.muted()), detail);
        };
        for (line, place) in columns::detail(row, shell).into_iter().zip(detail.rows().skip(1)) {
            frame.render_widget(line, place);
        }
    }

    fn summary(&self, shell: &Shell) -> String {
        let all = self.list.all();
        let unmapped = all.iter().filter(|row| row.mapping.is_none()).count();
        let synced = all.iter().filter(|row| on(row)).count();
        let mut parts = Vec::new();
        if self.list.marks() > 0 {
            parts.push(format!("{} marked", self.list.marks()));
        }
        parts.push(format!("{unmapped} unmapped"));
        parts.push(format!("{synced} syncing"));
        parts.extend(amounts_in(all.iter().map(|row| row.currency.as_ref())));
        parts.join(shell.theme.glyphs.separator)
    }
}

/// Whether a picker is one for this field of the link form.
fn is_field(name: &'static str) -> impl Fn(&Choosing) -> bool {
    move |choosing| *choosing == Choosing::Field(name)
}

/// Who was switched on is told what became due meanwhile: the next sync applies it, unless it is skipped with a reason.
pub fn missed(rows: &[CustomerView]) -> Option<Confirm> {
    let on = rows.iter().filter_map(|row| Some((row, row.mapping.as_ref()?)));
    let on = on.filter(|(_, mapping)| mapping.sync && !mapping.missed.is_empty());
    let tenants = on.clone().map(|(row, _)| row.tenant.clone()).collect();
    let all: Vec<String> = on
        .flat_map(|(row, mapping)| {
            mapping.missed.iter().map(|missed| format!("{}: {}", row.customer_name, missed.words()))
        })
        .collect();
    let count = u64::try_from(all.len()).ok().filter(|count| *count > 0)?;
    let title = format!("{} became due while sync was off", counted(count, "invoice", "invoices"));
    let more = all.len().saturating_sub(MISSED_LISTED);
    let more = (more > 0).then(|| format!("and {more} more"));
    let said = "The next sync applies this, oldest first. Cancel leaves it so.".to_owned();
    let body = all.into_iter().take(MISSED_LISTED).chain(more).chain([said]);
    let reason = Prompt::new(Asking::Skipping(tenants), "Why is it skipped?", "");
    let then = Then::Prompt(Box::new(reason));
    Some(Confirm::new(title, "Skip it for good…", then).with_body(body))
}

/// So many missed invoices are told one by one.
const MISSED_LISTED: usize = 8;

/// What the names in a question do not say: how many more of these there are, and how many marked rows stay as they
/// are.
fn left_out(
    mapped: &[&&CustomerView],
    chosen: usize,
    named: usize,
) -> impl Iterator<Item = String> {
    let more = mapped.len() - named;
    let unmapped = u64::try_from(chosen - mapped.len()).unwrap_or(u64::MAX);
    let rest = (more > 0).then(|| format!("and {more} more"));
    let out = (unmapped > 0).then(|| {
        let what = counted(unmapped, "marked customer is", "marked customers are");
        format!("{what} on no contract yet and left out.")
    });
    rest.into_iter().chain(out)
}
