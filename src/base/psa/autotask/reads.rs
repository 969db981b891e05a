//! Lists out of Autotask as billing words (wire/autotask 10–12).
//!
//! It must not write, and reads in bulk only.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::de::DeserializeOwned;

use super::{
    Autotask, assumed,
    query::{Filter, LIST, Query, SIDE_BY_SIDE},
    wire,
};
use crate::{
    domain::{
        CompanyId, ContractId, Money, ReadError, ServiceId,
        choice::ChoiceOption,
        product::Service,
        target::{Company, Contract},
    },
    http::clean,
};

const COMPANY: [&str; 4] = ["id", "companyName", "isActive", "webAddress"];
const BILLING_CODE: [&str; 4] = ["id", "name", "useType", "isActive"];
const CONTRACT: [&str; 8] = [
    "id",
    "companyID",
    "contractName",
    "contractType",
    "status",
    "contractPeriodType",
    "startDate",
    "endDate",
];

impl Autotask {
    /// Codes that a service may use.
    pub(super) async fn read_billing_codes(&self) -> Result<Vec<ChoiceOption>, ReadError> {
        let known = self.metadata.billing_codes.read(&self.session, "BillingCodes").await?;
        let label = "Recurring Contract Service";
        let use_type = known.one_number("useType", label, assumed::USE_TYPE_RECURRING)?;
        let usable = [Filter::equals("useType", use_type), Filter::is_true("isActive")];
        let mut codes = self.read_codes(usable).await?;
        // A filter with a word the server does not know returns everything.
        codes.retain(|code| code.use_type == Some(use_type) && code.is_active != Some(false));
        Ok(codes.into_iter().map(billing_code).collect())
    }

    /// Companies that a service may name as its vendor.
    pub(super) async fn read_vendors(&self) -> Result<Vec<ChoiceOption>, ReadError> {
        let vendors = self.read_companies("Vendor", assumed::COMPANY_TYPE_VENDOR, None).await?;
        let option = |vendor: Company| ChoiceOption::new(vendor.id.0, vendor.name);
        Ok(vendors.into_iter().map(option).collect())
    }

    /// The rows that can be understood; the others are remembered and left out.
    async fn understood<T: DeserializeOwned + wire::Row>(
        &self,
        query: &Query,
    ) -> Result<Vec<T>, ReadError> {
        let rows = self.session.rows(query).await?;
        self.odd.remember(query.entity, &rows.odd);
        Ok(rows.good)
    }

    async fn read_codes(
        &self,
        filters: impl IntoIterator<Item = Filter>,
    ) -> Result<Vec<wire::BillingCode>, ReadError> {
        let query = Query::new("BillingCodes", filters).only(&BILLING_CODE);
        self.understood(&query).await
    }

    /// Companies of one type, and those that `also` names.
    pub(super) async fn read_companies(
        &self,
        label: &str,
        fallback: i64,
        also: Option<Filter>,
    ) -> Result<Vec<Company>, ReadError> {
        let known = self.metadata.companies.read(&self.session, "Companies").await?;
        let of_type =
            Filter::equals("companyType", known.one_number("companyType", label, fallback)?);
        let filter = match also {
            Some(also) => Filter::any([of_type, also]),
            None => of_type,
        };
        let query = Query::new("Companies", [filter]).only(&COMPANY);
        let rows: Vec<wire::Company> = self.understood(&query).await?;
        Ok(rows.into_iter().map(company).collect())
    }

    /// Contracts for which the filter holds.
    pub(super) async fn read_contracts(&self, filter: Filter) -> Result<Vec<Contract>, ReadError> {
        let known = self.metadata.contracts.read(&self.session, "Contracts").await?;
        let query = Query::new("Contracts", [filter]).only(&CONTRACT);
        let rows: Vec<wire::Contract> = self.understood(&query).await?;
        let active = known.one_number("status", "Active", assumed::CONTRACT_STATUS_ACTIVE)?;
        Ok(rows
            .into_iter()
            .map(|row| Contract {
                id: ContractId(row.id),
                company: CompanyId(row.company_id),
                name: text(row.name),
                kind: known.contract_kind(row.kind),
                active: row.status == Some(active),
                start: row.start_date.unwrap_or_else(assumed::start_of_a_contract_without_one),
                end: row.end_date,
                period_months: known.period_months(row.period_type),
                invoicing: None,
                currency: None,
            })
            .collect())
    }

    /// Contracts in lists of at most [`LIST`]; each once, whatever was asked.
    pub(super) async fn read_contracts_by_id(
        &self,
        contracts: &[ContractId],
    ) -> Result<Vec<Contract>, ReadError> {
        let ids: BTreeSet<i64> = contracts.iter().map(|id| id.0).collect();
        let ids: Vec<i64> = ids.into_iter().collect();
        let lists = ids.chunks(LIST).map(|list| self.read_contracts(Filter::one_of("id", list)));
        let lists: Vec<_> = lists.collect();
        let found: Vec<Vec<Contract>> =
            stream::iter(lists).buffered(SIDE_BY_SIDE).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Every service, with whether its billing code is active where that code can be read: a user with restricted
    /// rights gets fewer rows and no error.
    pub(super) async fn read_services(&self) -> Result<Vec<Service>, ReadError> {
        self.session.base().await?;
        let query = Query::new("Services", [Filter::everything()]);
        let (rows, codes) = tokio::join!(
            self.understood::<wire::Service>(&query),
            self.read_codes([Filter::everything()])
        );
        let codes: BTreeMap<i64, Option<bool>> = match codes {
            Ok(codes) => codes.into_iter().map(|code| (code.id, code.is_active)).collect(),
            Err(ReadError::Refused(_) | ReadError::Unreadable(_)) => BTreeMap::new(),
            Err(error) => return Err(error),
        };
        let active = |code: Option<i64>| codes.get(&code?).copied().flatten();
        Ok(rows?
            .into_iter()
            .map(|row| Service {
                id: ServiceId(row.id),
                billing_code_active: active(row.billing_code_id),
                name: text(row.name),
                sku: row.sku.map(|sku| clean(&sku)),
                external_id: row.external_id.map(|id| clean(&id)),
                price: row.unit_price.unwrap_or(Money::ZERO),
                cost: row.unit_cost,
                active: row.is_active != Some(false),
            })
            .collect())
    }
}

fn text(text: Option<String>) -> String {
    clean(&text.unwrap_or_default())
}

fn company(row: wire::Company) -> Company {
    Company {
        id: CompanyId(row.id),
        name: text(row.name),
        active: row.is_active != Some(false),
        web: row.web_address.map(|web| clean(&web)).filter(|web| !web.is_empty()),
    }
}

fn billing_code(row: wire::BillingCode) -> ChoiceOption {
    ChoiceOption::new(row.id, text(row.name))
}
