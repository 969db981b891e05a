//! Looking after an installation: doctor, exports, support bundle, vault, backups and what is kept of old runs.

pub mod bundle;
pub mod doctor;
pub mod export;
pub mod keep;
pub mod restore;
pub mod vault;
