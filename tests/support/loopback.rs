//! What tests ask servers on this machine with.

/// A client for plain `http`, past any proxy and without the system's certificates: reading those takes longer than
/// most of what is asked here.
pub fn client() -> reqwest::Client {
    prism_connect::http::install_tls();
    reqwest::Client::builder().no_proxy().tls_certs_only([]).build().expect("a client")
}
