//! Looking after an installation: doctor, exports, support bundle, vault, backups and what is kept of old runs.

pub mod doctor;
pub mod export;
pub mod restore;
pub mod retention;
pub mod support_bundle;
pub mod vault;
