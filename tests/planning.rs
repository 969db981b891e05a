//! The worked cases of the sync rules, planned for Autotask: lines in, dated adjustments out. No network, no store.

mod planning {
    pub mod cases;
    pub mod contracts;
    pub mod guards;
    pub mod prices;
    pub mod properties;
    pub mod world;
}
