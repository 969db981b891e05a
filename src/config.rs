//! Effective settings, each with its origin.
