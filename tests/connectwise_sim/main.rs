//! The simulated ConnectWise over HTTP, as unforgiving as its contract, its invoicing, and the control endpoint behind it.

#![expect(clippy::unwrap_used, reason = "helpers of tests; what fails here is the test")]

mod additions;
mod entrance;
mod faults;
mod invoicing;
mod lists;
#[path = "../support/loopback.rs"]
mod loopback;
#[expect(dead_code, reason = "other tests tell other worlds")]
#[path = "../support/scenario.rs"]
mod scenario;
mod stage;
mod switches;
mod world;
mod writing;
