//! Why the engine was asked: its answer is told by it where to go.

use crate::domain::{CompanyId, TenantId};

/// What the palette finds by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Named {
    Customers,
    Products,
    Runs,
}

/// What a question is for: its answer goes there, or nowhere if it is no longer wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Header and dashboard.
    Status,
    Connections,
    /// A connection test; from a form or a card.
    Test,
    SignIn,
    /// Device sign-in is waited for.
    AwaitSignIn,
    GiveUpSignIn,
    /// Program options with their choices.
    Program,
    Customers,
    Suggestions,
    /// Companies for the link form.
    Companies,
    /// Contracts of a company for the link form.
    Contracts(CompanyId),
    /// A customer's page, and again with what its contract says.
    CustomerPage {
        tenant: TenantId,
        contract: bool,
    },
    /// Changes on a customer's contract.
    History(TenantId),
    Products,
    /// Services to pin a product to.
    Services,
    /// What invoices ask for that product.
    InvoicedPrices,
    /// Rows of a contract to choose one of.
    ContractServices,
    Runs,
    Run,
    /// All that was told of the run that is on.
    RunSoFar,
    /// What a run came to that is watched and was not begun here.
    Record,
    Plan,
    Sync,
    /// Finishing the run that was cut off.
    Resume,
    Retries,
    Invoices,
    /// One of them with its ledger.
    Invoice,
    /// Plans that wait for approval.
    WaitingPlans,
    /// One of them.
    WaitingPlan,
    Chart,
    Vault,
    Unlock,
    Bundle,
    /// Names for the palette; where they cannot be had it goes without.
    Names(Named),
    /// A change that closes the form when it is stored; the text tells what was done.
    Store,
    /// A change of mappings after which these customers are planned.
    StoreAndPlan(String),
    /// A change that can mend what failed: its text is shown, and the key that tries it again where it stands.
    Mend,
    /// Any other change; its text is shown.
    Change,
}

impl Purpose {
    /// Whether what is asked changes something, so that its answer is always wanted.
    pub(crate) fn changes(&self) -> bool {
        matches!(
            self,
            Self::Sync
                | Self::Resume
                | Self::Store
                | Self::StoreAndPlan(_)
                | Self::Mend
                | Self::Change
        )
    }
}
