//! The connection test: zone, credentials, version, and every right that a sync needs (R1–R7).
//!
//! It must not write, and a missing right is a line of the answer, not an error.

use super::{Autotask, assumed, query::Filter, wire};
use crate::{
    domain::ReadError,
    http::clean,
    psa::{Probe, Right},
};

/// What a sync does with an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    Read,
    Create,
    Update,
}

impl Need {
    fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Update => "update",
        }
    }

    fn access(self, info: &wire::Access) -> (Option<bool>, Option<i64>) {
        match self {
            Self::Read => (info.can_query, info.user_access_for_query),
            Self::Create => (info.can_create, info.user_access_for_create),
            Self::Update => (info.can_update, info.user_access_for_update),
        }
    }
}

/// An entity, what is needed of it, and where the right is given.
struct Needed {
    entity: &'static str,
    needs: &'static [Need],
    advice: &'static str,
}

const NEEDED: [Needed; 7] = [
    Needed {
        entity: "Companies",
        needs: &[Need::Read],
        advice: "In the security level of the API user, CRM: give Customer & Cancelation the access All.",
    },
    Needed {
        entity: "Contracts",
        needs: &[Need::Read],
        advice: "In the security level of the API user, Contracts: set View to All and Contract Visibility to Full.",
    },
    Needed {
        entity: "BillingCodes",
        needs: &[Need::Read],
        advice: "In the security level of the API user, Admin: allow Products, Services & Inventory.",
    },
    Needed {
        entity: "Services",
        needs: &[Need::Read, Need::Create, Need::Update],
        advice: "In the security level of the API user, Admin: allow Products, Services & Inventory.",
    },
    Needed {
        entity: "ContractServices",
        needs: &[Need::Read, Need::Create],
        advice: "In the security level of the API user, Contracts: tick “Can modify Service/Bundle” on contracts.",
    },
    Needed {
        entity: "ContractServiceUnits",
        needs: &[Need::Read],
        advice: "In the security level of the API user, Contracts: set View to All and Contract Visibility to Full.",
    },
    Needed {
        entity: "ContractServiceAdjustments",
        needs: &[Need::Create],
        advice: "In the security level of the API user, Contracts: tick “Can modify Service/Bundle” on contracts.",
    },
];

const VENDORS: &str = "Only needed to choose a vendor for new services. In the security level of the API user, CRM: give \
                       Vendor & Partners the access All, or leave the vendor empty.";

const RESTRICTED: &str = "The right is restricted: some rows may stay unseen. ";

impl Autotask {
    /// Finds the server, proves the credentials and looks at the rights.
    pub(super) async fn look(&self) -> Result<Probe, ReadError> {
        let version: wire::Version = self.session.get("Version").await?;
        let url = self.session.base().await?.to_string();
        let budget = match self.session.threshold().await {
            Ok(told) => {
                let limit = told.external_request_threshold;
                Some((limit.saturating_sub(told.current_timeframe_request_count), limit))
            }
            Err(error @ (ReadError::Unauthorized { .. } | ReadError::Cancelled)) => {
                return Err(error);
            }
            Err(_) => None,
        };
        let mut rights = Vec::new();
        for needed in &NEEDED {
            rights.extend(self.rights(needed).await?);
        }
        rights.push(self.vendors_right().await?);
        let version = version.text().map(|text| clean(&text));
        Ok(Probe { url, version, rights, budget, note: None })
    }

    async fn rights(&self, needed: &Needed) -> Result<Vec<Right>, ReadError> {
        let path = format!("{}/entityInformation", needed.entity);
        let info = match self.session.get::<wire::Information>(&path).await {
            Ok(information) => Some(information.info),
            Err(ReadError::Refused(_) | ReadError::Unreadable(_)) => None,
            Err(error) => return Err(error),
        };
        Ok(needed.needs.iter().map(|need| right(needed, *need, info.as_ref())).collect())
    }

    /// The recommended security level may hide vendors without saying so (R3): none at all is suspicious.
    async fn vendors_right(&self) -> Result<Right, ReadError> {
        let known = self.metadata.companies.read(&self.session, "Companies").await?;
        let vendor = known.number("companyType", "Vendor", assumed::COMPANY_TYPE_VENDOR);
        let name = "Companies: read vendors".to_owned();
        let granted =
            match self.session.count("Companies", Filter::equals("companyType", vendor)).await {
                Ok(count) => (count > 0).then_some(true),
                Err(ReadError::Refused(_)) => Some(false),
                Err(ReadError::Unreadable(_)) => None,
                Err(error) => return Err(error),
            };
        let advice = if granted == Some(true) { String::new() } else { VENDORS.to_owned() };
        Ok(Right { name, granted, advice })
    }
}

/// 0 is none, 1 all, 2 restricted (wire/autotask 7).
fn right(needed: &Needed, need: Need, info: Option<&wire::Access>) -> Right {
    let name = format!("{}: {}", needed.entity, need.word());
    let (possible, access) = info.map_or((None, None), |info| need.access(info));
    let granted = match (possible, access) {
        (Some(false), _) | (_, Some(0)) => Some(false),
        (_, Some(_)) | (Some(true), None) => Some(true),
        (None, None) => None,
    };
    let advice = match (granted, access) {
        (Some(true), Some(2)) => format!("{RESTRICTED}{}", needed.advice),
        (Some(true), _) => String::new(),
        _ => needed.advice.to_owned(),
    };
    Right { name, granted, advice }
}
