//! What nobody public says of the real systems, as switches: each stands where the wire contract put it and can be turned the
//! other way. It holds and lists them; what they change is done where it happens.

mod choice;
mod connectwise;

use std::sync::{Arc, PoisonError, RwLock};

use serde::Serialize;
use serde_json::Value;

use self::choice::{Choice, choices, chosen, refused};
pub use self::connectwise::{
    CwAgreementStatus, CwCancelBeforeStart, CwCancelledDay, CwCatalogPrices, CwCatchUp,
    CwClearDate, CwConditionOrder, CwCredits, CwDuplicateIdentifier, CwEmptyMembers, CwEnded,
    CwFields, CwForwardLink, CwForwardOnly, CwInPlace, CwInfoRight, CwInvoicedDelete, CwIsCloud,
    CwLinks, CwListLag, CwNegative, CwNextInvoiceDate, CwPageSize, CwParent, CwPatch,
    CwProratedAtOnce, CwProration, CwTextEscapes, CwUnauthorized, CwUnknownCompany, CwWrongRoute,
};

choices! {
    /// What a missing id answers.
    MissingId {
        /// 200 with a null item.
        NullItem = "null_item",
        /// 404.
        NotFound = "not_found",
    }
    /// What is changed to 0 units.
    ZeroRows {
        /// Its rows stay, at 0.
        Keep = "keep",
        /// Its rows are there no more.
        Drop = "drop",
        /// Nothing: such a change is refused.
        Refuse = "refuse",
    }
    /// What becomes of price and cost on a create.
    OpeningPrice {
        /// They are taken.
        Take = "take",
        /// They are read over; the service's own stand.
        Ignore = "ignore",
        /// The create is refused.
        Refuse = "refuse",
    }
    /// What metadata says of a member.
    Metadata {
        /// It can be written.
        Writable = "writable",
        /// It can only be read.
        ReadOnly = "read_only",
    }
    /// What becomes of prices on an adjustment.
    Reprice {
        /// They hold from its day on.
        Apply = "apply",
        /// They are accepted and go nowhere.
        Ignore = "ignore",
    }
    /// Decimals that money keeps.
    MoneyDecimals {
        /// Four.
        Four = "4",
        /// Two.
        Two = "2",
    }
    /// The last day that a row closed by an adjustment shows.
    RowEnd {
        /// The day the adjustment takes effect.
        OnEffectiveDate = "on_effective_date",
        /// The day before it.
        DayBefore = "day_before",
    }
    /// Whether something is done or turned away.
    Acceptance {
        /// Done.
        Accept = "accept",
        /// Turned away with a reason.
        Refuse = "refuse",
    }
    /// Something that is usually turned away.
    Refusal {
        /// Turned away with a reason.
        Refuse = "refuse",
        /// Done.
        Accept = "accept",
    }
    /// The days that a contract takes adjustments on.
    DateBounds {
        /// Its first and last day too.
        Inclusive = "inclusive",
        /// Those between.
        Exclusive = "exclusive",
    }
    /// What stands in the picklists.
    Picklists {
        /// Every label once.
        Plain = "plain",
        /// An inactive value of the same label before each.
        InactiveDuplicate = "inactive_duplicate",
        /// An active value of the same label before each.
        TwoActive = "two_active",
    }
    /// What a refused login says.
    LoginBody {
        /// Nothing.
        Empty = "empty",
        /// Why, as a message.
        Text = "text",
    }
    /// The status of a refusal for too many requests.
    TooManyStatus {
        /// 429 with the text.
        TooMany = "429",
        /// 500 with the text.
        ServerError = "500",
    }
    /// When the place of an answered request is free for the next.
    SlotRelease {
        /// With the answer.
        AtOnce = "at_once",
        /// 50 ms after it.
        Late = "late",
    }
    /// What refusals without an evidenced text say.
    RefusalTexts {
        /// What is wrong.
        Telling = "telling",
        /// That something is.
        Bare = "bare",
    }
    /// What a service's name must be unique among.
    NameKey {
        /// All services.
        AllRows = "all_rows",
        /// Active services.
        ActiveRows = "active_rows",
    }
    /// What becomes of something that means nothing.
    Surplus {
        /// It is read over.
        Ignore = "ignore",
        /// It is turned away.
        Refuse = "refuse",
    }
    /// Whether letters of either case are alike.
    LetterCase {
        /// They are.
        Blind = "blind",
        /// They are not.
        Exact = "exact",
    }
    /// Conditions that a query may have to choose from.
    OrConditions {
        /// Five hundred.
        Usual = "500",
        /// Two hundred.
        Fewer = "200",
    }
    /// Where half a cent goes.
    Rounding {
        /// Away from zero.
        AwayFromZero = "away_from_zero",
        /// To the even cent.
        ToEven = "to_even",
    }
    /// What rows show that are shorter than their period.
    RowAmounts {
        /// Their share by days.
        Prorated = "prorated",
        /// A whole period's amount.
        Whole = "whole",
    }
    /// What is there before the first adjustment.
    OpeningRows {
        /// Nothing.
        None = "none",
        /// Rows at 0 from the contract's start.
        Zero = "zero",
    }
    /// The id that a create answers.
    ReplyId {
        /// The id.
        Id = "id",
        /// Null.
        Null = "null",
    }
    /// The id that a create below a parent answers.
    ChildReplyId {
        /// Null.
        Null = "null",
        /// The id.
        Id = "id",
    }
    /// The contract service that is meant where there are several.
    Meant {
        /// The oldest.
        Oldest = "oldest",
        /// The newest.
        Newest = "newest",
    }
    /// Whether something follows what it came from.
    Following {
        /// It stays.
        Stays = "stays",
        /// It follows.
        Follows = "follows",
    }
    /// How long texts of parts and keys may be.
    KeyLengths {
        /// 50 letters.
        Usual = "50",
        /// 20 letters.
        Short = "20",
    }
    /// The numbers of types that are not documented.
    TypeNumbers {
        /// Those seen.
        Usual = "usual",
        /// Others.
        Moved = "moved",
    }
    /// How a version is spelt.
    ApiVersions {
        /// With a v.
        Letter = "v1.0",
        /// Without.
        Bare = "1.0",
    }
    /// What a contract has beyond its old end.
    Extension {
        /// The last quantity.
        GoesOn = "goes_on",
        /// Nothing.
        Stops = "stops",
    }
    /// How times are written.
    DateForm {
        /// In UTC, to the second.
        Utc = "utc",
        /// Without a zone.
        Bare = "bare",
        /// In UTC, with seven digits of the second.
        Fraction = "fraction",
    }
    /// What becomes of the time of day of a date.
    TimedDates {
        /// It is dropped, in UTC.
        Dropped = "dropped",
        /// The date is refused, but at midnight.
        Refused = "refused",
    }
    /// Whether an offer stands.
    Offer {
        /// It does.
        Offered = "offered",
        /// It does not: its paths are not there.
        Absent = "absent",
    }
    /// Whether a member is there.
    Presence {
        /// It is.
        Given = "given",
        /// It is not.
        Absent = "absent",
    }
    /// How the identity server refuses.
    TokenErrors {
        /// 400.
        BadRequest = "400",
        /// 401.
        Unauthorized = "401",
    }
    /// What an error of PRISM says.
    ErrorBody {
        /// An object with a message.
        Json = "json",
        /// The message.
        Text = "text",
    }
    /// Members without a value.
    NullMembers {
        /// They are null.
        Null = "null",
        /// They are not there.
        Absent = "absent",
    }
    /// What becomes of page and pageSize.
    Paging {
        /// They are obeyed.
        Honoured = "honoured",
        /// They are read over: everything comes at once, whatever page is asked for.
        Ignored = "ignored",
    }
    /// How a customer's role is told.
    ActingRole {
        /// By its name.
        Text = "text",
        /// By its number.
        Number = "number",
    }
    /// Which members an invoice header has.
    Headers {
        /// All.
        All = "all",
        /// The five that public code reads.
        Seen = "seen",
    }
    /// Where Azure usage is billed.
    AzureLines {
        /// On the standard invoice.
        OnInvoice = "on_invoice",
        /// Elsewhere.
        Absent = "absent",
    }
    /// Which columns the lines of an invoice have.
    CsvColumns {
        /// All nineteen.
        All = "all",
        /// All but agreement, order number, customer, cycle and term.
        WithoutLastSix = "without_last_six",
        /// The ten that are certain.
        CertainTen = "certain_ten",
    }
    /// How the last page says that it is the last.
    NextPageUrl {
        /// `null`.
        Null = "null",
        /// An empty text.
        Empty = "empty",
    }
}

/// How far ahead unit rows are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowsAhead {
    /// To the contract's end.
    #[default]
    All,
    /// For periods that begin within so many months of today.
    Months(u32),
}

impl Choice for RowsAhead {
    fn word(self) -> String {
        match self {
            Self::All => "all".to_owned(),
            Self::Months(months) => months.to_string(),
        }
    }

    fn of(word: &str) -> Option<Self> {
        let months = || word.parse().ok().filter(|months| *months <= 1_200).map(Self::Months);
        if word == "all" { Some(Self::All) } else { months() }
    }

    fn words() -> Vec<String> {
        ["all", "0", "1", "2", "…", "1200"].map(str::to_owned).to_vec()
    }
}

/// One switch, as `GET /assumptions` lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Switch {
    /// Its name.
    pub name: &'static str,
    /// Where it stands.
    pub value: Value,
    /// Where it stands unless it was turned.
    pub usual: Value,
    /// Where it may stand.
    pub allowed: Vec<Value>,
    /// The row of the gathered assumptions: a number for Autotask, A and a number for PRISM, and for ConnectWise CW before its
    /// own, where it has one.
    pub row: &'static str,
    /// What it is about.
    pub about: String,
}

macro_rules! switches {
    ($($(#[doc = $about:literal])+ $name:ident: $kind:ty = $row:literal;)+) => {
        /// Where every switch stands.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Assumptions {
            $($(#[doc = $about])+ pub $name: $kind,)+
        }

        impl Assumptions {
            /// Every switch.
            pub fn list(&self) -> Vec<Switch> {
                let usual = Self::default();
                vec![$(switch(
                    stringify!($name),
                    $row,
                    concat!($($about),+),
                    self.$name,
                    usual.$name,
                )),+]
            }

            fn turn(&mut self, name: &str, value: &Value) -> Result<(), String> {
                match name {
                    $(stringify!($name) => self.$name = chosen(name, value)?,)+
                    _ => return Err(refused("assumption", name, &[$(stringify!($name)),+])),
                }
                Ok(())
            }
        }
    };
}

switches! {
    /// what a missing id answers
    missing_id: MissingId = "1";
    /// what a refused login says
    login_body: LoginBody = "2";
    /// the status of a refusal because of the hour's requests
    hourly_refusal: TooManyStatus = "3";
    /// the status of a refusal because of the requests in flight
    thread_refusal: TooManyStatus = "8";
    /// when a request's place among those in flight is free again
    slot_release: SlotRelease = "8";
    /// refusals for which no text is evidenced
    texts: RefusalTexts = "4";
    /// what the name of a service must be unique among
    name_key: NameKey = "5";
    /// whether a refused name is told
    name_key_tail: Presence = "5";
    /// members of a body that are not known
    unknown_members: Surplus = "6";
    /// read-only members that are sent as they stand
    equal_read_only: Surplus = "6";
    /// comparison of texts in a query
    text_case: LetterCase = "7";
    /// names of operators in a query
    operator_case: LetterCase = "7";
    /// how many OR conditions and list values a query may have
    or_conditions: OrConditions = "8";
    /// an adjustment dated on the contract's first or last day
    date_bounds: DateBounds = "9";
    /// the last day that a row closed by an adjustment shows
    row_end: RowEnd = "10";
    /// half a cent of a row's amount
    rounding: Rounding = "11";
    /// price and cost of a row shorter than its period
    row_amounts: RowAmounts = "12";
    /// rows of a contract service without an adjustment
    opening_rows: OpeningRows = "13";
    /// what a change to 0 units leaves
    zero_rows: ZeroRows = "14, 29";
    /// how many months ahead unit rows are written
    rows_ahead: RowsAhead = "13.3";
    /// itemId of an adjustment posted at the root
    root_reply: ReplyId = "15";
    /// itemId of an adjustment posted below its contract
    child_reply: ChildReplyId = "15";
    /// a second contract service of one service, created below its contract
    duplicate_create: Acceptance = "16";
    /// what an adjustment by contract and service means where there are several
    duplicate_adjustment: Meant = "16";
    /// contract services whose service gets another price or cost
    service_reprice: Following = "17";
    /// lengths of sku, ids and part numbers of a service
    key_lengths: KeyLengths = "18";
    /// numbers of contract types, company types, uses and states
    type_numbers: TypeNumbers = "19";
    /// values in picklists with a label of another
    picklists: Picklists = "19, 31";
    /// prevPageUrl of later pages
    previous_page_url: Presence = "20";
    /// how the version information spells its version
    api_versions: ApiVersions = "20";
    /// changes of an inactive contract
    inactive_contract: Refusal = "21";
    /// units beyond the old end of a contract that is made longer
    extension: Extension = "22";
    /// a unitChange that is no whole number
    fractional_units: Refusal = "23";
    /// how dates and times are written
    date_form: DateForm = "24";
    /// a date with a time of day
    timed_dates: TimedDates = "24";
    /// a second adjustment on a day that starts a billing period
    period_start_repeat: Acceptance = "26";
    /// unitPrice and unitCost on creating a contract service
    opening_price: OpeningPrice = "27";
    /// what metadata says of unitPrice and unitCost of a contract service
    opening_price_metadata: Metadata = "27";
    /// adjustedUnitPrice and adjustedUnitCost of an adjustment
    reprice: Reprice = "28";
    /// decimals that money keeps
    money_decimals: MoneyDecimals = "30";
    /// an adjustment inside a period that was approved and posted
    posted_periods: Acceptance = "32";
    /// nextPageUrl of the last page
    next_page_url: NextPageUrl = "4.3";
    /// the status of a refused token request of PRISM
    token_errors: TokenErrors = "A1";
    /// what an error of PRISM says
    error_body: ErrorBody = "A2";
    /// members of PRISM's rows that have no value
    null_members: NullMembers = "A3";
    /// page and pageSize of the invoice list
    invoice_paging: Paging = "A4";
    /// page, size and total in the invoice list's reply
    page_totals: Presence = "A4";
    /// how the role of a customer is told
    acting_role: ActingRole = "A7";
    /// the members of an invoice header
    invoice_headers: Headers = "A12";
    /// the type on an invoice header
    invoice_type: Presence = "A13";
    /// the status on an invoice header
    invoice_status: Presence = "A13";
    /// where the lines of Azure usage are
    azure_lines: AzureLines = "A14";
    /// the currency on an invoice header
    invoice_currency: Presence = "A15";
    /// the columns of an invoice's lines
    csv_columns: CsvColumns = "A17";
    /// credentials by device sign-in
    device_sign_in: Offer = "A18";
    /// isCloud of the company information
    cw_is_cloud: CwIsCloud = "CW A1";
    /// the order in which and and or are read in conditions
    cw_condition_order: CwConditionOrder = "CW A2";
    /// how a quote inside a text of conditions is written
    cw_text_escapes: CwTextEscapes = "CW A3";
    /// comparison of texts in conditions
    cw_text_case: LetterCase = "CW A4";
    /// what becomes of fields
    cw_fields: CwFields = "CW A6";
    /// a pageSize over 1000
    cw_page_size: CwPageSize = "CW A7";
    /// the Link header of lists
    cw_links: CwLinks = "CW A8";
    /// the Link header of the last page, read forward only
    cw_forward_link: CwForwardLink = "CW 5";
    /// lists that can be read forward only
    cw_forward_only: CwForwardOnly = "CW A9";
    /// decimals that money keeps
    cw_money_decimals: MoneyDecimals = "CW A10";
    /// members without a value
    cw_empty_members: CwEmptyMembers = "CW A11";
    /// a PATCH of several operations
    cw_patch: CwPatch = "CW A12";
    /// what a refused key says
    cw_unauthorized: CwUnauthorized = "CW A13";
    /// a wrong code base, company or client id
    cw_wrong_route: CwWrongRoute = "CW A13";
    /// the information of an unknown company
    cw_unknown_company: CwUnknownCompany = "CW 1";
    /// how nextInvoiceDate is written
    cw_next_invoice_date: CwNextInvoiceDate = "CW A15";
    /// whether an agreement has its agreementStatus
    cw_agreement_status: CwAgreementStatus = "CW A17";
    /// additions below an unknown agreement
    cw_parent: CwParent = "CW A18";
    /// a quantity below 0
    cw_negative: CwNegative = "CW A19";
    /// what clears a cancelledDate
    cw_clear_date: CwClearDate = "CW A20";
    /// whether an addition has its billedQuantity
    cw_billed_quantity: Presence = "CW A21";
    /// how a share of a period is rounded
    cw_proration: CwProration = "CW A22";
    /// a cancelledDate before the effectiveDate
    cw_cancel_before_start: CwCancelBeforeStart = "CW A23";
    /// a new addition on an agreement that has ended
    cw_ended: CwEnded = "CW A24";
    /// inactive items, categories, subcategories and types on new records
    cw_inactive_item: Refusal = "CW A25";
    /// deleting an addition that was invoiced
    cw_invoiced_delete: CwInvoicedDelete = "CW A26";
    /// a new item whose identifier is taken
    cw_duplicate_identifier: CwDuplicateIdentifier = "CW A27";
    /// additions whose item gets another price or cost
    cw_catalog_prices: CwCatalogPrices = "CW A28";
    /// what was billed too much of an addition that was cut
    cw_credits: CwCredits = "CW A29";
    /// whether the cancelledDate itself is billed
    cw_cancelled_day: CwCancelledDay = "CW A29";
    /// what the system information needs
    cw_info_right: CwInfoRight = "CW A33";
    /// how far back an addition of invoiced periods is billed
    cw_catch_up: CwCatchUp = "CW 17.5";
    /// quantity and price changed where they stand
    cw_in_place: CwInPlace = "CW 17.8";
    /// which agreements invoice additions of invoiced periods at once
    cw_prorated_at_once: CwProratedAtOnce = "CW 17.3";
    /// seconds before a new record is in lists
    cw_list_lag: CwListLag = "CW 17.16";
}

fn switch<C: Choice>(
    name: &'static str,
    row: &'static str,
    about: &str,
    value: C,
    usual: C,
) -> Switch {
    Switch {
        name,
        value: choice::shown(&value.word()),
        usual: choice::shown(&usual.word()),
        allowed: C::words().iter().map(|word| choice::shown(word)).collect(),
        row,
        about: about.trim().to_owned(),
    }
}

impl Assumptions {
    /// These with the members of a JSON object turned; an unknown name or value refuses all of them.
    pub fn turned(mut self, json: &Value) -> Result<Self, String> {
        let members = json.as_object().ok_or("the body must be an object of names and values")?;
        for (name, value) in members {
            self.turn(name, value)?;
        }
        Ok(self)
    }
}

/// The switches of one simulation, as its parts share them.
#[derive(Clone, Debug, Default)]
pub struct Switches(Arc<RwLock<Assumptions>>);

impl Switches {
    /// Switches that stand so.
    pub fn new(assumptions: Assumptions) -> Self {
        Self(Arc::new(RwLock::new(assumptions)))
    }

    /// How they stand.
    pub fn now(&self) -> Assumptions {
        *self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Turns those that a JSON object names, all or none.
    pub fn turn(&self, json: &Value) -> Result<Assumptions, String> {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *held = held.turned(json)?;
        Ok(*held)
    }

    /// All back to where they usually stand.
    pub fn reset(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Assumptions::default();
    }
}
