//! State → screen. Reads everything, changes nothing.

use ratatui::{Frame, layout::Position, text::Line};

use super::{
    app::App,
    ascii, control_characters,
    shell::Shell,
    widgets::{
        dialogs,
        frame::{self as chrome, LEAST},
        text::wrapped,
    },
};

/// Draws the whole screen.
pub fn draw(app: &App, frame: &mut Frame) {
    let shell = &app.shell;
    let area = frame.area();
    if !chrome::has_room(area.as_size()) {
        let needs = format!("prism-connect needs {}x{} characters", LEAST.0, LEAST.1);
        let keys = "No key does anything until then; Ctrl-C twice leaves";
        let lines = [&*needs, keys].into_iter().flat_map(|text| wrapped(text, area.width.into()));
        chrome::draw_lines(frame, area, lines.map(Line::raw));
        return finish(frame, shell);
    }
    let [header, tabs, body, footer] = chrome::areas(area);
    chrome::header(frame, header, shell);
    chrome::tabs(frame, tabs, app.tab, shell);
    frame.set_cursor_position(Position::new(body.x + 2, body.y + 1));
    app.pane().draw(frame, body, shell);
    dialogs::draw(frame, body, shell);
    chrome::footer(frame, footer, shell, app.labelled());
    chrome::notice(frame, body, shell);
    finish(frame, shell);
}

/// Brings the frame down to what the terminal can show.
fn finish(frame: &mut Frame, shell: &Shell) {
    control_characters::apply(frame.buffer_mut());
    shell.theme.depth.apply(frame.buffer_mut());
    if !shell.theme.glyphs.unicode {
        ascii::apply(frame.buffer_mut());
    }
}
