//! The simulated Autotask over HTTP, as unforgiving as the real one, and the control endpoint behind it.

mod adjustments;
mod control;
mod faults;
mod limits;
mod reading;
mod stage;
mod writing;
