//! The schedule that the settings describe.
//!
//! It must not keep it: the engine does.

use chrono::{TimeDelta, Weekday};
use chrono_tz::Tz;

use super::{
    ConfigError,
    sources::{SettingValue, Values, applied},
};
use crate::domain::schedule::{Apply, Schedule, Weekdays};

/// The schedule of these values, each of which is one of its kind.
pub(super) fn of(values: &Values) -> Schedule {
    let zone = text(values, "schedule.zone").filter(|zone| !zone.is_empty());
    let days =
        list(values, "schedule.weekdays").iter().filter_map(|day| day.parse::<Weekday>().ok());
    let jitter = match values.get("schedule.jitter_minutes") {
        Some((SettingValue::Number(minutes), _)) => i64::try_from(*minutes).unwrap_or(0),
        _ => 0,
    };
    let on_new_invoice = values.get("schedule.on_new_invoice");
    let mut looks: Vec<_> =
        list(values, "schedule.look").iter().filter_map(|time| time.parse().ok()).collect();
    looks.sort();
    looks.dedup();
    Schedule {
        zone: zone.and_then(|zone| zone.parse().ok()).unwrap_or_else(zone_of_system),
        looks,
        weekdays: Weekdays::of(days),
        jitter: TimeDelta::minutes(jitter),
        on_new_invoice: matches!(on_new_invoice, Some((SettingValue::Flag(true), _))),
        quiet: list(values, "schedule.not")
            .iter()
            .filter_map(|window| window.parse().ok())
            .collect(),
        apply: text(values, "schedule.apply").and_then(Apply::from_word).unwrap_or_default(),
        apply_to: list(values, "schedule.apply_to").iter().filter_map(|one| applied(one)).collect(),
    }
}

/// A schedule that never comes would be found out by nobody.
pub(super) fn must_come(values: &Values) -> Result<(), ConfigError> {
    let schedule = of(values);
    if !schedule.is_set() || schedule.ever_comes() {
        return Ok(());
    }
    let key = if schedule.weekdays.is_empty() { "schedule.weekdays" } else { "schedule.not" };
    let place = values.get(key).map(|(_, place)| place.clone()).unwrap_or_default();
    Err(ConfigError::NeverLooks { key: key.to_owned(), place })
}

/// The zone of the system: what `TZ` names, or its clock; UTC where neither is a zone with a name.
fn zone_of_system() -> Tz {
    let named = std::env::var("TZ").ok().and_then(|name| name.trim_start_matches(':').parse().ok());
    let of_clock = || iana_time_zone::get_timezone().ok().and_then(|name| name.parse().ok());
    named.or_else(of_clock).unwrap_or(Tz::UTC)
}

fn text<'a>(values: &'a Values, key: &str) -> Option<&'a str> {
    match values.get(key) {
        Some((SettingValue::Text(text), _)) => Some(text),
        _ => None,
    }
}

fn list<'a>(values: &'a Values, key: &str) -> &'a [String] {
    match values.get(key) {
        Some((SettingValue::List(texts), _)) => texts,
        _ => &[],
    }
}
