//! A text that does not fit: it goes on where there is room below it, and ends in `…` where there is none.

use prism_connect::engine::protocol::Answer;
use rstest::rstest;

use crate::{
    fixtures,
    harness::Harness,
    states::{STATES, reach},
};

const WHY: &str = "The quantity of the line is 2.50, which is not a whole number, and a contract service is billed in \
                   whole seats: without it the service would be billed for seats that nobody bought, or not at all";

/// The rows below the table of causes, as they are read.
fn told(screen: &str) -> String {
    let rows = screen.lines().skip_while(|line| !line.contains('▌')).skip(1);
    let rows: Vec<&str> = rows.map(|line| line.trim_matches(['│', ' '])).collect();
    rows.join(" ")
}

#[rstest]
#[case::on_blank_rows(36, true)]
#[case::where_there_are_none(16, false)]
fn why_is_told_whole_on_the_dashboard_or_ends_in_an_ellipsis(
    #[case] rows: u16,
    #[case] whole: bool,
) {
    let mut console = Harness::new(80, rows);
    console.press("1");
    let mut status = fixtures::status();
    status.setup.clear();
    status.causes.truncate(1);
    let cause = &mut status.causes[0];
    cause.members.truncate(1);
    cause.members[0].text = WHY.to_owned();
    console.answer(Ok(Answer::Status(Box::new(status))));
    let said = told(&console.text());
    assert_eq!(said.contains(WHY), whole, "{said}");
    assert!(whole || said.contains("… "), "{said}");
    assert!(said.contains("Choose the service that it is billed as"), "{said}");
}

#[test]
fn what_failed_of_an_invoice_is_told_before_what_is_not_linked() {
    let mut console = Harness::new(80, 24);
    console.go("5 Enter");
    let said = console.text();
    let failed = said.find("failed 531.21").unwrap_or_else(|| panic!("{said}"));
    let unmapped = said.find("not linked 2,844.33").unwrap_or_else(|| panic!("{said}"));
    assert!(failed < unmapped, "{said}");
}

/// A day as files and servers write it, in a text: `2026-09-18`.
fn as_in_a_file(text: &str) -> Option<&str> {
    let is_day = |part: &str| {
        part.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
    };
    (0..text.len()).filter_map(|at| text.get(at..at + 10)).find(|part| is_day(part))
}

#[test]
fn days_stand_in_one_form_on_every_screen() {
    let mut wrong = Vec::new();
    for (name, way) in STATES {
        let mut console = Harness::new(200, 60);
        reach(&mut console, way);
        let text = console.text();
        let lines = text.lines().filter(|line| as_in_a_file(line).is_some());
        wrong.extend(lines.map(|line| format!("{name}: {}", line.trim_matches(['│', ' ']))));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
