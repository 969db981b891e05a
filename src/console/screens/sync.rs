//! Tab 5: history → run → customer → subscription → usage lines, the live run, the plan, the retry list, the chart.

mod approvals;
pub(crate) mod contract_row;
mod invoice;
mod invoices;
pub(crate) mod live;
mod live_feed;
mod live_rows;
mod live_standing;
mod plan;
mod retries;
mod run;
pub(crate) mod runs;
mod waiting;

use ratatui::{Frame, layout::Rect};

use self::{
    approvals::Approvals, invoice::InvoiceScreen, invoices::Invoices, live::Live, plan::PlanScreen,
    retries::Retries, run::RunScreen, runs::Runs, waiting::WaitingScreen,
};
use crate::{
    console::{
        action::{Action, Tab},
        colour::Depth,
        dialog::Overlay,
        keymap::Section,
        namesakes::Namesakes,
        pane::{Jump, Pane, keys_move_in},
        purpose::Purpose,
        screens::{
            causes::{Causes, failed},
            chart::Chart,
        },
        shell::Shell,
        theme::Theme,
    },
    domain::{
        Day, RunId, TenantId,
        run::{Counts, RunHeader, RunReport},
    },
    engine::{
        protocol::{Scope, SyncRequest, command},
        views::{
            ChartView, InvoiceDetail, InvoiceView, Place, PlanView, RetryView, WaitingPlan,
            WaitingPlanDetail,
        },
    },
};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Front {
    #[default]
    Runs,
    Run,
    Live,
    Plan,
    Retries,
    Invoices,
    Invoice,
    /// Plans that wait for approval.
    Approvals,
    /// One of them.
    Waiting,
    Chart,
}

/// Where a place was opened from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Origin {
    /// Another place in this tab.
    Front(Front),
    Run(RunId),
    Invoice(String),
    Tab(Tab),
}

/// So many steps back are remembered.
const TRAIL: usize = 32;

#[derive(Debug, Default)]
pub(crate) struct Sync {
    front: Front,
    runs: Runs,
    run: RunScreen,
    /// The run that is on, or was last.
    pub(crate) live: Live,
    /// What happened in another run, as its record tells it: it stands in front in the place of that one.
    past: Option<Live>,
    plan: PlanScreen,
    retries: Retries,
    invoices: Invoices,
    invoice: InvoiceScreen,
    approvals: Approvals,
    waiting: WaitingScreen,
    /// Whether what is applied is a plan that waited.
    applies_waiting: bool,
    chart: Option<Chart>,
    /// Where leaving what is in front leads, the nearest last; to the list of runs where it is empty.
    trail: Vec<Origin>,
}

impl Sync {
    /// The same for another target: a run that is watched goes on, whatever it writes to.
    pub(crate) fn of_another_target(&mut self) -> Self {
        let front = if self.watches() { Front::Live } else { Front::Runs };
        Self { front, live: std::mem::take(&mut self.live), ..Self::default() }
    }

    /// What stands in front of what happens, or happened.
    fn watched(&self) -> &Live {
        self.past.as_ref().unwrap_or(&self.live)
    }

    /// Whether the run that is on, or was last, is in front.
    fn watches(&self) -> bool {
        self.front == Front::Live && self.past.is_none()
    }

    /// Whether a plan would be gone with the target that is looked at.
    pub(crate) fn has_plan(&self, shell: &Shell) -> bool {
        self.plan.is_wanted(shell)
    }

    /// To another place in this tab, from the tab it was asked for in: leaving it leads back there.
    fn open(&mut self, front: Front, from: Option<Tab>) {
        if let Some(tab) = from.filter(|tab| *tab != Tab::Sync) {
            self.trail = vec![Origin::Tab(tab)];
        } else if self.front != Front::Runs && self.front != front {
            self.trail.push(self.here());
            let past = self.trail.len().saturating_sub(TRAIL);
            self.trail.drain(..past);
        }
        self.front = front;
    }

    fn here(&self) -> Origin {
        let run = || self.run.id().filter(|_| self.front == Front::Run).map(Origin::Run);
        let invoice = self.invoice.number().filter(|_| self.front == Front::Invoice);
        let invoice = invoice.map(|number| Origin::Invoice(number.to_owned()));
        invoice.or_else(run).unwrap_or(Origin::Front(self.front))
    }

    /// To where what is in front was opened from.
    fn leave(&mut self, shell: &mut Shell) -> Option<Jump> {
        match self.trail.pop() {
            Some(Origin::Tab(tab)) => {
                self.front = Front::Runs;
                return Some(Jump::Tab(tab));
            }
            Some(Origin::Run(run)) => {
                self.front = Front::Run;
                if self.run.id() != Some(run) {
                    self.run.wait_for(run, None);
                    self.run.reload(shell);
                }
            }
            Some(Origin::Invoice(number)) => {
                self.front = Front::Invoice;
                if self.invoice.number() != Some(&number) {
                    self.invoice.wait_for(number);
                    self.invoice.reload(shell);
                }
            }
            Some(Origin::Front(front)) => self.front = front,
            None => self.front = Front::Runs,
        }
        // What was done elsewhere meanwhile shows in a list.
        if matches!(self.front, Front::Invoices | Front::Approvals) {
            self.front_mut().reload(shell);
        }
        None
    }

    fn front(&self) -> &dyn Pane {
        match self.front {
            Front::Runs => &self.runs,
            Front::Run => &self.run,
            Front::Live => self.watched(),
            Front::Plan => &self.plan,
            Front::Retries => &self.retries,
            Front::Invoices => &self.invoices,
            Front::Invoice => &self.invoice,
            Front::Approvals => &self.approvals,
            Front::Waiting => &self.waiting,
            Front::Chart => self.chart.as_ref().map_or(&self.run as &dyn Pane, |chart| chart),
        }
    }

    fn front_mut(&mut self) -> &mut dyn Pane {
        match self.front {
            Front::Runs => &mut self.runs,
            Front::Run => &mut self.run,
            Front::Live => self.past.as_mut().unwrap_or(&mut self.live),
            Front::Plan => &mut self.plan,
            Front::Retries => &mut self.retries,
            Front::Invoices => &mut self.invoices,
            Front::Invoice => &mut self.invoice,
            Front::Approvals => &mut self.approvals,
            Front::Waiting => &mut self.waiting,
            Front::Chart => match &mut self.chart {
                Some(chart) => chart,
                None => &mut self.run,
            },
        }
    }

    /// F5: a plan is made anew, anything else is read again.
    fn refresh(&mut self, shell: &mut Shell) {
        if self.front != Front::Plan || !self.plan.ask_again(shell) {
            self.reload(shell);
        }
    }

    pub(crate) fn set_runs(&mut self, rows: Vec<RunHeader>) {
        let on = self.live.id().filter(|id| self.live.is(*id));
        self.runs.set(rows, on);
    }

    pub(crate) fn set_run(&mut self, report: RunReport, namesakes: &Namesakes) {
        self.run.set(report, namesakes);
    }

    /// Tells how many marks of the plan before are gone.
    pub(crate) fn show_plan(&mut self, plan: PlanView, namesakes: &Namesakes) -> usize {
        self.front = Front::Plan;
        self.plan.set(plan, namesakes)
    }

    /// The question that *save and sync now* leads to.
    pub(crate) fn ask_to_apply(&mut self, shell: &mut Shell) {
        self.plan.ask_to_apply(shell);
    }

    /// A sync ended. The answer may overtake the event of its end: from now on nothing is running.
    pub(crate) fn synced(&mut self, reports: Vec<RunReport>, shell: &mut Shell) {
        self.live.over();
        self.plan.applied();
        if let Some(status) = &mut shell.status {
            status.running = None;
        }
        let worst = reports.iter().map(|report| report.header.status).max().unwrap_or_default();
        let writes = Counts::sent_by(reports.iter().map(|report| &report.header)).sent_words();
        let by =
            if reports.len() > 1 { format!(" by {} runs", reports.len()) } else { String::new() };
        shell.announce(worst, format!("Sync ended: {worst}, {writes}{by}"));
        // Of two runs that of the customer who is watched by itself; else the one that wants a look, else the last.
        let opened = self.live.opened_key().filter(|_| self.watches());
        let weight = |report: &RunReport| {
            let RunHeader { status, id, .. } = report.header;
            (opened.is_some() && self.live.watched(id), status, id)
        };
        if let Some(report) = reports.into_iter().max_by_key(weight) {
            let watched = self.watches() && self.live.watched(report.header.id);
            if !watched && (self.watches() || self.front == Front::Plan) {
                self.front = Front::Run;
                self.trail.clear();
            }
            self.record(report, shell);
        }
        self.reload(shell);
        shell.ask(Purpose::Status, command::Status);
    }

    /// A run's record is there: what is watched of it turns into that.
    fn record(&mut self, report: RunReport, shell: &mut Shell) {
        let watched = self.watches() && self.live.watched(report.header.id);
        let opened = self.live.opened_key().filter(|_| watched);
        if watched {
            self.live.recorded(&report);
        }
        let left_out = report.left_out;
        self.run.show(report, &shell.namesakes);
        if left_out > 0 {
            self.run.reload(shell);
        }
        // A customer that is watched by itself turns into its record too.
        if opened.is_some_and(|key| self.run.open_at(&key, shell)) {
            self.live.close_opened();
            self.enter_record();
        }
    }

    /// From what was watched to the customer that is open in its record: leaving that leads back to what was watched.
    fn enter_record(&mut self) {
        if self.run.opened_key().is_some() {
            self.open(Front::Run, None);
        }
    }

    /// Whether the customer in front was opened from what was watched, and that is still shown as it ended.
    fn came_from_watching(&self) -> bool {
        self.front == Front::Run
            && self.run.opened_key().is_some()
            && self.trail.last() == Some(&Origin::Front(Front::Live))
            && self.watched().is_recorded()
            && self.watched().id() == self.run.id()
    }

    /// A run ended that is watched. One that was begun here brings its record along; that of any other is asked for.
    pub(crate) fn ended(&mut self, id: RunId, shell: &mut Shell) {
        self.invoices.forget_read();
        let ours = shell.awaits(&Purpose::Sync) || shell.awaits(&Purpose::Resume);
        let watched = self.watches() && self.live.watched(id);
        if watched && !ours && !self.live.is_recorded() {
            shell.ask(Purpose::Record, command::Run { id: Some(id) });
        }
    }

    /// The record of a run that was begun elsewhere. Whoever looks at another run by now is not disturbed.
    pub(crate) fn set_record(&mut self, report: RunReport, shell: &mut Shell) {
        if self.watches() && self.live.watched(report.header.id) {
            self.record(report, shell);
        }
    }

    pub(crate) fn set_retries(&mut self, rows: Vec<RetryView>, namesakes: &Namesakes) {
        self.retries.set(rows, namesakes);
    }

    pub(crate) fn set_invoices(&mut self, rows: Vec<InvoiceView>) {
        self.invoices.set(rows);
    }

    pub(crate) fn set_waiting_plans(&mut self, rows: Vec<WaitingPlan>) {
        self.approvals.set(rows);
    }

    pub(crate) fn set_waiting(&mut self, detail: WaitingPlanDetail, namesakes: &Namesakes) {
        self.waiting.set(detail, namesakes);
    }

    /// Plans that wait until somebody else has approved them.
    pub(crate) fn show_approvals(&mut self, from: Option<Tab>, shell: &mut Shell) {
        self.open(Front::Approvals, from);
        self.approvals.reload(shell);
    }

    /// Opens a plan that waits.
    pub(crate) fn show_waiting(&mut self, number: u64, from: Option<Tab>, shell: &mut Shell) {
        self.open(Front::Waiting, from);
        self.waiting.wait_for(number);
        self.waiting.reload(shell);
    }

    pub(crate) fn set_invoice(&mut self, detail: InvoiceDetail, namesakes: &Namesakes) {
        self.invoices.was_read(&detail.invoice);
        self.invoice.set(detail, namesakes);
    }

    pub(crate) fn show_invoice(&mut self, invoice: String, from: Option<Tab>, shell: &mut Shell) {
        self.open(Front::Invoice, from);
        self.invoice.wait_for(invoice);
        self.invoice.reload(shell);
    }

    pub(crate) fn show_chart(&mut self, chart: ChartView) {
        self.open_chart(chart, None);
    }

    fn open_chart(&mut self, chart: ChartView, day: Option<Day>) {
        self.chart = Some(Chart::new("Sync", chart, day));
        self.open(Front::Chart, None);
    }

    /// The quantity that the selected row of the plan is about, as it stands and as it is planned.
    fn chart_planned(&mut self) {
        if let Some(chart) = self.plan.chart() {
            self.open_chart(chart, self.plan.selected_day());
        }
    }

    /// Planning or syncing was refused or cancelled.
    pub(crate) fn stopped(&mut self) {
        self.live.stopped();
        if self.watches() && !self.live.is_on() {
            // Back on what was to be applied, as it was left: it can be planned again and applied there.
            self.front = match () {
                () if self.applies_waiting => Front::Waiting,
                () if self.plan.is_there() => Front::Plan,
                () => Front::Runs,
            };
            self.plan.not_applied();
        }
    }

    /// What became of a plan that waited, where it was not applied.
    pub(crate) fn look_again(&mut self, shell: &mut Shell) {
        if self.front == Front::Waiting {
            self.waiting.reload(shell);
        }
    }

    /// A confirmed plan is being applied.
    pub(crate) fn applying(&mut self) {
        self.applies_waiting = self.front == Front::Waiting;
        self.live.expect();
        if !self.applies_waiting {
            self.plan.applying();
        }
        self.past = None;
        self.front = Front::Live;
    }

    pub(crate) fn show_run(
        &mut self,
        id: RunId,
        tenant: Option<TenantId>,
        from: Option<Tab>,
        shell: &mut Shell,
    ) {
        // One that is on is watched: its record has no outcome yet.
        if self.live.is(id) && tenant.is_none() {
            return self.watch(from);
        }
        // One that was watched is its own record.
        if self.live.is_own_record(id) && tenant.is_none() {
            self.run.wait_for(id, None);
            self.run.reload(shell);
            return self.watch(from);
        }
        self.show_record(id, tenant, from, shell);
    }

    /// To the run that is on, or was last.
    fn watch(&mut self, from: Option<Tab>) {
        self.open(Front::Live, from);
        self.past = None;
    }

    fn show_record(
        &mut self,
        id: RunId,
        tenant: Option<TenantId>,
        from: Option<Tab>,
        shell: &mut Shell,
    ) {
        self.open(Front::Run, from);
        self.run.wait_for(id, tenant);
        self.run.reload(shell);
    }

    /// From what happened in a run that ended to its causes, and back: the same rows stand in the same order, and leaving
    /// either leads to the same place.
    fn turn_record(&mut self) {
        if self.front == Front::Live {
            self.run.stand_as(self.watched().standing());
            self.front = Front::Run;
            return;
        }
        if self.run.id().is_some_and(|id| self.live.is_own_record(id)) {
            self.live.stand_as(self.run.standing());
            self.past = None;
        } else if let Some(past) = self.run.as_it_happened() {
            self.past = Some(past);
        }
        self.front = Front::Live;
    }

    /// Plans these tenants, shows the plan, and asks whether to apply it as soon as it is there.
    pub(crate) fn sync_tenants(&mut self, tenants: Vec<String>, shell: &mut Shell) {
        self.open(Front::Plan, Some(Tab::Customers));
        let request = SyncRequest { scope: Scope::All, tenants, ..SyncRequest::default() };
        self.plan.ask_and_apply(request, shell);
    }

    /// Plans this and shows the plan; leaving it leads back to the tab it came from.
    pub(crate) fn plan(&mut self, request: SyncRequest, from: Option<Tab>, shell: &mut Shell) {
        self.open(Front::Plan, from);
        self.plan.ask(request, shell);
    }

    /// A plan of what failed, or only of what the cause in front holds back.
    fn retry(&self) -> SyncRequest {
        match self.front {
            Front::Run => self.run.causes().only(failed()),
            Front::Retries => self.retries.causes().only(failed()),
            Front::Runs
            | Front::Live
            | Front::Plan
            | Front::Invoices
            | Front::Invoice
            | Front::Approvals
            | Front::Waiting
            | Front::Chart => failed(),
        }
    }

    /// The causes at the head of what stands in front.
    fn causes(&self) -> Option<&Causes> {
        match self.front {
            Front::Run => Some(self.run.causes()),
            Front::Plan => Some(self.plan.causes()),
            Front::Retries => Some(self.retries.causes()),
            Front::Runs
            | Front::Live
            | Front::Invoices
            | Front::Invoice
            | Front::Approvals
            | Front::Waiting
            | Front::Chart => None,
        }
    }

    fn can_be_retried(&self) -> bool {
        self.causes().is_none_or(Causes::can_be_retried)
    }

    /// What was watched and ended is its own record: its rows lead into that.
    fn act_on_record(&mut self, action: Action, shell: &mut Shell) -> bool {
        if self.front != Front::Live || !self.watched().is_recorded() {
            return false;
        }
        let key = self.watched().selected_key().unwrap_or_default();
        match action {
            Action::Open if self.watched().is_in_feed() => return false,
            Action::Open => {
                self.run.stand_as(self.watched().standing());
                _ = self.run.open_at(&key, shell);
                self.enter_record();
            }
            Action::Export => self.run.export(shell),
            Action::OpenInvoice => {
                self.run.stand_on(&key);
                let Some(invoice) = self.run.invoice().map(str::to_owned) else { return true };
                self.show_invoice(invoice, None, shell);
            }
            _ => return false,
        }
        true
    }

    /// What was told, while it was watched, of the customer whose record is in front.
    fn log(&self, theme: &Theme) -> Option<String> {
        let watched =
            self.front == Front::Run && self.run.id().is_some_and(|id| self.live.knows(id));
        self.live.log_of(&self.run.opened_key().filter(|_| watched)?, theme)
    }

    fn act_in_front(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
        if self.act_on_record(action, shell) {
            return None;
        }
        if action == Action::OtherSide
            && let Some(text) = self.log(&shell.theme)
        {
            shell.open(Overlay::text("Told while it ran", &text));
            return None;
        }
        if action == Action::OtherView {
            self.turn_record();
            return None;
        }
        match self.front_mut().act(action, shell)? {
            Jump::To(Place::Run { run, .. }) if self.live.is(run) => self.watch(None),
            Jump::To(Place::Run { run, tenant }) if self.front == Front::Invoice => {
                let meant = self.invoice.meant();
                self.show_record(run, tenant, None, shell);
                self.run.look_for(meant);
            }
            Jump::To(Place::Run { run, tenant }) => self.show_run(run, tenant, None, shell),
            Jump::To(Place::Approval { number }) => self.show_waiting(number, None, shell),
            Jump::To(Place::Invoice { invoice }) => self.show_invoice(invoice, None, shell),
            jump => return Some(jump),
        }
        None
    }
}

impl Pane for Sync {
    fn section(&self) -> Section {
        self.front().section()
    }

    keys_move_in!(self.front());

    fn enter(&mut self, shell: &mut Shell) {
        if self.live.is_on() && self.front == Front::Runs {
            self.past = None;
            self.front = Front::Live;
        }
        // Whoever comes by the tab's own key comes from nowhere.
        self.trail.retain(|from| !matches!(from, Origin::Tab(_)));
        self.reload(shell);
    }

    fn reload(&mut self, shell: &mut Shell) {
        self.runs.reload(shell);
        if self.front != Front::Runs {
            self.front_mut().reload(shell);
        }
    }

    fn fit(&mut self, room: Rect) {
        if let Some((run, counts)) = self.live.counts() {
            self.runs.follow(run, counts);
        }
        self.runs.fit(room);
        self.run.fit(room);
        self.live.fit(room);
        if let Some(past) = &mut self.past {
            past.fit(room);
        }
        self.plan.fit(room);
        self.retries.fit(room);
        self.invoices.fit(room);
        self.invoice.fit(room);
        self.approvals.fit(room);
        self.waiting.fit(room);
    }

    fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
        let customers = SyncRequest { scope: Scope::Customers, ..SyncRequest::default() };
        match action {
            Action::Refresh => self.refresh(shell),
            Action::Recheck => {
                self.plan(SyncRequest { recheck: true, ..customers }, None, shell);
            }
            Action::RetryFailed if !self.can_be_retried() => {
                shell.decline("What is selected is mended in another way");
            }
            Action::RetryFailed if self.front == Front::Waiting => {
                shell.decline("What waits is let pass as a whole, or not at all");
            }
            Action::RetryFailed if self.front == Front::Plan => self.plan.narrow(shell),
            Action::RetryFailed => self.plan(self.retry(), None, shell),
            Action::Plan if self.front == Front::Plan => _ = self.plan.ask_again(shell),
            Action::Plan => self.plan(SyncRequest::default(), None, shell),
            Action::Retries => {
                self.open(Front::Retries, None);
                self.retries.reload(shell);
            }
            Action::Invoices => {
                self.invoices.stand_on(self.runs.invoice());
                self.open(Front::Invoices, None);
                self.invoices.reload(shell);
            }
            Action::Approvals => self.show_approvals(None, shell),
            Action::Chart if self.front == Front::Plan => self.chart_planned(),
            action => return self.act_in_front(action, shell),
        }
        None
    }

    fn offers(&self, action: Action) -> bool {
        let record = self.front == Front::Run && self.run.opened_key().is_some();
        match action {
            Action::OtherView if self.front == Front::Live => {
                let shown = self.watched();
                shown.id().is_some_and(|id| shown.is_own_record(id))
                    && !self.run.causes().is_empty()
            }
            Action::OtherSide if record => self.log(&Theme::new(Depth::None, true)).is_some(),
            Action::RetryFailed => self.front().offers(action) && self.can_be_retried(),
            action => self.front().offers(action),
        }
    }

    fn tried_again(&self) -> Option<String> {
        let what = self.causes()?.tried_again()?;
        Some(match self.front {
            // Nothing of a plan was tried yet.
            Front::Plan => format!("r plans {what} again"),
            _ => format!("r tries {what} again"),
        })
    }

    fn back(&mut self, shell: &mut Shell) -> Option<Jump> {
        let left = match self.front {
            Front::Run => self.run.id(),
            Front::Live => self.watched().id(),
            _ => None,
        };
        let came_from_watching = self.came_from_watching();
        let Some(jump) = self.front_mut().back(shell) else {
            // What was watched has the same rows as the record, and is left as it was.
            if came_from_watching && self.run.opened_key().is_none() {
                return self.leave(shell);
            }
            return None;
        };
        match (jump, self.front) {
            (Jump::Back, Front::Runs) => return Some(Jump::Back),
            (Jump::Back, Front::Live) => {
                if self.watched().is_recorded() {
                    self.run.stand_as(self.watched().standing());
                }
                // The one that was watched is among them.
                self.runs.reload(shell);
            }
            (Jump::Back, _) => {}
            (jump, _) => return Some(jump),
        }
        let jump = self.leave(shell);
        if left.is_some() && self.front == Front::Runs {
            self.runs.stand_on(left);
        }
        jump
    }

    /// The run that is on, else the list of runs; what was opened is left as it is.
    fn to_the_top(&mut self, shell: &mut Shell) {
        self.trail.clear();
        self.front = Front::Runs;
        self.enter(shell);
    }

    fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        self.front().draw(frame, area, shell);
    }
}
