//! `products`: what a product sync would do, and links by hand.

use super::{
    Desk, Exit, Failure,
    table::{Table, number, whole},
};
use crate::{
    domain::{Money, ServiceId},
    engine::{
        protocol::{Answer, Command},
        views::{ProductAction, ProductView},
    },
};

/// What to do with products.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// List products with what a sync would do
    List,
    /// Bill a product by an existing service
    Pin {
        /// SKU, with its motion prefix if any; a product id or offer name where the SKU is gone
        sku: String,
        /// The service
        #[arg(long, value_name = "ID")]
        service: ServiceId,
    },
    /// Remove a pin
    Unpin {
        /// As it was pinned
        sku: String,
    },
    /// Take over the service that carries the product's name already
    Adopt {
        /// SKU, with its motion prefix if any
        sku: String,
    },
}

pub(super) async fn run(action: Action, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    let command = match action {
        Action::List => Command::Products,
        Action::Pin { sku, service } => Command::Pin { product: sku, service },
        Action::Unpin { sku } => Command::Unpin { product: sku },
        Action::Adopt { sku } => Command::Adopt { product: sku },
    };
    match desk.ask(command).await? {
        Answer::Products(products) if desk.out.is_json() => desk.out.json(&products)?,
        Answer::Products(products) => desk.out.table(&table(&products))?,
        Answer::Done(text) => return desk.out.done(&text),
        _ => return Err(super::desk::unexpected()),
    }
    Ok(Exit::Done)
}

fn table(products: &[ProductView]) -> Table {
    let head = ["SKU", "PRODUCT", "MOTION", "SERVICE", "COST", "RRP", "WOULD", "REMARK"];
    let mut table = Table::new(&head, "No product.");
    let money =
        |amount: Option<Money>| number(amount.map_or("–".to_owned(), |one| one.to_string()));
    for one in products {
        table.row([
            whole(one.key.as_str()),
            one.name.as_str().into(),
            one.motion.as_str().into(),
            one.service_name.clone().into(),
            money(one.cost),
            money(one.retail),
            action(one.action).into(),
            one.remark.clone().unwrap_or_default().into(),
        ]);
    }
    table
}

fn action(action: ProductAction) -> &'static str {
    match action {
        ProductAction::Create => "create",
        ProductAction::Reprice => "reprice",
        ProductAction::Unchanged => "nothing",
        ProductAction::Collision => "collision",
        ProductAction::Retired => "nothing (retired)",
        ProductAction::Excluded => "nothing (annual)",
        ProductAction::NotInUse => "nothing (not in use)",
    }
}
