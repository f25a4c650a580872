//! A crawl: N workers over one frontier, until it is empty or they are told to stop.
//!
//! `worker` does one address at a time, `judge` does one site at a time; this file starts them and
//! knows when all is done. Whatever happens to an address is recorded in the frontier, and progress
//! is told over a channel.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use blocklist::{
    DomainName,
    guard::{Guard, Tier},
};
use data::Store;
use data::frontier::{self, Added, NewUrl, Source};
use tokio::sync::{Notify, OnceCell, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::address_guard::AddressGuard;
use crate::assessment::{Assessor, ShippedError, Verdict};
use crate::cache::{PageCache, RobotsCache};
use crate::fetch::{FetchError, Fetcher, Timeouts};
use crate::hex;
use crate::politeness::Politeness;
use crate::resolve::{GuardedResolver, Lookup, LookupError, Upstream};
use crate::warc;

/// The product token that robots.txt files know us by.
pub const AGENT: &str = "QalqanBot";

/// How to crawl.
#[derive(Debug, Clone)]
pub struct CrawlConfig {
    /// Where site owners read who we are; stands in the user agent.
    pub about_url: String,
    /// Addresses fetched at once.
    pub concurrency: usize,
    /// Interval between two requests to one host.
    pub interval: Duration,
    /// The longest `Crawl-delay` that is honoured.
    pub longest_delay: Duration,
    /// Addresses a host may have in the frontier, feeds and sitemaps included.
    pub per_host: i64,
    /// Addresses the whole frontier may have.
    pub total: i64,
    /// Steps from a seed.
    pub max_depth: i64,
    /// Whether links to other hosts make new sites.
    pub discover: bool,
    /// Folder of the evidence files.
    pub evidence: PathBuf,
    /// DNS servers; the machine's own resolver is never used.
    pub upstreams: Vec<SocketAddr>,
    /// Where the crawler may connect.
    pub guard: AddressGuard,
    /// Limits of one fetch.
    pub timeouts: Timeouts,
    /// First pause before a failed address is tried again; doubles each time.
    pub retry_after: Duration,
    /// Certificates (DER) of authorities to trust besides those of the machine.
    pub authorities: Vec<Vec<u8>>,
}

impl Default for CrawlConfig {
    fn default() -> Self {
        Self {
            about_url: "https://qalqan.example/bot".to_owned(),
            concurrency: 16,
            interval: Duration::from_secs(1),
            longest_delay: Duration::from_secs(30),
            per_host: 40,
            total: 1_000_000,
            max_depth: 4,
            discover: true,
            evidence: PathBuf::from("evidence"),
            upstreams: Vec::new(),
            guard: AddressGuard::public(),
            timeouts: Timeouts::default(),
            retry_after: Duration::from_secs(5),
            authorities: Vec::new(),
        }
    }
}

/// What a crawl tells while it runs.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// An address was answered.
    Fetched {
        /// The address.
        url: String,
        /// HTTP status of the last answer.
        status: u16,
    },
    /// An address was not fetched, or failed; the frontier keeps the same words.
    Skipped {
        /// The address.
        url: String,
        /// Why.
        why: String,
    },
    /// A site was judged.
    Assessed {
        /// The site.
        host: String,
        /// The proposal.
        verdict: Verdict,
        /// Probability that it is an exchange.
        exchange: f64,
        /// Probability that it serves Kazakhstan.
        serves_kz: f64,
        /// Pages judged.
        pages: usize,
    },
    /// A case was opened for people.
    CaseOpened {
        /// The site.
        host: String,
        /// The case.
        case_id: String,
        /// `flag` or `review`.
        verdict: Verdict,
    },
    /// Nothing of a site could be captured.
    SiteFailed {
        /// The site.
        host: String,
        /// Why.
        why: String,
    },
}

/// What stops a crawl.
#[derive(Debug, thiserror::Error)]
pub enum CrawlError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] data::Error),
    /// The evidence folder cannot be written.
    #[error(
        "evidence cannot be written to {folder}: {source}; free space or choose another folder"
    )]
    Evidence {
        /// The folder.
        folder: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The HTTP client cannot be set up.
    #[error(transparent)]
    Client(#[from] FetchError),
    /// The DNS upstreams cannot be used.
    #[error(transparent)]
    Upstream(#[from] LookupError),
    /// A lexicon or the model is broken.
    #[error(transparent)]
    Shipped(#[from] ShippedError),
    /// The operating system gave no randomness.
    #[error("the operating system gave no randomness")]
    Randomness,
    /// A worker panicked: a defect of this program.
    #[error("a crawl worker stopped unexpectedly: {0}")]
    Worker(String),
}

impl CrawlError {
    /// Whether trying again later may help.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_temporary())
    }
}

/// What all workers share.
pub(crate) struct Shared {
    pub(crate) config: CrawlConfig,
    pub(crate) store: Store,
    pub(crate) fetcher: Fetcher,
    pub(crate) assessor: Arc<Assessor>,
    pub(crate) politeness: Politeness,
    pub(crate) robots: RobotsCache,
    pub(crate) pages: PageCache,
    pub(crate) warc: Arc<Mutex<warc::Writer>>,
    pub(crate) holder: String,
    pub(crate) known: AtomicI64,
    floor: OnceCell<Guard>,
    pub(crate) more: Notify,
    pub(crate) events: mpsc::Sender<Event>,
}

impl Shared {
    /// Tells the listener; a listener that left is no reason to stop.
    pub(crate) async fn tell(&self, event: Event) {
        let _ = self.events.send(event).await;
    }

    pub(crate) fn evidence_error(&self, source: std::io::Error) -> CrawlError {
        CrawlError::Evidence {
            folder: self.config.evidence.display().to_string(),
            source,
        }
    }

    /// The names that no log can list, by the log this crawl works for.
    pub(crate) async fn floor(&self) -> Result<&Guard, CrawlError> {
        let read = || async {
            let mut record = self.store.read_record().await?;
            let fold = record.replay()?.fold();
            Ok(Guard::floor(fold.demo(), &fold.policy().public_domain))
        };
        self.floor.get_or_try_init(read).await
    }

    /// Whether a guard list says that this host can never be listed, by the log as it is now. The raised
    /// tier (whatever is much visited) is not asked: such a site may be an operator's own.
    pub(crate) async fn guarded(&self, host: &DomainName) -> Result<bool, CrawlError> {
        let mut record = self.store.read_record().await?;
        let guard = record.replay()?.fold().guard();
        Ok(guard
            .covers(host)
            .is_some_and(|refusal| refusal.tier == Tier::Never))
    }

    /// Queues addresses; gives how many were new. Nothing is added past the total cap.
    pub(crate) async fn offer(&self, urls: &[NewUrl]) -> Result<usize, CrawlError> {
        let room = self.config.total - self.known.load(Ordering::Relaxed);
        let urls = urls
            .get(..urls.len().min(usize::try_from(room).unwrap_or(0)))
            .unwrap_or_default();
        let added = frontier::add(&self.store, urls, self.config.per_host, now()).await?;
        let new = added.iter().filter(|added| **added == Added::New).count();
        self.known
            .fetch_add(i64::try_from(new).unwrap_or(i64::MAX), Ordering::Relaxed);
        if new > 0 {
            self.more.notify_waiters();
        }
        Ok(new)
    }
}

/// A crawl ready to run.
pub struct Crawl {
    shared: Arc<Shared>,
}

impl Crawl {
    /// Sets up the client, the resolver over `config.upstreams` and the evidence file. Events go to
    /// `events`, which should be drained; a closed receiver is fine.
    ///
    /// # Errors
    /// When no upstream is given, or the client, lexicons or evidence folder cannot be used.
    pub fn new(
        config: CrawlConfig,
        store: Store,
        events: mpsc::Sender<Event>,
    ) -> Result<Self, CrawlError> {
        let upstream = Upstream::new(&config.upstreams)?;
        Self::with_lookup(config, store, events, Arc::new(upstream))
    }

    /// The same with another source of addresses.
    ///
    /// # Errors
    /// As [`Crawl::new`].
    pub fn with_lookup(
        config: CrawlConfig,
        store: Store,
        events: mpsc::Sender<Event>,
        lookup: Arc<dyn Lookup>,
    ) -> Result<Self, CrawlError> {
        let version = env!("CARGO_PKG_VERSION");
        let user_agent = format!("{AGENT}/{version} (+{})", config.about_url);
        let resolver = GuardedResolver::new(lookup, config.guard);
        let fetcher = Fetcher::new(
            &resolver,
            config.guard,
            &user_agent,
            config.timeouts,
            &config.authorities,
        )?;
        let warc = warc::Writer::create(&config.evidence, &format!("Qalqan/{version}")).map_err(
            |source| CrawlError::Evidence {
                folder: config.evidence.display().to_string(),
                source,
            },
        )?;
        let mut holder = [0; 8];
        getrandom::fill(&mut holder).map_err(|_| CrawlError::Randomness)?;
        let shared = Shared {
            politeness: Politeness::new(config.interval, config.longest_delay),
            store,
            fetcher,
            assessor: Arc::new(Assessor::shipped()?),
            robots: RobotsCache::default(),
            pages: PageCache::default(),
            warc: Arc::new(Mutex::new(warc)),
            holder: hex(&holder),
            known: AtomicI64::new(0),
            floor: OnceCell::new(),
            more: Notify::new(),
            events,
            config,
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Queues seeds. With `again`, sites that were crawled before are visited once more. Gives how
    /// many addresses were queued.
    ///
    /// # Errors
    /// When the store fails. A seed whose host is no name is left out; `seed::read` refuses those.
    pub async fn add_seeds(&self, seeds: &[Url], again: bool) -> Result<usize, CrawlError> {
        let mut urls = Vec::new();
        let mut queued = 0;
        for seed in seeds {
            let Some(host) = host_of(seed) else { continue };
            if again {
                let count = frontier::revisit(&self.shared.store, &host).await?;
                queued += usize::try_from(count).unwrap_or(usize::MAX);
            }
            urls.push(NewUrl {
                url: seed.to_string(),
                host,
                depth: 0,
                priority: 100,
                source: Source::Seed,
                found_on: None,
            });
        }
        Ok(queued + self.shared.offer(&urls).await?)
    }

    /// Crawls until the frontier is empty or `cancel` is called. Addresses in work are finished first.
    ///
    /// # Errors
    /// The first failure of the store or of the evidence folder; what was in work is given back.
    pub async fn run(&self, cancel: CancellationToken) -> Result<(), CrawlError> {
        let counts = frontier::counts(&self.shared.store).await?;
        let known = counts.queued + counts.leased + counts.done + counts.refused;
        self.shared.known.store(known, Ordering::Relaxed);
        for host in frontier::unassessed(&self.shared.store).await? {
            crate::judge::site(&self.shared, &host).await?;
        }
        let mut workers = JoinSet::new();
        for _ in 0..self.shared.config.concurrency.max(1) {
            workers.spawn(crate::worker::run(Arc::clone(&self.shared), cancel.clone()));
        }
        let mut result = Ok(());
        while let Some(ended) = workers.join_next().await {
            let ended = ended.unwrap_or_else(|error| Err(CrawlError::Worker(error.to_string())));
            if ended.is_err() && result.is_ok() {
                cancel.cancel();
                result = ended;
            }
        }
        if result.is_err()
            && let Err(error) = frontier::release(&self.shared.store, &self.shared.holder).await
        {
            // The leases run out by themselves; until then others wait for these hosts.
            tracing::warn!(%error, "addresses in work could not be given back");
        }
        result
    }
}

/// The host of a URL as a name.
pub(crate) fn host_of(url: &Url) -> Option<DomainName> {
    DomainName::parse(url.domain()?).ok()
}

/// Unix seconds.
pub(crate) fn now() -> i64 {
    time::OffsetDateTime::now_utc().unix_timestamp()
}
