//! `open` leads straight to a place of the console.

use std::{path::Path, process::Command};

use crate::pty::{Console, program};

fn told(home: &Path, arguments: &[&str]) -> String {
    let done = Command::new(env!("CARGO_BIN_EXE_prism-connect"))
        .args(arguments)
        .current_dir(home)
        .env("HOME", home)
        .output()
        .expect("the program");
    String::from_utf8_lossy(&done.stdout).into_owned()
}

fn opened(home: &Path, place: &[&str]) -> Console {
    let mut command = program(home);
    command.args(["--data-dir", "data", "open"]);
    command.args(place);
    Console::start(command, (120, 36))
}

#[test]
fn the_console_opens_on_a_run_a_customer_or_an_invoice() {
    let home = tempfile::tempdir().expect("a directory");
    let world = ["--customers", "3", "--subscriptions", "1"];
    told(home.path(), &[&["demo", "--headless", "--data-dir", "data"][..], &world[..]].concat());
    let report = told(home.path(), &["--data-dir", "data", "runs", "show", "2", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&report).expect("a run");
    let customer = &report["customers"][0];
    let text = |member: &str| customer[member].as_str().expect("a text").to_owned();

    for (place, shows) in [
        (["run", "2"], "Sync › run #2".to_owned()),
        (["run", "last"], "Sync › run #2".to_owned()),
        (["customer", &text("tenant")], format!("Customers › {}", text("customer"))),
        (["invoice", &text("invoice")], format!("Invoices › {}", text("invoice"))),
    ] {
        let mut console = opened(home.path(), &place);
        console.until(&shows).assert_taken();
        // One level out is the list that it is in, and not the end.
        console.send("\x1b").until_gone(&shows).send("q");
        assert_eq!(console.end(), 0);
        console.assert_given_back();
    }
    for place in [["run", "99"], ["customer", "nobody.example"], ["approval", "99"]] {
        let mut console = opened(home.path(), &place);
        assert_eq!(console.end(), 1, "{}", console.text());
        console.assert_given_back();
    }
}
