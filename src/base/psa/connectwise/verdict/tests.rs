//! What stands after a write of ours, and whether one shows (sync-rules 10.11, 10.12).

use super::*;
use crate::{
    domain::{Money, line::NewLine, product::ProductKey},
    psa::{
        RowState,
        connectwise::sample::{ITEM, agreement, day, key_of, line, money, ours, present},
    },
};

fn stands() -> PresentContract {
    present(agreement("2026-11-01"), vec![ours(1, "2026-01-01", None, 6)])
}

fn contract() -> ContractId {
    stands().contract.id
}

fn addition() -> Operation {
    let span = LineSpan { first: day("2026-09-19"), last: None, quantity: 1 };
    let (price, cost) = (Some(money("8.00")), None);
    let line = NewLine { key: key_of(9), span, price, cost, terms: None };
    Operation::AddLine { contract: contract(), service: ITEM, line: Box::new(line) }
}

fn ending() -> Operation {
    let was = stands().services[0].lines[0].span;
    let (line, last) = (LineId(1), day("2026-09-14"));
    Operation::EndLine { contract: contract(), service: ITEM, line, was, last }
}

fn amendment(price: Option<Money>) -> Operation {
    let was = stands().services[0].lines[0].span;
    Operation::AmendLine {
        contract: contract(),
        service: ITEM,
        line: LineId(1),
        was,
        quantity: 5,
        unit_price: price,
        unit_cost: None,
    }
}

fn before() -> RowState {
    RowState::of_row(stands().services.first())
}

fn sent<'a>(operation: &'a Operation, before: &'a RowState) -> SentWrite<'a> {
    SentWrite { operation, contract_service: None, before, read_from: None }
}

#[test]
fn what_a_write_leaves_is_what_the_next_reading_shows() {
    for operation in [addition(), ending(), amendment(Some(money("8.40")))] {
        let left = after(&before(), &operation);
        let shown = written(&stands(), &operation, Some(9)).expect("a write to this agreement");
        let row = &shown.services[0];
        assert_eq!(left.units, row.timeline(), "{operation:?}");
        let spans = |lines: &[ServiceLine]| -> Vec<LineSpan> {
            lines.iter().map(|line| line.span).collect()
        };
        assert_eq!(spans(&left.lines), spans(&row.lines));
        assert_eq!(left.row_starts, row.rows.iter().map(|row| row.start).collect::<Vec<_>>());
    }
}

#[test]
fn a_new_line_has_the_id_of_the_answer_and_another_agreement_is_left() {
    let shown = written(&stands(), &addition(), Some(32)).expect("a write to this agreement");
    assert_eq!(shown.services[0].lines[1].id, LineId(32));
    assert_eq!(written(&stands(), &addition(), None), None, "no id, nothing to verify by");
    let mut other = stands();
    other.contract.id = ContractId(42);
    assert_eq!(written(&other, &addition(), Some(32)), None);
    let none = present(agreement("2026-11-01"), vec![]);
    let first = written(&none, &addition(), Some(32)).expect("the first line of the item");
    assert_eq!(first.services[0].timeline().on(day("2026-09-19")), 1);
}

#[test]
fn a_lost_write_is_found_by_key_or_by_the_lines_own_values_r10_11() {
    let before = before();
    for (operation, id) in [(addition(), 9), (ending(), 1), (amendment(Some(money("8.40"))), 1)] {
        let write = sent(&operation, &before);
        assert_eq!(on_contract(&write, &stands()), None, "not yet: {operation:?}");
        let shown = written(&stands(), &operation, Some(9)).expect("a write to this agreement");
        assert_eq!(on_contract(&write, &shown), Some(id), "{operation:?}");
        assert!(!is_foreign(&write, &shown) && !is_foreign(&write, &stands()));
    }
}

#[test]
fn a_line_like_ours_with_another_key_is_not_ours() {
    let alike = line(9, "2026-09-19", None, 1);
    let reading = present(agreement("2026-11-01"), vec![ours(1, "2026-01-01", None, 6), alike]);
    let (operation, before) = (addition(), before());
    assert_eq!(on_contract(&sent(&operation, &before), &reading), None);
}

#[test]
fn a_line_that_is_neither_as_it_was_nor_as_we_sent_it_is_somebody_elses() {
    let before = before();
    let (end, amend) = (ending(), amendment(None));
    let edited = present(agreement("2026-11-01"), vec![ours(1, "2026-01-01", None, 9)]);
    let gone = present(agreement("2026-11-01"), vec![]);
    for operation in [&end, &amend] {
        assert!(is_foreign(&sent(operation, &before), &edited), "{operation:?}");
        assert!(is_foreign(&sent(operation, &before), &gone), "{operation:?}");
    }
    assert!(!is_foreign(&sent(&addition(), &before), &gone), "nobody has changed a new line");
}

fn item(id: i64, external_id: Option<&str>, price: &str) -> Service {
    Service {
        id: ServiceId(id),
        name: "M365".to_owned(),
        sku: Some("CFQ7TTC0LH18:0001".to_owned()),
        external_id: external_id.map(str::to_owned),
        price: money(price),
        cost: None,
        active: true,
        billing_code_active: None,
    }
}

#[test]
fn a_lost_item_is_found_by_our_key_and_a_new_price_by_itself() {
    let product: ProductKey = "CFQ7TTC0LH18:0001".parse().expect("a key");
    let draft = ServiceDraft {
        name: "M365".to_owned(),
        description: String::new(),
        invoice_description: String::new(),
        sku: "CFQ7TTC0LH18:0001".to_owned(),
        external_id: "prism-connect:x".to_owned(),
        price: money("8.00"),
        cost: money("6.90"),
        chosen: crate::domain::choice::Chosen::default(),
    };
    let create = Operation::CreateService { product: product.clone(), draft: Box::new(draft) };
    let before = RowState::default();
    let write = sent(&create, &before);
    let services = [item(7, None, "8.00"), item(8, Some("PRISM-CONNECT:x"), "8.00")];
    assert_eq!(in_catalogue(&write, &services), Some(8));
    assert_eq!(in_catalogue(&write, &services[..1]), None);
    let service = ServiceId(7);
    let price = Some(money("8.404"));
    let update = Operation::UpdateService { product, service, price, cost: Some(money("7.25")) };
    let write = sent(&update, &before);
    assert_eq!(in_catalogue(&write, &[item(7, None, "8.40")]), Some(7));
    assert_eq!(in_catalogue(&write, &services), None);
}
