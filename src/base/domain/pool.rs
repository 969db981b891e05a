//! Many rows that say the same again and again, kept small: a value stands in a pool once, and a row says in which place.
//!
//! It must not know what the values mean.

use std::{collections::HashMap, hash::Hash, marker::PhantomData, num::NonZeroU32};

use rust_decimal::Decimal;

use super::{
    Currency,
    shared_text::{SharedText, SharedTexts},
    timeline::Timeline,
};

/// Where a value stands in its pool, from 1. What is read or planned at once has a million rows at most, so that there is a
/// place for each.
pub struct Place<T>(NonZeroU32, PhantomData<fn() -> T>);

impl<T> Clone for Place<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Place<T> {}

/// In one pool that is filled, two places are the same where the values are.
impl<T> PartialEq for Place<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> Eq for Place<T> {}

/// As the values came.
impl<T> Ord for Place<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

impl<T> PartialOrd for Place<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> std::fmt::Debug for Place<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Values by their places.
#[derive(Clone, Debug)]
pub struct Pool<T>(Vec<T>);

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Pool<T> {
    /// Puts one more into it.
    pub fn put(&mut self, value: T) -> Place<T> {
        self.0.push(value);
        let count = u32::try_from(self.0.len()).ok().and_then(NonZeroU32::new);
        Place(count.unwrap_or(NonZeroU32::MAX), PhantomData)
    }

    /// The value in that place, which is one of this pool.
    pub fn get(&self, place: Place<T>) -> Option<&T> {
        self.0.get(usize::try_from(place.0.get() - 1).ok()?)
    }
}

impl<T: Clone + Default> Pool<T> {
    /// A copy of the value in that place.
    pub fn of(&self, place: Place<T>) -> T {
        self.get(place).cloned().unwrap_or_default()
    }
}

/// What two values have in common that are one in a pool.
pub trait Pooled {
    /// Told by nothing but what is seen of them.
    type Key: Eq + Hash;

    /// That of this one.
    fn key(&self) -> Self::Key;
}

impl Pooled for SharedText {
    type Key = Self;

    fn key(&self) -> Self {
        self.clone()
    }
}

impl Pooled for SharedTexts {
    type Key = Self;

    fn key(&self) -> Self {
        self.clone()
    }
}

impl Pooled for Timeline {
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

impl Pooled for Currency {
    type Key = Self;

    fn key(&self) -> Self {
        self.clone()
    }
}

/// By all of a figure, so that 1.0 is not 1.00.
impl Pooled for Decimal {
    type Key = [u8; 16];

    fn key(&self) -> [u8; 16] {
        self.serialize()
    }
}

/// A pool while it is filled: what was put into it is not put into it again.
#[derive(Debug)]
pub struct Filling<T: Pooled> {
    pool: Pool<T>,
    known: HashMap<T::Key, Place<T>>,
}

impl<T: Pooled> Default for Filling<T> {
    fn default() -> Self {
        Self { pool: Pool::default(), known: HashMap::new() }
    }
}

impl<T: Pooled> Filling<T> {
    /// Where it stands.
    pub fn put(&mut self, value: T) -> Place<T> {
        *self.known.entry(value.key()).or_insert_with(|| self.pool.put(value))
    }

    /// All that was put into it.
    pub fn filled(mut self) -> Pool<T> {
        self.pool.0.shrink_to_fit();
        self.pool
    }
}

/// Rows in the order in which they came, in segments of the same length, but for the last: nothing is moved while they
/// become more.
#[derive(Clone, Debug)]
pub struct Segments<R>(Vec<Vec<R>>);

/// So many rows are a segment.
const SEGMENT: usize = 1 << 12;

impl<R> Default for Segments<R> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<R> Segments<R> {
    /// How many there are.
    pub fn len(&self) -> usize {
        let last = self.0.last().map_or(0, Vec::len);
        self.0.len().saturating_sub(1) * SEGMENT + last
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts one more behind those that are there.
    pub fn push(&mut self, row: R) {
        if self.0.last().is_none_or(|segment| segment.len() == SEGMENT) {
            self.0.push(Vec::with_capacity(SEGMENT));
        }
        if let Some(segment) = self.0.last_mut() {
            segment.push(row);
        }
    }

    /// The row in that place, from 0.
    pub fn get(&self, at: usize) -> Option<&R> {
        self.0.get(at / SEGMENT)?.get(at % SEGMENT)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, at: usize) -> Option<&mut R> {
        self.0.get_mut(at / SEGMENT)?.get_mut(at % SEGMENT)
    }

    /// All of them, one by one.
    pub fn iter(&self) -> impl Iterator<Item = &R> + Clone {
        self.0.iter().flatten()
    }

    /// No more are to come: there is no room for them.
    #[must_use]
    pub fn closed(mut self) -> Self {
        self.0.last_mut().into_iter().for_each(Vec::shrink_to_fit);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_twice_has_one_place_and_figures_of_other_decimals_have_two() {
        let mut figures = Filling::<Decimal>::default();
        let [one, again, other] =
            [(10, 1), (10, 1), (100, 2)].map(|(n, scale)| figures.put(Decimal::new(n, scale)));
        let pool = figures.filled();
        assert_eq!(pool.0.len(), 2);
        assert_eq!(
            [one, again, other].map(|place| pool.of(place).to_string()),
            ["1.0", "1.0", "1.00"]
        );
    }

    #[test]
    fn rows_stand_in_the_order_in_which_they_came_over_segments() {
        let mut rows = Segments::default();
        assert!(rows.is_empty() && rows.get(0).is_none());
        for row in 0..=SEGMENT {
            assert_eq!(rows.len(), row);
            rows.push(row);
        }
        assert_eq!((rows.len(), rows.get(SEGMENT)), (SEGMENT + 1, Some(&SEGMENT)));
        assert!(rows.iter().copied().eq(0..=SEGMENT));
        *rows.get_mut(SEGMENT).expect("the last") = 7;
        assert_eq!(rows.closed().iter().last(), Some(&7));
    }
}
