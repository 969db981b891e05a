//! Invoices that are held, left out or late, products that left the list, retries of nobody.

use prism_connect::{
    domain::ContractId, domain::Money, domain::TenantId, domain::outcome::Outcome,
    engine::sync::records::Accepted, engine::sync::records::Decided,
    engine::sync::records::InvoiceState, engine::sync::records::Watched,
    engine::sync::records::Word, engine::tables::INVOICES, engine::tables::MAPPINGS,
    engine::tables::WATCHED, engine::tables::of_contract, engine::tables::of_invoice,
    engine::tables::of_tenant, planning::invoices::Treated, planning::invoices::Treatment,
    store::Batch,
};
use rstest::rstest;

use crate::{
    desk::Desk,
    in_memory::{money, target::Fault},
    steps, w1_steps,
};

/// A file with a header and no row yet: held like one that does not add up, and taken up when it does (sync-rules 2.3).
#[rstest]
#[case::typed(Some("Standard"))]
#[case::told_by_its_lines(None)]
#[tokio::test]
async fn an_invoice_without_rows_is_held_and_tried_again(#[case] kind: Option<&str>) {
    let desk = Desk::with_w1().await;
    let mut kept = Vec::new();
    desk.source.change_last(|invoice, lines| {
        invoice.kind_text = kind.map(str::to_owned);
        kept = std::mem::take(lines);
    });
    desk.source.invoice("2026-10", &[("a", "2026-10-01", "2026-10-31", 6)]);
    for _ in 0..2 {
        let report = desk.customers().await;
        assert_eq!(report.header.status, Outcome::Failure, "{report:#?}");
        let message = report.header.message.expect("why").text;
        assert!(message.contains("INV-2026-09"), "{message}");
        assert_eq!(desk.target.carried_out(), 0);
    }
    desk.source.change_invoice(0, |_, lines| *lines = kept);
    let report = desk.customers().await;
    assert_eq!(report.header.status, Outcome::Success, "{report:#?}");
    assert_eq!(desk.target.units(1, desk.w1_service()), w1_steps());
    assert_eq!(report.ledgers.len(), 2);
}

/// Nothing was billed, and the header says so.
#[tokio::test]
async fn an_invoice_of_nothing_is_applied() {
    let desk = Desk::with_w1().await;
    desk.source.change_last(|invoice, lines| {
        lines.clear();
        invoice.subtotal = Some(Money::ZERO);
    });
    desk.source.invoice("2026-10", &[("a", "2026-10-01", "2026-10-31", 6)]);
    let report = desk.customers().await;
    assert_eq!(report.header.status, Outcome::Success, "{report:#?}");
    assert_eq!(desk.target.units(1, desk.w1_service()), steps(&[("2026-10-01", 6)]));
}

/// Its subscriptions go on being invoiced under a product id that no list has any more (sync-rules 3.5).
#[tokio::test]
async fn a_product_that_left_the_price_list_is_still_found() {
    let desk = Desk::with_w1().await;
    desk.customers().await;
    desk.source.invoice("2026-10", &[("a", "2026-10-01", "2026-10-31", 7)]);
    desk.source.delist("BASIC");
    desk.source.change_last(|_, lines| {
        for line in lines.iter_mut() {
            line.offer_name = "Renamed since".into();
        }
    });
    let report = desk.customers().await;
    assert_eq!(report.header.status, Outcome::Success, "{report:#?}");
    let october = steps(&[("2026-09-01", 5), ("2026-09-19", 6), ("2026-10-01", 7)]);
    assert_eq!(desk.target.units(1, desk.w1_service()), october);
}

/// Not synced, and not passed over in silence: listed once, with reason and amount (sync-rules 2.1).
#[rstest]
#[case::credit("Credit", "Issued", "credit invoice")]
#[case::void("Standard", "Void", "void invoice")]
#[case::one_off("OneOff", "Paid", "one-off invoice")]
#[tokio::test]
async fn an_invoice_that_is_left_out_is_listed_once(
    #[case] kind: &str,
    #[case] status: &str,
    #[case] reason: &str,
) {
    let desk = Desk::with_w1().await;
    desk.customers().await;
    desk.source.invoice("2026-10", &[("a", "2026-10-01", "2026-10-31", 6)]);
    desk.source.change_last(|invoice, _| {
        invoice.kind_text = Some(kind.to_owned());
        invoice.status_text = Some(status.to_owned());
    });
    let report = desk.customers().await;
    assert_eq!(report.header.status, Outcome::NoChange, "{report:#?}");
    let [ledger] = report.ledgers.as_slice() else { panic!("one ledger: {report:#?}") };
    let [excluded] = ledger.excluded.as_slice() else { panic!("one reason: {ledger:#?}") };
    assert_eq!((excluded.reason.as_str(), excluded.lines), (reason, 1));
    assert_eq!((excluded.amount, ledger.balance), (money("41.40"), Money::ZERO));
    let report = desk.customers().await;
    assert_eq!((report.ledgers.len(), report.header.counts.requests), (0, 1));
}

#[tokio::test]
async fn what_was_left_out_before_anybody_was_mapped_is_nobodys_business() {
    let desk = Desk::with_w1().await;
    desk.source.invoice("2026-08", &[("a", "2026-08-01", "2026-08-31", 6)]);
    desk.source.change_last(|invoice, _| invoice.kind_text = Some("Credit".to_owned()));
    assert_eq!(desk.customers().await.ledgers.len(), 1);
}

/// It comes after a newer one was applied: refused with a message, until it is dismissed (sync-rules 2.2).
#[tokio::test]
async fn an_invoice_that_comes_too_late_is_told_until_it_is_dismissed() {
    let desk = Desk::with_w1().await;
    desk.customers().await;
    desk.map("harbour", 1, "2026-08").await;
    desk.source.invoice("2026-08", &[("a", "2026-08-01", "2026-08-31", 4)]);
    for _ in 0..2 {
        let report = desk.customers().await;
        assert_eq!(report.header.status, Outcome::Warning, "{report:#?}");
        assert_eq!(report.header.message.expect("why").code.as_str(), "older_than_applied");
    }
    let key = of_invoice(&desk.equipment.connection, &"invoice-2026-08".into());
    let state = desk.equipment.store.get(INVOICES, key.clone()).await.expect("a store");
    let mut state = state.expect("it is on the list, to be dismissed");
    assert!(state.held.is_some());
    state.dismissed = Some(("entered by hand".to_owned(), desk.equipment.clock.now()));
    let mut batch = Batch::new();
    batch.put(INVOICES, &key, &state);
    desk.equipment.store.commit(batch).await.expect("a commit");
    assert_eq!(desk.customers().await.header.status, Outcome::NoChange);
    assert_eq!(desk.target.units(1, desk.w1_service()), w1_steps());
}

/// The difference that was accepted is synced; another one is asked for anew (sync-rules 2.3).
#[tokio::test]
async fn a12_a_difference_that_becomes_another_is_asked_for_anew() {
    let desk = Desk::with_w1().await;
    let stated = |more: &str| {
        let more = money(more);
        desk.source.change_last(|invoice, lines| {
            invoice.subtotal = Some(lines.iter().map(|line| line.subtotal).sum::<Money>() + more);
        });
    };
    let accepted = Accepted { difference: money("0.01"), word: word(&desk) };
    remember(&desk, "2026-09", |state| state.accepted = Some(accepted)).await;
    stated("0.02");
    for _ in 0..2 {
        let report = desk.customers().await;
        assert_eq!(report.header.status, Outcome::Failure, "{report:#?}");
        let message = report.header.message.expect("why");
        assert!(message.text.contains("0.02 (0.01 was accepted)"), "{message:?}");
        assert_eq!(desk.target.carried_out(), 0);
    }
    stated("0.01");
    let report = desk.customers().await;
    assert_eq!(report.header.status, Outcome::Success, "{report:#?}");
    assert_eq!(report.ledgers[0].accepted_difference, money("0.01"));
    assert_eq!(report.ledgers[0].balance, Money::ZERO);
    assert_eq!(desk.target.units(1, desk.w1_service()), w1_steps());
}

/// What was seen is quiet for as long as it is what was seen (sync-rules 2.5).
#[rstest]
#[case::another_line_at_the_same_sum(false)]
#[case::another_sum(true)]
#[tokio::test]
async fn a11_an_invoice_that_has_other_lines_now_is_looked_at_anew(#[case] stated: bool) {
    let desk = Desk::with_w1().await;
    desk.customers().await;
    desk.source.invoice("2026-10", &[("a", "2026-10-01", "2026-10-31", 7)]);
    desk.source.change_last(|invoice, lines| {
        invoice.kind_text = None;
        invoice.subtotal = None;
        lines[0].start = crate::in_memory::day("2026-09-30");
    });
    let sums = || {
        desk.source.change_last(|invoice, lines| {
            let sum = lines.iter().map(|line| line.subtotal).sum();
            invoice.subtotal = stated.then_some(sum);
        });
    };
    sums();
    assert_eq!(desk.customers().await.header.status, Outcome::Warning);
    let key = of_invoice(&desk.equipment.connection, &"invoice-2026-10".into());
    let state = desk.equipment.store.get(INVOICES, key).await.expect("a store").expect("known");
    let digest = state.examined.and_then(|examined| examined.evidence).expect("read").digest;
    let treated = Treated { treatment: Treatment::Excluded, digest };
    let decided = Decided { treated, word: word(&desk) };
    remember(&desk, "2026-10", |state| state.treated = Some(decided)).await;
    assert_eq!(desk.customers().await.header.status, Outcome::NoChange);
    let mut billed = Money::ZERO;
    desk.source.change_last(|_, lines| {
        lines[0].description = "Corrected".into();
        billed = lines[0].subtotal;
        if stated {
            lines[0].subtotal = money("1.00");
        }
    });
    sums();
    let report = desk.customers().await;
    assert_eq!(report.header.message.expect("asked anew").code.as_str(), "only_excluded");
    desk.source.change_last(|_, lines| {
        (lines[0].start, lines[0].subtotal) = (crate::in_memory::day("2026-10-01"), billed);
    });
    sums();
    let report = desk.customers().await;
    assert_eq!(report.header.status, Outcome::Success, "of another class now: {report:#?}");
    let october = steps(&[("2026-09-01", 5), ("2026-09-19", 6), ("2026-10-01", 7)]);
    assert_eq!(desk.target.units(1, desk.w1_service()), october);
}

/// An application that is watched for a late write is not dropped with its invoice (sync-rules 2.7).
#[rstest]
#[case::listed_no_more(true)]
#[case::void(false)]
#[tokio::test]
async fn a16_a_watched_application_whose_invoice_is_gone_is_told_at_every_run(#[case] gone: bool) {
    let desk = Desk::with_w1().await;
    desk.customers().await;
    let (connection, invoice) = (&desk.equipment.connection, "invoice-2026-09".into());
    let key = of_contract(connection, ContractId(1)).text("invoice-2026-09");
    let month = "2026-09".parse().expect("a month");
    let watched = Watched { contract: ContractId(1), invoice, month, run: None };
    let mut batch = Batch::new();
    batch.put(WATCHED, &key, &watched);
    desk.equipment.store.commit(batch).await.expect("a commit");
    if gone {
        desk.source.withdraw_last();
    } else {
        desk.source.change_last(|invoice, _| invoice.status_text = Some("Void".to_owned()));
    }
    let written = desk.target.carried_out();
    for _ in 0..2 {
        let report = desk.customers().await;
        assert_eq!(report.header.status, Outcome::Warning, "{report:#?}");
        let message = report.header.message.expect("why");
        assert!(message.text.contains("INV-2026-09 of 2026-09"), "{message:?}");
    }
    assert_eq!(desk.target.carried_out(), written);
    assert!(desk.equipment.store.get(WATCHED, key).await.expect("a store").is_some());
}

fn word(desk: &Desk) -> Word {
    let (reason, by) = ("why".to_owned(), "tester".to_owned());
    Word { reason, by, at: desk.equipment.clock.now() }
}

/// Changes what is stored of a month's invoice.
async fn remember(desk: &Desk, month: &str, change: impl FnOnce(&mut InvoiceState)) {
    let id = format!("invoice-{month}");
    let key = of_invoice(&desk.equipment.connection, &id.as_str().into());
    let state = desk.equipment.store.get(INVOICES, key.clone()).await.expect("a store");
    let mut state = state.unwrap_or_default();
    change(&mut state);
    let mut batch = Batch::new();
    batch.put(INVOICES, &key, &state);
    desk.equipment.store.commit(batch).await.expect("a commit");
}

/// Nobody is mapped to the contract any more: there is nothing to try, and looking costs one request (sync-rules 2.6).
#[tokio::test]
async fn a_retry_of_a_contract_without_anybody_costs_nothing() {
    let desk = Desk::with_w1().await;
    desk.target.fault(2, Fault::Refuse("no such luck"));
    assert_eq!(desk.customers().await.header.status, Outcome::Failure);
    let mut batch = Batch::new();
    batch.remove(MAPPINGS, &of_tenant(&desk.equipment.connection, &TenantId::new("harbour")));
    desk.equipment.store.commit(batch).await.expect("a commit");
    let report = desk.customers().await;
    assert_eq!(report.header.status, Outcome::NoChange, "{report:#?}");
    assert_eq!(report.header.counts.requests, 1);
    desk.map("harbour", 1, "2026-09").await;
    assert_eq!(desk.customers().await.header.status, Outcome::Success);
    assert_eq!(desk.target.units(1, desk.w1_service()), w1_steps());
}

/// September is refused after its rise, October is applied, September's retry is refused once more and killed once: what
/// stands is October's from its first day on (X11, X12).
#[tokio::test]
async fn a_retry_that_was_begun_before_and_after_a_later_month_keeps_that_month() {
    let desk = Desk::with_w1().await;
    desk.target.put_on_contract(1, desk.w1_service(), crate::in_memory::day("2026-08-01"), 5);
    let (seven, nine) =
        (("a", "2026-09-01", "2026-09-18", 7), ("a", "2026-09-19", "2026-09-30", 9));
    desk.source.bill_again(&[seven, nine]);
    desk.target.fault(2, Fault::Refuse("the second is refused"));
    assert_eq!(desk.customers().await.header.status, Outcome::Failure);
    let half = steps(&[("2026-08-01", 5), ("2026-09-01", 7)]);
    assert_eq!(desk.target.units(1, desk.w1_service()), half);
    desk.source.invoice("2026-10", &[("a", "2026-10-01", "2026-10-31", 6)]);
    desk.target.fault(1, Fault::Refuse("and again"));
    assert_eq!(desk.customers().await.header.status, Outcome::Failure);
    let october = steps(&[("2026-08-01", 5), ("2026-09-01", 7), ("2026-10-01", 6)]);
    assert_eq!(desk.target.units(1, desk.w1_service()), october);
    desk.target.fault(1, Fault::HangAfter);
    desk.killed().await;
    let both = prism_connect::engine::protocol::SyncRequest {
        scope: prism_connect::engine::protocol::Scope::Customers,
        ..Default::default()
    };
    let reports = desk.sync(both).await;
    assert!(reports.iter().all(|one| one.header.status < Outcome::Failure), "{reports:#?}");
    let wanted =
        steps(&[("2026-08-01", 5), ("2026-09-01", 7), ("2026-09-19", 9), ("2026-10-01", 6)]);
    assert_eq!(desk.target.units(1, desk.w1_service()), wanted);
}
