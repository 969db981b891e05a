//! The worked cases with lines that no standard invoice has by itself: W11 and W17. Where invoices have no type, such lines make
//! theirs another kind, which is left out whole.

use prism_connect::{
    domain::outcome::Outcome,
    engine::protocol::Scope,
    sim::{SimSettings, assumptions::Assumptions},
};

use super::{
    cut_off::OCTOBER,
    street::{House, end},
};
use crate::{
    checks::BASIC,
    rig::{Rig, Setup},
    scenario::Scenario,
};

pub const HOUSES: &[House] = &[
    House {
        tenant: "w11",
        sku: BASIC,
        plan: |tenant| {
            tenant.subscription(BASIC, |bought| {
                bought.named("basic").from("2026-10-01", 2).at("6.90", "8.00")
            })
        },
        ends: &[(OCTOBER, end(Outcome::Success, &[("2026-10-01", 2)], "16.00"))],
    },
    House {
        tenant: "w17",
        sku: BASIC,
        plan: |tenant| tenant.subscription(BASIC, |bought| bought.named("basic")),
        ends: &[(OCTOBER, end(Outcome::Warning, &[("2026-09-15", 5)], "40.00"))],
    },
];

/// Everything is mapped, nothing applied.
pub async fn open(assumptions: Assumptions) -> Rig {
    let offer = "Microsoft 365 Business Basic (NCE Product)";
    let products =
        Scenario::month(OCTOBER).product(BASIC, "Microsoft 365 Business Basic", "7.10", "8.40");
    let houses =
        HOUSES.iter().fold(products, |scenario, house| scenario.tenant(house.tenant, house.plan));
    let scenario = houses.invoice(OCTOBER, |invoice| {
        invoice
            .line("Visio Plan 2 (NCE Product)", ("2026-10-10", "2027-10-09"), |line| {
                line.of("w11", "7d7f2f0a-4c9c-4f0c-9a52-0b7f7f1f2b11")
                    .price("120.00", "150.00")
                    .ratio("1")
                    .annual()
            })
            .line("Premium support", ("2026-10-01", "2026-10-31"), |line| {
                line.of("w11", "").price("99.00", "99.00")
            })
            .line(offer, ("2026-09-15", "2026-10-31"), |line| {
                line.of("w17", "basic").quantity(5).price("6.90", "8.00").ratio("1.533333333")
            })
    });
    let setup = Setup { month: (2026, 10), ..Setup::default() };
    let settings = SimSettings { assumptions, ..SimSettings::default() };
    let rig = Rig::connected(scenario.world(), setup, settings).await;
    rig.sync_scope(Scope::Products).await;
    rig.map_all(|_| {}).await;
    rig
}
