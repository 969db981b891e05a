use std::collections::BTreeSet;

use rstest::rstest;

use super::*;
use crate::domain::{
    AgreementId, Code, ContractId, Currency, SubscriptionId, TenantId,
    mapping::{Applied, Start},
};

mod impossible;
mod settling;

fn month(text: &str) -> UsageMonth {
    text.parse().expect("a month")
}

fn header(id: &str, usage: &str) -> Invoice {
    Invoice {
        id: InvoiceId::new(id),
        number: id.to_uppercase(),
        program: "Microsoft CSP Indirect".to_owned(),
        usage_month: usage.parse().ok(),
        billing_period_start: None,
        issued: None,
        agreement: Some(AgreementId::new("agreement")),
        agreement_number: None,
        kind_text: Some("Standard".to_owned()),
        status_text: Some("Issued".to_owned()),
        currency: None,
        fault: None,
        subtotal: None,
    }
}

fn line(from: &str, to: &str, amount: &str) -> Line {
    let amount: Money = amount.parse().expect("money");
    Line {
        number: 1,
        subscription: Some(SubscriptionId::new("s")),
        offer_name: "Business Basic (NCE Product)".into(),
        start: from.parse().expect("a day"),
        end: to.parse().expect("a day"),
        description: String::new().into(),
        cost_price: amount,
        retail_price: amount,
        quantity: 1.into(),
        ratio: 1.into(),
        subtotal: amount,
        subtotal_retail: amount,
        domain: None,
        customer_name: None,
        agreement_number: Some("1040217".into()),
        motion: LineMotion::Monthly,
        currency: None,
        fault: None,
    }
}

#[rstest]
#[case::typed("Standard", "Issued", "standard")]
#[case::whatever_its_case("standard", "overdue", "standard")]
#[case::void("Standard", "Void", "void invoice")]
#[case::unknown_status("Standard", "Draft", "invoice of status “Draft”")]
#[case::credit("Credit", "Issued", "credit invoice")]
#[case::adjustment("Adjustment", "Paid", "adjustment invoice")]
#[case::annual("Annual", "Paid", "annual invoice")]
#[case::one_off("OneOff", "", "one-off invoice")]
#[case::unknown_kind("Prepaid", "", "invoice of type “Prepaid”")]
#[case::untyped("", "Issued", "unclear")]
fn the_header_tells_what_an_invoice_is(
    #[case] kind: &str,
    #[case] status: &str,
    #[case] expected: &str,
) {
    let invoice = Invoice {
        kind_text: Some(kind.to_owned()),
        status_text: Some(status.to_owned()),
        ..header("i", "2026-09")
    };
    assert_eq!(word(&classify(&invoice)), expected);
}

fn word(kind: &InvoiceKind) -> &str {
    match kind {
        InvoiceKind::Standard { .. } => "standard",
        InvoiceKind::Excluded { reason } => reason,
        InvoiceKind::OtherProgram => "other",
        InvoiceKind::Unclear => "unclear",
    }
}

#[test]
fn another_program_is_ignored() {
    let invoice = Invoice { program: "Citrix CSP".to_owned(), ..header("i", "2026-09") };
    assert_eq!(classify(&invoice), InvoiceKind::OtherProgram);
    assert!(is_csp(" microsoft csp direct"));
}

fn annual(line: Line) -> Line {
    Line { motion: LineMotion::AnnualBill, ..line }
}

#[rstest]
#[case::inside(vec![line("2026-09-01", "2026-09-30", "5.00")], "standard")]
#[case::no_line(vec![], "standard")]
#[case::credit(vec![line("2026-09-01", "2026-09-30", "-5.00")], "credit invoice")]
#[case::adjustment(vec![line("2026-09-01", "2026-09-30", "-5.00"), line("2026-09-01", "2026-09-30", "9.00")], "adjustment invoice")]
#[case::only_annual(vec![annual(line("2026-09-01", "2027-08-31", "900"))], "annual invoice")]
#[case::annual_among(vec![annual(line("2026-09-01", "2027-08-31", "900")), line("2026-09-01", "2026-09-30", "5.00")], "one-off invoice")]
#[case::outside(vec![line("2026-08-15", "2026-09-30", "5.00")], "one-off invoice")]
fn without_a_type_the_lines_tell(#[case] lines: Vec<Line>, #[case] expected: &str) {
    let invoice = Invoice { kind_text: None, ..header("i", "2026-09") };
    let examined = examine(&invoice, &lines.into());
    assert_eq!((word(&examined.kind), examined.month), (expected, Some(month("2026-09"))));
}

#[test]
fn without_a_month_the_charge_dates_tell() {
    let invoice = Invoice { billing_period_start: "2026-10-01".parse().ok(), ..header("i", "") };
    let lines = [line("2026-09-01", "2026-09-30", "5.00"), line("2026-08-15", "2026-08-31", "2")];
    let more = [lines.as_slice(), &[line("2026-09-03", "2026-09-30", "1")]].concat();
    assert_eq!(usage_month(&invoice, &more.into()), Some(month("2026-09")));
    assert_eq!(usage_month(&invoice, &Lines::default()), None);
}

#[rstest]
#[case::adds_up(Some("7.50"), 2, true)]
#[case::does_not(Some("7.51"), 2, false)]
#[case::says_nothing(None, 2, true)]
#[case::empty_of_nothing(Some("0.00"), 0, true)]
#[case::empty_of_something(Some("7.50"), 0, false)]
#[case::empty_and_silent(None, 0, false)]
fn the_lines_must_sum_to_the_subtotal(
    #[case] subtotal: Option<&str>,
    #[case] lines: usize,
    #[case] settles: bool,
) {
    let subtotal = subtotal.map(|text| text.parse().expect("money"));
    let invoice = Invoice { subtotal, ..header("i", "2026-09") };
    let all = [line("2026-09-01", "2026-09-30", "5.00"), line("2026-09-01", "2026-09-30", "2.50")];
    let found = settled(&invoice, &all[..lines].to_vec().into(), None);
    assert_eq!(found.is_ok(), settles);
    assert!(found.err().is_none_or(|finding| finding.code == Code::Unsettled));
}

fn applied(id: &str, usage: &str) -> Applied {
    Applied {
        month: month(usage),
        invoice: InvoiceId::new(id),
        invoice_number: id.to_owned(),
        contract: ContractId(1),
        at: chrono::DateTime::UNIX_EPOCH,
    }
}

/// What is asked besides headers, for one tenant in October 2026: all that there is to know beyond them.
#[derive(Default)]
struct Asked {
    known: Known,
    empty: BTreeSet<InvoiceId>,
    unreadable: BTreeMap<InvoiceId, Finding>,
    agreements: BTreeSet<AgreementId>,
    dismissed: BTreeSet<InvoiceId>,
    remembered: Vec<Invoice>,
    currencies: BTreeMap<InvoiceId, Currency>,
    agreement: Option<AgreementId>,
    first_month: Option<UsageMonth>,
    applied: Vec<Applied>,
}

impl Asked {
    fn of(&self, headers: &[Invoice]) -> Due {
        let tenant = TenantId::new("t");
        let state = MappingState {
            tenant: &tenant,
            agreement: self.agreement.as_ref(),
            first_month: self.first_month,
            applied: &self.applied,
            skipped: &[],
        };
        due(&Request {
            headers,
            known: &self.known,
            empty: &self.empty,
            unreadable: &self.unreadable,
            this_month: month("2026-10"),
            agreements: &self.agreements,
            mappings: &[state],
            dismissed: &self.dismissed,
            treated: &BTreeMap::new(),
            remembered: &self.remembered,
            currencies: &self.currencies,
        })
    }
}

/// What is due for one tenant that starts with `first` and has `done`.
fn ask(headers: &[Invoice], first: &str, done: &[Applied], dismissed: &[&str]) -> Due {
    let asked = Asked {
        first_month: first.parse().ok(),
        applied: done.to_vec(),
        dismissed: dismissed.iter().map(|id| InvoiceId::new(*id)).collect(),
        ..Asked::default()
    };
    asked.of(headers)
}

fn ids(due: &Due) -> Vec<&str> {
    due.invoices.iter().map(|due| due.invoice.id.as_str()).collect()
}

fn months() -> Vec<Invoice> {
    vec![header("oct", "2026-10"), header("aug", "2026-08"), header("sep", "2026-09")]
}

#[test]
fn invoices_are_due_oldest_first_from_the_first_month_on() {
    assert_eq!(ids(&ask(&months(), "2026-09", &[], &[])), ["sep", "oct"]);
    assert_eq!(ids(&ask(&months(), "", &[], &[])), ["aug", "sep", "oct"]);
}

#[test]
fn an_applied_invoice_is_due_no_more_and_nothing_new_is_nothing() {
    let done = [applied("sep", "2026-09")];
    assert_eq!(ids(&ask(&months(), "2026-09", &done, &[])), ["oct"]);
    let done = [applied("sep", "2026-09"), applied("oct", "2026-10")];
    assert!(ask(&months(), "2026-09", &done, &[]).is_nothing());
}

#[test]
fn an_invoice_older_than_the_newest_applied_is_refused() {
    let due = ask(&months(), "2026-08", &[applied("sep", "2026-09")], &[]);
    assert_eq!(ids(&due), ["oct"]);
    assert_eq!(due.refused.len(), 1);
    assert_eq!(due.refused[0].finding.code.as_str(), "older_than_applied");
    assert!(ask(&months(), "2026-08", &[applied("sep", "2026-09")], &["aug", "oct"]).is_nothing());
}

#[test]
fn two_standard_invoices_of_a_month_hold_each_other_and_later_ones() {
    let headers = [months(), vec![header("sep2", "2026-09")]].concat();
    let due = ask(&headers, "2026-08", &[], &[]);
    assert_eq!(ids(&due), ["aug"]);
    let held: Vec<_> = due
        .held
        .iter()
        .map(|held| (held.invoice.id.as_str(), held.finding.code.as_str()))
        .collect();
    assert_eq!(held, [("sep", "doubled"), ("sep2", "doubled"), ("oct", "waits")]);
    assert_eq!(ids(&ask(&headers, "2026-08", &[], &["sep2"])), ["aug", "sep", "oct"]);
}

#[test]
fn a_second_invoice_of_an_applied_month_is_doubled_too() {
    let headers = [months(), vec![header("sep2", "2026-09")]].concat();
    let due = ask(&headers, "2026-09", &[applied("sep", "2026-09")], &[]);
    assert_eq!(ids(&due), Vec::<&str>::new());
    assert_eq!(due.held[0].finding.code.as_str(), "doubled");
}

#[test]
fn invoices_of_two_agreements_are_no_double() {
    let other = Invoice { agreement: Some(AgreementId::new("other")), ..header("o", "2026-09") };
    let headers = vec![header("sep", "2026-09"), other];
    assert_eq!(ids(&ask(&headers, "", &[], &[])), ["o", "sep"]);
    let asked = Asked { agreement: Some(AgreementId::new("agreement")), ..Asked::default() };
    assert_eq!(ids(&asked.of(&headers)), ["sep"]);
    let agreements = BTreeSet::from([AgreementId::new("other")]);
    assert!(Asked { agreements, ..asked }.of(&headers).is_nothing());
}

/// Who is under the other of two agreements now.
#[rstest]
#[case::never_applied(&[], &["aug2", "sep2", "oct2"])]
#[case::moved_after_august(&[("aug", "2026-08")], &["sep2", "oct2"])]
#[case::moved_after_september(&[("aug", "2026-08"), ("sep", "2026-09")], &["oct2"])]
#[case::there_since_september(&[("aug", "2026-08"), ("sep2", "2026-09")], &["oct2"])]
#[case::moved_back(&[("aug2", "2026-08"), ("sep", "2026-09")], &["oct2"])]
fn who_moved_to_another_agreement_has_its_invoices_from_then_on(
    #[case] done: &[(&str, &str)],
    #[case] due: &[&str],
) {
    let other = |id: &str, month: &str| Invoice {
        agreement: Some(AgreementId::new("other")),
        ..header(id, month)
    };
    let others = [("aug2", "2026-08"), ("sep2", "2026-09"), ("oct2", "2026-10")];
    let headers = [months(), others.map(|(id, month)| other(id, month)).to_vec()].concat();
    let asked = Asked {
        agreements: ["agreement", "other"].map(AgreementId::new).into(),
        agreement: Some(AgreementId::new("other")),
        applied: done.iter().map(|(id, month)| applied(id, month)).collect(),
        ..Asked::default()
    };
    let found = asked.of(&headers);
    assert_eq!(ids(&found), due);
    assert!(found.refused.is_empty(), "{:?}", found.refused);
}

#[test]
fn an_unsettled_invoice_lets_later_ones_wait() {
    let mut due = ask(&months(), "2026-08", &[], &[]);
    due.hold_behind(&InvoiceId::new("sep"));
    assert_eq!(ids(&due), ["aug"]);
    assert_eq!((due.held.len(), due.held[0].invoice.id.as_str()), (1, "oct"));
}

/// Of an invoice without a row nothing can be told, but that it is not to be passed over (sync-rules 2.3, 2.4).
#[rstest]
#[case::with_a_usage_month("2026-09", None)]
#[case::by_its_issue("", Some("2026-10-01"))]
fn an_untyped_invoice_without_rows_is_held_and_later_ones_wait(
    #[case] usage: &str,
    #[case] issued: Option<&str>,
) {
    let untyped = Invoice {
        kind_text: None,
        issued: issued.map(|day| day.parse().expect("a day")),
        ..header("sep", usage)
    };
    let headers = [header("aug", "2026-08"), untyped, header("oct", "2026-10")];
    let empty = BTreeSet::from([InvoiceId::new("sep")]);
    let asked = Asked { empty, ..Asked::default() };
    let found = asked.of(&headers);
    assert_eq!((ids(&found), found.unclear.len()), (vec!["aug"], 0));
    let held: Vec<_> = found
        .held
        .iter()
        .map(|held| (held.invoice.id.as_str(), held.finding.code.as_str(), held.month))
        .collect();
    let (september, october) = (month("2026-09"), month("2026-10"));
    assert_eq!(held, [("sep", "no_rows", september), ("oct", "waits", october)]);
    let dismissed = BTreeSet::from([InvoiceId::new("sep")]);
    assert_eq!(ids(&Asked { dismissed, ..asked }.of(&headers)), ["aug", "oct"]);
}

#[test]
fn an_untyped_invoice_must_be_examined_once() {
    let untyped = Invoice { kind_text: None, ..header("sep", "2026-09") };
    let due_now = ask(std::slice::from_ref(&untyped), "2026-09", &[], &[]);
    assert_eq!((due_now.unclear.len(), ids(&due_now).len()), (1, 0));
    assert!(ask(std::slice::from_ref(&untyped), "2026-10", &[], &[]).is_nothing());
    let examined = examine(&untyped, &[line("2026-09-01", "2026-09-30", "5.00")].into());
    let known = Known::from([(untyped.id.clone(), examined)]);
    let found = Asked { known, ..Asked::default() }.of(&[untyped]);
    assert_eq!((ids(&found), found.invoices[0].typed), (vec!["sep"], false));
}

#[test]
fn the_first_month_is_the_newest_or_the_one_after() {
    let known = Known::new();
    let first = |headers: &[Invoice], start| {
        first_month(headers, &known, start, month("2026-12")).map_err(|u| u.len())
    };
    assert_eq!(first(&months(), Start::MostRecent), Ok(Some(month("2026-10"))));
    assert_eq!(first(&months(), Start::Next), Ok(Some(month("2026-11"))));
    assert_eq!(first(&[], Start::Next), Ok(None));
    let credit = Invoice { kind_text: Some("Credit".to_owned()), ..header("c", "2026-12") };
    assert_eq!(
        first(&[months(), vec![credit]].concat(), Start::MostRecent),
        Ok(Some(month("2026-10")))
    );
    let untyped = Invoice { kind_text: None, ..header("u", "2026-11") };
    assert_eq!(first(&[months(), vec![untyped]].concat(), Start::MostRecent), Err(1));
}

/// A header in a currency.
fn billed(id: &str, usage: &str, currency: &str) -> Invoice {
    let currency = (!currency.is_empty()).then(|| Currency::new(currency));
    Invoice { currency, ..header(id, usage) }
}

/// What is due and what is held for its currency, of a tenant to whom these invoices were applied.
fn by_currency(headers: &[Invoice], done: &[Applied], accepted: &[(&str, &str)]) -> String {
    let (listed, remembered): (Vec<_>, Vec<_>) =
        headers.iter().cloned().partition(|header| !header.number.starts_with("GONE"));
    let accepted = accepted.iter().map(|(id, code)| (InvoiceId::new(id), Currency::new(code)));
    let asked = Asked {
        first_month: done.iter().map(|applied| applied.month).max(),
        applied: done.to_vec(),
        remembered,
        currencies: accepted.collect(),
        ..Asked::default()
    };
    let found = asked.of(&listed);
    let held = found.held.iter().map(|held| {
        let text = &held.finding.text;
        let shown = text.split("as invoice ").nth(1).and_then(|rest| rest.split(' ').next());
        match shown {
            Some(shown) => format!("{} against {shown}", held.invoice.id.as_str()),
            None => format!("{} {}", held.invoice.id.as_str(), held.finding.code),
        }
    });
    let due = ids(&found).into_iter().map(str::to_owned);
    due.chain(held).collect::<Vec<_>>().join(", ")
}

#[rstest]
#[case::the_same(&[("aug", "AUD"), ("sep", "aud")], &[], &[], "aug, sep")]
#[case::another_than_the_oldest(&[("aug", "AUD"), ("sep", "JPY"), ("oct", "AUD")], &[], &[], "aug, sep against AUG, oct waits")]
#[case::another_than_what_was_applied(&[("jul", "JPY"), ("aug", "AUD"), ("sep", "JPY")], &["aug"], &[], "sep against AUG")]
#[case::the_newest_applied_counts(&[("jul", "JPY"), ("aug", "AUD"), ("sep", "AUD")], &["jul", "aug"], &[], "sep")]
#[case::applied_and_listed_no_more(&[("gone", "NZD"), ("sep", "AUD")], &["gone"], &[], "sep against GONE")]
#[case::the_only_one(&[("sep", "JPY")], &[], &[], "sep")]
#[case::it_says_none(&[("aug", "AUD"), ("sep", "")], &[], &[], "aug, sep")]
#[case::none_but_it_says_one(&[("aug", ""), ("sep", "JPY")], &[], &[], "aug, sep")]
#[case::accepted(&[("aug", "AUD"), ("sep", "JPY")], &["aug"], &[("sep", "JPY")], "sep")]
#[case::accepted_and_the_next_is_like_it(&[("aug", "AUD"), ("sep", "JPY"), ("oct", "JPY")], &["aug"], &[("sep", "JPY")], "sep, oct")]
#[case::accepted_and_the_next_is_as_before(&[("aug", "AUD"), ("sep", "JPY"), ("oct", "AUD")], &["aug"], &[("sep", "JPY")], "sep, oct against SEP")]
#[case::accepted_as_it_is_no_more(&[("aug", "AUD"), ("sep", "NZD")], &["aug"], &[("sep", "JPY")], "sep against AUG")]
fn the_currency_of_an_agreement_is_that_of_what_was_applied_before_or_of_its_oldest_invoice(
    #[case] headers: &[(&str, &str)],
    #[case] done: &[&str],
    #[case] accepted: &[(&str, &str)],
    #[case] expected: &str,
) {
    let usage = |id: &str| match id {
        "gone" | "jul" => "2026-07",
        "aug" => "2026-08",
        "sep" => "2026-09",
        _ => "2026-10",
    };
    let done: Vec<Applied> = done.iter().map(|id| applied(id, usage(id))).collect();
    let headers: Vec<Invoice> =
        headers.iter().map(|(id, currency)| billed(id, usage(id), currency)).collect();
    // Before what was applied nothing is due.
    assert_eq!(by_currency(&headers, &done, accepted), expected);
}

#[test]
fn another_agreement_has_a_currency_of_its_own() {
    let other = Invoice { agreement: Some(AgreementId::new("other")), ..header("o", "2026-08") };
    let other = Invoice { currency: Some(Currency::new("NZD")), ..other };
    let headers = [other, billed("sep", "2026-09", "AUD")];
    assert_eq!(by_currency(&headers, &[], &[]), "o, sep");
}

#[rstest]
#[case::as_the_header(Some("AUD"), ["AUD", ""], None)]
#[case::not_as_the_header(Some("AUD"), ["AUD", "NZD"], Some("its header is in AUD, its line 1 in NZD"))]
#[case::among_themselves(None, ["AUD", "NZD"], Some("some of its lines are in AUD, line 1 is in NZD"))]
#[case::none_says_any(Some("AUD"), ["", ""], None)]
fn lines_of_another_currency_have_no_sum_with_the_rest(
    #[case] stated: Option<&str>,
    #[case] lines: [&str; 2],
    #[case] told: Option<&str>,
) {
    let invoice = Invoice { currency: stated.map(Currency::new), ..header("i", "2026-09") };
    let lines = lines.map(|code| Line {
        currency: (!code.is_empty()).then(|| Currency::new(code)),
        ..line("2026-09-01", "2026-09-30", "5.00")
    });
    let found = settled(&invoice, &lines.into(), None);
    match told {
        Some(told) => assert!(found.expect_err("two currencies").text.contains(told)),
        None => assert!(found.is_ok()),
    }
}
