//! Tab 2: cards for source and targets, their forms, program options, credential creation by device sign-in.

use std::fmt::Write as _;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::{Line, Span},
    widgets::Padding,
};

use crate::{
    console::{
        action::Action,
        dialog::{
            Dialog, Form, Overlay, Prompt,
            form::{About, Field, Value},
            prompt::Asking,
        },
        shell::{Purpose, Shell},
        theme::Theme,
        widgets::{
            frame,
            text::{ago, cut},
        },
    },
    domain::policy::ProductMode,
    engine::{
        protocol::Command,
        views::{ConnectionState, ConnectionView, DeviceSignIn, Place, ProgramView, TestView},
    },
};

/// The screen.
#[derive(Debug, Default)]
pub struct Connections {
    rows: Vec<ConnectionView>,
    at: usize,
    loaded: bool,
    /// The options with their choices, once loaded.
    pub program: Option<ProgramView>,
}

impl Connections {
    /// The tab was opened.
    pub fn enter(&mut self, shell: &mut Shell) {
        self.reload(shell);
    }

    /// Asks again.
    pub fn reload(&mut self, shell: &mut Shell) {
        shell.ask(Purpose::Connections, Command::Connections);
    }

    /// New cards.
    pub fn told(&mut self, rows: Vec<ConnectionView>) {
        self.loaded = true;
        self.rows = rows;
        self.at = self.at.min(self.rows.len().saturating_sub(1));
    }

    /// The cards as last told.
    pub fn rows(&self) -> &[ConnectionView] {
        &self.rows
    }

    /// Nothing scrolls here.
    pub fn fit(&mut self, _: (u16, u16)) {}

    /// A connection that was stored is tried at once: what it may and may not do is seen before it is needed.
    pub fn stored(&self, about: &About, shell: &mut Shell) {
        let system = match about {
            About::Prism => "prism",
            About::Autotask => "autotask",
            _ => return,
        };
        if let Some(row) = self.rows.iter().find(|row| row.system == system) {
            let name = Some(row.name.clone());
            shell.ask(Purpose::Test, Command::TestConnection { name, draft: None });
            shell.inform(format!("Stored; testing {}", row.name));
        }
    }

    /// What a test found: into the form it came from, else as a text.
    pub fn tested(&mut self, tests: &[TestView], shell: &mut Shell) {
        if let Some(Dialog::Form(form)) = shell.dialogs.last_mut()
            && let (Some(_), Some(test)) = (form.busy.take(), tests.first())
        {
            let finding = test.finding.clone().unwrap_or_else(|| {
                crate::domain::outcome::Finding::new("ok", test.text.clone(), "")
            });
            form.said = Some((test.ok, finding));
            return;
        }
        let text: Vec<String> = tests.iter().map(|test| told_test(test, &shell.theme)).collect();
        shell.open(Overlay::text("Connection test", &text.join("\n")));
        shell.ask(Purpose::Connections, Command::Connections);
    }

    /// Where the operator must go to approve.
    pub fn signing_in(&mut self, sign_in: DeviceSignIn, shell: &mut Shell) {
        let text = format!(
            "On any machine, open\n\n    {}\n\nand type the code\n\n    {}\n\nThis closes by itself once you have \
             approved. Esc stops waiting.",
            sign_in.verification_url, sign_in.user_code
        );
        shell.open(Overlay::text("Sign in to PRISM", &text));
        shell.ask(Purpose::AwaitSignIn, Command::AwaitCredentials { sign_in });
    }

    /// The options and their choices.
    pub fn program_told(&mut self, view: ProgramView, purpose: &Purpose, shell: &mut Shell) {
        let stored = *purpose != Purpose::Program;
        if let Some(Dialog::Form(form)) = shell.dialogs.last_mut()
            && form.about == About::Program
        {
            if stored {
                shell.dialogs.pop();
                shell.inform("Program options stored");
            } else {
                form.busy = None;
                if let Some(finding) = &view.finding {
                    form.said = Some((false, finding.clone()));
                }
                fill_program(form, &view);
            }
        }
        self.program = Some(view);
        shell.ask(Purpose::Status, Command::Status);
    }

    /// Opens the options form and loads what can be chosen.
    pub fn open_program(&mut self, shell: &mut Shell) {
        let mut form = Form::new(About::Program, "Microsoft CSP", program_fields());
        if let Some(view) = &self.program {
            fill_program(&mut form, view);
        }
        form.busy = Some("Loading billing codes and vendors");
        shell.open(form);
        shell.ask(Purpose::Program, Command::Program { choices: true });
    }

    /// Carries an action out.
    pub fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Place> {
        match action {
            Action::Up | Action::Left => self.at = self.at.saturating_sub(1),
            Action::Down | Action::Right => {
                self.at = (self.at + 1).min(self.rows.len().saturating_sub(1));
            }
            Action::Edit | Action::Open => self.open_form(shell),
            Action::Generate => {
                let label = "E-mail address for PRISM's notices: ";
                shell.open(Prompt::new(Asking::Email, label, ""));
            }
            Action::Test => {
                if let Some(row) = self.rows.get(self.at) {
                    let name = Some(row.name.clone());
                    shell.ask(Purpose::Test, Command::TestConnection { name, draft: None });
                    shell.inform(format!("Testing {}", row.name));
                }
            }
            Action::Program => self.open_program(shell),
            Action::Refresh => self.reload(shell),
            Action::Copy => {
                let url = self.rows.get(self.at).and_then(|row| row.url.clone());
                super::forms::copy(shell, url.unwrap_or_default());
            }
            _ => {}
        }
        None
    }

    fn open_form(&self, shell: &mut Shell) {
        let Some(row) = self.rows.get(self.at) else { return };
        let mut form = match row.system.as_str() {
            "prism" => Form::new(About::Prism, "rhipe PRISM", prism_fields(row)),
            "autotask" => Form::new(About::Autotask, "Autotask", autotask_fields(row)),
            other => return shell.inform(format!("{other} comes with a later version")),
        };
        for given in shell.given.iter().filter(|given| given.system == row.system) {
            form.give(given.field, &given.value);
        }
        shell.open(form);
    }

    /// Draws it.
    pub fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let inside = frame::body(frame, area, ("Connections", ""), theme);
        if !self.loaded {
            return frame.render_widget(Line::styled("Loading…", theme.muted()), inside);
        }
        let count = u16::try_from(self.rows.len()).unwrap_or(1).max(1);
        let height = (inside.height / count).clamp(3, 7);
        let rows = Layout::vertical(vec![Constraint::Length(height); count.into()]).split(inside);
        for (at, (row, place)) in self.rows.iter().zip(rows.iter()).enumerate() {
            draw_card(frame, *place, (row, at == self.at, shell));
        }
    }
}

fn told_test(test: &TestView, theme: &Theme) -> String {
    let glyph = if test.ok { theme.glyphs.success } else { theme.glyphs.failure };
    let mut told = format!("{glyph} {}: {}\n", test.name, test.text);
    if let Some(finding) = &test.finding {
        _ = writeln!(told, "    {}", finding.advice);
    }
    for right in test.probe.iter().flat_map(|probe| &probe.rights) {
        let word = match right.granted {
            Some(true) => "granted",
            Some(false) => "MISSING",
            None => "not told",
        };
        _ = write!(told, "    {word:<9} {}", right.name);
        if right.granted != Some(true) {
            _ = write!(told, "  {}", right.advice);
        }
        told.push('\n');
    }
    if let Some((left, whole)) = test.probe.as_ref().and_then(|probe| probe.budget) {
        _ = writeln!(told, "    {left} of {whole} requests left this hour");
    }
    told
}

fn draw_card(
    frame: &mut Frame,
    area: Rect,
    (row, selected, shell): (&ConnectionView, bool, &Shell),
) {
    let theme = &shell.theme;
    let (name, what) = match row.system.as_str() {
        "prism" => ("rhipe PRISM", "Source: price lists and invoices."),
        "autotask" => ("Autotask", "Target: services and contracts."),
        "connectwise" => ("ConnectWise", "Target: comes with a later version."),
        other => (other, ""),
    };
    let (word, style) = match &row.state {
        ConnectionState::Connected => ("Connected", theme.good()),
        ConnectionState::Failing { .. } => ("Refused or out of reach", theme.bad()),
        ConnectionState::Untested => ("Stored, not tested", theme.warn()),
        ConnectionState::NotConfigured => ("Not configured", theme.muted()),
    };
    let block = if selected { frame::focused(theme) } else { frame::bordered(theme) };
    let pointer = if selected { theme.glyphs.pointer } else { " " };
    let block = block
        .title(Line::styled(format!("{pointer}{name} "), theme.heading()))
        .title(Line::styled(format!(" {word} "), style).right_aligned())
        .padding(Padding::horizontal(1));
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let lines = card_lines(row, what, shell);
    for (line, place) in lines.into_iter().zip(inside.rows()) {
        frame.render_widget(line, place);
    }
}

fn card_lines(row: &ConnectionView, what: &str, shell: &Shell) -> Vec<Line<'static>> {
    let theme = &shell.theme;
    let width = usize::from(shell.size.0.saturating_sub(10));
    let mut lines = Vec::new();
    if let ConnectionState::Failing { finding } = &row.state {
        lines.push(Line::styled(cut(&finding.text, width, theme), theme.bad()));
        lines.push(Line::styled(cut(&finding.advice, width, theme), theme.text()));
    }
    if row.state == ConnectionState::NotConfigured {
        let keys = match row.system.as_str() {
            "prism" => "Press c to configure credentials, or n to generate new ones.",
            "autotask" => "Press c to connect.",
            _ => "",
        };
        lines.push(Line::raw(what.to_owned()));
        lines.push(Line::styled(keys, theme.accent()));
        return lines;
    }
    let url = row.url.clone().unwrap_or_else(|| "found by zone discovery".to_owned());
    let user = row.user.clone().unwrap_or_default();
    lines.push(Line::from(vec![
        Span::styled(format!("{}  ", row.environment), theme.strong()),
        Span::raw(cut(&url, width.saturating_sub(8), theme)),
    ]));
    lines.push(Line::styled(cut(&format!("User {user}"), width, theme), theme.muted()));
    if let Some(at) = row.checked_at {
        lines.push(Line::styled(format!("Checked {}", ago(at, shell.now)), theme.muted()));
    }
    lines
}

fn text(value: Option<&String>) -> Value {
    Value::Text(value.cloned().unwrap_or_default().into())
}

fn secret_hint(row: &ConnectionView) -> &'static str {
    if row.has_secret { "stored; leave empty to keep it" } else { "" }
}

fn secret(row: &ConnectionView, name: &'static str, label: &'static str) -> Field {
    let field = Field::new(name, label, Value::Secret(String::new().into())).hint(secret_hint(row));
    if row.has_secret { field } else { field.required() }
}

fn prism_fields(row: &ConnectionView) -> Vec<Field> {
    let api = row.url.clone().unwrap_or_else(|| "https://api.prismportal.online".to_owned());
    let identity = row
        .identity_url
        .clone()
        .unwrap_or_else(|| "https://identity.prismportal.online".to_owned());
    vec![
        environment(row),
        Field::new("api_url", "API URL", text(Some(&api))).required(),
        Field::new("identity_url", "Identity URL", text(Some(&identity))).required(),
        Field::new("client_id", "Client id", text(row.user.as_ref())).required(),
        secret(row, "client_secret", "Client secret"),
        Field::new("test", "Test", Value::Button(Action::Test)),
        Field::new("save", "Save", Value::Button(Action::Save)),
        Field::new("cancel", "Cancel", Value::Button(Action::Back)),
    ]
}

fn autotask_fields(row: &ConnectionView) -> Vec<Field> {
    vec![
        environment(row),
        Field::new("base_url", "Base URL", text(row.url.as_ref()))
            .hint("empty: the zone is looked up"),
        Field::new("username", "API username", text(row.user.as_ref())).required(),
        Field::new("integration_code", "Tracking id", text(row.integration_code.as_ref()))
            .required(),
        secret(row, "secret", "Password (Secret)"),
        Field::new("test", "Test", Value::Button(Action::Test)),
        Field::new("save", "Save", Value::Button(Action::Save)),
        Field::new("cancel", "Cancel", Value::Button(Action::Back)),
    ]
}

fn environment(row: &ConnectionView) -> Field {
    let options = vec![("PROD", "PROD"), ("UAT", "UAT")];
    let at = usize::from(row.environment == "UAT");
    Field::new("environment", "Environment", Value::Choice(options, at))
}

fn program_fields() -> Vec<Field> {
    let modes = vec![("all", "All products"), ("in-use", "In use products only")];
    vec![
        Field::new("url", "Target", Value::Fixed(String::new())),
        Field::new("sync", "Sync", Value::Switch(false)).hint("the program's master switch"),
        Field::new("mode", "Products", Value::Choice(modes, 0)),
        Field::new("azure", "Azure", Value::Switch(false)).hint("sync Azure subscriptions"),
        Field::new("billing_code", "Billing code", Value::Pick(None)).required(),
        Field::new("vendor", "Vendor", Value::Pick(None)).hint("optional"),
        Field::new("notify", "Notify", Value::Text(String::new().into()))
            .hint("e-mail addresses, separated by commas"),
        Field::new("save", "Save", Value::Button(Action::Save)),
        Field::new("cancel", "Cancel", Value::Button(Action::Back)),
    ]
}

fn fill_program(form: &mut Form, view: &ProgramView) {
    let options = &view.options;
    let url = view.target_url.clone().unwrap_or_default();
    set(form, "url", Value::Fixed(format!("{} {url}", view.target)));
    if form.changed {
        return;
    }
    set(form, "sync", Value::Switch(options.sync));
    set(form, "azure", Value::Switch(options.azure));
    if let Some(Value::Choice(_, at)) = form.field_mut("mode").map(|field| &mut field.value) {
        *at = usize::from(options.mode == ProductMode::InUse);
    }
    let code = options.billing_code.as_ref();
    set(form, "billing_code", Value::Pick(code.map(|c| (c.id.to_string(), c.name.clone()))));
    let vendor = options.vendor.as_ref();
    set(form, "vendor", Value::Pick(vendor.map(|(id, name)| (id.to_string(), name.clone()))));
    set(form, "notify", Value::Text(options.notify.join(", ").into()));
}

fn set(form: &mut Form, name: &str, value: Value) {
    if let Some(field) = form.field_mut(name) {
        field.value = value;
    }
}
