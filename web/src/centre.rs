//! What the pages stand on: the store, the release directory and the ways out to other rooms.

use std::{fmt, path::PathBuf, pin::Pin, sync::Arc, time::SystemTime};

use blocklist::Timestamp;
use data::{Store, known::KnownNow, network::Rules};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::{faults::Fault, files::Tags};

/// A captured body as the evidence store gives it back.
#[derive(Clone, Debug)]
pub struct CapturedBody {
    /// The body as it came, after transfer and content coding.
    pub bytes: Vec<u8>,
    /// The charset the crawler read it in: a WHATWG label, perhaps with a note after a space.
    pub charset: String,
}

impl CapturedBody {
    /// The label alone.
    pub(crate) fn label(&self) -> &str {
        self.charset.split_whitespace().next().unwrap_or("utf-8")
    }
}

/// Loads the body of a capture by its number; `None` when it cannot be read.
pub type LoadBody =
    Arc<dyn Fn(i64) -> Pin<Box<dyn Future<Output = Option<CapturedBody>> + Send>> + Send + Sync>;

/// Everything the web room needs, shared by its three listeners.
pub struct Centre {
    /// The store of this centre.
    pub store: Store,
    /// Directory that `publish` writes: `log/`, `list/`, `release`.
    pub release_dir: PathBuf,
    /// Address of the public site without a final slash: `https://qalqan.example`.
    pub public_url: String,
    /// Address of the evidence listener without a final slash; `None` hides its links.
    pub evidence_url: Option<String>,
    /// Shows on every page that all of this is invented.
    pub demo: bool,
    /// Called after a fully signed decision was stored, so that it is sequenced at once.
    pub waker: Arc<dyn Fn() + Send + Sync>,
    /// Reads captured bodies; `None` when this process has no evidence at hand.
    pub load_body: Option<LoadBody>,
    /// What ties sites, by which networks are computed anew when officers mark identifiers; `None` leaves
    /// those forms out.
    pub network_rules: Option<Arc<dyn Rules + Send + Sync>>,
    /// The clock: Unix seconds. Tests set their own.
    pub clock: Arc<dyn Fn() -> i64 + Send + Sync>,
    /// Entity tags of the files that are served.
    pub(crate) tags: Tags,
    pub(crate) evidence_key: String,
    pub(crate) signing: Semaphore,
}

impl fmt::Debug for Centre {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Centre")
            .field("release_dir", &self.release_dir)
            .field("public_url", &self.public_url)
            .field("demo", &self.demo)
            .finish_non_exhaustive()
    }
}

/// How many passwords may be worked on at once: each takes a core and some 20 MB for a moment.
const SIGNING_AT_ONCE: usize = 4;

/// Name of the secret that seals links to the evidence listener.
const EVIDENCE_KEY: &str = "evidence-link";

/// How long a link to the evidence listener works, in seconds.
const EVIDENCE_LINK_SECONDS: i64 = 3_600;

impl Centre {
    /// A centre with the system clock, no evidence at hand and nobody to wake; set the public
    /// fields for more.
    ///
    /// # Errors
    /// When the store fails: it holds the secret by which all web processes on it know each other's
    /// links to the evidence.
    pub async fn new(
        store: Store,
        release_dir: PathBuf,
        public_url: &str,
    ) -> Result<Self, data::Error> {
        Ok(Self {
            evidence_key: store.secret(EVIDENCE_KEY).await?,
            store,
            release_dir,
            tags: Tags::default(),
            public_url: public_url.trim_end_matches('/').to_owned(),
            evidence_url: None,
            demo: false,
            waker: Arc::new(|| {}),
            load_body: None,
            network_rules: None,
            clock: Arc::new(system_now),
            signing: Semaphore::new(SIGNING_AT_ONCE),
        })
    }

    /// Now, in Unix seconds.
    pub(crate) fn now(&self) -> i64 {
        (self.clock)()
    }

    /// Everything a public answer follows from, as of now.
    pub(crate) async fn known(&self) -> Result<Arc<KnownNow>, Fault> {
        self.store
            .known(Timestamp(self.now()))
            .await
            .map_err(Fault::internal)
    }

    /// Whether readers come over TLS; cookies are then bound to it.
    pub(crate) fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// A link to the original bytes of a capture that works for an hour.
    pub(crate) fn evidence_link(&self, capture: i64) -> Option<String> {
        let base = self.evidence_url.as_deref()?;
        self.load_body.as_ref()?;
        let until = self.now() + EVIDENCE_LINK_SECONDS;
        let seal = self.evidence_seal(capture, until);
        Some(format!(
            "{}/capture/{capture}?until={until}&seal={seal}",
            base.trim_end_matches('/')
        ))
    }

    /// Whether a link made by [`Self::evidence_link`] still holds.
    pub(crate) fn evidence_link_holds(&self, capture: i64, until: i64, seal: &str) -> bool {
        let expected = self.evidence_seal(capture, until);
        let same = expected.len() == seal.len()
            && expected
                .bytes()
                .zip(seal.bytes())
                .fold(0, |odd, (a, b)| odd | (a ^ b))
                == 0;
        same && self.now() <= until
    }

    /// Keyed hash over two numbers of fixed width, key on both sides.
    fn evidence_seal(&self, capture: i64, until: i64) -> String {
        let hash = Sha256::new()
            .chain_update(&self.evidence_key)
            .chain_update(capture.to_be_bytes())
            .chain_update(until.to_be_bytes())
            .chain_update(&self.evidence_key)
            .finalize();
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn system_now() -> i64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_secs()).ok())
        .unwrap_or_default()
}
