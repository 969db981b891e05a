//! The socket side: the only place that names reqwest's client. Sends a request once and sorts what went wrong.

use std::{error::Error, path::Path, time::Duration};

use reqwest::{Certificate, Client, ClientBuilder, Response, header, redirect};
use tokio::sync::OnceCell;
use url::{Host, Url};

use super::{
    Body, Call, HttpSettings, Redactor, Reply, Text,
    stream::{Cup, pipe},
};
use crate::{
    domain::{Code, outcome::Finding},
    files,
};

/// All the certificates of a system are a quarter of a MiB.
const LARGEST_CA_FILE: u64 = 8 << 20;

/// The advice where a client cannot be made.
const NOT_SET_UP: &str = "Check the system's certificates and “ca_file”.";

/// Three clients: a proxy is never asked for an address on this machine, and plain `http` needs no certificates. The
/// two that do are made at their first use: reading the system's takes longer than many a command.
pub(super) struct Wire {
    trusted: Trusted,
    plain: Client,
    direct: OnceCell<Client>,
    through_proxy: OnceCell<Client>,
}

/// What a client is made from.
#[derive(Clone)]
struct Trusted {
    timeout: Duration,
    connect_timeout: Duration,
    certificates: Vec<Certificate>,
}

/// Why there is no answer.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    code: Code,
    text: String,
    advice: &'static str,
    /// No byte of the request left.
    pub(super) never_sent: bool,
    /// Trying again cannot help.
    pub(super) hopeless: bool,
    /// The answer is longer than allowed.
    pub(super) too_large: bool,
}

impl Fault {
    fn not_set_up(finding: Finding) -> Self {
        Self {
            code: Code::HttpClient,
            text: finding.text,
            advice: NOT_SET_UP,
            never_sent: true,
            hopeless: true,
            too_large: false,
        }
    }

    pub(super) fn finding(&self) -> Finding {
        Finding::new(self.code.clone(), &self.text, self.advice)
    }
}

impl Wire {
    pub(super) fn new(settings: &HttpSettings) -> Result<Self, Finding> {
        let trusted = Trusted {
            timeout: settings.timeout,
            connect_timeout: settings.connect_timeout,
            certificates: certificates_of(settings.ca_file.as_deref())?,
        };
        let plain = build(trusted.builder().no_proxy().tls_certs_only([]))?;
        let (direct, through_proxy) = (OnceCell::new(), OnceCell::new());
        Ok(Self { trusted, plain, direct, through_proxy })
    }

    /// The client for an address.
    async fn client(&self, url: &Url) -> Result<&Client, Finding> {
        let own = is_loopback(url);
        if own && url.scheme() == "http" {
            return Ok(&self.plain);
        }
        let cell = if own { &self.direct } else { &self.through_proxy };
        let made = || {
            let trusted = self.trusted.clone();
            let client = tokio::task::spawn_blocking(move || {
                let builder = trusted.with_the_systems();
                build(if own { builder.no_proxy() } else { builder })
            });
            async { client.await.unwrap_or_else(|broken| Err(not_set_up(&broken))) }
        };
        cell.get_or_try_init(made).await
    }

    pub(super) async fn send(
        &self,
        call: &Call,
        redactor: &Redactor,
        largest: usize,
    ) -> Result<Reply, Fault> {
        let (mut reply, response) = self.begin(call, redactor).await?;
        let read = body(response, largest).await;
        reply.body = read.map_err(|cut| cut_off(call, redactor, largest, &cut))?;
        Ok(reply)
    }

    /// The same with a body that is read while it arrives, where the status is 2xx; the reply then holds its beginning.
    pub(super) async fn stream<T: Send + 'static>(
        &self,
        call: &Call,
        redactor: &Redactor,
        largest: usize,
        reader: impl FnOnce(Cup) -> T + Send + 'static,
    ) -> Result<(Reply, Option<T>), Fault> {
        let (mut reply, response) = self.begin(call, redactor).await?;
        let failed = |cut: Cut| cut_off(call, redactor, largest, &cut);
        if !reply.is_success() {
            reply.body = body(response, largest).await.map_err(failed)?;
            return Ok((reply, None));
        }
        let (spout, cup) = pipe();
        let drinking = tokio::task::spawn_blocking(move || reader(cup));
        reply.body = spout.pour(response, largest).await.map_err(failed)?;
        Ok((reply, drinking.await.ok()))
    }

    /// Sends, and takes the head of the answer.
    async fn begin(&self, call: &Call, redactor: &Redactor) -> Result<(Reply, Response), Fault> {
        let fault = |error: reqwest::Error| fault(call, redactor, &error);
        let request = self.request(call, redactor).map_err(fault)?;
        let client = self.client(&call.url).await.map_err(Fault::not_set_up)?;
        let response = client.execute(request).await.map_err(fault)?;
        let reply = head(call, &response, redactor);
        let (method, path) = (&call.method, call.url.path());
        tracing::debug!(system = call.system, %method, path, status = reply.status, "answered");
        Ok((reply, response))
    }

    fn request(&self, call: &Call, redactor: &Redactor) -> reqwest::Result<reqwest::Request> {
        let remember = |text: &Text| {
            if let Text::Secret(secret) = text {
                redactor.remember(secret.expose());
            }
        };
        let mut request = self.plain.request(call.method.clone(), call.url.clone());
        for (name, value) in &call.headers {
            remember(value);
            request = match header::HeaderValue::from_str(value.expose()) {
                // Marked, so that no layer below prints it or keeps it in a table of headers.
                Ok(mut marked) => {
                    marked.set_sensitive(matches!(value, Text::Secret(_)));
                    request.header(*name, marked)
                }
                Err(_) => request.header(*name, value.expose()),
            };
        }
        if let Some(timeout) = call.timeout {
            request = request.timeout(timeout);
        }
        match &call.body {
            Body::None => request,
            Body::Json(json) => request.json(json),
            Body::Form(fields) => {
                for (_, value) in fields {
                    remember(value);
                }
                let pairs: Vec<_> =
                    fields.iter().map(|(name, text)| (name, text.expose())).collect();
                request.form(&pairs)
            }
        }
        .build()
    }
}

impl Trusted {
    fn builder(&self) -> ClientBuilder {
        Client::builder()
            .user_agent(concat!("prism-connect/", env!("CARGO_PKG_VERSION")))
            .timeout(self.timeout)
            .connect_timeout(self.connect_timeout)
            .redirect(redirect::Policy::none())
            .referer(false)
            // Whether to send again is decided above, never below.
            .retry(reqwest::retry::never())
            .pool_idle_timeout(Duration::from_secs(30))
    }

    /// One that trusts the system's certificates, and those of `ca_file`.
    fn with_the_systems(self) -> ClientBuilder {
        let builder = self.builder();
        if self.certificates.is_empty() {
            builder
        } else {
            builder.tls_certs_merge(self.certificates)
        }
    }
}

fn build(builder: ClientBuilder) -> Result<Client, Finding> {
    builder.build().map_err(|error| not_set_up(&error))
}

fn not_set_up(error: &dyn Error) -> Finding {
    let text = format!("The HTTP client cannot be set up: {}", chain(error));
    Finding::new(Code::HttpClient, text, NOT_SET_UP)
}

/// Those of `ca_file`; none where it is not set.
pub(super) fn certificates_of(ca_file: Option<&Path>) -> Result<Vec<Certificate>, Finding> {
    let Some(path) = ca_file else { return Ok(Vec::new()) };
    let wrong = |why: String| {
        let text = format!("The certificates in {} cannot be used: {why}", path.display());
        Finding::new(Code::CaFile, text, "Give a readable file of certificates in PEM form.")
    };
    let bytes = files::read(path, LARGEST_CA_FILE).map_err(|error| wrong(error.to_string()))?;
    let found = Certificate::from_pem_bundle(&bytes).map_err(|error| wrong(chain(&error)))?;
    if found.is_empty() { Err(wrong("it holds none".to_owned())) } else { Ok(found) }
}

/// Whether an address is this machine's own: what is sent there leaves it not, and passes no proxy.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

fn head(call: &Call, response: &Response, redactor: &Redactor) -> Reply {
    Reply {
        status: response.status().as_u16(),
        body: Vec::new(),
        headers: response.headers().clone(),
        redactor: redactor.clone(),
        place: call.place(),
        confidential: call.confidential,
    }
}

/// Why a body is not whole.
pub(super) enum Cut {
    Broken(reqwest::Error),
    TooLarge,
}

fn cut_off(call: &Call, redactor: &Redactor, largest: usize, cut: &Cut) -> Fault {
    match cut {
        Cut::Broken(error) => fault(call, redactor, error),
        Cut::TooLarge => too_large(call, largest),
    }
}

async fn body(mut response: Response, largest: usize) -> Result<Vec<u8>, Cut> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(Cut::Broken)? {
        if body.len() + chunk.len() > largest {
            return Err(Cut::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn too_large(call: &Call, largest: usize) -> Fault {
    Fault {
        code: Code::TooLarge,
        text: format!("{} answered with more than {largest} bytes.", call.place()),
        advice: "Check that the URL of the connection is right.",
        never_sent: false,
        hopeless: false,
        too_large: true,
    }
}

fn fault(call: &Call, redactor: &Redactor, error: &reqwest::Error) -> Fault {
    let why = redactor.safe(&chain(error));
    let host = call.url.origin().ascii_serialization();
    let lower = why.to_ascii_lowercase();
    let tls = lower.contains("certificate") || lower.contains("tls") || lower.contains("handshake");
    let never_sent = error.is_connect() || error.is_builder();
    let (code, said, advice) = if error.is_builder() {
        (
            Code::Unsendable,
            "cannot be asked",
            "Check what was typed: a header or the URL is not valid.",
        )
    } else if error.is_connect() && tls {
        (
            Code::Tls,
            "cannot be reached securely",
            "Check the URL, the clock, and “ca_file” in config.toml.",
        )
    } else if error.is_connect() {
        (Code::Unreachable, "cannot be reached", "Check the URL of the connection and the network.")
    } else if error.is_timeout() {
        (Code::TimeOut, "did not answer in time", "Try again; if it stays so, raise the time-out.")
    } else {
        (Code::Cut, "broke the connection off", "Try again.")
    };
    Fault {
        code,
        text: format!(
            "{} at {host} {said} ({} {}): {why}",
            call.system,
            call.method,
            call.url.path()
        ),
        advice,
        never_sent,
        hopeless: error.is_builder() || (error.is_connect() && tls),
        too_large: false,
    }
}

/// The error with its causes, without the URL, which `without_url` cannot take out of a borrowed error.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut parts = Vec::new();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if parts.last() != Some(&text) {
            parts.push(text);
        }
        source = cause.source();
    }
    if parts.is_empty() { error.to_string() } else { parts.join(": ") }
}
