//! The files of one release, read together while a publisher may be putting the next one in its place.
//!
//! The log only grows, so what was read of it stays true. A list is replaced whole: whoever reads a note
//! and then ten lists may have read nine of one release and one of the next, and would call an honest
//! publisher a liar. So the note is read again after the lists, until it is the one from before them.

use std::collections::BTreeMap;

use blocklist::{
    Release, Trust, export,
    verify::{self, VerifyError},
};
use resolver::{error::SourceError, source::Reader};

use super::replayed::{Replayed, refused, unread};
use crate::failure::{Exit, Failure};

/// The largest note, in octets.
pub(super) const MAX_NOTE: u64 = 1 << 20;
/// The largest artefact, in octets.
const MAX_ARTEFACT: u64 = 1 << 30;
/// Releases that may follow one another while this reads. A publisher makes one in a quarter of an hour at
/// most, except while officers sign one thing after the other.
pub(super) const FOLLOWING: usize = 20;

/// A note and the lists beside it.
pub(crate) struct ReleaseFiles {
    pub(crate) release: Release,
    artefacts: BTreeMap<String, Vec<u8>>,
}

impl ReleaseFiles {
    /// Reads them. The note's signature is verified, what the lists say is not.
    ///
    /// # Errors
    /// What cannot be read, and a note that is not the publisher's. For a moment: releases that follow
    /// one another faster than they can be read here.
    pub(crate) async fn read(reader: &Reader, trust: &Trust) -> Result<Self, Failure> {
        let mut note = reader.read("release", MAX_NOTE).await.map_err(unread)?;
        for _ in 0..FOLLOWING {
            let release = Release::open(&note, trust).map_err(refused)?;
            let artefacts = lists(reader).await;
            let after = reader.read("release", MAX_NOTE).await.map_err(unread)?;
            if after == note {
                let artefacts = artefacts.map_err(unread)?;
                return Ok(Self { release, artefacts });
            }
            note = after;
        }
        Err(too_fast())
    }

    /// Compares every list, octet for octet, with what the log folds to.
    pub(crate) fn check(&self, replayed: &Replayed) -> Result<(), VerifyError> {
        verify::check_artefacts(
            &replayed.trust,
            &self.release,
            &replayed.folded,
            &self.artefacts,
        )
    }
}

/// One release after the other came while this one was read.
pub(super) fn too_fast() -> Failure {
    Failure::new(
        Exit::Temporary,
        anyhow::anyhow!(
            "releases follow one another faster than they can be read from here: try again, or copy the release to this machine first"
        ),
    )
}

async fn lists(reader: &Reader) -> Result<BTreeMap<String, Vec<u8>>, SourceError> {
    let mut lists = BTreeMap::new();
    for path in export::ARTEFACTS {
        lists.insert(path.to_owned(), reader.read(path, MAX_ARTEFACT).await?);
    }
    Ok(lists)
}
