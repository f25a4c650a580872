//! Judging one site when its last address is done: evidence is frozen, the pages are assessed, the
//! register is asked, and a case is opened when people should look.

use std::sync::{Arc, PoisonError};

use blocklist::matching::Claim;
use blocklist::{DomainName, Timestamp};
use data::assessment::{self, NewAssessment};
use data::capture::{self, Capture};
use data::case::{self, NewCase};
use data::certificate::{self, Served};
use data::evidence::{self, Spoke};
use data::{frontier, known, rematch};
use url::Url;

use crate::assessment::{Standing, Verdict};
use crate::crawl::{CrawlError, Event, Shared, now};
use crate::network::{self, resemblance};
use crate::signal::Page;
use crate::signal::feed::FeedPage;
use crate::worker::is_html;
use crate::{charset, feed, identifier, warc};

/// Captures a site is judged from.
const MAX_CAPTURES: i64 = 200;

/// Judges `host` from what was captured of it.
pub(crate) async fn site(shared: &Shared, host: &str) -> Result<(), CrawlError> {
    let captures = capture::latest(&shared.store, host, MAX_CAPTURES).await?;
    let (pages, feeds) = read_all(shared, &captures).await?;
    if pages.is_empty() && feeds.is_empty() {
        let why = if captures.is_empty() {
            "nothing could be fetched"
        } else {
            "no page among what was fetched"
        };
        frontier::failed(&shared.store, host, why).await?;
        shared
            .tell(Event::SiteFailed {
                host: host.to_owned(),
                why: why.to_owned(),
            })
            .await;
        return Ok(());
    }
    let name = DomainName::parse(host).map_err(|error| data::Error::stored("site", error))?;
    let at = now();
    {
        // Frozen evidence must survive a power cut: the files before the row that names them.
        let warc = Arc::clone(&shared.warc);
        let synced = tokio::task::spawn_blocking(move || {
            warc.lock().unwrap_or_else(PoisonError::into_inner).sync()
        });
        synced
            .await
            .map_err(|error| CrawlError::Worker(error.to_string()))?
            .map_err(|source| shared.evidence_error(source))?;
    }
    let certificates = certificate::of_captures(&shared.store, host, &captures).await?;
    let spoke: Vec<Spoke<'_>> = certificates.iter().map(spoke).collect();
    let root = evidence::freeze(&shared.store, host, &captures, &spoke, at).await?;
    let guarded = shared.guarded(&name).await?;
    let known = shared.store.known(Timestamp(at)).await?;
    let count = pages.len() + feeds.len();
    let registers = Arc::clone(&known);
    let assessor = Arc::clone(&shared.assessor);
    let judged = tokio::task::spawn_blocking(move || {
        let claims: Vec<Claim> = assessor
            .claims(&pages)
            .into_iter()
            .map(|claim| Claim {
                licence_no: claim.licence_no.unwrap_or_default(),
                legal_name: claim.legal_name.unwrap_or_default(),
                bin: claim.bin.unwrap_or_default(),
                quote: claim.quote,
            })
            .collect();
        let standing = Standing {
            host: Some(known::check_host(&name, &known, Timestamp(at))),
            claims: known::check_claims(&name, &claims, &known, Timestamp(at)),
        };
        let judged = assessor.assess(&pages, &feeds, &standing);
        let shown = {
            let setting = network::Setting {
                host: &name,
                guarded,
                certificates: &certificates,
            };
            network::keep::read(&judged, &pages, &feeds, &captures, &setting)
        };
        (judged, shown, standing, name, claims)
    });
    let (judged, shown, standing, name, claims) = judged
        .await
        .map_err(|error| CrawlError::Worker(error.to_string()))?;
    let report =
        serde_json::to_string(&judged).map_err(|error| data::Error::stored("assessment", error))?;
    let new = NewAssessment {
        host: &name,
        at,
        exchange: judged.exchange,
        serves_kz: judged.serves_kz,
        verdict: judged.verdict.as_str(),
        evidence_root: &root,
        report: &report,
    };
    let assessment_id = assessment::add(&shared.store, new).await?;
    shown.keep(&shared.store, host, at).await?;
    frontier::assessed(&shared.store, host, at).await?;
    shared
        .tell(Event::Assessed {
            host: host.to_owned(),
            verdict: judged.verdict,
            exchange: judged.exchange,
            serves_kz: judged.serves_kz,
            pages: count,
        })
        .await;
    let mut opened = None;
    if judged.verdict != Verdict::Clear {
        let mut registered = data::network::reserved_hosts(&shared.store).await?;
        registered
            .retain(|host| DomainName::parse(host).is_ok_and(|host| registers.names_host(&host)));
        let (icon, sketches) = (shown.icon(), &shown.sketches);
        let resembles =
            resemblance::of_site(&shared.store, host, icon, sketches, &registered).await?;
        let licence_match = serde_json::json!({
            "match": standing.host, "claims": standing.claims, "resembles": resembles,
        })
        .to_string();
        let new = NewCase {
            host: &name,
            assessment_id,
            evidence_root: &root,
            licence_match: &licence_match,
            at,
        };
        opened = case::open(&shared.store, new).await?;
    }
    // What the registers say of it is kept, so that a changed register needs no page to be read again.
    let site = rematch::Judged {
        host: &name,
        claims: &claims,
        assessment_id,
        evidence_root: &root,
        at,
    };
    let followed = rematch::judged(&shared.store, site).await?;
    if let Some(case_id) = opened.or(followed) {
        shared
            .tell(Event::CaseOpened {
                host: host.to_owned(),
                case_id,
                verdict: judged.verdict,
            })
            .await;
    }
    Ok(())
}

/// A certificate with the hash of its key. One that cannot be read has none, which is said where
/// networks are read.
fn spoke(served: &Served) -> Spoke<'_> {
    let read = identifier::certificate::read(&served.der);
    Spoke {
        served,
        key_sha256: read.ok().map(|certificate| certificate.key),
    }
}

/// The pages and feeds among the captures, the front page first.
async fn read_all(
    shared: &Shared,
    captures: &[Capture],
) -> Result<(Vec<Arc<Page>>, Vec<FeedPage>), CrawlError> {
    let mut pages: Vec<Arc<Page>> = Vec::new();
    let mut feeds = Vec::new();
    for capture in captures {
        let held = shared.pages.take(capture.id);
        if !(200..300).contains(&capture.status) {
            continue;
        }
        if let Some(page) = held {
            pages.push(page);
            continue;
        }
        let folder = shared.config.evidence.clone();
        let assessor = Arc::clone(&shared.assessor);
        let capture = capture.clone();
        let read = tokio::task::spawn_blocking(move || from_evidence(&folder, &assessor, &capture));
        match read
            .await
            .map_err(|error| CrawlError::Worker(error.to_string()))?
        {
            Some(Read::Page(page)) => pages.push(Arc::from(page)),
            Some(Read::Feed(feed)) => feeds.push(feed),
            None => {}
        }
    }
    pages.sort_by_key(|page| {
        (
            page.url.path() != "/",
            page.url.query().is_some(),
            page.url.path().len(),
        )
    });
    Ok((pages, feeds))
}

enum Read {
    Page(Box<Page>),
    Feed(FeedPage),
}

/// Reads a capture back from its evidence file. A damaged record is left out and said so.
fn from_evidence(
    folder: &std::path::Path,
    assessor: &crate::assessment::Assessor,
    capture: &Capture,
) -> Option<Read> {
    let at = |value: i64| u64::try_from(value).unwrap_or(0);
    let record = warc::read(
        folder,
        &capture.warc_file,
        at(capture.warc_offset),
        at(capture.warc_length),
        Some(&capture.record_sha256),
    );
    let record = match record {
        Ok(record) => record,
        Err(error) => {
            tracing::warn!(url = %capture.url.escape_debug(), %error, "evidence left out of an assessment");
            return None;
        }
    };
    if is_html(&capture.content_type, &record.body) {
        let url = Url::parse(&capture.url).ok()?;
        let text = charset::decode(&record.body, &capture.content_type).text;
        return Some(Read::Page(Box::new(assessor.page(
            url,
            capture.body_sha256.clone(),
            &text,
        ))));
    }
    let directions = feed::read(&record.body, &capture.content_type)?;
    Some(Read::Feed(FeedPage {
        url: capture.url.clone(),
        capture: capture.body_sha256.clone(),
        directions,
    }))
}
