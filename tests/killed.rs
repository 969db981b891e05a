//! The program as a process of its own, killed at every named place of its writes, or asked to stop by a signal, and
//! started again: what stands in the target in the end is exact, and nothing is written twice.

#[path = "killed/approved.rs"]
mod approved;
#[path = "killed/at_its_start.rs"]
mod at_its_start;
#[path = "killed/at_places.rs"]
mod at_places;
#[path = "killed/beside_edits.rs"]
mod beside_edits;
#[path = "killed/by_signals.rs"]
mod by_signals;
#[path = "killed/daemon.rs"]
mod daemon;
#[path = "killed/full_disk.rs"]
mod full_disk;
#[path = "killed/lines.rs"]
mod lines;
#[path = "support/loopback.rs"]
mod loopback;
#[path = "killed/post.rs"]
mod post;
#[path = "killed/program.rs"]
mod program;
#[expect(dead_code, reason = "the tests of the terminal use the rest")]
#[path = "terminal/pty.rs"]
mod pty;
#[expect(
    dead_code,
    reason = "the engine is another process here; the rig is made for one in this process"
)]
#[path = "support/rig.rs"]
mod rig;
#[expect(dead_code, reason = "other tests tell other worlds")]
#[path = "support/scenario.rs"]
mod scenario;
