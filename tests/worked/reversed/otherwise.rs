//! Which reversal may change which case, and to what: the outcome, the code that says why, and what stands then.

use prism_connect::domain::outcome::Outcome;

/// One cell of the table.
#[derive(Debug)]
pub struct Otherwise {
    /// Switch and position.
    pub reversal: &'static str,
    /// The case, by its tenant.
    pub case: &'static str,
    /// The usage month whose run ends so.
    pub month: &'static str,
    /// How it ends.
    pub outcome: Outcome,
    /// What says why; empty where there is nothing to say.
    pub code: &'static str,
    /// The units that stand, where they are others than usual.
    pub units: Option<&'static [(&'static str, i64)]>,
    /// The month's bill, where it is another than usual.
    pub bill: Option<&'static str>,
}

/// Everything that a reversal may change.
pub const TABLE: &[Otherwise] = &[
    // Nothing can be taken away: what stands is told as failed, every month anew where the invoice speaks of it.
    Otherwise {
        units: Some(&[("2026-08-01", 6)]),
        bill: Some("48.00"),
        ..failed("zero_rows=refuse", "w05", SEPTEMBER, "autotask")
    },
    Otherwise {
        units: Some(&[("2026-08-01", 6)]),
        bill: Some("48.00"),
        ..failed("zero_rows=refuse", "w05", OCTOBER, "autotask")
    },
    Otherwise {
        units: Some(&[("2026-08-01", 6)]),
        bill: Some("78.00"),
        ..failed("zero_rows=refuse", "w06", SEPTEMBER, "autotask")
    },
    Otherwise {
        units: Some(&[("2026-08-01", 6)]),
        bill: Some("78.00"),
        ..failed("zero_rows=refuse", "w06", OCTOBER, "autotask")
    },
    Otherwise {
        units: Some(&[("2026-09-01", 1)]),
        ..failed("zero_rows=refuse", "w09", SEPTEMBER, "autotask")
    },
    Otherwise {
        units: Some(&[("2026-09-01", 1)]),
        ..failed("zero_rows=refuse", "w09", OCTOBER, "autotask")
    },
    // A price that no reading shows is a warning, with the row as it opened.
    Otherwise {
        bill: Some("48.00"),
        ..warned("reprice=ignore", "w08", OCTOBER, "price_not_shown")
    },
    Otherwise {
        bill: Some("359.31"),
        ..warned("reprice=ignore", "w09", OCTOBER, "price_not_shown")
    },
    // The first of October is taken by the end of September's usage: a day later, and a day's money less.
    Otherwise {
        units: Some(&[("2026-09-01", 1), ("2026-10-01", 0), ("2026-10-02", 1), ("2026-11-01", 0)]),
        bill: Some("111.29"),
        ..warned("period_start_repeat=refuse", "w09", OCTOBER, "same_day")
    },
    // What was posted is closed: it fails for that month, and the next one sets its own.
    Otherwise {
        units: Some(&[("2026-08-01", 10)]),
        bill: Some("80.00"),
        ..failed("posted_periods=refuse", "w07", SEPTEMBER, "posted_period")
    },
    Otherwise {
        units: Some(&[("2026-08-01", 10), ("2026-10-01", 14)]),
        ..failed("posted_periods=refuse", "w07", OCTOBER, "posted_period")
    },
    // A contract takes nothing on its own first day.
    Otherwise {
        units: Some(&[]),
        bill: Some("0.00"),
        ..failed("date_bounds=exclusive", "w13", OCTOBER, "effective_date")
    },
    // Usage that is not on the invoice is not billed by it.
    left_out("azure_lines=absent", "w09", SEPTEMBER),
    left_out("azure_lines=absent", "w09", OCTOBER),
    // Without types an invoice with such lines is none of a standard month; without terms 47 days are a year's line.
    left_out("invoice_type=absent", "w11", OCTOBER),
    left_out("invoice_type=absent", "w17", OCTOBER),
    left_out("invoice_headers=seen", "w11", OCTOBER),
    left_out("invoice_headers=seen", "w17", OCTOBER),
    left_out("csv_columns=without_last_six", "w17", OCTOBER),
    left_out("csv_columns=certain_ten", "w17", OCTOBER),
];

const SEPTEMBER: &str = "2026-09";
const OCTOBER: &str = "2026-10";

const fn failed(
    reversal: &'static str,
    case: &'static str,
    month: &'static str,
    code: &'static str,
) -> Otherwise {
    Otherwise { reversal, case, month, outcome: Outcome::Failure, code, units: None, bill: None }
}

const fn warned(
    reversal: &'static str,
    case: &'static str,
    month: &'static str,
    code: &'static str,
) -> Otherwise {
    Otherwise { outcome: Outcome::Warning, ..failed(reversal, case, month, code) }
}

/// Excluded, and so nothing stands.
const fn left_out(reversal: &'static str, case: &'static str, month: &'static str) -> Otherwise {
    Otherwise {
        outcome: Outcome::NoChange,
        units: Some(&[]),
        bill: Some("0.00"),
        ..failed(reversal, case, month, "")
    }
}

/// What a reversal changes in a case and month.
pub fn otherwise(reversal: &str, case: &str, month: &str) -> Option<&'static Otherwise> {
    TABLE.iter().find(|one| (one.reversal, one.case, one.month) == (reversal, case, month))
}
