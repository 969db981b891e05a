//! What cannot be read or cannot be is held, and holds up its own agreement alone (sync-rules 2.4, 2.9).

use rstest::rstest;

use super::*;

fn of(agreement: &str, invoice: Invoice) -> Invoice {
    Invoice { agreement: Some(AgreementId::new(agreement)), ..invoice }
}

fn odd(invoice: Invoice) -> Invoice {
    Invoice { fault: Some("SubTotal: “x” is no number".to_owned()), ..invoice }
}

fn untyped(invoice: Invoice) -> Invoice {
    Invoice { kind_text: None, ..invoice }
}

fn held(due: &Due) -> Vec<(&str, &str)> {
    due.held.iter().map(|held| (held.invoice.id.as_str(), held.finding.code.as_str())).collect()
}

fn cannot_read(invoice: &Invoice) -> Asked {
    let finding = unreadable(invoice, "row 2 is odd");
    Asked { unreadable: BTreeMap::from([(invoice.id.clone(), finding)]), ..Asked::default() }
}

#[rstest]
#[case::typed(odd(header("aug", "2026-08")))]
#[case::untyped(untyped(odd(header("aug", "2026-08"))))]
fn an_odd_header_is_held_and_later_months_of_its_agreement_wait(#[case] august: Invoice) {
    let headers = [august, header("sep", "2026-09"), of("another", header("other", "2026-09"))];
    let found = Asked::default().of(&headers);
    assert_eq!(held(&found), [("aug", "odd_invoice"), ("sep", "waits")]);
    assert_eq!(ids(&found), ["other"]);
    assert!(found.unclear.is_empty(), "its lines would tell nothing");
}

/// A type that says that it is something else is believed, sum or not.
#[rstest]
#[case::a_credit(Invoice { kind_text: Some("Credit".to_owned()), ..odd(header("aug", "2026-08")) })]
#[case::void(Invoice { status_text: Some("Void".to_owned()), ..odd(header("aug", "2026-08")) })]
#[case::of_another_program(Invoice { program: "Citrix CSP".to_owned(), ..odd(header("aug", "2026-08")) })]
fn an_odd_header_of_what_is_left_out_anyway_holds_nothing_up(#[case] august: Invoice) {
    let found = Asked::default().of(&[august, header("sep", "2026-09")]);
    assert_eq!((held(&found), ids(&found)), (Vec::new(), vec!["sep"]));
}

#[test]
fn an_odd_header_of_a_month_that_was_gone_past_is_nobodys() {
    let asked = Asked { applied: vec![applied("sep", "2026-09")], ..Asked::default() };
    let found = asked.of(&[untyped(odd(header("aug", "2026-08"))), header("sep", "2026-09")]);
    assert!(found.is_nothing(), "{found:?}");
}

#[rstest]
#[case::with_a_month(untyped(header("aug", "2026-08")))]
#[case::by_its_billing_period(Invoice {
    billing_period_start: "2026-09-01".parse().ok(),
    ..untyped(header("aug", ""))
})]
#[case::without_any_day(untyped(header("aug", "")))]
fn what_only_lines_tell_and_nobody_can_read_is_held(#[case] august: Invoice) {
    let found = cannot_read(&august).of(&[august]);
    assert_eq!(held(&found), [("aug", "unreadable_invoice")]);
    assert!(found.unclear.is_empty());
}

/// Now it is October 2026.
#[rstest]
#[case::this_month("2026-10", &["odd"], &[])]
#[case::the_next_one("2026-11", &[], &[("odd", "future_month")])]
#[case::next_year("2027-03", &[], &[("odd", "future_month")])]
fn a_month_that_is_still_to_come_is_not_applied(
    #[case] usage: &str,
    #[case] due: &[&str],
    #[case] told: &[(&str, &str)],
) {
    let found = Asked::default().of(&[header("odd", usage)]);
    assert_eq!((ids(&found), held(&found)), (due.to_vec(), told.to_vec()));
    let found = Asked::default().of(&[header("odd", usage), header("sep", "2026-09")]);
    assert_eq!(ids(&found)[0], "sep", "it holds nothing up");
}

#[rstest]
#[case::typed(header("odd", "2027-03"), 0)]
#[case::untyped(untyped(header("odd", "2027-03")), 0)]
#[case::no_month_at_all(untyped(header("odd", "")), 1)]
fn a_month_that_is_still_to_come_is_no_invoice_to_begin_with(
    #[case] odd: Invoice,
    #[case] unclear: usize,
) {
    let headers = [header("aug", "2026-08"), odd];
    let first = first_month(&headers, &Known::new(), Start::MostRecent, month("2026-10"));
    let found = first.map_err(|unclear| unclear.len());
    assert_eq!(found, if unclear == 0 { Ok(Some(month("2026-08"))) } else { Err(unclear) });
}
