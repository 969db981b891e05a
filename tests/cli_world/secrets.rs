//! Secrets: nowhere in clear, and opened only by who may.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use super::{
    nowhere_in,
    world::{World, said, small},
};

const WRONG: &str = "marker-wrong-secret-42";
const PASSPHRASE: &str = "marker passphrase 42";
/// Everything that a log can hold, without the database's own steps.
const LOUDEST: &str = "trace,sled=info";

/// Runs with the loudest log; gives all that was printed.
fn loud(world: &World, words: &[&str], key_file: Option<&Path>) -> String {
    let mut command = world.command(words);
    command.env("PRISM_CONNECT_LOG", LOUDEST);
    if let Some(path) = key_file {
        command.env("PRISM_CONNECT_KEY_FILE", path);
    }
    said(&command.output().unwrap())
}

#[test]
fn no_secret_is_in_any_file_or_line_of_the_loudest_program() {
    let world = small();
    world.set_up();
    let place = |name: &str| world.path(name).to_str().unwrap().to_owned();
    let (bundle, backup, plan) = (place("bundle"), place("backup"), place("plan"));
    let mut seen = String::new();
    for words in [
        &["connect", "test", "--json"][..],
        &["sync", "--note", "loud"],
        &["sync", "--plan", "/nowhere"],
        &["plan", "--recheck", "--out", &plan, "--json"],
        &["status", "--json"],
        &["doctor", "--json"],
        &["program", "show", "--json"],
        &["products", "list"],
        &["runs", "show", "last", "--json"],
        &["export", "runs", "--format", "json"],
        &["export", "customers"],
        &["export", "ledger"],
        &["config", "show", "--json"],
        &["backup", &backup],
        &["support-bundle", &bundle],
    ] {
        seen.push_str(&loud(&world, words, None));
    }
    let client = world.place("/prism/client_secret").to_owned();
    let password = world.place("/autotask/secret").to_owned();
    assert!(world.connect_prism(WRONG).status.success());
    assert!(world.connect_autotask(WRONG).status.success());
    for words in [&["connect", "test"][..], &["customers", "list"], &["program", "show"], &["plan"]]
    {
        seen.push_str(&loud(&world, words, None));
    }
    let set = world.run_with(&["passphrase", "set", "--secret-stdin"], PASSPHRASE);
    seen.push_str(&said(&set));
    seen.push_str(&loud(&world, &["sync"], None));
    seen.push_str(&loud(&world, &["support-bundle", &place("bundle2")], None));
    for secret in [client.as_str(), &password, WRONG, PASSPHRASE] {
        assert!(!seen.contains(secret), "{secret} was printed");
        nowhere_in(world.home.path(), secret.as_bytes());
    }
    let logs = world.path(".local/state/prism-connect");
    let logged = fs::read_dir(logs).unwrap().map(|log| log.unwrap().metadata().unwrap().len());
    assert!(logged.sum::<u64>() > 10_000, "there was a log to look into");
}

#[test]
fn a_key_file_that_others_can_read_is_refused() {
    let world = small();
    world.ok(&["status"]);
    let own = world.data().join("vault.key");
    assert_eq!(fs::metadata(&own).unwrap().permissions().mode() & 0o777, 0o600);
    fs::set_permissions(&own, fs::Permissions::from_mode(0o640)).unwrap();
    world.refused(&["status"], 1, "its mode is 640");
    fs::set_permissions(&own, fs::Permissions::from_mode(0o600)).unwrap();
    let named = world.path("key");
    fs::write(&named, "0123456789abcdef0123456789abcdef").unwrap();
    fs::set_permissions(&named, fs::Permissions::from_mode(0o644)).unwrap();
    let said = loud(&world, &["status"], Some(&named));
    assert!(said.contains("is not kept from others: its mode is 644"), "{said}");
    fs::set_permissions(&named, fs::Permissions::from_mode(0o600)).unwrap();
    let said = loud(&world, &["doctor"], Some(&named));
    assert!(said.contains("Unlocked by"), "{said}");
}

#[test]
fn logging_out_lasts_where_a_passphrase_is_set_and_says_so_where_none_is() {
    let world = small();
    world.set_up();
    let without = world.ok(&["logout"]);
    assert!(without.contains("no passphrase is set"), "{without}");
    world.ok(&["connect", "test", "prism"]);
    let key = world.path("key");
    fs::write(&key, "0123456789abcdef0123456789abcdef").unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let tested = || loud(&world, &["connect", "test", "prism"], Some(&key));
    assert!(tested().contains("prism: works"));
    let set = world.run_with(&["passphrase", "set", "--secret-stdin"], PASSPHRASE);
    assert!(set.status.success(), "{}", said(&set));
    assert!(tested().contains("prism: works"), "the named key file comes first");
    let with = loud(&world, &["logout"], Some(&key));
    assert!(with.contains("Logged out"), "{with}");
    assert!(tested().contains("are locked"), "{}", tested());
    world.refused(&["sync"], 1, "are locked");
    world.refused(&["passphrase", "remove"], 1, "are locked");
}
