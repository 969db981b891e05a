//! What this process keeps from others on its machine, from its first moment on.

use rustix::{
    fs::Mode,
    process::{DumpableBehavior, Resource, Rlimit},
};

/// Whatever the program makes is its owner's alone, and nobody but root looks into its memory: it leaves no core behind,
/// which would hold secrets in clear, and no other process of the same user may trace it.
pub fn keep_to_itself() {
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    // Where the system does not know one of these, nothing is lost but the caution.
    let _ =
        rustix::process::setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let _ = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

/// From here on, others may read what is made: for what holds no secret and is everybody's.
pub(super) fn let_others_read() {
    rustix::process::umask(Mode::WGRP | Mode::WOTH);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_core_is_left_and_nobody_traces_it() {
        keep_to_itself();
        let dumpable = rustix::process::dumpable_behavior().expect("told");
        assert_eq!(dumpable, DumpableBehavior::NotDumpable);
        assert_eq!(rustix::process::getrlimit(Resource::Core).current, Some(0));
        assert_eq!(rustix::process::umask(Mode::RWXG | Mode::RWXO), Mode::RWXG | Mode::RWXO);
    }
}
