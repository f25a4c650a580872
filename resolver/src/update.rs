//! Taking a new release: fetch the note, fetch the leaves it adds, prove all of it, hand it over to be
//! enforced, and keep it. Whatever does not prove right, the release held before stays. What proves right
//! and cannot be kept (the disk is full) is enforced all the same, for a name that was lifted must come
//! off; keeping it is tried again with every pull.
//!
//! What it costs is a matter of what is new, not of how long the list is: the log that was proved stays in
//! memory and grows by the new leaves, the list follows it, and the compiled list is the one before with
//! other names laid over it. A release is in force before it is on the disk: a node that dies in between
//! starts with the release before, which it proved too, and asks for the newer one at once.
//!
//! After a restart the log is read from the node's own copy. Its leaves were proved before they were
//! written, and their root is that of the release the node kept, so their signatures are not proved again;
//! if they hash to another root, everything is fetched and proved anew.

use std::sync::Arc;

use blocklist::{
    Release, Timestamp, Trust,
    fold::FOLD_VERSION,
    log,
    statement::Policy,
    verify::{Replay, VerifyError, check_succession},
    witness::{self, WitnessError},
    zone,
};

use crate::{
    error::{PullError, SourceError, StateError},
    proved::{Proved, folded, read_copy, take_some},
    source::Reader,
    state::{Held, Loaded, StateDir},
};

/// Bound on a release note, in octets.
const MAX_NOTE: u64 = 64 << 10;
/// Bound on an entry bundle: 256 leaves of 65,535 octets with their lengths.
const MAX_BUNDLE: u64 = log::BUNDLE_WIDTH * (65_535 + 2);
/// Bound on a log, in leaves.
const MAX_LEAVES: u64 = 10_000_000;

/// What a pull came to.
#[derive(Debug)]
pub(crate) enum Pulled {
    /// The source has what is held.
    Unchanged,
    /// Proved, and to be enforced now; then to be kept.
    New(Held),
}

/// The one task's view of the list: what is held and how to get the next.
pub(crate) struct Updater {
    trust: Arc<Trust>,
    reader: Reader,
    state: StateDir,
    /// What was proved last, and is in force.
    held: Option<Held>,
    /// What is on disk.
    kept: Option<Held>,
    /// Octets of the copy of the log that belongs to `kept`; 0 where there is none that can be used.
    octets: u64,
    /// The log as far as it was proved: up to the release held, or further where a later one was refused.
    proved: Option<Proved>,
    /// Leaves of that log which are not on disk: all of them where `octets` is 0.
    unwritten: Arc<Vec<Vec<u8>>>,
}

impl Updater {
    pub(crate) fn new(
        trust: Arc<Trust>,
        reader: Reader,
        state: StateDir,
        loaded: Option<Loaded>,
    ) -> Self {
        let (held, octets) = match loaded {
            Some(Loaded {
                held,
                leaves_octets,
            }) => (Some(held), leaves_octets),
            None => (None, 0),
        };
        Self {
            trust,
            reader,
            state,
            kept: held.clone(),
            held,
            octets,
            proved: None,
            unwritten: Arc::default(),
        }
    }

    pub(crate) fn held(&self) -> Option<&Held> {
        self.held.as_ref()
    }

    /// The log up to the release held, once it was proved in this process.
    pub(crate) fn replay(&self) -> Option<&Replay> {
        let size = self.held.as_ref()?.release.size;
        let replay = &self.proved.as_ref()?.replay;
        (replay.tree().size() == size).then_some(replay)
    }

    /// Proves the copy of the log that is held, every signature of it, if there is a copy, and refuses one
    /// that is damaged.
    pub(crate) fn prove_copy(&mut self) -> Result<(), StateError> {
        if let Some(kept) = &self.kept {
            let replay = read_copy(
                &self.state,
                &self.trust,
                self.octets,
                kept,
                Replay::push_all,
            )?;
            self.proved = Some(Proved { replay, list: None });
        }
        Ok(())
    }

    /// Reads the copy of the log that is held, unless the log is in memory: then the next release costs no
    /// more than what is new in it. A copy that cannot be used is left out of account from then on.
    pub(crate) async fn prepare(&mut self) -> Result<(), PullError> {
        let Some(kept) = self.kept.clone() else {
            return Ok(());
        };
        if self.proved.is_some() || self.octets == 0 {
            return Ok(());
        }
        // Whatever was not written is fetched again.
        self.unwritten = Arc::default();
        let is_held = self
            .held
            .as_ref()
            .is_some_and(|held| held.note == kept.note);
        let (state, trust, octets) = (self.state.clone(), self.trust.clone(), self.octets);
        let read = blocking(move || {
            let recall = |replay: &mut Replay, leaves: &[Vec<u8>]| {
                if kept.release.fold_version == FOLD_VERSION {
                    replay.recall_all(leaves)
                } else {
                    replay.push_all(leaves)
                }
            };
            let replay = read_copy(&state, &trust, octets, &kept, recall)?;
            let list = is_held.then(|| folded(&replay, &kept)).flatten();
            Ok::<_, StateError>(Proved { replay, list })
        });
        match read.await? {
            Ok(proved) => self.proved = Some(proved),
            Err(reason) => {
                tracing::warn!(%reason, "this node's copy of the log is not used; it is fetched anew");
                self.octets = 0;
            }
        }
        Ok(())
    }

    /// Asks the source once, at the moment `now`.
    pub(crate) async fn pull(&mut self, now: Timestamp) -> Result<Pulled, PullError> {
        let note = self.reader.read("release", MAX_NOTE).await?;
        if self.held.as_ref().is_some_and(|held| held.note == note) {
            return Ok(Pulled::Unchanged);
        }
        let result = self.take(&note, now).await;
        if let Err(error) = &result
            && !error.is_temporary()
        {
            // A refused release is evidence; the newest one is kept for whoever has to look.
            if let Err(error) = self.state.keep_refused(&note) {
                tracing::warn!(%error, "the refused release could not be kept");
            }
        }
        result.map(Pulled::New)
    }

    /// Writes down what is held, if that is not on disk.
    pub(crate) async fn keep(&mut self) -> Result<(), PullError> {
        let Some(held) = self.held.clone() else {
            return Ok(());
        };
        if self
            .kept
            .as_ref()
            .is_some_and(|kept| kept.note == held.note)
        {
            return Ok(());
        }
        let kept = self.kept.as_ref();
        let base = kept.map(|kept| kept.set.base_checksum());
        let written = match self.octets {
            0 => 0,
            _ => kept.map_or(0, |kept| kept.release.size),
        };
        let count = held.release.size.saturating_sub(written);
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        if self.unwritten.len() < count {
            let reason = "its latest leaves are fetched again with the next release";
            return Err(self.state.damaged_leaves(reason.into()).into());
        }
        let (state, leaves, octets) = (self.state.clone(), self.unwritten.clone(), self.octets);
        let (octets, held) = blocking(move || {
            let new = leaves.get(..count).unwrap_or(&leaves);
            let octets = state.append_leaves(octets, new)?;
            state.commit(&held, octets, base)?;
            Ok::<_, StateError>((octets, held))
        })
        .await??;
        let later = self.unwritten.get(count..).unwrap_or_default();
        self.unwritten = Arc::new(later.to_vec());
        self.octets = octets;
        self.kept = Some(held);
        Ok(())
    }

    async fn take(&mut self, note: &[u8], now: Timestamp) -> Result<Held, PullError> {
        let release = Release::open(note, &self.trust)?;
        if let Some(held) = &self.held {
            check_succession(&held.release, &release)?;
        }
        if release.size > MAX_LEAVES {
            return Err(PullError::TooManyLeaves(release.size));
        }
        let policy = self.prove(&release).await?;
        self.check_witnesses(&release, &policy, now).await?;
        let before = self.held.as_ref().map(|held| held.set.clone());
        let (of, note) = (release, note.to_vec());
        let held = self.with_proved(move |proved| {
            let compiled = proved.compile(&of, &before.unwrap_or_default());
            compiled.map(|(set, guarded)| Held {
                zone: zone::apex(proved.replay.fold().policy()),
                release: of,
                note,
                guarded,
                set: Arc::new(set),
            })
        });
        let held = held.await??;
        self.held = Some(held.clone());
        Ok(held)
    }

    /// Does work on the log that was proved, where it holds up no answers.
    async fn with_proved<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Proved) -> T + Send + 'static,
    ) -> Result<T, PullError> {
        let mut proved = self.proved.take().ok_or(PullError::Stopping)?;
        let (proved, done) = blocking(move || {
            let done = work(&mut proved);
            (proved, done)
        })
        .await?;
        self.proved = Some(proved);
        Ok(done)
    }

    /// Checks that the witnesses the policy asks for have co-signed a checkpoint of this very tree.
    /// They sign after the log does, so one that is missing may still come.
    async fn check_witnesses(
        &self,
        release: &Release,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<(), PullError> {
        let torn = |error: &dyn std::fmt::Display| PullError::Torn(error.to_string());
        if policy.witnesses == "0 of 0" {
            return Ok(());
        }
        let note = self.reader.read("log/checkpoint", MAX_NOTE).await?;
        let head = log::open_checkpoint(&note, &self.trust).map_err(|error| torn(&error))?;
        if head != (release.size, release.root) {
            return Err(torn(&"the checkpoint is not of the tree of the release"));
        }
        match witness::check(&note, &self.trust, policy, now) {
            Ok(_) => Ok(()),
            Err(error @ WitnessError::Missing { .. }) => Err(torn(&error)),
            Err(error) => Err(error.into()),
        }
    }

    /// Has the log grow to that of a release, proving what is new; gives the policy at its end.
    async fn prove(&mut self, release: &Release) -> Result<Policy, PullError> {
        self.prepare().await?;
        if !self.grow(release).await? {
            self.fetch_whole(release).await?;
        }
        let replay = self.proved.as_ref().map(|proved| &proved.replay);
        let policy = replay.map(|replay| replay.fold().policy().clone());
        policy.ok_or(PullError::Stopping)
    }

    /// Refuses a log that does not continue that of the release held.
    fn check_history(&self, replay: &Replay) -> Result<(), PullError> {
        let Some(held) = &self.held else {
            return Ok(());
        };
        let size = held.release.size;
        let before = replay.tree().root_at(size).map_err(VerifyError::from)?;
        if before == held.release.root {
            Ok(())
        } else {
            Err(PullError::Fork { size })
        }
    }

    /// Grows the log that was proved by what it lacks. Gives whether that leads to the release: if not, the
    /// source is being written to, or it tells another history than it told before; only the whole log can
    /// say which.
    async fn grow(&mut self, release: &Release) -> Result<bool, PullError> {
        let proved = self.proved.as_ref();
        let Some(known) = proved.map(|proved| proved.replay.tree().size()) else {
            return Ok(false);
        };
        if known > release.size {
            return Ok(false);
        }
        let mut leaves = Vec::new();
        for (index, width) in log::bundles(known, release.size) {
            let bundle = self.bundle(index, width).await?;
            let before = known.saturating_sub(index * log::BUNDLE_WIDTH);
            leaves.extend(bundle.into_iter().skip(before as usize));
        }
        let release = release.clone();
        let grown = self.with_proved(move |proved| {
            let grown = proved.replay.grow(&leaves, &release);
            (leaves, grown)
        });
        let (leaves, grown) = grown.await?;
        let refused = match grown {
            Err(VerifyError::Root { .. }) => return Ok(false),
            Err(error @ VerifyError::Size { .. }) => return Err(error.into()),
            Err(error) => PullError::from(error),
            Ok(()) => {
                let proved = self.proved.as_ref();
                match proved.map_or(Ok(()), |proved| self.check_history(&proved.replay)) {
                    Ok(()) => {
                        Arc::make_mut(&mut self.unwritten).extend(leaves);
                        return Ok(true);
                    }
                    Err(error) => error,
                }
            }
        };
        // What was proved before is read from the disk again.
        self.proved = None;
        Err(refused)
    }

    /// Fetches and proves a log from its beginning.
    async fn fetch_whole(&mut self, release: &Release) -> Result<(), PullError> {
        let mut replay = None;
        let mut leaves = Vec::new();
        for (index, width) in log::bundles(0, release.size) {
            let bundle = self.bundle(index, width).await?;
            let trust = self.trust.clone();
            let prove = move || {
                take_some(replay, &trust, &bundle, Replay::push_all).map(|replay| (replay, bundle))
            };
            let (grown, proved) = blocking(prove).await??;
            replay = Some(grown);
            leaves.extend(proved);
        }
        let found = 0;
        let expected = release.size;
        let replay = replay.ok_or(VerifyError::Size { expected, found })?;
        replay.check(release).map_err(|error| match error {
            VerifyError::Root { .. } | VerifyError::Size { .. } => {
                PullError::Torn(error.to_string())
            }
            other => other.into(),
        })?;
        self.check_history(&replay)?;
        self.proved = Some(Proved { replay, list: None });
        self.unwritten = Arc::new(leaves);
        self.octets = 0;
        Ok(())
    }

    async fn bundle(&self, index: u64, width: u64) -> Result<Vec<Vec<u8>>, PullError> {
        let path = format!("log/{}", log::entry_bundle_path(index, width));
        let torn = |error: &dyn std::fmt::Display| PullError::Torn(error.to_string());
        match self.reader.read(&path, MAX_BUNDLE).await {
            Ok(bytes) => log::bundle::decode(index, width, &bytes).map_err(|error| torn(&error)),
            Err(SourceError::NotFound(missing)) if width == log::BUNDLE_WIDTH => {
                Err(torn(&format!("{missing} is not there")))
            }
            // A partial bundle may be removed once the full one stands (C2SP tlog-tiles).
            Err(SourceError::NotFound(missing)) => {
                let path = format!("log/{}", log::entry_bundle_path(index, log::BUNDLE_WIDTH));
                let bytes = match self.reader.read(&path, MAX_BUNDLE).await {
                    Err(SourceError::NotFound(_)) => {
                        return Err(torn(&format!("{missing} is not there")));
                    }
                    other => other?,
                };
                let mut leaves = log::bundle::decode(index, log::BUNDLE_WIDTH, &bytes)
                    .map_err(|error| torn(&error))?;
                leaves.truncate(usize::try_from(width).unwrap_or(usize::MAX));
                Ok(leaves)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Runs hashing, signatures and disk work where it holds up no answers.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, PullError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| PullError::Stopping)
}
