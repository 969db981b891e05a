//! Whatever happens to lines between two invoices, all invoices together bill what the lines came to in the end.

use chrono::{Days, NaiveDate};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::connectwise::period::Rhythm;

/// Months that are invoiced.
const MONTHS: i64 = 6;

fn first() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap()
}

/// Something that happens to a line right before a month is invoiced.
#[derive(Clone, Debug)]
enum Happening {
    Begins { from: u64, cents: i64, quantity: i64 },
    Ends { line: usize, after: u64 },
    GoesOn { line: usize },
}

fn happening() -> impl Strategy<Value = Happening> {
    let begins = (0_u64..180, 1_i64..5_000, 0_i64..20)
        .prop_map(|(from, cents, quantity)| Happening::Begins { from, cents, quantity });
    let ends = (0_usize..8, 0_u64..180).prop_map(|(line, after)| Happening::Ends { line, after });
    prop_oneof![begins, ends, (0_usize..8).prop_map(|line| Happening::GoesOn { line })]
}

fn account(prorated: bool) -> Account {
    let terms = Terms {
        bill_start: first(),
        last: None,
        next_invoice: first(),
        cycle: Cycle::Months(1),
        prorated,
        at_once: false,
    };
    let assumed = Assumptions::default();
    Account { terms, lines: Vec::new(), charges: Charges::new(), assumed }
}

fn happen(lines: &mut Vec<Line>, happening: &Happening) {
    match happening {
        Happening::Begins { from, cents, quantity } => lines.push(Line {
            addition: i64::try_from(lines.len()).unwrap() + 1,
            from: first() + Days::new(*from),
            to: None,
            quantity: Decimal::from(*quantity),
            price: Decimal::new(*cents, 2),
            cost: Decimal::new(*cents, 3),
            billing: Billing::Billable,
        }),
        Happening::Ends { line, after } => {
            if let Some(line) = lines.get_mut(*line) {
                line.to = Some(line.from + Days::new(*after));
            }
        }
        Happening::GoesOn { line } => {
            if let Some(line) = lines.get_mut(*line) {
                line.to = None;
            }
        }
    }
}

/// Everything invoiced, month after month, with what happens before each invoice.
fn invoiced(prorated: bool, months: &[Vec<Happening>]) -> (Account, Sum) {
    let mut account = account(prorated);
    let rhythm = Rhythm { anchor: first(), cycle: Cycle::Months(1) };
    let mut period = rhythm.around(first()).unwrap();
    let mut sum = Sum::default();
    for (number, month) in months.iter().enumerate() {
        for one in month {
            happen(&mut account.lines, one);
        }
        for charge in account.invoice(number as u64 + 1, period) {
            sum.amount += charge.amount;
            sum.cost += charge.cost_amount;
        }
        period = rhythm.after(period).unwrap();
        account.terms.next_invoice = period.start;
    }
    (account, sum)
}

proptest! {
    #[test]
    fn late_changes_come_to_what_early_ones_would_have_come_to(
        prorated: bool,
        months in prop::collection::vec(prop::collection::vec(happening(), 0..4), 6),
    ) {
        let months = &months[..usize::try_from(MONTHS).unwrap()];
        let (late, by_and_by) = invoiced(prorated, months);
        let mut known = account(prorated);
        known.lines = late.lines;
        let rhythm = Rhythm { anchor: first(), cycle: Cycle::Months(1) };
        let mut period = rhythm.around(first()).unwrap();
        let mut at_first = Sum::default();
        for number in 1..=MONTHS {
            for charge in known.invoice(number.unsigned_abs(), period) {
                at_first.amount += charge.amount;
                at_first.cost += charge.cost_amount;
            }
            period = rhythm.after(period).unwrap();
        }
        prop_assert_eq!(by_and_by, at_first);
    }
}
