//! Which value wins, what is refused, and what is said about it.

use rstest::rstest;

use super::*;

fn homes() -> Homes {
    Homes { config: "/c".into(), data: "/d".into(), state: "/s".into() }
}

fn with(
    text: &str,
    variables: &[(&str, &str)],
    overrides: &Overrides,
) -> Result<Config, ConfigError> {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let variables = variables.iter().map(pair).collect();
    Config::resolve(overrides, &variables, Path::new("/c/config.toml"), text, &homes())
}

fn from_file(text: &str) -> Result<Config, ConfigError> {
    with(text, &[], &Overrides::default())
}

fn origin(config: &Config, key: &str) -> (String, String) {
    let mut settings = config.settings().into_iter();
    let setting = settings.find(|setting| setting.key == key).unwrap();
    (setting.value, setting.origin)
}

#[test]
fn without_a_file_the_defaults_hold() {
    let config = from_file("").unwrap();
    assert_eq!(config.policies(), Policies::default());
    let limits = config.limits();
    assert_eq!((limits.in_flight, limits.writers, limits.budget_percent), (3, 8, 50));
    assert_eq!((limits.timeout, limits.quiet), (Duration::from_mins(1), Duration::from_secs(10)));
    assert_eq!(config.data_dir(), Path::new("/d"));
    assert_eq!(config.state_dir(), Path::new("/s"));
    assert_eq!((config.ca_file(), config.key_file(), config.environment()), (None, None, None));
    assert_eq!((config.colours(), config.ascii(), config.mouse()), (Colours::Auto, false, false));
    assert!(config.settings().iter().all(|setting| setting.origin == "default"));
}

#[test]
fn the_default_of_every_setting_is_allowed_and_every_setting_says_what_it_does() {
    let config = from_file("").unwrap();
    for (setting, view) in SETTINGS.iter().zip(config.settings()) {
        assert!(!view.meaning.is_empty());
        let known = config.values.contains_key(setting.key);
        assert_eq!(known, !setting.default.is_empty() || setting.key.ends_with("_dir"));
    }
}

#[test]
fn the_example_sets_nothing_and_has_every_setting_with_its_default() {
    let text = example();
    assert!(from_file(&text).unwrap().settings().iter().all(|setting| setting.origin == "default"));
    let is_set = |line: &str| !line.ends_with("= \"\"") && !line.ends_with("= []");
    let taken: String = text
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(entry) if !entry.starts_with(' ') && is_set(entry) => format!("{entry}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let (all, defaults) = (from_file(&taken).unwrap(), from_file("").unwrap());
    for (taken, default) in all.settings().into_iter().zip(defaults.settings()) {
        assert_eq!(taken.value, default.value, "{}", taken.key);
        let set = is_set(&format!("= {}", taken.value)) && !taken.key.ends_with("_dir");
        assert_eq!(taken.origin != "default", set, "{}", taken.key);
        let name = taken.key.rsplit('.').next().unwrap();
        assert!(text.contains(&format!("\n#{name} = ")), "{}", taken.key);
    }
}

#[test]
fn what_is_shown_can_be_put_into_the_file() {
    let text =
        "[policies]\ndrops = \"next-period\"\n[console]\nascii = true\n[limits]\ntries = 7\n";
    let config = from_file(text).unwrap();
    let is_set = |setting: &EffectiveSetting| setting.value != "\"\"";
    let line = |setting: EffectiveSetting| format!("{} = {}\n", setting.key, setting.value);
    let again: String = config.settings().into_iter().filter(is_set).map(line).collect();
    let again = from_file(&again).unwrap();
    let values = |config: &Config| -> Vec<String> {
        config.settings().into_iter().map(|setting| setting.value).collect()
    };
    assert_eq!(values(&again), values(&config));
}

#[test]
fn a_flag_beats_the_environment_which_beats_the_file_which_beats_the_default() {
    let text = "data_dir = \"/file\"\n";
    let variable = ("PRISM_CONNECT_DATA_DIR", "/variable");
    let flag = Overrides { data_dir: Some("/flag".into()), ..Overrides::default() };
    let none = Overrides::default();
    let found = |config: Result<Config, ConfigError>| origin(&config.unwrap(), "data_dir");
    let pair = |value: &str, origin: &str| (format!("\"{value}\""), origin.to_owned());
    assert_eq!(found(with("", &[], &none)), pair("/d", "default"));
    assert_eq!(found(with(text, &[], &none)), pair("/file", "/c/config.toml"));
    assert_eq!(found(with(text, &[variable], &none)), pair("/variable", "PRISM_CONNECT_DATA_DIR"));
    assert_eq!(found(with(text, &[variable], &flag)), pair("/flag", "--data-dir"));
}

#[test]
fn all_kinds_of_settings_are_read_from_the_file() {
    let config = from_file(
        "environment = \"UAT\"\nca_file = \"ca.pem\"\n\
         policies = { drops = \"next-period\", annual_term_monthly_bill = false }\n\
         [limits]\nquiet_seconds = 0\nwriters = 1_6\n[console]\ntheme = \"none\"\nmouse = true\n",
    );
    let config = config.unwrap();
    assert_eq!(config.environment(), Some("UAT"));
    assert_eq!(config.ca_file(), Some(PathBuf::from("/c/ca.pem")), "relative to the file");
    assert_eq!(config.policies().drops, Drops::NextPeriod);
    assert!(!config.policies().annual_term_monthly_bill);
    assert_eq!(config.limits().quiet, Duration::ZERO);
    assert_eq!(config.limits().writers, 16);
    assert_eq!((config.colours(), config.mouse()), (Colours::None, true));
    let light = from_file("[console]\ntheme = \"light\"\n");
    assert_eq!(light.unwrap().colours(), Colours::Light);
}

#[test]
fn all_kinds_of_settings_are_read_from_the_environment() {
    let variables = [
        ("PRISM_CONNECT_POLICIES_SAME_DAY", "fail"),
        ("PRISM_CONNECT_POLICIES_AZURE_PRORATION", "refuse"),
        ("PRISM_CONNECT_POLICIES_LINE_CHECK", "warn"),
        ("PRISM_CONNECT_LIMITS_TRIES", "2"),
        ("PRISM_CONNECT_CONSOLE_ASCII", "yes"),
        ("PRISM_CONNECT_CONSOLE_THEME", ""),
        ("PRISM_CONNECT_KEY_FILE", "/run/key"),
        ("PRISM_CONNECT_LOG", "debug"),
    ];
    let config = with("", &variables, &Overrides::default()).unwrap();
    assert_eq!(config.policies().same_day, SameDay::Fail);
    assert_eq!(config.policies().azure_proration, AzureProration::Refuse);
    assert_eq!(config.policies().line_check, LineCheck::Warn);
    assert_eq!((config.limits().tries, config.ascii()), (2, true));
    assert_eq!(config.colours(), Colours::Auto, "an empty variable is not set");
    assert_eq!(config.key_file(), Some(Path::new("/run/key")));
}

#[rstest]
#[case("drops = \"next-period\"", "drops", 1, Some("policies.drops"))]
#[case("\n\n[policies]\ndrop = \"x\"", "policies.drop", 4, Some("policies.drops"))]
#[case("[limits]\ntimeout = 3", "limits.timeout", 2, Some("limits.timeout_seconds"))]
#[case("[polices]\ndrops = \"x\"", "polices", 1, Some("policies.drops"))]
#[case("zzz = 1", "zzz", 1, None)]
fn an_unknown_key_is_named_with_its_place_and_the_closest_one(
    #[case] text: &str,
    #[case] key: &str,
    #[case] line: usize,
    #[case] closest: Option<&str>,
) {
    let error = from_file(text).unwrap_err();
    let place = format!("/c/config.toml, line {line}");
    let closest = closest.map(str::to_owned);
    assert_eq!(error, ConfigError::Unknown { key: key.to_owned(), place, closest });
}

#[rstest]
#[case("[policies]\ndrops = \"never\"", "policies.drops", "at-the-date, next-period")]
#[case("[policies]\ndrops = true", "policies.drops", "at-the-date, next-period")]
#[case("[policies]\nline_check = \"never\"", "policies.line_check", "fail, warn, off")]
#[case("[console]\nmouse = \"yes\"", "console.mouse", "true, false")]
#[case("[limits]\nin_flight = 0", "limits.in_flight", "a whole number from 1 to 16")]
#[case("[limits]\nin_flight = -1", "limits.in_flight", "a whole number from 1 to 16")]
#[case("[limits]\nin_flight = 2.5", "limits.in_flight", "a whole number from 1 to 16")]
#[case("[limits]\nin_flight = 0x03", "limits.in_flight", "a whole number from 1 to 16")]
#[case("[limits]\nin_flight = [3]", "limits.in_flight", "a whole number from 1 to 16")]
#[case(
    "[limits]\nin_flight = 99999999999999999999",
    "limits.in_flight",
    "a whole number from 1 to 16"
)]
#[case("\ndata_dir = \"\"", "data_dir", "a path, in quotes in the file")]
#[case("\nenvironment = \"a\\nb\"", "environment", "a text on one line")]
#[case("\n[environment]\nx = 1", "environment", "a text on one line")]
fn a_value_that_is_not_allowed_says_what_is(
    #[case] text: &str,
    #[case] key: &str,
    #[case] allowed: &str,
) {
    let error = from_file(text).unwrap_err();
    let ConfigError::Value { key: found, place, allowed: says, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!((found.as_str(), says.as_str()), (key, allowed));
    assert_eq!(place, "/c/config.toml, line 2");
    let text = error.to_string();
    assert!(text.contains(key) && text.contains(allowed) && text.contains("line 2"), "{text}");
}

#[rstest]
#[case("PRISM_CONNECT_LIMITS_TRIES", "many")]
#[case("PRISM_CONNECT_CONSOLE_MOUSE", "maybe")]
#[case("PRISM_CONNECT_POLICIES_DROPS", "Next-Period")]
fn a_variable_that_is_not_allowed_is_named(#[case] name: &str, #[case] value: &str) {
    let error = with("", &[(name, value)], &Overrides::default()).unwrap_err();
    assert!(matches!(&error, ConfigError::Value { place, .. } if place == name), "{error}");
    assert!(error.to_string().contains(value), "{error}");
}

#[test]
fn a_variable_that_looks_like_a_setting_and_is_none_is_refused() {
    let variables = [("PRISM_CONNECT_POLICIES_DROP", "next-period")];
    let error = with("", &variables, &Overrides::default()).unwrap_err();
    assert!(error.to_string().contains("PRISM_CONNECT_POLICIES_DROPS"), "{error}");
}

#[rstest]
#[case("[limits\n")]
#[case("a = 1\na = 2\n")]
#[case("= 3")]
#[case("\u{feff}\u{0}")]
fn what_is_no_toml_names_the_file_and_the_line(#[case] text: &str) {
    let error = from_file(text).unwrap_err();
    assert!(matches!(&error, ConfigError::Syntax { .. }), "{error}");
    assert!(error.to_string().starts_with("/c/config.toml, line "), "{error}");
}

#[test]
fn a_settings_file_that_was_named_must_be_there_and_be_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("missing.toml");
    assert_eq!(read(&missing, false).unwrap(), "");
    let error = read(&missing, true).unwrap_err();
    assert!(error.to_string().contains("missing.toml"), "{error}");
    assert!(read(dir.path(), false).is_err());
    let large = dir.path().join("large.toml");
    std::fs::write(&large, "#".repeat((1 << 20) + 1)).unwrap();
    assert!(read(&large, true).unwrap_err().to_string().contains("1 MiB"));
}

#[test]
fn an_error_becomes_a_finding_with_advice() {
    let finding =
        crate::domain::outcome::Finding::from(from_file("[limits]\ntrys = 3").unwrap_err());
    assert_eq!(finding.code.as_str(), "config_unknown");
    assert_eq!(finding.advice, "Did you mean `limits.tries`?");
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "(\\[?[a-z_.\"=\\] 0-9\n\u{0}ü-]{0,12}){0,8}") {
        if let Err(error) = from_file(&text) {
            assert!(!error.to_string().is_empty());
        }
    }
}

#[test]
fn guards_are_settings() {
    let text = "[guards]\nmode = \"warn\"\nseats = 5\nservice_percent = 30\ninvoice_percent = 10\n";
    let guards = from_file(text).unwrap().policies().guards;
    let wanted =
        Guards { mode: GuardMode::Warn, seats: 5, service_percent: 30, invoice_percent: 10 };
    assert_eq!(guards, wanted);
    let variable = [("PRISM_CONNECT_GUARDS_MODE", "off")];
    let config = with(text, &variable, &Overrides::default()).unwrap();
    assert_eq!(config.policies().guards.mode, GuardMode::Off);
}

#[rstest]
#[case("mode = \"ask\"", "guards.mode")]
#[case("seats = -1", "guards.seats")]
#[case("service_percent = 101", "guards.service_percent")]
#[case("invoice_percent = \"20 %\"", "guards.invoice_percent")]
#[case("percent = 20", "guards.percent")]
fn a_guard_that_is_not_understood_stops_the_start(#[case] line: &str, #[case] key: &str) {
    let told = from_file(&format!("[guards]\n{line}\n")).unwrap_err().to_string();
    assert!(told.contains(key), "{told}");
}

#[test]
fn how_lines_are_kept_and_how_long_lists_lag_are_settings_r10_10_r10_11() {
    let config = from_file("").unwrap();
    assert_eq!((config.line_key_field(), config.list_lag().as_secs()), (None, 30));
    let config = from_file("[connectwise]\nkey_field = 12\nlist_lag = 5\n").unwrap();
    assert_eq!((config.line_key_field(), config.list_lag().as_secs()), (Some(12), 5));
}

/// With a schedule that looks once a day, and more in its section.
fn scheduled(more: &str) -> Result<Config, ConfigError> {
    from_file(&format!("[schedule]\nzone = \"Australia/Sydney\"\nlook = [\"06:30\"]\n{more}\n"))
}

#[test]
fn a_schedule_is_read_from_the_file() {
    let more = "weekdays = [\"mon\", \"Friday\"]\njitter_minutes = 0\non_new_invoice = true\n\
        not = [\"01 00:00-12:00\"]\napply = \"plan-only\"\napply_to = [\"connectwise all\"]";
    let schedule = scheduled(more).unwrap().schedule();
    assert_eq!(schedule.zone.name(), "Australia/Sydney");
    assert_eq!(schedule.looks.iter().map(ToString::to_string).collect::<Vec<_>>(), ["06:30"]);
    assert_eq!(schedule.weekdays.to_string(), "mon fri");
    assert!(schedule.is_set() && schedule.on_new_invoice && schedule.jitter.is_zero());
    assert_eq!(schedule.quiet.len(), 1);
    let of = |target: &str| schedule.apply_on(&target.into()).word();
    assert_eq!((of("autotask"), of("connectwise")), ("plan-only", "all"));
}

#[test]
fn without_one_there_is_no_schedule() {
    let schedule = from_file("").unwrap().schedule();
    assert!(!schedule.is_set());
    assert_eq!((schedule.jitter.num_minutes(), schedule.apply.word()), (10, "within-guards"));
    assert_eq!(schedule.weekdays, crate::domain::schedule::Weekdays::EVERY);
}

#[test]
fn a_list_in_a_variable_is_parted_by_commas() {
    let variables = [("PRISM_CONNECT_SCHEDULE_LOOK", "18:00, 06:30,18:00")];
    let config = with("", &variables, &Overrides::default()).unwrap();
    let looks: Vec<String> = config.schedule().looks.iter().map(ToString::to_string).collect();
    assert_eq!(looks, ["06:30", "18:00"]);
    let shown = origin(&config, "schedule.look");
    let place = "PRISM_CONNECT_SCHEDULE_LOOK".to_owned();
    assert_eq!(shown, ("[\"18:00\", \"06:30\", \"18:00\"]".to_owned(), place));
}

#[rstest]
#[case("look = [\"6:30\"]", "`schedule.look` cannot be `6:30`.", "times of day")]
#[case("look = \"06:30\"", "`schedule.look` cannot be \"06:30\".", "[\"06:30\", \"18:00\"]")]
#[case("look = [630]", "`schedule.look` cannot be [630].", "times of day")]
#[case("zone = \"Sydney\"", "`schedule.zone` cannot be \"Sydney\".", "Australia/Sydney")]
#[case("weekdays = [\"mo\"]", "`schedule.weekdays` cannot be `mo`.", "mon, tue")]
#[case("not = [\"1 00:00-12:00\"]", "`schedule.not` cannot be `1 00:00-12:00`.", "01 00:00-12:00")]
#[case("apply = \"some\"", "`schedule.apply` cannot be \"some\".", "within-guards")]
#[case("apply_to = [\"connectwise\"]", "`schedule.apply_to` cannot be `connectwise`.", "plan-only")]
#[case("weekdays = []\nlook = [\"06:30\"]", "`schedule.weekdays` leaves no time", "look = []")]
fn a_schedule_that_is_none_is_refused_with_what_is_allowed(
    #[case] lines: &str,
    #[case] text: &str,
    #[case] advice: &str,
) {
    let error = from_file(&format!("[schedule]\n{lines}\n")).unwrap_err();
    let place = "/c/config.toml";
    assert!(error.text().starts_with(place), "{error}");
    assert!(error.text().contains(text), "{error}");
    assert!(error.advice().contains(advice), "{error}");
}

#[test]
fn quiet_windows_that_leave_no_time_are_refused() {
    let windows = |until: u32| {
        let days = (1..=31).map(|day| format!("\"{day:02} 00:00-{until:02}:00\""));
        format!("not = [{}]", days.collect::<Vec<_>>().join(", "))
    };
    let error = scheduled(&windows(12)).unwrap_err();
    assert!(matches!(&error, ConfigError::NeverLooks { key, .. } if key == "schedule.not"));
    assert!(scheduled(&windows(6)).is_ok());
}
