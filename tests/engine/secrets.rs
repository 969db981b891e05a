//! A secret is in no file, no answer, no event, no error and no bundle.

use std::path::Path;

use prism_connect::{
    domain::secret::Secret,
    engine::protocol::{Answer, Command, RefusalKind, SyncRequest, command},
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
    desk.done(command::TestConnection { name: None, draft: None }).await;
    desk.done(command::Sync { request: SyncRequest::default() }).await;
    assert!(desk.world().secrets.iter().all(|secret| secret == MARKER));
    assert!(!desk.world().secrets.is_empty());
    for command in [
        Command::from(command::Connections),
        Command::from(command::Status),
        Command::from(command::Doctor),
        Command::from(command::Settings),
        Command::from(command::SupportBundle),
        Command::from(command::Vault),
        Command::from(command::ExportRuns),
        Command::from(command::SaveConnection { draft: prism() }),
        Command::from(command::SaveConnection { draft: autotask() }),
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
    desk.done(command::Backup { file, force: false }).await;
    desk.engine.shutdown().await;
    assert!(look_through(desk.dir.path()) > 3);
}

#[tokio::test]
async fn a_locked_vault_asks_for_the_passphrase_and_looking_goes_on() {
    let desk = Desk::ready().await;
    let passphrase = Secret::new("correct horse");
    desk.done(command::SetPassphrase { passphrase: Some(passphrase.clone()) }).await;
    let desk = desk.restarted(false).await;
    desk.done(command::Status).await;
    let locked = Command::from(command::Companies);
    desk.refused_as(locked.clone(), RefusalKind::Locked, "vault_locked").await;
    let save = Command::from(command::SaveConnection { draft: autotask() });
    desk.refused_as(save, RefusalKind::Locked, "vault_locked").await;
    let wrong = Command::from(command::Unlock { passphrase: Secret::new("battery staple") });
    desk.refused_as(wrong, RefusalKind::Failed, "vault_passphrase").await;
    let Answer::Vault(view) = desk.done(command::Unlock { passphrase }).await else { panic!() };
    assert!(view.unlocked);
    desk.done(locked).await;
    desk.done(command::Lock).await;
    desk.refused_as(command::Companies, RefusalKind::Locked, "vault_locked").await;
}

#[tokio::test]
async fn an_empty_passphrase_is_malformed() {
    let desk = Desk::ready().await;
    let set = Command::from(command::SetPassphrase { passphrase: Some(Secret::new("")) });
    desk.refused_as(set, RefusalKind::Malformed, "vault_passphrase").await;
}
