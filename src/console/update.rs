//! Message → new state and effects. Pure: no clock, no task, no input or output.

mod answers;
mod demo_world;
mod dialogs;
mod events;
mod forms;
mod palette;
mod resume;

use crossterm::event::{KeyEvent, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Size};

use super::{
    action::{Action, Tab},
    advice,
    app::App,
    dialog::{
        Dialog,
        confirm::{Confirm, Then},
    },
    effect::Effect,
    keymap::{self, Press, Section},
    list_tools,
    message::Message,
    pane::Jump,
    purpose::Purpose,
    screens::{help, sync::live},
    shell::{Level, Shell},
    widgets::frame,
};
use crate::{
    domain::{
        Code, Right, Role,
        outcome::{Finding, Outcome},
    },
    engine::{
        protocol::{Command, Scope, SyncRequest, command},
        views::Place,
    },
};

/// Takes one message in; answers what is to be done outside.
pub fn update(app: &mut App, message: Message) -> Vec<Effect> {
    let (screen, told) = (screen(app), app.shell.shown);
    app.shell.by_key = message.is_of_a_key();
    take(app, message);
    // What was told on the way stays: it is about where that led.
    if self::screen(app) != screen && app.shell.shown == told {
        app.shell.leave_screen();
    }
    app.fit();
    app.shell.take_effects()
}

/// Where the operator is.
fn screen(app: &App) -> (Tab, Section) {
    (app.tab, app.pane().section())
}

fn take(app: &mut App, message: Message) {
    match message {
        Message::Pressed(key) | Message::PressedAt(key, _) if key.kind == KeyEventKind::Release => {
        }
        Message::Pressed(key) => pressed(app, key),
        Message::PressedAt(key, frame) => pressed_at(app, key, frame),
        Message::Burst(keys) => burst(app, keys),
        Message::Pasted(text) => dialogs::pasted(app, &text),
        Message::Pointed(event) => pointed(app, event),
        Message::Resized(columns, rows) => app.shell.size = Size::new(columns, rows),
        Message::Answered(ticket, reply) => answers::answered(app, ticket, *reply),
        Message::Happened(events) => events::happened(app, events),
        Message::Missed => events::missed(app),
        Message::Ticked(now) => {
            app.shell.tick(now);
            app.sync.live.rearrange();
        }
        Message::Saved(Ok(name)) => {
            app.shell.announce(Outcome::Success, format!("Saved {name}"));
        }
        Message::Saved(Err(why)) => app.shell.fail(Finding::new(
            Code::NotSaved,
            why,
            "Start prism-connect in a directory that you may write to.",
        )),
        Message::Demo(news) => demo_world::told(&mut app.shell, *news),
        Message::Terminated => leave(app),
        Message::Continued => app.shell.effect(Effect::Redraw),
    }
}

fn pressed(app: &mut App, key: KeyEvent) {
    pressed_at(app, key, app.shell.frames);
}

fn pressed_at(app: &mut App, key: KeyEvent, frame: u64) {
    let press = Press::of(key);
    let binding = keymap::action(&app.sections(), press);
    let interrupted = std::mem::take(&mut app.interrupted);
    let action = binding.map(|binding| binding.action);
    if let Some(why) = app.shell.why_blind(action, frame)
        && !action.is_some_and(Action::is_of_the_program)
    {
        return app.shell.drop_key(why);
    }
    let Some(binding) = binding else {
        return dialogs::typed(app, key);
    };
    if app.dialog().is_some() && dialogs::is_text_first(app, key) {
        return dialogs::typed(app, key);
    }
    if !app.shell.may(binding) {
        return refuse(&mut app.shell, binding.label);
    }
    match binding.action {
        Action::Interrupt => interrupt(app, interrupted),
        action @ (Action::Suspend | Action::Redraw) => act(app, action),
        action if app.dialog().is_some() => dialogs::act(app, action, key),
        action => act(app, action),
    }
}

/// Outside a field different keys at once are text that was meant for another place.
fn burst(app: &mut App, keys: Vec<KeyEvent>) {
    let held = keys.windows(2).all(|pair| pair[0] == pair[1]);
    if held || dialogs::takes_text(app) {
        return keys.into_iter().for_each(|key| pressed(app, key));
    }
    let count = keys.len();
    app.shell.inform(format!("{count} keys at once: taken for a paste, and dropped"));
}

fn refuse(shell: &mut Shell, label: &str) {
    // With --read-only of one's own, what the role may do is refused as well.
    let own = |role: &Role| shell.read_only && role.may(Right::Operate);
    let role = shell.attached.as_ref().map(|to| to.role);
    if let Some(role) = role.filter(|role| !own(role)) {
        return shell.fail(Finding::new(
            Code::NoRight,
            format!("“{label}” is not for the role “{role}”."),
            "Whoever administers this host decides who is in which group.",
        ));
    }
    shell.fail(Finding::new(
        Code::ReadOnly,
        format!("“{label}” changes something, and this console was started with --read-only."),
        "Start it without --read-only.",
    ));
}

/// What an action does outside dialogs; help and palette run actions through here as well.
pub(crate) fn act(app: &mut App, action: Action) {
    match action {
        Action::Suspend => app.shell.effect(Effect::Suspend),
        Action::Redraw => app.shell.effect(Effect::Redraw),
        Action::Interrupt => interrupt(app, false),
        Action::Go(tab) if tab == app.tab => {
            let (pane, shell) = app.pane_mut();
            pane.to_the_top(shell);
        }
        Action::Go(tab) => go(app, tab),
        Action::NextTab => go(app, app.tab.moved(1)),
        Action::PreviousTab => go(app, app.tab.moved(-1)),
        Action::Help => help::open(&app.sections(), &mut app.shell),
        Action::Palette => palette::open(app),
        Action::Errors => help::open_errors(&mut app.shell),
        Action::OtherTarget => other_target(app),
        Action::Quit => quit(app),
        Action::Back if shows_error(app) => app.shell.dismiss(),
        Action::Copy if shows_error(app) => copy_error(app),
        action => on_screen(app, action),
    }
}

/// Another target is shown from now on; with one there is none. A plan is for one target: what was worked out is not
/// dropped without a word.
fn other_target(app: &mut App) {
    let shell = &mut app.shell;
    let other = shell.other_target().map(|other| (other.name.clone(), other.system));
    let Some((name, system)) = other else { return shell.decline("There is no other target") };
    let show = command::UseTarget { name };
    if !app.sync.has_plan(shell) {
        shell.ask(Purpose::Change, show);
        return;
    }
    let question = Confirm::new(format!("Show {system}?"), "Show it", Then::change(show));
    let body = "The plan that was worked out is given up; nothing of it was sent.";
    shell.open(question.with_body([body.to_owned()]));
}

fn shows_error(app: &App) -> bool {
    app.shell.notice().is_some_and(|notice| notice.level == Level::Error)
}

/// The error in the footer goes to the clipboard whole; it stays where it is.
fn copy_error(app: &mut App) {
    let Some(notice) = app.shell.notice() else { return };
    let text = advice::details(&notice.finding, app.shell.theme.keys);
    app.shell.effect(Effect::Copy(text));
}

fn on_screen(app: &mut App, action: Action) {
    let (pane, shell) = app.pane_mut();
    let jump = match action {
        Action::Back => pane.back(shell),
        Action::Filter => {
            if let Some(list) = pane.list() {
                list_tools::open_filter(shell, list.filter());
            }
            None
        }
        action => pane.act(action, shell),
    };
    if let Some(jump) = jump {
        follow(app, jump);
    }
}

/// Where an action leads beyond its pane.
fn follow(app: &mut App, jump: Jump) {
    match jump {
        Jump::To(place) => go_to(app, place),
        Jump::Tab(tab) => go(app, tab),
        Jump::Plan(request) => {
            let from = app.tab;
            app.tab = Tab::Sync;
            app.sync.plan(request, Some(from), &mut app.shell);
        }
        Jump::Approvals => {
            let from = std::mem::replace(&mut app.tab, Tab::Sync);
            app.sync.show_approvals(Some(from), &mut app.shell);
        }
        Jump::TakeOver(product) => app.products.take_over(product, &mut app.shell),
        Jump::Act(place, action) => {
            go_to_row(app, place);
            app.customers.then(action);
            follow_up(app);
        }
        Jump::Back => {}
    }
}

/// What was to be done on the customers' tab, once its rows are there.
pub(crate) fn follow_up(app: &mut App) {
    if app.tab == Tab::Customers
        && app.dialog().is_none()
        && let Some(action) = app.customers.next_action()
    {
        act(app, action);
    }
}

/// To a place that another screen named, or that was asked for on the way in.
pub fn go_to(app: &mut App, place: Place) {
    match place {
        Place::Connections => {
            app.connections.seek_next();
            go(app, Tab::Connections);
        }
        Place::Program => {
            go(app, Tab::Connections);
            app.connections.open_program(&mut app.shell);
        }
        Place::Customer { tenant: Some(tenant) } => {
            let from = Some(app.tab).filter(|tab| *tab != Tab::Customers);
            go(app, Tab::Customers);
            app.customers.open_page(&tenant, from, &mut app.shell);
        }
        Place::Customer { tenant: None } => go_to_row(app, place),
        Place::Products => go(app, Tab::Products),
        Place::Plan => {
            app.tab = Tab::Sync;
            app.sync.plan(SyncRequest::default(), Some(Tab::Dashboard), &mut app.shell);
        }
        Place::LeftBehind { tenant } => {
            let request = SyncRequest {
                scope: Scope::Customers,
                tenants: vec![tenant.to_string()],
                left_behind: true,
                ..SyncRequest::default()
            };
            app.tab = Tab::Sync;
            app.sync.plan(request, Some(Tab::Dashboard), &mut app.shell);
        }
        Place::Run { run, tenant } => {
            let from = std::mem::replace(&mut app.tab, Tab::Sync);
            app.sync.show_run(run, tenant, Some(from), &mut app.shell);
        }
        Place::Approval { number } => {
            let from = app.tab;
            app.tab = Tab::Sync;
            app.sync.show_waiting(number, Some(from), &mut app.shell);
        }
        Place::Invoice { invoice } => {
            let from = app.tab;
            app.tab = Tab::Sync;
            app.sync.show_invoice(invoice, Some(from), &mut app.shell);
        }
    }
}

/// To a place where something is done at once: of a customer that is its row in the list.
fn go_to_row(app: &mut App, place: Place) {
    match place {
        Place::Customer { tenant } => {
            go(app, Tab::Customers);
            app.customers.show(tenant.as_ref());
        }
        place => go_to(app, place),
    }
}

/// To a tab: it asks for what it shows if that is not there yet.
pub(crate) fn go(app: &mut App, tab: Tab) {
    app.tab = tab;
    let (pane, shell) = app.pane_mut();
    pane.enter(shell);
}

fn quit(app: &mut App) {
    // What a daemon runs goes on without us.
    let stops_it = app.shell.attached.is_none();
    if !stops_it || !app.shell.is_syncing() {
        return app.shell.effect(Effect::Quit);
    }
    let question = Confirm::new("A sync is running. Leave?", "Stop it and leave", Then::Quit);
    app.shell.open(question.with_body([
        "It stops between two changes; what is written is recorded.".to_owned(),
        "The next sync writes the rest.".to_owned(),
    ]));
}

/// A run that is on is not stopped by one press: that asks, as its own key does. A second press at once leaves.
fn interrupt(app: &mut App, again: bool) {
    if again {
        return leave(app);
    }
    let may_stop = app.shell.has_right(Right::Operate);
    let asks = may_stop && app.shell.is_syncing() && !app.shell.awaits(&Purpose::Plan);
    if app.dialog().is_some() {
        // What it closes is all that this press was for, where the next one would end a run.
        app.interrupted = !asks;
        return dialogs::close(app);
    }
    app.interrupted = true;
    if asks {
        return live::ask_to_stop(&mut app.shell, true);
    }
    stop_what_goes_on(&mut app.shell);
    app.shell.inform("Press Ctrl-C again to leave");
}

/// What this console waits for is given up before a run is stopped, which may be somebody else's.
fn stop_what_goes_on(shell: &mut Shell) {
    if !shell.busy() {
        return;
    }
    let stop: Command = if shell.has_right(Right::Operate) && !shell.awaits(&Purpose::Plan) {
        command::Cancel.into()
    } else {
        command::GiveUp.into()
    };
    shell.ask(Purpose::Change, stop);
}

fn leave(app: &mut App) {
    app.shell.effect(Effect::Quit);
}

/// The wheel moves the selection of the part under it, or the text; a click on a tab goes there, one on a row selects it.
fn pointed(app: &mut App, event: MouseEvent) {
    if !frame::has_room(app.shell.size) {
        return;
    }
    let action = match event.kind {
        MouseEventKind::ScrollUp => Action::Up,
        MouseEventKind::ScrollDown => Action::Down,
        MouseEventKind::Down(MouseButton::Left) if event.row == frame::TABS => {
            let Some(tab) = frame::tab_at(event.column, app.shell.size.width) else { return };
            Action::Go(tab)
        }
        MouseEventKind::Down(MouseButton::Left) => {
            let at = Position::new(event.column, event.row);
            return match app.shell.dialogs.last_mut() {
                None => app.pane_mut().0.click(at),
                Some(dialog) => dialog.click(at),
            };
        }
        _ => return,
    };
    let size = app.shell.size;
    match (app.shell.dialogs.last_mut(), action) {
        (None, Action::Up | Action::Down) => {
            app.pane_mut().0.go_to_part(Position::new(event.column, event.row));
            act(app, action);
        }
        (None, action) => act(app, action),
        (Some(_), Action::Go(_)) => {}
        (Some(Dialog::Overlay(overlay)), action) => overlay.act(action, size),
        (Some(Dialog::Picker(picker)), action) => picker.act(action),
        (Some(_), _) => {}
    }
}
