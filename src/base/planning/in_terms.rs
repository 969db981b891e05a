//! A plan's sentences in the words of the target that it is for.
//!
//! Planning writes them in one set of words; it must not learn which target there is, and names must stay as they are.

use super::{plan::ContractPlan, products::ProductPlan};
use crate::domain::{outcome::Finding, terms::Terms};

impl ContractPlan {
    /// The same, told in these terms.
    #[must_use]
    pub fn in_terms(mut self, terms: Terms) -> Self {
        if terms == Terms::default() {
            return self;
        }
        let names = self.names();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.findings().for_each(|finding| terms.retell_finding(finding, &names));
        for planned in self.services.iter_mut().flat_map(|service| &mut service.operations) {
            planned.reason = terms.retell(&planned.reason, &names).into_owned();
        }
        self
    }

    /// What its sentences may name without quotation marks.
    pub fn names(&self) -> Vec<String> {
        let tenants = self.tenants.iter();
        let tenants = tenants.flat_map(|one| {
            [&one.customer_name, &one.domain, &one.company_name, &one.contract_name]
        });
        let bought = self.subscriptions.iter().map(|one| &one.name);
        tenants.chain(bought).cloned().collect()
    }

    fn findings(&mut self) -> impl Iterator<Item = &mut Finding> {
        let services = self.services.iter_mut().flat_map(|service| {
            let told = service.warnings.iter_mut().chain(&mut service.notes);
            told.chain(&mut service.refused)
        });
        let bought = self.subscriptions.iter_mut().flat_map(|bought| {
            bought.warnings.iter_mut().chain(&mut bought.problem).chain(&mut bought.not_made)
        });
        self.warnings.iter_mut().chain(&mut self.refused).chain(services).chain(bought)
    }
}

impl ProductPlan {
    /// The same, told in these terms.
    #[must_use]
    pub fn in_terms(mut self, terms: Terms) -> Self {
        let product = self.product.as_ref().map(|product| product.name.clone());
        let services = self.service.iter().chain(&self.collides_with);
        let names: Vec<String> =
            services.map(|service| service.name.clone()).chain(product).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        if let Some(finding) = &mut self.finding {
            terms.retell_finding(finding, &names);
        }
        self.reason = terms.retell(&self.reason, &names).into_owned();
        self
    }
}
