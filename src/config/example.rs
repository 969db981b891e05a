//! The settings file as it is installed: every setting with its meaning and its default, and none of them in force. Pure.

use super::{
    shown,
    sources::{self, SettingValue, Values},
    table::{SETTINGS, Setting, SettingKind},
};

const HEAD: &str = "\
# Settings of prism-connect. Each stands here with its default: take the # before it away to set it.
# `prism-connect config show` tells which are in force and where they come from; what is not understood stops the start.
# The environment is stronger than this file (limits.tries is PRISM_CONNECT_LIMITS_TRIES), a flag is stronger than both.
";

/// The whole file.
#[must_use]
pub fn example() -> String {
    let defaults = sources::defaults().unwrap_or_default();
    let mut sections: Vec<&str> = SETTINGS.iter().map(|setting| place(setting).0).collect();
    let mut seen = std::collections::BTreeSet::new();
    sections.retain(|section| seen.insert(*section));
    let mut text = HEAD.to_owned();
    for section in sections {
        if !section.is_empty() {
            text.push_str(&format!("\n[{section}]\n"));
        }
        let own = SETTINGS.iter().filter(|setting| place(setting).0 == section);
        own.for_each(|setting| text.push_str(&entry(setting, &defaults)));
    }
    text
}

/// The section of a setting, and its name there. Those of none come first in the table, as they must in a file.
fn place(setting: &Setting) -> (&'static str, &'static str) {
    setting.key.split_once('.').unwrap_or(("", setting.key))
}

fn entry(setting: &Setting, defaults: &Values) -> String {
    let not_set = match setting.kind {
        SettingKind::List(_) | SettingKind::Tables(_) => SettingValue::List(Vec::new()),
        _ => SettingValue::Text(String::new()),
    };
    let value = defaults.get(setting.key).map_or(&not_set, |(value, _)| value);
    format!("\n# {}\n#{} = {}\n", setting.meaning, place(setting).1, shown(value))
}
