//! The publisher: the only holder of the log key. It takes fully signed statements, gives them
//! their place in the log, and writes the release directory that everybody reads.
//!
//! Steps and why a kill between any two loses nothing: a statement is in the queue until its leaf
//! is committed; leaves in the store are the truth; every file below `release/` can be made again
//! from them, and is, at the next start. The release note is written last: until it stands, readers
//! keep the one before.

mod anchor;
mod artefacts;
pub mod files;
mod lease;
mod steps;

pub use lease::is_running;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use blocklist::{
    Folded, ListingId, Release, Timestamp, Trust,
    export::Format,
    fold::{FOLD_VERSION, Listing, ListingState},
    leaf::Leaf,
    log::{self, LogError},
    statement::{Due, Statement, VERSION},
};
use signed_note::StandardSigner;

use crate::{
    ceremony::LOG_KEY,
    error::{Error, Result},
    pool::{Store, on},
    queue, record,
};

/// A release is signed anew after this long even if nothing changed, in seconds.
pub const RESIGN_SECONDS: i64 = 3600;

/// The steps of publication, in order; a fault hook hears of each one done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Leaves are committed to the store.
    Sequenced,
    /// Hash tiles and entry bundles are written.
    TilesWritten,
    /// The checkpoint is written.
    CheckpointWritten,
    /// The artefacts are written.
    ArtefactsWritten,
    /// The release note is written.
    Released,
}

/// Why publication stops or cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// Another publisher holds the lease.
    #[error("another publisher is at work on this store; only one may hold the log key")]
    Leased,
    /// The directory holds a later or another log than the store: an old backup was restored.
    #[error(
        "the published log ({published} leaves) is not continued by the store ({stored} leaves): an old or foreign store; restore the newest backup, never publish a second history"
    )]
    Behind {
        /// Leaves in the published checkpoint.
        published: u64,
        /// Leaves in the store.
        stored: u64,
    },
    /// The log key is missing or not the one in the trust file.
    #[error("{0} is not the private key of this log")]
    LogKey(PathBuf),
    /// The clock of this machine is behind what was published; readers would take what is signed
    /// now for a roll-back.
    #[error(
        "this machine's clock says {now}, and the last release was signed at {last}: set the clock; until then nothing is published, and nothing signed is lost"
    )]
    Clock {
        /// What the clock says.
        now: Timestamp,
        /// When the last release was signed.
        last: Timestamp,
    },
    /// A queued statement does not verify; it is named and nothing after it is published.
    #[error("queued statement {id} does not verify: {problem}; find out who changed the store")]
    Queued {
        /// Its id.
        id: i64,
        /// What is wrong.
        problem: String,
    },
    /// The tree or a note could not be made.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The store or a file failed.
    #[error(transparent)]
    Store(#[from] Error),
}

impl PublishError {
    /// Whether trying again later may help.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Leased | Self::Clock { .. } => true,
            Self::Store(error) => error.is_temporary(),
            _ => false,
        }
    }
}

impl From<sqlx::Error> for PublishError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// What is published now.
#[derive(Clone, Debug)]
pub struct Published {
    /// The release.
    pub release: Release,
    /// The list it holds.
    pub folded: Folded,
}

/// The publisher of one log.
pub struct Publisher {
    store: Store,
    base: PathBuf,
    trust: Trust,
    key: StandardSigner,
    lease: lease::Lease,
    /// Size and time of the last release, whoever published it.
    last: Option<(u64, Timestamp)>,
    published: Option<Published>,
    /// The artefacts as this process wrote them.
    artefacts: BTreeMap<Format, artefacts::Hashes>,
    /// Leaves whose files are known to be written.
    written: u64,
    /// The UTC day on which the audit chain was last looked at.
    audit_day: Option<i64>,
    hook: Box<dyn Fn(Step) + Send + Sync>,
}

impl Publisher {
    /// Takes the lease and the log key. `dir` is the data directory; the release is `dir/release`.
    pub async fn open(store: Store, dir: &Path, now: i64) -> Result<Self, PublishError> {
        let trust = store.trust().await?;
        let key = read_key(&dir.join(LOG_KEY), &trust)?;
        let lease = lease::Lease::take(&store, dir, now).await?;
        let base = dir.join("release");
        let mut publisher = Self {
            store,
            base,
            trust,
            key,
            lease,
            last: None,
            published: None,
            artefacts: BTreeMap::new(),
            written: 0,
            audit_day: None,
            hook: Box::new(|_| ()),
        };
        publisher.check_continues().await?;
        publisher.find_last().await?;
        Ok(publisher)
    }

    /// Reads which release was the last: the note in the directory, which is written first, or one
    /// that another publisher of this store wrote elsewhere.
    async fn find_last(&mut self) -> Result<(), PublishError> {
        const SQL: &str =
            "SELECT size, released_at FROM released ORDER BY size DESC, released_at DESC LIMIT 1";
        let here = files::read(&self.base.join("release"))?
            .and_then(|note| Release::open(&note, &self.trust).ok())
            .map(|release| (release.size, release.time));
        let anywhere: Option<(i64, i64)> = on!(self.store, |db| sqlx::query_as(SQL)
            .fetch_optional(db)
            .await)?;
        let anywhere =
            anywhere.and_then(|(size, time)| Some((u64::try_from(size).ok()?, Timestamp(time))));
        self.last = here.max(anywhere);
        Ok(())
    }

    /// Lets a test hear of each step done.
    pub fn on_step(&mut self, hook: impl Fn(Step) + Send + Sync + 'static) {
        self.hook = Box::new(hook);
    }

    /// The directory with the release.
    pub fn base(&self) -> &Path {
        &self.base
    }

    /// What is published, once [`Self::step`] has run.
    pub fn published(&self) -> Option<&Published> {
        self.published.as_ref()
    }

    /// Refuses a store that does not continue what is published.
    async fn check_continues(&self) -> Result<(), PublishError> {
        let Some(note) = files::read(&self.base.join("log/checkpoint"))? else {
            return Ok(());
        };
        let (published, root) = log::open_checkpoint(&note, &self.trust)?;
        let mut record = self.store.read_record().await?;
        let behind = |stored| PublishError::Behind { published, stored };
        let tree = record.replay().map_err(|_| behind(0))?.tree();
        match tree.root_at(published) {
            Ok(held) if held == root => Ok(()),
            _ => Err(behind(tree.size())),
        }
    }

    /// Publishes what is due: queued statements, listings whose time has come, a fresh signature.
    /// Gives whether a new release was written.
    pub async fn step(&mut self, now: i64) -> Result<bool, PublishError> {
        if self.lease.hold(&self.store, now).await? {
            // Away for a while: others may have published, or an old backup was put back.
            self.store.read_anew().await;
            self.check_continues().await?;
            self.find_last().await?;
        }
        self.check_clock(Timestamp(now))?;
        self.sequence(now).await?;
        self.mark_due(now).await?;
        self.anchor_audit(now).await?;
        let size = self.size().await?;
        let fresh = self.published.as_ref().is_some_and(|last| {
            last.release.size == size && now < last.release.time.0 + RESIGN_SECONDS
        });
        if fresh || size == 0 {
            return Ok(false);
        }
        self.write_log().await?;
        self.write_release(now).await?;
        Ok(true)
    }

    /// Refuses to sign in the past of what is published.
    fn check_clock(&self, now: Timestamp) -> Result<(), PublishError> {
        match self.last {
            Some((_, last)) if now < last => Err(PublishError::Clock { now, last }),
            _ => Ok(()),
        }
    }

    async fn size(&self) -> Result<u64> {
        let mut record = self.store.read_record().await?;
        Ok(record.replay().map_or(0, |replay| replay.tree().size()))
    }

    /// Gives queued statements their place in the log. Each is verified before it is committed.
    async fn sequence(&mut self, now: i64) -> Result<(), PublishError> {
        let pending = queue::pending(&self.store).await?;
        for statement in &pending {
            self.check(statement).await?;
            self.append(Some(statement.id), &statement.leaf, now)
                .await?;
        }
        if !pending.is_empty() {
            (self.hook)(Step::Sequenced);
        }
        Ok(())
    }

    async fn check(&self, queued: &queue::Pending) -> Result<(), PublishError> {
        let refuse = |problem: String| PublishError::Queued {
            id: queued.id,
            problem,
        };
        let leaf = Leaf::from_bytes(&queued.leaf).map_err(|e| refuse(e.to_string()))?;
        let mut record = self.store.read_record().await?;
        match record.replay() {
            Ok(replay) => replay
                .fold()
                .check_signatures(&leaf)
                .map_err(|e| refuse(e.to_string())),
            Err(_) => blocklist::verify::Replay::begin(&self.trust, &queued.leaf)
                .map(|_| ())
                .map_err(|e| refuse(e.to_string())),
        }
    }

    async fn append(
        &self,
        statement_id: Option<i64>,
        leaf: &[u8],
        now: i64,
    ) -> Result<(), PublishError> {
        // The lease is checked in the same statement: a publisher that lost it appends nothing.
        const SQL: &str = "INSERT INTO log_leaf (position, statement_id, leaf, sequenced_at)
            SELECT (SELECT COALESCE(MAX(position) + 1, 0) FROM log_leaf), $1, $2, $3
            WHERE EXISTS (SELECT 1 FROM lease WHERE name = 'publish' AND holder = $4 AND until > $3)";
        let done = on!(self.store, |db| sqlx::query(SQL)
            .bind(statement_id)
            .bind(leaf)
            .bind(now)
            .bind(self.lease.holder())
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
        if done == 1 {
            Ok(())
        } else {
            Err(PublishError::Leased)
        }
    }

    /// Appends markers for listings that took effect or ended by time alone since the last release,
    /// so that the serial moves with the list. Where other leaves came, the serial moves anyway.
    async fn mark_due(&mut self, now: i64) -> Result<(), PublishError> {
        let Some((size, time)) = self.last else {
            return Ok(());
        };
        let (before, after) = {
            let mut record = self.store.read_record().await?;
            let replay = record.replay()?;
            if replay.tree().size() != size {
                return Ok(());
            }
            (replay.fold().at(time), replay.fold().at(Timestamp(now)))
        };
        let mut begun = Vec::new();
        let mut ended = Vec::new();
        let enforced = |listing: &Listing| matches!(listing.state, ListingState::Listed { .. });
        for (old, new) in before.listings.iter().zip(&after.listings) {
            match (enforced(old), enforced(new)) {
                (false, true) => begun.push(new.statement.listing_id.clone()),
                (true, false) => ended.push(new.statement.listing_id.clone()),
                _ => {}
            }
        }
        let at = Timestamp(now);
        if !begun.is_empty() {
            self.append_due(Statement::Effect(self.due(begun, at)), now)
                .await?;
        }
        if !ended.is_empty() {
            self.append_due(Statement::Expire(self.due(ended, at)), now)
                .await?;
        }
        Ok(())
    }

    fn due(&self, listings: Vec<ListingId>, at: Timestamp) -> Due {
        Due {
            v: VERSION,
            origin: self.trust.origin.clone(),
            listings,
            at,
        }
    }

    async fn append_due(&self, statement: Statement, now: i64) -> Result<(), PublishError> {
        let leaf = Leaf {
            statement,
            signatures: Vec::new(),
        };
        let bytes = leaf.to_bytes().map_err(|e| Error::stored("log_leaf", e))?;
        self.append(None, &bytes, now).await
    }

    /// Writes tiles, entry bundles and checkpoint for the leaves in the store.
    async fn write_log(&mut self) -> Result<(), PublishError> {
        let (size, root, tiles) = {
            let mut record = self.store.read_record().await?;
            let tree = record.replay()?.tree();
            (tree.size(), tree.root()?, tree.tiles_since(self.written)?)
        };
        for (path, bytes) in tiles {
            files::write(&self.base.join("log").join(path), &bytes)?;
        }
        let first = self.written / log::BUNDLE_WIDTH * log::BUNDLE_WIDTH;
        let leaves = record::leaves(&self.store, first).await?;
        let mut rest = leaves.as_slice();
        for (index, width) in log::bundles(self.written, size) {
            let (bundle, after) = rest.split_at(rest.len().min(width as usize));
            let path = log::entry_bundle_path(index, width);
            let bytes = log::bundle::encode(bundle.iter().map(Vec::as_slice));
            files::write(&self.base.join("log").join(path), &bytes)?;
            rest = after;
        }
        (self.hook)(Step::TilesWritten);
        let checkpoint = log::sign_checkpoint(&self.trust.origin, size, root, &self.key)?;
        files::write(&self.base.join("log/checkpoint"), &checkpoint)?;
        self.written = size;
        (self.hook)(Step::CheckpointWritten);
        Ok(())
    }

    /// Folds, writes the artefacts, and last the release note that makes them count.
    async fn write_release(&mut self, now: i64) -> Result<(), PublishError> {
        let (folded, root) = {
            let mut record = self.store.read_record().await?;
            let replay = record.replay()?;
            (replay.fold().at(Timestamp(now)), replay.tree().root()?)
        };
        // Signing anew what did not change writes no list anew.
        let same = |last: &Published| (last.release.size, last.release.root) == (folded.size, root);
        let new = !self.published.as_ref().is_some_and(same);
        if new {
            let (base, origin) = (&self.base, &self.trust.origin);
            let before = steps::before(base, self.published.as_ref(), &self.trust)?;
            steps::write(base, before.as_ref(), &folded, origin, root)?;
            self.artefacts = artefacts::write(base, &folded, origin, root)?;
        }
        (self.hook)(Step::ArtefactsWritten);
        let release = Release {
            size: folded.size,
            root,
            fold_version: FOLD_VERSION,
            serial: folded.serial(),
            time: Timestamp(now),
            not_after: Timestamp(now).plus(i64::from(folded.policy.release_seconds)),
            artefacts: self
                .artefacts
                .iter()
                .map(|(format, hashes)| (format.path().to_owned(), hashes.sha256))
                .collect(),
        };
        artefacts::sign(
            &self.base,
            &self.artefacts,
            &release,
            &self.trust,
            &self.key,
        )?;
        let note = release
            .sign(&self.trust.origin, &self.key)
            .map_err(|e| Error::stored("released", e))?;
        files::write(&self.base.join("release"), &note)?;
        (self.hook)(Step::Released);
        self.keep(&release, &note).await?;
        self.last = Some((release.size, release.time));
        self.published = Some(Published { release, folded });
        if new && let Err(error) = artefacts::pack(&self.base) {
            tracing::warn!(%error, "the lists are published, but not packed: readers get them whole");
        }
        Ok(())
    }

    async fn keep(&self, release: &Release, note: &[u8]) -> Result<(), PublishError> {
        const SQL: &str = "INSERT INTO released (size, released_at, note) VALUES ($1, $2, $3)
            ON CONFLICT (size, released_at) DO NOTHING";
        let size = i64::try_from(release.size).unwrap_or(i64::MAX);
        on!(self.store, |db| sqlx::query(SQL)
            .bind(size)
            .bind(release.time.0)
            .bind(String::from_utf8_lossy(note).into_owned())
            .execute(db)
            .await
            .map(|_| ()))?;
        Ok(())
    }
}

fn read_key(path: &Path, trust: &Trust) -> Result<StandardSigner, PublishError> {
    use signed_note::{Signer as _, Verifier as _};
    let wrong = || PublishError::LogKey(path.to_owned());
    let text = zeroize::Zeroizing::new(files::read(path)?.ok_or_else(wrong)?);
    let text = std::str::from_utf8(&text).map_err(|_| wrong())?;
    let signer = StandardSigner::new(text.trim_end()).map_err(|_| wrong())?;
    let verifier = trust.verifier().map_err(|_| wrong())?;
    let same = signer.name() == verifier.name() && signer.key_id() == verifier.key_id();
    if same { Ok(signer) } else { Err(wrong()) }
}
