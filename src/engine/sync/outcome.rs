//! What became of a run: its rows, the ledger of every invoice, and what the next month needs to know.
//!
//! It must not write to the target.

pub(crate) mod amend;
pub(crate) mod begun_ledgers;
pub(crate) mod customer_rows;
pub(crate) mod in_terms;
pub(crate) mod product_rows;
pub(crate) mod rows;
pub(crate) mod statuses;
