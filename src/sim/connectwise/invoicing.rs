//! Agreement invoicing: what the partner runs in ConnectWise, what an invoice says before and after it, and how one is taken back.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::account::Account;
use super::additions::line;
use super::ledger::{Charge, Charges, EARLIER, Invoice};
use super::member::{day_json, money_json, number_json};
use super::period::{Cycle, Period};
use super::site::Site;
use super::table::Table;

/// Periods that one run bills of an agreement at most, and a projection looks ahead.
const MOST_PERIODS: usize = 1_200;

impl Site {
    /// What an agreement's additions are and were charged; none where it cannot be billed.
    fn account(&self, agreement: i64) -> Option<Account> {
        let terms = self.terms(agreement)?;
        let lines: Vec<_> = self.additions_of(agreement).filter_map(line).collect();
        let charges: Charges = lines
            .iter()
            .flat_map(|line| self.ledger.of_addition(line.addition))
            .fold(Charges::new(), |mut charges, charge| {
                let key = (charge.addition, charge.period.start);
                charges.entry(key).or_default().push(charge.clone());
                charges
            });
        Some(Account { terms, lines, charges, assumed: self.assumed() })
    }

    /// Bills one agreement, or all, period by period up to a day; gives how many invoices were made.
    pub(super) fn invoice(&mut self, through: NaiveDate, agreement: Option<i64>) -> usize {
        self.ledger.runs += 1;
        let all = self.records(Table::Agreements).map(|record| record.id);
        let chosen: Vec<i64> = all.filter(|id| agreement.is_none_or(|one| one == *id)).collect();
        chosen.into_iter().map(|id| self.invoice_agreement(id, through)).sum()
    }

    fn invoice_agreement(&mut self, agreement: i64, through: NaiveDate) -> usize {
        let Some(mut account) = self.account(agreement) else { return 0 };
        if account.terms.cycle == Cycle::Once {
            return self.invoice_once(agreement, &mut account, through);
        }
        let rhythm = account.terms.rhythm();
        let mut next = rhythm.around(account.terms.next_invoice);
        let mut made = 0;
        while let Some(period) = next.filter(|period| is_due(*period, &account, through)) {
            if made == MOST_PERIODS {
                break;
            }
            let number = self.ledger.next_number();
            let charges = account.invoice(number, period);
            let run = self.ledger.runs;
            let before = Some(account.terms.next_invoice);
            self.ledger.invoices.push(Invoice { number, run, agreement, period, before });
            self.ledger.charge(charges);
            next = rhythm.after(period);
            if let Some(next) = next {
                account.terms.next_invoice = next.start;
            }
            made += 1;
        }
        self.set_next_invoice(agreement, account.terms.next_invoice);
        made
    }

    /// Additions of an agreement that does not recur, each once.
    fn invoice_once(&mut self, agreement: i64, account: &mut Account, through: NaiveDate) -> usize {
        let due: Vec<_> = account
            .lines
            .iter()
            .filter(|line| line.from <= through)
            .map(|line| Period { start: line.from, end: line.from })
            .collect();
        let mut made = 0;
        for period in due {
            let number = self.ledger.next_number();
            let charges = account.invoice(number, period);
            if charges.is_empty() {
                continue;
            }
            let run = self.ledger.runs;
            self.ledger.invoices.push(Invoice { number, run, agreement, period, before: None });
            self.ledger.charge(charges);
            made += 1;
        }
        made
    }

    /// Invoices what a new addition owes for periods invoiced already, where the agreement does so at once.
    pub(super) fn invoice_at_once(&mut self, addition: i64) {
        let record = self.record(Table::Additions, addition);
        let Some(agreement) = record.and_then(super::site::agreement_of) else { return };
        let Some(mut account) = self.account(agreement) else { return };
        let terms = account.terms;
        let last = terms.next_invoice.pred_opt().and_then(|day| terms.rhythm().around(day));
        let (true, Some(period)) = (terms.at_once && terms.prorated, last) else { return };
        let number = self.ledger.next_number();
        let charges = account.at_once(number, addition);
        if charges.is_empty() {
            return;
        }
        self.ledger.runs += 1;
        let run = self.ledger.runs;
        self.ledger.invoices.push(Invoice { number, run, agreement, period, before: None });
        self.ledger.charge(charges);
    }

    /// Deletes the invoices of the newest run, or the newest invoice of one agreement: their periods are open again.
    pub(crate) fn undo_invoice(&mut self, agreement: Option<i64>) -> usize {
        let concerns = |one: &&Invoice| agreement.is_none_or(|id| one.agreement == id);
        let newest = self.ledger.invoices.iter().rev().find(concerns);
        let Some((number, run)) = newest.map(|one| (one.number, one.run)) else { return 0 };
        let gone = match agreement {
            Some(_) => self.ledger.undo(|one| one.number == number),
            None => self.ledger.undo(|one| one.run == run),
        };
        for invoice in &gone {
            if let Some(before) = invoice.before {
                self.set_next_invoice(invoice.agreement, before);
            }
        }
        gone.len()
    }

    /// The system moves the date, nobody's hand: the agreement's stamps stay.
    fn set_next_invoice(&mut self, agreement: i64, next: NaiveDate) {
        if let Some(record) = self.rows(Table::Agreements).records.get_mut(&agreement) {
            record.values.set("nextInvoiceDate", day_json(next));
        }
    }

    /// Marks what an addition of the past was billed before the site was opened.
    pub(super) fn settle_past(&mut self, agreement: i64) {
        let Some(mut account) = self.account(agreement) else { return };
        let first = account.lines.iter().map(|line| line.from).min();
        let Some(first) = first.filter(|_| account.terms.cycle != Cycle::Once) else { return };
        let rhythm = account.terms.rhythm();
        let edge = account.terms.next_invoice;
        let mut next = rhythm.around(first.max(account.terms.bill_start));
        while let Some(period) = next.filter(|period| period.start < edge) {
            let charges = account.invoice(EARLIER, period);
            self.ledger.charge(charges);
            next = rhythm.after(period);
        }
    }

    /// What the invoice of the period that begins in a month says, or will say.
    pub(super) fn bill_of(&self, agreement: i64, month: (i32, u32)) -> Option<Value> {
        let account = self.account(agreement)?;
        let begins = |day: NaiveDate| {
            use chrono::Datelike;
            (day.year(), day.month()) == month
        };
        let made = self.ledger.invoices.iter();
        let made: Vec<u64> = made
            .filter(|one| one.agreement == agreement && begins(one.period.start))
            .map(|one| one.number)
            .collect();
        let regular = |number: u64| {
            self.ledger.invoices.iter().any(|one| one.number == number && one.before.is_some())
        };
        let of_past = |charge: &&Charge| {
            charge.invoice == EARLIER && begins(charge.period.start)
                || made.contains(&charge.invoice)
        };
        let past: Vec<Charge> =
            account.charges.values().flatten().filter(of_past).cloned().collect();
        let open = account.terms.next_invoice;
        let first = NaiveDate::from_ymd_opt(month.0, month.1, 1)?;
        let invoiced = made.iter().any(|number| regular(*number))
            || first.checked_add_months(chrono::Months::new(1))? <= open;
        if invoiced || account.terms.cycle == Cycle::Once && !past.is_empty() {
            return Some(self.bill_json(past, true));
        }
        let mut charges = projected(account, month);
        charges.extend(past);
        Some(self.bill_json(charges, false))
    }

    fn bill_json(&self, mut charges: Vec<Charge>, invoiced: bool) -> Value {
        charges.sort_by_key(|charge| (charge.addition, charge.period.start));
        let mut products: BTreeMap<i64, Vec<&Charge>> = BTreeMap::new();
        for charge in &charges {
            let record = self.record(Table::Additions, charge.addition);
            let product = record.and_then(|record| record.values.reference("product"));
            products.entry(product.unwrap_or_default()).or_default().push(charge);
        }
        let sum = |charges: &[&Charge], of: fn(&Charge) -> Decimal| -> Value {
            money_json(charges.iter().map(|charge| of(charge)).sum())
        };
        let lines: Vec<Value> = products
            .iter()
            .map(|(product, charges)| {
                let item = self.record(Table::Catalog, *product);
                let text = |name: &str| item.and_then(|item| item.values.text(name));
                json!({
                    "product_id": product,
                    "identifier": text("identifier"),
                    "vendor_sku": text("vendorSku"),
                    "amount": sum(charges, |charge| charge.amount),
                    "cost": sum(charges, |charge| charge.cost_amount),
                    "charges": charges.iter().map(|charge| charge_json(charge)).collect::<Vec<_>>(),
                })
            })
            .collect();
        let all: Vec<&Charge> = charges.iter().collect();
        json!({
            "invoiced": invoiced,
            "lines": lines,
            "total": sum(&all, |charge| charge.amount),
            "cost": sum(&all, |charge| charge.cost_amount),
        })
    }
}

fn charge_json(charge: &Charge) -> Value {
    json!({
        "addition_id": charge.addition,
        "period": charge.period.start,
        "days": charge.days,
        "quantity": number_json(charge.quantity),
        "amount": money_json(charge.amount),
        "cost": money_json(charge.cost_amount),
    })
}

fn is_due(period: Period, account: &Account, through: NaiveDate) -> bool {
    period.start <= through && account.terms.last.is_none_or(|last| period.start <= last)
}

/// The charges of the invoice for the period that begins in a month, after all those that come before it.
fn projected(mut account: Account, month: (i32, u32)) -> Vec<Charge> {
    use chrono::Datelike;
    let rhythm = account.terms.rhythm();
    let mut next = rhythm.around(account.terms.next_invoice);
    for _ in 0..MOST_PERIODS {
        let Some(period) = next else { break };
        let begins = (period.start.year(), period.start.month());
        if begins > month || account.terms.last.is_some_and(|last| period.start > last) {
            break;
        }
        let charges = account.invoice(EARLIER, period);
        if begins == month {
            return charges;
        }
        next = rhythm.after(period);
    }
    Vec::new()
}
