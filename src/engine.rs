//! The actor between those who show and those who do: takes [`protocol::Command`]s, gives [`protocol::Answer`]s and
//! [`protocol::Event`]s, runs one sync at a time, and keeps the journal protocol.
//!
//! It must not print, draw, or know HTTP. Console, command line and socket send it the same commands (design invariant 7).

pub mod protocol;
pub mod views;
