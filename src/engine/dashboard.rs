//! What the dashboard shows: cards, and what wants the operator.
//!
//! It must not change anything.

pub mod attention;
pub mod cards;
