//! What a generated world is to be like.

/// How well the world behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorldKind {
    /// Every usable true mapping syncs with *Success*.
    Clean,
    /// Price changes, gaps, retired products, doubled invoices and the rest of what happens.
    Troubled,
}

/// What to generate.
#[derive(Clone, Debug)]
pub struct WorldSettings {
    /// How well the world behaves.
    pub kind: WorldKind,
    /// The same seed gives the same world.
    pub seed: u64,
    /// End customers.
    pub customers: usize,
    /// Subscriptions per customer.
    pub subscriptions: usize,
    /// The newest month with an issued invoice: year and month.
    pub usage_month: (i32, u32),
}

impl Default for WorldSettings {
    fn default() -> Self {
        Self {
            kind: WorldKind::Clean,
            seed: 1,
            customers: 100,
            subscriptions: 8,
            usage_month: (2026, 9),
        }
    }
}
