//! Agreements as the cases find them, and looks at their additions and invoices.

use prism_connect::{
    domain::{outcome::Outcome, run::RunReport},
    engine::protocol::SyncRequest,
};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::{
    checks::{AUGUST, contract, customers, invoiced_through, item, ready_with},
    rig::{Rig, Setup, Target, pretty},
    scenario::Scenario,
};

/// How far an agreement is invoiced when September's invoice of the distributor comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Billing {
    /// Up to August.
    Arrears,
    /// Up to October.
    Advance,
}

/// Set up and mapped, nothing synced: nothing of the scenario's month is invoiced.
pub async fn new(scenario: Scenario, month: (i32, u32), config: &'static str) -> Rig {
    ready_with(scenario, setup(month, config)).await
}

fn setup(month: (i32, u32), config: &'static str) -> Setup {
    Setup { month, config, target: Target::Connectwise, ..Setup::default() }
}

/// August is applied, the agreements are invoiced so far, and September's invoice is out.
pub async fn september(scenario: Scenario, billing: Billing) -> Rig {
    september_with(scenario, billing, "").await
}

/// The same with these settings.
pub async fn september_with(scenario: Scenario, billing: Billing, config: &'static str) -> Rig {
    let mut rig = new(scenario, AUGUST, config).await;
    if billing == Billing::Advance {
        invoiced_through(&rig, "2026-09-30").await;
    }
    let august = rig.sync().await;
    assert!(august.header.status <= Outcome::Success, "{}", pretty(&august));
    match billing {
        Billing::Arrears => invoiced_through(&rig, "2026-08-31").await,
        Billing::Advance => invoiced_through(&rig, "2026-10-31").await,
    }
    rig.month_passes().await;
    rig
}

/// Something about a tenant's agreement is otherwise.
pub async fn agreement_with(rig: &Rig, tenant: &str, members: &Value) {
    rig.control(&format!("connectwise/agreements/{}", contract(rig, tenant)), members).await;
}

async fn additions(rig: &Rig, tenant: &str) -> Vec<Value> {
    let path = format!("connectwise/agreements/{}/lines", contract(rig, tenant));
    let Value::Array(lines) = rig.look(&path).await else { panic!("a list") };
    lines
}

/// The additions of a product on a tenant's agreement, as they were made: units, days, price and cost; whose it is, where it
/// carries no key of ours.
pub async fn lines(rig: &Rig, tenant: &str, sku: &str) -> Vec<String> {
    let product = item(rig, sku).await;
    let additions = additions(rig, tenant).await;
    additions.iter().filter(|line| line["product_id"] == product).map(told).collect()
}

fn told(line: &Value) -> String {
    let number = |name: &str| line[name].to_string().parse::<Decimal>().expect("a number");
    let text = |name: &str| line[name].as_str().unwrap_or_default();
    let last = line["to"].as_str().map_or(String::new(), |last| format!("..{last}"));
    let key = text("serial_number");
    assert!(key.is_empty() || key.starts_with("PC-") && key.len() == 19, "{key}");
    let theirs = if key.is_empty() { format!(" of {}", text("entered_by")) } else { String::new() };
    let (price, cost) = (number("unit_price"), number("unit_cost"));
    format!(
        "{} @{}{last} {price:.2}/{cost:.2}{theirs}",
        number("quantity").normalize(),
        text("from")
    )
}

/// The places of a product's additions among all on a tenant's agreement.
pub async fn places(rig: &Rig, tenant: &str, sku: &str) -> Vec<usize> {
    let product = item(rig, sku).await;
    let additions = additions(rig, tenant).await;
    let places = additions.iter().enumerate().filter(|(_, line)| line["product_id"] == product);
    places.map(|(at, _)| at).collect()
}

/// The id of a tenant's addition, by its place.
pub async fn addition(rig: &Rig, tenant: &str, at: usize) -> i64 {
    additions(rig, tenant).await[at]["id"].as_i64().expect("an id")
}

/// Somebody changes an addition where it stands.
pub async fn change(rig: &Rig, tenant: &str, at: usize, members: &Value) {
    let path = format!("connectwise/additions/{}", addition(rig, tenant, at).await);
    rig.control(&path, members).await;
}

/// An invoice of an agreement: amount and cost, and what it charges line by line: period, units and amount.
#[derive(Debug, PartialEq, Eq)]
pub struct Invoice {
    pub amount: String,
    pub cost: String,
    pub charges: Vec<String>,
}

impl Invoice {
    /// Amount and cost.
    pub fn money(&self) -> (&str, &str) {
        (&self.amount, &self.cost)
    }
}

/// The invoice that a tenant's agreement gets for a month: it says what was foretold of it.
pub async fn invoice(rig: &Rig, tenant: &str, month: &str) -> Invoice {
    let path = format!("connectwise/agreements/{}/bill?month={month}", contract(rig, tenant));
    let foretold = rig.look(&path).await;
    assert_eq!(foretold["invoiced"], false, "{foretold}");
    invoiced_through(rig, &format!("{month}-28")).await;
    let made = rig.look(&path).await;
    assert_eq!((&made["invoiced"], &made["lines"]), (&json!(true), &foretold["lines"]));
    let charge = |charge: &Value| {
        let period = charge["period"].as_str().expect("a day");
        let units = charge["quantity"].to_string().parse::<Decimal>().expect("units").normalize();
        format!("{} {units} {}", &period[..7], charge["amount"])
    };
    let lines = made["lines"].as_array().expect("lines").iter();
    let charges = lines.flat_map(|line| line["charges"].as_array().expect("charges"));
    Invoice {
        amount: made["total"].to_string(),
        cost: made["cost"].to_string(),
        charges: charges.map(charge).collect(),
    }
}

/// A line of the distributor's invoice.
#[derive(Clone, Copy, Debug)]
pub struct Billed {
    pub days: (&'static str, &'static str),
    pub units: i64,
    pub prices: (&'static str, &'static str),
}

/// So many units from one day of September to another, at the usual prices.
pub fn billed(days: (&'static str, &'static str), units: i64) -> Billed {
    Billed { days, units, prices: ("6.90", "8.00") }
}

/// The newest invoice is issued anew: of the line that begins on each of these days it says this, and nothing else.
pub async fn issued_anew(rig: &Rig, lines: &[Billed]) {
    let mut total = Decimal::ZERO;
    let mut rows = Vec::new();
    for Billed { days: (first, last), units, prices } in lines {
        let day = |text: &str| text.parse::<chrono::NaiveDate>().expect("a day");
        let days = Decimal::from((day(last) - day(first)).num_days() + 1);
        let amount = |price: &str| {
            let unit: Decimal = price.parse().expect("a price");
            (unit * Decimal::from(*units) * days / Decimal::from(30)).round_dp(2)
        };
        let (cost, retail) = (amount(prices.0), amount(prices.1));
        total += cost;
        rows.push(json!({"system": "prism", "kind": "lines", "where": {"ChargeStartDate": first},
            "set": {"Quantity": units, "UnitPrice": prices.0, "UnitPriceRrp": prices.1,
                "SubTotal": cost.to_string(), "SubTotalRrp": retail.to_string()}}));
    }
    let total: f64 = total.to_string().parse().expect("a number");
    rows.push(json!({"system": "prism", "kind": "invoices", "where": {"UsageMonth": 9}, "set": {"SubTotal": total}}));
    rig.control("odd", &json!({ "rows": rows })).await;
    rig.simulation.journal().reset();
}

/// Syncs the applied invoice once more.
pub async fn synced_again(rig: &Rig) -> RunReport {
    rig.sync_as(SyncRequest { recheck: true, ..customers() }).await
}
