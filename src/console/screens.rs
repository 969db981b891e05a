//! One screen per tab: its state, what actions do to it, how it is drawn.

pub(crate) mod causes;
pub(crate) mod chart;
pub(crate) mod connections;
pub(crate) mod customers;
pub(crate) mod dashboard;
pub mod help;
pub(crate) mod products;
pub mod support;
pub(crate) mod sync;
