//! Autotask's limits: three requests in flight per entity endpoint, and an hourly budget that slows
//! down and then refuses (wire section 8). The count is kept even where the limits are off.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Requests in flight that one entity endpoint takes.
const THREADS: u32 = 3;
/// Requests in an hour, unless the tenant bought more.
const HOURLY: u64 = 10_000;
const HOUR: Duration = Duration::from_secs(3600);

/// Whether the limits bite.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Limits {
    /// They only count.
    #[default]
    Off,
    /// As the real one.
    Real,
}

/// Why a request is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TooMany {
    Threads,
    /// More than so many.
    Hourly(u64),
}

impl TooMany {
    pub(super) fn text(self) -> String {
        match self {
            Self::Threads => format!(
                "Itgenatr005: API thread threshold of {THREADS} threads has been exceeded for this \
                 integration and endpoint."
            ),
            Self::Hourly(limit) => format!(
                "The number of requests exceeded the threshold of {limit} within 60 minutes."
            ),
        }
    }
}

/// The counters of one tenant.
#[derive(Debug)]
pub(super) struct Limiter {
    limits: Limits,
    counters: Mutex<Counters>,
}

#[derive(Debug)]
struct Counters {
    in_flight: HashMap<String, u32>,
    /// Places of answered requests that are not free before then.
    leaving: Vec<(String, Instant)>,
    calls: VecDeque<Instant>,
    others: u64,
    /// Requests in an hour.
    limit: u64,
    /// How long an hour is, and all that it makes wait with it.
    hour: Duration,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            in_flight: HashMap::new(),
            leaving: Vec::new(),
            calls: VecDeque::new(),
            others: 0,
            limit: HOURLY,
            hour: HOUR,
        }
    }
}

impl Counters {
    fn used(&mut self, now: Instant) -> u64 {
        while self.calls.front().is_some_and(|at| now.duration_since(*at) >= self.hour) {
            self.calls.pop_front();
        }
        self.calls.len() as u64 + self.others
    }

    fn free_what_left(&mut self, now: Instant) {
        for (endpoint, _) in self.leaving.extract_if(.., |(_, free)| *free <= now) {
            if let Some(count) = self.in_flight.get_mut(&endpoint) {
                *count -= 1;
            }
        }
    }
}

/// A place among the requests in flight; given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    limiter: Arc<Limiter>,
    endpoint: Option<String>,
    /// How long after the answer it is free.
    lag: Duration,
    /// What the hourly use makes this call wait.
    pub(super) delay: Duration,
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(endpoint) = self.endpoint.take() {
            let now = Instant::now();
            let mut counters = self.limiter.counters();
            counters.leaving.push((endpoint, now + self.lag));
            counters.free_what_left(now);
        }
    }
}

impl Limiter {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, counters: Mutex::default() }
    }

    fn counters(&self) -> std::sync::MutexGuard<'_, Counters> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Requests of the last hour, this one's included once it has entered.
    pub(super) fn used(&self) -> u64 {
        self.counters().used(Instant::now())
    }

    /// An hour and more passes: what was counted so far counts no longer.
    pub(super) fn let_time_pass(&self) {
        self.counters().calls.clear();
    }

    /// Pretends that other integrations of the tenant made this many requests within the hour.
    pub(super) fn set_others(&self, requests: u64) {
        self.counters().others = requests;
    }

    /// How many requests it takes in an hour, of all.
    pub(super) fn set_limit(&self, requests: u64) {
        self.counters().limit = requests;
    }

    /// How long its hour is: whoever's clock goes faster can wait for it.
    pub(super) fn set_hour(&self, hour: Duration) {
        self.counters().hour = hour;
    }

    /// Requests it takes in an hour.
    pub(super) fn limit(&self) -> u64 {
        self.counters().limit
    }

    /// Counts a request and lets it in, or says why not. Only entity endpoints have a thread limit. Its place is free again
    /// so long after the answer.
    pub(super) fn enter(
        self: &Arc<Self>,
        endpoint: Option<String>,
        lag: Duration,
    ) -> Result<Place, TooMany> {
        let mut counters = self.counters();
        let now = Instant::now();
        counters.free_what_left(now);
        let used = counters.used(now);
        counters.calls.push_back(now);
        if self.limits == Limits::Off {
            return Ok(self.place(None, lag, Duration::ZERO));
        }
        let limit = counters.limit;
        if used >= limit {
            return Err(TooMany::Hourly(limit));
        }
        if let Some(endpoint) = &endpoint {
            let count = counters.in_flight.entry(endpoint.clone()).or_default();
            if *count >= THREADS {
                return Err(TooMany::Threads);
            }
            *count += 1;
        }
        let delay = slowdown(used + 1, limit).mul_f64(counters.hour.div_duration_f64(HOUR));
        Ok(self.place(endpoint, lag, delay))
    }

    fn place(self: &Arc<Self>, endpoint: Option<String>, lag: Duration, delay: Duration) -> Place {
        Place { limiter: Arc::clone(self), endpoint, lag, delay }
    }
}

/// Half a second from half the budget on, a second from three quarters on.
fn slowdown(used: u64, limit: u64) -> Duration {
    if used * 4 >= limit * 3 {
        Duration::from_secs(1)
    } else if used * 2 >= limit {
        Duration::from_millis(500)
    } else {
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(4_999, 0)]
    #[case(5_000, 500)]
    #[case(7_499, 500)]
    #[case(7_500, 1_000)]
    fn the_budget_slows_down_at_half_and_at_three_quarters(#[case] used: u64, #[case] ms: u64) {
        assert_eq!(slowdown(used, HOURLY), Duration::from_millis(ms));
    }

    /// What was asked counts for as long, and the slowdown shrinks with it.
    #[test]
    fn an_hour_may_be_as_short_as_that_of_a_faster_clock() {
        let limiter = Arc::new(Limiter::new(Limits::Real));
        let hour = Duration::from_secs(36);
        limiter.set_hour(hour);
        limiter.set_limit(4);
        let enter = || limiter.enter(None, Duration::ZERO);
        let began = Instant::now();
        let delays: Vec<_> = (0..4).map(|_| enter().unwrap().delay.as_millis()).collect();
        assert_eq!(delays, [0, 5, 10, 10]);
        assert_eq!(enter().unwrap_err(), TooMany::Hourly(4));
        assert_eq!(limiter.counters().used(began + hour / 2), 5, "one that is turned away counts");
        assert_eq!(limiter.counters().used(Instant::now() + hour), 0);
    }

    #[test]
    fn a_place_is_given_back_when_the_request_is_done() {
        let limiter = Arc::new(Limiter::new(Limits::Real));
        let enter = || limiter.enter(Some("Services".into()), Duration::ZERO);
        let places: Vec<_> = (0..3).map(|_| enter().unwrap()).collect();
        assert_eq!(enter().unwrap_err(), TooMany::Threads);
        assert!(limiter.enter(Some("Contracts".into()), Duration::ZERO).is_ok());
        drop(places);
        assert!(enter().is_ok());
    }

    #[test]
    fn a_place_that_is_freed_late_is_taken_until_then() {
        let limiter = Arc::new(Limiter::new(Limits::Real));
        let enter = |lag| limiter.enter(Some("Services".into()), lag);
        let hour = Duration::from_secs(3_600);
        drop((0..3).map(|_| enter(hour).unwrap()).collect::<Vec<_>>());
        assert_eq!(enter(hour).unwrap_err(), TooMany::Threads);
        limiter.counters().free_what_left(Instant::now() + hour);
        assert!(enter(hour).is_ok());
    }
}
