//! What services are called, and which products they are for, by what is stored.

use std::collections::BTreeMap;

use crate::{
    domain::{ServiceId, operation::Operation, terms::Terms},
    engine::{
        context::Context,
        products::stored_links,
        protocol::Refusal,
        sync::writing::journal::{CATALOGUE, WriteResult},
        tables::{JOURNAL, SERVICE_NAMES, id_below_connection, of_connection, of_contract},
    },
};

/// Names of services, and SKUs and names of their products.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServiceNames {
    names: BTreeMap<ServiceId, String>,
    products: BTreeMap<ServiceId, Vec<String>>,
    sold_as: BTreeMap<ServiceId, String>,
    terms: Terms,
}

impl ServiceNames {
    /// Names as last read in the target, else as they were when we made the service.
    pub(crate) async fn load(context: &Context) -> Result<Self, Refusal> {
        let mut names = Self { terms: context.sides.terms(), ..Self::default() };
        let made =
            context.store.scan(JOURNAL, of_contract(&context.sides.target, CATALOGUE)).await?;
        for (_, entry) in made {
            let id = entry.result.as_ref().and_then(WriteResult::row).map(ServiceId);
            if let (Operation::CreateService { draft, .. }, Some(id)) = (entry.operation, id) {
                names.names.insert(id, draft.name);
                names.sold_as.insert(id, draft.description.clone());
                names.products.entry(id).or_default().push(draft.description);
            }
        }
        for (key, name) in
            context.store.scan(SERVICE_NAMES, of_connection(&context.sides.target)).await?
        {
            if let Some(id) = id_below_connection(&key) {
                names.names.insert(ServiceId(id), name);
            }
        }
        for link in stored_links(context).await? {
            names.products.entry(link.service).or_default().push(link.key.to_string());
        }
        Ok(names)
    }

    /// What a service is called.
    pub(crate) fn of(&self, service: ServiceId) -> String {
        let unknown = || format!("{} {service}", self.terms.say("service"));
        self.names.get(&service).cloned().unwrap_or_else(unknown)
    }

    /// What the price list called the product that we made it for.
    pub(crate) fn sold_as(&self, service: ServiceId) -> Option<&String> {
        self.sold_as.get(&service)
    }

    /// Whether its name, or SKU or name of its product, contains this text, in whatever case.
    pub(crate) fn matches(&self, service: ServiceId, text: &str) -> bool {
        let text = text.trim().to_lowercase();
        let has = |name: &String| name.to_lowercase().contains(&text);
        let products = self.products.get(&service);
        has(&self.of(service)) || products.is_some_and(|keys| keys.iter().any(has))
    }
}
