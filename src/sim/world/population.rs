//! Makes the customers of a generated world: who they are, which tenants they have and what they subscribed to.

use std::collections::HashSet;

use rust_decimal::Decimal;

use super::calendar::{Month, before};
use super::catalog::{Motion, Product};
use super::chance::{Purpose, guid, stream};
use super::contracts::ContractForm;
use super::names;
use super::party::{Customer, customer};
use super::subscription::{Span, Subscription};
use super::{World, WorldKind, WorldSettings, troubles};

/// Fills a world with customers, tenants and subscriptions.
pub(super) fn populate(world: &mut World, settings: &WorldSettings) {
    let mut domains = HashSet::new();
    for number in 0..settings.customers {
        add_customer(world, number, &mut domains);
        let customer = world.customers.len() - 1;
        for place in 0..settings.subscriptions {
            add_subscription(world, customer, number, place);
        }
    }
    for number in 0..settings.customers / 25 {
        let name = format!("Closed {}", names::customer(world.seed ^ 0x55, number));
        let id = guid(world.seed, Purpose::Customer, 8_000_000 + number);
        world.customers.push(Customer { active: false, ..customer(id, &name) });
    }
}

fn add_customer(world: &mut World, number: usize, domains: &mut HashSet<String>) {
    let seed = world.seed;
    let name = names::customer(seed, number);
    let (city, country) = names::CITIES[number % names::CITIES.len()];
    let index = world.customers.len();
    world.customers.push(Customer {
        city: city.to_owned(),
        country,
        other_program: (number % 9 == 4).then(|| guid(seed, Purpose::Tenant, 5_000_000 + number)),
        ..customer(guid(seed, Purpose::Customer, number), &name)
    });
    let agreement = troubles::agreement_of(world.kind, number);
    if agreement == world.agreements.len() {
        world.add_agreement();
    }
    let tenants = if ContractForm::of(world.kind, seed, number).two_tenants() { 2 } else { 1 };
    for place in 0..tenants {
        let extra = if place == 0 { "" } else { " Bondi" };
        let slug = names::domain(&format!("{name}{extra}"), domains);
        let host = if number % 17 == 3 { "com.au" } else { "onmicrosoft.com" };
        world.add_tenant(index, agreement, &format!("{slug}.{host}"));
    }
}

fn add_subscription(world: &mut World, customer: usize, number: usize, place: usize) {
    let index = world.subscriptions.len();
    let mut random = stream(world.seed, Purpose::Subscription, index, 0);
    let tenants = &world.customers[customer].tenants;
    let tenant = tenants[place % tenants.len()];
    let form = ContractForm::of(world.kind, world.seed, number);
    let product = choose_product(world, tenant, form, place, &mut random);
    let mut subscription = Subscription::new(world.next_subscription(), tenant, product);
    subscription.spans = vec![first_span(&world.products[product], world.era.first, &mut random)];
    subscription.product_text = product_text(&world.products[product], index);
    if place % 6 == 5 && !world.products[product].azure {
        subscription.parent = parent_of(world, tenant);
    }
    if world.kind == WorldKind::Troubled && random.u8(0..10) == 0 {
        lock_price(&mut subscription, &world.products[product], world.era.first);
    }
    world.add_subscription(subscription);
}

fn parent_of(world: &World, tenant: usize) -> Option<usize> {
    let first = *world.tenants[tenant].subscriptions.first()?;
    let product = &world.products[world.subscriptions[first].product];
    (!product.azure).then_some(first)
}

/// Early customers of a price keep it: two prices at once on one product.
fn lock_price(subscription: &mut Subscription, product: &Product, month: Month) {
    let mut price = product.price_on(month.first());
    price.cost = (price.cost * Decimal::new(95, 2)).round_dp(2).normalize();
    price.rrp = (price.rrp * Decimal::new(95, 2)).round_dp(2).normalize();
    for span in &mut subscription.spans {
        span.price = (!product.azure).then_some(price);
    }
}

/// Every fifth subscription repeats the product of the one before; every ninth is Azure where the contract's periods allow it.
fn choose_product(
    world: &World,
    tenant: usize,
    form: ContractForm,
    place: usize,
    random: &mut fastrand::Rng,
) -> usize {
    let held = &world.tenants[tenant].subscriptions;
    let repeats = place % 5 == 4 || (world.kind == WorldKind::Troubled && place == 1);
    if let Some(last) = held.last().filter(|_| repeats) {
        let product = world.subscriptions[*last].product;
        if !world.products[product].azure {
            return product;
        }
    }
    let all = world.products.len();
    if random.u8(0..9) == 0 && form.monthly() {
        return all - 1 - random.usize(0..2);
    }
    let licences = all - 2;
    let fits = |product: &Product| form.monthly() || !product.repriced();
    loop {
        let turn = random.usize(0..licences).min(random.usize(0..licences));
        let product = &world.products[turn];
        let rare = product.motion == Motion::YearYear && random.u8(0..3) > 0;
        if fits(product) && !rare {
            return turn;
        }
    }
}

fn first_span(product: &Product, first: Month, random: &mut fastrand::Rng) -> Span {
    let quantity = Decimal::from(random.u32(1..=12) * random.u32(1..=5));
    if product.motion == Motion::YearYear {
        let month =
            if random.u8(0..3) == 0 { first.plus(random.u32(0..6)) } else { first.minus(5) };
        return Span::open(month.day([5, 12, 19, 26][random.usize(0..4)]), quantity);
    }
    let quantity = if product.azure { Decimal::ONE } else { quantity };
    if random.u8(0..100) < 22 {
        let month = first.plus(random.u32(0..6));
        return Span::open(month.day(random.u32(2..=27)), quantity);
    }
    let start = before(first.first()) - chrono::Days::new(random.u64(0..900));
    Span::open(start, quantity)
}

/// Some subscriptions name their product by SKU, in a case of its own; only where the SKU has one motion.
fn product_text(product: &Product, index: usize) -> Option<Box<str>> {
    let single = !product.nce || product.azure;
    (single && index.is_multiple_of(2)).then(|| product.sku.to_lowercase().into_boxed_str())
}
