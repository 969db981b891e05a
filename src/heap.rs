//! How the C library keeps memory for this program.
//!
//! glibc gives each thread a heap of its own, and what one thread gives back no other takes; the larger what it was asked for,
//! the more it keeps for the next time. With ten thousand customers that was a third of all memory. How many heaps there may be
//! it reads from the environment, before anything of ours runs. It must not decide what is kept in them.

/// What it is read from; whoever sets it has decided.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const TUNABLES: &str = "GLIBC_TUNABLES";

/// One heap for all threads, and no more kept of what was given back than by default.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const ONE: &str = "glibc.malloc.arena_max=1:glibc.malloc.trim_threshold=131072";

/// Begins the program again as one whose threads share a heap: the same process, with the same arguments. Comes back where that
/// is so already, and where it cannot be had: all goes on as it is, with more memory.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn share_one() {
    use std::{env, os::unix::process::CommandExt as _, process::Command};

    let mut arguments = env::args_os();
    let (None, Some(name), Ok(program)) =
        (env::var_os(TUNABLES), arguments.next(), env::current_exe())
    else {
        return;
    };
    let _ = Command::new(program).arg0(name).args(arguments).env(TUNABLES, ONE).exec();
}

/// Other C libraries keep no heaps of this kind.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn share_one() {}
