//! Files without the term columns: what a subscription is billed as, its product and its own term tell.

use prism_connect::domain::outcome::Outcome;
use serde_json::json;

use crate::{
    checks::{BASIC, SEPTEMBER, bill, contract, ended, ready, settled, steps, world},
    rig::Rig,
};

/// 5 seats on the monthly term at 8.00, 3 on the annual one at 4.62; the list names the product of the latter as `product`
/// says, or by its own id.
async fn one_sku_in_two_motions(product: Option<&str>) -> Rig {
    let scenario = world("2026-09")
        .annual_monthly(BASIC, "Microsoft 365 Business Basic", "4.00", "4.62")
        .tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| bought.from("2026-09-01", 5)).subscription(
                BASIC,
                |bought| {
                    let bought = bought.annual_monthly().from("2026-09-01", 3);
                    product.map_or(bought.clone(), |text| bought.product_text(text))
                },
            )
        });
    let rig = ready(scenario, SEPTEMBER).await;
    rig.control("assumptions", &json!({"csv_columns": "certain_ten"})).await;
    rig
}

async fn is_billed_by_two_services(rig: &Rig) {
    ended(&rig.sync().await, Outcome::Success);
    let stands = rig.timelines(contract(rig, "harbour")).await;
    assert_eq!(stands[&format!("PC_{BASIC}")], steps(&[("2026-09-01", 5)]));
    assert_eq!(stands[&format!("PC_P1Y:M_{BASIC}")], steps(&[("2026-09-01", 3)]));
    assert_eq!(bill(rig, "harbour", "2026-09").await, "53.86");
    settled(rig).await;
}

#[tokio::test]
async fn a08_a_product_id_of_one_motion_decides_the_motion_of_a_line_that_tells_none() {
    is_billed_by_two_services(&one_sku_in_two_motions(None).await).await;
}

#[tokio::test]
async fn a08_where_the_product_is_sold_in_both_the_subscriptions_own_term_decides() {
    is_billed_by_two_services(&one_sku_in_two_motions(Some(BASIC)).await).await;
}
