//! Rows in the words of the target that they are of, whoever wrote their sentences: planning, or what is written and read
//! back. Pure.
//!
//! What was told in those words before stays as it is.

use crate::domain::{
    outcome::Finding,
    run::{CustomerRow, ProductOutcome, SubscriptionRow},
    terms::Terms,
};

/// What became of a customer, told in these terms; these names stay as they are, and so do the row's own.
#[must_use]
pub(crate) fn customer(mut row: CustomerRow, terms: Terms, names: &[String]) -> CustomerRow {
    if terms == Terms::default() {
        return row;
    }
    let bought = row.subscriptions.iter().map(|one| &one.name);
    let own = [&row.customer, &row.tenant, &row.target_company, &row.target_contract];
    let names: Vec<String> = names.iter().chain(own).chain(bought).cloned().collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let of_bought = row.subscriptions.iter_mut().flat_map(findings);
    let all = row.error.iter_mut().chain(&mut row.warnings).chain(of_bought);
    all.for_each(|finding| terms.retell_finding(finding, &names));
    row
}

fn findings(bought: &mut SubscriptionRow) -> impl Iterator<Item = &mut Finding> {
    bought.error.iter_mut().chain(&mut bought.warnings).chain(&mut bought.notes)
}

/// What became of a product, told in these terms.
#[must_use]
pub(crate) fn product(mut row: ProductOutcome, terms: Terms) -> ProductOutcome {
    if let Some(finding) = &mut row.error {
        terms.retell_finding(finding, &[&row.name]);
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Code, outcome::Outcome, target::TargetKind};

    fn row() -> CustomerRow {
        let late = Finding::new(
            Code::LateWrite,
            "A change on Fire service Ltd came late.",
            "Check the quantities of this month on the contract.",
        );
        let bought = SubscriptionRow {
            name: "Fire service".to_owned(),
            status: Outcome::Warning,
            warnings: vec![late.clone()],
            notes: vec![late.clone()],
            ..SubscriptionRow::default()
        };
        CustomerRow {
            customer: "Fire service Ltd".to_owned(),
            tenant: "fire.example".to_owned(),
            tenant_id: "fire".into(),
            source_agreement: String::new(),
            target_company: String::new(),
            target_contract: String::new(),
            invoice: String::new(),
            month: None,
            currency: None,
            status: Outcome::Warning,
            error: None,
            warnings: vec![late],
            subscriptions: vec![bought],
        }
    }

    #[test]
    fn what_a_row_tells_is_told_of_agreements_and_names_stay_r10_1() {
        let told = customer(row(), Terms::of(TargetKind::Connectwise), &[]);
        let bought = &told.subscriptions[0];
        for finding in told.warnings.iter().chain(&bought.warnings).chain(&bought.notes) {
            assert_eq!(finding.text, "A change on Fire service Ltd came late.");
            assert_eq!(finding.advice, "Check the quantities of this month on the agreement.");
        }
        assert_eq!(customer(row(), Terms::default(), &[]), row());
    }
}
