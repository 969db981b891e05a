//! Issues the invoices of a month: the standard one, annual orders, the other program's, and whatever was planned beside them.

use std::collections::BTreeMap;

use chrono::{Months, NaiveDate};
use rust_decimal::Decimal;

use super::billing::billable_ratio;
use super::calendar::{Month, after, before, inclusive_days};
use super::catalog::{Motion, Price};
use super::invoice::{ExtraLine, Invoice};
use super::invoice_plan::{InvoicePlan, Stated};
use super::subscription::Subscription;
use super::{World, WorldKind, troubles};

impl World {
    /// Issues everything that belongs to a month.
    pub(super) fn issue_month(&mut self, month: Month) {
        for invoice in &mut self.invoices {
            if invoice.status == "Issued" {
                "Paid".clone_into(&mut invoice.status);
            }
        }
        let mut plans = self.plans.clone();
        if self.kind == WorldKind::Troubled {
            plans.extend(troubles::plans(self, month));
        }
        for agreement in 0..self.agreements.len() {
            if self.agreements[agreement].is_csp() {
                self.issue_csp(month, agreement, &plans);
            } else {
                self.issue_other_program(month, agreement);
            }
        }
    }

    fn issue_csp(&mut self, month: Month, agreement: usize, plans: &[InvoicePlan]) {
        let mine = || plans.iter().filter(|plan| plan.fits(month, agreement));
        let standard = mine().find(|plan| !plan.beside).cloned();
        self.carry_out(standard.unwrap_or_else(|| InvoicePlan::standard(month, agreement)));
        let others: Vec<InvoicePlan> = mine().filter(|plan| plan.beside).cloned().collect();
        for plan in others {
            self.carry_out(plan);
        }
        self.issue_annual(month, agreement);
    }

    /// Issues a planned invoice.
    pub(super) fn carry_out(&mut self, plan: InvoicePlan) {
        let blank = self.blank_invoice(plan.agreement, &plan.kind, plan.month);
        let id = blank.id;
        self.issue(Invoice {
            status: plan.status,
            derived: plan.derived,
            typed: plan.typed,
            extra: plan.lines,
            currency: plan.currency.unwrap_or(blank.currency),
            ..blank
        });
        let invoice = &mut self.invoices[self.by_invoice[&id]];
        invoice.stated = plan.stated.map(|stated| match stated {
            Stated::Amount(amount) => amount,
            Stated::OffBy(difference) => invoice.lines_total + difference,
        });
        invoice.usage = plan.usage.unwrap_or(invoice.usage);
    }

    fn issue_other_program(&mut self, month: Month, agreement: usize) {
        let mut invoice = self.blank_invoice(agreement, "Standard", month);
        let quantity = Decimal::from(20 + month.number);
        let cost = Decimal::new(1_735, 2);
        invoice.extra.push(ExtraLine {
            tenant: None,
            subscription: String::new(),
            offer: "Windows Server Standard (SPLA, 2 cores)".to_owned(),
            description: "Reported usage".to_owned(),
            from: month.first(),
            to: month.last(),
            quantity,
            price: Price { cost, rrp: cost * Decimal::new(12, 1) },
            ratio: Decimal::ONE,
            cycle: "Monthly".to_owned(),
            term: "MONTHS".to_owned(),
            cells: Vec::new(),
        });
        self.issue(invoice);
    }

    /// Annual orders and their additions: one invoice per day, issued the day after.
    fn issue_annual(&mut self, month: Month, agreement: usize) {
        let mut days: BTreeMap<NaiveDate, Vec<ExtraLine>> = BTreeMap::new();
        for subscription in &self.subscriptions {
            let annual = self.products[subscription.product].motion == Motion::YearYear;
            if annual && self.tenants[subscription.tenant].agreement == agreement {
                for line in self.orders(subscription, month) {
                    days.entry(line.from).or_default().push(line);
                }
            }
        }
        for (day, lines) in days {
            let blank = self.blank_invoice(agreement, "Annual", month);
            self.issue(Invoice { issued: after(day), extra: lines, ..blank });
        }
    }

    fn orders(&self, subscription: &Subscription, month: Month) -> Vec<ExtraLine> {
        let mut lines = Vec::new();
        let mut held = Decimal::ZERO;
        for span in &subscription.spans {
            let added = span.quantity - held;
            held = span.quantity;
            if month.holds(span.from) && added > Decimal::ZERO {
                lines.push(self.order(subscription, span.from, added));
            }
        }
        lines
    }

    fn order(&self, subscription: &Subscription, from: NaiveDate, quantity: Decimal) -> ExtraLine {
        let product = &self.products[subscription.product];
        let (begin, end) = term(subscription.first_day().unwrap_or(from), from);
        let ratio = billable_ratio(inclusive_days(from, end), inclusive_days(begin, end));
        ExtraLine {
            tenant: Some(subscription.tenant),
            subscription: subscription.id.to_string(),
            offer: product.offer_name(),
            description: "Annual charge".to_owned(),
            from,
            to: end,
            quantity,
            price: product.price_on(from),
            ratio,
            cycle: "Annual".to_owned(),
            term: "YEARS".to_owned(),
            cells: Vec::new(),
        }
    }
}

/// The 12-month term that holds a day.
fn term(first: NaiveDate, date: NaiveDate) -> (NaiveDate, NaiveDate) {
    let mut begin = first;
    while begin + Months::new(12) <= date {
        begin = begin + Months::new(12);
    }
    (begin, before(begin + Months::new(12)))
}
