//! Decisions that change bills: defaults of sync-rules where the guide is silent. Hashed into every plan.

use serde::{Deserialize, Serialize};

use super::choice::{Chosen, Picked, Stored, StoredId};

/// When the seats of a subscription that ended inside the month go (sync-rules 4.1, F26).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Drops {
    /// On the day after it ended.
    #[default]
    AtTheDate,
    /// On the first day of the next month.
    NextPeriod,
}

/// What to do with a change for a date on which an adjustment exists already (sync-rules 4.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SameDay {
    /// Date it to the next free day, with a warning.
    #[default]
    Shift,
    /// Fail the service.
    Fail,
}

/// Azure on a contract whose periods are not calendar months (sync-rules 6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AzureProration {
    /// Write it, and warn of the difference.
    #[default]
    Warn,
    /// Refuse.
    Refuse,
}

/// A price on a contract that reads otherwise than the last one we wrote, though ours had been there (sync-rules 5.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HandPrices {
    /// It is the operator's, and is left until the invoice's own price changes.
    #[default]
    Keep,
    /// The next invoice or recheck sets it back.
    InvoiceWins,
}

/// A line that does not agree with itself or with the price list (sync-rules 3.8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineCheck {
    /// Its subscription fails, with its service.
    #[default]
    Fail,
    /// It is synced as it stands, with a warning.
    Warn,
    /// Nobody looks.
    Off,
}

/// What becomes of a contract on which a bill looks wrong, in a sync that nobody has looked at (sync-rules 2.8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GuardMode {
    /// Nothing of it is written until somebody applies a plan of it.
    #[default]
    Hold,
    /// It is written, with a warning.
    Warn,
    /// It is written.
    Off,
}

/// From when on a bill is so unlike last month's that it looks wrong (sync-rules 2.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, rename_all = "snake_case", deny_unknown_fields)]
pub struct Guards {
    /// What becomes of it.
    pub mode: GuardMode,
    /// So many seats may come or go unseen, whatever share that is.
    pub seats: u32,
    /// So many percent of a service's seats may come or go unseen, whatever number that is.
    pub service_percent: u8,
    /// So many percent of all seats that an invoice bills on linked contracts may go unseen.
    pub invoice_percent: u8,
}

impl Default for Guards {
    fn default() -> Self {
        Self { mode: GuardMode::default(), seats: 20, service_percent: 50, invoice_percent: 20 }
    }
}

/// How a rise is written where the target keeps lines (sync-rules 10.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lines {
    /// One more line of the difference: no line that was invoiced is touched.
    #[default]
    Stack,
    /// All lines end the day before, and one line of the whole quantity follows.
    Replace,
}

/// What becomes of a price that changes in a period that was invoiced already (sync-rules 10.7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PriceInInvoiced {
    /// It holds from the first day that is not invoiced, with a warning of what is not billed.
    #[default]
    Next,
    /// It is written on its day; the target has to credit what it invoiced.
    Back,
}

/// What becomes of a change in an invoiced period of a contract that does not bill parts of periods (sync-rules 10.9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unprorated {
    /// The service fails, with the words in which the target would refuse it.
    #[default]
    Fail,
    /// It is written on the first day that is not invoiced, with a warning of what is not billed.
    Next,
}

/// Decisions that concern only targets that keep lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, rename_all = "snake_case", deny_unknown_fields)]
pub struct LinePolicies {
    /// How a rise is written.
    pub lines: Lines,
    /// Prices that change where an invoice was made.
    pub price_in_invoiced: PriceInInvoiced,
    /// Changes where an invoice was made, on contracts that are not prorated.
    pub unprorated: Unprorated,
}

impl LinePolicies {
    /// Whether all of them are as they are without a setting.
    #[must_use]
    pub fn are_default(&self) -> bool {
        *self == Self::default()
    }
}

/// The effective policies of one installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, rename_all = "snake_case", deny_unknown_fields)]
pub struct Policies {
    /// Ended subscriptions.
    pub drops: Drops,
    /// Taken dates.
    pub same_day: SameDay,
    /// Azure off calendar months.
    pub azure_proration: AzureProration,
    /// Whether annual terms billed monthly are synced (sync-rules 3.1).
    pub annual_term_monthly_bill: bool,
    /// Prices set by hand on a contract.
    pub hand_prices: HandPrices,
    /// Lines that contradict themselves.
    pub line_check: LineCheck,
    /// Bills that look wrong.
    pub guards: Guards,
    /// Targets that keep lines; left out of stored texts as long as nothing is set, so that plans made before stay valid.
    #[serde(skip_serializing_if = "LinePolicies::are_default")]
    pub lines: LinePolicies,
}

impl Default for Policies {
    fn default() -> Self {
        Self {
            drops: Drops::default(),
            same_day: SameDay::default(),
            azure_proration: AzureProration::default(),
            annual_term_monthly_bill: true,
            hand_prices: HandPrices::default(),
            line_check: LineCheck::default(),
            guards: Guards::default(),
            lines: LinePolicies::default(),
        }
    }
}

/// Which products become services (R19).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProductMode {
    /// Every product of the price list.
    #[default]
    All,
    /// Only those on invoices of customers whose sync is on.
    InUse,
}

/// The options of Microsoft CSP on one target (R17–R24).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredOptions", into = "StoredOptions")]
pub struct ProgramOptions {
    /// The program's master switch.
    pub sync: bool,
    /// Which products.
    pub mode: ProductMode,
    /// Whether Azure lines are synced.
    pub azure: bool,
    /// What new services are made with.
    pub chosen: Chosen,
    /// Who is told about runs.
    pub notify: Vec<String>,
}

/// The same as it is stored, hashed into plans and printed.
#[derive(Serialize, Deserialize)]
struct StoredOptions {
    sync: bool,
    mode: ProductMode,
    azure: bool,
    #[serde(default)]
    billing_code: Option<Picked>,
    #[serde(default)]
    vendor: Option<(StoredId, String)>,
    #[serde(default, skip_serializing_if = "Chosen::is_empty")]
    choices: Chosen,
    notify: Vec<String>,
}

impl From<ProgramOptions> for StoredOptions {
    fn from(options: ProgramOptions) -> Self {
        let ProgramOptions { sync, mode, azure, chosen, notify } = options;
        let Stored { billing_code, vendor, others } = chosen.into();
        let vendor = vendor.map(|Picked { id, name }| (StoredId(id), name));
        Self { sync, mode, azure, billing_code, vendor, choices: others, notify }
    }
}

impl From<StoredOptions> for ProgramOptions {
    fn from(stored: StoredOptions) -> Self {
        let StoredOptions { sync, mode, azure, billing_code, vendor, choices, notify } = stored;
        let vendor = vendor.map(|(StoredId(id), name)| Picked { id, name });
        let chosen = Stored { billing_code, vendor, others: choices }.into();
        Self { sync, mode, azure, chosen, notify }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Thing;

    #[test]
    fn options_are_stored_as_they_were_before_there_were_other_choices() {
        let text = r#"{"sync":true,"mode":"all","azure":false,"billing_code":{"id":7,"name":"Cloud"},"vendor":[9,"rhipe"],"notify":[]}"#;
        let options: ProgramOptions = serde_json::from_str(text).expect("options");
        assert_eq!(options.chosen.of(Thing::BillingCode), Some(&Picked::new(7, "Cloud")));
        assert_eq!(options.chosen.of(Thing::Vendor), Some(&Picked::new(9, "rhipe")));
        assert_eq!(serde_json::to_string(&options).expect("a text"), text);
    }

    #[test]
    fn ids_that_the_first_release_stored_as_text_are_read_and_become_numbers() {
        let text = r#"{"sync":true,"mode":"all","azure":false,"billing_code":{"id":"7","name":"Cloud"},"vendor":["9","rhipe"],"notify":[]}"#;
        let options: ProgramOptions = serde_json::from_str(text).expect("options");
        assert_eq!(options.chosen.of(Thing::BillingCode), Some(&Picked::new(7, "Cloud")));
        assert_eq!(options.chosen.of(Thing::Vendor), Some(&Picked::new(9, "rhipe")));
        let now = text.replace("\"7\"", "7").replace("\"9\"", "9");
        assert_eq!(serde_json::to_string(&options).expect("a text"), now);
        let none = text.replace("\"7\"", "\"seven\"");
        assert!(serde_json::from_str::<ProgramOptions>(&none).is_err());
    }

    #[test]
    fn other_choices_are_kept_by_name_and_those_of_another_version_left_out() {
        let chosen = Chosen::default().with(Thing::Subcategory, Picked::new(99, "Miscellaneous"));
        let options = ProgramOptions { chosen, ..ProgramOptions::default() };
        let text = serde_json::to_string(&options).expect("a text");
        assert_eq!(serde_json::from_str::<ProgramOptions>(&text).expect("options"), options);
        let newer = text.replace(r#""choices":{"#, r#""choices":{"warp":{"id":1,"name":"x"},"#);
        assert_ne!(newer, text);
        assert_eq!(serde_json::from_str::<ProgramOptions>(&newer).expect("options"), options);
    }
}
