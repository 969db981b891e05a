//! The simulated PRISM: identity server and API by the wire contract, strict where the contract is. State lives in the world;
//! journal and faults are laid around these routers by whoever serves them.

use std::sync::{Arc, RwLock};

use axum::Router;

use super::world::World;

/// The world as the servers share it.
pub type SharedWorld = Arc<RwLock<World>>;

/// How this PRISM behaves (wire section 11).
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is one independent switch of the contract")]
pub struct PrismSettings {
    /// Most records on a page, whatever the client asks.
    pub page_size_limit: usize,
    /// How long a token is good.
    pub token_lifetime_seconds: u64,
    /// Whether the invoice CSV begins with a byte-order mark.
    pub csv_bom: bool,
    /// Whether the invoice CSV has its last six columns.
    pub csv_last_columns: bool,
    /// Whether invoice headers say their type.
    pub invoice_type: bool,
    /// Whether the standard invoice has the Azure lines.
    pub azure_lines: bool,
    /// Whether users may sign in to make credentials (A18).
    pub device_sign_in: bool,
}

impl Default for PrismSettings {
    fn default() -> Self {
        Self {
            page_size_limit: 500,
            token_lifetime_seconds: 3600,
            csv_bom: true,
            csv_last_columns: true,
            invoice_type: true,
            azure_lines: true,
            device_sign_in: true,
        }
    }
}

/// The API, E1 to E18, under `/api`.
pub fn api_router(_world: SharedWorld, _settings: PrismSettings) -> Router {
    Router::new()
}

/// The identity server: tokens, device sign-in and its approval page.
pub fn identity_router(_world: SharedWorld, _settings: PrismSettings) -> Router {
    Router::new()
}
