//! The money of a simulated invoice: shares, catch-up, credits, and what is taken back. The cases are those of the sync rules.

use prism_connect::sim::SimSettings;
use prism_connect::sim::seed::{ConnectwiseSeed, CwAdditionSeed};
use rstest::rstest;
use serde_json::{Value, json};

use crate::stage::{
    AGREEMENT, AZURE, ONCE, QUARTERLY, Stage, UNPRORATED, addition, body, day, invoiced_to, money,
    records, stage, stage_of,
};

/// September is not invoiced yet.
const ARREARS: &str = "2026-09-01";
/// September and October are.
const ADVANCE: &str = "2026-11-01";

async fn with(next: &str, additions: Vec<CwAdditionSeed>) -> Stage {
    stage_of(&invoiced_to(next, additions), SimSettings::default()).await
}

fn line(quantity: i64) -> CwAdditionSeed {
    addition(31, AGREEMENT, quantity, "2026-01-01")
}

fn ended(line: CwAdditionSeed, last: &str) -> CwAdditionSeed {
    CwAdditionSeed { to: Some(day(last)), ..line }
}

/// The bill of a month before its invoice, and the same after it.
async fn billed(stage: &Stage, month: &str) -> (String, String) {
    let before = stage.bill(AGREEMENT, month).await;
    assert_eq!(before["invoiced"], false, "{before}");
    stage.invoice(&format!("{month}-01")).await;
    let after = stage.bill(AGREEMENT, month).await;
    assert_eq!(after["invoiced"], true, "{after}");
    assert_eq!((&before["total"], &before["lines"]), (&after["total"], &after["lines"]));
    (after["total"].to_string(), after["cost"].to_string())
}

fn pair(amount: &str, cost: &str) -> (String, String) {
    (amount.to_owned(), cost.to_owned())
}

#[tokio::test]
async fn cw1_a_rise_in_arrears_comes_to_the_invoice_by_both_ways_of_lines() {
    let stage = with(ARREARS, Vec::new()).await;
    stage.add(AGREEMENT, body(5, "2026-09-01")).await;
    stage.add(AGREEMENT, body(1, "2026-09-19")).await;
    assert_eq!(billed(&stage, "2026-09").await, pair("43.20", "37.26"));
    let replaced = vec![
        ended(addition(31, AGREEMENT, 5, "2026-09-01"), "2026-09-18"),
        addition(32, AGREEMENT, 6, "2026-09-19"),
    ];
    let stage = with(ARREARS, replaced).await;
    assert_eq!(billed(&stage, "2026-09").await.0, "43.20");
}

#[tokio::test]
async fn cw3_a_rise_in_advance_is_caught_up_over_two_invoiced_periods() {
    let stage = with(ADVANCE, vec![line(5)]).await;
    let new = stage.add(AGREEMENT, body(1, "2026-09-19")).await;
    let bill = stage.bill(AGREEMENT, "2026-11").await;
    let charges = bill["lines"][0]["charges"].as_array().unwrap();
    let of_new = charges.iter().filter(|charge| charge["addition_id"] == new);
    let amounts: Vec<_> = of_new.map(|charge| charge["amount"].to_string()).collect();
    assert_eq!(amounts, ["3.20", "8.00", "8.00"]);
    assert_eq!(billed(&stage, "2026-11").await.0, "59.20");
    assert_eq!(billed(&stage, "2026-12").await.0, "48.00", "nothing is caught up twice");
}

#[tokio::test]
async fn cw4_a_share_is_rounded_per_unit() {
    let stage = with(ARREARS, vec![addition(31, AGREEMENT, 3, "2026-09-12")]).await;
    assert_eq!(billed(&stage, "2026-09").await.0, "15.21");
    stage.act("POST", "/connectwise/invoice/undo", json!({})).await;
    stage.assume(json!({"cw_proration": "per_line"})).await;
    assert_eq!(stage.total(AGREEMENT, "2026-09").await.0, "15.20");
}

#[tokio::test]
async fn cw5_an_end_bills_its_days_in_arrears_and_is_credited_in_advance() {
    let stage = with(ARREARS, vec![line(6)]).await;
    let path = "finance/agreements/41/additions/31";
    let end = [("cancelledDate", json!("2026-09-14T00:00:00Z"))];
    assert_eq!(stage.replace(path, &end).await.status, 200);
    assert_eq!(billed(&stage, "2026-09").await.0, "22.38");

    let stage = with(ADVANCE, vec![line(6)]).await;
    assert_eq!(stage.replace(path, &end).await.status, 200);
    let bill = stage.bill(AGREEMENT, "2026-11").await;
    let charges = bill["lines"][0]["charges"].as_array().unwrap();
    let amounts: Vec<_> = charges.iter().map(|charge| charge["amount"].to_string()).collect();
    assert_eq!(amounts, ["-25.62", "-48.00"]);
    assert_eq!(billed(&stage, "2026-11").await.0, "-73.62");
    assert_eq!(billed(&stage, "2026-12").await.0, "0.00", "nothing is credited twice");
}

#[tokio::test]
async fn a_credit_may_never_come() {
    let stage = with(ADVANCE, vec![line(6)]).await;
    stage.assume(json!({"cw_credits": "never"})).await;
    let end = [("cancelledDate", json!("2026-09-14T00:00:00Z"))];
    stage.replace("finance/agreements/41/additions/31", &end).await;
    assert_eq!(billed(&stage, "2026-11").await.0, "0.00");
}

#[tokio::test]
async fn an_end_that_is_taken_back_after_its_credit_is_billed_again() {
    let stage = with(ADVANCE, vec![line(6)]).await;
    let path = "finance/agreements/41/additions/31";
    stage.replace(path, &[("cancelledDate", json!("2026-10-31"))]).await;
    assert_eq!(billed(&stage, "2026-11").await.0, "0.00");
    stage.replace(path, &[("cancelledDate", json!("2026-09-30"))]).await;
    assert_eq!(billed(&stage, "2026-12").await.0, "-48.00");
    stage.send("PATCH", path, &json!([{"op": "remove", "path": "cancelledDate"}])).await;
    assert_eq!(billed(&stage, "2027-01").await.0, "192.00", "October to January");
}

#[tokio::test]
async fn cw6_a_fall_inside_the_month_bills_both_quantities() {
    let lines = vec![
        ended(addition(31, AGREEMENT, 6, "2026-09-01"), "2026-09-14"),
        addition(32, AGREEMENT, 4, "2026-09-15"),
    ];
    assert_eq!(billed(&with(ARREARS, lines).await, "2026-09").await.0, "39.46");
}

#[tokio::test]
async fn cw12_a_price_step_bills_from_its_line() {
    let new = CwAdditionSeed {
        price: money("8.40"),
        cost: money("7.25"),
        ..addition(32, AGREEMENT, 6, "2026-09-01")
    };
    let stage = with(ARREARS, vec![ended(line(6), "2026-08-31"), new.clone()]).await;
    assert_eq!(billed(&stage, "2026-09").await, pair("50.40", "43.50"));
    let later = CwAdditionSeed { from: day("2026-11-01"), ..new };
    let stage = with(ADVANCE, vec![ended(line(6), "2026-10-31"), later]).await;
    assert_eq!(billed(&stage, "2026-11").await.0, "50.40", "no credit, no catch-up");
}

#[tokio::test]
async fn cw13_azure_is_billed_once_and_an_amended_figure_counts_before_the_invoice() {
    let azure = CwAdditionSeed {
        item: AZURE,
        price: money("359.31"),
        cost: money("312.44"),
        to: Some(day("2026-09-30")),
        ..addition(31, AGREEMENT, 1, "2026-09-01")
    };
    let stage = with(ARREARS, vec![azure]).await;
    assert_eq!(stage.total(AGREEMENT, "2026-09").await, pair("359.31", "312.44"));
    let new = [("unitPrice", json!(365.7)), ("unitCost", json!(318))];
    stage.replace("finance/agreements/41/additions/31", &new).await;
    assert_eq!(billed(&stage, "2026-09").await, pair("365.70", "318.00"));
    assert_eq!(billed(&stage, "2026-10").await, pair("0.00", "0.00"));
}

#[tokio::test]
async fn cw14_an_unprorated_agreement_bills_whole_periods() {
    let standing = addition(31, UNPRORATED, 5, "2026-01-01");
    let stage = with(ARREARS, vec![standing.clone()]).await;
    stage.add(UNPRORATED, body(1, "2026-09-19")).await;
    assert_eq!(stage.total(UNPRORATED, "2026-09").await.0, "48.00");
    let stage = with(ADVANCE, vec![standing]).await;
    let refused = stage.post("finance/agreements/42/additions", &body(1, "2026-09-19")).await;
    assert!(refused.reasons()[0].2.starts_with("Since this period has already been invoiced"));
    stage.add(UNPRORATED, body(1, "2026-11-01")).await;
    assert_eq!(stage.total(UNPRORATED, "2026-11").await.0, "48.00");
}

#[tokio::test]
async fn the_published_example_shows_34_06_a_unit() {
    let mut records = records();
    records.agreements[0].next_invoice = day("2026-04-01");
    let price = money("22.00");
    records.additions = vec![CwAdditionSeed { price, ..addition(31, AGREEMENT, 1, "2026-01-01") }];
    let stage = stage_of(&records, SimSettings::default()).await;
    let mut late = body(1, "2026-03-15");
    late["unitPrice"] = json!(22);
    stage.add(AGREEMENT, late).await;
    assert_eq!(stage.total(AGREEMENT, "2026-04").await.0, "56.06", "22.00 and 34.06");
}

#[tokio::test]
async fn a_line_wholly_inside_an_invoiced_period_is_billed_on_the_next_invoice() {
    let stage = with(ADVANCE, Vec::new()).await;
    let mut inside = body(2, "2026-09-17");
    inside["cancelledDate"] = json!("2026-09-30");
    stage.add(AGREEMENT, inside).await;
    assert_eq!(billed(&stage, "2026-11").await.0, "7.46", "2 times 3.73");
}

#[rstest]
#[case(json!({"billCustomer": "DoNotBill"}), "0.00", 0)]
#[case(json!({"billCustomer": "NoCharge"}), "0.00", 1)]
#[case(json!({"lessIncluded": 2}), "24.00", 1)]
#[case(json!({"lessIncluded": 9}), "0.00", 1)]
#[tokio::test]
async fn what_is_not_billed_comes_to_nothing(
    #[case] members: Value,
    #[case] total: &str,
    #[case] lines: usize,
) {
    let stage = with(ARREARS, vec![line(5)]).await;
    stage.act("PATCH", "/connectwise/additions/31", members).await;
    let bill = stage.bill(AGREEMENT, "2026-09").await;
    assert_eq!(bill["total"].to_string(), total);
    assert_eq!(bill["lines"].as_array().unwrap().len(), lines);
}

#[rstest]
#[case("from_next_invoice", "72.00")]
#[case("retroactive", "136.00")]
#[tokio::test]
async fn an_edit_in_place_bills_from_the_next_invoice(#[case] in_place: &str, #[case] total: &str) {
    let mut line = line(5);
    line.from = day("2026-09-01");
    let stage = with(ADVANCE, vec![line]).await;
    stage.assume(json!({"cw_in_place": in_place})).await;
    let edit = json!({"member": "asmith", "quantity": 9});
    stage.act("POST", "/connectwise/additions/31", edit).await;
    let record = stage.get("finance/agreements/41/additions/31").await.body;
    assert_eq!(record["_info"]["updatedBy"], "asmith");
    assert_eq!(billed(&stage, "2026-11").await.0, total);
}

#[tokio::test]
async fn catch_up_may_reach_the_last_invoiced_period_only() {
    let stage = with(ADVANCE, Vec::new()).await;
    stage.add(AGREEMENT, body(1, "2026-09-19")).await;
    stage.assume(json!({"cw_catch_up": "last_period"})).await;
    assert_eq!(stage.total(AGREEMENT, "2026-11").await.0, "16.00");
}

#[tokio::test]
async fn a_last_day_may_not_be_billed() {
    let stage = with(ARREARS, vec![ended(line(6), "2026-09-15")]).await;
    assert_eq!(stage.total(AGREEMENT, "2026-09").await.0, "24.00");
    stage.assume(json!({"cw_cancelled_day": "not_billed"})).await;
    assert_eq!(stage.total(AGREEMENT, "2026-09").await.0, "22.38");
}

#[tokio::test]
async fn invoicing_moves_the_next_invoice_date_period_by_period_and_undoing_moves_it_back() {
    let stage = with(ARREARS, vec![line(5)]).await;
    let path = "finance/agreements/41";
    let next = async || stage.get(path).await.body["nextInvoiceDate"].clone();
    let run = json!({"through": "2026-11-30", "agreement": AGREEMENT});
    let made = stage.act("POST", "/connectwise/invoice", run.clone()).await;
    assert_eq!((made, next().await), (json!({"invoices": 3}), json!("2026-12-01T00:00:00Z")));
    assert_eq!(stage.act("POST", "/connectwise/invoice", run).await, json!({"invoices": 0}));
    let one = json!({"agreement": AGREEMENT});
    assert_eq!(stage.act("POST", "/connectwise/invoice/undo", one).await, json!({"invoices": 1}));
    assert_eq!(next().await, "2026-11-01T00:00:00Z");
    assert_eq!(stage.bill(AGREEMENT, "2026-11").await["invoiced"], false);
    let undone = stage.act("POST", "/connectwise/invoice/undo", json!({})).await;
    assert_eq!((undone, next().await), (json!({"invoices": 2}), json!("2026-09-01T00:00:00Z")));
    assert_eq!(billed(&stage, "2026-09").await.0, "40.00");
    stage.assume(json!({"cw_next_invoice_date": "date"})).await;
    assert_eq!(next().await, "2026-10-01");
    let unknown = json!({"through": "2026-11-30", "agreement": 999});
    assert_eq!(stage.control("POST", "/connectwise/invoice", &unknown).await.0, 404);
}

#[tokio::test]
async fn a_prorated_addition_may_be_invoiced_at_once() {
    let mut records: ConnectwiseSeed = invoiced_to(ADVANCE, vec![line(5)]);
    records.agreements[0].at_once = true;
    let stage = stage_of(&records, SimSettings::default()).await;
    stage.add(AGREEMENT, body(1, "2026-09-19")).await;
    assert_eq!(stage.total(AGREEMENT, "2026-10").await.0, "51.20", "40.00 and 3.20 and 8.00");
    assert_eq!(billed(&stage, "2026-11").await.0, "48.00");
    let stage = with(ADVANCE, vec![line(5)]).await;
    stage.assume(json!({"cw_prorated_at_once": "always"})).await;
    stage.add(AGREEMENT, body(1, "2026-09-19")).await;
    assert_eq!(stage.total(AGREEMENT, "2026-11").await.0, "48.00");
}

#[tokio::test]
async fn an_agreement_that_does_not_recur_bills_an_addition_once() {
    let stage = stage().await;
    stage.add(ONCE, body(2, "2026-09-19")).await;
    stage.add(ONCE, body(3, "2026-10-02")).await;
    let run = json!({"through": "2026-12-31", "agreement": ONCE});
    assert_eq!(stage.act("POST", "/connectwise/invoice", run.clone()).await["invoices"], 2);
    assert_eq!(stage.act("POST", "/connectwise/invoice", run).await["invoices"], 0);
    assert_eq!(stage.total(ONCE, "2026-09").await.0, "16.00");
    assert_eq!(stage.total(ONCE, "2026-10").await.0, "24.00");
}

#[tokio::test]
async fn a_quarter_is_shared_by_its_own_days() {
    let stage = stage().await;
    stage.add(QUARTERLY, body(1, "2026-09-01")).await;
    assert_eq!(stage.total(QUARTERLY, "2026-07").await.0, "2.61", "30 of 92 days");
}

#[tokio::test]
async fn nothing_is_billed_beyond_the_end_of_an_agreement() {
    let mut records = records();
    records.additions = vec![addition(31, crate::stage::EXPIRED, 2, "2026-09-01")];
    let stage = stage_of(&records, SimSettings::default()).await;
    let run = json!({"through": "2026-12-31", "agreement": crate::stage::EXPIRED});
    assert_eq!(stage.act("POST", "/connectwise/invoice", run).await["invoices"], 1);
    assert_eq!(stage.total(crate::stage::EXPIRED, "2026-09").await.0, "8.00", "15 of 30 days");
    assert_eq!(stage.total(crate::stage::EXPIRED, "2026-10").await.0, "0.00");
}

#[tokio::test]
async fn what_was_invoiced_before_the_site_was_opened_is_known() {
    let stage = with(ADVANCE, vec![line(5)]).await;
    let bill = stage.bill(AGREEMENT, "2026-09").await;
    assert_eq!((&bill["invoiced"], bill["total"].to_string().as_str()), (&json!(true), "40.00"));
    let lines = stage.act("GET", "/connectwise/agreements/41/lines", Value::Null).await;
    assert_eq!(lines[0]["invoiced_through"], "2026-10-31");
}

#[tokio::test]
async fn the_timeline_tells_what_is_in_force_from_which_day() {
    let mut other = addition(33, AGREEMENT, 1, "2026-09-01");
    other.item = AZURE;
    let lines = vec![
        ended(addition(31, AGREEMENT, 5, "2026-09-01"), "2026-09-18"),
        addition(32, AGREEMENT, 6, "2026-09-10"),
        other,
    ];
    let stage = with(ARREARS, lines).await;
    let path = format!("/connectwise/agreements/41/timeline?product={}", crate::stage::ITEM);
    let timeline = stage.act("GET", &path, Value::Null).await;
    assert_eq!(timeline.as_array().unwrap().len(), 1);
    let steps = json!([{"date": "2026-09-01", "units": 5}, {"date": "2026-09-10", "units": 11},
                       {"date": "2026-09-19", "units": 6}]);
    assert_eq!(timeline[0]["steps"], steps);
    let all = stage.act("GET", "/connectwise/agreements/41/timeline", Value::Null).await;
    assert_eq!(all.as_array().unwrap().len(), 2);
}
