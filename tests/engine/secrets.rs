//! A secret is in no file, no answer, no event, no error and no bundle.

use std::path::Path;

use prism_connect::{
    domain::secret::Secret,
    engine::protocol::{Answer, Command, ExportKind, RefusalKind, SyncRequest},
};

use crate::desk::{CODE, Desk, MARKER, autotask, prism};

fn assert_clean(what: &str, bytes: &[u8]) {
    for secret in [MARKER, CODE] {
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{secret} is in {what}");
    }
}

fn look_through(dir: &Path) -> usize {
    let mut files = 0;
    for entry in std::fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files += look_through(&path);
        } else {
            assert_clean(&path.display().to_string(), &std::fs::read(&path).expect("a file"));
            files += 1;
        }
    }
    files
}

#[tokio::test]
async fn a_stored_secret_reaches_the_client_and_nothing_else() {
    let desk = Desk::ready().await;
    let mut events = desk.handle.events();
    desk.done(Command::TestConnection { name: None, draft: None }).await;
    desk.done(Command::Sync { request: SyncRequest::default() }).await;
    assert!(desk.world().secrets.iter().all(|secret| secret == MARKER));
    assert!(!desk.world().secrets.is_empty());
    for command in [
        Command::Connections,
        Command::Status,
        Command::Doctor,
        Command::Settings,
        Command::SupportBundle,
        Command::Vault,
        Command::Export { what: ExportKind::Runs },
        Command::SaveConnection { draft: prism() },
        Command::SaveConnection { draft: autotask() },
    ] {
        assert_clean("a command's Debug", format!("{command:?}").as_bytes());
        assert_clean("a command's JSON", &serde_json::to_vec(&command).expect("JSON"));
        let answer = desk.done(command).await;
        assert_clean("an answer's Debug", format!("{answer:?}").as_bytes());
        assert_clean("an answer's JSON", &serde_json::to_vec(&answer).expect("JSON"));
    }
    while let Ok(event) = events.try_recv() {
        assert_clean("an event", &serde_json::to_vec(&event).expect("JSON"));
    }
    let file = desk.dir.path().join("backup.jsonl");
    desk.done(Command::Backup { file, force: false }).await;
    desk.engine.shutdown().await;
    assert!(look_through(desk.dir.path()) > 3);
}

#[tokio::test]
async fn a_locked_vault_asks_for_the_passphrase_and_looking_goes_on() {
    let desk = Desk::ready().await;
    let passphrase = Secret::new("correct horse");
    desk.done(Command::SetPassphrase { passphrase: Some(passphrase.clone()) }).await;
    let desk = desk.restarted(false).await;
    desk.done(Command::Status).await;
    let locked = Command::Companies;
    desk.refused_as(locked.clone(), RefusalKind::Locked, "vault_locked").await;
    let save = Command::SaveConnection { draft: autotask() };
    desk.refused_as(save, RefusalKind::Locked, "vault_locked").await;
    let wrong = Command::Unlock { passphrase: Secret::new("battery staple") };
    desk.refused_as(wrong, RefusalKind::Failed, "vault_passphrase").await;
    let Answer::Vault(view) = desk.done(Command::Unlock { passphrase }).await else { panic!() };
    assert!(view.unlocked);
    desk.done(locked).await;
    desk.done(Command::Lock).await;
    desk.refused_as(Command::Companies, RefusalKind::Locked, "vault_locked").await;
}

#[tokio::test]
async fn an_empty_passphrase_is_malformed() {
    let desk = Desk::ready().await;
    let set = Command::SetPassphrase { passphrase: Some(Secret::new("")) };
    desk.refused_as(set, RefusalKind::Malformed, "vault_passphrase").await;
}
