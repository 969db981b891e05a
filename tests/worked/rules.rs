//! Rules that no worked case shows by itself: late neighbours, retried prices, invoices that wait, posted rows, pauses.

use prism_connect::{
    domain::outcome::Outcome,
    engine::protocol::{Answer, MapDraft, Scope, SyncRequest, command},
};
use rstest::rstest;
use serde_json::json;

use crate::{
    checks::{
        AUGUST, BASIC, SEPTEMBER, Writes, bill, contract, customers, edit, ended, notes, ready,
        says, september_after_august, settled, steps, units, warnings, world, writes,
    },
    rig::{Rig, Setup, pretty},
    scenario::{Scenario, tenants::TenantPlan},
};

/// Six seats of Basic since August.
pub fn six_since_august() -> Scenario {
    world("2026-08").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| bought.from("2026-08-01", 6))
    })
}

#[tokio::test]
async fn a_neighbour_mapped_later_adds_its_seats_and_takes_none() {
    let four =
        |tenant: TenantPlan| tenant.subscription(BASIC, |bought| bought.from("2026-09-01", 4));
    let scenario = world("2026-09")
        .tenant("harbour", four)
        .tenant("labs", |tenant| four(tenant.on_contract_of("harbour")));
    let setup = Setup { month: SEPTEMBER, ..Setup::default() };
    let rig = Rig::ready(scenario.world(), setup).await;
    let mappings = rig.simulation.true_mappings();
    for (number, mapping) in mappings.iter().enumerate() {
        let draft = MapDraft {
            tenant: mapping.domain.clone(),
            company: mapping.company_id.to_string(),
            contract: mapping.contract_id.to_string(),
            sync: Some(true),
            from: None,
            pricing: None,
        };
        rig.ask(command::Map { draft }).await;
        ended(&rig.sync().await, Outcome::Success);
        let seats = 4 * (i64::try_from(number).expect("two") + 1);
        let stands = rig.timelines(mapping.contract_id).await;
        assert_eq!(stands[&format!("PC_{BASIC}")], steps(&[("2026-09-01", seats)]));
    }
    rig.simulation.journal().reset();
    settled(&rig).await;
}

#[tokio::test]
async fn a_recheck_sets_a_later_drift_back() {
    let rig = september_after_august(six_since_august(), Setup::default()).await;
    ended(&rig.sync().await, Outcome::NoChange);
    edit(&rig, "harbour", BASIC, ("2026-09-10", 9)).await;
    ended(&rig.sync().await, Outcome::NoChange);
    let plan = rig.recheck().await;
    assert_eq!(plan.operations.len(), 1, "{:?}", plan.operations);
    let report = rig.sync_as(SyncRequest { recheck: true, ..customers() }).await;
    ended(&report, Outcome::Warning);
    let wanted = [("2026-08-01", 6), ("2026-09-10", 9), ("2026-09-11", 6)];
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&wanted));
    settled(&rig).await;
}

#[rstest]
#[case::on_the_last_day(
    "2026-09-30", Outcome::Warning, &[("2026-08-01", 6), ("2026-09-30", 9), ("2026-10-01", 6)])]
#[case::on_the_first_day("2026-09-01", Outcome::Success, &[("2026-08-01", 6)])]
#[tokio::test]
async fn a_drift_on_the_edge_of_the_month_is_set_back(
    #[case] date: &str,
    #[case] outcome: Outcome,
    #[case] wanted: &[(&str, i64)],
) {
    let rig = september_after_august(six_since_august(), Setup::default()).await;
    edit(&rig, "harbour", BASIC, (date, 9)).await;
    let report = rig.sync().await;
    ended(&report, outcome);
    let told = "Changed by hand from 6 to 9";
    assert!(says(&notes(&report), told), "the drift is told: {}", pretty(&report));
    assert!(!says(&warnings(&report), told), "and is no warning: {}", pretty(&report));
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(wanted), "{}", pretty(&report));
    settled(&rig).await;
}

#[tokio::test]
async fn a_retried_price_is_followed_by_the_later_months_price() {
    let scenario = world("2026-08")
        .price_from(BASIC, "2026-09-01", "7.00", "8.40")
        .price_from(BASIC, "2026-10-01", "7.20", "8.60")
        .tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| bought.from("2026-08-01", 6))
        });
    let mut rig = september_after_august(scenario, Setup::default()).await;
    let refuse = json!({"system": "autotask", "path": "ServiceAdjustments", "times": 2, "fault":
        {"status": 500, "body": "{\"errors\":[\"It is being edited.\"]}"}});
    rig.fault(refuse).await;
    ended(&rig.sync().await, Outcome::Failure);
    rig.month_passes().await;
    // The retry of September is refused once more; October goes on.
    ended(&rig.sync().await, Outcome::Failure);
    let (september, october) = ("2026-09", "2026-10");
    assert_eq!(bill(&rig, "harbour", october).await, "51.60");
    assert_eq!(bill(&rig, "harbour", september).await, "48.00");
    let report = rig.sync_as(SyncRequest { retry_failed: true, ..customers() }).await;
    ended(&report, Outcome::Success);
    for (month, amount) in [("2026-08", "48.00"), (september, "50.40"), (october, "51.60")] {
        assert_eq!(bill(&rig, "harbour", month).await, amount, "{month}");
    }
    settled(&rig).await;
}

#[tokio::test]
async fn an_invoice_that_does_not_add_up_writes_nothing_and_holds_later_ones_up() {
    let scenario = six_since_august().invoice("2026-08", |invoice| invoice.off_by("0.10"));
    let setup = Setup { month: AUGUST, ..Setup::default() };
    let mut rig = Rig::ready(scenario.world(), setup).await;
    rig.map_all(|_| {}).await;
    let report = rig.sync().await;
    assert_eq!(report.header.status, Outcome::Failure, "{}", pretty(&report));
    rig.month_passes().await;
    let report = rig.sync().await;
    assert_eq!(report.header.status, Outcome::Failure, "{}", pretty(&report));
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 0 });
    let Answer::Retries(retries) = rig.ask(command::Retries).await else { panic!("retries") };
    let held = retries.iter().find(|entry| entry.month.to_string() == "2026-08").expect("held");
    let reason = "Entered by hand".to_owned();
    rig.ask(command::DismissRetry { id: held.id.clone(), reason }).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Success);
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-09-01", 6)]));
    settled(&rig).await;
}

#[tokio::test]
async fn two_standard_invoices_of_one_month_wait_until_one_is_dismissed() {
    let scenario = six_since_august().extra_invoice(
        "2026-08",
        "Standard",
        crate::scenario::invoices::HeaderPlan::with_all_lines,
    );
    let rig = ready(scenario, AUGUST).await;
    let report = rig.sync().await;
    assert_eq!(report.header.status, Outcome::Failure, "{}", pretty(&report));
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 0 });
    let Answer::Retries(retries) = rig.ask(command::Retries).await else { panic!("retries") };
    let id = retries.first().expect("a doubled invoice is listed").id.clone();
    rig.ask(command::DismissRetry { id, reason: "Issued twice".to_owned() }).await;
    ended(&rig.sync().await, Outcome::Success);
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-08-01", 6)]));
    assert_eq!(rig.ask(command::Retries).await, Answer::Retries(Vec::new()));
    settled(&rig).await;
}

#[tokio::test]
async fn posted_rows_are_adjusted_and_the_outcome_says_so() {
    let scenario = world("2026-08").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| {
            bought.span("2026-08-01", "2026-09-18", 5).from("2026-09-19", 6)
        })
    });
    let rig = september_after_august(scenario, Setup::default()).await;
    let posting = json!({"contract_id": contract(&rig, "harbour"), "through": "2026-09-30"});
    rig.control("autotask/post", &posting).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    assert!(says(&warnings(&report), "posted"), "{}", pretty(&report));
    let stands = units(&rig, "harbour", BASIC).await;
    assert_eq!(stands, steps(&[("2026-08-01", 5), ("2026-09-19", 6)]));
    settled(&rig).await;
}

#[tokio::test]
async fn seats_dropped_with_the_next_period_are_not_missed_in_it() {
    let scenario = world("2026-08")
        .tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| bought.span("2026-08-01", "2026-09-14", 6))
        })
        .tenant("quarry", |tenant| {
            tenant.subscription(BASIC, |bought| bought.from("2026-08-01", 3))
        });
    let config = "[policies]\ndrops = \"next-period\"\n";
    let mut rig = september_after_august(scenario, Setup { config, ..Setup::default() }).await;
    ended(&rig.sync().await, Outcome::Success);
    rig.month_passes().await;
    ended(&rig.sync().await, Outcome::NoChange);
    let stands = units(&rig, "harbour", BASIC).await;
    assert_eq!(stands, steps(&[("2026-08-01", 6), ("2026-10-01", 0)]));
}

#[tokio::test]
async fn a_month_in_which_sync_was_off_is_caught_up_when_it_is_on_again() {
    let scenario = world("2026-08")
        .tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| {
                bought.span("2026-08-01", "2026-09-09", 5).from("2026-09-10", 8)
            })
        })
        .tenant("quarry", |tenant| {
            tenant.subscription(BASIC, |bought| bought.from("2026-08-01", 3))
        });
    let mut rig = september_after_august(scenario, Setup::default()).await;
    let tenants = vec!["harbour.onmicrosoft.com".to_owned()];
    rig.ask(command::SetSync { tenants: tenants.clone(), on: false, skip_missed: None }).await;
    ended(&rig.sync().await, Outcome::NoChange);
    rig.month_passes().await;
    rig.ask(command::SetSync { tenants, on: true, skip_missed: None }).await;
    ended(&rig.sync().await, Outcome::Success);
    let stands = units(&rig, "harbour", BASIC).await;
    assert_eq!(stands, steps(&[("2026-08-01", 5), ("2026-09-10", 8)]));
    settled(&rig).await;
}

#[tokio::test]
async fn a_subscription_that_returns_takes_its_new_price_with_it() {
    let scenario = world("2026-08").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| {
            bought.span("2026-08-01", "2026-09-09", 6).from("2026-09-20", 4).at("7.00", "9.00")
        })
    });
    let rig = september_after_august(scenario, Setup::default()).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Success);
    let wanted = [("2026-08-01", 6), ("2026-09-10", 0), ("2026-09-20", 4)];
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&wanted));
    // 6 × 8.00 × 9/30 and 4 × 9.00 × 11/30.
    assert_eq!(bill(&rig, "harbour", "2026-09").await, "27.60");
    settled(&rig).await;
}

#[tokio::test]
async fn a_change_of_motion_moves_the_seats_from_one_service_to_the_other() {
    let scenario = world("2026-08")
        .annual_monthly(BASIC, "Microsoft 365 Business Basic", "5.75", "6.70")
        .tenant("harbour", |tenant| {
            tenant
                .subscription(BASIC, |bought| bought.span("2026-08-01", "2026-09-14", 6))
                .subscription(BASIC, |bought| bought.annual_monthly().from("2026-09-15", 6))
        });
    let rig = september_after_august(scenario, Setup::default()).await;
    ended(&rig.sync().await, Outcome::Success);
    let stands = rig.timelines(contract(&rig, "harbour")).await;
    assert_eq!(stands[&format!("PC_{BASIC}")], steps(&[("2026-08-01", 6), ("2026-09-15", 0)]));
    assert_eq!(stands[&format!("PC_P1Y:M_{BASIC}")], steps(&[("2026-09-15", 6)]));
    settled(&rig).await;
}

#[rstest]
#[case::a_quarterly("2026-01-01", 3)]
#[case::from_mid_month("2026-01-15", 2)]
#[case::a_yearly("2026-01-01", 5)]
#[tokio::test]
async fn seats_on_other_periods_are_counted_once(#[case] starts: &str, #[case] period: i64) {
    let scenario = world("2026-08").tenant("harbour", |tenant| {
        tenant.contract(|contract| contract.starts(starts).period_type(period)).subscription(
            BASIC,
            |bought| {
                bought
                    .span("2026-08-01", "2026-09-18", 5)
                    .span("2026-09-19", "2026-10-07", 7)
                    .from("2026-10-08", 6)
            },
        )
    });
    let mut rig = september_after_august(scenario, Setup::default()).await;
    ended(&rig.sync().await, Outcome::Success);
    settled(&rig).await;
    rig.month_passes().await;
    ended(&rig.sync().await, Outcome::Success);
    let wanted = [("2026-08-01", 5), ("2026-09-19", 7), ("2026-10-08", 6)];
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&wanted));
    settled(&rig).await;
}

#[tokio::test]
async fn a_retry_follows_its_product_to_the_service_it_was_pinned_to_since() {
    let scenario = world("2026-09")
        .tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| bought.from("2026-09-01", 6))
        })
        .service(29_999_001, "Mail, by hand", "8.00", "6.90");
    let rig = ready(scenario, SEPTEMBER).await;
    let Answer::Products(products) = rig.ask(command::Products).await else {
        panic!("products are answered with products")
    };
    let basic = products.iter().find(|row| row.key == BASIC).and_then(|row| row.service);
    let path = format!("autotask/services/{}", basic.expect("it was synced"));
    rig.control(&path, &json!({"isActive": false})).await;
    ended(&rig.sync().await, Outcome::Failure);
    let service = "29999001".parse().expect("an id");
    rig.ask(command::Pin { product: BASIC.to_owned(), service }).await;
    let request =
        SyncRequest { scope: Scope::Customers, retry_failed: true, ..SyncRequest::default() };
    let report = rig.sync_as(request).await;
    ended(&report, Outcome::Success);
    let stands = rig.timelines(contract(&rig, "harbour")).await;
    assert_eq!(stands["Mail, by hand"], steps(&[("2026-09-01", 6)]), "{}", pretty(&report));
    assert_eq!(rig.ask(command::Retries).await, Answer::Retries(Vec::new()));
    settled(&rig).await;
}

/// Unattended runs come every few hours: what one of them warned about must still be there in the morning.
#[tokio::test]
async fn a_warning_stays_on_the_attention_list_until_somebody_looked_at_it() {
    let rig = september_after_august(six_since_august(), Setup::default()).await;
    edit(&rig, "harbour", BASIC, ("2026-09-10", 9)).await;
    ended(&rig.sync().await, Outcome::Warning);
    ended(&rig.sync().await, Outcome::NoChange);
    let warned = warned_about(&rig).await;
    assert_eq!(warned.len(), 1, "{warned:?}");
    rig.ask(command::Acknowledge { id: warned[0].clone() }).await;
    assert_eq!(warned_about(&rig).await, Vec::<String>::new());
}

async fn warned_about(rig: &Rig) -> Vec<String> {
    let Answer::Status(status) = rig.ask(command::Status).await else { panic!("a status") };
    let ids = status.attention.into_iter().map(|one| one.id);
    ids.filter(|id| id.starts_with("warning-")).collect()
}
