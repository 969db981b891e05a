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
    pool::{Filling, Place, Pool, Pooled},
    shared_text::{SharedText, SharedTexts},
    timeline::Timeline,
};

pub(crate) mod quantities;
pub(crate) mod rows;

/// A service, and where it is: in one text each of them is another, apart there are few of either.
#[derive(Clone, Copy, Debug, PartialEq)]
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

impl Pooled for SharedTexts {
    type Key = Self;

    fn key(&self) -> Self {
        self.clone()
    }
}

impl Pooled for (i64, i64) {
    type Key = Self;

    fn key(&self) -> Self {
        *self
    }
}

impl Pooled for Timeline {
    type Key = Self;

    fn key(&self) -> Self {
        self.clone()
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

#[cfg(test)]
mod tests;
