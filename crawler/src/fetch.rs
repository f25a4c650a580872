//! Fetching: one GET at a time, redirects followed by hand, every bound counted here.
//!
//! Each answer, redirects included, is kept as an [`Exchange`] for the evidence; each failure is a
//! typed outcome that the frontier records. A redirect to another host is not followed: that host
//! has its own robots.txt and its own turn, so it is handed back as a discovery.

use std::time::Duration;

use reqwest::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, LOCATION};
use reqwest::redirect;
use reqwest::tls::{Certificate, TlsInfo};
use url::Url;

use crate::address_guard::{AddressGuard, Refusal};
use crate::resolve::{GuardedResolver, LookupError};

/// Redirects followed on one host.
pub const MAX_REDIRECTS: usize = 10;
/// Bytes kept of a page after decoding.
pub const MAX_BODY: usize = 5 * 1024 * 1024;
/// Header lines accepted.
pub const MAX_HEADERS: usize = 100;

/// Times after which a fetch is given up.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// Connecting, names included.
    pub connect: Duration,
    /// The whole exchange, one hop.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            total: Duration::from_secs(30),
        }
    }
}

/// Why nothing was fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Our own rules forbid it.
    #[error("refused: {0}")]
    Refused(#[from] Refusal),
    /// The name did not resolve.
    #[error("{0}")]
    Lookup(String),
    /// More redirects than allowed.
    #[error("more than {MAX_REDIRECTS} redirects")]
    TooManyRedirects,
    /// A redirect to an address already visited.
    #[error("a redirect loop through {0}")]
    RedirectLoop(Url),
    /// A redirect without a usable `Location`.
    #[error("a redirect that leads nowhere: {0}")]
    BadRedirect(String),
    /// Too slow.
    #[error("timed out: {0}")]
    Timeout(String),
    /// Could not connect, TLS included.
    #[error("could not connect: {0}")]
    Connect(String),
    /// Broke off or was not HTTP.
    #[error("the exchange failed: {0}")]
    Exchange(String),
    /// The client could not be built.
    #[error("the HTTP client could not be built: {0}")]
    Client(String),
}

impl FetchError {
    /// Whether trying again later may help.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(
            self,
            Self::Lookup(_) | Self::Timeout(_) | Self::Connect(_) | Self::Exchange(_)
        )
    }
}

/// One request and its answer.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// What was asked for.
    pub url: Url,
    /// Unix seconds when the answer began.
    pub fetched_at: i64,
    /// HTTP status.
    pub status: u16,
    /// Header lines of the request, in order.
    pub request: Vec<(String, String)>,
    /// Header lines of the answer, in order, values as bytes.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body after content decoding, up to the cap.
    pub body: Vec<u8>,
    /// The body was longer than the cap, or broke off.
    pub truncated: bool,
    /// The certificate the host showed, in DER; none over http.
    pub certificate: Option<Vec<u8>>,
}

impl Exchange {
    /// The `Content-Type` value, empty when there is none.
    #[must_use]
    pub fn content_type(&self) -> String {
        let found = self
            .headers
            .iter()
            .find(|(name, _)| name == CONTENT_TYPE.as_str());
        found
            .map(|(_, value)| String::from_utf8_lossy(value).into_owned())
            .unwrap_or_default()
    }
}

/// How a fetch ended.
#[derive(Debug)]
pub struct Outcome {
    /// Every exchange that took place, redirects first.
    pub exchanges: Vec<Exchange>,
    /// What it came to.
    pub end: End,
}

/// The end of a chain of redirects.
#[derive(Debug)]
pub enum End {
    /// The last exchange is an answer.
    Answer,
    /// The last exchange points to another host, which has its own turn.
    Elsewhere(Url),
    /// Nothing usable.
    Failed(FetchError),
}

/// The HTTP client with all bounds set.
#[derive(Clone)]
pub struct Fetcher {
    client: reqwest::Client,
    guard: AddressGuard,
    user_agent: String,
}

impl Fetcher {
    /// Builds the client. `user_agent` is the whole header value, `QalqanBot/0.1 (+URL)`;
    /// `authorities` are certificates (DER) to trust besides those of the machine.
    ///
    /// # Errors
    /// When the client cannot be set up. A machine without CA certificates gets a client that can
    /// fetch http only, and a warning.
    pub fn new(
        resolver: &GuardedResolver,
        guard: AddressGuard,
        user_agent: &str,
        timeouts: Timeouts,
        authorities: &[Vec<u8>],
    ) -> Result<Self, FetchError> {
        // The one TLS provider of this program; a second installation is refused and harmless.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let authorities: Vec<Certificate> = authorities
            .iter()
            .map(|der| Certificate::from_der(der))
            .collect::<Result<_, _>>()
            .map_err(|error| FetchError::Client(chain(&error)))?;
        let builder = || {
            reqwest::Client::builder()
                .user_agent(user_agent)
                .dns_resolver(resolver.clone())
                .redirect(redirect::Policy::none())
                // A proxy from the environment would resolve names past our guard.
                .no_proxy()
                .referer(false)
                .connect_timeout(timeouts.connect)
                .timeout(timeouts.total)
                .pool_idle_timeout(Duration::from_secs(10))
                .pool_max_idle_per_host(1)
                .http1_only()
                .http1_max_headers(MAX_HEADERS)
                .tls_info(true)
        };
        let client = builder().tls_certs_merge(authorities.clone()).build().or_else(|error| {
            // A machine without CA certificates can still crawl http, the demo web among it; every
            // https fetch then fails by itself and says so.
            tracing::warn!(error = %chain(&error), "no CA certificates on this machine; https cannot be crawled until ca-certificates is installed");
            builder().tls_certs_only(authorities).build()
        });
        let client = client.map_err(|error| FetchError::Client(chain(&error)))?;
        Ok(Self {
            client,
            guard,
            user_agent: user_agent.to_owned(),
        })
    }

    /// Fetches `url`, following at most `redirects` redirects; to other hosts only when `any_host`
    /// (robots.txt may stand elsewhere, RFC 9309 section 2.3.1.2). At most `cap` bytes of each body.
    pub async fn get(&self, url: &Url, cap: usize, redirects: usize, any_host: bool) -> Outcome {
        let mut exchanges: Vec<Exchange> = Vec::new();
        let mut next = url.clone();
        let end = loop {
            let exchange = match self.one(&next, cap).await {
                Ok(exchange) => exchange,
                Err(error) => break End::Failed(error),
            };
            let target = redirect_target(&exchange);
            exchanges.push(exchange);
            let target = match target {
                None => break End::Answer,
                Some(Err(problem)) => break End::Failed(FetchError::BadRedirect(problem)),
                Some(Ok(target)) => target,
            };
            if exchanges.iter().any(|done| done.url == target) {
                break End::Failed(FetchError::RedirectLoop(target));
            }
            if exchanges.len() > redirects {
                break End::Failed(FetchError::TooManyRedirects);
            }
            if let Err(refusal) = self.guard.check_url(&target) {
                break End::Failed(FetchError::Refused(refusal));
            }
            if !any_host && target.host() != url.host() {
                break End::Elsewhere(target);
            }
            next = target;
        };
        Outcome { exchanges, end }
    }

    async fn one(&self, url: &Url, cap: usize) -> Result<Exchange, FetchError> {
        self.guard.check_url(url)?;
        let accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.5";
        let languages = "kk,ru;q=0.8,en;q=0.6";
        let sent = self
            .client
            .get(url.clone())
            .header(ACCEPT, accept)
            .header(ACCEPT_LANGUAGE, languages)
            .send()
            .await;
        let mut response = sent.map_err(|error| classify(&error))?;
        let host = url.host_str().unwrap_or_default();
        let authority = url
            .port()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let line = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut exchange = Exchange {
            url: url.clone(),
            fetched_at: time::OffsetDateTime::now_utc().unix_timestamp(),
            status: response.status().as_u16(),
            request: vec![
                line("Host", &authority),
                line("User-Agent", &self.user_agent),
                line("Accept", accept),
                line("Accept-Language", languages),
            ],
            headers: response
                .headers()
                .iter()
                .map(|(n, v)| (n.as_str().to_owned(), v.as_bytes().to_vec()))
                .collect(),
            body: Vec::new(),
            truncated: false,
            certificate: response
                .extensions()
                .get::<TlsInfo>()
                .and_then(TlsInfo::peer_certificate)
                .map(<[u8]>::to_vec),
        };
        // Decoded bytes are counted, chunk by chunk: a small gzip may hold gigabytes.
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) => {
                    let room = cap.saturating_sub(exchange.body.len());
                    exchange
                        .body
                        .extend_from_slice(chunk.get(..chunk.len().min(room)).unwrap_or_default());
                    if chunk.len() > room {
                        exchange.truncated = true;
                        break;
                    }
                }
                Ok(None) => break,
                // What came before the break is evidence too.
                Err(error) if exchange.body.is_empty() => return Err(classify(&error)),
                Err(_) => {
                    exchange.truncated = true;
                    break;
                }
            }
        }
        Ok(exchange)
    }
}

/// Where a redirect points, `None` for any other answer.
fn redirect_target(exchange: &Exchange) -> Option<Result<Url, String>> {
    if !matches!(exchange.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = exchange
        .headers
        .iter()
        .find(|(name, _)| name == LOCATION.as_str());
    let Some((_, location)) = location else {
        return Some(Err("no Location header".to_owned()));
    };
    let text = String::from_utf8_lossy(location);
    Some(
        exchange
            .url
            .join(&text)
            .map(|mut url| {
                url.set_fragment(None);
                url
            })
            .map_err(|error| error.to_string()),
    )
}

/// Finds the typed cause inside the client's error.
fn classify(error: &reqwest::Error) -> FetchError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(error);
    while let Some(inner) = cause {
        if let Some(refusal) = inner.downcast_ref::<Refusal>() {
            return FetchError::Refused(refusal.clone());
        }
        if let Some(lookup) = inner.downcast_ref::<LookupError>() {
            return FetchError::Lookup(lookup.to_string());
        }
        cause = inner.source();
    }
    let text = chain(error);
    if error.is_timeout() {
        FetchError::Timeout(text)
    } else if error.is_connect() {
        FetchError::Connect(text)
    } else {
        FetchError::Exchange(text)
    }
}

/// An error with its causes on one line, at most 300 characters.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text.chars().take(300).collect()
}
