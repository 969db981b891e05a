//! Companies, catalog and tables as billing words (wire/connectwise 11.2, 11.5, 11.6).
//!
//! It must not write.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    Connectwise, assumed,
    conditions::Condition,
    odd::COMPANY,
    paging::List,
    wire::{self, CatalogItem, Row, Rows},
};
use crate::{
    domain::{
        CompanyId, Money, ReadError, ServiceId,
        product::{Service, ServiceDraft},
        target::{Company, CompanyTrouble},
    },
    psa::ServiceLimits,
};

const CATALOG_ITEM: &str = "Catalog item";

pub(super) const COMPANIES: &str = "company/companies";
pub(super) const CATALOG: &str = "procurement/catalog";

/// Who has a product id.
enum Holder {
    /// The catalog was not read.
    Unknown,
    Nobody,
    Item(Known),
}

/// An item of the catalog.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) item: ServiceId,
    /// Our key, on items of ours.
    key: Option<String>,
}

impl Known {
    /// Whether it was made for this: an answer that was lost, or a catalog that did not show it yet (sync-rules 1.7).
    pub(super) fn is_of(&self, draft: &ServiceDraft) -> bool {
        let own = Some(&draft.external_id).filter(|key| !key.is_empty());
        own.zip(self.key.as_ref()).is_some_and(|(own, key)| own.eq_ignore_ascii_case(key))
    }
}

/// The product ids of the catalog as it was read whole last, and those that were given since: a run that has just read it
/// need not ask for each new one. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct ProductIds(Arc<Mutex<Option<BTreeMap<String, Known>>>>);

impl ProductIds {
    fn read(&self, items: &[CatalogItem]) {
        let all = items.iter().map(|item| (item.identifier.to_lowercase(), known(item)));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(all.collect());
    }

    /// Who has it, as far as is known without asking.
    fn holder(&self, identifier: &str) -> Holder {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = known.as_ref() else { return Holder::Unknown };
        known
            .get(&identifier.to_lowercase())
            .map_or(Holder::Nobody, |known| Holder::Item(known.clone()))
    }

    /// It was given to this item.
    pub(super) fn give(&self, identifier: &str, item: ServiceId, key: &str) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.as_mut() {
            let given = Known { item, key: Some(key.to_owned()) };
            known.insert(identifier.to_lowercase(), given);
        }
    }
}

impl Connectwise {
    /// The rows that can be understood; the others are remembered and left out.
    pub(super) async fn understood<T: Row>(&self, list: &List) -> Result<Vec<T>, ReadError> {
        let rows = self.session.rows(list).await?;
        self.odd.remember(list.entity, &rows.odd);
        Ok(rows.good)
    }

    /// All companies outside of the recycle bin.
    pub(super) async fn read_companies(&self) -> Result<Vec<Company>, ReadError> {
        let kept = Condition::is_false("deletedFlag");
        let list = List::nearly_whole(COMPANY, COMPANIES, kept);
        let rows: Vec<wire::Company> = self.understood(&list).await?;
        Ok(rows.into_iter().filter(|row| !row.deleted_flag).map(company).collect())
    }

    /// What is wrong with these: the recycle bin is listed as well (11.2), and what is in it is gone for the partner. A member
    /// that may not read companies is told so by the connection test; here nothing is known then.
    pub(super) async fn read_troubled_companies(
        &self,
        companies: &BTreeSet<CompanyId>,
    ) -> Result<BTreeMap<CompanyId, CompanyTrouble>, ReadError> {
        let ids: Vec<i64> = companies.iter().map(|id| id.0).collect();
        let mut troubled: BTreeMap<CompanyId, CompanyTrouble> =
            companies.iter().map(|id| (*id, CompanyTrouble::Gone)).collect();
        for condition in Condition::one_of("id", &ids) {
            let list = List::filtered(COMPANY, COMPANIES, condition);
            let rows: Rows<wire::Company> = match self.session.rows(&list).await {
                Ok(rows) => rows,
                Err(ReadError::Refused(_) | ReadError::Unreadable(_)) => return Ok(BTreeMap::new()),
                Err(error) => return Err(error),
            };
            // One that cannot be understood is there all the same.
            for id in rows.odd.iter().filter_map(|row| row.id) {
                troubled.remove(&CompanyId(id));
            }
            for company in rows.good.into_iter().filter(|row| !row.deleted_flag).map(company) {
                if company.active {
                    troubled.remove(&company.id);
                } else {
                    troubled.insert(company.id, CompanyTrouble::Inactive);
                }
            }
        }
        Ok(troubled)
    }

    /// Every catalog item, active or not.
    pub(super) async fn read_services(&self) -> Result<Vec<Service>, ReadError> {
        let items = self.catalog().await?;
        self.product_ids.read(&items);
        Ok(items.into_iter().map(service).collect())
    }

    /// Each by its id: what was just made is in no list yet, and must not be made again.
    pub(super) async fn read_unlisted_services(
        &self,
        ids: &[ServiceId],
    ) -> Result<Vec<Service>, ReadError> {
        let mut found = Vec::new();
        for id in ids {
            let item: Option<CatalogItem> = self.session.record(&format!("{CATALOG}/{id}")).await?;
            let Some(item) = item else { continue };
            let key = item.integration_xref.clone().unwrap_or_default();
            self.product_ids.give(&item.identifier, *id, &key);
            found.push(service(item));
        }
        Ok(found)
    }

    pub(super) async fn catalog(&self) -> Result<Vec<CatalogItem>, ReadError> {
        self.understood(&List::whole(CATALOG_ITEM, CATALOG)).await
    }

    /// The item that has a product id already, whatever its case: the server may make a copy under another in its place
    /// (11.5).
    pub(super) async fn item_with(&self, identifier: &str) -> Result<Option<Known>, ReadError> {
        match self.product_ids.holder(identifier) {
            Holder::Nobody => return Ok(None),
            Holder::Item(item) => return Ok(Some(item)),
            Holder::Unknown => {}
        }
        let named = Condition::is_text("identifier", identifier);
        let list = List::filtered(CATALOG_ITEM, CATALOG, named);
        let found: Vec<CatalogItem> = self.understood(&list).await?;
        let same = |item: &CatalogItem| item.identifier.eq_ignore_ascii_case(identifier);
        Ok(found.iter().find(|item| same(item)).map(known))
    }
}

fn known(item: &CatalogItem) -> Known {
    Known { item: ServiceId(item.id), key: item.integration_xref.clone() }
}

/// The lengths that every release takes, and the decimals of money that are sent (A10).
pub(super) fn service_limits() -> ServiceLimits {
    ServiceLimits {
        name: assumed::IDENTIFIER,
        description: assumed::DESCRIPTION,
        invoice_description: assumed::CUSTOMER_DESCRIPTION,
        sku: Some(assumed::ITEM_KEYS),
        external_id: Some(assumed::ITEM_KEYS),
        price_decimals: super::operations::CENTS,
        by_sku: true,
    }
}

fn company(row: wire::Company) -> Company {
    let status = row.status.and_then(|status| status.name).unwrap_or_default();
    let inactive = assumed::INACTIVE_STATUSES.contains(&status.to_lowercase().as_str());
    Company { id: CompanyId(row.id), name: row.name, active: !inactive, web: row.website }
}

/// A bundle counts as inactive: no agreement takes it (11.4).
fn service(row: CatalogItem) -> Service {
    let active = !row.inactive_flag && !row.is_bundle();
    Service {
        id: ServiceId(row.id),
        // Unique, and what a new item is given: a plan made before it is made names it the same.
        name: if row.identifier.is_empty() { row.description } else { row.identifier },
        sku: row.vendor_sku,
        external_id: row.integration_xref,
        price: row.price.unwrap_or(Money::ZERO),
        cost: row.cost,
        active,
        billing_code_active: None,
    }
}
