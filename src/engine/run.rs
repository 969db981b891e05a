//! Running a sync: observe, plan, apply, verify, record, with a journal that survives any stop (sync-rules 8).
//!
//! It must not decide what is wanted (`planning` does), name a vendor, or show anything.

pub mod crash;
pub mod journal;
