//! Where a ConnectWise server is, from what people type (wire/connectwise 1): site and API host, code base, path.
//!
//! It must not send anything.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::assumed;
use crate::{
    domain::{Code, outcome::Finding},
    http::{clean, first_characters, is_loopback},
};

/// What stands before the name of a cloud site in that of its API.
const API: &str = "api-";

/// Characters of a code base; `v4_6_release` has 12.
const LONGEST_CODE_BASE: usize = 40;

/// Characters of what was typed that a message shows.
const SHOWN: usize = 80;

/// A server: the host of its pages, and that of its API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    pages: Url,
    api: Url,
    code_base: Option<String>,
}

impl Site {
    /// As a person types it: with or without `https://`, `api-`, a path, or a whole API address.
    ///
    /// # Errors
    /// Where it is no web address, or would send the keys in the clear.
    pub fn typed(text: &str) -> Result<Self, Finding> {
        let url = web_address(text)?;
        let host = url.host_str().ok_or_else(|| wrong(text, "names no host"))?.to_owned();
        let site = host.strip_prefix(API).unwrap_or(&host);
        let (root, code_base) = root_and_code_base(&url);
        let root = if root.is_empty() { "/".to_owned() } else { format!("/{root}/") };
        let at = |name: &str| {
            let mut place = url.clone();
            place.set_query(None);
            place.set_fragment(None);
            place.set_path(&root);
            let named = name == host || place.set_host(Some(name)).is_ok();
            named.then_some(place).ok_or_else(|| wrong(text, "names no host"))
        };
        let (pages, api) = if assumed::CLOUD.contains(&site) {
            (at(site)?, at(&format!("{API}{site}"))?)
        } else {
            (at(&host)?, at(&host)?)
        };
        Ok(Self { pages, api, code_base })
    }

    /// The code base that was typed with it.
    pub(super) fn code_base(&self) -> Option<&str> {
        self.code_base.as_deref()
    }

    /// The address of the pages: for messages.
    #[must_use]
    pub fn pages(&self) -> &Url {
        &self.pages
    }

    /// Where the company's information is, which anybody may read.
    pub(super) fn company_info(&self, company: &str) -> Url {
        let mut url = self.pages.clone();
        let company = utf8_percent_encode(company, NON_ALPHANUMERIC);
        url.set_path(&format!("{}login/companyinfo/{company}", self.pages.path()));
        url
    }

    /// The root of the API under a code base, with a slash at its end.
    pub(super) fn api_root(&self, code_base: &str) -> Url {
        let mut url = self.api.clone();
        url.set_path(&format!("{}{code_base}/apis/3.0/", self.api.path()));
        url
    }
}

/// A code base in a form that can stand in a path: the server tells it, and may tell anything.
pub(super) fn code_base(text: &str) -> Option<String> {
    let text = text.trim().trim_matches('/');
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.');
    let fits = (1..=LONGEST_CODE_BASE).contains(&text.len()) && text.chars().all(plain);
    (fits && text.starts_with(|first: char| first.is_ascii_alphanumeric())).then(|| text.to_owned())
}

fn web_address(text: &str) -> Result<Url, Finding> {
    let typed = text.trim();
    if typed.is_empty() {
        let advice = "Give the host that you sign in at, such as na.myconnectwise.net.";
        return Err(Finding::new(Code::MissingField, "The site is missing.", advice));
    }
    let whole = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
    let url =
        Url::parse(&whole).map_err(|error| wrong(text, &format!("is no address: {error}")))?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err(wrong(text, "does not begin with https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        let said = "The site holds a user name or password.";
        return Err(Finding::new(
            Code::Url,
            said,
            "Leave it out; the keys have fields of their own.",
        ));
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        let place = url.origin().ascii_serialization();
        let said = format!("The site {place} is not encrypted: the keys could be read on the way.");
        return Err(Finding::new(Code::PlainHttp, said, "Use https://."));
    }
    Ok(url)
}

/// What stands before the code base of a whole API address, and the code base. Any other path is one of the pages, which
/// people copy from their browsers: it says nothing.
fn root_and_code_base(url: &Url) -> (String, Option<String>) {
    let parts: Vec<&str> = url.path().split('/').filter(|part| !part.is_empty()).collect();
    let api = parts.iter().position(|part| part.eq_ignore_ascii_case("apis"));
    let named = api.and_then(|api| api.checked_sub(1));
    let code = named.and_then(|at| Some((at, code_base(parts[at])?)));
    code.map_or((String::new(), None), |(at, code)| (parts[..at].join("/"), Some(code)))
}

fn wrong(typed: &str, why: &str) -> Finding {
    let typed = first_characters(&clean(typed.trim()), SHOWN);
    let text = format!("The site “{typed}” {why}.");
    Finding::new(
        Code::Url,
        text,
        "Give the host that you sign in at, such as na.myconnectwise.net.",
    )
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn root(site: &str) -> String {
        let site = Site::typed(site).expect("a site");
        let code_base = site.code_base().unwrap_or("v1").to_owned();
        site.api_root(&code_base).to_string()
    }

    #[rstest]
    #[case("na.myconnectwise.net")]
    #[case(" https://na.myconnectwise.net/ ")]
    #[case("HTTPS://NA.MyConnectWise.net")]
    #[case("api-na.myconnectwise.net")]
    #[case("https://na.myconnectwise.net/v2019_1/ConnectWise.aspx?locale=en_US&session=new#x")]
    #[case("na.myconnectwise.net/login")]
    fn the_api_of_a_cloud_site_is_at_its_name_with_api_in_front(#[case] typed: &str) {
        assert_eq!(root(typed), "https://api-na.myconnectwise.net/v1/apis/3.0/");
        let site = Site::typed(typed).expect("a site");
        let info = site.company_info("acme/x");
        assert_eq!(info.as_str(), "https://na.myconnectwise.net/login/companyinfo/acme%2Fx");
    }

    #[rstest]
    #[case("cw.example.com", "https://cw.example.com/v1/apis/3.0/")]
    #[case("https://cw.example.com:8443", "https://cw.example.com:8443/v1/apis/3.0/")]
    #[case("api-cw.example.com", "https://api-cw.example.com/v1/apis/3.0/")]
    #[case(
        "na.myconnectwise.net.example.org",
        "https://na.myconnectwise.net.example.org/v1/apis/3.0/"
    )]
    #[case("http://127.0.0.1:9080", "http://127.0.0.1:9080/v1/apis/3.0/")]
    #[case("http://localhost:9080/", "http://localhost:9080/v1/apis/3.0/")]
    fn any_other_host_is_taken_as_it_is(#[case] typed: &str, #[case] expected: &str) {
        assert_eq!(root(typed), expected);
    }

    #[rstest]
    #[case(
        "https://api-na.myconnectwise.net/v2025_1/apis/3.0",
        "https://api-na.myconnectwise.net/v2025_1/apis/3.0/"
    )]
    #[case(
        "https://cw.example.com/v4_6_release/apis/3.0/company/companies",
        "https://cw.example.com/v4_6_release/apis/3.0/"
    )]
    #[case(
        "https://proxy.example.com/psa/v4_6_release/apis/3.0/",
        "https://proxy.example.com/psa/v4_6_release/apis/3.0/"
    )]
    fn a_whole_api_address_names_its_code_base(#[case] typed: &str, #[case] expected: &str) {
        assert_eq!(root(typed), expected);
    }

    #[rstest]
    #[case("", "missing_field")]
    #[case("http://na.myconnectwise.net", "plain_http")]
    #[case("http://10.0.0.7", "plain_http")]
    #[case("ftp://na.myconnectwise.net", "url")]
    #[case("https://user:pass@na.myconnectwise.net", "url")]
    #[case("https://", "url")]
    #[case("not a host", "url")]
    fn a_site_that_cannot_be_used_is_refused(#[case] typed: &str, #[case] code: &str) {
        let finding = Site::typed(typed).expect_err("no site");
        assert_eq!(finding.code.as_str(), code);
        assert!(!finding.advice.is_empty());
    }

    #[rstest]
    #[case("v2025_1/", Some("v2025_1"))]
    #[case("v4_6_release", Some("v4_6_release"))]
    #[case("../../evil", None)]
    #[case("a/b", None)]
    #[case("..", None)]
    #[case("v1?x=1", None)]
    #[case("", None)]
    fn a_code_base_is_one_plain_word(#[case] told: &str, #[case] expected: Option<&str>) {
        assert_eq!(code_base(told).as_deref(), expected);
    }
}
