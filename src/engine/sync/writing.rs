//! Writing: the journal, the two commits around every request, and what is done where an answer does not come
//! (sync-rules 8).
//!
//! It must not decide what is to be written.

pub mod backoff;
pub mod crash_point;
pub mod journal;
pub mod late_writes;
pub mod price_readings;
pub mod product_links;
pub mod progress;
pub mod recovery;
pub mod service_prices;
pub mod settle;
pub mod writer;
pub mod written_prices;
