//! Keys go in, screens come out, at any size.

use crate::pty::{Console, program};

/// A prepared world of a few customers.
pub fn demo(flags: &[&str], size: (u16, u16)) -> (Console, tempfile::TempDir) {
    demo_of("6", flags, size)
}

pub fn demo_of(customers: &str, flags: &[&str], size: (u16, u16)) -> (Console, tempfile::TempDir) {
    let home = tempfile::tempdir().expect("a directory");
    let mut command = program(home.path());
    command.args(["demo", "--data-dir", "data", "--customers", customers, "--subscriptions", "2"]);
    command.args(flags);
    let mut console = Console::start(command, size);
    console.until("Control endpoint").send("\r").until_gone("simulated world");
    console.until_gone("Demo world:");
    (console, home)
}

#[test]
fn tabs_a_filter_a_dialog_and_every_size_from_the_keyboard() {
    let (mut console, _home) = demo(&[], (80, 24));
    console.assert_taken();
    for (key, shows) in [
        ("2", "Connected"),
        ("3", "not linked"),
        ("4", "Sync would"),
        ("5", "No run yet"),
        ("6", "log"),
        ("1", "No run yet"),
    ] {
        console.send(key).until(shows);
    }
    console.send("3").until("Customers (");
    let customer = console.text().lines().find_map(first_customer).expect("a customer");
    console.send("/").until("Enter choose").send(&customer).until("(1 of");
    console.send("\r").until(&format!("/ {customer}")).send("c").until("Company");
    for (columns, rows) in [(120, 36), (20, 5), (1, 1), (200, 60), (59, 16), (80, 24)] {
        console.resize(columns, rows);
        if columns >= 60 {
            console.wait("the footer on the last row", |screen| {
                let footer = screen.contents_between(rows - 1, 0, rows - 1, columns);
                footer.contains("save") && screen.contents().contains("Company")
            });
        } else if columns > 1 {
            console.wait("what it needs", |screen| screen.contents().contains("prism-connect nee"));
        }
    }
    console.send("\x1b").until_gone("(Ctrl-s)").send("\x1b").until_gone("(1 of").send("q");
    assert_eq!(console.end(), 0);
    console.assert_given_back();
}

/// The second word of a customer's row is enough to find it by.
fn first_customer(line: &str) -> Option<String> {
    let row = line.strip_prefix("│ ▌")?.trim();
    row.split_whitespace().next().map(str::to_owned)
}
