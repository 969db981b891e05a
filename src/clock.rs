//! Time as a parameter (design invariant 8): what the hour is, and how long a pause takes.
//!
//! Nothing else in the program may ask the system for the time or sleep, except the simulator, which has its own.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::Day;

/// The hour and the pace of waiting. Cheap to copy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clock {
    offset: TimeDelta,
    scale: f64,
}

impl Clock {
    /// The system's own time; a pause takes as long as it says.
    #[must_use]
    pub fn system() -> Self {
        Self { offset: TimeDelta::zero(), scale: 1.0 }
    }

    /// A clock that shows `now` at this moment and goes on from there (`--now`).
    #[must_use]
    pub fn starting_at(now: DateTime<Utc>) -> Self {
        Self { offset: now.signed_duration_since(Utc::now()), scale: 1.0 }
    }

    /// The same clock on which a pause of one second really takes `scale` seconds: 0.001 in tests.
    #[must_use]
    pub fn scaled(self, scale: f64) -> Self {
        Self { scale, ..self }
    }

    /// The hour.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        Utc::now() + self.offset
    }

    /// The day.
    #[must_use]
    pub fn today(&self) -> Day {
        Day(self.now().date_naive())
    }

    /// A stretch of this clock's time in real time: for time-outs that belong to a wait of ours, never to a socket.
    #[must_use]
    pub fn real(&self, stretch: Duration) -> Duration {
        stretch.mul_f64(self.scale)
    }

    /// Waits for a stretch of this clock's time.
    pub async fn sleep(&self, stretch: Duration) {
        tokio::time::sleep(self.real(stretch)).await;
    }

    /// Waits for a stretch of real time, whatever the clock: for what a server does by its own.
    pub async fn sleep_by_the_servers(stretch: Duration) {
        tokio::time::sleep(stretch).await;
    }
}
