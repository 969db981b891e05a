//! Tab 5: history → run → customer → subscription → usage lines, the live run, the plan, the retry list, the chart.

pub mod live;
mod plan;
mod retries;
mod rows;
mod run;

pub use self::run::choice;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::Line,
};

use self::{
    live::Live,
    plan::PlanScreen,
    retries::Retries,
    run::{Depth, RunScreen},
};
use crate::{
    console::{
        action::{Action, Tab},
        dialog::Overlay,
        keymap::Place as Keys,
        list_tools,
        listing::Listing,
        pane::Jump,
        purpose::Purpose,
        shell::Shell,
        widgets::{
            chart, frame,
            table::{TableLook, draw_table},
        },
    },
    domain::{
        RunId, TenantId,
        run::{RunHeader, RunReport},
    },
    engine::{
        protocol::{Command, Scope, SyncRequest},
        views::{ChartView, PlanView, RetryView},
    },
};

/// Lines below the history: the selected run in words.
const DETAIL: usize = 4;

/// How many runs the history shows.
const HISTORY: usize = 500;

/// What is in front.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Front {
    #[default]
    Runs,
    Run,
    Live,
    Plan,
    Retries,
    Chart,
}

/// The screen.
#[derive(Debug, Default)]
pub struct Sync {
    front: Front,
    runs: Listing<RunHeader>,
    loaded: bool,
    run: RunScreen,
    /// The run that is on, or was last.
    pub live: Live,
    plan: PlanScreen,
    retries: Retries,
    chart: Option<(ChartView, usize)>,
    planned_from: Option<Tab>,
}

impl Sync {
    /// Its place in the key table.
    pub fn place(&self) -> Keys {
        match self.front {
            Front::Runs => Keys::Runs,
            Front::Run => match self.run.depth() {
                Depth::Customers => Keys::Run,
                Depth::Customer => Keys::RunCustomer,
                Depth::Subscription => Keys::RunSubscription,
            },
            Front::Live => Keys::Live,
            Front::Plan => Keys::Plan,
            Front::Retries => Keys::Retries,
            Front::Chart => Keys::Chart,
        }
    }

    /// The tab was opened.
    pub fn enter(&mut self, shell: &mut Shell) {
        if self.live.is_on() && self.front == Front::Runs {
            self.front = Front::Live;
        }
        self.reload(shell);
    }

    /// Asks again for what is shown.
    pub fn reload(&mut self, shell: &mut Shell) {
        shell.ask(Purpose::Runs, Command::Runs { limit: HISTORY });
        match self.front {
            Front::Retries => _ = shell.ask(Purpose::Retries, Command::Retries),
            Front::Run => {
                if let Some(id) = self.run.id() {
                    shell.ask(Purpose::Run, Command::Run { id: Some(id) });
                }
            }
            _ => {}
        }
    }

    /// F5: a plan is made anew, anything else is read again.
    fn refresh(&mut self, shell: &mut Shell) {
        match (self.front, self.plan.again()) {
            (Front::Plan, Some(again)) => self.ask_plan(again, shell),
            _ => self.reload(shell),
        }
    }

    /// The history arrived.
    pub fn told(&mut self, rows: Vec<RunHeader>) {
        self.loaded = true;
        self.runs.set(rows);
    }

    /// A run arrived.
    pub fn run_told(&mut self, report: RunReport) {
        self.run.set(report);
    }

    /// A plan arrived.
    pub fn planned(&mut self, plan: PlanView) {
        self.plan.set(plan);
        self.front = Front::Plan;
    }

    /// The question that *save and sync now* leads to.
    pub fn ask_to_apply(&mut self, shell: &mut Shell) {
        self.plan.ask_to_apply(shell);
    }

    /// A sync ended. The answer may overtake the event of its end: from now on nothing is running.
    pub fn synced(&mut self, reports: Vec<RunReport>, shell: &mut Shell) {
        self.live.over();
        if let Some(status) = &mut shell.status {
            status.running = None;
        }
        let worst = reports.iter().map(|report| report.header.status).max().unwrap_or_default();
        let writes: u64 = reports.iter().map(|report| report.header.counts.writes).sum();
        shell.inform(format!("Sync ended: {worst}, {writes} written"));
        // Of two runs the one that wants a look, else the last.
        let shown =
            reports.into_iter().max_by_key(|report| (report.header.status, report.header.id));
        if let Some(report) = shown {
            self.run.show(report);
            if matches!(self.front, Front::Live | Front::Plan) {
                self.front = Front::Run;
            }
        }
        self.reload(shell);
        shell.ask(Purpose::Status, Command::Status);
    }

    /// Retry entries arrived.
    pub fn retries_told(&mut self, rows: Vec<RetryView>) {
        self.retries.told(rows);
    }

    /// A chart arrived.
    pub fn chart_told(&mut self, chart: ChartView) {
        self.chart = Some((chart, 0));
        self.front = Front::Chart;
    }

    /// Planning or syncing was refused or cancelled.
    pub fn stopped(&mut self) {
        self.live.stopped();
        if self.front == Front::Live && !self.live.is_on() {
            self.front = Front::Runs;
        }
    }

    /// A confirmed plan is being applied.
    pub fn applying(&mut self) {
        self.live.expect();
        self.front = Front::Live;
    }

    /// Shows a run.
    pub fn show_run(&mut self, id: RunId, tenant: Option<TenantId>, shell: &mut Shell) {
        self.front = Front::Run;
        self.run.wait_for(id, tenant);
        shell.ask(Purpose::Run, Command::Run { id: Some(id) });
    }

    /// Plans these tenants, shows the plan, and asks whether to apply it as soon as it is there.
    pub fn sync_tenants(&mut self, tenants: Vec<String>, shell: &mut Shell) {
        let request = SyncRequest { scope: Scope::All, tenants, ..SyncRequest::default() };
        self.planned_from = Some(Tab::Customers);
        self.ask_plan((request, true), shell);
    }

    /// Plans this and shows the plan; leaving it leads back to the tab it came from.
    pub fn plan(&mut self, request: SyncRequest, from: Option<Tab>, shell: &mut Shell) {
        self.planned_from = from;
        self.ask_plan((request, false), shell);
    }

    fn ask_plan(&mut self, (request, at_once): (SyncRequest, bool), shell: &mut Shell) {
        self.plan.ask(request.clone(), at_once);
        self.front = Front::Plan;
        shell.ask(Purpose::Plan, Command::Plan { request });
    }

    /// Narrows the list in front.
    pub fn set_filter(&mut self, text: &str) {
        match self.front {
            Front::Runs => self.runs.set_filter(text),
            Front::Run => self.run.list_mut().set_filter(text),
            Front::Live => self.live.list.set_filter(text),
            Front::Plan => self.plan.list.set_filter(text),
            Front::Retries => self.retries.list.set_filter(text),
            Front::Chart => {}
        }
    }

    fn filter(&self) -> &str {
        match self.front {
            Front::Runs => self.runs.filter(),
            Front::Run => self.run.list().filter(),
            Front::Live => self.live.list.filter(),
            Front::Plan => self.plan.list.filter(),
            Front::Retries => self.retries.list.filter(),
            Front::Chart => "",
        }
    }

    /// How much room its lists have.
    pub fn fit(&mut self, (_, rows): (u16, u16)) {
        let rows = usize::from(rows);
        self.runs.fit(rows.saturating_sub(1 + DETAIL));
        self.run.fit(rows);
        self.live.list.fit(rows.saturating_sub(live::AROUND));
        self.plan.list.fit(rows.saturating_sub(plan::AROUND));
        self.retries.list.fit(rows.saturating_sub(5));
    }

    /// Carries an action out.
    pub fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
        match action {
            Action::Back => return self.back(shell),
            Action::Filter => list_tools::open_filter(shell, self.filter()),
            Action::Refresh => self.refresh(shell),
            Action::Recheck => {
                let scope = Scope::Customers;
                let request = SyncRequest { scope, recheck: true, ..SyncRequest::default() };
                self.plan(request, None, shell);
            }
            Action::RetryFailed => {
                let scope = Scope::Customers;
                let request = SyncRequest { scope, retry_failed: true, ..SyncRequest::default() };
                self.plan(request, None, shell);
            }
            Action::Plan => self.plan(SyncRequest::default(), None, shell),
            Action::Retries => {
                self.front = Front::Retries;
                shell.ask(Purpose::Retries, Command::Retries);
            }
            action => self.act_in_front(action, shell),
        }
        None
    }

    fn act_in_front(&mut self, action: Action, shell: &mut Shell) {
        match self.front {
            Front::Runs => self.act_on_runs(action, shell),
            Front::Run => self.run.act(action, shell),
            Front::Live => self.live.act(action, shell),
            Front::Plan => self.plan.act(action, shell),
            Front::Retries => self.retries.act(action, shell),
            Front::Chart => self.act_on_chart(action, shell),
        }
    }

    fn act_on_runs(&mut self, action: Action, shell: &mut Shell) {
        match action {
            Action::Open => {
                let Some(run) = self.runs.selected() else { return };
                let id = run.id;
                if self.live.is(id) {
                    self.front = Front::Live;
                } else {
                    self.show_run(id, None, shell);
                }
            }
            Action::Copy => {
                if let Some(run) = self.runs.selected() {
                    list_tools::copy(shell, rows::told(run));
                }
            }
            Action::Export => rows::export(&self.runs, shell),
            action => _ = self.runs.act(action, rows::RUNS.len()),
        }
    }

    fn act_on_chart(&mut self, action: Action, shell: &mut Shell) {
        let Some((view, day)) = &mut self.chart else { return };
        let last = usize::try_from(view.month.days()).unwrap_or(31).saturating_sub(1);
        match action {
            Action::Left | Action::Up => *day = day.saturating_sub(1),
            Action::Right | Action::Down => *day = (*day + 1).min(last),
            Action::Top => *day = 0,
            Action::Bottom => *day = last,
            Action::NextMatch => *day = chart::next_change(view, *day),
            Action::PreviousMatch => *day = chart::change_before(view, *day),
            Action::Copy => {
                let text = chart::explanation(view, *day).join("\n");
                list_tools::copy(shell, text);
            }
            Action::Open => {
                let text = chart::explanation(view, *day).join("\n");
                shell.open(Overlay::text(&view.service, &text));
            }
            _ => {}
        }
    }

    fn back(&mut self, shell: &mut Shell) -> Option<Jump> {
        if !self.filter().is_empty() {
            self.set_filter("");
            return None;
        }
        match self.front {
            Front::Runs => {}
            Front::Run if self.run.out() => {}
            Front::Chart => self.front = Front::Run,
            Front::Plan => {
                shell.forget(&Purpose::Plan);
                self.front = Front::Runs;
                return self.planned_from.take().map(Jump::Tab);
            }
            _ => self.front = Front::Runs,
        }
        None
    }

    /// Draws it.
    pub fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        match (self.front, &self.chart) {
            (Front::Runs, _) => self.draw_runs(frame, area, shell),
            (Front::Run, _) => self.run.draw(frame, area, shell),
            (Front::Live, _) => self.live.draw(frame, area, shell),
            (Front::Plan, _) => self.plan.draw(frame, area, shell),
            (Front::Retries, _) => self.retries.draw(frame, area, shell),
            (Front::Chart, Some((view, day))) => chart::draw(frame, area, (view, *day, shell)),
            (Front::Chart, None) => {}
        }
    }

    fn draw_runs(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let title = list_tools::title("Sync", &self.runs);
        let inside = frame::body(frame, area, (&title, ""), theme);
        if self.runs.counts().1 == 0 {
            let text = if self.loaded {
                "No run yet. Press p to plan the first one."
            } else {
                "Loading…"
            };
            return frame.render_widget(Line::styled(text, theme.muted()), inside);
        }
        let below = u16::try_from(DETAIL).unwrap_or(0);
        let [table, detail] =
            Layout::vertical([Constraint::Min(2), Constraint::Length(below)]).areas(inside);
        let look = TableLook { columns: rows::RUNS, focused: true, marks: false };
        draw_table(frame, table, (&self.runs, &look), theme);
        let Some(run) = self.runs.selected() else {
            let text = "No run matches. Esc clears the filter.";
            return frame.render_widget(Line::styled(text, theme.muted()), detail);
        };
        for (line, place) in rows::detail(run, shell).into_iter().zip(detail.rows().skip(1)) {
            frame.render_widget(line, place);
        }
    }
}
