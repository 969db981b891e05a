//! What becomes durable with the result of a write to the catalogue of services: the link of a product, and the prices written.
//!
//! It must not send anything.

use crate::{
    domain::{
        ServiceId,
        operation::Operation,
        product::{Link, LinkKey, LinkOrigin},
    },
    engine::{
        sync::writing::{
            journal::{Entry, WriteResult},
            service_prices,
            writer::{Halt, Writer},
        },
        tables::{LINKS, of_link},
    },
    planning::products::{ServicePrices, relink},
    store::Batch,
};

/// What is kept of a product and its service before a write.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeptBefore {
    /// The link of a product that gets a service.
    pub link: Option<Link>,
    /// What was last written to the service.
    pub prices: ServicePrices,
}

/// What is kept, for an entry whose process is gone.
pub(crate) async fn kept_before(desk: &Writer<'_>, entry: &Entry) -> Result<KeptBefore, Halt> {
    let prices = service_prices::of(desk, entry).await?;
    let Operation::CreateService { product, .. } = &entry.operation else {
        return Ok(KeptBefore { link: None, prices });
    };
    let key = of_link(&desk.connection, &LinkKey::Product(product.clone()));
    Ok(KeptBefore { link: desk.equipment.store.get(LINKS, key).await?, prices })
}

/// What becomes durable with the result of a write: the link to a service that was made, and what was written to it.
pub(crate) fn linked(
    entry: &Entry,
    before: KeptBefore,
) -> impl Fn(&WriteResult) -> Batch + Sync + use<> {
    let entry = entry.clone();
    move |result| {
        let mut batch = Batch::new();
        // What was made otherwise than it was asked for is no service of this product (sync-rules 10.16).
        if !result.stands() || matches!(result, WriteResult::Otherwise { .. }) {
            return batch;
        }
        match &entry.operation {
            Operation::CreateService { product, .. } => {
                let Some(service) = result.row().map(ServiceId) else { return batch };
                let key = LinkKey::Product(product.clone());
                let made = LinkOrigin::Created;
                let link = relink(key.clone(), before.link.as_ref(), service, made);
                batch.put(LINKS, &of_link(&entry.connection, &key), &link);
                service_prices::keep(&mut batch, &entry, service, before.prices);
            }
            Operation::UpdateService { service, .. } => {
                service_prices::keep(&mut batch, &entry, *service, before.prices);
            }
            Operation::CreateContractService { .. }
            | Operation::AdjustUnits { .. }
            | Operation::AddLine { .. }
            | Operation::EndLine { .. }
            | Operation::AmendLine { .. } => {}
        }
        batch
    }
}
