//! Who is told outside, as the settings say: `[mail]`, `[[notify]]` and `[[webhook]]`.
//!
//! It must not tell anybody.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    ConfigError,
    sources::{SettingValue, Values},
};
use crate::domain::{
    notify::{
        Hook, HookSecret, HookStyle, MailServer, MailWay, NotifySettings, Route, Topic,
        is_mail_address,
    },
    text::hex,
};

/// What is wrong with an entry, and what to do.
pub(super) type Wrong = (String, String);

/// The settings of these values, which have been looked at.
pub(super) fn of(values: &Values) -> NotifySettings {
    let given = |key: &str| match values.get(key) {
        Some((SettingValue::Text(text), _)) if !text.is_empty() => Some(text.clone()),
        _ => None,
    };
    let server = given("mail.server").and_then(|text| MailServer::read(&text).ok());
    let program = given("mail.sendmail").map(|path| MailWay::Program(PathBuf::from(path)));
    NotifySettings {
        way: server.map(MailWay::Server).or(program),
        from: given("mail.from").unwrap_or_default(),
        ssh: given("mail.ssh"),
        web: given("mail.web"),
        routes: match values.get("notify") {
            Some((SettingValue::Routes(routes), _)) => routes.clone(),
            _ => Vec::new(),
        },
        hooks: match values.get("webhook") {
            Some((SettingValue::Hooks(hooks), _)) => hooks.clone(),
            _ => Vec::new(),
        },
    }
}

/// What cannot be seen of one value alone.
pub(super) fn must_hold(values: &Values) -> Result<(), ConfigError> {
    let place = |key: &str| values.get(key).map(|(_, place)| place.clone());
    let text = |key: &str| match values.get(key) {
        Some((SettingValue::Text(text), _)) => text.as_str(),
        _ => "",
    };
    let wrong = |key: &str, what: String, advice: &str| {
        Err(ConfigError::Part {
            key: key.to_owned(),
            place: place(key).unwrap_or_else(|| "settings".to_owned()),
            what,
            advice: advice.to_owned(),
        })
    };
    let server = text("mail.server");
    if !server.is_empty()
        && let Err((what, advice)) = MailServer::read(server)
    {
        return wrong("mail.server", what, advice);
    }
    if !server.is_empty() && !text("mail.sendmail").is_empty() {
        let what = "mail can leave by a server or by a program, not by both".to_owned();
        return wrong("mail.sendmail", what, "Take one of them out.");
    }
    let from = text("mail.from");
    let has_way = !server.is_empty() || !text("mail.sendmail").is_empty();
    if !from.is_empty() && !is_mail_address(from) {
        let what = "it is no mail address".to_owned();
        return wrong("mail.from", what, "Write one, such as prism-connect@example.com.");
    }
    if has_way && from.is_empty() {
        let key = if server.is_empty() { "mail.sendmail" } else { "mail.server" };
        let what = "it is not said whose letters they are".to_owned();
        return wrong(key, what, "Add `from = \"prism-connect@example.com\"` below [mail].");
    }
    let ssh = text("mail.ssh");
    // It is copied into a shell.
    if ssh.starts_with('-')
        || ssh.contains(|c: char| !c.is_ascii_alphanumeric() && !"-_.@:".contains(c))
    {
        let what = "it is no host to reach by ssh".to_owned();
        return wrong("mail.ssh", what, "Write a host, such as jump1 or ops@jump1.example.com.");
    }
    let web = text("mail.web");
    if !web.is_empty() && !is_page_of_a_run(web) {
        let what = "it is no page of a run".to_owned();
        return wrong("mail.web", what, "Write https://portal.example.com/runs/{run}.");
    }
    Ok(())
}

fn is_page_of_a_run(web: &str) -> bool {
    let page = url::Url::parse(&web.replace("{run}", "1"));
    let of_the_web = page.is_ok_and(|url| matches!(url.scheme(), "https" | "http"));
    of_the_web && web.contains("{run}") && !web.contains(char::is_whitespace)
}

/// A table of `[[notify]]`.
pub(super) fn route(table: &DeTable<'_>) -> Result<Route, Wrong> {
    let fields = Fields { table };
    fields.only(&["to", "on"])?;
    let to = fields.texts("to")?.ok_or_else(|| missing("to", "to = [\"ops@example.com\"]"))?;
    if to.is_empty() {
        return Err(missing("to", "to = [\"ops@example.com\"]"));
    }
    if let Some(odd) = to.iter().find(|address| !is_mail_address(address)) {
        let what = format!("`to` has “{odd}”, which is no mail address");
        return Err((what, "Write addresses alone, such as ops@example.com.".to_owned()));
    }
    Ok(Route { to, on: fields.topics()? })
}

/// A table of `[[webhook]]`. Files in it are relative to the folder of the settings.
pub(super) fn hook(table: &DeTable<'_>, folder: Option<&Path>) -> Result<Hook, Wrong> {
    let fields = Fields { table };
    fields.only(&["url", "on", "secret", "style", "allow_private"])?;
    let allow_private = match table.get("allow_private").map(Spanned::get_ref) {
        None => false,
        Some(DeValue::Boolean(flag)) => *flag,
        Some(_) => {
            return Err((
                "`allow_private` is true or false".to_owned(),
                "Write one of them.".to_owned(),
            ));
        }
    };
    let url = fields.text("url")?.ok_or_else(|| missing("url", "url = \"https://host/path\""))?;
    let url = Hook::address(url, allow_private)
        .map_err(|(what, advice)| (format!("`url`: {what}"), advice.to_owned()))?;
    let style = fields.text("style")?.unwrap_or("json");
    let style = HookStyle::from_word(style).ok_or_else(|| {
        let allowed = HookStyle::WORDS.join(", ");
        (format!("there is no style “{style}”"), format!("Allowed: {allowed}."))
    })?;
    let secret = match fields.text("secret")? {
        None => None,
        Some("vault") => Some(HookSecret::Vault),
        Some(text) => Some(HookSecret::File(secret_file(text, folder)?)),
    };
    Ok(Hook { url, on: fields.topics()?, secret, style, allow_private })
}

/// `file:PATH`. Anything else may be the secret itself: it is not told again.
fn secret_file(text: &str, folder: Option<&Path>) -> Result<PathBuf, Wrong> {
    let path = text.strip_prefix("file:").filter(|path| !path.is_empty()).ok_or_else(|| {
        let what = "`secret` says where the secret is, and is not the secret".to_owned();
        let advice = "Write \"vault\" and give it with `prism-connect mail set --webhook URL`, or \"file:PATH\".";
        (what, advice.to_owned())
    })?;
    Ok(folder.map_or_else(|| PathBuf::from(path), |folder| folder.join(path)))
}

fn missing(name: &str, form: &str) -> Wrong {
    (format!("`{name}` is missing"), format!("Add {form}."))
}

struct Fields<'a, 'b> {
    table: &'a DeTable<'b>,
}

impl Fields<'_, '_> {
    fn only(&self, known: &[&str]) -> Result<(), Wrong> {
        let stray = self.table.keys().find(|name| !known.contains(&name.get_ref().as_ref()));
        stray.map_or(Ok(()), |name| {
            let advice = format!("There are: {}.", known.join(", "));
            Err((format!("there is no `{}` in it", name.get_ref()), advice))
        })
    }

    fn text(&self, name: &str) -> Result<Option<&str>, Wrong> {
        match self.table.get(name).map(Spanned::get_ref) {
            None => Ok(None),
            Some(DeValue::String(text)) if !text.chars().any(char::is_control) => Ok(Some(text)),
            Some(_) => {
                Err((format!("`{name}` is a text on one line"), "Write it in quotes.".to_owned()))
            }
        }
    }

    fn texts(&self, name: &str) -> Result<Option<Vec<String>>, Wrong> {
        let wrong = || {
            let what = format!("`{name}` is a list of texts");
            (what, format!("Write {name} = [\"…\", \"…\"]."))
        };
        match self.table.get(name).map(Spanned::get_ref) {
            None => Ok(None),
            Some(DeValue::Array(values)) => {
                let texts = values.iter().map(|value| value.get_ref().as_str());
                let texts: Option<Vec<&str>> = texts.collect();
                let texts = texts.ok_or_else(wrong)?;
                Ok(Some(texts.into_iter().map(str::to_owned).collect()))
            }
            Some(_) => Err(wrong()),
        }
    }

    /// All of them where nothing is said.
    fn topics(&self) -> Result<std::collections::BTreeSet<Topic>, Wrong> {
        let Some(words) = self.texts("on")? else { return Ok(Topic::ALL.into_iter().collect()) };
        let topic = |word: &String| {
            Topic::from_word(word).ok_or_else(|| {
                let all = Topic::ALL.map(Topic::word).join(", ");
                (format!("one cannot be told on “{word}”"), format!("Allowed in `on`: {all}."))
            })
        };
        words.iter().map(topic).collect()
    }
}

/// As `config show` has them. The path of a web address often is a secret: it is not told.
pub(super) fn shown_routes(routes: &[Route]) -> String {
    let one = |route: &Route| {
        format!(
            "{{ to = {}, on = {} }}",
            list(route.to.iter().map(String::as_str)),
            topics(&route.on)
        )
    };
    format!("[{}]", routes.iter().map(one).collect::<Vec<_>>().join(", "))
}

pub(super) fn shown_hooks(hooks: &[Hook]) -> String {
    let one = |hook: &Hook| {
        let mut parts = vec![format!("url = \"{}\"", without_path(hook))];
        parts.push(format!("on = {}", topics(&hook.on)));
        parts.push(format!("style = \"{}\"", hook.style.word()));
        match &hook.secret {
            None => {}
            Some(HookSecret::Vault) => parts.push("secret = \"vault\"".to_owned()),
            Some(HookSecret::File(path)) => {
                parts.push(format!(
                    "secret = {}",
                    toml::Value::from(format!("file:{}", path.display()))
                ));
            }
        }
        if hook.allow_private {
            parts.push("allow_private = true".to_owned());
        }
        format!("{{ {} }}", parts.join(", "))
    };
    format!("[{}]", hooks.iter().map(one).collect::<Vec<_>>().join(", "))
}

/// With a few digits in the place of the path, so that another one is seen to be another one.
fn without_path(hook: &Hook) -> String {
    let digest = Sha256::digest(hook.url.as_str().as_bytes());
    format!("{}/…{}", hook.origin(), &hex(&digest)[..6])
}

fn topics(on: &std::collections::BTreeSet<Topic>) -> String {
    list(on.iter().map(|topic| topic.word()))
}

fn list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let texts: Vec<String> = texts.map(|text| format!("\"{text}\"")).collect();
    format!("[{}]", texts.join(", "))
}
