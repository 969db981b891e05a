//! What follows from an agreement: its status, and the terms on which its additions are billed.

use chrono::NaiveDate;

use super::period::{Cycle, Rhythm};
use super::record::{Record, Values};
use super::site::Site;
use super::table::Table;
use crate::assumptions::CwProratedAtOnce;

/// The terms on which additions are billed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) bill_start: NaiveDate,
    /// The last day, where there is one.
    pub(super) last: Option<NaiveDate>,
    /// The first day that is not invoiced yet.
    pub(super) next_invoice: NaiveDate,
    pub(super) cycle: Cycle,
    pub(super) prorated: bool,
    /// Whether additions that begin in an invoiced period are invoiced at once.
    pub(super) at_once: bool,
}

impl Terms {
    pub(super) fn rhythm(&self) -> Rhythm {
        Rhythm { anchor: self.next_invoice, cycle: self.cycle }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Active,
    Cancelled,
    Expired,
    Inactive,
}

impl Status {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Cancelled => "Cancelled",
            Self::Expired => "Expired",
            Self::Inactive => "Inactive",
        }
    }
}

/// The last day of an agreement, by its end or its cancellation.
pub(super) fn last_day(agreement: &Values) -> Option<NaiveDate> {
    let end = agreement.day("endDate").filter(|_| !agreement.flag("noEndingDateFlag"));
    let cancelled = agreement.day("dateCancelled").filter(|_| agreement.flag("cancelledFlag"));
    end.into_iter().chain(cancelled).min()
}

impl Site {
    pub(super) fn status_of(&self, agreement: &Values) -> Status {
        let today = self.today();
        let end = agreement.day("endDate").filter(|_| !agreement.flag("noEndingDateFlag"));
        if agreement.flag("cancelledFlag") {
            Status::Cancelled
        } else if end.is_some_and(|end| end < today) {
            Status::Expired
        } else if agreement.day("startDate").is_some_and(|start| start > today) {
            Status::Inactive
        } else {
            Status::Active
        }
    }

    /// The terms of an agreement; none where it has no sensible dates.
    pub(super) fn terms(&self, agreement: i64) -> Option<Terms> {
        let values = &self.record(Table::Agreements, agreement)?.values;
        let bill_start = values.day("billStartDate").or_else(|| values.day("startDate"))?;
        let always = self.assumed().cw_prorated_at_once == CwProratedAtOnce::Always;
        Some(Terms {
            bill_start,
            last: last_day(values),
            next_invoice: values.day("nextInvoiceDate").unwrap_or(bill_start),
            cycle: self.cycle_of(values),
            prorated: values.flag("prorateFlag"),
            at_once: always || values.flag("invoiceProratedAdditionsFlag"),
        })
    }

    fn cycle_of(&self, agreement: &Values) -> Cycle {
        let cycle = agreement.reference("billingCycle");
        let cycle = cycle.and_then(|id| self.record(Table::BillingCycles, id));
        Cycle::of(cycle.and_then(|cycle| cycle.values.text("billingOptions")).unwrap_or_default())
    }

    /// The agreement that an addition stands on.
    pub(super) fn agreement_of(&self, addition: &Values) -> Option<&Record> {
        self.record(Table::Agreements, addition.get("agreementId")?.as_i64()?)
    }
}
