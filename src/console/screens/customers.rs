//! Tab 3: tenants and their mappings, suggestions, the link form, a customer's history.

mod history;
mod link;
mod suggestions;
mod table;

use ratatui::{Frame, layout::Rect};

pub(crate) use self::table::missed;
use self::{history::History, suggestions::Suggestions, table::CustomerTable};
use crate::{
    console::{
        action::Action,
        dialog::picker::{Choice, Choosing},
        keymap::Section,
        list_tools,
        listing::AnyList,
        pane::{Jump, Pane},
        purpose::Purpose,
        shell::Shell,
    },
    domain::{CompanyId, TenantId},
    engine::{
        protocol::command,
        views::{CompanyChoice, ContractChoice, CustomerView, HistoryView, SuggestionView},
    },
};

#[derive(Debug, Default)]
enum Front {
    #[default]
    Table,
    Suggestions(Suggestions),
    History(History),
}

#[derive(Debug, Default)]
pub(crate) struct Customers {
    pub(crate) table: CustomerTable,
    front: Front,
    /// Of the tenant that was last to be linked.
    companies: Option<(String, Vec<CompanyChoice>)>,
    contracts: Option<(CompanyId, Vec<ContractChoice>)>,
    /// What is to be done as soon as its rows are there.
    awaited: Option<Action>,
}

impl Customers {
    fn front(&self) -> &dyn Pane {
        match &self.front {
            Front::Table => &self.table,
            Front::Suggestions(suggestions) => suggestions,
            Front::History(history) => history,
        }
    }

    fn front_mut(&mut self) -> &mut dyn Pane {
        match &mut self.front {
            Front::Table => &mut self.table,
            Front::Suggestions(suggestions) => suggestions,
            Front::History(history) => history,
        }
    }

    pub(crate) fn set_suggestions(&mut self, rows: Vec<SuggestionView>) {
        if let Front::Suggestions(suggestions) = &mut self.front {
            suggestions.set(rows);
        }
    }

    /// They could not be had.
    pub(crate) fn not_suggested(&mut self) {
        self.front = Front::Table;
    }

    /// Mappings were stored: what is mapped now needs no suggestion any more.
    pub(crate) fn mapped(&mut self, rows: &[CustomerView]) {
        if let Front::Suggestions(suggestions) = &mut self.front {
            suggestions.mapped(rows);
        }
    }

    pub(crate) fn set_history(&mut self, of: &TenantId, rows: Vec<HistoryView>) {
        if let Front::History(history) = &mut self.front {
            history.set(of, rows);
        }
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
            shell.inform("This company has no contract");
        }
        link::choose_only(&rows, shell);
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

    /// Selects a tenant, or the first unmapped one.
    pub(crate) fn show(&mut self, tenant: Option<&TenantId>) {
        self.front = Front::Table;
        self.table.show(tenant);
    }

    pub(crate) fn then(&mut self, action: Action) {
        self.awaited = Some(action);
    }

    /// What is to be done now that it can be.
    pub(crate) fn next_action(&mut self) -> Option<Action> {
        self.awaited.take_if(|_| self.table.is_current())
    }

    fn reload_over_table(&mut self, shell: &mut Shell) {
        if !matches!(self.front, Front::Table) {
            self.front_mut().reload(shell);
        }
    }

    fn suggest(&mut self, shell: &mut Shell) {
        let mut suggestions = Suggestions::default();
        suggestions.reload(shell);
        self.front = Front::Suggestions(suggestions);
    }

    fn open_history(&mut self, shell: &mut Shell) {
        let Some(row) = self.table.selected() else { return };
        let (tenant, name) = (row.tenant.clone(), row.customer_name.clone());
        let command = command::History { tenant: tenant.to_string(), service: None };
        shell.ask(Purpose::History(tenant.clone()), command);
        self.front = Front::History(History::of(tenant, name));
    }
}

impl Pane for Customers {
    fn section(&self) -> Section {
        self.front().section()
    }

    fn list(&self) -> Option<&dyn AnyList> {
        self.front().list()
    }

    fn list_mut(&mut self) -> Option<&mut dyn AnyList> {
        self.front_mut().list_mut()
    }

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

    fn fit(&mut self, rows: usize) {
        self.table.fit(rows);
        self.front_mut().fit(rows);
    }

    fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
        match (action, &self.front) {
            (Action::Suggest, Front::Table) => self.suggest(shell),
            (Action::History, Front::Table) => self.open_history(shell),
            (action, _) => return self.front_mut().act(action, shell),
        }
        None
    }

    fn back(&mut self, shell: &mut Shell) -> Option<Jump> {
        match (self.front_mut().back(shell)?, &self.front) {
            (Jump::Back, Front::Suggestions(_) | Front::History(_)) => self.front = Front::Table,
            (jump, _) => return Some(jump),
        }
        None
    }

    fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        self.front().draw(frame, area, shell);
    }
}

/// Whether a picker is one for this field of the link form.
fn is_field(name: &'static str) -> impl Fn(&Choosing) -> bool {
    move |choosing| *choosing == Choosing::Field(name)
}
