//! The simulated PRISM: identity server and API by the wire contract, strict where the contract is. State lives in the world;
//! journal and faults are laid around these routers by whoever serves them.

mod caller;
mod customers;
mod identity;
mod invoices;
mod prices;
mod replies;
mod settings;
mod state;
mod tenants;
mod usage;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

pub use self::settings::PrismSettings;
pub use self::state::SharedWorld;

use self::replies::Refusal;
use self::state::Prism;
use super::behaviour::Behaviour;

/// The API, E1 to E18, under `/api`.
pub fn api_router(world: SharedWorld, settings: PrismSettings, behaviour: Behaviour) -> Router {
    let assumed = behaviour.clone();
    let usage = "/api/v2/microsoftcsp/azure";
    Router::new()
        .route("/api/v1/me", get(customers::me))
        .route("/api/v1/me/customers", get(customers::list))
        .route("/api/v2/customers", post(customers::create))
        .route("/api/v2/contractagreements/{id}/tenants", get(tenants::of_agreement))
        .route("/api/v2/microsoftcsp/tenants", get(tenants::list))
        .route("/api/v2/microsoftcsp/tenants/{id}", get(tenants::one))
        .route("/api/v2/microsoftcsp/tenants/{id}/products/available", get(prices::available))
        .route("/api/v2/microsoftcsp/subscriptions/{id}", get(tenants::subscription))
        .route("/api/v2/consumption/subscriptions/{id}", get(tenants::subscription))
        .route("/api/v2/microsoftcsp/orders", post(tenants::order))
        .route("/api/v2/microsoftcsp/subscriptions/{id}/quantity/{n}", post(tenants::set_quantity))
        .route("/api/v2/me/pricing/{id}/pricelist/{year}/{month}/{day}", get(prices::list))
        .route("/api/v2/me/pricing/{id}/pricelist/{year}/{month}/{day}/", get(prices::list))
        .route("/api/v2/invoices", get(invoices::list))
        .route("/api/v1/me/invoice/{id}/csv", get(invoices::csv))
        .route(&format!("{usage}/usage/summary/{{id}}"), get(usage::summary))
        .route(&format!("{usage}/usage/detailed"), post(usage::detailed))
        .route(&format!("{usage}/detailed/{{id}}"), post(usage::gone))
        .route("/api/v2/programs", get(customers::programs))
        .route("/api/v2/me/clientcredentials", post(customers::credentials))
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method)
        .with_state(Prism { world, settings: Arc::new(settings), behaviour })
        .layer(from_fn_with_state(assumed, replies::errors_as_assumed))
}

/// The identity server: tokens, device sign-in and its approval page.
pub fn identity_router(
    world: SharedWorld,
    settings: PrismSettings,
    behaviour: Behaviour,
) -> Router {
    Router::new()
        .route("/core/connect/token", post(identity::token))
        .route("/core/connect/deviceauthorization", post(identity::device))
        .route("/device", get(identity::page).post(identity::answer))
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method)
        .with_state(Prism { world, settings: Arc::new(settings), behaviour })
}

async fn unknown_path() -> Refusal {
    Refusal::unknown("No HTTP resource was found that matches the request.")
}

async fn wrong_method() -> Refusal {
    let message = "The requested resource does not support this HTTP method.";
    Refusal::with(StatusCode::METHOD_NOT_ALLOWED, message)
}
