//! The simulated Autotask over HTTP, as unforgiving as the real one, and the control endpoint behind it.

#![expect(clippy::unwrap_used, reason = "helpers of tests; what fails here is the test")]

mod adjustments;
mod assumptions;
mod control;
mod faults;
mod limits;
#[path = "../support/loopback.rs"]
mod loopback;
mod mail;
mod odd_rows;
mod reading;
#[expect(dead_code, reason = "other tests tell other worlds")]
#[path = "../support/scenario.rs"]
mod scenario;
mod stage;
mod writing;
