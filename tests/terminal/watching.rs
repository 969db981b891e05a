//! A sync is watched from its first frame to its record: frame by frame, through every phase, on a clock that goes faster
//! than ours.

use crate::{
    pty::{Console, program},
    walking::demo_of,
};

/// One write is to wait, one is refused, one gets no answer. The changes of quantities come after those of products.
const TROUBLE: &str = r#"{"rules":[
    {"system":"autotask","path":"ServiceAdjustments","writes":true,"after":4,"times":1,
     "fault":{"status":429,"retry_after":"2"}},
    {"system":"autotask","path":"ServiceAdjustments","writes":true,"after":7,"times":1,
     "fault":{"status":500,"body":"{\"errors\":[\"The contract is being edited.\"]}"}},
    {"system":"autotask","path":"ServiceAdjustments","writes":true,"after":9,"times":1,
     "fault":"cut_after"}]}"#;

/// So many have so many changes that these are not all sent in a few steps.
const CUSTOMERS: usize = 12;

/// The frames of the customers' sync, each as text; the record is in the last. A second of waiting is a tenth of one, and so
/// are frames.
fn watched() -> (Vec<String>, Console, tempfile::TempDir) {
    let flags = ["--latency-ms", "120", "--pace", "0.1", "--faults", TROUBLE];
    let (mut console, home) = demo_of(&CUSTOMERS.to_string(), &flags, (120, 36));
    console.send("5").until("No run yet").send("p").until("nothing is sent yet");
    console.send("A").until("Apply").answer("y").until("customers run #");
    let mut frames = console.watch("balance 0.00");
    frames.retain(|frame| frame.contains("customers run #"));
    (frames, console, home)
}

/// Figures like `12 of 31 changes sent`, as they moved.
fn counted(frame: &str, what: &str) -> Option<(u64, u64)> {
    let before = frame.split(what).next().filter(|before| before.len() < frame.len())?;
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
    let heading = "Subscriptions as they happen";
    let mut rows = frame.lines().skip_while(|line| !line.contains(heading));
    let before = rows.next().and_then(|line| line.split(heading).next()).unwrap_or_default();
    let left = before.chars().count();
    rows.map(|line| line.chars().skip(left).collect()).collect()
}

/// The same without what moves in a change until it is confirmed, and without the border.
fn settled(frame: &str) -> Vec<String> {
    let text = |row: String| {
        let row =
            row.trim_end_matches(['│', ' ']).trim_start_matches(['✓', '⠋', '⠹', ' ']).to_owned();
        row.replace(" · sent", "").replace(" · checking", "")
    };
    let mut rows: Vec<String> =
        feed(frame).into_iter().map(text).filter(|row| row.contains("from ")).collect();
    rows.sort();
    rows
}

/// A row of a list of customers: glyph with state, and the first letters of the name. Where two have one name their domains
/// stand behind it, and the lists differ in how much of the name they have room for.
type Row = (String, String);

/// The rows below a heading, in a list whose first column is the state.
fn customers(frame: &str, heading: &str) -> Vec<Row> {
    let mut rows = frame.lines().skip_while(|line| !line.contains(heading));
    let before = rows.next().and_then(|line| line.split(heading).next()).unwrap_or_default();
    let names_at = before.chars().count();
    let row = |line: &str| {
        let part = |from: usize, count: usize| {
            line.chars().skip(from).take(count).collect::<String>().trim().to_owned()
        };
        (part(3, names_at - 3), part(names_at, 3))
    };
    let mut rows: Vec<Row> = rows
        .take(CUSTOMERS)
        .map(row)
        .filter(|(_, name)| !name.is_empty() && !name.contains('─'))
        .collect();
    rows.sort();
    rows
}

fn distinct<T: PartialEq>(all: impl IntoIterator<Item = T>) -> usize {
    let mut known: Vec<T> = all.into_iter().collect();
    known.dedup();
    known.len()
}

#[test]
fn counters_gauge_and_rows_move_through_every_phase_and_the_record_has_the_same_rows() {
    let (frames, mut console, _home) = watched();
    let first = |text: &str| {
        let found = frames.iter().position(|frame| frame.contains(text));
        found.unwrap_or_else(|| panic!("never “{text}”:\n{}", frames.join("\n")))
    };
    let phases = ["customers planned", "changes sent", "Waits for", "✗ 1 failed", "ended: "];
    let phases = phases.map(first);
    assert!(phases.is_sorted(), "{phases:?}");
    first("checking");

    let live: Vec<&String> = frames.iter().filter(|frame| !frame.contains("ended: ")).collect();
    let sent: Vec<(u64, u64)> =
        live.iter().filter_map(|frame| counted(frame, " changes sent")).collect();
    assert!(sent.is_sorted_by_key(|(done, _)| *done), "{sent:?}");
    assert!(distinct(sent.iter().map(|(done, _)| done)) >= 5, "{sent:?}");
    assert!(sent.iter().all(|(done, of)| done <= of), "{sent:?}");
    let gauge: Vec<usize> = live.iter().map(|frame| filled(frame)).collect();
    assert!(distinct(gauge.iter()) >= 4, "{gauge:?}");
    let rows = live.iter().map(|frame| feed(frame));
    assert!(distinct(rows) >= 5, "{}", frames.join("\n"));

    // What failed is pinned, told and counted in one frame: the first in which its change is no more under way.
    let failed = &frames[first("The contract is being edited.")];
    let pinned = feed(failed);
    assert!(pinned.first().is_some_and(|row| row.contains("✗")), "{failed}");
    assert!(failed.contains("✗ 1 failed"), "{failed}");
    let before = &frames[first("The contract is being edited.") - 1];
    assert!(!before.contains(" · failed") && !before.contains("1 failed"), "{before}");

    // The record stands under the cursor: the same subscriptions, and customers as the run's own page has them.
    let (last, ended) = (live.last().expect("it was on for a while"), console.text());
    assert!(!settled(last).is_empty(), "{last}");
    assert_eq!(settled(&ended), settled(last), "{last}\n{ended}");
    let shown = customers(&ended, "Source customer");
    let names = |rows: &[Row]| {
        let mut names: Vec<String> = rows.iter().map(|(_, name)| name.clone()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&shown), names(&customers(last, "Source customer")), "{last}\n{ended}");
    console.send("\r").until("Subscription ").send("\x1b").until("Source customer");
    let text = console.text();
    assert_eq!(customers(&text, "Source customer"), shown, "{ended}\n{text}");
}

/// More contracts than are read at once: how many customers are planned is seen to grow.
#[test]
fn the_gauge_over_customers_planned_moves_too() {
    let home = tempfile::tempdir().expect("a directory");
    let mut command = program(home.path());
    command.args(["demo", "--data-dir", "data", "--customers", "290", "--subscriptions", "1"]);
    // Between two lots of contracts there are frames, however loaded this machine is.
    command.args(["--pace", "0.05", "--limits", "off", "--latency-ms", "10"]);
    let mut console = Console::start(command, (120, 36));
    console.until("Control endpoint").send("\r").until_gone("simulated world");
    console.until_gone("Demo world:");
    console.send("5").until("No run yet").send("p").until("nothing is sent yet");
    console.send("A").until("Apply").answer("y").until("customers run #");
    let frames = console.watch("ended: ");
    let planned: Vec<(u64, u64)> = frames
        .iter()
        .filter_map(|frame| {
            counted(frame, " customers planned").or_else(|| {
                counted(frame, " customers  ").or_else(|| counted(frame, " customers │"))
            })
        })
        .collect();
    assert!(planned.first().is_some_and(|(done, _)| *done == 0), "{planned:?}");
    assert!(planned.is_sorted() && distinct(planned.iter()) > 1, "{planned:?}");
}
