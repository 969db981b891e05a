//! prism-connect keeps a service provider's PSA in step with what its Microsoft CSP distributor invoices.
//!
//! The map (each room's own page says what it must not do):
//!
//! ```text
//!        console (ratatui)            cli (clap)
//!                \                       /
//!                 \    service: the same, over a socket     several at once, by what the kernel lets them open
//!                  \        /
//!                 engine: Command → Answer, Event          one run at a time
//!                    |
//!    observe ──→ plan ──→ apply ──→ verify ──→ record      one direction
//!       |         |         |         |          |
//!  prism, psa  planning    psa       psa       store       planning is pure; the others are adapters
//!                                                mail        what is told outside: letters; web addresses through http
//!                 |
//!              domain                                      ids, money, days, timelines, outcomes: pure
//!  Below the engine is `src/base`, a crate of its own: it cannot name what stands on it
//!  sim: PRISM, the PSAs and a mail server on loopback, beside all this, sharing none of it: a crate of its own
//! ```
//!
//! Invariants, each held by tests:
//! 1. A sync writes only what a plan listed. Planning is pure: the same snapshot gives the same plan.
//! 2. Intent is durable before a request leaves; its result is durable before the next write of that contract.
//!    Nothing with an unknown outcome is sent again before reading back.
//! 3. The target is described by wanted state, never by a counter of ours.
//! 4. Money is decimal; a float never touches it.
//! 5. Console state changes only in `update`; `draw` takes `&App`; effects are values.
//! 6. Secrets cannot be printed or serialised in clear; remote text is cleaned once, where it enters.
//! 7. The engine does not know who shows it.
//! 8. Clock, sleep, randomness and network are parameters.
//! 9. Every stored key carries the connection it belongs to.
//! 10. Commands, answers and events are serialisable values.

#![warn(unreachable_pub)]

pub mod cli;
pub mod config;
pub mod console;
pub mod engine;
pub mod heap;
pub mod service;
pub mod vault;

pub use prism_connect_base::{clock, domain, files, http, mail, planning, prism, psa, store};
pub use prism_connect_sim as sim;
