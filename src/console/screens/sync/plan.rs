//! A plan: every write with its reason and money, totals before and after, approve or leave.

mod rows;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::{Line, Span},
};

use crate::{
    console::{
        action::Action,
        dialog::{Confirm, Overlay, confirm::Then},
        keymap::Section,
        list_tools,
        listing::{AnyList, Listing},
        pane::{Jump, Pane},
        purpose::Purpose,
        shell::Shell,
        theme::Theme,
        widgets::{
            frame,
            table::Table,
            text::{ago, cents, counted, wrapped},
        },
    },
    domain::{Currency, Money, currency::told as told_in},
    engine::{
        protocol::{PlanSeen, SyncRequest, command},
        views::{EnvironmentsView, Mark, PlanMoney, PlanView},
    },
};

use self::rows::{COLUMNS, PlanRow, details};

/// More writes than this want the word typed.
const MANY: usize = 500;

#[derive(Debug, Default)]
pub(crate) struct PlanScreen {
    request: Option<SyncRequest>,
    plan: Option<PlanView>,
    /// The question to apply follows at once (*save and sync now*).
    at_once: bool,
    /// Whether the question is asked before anybody could go through it: no look that a guard accepts.
    seen: PlanSeen,
    /// Its rows: writes, the largest effect first, then what will not be written.
    list: Listing<PlanRow>,
}

impl PlanScreen {
    pub(crate) fn ask(&mut self, request: SyncRequest, shell: &mut Shell) {
        *self = Self { request: Some(request.clone()), ..Self::default() };
        shell.ask(Purpose::Plan, command::Plan { request });
    }

    /// Asks for one, and whether to apply it as soon as it is there.
    pub(crate) fn ask_and_apply(&mut self, request: SyncRequest, shell: &mut Shell) {
        self.ask(request, shell);
        self.at_once = true;
    }

    /// The same again; tells whether any was asked for before.
    pub(crate) fn ask_again(&mut self, shell: &mut Shell) -> bool {
        let Some(request) = self.request.take() else { return false };
        let at_once = self.at_once;
        self.ask(request, shell);
        self.at_once = at_once;
        true
    }

    /// Goes on to the question, if that was asked for.
    pub(crate) fn ask_to_apply(&mut self, shell: &mut Shell) {
        if std::mem::take(&mut self.at_once) {
            self.seen = PlanSeen::Unseen;
            self.apply(shell);
            self.seen = PlanSeen::Seen;
        }
    }

    pub(crate) fn set(&mut self, mut plan: PlanView) {
        let refused = std::mem::take(&mut plan.refused);
        let mut planned = std::mem::take(&mut plan.operations);
        if plan.currency.is_some() {
            // It stands above them, instead of with each.
            for row in &mut planned {
                row.currency = None;
            }
        }
        let refused =
            refused.into_iter().enumerate().map(|(at, row)| PlanRow::Refused(Box::new(row), at));
        let planned =
            planned.into_iter().enumerate().map(|(at, row)| PlanRow::Planned(Box::new(row), at));
        self.list.set(planned.chain(refused).collect());
        self.plan = Some(plan);
    }

    /// The currency of all its amounts.
    fn amounts(&self) -> Option<&Currency> {
        self.plan.as_ref()?.currency.as_ref()
    }

    fn writes(&self) -> usize {
        self.list.all().iter().filter(|row| matches!(row, PlanRow::Planned(..))).count()
    }

    fn refused(&self) -> usize {
        self.list.all().len() - self.writes()
    }

    fn apply(&self, shell: &mut Shell) {
        let Some(plan) = &self.plan else { return };
        let writes = self.writes();
        if writes == 0 {
            return shell.inform("Nothing to change: all is already correct");
        }
        let environments = shell.status.as_ref().and_then(|status| status.environments.clone());
        if let Some(pair) = environments.as_ref().filter(|pair| pair.mixed && !pair.confirmed) {
            return ask_to_mix(pair, shell);
        }
        let planned = self.list.all().iter().filter(|row| matches!(row, PlanRow::Planned(..)));
        let mut customers: Vec<&str> =
            planned.map(PlanRow::customer).filter(|name| !name.is_empty()).collect();
        customers.sort_unstable();
        customers.dedup();
        let to = match customers.len() {
            0 => String::new(),
            count => format!(" to {}", counted(count as u64, "customer", "customers")),
        };
        let title = format!("Apply {}{to}?", counted(writes as u64, "change", "changes"));
        let request = SyncRequest {
            plan: Some(plan.saved.clone()),
            seen: self.seen,
            ..self.request.clone().unwrap_or_default()
        };
        let then = Then::Ask(Purpose::Sync, Box::new(command::Sync { request }.into()));
        let mut confirm = Confirm::new(title, "Apply", then).with_body(self.totals(
            plan,
            environments.as_ref(),
            &shell.theme,
        ));
        if writes > MANY {
            confirm = confirm.with_word("apply");
        }
        shell.open(confirm);
    }

    fn totals(
        &self,
        plan: &PlanView,
        environments: Option<&EnvironmentsView>,
        theme: &Theme,
    ) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some([price, margin]) = money(plan, theme) {
            lines.extend([format!("Monthly price   {price}"), format!("Monthly margin  {margin}")]);
        }
        let requests = counted(plan.requests, "request", "requests");
        let way = match environments {
            Some(pair) => format!("From {} to {}", pair.source, pair.target),
            None => format!("To {}", plan.target),
        };
        lines.push(format!("{way}, about {requests}"));
        let [drops, doublings] = self.marks();
        if drops + doublings > 0 {
            lines.push(format!("Check these: {drops} drop to 0, {doublings} at least double"));
        }
        lines.extend(self.guarded());
        if self.refused() > 0 {
            lines.push(format!("{} blocked: the list says why", self.refused()));
        }
        lines
    }

    /// How many a guard holds, and whether this writes them: it does where the plan was looked at.
    fn guarded(&self) -> Option<String> {
        let guarded = self.list.all().iter().filter(|row| row.is_guarded());
        let mut customers: Vec<&str> = guarded.map(PlanRow::customer).collect();
        customers.sort_unstable();
        customers.dedup();
        let count = u64::try_from(customers.len()).ok().filter(|count| *count > 0)?;
        let what = counted(count, "customer", "customers");
        Some(if self.seen == PlanSeen::Unseen {
            format!("{what} held, not sent: Esc, check these (n), then A")
        } else {
            format!("Check these: {what} held until now")
        })
    }

    /// How many drop to 0, how many at least double.
    fn marks(&self) -> [usize; 2] {
        let count = |wanted: Mark| {
            let marked = |row: &&PlanRow| row.mark() == Some(wanted);
            self.list.all().iter().filter(marked).count()
        };
        [count(Mark::DropToZero), count(Mark::Doubling)]
    }

    fn draw_totals(&self, frame: &mut Frame, area: Rect, plan: &PlanView, theme: &Theme) {
        let separator = theme.glyphs.separator;
        let writes = counted(self.writes() as u64, "change", "changes");
        let refused = self.refused();
        let bad = if refused > 0 { theme.bad() } else { theme.muted() };
        let requests = counted(plan.requests, "request", "requests");
        let first = Line::from(vec![
            Span::styled(writes, theme.strong()),
            Span::raw(format!("{separator}{} already correct{separator}", plan.unchanged)),
            Span::styled(format!("{refused} blocked"), bad),
            Span::raw(format!("{separator}about {requests}")),
        ]);
        let mut lines = vec![first];
        if let Some([price, margin]) = money(plan, theme) {
            lines.push(Line::raw(format!("Monthly price   {price}")));
            lines.push(Line::raw(format!("Monthly margin  {margin}")));
        }
        let [drops, doublings] = self.marks();
        if drops + doublings > 0 {
            let text = format!(
                "{} Check these (n): {drops} drop to 0, {doublings} at least double",
                theme.glyphs.warning
            );
            lines.push(Line::styled(text, theme.warn()));
        }
        if let Some(finding) = plan.findings.first() {
            let more = plan.findings.len() - 1;
            let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
            lines.push(Line::styled(format!("{}{more}", finding.text), theme.warn()));
        }
        frame::draw_lines(frame, area, lines);
    }
}

impl Pane for PlanScreen {
    fn section(&self) -> Section {
        Section::Plan
    }

    fn list(&self) -> Option<&dyn AnyList> {
        Some(&self.list)
    }

    fn list_mut(&mut self) -> Option<&mut dyn AnyList> {
        Some(&mut self.list)
    }

    fn fit(&mut self, rows: usize) {
        self.list.fit(rows.saturating_sub(usize::from(TOTALS + DETAIL + 1)));
    }

    fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
        match (action, self.list.selected()) {
            (Action::Apply, _) => self.apply(shell),
            (Action::NextMatch, _) => self.list.select_next(false, PlanRow::is_marked),
            (Action::PreviousMatch, _) => self.list.select_next(true, PlanRow::is_marked),
            (Action::Open, Some(row)) => {
                let text = details(row, self.amounts(), &shell.theme);
                shell.open(Overlay::text("Planned", &text));
            }
            (Action::Copy, Some(row)) => {
                list_tools::copy(shell, details(row, self.amounts(), &shell.theme));
            }
            (Action::Export, _) => {
                if let Some(plan) = &self.plan {
                    list_tools::save(shell, "plan", "json", plan.saved.clone());
                }
            }
            (action, _) => _ = self.list.act(action, COLUMNS.len()),
        }
        None
    }

    fn back(&mut self, shell: &mut Shell) -> Option<Jump> {
        if self.clear_filter() {
            return None;
        }
        shell.forget(&Purpose::Plan);
        Some(Jump::Back)
    }

    fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let title = list_tools::title(&format!("Sync{}Plan", theme.glyphs.crumb), &self.list);
        let made = self.plan.as_ref().map_or_else(String::new, |plan| {
            format!("made {}, nothing is sent yet", ago(plan.planned_at, shell.now))
        });
        let inside = frame::body(frame, area, &title, &made, theme);
        let Some(plan) = &self.plan else {
            let spin = theme.glyphs.throbber[shell.frame % theme.glyphs.throbber.len()];
            let text = if shell.awaits(&Purpose::Plan) {
                format!("{spin} Working out what a sync would write… Esc leaves it")
            } else {
                "No plan. F5 tries again, ! shows why, Esc goes back.".to_owned()
            };
            return frame::draw_notice(frame, inside, text, theme);
        };
        let [totals, table, detail] = Layout::vertical([
            Constraint::Length(TOTALS),
            Constraint::Min(2),
            Constraint::Length(DETAIL),
        ])
        .areas(inside);
        self.draw_totals(frame, totals, plan, theme);
        if self.list.is_empty() {
            let text = "Nothing to change: all is already correct.";
            frame.render_widget(Line::styled(text, theme.good()), table);
        } else {
            Table::new(&self.list, COLUMNS).draw(frame, table, theme);
        }
        let Some(row) = self.list.selected() else { return };
        let text = details(row, self.amounts(), theme);
        let lines = text.lines().flat_map(|line| wrapped(line, detail.width.into()));
        let lines = lines.enumerate().map(|(at, line)| {
            let style = if at == 0 { theme.strong() } else { theme.text() };
            Line::styled(line, style)
        });
        frame::draw_detail(frame, detail, lines);
    }
}

const TOTALS: u16 = 5;

/// Lines below the table: the selected row whole.
const DETAIL: u16 = 5;

/// Price and margin a month, before and after, with what they change by, in each currency; none where no contract is
/// concerned.
fn money(plan: &PlanView, theme: &Theme) -> Option<[String; 2]> {
    if plan.money == PlanMoney::default() {
        return None;
    }
    let all = std::iter::once(&plan.money).chain(&plan.other_money);
    let (prices, margins): (Vec<_>, Vec<_>) = all.map(|money| in_one(money, theme)).unzip();
    Some([prices, margins].map(|told| told.join(theme.glyphs.separator)))
}

fn in_one(money: &PlanMoney, theme: &Theme) -> (String, String) {
    let currency = money.currency.as_ref();
    let told = |before: Money, after: Money| {
        let change = (after - before).rounded(2);
        let sign = if change < Money::ZERO { "" } else { "+" };
        let after = told_in(cents(after), currency);
        format!("{} {} {after} ({sign}{change})", cents(before), theme.glyphs.arrow)
    };
    let margin = (money.monthly_before - money.cost_before, money.monthly_after - money.cost_after);
    (told(money.monthly_before, money.monthly_after), told(margin.0, margin.1))
}

/// Asks once whether two environments belong together; what was to be applied is asked for again after that.
fn ask_to_mix(pair: &EnvironmentsView, shell: &mut Shell) {
    let title = format!("Write what {} invoices into {}?", pair.source, pair.target);
    let seen = pair.clone();
    let then = Then::change(command::ConfirmEnvironments { seen });
    let body = [
        "These are two environments. If one of them is wrong, correct it: c on Connections."
            .to_owned(),
        "If this pair is meant, it is remembered; apply the plan again after that.".to_owned(),
    ];
    shell.open(Confirm::new(title, "Confirm", then).with_body(body).with_word("confirm"));
}
