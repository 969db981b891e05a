//! Where tests keep what lasts no longer than they do.

use tempfile::TempDir;

/// In memory, where the system offers that and has room: a store makes every commit durable, and on a disk a test
/// that looks at bills waits for that a third of its time. What survives a killed program survives here too; what a
/// power cut leaves is tested with the store itself.
const IN_MEMORY: &str = "/dev/shm";

/// Two tests with a store each take a few MiB; containers are given 64 in all.
const ROOM: u64 = 512 << 20;

/// A new directory, gone with the value.
pub fn directory() -> TempDir {
    let room = rustix::fs::statvfs(IN_MEMORY).map(|disk| disk.f_bavail * disk.f_frsize);
    let in_memory = if room.is_ok_and(|room| room >= ROOM) {
        tempfile::tempdir_in(IN_MEMORY).ok()
    } else {
        None
    };
    in_memory.unwrap_or_else(|| tempfile::tempdir().expect("a directory"))
}
