//! The simulated world: PRISM and Autotask over HTTP on loopback, with their own wire types and arithmetic. It imports nothing else of ours.

pub mod prism;
pub mod seed;
pub mod world;
