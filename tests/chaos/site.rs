//! What people do at ConnectWise's own screens while we sync, and what the tests read there behind its back.
//!
//! ```text
//! more from a day on    a line of their own is added
//! fewer from a day on   open lines are cut the day before, youngest first; what is left of the last is added again
//! in place              the quantity of a line of ours is typed over: it has no day
//! ```

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::hands::{Hands, OnContract};

/// How our lines' keys begin (sync-rules 10.10).
const KEY: &str = "PC-";

/// One line of an agreement.
#[derive(Clone, Debug)]
pub struct Line {
    pub id: i64,
    pub product: i64,
    pub name: String,
    pub first: NaiveDate,
    pub last: Option<NaiveDate>,
    pub units: i64,
    pub price: Value,
    pub key: Option<String>,
}

impl Line {
    pub fn covers(&self, day: NaiveDate) -> bool {
        self.first <= day && self.last.is_none_or(|last| day <= last)
    }

    /// Whether its price is ours: what is left of a line that was made by hand keeps the operator's (sync-rules 10.4, 10.17e).
    fn has_our_price(&self) -> bool {
        self.is_ours() && self.key.as_ref().is_some_and(|key| !key.ends_with("-H"))
    }

    pub fn is_ours(&self) -> bool {
        self.key.as_deref().is_some_and(|key| key.starts_with(KEY))
    }
}

fn read(line: &Value) -> Line {
    let date = |name: &str| line[name].as_str().map(|text| text.parse().expect("a date"));
    let quantity: Decimal = line["quantity"].to_string().parse().expect("a quantity");
    // The item of a line may be gone.
    let identifier = line["identifier"].as_str().unwrap_or_default();
    Line {
        id: line["id"].as_i64().expect("an id"),
        product: line["product_id"].as_i64().expect("an id"),
        name: named(identifier, line["vendor_sku"].as_str()),
        first: date("from").expect("a first day"),
        last: date("to"),
        units: i64::try_from(quantity).expect("whole units"),
        price: line["unit_price"].clone(),
        key: line["serial_number"].as_str().map(str::to_owned),
    }
}

/// As services are called in stories: what the product sync made by its SKU, what was made by hand as it is there.
pub fn named(identifier: &str, sku: Option<&str>) -> String {
    if sku.is_some_and(|sku| !sku.is_empty()) {
        format!("PC_{identifier}")
    } else {
        identifier.to_owned()
    }
}

impl Hands {
    /// Every line of an agreement.
    pub async fn lines(&self, agreement: i64) -> Vec<Line> {
        let told = self.get(&format!("connectwise/agreements/{agreement}/lines")).await;
        told.as_array().expect("a list").iter().map(read).collect()
    }

    /// The first day that is not invoiced yet.
    pub async fn first_open(&self, agreement: i64) -> NaiveDate {
        let told = self.api(&format!("finance/agreements/{agreement}")).await;
        let text = told["nextInvoiceDate"].as_str().expect("a day");
        text.get(..10).and_then(|day| day.parse().ok()).expect("a day")
    }

    /// What an agreement's invoice of a month says of each product, or would say: amount and units that it charges.
    pub async fn bill(&self, agreement: i64, month: &str) -> BTreeMap<i64, (Decimal, Decimal)> {
        let told =
            self.get(&format!("connectwise/agreements/{agreement}/bill?month={month}")).await;
        let number = |value: &Value| value.to_string().parse::<Decimal>().expect("a number");
        let mut bill = BTreeMap::<i64, (Decimal, Decimal)>::new();
        for line in told["lines"].as_array().expect("lines") {
            let charges = line["charges"].as_array().expect("charges").iter();
            let units: Decimal = charges.map(|charge| number(&charge["quantity"])).sum();
            let sum = bill.entry(line["product_id"].as_i64().expect("an id")).or_default();
            *sum = (sum.0 + number(&line["amount"]), sum.1 + units);
        }
        bill
    }

    /// So many units of a product more, or fewer, from a day on; whether that could be done.
    pub async fn set_lines(
        &self,
        (agreement, product): (i64, i64),
        day: NaiveDate,
        by: i64,
    ) -> bool {
        if by > 0 {
            return self.add_line((agreement, product), (day, None), by).await;
        }
        let mut open = self.lines(agreement).await;
        open.retain(|line| {
            line.product == product && line.last.is_none() && line.covers(day) && line.units > 0
        });
        open.sort_by_key(|line| (line.first, line.id));
        let mut left = -by;
        // One of ours that begins on the day could only be typed over, which is an edit without a day.
        open.retain(|line| !line.is_ours() || line.first < day);
        if open.iter().map(|line| line.units).sum::<i64>() < left {
            return false;
        }
        while let Some(line) = open.pop().filter(|_| left > 0) {
            let rest = (line.units - left).max(0);
            left -= line.units - rest;
            if !self.cut(agreement, &line, day, rest).await {
                return false;
            }
        }
        true
    }

    async fn cut(&self, agreement: i64, line: &Line, day: NaiveDate, rest: i64) -> bool {
        if line.first == day {
            return self.change("additions", line.id, &json!({ "quantity": rest })).await;
        }
        let last = json!({ "cancelledDate": midnight(day - Days::new(1)) });
        let cut = self.change("additions", line.id, &last).await;
        cut && (rest == 0 || self.add_line((agreement, line.product), (day, line.last), rest).await)
    }

    async fn add_line(
        &self,
        (agreement, product): (i64, i64),
        (first, last): (NaiveDate, Option<NaiveDate>),
        units: i64,
    ) -> bool {
        let mut line = json!({"product": {"id": product}, "quantity": units,
            "effectiveDate": midnight(first)});
        if let Some(last) = last {
            line["cancelledDate"] = json!(midnight(last));
        }
        self.post(&format!("connectwise/agreements/{agreement}/additions"), &line).await
    }

    /// Somebody types over the quantity of a line of ours that is in force on a day; whether there was one.
    pub async fn type_over(&self, agreement: i64, name: &str, day: NaiveDate, more: i64) -> bool {
        let lines = self.lines(agreement).await;
        let line = lines
            .iter()
            .find(|line| line.name == name && line.is_ours() && line.covers(day) && line.units > 0);
        let Some(line) = line else { return false };
        self.change("additions", line.id, &json!({ "quantity": line.units + more })).await
    }

    /// Changes a record at the screens.
    pub async fn change(&self, kind: &str, id: i64, values: &Value) -> bool {
        self.post(&format!("connectwise/{kind}/{id}"), values).await
    }

    /// Agreement invoicing is run for one agreement, up to a day.
    pub async fn invoice(&self, agreement: i64, through: NaiveDate) {
        let run = json!({ "agreement": agreement, "through": through });
        assert!(self.post("connectwise/invoice", &run).await, "invoicing can be run");
    }
}

/// A day as ConnectWise writes it.
pub fn midnight(day: NaiveDate) -> String {
    format!("{day}T00:00:00Z")
}

/// The lines as steps, by product.
pub fn on_agreement(lines: &[Line]) -> Vec<OnContract> {
    let products: BTreeSet<(i64, &str)> =
        lines.iter().map(|line| (line.product, line.name.as_str())).collect();
    let steps = |product: i64| {
        let own = || lines.iter().filter(move |line| line.product == product);
        let days: BTreeSet<NaiveDate> = own()
            .flat_map(|line| [Some(line.first), line.last.map(|last| last + Days::new(1))])
            .flatten()
            .collect();
        let step = |day: NaiveDate| {
            let in_force = || own().filter(move |line| line.covers(day));
            let priced = in_force().filter(|line| line.has_our_price() && line.units > 0);
            let prices: BTreeSet<String> = priced.map(|line| line.price.to_string()).collect();
            let price = prices.into_iter().collect::<Vec<_>>().join(" and ");
            (day, in_force().map(|line| line.units).sum(), price)
        };
        days.into_iter().map(step).collect()
    };
    products
        .iter()
        .map(|(product, name)| OnContract {
            row: *product,
            name: (*name).to_owned(),
            steps: steps(*product),
        })
        .collect()
}
