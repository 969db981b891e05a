//! One screen per tab: its state, what actions do to it, how it is drawn.

pub mod connections;
pub mod customers;
pub mod dashboard;
pub mod help;
pub mod products;
pub mod support;
pub mod sync;
