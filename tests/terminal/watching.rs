//! A sync is watched from its first frame to its record: frame by frame, through every phase.

use crate::{pty::Console, walking::demo};

/// One write is to wait, one is refused, one gets no answer. The changes of quantities come after those of products.
const TROUBLE: &str = r#"{"rules":[
    {"system":"autotask","path":"ServiceAdjustments","writes":true,"after":4,"times":1,
     "fault":{"status":429,"retry_after":"2"}},
    {"system":"autotask","path":"ServiceAdjustments","writes":true,"after":7,"times":1,
     "fault":{"status":500,"body":"{\"errors\":[\"The contract is being edited.\"]}"}},
    {"system":"autotask","path":"ServiceAdjustments","writes":true,"after":9,"times":1,
     "fault":"cut_after"}]}"#;

/// The frames of the customers' sync, each as text; the record is in the last.
fn watched() -> (Vec<String>, Console, tempfile::TempDir) {
    let flags = ["--latency-ms", "120", "--faults", TROUBLE];
    let (mut console, home) = demo(&flags, (120, 36));
    console.send("5").until("No run yet").send("p").until("nothing is sent yet");
    console.send("A").until("Apply").send("y").until("customers run #");
    let mut frames = console.watch("balance 0.00");
    frames.retain(|frame| frame.contains("customers run #"));
    (frames, console, home)
}

/// Figures like `12 of 31 changes sent`, as they moved.
fn sent(frame: &str) -> Option<(u64, u64)> {
    let before = frame.split(" changes sent").next().filter(|before| before.len() < frame.len())?;
    let mut words = before.split_whitespace().rev();
    let of = words.next()?.parse().ok()?;
    let done = words.nth(1)?.parse().ok()?;
    Some((done, of))
}

/// Cells of the gauge that are filled.
fn filled(frame: &str) -> usize {
    frame.lines().nth(3).map_or(0, |line| line.matches('█').count())
}

/// The part on the right, below its heading.
fn feed(frame: &str) -> Vec<String> {
    let right = |line: &str| line.chars().skip(56).collect::<String>();
    let rows = frame.lines().skip_while(|line| !line.contains("Subscriptions as they happen"));
    rows.skip(1).map(right).collect()
}

/// Names in the part on the left.
fn customers(frame: &str) -> Vec<String> {
    let rows = frame.lines().skip_while(|line| !line.contains("Customer or product")).skip(1);
    let name = |line: &str| line.chars().skip(21).take(20).collect::<String>().trim().to_owned();
    let mut names: Vec<String> = rows.take(8).map(name).filter(|name| !name.is_empty()).collect();
    names.sort();
    names
}

fn distinct<T: PartialEq>(all: impl IntoIterator<Item = T>) -> usize {
    let mut known: Vec<T> = all.into_iter().collect();
    known.dedup();
    known.len()
}

#[test]
fn counters_gauge_and_rows_move_through_every_phase_and_the_record_has_the_same_rows() {
    let (frames, console, _home) = watched();
    let first = |text: &str| {
        let found = frames.iter().position(|frame| frame.contains(text));
        found.unwrap_or_else(|| panic!("never “{text}”:\n{}", frames.join("\n")))
    };
    let phases = ["changes sent", "Waits for", "✗ Failure", "ended: "].map(first);
    assert!(phases.is_sorted(), "{phases:?}");
    first("checking");

    let live: Vec<&String> = frames.iter().filter(|frame| !frame.contains("ended: ")).collect();
    let counted: Vec<(u64, u64)> = live.iter().filter_map(|frame| sent(frame)).collect();
    assert!(counted.is_sorted_by_key(|(done, _)| *done), "{counted:?}");
    assert!(distinct(counted.iter().map(|(done, _)| done)) >= 5, "{counted:?}");
    assert!(counted.iter().all(|(done, of)| done <= of), "{counted:?}");
    let gauge: Vec<usize> = live.iter().map(|frame| filled(frame)).collect();
    assert!(distinct(gauge.iter()) >= 4, "{gauge:?}");
    let rows = live.iter().map(|frame| feed(frame));
    assert!(distinct(rows) >= 5, "{}", frames.join("\n"));

    // What failed is on both sides in the same frame, and on top.
    let failed = &frames[first("✗ Failure")];
    let pinned = feed(failed);
    assert!(pinned.first().is_some_and(|row| row.contains("✗")), "{failed}");
    assert!(failed.contains("The contract is being edited."), "{failed}");

    let last = live.last().expect("it was on for a while");
    assert_eq!(customers(&console.text()), customers(last), "{last}\n{}", console.text());
}
