//! When the program looks by itself: due times, and what keeps it from looking. Pure.
//!
//! ```text
//!   look = ["06:30"]   weekdays      on_new_invoice          not = ["01 00:00-12:00"]
//!            \            |               /                          |
//!             due times, each at one moment (`due`)      no look begins in it (`quiet`)
//!                              \                          /
//!                       what is to be done next, and when (`course`)
//! ```
//! It must not ask the clock, sleep, or know what a look does.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use std::collections::BTreeMap;

use chrono::{
    DateTime, Datelike as _, LocalResult, NaiveDate, NaiveDateTime, TimeDelta, TimeZone as _,
    Timelike as _, Utc, Weekday,
};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::ConnectionId;

pub use self::times::{QuietWindow, TimeOfDay, Weekdays};

pub mod course;
mod times;

/// New invoices are looked for at these hours of the day.
const NEW_INVOICE_HOURS: [u16; 8] = [6, 8, 10, 12, 14, 16, 18, 20];

/// A due time is looked for in so many stretches of so many days: ten years. Each day of the month falls on each day of
/// the week long before.
const STRETCH: TimeDelta = TimeDelta::days(9);
const STRETCHES: i32 = 406;

/// Longer than any local time that never was: whole days were skipped where a place changed sides of the date line.
const LONGEST_GAP_MINUTES: u32 = 2 * 24 * 60;

/// What a look does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LookKind {
    /// Asks for the invoice list, and syncs only where there is a new one.
    NewInvoice,
    /// Syncs everything.
    Sync,
}

impl LookKind {
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::NewInvoice => "new invoice",
            Self::Sync => "sync",
        }
    }
}

/// What a look may write by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Apply {
    /// All but what guards hold back.
    #[default]
    WithinGuards,
    /// All, with a warning where a guard would have held it back.
    All,
    /// Nothing: it only plans.
    PlanOnly,
}

impl Apply {
    pub const WORDS: &'static [&'static str] = &["within-guards", "all", "plan-only"];

    /// As settings have it.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "within-guards" => Some(Self::WithinGuards),
            "all" => Some(Self::All),
            "plan-only" => Some(Self::PlanOnly),
            _ => None,
        }
    }

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::WithinGuards => "within-guards",
            Self::All => "all",
            Self::PlanOnly => "plan-only",
        }
    }
}

/// When to look, as the settings say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Where the times of day are those of.
    pub zone: Tz,
    pub looks: Vec<TimeOfDay>,
    pub weekdays: Weekdays,
    /// A look begins up to so much later than its due time.
    pub jitter: TimeDelta,
    /// Whether new invoices are looked for between the looks.
    pub on_new_invoice: bool,
    /// No look begins in these.
    pub quiet: Vec<QuietWindow>,
    pub apply: Apply,
    /// What holds instead for one target.
    pub apply_to: BTreeMap<ConnectionId, Apply>,
}

/// A moment at which a look is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    pub at: DateTime<Utc>,
    pub kind: LookKind,
    /// Whether it lies in a quiet window, and does not take place.
    pub quiet: bool,
}

impl Schedule {
    /// Whether there is anything to keep.
    #[must_use]
    pub fn is_set(&self) -> bool {
        !self.looks.is_empty() || self.on_new_invoice
    }

    /// Whether a look will ever take place: there is a day of the week, and a time outside the quiet windows. Each day of
    /// the month falls on each day of the week sooner or later.
    #[must_use]
    pub fn ever_comes(&self) -> bool {
        let free = |time: TimeOfDay| {
            (1..=31).any(|day| self.quiet.iter().all(|window| !window.has(day, time)))
        };
        !self.weekdays.is_empty() && self.times().any(|(time, _)| free(time))
    }

    #[must_use]
    pub fn apply_on(&self, target: &ConnectionId) -> Apply {
        self.apply_to.get(target).copied().unwrap_or(self.apply)
    }

    fn times(&self) -> impl Iterator<Item = (TimeOfDay, LookKind)> + '_ {
        let hours = NEW_INVOICE_HOURS.iter().filter(|_| self.on_new_invoice);
        let looks = self.looks.iter().map(|time| (*time, LookKind::Sync));
        looks.chain(hours.map(|hour| (TimeOfDay::at_hour(*hour), LookKind::NewInvoice)))
    }

    /// Due times after one moment, up to and with another, in their order; one at a moment.
    #[must_use]
    pub fn between(&self, after: DateTime<Utc>, until: DateTime<Utc>) -> Vec<Due> {
        // A day more on both sides: what a gap shifts may fall into another day.
        let first = self.local(after).date() - TimeDelta::days(2);
        let last = self.local(until).date() + TimeDelta::days(1);
        let days = first.iter_days().take_while(|day| *day <= last);
        let mut found = BTreeMap::new();
        for day in days.filter(|day| self.weekdays.has(day.weekday())) {
            for (time, kind) in self.times() {
                let at = self.moment(day, time.minute());
                if after < at && at <= until {
                    let known = found.entry(at).or_insert(kind);
                    *known = kind.max(*known);
                }
            }
        }
        found.into_iter().map(|(at, kind)| Due { at, kind, quiet: self.is_quiet(at) }).collect()
    }

    /// The first due times after a moment: all of the stretch in which there is one.
    fn stretch_after(&self, moment: DateTime<Utc>) -> impl Iterator<Item = Vec<Due>> + '_ {
        (0..STRETCHES).map(move |nth| {
            let from = moment + STRETCH * nth;
            self.between(from, from + STRETCH)
        })
    }

    /// The first due time after a moment that is like this.
    #[must_use]
    pub fn first_after(&self, moment: DateTime<Utc>, like: impl Fn(&Due) -> bool) -> Option<Due> {
        self.stretch_after(moment).flatten().find(like)
    }

    #[must_use]
    pub fn is_quiet(&self, at: DateTime<Utc>) -> bool {
        let local = self.local(at);
        let time = TimeOfDay::of(local.time().hour(), local.time().minute());
        self.quiet.iter().any(|window| window.has(local.day(), time))
    }

    /// The first moment from this one on that lies in no quiet window.
    #[must_use]
    pub fn loud_from(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        let mut at = at;
        // All windows of two months: they leave some time somewhere.
        for _ in 0..62 * 24 * 60 {
            if !self.is_quiet(at) {
                break;
            }
            // To the next full minute.
            let over = TimeDelta::seconds(at.timestamp().rem_euclid(60));
            let part = TimeDelta::nanoseconds(at.timestamp_subsec_nanos().into());
            at = at - over - part + TimeDelta::minutes(1);
        }
        at
    }

    /// How much later than its due time a look begins: the same for one installation and due time however often it is
    /// asked, never so late that the next one is due or a quiet window has begun.
    #[must_use]
    pub fn delay(&self, seed: u64, due: &Due) -> TimeDelta {
        let next = self.first_after(due.at, |_| true);
        let room = next.map_or(self.jitter, |next| next.at - due.at - TimeDelta::minutes(1));
        let most = self.jitter.min(room).num_seconds();
        let Ok(span) = u64::try_from(most) else { return TimeDelta::zero() };
        let chance = scattered(seed ^ due.at.timestamp().unsigned_abs()) % (span + 1);
        let delay = TimeDelta::seconds(i64::try_from(chance).unwrap_or(0));
        if self.is_quiet(due.at + delay) { TimeDelta::zero() } else { delay }
    }

    /// The time of day there.
    #[must_use]
    pub fn local(&self, at: DateTime<Utc>) -> NaiveDateTime {
        at.with_timezone(&self.zone).naive_local()
    }

    fn moment(&self, day: NaiveDate, minute: u16) -> DateTime<Utc> {
        let midnight = day.and_time(chrono::NaiveTime::MIN);
        first_moment(self.zone, midnight + TimeDelta::minutes(minute.into()))
    }
}

/// The moment of a local time: the first where it exists twice, the next minute that exists where it does not.
#[must_use]
pub fn first_moment(zone: Tz, wanted: NaiveDateTime) -> DateTime<Utc> {
    for later in 0..=LONGEST_GAP_MINUTES {
        let local = wanted + TimeDelta::minutes(later.into());
        match zone.from_local_datetime(&local) {
            LocalResult::Single(at) => return at.to_utc(),
            LocalResult::Ambiguous(one, other) => return one.min(other).to_utc(),
            LocalResult::None => {}
        }
    }
    wanted.and_utc()
}

/// A number that looks like chance (splitmix64).
fn scattered(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// As people write them.
#[must_use]
pub fn weekday_word(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "mon",
        Weekday::Tue => "tue",
        Weekday::Wed => "wed",
        Weekday::Thu => "thu",
        Weekday::Fri => "fri",
        Weekday::Sat => "sat",
        Weekday::Sun => "sun",
    }
}

#[cfg(test)]
mod tests;
