//! What the tests of the pure rules look at: the agreement of the worked cases (sync-rules 11), and lines on it. It must not
//! reach the program.

use crate::domain::{
    CompanyId, ContractId, Day, LineId, Money, ServiceId,
    line::{Invoicing, LineSpan, LineTerms, ServiceLine},
    sample,
    target::{Contract, PresentContract},
};

pub(crate) const ITEM: ServiceId = ServiceId(7);

pub(crate) fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

pub(crate) fn money(text: &str) -> Money {
    text.parse().expect("an amount")
}

/// Prorated, monthly from the 1st, billed from 1 January 2026 on, open; invoiced up to this day.
pub(crate) fn agreement(first_open: &str) -> Contract {
    Contract {
        id: ContractId(41),
        company: CompanyId(250),
        invoicing: Some(Invoicing {
            billing_start: day("2026-01-01"),
            first_open: Some(day(first_open)),
            prorated: true,
            at_once: false,
        }),
        ..sample::contract()
    }
}

/// A line at 8.00 and 6.90 that somebody added by hand.
pub(crate) fn line(id: i64, first: &str, last: Option<&str>, quantity: i64) -> ServiceLine {
    ServiceLine {
        id: LineId(id),
        key: None,
        span: LineSpan { first: day(first), last: last.map(day), quantity },
        price: money("8.00"),
        cost: Some(money("6.90")),
        terms: LineTerms::default(),
        changed: None,
        odd: None,
    }
}

/// One that carries our key.
pub(crate) fn ours(id: i64, first: &str, last: Option<&str>, quantity: i64) -> ServiceLine {
    ServiceLine { key: Some(key_of(id)), ..line(id, first, last, quantity) }
}

pub(crate) fn key_of(id: i64) -> String {
    let digit =
        |place: u32| char::from(b'A' + u8::try_from(id / 10_i64.pow(place) % 10).expect("a digit"));
    format!("PC-KEYOFALINE{}", (0..7).rev().map(digit).collect::<String>())
}

/// The agreement with these lines of the item on it.
pub(crate) fn present(contract: Contract, lines: Vec<ServiceLine>) -> PresentContract {
    let services = match lines.len() {
        0 => Vec::new(),
        _ => vec![super::lines::service(&contract, ITEM, lines)],
    };
    PresentContract { contract, services, odd: None }
}
