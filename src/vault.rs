//! Sealed secrets and their keys.
