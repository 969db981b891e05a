//! What identifies the rows of tab 3, what filters look at, how columns sort.

use std::cmp::Ordering;

use crate::{
    console::listing::Row,
    engine::views::{CustomerView, HistoryView, SuggestionView},
};

impl Row for CustomerView {
    fn key(&self) -> String {
        self.tenant.to_string()
    }

    fn text(&self) -> String {
        let mapping = self.mapping.as_ref();
        let company = mapping.map_or("", |m| m.company.as_str());
        let contract = mapping.map_or("", |m| m.contract.as_str());
        format!("{} {} {company} {contract}", self.customer_name, self.domain)
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        let mapped = |row: &Self, part: fn(&crate::engine::views::MappingView) -> String| {
            row.mapping.as_ref().map(part)
        };
        match column {
            1 => self.domain.cmp(&other.domain),
            2 => mapped(self, |m| m.company.to_lowercase())
                .cmp(&mapped(other, |m| m.company.to_lowercase())),
            3 => mapped(self, |m| m.contract.to_lowercase())
                .cmp(&mapped(other, |m| m.contract.to_lowercase())),
            4 => self.invoice.cmp(&other.invoice),
            5 => self.latest_amount.cmp(&other.latest_amount),
            6 => on(self).cmp(&on(other)),
            7 => self.outcome.cmp(&other.outcome),
            _ => self.customer_name.to_lowercase().cmp(&other.customer_name.to_lowercase()),
        }
    }
}

/// Whether its sync is on.
pub fn on(row: &CustomerView) -> bool {
    row.mapping.as_ref().is_some_and(|mapping| mapping.sync)
}

impl Row for SuggestionView {
    fn key(&self) -> String {
        self.tenant.to_string()
    }

    fn text(&self) -> String {
        format!("{} {} {}", self.customer_name, self.domain, self.company.name)
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        let contract = |row: &Self| row.contract.as_ref().map(|one| one.name.to_lowercase());
        match column {
            1 => self.customer_name.to_lowercase().cmp(&other.customer_name.to_lowercase()),
            2 => self.domain.cmp(&other.domain),
            3 => self.company.name.to_lowercase().cmp(&other.company.name.to_lowercase()),
            4 => contract(self).cmp(&contract(other)),
            _ => self.score.cmp(&other.score),
        }
    }
}

/// What a change is about: as the invoices call it, else by its service's name.
pub fn product(row: &HistoryView) -> &str {
    row.product.as_deref().unwrap_or(&row.service)
}

impl Row for HistoryView {
    fn key(&self) -> String {
        format!("{}-{}-{}-{:?}", self.run, self.at, self.service_id, self.effective)
    }

    fn text(&self) -> String {
        let product = self.product.as_deref().unwrap_or_default();
        format!("{product} {} {} {}", self.service, self.invoice, self.contract)
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        match column {
            0 => self.effective.cmp(&other.effective),
            1 => product(self).to_lowercase().cmp(&product(other).to_lowercase()),
            2 => (self.units.1 - self.units.0).cmp(&(other.units.1 - other.units.0)),
            3 => self.monthly_effect.cmp(&other.monthly_effect),
            4 => self.invoice.cmp(&other.invoice),
            5 => self.run.cmp(&other.run),
            6 => self.actor.cmp(&other.actor),
            _ => self.result.cmp(&other.result),
        }
    }
}
