//! The vault: what opens it, what does not, and that no secret lies anywhere in clear.

#![expect(clippy::unwrap_used, reason = "a test may panic in its helpers, too")]

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use prism_connect::{
    domain::{outcome::Finding, secret::Secret},
    vault::{Hardness, Sealed, Vault, VaultError},
};
use rstest::rstest;

const MARKER: &str = "m4rk3r-s3cr3t-w1th-ümlaut";
const PASSPHRASE: &str = "correct horse battery staple";
const CONTEXT: &str = "connection autotask";

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn open(dir: &Path, key_file: Option<&Path>) -> Result<Vault, VaultError> {
    Vault::open_with(dir, key_file, Hardness { memory_kib: 64, passes: 1 })
}

fn key_file(dir: &Path, name: &str, text: &str) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, text).unwrap();
    set_mode(&path, 0o400);
    path
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn seal(vault: &Vault) -> Sealed {
    vault.seal(CONTEXT, &Secret::new(MARKER)).unwrap()
}

fn assert_opens(vault: &Vault, sealed: &Sealed) {
    assert_eq!(vault.unseal(CONTEXT, sealed).unwrap().expose(), MARKER);
}

#[test]
fn a_secret_sealed_before_is_read_after_opening_again() {
    let dir = folder();
    let sealed = seal(&open(dir.path(), None).unwrap());
    let stored: Sealed = serde_json::from_str(&serde_json::to_string(&sealed).unwrap()).unwrap();
    assert_opens(&open(dir.path(), None).unwrap(), &stored);
}

#[test]
fn the_same_secret_is_sealed_differently_each_time() {
    let dir = folder();
    let vault = open(dir.path(), None).unwrap();
    assert_ne!(seal(&vault), seal(&vault));
}

#[test]
fn a_secret_is_read_only_for_the_purpose_it_was_sealed_for() {
    let dir = folder();
    let vault = open(dir.path(), None).unwrap();
    let error = vault.unseal("connection prism", &seal(&vault)).unwrap_err();
    assert_eq!(error, VaultError::Foreign { context: "connection prism".to_owned() });
}

#[test]
fn a_sealed_text_that_was_changed_is_refused() {
    let dir = folder();
    let vault = open(dir.path(), None).unwrap();
    let text = serde_json::to_string(&seal(&vault)).unwrap();
    for at in 1..text.len() - 1 {
        let mut changed = text.clone().into_bytes();
        changed[at] = if changed[at] == b'0' { b'1' } else { b'0' };
        let changed: Sealed = serde_json::from_slice(&changed).unwrap();
        assert!(vault.unseal(CONTEXT, &changed).is_err(), "changed at {at}");
    }
    for odd in ["", "x1:", "x1:0", "x1:zz", "x2:00", "ü"] {
        let odd: Sealed = serde_json::from_value(odd.into()).unwrap();
        assert!(vault.unseal(CONTEXT, &odd).is_err());
    }
}

#[test]
fn the_secret_of_another_installation_is_refused() {
    let (here, there) = (folder(), folder());
    let sealed = seal(&open(there.path(), None).unwrap());
    let error = open(here.path(), None).unwrap().unseal(CONTEXT, &sealed).unwrap_err();
    assert!(matches!(error, VaultError::Foreign { .. }));
}

#[test]
fn the_key_file_made_on_first_use_is_its_owners_alone() {
    let dir = folder();
    let vault = open(dir.path(), None).unwrap();
    for name in ["vault.key", "vault.json"] {
        let mode = fs::metadata(dir.path().join(name)).unwrap().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let view = vault.view();
    assert_eq!((view.unlocked, view.unlocked_by.as_str()), (true, "key file"));
    assert!(!view.has_passphrase);
    assert!(view.key_file.unwrap().ends_with("vault.key"));
}

#[rstest]
fn a_key_file_that_others_can_get_at_is_refused(
    #[values(0o640, 0o604, 0o620, 0o610, 0o666, 0o644)] mode: u32,
) {
    let dir = folder();
    drop(open(dir.path(), None).unwrap());
    set_mode(&dir.path().join("vault.key"), mode);
    let error = open(dir.path(), None).unwrap_err();
    assert!(matches!(error, VaultError::Exposed { .. }), "{error}");
    assert!(error.to_string().contains(&format!("{mode:o}")), "{error}");
    set_mode(&dir.path().join("vault.key"), 0o600);
    open(dir.path(), None).unwrap();
}

#[test]
fn a_lost_key_file_is_named_and_no_new_one_is_made() {
    let dir = folder();
    drop(open(dir.path(), None).unwrap());
    let key = dir.path().join("vault.key");
    fs::remove_file(&key).unwrap();
    let error = open(dir.path(), None).unwrap_err();
    assert!(error.to_string().contains("vault.key is not there"), "{error}");
    assert!(!key.exists());
    fs::write(&key, "0".repeat(64)).unwrap();
    set_mode(&key, 0o600);
    let error = open(dir.path(), None).unwrap_err();
    assert!(error.to_string().contains("does not fit"), "{error}");
}

#[test]
fn a_named_key_file_comes_first_and_makes_no_key_of_our_own() {
    let dir = folder();
    let named = key_file(dir.path(), "credential", "a credential of 32 random bytes\n");
    let vault = open(dir.path(), Some(&named)).unwrap();
    let sealed = seal(&vault);
    assert_eq!(vault.view().unlocked_by, "PRISM_CONNECT_KEY_FILE");
    assert!(!dir.path().join("vault.key").exists());
    assert_opens(&open(dir.path(), Some(&named)).unwrap(), &sealed);

    let error = open(dir.path(), None).unwrap_err();
    assert!(error.to_string().contains("PRISM_CONNECT_KEY_FILE"), "{error}");
    let other = key_file(dir.path(), "other", "another credential, as long");
    let error = open(dir.path(), Some(&other)).unwrap_err();
    assert!(error.to_string().contains("other does not fit"), "{error}");
}

#[test]
fn a_key_file_named_later_opens_what_was_sealed_before() {
    let dir = folder();
    let sealed = seal(&open(dir.path(), None).unwrap());
    let named = key_file(dir.path(), "credential", "a credential of 32 random bytes\n");
    drop(open(dir.path(), Some(&named)).unwrap());
    fs::remove_file(dir.path().join("vault.key")).unwrap();
    assert_opens(&open(dir.path(), Some(&named)).unwrap(), &sealed);
}

#[rstest]
#[case("", 0o400, "fewer than 16 bytes")]
#[case("short\n         ", 0o400, "fewer than 16 bytes")]
#[case("long enough, but for everybody", 0o444, "644")]
fn a_named_key_file_that_protects_nothing_is_refused(
    #[case] text: &str,
    #[case] mode: u32,
    #[case] says: &str,
) {
    let dir = folder();
    let named = key_file(dir.path(), "credential", text);
    set_mode(&named, mode);
    let error = open(dir.path(), Some(&named)).unwrap_err().to_string();
    assert!(error.contains(says) || error.contains(&format!("{mode:o}")), "{error}");
    let missing = dir.path().join("missing");
    assert!(open(dir.path(), Some(&missing)).unwrap_err().to_string().contains("is not there"));
    assert!(open(dir.path(), Some(dir.path())).unwrap_err().to_string().contains("not a file"));
}

#[test]
fn with_a_passphrase_set_nothing_on_the_disk_opens_the_vault() {
    let dir = folder();
    let mut vault = open(dir.path(), None).unwrap();
    let sealed = seal(&vault);
    vault.set_passphrase(Some(&Secret::new(PASSPHRASE))).unwrap();
    assert_opens(&vault, &sealed);
    assert!(!dir.path().join("vault.key").exists());

    let mut vault = open(dir.path(), None).unwrap();
    assert!(!vault.is_unlocked() && vault.view().has_passphrase);
    assert_eq!(vault.unseal(CONTEXT, &sealed).unwrap_err(), VaultError::Locked);
    assert_eq!(vault.seal(CONTEXT, &Secret::new("x")).unwrap_err(), VaultError::Locked);
    let wrong = vault.unlock(&Secret::new("Correct horse battery staple"));
    assert_eq!(wrong.unwrap_err(), VaultError::WrongPassphrase);
    assert!(!vault.is_unlocked());
    vault.unlock(&Secret::new(PASSPHRASE)).unwrap();
    assert_opens(&vault, &sealed);
    assert_eq!(vault.view().unlocked_by, "passphrase");
    vault.lock().unwrap();
    assert_eq!(vault.unseal(CONTEXT, &sealed).unwrap_err(), VaultError::Locked);
}

#[test]
fn a_passphrase_is_changed_and_removed_without_sealing_anything_again() {
    let dir = folder();
    let mut vault = open(dir.path(), None).unwrap();
    let sealed = seal(&vault);
    vault.set_passphrase(Some(&Secret::new("the first one there was"))).unwrap();
    vault.set_passphrase(Some(&Secret::new("the second one there was"))).unwrap();
    let mut vault = open(dir.path(), None).unwrap();
    assert_eq!(vault.set_passphrase(None).unwrap_err(), VaultError::Locked);
    assert!(vault.unlock(&Secret::new("the first one there was")).is_err());
    vault.unlock(&Secret::new("the second one there was")).unwrap();
    assert_opens(&vault, &sealed);
    vault.set_passphrase(None).unwrap();
    assert!(!vault.view().has_passphrase);
    let mut vault = open(dir.path(), None).unwrap();
    assert_opens(&vault, &sealed);
    assert_eq!(
        vault.unlock(&Secret::new("the second one there was")).unwrap_err(),
        VaultError::NoPassphrase
    );
}

#[test]
fn a_passphrase_that_can_be_guessed_is_refused() {
    let dir = folder();
    let mut vault = open(dir.path(), None).unwrap();
    for short in ["", "hunter2", "elf letters"] {
        let error = vault.set_passphrase(Some(&Secret::new(short))).unwrap_err();
        assert_eq!(error, VaultError::ShortPassphrase, "{short}");
        assert!(!vault.view().has_passphrase);
    }
    // Twelve characters, whatever they are in bytes.
    vault.set_passphrase(Some(&Secret::new("zwölf Zeich."))).unwrap();
}

fn contents(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.map(|path| (path.clone(), fs::read(path).unwrap())).collect();
    files.sort();
    files
}

#[test]
fn a_vault_that_is_only_looked_at_stays_as_it_is() {
    let dir = folder();
    let named =
        key_file(folder().keep().as_path(), "credential", "a credential of 32 random bytes\n");
    assert!(Vault::look(dir.path(), None).unwrap().is_unlocked());
    assert_eq!(contents(dir.path()), [], "none is made");
    let sealed = seal(&open(dir.path(), None).unwrap());
    let before = contents(dir.path());
    let mut vault = Vault::look(dir.path(), Some(&named)).unwrap();
    assert_opens(&vault, &sealed);
    vault.lock().unwrap();
    assert_eq!(contents(dir.path()), before, "the named key file is not taken on");
    let mut vault = open(dir.path(), Some(&named)).unwrap();
    vault.set_passphrase(Some(&Secret::new(PASSPHRASE))).unwrap();
    let before = contents(dir.path());
    Vault::look(dir.path(), Some(&named)).unwrap().lock().unwrap();
    assert_eq!(contents(dir.path()), before, "logging out takes nothing away");
}

#[test]
fn a_key_file_that_is_a_pipe_is_refused_and_not_waited_for() {
    let dir = folder();
    let pipe = dir.path().join("pipe");
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    let kind = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, kind, mode, 0).unwrap();
    for odd in [pipe.as_path(), Path::new("/dev/null")] {
        let error = open(&dir.path().join("data"), Some(odd)).unwrap_err().to_string();
        assert!(error.contains("is not a file") || error.contains("kept from others"), "{error}");
    }
}

#[test]
fn a_lock_lasts_until_the_passphrase_is_given_even_beside_a_named_key_file() {
    let dir = folder();
    let named = key_file(dir.path(), "credential", "a credential of 32 random bytes\n");
    let mut vault = open(dir.path(), Some(&named)).unwrap();
    let sealed = seal(&vault);
    vault.set_passphrase(Some(&Secret::new(PASSPHRASE))).unwrap();
    vault.lock().unwrap();
    let mut vault = open(dir.path(), Some(&named)).unwrap();
    assert!(!vault.is_unlocked());
    vault.unlock(&Secret::new(PASSPHRASE)).unwrap();
    assert_opens(&open(dir.path(), Some(&named)).unwrap(), &sealed);

    vault.set_passphrase(None).unwrap();
    vault.lock().unwrap();
    assert_opens(&open(dir.path(), Some(&named)).unwrap(), &sealed);
}

#[test]
fn a_named_key_file_opens_a_vault_with_a_passphrase() {
    let dir = folder();
    let named = key_file(dir.path(), "credential", "a credential of 32 random bytes\n");
    let mut vault = open(dir.path(), Some(&named)).unwrap();
    let sealed = seal(&vault);
    vault.set_passphrase(Some(&Secret::new(PASSPHRASE))).unwrap();
    assert_opens(&open(dir.path(), Some(&named)).unwrap(), &sealed);

    let mut by_hand = open(dir.path(), None).unwrap();
    assert!(!by_hand.is_unlocked());
    by_hand.unlock(&Secret::new(PASSPHRASE)).unwrap();
    assert_opens(&by_hand, &sealed);
}

#[test]
fn the_real_hardness_of_a_passphrase_is_64_mib_in_three_passes() {
    assert_eq!(Hardness::default(), Hardness { memory_kib: 65_536, passes: 3 });
    let dir = folder();
    let mut vault = Vault::open(dir.path(), None).unwrap();
    vault.set_passphrase(Some(&Secret::new(PASSPHRASE))).unwrap();
    let mut vault = Vault::open(dir.path(), None).unwrap();
    vault.unlock(&Secret::new(PASSPHRASE)).unwrap();
    let stored = fs::read_to_string(dir.path().join("vault.json")).unwrap();
    assert!(stored.contains("65536"), "{stored}");
}

#[test]
fn a_vault_that_asks_for_absurd_memory_is_refused_without_trying() {
    let dir = folder();
    let mut vault = open(dir.path(), None).unwrap();
    vault.set_passphrase(Some(&Secret::new(PASSPHRASE))).unwrap();
    let path = dir.path().join("vault.json");
    let text = fs::read_to_string(&path).unwrap().replace(": 64,", ": 4294967295,");
    assert!(text.contains("4294967295"), "{text}");
    fs::write(&path, text).unwrap();
    let mut vault = open(dir.path(), None).unwrap();
    assert!(vault.unlock(&Secret::new(PASSPHRASE)).is_err());
}

#[rstest]
#[case("")]
#[case("{}")]
#[case("[]")]
#[case("<html>")]
#[case(r#"{"version":2}"#)]
fn a_damaged_vault_is_named_and_left_alone(#[case] text: &str) {
    let dir = folder();
    drop(open(dir.path(), None).unwrap());
    let path = dir.path().join("vault.json");
    fs::write(&path, text).unwrap();
    let error = open(dir.path(), None).unwrap_err();
    assert!(error.to_string().contains("vault.json"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

fn texts_below(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                return texts_below(&path);
            }
            let bytes = fs::read(&path).unwrap();
            vec![(path, bytes)]
        })
        .collect()
}

fn assert_absent(secret: &str, where_: &str, bytes: &[u8]) {
    let hexadecimal = secret.bytes().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    for form in [secret.to_owned(), hexadecimal] {
        let found = bytes.windows(form.len()).any(|window| window == form.as_bytes());
        assert!(!found, "a secret lies in {where_}");
    }
}

#[test]
fn no_secret_lies_in_any_file_or_text() {
    let dir = folder();
    let mut vault = open(dir.path(), None).unwrap();
    let sealed = seal(&vault);
    fs::write(dir.path().join("sealed"), serde_json::to_vec(&sealed).unwrap()).unwrap();
    let key = fs::read_to_string(dir.path().join("vault.key")).unwrap();
    vault.set_passphrase(Some(&Secret::new(PASSPHRASE))).unwrap();
    let wrong = open(dir.path(), None).unwrap().unlock(&Secret::new(MARKER)).unwrap_err();
    let foreign = vault.unseal(MARKER.get(..3).unwrap(), &sealed).unwrap_err();
    let finding = Finding::from(&wrong);
    let texts = format!("{vault:?} {sealed:?} {wrong:?} {wrong} {foreign:?} {foreign} {finding:?}");
    let view = serde_json::to_string(&vault.view()).unwrap();
    for secret in [MARKER, PASSPHRASE, key.as_str()] {
        assert_absent(secret, "a text", texts.as_bytes());
        assert_absent(secret, "the view", view.as_bytes());
        for (path, bytes) in texts_below(dir.path()) {
            assert_absent(secret, &path.display().to_string(), &bytes);
        }
    }
}
