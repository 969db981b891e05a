//! Presses keys, answers questions, looks at the screen.

use chrono::{DateTime, TimeDelta, Utc};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use prism_connect::{
    console::{
        app::App, colour::Depth, draw::draw, effect::Effect, message::Message, theme::Theme,
        update::update,
    },
    domain::{
        ContractId, Day, InvoiceId, RunId, ServiceId, TenantId,
        operation::OperationKind,
        outcome::Outcome,
        run::{Counts, CustomerRow, RunHeader, RunKind, RunReport, Tally},
    },
    engine::{
        protocol::{
            About, Answer, Command, Event, Happening, ItemState, Phase, Reply,
            command::{
                self, ApprovalCommand, ConnectionCommand, CustomerCommand, DashboardCommand,
                HistoryCommand, InvoiceCommand, MaintenanceCommand, PlanCommand, ProductCommand,
                ProgramCommand, RunCommand,
            },
            live_run::{
                ChangeId, ChangeState, LiveChange, LiveItem, LiveOutcome, LiveSubscription, Totals,
            },
        },
        views::{
            AcceptedView, ChartView, ContractChoice, CustomerPageView, CustomerView, HistoryView,
            PlanView, VaultView,
        },
    },
    psa::{BudgetLeft, Slots},
};
use ratatui::{
    Terminal,
    backend::TestBackend,
    buffer::Buffer,
    layout::Size,
    style::{Color, Modifier, Style},
};

use crate::{fixtures, on_connectwise};

/// The console with a hand on its keys.
pub struct Harness {
    /// The state.
    pub app: App,
    /// Whether the frozen world has ConnectWise in use, beside Autotask.
    connectwise: bool,
    asked: Vec<(u64, Command)>,
    now: DateTime<Utc>,
    /// Whether a dialog opened without a key, and nobody has looked at it yet.
    fresh: bool,
}

impl Harness {
    /// At this size, with all of the frozen world answered.
    pub fn new(columns: u16, rows: u16) -> Self {
        Self::with(Theme::new(Depth::Full, true), (columns, rows))
    }

    /// With a theme of the test's own.
    pub fn with(theme: Theme, size: (u16, u16)) -> Self {
        let mut harness = Self::at_start(theme, size, false);
        harness.serve();
        harness
    }

    /// The same, where ConnectWise is in use and Autotask is connected too.
    pub fn on_connectwise(size: (u16, u16)) -> Self {
        let mut harness = Self::at_start(Theme::new(Depth::Full, true), size, false);
        harness.connectwise = true;
        harness.serve();
        harness
    }

    /// Just started: what it asked for first is not answered yet.
    pub fn at_start(theme: Theme, (columns, rows): (u16, u16), read_only: bool) -> Self {
        let mut app = App::new(theme, read_only, fixtures::now());
        "~/.local/state/prism-connect/log".clone_into(&mut app.shell.log_path);
        app.start();
        let first = app.shell.take_effects();
        let mut harness =
            Self { app, connectwise: false, asked: Vec::new(), now: fixtures::now(), fresh: false };
        harness.keep(first);
        harness.send(Message::Resized(columns, rows));
        harness
    }

    /// Takes a message in; questions are kept, other effects answered back.
    pub fn send(&mut self, message: Message) -> Vec<Effect> {
        let (open, by_itself) =
            (self.app.shell.dialogs.len(), !matches!(message, Message::Pressed(_)));
        let effects = update(&mut self.app, message);
        self.fresh |= by_itself && self.app.shell.dialogs.len() > open;
        self.keep(effects)
    }

    fn keep(&mut self, effects: Vec<Effect>) -> Vec<Effect> {
        let mut others = Vec::new();
        for effect in effects {
            match effect {
                Effect::Ask { ticket, command } => self.asked.push((ticket, *command)),
                other => others.push(other),
            }
        }
        others
    }

    /// Presses keys by their names: `3`, `Enter`, `Ctrl-s`, `Space`; each once a frame has shown what the one before did.
    /// Answers are not given yet.
    pub fn press(&mut self, keys: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        for key in keys.split(' ') {
            self.look();
            effects.extend(self.type_ahead(key));
        }
        effects
    }

    /// A frame is drawn; what opened by itself is read before the next key.
    fn look(&mut self) {
        self.app.shell.drawn();
        if std::mem::take(&mut self.fresh) {
            self.later(TimeDelta::seconds(1));
        }
    }

    /// So much time goes by.
    pub fn later(&mut self, by: TimeDelta) {
        self.now += by;
        self.send(Message::Ticked(self.now));
    }

    /// Presses keys of which none waits for a frame.
    pub fn type_ahead(&mut self, keys: &str) -> Vec<Effect> {
        keys.split(' ').flat_map(|key| self.send(Message::Pressed(event(key)))).collect()
    }

    /// Presses keys and answers every question from the frozen world.
    pub fn go(&mut self, keys: &str) -> &mut Self {
        for key in keys.split(' ') {
            self.press(key);
            self.serve();
        }
        self
    }

    /// Types a text, letter by letter.
    pub fn write(&mut self, text: &str) -> &mut Self {
        for letter in text.chars() {
            let key = KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE);
            self.look();
            self.send(Message::Pressed(key));
            self.serve();
        }
        self
    }

    /// Takes the questions away, unanswered.
    pub fn take_questions(&mut self) -> Vec<Command> {
        self.asked.drain(..).map(|(_, command)| command).collect()
    }

    /// Answers the oldest question.
    pub fn answer(&mut self, reply: Reply) {
        let (ticket, _) = self.asked.remove(0);
        self.send(Message::Answered(ticket, Box::new(reply)));
    }

    /// Answers the oldest question with what belongs to it.
    pub fn answer_by(&mut self, answer: impl FnOnce(Command) -> Answer) {
        let (ticket, command) = self.asked.remove(0);
        self.send(Message::Answered(ticket, Box::new(Ok(answer(command)))));
    }

    /// Answers the oldest question, which is for a plan.
    pub fn answer_plan(&mut self, plan: PlanView) {
        self.answer_by(|command| {
            let Command::Plan(PlanCommand::Plan(asked)) = command else { panic!("{command:?}") };
            Answer::Plan(About { asked, found: Box::new(plan) })
        });
    }

    /// Answers the oldest question, which is for a customer's history.
    pub fn answer_history(&mut self, found: Vec<HistoryView>) {
        self.answer_by(|command| match command {
            Command::History(HistoryCommand::History(asked)) => {
                Answer::History(About { asked, found })
            }
            other => panic!("{other:?}"),
        });
    }

    /// Answers the oldest question, which is for contracts.
    pub fn answer_contracts(&mut self, found: Vec<ContractChoice>) {
        self.answer_by(|command| match command {
            Command::Customer(CustomerCommand::Contracts(asked)) => {
                Answer::Contracts(About { asked, found })
            }
            other => panic!("{other:?}"),
        });
    }

    /// Answers the oldest question for a customer's page; others stay.
    pub fn answer_page(&mut self, found: CustomerPageView) {
        let is_page = |command: &Command| {
            matches!(command, Command::History(HistoryCommand::CustomerPage(_)))
        };
        let at = self.asked.iter().position(|(_, command)| is_page(command)).expect("asked");
        let asked = self.asked.remove(at);
        self.asked.insert(0, asked);
        self.answer_by(|command| match command {
            Command::History(HistoryCommand::CustomerPage(asked)) => {
                Answer::CustomerPage(About { asked, found: Box::new(found) })
            }
            other => panic!("{other:?}"),
        });
    }

    /// Answers the oldest question, which is for a chart.
    pub fn answer_chart(&mut self, chart: ChartView) {
        self.answer_by(|command| match command {
            Command::History(HistoryCommand::Chart(asked)) => {
                Answer::Chart(About { asked, found: Box::new(chart) })
            }
            other => panic!("{other:?}"),
        });
    }

    /// Answers the oldest question of this kind; it must have been asked.
    pub fn answer_to(&mut self, command: &Command, reply: Reply) {
        let at = self.asked.iter().position(|(_, asked)| asked == command);
        let at = at.unwrap_or_else(|| panic!("{command:?} was not asked: {:?}", self.asked));
        let (ticket, _) = self.asked.remove(at);
        self.send(Message::Answered(ticket, Box::new(reply)));
    }

    /// What is asked and not answered yet.
    pub fn asked(&self) -> Vec<Command> {
        self.asked.iter().map(|(_, command)| command.clone()).collect()
    }

    /// Whether this is asked and not answered yet.
    pub fn asks(&self, command: &Command) -> bool {
        self.asked.iter().any(|(_, asked)| asked == command)
    }

    /// Something happened in the engine.
    pub fn happened(&mut self, happening: Happening) {
        self.send(Message::Happened(vec![Event { number: 1, happening }]));
    }

    /// Answers all questions from the frozen world.
    pub fn serve(&mut self) {
        while !self.asked.is_empty() {
            let (ticket, command) = self.asked.remove(0);
            let found = answer(&command);
            let found = if self.connectwise { on_connectwise::answer(found) } else { found };
            self.send(Message::Answered(ticket, Box::new(Ok(found))));
        }
    }

    /// Answers all questions but those for customers: a test's own rows stay.
    pub fn serve_but_customers(&mut self) {
        self.asked.retain(|(_, command)| {
            !matches!(command, Command::Customer(CustomerCommand::Customers(_)))
        });
        self.serve();
    }

    /// The screen as it would be drawn.
    pub fn buffer(&self) -> Buffer {
        let Size { width, height } = self.app.shell.size;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("infallible");
        terminal.draw(|frame| draw(&self.app, frame)).expect("infallible");
        terminal.backend().buffer().clone()
    }

    /// Its text alone.
    pub fn text(&self) -> String {
        lines(&self.buffer()).join("\n")
    }

    /// Text and a line of style letters below each: what a snapshot holds.
    pub fn picture(&self) -> String {
        let buffer = self.buffer();
        let mut legend: Vec<Style> = Vec::new();
        let mut out = String::new();
        for (y, line) in lines(&buffer).into_iter().enumerate() {
            let y = u16::try_from(y).expect("a row");
            let styles = style_line(&buffer, y, &mut legend);
            out.push_str(line.trim_end());
            out.push('\n');
            if !styles.trim_end().is_empty() {
                out.push_str(&format!("~{}\n", styles.trim_end()));
            }
        }
        for (at, style) in legend.iter().enumerate() {
            out.push_str(&format!("{} = {}\n", letter(at), words(*style)));
        }
        out
    }
}

fn lines(buffer: &Buffer) -> Vec<String> {
    let width = usize::from(buffer.area.width).max(1);
    buffer
        .content
        .chunks(width)
        .map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect::<String>())
        .collect()
}

fn letter(at: usize) -> char {
    char::from(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[at % 52])
}

fn style_line(buffer: &Buffer, y: u16, legend: &mut Vec<Style>) -> String {
    (0..buffer.area.width)
        .map(|x| {
            let cell = &buffer[(x, y)];
            let style = Style::new().fg(cell.fg).bg(cell.bg).add_modifier(cell.modifier);
            if style == Style::new().fg(Color::Reset).bg(Color::Reset) {
                return ' ';
            }
            let at = legend.iter().position(|known| *known == style).unwrap_or_else(|| {
                legend.push(style);
                legend.len() - 1
            });
            letter(at)
        })
        .collect()
}

fn words(style: Style) -> String {
    let mut parts = Vec::new();
    if let Some(fg) = style.fg.filter(|fg| *fg != Color::Reset) {
        parts.push(format!("fg {fg}"));
    }
    if let Some(bg) = style.bg.filter(|bg| *bg != Color::Reset) {
        parts.push(format!("bg {bg}"));
    }
    for (name, modifier) in [
        ("bold", Modifier::BOLD),
        ("dim", Modifier::DIM),
        ("underlined", Modifier::UNDERLINED),
        ("reversed", Modifier::REVERSED),
    ] {
        if style.add_modifier.contains(modifier) {
            parts.push(name.to_owned());
        }
    }
    parts.join(", ")
}

/// A key by its name.
pub fn event(name: &str) -> KeyEvent {
    if let Some(letter) = name.strip_prefix("Ctrl-") {
        let code = KeyCode::Char(letter.chars().next().expect("a letter"));
        return KeyEvent::new(code, KeyModifiers::CONTROL);
    }
    let code = match name {
        "Enter" => KeyCode::Enter,
        "Esc" => KeyCode::Esc,
        "Tab" => KeyCode::Tab,
        "BackTab" => KeyCode::BackTab,
        "Space" => KeyCode::Char(' '),
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "Left" => KeyCode::Left,
        "Right" => KeyCode::Right,
        "Home" => KeyCode::Home,
        "End" => KeyCode::End,
        "PageUp" => KeyCode::PageUp,
        "PageDown" => KeyCode::PageDown,
        "Backspace" => KeyCode::Backspace,
        "F1" => KeyCode::F(1),
        "F5" => KeyCode::F(5),
        letter => KeyCode::Char(letter.chars().next().expect("a letter")),
    };
    KeyEvent::new(code, KeyModifiers::NONE)
}

/// What the frozen world answers.
pub fn answer(command: &Command) -> Answer {
    match command {
        Command::Dashboard(DashboardCommand::Status(_)) => {
            Answer::Status(Box::new(fixtures::status()))
        }
        Command::Connection(ConnectionCommand::Connections(_)) => {
            Answer::Connections(fixtures::connections())
        }
        Command::Program(ProgramCommand::Program(_) | ProgramCommand::SetProgram(_)) => {
            Answer::Program(Box::new(fixtures::program()))
        }
        Command::Customer(
            CustomerCommand::Customers(_) | CustomerCommand::Map(_) | CustomerCommand::SetSync(_),
        ) => Answer::Customers(fixtures::customers()),
        Command::Customer(CustomerCommand::AutoMap(_)) => {
            let (linked, skipped) = (fixtures::customers(), Vec::new());
            Answer::Accepted(AcceptedView { linked, skipped })
        }
        Command::Customer(CustomerCommand::Suggest(_)) => {
            Answer::Suggestions(fixtures::suggestions())
        }
        Command::Customer(CustomerCommand::Companies(_)) => {
            Answer::Companies(fixtures::companies())
        }
        Command::Customer(CustomerCommand::RankCompanies(asked)) => {
            let found = fixtures::ranked_companies();
            Answer::RankedCompanies(About { asked: asked.clone(), found })
        }
        Command::Customer(CustomerCommand::Contracts(asked)) => {
            Answer::Contracts(About { asked: asked.clone(), found: fixtures::contracts() })
        }
        Command::Product(ProductCommand::Products(_)) => Answer::Products(fixtures::products()),
        Command::Plan(PlanCommand::Plan(asked)) => {
            Answer::Plan(About { asked: asked.clone(), found: Box::new(fixtures::plan()) })
        }
        Command::Run(RunCommand::Sync(_)) | Command::Approval(ApprovalCommand::Approve(_)) => {
            Answer::Synced(vec![fixtures::report()])
        }
        Command::History(HistoryCommand::Runs(_)) => Answer::Runs(fixtures::runs()),
        Command::History(HistoryCommand::Run(command::Run { id: Some(RunId(41)) })) => {
            Answer::Run(Box::new(fixtures::product_report()))
        }
        Command::History(HistoryCommand::Run(_)) => Answer::Run(Box::new(fixtures::report())),
        Command::History(HistoryCommand::Chart(asked)) => {
            Answer::Chart(About { asked: asked.clone(), found: Box::new(fixtures::chart()) })
        }
        Command::History(HistoryCommand::CustomerPage(asked)) => {
            let mut page = fixtures::customer_page(&asked.tenant);
            if !asked.contract {
                page.charts.iter_mut().for_each(|one| one.chart.contract_units = None);
            }
            Answer::CustomerPage(About { asked: asked.clone(), found: Box::new(page) })
        }
        Command::History(HistoryCommand::RunSoFar(_)) => Answer::RunSoFar(None),
        Command::History(HistoryCommand::Retries(_)) => Answer::Retries(fixtures::retries()),
        Command::Invoice(InvoiceCommand::Invoices(_)) => Answer::Invoices(fixtures::invoices()),
        Command::Invoice(InvoiceCommand::Invoice(command::Invoice { invoice })) => {
            Answer::Invoice(Box::new(match &**invoice {
                "INV0103977" => fixtures::applied_invoice(),
                _ => fixtures::invoice(),
            }))
        }
        Command::History(HistoryCommand::History(asked)) => {
            Answer::History(About { asked: asked.clone(), found: fixtures::history() })
        }
        Command::Customer(CustomerCommand::ContractServices(asked)) => {
            Answer::ContractServices(About { asked: asked.clone(), found: fixtures::row_choices() })
        }
        Command::Product(ProductCommand::Services(_)) => Answer::Services(fixtures::services()),
        Command::Product(ProductCommand::InvoicedPrices(asked)) => {
            let found = fixtures::invoiced(&asked.name);
            Answer::InvoicedPrices(About { asked: asked.clone(), found })
        }
        Command::Approval(ApprovalCommand::Approvals(_)) => {
            Answer::WaitingPlans(fixtures::waiting_plans())
        }
        Command::Approval(ApprovalCommand::Approval(command::Approval { number })) => {
            Answer::WaitingPlan(Box::new(fixtures::waiting_plan(*number)))
        }
        Command::Connection(ConnectionCommand::TestConnection(_)) => {
            Answer::Tested(vec![fixtures::tested()])
        }
        Command::Connection(ConnectionCommand::GenerateCredentials(_)) => {
            Answer::DeviceSignIn(fixtures::sign_in())
        }
        Command::Maintenance(MaintenanceCommand::Vault(_) | MaintenanceCommand::Unlock(_)) => {
            Answer::Vault(fixtures::vault())
        }
        Command::Maintenance(MaintenanceCommand::Lock(_)) => {
            Answer::Vault(VaultView { unlocked: false, ..fixtures::vault() })
        }
        _ => Answer::Done("Done".to_owned()),
    }
}

/// A sync that has just begun: its customers are listed, the first of them are planned.
pub fn live_planning(console: &mut Harness) {
    console.go("5");
    begin(console);
    console.press("1 5");
    // The engine's own answer names the run that is on; the frozen world knows none.
    console.take_questions();
}

fn begin(console: &mut Harness) {
    let mut run = fixtures::header(44, Outcome::NoChange, 3);
    run.finished_at = None;
    console.happened(Happening::RunStarted { run });
    (0..6).for_each(|at| console.happened(item(at, ItemState::Queued)));
    (0..3).for_each(|at| console.happened(item(at, ItemState::Planning)));
    let (run, phase) = (Some(RunId(44)), Phase::Planning);
    console.happened(Happening::Phase {
        run,
        phase,
        text: "planning for invoice INV0104233".into(),
    });
    let totals =
        Totals { customers_due: 6, customers_planned: 2, requests: 9, ..Totals::default() };
    console.happened(changes(totals, Vec::new(), Vec::new()));
    console.app.fit();
}

pub fn item(at: usize, state: ItemState) -> Happening {
    Happening::Item {
        run: RunId(44),
        kind: RunKind::Customers,
        key: format!("tenant-{at:04}"),
        name: fixtures::customers()[at].customer_name.clone(),
        domain: fixtures::customers()[at].domain.clone(),
        invoice: "INV0104233".to_owned(),
        state,
    }
}

fn subscription(at: usize, name: &str) -> LiveSubscription {
    LiveSubscription {
        tenants: vec![TenantId::new(format!("tenant-{at:04}"))],
        customer: fixtures::customers()[at].customer_name.clone(),
        name: name.to_owned(),
        invoice: "INV0104233".to_owned(),
    }
}

/// A change of a customer's subscription, so many seconds into the run.
pub fn change(at: usize, name: &str, seconds: i64, state: ChangeState) -> LiveChange {
    let (contract, nth) = (
        ContractId(i64::try_from(at).expect("a small number")),
        usize::try_from(seconds).expect("not before"),
    );
    let id = ChangeId { contract, invoice: InvoiceId::new("invoice"), service: ServiceId(1), nth };
    LiveChange {
        id,
        of: subscription(at, name),
        kind: OperationKind::AdjustUnits,
        effective: Day::new(2026, 9, 18),
        until: None,
        quantity: Some((seconds, seconds + 2)),
        price: None,
        cost: None,
        state,
        at: fixtures::header(44, Outcome::NoChange, 3).started_at
            + chrono::TimeDelta::seconds(seconds),
        recorded: None,
    }
}

pub fn outcome(at: usize, name: &str, outcome: Outcome, text: &str) -> LiveOutcome {
    LiveOutcome { of: subscription(at, name), outcome, text: text.to_owned() }
}

pub fn changes(totals: Totals, changes: Vec<LiveChange>, outcomes: Vec<LiveOutcome>) -> Happening {
    Happening::Changes { run: RunId(44), totals, replanned: Vec::new(), changes, outcomes }
}

/// The same while it writes: one customer failed, one warns.
pub fn live_writing(console: &mut Harness) {
    live_planning(console);
    write_on(console);
}

/// A sync that was asked for, watched, and ended.
pub fn live_ended(console: &mut Harness) {
    use Outcome::{Failure, NoChange, Success, Warning};
    live_ended_as(console, [Success, Warning, NoChange, Failure, Success, Success]);
}

/// The same where this became of those that were watched.
pub fn live_ended_as(console: &mut Harness, outcomes: [Outcome; 6]) {
    console.go("5 p");
    console.press("A y");
    begin(console);
    write_on(console);
    let header = fixtures::header(44, Outcome::Failure, 3);
    let report =
        RunReport { header: header.clone(), customers: ended(outcomes), ..fixtures::report() };
    console.answer(Ok(Answer::Synced(vec![report])));
    console.happened(Happening::RunFinished { run: header });
    console.serve();
    console.app.fit();
}

/// The rows of their record.
fn ended(outcomes: [Outcome; 6]) -> Vec<CustomerRow> {
    let mapping = fixtures::customers()[0].mapping.clone();
    let row = |(view, outcome): (CustomerView, Outcome)| {
        let mapping = view.mapping.clone().or_else(|| mapping.clone());
        fixtures::customer_row(&CustomerView { outcome: Some(outcome), mapping, ..view })
    };
    fixtures::customers().into_iter().zip(outcomes).map(row).collect()
}

fn write_on(console: &mut Harness) {
    let done = |outcome, writes, text: Option<&str>| ItemState::Done {
        outcome,
        writes,
        text: text.map(str::to_owned),
    };
    let warned = "Subscription cost unit price changed from [6.90] to [7.40] on [16 Sep 2026]";
    let failed = "Visio Plan 2: effectiveDate is outside the contract";
    console.happened(item(0, done(Outcome::Success, 4, None)));
    console.happened(item(1, done(Outcome::Warning, 2, Some(warned))));
    console.happened(item(3, done(Outcome::Failure, 0, Some(failed))));
    console.happened(item(4, ItemState::Writing { done: 2, of: 5 }));
    console.happened(item(5, ItemState::Queued));
    let customers = Tally { attempted: 3, ok: 1, warned: 1, failed: 1, ..Tally::default() };
    let counts = Counts { customers, writes: 8, requests: 17, ..Counts::default() };
    let (run, total) = (Some(RunId(44)), Some(9));
    console.happened(Happening::Phase {
        run,
        phase: Phase::Applying,
        text: "writing INV0104233".into(),
    });
    console.happened(Happening::Progress { run, done: 3, total, counts });
    let budget = Some(BudgetLeft { left: 4120, of: 5000 });
    let totals = Totals {
        customers_due: 6,
        customers_planned: 6,
        planned: 20,
        sent: 9,
        confirmed: 8,
        requests: 17,
        budget,
        slots: Some(Slots { busy: 3, of: 3 }),
        ..Totals::default()
    };
    let moved = vec![
        change(0, "Microsoft 365 E3", 1, ChangeState::Confirmed),
        change(1, "Microsoft 365 Business Basic", 2, ChangeState::Confirmed),
        change(3, "Visio Plan 2", 3, ChangeState::Failed { text: Some(failed.to_owned()) }),
        change(4, "Power BI Pro", 4, ChangeState::Confirmed),
        change(4, "Teams Phone", 5, ChangeState::Sent),
    ];
    let told = vec![
        outcome(1, "Microsoft 365 Business Basic", Outcome::Warning, warned),
        outcome(3, "Visio Plan 2", Outcome::Failure, failed),
    ];
    console.happened(changes(totals, moved, told));
    console.send(Message::Ticked(fixtures::now()));
    console.app.fit();
}

/// The same, waiting for the target's budget.
pub fn live(console: &mut Harness) {
    live_writing(console);
    let run = Some(RunId(44));
    let until = Some("2026-10-05T09:20:00Z".parse().expect("a time"));
    let for_what = "Autotask's hourly budget".to_owned();
    console.happened(Happening::Waiting { run, for_what, until });
    console.app.fit();
}

/// A run begins that is to be this report, with its customers as `state` makes them.
pub fn run_begins(
    console: &mut Harness,
    report: &RunReport,
    state: impl Fn(LiveItem) -> LiveItem,
) -> RunHeader {
    let run = RunHeader { finished_at: None, ..report.header.clone() };
    console.happened(Happening::RunStarted { run: run.clone() });
    for row in LiveItem::of_customers(&report.customers) {
        console.happened(state(row).told(run.id, run.kind));
    }
    run
}
