//! Writing: the journal, the two commits around every request, and what is done where an answer does not come
//! (sync-rules 8).
//!
//! It must not decide what is to be written.

pub(crate) mod backoff;
pub mod journal;
pub(crate) mod late_writes;
pub(crate) mod left_open;
pub(crate) mod price_readings;
pub(crate) mod product_links;
pub(crate) mod progress;
pub(crate) mod service_prices;
pub(crate) mod settle;
pub(crate) mod totals;
pub(crate) mod writer;
pub(crate) mod written_prices;
