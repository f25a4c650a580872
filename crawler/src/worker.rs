//! One worker: lease an address, ask robots.txt, wait politely, fetch, keep the evidence, read the
//! page, offer what it links to, and judge the site when its last address is done.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use data::capture::{self, Capture};
use data::certificate;
use data::frontier::{self, Lease, MAX_ATTEMPTS, NewUrl, Source, Visited};
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::crawl::{AGENT, CrawlError, Event, Shared, host_of, now};
use crate::fetch::{End, Exchange, FetchError, MAX_BODY, MAX_REDIRECTS};
use crate::robots::{self, Robots};
use crate::signal::Page;
use crate::{charset, discover, feed, hex, judge, sitemap};

/// A lease outlives the slowest fetch with its politeness by far.
const LEASE_SECONDS: i64 = 600;
/// How long an idle worker waits before it looks again.
const IDLE: Duration = Duration::from_millis(200);

/// Works until the frontier is empty or `cancel` is called.
pub(crate) async fn run(shared: Arc<Shared>, cancel: CancellationToken) -> Result<(), CrawlError> {
    while !cancel.is_cancelled() {
        let lease = frontier::lease(&shared.store, &shared.holder, now(), LEASE_SECONDS).await?;
        if let Some(lease) = lease {
            visit(&shared, &lease).await?;
            // Another address of this host may be taken now.
            shared.more.notify_waiters();
            if frontier::pending(&shared.store, &lease.host).await? == 0 {
                judge::site(&shared, &lease.host).await?;
                shared.politeness.forget(&lease.host);
            }
            continue;
        }
        let counts = frontier::counts(&shared.store).await?;
        if counts.queued + counts.leased == 0 {
            break;
        }
        // Others may crawl into the same frontier: what they found counts towards the total cap.
        shared.known.store(
            counts.queued + counts.leased + counts.done + counts.refused,
            Ordering::Relaxed,
        );
        tokio::select! {
            () = shared.more.notified() => {}
            () = tokio::time::sleep(IDLE) => {}
            () = cancel.cancelled() => {}
        }
    }
    Ok(())
}

/// What a visit came to, for the frontier.
enum Visit {
    Done(String),
    Refused(String),
    Failed(FetchError),
}

async fn visit(shared: &Shared, lease: &Lease) -> Result<(), CrawlError> {
    let visit = match Url::parse(&lease.url) {
        Ok(url) => fetch(shared, lease, &url).await?,
        Err(error) => Visit::Refused(error.to_string()),
    };
    let url = lease.url.clone();
    let end = async |visited: Visited<'_>| {
        let rest = rest_until(now(), shared.politeness.interval_of(&lease.host));
        frontier::end(&shared.store, lease, visited, rest).await
    };
    let why = match visit {
        Visit::Done(outcome) => {
            end(Visited::Done(&outcome)).await?;
            return Ok(());
        }
        Visit::Failed(error) if error.is_temporary() && lease.attempts < MAX_ATTEMPTS => {
            let pause = shared.config.retry_after
                * 2_u32.pow(u32::try_from(lease.attempts).unwrap_or(1).min(6) - 1);
            let not_before = now() + i64::try_from(pause.as_secs()).unwrap_or(60);
            end(Visited::Again(&error.to_string(), not_before)).await?;
            return Ok(());
        }
        Visit::Refused(why) => {
            end(Visited::Refused(&why)).await?;
            why
        }
        Visit::Failed(error @ FetchError::Refused(_)) => {
            end(Visited::Refused(&error.to_string())).await?;
            error.to_string()
        }
        Visit::Failed(error) => {
            end(Visited::Done(&format!("failed: {error}"))).await?;
            error.to_string()
        }
    };
    shared.tell(Event::Skipped { url, why }).await;
    Ok(())
}

/// From when on another crawl may ask a host that was asked until `now`: the store counts whole
/// seconds, and the one that has begun is not over.
fn rest_until(now: i64, interval: Duration) -> i64 {
    let seconds = i64::try_from(interval.as_millis().div_ceil(1000)).unwrap_or(i64::MAX);
    now.saturating_add(1).saturating_add(seconds)
}

async fn fetch(shared: &Shared, lease: &Lease, url: &Url) -> Result<Visit, CrawlError> {
    if let Err(refusal) = shared.config.guard.check_url(url) {
        return Ok(Visit::Failed(refusal.into()));
    }
    let robots = match robots_of(shared, lease, url).await? {
        Ok(robots) => robots,
        Err(error) => return Ok(Visit::Failed(error)),
    };
    let path = url.query().map_or_else(
        || url.path().to_owned(),
        |query| format!("{}?{query}", url.path()),
    );
    if !robots.allows(&path) {
        let why = if *robots == Robots::DisallowAll {
            "robots.txt answered with a server error"
        } else {
            "robots.txt"
        };
        return Ok(Visit::Refused(format!("not allowed: {why}")));
    }
    shared.politeness.ready(&lease.host).await;
    let outcome = shared
        .fetcher
        .get(url, MAX_BODY, MAX_REDIRECTS, false)
        .await;
    let mut last = None;
    for exchange in outcome.exchanges {
        last = Some(keep(shared, lease, exchange).await?);
    }
    match (outcome.end, last) {
        (End::Failed(error), _) => Ok(Visit::Failed(error)),
        (End::Elsewhere(target), kept) => {
            let status = kept.map_or(0, |kept| kept.exchange.status);
            shared
                .tell(Event::Fetched {
                    url: lease.url.clone(),
                    status,
                })
                .await;
            redirect_elsewhere(shared, lease, &target).await?;
            Ok(Visit::Done(format!("{status}: redirects to {target}")))
        }
        (End::Answer, Some(kept)) => {
            shared
                .tell(Event::Fetched {
                    url: lease.url.clone(),
                    status: kept.exchange.status,
                })
                .await;
            answer(shared, lease, &kept, &robots).await.map(Visit::Done)
        }
        (End::Answer, None) => Ok(Visit::Done("no answer".to_owned())),
    }
}

/// The robots.txt of a URL's origin, from memory or from the host.
async fn robots_of(
    shared: &Shared,
    lease: &Lease,
    url: &Url,
) -> Result<Result<Arc<Robots>, FetchError>, CrawlError> {
    let origin = url.origin().ascii_serialization();
    if let Some(robots) = shared.robots.get(&origin) {
        return Ok(Ok(robots));
    }
    let Ok(address) = url.join("/robots.txt") else {
        return Ok(Ok(Arc::new(Robots::AllowAll)));
    };
    shared.politeness.ready(&lease.host).await;
    // One byte over the bound, so that a longer file is cut there and not before.
    let outcome = shared
        .fetcher
        .get(&address, robots::MAX_BYTES + 1, robots::MAX_REDIRECTS, true)
        .await;
    let robots = match (&outcome.end, outcome.exchanges.last()) {
        (End::Answer, Some(last)) => Robots::from_response(last.status, &last.body, AGENT),
        // Too many or broken redirects: as if there were no file (RFC 9309 section 2.3.1.2).
        (
            End::Failed(
                FetchError::TooManyRedirects
                | FetchError::RedirectLoop(_)
                | FetchError::BadRedirect(_),
            ),
            _,
        ) => Robots::AllowAll,
        _ => match outcome.end {
            End::Failed(error) => return Ok(Err(error)),
            _ => Robots::AllowAll,
        },
    };
    if let Some(last) = outcome.exchanges.last() {
        frontier::robots(
            &shared.store,
            &lease.host,
            &hex(&Sha256::digest(&last.body)),
        )
        .await?;
    }
    for exchange in outcome.exchanges {
        store_record(shared, exchange).await?;
    }
    shared.politeness.set_delay(&lease.host, robots.delay());
    Ok(Ok(shared.robots.put(&origin, robots)))
}

/// An exchange that is in the evidence, and the page if it was one.
struct Kept {
    exchange: Exchange,
    page: Option<Arc<Page>>,
}

async fn store_record(
    shared: &Shared,
    exchange: Exchange,
) -> Result<(Exchange, crate::warc::Stored), CrawlError> {
    let warc = Arc::clone(&shared.warc);
    let stored = tokio::task::spawn_blocking(move || {
        let stored = warc
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .store(&exchange);
        stored.map(|stored| (exchange, stored))
    });
    stored
        .await
        .map_err(|error| CrawlError::Worker(error.to_string()))?
        .map_err(|source| shared.evidence_error(source))
}

/// Writes the evidence first, then the row that points to it.
async fn keep(shared: &Shared, lease: &Lease, exchange: Exchange) -> Result<Kept, CrawlError> {
    let (exchange, stored) = store_record(shared, exchange).await?;
    let content_type = exchange.content_type();
    let html = (200..300).contains(&exchange.status) && is_html(&content_type, &exchange.body);
    let mut row = Capture {
        id: 0,
        host: lease.host.clone(),
        url: exchange.url.to_string(),
        fetched_at: exchange.fetched_at,
        status: i64::from(exchange.status),
        content_type: content_type.chars().take(200).collect(),
        charset: String::new(),
        title: String::new(),
        body_sha256: stored.body_sha256.clone(),
        body_bytes: i64::try_from(exchange.body.len()).unwrap_or(i64::MAX),
        truncated: exchange.truncated,
        warc_file: stored.file,
        warc_offset: i64::try_from(stored.offset).unwrap_or(i64::MAX),
        warc_length: i64::try_from(stored.length).unwrap_or(i64::MAX),
        record_sha256: stored.record_sha256,
    };
    let mut page = None;
    let exchange = if html {
        let assessor = Arc::clone(&shared.assessor);
        let capture = stored.body_sha256;
        let read = tokio::task::spawn_blocking(move || {
            let decoded = charset::decode(&exchange.body, &content_type);
            let page = assessor.page(exchange.url.clone(), capture, &decoded.text);
            (exchange, decoded.label(), page)
        });
        let (exchange, label, read) = read
            .await
            .map_err(|error| CrawlError::Worker(error.to_string()))?;
        row.charset = label;
        row.title = read.document.title.clone();
        page = Some(Arc::new(read));
        exchange
    } else {
        exchange
    };
    let id = capture::add(&shared.store, &row).await?;
    if (200..300).contains(&exchange.status)
        && let Some(der) = &exchange.certificate
    {
        certificate::keep(&shared.store, id, der, exchange.fetched_at).await?;
    }
    if let Some(page) = &page {
        shared.pages.put(id, Arc::clone(page));
    }
    Ok(Kept { exchange, page })
}

/// Whether a body is to be read as a page.
pub(crate) fn is_html(content_type: &str, body: &[u8]) -> bool {
    let kind = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match kind.as_str() {
        "text/html" | "application/xhtml+xml" => true,
        // No or a meaningless type: look at the beginning.
        "" | "text/plain" | "application/octet-stream" => {
            let head = body
                .get(..body.len().min(512))
                .unwrap_or_default()
                .to_ascii_lowercase();
            let head = String::from_utf8_lossy(&head);
            head.contains("<!doctype html") || head.contains("<html")
        }
        _ => false,
    }
}

/// Handles the answer; gives the outcome in words.
async fn answer(
    shared: &Shared,
    lease: &Lease,
    kept: &Kept,
    robots: &Robots,
) -> Result<String, CrawlError> {
    let exchange = &kept.exchange;
    let status = exchange.status;
    if !(200..300).contains(&status) {
        return Ok(status.to_string());
    }
    if lease.source == Source::Sitemap && kept.page.is_none() {
        let found = sitemap::read(&exchange.body, &exchange.url);
        let count = found.pages.len() + found.sitemaps.len();
        let offers =
            discover::from_sitemap(&found, lease, &shared.assessor, shared.config.max_depth);
        let new = shared.offer(&offers).await?;
        return Ok(format!("{status}: sitemap of {count} addresses, {new} new"));
    }
    if kept.page.is_none()
        && let Some(directions) = feed::read(&exchange.body, &exchange.content_type())
    {
        let why = "a feed of this site has answered";
        frontier::refuse_queued(&shared.store, &lease.host, Source::Feed, why).await?;
        return Ok(format!(
            "{status}: rates feed of {} directions",
            directions.len()
        ));
    }
    let Some(page) = &kept.page else {
        return Ok(format!("{status}: {}", exchange.content_type()));
    };
    let floor = shared.floor().await?;
    let offers = discover::from_page(page, lease, &shared.assessor, robots, &shared.config, floor);
    let new = shared.offer(&offers).await?;
    let cut = page
        .document
        .cut
        .map(|cut| format!(", cut: {cut}"))
        .unwrap_or_default();
    let truncated = match exchange.truncated {
        false => "",
        true if exchange.body.len() >= MAX_BODY => ", body cut at 5 MiB",
        true => ", body broke off",
    };
    Ok(format!("{status}: page, {new} new links{cut}{truncated}"))
}

async fn redirect_elsewhere(
    shared: &Shared,
    lease: &Lease,
    target: &Url,
) -> Result<(), CrawlError> {
    // A chain over many hosts ends at the depth bound.
    if lease.depth >= shared.config.max_depth {
        return Ok(());
    }
    if let Some(host) = host_of(target) {
        let offer = NewUrl {
            url: target.to_string(),
            host,
            depth: lease.depth + 1,
            priority: 80,
            source: Source::Redirect,
            found_on: Some(lease.url.clone()),
        };
        shared.offer(&[offer]).await?;
    }
    Ok(())
}
