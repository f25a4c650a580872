//! Files that are whole or not there: written beside, synced, renamed.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Write as _},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    thread,
};

use crate::error::{Error, Result};

/// Replaces `path` by `bytes` so that a reader sees the old or the new content, never a mixture,
/// and so that it survives a power cut once this returns.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    write_by(path, |file| file.write_all(bytes))
}

/// Like [`write()`], with what `fill` writes into the file.
pub fn write_by(path: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> Result<()> {
    write_with(path, |_| Ok(()), fill).map_err(Error::file(path))
}

/// Like [`write()`] for many files. They are synced side by side and each folder once, so that the
/// disk can do them together; what stands there already in the same octets is left alone.
pub fn write_all(all: &[(PathBuf, Vec<u8>)]) -> Result<()> {
    const SIDE_BY_SIDE: usize = 16;
    let is_new =
        |(path, bytes): &&(PathBuf, Vec<u8>)| fs::read(path).map_or(true, |held| held != *bytes);
    let new: Vec<_> = all.iter().filter(is_new).collect();
    for some in new.chunks(SIDE_BY_SIDE) {
        side_by_side(some, |(path, bytes)| {
            replace(path, |_| Ok(()), |file| file.write_all(bytes)).map_err(Error::file(path))
        })?;
    }
    let folders: BTreeSet<&Path> = new.iter().filter_map(|(path, _)| path.parent()).collect();
    folders.into_iter().try_for_each(sync_folder)
}

/// Does the same to each, at the same time, and gives what came of it in order.
pub(super) fn side_by_side<T: Sync, R: Send, E: Send>(
    all: &[T],
    each: impl Fn(&T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    thread::scope(|scope| {
        let each = &each;
        let begun: Vec<_> = all
            .iter()
            .map(|one| scope.spawn(move || each(one)))
            .collect();
        let ended = begun.into_iter().map(thread::ScopedJoinHandle::join);
        ended
            .map(|one| one.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

/// Writes a file that nobody reads yet, and syncs it. Its folder is not synced.
pub(super) fn create_by<T>(
    path: &Path,
    fill: impl FnOnce(&mut File) -> io::Result<T>,
) -> Result<T> {
    let create = || {
        let mut file = File::create(path)?;
        let filled = fill(&mut file)?;
        file.sync_all()?;
        Ok(filled)
    };
    create().map_err(Error::file(path))
}

/// Points the link at `path` to `target`, in one step: a reader finds what it pointed at before or
/// this, and after a power cut as well.
pub(super) fn link(path: &Path, target: &Path) -> Result<()> {
    let beside = beside(path);
    let point = || {
        gone(fs::remove_file(&beside))?;
        symlink(target, &beside)?;
        fs::rename(&beside, path)
    };
    point().map_err(Error::file(path))?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Makes the names in a folder survive a power cut.
pub(super) fn sync_folder(path: &Path) -> Result<()> {
    let sync = || File::open(path)?.sync_all();
    sync().map_err(Error::file(path))
}

/// Removes a file, if it is there.
pub fn remove(path: &Path) -> Result<()> {
    gone(fs::remove_file(path)).map_err(Error::file(path))
}

/// Removes a folder with all that is in it, if it is there.
pub fn remove_folder(path: &Path) -> Result<()> {
    gone(fs::remove_dir_all(path)).map_err(Error::file(path))
}

fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Like [`write()`], readable by the owner only.
pub fn write_secret(path: &Path, bytes: &[u8]) -> Result<()> {
    let secret = |file: &File| {
        use std::os::unix::fs::PermissionsExt as _;
        file.set_permissions(fs::Permissions::from_mode(0o600))
    };
    write_with(path, secret, |file| file.write_all(bytes)).map_err(Error::file(path))
}

fn write_with(
    path: &Path,
    prepare: impl FnOnce(&File) -> io::Result<()>,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    replace(path, prepare, fill)?;
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

/// Writes beside, syncs, renames; the new name itself is not synced.
fn replace(
    path: &Path,
    prepare: impl FnOnce(&File) -> io::Result<()>,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    let beside = beside(path);
    let mut file = File::create(&beside)?;
    prepare(&file)?;
    fill(&mut file)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

/// Where a file is written before it takes the place of the one at `path`.
fn beside(path: &Path) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    PathBuf::from(beside)
}

/// Reads a file; `None` when it is not there.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::file(path)(error)),
    }
}
