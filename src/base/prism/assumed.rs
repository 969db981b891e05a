//! Everything about PRISM that no public source says (wire/prism 12): one place to correct against a live tenant.

use crate::domain::{Day, invoice::LineMotion, product::Motion};

/// A5: every CSP programme's name begins so.
const CSP_PREFIX: &str = "microsoft csp";

/// A4: rows asked for in one page of invoices.
pub(super) const PAGE_SIZE: u32 = 500;

/// A4: pages after which a list is taken for endless.
pub(super) const MOST_PAGES: u32 = 2_000;

/// A18: the client that signs an operator in.
pub(super) const SIGN_IN_CLIENT: &str = "prism-connect";

/// A18: the name that new credentials carry in the portal.
pub(super) const CLIENT_NAME: &str = "PRISM Connect";

/// A18: where a sign-in begins, on the identity server.
pub(super) const DEVICE_PATH: [&str; 3] = ["core", "connect", "deviceauthorization"];

/// A18: where new credentials are made, on the API.
pub(super) const CREDENTIALS_PATH: [&str; 4] = ["api", "v2", "me", "clientcredentials"];

/// A5.
pub(super) fn is_csp(program: &str) -> bool {
    program.trim().to_lowercase().starts_with(CSP_PREFIX)
}

/// A11: a product whose unit is that of a usage-billed subscription (wire/prism 7), or one of the group *Azure* without a
/// price of its own. Licences that only have Azure in their name have both another unit and a price.
pub(super) fn is_usage_billed(unit: Option<&str>, group: Option<&str>, free: bool) -> bool {
    let says = |text: Option<&str>, word: &str| {
        text.is_some_and(|text| text.trim().eq_ignore_ascii_case(word))
    };
    says(unit, "Usage-based") || free && says(group, "Azure")
}

/// A7: what is certainly only a partner is no end customer; numbers are too uncertain to leave anybody out.
pub(super) fn is_end_customer(
    role: Option<&str>,
    end: Option<bool>,
    partner: Option<bool>,
) -> bool {
    match role {
        Some(role) => !role.eq_ignore_ascii_case("Partner"),
        None => !(partner == Some(true) && end == Some(false)),
    }
}

/// A11: how a product of the price list is committed to and billed. What cannot be told apart from an annual
/// bill counts as one: it is never synced.
pub(super) fn motion(frequencies: &[String], cycle_options: Option<i64>) -> Motion {
    let says = |text: &String, word: &str| {
        text.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
    };
    let mentions = |word: &str| frequencies.iter().any(|text| says(text, word));
    let years = mentions("year") || mentions("annual");
    match cycle_options {
        Some(1) if years && !mentions("month") => Motion::AnnualTermMonthlyBill,
        Some(1) => Motion::Monthly,
        Some(_) => Motion::AnnualBill,
        None if years && !mentions("month") => Motion::AnnualBill,
        None => Motion::Monthly,
    }
}

/// The last columns of a line, each none where it is empty or missing (A13, A17).
pub(super) struct Term<'a> {
    pub(super) cycle: Option<&'a str>,
    pub(super) number: Option<&'a str>,
    pub(super) unit: Option<&'a str>,
}

/// wire/prism 9.3, "Annual marks on a line". Without a term unit a line that is billed monthly does not tell its term.
pub(super) fn line_motion(term: &Term<'_>, start: Day, end: Day) -> LineMotion {
    if term.cycle.is_none() && term.unit.is_none() {
        let long = end.since(start) + 1 > 31;
        return if long { LineMotion::AnnualBill } else { LineMotion::Untold };
    }
    if term.cycle.is_some_and(|cycle| !cycle.eq_ignore_ascii_case("Monthly")) {
        return LineMotion::AnnualBill;
    }
    let Some(unit) = term.unit.map(str::to_lowercase) else { return LineMotion::Untold };
    let months = term.number.and_then(|number| number.parse::<u32>().ok()).unwrap_or(1);
    if unit.starts_with("year") || unit.starts_with("month") && months >= 12 {
        return LineMotion::AnnualTermMonthlyBill;
    }
    LineMotion::Monthly
}

/// A9: how a subscription is committed to and billed, its term counted in billing cycles.
pub(super) fn subscription_term(cycle: Option<&str>, duration: Option<i64>) -> Option<Motion> {
    let cycle = cycle?.to_lowercase();
    if cycle.contains("annual") || cycle.contains("year") {
        return Some(Motion::AnnualBill);
    }
    match duration? {
        12.. if cycle == "monthly" => Some(Motion::AnnualTermMonthlyBill),
        1..12 if cycle == "monthly" => Some(Motion::Monthly),
        _ => None,
    }
}
