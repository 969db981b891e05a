//! What is said of a company that is inactive or gone while its contract is billed.

use crate::domain::{Code, outcome::Finding, target::CompanyTrouble};

/// The Warning about the company of these customers.
pub fn company_trouble(company: &str, customers: &str, trouble: CompanyTrouble) -> Finding {
    let (code, state, advice) = match trouble {
        CompanyTrouble::Inactive => (
            Code::CompanyInactive,
            "is inactive in the PSA",
            "Set it active again, or end the contract and switch the customer's sync off.",
        ),
        CompanyTrouble::Gone => (
            Code::CompanyGone,
            "is not among the PSA's customers any more: it was deleted, or lies in the recycle bin",
            "Restore it, or link the customer to another company, or end the contract and switch the customer's sync off.",
        ),
    };
    let text = format!(
        "Company “{company}” of {customers} {state}; its contract is billed and synced all the same."
    );
    Finding::new(code, text, advice)
}
