//! Where the switches of the simulated ConnectWise may stand.

use super::choice::{Choice, choices};

choices! {
    /// In which order conditions joined by words are read.
    CwConditionOrder {
        /// And before or.
        AndFirst = "and_first",
        /// From the left.
        LeftToRight = "left_to_right",
    }
    /// How a quote inside a text may be written.
    CwTextEscapes {
        /// After a backslash, or doubled.
        All = "all",
        /// Doubled; a backslash is a letter.
        Doubled = "doubled",
    }
    /// What becomes of `fields`.
    CwFields {
        /// Nested names keep their nesting.
        Nested = "nested",
        /// It is read over; records come whole.
        Ignored = "ignored",
    }
    /// What becomes of a page size over the largest.
    CwPageSize {
        /// It is cut.
        Cut = "cut",
        /// It is refused.
        Refused = "refused",
    }
    /// When pages tell of each other.
    CwLinks {
        /// Where there are several; the first is not named on itself.
        Usual = "usual",
        /// Always, with all relations.
        Always = "always",
        /// Never.
        Absent = "absent",
    }
    /// What the header of the last page is, read forward only.
    CwForwardLink {
        /// Empty.
        Empty = "empty",
        /// A relation to no URL.
        EmptyUrl = "empty_url",
    }
    /// Which lists can be read forward only.
    CwForwardOnly {
        /// All.
        Everywhere = "everywhere",
        /// None: the header is read over.
        Nowhere = "nowhere",
    }
    /// Members without a value.
    CwEmptyMembers {
        /// They are not there.
        Absent = "absent",
        /// They are null.
        Null = "null",
    }
    /// What becomes of a PATCH of which a part is refused.
    CwPatch {
        /// Nothing.
        AllOrNothing = "all_or_nothing",
        /// What stands before that part.
        OneByOne = "one_by_one",
    }
    /// How the company information tells whether the site is in the cloud.
    CwIsCloud {
        /// As a text.
        Text = "text",
        /// As true or false.
        Flag = "flag",
    }
    /// What the information of an unknown company is.
    CwUnknownCompany {
        /// 200 with null.
        Null = "null",
        /// 404.
        NotFound = "404",
    }
    /// What a wrong code base, company or client id comes to.
    CwWrongRoute {
        /// 400 with the gateway's text.
        Gateway = "gateway",
        /// 404.
        NotFound = "404",
    }
    /// What a refused key says.
    CwUnauthorized {
        /// `Unauthorized`.
        Unauthorized = "unauthorized",
        /// `ConnectWiseApi`, `UserNotAuthenticated`.
        ConnectWiseApi = "connectwise_api",
    }
    /// What the system information needs.
    CwInfoRight {
        /// A key.
        None = "none",
        /// The right to companies.
        Companies = "companies",
    }
    /// What a list below an unknown agreement is.
    CwParent {
        /// 404.
        NotFound = "404",
        /// Empty.
        Empty = "empty",
    }
    /// How the next invoice date is written.
    CwNextInvoiceDate {
        /// With a time.
        DateTime = "date_time",
        /// Without.
        Date = "date",
    }
    /// Whether an agreement tells its status.
    CwAgreementStatus {
        /// It does.
        Computed = "computed",
        /// It does not.
        Absent = "absent",
    }
    /// A quantity below 0.
    CwNegative {
        /// It is refused.
        Refused = "refused",
        /// It is taken.
        Accepted = "accepted",
    }
    /// What clears a date.
    CwClearDate {
        /// `remove`, and null.
        Both = "both",
        /// `remove`; null is read over.
        RemoveOnly = "remove_only",
        /// Null; `remove` is read over.
        NullOnly = "null_only",
    }
    /// How a share of a period is rounded.
    CwProration {
        /// Per unit, then times the quantity.
        PerUnit = "per_unit",
        /// Per line.
        PerLine = "per_line",
    }
    /// A last day before the first.
    CwCancelBeforeStart {
        /// It is refused.
        Refused = "refused",
        /// It is taken.
        Accepted = "accepted",
    }
    /// A new addition on an agreement that has ended.
    CwEnded {
        /// It is refused.
        Refused = "refused",
        /// It is taken.
        Accepted = "accepted",
    }
    /// Deleting an addition that was invoiced.
    CwInvoicedDelete {
        /// 409.
        Conflict = "conflict",
        /// It is done.
        Done = "done",
    }
    /// A new item with an identifier that is taken.
    CwDuplicateIdentifier {
        /// It is refused.
        Refused = "object_exists",
        /// It is made under another, with a tail.
        Copy = "copy0",
    }
    /// Additions whose item gets another price or cost.
    CwCatalogPrices {
        /// Theirs are kept.
        Kept = "kept",
        /// They follow.
        Follow = "follow",
    }
    /// What was billed too much of an addition that was cut.
    CwCredits {
        /// It is credited on the next invoice.
        NextInvoice = "next_invoice",
        /// Nothing happens to it.
        Never = "never",
    }
    /// The last day of an addition.
    CwCancelledDay {
        /// It is billed.
        Billed = "billed",
        /// It is not.
        NotBilled = "not_billed",
    }
    /// How far back an addition is billed that began in an invoiced period.
    CwCatchUp {
        /// To its first day.
        All = "all",
        /// To the start of the last invoiced period.
        LastPeriod = "last_period",
    }
    /// Quantity and price of an addition changed where they stand.
    CwInPlace {
        /// They hold from the next invoice on.
        FromNextInvoice = "from_next_invoice",
        /// They hold for invoiced periods too.
        Retroactive = "retroactive",
    }
    /// Which agreements invoice additions of invoiced periods at once.
    CwProratedAtOnce {
        /// Those that say so.
        ByAgreement = "by_agreement",
        /// All.
        Always = "always",
    }
}

/// How many seconds pass before a new record is in lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CwListLag(pub u32);

impl Choice for CwListLag {
    fn word(self) -> String {
        self.0.to_string()
    }

    fn of(word: &str) -> Option<Self> {
        word.parse().ok().filter(|seconds| *seconds <= 86_400).map(Self)
    }

    fn words() -> Vec<String> {
        ["0", "1", "…", "86400"].map(str::to_owned).to_vec()
    }
}
