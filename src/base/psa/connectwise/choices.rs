//! What new catalog items are made with (wire/connectwise 11.6, 12.1): subcategory and product type, without which none is
//! made, and what an operator may choose beside them.
//!
//! It must not write, or choose.

use std::collections::BTreeMap;

use super::{
    Connectwise, assumed,
    paging::List,
    wire::{CatalogItem, Choice, Reference},
    writes::TAXABLE,
};
use crate::domain::{
    ReadError, Thing,
    choice::{ChoiceOption, Picked},
};

pub(super) const SUBCATEGORIES: &str = "procurement/subcategories/";

/// A table of the server, and what catalog items name of it, where the table may not be read.
struct Table {
    entity: &'static str,
    path: &'static str,
    of_item: fn(&CatalogItem) -> Option<Reference>,
}

fn table(of: Thing) -> Option<Table> {
    let table = |entity, path, of_item| Some(Table { entity, path, of_item });
    match of {
        Thing::Category => {
            table("Category", "procurement/categories", |item| item.category.clone())
        }
        Thing::Subcategory => table("Subcategory", SUBCATEGORIES, |item| item.subcategory.clone()),
        Thing::ProductType => table("Product type", "procurement/types", |item| item.kind.clone()),
        Thing::Unit => table("Unit of measure", "procurement/unitOfMeasures", |item| {
            item.unit_of_measure.clone()
        }),
        _ => None,
    }
}

impl Connectwise {
    /// What is active in its table. Where that may not be read: what the items name that the catalog keeps for new products,
    /// else what all of them do.
    pub(super) async fn read_choices(&self, of: Thing) -> Result<Vec<ChoiceOption>, ReadError> {
        if of == Thing::Taxable {
            return Ok(vec![ChoiceOption::new(TAXABLE, "Yes"), ChoiceOption::new(0, "No")]);
        }
        let Some(table) = table(of) else { return Ok(Vec::new()) };
        match self.understood::<Choice>(&List::whole(table.entity, table.path)).await {
            Ok(rows) => Ok(usual(rows.into_iter().filter(|row| !row.inactive_flag).collect())),
            Err(ReadError::Refused(_)) => Ok(told_by(&self.catalog().await?, &table)),
            Err(error) => Err(error),
        }
    }
}

/// The rows as they are offered. *Miscellaneous* is the usual one, of several that in a whole of this name; else what the
/// server takes by itself; else the only one.
fn usual(rows: Vec<Choice>) -> Vec<ChoiceOption> {
    let is_misc = |name: &str| name.eq_ignore_ascii_case(assumed::MISCELLANEOUS);
    let in_misc = |row: &&Choice| {
        let whole = row.category.as_ref().and_then(|whole| whole.name.as_deref());
        is_misc(&row.name) && whole.is_none_or(is_misc)
    };
    let found = rows.iter().find(in_misc).or_else(|| rows.iter().find(|row| is_misc(&row.name)));
    let found = found.or_else(|| rows.iter().find(|row| row.default_flag));
    let usual = found.or_else(|| rows.first().filter(|_| rows.len() == 1)).map(|row| row.id);
    let option = |row: Choice| ChoiceOption {
        id: row.id,
        name: row.name,
        within: row.category.map(|whole| Picked::new(whole.id, whole.name.unwrap_or_default())),
        usual: usual == Some(row.id),
    };
    rows.into_iter().map(option).collect()
}

/// What active items name: those kept for new products alone, where there are any.
fn told_by(items: &[CatalogItem], table: &Table) -> Vec<ChoiceOption> {
    let is_misc =
        |item: &&CatalogItem| item.identifier.to_ascii_lowercase().contains(assumed::MISC);
    let active = || items.iter().filter(|item| !item.inactive_flag);
    let mut rows = rows(active().filter(is_misc), table);
    if rows.is_empty() {
        rows = self::rows(active(), table);
    }
    usual(rows)
}

fn rows<'a>(items: impl Iterator<Item = &'a CatalogItem>, table: &Table) -> Vec<Choice> {
    let is_part = table.path == SUBCATEGORIES;
    let row = |item: &CatalogItem| {
        let Reference { id, name, .. } = (table.of_item)(item)?;
        let category = item.category.clone().filter(|_| is_part);
        let (inactive_flag, default_flag) = (false, false);
        let name = name.unwrap_or_default();
        Some((id, Choice { id, name, inactive_flag, default_flag, category }))
    };
    items.filter_map(row).collect::<BTreeMap<_, _>>().into_values().collect()
}
