//! What is said of a run while it is on: the same sentences on a screen, on the command line, and in the header.
//!
//! It must not know where they are shown, or look at the clock.

use chrono::{DateTime, Utc};

use super::{
    live_run::{Ahead, Gauge, Totals},
    waits::Wait,
};
use crate::domain::text::thousands;

impl Wait {
    /// For the middle of a line: `waits for Autotask's hourly budget until 09:20 UTC`.
    #[must_use]
    pub fn words(&self) -> String {
        let until = self.until.map(|until| format!(" until {} UTC", until.format("%H:%M")));
        format!("waits for {}{}", self.for_what, until.unwrap_or_default())
    }

    /// For a line of its own, with how long that still is:
    /// `Waits for Autotask's hourly budget until 09:20 UTC (in 20 min 00 s)`.
    #[must_use]
    pub fn sentence(&self, now: DateTime<Utc>) -> String {
        let rest =
            self.until.map(|until| format!(" (in {})", stretch((until - now).num_seconds())));
        let words = self.words();
        format!("W{}{}", &words[1..], rest.unwrap_or_default())
    }
}

impl Gauge {
    /// `412 of 938 changes sent`, `12 of 88 customers planned`.
    #[must_use]
    pub fn words(self) -> String {
        let (done, of) = self.parts();
        let what = match self {
            Self::Changes { .. } => "changes sent",
            Self::Customers { .. } => "customers planned",
        };
        format!("{} of {} {what}", thousands(done), thousands(of))
    }
}

impl Totals {
    /// The gauge in words, and what is known besides: `412 of 938 changes sent, 398 confirmed, 43 %`.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        let gauge = self.gauge()?;
        let (done, of) = gauge.parts();
        let percent = format!("{} %", done.saturating_mul(100).checked_div(of).unwrap_or(0));
        let customers = format!(
            "{} of {} customers",
            thousands(self.customers_planned),
            thousands(self.customers_due)
        );
        let more = match gauge {
            Gauge::Customers { .. } => return Some(gauge.words()),
            // All that is listed is sent: that is not all there is to be done.
            Gauge::Changes { sent, planned } if self.is_planning() && sent == planned => {
                format!("{customers} planned")
            }
            Gauge::Changes { .. } if self.listed_of_due().is_some() => {
                format!("{percent}, {customers} planned")
            }
            Gauge::Changes { .. } if self.is_planning() => {
                format!("planned so far, for {customers}")
            }
            Gauge::Changes { .. } => format!("{} confirmed, {percent}", thousands(self.confirmed)),
        };
        let earlier = Some(self.earlier).filter(|earlier| *earlier > 0);
        let earlier = earlier.map(|earlier| format!("{} of them earlier", thousands(earlier)));
        let all = [Some(gauge.words()), Some(more), earlier, self.ahead.words(self.changes_ahead)];
        Some(all.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

impl Ahead {
    /// `1 invoice to come`, `then customers`; with the changes of it, where they are known: `then customers, 340 changes`.
    #[must_use]
    pub fn words(self, changes: Option<u64>) -> Option<String> {
        let changes = changes.filter(|changes| *changes > 0);
        let changes = changes.map(|changes| counted(changes, "change", "changes"));
        match self {
            Self::Nothing => None,
            Self::Invoices(more) => {
                let with = changes.map(|told| format!(" with {told}")).unwrap_or_default();
                Some(format!("{}{with} to come", counted(more, "invoice", "invoices")))
            }
            Self::Customers => {
                let told = std::iter::once("then customers".to_owned()).chain(changes);
                Some(told.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

fn counted(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{} {many}", thousands(count)) }
}

/// A stretch of seconds: `42 s`, `3 min 20 s`, `1 h 05 min`.
#[must_use]
pub fn stretch(seconds: i64) -> String {
    let seconds = seconds.max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn wait(until: Option<&str>) -> Wait {
        let until = until.map(|until| until.parse().expect("a time"));
        Wait { for_what: "Autotask's hourly budget".to_owned(), until }
    }

    #[test]
    fn a_wait_says_for_what_until_when_and_how_long_that_is() {
        let now = "2026-10-05T09:00:00Z".parse().expect("a time");
        let known = wait(Some("2026-10-05T09:20:00Z"));
        assert_eq!(known.words(), "waits for Autotask's hourly budget until 09:20 UTC");
        let sentence = "Waits for Autotask's hourly budget until 09:20 UTC (in 20 min 00 s)";
        assert_eq!(known.sentence(now), sentence);
        assert_eq!(wait(None).sentence(now), "Waits for Autotask's hourly budget");
    }

    #[rstest]
    #[case::nothing_is_known(Totals::default(), None)]
    #[case::planning(
        Totals { customers_due: 88, customers_planned: 12, ..Totals::default() },
        Some("12 of 88 customers planned")
    )]
    #[case::planning_and_writing(
        Totals { customers_due: 88, customers_planned: 12, planned: 9, sent: 4, ..Totals::default() },
        Some("4 of 9 changes sent, planned so far, for 12 of 88 customers")
    )]
    #[case::planning_and_writing_what_a_plan_lists(
        Totals {
            customers_due: 88,
            customers_planned: 80,
            planned: 9,
            sent: 4,
            confirmed: 3,
            changes_ahead: Some(1),
            ..Totals::default()
        },
        Some("4 of 10 changes sent, 40 %, 80 of 88 customers planned")
    )]
    #[case::all_is_sent_that_a_plan_lists_and_customers_are_still_to_be_planned(
        Totals {
            customers_due: 19,
            customers_planned: 4,
            planned: 28,
            sent: 28,
            confirmed: 28,
            changes_ahead: Some(0),
            ..Totals::default()
        },
        Some("28 of 28 changes sent, 4 of 19 customers planned")
    )]
    #[case::writing(
        Totals { planned: 1938, sent: 1412, confirmed: 1398, ..Totals::default() },
        Some("1,412 of 1,938 changes sent, 1,398 confirmed, 72 %")
    )]
    #[case::amid_several_invoices(
        Totals { planned: 9, sent: 4, confirmed: 3, ahead: Ahead::Invoices(1), ..Totals::default() },
        Some("4 of 9 changes sent, 3 confirmed, 44 %, 1 invoice to come")
    )]
    #[case::amid_several_invoices_of_a_plan(
        Totals {
            planned: 9,
            sent: 4,
            confirmed: 3,
            ahead: Ahead::Invoices(1),
            changes_ahead: Some(1_200),
            ..Totals::default()
        },
        Some("4 of 9 changes sent, 3 confirmed, 44 %, 1 invoice with 1,200 changes to come")
    )]
    #[case::before_the_customers_of_a_plan(
        Totals {
            planned: 9,
            sent: 4,
            confirmed: 3,
            ahead: Ahead::Customers,
            changes_ahead: Some(340),
            ..Totals::default()
        },
        Some("4 of 9 changes sent, 3 confirmed, 44 %, then customers, 340 changes")
    )]
    #[case::before_customers(
        Totals { planned: 9, sent: 4, confirmed: 3, ahead: Ahead::Customers, ..Totals::default() },
        Some("4 of 9 changes sent, 3 confirmed, 44 %, then customers")
    )]
    #[case::of_a_run_that_was_cut_off(
        Totals { planned: 38, sent: 25, confirmed: 24, earlier: 20, ..Totals::default() },
        Some("25 of 38 changes sent, 24 confirmed, 65 %, 20 of them earlier")
    )]
    fn a_gauge_has_its_words(#[case] totals: Totals, #[case] words: Option<&str>) {
        assert_eq!(totals.words().as_deref(), words);
    }
}
