//! The connection test: site, keys, version, and every right that a sync needs (wire/connectwise 12.1).
//!
//! It must not write, so that rights to write are not told; and a missing right is a line of the answer, no error.

use super::{Connectwise, agreements, choices, reads, session::Question, wire::SystemInfo};
use crate::{
    domain::ReadError,
    psa::{Probe, Right},
};

/// A module of the security role: what is read of it, and where its rights are set.
struct Module {
    name: &'static str,
    /// A list that shows whether it may be read.
    path: &'static str,
    /// Works without it as well.
    optional: bool,
    advice: &'static str,
}

const MODULES: [Module; 5] = [
    Module {
        name: "Company Maintenance",
        path: reads::COMPANIES,
        optional: false,
        advice: "In the security role of the API member, Companies: set Company Maintenance, Inquire, to All.",
    },
    Module {
        name: "Agreements",
        path: "finance/agreements",
        optional: false,
        advice: "In the security role of the API member, Finance: set Agreements, Add, Edit and Inquire, to All, or to the \
                 agreement type in use by Customize. Delete is not needed.",
    },
    Module {
        name: "Product Catalog",
        path: reads::CATALOG,
        optional: false,
        advice: "In the security role of the API member, Procurement: set Product Catalog and Products, Add, Edit and \
                 Inquire, to All. Delete is not needed.",
    },
    Module {
        name: "Table Setup, billing cycles",
        path: agreements::CYCLES,
        optional: true,
        advice: "Optional: in the security role of the API member, System: set Table Setup, Inquire, to All, or add \
                 Billing Cycle by Customize. Without it a billing cycle is known by its name only, which is enough where it is \
                 called Monthly.",
    },
    Module {
        name: "Table Setup, subcategories",
        path: choices::SUBCATEGORIES,
        optional: true,
        advice: "Optional: in the security role of the API member, System: set Table Setup, Inquire, to All, or to Category, \
                 Subcategories, Product Type and UOM by Customize. Without it new products go under what the catalog's \
                 miscellaneous items name.",
    },
];

/// Rights that only a write could tell (12.1).
const UNTOLD: &str = "Only a write can tell whether the API member may add and edit: see that its security role has Add and \
                      Edit, not Delete, on Agreements, Product Catalog and Products.";

impl Connectwise {
    /// Looks at everything, soon done with what does not answer.
    pub(super) async fn look(&self) -> Result<Probe, ReadError> {
        let info: SystemInfo = self.session.get(&Question::new("system/info")).await?;
        let (mut rights, mut notes) = (Vec::new(), vec![UNTOLD]);
        for module in &MODULES {
            match self.right(module).await? {
                Some(right) => rights.push(right),
                None => notes.push(module.advice),
            }
        }
        let url = self.session.root().await?.to_string();
        let note = Some(notes.join(" "));
        Ok(Probe { url, version: version(info), rights, budget: None, note })
    }

    /// Whether it may be read; none where it may not and need not be.
    async fn right(&self, module: &Module) -> Result<Option<Right>, ReadError> {
        let granted =
            match self.session.answer(&Question::new(module.path).with("pageSize", 1)).await {
                Ok(reply) => reply.json::<Vec<serde_json::Value>>().ok().map(|_| true),
                Err(ReadError::Refused(_)) if module.optional => return Ok(None),
                Err(ReadError::Refused(_)) => Some(false),
                Err(ReadError::Unreadable(_)) => None,
                Err(error) => return Err(error),
            };
        let advice = if granted == Some(true) { String::new() } else { module.advice.to_owned() };
        Ok(Some(Right { name: format!("{}: inquire", module.name), granted, advice }))
    }
}

/// `v2025.16.1, cloud NA, time zone Eastern Standard Time`, of what there is: days begin in the server's zone.
fn version(info: SystemInfo) -> Option<String> {
    let place = match (info.is_cloud, info.cloud_region) {
        (Some(true), Some(region)) => Some(format!("cloud {region}")),
        (Some(true), None) => Some("cloud".to_owned()),
        (Some(false), _) => Some("on-premise".to_owned()),
        (None, region) => region,
    };
    let zone = info.server_time_zone.map(|zone| format!("time zone {zone}"));
    let parts: Vec<String> = [info.version, place, zone].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}
