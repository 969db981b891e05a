//! Following pages without being led astray.

use url::Url;

use super::text::{clean, first_characters};

/// The next page lies elsewhere, or nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the next page is said to be at another place than the connection's: {0}")]
pub struct OtherOrigin(pub String);

/// The address of the next page, if it has the origin of the configured address: credentials go nowhere else.
/// A relative address is taken from the configured one.
pub fn same_origin_next(configured: &Url, next: &str) -> Result<Url, OtherOrigin> {
    let refused = || OtherOrigin(first_characters(&clean(next), 200));
    let url = configured.join(next.trim()).map_err(|_| refused())?;
    let plain = url.username().is_empty() && url.password().is_none();
    if plain && url.origin() == configured.origin() { Ok(url) } else { Err(refused()) }
}

/// What a server says of the page after this one, in its `Link` header (RFC 8288).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextPage {
    /// Nothing: there is no such header.
    Untold,
    /// There is none: what it links to is something else, or nothing.
    Last,
    /// It is there, at this address; whether to go there is the reader's to judge.
    At(String),
}

impl NextPage {
    /// What these headers say together.
    pub(super) fn told_by<'a>(headers: impl Iterator<Item = &'a str>) -> Self {
        let mut told = Self::Untold;
        for header in headers {
            let links = links(header);
            match links.into_iter().find(|link| link.is_next && !link.target.is_empty()) {
                Some(next) => return Self::At(next.target.to_owned()),
                None => told = Self::Last,
            }
        }
        told
    }
}

struct Linked<'a> {
    target: &'a str,
    is_next: bool,
}

/// `<target>; rel="next", <target>; rel="last"`: commas may stand in a target, and several relations in one `rel`.
fn links(header: &str) -> Vec<Linked<'_>> {
    let (mut found, mut rest) = (Vec::new(), header);
    while let Some((_, after)) = rest.split_once('<') {
        let Some((target, after)) = after.split_once('>') else { break };
        let parameters = after.find(", <").or_else(|| after.find(",<"));
        let (parameters, following) = after.split_at(parameters.unwrap_or(after.len()));
        found.push(Linked { target: target.trim(), is_next: parameters.split(';').any(is_next) });
        rest = following;
    }
    found
}

fn is_next(parameter: &str) -> bool {
    parameter.split_once('=').is_some_and(|(name, value)| {
        let mut relations = value.trim().trim_matches(['"', ',']).split_whitespace();
        name.trim().eq_ignore_ascii_case("rel")
            && relations.any(|relation| relation.eq_ignore_ascii_case("next"))
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn next(header: &str) -> NextPage {
        NextPage::told_by(std::iter::once(header))
    }

    #[rstest]
    #[case(r#"<https://h/list?a=1&page=2>; rel="next", <https://h/list?a=1&page=4>; rel="last""#)]
    #[case(r#"<https://h/x>; rel="first", <https://h/list?a=1&page=2>; rel="next""#)]
    #[case(r"<https://h/list?a=1&page=2>;REL=next")]
    #[case(r#"<https://h/list?a=1&page=2>; title="one, two"; rel="prefetch next""#)]
    fn the_next_page_is_the_link_of_that_relation(#[case] header: &str) {
        assert_eq!(next(header), NextPage::At("https://h/list?a=1&page=2".to_owned()));
    }

    #[rstest]
    #[case("")]
    #[case(r#"<>; rel="next""#)]
    #[case(r#"<https://h/x?page=1>; rel="prev", <https://h/x?page=1>; rel="first""#)]
    #[case("<https://h/x?page=1; rel=next")]
    #[case("nonsense")]
    fn a_header_without_a_next_link_says_that_it_is_the_last(#[case] header: &str) {
        assert_eq!(next(header), NextPage::Last);
    }

    #[test]
    fn a_comma_in_an_address_parts_no_links() {
        let header = r#"<https://h/x?fields=id,name&page=2>; rel="next""#;
        assert_eq!(next(header), NextPage::At("https://h/x?fields=id,name&page=2".to_owned()));
    }

    #[test]
    fn without_the_header_nothing_is_said() {
        assert_eq!(NextPage::told_by(std::iter::empty()), NextPage::Untold);
    }
}
