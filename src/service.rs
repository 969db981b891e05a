//! One installation for several people: the engine's commands, answers and events over sockets, one for each role.
//!
//! `serve` puts an engine behind sockets ([`server`]); everything else is a client of it ([`client`]), and finds there the
//! same [`Handle`](crate::engine::Handle) that an engine of its own gives. What is said stands in [`talk`], how it lies on
//! the wire in [`frame`]; who may open which socket is the kernel's word ([`sockets`], [`peer`]).
//!
//! It must not know what a command does, and never decide about a right: the engine does, by the role of the socket.

pub mod client;
pub mod metrics;
pub mod server;
pub mod sockets;

mod frame;
mod gather;
mod link;
mod peer;
mod refusals;
mod session;
mod talk;
mod way;

pub use client::{Attached, Client, attach};
pub use server::{Service, ServiceSettings};
pub use talk::{Welcome, passed_on};
pub use way::{Host, Way, WayError};
