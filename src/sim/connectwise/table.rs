//! The tables that are kept, and where the API has them. It knows no members.

/// A kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Table {
    Companies,
    CompanyStatuses,
    CompanyTypes,
    Agreements,
    AgreementTypes,
    BillingCycles,
    /// Below their agreements.
    Additions,
    Catalog,
    Categories,
    Subcategories,
    ProductTypes,
    Units,
}

impl Table {
    pub(super) const ALL: [Self; 12] = [
        Self::Companies,
        Self::CompanyStatuses,
        Self::CompanyTypes,
        Self::Agreements,
        Self::AgreementTypes,
        Self::BillingCycles,
        Self::Additions,
        Self::Catalog,
        Self::Categories,
        Self::Subcategories,
        Self::ProductTypes,
        Self::Units,
    ];

    /// The path below the API's root; additions have theirs below an agreement's.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Companies => "company/companies",
            Self::CompanyStatuses => "company/companies/statuses",
            Self::CompanyTypes => "company/companies/types",
            Self::Agreements => "finance/agreements",
            Self::AgreementTypes => "finance/agreements/types",
            Self::BillingCycles => "finance/billingCycles",
            Self::Additions => "additions",
            Self::Catalog => "procurement/catalog",
            Self::Categories => "procurement/categories",
            Self::Subcategories => "procurement/subcategories",
            Self::ProductTypes => "procurement/types",
            Self::Units => "procurement/unitOfMeasures",
        }
    }

    /// The last word of its path: the kind that odd rows are of.
    pub(super) fn named(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.kind().eq_ignore_ascii_case(kind))
    }

    /// What odd rows call it.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::CompanyStatuses => "statuses",
            Self::CompanyTypes => "companyTypes",
            Self::AgreementTypes => "agreementTypes",
            Self::ProductTypes => "productTypes",
            table => table.path().rsplit('/').next().unwrap_or_default(),
        }
    }
}
