//! Companies, catalog and tables as billing words (wire/connectwise 11.2, 11.5, 11.6).
//!
//! It must not write.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::OnceCell;

use super::{
    Connectwise, assumed,
    conditions::Condition,
    paging::List,
    wire::{self, CatalogItem, Choice, Reference, Row},
};
use crate::{
    domain::{
        BillingCodeId, CompanyId, Money, ReadError, ServiceId,
        product::Service,
        target::{BillingCode, Company},
    },
    psa::ServiceLimits,
};

const COMPANY: &str = "Company";
const CATALOG_ITEM: &str = "Catalog item";

pub(super) const COMPANIES: &str = "company/companies";
pub(super) const CATALOG: &str = "procurement/catalog";
pub(super) const SUBCATEGORIES: &str = "procurement/subcategories/";
pub(super) const TYPES: &str = "procurement/types";

/// The product type of new items, once it was looked up. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct ProductType(Arc<OnceCell<Option<i64>>>);

impl ProductType {
    /// What was found so far.
    pub(super) fn so_far(&self) -> Option<i64> {
        self.0.get().copied().flatten()
    }
}

/// Who has a product id.
enum Holder {
    /// The catalog was not read.
    Unknown,
    Nobody,
    Item(ServiceId),
}

/// The product ids of the catalog as it was read whole last, and those that were given since: a run that has just read it
/// need not ask for each new one. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct ProductIds(Arc<Mutex<Option<BTreeMap<String, ServiceId>>>>);

impl ProductIds {
    fn read(&self, items: &[CatalogItem]) {
        let all = items.iter().map(|item| (item.identifier.to_lowercase(), ServiceId(item.id)));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(all.collect());
    }

    /// Who has it, as far as is known without asking.
    fn holder(&self, identifier: &str) -> Holder {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = known.as_ref() else { return Holder::Unknown };
        known.get(&identifier.to_lowercase()).map_or(Holder::Nobody, |item| Holder::Item(*item))
    }

    /// It was given to this item.
    pub(super) fn give(&self, identifier: &str, item: ServiceId) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.as_mut() {
            known.insert(identifier.to_lowercase(), item);
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
            self.product_ids.give(&item.identifier, *id);
            found.push(service(item));
        }
        Ok(found)
    }

    async fn catalog(&self) -> Result<Vec<CatalogItem>, ReadError> {
        self.understood(&List::whole(CATALOG_ITEM, CATALOG)).await
    }

    /// The item that has a product id already, whatever its case: the server may make a copy under another in its place
    /// (11.5).
    pub(super) async fn item_with(&self, identifier: &str) -> Result<Option<ServiceId>, ReadError> {
        match self.product_ids.holder(identifier) {
            Holder::Nobody => return Ok(None),
            Holder::Item(item) => return Ok(Some(item)),
            Holder::Unknown => {}
        }
        let named = Condition::is_text("identifier", identifier);
        let list = List::filtered(CATALOG_ITEM, CATALOG, named);
        let found: Vec<CatalogItem> = self.understood(&list).await?;
        let same = |item: &CatalogItem| item.identifier.eq_ignore_ascii_case(identifier);
        Ok(found.into_iter().find(same).map(|item| ServiceId(item.id)))
    }

    /// What new products can be made under: active subcategories. Where the tables may not be read, those of the items that
    /// the catalog keeps for that, else of all of them.
    pub(super) async fn read_subcategories(&self) -> Result<Vec<BillingCode>, ReadError> {
        let choices =
            match self.understood::<Choice>(&List::whole("Subcategory", SUBCATEGORIES)).await {
                Ok(rows) => {
                    rows.into_iter().filter(|row| !row.inactive_flag).map(billing_code).collect()
                }
                Err(ReadError::Refused(_)) => {
                    let named = |item: &CatalogItem| item.subcategory.clone();
                    let found = told_by(&self.catalog().await?, named).into_values();
                    found.map(|reference| code(&reference, None)).collect()
                }
                Err(error) => return Err(error),
            };
        Ok(choices)
    }

    /// Looks the type of new items up, once.
    pub(super) async fn product_type(&self) -> Result<Option<i64>, ReadError> {
        let found = self.product_type.0.get_or_try_init(|| self.find_product_type()).await?;
        Ok(*found)
    }

    async fn find_product_type(&self) -> Result<Option<i64>, ReadError> {
        match self.understood::<Choice>(&List::whole("Product type", TYPES)).await {
            Ok(rows) => Ok(best(&rows)),
            Err(ReadError::Refused(_)) => {
                let named = |item: &CatalogItem| item.kind.clone();
                Ok(told_by(&self.catalog().await?, named).into_keys().next())
            }
            Err(error) => Err(error),
        }
    }
}

/// *Miscellaneous*, else what the server takes by itself, else the first.
fn best(choices: &[Choice]) -> Option<i64> {
    let active = || choices.iter().filter(|choice| !choice.inactive_flag);
    let misc = active().find(|choice| choice.name.eq_ignore_ascii_case(assumed::MISCELLANEOUS));
    let own = || active().find(|choice| choice.default_flag);
    misc.or_else(own).or_else(|| active().next()).map(|choice| choice.id)
}

/// What active items name: those kept for new products alone, where there are any.
fn told_by(
    items: &[CatalogItem],
    named: impl Fn(&CatalogItem) -> Option<Reference>,
) -> BTreeMap<i64, Reference> {
    let is_misc =
        |item: &&CatalogItem| item.identifier.to_ascii_lowercase().contains(assumed::MISC);
    let of = |items: Vec<&CatalogItem>| -> BTreeMap<i64, Reference> {
        let references = items.into_iter().filter_map(&named);
        references.map(|reference| (reference.id, reference)).collect()
    };
    let active = || items.iter().filter(|item| !item.inactive_flag);
    let misc = of(active().filter(is_misc).collect());
    if misc.is_empty() { of(active().collect()) } else { misc }
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

fn billing_code(row: Choice) -> BillingCode {
    let own = Reference { id: row.id, name: Some(row.name), identifier: None };
    code(&own, row.category.and_then(|category| category.name))
}

/// By its category, where that has another name: *Miscellaneous* stands for both, as a rule.
fn code(own: &Reference, category: Option<String>) -> BillingCode {
    let name = own.name.clone().unwrap_or_default();
    let name = match category.filter(|category| *category != name) {
        Some(category) => format!("{category}: {name}"),
        None => name,
    };
    BillingCode { id: BillingCodeId(own.id), name }
}
