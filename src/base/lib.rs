//! What the engine stands on: billing's own terms and rules, which are pure, and the adapters to PRISM, the PSAs, mail, files and
//! the store. It is a crate of its own, so that nothing here can know of the engine or of who shows it, and so that it is built
//! while the simulated world is. `prism_connect` names each room as its own.

#![warn(unreachable_pub)]

pub mod clock;
pub mod domain;
pub mod files;
pub mod http;
pub mod mail;
pub mod planning;
pub mod prism;
pub mod psa;
pub mod store;
