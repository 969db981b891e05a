//! The client: token, one repeat after a 401, and the reads that a sync needs.

use std::io;

use async_trait::async_trait;
use serde::{Deserialize, de::DeserializeOwned};
use url::Url;

use super::{
    Agreement, InvoiceList, Source, assumed, customers, invoices, lines,
    loose::Loose,
    prices,
    settings::{LongestWait, PrismSettings, at},
    tenants,
    token::Tokens,
};
use crate::{
    domain::{
        AgreementId, Code, Day, InvoiceId, ReadError, Side,
        invoice::{Lines, Tenant},
        outcome::Finding,
        product::Product,
        secret::Secret,
    },
    http::{Call, Http, Method, Read, Reply, RowParts},
};

/// PRISM over HTTP. Clones share the token.
#[derive(Clone)]
pub struct Prism {
    http: Http,
    settings: PrismSettings,
    tokens: Tokens,
    longest_wait: LongestWait,
}

impl Prism {
    /// A client; nothing is asked yet.
    #[must_use]
    pub fn new(http: Http, settings: PrismSettings) -> Self {
        Self { http, settings, tokens: Tokens::default(), longest_wait: LongestWait::OF_A_SYNC }
    }

    /// The same client with the same token over another clone of the HTTP client: one that can be cancelled.
    #[must_use]
    pub fn over(&self, http: Http) -> Self {
        Self { http, ..self.clone() }
    }

    /// Reads one resource; any status but 2xx is an error.
    async fn get<const N: usize>(
        &self,
        path: [&str; N],
        query: &[(&str, &str)],
    ) -> Result<Reply, ReadError> {
        let mut url = at(&self.settings.api_url, path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let token = self.token(None).await?;
        let mut call = self.call(&url, &token);
        let mut reply = self.http.read(&call).await?;
        if reply.status == 401 {
            // Once more with a new token, then no more (wire/prism 2.5).
            call = self.call(&url, &self.token(Some(&token)).await?);
            reply = self.http.read(&call).await?;
        }
        if reply.is_success() { Ok(reply) } else { Err(refusal(&call, &reply)) }
    }

    /// Reads one resource while it arrives. What `read` can make nothing of is told by `unreadable`.
    async fn through<T: Send + 'static>(
        &self,
        url: &Url,
        read: impl Fn(&mut dyn io::Read) -> Result<T, String> + Clone + Send + 'static,
        unreadable: impl FnOnce(&Reply, &str) -> Finding + Send,
    ) -> Result<T, ReadError> {
        let token = self.token(None).await?;
        let mut call = self.call(url, &token);
        let mut answer = self.http.read_through(&call, read.clone()).await?;
        if matches!(&answer, Read::Answered(reply) if reply.status == 401) {
            call = self.call(url, &self.token(Some(&token)).await?);
            answer = self.http.read_through(&call, read).await?;
        }
        match answer {
            Read::Understood(read) => Ok(read),
            Read::Garbled(reply, why) => Err(ReadError::Unreadable(unreadable(&reply, &why))),
            Read::Answered(reply) => Err(refusal(&call, &reply)),
        }
    }

    async fn token(&self, refused: Option<&Secret>) -> Result<Secret, ReadError> {
        self.tokens.get(&self.http, self.longest_wait, &self.settings, refused).await
    }

    fn call(&self, url: &Url, token: &Secret) -> Call {
        let call = Call::new("PRISM", "prism api", Method::GET, url.clone())
            .header("Authorization", Secret::new(format!("Bearer {}", token.expose())))
            .header("Accept", "application/json")
            .again_when(|reply| reply.status == 500);
        self.longest_wait.on(call)
    }

    async fn tenants_with(
        &self,
        parts: RowParts,
        agreement: &AgreementId,
    ) -> Result<Vec<Tenant>, ReadError> {
        let path = ["api", "v2", "contractagreements", segment(agreement.as_str())?, "tenants"];
        let (url, agreement) = (at(&self.settings.api_url, path), agreement.clone());
        let read = move |list: &mut dyn io::Read| tenants::read(list, parts, &agreement);
        self.through(&url, read, Reply::unreadable_json).await
    }

    async fn page(&self, number: u32) -> Result<Reply, ReadError> {
        let (page, size) = (number.to_string(), assumed::PAGE_SIZE.to_string());
        self.get(["api", "v2", "invoices"], &[("page", &page), ("pageSize", &size)]).await
    }
}

#[async_trait]
impl Source for Prism {
    async fn probe(&self) -> Result<String, ReadError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Me {
            #[serde(default)]
            customer_name: Loose,
            #[serde(default)]
            client_name: Loose,
        }
        let soon = Self { longest_wait: LongestWait::NONE, ..self.clone() };
        let me: Me = soon.get(["api", "v1", "me"], &[]).await?.json()?;
        let name = me.customer_name.text().or_else(|| me.client_name.text());
        Ok(name.unwrap_or_else(|| "PRISM".to_owned()))
    }

    async fn agreements(&self) -> Result<Vec<Agreement>, ReadError> {
        let query = [("includeDeactivatedCustomers", "false")];
        let reply = self.get(["api", "v1", "me", "customers"], &query).await?;
        decoded(reply, customers::agreements).await
    }

    async fn tenants(&self, agreement: &AgreementId) -> Result<Vec<Tenant>, ReadError> {
        self.tenants_with(RowParts::All, agreement).await
    }

    async fn tenants_alone(&self, agreement: &AgreementId) -> Result<Vec<Tenant>, ReadError> {
        self.tenants_with(RowParts::Shallow, agreement).await
    }

    async fn price_list(
        &self,
        agreement: &AgreementId,
        day: Day,
    ) -> Result<Vec<Product>, ReadError> {
        let (year, month, date) = (
            day.0.format("%Y").to_string(),
            day.0.format("%-m").to_string(),
            day.0.format("%-d").to_string(),
        );
        let agreement = segment(agreement.as_str())?;
        let path = ["api", "v2", "me", "pricing", agreement, "pricelist", &year, &month, &date, ""];
        let reply = self.get(path, &[("excludeTieredProducts", "true")]).await?;
        blocking(move || {
            prices::products(reply.json(), || reply.json(), |why| unreadable(&reply, &why))
        })
        .await
    }

    async fn invoices(&self) -> Result<InvoiceList, ReadError> {
        let mut list = invoices::List::default();
        for number in 1..=assumed::MOST_PAGES {
            let reply = self.page(number).await?;
            let page = reply.json()?;
            let more = list.add(page).map_err(|why| unreadable(&reply, &why))?;
            if !more {
                return Ok(list.newest_last());
            }
        }
        let text = "PRISM's list of invoices does not end.";
        Err(ReadError::Unreadable(Finding::new(Code::Unreadable, text, "Report this.")))
    }

    async fn lines(&self, invoice: &InvoiceId) -> Result<Lines, ReadError> {
        let path = ["api", "v1", "me", "invoice", segment(invoice.as_str())?, "csv"];
        let url = at(&self.settings.api_url, path);
        let read = |file: &mut dyn io::Read| lines::read(file);
        self.through(&url, read, Reply::unreadable_file).await
    }

    fn requests(&self) -> u64 {
        self.http.requests()
    }
}

/// Dots would climb out of the path.
fn segment(id: &str) -> Result<&str, ReadError> {
    if !matches!(id, "" | "." | "..") {
        return Ok(id);
    }
    let text = format!("“{id}” is no id that PRISM can be asked for.");
    Err(ReadError::Refused(Finding::new(Code::BadId, text, "Read the lists of PRISM again.")))
}

/// The server's own words, where it has some (wire/prism 11).
fn refusal(call: &Call, reply: &Reply) -> ReadError {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct FaultBody {
        #[serde(default)]
        message: Loose,
    }
    let said = reply.json::<FaultBody>().ok().and_then(|fault| fault.message.text());
    let finding = match said {
        Some(said) => reply.finding_with(call, &reply.safe(&said)),
        None => reply.finding(call),
    };
    match reply.status {
        401 => ReadError::Unauthorized { side: Side::Source, finding },
        _ => ReadError::Refused(finding),
    }
}

fn unreadable(reply: &Reply, why: &str) -> ReadError {
    ReadError::Unreadable(reply.unreadable(why))
}

/// JSON to domain values, beside the tasks that wait for sockets: lists can be long.
async fn decoded<W, T>(
    reply: Reply,
    into_domain: impl FnOnce(W) -> Result<T, String> + Send + 'static,
) -> Result<T, ReadError>
where
    W: DeserializeOwned,
    T: Send + 'static,
{
    blocking(move || into_domain(reply.json()?).map_err(|why| unreadable(&reply, &why))).await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ReadError> + Send + 'static,
) -> Result<T, ReadError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(ReadError::Cancelled))
}
