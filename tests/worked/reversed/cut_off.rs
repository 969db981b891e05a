//! The worked cases whose run is cut off, a reply lost and the user locked, beside W10 and W18: nothing is applied yet, and
//! Azure is off.

use prism_connect::{
    domain::outcome::Outcome,
    engine::protocol::Scope,
    sim::{SimSettings, assumptions::Assumptions},
};
use serde_json::json;

use super::street::{AZURE, End, House, end};
use crate::{
    checks::BASIC,
    rig::{Rig, Setup},
    scenario::{Scenario, tenants::TenantPlan},
};

/// The usage month.
pub const OCTOBER: &str = "2026-10";

/// A product of 9.99, bought and sold.
const CENTS: &str = "CFQ7TTC0LCHC:0003";

/// What is written in all: a row and two adjustments for each of W1's, a row and one for W18.
pub const WRITES: usize = 3 * 3 + 2;

const W1: &[(&str, End)] =
    &[(OCTOBER, end(Outcome::Success, &[("2026-10-01", 5), ("2026-10-19", 6)], "43.36"))];

const fn w1(tenant: &'static str) -> House {
    House { tenant, sku: BASIC, plan: rises, ends: W1 }
}

fn rises(tenant: TenantPlan) -> TenantPlan {
    tenant.subscription(BASIC, |bought| {
        let five = bought.span("2026-10-01", "2026-10-18", 5).at("6.90", "8.00");
        five.from("2026-10-19", 6).at("6.90", "8.00")
    })
}

/// W1 three times, of which W14 and W15 cut some off, W10 and W18.
pub const HOUSES: &[House] = &[
    w1("w14-a"),
    w1("w14-b"),
    w1("w15"),
    House {
        tenant: "w10",
        sku: AZURE,
        plan: |tenant| {
            tenant.subscription(AZURE, |bought| bought.used(OCTOBER, "312.44", "359.31"))
        },
        ends: &[(OCTOBER, end(Outcome::NoChange, &[], "0.00"))],
    },
    House {
        tenant: "w18",
        sku: CENTS,
        plan: |tenant| {
            tenant.subscription(CENTS, |bought| bought.span("2026-10-21", "2026-10-31", 7))
        },
        ends: &[(OCTOBER, end(Outcome::Success, &[("2026-10-21", 7)], "24.81"))],
    },
];

fn scenario() -> Scenario {
    let products = Scenario::month(OCTOBER)
        .product(BASIC, "Microsoft 365 Business Basic", "7.10", "8.40")
        .product(CENTS, "Windows 365", "9.99", "9.99")
        .azure_product(AZURE, "Azure plan");
    HOUSES.iter().fold(products, |scenario, house| scenario.tenant(house.tenant, house.plan))
}

/// Everything is mapped, nothing applied; one reply will be lost, and the user locked in the seventh write.
pub async fn open(assumptions: Assumptions) -> Rig {
    let setup = Setup { month: (2026, 10), ..Setup::default() };
    let settings = SimSettings { assumptions, ..SimSettings::default() };
    let rig = Rig::connected(scenario().world(), setup, settings).await;
    rig.sync_scope(Scope::Products).await;
    rig.map_all(|_| {}).await;
    let lost = json!({"system": "autotask", "path": "ServiceAdjustments", "times": 1,
        "fault": "cut_after"});
    rig.fault(lost).await;
    let lock = json!({"system": "autotask", "writes": true, "after": 6,
        "fault": {"lock_user": true}});
    rig.fault(lock).await;
    rig
}

/// The user is unlocked, and nothing is cut off any more.
pub async fn mend(rig: &Rig) {
    rig.no_faults().await;
    rig.control("autotask/user", &json!({ "locked": false })).await;
}
