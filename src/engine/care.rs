//! Looking after an installation: doctor, exports, support bundle, vault and backup.

pub mod bundle;
pub mod doctor;
pub mod export;
pub mod restore;
pub mod vault;
