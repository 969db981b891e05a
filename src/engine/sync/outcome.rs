//! What became of a run: its rows, the ledger of every invoice, and what the next month needs to know.
//!
//! It must not write to the target.

pub mod account;
pub mod amend;
pub mod begun_ledgers;
pub mod product_rows;
pub mod rows;
