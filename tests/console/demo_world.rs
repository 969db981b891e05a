//! A demo world that comes up while its console is open.

use prism_connect::{
    console::{
        demo_world::{DemoNews, DemoStep},
        effect::Effect,
        message::Message,
    },
    domain::{Code, outcome::Finding},
    engine::protocol::{Refusal, RefusalKind},
};

use crate::harness::Harness;

fn tell(console: &mut Harness, news: DemoNews) -> Vec<Effect> {
    console.send(Message::Demo(Box::new(news)))
}

fn up() -> DemoNews {
    let lines = vec!["Control endpoint: http://127.0.0.1:4000".to_owned()];
    DemoNews::Up { lines, given: Vec::new() }
}

/// The first frame.
pub fn starting(console: &mut Harness) {
    tell(console, DemoNews::Starting);
}

/// The systems are up, and a third of the customers linked.
pub fn linking(console: &mut Harness) {
    starting(console);
    tell(console, up());
    console.press("Enter");
    tell(console, DemoNews::Step(DemoStep { text: "customers linked".into(), done: 12, of: 40 }));
}

#[test]
fn the_welcome_says_where_the_world_is_once_it_is_there() {
    let mut console = Harness::new(80, 24);
    starting(&mut console);
    assert!(console.text().contains("Its systems are being started"), "{}", console.text());
    assert!(console.text().contains("Demo world: starting its systems"), "{}", console.text());
    tell(&mut console, up());
    assert!(console.text().contains("Control endpoint: http"), "{}", console.text());
}

#[test]
fn a_welcome_that_was_closed_stays_closed_and_its_lines_are_among_what_was_told() {
    let mut console = Harness::new(80, 24);
    starting(&mut console);
    console.press("Enter");
    tell(&mut console, up());
    assert!(!console.text().contains("Control endpoint"), "{}", console.text());
    console.press("!");
    assert!(console.text().contains("Control endpoint: http"), "{}", console.text());
}

#[test]
fn the_gauge_moves_on_every_tab_until_the_world_is_ready() {
    let mut console = Harness::new(80, 24);
    linking(&mut console);
    for tab in ["1", "2", "3", "4", "5", "6"] {
        console.go(tab);
        assert!(console.text().contains("customers linked 12 of 40"), "{}", console.text());
    }
    tell(&mut console, DemoNews::Ready("The demo world is ready".into()));
    assert!(!console.text().contains("Demo world:"), "{}", console.text());
    assert!(console.text().contains("The demo world is ready"), "{}", console.text());
}

#[test]
fn what_the_world_has_not_come_to_yet_is_no_error() {
    let mut console = Harness::new(80, 24);
    linking(&mut console);
    console.press("3");
    let finding = Finding::new(Code::NotConnected, "PRISM is not connected yet.", "");
    console.answer(Err(Refusal::new(RefusalKind::Failed, finding)));
    assert!(console.text().contains("not that far yet"), "{}", console.text());
    console.press("!");
    assert!(!console.text().contains("PRISM is not connected"), "{}", console.text());
}

#[test]
fn one_that_stops_halfway_stays_to_be_looked_at_and_one_that_never_starts_does_not() {
    let mut console = Harness::new(80, 24);
    linking(&mut console);
    let finding = Finding::new(Code::Fault, "PRISM does not answer.", "See the log.");
    assert!(tell(&mut console, DemoNews::Stopped(finding)).is_empty());
    assert!(console.text().contains("is not set up whole: PRISM does"), "{}", console.text());
    assert_eq!(tell(&mut console, DemoNews::Gone), [Effect::Quit]);
}

/// Both are read: how far the world is, and what was told.
#[test]
fn what_is_told_stands_beside_how_far_the_world_is() {
    for columns in [120, 200] {
        let mut console = Harness::new(columns, 36);
        linking(&mut console);
        console.app.shell.inform("Not linked: Vista Council Limited has no contract");
        let text = console.text();
        assert!(text.contains("Not linked: Vista Council Limited has no contract"), "{text}");
        assert!(text.contains("customers linked 12 of 40"), "{text}");
    }
    // With room for one alone that is what was told: it is gone after some seconds.
    let mut console = Harness::new(63, 18);
    linking(&mut console);
    console.app.shell.inform("Not linked: Vista Council Limited has no contract");
    let text = console.text();
    assert!(text.contains(" Not linked: Vista Council Limited has no contract "), "{text}");
    assert!(!text.contains("Demo w"), "{text}");
}
