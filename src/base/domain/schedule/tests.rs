//! Due times where clocks are changed, quiet windows, delays (unattended operation, *Schedule*).

use proptest::prelude::*;
use rstest::rstest;

use super::{times::NoSuchTime, *};

pub(super) fn schedule(zone: &str, looks: &[&str]) -> Schedule {
    Schedule {
        zone: zone.parse().unwrap(),
        looks: looks.iter().map(|time| time.parse().unwrap()).collect(),
        weekdays: Weekdays::EVERY,
        jitter: TimeDelta::zero(),
        on_new_invoice: false,
        quiet: Vec::new(),
        apply: Apply::default(),
        apply_to: BTreeMap::new(),
    }
}

pub(super) fn quiet(windows: &[&str]) -> Vec<QuietWindow> {
    windows.iter().map(|window| window.parse().unwrap()).collect()
}

pub(super) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn dues(schedule: &Schedule, from: &str, until: &str) -> Vec<String> {
    let dues = schedule.between(at(from), at(until));
    dues.iter().map(|due| due.at.format("%m-%d %H:%M").to_string()).collect()
}

#[rstest]
// Sydney: forward at 02:00 on 4 October 2026, back at 03:00 on 5 April 2026.
#[case("Australia/Sydney", "02:30", "2026-10-02T16:00:00Z", &["10-02 16:30", "10-03 16:00", "10-04 15:30"])]
#[case("Australia/Sydney", "02:30", "2026-04-03T15:00:00Z", &["04-03 15:30", "04-04 15:30", "04-05 16:30"])]
// Berlin: forward at 02:00 on 29 March 2026, back at 03:00 on 25 October 2026.
#[case("Europe/Berlin", "02:30", "2026-03-28T01:00:00Z", &["03-28 01:30", "03-29 01:00", "03-30 00:30"])]
#[case("Europe/Berlin", "02:30", "2026-10-24T00:00:00Z", &["10-24 00:30", "10-25 00:30", "10-26 01:30"])]
// Lord Howe: half an hour, forward at 02:00 on 4 October 2026, back at 02:00 on 5 April 2026.
#[case("Australia/Lord_Howe", "02:15", "2026-10-02T15:00:00Z", &["10-02 15:45", "10-03 15:30", "10-04 15:15"])]
#[case("Australia/Lord_Howe", "01:45", "2026-04-03T14:00:00Z", &["04-03 14:45", "04-04 14:45", "04-05 15:15"])]
fn where_clocks_are_changed_there_is_one_due_time_a_day(
    #[case] zone: &str,
    #[case] look: &str,
    #[case] from: &str,
    #[case] expected: &[&str],
) {
    let schedule = schedule(zone, &[look]);
    let until = at(from) + TimeDelta::hours(66);
    assert_eq!(dues(&schedule, from, &until.to_rfc3339()), expected);
}

#[test]
fn two_times_that_do_not_exist_are_one_look_at_the_next_minute_that_does() {
    let schedule = schedule("Europe/Berlin", &["02:10", "02:50", "03:00"]);
    assert_eq!(dues(&schedule, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"), ["03-29 01:00"]);
}

#[test]
fn a_day_that_was_left_out_is_looked_at_when_the_next_one_begins() {
    // Samoa had no 30 December 2011.
    let schedule = schedule("Pacific/Apia", &["06:30"]);
    let found = dues(&schedule, "2011-12-29T00:00:00Z", "2011-12-31T10:00:00Z");
    assert_eq!(found, ["12-29 16:30", "12-30 10:00", "12-30 16:30"]);
}

#[test]
fn new_invoices_are_looked_for_every_two_hours_and_a_sync_takes_the_place_of_that() {
    let schedule = Schedule { on_new_invoice: true, ..schedule("UTC", &["08:00"]) };
    let found = schedule.between(at("2026-10-05T00:00:00Z"), at("2026-10-06T00:00:00Z"));
    let hours: Vec<u32> = found.iter().map(|due| due.at.hour()).collect();
    assert_eq!(hours, [6, 8, 10, 12, 14, 16, 18, 20]);
    let syncs: Vec<u32> =
        found.iter().filter(|due| due.kind == LookKind::Sync).map(|due| due.at.hour()).collect();
    assert_eq!(syncs, [8]);
}

#[test]
fn a_quiet_window_and_a_day_of_the_week_keep_looks_out() {
    let schedule = Schedule {
        quiet: quiet(&["05 00:00-12:00"]),
        weekdays: Weekdays::of([Weekday::Mon, Weekday::Tue]),
        ..schedule("UTC", &["06:30", "12:00"])
    };
    let found = schedule.between(at("2026-10-04T00:00:00Z"), at("2026-10-08T00:00:00Z"));
    let told: Vec<(u32, u32, bool)> =
        found.iter().map(|due| (due.at.day(), due.at.hour(), due.quiet)).collect();
    assert_eq!(told, [(5, 6, true), (5, 12, false), (6, 6, false), (6, 12, false)]);
    assert_eq!(schedule.loud_from(at("2026-10-05T06:30:30Z")), at("2026-10-05T12:00:00Z"));
}

#[test]
fn quiet_windows_that_follow_each_other_are_left_at_the_end_of_the_last() {
    let windows = quiet(&["01 00:00-24:00", "02 00:00-06:00", "02 05:00-07:15"]);
    let schedule = Schedule { quiet: windows, ..schedule("Australia/Sydney", &["06:30"]) };
    // 07:15 on 2 November in Sydney.
    assert_eq!(schedule.loud_from(at("2026-11-01T01:00:00Z")), at("2026-11-01T20:15:00Z"));
}

#[rstest]
#[case(&["06:30"], false, &[], true)]
#[case(&[], true, &[], true)]
#[case(&["06:30"], false, &["01 06:00-07:00"], true)]
#[case(&["12:00"], false, &["01 06:00-12:00"], true)]
fn a_schedule_that_comes(
    #[case] looks: &[&str],
    #[case] on_new_invoice: bool,
    #[case] windows: &[&str],
    #[case] comes: bool,
) {
    let quiet = quiet(windows);
    let schedule = Schedule { on_new_invoice, quiet, ..schedule("UTC", looks) };
    assert_eq!(schedule.ever_comes(), comes);
}

#[test]
fn windows_on_every_day_of_the_month_leave_no_time() {
    let windows: Vec<String> = (1..=31).map(|day| format!("{day:02} 06:00-07:00")).collect();
    let windows: Vec<&str> = windows.iter().map(String::as_str).collect();
    let mut schedule = Schedule { quiet: quiet(&windows), ..schedule("UTC", &["06:30"]) };
    assert!(!schedule.ever_comes());
    schedule.looks.push("07:00".parse().unwrap());
    assert!(schedule.ever_comes());
    schedule.weekdays = Weekdays::of([]);
    assert!(!schedule.ever_comes());
}

#[rstest]
#[case("6:30")]
#[case("06.30")]
#[case("24:00")]
#[case("06:60")]
#[case("+6:30")]
#[case("")]
fn what_is_no_time_of_day_is_refused(#[case] text: &str) {
    assert_eq!(text.parse::<TimeOfDay>(), Err(NoSuchTime));
}

#[rstest]
#[case("1 00:00-12:00")]
#[case("32 00:00-12:00")]
#[case("00 00:00-12:00")]
#[case("01 12:00-12:00")]
#[case("01 12:00-06:00")]
#[case("01 00:00-24:01")]
#[case("01 00:00")]
fn what_is_no_quiet_window_is_refused(#[case] text: &str) {
    assert_eq!(text.parse::<QuietWindow>(), Err(NoSuchTime));
}

#[test]
fn times_are_told_as_they_are_written() {
    assert_eq!("06:30".parse::<TimeOfDay>().unwrap().to_string(), "06:30");
    let window = "01 00:00-24:00";
    assert_eq!(window.parse::<QuietWindow>().unwrap().to_string(), window);
    assert_eq!(Weekdays::of([Weekday::Sun, Weekday::Mon]).to_string(), "mon sun");
}

proptest! {
    /// The next due time is later than now, and none lies between.
    #[test]
    fn the_next_due_time_comes_after_now(
        zone in prop::sample::select(vec!["Australia/Sydney", "Europe/Berlin", "Australia/Lord_Howe", "UTC"]),
        hours in prop::collection::btree_set((0_u32..24, 0_u32..60), 1..4),
        now in 1_790_000_000_i64..1_830_000_000,
    ) {
        let looks: Vec<String> = hours.iter().map(|(hour, minute)| format!("{hour:02}:{minute:02}")).collect();
        let looks: Vec<&str> = looks.iter().map(String::as_str).collect();
        let schedule = schedule(zone, &looks);
        let now = DateTime::from_timestamp(now, 0).unwrap();
        let next = schedule.first_after(now, |_| true).unwrap();
        prop_assert!(next.at > now);
        prop_assert!(next.at <= now + TimeDelta::hours(26));
        prop_assert_eq!(schedule.between(now, next.at), vec![next]);
    }

    /// A delay is the same each time, no longer than it may be, and never reaches the next due time or a quiet window.
    #[test]
    fn a_delay_leaves_the_next_look_its_time(seed: u64, gap in 1_u32..40, jitter in 0_i64..120) {
        let later = format!("06:{gap:02}");
        let schedule = Schedule {
            jitter: TimeDelta::minutes(jitter),
            quiet: quiet(&["05 06:20-06:25"]),
            ..schedule("UTC", &["06:00", &later])
        };
        for due in schedule.between(at("2026-10-04T00:00:00Z"), at("2026-10-06T12:00:00Z")) {
            let delay = schedule.delay(seed, &due);
            prop_assert_eq!(delay, schedule.delay(seed, &due));
            prop_assert!(delay >= TimeDelta::zero() && delay <= schedule.jitter);
            prop_assert!(due.quiet || !schedule.is_quiet(due.at + delay));
            let next = schedule.first_after(due.at, |_| true).unwrap();
            prop_assert!(due.at + delay < next.at);
        }
    }
}

#[test]
fn delays_are_spread() {
    let schedule = Schedule { jitter: TimeDelta::minutes(10), ..schedule("UTC", &["06:30"]) };
    let dues = schedule.between(at("2026-10-01T00:00:00Z"), at("2026-10-31T00:00:00Z"));
    let delays: std::collections::BTreeSet<i64> =
        dues.iter().map(|due| schedule.delay(7, due).num_seconds()).collect();
    assert!(delays.len() > 20, "{delays:?}");
    assert!(delays.last().is_some_and(|longest| (300..=600).contains(longest)), "{delays:?}");
}
