//! What a test of the store changes about it. It must not hold what an operator sets.

use super::migration::{MIGRATIONS, Migration};

/// What a test of the store changes about it.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// With fewer bytes free, nothing is written.
    pub least_free_bytes: u64,
    /// After so many bytes of values, commits fail as on a full disk.
    pub fail_after_bytes: Option<u64>,
    /// Steps from older schemas.
    pub migrations: &'static [Migration],
}

impl Default for Options {
    fn default() -> Self {
        Self { least_free_bytes: 32 << 20, fail_after_bytes: None, migrations: MIGRATIONS }
    }
}
