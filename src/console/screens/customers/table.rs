//! The tenants and what each is mapped to, with the amount at stake and the last outcome.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::link;
use crate::{
    console::{
        action::Action,
        advice::{Keys, not_connected},
        dialog::{Confirm, Prompt, confirm::Then, prompt::Asking},
        fold::by_letters,
        keymap::Section,
        list_tools,
        listing::{AnyList, Listing, Row},
        pane::{Jump, Pane, keys_move_in},
        purpose::Purpose,
        query::State,
        shell::Shell,
        theme::Theme,
        widgets::{
            detail::rows_with_detail,
            frame,
            table::{Cell, Column, Columns, Table, told},
            text::{ago, amounts_in, counted, in_currency, separated, short_domain},
        },
    },
    domain::{
        ContractId, Money, Side, TenantId,
        mapping::{PricingStrategy, Start},
        namesakes::{ShownName, tell_apart},
        outcome::Outcome,
        run::why_not_synced,
        terms::Terms,
    },
    engine::{
        protocol::{Scope, SyncRequest, command},
        views::{CustomerView, LeftOutView, MappingView, SystemKind},
    },
};

/// Lines below the table: the selected customer whole.
const DETAIL: u16 = 4;

#[derive(Debug, Default)]
pub(crate) struct CustomerTable {
    list: Listing<CustomerView>,
    loaded: bool,
    failed: bool,
    /// Whether the rows must be asked for again.
    pub(crate) stale: bool,
    /// Who is to be selected when the rows arrive.
    wanted: Option<TenantId>,
}

impl CustomerTable {
    /// Whether what it shows need not be asked for again.
    pub(crate) fn is_current(&self) -> bool {
        self.loaded && !self.stale
    }

    /// Asks again; `refresh` asks PRISM itself.
    fn read(&mut self, refresh: bool, shell: &mut Shell) {
        self.failed = false;
        self.stale = false;
        shell.ask(Purpose::Customers, command::Customers { refresh });
    }

    pub(crate) fn set_rows(&mut self, mut rows: Vec<CustomerView>) {
        self.loaded = true;
        tell_apart(rows.iter_mut().map(shown_name));
        self.list.set(rows);
        if let Some(tenant) = self.wanted.take() {
            self.list.select_key(Some(tenant.as_str()));
        }
    }

    /// A change of some of them was stored: keys that come next act on what holds now, not on what was read before.
    pub(crate) fn renew_rows(&mut self, mut rows: Vec<CustomerView>) {
        let known = self.list.all().iter().map(|row| (&row.tenant, &row.customer_name));
        let names: BTreeMap<&TenantId, &String> = known.collect();
        for row in &mut rows {
            // As the list tells it: who has the same name may not be among these.
            if let Some(name) = names.get(&row.tenant) {
                row.customer_name.clone_from(name);
            }
        }
        self.list.renew(rows);
    }

    /// The sync of these was switched.
    pub(crate) fn switched(&mut self, rows: &[CustomerView]) {
        self.serve_marks(rows.iter().map(|row| row.tenant.as_str()), |row| row.mapping.is_some());
    }

    /// A plan of these is being applied.
    pub(crate) fn applying(&mut self, tenants: &[String]) {
        self.serve_marks(tenants.iter().map(String::as_str), is_synced);
    }

    /// Something was done to these. Where that is what the marks were made for, none is left for the next action.
    fn serve_marks<'a>(
        &mut self,
        done: impl Iterator<Item = &'a str>,
        can_be_done: impl Fn(&CustomerView) -> bool,
    ) {
        let done: BTreeSet<&str> = done.collect();
        if self.list.marks() == 0 || done.is_empty() {
            return;
        }
        let is_left = |row: &&CustomerView| can_be_done(row) && !done.contains(row.tenant.as_str());
        if !self.list.chosen().iter().any(is_left) {
            self.list.clear_marks();
        }
    }

    /// Who is linked to which contract.
    pub(super) fn by_contract(&self) -> BTreeMap<ContractId, Vec<String>> {
        let mut linked: BTreeMap<ContractId, Vec<String>> = BTreeMap::new();
        for row in self.list.all() {
            if let Some(mapping) = &row.mapping {
                let of_it = linked.entry(mapping.contract_id).or_default();
                of_it.push(row.customer_name.clone());
            }
        }
        linked
    }

    pub(crate) fn failed(&mut self) {
        self.failed = true;
    }

    /// Selects a tenant, or the first unmapped one.
    pub(crate) fn show(&mut self, tenant: Option<&TenantId>) {
        self.list.show_all();
        self.list.select_key(tenant.map(TenantId::as_str));
        self.wanted = tenant.cloned();
    }

    pub(crate) fn selected(&self) -> Option<&CustomerView> {
        self.list.selected()
    }

    /// The row of a tenant, whatever is shown.
    pub(super) fn row(&self, tenant: &TenantId) -> Option<&CustomerView> {
        self.list.all().iter().find(|row| row.tenant == *tenant)
    }

    fn act_on_row(&self, action: Action, shell: &mut Shell) {
        let Some(row) = self.list.selected() else { return };
        match action {
            Action::Edit => link::open(row, shell),
            Action::Copy => {
                list_tools::copy(shell, format!("{}\t{}", row.customer_name, row.domain));
            }
            _ if row.mapping.is_none() => shell.decline(shell.theme.terms.say(NOT_LINKED)),
            Action::Unmap => {
                let command = command::Unmap { tenant: row.tenant.to_string() };
                let then = Then::change(command);
                let linked = row.mapping.as_ref().map(|mapping| {
                    let word = shell.theme.terms.say("contract");
                    format!("It is linked to {}, {word} “{}”.", mapping.company, mapping.contract)
                });
                let billed = row.latest_amount.map(|amount| {
                    let amount = in_currency(amount, row.currency.as_ref());
                    format!("The newest invoice has {amount} (cost) to sync for it, which is not synced then.")
                });
                let after = "Nothing changes in the PSA by itself.".to_owned();
                let body = linked.into_iter().chain(billed).chain([after]);
                let question = format!("Unlink {}?", row.customer_name);
                shell.open(Confirm::new(question, "Unlink", then).with_body(body));
            }
            _ => {
                let note = row.mapping.as_ref().map_or("", |mapping| mapping.note.as_str());
                shell.open(Prompt::new(Asking::Note(row.tenant.clone()), "Note: ", note));
            }
        }
    }

    fn toggle(&self, shell: &mut Shell) {
        let rows = self.list.chosen();
        let mapped: Vec<&&CustomerView> = rows.iter().filter(|row| row.mapping.is_some()).collect();
        if mapped.is_empty() {
            return shell.decline(shell.theme.terms.say(NOT_LINKED));
        }
        let turn_on = !mapped.iter().all(|row| is_synced(row));
        let tenants: Vec<String> = mapped.iter().map(|row| row.tenant.to_string()).collect();
        let count = u64::try_from(tenants.len()).unwrap_or(u64::MAX);
        let word = if turn_on { "on" } else { "off" };
        let what = counted(count, "customer", "customers");
        let mut named = mapped.clone();
        named.sort_by_key(|row| !is_doubtful(row));
        let mut body: Vec<String> =
            named.iter().take(NAMED).map(|row| with_contract(row, &shell.theme)).collect();
        body.extend(left_out(&mapped, rows.len(), body.len(), shell.theme.terms));
        body.extend(self.hidden("switched"));
        if turn_on {
            body.push(
                "What became due while sync was off is told before it is applied.".to_owned(),
            );
        }
        let command = command::SetSync { tenants, on: turn_on, skip_missed: None };
        let question = format!("Switch sync {word} for {what}?");
        let then = Then::change(command);
        shell.open(Confirm::new(question, &format!("Switch {word}"), then).with_body(body));
    }

    fn plan(&self, shell: &mut Shell) -> Option<Jump> {
        let chosen = self.list.chosen();
        let synced = chosen.iter().filter(|row| is_synced(row));
        let tenants: Vec<String> = synced.map(|row| row.tenant.to_string()).collect();
        if tenants.is_empty() {
            let linked = chosen.iter().any(|row| row.mapping.is_some());
            let keys = shell.theme.keys;
            let terms = shell.theme.terms;
            shell.decline(terms.say(if linked {
                keys.hint(
                    "Sync is off for these customers: press s",
                    "Sync is off for these customers",
                )
            } else {
                keys.hint(NOT_LINKED, "Not linked to a contract yet")
            }));
            return None;
        }
        if let Some(hidden) = self.hidden("planned") {
            shell.inform(hidden);
        }
        let scope = Scope::Customers;
        Some(Jump::Plan(SyncRequest { scope, tenants, ..SyncRequest::default() }))
    }

    fn export(&self, shell: &mut Shell) {
        let rows = self.list.shown().map(|row| {
            let mapping = row.mapping.as_ref();
            [
                row.customer_name.clone(),
                row.domain.clone(),
                mapping.map_or_else(String::new, |m| m.company.clone()),
                mapping.map_or_else(String::new, |m| m.contract.clone()),
                row.invoice.clone().unwrap_or_default(),
                row.latest_amount.map_or_else(String::new, |amount| amount.to_string()),
                mapping.map_or("", |m| if m.sync { "on" } else { "off" }).to_owned(),
                row.outcome.map_or_else(String::new, |outcome| outcome.to_string()),
                row.currency.as_ref().map_or_else(String::new, ToString::to_string),
            ]
        });
        let head = [
            "customer", "tenant", "company", "contract", "invoice", "amount", "sync", "outcome",
            "currency",
        ];
        list_tools::save_csv(shell, "customers", &head, rows);
    }

    /// That a filter hides some of what is marked, if one does.
    fn hidden(&self, done: &str) -> Option<String> {
        let hidden = self.list.marks_hidden();
        let state = self.list.only().map(State::name);
        let filter = Some(self.list.filter()).filter(|filter| !filter.is_empty());
        let by = state.into_iter().chain(filter).collect::<Vec<_>>().join(" / ");
        let text = format!("The filter “{by}” hides {hidden} of these: {done} all the same");
        (hidden > 0).then_some(text)
    }

    fn summary(&self, shell: &Shell) -> String {
        // Before they are read nobody knows how many there are.
        if self.list.is_empty() {
            return String::new();
        }
        let all = self.list.all();
        let unmapped = all.iter().filter(|row| row.mapping.is_none()).count();
        let synced = all.iter().filter(|row| is_synced(row)).count();
        let mut parts = Vec::new();
        if self.list.marks() > 0 {
            let hidden = match self.list.marks_hidden() {
                0 => String::new(),
                hidden => format!(", {hidden} of them hidden"),
            };
            parts.push(format!("{} marked{hidden}", self.list.marks()));
        }
        parts.push(format!("{unmapped} not linked"));
        parts.push(format!("{synced} syncing"));
        parts.extend(amounts_in(all.iter().map(|row| row.currency.as_ref())));
        parts.join(shell.theme.glyphs.separator)
    }
}

impl Pane for CustomerTable {
    fn section(&self) -> Section {
        Section::Customers
    }

    keys_move_in!(self.list);

    fn enter(&mut self, shell: &mut Shell) {
        if !self.is_current() {
            self.read(!self.loaded, shell);
        }
    }

    fn reload(&mut self, shell: &mut Shell) {
        self.read(false, shell);
    }

    fn fit(&mut self, room: Rect) {
        self.list.fit(rows_with_detail(room, DETAIL));
    }

    fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
        match action {
            Action::Refresh => self.read(true, shell),
            Action::Export => self.export(shell),
            Action::ToggleSync => self.toggle(shell),
            Action::PlanThese => return self.plan(shell),
            Action::Edit | Action::Unmap | Action::Note | Action::Copy => {
                self.act_on_row(action, shell);
            }
            action => _ = self.list.act(action, COLUMNS.len()),
        }
        None
    }

    fn back(&mut self, _: &mut Shell) -> Option<Jump> {
        if self.list.marks() > 0 {
            self.list.clear_marks();
            return None;
        }
        (!self.clear_filter()).then_some(Jump::Back)
    }

    fn offers(&self, action: Action) -> bool {
        let linked = |row: &&CustomerView| row.mapping.is_some();
        match action {
            Action::Edit | Action::History => self.selected().is_some(),
            Action::ToggleSync => self.list.chosen().iter().any(linked),
            Action::PlanThese => self.list.chosen().iter().any(|row| is_synced(row)),
            Action::Unmap | Action::Note => self.selected().as_ref().is_some_and(linked),
            _ => true,
        }
    }

    fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let title = list_tools::title("Customers", &self.list);
        let inside = frame::body(frame, area, &title, &self.summary(shell), theme);
        let notice = match (self.loaded, self.failed) {
            (true, _) if !self.list.is_empty() => None,
            _ if !shell.is_configured(SystemKind::Prism) => {
                Some(not_connected(Side::Source, theme.keys))
            }
            (true, _) => Some("No customers. Connect PRISM on tab 2, then press F5."),
            (false, true) => Some("The customers could not be read. F5 tries again, ! shows why."),
            (false, false) => Some("Reading customers from PRISM…"),
        };
        if let Some(text) = notice {
            return frame::draw_notice(frame, inside, text, theme);
        }
        let rows = Table::new(&self.list, COLUMNS).with_marks();
        if let Some((row, below)) = rows.draw_with_detail(frame, inside, DETAIL, theme) {
            below.draw(frame, detail(row, shell), theme);
        }
    }
}

/// What a list shows a customer by.
pub(crate) fn shown_name(row: &mut CustomerView) -> ShownName<'_> {
    ShownName { name: &mut row.customer_name, domain: &row.domain }
}

/// A question over several customers names so many of them.
const NAMED: usize = 8;

/// Whether switching it is less certain than others: something of it is to be looked at.
fn is_doubtful(row: &CustomerView) -> bool {
    let linked = row.mapping.as_ref();
    row.new
        || row.is(State::NeedsReview)
        || linked.is_some_and(|mapping| mapping.remark.is_some() || !mapping.missed.is_empty())
}

/// A customer with its contract, as a question names it.
fn with_contract(row: &CustomerView, theme: &Theme) -> String {
    let lead = if is_doubtful(row) { theme.glyphs.warning } else { " " };
    let to = row.mapping.as_ref().map_or_else(String::new, |mapping| {
        format!(" {} {}, {}", theme.glyphs.arrow, mapping.company, mapping.contract)
    });
    format!("{lead} {}{to}", row.customer_name)
}

/// What the names in a question do not say: how many more of these there are, and how many marked rows stay as they
/// are.
fn left_out(
    mapped: &[&&CustomerView],
    chosen: usize,
    named: usize,
    terms: Terms,
) -> impl Iterator<Item = String> {
    let more = mapped.len() - named;
    let unmapped = u64::try_from(chosen - mapped.len()).unwrap_or(u64::MAX);
    let rest = (more > 0).then(|| format!("and {more} more"));
    let out = (unmapped > 0).then(|| {
        let what = counted(unmapped, "marked customer is", "marked customers are");
        format!("{what} {}", terms.say("not linked to a contract yet and left out."))
    });
    rest.into_iter().chain(out)
}

/// Who was switched on is told what became due meanwhile: the next sync applies it, unless it is skipped with a reason.
pub(crate) fn missed(rows: &[CustomerView]) -> Option<Confirm> {
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

impl Row for CustomerView {
    const STATES: &'static [State] = &[
        State::NeedsReview,
        State::Unlinked,
        State::Off,
        State::Failed,
        State::Warning,
        State::New,
    ];

    fn key(&self) -> String {
        self.tenant.to_string()
    }

    fn text(&self) -> String {
        let mapping = self.mapping.as_ref();
        let company = mapping.map_or("", |m| m.company.as_str());
        let contract = mapping.map_or("", |m| m.contract.as_str());
        format!("{} {} {company} {contract}", self.customer_name, self.domain)
    }

    fn cells(&self) -> Vec<(&'static str, String)> {
        told(COLUMNS, self)
    }

    fn is(&self, state: State) -> bool {
        match state {
            State::Failed => self.outcome == Some(Outcome::Failure),
            State::Warning => self.outcome == Some(Outcome::Warning),
            State::NeedsReview => {
                self.retries > 0 || self.outcome.is_some_and(Outcome::wants_a_look)
            }
            State::Unlinked => self.mapping.is_none(),
            State::Off => self.mapping.as_ref().is_some_and(|mapping| !mapping.sync),
            State::New => self.new,
        }
    }

    fn repeated(&self) -> Vec<(&'static str, String)> {
        let invoice = self.invoice.as_ref().map_or_else(String::new, |one| format!("all {one}"));
        vec![("Invoice", invoice)]
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        let mapped = |row: &Self, part: fn(&MappingView) -> String| row.mapping.as_ref().map(part);
        match column {
            1 => self.domain.cmp(&other.domain),
            2 => mapped(self, |m| m.company.to_lowercase())
                .cmp(&mapped(other, |m| m.company.to_lowercase())),
            3 => mapped(self, |m| m.contract.to_lowercase())
                .cmp(&mapped(other, |m| m.contract.to_lowercase())),
            4 => self.invoice.cmp(&other.invoice),
            5 => self.latest_amount.cmp(&other.latest_amount),
            6 => is_synced(self).cmp(&is_synced(other)),
            7 => self.outcome.cmp(&other.outcome),
            _ => by_letters(&self.customer_name, &other.customer_name),
        }
    }
}

fn is_synced(row: &CustomerView) -> bool {
    row.mapping.as_ref().is_some_and(|mapping| mapping.sync)
}

/// R40, with the amount at stake and the last outcome.
const COLUMNS: &Columns<CustomerView> = &[
    Column::new("PRISM customer", 22).grows(4).searched().keeps_end().cell(|row, theme| {
        let style = if row.new { theme.accent() } else { theme.text() };
        let new = if row.new { " (new)" } else { "" };
        Cell::styled(format!("{}{new}", row.customer_name), style)
    }),
    Column::new("Tenant", 14).grows(2).drops(3).searched().muted(|row| short_domain(&row.domain)),
    Column::new("Company", 16).grows(3).searched().cell(|row, theme| match &row.mapping {
        Some(mapping) => Cell::plain(mapping.company.clone()),
        None => Cell::styled("Not linked", theme.warn()),
    }),
    Column::new("Contract", 14).grows(3).drops(2).searched().text(|row| {
        row.mapping.as_ref().map_or_else(String::new, |mapping| mapping.contract.clone())
    }),
    Column::new("Invoice", 10).drops(4).muted(|row| row.invoice.clone().unwrap_or_default()),
    Column::new("Cost", 10)
        .right()
        .drops(1)
        .text(|row| row.latest_amount.map_or_else(String::new, separated)),
    Column::new("Sync", 4).cell(|row, theme| match &row.mapping {
        Some(mapping) if mapping.sync => Cell::styled("on", theme.good()),
        Some(_) => Cell::styled("off", theme.muted()),
        None => Cell::plain(""),
    }),
    Column::new("Outcome", 15).cell(|row, theme| match row.outcome {
        Some(outcome) => Cell::outcome(outcome, theme),
        None => Cell::styled("No result yet", theme.muted()),
    }),
];

/// Why nothing can be done with a customer, where the key that links it works.
const NOT_LINKED: &str = "Not linked to a contract yet: press c";

/// That a customer is linked with nothing, and which keys lead on.
pub(crate) fn not_linked(keys: Keys) -> &'static str {
    keys.hint(
        "Not linked to a contract: c links it, u suggests what fits.",
        "Not linked to a contract: u suggests what fits.",
    )
}

/// The selected customer whole: names that the table cuts, what its mapping does, how its last sync ended.
fn detail(row: &CustomerView, shell: &Shell) -> [Line<'static>; 3] {
    let theme = &shell.theme;
    let separator = theme.glyphs.separator;
    let first = Line::from(vec![
        Span::styled(row.customer_name.clone(), theme.strong()),
        Span::styled(format!("{separator}{}", row.domain), theme.muted()),
    ]);
    let second = match &row.mapping {
        Some(mapping) => Line::raw(mapped(mapping, theme.glyphs.arrow, separator)),
        None => Line::styled(theme.terms.say(not_linked(theme.keys)), theme.warn()),
    };
    let mut parts = Vec::new();
    if let (Some(outcome), Some(at)) = (row.outcome, row.outcome_at) {
        let invoice = row.invoice.as_deref().unwrap_or_default();
        parts.push(format!("{outcome} {} for {invoice}", ago(at, shell.now)));
    }
    // The same invoice is not named twice: at 80 columns its second name would cost the reason.
    let is_named = row.outcome.is_some() && row.invoice == row.latest_invoice;
    let of_invoice = if is_named { String::new() } else { on_newest(row) };
    parts.extend(left_out_told(row, &of_invoice).map(|told| format!("cost besides: {told}")));
    if row.retries > 0 {
        parts.push(format!("{} to retry", counted(row.retries.into(), "line", "lines")));
    }
    if !row.listed {
        parts.push("PRISM lists it no longer".to_owned());
    }
    if let Some(note) = row.mapping.as_ref().map(|m| m.note.as_str()).filter(|n| !n.is_empty()) {
        parts.push(format!("“{note}”"));
    }
    [first, second, Line::styled(parts.join(separator), theme.muted())]
}

/// ` on INV0104249`, the newest invoice that has the customer.
pub(super) fn on_newest(row: &CustomerView) -> String {
    format!(" on {}", row.latest_invoice.as_deref().unwrap_or("the newest invoice"))
}

/// What of the newest invoice is not for syncing: `872.92 not synced on INV0104249 (Azure)`.
pub(super) fn left_out_told(row: &CustomerView, on_invoice: &str) -> Option<String> {
    let sum: Money = row.left_out.iter().map(|one| one.amount).sum();
    let why = |one: &LeftOutView| why_not_synced(&one.reason).to_owned();
    let parts: Vec<String> = match &row.left_out[..] {
        [] => return None,
        [one] => vec![why(one)],
        several => {
            several.iter().map(|one| format!("{} {}", why(one), separated(one.amount))).collect()
        }
    };
    Some(format!("{} not synced{on_invoice} ({})", separated(sum), parts.join(", ")))
}

fn mapped(mapping: &MappingView, arrow: &str, separator: &str) -> String {
    let from = match (mapping.start, mapping.first_month) {
        (_, Some(month)) => format!("from {}", month.first_day().0.format("%b %Y")),
        (Start::Next, None) => "from the next invoice".to_owned(),
        (Start::MostRecent, None) => "from the most recent invoice".to_owned(),
    };
    let pricing = match mapping.pricing {
        PricingStrategy::CostAndRetail => "cost and price",
        PricingStrategy::CostOnly => "only cost",
        PricingStrategy::QuantitiesOnly => "only quantities",
    };
    let (company, contract) = (&mapping.company, &mapping.contract);
    format!("{arrow} {company}, {contract}{separator}{from}{separator}{pricing}")
}
