//! Where a ConnectWise server is, and who asks it. It must not send anything.

use std::time::Duration;

use uuid::Uuid;

use super::{
    assumed,
    keys::KeyPlace,
    site::{self, Site},
};
use crate::domain::{Code, outcome::Finding, secret::Secret};

/// Characters of a field.
const LONGEST: usize = 200;

/// What an operator types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectwiseFields {
    /// The site, such as `na.myconnectwise.net`.
    pub site: String,
    /// The login company.
    pub company: String,
    /// The public key of the API member.
    pub public_key: String,
    /// The private key of the API member.
    pub private_key: Secret,
    /// The integration's own id.
    pub client_id: String,
    /// The code base, where the one that the server tells is not to be used.
    pub code_base: Option<String>,
}

/// How to reach one ConnectWise company: checked, and ready to be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectwiseSettings {
    pub(super) site: Site,
    pub(super) company: String,
    pub(super) public_key: String,
    pub(super) private_key: Secret,
    pub(super) client_id: String,
    pub(super) code_base: Option<String>,
    pub(super) lag: Duration,
    pub(super) keys: KeyPlace,
}

impl ConnectwiseSettings {
    /// The address of the pages, by which a place is told from another.
    #[must_use]
    pub fn pages(&self) -> &url::Url {
        self.site.pages()
    }

    /// With another time for which a list may miss what was written.
    #[must_use]
    pub fn with_lag(self, lag: Duration) -> Self {
        Self { lag, ..self }
    }

    /// With our keys in the custom field of additions that has this id; in the serial number, where there is none.
    #[must_use]
    pub fn with_key_field(self, custom_field: Option<i64>) -> Self {
        Self { keys: KeyPlace::of(custom_field), ..self }
    }

    /// Checks what was typed.
    ///
    /// # Errors
    /// Says which field cannot be used, why, and what to do.
    pub fn typed(fields: &ConnectwiseFields) -> Result<Self, Finding> {
        let site = Site::typed(&fields.site)?;
        let company = name(&COMPANY, &fields.company)?;
        let public_key = name(&PUBLIC_KEY, own_part(&fields.public_key, &company))?;
        let private_key = name(&PRIVATE_KEY, fields.private_key.expose()).map(Secret::new)?;
        let client_id = client_id(&fields.client_id)?;
        let typed = fields.code_base.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let code_base = match typed {
            Some(text) => Some(site::code_base(text).ok_or_else(wrong_code_base)?),
            None => site.code_base().map(str::to_owned),
        };
        let lag = assumed::LIST_LAG;
        let keys = KeyPlace::default();
        Ok(Self { site, company, public_key, private_key, client_id, code_base, lag, keys })
    }
}

/// What a field is called, and where its value is found.
struct Field {
    name: &'static str,
    advice: &'static str,
}

const COMPANY: Field = Field {
    name: "company id",
    advice: "Give the company that you type when you sign in to ConnectWise.",
};

const PUBLIC_KEY: Field = Field {
    name: "public key",
    advice: "In ConnectWise open System > Members > API Members, the member, API Keys, and copy the public key.",
};

const PRIVATE_KEY: Field = Field {
    name: "private key",
    advice: "ConnectWise shows it once, when the key is made. In System > Members > API Members, the member, API Keys, make \
             a new key and copy both halves.",
};

const CLIENT_ID: Field = Field {
    name: "client id",
    advice: "Give the integration's client id, a GUID from ConnectWise's developer pages, such as \
             1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed.",
};

/// Company and public key are joined by a plus and parted from the private key by a colon; none holds a blank.
fn name(field: &Field, typed: &str) -> Result<String, Finding> {
    let text = typed.trim();
    if text.is_empty() {
        let said = format!("The {} is missing.", field.name);
        return Err(Finding::new(Code::MissingField, said, field.advice));
    }
    let is_private = field.name == PRIVATE_KEY.name;
    let odd = |letter: char| {
        letter.is_whitespace() || letter.is_control() || (letter == ':' && !is_private)
    };
    if text.chars().any(odd) || text.chars().count() > LONGEST {
        let said = format!(
            "The {} holds a blank, a line break or a colon, or is longer than {LONGEST} characters.",
            field.name
        );
        return Err(Finding::new(Code::Field, said, field.advice));
    }
    Ok(text.to_owned())
}

/// People copy `company+key` from other integrations, where both are one field.
fn own_part<'a>(typed: &'a str, company: &str) -> &'a str {
    let typed = typed.trim();
    let rest = typed.strip_prefix(company).and_then(|rest| rest.strip_prefix('+'));
    rest.unwrap_or(typed)
}

fn client_id(typed: &str) -> Result<String, Finding> {
    let text = typed.trim();
    if text.is_empty() {
        return Err(Finding::new(
            Code::MissingField,
            "The client id is missing.",
            CLIENT_ID.advice,
        ));
    }
    let guid = Uuid::try_parse(text).map(|guid| guid.hyphenated().to_string());
    guid.map_err(|_| Finding::new(Code::Field, "The client id is no GUID.", CLIENT_ID.advice))
}

fn wrong_code_base() -> Finding {
    let advice = "Leave it empty: the server tells it. Where it does not, give one word, such as v4_6_release.";
    Finding::new(Code::Field, "The code base is not one plain word.", advice)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn fields() -> ConnectwiseFields {
        ConnectwiseFields {
            site: "na.myconnectwise.net".to_owned(),
            company: "acme".to_owned(),
            public_key: "PUBLICkey123".to_owned(),
            private_key: Secret::new("PRIVATEkey456"),
            client_id: "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed".to_owned(),
            code_base: None,
        }
    }

    fn refused(change: impl FnOnce(&mut ConnectwiseFields)) -> Finding {
        let mut fields = fields();
        change(&mut fields);
        ConnectwiseSettings::typed(&fields).expect_err("refused")
    }

    #[test]
    fn what_is_typed_is_trimmed_and_the_company_before_the_key_taken_off() {
        let typed = ConnectwiseFields {
            company: " acme ".to_owned(),
            public_key: " acme+PUBLICkey123\n".to_owned(),
            client_id: "{1B9D6BCD-BBFD-4B2D-9B5D-AB8DFBBD4BED}".to_owned(),
            code_base: Some(" /v2025_1/ ".to_owned()),
            ..fields()
        };
        let settings = ConnectwiseSettings::typed(&typed).expect("settings");
        let plain = ConnectwiseSettings::typed(&fields()).expect("settings");
        assert_eq!(settings.code_base.as_deref(), Some("v2025_1"));
        assert_eq!(ConnectwiseSettings { code_base: None, ..settings }, plain);
    }

    #[test]
    fn a_code_base_set_by_hand_wins_over_the_one_in_the_site() {
        let mut typed = fields();
        typed.site = "https://cw.example.com/v2024_1/apis/3.0".to_owned();
        let code_base = |typed: &_| ConnectwiseSettings::typed(typed).expect("settings").code_base;
        assert_eq!(code_base(&typed).as_deref(), Some("v2024_1"));
        typed.code_base = Some("v2025_1".to_owned());
        assert_eq!(code_base(&typed).as_deref(), Some("v2025_1"));
    }

    #[rstest]
    #[case::company(|fields: &mut ConnectwiseFields| fields.company.clear(), "company id", "missing_field")]
    #[case::key(|fields: &mut ConnectwiseFields| fields.public_key = " ".to_owned(), "public key", "missing_field")]
    #[case::private(|fields: &mut ConnectwiseFields| fields.private_key = Secret::new(""), "private key", "missing_field")]
    #[case::client(|fields: &mut ConnectwiseFields| fields.client_id.clear(), "client id", "missing_field")]
    #[case::no_guid(|fields: &mut ConnectwiseFields| fields.client_id = "mine".to_owned(), "client id", "field")]
    #[case::colon(|fields: &mut ConnectwiseFields| fields.company = "ac:me".to_owned(), "company id", "field")]
    #[case::blank(|fields: &mut ConnectwiseFields| fields.public_key = "a b".to_owned(), "public key", "field")]
    #[case::break_in_a_secret(|fields: &mut ConnectwiseFields| fields.private_key = Secret::new("a\nb"), "private key", "field")]
    #[case::code_base(|fields: &mut ConnectwiseFields| fields.code_base = Some("../x".to_owned()), "code base", "field")]
    #[case::site(|fields: &mut ConnectwiseFields| fields.site.clear(), "site", "missing_field")]
    fn a_field_that_cannot_be_used_is_named_with_what_to_do(
        #[case] change: fn(&mut ConnectwiseFields),
        #[case] named: &str,
        #[case] code: &str,
    ) {
        let finding = refused(change);
        assert!(finding.text.contains(named), "{}", finding.text);
        assert_eq!(finding.code.as_str(), code);
        assert!(!finding.advice.is_empty());
    }

    #[test]
    fn no_secret_is_printed() {
        let settings = ConnectwiseSettings::typed(&fields()).expect("settings");
        assert!(!format!("{settings:?} {:?}", fields()).contains("PRIVATEkey456"));
        assert!(!refused(|fields| fields.private_key = Secret::new("x y")).text.contains("x y"));
    }
}
