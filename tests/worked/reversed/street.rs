//! The worked cases as neighbours: a tenant for each, all on the invoices of August, September and October.

use prism_connect::{
    domain::outcome::Outcome,
    engine::protocol::Scope,
    sim::{SimSettings, assumptions::Assumptions},
};
use serde_json::json;

use super::Reversal;
use crate::{
    checks::{AUGUST, BASIC, OTHER, contract, edit},
    rig::{Rig, Setup},
    scenario::{Scenario, tenants::TenantPlan},
};

/// Azure.
pub const AZURE: &str = "DZH318Z0BPS6:0001";

/// A product whose SKU subscriptions spell in the other case.
const UPPER: &str = "778A4DCE-5013-4A53-9C6B-9D4F6E0A7C21";

/// How a case ends after a month's run.
#[derive(Clone, Copy, Debug)]
pub struct End {
    pub outcome: Outcome,
    pub units: &'static [(&'static str, i64)],
    /// The month's bill.
    pub bill: &'static str,
}

/// A worked case and its tenant.
#[derive(Clone, Copy, Debug)]
pub struct House {
    pub tenant: &'static str,
    /// The product whose units are looked at.
    pub sku: &'static str,
    pub plan: fn(TenantPlan) -> TenantPlan,
    /// By the usage month.
    pub ends: &'static [(&'static str, End)],
}

impl House {
    pub fn end(&self, month: &str) -> &End {
        &self.ends.iter().find(|(of, _)| *of == month).expect("an end for the month").1
    }
}

pub const fn end(
    outcome: Outcome,
    units: &'static [(&'static str, i64)],
    bill: &'static str,
) -> End {
    End { outcome, units, bill }
}

/// Every case that ends by itself. The price list is dearer than the invoices throughout: 8.40 for 8.00.
pub const HOUSES: &[House] = &[
    House {
        tenant: "w01",
        sku: BASIC,
        plan: |tenant| {
            tenant.subscription(BASIC, |bought| {
                let five = bought.span("2026-09-01", "2026-09-18", 5).at("6.90", "8.00");
                five.from("2026-09-19", 6).at("6.90", "8.00")
            })
        },
        ends: &[
            ("2026-09", end(Outcome::Success, &[("2026-09-01", 5), ("2026-09-19", 6)], "43.20")),
            ("2026-10", end(Outcome::NoChange, &[("2026-09-01", 5), ("2026-09-19", 6)], "48.00")),
        ],
    },
    House {
        tenant: "w03",
        sku: BASIC,
        plan: six,
        ends: &[
            (
                "2026-09",
                end(
                    Outcome::Warning,
                    &[("2026-08-01", 6), ("2026-09-10", 9), ("2026-09-11", 6)],
                    "48.80",
                ),
            ),
            (
                "2026-10",
                end(
                    Outcome::NoChange,
                    &[("2026-08-01", 6), ("2026-09-10", 9), ("2026-09-11", 6)],
                    "48.00",
                ),
            ),
        ],
    },
    House {
        tenant: "w04",
        sku: BASIC,
        plan: |tenant| {
            tenant.subscription(BASIC, |bought| bought.from("2026-09-12", 3).at("6.90", "8.00"))
        },
        ends: &[
            ("2026-09", end(Outcome::Success, &[("2026-09-12", 3)], "15.20")),
            ("2026-10", end(Outcome::NoChange, &[("2026-09-12", 3)], "24.00")),
        ],
    },
    House {
        tenant: "w05",
        sku: BASIC,
        plan: |tenant| {
            tenant.subscription(BASIC, |bought| {
                bought.span("2026-08-01", "2026-09-14", 6).at("6.90", "8.00")
            })
        },
        ends: &[
            ("2026-09", end(Outcome::Success, &[("2026-08-01", 6), ("2026-09-15", 0)], "22.40")),
            ("2026-10", end(Outcome::NoChange, &[("2026-08-01", 6), ("2026-09-15", 0)], "0.00")),
        ],
    },
    House {
        tenant: "w06",
        sku: BASIC,
        plan: |tenant| {
            tenant
                .subscription(BASIC, |bought| {
                    bought.span("2026-08-01", "2026-08-31", 6).at("6.90", "8.00")
                })
                .subscription(OTHER, |bought| bought.from("2026-08-01", 2))
        },
        ends: &[
            ("2026-09", end(Outcome::Warning, &[("2026-08-01", 6), ("2026-09-01", 0)], "30.00")),
            ("2026-10", end(Outcome::NoChange, &[("2026-08-01", 6), ("2026-09-01", 0)], "30.00")),
        ],
    },
    House {
        tenant: "w07",
        sku: BASIC,
        plan: |tenant| {
            tenant
                .subscription(BASIC, |bought| {
                    bought.named("A1").from("2026-08-01", 10).at("6.90", "8.00")
                })
                .subscription(BASIC, |bought| {
                    bought.named("A2").from("2026-09-01", 4).at("6.90", "8.00")
                })
        },
        ends: &[
            ("2026-09", end(Outcome::Success, &[("2026-08-01", 10), ("2026-09-01", 14)], "112.00")),
            (
                "2026-10",
                end(Outcome::NoChange, &[("2026-08-01", 10), ("2026-09-01", 14)], "112.00"),
            ),
        ],
    },
    House {
        tenant: "w08",
        sku: BASIC,
        plan: |tenant| {
            tenant.subscription(BASIC, |bought| {
                let before = bought.span("2026-08-01", "2026-09-15", 6).at("6.90", "8.00");
                before.from("2026-09-16", 6).at("7.40", "8.50")
            })
        },
        ends: &[
            ("2026-09", end(Outcome::Warning, &[("2026-08-01", 6)], "48.00")),
            ("2026-10", end(Outcome::Success, &[("2026-08-01", 6)], "51.00")),
        ],
    },
    House {
        tenant: "w09",
        sku: AZURE,
        plan: |tenant| {
            tenant.subscription(AZURE, |bought| {
                bought.used("2026-09", "312.44", "359.31").used("2026-10", "100.00", "115.00")
            })
        },
        ends: &[
            ("2026-09", end(Outcome::Success, &[("2026-09-01", 1), ("2026-10-01", 0)], "359.31")),
            ("2026-10", end(Outcome::Success, &[("2026-09-01", 1), ("2026-11-01", 0)], "115.00")),
        ],
    },
    House {
        tenant: "w12",
        sku: BASIC,
        plan: |tenant| {
            tenant
                .subscription(BASIC, |bought| bought.from("2026-09-01", 5).at("6.90", "8.00"))
                .subscription("OLD-0001", |bought| {
                    bought.from("2026-09-01", 7).product_text("OLD-0001-GONE")
                })
        },
        ends: &[
            ("2026-09", end(Outcome::Failure, &[("2026-09-01", 5)], "40.00")),
            ("2026-10", end(Outcome::Failure, &[("2026-09-01", 5)], "40.00")),
        ],
    },
    House {
        tenant: "w13",
        sku: BASIC,
        plan: |tenant| {
            tenant
                .contract(|contract| contract.starts("2026-10-01"))
                .subscription(BASIC, |bought| bought.from("2026-09-01", 5).at("6.90", "8.00"))
        },
        ends: &[
            ("2026-09", end(Outcome::Failure, &[], "0.00")),
            ("2026-10", end(Outcome::Failure, &[("2026-10-01", 5)], "40.00")),
        ],
    },
    House {
        tenant: "w16",
        sku: UPPER,
        plan: |tenant| {
            tenant.subscription(UPPER, |bought| {
                bought.from("2026-09-01", 3).product_text(&UPPER.to_lowercase())
            })
        },
        ends: &[
            ("2026-09", end(Outcome::Success, &[("2026-09-01", 3)], "41.10")),
            ("2026-10", end(Outcome::NoChange, &[("2026-09-01", 3)], "41.10")),
        ],
    },
];

/// Six seats since August.
fn six(tenant: TenantPlan) -> TenantPlan {
    tenant.subscription(BASIC, |bought| bought.from("2026-08-01", 6).at("6.90", "8.00"))
}

fn scenario() -> Scenario {
    let products = Scenario::month("2026-08")
        .product(BASIC, "Microsoft 365 Business Basic", "7.10", "8.40")
        .product(OTHER, "Microsoft 365 Business Standard", "12.50", "15.00")
        .product(UPPER, "Power BI Pro", "11.00", "13.70")
        .product("OLD-0001", "Exchange Online Kiosk", "2.00", "3.00")
        .retired_from("OLD-0001", "2026-01-01")
        .azure_product(AZURE, "Azure plan");
    HOUSES.iter().fold(products, |scenario, house| scenario.tenant(house.tenant, house.plan))
}

/// August is applied.
pub async fn open(assumptions: Assumptions) -> Rig {
    let setup = Setup { azure: true, month: AUGUST, ..Setup::default() };
    let settings = SimSettings { assumptions, ..SimSettings::default() };
    let rig = Rig::connected(scenario().world(), setup, settings).await;
    rig.sync_scope(Scope::Products).await;
    rig.map_all(|_| {}).await;
    rig.sync().await;
    rig
}

/// What people do before September's run: W3's edit by hand, and posting, where it makes a difference.
pub async fn between(rig: &Rig, reversal: &Reversal) {
    edit(rig, "w03", BASIC, ("2026-09-10", 9)).await;
    if reversal.as_ref().is_some_and(|(switch, _)| switch == "posted_periods") {
        let posting = json!({"contract_id": contract(rig, "w07"), "through": "2026-09-30"});
        rig.control("autotask/post", &posting).await;
    }
}
