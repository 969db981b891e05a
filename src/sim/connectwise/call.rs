//! A request as the API reads it: headers, query, body. It decides nothing.

use axum::http::request::Parts;
use axum::http::{Method, header};
use serde_json::Value;

use super::listing::Parameters;
use super::refusal::Refusal;

/// A request with its body.
pub(super) struct Call {
    pub(super) parts: Parts,
    pub(super) body: Vec<u8>,
}

/// Who an `Authorization` header says is calling.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Login {
    pub(super) company: String,
    pub(super) public_key: String,
    pub(super) private_key: String,
}

impl Call {
    pub(super) fn method(&self) -> &Method {
        &self.parts.method
    }

    pub(super) fn path(&self) -> &str {
        self.parts.uri.path()
    }

    pub(super) fn query(&self) -> &str {
        self.parts.uri.query().unwrap_or_default()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        let value = self.parts.headers.get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub(super) fn origin(&self) -> String {
        format!("http://{}", self.header(header::HOST.as_str()))
    }

    pub(super) fn parameters(&self) -> Parameters {
        Parameters::of(self.query())
    }

    /// The release of the models that is asked for, where it is one.
    pub(super) fn version(&self) -> Option<String> {
        let accept = self.header(header::ACCEPT.as_str());
        let (_, version) = accept.split_once("version=")?;
        let digits = |text: &str| !text.is_empty() && text.chars().all(|one| one.is_ascii_digit());
        let version = version.split([';', ',']).next()?.trim();
        let (year, number) = version.split_once('.')?;
        (digits(year) && digits(number)).then(|| version.to_owned())
    }

    pub(super) fn json(&self) -> Result<Value, Refusal> {
        let media = self.header(header::CONTENT_TYPE.as_str());
        let kind = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if kind != "application/json" && kind != "application/vnd.connectwise.com+json" {
            return Err(Refusal::MediaType(media.to_owned()));
        }
        serde_json::from_slice(&self.body).map_err(|error| {
            Refusal::Request(format!("The request body is not valid JSON: {error}"))
        })
    }

    /// Who is calling, by `{company}+{public}:{private}`.
    pub(super) fn login(&self) -> Option<Login> {
        let (scheme, coded) = self.header(header::AUTHORIZATION.as_str()).split_once(' ')?;
        let plain = decoded(coded.trim()).filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
        let (user, private_key) = plain.split_once(':')?;
        let (company, public_key) = user.split_once('+')?;
        Some(Login {
            company: company.to_owned(),
            public_key: public_key.to_owned(),
            private_key: private_key.to_owned(),
        })
    }
}

/// A text out of base64; none where it is not such a text.
fn decoded(coded: &str) -> Option<String> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bare = coded.trim_end_matches('=');
    if !coded.len().is_multiple_of(4) || coded.len() - bare.len() > 2 {
        return None;
    }
    let mut bytes = Vec::new();
    let (mut held, mut bits) = (0_u32, 0);
    for letter in bare.bytes() {
        let value = LETTERS.iter().position(|known| *known == letter)?;
        held = held << 6 | u32::try_from(value).ok()?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).ok()?);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("Y3crcHVibGljOnByaXZhdGU=", Some("cw+public:private"))]
    #[case("YQ==", Some("a"))]
    #[case("YWI=", Some("ab"))]
    #[case("YWJj", Some("abc"))]
    #[case("YWJ", None)]
    #[case("Y-Jj", None)]
    #[case("=====", None)]
    fn base64_is_read_or_refused(#[case] coded: &str, #[case] plain: Option<&str>) {
        assert_eq!(decoded(coded).as_deref(), plain);
    }
}
