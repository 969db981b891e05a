//! Tab 2: cards for source and targets, their forms, program options, credential creation by device sign-in.

mod cards;
mod checklist;
mod fields;

use std::rc::Rc;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Position, Rect},
};

use self::{
    cards::draw_card,
    checklist::{checklist, test_text},
    fields::{autotask_fields, connectwise_fields, fill_program, prism_fields, program_fields},
};
use crate::{
    console::{
        action::Action,
        dialog::{
            Confirm, Dialog, Form, Overlay, Picker, Prompt,
            confirm::Then,
            form::About,
            overlay::OverlayKind,
            picker::{Choice, Choosing},
            prompt::Asking,
        },
        keymap::Section,
        list_tools,
        pane::{Jump, Pane},
        purpose::Purpose,
        shell::Shell,
        widgets::frame,
    },
    engine::{
        protocol::command,
        views::{
            AgreementView, ConnectionState, ConnectionView, DeviceSignIn, Mend, ProgramView,
            StatusView, SystemKind, TestView, connection_title,
        },
    },
};

#[derive(Debug, Default)]
pub(crate) struct Connections {
    rows: Vec<ConnectionView>,
    at: usize,
    /// The room that its cards have.
    room: Rect,
    loaded: bool,
    /// Whether the card that is needed next is to be selected when they are there.
    seeks: bool,
    /// The options with their choices, once loaded.
    pub(crate) program: Option<ProgramView>,
}

impl Connections {
    pub(crate) fn set_rows(&mut self, rows: Vec<ConnectionView>) {
        self.loaded = true;
        self.rows = rows;
        self.at = self.at.min(self.rows.len().saturating_sub(1));
        if std::mem::take(&mut self.seeks) {
            self.seek_next();
        }
    }

    /// To what first use needs next: a connection that is not made, of a target only where none is; else one that was not
    /// tried. Where nothing is needed the selection stays.
    pub(crate) fn seek_next(&mut self) {
        self.seeks = !self.loaded;
        let made = |row: &ConnectionView| row.state != ConnectionState::NotConfigured;
        let is_source = |row: &ConnectionView| row.system == SystemKind::Prism;
        let has_target = self.rows.iter().any(|row| !is_source(row) && made(row));
        let to_make = |row: &ConnectionView| !made(row) && (is_source(row) || !has_target);
        let to_try = |row: &ConnectionView| made(row) && row.state != ConnectionState::Connected;
        let next = self.rows.iter().position(to_make);
        let next = next.or_else(|| self.rows.iter().position(to_try));
        self.at = next.unwrap_or(self.at);
    }

    /// A connection that was stored is tried at once: what it may and may not do is seen before it is needed.
    pub(crate) fn stored(&self, about: &About, shell: &mut Shell) {
        let system = match about {
            About::Prism => SystemKind::Prism,
            About::Autotask => SystemKind::Autotask,
            About::Connectwise => SystemKind::Connectwise,
            _ => return,
        };
        if let Some(row) = self.rows.iter().find(|row| row.system == system) {
            let name = Some(row.name.clone());
            shell.ask(Purpose::Test, command::TestConnection { name, draft: None });
            shell.inform(format!("Saved; testing {}", connection_title(&row.name)));
        }
    }

    pub(crate) fn set_program(&mut self, view: ProgramView, purpose: &Purpose, shell: &mut Shell) {
        let stored = *purpose != Purpose::Program;
        if let Some(Dialog::Form(form)) = shell.dialogs.last_mut()
            && form.about == About::Program
        {
            if stored {
                shell.dialogs.pop();
                let waits = |status: &StatusView| {
                    status.causes.iter().any(|cause| cause.mend == Mend::Options)
                };
                let waits = shell.status.as_ref().is_some_and(waits);
                let next = if waits { ": p on Sync plans what waited for them" } else { "" };
                shell.done(format!("Microsoft CSP options saved{next}"));
            } else {
                form.busy = None;
                if let Some(finding) = &view.finding {
                    form.result = Some(Err(finding.clone()));
                }
                fill_program(form, &view);
            }
        }
        self.program = Some(view);
        shell.ask(Purpose::Status, command::Status);
    }

    /// Opens the options form and loads what can be chosen.
    pub(crate) fn open_program(&mut self, shell: &mut Shell) {
        let mut form = Form::new(About::Program, "Microsoft CSP options", program_fields());
        if let Some(view) = &self.program {
            fill_program(&mut form, view);
        }
        form.busy = Some("Loading what can be chosen");
        shell.open(form);
        shell.ask(Purpose::Program, command::Program { choices: true });
    }

    fn open_form(&self, shell: &mut Shell) {
        let Some(row) = self.rows.get(self.at) else { return };
        let mut form = match row.system {
            SystemKind::Prism => Form::new(About::Prism, "rhipe PRISM", prism_fields(row)),
            SystemKind::Autotask => Form::new(About::Autotask, "Autotask", autotask_fields(row)),
            SystemKind::Connectwise => {
                Form::new(About::Connectwise, "ConnectWise", connectwise_fields(row))
            }
        };
        for given in shell.given.iter().filter(|given| given.system == row.system) {
            form.give(given.field, &given.value);
        }
        shell.open(form);
    }

    /// New credentials take the place of those that are stored: where there are some, it asks first.
    fn generate(&self, shell: &mut Shell) {
        let label = "E-mail address for PRISM's notices: ";
        let prompt = Prompt::new(Asking::Email, label, "");
        let stored = self.rows.iter().find(|row| row.system == SystemKind::Prism && row.has_secret);
        let Some(row) = stored else { return shell.open(prompt) };
        let stands = match &row.state {
            ConnectionState::Connected => "PRISM is connected",
            ConnectionState::Failing { .. } => "PRISM is saved, and refused or out of reach,",
            ConnectionState::Untested | ConnectionState::NotConfigured => "PRISM is saved",
        };
        let user = row.user.as_deref().unwrap_or("an unknown client");
        let body = [
            format!("{stands} as client {user}."),
            "After the sign-in the new client id and secret are saved instead.".to_owned(),
            "The old ones stay valid in PRISM until somebody deletes them there.".to_owned(),
        ];
        let question = "Replace the saved credentials of PRISM?";
        let then = Then::Prompt(Box::new(prompt));
        shell.open(Confirm::new(question, "Make new ones", then).with_body(body));
    }

    fn test(&self, shell: &mut Shell) {
        let Some(row) = self.rows.get(self.at) else { return };
        if row.state == ConnectionState::NotConfigured {
            return shell.decline(shell.theme.keys.hint_to_set_up(
                "Nothing is saved here to be tested: press c",
                "Nothing is saved here to be tested",
            ));
        }
        let name = Some(row.name.clone());
        shell.ask(Purpose::Test, command::TestConnection { name, draft: None });
        shell.inform(format!("Testing {}", connection_title(&row.name)));
    }

    /// Where its cards stand in a room.
    fn cards(&self, room: Rect) -> Rc<[Rect]> {
        let count = u16::try_from(self.rows.len()).unwrap_or(1).max(1);
        let height = (room.height / count).clamp(3, 7);
        Layout::vertical(vec![Constraint::Length(height); count.into()]).split(room)
    }

    fn selected(&self) -> Option<&ConnectionView> {
        self.rows.get(self.at)
    }

    fn agreements(&self) -> &[AgreementView] {
        let prism = self.rows.iter().find(|row| row.system == SystemKind::Prism);
        prism.map_or(&[], |row| row.agreements.as_slice())
    }

    fn pick_agreement(&self, shell: &mut Shell) {
        let glyphs = &shell.theme.glyphs;
        let choice = |one: &AgreementView| {
            let glyph = if one.chosen { glyphs.success } else { glyphs.hollow };
            let detail = if one.chosen { "synced" } else { "not synced" };
            Choice::new(&one.id, format!("{glyph} {}", one.called())).with_detail(detail)
        };
        let choices: Vec<Choice> = self.agreements().iter().map(choice).collect();
        if choices.is_empty() {
            return shell.decline("No agreement is known yet: test the PRISM connection with t");
        }
        shell.open(Picker::new(Choosing::Agreement, "Agreements", choices, None));
    }

    /// Asks before the chosen agreement is synced, or left out from now on.
    pub(crate) fn ask_agreement(&self, choice: &Choice, shell: &mut Shell) {
        let all = self.agreements();
        let Some(wanted) = all.iter().find(|one| one.id.as_str() == choice.key) else { return };
        let stays = |one: &&AgreementView| (one.id == wanted.id) != one.chosen;
        let agreements = all.iter().filter(stays).map(|one| one.id.clone()).collect();
        let then = Then::change(command::ChooseAgreements { agreements });
        let (question, yes) = if wanted.chosen {
            (format!("Leave out {}?", wanted.called()), "Leave out")
        } else {
            (format!("Sync {} too?", wanted.called()), "Sync")
        };
        let body = "Price list and invoices of every agreement that is synced are read.".to_owned();
        shell.open(Confirm::new(question, yes, then).with_body([body]));
    }
}

impl Pane for Connections {
    fn section(&self) -> Section {
        Section::Connections
    }

    fn reload(&mut self, shell: &mut Shell) {
        shell.ask(Purpose::Connections, command::Connections);
    }

    /// Nothing scrolls here.
    fn fit(&mut self, room: Rect) {
        self.room = room;
    }

    fn click(&mut self, at: Position) {
        let clicked = self.cards(self.room).iter().position(|card| card.contains(at));
        self.at = clicked.filter(|card| *card < self.rows.len()).unwrap_or(self.at);
    }

    fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
        match action {
            Action::Up | Action::Left => self.at = self.at.saturating_sub(1),
            Action::Down | Action::Right => {
                self.at = (self.at + 1).min(self.rows.len().saturating_sub(1));
            }
            Action::Edit | Action::Open => self.open_form(shell),
            Action::Top => self.at = 0,
            Action::Bottom => self.at = self.rows.len().saturating_sub(1),
            Action::Checklist => {
                let chosen = self.selected().map(|row| row.system);
                let target = chosen.filter(|system| *system != SystemKind::Prism);
                let system = target.unwrap_or(SystemKind::Autotask);
                let row = self.rows.iter().find(|row| row.system == system);
                let text = checklist(system, row, shell);
                shell.open(Overlay::text(format!("Preparing {system}"), &text));
            }
            Action::Agreement => self.pick_agreement(shell),
            Action::Generate => self.generate(shell),
            Action::Test => self.test(shell),
            Action::Program => self.open_program(shell),
            Action::Refresh => self.reload(shell),
            Action::Copy => {
                let url = self.rows.get(self.at).and_then(|row| row.url.clone());
                list_tools::copy(shell, url.unwrap_or_default());
            }
            _ => {}
        }
        None
    }

    fn offers(&self, action: Action) -> bool {
        let is_of = |system| self.selected().is_some_and(|row| row.system == system);
        let stored = |row: &ConnectionView| row.state != ConnectionState::NotConfigured;
        match action {
            Action::Edit | Action::Open => self.selected().is_some(),
            Action::Test => self.selected().is_some_and(stored),
            Action::Agreement => is_of(SystemKind::Prism) && !self.agreements().is_empty(),
            Action::Generate => is_of(SystemKind::Prism),
            _ => true,
        }
    }

    fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let inside = frame::body(frame, area, "Connections", "", theme);
        if !self.loaded {
            return frame::draw_notice(frame, inside, "Loading…", theme);
        }
        for (at, (row, place)) in self.rows.iter().zip(self.cards(inside).iter()).enumerate() {
            draw_card(frame, *place, row, at == self.at, shell);
        }
    }
}

/// What a test found: into the form it came from, else as a text.
pub(crate) fn show_tests(tests: &[TestView], shell: &mut Shell) {
    // That it is being tested is over.
    shell.clear_info();
    if let Some(Dialog::Form(form)) = shell.dialogs.last_mut()
        && let (Some(_), Some(test)) = (form.busy.take(), tests.first())
    {
        let found = checklist::in_short(test);
        form.result = Some(if test.ok { Ok(found) } else { Err(found) });
        return;
    }
    let text: Vec<String> = tests.iter().map(|test| test_text(test, &shell.theme)).collect();
    shell.open(Overlay::text("Connection test", text.join("\n").trim_end()));
    shell.ask(Purpose::Connections, command::Connections);
}

/// Where the operator must go to approve.
pub(crate) fn show_sign_in(sign_in: DeviceSignIn, shell: &mut Shell) {
    let text = format!(
        "On any machine, open\n\n    {}\n\nand type the code\n\n    {}\n\nThis closes by itself once you have \
         approved. Esc gives it up.",
        sign_in.verification_url, sign_in.user_code
    );
    shell.open(Overlay { kind: OverlayKind::SignIn, ..Overlay::text("Sign in to PRISM", &text) });
    shell.ask(Purpose::AwaitSignIn, command::AwaitCredentials { sign_in });
}
