//! The page of one customer: what is wrong, what it is about, what this month's bill is and why it differs from the last;
//! its subscriptions with the chart of the selected one, and what changed on its contract.

mod head;
pub(super) mod tables;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Position, Rect},
    text::{Line, Span},
};

use self::{
    head::{Said, head, month_name, subscription_lines},
    tables::{CHANGES, SUBSCRIPTIONS, export, usage_texts},
};
use super::{
    history::{details, named, of_others, only_adds, runs_of, services_added},
    table::CustomerTable,
};
use crate::{
    console::{
        action::Action,
        dialog::Overlay,
        keymap::Section,
        list_tools,
        listing::{AnyList, Listing},
        named_product::{NamedProduct, take_over},
        pane::{Jump, Pane, keys_move_in},
        purpose::Purpose,
        screens::sync::contract_row,
        shell::Shell,
        theme::Theme,
        widgets::{
            chart::{MOST_ROWS, QuantityChart},
            detail::{below_lines, rows},
            frame,
            table::Table,
            text::{counted, cut_line},
        },
    },
    domain::{TenantId, outcome::Finding},
    engine::{
        protocol::{Scope, SyncRequest, command},
        views::{ChartView, CustomerPageView, CustomerView, HistoryView, SubscriptionBill},
    },
};

/// From so many columns inside the border on, the chart stands beside the subscriptions.
const WIDE: u16 = 106;

/// With fewer rows than this the steps of a chart are told without its plot.
const LEAST_CHART: u16 = 7;

/// Columns of a chart beside the subscriptions at least.
const CHART: u16 = 50;

/// The part that the keys move in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Side {
    #[default]
    Subscriptions,
    Changes,
}

/// Where the parts of a page stand.
struct Parts {
    head: Rect,
    subscriptions: Rect,
    beside: Rect,
    changes: Rect,
}

#[derive(Debug)]
pub(crate) struct Page {
    tenant: TenantId,
    name: String,
    /// So that rows are counted as they are drawn.
    theme: Theme,
    /// The customer as a list of one: what its keys do there, they do here.
    own: CustomerTable,
    view: Option<CustomerPageView>,
    failed: bool,
    /// Why its contract could not be read.
    unread: Option<Finding>,
    subscriptions: Listing<SubscriptionBill>,
    changes: Listing<HistoryView>,
    side: Side,
}

impl Page {
    /// Of this customer, of whom no more is known yet than its row, if that.
    pub(crate) fn of(tenant: TenantId, row: Option<CustomerView>, theme: Theme) -> Self {
        let mut page = Self {
            tenant,
            name: String::new(),
            theme,
            own: CustomerTable::default(),
            view: None,
            failed: false,
            unread: None,
            subscriptions: Listing::default(),
            changes: Listing::default(),
            side: Side::default(),
        };
        if let Some(row) = row {
            page.set_customer(row);
        }
        page
    }

    pub(crate) fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    fn set_customer(&mut self, row: CustomerView) {
        self.name.clone_from(&row.customer_name);
        self.own.set_rows(vec![row]);
    }

    /// The page arrived. What the contract says is read afterwards: nobody waits for it to see the rest.
    pub(crate) fn set(&mut self, view: CustomerPageView, shell: &mut Shell) {
        self.failed = false;
        self.set_customer(view.customer.clone());
        self.subscriptions.set(view.subscriptions.clone());
        let told = view.changes.iter().filter(|one| one.is_own() && !only_adds(one));
        self.changes.set(told.cloned().collect());
        let unread = !view.charts.is_empty() && !view.is_read();
        self.view = Some(view);
        if unread && self.unread.is_none() {
            self.ask(true, shell);
        }
    }

    /// It could not be had.
    pub(crate) fn failed(&mut self) {
        self.failed = true;
    }

    /// Its contract could not be read: the rest of it stands.
    pub(crate) fn contract_unread(&mut self, why: Finding) {
        self.unread = Some(why);
    }

    fn ask(&self, contract: bool, shell: &mut Shell) {
        let tenant = self.tenant.to_string();
        let purpose = Purpose::CustomerPage { tenant: self.tenant.clone(), contract };
        shell.ask(purpose, command::CustomerPage { tenant, contract });
    }

    fn is_linked(&self) -> bool {
        self.own.selected().is_some_and(|row| row.mapping.is_some())
    }

    fn open(&self, shell: &mut Shell) {
        match self.side {
            Side::Subscriptions => {
                if let Some(row) = self.subscriptions.selected() {
                    let texts = usage_texts(row, &shell.theme);
                    shell.open(Overlay::laid_out(&row.name, texts));
                }
            }
            Side::Changes => {
                if let Some(row) = self.changes.selected() {
                    shell.open(Overlay::text(named(row), &details(row, &shell.theme)));
                }
            }
        }
    }

    fn act_on_subscription(&self, action: Action, shell: &mut Shell) {
        let Some(row) = self.subscriptions.selected() else {
            return shell.decline("No subscription is known of this customer yet");
        };
        if action == Action::ChooseRow {
            return contract_row::open(&self.tenant, row.service, &row.name, shell);
        }
        let product = row.product.clone().unwrap_or_else(|| row.name.clone());
        list_tools::pick_service(shell, product, row.name.clone());
    }

    /// The product of the selected subscription, where that waits for the service that has its name.
    fn wants_a_name(&self) -> Option<NamedProduct> {
        let row = self.subscriptions.selected().filter(|row| waits_for_a_name(row))?;
        Some(NamedProduct::of(row.product.as_deref(), &row.name))
    }

    fn copy(&self, shell: &mut Shell) {
        let text = match self.side {
            Side::Subscriptions => {
                let row = self.subscriptions.selected();
                row.and_then(|row| usage_texts(row, &shell.theme).into_iter().next())
                    .map(|laid| laid.text)
            }
            Side::Changes => self.changes.selected().map(|row| details(row, &shell.theme)),
        };
        let own =
            || self.own.selected().map(|row| format!("{}\t{}", row.customer_name, row.domain));
        list_tools::copy(shell, text.or_else(own).unwrap_or_default());
    }

    /// Only what failed of it is planned again.
    fn retry(&self) -> Jump {
        Jump::Plan(SyncRequest {
            scope: Scope::Customers,
            tenants: vec![self.tenant.to_string()],
            retry_failed: true,
            ..SyncRequest::default()
        })
    }

    fn chart(&self) -> Option<&ChartView> {
        let service = self.subscriptions.selected()?.service?;
        self.view.as_ref()?.chart(service)
    }

    /// The parts in a room: head, list, what is beside or below it, changes; where there is too little room for both the
    /// part that the keys move in has the lower place.
    fn parts(&self, room: Rect) -> Parts {
        let head = |view| head(view, room.as_size(), &self.theme).len();
        let head = self.view.as_ref().map_or(0, head);
        let head = u16::try_from(head).unwrap_or(u16::MAX).min(room.height / 2);
        let [head, rest] =
            Layout::vertical([Constraint::Length(head), Constraint::Min(0)]).areas(room);
        let long = |rows: usize| u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(2);
        let (wanted, changes) = (long(self.subscriptions.len()), long(self.changes.len()));
        if room.width >= WIDE {
            let lower = changes.clamp(3, (rest.height / 3).max(3));
            let [upper, changes] =
                Layout::vertical([Constraint::Min(0), Constraint::Length(lower)]).areas(rest);
            let need = Table::new(&self.subscriptions, SUBSCRIPTIONS).need(&self.theme);
            let list = need.clamp(42, room.width - CHART);
            let [subscriptions, beside] =
                Layout::horizontal([Constraint::Length(list), Constraint::Min(1)])
                    .spacing(2)
                    .areas(upper);
            return Parts { head, subscriptions, beside, changes };
        }
        let list = wanted.min((rest.height / 2).max(4)).max(3);
        let [subscriptions, lower] =
            Layout::vertical([Constraint::Length(list), Constraint::Min(0)]).areas(rest);
        let none = Rect { height: 0, ..lower };
        if self.side == Side::Changes {
            return Parts { head, subscriptions, beside: none, changes: lower };
        }
        let spare = lower.height.saturating_sub(MOST_ROWS).min(changes);
        let spare = if spare < 4 { 0 } else { spare };
        let [beside, changes] =
            Layout::vertical([Constraint::Min(0), Constraint::Length(spare)]).areas(lower);
        Parts { head, subscriptions, beside, changes }
    }

    fn status(&self, theme: &Theme) -> String {
        match self.own.selected() {
            Some(row) if row.mapping.is_none() => {
                format!("{} not linked", theme.glyphs.warning)
            }
            Some(row) => match row.outcome {
                Some(outcome) => frame::outcome(outcome, theme),
                None => "no result yet".to_owned(),
            },
            None => String::new(),
        }
    }

    fn draw_subscriptions(&self, frame: &mut Frame, area: Rect, theme: &Theme) {
        let this = self.view.as_ref().and_then(|view| view.this.as_ref());
        let of = this.map(|this| {
            let currency =
                this.currency.as_ref().map_or_else(String::new, |one| format!(", {one}"));
            format!("{}{}{currency}", theme.glyphs.separator, month_name(this.month))
        });
        let title = list_tools::title("Subscriptions", &self.subscriptions);
        let title = format!("{title}{}", of.unwrap_or_default());
        let area = self.draw_title(frame, area, &title, Side::Subscriptions, theme);
        if self.subscriptions.is_empty() {
            let text = "None yet: the first sync that bills it fills this list.";
            return frame::draw_notice(frame, area, text, theme);
        }
        let table = Table::new(&self.subscriptions, SUBSCRIPTIONS);
        table.draw(frame, area, theme);
    }

    fn draw_changes(&self, frame: &mut Frame, area: Rect, theme: &Theme) {
        if area.height < 2 {
            return;
        }
        let all = self.view.as_ref().map_or(&[][..], |view| &view.changes);
        let own = || all.iter().filter(|one| one.is_own());
        let runs = counted(runs_of(own()), "run", "runs");
        let mut title = list_tools::title("Changes", &self.changes);
        if own().next().is_some() {
            title.push_str(&format!(", of {runs}"));
        }
        // The history has these too: the two counts differ by them.
        let besides = services_added(own(), theme.terms).into_iter().chain(of_others(all, theme));
        let besides: Vec<String> = besides.collect();
        if !besides.is_empty() {
            title.push_str(&format!("; H has {} besides", besides.join(" and ")));
        }
        let area = self.draw_title(frame, area, &title, Side::Changes, theme);
        if self.changes.is_empty() {
            let text = "Nothing was written for this customer so far.";
            return frame::draw_notice(frame, area, text, theme);
        }
        Table::new(&self.changes, CHANGES).draw(frame, area, theme);
    }

    /// A rule with the part's name, lit where the keys move in it; answers what is below.
    fn draw_title(
        &self,
        frame: &mut Frame,
        area: Rect,
        title: &str,
        side: Side,
        theme: &Theme,
    ) -> Rect {
        let lit = self.side == side;
        draw_rule(frame, area, title, lit, theme)
    }

    /// The chart of the selected subscription, or what there is to say about it.
    fn draw_beside(&self, frame: &mut Frame, area: Rect, theme: &Theme) {
        let Some(row) = self.subscriptions.selected() else { return };
        if area.height == 0 {
            return;
        }
        let said = Said { view: self.view.as_ref(), unread: self.unread.as_ref() };
        let words = subscription_lines(row, said, usize::from(area.width), theme);
        let chart = self.chart().map(QuantityChart::new);
        if area.height < 2 || words.is_empty() && chart.is_none() {
            return;
        }
        let below = draw_rule(frame, area, &row.name, false, theme);
        let told = u16::try_from(words.len()).unwrap_or(u16::MAX).min(below.height);
        let rest = Rect { y: below.y + told, height: below.height - told, ..below };
        frame::draw_lines(frame, below, words);
        match chart {
            Some(chart) if rest.height >= LEAST_CHART => _ = chart.draw(frame, rest, theme),
            Some(chart) => chart.draw_table(frame, rest, theme),
            None => {}
        }
    }
}

fn waits_for_a_name(row: &SubscriptionBill) -> bool {
    row.finding.as_ref().is_some_and(|finding| finding.code.is_of_taken_name())
}

/// The name of a part over its rows, with a rule up to its edge.
fn draw_rule(frame: &mut Frame, area: Rect, title: &str, lit: bool, theme: &Theme) -> Rect {
    let style = if lit { theme.heading() } else { theme.muted() };
    let dash = if theme.glyphs.unicode { "─" } else { "-" };
    let title = format!("{title} ");
    let width = usize::from(area.width);
    let rule = dash.repeat(width.saturating_sub(Line::raw(&*title).width()));
    let line = Line::from(vec![Span::styled(title, style), Span::styled(rule, theme.muted())]);
    frame.render_widget(cut_line(line, width), Rect { height: area.height.min(1), ..area });
    Rect { y: area.y + 1.min(area.height), height: area.height.saturating_sub(1), ..area }
}

impl Pane for Page {
    fn section(&self) -> Section {
        Section::CustomerPage
    }

    keys_move_in!(self, self.side, {
        Side::Subscriptions => subscriptions,
        Side::Changes => changes,
    });

    fn reload(&mut self, shell: &mut Shell) {
        self.unread = None;
        self.ask(self.view.as_ref().is_some_and(CustomerPageView::is_read), shell);
    }

    fn fit(&mut self, room: Rect) {
        let parts = self.parts(room);
        // A rule with its name stands above each.
        self.subscriptions.fit(rows(below_lines(parts.subscriptions, 1)));
        self.changes.fit(rows(below_lines(parts.changes, 1)));
    }

    fn go_to_part(&mut self, at: Position) {
        if self.subscriptions.is_at(at) {
            self.side = Side::Subscriptions;
        } else if self.changes.is_at(at) {
            self.side = Side::Changes;
        }
    }

    fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
        match action {
            Action::Open => self.open(shell),
            Action::OtherSide => {
                self.side = match self.side {
                    Side::Subscriptions => Side::Changes,
                    Side::Changes => Side::Subscriptions,
                };
            }
            Action::Edit
            | Action::ToggleSync
            | Action::PlanThese
            | Action::Unmap
            | Action::Note => return self.own.act(action, shell),
            Action::ChooseRow | Action::Pin => self.act_on_subscription(action, shell),
            Action::Adopt => return take_over(self.wants_a_name(), shell),
            Action::RetryFailed => return Some(self.retry()),
            Action::Refresh => self.reload(shell),
            Action::Export => export(&self.name, &self.subscriptions, shell),
            Action::Copy => self.copy(shell),
            action => {
                _ = match self.side {
                    Side::Subscriptions => self.subscriptions.act(action, SUBSCRIPTIONS.len()),
                    Side::Changes => self.changes.act(action, CHANGES.len()),
                }
            }
        }
        None
    }

    fn offers(&self, action: Action) -> bool {
        let subscription = self.subscriptions.selected();
        match action {
            Action::ToggleSync | Action::Unmap | Action::Note => self.is_linked(),
            Action::PlanThese | Action::Edit => self.own.offers(action),
            Action::OtherSide => self.view.is_some(),
            Action::Suggest => self.own.selected().is_some() && !self.is_linked(),
            Action::ChooseRow => subscription.is_some_and(|row| row.service.is_some()),
            Action::Pin => subscription.is_some_and(|row| row.service.is_none()),
            Action::Adopt => subscription.is_some_and(waits_for_a_name),
            Action::Export => subscription.is_some(),
            Action::RetryFailed => self.view.as_ref().is_some_and(|view| !view.open.is_empty()),
            _ => true,
        }
    }

    fn tried_again(&self) -> Option<String> {
        let open = self.view.as_ref()?.open.len();
        (open > 0).then(|| "r tries what failed of it again".to_owned())
    }

    fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let name = if self.name.is_empty() { self.tenant.as_str() } else { &self.name };
        let title = format!("Customers{}{name}", theme.glyphs.crumb);
        let inside = frame::body(frame, area, &title, &self.status(theme), theme);
        let Some(view) = &self.view else {
            let text = if self.failed {
                "This page could not be read. F5 tries again, ! shows why, Esc goes back."
            } else {
                "Looking through its bills and changes…"
            };
            return frame::draw_notice(frame, inside, text, theme);
        };
        let parts = self.parts(inside);
        frame::draw_lines(frame, parts.head, head(view, inside.as_size(), theme));
        self.draw_subscriptions(frame, parts.subscriptions, theme);
        self.draw_beside(frame, parts.beside, theme);
        self.draw_changes(frame, parts.changes, theme);
    }
}
