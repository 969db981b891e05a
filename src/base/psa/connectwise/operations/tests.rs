//! The worked cases of ConnectWise (sync-rules 11), line by line, and what stands beside them.

use rstest::rstest;

use super::*;
use crate::{
    domain::{
        Code, LineId, Money,
        line::{LineChange, LineSpan, LineTerms, ServiceLine, WrittenLine},
        operation::PriceStep,
        policy::{LinePolicies, Lines, PriceInInvoiced, Unprorated},
        product::Service,
        target::{Contract, ContractKind},
        timeline::{Step, Timeline},
    },
    psa::connectwise::sample::{ITEM, agreement, day, key_of, line, money, ours, present},
};

/// September and October are still to be invoiced.
const ARREARS: &str = "2026-09-01";
/// They are invoiced.
const ADVANCE: &str = "2026-11-01";

fn timeline(steps: &[(&str, i64)]) -> Timeline {
    Timeline::new(steps.iter().map(|&(from, units)| Step { from: day(from), units }))
}

/// A month of September: what stood before stays, what is wanted follows, and after it goes on.
struct Case {
    contract: Contract,
    lines: Vec<ServiceLine>,
    units: Timeline,
    prices: Vec<PriceStep>,
    surroundings: Surroundings,
    policies: Policies,
}

fn case(first_open: &str, lines: Vec<ServiceLine>, wanted: &[(&str, i64)]) -> Case {
    let stands = super::super::lines::sum(lines.iter().map(|line| &line.span));
    let units = match wanted.first() {
        Some((from, _)) => stands.until(day(from), &timeline(wanted)),
        None => stands,
    };
    Case {
        contract: agreement(first_open),
        lines,
        units,
        prices: Vec::new(),
        surroundings: Surroundings { intent: "test".to_owned(), ..Surroundings::default() },
        policies: Policies::default(),
    }
}

impl Case {
    fn at_price(mut self, from: &str, price: &str, cost: &str) -> Self {
        let (price, cost) = (Some(money(price)), Some(money(cost)));
        self.prices.push(PriceStep { from: day(from), price, cost });
        self
    }

    fn written(mut self, line: i64, quantity: i64, seen: &str) -> Self {
        let of = self.lines.iter().find(|known| known.id == LineId(line)).expect("the line");
        self.surroundings.written.push(WrittenLine {
            id: of.id,
            span: LineSpan { quantity, ..of.span },
            price: Some(money("8.00")),
            cost: Some(money("6.90")),
            open_when_written: Some(day(seen)),
            open_when_seen: Some(day(seen)),
        });
        self
    }

    fn lines_policy(mut self, lines: LinePolicies) -> Self {
        self.policies.lines = lines;
        self
    }

    fn unprorated(mut self) -> Self {
        self.contract.invoicing.as_mut().expect("told").prorated = false;
        self
    }

    fn trusted(mut self) -> Self {
        self.surroundings.credits_trusted = true;
        self
    }

    fn plan(&self) -> ServiceOperations {
        let opening = self.prices.last();
        let wanted = Wanted {
            service: ITEM,
            contract_service: None,
            units: self.units.clone(),
            month_end: day("2026-09-30"),
            prices: self.prices.clone(),
            opening_price: opening.map_or(Some(money("8.00")), |step| step.price),
            opening_cost: opening.map_or(Some(money("6.90")), |step| step.cost),
        };
        let present = present(self.contract.clone(), self.lines.clone());
        operations(&present, &wanted, &self.surroundings, &self.policies)
    }

    /// What is written, one line a write.
    fn writes(&self) -> Vec<String> {
        let made = self.plan();
        assert_eq!(made.refused, None, "it is not refused");
        made.operations.iter().map(told).collect()
    }

    fn warnings(&self) -> Vec<(Code, String)> {
        let warnings = self.plan().warnings.into_iter();
        warnings.map(|finding| (finding.code, finding.text)).collect()
    }

    fn refused(&self) -> Finding {
        let made = self.plan();
        assert_eq!(made.operations, []);
        made.refused.expect("a refusal")
    }
}

fn told(operation: &Operation) -> String {
    let prices = |price: Option<Money>, cost: Option<Money>| {
        let text = |money: Option<Money>| money.map_or("-".to_owned(), |money| money.to_string());
        format!("{}/{}", text(price), text(cost))
    };
    match operation {
        Operation::AddLine { line, .. } => {
            let LineSpan { first, last, quantity } = line.span;
            let last = last.map_or(String::new(), |last| last.to_string());
            format!("add {quantity} @{first}..{last} {}", prices(line.price, line.cost))
        }
        Operation::EndLine { line, last, .. } => format!("end {line} @{last}"),
        Operation::AmendLine { line, quantity, unit_price, unit_cost, .. } => {
            format!("amend {line} {quantity} {}", prices(*unit_price, *unit_cost))
        }
        other => panic!("no write of ConnectWise's: {other:?}"),
    }
}

fn replacing() -> LinePolicies {
    LinePolicies { lines: Lines::Replace, ..LinePolicies::default() }
}

fn amount(text: &str, amount: &str) -> bool {
    text.contains(&format!(" {amount}"))
}

fn only_warning(case: &Case, code: &Code, money: &str) {
    let warnings = case.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert_eq!(&warnings[0].0, code);
    assert!(amount(&warnings[0].1, money), "{} names {money}", warnings[0].1);
}

#[test]
fn cw1_a_rise_inside_the_month_is_one_more_line() {
    let case = case(ARREARS, vec![], &[("2026-09-01", 5), ("2026-09-19", 6)]);
    assert_eq!(case.writes(), ["add 5 @2026-09-01.. 8.00/6.90", "add 1 @2026-09-19.. 8.00/6.90"]);
    assert_eq!(case.warnings(), []);
    let replaced = case.lines_policy(replacing());
    assert_eq!(
        replaced.writes(),
        ["add 5 @2026-09-01..2026-09-18 8.00/6.90", "add 6 @2026-09-19.. 8.00/6.90"]
    );
}

#[test]
fn cw2_what_stands_as_wanted_is_left() {
    let lines = vec![ours(1, "2026-09-01", None, 5), ours(2, "2026-09-19", None, 1)];
    let case = case(ARREARS, lines, &[("2026-09-01", 5), ("2026-09-19", 6)]);
    assert_eq!(case.writes(), [""; 0]);
    assert_eq!(case.plan().after, case.units);
}

#[test]
fn cw3_a_rise_in_an_invoiced_period_touches_no_line() {
    let lines = vec![ours(1, "2026-01-01", None, 5)];
    let case = case(ADVANCE, lines, &[("2026-09-01", 5), ("2026-09-19", 6)]);
    assert_eq!(case.writes(), ["add 1 @2026-09-19.. 8.00/6.90"]);
    assert_eq!(case.warnings(), []);
}

#[test]
fn cw4_a_subscription_that_begins_inside_the_month_is_a_line_from_its_day() {
    let case = case(ARREARS, vec![], &[("2026-09-12", 3)]);
    assert_eq!(case.writes(), ["add 3 @2026-09-12.. 8.00/6.90"]);
}

#[test]
fn cw5_a_cancelled_one_ends_and_what_was_invoiced_must_be_credited() {
    let lines = || vec![ours(1, "2026-01-01", None, 6)];
    let wanted = [("2026-09-01", 6), ("2026-09-15", 0)];
    let arrears = case(ARREARS, lines(), &wanted);
    assert_eq!(arrears.writes(), ["end 1 @2026-09-14"]);
    assert_eq!(arrears.warnings(), []);
    let advance = case(ADVANCE, lines(), &wanted);
    assert_eq!(advance.writes(), ["end 1 @2026-09-14"]);
    only_warning(&advance, &Code::CreditExpected, "73.62");
    assert_eq!(advance.trusted().warnings(), [], "it was acknowledged (10.15)");
}

#[test]
fn cw6_of_a_fall_what_is_left_is_added_again() {
    let lines = vec![ours(1, "2026-01-01", None, 6)];
    let case = case(ARREARS, lines, &[("2026-09-01", 6), ("2026-09-15", 4)]);
    assert_eq!(case.writes(), ["end 1 @2026-09-14", "add 4 @2026-09-15.. 8.00/6.90"]);
}

#[test]
fn cw7_the_youngest_line_ends_whole() {
    let lines = vec![ours(1, "2026-01-01", None, 5), ours(2, "2026-08-19", None, 1)];
    let case = case(ARREARS, lines, &[("2026-09-01", 5)]);
    assert_eq!(case.writes(), ["end 2 @2026-08-31"]);
}

#[test]
fn cw8_more_than_the_youngest_takes_the_next() {
    let lines = vec![ours(1, "2026-01-01", None, 5), ours(2, "2026-08-19", None, 1)];
    let case = case(ARREARS, lines, &[("2026-09-01", 4)]);
    assert_eq!(
        case.writes(),
        ["end 1 @2026-08-31", "end 2 @2026-08-31", "add 4 @2026-09-01.. 8.00/6.90"]
    );
}

#[test]
fn cw9_two_subscriptions_of_one_item_are_one_sum() {
    let case = case(ARREARS, vec![ours(1, "2026-01-01", None, 10)], &[("2026-09-01", 14)]);
    assert_eq!(case.writes(), ["add 4 @2026-09-01.. 8.00/6.90"]);
}

fn edited(first_open: &str, seen: &str) -> Case {
    let changed = LineChange { by: "jdoe".to_owned(), at: "2026-09-10T08:15:00Z".parse().ok() };
    let line = ServiceLine { changed: Some(changed), ..ours(1, "2026-01-01", None, 9) };
    let mut case = case(first_open, vec![line], &[("2026-09-01", 6)]).written(1, 6, seen);
    case.surroundings.written[0].open_when_written = Some(day("2026-01-01"));
    case
}

#[test]
fn cw10_a_line_of_ours_changed_in_place_is_amended_back() {
    let arrears = edited(ARREARS, "2026-09-01");
    assert_eq!(arrears.writes(), ["amend 1 6 -/-"]);
    let warnings = arrears.warnings();
    assert_eq!(warnings.len(), 1);
    let (code, text) = &warnings[0];
    assert_eq!(code, &Code::Drift);
    assert!(text.contains("from 6 to 9 by jdoe on 2026-09-10 08:15"), "{text}");
    assert!(text.contains("nothing is lost"), "{text}");
}

#[test]
fn cw10_and_where_an_invoice_was_made_since_its_money_is_told() {
    let advance = edited(ADVANCE, "2026-10-01");
    assert_eq!(advance.writes(), ["amend 1 6 -/-"]);
    let warnings = advance.warnings();
    let billed = warnings.iter().find(|(code, _)| *code == Code::BilledAsEdited).expect("told");
    assert!(billed.1.contains("up to 24.00"), "{}", billed.1);
}

#[test]
fn cw10_what_was_still_to_be_caught_up_when_it_was_seen_last_is_on_the_next_invoice_r10_17d() {
    let mut unbilled = edited(ADVANCE, "2026-10-01");
    let billed = |case: &Case| {
        let told = case.warnings();
        told.into_iter().find(|(code, _)| *code == Code::BilledAsEdited).expect("told").1
    };
    assert!(billed(&unbilled).contains("up to 24.00"), "its past was invoiced before");
    unbilled.surroundings.written[0].open_when_written = Some(day("2026-10-01"));
    // Since January, three more of it at 8.00 a month, with October.
    assert!(billed(&unbilled).contains("up to 240.00"), "{}", billed(&unbilled));
    unbilled.contract.invoicing.as_mut().expect("told").at_once = true;
    assert!(billed(&unbilled).contains("up to 24.00"), "it was invoiced when it was made");
}

#[test]
fn cw11_a_rise_ends_where_somebodys_later_line_begins() {
    let lines = vec![ours(1, "2026-01-01", None, 5), line(2, "2026-10-10", None, 4)];
    let wanted = [("2026-09-01", 5), ("2026-09-20", 8), ("2026-10-10", 9)];
    let case = case(ARREARS, lines, &wanted);
    assert_eq!(case.writes(), ["add 3 @2026-09-20..2026-10-09 8.00/6.90"]);
}

#[test]
fn cw12_a_price_step_is_a_new_line_of_the_whole_quantity() {
    let lines = || vec![ours(1, "2026-01-01", None, 6)];
    let repriced = |open| case(open, lines(), &[]).at_price("2026-09-01", "8.40", "7.25");
    let arrears = repriced(ARREARS);
    assert_eq!(arrears.writes(), ["end 1 @2026-08-31", "add 6 @2026-09-01.. 8.40/7.25"]);
    assert_eq!(arrears.warnings(), []);
    let advance = repriced(ADVANCE);
    assert_eq!(advance.writes(), ["end 1 @2026-10-31", "add 6 @2026-11-01.. 8.40/7.25"]);
    only_warning(&advance, &Code::NotBilled, "4.80");
}

#[test]
fn cw12_back_writes_it_on_its_day_and_relies_on_credits() {
    let back = LinePolicies { price_in_invoiced: PriceInInvoiced::Back, ..LinePolicies::default() };
    let case = case(ADVANCE, vec![ours(1, "2026-01-01", None, 6)], &[])
        .at_price("2026-09-01", "8.40", "7.25")
        .lines_policy(back);
    assert_eq!(case.writes(), ["end 1 @2026-08-31", "add 6 @2026-09-01.. 8.40/7.25"]);
    only_warning(&case, &Code::CreditExpected, "96.00");
}

fn azure(first_open: &str, lines: Vec<ServiceLine>, price: &str, cost: &str) -> Case {
    case(first_open, lines, &[("2026-09-01", 1), ("2026-10-01", 0)]).at_price(
        "2026-09-01",
        price,
        cost,
    )
}

fn azure_line() -> ServiceLine {
    ServiceLine {
        price: money("359.31"),
        cost: Some(money("312.44")),
        ..ours(1, "2026-09-01", Some("2026-09-30"), 1)
    }
}

#[test]
fn cw13_azure_is_a_line_of_its_month_and_new_figures_amend_it_while_it_is_free() {
    let first = azure(ARREARS, vec![], "359.31", "312.44");
    assert_eq!(first.writes(), ["add 1 @2026-09-01..2026-09-30 359.31/312.44"]);
    let again = azure(ARREARS, vec![azure_line()], "365.70", "318.00");
    assert_eq!(again.writes(), ["amend 1 1 365.70/318.00"]);
    assert_eq!(again.warnings(), []);
    let invoiced = azure(ADVANCE, vec![azure_line()], "365.70", "318.00");
    assert_eq!(invoiced.writes(), [""; 0]);
    only_warning(&invoiced, &Code::NotBilled, "6.39");
}

#[test]
fn cw14_on_an_unprorated_agreement_an_invoiced_day_is_refused_and_a_free_one_bills_the_month() {
    let lines = || vec![ours(1, "2026-01-01", None, 5)];
    let wanted = [("2026-09-01", 5), ("2026-09-19", 6)];
    let advance = case(ADVANCE, lines(), &wanted).unprorated();
    let refused = advance.refused();
    assert_eq!(refused.code, Code::PostedPeriod);
    assert!(refused.text.starts_with("Since this period has already been invoiced"));
    let next = LinePolicies { unprorated: Unprorated::Next, ..LinePolicies::default() };
    let moved = advance.lines_policy(next);
    assert_eq!(moved.writes(), ["add 1 @2026-11-01.. 8.00/6.90"]);
    assert_eq!(moved.warnings(), [], "it is told once");
    let [told] = &moved.plan().residues[..] else { panic!("{:?}", moved.plan()) };
    assert!(told.code == Code::NotBilled && amount(&told.text, "11.20"), "{}", told.text);
    let arrears = case(ARREARS, lines(), &wanted).unprorated();
    assert_eq!(arrears.writes(), ["add 1 @2026-09-19.. 8.00/6.90"]);
    only_warning(&arrears, &Code::WholePeriod, "4.80");
    assert!(amount(&arrears.warnings()[0].1, "8.00 for 3.20"));
}

#[test]
fn cw15_a_day_before_the_billing_start_is_refused() {
    let mut case = case(ARREARS, vec![], &[("2026-09-01", 5)]);
    case.contract.invoicing.as_mut().expect("told").billing_start = day("2026-09-10");
    let refused = case.refused();
    assert_eq!(refused.code, Code::EffectiveDate);
    let words = "effectiveDate cannot be less than the agreement billing start date";
    assert!(refused.text.starts_with(words), "{}", refused.text);
}

#[test]
fn cw17_between_end_and_add_only_the_add_is_left() {
    let lines = vec![ours(1, "2026-01-01", Some("2026-09-14"), 6)];
    let case = case(ARREARS, lines, &[("2026-09-01", 6), ("2026-09-15", 4)]);
    assert_eq!(case.writes(), ["add 4 @2026-09-15.. 8.00/6.90"]);
}

#[test]
fn cw18_absent_from_the_invoice_it_ends_before_the_month() {
    let lines = || vec![ours(1, "2026-01-01", None, 6)];
    assert_eq!(case(ARREARS, lines(), &[("2026-09-01", 0)]).writes(), ["end 1 @2026-08-31"]);
    let advance = case(ADVANCE, lines(), &[("2026-09-01", 0)]);
    assert_eq!(advance.writes(), ["end 1 @2026-08-31"]);
    only_warning(&advance, &Code::CreditExpected, "96.00");
}

#[test]
fn cw19_a_line_that_somebody_made_counts_and_is_left() {
    let lines = vec![line(1, "2026-01-01", None, 5)];
    let case = case(ARREARS, lines, &[("2026-09-01", 5), ("2026-09-19", 6)]);
    assert_eq!(case.writes(), ["add 1 @2026-09-19.. 8.00/6.90"]);
    let replaced = case.lines_policy(replacing());
    assert_eq!(replaced.writes(), ["add 1 @2026-09-19.. 8.00/6.90"], "nor replaced");
}

#[test]
fn a_price_step_leaves_lines_without_our_key_r10_17e() {
    let lines = vec![line(1, "2026-01-01", None, 5), ours(2, "2026-01-01", None, 2)];
    let case = case(ARREARS, lines, &[]).at_price("2026-09-01", "8.40", "7.25");
    assert_eq!(case.writes(), ["end 2 @2026-08-31", "add 2 @2026-09-01.. 8.40/7.25"]);
}

/// What is left of a line made by hand keeps the operator's price, as the line itself would have (sync-rules 10.4, 10.17e).
#[test]
fn what_is_left_of_a_line_made_by_hand_is_not_repriced_by_the_next_step_r10_4() {
    let dear = ServiceLine { price: money("9.99"), ..line(1, "2026-01-01", None, 5) };
    let fallen = case(ARREARS, vec![dear], &[("2026-09-01", 4)]);
    assert_eq!(fallen.writes(), ["end 1 @2026-08-31", "add 4 @2026-09-01.. 9.99/6.90"]);
    let made = fallen.plan();
    let Some(Operation::AddLine { line: rest, .. }) = made.operations.last() else {
        panic!("{made:?}")
    };
    assert!(rest.key.ends_with("-H"), "{}", rest.key);

    let standing = |key: &str| ServiceLine {
        key: Some(key.to_owned()),
        price: money("9.99"),
        ..line(2, "2026-09-01", None, 4)
    };
    let stepped = |key: &str| {
        case(ARREARS, vec![standing(key)], &[("2026-09-01", 4)])
            .at_price("2026-10-01", "8.40", "7.25")
            .writes()
    };
    assert_eq!(stepped(&rest.key), [""; 0]);
    assert_eq!(stepped(&key_of(2)).len(), 2, "a line of the invoice is");
    let risen = case(ARREARS, vec![standing(&rest.key)], &[("2026-09-01", 6)]);
    assert_eq!(risen.writes(), ["add 2 @2026-09-01.. 8.00/6.90"], "no units of the invoice in it");
    let again = case(ARREARS, vec![standing(&rest.key)], &[("2026-09-01", 4), ("2026-09-15", 3)]);
    let made = again.plan();
    let Some(Operation::AddLine { line: rest, .. }) = made.operations.last() else {
        panic!("{made:?}")
    };
    assert!(rest.key.ends_with("-H"), "nor what is left of that: {}", rest.key);
}

#[test]
fn a_price_step_brings_the_days_quantity_with_it() {
    let lines = || vec![ours(1, "2026-01-01", None, 6)];
    let risen = case(ARREARS, lines(), &[("2026-09-01", 8)]).at_price("2026-09-01", "8.40", "7.25");
    assert_eq!(risen.writes(), ["end 1 @2026-08-31", "add 8 @2026-09-01.. 8.40/7.25"]);
    let fallen =
        case(ARREARS, lines(), &[("2026-09-01", 4)]).at_price("2026-09-01", "8.40", "7.25");
    assert_eq!(fallen.writes(), ["end 1 @2026-08-31", "add 4 @2026-09-01.. 8.40/7.25"]);
}

#[test]
fn a_hand_over_between_two_lines_ends_no_rise_r10_17b() {
    let lines = vec![ours(1, "2026-01-01", Some("2026-10-31"), 6), {
        let dear = ours(2, "2026-11-01", None, 6);
        ServiceLine { price: money("8.40"), cost: Some(money("7.25")), ..dear }
    }];
    let case = case(ADVANCE, lines, &[("2026-09-01", 6), ("2026-09-19", 7)]).at_price(
        "2026-09-01",
        "8.40",
        "7.25",
    );
    assert_eq!(case.writes(), ["add 1 @2026-09-19.. 8.40/7.25"]);
}

#[test]
fn a_step_that_stands_ahead_is_not_written_again_and_a_fall_cuts_both_r10_17c() {
    let dear = ServiceLine {
        price: money("8.40"),
        cost: Some(money("7.25")),
        ..ours(2, "2026-11-01", None, 6)
    };
    let lines = || vec![ours(1, "2026-01-01", Some("2026-10-31"), 6), dear.clone()];
    let same = case(ADVANCE, lines(), &[]).at_price("2026-09-01", "8.40", "7.25");
    assert_eq!(same.writes(), [""; 0]);
    assert_eq!(same.warnings(), []);
    let fallen =
        case(ADVANCE, lines(), &[("2026-09-01", 4)]).at_price("2026-09-01", "8.40", "7.25");
    assert_eq!(
        fallen.trusted().writes(),
        ["end 1 @2026-08-31", "add 4 @2026-09-01..2026-10-31 8.00/6.90", "amend 2 4 -/-"]
    );
}

#[test]
fn a_free_line_is_amended_where_one_would_end_or_be_added_r10_4() {
    let old = || ours(1, "2026-01-01", None, 5);
    let lines = || vec![old(), ours(2, "2026-09-19", None, 2)];
    let with = |units| case(ARREARS, lines(), &[("2026-09-01", 5), ("2026-09-19", units)]);
    assert_eq!(with(6).writes(), ["amend 2 1 -/-"], "a fall");
    assert_eq!(with(9).writes(), ["amend 2 4 -/-"], "a rise");
    assert_eq!(with(5).writes(), ["amend 2 0 -/-"], "it cannot end before it begins");
    assert_eq!(
        with(3).writes(),
        ["end 1 @2026-09-18", "amend 2 3 -/-"],
        "beside an older one it takes what is left"
    );
    let repriced = with(7).at_price("2026-09-19", "8.40", "7.25");
    assert_eq!(repriced.writes(), ["end 1 @2026-09-18", "amend 2 7 8.40/7.25"], "a price step");
}

#[test]
fn a_line_of_ours_written_since_the_last_invoice_is_free_unless_parts_bill_at_once_r10_1() {
    let lines = vec![ours(2, "2026-09-19", None, 2)];
    let wanted = [("2026-09-19", 1)];
    let mut free = case(ADVANCE, lines, &wanted).written(2, 2, ADVANCE);
    assert_eq!(free.writes(), ["amend 2 1 -/-"]);
    assert_eq!(free.warnings(), []);
    free.contract.invoicing.as_mut().expect("told").at_once = true;
    assert_eq!(free.writes(), ["amend 2 1 -/-"]);
    // 12 of 30 days of September, and October.
    only_warning(&free, &Code::NoCredit, "11.20");
}

#[test]
fn a_line_that_was_invoiced_from_the_very_day_can_only_be_amended_r10_4() {
    let case = case(ADVANCE, vec![ours(1, "2026-09-01", None, 6)], &[("2026-09-01", 4)]);
    assert_eq!(case.writes(), ["amend 1 4 -/-"]);
    only_warning(&case, &Code::NoCredit, "32.00");
}

#[test]
fn a_fall_of_a_line_that_ends_keeps_its_end() {
    let lines = vec![ours(1, "2026-01-01", Some("2026-10-31"), 6)];
    let wanted = [("2026-09-01", 6), ("2026-09-15", 4), ("2026-11-01", 0)];
    let case = case(ARREARS, lines, &wanted);
    assert_eq!(case.writes(), ["end 1 @2026-09-14", "add 4 @2026-09-15..2026-10-31 8.00/6.90"]);
}

#[test]
fn a_line_in_the_place_of_another_copies_what_is_the_operators_r10_13() {
    let terms = LineTerms {
        less_included: 2.into(),
        invoice_description: Some("As agreed".to_owned()),
        taxable: Some(false),
        ..LineTerms::default()
    };
    let line = ServiceLine { terms: terms.clone(), ..line(1, "2026-01-01", None, 6) };
    let made = case(ARREARS, vec![line], &[("2026-09-15", 4)]).plan();
    let Operation::AddLine { line, .. } = &made.operations[1] else { panic!("{made:?}") };
    assert_eq!(line.terms.as_ref(), Some(&terms));
    let risen = case(ARREARS, vec![], &[("2026-09-15", 4)]).plan();
    let Operation::AddLine { line, .. } = &risen.operations[0] else { panic!("{risen:?}") };
    assert_eq!(line.terms, None);
}

#[test]
fn lines_that_each_give_units_free_do_not_become_one() {
    let terms = LineTerms { less_included: 2.into(), ..LineTerms::default() };
    let with = |id| ServiceLine { terms: terms.clone(), ..ours(id, "2026-01-01", None, 5) };
    let case = case(ARREARS, vec![with(1), with(2)], &[]).at_price("2026-09-01", "8.40", "7.25");
    assert_eq!(
        case.writes(),
        [
            "end 1 @2026-08-31",
            "end 2 @2026-08-31",
            "add 5 @2026-09-01.. 8.40/7.25",
            "add 5 @2026-09-01.. 8.40/7.25"
        ]
    );
}

#[test]
fn a_price_of_ours_set_by_hand_is_amended_back_and_others_are_the_operators_r10_17e() {
    let dear = |line: ServiceLine| ServiceLine { price: money("9.99"), ..line };
    let lines = vec![
        dear(ours(1, "2026-01-01", None, 6)),
        dear(line(2, "2026-01-01", None, 1)),
        dear(ours(3, "2026-01-01", None, 1)),
    ];
    let mut case = case(ARREARS, lines, &[]).written(1, 6, ARREARS).written(3, 1, ARREARS);
    // What the strategy leaves to the operator is not remembered as ours.
    case.surroundings.written[1].price = None;
    assert_eq!(case.writes(), ["amend 1 6 8.00/-"]);
    let (code, text) = &case.warnings()[0];
    assert_eq!(code, &Code::Drift);
    assert!(text.contains("price 8.00 to 9.99"), "{text}");
}

#[test]
fn a_line_dated_otherwise_by_hand_is_told_by_the_sum_r10_6() {
    let lines = vec![ours(1, "2026-01-01", Some("2026-09-09"), 9)];
    let mut case = case(ARREARS, lines, &[("2026-09-01", 9)]).written(1, 6, ARREARS);
    case.surroundings.written[0].span.last = None;
    assert_eq!(case.writes(), ["add 9 @2026-09-10.. 8.00/6.90"]);
}

#[test]
fn a_line_with_our_key_that_nothing_is_remembered_of_is_neither_free_nor_edited() {
    let case = case(ADVANCE, vec![ours(1, "2026-01-01", None, 9)], &[("2026-09-01", 6)]).trusted();
    assert_eq!(case.writes(), ["end 1 @2026-08-31", "add 6 @2026-09-01.. 8.00/6.90"]);
    assert_eq!(case.warnings(), []);
}

#[test]
fn an_edit_of_a_line_that_ended_before_the_month_is_the_operators() {
    let lines = vec![ours(1, "2026-01-01", Some("2026-08-31"), 9)];
    let case = case(ARREARS, lines, &[("2026-09-01", 1)]).written(1, 6, ARREARS);
    assert_eq!(case.writes(), ["add 1 @2026-09-01.. 8.00/6.90"]);
}

#[rstest]
#[case::not_monthly(|case: &mut Case| {
    case.contract.kind = ContractKind::Unbillable("has the billing cycle Quarterly".to_owned());
}, Code::ContractKind)]
#[case::not_active(|case: &mut Case| case.contract.active = false, Code::ContractInactive)]
#[case::odd_line(|case: &mut Case| {
    let odd = Finding::new(Code::OddRow, "Addition 1: quantity is 1.5", "");
    case.lines[0].odd = Some(odd);
}, Code::OddRow)]
#[case::inactive_item(|case: &mut Case| {
    let item = Service {
        id: ITEM,
        name: "M365".to_owned(),
        sku: None,
        external_id: None,
        price: Money::ZERO,
        cost: None,
        active: false,
        billing_code_active: None,
    };
    case.surroundings.services = std::sync::Arc::new([(ITEM, item)].into());
}, Code::ServiceInactive)]
#[case::after_its_end(|case: &mut Case| case.contract.end = Some(day("2026-09-10")), Code::ContractInactive)]
fn what_would_be_refused_is_foretold_r10_9(#[case] change: fn(&mut Case), #[case] code: Code) {
    let lines = vec![ours(1, "2026-01-01", None, 5)];
    let mut case = case(ARREARS, lines, &[("2026-09-01", 5), ("2026-09-19", 6)]);
    change(&mut case);
    assert_eq!(case.refused().code, code);
    assert_eq!(case.plan().after, timeline(&[("2026-01-01", 5)]), "what stands goes on standing");
}

#[test]
fn an_agreement_that_ended_needs_no_fall_after_its_end_and_takes_one_before() {
    let lines = vec![ours(1, "2026-01-01", None, 5)];
    let wanted = [("2026-09-01", 5), ("2026-09-05", 4), ("2026-09-19", 2)];
    let mut case = case(ARREARS, lines, &wanted);
    case.contract.end = Some(day("2026-09-10"));
    assert_eq!(case.writes(), ["end 1 @2026-09-04", "add 4 @2026-09-05.. 8.00/6.90"]);
}

#[test]
fn an_agreement_that_is_right_refuses_nothing_however_it_is() {
    let mut case = case(ARREARS, vec![ours(1, "2026-01-01", None, 5)], &[("2026-09-01", 5)]);
    case.contract.active = false;
    assert_eq!(case.plan(), ServiceOperations { after: case.units.clone(), ..Default::default() });
}

#[test]
fn keys_are_unique_over_the_whole_agreement() {
    let plan = |lines| case(ARREARS, lines, &[("2026-09-01", 5), ("2026-10-01", 3)]).plan();
    let keys = |plan: &ServiceOperations| -> Vec<String> {
        let key = |operation: &Operation| match operation {
            Operation::AddLine { line, .. } => Some(line.key.clone()),
            _ => None,
        };
        plan.operations.iter().filter_map(key).collect()
    };
    let first = keys(&plan(vec![]));
    assert_eq!(first.len(), 2);
    assert_ne!(first[0], first[1]);
    assert_eq!(keys(&plan(vec![])), first, "the same intent has the same keys");
    let standing = ServiceLine { key: Some(first[0].clone()), ..ours(9, "2026-09-01", None, 1) };
    let again = keys(&plan(vec![standing]));
    assert!(!again.contains(&first[0]), "{again:?}");
}

/// One that came late beside its repetition: the younger is emptied, and not cut like any other line.
#[test]
fn of_two_lines_with_one_key_the_younger_is_emptied_r10_11() {
    let late =
        ServiceLine { key: ours(1, "2026-09-01", None, 1).key, ..ours(9, "2026-09-01", None, 1) };
    let lines =
        vec![ours(1, "2026-09-01", None, 1), ours(2, "2026-09-01", Some("2026-09-23"), 6), late];
    let case = case(ARREARS, lines, &[("2026-09-01", 7), ("2026-09-24", 1)]);
    assert_eq!(case.writes(), ["amend 9 0 -/-"]);
    assert_eq!(
        case.warnings().into_iter().map(|told| told.0).collect::<Vec<_>>(),
        [Code::MadeTwice]
    );
}
