//! Keys while a dialog is open: text goes into it, actions move, choose, store or close.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use tui_input::{Input, backend::crossterm::EventHandler as _};

use super::forms;
use crate::{
    console::{
        action::{Action, Tab},
        app::App,
        dialog::{
            Confirm, Dialog, Form, Overlay,
            confirm::{Then, TypedWord},
            form::{Picked, Value},
            overlay::{Lead, OverlayKind},
            picker::Choosing,
            prompt::Asking,
        },
        effect::Effect,
        list_tools,
        purpose::Purpose,
        screens::{help, sync::contract_row},
    },
    engine::protocol::{Command, command, command::RunCommand},
};

/// Letters are text wherever a text has the focus, also those that are keys elsewhere.
pub(crate) fn is_text_first(app: &App, key: KeyEvent) -> bool {
    let plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    let letter = matches!(key.code, KeyCode::Char(_)) && plain;
    match app.dialog() {
        Some(Dialog::Confirm(confirm)) => confirm.word.is_some() && letter,
        Some(Dialog::Form(form)) => letter && is_on_text(form),
        Some(_) => letter,
        None => false,
    }
}

/// Whether what is open is there to be typed into.
pub(crate) fn takes_text(app: &App) -> bool {
    match app.dialog() {
        Some(Dialog::Form(_) | Dialog::Picker(_) | Dialog::Prompt(_)) => true,
        Some(Dialog::Confirm(confirm)) => confirm.word.is_some(),
        Some(Dialog::Overlay(overlay)) => !overlay.is_text(),
        None => false,
    }
}

fn is_on_text(form: &Form) -> bool {
    matches!(form.focused().map(|field| &field.value), Some(Value::Text(_) | Value::Secret(_)))
}

/// A key that is no action here.
pub(crate) fn typed(app: &mut App, key: KeyEvent) {
    let event = Event::Key(key);
    let Some(dialog) = app.shell.dialogs.last_mut() else { return };
    match dialog {
        Dialog::Form(form) => typed_in_form(form, key, &event),
        Dialog::Picker(picker) => {
            if picker.input.handle_event(&event).is_some_and(|change| change.value) {
                picker.narrow();
            }
        }
        Dialog::Overlay(overlay) => {
            if overlay.input.handle_event(&event).is_some() {
                overlay.entries.set_filter(overlay.input.value());
            }
        }
        Dialog::Prompt(prompt) => {
            prompt.error = None;
            prompt.input.handle_event(&event);
            filter_live(app);
        }
        Dialog::Confirm(confirm) => typed_word(confirm, key),
    }
}

fn typed_in_form(form: &mut Form, key: KeyEvent, event: &Event) {
    match (key.code, form.focused().map(|field| &field.value)) {
        (KeyCode::Char(' ') | KeyCode::Right, Some(Value::Switch(_) | Value::Choice(..))) => {
            form.turn(1);
        }
        (KeyCode::Left, Some(Value::Switch(_) | Value::Choice(..))) => _ = form.turn(-1),
        _ => {
            let Some(input) = form.typed_into() else { return };
            if input.handle_event(event).is_some_and(|change| change.value) {
                form.changed = true;
                if let Some(field) = form.focused_mut() {
                    field.error = None;
                }
            }
        }
    }
}

fn typed_word(confirm: &mut Confirm, key: KeyEvent) {
    let Some(TypedWord { typed, wanted }) = &mut confirm.word else { return };
    match key.code {
        KeyCode::Char(letter) => typed.push(letter),
        KeyCode::Backspace => _ = typed.pop(),
        _ => return,
    }
    // Whoever has typed it whole presses Enter next.
    confirm.on_yes = typed == wanted;
}

/// A pasted text goes where letters would; line ends fall away.
pub(crate) fn pasted(app: &mut App, text: &str) {
    if let Some(why) = app.shell.why_blind(None, app.shell.frames) {
        return app.shell.drop_key(why);
    }
    let clean: String = text.chars().filter(|c| !c.is_control()).collect();
    let insert = |input: &mut Input| {
        let at = input.cursor();
        let head: String = input.value().chars().take(at).collect();
        let tail: String = input.value().chars().skip(at).collect();
        let cursor = at + clean.chars().count();
        *input = Input::new(format!("{head}{clean}{tail}")).with_cursor(cursor);
    };
    match app.shell.dialogs.last_mut() {
        Some(Dialog::Form(form)) => {
            if let Some(input) = form.typed_into() {
                insert(input);
                form.changed = true;
            }
        }
        Some(Dialog::Picker(picker)) => {
            insert(&mut picker.input);
            picker.narrow();
        }
        Some(Dialog::Overlay(overlay)) => {
            insert(&mut overlay.input);
            overlay.entries.set_filter(overlay.input.value());
        }
        Some(Dialog::Prompt(prompt)) => {
            insert(&mut prompt.input);
            filter_live(app);
        }
        Some(Dialog::Confirm(_)) | None => {}
    }
}

fn filter_live(app: &mut App) {
    let Some(Dialog::Prompt(prompt)) = app.shell.dialogs.last() else { return };
    if prompt.is_filter() {
        let text = prompt.input.value().to_owned();
        set_filter(app, &text);
    }
}

fn set_filter(app: &mut App, text: &str) {
    let (pane, _) = app.pane_mut();
    if let Some(list) = pane.list_mut() {
        list.set_filter(text);
    }
}

pub(crate) fn act(app: &mut App, action: Action, key: KeyEvent) {
    if action == Action::Help {
        return help::open(&app.sections(), &mut app.shell);
    }
    let size = app.shell.size;
    let Some(dialog) = app.shell.dialogs.last_mut() else { return };
    match dialog {
        Dialog::Form(_) => act_in_form(app, action, key),
        Dialog::Picker(picker) => match action {
            Action::Back => close(app),
            Action::Submit => choose(app),
            _ => picker.act(action),
        },
        Dialog::Overlay(overlay) => match action {
            Action::Back => close(app),
            Action::Submit => run_entry(app),
            Action::Copy => {
                let text = overlay.copied();
                list_tools::copy(&mut app.shell, text.unwrap_or_default());
            }
            _ => overlay.act(action, size),
        },
        Dialog::Prompt(_) => match action {
            Action::Back => cancel_prompt(app),
            Action::Submit => forms::submit_prompt(app),
            _ => {}
        },
        Dialog::Confirm(confirm) => match action {
            Action::NextField => confirm.on_yes = !confirm.on_yes,
            Action::Submit if confirm.is_half_typed() => {
                app.shell.decline("The word is not whole: nothing is done. Esc leaves it");
            }
            Action::Submit if !confirm.on_yes => close(app),
            Action::Submit | Action::Confirm => confirmed(app),
            Action::Back => close(app),
            _ => {}
        },
    }
}

/// Closes the dialog on top; what it waited for is no longer wanted.
pub(crate) fn close(app: &mut App) {
    let closed = app.shell.dialogs.pop();
    if let Some(Dialog::Form(form)) = &closed
        && form.busy.is_some()
    {
        app.shell.forget(&Purpose::Test);
    }
    if let Some(Dialog::Overlay(overlay)) = closed
        && overlay.kind == OverlayKind::SignIn
        && app.shell.awaits(&Purpose::AwaitSignIn)
    {
        // Its own answer says what became of it: it may have been approved just now.
        app.shell.inform("Giving up the sign-in");
        app.shell.ask(Purpose::GiveUpSignIn, command::GiveUpSignIn);
    }
}

fn cancel_prompt(app: &mut App) {
    if let Some(Dialog::Prompt(prompt)) = app.shell.dialogs.pop()
        && let Asking::Filter(_) = prompt.asking
    {
        set_filter(app, "");
    }
}

fn confirmed(app: &mut App) {
    let Some(Dialog::Confirm(confirm)) = app.shell.dialogs.last() else { return };
    if !confirm.ready() {
        return;
    }
    let Some(Dialog::Confirm(confirm)) = app.shell.dialogs.pop() else { return };
    match confirm.then {
        Then::Ask(purpose, command) => {
            if let Command::Run(RunCommand::Sync(command::Sync { request })) = &*command {
                app.sync.applying();
                app.customers.table.applying(&request.tenants);
                app.tab = Tab::Sync;
            }
            app.shell.ask(purpose, *command);
        }
        Then::Prompt(prompt) => app.shell.open(*prompt),
        Then::Quit => app.shell.effect(Effect::Quit),
        Then::CloseForm => close(app),
        Then::SaveForm(action) => forms::save(app, action),
    }
}

fn choose(app: &mut App) {
    let Some(Dialog::Picker(picker)) = app.shell.dialogs.last() else { return };
    if picker.is_undecided() {
        return app.shell.decline("Nothing is selected yet: go to a row, or type some of its name");
    }
    let Some(choice) = picker.selected().cloned() else { return };
    if let Some(why) = &choice.unfit {
        let why = format!("“{}” {why}", choice.name);
        return app.shell.decline(why);
    }
    let choosing = picker.choosing.clone();
    app.shell.dialogs.pop();
    match choosing {
        Choosing::Field(field) => {
            let Some(Dialog::Form(form)) = app.shell.dialogs.last_mut() else { return };
            form.pick(field, Some(Picked { key: choice.key, name: choice.name }));
            form.move_focus(1);
            forms::picked(app, field, choice.doubt);
        }
        Choosing::Service { product, name } => {
            app.products.ask_pin(product, &name, &choice, &mut app.shell);
        }
        Choosing::ContractService { tenant, service, name } => {
            contract_row::ask(&tenant, service, &name, &choice, &mut app.shell);
        }
        Choosing::Agreement => app.connections.ask_agreement(&choice, &mut app.shell),
    }
}

/// Runs a command of help or palette; opens a past error; closes a text.
fn run_entry(app: &mut App) {
    let Some(Dialog::Overlay(overlay)) = app.shell.dialogs.last() else { return };
    let Some(entry) = overlay.entries.selected().cloned() else { return close(app) };
    match overlay.kind {
        OverlayKind::Text | OverlayKind::SignIn => close(app),
        OverlayKind::Errors => app.shell.open(Overlay::text("Details", &entry.whole)),
        OverlayKind::Help | OverlayKind::Palette => {
            app.shell.dialogs.pop();
            if entry.dimmed {
                return super::refuse(&mut app.shell, &entry.text);
            }
            match (entry.lead, app.dialog()) {
                (Some(Lead::Act(action)), Some(_)) => {
                    act(app, action, KeyEvent::new(KeyCode::Null, KeyModifiers::NONE));
                }
                (Some(lead), _) => super::palette::lead(app, lead),
                (None, _) => {}
            }
        }
    }
}

fn act_in_form(app: &mut App, action: Action, key: KeyEvent) {
    let Some(Dialog::Form(form)) = app.shell.dialogs.last_mut() else { return };
    match action {
        Action::NextField => form.move_focus(1),
        Action::PreviousField => form.move_focus(-1),
        Action::Back if form.changed => {
            let question = Confirm::new("Close without saving?", "Drop it", Then::CloseForm);
            let text = "What was changed here is not saved.";
            app.shell.open(question.with_body([text.to_owned()]));
        }
        Action::Back => close(app),
        Action::Open => match form.focused().map(|field| field.value.clone()) {
            Some(Value::Switch(_) | Value::Choice(..)) if !form.only_shown => _ = form.turn(1),
            Some(Value::Pick(_)) if !form.only_shown => forms::open_picker(app),
            Some(Value::Button(button)) => forms::press(app, button),
            _ => form.move_focus(1),
        },
        Action::Save | Action::SaveAndSync | Action::Test => forms::press(app, action),
        _ => typed(app, key),
    }
}
