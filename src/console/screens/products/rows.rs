//! The rows of tab 4: how they sort, what stands in their cells, what is said about the selected one.

use std::cmp::Ordering;

use ratatui::text::Line;

use crate::{
    console::{
        fold::by_letters,
        listing::{Apart, Row},
        query::State,
        theme::Theme,
        widgets::{
            table::{self, Cell, Column, Columns},
            text::{price, separated},
        },
    },
    domain::{
        Money,
        currency::told,
        product::{LinkOrigin, Motion, ProductKey},
    },
    engine::views::{ProductAction, ProductView},
};

impl Row for ProductView {
    const STATES: &'static [State] = &[State::NeedsReview, State::Failed, State::Warning];

    fn key(&self) -> String {
        self.key.clone()
    }

    fn text(&self) -> String {
        let service = self.service_name.as_deref().unwrap_or_default();
        let (key, name, motion) = (&self.key, &self.name, &self.motion);
        format!("{key} {name} {motion} {service} {}", word(self.action))
    }

    fn cells(&self) -> Vec<(&'static str, String)> {
        table::told(COLUMNS, self)
    }

    /// A service that is not there, or is named by its SKU, says nothing that is not said already.
    fn repeated(&self) -> Vec<(&'static str, String)> {
        let says_more = service_name(self).is_some_and(|told| told != OWN_NAME);
        let once =
            if self.motion.is_empty() { String::new() } else { format!("all {}", self.motion) };
        vec![
            ("Term and billing", once),
            ("Service name", if says_more { self.key.clone() } else { String::new() }),
        ]
    }

    fn apart(&self) -> Option<Apart> {
        let by = vec![("Term and billing", motion_in_short(self)), ("SKU", self.key.clone())];
        Some(Apart { name: self.name.clone(), by })
    }

    fn is(&self, state: State) -> bool {
        let failed = self.action == ProductAction::Collision;
        let warned = self.action == ProductAction::Retired || self.service_active == Some(false);
        match state {
            State::Failed => failed,
            State::Warning => warned && !failed,
            State::NeedsReview => failed || warned,
            State::Unlinked | State::Off | State::New => false,
        }
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        match column {
            1 => by_letters(&self.name, &other.name),
            2 => self.motion.cmp(&other.motion),
            3 => self.service_name.cmp(&other.service_name),
            4 => self.cost.cmp(&other.cost),
            5 => self.retail.cmp(&other.retail),
            6 => self.action.cmp(&other.action),
            _ => self.key.cmp(&other.key),
        }
    }
}

/// Term and billing in as few words as tell them apart; whole they stand in the detail.
fn motion_in_short(row: &ProductView) -> String {
    if row.motion.is_empty() { String::new() } else { in_short(&row.key).to_owned() }
}

/// The same of a SKU.
pub(crate) fn in_short(key: &str) -> &'static str {
    let Ok(ProductKey { motion, .. }) = key.parse();
    match motion {
        Motion::Monthly => "monthly",
        Motion::AnnualTermMonthlyBill => "annual, monthly",
        Motion::AnnualBill => "annual",
    }
}

/// An amount to the cent, or nothing; whole it stands in the detail.
fn money(amount: Option<Money>) -> String {
    amount.map_or_else(String::new, separated)
}

/// What stands in place of an amount: to the cent, where that shows the difference.
fn moved(now: Money, then: Money, theme: &Theme) -> String {
    let (cents, whole) = ([now, then].map(separated), [now, then].map(price));
    let [now, then] = if cents[0] == cents[1] { whole } else { cents };
    format!("{now} {} {then}", theme.glyphs.arrow)
}

pub(crate) fn word(action: ProductAction) -> &'static str {
    match action {
        ProductAction::Create => "create",
        ProductAction::Reprice => "price change",
        ProductAction::Unchanged => "already correct",
        ProductAction::Collision => "name already used",
        ProductAction::Retired => "retired",
        ProductAction::Excluded => "not synced",
        ProductAction::NotInUse => "not in use",
    }
}

fn sign(action: ProductAction, theme: &Theme) -> &'static str {
    match action {
        ProductAction::Create => "+",
        ProductAction::Reprice => theme.glyphs.change,
        ProductAction::Unchanged => theme.glyphs.no_change,
        ProductAction::Collision => theme.glyphs.failure,
        ProductAction::Retired => theme.glyphs.warning,
        ProductAction::Excluded | ProductAction::NotInUse => "-",
    }
}

/// What stands now and what will: `8.00 → 8.40` only where a sync would change it.
fn difference(row: &ProductView, now: Option<Money>, then: Option<Money>, theme: &Theme) -> Cell {
    match (row.action, now, then) {
        (ProductAction::Reprice, Some(now), Some(then)) if now != then => {
            Cell::styled(moved(now, then, theme), theme.accent())
        }
        (ProductAction::Create, _, then) => Cell::styled(money(then), theme.good()),
        (ProductAction::Retired, now, _) => Cell::styled(money(now), theme.muted()),
        (ProductAction::Excluded | ProductAction::NotInUse, _, then) => {
            Cell::styled(money(then), theme.muted())
        }
        (_, now, then) => Cell::plain(money(then.or(now))),
    }
}

/// What stands for the name of a service that says what the SKU beside it says.
const OWN_NAME: &str = "PC_ + SKU";

/// Whether a service has the name that a product sync gives it.
pub(crate) fn is_named_by_sku(row: &ProductView, name: &str) -> bool {
    let rest = ["PC_", "CP_"].iter().find_map(|prefix| name.strip_prefix(prefix));
    rest.is_some_and(|rest| rest.eq_ignore_ascii_case(&row.key))
}

/// The service in as many words as it takes beside the SKU.
fn service_name(row: &ProductView) -> Option<String> {
    let name = row.service_name.as_deref()?;
    let name = if is_named_by_sku(row, name) { OWN_NAME } else { name };
    Some(match row.service_active {
        Some(false) => format!("{name} (inactive)"),
        _ if row.origin == Some(LinkOrigin::Pinned) => format!("{name} (chosen)"),
        _ => name.to_owned(),
    })
}

fn pair(now: Option<Money>, then: Option<Money>, theme: &Theme) -> String {
    match (now, then) {
        (Some(now), Some(then)) if now != then => {
            format!("{} {} {}", price(now), theme.glyphs.arrow, price(then))
        }
        (now, then) => then.or(now).map_or_else(String::new, price),
    }
}

fn service(row: &ProductView) -> String {
    let name = row.service_name.as_deref().unwrap_or("none yet");
    let id = row.service.map_or_else(String::new, |id| format!(" ({id})"));
    let how = match row.origin {
        Some(LinkOrigin::Pinned) => ", chosen by hand",
        Some(LinkOrigin::Adopted) => ", taken over",
        Some(LinkOrigin::Recognised) => ", recognised",
        Some(LinkOrigin::Created) | None => "",
    };
    let state = if row.service_active == Some(false) { ", inactive" } else { "" };
    format!("{name}{id}{how}{state}")
}

pub(crate) fn details(row: &ProductView, theme: &Theme) -> String {
    let remark = row.remark.as_ref().map_or_else(String::new, |text| format!("\n\n{text}"));
    format!(
        "{}\n{}, {}\n\nBilled as {}\nPrice     {}\nCost      {}\n\nA sync would: {}{remark}",
        row.name,
        row.key,
        row.motion,
        service(row),
        told(pair(row.present_price, row.retail, theme), row.currency.as_ref()),
        told(pair(row.present_cost, row.cost, theme), row.currency.as_ref()),
        word(row.action),
    )
}

/// The selected row whole, from what to what, and what there is to say about it.
pub(crate) fn remark(row: &ProductView, theme: &Theme) -> [Line<'static>; 3] {
    let separator = theme.glyphs.separator;
    let first = format!("{}{separator}{}{separator}{}", row.name, row.motion, row.key);
    let price = pair(row.present_price, row.retail, theme);
    let cost = pair(row.present_cost, row.cost, theme);
    let word = theme.terms.say("Service");
    let second = format!("{word}: {}{separator}price {price}{separator}cost {cost}", service(row));
    let third = row.remark.clone().unwrap_or_default();
    [Line::raw(first), Line::styled(second, theme.muted()), Line::styled(third, theme.warn())]
}

/// R38, with what a sync would do.
pub(crate) const COLUMNS: &Columns<ProductView> = &[
    Column::new("SKU", 17).drops(5).searched().muted(|row| row.key.clone()),
    Column::new("PRISM name", 20).grows(3).searched().keeps_end().text(|row| row.name.clone()),
    Column::new("Term and billing", 16).drops(3).muted(motion_in_short),
    Column::new("Service name", 18)
        .grows(2)
        .drops(4)
        .searched()
        .muted(|row| service_name(row).unwrap_or_default()),
    Column::new("Cost", 15)
        .right()
        .drops(2)
        .cell(|row, theme| difference(row, row.present_cost, row.cost, theme)),
    Column::new("Price (RRP)", 15)
        .right()
        .drops(1)
        .cell(|row, theme| difference(row, row.present_price, row.retail, theme)),
    Column::new("Sync would", 19).cell(|row, theme| {
        let style = match row.action {
            ProductAction::Create => theme.good(),
            ProductAction::Reprice => theme.accent(),
            ProductAction::Collision => theme.bad(),
            ProductAction::Retired => theme.warn(),
            _ => theme.muted(),
        };
        Cell::styled(format!("{} {}", sign(row.action, theme), word(row.action)), style)
    }),
];
