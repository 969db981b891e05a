//! Customers and their mappings.

use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        CompanyId, ContractServiceId, ServiceId,
        mapping::{PricingStrategy, Start},
        target::Company,
    },
    engine::{
        protocol::{
            about::About,
            command::{product::ProductText, program::NameOrId},
        },
        views::{
            AcceptedView, CompanyChoice, ContractChoice, CustomerView, ImportReport, RowChoice,
            SuggestionView,
        },
    },
};

/// Which tenant is meant: its domain or its id.
pub type TenantText = String;

/// How a tenant is to be mapped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapDraft {
    /// Domain or id.
    pub tenant: TenantText,
    /// Name or id.
    pub company: NameOrId,
    /// Name or id, among the company's.
    pub contract: NameOrId,
    /// Sync switch; off where not given and newly mapped.
    pub sync: Option<bool>,
    /// First invoice.
    pub from: Option<Start>,
    /// Pricing strategy.
    pub pricing: Option<PricingStrategy>,
}

family! {
    /// About customers.
    CustomerCommand in Customer {
        /// All tenants with their mappings, unmapped and new first. `refresh` asks PRISM; else what was last seen.
        Customers {
            /// Whether to ask PRISM.
            refresh: bool,
        } => Customers(Vec<CustomerView>),

        /// Suggested company and contract for unmapped tenants, with scores and reasons.
        Suggest => Suggestions(Vec<SuggestionView>),

        /// Companies of the target.
        Companies => Companies(Vec<Company>),

        /// Companies of the target for a tenant: those that anything speaks for first.
        RankCompanies {
            /// Which tenant.
            tenant: TenantText,
        } => RankedCompanies(About<RankCompanies, Vec<CompanyChoice>>),

        /// Contracts of a company, each with the reason why it cannot be chosen, if so.
        Contracts {
            /// Whose.
            company: CompanyId,
        } => Contracts(About<Contracts, Vec<ContractChoice>>),

        /// Maps a tenant.
        Map {
            /// How.
            draft: MapDraft,
        } => Customers(Vec<CustomerView>),

        /// Accepts every suggestion of at least this score.
        AutoMap {
            /// 0 to 100.
            min_score: u8,
            /// Whether to switch sync on as well.
            sync: Option<bool>,
        } => Accepted(AcceptedView),

        /// Removes a mapping. Changes nothing in the target by itself (sync-rules 1.8).
        Unmap {
            /// Which tenant.
            tenant: TenantText,
        } => Customers(Vec<CustomerView>),

        /// Switches sync for tenants; all or none are changed.
        SetSync {
            /// Which tenants.
            tenants: Vec<TenantText>,
            /// On or off.
            on: bool,
            /// Why whatever became due while sync was off is never applied to them; none where it is caught up. For tenants
            /// that are on already it takes back the catching up, as far as that was not done.
            #[serde(default)]
            skip_missed: Option<String>,
        } => Customers(Vec<CustomerView>),

        /// Sets the operator's remark on a mapping.
        Note {
            /// Which tenant.
            tenant: TenantText,
            /// The remark.
            text: String,
        } => Customers(Vec<CustomerView>),

        /// The rows of one service on the tenant's contract, to choose one of (reads the target).
        ContractServices {
            /// Which tenant.
            tenant: TenantText,
            /// Which service.
            service: ServiceId,
        } => ContractServices(About<ContractServices, Vec<RowChoice>>),

        /// Chooses one of several contract services of one service (sync-rules 4.7).
        ChooseService {
            /// Which tenant.
            tenant: TenantText,
            /// Which product.
            product: ProductText,
            /// Which row.
            contract_service: ContractServiceId,
        } => Done(String),

        /// The same, for the service itself.
        ChooseRow {
            /// Which tenant.
            tenant: TenantText,
            /// Which service.
            service: ServiceId,
            /// Which row.
            contract_service: ContractServiceId,
        } => Done(String),

        /// Mappings from a CSV as `export customers` writes it, checked whole before anything is stored.
        ImportCustomers {
            /// The file's text.
            csv: String,
        } => Imported(ImportReport),
    }
}
