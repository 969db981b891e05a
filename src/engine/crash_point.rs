//! Named places where a test may end the process as a power cut would: nothing is flushed, nothing unwinds.
//!
//! Without the feature `crash-points` there is nothing here: only this package's own tests switch it on.
//! The places, in the order in which a run passes them: `run-begun`; for each write `before-intent`,
//! `intent-written`, `sent`, `result-written`, and where it had no answer `before-settling` and `settled`;
//! `before-record`, `contract-recorded` (one contract of several), `recorded`; `before-ledger`,
//! `ledger-recorded`; `before-finish`, `finished`. Product runs pass `product-recorded` for each product. A plan that
//! somebody lets pass has `plan-approved` before its run; a message that was taken `message-taken` before that is put down.

/// Ends the process here if `PRISM_CONNECT_CRASH` says `name`, or `name:n` for the n-th time it is passed.
#[cfg(feature = "crash-points")]
pub(crate) fn crash_point(name: &str) {
    use std::{collections::HashMap, sync::Mutex};
    static PASSED: Mutex<Option<HashMap<String, u64>>> = Mutex::new(None);

    let Ok(wanted) = std::env::var("PRISM_CONNECT_CRASH") else { return };
    let (place, nth) = wanted.rsplit_once(':').unwrap_or((&wanted, "1"));
    if place != name {
        return;
    }
    let mut passed = PASSED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let count = passed.get_or_insert_default().entry(name.to_owned()).or_default();
    *count += 1;
    if count.to_string() == nth {
        std::process::abort();
    }
}

/// Does nothing in ordinary builds.
#[cfg(not(feature = "crash-points"))]
pub(crate) const fn crash_point(_name: &str) {}
