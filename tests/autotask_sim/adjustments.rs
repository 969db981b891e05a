//! Adjustments and the unit rows they make, by the reference model of the wire contract.

use rstest::rstest;
use serde_json::{Value, json};

use crate::stage::{
    ENDING, FROM_THE_15TH, FROM_THE_31ST, INACTIVE_SERVICE, MONTHLY, QUARTERLY, SERVICE, error,
    stage, stage_with,
};

fn row(start: &str, end: &str, units: i64, price: &str) -> (String, String, i64, String) {
    (start.into(), end.into(), units, price.into())
}

#[tokio::test]
async fn five_from_the_1st_and_one_more_from_the_19th_of_a_30_day_month_are_43_20() {
    let (stage, id) = stage_with(MONTHLY, &[("2026-09-01", 5)]).await;
    let body = json!({"contractID": MONTHLY, "contractServiceID": id,
                      "effectiveDate": "2026-09-19T00:00:00Z", "unitChange": 1});
    assert_eq!(stage.adjust(MONTHLY, &body).await, (200, json!({"itemId": null})));
    let units = stage.units(id).await;
    assert_eq!(units[0], row("2026-09-01", "2026-09-19", 5, "24.0000"));
    assert_eq!(units[1], row("2026-09-19", "2026-09-30", 6, "19.2000"));
    assert_eq!(units[2], row("2026-10-01", "2026-10-31", 6, "48.0000"));
    assert_eq!(units.len(), 2 + 15);
    let (_, bill) =
        stage.control("GET", "/autotask/contracts/1001/bill?month=2026-09", &Value::Null).await;
    assert_eq!(bill["total"].to_string(), "43.20");
    assert_eq!(bill["lines"][0]["service_name"], "By hand");
}

#[tokio::test]
async fn the_row_opened_by_an_adjustment_does_not_come_in_the_order_of_its_date() {
    let (stage, id) = stage_with(MONTHLY, &[("2026-09-01", 5), ("2026-09-19", 6)]).await;
    let filter = json!([{"op": "eq", "field": "contractServiceID", "value": id}]);
    let found = stage.found("ContractServiceUnits", &filter).await;
    let starts: Vec<_> = found.iter().map(|row| row["startDate"].as_str().unwrap()).collect();
    assert_eq!(*starts.last().unwrap(), "2026-09-19T00:00:00Z");
    let one = stage.get(&format!("ContractServiceUnits/{}", found[0]["id"])).await.1;
    assert_eq!(one["item"], found[0]);
}

#[tokio::test]
async fn the_root_form_answers_an_id() {
    let (stage, id) = stage_with(MONTHLY, &[]).await;
    let body = json!({"contractServiceID": id, "effectiveDate": "2026-09-01", "unitChange": 1});
    let (status, reply) = stage.post("ContractServiceAdjustments", &body).await;
    assert_eq!(status, 200);
    assert!(reply["itemId"].is_i64());
}

#[tokio::test]
async fn a_second_adjustment_of_a_day_is_a_duplicate_unless_a_period_starts_there() {
    let (stage, id) = stage_with(MONTHLY, &[("2026-09-01", 5)]).await;
    let change =
        |date: &str| json!({"contractServiceID": id, "effectiveDate": date, "unitChange": 1});
    for _ in 0..2 {
        assert_eq!(stage.adjust(MONTHLY, &change("2026-10-01")).await.0, 200);
    }
    assert_eq!(stage.adjust(MONTHLY, &change("2026-10-10")).await.0, 200);
    let refused = stage.adjust(MONTHLY, &change("2026-10-10")).await;
    let text = "Attempt to insert duplicate data into contract_service_period";
    assert!(error(&refused).contains(text));
    assert_eq!(stage.units(id).await.last().unwrap().2, 8);
}

#[rstest]
#[case("2025-12-31")]
#[case("2028-01-01")]
#[tokio::test]
async fn a_day_outside_the_contract_is_refused(#[case] date: &str) {
    let (stage, id) = stage_with(MONTHLY, &[]).await;
    let body = json!({"contractServiceID": id, "effectiveDate": date, "unitChange": 1});
    assert_eq!(
        error(&stage.adjust(MONTHLY, &body).await),
        "ContractServiceAdjustment effectiveDate must be between the start date and end date of \
         the Contract referenced by contractID."
    );
}

#[rstest]
#[case("2026-01-01")]
#[case("2027-12-31")]
#[tokio::test]
async fn the_first_and_the_last_day_of_the_contract_are_within(#[case] date: &str) {
    let (stage, id) = stage_with(MONTHLY, &[]).await;
    let body = json!({"contractServiceID": id, "effectiveDate": date, "unitChange": 1});
    assert_eq!(stage.adjust(MONTHLY, &body).await.0, 200);
}

#[tokio::test]
async fn a_quantity_below_zero_on_any_later_day_is_refused() {
    let (stage, id) = stage_with(MONTHLY, &[("2026-09-01", 5), ("2026-11-01", 2)]).await;
    let take =
        |n: i64| json!({"contractServiceID": id, "effectiveDate": "2026-10-05", "unitChange": n});
    assert!(error(&stage.adjust(MONTHLY, &take(-3)).await).contains("negative"));
    assert_eq!(stage.adjust(MONTHLY, &take(-2)).await.0, 200);
    let units = stage.units(id).await;
    assert_eq!(units.last().unwrap().2, 0, "a row at zero stays");
}

#[rstest]
#[case::fraction(json!({"unitChange": 1.5}), "unitChange")]
#[case::no_date(json!({"effectiveDate": null}), "effectiveDate")]
#[case::service_mismatch(json!({"serviceID": INACTIVE_SERVICE}), "serviceID")]
#[case::contract_mismatch(json!({"contractID": QUARTERLY}), "contractID")]
#[case::no_such_row(json!({"contractServiceID": 999}), "contractServiceID")]
#[case::nothing_named(json!({"contractServiceID": null}), "contractServiceID")]
#[tokio::test]
async fn a_bad_adjustment_is_refused(#[case] change: Value, #[case] fragment: &str) {
    let (stage, id) = stage_with(MONTHLY, &[("2026-09-01", 5)]).await;
    let mut body = json!({"contractServiceID": id, "effectiveDate": "2026-09-19", "unitChange": 1});
    body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    let before = stage.units(id).await;
    let refused = stage.adjust(MONTHLY, &body).await;
    assert!(error(&refused).contains(fragment), "{}", refused.1);
    assert_eq!(stage.units(id).await, before);
}

#[rstest]
#[case(json!({"status": 0}), "inactive")]
#[case(json!({"endDate": "2026-09-10"}), "must be between")]
#[tokio::test]
async fn a_contract_somebody_closes_takes_no_more_changes(
    #[case] edit: Value,
    #[case] fragment: &str,
) {
    let (stage, id) = stage_with(MONTHLY, &[("2026-09-01", 5)]).await;
    stage.control("POST", "/autotask/contracts/1001", &edit).await;
    let body = json!({"contractServiceID": id, "effectiveDate": "2026-09-19", "unitChange": 1});
    assert!(error(&stage.adjust(MONTHLY, &body).await).contains(fragment));
}

#[tokio::test]
async fn an_inactive_service_goes_on_where_it_is_but_is_not_put_anywhere_anew() {
    let (stage, id) = stage_with(MONTHLY, &[("2026-09-01", 5)]).await;
    stage.control("POST", "/autotask/services/41", &json!({"isActive": false})).await;
    let old = json!({"contractServiceID": id, "effectiveDate": "2026-09-19", "unitChange": 1});
    assert_eq!(stage.adjust(MONTHLY, &old).await.0, 200);
    let new = json!({"contractID": QUARTERLY, "serviceID": SERVICE,
                     "effectiveDate": "2026-09-19", "unitChange": 1});
    assert!(error(&stage.adjust(QUARTERLY, &new).await).contains("inactive"));
}

#[tokio::test]
async fn contract_and_service_find_or_make_the_row_and_repeat_only_when_allowed() {
    let stage = stage().await;
    let body = |date: &str, repeat: bool| {
        json!({"contractID": MONTHLY, "serviceID": SERVICE, "effectiveDate": date,
               "unitChange": 2, "allowRepeatService": repeat})
    };
    for (date, repeat, rows) in
        [("2026-09-01", false, 1), ("2026-09-05", false, 1), ("2026-09-07", true, 2)]
    {
        assert_eq!(stage.post("ContractServiceAdjustments", &body(date, repeat)).await.0, 200);
        assert_eq!(stage.found("ContractServices", &json!([])).await.len(), rows);
    }
}

#[tokio::test]
async fn a_refused_first_adjustment_makes_no_row() {
    let stage = stage().await;
    let body = json!({"contractID": MONTHLY, "serviceID": SERVICE,
                      "effectiveDate": "2026-09-01", "unitChange": -1});
    assert!(error(&stage.adjust(MONTHLY, &body).await).contains("negative"));
    assert!(stage.found("ContractServices", &json!([])).await.is_empty());
}

#[tokio::test]
async fn a_reprice_without_units_holds_from_its_day_and_a_later_price_survives_it() {
    let (stage, id) = stage_with(MONTHLY, &[("2026-09-01", 6)]).await;
    let price = |date: &str, price: f64, cost: f64| {
        json!({"contractServiceID": id, "effectiveDate": date, "unitChange": 0,
               "adjustedUnitPrice": price, "adjustedUnitCost": cost})
    };
    stage.adjust(MONTHLY, &price("2026-12-01", 9.5, 8.25)).await;
    stage.adjust(MONTHLY, &price("2026-10-01", 8.4, 7.0)).await;
    let units = stage.units(id).await;
    let prices: Vec<_> = units[..4].iter().map(|row| row.3.as_str()).collect();
    assert_eq!(prices, ["48.0000", "50.4000", "50.4000", "57.0000"]);
    let (_, item) = stage.get(&format!("ContractServices/{id}")).await;
    assert_eq!(item["item"]["unitPrice"].to_string(), "8.0000");
    assert_eq!(item["item"]["internalCurrencyAdjustedPrice"].to_string(), "9.5000");
    assert_eq!(item["item"]["unitCost"].to_string(), "8.2500");
}

#[tokio::test]
async fn periods_count_from_the_contracts_start_and_clamp_to_the_months_end() {
    let (stage, id) = stage_with(FROM_THE_31ST, &[("2026-01-31", 1)]).await;
    let starts: Vec<_> = stage.units(id).await.into_iter().map(|row| row.0).collect();
    assert_eq!(starts[..4], ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]);
    let (stage, id) = stage_with(FROM_THE_15TH, &[("2026-09-19", 3)]).await;
    let units = stage.units(id).await;
    assert_eq!(units[0], row("2026-09-19", "2026-10-14", 3, "20.8000"));
    assert_eq!(units[1], row("2026-10-15", "2026-11-14", 3, "24.0000"));
}

#[tokio::test]
async fn a_monthly_service_on_a_quarterly_contract_costs_three_months_a_period() {
    let (stage, id) = stage_with(QUARTERLY, &[("2026-07-01", 2)]).await;
    assert_eq!(stage.units(id).await[0], row("2026-07-01", "2026-09-30", 2, "48.0000"));
}

#[tokio::test]
async fn the_last_period_is_cut_at_the_contracts_end() {
    let (stage, id) = stage_with(ENDING, &[("2026-08-01", 2)]).await;
    assert_eq!(stage.units(id).await[1], row("2026-09-01", "2026-09-15", 2, "8.0000"));
}

#[tokio::test]
async fn units_of_many_contracts_are_found_by_contract_and_date() {
    let (stage, id) = stage_with(MONTHLY, &[("2026-09-01", 5), ("2026-09-19", 6)]).await;
    let filter = json!([
        {"op": "in", "field": "contractID", "value": [MONTHLY, QUARTERLY]},
        {"op": "lte", "field": "startDate", "value": "2026-09-30"},
        {"op": "gte", "field": "endDate", "value": "2026-09-01T00:00:00Z"},
    ]);
    let found = stage.found("ContractServiceUnits", &filter).await;
    let units: Vec<_> = found.iter().map(|row| row["units"].as_i64().unwrap()).collect();
    assert_eq!(units, [5, 6]);
    assert!(found.iter().all(|row| row["contractServiceID"] == id));
    let query = json!({"filter": filter, "maxRecords": 1});
    let (_, page) = stage.post("ContractServiceUnits/query", &query).await;
    let next = page["pageDetails"]["nextPageUrl"].as_str().unwrap();
    let request = stage.client.post(next).headers(stage.headers()).json(&query);
    let (_, page) = crate::stage::reply(request.send().await.unwrap()).await;
    assert_eq!(page["items"][0]["units"], 6);
    assert_eq!(page["pageDetails"]["nextPageUrl"], Value::Null);
}
