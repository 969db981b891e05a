//! Telling a web address something: one POST, to nowhere else than where it says.
//!
//! What it leads to is looked at where the connection is made and not by its name alone: a name may lead inside. So it goes
//! past every proxy, and follows no redirection.

use std::{
    net::{IpAddr, SocketAddr},
    path::Path,
    time::Duration,
};

use reqwest::{
    Client,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect,
};
use url::{Host, Url};

use super::wire::{certificates_of, chain};
use crate::domain::{Code, notify::is_private, outcome::Finding, text::visible};

/// So much of an answer is told.
const TOLD: usize = 200;

/// What is told, and where.
#[derive(Clone, Debug)]
pub struct HookCall<'a> {
    /// Where.
    pub url: &'a Url,
    /// Whether it may lead into this network.
    pub allow_private: bool,
    /// JSON.
    pub body: String,
    /// The signature of that, where there is a secret.
    pub signature: Option<String>,
    /// What tells it from every other: the same of each try.
    pub id: &'a str,
    /// From sending to the last byte of the answer.
    pub timeout: Duration,
    /// Certificates in PEM that are trusted besides the system's.
    pub ca_file: Option<&'a Path>,
}

/// Why nobody is known to have been told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untold {
    /// What to say of it.
    pub finding: Finding,
    /// Whether trying again is of no use.
    pub for_good: bool,
}

/// Tells it.
///
/// # Errors
/// Where no 2xx came back.
pub async fn tell(call: HookCall<'_>) -> Result<(), Untold> {
    let place = call.url.origin().ascii_serialization();
    let address = match call.url.host() {
        Some(Host::Ipv4(address)) => Some(IpAddr::from(address)),
        Some(Host::Ipv6(address)) => Some(IpAddr::from(address)),
        Some(Host::Domain(_)) | None => None,
    };
    if !call.allow_private && address.is_some_and(is_private) {
        return Err(inside(&place));
    }
    let wrong = |finding| Untold { finding, for_good: false };
    let client = client(&call).map_err(wrong)?;
    let mut request = client
        .post(call.url.clone())
        .header("Content-Type", "application/json")
        .header("X-Message-Id", call.id);
    if let Some(signature) = call.signature {
        request = request.header("X-Signature", signature);
    }
    let answer = request.body(call.body).send().await.map_err(|error| {
        let why = visible(&chain(&error));
        if why.contains(INSIDE) { inside(&place) } else { wrong(unreached(&place, &why)) }
    })?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let said = answer.text().await.unwrap_or_default();
    let said: String = visible(&said).chars().take(TOLD).collect();
    let (advice, for_good) = match status.as_u16() {
        300..400 => (
            "It leads elsewhere, and nothing is told there. Write the address that it leads to.",
            true,
        ),
        404 | 410 => ("There is nothing at that address any more. Write the new one.", true),
        _ => ("It is tried again by itself. If it stays so, ask whoever runs it.", false),
    };
    let colon = if said.trim().is_empty() { "." } else { ": " };
    let text = format!("{place} answered {status}{colon}{said}");
    Err(Untold { finding: Finding::new(Code::HookRefused, text, advice), for_good })
}

fn client(call: &HookCall<'_>) -> Result<Client, Finding> {
    let failed = |error: &dyn std::error::Error| {
        let text = format!("The HTTP client cannot be set up: {}", chain(error));
        Finding::new(Code::HttpClient, text, "Check the system's certificates and “ca_file”.")
    };
    let mut builder = Client::builder()
        .user_agent(concat!("prism-connect/", env!("CARGO_PKG_VERSION")))
        .timeout(call.timeout)
        .redirect(redirect::Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .no_proxy();
    let trusted = certificates_of(call.ca_file)?;
    if !trusted.is_empty() {
        builder = builder.tls_certs_merge(trusted);
    }
    if call.url.scheme() == "http" {
        builder = builder.tls_certs_only([]);
    }
    if !call.allow_private {
        builder = builder.dns_resolver(Outside);
    }
    builder.build().map_err(|error| failed(&error))
}

/// What a name of this network is refused with, so that it is known again.
const INSIDE: &str = "leads into this network";

/// Names as everybody resolves them, without addresses of this network: what is connected to is one of the rest.
#[derive(Clone, Copy, Debug)]
struct Outside;

impl Resolve for Outside {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let found: Vec<SocketAddr> = found.collect();
            let any = !found.is_empty();
            let outside: Vec<_> = found.into_iter().filter(|at| !is_private(at.ip())).collect();
            if any && outside.is_empty() {
                return Err(INSIDE.into());
            }
            Ok(Box::new(outside.into_iter()) as Addrs)
        })
    }
}

fn inside(place: &str) -> Untold {
    let text = format!("{place} {INSIDE}, and nothing is told there.");
    let advice = "If it is meant, add `allow_private = true` to that [[webhook]].";
    Untold { finding: Finding::new(Code::HookPrivate, text, advice), for_good: true }
}

fn unreached(place: &str, why: &str) -> Finding {
    let text = format!("{place} cannot be told: {why}");
    Finding::new(
        Code::HookUnreachable,
        text,
        "Check the address of that [[webhook]] and the network.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_that_leads_into_this_network_has_no_address() {
        let name = "localhost".parse().expect("a name");
        let found = Outside.resolve(name).await.map(Iterator::count);
        assert!(found.is_err_and(|error| error.to_string() == INSIDE));
    }
}
