//! Missed times, retries, pauses, quiet windows and clocks that jump (unattended operation, *Schedule*).

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::tests::{at, quiet, schedule};
use super::*;

/// A keeper of a schedule whose looks take no time, and what it did.
struct Keeper {
    schedule: Schedule,
    course: Course,
    now: DateTime<Utc>,
    done: Vec<String>,
}

impl Keeper {
    fn of(schedule: Schedule, now: &str) -> Self {
        let now = at(now);
        Self { schedule, course: Course::new(now, 1), now, done: Vec::new() }
    }

    fn note(&mut self, passed: PassedOverDues) {
        for (due, why) in passed {
            self.done.push(format!("{} {why:?}", due.at.format("%d %H:%M")));
        }
    }

    /// Goes on until then; `ends` says how a look ends.
    fn until(&mut self, end: &str, mut ends: impl FnMut(DateTime<Utc>, LookKind) -> Ended) {
        let end = at(end);
        while let Some((when, turn)) = self.course.turn(&self.schedule, self.now) {
            if when > end {
                break;
            }
            self.now = self.now.max(when);
            match turn {
                // What comes first is asked anew at its time.
                _ if when == self.now && self.stale(&turn) => {}
                Turn::Look(attempt) => {
                    let passed = self.course.begin(&self.schedule, attempt, self.now);
                    self.note(passed);
                    let told = format!("{} {:?}", self.now.format("%d %H:%M"), attempt.why);
                    self.done.push(told);
                    self.course.end(attempt, ends(self.now, attempt.kind), self.now);
                }
                Turn::PassOver => {
                    let passed = self.course.pass_over(&self.schedule, self.now);
                    self.note(passed);
                }
                Turn::Resume => {
                    let passed = self.course.resume(&self.schedule, self.now);
                    self.note(passed);
                }
                Turn::SetBack => self.course.set_back(self.now),
            }
        }
        self.now = end;
    }

    /// Whether something else is to be done at its time than was foreseen: then that is done in the next round.
    fn stale(&self, turn: &Turn) -> bool {
        self.course.turn(&self.schedule, self.now).is_none_or(|(_, now)| now != *turn)
    }

    fn well(&mut self, end: &str) {
        self.until(end, |_, _| Ended::Well);
    }
}

#[test]
fn a_day_has_one_look_at_its_time() {
    let mut keeper = Keeper::of(schedule("Australia/Sydney", &["06:30"]), "2026-10-05T00:00:00Z");
    keeper.well("2026-10-07T00:00:00Z");
    assert_eq!(keeper.done, ["05 19:30 Due", "06 19:30 Due"]);
}

#[test]
fn what_was_due_before_it_was_kept_for_the_first_time_is_not_made_up() {
    let mut keeper = Keeper::of(schedule("UTC", &["06:30"]), "2026-10-05T06:31:00Z");
    keeper.well("2026-10-05T23:00:00Z");
    assert_eq!(keeper.done, [""; 0]);
}

#[test]
fn a_failure_is_tried_again_after_1_3_and_9_hours_then_at_the_next_due_time() {
    let mut keeper = Keeper::of(schedule("UTC", &["06:30"]), "2026-10-05T00:00:00Z");
    keeper.until("2026-10-06T12:00:00Z", |_, _| Ended::Failed);
    let expected = [
        "05 06:30 Due",
        "05 07:30 Retry { failed: 1 }",
        "05 10:30 Retry { failed: 2 }",
        "05 19:30 Retry { failed: 3 }",
        "06 06:30 Due",
        "06 07:30 Retry { failed: 1 }",
        "06 10:30 Retry { failed: 2 }",
    ];
    assert_eq!(keeper.done, expected);
}

#[test]
fn a_retry_that_succeeds_is_the_last() {
    let mut keeper = Keeper::of(schedule("UTC", &["06:30"]), "2026-10-05T00:00:00Z");
    let mut failures = 1;
    keeper.until("2026-10-06T12:00:00Z", |_, _| {
        failures -= 1;
        if failures >= 0 { Ended::Failed } else { Ended::Well }
    });
    assert_eq!(keeper.done, ["05 06:30 Due", "05 07:30 Retry { failed: 1 }", "06 06:30 Due"]);
}

#[test]
fn a_look_for_new_invoices_leaves_a_failed_sync_to_its_retry() {
    let schedule = Schedule { on_new_invoice: true, ..schedule("UTC", &["06:30"]) };
    let mut keeper = Keeper::of(schedule, "2026-10-05T06:00:00Z");
    keeper.until("2026-10-05T12:30:00Z", |_, kind| match kind {
        LookKind::Sync => Ended::Failed,
        LookKind::NewInvoice => Ended::Well,
    });
    let expected = [
        "05 06:30 Due",
        "05 07:30 Retry { failed: 1 }",
        "05 08:00 Due",
        "05 10:00 Due",
        "05 10:30 Retry { failed: 2 }",
        "05 12:00 Due",
    ];
    assert_eq!(keeper.done, expected);
}

#[test]
fn a_look_that_somebody_stopped_is_not_tried_again() {
    let mut keeper = Keeper::of(schedule("UTC", &["06:30"]), "2026-10-05T00:00:00Z");
    keeper.until("2026-10-06T12:00:00Z", |_, _| Ended::Stopped);
    assert_eq!(keeper.done, ["05 06:30 Due", "06 06:30 Due"]);
}

#[test]
fn times_that_were_missed_are_made_up_once() {
    let mut keeper = Keeper::of(schedule("UTC", &["06:30"]), "2026-10-01T00:00:00Z");
    keeper.now = at("2026-10-04T09:00:00Z");
    keeper.well("2026-10-05T12:00:00Z");
    let expected = [
        "01 06:30 Missed",
        "02 06:30 Missed",
        "03 06:30 Missed",
        "04 09:00 MadeUp",
        "05 06:30 Due",
    ];
    assert_eq!(keeper.done, expected);
}

#[test]
fn a_clock_that_jumps_a_month_forward_makes_up_one_look() {
    let mut keeper = Keeper::of(schedule("UTC", &["06:30"]), "2026-10-01T00:00:00Z");
    keeper.well("2026-10-02T00:00:00Z");
    keeper.now = at("2026-11-02T12:00:00Z");
    keeper.well("2026-11-03T12:00:00Z");
    let looks = keeper.done.iter().filter(|line| !line.ends_with("Missed"));
    assert_eq!(looks.collect::<Vec<_>>(), ["01 06:30 Due", "02 12:00 MadeUp", "03 06:30 Due"]);
}

#[test]
fn a_clock_that_goes_a_month_back_looks_on_and_at_no_due_time_twice() {
    let mut keeper = Keeper::of(schedule("UTC", &["06:30"]), "2026-11-01T00:00:00Z");
    keeper.well("2026-11-03T12:00:00Z");
    keeper.now = at("2026-10-30T12:00:00Z");
    keeper.well("2026-11-04T12:00:00Z");
    let expected = ["01 06:30 Due", "02 06:30 Due", "03 06:30 Due", "31 06:30 Due", "04 06:30 Due"];
    assert_eq!(keeper.done, expected);
}

#[test]
fn a_retry_comes_no_later_because_the_clock_went_back() {
    let mut keeper = Keeper::of(schedule("UTC", &["06:30"]), "2026-11-05T00:00:00Z");
    keeper.until("2026-11-05T06:40:00Z", |_, _| Ended::Failed);
    keeper.now = at("2026-10-05T07:00:00Z");
    keeper.well("2026-10-05T09:00:00Z");
    assert_eq!(keeper.done, ["05 06:30 Due", "05 08:00 Retry { failed: 1 }"]);
}

#[test]
fn a_look_that_was_cut_off_is_made_up_once() {
    let mut keeper = Keeper::of(schedule("UTC", &["06:30"]), "2026-10-05T00:00:00Z");
    keeper.now = at("2026-10-05T06:30:00Z");
    for why in [Why::Due, Why::MadeUp] {
        let Some((_, Turn::Look(attempt))) = keeper.course.turn(&keeper.schedule, keeper.now)
        else {
            panic!("a look")
        };
        assert_eq!(attempt.why, why);
        // The process is killed before it ends.
        keeper.course.begin(&keeper.schedule, attempt, keeper.now);
        keeper.now += TimeDelta::minutes(3);
    }
    keeper.well("2026-10-06T12:00:00Z");
    assert_eq!(keeper.done, ["06 06:30 Due"]);
}

#[test]
fn nothing_is_looked_at_in_a_quiet_window_nor_made_up_in_it() {
    let schedule =
        Schedule { quiet: quiet(&["05 00:00-12:00"]), ..schedule("UTC", &["06:30", "12:30"]) };
    let mut keeper = Keeper::of(schedule, "2026-10-04T06:00:00Z");
    keeper.until("2026-10-04T20:00:00Z", |_, _| Ended::Failed);
    keeper.well("2026-10-05T13:00:00Z");
    let expected = [
        "04 06:30 Due",
        "04 07:30 Retry { failed: 1 }",
        "04 10:30 Retry { failed: 2 }",
        "04 12:30 Due",
        "04 13:30 Retry { failed: 1 }",
        "04 16:30 Retry { failed: 2 }",
        "05 06:30 Quiet",
        "05 12:00 Retry { failed: 3 }",
        "05 12:30 Due",
    ];
    assert_eq!(keeper.done, expected);
}

#[test]
fn a_time_missed_before_a_quiet_window_is_made_up_after_it() {
    let schedule = Schedule { quiet: quiet(&["05 00:00-12:00"]), ..schedule("UTC", &["22:30"]) };
    let mut keeper = Keeper::of(schedule, "2026-10-04T06:00:00Z");
    keeper.now = at("2026-10-05T03:00:00Z");
    keeper.well("2026-10-05T20:00:00Z");
    assert_eq!(keeper.done, ["05 12:00 MadeUp"]);
}

#[test]
fn what_is_due_in_a_pause_is_passed_over_and_not_made_up() {
    let mut keeper = Keeper::of(schedule("UTC", &["06:30"]), "2026-10-04T06:00:00Z");
    let until = Some(at("2026-10-06T00:00:00Z"));
    keeper.course.paused = Some(Pause { until, by: "jdoe".to_owned() });
    let next = keeper.course.next_look(&keeper.schedule, keeper.now).map(|(when, _)| when);
    assert_eq!(next, Some(at("2026-10-06T06:30:00Z")));
    keeper.well("2026-10-06T12:00:00Z");
    assert_eq!(keeper.done, ["04 06:30 Paused", "05 06:30 Paused", "06 06:30 Due"]);
}

#[test]
fn a_pause_without_an_end_has_no_next_look() {
    let mut keeper = Keeper::of(schedule("UTC", &["06:30"]), "2026-10-04T06:00:00Z");
    keeper.course.paused = Some(Pause { until: None, by: "jdoe".to_owned() });
    assert_eq!(keeper.course.turn(&keeper.schedule, keeper.now), None);
    assert_eq!(keeper.course.next_look(&keeper.schedule, keeper.now), None);
}

#[test]
fn the_next_look_is_not_one_in_a_quiet_window() {
    let schedule = Schedule { quiet: quiet(&["05 00:00-12:00"]), ..schedule("UTC", &["06:30"]) };
    let keeper = Keeper::of(schedule, "2026-10-04T20:00:00Z");
    assert!(matches!(keeper.course.turn(&keeper.schedule, keeper.now), Some((_, Turn::PassOver))));
    let next = keeper.course.next_look(&keeper.schedule, keeper.now).map(|(when, _)| when);
    assert_eq!(next, Some(at("2026-10-06T06:30:00Z")));
}

/// What may happen to whoever keeps a schedule.
#[derive(Clone, Debug)]
enum Happens {
    /// Time goes on, the looks in it end so.
    On { minutes: i64, failing: bool },
    /// The clock is set, forward or back.
    Jump { minutes: i64 },
    /// Nothing runs for a while.
    Off { minutes: i64 },
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        (1_i64..4_000, any::<bool>())
            .prop_map(|(minutes, failing)| Happens::On { minutes, failing }),
        (-50_000_i64..50_000).prop_map(|minutes| Happens::Jump { minutes }),
        (1_i64..4_000).prop_map(|minutes| Happens::Off { minutes }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever happens, no due time is looked at twice but for what failed, and what comes next is never in the past.
    #[test]
    fn there_are_never_two_looks_for_one_due_time(
        story in prop::collection::vec(happens(), 1..12),
        on_new_invoice: bool,
        jitter in 0_i64..40,
    ) {
        let schedule = Schedule {
            on_new_invoice,
            jitter: TimeDelta::minutes(jitter),
            quiet: quiet(&["03 00:00-12:00", "12 05:00-09:00"]),
            ..schedule("Europe/Berlin", &["02:30", "06:30"])
        };
        let mut course = Course::new(at("2026-10-20T00:00:00Z"), 5);
        let mut now = at("2026-10-20T00:00:00Z");
        let mut looked: BTreeMap<DateTime<Utc>, u32> = BTreeMap::new();
        for happening in story {
            let (minutes, failing) = match happening {
                Happens::Jump { minutes } | Happens::Off { minutes } => {
                    now += TimeDelta::minutes(minutes);
                    continue;
                }
                Happens::On { minutes, failing } => (minutes, failing),
            };
            let end = now + TimeDelta::minutes(minutes);
            let mut rounds = 0;
            while let Some((when, turn)) = course.turn(&schedule, now) {
                rounds += 1;
                prop_assert!(rounds < 500, "it goes on");
                prop_assert!(when >= now);
                if when > end {
                    break;
                }
                if when > now {
                    now = when;
                    continue;
                }
                match turn {
                    Turn::Look(attempt) => {
                        prop_assert!(!schedule.is_quiet(now));
                        course.begin(&schedule, attempt, now);
                        if !matches!(attempt.why, Why::Retry { .. }) {
                            *looked.entry(attempt.due.unwrap()).or_default() += 1;
                        }
                        let ended = if failing { Ended::Failed } else { Ended::Well };
                        course.end(attempt, ended, now);
                    }
                    Turn::PassOver => drop(course.pass_over(&schedule, now)),
                    Turn::Resume => drop(course.resume(&schedule, now)),
                    Turn::SetBack => course.set_back(now),
                }
                if let Some((next, _)) = course.next_look(&schedule, now) {
                    prop_assert!(next >= now);
                }
            }
            now = end;
        }
        prop_assert!(looked.values().all(|times| *times == 1), "{looked:?}");
    }
}
