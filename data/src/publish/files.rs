//! Files that are whole or not there: written beside, synced, renamed.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
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
    let parent = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let beside = parent.join(name);
    let mut file = File::create(&beside)?;
    prepare(&file)?;
    fill(&mut file)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    File::open(parent)?.sync_all()
}

/// Reads a file; `None` when it is not there.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::file(path)(error)),
    }
}
