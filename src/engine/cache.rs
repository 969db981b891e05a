//! What was read from the store and holds until something changes, and what many ask for at once: a screen that refreshes
//! must not read ten thousand mappings each time, and twenty screens not twenty times.
//!
//! It must not be the basis of a change: whoever changes something reads the store under the pen.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

/// One such reading.
#[derive(Debug)]
pub(crate) struct Kept<T>(Mutex<Slot<T>>);

#[derive(Debug)]
struct Slot<T> {
    /// How often it was forgotten: what was read before that is not kept.
    forgotten: u64,
    value: Option<Arc<T>>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::new(Slot { forgotten: 0, value: None }))
    }
}

impl<T> Kept<T> {
    fn slot(&self) -> MutexGuard<'_, Slot<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is kept, else what `read` gives, which then is.
    pub(crate) async fn or_read<E>(
        &self,
        read: impl Future<Output = Result<T, E>>,
    ) -> Result<Arc<T>, E> {
        let forgotten = {
            let slot = self.slot();
            if let Some(value) = &slot.value {
                return Ok(value.clone());
            }
            slot.forgotten
        };
        let value = Arc::new(read.await?);
        let mut slot = self.slot();
        if slot.forgotten == forgotten {
            slot.value = Some(value.clone());
        }
        Ok(value)
    }

    pub(crate) fn is_kept(&self) -> bool {
        self.slot().value.is_some()
    }

    /// It may be otherwise now, unless it still holds.
    pub(crate) fn forget_unless(&self, holds: impl FnOnce(&T) -> bool) {
        let mut slot = self.slot();
        if slot.value.as_ref().is_some_and(|value| !holds(value)) {
            slot.forgotten += 1;
            slot.value = None;
        }
    }

    /// It may be otherwise now.
    pub(crate) fn forget(&self) {
        let mut slot = self.slot();
        slot.forgotten += 1;
        slot.value = None;
    }
}

/// What is worked out for one who asks, and for all who asked meanwhile: nobody is given what was begun before they asked.
#[derive(Debug)]
pub(crate) struct Together<T> {
    /// How often it was begun.
    begun: AtomicU64,
    /// What it came to last, and which time that was.
    last: tokio::sync::Mutex<Option<(u64, Arc<T>)>>,
}

impl<T> Default for Together<T> {
    fn default() -> Self {
        Self { begun: AtomicU64::new(0), last: tokio::sync::Mutex::new(None) }
    }
}

impl<T> Together<T> {
    /// What `work` gives, or the work of another who began after this one asked.
    pub(crate) async fn or_work<E>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<Arc<T>, E> {
        let asked = self.begun.load(Ordering::SeqCst);
        let mut last = self.last.lock().await;
        if let Some((nth, value)) = &*last
            && *nth > asked
        {
            return Ok(value.clone());
        }
        let nth = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let value = Arc::new(work.await?);
        *last = Some((nth, value.clone()));
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    async fn read(kept: &Kept<u32>, value: u32) -> u32 {
        let read = kept.or_read(async { Ok::<_, Infallible>(value) }).await;
        read.map_or(0, |value| *value)
    }

    #[tokio::test]
    async fn it_is_read_once_until_it_is_forgotten() {
        let kept = Kept::default();
        assert_eq!((read(&kept, 1).await, read(&kept, 2).await), (1, 1));
        kept.forget();
        assert_eq!(read(&kept, 3).await, 3);
    }

    #[tokio::test]
    async fn who_asks_while_another_is_waited_for_is_told_with_all_others_what_came_about_since() {
        let (all, now) = (Together::default(), AtomicU64::new(0));
        let (go, mut gone) = tokio::sync::mpsc::channel::<()>(1);
        let first = all.or_work(async {
            let found = now.fetch_add(1, Ordering::SeqCst);
            gone.recv().await;
            Ok::<_, Infallible>(found)
        });
        let other = || all.or_work(async { Ok(now.fetch_add(1, Ordering::SeqCst)) });
        let goes_on = async { go.send(()).await.expect("it waits") };
        let (first, second, third, ()) = tokio::join!(first, other(), other(), goes_on);
        let of = |found: Result<Arc<u64>, Infallible>| found.map(|found| *found);
        assert_eq!((of(first), of(second), of(third)), (Ok(0), Ok(1), Ok(1)));
        assert_eq!(of(other().await), Ok(2), "it is not kept");
    }

    #[tokio::test]
    async fn what_still_holds_is_not_forgotten() {
        let kept = Kept::default();
        read(&kept, 1).await;
        kept.forget_unless(|value| *value == 1);
        assert!(kept.is_kept());
        kept.forget_unless(|value| *value == 2);
        assert_eq!(read(&kept, 2).await, 2);
    }

    #[tokio::test]
    async fn what_changes_while_it_is_read_is_not_kept() {
        let kept = Kept::default();
        let reading = kept.or_read(async {
            kept.forget();
            Ok::<_, Infallible>(1)
        });
        assert_eq!(reading.await.map(|value| *value), Ok(1));
        assert_eq!(read(&kept, 2).await, 2);
    }
}
