//! One socket for each role, opened by the kernel's rules: which one somebody could open *is* what they may do.
//!
//! It must not say what a role may do.

use std::{
    fs::{self, Permissions},
    io::{self, ErrorKind},
    os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use nix::unistd::{Gid, chown};
use tokio::net::{UnixListener, UnixStream};

use super::peer;
use crate::{
    domain::{Code, Role, outcome::Finding},
    engine::protocol::{Refusal, RefusalKind},
    files,
};

/// The roles that have a socket, the strongest first: a client takes the first that it can open.
pub const ROLES: [Role; 4] = [Role::Admin, Role::Approve, Role::Operate, Role::View];

/// Where a daemon of the whole host has its sockets, unless something else is set.
pub const OF_HOST: &str = "/run/prism-connect";

/// The longest path that the kernel takes, in bytes.
const LONGEST: usize = 107;

/// Its group may write, nobody else: who cannot write to a socket cannot open it.
const OF_GROUP: u32 = 0o660;
const OF_OWNER: u32 = 0o600;

/// A socket that somebody can be let in through.
#[derive(Debug)]
pub(super) struct Door {
    pub role: Role,
    pub listener: UnixListener,
    /// Whose it is beside its owner; none where this host has no such group, and then it is nobody's.
    pub group: Option<Gid>,
    path: PathBuf,
}

impl Drop for Door {
    fn drop(&mut self) {
        // One that was taken over by the next daemon is not there under this name any more; that is told by binding.
        let _ = fs::remove_file(&self.path);
    }
}

/// Where the socket of a role is.
#[must_use]
pub fn path(folder: &Path, role: Role) -> PathBuf {
    folder.join(format!("{role}.sock"))
}

/// Whether any socket is there.
#[must_use]
pub fn are_there(folder: &Path) -> bool {
    ROLES.iter().any(|role| is_socket(&path(folder, *role)))
}

fn is_socket(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket())
}

/// Opens the doors of all roles. `groups` names the group of each.
pub(super) async fn bind(
    folder: &Path,
    groups: impl Fn(Role) -> String,
) -> Result<Vec<Door>, Finding> {
    make(folder)?;
    let mut doors = Vec::new();
    for role in ROLES {
        doors.push(door(path(folder, role), role, &groups(role)).await?);
    }
    Ok(doors)
}

/// Makes the folder, or sees that the one there is nobody's who could put something in the place of a socket.
fn make(folder: &Path) -> Result<(), Finding> {
    let longest = path(folder, Role::Approve);
    if longest.as_os_str().len() > LONGEST {
        let text = format!(
            "{} is longer than the {LONGEST} bytes that a socket's path may have.",
            longest.display()
        );
        return Err(unusable(text, "Set `daemon.sockets` to a shorter folder."));
    }
    made(folder).map_err(|error| cannot(folder, &error))?;
    let found = fs::metadata(folder).map_err(|error| cannot(folder, &error))?;
    let us = rustix::process::geteuid().as_raw();
    if found.uid() != us || found.mode() & 0o022 != 0 {
        let text = format!(
            "{} belongs to another user, or others may write there: they could put a socket of theirs in the place of ours.",
            folder.display()
        );
        return Err(unusable(
            text,
            "Set `daemon.sockets` to a folder that only this user can write to.",
        ));
    }
    Ok(())
}

/// Others may pass: what they can open is said by each socket. Those above it are made as all our folders.
fn made(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    files::make_folder(files::folder_of(folder))?;
    fs::create_dir(folder)?;
    // This program makes everything its own (`umask`); that is not meant here.
    fs::set_permissions(folder, Permissions::from_mode(0o755))
}

async fn door(path: PathBuf, role: Role, group: &str) -> Result<Door, Finding> {
    if files::is_taken(&path) && !is_socket(&path) {
        let text = format!("{} is there already, and is no socket.", path.display());
        return Err(unusable(text, "Remove it, or set `daemon.sockets` to another folder."));
    }
    if UnixStream::connect(&path).await.is_ok() {
        let text = format!("Another daemon answers on {}.", path.display());
        return Err(unusable(text, "Stop it first, or set `daemon.sockets` to another folder."));
    }
    let group = peer::group(group);
    // Nobody can open it under its name before it is theirs.
    let new = path.with_extension("new");
    let listener = bound(&new, group).map_err(|error| cannot(&path, &error))?;
    fs::rename(&new, &path).map_err(|error| cannot(&path, &error))?;
    Ok(Door { role, listener, group, path })
}

fn bound(path: &Path, group: Option<Gid>) -> io::Result<UnixListener> {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != ErrorKind::NotFound
    {
        return Err(error);
    }
    let listener = UnixListener::bind(path)?;
    // Whoever is no member of the group and not root cannot give it away.
    let given = group.is_some_and(|group| chown(path, None, Some(group)).is_ok());
    let mode = if given { OF_GROUP } else { OF_OWNER };
    fs::set_permissions(path, Permissions::from_mode(mode))?;
    Ok(listener)
}

fn cannot(path: &Path, error: &io::Error) -> Finding {
    let text = format!("{} cannot be made: {error}", path.display());
    unusable(text, "Check its folder and your rights there, or set `daemon.sockets`.")
}

fn unusable(text: String, advice: &str) -> Finding {
    Finding::new(Code::DaemonSocket, text, advice)
}

/// Opens the socket of the role that is meant, else of the strongest that lets one in.
pub(crate) async fn open(folder: &Path, wanted: Option<Role>) -> Result<UnixStream, Refusal> {
    let roles: Vec<Role> = wanted.map_or_else(|| ROLES.to_vec(), |role| vec![role]);
    let mut shut = None;
    for role in &roles {
        match UnixStream::connect(path(folder, *role)).await {
            Ok(stream) => return Ok(stream),
            Err(error) => shut = Some(worse(shut, error)),
        }
    }
    let kind = shut.as_ref().map_or(ErrorKind::NotFound, io::Error::kind);
    let who = wanted.map_or_else(|| "any role".to_owned(), |role| format!("the role “{role}”"));
    let (text, advice) = if kind == ErrorKind::PermissionDenied {
        (
            format!("You may not open the socket of {who} in {}.", folder.display()),
            "Whoever administers this host decides who is in which group; a new group counts from the next sign-in on.",
        )
    } else {
        (
            format!("No daemon answers in {}.", folder.display()),
            "Start it (`systemctl start prism-connect`, or `prism-connect serve`), or look where it has its sockets.",
        )
    };
    Err(Refusal::new(RefusalKind::Failed, Finding::new(Code::DaemonGone, text, advice)))
}

/// A door that is shut tells more than one that is not there.
fn worse(known: Option<io::Error>, new: io::Error) -> io::Error {
    match known {
        Some(known) if known.kind() == ErrorKind::PermissionDenied => known,
        _ => new,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nobody(_: Role) -> String {
        "no-such-group-of-this-host".to_owned()
    }

    async fn refused(folder: &Path) -> String {
        bind(folder, nobody).await.map(|_| ()).expect_err("refused").text
    }

    #[tokio::test]
    async fn a_path_that_the_kernel_would_not_take_is_refused() {
        let dir = tempfile::tempdir().expect("a folder");
        let text = refused(&dir.path().join("a".repeat(100))).await;
        assert!(text.contains("longer than the 107 bytes"), "{text}");
    }

    #[tokio::test]
    async fn a_folder_that_others_may_write_to_is_refused() {
        let dir = tempfile::tempdir().expect("a folder");
        fs::set_permissions(dir.path(), Permissions::from_mode(0o777)).expect("mode");
        let text = refused(dir.path()).await;
        assert!(text.contains("others may write there"), "{text}");
    }

    #[tokio::test]
    async fn what_is_no_socket_is_never_replaced() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = path(dir.path(), Role::View);
        fs::write(&file, "mine").expect("written");
        assert!(refused(dir.path()).await.contains("is no socket"));
        assert_eq!(fs::read_to_string(file).expect("text"), "mine");
    }

    #[tokio::test]
    async fn a_second_daemon_is_refused_and_what_a_dead_one_left_is_replaced() {
        let dir = tempfile::tempdir().expect("a folder");
        let first = bind(dir.path(), nobody).await.expect("bound");
        assert!(refused(dir.path()).await.contains("Another daemon answers"));
        // As after a kill: the names stay.
        let left: Vec<_> = ROLES.iter().map(|role| path(dir.path(), *role)).collect();
        for (door, path) in first.into_iter().zip(&left) {
            let kept = path.with_extension("kept");
            fs::hard_link(path, &kept).expect("kept");
            drop(door);
            fs::rename(kept, path).expect("as before");
        }
        assert!(are_there(dir.path()));
        bind(dir.path(), nobody).await.expect("bound again");
    }

    #[tokio::test]
    async fn a_socket_without_a_group_is_its_owners_alone() {
        let dir = tempfile::tempdir().expect("a folder");
        let doors = bind(dir.path(), nobody).await.expect("bound");
        for door in &doors {
            let mode = fs::metadata(path(dir.path(), door.role)).expect("there").mode();
            assert_eq!(mode & 0o777, 0o600, "{}", door.role);
        }
        assert!(open(dir.path(), Some(Role::View)).await.is_ok());
        drop(doors);
        let refusal = open(dir.path(), None).await.map(|_| ()).expect_err("nobody there");
        assert!(refusal.finding.text.contains("No daemon answers"), "{refusal}");
    }
}
