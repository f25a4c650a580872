//! Where a release lies: in a folder of its own, whole, before anybody reads it.
//!
//! ```text
//! release/
//!   log/                      tiles, bundles, checkpoint: they only grow
//!   made/7/{release,list/…}   a release, complete
//!   now -> made/7             the one readers see; renaming this link is what releases
//!   list -> now/list          what readers ask for
//!   release -> now/release
//!   delta/                    steps between serials; list/delta leads here
//! ```
//!
//! A reader therefore finds the old release or the new one, each with its own note, signatures and
//! packed forms, and never some files of each, wherever a publisher died.

use std::{
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use super::files;
use crate::error::{Error, Result};

/// The folder with releases.
const MADE: &str = "made";
/// The link to the one that is read.
const NOW: &str = "now";
/// What readers ask for, the note last.
const SHOWN: [&str; 2] = ["list", "release"];
/// The folder with the steps between serials, below the base.
pub(super) const DELTA: &str = "delta";

/// A release in the making.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    base: &'a Path,
    number: u64,
}

impl<'a> Draft<'a> {
    /// Begins an empty one.
    pub(super) fn begin(base: &'a Path) -> Result<Self> {
        let made = base.join(MADE);
        fs::create_dir_all(&made).map_err(Error::file(&made))?;
        let last = numbers(&made)?.into_iter().max().unwrap_or(0);
        let draft = Self {
            base,
            number: last + 1,
        };
        let lists = draft.folder().join("list");
        fs::create_dir_all(&lists).map_err(Error::file(&lists))?;
        let deltas = lists.join("delta");
        symlink(Path::new("../../..").join(DELTA), &deltas).map_err(Error::file(&deltas))?;
        Ok(draft)
    }

    /// Where its files go.
    pub(super) fn folder(&self) -> PathBuf {
        self.base.join(MADE).join(self.number.to_string())
    }

    /// Shows it to readers in place of the one before. Its files are synced.
    pub(super) fn release(self) -> Result<()> {
        let folder = self.folder();
        for folder in [&folder.join("list"), &folder, &self.base.join(MADE)] {
            files::sync_folder(folder)?;
        }
        let target = Path::new(MADE).join(self.number.to_string());
        files::link(&self.base.join(NOW), &target)?;
        SHOWN.iter().try_for_each(|name| self.show(name))
    }

    /// Points what readers ask for at the release of now; only the first release changes anything.
    fn show(&self, name: &str) -> Result<()> {
        let (path, target) = (self.base.join(name), Path::new(NOW).join(name));
        if fs::read_link(&path).is_ok_and(|held| held == target) {
            return Ok(());
        }
        if fs::symlink_metadata(&path).is_ok_and(|held| held.is_dir()) {
            // An earlier program wrote its lists here. They go as if they were the release before all.
            let first = self.base.join(MADE).join("0");
            fs::create_dir_all(&first).map_err(Error::file(&first))?;
            fs::rename(&path, first.join(name)).map_err(Error::file(&path))?;
        }
        files::link(&path, &target)
    }
}

/// The folder of the release that readers see.
pub(super) fn current(base: &Path) -> PathBuf {
    base.join(NOW)
}

/// Removes what was made and is not read: all but the release of now and the one before it, which
/// somebody may be in the middle of copying.
pub(super) fn sweep(base: &Path) -> Result<()> {
    let made = base.join(MADE);
    let now = fs::read_link(base.join(NOW))
        .ok()
        .and_then(|target| number(&target));
    let Some(now) = now else { return Ok(()) };
    let mut others = numbers(&made)?;
    others.retain(|number| *number != now);
    let before = others.iter().copied().filter(|number| *number < now).max();
    for number in others.into_iter().filter(|number| Some(*number) != before) {
        files::remove_folder(&made.join(number.to_string()))?;
    }
    Ok(())
}

fn numbers(made: &Path) -> Result<Vec<u64>> {
    let listing = fs::read_dir(made).map_err(Error::file(made))?;
    let entries: io::Result<Vec<_>> = listing.collect();
    let entries = entries.map_err(Error::file(made))?;
    Ok(entries
        .iter()
        .filter_map(|entry| number(&entry.path()))
        .collect())
}

fn number(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.parse().ok()
}
