//! A verifier's own copy of a log: what a node keeps, for a program that verifies now and then. What it
//! proved once it does not fetch again, and a log that does not continue it is refused.
//!
//! A node whose copy is damaged fetches the list anew, because it has to go on. Whoever verifies wants
//! to know that something changed a file of theirs, so here a damaged copy is an error that names it.

use std::{path::Path, sync::Arc};

use blocklist::{Release, Timestamp, Trust, verify::Replay};

use crate::{
    error::{PullError, StateError},
    source::Reader,
    state::StateDir,
    update::Updater,
};

/// The copy in a directory of its own.
pub struct LogCopy {
    updater: Updater,
}

impl LogCopy {
    /// Opens the copy in `dir`, which is made if it is missing, and proves it again: every signature,
    /// the root, and the release note over it. Nothing is fetched.
    ///
    /// # Errors
    /// A copy that is damaged or of another log is named.
    pub fn open(reader: Reader, trust: &Trust, dir: &Path) -> Result<Self, StateError> {
        let state = StateDir::open(dir)?;
        let loaded = state.load(trust)?;
        let mut updater = Updater::new(Arc::new(trust.clone()), reader, state, loaded);
        updater.prove_copy()?;
        Ok(Self { updater })
    }

    /// The release held, and the log up to it.
    pub fn held(&self) -> Option<(&Release, &Replay)> {
        let held = self.updater.held()?;
        Some((&held.release, self.updater.replay()?))
    }

    /// Fetches what is new at the moment `now`, proves it together with what is held, and keeps it.
    ///
    /// # Errors
    /// What does not prove right, does not continue what is held, or cannot be kept. What is held stays.
    pub async fn pull(&mut self, now: Timestamp) -> Result<(), PullError> {
        self.updater.pull(now).await?;
        self.updater.keep().await
    }
}
