//! Lines that are not synced, and what fails.

use prism_connect::{
    domain::outcome::Outcome,
    engine::protocol::{About, Answer, Command, Scope, SyncRequest, command},
};
use rstest::rstest;
use rust_decimal::Decimal;
use serde_json::json;

use crate::{
    checks::{
        AUGUST, BASIC, Lines, OTHER, SEPTEMBER, Writes, contract, customers, either, ended, errors,
        item, ledger, on, plan_of, ready_on, ready_with, says, september_after_august, settled,
        steps, subscriptions, units, warnings, world, writes, wrote, wrote_nothing,
    },
    rig::{Rig, Setup, Target, pretty},
    scenario::Scenario,
};

/// One addition.
const ADDED: Lines = Lines { added: 1, ended: 0, amended: 0 };

#[rstest]
#[tokio::test]
async fn w11_annual_and_credit_lines_and_lines_without_subscription_are_excluded(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let whole = ("2026-09-01", "2026-09-30");
    let scenario = world("2026-09")
        .tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| bought.named("basic").from("2026-09-01", 2))
        })
        .invoice("2026-09", |invoice| {
            invoice
                .line("Visio Plan 2 (NCE Product)", ("2026-09-10", "2027-09-09"), |line| {
                    line.of("harbour", "7d7f2f0a-4c9c-4f0c-9a52-0b7f7f1f2b11")
                        .price("120.00", "150.00")
                        .ratio("1")
                        .annual()
                })
                .line("Credit: outage", whole, |line| {
                    line.of("harbour", "basic").price("-4.25", "-5.00")
                })
                .line("Premium support", whole, |line| {
                    line.of("harbour", "").price("99.00", "99.00")
                })
        });
    let rig = ready_on(target, scenario, SEPTEMBER).await;
    let report = rig.sync().await;
    // The credit speaks of a subscription that is synced (sync-rules 3.2).
    ended(&report, Outcome::Warning);
    assert_eq!(warnings(&report).len(), 1, "{}", pretty(&report));
    assert!(says(&warnings(&report), "is 5.00 more than the invoice at RRP (4.25 at cost)"));
    wrote(&rig, Writes { rows: 1, adjustments: 1 }, ADDED);
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-09-01", 2)]));
    let mut excluded: Vec<String> = ledger(&report)
        .excluded
        .iter()
        .map(|sum| format!("{} {}", sum.amount, sum.lines))
        .collect();
    excluded.sort();
    assert_eq!(excluded, ["-4.25 1", "120.00 1", "99.00 1"], "{}", pretty(&report));
    assert_eq!(ledger(&report).synced.to_string(), "13.80");
    settled(&rig).await;
}

/// A product that is off the price list, and whose subscription names something unknown.
fn retired(since: &str) -> Scenario {
    world("2026-09")
        .product("OLD-0001", "Exchange Online Kiosk", "2.00", "3.00")
        .retired_from("OLD-0001", since)
        .tenant("harbour", |tenant| {
            tenant
                .subscription(BASIC, |bought| bought.from("2026-09-01", 5))
                .subscription("OLD-0001", |bought| {
                    bought.from("2026-09-01", 7).product_text("OLD-0001-GONE")
                })
        })
}

#[rstest]
#[tokio::test]
async fn w12_an_unknown_product_fails_alone(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let rig = ready_on(target, retired("2026-01-01"), SEPTEMBER).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    assert_eq!(report.customers[0].status, Outcome::Failure);
    wrote(&rig, Writes { rows: 1, adjustments: 1 }, ADDED);
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-09-01", 5)]));
    let text = "Could not find source product or multiple matches";
    assert!(says(&errors(&report), text), "{}", pretty(&report));
    let mut rows: Vec<(Outcome, usize)> =
        subscriptions(&report).map(|row| (row.status, row.usage.len())).collect();
    rows.sort();
    assert_eq!(rows, [(Outcome::Success, 1), (Outcome::Failure, 1)]);
    assert_eq!(ledger(&report).failed.to_string(), "14.00");
    assert_eq!(ledger(&report).synced.to_string(), "34.50");
}

#[rstest]
#[tokio::test]
async fn w12_a_pinned_product_is_synced_by_the_retry(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let scenario = retired("2026-01-01").service(29_999_001, "Kiosk, by hand", "3.00", "2.00");
    let rig = ready_on(target, scenario, SEPTEMBER).await;
    ended(&rig.sync().await, Outcome::Failure);
    rig.simulation.journal().reset();
    let pin = Command::from(command::Pin {
        product: "Exchange Online Kiosk".to_owned(),
        service: either(&rig, "29999001", "104").parse().expect("an id"),
    });
    rig.ask(pin).await;
    let report = rig.sync_as(SyncRequest { retry_failed: true, ..customers() }).await;
    ended(&report, Outcome::Success);
    wrote(&rig, Writes { rows: 1, adjustments: 1 }, ADDED);
    let stands = rig.timelines(contract(&rig, "harbour")).await;
    let by_hand = either(&rig, "Kiosk, by hand", "Kioskbyhand");
    assert_eq!(stands.get(by_hand), Some(&steps(&[("2026-09-01", 7)])), "{stands:?}");
    assert_eq!(stands[&format!("PC_{BASIC}")], steps(&[("2026-09-01", 5)]));
    settled(&rig).await;
}

#[rstest]
#[tokio::test]
async fn w13_a_contract_that_starts_later_fails_as_the_server_would(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let scenario = world("2026-09").tenant("harbour", |tenant| {
        tenant
            .contract(|contract| contract.starts("2026-10-01"))
            .subscription(BASIC, |bought| bought.from("2026-09-01", 5))
    });
    let rig = ready_on(target, scenario, SEPTEMBER).await;
    let request = customers();
    let Answer::Plan(About { found: plan, .. }) = rig.ask(command::Plan { request }).await else {
        panic!("a plan");
    };
    let text = either(
        &rig,
        "ContractServiceAdjustment effectiveDate must be between the start date and end date of the \
         Contract referenced by contractID.",
        "effectiveDate cannot be less than the agreement billing start date",
    );
    assert!(plan.refused.iter().any(|refused| refused.finding.text.contains(text)), "{plan:?}");
    assert!(plan.operations.is_empty());
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    assert!(says(&errors(&report), text), "{}", pretty(&report));
    wrote_nothing(&rig);
}

#[rstest]
#[tokio::test]
async fn w16_a_sku_is_compared_without_case(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let upper = "778A4DCE-5013-4A53-9C6B-9D4F6E0A7C21";
    let scenario = Scenario::month("2026-09")
        .product(upper, "Power BI Pro", "11.00", "13.70")
        .tenant("harbour", |tenant| {
            tenant.subscription(upper, |bought| {
                bought.from("2026-09-01", 3).product_text(&upper.to_lowercase())
            })
        });
    let rig = ready_on(target, scenario, SEPTEMBER).await;
    ended(&rig.sync().await, Outcome::Success);
    assert_eq!(units(&rig, "harbour", upper).await, steps(&[("2026-09-01", 3)]));
    settled(&rig).await;
}

#[rstest]
#[tokio::test]
async fn w17_a_line_that_begins_before_its_month_is_synced_by_its_dates(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let scenario = world("2026-10")
        .tenant("harbour", |tenant| tenant.subscription(BASIC, |bought| bought.named("basic")))
        .invoice("2026-10", |invoice| {
            let dates = ("2026-09-15", "2026-10-31");
            invoice.line("Microsoft 365 Business Basic (NCE Product)", dates, |line| {
                line.of("harbour", "basic").quantity(5).price("6.90", "8.00").ratio("1.533333333")
            })
        });
    let setup = Setup { month: (2026, 10), ..on(target) };
    let rig = ready_with(scenario, setup).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    wrote(&rig, Writes { rows: 1, adjustments: 1 }, ADDED);
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-09-15", 5)]));
    assert!(!warnings(&report).is_empty(), "{}", pretty(&report));
    settled(&rig).await;
}

#[rstest]
#[tokio::test]
async fn x6_a_rise_after_the_contracts_end_fails_the_service_and_no_other(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let scenario = world("2026-08").tenant("harbour", |tenant| {
        tenant
            .contract(|contract| contract.ends("2026-09-15"))
            .subscription(BASIC, |bought| {
                bought
                    .span("2026-08-01", "2026-09-09", 5)
                    .span("2026-09-10", "2026-09-19", 6)
                    .from("2026-09-20", 7)
            })
            .subscription(OTHER, |bought| {
                bought.span("2026-08-01", "2026-09-04", 2).from("2026-09-05", 3)
            })
    });
    let rig = september_after_august(scenario, on(target)).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    // An agreement that has ended by now takes no addition at all (wire/connectwise A24): its sibling fails too.
    wrote(&rig, Writes { rows: 0, adjustments: 1 }, Lines::default());
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-08-01", 5)]));
    let sibling = units(&rig, "harbour", OTHER).await;
    let risen = [("2026-08-01", 2), ("2026-09-05", 3)];
    assert_eq!(sibling, steps(either(&rig, &risen[..], &risen[..1])));
    let text = either(&rig, "effectiveDate must be between", "ended on 2026-09-15");
    assert!(says(&errors(&report), text), "{}", pretty(&report));
}

#[rstest]
#[tokio::test]
async fn x7_a_service_deleted_in_the_psa_is_made_again_and_synced(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let scenario = world("2026-09").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| bought.from("2026-09-01", 5))
    });
    let rig = ready_on(target, scenario, SEPTEMBER).await;
    delete_basic(&rig).await;
    let report = rig.sync_scope(Scope::All).await;
    ended(&report, Outcome::Success);
    let path = either(&rig, "V1.0/Services", "/procurement/catalog");
    let made = rig.changes().iter().filter(|entry| entry.path.ends_with(path)).count();
    let all = either(&rig, 3, 2);
    assert_eq!((made, rig.changes().len()), (1, all), "{:?}", rig.changes());
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-09-01", 5)]));
    settled(&rig).await;
}

/// Autotask only: ConnectWise refuses to delete an item in use (wire/connectwise 3); old ones are set inactive.
#[tokio::test]
async fn x7_seats_under_a_deleted_service_move_to_the_new_one() {
    let scenario = world("2026-08").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| bought.from("2026-08-01", 5))
    });
    let rig = september_after_august(scenario, Setup::default()).await;
    delete_basic(&rig).await;
    let report = rig.sync_scope(Scope::All).await;
    ended(&report, report.header.status.min(Outcome::Warning));
    let told =
        rig.look(&format!("autotask/contracts/{}/timeline", contract(&rig, "harbour"))).await;
    let mut stands: Vec<_> =
        told.as_array().expect("rows").iter().map(|row| crate::rig::units(&row["steps"])).collect();
    stands.sort();
    let old = steps(&[("2026-08-01", 5), ("2026-09-01", 0)]);
    assert_eq!(stands, [old, steps(&[("2026-09-01", 5)])], "{}", pretty(&report));
    settled(&rig).await;
}

async fn delete_basic(rig: &Rig) {
    let service = item(rig, BASIC).await;
    match rig.target() {
        Target::Autotask => {
            let path = format!("autotask/services/{service}");
            rig.control(&path, &json!({ "deleted": true })).await;
        }
        Target::Connectwise => rig.erase(&format!("connectwise/catalog/{service}")).await,
    }
    rig.simulation.journal().reset();
}

#[rstest]
#[tokio::test]
async fn x13_a_subscription_that_fits_two_products_fails_both_services_and_no_other(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let twin = "CFQ7TTC0LH19:0001";
    let scenario = world("2026-09")
        .product(twin, "Microsoft 365 Business Basic", "6.00", "7.00")
        .tenant("harbour", |tenant| {
            tenant
                .subscription(BASIC, |bought| bought.from("2026-09-01", 5))
                .subscription(BASIC, |bought| {
                    bought.from("2026-09-01", 3).product_text("nobody-knows-this")
                })
                .subscription(OTHER, |bought| bought.from("2026-09-01", 2))
        });
    let rig = ready_on(target, scenario, SEPTEMBER).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    wrote(&rig, Writes { rows: 1, adjustments: 1 }, ADDED);
    assert_eq!(units(&rig, "harbour", BASIC).await, []);
    assert_eq!(units(&rig, "harbour", OTHER).await, steps(&[("2026-09-01", 2)]));
    assert_eq!(ledger(&report).failed.to_string(), "55.20");
    assert_eq!(ledger(&report).synced.to_string(), "25.00");
}

#[rstest]
#[tokio::test]
async fn x13_a_fractional_quantity_fails_its_whole_service_and_no_other(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let scenario = world("2026-08").tenant("harbour", |tenant| {
        tenant
            .subscription(BASIC, |bought| bought.from("2026-08-01", 5))
            .subscription(BASIC, |bought| {
                bought.span("2026-08-01", "2026-08-31", 3).from("2026-09-01", Decimal::new(25, 1))
            })
            .subscription(OTHER, |bought| bought.from("2026-09-01", 2))
    });
    let setup = Setup { month: AUGUST, ..on(target) };
    let mut rig = Rig::ready(scenario.world(), setup).await;
    rig.map_all(|_| {}).await;
    ended(&rig.sync().await, Outcome::Success);
    rig.month_passes().await;
    let request = SyncRequest { scope: Scope::Customers, ..SyncRequest::default() };
    let plan = plan_of(&rig, request).await;
    let codes: Vec<&str> = plan.refused.iter().map(|one| one.finding.code.as_str()).collect();
    assert_eq!(codes, ["fractional_quantity"], "the plan names what failed by itself");
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    wrote(&rig, Writes { rows: 1, adjustments: 1 }, ADDED);
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&[("2026-08-01", 8)]));
    assert_eq!(units(&rig, "harbour", OTHER).await, steps(&[("2026-09-01", 2)]));
}

/// Somebody makes a service of our name between the reading and the write (sync-rules 1.6). Autotask only: ConnectWise's product
/// ids are looked up before anything is sent.
#[tokio::test]
async fn a_collision_met_only_at_write_time_ends_as_a_predicted_one() {
    let scenario = world("2026-09")
        .tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| bought.from("2026-09-01", 5))
        })
        .service(29_999_001, &format!("PC_{OTHER}"), "15.00", "12.50");
    let setup = Setup { month: SEPTEMBER, ..Setup::default() };
    let rig = Rig::ready_at_worst(scenario.world(), setup, Outcome::Failure).await;
    delete_basic(&rig).await;
    rig.simulation.journal().reset();
    rig.fault(json!({"system": "autotask", "method": "POST", "path": "/Services$", "fault":
        {"status": 500, "body": "{\"errors\":[\"Violation of UNIQUE KEY constraint 'IX_service'. \
        Cannot insert duplicate key in object 'dbo.Service'.\"]}"}}))
        .await;
    let report = rig.sync_scope(Scope::Products).await;
    ended(&report, Outcome::Failure);
    let ends = |sku: &str| {
        let mut rows = report.products.iter().filter(|row| row.product.eq_ignore_ascii_case(sku));
        let row = rows.next().unwrap_or_else(|| panic!("{sku}: {}", pretty(&report)));
        let code = row.error.as_ref().map(|error| error.code.clone());
        (row.action.to_string(), row.status, code)
    };
    let (predicted, met) = (ends(OTHER), ends(BASIC));
    assert_eq!((&*met.0, met.1), ("collision", Outcome::Failure), "{}", pretty(&report));
    assert_eq!((&met.0, met.1), (&predicted.0, predicted.1));
    assert!(met.2.is_some() && predicted.2.is_some());
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 0 });
    let posts = rig.simulation.journal().entries();
    let posts =
        posts.iter().filter(|entry| entry.method == "POST" && entry.path.ends_with("/Services"));
    assert_eq!(posts.count(), 1, "it is not sent again");
}
