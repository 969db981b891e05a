//! The rows of a plan: writes, and what will not be written.

use std::cmp::Ordering;

use crate::{
    console::{
        advice::in_keys,
        listing::Row,
        theme::Theme,
        widgets::{
            table::{Cell, Column, Columns},
            text::cents,
        },
    },
    domain::{
        Currency, Day, Money,
        currency::told,
        operation::{Operation, OperationKind},
    },
    engine::views::{Mark, PlannedView, RefusedView},
};

/// One line of a plan: a write, or something that will not be written.
#[derive(Clone, Debug)]
pub(crate) enum PlanRow {
    Planned(Box<PlannedView>, usize),
    Refused(Box<RefusedView>, usize),
}

impl PlanRow {
    /// Whose contract; nobody's for a service.
    pub(crate) fn customer(&self) -> &str {
        match self {
            Self::Planned(row, _) => row.customer.as_deref().unwrap_or_default(),
            Self::Refused(row, _) => row.customer.as_deref().unwrap_or_default(),
        }
    }

    /// Why it wants a second look, of a write.
    pub(crate) fn mark(&self) -> Option<Mark> {
        match self {
            Self::Planned(row, _) => row.mark,
            Self::Refused(..) => None,
        }
    }

    /// Whether a guard holds it back from a sync that nobody has looked at.
    pub(crate) fn is_guarded(&self) -> bool {
        matches!(self, Self::Planned(row, _) if row.guard.is_some())
    }

    /// Whether it wants a second look.
    pub(crate) fn is_marked(&self) -> bool {
        matches!(self, Self::Refused(..)) || self.mark().is_some() || self.is_guarded()
    }

    /// What it is called at the source, or else in the target.
    fn subject(&self) -> &str {
        match self {
            Self::Planned(row, _) => match (&row.product, &row.operation) {
                (Some(product), _) => product,
                (None, Operation::CreateService { draft, .. }) => &draft.description,
                (None, _) => &row.target,
            },
            Self::Refused(row, _) => &row.target,
        }
    }

    fn effect(&self) -> Money {
        match self {
            Self::Planned(row, _) => row.monthly_effect,
            Self::Refused(..) => Money::ZERO,
        }
    }

    fn effective(&self) -> Option<Day> {
        match self {
            Self::Planned(row, _) => row.effective,
            Self::Refused(..) => None,
        }
    }

    fn units(&self) -> i64 {
        match self {
            Self::Planned(row, _) => row.units,
            Self::Refused(..) => 0,
        }
    }
}

impl Row for PlanRow {
    fn key(&self) -> String {
        match self {
            Self::Planned(_, at) => format!("w{at}"),
            Self::Refused(_, at) => format!("r{at}"),
        }
    }

    fn text(&self) -> String {
        let (target, kind) = match self {
            Self::Planned(row, _) => (&row.target, words(&row.kind)),
            Self::Refused(row, _) => (&row.target, "blocked"),
        };
        format!("{} {} {target} {kind}", self.customer(), self.subject())
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        match column {
            0 => other.effect().abs().cmp(&self.effect().abs()),
            1 => self.customer().to_lowercase().cmp(&other.customer().to_lowercase()),
            2 => self.subject().to_lowercase().cmp(&other.subject().to_lowercase()),
            3 => self.effective().cmp(&other.effective()),
            _ => self.units().cmp(&other.units()),
        }
    }
}

/// A row whole: what, where, why, with which prices and warnings.
pub(crate) fn details(row: &PlanRow, amounts: Option<&Currency>, theme: &Theme) -> String {
    match row {
        PlanRow::Refused(row, _) => {
            let customer = row.customer.as_ref().map_or_else(String::new, |c| format!("{c}: "));
            let contract = row.contract.as_ref().filter(|contract| **contract != row.target);
            let on = contract.map_or_else(String::new, |contract| format!(" on {contract}"));
            let (text, advice) = (&row.finding.text, in_keys(&row.finding.advice));
            format!("{customer}{}{on}, blocked\n{text}\n{advice}", row.target)
        }
        PlanRow::Planned(planned, _) => planned_details(row, planned, amounts, theme),
    }
}

fn planned_details(
    row: &PlanRow,
    planned: &PlannedView,
    amounts: Option<&Currency>,
    theme: &Theme,
) -> String {
    let day = planned.effective.map_or_else(String::new, |day| format!(" on {day}"));
    let what = row.subject();
    let mut text = format!("{}{day}: {what}", words(&planned.kind));
    if what != planned.target {
        text.push_str(&format!("\n{}", planned.target));
    }
    text.push_str(&format!("\n{}", planned.reason));
    let prices = [("price", planned.unit_price), ("cost", planned.unit_cost)];
    for (name, amount) in prices {
        if let Some(amount) = amount {
            let amount = amount.in_currency(planned.currency.as_ref().or(amounts));
            text.push_str(&format!("{}{name} {amount}", theme.glyphs.separator));
        }
    }
    if let Some(held) = &planned.guard {
        text.push_str(&format!("\n{} Check this. {}", theme.glyphs.warning, held.text));
    }
    for warning in &planned.warnings {
        text.push_str(&format!("\n{} {}", theme.glyphs.warning, warning.text));
    }
    text
}

fn words(kind: &OperationKind) -> &'static str {
    match kind {
        OperationKind::CreateService => "New service",
        OperationKind::UpdateService => "Price change",
        OperationKind::CreateContractService => "Add to contract",
        OperationKind::AdjustUnits | OperationKind::Other(_) => "Adjust",
    }
}

fn change(row: &PlannedView, theme: &Theme) -> String {
    let mark = if row.mark.is_some() || row.guard.is_some() { theme.glyphs.warning } else { "" };
    match (&row.kind, row.quantity) {
        (OperationKind::AdjustUnits, Some((before, after))) if row.units != 0 => {
            format!("{mark} {before} {} {after}", theme.glyphs.arrow)
        }
        (OperationKind::AdjustUnits, _) if row.units != 0 => format!("{mark} {:+}", row.units),
        (OperationKind::CreateContractService, _) => "add".to_owned(),
        (kind, _) => {
            let verb = if *kind == OperationKind::CreateService { "new" } else { "price" };
            row.unit_price.map_or_else(|| verb.to_owned(), |price| format!("{verb} {price}"))
        }
    }
}

/// Largest effect first.
pub(crate) const COLUMNS: &Columns<PlanRow> = &[
    Column::new("Monthly", 10).right().cell(|row, theme| match row {
        PlanRow::Planned(row, _) if row.monthly_effect.is_zero() => {
            Cell::styled("0.00", theme.muted())
        }
        PlanRow::Planned(row, _) => {
            Cell::plain(told(cents(row.monthly_effect), row.currency.as_ref()))
        }
        PlanRow::Refused(..) => {
            Cell::styled(format!("{} blocked", theme.glyphs.failure), theme.bad())
        }
    }),
    Column::new("Customer", 16).grows(2).drops(2).searched().text(|row| row.customer().to_owned()),
    Column::new("Product or service", 20).grows(3).searched().text(|row| row.subject().to_owned()),
    Column::new("Effective", 10)
        .drops(1)
        .text(|row| row.effective().map_or_else(String::new, |day| day.to_string())),
    Column::new("Change", 13).right().cell(|row, theme| match row {
        PlanRow::Planned(row, _) => {
            let style = match row.mark {
                Some(Mark::DropToZero) => theme.bad(),
                Some(Mark::Doubling) => theme.warn(),
                None if row.guard.is_some() => theme.warn(),
                None => theme.text(),
            };
            Cell::styled(change(row, theme), style)
        }
        PlanRow::Refused(..) => Cell::styled("blocked", theme.bad()),
    }),
];
