//! Requests in flight per endpoint (sync-rules 8.5).
//!
//! A server may free a slot a little later than its answer is here (wire/autotask 8). Where it shows that, a place of ours rests
//! before it is used again; where it refuses all the same, the endpoint has fewer places for a while.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::clock::Clock;

/// How long a place rests once a refusal has shown that slots are freed late. It is the server's time, like that of a socket.
const REST: Duration = Duration::from_millis(75);

/// How long a place is missed that a refusal took away.
const LOWERED_FOR: TimeDelta = TimeDelta::minutes(10);

/// A place for each request on the wire.
pub(super) struct WirePlaces {
    places: usize,
    endpoints: Mutex<HashMap<String, Arc<Endpoint>>>,
}

struct Endpoint {
    semaphore: Arc<Semaphore>,
    places: usize,
    care: Mutex<Care>,
}

/// What refusals have taught of an endpoint.
#[derive(Default)]
struct Care {
    rests: bool,
    /// Places that are kept back.
    missed: usize,
    until: Option<DateTime<Utc>>,
    /// Counts what was learnt: a request that left before teaches nothing more.
    lessons: u64,
}

/// A request's place; given back when it is dropped, after a rest where the endpoint wants one.
pub(super) struct WirePlace {
    endpoint: Arc<Endpoint>,
    permit: Option<OwnedSemaphorePermit>,
    lessons: u64,
}

impl WirePlaces {
    pub(super) fn new(places: usize) -> Self {
        Self { places: places.max(1), endpoints: Mutex::default() }
    }

    /// Waits for a place at the endpoint.
    pub(super) async fn place(&self, endpoint: &str, now: DateTime<Utc>) -> WirePlace {
        let endpoint = self.endpoint(endpoint);
        endpoint.recover(now);
        let semaphore = Arc::clone(&endpoint.semaphore);
        let permit = semaphore.acquire_owned().await.expect("the semaphores are never closed");
        let lessons = endpoint.care().lessons;
        WirePlace { endpoint, permit: Some(permit), lessons }
    }

    /// How many places of the endpoint with the fewest free ones are taken, of how many.
    pub(super) fn busiest(&self) -> (usize, usize) {
        let endpoints = self.endpoints.lock().unwrap_or_else(PoisonError::into_inner);
        let free = endpoints.values().map(|endpoint| endpoint.semaphore.available_permits()).min();
        (self.places - free.unwrap_or(self.places).min(self.places), self.places)
    }

    fn endpoint(&self, endpoint: &str) -> Arc<Endpoint> {
        let mut endpoints = self.endpoints.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = endpoints.get(endpoint) {
            return Arc::clone(known);
        }
        let made = Arc::new(Endpoint {
            semaphore: Arc::new(Semaphore::new(self.places)),
            places: self.places,
            care: Mutex::default(),
        });
        endpoints.insert(endpoint.to_owned(), Arc::clone(&made));
        made
    }
}

impl Endpoint {
    fn care(&self) -> MutexGuard<'_, Care> {
        self.care.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// After a while without a refusal all places are there again.
    fn recover(&self, now: DateTime<Utc>) {
        let mut care = self.care();
        if care.until.is_some_and(|until| until <= now) {
            self.semaphore.add_permits(std::mem::take(&mut care.missed));
            care.until = None;
        }
    }
}

impl WirePlace {
    /// The server had no slot for this request. Whether it was sent before the last such lesson tells whether that helped.
    pub(super) fn refused(&mut self, now: DateTime<Utc>) {
        let mut care = self.endpoint.care();
        if care.lessons != self.lessons {
            return;
        }
        care.lessons += 1;
        if !std::mem::replace(&mut care.rests, true) {
            return;
        }
        care.until = Some(now + LOWERED_FOR);
        if care.missed + 1 < self.endpoint.places
            && let Some(permit) = self.permit.take()
        {
            permit.forget();
            care.missed += 1;
        }
    }
}

impl Drop for WirePlace {
    fn drop(&mut self) {
        let Some(permit) = self.permit.take().filter(|_| self.endpoint.care().rests) else {
            return;
        };
        // Without a runtime nothing more is sent.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                Clock::sleep_by_the_servers(REST).await;
                drop(permit);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    fn free(places: &WirePlaces) -> usize {
        places.endpoint("here").semaphore.available_permits()
    }

    #[tokio::test]
    async fn after_the_first_refusal_places_rest_and_none_is_lost() {
        let places = WirePlaces::new(3);
        let mut sent = Vec::new();
        for _ in 0..3 {
            sent.push(places.place("here", at(0)).await);
        }
        // All three left before anything was learnt.
        for place in &mut sent {
            place.refused(at(0));
        }
        drop(sent);
        assert_eq!(free(&places), 0, "they rest");
        let again = places.place("here", at(0)).await;
        assert!(again.permit.is_some());
    }

    #[tokio::test]
    async fn a_refusal_in_spite_of_it_takes_a_place_for_a_while_and_never_the_last() {
        let places = WirePlaces::new(3);
        for _ in 0..5 {
            places.place("here", at(0)).await.refused(at(0));
        }
        let endpoint = places.endpoint("here");
        assert_eq!(endpoint.care().missed, 2);
        let _still_one = places.place("here", at(9)).await;
        assert_eq!(endpoint.care().missed, 2);
        let _all = places.place("here", at(10)).await;
        assert_eq!(endpoint.care().missed, 0);
    }

    #[tokio::test]
    async fn endpoints_learn_for_themselves() {
        let places = WirePlaces::new(3);
        places.place("here", at(0)).await.refused(at(0));
        drop(places.place("there", at(0)).await);
        assert_eq!(places.endpoint("there").semaphore.available_permits(), 3);
    }
}
