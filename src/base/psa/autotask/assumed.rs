//! Every fact about Autotask that is assumed rather than documented or seen, in one place, with its hedge.
//!
//! Nothing else of the adapter may state such a fact; a tenant that behaves otherwise is met by changing this page.

use rust_decimal::Decimal;

use crate::domain::{Code, Day, target::Contract};

/// Decimals of money that Autotask keeps (wire/autotask 3; sync-rules 1.9).
pub(crate) const PRICE_DECIMALS: u32 = 4;

/// Whether a contract takes an adjustment dated this day: start and end themselves are allowed (wire/autotask 14, row 9).
pub(crate) fn takes_adjustments_on(contract: &Contract, day: Day) -> bool {
    day >= contract.start && contract.end.is_none_or(|end| day <= end)
}

/// What one unit bills for one day, as a part of its monthly price: by inclusive days of the billing period
/// (wire/autotask 14, row 11). Our services are monthly; a longer period bills as many months (13.3, item 5).
pub(crate) fn share_of_a_day(contract: &Contract, day: Day) -> Decimal {
    let start = contract.period_start_at(day);
    let days = contract.next_period_start(day).since(start).max(1);
    Decimal::from(contract.period_months.max(1)) / Decimal::from(days)
}

/// Days by which row ends may be off and still be read: whether a closed row ends on the day before the next or on
/// its first day is unclear (wire/autotask 14, row 10).
pub(crate) const MARGIN_DAYS: i64 = 7;

/// *Recurring Service*, where the picklist does not say.
pub(crate) const CONTRACT_TYPE_RECURRING: i64 = 7;

/// Contract status *Active*, where the picklist does not say.
pub(crate) const CONTRACT_STATUS_ACTIVE: i64 = 1;

/// Use type *Recurring Contract Service*, where the picklist does not say.
pub(crate) const USE_TYPE_RECURRING: i64 = 5;

/// Company type *Customer*, where the picklist does not say.
pub(crate) const COMPANY_TYPE_CUSTOMER: i64 = 1;

/// Company type *Vendor*, where the picklist does not say.
pub(crate) const COMPANY_TYPE_VENDOR: i64 = 7;

/// Period type *Monthly*, where the picklist does not say.
pub(crate) const PERIOD_MONTHLY: i64 = 2;

/// Months of a period type, where the picklist does not say; an unknown one is taken for a month.
pub(crate) fn months_of_period(code: Option<i64>) -> u32 {
    match code {
        Some(3) => 3,
        Some(4) => 6,
        Some(5) => 12,
        _ => 1,
    }
}

/// Characters of a service's texts, where metadata does not say (wire/autotask 12).
pub(crate) const SERVICE_NAME: usize = 100;
/// Likewise the description.
pub(crate) const SERVICE_DESCRIPTION: usize = 400;
/// Likewise the invoice description.
pub(crate) const SERVICE_INVOICE_DESCRIPTION: usize = 1000;
/// Likewise `sku` and `externalID` (wire/autotask 14, row 18).
pub(crate) const SERVICE_KEYS: usize = 50;

/// A contract without a start date carries nothing: it is taken to start at the end of time.
pub(crate) fn start_of_a_contract_without_one() -> Day {
    Day::new(9999, 12, 31).unwrap_or(Day(chrono::NaiveDate::MAX))
}

/// Of texts that mean *too many requests in the hour* whatever the status (wire/autotask 8; 14, row 3). In lower case.
pub(crate) const TOO_MANY_IN_THE_HOUR: [&str; 1] = ["exceeded the maximum number of requests"];

/// Of texts that mean *too many in flight at this endpoint*, likewise.
pub(crate) const CROWDED: [&str; 2] = ["api thread threshold", "itgenatr005"];

/// Fragments of refusals and the code of each, first hit first (wire/autotask 9). In lower case.
pub(crate) const REFUSALS: [(&[&str], Code); 7] = [
    (&["effectivedate must be between"], Code::EffectiveDate),
    (&["ix_service"], Code::DuplicateService),
    (&["duplicate", "contract_service_period"], Code::SameDay),
    (&["negative"], Code::Negative),
    (&["adequate permissions"], Code::Permission),
    (&["integrationcode is invalid"], Code::IntegrationCode),
    (&["zone information could not be determined"], Code::Zone),
];
