//! One test per rule of sync-rules 4.4–4.6, 4.10, 5 and per worked case that is arithmetic of the target.

use std::sync::Arc;

use rstest::rstest;

use super::*;
use crate::domain::{
    ContractServiceId, Day, ServiceId,
    operation::{PriceStep, Shift, prices_asked},
    product::Service,
    sample,
    target::{Contract, ContractKind, UnitRow},
    timeline::Step,
};

const ROW: ContractServiceId = ContractServiceId(903);
const SERVICE: ServiceId = ServiceId(412);

fn day(text: &str) -> Day {
    let full = if text.len() == 5 { format!("2026-{text}") } else { text.to_owned() };
    full.parse().expect("a day")
}

fn money(text: &str) -> Money {
    text.parse().expect("money")
}

fn timeline(steps: &[(&str, i64)]) -> Timeline {
    Timeline::new(steps.iter().map(|&(from, units)| Step { from: day(from), units }))
}

/// A contract with the given service rows; monthly from 1 January, three years.
fn contract(rows: &[(&str, i64)]) -> PresentContract {
    let mut present = PresentContract {
        odd: None,
        contract: Contract { end: Some(day("2028-12-31")), ..sample::contract() },
        services: Vec::new(),
    };
    if !rows.is_empty() {
        present.services.push(PresentService {
            contract_service: ROW,
            service: SERVICE,
            price: Some(money("8.00")),
            cost: Some(money("6.90")),
            rows: unit_rows(rows),
            lines: Vec::new(),
        });
    }
    present
}

fn unit_rows(rows: &[(&str, i64)]) -> Vec<UnitRow> {
    let row = |&(start, units): &(&str, i64)| UnitRow {
        start: day(start),
        end: day(start).month().last_day(),
        units,
        price: money("8.00").times(units),
        cost: None,
        posted: false,
    };
    rows.iter().map(row).collect()
}

fn wanted(present: &PresentContract, steps: &[(&str, i64)]) -> Wanted {
    Wanted {
        service: SERVICE,
        contract_service: present.services.first().map(|row| row.contract_service),
        units: timeline(steps),
        month_end: day("09-30"),
        prices: Vec::new(),
        opening_price: Some(money("8.00")),
        opening_cost: Some(money("6.90")),
    }
}

fn plan(present: &PresentContract, wanted: &Wanted) -> ServiceOperations {
    operations(present, wanted, &Surroundings::default(), &Policies::default())
}

/// `create 8.00/6.90`, `+3@09-12`, `0@09-01 8.40/-`.
fn told(operations: &ServiceOperations) -> Vec<String> {
    operations.operations.iter().map(tell).collect()
}

fn tell(operation: &Operation) -> String {
    let money = |money: Option<Money>| money.map_or("-".to_owned(), |money| money.to_string());
    match operation {
        Operation::CreateContractService { unit_price, unit_cost, .. } => {
            format!("create {}/{}", money(*unit_price), money(*unit_cost))
        }
        Operation::AdjustUnits { effective, units, unit_price, unit_cost, .. } => {
            let at = &effective.to_string()[5..];
            match unit_price.or(*unit_cost) {
                None => format!("{units:+}@{at}"),
                Some(_) => format!("{units:+}@{at} {}/{}", money(*unit_price), money(*unit_cost)),
            }
        }
        other => format!("{other:?}"),
    }
}

fn codes(operations: &ServiceOperations) -> Vec<&str> {
    operations.warnings.iter().map(|warning| warning.code.as_str()).collect()
}

fn refusal(operations: &ServiceOperations) -> &str {
    assert_eq!(operations.operations, [], "a refused service sends nothing");
    operations.refused.as_ref().map_or("", |finding| finding.code.as_str())
}

type Rows = &'static [(&'static str, i64)];

#[rstest]
#[case::w1_a_new_service(&[], &[("09-01", 5), ("09-19", 6)], &["create 8.00/6.90", "+5@09-01 8.00/6.90", "+1@09-19"])]
#[case::w2_the_same_again(&[("09-01", 5), ("09-19", 6)], &[("09-01", 5), ("09-19", 6)], &[])]
#[case::w4_a_new_subscription(&[], &[("09-12", 3)], &["create 8.00/6.90", "+3@09-12 8.00/6.90"])]
#[case::w5_cancelled_at_the_date(&[("08-01", 6), ("09-01", 6)], &[("08-01", 6), ("09-15", 0)], &["-6@09-15"])]
#[case::w5_drop_next_period(&[("08-01", 6)], &[("08-01", 6), ("10-01", 0)], &["-6@10-01"])]
#[case::w6_gone_from_the_invoice(&[("08-01", 6)], &[("08-01", 6), ("09-01", 0)], &["-6@09-01"])]
#[case::w7_two_of_one_sku(&[("08-01", 10)], &[("08-01", 10), ("09-01", 14)], &["+4@09-01"])]
#[case::x2_advance_billing(&[("08-01", 5), ("10-01", 8)], &[("08-01", 5), ("09-20", 8)], &["+3@09-20", "-3@10-01"])]
#[case::x12_an_earlier_month_retried(&[("08-01", 5)], &[("08-01", 5), ("09-20", 8), ("10-01", 5)], &["+3@09-20", "-3@10-01"])]
#[case::an_operators_own_sequence(
    &[], &[("07-13", 6), ("07-27", 16), ("07-31", 275)],
    &["create 8.00/6.90", "+6@07-13 8.00/6.90", "+10@07-27", "+259@07-31"]
)]
fn one_adjustment_a_day_of_difference(
    #[case] present: Rows,
    #[case] steps: Rows,
    #[case] expected: &[&str],
) {
    let present = contract(present);
    let plan = plan(&present, &wanted(&present, steps));
    assert_eq!(told(&plan), expected);
    assert_eq!((plan.warnings, plan.refused), (vec![], None));
    assert_eq!(plan.after, timeline(steps));
}

#[test]
fn a_new_row_is_filled_through_the_id_it_will_get() {
    let present = contract(&[]);
    let plan = plan(&present, &wanted(&present, &[("09-01", 5)]));
    assert!(matches!(
        plan.operations[..],
        [
            Operation::CreateContractService { service: SERVICE, .. },
            Operation::AdjustUnits { contract_service: None, .. }
        ]
    ));
}

#[test]
fn rows_of_equal_quantity_are_one_step() {
    let present = contract(&[("07-01", 5), ("08-01", 5), ("09-01", 5), ("10-01", 5)]);
    assert_eq!(told(&plan(&present, &wanted(&present, &[("07-01", 5)]))), [""; 0]);
}

#[test]
fn only_starts_of_rows_count_never_their_ends() {
    let mut present = contract(&[("09-01", 5), ("09-19", 6)]);
    for row in &mut present.services[0].rows {
        row.end = day("2001-01-01");
    }
    let plan = plan(&present, &wanted(&present, &[("09-01", 5), ("09-19", 6)]));
    assert_eq!(told(&plan), [""; 0]);
}

#[rstest]
#[case::w3_a_manual_edit(&[("08-01", 6), ("09-10", 9)], &[("08-01", 6)], &["-3@09-11"])]
#[case::x1_a_manual_edit_next_month_is_kept(
    &[("08-01", 5), ("10-10", 9)], &[("08-01", 5), ("09-20", 8), ("10-10", 9)],
    &["+3@09-20", "-3@10-11"]
)]
#[case::merged_with_the_next_days_own(
    &[("08-01", 6), ("09-10", 9)], &[("08-01", 6), ("09-11", 8)], &["-1@09-11"]
)]
#[case::past_several_taken_days(
    &[("08-01", 6), ("09-10", 9), ("09-11", 10)], &[("08-01", 6)], &["-4@09-12"]
)]
#[case::to_a_day_that_starts_a_period(
    &[("08-01", 6), ("09-30", 9), ("10-01", 9)], &[("08-01", 6)], &["-3@10-01"]
)]
fn a_change_for_a_taken_day_moves_to_the_next_free_one(
    #[case] present: Rows,
    #[case] steps: Rows,
    #[case] expected: &[&str],
) {
    let present = contract(present);
    let plan = plan(&present, &wanted(&present, steps));
    assert_eq!(told(&plan), expected);
    assert_eq!(codes(&plan), ["same_day"]);
    assert_eq!(plan.refused, None);
}

#[test]
fn the_same_day_warning_tells_day_quantity_and_money() {
    let present = contract(&[("08-01", 6), ("09-10", 9)]);
    let plan = plan(&present, &wanted(&present, &[("08-01", 6)]));
    assert_eq!(
        plan.warnings[0].text,
        "Autotask has an adjustment of this service on 2026-09-10 already: the change of -3 is dated \
         2026-09-11 instead; Autotask bills 0.80 too much for it."
    );
    assert_eq!(plan.after, timeline(&[("08-01", 6), ("09-10", 9), ("09-11", 6)]));
}

#[rstest]
#[case::after_one_shift(&[("08-01", 6), ("09-10", 9), ("09-11", 6)])]
#[case::after_a_shift_onto_a_period(&[("08-01", 6), ("09-30", 9), ("10-01", 6)])]
fn a_residue_that_merges_to_nothing_is_no_difference(#[case] present: Rows) {
    let present = contract(present);
    let plan = plan(&present, &wanted(&present, &[("08-01", 6)]));
    assert_eq!((told(&plan), codes(&plan)), (vec![], vec![]));
    assert_eq!(plan.refused, None);
}

#[test]
fn a_residue_tells_day_quantity_and_money() {
    let present = contract(&[("08-01", 6), ("09-10", 9), ("09-11", 6)]);
    let plan = plan(&present, &wanted(&present, &[("08-01", 6)]));
    let texts: Vec<&str> = plan.residues.iter().map(|finding| finding.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "Autotask has an adjustment of this service on 2026-09-10 and 2026-09-11 already, and by \
          2026-09-12 the changes cancel out: 2026-09-10 stays at 9 where the invoice has 6; Autotask \
          bills 0.80 too much for it."
        ]
    );
    assert_eq!(plan.after, timeline(&[("08-01", 6), ("09-10", 9), ("09-11", 6)]));
}

#[test]
fn an_old_residue_is_not_warned_of_again_beside_a_real_change() {
    let present = contract(&[("08-01", 6), ("09-10", 9), ("09-11", 6)]);
    let plan = plan(&present, &wanted(&present, &[("08-01", 6), ("09-20", 7)]));
    assert_eq!((told(&plan), codes(&plan)), (vec!["+1@09-20".to_owned()], vec![]));
}

#[test]
fn a_day_the_server_called_taken_is_taken_even_where_a_period_starts() {
    let present = contract(&[("08-01", 6)]);
    let surroundings = Surroundings { taken: vec![(ROW, day("09-01"))], ..Surroundings::default() };
    let wanted = wanted(&present, &[("08-01", 6), ("09-01", 7)]);
    let plan = operations(&present, &wanted, &surroundings, &Policies::default());
    assert_eq!((told(&plan), codes(&plan)), (vec!["+1@09-02".to_owned()], vec!["same_day"]));
    assert!(plan.warnings[0].text.contains("0.27 too little"), "{}", plan.warnings[0].text);
}

/// What a plan shifted, as it is known when the same is planned again.
fn remembered(plan: &ServiceOperations) -> Surroundings {
    let shifts = plan.shifts.iter().map(|shift| (ROW, *shift)).collect();
    Surroundings { shifts, ..Surroundings::default() }
}

#[test]
fn what_was_shifted_is_told_by_the_day_it_was_asked_for() {
    let mut present = contract(&[("08-15", 6), ("09-01", 9), ("09-15", 9)]);
    present.contract.start = day("01-15");
    let mut wanted = wanted(&present, &[("08-15", 6)]);
    let (price, cost) = (Some(money("8.40")), Some(money("7.25")));
    wanted.prices = vec![PriceStep { from: day("09-01"), price, cost }];
    let plan = plan(&present, &wanted);
    assert_eq!(told(&plan), ["-3@09-02 8.40/7.25"]);
    let (asked, written) = (day("09-01"), day("09-02"));
    assert_eq!(plan.shifts, [Shift { asked, written, units: -3, price, cost }]);
}

#[test]
fn what_was_shifted_past_the_months_end_is_asked_for_where_it_was() {
    // −3 for 30 Sep lies on 1 Oct. Now one seat more is wanted from 20 Sep on: the step on 1 Oct is nobody's later change.
    let present = contract(&[("08-01", 6), ("09-30", 9), ("10-01", 9)]);
    let shifted = plan(&present, &wanted(&present, &[("08-01", 6)]));
    assert_eq!(told(&shifted), ["-3@10-01"]);
    let present = contract(&[("08-01", 6), ("09-30", 9), ("10-01", 6)]);
    let wanted = wanted(&present, &[("08-01", 6), ("09-20", 7)]);
    let plan = operations(&present, &wanted, &remembered(&shifted), &Policies::default());
    assert_eq!((told(&plan), codes(&plan)), (vec!["+1@09-20".to_owned()], vec![]));
    assert_eq!(plan.residues, []);
}

#[test]
fn prices_of_a_merged_day_are_each_asked_for_once() {
    let sent = PriceStep { from: day("09-02"), price: Some(money("8.80")), cost: None };
    let (asked, written) = (day("09-01"), day("09-02"));
    let shift = Shift { asked, written, units: 0, price: Some(money("8.40")), cost: None };
    let first = PriceStep { from: asked, price: Some(money("8.40")), cost: None };
    assert_eq!(prices_asked(sent, &[shift]), [first, sent]);
    let alone = PriceStep { price: shift.price, ..sent };
    assert_eq!(prices_asked(alone, &[shift]), [first], "nothing was asked for its own day");
    assert_eq!(prices_asked(sent, &[]), [sent]);
}

#[test]
fn a_taken_day_of_another_row_is_free() {
    let present = contract(&[("08-01", 6)]);
    let other = ContractServiceId(1);
    let surroundings =
        Surroundings { taken: vec![(other, day("09-05"))], ..Surroundings::default() };
    let wanted = wanted(&present, &[("08-01", 6), ("09-05", 7)]);
    let plan = operations(&present, &wanted, &surroundings, &Policies::default());
    assert_eq!(told(&plan), ["+1@09-05"]);
}

#[test]
fn the_same_day_policy_may_be_to_fail() {
    let present = contract(&[("08-01", 6), ("09-10", 9)]);
    let policies = Policies { same_day: SameDay::Fail, ..Policies::default() };
    let wanted = wanted(&present, &[("08-01", 6)]);
    let plan = operations(&present, &wanted, &Surroundings::default(), &policies);
    assert_eq!(refusal(&plan), "same_day");
    assert_eq!(plan.after, present.services[0].timeline());
}

#[test]
fn a_price_moves_with_its_taken_day() {
    let mut present = contract(&[("08-15", 6), ("09-01", 6), ("09-15", 6)]);
    present.contract.start = day("01-15");
    let mut wanted = wanted(&present, &[("08-15", 6)]);
    wanted.prices = vec![PriceStep { from: day("09-01"), price: Some(money("8.40")), cost: None }];
    let plan = plan(&present, &wanted);
    assert_eq!(told(&plan), ["+0@09-02 8.40/-"]);
    assert_eq!(codes(&plan), ["same_day"]);
    assert!(plan.warnings[0].text.contains("the new price is dated 2026-09-02"));
    assert!(plan.warnings[0].text.contains("0.08 too little"), "{}", plan.warnings[0].text);
}

#[rstest]
#[case::x4_a_price_alone(&[("08-01", 6)], "09-01", &["+0@09-01 8.40/7.2"])]
#[case::joined_with_the_quantity_of_its_day(&[("08-01", 6), ("09-01", 7)], "09-01", &["+1@09-01 8.40/7.2"])]
#[case::never_on_another_date(&[("08-01", 6), ("09-05", 7)], "09-01", &["+0@09-01 8.40/7.2", "+1@09-05"])]
fn a_price_is_written_on_its_own_date(
    #[case] steps: Rows,
    #[case] from: &str,
    #[case] expected: &[&str],
) {
    let present = contract(&[("08-01", 6)]);
    let mut wanted = wanted(&present, steps);
    let (price, cost) = (Some(money("8.40")), Some(money("7.2")));
    wanted.prices = vec![PriceStep { from: day(from), price, cost }];
    let expected: Vec<String> = expected.iter().map(|line| line.replace("7.2", "7.20")).collect();
    assert_eq!(told(&plan(&present, &wanted)), expected);
}

#[test]
fn w9_azure_is_one_unit_for_the_month_at_its_own_price() {
    let present = contract(&[]);
    let mut wanted = wanted(&present, &[("09-01", 1), ("10-01", 0)]);
    (wanted.opening_price, wanted.opening_cost) = (Some(money("359.31")), Some(money("312.44")));
    let plan = plan(&present, &wanted);
    assert_eq!(told(&plan), ["create 359.31/312.44", "+1@09-01 359.31/312.44", "-1@10-01"]);
}

#[test]
fn w9_an_azure_row_takes_its_new_price_with_the_returning_step() {
    let present = contract(&[("08-01", 1), ("09-01", 0)]);
    let mut wanted = wanted(&present, &[("08-01", 1), ("10-01", 0)]);
    let (price, cost) = (Some(money("359.31")), Some(money("312.44")));
    wanted.prices = vec![PriceStep { from: day("09-01"), price, cost }];
    assert_eq!(told(&plan(&present, &wanted)), ["+1@09-01 359.31/312.44", "-1@10-01"]);
}

#[test]
fn a_new_row_is_not_repriced_before_its_first_units() {
    let present = contract(&[]);
    let mut wanted = wanted(&present, &[("09-12", 3)]);
    wanted.prices = vec![PriceStep {
        from: day("09-01"),
        price: wanted.opening_price,
        cost: wanted.opening_cost,
    }];
    assert_eq!(told(&plan(&present, &wanted)), ["create 8.00/6.90", "+3@09-12 8.00/6.90"]);
}

#[test]
fn a_new_row_without_units_is_not_made() {
    let present = contract(&[]);
    let mut wanted = wanted(&present, &[]);
    wanted.prices = vec![PriceStep { from: day("09-01"), price: Some(money("9.00")), cost: None }];
    assert_eq!(plan(&present, &wanted), ServiceOperations::default());
}

#[test]
fn prices_are_rounded_to_four_decimals_once() {
    let present = contract(&[]);
    let mut wanted = wanted(&present, &[("09-01", 1)]);
    wanted.opening_price = Some(money("8.00005"));
    wanted.opening_cost = Some(money("-6.90005"));
    assert_eq!(told(&plan(&present, &wanted))[0], "create 8.0001/-6.9001");
    assert_eq!(keeps(money("8.00004")), money("8"));
}

#[test]
fn the_later_increase_goes_first_where_a_row_would_be_negative() {
    // 5 now, 2 from October; wanted 1 in September's last days and 2 again from October.
    let present = contract(&[("08-01", 5), ("10-01", 2)]);
    let plan = plan(&present, &wanted(&present, &[("08-01", 5), ("09-20", 1), ("10-01", 2)]));
    assert_eq!(told(&plan), ["+4@10-01", "-4@09-20"]);
    assert_eq!(plan.after, timeline(&[("08-01", 5), ("09-20", 1), ("10-01", 2)]));
}

#[test]
fn where_no_order_works_the_server_would_refuse() {
    // The day of the operator's drop is taken, so the matching increase comes a day too late.
    let present = contract(&[("08-01", 5), ("09-10", 0)]);
    let plan = plan(&present, &wanted(&present, &[("08-01", 5), ("09-09", 0)]));
    assert_eq!(refusal(&plan), "negative");
    assert!(plan.refused.is_some_and(|finding| finding.text.contains("negative")));
}

#[rstest]
#[case::w13_before_the_contract_starts("10-01", None, &[("09-01", 5)], "effective_date")]
#[case::a_contract_that_starts_inside_the_month("09-02", None, &[("09-01", 5)], "effective_date")]
#[case::x6_a_rise_after_the_end("01-01", Some("09-15"), &[("09-10", 5), ("09-20", 6)], "effective_date")]
#[case::on_the_first_day("09-01", None, &[("09-01", 5)], "")]
#[case::on_the_last_day("01-01", Some("09-20"), &[("09-10", 5), ("09-20", 6)], "")]
#[case::a_contract_that_ended_after_the_step("01-01", Some("09-15"), &[("09-10", 5)], "")]
#[case::a_drop_after_the_end_is_not_needed("01-01", Some("09-15"), &[("09-10", 5), ("09-20", 0)], "")]
#[case::a_rise_after_end_and_month_is_not_needed("01-01", Some("09-15"), &[("09-10", 5), ("10-01", 9)], "")]
fn the_contracts_dates_bound_every_change(
    #[case] start: &str,
    #[case] end: Option<&str>,
    #[case] steps: Rows,
    #[case] code: &str,
) {
    let mut present = contract(&[]);
    present.contract.start = day(start);
    present.contract.end = end.map(day);
    let plan = plan(&present, &wanted(&present, steps));
    assert_eq!(plan.refused.as_ref().map_or("", |finding| finding.code.as_str()), code);
    assert_eq!(plan.operations.is_empty(), !code.is_empty());
}

#[test]
fn x6_the_refusal_is_the_servers_own_text() {
    let mut present = contract(&[]);
    present.contract.end = Some(day("09-15"));
    let plan = plan(&present, &wanted(&present, &[("09-10", 5), ("09-20", 6)]));
    assert_eq!(
        plan.refused.map(|finding| finding.text).unwrap_or_default(),
        "ContractServiceAdjustment effectiveDate must be between the start date and end date of the \
         Contract referenced by contractID."
    );
    assert_eq!(plan.after, Timeline::default());
}

#[test]
fn a_step_dropped_after_the_end_is_not_awaited() {
    let mut present = contract(&[("08-01", 6)]);
    present.contract.end = Some(day("09-15"));
    let plan = plan(&present, &wanted(&present, &[("08-01", 6), ("09-10", 7), ("09-20", 0)]));
    assert_eq!(told(&plan), ["+1@09-10"]);
    assert_eq!(plan.after, timeline(&[("08-01", 6), ("09-10", 7)]));
}

#[test]
fn units_missing_on_a_taken_last_day_are_told() {
    let mut present = contract(&[("08-01", 6), ("09-30", 4)]);
    present.contract.end = Some(day("09-30"));
    let plan = plan(&present, &wanted(&present, &[("08-01", 6)]));
    assert_eq!((told(&plan), codes(&plan)), (vec![], vec!["same_day"]));
    assert!(plan.warnings[0].text.contains("the contract ends before the next free day"));
    assert!(plan.warnings[0].text.contains("0.53 too little"), "{}", plan.warnings[0].text);
}

#[test]
fn only_an_active_recurring_service_contract_takes_adjustments() {
    let mut other = contract(&[]);
    other.contract.kind = ContractKind::Other("Time & Materials".to_owned());
    assert_eq!(refusal(&plan(&other, &wanted(&other, &[("09-01", 5)]))), "contract_kind");
    let mut inactive = contract(&[]);
    inactive.contract.active = false;
    assert_eq!(refusal(&plan(&inactive, &wanted(&inactive, &[("09-01", 5)]))), "contract_inactive");
}

#[test]
fn nothing_is_refused_where_nothing_is_to_be_written() {
    let mut present = contract(&[("08-01", 5)]);
    present.contract.active = false;
    let plan = plan(&present, &wanted(&present, &[("08-01", 5)]));
    assert_eq!((plan.refused, plan.operations), (None, vec![]));
}

fn surroundings(active: bool, billing_code_active: Option<bool>) -> Surroundings {
    let service = Service {
        id: SERVICE,
        name: "PC_CFQ7TTC0LH18:0001".to_owned(),
        sku: None,
        external_id: None,
        price: money("8.00"),
        cost: None,
        active,
        billing_code_active,
    };
    Surroundings { services: Arc::new([(SERVICE, service)].into()), ..Surroundings::default() }
}

#[rstest]
#[case::an_inactive_service(false, Some(true), "service_inactive")]
#[case::an_inactive_billing_code(true, Some(false), "billing_code_inactive")]
#[case::a_good_one(true, Some(true), "")]
#[case::a_code_that_was_not_read(true, None, "")]
fn what_is_inactive_cannot_be_newly_put_on_a_contract(
    #[case] active: bool,
    #[case] code_active: Option<bool>,
    #[case] code: &str,
) {
    let surroundings = surroundings(active, code_active);
    let new = contract(&[]);
    let wanted_new = wanted(&new, &[("09-01", 5)]);
    let plan = operations(&new, &wanted_new, &surroundings, &Policies::default());
    assert_eq!(plan.refused.as_ref().map_or("", |finding| finding.code.as_str()), code);
    let old = contract(&[("08-01", 5)]);
    let wanted_old = wanted(&old, &[("08-01", 5), ("09-01", 6)]);
    let plan = operations(&old, &wanted_old, &surroundings, &Policies::default());
    assert_eq!(told(&plan), ["+1@09-01"], "existing uses continue");
}

#[test]
fn a_second_row_of_a_service_is_never_made_silently() {
    let present = contract(&[("08-01", 5)]);
    let mut blind = wanted(&present, &[("09-01", 5)]);
    blind.contract_service = None;
    assert_eq!(refusal(&plan(&present, &blind)), "ambiguous");
    let mut gone = wanted(&present, &[("09-01", 5)]);
    gone.contract_service = Some(ContractServiceId(1));
    assert_eq!(refusal(&plan(&present, &gone)), "ambiguous");
}

#[rstest]
#[case::a_change_of_a_posted_row("09-05", true)]
#[case::a_change_after_all_posted_rows("10-01", false)]
fn a_posted_row_is_billed_separately(#[case] from: &'static str, #[case] posted: bool) {
    let mut present = contract(&[("08-01", 5), ("09-01", 5), ("10-01", 5)]);
    for row in &mut present.services[0].rows[..2] {
        row.posted = true;
    }
    let plan = plan(&present, &wanted(&present, &[("08-01", 5), (from, 6)]));
    assert_eq!(plan.operations.len(), 1, "it is sent all the same");
    assert_eq!(codes(&plan) == ["posted"], posted);
    if posted {
        assert!(plan.warnings[0].text.contains("2026-09-01 to 2026-09-30"));
    }
}

#[test]
fn a_posted_row_that_is_repriced_is_billed_separately() {
    let mut present = contract(&[("08-01", 5), ("09-01", 5)]);
    present.services[0].rows[1].posted = true;
    let mut wanted = wanted(&present, &[("08-01", 5)]);
    wanted.prices = vec![PriceStep { from: day("09-01"), price: Some(money("8.40")), cost: None }];
    assert_eq!(codes(&plan(&present, &wanted)), ["posted"]);
}
