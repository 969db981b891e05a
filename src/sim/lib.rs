//! The simulated world: PRISM, Autotask and ConnectWise over HTTP and a mail server over SMTP on loopback, with their own wire types and
//! arithmetic, faults on demand, a journal and a control endpoint. It is a crate of its own, so that it can share nothing with the clients that
//! are tried against it.

#![warn(unreachable_pub)]

pub mod assumptions;
mod autotask;
mod behaviour;
mod connectwise;
mod control;
mod door;
mod faults;
pub mod journal;
mod limits;
pub mod mail;
mod odd_rows;
pub mod prism;
pub mod seed;
mod server;
mod wire;
pub mod world;

pub use behaviour::Behaviour;
pub use faults::EXAMPLE as FAULTS_EXAMPLE;
pub use limits::Limits;
pub use server::{
    Addresses, AutotaskAddress, ConnectwiseAddress, MailAddress, PrismAddress, SimSettings,
    Simulation, Targets,
};
