//! The publisher: the only holder of the log key. It takes fully signed statements, gives them
//! their place in the log, and writes the release directory that everybody reads.
//!
//! Steps and why a kill between any two loses nothing: a statement is in the queue until its leaf
//! is committed; leaves in the store are the truth; every file below `release/` can be made again
//! from them, and is, at the next start. A release is made in a folder of its own and shown to readers
//! whole, in one step (`layout`): until then they keep the one before.

mod anchor;
mod artefacts;
mod deltas;
mod due;
mod error;
pub mod files;
mod layout;
mod lease;
mod pack;
mod step;

pub use error::PublishError;
pub use lease::is_running;
pub use step::Step;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use blocklist::{
    Digest, Folded, Release, Timestamp, Trust,
    export::{Exports, Format, Ground},
    fold::{Change, Course, FOLD_VERSION},
    leaf::Leaf,
    log,
    statement::Statement,
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

/// Bundles of leaves that are in memory at a time.
const BUNDLES_AT_ONCE: usize = 4;

/// Hears of each step done.
type Hook = Arc<dyn Fn(Step) + Send + Sync>;

/// What is published now.
#[derive(Clone, Debug)]
pub struct Published {
    /// The release.
    pub release: Release,
    /// The list it holds.
    pub folded: Folded,
}

/// The list that is to be released.
struct Next {
    folded: Folded,
    course: Course,
    /// The root of the log it follows from.
    root: Digest,
    /// The release before it, and what changed since, where this process made that.
    last: Option<(Release, Change)>,
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
    /// What the next list of this process goes on from, beside the one that is published.
    course: Option<Course>,
    ground: Option<Ground>,
    /// The artefacts of what is published, as this process wrote them.
    artefacts: BTreeMap<Format, artefacts::Artefact>,
    /// Leaves whose files are known to be written.
    written: u64,
    /// The UTC day on which the audit chain was last looked at.
    audit_day: Option<i64>,
    /// The size of the log at which time alone changes nothing until this moment, in Unix seconds.
    quiet: Option<(u64, i64)>,
    /// The lists of the last release, being packed.
    packing: Option<pack::Packing>,
    hook: Hook,
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
            course: None,
            ground: None,
            artefacts: BTreeMap::new(),
            written: 0,
            audit_day: None,
            quiet: None,
            packing: None,
            hook: Arc::new(|_| ()),
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
        self.hook = Arc::new(hook);
    }

    /// Waits until the lists of the last release are packed. The next release does not.
    pub async fn packed(&mut self) {
        if let Some(packing) = &mut self.packing {
            packing.done().await;
        }
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
        if self.sequence(now).await? {
            // What is not packed of the release before never will be.
            self.packing = None;
        }
        let size = self.size().await?;
        let fresh = self.published.as_ref().is_some_and(|last| {
            last.release.size == size && now < last.release.time.0 + RESIGN_SECONDS
        });
        if size == 0 {
            return Ok(false);
        }
        let quiet = self
            .quiet
            .is_some_and(|(at, until)| at == size && now < until);
        if !quiet {
            self.mark_due(size, now).await?;
        }
        self.anchor_audit(now).await?;
        if fresh && self.size().await? == size {
            if !quiet {
                self.quiet = Some((size, self.next_change(now).await?));
            }
            return Ok(false);
        }
        let next = self.next(Timestamp(now)).await?;
        self.write_log().await?;
        self.write_release(next).await?;
        Ok(true)
    }

    /// When time alone may next change the list, in Unix seconds.
    async fn next_change(&self, now: i64) -> Result<i64, PublishError> {
        let mut record = self.store.read_record().await?;
        let (_, course) = record.replay()?.fold().on_course(Timestamp(now));
        Ok(course.until().map_or(i64::MAX, |moment| moment.0))
    }

    /// The list to be released. What is published is made into it, so that there are never two in memory
    /// for one change; should the release fail, the next begins from nothing.
    async fn next(&mut self, time: Timestamp) -> Result<Next, PublishError> {
        let held = self.published.take().zip(self.course.take());
        let mut record = self.store.read_record().await?;
        let replay = record.replay()?;
        let (fold, root) = (replay.fold(), replay.tree().root()?);
        let Some((
            Published {
                release,
                mut folded,
            },
            mut course,
        )) = held
        else {
            let (folded, course) = fold.on_course(time);
            return Ok(Next {
                folded,
                course,
                root,
                last: None,
            });
        };
        let change = match fold.follow(&mut folded, &mut course, time) {
            Some(change) => change,
            None => {
                let (next, from_now) = fold.on_course(time);
                let change = Change::between(&folded, &next);
                (folded, course) = (next, from_now);
                change
            }
        };
        Ok(Next {
            folded,
            course,
            root,
            last: Some((release, change)),
        })
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

    /// Gives queued statements their place in the log. Each is verified before it is committed. Gives
    /// whether there were any.
    async fn sequence(&mut self, now: i64) -> Result<bool, PublishError> {
        let pending = queue::pending(&self.store).await?;
        for statement in &pending {
            self.check(statement).await?;
            self.append(Some(statement.id), &statement.leaf, now)
                .await?;
        }
        if !pending.is_empty() {
            (self.hook)(Step::Sequenced);
        }
        Ok(!pending.is_empty())
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

    /// Appends markers for listings of which time alone changed what is enforced since the last release,
    /// so that the serial moves with the list. Where other leaves came, the serial moves anyway.
    async fn mark_due(&mut self, size: u64, now: i64) -> Result<(), PublishError> {
        let Some((_, time)) = self.last.filter(|(last, _)| *last == size) else {
            return Ok(());
        };
        let after = self.store.folded(Timestamp(now)).await?;
        let held = self.published.as_ref().map(|held| &held.folded);
        let changed = match held.filter(|held| (held.size, held.time) == (size, time)) {
            Some(held) => due::changed(&held.entries, &after.entries),
            None => due::changed(&self.store.folded(time).await?.entries, &after.entries),
        };
        if changed.is_empty() {
            return Ok(());
        }
        let at = Timestamp(now);
        for marker in due::markers(&changed, &after.listings, &self.trust.origin, at) {
            self.append_due(marker, now).await?;
        }
        (self.hook)(Step::Marked);
        Ok(())
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
        let below = |path: String| self.base.join("log").join(path);
        let (size, root, tiles) = {
            let mut record = self.store.read_record().await?;
            let tree = record.replay()?.tree();
            (tree.size(), tree.root()?, tree.tiles_since(self.written)?)
        };
        let tiles = tiles.into_iter().map(|(path, bytes)| (below(path), bytes));
        files::write_all(&tiles.collect::<Vec<_>>())?;
        (self.hook)(Step::TilesWritten);
        let bundles: Vec<_> = log::bundles(self.written, size).collect();
        for some in bundles.chunks(BUNDLES_AT_ONCE) {
            let first = some
                .first()
                .map_or(0, |(index, _)| index * log::BUNDLE_WIDTH);
            let count = BUNDLES_AT_ONCE as u64 * log::BUNDLE_WIDTH;
            let leaves = record::leaves(&self.store, first, count).await?;
            let mut rest = leaves.as_slice();
            let bundles = some.iter().map(|(index, width)| {
                let (bundle, after) = rest.split_at(rest.len().min(*width as usize));
                rest = after;
                let bytes = log::bundle::encode(bundle.iter().map(Vec::as_slice));
                (below(log::entry_bundle_path(*index, *width)), bytes)
            });
            files::write_all(&bundles.collect::<Vec<_>>())?;
        }
        (self.hook)(Step::BundlesWritten);
        let checkpoint = log::sign_checkpoint(&self.trust.origin, size, root, &self.key)?;
        files::write(&self.base.join("log/checkpoint"), &checkpoint)?;
        self.written = size;
        (self.hook)(Step::CheckpointWritten);
        Ok(())
    }

    /// Makes a release of the list, shows it to readers, and then writes what follows from it.
    async fn write_release(&mut self, next: Next) -> Result<(), PublishError> {
        self.packing = None;
        let Next {
            folded,
            course,
            root,
            last,
        } = next;
        let (base, origin) = (&self.base, &self.trust.origin);
        let draft = layout::Draft::begin(base)?;
        let mut release = Release {
            size: folded.size,
            root,
            fold_version: FOLD_VERSION,
            serial: folded.serial(),
            time: folded.time,
            not_after: folded.time.plus(i64::from(folded.policy.release_seconds)),
            artefacts: BTreeMap::new(),
        };
        let seal = artefacts::Seal {
            trust: &self.trust,
            key: &self.key,
            serial: release.serial,
            time: release.time,
            not_after: release.not_after,
        };
        // Signing anew what did not change writes no list anew.
        let same = |(last, _): &(Release, Change)| (last.size, last.root) == (folded.size, root);
        let held = layout::current(base);
        let is_there = |format: &Format| held.join(format.path()).is_file();
        let (written, ground) =
            if last.as_ref().is_some_and(same) && Format::ALL.iter().all(is_there) {
                artefacts::take_over(&held, &draft.folder(), &self.artefacts, &seal)?;
                (self.artefacts.clone(), self.ground.clone())
            } else {
                let exports = match (&last, &self.ground) {
                    (Some((_, change)), Some(ground)) => {
                        Exports::after(&folded, origin, root, (ground, change))
                    }
                    _ => Exports::new(&folded, origin, root),
                };
                let written = artefacts::write(&draft.folder(), &exports, &self.artefacts, &seal)?;
                (written, Some(exports.ground()))
            };
        (self.hook)(Step::ListsWritten);
        let named = written.iter();
        release.artefacts = named
            .map(|(format, artefact)| (format.path().to_owned(), artefact.written.sha256))
            .collect();
        let note = release
            .sign(origin, &self.key)
            .map_err(|e| Error::stored("released", e))?;
        let before = match last {
            Some((last, change)) => Some((last.serial, change)),
            None => deltas::before(base, &folded, &self.trust)?,
        };
        let folder = draft.folder();
        files::write(&folder.join("release"), &note)?;
        (self.hook)(Step::NoteWritten);
        draft.release()?;
        (self.hook)(Step::Released);
        self.keep(&release, &note).await?;
        (self.hook)(Step::Kept);
        deltas::write(base, before, &folded, origin, root)?;
        (self.hook)(Step::DeltaWritten);
        layout::sweep(base)?;
        (self.hook)(Step::Swept);
        self.last = Some((release.size, release.time));
        self.quiet = Some((release.size, course.until().map_or(i64::MAX, |at| at.0)));
        (self.course, self.ground) = (Some(course), ground);
        (self.published, self.artefacts) = (Some(Published { release, folded }), written);
        self.packing = Some(pack::Packing::start(folder, self.hook.clone()));
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
