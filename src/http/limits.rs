//! Requests in flight per endpoint (sync-rules 8.5).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A place for each request on the wire.
pub(super) struct WirePlaces {
    places: usize,
    endpoints: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl WirePlaces {
    pub(super) fn new(places: usize) -> Self {
        Self { places: places.max(1), endpoints: Mutex::default() }
    }

    /// Waits for a place at the endpoint; dropping the permit gives it back.
    pub(super) async fn place(&self, endpoint: &str) -> OwnedSemaphorePermit {
        let semaphore = self.endpoint(endpoint);
        semaphore.acquire_owned().await.expect("the semaphores are never closed")
    }

    /// How many places of the endpoint with the fewest free ones are taken, of how many.
    pub(super) fn busiest(&self) -> (usize, usize) {
        let endpoints = self.endpoints.lock().unwrap_or_else(PoisonError::into_inner);
        let free = endpoints.values().map(|places| places.available_permits()).min();
        (self.places - free.unwrap_or(self.places), self.places)
    }

    fn endpoint(&self, endpoint: &str) -> Arc<Semaphore> {
        let mut endpoints = self.endpoints.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = endpoints.get(endpoint) {
            return Arc::clone(known);
        }
        let made = Arc::new(Semaphore::new(self.places));
        endpoints.insert(endpoint.to_owned(), Arc::clone(&made));
        made
    }
}
