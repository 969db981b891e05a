//! `invoices`: what is listed and shown, what the operator says about an invoice, and who may say it.

use std::process::Output;

use serde_json::{Value, json};

use super::world::{World, said, small};

/// The newest invoice of a set-up world, of which PRISM serves the header with other members from now on.
fn odd_header(world: &World, set: &Value) -> String {
    let number = newest(world)["number"].as_str().unwrap().to_owned();
    let row = json!({"system": "prism", "kind": "invoices", "where": {"InvoiceNumber": number}, "set": set});
    world.control("POST", "/odd", &json!({ "rows": [row] }).to_string());
    number
}

fn listed(world: &World) -> Vec<Value> {
    world.json(&["invoices", "list"]).as_array().unwrap().clone()
}

/// The newest invoice that is its month's bill.
fn newest(world: &World) -> Value {
    listed(world).into_iter().find(|one| one["class"] == "standard").unwrap()
}

fn shown(world: &World, number: &str) -> Value {
    world.json(&["invoices", "show", number])
}

fn decide(world: &World, words: &str, flags: &[&str]) -> Output {
    let words: Vec<&str> = words.split(' ').collect();
    world.run(&[&["invoices"], &words[..], &["--reason", "it was looked at"], flags].concat())
}

#[track_caller]
fn ends(done: &Output, code: i32, says: &str) {
    assert_eq!(done.status.code(), Some(code), "{}", said(done));
    assert!(said(done).contains(says), "“{says}” in {}", said(done));
}

fn subtotal(one: &Value) -> rust_decimal::Decimal {
    one["subtotal"].as_str().unwrap().parse().unwrap()
}

#[test]
fn invoices_are_listed_and_shown_in_words_and_in_json() {
    let world = small();
    world.set_up();
    let before = newest(&world);
    let number = before["number"].as_str().unwrap();
    assert_eq!((&before["state"], &before["applied"]), (&json!("due"), &json!(0)));
    assert_eq!(world.run(&["sync"]).status.code(), Some(0));
    let table = world.ok(&["invoices", "list"]);
    for head in ["INVOICE", "MONTH", "CLASS", "STATE", "SUBTOTAL", "DIFFERENCE", "CURRENCY"] {
        assert!(table.lines().next().unwrap().contains(head), "{table}");
    }
    let row = table.lines().find(|row| row.contains(number)).unwrap();
    assert!(
        row.contains("2026-09") && row.contains("standard") && row.contains("applied"),
        "{row}"
    );
    let after = newest(&world);
    assert_eq!((&after["state"], &after["difference"]), (&json!("applied"), &json!("0.00")));
    assert_eq!((&after["due"], &after["failed"]), (&json!(0), &json!(0)));
    let told = world.ok(&["invoices", "show", &number.to_lowercase()]);
    assert!(told.starts_with(&format!("Invoice {number} of 2026-09: standard, applied")), "{told}");
    let detail = shown(&world, number);
    for member in [
        "id",
        "number",
        "month",
        "class",
        "state",
        "undecided",
        "decisions",
        "subtotal",
        "currency",
    ] {
        assert_eq!(detail[member], after[member], "{member} is the list's own");
    }
    for member in ["lines", "sum", "ledger", "retries", "can"] {
        assert!(!detail[member].is_null(), "{member} in {detail}");
    }
    assert_eq!(detail["ledger"]["balance"], "0.00");
    assert_eq!(detail["sum"], after["subtotal"]);
    assert_eq!(detail["can"], json!([]), "what was applied is not decided about");
}

#[test]
fn a_difference_is_accepted_as_it_is_stated_and_synced() {
    let world = small();
    world.set_up();
    let sum = subtotal(&newest(&world));
    let more = sum + rust_decimal::Decimal::new(1, 2);
    let number = odd_header(&world, &json!({ "SubTotal": more.to_string() }));
    ends(&world.run(&["sync"]), 4, &format!("invoices accept {number} --difference 0.01"));
    let held = newest(&world);
    assert_eq!((&held["state"], &held["difference"]), (&json!("held"), &json!("0.01")));
    assert_eq!(held["finding"]["code"], "unsettled");
    let way = format!("prism-connect invoices accept {number} --difference 0.01 --reason TEXT");
    let can = shown(&world, &number)["can"].clone();
    assert!(can.as_array().unwrap().iter().any(|act| act["command"] == way.as_str()), "{can}");
    assert!(world.ok(&["invoices", "show", &number]).contains(&way));
    let accept = |difference: &str| format!("accept {number} --difference {difference}");
    ends(&decide(&world, &accept("0.02"), &[]), 1, "The difference");
    ends(&decide(&world, &accept("cent"), &[]), 64, "an amount is written like 0.01");
    ends(&world.run(&["invoices", "accept", &number, "--difference", "0.01"]), 64, "--reason");
    ends(&decide(&world, &accept("0.01"), &["--read-only"]), 1, "");
    assert_eq!(newest(&world)["state"], "held", "nothing was changed by looking");
    ends(&decide(&world, &accept("0.01"), &[]), 0, "is accepted");
    assert_eq!(world.run(&["sync"]).status.code(), Some(0));
    let detail = shown(&world, &number);
    assert_eq!(
        (&detail["state"], &detail["ledger"]["accepted_difference"]),
        (&json!("applied"), &json!("0.01"))
    );
    assert!(detail["decisions"][0].as_str().unwrap().contains("it was looked at"), "{detail}");
    ends(&decide(&world, &accept("0.01"), &[]), 1, "was applied");
}

#[test]
fn what_does_not_add_up_is_held_in_the_list_before_any_run_has_read_it() {
    let world = small();
    world.set_up();
    let before = newest(&world);
    assert_eq!(before["state"], "due");
    let more = subtotal(&before) + rust_decimal::Decimal::new(1, 2);
    let number = odd_header(&world, &json!({ "SubTotal": more.to_string() }));
    let held = newest(&world);
    assert_eq!((&held["number"], &held["state"]), (&json!(number), &json!("held")));
    assert_eq!(
        (&held["difference"], &held["finding"]["code"]),
        (&json!("0.01"), &json!("unsettled"))
    );
    let advice = held["finding"]["advice"].as_str().unwrap_or_default();
    assert!(advice.contains(&format!("invoices accept {number}")), "{advice}");
}

/// What is left out as a credit may be the month's bill all the same; what is, may be seen as left out.
#[test]
fn what_an_invoice_is_is_said_by_the_operator() {
    let world = small();
    world.set_up();
    let number = odd_header(&world, &json!({ "InvoiceType": "Prepaid" }));
    let of = |world: &World| {
        listed(world).into_iter().find(|one| one["number"] == number.as_str()).unwrap()
    };
    ends(&world.run(&["sync"]), 3, &format!("invoices treat {number} --as standard"));
    let one = of(&world);
    assert_eq!((&one["state"], &one["undecided"]), (&json!("excluded"), &json!(true)));
    assert_eq!(one["class"], "invoice of type “Prepaid”");
    let treat = |what: &str| format!("treat {number} --as {what}");
    ends(&decide(&world, &treat("credit"), &[]), 64, "standard");
    ends(&world.run(&["invoices", "treat", &number, "--as", "excluded"]), 64, "--reason");
    ends(&decide(&world, &treat("excluded"), &["--read-only"]), 1, "");
    assert_eq!(of(&world)["undecided"], true, "nothing was changed by looking");
    ends(&decide(&world, &treat("excluded"), &[]), 0, &number);
    assert_eq!(of(&world)["undecided"], false);
    assert_eq!(world.run(&["sync", "customers"]).status.code(), Some(0));
    ends(&decide(&world, &treat("standard"), &[]), 0, "the next sync applies it");
    assert_eq!(of(&world)["class"], "treated as standard");
    let synced = world.run(&["sync"]);
    assert!(matches!(synced.status.code(), Some(0 | 3)), "{}", said(&synced));
    assert_eq!(of(&world)["state"], "applied");
}

#[test]
fn a_month_is_dropped_once_and_by_whoever_may() {
    let world = small();
    world.set_up();
    let number = odd_header(&world, &json!({ "SubTotal": "forty" }));
    ends(&world.run(&["sync"]), 4, &format!("The header of invoice {number} cannot be read"));
    let held = shown(&world, &number);
    assert_eq!((&held["state"], &held["subtotal"]), (&json!("held"), &Value::Null));
    assert_eq!(held["finding"]["code"], "odd_invoice");
    let dismiss = format!("dismiss {number}");
    ends(&decide(&world, &dismiss, &["--read-only"]), 1, "");
    ends(&world.run(&["invoices", "dismiss", &number]), 64, "--reason");
    ends(&world.run(&["invoices", "dismiss", &number, "--reason", " "]), 64, "reason");
    assert_eq!(shown(&world, &number)["state"], "held");
    let changes = world.changes();
    ends(&decide(&world, &dismiss, &[]), 0, &format!("Invoice {number} is not synced"));
    ends(&decide(&world, &dismiss, &[]), 1, "was dismissed already");
    let shown = shown(&world, &number);
    assert_eq!(shown["state"], "dismissed");
    assert!(shown["decisions"][0].as_str().unwrap().contains("it was looked at"), "{shown}");
    assert_eq!(world.run(&["sync", "customers"]).status.code(), Some(0));
    assert_eq!(world.changes(), changes, "nothing of it is written");
}

#[test]
fn an_invoice_that_nobody_knows_is_said_with_those_there_are() {
    let world = small();
    world.set_up();
    let number = newest(&world)["number"].as_str().unwrap().to_owned();
    let typed = format!("{number}9");
    for words in [
        &["invoices", "show", &typed][..],
        &["invoices", "dismiss", &typed, "--reason", "x"],
        &["invoices", "treat", &typed, "--as", "standard", "--reason", "x"],
        &["invoices", "accept", &typed, "--difference", "0.01", "--reason", "x"],
    ] {
        world.refused(words, 1, &number);
    }
    world.refused(&["invoices", "show", ""], 64, "a value is required");
    world.refused(&["invoices"], 64, "");
}
