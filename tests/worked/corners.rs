//! Corners of the rules that are easily cut.

use prism_connect::{
    domain::{ContractServiceId, outcome::Outcome},
    engine::protocol::{Answer, Command, SyncRequest, command},
};

use rstest::rstest;

use crate::{
    checks::{
        AUGUST, BASIC, OTHER, Writes, contract, customers, edit, ended, errors, ledger, says,
        september_after_august, settled, steps, units, warnings, world, writes,
    },
    rig::{Rig, Setup, Target, pretty},
    scenario::Scenario,
};

fn six_since_august() -> Scenario {
    world("2026-08").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| bought.from("2026-08-01", 6))
    })
}

/// The operator set it back himself, a day late: nothing can be written, and that day is billed otherwise (4.6).
#[tokio::test]
async fn a_day_that_cannot_be_set_back_is_told_once() {
    let rig = september_after_august(six_since_august(), Setup::default()).await;
    edit(&rig, "harbour", BASIC, ("2026-09-10", 9)).await;
    edit(&rig, "harbour", BASIC, ("2026-09-11", 6)).await;
    rig.simulation.journal().reset();
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 0 });
    let told = "2026-09-10 stays at 9 where the invoice has 6; Autotask bills 0.80 too much";
    assert!(says(&warnings(&report), told), "{}", pretty(&report));
    settled(&rig).await;
}

/// Five seats, two from the first of October by hand; the invoice takes four away on the 10th: the later rise goes
/// first, or October's row would be negative on the way (4.4).
#[tokio::test]
async fn a_later_rise_goes_first_where_a_row_would_be_negative() {
    let scenario = world("2026-08").tenant("harbour", |tenant| {
        tenant.subscription(BASIC, |bought| {
            bought.span("2026-08-01", "2026-09-09", 5).from("2026-09-10", 1)
        })
    });
    let rig = september_after_august(scenario, Setup::default()).await;
    edit(&rig, "harbour", BASIC, ("2026-10-01", 2)).await;
    rig.simulation.journal().reset();
    ended(&rig.sync().await, Outcome::Success);
    assert_eq!(writes(&rig), Writes { rows: 0, adjustments: 2 });
    let stands = [("2026-08-01", 5), ("2026-09-10", 1), ("2026-10-01", 2)];
    assert_eq!(units(&rig, "harbour", BASIC).await, steps(&stands));
    settled(&rig).await;
}

/// What falls after the contract's end and takes seats away bills nothing there any more (4.5); what the days from the end to
/// it are not billed is told.
#[tokio::test]
async fn a_drop_after_the_contracts_end_is_not_needed() {
    let scenario = world("2026-08").tenant("harbour", |tenant| {
        tenant.contract(|contract| contract.ends("2026-09-15")).subscription(BASIC, |bought| {
            bought.span("2026-08-01", "2026-09-04", 5).span("2026-09-05", "2026-09-19", 7)
        })
    });
    let rig = september_after_august(scenario, Setup::default()).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    // 7 × 8.00 × 4 of 30 days.
    assert!(says(&warnings(&report), "not billed on it, 7.47 in all"), "{}", pretty(&report));
    let stands = steps(&[("2026-08-01", 5), ("2026-09-05", 7)]);
    assert_eq!(units(&rig, "harbour", BASIC).await, stands);
    settled(&rig).await;
}

/// October's invoice reaches back into September, which was applied: only October is set, and it is told (3.2).
#[rstest]
#[tokio::test]
async fn w17_a_line_that_begins_in_an_applied_month_touches_only_its_own(
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let offer = "Microsoft 365 Business Basic (NCE Product)";
    let scenario = world("2026-09")
        .tenant("harbour", |tenant| {
            tenant.subscription(BASIC, |bought| {
                bought.named("basic").span("2026-09-01", "2026-09-30", 5)
            })
        })
        .invoice("2026-10", |invoice| {
            invoice
                .line(offer, ("2026-09-15", "2026-10-31"), |line| {
                    line.of("harbour", "basic")
                        .quantity(7)
                        .price("6.90", "8.00")
                        .ratio("1.533333333")
                })
                .line(offer, ("2026-09-20", "2026-09-30"), |line| {
                    line.of("harbour", "basic")
                        .quantity(2)
                        .price("6.90", "8.00")
                        .ratio("0.366666666")
                })
        });
    let mut rig = crate::checks::ready_on(target, scenario, (2026, 9)).await;
    ended(&rig.sync().await, Outcome::Success);
    rig.month_passes().await;
    let report = rig.sync().await;
    ended(&report, Outcome::Warning);
    let stands = steps(&[("2026-09-01", 5), ("2026-10-01", 7)]);
    assert_eq!(units(&rig, "harbour", BASIC).await, stands, "{}", pretty(&report));
    let told = warnings(&report);
    assert!(says(&told, "Billed from 2026-09-15 to 2026-10-31"), "{}", pretty(&report));
    assert!(says(&told, "1 line(s) of 5.06"), "{}", pretty(&report));
    let excluded = &ledger(&report).excluded;
    assert_eq!((excluded.len(), excluded[0].amount.to_string()), (1, "5.06".to_owned()));
    settled(&rig).await;
}

/// Two rows of one service by hand: nobody guesses which; chosen once, it stays chosen (4.7).
#[tokio::test]
async fn a_service_that_stands_twice_waits_for_the_operators_choice() {
    let by_hand = 29_999_001;
    let scenario = six_since_august().service(by_hand, "Mail, by hand", "8.00", "6.90").tenant(
        "quarry",
        |tenant| {
            let prices = ("8.00", "6.90");
            tenant
                .contract(|contract| {
                    contract.holds(by_hand, prices, &[("2026-08-01", 1)]).holds(
                        by_hand,
                        prices,
                        &[("2026-08-01", 2)],
                    )
                })
                .subscription(OTHER, |bought| bought.from("2026-08-01", 4))
        },
    );
    let setup = Setup { month: AUGUST, ..Setup::default() };
    let rig = Rig::ready(scenario.world(), setup).await;
    rig.map_all(|_| {}).await;
    let service = by_hand.to_string().parse().expect("an id");
    rig.ask(command::Pin { product: OTHER.to_owned(), service }).await;
    let report = rig.sync().await;
    ended(&report, Outcome::Failure);
    assert!(
        errors(&report).iter().any(|error| error.code.as_str() == "ambiguous"),
        "{}",
        pretty(&report)
    );
    let path = format!("autotask/contracts/{}/timeline", contract(&rig, "quarry"));
    let rows = rig.look(&path).await;
    let row = |at: usize| rows[at]["contract_service_id"].as_i64().expect("an id");
    let choice = Command::from(command::ChooseService {
        tenant: "quarry.onmicrosoft.com".to_owned(),
        product: OTHER.to_owned(),
        contract_service: ContractServiceId(row(1)),
    });
    rig.ask(choice).await;
    let report = rig.sync_as(SyncRequest { retry_failed: true, ..customers() }).await;
    ended(&report, Outcome::Success);
    let rows = rig.look(&path).await;
    let stands = |at: usize| crate::rig::units(&rows[at]["steps"]);
    assert_eq!(stands(0), steps(&[("2026-08-01", 1)]), "the other one is the operator's");
    assert_eq!(stands(1), steps(&[("2026-08-01", 4)]));
    assert_eq!(rig.ask(command::Retries).await, Answer::Retries(Vec::new()));
    settled(&rig).await;
}
