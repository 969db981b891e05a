//! The one table of settings: key, kind, default and meaning. Files, variables and `config show` follow it.

use crate::domain::schedule::Apply;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SettingKind {
    /// `true` or `false`.
    Flag,
    /// A whole number, from the first to the second.
    Number(u64, u64),
    Word(&'static [&'static str]),
    /// Any text on one line.
    Text,
    /// A file or directory.
    Path,
    /// The IANA name of a time zone.
    Zone,
    /// An IP address with a port.
    Address,
    /// Several of a kind, as a list in the file, parted by commas elsewhere.
    List(ListOf),
    /// Tables of one name in the file; a variable has the same list in one line of TOML.
    Tables(TablesOf),
}

/// What a list is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListOf {
    /// Times of day.
    Times,
    Weekdays,
    /// Stretches of a day of the month.
    Windows,
    /// What may be applied to a target, with the name of its connection before it.
    Applied,
}

/// What tables of one name are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TablesOf {
    /// Mail addresses, with what they are told of.
    Routes,
    /// Web addresses.
    Hooks,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Setting {
    /// As in the file, with its section: `limits.tries`.
    pub key: &'static str,
    pub kind: SettingKind,
    /// As a variable or flag would give it; empty for *not set*.
    pub default: &'static str,
    pub meaning: &'static str,
}

const fn setting(
    key: &'static str,
    kind: SettingKind,
    default: &'static str,
    meaning: &'static str,
) -> Setting {
    Setting { key, kind, default, meaning }
}

/// All settings, in the order in which they are shown.
pub(super) const SETTINGS: &[Setting] = &[
    setting(
        "environment",
        SettingKind::Text,
        "",
        "Word that is always on the screen, such as UAT; the PRISM connection's own where not set",
    ),
    setting("data_dir", SettingKind::Path, "", "Where store, vault and backups are"),
    setting("state_dir", SettingKind::Path, "", "Where logs are"),
    setting(
        "ca_file",
        SettingKind::Path,
        "",
        "Certificates in PEM that are trusted besides the system's, such as a proxy's",
    ),
    setting(
        "daemon.sockets",
        SettingKind::Path,
        "",
        "Folder of the daemon's sockets; in the data directory where not set, or where systemd says",
    ),
    setting(
        "daemon.view_group",
        SettingKind::Text,
        "prism-view",
        "Group of this host that may look, through the daemon",
    ),
    setting(
        "daemon.operate_group",
        SettingKind::Text,
        "prism-operate",
        "Group of this host that may link and sync, through the daemon",
    ),
    setting(
        "daemon.approve_group",
        SettingKind::Text,
        "prism-approve",
        "Group of this host that may let a waiting plan pass, through the daemon",
    ),
    setting(
        "daemon.admin_group",
        SettingKind::Text,
        "prism-admin",
        "Group of this host that may connect and set up, through the daemon",
    ),
    setting("daemon.ssh", SettingKind::Text, "ssh", "Program that --via reaches another host with"),
    setting(
        "policies.drops",
        SettingKind::Word(&["at-the-date", "next-period"]),
        "at-the-date",
        "When the seats of a subscription that ended go: the day after, or the first of the next month",
    ),
    setting(
        "policies.same_day",
        SettingKind::Word(&["shift", "fail"]),
        "shift",
        "A change for a date that is taken: to the next free day with a warning, or fail the service",
    ),
    setting(
        "policies.azure_proration",
        SettingKind::Word(&["warn", "refuse"]),
        "warn",
        "Azure on a contract whose periods are not calendar months",
    ),
    setting(
        "policies.annual_term_monthly_bill",
        SettingKind::Flag,
        "true",
        "Whether annual terms that are billed monthly are synced",
    ),
    setting(
        "policies.hand_prices",
        SettingKind::Word(&["keep", "invoice-wins"]),
        "keep",
        "A price set by hand on a contract: the operator's until the invoice's own changes, or set back",
    ),
    setting(
        "connectwise.lines",
        SettingKind::Word(&["stack", "replace"]),
        "stack",
        "A rise on a ConnectWise agreement: one more addition of the difference, or end all and add the whole quantity",
    ),
    setting(
        "connectwise.price_in_invoiced",
        SettingKind::Word(&["next", "back"]),
        "next",
        "A price that changes in a period invoiced already, on ConnectWise: from the first day that is not, with a \
         warning, or on its day, where ConnectWise has to credit",
    ),
    setting(
        "connectwise.unprorated",
        SettingKind::Word(&["fail", "next"]),
        "fail",
        "A change in a period invoiced already on a ConnectWise agreement that is not prorated: fail the service, or \
         write it on the first day that is not, with a warning",
    ),
    setting(
        "connectwise.key_field",
        SettingKind::Number(0, 2_000_000_000),
        "0",
        "Id of the custom field of additions that holds our key on ConnectWise, where serial numbers print; 0 for the \
         serial number",
    ),
    setting(
        "connectwise.list_lag",
        SettingKind::Number(0, 600),
        "30",
        "Seconds for which a list of ConnectWise may miss what was just written: a write without an answer is looked for \
         until they are over",
    ),
    setting(
        "policies.line_check",
        SettingKind::Word(&["fail", "warn", "off"]),
        "fail",
        "An invoice line that contradicts itself or the price list: fail its service, warn, or do not look",
    ),
    setting(
        "guards.mode",
        SettingKind::Word(&["hold", "warn", "off"]),
        "hold",
        "A contract whose bill looks wrong, in a sync without a plan: hold it until a plan of it is applied, or \
         write it with or without a warning",
    ),
    setting(
        "guards.seats",
        SettingKind::Number(0, 1_000_000),
        "20",
        "Seats that may come or go without a look",
    ),
    setting(
        "guards.service_percent",
        SettingKind::Number(0, 100),
        "50",
        "Share of a service's seats on a contract that may come or go without a look",
    ),
    setting(
        "guards.invoice_percent",
        SettingKind::Number(0, 100),
        "20",
        "Share of all seats of an invoice's customers that may go without a look",
    ),
    setting(
        "approval",
        SettingKind::Word(&["none", "guards", "every-run"]),
        "",
        "What waits until somebody else has approved it: nothing, what guards hold, or every sync that writes; guards \
         with a daemon and none without one where not set",
    ),
    setting(
        "limits.timeout_seconds",
        SettingKind::Number(1, 600),
        "60",
        "From sending a request to the last byte of its answer",
    ),
    setting(
        "limits.connect_timeout_seconds",
        SettingKind::Number(1, 120),
        "15",
        "Until a connection stands",
    ),
    setting("limits.in_flight", SettingKind::Number(1, 16), "3", "Requests at once per endpoint"),
    setting("limits.writers", SettingKind::Number(1, 16), "8", "Contracts written side by side"),
    setting(
        "limits.budget_percent",
        SettingKind::Number(1, 100),
        "50",
        "Share of Autotask's hourly requests that may be used",
    ),
    setting(
        "limits.tries",
        SettingKind::Number(1, 20),
        "5",
        "How often a read is sent before it is given up",
    ),
    setting(
        "limits.longest_pause_seconds",
        SettingKind::Number(1, 3600),
        "600",
        "The longest wait between two tries, and the longest Retry-After that is waited for",
    ),
    setting(
        "limits.quiet_seconds",
        SettingKind::Number(0, 600),
        "10",
        "Wait before a change without an answer is looked for, so that a late one has arrived",
    ),
    setting(
        "schedule.look",
        SettingKind::List(ListOf::Times),
        "",
        "Times of day at which everything is synced by itself, while `prism-connect serve` runs; none for no schedule",
    ),
    setting(
        "schedule.weekdays",
        SettingKind::List(ListOf::Weekdays),
        "mon, tue, wed, thu, fri, sat, sun",
        "Days of the week on which it looks by itself",
    ),
    setting(
        "schedule.zone",
        SettingKind::Zone,
        "",
        "Time zone of these times, such as Australia/Sydney; the system's where not set",
    ),
    setting(
        "schedule.jitter_minutes",
        SettingKind::Number(0, 120),
        "10",
        "A look begins up to so much later than its time, so that not all installations begin at once",
    ),
    setting(
        "schedule.on_new_invoice",
        SettingKind::Flag,
        "false",
        "Whether it also asks for the invoice list every 2 hours from 06:00 to 20:00, and syncs where there is a new one",
    ),
    setting(
        "schedule.not",
        SettingKind::List(ListOf::Windows),
        "",
        "Day of the month and times at which no look begins, such as the distributor's own invoice run: 01 00:00-12:00",
    ),
    setting(
        "schedule.apply",
        SettingKind::Word(Apply::WORDS),
        "within-guards",
        "What a look writes by itself: all but what guards hold back, all, or nothing and it only plans",
    ),
    setting(
        "schedule.apply_to",
        SettingKind::List(ListOf::Applied),
        "",
        "The same for one target, by the name of its connection: connectwise plan-only",
    ),
    setting(
        "mail.server",
        SettingKind::Text,
        "",
        "Server that takes mail about runs: smtps://user@host:465, smtp://user@host:587?tls=required, smtp://localhost:25",
    ),
    setting(
        "mail.sendmail",
        SettingKind::Path,
        "",
        "Program of this host that takes mail instead of a server, such as /usr/sbin/sendmail",
    ),
    setting("mail.from", SettingKind::Text, "", "Address that mail is from"),
    setting(
        "mail.ssh",
        SettingKind::Text,
        "",
        "Host through which one comes to this program by ssh: it stands in the command that opens a run",
    ),
    setting(
        "mail.web",
        SettingKind::Text,
        "",
        "Page of a run in your own portal, with {run} for its number: it stands in mail too",
    ),
    setting(
        "notify",
        SettingKind::Tables(TablesOf::Routes),
        "",
        "Who is told by mail, and on what: [[notify]] with to and on, beside the addresses of the program",
    ),
    setting(
        "webhook",
        SettingKind::Tables(TablesOf::Hooks),
        "",
        "Web addresses that are told: [[webhook]] with url, on, secret, style and allow_private",
    ),
    setting(
        "metrics.file",
        SettingKind::Path,
        "",
        "File for the textfile collector of Prometheus, written after each look and run; none where not set",
    ),
    setting(
        "metrics.listen",
        SettingKind::Address,
        "",
        "Address at which `prism-connect serve` answers GET /metrics, such as 127.0.0.1:9464; nowhere where not set",
    ),
    setting(
        "retention.runs",
        SettingKind::Number(10, 100_000),
        "1000",
        "Runs kept with all their rows",
    ),
    setting(
        "retention.backups",
        SettingKind::Number(0, 365),
        "14",
        "Daily backups kept below the data directory, one made by the first sync of a day; 0 makes none",
    ),
    setting(
        "mapping.automap_score",
        SettingKind::Number(0, 100),
        "90",
        "Suggestions of at least this score count as sure",
    ),
    setting(
        "attention.contract_end_days",
        SettingKind::Number(0, 365),
        "45",
        "A linked contract that ends within so many days needs attention",
    ),
    setting(
        "console.theme",
        SettingKind::Word(&["auto", "light", "16", "rgb", "none"]),
        "auto",
        "Colours: what the terminal says, the same on a light ground, the 16 of its own theme, 24 bits, or none",
    ),
    setting("console.ascii", SettingKind::Flag, "false", "Draw without Unicode characters"),
    setting(
        "console.mouse",
        SettingKind::Flag,
        "false",
        "Take the mouse: a click goes to a tab or a row, the wheel moves the list under it; the terminal then cannot select text",
    ),
    setting(
        "console.esc_milliseconds",
        SettingKind::Number(0, 1000),
        "30",
        "How long an Esc may be the beginning of another key, whose rest a slow line still holds",
    ),
];

/// Variables that set no setting, with what they are for.
pub(super) const OTHERS: &[(&str, &str)] = &[
    ("PRISM_CONNECT_CONFIG", "The settings file, as --config names it"),
    ("PRISM_CONNECT_KEY_FILE", "The key file of the vault, such as a systemd credential"),
    ("PRISM_CONNECT_LOG", "How much is logged: error, warn, info, debug or trace"),
];

const VARIABLE_PREFIX: &str = "PRISM_CONNECT_";

impl Setting {
    /// The environment variable that sets it: `PRISM_CONNECT_LIMITS_TRIES`.
    pub(super) fn variable(&self) -> String {
        format!("{VARIABLE_PREFIX}{}", self.key.replace('.', "_").to_uppercase())
    }
}

pub(super) fn find(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

/// The variables of ours that are no settings. Those with which tests end the program at a named place are known only
/// to a program that has such places.
pub(super) fn others() -> impl Iterator<Item = &'static str> {
    let tests: &[&str] = if cfg!(any(debug_assertions, feature = "crash-points")) {
        &["PRISM_CONNECT_CRASH", "PRISM_CONNECT_PANIC"]
    } else {
        &[]
    };
    OTHERS.iter().map(|(name, _)| *name).chain(tests.iter().copied())
}

/// What is most like it, if anything is.
pub(super) fn closest(typed: &str, among: impl Iterator<Item = String>) -> Option<String> {
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    let likeness = |key: &str| {
        strsim::jaro_winkler(typed, key).max(strsim::jaro_winkler(&last(typed), &last(key)))
    };
    let scored = among.map(|key| (likeness(&key), key)).filter(|(score, _)| *score > 0.8);
    scored.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, key)| key)
}
