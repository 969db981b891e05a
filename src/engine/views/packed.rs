//! What there is of a plan in hundreds of thousands, kept small: [`rows`] of it, and the [`quantities`] of the services it
//! writes to.
//!
//! What comes out is what was put in, and in JSON both are lists. It must not know what any of it means.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{SeqAccess, Visitor},
};

use crate::domain::{
    pool::{Filling, Place, Pool},
    shared_text::SharedText,
};

pub(crate) mod quantities;
pub(crate) mod rows;

/// A service, and where it is: in one text each of them is another, apart there are few of either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Target {
    service: Place<SharedText>,
    on: Option<Place<SharedText>>,
}

/// What stands between the two.
const ON: &str = " on ";

impl Target {
    fn of(text: SharedText, texts: &mut Filling<SharedText>) -> Self {
        match text.split_once(ON) {
            Some((service, on)) => {
                Self { service: texts.put(service.into()), on: Some(texts.put(on.into())) }
            }
            None => Self { service: texts.put(text), on: None },
        }
    }

    fn text(self, texts: &Pool<SharedText>) -> SharedText {
        let service = texts.of(self.service);
        match self.on.and_then(|on| texts.get(on)) {
            Some(on) => format!("{service}{ON}{on}").into(),
            None => service,
        }
    }
}

/// Reads a list whose values go elsewhere as they come.
fn one_by_one<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
    put: impl FnMut(T),
) -> Result<(), D::Error> {
    struct OneByOne<T, F>(F, std::marker::PhantomData<T>);

    impl<'de, T: Deserialize<'de>, F: FnMut(T)> Visitor<'de> for OneByOne<T, F> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
            while let Some(value) = list.next_element()? {
                self.0(value);
            }
            Ok(())
        }
    }

    deserializer.deserialize_seq(OneByOne(put, std::marker::PhantomData))
}

/// What is packed is made of its values one by one, equals another where all of them do, and is a list of them in JSON.
macro_rules! as_a_list {
    ($packed:ident of $value:ty, $gathered:ident) => {
        impl FromIterator<$value> for $packed {
            fn from_iter<I: IntoIterator<Item = $value>>(values: I) -> Self {
                let mut gathered = $gathered::default();
                values.into_iter().for_each(|value| gathered.push(value));
                gathered.all()
            }
        }

        impl PartialEq for $packed {
            fn eq(&self, other: &Self) -> bool {
                self.iter().eq(other.iter())
            }
        }

        impl std::fmt::Debug for $packed {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_list().entries(self.iter()).finish()
            }
        }

        impl serde::Serialize for $packed {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq(self.iter())
            }
        }

        impl<'de> serde::Deserialize<'de> for $packed {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let mut gathered = $gathered::default();
                $crate::engine::views::packed::one_by_one(deserializer, |value| {
                    gathered.push(value)
                })?;
                Ok(gathered.all())
            }
        }
    };
}

use as_a_list;

#[cfg(test)]
mod tests;
