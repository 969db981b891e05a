//! What the security role of the API member allows: rights by module, as the partner's administrator ticks them (wire section
//! 12.1). It knows no paths.

use std::collections::BTreeSet;

use super::table::Table;

/// What may be done in a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Act {
    Inquire,
    Add,
    Edit,
    Delete,
}

impl Act {
    const ALL: [Self; 4] = [Self::Inquire, Self::Add, Self::Edit, Self::Delete];

    fn word(self) -> &'static str {
        match self {
            Self::Inquire => "inquire",
            Self::Add => "add",
            Self::Edit => "edit",
            Self::Delete => "delete",
        }
    }
}

/// A module of the role's screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Module {
    Companies,
    Agreements,
    Catalog,
    CompanyStatus,
    Categories,
    Subcategories,
    ProductTypes,
    Units,
    CompanyTypes,
    AgreementTypes,
    BillingCycles,
}

const MODULES: [(Module, &str); 11] = [
    (Module::Companies, "companies"),
    (Module::Agreements, "agreements"),
    (Module::Catalog, "catalog"),
    (Module::CompanyStatus, "company_status"),
    (Module::Categories, "categories"),
    (Module::Subcategories, "subcategories"),
    (Module::ProductTypes, "product_types"),
    (Module::Units, "units"),
    (Module::CompanyTypes, "company_types"),
    (Module::AgreementTypes, "agreement_types"),
    (Module::BillingCycles, "billing_cycles"),
];

impl Module {
    /// The module that guards a table; additions belong to agreements.
    pub(super) fn of(table: Table) -> Self {
        match table {
            Table::Companies => Self::Companies,
            Table::CompanyStatuses => Self::CompanyStatus,
            Table::CompanyTypes => Self::CompanyTypes,
            Table::Agreements | Table::Additions => Self::Agreements,
            Table::AgreementTypes => Self::AgreementTypes,
            Table::BillingCycles => Self::BillingCycles,
            Table::Catalog => Self::Catalog,
            Table::Categories => Self::Categories,
            Table::Subcategories => Self::Subcategories,
            Table::ProductTypes => Self::ProductTypes,
            Table::Units => Self::Units,
        }
    }
}

/// The rights that are held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Role(BTreeSet<(Module, Act)>);

impl Default for Role {
    /// The role that the guide asks for, to the tick.
    fn default() -> Self {
        let setup = [
            Module::Agreements,
            Module::Catalog,
            Module::CompanyStatus,
            Module::Categories,
            Module::Subcategories,
            Module::ProductTypes,
            Module::Units,
        ];
        let acts = [Act::Inquire, Act::Add, Act::Edit];
        let rights = setup.into_iter().flat_map(|module| acts.map(|act| (module, act)));
        Self(rights.chain([(Module::Companies, Act::Inquire)]).collect())
    }
}

impl Role {
    pub(super) fn allows(&self, module: Module, act: Act) -> bool {
        self.0.contains(&(module, act))
    }

    /// The guide's role without some rights and with others beside it; each is `module` or `module.act`.
    pub(super) fn changed(lacks: &[String], holds: &[String]) -> Result<Self, String> {
        let mut role = Self::default();
        for text in holds {
            role.0.extend(rights(text)?);
        }
        for text in lacks {
            let lacked = rights(text)?;
            role.0.retain(|right| !lacked.contains(right));
        }
        Ok(role)
    }

    /// Every right, as [`Role::changed`] reads them.
    pub(super) fn words(&self) -> Vec<String> {
        let name =
            |module| MODULES.iter().find(|(one, _)| *one == module).map_or("", |(_, name)| name);
        self.0.iter().map(|(module, act)| format!("{}.{}", name(*module), act.word())).collect()
    }
}

fn rights(text: &str) -> Result<BTreeSet<(Module, Act)>, String> {
    let (module, act) = text.split_once('.').map_or((text, None), |(m, act)| (m, Some(act)));
    let known = MODULES.iter().find(|(_, name)| *name == module);
    let acts = Act::ALL.into_iter().filter(|one| act.is_none_or(|act| one.word() == act));
    let rights: BTreeSet<_> =
        known.into_iter().flat_map(|(module, _)| acts.clone().map(|act| (*module, act))).collect();
    if rights.is_empty() {
        let modules = MODULES.map(|(_, name)| name).join(", ");
        return Err(format!(
            "{text:?} is no right; write module or module.act; modules: {modules}; acts: inquire, add, edit, delete"
        ));
    }
    Ok(rights)
}
