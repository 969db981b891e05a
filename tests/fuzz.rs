//! Hostile input at every door: what PRISM and Autotask answer, plan files, files of mappings, the simulator's control
//! endpoint, commands as JSON. Nothing panics, every error can be shown. `FUZZ_CASES` raises the number of cases.
//!
//! `fuzz/corpus` holds inputs picked by hand and what was found; every file there is tried in every run.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "fuzz/autotask.rs"]
mod autotask;
#[path = "fuzz/control.rs"]
mod control;
#[path = "fuzz/files.rs"]
mod files;
#[path = "support/loopback.rs"]
mod loopback;
#[path = "fuzz/mutation.rs"]
mod mutation;
#[path = "fuzz/prism.rs"]
mod prism;
#[path = "support/rig.rs"]
#[expect(dead_code, reason = "only a part of it is needed here")]
mod rig;
#[path = "fuzz/server.rs"]
mod server;
