//! The crawler as a task, and its events as they come.

use std::path::Path;

use crawler::{
    address_guard::AddressGuard,
    crawl::{Crawl, CrawlConfig, Event},
    seed,
};
use data::Store;
use tokio::sync::mpsc;
use tracing::{debug, info};
use url::Url;

use crate::{cli, failure::Failure, paths::DataDir};

/// How many events may wait to be shown; the crawl waits for whoever shows them.
const EVENTS: usize = 256;

/// The configuration of a crawl on the open web.
pub(crate) async fn config(
    store: &Store,
    dir: &DataDir,
    options: &cli::Crawl,
) -> Result<CrawlConfig, Failure> {
    let trust = store.trust().await?;
    Ok(CrawlConfig {
        about_url: format!("{}/en/verify", trust.public_url.trim_end_matches('/')),
        concurrency: usize::from(options.concurrency),
        evidence: dir.evidence(),
        upstreams: options.upstream.clone(),
        guard: AddressGuard::public(),
        ..CrawlConfig::default()
    })
}

/// Reads the seeds that were named.
pub(crate) fn seeds(path: Option<&Path>) -> Result<Vec<Url>, Failure> {
    path.map_or(Ok(Vec::new()), |path| {
        seed::read_file(path).map_err(|error| Failure::usage(format_args!("{error}")))
    })
}

/// Makes a crawl and the stream of what it tells.
pub(crate) fn open(
    config: CrawlConfig,
    store: Store,
) -> Result<(Crawl, mpsc::Receiver<Event>), Failure> {
    let (events, receiver) = mpsc::channel(EVENTS);
    Ok((Crawl::new(config, store, events)?, receiver))
}

/// Writes an event to the log.
pub(crate) fn log(event: &Event) {
    match event {
        Event::Fetched { url, status } => debug!(url, status, "fetched"),
        Event::Skipped { url, why } => debug!(url, why, "not fetched"),
        Event::Assessed {
            host,
            verdict,
            exchange,
            serves_kz,
            pages,
        } => {
            info!(
                host,
                verdict = verdict.as_str(),
                exchange,
                serves_kz,
                pages,
                "assessed"
            );
        }
        Event::CaseOpened {
            host,
            case_id,
            verdict,
        } => {
            info!(
                host,
                case = case_id,
                verdict = verdict.as_str(),
                "case opened"
            );
        }
        Event::SiteFailed { host, why } => info!(host, why, "nothing could be captured"),
    }
}
