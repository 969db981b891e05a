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
    /// Since when, by the system's time, its hours go by as fast as its pauses; none where they go by as everywhere.
    hastened: Option<DateTime<Utc>>,
}

impl Clock {
    /// The system's own time; a pause takes as long as it says.
    #[must_use]
    pub fn system() -> Self {
        Self { offset: TimeDelta::zero(), scale: 1.0, hastened: None }
    }

    /// A clock that shows `now` at this moment and goes on from there (`--now`).
    #[must_use]
    pub fn starting_at(now: DateTime<Utc>) -> Self {
        Self { offset: now.signed_duration_since(Utc::now()), scale: 1.0, hastened: None }
    }

    /// The same clock on which a pause of one second really takes `scale` seconds: 0.001 in tests.
    #[must_use]
    pub fn scaled(self, scale: f64) -> Self {
        Self { scale, ..self }
    }

    /// The same clock on which also the hours go by so fast: from now on, a second of it really takes `scale` seconds,
    /// whether somebody waits for it or not. Days in seconds, for what waits for an hour.
    #[must_use]
    pub fn hastened(self, scale: f64) -> Self {
        let (now, hastened) = (self.now(), Utc::now());
        Self { offset: now.signed_duration_since(hastened), scale, hastened: Some(hastened) }
    }

    /// Its hours and pauses go by as those of the other one, which shows another hour.
    #[must_use]
    pub fn going_as(self, other: Self) -> Self {
        Self { offset: self.offset, ..other }
    }

    /// The hour.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let now = Utc::now();
        let gone = self.hastened.and_then(|since| (now - since).to_std().ok());
        let more = gone.and_then(|gone| {
            // Beside the time that really went by.
            let whole = Duration::try_from_secs_f64(gone.as_secs_f64() / self.scale).ok()?;
            TimeDelta::from_std(whole.saturating_sub(gone)).ok()
        });
        now + self.offset + more.unwrap_or_default()
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

    /// The same, unless something comes first; without a stretch for that alone.
    pub async fn sleep_unless(&self, stretch: Option<Duration>, comes: impl Future<Output = ()>) {
        let slept = async {
            match stretch {
                Some(stretch) => self.sleep(stretch).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = slept => {}
            () = comes => {}
        }
    }

    /// Waits for a stretch of real time, whatever the clock: for what a server does by its own.
    pub async fn sleep_by_the_servers(stretch: Duration) {
        tokio::time::sleep(stretch).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn on_a_hastened_clock_a_pause_and_the_hours_go_by_together() {
        let start = "2026-10-05T06:00:00Z".parse().expect("a time");
        let clock = Clock::starting_at(start).hastened(0.000_01);
        clock.sleep(Duration::from_hours(2)).await;
        let gone = clock.now() - start;
        assert!(gone >= TimeDelta::hours(2), "{gone}");
        assert!(gone < TimeDelta::days(30), "{gone}");
    }

    #[test]
    fn a_clock_that_goes_as_another_keeps_its_hour() {
        let start: DateTime<Utc> = "2026-10-05T06:00:00Z".parse().expect("a time");
        let clock = Clock::starting_at(start).going_as(Clock::system().hastened(0.5));
        let gone = clock.now() - start;
        assert!(gone >= TimeDelta::zero() && gone < TimeDelta::hours(1), "{gone}");
        assert_eq!(clock.real(Duration::from_secs(2)), Duration::from_secs(1));
    }

    #[tokio::test]
    async fn on_a_scaled_clock_only_pauses_are_shorter() {
        let start = "2026-10-05T06:00:00Z".parse().expect("a time");
        let clock = Clock::starting_at(start).scaled(0.000_01);
        clock.sleep(Duration::from_hours(2)).await;
        assert!(clock.now() - start < TimeDelta::hours(1));
    }
}
