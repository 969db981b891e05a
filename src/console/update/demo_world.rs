//! A demo world tells how far it is: the welcome, the gauge, and what to type into its forms.

use crate::{
    console::{
        demo_world::{DemoNews, DemoStep},
        dialog::{Dialog, Overlay},
        effect::Effect,
        shell::Shell,
    },
    domain::outcome::Finding,
};

const WELCOME: &str = "Welcome";

fn welcome(lines: &[String]) -> Overlay {
    let first = ["This is a simulated world: nothing here touches a real system.".to_owned()];
    let last = [String::new(), "Enter or Esc closes this.".to_owned()];
    Overlay::text(WELCOME, &[&first, lines, &last].concat().join("\n"))
}

/// Takes in what the world tells.
pub(crate) fn told(shell: &mut Shell, news: DemoNews) {
    match news {
        DemoNews::Starting => {
            shell.demo = Some(DemoStep::uncounted("starting its systems"));
            shell.open(welcome(&["Its systems are being started.".to_owned()]));
        }
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
