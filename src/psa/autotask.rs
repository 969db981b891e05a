//! Autotask as a target.
//!
//! The adapter between billing words and Autotask's REST API: what it sends and reads, and the pure
//! arithmetic that turns wanted quantities into dated adjustments. It must not decide what is wanted.

pub mod advice;
pub mod assumed;
pub mod operations;
