//! A demo world that is set up while the console is open already: what it tells, and what the console makes of it.
//!
//! It must not set anything up: whoever does that tells it here.

use futures_util::{Stream, stream::poll_fn};
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};
use tokio::sync::mpsc::UnboundedReceiver;

use super::{
    app::App,
    dialog::{Dialog, Overlay},
    effect::Effect,
    shell::Shell,
    widgets::text::cut,
};
use crate::{domain::outcome::Finding, engine::views::SystemKind};

/// What a demo world asks to be typed: its forms show it, so that nobody need remember it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    pub(crate) system: SystemKind,
    pub(crate) field: &'static str,
    /// What to type there.
    pub(crate) value: String,
}

/// How far the set-up is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoStep {
    /// Such as `linking customers`.
    pub text: String,
    /// So many are done.
    pub done: u64,
    /// Of so many; 0 where nothing is counted.
    pub of: u64,
}

impl DemoStep {
    /// One that counts nothing.
    pub fn uncounted(text: &str) -> Self {
        Self { text: text.to_owned(), done: 0, of: 0 }
    }
}

/// What a demo world tells while it is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DemoNews {
    /// Its systems answer: what to say of them, and in a fresh one what its forms ask to be typed.
    Up {
        /// Lines of the welcome.
        lines: Vec<String>,
        /// What the forms show.
        given: Vec<Given>,
    },
    /// It went on.
    Step(DemoStep),
    /// Something beside.
    Remark(String),
    /// All is set up.
    Ready(String),
    /// It stopped halfway; what is there can be looked at.
    Stopped(Finding),
    /// There is no world to look at.
    Gone,
}

/// The news as they come.
pub(crate) fn stream(mut news: UnboundedReceiver<DemoNews>) -> impl Stream<Item = DemoNews> {
    poll_fn(move |task| news.poll_recv(task))
}

const WELCOME: &str = "Welcome";

/// The first screen, before anything of the world is there.
pub fn open(shell: &mut Shell) {
    shell.demo = Some(DemoStep::uncounted("starting its systems"));
    shell.open(welcome(&["Its systems are being started.".to_owned()]));
}

fn welcome(lines: &[String]) -> Overlay {
    let first = ["This is a simulated world: nothing here touches a real system.".to_owned()];
    let last = [String::new(), "Enter or Esc closes this.".to_owned()];
    Overlay::text(WELCOME, &[&first, lines, &last].concat().join("\n"))
}

/// Takes in what the world tells.
pub(crate) fn told(app: &mut App, news: DemoNews) {
    let shell = &mut app.shell;
    match news {
        DemoNews::Up { lines, given } => {
            shell.given = given;
            for line in lines.iter().rev().filter(|line| !line.is_empty()) {
                shell.note(line.clone());
            }
            complete_welcome(shell, &lines);
        }
        DemoNews::Step(step) => shell.demo = Some(step),
        DemoNews::Remark(text) => shell.inform(text),
        DemoNews::Ready(text) => {
            shell.demo = None;
            shell.done(text);
        }
        DemoNews::Stopped(finding) => {
            shell.demo = None;
            let text = format!("The demo world is not set up whole: {}", finding.text);
            shell.fail(Finding { text, ..finding });
        }
        DemoNews::Gone => shell.effect(Effect::Quit),
    }
}

/// What was opened before the systems answered says where they are, unless it was closed by then.
fn complete_welcome(shell: &mut Shell, lines: &[String]) {
    let open = shell.dialogs.iter_mut().find_map(|dialog| match dialog {
        Dialog::Overlay(overlay) if overlay.title == WELCOME => Some(overlay),
        _ => None,
    });
    if let Some(overlay) = open {
        **overlay = welcome(lines);
    }
}

/// Columns of the gauge.
const GAUGE: usize = 20;

/// How far the world is, on the border below the body.
pub(crate) fn draw(frame: &mut Frame, border: Rect, step: &DemoStep, shell: &Shell) {
    let theme = &shell.theme;
    let frames = theme.glyphs.throbber;
    let spin = frames[shell.frame % frames.len()];
    let counted = match step.of {
        0 => String::new(),
        of => format!(" {} of {of}", step.done),
    };
    let gauge = if step.of == 0 { 0 } else { GAUGE };
    let room = usize::from(border.width).saturating_sub(gauge + 3);
    let text = format!(" {spin} Demo world: {}{counted} ", step.text);
    let filled = u64::try_from(gauge).unwrap_or(0) * step.done.min(step.of);
    let filled = usize::try_from(filled.checked_div(step.of).unwrap_or(0)).unwrap_or(0);
    let mut spans = vec![Span::styled(cut(&text, room, theme), theme.accent())];
    if gauge > 0 {
        spans.push(Span::styled(theme.glyphs.bar.repeat(filled), theme.accent()));
        spans.push(Span::styled(theme.glyphs.bar_empty.repeat(gauge - filled), theme.muted()));
        spans.push(Span::raw(" "));
    }
    let line = Line::from(spans);
    let width = u16::try_from(line.width()).unwrap_or(border.width).min(border.width);
    frame.render_widget(line, Rect { width, ..border });
}
