//! What adds up, what is accepted, and what an invoice without a type is (sync-rules 2.3, 2.5).

use rstest::rstest;

use super::*;
use crate::domain::{Code, invoice::LineFault};

fn money(text: &str) -> Money {
    text.parse().expect("money")
}

fn lines(amounts: &[&str]) -> Vec<Line> {
    amounts.iter().map(|amount| line("2026-09-01", "2026-09-30", amount)).collect()
}

fn said(subtotal: Option<&str>) -> Invoice {
    Invoice { subtotal: subtotal.map(money), ..header("i", "2026-09") }
}

/// Header, lines and what was accepted before; the sum and what is accepted now, or the difference that is asked for.
#[rstest]
#[case::adds_up(Some("7.50"), &["5.00", "2.50"], None, Ok(("7.50", "0.00")))]
#[case::a_credit_among_them(Some("2.50"), &["5.00", "-2.50"], None, Ok(("2.50", "0.00")))]
#[case::no_sum_said(None, &["5.00"], None, Ok(("5.00", "0.00")))]
#[case::a_cent_more(Some("7.51"), &["7.50"], None, Err(Some("0.01")))]
#[case::a_cent_less(Some("7.49"), &["7.50"], None, Err(Some("-0.01")))]
#[case::accepted(Some("7.51"), &["7.50"], Some("0.01"), Ok(("7.50", "0.01")))]
#[case::accepted_less(Some("7.49"), &["7.50"], Some("-0.01"), Ok(("7.50", "-0.01")))]
#[case::with_the_wrong_sign(Some("7.51"), &["7.50"], Some("-0.01"), Err(Some("0.01")))]
#[case::another_was_accepted(Some("7.52"), &["7.50"], Some("0.01"), Err(Some("0.02")))]
#[case::it_adds_up_since(Some("7.50"), &["7.50"], Some("0.01"), Ok(("7.50", "0.00")))]
#[case::no_lines_are_never_accepted(Some("7.50"), &[], Some("7.50"), Err(None))]
#[case::nothing_of_nothing(Some("0.00"), &[], None, Ok(("0.00", "0.00")))]
#[case::nothing_at_all(None, &[], None, Err(None))]
fn an_invoice_is_settled_or_asks_for_its_difference(
    #[case] subtotal: Option<&str>,
    #[case] amounts: &[&str],
    #[case] accepted: Option<&str>,
    #[case] expected: Result<(&str, &str), Option<&str>>,
) {
    let found = settled(&said(subtotal), &lines(amounts).into(), accepted.map(money));
    match (found, expected) {
        (Ok(found), Ok((sum, accepted))) => {
            assert_eq!(found, Settled { sum: money(sum), accepted: money(accepted) });
        }
        (Err(finding), Err(difference)) => {
            assert_eq!(finding.code, Code::Unsettled);
            let way = "invoices accept I --difference ";
            let asks = finding.advice.split_once(way).map(|(_, rest)| rest);
            let asks = asks.and_then(|rest| rest.split(' ').next());
            assert_eq!(asks, difference, "{finding:?}");
            assert!(finding.advice.contains("invoices dismiss I"), "{finding:?}");
        }
        (found, _) => panic!("{found:?}"),
    }
}

/// A row whose amount cannot be told is one that may be missing: only the header's sum shows that it is not.
#[rstest]
#[case::the_header_confirms_it(Some("7.50"), false, true)]
#[case::the_header_does_not(Some("9.00"), false, false)]
#[case::nobody_confirms_it(None, false, false)]
#[case::its_amount_can_be_read(None, true, true)]
fn a_row_whose_amount_is_not_sure_needs_a_sum_on_the_header(
    #[case] subtotal: Option<&str>,
    #[case] amount_is_sure: bool,
    #[case] settles: bool,
) {
    let mut all = lines(&["5.00", "2.50"]);
    all[1].fault = Some(LineFault { text: "odd".to_owned(), amount_is_sure });
    assert_eq!(settled(&said(subtotal), &all.into(), None).is_ok(), settles);
}

#[test]
fn a_header_that_cannot_be_read_is_never_settled() {
    let odd = Invoice { fault: Some("SubTotal: “x” is no number".to_owned()), ..said(None) };
    let found = settled(&odd, &lines(&["5.00"]).into(), None).expect_err("it is odd");
    assert_eq!(found.code, Code::OddInvoice);
    assert!(found.text.contains("SubTotal: “x” is no number"), "{found:?}");
}

/// Rows that cannot be read are no evidence of what an invoice is.
#[rstest]
#[case::outside_the_month(line("2026-03-01", "2026-03-31", "5.00"))]
#[case::negative(line("2026-09-01", "2026-09-30", "-9.00"))]
#[case::annual(annual(line("2026-09-01", "2027-08-31", "900")))]
fn an_odd_row_makes_a_standard_invoice_no_other(#[case] odd: Line) {
    let fault = Some(LineFault { text: "odd".to_owned(), amount_is_sure: true });
    let untyped = Invoice { kind_text: None, ..header("i", "2026-09") };
    let sound = line("2026-09-01", "2026-09-30", "5.00");
    let kind = |odd: Line| word(&examine(&untyped, &[odd, sound.clone()].into()).kind).to_owned();
    assert_ne!(kind(odd.clone()), "standard");
    assert_eq!(kind(Line { fault, ..odd }), "standard");
}

/// Two standard invoices of one agreement and month: neither, whatever tells that they are standard (sync-rules 2.4).
#[rstest]
#[case::both_typed(true, true)]
#[case::one_by_its_lines(true, false)]
#[case::both_by_their_lines(false, false)]
fn two_standard_invoices_of_one_month_are_both_held(#[case] one: bool, #[case] other: bool) {
    let typed = |id: &str, typed: bool| {
        let kind_text = typed.then(|| "Standard".to_owned());
        Invoice { kind_text, ..header(id, "2026-09") }
    };
    let headers = [typed("one", one), typed("other", other), header("oct", "2026-10")];
    let lines = [line("2026-09-01", "2026-09-30", "5.00")];
    let known: Known = headers
        .iter()
        .map(|header| (header.id.clone(), examine(header, &lines.clone().into())))
        .collect();
    let found = Asked { known, ..Asked::default() }.of(&headers);
    let none: [&str; 0] = [];
    assert_eq!(ids(&found), none);
    let held: Vec<_> = found
        .held
        .iter()
        .map(|held| (held.invoice.id.as_str(), held.finding.code.as_str()))
        .collect();
    assert_eq!(held, [("one", "doubled"), ("other", "doubled"), ("oct", "waits")]);
}
