//! The frozen world where invoices go to ConnectWise, and Autotask is connected beside it.

use crate::fixtures;
use prism_connect::{
    domain::{
        Code, ConnectionId, ContractId, LineId, ServiceId,
        line::{LineBilling, LineSpan, LineTerms, NewLine},
        operation::Operation,
        outcome::Finding,
    },
    engine::{
        protocol::{About, Answer},
        views::{ConnectionState, ConnectionView, PlanView, PlannedView, StatusView, SystemKind},
    },
};

/// What the frozen world answers where ConnectWise is in use and Autotask is connected beside it.
pub fn answer(answer: Answer) -> Answer {
    match answer {
        Answer::Status(status) => Answer::Status(Box::new(status_of("connectwise", *status))),
        Answer::Connections(rows) => Answer::Connections(both(rows)),
        Answer::Plan(About { asked, mut found }) => {
            "connectwise".clone_into(&mut found.target);
            found.operations = lines().into_iter().collect();
            found.findings = vec![used()];
            found.refused.clear();
            found.contracts.pop();
            money_of_the_lines(&mut found);
            Answer::Plan(About { asked, found })
        }
        other => other,
    }
}

/// Each contract's month as its lines make it, and their sum.
fn money_of_the_lines(plan: &mut PlanView) {
    let effects =
        ["-48.00", "2.40", "24.00", "-24.00"].map(|text| text.parse().expect("an amount"));
    let (mut price, cost) = (plan.money.monthly_before, plan.money.cost_before);
    for (contract, effect) in plan.contracts.iter_mut().zip(effects) {
        contract.money.monthly_after = contract.money.monthly_before + effect;
        contract.money.cost_after = contract.money.cost_before;
        price += effect;
    }
    (plan.money.monthly_after, plan.money.cost_after) = (price, cost);
}

/// What the first sync finds there.
fn used() -> Finding {
    let text = "Made by hand on Blue Gum Nursery, Licences and used: Exchange Online (Plan 1): 5 from 2026-01-01 (531, jdoe).";
    let advice = "What fits the invoice stays as it is; only the difference is written.";
    Finding::new(Code::LinesUsed, text, advice)
}

fn both(mut rows: Vec<ConnectionView>) -> Vec<ConnectionView> {
    for row in rows.iter_mut().filter(|row| row.system == SystemKind::Connectwise) {
        row.state = ConnectionState::Connected;
        row.url = Some("https://api-au.myconnectwise.net/".to_owned());
        row.company = Some("northwind".to_owned());
        row.user = Some("Qz7kWm2pXv4Ra9Tc".to_owned());
        row.client_id = Some("5e1f0c3a-9b7d-4c26-8f41-2d6a7b9c0e15".to_owned());
        row.has_secret = true;
        row.checked_at = Some(fixtures::now());
    }
    rows
}

/// Header and dashboard of one of the two.
pub fn status_of(target: &str, mut status: StatusView) -> StatusView {
    status.target = ConnectionId::new(target);
    for card in &mut status.cards {
        card.target = status.target.clone();
    }
    StatusView { connections: both(status.connections), ..status }
}

/// A fall, a price step and two rises, as lines that are ended, added and amended (sync-rules 11: CW6, CW12, CW1, CW10).
fn lines() -> Vec<PlannedView> {
    let plan = fixtures::plan();
    let day = |text: &str| text.parse().expect("a day");
    let span = |first: &str, last: Option<&str>, quantity: i64| LineSpan {
        first: day(first),
        last: last.map(day),
        quantity,
    };
    let (contract, service, line) = (ContractId(41), ServiceId(7), LineId(5));
    let end = |was: LineSpan, last: &str| Operation::EndLine {
        contract,
        service,
        line,
        was,
        last: day(last),
    };
    let add = |span: LineSpan, price: &str, terms: Option<LineTerms>| Operation::AddLine {
        contract,
        service,
        line: Box::new(NewLine {
            key: "PC-ABCDEFGHIJKLMNOP".to_owned(),
            span,
            price: Some(price.parse().expect("a price")),
            cost: Some("6.90".parse().expect("a cost")),
            terms,
        }),
    };
    let amend = Operation::AmendLine {
        contract,
        service,
        line,
        was: span("2026-01-01", None, 9),
        quantity: 6,
        unit_price: None,
        unit_cost: None,
    };
    let unbilled = LineTerms { billing: LineBilling::NoCharge, ..LineTerms::default() };
    let open = span("2026-01-01", None, 6);
    let rows = [
        (0, end(open, "2026-09-14"), (6, 0), ("-48.00", "the invoice has 4 from 2026-09-15")),
        (
            0,
            add(span("2026-09-15", None, 4), "8.00", Some(unbilled)),
            (0, 4),
            ("0.00", "the invoice has 4 from 2026-09-15"),
        ),
        (1, end(open, "2026-08-31"), (6, 0), ("-48.00", "another price from 2026-09-01")),
        (
            1,
            add(span("2026-09-01", None, 6), "8.40", None),
            (0, 6),
            ("50.40", "another price from 2026-09-01"),
        ),
        (
            2,
            add(span("2026-09-20", Some("2026-10-09"), 3), "8.00", None),
            (5, 8),
            (
                "24.00",
                "the invoice has 8 from 2026-09-20; uses what was made by hand: 5 from 2026-01-01 (531, jdoe)",
            ),
        ),
        (3, amend, (9, 6), ("-24.00", "the invoice has 6 from 2026-09-01")),
    ];
    let row = |(like, operation, quantity, (effect, why)): (
        usize,
        Operation,
        (i64, i64),
        (&str, &str),
    )| {
        let reprices = why.starts_with("another");
        let (unit_price, unit_cost) = operation.prices();
        PlannedView {
            kind: operation.kind(),
            effective: operation.effective(),
            units: quantity.1 - quantity.0,
            quantity: Some(quantity),
            unit_price,
            unit_cost,
            price_before: unit_price.filter(|_| reprices).map(|_| "8.00".parse().expect("a price")),
            monthly_effect: effect.parse().expect("an amount"),
            reason: why.into(),
            mark: None,
            operation,
            ..plan.operations.get(like).expect("a row like it")
        }
    };
    rows.into_iter().map(row).collect()
}
