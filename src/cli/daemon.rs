//! Where a daemon is found: what is set, what it left in its data directory, or the place of the whole host.
//!
//! It must not talk to it.

use std::{
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::globals::Globals;
use crate::{
    config::Config,
    files::{self, Existing},
    service::{Way, sockets},
};

/// Lies in the data directory while a daemon has it.
const NOTE: &str = "daemon.json";
const LARGEST_NOTE: u64 = 16 << 10;
/// Where systemd made a folder for the service's sockets.
const RUNTIME_DIRECTORY: &str = "RUNTIME_DIRECTORY";

/// What a daemon leaves for whoever finds its data directory taken.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    pid: u32,
    sockets: PathBuf,
}

/// Where a daemon with these settings has its sockets.
pub(super) fn sockets(config: &Config) -> PathBuf {
    let of_systemd = || {
        let folder = std::env::var_os(RUNTIME_DIRECTORY).filter(|folder| !folder.is_empty());
        folder.map(PathBuf::from)
    };
    config.sockets().or_else(of_systemd).unwrap_or_else(|| config.data_dir().join("sockets"))
}

/// Leaves a note of where they are.
pub(super) fn leave_note(config: &Config, folder: &Path) -> io::Result<()> {
    let note = Note { pid: std::process::id(), sockets: std::path::absolute(folder)? };
    let text = serde_json::to_vec(&note).map_err(io::Error::other)?;
    files::write(&config.data_dir().join(NOTE), &text, Existing::Replaced)
}

/// Takes the note away again.
pub(super) fn take_note(config: &Config) {
    // One that stays is not believed while nobody holds the data.
    let _ = std::fs::remove_file(config.data_dir().join(NOTE));
}

/// The sockets of the daemon that holds these data.
pub(super) fn of_data(data_dir: &Path) -> Option<PathBuf> {
    let text = files::read(&data_dir.join(NOTE), LARGEST_NOTE).ok()?;
    serde_json::from_slice::<Note>(&text).ok().map(|note| note.sockets)
}

/// The way to a daemon that is to be worked with before anything is looked for on this user's own: another host's, one that
/// is set, and that of this host where this user has no data and named none.
pub(super) fn way(config: &Config, globals: &Globals) -> Option<Way> {
    let role = globals.role;
    if let Some(host) = globals.via.clone() {
        return Some(Way::Ssh { program: config.ssh(), host, role });
    }
    if let Some(folder) = config.sockets() {
        return Some(Way::Sockets { folder, role });
    }
    let of_host = Path::new(sockets::OF_HOST);
    let has_none = config.has_own_data_dir() && !config.data_dir().join("store").exists();
    (has_none && sockets::are_there(of_host))
        .then(|| Way::Sockets { folder: of_host.to_owned(), role })
}

/// Where `attach` finds a daemon on this host.
pub(super) fn on_this_host(config: &Config) -> PathBuf {
    let left = || of_data(&config.data_dir());
    config.sockets().or_else(left).unwrap_or_else(|| PathBuf::from(sockets::OF_HOST))
}
