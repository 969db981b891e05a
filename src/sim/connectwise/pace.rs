//! The one limit of ConnectWise: so many requests a minute (wire section 10). The count is kept even where the limit is off.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::limits::Limits;

const MINUTE: Duration = Duration::from_secs(60);
/// Requests in a minute.
const USUAL: usize = 1_000;
/// Seconds that one is told to wait.
const WAIT: &str = "30";

/// The requests of the last minute.
#[derive(Debug)]
pub(crate) struct Pace {
    limits: Limits,
    counted: Mutex<Counted>,
}

#[derive(Debug)]
struct Counted {
    calls: VecDeque<Instant>,
    limit: usize,
}

impl Pace {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, counted: Mutex::new(Counted { calls: VecDeque::new(), limit: USUAL }) }
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request, or refuses it; one that is refused does not count.
    pub(crate) fn enter(&self) -> Result<(), Box<Response>> {
        let mut counted = self.counted();
        let now = Instant::now();
        while counted.calls.front().is_some_and(|at| now.duration_since(*at) >= MINUTE) {
            counted.calls.pop_front();
        }
        if self.limits == Limits::Real && counted.calls.len() >= counted.limit {
            return Err(Box::new(too_many()));
        }
        counted.calls.push_back(now);
        Ok(())
    }

    /// A minute passes.
    pub(crate) fn let_time_pass(&self) {
        self.counted().calls.clear();
    }

    /// Lets another number of requests through in a minute.
    pub(crate) fn set_limit(&self, limit: usize) {
        self.counted().limit = limit;
    }
}

fn too_many() -> Response {
    let text = format!("Too many requests. Please try again in {WAIT} seconds.");
    let body = Json(json!({"error": "ConnectWiseAPI", "message": text}));
    let wait = [(header::RETRY_AFTER, HeaderValue::from_static(WAIT))];
    (StatusCode::TOO_MANY_REQUESTS, wait, body).into_response()
}
