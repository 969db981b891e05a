//! The codes of findings: what programs branch on, here and outside. Their texts are stored, exported and printed: they never
//! change.
//!
//! It must not say anything to a reader: the finding does.

use super::stored_word::kept_as_text;

macro_rules! things {
    ($($thing:ident $key:literal $noun:literal,)*) => {
        /// What can be named by an operator, and not be found or be found more than once.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Thing {
            $(#[doc = $noun] $thing,)*
        }

        impl Thing {
            const ALL: &[Self] = &[$(Self::$thing),*];

            /// What a text calls it.
            pub fn noun(self) -> &'static str {
                match self { $(Self::$thing => $noun,)* }
            }

            /// The word under which it is set and stored.
            #[must_use]
            pub fn key(self) -> &'static str {
                match self { $(Self::$thing => $key,)* }
            }

            /// The one with this key.
            pub fn of_key(key: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|thing| thing.key() == key)
            }

            fn unknown(self) -> &'static str {
                match self { $(Self::$thing => concat!("unknown_", $key),)* }
            }

            fn ambiguous(self) -> &'static str {
                match self { $(Self::$thing => concat!("ambiguous_", $key),)* }
            }
        }
    };
}

things! {
    Agreement "agreement" "agreement",
    BillingCode "billing_code" "billing code",
    Category "category" "category",
    Choice "choice" "choice",
    Company "company" "company",
    Connection "connection" "connection",
    Contract "contract" "contract",
    ContractService "contract_service" "contract service",
    Entry "entry" "entry",
    Invoice "invoice" "invoice",
    LinkedProduct "linked_product" "linked product",
    PinnedProduct "pinned_product" "product with a chosen service",
    Product "product" "product",
    ProductType "product_type" "product type",
    Retry "retry" "retry",
    Run "run" "run",
    Service "service" "service",
    Subcategory "subcategory" "subcategory",
    Target "target" "target",
    Taxable "taxable" "tax setting",
    Tenant "tenant" "tenant",
    Unit "unit" "unit of measure",
    Vendor "vendor" "vendor",
}

macro_rules! codes {
    ($($(#[$more:meta])* $code:ident $text:literal,)*) => {
        /// The code of a finding: stable, lower case with underscores.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = concat!("`", $text, "`")] $(#[$more])* $code,)*
            /// None is named, or the one that is meant cannot be used.
            Unusable(Thing),
            /// Nothing is called so.
            UnknownName(Thing),
            /// More than one is called so.
            AmbiguousName(Thing),
            /// A code of another version, as it was read from stored data. Nothing here makes one.
            Other(String),
        }

        impl Code {
            const PLAIN: &[Self] = &[$(Self::$code),*];

            fn plain(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$code),)* _ => None }
            }

            /// Whether a service stands in the way that can be taken over.
            pub fn is_of_taken_name(&self) -> bool {
                matches!(self, Self::NameTaken | Self::DuplicateService)
            }

            /// The text under which it is stored and shown.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$code => $text,)*
                    Self::Unusable(thing) => thing.key(),
                    Self::UnknownName(thing) => thing.unknown(),
                    Self::AmbiguousName(thing) => thing.ambiguous(),
                    Self::Other(text) => text,
                }
            }
        }
    };
}

codes! {
    AbsurdAmount "absurd_amount",
    AccessDenied "access_denied",
    AddsUp "adds_up",
    AgreementNotChosen "agreement_not_chosen",
    AmbiguousRow "ambiguous",
    AnnualBilling "annual_billing",
    Applied "applied",
    Autotask "autotask",
    AzureMixed "azure_mixed",
    AzureProration "azure_proration",
    Backup "backup",
    BackupNotWritten "backup_not_written",
    BackupUnusable "backup_unusable",
    BadId "bad_id",
    /// An invoice was made while a line of ours stood otherwise than we wrote it (sync-rules 10.6).
    BilledAsEdited "billed_as_edited",
    BillingCodeInactive "billing_code_inactive",
    BrokeOff "broke_off",
    BudgetUsedUp "budget_used_up",
    Busy "busy",
    CaFile "ca_file",
    Cancelled "cancelled",
    ChangedMeanwhile "changed_meanwhile",
    /// What new services are made with is not offered by the target any more.
    ChoiceInactive "choice_inactive",
    ChooseAgreement "choose_agreement",
    CompanyGone "company_gone",
    CompanyInactive "company_inactive",
    /// A schedule that never comes.
    ConfigNever "config_never",
    ConfigNoHome "config_no_home",
    ConfigSyntax "config_syntax",
    ConfigUnknown "config_unknown",
    ConfigUnreadable "config_unreadable",
    ConfigValue "config_value",
    /// ConnectWise gave this answer itself.
    Connectwise "connectwise",
    ContractGone "contract_gone",
    ContractInactive "contract_inactive",
    ContractKind "contract_kind",
    CostHidden "cost_hidden",
    CostPriceChanged "cost_price_changed",
    /// What was invoiced has to be credited by the target (sync-rules 10.15).
    CreditExpected "credit_expected",
    Csv "csv",
    Cut "cut",
    /// No daemon answers, or it went away.
    DaemonGone "daemon_gone",
    /// Client and daemon are of unlike versions.
    DaemonProtocol "daemon_protocol",
    /// A socket of the daemon's cannot be used.
    DaemonSocket "daemon_socket",
    DaysDoubled "days_doubled",
    DiskFull "disk_full",
    Dismissed "dismissed",
    /// Another standard invoice of its month and agreement (sync-rules 2.4).
    Doubled "doubled",
    Drift "drift",
    DuplicateService "duplicate_service",
    EffectiveDate "effective_date",
    EngineGone "engine_gone",
    EnvironmentsChanged "environments_changed",
    ExpiredToken "expired_token",
    Fault "fault",
    Field "field",
    File "file",
    FileExists "file_exists",
    Forbidden "forbidden",
    FractionalQuantity "fractional_quantity",
    /// It says that it bills a month that is still to come (sync-rules 2.9).
    FutureMonth "future_month",
    Generate "generate",
    Guard "guard",
    HookGone "webhook_gone",
    HookPrivate "webhook_private",
    HookRefused "webhook_refused",
    HookSecret "webhook_secret",
    HookUnreachable "webhook_unreachable",
    HttpClient "http_client",
    Info "info",
    IntegrationCode "integration_code",
    LateWrite "late_write",
    LeftForNext "left_for_next",
    LeftOut "left_out",
    LeftSeatsTaken "left_seats_taken",
    LineDisagrees "line_disagrees",
    LinesUsed "lines_used",
    MadeTwice "made_twice",
    MailAddress "mail_address",
    MailCut "mail_cut",
    MailNotSetUp "mail_not_set_up",
    MailPassword "mail_password",
    MailProgram "mail_program",
    MailRefused "mail_refused",
    MailSignIn "mail_sign_in",
    MailTimeOut "mail_time_out",
    MailTls "mail_tls",
    MailUnreachable "mail_unreachable",
    MappingsDiffer "mappings_differ",
    MetricsAddress "metrics_address",
    Missing "missing",
    MissingField "missing_field",
    MissingRight "missing_right",
    MissingSubscription "missing_subscription",
    MixedEnvironments "mixed_environments",
    MonthsApplied "months_applied",
    /// Another product of the price list is to get it.
    NameGiven "name_given",
    NameTaken "name_taken",
    NamelessInvoice "nameless_invoice",
    Negative "negative",
    NoAgreement "no_agreement",
    NoBillingCode "no_billing_code",
    NoCollision "no_collision",
    NoCommand "no_command",
    /// It was invoiced, and no credit will come of itself (sync-rules 10.4).
    NoCredit "no_credit",
    NoInput "no_input",
    NoLines "no_lines",
    /// It has no row yet, so that not even its kind can be told.
    NoRows "no_rows",
    NoRuns "no_runs",
    NoTerminal "no_terminal",
    NotAgreed "not_agreed",
    /// It changed in a period that was invoiced already (sync-rules 10.7, 10.9).
    NotBilled "not_billed",
    /// What new services are made with was not chosen.
    NotChosen "not_chosen",
    NotConnected "not_connected",
    NotFinished "not_finished",
    NotFound "not_found",
    NotMapped "not_mapped",
    NotOffered "not_offered",
    NotSaved "not_saved",
    NotStandard "not_standard",
    NothingMissed "nothing_missed",
    NothingNew "nothing_new",
    NothingWaits "nothing_waits",
    /// A figure of its header cannot be read.
    OddInvoice "odd_invoice",
    OddLine "odd_line",
    OddProduct "odd_product",
    OddRow "odd_row",
    OddTenant "odd_tenant",
    Ok "ok",
    /// Older than what was applied (sync-rules 2.2).
    OlderThanApplied "older_than_applied",
    /// Left out, and its month has no other: the operator is to say what it is (sync-rules 2.5).
    OnlyExcluded "only_excluded",
    OtherCompany "other_company",
    /// In another currency than its agreement (sync-rules 2.9).
    OtherCurrency "other_currency",
    OtherDifference "other_difference",
    OtherOrigin "other_origin",
    OutsideMonth "outside_month",
    /// The run was stopped amid the changes of a customer.
    PartlyWritten "partly_written",
    PartnerFailed "partner_failed",
    Permission "permission",
    Picklist "picklist",
    PlainHttp "plain_http",
    PlanDamaged "plan_damaged",
    /// It waits for nobody any more: applied, rejected, stale, expired or superseded.
    PlanDecided "plan_decided",
    PlanForeign "plan_foreign",
    PlanOther "plan_other",
    /// Whoever made it, or changed what it goes by, does not approve it.
    PlanOwn "plan_own",
    PlanDuringRun "plan_during_run",
    PlanStale "plan_stale",
    PlanUnknown "plan_unknown",
    /// Nothing was written: it waits until somebody else has looked at it.
    PlanWaits "plan_waits",
    Posted "posted",
    PostedPeriod "posted_period",
    PriceByHand "price_by_hand",
    PriceNotShown "price_not_shown",
    /// The same of a price that another followed within its month: no later run looks for it.
    PriceWasNotShown "price_was_not_shown",
    ProductNotSynced "product_not_synced",
    ProgramOff "program_off",
    RateLimited "rate_limited",
    RatioDiffers "ratio_differs",
    ReadOnly "read_only",
    NoRight "no_right",
    Reason "reason",
    Redirected "redirected",
    Relinked "relinked",
    RetailPriceChanged "retail_price_changed",
    /// The answer to a write shows something else than was sent (sync-rules 10.12).
    ReplyDiffers "reply_differs",
    Retries "retries",
    Route "route",
    RowsPruned "rows_pruned",
    SameCurrency "same_currency",
    SameDay "same_day",
    Score "score",
    SeatsTwice "seats_twice",
    SecretAgain "secret_again",
    ServerFault "server_fault",
    ServiceGone "service_gone",
    ServiceInactive "service_inactive",
    SharedContract "shared_contract",
    SharedService "shared_service",
    SiblingFailed "sibling_failed",
    Sim "sim",
    Skip "skip",
    SourceProduct "source_product",
    Standard "standard",
    StandardAlready "standard_already",
    StoreDamaged "store_damaged",
    StoreFailed "store_failed",
    StoreHeld "store_held",
    StoreNewer "store_newer",
    StoreNotWritable "store_not_writable",
    StoreUnopened "store_unopened",
    SyncOff "sync_off",
    Text "text",
    TimeOut "time_out",
    Tls "tls",
    TooLarge "too_large",
    TooManyRequests "too_many_requests",
    TwoPrices "two_prices",
    TwoReadings "two_readings",
    Unauthorized "unauthorized",
    Unbalanced "unbalanced",
    Unconfirmed "unconfirmed",
    UnexpectedAnswer "unexpected_answer",
    UnexpectedStatus "unexpected_status",
    Unfinished "unfinished",
    UnfitContract "unfit_contract",
    UnknownRight "unknown_right",
    Unlisted "unlisted",
    Unreachable "unreachable",
    Unreadable "unreadable",
    /// Its file cannot be read (sync-rules 2.3).
    UnreadableInvoice "unreadable_invoice",
    Unsendable "unsendable",
    /// Its lines do not sum to its header's subtotal (sync-rules 2.3).
    Unsettled "unsettled",
    Url "url",
    Usage "usage",
    UsageCredited "usage_credited",
    VaultDamaged "vault_damaged",
    VaultFailed "vault_failed",
    VaultForeign "vault_foreign",
    VaultKeyFile "vault_key_file",
    VaultLocked "vault_locked",
    VaultPassphrase "vault_passphrase",
    Void "void",
    /// It waits behind one of an earlier month.
    Waits "waits",
    /// A part of a period bills all of it (sync-rules 10.9).
    WholePeriod "whole_period",
    Zone "zone",
}

/// Where the trouble with an invoice as a whole lies: who finds it, whether it holds the invoice, and when it is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvoiceTrouble {
    /// In its lines: found when they are read, forgotten when they are read again. It is held.
    Lines,
    /// There are no lines. It is held.
    NoLines,
    /// In its header. It is held.
    Header,
    /// Between it and the other invoices of its agreement. It is held.
    Others,
    /// There is none; the operator has to decide what becomes of it.
    ToDecide,
    /// It waits for one before it, which is told of itself.
    Waits,
    /// The source lists it no more.
    Unlisted,
}

impl InvoiceTrouble {
    /// Whether a run that comes to the invoice cannot apply it.
    pub fn holds(self) -> bool {
        matches!(self, Self::Lines | Self::NoLines | Self::Header | Self::Others)
    }

    /// Whether the list of invoices, or an empty file, tells it without a line being read.
    pub fn is_by_list(self) -> bool {
        matches!(self, Self::NoLines | Self::Header | Self::Others | Self::ToDecide)
    }
}

impl Code {
    /// Every code this version gives.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::PLAIN.iter().cloned().chain(Self::of_things())
    }

    fn of_things() -> impl Iterator<Item = Self> {
        Thing::ALL.iter().flat_map(|thing| {
            [Self::Unusable(*thing), Self::UnknownName(*thing), Self::AmbiguousName(*thing)]
        })
    }

    /// Where it is about an invoice as a whole: such a finding is told by the invoice's own entry, not by that of the run.
    pub fn invoice_trouble(&self) -> Option<InvoiceTrouble> {
        match self {
            Self::Unsettled | Self::UnreadableInvoice => Some(InvoiceTrouble::Lines),
            Self::NoRows => Some(InvoiceTrouble::NoLines),
            Self::OddInvoice | Self::FutureMonth => Some(InvoiceTrouble::Header),
            Self::Doubled | Self::OtherCurrency => Some(InvoiceTrouble::Others),
            Self::OlderThanApplied | Self::OnlyExcluded => Some(InvoiceTrouble::ToDecide),
            Self::Waits => Some(InvoiceTrouble::Waits),
            Self::Unlisted => Some(InvoiceTrouble::Unlisted),
            _ => None,
        }
    }

    /// Whether it ends all that was asked for: no further stream of the same request is begun.
    pub fn stops_everything(&self) -> bool {
        matches!(self, Self::Unauthorized | Self::Cancelled | Self::DiskFull | Self::Fault)
    }
}

impl From<&str> for Code {
    fn from(text: &str) -> Self {
        let of_thing = || Self::of_things().find(|code| code.as_str() == text);
        Self::plain(text).or_else(of_thing).unwrap_or_else(|| Self::Other(text.to_owned()))
    }
}

kept_as_text!(Code);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_has_a_text_of_its_own_and_is_read_back_from_it() {
        let texts: BTreeSet<String> = Code::all().map(|code| code.to_string()).collect();
        assert_eq!(texts.len(), Code::all().count());
        for code in Code::all() {
            let json = serde_json::to_string(&code).expect("a text");
            assert_eq!(json, format!("\"{code}\""));
            assert_eq!(serde_json::from_str::<Code>(&json).expect("the same"), code);
        }
    }

    #[test]
    fn a_code_of_another_version_is_kept() {
        let code: Code = serde_json::from_str("\"of_tomorrow\"").expect("any text");
        assert_eq!(code, Code::Other("of_tomorrow".to_owned()));
        assert_eq!(serde_json::to_string(&code).expect("a text"), "\"of_tomorrow\"");
    }

    /// They are stored, and scripts branch on them: none may change or go.
    #[test]
    fn the_texts() {
        let mut texts: Vec<String> = Code::all().map(|code| code.to_string()).collect();
        texts.sort();
        assert_eq!(
            texts.join(" "),
            "absurd_amount access_denied adds_up agreement agreement_not_chosen ambiguous ambiguous_agreement \
             ambiguous_billing_code ambiguous_category ambiguous_choice ambiguous_company ambiguous_connection \
             ambiguous_contract ambiguous_contract_service ambiguous_entry ambiguous_invoice ambiguous_linked_product \
             ambiguous_pinned_product ambiguous_product ambiguous_product_type ambiguous_retry ambiguous_run \
             ambiguous_service ambiguous_subcategory ambiguous_target ambiguous_taxable ambiguous_tenant \
             ambiguous_unit ambiguous_vendor annual_billing applied autotask azure_mixed azure_proration backup \
             backup_not_written backup_unusable bad_id billed_as_edited billing_code billing_code_inactive broke_off \
             budget_used_up busy ca_file cancelled category changed_meanwhile choice choice_inactive choose_agreement \
             company company_gone company_inactive config_never config_no_home config_syntax config_unknown \
             config_unreadable config_value connection connectwise contract contract_gone contract_inactive \
             contract_kind contract_service cost_hidden cost_price_changed credit_expected csv cut daemon_gone \
             daemon_protocol daemon_socket days_doubled disk_full dismissed doubled drift duplicate_service \
             effective_date engine_gone entry environments_changed expired_token fault field file file_exists \
             forbidden fractional_quantity future_month generate guard http_client info integration_code invoice \
             late_write left_for_next left_out left_seats_taken line_disagrees lines_used linked_product made_twice \
             mail_address mail_cut mail_not_set_up mail_password mail_program mail_refused mail_sign_in mail_time_out \
             mail_tls mail_unreachable mappings_differ metrics_address missing missing_field missing_right \
             missing_subscription mixed_environments months_applied name_given name_taken nameless_invoice negative \
             no_agreement no_billing_code no_collision no_command no_credit no_input no_lines no_right no_rows \
             no_runs no_terminal not_agreed not_billed not_chosen not_connected not_finished not_found not_mapped \
             not_offered not_saved not_standard nothing_missed nothing_new nothing_waits odd_invoice odd_line \
             odd_product odd_row odd_tenant ok older_than_applied only_excluded other_company other_currency \
             other_difference other_origin outside_month partly_written partner_failed permission picklist pinned_product plain_http \
             plan_damaged plan_decided plan_during_run plan_foreign plan_other plan_own plan_stale plan_unknown plan_waits posted posted_period price_by_hand price_not_shown price_was_not_shown \
             product product_not_synced product_type program_off rate_limited ratio_differs read_only reason \
             redirected relinked reply_differs retail_price_changed retries retry route rows_pruned run same_currency \
             same_day score seats_twice secret_again server_fault service service_gone service_inactive \
             shared_contract shared_service sibling_failed sim skip source_product standard standard_already \
             store_damaged store_failed store_held store_newer store_not_writable store_unopened subcategory sync_off \
             target taxable tenant text time_out tls too_large too_many_requests two_prices two_readings unauthorized \
             unbalanced unconfirmed unexpected_answer unexpected_status unfinished unfit_contract unit \
             unknown_agreement unknown_billing_code unknown_category unknown_choice unknown_company \
             unknown_connection unknown_contract unknown_contract_service unknown_entry unknown_invoice \
             unknown_linked_product unknown_pinned_product unknown_product unknown_product_type unknown_retry \
             unknown_right unknown_run unknown_service unknown_subcategory unknown_target unknown_taxable \
             unknown_tenant unknown_unit unknown_vendor unlisted unreachable unreadable unreadable_invoice unsendable \
             unsettled url usage usage_credited vault_damaged vault_failed vault_foreign vault_key_file vault_locked \
             vault_passphrase vendor void waits webhook_gone webhook_private webhook_refused webhook_secret \
             webhook_unreachable whole_period zone"
        );
    }
}
