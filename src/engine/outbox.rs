//! The outbox: what is to be told outside, and how far that has come.
//!
//! ```text
//!   run ends ── one commit: its header, and the occasion ──→ OCCASIONS
//!                                                             │  post: whom it concerns, in which words
//!                                                             ↓
//!                                        MESSAGES: one each, with a delivery for every recipient and its tries
//! ```
//! Whoever has something to tell puts an [`Occasion`] into the commit of what it is about; nothing is told that did not
//! happen, and nothing that happened is left untold by a crash. It must not speak SMTP or HTTP.

pub mod occasion;
pub(crate) mod spool;

pub use occasion::Occasion;
