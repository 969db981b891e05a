//! A plan: every write with its reason and money, totals before and after, approve or leave.

use std::cmp::Ordering;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::{Line, Span},
    widgets::{Paragraph, Wrap},
};

use crate::{
    console::{
        action::Action,
        dialog::{Confirm, Overlay, confirm::Then},
        listing::{Listing, Row},
        screens::forms,
        shell::{Purpose, Shell},
        theme::Theme,
        widgets::{
            frame,
            table::{Cell, Column, TableLook, draw_table},
            text::counted,
        },
    },
    domain::outcome::Outcome,
    engine::{
        protocol::{Command, SyncRequest},
        views::{Mark, PlanView, PlannedView, RefusedView},
    },
};

/// More writes than this want the word typed.
const MANY: usize = 500;

/// One line of a plan: a write, or something that will not be written.
#[derive(Clone, Debug)]
pub enum PlanRow {
    /// A write.
    Planned(Box<PlannedView>, usize),
    /// What would be refused.
    Refused(Box<RefusedView>, usize),
}

impl PlanRow {
    fn customer(&self) -> &str {
        match self {
            Self::Planned(row, _) => row.customer.as_deref().unwrap_or_default(),
            Self::Refused(row, _) => row.customer.as_deref().unwrap_or_default(),
        }
    }

    fn target(&self) -> &str {
        match self {
            Self::Planned(row, _) => &row.target,
            Self::Refused(row, _) => &row.target,
        }
    }
}

impl Row for PlanRow {
    fn key(&self) -> String {
        match self {
            Self::Planned(_, at) => format!("w{at}"),
            Self::Refused(_, at) => format!("r{at}"),
        }
    }

    fn text(&self) -> String {
        let kind = match self {
            Self::Planned(row, _) => row.kind.as_str(),
            Self::Refused(..) => "refused",
        };
        format!("{} {} {kind}", self.customer(), self.target())
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        let effect = |row: &Self| match row {
            Self::Planned(row, _) => row.monthly_effect.abs(),
            Self::Refused(..) => crate::domain::Money::ZERO,
        };
        match column {
            1 => self.customer().cmp(other.customer()),
            2 => self.target().cmp(other.target()),
            _ => effect(other).cmp(&effect(self)),
        }
    }
}

/// The plan.
#[derive(Debug, Default)]
pub struct PlanScreen {
    request: Option<SyncRequest>,
    plan: Option<PlanView>,
    /// Its rows, refusals first, then the largest effect first.
    pub list: Listing<PlanRow>,
}

impl PlanScreen {
    /// A plan was asked for.
    pub fn ask(&mut self, request: SyncRequest) {
        *self = Self { request: Some(request), ..Self::default() };
    }

    /// It arrived.
    pub fn set(&mut self, mut plan: PlanView) {
        let refused = std::mem::take(&mut plan.refused);
        let planned = std::mem::take(&mut plan.operations);
        let refused =
            refused.into_iter().enumerate().map(|(at, row)| PlanRow::Refused(Box::new(row), at));
        let planned =
            planned.into_iter().enumerate().map(|(at, row)| PlanRow::Planned(Box::new(row), at));
        self.list.set(refused.chain(planned).collect());
        self.plan = Some(plan);
    }

    fn writes(&self) -> usize {
        self.list.all().iter().filter(|row| matches!(row, PlanRow::Planned(..))).count()
    }

    fn refused(&self) -> usize {
        self.list.all().len() - self.writes()
    }

    /// Carries an action out.
    pub fn act(&mut self, action: Action, shell: &mut Shell) {
        match action {
            Action::Apply => self.apply(shell),
            Action::Open => {
                if let Some(row) = self.list.selected() {
                    shell.open(Overlay::text("Planned", &details(row, &shell.theme)));
                }
            }
            Action::Copy => {
                if let Some(row) = self.list.selected() {
                    forms::copy(shell, details(row, &shell.theme));
                }
            }
            Action::Export => {
                if let Some(plan) = &self.plan {
                    let name =
                        format!("prism-connect-plan-{}.json", shell.now.format("%Y%m%d-%H%M%S"));
                    let text = plan.saved.clone();
                    shell.effect(crate::console::effect::Effect::Save { name, text });
                }
            }
            action => _ = self.list.act(action, 3),
        }
    }

    fn apply(&self, shell: &mut Shell) {
        let Some(plan) = &self.plan else { return };
        let writes = self.writes();
        if writes == 0 {
            return shell.inform("Nothing to write");
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
            ..self.request.clone().unwrap_or_default()
        };
        let then = Then::Ask(Purpose::Sync, Box::new(Command::Sync { request }));
        let mut confirm =
            Confirm::new(title, "Apply", then).with_body(self.totals(plan, &shell.theme));
        if writes > MANY {
            confirm = confirm.with_word("apply");
        }
        shell.open(confirm);
    }

    fn totals(&self, plan: &PlanView, theme: &Theme) -> Vec<String> {
        let arrow = theme.glyphs.arrow;
        let money = &plan.money;
        let margin_before = money.monthly_before - money.cost_before;
        let margin_after = money.monthly_after - money.cost_after;
        let mut lines = vec![
            format!("Monthly price {} {arrow} {}", money.monthly_before, money.monthly_after),
            format!("Monthly margin {margin_before} {arrow} {margin_after}"),
            format!("{}, about {}", plan.target, counted(plan.requests, "request", "requests")),
        ];
        let marks = self.list.all().iter().filter_map(|row| match row {
            PlanRow::Planned(row, _) => row.mark,
            PlanRow::Refused(..) => None,
        });
        let (drops, doublings) = marks.fold((0, 0), |(drops, doublings), mark| match mark {
            Mark::DropToZero => (drops + 1, doublings),
            Mark::Doubling => (drops, doublings + 1),
        });
        if drops + doublings > 0 {
            lines.push(format!("Look twice: {drops} drop to 0, {doublings} at least double"));
        }
        if self.refused() > 0 {
            lines.push(format!("{} will not be written (see the list)", self.refused()));
        }
        lines
    }

    /// Draws it.
    pub fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let crumb = format!("Sync{}Plan", theme.glyphs.crumb);
        let title = forms::filtered(&crumb, self.list.filter(), self.list.counts());
        let inside = frame::body(frame, area, (&title, ""), theme);
        let Some(plan) = &self.plan else {
            let spin = theme.glyphs.throbber[shell.frame % theme.glyphs.throbber.len()];
            let text = if shell.awaits(&Purpose::Plan) {
                format!("{spin} Working out what a sync would write… Esc leaves it")
            } else {
                "No plan. Esc goes back, ! shows why.".to_owned()
            };
            return frame.render_widget(Line::styled(text, theme.muted()), inside);
        };
        let [totals, table, detail] =
            Layout::vertical([Constraint::Length(3), Constraint::Min(2), Constraint::Length(4)])
                .areas(inside);
        self.draw_totals(frame, totals, (plan, theme));
        if self.list.counts().1 == 0 {
            let text = "Nothing to write: what is there is what should be.";
            frame.render_widget(Line::styled(text, theme.good()), table);
        } else {
            let look = TableLook { columns: COLUMNS, focused: true, marks: false };
            draw_table(frame, table, (&self.list, &look), theme);
        }
        if let Some(row) = self.list.selected() {
            let lines = details(row, theme);
            let text = lines.lines().skip(1).collect::<Vec<_>>().join("\n");
            frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), detail);
        }
    }

    fn draw_totals(&self, frame: &mut Frame, area: Rect, (plan, theme): (&PlanView, &Theme)) {
        let (money, arrow) = (&plan.money, theme.glyphs.arrow);
        let separator = theme.glyphs.separator;
        let writes = counted(self.writes() as u64, "change", "changes");
        let first = Line::from(vec![
            Span::styled(writes, theme.strong()),
            Span::raw(format!("{separator}{} right already{separator}", plan.unchanged)),
            Span::styled(
                format!("{} not written", self.refused()),
                if self.refused() > 0 { theme.bad() } else { theme.muted() },
            ),
            Span::raw(format!(
                "{separator}about {}",
                counted(plan.requests, "request", "requests")
            )),
        ]);
        let margin =
            (money.monthly_before - money.cost_before, money.monthly_after - money.cost_after);
        let second = format!(
            "Monthly price {} {arrow} {}{separator}margin {} {arrow} {}",
            money.monthly_before, money.monthly_after, margin.0, margin.1
        );
        frame.render_widget(first, Rect { height: 1, ..area });
        let at = Rect { y: area.y + 1, height: 1, ..area };
        frame.render_widget(Line::raw(second), at);
        if let Some(finding) = plan.findings.first() {
            let more = plan.findings.len() - 1;
            let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
            let line = Line::styled(format!("{}{more}", finding.text), theme.warn());
            frame.render_widget(line, Rect { y: area.y + 2, height: 1, ..area });
        }
    }
}

fn details(row: &PlanRow, theme: &Theme) -> String {
    match row {
        PlanRow::Refused(row, _) => {
            format!("{}\n{}\n{}", row.target, row.finding.text, row.finding.advice)
        }
        PlanRow::Planned(row, _) => {
            let mut text = format!("{} {}\n{}", words(&row.kind), row.target, row.reason);
            let prices = [("price", row.unit_price), ("cost", row.unit_cost)];
            let prices: Vec<String> = prices
                .iter()
                .filter_map(|(name, amount)| amount.map(|amount| format!("{name} {amount}")))
                .collect();
            if !prices.is_empty() {
                text.push_str(&format!("{}{}", theme.glyphs.separator, prices.join(", ")));
            }
            for warning in &row.warnings {
                text.push_str(&format!("\n{} {}", theme.glyphs.warning, warning.text));
            }
            text
        }
    }
}

fn words(kind: &str) -> &'static str {
    match kind {
        "create_service" => "create service",
        "update_service" => "reprice service",
        "create_contract_service" => "add to contract",
        _ => "adjust",
    }
}

const COLUMNS: &[Column<PlanRow>] = &[
    Column {
        title: "Monthly",
        least: 10,
        share: 0,
        priority: 0,
        right: true,
        searched: false,
        cell: |row, theme| match row {
            PlanRow::Planned(row, _) => Cell::plain(row.monthly_effect.to_string()),
            PlanRow::Refused(..) => {
                Cell::styled(frame::outcome(Outcome::Failure, theme), theme.bad())
            }
        },
    },
    Column {
        title: "Customer",
        least: 14,
        share: 2,
        priority: 2,
        right: false,
        searched: true,
        cell: |row, _| Cell::plain(row.customer().to_owned()),
    },
    Column {
        title: "Service",
        least: 18,
        share: 3,
        priority: 0,
        right: false,
        searched: true,
        cell: |row, _| Cell::plain(row.target().to_owned()),
    },
    Column {
        title: "Effective",
        least: 10,
        share: 0,
        priority: 1,
        right: false,
        searched: false,
        cell: |row, theme| match row {
            PlanRow::Planned(row, _) => {
                Cell::plain(row.effective.map_or_else(String::new, |day| day.to_string()))
            }
            PlanRow::Refused(..) => Cell::styled("not written", theme.bad()),
        },
    },
    Column {
        title: "Change",
        least: 16,
        share: 0,
        priority: 0,
        right: true,
        searched: false,
        cell: |row, theme| match row {
            PlanRow::Planned(row, _) => {
                let style = match row.mark {
                    Some(Mark::DropToZero) => theme.bad(),
                    Some(Mark::Doubling) => theme.warn(),
                    None => theme.text(),
                };
                Cell::styled(change(row, theme), style)
            }
            PlanRow::Refused(..) => Cell::plain(""),
        },
    },
];

fn change(row: &PlannedView, theme: &Theme) -> String {
    let mark = if row.mark.is_some() { theme.glyphs.warning } else { "" };
    match (row.kind.as_str(), row.quantity) {
        ("adjust_units", Some((before, after))) if row.units != 0 => {
            format!("{mark} {before} {} {after}", theme.glyphs.arrow)
        }
        ("adjust_units", _) if row.units != 0 => format!("{mark} {:+}", row.units),
        (kind, _) => {
            row.unit_price.map_or_else(|| words(kind).to_owned(), |price| format!("price {price}"))
        }
    }
}
