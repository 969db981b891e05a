//! Everything support needs, as named text files. No secret is in it: secrets lie sealed in records that are
//! not part of it, and logs are cleaned where they are written.

use std::{
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::Serialize;

use crate::{
    engine::{
        connections,
        context::{Caller, Context},
        dashboard::{attention, survey},
        history::retries,
        outbox,
        protocol::{Refusal, RefusalKind},
        sync::outcome::rows,
        tables::AUDIT,
    },
    store::Key,
};

/// So many runs, changes and bytes of each log are taken.
const RUNS: usize = 20;
const REPORTS: usize = 3;
const CHANGES: usize = 500;
const LOG_BYTES: u64 = 1 << 20;
const LOGS: usize = 5;

/// Puts it together.
pub(crate) async fn bundle(
    context: &Arc<Context>,
    caller: &Caller,
) -> Result<Vec<(String, String)>, Refusal> {
    let book = context.load_book().await?;
    let views = connections::views(context).await?;
    let runs = rows::newest(&context.store, RUNS).await?;
    let attention =
        attention::list(context, &*survey::groundwork(context).await?, &views, &runs).await?;
    let attention: Vec<_> = attention.into_iter().map(|one| one.view).collect();
    let audit = context.store.scan_back(AUDIT, Key::new(), CHANGES).await?;
    let audit: Vec<_> = audit.into_iter().map(|(_, entry)| entry).collect();
    let mappings: Vec<_> = book.mappings.values().collect();
    let mut files = vec![
        ("about.txt".to_owned(), about(context)),
        json("settings.json", &context.config.settings()),
        json("connections.json", &views),
        json("options.json", &context.options().await?),
        json("mappings.json", &mappings),
        json("runs.json", &runs),
        json("attention.json", &attention),
        json("retries.json", &retries::views(context).await?),
        json("changes.json", &audit),
        ("store.txt".to_owned(), store(context).await),
        doctor(context, caller).await?,
    ];
    for run in runs.iter().take(REPORTS) {
        let report = rows::report(&context.store, run.id).await?;
        files.push(json(&format!("run-{}.json", run.id), &report));
    }
    let dir = context.config.state_dir();
    let logs = tokio::task::spawn_blocking(move || logs(&dir)).await.unwrap_or_default();
    files.extend(logs);
    without_secrets(context, files).await
}

fn json(name: &str, value: &impl Serialize) -> (String, String) {
    let text = serde_json::to_string_pretty(value);
    (name.to_owned(), text.unwrap_or_else(|error| format!("cannot be written: {error}")))
}

fn about(context: &Context) -> String {
    format!(
        "prism-connect {}\ninstallation {}\n{} {}\nat {}\n",
        env!("CARGO_PKG_VERSION"),
        context.store.installation(),
        std::env::consts::OS,
        std::env::consts::ARCH,
        context.clock.now().format("%Y-%m-%dT%H:%M:%SZ"),
    )
}

/// What the doctor says now. A doctor that cannot look is itself worth telling.
async fn doctor(context: &Arc<Context>, caller: &Caller) -> Result<(String, String), Refusal> {
    match super::doctor::look(context, caller).await {
        Ok(view) => Ok(json("doctor.json", &view)),
        Err(refusal) if refusal.kind == RefusalKind::Cancelled => Err(refusal),
        Err(refusal) => Ok(json("doctor.json", &refusal.finding)),
    }
}

async fn store(context: &Context) -> String {
    match context.store.verify().await {
        Ok(report) => format!("{report:#?}\n"),
        Err(error) => format!("{} {}\n", error.text(), error.advice()),
    }
}

/// The ends of the newest logs.
fn logs(dir: &Path) -> Vec<(String, String)> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let files = entries.flatten().filter(|entry| {
        entry.file_type().is_ok_and(|kind| kind.is_file())
            && entry.file_name().to_string_lossy().contains(".log")
    });
    let age = |entry: &std::fs::DirEntry| entry.metadata().and_then(|data| data.modified()).ok();
    let mut files: Vec<(_, PathBuf)> = files.map(|entry| (age(&entry), entry.path())).collect();
    files.sort();
    let newest = files.into_iter().rev().take(LOGS);
    newest
        .filter_map(|(_, path)| {
            let name = path.file_name()?.to_string_lossy().into_owned();
            Some((format!("logs/{name}"), tail(&path).ok()?))
        })
        .collect()
}

fn tail(path: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LOG_BYTES)))?;
    let mut bytes = Vec::new();
    file.take(LOG_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The last line of defence: whatever secret is stored now is looked for and blotted out.
async fn without_secrets(
    context: &Context,
    mut files: Vec<(String, String)>,
) -> Result<Vec<(String, String)>, Refusal> {
    let secrets = outbox::secrets_in_clear(context).await?;
    for secret in secrets.iter().filter(|secret| secret.expose().len() >= 4) {
        for (_, text) in &mut files {
            if text.contains(secret.expose()) {
                *text = text.replace(secret.expose(), crate::domain::secret::MASK);
            }
        }
    }
    Ok(files)
}
