//! What Autotask bills against what the invoices say.

use std::collections::{BTreeMap, BTreeSet};

use prism_connect::{
    domain::{
        CompanyId,
        outcome::{Disposition, Outcome},
        run::{CustomerRow, RunReport},
    },
    engine::{
        protocol::{About, Answer, command},
        views::LineView,
    },
    sim::world::TrueMapping,
};
use rust_decimal::Decimal;

use crate::{
    months::{Journey, text},
    rig::Target,
};

impl Journey {
    /// On contracts of calendar months every synced service bills what the invoice's lines say, to rounding.
    pub async fn compare_bills(&self, report: &RunReport, month: (i32, u32)) {
        let lines = self.lines(month).await;
        for mapping in &self.mapped {
            if !self.bills_calendar_months(mapping).await {
                continue;
            }
            let contract = mapping.contract_id;
            let bill = self.rig.bill(contract, &text(month)).await;
            for (service, said) in self.said(report, (contract, month), &lines) {
                let billed = bill.get(&service).copied().unwrap_or_default();
                let allowed = self.rounding(contract, service, month, said.lines).await;
                let off = (billed - said.retail).abs();
                assert!(
                    off <= allowed,
                    "{} {month:?}: service {service} on contract {contract} bills {billed}, the \
                     invoice says {}, {off} is more than {allowed}",
                    self.name,
                    said.retail
                );
            }
        }
    }

    async fn lines(&self, month: (i32, u32)) -> Vec<LineView> {
        let answer = self.rig.ask(command::ExportLedger).await;
        let Answer::ExportedLedger(mut lines) = answer else { panic!("{answer:?}") };
        lines.retain(|line| line.month.is_some_and(|of| of.to_string() == text(month)));
        lines
    }

    async fn bills_calendar_months(&self, mapping: &TrueMapping) -> bool {
        let company = CompanyId(mapping.company_id);
        let answer = self.rig.ask(command::Contracts { company }).await;
        let Answer::Contracts(About { found: choices, .. }) = answer else { panic!("{answer:?}") };
        let mut contracts = choices.iter().map(|choice| &choice.contract);
        let found = contracts.find(|contract| contract.id.0 == mapping.contract_id);
        found.expect("the contract").bills_calendar_months()
    }

    /// What the invoice says of each service of a contract that was synced without warnings.
    /// A run that looks after a write of an earlier month has rows of that month too.
    fn said(
        &self,
        report: &RunReport,
        (contract, month): (i64, (i32, u32)),
        lines: &[LineView],
    ) -> BTreeMap<i64, Said> {
        let mut said = BTreeMap::<i64, Said>::new();
        let mut doubtful = BTreeSet::new();
        let here = |tenant: &str| {
            self.mapped.iter().any(|known| known.domain == tenant && known.contract_id == contract)
        };
        let now = |row: &&CustomerRow| row.month.is_some_and(|of| of.to_string() == text(month));
        for customer in report.customers.iter().filter(now).filter(|row| here(&row.tenant)) {
            for row in &customer.subscriptions {
                let Some(service) = row.service_id else { continue };
                if row.status > Outcome::Success {
                    doubtful.insert(service.0);
                }
                let of_row = |line: &&LineView| {
                    line.subscription == row.subscription_id
                        && line.tenant == customer.tenant
                        && row.usage.iter().any(|usage| usage.line == line.line)
                        && synced(&line.disposition)
                };
                for line in lines.iter().filter(of_row) {
                    let sum = said.entry(service.0).or_default();
                    sum.lines += 1;
                    sum.retail += line.subtotal_retail.0;
                }
            }
        }
        said.retain(|service, _| !doubtful.contains(service));
        said
    }

    /// By how much a bill may differ: what the target rounds, and what the invoice's lines do.
    async fn rounding(
        &self,
        contract: i64,
        service: i64,
        month: (i32, u32),
        lines: u64,
    ) -> Decimal {
        let half_a_cent = Decimal::new(5, 3);
        match self.rig.target() {
            Target::Autotask => {
                let (rows, most) = self.rows(contract, service, month).await;
                half_a_cent * Decimal::from(lines + rows) + Decimal::new(5, 5) * Decimal::from(most)
            }
            // A unit's price is sent with two decimals (sync-rules 10.17h), and its share of a period is rounded by itself
            // (wire/connectwise 11.8).
            Target::Connectwise => {
                let units = self.charged(contract, service, month).await;
                half_a_cent * (Decimal::from(lines) + Decimal::TWO * units)
            }
        }
    }

    /// How many units a month's bill charges of a service, line by line.
    async fn charged(&self, contract: i64, service: i64, month: (i32, u32)) -> Decimal {
        let path = format!("connectwise/agreements/{contract}/bill?month={}", text(month));
        let told = self.rig.look(&path).await;
        let lines = told["lines"].as_array().expect("lines").iter();
        let charges = lines
            .filter(|line| line["product_id"] == service)
            .flat_map(|line| line["charges"].as_array().expect("charges"));
        charges
            .map(|charge| charge["quantity"].to_string().parse::<Decimal>().expect("units"))
            .sum()
    }

    /// How many unit rows of a service start in the month, and the most units in one.
    async fn rows(&self, contract: i64, service: i64, month: (i32, u32)) -> (u64, i64) {
        let standing = self.rig.standing(contract).await;
        let first = format!("{}-01", text(month));
        let (mut rows, mut most) = (1, 0);
        for (date, units) in
            standing.into_iter().filter(|row| row.service == service).flat_map(|row| row.units)
        {
            most = most.max(units);
            rows += u64::from(date.starts_with(&text(month)) && *date > *first);
        }
        (rows, most)
    }
}

/// What an invoice says of one service.
#[derive(Debug, Default)]
struct Said {
    lines: u64,
    retail: Decimal,
}

fn synced(disposition: &Disposition) -> bool {
    matches!(disposition, Disposition::Synced | Disposition::SyncedEarlier)
}
