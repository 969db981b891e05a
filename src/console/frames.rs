//! How many frames were drawn: a key that was pressed before the one that is seen now was pressed at another.
//!
//! It must not know what a key means, or what a frame shows.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Counted by whoever draws, looked at by whoever takes keys in.
#[derive(Clone, Debug, Default)]
pub struct Frames(Arc<AtomicU64>);

impl Frames {
    /// The last one that was drawn.
    pub(crate) fn last(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn set(&self, frame: u64) {
        self.0.store(frame, Ordering::Relaxed);
    }
}
