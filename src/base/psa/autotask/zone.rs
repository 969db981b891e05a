//! Where a tenant lives (wire/autotask 1): found by the API user's name, never computed.
//!
//! Credentials are never sent while asking.

use url::Url;

use super::{advice::finding, answers, session::SYSTEM, settings::AutotaskSettings, wire::Zone};
use crate::{
    domain::{Code, ReadError},
    http::{Call, Http, Method},
};

/// The host without a number knows every zone.
const DISCOVERY: &str = "https://webservices.autotask.net/ATServicesRest/";

/// The root of the REST service in a URL.
const ROOT: &str = "atservicesrest";

/// With exactly one slash at the end and without a version: `…/ATServicesRest/`, however it was typed.
pub(super) fn normalised(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    let path = url.path().trim_matches('/').to_owned();
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if parts.last().is_some_and(|part| part.eq_ignore_ascii_case("v1.0")) {
        parts.pop();
    }
    if parts.is_empty() {
        parts.push("ATServicesRest");
    }
    let root = parts.iter().position(|part| part.eq_ignore_ascii_case(ROOT));
    parts.truncate(root.map_or(parts.len(), |at| at + 1));
    url.set_path(&format!("/{}/", parts.join("/")));
    url
}

/// Asks which zone the user is in.
pub(super) async fn discover(http: &Http, settings: &AutotaskSettings) -> Result<Url, ReadError> {
    let place = match &settings.discovery_url {
        Some(url) => normalised(url),
        None => Url::parse(DISCOVERY).expect("the discovery URL is a constant"),
    };
    let mut url =
        place.join("V1.0/zoneInformation").map_err(|error| foreign(&error.to_string()))?;
    url.query_pairs_mut().append_pair("user", settings.username.trim());
    let call = Call::new(SYSTEM, "autotask zoneinformation", Method::GET, url);
    let reply = answers::readable(&call, http.read(&call).await?)?;
    let zone: Zone = reply.json()?;
    let found = Url::parse(zone.url.trim()).map_err(|_| foreign(&zone.url))?;
    if trusted(&found, &place) { Ok(normalised(&found)) } else { Err(foreign(&zone.url)) }
}

/// Credentials go to what was found, so it must be Autotask's own, or where the question was put.
fn trusted(found: &Url, asked: &Url) -> bool {
    let autotask = found.host_str().is_some_and(|host| host.ends_with(".autotask.net"));
    (autotask && found.scheme() == "https") || found.origin() == asked.origin()
}

fn foreign(url: &str) -> ReadError {
    let url = crate::http::first_characters(&crate::http::clean(url), 200);
    let text = format!("Zone discovery answered with an address that is not Autotask's: {url}");
    ReadError::Refused(finding(Code::Zone, text))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("https://webservices2.autotask.net/ATServicesRest/")]
    #[case("https://webservices2.autotask.net/ATServicesRest")]
    #[case("https://webservices2.autotask.net/ATServicesRest//")]
    #[case("https://webservices2.autotask.net/ATServicesRest/V1.0")]
    #[case("https://webservices2.autotask.net/ATServicesRest/v1.0/")]
    #[case("https://webservices2.autotask.net")]
    #[case("https://webservices2.autotask.net/ATServicesRest/V1.0/Companies?x=1")]
    fn a_base_url_has_one_slash_and_no_version(#[case] url: &str) {
        let url: Url = url.parse().expect("a URL");
        let normal = normalised(&url);
        assert_eq!(normal.as_str(), "https://webservices2.autotask.net/ATServicesRest/");
    }

    #[test]
    fn a_proxys_own_path_is_kept() {
        let url: Url = "http://proxy.local:8080/psa/atservicesrest".parse().expect("a URL");
        assert_eq!(normalised(&url).as_str(), "http://proxy.local:8080/psa/atservicesrest/");
    }

    #[rstest]
    #[case("https://webservices2.autotask.net/ATServicesRest/", true)]
    #[case("http://webservices2.autotask.net/ATServicesRest/", false)]
    #[case("https://autotask.net.example.org/ATServicesRest/", false)]
    #[case("https://evilautotask.net/ATServicesRest/", false)]
    fn credentials_go_only_to_autotask(#[case] found: &str, #[case] expected: bool) {
        let found: Url = found.parse().expect("a URL");
        let asked = Url::parse(DISCOVERY).expect("a URL");
        assert_eq!(trusted(&found, &asked), expected);
    }
}
