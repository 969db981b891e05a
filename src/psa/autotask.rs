//! Autotask as a target.
