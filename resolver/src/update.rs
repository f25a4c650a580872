//! Taking a new release: fetch the note, fetch the leaves it adds, prove all of it, keep it, and
//! hand it over to be enforced. Whatever does not prove right, the release held before stays. What
//! proves right and cannot be kept (the disk is full) is enforced all the same, for a name that was
//! lifted must come off; keeping it is tried again with every pull.
//!
//! The proof is incremental: a [`Replay`] over the leaves already proved is kept in memory and
//! grown by the new ones. After a restart it is rebuilt from the node's own copy of the leaves,
//! which is proved again by its root hash; if that copy is damaged, from the source.

use std::sync::Arc;

use blocklist::{
    Digest, Folded, PolicyZone, Release, Timestamp, Trust, log,
    statement::Policy,
    verify::{Replay, VerifyError, check_succession},
    witness::{self, WitnessError},
};

use crate::{
    error::{PullError, SourceError, StateError},
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
    /// Proved, kept, and to be enforced now.
    New(Held),
}

/// The one task's view of the list: what is held and how to get the next.
pub(crate) struct Updater {
    trust: Arc<Trust>,
    reader: Reader,
    state: StateDir,
    /// What is on disk.
    held: Option<Held>,
    /// What was proved since and could not be written.
    unkept: Option<Held>,
    leaves_octets: u64,
    replay: Option<Replay>,
}

/// A release proved against the leaves.
struct Proved {
    replay: Replay,
    folded: Folded,
    /// Leaves after the `from` octets already kept.
    leaves: Vec<Vec<u8>>,
    from: u64,
}

impl Updater {
    pub(crate) fn new(
        trust: Arc<Trust>,
        reader: Reader,
        state: StateDir,
        loaded: Option<Loaded>,
    ) -> Self {
        let (held, leaves_octets) = match loaded {
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
            held,
            unkept: None,
            leaves_octets,
            replay: None,
        }
    }

    pub(crate) fn held(&self) -> Option<&Held> {
        self.held.as_ref()
    }

    /// The release that was proved and could not be kept, as long as that is so.
    pub(crate) fn unkept(&self) -> Option<&Held> {
        self.unkept.as_ref()
    }

    /// The log up to the release held, once it was proved in this process.
    pub(crate) fn replay(&self) -> Option<&Replay> {
        self.replay.as_ref()
    }

    /// Proves the copy of the log that is held, if any is, and refuses one that is damaged.
    pub(crate) fn prove_copy(&mut self) -> Result<(), StateError> {
        if let Some(held) = &self.held {
            let (size, root) = (held.release.size, held.release.root);
            let octets = self.leaves_octets;
            self.replay = Some(rebuild(&self.state, &self.trust, octets, size, root)?);
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

    async fn take(&mut self, note: &[u8], now: Timestamp) -> Result<Held, PullError> {
        let release = Release::open(note, &self.trust)?;
        for held in self.held.iter().chain(&self.unkept) {
            check_succession(&held.release, &release)?;
        }
        if release.size > MAX_LEAVES {
            return Err(PullError::TooManyLeaves(release.size));
        }
        let Proved {
            replay,
            folded,
            leaves,
            from,
        } = self.prove(&release).await?;
        self.check_witnesses(&release, &folded.policy, now).await?;
        let before = self.held.as_ref().map(|held| held.set.clone());
        let kept_base = before.as_ref().map(|set| set.base_checksum());
        let (folded, set) = blocking(move || {
            let set = before.unwrap_or_default().updated(&folded.entries);
            (folded, set)
        })
        .await?;
        let held = Held {
            note: note.to_vec(),
            zone: PolicyZone::new(&folded).apex().to_owned(),
            guarded: folded.guarded().count() as u64,
            set: Arc::new(set?),
            release,
        };
        // Kept before enforced: a restart should never know less than clients have been told.
        let (state, kept) = (self.state.clone(), held.clone());
        let octets = blocking(move || {
            let octets = state.append_leaves(from, &leaves)?;
            state.commit(&kept, octets, kept_base)?;
            Ok::<_, StateError>(octets)
        })
        .await?;
        let octets = match octets {
            Ok(octets) => octets,
            Err(error) => {
                self.unkept = Some(held);
                return Err(error.into());
            }
        };
        for remark in &folded.remarks {
            tracing::debug!(remark, "a leaf to look into");
        }
        self.unkept = None;
        self.leaves_octets = octets;
        self.replay = Some(replay);
        self.held = Some(held.clone());
        Ok(held)
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

    async fn prove(&mut self, release: &Release) -> Result<Proved, PullError> {
        if let Some(base) = self.base().await? {
            match self.grow(Some(base), release, self.leaves_octets).await {
                // Either the source is being written to, or it tells another history than it told
                // before; only the whole log can say which.
                Err(PullError::Verify(VerifyError::Root { .. } | VerifyError::Genesis)) => {}
                other => return other,
            }
        }
        let proved = self
            .grow(None, release, 0)
            .await
            .map_err(|error| match error {
                PullError::Verify(
                    error @ (VerifyError::Root { .. } | VerifyError::Size { .. }),
                ) => PullError::Torn(error.to_string()),
                other => other,
            })?;
        if let Some(held) = &self.held {
            let size = held.release.size;
            let before = proved
                .replay
                .tree()
                .root_at(size)
                .map_err(VerifyError::from)?;
            if before != held.release.root {
                return Err(PullError::Fork { size });
            }
        }
        Ok(proved)
    }

    /// The replay over exactly the leaves held; `None` when nothing is held or the copy is damaged.
    async fn base(&mut self) -> Result<Option<Replay>, PullError> {
        if self.replay.is_none()
            && let Some(held) = &self.held
        {
            let (state, trust, octets) =
                (self.state.clone(), self.trust.clone(), self.leaves_octets);
            let (size, root) = (held.release.size, held.release.root);
            let rebuilt = blocking(move || rebuild(&state, &trust, octets, size, root)).await?;
            match rebuilt {
                Ok(replay) => self.replay = Some(replay),
                Err(reason) => {
                    tracing::warn!(%reason, "this node's copy of the log is not used; it is fetched anew");
                }
            }
        }
        Ok(self.replay.clone())
    }

    /// Fetches what `base` lacks, and proves it.
    async fn grow(
        &self,
        base: Option<Replay>,
        release: &Release,
        from: u64,
    ) -> Result<Proved, PullError> {
        let known = base.as_ref().map_or(0, |base| base.tree().size());
        let mut replay = base;
        let mut leaves = Vec::new();
        for (index, width) in log::bundles(known, release.size) {
            let mut bundle = self.bundle(index, width).await?;
            let start = index * log::BUNDLE_WIDTH;
            if known > start {
                bundle.drain(
                    ..usize::try_from(known - start)
                        .unwrap_or(usize::MAX)
                        .min(bundle.len()),
                );
            }
            let trust = self.trust.clone();
            let (grown, proved) =
                blocking(move || push_all(replay, &trust, &bundle).map(|replay| (replay, bundle)))
                    .await??;
            replay = Some(grown);
            leaves.extend(proved);
        }
        let Some(replay) = replay else {
            return Err(VerifyError::Size {
                expected: release.size,
                found: 0,
            }
            .into());
        };
        let release = release.clone();
        let (replay, folded) = blocking(move || {
            let folded = replay.finish(&release)?;
            Ok::<_, VerifyError>((replay, folded))
        })
        .await??;
        Ok(Proved {
            replay,
            folded,
            leaves,
            from,
        })
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

fn push_all(
    replay: Option<Replay>,
    trust: &Trust,
    leaves: &[Vec<u8>],
) -> Result<Replay, VerifyError> {
    let (mut replay, rest) = match (replay, leaves.split_first()) {
        (Some(replay), _) => (replay, leaves),
        (None, Some((first, rest))) => (Replay::begin(trust, first)?, rest),
        (None, None) => {
            return Err(VerifyError::Size {
                expected: 1,
                found: 0,
            });
        }
    };
    replay.push_all(rest)?;
    Ok(replay)
}

/// Proves the node's own copy of the leaves.
fn rebuild(
    state: &StateDir,
    trust: &Trust,
    octets: u64,
    size: u64,
    root: Digest,
) -> Result<Replay, StateError> {
    let damaged = |error: &dyn std::fmt::Display| state.damaged_leaves(error.to_string());
    let leaves = state.leaves(octets)?;
    let replay = push_all(None, trust, &leaves).map_err(|error| damaged(&error))?;
    let found = replay.tree().root().map_err(|error| damaged(&error))?;
    if replay.tree().size() == size && found == root {
        Ok(replay)
    } else {
        Err(damaged(&"these are not the leaves of the release held"))
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
