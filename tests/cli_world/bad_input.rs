//! Whatever is typed wrong or cannot be found: the right code, what and where and what to do, and nothing changed.

use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use super::world::{World, program, said, small};

const TENANT: &str = "victoriastreetpackaging.onmicrosoft.com";
const UNMAPPED: &str = "northwinddental.onmicrosoft.com";
const COMPANY: &str = "Northwind Dental Pty Ltd";

/// Words with the code they end with and a part of what is said.
type Case<'a> = (&'a [&'a str], i32, &'a str);

/// What is stored, as commands show it without asking anybody.
fn stored(world: &World) -> Value {
    json!([
        world.json(&["customers", "list", "--offline"]),
        world.json(&["program", "show", "--offline"]),
        world.json(&["connect", "list"]),
        world.json(&["runs", "list"]),
        world.json(&["retries", "list"]),
    ])
}

/// All of these are refused, and change nothing here or there.
fn refused(world: &World, cases: &[Case<'_>]) {
    let before = (stored(world), world.changes());
    for (words, code, says) in cases {
        world.refused(words, *code, says);
    }
    assert_eq!((stored(world), world.changes()), before);
}

#[test]
fn a_customer_cannot_be_mapped_to_what_is_not_there_or_cannot_work() {
    let world = small();
    world.set_up();
    let contracts = ["Ad hoc support", "Cloud services 2025", "Cloud services (do not use)"];
    let map = |company, contract| {
        ["customers", "map", UNMAPPED, "--company", company, "--contract", contract]
    };
    let typo =
        ["customers", "map", "northwinddentl.onmicrosoft.com", "--company", "X", "--contract", "Y"];
    refused(
        &world,
        &[
            (&typo, 1, "Did you mean “northwinddental.onmicrosoft.com”"),
            (&map("Northwind Dentl", "Y"), 1, "or “Northwind Dental Pty Ltd”?"),
            (
                &map(COMPANY, "Nothing of the kind"),
                1,
                "it has “Microsoft cloud services” (29800000)",
            ),
            (&map(COMPANY, contracts[0]), 1, "Time & Materials"),
            (&map(COMPANY, contracts[1]), 1, "ended on 2026-02-28"),
            (&map(COMPANY, contracts[2]), 1, "is not active"),
            (&map(COMPANY, "29800040"), 1, "belongs to company 29683004"),
            (&map("", "Y"), 64, "No company is named"),
            (&map(COMPANY, " "), 64, "No contract is named"),
            (
                &["customers", "map", "", "--company", "X", "--contract", "Y"],
                64,
                "No tenant is named",
            ),
            (&["customers", "sync", UNMAPPED, "on"], 1, "is not linked to a contract yet"),
            (&["customers", "sync", TENANT, "nowhere.example", "off"], 1, "nowhere.example"),
            (&["customers", "sync", TENANT, "perhaps"], 64, "neither on nor off"),
            (&["customers", "unmap", UNMAPPED], 1, "is not linked to a contract yet"),
            (&["customers", "note", UNMAPPED, "text"], 1, "is not linked to a contract yet"),
            (
                &["customers", "choose-service", TENANT, "nothing", "--contract-service", "1"],
                1,
                "nothing",
            ),
            (&["customers", "automap", "--min-score", "101"], 64, "--min-score"),
        ],
    );
}

#[test]
fn what_is_looked_up_and_not_found_is_named() {
    let world = small();
    world.set_up();
    let sku = world.json(&["products", "list"])[0]["key"].as_str().unwrap().to_owned();
    refused(
        &world,
        &[
            (&["connect", "test", "autotsk"], 1, "Did you mean “autotask”"),
            (&["connect", "agreement", "nothing"], 1, "nothing"),
            (
                &["program", "set", "--billing-code", "Cloud Servces"],
                1,
                "Did you mean “Cloud Services”",
            ),
            (&["program", "set", "--billing-code", ""], 64, "billing code is empty"),
            (&["program", "set", "--vendor", "nobody"], 1, "There is no vendor “nobody”"),
            (&["program", "set", "--notify", "nobody"], 64, "is no e-mail address"),
            (&["products", "pin", "nothing", "--service", "29682705"], 1, "There is no"),
            (&["products", "pin", &sku, "--service", "1"], 1, "There is no service “1”"),
            (&["products", "unpin", "nothing"], 1, "There is no product with a chosen service"),
            (&["products", "adopt", "nothing"], 1, "There is no product “nothing”"),
            (&["plan", "--customer", "nobody.example"], 1, "nobody.example"),
            (&["sync", "--customer", UNMAPPED], 1, "is not linked to a contract yet"),
            (&["sync", "--customer", ""], 64, "No tenant is named"),
            (&["sync", "everything"], 64, "products, customers, all"),
            (&["history", "nobody.example"], 1, "nobody.example"),
            (&["runs", "show", "99"], 1, "There is no run 99"),
            (&["retries", "dismiss", "99", "--reason", "x"], 1, "There is no retry “99”"),
            (&["retries", "dismiss", "99", "--reason", " "], 64, "reason is missing"),
            (&["ack", "99"], 1, "There is no entry “99”"),
            (&["ack", ""], 64, "a value is required"),
        ],
    );
}

#[test]
fn nothing_is_synced_before_a_billing_code_is_chosen() {
    let world = small();
    world.connect_prism(world.place("/prism/client_secret"));
    world.connect_autotask(world.place("/autotask/secret"));
    refused(
        &world,
        &[
            (&["program", "set", "--sync", "on"], 1, "No billing code is chosen"),
            (&["sync"], 1, "Sync is switched off"),
        ],
    );
}

#[test]
fn a_plan_that_is_not_what_would_be_written_now_writes_nothing() {
    let world = small();
    world.set_up();
    world.ok(&["sync", "products"]);
    let file = |name: &str, bytes: &[u8]| {
        let path = world.path(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let good = world.path("good").to_str().unwrap().to_owned();
    world.ok(&["plan", "customers", "--out", &good]);
    let text = std::fs::read(&good).unwrap();
    let edited = String::from_utf8(text.clone()).unwrap().replacen('+', "+1", 1);
    assert_ne!(edited.as_bytes(), text);
    let sync = |path| ["sync", "--plan", path];
    let (empty, cut) = (file("empty", b""), file("cut", &text[..text.len() / 2]));
    let (edited, bytes) = (file("edited", edited.as_bytes()), file("bytes", &[0xFF; 2000]));
    let (home, missing) = (world.home.path().to_str().unwrap(), world.path("missing"));
    refused(
        &world,
        &[
            (&sync(missing.to_str().unwrap()), 1, "cannot be read"),
            (&sync(home), 1, "cannot be read"),
            (&sync(""), 64, "a value is required"),
            (&sync(&empty), 1, "The plan cannot be used"),
            (&sync(&cut), 1, "The plan cannot be used"),
            (&sync(&edited), 1, "was changed after it was made"),
            (&sync(&bytes), 1, "is not text in UTF-8"),
            (&["sync", "products", "--plan", &good], 64, "about something else"),
            (&["sync", "--recheck", "--plan", &good], 64, "about something else"),
        ],
    );
    world.ok(&["sync", "customers", "--plan", &good]);
    let stale = "Red Earth Childcare, Microsoft cloud services, invoice";
    refused(&world, &[(&sync(&good), 1, stale), (&sync(&good), 1, "Nothing was written")]);
}

#[test]
fn a_file_of_mappings_is_taken_whole_or_not_at_all() {
    let world = small();
    world.set_up();
    let whole = world.ok(&["export", "customers"]);
    let file = |name: &str, text: &str| {
        let path = world.path(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let import = |path| ["customers", "import", path];
    let off = whole.replace(",on,", ",off,");
    let wrong = file("wrong", &off.replacen(",off,", ",perhaps,", 1));
    let cut = file("cut", &off[..off.len() - 20]);
    let company = file("company", &off.replacen("29683001", "29689999", 1));
    let (empty, other) = (file("empty", ""), file("other", "name,number\nx,1\n"));
    let missing = world.path("missing");
    refused(
        &world,
        &[
            (&import(&wrong), 64, "says sync “perhaps”"),
            (&import(&cut), 64, "cells, the header has 12"),
            (&import(&company), 1, "29689999"),
            (&import(&empty), 64, "There is nothing in the file"),
            (&import(&other), 64, "neither a column `tenant_id` nor `tenant`"),
            (&import(missing.to_str().unwrap()), 1, "cannot be read"),
            (&import("-"), 64, "There is nothing in the file"),
        ],
    );
}

#[test]
fn a_connection_that_cannot_work_is_told_apart_by_its_cause() {
    let world = small();
    let connect = |flags: &[&str]| {
        let words = [&["connect", "prism", "--secret-stdin"], flags].concat();
        world.run_with(&words, "marker-of-a-secret\n")
    };
    let whole = |api: &str, client: &str| {
        let identity = world.place("/prism/identity_url");
        let flags = ["--api-url", api, "--identity-url", identity, "--client-id", client];
        let stored = connect(&flags);
        assert!(stored.status.success(), "{}", said(&stored));
    };
    let api = world.place("/prism/api_url");
    let cases = [
        (api.to_owned(), "nobody", "does not know this client id"),
        ("http://127.0.0.1:1".to_owned(), "x", "does not work"),
        ("https://no-such-host.invalid".to_owned(), "x", "does not work"),
    ];
    for (url, client, says) in cases {
        whole(&url, client);
        let said = world.refused(&["connect", "test", "prism"], 1, says);
        assert!(!said.contains("marker-of-a-secret"), "{said}");
    }
    let tls = world.place("/prism/identity_url").replace("http://", "https://");
    assert!(connect(&["--identity-url", &tls]).status.success());
    world.refused(&["connect", "test", "prism"], 1, "cannot be reached");
    for url in ["api.example", "ftp://api.example", "http://", "https://x/?q=1", "https://a:b@x"] {
        let refused = connect(&["--api-url", url]);
        assert_eq!(refused.status.code(), Some(64), "{url}: {}", said(&refused));
    }
    assert_eq!(world.changes(), 0);
}

#[test]
fn a_reader_that_goes_away_and_a_closed_stdin_are_no_faults_of_the_program() {
    let home = tempfile::tempdir().unwrap();
    for words in [&["status"][..], &["config", "show"], &["man"], &["--help"], &["connect", "list"]]
    {
        let mut child = program(home.path()).args(words).spawn().unwrap();
        drop(child.stdout.take());
        let done = child.wait_with_output().unwrap();
        assert_eq!(done.status.code(), Some(0), "{words:?}: {}", said(&done));
        assert_eq!(done.stderr, b"", "{words:?}");
    }
    for words in ["passphrase set --secret-stdin", "connect prism --secret-stdin"] {
        let mut shell = Command::new("sh");
        let closed = format!("exec \"$0\" {words} <&-");
        shell.args(["-c", &closed, env!("CARGO_BIN_EXE_prism-connect")]).env("HOME", home.path());
        let done = shell.stdin(Stdio::null()).output().unwrap();
        assert_eq!(done.status.code(), Some(1), "{}", said(&done));
        assert!(said(&done).contains("stdin is closed or empty"), "{}", said(&done));
    }
}

#[test]
fn a_name_that_is_no_text_is_refused_and_nothing_is_made_instead() {
    let home = tempfile::tempdir().unwrap();
    let directory = OsStr::from_bytes(b"data\xFF");
    let done = program(home.path())
        .arg("--data-dir")
        .arg(home.path().join(directory))
        .arg("status")
        .output();
    let done = done.unwrap();
    assert_eq!(done.status.code(), Some(64), "{}", said(&done));
    let made = std::fs::read_dir(home.path()).unwrap().count();
    assert_eq!(made, 0, "{}", said(&done));
    let tenant = OsStr::from_bytes(b"a\xFF");
    let done = program(home.path()).arg("history").arg(tenant).output().unwrap();
    assert_eq!(done.status.code(), Some(64), "{}", said(&done));
}
