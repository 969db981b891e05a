//! What follows from all that the store holds, and takes going through it: worked out once, held for as long as nothing is
//! written, and left beside the store for the next process.
//!
//! It must not change anything in the store, nor know what is worked out.

use std::sync::Arc;

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    engine::protocol::Refusal,
    store::{Key, Store, StoreError, Table},
};

/// Something that follows from the store.
pub(crate) trait Derivable: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What it follows from beside the store.
    type Conditions: PartialEq;

    /// Where it is left.
    const TABLE: Table<Self>;

    fn made_for(&self) -> &Self::Conditions;
}

/// It, as it was worked out last.
#[derive(Debug)]
pub(crate) struct Derived<T>(tokio::sync::Mutex<Option<Laid<T>>>);

#[derive(Debug)]
struct Laid<T> {
    /// After which commit.
    commit: u64,
    /// How much had changed by then of what is kept for screens.
    changes: u64,
    value: Arc<T>,
    /// Whether it is left for the next process.
    left: bool,
}

impl<T> Default for Derived<T> {
    fn default() -> Self {
        Self(tokio::sync::Mutex::default())
    }
}

impl<T: Derivable> Derived<T> {
    /// What holds still of what was worked out before, else what `work` gives.
    pub(crate) async fn or_work<W: Future<Output = Result<T, Refusal>>>(
        &self,
        store: &Store,
        key: Key,
        changes: u64,
        now: T::Conditions,
        work: impl FnOnce(T::Conditions) -> W,
    ) -> Result<Arc<T>, Refusal> {
        let mut laid = self.0.lock().await;
        let commit = store.last_commit().await?;
        if let Some(laid) = laid.as_ref()
            && (laid.commit, laid.changes) == (commit, changes)
            && *laid.value.made_for() == now
        {
            return Ok(laid.value.clone());
        }
        let kept = store.kept(T::TABLE, key).await?;
        let (value, left) = match kept.filter(|kept: &T| *kept.made_for() == now) {
            Some(kept) => (kept, true),
            None => (work(now).await?, false),
        };
        let value = Arc::new(value);
        *laid = Some(Laid { commit, changes, value: value.clone(), left });
        Ok(value)
    }

    /// Leaves it for the next process, unless something was written since.
    pub(crate) async fn leave(&self, store: &Store, key: Key) -> Result<(), StoreError> {
        match self.0.lock().await.as_ref() {
            Some(Laid { commit, value, left: false, .. }) => {
                store.keep(T::TABLE, key, value.as_ref(), *commit).await
            }
            _ => Ok(()),
        }
    }
}
