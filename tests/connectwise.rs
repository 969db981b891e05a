//! The ConnectWise client against a server that behaves as badly as the real one: one test per trap of the wire contract.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "connectwise/stage.rs"]
mod stage;
#[path = "support/stub.rs"]
mod stub;

#[path = "connectwise/outcomes.rs"]
mod outcomes;
#[path = "connectwise/reading.rs"]
mod reading;
#[path = "connectwise/setup.rs"]
mod setup;
