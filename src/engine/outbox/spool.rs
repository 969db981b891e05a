//! Putting down what is to be told.
//!
//! It must not decide who is told, or whether.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    engine::{
        outbox::occasion::Occasion,
        tables::{OCCASIONS, SpooledOccasion, of_occasion},
    },
    store::{Batch, Key, Store, StoreError},
};

/// What nobody made a message of for so many days is no news any more.
const NEWS: TimeDelta = TimeDelta::days(3);

/// Adds an occasion to the commit of what it is about.
pub(crate) fn tell(batch: &mut Batch, at: DateTime<Utc>, occasion: Occasion) {
    batch.put(OCCASIONS, &place(&occasion), &SpooledOccasion { at, occasion });
}

/// Where it lies until it is told.
pub(super) fn place(occasion: &Occasion) -> Key {
    of_occasion(&occasion.name())
}

/// Whether it is too old to be told.
pub(crate) fn is_no_news(occasion: &SpooledOccasion, now: DateTime<Utc>) -> bool {
    now - occasion.at > NEWS
}

/// Lets go what is no news any more: where nobody keeps the post, nothing else does.
pub(crate) async fn let_old_go(store: &Store, now: DateTime<Utc>) -> Result<(), StoreError> {
    let mut batch = Batch::new();
    for (key, occasion) in store.scan(OCCASIONS, Key::new()).await? {
        if is_no_news(&occasion, now) {
            batch.remove(OCCASIONS, &key);
        }
    }
    if batch.is_empty() { Ok(()) } else { store.commit(batch).await }
}
