//! Deltas between serials as files: `list/delta/<serial>` holds what the next release changed, and for
//! the serial of now a delta that changes nothing, so that one address says whether there is news.
//!
//! It is a cache, and written once the release stands, so that no delta leads to a list that nobody
//! signed. Where the list before is not at hand, or a publisher died before it wrote the step, the
//! deltas before it are dropped, and who asks for one of them is told to fetch the list whole.

use std::{fs, path::Path};

use blocklist::{
    Delta, Digest, Folded, Release, Trust,
    delta::changes,
    export::Format,
    fold::{Change, Entry},
    statement,
};
use serde::Deserialize;

use super::{files, layout};
use crate::error::{Error, Result};

/// How many steps are kept.
const KEPT: usize = 1000;

/// What another process published last, as it stands in the directory: its serial, and what `folded` makes
/// of it.
pub(super) fn before(base: &Path, folded: &Folded, trust: &Trust) -> Result<Option<(u32, Change)>> {
    #[derive(Deserialize)]
    struct List {
        entries: Vec<Entry>,
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
        let changes = changes(&list.entries, &folded.entries);
        let change = Change {
            removed: changes.removed.into_iter().cloned().collect(),
            added: changes.added.into_iter().cloned().collect(),
            ..Change::default()
        };
        Some((release.serial, change))
    };
    Ok(whole.and_then(read))
}

/// Writes the step to `folded`, the list that is published now.
pub(super) fn write(
    base: &Path,
    before: Option<(u32, Change)>,
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
        Some((serial, _)) if serial == folded.serial() => return Ok(()),
        Some((serial, change)) => {
            all.push(bytes(&Delta::of(serial, change, folded, origin, root))?);
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
