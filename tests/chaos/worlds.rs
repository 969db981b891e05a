//! Random small worlds: a few tenants, a few products, histories over a quarter.

use chrono::{Days, NaiveDate};

use crate::{
    rig::Target,
    scenario::{Scenario, tenants::SubscriptionPlan, tenants::TenantPlan},
};

/// The first usage month.
pub const FIRST: (i32, u32) = (2026, 9);

/// The products there are: SKU, partner price, RRP.
pub const PRODUCTS: [(&str, &str, &str); 3] = [
    ("CFQ7TTC0LH18:0001", "6.90", "8.00"),
    ("CFQ7TTC0LF8S:0002", "12.50", "15.00"),
    ("CFQ7TTC0HDB1:0003", "1.55", "1.99"),
];

/// Azure, where the world has it.
pub const AZURE: &str = "DZH318Z0BPS6:0001";

/// A world, and what a story needs to know of it.
pub struct Small {
    pub scenario: Scenario,
    pub azure: bool,
    /// The product of [`PRODUCTS`] that costs 10 % more from this month on.
    pub dearer: Option<(usize, u32)>,
}

/// The service that the product sync makes for a product.
pub fn own_service(sku: &str) -> String {
    format!("PC_{sku}")
}

/// The service made by hand to which a product may be pinned.
pub fn other_service(sku: &str, target: Target) -> String {
    let name = format!("By hand {sku}");
    match target {
        Target::Autotask => name,
        Target::Connectwise => name.chars().filter(char::is_ascii_alphanumeric).collect(),
    }
}

/// That service's number in Autotask, by the product's place in [`PRODUCTS`].
fn other_service_id(product: usize) -> i64 {
    29_999_001 + i64::try_from(product).expect("small")
}

/// What happens only where the target keeps lines, drawn beside all other draws.
pub struct Lines {
    /// Seconds until what is new is in lists, where they lag.
    pub lag: Option<u32>,
    /// Whether the partner makes the agreements' invoices at the end of a month.
    invoices: bool,
    types_over: bool,
    rng: Option<fastrand::Rng>,
}

impl Lines {
    pub fn of(seed: u64, target: Target) -> Self {
        if target == Target::Autotask {
            return Self { lag: None, invoices: false, types_over: false, rng: None };
        }
        let mut rng = fastrand::Rng::with_seed(seed ^ 0x006c_696e_6573);
        let lag = (rng.u8(..4) == 0).then(|| rng.choice([5, 20, 29])).flatten();
        let (invoices, types_over) = (rng.bool(), rng.u8(..3) == 0);
        Self { lag, invoices, types_over, rng: Some(rng) }
    }

    /// How many months beyond this one are invoiced now, if any is.
    pub fn invoices_ahead(&mut self) -> Option<u32> {
        let ahead = self.invoices;
        self.rng.as_mut().filter(|_| ahead).and_then(|rng| rng.choice([0, 0, 0, 1]))
    }

    /// Draws for one more line that is typed over, where any is now.
    pub fn types_over(&mut self) -> Option<fastrand::Rng> {
        let types_over = self.types_over;
        let rng = self.rng.as_mut().filter(|_| types_over)?;
        (rng.u8(..3) == 0).then(|| rng.fork())
    }
}

/// A day of the quarter; 0 is its first.
pub fn day(number: u64) -> NaiveDate {
    let first = NaiveDate::from_ymd_opt(FIRST.0, FIRST.1, 1).expect("a day");
    first + Days::new(number)
}

/// The world of a seed.
pub fn small(rng: &mut fastrand::Rng) -> Small {
    let azure = rng.u8(..8) == 0;
    let dearer = (rng.u8(..3) == 0).then(|| (rng.usize(..3), rng.u32(10..=11)));
    let mut scenario = Scenario::month("2026-09");
    for (number, (sku, cost, rrp)) in PRODUCTS.iter().enumerate() {
        scenario = scenario.product(sku, &format!("Microsoft 365 Product {number}"), cost, rrp);
        scenario = scenario.service(
            other_service_id(number),
            &other_service(sku, Target::Autotask),
            rrp,
            cost,
        );
    }
    if let Some((product, month)) = dearer {
        let (sku, cost, rrp) = PRODUCTS[product];
        let date = format!("2026-{month}-01");
        scenario = scenario.price_from(sku, &date, &tenth_more(cost), &tenth_more(rrp));
    }
    if azure {
        scenario = scenario.azure_product(AZURE, "Azure plan");
    }
    let tenants = rng.usize(1..=4);
    for number in 0..tenants {
        let shares = number > 0 && rng.u8(..4) == 0;
        scenario = scenario.tenant(&name(number), |plan| {
            let plan = if shares { plan.on_contract_of(&name(0)) } else { plan };
            let plan = if azure && number == 0 { with_azure(plan, rng) } else { plan };
            // No invoice is ever empty.
            let plan = if number == 0 { plan.subscription(PRODUCTS[0].0, ever) } else { plan };
            (0..rng.usize(1..=3)).fold(plan, |plan, _| {
                let sku = PRODUCTS[rng.usize(..PRODUCTS.len())].0;
                plan.subscription(sku, |bought| history(bought, rng))
            })
        });
    }
    Small { scenario, azure, dearer }
}

/// A price of the table, a tenth higher.
pub fn tenth_more(price: &str) -> String {
    let price: rust_decimal::Decimal = price.parse().expect("a price");
    format!("{:.2}", price * rust_decimal::Decimal::new(11, 1))
}

fn name(number: usize) -> String {
    format!("tenant{number}")
}

fn with_azure(plan: TenantPlan, rng: &mut fastrand::Rng) -> TenantPlan {
    plan.subscription(AZURE, |mut bought| {
        for month in ["2026-09", "2026-10", "2026-11"] {
            let cost = rng.u32(1_000..90_000);
            let money = |cents: u32| format!("{}.{:02}", cents / 100, cents % 100);
            bought = bought.used(month, &money(cost), &money(cost / 20 * 23));
        }
        bought
    })
}

fn ever(bought: SubscriptionPlan) -> SubscriptionPlan {
    bought.from("2026-08-20", 2)
}

/// Spans without a gap: begun before the quarter or in it, changed a few times, sometimes ended.
fn history(mut bought: SubscriptionPlan, rng: &mut fastrand::Rng) -> SubscriptionPlan {
    let begun = if rng.bool() { 0 } else { rng.u64(..70) };
    let mut days: Vec<u64> = (0..rng.usize(..=4)).map(|_| rng.u64(begun + 1..=90)).collect();
    days.push(begun);
    days.sort_unstable();
    days.dedup();
    let ended = rng.u8(..5) == 0;
    let mut last = 0;
    for (at, from) in days.iter().enumerate() {
        let mut units = rng.i64(1..=9);
        if units == last {
            units += 1;
        }
        last = units;
        let from_text = day(*from).to_string();
        bought = match days.get(at + 1) {
            Some(next) => bought.span(&from_text, &day(next - 1).to_string(), units),
            None if ended => {
                bought.span(&from_text, &day(from + rng.u64(1..40)).to_string(), units)
            }
            None => bought.from(&from_text, units),
        };
    }
    bought
}
