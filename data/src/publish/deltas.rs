//! Deltas between serials as files: `list/delta/<serial>` holds what the next release changed, and for
//! the serial of now a delta that changes nothing, so that one address says whether there is news.
//!
//! It is a cache, and written once the release stands, so that no delta leads to a list that nobody
//! signed. Where the list before is not at hand, or a publisher died before it wrote the step, the
//! deltas before it are dropped, and who asks for one of them is told to fetch the list whole.

use std::{borrow::Cow, fs, path::Path};

use blocklist::{Delta, Digest, Folded, Release, Trust, export::Format, fold::Entry, statement};
use serde::Deserialize;

use super::{Published, files, layout};
use crate::error::{Error, Result};

/// How many steps are kept.
const KEPT: usize = 1000;

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
    // Somebody may have changed the file.
    let whole = release.filter(|r| r.artefacts.get(path) == Some(&Digest::of(&list)));
    let read = |release: Release| {
        let list: List = serde_json::from_slice(&list).ok()?;
        Some((release.serial, Cow::Owned(list.entries)))
    };
    Ok(whole.and_then(read))
}

/// Writes the step to `folded`, the list that is published now.
pub(super) fn write(
    base: &Path,
    before: Option<&Before<'_>>,
    folded: &Folded,
    origin: &str,
    root: Digest,
) -> Result<()> {
    let folder = base.join(layout::DELTA);
    let file = |serial: u32| folder.join(serial.to_string());
    let bytes = |delta: &Delta| {
        let bytes = statement::to_canonical(delta).map_err(|e| Error::stored("delta", e))?;
        Ok::<_, Error>((file(delta.from), bytes))
    };
    let mut all = Vec::new();
    // Without the file of the serial before, nobody is led to the step that follows it.
    match before.filter(|(serial, _)| file(*serial).exists()) {
        Some((serial, _)) if *serial == folded.serial() => return Ok(()),
        Some((serial, entries)) => {
            all.push(bytes(&Delta::new(*serial, entries, folded, origin, root))?);
        }
        None => files::remove_folder(&folder)?,
    }
    all.push(bytes(&Delta::nothing(folded, origin, root))?);
    files::write_all(&all)?;
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
