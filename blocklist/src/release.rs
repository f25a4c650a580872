//! A release: the log key's dated word that this tree, folded thus, is the list of now.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use signed_note::{Note, StandardSigner};

use crate::{
    Digest, Timestamp, Trust,
    log::open_note,
    statement::{CanonicalError, from_canonical, to_canonical},
};

/// The content of a release note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Hash of each artefact, by its path below the release base.
    pub artefacts: BTreeMap<String, Digest>,
    /// Version of the fold that made the artefacts.
    pub fold_version: u32,
    /// From this moment on the list is stale and must no longer be enforced.
    pub not_after: Timestamp,
    /// Root hash of the tree.
    pub root: Digest,
    /// SOA serial of the zone.
    pub serial: u32,
    /// Number of leaves in the tree.
    pub size: u64,
    /// When it was signed, and the moment at which the log was folded.
    pub time: Timestamp,
}

/// Why a note is not a release of this log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseError {
    /// Not a note, or not signed by the log key.
    #[error("the release is not signed by the log key in the trust file")]
    Signature,
    /// Signed, but another kind of note, or another log's.
    #[error("the note is not a release of `{0}`")]
    Origin(String),
    /// Signed, but the content is not the canonical form of a release.
    #[error("the release is malformed: {0}")]
    Content(#[from] CanonicalError),
    /// `not_after` does not lie after `time`.
    #[error("the release ends before it begins")]
    Times,
}

impl Release {
    /// The first line of a release note: never that of a checkpoint, so neither passes for the other.
    fn title(origin: &str) -> String {
        format!("{origin}/release")
    }

    /// Signs the release as a C2SP signed note.
    pub fn sign(&self, origin: &str, key: &StandardSigner) -> Result<Vec<u8>, ReleaseError> {
        let mut text = Self::title(origin).into_bytes();
        text.push(b'\n');
        text.extend(to_canonical(self)?);
        text.push(b'\n');
        let mut note = Note::new(&text, &[]).map_err(|_| ReleaseError::Signature)?;
        note.add_sigs(&[key]).map_err(|_| ReleaseError::Signature)?;
        Ok(note.to_bytes())
    }

    /// Opens a note: its signature must be the log key's. Whether it is fresh, and newer than the
    /// one held, is for the holder of the clock to judge ([`Self::is_fresh`]).
    pub fn open(note: &[u8], trust: &Trust) -> Result<Self, ReleaseError> {
        let text = open_note(note, trust).ok_or(ReleaseError::Signature)?;
        let title = Self::title(&trust.origin) + "\n";
        let content = text
            .strip_prefix(title.as_bytes())
            .and_then(|rest| rest.strip_suffix(b"\n"))
            .ok_or_else(|| ReleaseError::Origin(trust.origin.clone()))?;
        let release: Self = from_canonical(content)?;
        if release.time >= release.not_after {
            return Err(ReleaseError::Times);
        }
        Ok(release)
    }

    /// Whether the list may be enforced at `now`. A clock that runs before the release's own time
    /// does not make it stale: keep the list and raise an alarm.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now < self.not_after
    }
}
