//! What was last written to each service: kept with the result of the write, read when products are planned.
//!
//! It must not decide what is written: that is `planning::products`.

use std::collections::BTreeMap;

use crate::{
    domain::{Code, ServiceId, operation::Operation},
    engine::{
        sync::{
            equipment::Equipment,
            writing::{journal::Entry, writer::Writer},
        },
        tables::{SERVICE_PRICES, id_below_connection, of_connection, of_service},
    },
    planning::products::{ProductPlan, ServicePrices},
    store::{Batch, Key, StoreError},
};

/// All that is kept.
pub(crate) async fn all(
    equipment: &Equipment,
) -> Result<BTreeMap<ServiceId, ServicePrices>, StoreError> {
    let prefix = of_connection(&equipment.connection);
    let kept = equipment.store.scan(SERVICE_PRICES, prefix).await?;
    let service = |key: &Key| id_below_connection(key).map(ServiceId);
    Ok(kept.into_iter().filter_map(|(key, prices)| Some((service(&key)?, prices))).collect())
}

/// What is kept of the service that a write is about.
pub(crate) async fn of(desk: &Writer<'_>, entry: &Entry) -> Result<ServicePrices, StoreError> {
    let Operation::UpdateService { service, .. } = entry.operation else {
        return Ok(ServicePrices::default());
    };
    let kept =
        desk.equipment.store.get(SERVICE_PRICES, of_service(&desk.connection, service)).await?;
    Ok(kept.unwrap_or_default())
}

/// Keeps what a write that stands has set.
pub(crate) fn keep(batch: &mut Batch, entry: &Entry, service: ServiceId, before: ServicePrices) {
    let after = before.after(&entry.operation, entry.before.cost);
    batch.put(SERVICE_PRICES, &of_service(&entry.connection, service), &after);
}

/// What planning a product has found of what is kept: that a cost cannot be read is told once, and one that can be read again
/// may be missed anew.
pub(crate) async fn noticed(
    desk: &Writer<'_>,
    plan: &ProductPlan,
) -> Result<Option<Batch>, StoreError> {
    let Some(service) = &plan.service else { return Ok(None) };
    let key = of_service(&desk.connection, service.id);
    let Some(kept) = desk.equipment.store.get(SERVICE_PRICES, key.clone()).await? else {
        return Ok(None);
    };
    let told = plan.finding.as_ref().is_some_and(|finding| finding.code == Code::CostHidden);
    let now = match service.cost {
        Some(_) => ServicePrices { given: None, told: false, ..kept },
        None => ServicePrices { told: kept.told || told, ..kept },
    };
    if now == kept {
        return Ok(None);
    }
    let mut batch = Batch::new();
    batch.put(SERVICE_PRICES, &key, &now);
    Ok(Some(batch))
}
