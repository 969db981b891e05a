//! The Autotask client against a server that behaves as badly as the real one: one test per trap of the wire contract.

#[path = "support/loopback.rs"]
mod loopback;
#[path = "autotask/stub.rs"]
mod stub;

#[path = "autotask/outcomes.rs"]
mod outcomes;
#[path = "autotask/reading.rs"]
mod reading;
#[path = "autotask/setup.rs"]
mod setup;
#[path = "autotask/simulated.rs"]
mod simulated;
