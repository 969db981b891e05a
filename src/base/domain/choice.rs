//! What an operator chooses once for all new services of a target, such as the billing code they are booked under: which
//! choices there are, what can be chosen, and what was.
//!
//! It must not know what a choice means to a target, or read anything.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::{Code, Thing, outcome::Finding};

/// One thing that new services of a target are made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceChoice {
    /// What is chosen.
    pub what: Thing,
    /// Whether nothing new can be made without one.
    pub required: bool,
    /// Whether the target may have one that is meant for this, which is taken where none was chosen.
    pub has_usual: bool,
    /// What it is a part of: what can be chosen depends on what is chosen there.
    pub within: Option<Thing>,
}

impl ServiceChoice {
    /// A new service can do without it.
    #[must_use]
    pub const fn optional(what: Thing) -> Self {
        Self { what, required: false, has_usual: false, within: None }
    }

    /// Nothing is made without it.
    #[must_use]
    pub const fn required(what: Thing) -> Self {
        Self { required: true, ..Self::optional(what) }
    }

    /// The target may have one that is meant for this.
    #[must_use]
    pub const fn with_usual(self) -> Self {
        Self { has_usual: true, ..self }
    }

    /// It is a part of another.
    #[must_use]
    pub const fn within(self, whole: Thing) -> Self {
        Self { within: Some(whole), ..self }
    }

    /// Under which word it is set and stored.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.what.key()
    }

    /// As the head of a field.
    #[must_use]
    pub fn label(&self) -> &'static str {
        label(self.what)
    }

    /// How it is set from the command line.
    #[must_use]
    pub fn setting(&self) -> String {
        let option = match self.what {
            Thing::BillingCode => "--billing-code NAME".to_owned(),
            Thing::Vendor => "--vendor NAME".to_owned(),
            what => format!("--choice {}=NAME", what.key()),
        };
        format!("prism-connect program set {option}")
    }

    /// Nothing can be made, as none was chosen.
    #[must_use]
    pub fn missing(&self) -> Finding {
        let code = match self.what {
            Thing::BillingCode => Code::NoBillingCode,
            _ => Code::NotChosen,
        };
        Finding::new(
            code,
            format!("No {} is chosen; new services cannot be made without one.", self.what.noun()),
            format!(
                "Choose one with `{}`; `prism-connect program show` lists them.",
                self.setting()
            ),
        )
    }

    /// Nothing can be made, as the one that was chosen is not offered any more.
    #[must_use]
    pub fn gone(&self, chosen: &Picked) -> Finding {
        let (code, no_more) = match self.what {
            Thing::BillingCode => {
                (Code::BillingCodeInactive, "no active recurring billing code any more")
            }
            _ => (Code::ChoiceInactive, "inactive or gone in the PSA"),
        };
        Finding::new(
            code,
            format!(
                "{} “{}” is {no_more}: no service can be made with it.",
                self.label(),
                chosen.name
            ),
            format!(
                "Choose another with `{}`, or set it active in the PSA; then sync products.",
                self.setting()
            ),
        )
    }
}

/// As the head of a field.
#[must_use]
pub fn label(what: Thing) -> &'static str {
    match what {
        Thing::BillingCode => "Billing code",
        Thing::Vendor => "Vendor",
        Thing::Category => "Category",
        Thing::Subcategory => "Subcategory",
        Thing::ProductType => "Product type",
        Thing::Unit => "Unit of measure",
        Thing::Taxable => "Taxable",
        other => other.noun(),
    }
}

/// A record of the target by id and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Picked {
    /// Its id.
    #[serde(deserialize_with = "id_of_any_release")]
    pub id: i64,
    /// Its name when it was chosen.
    pub name: String,
}

impl Picked {
    /// By id and name.
    #[must_use]
    pub fn new(id: i64, name: impl Into<String>) -> Self {
        Self { id, name: name.into() }
    }
}

/// Something that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChoiceOption {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// What it is a part of, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Picked>,
    /// Whether it is meant for this: it is taken where none was chosen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub usual: bool,
}

impl ChoiceOption {
    /// One that stands for itself.
    #[must_use]
    pub fn new(id: i64, name: impl Into<String>) -> Self {
        Self { id, name: name.into(), within: None, usual: false }
    }

    /// With its whole before it, where that has another name: the names of parts repeat.
    #[must_use]
    pub fn full_name(&self) -> String {
        match &self.within {
            Some(whole) if whole.name != self.name => format!("{}: {}", whole.name, self.name),
            _ => self.name.clone(),
        }
    }

    /// It, as what was chosen.
    #[must_use]
    pub fn picked(&self) -> Picked {
        Picked::new(self.id, &*self.name)
    }
}

/// What was chosen, by what it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen<T = Picked>(BTreeMap<&'static str, T>);

impl<T> Default for Chosen<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> Chosen<T> {
    /// What was chosen of it.
    #[must_use]
    pub fn of(&self, what: Thing) -> Option<&T> {
        self.0.get(what.key())
    }

    /// Another one, or none.
    pub fn set(&mut self, what: Thing, chosen: Option<T>) {
        match chosen {
            Some(chosen) => self.0.insert(what.key(), chosen),
            None => self.0.remove(what.key()),
        };
    }

    /// The same with this one.
    #[must_use]
    pub fn with(mut self, what: Thing, chosen: T) -> Self {
        self.set(what, Some(chosen));
        self
    }

    fn take(&mut self, what: Thing) -> Option<T> {
        self.0.remove(what.key())
    }
}

impl Chosen {
    /// The first choice without which nothing new can be made, and that was not made.
    #[must_use]
    pub fn missing<'a>(&self, offered: &'a [ServiceChoice]) -> Option<&'a ServiceChoice> {
        offered.iter().find(|choice| choice.required && self.of(choice.what).is_none())
    }

    /// The ids alone, as a new service is made with them.
    #[must_use]
    pub fn ids(&self) -> Chosen<i64> {
        Chosen(self.0.iter().map(|(what, picked)| (*what, picked.id)).collect())
    }
}

impl<T: Serialize> Serialize for Chosen<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// Choices of another version, which nobody here knows, are left out.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Chosen<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let all = BTreeMap::<String, T>::deserialize(deserializer)?;
        let known = |(what, chosen): (String, T)| Some((Thing::of_key(&what)?.key(), chosen));
        Ok(Self(all.into_iter().filter_map(known).collect()))
    }
}

/// How choices are stored: billing code and vendor have members of their own since before there were others, and plans,
/// journals and scripts hold them.
pub(super) struct Stored<T> {
    pub(super) billing_code: Option<T>,
    pub(super) vendor: Option<T>,
    pub(super) others: Chosen<T>,
}

/// An id as it is stored: a number. The first release wrote it as text, and its options and journals are there still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct StoredId(pub(super) i64);

impl<'de> Deserialize<'de> for StoredId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        id_of_any_release(deserializer).map(Self)
    }
}

fn id_of_any_release<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    let id = value.as_i64().or_else(|| value.as_str()?.parse().ok());
    id.ok_or_else(|| D::Error::custom(format!("{value} is no id")))
}

impl<T> From<Chosen<T>> for Stored<T> {
    fn from(mut chosen: Chosen<T>) -> Self {
        let billing_code = chosen.take(Thing::BillingCode);
        let vendor = chosen.take(Thing::Vendor);
        Self { billing_code, vendor, others: chosen }
    }
}

impl<T> From<Stored<T>> for Chosen<T> {
    fn from(stored: Stored<T>) -> Self {
        let mut chosen = stored.others;
        chosen.set(Thing::BillingCode, stored.billing_code);
        chosen.set(Thing::Vendor, stored.vendor);
        chosen
    }
}

impl<T> Chosen<T> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
