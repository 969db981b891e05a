//! `products`: what a product sync would do, and links by hand.

use super::{
    connect::done,
    desk::Desk,
    exit::Exit,
    failure::Failure,
    secrets,
    table::{Amounts, Table, whole},
};
use crate::{
    domain::{Money, ServiceId, terms::Terms},
    engine::{
        protocol::command::{self, InvoicedPrices},
        views::{Invoiced, PricedService, ProductAction, ProductView},
    },
    planning::matching,
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
        /// Do not name prices and ask
        #[arg(long)]
        yes: bool,
    },
    /// Bill a product as a service of its own again, or give back one that was taken over
    Unpin {
        /// As it was chosen or taken over
        sku: String,
    },
    /// Take over the service that carries the product's name already
    Adopt {
        /// SKU, with its motion prefix if any
        sku: String,
        /// Do not name prices and ask
        #[arg(long)]
        yes: bool,
    },
}

pub(super) async fn run(action: Action, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    match action {
        Action::List => show(&desk.ask(command::Products).await?, desk).await,
        Action::Pin { sku, service, yes } => {
            let named = if yes { Vec::new() } else { name_pin(&sku, service, desk).await? };
            if !agreed(&named, desk)? {
                return desk.out.done("Nothing was changed.");
            }
            done(desk, command::Pin { product: sku, service }).await
        }
        Action::Unpin { sku } => done(desk, command::Unpin { product: sku }).await,
        Action::Adopt { sku, yes } => {
            let named = if yes { Vec::new() } else { name_adoption(&sku, desk).await? };
            if !agreed(&named, desk)? {
                return desk.out.done("Nothing was changed.");
            }
            show(&desk.ask(command::Adopt { product: sku }).await?, desk).await
        }
    }
}

async fn show(products: &[ProductView], desk: &mut Desk<'_>) -> Result<Exit, Failure> {
    if desk.out.is_json() {
        desk.out.json(&products)?;
    } else {
        desk.table(table(products)).await?;
    }
    Ok(Exit::Done)
}

/// Says what a link is about, and asks where somebody can answer. Nobody can be asked where no terminal is; what was
/// named is then in the record of whoever runs it.
fn agreed(named: &[String], desk: &mut Desk<'_>) -> Result<bool, Failure> {
    for line in named {
        desk.out.remark(line)?;
    }
    if named.is_empty() || !secrets::can_prompt() {
        return Ok(true);
    }
    secrets::agree("Go on?")
}

/// The product that is meant, where the list tells by itself; the engine looks closer, and refuses what it cannot tell.
async fn listed(sku: &str, desk: &mut Desk<'_>) -> Result<Option<ProductView>, Failure> {
    let products = desk.ask(command::Products).await?;
    Ok(products.into_iter().find(|one| is_meant(one, sku)))
}

fn is_meant(one: &ProductView, typed: &str) -> bool {
    [&one.key, &one.sku, &one.name].iter().any(|name| name.eq_ignore_ascii_case(typed.trim()))
}

async fn name_adoption(sku: &str, desk: &mut Desk<'_>) -> Result<Vec<String>, Failure> {
    let Some(product) = listed(sku, desk).await? else { return Ok(Vec::new()) };
    let Some(service) = &product.taken_by else { return Ok(Vec::new()) };
    Ok(about(&product, service, desk.terms().await?))
}

async fn name_pin(
    sku: &str,
    service: ServiceId,
    desk: &mut Desk<'_>,
) -> Result<Vec<String>, Failure> {
    let terms = desk.terms().await?;
    let services = desk.ask(command::Services).await?;
    let Some(service) = services.into_iter().find(|one| one.id == service) else {
        return Ok(Vec::new());
    };
    let (id, price, cost) = (service.id, service.price, service.cost);
    let service = PricedService { id, name: service.name, price, cost };
    let products = desk.ask(command::Products).await?;
    let product = products.iter().find(|one| is_meant(one, sku));
    let (sku, name) = product.map_or((sku, sku), |one| (one.sku.as_str(), one.name.as_str()));
    let asked = InvoicedPrices { product: sku.to_owned(), name: name.to_owned() };
    let invoiced = desk.ask(asked).await?.found;
    let told = match product {
        Some(product) => about(product, &service, terms),
        None => vec![terms.fill("Service {}.", &[&service.told()])],
    };
    let name = invoiced.as_ref().map_or(name, |invoiced| invoiced.name.as_str());
    let other = |one: &&ProductView| one.service == Some(id) && !is_meant(one, sku);
    let other = products.iter().find(other).map(|one| one.name.as_str());
    let names = matching::ServiceNames { service: &service.name, product: other };
    let doubt = matching::service_doubt(name, sku, names);
    let invoiced = invoiced.as_ref().map(Invoiced::told);
    let ended = |line: String| format!("{line}.");
    Ok(invoiced.map(ended).into_iter().chain(told).chain(doubt.map(ended)).collect())
}

fn about(product: &ProductView, service: &PricedService, terms: Terms) -> Vec<String> {
    let service_told = Some(terms.fill("Service {}", &[&service.told()]));
    let lines = [product.listed_at(), service_told, product.would_become(service)];
    lines.into_iter().flatten().map(|line| format!("{line}.")).collect()
}

fn table(products: &[ProductView]) -> Table {
    let amounts = Amounts::of(products.iter().map(|one| one.currency.as_ref()));
    let [cost, retail] = ["COST", "RRP"].map(|title| amounts.head(title));
    let head = ["SKU", "PRODUCT", "MOTION", "SERVICE", &cost, &retail, "WOULD", "REMARK"];
    let mut table = Table::new(&head, "No product.");
    for one in products {
        let money = |amount: Option<Money>| amounts.cell(amount, one.currency.as_ref());
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
        ProductAction::Reprice => "price change",
        ProductAction::Unchanged => "already correct",
        ProductAction::Collision => "name already used",
        ProductAction::Retired => "retired",
        ProductAction::Excluded => "not synced",
        ProductAction::NotInUse => "not in use",
    }
}
