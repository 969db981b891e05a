//! Identifiers as types of their own, so that a company never stands where a contract is meant.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::shared_text::{SharedText, TextPool};

fn as_kept(text: &str) -> String {
    text.trim().to_lowercase()
}

/// Text identifiers: PRISM compares GUIDs without regard to case (wire/prism 3), so they are kept in
/// lower case from the moment they are read.
macro_rules! text_id {
    ($(#[$doc:meta] $name:ident),+ $(,)?) => {$(
        #[$doc]
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(from = "String")]
        pub struct $name(SharedText);

        impl $name {
            /// Takes the text as an identifier; case and surrounding blanks do not count.
            #[must_use]
            pub fn new(text: impl AsRef<str>) -> Self {
                Self(as_kept(text.as_ref()).into())
            }

            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::new(text)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    )+};
}

/// Number identifiers of a PSA (Autotask's are 64-bit integers, wire/autotask 3). JSON of ours writes
/// and reads them as strings.
macro_rules! number_id {
    ($(#[$doc:meta] $name:ident),+ $(,)?) => {$(
        #[$doc]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0.to_string())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.trim().parse().map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.trim().parse().map(Self).map_err(serde::de::Error::custom)
            }
        }
    )+};
}

text_id! {
    /// One configured connection, by the operator's name for it (`prism`, `autotask`). Every stored key carries one.
    ConnectionId,
    /// A company in PRISM (wire/prism 4).
    CustomerId,
    /// An end customer's account under a program; for CSP its Microsoft tenant.
    TenantId,
    /// A partner's relation with the distributor for one program; invoices and price lists hang on it.
    AgreementId,
    /// PRISM's own id of a product.
    ProductId,
    /// An invoice; opaque text.
    InvoiceId,
    /// The vendor's stock keeping unit; compared without case.
    Sku,
}

number_id! {
    /// A company (account) in the PSA. Zero is real: it is the provider's own.
    CompanyId,
    /// A contract (Autotask) or agreement (ConnectWise).
    ContractId,
    /// A service (Autotask) or catalogue item (ConnectWise).
    ServiceId,
    /// One service on one contract.
    ContractServiceId,
    /// One addition on an agreement (ConnectWise): a line of a service.
    LineId,
}

/// One execution of a sync, numbered from 1 per installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub u64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}

impl ProductId {
    /// The same as whatever else of one reading has this text: subscriptions are many, products few.
    pub(crate) fn shared(text: &str, pool: &mut TextPool) -> Self {
        Self(pool.share(&as_kept(text)))
    }
}
