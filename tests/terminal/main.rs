//! The console as a terminal program: the real binary in a pseudo-terminal.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod demo;
mod leaving;
mod manners;
mod opening;
mod pty;
mod running;
mod settling;
mod walking;
mod watching;
