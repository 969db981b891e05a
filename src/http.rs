//! The one HTTP client: time-outs, back-off on reads, limits, budget, paging helpers, redaction, cleaning of remote text.
//!
//! It must not know an endpoint, and it never sends a write twice.
