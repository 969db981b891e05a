//! Following pages without being led astray.

use url::Url;

/// The next page lies elsewhere, or nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the next page is said to be at another place than the connection's: {0}")]
pub struct OtherOrigin(pub String);

/// The address of the next page, if it has the origin of the configured address: credentials go nowhere else.
/// A relative address is taken from the configured one.
pub fn same_origin_next(configured: &Url, next: &str) -> Result<Url, OtherOrigin> {
    let refused = || OtherOrigin(super::first_characters(&super::clean(next), 200));
    let url = configured.join(next.trim()).map_err(|_| refused())?;
    let plain = url.username().is_empty() && url.password().is_none();
    if plain && url.origin() == configured.origin() { Ok(url) } else { Err(refused()) }
}
