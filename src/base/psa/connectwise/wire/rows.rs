//! Lists whose rows are good or odd, each by itself: one that cannot be understood does not take the others with it.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::http::{clean, first_characters};

/// Characters of an odd value that are shown.
const LONGEST_VALUE: usize = 60;

/// A row of a list.
pub(in crate::psa::connectwise) trait Row: DeserializeOwned {
    /// Its id.
    fn id(&self) -> i64;
}

/// A row that could not be decoded: which, and the member at fault with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::psa::connectwise) struct Odd {
    /// Its own id, where that is a number.
    pub id: Option<i64>,
    /// The product that it is a row of, where that is a number.
    pub product: Option<i64>,
    /// Such as `effectiveDate is "soon": no date`.
    pub fault: String,
}

/// What a list gave: the rows that could be decoded, and those that could not.
#[derive(Debug)]
pub(in crate::psa::connectwise) struct Rows<T> {
    /// In the order of the answer.
    pub good: Vec<T>,
    /// Likewise.
    pub odd: Vec<Odd>,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { good: Vec::new(), odd: Vec::new() }
    }
}

impl<T: Row> Rows<T> {
    /// Decodes rows one by one.
    pub(in crate::psa::connectwise) fn one_by_one(items: Vec<Value>) -> Self {
        let mut rows = Self::default();
        for item in items {
            match serde_path_to_error::deserialize(&item) {
                Ok(row) => rows.good.push(row),
                Err(error) => rows.odd.push(odd(&item, &error)),
            }
        }
        rows
    }

    /// The ids of all its rows, as far as they have any.
    pub(in crate::psa::connectwise) fn ids(&self) -> impl Iterator<Item = i64> + '_ {
        self.good.iter().map(Row::id).chain(self.odd.iter().filter_map(|odd| odd.id))
    }

    /// How many rows.
    pub(in crate::psa::connectwise) fn len(&self) -> usize {
        self.good.len() + self.odd.len()
    }
}

/// What is wrong with one row.
pub(super) fn odd(item: &Value, error: &serde_path_to_error::Error<serde_json::Error>) -> Odd {
    let (member, why) = (error.path().to_string(), error.inner().to_string());
    let why = first_characters(&clean(&why), LONGEST_VALUE * 2);
    let fault = match member_of(item, &member) {
        Some(value) => {
            let shown = first_characters(&clean(&value.to_string()), LONGEST_VALUE);
            format!("{member} is {shown}: {why}")
        }
        None => why,
    };
    let number = |value: Option<&Value>| value.and_then(Value::as_i64);
    Odd { id: number(item.get("id")), product: number(member_of(item, "product.id")), fault }
}

/// The value at a path such as `product.id`; none for the row itself.
fn member_of<'a>(item: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(item, |value, member| value.get(member))
}
