//! Deltas between serials as files: `list/delta/<serial>` holds what the next release changed, and for
//! the serial of now a delta that changes nothing, so that one address says whether there is news.
//!
//! It is a cache. Where the list before is not at hand, the deltas before it are dropped, and who asks
//! for one of them is told to fetch the list whole.

use std::{borrow::Cow, fs, path::Path};

use blocklist::{Delta, Digest, Folded, Release, Trust, export::Format, fold::Entry, statement};
use serde::Deserialize;

use super::{Published, files};
use crate::error::{Error, Result};

/// How many steps are kept.
const KEPT: usize = 1000;
/// Where they stand, below the base.
const FOLDER: &str = "list/delta";

/// The list that was published last: its serial and its entries.
pub(super) type Before<'a> = (u32, Cow<'a, [Entry]>);

/// What is published, as this process made it or as it stands in the directory.
pub(super) fn before<'a>(
    base: &Path,
    published: Option<&'a Published>,
    trust: &Trust,
) -> Result<Option<Before<'a>>> {
    #[derive(Deserialize)]
    struct List {
        entries: Vec<Entry>,
    }
    if let Some(last) = published {
        return Ok(Some((
            last.release.serial,
            Cow::Borrowed(&last.folded.entries),
        )));
    }
    let path = Format::Json.path();
    let (note, list) = (
        files::read(&base.join("release"))?,
        files::read(&base.join(path))?,
    );
    let (Some(note), Some(list)) = (note, list) else {
        return Ok(None);
    };
    let release = Release::open(&note, trust).ok();
    // A process that died while it wrote left a list that no note speaks of.
    let whole = release.filter(|r| r.artefacts.get(path) == Some(&Digest::of(&list)));
    let read = |release: Release| {
        let list: List = serde_json::from_slice(&list).ok()?;
        Some((release.serial, Cow::Owned(list.entries)))
    };
    Ok(whole.and_then(read))
}

/// Writes the step to `folded`, before any file that follows from it.
pub(super) fn write(
    base: &Path,
    before: Option<&Before<'_>>,
    folded: &Folded,
    origin: &str,
    root: Digest,
) -> Result<()> {
    let folder = base.join(FOLDER);
    let put = |delta: &Delta| {
        let bytes = statement::to_canonical(delta).map_err(|e| Error::stored("delta", e))?;
        files::write(&folder.join(delta.from.to_string()), &bytes)
    };
    match before {
        Some((serial, _)) if *serial == folded.serial() => return Ok(()),
        Some((serial, entries)) => put(&Delta::new(*serial, entries, folded, origin, root))?,
        None => files::remove_folder(&folder)?,
    }
    put(&Delta::new(
        folded.serial(),
        &folded.entries,
        folded,
        origin,
        root,
    ))?;
    prune(&folder, folded.serial())
}

/// Removes the oldest steps; serials wrap (RFC 1982), so age is the distance to the serial of now.
fn prune(folder: &Path, now: u32) -> Result<()> {
    let listing = fs::read_dir(folder).map_err(Error::file(folder))?;
    let mut serials: Vec<u32> = listing
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    serials.sort_unstable_by_key(|serial| now.wrapping_sub(*serial));
    for serial in serials.into_iter().skip(KEPT + 1) {
        files::remove(&folder.join(serial.to_string()))?;
    }
    Ok(())
}
