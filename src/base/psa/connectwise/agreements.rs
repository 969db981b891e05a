//! Agreements as contracts (wire/connectwise 11.3; sync-rules 10.9, 10.17a): whether they bill month by month, and how far they
//! are invoiced.
//!
//! It must not write.

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::OnceCell;

use super::{
    Connectwise, assumed,
    conditions::Condition,
    odd::AGREEMENT,
    paging::List,
    session::Session,
    wire::{Agreement, BillingCycle, Rows},
};
use crate::domain::{
    CompanyId, ContractId, Day, ReadError,
    line::Invoicing,
    target::{Contract, ContractKind},
};

const AGREEMENTS: &str = "finance/agreements";
pub(super) const CYCLES: &str = "finance/billingCycles";

/// The one cycle that can be synced, by its option and by its name.
const MONTHLY: &str = "Monthly";

/// The status of one that may be written to.
const ACTIVE: &str = "Active";

/// What the cycles mean, where they may be read. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Cycles(Arc<OnceCell<BTreeMap<i64, String>>>);

impl Cycles {
    /// The option of each cycle. A member who may not see the tables leaves none, and names decide; trouble with the
    /// connection does not.
    async fn read(&self, session: &Session) -> Result<&BTreeMap<i64, String>, ReadError> {
        self.0
            .get_or_try_init(|| async {
                let list = List::whole("Billing cycle", CYCLES);
                match session.rows::<BillingCycle>(&list).await {
                    Ok(rows) => Ok(options(rows)),
                    Err(ReadError::Refused(_) | ReadError::Unreadable(_)) => Ok(BTreeMap::new()),
                    Err(error) => Err(error),
                }
            })
            .await
    }
}

fn options(rows: Rows<BillingCycle>) -> BTreeMap<i64, String> {
    let told = rows.good.into_iter();
    told.filter_map(|cycle| Some((cycle.id, cycle.billing_options?))).collect()
}

impl Connectwise {
    /// Every agreement of a company, or of all of them.
    pub(super) async fn read_agreements(
        &self,
        company: Option<CompanyId>,
    ) -> Result<Vec<Contract>, ReadError> {
        let list = match company {
            Some(company) => {
                let of = Condition::equals("company/id", company.0);
                List::filtered(AGREEMENT, AGREEMENTS, of)
            }
            None => List::whole(AGREEMENT, AGREEMENTS),
        };
        let mut contracts = self.contracts_of(&list).await?;
        contracts.retain(|contract| company.is_none_or(|company| contract.company == company));
        Ok(contracts)
    }

    /// The agreements with these ids; each once, whatever was asked. One that is gone is absent.
    pub(super) async fn read_agreements_by_id(
        &self,
        contracts: &[ContractId],
    ) -> Result<Vec<Contract>, ReadError> {
        let ids: std::collections::BTreeSet<i64> = contracts.iter().map(|id| id.0).collect();
        let wanted: Vec<i64> = ids.iter().copied().collect();
        let mut found = Vec::with_capacity(wanted.len());
        for condition in Condition::one_of("id", &wanted) {
            let list = List::filtered(AGREEMENT, AGREEMENTS, condition);
            found.extend(self.contracts_of(&list).await?);
        }
        found.retain(|contract| ids.contains(&contract.id.0));
        Ok(found)
    }

    async fn contracts_of(&self, list: &List) -> Result<Vec<Contract>, ReadError> {
        let cycles = self.cycles.read(&self.session).await?;
        let rows: Vec<Agreement> = self.understood(list).await?;
        let today = self.session.http().clock().today();
        Ok(rows.into_iter().map(|row| contract(row, cycles, today)).collect())
    }
}

fn contract(row: Agreement, cycles: &BTreeMap<i64, String>, today: Day) -> Contract {
    let start = row.start_date.or(row.bill_start_date);
    let start = start.unwrap_or_else(assumed::start_of_an_agreement_without_one);
    Contract {
        kind: kind(&row, cycles),
        active: is_active(&row, today),
        end: end(&row),
        id: ContractId(row.id),
        company: CompanyId(row.company.id),
        name: row.name,
        start,
        period_months: 1,
        invoicing: Some(Invoicing {
            billing_start: row.bill_start_date.unwrap_or(start),
            first_open: row.next_invoice_date,
            prorated: row.prorate_flag,
            at_once: row.invoice_prorated_additions_flag,
        }),
        currency: row.currency.and_then(|currency| currency.code()),
    }
}

/// The last day, or the day on which it was cancelled.
fn end(row: &Agreement) -> Option<Day> {
    let cancelled = row.date_cancelled.filter(|_| row.cancelled_flag);
    let last = row.last_day();
    cancelled.map(|day| last.map_or(day, |last| last.min(day))).or(last)
}

/// By the status that the server computes; where it tells none, as it computes it (A17).
fn is_active(row: &Agreement, today: Day) -> bool {
    let told = row.status.as_deref().map(|status| status.eq_ignore_ascii_case(ACTIVE));
    let ended = row.last_day().is_some_and(|last| last < today);
    let begun = row.start_date.is_none_or(|start| start <= today);
    !row.cancelled_flag && told.unwrap_or(!ended && begun)
}

fn kind(row: &Agreement, cycles: &BTreeMap<i64, String>) -> ContractKind {
    let Some(cycle) = &row.billing_cycle else {
        return unbillable("has no billing cycle");
    };
    let name = cycle.name.as_deref().or(cycle.identifier.as_deref());
    let option = cycles.get(&cycle.id).map(String::as_str).or(name).unwrap_or_default();
    if option.eq_ignore_ascii_case(MONTHLY) {
        ContractKind::Recurring
    } else {
        unbillable(&format!("has the billing cycle {}", name.unwrap_or(option)))
    }
}

fn unbillable(what: &str) -> ContractKind {
    ContractKind::Unbillable(format!("{what}; only monthly agreements can be synced"))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::psa::connectwise::sample::day;

    fn agreement(changes: &serde_json::Value) -> Contract {
        let mut row = json!({"id": 5, "name": "O365", "company": {"id": 250}, "startDate": "2026-01-01T00:00:00Z",
            "noEndingDateFlag": true, "agreementStatus": "Active", "prorateFlag": true,
            "billingCycle": {"id": 2, "name": "Monthly"}, "nextInvoiceDate": "2026-11-01"});
        for (member, value) in changes.as_object().expect("members") {
            row[member] = value.clone();
        }
        let row = serde_json::from_value(row).expect("an agreement");
        let cycles = [(2, "Monthly".to_owned()), (3, "Quarterly".to_owned())];
        contract(row, &cycles.into(), day("2026-10-05"))
    }

    #[test]
    fn what_is_not_told_is_the_agreements_start_and_nothing_invoiced() {
        let plain = agreement(&json!({"nextInvoiceDate": ""})).invoicing.expect("told");
        assert_eq!((plain.billing_start, plain.first_open), (day("2026-01-01"), None));
    }

    #[rstest]
    #[case(json!({}), true)]
    #[case(json!({"agreementStatus": "Expired"}), false)]
    #[case(json!({"agreementStatus": "Inactive"}), false)]
    #[case(json!({"cancelledFlag": true}), false)]
    #[case(json!({"agreementStatus": null}), true)]
    #[case(json!({"agreementStatus": null, "startDate": "2026-12-01T00:00:00Z"}), false)]
    #[case(json!({"agreementStatus": null, "noEndingDateFlag": false, "endDate": "2026-09-30"}), false)]
    fn only_one_in_force_is_active_a17(#[case] changes: serde_json::Value, #[case] active: bool) {
        assert_eq!(agreement(&changes).active, active);
    }

    #[rstest]
    #[case(json!({"billingCycle": {"id": 2, "name": "Every month"}}), None)]
    #[case(json!({"billingCycle": {"id": 9, "name": "monthly"}}), None)]
    #[case(json!({"billingCycle": {"id": 3, "name": "Monthly"}}), Some("Monthly"))]
    #[case(json!({"billingCycle": {"id": 9, "name": "One-Time"}}), Some("One-Time"))]
    #[case(json!({"billingCycle": null}), Some("no billing cycle"))]
    fn the_cycles_option_decides_and_else_its_name_r10_17a(
        #[case] changes: serde_json::Value,
        #[case] named: Option<&str>,
    ) {
        match (agreement(&changes).kind, named) {
            (ContractKind::Recurring, None) => {}
            (ContractKind::Unbillable(why), Some(named)) => {
                assert!(why.contains(named) && why.contains("only monthly"), "{why}");
            }
            (other, _) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_cancelled_one_ends_on_the_day_it_was_cancelled() {
        let cancelled = json!({"cancelledFlag": true, "dateCancelled": "2026-09-15T00:00:00Z"});
        assert_eq!(agreement(&cancelled).end, Some(day("2026-09-15")));
        assert_eq!(agreement(&json!({"dateCancelled": "2026-09-15"})).end, None);
    }
}
