//! How an entity and its fields are described, for validation, queries and metadata alike.

use super::cell::{Cell, Kind};
use crate::assumptions::KeyLengths;

/// One value of a picklist with its label.
pub(super) type Choice = (i64, &'static str);

/// When a client may set a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Always,
    OnCreate,
    Never,
}

#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) length: usize,
    pub(super) required: bool,
    pub(super) access: Access,
    pub(super) queryable: bool,
    pub(super) choices: &'static [Choice],
    pub(super) reference: Option<&'static str>,
}

const KEYS: [&str; 6] = [
    "manufacturerServiceProvider",
    "manufacturerServiceProviderProductNumber",
    "catalogNumberPartNumber",
    "sku",
    "internalID",
    "externalID",
];

impl Field {
    pub(super) const fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            length: 0,
            required: false,
            access: Access::Always,
            queryable: true,
            choices: &[],
            reference: None,
        }
    }

    pub(super) const fn text(name: &'static str, length: usize) -> Self {
        Self { length, ..Self::new(name, Kind::Text) }
    }

    /// The longest text it takes; parts and keys have lengths that nobody documents.
    pub(super) fn length(&self, lengths: KeyLengths) -> usize {
        match lengths {
            KeyLengths::Short if KEYS.contains(&self.name) => self.length.min(20),
            _ => self.length,
        }
    }

    pub(super) const fn choice(name: &'static str, choices: &'static [Choice]) -> Self {
        Self { choices, ..Self::new(name, Kind::Integer) }
    }

    pub(super) const fn link(name: &'static str, to: &'static str) -> Self {
        Self { reference: Some(to), ..Self::new(name, Kind::Integer) }
    }

    pub(super) const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    pub(super) const fn on_create(self) -> Self {
        Self { access: Access::OnCreate, ..self }
    }

    pub(super) const fn read_only(self) -> Self {
        Self { access: Access::Never, ..self }
    }

    pub(super) const fn not_queryable(self) -> Self {
        Self { queryable: false, ..self }
    }
}

/// What may be done under a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verbs(u8);

impl Verbs {
    pub(super) const NONE: Self = Self(0);
    pub(super) const READ: Self = Self(1);
    pub(super) const CREATE: Self = Self(2);
    pub(super) const UPDATE: Self = Self(4);
    pub(super) const DELETE: Self = Self(8);

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn allow(self, verb: Self) -> bool {
        self.0 & verb.0 != 0
    }
}

/// A path below a parent row.
#[derive(Debug)]
pub(super) struct Child {
    pub(super) parent: &'static str,
    pub(super) name: &'static str,
    pub(super) link: &'static str,
    pub(super) verbs: Verbs,
}

/// Where the rows of an entity come from and who may write them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Rows of a table, written through the API by the general rules.
    Table,
    ContractServices,
    /// Commands; nothing is readable.
    Adjustments,
    /// Computed from the contract and its adjustments.
    Units,
    /// Always empty here, and this user may not write it.
    Closed,
}

#[derive(Debug)]
pub(super) struct Entity {
    pub(super) name: &'static str,
    pub(super) singular: &'static str,
    pub(super) fields: &'static [Field],
    pub(super) verbs: Verbs,
    pub(super) child: Option<Child>,
    pub(super) origin: Origin,
    pub(super) user_fields: bool,
}

impl Entity {
    /// Where a field stands in a row; names are matched without case.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name.eq_ignore_ascii_case(name))
    }
}

/// A row: one cell per field of its entity, the id first.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) cells: Vec<Cell>,
}

impl Row {
    pub(super) fn new(entity: &Entity, id: i64) -> Self {
        let mut cells = vec![Cell::Null; entity.fields.len()];
        cells[0] = Cell::Whole(id);
        Self { cells }
    }

    pub(super) fn id(&self) -> i64 {
        self.cells[0].whole().unwrap_or_default()
    }

    pub(super) fn get(&self, entity: &Entity, name: &str) -> &Cell {
        entity.position(name).map_or(&Cell::Null, |at| &self.cells[at])
    }

    pub(super) fn set(&mut self, entity: &Entity, name: &str, cell: Cell) {
        if let Some(at) = entity.position(name) {
            self.cells[at] = cell;
        }
    }

    pub(super) fn with(mut self, entity: &Entity, name: &str, cell: Cell) -> Self {
        self.set(entity, name, cell);
        self
    }
}
