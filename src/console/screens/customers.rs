//! Tab 3: tenants and their mappings, suggestions, the link form; a customer's page, history and chart.

pub(crate) mod history;
pub(crate) mod link;
mod page;
mod suggestions;
mod table;

use ratatui::{Frame, layout::Rect};

pub(crate) use self::table::{missed, shown_name};
use self::{history::History, page::Page, suggestions::Suggestions, table::CustomerTable};
use crate::{
    console::{
        action::{Action, Tab},
        dialog::picker::{Choice, Choosing},
        keymap::Section,
        list_tools,
        namesakes::Namesakes,
        pane::{Jump, Pane, keys_move_in},
        purpose::Purpose,
        screens::chart::Chart,
        shell::Shell,
    },
    domain::{CompanyId, TenantId, outcome::Finding},
    engine::{
        protocol::command,
        views::{
            ChartView, CompanyChoice, ContractChoice, CustomerPageView, CustomerView, HistoryView,
            SuggestionView,
        },
    },
};

/// What lies over the table.
#[derive(Debug)]
enum Layer {
    Suggestions(Suggestions),
    Page(Box<Page>),
    History(History),
    Chart(Box<Chart>),
}

impl Layer {
    fn pane(&self) -> &dyn Pane {
        match self {
            Self::Suggestions(suggestions) => suggestions,
            Self::Page(page) => page.as_ref(),
            Self::History(history) => history,
            Self::Chart(chart) => chart.as_ref(),
        }
    }

    fn pane_mut(&mut self) -> &mut dyn Pane {
        match self {
            Self::Suggestions(suggestions) => suggestions,
            Self::Page(page) => page.as_mut(),
            Self::History(history) => history,
            Self::Chart(chart) => chart.as_mut(),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Customers {
    pub(crate) table: CustomerTable,
    /// The last one is in front.
    layers: Vec<Layer>,
    /// Where leaving the first layer leads, if not to the table.
    from: Option<Tab>,
    /// Of the tenant that was last to be linked.
    companies: Option<(String, Vec<CompanyChoice>)>,
    contracts: Option<(CompanyId, Vec<ContractChoice>)>,
    /// What is to be done as soon as its rows are there.
    awaited: Option<Action>,
}

impl Customers {
    fn front(&self) -> &dyn Pane {
        self.layers.last().map_or(&self.table, Layer::pane)
    }

    fn front_mut(&mut self) -> &mut dyn Pane {
        match self.layers.last_mut() {
            Some(layer) => layer.pane_mut(),
            None => &mut self.table,
        }
    }

    fn page_mut(&mut self) -> Option<&mut Page> {
        self.layers.iter_mut().find_map(|layer| match layer {
            Layer::Page(page) => Some(page.as_mut()),
            Layer::Suggestions(_) | Layer::History(_) | Layer::Chart(_) => None,
        })
    }

    fn suggestions_mut(&mut self) -> Option<&mut Suggestions> {
        self.layers.iter_mut().find_map(|layer| match layer {
            Layer::Suggestions(suggestions) => Some(suggestions),
            Layer::Page(_) | Layer::History(_) | Layer::Chart(_) => None,
        })
    }

    fn history_mut(&mut self) -> Option<&mut History> {
        self.layers.iter_mut().find_map(|layer| match layer {
            Layer::History(history) => Some(history),
            Layer::Suggestions(_) | Layer::Page(_) | Layer::Chart(_) => None,
        })
    }

    pub(crate) fn set_suggestions(&mut self, rows: Vec<SuggestionView>, namesakes: &Namesakes) {
        let linked = self.table.by_contract();
        if let Some(suggestions) = self.suggestions_mut() {
            suggestions.set(rows, linked, namesakes);
        }
    }

    /// They could not be had.
    pub(crate) fn not_suggested(&mut self) {
        self.layers.retain(|layer| !matches!(layer, Layer::Suggestions(_)));
    }

    /// Mappings were stored: what is mapped now needs no suggestion any more.
    pub(crate) fn mapped(&mut self, rows: &[CustomerView]) {
        if let Some(suggestions) = self.suggestions_mut() {
            suggestions.mapped(rows);
        }
    }

    pub(crate) fn set_history(&mut self, of: &TenantId, rows: Vec<HistoryView>) {
        if let Some(history) = self.history_mut() {
            history.set(of, rows);
        }
    }

    /// A page arrived, maybe of another customer.
    pub(crate) fn set_page(&mut self, of: &TenantId, view: CustomerPageView, shell: &mut Shell) {
        if let Some(page) = self.page_mut().filter(|page| page.tenant() == of) {
            page.set(view, shell);
        }
    }

    /// A page could not be had, or the contract on it could not be read.
    pub(crate) fn no_page(&mut self, of: &TenantId, contract: bool, why: &Finding) {
        match self.page_mut().filter(|page| page.tenant() == of) {
            Some(page) if contract => page.contract_unread(why.clone()),
            Some(page) => page.failed(),
            None => {}
        }
    }

    pub(crate) fn show_chart(&mut self, chart: ChartView) {
        let history = self.layers.iter().rev().find_map(|layer| match layer {
            Layer::History(history) => Some(history),
            Layer::Suggestions(_) | Layer::Page(_) | Layer::Chart(_) => None,
        });
        let day = history.and_then(History::selected_day);
        self.layers.push(Layer::Chart(Box::new(Chart::new("Customers", chart, day))));
    }

    pub(crate) fn set_companies(
        &mut self,
        tenant: String,
        rows: Vec<CompanyChoice>,
        shell: &mut Shell,
    ) {
        let choices = rows.iter().map(link::company_choice).collect();
        if link::tenant_in_form(shell).is_some_and(|one| one.as_str() == tenant) {
            list_tools::fill_picker(shell, is_field("company"), choices);
        }
        self.companies = Some((tenant, rows));
    }

    pub(crate) fn set_contracts(
        &mut self,
        company: CompanyId,
        rows: Vec<ContractChoice>,
        shell: &mut Shell,
    ) {
        if link::company_in_form(shell).is_some_and(|chosen| chosen != company) {
            return;
        }
        if rows.is_empty() {
            shell.inform(shell.theme.terms.say("This company has no contract"));
        }
        link::choose_only(&rows, shell);
        link::note_shared(&rows, shell);
        self.contracts = Some((company, rows));
        let choices = self.contract_choices(Some(company)).unwrap_or_default();
        list_tools::fill_picker(shell, is_field("contract"), choices);
    }

    pub(crate) fn company_choices(&self, tenant: &str) -> Option<Vec<Choice>> {
        let (of, rows) = self.companies.as_ref()?;
        (of == tenant).then(|| rows.iter().map(link::company_choice).collect())
    }

    pub(crate) fn contract_choices(&self, company: Option<CompanyId>) -> Option<Vec<Choice>> {
        let (of, rows) = self.contracts.as_ref()?;
        (Some(*of) == company).then(|| rows.iter().map(link::contract_choice).collect())
    }

    /// The contract of the link form is another one.
    pub(crate) fn contract_picked(&self, shell: &mut Shell) {
        let rows = self.contracts.as_ref().map(|(_, rows)| rows.as_slice());
        link::note_shared(rows.unwrap_or_default(), shell);
    }

    /// Selects a tenant, or the first unmapped one.
    pub(crate) fn show(&mut self, tenant: Option<&TenantId>) {
        self.layers.clear();
        self.from = None;
        self.table.show(tenant);
    }

    /// The page of a tenant; leaving it leads back to the tab it was opened from.
    pub(crate) fn open_page(&mut self, tenant: &TenantId, from: Option<Tab>, shell: &mut Shell) {
        self.show(Some(tenant));
        self.from = from;
        self.layers.push(Layer::Page(Box::new(self.new_page(tenant, shell))));
    }

    fn new_page(&self, tenant: &TenantId, shell: &mut Shell) -> Page {
        let row = self.table.selected().filter(|row| row.tenant == *tenant).cloned();
        let mut page = Page::of(tenant.clone(), row, shell.theme);
        page.reload(shell);
        page
    }

    pub(crate) fn then(&mut self, action: Action) {
        self.awaited = Some(action);
    }

    /// What is to be done now that it can be.
    pub(crate) fn next_action(&mut self) -> Option<Action> {
        self.awaited.take_if(|_| self.table.is_current())
    }

    fn reload_over_table(&mut self, shell: &mut Shell) {
        for layer in &mut self.layers {
            layer.pane_mut().reload(shell);
        }
    }

    fn suggest(&mut self, shell: &mut Shell) {
        let mut suggestions = Suggestions::default();
        suggestions.reload(shell);
        self.layers.push(Layer::Suggestions(suggestions));
    }

    fn open_history(&mut self, shell: &mut Shell) {
        let (tenant, name) = if let Some(Layer::Page(page)) = self.layers.last() {
            (page.tenant().clone(), page.name().to_owned())
        } else {
            let Some(row) = self.table.selected() else { return };
            (row.tenant.clone(), row.customer_name.clone())
        };
        let command = command::History { tenant: tenant.to_string(), service: None };
        shell.ask(Purpose::History(tenant.clone()), command);
        self.layers.push(Layer::History(History::of(tenant, name)));
    }
}

impl Pane for Customers {
    fn section(&self) -> Section {
        self.front().section()
    }

    keys_move_in!(self.front());

    fn enter(&mut self, shell: &mut Shell) {
        if !self.table.is_current() {
            self.table.enter(shell);
            self.reload_over_table(shell);
        }
    }

    fn reload(&mut self, shell: &mut Shell) {
        self.table.reload(shell);
        self.reload_over_table(shell);
    }

    fn fit(&mut self, room: Rect) {
        self.table.fit(room);
        for layer in &mut self.layers {
            layer.pane_mut().fit(room);
        }
    }

    fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
        match (action, self.layers.last()) {
            (Action::Suggest, None | Some(Layer::Page(_))) => self.suggest(shell),
            (Action::History, None | Some(Layer::Page(_))) => self.open_history(shell),
            (Action::Edit, Some(Layer::Suggestions(suggestions))) => {
                let suggested = suggestions.selected();
                let row = suggested.and_then(|one| Some((self.table.row(&one.tenant)?, one)));
                if let Some((row, suggested)) = row {
                    link::open_suggested(row, suggested, shell);
                }
            }
            (Action::Open, None) => {
                if let Some(tenant) = self.table.selected().map(|row| row.tenant.clone()) {
                    self.layers.push(Layer::Page(Box::new(self.new_page(&tenant, shell))));
                }
            }
            (action, _) => return self.front_mut().act(action, shell),
        }
        None
    }

    fn offers(&self, action: Action) -> bool {
        self.front().offers(action)
    }

    fn to_the_top(&mut self, shell: &mut Shell) {
        self.layers.clear();
        self.from = None;
        self.enter(shell);
    }

    fn tried_again(&self) -> Option<String> {
        self.front().tried_again()
    }

    fn back(&mut self, shell: &mut Shell) -> Option<Jump> {
        match self.front_mut().back(shell)? {
            Jump::Back if self.layers.pop().is_some() => {
                let from = self.from.take_if(|_| self.layers.is_empty());
                from.map(Jump::Tab)
            }
            jump => Some(jump),
        }
    }

    fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        self.front().draw(frame, area, shell);
    }
}

/// Whether a picker is one for this field of the link form.
fn is_field(name: &'static str) -> impl Fn(&Choosing) -> bool {
    move |choosing| *choosing == Choosing::Field(name)
}
